//! VPCs and what is in them, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>: what a
//! call names with `aws:ResourceTag`, what it makes with `aws:RequestTag`, and the tags of that.

use super::{Grant, arn, calm, takes, to};
use crate::client::{Answer, Client};

/// The parameters that tag a new thing.
pub(super) fn tags(kind: &str) -> [(&'static str, &str); 3] {
    [
        ("TagSpecification.1.ResourceType", kind),
        ("TagSpecification.1.Tag.1.Key", "owner"),
        ("TagSpecification.1.Tag.1.Value", "us"),
    ]
}

/// The permissions to make something with our tag, beside those on what it is made in.
pub(super) fn making(create: &'static str, kind: &str, within: Vec<Grant>) -> Vec<Grant> {
    let new = arn("ec2", &format!("{kind}/*"));
    let made = to(create, &new).when("aws:RequestTag/owner", "us");
    let tagged = to("ec2:CreateTags", &new).when("ec2:CreateAction", name(create));
    let tagged = tagged.when("aws:RequestTag/owner", "us");
    within.into_iter().chain([made, tagged]).collect()
}

/// The permission to do something with what has our tag.
pub(super) fn ours(action: &'static str, kind: &str, id: &str) -> Grant {
    to(action, arn("ec2", &format!("{kind}/{id}"))).when("aws:ResourceTag/owner", "us")
}

pub(super) fn name(action: &str) -> &str {
    action.trim_start_matches("ec2:")
}

/// Makes something with our tag and gives the answer.
pub(super) async fn make(
    both: &(Client, Client),
    create: &'static str,
    kind: &str,
    within: Vec<Grant>,
    params: &[(&str, &str)],
) -> Answer {
    let params = [params, &tags(kind)[..]].concat();
    let grants = making(create, kind, within);
    takes(both, &grants, async |it| it.ec2(name(create), &params).await).await
}

/// Does something with what has our tag.
pub(super) async fn act(
    both: &(Client, Client),
    grants: &[Grant],
    params: &[(&str, &str)],
) -> Answer {
    let action = grants.first().unwrap().action;
    takes(both, grants, async |it| it.ec2(name(action), params).await).await
}

#[tokio::test(start_paused = true)]
async fn looking_around_is_about_everything() {
    let both = calm().await;
    for action in [
        "ec2:DescribeAddresses",
        "ec2:DescribeFlowLogs",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeKeyPairs",
        "ec2:DescribeNatGateways",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
    ] {
        act(&both, &[to(action, "*").when("ec2:Region", "us-east-1")], &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_network_takes_a_permission_for_each_call() {
    let both = calm().await;
    let vpc = make(&both, "ec2:CreateVpc", "vpc", vec![], &[("CidrBlock", "10.0.0.0/16")]).await;
    let vpc = vpc.text("vpcId");
    let of_vpc = ("VpcId", &*vpc);
    let in_vpc = |action| ours(action, "vpc", &vpc);
    let look = [of_vpc, ("Attribute", "enableDnsSupport")];
    act(&both, &[in_vpc("ec2:DescribeVpcAttribute")], &look).await;
    let names = [of_vpc, ("EnableDnsHostnames.Value", "true")];
    act(&both, &[in_vpc("ec2:ModifyVpcAttribute")], &names).await;

    let within = vec![in_vpc("ec2:CreateSubnet")];
    let params = [of_vpc, ("CidrBlock", "10.0.1.0/24")];
    let subnet = make(&both, "ec2:CreateSubnet", "subnet", within, &params).await;
    let subnet = subnet.text("subnetId");
    let of_subnet = ("SubnetId", &*subnet);
    let in_subnet = |action| ours(action, "subnet", &subnet);
    let public = [of_subnet, ("MapPublicIpOnLaunch.Value", "true")];
    act(&both, &[in_subnet("ec2:ModifySubnetAttribute")], &public).await;

    let gateway = make(&both, "ec2:CreateInternetGateway", "internet-gateway", vec![], &[]).await;
    let gateway = gateway.text("internetGatewayId");
    let pair = [("InternetGatewayId", &*gateway), of_vpc];
    let with_gateway = |action| [ours(action, "internet-gateway", &gateway), in_vpc(action)];
    act(&both, &with_gateway("ec2:AttachInternetGateway"), &pair).await;

    let domain = [("Domain", "vpc")];
    let address = make(&both, "ec2:AllocateAddress", "elastic-ip", vec![], &domain).await;
    let address = address.text("allocationId");
    let with_address = ("AllocationId", &*address);
    let of_address = |action| ours(action, "elastic-ip", &address);
    let within = vec![in_subnet("ec2:CreateNatGateway"), of_address("ec2:CreateNatGateway")];
    let nat =
        make(&both, "ec2:CreateNatGateway", "natgateway", within, &[of_subnet, with_address]).await;
    let nat = nat.text("natGatewayId");
    both.1.wait(300).await;

    let mut tables = Vec::new();
    for _ in 0..2 {
        let within = vec![in_vpc("ec2:CreateRouteTable")];
        let table = make(&both, "ec2:CreateRouteTable", "route-table", within, &[of_vpc]).await;
        tables.push(table.text("routeTableId"));
    }
    let [one, two] = tables.as_slice() else { unreachable!("two were made") };
    let of_one = ("RouteTableId", &**one);
    let of_table = |action| ours(action, "route-table", one);
    let everywhere = ("DestinationCidrBlock", "0.0.0.0/0");
    // The target of a route is not asked about.
    let out = [of_one, everywhere, ("GatewayId", &*gateway)];
    act(&both, &[of_table("ec2:CreateRoute")], &out).await;
    let out = [of_one, everywhere, ("NatGatewayId", &*nat)];
    act(&both, &[of_table("ec2:ReplaceRoute")], &out).await;
    let join = [of_table("ec2:AssociateRouteTable"), in_subnet("ec2:AssociateRouteTable")];
    let joined = act(&both, &join, &[of_one, of_subnet]).await.text("associationId");
    let other = [
        of_table("ec2:ReplaceRouteTableAssociation"),
        ours("ec2:ReplaceRouteTableAssociation", "route-table", two),
    ];
    let params = [("AssociationId", &*joined), ("RouteTableId", two)];
    let joined = act(&both, &other, &params).await.text("newAssociationId");
    let part = [ours("ec2:DisassociateRouteTable", "route-table", two)];
    act(&both, &part, &[("AssociationId", &*joined)]).await;
    act(&both, &[of_table("ec2:DeleteRoute")], &[of_one, everywhere]).await;

    let resource = ("ResourceId.1", &*vpc);
    let tag = [in_vpc("ec2:CreateTags").when("aws:RequestTag/k", "v")];
    act(&both, &tag, &[resource, ("Tag.1.Key", "k"), ("Tag.1.Value", "v")]).await;
    act(&both, &[in_vpc("ec2:DeleteTags")], &[resource, ("Tag.1.Key", "k")]).await;

    act(&both, &[ours("ec2:DeleteNatGateway", "natgateway", &nat)], &[("NatGatewayId", &*nat)])
        .await;
    both.1.wait(300).await;
    act(&both, &[of_address("ec2:ReleaseAddress")], &[with_address]).await;
    act(&both, &with_gateway("ec2:DetachInternetGateway"), &pair).await;
    let gone = [ours("ec2:DeleteInternetGateway", "internet-gateway", &gateway)];
    act(&both, &gone, &pair[..1]).await;
    for table in [one, two] {
        let gone = [ours("ec2:DeleteRouteTable", "route-table", table)];
        act(&both, &gone, &[("RouteTableId", table)]).await;
    }
    act(&both, &[in_subnet("ec2:DeleteSubnet")], &[of_subnet]).await;
    act(&both, &[in_vpc("ec2:DeleteVpc")], &[of_vpc]).await;
}
