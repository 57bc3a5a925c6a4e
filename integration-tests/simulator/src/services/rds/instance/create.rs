//! How an instance comes to be.

use super::{
    Answer, Applied, Instance, Status, Step, Switch, answered, member, options,
    options::Asked,
    plan,
    storage::{self, Storage},
};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    services::{
        permission::{Refusal, to_link},
        rds::{
            PRINCIPAL,
            call::{Call, missing},
            certificate, class,
            engine::{Engine, Version},
            key, names, network,
            parameter_group::{self, Group},
            tags, windows,
        },
    },
    shelf::{Record, Tags},
};

/// Where a new instance comes from, as far as a request does not say.
pub(super) struct Seed {
    pub(super) version: Version,
    pub(super) storage: Storage,
    pub(super) username: String,
    pub(super) password: Hidden,
    pub(super) database: Option<String>,
    pub(super) port: u32,
    pub(super) key: Option<String>,
    pub(super) retention: u32,
    pub(super) tags: Tags,
    /// Whose data it has, and as of when.
    pub(super) heir: Option<(String, Time)>,
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let id = new_name(call)?;
    options::plain(call)?;
    let engine = Engine::read(&call.need("Engine")?)?;
    let cluster = call.text("DBClusterIdentifier");
    match (engine, cluster) {
        (Engine::Aurora, Some(cluster)) => return member::create(call, id, &cluster),
        (Engine::Aurora, None) => return Err(absent("DBClusterIdentifier")),
        (Engine::Postgres, Some(cluster)) => {
            return Err(Fault::combination(format!(
                "The engine name requested for your DB instance (postgres) doesn't match the engine                  name of your DB cluster {cluster}."
            )));
        }
        (Engine::Postgres, None) => {}
    }
    let version = engine.version(call.text("EngineVersion").as_deref(), call.now)?;
    let wanted = storage::Wanted::read(call)?;
    let storage = Storage::new(call, &wanted)?;
    let username = call.text("MasterUsername").ok_or_else(|| absent("MasterUsername"))?;
    let username = names::user(&username)?;
    let password = call.text("MasterUserPassword").ok_or_else(|| absent("MasterUserPassword"))?;
    names::password(&password)?;
    let database = call.text("DBName").map(|it| names::database(&it)).transpose()?;
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
    let seed = Seed {
        version,
        storage,
        username,
        password: Hidden::new(password),
        database,
        port: 5_432,
        key,
        retention: 1,
        tags: Tags::new(),
        heir: None,
    };
    let class = call.need("DBInstanceClass")?;
    build(call, id, &class, seed)
}

/// What RDS says of a parameter that only new databases need.
fn absent(name: &str) -> Fault {
    Fault::invalid(format!("The parameter {name} must be provided and must not be blank."))
}

/// The name of a new instance, which nothing else may have.
pub(super) fn new_name(call: &Call<'_>) -> Result<String, Fault> {
    let parameter = ["TargetDBInstanceIdentifier"].into_iter().find(|it| call.params.given(it));
    let parameter = parameter.unwrap_or("DBInstanceIdentifier");
    free_name(call, parameter, &call.need(parameter)?)
}

