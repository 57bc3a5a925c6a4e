//! VPCs, after <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html>.

use clctl_simulator::{Quotas, Settings};

use crate::client::Client;

/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
#[tokio::test(start_paused = true)]
async fn a_vpc_is_pending_then_available_and_its_host_bits_are_gone() {
    let client = Client::calm();
    let made = client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.5/16")]).await.good();
    let id = made.text("vpcId");
    assert_eq!(made.text("cidrBlock"), "10.0.0.0/16");
    assert_eq!(made.text("state"), "pending");
    client.wait(5).await;
    let seen = client.ec2("DescribeVpcs", &[("VpcId.1", &id)]).await.good();
    assert_eq!(seen.text("state"), "available");
    assert_eq!(seen.text("isDefault"), "false");
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>: /16 to /28.
#[tokio::test(start_paused = true)]
async fn a_range_has_to_be_between_16_and_28() {
    let client = Client::calm();
    for (cidr, code) in [
        ("10.0.0.0/15", "InvalidVpc.Range"),
        ("10.0.0.0/29", "InvalidVpc.Range"),
        ("127.0.0.0/16", "InvalidVpc.Range"),
        ("10.0.0.0", "InvalidParameterValue"),
        ("nonsense", "InvalidParameterValue"),
    ] {
        assert_eq!(client.ec2("CreateVpc", &[("CidrBlock", cidr)]).await.code(), code, "{cidr}");
    }
    assert_eq!(client.ec2("CreateVpc", &[]).await.code(), "MissingParameter");
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>: 5 per region, the
/// default VPC among them.
#[tokio::test(start_paused = true)]
async fn the_sixth_vpc_of_a_region_is_one_too_many() {
    let client = Client::calm();
    for _ in 0..4 {
        client.vpc().await;
    }
    let refused = client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await;
    assert_eq!(refused.code(), "VpcLimitExceeded");
    let elsewhere = Client { region: "eu-west-3", ..client };
    elsewhere.vpc().await;
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html>
#[tokio::test(start_paused = true)]
async fn a_region_begins_with_a_default_vpc() {
    let client = Client { region: "eu-central-1", ..Client::calm() };
    let vpc = client.ec2("DescribeVpcs", &[]).await.good();
    assert_eq!(vpc.text("cidrBlock"), "172.31.0.0/16");
    assert_eq!(vpc.text("isDefault"), "true");
    let id = vpc.text("vpcId");
    let hostnames = [("VpcId", id.as_str()), ("Attribute", "enableDnsHostnames")];
    assert_eq!(client.ec2("DescribeVpcAttribute", &hostnames).await.text("value"), "true");
    let subnets = client.ec2("DescribeSubnets", &[]).await.good();
    let mut zones = subnets.texts("availabilityZone");
    zones.sort();
    assert_eq!(zones, ["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    assert_eq!(subnets.texts("mapPublicIpOnLaunch"), ["true", "true", "true"]);
    assert_eq!(subnets.texts("availableIpAddressCount"), ["4091", "4091", "4091"]);
    let filter = [("Filter.1.Name", "attachment.vpc-id"), ("Filter.1.Value.1", id.as_str())];
    let gateway = client.ec2("DescribeInternetGateways", &filter).await.good();
    let table = client.ec2("DescribeRouteTables", &[]).await.good();
    assert_eq!(table.texts("gatewayId"), ["local".to_owned(), gateway.text("internetGatewayId")]);
    assert_eq!(table.text("main"), "true");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html>
#[tokio::test(start_paused = true)]
async fn a_vpc_goes_with_what_came_with_it_and_not_before_the_rest() {
    let client = Client::calm();
    let before = client.simulator.with(|world| world.objects());
    client.ec2("DescribeVpcs", &[]).await.good();
    let begun = client.simulator.with(|world| world.objects());
    assert!(before.is_empty());
    let vpc = client.vpc().await;
    let one = [("VpcId", vpc.as_str())];
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let table = client.ec2("CreateRouteTable", &one).await.good().text("routeTableId");
    let gateway = client.ec2("CreateInternetGateway", &[]).await.good().text("internetGatewayId");
    let pair = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
    client.ec2("AttachInternetGateway", &pair).await.good();

    assert_eq!(client.ec2("DeleteVpc", &one).await.code(), "DependencyViolation");
    client.ec2("DetachInternetGateway", &pair).await.good();
    assert_eq!(client.ec2("DeleteVpc", &one).await.code(), "DependencyViolation");
    client.ec2("DeleteInternetGateway", &pair[..1]).await.good();
    client.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).await.good();
    assert_eq!(client.ec2("DeleteVpc", &one).await.code(), "DependencyViolation");
    client.ec2("DeleteRouteTable", &[("RouteTableId", &table)]).await.good();
    client.ec2("DeleteVpc", &one).await.good();

    assert_eq!(client.ec2("DeleteVpc", &one).await.code(), "InvalidVpcID.NotFound");
    assert_eq!(client.simulator.with(|world| world.objects()), begun);
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html>
#[tokio::test(start_paused = true)]
async fn attributes_are_modified_one_at_a_time_and_hostnames_need_support() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let set = async |pairs: &[(&str, &str)]| {
        let mut all = vec![("VpcId", vpc.as_str())];
        all.extend(pairs);
        client.ec2("ModifyVpcAttribute", &all).await
    };
    let (support, hostnames) = ("EnableDnsSupport.Value", "EnableDnsHostnames.Value");
    let both = set(&[(support, "true"), (hostnames, "true")]).await;
    assert_eq!(both.code(), "InvalidParameterCombination");
    assert_eq!(set(&[]).await.code(), "InvalidParameterCombination");
    set(&[(support, "false")]).await.good();
    assert_eq!(set(&[(hostnames, "true")]).await.code(), "InvalidParameterCombination");
    set(&[(support, "true")]).await.good();
    set(&[(hostnames, "true")]).await.good();
    assert_eq!(set(&[(support, "false")]).await.code(), "InvalidParameterCombination");
}

#[tokio::test(start_paused = true)]
async fn quotas_are_settings_of_the_world() {
    let quotas = Quotas { vpcs: 2, ..Quotas::default() };
    let client = Client::new(Settings { quotas, ..Settings::calm() });
    client.vpc().await;
    let refused = client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await;
    assert_eq!(refused.code(), "VpcLimitExceeded");
}
