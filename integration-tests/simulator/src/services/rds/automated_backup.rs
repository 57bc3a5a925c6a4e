//! Automated backups: those of databases that are there, and those that were retained of databases that are
//! gone, for as long as their retention lasts.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.Retaining.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstanceAutomatedBackups.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterAutomatedBackups.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation, call::Call, cluster::Cluster, engine::Engine, instance::Instance,
    scene::Scene, tags,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind as _, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("DescribeDBClusterAutomatedBackups", false, describe_clusters),
    ("DescribeDBInstanceAutomatedBackups", false, describe),
];

/// What is retained of a database that is gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Retained<T> {
    /// The database as it was, with its name then.
    of: Box<Record<T>>,
    /// When it went.
    at: Time,
}

/// From when to when a database can be had as it was then.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    from: Time,
    to: Time,
}

impl Reach {
    pub(super) fn has(self, at: Time) -> bool {
        self.from <= at && at <= self.to
    }
}

/// How far backups reach of what was made then, and goes on or went then.
fn reach(retention: u32, made: Time, went: Option<Time>, now: Time) -> Option<Reach> {
    let days = Duration::from_hours(24) * retention;
    let to = went.unwrap_or_else(|| Time::from_millis(now.as_millis() / 300_000 * 300_000));
    let lost = now.as_millis().saturating_sub(u64::try_from(days.as_millis()).unwrap_or(u64::MAX));
    let from = made.max(Time::from_millis(lost));
    (retention > 0 && from <= to).then_some(Reach { from, to })
}

impl Scene<'_> {
    /// Retains what the backups of an instance know that goes.
    pub(super) fn retain(&mut self, of: &Record<Instance>) {
        if of.retention > 0 && of.cluster.is_none() {
            let at = self.now;
            self.rds.retained.push(Retained { of: Box::new(of.clone()), at });
        }
    }

    /// Retains what the backups of a cluster know that goes.
    pub(super) fn retain_cluster(&mut self, of: &Record<Cluster>) {
        let at = self.now;
        self.rds.retained_clusters.push(Retained { of: Box::new(of.clone()), at });
    }

    /// Instances with backups, those that are gone included, and how far these reach.
    fn backed_up(&self) -> Vec<(&Record<Instance>, &'static str, Reach)> {
        let living = self.rds.instances.all().filter(|it| it.cluster.is_none());
        let living = living.filter_map(|it| Some((it, "active", it.created?, None)));
        let gone = self.rds.retained.iter();
        let gone = gone.filter_map(|it| Some((&*it.of, "retained", it.of.created?, Some(it.at))));
        let all = living.chain(gone).filter_map(|(it, status, made, went)| {
            Some((it, status, reach(it.retention, made, went, self.now)?))
        });
        all.collect()
    }

    /// The same of clusters.
    fn backed_up_clusters(&self) -> Vec<(&Record<Cluster>, &'static str, Reach)> {
        let living = self.rds.clusters.all().map(|it| (it, "active", None));
        let gone = self.rds.retained_clusters.iter();
        let gone = gone.map(|it| (&*it.of, "retained", Some(it.at)));
        let all = living.chain(gone).filter_map(|(it, status, went)| {
            Some((it, status, reach(it.retention, it.created, went, self.now)?))
        });
        all.collect()
    }

    /// The instance of this id that stays, there or gone, and how far its backups reach.
    pub(super) fn backup_of(&self, resource: &str) -> Option<(Record<Instance>, Reach)> {
        let mut all = self.backed_up().into_iter();
        all.find(|it| it.0.resource == resource).map(|(it, _, reach)| (it.clone(), reach))
    }

    /// The cluster of this id that stays, there or gone, and how far its backups reach.
    pub(super) fn cluster_backup_of(&self, resource: &str) -> Option<(Record<Cluster>, Reach)> {
        let mut all = self.backed_up_clusters().into_iter();
        all.find(|it| it.0.resource == resource).map(|(it, _, reach)| (it.clone(), reach))
    }
}

fn window(reach: Reach) -> Xml {
    Xml::new().text("EarliestTime", reach.from).text("LatestTime", reach.to)
}

