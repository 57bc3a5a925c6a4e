//! Snapshots of DB clusters.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterSnapshot.html> and
//! its sisters.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, texts},
    cluster::{self, Cluster, Origin, Status, Switch},
    engine::Engine,
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
    ("CreateDBClusterSnapshot", true, create),
    ("DeleteDBClusterSnapshot", true, delete),
    ("DescribeDBClusterSnapshots", false, describe),
];

/// A snapshot of a cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ClusterSnapshot {
    /// The cluster as it was, with its name then.
    of: Box<Record<Cluster>>,
    automated: bool,
    begun: Time,
    ready: Time,
}

impl Kind for ClusterSnapshot {
    const TYPE: &'static str = "cluster-snapshot";
    const PREFIX: &'static str = "cluster-snapshot";
    const NOUN: &'static str = "DBClusterSnapshot";
    const NOT_FOUND: &'static str = "DBClusterSnapshotNotFoundFault";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

impl ClusterSnapshot {
    fn status(&self, now: Time) -> &'static str {
        if now < self.ready { "creating" } else { "available" }
    }

    fn kind(&self) -> &'static str {
        if self.automated { "automated" } else { "manual" }
    }
}

fn unknown(name: &str) -> Fault {
    let text = format!("DBClusterSnapshot {name} not found.");
    Fault::new(404, ClusterSnapshot::NOT_FOUND, text)
}

fn render(scene: &Scene<'_>, it: &Record<ClusterSnapshot>) -> Xml {
    let (of, now) = (&it.of, scene.now);
    let done = now >= it.ready;
    Xml::new()
        .text("DBClusterSnapshotIdentifier", &it.id)
        .text("DBClusterIdentifier", &of.id)
        .text("DbClusterResourceId", &of.resource)
        .text("DBClusterSnapshotArn", scene.arn(&ClusterSnapshot::path(it)))
        .text("Status", it.status(now))
        .text("PercentProgress", if done { 100 } else { 0 })
        .text("SnapshotType", it.kind())
        .text("SnapshotCreateTime", it.begun)
        .text("ClusterCreateTime", of.created)
        .text("Engine", Engine::Aurora.name())
        .text("EngineVersion", &of.version)
        .text("EngineMode", "provisioned")
        .text("LicenseModel", "postgresql-license")
        .text("MasterUsername", &of.username)
        .text("Port", 0)
        .text("VpcId", &of.vpc)
        .text("AllocatedStorage", 1)
        .text("StorageType", "aurora")
        .text("StorageEncrypted", of.key.is_some())
        .maybe("KmsKeyId", of.key.as_ref())
        .text("IAMDatabaseAuthenticationEnabled", of.has(Switch::IamAuth))
        .with(texts("AvailabilityZones", "AvailabilityZone", of.zones.clone()))
        .with(tags::render(&it.tags))
}

fn copied(cluster: &Record<Cluster>) -> Tags {
    if cluster.has(Switch::CopyTags) { cluster.tags.clone() } else { Tags::new() }
}

fn add(
    scene: &mut Scene<'_>,
    (id, tags): (String, Tags),
    cluster: &Record<Cluster>,
    automated: bool,
) {
    let ready = scene.after(scene.settings.durations.db_snapshot);
    let (begun, stamp) = (scene.now, scene.stamp);
    let body = ClusterSnapshot { of: Box::new(cluster.clone()), automated, begun, ready };
    let path = format!("cluster-snapshot:{id}");
    scene.rds.cluster_snapshots.add(stamp, Some(ready), Record { id, tags, body });
    scene.tell(("db-cluster-snapshot", &path), &["backup"], "Creating a cluster snapshot");
}

/// The name of a new snapshot of somebody's, which nothing else may have and there has to be room for.
fn new_name(call: &Call<'_>, parameter: &str, text: &str) -> Result<String, Fault> {
    let id = identifier(parameter, text, 63)?;
    if call.rds.cluster_snapshots.get(&id).is_some() {
        let text = format!(
            "Cannot create the cluster snapshot because one with the identifier {id} already exists."
        );
        return Err(Fault::client("DBClusterSnapshotAlreadyExistsFault", text));
    }
    let most = call.settings.quotas.db_cluster_snapshots as usize;
    if call.rds.cluster_snapshots.all().filter(|it| !it.automated).count() >= most {
        let text = format!("The account has the most manual cluster snapshots it may have: {most}");
        return Err(Fault::client("SnapshotQuotaExceeded", text));
    }
    Ok(id)
}

/// Takes the last snapshot of a cluster that is to go.
pub(super) fn last(
    call: &mut Call<'_>,
    cluster: &Record<Cluster>,
    name: &str,
) -> Result<(), Fault> {
    let id = new_name(call, "FinalDBSnapshotIdentifier", name)?;
    add(call, (id, copied(cluster)), cluster, false);
    Ok(())
}

/// Takes the snapshot of the day, and lets go those that are too old.
pub(super) fn automated(scene: &mut Scene<'_>, cluster: &Record<Cluster>) {
    let moment = scene.now.to_string();
    let digits = moment.chars().take(16).map(|it| if "T:".contains(it) { '-' } else { it });
    let id = format!("rds:{}-{}", cluster.id, digits.collect::<String>());
    let days = std::time::Duration::from_hours(24) * cluster.retention;
    let old = scene.rds.cluster_snapshots.all().filter(|it| {
        it.automated && it.of.resource == cluster.resource && scene.now.since(it.begun) > days
    });
    let old: Vec<_> = old.map(|it| it.id.clone()).collect();
    let stamp = scene.stamp;
    for id in old {
        scene.rds.cluster_snapshots.remove(stamp, &id);
    }
    if scene.rds.cluster_snapshots.get(&id).is_none() {
        add(scene, (id, copied(cluster)), cluster, true);
    }
}

