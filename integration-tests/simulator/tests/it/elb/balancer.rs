//! Load balancers themselves.

use clctl_simulator::{Lag, Settings, Span};

use super::Stage;
use crate::client::{Answer, Client};

#[tokio::test(start_paused = true)]
async fn one_is_made_begins_to_work_and_goes() {
    let stage = Stage::calm().await;
    let made = stage.balancer(&[]).await.good();
    let arn = made.text("LoadBalancerArn");
    let path = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/gui/";
    assert_eq!(arn.strip_prefix(path).unwrap().len(), 16);
    let host = made.text("DNSName");
    assert!(host.starts_with("gui-") && host.ends_with(".us-east-1.elb.amazonaws.com"), "{host}");
    for (name, value) in [
        ("CanonicalHostedZoneId", "Z35SXDOTRQ7X7K"),
        ("Scheme", "internet-facing"),
        ("Type", "application"),
        ("IpAddressType", "ipv4"),
        ("Code", "provisioning"),
        ("VpcId", &*stage.vpc),
    ] {
        assert_eq!(made.text(name), value, "{name}");
    }
    let mut zones = made.texts("SubnetId");
    zones.sort();
    let mut subnets = stage.subnets.to_vec();
    subnets.sort();
    assert_eq!(zones, subnets);
    stage.client.wait(300).await;
    let named = [("Names.member.1", "gui")];
    assert_eq!(stage.elb("DescribeLoadBalancers", &named).await.good().text("Code"), "active");
    // Its interfaces hold the group and the subnets until they are gone, too.
    let of = [("Filter.1.Name", "description"), ("Filter.1.Value.1", "ELB app/gui/*")];
    let enis = stage.client.ec2("DescribeNetworkInterfaces", &of).await.good();
    assert_eq!(enis.texts("requesterManaged"), ["true", "true"]);
    assert_eq!(enis.texts("interfaceType"), ["interface", "interface"]);
    assert!(!enis.texts("publicIp").is_empty());
    let group = [("GroupId", &*stage.group)];
    let delete = async || stage.client.ec2("DeleteSecurityGroup", &group).await;
    assert_eq!(delete().await.code(), "DependencyViolation");
    stage.elb("DeleteLoadBalancer", &[("LoadBalancerArn", &*arn)]).await.good();
    assert_eq!(delete().await.code(), "DependencyViolation");
    stage.client.wait(150).await;
    delete().await.good();
    let subnet = [("SubnetId", &*stage.subnets[0])];
    stage.client.ec2("DeleteSubnet", &subnet).await.good();
    // What is not there is deleted already, and not found.
    stage.elb("DeleteLoadBalancer", &[("LoadBalancerArn", &*arn)]).await.good();
    let seen = stage.elb("DescribeLoadBalancers", &[("LoadBalancerArns.member.1", &*arn)]).await;
    assert_eq!(seen.code(), "LoadBalancerNotFound");
    assert_eq!(stage.elb("DescribeLoadBalancers", &named).await.code(), "LoadBalancerNotFound");
    let roles =
        stage.client.iam("GetRole", &[("RoleName", "AWSServiceRoleForElasticLoadBalancing")]);
    roles.await.good();
}

