//! Automated backups, of what is there and of what is gone.

use super::{answering, create, delete, running, subnet_group, until};
use crate::client::{Answer, Client};

const DAY: u64 = 24 * 60 * 60;
const RETAINED: &[(&str, &str)] =
    &[("SkipFinalSnapshot", "true"), ("DeleteAutomatedBackups", "false")];

async fn backups(client: &Client, params: &[(&str, &str)]) -> Answer {
    client.rds("DescribeDBInstanceAutomatedBackups", params).await
}

async fn to(client: &Client, resource: &str, when: &str) -> Answer {
    let params = [
        ("TargetDBInstanceIdentifier", "then"),
        ("SourceDbiResourceId", resource),
        ("RestoreTime", when),
        ("DBSubnetGroupName", "net"),
    ];
    client.rds("RestoreDBInstanceToPointInTime", &params).await
}

#[tokio::test(start_paused = true)]
async fn backups_that_are_retained_are_told_and_something_is_made_of_them_as_long_as_they_last() {
    let (client, _) = running(&[("BackupRetentionPeriod", "3")]).await;
    client.wait(3600).await;
    let active = backups(&client, &[("DBInstanceIdentifier", "db")]).await.good();
    assert_eq!(active.text("Status"), "active");
    let resource = active.text("DbiResourceId");
    delete(&client, RETAINED).await.good();
    until(&client, "db", "gone").await;
    let retained = backups(&client, &[("DbiResourceId", &resource)]).await.good();
    assert_eq!(retained.text("Status"), "retained");
    let (first, last) = (retained.text("EarliestTime"), retained.text("LatestTime"));
    assert!(first < last, "{first} {last}");
    let late = to(&client, &resource, "2031-01-01T00:00:00Z").await;
    assert_eq!(late.code(), "InvalidRestoreFault");
    to(&client, &resource, &last).await.good();
    client.wait(4 * DAY).await;
    let none = backups(&client, &[("DbiResourceId", &resource)]).await;
    assert!(!none.body.contains(&resource), "{}", none.body);
    let gone = to(&client, &resource, &last).await;
    assert_eq!(gone.code(), "DBInstanceAutomatedBackupNotFound");
}

#[tokio::test(start_paused = true)]
async fn backups_go_with_their_instance_unless_they_are_retained() {
    for (answer, code) in [(0, "DBInstanceAutomatedBackupNotFound"), (1, "")] {
        let client = answering("absent-automated-backup", answer);
        subnet_group(&client).await;
        create(&client, &[]).await.good();
        until(&client, "db", "available").await;
        delete(&client, &[("SkipFinalSnapshot", "true")]).await.good();
        until(&client, "db", "gone").await;
        let none = backups(&client, &[("DBInstanceIdentifier", "db")]).await;
        assert_eq!(none.code(), code);
        assert!(!backups(&client, &[]).await.good().body.contains("DbiResourceId"));
    }
}
