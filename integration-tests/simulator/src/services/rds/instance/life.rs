//! What happens to an instance by itself, step by step.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Applied, Instance, Status, by_resource, change::Change, plan};
use crate::{
    services::{
        Around, Site,
        rds::{
            Hands, agenda::Due, call::Call, class, cluster, parameter_group, scene::Scene,
            snapshot, windows,
        },
    },
    shelf::Record,
};

/// A step that happens by itself; see `Agenda`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::services::rds) enum Step {
    /// It gets its addresses.
    Placed,
    /// It is made.
    Made,
    /// A backup is done.
    BackedUp,
    /// The time of a daily backup of this window has come.
    Backup(String),
    /// The beginning of this maintenance window has come.
    Window(String),
    /// Security groups are in force.
    Grouped,
    /// Dynamic parameters are in force; whether static ones wait.
    Applied(bool),
    /// What is asked for begins to be made.
    Begin,
    /// It is made.
    Done,
    /// Storage is as it should be.
    Optimized,
    /// A restart is over; whether the standby took over.
    Rebooted(bool),
    Stopped,
    Started,
    /// It has been stopped for seven days.
    Overslept,
    /// The key is looked at.
    KeyChecked,
    Gone,
}

/// How long after a change of storage there is none.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html>
pub(super) const STORAGE_RESTS: Duration = Duration::from_hours(6);

/// How long it is until what could not begin is tried again.
const LOOKS_AGAIN: Duration = Duration::from_mins(5);

/// How often RDS looks whether the key of a database can be used.
const KEY_CHECKS: Duration = Duration::from_mins(5);

fn set(scene: &mut Scene<'_>, id: &str, change: impl FnOnce(&mut Record<Instance>)) {
    let stamp = scene.stamp;
    scene.rds.instances.change(stamp, id, change);
}

fn status(scene: &mut Scene<'_>, id: &str, status: Status) {
    set(scene, id, |it| it.status = status);
}

/// Lets a step happen whose time has come.
pub(in crate::services::rds) fn happen(
    scene: &mut Scene<'_>,
    hands: &mut Hands<'_>,
    resource: &str,
    step: Step,
) {
    let Some(instance) = by_resource(scene, resource).cloned() else { return };
    let id = instance.id.clone();
    match (step, instance.status) {
        (Step::Placed, Status::Creating) => {
            if !place(scene, hands, &instance) {
                status(scene, &id, Status::IncompatibleNetwork);
                let text = "The DB instance is in an incompatible network. The subnets of its \
                            group lack addresses, or its subnets or security groups are gone.";
                scene.tell_of_instance(&id, &["failure"], text);
            }
        }
        (Step::Made, Status::Creating) => made(scene, hands, &instance),
        (Step::BackedUp, Status::BackingUp) => {
            status(scene, &id, Status::Available);
            scene.tell_of_instance(&id, &["backup"], "Finished DB Instance backup");
            ready(scene, &id);
        }
        (Step::Backup(window), now) if window == instance.backup_window => {
            plan_backup(scene, &instance);
            if now == Status::Available && instance.backs_up() {
                back_up(scene, &instance);
            }
        }
        (Step::Window(window), _) if window == instance.maintenance_window => {
            plan_window(scene, &instance);
            bring_minor(scene, &instance);
            let pending = scene.rds.instances.get(&id).is_some_and(|it| !it.pending.is_empty());
            if instance.status.is_up() && pending {
                set(scene, &id, |it| it.pending.iter_mut().for_each(|it| it.soon = true));
                begin_changes(scene, &id);
            }
        }
        (Step::Grouped, _) => grouped(scene, hands, &instance),
        (Step::Applied(waits), _) if instance.applied == Applied::Applying => {
            let applied = if waits { Applied::PendingReboot } else { Applied::InSync };
            set(scene, &id, |it| it.applied = applied);
        }
        (Step::Begin, now) if now.is_up() || now == Status::StorageFull => {
            begin_changes(scene, &id);
        }
        (Step::Begin, _) if instance.pending.iter().any(|it| it.soon) => {
            let later = scene.now + LOOKS_AGAIN;
            plan(scene, later, resource, Step::Begin);
        }
        (
            Step::Done,
            Status::Modifying
            | Status::Upgrading
            | Status::Renaming
            | Status::ResettingCredentials
            | Status::ConfiguringIam
            | Status::ConfiguringLogs,
        ) => done(scene, hands, &instance),
        (Step::Optimized, Status::StorageOptimization) => {
            status(scene, &id, Status::Available);
            let text = "Finished applying modification to allocated storage";
            scene.tell_of_instance(&id, &["configuration change"], text);
        }
        (Step::Rebooted(failover), Status::Rebooting) => restarted(scene, &instance, failover),
        (Step::Stopped, Status::Stopping) => {
            let week = scene.now + Duration::from_hours(7 * 24);
            set(scene, &id, |it| {
                it.status = Status::Stopped;
                it.restart = Some(week);
            });
            scene.tell_of_instance(&id, &["notification"], "DB instance stopped");
            plan(scene, week, resource, Step::Overslept);
        }
        (Step::Overslept, Status::Stopped) if instance.restart == Some(scene.now) => {
            let text = "DB instance is being started due to it exceeding the maximum allowed time \
                        being stopped.";
            scene.tell_of_instance(&id, &["notification"], text);
            start(scene, &id);
        }
        (Step::Started, Status::Starting) => restarted(scene, &instance, false),
        (Step::KeyChecked, now) => check_key(scene, hands, &instance, now),
        (Step::Gone, Status::Deleting) => gone(scene, &instance),
        (_, _) => {}
    }
}

