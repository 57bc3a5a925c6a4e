//! The loop of a group: what it does when it looks at its instances.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-suspend-resume-processes.html>

use std::time::Duration;

use super::{
    AutoScaling,
    activity::{Beginning, Status, spoken},
    balance::{grow, rebalance, shrink},
    group::Group,
    hook::Transition,
    hook_action,
    member::{Lifecycle, Member},
    target_group,
};
use crate::{
    Span, Time,
    random::Rng,
    services::{
        Elb, Leaves,
        ec2::{Around, Ec2, GROUP_TAG, Look},
    },
    shelf::{Record, Stamp, Tags},
};

/// How long a group waits after the first launch that failed; twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// Where a group looks at its instances, and acts.
pub(super) struct Stage<'a> {
    pub(super) around: Around<'a>,
    pub(super) state: &'a mut AutoScaling,
    pub(super) ec2: &'a mut Ec2,
    pub(super) elb: &'a Elb,
    pub(super) rng: Rng,
    pub(super) now: Time,
    pub(super) stamp: Stamp,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        around: Around<'a>,
        state: &'a mut AutoScaling,
        (ec2, elb): (&'a mut Ec2, &'a Elb),
        mut rng: Rng,
        now: Time,
    ) -> Self {
        let stamp = Stamp::draw(&around.settings.lag, &mut rng, now);
        Self { around, state, ec2, elb, rng, now, stamp }
    }

    pub(super) fn soon(&mut self, span: Span) -> Time {
        self.now + self.around.settings.lasting(&mut self.rng, span)
    }

    pub(super) fn begin(&mut self, group: &Record<Group>, what: Beginning) -> String {
        let arn = group.arn(self.around);
        self.state.begin(&mut self.rng, self.now, (&group.id, &arn), what)
    }

    fn end(&mut self, member: &Member, status: Status, message: Option<String>) {
        self.state.go_on(self.now, member.activity.as_deref(), status, message);
    }
}

/// Lets a group look at its instances.
pub(super) fn look(mut stage: Stage<'_>, name: &str) {
    let Some(mut group) = stage.state.groups.get(name).cloned() else { return };
    let mut again = Vec::new();
    if group.deleting == Some(true) {
        end_all(&mut stage, &mut group);
    }
    follow(&mut stage, &mut group, &mut again);
    check_health(&mut stage, &mut group, &mut again);
    target_group::settle(&mut group, stage.now, &mut again);
    if group.deleting.is_none() {
        grow(&mut stage, &mut group, &mut again);
        shrink(&mut stage, &mut group, &mut again);
        rebalance(&mut stage, &mut group, &mut again);
    } else if group.members.is_empty() {
        stage.state.groups.remove(stage.stamp, name);
        stage.state.looks.remove(name);
        return;
    }
    for at in again {
        stage.state.look_at(name, at);
    }
    let stamp = stage.stamp;
    stage.state.groups.change(stamp, name, |it| it.body = group.body);
}

/// Every instance goes, without its hooks.
fn end_all(stage: &mut Stage<'_>, group: &mut Record<Group>) {
    let all: Vec<_> = group.members.iter().map(|it| (it.id.clone(), it.state)).collect();
    for (id, state) in all {
        if !state.ends() {
            let cause = format!(
                "At {} a user request force deleted AutoScalingGroup changing the desired capacity \
                 to 0.",
                spoken(stage.now)
            );
            begin_to_end(stage, group, &id, cause);
        }
        let now = stage.now;
        if let Some(member) = group.member_mut(&id)
            && member.state != Lifecycle::TerminatingProceed
        {
            member.enter(Lifecycle::TerminatingProceed, now);
        }
    }
}

/// Begins to terminate an instance of the group.
pub(super) fn begin_to_end(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    id: &str,
    cause: String,
) {
    let Some(member) = group.member(id).cloned() else { return };
    // What was to become of it does not become.
    stage.end(&member, Status::Cancelled, None);
    let description = format!("Terminating EC2 instance: {id}");
    let what = Beginning { details: details(&member, group), ..Beginning::new(description, cause) };
    let activity = stage.begin(group, what);
    let now = stage.now;
    if let Some(member) = group.member_mut(id) {
        member.begin_to_end(activity, now);
    }
}

pub(super) fn details(member: &Member, group: &Group) -> String {
    let group = group.places.subnets.join(",");
    serde_json::json!({ "Subnet IDs": group, "Availability Zone": member.zone }).to_string()
}

/// Brings each instance a step on, as far as it can go.
pub(super) fn follow(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    let ids: Vec<_> = group.members.iter().map(|it| it.id.clone()).collect();
    for id in ids {
        // Each step may allow the next.
        for _ in 0..4 {
            let Some(member) = group.member(&id).cloned() else { break };
            let look = stage.ec2.look(&id);
            if !step(stage, group, &member, look.as_ref(), again) {
                break;
            }
        }
    }
}

