//! What can be known before anything is made: it passes where all is well, fails where something would not work, and is said
//! not to be checked where nobody knows.

use std::collections::BTreeMap;

use clctl::preflight::{Check, Outcome};

use crate::{
    existing_vpc::{account, by_ids, wanted as in_vpc},
    harness::{Bench, SETTLED, Wanted},
};

/// The checks that did not pass, in words.
fn amiss(checks: &[Check]) -> Vec<String> {
    let amiss = checks.iter().filter(|check| check.outcome != Outcome::Pass);
    amiss.map(|check| format!("{:?} {}: {}", check.outcome, check.name, check.message)).collect()
}

/// The check of a name that begins so.
#[track_caller]
fn check<'a>(checks: &'a [Check], begins: &str) -> &'a Check {
    let found = checks.iter().find(|check| check.name.starts_with(begins));
    found.unwrap_or_else(|| panic!("no check of {begins}: {checks:#?}"))
}

#[tokio::test(start_paused = true)]
async fn what_is_well_passes_before_anything_is_made_and_afterwards() {
    let bench = Bench::calm();
    let wanted = Wanted::usual();
    let checks = bench.preflight(&wanted).await;
    assert!(amiss(&checks).is_empty(), "{:#?}", amiss(&checks));
    assert_eq!(check(&checks, "quota of Elastic IP").message, "3 needed, 5 left of 5");
    for name in [
        "key pair operations",
        "instance type m6i.large",
        "database class",
        "quota of VPCs",
        "permissions",
        "service-linked role AWSServiceRoleForAutoScaling",
    ] {
        assert_eq!(check(&checks, name).outcome, Outcome::Pass);
    }
    bench.apply(&wanted).await.complete();
    let checks = bench.preflight(&wanted).await;
    assert!(amiss(&checks).is_empty(), "{:#?}", amiss(&checks));
    // What the environment has needs no more room.
    assert!(!checks.iter().any(|check| check.name.starts_with("quota")), "{checks:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_used_up_is_told_of_before_anything_is_made() {
    let bench = Bench::calm();
    bench.meddle(&[("AllocateAddress", "Domain=vpc"), ("AllocateAddress", "Domain=vpc")]).await;
    assert!(amiss(&bench.preflight(&Wanted::usual()).await).is_empty());
    bench.meddle(&[("AllocateAddress", "Domain=vpc")]).await;
    let checks = bench.preflight(&Wanted::usual()).await;
    let addresses = check(&checks, "quota of Elastic IP");
    assert_eq!(addresses.outcome, Outcome::Fail);
    assert_eq!(addresses.message, "3 needed, 2 left of 5");
    assert!(addresses.advice.as_ref().unwrap().contains("--desired-value 6"), "{addresses:?}");
}

/// Gateways count by zone, groups with those that VPCs come with, and instances by their virtual processors.
#[tokio::test(start_paused = true)]
async fn each_quota_is_counted_as_aws_counts() {
    let bench = Bench::calm();
    let wanted = Wanted::usual();
    let somebody = bench.somebody();
    let vpc = somebody.ec2("CreateVpc", &[("CidrBlock", "10.9.0.0/16")]).await.good().text("vpcId");
    let params =
        [("VpcId", &*vpc), ("CidrBlock", "10.9.0.0/24"), ("AvailabilityZone", "us-east-1b")];
    let subnet = somebody.ec2("CreateSubnet", &params).await.good().text("subnetId");
    let params = [("SubnetId", &*subnet), ("ConnectivityType", "private")];
    let gateway = somebody.ec2("CreateNatGateway", &params).await.good().text("natGatewayId");
    let image = bench.simulator.with(|world| world.newest_image("us-east-1")).unwrap();
    let params = [
        ("ImageId", &*image),
        ("InstanceType", "t3.xlarge"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("SubnetId", &*subnet),
    ];
    let instance = somebody.ec2("RunInstances", &params).await.good().text("instanceId");
    somebody.wait(SETTLED).await;
    // Two nodes and a bastion, of two each, beside the four that run; the group of the new VPC and four of ours, beside
    // those of the default VPC and of this one.
    bench.simulator.with(|world| {
        let quotas = &mut world.settings_mut().quotas;
        (quotas.instance_vcpus, quotas.nat_gateways_per_zone, quotas.security_groups) = (9, 1, 6);
    });
    let checks = bench.preflight(&wanted).await;
    for (name, message) in [
        ("quota of virtual processors", "6 needed, 5 left of 9"),
        ("quota of NAT gateways in us-east-1b", "1 needed, 0 left of 1"),
        ("quota of security groups", "5 needed, 4 left of 6"),
    ] {
        let check = check(&checks, name);
        assert_eq!((check.outcome, &*check.message), (Outcome::Fail, message), "{name}");
    }
    assert_eq!(check(&checks, "quota of NAT gateways in us-east-1a").outcome, Outcome::Pass);
    assert_eq!(amiss(&checks).len(), 3, "{:#?}", amiss(&checks));
    // What is gone counts no more, and there is room for exactly what is needed.
    somebody.ec2("TerminateInstances", &[("InstanceId.1", &*instance)]).await.good();
    somebody.ec2("DeleteNatGateway", &[("NatGatewayId", &*gateway)]).await.good();
    somebody.wait(SETTLED).await;
    bench.simulator.with(|world| {
        let quotas = &mut world.settings_mut().quotas;
        (quotas.instance_vcpus, quotas.security_groups) = (6, 10);
    });
    let checks = bench.preflight(&wanted).await;
    assert!(amiss(&checks).is_empty(), "{:#?}", amiss(&checks));
    bench.apply(&wanted).await.complete();
}

#[tokio::test(start_paused = true)]
async fn what_aws_does_not_offer_is_told_of_before_anything_is_made() {
    let bench = Bench::calm();
    let chapter = "\n  nodes:\n    instanceType: m5.24xlarge\n";
    let wanted = Wanted::with(&[("\n  nodes:\n", chapter)]);
    let checks = bench.preflight(&wanted).await;
    let kind = check(&checks, "instance type m5.24xlarge");
    assert_eq!(kind.outcome, Outcome::Fail, "{kind:?}");
    assert_eq!(kind.message, "is not on offer in us-east-1a and us-east-1b");
    let chapter = "\n  database: {instanceClass: db.m5.metal}\n\n  nodes:\n";
    let wanted = Wanted::with(&[("\n  nodes:\n", chapter)]);
    let checks = bench.preflight(&wanted).await;
    let class = check(&checks, "database class db.m5.metal");
    assert_eq!(class.outcome, Outcome::Fail, "{class:?}");
    // What the last zone of the region does not have.
    let chapter = "\n  database: {instanceClass: db.m7g.large}\n\n  nodes:\n";
    let zones = ("[us-east-1a, us-east-1b]", "[us-east-1a, us-east-1f]");
    let wanted = Wanted::with(&[("\n  nodes:\n", chapter), zones]);
    let checks = bench.preflight(&wanted).await;
    let class = check(&checks, "database class db.m7g.large");
    assert_eq!((class.outcome, &*class.message), (Outcome::Fail, "is not on offer in us-east-1f"));
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_called_is_told_of_and_what_nobody_knows_is_said_so() {
    let bench = Bench::calm();
    let deny = |what: &[&str]| {
        let denied = what.iter().map(ToString::to_string).collect();
        bench.simulator.with(|world| world.settings_mut().denied = denied);
    };
    deny(&["ec2:CreateVpc"]);
    let checks = bench.preflight(&Wanted::usual()).await;
    let permissions = check(&checks, "permissions");
    assert_eq!(permissions.outcome, Outcome::Fail, "{permissions:?}");
    assert!(permissions.message.ends_with("may not call ec2:CreateVpc"), "{permissions:?}");
    let unread = [
        ("iam:SimulatePrincipalPolicy", "permissions"),
        ("iam:GetRole", "service-linked role"),
        ("servicequotas:GetServiceQuota", "quota of Elastic IP"),
        ("ec2:DescribeInstanceTypeOfferings", "instance types"),
        ("rds:DescribeOrderableDBInstanceOptions", "database class"),
        ("ec2:DescribeKeyPairs", "key pair"),
    ];
    for (operation, name) in unread {
        deny(&[operation]);
        let checks = bench.preflight(&Wanted::usual()).await;
        let check = check(&checks, name);
        assert_eq!(check.outcome, Outcome::NotChecked, "{check:?}");
        assert_eq!(check.advice.as_deref(), Some(&*format!("allow {operation}")));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_user_has_to_bring_is_looked_for() {
    let bench = Bench::calm();
    let wanted = Wanted::with(&[
        ("{secret: sepolia-http}", "{existing: {id: oracles/rpc, key: http}}"),
        ("{name: operations}", "{name: operation}"),
    ]);
    let checks = bench.preflight(&wanted).await;
    for name in ["secret oracles/rpc", "key pair operation"] {
        let check = check(&checks, name);
        assert_eq!(check.outcome, Outcome::Fail, "{check:?}");
        assert!(check.advice.as_ref().unwrap().contains("name another one"), "{check:?}");
    }
}

/// The outcome of each way out that a private subnet may have.
#[tokio::test(start_paused = true)]
async fn a_network_of_the_users_has_to_lead_where_it_is_needed() {
    let (bench, theirs) = account().await;
    let wanted = in_vpc(&by_ids(&theirs));
    let checks = bench.preflight(&wanted).await;
    assert!(amiss(&checks).is_empty(), "{:#?}", amiss(&checks));
    let ways = checks.iter().filter(|check| check.name.starts_with("way out of the p"));
    assert_eq!(ways.count(), 4);
    let somebody = bench.somebody();
    let make = async |operation: &str, params: &[(&str, &str)], element: &str| {
        let made = somebody.ec2(operation, params).await.good().text(element);
        somebody.wait(SETTLED).await;
        made
    };
    let subnet = [("SubnetId", &*theirs["user-public-a"])];
    let interface = make("CreateNetworkInterface", &subnet, "networkInterfaceId").await;
    let private = ("RouteTableId", &*theirs["user-private"]);
    let public = ("RouteTableId", &*theirs["user-public"]);
    let everywhere = ("DestinationCidrBlock", "0.0.0.0/0");
    let (gateway, nat) = (&*theirs["user-igw"], &*theirs["user-nat"]);
    let lead = async |table, to| {
        make("ReplaceRoute", &[table, everywhere, to], "return").await;
        let checks = bench.preflight(&wanted).await;
        let side = if table == private { "private" } else { "public" };
        let name = format!("way out of the {side} subnet");
        let of_side = checks.iter().filter(|check| check.name.starts_with(&name));
        let of_side: BTreeMap<String, Outcome> =
            of_side.map(|check| (check.message.clone(), check.outcome)).collect();
        // Both subnets of a side have one table.
        assert_eq!(of_side.len(), 1, "{of_side:?}");
        of_side.into_iter().next().unwrap()
    };
    let (why, outcome) = lead(private, ("GatewayId", gateway)).await;
    assert_eq!(outcome, Outcome::Fail, "{why}");
    let (why, outcome) = lead(private, ("NetworkInterfaceId", &interface)).await;
    assert!(outcome == Outcome::NotChecked && why.contains("not looked at"), "{why}");
    let (why, outcome) = lead(public, ("NatGatewayId", nat)).await;
    assert_eq!(outcome, Outcome::Fail, "{why}");
    assert_eq!(lead(public, ("GatewayId", gateway)).await.1, Outcome::Pass);
    assert_eq!(lead(private, ("NatGatewayId", nat)).await.1, Outcome::Pass);
    make("DeleteNatGateway", &[("NatGatewayId", nat)], "natGatewayId").await;
    let checks = bench.preflight(&wanted).await;
    let gone = check(&checks, "way out of the private subnet");
    assert_eq!(gone.outcome, Outcome::Fail);
    assert!(gone.message.contains("which is gone"), "{gone:?}");
    make("DeleteRoute", &[private, everywhere], "return").await;
    let checks = bench.preflight(&wanted).await;
    let none = check(&checks, "way out of the private subnet");
    assert_eq!((none.outcome, &*none.message), (Outcome::Fail, "there is no default route"));
    let off = [("VpcId", &*theirs["user-vpc"]), ("EnableDnsSupport.Value", "false")];
    make("ModifyVpcAttribute", &off, "return").await;
    assert_eq!(check(&bench.preflight(&wanted).await, "DNS in").outcome, Outcome::Fail);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_not_there_fails_and_one_that_nobody_can_look_at_is_not_checked() {
    let (bench, theirs) = account().await;
    let absent = by_ids(&theirs).replace(&theirs["user-vpc"], "vpc-0123456789abcdef0");
    let checks = bench.preflight(&in_vpc(&absent)).await;
    let vpc = check(&checks, "the VPC");
    assert_eq!(vpc.outcome, Outcome::Fail, "{vpc:?}");
    assert_eq!(vpc.advice.as_deref(), Some("name another one"));
    let denied = vec!["ec2:DescribeVpcs".to_owned()];
    bench.simulator.with(|world| world.settings_mut().denied = denied);
    let checks = bench.preflight(&in_vpc(&by_ids(&theirs))).await;
    assert_eq!(check(&checks, "the VPC").outcome, Outcome::NotChecked);
}
