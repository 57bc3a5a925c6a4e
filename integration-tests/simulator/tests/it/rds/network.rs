//! What a database holds in a VPC.

use clctl_simulator::Settings;

use super::{create, delete, modify, running, seen, status, subnet_group, until};
use crate::{auto_scaling::Stage, client::Client};

async fn interfaces(client: &Client) -> Vec<String> {
    let of = [("Filter.1.Name", "requester-id"), ("Filter.1.Value.1", "amazon-rds")];
    let found = client.ec2("DescribeNetworkInterfaces", &of).await.good();
    assert_eq!(
        found.body.matches("<description>RDSNetworkInterface</description>").count(),
        found.texts("networkInterfaceId").len()
    );
    found.texts("networkInterfaceId")
}

#[tokio::test(start_paused = true)]
async fn its_interfaces_hold_subnets_and_groups_until_it_is_gone() {
    let client = Client::calm();
    let net = subnet_group(&client).await;
    let group = client.group(&net.vpc, "db").await;
    let in_group = ("VpcSecurityGroupIds.VpcSecurityGroupId.1", &*group);
    create(&client, &[in_group, ("MultiAZ", "true")]).await.good();
    assert!(interfaces(&client).await.is_empty());
    until(&client, "db", "available").await;
    assert_eq!(interfaces(&client).await.len(), 2);
    for subnet in &net.subnets {
        let refused = client.ec2("DeleteSubnet", &[("SubnetId", subnet)]).await;
        assert_eq!(refused.code(), "DependencyViolation");
    }
    let held = client.ec2("DeleteSecurityGroup", &[("GroupId", &group)]).await;
    assert_eq!(held.code(), "DependencyViolation");
    let named = [("DBSubnetGroupName", "net")];
    let used = client.rds("DeleteDBSubnetGroup", &named).await;
    assert_eq!(used.code(), "InvalidDBSubnetGroupStateFault");
    let one = interfaces(&client).await.remove(0);
    let mine = client.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &one)]).await;
    assert_eq!(mine.code(), "InvalidNetworkInterface.InUse");

    delete(&client, &[("SkipFinalSnapshot", "true")]).await.good();
    let used = client.rds("DeleteDBSubnetGroup", &named).await;
    assert_eq!(used.code(), "InvalidDBSubnetGroupStateFault");
    until(&client, "db", "gone").await;
    // The instance is gone, its interfaces follow.
    client.wait(60).await;
    assert!(interfaces(&client).await.is_empty());
    client.rds("DeleteDBSubnetGroup", &named).await.good();
    client.ec2("DeleteSecurityGroup", &[("GroupId", &group)]).await.good();
    for subnet in &net.subnets {
        client.ec2("DeleteSubnet", &[("SubnetId", subnet)]).await.good();
    }
}

#[tokio::test(start_paused = true)]
async fn security_groups_change_after_a_while() {
    let (client, net) = running(&[]).await;
    let (one, two) = (client.group(&net.vpc, "one").await, client.group(&net.vpc, "two").await);
    let to = |group| [("VpcSecurityGroupIds.VpcSecurityGroupId.1", group)];
    let told = modify(&client, &to(&*one)).await.good();
    assert!(told.body.contains("<Status>adding</Status>"), "{}", told.body);
    client.wait(60).await;
    let there = seen(&client, "db").await;
    assert!(there.body.contains(&format!(
        "<VpcSecurityGroupId>{one}</VpcSecurityGroupId><Status>active</Status>"
    )));
    modify(&client, &to(&*two)).await.good();
    client.wait(60).await;
    client.ec2("DeleteSecurityGroup", &[("GroupId", &one)]).await.good();
    let other = client.vpc().await;
    let far = client.group(&other, "far").await;
    assert_eq!(modify(&client, &to(&*far)).await.code(), "InvalidParameterCombination");
}

