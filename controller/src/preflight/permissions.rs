//! Whether whoever calls may do what is to be done, and whether AWS's services have the roles that they work in.

use std::collections::BTreeSet;

use crate::{
    aws::{
        Aws,
        autoscaling::AutoScalingGroup,
        devops_guru::ResourceCollection,
        elb::{LoadBalancer, NetworkLoadBalancer},
        iam::{Ruling, Says, is_there, principal, rulings},
        rds::{Cluster, Instance},
    },
    engine::{Action, Plan, Resource, Verdict},
};

use super::{Check, to_make};

/// The services that work in a role of their own, which AWS makes when they are used for the first time
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>,
/// <https://docs.aws.amazon.com/devops-guru/latest/userguide/using-service-linked-roles.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html>), and the kinds that use
/// them.
const ROLES: [(&str, &str, &[&str]); 4] = [
    ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", &[AutoScalingGroup::ABOUT.name]),
    ("devops-guru.amazonaws.com", "AWSServiceRoleForDevOpsGuru", &[ResourceCollection::ABOUT.name]),
    (
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
        &[LoadBalancer::ABOUT.name, NetworkLoadBalancer::ABOUT.name],
    ),
    ("rds.amazonaws.com", "AWSServiceRoleForRDS", &[Instance::ABOUT.name, Cluster::ABOUT.name]),
];

/// What is made by them, and by whom.
const MAKES_ROLES: &str = "iam:CreateServiceLinkedRole";

pub(super) async fn checks(aws: &Aws, caller: &str, plan: &Plan<Aws>) -> Vec<Check> {
    let name = "permissions";
    let root = caller.ends_with(":root");
    let principal = if root { Ok(None) } else { principal(aws, caller).await };
    let permissions = match &principal {
        _ if root => Check::pass(name, "the root user may do everything"),
        Ok(Some(principal)) => {
            let actions = actions(plan);
            let actions: Vec<&str> = actions.into_iter().collect();
            if actions.is_empty() {
                Check::pass(name, "nothing is to be done")
            } else {
                match rulings(aws, principal, &actions, None).await {
                    Ok(rulings) => judged(name, principal, &rulings),
                    Err(error) => Check::unread(name, &error),
                }
            }
        }
        Ok(None) => Check::not_checked(
            name,
            format!("the policies of {caller} cannot be looked at"),
            "make sure that it may do what docs/iam-policy.json says",
        ),
        Err(error) => Check::unread(name, error),
    };
    let mut all = vec![permissions];
    for (service, role, kinds) in ROLES {
        if kinds.iter().any(|kind| to_make(plan, kind).next().is_some()) {
            let principal = principal.as_ref().ok().and_then(Option::as_deref);
            all.push(service_role(aws, principal, root, (service, role)).await);
        }
    }
    all
}

/// The calls that the plan makes, as far as they are known by their kinds.
fn actions(plan: &Plan<Aws>) -> BTreeSet<&'static str> {
    let changes = |verdict: &Verdict| match verdict {
        Verdict::Change(change) => !matches!(change.action, Action::Keep | Action::Refuse),
        Verdict::Blocked(_) => false,
    };
    let planned = plan.nodes.iter().filter(|planned| changes(&planned.verdict));
    let planned = planned.map(|planned| planned.node.kind().about().calls.write);
    let removed = plan.removals.iter().map(|removal| removal.seen.kind().calls.write);
    planned.chain(removed).flatten().copied().collect()
}

fn judged(name: &str, principal: &str, rulings: &[Ruling]) -> Check {
    let of = |says: Says| -> Vec<&str> {
        let of = rulings.iter().filter(|ruling| ruling.says == says);
        of.map(|ruling| ruling.action.as_str()).collect()
    };
    let (denied, unsaid) = (of(Says::Denied), of(Says::Nothing));
    if !denied.is_empty() {
        let message = format!("{principal} may not call {}", denied.join(", "));
        let advice = "take the denial away, or use other credentials (--profile)";
        return Check::fail(name, message, advice);
    }
    if !unsaid.is_empty() {
        // It may be allowed on some resources, or on a condition that only the call itself meets.
        let message = format!(
            "no policy of {principal} allows on every resource to call {}",
            unsaid.join(", ")
        );
        let advice = "compare them with docs/iam-policy.json, or try";
        return Check::not_checked(name, message, advice);
    }
    let count = rulings.len();
    Check::pass(name, format!("the policies of {principal} allow the {count} calls of the plan"))
}

async fn service_role(
    aws: &Aws,
    principal: Option<&str>,
    root: bool,
    (service, role): (&str, &str),
) -> Check {
    let name = format!("service-linked role {role}");
    match is_there(aws, role).await {
        Ok(true) => return Check::pass(name, "is there"),
        Ok(false) => {}
        Err(error) => return Check::unread(name, &error),
    }
    let made = "is not there yet; AWS makes it";
    if root {
        return Check::pass(name, made);
    }
    let advice = format!(
        "allow {MAKES_ROLES}, or let somebody run: aws iam create-service-linked-role --aws-service-name {service}"
    );
    let Some(principal) = principal else {
        return Check::not_checked(name, format!("{made} if the caller may have it made"), advice);
    };
    let environment = &aws.environment;
    let arn = format!(
        "arn:{}:iam::{}:role/aws-service-role/{service}/{role}",
        environment.partition, environment.account
    );
    match rulings(aws, principal, &[MAKES_ROLES], Some((&arn, service))).await {
        Ok(rulings) if rulings.iter().all(|ruling| ruling.says == Says::Allowed) => {
            Check::pass(name, made)
        }
        Ok(_) => {
            let message = format!("is not there yet, and {principal} may not have it made");
            Check::fail(name, message, advice)
        }
        Err(error) => Check::unread(name, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Outcome;

    #[test]
    fn only_a_denial_fails() {
        let ruling = |action: &str, says| Ruling { action: action.to_owned(), says };
        let yes = ruling("ec2:CreateVpc", Says::Allowed);
        let check = |more: Option<Ruling>| {
            let all: Vec<Ruling> = std::iter::once(yes.clone()).chain(more).collect();
            judged("permissions", "arn:aws:iam::123456789012:role/operator", &all).outcome
        };
        assert_eq!(check(None), Outcome::Pass);
        assert_eq!(check(Some(ruling("iam:CreateRole", Says::Nothing))), Outcome::NotChecked);
        assert_eq!(check(Some(ruling("iam:CreateRole", Says::Denied))), Outcome::Fail);
    }
}
