//! Subnets, after <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>.

use crate::client::Client;

/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
#[tokio::test(start_paused = true)]
async fn five_addresses_of_a_subnet_are_reserved() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    for (cidr, free) in [("10.0.1.0/24", "251"), ("10.0.2.16/28", "11")] {
        let params = [("VpcId", vpc.as_str()), ("CidrBlock", cidr)];
        let made = client.ec2("CreateSubnet", &params).await.good();
        assert_eq!(made.text("availableIpAddressCount"), free);
    }
}

#[tokio::test(start_paused = true)]
async fn ranges_lie_in_the_vpc_and_do_not_overlap() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    client.subnet(&vpc, "10.0.0.0/20").await;
    for (cidr, code) in [
        ("10.0.4.0/24", "InvalidSubnet.Conflict"),
        ("10.0.0.0/16", "InvalidSubnet.Conflict"),
        ("10.1.0.0/24", "InvalidSubnet.Range"),
        ("10.0.128.0/29", "InvalidSubnet.Range"),
        ("10.0.128.0", "InvalidParameterValue"),
    ] {
        let params = [("VpcId", vpc.as_str()), ("CidrBlock", cidr)];
        assert_eq!(client.ec2("CreateSubnet", &params).await.code(), code, "{cidr}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_given_by_name_or_id_and_has_to_exist() {
    let client = Client { region: "us-west-1", ..Client::calm() };
    let vpc = client.vpc().await;
    let at = async |cidr: &str, zone: &[(&str, &str)]| {
        let mut all = vec![("VpcId", vpc.as_str()), ("CidrBlock", cidr)];
        all.extend(zone);
        client.ec2("CreateSubnet", &all).await
    };
    let by_name = at("10.0.1.0/24", &[("AvailabilityZone", "us-west-1c")]).await.good();
    let by_id = at("10.0.2.0/24", &[("AvailabilityZoneId", "usw1-az3")]).await.good();
    assert_eq!(by_name.text("availabilityZoneId"), by_id.text("availabilityZoneId"));
    let missing = at("10.0.3.0/24", &[("AvailabilityZone", "us-west-1b")]).await;
    assert_eq!(missing.code(), "InvalidParameterValue");
    let both =
        at("10.0.3.0/24", &[("AvailabilityZone", "us-west-1a"), ("AvailabilityZoneId", "x")]).await;
    assert_eq!(both.code(), "InvalidParameterCombination");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html>
#[tokio::test(start_paused = true)]
async fn attributes_are_modified_one_at_a_time() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let set = async |pairs: &[(&str, &str)]| {
        let mut all = vec![("SubnetId", subnet.as_str())];
        all.extend(pairs);
        client.ec2("ModifySubnetAttribute", &all).await
    };
    let public = ("MapPublicIpOnLaunch.Value", "true");
    let record = ("EnableResourceNameDnsARecordOnLaunch.Value", "true");
    assert_eq!(set(&[public, record]).await.code(), "InvalidParameterCombination");
    assert_eq!(set(&[("EnableDns64.Value", "true")]).await.code(), "InvalidParameterValue");
    let unknown = set(&[("MapCustomerOwnedIpOnLaunch.Value", "true")]).await;
    assert_eq!(unknown.code(), "ClctlSimulatorUnsupported");
    set(&[public]).await.good();
    set(&[record]).await.good();
    let seen = client.ec2("DescribeSubnets", &[("SubnetId.1", &subnet)]).await.good();
    assert_eq!(seen.text("mapPublicIpOnLaunch"), "true");
    assert_eq!(seen.text("enableResourceNameDnsARecord"), "true");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_subnet_leaves_no_association_behind() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let table = client.ec2("CreateRouteTable", &[("VpcId", &vpc)]).await.text("routeTableId");
    let pair = [("RouteTableId", table.as_str()), ("SubnetId", subnet.as_str())];
    client.ec2("AssociateRouteTable", &pair).await.good();
    client.ec2("DeleteSubnet", &pair[1..]).await.good();
    client.ec2("DeleteRouteTable", &pair[..1]).await.good();
    client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
}
