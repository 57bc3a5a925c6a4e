//! Snapshots, and what is restored from them.

use super::{delete, running, seen, status, until};
use crate::client::{Answer, Client};

const BOTH: [(&str, &str); 2] = [("DBSnapshotIdentifier", "Snap"), ("DBInstanceIdentifier", "db")];

async fn snapshots(client: &Client, params: &[(&str, &str)]) -> Answer {
    client.rds("DescribeDBSnapshots", params).await
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_made_while_the_instance_backs_up() {
    let (client, _net) = running(&[]).await;
    let made = client.rds("CreateDBSnapshot", &BOTH).await.good();
    assert_eq!((&*made.text("Status"), &*made.text("DBSnapshotIdentifier")), ("creating", "snap"));
    assert_eq!(status(&client, "db").await, "backing-up");
    assert_eq!(client.rds("CreateDBSnapshot", &BOTH).await.code(), "DBSnapshotAlreadyExists");
    let other = [("DBSnapshotIdentifier", "other"), BOTH[1]];
    assert_eq!(client.rds("CreateDBSnapshot", &other).await.code(), "InvalidDBInstanceState");
    let named = [("DBSnapshotIdentifier", "snap")];
    assert_eq!(client.rds("DeleteDBSnapshot", &named).await.code(), "InvalidDBSnapshotState");
    client.wait(600).await;
    let there = snapshots(&client, &named).await.good();
    assert_eq!((&*there.text("Status"), &*there.text("PercentProgress")), ("available", "100"));
    assert_eq!(status(&client, "db").await, "available");
    client.rds("DeleteDBSnapshot", &named).await.good();
    let gone = snapshots(&client, &named).await;
    assert_eq!((gone.status, &*gone.code()), (404, "DBSnapshotNotFound"));
}

#[tokio::test(start_paused = true)]
async fn automated_ones_come_every_day_and_go_with_age_and_instance() {
    let (client, _net) = running(&[("BackupRetentionPeriod", "2")]).await;
    let automated = [("SnapshotType", "automated")];
    let first = snapshots(&client, &automated).await.good().texts("DBSnapshotIdentifier");
    assert_eq!(first.len(), 1);
    assert!(first[0].starts_with("rds:db-2026-01-01-"), "{first:?}");
    client.wait(600).await;
    let refused = client.rds("DeleteDBSnapshot", &[("DBSnapshotIdentifier", &first[0])]).await;
    assert_eq!(refused.code(), "InvalidDBSnapshotState");
    client.wait(5 * 24 * 3600).await;
    let later = snapshots(&client, &automated).await.good().texts("DBSnapshotIdentifier");
    assert!((2..=3).contains(&later.len()) && !later.contains(&first[0]), "{later:?}");
    until(&client, "db", "available").await;
    delete(&client, &[("SkipFinalSnapshot", "true")]).await.good();
    assert!(snapshots(&client, &[]).await.good().texts("DBSnapshotIdentifier").is_empty());
}

#[tokio::test(start_paused = true)]
async fn automated_ones_stay_if_it_is_asked() {
    let (client, _net) = running(&[]).await;
    let keep = [("SkipFinalSnapshot", "true"), ("DeleteAutomatedBackups", "false")];
    delete(&client, &keep).await.good();
    until(&client, "db", "gone").await;
    assert_eq!(snapshots(&client, &[]).await.good().texts("DBSnapshotIdentifier").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_restored_as_it_was_but_for_what_belongs_to_the_place() {
    let (client, _net) = running(&[
        ("DBName", "chainlink"),
        ("StorageEncrypted", "true"),
        ("BackupRetentionPeriod", "7"),
        ("DeletionProtection", "true"),
    ])
    .await;
    client.rds("CreateDBSnapshot", &BOTH).await.good();
    let restore = [
        ("DBInstanceIdentifier", "restored"),
        ("DBSnapshotIdentifier", "snap"),
        ("DBSubnetGroupName", "net"),
    ];
    let early = client.rds("RestoreDBInstanceFromDBSnapshot", &restore).await;
    assert_eq!(early.code(), "InvalidDBSnapshotState");
    client.wait(600).await;
    client.rds("RestoreDBInstanceFromDBSnapshot", &restore).await.good();
    until(&client, "restored", "available").await;
    let (was, is) = (seen(&client, "db").await, seen(&client, "restored").await);
    for same in [
        "DBName",
        "MasterUsername",
        "KmsKeyId",
        "EngineVersion",
        "DBInstanceClass",
        "AllocatedStorage",
        "BackupRetentionPeriod",
    ] {
        assert_eq!(was.text(same), is.text(same), "{same}");
    }
    assert_eq!(is.text("DeletionProtection"), "false");
    assert_ne!(was.text("DbiResourceId"), is.text("DbiResourceId"));
    let none = [restore[0], ("DBSnapshotIdentifier", "none")];
    let taken = client.rds("RestoreDBInstanceFromDBSnapshot", &restore).await;
    assert_eq!(taken.code(), "DBInstanceAlreadyExists");
    let none = client
        .rds("RestoreDBInstanceFromDBSnapshot", &[("DBInstanceIdentifier", "x"), none[1]])
        .await;
    assert_eq!(none.code(), "DBSnapshotNotFound");
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_restored_to_a_moment() {
    let (client, _net) = running(&[]).await;
    let from = [
        ("SourceDBInstanceIdentifier", "db"),
        ("TargetDBInstanceIdentifier", "then"),
        ("DBSubnetGroupName", "net"),
    ];
    let with = |more| from.into_iter().chain([more]).collect::<Vec<_>>();
    let restore = |params: Vec<(&'static str, &'static str)>| {
        let client = &client;
        async move { client.rds("RestoreDBInstanceToPointInTime", &params).await }
    };
    assert_eq!(restore(from.to_vec()).await.code(), "InvalidParameterCombination");
    let early = restore(with(("RestoreTime", "2025-01-01T00:00:00Z"))).await;
    assert_eq!(early.code(), "InvalidRestoreFault");
    restore(with(("UseLatestRestorableTime", "true"))).await.good();
    until(&client, "then", "available").await;
}
