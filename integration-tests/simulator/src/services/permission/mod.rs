//! Whether whoever calls may do what is asked: one place for all services, before any of them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>. The
//! account's administrator may do everything that no policy of a resource denies; a role may do what
//! its policies in the simulated IAM allow, as the replica that is asked knows them. What a service
//! does in the caller's name (SSM uses a key) is judged here, too.

mod acm;
mod autoscaling;
mod backup;
mod caller;
mod cloudwatch;
mod devops_guru;
mod ec2;
mod elb;
mod iam;
mod keys;
mod kms;
mod logs;
mod need;
mod rds;
mod request;
mod route53;
mod secrets;
mod sns;
mod ssm;

use self::request::Request;
pub(crate) use self::{
    caller::{Caller, Site},
    need::{Need, ResourcePolicy, Subject},
};
use super::{
    Asked, Iam,
    iam::{
        condition::Context,
        document::Document,
        evaluate::{self, Decision, Grant},
        service_linked_name,
    },
};
use crate::{
    Settings, World,
    auth::{Manner, Scope},
    fault::Fault,
    random::Rng,
    shelf::Eyes,
};

/// Whoever calls, with what its policies say.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    caller: Caller,
    policies: Policies,
}

#[derive(Debug, Clone)]
enum Policies {
    /// They allow everything.
    Everything,
    These(Vec<Document>),
    /// They are not modelled; this is what is said of it.
    Unmodelled(Fault),
}

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Denied(String),
    /// This simulator does not know.
    Unsupported(Fault),
}

impl Identity {
    /// The account's administrator.
    pub(crate) fn administrator(settings: &Settings) -> Self {
        Self { caller: Caller::administrator(settings), policies: Policies::Everything }
    }

