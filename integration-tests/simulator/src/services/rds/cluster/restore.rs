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
    services::rds::{call::Call, cluster_snapshot, engine::Engine, key, snapshot},
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
    let named = call.need("SnapshotIdentifier")?;
    let origin = if named.starts_with(&call.arn("snapshot:")) {
        migrated(call, &named)?
    } else {
        cluster_snapshot::origin(call, &named)?
    };
    restore(call, origin)
}

/// What is migrated from RDS, whose snapshots go by their ARN: to the version that is asked for, or to the
/// same major one.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Migrating.RDSPostgreSQL.Import.Console.html>
fn migrated(call: &Call<'_>, named: &str) -> Result<Origin, Fault> {
    let of = snapshot::origin(call, named)?;
    let old = of.version.ok_or_else(|| Fault::unsupported("the version of the snapshot"))?;
    let asked = call.text("EngineVersion").unwrap_or_else(|| old.major.to_string());
    let version = Engine::Aurora.version(Some(&asked), call.now)?;
    if version.major < old.major {
        let text = format!("Cannot restore {} as {}", old.name(), version.name());
        return Err(Fault::combination(text));
    }
    Ok(Origin {
        version,
        username: of.username,
        password: of.password,
        database: of.database,
        key: of.key,
        retention: of.retention.max(1),
        port: of.port,
        tags: of.tags,
        heir: Some(of.as_of),
    })
}

pub(super) fn to_point_in_time(call: &mut Call<'_>) -> Answer {
    if let Some(other) = call.text("RestoreType").filter(|it| it != "full-copy") {
        return Err(Fault::unsupported(format!("restoring as {other}")));
    }
    let (named, resource) =
        (call.text("SourceDBClusterIdentifier"), call.text("SourceDbClusterResourceId"));
    let (cluster, reach) = match (named, resource) {
        (Some(name), None) => {
            let cluster = to_use(call, &name)?;
            let reach = call.cluster_backup_of(&cluster.resource).map(|it| it.1);
            (cluster, reach)
        }
        (None, Some(resource)) => {
            let found = call.cluster_backup_of(&resource);
            let (cluster, reach) = found.ok_or_else(|| {
                let text = format!("No automated backup of {resource} was found.");
                Fault::new(404, "DBClusterAutomatedBackupNotFoundFault", text)
            })?;
            (cluster, Some(reach))
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(Fault::combination(
                "Exactly one of SourceDBClusterIdentifier and SourceDbClusterResourceId has to be \
                 given.",
            ));
        }
    };
    let latest = call.flag("UseLatestRestorableTime")?.unwrap_or_default();
    let at = match (latest, call.text("RestoreToTime")) {
        (true, None) => call.now,
        (false, Some(text)) => {
            let stamp: jiff::Timestamp = text
                .parse()
                .map_err(|_| Fault::invalid(format!("Invalid RestoreToTime: {text}")))?;
            let at = Time::from_millis(u64::try_from(stamp.as_millisecond()).unwrap_or_default());
            if !reach.is_some_and(|it| it.has(at)) {
                let text = format!("The cluster {} cannot be restored to {text}.", cluster.id);
                return Err(Fault::client("InvalidRestoreFault", text));
            }
            at
        }
        (true, Some(_)) | (false, None) => {
            return Err(Fault::combination(
                "Exactly one of RestoreToTime and UseLatestRestorableTime has to be given.",
            ));
        }
    };
    let origin =
        Origin::of(&cluster, at).ok_or_else(|| Fault::unsupported("the source's version"))?;
    restore(call, origin)
}