/// Takes a step of an instance and says whether there was one.
fn step(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    member: &Member,
    look: Option<&Look>,
    again: &mut Vec<Time>,
) -> bool {
    let (id, now) = (member.id.as_str(), stage.now);
    let gone = look.is_none_or(Look::is_gone);
    let lives = look.is_some_and(|it| it.runs() || it.pends());
    match member.state {
        Lifecycle::Pending | Lifecycle::PendingWait if !lives => {
            fail(stage, group, member, look, again);
            true
        }
        Lifecycle::Pending if look.is_some_and(Look::pends) => false,
        Lifecycle::Pending => {
            arrive(stage, group, member, look, again);
            true
        }
        Lifecycle::PendingWait => match hook_action::outcome(group, member, now) {
            None => {
                again.extend(member.action.as_ref().map(|it| it.until));
                false
            }
            Some((hook, true)) => {
                pass(group, id, hook);
                enter(group, id, Lifecycle::Pending, now);
                true
            }
            Some((_, false)) => {
                let cause = format!(
                    "At {} an instance was taken out of service in response to an ABANDON of its \
                     launching lifecycle action.",
                    spoken(now)
                );
                begin_to_end(stage, group, id, cause);
                true
            }
        },
        Lifecycle::InService | Lifecycle::Standby => false,
        Lifecycle::EnteringStandby => {
            stage.end(member, Status::Successful, None);
            enter(group, id, Lifecycle::Standby, now);
            true
        }
        Lifecycle::Detaching => {
            stage.end(member, Status::Successful, None);
            leave(stage, group, id);
            true
        }
        Lifecycle::Terminating if still_drains(stage, member, again) => {
            stage.end(member, Status::WaitingForDraining, None);
            false
        }
        Lifecycle::Terminating => {
            let waits = look.is_some_and(Look::runs);
            let hook = hook_action::next(group, member, Transition::Terminating).filter(|_| waits);
            if let Some(hook) = hook {
                let action = hook_action::begin(&hook, &mut stage.rng, now);
                again.push(action.until);
                stage.end(member, Status::MidLifecycleAction, None);
                wait(group, id, (Lifecycle::TerminatingWait, now), action);
            } else {
                enter(group, id, Lifecycle::TerminatingProceed, now);
            }
            true
        }
        Lifecycle::TerminatingWait => match hook_action::outcome(group, member, now) {
            None => {
                again.extend(member.action.as_ref().map(|it| it.until));
                false
            }
            // Whatever is said it ends; ABANDON leaves out the other hooks.
            Some((hook, goes_on)) => {
                pass(group, id, hook);
                let next =
                    if goes_on { Lifecycle::Terminating } else { Lifecycle::TerminatingProceed };
                enter(group, id, next, now);
                true
            }
        },
        Lifecycle::TerminatingProceed if gone => {
            stage.end(member, Status::Successful, None);
            group.members.retain(|it| it.id != id);
            again.push(now + Duration::from_secs(1));
            true
        }
        Lifecycle::TerminatingProceed => {
            if !member.called {
                let chance = stage.rng.fork();
                stage.ec2.terminate_for_group(stage.around, chance, now, id);
                if let Some(member) = group.member_mut(id) {
                    member.called = true;
                }
            }
            false
        }
    }
}

/// Whether an instance that ends has to wait until no load balancer sends it anything any more; and when it is looked
/// at again.
///
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html>: it is deregistered first, and
/// ends when the delay of that is over.
fn still_drains(stage: &Stage<'_>, member: &Member, again: &mut Vec<Time>) -> bool {
    if stage.around.settings.disputed("group-waits-until-drained", 2) == 1 {
        return false;
    }
    let until = match stage.elb.leaves(&member.id) {
        // It is deregistered when the group has looked.
        Leaves::Registered => Some(stage.now + Duration::from_secs(1)),
        Leaves::Drains(until) => Some(until),
        Leaves::Gone => None,
    };
    let until = until.filter(|it| *it > stage.now && member.passed.is_empty());
    again.extend(until);
    until.is_some()
}

/// An instance that runs is held by a hook, or comes into service.
fn arrive(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    member: &Member,
    look: Option<&Look>,
    again: &mut Vec<Time>,
) {
    let (id, now) = (member.id.as_str(), stage.now);
    if let Some(hook) = hook_action::next(group, member, Transition::Launching) {
        let action = hook_action::begin(&hook, &mut stage.rng, now);
        again.push(action.until);
        stage.end(member, Status::MidLifecycleAction, None);
        wait(group, id, (Lifecycle::PendingWait, now), action);
    } else {
        stage.end(member, Status::Successful, None);
        join(stage, group, id, look);
        enter(group, id, Lifecycle::InService, now);
    }
}

fn enter(group: &mut Record<Group>, id: &str, state: Lifecycle, now: Time) {
    if let Some(member) = group.member_mut(id) {
        member.enter(state, now);
    }
}

fn wait(
    group: &mut Record<Group>,
    id: &str,
    (state, now): (Lifecycle, Time),
    action: super::member::Action,
) {
    if let Some(member) = group.member_mut(id) {
        member.enter(state, now);
        member.action = Some(action);
    }
}

