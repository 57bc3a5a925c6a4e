//! What flow logs deliver to CloudWatch Logs, when, and until when.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html>: AWS takes on the role of
//! the flow log and makes the log group if it is not there. It takes about ten minutes until there
//! is a first delivery, and deliveries go on for some minutes after the flow log was deleted: a
//! group that was deleted in between is made again, bare of retention, key and tags
//! (<https://github.com/hashicorp/terraform/issues/14750>).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Ec2,
    flow_log::{self, Outcome},
    scene::{Around, Scene},
};
use crate::{
    Time,
    random::Rng,
    services::{Logs, iam::assume},
};

/// Who takes on the role.
const SERVICE: &str = "vpc-flow-logs.amazonaws.com";

/// The deliveries of a flow log, which outlive it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Course {
    resource: String,
    group: String,
    role: String,
    next: Time,
    every: Duration,
    /// Whether there ever was something to tell.
    filled: bool,
    /// When they end, if the flow log is deleted.
    until: Option<Time>,
}

impl Course {
    pub(super) fn new(
        resource: String,
        group: String,
        role: String,
        first: Time,
        every: Duration,
    ) -> Self {
        Self { resource, group, role, next: first, every, filled: false, until: None }
    }

    /// Lets them end at some time, with the last of them then.
    fn end(&mut self, until: Time) {
        self.next = self.next.min(until);
        self.until = Some(until);
    }

    /// The earliest moment of a delivery that has passed; the next one lies ahead then.
    ///
    /// Between two looks nothing changes that a delivery depends on, so that of all deliveries
    /// missed only the first can make a difference.
    fn due(&mut self, now: Time) -> Option<Time> {
        let first = self.next;
        if first > now {
            return None;
        }
        let passed = now.since(first).as_millis() / self.every.as_millis().max(1);
        let steps = u32::try_from(passed).unwrap_or(u32::MAX).saturating_add(1);
        self.next = first + self.every.saturating_mul(steps);
        if let Some(until) = self.until.filter(|it| first < *it) {
            self.next = self.next.min(until);
        }
        Some(first)
    }
}

impl Ec2 {
    /// Delivers what flow logs have to deliver until now.
    pub(crate) fn deliver(
        &mut self,
        around: Around<'_>,
        logs: &mut Logs,
        rng: &mut Rng,
        now: Time,
    ) {
        let mut due = Vec::new();
        self.flow_log_courses.retain(|id, course| {
            if let Some(at) = course.due(now) {
                due.push((id.clone(), course.clone(), at));
            }
            course.until.is_none_or(|it| now < it)
        });
        for (id, course, at) in due {
            let mut scene = Scene::new(around, rng.fork(), self, at);
            let busy = has_traffic(&scene, &course.resource);
            if let Some(course) = scene.ec2.flow_log_courses.get_mut(&id) {
                course.filled |= busy;
            }
            let something = if course.until.is_some() { course.filled } else { busy };
            if !something {
                continue;
            }
            let outcome = if permitted(&scene, &id, &course, logs.has_group(&course.group)) {
                logs.ensure_group(scene.stamp, &course.group);
                Outcome::Delivered
            } else {
                Outcome::AccessError
            };
            flow_log::note(&mut scene, &id, outcome);
        }
    }
}

/// Lets the deliveries of a flow log that is deleted end; what was recorded is still delivered.
pub(super) fn end(scene: &mut Scene<'_>, id: &str) {
    let span = scene.settings.durations.flow_log_drain;
    let until = scene.after(span);
    let resource = scene.ec2.flow_log_courses.get(id).map(|it| it.resource.clone());
    let busy = resource.is_some_and(|it| has_traffic(scene, &it));
    if let Some(course) = scene.ec2.flow_log_courses.get_mut(id) {
        course.filled |= busy;
        course.end(until);
    }
}

/// Whether anything can have passed: where there is no interface there is nothing to tell of.
fn has_traffic(scene: &Scene<'_>, resource: &str) -> bool {
    let mut all = scene.ec2.network_interfaces.all();
    all.any(|it| [&it.id, &it.subnet, &it.vpc].into_iter().any(|it| it == resource))
}

/// Whether the service of flow logs can take on a role, which may be too new for it.
pub(super) fn assumable(scene: &Scene<'_>, role: &str) -> bool {
    let eyes = scene.settings.lag.dependents.then(|| scene.by_id());
    // Of which flow log it will be nobody knows yet; policies name them all by a star.
    let source = scene.arn("vpc-flow-log/fl-0");
    scene.iam.assumable(scene.settings, role, SERVICE, &source, eyes).is_some()
}

/// Whether the role of a flow log may write into the group, and make it if it is not there.
fn permitted(scene: &Scene<'_>, id: &str, course: &Course, there: bool) -> bool {
    let source = scene.arn(&format!("vpc-flow-log/{id}"));
    let role = scene.iam.assumable(scene.settings, &course.role, SERVICE, &source, None);
    let Some(role) = role else { return false };
    let group = flow_log::group_arn(scene, &course.group);
    let stream = format!("{group}:log-stream:eni-0-all");
    let may = |action: &str, resource: &str| assume::may(scene.settings, role, action, resource);
    // Policies name a group with what follows for its streams, or without.
    let make = |it: &str| may("logs:CreateLogGroup", it);
    (there || make(&group) || make(&format!("{group}:log-stream:")))
        && may("logs:CreateLogStream", &stream)
        && may("logs:PutLogEvents", &stream)
}
