//! What is asked of single instances of a group.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html>

use std::time::Duration;

use super::{
    Answer, Operation,
    activity::{self, Beginning, spoken},
    call::{Call, invalid},
    group::Group,
    look::details,
    member::{Lifecycle, Member},
    render,
};
use crate::{fault::Fault, shelf::Record, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("DescribeAutoScalingInstances", false, list),
    ("TerminateInstanceInAutoScalingGroup", true, terminate),
    ("DetachInstances", true, detach),
    ("AttachInstances", true, attach),
    ("SetInstanceProtection", true, protect),
    ("SetInstanceHealth", true, set_health),
];

/// How many instances one call is about at most.
const MOST: usize = 20;
const MOST_PROTECTED: usize = 50;

/// By ids or all of them; an instance that is in no group is left out.
fn list(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("InstanceIds.member");
    call.flag("IncludeManagedResources")?;
    let eyes = if ids.is_empty() { call.in_lists() } else { call.by_id() };
    let mut items = Vec::new();
    for group in call.state.groups.all_seen(eyes) {
        let wanted = group.members.iter().filter(|it| ids.is_empty() || ids.contains(&it.id));
        items.extend(wanted.map(|it| (it.id.clone(), render::alone(&group.id, it))));
    }
    call.page(items, |page| Xml::new().members("AutoScalingInstances", "member", page))
}

/// The instances that a call names.
pub(super) fn ids(call: &Call<'_>, most: usize) -> Result<Vec<String>, Fault> {
    let ids = call.params.list("InstanceIds.member");
    if ids.is_empty() || ids.len() > most {
        return Err(invalid(format!("A request has to name 1 to {most} instances.")));
    }
    Ok(ids)
}

/// The instances of a group that a call names, each in the state it has to be in.
pub(super) fn members(
    group: &Record<Group>,
    ids: &[String],
    state: Lifecycle,
) -> Result<Vec<Member>, Fault> {
    let find = |id: &String| {
        let member = group.member(id).ok_or_else(|| {
            invalid(format!("The instance {id} is not part of Auto Scaling group {}.", group.id))
        })?;
        if member.state == state {
            return Ok(member.clone());
        }
        let (wanted, is) = (state.name(), member.state.name());
        Err(invalid(format!("The instance {id} is not in {wanted} (it is {is}).")))
    };
    ids.iter().map(find).collect()
}

/// How many fewer are desired when instances leave and are not replaced.
pub(super) fn fewer(group: &Group, count: usize) -> Result<u32, Fault> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let size = group.size;
    let left = size.desired.checked_sub(count).filter(|it| *it >= size.least);
    left.ok_or_else(|| {
        invalid(format!(
            "Currently, desiredSize equals minSize ({}). Terminating instance without replacement \
             will violate group's min size constraint. Either set shouldDecrementDesiredCapacity \
             flag to false or lower group's min size.",
            size.least
        ))
    })
}

/// Begins an activity for each of some instances; gives their ids.
pub(super) fn begin(
    call: &mut Call<'_>,
    group: &Record<Group>,
    members: &[Member],
    (verb, cause): (&str, &str),
) -> Vec<String> {
    let arn = group.arn(call.around);
    let mut begun = Vec::new();
    for member in members {
        let cause = format!("At {} {cause}", spoken(call.now));
        let description = format!("{verb}: {}", member.id);
        let what =
            Beginning { details: details(member, group), ..Beginning::new(description, cause) };
        begun.push(call.state.begin(&mut call.rng, call.now, (&group.id, &arn), what));
    }
    begun
}

/// The instance goes through the hooks for the end, and is replaced unless fewer are desired.
fn terminate(call: &mut Call<'_>) -> Answer {
    let id = call.need("InstanceId")?;
    let decrement = call.need_flag("ShouldDecrementDesiredCapacity")?;
    let name = call.state.group_of(&id).ok_or_else(|| {
        invalid(format!("Instance Id not found - No managed instance found for instance ID: {id}"))
    })?;
    let group = call.find(&name)?.clone();
    let Some(member) = group.member(&id).cloned() else {
        return Err(invalid("Instance Id not found"));
    };
    if member.state.ends() {
        return Err(Fault::client(
            "ScalingActivityInProgress",
            format!("The instance {id} is being terminated already."),
        ));
    }
    let desired = if decrement { fewer(&group, 1)? } else { group.size.desired };
    let cause = if desired == group.size.desired {
        "instance was taken out of service in response to a user request.".to_owned()
    } else {
        format!(
            "instance was taken out of service in response to a user request, shrinking the \
             capacity from {} to {desired}.",
            group.size.desired
        )
    };
    let what = ("Terminating EC2 instance", cause.as_str());
    let begun = begin(call, &group, std::slice::from_ref(&member), what);
    let now = call.now;
    let activity = begun.first().cloned().unwrap_or_default();
    call.change(&name, |it| {
        it.size.desired = desired;
        if let Some(member) = it.member_mut(&id) {
            member.begin_to_end(activity, now);
        }
    });
    let shown = activity::shown(call, &begun).into_iter().next().unwrap_or_default();
    Ok(Xml::new().nest("Activity", shown))
}

