//! How instances go on and end: started, stopped, rebooted, terminated.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>: a terminated instance is
//! shown for about an hour, without its network. What happened is told to whoever has to know: Auto Scaling.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    address::{self, Address},
    agenda::Due,
    instance::{Instance, Reason, State, wrong_state},
    network_interface::{self, NetworkInterface},
    scene::{Call, Scene},
    volume, write,
};
use crate::{Span, Time, fault::Fault, shelf::Record, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    write("TerminateInstances", terminate),
    write("StopInstances", stop),
    write("StartInstances", start),
    write("RebootInstances", reboot),
];

/// A step that happens by itself; see `Agenda`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// It runs.
    Running,
    /// It turns out that it cannot.
    Doomed,
    Stopped,
    Terminated,
    /// It is not shown any more.
    Forgotten,
}

fn plan(scene: &mut Scene<'_>, at: Time, id: &str, step: Step) {
    scene.ec2.agenda.plan(at, Due::Instance { id: id.to_owned(), step });
}

/// Tells that something has become of an instance.
pub(super) fn stir(ec2: &mut Ec2, id: &str, now: Time) {
    ec2.stirred.push((id.to_owned(), now));
}

/// Lets a step happen whose time has come.
pub(super) fn happen(scene: &mut Scene<'_>, id: &str, step: Step) {
    let Some(instance) = scene.ec2.instances.get(id).cloned() else { return };
    let now = scene.now;
    match (step, instance.state) {
        (Step::Running, State::Pending) => {
            scene.ec2.instances.note(id, |it| it.ready = it.ready.or(Some(now)), now);
            scene.change::<Instance>(id, |it| {
                it.state = State::Running;
                it.booted = Some(now);
            });
        }
        (Step::Doomed, State::Pending) => {
            if let Some(reason) = instance.doom.clone() {
                let moment = now.to_string();
                let transition = format!("Server.InternalError ({moment})");
                shut_down(scene, &instance, reason, transition, true);
            }
        }
        (Step::Stopped, State::Stopping) => {
            network_interface::lose_public_address(scene, &instance.interface);
            scene.change::<Instance>(id, |it| {
                it.state = State::Stopped;
                it.booted = None;
                it.impaired = None;
            });
        }
        (Step::Terminated, State::ShuttingDown) => end(scene, &instance),
        (Step::Forgotten, State::Terminated) => scene.remove::<Instance>(id),
        (Step::Running | Step::Doomed | Step::Stopped | Step::Terminated | Step::Forgotten, _) => {
            return;
        }
    }
    stir(scene.ec2, id, now);
}

/// Nothing is left of it but its name.
fn end(scene: &mut Scene<'_>, instance: &Record<Instance>) {
    let (id, now) = (instance.id.as_str(), scene.now);
    let eni = instance.interface.as_str();
    let holds =
        |it: &&Record<Address>| it.association.as_ref().is_some_and(|it| it.interface == eni);
    let allocation = scene.ec2.addresses.all().find(holds).map(|it| it.id.clone());
    if let Some(allocation) = allocation {
        address::unmap(scene, &allocation);
    }
    if network_interface::goes_with_instance(scene.ec2, eni) {
        scene.remove::<NetworkInterface>(eni);
    } else {
        network_interface::detach(scene, eni);
    }
    volume::release(scene, id);
    let until = scene.after(scene.settings.durations.instance_linger);
    plan(scene, until, id, Step::Forgotten);
    scene.ec2.instances.note(id, |it| it.deleted = Some(now), now);
    scene.change::<Instance>(id, |it| {
        it.state = State::Terminated;
        it.booted = None;
        it.impaired = None;
        it.interface = String::new();
        it.forgotten = Some(until);
    });
}

/// Begins to end an instance.
pub(super) fn shut_down(
    scene: &mut Scene<'_>,
    instance: &Record<Instance>,
    reason: Reason,
    transition: String,
    at_once: bool,
) {
    let span = scene.settings.durations.instance_shutdown;
    let span = if at_once { Span::seconds(1, 5) } else { span };
    let gone = scene.after(span);
    scene.change::<Instance>(&instance.id, |it| {
        it.state = State::ShuttingDown;
        it.reason = Some(reason);
        it.transition = transition;
    });
    plan(scene, gone, &instance.id, Step::Terminated);
    let now = scene.now;
    stir(scene.ec2, &instance.id, now);
}

/// Begins to stop an instance.
pub(super) fn halt(scene: &mut Scene<'_>, id: &str, reason: Reason, transition: String) {
    let span = scene.settings.durations.instance_stop;
    let down = scene.after(span);
    scene.change::<Instance>(id, |it| {
        it.state = State::Stopping;
        it.reason = Some(reason);
        it.transition = transition;
    });
    plan(scene, down, id, Step::Stopped);
    let now = scene.now;
    stir(scene.ec2, id, now);
}

