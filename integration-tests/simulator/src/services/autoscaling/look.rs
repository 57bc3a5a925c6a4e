//! The loop of a group: what it does when it looks at its instances.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#AutoScalingBehavior.InstanceUsage>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-suspend-resume-processes.html>

use std::{collections::BTreeMap, time::Duration};

use super::{
    AutoScaling,
    activity::{Beginning, Status, spoken},
    group::Group,
    hook::Transition,
    hook_action,
    member::{Lifecycle, Member},
    target_group,
};
use crate::{
    Span, Time,
    fault::Fault,
    random::Rng,
    services::ec2::{Around, Ec2, GROUP_TAG, Launch, Look, Template},
    shelf::{Record, Stamp, Tags},
};

/// How long a group waits after the first launch that failed; twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// Where a group looks at its instances, and acts.
pub(super) struct Stage<'a> {
    around: Around<'a>,
    state: &'a mut AutoScaling,
    ec2: &'a mut Ec2,
    rng: Rng,
    now: Time,
    stamp: Stamp,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        around: Around<'a>,
        state: &'a mut AutoScaling,
        ec2: &'a mut Ec2,
        mut rng: Rng,
        now: Time,
    ) -> Self {
        let stamp = Stamp::draw(&around.settings.lag, &mut rng, now);
        Self { around, state, ec2, rng, now, stamp }
    }

    fn soon(&mut self, span: Span) -> Time {
        self.now + self.around.settings.lasting(&mut self.rng, span)
    }

    fn begin(&mut self, group: &Record<Group>, what: Beginning) -> String {
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
fn begin_to_end(stage: &mut Stage<'_>, group: &mut Record<Group>, id: &str, cause: String) {
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
fn follow(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
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
fn troubled(stage: &Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
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
fn ails(group: &Group, member: &Member, look: Option<&Look>, now: Time) -> Result<bool, Time> {
    let Some(look) = look.filter(|it| it.runs()) else { return Ok(true) };
    if look.impaired.is_none() {
        return Ok(false);
    }
    let graced = member.since + Duration::from_secs(u64::from(group.grace));
    if graced > now { Err(graced) } else { Ok(true) }
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
            match ails(group, &member, look.as_ref(), stage.now) {
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

fn counted(group: &Group) -> u32 {
    let count = group.members.iter().filter(|it| it.state.counts()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How many instances there are in each of the zones that the group launches in.
fn spread(stage: &Stage<'_>, group: &Group) -> Vec<(String, String, usize)> {
    let subnets = group.launches_in(stage.ec2).into_iter();
    let here = |subnet: String| {
        let (zone, _, _) = stage.ec2.place_of(&subnet)?;
        let count = group.members.iter().filter(|it| it.state.counts() && it.zone == zone).count();
        Some((subnet, zone, count))
    };
    subnets.filter_map(here).collect()
}

/// The subnets to launch in, those in zones with the fewest instances first.
fn order(stage: &mut Stage<'_>, group: &Group) -> Vec<String> {
    let mut all = spread(stage, group);
    // Among equals chance decides.
    let mut keyed: Vec<_> = all.drain(..).map(|it| (it.2, stage.rng.next(), it.0)).collect();
    keyed.sort();
    keyed.into_iter().map(|it| it.2).collect()
}

fn grow(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    if group.suspends("Launch") {
        return;
    }
    if let Some(retry) = group.trouble.retry.filter(|it| *it > stage.now) {
        again.push(retry);
        return;
    }
    let before = counted(group);
    while counted(group) < group.size.desired {
        let cause = format!(
            "At {} an instance was started in response to a difference between desired and actual \
             capacity, increasing the capacity from {before} to {}.",
            spoken(stage.now),
            group.size.desired
        );
        let subnets = order(stage, group);
        if !launch(stage, group, &subnets, &cause) {
            troubled(stage, group, again);
            return;
        }
    }
}

/// Launches an instance in the first of these subnets that has room; what fails is an activity that
/// failed.
fn launch(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    subnets: &[String],
    cause: &str,
) -> bool {
    let tags = launch_tags(group);
    for subnet in subnets {
        let template = Template { id: &group.template.id, version: &group.template.version };
        let order = Launch { template, subnet, tags: &tags };
        let chance = stage.rng.fork();
        match stage.ec2.launch_for_group(stage.around, chance, stage.now, order) {
            Ok((id, version)) => {
                launched(stage, group, (id.as_str(), version), cause);
                return true;
            }
            Err(fault) => {
                let elsewhere = is_about_the_place(&fault);
                let message = format!("{} Launching EC2 instance failed.", fault.message);
                let description = format!(
                    "Launching a new EC2 instance.  Status Reason: {}. Launching EC2 instance \
                     failed.",
                    fault.message.trim_end_matches('.')
                );
                let what = Beginning {
                    status: Status::Failed,
                    message: Some(message),
                    details: serde_json::json!({ "Subnet ID": subnet }).to_string(),
                    ..Beginning::new(description, cause.to_owned())
                };
                stage.begin(group, what);
                if !elsewhere {
                    return false;
                }
            }
        }
    }
    false
}

/// Whether a launch might succeed in another zone.
fn is_about_the_place(fault: &Fault) -> bool {
    matches!(
        &*fault.code,
        "InsufficientInstanceCapacity"
            | "InsufficientFreeAddressesInSubnet"
            | "InvalidSubnetID.NotFound"
    )
}

fn launch_tags(group: &Record<Group>) -> Tags {
    let kept = group.tags.iter().filter(|it| group.propagated.contains(it.0));
    let mut tags: Tags = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
    tags.insert(GROUP_TAG.to_owned(), group.id.clone());
    tags
}

fn launched(
    stage: &mut Stage<'_>,
    group: &mut Record<Group>,
    (id, version): (&str, u64),
    cause: &str,
) {
    let Some(look) = stage.ec2.look(id) else { return };
    let chosen = &group.template;
    let template = (chosen.id.clone(), chosen.name.clone(), version.to_string());
    let mut member = Member::new(id, &look, Some(template), stage.now);
    member.protected = group.protects_new;
    let what = Beginning {
        status: Status::PreInService,
        details: details(&member, group),
        ..Beginning::new(format!("Launching a new EC2 instance: {id}"), cause.to_owned())
    };
    member.activity = Some(stage.begin(group, what));
    group.members.push(member);
    group.trouble.failures = 0;
    group.trouble.retry = None;
}

/// Terminates what is more than desired, from the zones with the most.
fn shrink(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    if group.suspends("Terminate") {
        return;
    }
    let pending = group.members.iter().any(|it| it.state.pends());
    if group.trouble.rebalancing && pending {
        return;
    }
    let before = counted(group);
    let why = if group.trouble.rebalancing {
        "instances were launched to balance instances in zones with other zones"
    } else {
        "a difference between desired and actual capacity"
    };
    while counted(group) > group.size.desired {
        let Some(id) = victim(stage, group) else { break };
        let cause = format!(
            "At {} an instance was taken out of service in response to {why}, shrinking the \
             capacity from {before} to {}.",
            spoken(stage.now),
            group.size.desired
        );
        begin_to_end(stage, group, &id, cause);
    }
    if counted(group) <= group.size.desired {
        group.trouble.rebalancing = false;
    }
    follow(stage, group, again);
}

/// The instance that goes first.
///
/// From the zone with the most; then as the first policy says; the default is the oldest version of
/// the template, then whatever is next to its billing hour, which here is the oldest.
fn victim(stage: &Stage<'_>, group: &Group) -> Option<String> {
    let mut zones = BTreeMap::<&str, usize>::new();
    for member in group.members.iter().filter(|it| it.state.counts()) {
        *zones.entry(&member.zone).or_default() += 1;
    }
    // A zone that the group does not launch in any more goes before all others.
    let places = spread(stage, group);
    let weight = |member: &Member| {
        let kept = places.iter().any(|it| it.1 == member.zone);
        let count = zones.get(member.zone.as_str()).copied().unwrap_or_default();
        (!kept, count)
    };
    let can = group.members.iter().filter(|it| it.state.counts() && !it.protected);
    let can: Vec<_> = can.collect();
    let heaviest = can.iter().map(|it| weight(it)).max()?;
    let here = can.into_iter().filter(|it| weight(it) == heaviest);
    let version = |it: &Member| {
        let number = it.template.as_ref().and_then(|it| it.2.parse::<u64>().ok());
        let ours = it.template.as_ref().is_some_and(|it| it.0 == group.template.id);
        (ours, number.unwrap_or_default())
    };
    let policy = group.policies.first().map_or("Default", String::as_str);
    let chosen = match policy {
        "NewestInstance" => here.max_by_key(|it| (it.launched, it.id.clone())),
        "OldestInstance" => here.min_by_key(|it| (it.launched, it.id.clone())),
        _ => here.min_by_key(|it| (version(it), it.launched, it.id.clone())),
    };
    chosen.map(|it| it.id.clone())
}

/// Launches in a zone that has too few, before what is too many elsewhere goes.
fn rebalance(stage: &mut Stage<'_>, group: &mut Record<Group>, again: &mut Vec<Time>) {
    let processes = ["AZRebalance", "Launch", "Terminate"];
    if processes.iter().any(|it| group.suspends(it)) || group.trouble.rebalancing {
        return;
    }
    if group.trouble.retry.is_some_and(|it| it > stage.now) {
        return;
    }
    let steady = group.members.iter().all(|it| it.state == Lifecycle::InService);
    if !steady || counted(group) != group.size.desired {
        return;
    }
    let all = spread(stage, group);
    let outside = group.members.iter().any(|it| !all.iter().any(|place| place.1 == it.zone));
    let counts = || all.iter().map(|it| it.2);
    let (Some(least), Some(most)) = (counts().min(), counts().max()) else { return };
    if most < least + 2 && !outside {
        return;
    }
    let cause = format!(
        "At {} instances were launched to balance instances in zones with other zones resulting in \
         more than desired number of instances in the group.",
        spoken(stage.now)
    );
    let few: Vec<_> = all.iter().filter(|it| it.2 == least).map(|it| it.0.clone()).collect();
    if launch(stage, group, &few, &cause) {
        group.trouble.rebalancing = true;
        let span = stage.around.settings.durations.group_action;
        again.push(stage.soon(span));
    } else {
        troubled(stage, group, again);
    }
}
