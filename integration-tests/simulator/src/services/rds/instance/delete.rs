//! How an instance goes.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html>

use super::{Answer, Status, Step, Switch, answered, named, plan, wrong_state};
use crate::{
    fault::Fault,
    services::rds::{call::Call, cluster, snapshot},
};

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let instance = named(call)?;
    let skip = call.flag("SkipFinalSnapshot")?.unwrap_or_default();
    let last = call.text("FinalDBSnapshotIdentifier");
    if instance.cluster.is_some() && last.is_some() {
        return Err(Fault::combination(
            "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance",
        ));
    }
    let skip = skip || instance.cluster.is_some();
    let forget = call.flag("DeleteAutomatedBackups")?.unwrap_or(true);
    if skip && last.is_some() {
        return Err(Fault::combination(
            "FinalDBSnapshotIdentifier can not be specified when deleting an instance with \
             SkipFinalSnapshot=true.",
        ));
    }
    if !skip && last.is_none() {
        return Err(Fault::combination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
        ));
    }
    if instance.status == Status::Deleting {
        return Err(wrong_state(format!("Instance {} is already being deleted.", instance.id)));
    }
    if instance.has(Switch::Protected) {
        return Err(Fault::combination(
            "Cannot delete protected DB Instance, please disable deletion protection and try \
             again.",
        ));
    }
    let standing = instance.status.is_up()
        || instance.status.is_broken()
        || matches!(
            instance.status,
            Status::IncompatibleParameters
                | Status::InaccessibleKey
                | Status::Stopped
                | Status::StorageFull
        );
    // Of what is busy the reference says nothing; both were seen.
    if !standing && (!skip || call.settings.disputed("delete-busy-database", 2) == 0) {
        return Err(wrong_state(format!(
            "Instance {} is not currently in the available state.",
            instance.id
        )));
    }
    if let Some(name) = last {
        let stopped = matches!(instance.status, Status::Stopped | Status::InaccessibleKey);
        if instance.status.is_broken() || stopped {
            return Err(wrong_state(format!(
                "Cannot create a final snapshot of instance {}: it is {}.",
                instance.id,
                instance.status.name()
            )));
        }
        snapshot::last(call, &instance, &name)?;
    }
    snapshot::leave(call, &instance, forget);
    if !forget {
        call.retain(&instance);
    }
    if let Some(cluster) = &instance.cluster {
        cluster::follow_writer(call, cluster, &instance.resource);
    }
    let stamp = call.stamp;
    call.rds.agenda.clear(&instance.resource);
    call.rds.instances.change(stamp, &instance.id, |it| {
        it.status = Status::Deleting;
        it.pending.clear();
    });
    let mut at = call.scene.after(call.scene.settings.durations.db_deletion);
    if !skip {
        at = at + call.scene.lasting(call.scene.settings.durations.db_snapshot);
    }
    plan(call, at, &instance.resource, Step::Gone);
    answered(call, &instance.id)
}
