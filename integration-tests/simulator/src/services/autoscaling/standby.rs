//! Standby: instances that stay in their group and are out of service.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>

use super::{
    Answer, Operation, activity,
    call::{Call, invalid},
    member::Lifecycle,
    member_calls::{begin, fewer, ids, leave, members},
};
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: &[Operation] =
    &[("EnterStandby", true, enter), ("ExitStandby", true, exit)];

const MOST: usize = 20;

fn enter(call: &mut Call<'_>) -> Answer {
    let ids = ids(call, MOST)?;
    let decrement = call.need_flag("ShouldDecrementDesiredCapacity")?;
    let group = call.group()?.clone();
    let members = members(&group, &ids, Lifecycle::InService)?;
    let desired = if decrement { fewer(&group, members.len())? } else { group.size.desired };
    let cause = format!(
        "instance was moved to standby in response to a user request{}",
        if decrement { ", shrinking the capacity." } else { "." }
    );
    let begun = begin(call, &group, &members, ("Moving EC2 instance to Standby", &cause));
    leave(call, &group, (&members, &begun), (Lifecycle::EnteringStandby, desired));
    Ok(Xml::new().members("Activities", "member", activity::shown(call, &begun)))
}

/// They come back as new ones do, and as many more are desired.
fn exit(call: &mut Call<'_>) -> Answer {
    let ids = ids(call, MOST)?;
    let group = call.group()?.clone();
    let members = members(&group, &ids, Lifecycle::Standby)?;
    let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let desired = group.size.desired.saturating_add(count);
    if desired > group.size.most {
        return Err(invalid(format!(
            "The AutoScalingGroup {} would have a desired capacity of {desired}, more than its max \
             size {}.",
            group.id, group.size.most
        )));
    }
    let cause = "instance was moved out of standby in response to a user request, increasing the \
                 capacity.";
    let begun = begin(call, &group, &members, ("Moving EC2 instance out of Standby", cause));
    leave(call, &group, (&members, &begun), (Lifecycle::Pending, desired));
    call.change(&group.id, |it| {
        for id in &ids {
            if let Some(member) = it.member_mut(id) {
                member.passed.clear();
            }
        }
    });
    Ok(Xml::new().members("Activities", "member", activity::shown(call, &begun)))
}
