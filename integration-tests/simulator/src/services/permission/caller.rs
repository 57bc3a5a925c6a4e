//! Who calls: whoever the access key belongs to.

use super::super::iam::{condition::Context, evaluate::Principal, principals::ADMINISTRATOR};
use crate::{
    World,
    auth::{self, Manner},
    fault::Fault,
};

/// The session of every role that calls.
const SESSION: &str = "clctl-session";

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The account's administrator: whoever has a key of which nothing else is said.
    Administrator { arn: String },
    /// Another user, whose policies are not modelled.
    User { arn: String },
    /// A session of a role of the simulated IAM.
    Role { name: String, unique: String, session: String },
}

impl Caller {
    /// Whoever a key belongs to; a key of a role that is gone is not good any more.
    pub(crate) fn of_key(world: &World, manner: Manner, key: &str) -> Result<Self, Fault> {
        let settings = &world.settings;
        let Some(arn) = settings.principals.get(key) else {
            return Ok(Self::Administrator { arn: settings.caller_arn() });
        };
        let user = format!("arn:aws:iam::{}:user/", settings.account);
        if arn.starts_with(&user) {
            return Ok(Self::User { arn: arn.clone() });
        }
        let role = world.iam.role_of(settings, arn).ok_or_else(|| auth::unknown_key(manner))?;
        let session =
            format!("arn:aws:sts::{}:assumed-role/{}/{SESSION}", settings.account, role.id);
        Ok(Self::Role { name: role.id.clone(), unique: role.unique.clone(), session })
    }

    /// The ARN under which it is known: a role's is its session's.
    pub(crate) fn arn(&self) -> &str {
        match self {
            Self::Administrator { arn } | Self::User { arn } => arn,
            Self::Role { session, .. } => session,
        }
    }

    /// The unique id under which it is known.
    pub(crate) fn user_id(&self) -> String {
        match self {
            Self::Administrator { .. } => ADMINISTRATOR.to_owned(),
            Self::User { .. } => "AIDAIOSFODNN7EXAMPLE2".to_owned(),
            Self::Role { unique, .. } => format!("{unique}:{SESSION}"),
        }
    }

    pub(super) fn is_role(&self) -> bool {
        matches!(self, Self::Role { .. })
    }

    /// How policies with principals name it.
    pub(super) fn principal(&self, world: &World) -> Principal {
        let account = world.settings.account.clone();
        match self {
            Self::Administrator { arn } | Self::User { arn } => {
                Principal::Aws { account, arn: arn.clone(), unique: self.user_id(), session: None }
            }
            Self::Role { name, unique, session } => {
                let named = world.iam.role_named(&world.settings, name);
                Principal::Aws {
                    account,
                    arn: named.map(|it| it.0).unwrap_or_default(),
                    unique: unique.clone(),
                    session: Some(session.clone()),
                }
            }
        }
    }

    /// What every request carries.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub(super) fn describe(&self, world: &World, region: &str, context: &mut Context) {
        context.set("aws:userid", self.user_id());
        context.set("aws:RequestedRegion", region);
        context.set("aws:SecureTransport", "true");
        context.set("aws:ViaAWSService", "false");
        context.set("aws:CurrentTime", world.now.to_string());
        context.set("aws:EpochTime", (world.now.as_millis() / 1000).to_string());
        match self {
            Self::Administrator { arn } | Self::User { arn } => {
                context.set("aws:PrincipalArn", arn);
                context.set("aws:PrincipalAccount", world.settings.account.clone());
                context.set("aws:PrincipalType", "User");
                let name = arn.rsplit_once('/').map_or(arn.as_str(), |it| it.1);
                context.set("aws:username", name);
            }
            Self::Role { name, .. } => {
                context.set("aws:MultiFactorAuthPresent", "false");
                world.iam.describe(&world.settings, name, context);
            }
        }
    }
}