#[tokio::test(start_paused = true)]
async fn without_room_it_is_in_an_incompatible_network() {
    let client = Client::calm();
    let net = subnet_group(&client).await;
    let group = client.group(&net.vpc, "short-lived").await;
    create(&client, &[("VpcSecurityGroupIds.VpcSecurityGroupId.1", &*group)]).await.good();
    client.ec2("DeleteSecurityGroup", &[("GroupId", &group)]).await.good();
    client.wait(60).await;
    assert_eq!(status(&client, "db").await, "incompatible-network");
    client.wait(3600).await;
    assert_eq!(status(&client, "db").await, "incompatible-network");
    let events = [("SourceType", "db-instance"), ("Duration", "120")];
    let told = client.rds("DescribeEvents", &events).await.good();
    assert!(told.body.contains("<EventCategory>failure</EventCategory>"), "{}", told.body);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_everyone_sees_needs_a_way_out_and_names() {
    let client = Client::calm();
    let net = subnet_group(&client).await;
    client.attached_gateway(&net.vpc).await;
    let refused = create(&client, &[]).await;
    assert_eq!(refused.code(), "InvalidVPCNetworkStateFault");
    assert!(refused.body.contains("does not support DNS"), "{}", refused.body);
    let names = [("VpcId", &*net.vpc), ("EnableDnsHostnames.Value", "true")];
    client.ec2("ModifyVpcAttribute", &names).await.good();
    // With a way out it is public unless it is told not to be.
    let hidden = [("DBInstanceIdentifier", "hidden"), ("PubliclyAccessible", "false")];
    assert_eq!(create(&client, &hidden).await.good().text("PubliclyAccessible"), "false");
    assert_eq!(create(&client, &[]).await.good().text("PubliclyAccessible"), "true");
    // So is the address of its interface, beside the private one and on its own.
    until(&client, "hidden", "available").await;
    until(&client, "db", "available").await;
    assert_eq!(interfaces(&client).await.len(), 2);
    let of = [("Filter.1.Name", "requester-id"), ("Filter.1.Value.1", "amazon-rds")];
    let shown = client.ec2("DescribeNetworkInterfaces", &of).await.good();
    assert_eq!(shown.texts("publicIp").len(), 2, "{}", shown.body);
}

#[tokio::test(start_paused = true)]
async fn without_a_subnet_group_it_is_in_the_default_vpc() {
    let client = Client::calm();
    let made = create(&client, &[("DBSubnetGroupName", "")]).await.good();
    assert_eq!(made.text("DBSubnetGroupName"), "default");
    let group = client.rds("DescribeDBSubnetGroups", &[("DBSubnetGroupName", "default")]).await;
    assert_eq!(group.good().texts("SubnetIdentifier").len(), 6);
    let of = [("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true")];
    let vpc = client.ec2("DescribeVpcs", &of).await.good().text("vpcId");
    assert_eq!(made.text("VpcId"), vpc);
}

#[tokio::test(start_paused = true)]
async fn databases_and_groups_take_addresses_in_the_order_of_time() {
    let stage = Stage::new(Settings::calm()).await;
    let client = stage.client();
    let small = [
        ("VpcId", &*stage.network.vpc),
        ("CidrBlock", "10.0.9.0/28"),
        ("AvailabilityZone", "us-east-1a"),
    ];
    let small = client.ec2("CreateSubnet", &small).await.good().text("subnetId");
    let (_, other) = stage.subnets.split_once(',').unwrap();
    let over = [
        ("DBSubnetGroupName", "net"),
        ("DBSubnetGroupDescription", "one is small"),
        ("SubnetIds.SubnetIdentifier.1", &*small),
        ("SubnetIds.SubnetIdentifier.2", other),
    ];
    client.rds("CreateDBSubnetGroup", &over).await.good();
    // One of its eleven addresses is left.
    for _ in 0..10 {
        client.ec2("CreateNetworkInterface", &[("SubnetId", &*small)]).await.good();
    }
    create(client, &[("AvailabilityZone", "us-east-1a")]).await.good();
    // The group wants it later than the database, and nobody asks for anything in between.
    client.wait(20).await;
    assert!(interfaces(client).await.is_empty());
    let one = [("MinSize", "1"), ("MaxSize", "1"), ("VPCZoneIdentifier", &*small)];
    stage.create(&one).await.good();
    client.wait(300).await;
    assert_eq!(interfaces(client).await.len(), 1);
    assert!(stage.states().await.is_empty());
    until(client, "db", "available").await;
}