fn ready(scene: &mut Scene<'_>, id: &str) {
    let now = scene.now;
    scene.rds.instances.note(
        id,
        |it| {
            it.ready.get_or_insert(now);
        },
        now,
    );
}

/// The storage of an instance is full: it grows if it may, and otherwise the database stops until
/// somebody gives it more.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html>: by 10 GiB or
/// by a tenth, whichever is more, six hours after the last change at the earliest.
pub(in crate::services::rds) fn fill(scene: &mut Scene<'_>, id: &str) -> bool {
    let Some(instance) = scene.rds.instances.get(id).cloned() else { return false };
    if !instance.status.is_up() || instance.cluster.is_some() {
        return false;
    }
    let rested = instance.storage_changed.is_none_or(|it| scene.now.since(it) >= STORAGE_RESTS);
    let (now, gib) = (scene.now, instance.storage.gib);
    if let Some(most) = instance.storage.most.filter(|most| rested && *most > gib) {
        let more = gib.saturating_add(gib.div_ceil(10).max(10)).min(most);
        set(scene, id, |it| {
            it.status = Status::StorageOptimization;
            it.storage.gib = more;
            it.storage_changed = Some(now);
        });
        let text = format!("Storage autoscaling: allocated storage is {more} GiB now");
        scene.tell_of_instance(id, &["configuration change"], &text);
        let at = scene.after(scene.settings.durations.db_storage_optimization);
        plan(scene, at, &instance.resource, Step::Optimized);
    } else {
        status(scene, id, Status::StorageFull);
        let text = "Allocated storage has been exhausted.";
        scene.tell_of_instance(id, &["low storage"], text);
    }
    true
}

/// Gives an instance its addresses: one, and one for the standby.
fn place(scene: &mut Scene<'_>, hands: &mut Hands<'_>, instance: &Record<Instance>) -> bool {
    let zones = [Some(&instance.zone), instance.standby.as_ref()];
    let zones: Vec<_> = zones.into_iter().flatten().cloned().collect();
    zones.iter().all(|zone| place_in(scene, hands, &instance.id, zone))
}

fn place_in(scene: &mut Scene<'_>, hands: &mut Hands<'_>, id: &str, zone: &str) -> bool {
    let Some(instance) = scene.rds.instances.get(id).cloned() else { return false };
    let group = scene.rds.subnet_groups.get(&instance.subnet_group).cloned();
    let subnets = group.map(|it| it.body.subnets).unwrap_or_default();
    for (subnet, _) in subnets.iter().filter(|it| it.1 == zone) {
        let place = (hands.around, scene.rng.fork(), scene.now);
        let public = instance.has(super::Switch::Public);
        let made = hands.ec2.lend(place, subnet, &instance.group_ids(), public);
        if let Some(interface) = made {
            set(scene, id, |it| it.interfaces.push((interface, subnet.clone())));
            return true;
        }
    }
    false
}

