//! How many instances a group has, and where: it launches what is missing, terminates what is too much, and
//! makes its zones even.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#AutoScalingBehavior.InstanceUsage>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html>

use std::collections::BTreeMap;

use super::{
    activity::{Beginning, Status, spoken},
    group::Group,
    look::{Stage, begin_to_end, details, follow, troubled},
    member::{Lifecycle, Member},
};
use crate::{
    Time,
    fault::Fault,
    services::ec2::{GROUP_TAG, Launch, Template},
    shelf::{Record, Tags},
};

fn counted(group: &Group) -> u32 {
    let count = group.members.iter().filter(|it| it.state.counts()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How many instances there are in each of the zones that the group launches in.
fn spread(stage: &Stage<'_>, group: &Group) -> Vec<(String, String, usize)> {
    let subnets = group.launches_in(stage.ec2).into_iter();
    let here = |subnet: String| {
        let zone = stage.ec2.spot(&subnet, None)?.zone;
        let count = group.members.iter().filter(|it| it.state.counts() && it.zone == zone).count();
        Some((subnet, zone, count))
    };
    subnets.filter_map(here).collect()
}

/// The subnets to launch in, those in zones with the fewest instances first.
fn order(stage: &mut Stage<'_>, group: &Group) -> Vec<String> {
    let mut all = spread(stage, group);
    // Among equals chance decides.
    let mut keyed: Vec<_> = all.drain(..).map(|it| (it.2, stage.rng.next(), it.0)).collect();
    keyed.sort();
    keyed.into_iter().map(|it| it.2).collect()
}

pub(super) fn grow(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    if group.suspends("Launch") {
        return;
    }
    if let Some(retry) = group.trouble.retry.filter(|it| *it > stage.now) {
        again.push(retry);
        return;
    }
    let before = counted(group);
    while counted(group) < group.size.desired {
        let cause = format!(
            "At {} an instance was started in response to a difference between desired and actual \
             capacity, increasing the capacity from {before} to {}.",
            spoken(stage.now),
            group.size.desired
        );
        let subnets = order(stage, group);
        if !launch(stage, group, &subnets, &cause) {
            troubled(stage, group, again);
            return;
        }
    }
}

/// Launches an instance in the first of these subnets that has room; what fails is an activity that
/// failed.
fn launch(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    subnets: &[String],
    cause: &str,
) -> bool {
    let tags = launch_tags(group);
    for subnet in subnets {
        let template = Template { id: &group.template.id, version: &group.template.version };
        let order = Launch { template, subnet, tags: &tags };
        let chance = stage.rng.fork();
        match stage.ec2.launch_for_group(stage.around, chance, stage.now, order) {
            Ok((id, version)) => {
                launched(stage, group, (id.as_str(), version), cause);
                return true;
            }
            Err(fault) => {
                let elsewhere = is_about_the_place(&fault);
                let message = format!("{} Launching EC2 instance failed.", fault.message);
                let description = format!(
                    "Launching a new EC2 instance.  Status Reason: {}. Launching EC2 instance \
                     failed.",
                    fault.message.trim_end_matches('.')
                );
                let what = Beginning {
                    status: Status::Failed,
                    message: Some(message),
                    details: serde_json::json!({ "Subnet ID": subnet }).to_string(),
                    ..Beginning::new(description, cause.to_owned())
                };
                stage.begin(group, what);
                if !elsewhere {
                    return false;
                }
            }
        }
    }
    false
}

/// Whether a launch might succeed in another zone.
fn is_about_the_place(fault: &Fault) -> bool {
    matches!(
        &*fault.code,
        "InsufficientInstanceCapacity"
            | "InsufficientFreeAddressesInSubnet"
            | "InvalidSubnetID.NotFound"
    )
}

fn launch_tags(group: &Record<Group>) -> Tags {
    let kept = group.tags.iter().filter(|it| group.propagated.contains(it.0));
    let mut tags: Tags = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
    tags.insert(GROUP_TAG.to_owned(), group.id.clone());
    tags
}

fn launched(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    (id, version): (&str, u64),
    cause: &str,
) {
    let Some(look) = stage.ec2.look(id) else { return };
    let chosen = &group.template;
    let template = (chosen.id.clone(), chosen.name.clone(), version.to_string());
    let mut member = Member::new(id, &look, Some(template), stage.now);
    member.protected = group.protects_new;
    let what = Beginning {
        status: Status::PreInService,
        details: details(&member, group),
        ..Beginning::new(format!("Launching a new EC2 instance: {id}"), cause.to_owned())
    };
    member.activity = Some(stage.begin(group, what));
    group.members.push(member);
    group.trouble.failures = 0;
    group.trouble.retry = None;
}

/// Terminates what is more than desired, from the zones with the most.
pub(super) fn shrink(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    if group.suspends("Terminate") {
        return;
    }
    let pending = group.members.iter().any(|it| it.state.pends());
    if group.trouble.rebalancing && pending {
        return;
    }
    let before = counted(group);
    let why = if group.trouble.rebalancing {
        "instances were launched to balance instances in zones with other zones"
    } else {
        "a difference between desired and actual capacity"
    };
    while counted(group) > group.size.desired {
        let Some(id) = victim(stage, group) else { break };
        let cause = format!(
            "At {} an instance was taken out of service in response to {why}, shrinking the \
             capacity from {before} to {}.",
            spoken(stage.now),
            group.size.desired
        );
        begin_to_end(stage, group, &id, cause);
    }
    if counted(group) <= group.size.desired {
        group.trouble.rebalancing = false;
    }
    follow(stage, group, again);
}

/// The instance that goes first.
///
/// From the zone with the most; then as the first policy says; the default is the oldest version of
/// the template, then whatever is next to its billing hour, which here is the oldest.
fn victim(stage: &Stage<'_>, group: &Group) -> Option<String> {
    let mut zones = BTreeMap::<&str, usize>::new();
    for member in group.members.iter().filter(|it| it.state.counts()) {
        *zones.entry(&member.zone).or_default() += 1;
    }
    // A zone that the group does not launch in any more goes before all others.
    let places = spread(stage, group);
    let weight = |member: &Member| {
        let kept = places.iter().any(|it| it.1 == member.zone);
        let count = zones.get(member.zone.as_str()).copied().unwrap_or_default();
        (!kept, count)
    };
    let can = group.members.iter().filter(|it| it.state.counts() && !it.protected);
    let can: Vec<_> = can.collect();
    let heaviest = can.iter().map(|it| weight(it)).max()?;
    let here = can.into_iter().filter(|it| weight(it) == heaviest);
    let version = |it: &Member| {
        let number = it.template.as_ref().and_then(|it| it.2.parse::<u64>().ok());
        let ours = it.template.as_ref().is_some_and(|it| it.0 == group.template.id);
        (ours, number.unwrap_or_default())
    };
    let policy = group.policies.first().map_or("Default", String::as_str);
    let chosen = match policy {
        "NewestInstance" => here.max_by_key(|it| (it.launched, it.id.clone())),
        "OldestInstance" => here.min_by_key(|it| (it.launched, it.id.clone())),
        _ => here.min_by_key(|it| (version(it), it.launched, it.id.clone())),
    };
    chosen.map(|it| it.id.clone())
}

/// Launches in a zone that has too few, before what is too many elsewhere goes.
pub(super) fn rebalance(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    let processes = ["AZRebalance", "Launch", "Terminate"];
    if processes.iter().any(|it| group.suspends(it)) || group.trouble.rebalancing {
        return;
    }
    if group.trouble.retry.is_some_and(|it| it > stage.now) {
        return;
    }
    let steady = group.members.iter().all(|it| it.state == Lifecycle::InService);
    if !steady || counted(group) != group.size.desired {
        return;
    }
    let all = spread(stage, group);
    let outside = group.members.iter().any(|it| !all.iter().any(|place| place.1 == it.zone));
    let counts = || all.iter().map(|it| it.2);
    let (Some(least), Some(most)) = (counts().min(), counts().max()) else { return };
    if most < least + 2 && !outside {
        return;
    }
    let cause = format!(
        "At {} instances were launched to balance instances in zones with other zones resulting in \
         more than desired number of instances in the group.",
        spoken(stage.now)
    );
    let few: Vec<_> = all.iter().filter(|it| it.2 == least).map(|it| it.0.clone()).collect();
    if launch(stage, group, &few, &cause) {
        group.trouble.rebalancing = true;
        let span = stage.around.settings.durations.group_action;
        again.push(stage.soon(span));
    } else {
        troubled(stage, group, again);
    }
}
