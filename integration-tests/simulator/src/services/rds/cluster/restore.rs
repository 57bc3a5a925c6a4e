//! Clusters made of what another one was; their instances are not restored.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterToPointInTime.html>

use super::{
    Answer,
    create::{Origin, build, engine, free_name},
    options, to_use,
};
use crate::{
    Time,
    fault::Fault,
    services::rds::{call::Call, cluster_snapshot, engine::Engine, key},
};

/// Takes over what the source was; it may be encrypted anew under another key.
fn restore(call: &mut Call<'_>, mut origin: Origin) -> Answer {
    let id = free_name(call, "DBClusterIdentifier", &call.need("DBClusterIdentifier")?)?;
    options::plain(call)?;
    call.lacks(&["DatabaseName"])?;
    if let Some(text) = call.text("EngineVersion") {
        let version = Engine::Aurora.version(Some(&text), call.now)?;
        if version != origin.version && !origin.version.targets(call.now).contains(&version) {
            let text = format!("Cannot restore {} as {text}", origin.version.name());
            return Err(Fault::combination(text));
        }
        origin.version = version;
    }
    origin.key = match (call.text("KmsKeyId"), origin.key) {
        (Some(named), _) => Some(key::usable(call, Some(&named))?),
        (None, Some(old)) => Some(key::usable(call, Some(&old))?),
        (None, None) => None,
    };
    build(call, &id, origin)
}

pub(super) fn from_snapshot(call: &mut Call<'_>) -> Answer {
    engine(call)?;
    let origin = cluster_snapshot::origin(call, &call.need("SnapshotIdentifier")?)?;
    restore(call, origin)
}

pub(super) fn to_point_in_time(call: &mut Call<'_>) -> Answer {
    call.lacks(&["SourceDbClusterResourceId"])?;
    if let Some(other) = call.text("RestoreType").filter(|it| it != "full-copy") {
        return Err(Fault::unsupported(format!("restoring as {other}")));
    }
    let cluster = to_use(call, &call.need("SourceDBClusterIdentifier")?)?;
    let latest = call.flag("UseLatestRestorableTime")?.unwrap_or_default();
    match (latest, call.text("RestoreToTime")) {
        (true, None) => {}
        (false, Some(text)) => {
            let stamp: jiff::Timestamp = text
                .parse()
                .map_err(|_| Fault::invalid(format!("Invalid RestoreToTime: {text}")))?;
            let at = Time::from_millis(u64::try_from(stamp.as_millisecond()).unwrap_or_default());
            if at < cluster.created || at > call.now {
                let text = format!("The cluster {} cannot be restored to {text}.", cluster.id);
                return Err(Fault::client("InvalidRestoreFault", text));
            }
        }
        (true, Some(_)) | (false, None) => {
            return Err(Fault::combination(
                "Exactly one of RestoreToTime and UseLatestRestorableTime has to be given.",
            ));
        }
    }
    let origin = Origin::of(&cluster).ok_or_else(|| Fault::unsupported("the source's version"))?;
    restore(call, origin)
}
