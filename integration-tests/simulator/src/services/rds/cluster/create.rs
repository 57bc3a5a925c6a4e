//! How a cluster comes to be.

use std::collections::BTreeSet;

use super::{
    Answer, Cluster, Status, Step, Switch, answered,
    options::{self, Serverless},
    plan,
};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    services::{
        ec2,
        rds::{
            call::Call,
            engine::{Engine, Version},
            instance, key, names, network,
            parameter_group::{self, ClusterGroup},
            tags, windows,
        },
    },
    shelf::{Record, Tags},
};

/// How many zones the volume of a cluster is in.
const ZONES: usize = 3;

/// What a cluster is made of, as far as a request does not say.
pub(in crate::services::rds) struct Origin {
    pub(in crate::services::rds) version: Version,
    pub(in crate::services::rds) username: String,
    pub(in crate::services::rds) password: Hidden,
    pub(in crate::services::rds) database: Option<String>,
    pub(in crate::services::rds) key: Option<String>,
    pub(in crate::services::rds) retention: u32,
    pub(in crate::services::rds) port: u32,
    pub(in crate::services::rds) tags: Tags,
    /// Whose data it has, and as of when.
    pub(in crate::services::rds) heir: Option<(String, Time)>,
}

impl Origin {
    pub(in crate::services::rds) fn of(cluster: &Record<Cluster>, at: Time) -> Option<Self> {
        let tags = if cluster.has(Switch::CopyTags) { cluster.tags.clone() } else { Tags::new() };
        Some(Self {
            version: cluster.running()?,
            username: cluster.username.clone(),
            password: cluster.password.clone(),
            database: cluster.database.clone(),
            key: cluster.key.clone(),
            retention: cluster.retention,
            port: cluster.port,
            tags,
            heir: Some((cluster.resource.clone(), at)),
        })
    }
}

