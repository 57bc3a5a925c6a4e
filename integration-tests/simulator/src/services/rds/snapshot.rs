//! DB snapshots: those a user makes, and those RDS makes every day.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html> and its
//! sisters. The automated ones go with the time they are kept, and with their instance unless it is
//! deleted otherwise.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    agenda::Due,
    call::Call,
    instance::{self, Instance, Origin, Status, Step, Switch},
    names::identifier,
    scene::Scene,
    tags,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateDBSnapshot", true, create),
    ("DeleteDBSnapshot", true, delete),
    ("DescribeDBSnapshots", false, describe),
];

/// A snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// The instance as it was, with its name then.
    of: Box<Record<Instance>>,
    automated: bool,
    begun: Time,
    ready: Time,
}

impl Kind for Snapshot {
    const TYPE: &'static str = "snapshot";
    const PREFIX: &'static str = "snapshot";
    const NOUN: &'static str = "DBSnapshot";
    const NOT_FOUND: &'static str = "DBSnapshotNotFound";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }

    fn goes_with(&self) -> Option<&str> {
        None
    }
}

impl Snapshot {
    fn status(&self, now: Time) -> &'static str {
        if now < self.ready { "creating" } else { "available" }
    }

    fn kind(&self) -> &'static str {
        if self.automated { "automated" } else { "manual" }
    }

    /// How much of it there is, in per cent.
    fn progress(&self, now: Time) -> u64 {
        let whole = self.ready.since(self.begun).as_millis().max(1);
        let part = now.since(self.begun).as_millis().min(whole) * 100 / whole;
        u64::try_from(part).unwrap_or(100)
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new(404, Snapshot::NOT_FOUND, format!("DBSnapshot {name} not found."))
}

fn render(scene: &Scene<'_>, it: &Record<Snapshot>) -> Xml {
    let (of, now) = (&it.of, scene.now);
    let status = it.status(now);
    let done = now >= it.ready;
    let major = of.version.split('.').next().unwrap_or_default();
    let mut xml = Xml::new()
        .text("DBSnapshotIdentifier", &it.id)
        .text("DBInstanceIdentifier", &of.id)
        .text("DbiResourceId", &of.resource)
        .text("DBSnapshotArn", scene.arn(&Snapshot::path(it)))
        .text("Status", status)
        .text("PercentProgress", it.progress(now))
        .text("SnapshotType", it.kind())
        .text("SnapshotTarget", "region");
    if done {
        // Only a snapshot that there is has a time.
        xml = xml.text("SnapshotCreateTime", it.begun).text("OriginalSnapshotCreateTime", it.begun);
    }
    xml.text("Engine", of.engine.name())
        .text("EngineVersion", &of.version)
        .text("LicenseModel", "postgresql-license")
        .text("MasterUsername", &of.username)
        .text("Port", of.port)
        .text("AvailabilityZone", &of.zone)
        .text("VpcId", &of.vpc)
        .maybe("InstanceCreateTime", of.created)
        .text("AllocatedStorage", of.storage.gib)
        .text("StorageType", &of.storage.kind)
        .maybe("Iops", of.storage.iops)
        .text("StorageThroughput", of.storage.throughput)
        .text("Encrypted", of.key.is_some())
        .maybe("KmsKeyId", of.key.as_ref())
        .text("OptionGroupName", format!("default:{}-{major}", of.engine.name()))
        .text("IAMDatabaseAuthenticationEnabled", of.has(Switch::IamAuth))
        .nest("ProcessorFeatures", Xml::new())
        .text("DedicatedLogVolume", false)
        .with(tags::render(&it.tags))
}

/// The tags that a snapshot takes over.
fn copied(instance: &Record<Instance>) -> Tags {
    if instance.has(Switch::CopyTags) { instance.tags.clone() } else { Tags::new() }
}

fn add(
    scene: &mut Scene<'_>,
    id: String,
    tags: Tags,
    instance: &Record<Instance>,
    automated: bool,
) {
    let ready = scene.after(scene.settings.durations.db_snapshot);
    let (begun, stamp) = (scene.now, scene.stamp);
    let body = Snapshot { of: Box::new(instance.clone()), automated, begun, ready };
    let path = format!("snapshot:{id}");
    scene.rds.snapshots.add(stamp, Some(ready), Record { id, tags, body });
    scene.tell(("db-snapshot", &path), &["creation"], "Creating a snapshot");
}

