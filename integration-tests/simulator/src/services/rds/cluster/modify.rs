//! How a cluster is changed.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html>

use std::time::Duration;

use super::{
    Answer, Cluster, Status, Step, Switch, answered, change::Change, create::free_name, life,
    named, options, options::Serverless, plan, wrong_state,
};
use crate::{
    fault::Fault,
    hidden::Hidden,
    services::rds::{
        call::Call,
        engine::Engine,
        instance, names, network,
        parameter_group::{self, ClusterGroup, Group},
        windows,
    },
    shelf::Record,
};

/// How often storage can go back to what is paid by its operations.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html>
const STORAGE_RESTS: Duration = Duration::from_hours(30 * 24);

const MANNERS: &[&str] = &[
    "Action",
    "AllowMajorVersionUpgrade",
    "ApplyImmediately",
    "DBClusterIdentifier",
    "DBInstanceParameterGroupName",
    "Version",
];

pub(super) fn modify(call: &mut Call<'_>) -> Answer {
    let cluster = named(call)?;
    options::plain(call)?;
    // Of serverless clusters of the first kind only, which are not modelled.
    call.lacks(&["EnableHttpEndpoint"])?;
    let now = call.flag("ApplyImmediately")?.unwrap_or_default();
    if call.params.fingerprint(MANNERS) == "[]" {
        return Err(Fault::combination("No modifications were requested"));
    }
    if cluster.status != Status::Available {
        return Err(wrong_state(format!(
            "DB Cluster {} is not in available state: it is {}",
            cluster.id,
            cluster.status.name()
        )));
    }
    let mut new = cluster.clone();
    at_once(call, &mut new)?;
    for change in changes(call, &cluster)? {
        let soon = now || !change.waits();
        new.body.want(&cluster.id, change, soon);
    }
    if now {
        new.pending.iter_mut().for_each(|it| it.soon = true);
    }
    let (stamp, resource) = (call.stamp, new.resource.clone());
    let body = new.body.clone();
    call.rds.clusters.change(stamp, &cluster.id, |it| it.body = body);
    if new.parameter_group != cluster.parameter_group {
        life::parameters_changed(call, &new.parameter_group, true);
    }
    if new.maintenance_window != cluster.maintenance_window {
        life::plan_window(call, &new);
    }
    if new.backup_window != cluster.backup_window {
        life::plan_backup(call, &new);
    }
    if new.groups.iter().any(|it| !it.1) {
        let at = call.scene.after(call.scene.settings.durations.db_network);
        plan(call, at, &resource, Step::Grouped);
    }
    if new.pending.iter().any(|it| it.soon) {
        let at = call.scene.after(call.scene.settings.durations.db_modification_start);
        plan(call, at, &resource, Step::Begin);
    }
    answered(call, &cluster.id)
}

/// Makes the changes that nothing waits for.
fn at_once(call: &Call<'_>, new: &mut Record<Cluster>) -> Result<(), Fault> {
    if let Some(group) = call.text("DBSubnetGroupName")
        && !group.eq_ignore_ascii_case(&new.subnet_group)
    {
        return Err(Fault::unsupported("moving a DB cluster to another subnet group"));
    }
    if let Some(wanted) = call.list("VpcSecurityGroupIds", "VpcSecurityGroupId") {
        let groups = network::security_groups(call, &new.vpc.clone(), Some(wanted))?;
        if groups != new.group_ids() {
            new.groups = groups.into_iter().map(|it| (it, false)).collect();
        }
    }
    let upgrade = call.params.given("EngineVersion");
    if let Some(name) = call.text("DBClusterParameterGroupName").filter(|_| !upgrade) {
        let family = new.running().map(|it| it.family()).unwrap_or_default();
        let name = parameter_group::for_family::<ClusterGroup>(call, Some(name), &family)?;
        new.parameter_group = name;
    }
    let backup = call.text("PreferredBackupWindow").map(|it| windows::backup(&it)).transpose()?;
    let maintenance = call.text("PreferredMaintenanceWindow");
    let maintenance = maintenance.map(|it| windows::maintenance(&it)).transpose()?;
    if backup.is_some() || maintenance.is_some() {
        new.backup_window = backup.unwrap_or_else(|| new.backup_window.clone());
        new.maintenance_window = maintenance.unwrap_or_else(|| new.maintenance_window.clone());
        windows::apart(&new.backup_window, &new.maintenance_window)?;
    }
    for (name, switch) in
        [("CopyTagsToSnapshot", Switch::CopyTags), ("DeletionProtection", Switch::Protected)]
    {
        if let Some(on) = call.flag(name)? {
            new.turn(switch, on);
        }
    }
    if let Some(on) = instance::extended_support(call)? {
        new.turn(Switch::ExtendedSupport, on);
    }
    call.flag("AutoMinorVersionUpgrade")?;
    if let Some(serverless) = Serverless::read(call, new.serverless)? {
        new.serverless = Some(serverless);
    }
    Ok(())
}

