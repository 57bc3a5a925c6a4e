//! What happens to a cluster by itself, step by step.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Cluster, Status, answered, by_resource, change::Change, members, named, plan, power,
    set, staying, tell, wrong_state,
};
use crate::{
    fault::Fault,
    services::rds::{Hands, call::Call, cluster_snapshot, instance, scene::Scene, windows},
    shelf::Record,
};

/// A step that happens by itself; see `Agenda`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::services::rds) enum Step {
    /// It is made.
    Made,
    /// The time of a daily backup of this window has come.
    Backup(String),
    BackedUp,
    /// The beginning of this maintenance window has come.
    Window(String),
    /// Security groups are in force.
    Grouped,
    /// What is asked for begins to be made.
    Begin,
    Done,
    /// The instance with this id that stays writes from now on.
    FailedOver(String),
    Stopped,
    /// It has been stopped for as long as it may.
    Overslept,
    Started,
    Gone,
}

/// How often it is looked whether the instances of a cluster are gone that is to go.
const WAITS: Duration = Duration::from_secs(30);

/// Lets a step happen whose time has come.
pub(in crate::services::rds) fn happen(
    scene: &mut Scene<'_>,
    hands: &mut Hands<'_>,
    resource: &str,
    step: Step,
) {
    let Some(cluster) = by_resource(scene, resource).cloned() else { return };
    let id = cluster.id.clone();
    match (step, cluster.status) {
        (Step::Made, Status::Creating) => {
            set(scene, &id, |it| it.status = Status::Available);
            tell(scene, &id, &["creation"], "DB cluster created");
            send_logs(scene, hands, &cluster);
            cluster_snapshot::automated(scene, &cluster);
            plan_backup(scene, &cluster);
            plan_window(scene, &cluster);
        }
        (Step::Backup(window), now) if window == cluster.backup_window => {
            plan_backup(scene, &cluster);
            if now == Status::Available {
                cluster_snapshot::automated(scene, &cluster);
                back_up(scene, &cluster);
            }
        }
        (Step::BackedUp, Status::BackingUp) => {
            set(scene, &id, |it| it.status = Status::Available);
        }
        (Step::Window(window), now) if window == cluster.maintenance_window => {
            plan_window(scene, &cluster);
            if now == Status::Available && !cluster.pending.is_empty() {
                set(scene, &id, |it| it.pending.iter_mut().for_each(|it| it.soon = true));
                begin(scene, &id);
            }
        }
        (Step::Grouped, _) => {
            set(scene, &id, |it| it.groups.iter_mut().for_each(|it| it.1 = true));
            follow(scene, hands, &id, None);
        }
        (Step::Begin, Status::Available) => begin(scene, &id),
        (Step::Begin, _) if cluster.pending.iter().any(|it| it.soon) => {
            let later = scene.after(scene.settings.durations.db_modification_start);
            plan(scene, later, resource, Step::Begin);
        }
        (
            Step::Done,
            Status::Modifying
            | Status::Upgrading
            | Status::Renaming
            | Status::ResettingCredentials
            | Status::ConfiguringIam,
        ) => done(scene, hands, &cluster),
        (Step::FailedOver(writer), Status::FailingOver) => {
            set(scene, &id, |it| {
                it.status = Status::Available;
                it.writer = Some(writer);
            });
            tell(scene, &id, &["failover"], "Completed failover of the DB cluster");
        }
        (Step::Stopped, Status::Stopping) => power::stopped(scene, &id, resource),
        (Step::Overslept, Status::Stopped) if cluster.restart == Some(scene.now) => {
            power::overslept(scene, &id, resource);
        }
        (Step::Started, Status::Starting) => power::started(scene, &id),
        (Step::Gone, Status::Deleting) => {
            if members(scene.rds, &id).next().is_some() {
                let at = scene.now + WAITS;
                return plan(scene, at, resource, Step::Gone);
            }
            let stamp = scene.stamp;
            tell(scene, &id, &["deletion"], "DB cluster deleted");
            scene.rds.clusters.remove(stamp, &id);
            scene.rds.agenda.clear(resource);
        }
        (_, _) => {}
    }
}

