//! Whether whoever calls may do what is asked: one place for all services, before any of them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>. The
//! account's administrator may do everything that no policy of a resource denies; a role may do what
//! its policies in the simulated IAM allow, as the replica that is asked knows them.

mod caller;
mod ec2;
mod iam;
mod json;

pub(super) use self::caller::Caller;
use super::{
    Asked,
    iam::{
        condition::Context,
        document::{Document, Grammar},
        evaluate::{self, Decision, Grant, Request},
    },
    service::{ResourcePolicy, Subject},
};
use crate::{
    World,
    auth::{Manner, Scope},
    fault::Fault,
    random::Rng,
    shelf::{Eyes, Tags},
};

/// One permission that a request needs.
#[derive(Debug)]
struct Need {
    /// `service:Operation`
    action: String,
    resource: String,
    /// What the request and the resource add to what is known of the caller.
    keys: Context,
    policy: Option<ResourcePolicy>,
}

impl Need {
    fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            keys: Context::default(),
            policy: None,
        }
    }

    /// A permission on something that exists, with its tags.
    fn on(action: impl Into<String>, subject: Subject) -> Self {
        let mut need = Self::new(action, subject.arn);
        let service = need.action.split(':').next().unwrap_or_default().to_owned();
        for (key, value) in &subject.tags {
            need.keys.set(&format!("aws:ResourceTag/{key}"), value);
            need.keys.set(&format!("{service}:ResourceTag/{key}"), value);
        }
        need.policy = subject.policy;
        need
    }

    /// The tags that the request brings along.
    fn tagging(mut self, tags: &Tags) -> Self {
        if !tags.is_empty() {
            self.keys.set_all("aws:TagKeys", tags.keys().cloned().collect());
        }
        for (key, value) in tags {
            self.keys.set(&format!("aws:RequestTag/{key}"), value);
        }
        self
    }

    /// The keys of tags that the request takes away.
    fn untagging(mut self, keys: Vec<String>) -> Self {
        if !keys.is_empty() {
            self.keys.set_all("aws:TagKeys", keys);
        }
        self
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.set(key, value);
        self
    }
}

/// Refuses what the caller may not do.
pub(super) fn check(
    world: &mut World,
    asked: &Asked,
    scope: &Scope,
    caller: &Caller,
    mut rng: impl FnMut() -> Rng,
) -> Result<(), Fault> {
    // Nobody needs a permission for it.
    if asked.service == "sts" {
        return Ok(());
    }
    let documents = match caller {
        Caller::User { .. } => {
            return Err(Fault::unsupported(format!("the policies of {}", caller.arn())));
        }
        Caller::Administrator { .. } => None,
        Caller::Role { name, .. } => {
            let eyes = Eyes { now: world.now, behind: rng().below(1000), list: false };
            Some(world.iam.policies(name, eyes)?)
        }
    };
    // A region begins as AWS makes it, whoever asks first.
    if asked.service != "iam" && caller.is_role() {
        world.region(&scope.region);
    }
    let needs = match asked.service.as_str() {
        // No resource of theirs has a policy.
        "ec2" | "iam" if documents.is_none() => Vec::new(),
        "ec2" => ec2::needs(world, asked, scope),
        "iam" => iam::needs(world, asked),
        _ => json::needs(world, asked, scope),
    };
    for need in needs {
        let mut context = need.keys.clone();
        caller.describe(world, &scope.region, &mut context);
        let request = Request { action: need.action, resource: need.resource, context };
        let own = match &documents {
            Some(documents) => evaluate::identity(documents, &request),
            None => Decision::Allowed,
        };
        let (grant, sole) = match &need.policy {
            Some(policy) => {
                let document = Document::read(&policy.document, Grammar::Resource)
                    .map_err(|_| Fault::unsupported("what the resource's policy says"))?;
                (evaluate::resource(&document, &caller.principal(world), &request), policy.sole)
            }
            None => (Grant { decision: Decision::ImplicitlyDenied, delegated: false }, false),
        };
        if let Some(why) = refusal(own, grant, sole) {
            return Err(denied(asked.manner(), caller, &request, why));
        }
    }
    Ok(())
}

/// Why both kinds of policies together do not allow it; nothing when they do.
fn refusal(own: Decision, grant: Grant, sole: bool) -> Option<&'static str> {
    let both = if sole && !grant.delegated && own != Decision::ExplicitlyDenied {
        grant.decision
    } else {
        evaluate::together(own, grant)
    };
    match both {
        Decision::Allowed => None,
        Decision::ImplicitlyDenied if sole => Some("no resource-based policy allows"),
        Decision::ImplicitlyDenied => Some("no identity-based policy allows"),
        Decision::ExplicitlyDenied if own == Decision::ExplicitlyDenied => {
            Some("with an explicit deny in an identity-based policy")
        }
        Decision::ExplicitlyDenied => Some("with an explicit deny in a resource-based policy"),
    }
}

/// Says no as the service does.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
fn denied(manner: Manner, caller: &Caller, request: &Request, why: &str) -> Fault {
    let Request { action, resource, .. } = request;
    let why = if why.starts_with("with") {
        why.to_owned()
    } else {
        format!("because {why} the {action} action")
    };
    let who = caller.arn();
    let text =
        format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}");
    match manner {
        Manner::Ec2 => {
            let text = format!(
                "You are not authorized to perform this operation. {text}. Encoded authorization \
                 failure message: c2ltdWxhdGVk"
            );
            Fault::new(403, "UnauthorizedOperation", text)
        }
        Manner::Query => Fault::new(403, "AccessDenied", text),
        Manner::Json => Fault::client("AccessDeniedException", text),
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
        for (own, decision, delegated, sole, good) in [
            (allowed, silent, false, false, true),
            (allowed, silent, false, true, false),
            (allowed, silent, true, true, true),
            (silent, silent, true, true, false),
            (silent, allowed, false, true, true),
            (silent, allowed, false, false, true),
            (allowed, denied, false, true, false),
            (denied, allowed, false, true, false),
        ] {
            let grant = Grant { decision, delegated };
            assert_eq!(refusal(own, grant, sole).is_none(), good, "{own:?} {grant:?} {sole}");
        }
    }
}
