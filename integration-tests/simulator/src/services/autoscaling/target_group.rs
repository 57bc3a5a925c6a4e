//! The target groups of load balancers that a group's instances belong to.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachLoadBalancerTargetGroups.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLoadBalancerTargetGroups.html>. Elastic Load
//! Balancing follows: it registers what is in service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, invalid},
    group::Group,
    member::Lifecycle,
};
use crate::{Span, Time, fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("AttachLoadBalancerTargetGroups", true, attach),
    ("DetachLoadBalancerTargetGroups", true, detach),
    ("DescribeLoadBalancerTargetGroups", false, list),
];

/// How many one call is about.
const MOST: usize = 10;
/// How long it takes until a target group is attached, or no more.
const LASTING: Span = Span::seconds(5, 30);

/// How a target group is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attached {
    /// When it is as it is to be.
    done: Time,
    going: bool,
}

fn named(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let arns = call.params.list("TargetGroupARNs.member");
    if arns.len() > MOST {
        return Err(invalid(format!("A request can name at most {MOST} target groups.")));
    }
    let (region, account) = (call.around.region, &call.settings.account);
    let prefix = format!("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/");
    if let Some(other) = arns.iter().find(|it| !it.starts_with(&prefix)) {
        return Err(invalid(format!("Provided Target Groups may not be valid: {other}")));
    }
    Ok(arns)
}

/// Those that a group is to have: they are there.
fn arns(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let arns = named(call)?;
    if let Some(other) = arns.iter().find(|it| !call.elb.has_target_group(it)) {
        return Err(invalid(format!(
            "Provided Target Groups may not be valid. Please ensure they exist and try again: \
             {other}"
        )));
    }
    Ok(arns)
}

fn attached(call: &mut Call<'_>, arns: Vec<String>) -> BTreeMap<String, Attached> {
    let mut all = BTreeMap::new();
    for arn in arns {
        let done = call.now + call.settings.lasting(&mut call.rng, LASTING);
        all.insert(arn, Attached { done, going: false });
    }
    all
}

/// The target groups that a group is made with.
pub(super) fn at_creation(call: &mut Call<'_>) -> Result<BTreeMap<String, Attached>, Fault> {
    let arns = arns(call)?;
    Ok(attached(call, arns))
}

fn attach(call: &mut Call<'_>) -> Answer {
    let arns = arns(call)?;
    if arns.is_empty() {
        return Err(invalid("A request has to name a target group."));
    }
    let group = call.group()?;
    let (name, there) = (group.id.clone(), group.targets.clone());
    let most = call.settings.quotas.target_groups_per_group as usize;
    let more = attached(call, arns);
    let all: BTreeMap<_, _> =
        more.into_iter().chain(there.into_iter().filter(|it| !it.1.going)).collect();
    if all.len() > most {
        let text = format!("You've reached the limit of {most} target groups for the group.");
        return Err(Fault::client("LimitExceeded", text));
    }
    call.change(&name, |it| it.targets.extend(all));
    Ok(Xml::new())
}

/// One that is gone can be detached, too.
fn detach(call: &mut Call<'_>) -> Answer {
    let arns = named(call)?;
    let group = call.group()?;
    if let Some(other) = arns.iter().find(|it| !group.targets.contains_key(*it)) {
        return Err(invalid(format!(
            "Trying to remove Target Groups that are not part of the group: {other}"
        )));
    }
    let name = group.id.clone();
    let done = call.now + call.settings.lasting(&mut call.rng, LASTING);
    call.change(&name, |it| {
        for arn in arns {
            it.targets.insert(arn, Attached { done, going: true });
        }
    });
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let group = call.look()?;
    let state = |it: Attached| match (it.going, it.done <= call.now) {
        (true, _) => "Removing",
        (false, false) => "Adding",
        (false, true) => "Added",
    };
    let all = group.targets.iter().map(|(arn, it)| {
        let xml = Xml::new().text("LoadBalancerTargetGroupARN", arn).text("State", state(*it));
        (arn.clone(), xml)
    });
    call.page(all.collect(), |page| Xml::new().members("LoadBalancerTargetGroups", "member", page))
}

/// The instances of a group that its target groups are to have by now, each with the ARN of one.
///
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html>: those in service, once the
/// target group is added.
pub(super) fn registered(group: &Group, now: Time) -> Vec<(String, String)> {
    let added = group.targets.iter().filter(|it| !it.1.going && it.1.done <= now);
    let arns: Vec<_> = added.map(|it| it.0).collect();
    let serving = group.members.iter().filter(|it| it.state == Lifecycle::InService);
    serving.flat_map(|it| arns.iter().map(|arn| (it.id.clone(), (*arn).clone()))).collect()
}

/// Takes away what was to go by now.
pub(super) fn settle(group: &mut Group, now: Time, again: &mut Vec<Time>) {
    group.targets.retain(|_, it| !it.going || it.done > now);
    again.extend(group.targets.values().map(|it| it.done).filter(|it| *it > now));
}
