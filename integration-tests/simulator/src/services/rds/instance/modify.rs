//! How an instance is changed.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>

use super::{
    Answer, Applied, Instance, Status, Step, Switch, answered, change::Change, create::free_name,
    life, member, named, options, plan, storage, wrong_state,
};
use crate::{
    fault::Fault,
    hidden::Hidden,
    services::rds::{
        call::Call,
        certificate, class, names, network,
        parameter_group::{self, Group},
        subnet_group, windows,
    },
    shelf::Record,
};

/// Parameters that say how, not what.
const MANNERS: &[&str] = &[
    "Action",
    "AllowMajorVersionUpgrade",
    "ApplyImmediately",
    "CertificateRotationRestart",
    "DBInstanceIdentifier",
    "Version",
];

pub(super) fn modify(call: &mut Call<'_>) -> Answer {
    let instance = named(call)?;
    options::plain(call)?;
    call.lacks(&["Engine", "TagSpecifications"])?;
    if instance.cluster.is_some() {
        member::only_its_own(call)?;
    }
    let now = call.flag("ApplyImmediately")?.unwrap_or_default();
    if call.params.fingerprint(MANNERS) == "[]" {
        return Err(Fault::combination("No modifications were requested"));
    }
    let usable = instance.status.is_up()
        || matches!(
            instance.status,
            Status::IncompatibleParameters | Status::Stopped | Status::StorageFull
        );
    if !usable {
        return Err(wrong_state(format!(
            "Database instance is not in available state. Instance {} is {}",
            instance.id,
            instance.status.name()
        )));
    }
    let mut new = instance.clone();
    at_once(call, &mut new)?;
    let changes = changes(call, &instance)?;
    let asked: Vec<_> = changes.into_iter().map(|it| (it.never_waits(&instance), it)).collect();
    for (soon, change) in asked {
        new.body.want(&instance.id, change, soon || now);
    }
    if now {
        new.pending.iter_mut().for_each(|it| it.soon = true);
    }
    keep(call, &instance, &new)
}

/// Keeps what became of an instance, and plans what follows.
fn keep(call: &mut Call<'_>, old: &Record<Instance>, new: &Record<Instance>) -> Answer {
    let (stamp, resource) = (call.stamp, new.resource.clone());
    let body = new.body.clone();
    call.rds.instances.change(stamp, &old.id, |it| it.body = body);
    if new.maintenance_window != old.maintenance_window {
        life::plan_window(call, new);
    }
    if new.backup_window != old.backup_window {
        life::replan_backup(call, new);
    }
    if new.groups.iter().any(|it| !it.1) {
        let at = call.scene.after(call.scene.settings.durations.db_network);
        plan(call, at, &resource, Step::Grouped);
    }
    if new.applied == Applied::Applying && old.parameter_group != new.parameter_group {
        let at = call.scene.after(call.scene.settings.durations.db_parameters);
        plan(call, at, &resource, Step::Applied(true));
    }
    if new.pending.iter().any(|it| it.soon) {
        let at = call.scene.after(call.scene.settings.durations.db_modification_start);
        plan(call, at, &resource, Step::Begin);
    }
    answered(call, &old.id)
}

