//! Aurora: clusters and their instances.

use super::{delete, modify, seen, status, subnet_group, until};
use crate::client::{Answer, Client};

const PLAIN: &[(&str, &str)] = &[
    ("DBClusterIdentifier", "Cluster"),
    ("Engine", "aurora-postgresql"),
    ("EngineVersion", "17.5"),
    ("MasterUsername", "chainlink"),
    ("MasterUserPassword", "correct-horse-battery"),
    ("DBSubnetGroupName", "net"),
];
const NOW: (&str, &str) = ("ApplyImmediately", "true");

async fn create(client: &Client, more: &[(&str, &str)]) -> Answer {
    let kept = PLAIN.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
    let params: Vec<_> = kept.chain(more).filter(|it| !it.1.is_empty()).copied().collect();
    client.rds("CreateDBCluster", &params).await
}

async fn on_cluster(client: &Client, action: &str, more: &[(&str, &str)]) -> Answer {
    let named = ("DBClusterIdentifier", "cluster");
    let params: Vec<_> = [named].into_iter().chain(more.iter().copied()).collect();
    client.rds(action, &params).await
}

async fn cluster(client: &Client) -> Answer {
    on_cluster(client, "DescribeDBClusters", &[]).await
}

async fn cluster_until(client: &Client, wanted: &str) {
    for _ in 0..400 {
        let answer = cluster(client).await;
        let gone = wanted == "gone" && answer.code() == "DBClusterNotFoundFault";
        if gone || cluster_status(&answer) == wanted {
            return;
        }
        client.wait(20).await;
    }
    let answer = cluster(client).await;
    assert_eq!(cluster_status(&answer), wanted, "{}", answer.body);
}

/// The state of the cluster itself, which is not the first one that is told.
fn cluster_status(answer: &Answer) -> String {
    let known = [
        "available",
        "backing-up",
        "creating",
        "deleting",
        "failing-over",
        "modifying",
        "renaming",
        "resetting-master-credentials",
        "starting",
        "stopped",
        "stopping",
        "upgrading",
    ];
    answer.texts("Status").into_iter().find(|it| known.contains(&&**it)).unwrap_or_default()
}

async fn member(client: &Client, id: &str, more: &[(&str, &str)]) -> Answer {
    let plain = [
        ("DBInstanceIdentifier", id),
        ("DBClusterIdentifier", "cluster"),
        ("Engine", "aurora-postgresql"),
        ("DBInstanceClass", "db.r6g.large"),
    ];
    let kept = plain.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
    let params: Vec<_> = kept.chain(more).copied().collect();
    client.rds("CreateDBInstance", &params).await
}

/// A cluster with two instances `db` and `other`, of which the first writes.
async fn running(more: &[(&str, &str)]) -> Client {
    let client = Client::calm();
    subnet_group(&client).await;
    create(&client, more).await.good();
    cluster_until(&client, "available").await;
    for id in ["db", "other"] {
        member(&client, id, &[]).await.good();
        until(&client, id, "available").await;
    }
    client
}

