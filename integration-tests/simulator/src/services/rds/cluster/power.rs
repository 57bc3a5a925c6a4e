//! A cluster that is stopped, with its instances, and started again.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html>: for seven days
//! at most.

use std::time::Duration;

use super::{Answer, Status, Step, answered, members, named, plan, set, tell, wrong_state};
use crate::{
    fault::Fault,
    services::rds::{call::Call, instance::Status as InstanceStatus, key, scene::Scene},
};

/// After how long it starts by itself.
const STOPPED_FOR: Duration = Duration::from_hours(7 * 24);

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let cluster = named(call)?;
    if cluster.status != Status::Available {
        return Err(wrong_state(format!(
            "DB Cluster {} is not in available state: it is {}",
            cluster.id,
            cluster.status.name()
        )));
    }
    if let Some(busy) = members(call.rds, &cluster.id).find(|it| !it.status.is_up()) {
        let text = format!("Instance {} is not in available state.", busy.id);
        return Err(Fault::client("InvalidDBInstanceState", text));
    }
    turn(call, &cluster.id, Status::Stopping, InstanceStatus::Stopping);
    let at = call.scene.after(call.scene.settings.durations.db_start);
    plan(call, at, &cluster.resource, Step::Stopped);
    answered(call, &cluster.id)
}

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let cluster = named(call)?;
    if !matches!(cluster.status, Status::Stopped | Status::InaccessibleKey) {
        return Err(wrong_state(format!(
            "DB Cluster {} is not stopped or in the inaccessible-encryption-credentials-recoverable \
             state.",
            cluster.id
        )));
    }
    if let Some(key) = &cluster.key {
        key::usable(call, Some(key))?;
    }
    begin(call, &cluster.id, &cluster.resource);
    answered(call, &cluster.id)
}

fn turn(scene: &mut Scene<'_>, id: &str, to: Status, of_members: InstanceStatus) {
    set(scene, id, |it| it.status = to);
    let of: Vec<_> = members(scene.rds, id).map(|it| it.id.clone()).collect();
    let stamp = scene.stamp;
    for member in of {
        scene.rds.instances.change(stamp, &member, |it| it.status = of_members);
    }
}

fn begin(scene: &mut Scene<'_>, id: &str, resource: &str) {
    set(scene, id, |it| it.restart = None);
    turn(scene, id, Status::Starting, InstanceStatus::Starting);
    let at = scene.after(scene.settings.durations.db_start);
    plan(scene, at, resource, Step::Started);
}

/// It has stopped.
pub(super) fn stopped(scene: &mut Scene<'_>, id: &str, resource: &str) {
    turn(scene, id, Status::Stopped, InstanceStatus::Stopped);
    tell(scene, id, &["notification"], "DB cluster stopped");
    let at = scene.now + STOPPED_FOR;
    set(scene, id, |it| it.restart = Some(at));
    plan(scene, at, resource, Step::Overslept);
}

/// It has been stopped for as long as it may.
pub(super) fn overslept(scene: &mut Scene<'_>, id: &str, resource: &str) {
    tell(scene, id, &["notification"], "DB cluster is being started: it was stopped for too long");
    begin(scene, id, resource);
}

/// It works again.
pub(super) fn started(scene: &mut Scene<'_>, id: &str) {
    turn(scene, id, Status::Available, InstanceStatus::Available);
    tell(scene, id, &["notification"], "DB cluster started");
}

/// Its key is gone or disabled: it stops with its instances, and can be started when the key is back.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.Keys.html>
pub(in crate::services::rds) fn lost_its_key(scene: &mut Scene<'_>, id: &str) {
    let working = scene.rds.clusters.get(id).is_some_and(|it| it.status == Status::Available);
    if working {
        turn(scene, id, Status::InaccessibleKey, InstanceStatus::InaccessibleKey);
        tell(scene, id, &["failure"], "The KMS key of the DB cluster can't be accessed.");
    }
}