/// Makes the changes that nothing waits for.
fn at_once(call: &Call<'_>, new: &mut Record<Instance>) -> Result<(), Fault> {
    if let Some(group) = call.text("DBSubnetGroupName") {
        move_to(call, new, &group)?;
    }
    if let Some(wanted) = call.list("VpcSecurityGroupIds", "VpcSecurityGroupId") {
        let groups = network::security_groups(call, &new.vpc.clone(), Some(wanted))?;
        if groups != new.group_ids() {
            let old = new.group_ids();
            new.groups = groups.into_iter().map(|it| (it.clone(), old.contains(&it))).collect();
            // One that goes is in force until then.
            if let Some(first) = new.groups.first_mut().filter(|it| it.1) {
                first.1 = false;
            }
        }
    }
    if let Some(name) =
        call.text("DBParameterGroupName").filter(|_| !call.params.given("EngineVersion"))
    {
        let family = new.running().map(|it| it.family()).unwrap_or_default();
        let name = parameter_group::for_family::<Group>(call, Some(name), &family)?;
        if name != new.parameter_group {
            new.parameter_group = name;
            new.applied = Applied::Applying;
        }
    }
    let backup = call.text("PreferredBackupWindow").map(|it| windows::backup(&it)).transpose()?;
    let maintenance = call.text("PreferredMaintenanceWindow");
    let maintenance = maintenance.map(|it| windows::maintenance(&it)).transpose()?;
    if backup.is_some() || maintenance.is_some() {
        new.backup_window = backup.unwrap_or_else(|| new.backup_window.clone());
        new.maintenance_window = maintenance.unwrap_or_else(|| new.maintenance_window.clone());
        windows::apart(&new.backup_window, &new.maintenance_window)?;
    }
    if let Some(asked) = call.flag("PubliclyAccessible")? {
        let public = network::public(call, &new.vpc.clone(), Some(asked))?;
        new.turn(Switch::Public, public);
    }
    new.turn_as_asked(Switch::AutoMinor, call.flag("AutoMinorVersionUpgrade")?);
    new.turn_as_asked(Switch::CopyTags, call.flag("CopyTagsToSnapshot")?);
    new.turn_as_asked(Switch::ExtendedSupport, options::extended_support(call)?);
    new.turn_as_asked(Switch::Protected, call.flag("DeletionProtection")?);
    if let Some(monitoring) = options::monitoring(call)? {
        new.monitoring = monitoring.on();
    }
    if let Some(insights) = options::insights(call, Some(&new.body))? {
        new.insights = insights.on();
    }
    if let Some(tier) = call.between("PromotionTier", 0, 15)? {
        new.tier = tier;
    }
    if let Some(most) = call.number("MaxAllocatedStorage")? {
        new.storage = new.storage.clone().grow_to(Some(most))?;
    }
    Ok(())
}

/// A database moves to another VPC only, never within its own.
///
/// <https://github.com/hashicorp/terraform-provider-aws/issues/512>
fn move_to(call: &Call<'_>, new: &Record<Instance>, group: &str) -> Result<(), Fault> {
    let group = subnet_group::to_use(call, &group.to_ascii_lowercase())?;
    if group.id == new.subnet_group {
        return Ok(());
    }
    if group.vpc == new.vpc {
        return Err(Fault::client(
            "InvalidVPCNetworkStateFault",
            format!(
                "You cannot move DB instance {} to subnet group {}. The specified DB subnet group \
                 and DB instance are in the same VPC. Choose a DB subnet group in different VPC \
                 than the specified DB instance and try again.",
                new.id, group.id
            ),
        ));
    }
    Err(Fault::unsupported("moving a DB instance to another VPC"))
}

