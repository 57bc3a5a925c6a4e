//! What instances wait for that a lifecycle hook holds.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CompleteLifecycleAction.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RecordLifecycleActionHeartbeat.html>

use std::time::Duration;

use super::{
    Answer, Operation,
    call::{Call, invalid},
    group::Group,
    hook::{Hook, Transition},
    member::{Action, Member},
};
use crate::{Time, fault::Fault, random::Rng, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CompleteLifecycleAction", true, complete),
    ("RecordLifecycleActionHeartbeat", true, heartbeat),
];

/// The next hook that holds an instance.
pub(super) fn next(
    group: &Group,
    member: &Member,
    transition: Transition,
) -> Option<(String, Hook)> {
    let mut all = group.hooks.iter();
    let held = all.find(|it| it.1.transition == transition && !member.passed.contains(it.0));
    held.map(|(name, hook)| (name.clone(), hook.clone()))
}

/// An instance begins to wait.
pub(super) fn begin((name, hook): &(String, Hook), rng: &mut Rng, now: Time) -> Action {
    let seconds = |it: u32| Duration::from_secs(u64::from(it));
    Action {
        hook: name.clone(),
        token: rng.uuid(),
        until: now + seconds(hook.timeout),
        end: now + seconds(hook.whole()),
        result: None,
    }
}

/// The hook an instance waits for no more, and whether it goes on; nothing while it waits.
pub(super) fn outcome(group: &Group, member: &Member, now: Time) -> Option<(String, bool)> {
    let action = member.action.as_ref()?;
    let goes_on = match action.result.as_deref() {
        Some(result) => result == "CONTINUE",
        None if action.until > now => return None,
        None => group.hooks.get(&action.hook).is_some_and(|it| it.goes_on),
    };
    Some((action.hook.clone(), goes_on))
}

/// The group and the instance that waits, which a request names by its id or by its token.
fn waiting(call: &Call<'_>) -> Result<(String, String), Fault> {
    let hook = call.need("LifecycleHookName")?;
    let group = call.group()?;
    let (token, instance) =
        (call.params.text("LifecycleActionToken"), call.params.text("InstanceId"));
    if token.is_none() && instance.is_none() {
        return Err(invalid(
            "Either LifecycleActionToken or InstanceId must be specified in the request",
        ));
    }
    let waits = |member: &&Member| {
        member.action.as_ref().is_some_and(|it| {
            it.hook == hook
                && it.result.is_none()
                && token.as_ref().is_none_or(|token| it.token == *token)
                && instance.as_ref().is_none_or(|id| member.id == *id)
        })
    };
    let found = group.members.iter().find(waits).ok_or_else(|| {
        let who = instance.as_ref().or(token.as_ref()).cloned().unwrap_or_default();
        invalid(format!("No active Lifecycle Action found with instance ID {who}"))
    })?;
    Ok((group.id.clone(), found.id.clone()))
}

fn complete(call: &mut Call<'_>) -> Answer {
    let result = call.need("LifecycleActionResult")?;
    if !["CONTINUE", "ABANDON"].contains(&result.as_str()) {
        return Err(invalid(format!("Invalid LifecycleActionResult {result}")));
    }
    let (group, id) = waiting(call)?;
    call.change(&group, |it| {
        if let Some(action) = it.member_mut(&id).and_then(|it| it.action.as_mut()) {
            action.result = Some(result);
        }
    });
    Ok(Xml::new())
}

/// The time it has begins anew.
fn heartbeat(call: &mut Call<'_>) -> Answer {
    let (group, id) = waiting(call)?;
    let now = call.now;
    call.change(&group, |it| {
        let timeouts: Vec<_> = it.hooks.iter().map(|it| (it.0.clone(), it.1.timeout)).collect();
        if let Some(action) = it.member_mut(&id).and_then(|it| it.action.as_mut()) {
            let timeout = timeouts.iter().find(|it| it.0 == action.hook).map(|it| it.1);
            let more = now + Duration::from_secs(u64::from(timeout.unwrap_or_default()));
            action.until = more.min(action.end);
        }
    });
    Ok(Xml::new())
}
