//! NAT gateways, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>.

use clctl_simulator::{Settings, Weather};

use crate::client::{Answer, Client};

/// A network in which a NAT gateway can be made.
struct Network {
    client: Client,
    vpc: String,
    subnet: String,
    address: String,
}

impl Network {
    async fn new(settings: Settings) -> Self {
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
        let address = client.ec2("AllocateAddress", &[]).await.good().text("allocationId");
        Self { client, vpc, subnet, address }
    }

    async fn with_gateway(settings: Settings) -> Self {
        let network = Self::new(settings).await;
        network.client.attached_gateway(&network.vpc).await;
        network
    }

    async fn create(&self, more: &[(&str, &str)]) -> Answer {
        let mut params = vec![("SubnetId", &*self.subnet), ("AllocationId", &*self.address)];
        params.extend(more);
        self.client.ec2("CreateNatGateway", &params).await
    }

    async fn see(&self, id: &str) -> Answer {
        self.client.ec2("DescribeNatGateways", &[("NatGatewayId.1", id)]).await
    }

    async fn state(&self, id: &str) -> String {
        self.see(id).await.good().text("state")
    }

    async fn interfaces(&self) -> Answer {
        let of = [("Filter.1.Name", "subnet-id"), ("Filter.1.Value.1", self.subnet.as_str())];
        self.client.ec2("DescribeNetworkInterfaces", &of).await.good()
    }
}

fn disputed(fact: &str, answer: u64) -> Settings {
    let mut settings = Settings::calm();
    settings.disputes.insert(fact.to_owned(), answer);
    settings
}

