//! What somebody else might do to groups.

use super::{AutoScaling, group::Group, member::Lifecycle};
use crate::{
    shelf::{Kind as _, Record},
    world::{Drift, Retag},
};

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(state: &AutoScaling, key: &str) -> Vec<Drift> {
    let owned = state.groups.all().filter(|it| it.tags.contains_key(key) && it.deleting.is_none());
    owned.flat_map(of_group).collect()
}

fn drift(says: String, action: &'static str, params: &[(&str, &str)]) -> Drift {
    Drift::form("autoscaling", says, action, params)
}

/// The calls by which somebody puts tags on a group, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    if kind != Group::TYPE {
        return Vec::new();
    }
    let tag = |n: usize, key: &str, value: Option<&str>| {
        let name = |it: &str| format!("Tags.member.{n}.{it}");
        let mut all = vec![
            (name("ResourceId"), id.to_owned()),
            (name("ResourceType"), Group::TYPE.to_owned()),
            (name("Key"), key.to_owned()),
        ];
        all.extend(value.map(|it| (name("Value"), it.to_owned())));
        all
    };
    let call = |action, params: Vec<(String, String)>| {
        let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        drift(format!("{id} has other tags"), action, &params)
    };
    let put = (1..).zip(change.put).flat_map(|(n, (key, value))| tag(n, key, Some(value)));
    let gone = (1..).zip(change.gone).flat_map(|(n, key)| tag(n, key, None));
    let mut all = Vec::new();
    all.extend((!change.put.is_empty()).then(|| call("CreateOrUpdateTags", put.collect())));
    all.extend((!change.gone.is_empty()).then(|| call("DeleteTags", gone.collect())));
    all
}

fn of_group(group: &Record<Group>) -> Vec<Drift> {
    let name = group.id.as_str();
    let named = ("AutoScalingGroupName", name);
    let update = |what: &str, value: &str| {
        let says = format!("{what} of group {name} is {value} now");
        drift(says, "UpdateAutoScalingGroup", &[named, (what, value)])
    };
    let other = |value: u32, instead: u32| {
        if value == instead { instead + 60 } else { instead }.to_string()
    };
    let size = group.size;
    let check = if group.health_check == "EC2" { "ELB" } else { "EC2" };
    let protects = (!group.protects_new).to_string();
    let protection = if group.protection == "none" { "prevent-force-deletion" } else { "none" };
    let policy = if group.policies.iter().any(|it| it == "OldestInstance") {
        "NewestInstance"
    } else {
        "OldestInstance"
    };
    let mut all = vec![
        update("MaxSize", &(size.most + 1).to_string()),
        update("DefaultCooldown", &other(group.cooldown, 60)),
        update("HealthCheckType", check),
        update("HealthCheckGracePeriod", &other(group.grace, 30)),
        update("NewInstancesProtectedFromScaleIn", &protects),
        update("DeletionProtection", protection),
        update("DefaultInstanceWarmup", &other(group.warmup.unwrap_or_default(), 45)),
        update("TerminationPolicies.member.1", policy),
    ];
    let rebalances = (!group.rebalances.unwrap_or_default()).to_string();
    all.push(update("CapacityRebalance", &rebalances));
    let other = if group.distribution == "balanced-only" {
        "balanced-best-effort"
    } else {
        "balanced-only"
    };
    all.push(update("AvailabilityZoneDistribution.CapacityDistributionStrategy", other));
    let least = ("InstanceMaintenancePolicy.MinHealthyPercentage", "80");
    let most = ("InstanceMaintenancePolicy.MaxHealthyPercentage", "120");
    let says = format!("group {name} keeps 80 to 120 percent while it replaces");
    all.push(drift(says, "UpdateAutoScalingGroup", &[named, least, most]));
    if size.least > 0 {
        all.push(update("MinSize", &(size.least - 1).to_string()));
    }
    if size.desired < size.most {
        all.push(update("DesiredCapacity", &(size.desired + 1).to_string()));
    }
    if group.places.subnets.len() > 1
        && let Some(only) = group.places.subnets.first()
    {
        all.push(update("VPCZoneIdentifier", only));
    }
    if group.template.version != "$Latest" {
        let says = format!("group {name} launches from the latest version of its template");
        let template = [
            named,
            ("LaunchTemplate.LaunchTemplateId", &*group.template.id),
            ("LaunchTemplate.Version", "$Latest"),
        ];
        all.push(drift(says, "UpdateAutoScalingGroup", &template));
    }
    all.extend(of_parts(group));
    for member in group.members.iter().filter(|it| it.state == Lifecycle::InService) {
        let id = member.id.as_str();
        let says = format!("{id} is terminated in group {name}");
        let keep = ("ShouldDecrementDesiredCapacity", "false");
        all.push(drift(says, "TerminateInstanceInAutoScalingGroup", &[("InstanceId", id), keep]));
        let one = ("InstanceIds.member.1", id);
        let says = format!("{id} is detached from group {name}");
        all.push(drift(says, "DetachInstances", &[named, one, keep]));
        let says = format!("{id} is on standby in group {name}");
        all.push(drift(says, "EnterStandby", &[named, one, keep]));
        let protected = (!member.protected).to_string();
        let says = format!("the protection of {id} in group {name} is {protected} now");
        let value = ("ProtectedFromScaleIn", protected.as_str());
        all.push(drift(says, "SetInstanceProtection", &[named, one, value]));
    }
    let says = format!("group {name} is deleted with its instances");
    all.push(drift(says, "DeleteAutoScalingGroup", &[named, ("ForceDelete", "true")]));
    all
}

