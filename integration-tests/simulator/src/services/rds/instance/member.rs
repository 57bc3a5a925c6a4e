//! Instances of a cluster: what belongs to the cluster is set there.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-replicas-adding.html>

use std::collections::BTreeSet;

use super::{
    Answer, Applied, Instance, Status, Switch,
    create::begin,
    options::{self, Asked},
    storage::Storage,
};
use crate::{
    fault::Fault,
    hidden::Hidden,
    services::rds::{
        Hands,
        call::Call,
        certificate, class,
        cluster::{self, Cluster},
        engine::Engine,
        network,
        parameter_group::{self, Group},
        scene::Scene,
        subnet_group, tags, windows,
    },
    shelf::Record,
};

/// What is set for the cluster and not for its instances.
const OF_THE_CLUSTER: &[&str] = &[
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "CloudwatchLogsExportConfiguration",
    "CopyTagsToSnapshot",
    "DBName",
    "DBPortNumber",
    "DeletionProtection",
    "EnableCloudwatchLogsExports",
    "EnableIAMDatabaseAuthentication",
    "Iops",
    "KmsKeyId",
    "MasterUserPassword",
    "MasterUsername",
    "MaxAllocatedStorage",
    "MultiAZ",
    "Port",
    "PreferredBackupWindow",
    "StorageEncrypted",
    "StorageThroughput",
    "StorageType",
    "VpcSecurityGroupIds",
];

/// Refuses what belongs to the cluster.
pub(super) fn only_its_own(call: &Call<'_>) -> Result<(), Fault> {
    match OF_THE_CLUSTER.iter().find(|it| call.params.given(it)) {
        None => Ok(()),
        Some(name) => Err(Fault::combination(format!(
            "The requested DB Instance will be a member of a DB Cluster. Set {name} for the DB \
             Cluster."
        ))),
    }
}

/// Adds an instance to a cluster.
pub(super) fn create(call: &mut Call<'_>, id: String, named: &str) -> Answer {
    let cluster = cluster::to_use(call, named)?;
    only_its_own(call)?;
    let busy = match cluster.status {
        // <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html>
        cluster::Status::Deleting
        | cluster::Status::InaccessibleKey
        | cluster::Status::Starting
        | cluster::Status::Stopped
        | cluster::Status::Stopping => true,
        // Whether one may be added before the cluster is there nobody says.
        cluster::Status::Creating => call.settings.disputed("instance-of-new-cluster", 2) == 0,
        cluster::Status::Available
        | cluster::Status::BackingUp
        | cluster::Status::ConfiguringIam
        | cluster::Status::FailingOver
        | cluster::Status::Modifying
        | cluster::Status::Renaming
        | cluster::Status::ResettingCredentials
        | cluster::Status::Upgrading => false,
    };
    if busy {
        return Err(cluster::wrong_state(format!(
            "DB Cluster {} is not in an available state: it is {}",
            cluster.id,
            cluster.status.name()
        )));
    }
    let version = cluster.running().ok_or_else(|| Fault::unsupported("the cluster's version"))?;
    if let Some(text) = call.text("EngineVersion")
        && text != cluster.version
        && text != version.major.to_string()
    {
        return Err(Fault::combination(format!(
            "The engine version that you requested for your DB instance ({text}) does not match the \
             engine version of your DB cluster ({})",
            cluster.version
        )));
    }
    if let Some(group) = call.text("DBSubnetGroupName")
        && !group.eq_ignore_ascii_case(&cluster.subnet_group)
    {
        return Err(Fault::combination(
            "The DB subnet group of an instance has to be that of its cluster.",
        ));
    }
    let class = call.need("DBInstanceClass")?;
    let offered = class::check(call.region, &class, &version)?;
    if class == class::SERVERLESS && !cluster.is_serverless() {
        return Err(Fault::combination(
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a \
             Serverless v2 DB instance.",
        ));
    }
    let body = member(call, &cluster, class, &offered)?;
    let tags = tags::given(call)?.unwrap_or_default();
    begin(call, Record { id, tags, body })
}