/// The instance is there: it works, or it never will.
fn made(scene: &mut Scene<'_>, hands: &mut Hands<'_>, instance: &Record<Instance>) {
    let id = &instance.id;
    let failing = scene.settings.weather.failing_databases;
    if failing > 0 && scene.rng.happens(failing) {
        let ways = [
            (Status::InsufficientCapacity, "Insufficient capacity for the DB instance class."),
            (Status::Failed, "The DB instance has failed and RDS can't recover it."),
        ];
        if let Some((broken, text)) = scene.rng.pick(&ways) {
            status(scene, id, *broken);
            scene.tell_of_instance(id, &["failure"], text);
        }
        return;
    }
    let now = scene.now;
    set(scene, id, |it| it.created = Some(now));
    send_logs(scene, hands, instance);
    scene.tell_of_instance(id, &["creation"], "DB instance created");
    plan_backup(scene, instance);
    plan_window(scene, instance);
    if instance.key.is_some() {
        plan(scene, now + KEY_CHECKS, &instance.resource, Step::KeyChecked);
    }
    if !fits(scene, instance) {
        return unfit(scene, id);
    }
    if let Some(cluster) = &instance.cluster {
        cluster::joined(scene, cluster, &instance.resource);
    }
    if instance.backs_up() {
        back_up(scene, instance);
    } else {
        status(scene, id, Status::Available);
        ready(scene, id);
    }
}

/// Whether the parameters of the group let the database start: its shared memory has to fit.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Troubleshooting.html#CHAP_Troubleshooting.ParameterGroup>
fn fits(scene: &Scene<'_>, instance: &Instance) -> bool {
    let buffers = parameter_group::value(scene.rds, &instance.parameter_group, "shared_buffers");
    let pages = buffers.and_then(|it| it.parse::<u64>().ok());
    let memory = class::bytes(&instance.class);
    pages.zip(memory).is_none_or(|(pages, memory)| pages.saturating_mul(8 << 10) < memory)
}

fn unfit(scene: &mut Scene<'_>, id: &str) {
    status(scene, id, Status::IncompatibleParameters);
    let text = "The DB instance is in the incompatible-parameters state: the parameters of its \
                group ask for more memory than its class has.";
    scene.tell_of_instance(id, &["failure"], text);
}

/// RDS makes the log groups that are not there, bare of retention and key.
fn send_logs(scene: &mut Scene<'_>, hands: &mut Hands<'_>, instance: &Record<Instance>) {
    for log in &instance.logs {
        let group = format!("/aws/rds/instance/{}/{log}", instance.id);
        hands.logs.ensure_group(scene.stamp, &group);
    }
}

fn plan_backup(scene: &mut Scene<'_>, instance: &Instance) {
    let window = instance.backup_window.clone();
    let at = windows::next_backup(&window, scene.now, &mut scene.rng);
    plan(scene, at, &instance.resource, Step::Backup(window));
}

pub(super) fn plan_window(scene: &mut Scene<'_>, instance: &Instance) {
    let window = instance.maintenance_window.clone();
    let at = windows::next_maintenance(&window, scene.now);
    plan(scene, at, &instance.resource, Step::Window(window));
}

pub(super) fn replan_backup(scene: &mut Scene<'_>, instance: &Instance) {
    plan_backup(scene, instance);
}

/// RDS brings what is upgraded by itself to the version that is the default by now.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.Minor.html>
fn bring_minor(scene: &mut Scene<'_>, instance: &Record<Instance>) {
    let due = instance.minor_upgrade(scene.now);
    let by_itself = instance.cluster.is_none() && instance.has(super::Switch::AutoMinor);
    // What somebody asked for counts.
    let asked = instance.pending.iter().any(|it| matches!(it.change, Change::Version(..)));
    if let Some(version) = due.filter(|_| by_itself && !asked) {
        let group = instance.parameter_group.clone();
        set(scene, &instance.id, |it| {
            let id = it.id.clone();
            it.body.want(&id, Change::Version(version, group), true);
        });
    }
}

/// Takes an automated snapshot; the old ones go.
fn back_up(scene: &mut Scene<'_>, instance: &Record<Instance>) {
    snapshot::automated(scene, instance);
    status(scene, &instance.id, Status::BackingUp);
    scene.tell_of_instance(&instance.id, &["backup"], "Backing up DB instance");
    let done = scene.after(scene.settings.durations.db_backup);
    plan(scene, done, &instance.resource, Step::BackedUp);
}

fn grouped(scene: &mut Scene<'_>, hands: &mut Hands<'_>, instance: &Record<Instance>) {
    let groups = instance.group_ids();
    for (interface, _) in &instance.interfaces {
        let place = (hands.around, scene.rng.fork(), scene.now);
        hands.ec2.regroup(place, interface, &groups);
    }
    set(scene, &instance.id, |it| it.groups.iter_mut().for_each(|it| it.1 = true));
}

