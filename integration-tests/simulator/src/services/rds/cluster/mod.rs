//! DB clusters: Aurora PostgreSQL.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html> and its
//! sisters; <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html>
//! has the statuses. A cluster without instances is there and serves nobody.

mod change;
mod create;
mod delete;
mod endpoint;
mod life;
mod modify;
mod options;
mod power;
mod render;
mod restore;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::{change::Pending, options::Serverless};
pub(super) use self::{
    create::Origin,
    life::{Step, follow_writer, happen, joined, lose_writer, parameters_changed},
    power::lost_its_key,
};
use super::{
    Answer, Operation, Rds,
    agenda::Due,
    call::Call,
    engine::{Engine, Version},
    instance::{Instance, Status as InstanceStatus},
    scene::Scene,
};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    shelf::{Kind, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateDBCluster", true, create::create),
    ("DeleteDBCluster", true, delete::delete),
    ("DescribeDBClusters", false, describe),
    ("DisableHttpEndpoint", true, endpoint::disable),
    ("EnableHttpEndpoint", true, endpoint::enable),
    ("FailoverDBCluster", true, life::failover),
    ("ModifyDBCluster", true, modify::modify),
    ("RestoreDBClusterFromSnapshot", true, restore::from_snapshot),
    ("RestoreDBClusterToPointInTime", true, restore::to_point_in_time),
    ("StartDBCluster", true, power::start),
    ("StopDBCluster", true, power::stop),
];

/// A DB cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Cluster {
    /// The id that stays.
    pub(super) resource: String,
    pub(super) version: String,
    pub(super) status: Status,
    /// `aurora`, or `aurora-iopt1`.
    storage: String,
    storage_changed: Option<Time>,
    pub(super) username: String,
    pub(super) password: Hidden,
    pub(super) database: Option<String>,
    pub(super) port: u32,
    pub(super) zones: Vec<String>,
    pub(super) subnet_group: String,
    pub(super) vpc: String,
    /// The security groups, each with whether it is in force by now.
    groups: Vec<(String, bool)>,
    pub(super) parameter_group: String,
    /// The key of the storage.
    pub(super) key: Option<String>,
    pub(super) retention: u32,
    pub(super) backup_window: String,
    pub(super) maintenance_window: String,
    logs: BTreeSet<String>,
    serverless: Option<Serverless>,
    switches: BTreeSet<Switch>,
    pending: Vec<Pending>,
    /// Whose data it was made of, by the id that stays, and as of when.
    #[serde(default)]
    pub(super) heir: Option<(String, Time)>,
    pub(super) created: Time,
    /// The id that stays of the instance that writes.
    pub(super) writer: Option<String>,
    /// When it starts again by itself.
    #[serde(default)]
    restart: Option<Time>,
}

/// What is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Switch {
    CopyTags,
    ExtendedSupport,
    HttpEndpoint,
    IamAuth,
    Protected,
}

/// Where a cluster is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    Available,
    BackingUp,
    ConfiguringIam,
    Creating,
    Deleting,
    FailingOver,
    InaccessibleKey,
    Modifying,
    Renaming,
    ResettingCredentials,
    Starting,
    Stopped,
    Stopping,
    Upgrading,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::BackingUp => "backing-up",
            Self::ConfiguringIam => "configuring-iam-database-auth",
            Self::Creating => "creating",
            Self::Deleting => "deleting",
            Self::FailingOver => "failing-over",
            Self::InaccessibleKey => "inaccessible-encryption-credentials-recoverable",
            Self::Modifying => "modifying",
            Self::Renaming => "renaming",
            Self::ResettingCredentials => "resetting-master-credentials",
            Self::Starting => "starting",
            Self::Stopped => "stopped",
            Self::Stopping => "stopping",
            Self::Upgrading => "upgrading",
        }
    }
}

impl Kind for Cluster {
    const TYPE: &'static str = "cluster";
    const PREFIX: &'static str = "cluster";
    const NOUN: &'static str = "DBCluster";
    const NOT_FOUND: &'static str = "DBClusterNotFoundFault";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

impl Cluster {
    pub(super) fn has(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }

    fn turn(&mut self, switch: Switch, on: bool) {
        if on {
            self.switches.insert(switch);
        } else {
            self.switches.remove(&switch);
        }
    }

    /// The version it runs.
    pub(super) fn running(&self) -> Option<Version> {
        Engine::Aurora.running(&self.version)
    }

    /// Whether its storage has no price for reads and writes.
    pub(super) fn is_optimized(&self) -> bool {
        self.storage == "aurora-iopt1"
    }