pub(super) fn free_name(call: &Call<'_>, parameter: &str, text: &str) -> Result<String, Fault> {
    let id = names::identifier(parameter, text, 63)?;
    if call.rds.instances.get(&id).is_some() {
        return Err(Fault::client("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    Ok(id)
}

/// Refuses what the account has no room for.
fn room(call: &Call<'_>, storage: &Storage) -> Result<(), Fault> {
    let quotas = &call.settings.quotas;
    let all = || call.rds.instances.all();
    if all().count() >= quotas.db_instances as usize {
        return Err(Fault::client("InstanceQuotaExceeded", "DB Instance quota exceeded"));
    }
    let used: u64 = all().map(|it| u64::from(it.storage.gib)).sum();
    if used + u64::from(storage.gib) > u64::from(quotas.db_storage_gib) {
        return Err(Fault::client("StorageQuotaExceeded", "Storage quota exceeded"));
    }
    Ok(())
}

/// The role of RDS has to be there, or the caller has to be allowed to have it made.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html>
pub(in crate::services::rds) fn service_role(call: &mut Call<'_>) -> Result<(), Fault> {
    let Some(need) = to_link(call.settings, call.iam, PRINCIPAL) else { return Ok(()) };
    match call.identity.judge(call.site(), &need) {
        Ok(()) => {
            call.needs_role = true;
            Ok(())
        }
        Err(Refusal::Unsupported(fault)) => Err(fault),
        Err(Refusal::Denied(_)) => Err(Fault::invalid(
            "Unable to create the resource. Verify that you have permission to create service \
             linked role. Otherwise wait and try again later",
        )),
    }
}

/// Makes an instance of what a request says and of what it comes from.
pub(super) fn build(call: &mut Call<'_>, id: String, class: &str, seed: Seed) -> Answer {
    let offered = class::check(call.region, class, &seed.version)?;
    let tags = tags::given(call)?.unwrap_or(seed.tags);
    let named = call.text("DBSubnetGroupName");
    let group = network::group(call, named.as_deref())?;
    let wanted = call.list("VpcSecurityGroupIds", "VpcSecurityGroupId");
    let groups = network::security_groups(call, &group.vpc, wanted)?;
    let asked = call.flag("PubliclyAccessible")?;
    let public = network::public(call, &group.vpc, asked)?;
    let zone = call.text("AvailabilityZone");
    let multi = call.flag("MultiAZ")?.unwrap_or_default();
    let (zone, standby) = network::zones(call, &group, &offered, (zone.as_deref(), multi))?;
    let named = call.text("DBParameterGroupName");
    let parameter_group =
        parameter_group::for_family::<Group>(call, named, &seed.version.family())?;
    let retention = options::retention(call)?.unwrap_or(seed.retention);
    let port = options::port(call, "Port")?.unwrap_or(seed.port);
    let backup = call.text("PreferredBackupWindow").map(|it| windows::backup(&it)).transpose()?;
    let maintenance = call.text("PreferredMaintenanceWindow");
    let maintenance = maintenance.map(|it| windows::maintenance(&it)).transpose()?;
    let (backup_window, maintenance_window) =
        windows::fill(&mut call.rng, backup.as_deref(), maintenance.as_deref())?;
    let monitoring = options::monitoring(call)?.and_then(Asked::on);
    let insights = options::insights(call, None)?.and_then(Asked::on);
    let logs = call.list("EnableCloudwatchLogsExports", "member").unwrap_or_default();
    let logs = options::log_types(seed.version.engine, logs)?;
    let ca = call.text("CACertificateIdentifier");
    let certificate = ca.unwrap_or_else(|| certificate::DEFAULT.to_owned());
    certificate::check(&certificate)?;
    let tier = call.between("PromotionTier", 0, 15)?.unwrap_or(1);
    let switches = [
        (Switch::AutoMinor, call.flag("AutoMinorVersionUpgrade")?.unwrap_or(true)),
        (Switch::CopyTags, call.flag("CopyTagsToSnapshot")?.unwrap_or_default()),
        (Switch::ExtendedSupport, options::extended_support(call)?.unwrap_or(true)),
        (Switch::IamAuth, call.flag("EnableIAMDatabaseAuthentication")?.unwrap_or_default()),
        (Switch::Protected, call.flag("DeletionProtection")?.unwrap_or_default()),
        (Switch::Public, public),
    ];
    service_role(call)?;
    let resource = call.resource_id("db");
    let body = Instance {
        resource: resource.clone(),
        engine: seed.version.engine,
        version: seed.version.name(),
        class: class.to_owned(),
        status: Status::Creating,
        storage: seed.storage,
        username: seed.username,
        password: seed.password,
        database: seed.database,
        port,
        zone,
        standby,
        subnet_group: group.id.clone(),
        vpc: group.vpc.clone(),
        groups: groups.into_iter().map(|it| (it, true)).collect(),
        interfaces: Vec::new(),
        parameter_group,
        applied: Applied::InSync,
        of_cluster: Applied::InSync,
        key: seed.key,
        retention,
        backup_window,
        maintenance_window,
        monitoring,
        insights,
        logs,
        certificate,
        tier,
        cluster: None,
        switches: switches.into_iter().filter(|it| it.1).map(|it| it.0).collect(),
        pending: Vec::new(),
        heir: seed.heir,
        created: None,
        storage_changed: None,
        restart: None,
    };
    begin(call, Record { id, tags, body })
}

/// Puts a new instance on its shelf and plans its life.
pub(super) fn begin(call: &mut Call<'_>, record: Record<Instance>) -> Answer {
    room(call, &record.storage)?;
    let durations = call.settings.durations.clone();
    let placed = call.after(durations.db_network);
    let mut ready = call.after(durations.db_creation).max(placed);
    if record.standby.is_some() {
        ready = ready + call.lasting(durations.db_standby);
    }
    let (id, resource) = (record.id.clone(), record.resource.clone());
    let stamp = call.stamp;
    call.rds.instances.add(stamp, None, record);
    plan(call, placed, &resource, Step::Placed);
    plan(call, ready, &resource, Step::Made);
    answered(call, &id)
}

/// The snapshot or instance that a restoration starts from is told by a parameter of its own.
pub(super) fn source(call: &Call<'_>, name: &str) -> Result<String, Fault> {
    call.text(name).ok_or_else(|| missing(name))
}