/// Begins to make the changes that do not wait any more.
fn begin_changes(scene: &mut Scene<'_>, id: &str) {
    let Some(instance) = scene.rds.instances.get(id).cloned() else { return };
    let mut soon = instance.pending.iter().filter(|it| it.soon);
    // What takes longest gives the status its name.
    let now = soon.clone().map(|it| it.change.status()).find(|it| *it == Status::Upgrading);
    let now = now
        .or_else(|| soon.clone().map(|it| it.change.status()).find(|it| *it == Status::Modifying));
    let Some(now) = now.or_else(|| soon.next().map(|it| it.change.status())) else { return };
    status(scene, id, now);
    let durations = &scene.settings.durations;
    let long = matches!(now, Status::Modifying | Status::Upgrading);
    let span = if long { durations.db_modification } else { durations.db_reboot };
    let done = scene.after(span);
    plan(scene, done, &instance.resource, Step::Done);
}

/// Makes the changes that were begun.
fn done(scene: &mut Scene<'_>, hands: &mut Hands<'_>, instance: &Record<Instance>) {
    let (mut id, now) = (instance.id.clone(), scene.now);
    let (soon, rest): (Vec<_>, Vec<_>) = instance.pending.iter().cloned().partition(|it| it.soon);
    let restarts = soon.iter().any(|it| it.change.restarts());
    let stores = soon.iter().any(|it| matches!(it.change, Change::Storage(_)));
    let fails_over = restarts && instance.standby.is_some();
    let name = soon
        .iter()
        .find_map(|it| if let Change::Name(name) = &it.change { Some(name.clone()) } else { None });
    set(scene, &id, |it| {
        it.pending = rest;
        for one in soon {
            one.change.make(it, now);
        }
        if restarts && it.applied != Applied::Applying {
            it.applied = Applied::InSync;
        }
        if fails_over && let Some(standby) = it.standby.clone() {
            it.standby = Some(std::mem::replace(&mut it.zone, standby));
        }
    });
    if let Some(name) = name {
        rename(scene, &id, &name);
        id = name;
    }
    let Some(changed) = scene.rds.instances.get(&id).cloned() else { return };
    follow_standby(scene, hands, &changed);
    send_logs(scene, hands, &changed);
    scene.tell_of_instance(
        &id,
        &["configuration change"],
        "Finished applying modification to DB instance",
    );
    if restarts && !fits(scene, &changed) {
        return unfit(scene, &id);
    }
    if stores {
        status(scene, &id, Status::StorageOptimization);
        let at = scene.after(scene.settings.durations.db_storage_optimization);
        plan(scene, at, &changed.resource, Step::Optimized);
    } else if changed.backs_up() && instance.retention == 0 {
        back_up(scene, &changed);
    } else {
        status(scene, &id, Status::Available);
    }
    if changed.pending.iter().any(|it| it.soon) {
        plan(scene, now, &changed.resource, Step::Begin);
    }
}

/// Gives a new standby its address, and takes that of a former one away.
fn follow_standby(scene: &mut Scene<'_>, hands: &mut Hands<'_>, instance: &Record<Instance>) {
    match &instance.standby {
        Some(zone) if instance.interfaces.len() < 2 => {
            place_in(scene, hands, &instance.id, &zone.clone());
        }
        None if instance.interfaces.len() > 1 => {
            let group = scene.rds.subnet_groups.get(&instance.subnet_group);
            let subnets = group.map(|it| it.subnets.clone()).unwrap_or_default();
            let here = |it: &(String, String)| {
                subnets.iter().any(|one| one.0 == it.1 && one.1 == instance.zone)
            };
            let (kept, left): (Vec<_>, Vec<_>) =
                instance.interfaces.iter().cloned().partition(here);
            set(scene, &instance.id, |it| it.interfaces = kept);
            let left = left.into_iter().map(|it| it.0).collect();
            let at = scene.now;
            scene.plan(at, Due::Interfaces(left));
        }
        Some(_) | None => {}
    }
}

fn rename(scene: &mut Scene<'_>, id: &str, name: &str) {
    let stamp = scene.stamp;
    if let Some(mut record) = scene.rds.instances.get(id).cloned() {
        scene.rds.instances.remove(stamp, id);
        name.clone_into(&mut record.id);
        let ready = record.created;
        scene.rds.instances.add(stamp, ready, record);
    }
}