fn member(
    call: &mut Call<'_>,
    cluster: &Record<Cluster>,
    class: String,
    offered: &[String],
) -> Result<Instance, Fault> {
    let group = subnet_group::to_use(call, &cluster.subnet_group)?;
    let asked = call.flag("PubliclyAccessible")?;
    let public = network::public(call, &group.vpc, asked)?;
    let zone = call.text("AvailabilityZone");
    let (zone, _) = network::zones(call, &group, offered, (zone.as_deref(), false))?;
    let named = call.text("DBParameterGroupName");
    let family = cluster.running().map(|it| it.family()).unwrap_or_default();
    let parameter_group = parameter_group::for_family::<Group>(call, named, &family)?;
    let maintenance = call.text("PreferredMaintenanceWindow");
    let maintenance = maintenance.map(|it| windows::maintenance(&it)).transpose()?;
    let backup = cluster.backup_window.as_str();
    let (backup_window, maintenance_window) =
        windows::fill(&mut call.rng, Some(backup), maintenance.as_deref())?;
    let monitoring = options::monitoring(call)?.and_then(Asked::on);
    let insights = options::insights(call, None)?.and_then(Asked::on);
    let ca = call.text("CACertificateIdentifier");
    let certificate = ca.unwrap_or_else(|| certificate::DEFAULT.to_owned());
    certificate::check(&certificate)?;
    let tier = call.between("PromotionTier", 0, 15)?.unwrap_or(1);
    let mut switches = BTreeSet::new();
    if call.flag("AutoMinorVersionUpgrade")?.unwrap_or(true) {
        switches.insert(Switch::AutoMinor);
    }
    options::extended_support(call)?;
    if public {
        switches.insert(Switch::Public);
    }
    let mut body = Instance {
        resource: call.resource_id("db"),
        engine: Engine::Aurora,
        version: cluster.version.clone(),
        class,
        status: Status::Creating,
        storage: Storage::of_cluster(),
        username: cluster.username.clone(),
        password: Hidden::new(String::new()),
        database: None,
        port: cluster.port,
        zone,
        standby: None,
        subnet_group: group.id.clone(),
        vpc: group.vpc.clone(),
        groups: Vec::new(),
        interfaces: Vec::new(),
        parameter_group,
        applied: Applied::InSync,
        of_cluster: Applied::InSync,
        key: cluster.key.clone(),
        retention: cluster.retention,
        backup_window,
        maintenance_window,
        monitoring,
        insights,
        logs: BTreeSet::new(),
        certificate,
        tier,
        cluster: Some(cluster.id.clone()),
        switches,
        pending: Vec::new(),
        heir: None,
        created: None,
        storage_changed: None,
        restart: None,
    };
    body.take_over(cluster, None);
    Ok(body)
}

impl Instance {
    /// Takes over what is set for the cluster.
    fn take_over(&mut self, cluster: &Cluster, group: Option<&str>) {
        let old_major = self.version.split('.').next().map(ToOwned::to_owned);
        self.version.clone_from(&cluster.version);
        self.port = cluster.port;
        self.retention = cluster.retention;
        self.backup_window.clone_from(&cluster.backup_window);
        self.groups = cluster.group_ids().into_iter().map(|it| (it, true)).collect();
        self.turn(Switch::IamAuth, cluster.has(cluster::Switch::IamAuth));
        let extended = cluster.has(cluster::Switch::ExtendedSupport);
        self.turn(Switch::ExtendedSupport, extended);
        self.turn(Switch::CopyTags, cluster.has(cluster::Switch::CopyTags));
        let major = self.version.split('.').next();
        if let Some(family) = cluster.running().filter(|_| major != old_major.as_deref()) {
            let default = || parameter_group::default_of(&family.family());
            self.parameter_group = group.map_or_else(default, ToOwned::to_owned);
        }
    }

    /// How far the parameters of the cluster's group are in force.
    pub(in crate::services::rds) fn cluster_parameters(&self) -> &'static str {
        self.of_cluster.name()
    }
}

/// Brings what the cluster says to one of its instances.
pub(in crate::services::rds) fn follow_cluster(
    scene: &mut Scene<'_>,
    hands: &mut Hands<'_>,
    id: &str,
    cluster: &Cluster,
    group: Option<&str>,
) {
    let stamp = scene.stamp;
    scene.rds.instances.change(stamp, id, |it| it.take_over(cluster, group));
    let Some(instance) = scene.rds.instances.get(id).cloned() else { return };
    let groups = instance.group_ids();
    for (interface, _) in &instance.interfaces {
        let place = (hands.around, scene.rng.fork(), scene.now);
        hands.ec2.regroup(place, interface, &groups);
    }
}

/// Static parameters of the cluster's group wait for the instance's restart.
pub(in crate::services::rds) fn waits_for_restart(scene: &mut Scene<'_>, id: &str) {
    let stamp = scene.stamp;
    scene.rds.instances.change(stamp, id, |it| it.of_cluster = Applied::PendingReboot);
}