fn writer(cluster: &Answer) -> String {
    let members = cluster.texts("DBClusterMember");
    let writes = members.iter().find(|it| it.contains("<IsClusterWriter>true<"));
    let id = writes.and_then(|it| it.split("<DBInstanceIdentifier>").nth(1)?.split('<').next());
    id.unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_there_before_its_instances() {
    let client = Client::calm();
    subnet_group(&client).await;
    let made = create(&client, &[("DatabaseName", "chainlink")]).await.good();
    assert_eq!(cluster_status(&made), "creating");
    assert!(!made.body.contains("correct-horse-battery"));
    assert_eq!(create(&client, &[]).await.code(), "DBClusterAlreadyExistsFault");
    cluster_until(&client, "available").await;
    let there = cluster(&client).await;
    for (name, value) in [
        ("DBClusterIdentifier", "cluster"),
        ("EngineVersion", "17.5"),
        ("EngineMode", "provisioned"),
        ("Port", "5432"),
        ("BackupRetentionPeriod", "1"),
        ("DBClusterParameterGroup", "default.aurora-postgresql17"),
        ("DBSubnetGroup", "net"),
        ("DeletionProtection", "false"),
        ("StorageEncrypted", "false"),
        ("MultiAZ", "false"),
        ("DBClusterArn", "arn:aws:rds:us-east-1:123456789012:cluster:cluster"),
    ] {
        assert_eq!(there.text(name), value, "{name}");
    }
    assert!(there.text("Endpoint").starts_with("cluster.cluster-c"), "{}", there.body);
    assert!(there.text("ReaderEndpoint").starts_with("cluster.cluster-ro-c"));
    assert_eq!(there.texts("AvailabilityZone").len(), 3);
    assert!(there.texts("DBClusterMember").is_empty());
}

#[tokio::test(start_paused = true)]
async fn instances_take_over_what_is_the_clusters_and_one_writes() {
    let client = running(&[("BackupRetentionPeriod", "7"), ("Port", "5433")]).await;
    let there = cluster(&client).await;
    assert_eq!(writer(&there), "db");
    assert_eq!(there.texts("DBClusterMember").len(), 2);
    assert_eq!(there.text("MultiAZ"), "true");
    let db = seen(&client, "db").await;
    for (name, value) in [
        ("Engine", "aurora-postgresql"),
        ("EngineVersion", "17.5"),
        ("StorageType", "aurora"),
        ("AllocatedStorage", "1"),
        ("BackupRetentionPeriod", "7"),
        ("Port", "5433"),
        ("DBClusterIdentifier", "cluster"),
        ("PromotionTier", "1"),
        ("MultiAZ", "false"),
    ] {
        assert_eq!(db.text(name), value, "{name}");
    }
    let of = [
        ("Filters.Filter.1.Name", "db-cluster-id"),
        ("Filters.Filter.1.Values.Value.1", "cluster"),
    ];
    let both = client.rds("DescribeDBInstances", &of).await.good();
    assert_eq!(both.texts("DBInstanceArn").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_the_clusters_is_not_set_for_its_instances() {
    let client = running(&[]).await;
    for (name, value, code) in [
        ("DBClusterIdentifier", "none", "DBClusterNotFoundFault"),
        ("Engine", "postgres", "InvalidParameterCombination"),
        ("EngineVersion", "17.6", "InvalidParameterCombination"),
        ("DBInstanceClass", "db.m6g.large", "InvalidParameterCombination"),
        ("DBInstanceClass", "db.serverless", "InvalidParameterCombination"),
        ("MasterUserPassword", "correct-horse-battery", "InvalidParameterCombination"),
        ("AllocatedStorage", "100", "InvalidParameterCombination"),
        ("DeletionProtection", "true", "InvalidParameterCombination"),
    ] {
        let refused = member(&client, "third", &[(name, value)]).await;
        assert_eq!(refused.code(), code, "{name}={value}: {}", refused.body);
    }
    let refused = modify(&client, &[("BackupRetentionPeriod", "7")]).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
    let snapshot = [("DBSnapshotIdentifier", "s"), ("DBInstanceIdentifier", "db")];
    let refused = client.rds("CreateDBSnapshot", &snapshot).await;
    assert_eq!(refused.code(), "InvalidDBInstanceState");
    let stop = client.rds("StopDBInstance", &[("DBInstanceIdentifier", "db")]).await;
    assert_eq!(stop.code(), "InvalidDBClusterStateFault");
}

#[tokio::test(start_paused = true)]
async fn an_instance_of_a_cluster_that_is_not_there_yet() {
    for (answer, code) in [(0, "InvalidDBClusterStateFault"), (1, "")] {
        let client = super::answering("instance-of-new-cluster", answer);
        subnet_group(&client).await;
        create(&client, &[]).await.good();
        assert_eq!(member(&client, "db", &[]).await.code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn another_instance_writes_when_it_is_told_or_the_first_goes() {
    let client = running(&[]).await;
    let told = on_cluster(&client, "FailoverDBCluster", &[]).await.good();
    assert_eq!(cluster_status(&told), "failing-over");
    cluster_until(&client, "available").await;
    assert_eq!(writer(&cluster(&client).await), "other");
    let back = [("TargetDBInstanceIdentifier", "db")];
    on_cluster(&client, "FailoverDBCluster", &back).await.good();
    cluster_until(&client, "available").await;
    assert_eq!(writer(&cluster(&client).await), "db");
    let none = [("TargetDBInstanceIdentifier", "none")];
    let none = on_cluster(&client, "FailoverDBCluster", &none).await;
    assert_eq!(none.code(), "DBInstanceNotFound");
    let last = [("FinalDBSnapshotIdentifier", "last")];
    assert_eq!(delete(&client, &last).await.code(), "InvalidParameterCombination");
    delete(&client, &[]).await.good();
    assert_eq!(writer(&cluster(&client).await), "other");
    until(&client, "db", "gone").await;
    let alone = on_cluster(&client, "FailoverDBCluster", &[]).await;
    assert_eq!(alone.code(), "InvalidDBClusterStateFault");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_goes_after_its_instances() {
    let client = running(&[("DeletionProtection", "true")]).await;
    let skip = [("SkipFinalSnapshot", "true")];
    let protected = on_cluster(&client, "DeleteDBCluster", &skip).await;
    assert_eq!(protected.code(), "InvalidParameterCombination");
    on_cluster(&client, "ModifyDBCluster", &[("DeletionProtection", "false")]).await.good();
    let held = on_cluster(&client, "DeleteDBCluster", &skip).await;
    assert_eq!(held.code(), "InvalidDBClusterStateFault");
    assert!(held.body.contains("still contains DB instances in non-deleting state"));
    assert_eq!(
        on_cluster(&client, "DeleteDBCluster", &[]).await.code(),
        "InvalidParameterCombination"
    );
    for id in ["db", "other"] {
        client.rds("DeleteDBInstance", &[("DBInstanceIdentifier", id)]).await.good();
    }
    let last = [("FinalDBSnapshotIdentifier", "The-Last")];
    on_cluster(&client, "DeleteDBCluster", &last).await.good();
    assert_eq!(cluster_status(&cluster(&client).await), "deleting");
    let group = [("DBSubnetGroupName", "net")];
    let used = client.rds("DeleteDBSubnetGroup", &group).await;
    assert_eq!(used.code(), "InvalidDBSubnetGroupStateFault");
    cluster_until(&client, "gone").await;
    assert_eq!(seen(&client, "db").await.code(), "DBInstanceNotFound");
    let snapshots = client.rds("DescribeDBClusterSnapshots", &[]).await.good();
    assert_eq!(snapshots.texts("DBClusterSnapshotIdentifier"), ["the-last"]);
    client.rds("DeleteDBSubnetGroup", &group).await.good();
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_changed_with_its_instances() {
    let client = running(&[("PreferredMaintenanceWindow", "sun:04:00-sun:05:00")]).await;
    let none = on_cluster(&client, "ModifyDBCluster", &[NOW]).await;
    assert!(none.body.contains("No modifications were requested"), "{}", none.body);
    let told = [
        ("MasterUserPassword", "another-password-1"),
        ("EngineVersion", "17.6"),
        ("EnableIAMDatabaseAuthentication", "true"),
        ("CloudwatchLogsExportConfiguration.EnableLogTypes.member.1", "postgresql"),
    ];
    let told = on_cluster(&client, "ModifyDBCluster", &told).await.good();
    assert_eq!(told.text("MasterUserPassword"), "****");
    client.wait(60).await;
    cluster_until(&client, "available").await;
    // The version waits for Sunday.
    let there = cluster(&client).await;
    assert_eq!(there.text("PendingModifiedValues"), "<EngineVersion>17.6</EngineVersion>");
    assert_eq!(seen(&client, "db").await.text("IAMDatabaseAuthenticationEnabled"), "true");
    let prefix = serde_json::json!({ "logGroupNamePrefix": "/aws/rds/cluster/" });
    let groups = client.logs("DescribeLogGroups", prefix).await.good();
    assert!(groups.body.contains("/aws/rds/cluster/cluster/postgresql"), "{}", groups.body);
    client.wait(4 * 24 * 3600).await;
    assert_eq!(seen(&client, "db").await.text("EngineVersion"), "17.6");
    assert!(!cluster(&client).await.body.contains("PendingModifiedValues"));

    let rename = [("NewDBClusterIdentifier", "renamed"), NOW];
    cluster_until(&client, "available").await;
    on_cluster(&client, "ModifyDBCluster", &rename).await.good();
    cluster_until(&client, "gone").await;
    assert_eq!(seen(&client, "db").await.text("DBClusterIdentifier"), "renamed");
}

#[tokio::test(start_paused = true)]
async fn static_parameters_of_the_cluster_wait_for_each_instances_restart() {
    let client = running(&[]).await;
    let group = [
        ("DBClusterParameterGroupName", "mine"),
        ("DBParameterGroupFamily", "aurora-postgresql17"),
        ("Description", "x"),
    ];
    client.rds("CreateDBClusterParameterGroup", &group).await.good();
    let to = [group[0]];
    let told = on_cluster(&client, "ModifyDBCluster", &to).await.good();
    let waiting = |it: &Answer| {
        it.texts("DBClusterParameterGroupStatus")
            .iter()
            .filter(|it| *it == "pending-reboot")
            .count()
    };
    assert_eq!(waiting(&told), 2, "{}", told.body);
    let held = client.rds("DeleteDBClusterParameterGroup", &to).await;
    assert_eq!(held.code(), "InvalidDBParameterGroupState");
    client.rds("RebootDBInstance", &[("DBInstanceIdentifier", "other")]).await.good();
    until(&client, "other", "available").await;
    assert_eq!(waiting(&cluster(&client).await), 1);
}

#[tokio::test(start_paused = true)]
async fn instances_without_a_size_need_the_clusters_capacity() {
    let client = running(&[]).await;
    let scaling = |least, most| {
        [
            ("ServerlessV2ScalingConfiguration.MinCapacity", least),
            ("ServerlessV2ScalingConfiguration.MaxCapacity", most),
        ]
    };
    for (least, most) in [("4", "2"), ("0.3", "2"), ("0", "0.5")] {
        let refused = on_cluster(&client, "ModifyDBCluster", &scaling(least, most)).await;
        assert!(refused.code().starts_with("InvalidParameter"), "{least} {most}");
    }
    let told = on_cluster(&client, "ModifyDBCluster", &scaling("0.5", "8")).await.good();
    assert_eq!(told.text("MaxCapacity"), "8.0");
    let serverless = [("DBInstanceClass", "db.serverless")];
    member(&client, "third", &serverless).await.good();
    until(&client, "third", "available").await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_restored_without_its_instances() {
    let client = running(&[("StorageEncrypted", "true"), ("DatabaseName", "chainlink")]).await;
    let snap = [("DBClusterSnapshotIdentifier", "Snap")];
    let made = on_cluster(&client, "CreateDBClusterSnapshot", &snap).await.good();
    assert_eq!(made.text("Status"), "creating");
    let again = on_cluster(&client, "CreateDBClusterSnapshot", &snap).await;
    assert_eq!(again.code(), "DBClusterSnapshotAlreadyExistsFault");
    let restore = [
        ("DBClusterIdentifier", "restored"),
        ("SnapshotIdentifier", "snap"),
        ("Engine", "aurora-postgresql"),
        ("DBSubnetGroupName", "net"),
    ];
    let early = client.rds("RestoreDBClusterFromSnapshot", &restore).await;
    assert_eq!(early.code(), "InvalidDBClusterSnapshotStateFault");
    client.wait(600).await;
    let made = client.rds("RestoreDBClusterFromSnapshot", &restore).await.good();
    let was = cluster(&client).await;
    for same in ["DatabaseName", "MasterUsername", "KmsKeyId", "EngineVersion"] {
        assert_eq!(made.text(same), was.text(same), "{same}");
    }
    assert!(made.texts("DBClusterMember").is_empty());
    let moment = [
        ("DBClusterIdentifier", "then"),
        ("SourceDBClusterIdentifier", "cluster"),
        ("UseLatestRestorableTime", "true"),
        ("DBSubnetGroupName", "net"),
    ];
    client.rds("RestoreDBClusterToPointInTime", &moment).await.good();
    let named = [("DBClusterSnapshotIdentifier", "snap")];
    client.rds("DeleteDBClusterSnapshot", &named).await.good();
    let gone = client.rds("DescribeDBClusterSnapshots", &named).await;
    assert_eq!((gone.status, &*gone.code()), (404, "DBClusterSnapshotNotFoundFault"));
}

#[tokio::test(start_paused = true)]
async fn every_change_by_hand_is_one_that_rds_allows() {
    let mark = [("Tags.Tag.1.Key", "clctl.dev/uid"), ("Tags.Tag.1.Value", "u")];
    let client = running(&mark).await;
    member(&client, "third", &mark).await.good();
    until(&client, "third", "available").await;
    assert_eq!(status(&client, "third").await, "available");
    let (said, refused) = client.simulator.with(|world| {
        let deeds = world.deeds();
        let said: Vec<_> = deeds.iter().map(|it| it.says().to_owned()).collect();
        let refused: Vec<_> = deeds.iter().filter(|deed| !world.clone().does(deed)).collect();
        (said, refused.into_iter().map(|it| it.says().to_owned()).collect::<Vec<_>>())
    });
    assert!(said.len() > 14, "{said:?}");
    // In a VPC without a way out nothing is public.
    let refused = refused.iter().filter(|it| !it.contains("PubliclyAccessible is true"));
    assert_eq!(refused.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_stops_with_its_instances_and_starts_by_itself_after_seven_days() {
    let client = running(&[]).await;
    on_cluster(&client, "StopDBCluster", &[]).await.good();
    cluster_until(&client, "stopped").await;
    assert_eq!(status(&client, "db").await, "stopped");
    let refused = on_cluster(&client, "ModifyDBCluster", &[("BackupRetentionPeriod", "9")]).await;
    assert_eq!(refused.code(), "InvalidDBClusterStateFault");
    on_cluster(&client, "StartDBCluster", &[]).await.good();
    cluster_until(&client, "available").await;
    assert_eq!(status(&client, "db").await, "available");
    let twice = on_cluster(&client, "StartDBCluster", &[]).await;
    assert_eq!(twice.code(), "InvalidDBClusterStateFault");
    on_cluster(&client, "StopDBCluster", &[]).await.good();
    cluster_until(&client, "stopped").await;
    client.wait(6 * 24 * 60 * 60).await;
    assert_eq!(cluster_status(&cluster(&client).await), "stopped");
    client.wait(24 * 60 * 60).await;
    cluster_until(&client, "available").await;
}

#[tokio::test(start_paused = true)]
async fn the_http_endpoint_has_calls_of_its_own() {
    let client = running(&[]).await;
    let arn = cluster(&client).await.text("DBClusterArn");
    let on = async |action| client.rds(action, &[("ResourceArn", &*arn)]).await;
    assert_eq!(on("EnableHttpEndpoint").await.good().text("HttpEndpointEnabled"), "true");
    assert_eq!(cluster(&client).await.text("HttpEndpointEnabled"), "true");
    assert_eq!(on("DisableHttpEndpoint").await.good().text("HttpEndpointEnabled"), "false");
    let none = [("ResourceArn", "arn:aws:rds:us-east-1:123456789012:cluster:none")];
    assert_eq!(client.rds("EnableHttpEndpoint", &none).await.code(), "ResourceNotFoundFault");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_made_of_what_an_instance_of_rds_was_or_a_cluster_at_a_time() {
    let (client, _) = super::running(&[]).await;
    let last = [("FinalDBSnapshotIdentifier", "last")];
    delete(&client, &last).await.good();
    until(&client, "db", "gone").await;
    let arn = "arn:aws:rds:us-east-1:123456789012:snapshot:last";
    let of = |name| {
        [
            ("SnapshotIdentifier", name),
            ("Engine", "aurora-postgresql"),
            ("DBSubnetGroupName", "net"),
        ]
    };
    let refused = on_cluster(&client, "RestoreDBClusterFromSnapshot", &of("last")).await;
    assert_eq!(refused.code(), "DBClusterSnapshotNotFoundFault");
    on_cluster(&client, "RestoreDBClusterFromSnapshot", &of(arn)).await.good();
    cluster_until(&client, "available").await;
    client.wait(3600).await;
    let gone = [("SkipFinalSnapshot", "true"), ("DeleteAutomatedBackups", "false")];
    on_cluster(&client, "DeleteDBCluster", &gone).await.good();
    cluster_until(&client, "gone").await;
    let named = [("DBClusterIdentifier", "cluster")];
    let backup = client.rds("DescribeDBClusterAutomatedBackups", &named).await.good();
    assert_eq!(backup.text("Status"), "retained");
    let (resource, when) = (backup.text("DbClusterResourceId"), backup.text("LatestTime"));
    let params = [
        ("SourceDbClusterResourceId", &*resource),
        ("RestoreToTime", &*when),
        ("DBSubnetGroupName", "net"),
    ];
    on_cluster(&client, "RestoreDBClusterToPointInTime", &params).await.good();
    cluster_until(&client, "available").await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_key_is_disabled_stops_with_its_instances_until_that_is_back() {
    let client = Client::calm();
    subnet_group(&client).await;
    let key = client.kms("CreateKey", serde_json::json!({})).await.good().value();
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    create(&client, &[("StorageEncrypted", "true"), ("KmsKeyId", &key)]).await.good();
    cluster_until(&client, "available").await;
    member(&client, "db", &[]).await.good();
    until(&client, "db", "available").await;
    cluster_until(&client, "available").await;
    let named = serde_json::json!({ "KeyId": key });
    client.kms("DisableKey", named.clone()).await.good();
    until(&client, "db", "inaccessible-encryption-credentials-recoverable").await;
    let refused = on_cluster(&client, "StartDBCluster", &[]).await;
    assert_eq!(refused.code(), "KMSKeyNotAccessibleFault");
    client.kms("EnableKey", named).await.good();
    on_cluster(&client, "StartDBCluster", &[]).await.good();
    cluster_until(&client, "available").await;
    assert_eq!(status(&client, "db").await, "available");
}