/// The standby takes over from an instance whose zone is lost.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html>
pub(in crate::services::rds) fn fail_over(scene: &mut Scene<'_>, id: &str) {
    let Some(instance) = scene.rds.instances.get(id).cloned() else { return };
    if instance.standby.is_none() || !serves(instance.status) {
        return;
    }
    status(scene, id, Status::Rebooting);
    scene.tell_of_instance(id, &["failover"], "Multi-AZ instance failover started.");
    let at = scene.after(scene.settings.durations.db_reboot);
    plan(scene, at, &instance.resource, Step::Rebooted(true));
}

/// Whether clients are served in a state.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
pub(in crate::services::rds) fn serves(status: Status) -> bool {
    match status {
        Status::Available
        | Status::BackingUp
        | Status::ConfiguringIam
        | Status::ConfiguringLogs
        | Status::Modifying
        | Status::ResettingCredentials
        | Status::StorageOptimization => true,
        Status::Creating
        | Status::Deleting
        | Status::Failed
        | Status::InaccessibleKey
        | Status::IncompatibleNetwork
        | Status::IncompatibleParameters
        | Status::InsufficientCapacity
        | Status::Rebooting
        | Status::Renaming
        | Status::Starting
        | Status::Stopped
        | Status::Stopping
        | Status::StorageFull
        | Status::Upgrading => false,
    }
}

/// A restart is over: what waited for it is in force.
fn restarted(scene: &mut Scene<'_>, instance: &Record<Instance>, failover: bool) {
    let id = &instance.id;
    set(scene, id, |it| {
        it.status = Status::Available;
        it.applied = Applied::InSync;
        it.of_cluster = Applied::InSync;
        it.restart = None;
        if failover && let Some(standby) = it.standby.clone() {
            it.standby = Some(std::mem::replace(&mut it.zone, standby));
        }
    });
    if failover {
        let text = "Multi-AZ instance failover completed";
        scene.tell_of_instance(id, &["failover"], text);
    }
    scene.tell_of_instance(id, &["availability"], "DB instance restarted");
    if !fits(scene, instance) {
        unfit(scene, id);
    }
}

/// Starts an instance that is stopped.
pub(super) fn start(scene: &mut Scene<'_>, id: &str) {
    status(scene, id, Status::Starting);
    let Some(resource) = scene.rds.instances.get(id).map(|it| it.resource.clone()) else { return };
    let at = scene.after(scene.settings.durations.db_start);
    plan(scene, at, &resource, Step::Started);
}

/// A database whose key is gone or disabled stops; it can be started when the key is back.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html>
fn check_key(scene: &mut Scene<'_>, hands: &Hands<'_>, instance: &Record<Instance>, now: Status) {
    let Some(key) = &instance.key else { return };
    let Around { settings, region, iam, kms } = hands.around;
    let site = Site { settings, iam, region, now: scene.now };
    let at = scene.now + KEY_CHECKS;
    plan(scene, at, &instance.resource, Step::KeyChecked);
    if now.is_up() && !kms.is_enabled(site, key) {
        if let Some(cluster) = &instance.cluster {
            return cluster::lost_its_key(scene, cluster);
        }
        status(scene, &instance.id, Status::InaccessibleKey);
        let text = "The KMS key of the DB instance can't be accessed.";
        scene.tell_of_instance(&instance.id, &["failure"], text);
    }
}

/// The instance is gone; its interfaces follow.
fn gone(scene: &mut Scene<'_>, instance: &Record<Instance>) {
    let stamp = scene.stamp;
    scene.tell_of_instance(&instance.id, &["deletion"], "DB instance deleted");
    scene.rds.instances.remove(stamp, &instance.id);
    scene.rds.agenda.clear(&instance.resource);
    let interfaces = instance.interfaces.iter().map(|it| it.0.clone()).collect();
    let at = scene.after(scene.settings.durations.db_interface_linger);
    scene.plan(at, Due::Interfaces(interfaces));
}

/// Brings a change of a parameter group to the instances that use it.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html>: dynamic
/// parameters apply at once, static ones wait for a restart, which RDS does not do by itself.
pub(in crate::services::rds) fn parameters_changed(call: &mut Call<'_>, group: &str, waits: bool) {
    let all = call.rds.instances.all().filter(|it| it.parameter_group == group);
    let all: Vec<_> = all.map(|it| (it.id.clone(), it.resource.clone(), it.applied)).collect();
    for (id, resource, before) in all {
        let waits = waits || before == Applied::PendingReboot;
        set(&mut call.scene, &id, |it| it.applied = Applied::Applying);
        let at = call.scene.after(call.scene.settings.durations.db_parameters);
        plan(call, at, &resource, Step::Applied(waits));
    }
}