pub(super) fn engine(call: &Call<'_>) -> Result<(), Fault> {
    match Engine::read(&call.need("Engine")?)? {
        Engine::Aurora => Ok(()),
        Engine::Postgres => Err(Fault::unsupported("Multi-AZ clusters of PostgreSQL")),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let id = free_name(call, "DBClusterIdentifier", &call.need("DBClusterIdentifier")?)?;
    options::plain(call)?;
    engine(call)?;
    let version = Engine::Aurora.version(call.text("EngineVersion").as_deref(), call.now)?;
    let absent = |name: &str| {
        Fault::invalid(format!("The parameter {name} must be provided and must not be blank."))
    };
    let username = call.text("MasterUsername").ok_or_else(|| absent("MasterUsername"))?;
    let username = names::user(&username)?;
    let password = call.text("MasterUserPassword").ok_or_else(|| absent("MasterUserPassword"))?;
    names::password(&password)?;
    let database = call.text("DatabaseName").map(|it| names::database(&it)).transpose()?;
    let named = call.text("KmsKeyId");
    let key = match (call.flag("StorageEncrypted")?, named) {
        (Some(true), named) => Some(key::usable(call, named.as_deref())?),
        (None | Some(false), None) => None,
        (None | Some(false), Some(_)) => {
            return Err(Fault::combination(
                "You can't specify KmsKeyId when StorageEncrypted is false.",
            ));
        }
    };
    let password = Hidden::new(password);
    let origin = Origin {
        version,
        username,
        password,
        database,
        key,
        retention: 1,
        port: 5_432,
        tags: Tags::new(),
        heir: None,
    };
    build(call, &id, origin)
}

/// The name of a cluster, which no other may have.
pub(super) fn free_name(call: &Call<'_>, parameter: &str, text: &str) -> Result<String, Fault> {
    let id = names::identifier(parameter, text, 63)?;
    if call.rds.clusters.get(&id).is_some() {
        let text = "DB Cluster already exists";
        return Err(Fault::client("DBClusterAlreadyExistsFault", text));
    }
    Ok(id)
}

/// The zones of the volume: those asked for, and as many others as make three.
fn zones(call: &mut Call<'_>, covered: &[String]) -> Result<Vec<String>, Fault> {
    let mut zones = call.list("AvailabilityZones", "AvailabilityZone").unwrap_or_default();
    let all = ec2::zone_names(call.region);
    if let Some(other) = zones.iter().find(|it| !all.contains(it)) {
        return Err(Fault::invalid(format!("Invalid availability zone: {other}")));
    }
    let mut rest: Vec<_> = covered.iter().chain(&all).cloned().collect();
    rest.retain(|it| !zones.contains(it));
    rest.dedup();
    zones.extend(rest);
    let mut seen = BTreeSet::new();
    zones.retain(|it| seen.insert(it.clone()));
    zones.truncate(ZONES);
    zones.sort();
    Ok(zones)
}

/// Makes a cluster of what a request says and of what it comes from.
pub(super) fn build(call: &mut Call<'_>, id: &str, origin: Origin) -> Answer {
    let tags = tags::given(call)?.unwrap_or(origin.tags);
    let named = call.text("DBSubnetGroupName");
    let group = network::group(call, named.as_deref())?;
    let wanted = call.list("VpcSecurityGroupIds", "VpcSecurityGroupId");
    let groups = network::security_groups(call, &group.vpc, wanted)?;
    let zones = zones(call, &group.zones())?;
    let named = call.text("DBClusterParameterGroupName");
    let family = origin.version.family();
    let parameter_group = parameter_group::for_family::<ClusterGroup>(call, named, &family)?;
    let retention = options::retention(call)?.unwrap_or(origin.retention);
    let port = instance::port(call, "Port")?.unwrap_or(origin.port);
    let backup = call.text("PreferredBackupWindow").map(|it| windows::backup(&it)).transpose()?;
    let maintenance = call.text("PreferredMaintenanceWindow");
    let maintenance = maintenance.map(|it| windows::maintenance(&it)).transpose()?;
    let (backup_window, maintenance_window) =
        windows::fill(&mut call.rng, backup.as_deref(), maintenance.as_deref())?;
    let logs = call.list("EnableCloudwatchLogsExports", "member").unwrap_or_default();
    let logs = instance::log_types(Engine::Aurora, logs)?;
    let storage = options::storage(call)?.unwrap_or_else(|| "aurora".to_owned());
    let serverless = Serverless::read(call, None)?;
    let switches = [
        (Switch::CopyTags, "CopyTagsToSnapshot"),
        (Switch::HttpEndpoint, "EnableHttpEndpoint"),
        (Switch::IamAuth, "EnableIAMDatabaseAuthentication"),
        (Switch::Protected, "DeletionProtection"),
    ];
    let mut on = BTreeSet::new();
    for (switch, name) in switches {
        if call.flag(name)?.unwrap_or_default() {
            on.insert(switch);
        }
    }
    if instance::extended_support(call)?.unwrap_or(true) {
        on.insert(Switch::ExtendedSupport);
    }
    call.flag("AutoMinorVersionUpgrade")?;
    let most = call.settings.quotas.db_clusters;
    if call.rds.clusters.all().count() >= most as usize {
        let text = format!("The account has the most DB clusters it may have: {most}");
        return Err(Fault::new(403, "DBClusterQuotaExceededFault", text));
    }
    instance::service_role(call)?;
    let resource = call.resource_id("cluster");
    let body = Cluster {
        resource: resource.clone(),
        version: origin.version.name(),
        status: Status::Creating,
        storage,
        storage_changed: None,
        username: origin.username,
        password: origin.password,
        database: origin.database,
        port,
        zones,
        subnet_group: group.id.clone(),
        vpc: group.vpc.clone(),
        groups: groups.into_iter().map(|it| (it, true)).collect(),
        parameter_group,
        key: origin.key,
        retention,
        backup_window,
        maintenance_window,
        logs,
        serverless,
        switches: on,
        pending: Vec::new(),
        heir: origin.heir,
        created: call.now,
        writer: None,
        restart: None,
    };
    let ready = call.scene.after(call.scene.settings.durations.db_cluster_creation);
    let stamp = call.stamp;
    call.rds.clusters.add(stamp, Some(ready), Record { id: id.to_owned(), tags, body });
    plan(call, ready, &resource, Step::Made);
    answered(call, id)
}
