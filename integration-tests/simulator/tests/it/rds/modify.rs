//! How an instance is changed, and when.

use super::{create, modify, running, seen, status, until};

const NOW: (&str, &str) = ("ApplyImmediately", "true");

#[tokio::test(start_paused = true)]
async fn what_is_to_come_is_pending_until_the_window() {
    let (client, _net) = running(&[("PreferredMaintenanceWindow", "Sun:04:00-Sun:05:00")]).await;
    let there = seen(&client, "db").await;
    assert_eq!(there.text("PreferredMaintenanceWindow"), "sun:04:00-sun:05:00");
    let change = [("DBInstanceClass", "db.m6g.xlarge")];
    let told = modify(&client, &change).await.good();
    let pending = told.text("PendingModifiedValues");
    assert_eq!(pending, "<DBInstanceClass>db.m6g.xlarge</DBInstanceClass>");
    client.wait(3600).await;
    let waits = seen(&client, "db").await;
    assert_eq!(waits.texts("DBInstanceClass")[0], "db.m6g.large");
    assert_eq!(waits.text("PendingModifiedValues"), pending);
    // 2026-01-01 is a Thursday: three days later it is Sunday.
    client.wait(3 * 24 * 3600 + 5 * 3600).await;
    let done = seen(&client, "db").await;
    assert_eq!(done.texts("DBInstanceClass"), ["db.m6g.xlarge"]);
    assert!(done.body.contains("<PendingModifiedValues/>"));
}

#[tokio::test(start_paused = true)]
async fn at_once_is_a_moment_later_and_brings_all_that_was_pending() {
    let (client, _net) = running(&[("MultiAZ", "true")]).await;
    let before = seen(&client, "db").await;
    modify(&client, &[("DBInstanceClass", "db.m6g.xlarge")]).await.good();
    let told = modify(&client, &[("BackupRetentionPeriod", "0"), NOW]).await.good();
    // What is asked for is pending, and the instance is still called available.
    assert_eq!(told.text("DBInstanceStatus"), "available");
    assert!(told.text("PendingModifiedValues").contains("<BackupRetentionPeriod>0<"));
    until(&client, "db", "modifying").await;
    let refused = modify(&client, &[("DBInstanceClass", "db.m6g.large")]).await;
    assert_eq!(refused.code(), "InvalidDBInstanceState");
    until(&client, "db", "available").await;
    let done = seen(&client, "db").await;
    assert_eq!(done.text("DBInstanceClass"), "db.m6g.xlarge");
    assert_eq!(done.text("BackupRetentionPeriod"), "0");
    // The standby took over for the other class.
    assert_eq!(done.text("AvailabilityZone"), before.text("SecondaryAvailabilityZone"));
}

