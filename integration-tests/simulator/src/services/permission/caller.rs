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
    /// A session of a role of the simulated IAM; the one of an instance says which.
    Role { name: String, unique: String, session: String, instance: Option<String> },
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
            let holder = world.regions.iter().find_map(|(region, it)| {
                let (instance, profile) = it.ec2.holder_of(key)?;
                Some((region, instance, profile))
            });
            return match holder {
                None => Ok(Self::administrator(settings)),
                Some((region, instance, profile)) => {
                    Self::of_instance(world, (region, &instance), &profile)
                        .ok_or_else(|| auth::unknown_key(manner))
                }
            };
        };
        let user = format!("arn:aws:iam::{}:user/", settings.account);
        if arn.starts_with(&user) {
            return Ok(Self::User { arn: arn.clone() });
        }
        let role = world.iam.role_of(settings, arn).ok_or_else(|| auth::unknown_key(manner))?;
        let session =
            format!("arn:aws:sts::{}:assumed-role/{}/{SESSION}", settings.account, role.id);
        let (name, unique) = (role.id.clone(), role.unique.clone());
        Ok(Self::Role { name, unique, session, instance: None })
    }

    /// The role of an instance's profile, in a session that is named after the instance.
    ///
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html>
    fn of_instance(world: &World, (region, id): (&str, &str), profile: &str) -> Option<Self> {
        let settings = &world.settings;
        let arn = world.iam.role_for_instances(settings, profile)?;
        let role = world.iam.role_of(settings, &arn)?;
        let account = &settings.account;
        Some(Self::Role {
            name: role.id.clone(),
            unique: role.unique.clone(),
            session: format!("arn:aws:sts::{account}:assumed-role/{}/{id}", role.id),
            instance: Some(format!("arn:aws:ec2:{region}:{account}:instance/{id}")),
        })
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
            Self::Role { unique, session, .. } => {
                let name = session.rsplit('/').next().unwrap_or(SESSION);
                format!("{unique}:{name}")
            }
        }
    }

    /// How policies with principals name it.
    pub(crate) fn principal(&self, site: Site<'_>) -> Principal {
        let account = site.settings.account.clone();
        match self {
            Self::Administrator { arn } | Self::User { arn } => {
                Principal::Aws { account, arn: arn.clone(), unique: self.user_id(), session: None }
            }
            Self::Role { name, unique, session, .. } => {
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
            Self::Role { name, instance, .. } => {
                if let Some(instance) = instance {
                    context.set("ec2:SourceInstanceARN", instance);
                }
                context.set("aws:MultiFactorAuthPresent", "false");
                site.iam.describe(site.settings, name, context);
            }
        }
    }
}