fn detach(call: &mut Call<'_>) -> Answer {
    let ids = ids(call, MOST)?;
    let decrement = call.need_flag("ShouldDecrementDesiredCapacity")?;
    let group = call.group()?.clone();
    let standing = |id: &&String| group.member(id).is_some_and(|it| it.state == Lifecycle::Standby);
    let (idle, busy): (Vec<_>, Vec<_>) = ids.iter().partition(standing);
    let owned = |all: Vec<&String>| all.into_iter().cloned().collect::<Vec<_>>();
    let (idle, busy) = (owned(idle), owned(busy));
    let mut members = members(&group, &busy, Lifecycle::InService)?;
    let desired = if decrement { fewer(&group, members.len())? } else { group.size.desired };
    members.extend(idle.iter().filter_map(|it| group.member(it).cloned()));
    let cause = format!(
        "instance was detached in response to a user request{}",
        if decrement { ", shrinking the capacity." } else { "." }
    );
    let begun = begin(call, &group, &members, ("Detaching EC2 instance", &cause));
    leave(call, &group, (&members, &begun), (Lifecycle::Detaching, desired));
    let shown = activity::shown(call, &begun);
    Ok(Xml::new().members("Activities", "member", shown))
}

/// Lets instances go out of service, with the activities that end when they have.
pub(super) fn leave(
    call: &mut Call<'_>,
    group: &Record<Group>,
    (members, begun): (&[Member], &[String]),
    (state, desired): (Lifecycle, u32),
) {
    let now = call.now;
    call.change(&group.id, |it| {
        it.size.desired = desired;
        for (member, activity) in members.iter().zip(begun) {
            if let Some(member) = it.member_mut(&member.id) {
                member.enter(state, now);
                member.activity = Some(activity.clone());
            }
        }
    });
}

/// Running instances in the group's zones join it, and as many more are desired.
fn attach(call: &mut Call<'_>) -> Answer {
    let ids = ids(call, MOST)?;
    let group = call.group()?.clone();
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let desired = group.size.desired.saturating_add(count);
    if desired > group.size.most {
        return Err(invalid(format!(
            "The number of instances ({count}) to attach would exceed the max size {} of the \
             AutoScalingGroup.",
            group.size.most
        )));
    }
    let mut joined = Vec::new();
    for id in &ids {
        let look = call.ec2.look(id).filter(super::super::ec2::Look::runs).ok_or_else(|| {
            invalid(format!("Invalid Instance ID(s): [{id}]. Instances have to be running."))
        })?;
        if let Some(other) = call.state.group_of(id) {
            return Err(invalid(format!(
                "The instance {id} is already part of AutoScalingGroup {other}"
            )));
        }
        if !group.places.zones.contains(&look.zone) {
            return Err(invalid(format!(
                "The instance {id} is not in an Availability Zone of the group ({})",
                look.zone
            )));
        }
        let template = look.template.as_ref().map(|(template, version)| {
            let found = call.ec2.template_called((Some(template), None), version);
            let name = found.map(|it| it.1).unwrap_or_default();
            (template.clone(), name, version.clone())
        });
        let mut member = Member::new(id, &look, template, call.now);
        member.protected = group.protects_new;
        joined.push(member);
    }
    let what = ("Attaching an existing EC2 instance", "an instance was added by a user request.");
    let begun = begin(call, &group, &joined, what);
    for (member, activity) in joined.iter_mut().zip(begun) {
        member.activity = Some(activity);
    }
    call.change(&group.id, |it| {
        it.size.desired = desired;
        it.members.extend(joined);
    });
    Ok(Xml::new())
}

fn protect(call: &mut Call<'_>) -> Answer {
    let ids = ids(call, MOST_PROTECTED)?;
    let protected = call.need_flag("ProtectedFromScaleIn")?;
    let group = call.group()?;
    for id in &ids {
        let member = group.member(id).ok_or_else(|| {
            invalid(format!("The instance {id} is not part of Auto Scaling group {}.", group.id))
        })?;
        if member.state.ends() {
            return Err(invalid(format!(
                "The instance {id} is not in InService or EnteringStandby or Standby."
            )));
        }
    }
    let group = group.id.clone();
    call.change(&group, |it| {
        for id in &ids {
            if let Some(member) = it.member_mut(id) {
                member.protected = protected;
            }
        }
    });
    Ok(Xml::new())
}

/// Within the grace period of the group nothing comes of it, unless that is not to be respected.
fn set_health(call: &mut Call<'_>) -> Answer {
    let id = call.need("InstanceId")?;
    let status = call.need("HealthStatus")?;
    let respects = call.flag("ShouldRespectGracePeriod")?.unwrap_or(true);
    let healthy = match status.as_str() {
        "Healthy" => true,
        "Unhealthy" => false,
        other => {
            return Err(invalid(format!(
                "Valid instance health states are: [Healthy, Unhealthy], not {other}"
            )));
        }
    };
    let name = call.state.group_of(&id).ok_or_else(|| {
        invalid(format!("Instance Id not found - No managed instance found for instance ID {id}"))
    })?;
    let group = call.find(&name)?;
    let grace = Duration::from_secs(u64::from(group.grace));
    let young = group.member(&id).is_some_and(|it| it.since + grace > call.now);
    if healthy || !(respects && young) {
        call.change(&name, |it| {
            if let Some(member) = it.member_mut(&id) {
                member.healthy = healthy;
            }
        });
    }
    Ok(Xml::new())
}
