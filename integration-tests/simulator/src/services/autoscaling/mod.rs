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

use self::{activity::Activity, call::Call, group::Group};
use super::{
    Elb,
    ec2::{Around, Ec2},
    form::{self, Answer, Request, Served},
    operations::{self, Operations},
};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf},
    throttle::{self, Rate},
    world::{Drift, Region, Retag},
};

/// Whom the role trusts that it launches with.
pub(crate) const PRINCIPAL: &str = "autoscaling.amazonaws.com";

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
}

impl form::Service for AutoScaling {
    const NAME: &'static str = "autoscaling";
    const TITLE: &'static str = "Auto Scaling";
    const VERSION: &'static str = "2011-01-01";
    const NAMESPACE: &'static str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

    fn of(region: &Region) -> &Self {
        &region.autoscaling
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.autoscaling
    }

    fn operations() -> Vec<&'static str> {
        OPERATIONS.names()
    }

    fn writes(operation: &str) -> Option<bool> {
        OPERATIONS.find(operation).map(|it| it.1)
    }

    fn rate(_: &str) -> Rate {
        throttle::autoscaling()
    }

    fn bucket(_: &str) -> &'static str {
        "all"
    }

    fn serve(&mut self, neighbours: &Region, request: Request<'_>) -> Result<Served, Fault> {
        let Request { operation, params, settings, region, iam, mut rng, now, .. } = request;
        let Some((_, _, run)) = OPERATIONS.find(operation) else {
            return Err(form::unknown::<Self>(operation));
        };
        let Region { ec2, elb, kms, .. } = neighbours;
        let linked = rng.fork();
        let around = Around { settings, region, iam, kms };
        let answer = run(&mut Call::new(around, self, (ec2, elb), params, rng, now))?;
        // <https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>
        let links = (operation == "CreateAutoScalingGroup").then_some((PRINCIPAL, linked));
        Ok(Served { answer, links })
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        drift::retag(kind, id, change)
    }
}
