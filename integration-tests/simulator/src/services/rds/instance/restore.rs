//! Instances made of what another one was.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html>

use super::{
    Answer, Instance,
    create::{Seed, build, new_name, source},
    options,
    storage::{Storage, Wanted},
    to_use,
};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    services::rds::{
        call::Call,
        engine::{Engine, Version},
        key, snapshot,
    },
    shelf::{Record, Tags},
};

/// What a restoration takes over.
pub(in crate::services::rds) struct Origin {
    pub(in crate::services::rds) version: Option<Version>,
    pub(in crate::services::rds) class: Option<String>,
    pub(in crate::services::rds) storage: Storage,
    pub(in crate::services::rds) username: String,
    pub(in crate::services::rds) password: Hidden,
    pub(in crate::services::rds) database: Option<String>,
    pub(in crate::services::rds) port: u32,
    pub(in crate::services::rds) key: Option<String>,
    pub(in crate::services::rds) retention: u32,
    pub(in crate::services::rds) tags: Tags,
    /// As of when its data is, of which instance.
    pub(in crate::services::rds) as_of: (String, Time),
}

impl Origin {
    pub(in crate::services::rds) fn of(instance: &Record<Instance>, at: Time) -> Self {
        Self {
            version: instance.running(),
            class: Some(instance.class.clone()),
            storage: instance.storage.clone(),
            username: instance.username.clone(),
            password: instance.password.clone(),
            database: instance.database.clone(),
            port: instance.port,
            key: instance.key.clone(),
            retention: instance.retention,
            tags: if instance.has(super::Switch::CopyTags) {
                instance.tags.clone()
            } else {
                Tags::new()
            },
            as_of: (instance.resource.clone(), at),
        }
    }
}

/// The name of the database and the password stay what they were.
fn restore(call: &mut Call<'_>, origin: Origin) -> Answer {
    let id = new_name(call)?;
    options::plain(call)?;
    call.lacks(&["DBName", "EnablePerformanceInsights", "MaxAllocatedStorage"])?;
    let version = origin.version.ok_or_else(|| Fault::unsupported("the version of the source"))?;
    if let Some(engine) = call.text("Engine")
        && Engine::read(&engine)? != version.engine
    {
        let text = format!("The engine {engine} is not that of the source.");
        return Err(Fault::combination(text));
    }
    let wanted = Wanted::read(call)?;
    let storage =
        if wanted.is_change() { origin.storage.changed(&wanted)? } else { origin.storage };
    if let Some(key) = &origin.key {
        key::usable(call, Some(key))?;
    }
    let class = call.text("DBInstanceClass").or(origin.class);
    let class = class.ok_or_else(|| Fault::unsupported("restoring without a DBInstanceClass"))?;
    let seed = Seed {
        version,
        storage: Storage { most: None, ..storage },
        username: origin.username,
        password: origin.password,
        database: origin.database,
        port: origin.port,
        key: origin.key,
        retention: origin.retention,
        tags: origin.tags,
        heir: Some(origin.as_of),
    };
    build(call, id, &class, seed)
}

pub(super) fn from_snapshot(call: &mut Call<'_>) -> Answer {
    call.lacks(&["DBClusterSnapshotIdentifier"])?;
    let name = source(call, "DBSnapshotIdentifier")?;
    let origin = snapshot::origin(call, &name)?;
    restore(call, origin)
}

pub(super) fn to_point_in_time(call: &mut Call<'_>) -> Answer {
    call.lacks(&["SourceDBInstanceAutomatedBackupsArn"])?;
    let (named, resource) =
        (call.text("SourceDBInstanceIdentifier"), call.text("SourceDbiResourceId"));
    let latest = call.flag("UseLatestRestorableTime")?.unwrap_or_default();
    let time = call.text("RestoreTime");
    let (instance, reach) = match (named, resource) {
        (Some(name), None) => {
            let instance = to_use(call, &name)?;
            let reach = call.backup_of(&instance.resource).map(|it| it.1);
            (instance, reach)
        }
        (None, Some(resource)) => {
            let found = call.backup_of(&resource);
            let (instance, reach) = found.ok_or_else(|| {
                let text = format!("No automated backup of {resource} was found.");
                Fault::new(404, "DBInstanceAutomatedBackupNotFound", text)
            })?;
            (instance, Some(reach))
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(Fault::combination(
                "Exactly one of SourceDBInstanceIdentifier and SourceDbiResourceId has to be given.",
            ));
        }
    };
    if instance.retention == 0 {
        let text = format!("Backups of {} are not enabled.", instance.id);
        return Err(Fault::client("PointInTimeRestoreNotEnabled", text));
    }
    let at = match (latest, &time) {
        (true, None) => call.now,
        (false, Some(text)) => {
            let stamp: jiff::Timestamp =
                text.parse().map_err(|_| Fault::invalid(format!("Invalid RestoreTime: {text}")))?;
            let at = Time::from_millis(u64::try_from(stamp.as_millisecond()).unwrap_or_default());
            if !reach.is_some_and(|it| it.has(at)) {
                let text = format!("The instance {} cannot be restored to {text}.", instance.id);
                return Err(Fault::client("InvalidRestoreFault", text));
            }
            at
        }
        (true, Some(_)) | (false, None) => {
            return Err(Fault::combination(
                "Exactly one of RestoreTime and UseLatestRestorableTime has to be given.",
            ));
        }
    };
    restore(call, Origin::of(&instance, at))
}
