//! How an instance is shown.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html>

use super::{Instance, Status, Switch, lifecycle};
use crate::{
    Time,
    services::rds::{certificate, scene::Scene, subnet_group, tags},
    shelf::{Kind as _, Record},
    wire::xml::Xml,
};

/// The hosted zone of RDS's names in a region.
///
/// <https://docs.aws.amazon.com/general/latest/gr/rds-service.html> does not list them; they were
/// seen. That of another region is made up.
pub(in crate::services::rds) fn hosted_zone(region: &str) -> String {
    match region {
        "us-east-1" => "Z2R2ITUGPM61AM".to_owned(),
        "us-east-2" => "Z2XHWR1WZ565X2".to_owned(),
        "us-west-2" => "Z1PVIF0B656C1W".to_owned(),
        "eu-west-1" => "Z29XKXDKYMONMX".to_owned(),
        "eu-central-1" => "Z1RLNUO7B9Q6NB".to_owned(),
        other => format!("Z{:013X}", crate::random::fold(0, other) >> 12),
    }
}

/// The host that an instance is reached at.
fn endpoint_host(scene: &Scene<'_>, name: &str) -> String {
    format!("{name}.{}.{}.rds.amazonaws.com", scene.realm(), scene.region)
}

pub(super) fn instance(scene: &Scene<'_>, it: &Record<Instance>) -> Xml {
    place(scene, it)
        .with(backups(scene, it))
        .with(storage(it))
        .with(engine(it))
        .with(watching(scene, it))
        .with(tags::render(&it.tags))
}

fn place(scene: &Scene<'_>, it: &Record<Instance>) -> Xml {
    let mut xml = Xml::new()
        .text("DBInstanceIdentifier", &it.id)
        .text("DBInstanceClass", &it.class)
        .text("DBInstanceStatus", it.status.name())
        .text("DBInstanceArn", scene.arn(&Instance::path(it)))
        .text("DbiResourceId", &it.resource)
        .text("DbInstancePort", 0)
        .maybe("DBClusterIdentifier", it.cluster.as_ref());
    if it.created.is_some() {
        let endpoint = Xml::new()
            .text("Address", endpoint_host(scene, &it.id))
            .text("Port", it.port)
            .text("HostedZoneId", hosted_zone(scene.region));
        xml = xml.nest("Endpoint", endpoint).maybe("InstanceCreateTime", it.created);
    }
    let groups = it.groups.iter().map(|(id, in_force)| {
        Xml::new()
            .text("VpcSecurityGroupId", id)
            .text("Status", if *in_force { "active" } else { "adding" })
    });
    // A zone is told when the machine is there.
    let zone = it.created.map(|_| &it.zone);
    let standby = it.standby.as_ref().filter(|_| it.created.is_some());
    xml = xml
        .nest("DBSecurityGroups", Xml::new())
        .members("VpcSecurityGroups", "VpcSecurityGroupMembership", groups)
        .maybe("AvailabilityZone", zone)
        .maybe("SecondaryAvailabilityZone", standby)
        .text("MultiAZ", it.standby.is_some())
        .text("PubliclyAccessible", it.has(Switch::Public))
        .text("NetworkType", "IPV4");
    match scene.rds.subnet_groups.get(&it.subnet_group) {
        Some(group) => xml.nest("DBSubnetGroup", subnet_group::render(scene, group)),
        None => xml,
    }
}

fn backups(scene: &Scene<'_>, it: &Record<Instance>) -> Xml {
    // Every five minutes the log is saved.
    let saved = Time::from_millis(scene.now.as_millis() / 300_000 * 300_000);
    let latest = it.created.filter(|_| it.retention > 0).map(|it| it.max(saved));
    Xml::new()
        .text("PreferredBackupWindow", &it.backup_window)
        .text("BackupRetentionPeriod", it.retention)
        .text("PreferredMaintenanceWindow", &it.maintenance_window)
        .maybe("LatestRestorableTime", latest)
        .text("BackupTarget", "region")
        .text("CopyTagsToSnapshot", it.has(Switch::CopyTags))
        .text("DeletionProtection", it.has(Switch::Protected))
        .nest("PendingModifiedValues", it.pending_values())
        .maybe("AutomaticRestartTime", it.restart.filter(|_| it.status == Status::Stopped))
}

fn storage(it: &Record<Instance>) -> Xml {
    Xml::new()
        .text("AllocatedStorage", it.storage.gib)
        .text("StorageType", &it.storage.kind)
        .maybe("Iops", it.storage.iops)
        .text("StorageThroughput", it.storage.throughput)
        .maybe("MaxAllocatedStorage", it.storage.most)
        .text("StorageEncrypted", it.key.is_some())
        .maybe("KmsKeyId", it.key.as_ref())
        .text("DedicatedLogVolume", false)
        .text("IsStorageConfigUpgradeAvailable", false)
}

fn engine(it: &Record<Instance>) -> Xml {
    let group = Xml::new()
        .text("DBParameterGroupName", &it.parameter_group)
        .text("ParameterApplyStatus", it.applied.name());
    let major = it.version.split('.').next().unwrap_or_default();
    let options = Xml::new()
        .text("OptionGroupName", format!("default:{}-{major}", it.engine.name()))
        .text("Status", "in-sync");
    let made = it.created.unwrap_or_default();
    Xml::new()
        .text("Engine", it.engine.name())
        .text("EngineVersion", &it.version)
        .text("LicenseModel", "postgresql-license")
        .text("EngineLifecycleSupport", lifecycle(it.has(Switch::ExtendedSupport)))
        .text("MasterUsername", &it.username)
        .maybe("DBName", it.database.as_ref())
        .members("DBParameterGroups", "DBParameterGroup", [group])
        .members("OptionGroupMemberships", "OptionGroupMembership", [options])
        .text("AutoMinorVersionUpgrade", it.has(Switch::AutoMinor))
        .text("IAMDatabaseAuthenticationEnabled", it.has(Switch::IamAuth))
        .text("CACertificateIdentifier", &it.certificate)
        .nest("CertificateDetails", certificate::details(&it.certificate, made))
        .nest("ReadReplicaDBInstanceIdentifiers", Xml::new())
        .nest("DomainMemberships", Xml::new())
        .nest("AssociatedRoles", Xml::new())
        .text("CustomerOwnedIpEnabled", false)
        .text("ActivityStreamStatus", "stopped")
        .maybe("PromotionTier", it.cluster.as_ref().map(|_| it.tier))
}

fn watching(scene: &Scene<'_>, it: &Record<Instance>) -> Xml {
    let mut xml = Xml::new().text("DatabaseInsightsMode", "standard");
    xml = match &it.monitoring {
        Some((interval, role)) => {
            let stream = format!(
                "arn:aws:logs:{}:{}:log-group:RDSOSMetrics:log-stream:{}",
                scene.region, scene.settings.account, it.resource
            );
            xml.text("MonitoringInterval", interval)
                .text("MonitoringRoleArn", role)
                .text("EnhancedMonitoringResourceArn", stream)
        }
        None => xml.text("MonitoringInterval", 0),
    };
    xml = xml.text("PerformanceInsightsEnabled", it.insights.is_some());
    if let Some((days, key)) = &it.insights {
        xml = xml
            .text("PerformanceInsightsKMSKeyId", key)
            .text("PerformanceInsightsRetentionPeriod", days);
    }
    if it.logs.is_empty() {
        return xml;
    }
    let logs = it.logs.iter().fold(Xml::new(), |xml, it| xml.text("member", it));
    xml.nest("EnabledCloudwatchLogsExports", logs)
}
