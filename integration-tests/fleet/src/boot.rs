//! `clctl-boot.service`: what makes a node, or a bastion, out of a fresh instance, as `node-boot.sh` and
//! `bastion-boot.sh` do it. Each step is said before it is begun.

use std::time::Duration;

use clctl_simulator::{Time, World};

use crate::{
    machine::{Boot, Machine, pause},
    node::Unit,
    publisher,
    told::Told,
    wire::{element, elements},
};

const OF_NODE: &[&str] = &["packages", "certificates", "image", "node", "agent", "done"];
const OF_BASTION: &[&str] = &["address", "packages", "ssh", "audit", "agent", "done"];

/// `RestartSec` of the unit.
const RESTARTS: Duration = Duration::from_secs(30);

fn steps(told: &Told) -> &'static [&'static str] {
    match told {
        Told::Node(_) => OF_NODE,
        Told::Bastion(_) => OF_BASTION,
    }
}

/// Goes on with the boot if its time has come.
pub(crate) fn go_on(machine: &mut Machine, world: &mut World, now: Time) {
    match machine.boot {
        Boot::Begins(at) if at <= now => begin(machine, world, now, 0),
        Boot::Does { step, until, attempts } if until <= now => {
            let name = steps(&machine.told).get(step).copied().unwrap_or_default();
            if can(machine, world, name) {
                done(machine, world, (now, step, name));
            } else if let Some(pause) = pause(attempts) {
                machine.boot = Boot::Does { step, until: now + pause, attempts: attempts + 1 };
            } else {
                fail(machine, world, now, step);
            }
        }
        Boot::Begins(_) | Boot::Does { .. } | Boot::Waits { .. } | Boot::Done | Boot::Off => {}
    }
}

/// The node's unit has started, or has not: whoever waited for it goes on.
pub(crate) fn unit_started(machine: &mut Machine, world: &mut World, now: Time, started: bool) {
    if let Boot::Waits { step } = machine.boot {
        if started {
            begin(machine, world, now, step + 1);
        } else {
            fail(machine, world, now, step);
        }
    }
}

fn begin(machine: &mut Machine, world: &mut World, now: Time, step: usize) {
    let name = steps(&machine.told).get(step).copied().unwrap_or("done");
    machine.note(world, &format!("boot: {name}"));
    if machine.tag(world, &[("clctl.dev/boot", name)]).is_err() {
        machine.note(world, "boot: cannot be said in a tag");
    }
    if name == "done" {
        machine.boot = Boot::Done;
        return;
    }
    let until = now + lasts(machine, name);
    machine.boot = Boot::Does { step, until, attempts: 1 };
}

fn fail(machine: &mut Machine, world: &mut World, now: Time, step: usize) {
    let name = steps(&machine.told).get(step).copied().unwrap_or_default();
    machine.note(world, &format!("boot: {name} failed (1). The last of the log:"));
    if machine.tag(world, &[("clctl.dev/boot", &format!("failed: {name}"))]).is_err() {
        machine.note(world, "boot: cannot be said in a tag");
    }
    machine.boot = Boot::Begins(now + RESTARTS);
}

/// How long a step takes; what is there already takes none.
fn lasts(machine: &mut Machine, name: &str) -> Duration {
    let has_image = match &machine.told {
        Told::Node(node) => machine.disk.images.contains(&node.settings.image),
        Told::Bastion(_) => true,
    };
    let (min, max) = match name {
        "packages" if !machine.disk.packages => (15_000, 40_000),
        "certificates" if !machine.disk.certificates => (500, 3_000),
        "image" if !has_image => (10_000, 40_000),
        "address" => (1_500, 4_000),
        "audit" | "agent" => (1_000, 4_000),
        _ => (200, 1_500),
    };
    machine.chance.millis(min, max)
}

/// Whether a step can be done now.
fn can(machine: &Machine, world: &mut World, name: &str) -> bool {
    let there = match (name, &machine.told) {
        ("packages", _) => machine.disk.packages,
        ("certificates", _) => machine.disk.certificates,
        ("image", Told::Node(node)) => machine.disk.images.contains(&node.settings.image),
        ("address", Told::Bastion(bastion)) => {
            return claim(machine, world, &bastion.addresses).is_some();
        }
        _ => return true,
    };
    there || world.leads_out(&machine.id, 443)
}

fn done(machine: &mut Machine, world: &mut World, (now, step, name): (Time, usize, &str)) {
    match (name, &machine.told) {
        ("packages", _) => machine.disk.packages = true,
        ("certificates", _) => machine.disk.certificates = true,
        ("image", Told::Node(node)) => machine.disk.images.push(node.settings.image.clone()),
        ("node", _) => {
            if machine.publisher.looks.is_none() {
                machine.publisher.looks = Some(now + Duration::from_secs(1));
            }
            if matches!(machine.told, Told::Node(_)) && machine.metrics.is_none() {
                machine.metrics = Some(publisher::next_minute(now));
            }
            machine.boot = Boot::Waits { step };
            if matches!(machine.unit, Unit::Off) {
                machine.unit = Unit::Preparing(now + machine.chance.seconds(4, 9));
                return;
            }
            // It was started before, and starts by itself as often as it has to.
            if machine.unit.has_started() {
                unit_started(machine, world, now, true);
            }
            return;
        }
        ("agent", _) => {
            machine.agent.get_or_insert(now + Duration::from_mins(1));
            machine.send_notes(world);
        }
        _ => {}
    }
    begin(machine, world, now, step + 1);
}

/// One of the addresses of the bastions that nobody else has.
fn claim(machine: &Machine, world: &mut World, addresses: &[String]) -> Option<()> {
    let names: Vec<_> = (1..=addresses.len()).map(|it| format!("AllocationId.{it}")).collect();
    let params: Vec<_> =
        names.iter().zip(addresses).map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let found = machine.caller().ec2(world, "DescribeAddresses", &params).ok()?;
    let held = |it: &str| element(it, "instanceId").is_some_and(|it| it == machine.id);
    let all: Vec<_> = elements(&found, "item").collect();
    if all.iter().any(|it| held(it)) {
        return Some(());
    }
    let free = all.iter().filter(|it| element(it, "associationId").is_none());
    free.filter_map(|it| element(it, "allocationId")).find_map(|address| {
        let params = [
            ("AllocationId", address),
            ("InstanceId", machine.id.as_str()),
            ("AllowReassociation", "false"),
        ];
        machine.caller().ec2(world, "AssociateAddress", &params).ok().map(drop)
    })
}
