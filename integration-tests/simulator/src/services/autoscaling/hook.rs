//! Lifecycle hooks.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html>. Nothing is sent anywhere: a hook
//! with a target is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, invalid},
};
use crate::{
    fault::Fault,
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("PutLifecycleHook", true, put),
    ("DescribeLifecycleHooks", false, list),
    ("DeleteLifecycleHook", true, delete),
];

const TIMEOUT: u32 = 3_600;
/// How long an instance can wait in all, in seconds.
const LONGEST: u32 = 172_800;

/// A hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) transition: Transition,
    /// In seconds.
    pub(super) timeout: u32,
    /// Whether an instance goes on of which nobody says anything.
    pub(super) goes_on: bool,
    metadata: Option<String>,
}

/// When a hook holds an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Transition {
    Launching,
    Terminating,
}

impl Transition {
    fn name(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }

    fn of(name: &str) -> Result<Self, Fault> {
        let both = [Self::Launching, Self::Terminating];
        both.into_iter()
            .find(|it| it.name() == name)
            .ok_or_else(|| invalid(format!("Invalid lifecycle transition {name}")))
    }
}

impl Hook {
    /// How long an instance can wait in all, in seconds, however often somebody asks for more time.
    pub(super) fn whole(&self) -> u32 {
        self.timeout.saturating_mul(100).min(LONGEST)
    }

    fn result(&self) -> &'static str {
        if self.goes_on { "CONTINUE" } else { "ABANDON" }
    }
}

/// Reads a hook; what is not said stays as it was.
fn read(params: &Reader<'_>, old: Option<&Hook>) -> Result<Hook, Fault> {
    for member in ["NotificationTargetARN", "RoleARN"] {
        if params.text(member).is_some_and(|it| !it.is_empty()) {
            return Err(Fault::unsupported("lifecycle hooks that notify somebody"));
        }
    }
    let transition =
        params.text("LifecycleTransition").map(|it| Transition::of(&it)).transpose()?;
    let transition = transition
        .or(old.map(|it| it.transition))
        .ok_or_else(|| invalid("LifecycleTransition is required to create a lifecycle hook"))?;
    let timeout = params.number("HeartbeatTimeout").map_err(|it| invalid(it.message))?;
    let timeout = match timeout {
        None => old.map_or(TIMEOUT, |it| it.timeout),
        Some(given) => {
            u32::try_from(given).ok().filter(|it| (30..=7_200).contains(it)).ok_or_else(|| {
                invalid("HeartbeatTimeout must be between 30 and 7200 seconds (both inclusive)")
            })?
        }
    };
    let goes_on = match params.text("DefaultResult").as_deref() {
        None => old.is_some_and(|it| it.goes_on),
        Some("CONTINUE") => true,
        Some("ABANDON") => false,
        Some(other) => return Err(invalid(format!("Invalid DefaultResult {other}"))),
    };
    let metadata = params.text("NotificationMetadata").or(old.and_then(|it| it.metadata.clone()));
    Ok(Hook { transition, timeout, goes_on, metadata })
}

/// The hooks that a group is made with.
pub(super) fn at_creation(call: &Call<'_>) -> Result<BTreeMap<String, Hook>, Fault> {
    let mut all = BTreeMap::new();
    for params in call.params.structs("LifecycleHookSpecificationList.member") {
        let name = params.need("LifecycleHookName").map_err(|it| invalid(it.message))?;
        if all.insert(name.clone(), read(&params, None)?).is_some() {
            return Err(invalid(format!("The lifecycle hook {name} is there twice")));
        }
    }
    Ok(all)
}

fn put(call: &mut Call<'_>) -> Answer {
    let name = call.need("LifecycleHookName")?;
    let group = call.group()?;
    let hook = read(&call.params, group.hooks.get(&name))?;
    let most = call.settings.quotas.lifecycle_hooks_per_group;
    if !group.hooks.contains_key(&name) && group.hooks.len() >= most as usize {
        let text = format!("You've reached the limit of {most} lifecycle hooks for the group.");
        return Err(Fault::client("LimitExceeded", text));
    }
    let group = group.id.clone();
    call.change(&group, |it| {
        it.hooks.insert(name, hook);
    });
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let names = call.params.list("LifecycleHookNames.member");
    let group = call.look()?;
    let wanted = group.hooks.iter().filter(|it| names.is_empty() || names.contains(it.0));
    let hooks = wanted.map(|(name, hook)| {
        Xml::new()
            .text("LifecycleHookName", name)
            .text("AutoScalingGroupName", &group.id)
            .text("LifecycleTransition", hook.transition.name())
            .maybe("NotificationMetadata", hook.metadata.as_ref())
            .text("HeartbeatTimeout", hook.timeout)
            .text("GlobalTimeout", hook.whole())
            .text("DefaultResult", hook.result())
    });
    Ok(Xml::new().members("LifecycleHooks", "member", hooks))
}

/// Instances that wait for it go on, or not, as its default says.
fn delete(call: &mut Call<'_>) -> Answer {
    let name = call.need("LifecycleHookName")?;
    let group = call.group()?;
    let Some(hook) = group.hooks.get(&name) else {
        return Err(invalid(format!(
            "No Lifecycle Hook found with name: {name} for the Auto Scaling group: {}",
            group.id
        )));
    };
    let (result, group) = (hook.result().to_owned(), group.id.clone());
    call.change(&group, |it| {
        it.hooks.remove(&name);
        let actions = it.members.iter_mut().filter_map(|it| it.action.as_mut());
        for action in actions.filter(|it| it.hook == name) {
            action.result.get_or_insert(result.clone());
        }
    });
    Ok(Xml::new())
}
