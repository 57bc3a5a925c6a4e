//! Who calls: whoever the access key belongs to.

use crate::{
    Settings, Time, World,
    auth::{self, Manner},
    fault::Fault,
    services::{
        Iam,
        iam::{condition::Context, evaluate::Principal, principals::ADMINISTRATOR},
    },
};

/// The session of every role that calls.
const SESSION: &str = "clctl-session";

/// Where and when somebody calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) iam: &'a Iam,
    pub(crate) region: &'a str,
    pub(crate) now: Time,
}

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
    /// The account's administrator.
    pub(super) fn administrator(settings: &Settings) -> Self {
        Self::Administrator { arn: settings.caller_arn() }
    }

    /// Whoever a key belongs to; a key of a role that is gone is not good any more.
    pub(super) fn of_key(world: &World, manner: Manner, key: &str) -> Result<Self, Fault> {
        let settings = &world.settings;
        let Some(arn) = settings.principals.get(key) else {
            return Ok(Self::administrator(settings));
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

    /// How policies with principals name it.
    pub(crate) fn principal(&self, site: Site<'_>) -> Principal {
        let account = site.settings.account.clone();
        match self {
            Self::Administrator { arn } | Self::User { arn } => {
                Principal::Aws { account, arn: arn.clone(), unique: self.user_id(), session: None }
            }
            Self::Role { name, unique, session } => {
                let named = site.iam.role_named(site.settings, name);
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
    pub(super) fn describe(&self, site: Site<'_>, context: &mut Context) {
        context.set("aws:userid", self.user_id());
        context.set("aws:RequestedRegion", site.region);
        context.set("aws:ResourceAccount", site.settings.account.as_str());
        context.set("aws:SecureTransport", "true");
        context.set("aws:ViaAWSService", "false");
        context.set("aws:PrincipalIsAWSService", "false");
        context.set("aws:CurrentTime", site.now.to_string());
        context.set("aws:EpochTime", (site.now.as_millis() / 1000).to_string());
        match self {
            Self::Administrator { arn } | Self::User { arn } => {
                context.set("aws:PrincipalArn", arn);
                context.set("aws:PrincipalAccount", site.settings.account.as_str());
                context.set("aws:PrincipalType", "User");
                let name = arn.rsplit_once('/').map_or(arn.as_str(), |it| it.1);
                context.set("aws:username", name);
            }
            Self::Role { name, .. } => {
                context.set("aws:MultiFactorAuthPresent", "false");
                site.iam.describe(site.settings, name, context);
            }
        }
    }
}
