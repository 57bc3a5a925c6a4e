//! How a cluster is shown.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBCluster.html>

use super::{Cluster, Status, Switch, members};
use crate::{
    Time,
    services::rds::{call::texts, engine::Engine, instance, scene::Scene, tags},
    shelf::{Kind as _, Record},
    wire::xml::Xml,
};

pub(super) fn cluster(scene: &Scene<'_>, it: &Record<Cluster>) -> Xml {
    let support = instance::lifecycle(it.has(Switch::ExtendedSupport));
    let made = it.status != Status::Creating;
    let host = |kind: &str| {
        format!("{}.{kind}-{}.{}.rds.amazonaws.com", it.id, scene.realm(), scene.region)
    };
    let mut xml = Xml::new()
        .text("DBClusterIdentifier", &it.id)
        .text("DBClusterArn", scene.arn(&Cluster::path(it)))
        .text("DbClusterResourceId", &it.resource)
        .text("Status", it.status.name())
        .text("Engine", Engine::Aurora.name())
        .text("EngineVersion", &it.version)
        .text("EngineMode", "provisioned")
        .text("EngineLifecycleSupport", support)
        .text("Endpoint", host("cluster"))
        .text("ReaderEndpoint", host("cluster-ro"))
        .text("HostedZoneId", instance::hosted_zone(scene.region))
        .text("Port", it.port)
        .text("MasterUsername", &it.username)
        .maybe("DatabaseName", it.database.as_ref())
        .with(texts("AvailabilityZones", "AvailabilityZone", it.zones.clone()))
        .text("MultiAZ", members(scene.rds, &it.id).count() > 1)
        .text("ClusterCreateTime", it.created)
        .text("DBClusterParameterGroup", &it.parameter_group)
        .text("DBSubnetGroup", &it.subnet_group)
        .members("DBClusterMembers", "DBClusterMember", of_members(scene, it));
    let groups = it.groups.iter().map(|(id, in_force)| {
        let status = if *in_force { "active" } else { "adding" };
        Xml::new().text("VpcSecurityGroupId", id).text("Status", status)
    });
    xml = xml.members("VpcSecurityGroups", "VpcSecurityGroupMembership", groups);
    if made {
        let saved = Time::from_millis(scene.now.as_millis() / 300_000 * 300_000);
        xml = xml
            .text("EarliestRestorableTime", it.created)
            .text("LatestRestorableTime", it.created.max(saved));
    }
    xml.with(settings(it)).with(tags::render(&it.tags))
}

fn of_members(scene: &Scene<'_>, it: &Record<Cluster>) -> Vec<Xml> {
    let member = |one: &Record<instance::Instance>| {
        Xml::new()
            .text("DBInstanceIdentifier", &one.id)
            .text("IsClusterWriter", it.writer.as_ref() == Some(&one.resource))
            .text("DBClusterParameterGroupStatus", one.cluster_parameters())
            .text("PromotionTier", one.tier)
    };
    members(scene.rds, &it.id).map(member).collect()
}

fn settings(it: &Record<Cluster>) -> Xml {
    let mut xml = Xml::new()
        .text("AllocatedStorage", 1)
        // The usual type is not told.
        .maybe("StorageType", Some(&it.storage).filter(|it| *it != "aurora"))
        .text("StorageEncrypted", it.key.is_some())
        .maybe("KmsKeyId", it.key.as_ref())
        .text("BackupRetentionPeriod", it.retention)
        .text("PreferredBackupWindow", &it.backup_window)
        .text("PreferredMaintenanceWindow", &it.maintenance_window)
        .text("IAMDatabaseAuthenticationEnabled", it.has(Switch::IamAuth))
        .text("DeletionProtection", it.has(Switch::Protected))
        .text("CopyTagsToSnapshot", it.has(Switch::CopyTags))
        .text("HttpEndpointEnabled", it.has(Switch::HttpEndpoint))
        .text("AutoMinorVersionUpgrade", true)
        .text("CrossAccountClone", false)
        .text("NetworkType", "IPV4")
        .text("ActivityStreamStatus", "stopped")
        .nest("ReadReplicaIdentifiers", Xml::new())
        .nest("AssociatedRoles", Xml::new())
        .nest("DomainMemberships", Xml::new());
    if !it.pending.is_empty() {
        xml = xml.nest("PendingModifiedValues", it.pending_values());
    }
    xml = xml.maybe("AutomaticRestartTime", it.restart);
    if let Some(serverless) = it.serverless {
        xml = xml.nest("ServerlessV2ScalingConfiguration", serverless.render());
    }
    if it.logs.is_empty() {
        return xml;
    }
    let logs = it.logs.iter().fold(Xml::new(), |xml, it| xml.text("member", it));
    xml.nest("EnabledCloudwatchLogsExports", logs)
}