/// The changes that take their time.
fn changes(call: &Call<'_>, cluster: &Record<Cluster>) -> Result<Vec<Change>, Fault> {
    let mut all = Vec::new();
    all.extend(upgrade(call, cluster)?);
    if let Some(name) = call.text("NewDBClusterIdentifier")
        && !name.eq_ignore_ascii_case(&cluster.id)
    {
        all.push(Change::Name(free_name(call, "NewDBClusterIdentifier", &name)?));
    }
    if let Some(password) = call.text("MasterUserPassword") {
        names::password(&password)?;
        all.push(Change::Password(Hidden::new(password)));
    }
    all.extend(instance::port(call, "Port")?.map(Change::Port));
    all.extend(options::retention(call)?.map(Change::Retention));
    if let Some(kind) = options::storage(call)? {
        let rests = cluster.storage_changed.is_some_and(|it| call.now.since(it) < STORAGE_RESTS);
        if kind == "aurora-iopt1" && cluster.storage != kind && rests {
            return Err(Fault::combination(
                "The storage type of a DB cluster can be changed to aurora-iopt1 once every 30 \
                 days.",
            ));
        }
        all.push(Change::Storage(kind));
    }
    all.extend(call.flag("EnableIAMDatabaseAuthentication")?.map(Change::IamAuth));
    let of = |name: &str| call.list(&format!("CloudwatchLogsExportConfiguration.{name}"), "member");
    let (on, off) = (of("EnableLogTypes"), of("DisableLogTypes"));
    if on.is_some() || off.is_some() {
        let on = instance::log_types(Engine::Aurora, on.unwrap_or_default())?;
        let off = instance::log_types(Engine::Aurora, off.unwrap_or_default())?;
        let logs = cluster.logs.union(&on).filter(|it| !off.contains(*it)).cloned().collect();
        all.push(Change::Logs(logs));
    }
    Ok(all)
}

/// An upgrade; one to another major version has to be allowed, and brings the groups of the new
/// family.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html>
fn upgrade(call: &Call<'_>, cluster: &Record<Cluster>) -> Result<Option<Change>, Fault> {
    let allowed = call.flag("AllowMajorVersionUpgrade")?.unwrap_or_default();
    let instances = call.text("DBInstanceParameterGroupName");
    let Some(text) = call.text("EngineVersion") else {
        return match instances {
            None => Ok(None),
            Some(_) => Err(only_for_major()),
        };
    };
    let group = call.text("DBClusterParameterGroupName");
    let Some(running) = cluster.running() else { return Ok(None) };
    if text == cluster.version || text == running.major.to_string() {
        return Ok(None);
    }
    let target = Engine::Aurora.version(Some(&text), call.now)?;
    if !running.targets(call.now).contains(&target) {
        return Err(Fault::combination(format!(
            "Cannot upgrade aurora-postgresql from {} to {}",
            cluster.version,
            target.name()
        )));
    }
    if target.major == running.major {
        if instances.is_some() {
            return Err(only_for_major());
        }
        let group = match group {
            Some(name) => {
                let family = running.family();
                parameter_group::for_family::<ClusterGroup>(call, Some(name), &family)?
            }
            None => cluster.parameter_group.clone(),
        };
        return Ok(Some(Change::Version(target.name(), group, None)));
    }
    if !allowed {
        return Err(Fault::combination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major \
             version.",
        ));
    }
    let default = parameter_group::default_of(&running.family());
    if group.is_none() && cluster.parameter_group != default {
        return Err(Fault::combination(format!(
            "The current DB cluster parameter group {} is custom. You must explicitly specify a new \
             DB cluster parameter group for the engine version upgrade.",
            cluster.parameter_group
        )));
    }
    let of_instances = match instances {
        Some(name) => {
            Some(parameter_group::for_family::<Group>(call, Some(name), &target.family())?)
        }
        None => None,
    };
    let group = parameter_group::for_family::<ClusterGroup>(call, group, &target.family())?;
    Ok(Some(Change::Version(target.name(), group, of_instances)))
}

fn only_for_major() -> Fault {
    Fault::combination(
        "db-instance-parameter-group-name can only be specified for a major engine version upgrade.",
    )
}