#[tokio::test(start_paused = true)]
async fn the_same_again_is_the_same_and_something_else_is_refused() {
    let stage = Stage::calm().await;
    let arn = stage.balancer(&[]).await.good().text("LoadBalancerArn");
    assert_eq!(stage.balancer(&[]).await.good().text("LoadBalancerArn"), arn);
    let other = [("Scheme", "internal")];
    assert_eq!(stage.balancer(&other).await.code(), "DuplicateLoadBalancerName");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let stage = Stage::calm().await;
    let elsewhere = stage.client.vpc().await;
    let alone = stage.client.subnet(&elsewhere, "10.0.1.0/24").await;
    let foreign = stage.client.group(&elsewhere, "foreign").await;
    let small =
        [("VpcId", &*stage.vpc), ("CidrBlock", "10.0.9.0/28"), ("AvailabilityZone", "us-east-1c")];
    let small = stage.client.ec2("CreateSubnet", &small).await.good().text("subnetId");
    let same =
        [("VpcId", &*stage.vpc), ("CidrBlock", "10.0.8.0/24"), ("AvailabilityZone", "us-east-1a")];
    let same = stage.client.ec2("CreateSubnet", &same).await.good().text("subnetId");
    let long = "x".repeat(33);
    let second = "Subnets.member.2";
    for (name, value, code) in [
        ("Name", "", "ValidationError"),
        ("Name", &*long, "ValidationError"),
        ("Name", "a_b", "ValidationError"),
        ("Name", "-a", "ValidationError"),
        ("Name", "internal-a", "ValidationError"),
        ("Type", "nonsense", "ValidationError"),
        ("Type", "gateway", "ClctlSimulatorUnsupported"),
        ("Scheme", "nonsense", "ValidationError"),
        ("IpAddressType", "dualstack", "InvalidConfigurationRequest"),
        (second, "", "ValidationError"),
        (second, "subnet-0123456789abcdef0", "SubnetNotFound"),
        (second, &*alone, "InvalidConfigurationRequest"),
        (second, &*same, "InvalidConfigurationRequest"),
        (second, &*small, "InvalidSubnet"),
        ("SecurityGroups.member.1", "sg-0123456789abcdef0", "InvalidSecurityGroup"),
        ("SecurityGroups.member.1", &*foreign, "InvalidConfigurationRequest"),
        ("Tags.member.1.Key", "aws:x", "ValidationError"),
        ("CustomerOwnedIpv4Pool", "x", "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(stage.balancer(&[(name, value)]).await.code(), code, "{name} {value}");
    }
    let twice = [("Tags.member.1.Key", "a"), ("Tags.member.2.Key", "a")];
    assert_eq!(stage.balancer(&twice).await.code(), "DuplicateTagKeys");
    let most = Settings {
        quotas: clctl_simulator::Quotas { application_load_balancers: 0, ..Default::default() },
        ..Settings::calm()
    };
    assert_eq!(Stage::new(most).await.balancer(&[]).await.code(), "TooManyLoadBalancers");
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/internet-facing-load-balancers.html>
#[tokio::test(start_paused = true)]
async fn only_a_vpc_with_a_way_out_has_one_that_faces_the_internet() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let subnets = ["us-east-1a", "us-east-1b"].map(|zone| (zone, vpc.clone()));
    let mut ids = Vec::new();
    for (number, (zone, vpc)) in (1..).zip(subnets) {
        let cidr = format!("10.0.{number}.0/24");
        let params = [("VpcId", &*vpc), ("CidrBlock", &*cidr), ("AvailabilityZone", zone)];
        ids.push(client.ec2("CreateSubnet", &params).await.good().text("subnetId"));
    }
    let params = [("Name", "a"), ("Subnets.member.1", &*ids[0]), ("Subnets.member.2", &*ids[1])];
    let refused = client.elb("CreateLoadBalancer", &params).await;
    assert_eq!(refused.code(), "InvalidSubnet");
    assert!(refused.text("Message").contains("has no internet gateway"), "{}", refused.body);
    let internal: Vec<_> = params.into_iter().chain([("Scheme", "internal")]).collect();
    let made = client.elb("CreateLoadBalancer", &internal).await.good();
    assert!(made.text("DNSName").starts_with("internal-a-"), "{}", made.body);
    // The default group of the VPC, when none is named.
    let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
    let group = client.ec2("DescribeSecurityGroups", &of).await.good().text("groupId");
    assert!(made.body.contains(&group), "{}", made.body);
}

#[tokio::test(start_paused = true)]
async fn protection_keeps_one_and_attributes_are_what_they_may_be() {
    let stage = Stage::calm().await;
    let arn = stage.active(&[]).await;
    let named = ("LoadBalancerArn", &*arn);
    let set = async |key: &str, value: &str| {
        let pair = [named, ("Attributes.member.1.Key", key), ("Attributes.member.1.Value", value)];
        stage.elb("ModifyLoadBalancerAttributes", &pair).await
    };
    set("deletion_protection.enabled", "true").await.good();
    assert_eq!(stage.elb("DeleteLoadBalancer", &[named]).await.code(), "OperationNotPermitted");
    set("idle_timeout.timeout_seconds", "75").await.good();
    let seen = stage.elb("DescribeLoadBalancerAttributes", &[named]).await.good();
    let value = |seen: &Answer, key: &str| {
        let at = seen.texts("Key").iter().position(|it| it == key).unwrap();
        seen.texts("Value")[at].clone()
    };
    for (key, expected) in [
        ("deletion_protection.enabled", "true"),
        ("idle_timeout.timeout_seconds", "75"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("ipv6.deny_all_igw_traffic", "false"),
        ("routing.http2.enabled", "true"),
    ] {
        assert_eq!(value(&seen, key), expected, "{key}");
    }
    for (key, wrong, code) in [
        ("idle_timeout.timeout_seconds", "0", "InvalidConfigurationRequest"),
        ("idle_timeout.timeout_seconds", "4001", "InvalidConfigurationRequest"),
        ("deletion_protection.enabled", "yes", "InvalidConfigurationRequest"),
        ("load_balancing.cross_zone.enabled", "false", "InvalidConfigurationRequest"),
        ("nonsense", "1", "InvalidConfigurationRequest"),
        ("access_logs.s3.enabled", "true", "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(set(key, wrong).await.code(), code, "{key} {wrong}");
    }
    assert_eq!(stage.elb("ModifyLoadBalancerAttributes", &[named]).await.code(), "ValidationError");
    set("deletion_protection.enabled", "false").await.good();
    stage.elb("DeleteLoadBalancer", &[named]).await.good();
    let gone = stage.elb("DescribeLoadBalancerAttributes", &[named]).await;
    assert_eq!(gone.code(), "LoadBalancerNotFound");
    let other = [("LoadBalancerArn", "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b")];
    assert_eq!(stage.elb("DeleteLoadBalancer", &other).await.code(), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn groups_and_subnets_are_changed_and_the_interfaces_follow() {
    let stage = Stage::calm().await;
    let arn = stage.active(&[]).await;
    let named = ("LoadBalancerArn", &*arn);
    let other = stage.client.group(&stage.vpc, "other").await;
    let set = [named, ("SecurityGroups.member.1", &*other)];
    let answer = stage.elb("SetSecurityGroups", &set).await.good();
    assert!(answer.body.contains(&other));
    let third =
        [("VpcId", &*stage.vpc), ("CidrBlock", "10.0.3.0/24"), ("AvailabilityZone", "us-east-1c")];
    let third = stage.client.ec2("CreateSubnet", &third).await.good().text("subnetId");
    let set = [named, ("Subnets.member.1", &*stage.subnets[0]), ("Subnets.member.2", &*third)];
    let answer = stage.elb("SetSubnets", &set).await.good();
    assert!(answer.body.contains(&third));
    stage.client.wait(200).await;
    let of = [("Filter.1.Name", "description"), ("Filter.1.Value.1", "ELB app/gui/*")];
    let enis = stage.client.ec2("DescribeNetworkInterfaces", &of).await.good();
    let mut subnets = enis.texts("subnetId");
    subnets.sort();
    let mut expected = vec![stage.subnets[0].clone(), third.clone()];
    expected.sort();
    assert_eq!(subnets, expected);
    assert!(!enis.body.contains(&stage.group));
    stage.client.ec2("DeleteSecurityGroup", &[("GroupId", &*stage.group)]).await.good();
    stage.client.ec2("DeleteSubnet", &[("SubnetId", &*stage.subnets[1])]).await.good();
    for (action, wrong, code) in [
        ("SetSubnets", ("Subnets.member.1", &*third), "ValidationError"),
        (
            "SetSecurityGroups",
            ("SecurityGroups.member.1", "sg-0123456789abcdef0"),
            "InvalidSecurityGroup",
        ),
        ("SetSecurityGroups", ("SecurityGroups", ""), "ValidationError"),
        ("SetIpAddressType", ("IpAddressType", "dualstack"), "InvalidConfigurationRequest"),
        ("SetIpAddressType", ("IpAddressType", ""), "ValidationError"),
    ] {
        assert_eq!(stage.elb(action, &[named, wrong]).await.code(), code, "{action}");
    }
    stage.elb("SetIpAddressType", &[named, ("IpAddressType", "ipv4")]).await.good();
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html>
#[tokio::test(start_paused = true)]
async fn one_for_the_network_has_addresses_that_stay() {
    let stage = Stage::calm().await;
    let address =
        async || stage.client.ec2("AllocateAddress", &[]).await.good().text("allocationId");
    let (first, second) = (address().await, address().await);
    let params = [
        ("Name", "peers"),
        ("Type", "network"),
        ("Subnets.member.1", ""),
        ("Subnets.member.2", ""),
        ("SubnetMappings.member.1.SubnetId", &*stage.subnets[0]),
        ("SubnetMappings.member.1.AllocationId", &*first),
        ("SubnetMappings.member.2.SubnetId", &*stage.subnets[1]),
        ("SubnetMappings.member.2.AllocationId", &*second),
    ];
    let made = stage.balancer(&params).await.good();
    let arn = made.text("LoadBalancerArn");
    assert!(arn.contains(":loadbalancer/net/peers/"), "{arn}");
    assert_eq!(made.text("CanonicalHostedZoneId"), "Z26RNL4JYFTOTI");
    assert_eq!(made.texts("AllocationId").len(), 2);
    assert!(made.text("DNSName").ends_with(".elb.us-east-1.amazonaws.com"));
    // Promised addresses are nobody else's, and held until the interfaces are gone.
    let other: Vec<_> =
        params.iter().map(|it| if it.0 == "Name" { ("Name", "others") } else { *it }).collect();
    assert_eq!(stage.balancer(&other).await.code(), "ResourceInUse");
    stage.client.wait(300).await;
    let release =
        async |id: &str| stage.client.ec2("ReleaseAddress", &[("AllocationId", id)]).await;
    assert_eq!(release(&first).await.code(), "InvalidIPAddress.InUse");
    let of = [("Filter.1.Name", "description"), ("Filter.1.Value.1", "ELB net/peers/*")];
    let enis = stage.client.ec2("DescribeNetworkInterfaces", &of).await.good();
    assert_eq!(enis.texts("interfaceType"), ["network_load_balancer"; 2]);
    let named = ("LoadBalancerArn", &*arn);
    let move_it = [named, ("Subnets.member.1", &*stage.subnets[0])];
    assert_eq!(stage.elb("SetSubnets", &move_it).await.code(), "InvalidConfigurationRequest");
    stage.elb("DeleteLoadBalancer", &[named]).await.good();
    assert_eq!(release(&first).await.code(), "InvalidIPAddress.InUse");
    stage.client.wait(150).await;
    release(&first).await.good();
    release(&second).await.good();
    let unknown = [
        ("Name", "x"),
        ("Type", "network"),
        ("Subnets.member.1", ""),
        ("Subnets.member.2", ""),
        ("SubnetMappings.member.1.SubnetId", &*stage.subnets[0]),
        ("SubnetMappings.member.1.AllocationId", &*first),
    ];
    assert_eq!(stage.balancer(&unknown).await.code(), "AllocationIdNotFound");
    let web: Vec<_> = unknown.iter().filter(|it| it.0 != "Type").copied().collect();
    let two = [("SubnetMappings.member.2.SubnetId", &*stage.subnets[1])];
    let web: Vec<_> = web.into_iter().chain(two).collect();
    assert_eq!(stage.balancer(&web).await.code(), "InvalidConfigurationRequest");
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html>
#[tokio::test(start_paused = true)]
async fn one_for_the_network_needs_eight_free_addresses_unless_it_is_told_which_it_has() {
    let stage = Stage::calm().await;
    let small =
        [("VpcId", &*stage.vpc), ("CidrBlock", "10.0.9.0/28"), ("AvailabilityZone", "us-east-1c")];
    let small = stage.client.ec2("CreateSubnet", &small).await.good().text("subnetId");
    let mapping = ("SubnetMappings.member.1.SubnetId", &*small);
    let none = [("Subnets.member.1", ""), ("Subnets.member.2", ""), ("Type", "network"), mapping];
    let with = |more: &[(&'static str, &'static str)]| {
        none.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()
    };
    stage.balancer(&with(&[("Name", "first")])).await.good();
    // Eleven there are; the first has one once it is set up.
    for _ in 0..3 {
        let asked = [("SubnetId", &*small)];
        stage.client.ec2("CreateNetworkInterface", &asked).await.good();
    }
    stage.client.wait(300).await;
    assert_eq!(stage.balancer(&with(&[("Name", "second")])).await.code(), "InvalidSubnet");
    let internal = with(&[("Name", "third"), ("Scheme", "internal")]);
    assert_eq!(stage.balancer(&internal).await.code(), "InvalidSubnet");
    let in_it = [("Filter.1.Name", "subnet-id"), ("Filter.1.Value.1", &*small)];
    let taken = stage.client.ec2("DescribeNetworkInterfaces", &in_it).await.good();
    let taken = taken.texts("privateIpAddress");
    let free = (4..15).map(|last| format!("10.0.9.{last}")).find(|it| !taken.contains(it)).unwrap();
    let mut told: Vec<(&str, &str)> = with(&[("Name", "fourth"), ("Scheme", "internal")]);
    told.push(("SubnetMappings.member.1.PrivateIPv4Address", &free));
    stage.balancer(&told).await.good();
}

#[tokio::test(start_paused = true)]
async fn lists_lag_have_pages_and_say_no_more_than_they_are_asked() {
    let lag = Lag { by_id: Span::fixed(0), listed: Span::fixed(30_000), dependents: false };
    let stage = Stage::new(Settings { lag, ..Settings::calm() }).await;
    let arn = stage.balancer(&[]).await.good().text("LoadBalancerArn");
    let of = [("LoadBalancerArns.member.1", &*arn)];
    stage.elb("DescribeLoadBalancers", &of).await.good();
    let all = stage.elb("DescribeLoadBalancers", &[]).await.good();
    assert!(all.texts("LoadBalancerArn").is_empty());
    stage.client.wait(31).await;
    let other = [("Name", "b"), ("Scheme", "internal")];
    stage.balancer(&other).await.good();
    stage.client.wait(31).await;
    let page = stage.elb("DescribeLoadBalancers", &[("PageSize", "1")]).await.good();
    assert_eq!(page.texts("LoadBalancerArn").len(), 1);
    let marker = page.text("NextMarker");
    let next = [("PageSize", "1"), ("Marker", &*marker)];
    let rest = stage.elb("DescribeLoadBalancers", &next).await.good();
    assert_eq!(rest.texts("LoadBalancerArn").len(), 1);
    assert_ne!(rest.text("LoadBalancerArn"), page.text("LoadBalancerArn"));
    assert_eq!(rest.text("NextMarker"), "");
    for wrong in [("PageSize", "0"), ("PageSize", "401"), ("Marker", "nonsense")] {
        assert_eq!(stage.elb("DescribeLoadBalancers", &[wrong]).await.code(), "ValidationError");
    }
    let both = [("Names.member.1", "gui"), of[0]];
    assert_eq!(stage.elb("DescribeLoadBalancers", &both).await.code(), "ValidationError");
    let limits = stage.elb("DescribeAccountLimits", &[]).await.good();
    let at = limits.texts("Name").iter().position(|it| it == "target-groups").unwrap();
    assert_eq!(limits.texts("Max")[at], "3000");
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_are_refused() {
    let stage = Stage::new(Settings { throttling: true, ..Settings::calm() }).await;
    let mut codes = std::collections::BTreeSet::new();
    for _ in 0..150 {
        codes.insert(stage.elb("DeleteListener", &[]).await.code());
    }
    assert!(codes.contains("Throttling"), "{codes:?}");
    assert_eq!(stage.elb("Nonsense", &[]).await.code(), "ClctlSimulatorUnsupported");
}