/// Whether whoever asks for the backups of what has none is told so is not documented.
fn none(call: &Call<'_>, named: bool, code: &'static str) -> Result<(), Fault> {
    if named && call.settings.disputed("absent-automated-backup", 2) == 0 {
        return Err(Fault::new(404, code, "No automated backup for this database was found."));
    }
    Ok(())
}

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(&["db-instance-id", "dbi-resource-id", "status"])?;
    call.lacks(&["DBInstanceAutomatedBackupsArn"])?;
    let name = call.text("DBInstanceIdentifier").map(|it| it.to_ascii_lowercase());
    let resource = call.text("DbiResourceId");
    let scene = &call.scene;
    let all: Vec<_> = scene
        .backed_up()
        .into_iter()
        .filter(|(it, status, _)| {
            name.as_ref().is_none_or(|name| *name == it.id)
                && resource.as_ref().is_none_or(|one| *one == it.resource)
                && filters.keep(|filter| match filter {
                    "db-instance-id" => vec![it.id.clone(), scene.arn(&Instance::path(it))],
                    "dbi-resource-id" => vec![it.resource.clone()],
                    _ => vec![(*status).to_owned()],
                })
        })
        .map(|(it, status, reach)| (it.resource.clone(), instance(scene, it, status, reach)))
        .collect();
    if all.is_empty() {
        let named = name.is_some() || resource.is_some();
        none(call, named, "DBInstanceAutomatedBackupNotFound")?;
    }
    call.page(("DBInstanceAutomatedBackups", "DBInstanceAutomatedBackup"), all)
}

fn instance(scene: &Scene<'_>, it: &Record<Instance>, status: &str, reach: Reach) -> Xml {
    Xml::new()
        .text("DBInstanceArn", scene.arn(&Instance::path(it)))
        .text("DbiResourceId", &it.resource)
        .text("Region", scene.region)
        .text("DBInstanceIdentifier", &it.id)
        .nest("RestoreWindow", window(reach))
        .text("AllocatedStorage", it.storage.gib)
        .text("Status", status)
        .text("Port", it.port)
        .text("AvailabilityZone", &it.zone)
        .text("VpcId", &it.vpc)
        .maybe("InstanceCreateTime", it.created)
        .text("MasterUsername", &it.username)
        .text("Engine", it.engine.name())
        .text("EngineVersion", &it.version)
        .text("LicenseModel", "postgresql-license")
        .maybe("Iops", it.storage.iops)
        .text("Encrypted", it.key.is_some())
        .text("StorageType", &it.storage.kind)
        .maybe("KmsKeyId", it.key.as_ref())
        .text("BackupRetentionPeriod", it.retention)
        .text("PreferredBackupWindow", &it.backup_window)
        .text("BackupTarget", "region")
        .with(tags::render(&it.tags))
}

fn describe_clusters(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(&["db-cluster-id", "db-cluster-resource-id", "status"])?;
    let name = call.text("DBClusterIdentifier").map(|it| it.to_ascii_lowercase());
    let resource = call.text("DbClusterResourceId");
    let scene = &call.scene;
    let all: Vec<_> = scene
        .backed_up_clusters()
        .into_iter()
        .filter(|(it, status, _)| {
            name.as_ref().is_none_or(|name| *name == it.id)
                && resource.as_ref().is_none_or(|one| *one == it.resource)
                && filters.keep(|filter| match filter {
                    "db-cluster-id" => vec![it.id.clone(), scene.arn(&Cluster::path(it))],
                    "db-cluster-resource-id" => vec![it.resource.clone()],
                    _ => vec![(*status).to_owned()],
                })
        })
        .map(|(it, status, reach)| (it.resource.clone(), cluster(scene, it, status, reach)))
        .collect();
    if all.is_empty() {
        let named = name.is_some() || resource.is_some();
        none(call, named, "DBClusterAutomatedBackupNotFoundFault")?;
    }
    call.page(("DBClusterAutomatedBackups", "DBClusterAutomatedBackup"), all)
}

fn cluster(scene: &Scene<'_>, it: &Record<Cluster>, status: &str, reach: Reach) -> Xml {
    Xml::new()
        .text("DBClusterArn", scene.arn(&Cluster::path(it)))
        .text("DbClusterResourceId", &it.resource)
        .text("Region", scene.region)
        .text("DBClusterIdentifier", &it.id)
        .nest("RestoreWindow", window(reach))
        .text("AllocatedStorage", 1)
        .text("Status", status)
        .text("Port", it.port)
        .text("VpcId", &it.vpc)
        .text("ClusterCreateTime", it.created)
        .text("MasterUsername", &it.username)
        .text("Engine", Engine::Aurora.name())
        .text("EngineVersion", &it.version)
        .text("EngineMode", "provisioned")
        .text("LicenseModel", "postgresql-license")
        .text("StorageEncrypted", it.key.is_some())
        .maybe("KmsKeyId", it.key.as_ref())
        .text("BackupRetentionPeriod", it.retention)
        .text("PreferredBackupWindow", &it.backup_window)
        .with(tags::render(&it.tags))
}
