//! VPC endpoints, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html> and its
//! sisters.

use clctl_simulator::Settings;

use crate::client::{Answer, Client};

const S3: &str = "com.amazonaws.us-east-1.s3";
const S3_LIST: &str = "pl-63a5400a";
const LOGS: &str = "com.amazonaws.us-east-1.logs";

fn answering(fact: &str, answer: u64) -> Client {
    let mut settings = Settings::calm();
    settings.disputes.insert(fact.to_owned(), answer);
    Client::new(settings)
}

/// A VPC in which private names are resolved.
async fn resolving(client: &Client) -> String {
    let vpc = client.vpc().await;
    let change = [("VpcId", &*vpc), ("EnableDnsHostnames.Value", "true")];
    client.ec2("ModifyVpcAttribute", &change).await.good();
    vpc
}

async fn table(client: &Client, vpc: &str) -> String {
    client.ec2("CreateRouteTable", &[("VpcId", vpc)]).await.good().text("routeTableId")
}

async fn gateway(client: &Client, vpc: &str, tables: &[&str]) -> Answer {
    let names: Vec<_> = (1..=tables.len()).map(|it| format!("RouteTableId.{it}")).collect();
    let mut params = vec![("VpcId", vpc), ("ServiceName", S3), ("VpcEndpointType", "Gateway")];
    params.extend(names.iter().map(String::as_str).zip(tables.iter().copied()));
    client.ec2("CreateVpcEndpoint", &params).await
}

async fn interface(client: &Client, vpc: &str, more: &[(&str, &str)]) -> Answer {
    let mut params = vec![("VpcId", vpc), ("ServiceName", LOGS), ("VpcEndpointType", "Interface")];
    params.extend(more);
    client.ec2("CreateVpcEndpoint", &params).await
}

async fn seen(client: &Client, id: &str) -> Answer {
    client.ec2("DescribeVpcEndpoints", &[("VpcEndpointId.1", id)]).await
}

async fn delete(client: &Client, id: &str) -> Answer {
    client.ec2("DeleteVpcEndpoints", &[("VpcEndpointId.1", id)]).await.good()
}

async fn routes(client: &Client, table: &str) -> Answer {
    client.ec2("DescribeRouteTables", &[("RouteTableId.1", table)]).await.good()
}

#[tokio::test(start_paused = true)]
async fn the_route_of_a_gateway_comes_and_goes_with_it() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let (one, two) = (table(&client, &vpc).await, table(&client, &vpc).await);
    let made = gateway(&client, &vpc, &[&one]).await.good();
    let id = made.text("vpcEndpointId");
    assert_eq!(
        (made.text("state"), made.text("vpcEndpointType")),
        ("available".into(), "Gateway".into())
    );
    assert!(made.text("policyDocument").contains("2008-10-17"), "{}", made.body);
    assert_eq!(made.text("privateDnsEnabled"), "false");
    assert!(routes(&client, &one).await.texts("destinationPrefixListId").is_empty());
    client.wait(10).await;
    let there = routes(&client, &one).await;
    assert_eq!(there.text("destinationPrefixListId"), S3_LIST);
    assert_eq!(there.texts("gatewayId"), ["local", &*id]);
    assert_eq!(there.texts("state"), ["active", "active"]);
    let of = [("Filter.1.Name", "route.destination-prefix-list-id"), ("Filter.1.Value.1", S3_LIST)];
    let found = client.ec2("DescribeRouteTables", &of).await.good();
    assert_eq!(found.texts("routeTableId"), [&*one]);

    // Nobody else can take the route away.
    let route = [("RouteTableId", &*one), ("DestinationPrefixListId", S3_LIST)];
    let refused = client.ec2("DeleteRoute", &route).await;
    assert_eq!(refused.code(), "InvalidParameterValue");
    let route = [("RouteTableId", &*two), ("DestinationPrefixListId", S3_LIST)];
    assert_eq!(client.ec2("DeleteRoute", &route).await.code(), "InvalidRoute.NotFound");

    let moved =
        [("VpcEndpointId", &*id), ("AddRouteTableId.1", &*two), ("RemoveRouteTableId.1", &*one)];
    client.ec2("ModifyVpcEndpoint", &moved).await.good();
    client.wait(10).await;
    assert!(routes(&client, &one).await.texts("destinationPrefixListId").is_empty());
    assert_eq!(routes(&client, &two).await.text("destinationPrefixListId"), S3_LIST);

    assert!(delete(&client, &id).await.texts("code").is_empty());
    assert_eq!(seen(&client, &id).await.text("state"), "deleting");
    assert_eq!(client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.code(), "DependencyViolation");
    client.wait(10).await;
    assert_eq!(seen(&client, &id).await.code(), "InvalidVpcEndpointId.NotFound");
    assert!(routes(&client, &two).await.texts("destinationPrefixListId").is_empty());
    for table in [one, two] {
        client.ec2("DeleteRouteTable", &[("RouteTableId", &table)]).await.good();
    }
    client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
}

