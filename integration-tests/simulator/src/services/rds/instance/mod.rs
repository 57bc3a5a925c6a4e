//! DB instances.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html> and its
//! sisters; <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html> has
//! the statuses.

mod change;
mod create;
mod delete;
mod life;
mod member;
mod modify;
mod options;
mod power;
mod render;
mod restore;
mod storage;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::{change::Pending, storage::Storage};
pub(super) use self::{
    create::service_role,
    life::{Step, fail_over, fill, happen, parameters_changed, serves},
    member::{follow_cluster, waits_for_restart},
    options::{extended_support, lifecycle, log_types, port},
    render::hosted_zone,
    restore::Origin,
};
use super::{
    Answer, Operation,
    agenda::Due,
    call::Call,
    engine::{Engine, Version},
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
    ("CreateDBInstance", true, create::create),
    ("DeleteDBInstance", true, delete::delete),
    ("DescribeDBInstances", false, describe),
    ("ModifyDBInstance", true, modify::modify),
    ("RebootDBInstance", true, power::reboot),
    ("RestoreDBInstanceFromDBSnapshot", true, restore::from_snapshot),
    ("RestoreDBInstanceToPointInTime", true, restore::to_point_in_time),
    ("StartDBInstance", true, power::start),
    ("StopDBInstance", true, power::stop),
];

/// A DB instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Instance {
    /// The id that stays.
    pub(super) resource: String,
    pub(super) engine: Engine,
    pub(super) version: String,
    pub(super) class: String,
    pub(super) status: Status,
    pub(super) storage: Storage,
    pub(super) username: String,
    pub(super) password: Hidden,
    pub(super) database: Option<String>,
    pub(super) port: u32,
    pub(super) zone: String,
    /// The zone of the standby.
    pub(super) standby: Option<String>,
    pub(super) subnet_group: String,
    pub(super) vpc: String,
    /// The security groups, each with whether it is in force by now.
    groups: Vec<(String, bool)>,
    /// The interfaces, each with its subnet.
    pub(super) interfaces: Vec<(String, String)>,
    pub(super) parameter_group: String,
    applied: Applied,
    /// The same of the group of its cluster.
    of_cluster: Applied,
    /// The key of the storage.
    pub(super) key: Option<String>,
    pub(super) retention: u32,
    pub(super) backup_window: String,
    pub(super) maintenance_window: String,
    /// Seconds between two looks of enhanced monitoring, and the role it writes with.
    monitoring: Option<(u32, String)>,
    /// For how many days performance is recorded, and under which key.
    insights: Option<(u32, String)>,
    logs: BTreeSet<String>,
    certificate: String,
    pub(super) tier: u32,
    pub(super) cluster: Option<String>,
    switches: BTreeSet<Switch>,
    pending: Vec<Pending>,
    /// Whose data it was made of, by the id that stays, and as of when.
    #[serde(default)]
    pub(super) heir: Option<(String, Time)>,
    /// When it was made, once it is.
    pub(super) created: Option<Time>,
    /// When its storage was changed last.
    storage_changed: Option<Time>,
    /// When it starts again by itself.
    restart: Option<Time>,
}

/// What is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Switch {
    AutoMinor,
    CopyTags,
    ExtendedSupport,
    IamAuth,
    Protected,
    Public,
}

/// How far the parameters of its group are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Applied {
    InSync,
    Applying,
    PendingReboot,
}

impl Applied {
    fn name(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Applying => "applying",
            Self::PendingReboot => "pending-reboot",
        }
    }
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    Available,
    BackingUp,
    ConfiguringIam,
    ConfiguringLogs,
    Creating,
    Deleting,
    Failed,
    InaccessibleKey,
    IncompatibleNetwork,
    IncompatibleParameters,
    InsufficientCapacity,
    Modifying,
    Rebooting,
    Renaming,
    ResettingCredentials,
    Starting,
    Stopped,
    Stopping,
    StorageFull,
    StorageOptimization,
    Upgrading,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::BackingUp => "backing-up",
            Self::ConfiguringIam => "configuring-iam-database-auth",
            Self::ConfiguringLogs => "configuring-log-exports",
            Self::Creating => "creating",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
            Self::InaccessibleKey => "inaccessible-encryption-credentials-recoverable",
            Self::IncompatibleNetwork => "incompatible-network",
            Self::IncompatibleParameters => "incompatible-parameters",
            Self::InsufficientCapacity => "insufficient-capacity",
            Self::Modifying => "modifying",
            Self::Rebooting => "rebooting",
            Self::Renaming => "renaming",
            Self::ResettingCredentials => "resetting-master-credentials",
            Self::Starting => "starting",
            Self::Stopped => "stopped",
            Self::Stopping => "stopping",
            Self::StorageFull => "storage-full",
            Self::StorageOptimization => "storage-optimization",
            Self::Upgrading => "upgrading",
        }
    }

    /// Whether it serves and can be changed.
    pub(super) fn is_up(self) -> bool {
        matches!(self, Self::Available | Self::StorageOptimization)
    }

    /// Whether it is broken so that it can only be deleted without a last snapshot.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html>
    fn is_broken(self) -> bool {
        matches!(self, Self::Failed | Self::IncompatibleNetwork | Self::InsufficientCapacity)
    }
}