/// Lets the automated snapshots of a cluster go that goes.
pub(super) fn leave(call: &mut Call<'_>, resource: &str) {
    let theirs = call.rds.cluster_snapshots.all();
    let theirs = theirs.filter(|it| it.automated && it.of.resource == resource);
    let theirs: Vec<_> = theirs.map(|it| it.id.clone()).collect();
    let stamp = call.stamp;
    for id in theirs {
        call.rds.cluster_snapshots.remove(stamp, &id);
    }
}

/// What is restored from a snapshot.
pub(super) fn origin(call: &Call<'_>, name: &str) -> Result<Origin, Fault> {
    let snapshot = to_use(call, name)?;
    if call.now < snapshot.ready {
        return Err(wrong_state(&snapshot, call.now));
    }
    let origin = Origin::of(&snapshot.of, snapshot.begun);
    let origin = origin.ok_or_else(|| Fault::unsupported("the version of the snapshot"))?;
    Ok(Origin { tags: Tags::new(), ..origin })
}

fn wrong_state(snapshot: &Record<ClusterSnapshot>, now: Time) -> Fault {
    let text = format!("The cluster snapshot {} is {}.", snapshot.id, snapshot.status(now));
    Fault::client("InvalidDBClusterSnapshotStateFault", text)
}

fn to_use(call: &Call<'_>, name: &str) -> Result<Record<ClusterSnapshot>, Fault> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix(&call.arn("cluster-snapshot:")).unwrap_or(&name).to_owned();
    let all = &call.rds.cluster_snapshots;
    let known = call.dependent().is_none_or(|it| all.seen(&name, it).is_some());
    all.get(&name).filter(|_| known).cloned().ok_or_else(|| unknown(&name))
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = call.need("DBClusterSnapshotIdentifier")?;
    let cluster = cluster::to_use(call, &call.need("DBClusterIdentifier")?)?;
    let id = new_name(call, "DBClusterSnapshotIdentifier", &name)?;
    let given = tags::given(call)?;
    if cluster.status != Status::Available {
        return Err(cluster::wrong_state(format!(
            "The cluster {} is not currently in the available state.",
            cluster.id
        )));
    }
    // Tags that are given count instead of those of the cluster.
    let tags = given.unwrap_or_else(|| copied(&cluster));
    add(call, (id.clone(), tags), &cluster, false);
    let snapshot = call.rds.cluster_snapshots.get(&id).ok_or_else(|| unknown(&id))?;
    Ok(Xml::new().nest("DBClusterSnapshot", render(&call.scene, snapshot)))
}

const FILTERS: &[&str] = &[
    "db-cluster-id",
    "db-cluster-resource-id",
    "db-cluster-snapshot-id",
    "engine",
    "snapshot-type",
];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(FILTERS)?;
    let named = call.text("DBClusterSnapshotIdentifier").map(|it| it.to_ascii_lowercase());
    let cluster = call.text("DBClusterIdentifier").map(|it| it.to_ascii_lowercase());
    let resource = call.text("DbClusterResourceId");
    let kind = call.text("SnapshotType");
    for flag in ["IncludeShared", "IncludePublic"] {
        if call.flag(flag)?.unwrap_or_default() {
            return Err(Fault::unsupported("snapshots of other accounts"));
        }
    }
    match kind.as_deref() {
        None | Some("automated" | "manual") => {}
        Some(other) => {
            return Err(Fault::unsupported(format!("cluster snapshots of the type {other}")));
        }
    }
    let all: Vec<_> = match &named {
        Some(name) => {
            let snapshot = call.rds.cluster_snapshots.seen(name, call.by_id());
            vec![snapshot.ok_or_else(|| unknown(name))?]
        }
        None => call.rds.cluster_snapshots.all_seen(call.in_lists()).collect(),
    };
    let look = |it: &Record<ClusterSnapshot>, name: &str| match name {
        "db-cluster-id" => vec![it.of.id.clone(), call.arn(&Cluster::path(&it.of))],
        "db-cluster-resource-id" => vec![it.of.resource.clone()],
        "db-cluster-snapshot-id" => vec![it.id.clone()],
        "engine" => vec![Engine::Aurora.name().to_owned()],
        _ => vec![it.kind().to_owned()],
    };
    let all = all.into_iter().filter(|it| {
        cluster.as_ref().is_none_or(|name| *name == it.of.id)
            && resource.as_ref().is_none_or(|one| *one == it.of.resource)
            && kind.as_ref().is_none_or(|kind| kind == it.kind())
            && filters.keep(|name| look(it, name))
    });
    let rows = all.map(|it| (it.id.clone(), render(&call.scene, it))).collect();
    call.page(("DBClusterSnapshots", "DBClusterSnapshot"), rows)
}

fn delete(call: &mut Call<'_>) -> Answer {
    let snapshot = to_use(call, &call.need("DBClusterSnapshotIdentifier")?)?;
    if call.now < snapshot.ready || snapshot.automated {
        return Err(wrong_state(&snapshot, call.now));
    }
    let shown = render(&call.scene, &snapshot);
    let stamp = call.stamp;
    call.rds.cluster_snapshots.remove(stamp, &snapshot.id);
    Ok(Xml::new().nest("DBClusterSnapshot", shown))
}
