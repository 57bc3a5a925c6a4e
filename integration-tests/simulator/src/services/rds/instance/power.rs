//! Restarts, failover, stop and start.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RebootDBInstance.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>

use super::{Answer, Status, Step, answered, life, named, plan, wrong_state};
use crate::{
    fault::Fault,
    services::rds::{call::Call, key, snapshot},
};

pub(super) fn reboot(call: &mut Call<'_>) -> Answer {
    let instance = named(call)?;
    let failover = call.flag("ForceFailover")?.unwrap_or_default();
    if !instance.status.is_up() && instance.status != Status::IncompatibleParameters {
        return Err(wrong_state(format!(
            "Cannot reboot DB instance {}: it is {}.",
            instance.id,
            instance.status.name()
        )));
    }
    if failover && instance.standby.is_none() {
        return Err(Fault::combination(
            "You can't specify ForceFailover for a DB instance that is not Multi-AZ.",
        ));
    }
    let stamp = call.stamp;
    call.rds.instances.change(stamp, &instance.id, |it| it.status = Status::Rebooting);
    if failover {
        let text = "Multi-AZ instance failover started.";
        call.tell_of_instance(&instance.id, &["failover"], text);
    }
    let at = call.scene.after(call.scene.settings.durations.db_reboot);
    plan(call, at, &instance.resource, Step::Rebooted(failover));
    answered(call, &instance.id)
}

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let instance = named(call)?;
    call.lacks(&["DetachFromDBCapacityReservation"])?;
    let name = call.text("DBSnapshotIdentifier");
    if let Some(cluster) = &instance.cluster {
        return Err(Fault::client(
            "InvalidDBClusterStateFault",
            format!("Instance {} is part of the cluster {cluster} and stops with it.", instance.id),
        ));
    }
    if instance.status != Status::Available {
        return Err(wrong_state(format!("Instance {} is not in available state.", instance.id)));
    }
    if let Some(name) = name {
        snapshot::last(call, &instance, &name)?;
    }
    let stamp = call.stamp;
    call.rds.instances.change(stamp, &instance.id, |it| it.status = Status::Stopping);
    let at = call.scene.after(call.scene.settings.durations.db_start);
    plan(call, at, &instance.resource, Step::Stopped);
    answered(call, &instance.id)
}

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let instance = named(call)?;
    call.lacks(&["DBCapacityReservationIdentifier"])?;
    if !matches!(instance.status, Status::Stopped | Status::InaccessibleKey) {
        return Err(wrong_state(format!(
            "Instance {} is not stopped or in the inaccessible-encryption-credentials-recoverable \
             state.",
            instance.id
        )));
    }
    if let Some(key) = &instance.key {
        key::usable(call, Some(key))?;
    }
    life::start(call, &instance.id);
    answered(call, &instance.id)
}