/// RDS makes the log groups that are not there, bare of retention and key.
fn send_logs(scene: &mut Scene<'_>, hands: &mut Hands<'_>, cluster: &Record<Cluster>) {
    for log in &cluster.logs {
        let group = format!("/aws/rds/cluster/{}/{log}", cluster.id);
        hands.logs.ensure_group(scene.stamp, &group);
    }
}

pub(super) fn plan_backup(scene: &mut Scene<'_>, cluster: &Cluster) {
    let window = cluster.backup_window.clone();
    let at = windows::next_backup(&window, scene.now, &mut scene.rng);
    plan(scene, at, &cluster.resource, Step::Backup(window));
}

pub(super) fn plan_window(scene: &mut Scene<'_>, cluster: &Cluster) {
    let window = cluster.maintenance_window.clone();
    let at = windows::next_maintenance(&window, scene.now);
    plan(scene, at, &cluster.resource, Step::Window(window));
}

/// A cluster is backed up for a while.
pub(in crate::services::rds) fn back_up(scene: &mut Scene<'_>, cluster: &Record<Cluster>) {
    set(scene, &cluster.id, |it| it.status = Status::BackingUp);
    let done = scene.after(scene.settings.durations.db_backup);
    plan(scene, done, &cluster.resource, Step::BackedUp);
}

/// Begins to make the changes that do not wait any more.
fn begin(scene: &mut Scene<'_>, id: &str) {
    let Some(cluster) = scene.rds.clusters.get(id).cloned() else { return };
    let soon: Vec<_> =
        cluster.pending.iter().filter(|it| it.soon).map(|it| it.change.status()).collect();
    // What takes longest gives the status its name.
    let upgrade = soon.iter().find(|it| **it == Status::Upgrading);
    let Some(now) = upgrade.or(soon.first()).copied() else { return };
    set(scene, id, |it| it.status = now);
    let durations = &scene.settings.durations;
    let long = now == Status::Upgrading;
    let span = if long { durations.db_modification } else { durations.db_reboot };
    let done = scene.after(span);
    plan(scene, done, &cluster.resource, Step::Done);
}

/// Makes the changes that were begun.
fn done(scene: &mut Scene<'_>, hands: &mut Hands<'_>, cluster: &Record<Cluster>) {
    let (mut id, now) = (cluster.id.clone(), scene.now);
    let (soon, rest): (Vec<_>, Vec<_>) = cluster.pending.iter().cloned().partition(|it| it.soon);
    let name = soon.iter().find_map(|it| match &it.change {
        Change::Name(name) => Some(name.clone()),
        Change::Version(..)
        | Change::Password(_)
        | Change::Port(_)
        | Change::Retention(_)
        | Change::Storage(_)
        | Change::IamAuth(_)
        | Change::Logs(_) => None,
    });
    let of_instances = soon.iter().find_map(|it| {
        let Change::Version(_, _, group) = &it.change else { return None };
        group.clone()
    });
    set(scene, &id, |it| {
        it.pending = rest;
        for one in soon {
            one.change.make(it, now);
        }
        it.status = Status::Available;
    });
    if let Some(name) = name {
        rename(scene, &id, &name);
        id = name;
    }
    tell(scene, &id, &["configuration change"], "Finished applying modification to DB cluster");
    follow(scene, hands, &id, of_instances.as_deref());
    let Some(changed) = scene.rds.clusters.get(&id).cloned() else { return };
    send_logs(scene, hands, &changed);
}

fn rename(scene: &mut Scene<'_>, id: &str, name: &str) {
    let stamp = scene.stamp;
    let Some(mut record) = scene.rds.clusters.get(id).cloned() else { return };
    let of: Vec<_> = members(scene.rds, id).map(|it| it.id.clone()).collect();
    scene.rds.clusters.remove(stamp, id);
    name.clone_into(&mut record.id);
    let ready = record.created;
    scene.rds.clusters.add(stamp, Some(ready), record);
    for member in of {
        scene.rds.instances.change(stamp, &member, |it| it.cluster = Some(name.to_owned()));
    }
}

/// Brings what the cluster says to its instances; after an upgrade to another major version they have this group.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html>
fn follow(scene: &mut Scene<'_>, hands: &mut Hands<'_>, id: &str, group: Option<&str>) {
    let Some(cluster) = scene.rds.clusters.get(id).cloned() else { return };
    let of: Vec<_> = members(scene.rds, id).map(|it| it.id.clone()).collect();
    for member in of {
        instance::follow_cluster(scene, hands, &member, &cluster, group);
    }
}