/// The changes that take their time.
fn changes(call: &mut Call<'_>, instance: &Record<Instance>) -> Result<Vec<Change>, Fault> {
    let mut all = Vec::new();
    if let Some(change) = upgrade(call, instance)? {
        all.push(change);
    }
    if let Some(class) = call.text("DBInstanceClass") {
        if let Some(version) = instance.running() {
            class::check(call.region, &class, &version)?;
        }
        all.push(Change::Class(class));
    }
    let wanted = storage::Wanted::read(call)?;
    if wanted.is_change() {
        let storage = instance.wanted_storage().changed(&wanted)?;
        let change = Change::Storage(storage);
        let rests =
            instance.storage_changed.is_some_and(|it| call.now.since(it) < life::STORAGE_RESTS);
        let busy = rests || instance.status == Status::StorageOptimization;
        if busy && !change.is_made(&instance.id, instance) {
            return Err(Fault::combination(
                "You can't currently modify the storage of this DB instance because the previous \
                 storage change is being optimized.",
            ));
        }
        all.push(change);
    }
    if let Some(multi) = call.flag("MultiAZ")? {
        all.push(Change::Standby(standby(call, instance, multi)?));
    }
    all.extend(options::retention(call)?.map(Change::Retention));
    all.extend(options::port(call, "DBPortNumber")?.map(Change::Port));
    if let Some(password) = call.text("MasterUserPassword") {
        names::password(&password)?;
        all.push(Change::Password(Hidden::new(password)));
    }
    let restart = call.flag("CertificateRotationRestart")?.unwrap_or(false);
    if let Some(name) = call.text("CACertificateIdentifier") {
        certificate::check(&name)?;
        all.push(Change::Certificate(name, restart));
    }
    all.extend(call.flag("EnableIAMDatabaseAuthentication")?.map(Change::IamAuth));
    if let Some(name) = call.text("NewDBInstanceIdentifier")
        && !name.eq_ignore_ascii_case(&instance.id)
    {
        let name = free_name(call, "NewDBInstanceIdentifier", &name)?;
        all.push(Change::Name(name));
    }
    let of = |name: &str| call.list(&format!("CloudwatchLogsExportConfiguration.{name}"), "member");
    let (on, off) = (of("EnableLogTypes"), of("DisableLogTypes"));
    if on.is_some() || off.is_some() {
        let on = options::log_types(instance.engine, on.unwrap_or_default())?;
        let off = options::log_types(instance.engine, off.unwrap_or_default())?;
        if let Some(both) = on.intersection(&off).next() {
            return Err(Fault::combination(format!(
                "The log type {both} cannot be enabled and disabled at once."
            )));
        }
        let logs = instance.logs.union(&on).filter(|it| !off.contains(*it)).cloned().collect();
        all.push(Change::Logs(logs));
    }
    Ok(all)
}

/// The zone of a standby that is asked for.
fn standby(call: &mut Call<'_>, instance: &Instance, multi: bool) -> Result<Option<String>, Fault> {
    if !multi || instance.standby.is_some() {
        return Ok(instance.standby.clone().filter(|_| multi));
    }
    let group = subnet_group::to_use(call, &instance.subnet_group)?;
    let mut zones = group.zones();
    zones.retain(|it| *it != instance.zone);
    let zone = call.rng.pick(&zones).cloned();
    zone.map(Some).ok_or_else(|| {
        Fault::client(
            "InvalidVPCNetworkStateFault",
            "The DB subnet group has no other zone for a standby.",
        )
    })
}

/// An upgrade; one to another major version has to be allowed, and brings the parameter group of
/// the new family.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.html>
fn upgrade(call: &Call<'_>, instance: &Record<Instance>) -> Result<Option<Change>, Fault> {
    let allowed = call.flag("AllowMajorVersionUpgrade")?.unwrap_or_default();
    let Some(text) = call.text("EngineVersion") else { return Ok(None) };
    let group = call.text("DBParameterGroupName");
    let Some(running) = instance.running() else { return Ok(None) };
    if text == instance.version || text == running.major.to_string() {
        return Ok(None);
    }
    let target = instance.engine.version(Some(&text), call.now)?;
    if !running.targets(call.now).contains(&target) {
        return Err(Fault::combination(format!(
            "Cannot upgrade {} from {} to {}",
            instance.engine.name(),
            instance.version,
            target.name()
        )));
    }
    if target.major != running.major {
        if !allowed {
            return Err(Fault::combination(
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major \
                 version.",
            ));
        }
        let default = parameter_group::default_of(&running.family());
        if group.is_none() && instance.parameter_group != default {
            return Err(Fault::combination(format!(
                "The current DB instance parameter group {} is custom. You must explicitly specify \
                 a new DB instance parameter group, either default or custom, for the engine \
                 version upgrade.",
                instance.parameter_group
            )));
        }
    }
    let same = target.major == running.major && group.is_none();
    let group = if same {
        instance.parameter_group.clone()
    } else {
        parameter_group::for_family::<Group>(call, group, &target.family())?
    };
    Ok(Some(Change::Version(target.name(), group)))
}