impl Kind for Instance {
    const TYPE: &'static str = "db";
    const PREFIX: &'static str = "db";
    const NOUN: &'static str = "DBInstance";
    const NOT_FOUND: &'static str = "DBInstanceNotFound";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

impl Instance {
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

    fn turn_as_asked(&mut self, switch: Switch, asked: Option<bool>) {
        if let Some(on) = asked {
            self.turn(switch, on);
        }
    }

    /// The subnets that it has an address in.
    pub(super) fn subnets_used(&self) -> Vec<String> {
        self.interfaces.iter().map(|it| it.1.clone()).collect()
    }

    /// Whether it is backed up by itself, not with its cluster.
    fn backs_up(&self) -> bool {
        self.retention > 0 && self.cluster.is_none()
    }

    /// The version it runs.
    fn running(&self) -> Option<Version> {
        self.engine.running(&self.version)
    }

    /// The newest version that RDS would bring it to by itself.
    pub(super) fn minor_upgrade(&self, now: Time) -> Option<String> {
        let running = self.running()?;
        let default = self.engine.version(Some(&running.major.to_string()), now).ok()?;
        running.targets(now).contains(&default).then(|| default.name())
    }

    /// Whether its performance is recorded.
    pub(super) fn has_insights(&self) -> bool {
        self.insights.is_some()
    }

    /// Whether its log goes to CloudWatch Logs.
    pub(super) fn sends_logs(&self) -> bool {
        self.logs.contains("postgresql")
    }

    /// The ids of its security groups.
    fn group_ids(&self) -> Vec<String> {
        self.groups.iter().map(|it| it.0.clone()).collect()
    }
}

pub(super) fn unknown(name: &str) -> Fault {
    Fault::new(404, Instance::NOT_FOUND, format!("DBInstance {name} not found."))
}

/// An instance that is in another state than it should.
fn wrong_state(message: impl Into<String>) -> Fault {
    Fault::client("InvalidDBInstanceState", message)
}

/// An instance that a write acts on: as it truly is.
pub(super) fn to_use(call: &Call<'_>, name: &str) -> Result<Record<Instance>, Fault> {
    let name = name.to_ascii_lowercase();
    let all = &call.rds.instances;
    let known = call.dependent().is_none_or(|it| all.seen(&name, it).is_some());
    all.get(&name).filter(|_| known).cloned().ok_or_else(|| unknown(&name))
}

/// The instance that a request names.
fn named(call: &Call<'_>) -> Result<Record<Instance>, Fault> {
    to_use(call, &call.need("DBInstanceIdentifier")?)
}

/// The instance of an id that stays.
fn by_resource<'a>(scene: &'a Scene<'_>, resource: &str) -> Option<&'a Record<Instance>> {
    scene.rds.instances.all().find(|it| it.resource == resource)
}

fn plan(scene: &mut Scene<'_>, at: Time, resource: &str, step: Step) {
    scene.plan(at, Due::Instance(resource.to_owned(), step));
}

fn answered(scene: &Scene<'_>, id: &str) -> Answer {
    let instance = scene.rds.instances.get(id).ok_or_else(|| unknown(id))?;
    Ok(Xml::new().nest("DBInstance", render::instance(scene, instance)))
}

const FILTERS: &[&str] =
    &["db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine"];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(FILTERS)?;
    let scene = &call.scene;
    let look = |it: &Record<Instance>, name: &str| match name {
        "db-cluster-id" => {
            let cluster = it.cluster.iter();
            cluster.flat_map(|it| [it.clone(), scene.arn(&format!("cluster:{it}"))]).collect()
        }
        "db-instance-id" => vec![it.id.clone(), scene.arn(&Instance::path(it))],
        "dbi-resource-id" => vec![it.resource.clone()],
        "engine" => vec![it.engine.name().to_owned()],
        _ => Vec::new(),
    };
    let all: Vec<_> = match call.text("DBInstanceIdentifier").filter(|it| !it.is_empty()) {
        Some(name) => {
            let name = match name.strip_prefix(&scene.arn("db:")) {
                Some(name) => name.to_owned(),
                None => name.to_ascii_lowercase(),
            };
            let instance = call.rds.instances.seen(&name, call.by_id());
            vec![instance.ok_or_else(|| unknown(&name))?]
        }
        None => call.rds.instances.all_seen(call.in_lists()).collect(),
    };
    let all = all.into_iter().filter(|it| filters.keep(|name| look(it, name)));
    let rows = all.map(|it| (it.id.clone(), render::instance(scene, it))).collect();
    call.page(("DBInstances", "DBInstance"), rows)
}