    /// Whether its log goes to CloudWatch Logs.
    pub(super) fn sends_logs(&self) -> bool {
        self.logs.contains("postgresql")
    }

    /// Whether instances of it can grow and shrink by themselves.
    pub(super) fn is_serverless(&self) -> bool {
        self.serverless.is_some()
    }

    /// The ids of its security groups.
    pub(super) fn group_ids(&self) -> Vec<String> {
        self.groups.iter().map(|it| it.0.clone()).collect()
    }
}

/// The instances of a cluster.
pub(super) fn members<'a>(
    rds: &'a Rds,
    cluster: &'a str,
) -> impl Iterator<Item = &'a Record<Instance>> {
    rds.instances.all().filter(move |it| it.cluster.as_deref() == Some(cluster))
}

/// The instances of a cluster that are not about to go.
fn staying<'a>(rds: &'a Rds, cluster: &'a str) -> impl Iterator<Item = &'a Record<Instance>> {
    members(rds, cluster).filter(|it| it.status != InstanceStatus::Deleting)
}

fn unknown(name: &str) -> Fault {
    Fault::new(404, Cluster::NOT_FOUND, format!("DBCluster {name} not found."))
}

/// A cluster that is in another state than it should.
pub(super) fn wrong_state(message: impl Into<String>) -> Fault {
    Fault::client("InvalidDBClusterStateFault", message)
}

/// A cluster that a write builds on or acts on: as it truly is.
pub(super) fn to_use(call: &Call<'_>, name: &str) -> Result<Record<Cluster>, Fault> {
    let name = name.to_ascii_lowercase();
    let all = &call.rds.clusters;
    let known = call.dependent().is_none_or(|it| all.seen(&name, it).is_some());
    all.get(&name).filter(|_| known).cloned().ok_or_else(|| unknown(&name))
}

/// The cluster that a request names.
fn named(call: &Call<'_>) -> Result<Record<Cluster>, Fault> {
    to_use(call, &call.need("DBClusterIdentifier")?)
}

/// The cluster of an id that stays.
fn by_resource<'a>(scene: &'a Scene<'_>, resource: &str) -> Option<&'a Record<Cluster>> {
    scene.rds.clusters.all().find(|it| it.resource == resource)
}

fn set(scene: &mut Scene<'_>, id: &str, change: impl FnOnce(&mut Record<Cluster>)) {
    let stamp = scene.stamp;
    scene.rds.clusters.change(stamp, id, change);
}

fn plan(scene: &mut Scene<'_>, at: Time, resource: &str, step: Step) {
    scene.plan(at, Due::Cluster(resource.to_owned(), step));
}

fn tell(scene: &mut Scene<'_>, id: &str, categories: &[&str], message: &str) {
    scene.tell(("db-cluster", &format!("cluster:{id}")), categories, message);
}

fn answered(scene: &Scene<'_>, id: &str) -> Answer {
    let cluster = scene.rds.clusters.get(id).ok_or_else(|| unknown(id))?;
    Ok(Xml::new().nest("DBCluster", render::cluster(scene, cluster)))
}

const FILTERS: &[&str] =
    &["clone-group-id", "db-cluster-id", "db-cluster-resource-id", "domain", "engine"];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(FILTERS)?;
    if call.flag("IncludeShared")?.unwrap_or_default() {
        return Err(Fault::unsupported("clusters of other accounts"));
    }
    let scene = &call.scene;
    let look = |it: &Record<Cluster>, name: &str| match name {
        "db-cluster-id" => vec![it.id.clone(), scene.arn(&Cluster::path(it))],
        "db-cluster-resource-id" => vec![it.resource.clone()],
        "engine" => vec![Engine::Aurora.name().to_owned()],
        _ => Vec::new(),
    };
    let all: Vec<_> = match call.text("DBClusterIdentifier").filter(|it| !it.is_empty()) {
        Some(name) => {
            let name = match name.strip_prefix(&scene.arn("cluster:")) {
                Some(name) => name.to_owned(),
                None => name.to_ascii_lowercase(),
            };
            let cluster = call.rds.clusters.seen(&name, call.by_id());
            vec![cluster.ok_or_else(|| unknown(&name))?]
        }
        None => call.rds.clusters.all_seen(call.in_lists()).collect(),
    };
    let all = all.into_iter().filter(|it| filters.keep(|name| look(it, name)));
    let rows = all.map(|it| (it.id.clone(), render::cluster(scene, it))).collect();
    call.page(("DBClusters", "DBCluster"), rows)
}