fn pass(group: &mut Record<Group>, id: &str, hook: String) {
    if let Some(member) = group.member_mut(id) {
        member.passed.push(hook);
    }
}

/// An instance that ended before it was in service.
fn fail(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    member: &Member,
    look: Option<&Look>,
    again: &mut Vec<Time>,
) {
    let reason = look.and_then(|it| it.reason.clone()).unwrap_or_default();
    let message = format!(
        "Instance became unhealthy while waiting for instance to be in InService state. \
         Termination Reason: {reason}"
    );
    stage.end(member, Status::Cancelled, Some(message));
    troubled(stage, group, again);
    let now = stage.now;
    let cause = format!(
        "At {} an instance was taken out of service in response to an EC2 health check indicating \
         it has been terminated or stopped.",
        spoken(now)
    );
    let id = member.id.as_str();
    if let Some(member) = group.member_mut(id) {
        member.activity = None;
        member.healthy = false;
    }
    begin_to_end(stage, group, id, cause);
}

/// After a launch that failed the next one waits longer.
pub(super) fn troubled(stage: &Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    let factor = 2_u32.saturating_pow(group.trouble.failures.min(10));
    let wait = FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT);
    group.trouble.failures = group.trouble.failures.saturating_add(1);
    group.trouble.retry = Some(stage.now + wait);
    again.push(stage.now + wait);
}

/// An instance that was attached gets the name of the group.
fn join(stage: &mut Stage<'_>, group: &Record<Group>, id: &str, look: Option<&Look>) {
    if look.is_some_and(|it| it.group.as_ref() == Some(&group.id)) {
        return;
    }
    let chance = stage.rng.fork();
    let name = Tags::from([(GROUP_TAG.to_owned(), group.id.clone())]);
    stage.ec2.tag_for_group(stage.around, chance, stage.now, (id, &name, GROUP_TAG));
}

/// An instance leaves the group and goes on without it.
fn leave(stage: &mut Stage<'_>, group: &mut Record<Group>, id: &str) {
    let chance = stage.rng.fork();
    let without = (id, &Tags::new(), GROUP_TAG);
    stage.ec2.tag_for_group(stage.around, chance, stage.now, without);
    group.members.retain(|it| it.id != id);
}

/// Whether an instance in service is well; of one whose grace period has not ended, when it is looked
/// at again.
///
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-check-grace-period.html>: one that does not
/// run is unhealthy at once.
fn ails(
    stage: &Stage<'_>,
    group: &Group,
    member: &Member,
    look: Option<&Look>,
) -> Result<bool, Time> {
    let now = stage.now;
    let Some(look) = look.filter(|it| it.runs()) else { return Ok(true) };
    if look.impaired.is_none() && !is_unhealthy_to_balancer(stage, group, &member.id) {
        return Ok(false);
    }
    let graced = member.since + Duration::from_secs(u64::from(group.grace));
    if graced > now { Err(graced) } else { Ok(true) }
}

/// Whether a group that asks load balancers hears from one that an instance is unhealthy.
fn is_unhealthy_to_balancer(stage: &Stage<'_>, group: &Group, id: &str) -> bool {
    group.health_check == "ELB" && stage.elb.ails(stage.now, id) == Some(true)
}

fn check_health(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    let ids: Vec<_> = group.members.iter().map(|it| it.id.clone()).collect();
    for id in ids {
        let Some(member) = group.member(&id).cloned() else { continue };
        if member.state != Lifecycle::InService {
            continue;
        }
        let look = stage.ec2.look(&id);
        if !group.suspends("HealthCheck") && member.healthy {
            if group.health_check == "ELB" && !group.targets.is_empty() {
                let span = stage.around.settings.durations.group_notice;
                again.push(stage.soon(span));
            }
            match ails(stage, group, &member, look.as_ref()) {
                Err(later) => again.push(later),
                Ok(true) => {
                    if let Some(member) = group.member_mut(&id) {
                        member.healthy = false;
                    }
                }
                Ok(false) => {}
            }
        }
        let healthy = group.member(&id).is_some_and(|it| it.healthy);
        if healthy || group.suspends("ReplaceUnhealthy") || group.suspends("Terminate") {
            continue;
        }
        let why = match look.as_ref() {
            Some(look) if look.runs() && look.impaired.is_some() => {
                "EC2 instance status checks failure"
            }
            Some(look) if look.runs() && is_unhealthy_to_balancer(stage, group, &id) => {
                "ELB system health check failure"
            }
            Some(look) if look.runs() => "user health-check",
            Some(_) | None => "EC2 health check indicating it has been terminated or stopped",
        };
        let article = if why.starts_with('E') { "an" } else { "a" };
        let cause = format!(
            "At {} an instance was taken out of service in response to {article} {why}.",
            spoken(stage.now)
        );
        begin_to_end(stage, group, &id, cause);
    }
    // What was just told to end is brought on its way.
    follow(stage, group, again);
}