#[tokio::test(start_paused = true)]
async fn a_gateway_takes_minutes_and_has_an_interface_of_its_own() {
    let network = Network::with_gateway(Settings::calm()).await;
    let made = network.create(&[]).await.good();
    let id = made.text("natGatewayId");
    assert_eq!(made.text("state"), "pending");
    assert!(!made.body.contains("publicIp"));
    network.client.wait(70).await;
    assert_eq!(network.state(&id).await, "pending");
    network.client.wait(60).await;
    let seen = network.see(&id).await.good();
    assert_eq!(seen.text("state"), "available");
    assert_eq!(seen.text("connectivityType"), "public");
    assert_eq!(seen.text("allocationId"), network.address);
    let interfaces = network.interfaces().await;
    assert_eq!(interfaces.text("description"), format!("Interface for NAT Gateway {id}"));
    assert_eq!(interfaces.text("requesterManaged"), "true");
    assert_eq!(interfaces.text("networkInterfaceId"), seen.text("networkInterfaceId"));
    let address = network.client.ec2("DescribeAddresses", &[]).await.good();
    assert_eq!(address.text("associationId"), seen.text("associationId"));
    assert_eq!(address.text("publicIp"), seen.text("publicIp"));
    assert_eq!(address.text("privateIpAddress"), seen.text("privateIp"));
    let timeline = network.client.simulator.with(|world| world.timeline());
    let life = timeline.iter().find(|it| it.object.id == id).unwrap().life;
    let took = life.ready.unwrap().since(life.created).as_secs();
    assert!((100..125).contains(&took), "{took}");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html>, `FailureCode`.
#[tokio::test(start_paused = true)]
async fn without_an_internet_gateway_creation_succeeds_and_the_gateway_fails() {
    let network = Network::new(Settings::calm()).await;
    let id = network.create(&[]).await.good().text("natGatewayId");
    network.client.wait(20).await;
    let seen = network.see(&id).await.good();
    assert_eq!(
        (seen.text("state"), seen.text("failureCode")),
        ("failed".into(), "Gateway.NotAttached".into())
    );
    let text = format!("Network {} has no Internet gateway attached", network.vpc);
    assert_eq!(seen.text("failureMessage"), text);
    assert!(network.interfaces().await.texts("networkInterfaceId").is_empty());
    let release = [("AllocationId", &*network.address)];
    network.client.ec2("ReleaseAddress", &release).await.good();
    network.client.wait(3_700).await;
    assert_eq!(network.see(&id).await.code(), "NatGatewayNotFound");
}

/// What counts is whether the internet gateway is there when AWS looks.
#[tokio::test(start_paused = true)]
async fn an_internet_gateway_attached_in_time_is_good_enough() {
    let network = Network::new(Settings::calm()).await;
    let id = network.create(&[]).await.good().text("natGatewayId");
    network.client.attached_gateway(&network.vpc).await;
    network.client.wait(150).await;
    assert_eq!(network.state(&id).await, "available");
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>
#[tokio::test(start_paused = true)]
async fn an_address_in_use_and_a_full_subnet_make_it_fail_later() {
    let network = Network::with_gateway(Settings::calm()).await;
    let first = network.create(&[]).await.good().text("natGatewayId");
    let second = network.create(&[]).await.good().text("natGatewayId");
    network.client.wait(150).await;
    assert_eq!(network.state(&first).await, "available");
    let seen = network.see(&second).await.good();
    assert_eq!(seen.text("failureCode"), "Resource.AlreadyAssociated");

    let tiny = network.client.subnet(&network.vpc, "10.0.2.0/28").await;
    for _ in 0..11 {
        network.client.interface(&tiny).await;
    }
    let more = network.client.ec2("CreateNetworkInterface", &[("SubnetId", &tiny)]).await;
    assert_eq!(more.code(), "InsufficientFreeAddressesInSubnet");
    let private = [("SubnetId", &*tiny), ("ConnectivityType", "private")];
    let third = network.client.ec2("CreateNatGateway", &private).await.good().text("natGatewayId");
    network.client.wait(20).await;
    let seen = network.see(&third).await.good();
    assert_eq!(seen.text("failureCode"), "InsufficientFreeAddressesInSubnet");
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_is_refused_at_once() {
    let network = Network::with_gateway(Settings::calm()).await;
    let client = &network.client;
    let subnet = ("SubnetId", &*network.subnet);
    let address = ("AllocationId", &*network.address);
    for (params, code) in [
        (vec![subnet], "MissingParameter"),
        (vec![address], "MissingParameter"),
        (vec![("SubnetId", "subnet-0123456789abcdef0"), address], "InvalidSubnetID.NotFound"),
        (
            vec![subnet, ("AllocationId", "eipalloc-0123456789abcdef0")],
            "InvalidAllocationID.NotFound",
        ),
        (vec![subnet, address, ("ConnectivityType", "private")], "InvalidParameterCombination"),
        (vec![subnet, address, ("AvailabilityMode", "regional")], "ClctlSimulatorUnsupported"),
        (vec![subnet, address, ("PrivateIpAddress", "10.0.1.9")], "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(client.ec2("CreateNatGateway", &params).await.code(), code, "{params:?}");
    }
    assert!(client.ec2("DescribeNatGateways", &[]).await.good().texts("state").is_empty());
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html> has it as a
/// code of a failed gateway, the list of error codes as one of the call.
#[tokio::test(start_paused = true)]
async fn an_unknown_address_may_be_noticed_later() {
    let network = Network::with_gateway(disputed("nat-gateway-unknown-address", 1)).await;
    let unknown = [("SubnetId", &*network.subnet), ("AllocationId", "eipalloc-0123456789abcdef0")];
    let made = network.client.ec2("CreateNatGateway", &unknown).await.good();
    network.client.wait(20).await;
    let seen = network.see(&made.text("natGatewayId")).await.good();
    assert_eq!(seen.text("failureCode"), "InvalidAllocationID.NotFound");
}

/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html>
#[tokio::test(start_paused = true)]
async fn a_token_makes_one_gateway_and_names_it_even_when_it_is_dead() {
    for (answer, state) in [(0, "pending"), (1, "deleted")] {
        let network = Network::with_gateway(disputed("nat-gateway-token-again", answer)).await;
        let token = [("ClientToken", "once")];
        let id = network.create(&token).await.good().text("natGatewayId");
        let again = network.create(&token).await.good();
        assert_eq!(
            (again.text("natGatewayId"), again.text("clientToken")),
            (id.clone(), "once".into())
        );
        let other = network.create(&[token[0], ("ConnectivityType", "public")]).await;
        assert_eq!(other.code(), "IdempotentParameterMismatch");
        network.client.wait(150).await;
        network.client.ec2("DeleteNatGateway", &[("NatGatewayId", &id)]).await.good();
        network.client.wait(200).await;
        let dead = network.create(&token).await.good();
        assert_eq!((dead.text("natGatewayId"), dead.text("state")), (id, state.to_owned()));
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html>
#[tokio::test(start_paused = true)]
async fn deletion_takes_minutes_frees_the_address_and_leaves_a_shadow() {
    let network = Network::with_gateway(Settings::calm()).await;
    let client = &network.client;
    let id = network.create(&[]).await.good().text("natGatewayId");
    client.wait(150).await;
    let table = client.ec2("CreateRouteTable", &[("VpcId", &network.vpc)]).await;
    let table = table.text("routeTableId");
    let route =
        [("RouteTableId", &*table), ("DestinationCidrBlock", "0.0.0.0/0"), ("NatGatewayId", &*id)];
    client.ec2("CreateRoute", &route).await.good();
    client.ec2("DeleteNatGateway", &[("NatGatewayId", &id)]).await.good();
    client.ec2("DeleteNatGateway", &[("NatGatewayId", &id)]).await.good();
    assert_eq!(network.state(&id).await, "deleting");
    let release = [("AllocationId", &*network.address)];
    assert_eq!(client.ec2("ReleaseAddress", &release).await.code(), "InvalidIPAddress.InUse");
    let refused = client.ec2("DeleteSubnet", &[("SubnetId", &network.subnet)]).await;
    assert_eq!(refused.code(), "DependencyViolation");
    client.wait(200).await;
    let seen = network.see(&id).await.good();
    assert_eq!(seen.text("state"), "deleted");
    assert!(seen.text("deleteTime") > seen.text("createTime"));
    assert!(network.interfaces().await.texts("networkInterfaceId").is_empty());
    let routes = client.ec2("DescribeRouteTables", &[("RouteTableId.1", &table)]).await;
    assert!(routes.texts("state").contains(&"blackhole".to_owned()));
    let lingering = client.simulator.with(|world| world.lingering());
    assert_eq!(lingering.into_iter().map(|it| it.id).collect::<Vec<_>>(), [id.as_str()]);
    let again = client.ec2("DeleteNatGateway", &[("NatGatewayId", &id)]).await;
    assert_eq!(again.code(), "NatGatewayNotFound");
    let address = client.ec2("DescribeAddresses", &[]).await.good();
    assert!(address.texts("associationId").is_empty());
    client.ec2("ReleaseAddress", &release).await.good();
    client.ec2("DeleteSubnet", &[("SubnetId", &network.subnet)]).await.good();
    client.wait(3_700).await;
    assert_eq!(network.see(&id).await.code(), "NatGatewayNotFound");
}

/// A gateway that is deleted before it was ever there leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn a_pending_gateway_can_be_deleted() {
    let network = Network::with_gateway(Settings::calm()).await;
    for early in [1, 30] {
        let id = network.create(&[]).await.good().text("natGatewayId");
        network.client.wait(early).await;
        network.client.ec2("DeleteNatGateway", &[("NatGatewayId", &id)]).await.good();
        network.client.wait(400).await;
        assert_eq!(network.state(&id).await, "deleted");
        assert!(network.interfaces().await.texts("networkInterfaceId").is_empty());
    }
    let release = [("AllocationId", &*network.address)];
    network.client.ec2("ReleaseAddress", &release).await.good();
}

/// AWS was seen to say `AuthFailure` where the reference says `InvalidIPAddress.InUse`.
#[tokio::test(start_paused = true)]
async fn the_address_of_a_gateway_is_kept_in_one_of_two_ways() {
    for (answer, code) in [(0, "InvalidIPAddress.InUse"), (1, "AuthFailure")] {
        let network = Network::with_gateway(disputed("release-nat-address", answer)).await;
        network.create(&[]).await.good();
        let release = [("AllocationId", &*network.address)];
        for _ in 0..2 {
            let refused = network.client.ec2("ReleaseAddress", &release).await;
            assert_eq!((refused.code().as_str(), refused.status), (code, 400));
            network.client.wait(150).await;
        }
        let address = network.client.ec2("DescribeAddresses", &[]).await.good();
        let association = [("AssociationId", &*address.text("associationId"))];
        let refused = network.client.ec2("DisassociateAddress", &association).await;
        assert_eq!(refused.code(), "AuthFailure");
    }
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>: gateways that are
/// pending, active or being deleted count.
#[tokio::test(start_paused = true)]
async fn five_gateways_per_zone() {
    let network = Network::new(Settings::calm()).await;
    let client = &network.client;
    let private = [("SubnetId", &*network.subnet), ("ConnectivityType", "private")];
    let mut all = Vec::new();
    for _ in 0..5 {
        let made = client.ec2("CreateNatGateway", &private).await.good();
        all.push(made.text("natGatewayId"));
    }
    let sixth = client.ec2("CreateNatGateway", &private).await;
    assert_eq!(sixth.code(), "NatGatewayLimitExceeded");
    client.wait(150).await;
    client.ec2("DeleteNatGateway", &[("NatGatewayId", &all[0])]).await.good();
    let sixth = client.ec2("CreateNatGateway", &private).await;
    assert_eq!(sixth.code(), "NatGatewayLimitExceeded");
    client.wait(200).await;
    client.ec2("CreateNatGateway", &private).await.good();
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html>
#[tokio::test(start_paused = true)]
async fn gateways_are_listed_by_state_subnet_and_tag_and_in_pages() {
    let mut settings = Settings::calm();
    settings.quotas.nat_gateways_per_zone = 10;
    let network = Network::new(settings).await;
    let client = &network.client;
    for number in ["1", "2", "3", "4", "5", "6", "7"] {
        let params = [
            ("SubnetId", &*network.subnet),
            ("ConnectivityType", "private"),
            ("TagSpecification.1.ResourceType", "natgateway"),
            ("TagSpecification.1.Tag.1.Key", "Number"),
            ("TagSpecification.1.Tag.1.Value", number),
        ];
        client.ec2("CreateNatGateway", &params).await.good();
    }
    for (name, value, expected) in [
        ("state", "pending", 7),
        ("state", "available", 0),
        ("subnet-id", &network.subnet, 7),
        ("vpc-id", "vpc-0123456789abcdef0", 0),
        ("tag:Number", "3", 1),
        ("tag-key", "Number", 7),
    ] {
        let of = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let found = client.ec2("DescribeNatGateways", &of).await.good();
        assert_eq!(found.texts("natGatewayId").len(), expected, "{name} {value}");
    }
    let first = client.ec2("DescribeNatGateways", &[("MaxResults", "5")]).await.good();
    assert_eq!(first.texts("natGatewayId").len(), 5);
    let next = [("MaxResults", "5"), ("NextToken", &*first.text("nextToken"))];
    let rest = client.ec2("DescribeNatGateways", &next).await.good();
    assert_eq!((rest.texts("natGatewayId").len(), rest.text("nextToken")), (2, String::new()));
    let small = client.ec2("DescribeNatGateways", &[("MaxResults", "4")]).await;
    assert_eq!(small.code(), "InvalidParameterValue");
    let malformed = client.ec2("DescribeNatGateways", &[("NatGatewayId.1", "nat-x")]).await;
    assert_eq!(malformed.code(), "NatGatewayMalformed");
}

/// In any storm and whatever was done, an hour later all is settled: no address is held by
/// nothing, and no interface belongs to no gateway.
#[tokio::test(start_paused = true)]
async fn after_a_storm_everything_is_settled() {
    let (mut lasting, mut failed) = (0, 0);
    for seed in 0..20 {
        let mut settings = Settings::stormy(seed);
        settings.quotas.addresses = 50;
        let client = Client::new(settings);
        let seeded = client.simulator.with(|world| world.seed(clctl_simulator::Seed::Network));
        let subnets: Vec<_> = seeded.into_iter().filter(|it| it.1.starts_with("subnet-")).collect();
        let (mut addresses, mut gateways) = (vec![String::new()], vec![String::new()]);
        let mut chance = seed;
        let mut draw = |bound: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(chance >> 33).unwrap() % bound
        };
        for _ in 0..120 {
            let subnet = &subnets[draw(subnets.len())].1;
            let address = addresses[draw(addresses.len())].clone();
            let gateway = gateways[draw(gateways.len())].clone();
            let kind = draw(5);
            let wait = draw(60) as u64;
            let (action, params) = match kind {
                0 => ("AllocateAddress", vec![]),
                1 | 2 => {
                    ("CreateNatGateway", vec![("SubnetId", &**subnet), ("AllocationId", &address)])
                }
                3 => ("DeleteNatGateway", vec![("NatGatewayId", &*gateway)]),
                _ => ("ReleaseAddress", vec![("AllocationId", &*address)]),
            };
            if let Ok(answer) = client.try_ec2(action, &params).await {
                addresses.extend(answer.texts("allocationId"));
                gateways.extend(answer.texts("natGatewayId"));
            }
            client.wait(wait).await;
        }
        client.simulator.with(|world| *world.settings_mut() = Settings::calm());
        client.wait(1_000).await;
        let gateways = client.ec2("DescribeNatGateways", &[]).await.good();
        for state in gateways.texts("state") {
            assert!(matches!(&*state, "available" | "failed" | "deleted"), "{seed} {state}");
        }
        failed += gateways.texts("failureCode").len();
        let of = [("Filter.1.Name", "state"), ("Filter.1.Value.1", "available")];
        let available = client.ec2("DescribeNatGateways", &of).await.good();
        let sorted = |mut all: Vec<String>| {
            all.sort();
            all
        };
        let of = [("Filter.1.Name", "requester-managed"), ("Filter.1.Value.1", "true")];
        let interfaces = client.ec2("DescribeNetworkInterfaces", &of).await.good();
        let mut held = interfaces.texts("networkInterfaceId");
        held.dedup();
        assert_eq!(sorted(available.texts("networkInterfaceId")), sorted(held));
        let addresses = client.ec2("DescribeAddresses", &[]).await.good();
        assert_eq!(
            sorted(available.texts("associationId")),
            sorted(addresses.texts("associationId"))
        );
        lasting += available.texts("associationId").len();
    }
    assert!(lasting > 10 && failed > 10, "{lasting} {failed}");
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>: one may fail
/// for reasons of AWS's own, and the address is free again.
#[tokio::test(start_paused = true)]
async fn a_gateway_may_come_to_nothing_by_itself() {
    let weather = Weather { failing: 1000, ..Weather::default() };
    let network = Network::with_gateway(Settings { weather, ..Settings::calm() }).await;
    let id = network.create(&[]).await.good().text("natGatewayId");
    network.client.wait(600).await;
    let seen = network.see(&id).await.good();
    assert_eq!(
        (seen.text("state"), seen.text("failureCode")),
        ("failed".into(), "InternalError".into())
    );
    network.client.simulator.with(|world| world.settings_mut().weather = Weather::default());
    let id = network.create(&[]).await.good().text("natGatewayId");
    network.client.wait(600).await;
    assert_eq!(network.state(&id).await, "available");
}