/// What a group has beside its attributes: processes, hooks, metrics, tags.
fn of_parts(group: &Record<Group>) -> Vec<Drift> {
    let name = group.id.as_str();
    let named = ("AutoScalingGroupName", name);
    let mut all = Vec::new();
    for process in ["AZRebalance", "HealthCheck", "Launch", "ReplaceUnhealthy", "Terminate"] {
        let process = ("ScalingProcesses.member.1", process);
        let (says, action) = if group.suspends(process.1) {
            (format!("{} of group {name} is resumed", process.1), "ResumeProcesses")
        } else {
            (format!("{} of group {name} is suspended", process.1), "SuspendProcesses")
        };
        all.push(drift(says, action, &[named, process]));
    }
    for (hook, it) in &group.hooks {
        let hook = ("LifecycleHookName", hook.as_str());
        let says = format!("the hook {} of group {name} is gone", hook.1);
        all.push(drift(says, "DeleteLifecycleHook", &[named, hook]));
        let timeout = if it.timeout == 60 { "90" } else { "60" };
        let says = format!("the hook {} of group {name} waits {timeout} s now", hook.1);
        all.push(drift(says, "PutLifecycleHook", &[named, hook, ("HeartbeatTimeout", timeout)]));
    }
    if !group.metrics.is_empty() {
        let says = format!("group {name} has no metrics any more");
        all.push(drift(says, "DisableMetricsCollection", &[named]));
    }
    for target in group.targets.keys() {
        let says = format!("group {name} has no longer the target group {target}");
        let target = ("TargetGroupARNs.member.1", target.as_str());
        all.push(drift(says, "DetachLoadBalancerTargetGroups", &[named, target]));
    }
    for (topic, _) in &group.notifications {
        let says = format!("group {name} tells {topic} nothing any more");
        let topic = ("TopicARN", topic.as_str());
        all.push(drift(says, "DeleteNotificationConfiguration", &[named, topic]));
    }
    // Without its owner's mark an object would be a stranger, not a drifted one.
    for (key, value) in group.tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let about = |more: &[(&'static str, String)]| {
            let mut params = vec![
                ("Tags.member.1.ResourceId", name.to_owned()),
                ("Tags.member.1.ResourceType", Group::TYPE.to_owned()),
                ("Tags.member.1.Key", key.clone()),
            ];
            params.extend(more.iter().cloned());
            params
        };
        let call = |says: String, action, params: Vec<(&str, String)>| {
            let params: Vec<_> = params.iter().map(|it| (it.0, it.1.as_str())).collect();
            drift(says, action, &params)
        };
        all.push(call(format!("the tag {key} of {name} is gone"), "DeleteTags", about(&[])));
        let other = format!("{value}-changed");
        let propagates = group.propagated.contains(key);
        let more = [
            ("Tags.member.1.Value", other.clone()),
            ("Tags.member.1.PropagateAtLaunch", propagates.to_string()),
        ];
        let says = format!("the tag {key} of {name} is '{other}' now");
        all.push(call(says, "CreateOrUpdateTags", about(&more)));
        let more = [
            ("Tags.member.1.Value", value.clone()),
            ("Tags.member.1.PropagateAtLaunch", (!propagates).to_string()),
        ];
        let says = format!("whether instances of {name} get the tag {key} is {} now", !propagates);
        all.push(call(says, "CreateOrUpdateTags", about(&more)));
    }
    all
}
