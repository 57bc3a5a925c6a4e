//! How a cluster goes.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html>

use super::{Answer, Status, Step, Switch, answered, named, plan, set, staying, wrong_state};
use crate::{
    fault::Fault,
    services::rds::{call::Call, cluster_snapshot},
};

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let cluster = named(call)?;
    let skip = call.flag("SkipFinalSnapshot")?.unwrap_or_default();
    let last = call.text("FinalDBSnapshotIdentifier");
    let forget = call.flag("DeleteAutomatedBackups")?.unwrap_or(true);
    if skip && last.is_some() {
        return Err(Fault::combination(
            "FinalDBSnapshotIdentifier can not be specified when deleting a cluster with \
             SkipFinalSnapshot=true.",
        ));
    }
    if !skip && last.is_none() {
        return Err(Fault::combination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
        ));
    }
    if cluster.has(Switch::Protected) {
        return Err(Fault::combination(
            "Cannot delete protected Cluster, please disable deletion protection and try again.",
        ));
    }
    if cluster.status == Status::Deleting {
        let text = format!("Cluster {} is already being deleted.", cluster.id);
        return Err(wrong_state(text));
    }
    if staying(call.rds, &cluster.id).next().is_some() {
        return Err(wrong_state(
            "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
        ));
    }
    if cluster.status != Status::Available {
        return Err(wrong_state(format!(
            "Cluster {} is not currently in the available state.",
            cluster.id
        )));
    }
    if let Some(name) = last {
        cluster_snapshot::last(call, &cluster, &name)?;
    }
    if forget {
        cluster_snapshot::leave(call, &cluster.resource);
    } else {
        call.retain_cluster(&cluster);
    }
    call.rds.agenda.clear(&cluster.resource);
    set(call, &cluster.id, |it| {
        it.status = Status::Deleting;
        it.pending.clear();
    });
    let mut at = call.scene.after(call.scene.settings.durations.db_cluster_deletion);
    if !skip {
        at = at + call.scene.lasting(call.scene.settings.durations.db_snapshot);
    }
    plan(call, at, &cluster.resource, Step::Gone);
    answered(call, &cluster.id)
}
