//! Whether EBS can encrypt a volume under a key.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html>: Auto
//! Scaling launches as its service-linked role, which has no permission on keys of its own: the policy of
//! the key has to give it, or a grant. What a principal is it says in `aws:PrincipalArn`, as in every request that is
//! signed: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn>.
//! What a caller launches is judged by the state of the key alone.

use super::{Key, Kms, Place, State, document};
use crate::{
    services::{Site, autoscaling, iam::evaluate::Principal},
    shelf::Record,
};

/// What EBS does with a key, besides making a grant for the volume.
const ACTIONS: [&str; 5] = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// What comes of a key for a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VolumeKey {
    Usable,
    /// It is there and not enabled.
    WrongState,
    /// It is not there, or may not be used.
    Refused,
}

impl Kms {
    /// The ARN of the key that a text names.
    pub(crate) fn arn_of(&self, site: Site<'_>, key: &str) -> Option<String> {
        let place = Place::at(site, self);
        Some(place.arn(&place.to_use(key).ok()?.id))
    }

    /// What comes of a key for a volume, of an instance that a group launches or somebody else.
    pub(crate) fn for_volumes(&self, site: Site<'_>, key: &str, by_group: bool) -> VolumeKey {
        let place = Place::at(site, self);
        let Ok(key) = place.to_use(key) else { return VolumeKey::Refused };
        match key.state {
            State::Enabled { .. } if place.enabled(&key).is_ok() => {}
            State::Enabled { .. } | State::Disabled | State::PendingDeletion { .. } => {
                return VolumeKey::WrongState;
            }
        }
        if by_group && !place.lets_group(&key) { VolumeKey::Refused } else { VolumeKey::Usable }
    }
}

impl Place<'_> {
    /// Whether the service-linked role of Auto Scaling may use a key.
    fn lets_group(&self, key: &Record<Key>) -> bool {
        let role = self.iam.service_role(self.settings, autoscaling::PRINCIPAL);
        let Some((arn, unique)) = role else { return false };
        let account = self.settings.account.clone();
        let name = arn.rsplit('/').next().unwrap_or_default();
        let session = format!("arn:aws:sts::{account}:assumed-role/{name}/AutoScaling");
        let principal = arn.clone();
        let who = Principal::Aws { account, arn, unique: unique.clone(), session: Some(session) };
        let via = format!("ec2.{}.amazonaws.com", self.region);
        let context = [
            ("aws:PrincipalArn", principal),
            ("kms:CallerAccount", self.settings.account.clone()),
            ("kms:GrantIsForAWSResource", "true".to_owned()),
            ("kms:ViaService", via),
        ];
        let all = ACTIONS.iter().copied().chain(["kms:CreateGrant"]);
        let mut by_policy = all.map(|action| {
            let policy = (key.id.as_str(), &key.policy);
            document::grants(self, policy, &who, action, &context)
        });
        by_policy.all(|it| it) || key.grants.values().any(|it| it.serves(&unique, &ACTIONS))
    }
}