/// An instance of a cluster is there: the first one writes.
pub(in crate::services::rds) fn joined(scene: &mut Scene<'_>, cluster: &str, resource: &str) {
    set(scene, cluster, |it| {
        it.writer.get_or_insert_with(|| resource.to_owned());
    });
}

/// The one of a cluster's instances that is to write: of the lowest tier, then by name.
fn next_writer(scene: &Scene<'_>, cluster: &str, not: &str) -> Option<String> {
    let all = staying(scene.rds, cluster);
    let ready = all.filter(|it| it.resource != not && it.created.is_some());
    let first = ready.min_by_key(|it| (it.tier, it.id.clone()));
    first.map(|it| it.resource.clone())
}

/// An instance of a cluster is about to go: if it writes another one does from now on.
pub(in crate::services::rds) fn follow_writer(
    scene: &mut Scene<'_>,
    cluster: &str,
    resource: &str,
) {
    let writer = scene.rds.clusters.get(cluster).and_then(|it| it.writer.clone());
    if writer.as_deref() != Some(resource) {
        return;
    }
    let next = next_writer(scene, cluster, resource);
    let moves = next.is_some();
    set(scene, cluster, |it| it.writer = next);
    if moves {
        tell(scene, cluster, &["failover"], "Completed failover of the DB cluster");
    }
}

/// Another instance writes if the zone of the one that did is lost.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html>
pub(in crate::services::rds) fn lose_writer(scene: &mut Scene<'_>, id: &str) {
    let Some(cluster) = scene.rds.clusters.get(id).cloned() else { return };
    let writer = cluster.writer.clone().unwrap_or_default();
    let Some(next) = next_writer(scene, id, &writer) else { return };
    if cluster.status != Status::Available {
        return;
    }
    set(scene, id, |it| it.status = Status::FailingOver);
    tell(scene, id, &["failover"], "Started failover of the DB cluster");
    let at = scene.after(scene.settings.durations.db_reboot);
    plan(scene, at, &cluster.resource, Step::FailedOver(next));
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverDBCluster.html>
pub(super) fn failover(call: &mut Call<'_>) -> Answer {
    let cluster = named(call)?;
    let target = call.text("TargetDBInstanceIdentifier").map(|it| it.to_ascii_lowercase());
    if cluster.status != Status::Available {
        return Err(wrong_state(format!(
            "DB Cluster {} is not in available state: it is {}",
            cluster.id,
            cluster.status.name()
        )));
    }
    let writer = cluster.writer.clone().unwrap_or_default();
    let next = match &target {
        None => next_writer(call, &cluster.id, &writer),
        Some(name) => {
            let member = members(call.rds, &cluster.id).find(|it| it.id == *name);
            let member = member.ok_or_else(|| {
                let text = format!("DBInstance {name} not found in the cluster.");
                Fault::new(404, "DBInstanceNotFound", text)
            })?;
            let good = member.resource != writer && member.status.is_up();
            good.then(|| member.resource.clone())
        }
    };
    let Some(next) = next else {
        return Err(wrong_state(format!(
            "Failover cannot be done for cluster {}: it has no other instance that could write.",
            cluster.id
        )));
    };
    set(call, &cluster.id, |it| it.status = Status::FailingOver);
    tell(call, &cluster.id, &["failover"], "Started failover of the DB cluster");
    let at = call.scene.after(call.scene.settings.durations.db_reboot);
    plan(call, at, &cluster.resource, Step::FailedOver(next));
    answered(call, &cluster.id)
}

/// Brings a change of a cluster parameter group to the instances of the clusters that use it: what is
/// static waits for their restart.
pub(in crate::services::rds) fn parameters_changed(call: &mut Call<'_>, group: &str, waits: bool) {
    let clusters = call.rds.clusters.all().filter(|it| it.parameter_group == group);
    let clusters: Vec<_> = clusters.map(|it| it.id.clone()).collect();
    for cluster in clusters {
        let of: Vec<_> = members(call.rds, &cluster).map(|it| it.id.clone()).collect();
        for member in of.into_iter().filter(|_| waits) {
            instance::waits_for_restart(call, &member);
        }
    }
}
