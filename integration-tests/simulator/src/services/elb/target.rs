//! Targets: what is registered with a target group, and how it is.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html> and its sisters,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html>.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Elb, Operation,
    call::{Call, between, invalid, missing},
    health::{Health, View},
    target_group::TargetGroup,
};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    services::Ec2,
    shelf::Record,
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("DeregisterTargets", true, deregister),
    ("DescribeTargetHealth", false, describe),
    ("RegisterTargets", true, register),
];

/// A target: an instance and one of its ports.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) instance: String,
    pub(super) port: u32,
    /// Whether an Auto Scaling group registered it.
    by_group: bool,
    /// Until when it drains, if it goes.
    pub(super) drains: Option<Time>,
    pub(super) view: View,
}

/// How an instance leaves its target groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// It is still registered.
    Registered,
    /// It drains until then.
    Drains(Time),
    /// It is in none.
    Gone,
}

/// A target as a request names it.
struct Named {
    instance: String,
    port: Option<u32>,
}

impl Named {
    fn means(&self, target: &Target) -> bool {
        self.instance == target.instance && self.port.is_none_or(|it| it == target.port)
    }
}

fn read(given: &Reader<'_>) -> Result<Named, Fault> {
    let instance = given.text("Id").filter(|it| !it.is_empty());
    let instance = instance.ok_or_else(|| missing("Targets.Id"))?;
    if given.given("AvailabilityZone") {
        return Err(invalid(
            "You cannot specify an Availability Zone for targets of target groups with target type \
             'instance'",
        ));
    }
    if given.given("QuicServerId") {
        return Err(Fault::unsupported("QUIC of targets"));
    }
    Ok(Named { instance, port: between(given, "Port", 1, 65_535)? })
}

fn named(call: &Call<'_>) -> Result<Vec<Named>, Fault> {
    // An empty list, as SDKs write it.
    call.text("Targets");
    call.params.structs("Targets.member").iter().map(read).collect()
}

fn needed(call: &Call<'_>) -> Result<Vec<Named>, Fault> {
    let all = named(call)?;
    if all.is_empty() { Err(missing("Targets")) } else { Ok(all) }
}

/// An instance has to run when it is registered. One that drains is registered anew.
fn register(call: &mut Call<'_>) -> Answer {
    let group = call.find::<TargetGroup>(&call.need("TargetGroupArn")?)?;
    let wanted = needed(call)?;
    for Named { instance, .. } in &wanted {
        let refuse = |why: &str| {
            let text = format!("The following targets {why}: '{instance}'");
            Fault::client("InvalidTarget", text)
        };
        let spot = call.neighbours.ec2.home_of(instance);
        let (vpc, runs) = spot.ok_or_else(|| refuse("are not valid instances"))?;
        if vpc != group.vpc {
            return Err(refuse(&format!("are not in the VPC '{}' of the target group", group.vpc)));
        }
        if !runs {
            return Err(refuse("are not in a running state and cannot be registered"));
        }
    }
    let mut all = call.elb.targets.get(&group.id).cloned().unwrap_or_default();
    for it in wanted {
        let port = it.port.unwrap_or(group.port);
        put(&mut all, &it.instance, port, false);
    }
    let most = call.settings.quotas.targets_per_target_group as usize;
    if all.len() > most {
        return Err(Fault::client(
            "TooManyTargets",
            format!("The target group has the most targets it may have: {most}"),
        ));
    }
    call.elb.targets.insert(group.id, all);
    Ok(Xml::new())
}

fn put(all: &mut Vec<Target>, instance: &str, port: u32, by_group: bool) {
    let there = all.iter().position(|it| it.instance == instance && it.port == port);
    match there {
        Some(at) if all.get(at).is_some_and(|it| it.drains.is_none()) => return,
        Some(at) => drop(all.remove(at)),
        None => {}
    }
    let instance = instance.to_owned();
    all.push(Target { instance, port, by_group, drains: None, view: View::default() });
}

/// A target that is not there is no mistake.
fn deregister(call: &mut Call<'_>) -> Answer {
    let group = call.find::<TargetGroup>(&call.need("TargetGroupArn")?)?;
    let gone = needed(call)?;
    let now = call.now;
    let targets = call.elb.targets.entry(group.id.clone()).or_default();
    drain(targets, &group, now, |target| gone.iter().any(|it| it.means(target)));
    Ok(Xml::new())
}

/// Some targets drain; what serves nobody is gone at once.
fn drain(
    targets: &mut Vec<Target>,
    group: &Record<TargetGroup>,
    now: Time,
    which: impl Fn(&Target) -> bool,
) {
    let delay = Duration::from_secs(group.delay());
    targets.retain_mut(|it| {
        if it.drains.is_some() || !which(it) {
            return true;
        }
        it.drains = Some(now + delay);
        it.view.is_in_use() && delay > Duration::ZERO
    });
}

