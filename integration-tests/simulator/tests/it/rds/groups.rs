//! Subnet groups and parameter groups.

use super::{answering, create, net, subnet_group};
use crate::client::Client;

fn group<'a>(name: &'a str, subnets: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    const NAMES: [&str; 2] = ["SubnetIds.SubnetIdentifier.1", "SubnetIds.SubnetIdentifier.2"];
    let named = [("DBSubnetGroupName", name), ("DBSubnetGroupDescription", "x")];
    named.into_iter().chain(NAMES.into_iter().zip(subnets.iter().copied())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_subnet_group_covers_two_zones_of_one_vpc() {
    let client = Client::calm();
    let net = net(&client).await;
    let one = client.rds("CreateDBSubnetGroup", &group("one", &[&net.subnets[0]])).await;
    assert_eq!(one.code(), "DBSubnetGroupDoesNotCoverEnoughAZs");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_group_is_named_changed_and_listed() {
    let client = Client::calm();
    let net = net(&client).await;
    let [a, b] = [&*net.subnets[0], &*net.subnets[1]];
    let made = client.rds("CreateDBSubnetGroup", &group("My Group", &[a, b])).await.good();
    assert_eq!(made.text("DBSubnetGroupName"), "my group");
    assert_eq!(made.text("SubnetGroupStatus"), "Complete");
    assert_eq!(made.text("VpcId"), net.vpc);
    assert_eq!(made.texts("Name"), ["us-east-1a", "us-east-1b"]);
    for (params, code) in [
        (group("MY GROUP", &[a, b]), "DBSubnetGroupAlreadyExists"),
        (group("default", &[a, b]), "InvalidParameterValue"),
        (group("a/b", &[a, b]), "InvalidParameterValue"),
        (group("other", &[a, "subnet-00000000000000000"]), "InvalidSubnet"),
        (group("other", &[]), "MissingParameter"),
    ] {
        let refused = client.rds("CreateDBSubnetGroup", &params).await;
        assert_eq!(refused.code(), code, "{params:?}");
    }
    let elsewhere = client.vpc().await;
    let far = [("VpcId", &*elsewhere), ("CidrBlock", "10.0.9.0/24")];
    let far = client.ec2("CreateSubnet", &far).await.good().text("subnetId");
    let mixed = client.rds("CreateDBSubnetGroup", &group("other", &[a, &far])).await;
    assert_eq!(mixed.code(), "InvalidSubnet");
    let third =
        [("VpcId", &*net.vpc), ("CidrBlock", "10.0.3.0/24"), ("AvailabilityZone", "us-east-1c")];
    let third = client.ec2("CreateSubnet", &third).await.good().text("subnetId");
    let changed = client.rds("ModifyDBSubnetGroup", &group("my group", &[b, &third])).await.good();
    assert_eq!(changed.texts("Name"), ["us-east-1b", "us-east-1c"]);
    let none = client.rds("ModifyDBSubnetGroup", &group("none", &[a, b])).await;
    assert_eq!((none.status, &*none.code()), (404, "DBSubnetGroupNotFoundFault"));
    let all = client.rds("DescribeDBSubnetGroups", &[]).await.good();
    assert_eq!(all.texts("DBSubnetGroupName"), ["my group"]);
    client.rds("DeleteDBSubnetGroup", &[("DBSubnetGroupName", "My Group")]).await.good();
    let gone = client.rds("DescribeDBSubnetGroups", &[("DBSubnetGroupName", "my group")]).await;
    assert_eq!(gone.code(), "DBSubnetGroupNotFoundFault");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_with_a_database_stays_in_its_group() {
    let client = Client::calm();
    let net = subnet_group(&client).await;
    let mut more = Vec::new();
    for (cidr, zone) in [("10.0.3.0/24", "us-east-1c"), ("10.0.4.0/24", "us-east-1d")] {
        let params = [("VpcId", &*net.vpc), ("CidrBlock", cidr), ("AvailabilityZone", zone)];
        more.push(client.ec2("CreateSubnet", &params).await.good().text("subnetId"));
    }
    create(&client, &[]).await.good();
    client.wait(1200).await;
    let refused = client.rds("ModifyDBSubnetGroup", &group("net", &[&more[0], &more[1]])).await;
    assert_eq!(refused.code(), "SubnetAlreadyInUse");
}

const MINE: &[(&str, &str)] = &[
    ("DBParameterGroupName", "Mine"),
    ("DBParameterGroupFamily", "postgres17"),
    ("Description", "mine"),
];

fn set<'a>(name: &'a str, value: &'a str, method: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("DBParameterGroupName", "mine"),
        ("Parameters.Parameter.1.ParameterName", name),
        ("Parameters.Parameter.1.ParameterValue", value),
        ("Parameters.Parameter.1.ApplyMethod", method),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_parameter_group_keeps_what_is_set_and_nothing_else() {
    let client = Client::calm();
    let made = client.rds("CreateDBParameterGroup", MINE).await.good();
    assert_eq!(made.text("DBParameterGroupName"), "mine");
    assert_eq!(made.text("DBParameterGroupArn"), "arn:aws:rds:us-east-1:123456789012:pg:mine");
    let again = client.rds("CreateDBParameterGroup", MINE).await;
    assert_eq!(again.code(), "DBParameterGroupAlreadyExists");
    for (params, code) in [
        (set("max_connections", "500", "immediate"), "InvalidParameterCombination"),
        (set("max_connections", "5", "pending-reboot"), "InvalidParameterValue"),
        (set("fsync", "0", "pending-reboot"), "InvalidParameterValue"),
        (set("log_statement", "DDL", "immediate"), "InvalidParameterValue"),
        (set("log_statement", "ddl", "sometime"), "InvalidParameterValue"),
        (set("no_such_parameter", "1", "immediate"), "ClctlSimulatorUnsupported"),
    ] {
        let refused = client.rds("ModifyDBParameterGroup", &params).await;
        assert_eq!(refused.code(), code, "{params:?}");
    }
    client.rds("ModifyDBParameterGroup", &set("log_statement", "ddl", "immediate")).await.good();
    let of = [("DBParameterGroupName", "mine"), ("Source", "user")];
    let own = client.rds("DescribeDBParameters", &of).await.good();
    assert_eq!(own.texts("ParameterName"), ["log_statement"]);
    assert_eq!(own.text("ParameterValue"), "ddl");
    let whole = [("DBParameterGroupName", "default.postgres14"), ("Source", "system")];
    let system = client.rds("DescribeDBParameters", &whole).await.good();
    assert!(system.body.contains("<ParameterName>rds.force_ssl</ParameterName><ParameterValue>0<"));
    let reset = [of[0], ("ResetAllParameters", "true")];
    client.rds("ResetDBParameterGroup", &reset).await.good();
    let own = client.rds("DescribeDBParameters", &of).await.good();
    assert!(own.texts("ParameterName").is_empty());
    client.rds("DeleteDBParameterGroup", &[of[0]]).await.good();
    let gone = client.rds("DescribeDBParameterGroups", &[of[0]]).await;
    assert_eq!((gone.status, &*gone.code()), (404, "DBParameterGroupNotFound"));
}

#[tokio::test(start_paused = true)]
async fn at_most_twenty_parameters_change_at_once() {
    let client = Client::calm();
    client.rds("CreateDBParameterGroup", MINE).await.good();
    let names: Vec<_> =
        (1..=21).map(|n| format!("Parameters.Parameter.{n}.ParameterName")).collect();
    let mut params = vec![("DBParameterGroupName", "mine")];
    params.extend(names.iter().map(|it| (it.as_str(), "work_mem")));
    let refused = client.rds("ModifyDBParameterGroup", &params).await;
    assert!(refused.body.contains("maximum of 20"), "{}", refused.body);
}

#[tokio::test(start_paused = true)]
async fn default_groups_are_nobodys_to_change() {
    for (answer, code) in [(0, "InvalidDBParameterGroupState"), (1, "InvalidParameterValue")] {
        let client = answering("default-parameter-group", answer);
        let named = [("DBParameterGroupName", "default.postgres17")];
        assert_eq!(client.rds("DeleteDBParameterGroup", &named).await.code(), code);
        let all = [named[0], ("ResetAllParameters", "true")];
        assert_eq!(client.rds("ResetDBParameterGroup", &all).await.code(), code);
        client.rds("DescribeDBParameterGroups", &named).await.good();
    }
}

#[tokio::test(start_paused = true)]
async fn groups_of_clusters_are_of_aurora() {
    let client = Client::calm();
    let group = |family| {
        [
            ("DBClusterParameterGroupName", "Cluster"),
            ("DBParameterGroupFamily", family),
            ("Description", "x"),
        ]
    };
    let wrong = client.rds("CreateDBClusterParameterGroup", &group("postgres17")).await;
    assert_eq!(wrong.code(), "ClctlSimulatorUnsupported");
    let family = group("aurora-postgresql17");
    let made = client.rds("CreateDBClusterParameterGroup", &family).await.good();
    let arn = "arn:aws:rds:us-east-1:123456789012:cluster-pg:cluster";
    assert_eq!(made.text("DBClusterParameterGroupArn"), arn);
    let set = [
        ("DBClusterParameterGroupName", "cluster"),
        ("Parameters.Parameter.1.ParameterName", "rds.force_ssl"),
        ("Parameters.Parameter.1.ParameterValue", "1"),
        ("Parameters.Parameter.1.ApplyMethod", "pending-reboot"),
    ];
    client.rds("ModifyDBClusterParameterGroup", &set).await.good();
    let of = [set[0], ("Source", "user")];
    let own = client.rds("DescribeDBClusterParameters", &of).await.good();
    assert_eq!(own.texts("ParameterName"), ["rds.force_ssl"]);
    client
        .rds("ResetDBClusterParameterGroup", &[of[0], ("ResetAllParameters", "true")])
        .await
        .good();
    client.rds("DeleteDBClusterParameterGroup", &[of[0]]).await.good();
}