/// The name of a new snapshot of somebody's, which nothing else may have and there has to be room for.
fn new_name(call: &Call<'_>, parameter: &str, text: &str) -> Result<String, Fault> {
    let id = identifier(parameter, text, 255)?;
    if call.rds.snapshots.get(&id).is_some() {
        return Err(Fault::client(
            "DBSnapshotAlreadyExists",
            format!(
                "Cannot create the snapshot because a snapshot with the identifier {id} already exists."
            ),
        ));
    }
    let most = call.settings.quotas.db_snapshots as usize;
    if call.rds.snapshots.all().filter(|it| !it.automated).count() >= most {
        let text = format!("The account has the most manual snapshots it may have: {most}");
        return Err(Fault::client("SnapshotQuotaExceeded", text));
    }
    Ok(id)
}

/// Takes the last snapshot of an instance that is to stop or to go.
pub(super) fn last(
    call: &mut Call<'_>,
    instance: &Record<Instance>,
    name: &str,
) -> Result<(), Fault> {
    let id = new_name(call, "FinalDBSnapshotIdentifier", name)?;
    let tags = copied(instance);
    add(call, id, tags, instance, false);
    Ok(())
}

/// Takes the snapshot of the day, and lets go those that are too old.
pub(super) fn automated(scene: &mut Scene<'_>, instance: &Record<Instance>) {
    let stamp = scene.now.to_string();
    let digits: String =
        stamp.chars().take(16).map(|it| if it == 'T' || it == ':' { '-' } else { it }).collect();
    let id = format!("rds:{}-{digits}", instance.id);
    let days = std::time::Duration::from_hours(24) * instance.retention;
    let old = scene.rds.snapshots.all().filter(|it| {
        it.automated && it.of.resource == instance.resource && scene.now.since(it.begun) > days
    });
    let old: Vec<_> = old.map(|it| it.id.clone()).collect();
    for id in old {
        let stamp = scene.stamp;
        scene.rds.snapshots.remove(stamp, &id);
    }
    if scene.rds.snapshots.get(&id).is_none() {
        add(scene, id, copied(instance), instance, true);
    }
}

/// Lets the automated snapshots of an instance go that goes, or keeps them.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html>
pub(super) fn leave(call: &mut Call<'_>, instance: &Record<Instance>, forget: bool) {
    let theirs = call.rds.snapshots.all();
    let theirs = theirs.filter(|it| it.automated && it.of.resource == instance.resource);
    let theirs: Vec<_> = theirs.map(|it| it.id.clone()).collect();
    let stamp = call.stamp;
    for id in theirs.into_iter().filter(|_| forget) {
        call.rds.snapshots.remove(stamp, &id);
    }
}

/// What is restored from a snapshot.
pub(super) fn origin(call: &Call<'_>, name: &str) -> Result<Origin, Fault> {
    let snapshot = to_use(call, name)?;
    if call.now < snapshot.ready {
        return Err(wrong_state(&snapshot, call.now));
    }
    Ok(Origin { tags: Tags::new(), ..Origin::of(&snapshot.of, snapshot.begun) })
}

fn wrong_state(snapshot: &Record<Snapshot>, now: Time) -> Fault {
    let text = format!("The snapshot {} is {}.", snapshot.id, snapshot.status(now));
    Fault::client("InvalidDBSnapshotState", text)
}