    /// Whoever a key belongs to, with the policies that the replica knows which is asked.
    pub(super) fn of_key(
        world: &World,
        manner: Manner,
        key: &str,
        mut rng: impl FnMut() -> Rng,
    ) -> Result<Self, Fault> {
        let caller = Caller::of_key(world, manner, key)?;
        let policies = match &caller {
            Caller::Administrator { .. } => Policies::Everything,
            Caller::User { arn } => {
                Policies::Unmodelled(Fault::unsupported(format!("the policies of {arn}")))
            }
            Caller::Role { name, .. } => {
                let eyes = Eyes { now: world.now, behind: rng().below(1000), list: false };
                let known = world.iam.policies(name, eyes);
                known.map_or_else(Policies::Unmodelled, Policies::These)
            }
        };
        Ok(Self { caller, policies })
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Refuses what needs a permission that it has not.
    pub(crate) fn judge(&self, site: Site<'_>, need: &Need) -> Result<(), Refusal> {
        let mut denied = None;
        for action in &need.actions {
            match self.allows(site, need, action) {
                Err(why @ Refusal::Denied(_)) => {
                    denied.get_or_insert(why);
                }
                other => return other,
            }
        }
        denied.map_or(Ok(()), Err)
    }

    fn allows(&self, site: Site<'_>, need: &Need, action: &str) -> Result<(), Refusal> {
        let mut context = Context::default();
        self.caller.describe(site, &mut context);
        context.extend(&need.keys);
        let (action, resource) = (action.to_owned(), need.resource.clone());
        let request = evaluate::Request { action, resource, context };
        let own = match &self.policies {
            Policies::Everything => Decision::Allowed,
            Policies::These(documents) => {
                documents.iter().try_for_each(|it| modelled(it, &request))?;
                evaluate::identity(documents, &request)
            }
            Policies::Unmodelled(fault) => return Err(Refusal::Unsupported(fault.clone())),
        };
        let (grant, sole) = match &need.policy {
            Some(policy) => {
                modelled(&policy.document, &request)?;
                let who = self.caller.principal(site);
                (evaluate::resource(&policy.document, &who, &request), policy.sole)
            }
            None => (Grant { decision: Decision::ImplicitlyDenied, delegated: false }, false),
        };
        match why_not(own, grant, sole) {
            None => Ok(()),
            Some(why) => {
                let resource = need.spoken.as_ref().unwrap_or(&request.resource);
                Err(Refusal::Denied(self.denial(&request.action, resource, why)))
            }
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    fn denial(&self, action: &str, resource: &str, why: Why) -> String {
        let why = match why {
            Why::Silent(kind) => format!("because no {kind} policy allows the {action} action"),
            Why::Explicit(kind) => format!("with an explicit deny in {kind} policy"),
        };
        let who = self.caller.arn();
        format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}")
    }
}

impl Refusal {
    /// Says no as the service does.
    fn fault(self, manner: Manner) -> Fault {
        match (self, manner) {
            (Self::Unsupported(fault), _) => fault,
            (Self::Denied(text), Manner::Ec2) => {
                let text = format!(
                    "You are not authorized to perform this operation. {text}. Encoded \
                     authorization failure message: c2ltdWxhdGVk"
                );
                Fault::new(403, "UnauthorizedOperation", text)
            }
            (Self::Denied(text), Manner::Query) => Fault::new(403, "AccessDenied", text),
            (Self::Denied(text), Manner::Json) => Fault::client("AccessDeniedException", text),
            (Self::Denied(text), Manner::Rest) => Fault::new(403, "AccessDeniedException", text),
        }
    }
}

/// Refuses a policy that asks for what this simulator does not know of a request.
fn modelled(document: &Document, request: &evaluate::Request) -> Result<(), Refusal> {
    let known = |it: &str| keys::is_modelled(it) || request.context.get(it).is_some();
    match evaluate::keys(document, request).find(|it| !known(it)) {
        None => Ok(()),
        Some(key) => {
            let what = format!("the condition key {key} of {}", request.action);
            Err(Refusal::Unsupported(Fault::unsupported(what)))
        }
    }
}

/// Refuses what the caller may not do.
pub(super) fn check(
    world: &mut World,
    asked: &Asked,
    scope: &Scope,
    identity: &Identity,
) -> Result<(), Fault> {
    let service = asked.service.as_str();
    // Nobody needs a permission to ask who he is.
    if service == "sts" {
        return Ok(());
    }
    withheld(world, asked, scope, identity)?;
    let needs = match (&identity.policies, service) {
        (Policies::Unmodelled(fault), _) => return Err(fault.clone()),
        // Only what has a policy of its own can be denied to who may do everything.
        (Policies::Everything, "backup" | "kms" | "secretsmanager" | "sns") => {
            needs(world, asked, scope)?
        }
        (Policies::Everything, _) => return Ok(()),
        (Policies::These(_), _) => {
            // A region begins as AWS makes it, whoever asks first.
            if service != "iam" {
                world.region(&scope.region);
            }
            needs(world, asked, scope)?
        }
    };
    let World { settings, iam, now, .. } = world;
    let site = Site { settings, iam, region: &scope.region, now: *now };
    let mut needs = needs.iter();
    needs.try_for_each(|it| identity.judge(site, it)).map_err(|it| {
        let fault = it.fault(asked.manner());
        if service == "sns" { sns::refusal(fault) } else { fault }
    })
}

/// Refuses what the settings of the world withhold, whoever asks.
fn withheld(world: &World, asked: &Asked, scope: &Scope, identity: &Identity) -> Result<(), Fault> {
    let Settings { account, .. } = &world.settings;
    let prefix = prefix(&asked.service);
    let action = format!("{prefix}:{}", asked.operation);
    if !world.settings.denies(&action) {
        return Ok(());
    }
    let resource = if prefix == "iam" {
        "*".to_owned()
    } else {
        format!("arn:aws:{}:{}:{account}:*", asked.service, scope.region)
    };
    let text = identity.denial(&action, &resource, Why::Silent("identity-based"));
    Err(Refusal::Denied(text).fault(asked.manner()))
}

/// What actions call a service.
pub(super) fn prefix(service: &str) -> &str {
    match service {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        other => other,
    }
}

/// The permission to have the role of a service made, if it is not there yet.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub(crate) fn to_link(settings: &Settings, iam: &Iam, service: &str) -> Option<Need> {
    if iam.service_role(settings, service).is_some() {
        return None;
    }
    let (name, path) = service_linked_name(service, None)?;
    let role = format!("arn:aws:iam::{}:role{path}{name}", settings.account);
    let need = Need::new("iam:CreateServiceLinkedRole", role);
    Some(need.with("iam:AWSServiceName", service))
}

/// The permissions that a request needs.
fn needs(world: &World, asked: &Asked, scope: &Scope) -> Result<Vec<Need>, Fault> {
    let request = || Request::read(world, asked, scope);
    match asked.service.as_str() {
        "acm" => acm::needs(&request()),
        "autoscaling" => autoscaling::needs(world, asked, scope),
        "backup" => backup::needs(&request()),
        "devops-guru" => devops_guru::needs(&request()),
        "ec2" => ec2::needs(world, asked, scope),
        "elasticloadbalancing" => elb::needs(world, asked, scope),
        "iam" => iam::needs(world, asked),
        "kms" => kms::needs(&request()),
        "logs" => logs::needs(&request()),
        "monitoring" => Ok(cloudwatch::needs(&request())),
        "rds" => rds::needs(world, asked, scope),
        "route53" => route53::needs(world, asked),
        "secretsmanager" => secrets::needs(&request()),
        "sns" => sns::needs(world, asked, scope),
        "ssm" => ssm::needs(&request()),
        // Their lists are of everything:
        // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html>,
        // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html>.
        service @ ("tagging" | "servicequotas") => {
            Ok(vec![Need::new(format!("{}:{}", prefix(service), asked.operation), "*")])
        }
        other => Err(Fault::unsupported(format!("the permissions of the service {other}"))),
    }
}

/// Refuses an operation whose permissions are not known here: it is not modelled at all.
fn unknown<T>(action: &str) -> Result<T, Fault> {
    Err(Fault::unsupported(format!("the operation {action}")))
}

/// Which policies say no: because they are silent, or outright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Silent(&'static str),
    Explicit(&'static str),
}

/// Why both kinds of policies together do not allow it; nothing when they do.
fn why_not(own: Decision, grant: Grant, sole: bool) -> Option<Why> {
    let own_counts = !sole || grant.delegated || own == Decision::ExplicitlyDenied;
    let both = if own_counts { evaluate::together(own, grant) } else { grant.decision };
    match both {
        Decision::Allowed => None,
        Decision::ImplicitlyDenied if own_counts => Some(Why::Silent("identity-based")),
        Decision::ImplicitlyDenied => Some(Why::Silent("resource-based")),
        Decision::ExplicitlyDenied if own == Decision::ExplicitlyDenied => {
            Some(Why::Explicit("an identity-based"))
        }
        Decision::ExplicitlyDenied => Some(Why::Explicit("a resource-based")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>: without the key's
    /// policy no other counts.
    #[test]
    fn where_the_resource_has_the_say_others_count_only_if_it_says_so() {
        let (allowed, silent, denied) =
            (Decision::Allowed, Decision::ImplicitlyDenied, Decision::ExplicitlyDenied);
        let [nobody, own, resource] =
            [None, Some(Why::Silent("identity-based")), Some(Why::Silent("resource-based"))];
        let outright = |it| Some(Why::Explicit(it));
        for (policies, decision, delegated, sole, expected) in [
            (allowed, silent, false, false, nobody),
            (allowed, silent, false, true, resource),
            (allowed, silent, true, true, nobody),
            (silent, silent, true, true, own),
            (silent, silent, false, false, own),
            (silent, allowed, false, true, nobody),
            (silent, allowed, false, false, nobody),
            (allowed, denied, false, true, outright("a resource-based")),
            (denied, allowed, false, true, outright("an identity-based")),
        ] {
            let grant = Grant { decision, delegated };
            assert_eq!(why_not(policies, grant, sole), expected, "{policies:?} {grant:?} {sole}");
        }
    }
}
