//! Lists: pages, filters, versions, classes, events.

use super::{create, running, subnet_group};
use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages() {
    let client = Client::calm();
    subnet_group(&client).await;
    for n in 0..23 {
        create(&client, &[("DBInstanceIdentifier", &format!("db{n:02}"))]).await.good();
    }
    let first = client.rds("DescribeDBInstances", &[("MaxRecords", "20")]).await.good();
    assert_eq!(first.texts("DBInstanceArn").len(), 20);
    let marker = first.text("Marker");
    let rest = [("MaxRecords", "20"), ("Marker", &*marker)];
    let second = client.rds("DescribeDBInstances", &rest).await.good();
    assert_eq!(second.texts("DBInstanceArn").len(), 3);
    assert!(second.text("Marker").is_empty());
    for (name, value) in [("MaxRecords", "19"), ("MaxRecords", "101"), ("Marker", "x")] {
        let refused = client.rds("DescribeDBInstances", &[(name, value)]).await;
        assert_eq!(refused.code(), "InvalidParameterValue", "{name}={value}");
    }
    let filter =
        |name, value| [("Filters.Filter.1.Name", name), ("Filters.Filter.1.Values.Value.1", value)];
    let one = client.rds("DescribeDBInstances", &filter("db-instance-id", "db05")).await.good();
    assert_eq!(one.texts("DBInstanceArn").len(), 1);
    let none = client.rds("DescribeDBInstances", &filter("db-instance-id", "none")).await.good();
    assert!(none.texts("DBInstanceArn").is_empty());
    let wrong = client.rds("DescribeDBInstances", &filter("tag:owner", "me")).await;
    assert_eq!(wrong.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn versions_tell_their_family_and_where_they_lead() {
    let client = Client::calm();
    let exact = [("Engine", "postgres"), ("EngineVersion", "16.10")];
    let one = client.rds("DescribeDBEngineVersions", &exact).await.good();
    assert_eq!(one.text("DBParameterGroupFamily"), "postgres16");
    assert!(one.text("ValidUpgradeTarget").contains("<EngineVersion>17.7</EngineVersion>"));
    let default = [("Engine", "postgres"), ("DefaultOnly", "true")];
    let one = client.rds("DescribeDBEngineVersions", &default).await.good();
    assert_eq!(one.texts("MajorEngineVersion"), ["17"]);
    let other = client.rds("DescribeDBEngineVersions", &[("Engine", "oracle-ee")]).await;
    assert_eq!(other.code(), "ClctlSimulatorUnsupported");
}

#[tokio::test(start_paused = true)]
async fn classes_tell_their_zones_and_storage() {
    let client = Client::calm();
    let of =
        |class| [("Engine", "postgres"), ("EngineVersion", "17.6"), ("DBInstanceClass", class)];
    let older = client.rds("DescribeOrderableDBInstanceOptions", &of("db.m6g.large")).await.good();
    assert_eq!(older.texts("StorageType"), ["gp2", "gp3", "io1", "io2"]);
    let newer = client.rds("DescribeOrderableDBInstanceOptions", &of("db.m8g.large")).await.good();
    let zones = |it: &str| it.matches("<Name>").count();
    assert!(zones(&newer.text("AvailabilityZones")) < zones(&older.text("AvailabilityZones")));
    let aurora = [("Engine", "aurora-postgresql"), ("EngineVersion", "17.5")];
    let aurora = client.rds("DescribeOrderableDBInstanceOptions", &aurora).await.good();
    assert!(aurora.texts("StorageType").iter().all(|it| it == "aurora"));
    assert!(aurora.texts("DBInstanceClass").contains(&"db.serverless".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_class_that_no_zone_of_the_group_has_is_refused() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let mut subnets = Vec::new();
    for (cidr, zone) in [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1f")] {
        let params = [("VpcId", &*vpc), ("CidrBlock", cidr), ("AvailabilityZone", zone)];
        subnets.push(client.ec2("CreateSubnet", &params).await.good().text("subnetId"));
    }
    let params = [
        ("DBSubnetGroupName", "net"),
        ("DBSubnetGroupDescription", "x"),
        ("SubnetIds.SubnetIdentifier.1", &*subnets[0]),
        ("SubnetIds.SubnetIdentifier.2", &*subnets[1]),
    ];
    client.rds("CreateDBSubnetGroup", &params).await.good();
    let newest = ("DBInstanceClass", "db.m8g.large");
    let refused = create(&client, &[newest, ("MultiAZ", "true")]).await;
    assert_eq!(refused.code(), "InsufficientDBInstanceCapacity");
    create(&client, &[newest]).await.good();
}

#[tokio::test(start_paused = true)]
async fn events_are_told_for_an_hour_or_as_long_as_is_asked() {
    let (client, _net) = running(&[]).await;
    let told = client.rds("DescribeEvents", &[]).await.good();
    assert!(told.body.contains("<Message>DB instance created</Message>"), "{}", told.body);
    let one = [("SourceIdentifier", "db"), ("SourceType", "db-instance")];
    assert!(!client.rds("DescribeEvents", &one).await.good().texts("Message").is_empty());
    let bare = client.rds("DescribeEvents", &one[..1]).await;
    assert_eq!(bare.code(), "InvalidParameterCombination");
    client.wait(2 * 3600).await;
    let events = |params: &'static [(&str, &str)]| {
        let client = &client;
        async move { client.rds("DescribeEvents", params).await.good().body }
    };
    assert!(!events(&[]).await.contains("DB instance created"));
    assert!(events(&[("Duration", "240")]).await.contains("DB instance created"));
    let since =
        [("StartTime", "2026-01-01T00:00:00Z"), ("EventCategories.EventCategory.1", "creation")];
    let since = client.rds("DescribeEvents", &since).await.good();
    assert!(since.texts("EventCategory").iter().all(|it| it == "creation"));
    client.wait(15 * 24 * 3600).await;
    let old = [("StartTime", "2026-01-01T00:00:00Z")];
    assert_eq!(client.rds("DescribeEvents", &old).await.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn what_is_due_and_who_signs_is_told() {
    let (client, _net) = running(&[("EngineVersion", "17.5")]).await;
    let due = client.rds("DescribePendingMaintenanceActions", &[]).await.good();
    assert_eq!(due.text("Action"), "db-upgrade");
    let none = [("ResourceIdentifier", "arn:aws:rds:us-east-1:123456789012:db:none")];
    let none = client.rds("DescribePendingMaintenanceActions", &none).await;
    assert_eq!((none.status, &*none.code()), (404, "ResourceNotFoundFault"));
    let signers = client.rds("DescribeCertificates", &[]).await.good();
    assert_eq!(signers.text("DefaultCertificateForNewLaunches"), "rds-ca-rsa2048-g1");
    assert_eq!(signers.texts("CertificateIdentifier").len(), 3);
    let old = client.rds("DescribeCertificates", &[("CertificateIdentifier", "rds-ca-2019")]).await;
    assert_eq!(old.code(), "CertificateNotFound");
}

#[tokio::test(start_paused = true)]
async fn lists_lag_behind_what_is_named() {
    let mut settings = clctl_simulator::Settings::calm();
    settings.lag.listed = clctl_simulator::Span::fixed(60_000);
    settings.seed = 3;
    let client = Client::new(settings);
    subnet_group(&client).await;
    create(&client, &[]).await.good();
    super::seen(&client, "db").await.good();
    let mut shown = Vec::new();
    for _ in 0..20 {
        let list = client.rds("DescribeDBInstances", &[]).await.good();
        shown.push(list.texts("DBInstanceArn").len());
    }
    assert!(shown.contains(&0), "{shown:?}");
    client.wait(60).await;
    let list = client.rds("DescribeDBInstances", &[]).await.good();
    assert_eq!(list.texts("DBInstanceArn").len(), 1);
}
