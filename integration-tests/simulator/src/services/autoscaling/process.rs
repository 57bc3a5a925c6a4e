//! What a group does by itself can be suspended, process by process.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-suspend-resume-processes.html>

use super::{
    Answer, Operation,
    activity::spoken,
    call::{Call, invalid},
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("SuspendProcesses", true, suspend), ("ResumeProcesses", true, resume)];

const ALL: &[&str] = &[
    "AZRebalance",
    "AddToLoadBalancer",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

/// The processes that a call names; all, when it names none.
fn named(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let names = call.params.list("ScalingProcesses.member");
    if let Some(other) = names.iter().find(|it| !ALL.contains(&it.as_str())) {
        return Err(invalid(format!(
            "Invalid scaling process {other}; valid are {}",
            ALL.join(", ")
        )));
    }
    Ok(if names.is_empty() { ALL.iter().map(|it| (*it).to_owned()).collect() } else { names })
}

fn suspend(call: &mut Call<'_>) -> Answer {
    let names = named(call)?;
    let group = call.group()?.id.clone();
    let reason = format!("User suspended at {}", spoken(call.now));
    call.change(&group, |it| {
        for name in names {
            it.suspended.entry(name).or_insert_with(|| reason.clone());
        }
    });
    Ok(Xml::new())
}

fn resume(call: &mut Call<'_>) -> Answer {
    let names = named(call)?;
    let group = call.group()?.id.clone();
    call.change(&group, |it| it.suspended.retain(|name, _| !names.contains(name)));
    Ok(Xml::new())
}
