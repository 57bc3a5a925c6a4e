//! Route tables, after <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>.

use clctl_simulator::Settings;

use crate::client::{Answer, Client};

struct Network {
    client: Client,
    vpc: String,
    table: String,
    gateway: String,
}

impl Network {
    async fn new(settings: Settings) -> Self {
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        let gateway = client.attached_gateway(&vpc).await;
        let table = client.ec2("CreateRouteTable", &[("VpcId", &vpc)]).await.good();
        Self { vpc, table: table.text("routeTableId"), gateway, client }
    }

    async fn route(&self, action: &str, to: &str, target: &[(&str, &str)]) -> Answer {
        let mut all = vec![("RouteTableId", self.table.as_str()), ("DestinationCidrBlock", to)];
        all.extend(target);
        self.client.ec2(action, &all).await
    }

    async fn shown(&self) -> Answer {
        self.client.ec2("DescribeRouteTables", &[("RouteTableId.1", &self.table)]).await.good()
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>
#[tokio::test(start_paused = true)]
async fn a_route_has_one_destination_and_one_target() {
    let network = Network::new(Settings::calm()).await;
    let out = [("GatewayId", network.gateway.as_str())];
    assert_eq!(network.route("CreateRoute", "0.0.0.0/0", &[]).await.code(), "MissingParameter");
    let two = [out[0], ("NatGatewayId", "nat-0123456789abcdef0")];
    let refused = network.route("CreateRoute", "0.0.0.0/0", &two).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
    network.route("CreateRoute", "0.0.0.0/0", &out).await.good();
    let again = network.route("CreateRoute", "0.0.0.0/0", &out).await;
    assert_eq!(again.code(), "RouteAlreadyExists");
    // Host bits are taken away: 10.9.1.2/16 is 10.9.0.0/16.
    network.route("CreateRoute", "10.9.1.2/16", &out).await.good();
    let shown = network.shown().await.texts("destinationCidrBlock");
    assert_eq!(shown, ["10.0.0.0/16", "0.0.0.0/0", "10.9.0.0/16"]);
    let prefix = [out[0], ("DestinationIpv6CidrBlock", "::/0")];
    let refused = network.route("CreateRoute", "1.0.0.0/8", &prefix).await;
    assert_eq!((refused.status, refused.code().as_str()), (501, "ClctlSimulatorUnsupported"));
}

#[tokio::test(start_paused = true)]
async fn targets_have_to_exist_and_be_of_the_same_network() {
    let network = Network::new(Settings::calm()).await;
    let other = network.client.vpc().await;
    let foreign = network.client.attached_gateway(&other).await;
    for (target, code) in [
        (("GatewayId", "igw-0123456789abcdef0"), "InvalidGatewayID.NotFound"),
        (("GatewayId", "local"), "InvalidGatewayID.NotFound"),
        (("GatewayId", foreign.as_str()), "InvalidParameterValue"),
        (("NatGatewayId", "nat-0123456789abcdef0"), "InvalidNatGatewayID.NotFound"),
        (("NetworkInterfaceId", "eni-0123456789abcdef0"), "InvalidNetworkInterfaceID.NotFound"),
    ] {
        assert_eq!(network.route("CreateRoute", "0.0.0.0/0", &[target]).await.code(), code);
    }
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html>
#[tokio::test(start_paused = true)]
async fn the_local_route_stays_and_is_not_narrowed_to_a_gateway() {
    let network = Network::new(Settings::calm()).await;
    let out = [("GatewayId", network.gateway.as_str())];
    let same = network.route("CreateRoute", "10.0.0.0/16", &out).await;
    assert_eq!(same.code(), "RouteAlreadyExists");
    let narrower = network.route("CreateRoute", "10.0.1.0/24", &out).await;
    assert_eq!(narrower.code(), "InvalidParameterValue");
    let removed = network.route("DeleteRoute", "10.0.0.0/16", &[]).await;
    assert_eq!(removed.code(), "InvalidParameterValue");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
#[tokio::test(start_paused = true)]
async fn a_missing_route_is_neither_replaced_nor_deleted() {
    for (answer, code) in [(0, "InvalidParameterValue"), (1, "InvalidRoute.NotFound")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("replace-missing-route".to_owned(), answer);
        let network = Network::new(settings).await;
        let out = [("GatewayId", network.gateway.as_str())];
        assert_eq!(network.route("ReplaceRoute", "0.0.0.0/0", &out).await.code(), code);
        let deleted = network.route("DeleteRoute", "0.0.0.0/0", &[]).await;
        assert_eq!(deleted.code(), "InvalidRoute.NotFound");
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>
#[tokio::test(start_paused = true)]
async fn a_route_to_a_detached_gateway_is_a_black_hole() {
    let network = Network::new(Settings::calm()).await;
    let out = [("GatewayId", network.gateway.as_str())];
    network.route("CreateRoute", "0.0.0.0/0", &out).await.good();
    let pair = [("InternetGatewayId", network.gateway.as_str()), ("VpcId", network.vpc.as_str())];
    network.client.ec2("DetachInternetGateway", &pair).await.good();
    assert!(network.shown().await.body.contains("<state>blackhole</state>"));
    network.client.ec2("AttachInternetGateway", &pair).await.good();
    assert!(!network.shown().await.body.contains("<state>blackhole</state>"));
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html>
#[tokio::test(start_paused = true)]
async fn a_subnet_has_one_association_and_replacing_it_gives_another_id() {
    let network = Network::new(Settings::calm()).await;
    let client = &network.client;
    let subnet = client.subnet(&network.vpc, "10.0.1.0/24").await;
    let pair = [("RouteTableId", network.table.as_str()), ("SubnetId", subnet.as_str())];
    let made = client.ec2("AssociateRouteTable", &pair).await.good();
    assert_eq!(made.text("state"), "associating");
    let again = client.ec2("AssociateRouteTable", &pair).await;
    assert_eq!(again.code(), "Resource.AlreadyAssociated");
    client.wait(2).await;
    assert!(network.shown().await.body.contains("<state>associated</state>"));
    let deleted = client.ec2("DeleteRouteTable", &pair[..1]).await;
    assert_eq!(deleted.code(), "DependencyViolation");

    let id = made.text("associationId");
    let replace = [("AssociationId", id.as_str()), pair[0]];
    let new = client.ec2("ReplaceRouteTableAssociation", &replace).await.good();
    let new = new.text("newAssociationId");
    assert_ne!(new, id);
    let old = client.ec2("DisassociateRouteTable", &[("AssociationId", &id)]).await;
    assert_eq!(old.code(), "InvalidAssociationID.NotFound");
    client.ec2("DisassociateRouteTable", &[("AssociationId", &new)]).await.good();
    client.ec2("DeleteRouteTable", &pair[..1]).await.good();
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html>
#[tokio::test(start_paused = true)]
async fn another_table_becomes_the_main_one_and_the_main_one_stays() {
    let network = Network::new(Settings::calm()).await;
    let client = &network.client;
    let main = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", network.vpc.as_str()),
        ("Filter.2.Name", "association.main"),
        ("Filter.2.Value.1", "true"),
    ];
    let old = client.ec2("DescribeRouteTables", &main).await.good();
    let (old, association) = (old.text("routeTableId"), old.text("routeTableAssociationId"));
    let part = client.ec2("DisassociateRouteTable", &[("AssociationId", &association)]).await;
    assert_eq!(part.code(), "InvalidParameterValue");
    let deleted = client.ec2("DeleteRouteTable", &[("RouteTableId", &old)]).await;
    assert_eq!(deleted.code(), "DependencyViolation");
    let move_to =
        [("AssociationId", association.as_str()), ("RouteTableId", network.table.as_str())];
    client.ec2("ReplaceRouteTableAssociation", &move_to).await.good();
    let new = client.ec2("DescribeRouteTables", &main).await.good();
    assert_eq!(new.text("routeTableId"), network.table);
    client.ec2("DeleteRouteTable", &[("RouteTableId", &old)]).await.good();
}

/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>
#[tokio::test(start_paused = true)]
async fn a_client_token_makes_one_table_of_two_calls() {
    let network = Network::new(Settings::calm()).await;
    let client = &network.client;
    let token = [("VpcId", network.vpc.as_str()), ("ClientToken", "once")];
    let first = client.ec2("CreateRouteTable", &token).await.good();
    let second = client.ec2("CreateRouteTable", &token).await.good();
    assert_eq!(first.text("routeTableId"), second.text("routeTableId"));
    assert_eq!(first.text("clientToken"), "once");
    let other = client.vpc().await;
    let elsewhere = [("VpcId", other.as_str()), ("ClientToken", "once")];
    let refused = client.ec2("CreateRouteTable", &elsewhere).await;
    assert_eq!(refused.code(), "IdempotentParameterMismatch");
    let long = "x".repeat(65);
    let refused = client.ec2("CreateRouteTable", &[token[0], ("ClientToken", &long)]).await;
    assert_eq!(refused.code(), "InvalidClientToken");
}