#[tokio::test(start_paused = true)]
async fn extended_support_is_refused_or_not() {
    let off = [("EngineLifecycleSupport", "open-source-rds-extended-support-disabled")];
    let (client, _net) = running(&off).await;
    assert_eq!(seen(&client, "db").await.text(off[0].0), off[0].1);
    let on = [("EngineLifecycleSupport", "open-source-rds-extended-support")];
    assert_eq!(modify(&client, &on).await.good().text(on[0].0), on[0].1);
    let wrong = modify(&client, &[("EngineLifecycleSupport", "forever")]).await;
    assert_eq!(wrong.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn some_changes_never_wait() {
    let (client, _net) = running(&[]).await;
    let asked = [
        ("MasterUserPassword", "another-password-1"),
        ("BackupRetentionPeriod", "7"),
        ("DBPortNumber", "5433"),
        ("CloudwatchLogsExportConfiguration.EnableLogTypes.member.1", "postgresql"),
    ];
    let told = modify(&client, &asked).await.good();
    assert_eq!(told.text("MasterUserPassword"), "****");
    assert!(told.body.contains("<LogTypesToEnable><member>postgresql</member></LogTypesToEnable>"));
    client.wait(60).await;
    until(&client, "db", "available").await;
    let done = seen(&client, "db").await;
    assert_eq!(done.text("BackupRetentionPeriod"), "7");
    assert_eq!(done.text("Port"), "5433");
    assert!(done.body.contains("<PendingModifiedValues/>"), "{}", done.body);
    assert!(done.body.contains("<EnabledCloudwatchLogsExports><member>postgresql</member>"));
    let prefix = serde_json::json!({ "logGroupNamePrefix": "/aws/rds/instance/db/" });
    let groups = client.logs("DescribeLogGroups", prefix).await.good();
    assert!(groups.body.contains("/aws/rds/instance/db/postgresql"), "{}", groups.body);
}

#[tokio::test(start_paused = true)]
async fn nothing_asked_is_refused_and_nothing_new_is_nothing() {
    let (client, _net) = running(&[]).await;
    for params in [&[][..], &[NOW]] {
        let refused = modify(&client, params).await;
        assert_eq!(refused.code(), "InvalidParameterCombination");
        assert!(refused.body.contains("No modifications were requested"));
    }
    let same = modify(&client, &[("DBInstanceClass", "db.m6g.large"), NOW]).await.good();
    assert!(same.body.contains("<PendingModifiedValues/>"));
    client.wait(90).await;
    assert_eq!(status(&client, "db").await, "available");
}

#[tokio::test(start_paused = true)]
async fn storage_only_grows_and_rests_for_six_hours() {
    let (client, _net) = running(&[]).await;
    let to = |gib| [("AllocatedStorage", gib), NOW];
    assert_eq!(modify(&client, &to("50")).await.code(), "InvalidParameterValue");
    let told = modify(&client, &to("105")).await.good();
    assert!(told.text("PendingModifiedValues").contains("<AllocatedStorage>110<"), "{}", told.body);
    until(&client, "db", "modifying").await;
    until(&client, "db", "storage-optimization").await;
    assert!(seen(&client, "db").await.body.contains("<AllocatedStorage>110<"));
    // It serves and can be changed otherwise.
    modify(&client, &[("CopyTagsToSnapshot", "true")]).await.good();
    let busy = modify(&client, &to("200")).await;
    assert!(busy.body.contains("previous storage change is being optimized"), "{}", busy.body);
    until(&client, "db", "available").await;
    assert_eq!(modify(&client, &to("200")).await.code(), "InvalidParameterCombination");
    client.wait(6 * 3600).await;
    modify(&client, &to("200")).await.good();
}

#[tokio::test(start_paused = true)]
async fn versions_go_up_and_major_ones_on_purpose() {
    let (client, _net) = running(&[("EngineVersion", "16.9")]).await;
    let to = |version| [("EngineVersion", version), NOW];
    assert_eq!(modify(&client, &to("16.8")).await.code(), "InvalidParameterCombination");
    let major = modify(&client, &to("17.6")).await;
    assert!(major.body.contains("AllowMajorVersionUpgrade"), "{}", major.body);
    modify(&client, &to("16.10")).await.good();
    until(&client, "db", "upgrading").await;
    until(&client, "db", "available").await;
    let allowed = [("EngineVersion", "17.6"), NOW, ("AllowMajorVersionUpgrade", "true")];
    modify(&client, &allowed).await.good();
    until(&client, "db", "upgrading").await;
    until(&client, "db", "available").await;
    let done = seen(&client, "db").await;
    assert_eq!(done.text("EngineVersion"), "17.6");
    assert_eq!(done.text("DBParameterGroupName"), "default.postgres17");
}

#[tokio::test(start_paused = true)]
async fn a_new_name_keeps_the_id_that_stays() {
    let (client, _net) = running(&[]).await;
    create(&client, &[("DBInstanceIdentifier", "taken")]).await.good();
    let taken = modify(&client, &[("NewDBInstanceIdentifier", "Taken"), NOW]).await;
    assert_eq!(taken.code(), "DBInstanceAlreadyExists");
    let before = seen(&client, "db").await.text("DbiResourceId");
    modify(&client, &[("NewDBInstanceIdentifier", "Other"), NOW]).await.good();
    until(&client, "db", "gone").await;
    until(&client, "other", "available").await;
    assert_eq!(seen(&client, "other").await.text("DbiResourceId"), before);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_parameters_waits_for_a_restart() {
    let (client, _net) = running(&[]).await;
    let group = [
        ("DBParameterGroupName", "mine"),
        ("DBParameterGroupFamily", "postgres17"),
        ("Description", "mine"),
    ];
    client.rds("CreateDBParameterGroup", &group).await.good();
    let told = modify(&client, &[("DBParameterGroupName", "mine"), NOW]).await.good();
    assert_eq!(told.text("DBParameterGroupName"), "mine");
    assert_eq!(told.text("ParameterApplyStatus"), "applying");
    client.wait(90).await;
    let state = || async { seen(&client, "db").await.text("ParameterApplyStatus") };
    assert_eq!(state().await, "pending-reboot");
    let reboot = [("DBInstanceIdentifier", "db")];
    client.rds("RebootDBInstance", &reboot).await.good();
    until(&client, "db", "available").await;
    assert_eq!(state().await, "in-sync");

    let set = |name, value, method| {
        [
            ("DBParameterGroupName", "mine"),
            ("Parameters.Parameter.1.ParameterName", name),
            ("Parameters.Parameter.1.ParameterValue", value),
            ("Parameters.Parameter.1.ApplyMethod", method),
        ]
    };
    let dynamic = set("log_min_duration_statement", "500", "immediate");
    client.rds("ModifyDBParameterGroup", &dynamic).await.good();
    assert_eq!(state().await, "applying");
    client.wait(90).await;
    assert_eq!(state().await, "in-sync");
    let fixed = set("max_connections", "300", "pending-reboot");
    client.rds("ModifyDBParameterGroup", &fixed).await.good();
    client.wait(90).await;
    assert_eq!(state().await, "pending-reboot");
    // A group in use stays.
    let named = [("DBParameterGroupName", "mine")];
    let held = client.rds("DeleteDBParameterGroup", &named).await;
    assert_eq!(held.code(), "InvalidDBParameterGroupState");

    // More than the machine has: it does not come up again until that is mended.
    let greedy = set("shared_buffers", "2000000", "pending-reboot");
    client.rds("ModifyDBParameterGroup", &greedy).await.good();
    client.rds("RebootDBInstance", &reboot).await.good();
    until(&client, "db", "incompatible-parameters").await;
    let reset = [("DBParameterGroupName", "mine"), ("ResetAllParameters", "true")];
    client.rds("ResetDBParameterGroup", &reset).await.good();
    client.rds("RebootDBInstance", &reboot).await.good();
    until(&client, "db", "available").await;
}

#[tokio::test(start_paused = true)]
async fn a_standby_comes_and_goes() {
    let (client, _net) = running(&[]).await;
    modify(&client, &[("MultiAZ", "true"), NOW]).await.good();
    until(&client, "db", "modifying").await;
    until(&client, "db", "available").await;
    let with = seen(&client, "db").await;
    assert_eq!(with.text("MultiAZ"), "true");
    assert!(!with.text("SecondaryAvailabilityZone").is_empty());
    modify(&client, &[("MultiAZ", "false"), NOW]).await.good();
    until(&client, "db", "modifying").await;
    until(&client, "db", "available").await;
    assert!(seen(&client, "db").await.text("SecondaryAvailabilityZone").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_minor_version_comes_by_itself_where_it_may() {
    let week = 8 * 24 * 3600;
    for (may, version) in [("true", "17.6"), ("false", "17.5")] {
        let older = [("EngineVersion", "17.5"), ("AutoMinorVersionUpgrade", may)];
        let (client, _net) = running(&older).await;
        client.wait(week).await;
        assert_eq!(seen(&client, "db").await.text("EngineVersion"), version);
    }
    // What somebody asked for counts.
    let (client, _net) = running(&[("EngineVersion", "17.5")]).await;
    modify(&client, &[("EngineVersion", "17.7")]).await.good();
    client.wait(week).await;
    assert_eq!(seen(&client, "db").await.text("EngineVersion"), "17.7");
}