fn to_use(call: &Call<'_>, name: &str) -> Result<Record<Snapshot>, Fault> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix(&call.arn("snapshot:")).unwrap_or(&name).to_owned();
    let all = &call.rds.snapshots;
    let known = call.dependent().is_none_or(|it| all.seen(&name, it).is_some());
    all.get(&name).filter(|_| known).cloned().ok_or_else(|| unknown(&name))
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = call.need("DBSnapshotIdentifier")?;
    let instance = instance::to_use(call, &call.need("DBInstanceIdentifier")?)?;
    let id = new_name(call, "DBSnapshotIdentifier", &name)?;
    let given = tags::given(call)?;
    if let Some(cluster) = &instance.cluster {
        return Err(Fault::client(
            "InvalidDBInstanceState",
            format!(
                "The instance {} is part of the cluster {cluster}: make a cluster snapshot.",
                instance.id
            ),
        ));
    }
    if !instance.status.is_up() {
        return Err(Fault::client(
            "InvalidDBInstanceState",
            format!(
                "Cannot create a snapshot because the database instance {} is not currently in the available state.",
                instance.id
            ),
        ));
    }
    // Tags that are given count instead of those of the instance.
    let tags = given.unwrap_or_else(|| copied(&instance));
    add(call, id.clone(), tags, &instance, false);
    let stamp = call.stamp;
    if instance.status == Status::Available {
        call.rds.instances.change(stamp, &instance.id, |it| it.status = Status::BackingUp);
        let done = call.scene.after(call.scene.settings.durations.db_backup);
        call.plan(done, Due::Instance(instance.resource.clone(), Step::BackedUp));
    }
    answered(call, &id)
}

fn answered(call: &Call<'_>, id: &str) -> Answer {
    let snapshot = call.rds.snapshots.get(id).ok_or_else(|| unknown(id))?;
    Ok(Xml::new().nest("DBSnapshot", render(&call.scene, snapshot)))
}

const FILTERS: &[&str] =
    &["db-instance-id", "db-snapshot-id", "dbi-resource-id", "engine", "snapshot-type"];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(FILTERS)?;
    let named = call.text("DBSnapshotIdentifier").map(|it| it.to_ascii_lowercase());
    let instance = call.text("DBInstanceIdentifier").map(|it| it.to_ascii_lowercase());
    let resource = call.text("DbiResourceId");
    let kind = call.text("SnapshotType");
    for flag in ["IncludeShared", "IncludePublic"] {
        if call.flag(flag)?.unwrap_or_default() {
            return Err(Fault::unsupported("snapshots of other accounts"));
        }
    }
    match kind.as_deref() {
        None | Some("automated" | "manual") => {}
        Some(other @ ("awsbackup" | "public" | "shared")) => {
            return Err(Fault::unsupported(format!("snapshots of the type {other}")));
        }
        Some(other) => {
            return Err(Fault::invalid(format!("Invalid snapshot type: {other}")));
        }
    }
    let all: Vec<_> = match &named {
        Some(name) => {
            let snapshot = call.rds.snapshots.seen(name, call.by_id());
            vec![snapshot.ok_or_else(|| unknown(name))?]
        }
        None => call.rds.snapshots.all_seen(call.in_lists()).collect(),
    };
    let look = |it: &Record<Snapshot>, name: &str| match name {
        "db-instance-id" => vec![it.of.id.clone(), call.arn(&Instance::path(&it.of))],
        "db-snapshot-id" => vec![it.id.clone()],
        "dbi-resource-id" => vec![it.of.resource.clone()],
        "engine" => vec![it.of.engine.name().to_owned()],
        _ => vec![it.kind().to_owned()],
    };
    let all = all.into_iter().filter(|it| {
        instance.as_ref().is_none_or(|name| *name == it.of.id)
            && resource.as_ref().is_none_or(|one| *one == it.of.resource)
            && kind.as_ref().is_none_or(|kind| kind == it.kind())
            && filters.keep(|name| look(it, name))
    });
    let rows = all.map(|it| (it.id.clone(), render(&call.scene, it))).collect();
    call.page(("DBSnapshots", "DBSnapshot"), rows)
}

fn delete(call: &mut Call<'_>) -> Answer {
    let snapshot = to_use(call, &call.need("DBSnapshotIdentifier")?)?;
    if call.now < snapshot.ready || snapshot.automated {
        return Err(wrong_state(&snapshot, call.now));
    }
    let shown = render(&call.scene, &snapshot);
    let stamp = call.stamp;
    call.rds.snapshots.remove(stamp, &snapshot.id);
    Ok(Xml::new().nest("DBSnapshot", shown))
}