impl Elb {
    /// Takes away what has drained, and registers what Auto Scaling groups have in service: each an instance and
    /// a target group.
    pub(crate) fn follow_groups(&mut self, now: Time, wanted: &BTreeSet<(String, String)>) {
        for (arn, targets) in &mut self.targets {
            targets.retain(|it| it.drains.is_none_or(|it| it > now));
            let Some(group) = self.target_groups.get(arn) else { continue };
            drain(targets, group, now, |it| {
                it.by_group && !wanted.contains(&(it.instance.clone(), arn.clone()))
            });
        }
        for (instance, arn) in wanted {
            let Some(group) = self.target_groups.get(arn) else { continue };
            let targets = self.targets.entry(arn.clone()).or_default();
            put(targets, instance, group.port, true);
        }
    }

    /// Whether an instance that its group registered is to be waited for.
    pub(crate) fn leaves(&self, instance: &str) -> Leaves {
        let all = self.targets.values().flatten();
        let own = all.filter(|it| it.instance == instance && it.by_group && it.view.is_in_use());
        let drains: Vec<_> = own.map(|it| it.drains).collect();
        if drains.iter().any(Option::is_none) {
            return Leaves::Registered;
        }
        drains.into_iter().flatten().max().map_or(Leaves::Gone, Leaves::Drains)
    }

    /// Whether a target group finds an instance unhealthy; nothing as long as it does not know.
    pub(crate) fn ails(&self, now: Time, instance: &str) -> Option<bool> {
        let mut known = None;
        for (arn, targets) in &self.targets {
            let Some(group) = self.target_groups.get(arn) else { continue };
            for target in targets.iter().filter(|it| it.instance == instance) {
                match self.health(group, target, now) {
                    Health::Unhealthy(_) => return Some(true),
                    Health::Healthy => known = Some(false),
                    Health::Registering
                    | Health::Checking
                    | Health::Draining
                    | Health::Idle(_)
                    | Health::Elsewhere
                    | Health::Off(_) => {}
                }
            }
        }
        known
    }

    /// Looks at every target.
    pub(crate) fn notice(&mut self, settings: &Settings, ec2: &Ec2, rng: &mut Rng, now: Time) {
        if self.targets.values().all(Vec::is_empty) {
            return;
        }
        let mut all: BTreeMap<String, Vec<Target>> = std::mem::take(&mut self.targets);
        for (arn, targets) in &mut all {
            let Some(group) = self.target_groups.get(arn) else { continue };
            for target in targets {
                let probe = self.probe(settings, ec2, group, target);
                let needed = self.checks_needed(group);
                let mut ready =
                    || now + settings.lasting(rng, settings.durations.target_registration);
                target.view.see(&group.check, needed, probe, now, &mut ready);
            }
        }
        self.targets = all;
    }
}

/// Those that are named, whatever they are; all that are registered, otherwise.
fn describe(call: &mut Call<'_>) -> Answer {
    let group = call.see::<TargetGroup>(&call.need("TargetGroupArn")?)?;
    let wanted = named(call)?;
    if let Some(include) = call.list("Include").unwrap_or_default().first() {
        return Err(Fault::unsupported(format!("{include} of targets")));
    }
    let none = Vec::new();
    let all = call.elb.targets.get(&group.id).unwrap_or(&none);
    let mut shown = Vec::new();
    let row = |target: &Target| {
        let health = call.elb.health(&group, target, call.now);
        let port = group.check.port.unwrap_or(target.port);
        render(&target.instance, target.port, Some(port), &health.shown())
    };
    if wanted.is_empty() {
        shown.extend(all.iter().map(row));
    }
    for it in wanted {
        let mut found: Vec<_> = all.iter().filter(|target| it.means(target)).map(row).collect();
        if found.is_empty() {
            let port = it.port.unwrap_or(group.port);
            let gone = (
                "unused",
                Some("Target.NotRegistered"),
                Some("Target is not registered to the target group".to_owned()),
            );
            found.push(render(&it.instance, port, None, &gone));
        }
        shown.extend(found);
    }
    Ok(Xml::new().members("TargetHealthDescriptions", "member", shown))
}

fn render(
    instance: &str,
    port: u32,
    checked: Option<u32>,
    (state, reason, description): &super::health::Shown,
) -> Xml {
    let health = Xml::new()
        .text("State", state)
        .maybe("Reason", *reason)
        .maybe("Description", description.as_ref());
    Xml::new()
        .nest("Target", Xml::new().text("Id", instance).text("Port", port))
        .maybe("HealthCheckPort", checked)
        .nest("TargetHealth", health)
}
