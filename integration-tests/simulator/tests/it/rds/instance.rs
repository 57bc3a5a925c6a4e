//! How an instance comes to be, and how it goes.

use clctl_simulator::Settings;

use super::{create, delete, modify, running, seen, status, subnet_group, until};
use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn it_is_made_backed_up_and_available() {
    let client = Client::calm();
    subnet_group(&client).await;
    let more = [("DBInstanceIdentifier", "My-DB"), ("DBName", "chainlink"), ("MultiAZ", "true")];
    let made = create(&client, &more).await.good();
    assert_eq!(made.text("DBInstanceStatus"), "creating");
    assert_eq!(made.text("DBInstanceIdentifier"), "my-db");
    assert!(made.text("Address").is_empty(), "{}", made.body);
    assert!(!made.body.contains("correct-horse-battery"));
    let resource = made.text("DbiResourceId");
    assert!(resource.starts_with("db-") && resource.len() == 29, "{resource}");

    until(&client, "my-db", "backing-up").await;
    until(&client, "my-db", "available").await;
    let there = seen(&client, "MY-DB").await.good();
    for (name, value) in [
        ("BackupRetentionPeriod", "1"),
        ("CACertificateIdentifier", "rds-ca-rsa2048-g1"),
        ("DBParameterGroupName", "default.postgres17"),
        ("OptionGroupName", "default:postgres-17"),
        ("AutoMinorVersionUpgrade", "true"),
        ("CopyTagsToSnapshot", "false"),
        ("DeletionProtection", "false"),
        ("PubliclyAccessible", "false"),
        ("StorageEncrypted", "false"),
        ("Iops", "3000"),
        ("StorageThroughput", "125"),
        ("MultiAZ", "true"),
        ("MonitoringInterval", "0"),
        ("ParameterApplyStatus", "in-sync"),
        ("LicenseModel", "postgresql-license"),
        ("DbiResourceId", &*resource),
        ("DBInstanceArn", "arn:aws:rds:us-east-1:123456789012:db:my-db"),
    ] {
        assert_eq!(there.text(name), value, "{name}");
    }
    let host = there.text("Address");
    assert!(
        host.starts_with("my-db.c") && host.ends_with(".us-east-1.rds.amazonaws.com"),
        "{host}"
    );
    let zones = [there.text("AvailabilityZone"), there.text("SecondaryAvailabilityZone")];
    assert!(zones[0] != zones[1] && zones.iter().all(|it| it.starts_with("us-east-1")));
    assert!(there.body.contains("<PendingModifiedValues/>"), "{}", there.body);
    let role = client.iam("GetRole", &[("RoleName", "AWSServiceRoleForRDS")]).await.good();
    assert!(role.body.contains("/aws-service-role/rds.amazonaws.com/"));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_until_the_instance_is_gone() {
    let (client, _net) = running(&[]).await;
    assert_eq!(create(&client, &[]).await.code(), "DBInstanceAlreadyExists");
    delete(&client, &[("SkipFinalSnapshot", "true")]).await.good();
    assert_eq!(status(&client, "db").await, "deleting");
    assert_eq!(create(&client, &[]).await.code(), "DBInstanceAlreadyExists");
    let again = delete(&client, &[("SkipFinalSnapshot", "true")]).await;
    assert_eq!(again.code(), "InvalidDBInstanceState");
    until(&client, "db", "gone").await;
    let missing = seen(&client, "db").await;
    assert_eq!((missing.status, &*missing.code()), (404, "DBInstanceNotFound"));
    create(&client, &[]).await.good();
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_request_is_said_and_makes_nothing() {
    let client = Client::calm();
    subnet_group(&client).await;
    for (name, value, code) in [
        ("DBInstanceIdentifier", "1db", "InvalidParameterValue"),
        ("DBInstanceIdentifier", "", "MissingParameter"),
        ("Engine", "nosql", "InvalidParameterValue"),
        ("Engine", "mysql", "ClctlSimulatorUnsupported"),
        ("EngineVersion", "17.99", "InvalidParameterCombination"),
        ("DBInstanceClass", "db.x9.large", "InvalidParameterCombination"),
        ("AllocatedStorage", "", "InvalidParameterValue"),
        ("AllocatedStorage", "5", "InvalidParameterValue"),
        ("AllocatedStorage", "many", "MalformedInput"),
        ("Iops", "3000", "InvalidParameterCombination"),
        ("MasterUsername", "admin", "InvalidParameterValue"),
        ("MasterUserPassword", "sh0rt", "InvalidParameterValue"),
        ("MasterUserPassword", "with@sign-in-it", "InvalidParameterValue"),
        ("DBSubnetGroupName", "none", "DBSubnetGroupNotFoundFault"),
        ("DBParameterGroupName", "none", "DBParameterGroupNotFound"),
        ("DBParameterGroupName", "default.postgres16", "InvalidParameterCombination"),
        (
            "VpcSecurityGroupIds.VpcSecurityGroupId.1",
            "sg-00000000000000000",
            "InvalidParameterValue",
        ),
        ("PreferredBackupWindow", "04:00-04:10", "InvalidParameterValue"),
        ("PreferredMaintenanceWindow", "someday", "InvalidParameterValue"),
        ("BackupRetentionPeriod", "36", "InvalidParameterValue"),
        ("Port", "80", "InvalidParameterValue"),
        ("KmsKeyId", "alias/none", "InvalidParameterCombination"),
        ("CACertificateIdentifier", "rds-ca-2019", "CertificateNotFound"),
        ("EnableCloudwatchLogsExports.member.1", "slowquery", "InvalidParameterCombination"),
        ("MonitoringInterval", "60", "InvalidParameterCombination"),
        ("AvailabilityZone", "us-east-1f", "InvalidVPCNetworkStateFault"),
        ("AvailabilityZone", "mars-1a", "InvalidParameterValue"),
        ("PubliclyAccessible", "true", "InvalidVPCNetworkStateFault"),
        ("OptionGroupName", "mine", "ClctlSimulatorUnsupported"),
        ("Surprise", "1", "ClctlSimulatorUnsupported"),
    ] {
        let refused = create(&client, &[(name, value)]).await;
        assert_eq!(refused.code(), code, "{name}={value}: {}", refused.body);
        let told = refused.text("Message");
        assert!(value.is_empty() || name != "MasterUserPassword" || !told.contains(value));
    }
    let none = client.rds("DescribeDBInstances", &[]).await.good();
    assert!(none.texts("DBInstance").is_empty(), "{}", none.body);
}

#[tokio::test(start_paused = true)]
async fn protection_and_the_last_snapshot_are_asked_for() {
    let (client, _net) = running(&[("DeletionProtection", "true")]).await;
    let last = [("FinalDBSnapshotIdentifier", "the-last")];
    assert_eq!(delete(&client, &[]).await.code(), "InvalidParameterCombination");
    let both = [("SkipFinalSnapshot", "true"), last[0]];
    assert_eq!(delete(&client, &both).await.code(), "InvalidParameterCombination");
    let protected = delete(&client, &last).await;
    assert!(protected.body.contains("Cannot delete protected DB Instance"), "{}", protected.body);
    let off = [("DeletionProtection", "false")];
    assert_eq!(modify(&client, &off).await.good().text("DeletionProtection"), "false");
    let create = [("DBSnapshotIdentifier", "the-last"), ("DBInstanceIdentifier", "db")];
    client.rds("CreateDBSnapshot", &create).await.good();
    until(&client, "db", "available").await;
    assert_eq!(delete(&client, &last).await.code(), "DBSnapshotAlreadyExists");
    let other = [("FinalDBSnapshotIdentifier", "The-Very-Last")];
    delete(&client, &other).await.good();
    until(&client, "db", "gone").await;
    let found = [("DBSnapshotIdentifier", "the-very-last")];
    let snapshot = client.rds("DescribeDBSnapshots", &found).await.good();
    assert_eq!(snapshot.text("Status"), "available");
    assert_eq!(snapshot.text("SnapshotType"), "manual");
}

#[tokio::test(start_paused = true)]
async fn what_is_busy_is_not_deleted_or_it_is() {
    for (answer, code) in [(0, "InvalidDBInstanceState"), (1, "")] {
        let client = super::answering("delete-busy-database", answer);
        subnet_group(&client).await;
        create(&client, &[]).await.good();
        assert_eq!(delete(&client, &[("SkipFinalSnapshot", "true")]).await.code(), code);
        let last = [("FinalDBSnapshotIdentifier", "last")];
        assert_eq!(delete(&client, &last).await.code(), "InvalidDBInstanceState");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_has_to_be_there_and_the_database_stops_without_it() {
    let client = Client::calm();
    subnet_group(&client).await;
    let encrypted = ("StorageEncrypted", "true");
    let own = [("DBInstanceIdentifier", "own"), encrypted];
    let made = create(&client, &own).await.good();
    assert!(made.text("KmsKeyId").starts_with("arn:aws:kms:us-east-1:123456789012:key/"));
    let unknown = [encrypted, ("KmsKeyId", "alias/none")];
    assert_eq!(create(&client, &unknown).await.code(), "KMSKeyNotAccessibleFault");

    let key = client.kms("CreateKey", serde_json::json!({})).await.good().value();
    let (id, arn) = (&key["KeyMetadata"]["KeyId"], key["KeyMetadata"]["Arn"].as_str().unwrap());
    let named = [encrypted, ("KmsKeyId", id.as_str().unwrap())];
    let made = create(&client, &named).await.good();
    assert_eq!(made.text("KmsKeyId"), arn);
    until(&client, "db", "available").await;
    let about = serde_json::json!({ "KeyId": id });
    client.kms("DisableKey", about.clone()).await.good();
    until(&client, "db", "inaccessible-encryption-credentials-recoverable").await;
    let start = [("DBInstanceIdentifier", "db")];
    let refused = client.rds("StartDBInstance", &start).await;
    assert_eq!(refused.code(), "KMSKeyNotAccessibleFault");
    client.kms("EnableKey", about).await.good();
    client.rds("StartDBInstance", &start).await.good();
    until(&client, "db", "available").await;
}

#[tokio::test(start_paused = true)]
async fn it_restarts_fails_over_stops_and_starts() {
    let (client, _net) = running(&[("MultiAZ", "true")]).await;
    let named = ("DBInstanceIdentifier", "db");
    let before = seen(&client, "db").await;
    let reboot = client.rds("RebootDBInstance", &[named, ("ForceFailover", "true")]).await.good();
    assert_eq!(reboot.text("DBInstanceStatus"), "rebooting");
    until(&client, "db", "available").await;
    let after = seen(&client, "db").await;
    assert_eq!(before.text("AvailabilityZone"), after.text("SecondaryAvailabilityZone"));
    assert_eq!(before.text("SecondaryAvailabilityZone"), after.text("AvailabilityZone"));
    assert_eq!(before.text("Address"), after.text("Address"));

    client.rds("StopDBInstance", &[named]).await.good();
    until(&client, "db", "stopped").await;
    assert!(!seen(&client, "db").await.text("AutomaticRestartTime").is_empty());
    assert_eq!(client.rds("RebootDBInstance", &[named]).await.code(), "InvalidDBInstanceState");
    client.wait(7 * 24 * 3600).await;
    until(&client, "db", "available").await;
    let stopped = client.rds("StartDBInstance", &[named]).await;
    assert_eq!(stopped.code(), "InvalidDBInstanceState");
}

#[tokio::test(start_paused = true)]
async fn a_single_one_has_nobody_to_fail_over_to() {
    let (client, _net) = running(&[]).await;
    let force = [("DBInstanceIdentifier", "db"), ("ForceFailover", "true")];
    let refused = client.rds("RebootDBInstance", &force).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
}

#[tokio::test(start_paused = true)]
async fn where_the_world_fails_it_comes_to_nothing_and_can_be_deleted() {
    let mut settings = Settings::calm();
    settings.weather.failing_databases = 1000;
    let client = Client::new(settings);
    subnet_group(&client).await;
    create(&client, &[]).await.good();
    client.wait(3600).await;
    let broken = status(&client, "db").await;
    assert!(["insufficient-capacity", "failed"].contains(&&*broken), "{broken}");
    let last = [("FinalDBSnapshotIdentifier", "last")];
    assert_eq!(delete(&client, &last).await.code(), "InvalidDBInstanceState");
    delete(&client, &[("SkipFinalSnapshot", "true")]).await.good();
    until(&client, "db", "gone").await;
}

#[tokio::test(start_paused = true)]
async fn its_log_groups_are_made_if_they_are_not_there() {
    let logs = [
        ("EnableCloudwatchLogsExports.member.1", "postgresql"),
        ("EnableCloudwatchLogsExports.member.2", "upgrade"),
    ];
    let client = Client::calm();
    let mine = serde_json::json!({ "logGroupName": "/aws/rds/instance/db/postgresql" });
    client.logs("CreateLogGroup", mine).await.good();
    let days = serde_json::json!({
        "logGroupName": "/aws/rds/instance/db/postgresql", "retentionInDays": 7
    });
    client.logs("PutRetentionPolicy", days).await.good();
    subnet_group(&client).await;
    let made = create(&client, &logs).await.good();
    assert!(made.body.contains("<member>postgresql</member><member>upgrade</member>"));
    until(&client, "db", "available").await;
    let prefix = serde_json::json!({ "logGroupNamePrefix": "/aws/rds/" });
    let groups = client.logs("DescribeLogGroups", prefix).await.good().value();
    let groups = groups["logGroups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0]["retentionInDays"], 7);
    assert!(groups[1]["retentionInDays"].is_null());
}

#[tokio::test(start_paused = true)]
async fn storage_that_is_full_grows_or_waits_for_more() {
    let (client, _net) = running(&[("MaxAllocatedStorage", "115")]).await;
    let fill = || client.simulator.with(|world| world.fill_database("us-east-1", "db"));
    assert!(fill());
    let grown = seen(&client, "db").await;
    assert_eq!(grown.text("DBInstanceStatus"), "storage-optimization");
    assert_eq!(grown.text("AllocatedStorage"), "110");
    // Too soon after the last time.
    assert!(fill());
    assert_eq!(status(&client, "db").await, "storage-full");
    assert!(!fill());
    client.wait(6 * 3600).await;
    let more = [("AllocatedStorage", "200"), ("ApplyImmediately", "true")];
    modify(&client, &more).await.good();
    until(&client, "db", "storage-optimization").await;
    until(&client, "db", "available").await;
    assert_eq!(seen(&client, "db").await.text("AllocatedStorage"), "200");
}
