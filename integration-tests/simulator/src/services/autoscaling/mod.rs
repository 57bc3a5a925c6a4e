//! Auto Scaling: groups of instances, and the loop that keeps them as they are to be.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html>. A call changes what a group is to be;
//! what comes of it happens later, in `look`: a group looks at its instances whenever it was told something
//! or something has become of one of them. Launch configurations, mixed instances, warm pools, instance
//! refreshes, scaling policies and schedules are not modelled.

mod activity;
mod balance;
mod call;
mod capacity;
mod drift;
mod group;
mod hook;
mod hook_action;
mod look;
mod member;
mod member_calls;
mod metrics;
mod notification;
mod process;
mod render;
mod standby;
mod tags;
mod target_group;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use self::drift::retag;
use self::{activity::Activity, call::Call, group::Group};
use super::{
    Elb,
    ec2::{Around, Ec2},
    operations::{self, Operations},
};
use crate::{
    Settings, Time, World,
    fault::Fault,
    random::Rng,
    services::Identity,
    shelf::{AnyShelf, Shelf},
    throttle,
    wire::{query::Params, xml::Xml},
    world::{Drift, Region},
};

/// What credential scopes call it.
pub(crate) const NAME: &str = "autoscaling";
pub(crate) const VERSION: &str = "2011-01-01";
pub(crate) const NAMESPACE: &str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";
/// Whom the role trusts that it launches with.
pub(crate) const PRINCIPAL: &str = "autoscaling.amazonaws.com";

type Answer = Result<Xml, Fault>;

/// What Auto Scaling holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AutoScaling {
    groups: Shelf<Group>,
    /// By group, the newest last.
    activities: BTreeMap<String, Vec<Activity>>,
    /// When each group looks at its instances next.
    looks: BTreeMap<String, Time>,
}

type Operation = operations::Operation<Run>;
type Run = fn(&mut Call<'_>) -> Answer;

/// The operations of every file.
const OPERATIONS: Operations<Run> = Operations(&[
    activity::OPERATIONS,
    capacity::OPERATIONS,
    group::OPERATIONS,
    hook::OPERATIONS,
    hook_action::OPERATIONS,
    member_calls::OPERATIONS,
    metrics::OPERATIONS,
    notification::OPERATIONS,
    process::OPERATIONS,
    standby::OPERATIONS,
    tags::OPERATIONS,
    target_group::OPERATIONS,
]);

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.names()
}

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    OPERATIONS.mutates(name)
}

impl AutoScaling {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.groups]
    }

    /// The end of a group's ARN, which it has from the moment it is there.
    pub(crate) fn path_of(&self, name: &str) -> Option<String> {
        self.groups.get(name).map(<Group as crate::shelf::Kind>::path)
    }

    /// The name of the group that an instance is in.
    pub(crate) fn group_of(&self, instance: &str) -> Option<String> {
        let mut all = self.groups.all();
        all.find(|it| it.member(instance).is_some()).map(|it| it.id.clone())
    }

    /// The instances in service that target groups are to have, each with the ARN of the group.
    pub(crate) fn in_target_groups(&self, now: Time) -> BTreeSet<(String, String)> {
        self.groups.all().flat_map(|it| target_group::registered(it, now)).collect()
    }

    /// When something happens next.
    pub(crate) fn due(&self) -> Option<Time> {
        self.looks.values().min().copied()
    }

    /// Lets a group look at its instances at a time, if it does not do so before.
    fn look_at(&mut self, group: &str, at: Time) {
        let next = self.looks.entry(group.to_owned()).or_insert(at);
        *next = (*next).min(at);
    }

    /// Hears what has become of instances.
    ///
    /// What a group waits for it learns soon; what happens to one in service, at its next health check.
    pub(crate) fn hear(&mut self, around: Around<'_>, ec2: &mut Ec2, rng: &mut Rng) {
        for (instance, at) in ec2.take_stirred() {
            let found = self.groups.all().find_map(|group| {
                let member = group.member(&instance)?;
                Some((group.id.clone(), member.state.serves()))
            });
            let Some((name, serves)) = found else { continue };
            let Settings { durations, .. } = around.settings;
            let span = if serves { durations.group_notice } else { durations.group_action };
            let due = at + around.settings.lasting(rng, span);
            self.look_at(&name, due);
        }
    }

    /// Lets every group look that is to look by now.
    pub(crate) fn settle(
        &mut self,
        around: Around<'_>,
        (ec2, elb): (&mut Ec2, &Elb),
        rng: &mut Rng,
        now: Time,
    ) {
        while let Some((name, at)) = self.next(now) {
            self.looks.remove(&name);
            look::look(look::Stage::new(around, self, (ec2, elb), rng.fork(), at), &name);
        }
    }

    fn next(&self, now: Time) -> Option<(String, Time)> {
        let due = self.looks.iter().filter(|it| *it.1 <= now);
        due.min_by_key(|it| *it.1).map(|it| (it.0.clone(), *it.1))
    }

    /// Changes that somebody might make to what carries the tag `key`.
    pub(crate) fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }
}

/// Nothing of it is protected from its end but what belongs to instances.
pub(crate) fn unprotect(_: &str, _: &str) -> Vec<Drift> {
    Vec::new()
}

/// Answers a request.
pub(crate) fn ask(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    rng: Rng,
) -> Answer {
    if OPERATIONS.find(name).is_none() {
        return Err(Fault::unsupported(format!("the operation autoscaling:{name}")));
    }
    let World { settings, now, buckets, .. } = world;
    let bucket = format!("{region}/autoscaling");
    if settings.throttling && !buckets.take(bucket, throttle::autoscaling(), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    if let Some(other) = params.reader().text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of Auto Scaling")));
    }
    act(world, identity, region, (name, params), rng)
}

/// Does what is asked, whoever asks: what it does later, it does in the name of its own role.
pub(crate) fn act(
    world: &mut World,
    _: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    mut rng: Rng,
) -> Answer {
    let Some((_, writes, run)) = OPERATIONS.find(name) else {
        return Err(Fault::unsupported(format!("the operation autoscaling:{name}")));
    };
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(Region { autoscaling, ec2, elb, kms, .. }) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let mut copy = autoscaling.clone();
    let linked = rng.fork();
    let around = Around { settings, region, iam, kms };
    let mut call = Call::new(around, &mut copy, (ec2, elb), params.reader(), rng, *now);
    for known in ["Action", "Version"] {
        call.params.text(known);
    }
    let answer = run(&mut call)?;
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    if *writes {
        *autoscaling = copy;
    }
    // <https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>
    if name == "CreateAutoScalingGroup" {
        iam.ensure_service_role(settings, linked, *now, PRINCIPAL);
    }
    Ok(answer)
}
