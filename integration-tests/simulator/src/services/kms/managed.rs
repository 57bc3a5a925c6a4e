//! Keys and aliases that AWS makes in every account for its services.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>: they can be
//! looked at and listed, and nobody but AWS changes them. The reference of
//! [ListAliases](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html) knows both
//! aliases with a key and predefined ones that have none yet; both are here. Their policy is that of
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>.
//!
//! They are not kept: which there are follows from the world's settings.

use serde_json::json;

use super::{Key, Manager, Rotation, State, place::Place, rotation::YEAR};
use crate::{
    Time,
    random::{self, Rng},
    shelf::{Record, Tags},
};

/// The services whose alias there is: what the alias, and what the service's endpoint is called,
/// and the name of the service in words, for those that the account has used before.
const SERVICES: &[(&str, &str, Option<&str>)] = &[
    ("dynamodb", "dynamodb", None),
    ("ebs", "ec2", Some("EBS volumes")),
    ("elasticfilesystem", "elasticfilesystem", None),
    ("rds", "rds", Some("RDS database volumes")),
    ("s3", "s3", None),
    ("secretsmanager", "secretsmanager", Some("Secrets Manager data")),
    ("ssm", "ssm", Some("SSM data")),
];

fn id(place: &Place<'_>, service: &str) -> String {
    let what = format!("{} {} aws/{service}", place.settings.account, place.region);
    Rng::new(random::fold(place.settings.seed, &what)).uuid()
}

fn make(place: &Place<'_>, id: String, endpoint: &str, protects: &str) -> Record<Key> {
    let created = place.settings.start;
    let body = Key {
        manager: Manager::Aws,
        description: format!(
            "Default key that protects my {protects} when no other key is defined"
        ),
        created,
        state: State::Enabled { known: created },
        rotation: Some(Rotation { days: YEAR, since: created }),
        policy: policy(place, endpoint),
        grants: std::collections::BTreeMap::new(),
    };
    Record { id, tags: Tags::new(), body }
}

fn policy(place: &Place<'_>, endpoint: &str) -> String {
    let account = &place.settings.account;
    let via = format!("{endpoint}.{}.amazonaws.com", place.region);
    json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{endpoint}-2"),
        "Statement": [
            {
                "Sid": "Allow access through the service for all principals in the account",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                    "kms:CreateGrant", "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": { "kms:CallerAccount": account, "kms:ViaService": via },
                },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    })
    .to_string()
}

/// The AWS managed keys there are.
pub(super) fn keys(place: &Place<'_>) -> Vec<Record<Key>> {
    let used = SERVICES.iter().filter_map(|it| Some((it.0, it.1, it.2?)));
    used.map(|(name, endpoint, protects)| make(place, id(place, name), endpoint, protects))
        .collect()
}

/// The AWS managed key with that id.
pub(super) fn key(place: &Place<'_>, wanted: &str) -> Option<Record<Key>> {
    keys(place).into_iter().find(|it| it.id == wanted)
}

/// An alias of AWS's; one that is only predefined has no key yet.
pub(super) struct AwsAlias {
    pub(super) name: String,
    pub(super) key: Option<String>,
    pub(super) created: Time,
}

/// The aliases of AWS's that there are.
pub(super) fn aliases(place: &Place<'_>) -> Vec<AwsAlias> {
    let made = |(name, _, used): &(&str, &str, Option<&str>)| AwsAlias {
        name: format!("alias/aws/{name}"),
        key: used.map(|_| id(place, name)),
        created: place.settings.start,
    };
    SERVICES.iter().map(made).collect()
}

/// The alias of AWS's with that name.
pub(super) fn alias(place: &Place<'_>, wanted: &str) -> Option<AwsAlias> {
    aliases(place).into_iter().find(|it| it.name == wanted)
}