/// What AWS says when somebody asked for it.
pub(super) fn by_user(now: Time, verb: &str) -> (Reason, String) {
    let reason = Reason::new(
        "Client.UserInitiatedShutdown",
        &format!("Client.UserInitiatedShutdown: User initiated {verb}"),
    );
    (reason, format!("User initiated ({})", spoken(now)))
}

/// A moment as reasons tell it.
fn spoken(now: Time) -> String {
    let text = now.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let time = time.split('.').next().unwrap_or_default();
    format!("{date} {time} GMT")
}

/// The instances that a call is about, as they are.
fn named(call: &Call<'_>) -> Result<Vec<Record<Instance>>, Fault> {
    let ids = call.params.list("InstanceId");
    if ids.is_empty() {
        return Err(Fault::missing("InstanceId"));
    }
    let mut all: Vec<Record<Instance>> = Vec::new();
    for id in ids {
        let found = call.find::<Instance>(&id)?;
        if !all.iter().any(|it| it.id == id) {
            all.push(found.clone());
        }
    }
    Ok(all)
}

fn changes(call: &Call<'_>, before: &[Record<Instance>]) -> Xml {
    let change = |it: &Record<Instance>| {
        let now = call.ec2.instances.get(&it.id).map_or(it.state, |it| it.state);
        Xml::new()
            .text("instanceId", &it.id)
            .nest("currentState", now.render())
            .nest("previousState", it.state.render())
    };
    Xml::new().list("instancesSet", before.iter().map(change))
}

/// One that cannot be terminated keeps all from it that are in the same zone, says the reference;
/// nothing is terminated then.
fn terminate(call: &mut Call<'_>) -> Answer {
    let all = named(call)?;
    if let Some(kept) = all.iter().find(|it| it.protection.termination && !it.state.ends()) {
        return Err(Fault::client(
            "OperationNotPermitted",
            format!(
                "The instance '{}' may not be terminated. Modify its 'disableApiTermination' \
                 instance attribute and try again.",
                kept.id
            ),
        ));
    }
    call.params.flag("Force")?;
    call.params.flag("SkipOsShutdown")?;
    for instance in &all {
        if !instance.state.ends() {
            let (reason, transition) = by_user(call.now, "shutdown");
            shut_down(call, instance, reason, transition, false);
        }
    }
    Ok(changes(call, &all))
}

fn stop(call: &mut Call<'_>) -> Answer {
    let all = named(call)?;
    if call.params.flag("Hibernate")?.unwrap_or_default() {
        return Err(Fault::unsupported("hibernation"));
    }
    call.params.flag("Force")?;
    call.params.flag("SkipOsShutdown")?;
    for instance in &all {
        match instance.state {
            State::Running if instance.protection.stop => {
                return Err(Fault::client(
                    "OperationNotPermitted",
                    format!(
                        "The instance '{}' may not be stopped. Modify its 'disableApiStop' \
                         instance attribute and try again.",
                        instance.id
                    ),
                ));
            }
            State::Running => {
                let (reason, transition) = by_user(call.now, "shutdown");
                halt(call, &instance.id, reason, transition);
            }
            State::Stopping | State::Stopped => {}
            State::Pending | State::ShuttingDown | State::Terminated => {
                return Err(wrong_state(&instance.id, instance.state, "stopped"));
            }
        }
    }
    Ok(changes(call, &all))
}

fn start(call: &mut Call<'_>) -> Answer {
    let all = named(call)?;
    for instance in &all {
        match instance.state {
            State::Stopped => {
                if call.settings.is_short_of(&instance.zone, &instance.kind) {
                    return Err(Fault::new(
                        500,
                        "InsufficientInstanceCapacity",
                        "Insufficient capacity.",
                    ));
                }
                let span = call.settings.durations.instance;
                let up = call.after(span);
                let span = call.settings.durations.instance_checks;
                let checked = up + call.lasting(span);
                let now = call.now;
                network_interface::regain_public_address(call, &instance.interface);
                call.change::<Instance>(&instance.id, |it| {
                    it.state = State::Pending;
                    it.reason = None;
                    it.transition = String::new();
                    it.launched = now;
                    it.checked = checked;
                });
                plan(call, up, &instance.id, Step::Running);
                stir(call.ec2, &instance.id, now);
            }
            State::Pending | State::Running => {}
            State::Stopping | State::ShuttingDown | State::Terminated => {
                return Err(wrong_state(&instance.id, instance.state, "started"));
            }
        }
    }
    Ok(changes(call, &all))
}

/// It goes on running; only what runs on it begins anew.
fn reboot(call: &mut Call<'_>) -> Answer {
    for instance in named(call)? {
        if instance.state != State::Running {
            return Err(wrong_state(&instance.id, instance.state, "rebooted"));
        }
        let now = call.now;
        call.change::<Instance>(&instance.id, |it| it.booted = Some(now));
        stir(call.ec2, &instance.id, now);
    }
    Ok(Xml::new().text("return", true))
}