#[tokio::test(start_paused = true)]
async fn a_table_has_one_route_to_a_service() {
    for (answer, code) in [(0, "RouteAlreadyExists"), (1, "InvalidParameter")] {
        let client = answering("second-gateway-endpoint", answer);
        let vpc = client.vpc().await;
        let one = table(&client, &vpc).await;
        gateway(&client, &vpc, &[&one]).await.good();
        assert_eq!(gateway(&client, &vpc, &[&one]).await.code(), code);
        let second = gateway(&client, &vpc, &[]).await.good().text("vpcEndpointId");
        let add = [("VpcEndpointId", &*second), ("AddRouteTableId.1", &*one)];
        assert_eq!(client.ec2("ModifyVpcEndpoint", &add).await.code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_with_an_endpoint_goes_or_stays() {
    for answer in [0, 1] {
        let client = answering("delete-route-table-of-endpoint", answer);
        let vpc = client.vpc().await;
        let one = table(&client, &vpc).await;
        let id = gateway(&client, &vpc, &[&one]).await.good().text("vpcEndpointId");
        client.wait(10).await;
        let gone = client.ec2("DeleteRouteTable", &[("RouteTableId", &one)]).await;
        let left = seen(&client, &id).await.good().body.matches(&*one).count();
        if answer == 0 {
            gone.good();
            assert_eq!(left, 0);
        } else {
            assert_eq!((gone.code(), left), ("DependencyViolation".into(), 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interface_is_available_minutes_later_and_holds_what_it_uses() {
    let client = Client::calm();
    let vpc = resolving(&client).await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let group = client.group(&vpc, "endpoints").await;
    let tag = [
        ("SubnetId.1", &*subnet),
        ("SecurityGroupId.1", &*group),
        ("TagSpecification.1.ResourceType", "vpc-endpoint"),
        ("TagSpecification.1.Tag.1.Key", "team"),
        ("TagSpecification.1.Tag.1.Value", "nodes"),
    ];
    let made = interface(&client, &vpc, &tag).await.good();
    let id = made.text("vpcEndpointId");
    assert_eq!(made.text("state"), "pending");
    assert_eq!(made.text("groupName"), "endpoints");
    // Said to be so by the documents when it is not said otherwise.
    assert_eq!(made.text("privateDnsEnabled"), "true");
    let names = made.texts("dnsName");
    assert!(names[0].starts_with(&id) && names[0].ends_with(".logs.us-east-1.vpce.amazonaws.com"));
    assert_eq!((names.len(), &*names[2]), (3, "logs.us-east-1.amazonaws.com"));
    let of = [("Filter.1.Name", "interface-type"), ("Filter.1.Value.1", "vpc_endpoint")];
    let eni = client.ec2("DescribeNetworkInterfaces", &of).await.good();
    assert_eq!(eni.text("description"), format!("VPC Endpoint Interface {id}"));
    assert_eq!(eni.text("requesterManaged"), "true");
    assert_eq!((eni.text("groupId"), eni.text("subnetId")), (group.clone(), subnet.clone()));
    assert_eq!(
        client
            .ec2(
                "DeleteNetworkInterface",
                &[("NetworkInterfaceId", &eni.text("networkInterfaceId"))]
            )
            .await
            .code(),
        "InvalidNetworkInterface.InUse"
    );
    client.wait(170).await;
    assert_eq!(seen(&client, &id).await.good().text("state"), "pending");
    client.wait(20).await;
    assert_eq!(seen(&client, &id).await.good().text("state"), "available");
    assert!(!seen(&client, &id).await.body.contains("ZONEIDPENDING"));

    delete(&client, &id).await;
    delete(&client, &id).await;
    for (action, name, value) in [
        ("DeleteSubnet", "SubnetId", &*subnet),
        ("DeleteSecurityGroup", "GroupId", &*group),
        ("DeleteVpc", "VpcId", &*vpc),
    ] {
        assert_eq!(client.ec2(action, &[(name, value)]).await.code(), "DependencyViolation");
    }
    // Its name is not free until it is gone.
    let again = interface(&client, &vpc, &[("SubnetId.1", &*subnet)]).await;
    assert_eq!(again.code(), "InvalidParameter");
    assert!(
        again.text("Message").contains("conflicting DNS domain for logs.us-east-1.amazonaws.com")
    );
    client.wait(160).await;
    assert_eq!(seen(&client, &id).await.code(), "InvalidVpcEndpointId.NotFound");
    client.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).await.good();
    client.ec2("DeleteSecurityGroup", &[("GroupId", &group)]).await.good();
    client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
}

#[tokio::test(start_paused = true)]
async fn private_names_need_a_vpc_that_resolves_them() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let refused = interface(&client, &vpc, &[]).await;
    assert_eq!(refused.code(), "InvalidParameter");
    assert!(refused.text("Message").contains("enableDnsHostnames"), "{}", refused.body);
    let plain = interface(&client, &vpc, &[("PrivateDnsEnabled", "false")]).await.good();
    assert_eq!(plain.texts("dnsName").len(), 1);
    // The default group of the VPC, when none is named.
    assert_eq!(plain.text("groupName"), "default");
    let id = plain.text("vpcEndpointId");
    let change = [("VpcEndpointId", &*id), ("PrivateDnsEnabled", "true")];
    assert_eq!(client.ec2("ModifyVpcEndpoint", &change).await.code(), "InvalidParameter");
    let names = [("VpcId", &*vpc), ("EnableDnsHostnames.Value", "true")];
    client.ec2("ModifyVpcAttribute", &names).await.good();
    client.ec2("ModifyVpcEndpoint", &change).await.good();
    assert_eq!(seen(&client, &id).await.text("privateDnsEnabled"), "true");
    assert_eq!(interface(&client, &vpc, &[]).await.code(), "InvalidParameter");
    interface(&client, &vpc, &[("PrivateDnsEnabled", "false")]).await.good();
}

#[tokio::test(start_paused = true)]
async fn an_interface_moves_to_other_subnets_and_groups() {
    let client = Client::calm();
    let vpc = resolving(&client).await;
    let zoned = async |cidr: &str, zone: &str| {
        let params = [("VpcId", &*vpc), ("CidrBlock", cidr), ("AvailabilityZone", zone)];
        client.ec2("CreateSubnet", &params).await.good().text("subnetId")
    };
    let one = zoned("10.0.1.0/24", "us-east-1a").await;
    let two = zoned("10.0.2.0/24", "us-east-1b").await;
    let twin = zoned("10.0.3.0/24", "us-east-1a").await;
    let (first, second) = (client.group(&vpc, "first").await, client.group(&vpc, "second").await);
    let both = [("SubnetId.1", &*one), ("SubnetId.2", &*twin)];
    assert_eq!(interface(&client, &vpc, &both).await.code(), "DuplicateSubnetsInSameZone");
    let place = [("SubnetId.1", &*one), ("SecurityGroupId.1", &*first)];
    let id = interface(&client, &vpc, &place).await.good().text("vpcEndpointId");
    let endpoint = ("VpcEndpointId", &*id);
    client.wait(200).await;

    let groups =
        [endpoint, ("AddSecurityGroupId.1", &*second), ("RemoveSecurityGroupId.1", &*first)];
    client.ec2("ModifyVpcEndpoint", &groups).await.good();
    assert_eq!(seen(&client, &id).await.text("state"), "available");
    client.ec2("DeleteSecurityGroup", &[("GroupId", &first)]).await.good();

    client.ec2("ModifyVpcEndpoint", &[endpoint, ("AddSubnetId.1", &two)]).await.good();
    let wide = seen(&client, &id).await.good();
    assert_eq!(wide.text("state"), "pending");
    client.wait(200).await;
    client.ec2("ModifyVpcEndpoint", &[endpoint, ("RemoveSubnetId.1", &one)]).await.good();
    let refused = client.ec2("DeleteSubnet", &[("SubnetId", &one)]).await;
    assert_eq!(refused.code(), "DependencyViolation");
    client.wait(200).await;
    client.ec2("DeleteSubnet", &[("SubnetId", &one)]).await.good();
    assert_eq!(seen(&client, &id).await.text("state"), "available");
    for (name, value) in [("RemoveSubnetId.1", &*two), ("RemoveSecurityGroupId.1", &*second)] {
        let refused = client.ec2("ModifyVpcEndpoint", &[endpoint, (name, value)]).await;
        assert_eq!(refused.code(), "InvalidParameter", "{name}");
    }
    delete(&client, &id).await;
    let refused = client.ec2("ModifyVpcEndpoint", &[endpoint, ("ResetPolicy", "true")]).await;
    assert_eq!(refused.code(), "IncorrectState");
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_kept_as_given_and_can_be_reset() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let id = gateway(&client, &vpc, &[]).await.good().text("vpcEndpointId");
    let endpoint = ("VpcEndpointId", &*id);
    let before = seen(&client, &id).await.text("policyDocument");
    let policy = r#"{"Version": "2012-10-17", "Statement": []}"#;
    client.ec2("ModifyVpcEndpoint", &[endpoint, ("PolicyDocument", policy)]).await.good();
    let kept = seen(&client, &id).await.text("policyDocument");
    assert_eq!(kept.replace("&quot;", "\""), policy);
    for bad in ["nonsense", "{}", "[]"] {
        let refused = client.ec2("ModifyVpcEndpoint", &[endpoint, ("PolicyDocument", bad)]).await;
        assert_eq!(refused.code(), "InvalidPolicyDocument", "{bad}");
    }
    let both = [endpoint, ("PolicyDocument", policy), ("ResetPolicy", "true")];
    let refused = client.ec2("ModifyVpcEndpoint", &both).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
    client.ec2("ModifyVpcEndpoint", &[endpoint, ("ResetPolicy", "true")]).await.good();
    assert_eq!(seen(&client, &id).await.text("policyDocument"), before);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused() {
    let client = Client::calm();
    let (vpc, other) = (resolving(&client).await, client.vpc().await);
    let strange_subnet = client.subnet(&other, "10.0.1.0/24").await;
    let strange_table = table(&client, &other).await;
    let missing = "subnet-0123456789abcdef0";
    for (service, kind, name, value, code) in [
        ("com.amazonaws.eu-west-1.logs", "Interface", "", "", "InvalidServiceName"),
        ("com.amazonaws.us-east-1.bedrock", "Interface", "", "", "ClctlSimulatorUnsupported"),
        (LOGS, "Gateway", "", "", "InvalidParameter"),
        (S3, "Interface", "", "", "ClctlSimulatorUnsupported"),
        (LOGS, "GatewayLoadBalancer", "", "", "ClctlSimulatorUnsupported"),
        (LOGS, "Interface", "RouteTableId.1", &*strange_table, "InvalidParameter"),
        (LOGS, "Interface", "SubnetId.1", &*strange_subnet, "InvalidParameter"),
        (LOGS, "Interface", "SubnetId.1", missing, "InvalidSubnetID.NotFound"),
        (LOGS, "Interface", "SecurityGroupId.1", "nonsense", "InvalidGroupId.Malformed"),
        (LOGS, "Interface", "IpAddressType", "dualstack", "ClctlSimulatorUnsupported"),
        (LOGS, "Interface", "DnsOptions.DnsRecordIpType", "ipv6", "ClctlSimulatorUnsupported"),
        (S3, "Gateway", "SubnetId.1", &*strange_subnet, "InvalidParameter"),
        (S3, "Gateway", "RouteTableId.1", &*strange_table, "InvalidParameter"),
        (S3, "Gateway", "RouteTableId.1", "rtb-0123456789abcdef0", "InvalidRouteTableID.NotFound"),
        (S3, "Gateway", "PrivateDnsEnabled", "true", "InvalidParameter"),
        (S3, "Gateway", "PolicyDocument", "{", "InvalidPolicyDocument"),
    ] {
        let mut params =
            vec![("VpcId", &*vpc), ("ServiceName", service), ("VpcEndpointType", kind)];
        params.extend((!name.is_empty()).then_some((name, value)));
        let refused = client.ec2("CreateVpcEndpoint", &params).await;
        assert_eq!(refused.code(), code, "{service} {kind} {name} {value}");
    }
    assert!(client.ec2("DescribeVpcEndpoints", &[]).await.texts("vpcEndpointId").is_empty());
    let interfaces = client.ec2("DescribeNetworkInterfaces", &[]).await;
    assert!(interfaces.good().texts("networkInterfaceId").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_makes_one_endpoint_and_quotas_hold() {
    let mut settings = Settings::calm();
    settings.quotas.gateway_endpoints = 1;
    settings.quotas.interface_endpoints_per_vpc = 1;
    let client = Client::new(settings);
    let vpc = client.vpc().await;
    let params = [("VpcId", &*vpc), ("ServiceName", S3), ("ClientToken", "one")];
    let made = client.ec2("CreateVpcEndpoint", &params).await.good();
    assert_eq!(made.text("clientToken"), "one");
    let again = client.ec2("CreateVpcEndpoint", &params).await.good();
    assert_eq!(again.text("vpcEndpointId"), made.text("vpcEndpointId"));
    let other = [params[0], params[2], ("ServiceName", "com.amazonaws.us-east-1.dynamodb")];
    let refused = client.ec2("CreateVpcEndpoint", &other).await;
    assert_eq!(refused.code(), "IdempotentParameterMismatch");
    assert_eq!(gateway(&client, &vpc, &[]).await.code(), "VpcEndpointLimitExceeded");
    let quiet = [("PrivateDnsEnabled", "false")];
    interface(&client, &vpc, &quiet).await.good();
    assert_eq!(interface(&client, &vpc, &quiet).await.code(), "VpcEndpointLimitExceeded");
    let other = client.vpc().await;
    interface(&client, &other, &quiet).await.good();
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_found_by_filter_tag_and_page() {
    let mut settings = Settings::calm();
    settings.page = Some(1);
    let client = Client::new(settings);
    let vpc = client.vpc().await;
    let one = gateway(&client, &vpc, &[]).await.good().text("vpcEndpointId");
    let quiet = [("PrivateDnsEnabled", "false")];
    let two = interface(&client, &vpc, &quiet).await.good().text("vpcEndpointId");
    let tag = [("ResourceId.1", &*two), ("Tag.1.Key", "team"), ("Tag.1.Value", "nodes")];
    client.ec2("CreateTags", &tag).await.good();
    for (name, value, found) in [
        ("service-name", S3, &one),
        ("vpc-endpoint-type", "Interface", &two),
        ("vpc-endpoint-state", "available", &one),
        ("vpc-endpoint-state", "pending", &two),
        ("vpc-endpoint-id", &*two, &two),
        ("tag:team", "nodes", &two),
    ] {
        let of = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let answer = client.ec2("DescribeVpcEndpoints", &of).await.good();
        assert_eq!(answer.texts("vpcEndpointId"), [&**found], "{name}");
    }
    let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*vpc)];
    let first = client.ec2("DescribeVpcEndpoints", &of).await.good();
    let next = first.text("nextToken");
    let second = client.ec2("DescribeVpcEndpoints", &[of[0], of[1], ("NextToken", &next)]).await;
    let mut ids = [first.texts("vpcEndpointId"), second.good().texts("vpcEndpointId")].concat();
    ids.sort();
    let mut both = [one, two];
    both.sort();
    assert_eq!(ids, both);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deleted_is_told_in_a_good_answer() {
    for (answer, code) in [(0, "InvalidVpcEndpoint.NotFound"), (1, "InvalidVpcEndpointId.NotFound")]
    {
        let client = answering("missing-vpc-endpoint", answer);
        let vpc = client.vpc().await;
        let id = gateway(&client, &vpc, &[]).await.good().text("vpcEndpointId");
        let missing = "vpce-0123456789abcdef0";
        let both = [("VpcEndpointId.1", missing), ("VpcEndpointId.2", &*id)];
        let told = client.ec2("DeleteVpcEndpoints", &both).await.good();
        assert_eq!(
            (told.texts("code"), told.texts("resourceId")),
            (vec![code.into()], vec![missing.into()])
        );
        client.wait(10).await;
        assert_eq!(seen(&client, &id).await.code(), "InvalidVpcEndpointId.NotFound");
        let malformed = client.ec2("DeleteVpcEndpoints", &[("VpcEndpointId.1", "nonsense")]).await;
        assert_eq!(malformed.code(), "InvalidVpcEndpointId.Malformed");
        let change = [("VpcEndpointId", missing), ("ResetPolicy", "true")];
        assert_eq!(client.ec2("ModifyVpcEndpoint", &change).await.code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn states_are_written_as_seen_or_as_the_model_lists_them() {
    let client = answering("vpc-endpoint-state-case", 1);
    let vpc = client.vpc().await;
    let made = gateway(&client, &vpc, &[]).await.good();
    assert_eq!(made.text("state"), "Available");
    let of = [("Filter.1.Name", "vpc-endpoint-state"), ("Filter.1.Value.1", "available")];
    let found = client.ec2("DescribeVpcEndpoints", &of).await.good();
    assert_eq!(found.text("vpcEndpointId"), made.text("vpcEndpointId"));
}

#[tokio::test(start_paused = true)]
async fn services_are_listed() {
    let client = Client::calm();
    let all = client.ec2("DescribeVpcEndpointServices", &[]).await.good();
    assert!(all.body.contains(S3) && all.body.contains(LOGS));
    let one = client.ec2("DescribeVpcEndpointServices", &[("ServiceName.1", LOGS)]).await.good();
    assert_eq!(one.texts("serviceName"), [LOGS]);
    assert_eq!(one.text("privateDnsName"), "logs.us-east-1.amazonaws.com");
    let of = [("Filter.1.Name", "service-type"), ("Filter.1.Value.1", "Gateway")];
    let gateways = client.ec2("DescribeVpcEndpointServices", &of).await.good();
    assert_eq!(gateways.texts("serviceName").len(), 2);
    let missing = [("ServiceName.1", "com.amazonaws.nowhere.logs")];
    let missing = client.ec2("DescribeVpcEndpointServices", &missing).await;
    assert_eq!(missing.code(), "InvalidServiceName");
}
