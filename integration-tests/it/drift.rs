//! Changes behind clctl's back: each is named by `diff` under its address and field, and repaired
//! by `apply`, with nothing else written.

use clctl::{
    aws::{
        Aws, Environment,
        ec2::{Direction, RouteTable, RouteTableConfig},
    },
    engine::{Graph, Loose},
};
use clctl_simulator::World;
use tokio::sync::OnceCell;

use crate::{
    every_drift::NOT_COMPARED,
    harness::{Bench, Outcome, SETTLED, Wanted, steps},
    stand::{ANYWHERE, Stand, Variant, route, subnet_id, tcp, to_gateway, vpc_id},
};

/// A change that somebody makes.
struct Drift {
    /// What it is.
    says: &'static str,
    /// Somebody's calls.
    calls: &'static [(&'static str, &'static str)],
    /// What `diff` says then.
    diff: &'static [&'static str],
    /// What `apply` writes then. Before it creates something it puts the marker, where there is
    /// one already: that takes two calls.
    writes: &'static [&'static str],
}

/// Environments of which drift is tested.
#[derive(Clone, Copy)]
enum Standing {
    /// `node.yaml`.
    Usual,
    /// A network in which nothing runs: subnets can be deleted, and the internet gateway detached.
    Plain,
}

/// A VPC with subnets in two zones.
fn network(environment: &Environment) -> Graph<Aws> {
    let mut stand = Stand::new(environment, Variant::Usual);
    let vpc = stand.vpc("main");
    let gateway = stand.gateway("main", &vpc);
    let subnets = [("public", 1), ("private", 3)].map(|(side, first)| {
        [("a", first), ("b", first + 1)].map(|(zone, part)| {
            let cidr = format!("10.1.{part}.0/24");
            stand.subnet_in(zone, &format!("{side}-{zone}"), &vpc, &cidr)
        })
    });
    let [public, [first, second]] = subnets;
    let to_gateway = vec![route(ANYWHERE, to_gateway(&gateway))];
    for (name, subnets, routes) in [
        ("public", public.to_vec(), to_gateway),
        ("private-a", vec![first], Vec::new()),
        ("private-b", vec![second], Vec::new()),
    ] {
        let subnets = subnets.iter().map(|subnet| Loose(subnet_id(subnet))).collect();
        let (routes, tags) = (routes.into_iter().collect(), stand.tags::<RouteTable>(name));
        let declared = RouteTableConfig { vpc: vpc_id(&vpc), routes, subnets, tags };
        stand.add::<RouteTable>(name, declared);
    }
    let group = stand.group("database", &vpc, "nothing yet");
    stand.rules(&group, vec![tcp(Direction::Ingress, 5432, "from anywhere")]);
    stand.graph()
}

impl Standing {
    fn wanted(self) -> Wanted {
        match self {
            Self::Usual => Wanted::usual(),
            Self::Plain => Wanted::graph("plain", network),
        }
    }

    /// A bench of its own on which it stands, its record lost: what is repaired is known from AWS.
    async fn bench(self) -> Bench {
        static WORLDS: [OnceCell<World>; 2] = [const { OnceCell::const_new() }; 2];
        let world = WORLDS[self as usize]
            .get_or_init(async || {
                let bench = Bench::standing(&self.wanted()).await;
                bench.somebody().wait(SETTLED).await;
                bench.world()
            })
            .await;
        Bench::at(world.clone())
    }
}

const USUAL: &[Drift] = &[
    Drift {
        says: "the VPC gives no host names",
        calls: &[("ModifyVpcAttribute", "VpcId=@vpc/main&EnableDnsHostnames.Value=false")],
        diff: &["update vpc/main dns_hostnames"],
        writes: &["ec2:ModifyVpcAttribute"],
    },
    Drift {
        says: "the VPC resolves no names",
        calls: &[
            ("ModifyVpcAttribute", "VpcId=@vpc/main&EnableDnsHostnames.Value=false"),
            ("ModifyVpcAttribute", "VpcId=@vpc/main&EnableDnsSupport.Value=false"),
        ],
        diff: &["update vpc/main dns_hostnames,dns_support"],
        writes: &["ec2:ModifyVpcAttribute", "ec2:ModifyVpcAttribute"],
    },
    Drift {
        says: "the default group lets everything in",
        calls: &[(
            "AuthorizeSecurityGroupIngress",
            "GroupId=@default-group&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
        )],
        diff: &["update vpc/main default_security_group_rules"],
        writes: &["ec2:RevokeSecurityGroupIngress"],
    },
    Drift {
        says: "the default group lets something out, over IPv6",
        calls: &[(
            "AuthorizeSecurityGroupEgress",
            "GroupId=@default-group&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0",
        )],
        diff: &["update vpc/main default_security_group_rules"],
        writes: &["ec2:RevokeSecurityGroupEgress"],
    },
    Drift {
        says: "a public subnet gives no public addresses",
        calls: &[(
            "ModifySubnetAttribute",
            "SubnetId=@subnet/public-b&MapPublicIpOnLaunch.Value=false",
        )],
        diff: &["update subnet/public-b map_public_ip"],
        writes: &["ec2:ModifySubnetAttribute"],
    },
    Drift {
        says: "a private subnet gives public addresses",
        calls: &[(
            "ModifySubnetAttribute",
            "SubnetId=@subnet/private-a&MapPublicIpOnLaunch.Value=true",
        )],
        diff: &["update subnet/private-a map_public_ip"],
        writes: &["ec2:ModifySubnetAttribute"],
    },
    Drift {
        says: "a NAT gateway is deleted",
        calls: &[("DeleteNatGateway", "NatGatewayId=@nat-gateway/a")],
        diff: &[
            "create nat-gateway/a",
            "update alarm/nat-ports-a queries",
            "update dashboard/main body",
            "update route-table/private-a routes",
        ],
        writes: &[
            "cloudwatch:PutDashboard",
            "cloudwatch:PutMetricAlarm",
            "ec2:CreateNatGateway",
            "ec2:ReplaceRoute",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "a NAT gateway is deleted and its address released",
        calls: &[
            ("DeleteNatGateway", "NatGatewayId=@nat-gateway/b"),
            ("ReleaseAddress", "AllocationId=@eip/nat-b"),
        ],
        diff: &[
            "create eip/nat-b",
            "create nat-gateway/b",
            "update alarm/nat-ports-b queries",
            "update dashboard/main body",
            "update route-table/private-b routes",
        ],
        writes: &[
            "cloudwatch:PutDashboard",
            "cloudwatch:PutMetricAlarm",
            "ec2:AllocateAddress",
            "ec2:CreateNatGateway",
            "ec2:ReplaceRoute",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "a route is gone",
        calls: &[(
            "DeleteRoute",
            "RouteTableId=@route-table/public&DestinationCidrBlock=0.0.0.0/0",
        )],
        diff: &["update route-table/public routes"],
        writes: &["ec2:CreateRoute"],
    },
    Drift {
        says: "a route is added",
        calls: &[(
            "CreateRoute",
            "RouteTableId=@route-table/private-a&DestinationCidrBlock=198.51.100.0/24&GatewayId=@internet-gateway/main",
        )],
        diff: &["update route-table/private-a routes"],
        writes: &["ec2:DeleteRoute"],
    },
    Drift {
        says: "a route leads somewhere else",
        calls: &[(
            "ReplaceRoute",
            "RouteTableId=@route-table/private-a&DestinationCidrBlock=0.0.0.0/0&NatGatewayId=@nat-gateway/b",
        )],
        diff: &["update route-table/private-a routes"],
        writes: &["ec2:ReplaceRoute"],
    },
    Drift {
        says: "a private subnet's way out leads past its NAT gateway",
        calls: &[(
            "ReplaceRoute",
            "RouteTableId=@route-table/private-a&DestinationCidrBlock=0.0.0.0/0&GatewayId=@internet-gateway/main",
        )],
        diff: &["update route-table/private-a routes"],
        writes: &["ec2:ReplaceRoute"],
    },
    Drift {
        says: "a subnet has no route table",
        calls: &[("DisassociateRouteTable", "AssociationId=@association/subnet/private-a")],
        diff: &["update route-table/private-a subnets"],
        writes: &["ec2:AssociateRouteTable"],
    },
    Drift {
        says: "a subnet is moved to somebody's route table",
        calls: &[
            ("CreateRouteTable", "VpcId=@vpc/main"),
            (
                "ReplaceRouteTableAssociation",
                "RouteTableId=@1&AssociationId=@association/subnet/public-a",
            ),
        ],
        diff: &["update route-table/public subnets"],
        writes: &["ec2:ReplaceRouteTableAssociation"],
    },
    Drift {
        says: "somebody's subnet is in our route table",
        calls: &[
            ("CreateSubnet", "VpcId=@vpc/main&CidrBlock=10.0.240.0/24"),
            ("AssociateRouteTable", "RouteTableId=@route-table/public&SubnetId=@1"),
        ],
        diff: &["update route-table/public subnets"],
        writes: &["ec2:DisassociateRouteTable"],
    },
    Drift {
        says: "a route table is deleted",
        calls: &[
            ("DisassociateRouteTable", "AssociationId=@association/subnet/private-b"),
            ("DeleteRouteTable", "RouteTableId=@route-table/private-b"),
        ],
        diff: &["create route-table/private-b", "update vpc-endpoint/s3 route_tables"],
        // The token of the first call still names the table that is gone: only the second makes one, a
        // while after, when the marker has grown old.
        // The token of the first call still names the table that is gone: only the second makes one, a
        // while after, when the marker has grown old.
        writes: &[
            "ec2:AssociateRouteTable",
            "ec2:CreateRoute",
            "ec2:CreateRouteTable",
            "ec2:CreateRouteTable",
            "ec2:ModifyVpcEndpoint",
            "ssm:PutParameter",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "a group lets somebody else in",
        calls: &[(
            "AuthorizeSecurityGroupIngress",
            "GroupId=@security-group/database&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=5432&IpPermissions.1.ToPort=5432&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
        )],
        diff: &["update security-group-rules/database rules"],
        writes: &["ec2:RevokeSecurityGroupIngress"],
    },
    Drift {
        says: "a group lets somebody in over IPv6",
        calls: &[(
            "AuthorizeSecurityGroupIngress",
            "GroupId=@security-group/bastion&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0",
        )],
        diff: &["update security-group-rules/bastion rules"],
        writes: &["ec2:RevokeSecurityGroupIngress"],
    },
    Drift {
        says: "a group lets something out",
        calls: &[(
            "AuthorizeSecurityGroupEgress",
            "GroupId=@security-group/load-balancer&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
        )],
        diff: &["update security-group-rules/load-balancer rules"],
        writes: &["ec2:RevokeSecurityGroupEgress"],
    },
    Drift {
        says: "a rule for a group is revoked",
        calls: &[(
            "RevokeSecurityGroupIngress",
            "GroupId=@security-group/database&SecurityGroupRuleId.1=@rule/PostgreSQL from the nodes",
        )],
        diff: &["update security-group-rules/database rules"],
        writes: &["ec2:AuthorizeSecurityGroupIngress"],
    },
    Drift {
        says: "a rule for addresses is revoked",
        calls: &[(
            "RevokeSecurityGroupIngress",
            "GroupId=@security-group/bastion&SecurityGroupRuleId.1=@rule/SSH from outside",
        )],
        diff: &["update security-group-rules/bastion rules"],
        writes: &["ec2:AuthorizeSecurityGroupIngress"],
    },
    Drift {
        says: "everything out is revoked",
        calls: &[(
            "RevokeSecurityGroupEgress",
            "GroupId=@security-group/nodes&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
        )],
        diff: &["update security-group-rules/nodes rules"],
        writes: &["ec2:AuthorizeSecurityGroupEgress"],
    },
    Drift {
        says: "a rule says something else",
        calls: &[(
            "UpdateSecurityGroupRuleDescriptionsIngress",
            "GroupId=@security-group/bastion&SecurityGroupRuleDescription.1.SecurityGroupRuleId=@rule/SSH from outside&SecurityGroupRuleDescription.1.Description=mine",
        )],
        diff: &["update security-group-rules/bastion rules"],
        writes: &["ec2:UpdateSecurityGroupRuleDescriptionsIngress"],
    },
    Drift {
        says: "a rule out says something else",
        calls: &[(
            "UpdateSecurityGroupRuleDescriptionsEgress",
            "GroupId=@security-group/load-balancer&SecurityGroupRuleDescription.1.SecurityGroupRuleId=@rule/Node GUI&SecurityGroupRuleDescription.1.Description=mine",
        )],
        diff: &["update security-group-rules/load-balancer rules"],
        writes: &["ec2:UpdateSecurityGroupRuleDescriptionsEgress"],
    },
    Drift {
        says: "a rule is for other ports",
        calls: &[(
            "ModifySecurityGroupRules",
            "GroupId=@security-group/bastion&SecurityGroupRule.1.SecurityGroupRuleId=@rule/SSH from outside&SecurityGroupRule.1.SecurityGroupRule.IpProtocol=tcp&SecurityGroupRule.1.SecurityGroupRule.FromPort=22&SecurityGroupRule.1.SecurityGroupRule.ToPort=2222&SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=203.0.113.0/24&SecurityGroupRule.1.SecurityGroupRule.Description=SSH from outside",
        )],
        diff: &["update security-group-rules/bastion rules"],
        writes: &["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
    },
    Drift {
        says: "a rule is for another range",
        calls: &[(
            "ModifySecurityGroupRules",
            "GroupId=@security-group/bastion&SecurityGroupRule.1.SecurityGroupRuleId=@rule/SSH from outside&SecurityGroupRule.1.SecurityGroupRule.IpProtocol=tcp&SecurityGroupRule.1.SecurityGroupRule.FromPort=22&SecurityGroupRule.1.SecurityGroupRule.ToPort=22&SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=0.0.0.0/0&SecurityGroupRule.1.SecurityGroupRule.Description=SSH from outside",
        )],
        diff: &["update security-group-rules/bastion rules"],
        writes: &["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
    },
];

const PLAIN: &[Drift] = &[
    Drift {
        says: "a security group is deleted",
        calls: &[("DeleteSecurityGroup", "GroupId=@security-group/database")],
        diff: &["create security-group-rules/database", "create security-group/database"],
        writes: &[
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:RevokeSecurityGroupEgress",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "the internet gateway is detached",
        calls: &[(
            "DetachInternetGateway",
            "InternetGatewayId=@internet-gateway/main&VpcId=@vpc/main",
        )],
        diff: &["update internet-gateway/main attached"],
        writes: &["ec2:AttachInternetGateway"],
    },
    Drift {
        says: "the internet gateway is deleted",
        calls: &[
            ("DetachInternetGateway", "InternetGatewayId=@internet-gateway/main&VpcId=@vpc/main"),
            ("DeleteInternetGateway", "InternetGatewayId=@internet-gateway/main"),
        ],
        diff: &["create internet-gateway/main", "update route-table/public routes"],
        writes: &[
            "ec2:AttachInternetGateway",
            "ec2:CreateInternetGateway",
            "ec2:ReplaceRoute",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "the internet gateway serves another VPC",
        calls: &[
            ("CreateVpc", "CidrBlock=10.9.0.0/16"),
            ("DetachInternetGateway", "InternetGatewayId=@internet-gateway/main&VpcId=@vpc/main"),
            ("AttachInternetGateway", "InternetGatewayId=@internet-gateway/main&VpcId=@1"),
        ],
        diff: &["replace internet-gateway/main vpc", "update route-table/public routes"],
        writes: &[
            "ec2:AttachInternetGateway",
            "ec2:CreateInternetGateway",
            "ec2:DeleteInternetGateway",
            "ec2:DetachInternetGateway",
            "ec2:ReplaceRoute",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "a subnet is deleted",
        calls: &[("DeleteSubnet", "SubnetId=@subnet/private-b")],
        diff: &["create subnet/private-b", "update route-table/private-b subnets"],
        writes: &[
            "ec2:AssociateRouteTable",
            "ec2:CreateSubnet",
            "ec2:ModifySubnetAttribute",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
    Drift {
        says: "all subnets are gone",
        calls: &[
            ("DeleteSubnet", "SubnetId=@subnet/public-a"),
            ("DeleteSubnet", "SubnetId=@subnet/public-b"),
            ("DeleteSubnet", "SubnetId=@subnet/private-a"),
            ("DeleteSubnet", "SubnetId=@subnet/private-b"),
        ],
        diff: &[
            "create subnet/private-a",
            "create subnet/private-b",
            "create subnet/public-a",
            "create subnet/public-b",
            "update route-table/private-a subnets",
            "update route-table/private-b subnets",
            "update route-table/public subnets",
        ],
        writes: &[
            "ec2:AssociateRouteTable",
            "ec2:AssociateRouteTable",
            "ec2:AssociateRouteTable",
            "ec2:AssociateRouteTable",
            "ec2:CreateSubnet",
            "ec2:CreateSubnet",
            "ec2:CreateSubnet",
            "ec2:CreateSubnet",
            "ec2:ModifySubnetAttribute",
            "ec2:ModifySubnetAttribute",
            "ec2:ModifySubnetAttribute",
            "ec2:ModifySubnetAttribute",
            "ssm:PutParameter",
            "ssm:PutParameter",
        ],
    },
];

/// Makes the change, and sees it named and repaired, and nothing else written.
async fn is_repaired(standing: Standing, drift: &Drift) {
    let Drift { says, calls, diff, writes } = drift;
    let (bench, wanted) = (standing.bench().await, standing.wanted());
    let before = bench.truth();
    bench.meddle(calls).await;
    let meddled = bench.truth();
    // Rules that somebody adds to groups of ours are part of ours; whatever else somebody made stays.
    let foreign: Vec<&str> = match diff {
        [step] if step.ends_with("rules") => Vec::new(),
        _ => meddled.ids().into_iter().filter(|id| !before.ids().contains(id)).collect(),
    };
    assert_eq!(bench.differences(&wanted).await, *diff, "{says}");
    let repaired = bench.apply(&wanted).await.complete();
    assert_eq!(repaired.writes, *writes, "{says}");
    bench.somebody().wait(SETTLED).await;
    let after = bench.truth();
    after.clone().without(&foreign).is_like(&before, says);
    let kept = before.things().iter().filter(|thing| meddled.ids().contains(&thing.id.as_str()));
    for thing in kept.filter(|thing| thing.kind != "security-group-rule") {
        let replaced =
            diff.iter().any(|step| step.starts_with(&format!("replace {}/", thing.kind)));
        assert!(replaced || after.ids().contains(&thing.id.as_str()), "{says}: {thing:?} is gone");
    }
    assert!(bench.differences(&wanted).await.is_empty(), "{says}");
}

#[tokio::test(start_paused = true)]
async fn whatever_somebody_changes_is_named_and_repaired_and_nothing_else_is_written() {
    for drift in USUAL {
        is_repaired(Standing::Usual, drift).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_somebody_does_to_a_network_in_which_nothing_runs_is_named_and_repaired() {
    for drift in PLAIN {
        is_repaired(Standing::Plain, drift).await;
    }
}

/// An object of each kind of EC2's that has tags.
const TAGGED: &[&str] = &[
    "vpc/main",
    "subnet/private-a",
    "internet-gateway/main",
    "eip/nat-a",
    "nat-gateway/a",
    "route-table/private-a",
    "security-group/nodes",
    "vpc-endpoint/s3",
];

#[tokio::test(start_paused = true)]
async fn tags_of_tools_that_the_spec_names_are_left_alone() {
    let tags = "    tags:\n      team: oracles";
    let ignoring = format!("    ignoreTagPrefixes: [\"cost-tool:\"]\n{tags}");
    let wanted = Wanted::with(&[(tags, &ignoring)]);
    let bench = Standing::Usual.bench().await;
    for address in TAGGED {
        let resource = format!("ResourceId.1=@{address}");
        let tag = format!("{resource}&Tag.1.Key=cost-tool:owner&Tag.1.Value=finance");
        bench.meddle(&[("CreateTags", &tag)]).await;
    }
    bench.is_settled(&wanted).await;
}

/// Our owner tag is taken from an object: it is nobody's now, and nothing is done to it.
async fn is_left_alone(address: &str, bench: &Bench) -> Outcome {
    let wanted = Standing::Usual.wanted();
    let resource = format!("ResourceId.1=@{address}&Tag.1.Key=clctl.dev/uid");
    bench.meddle(&[("DeleteTags", &resource)]).await;
    let (id, before) = (bench.truth().id(address), bench.truth());
    let diff = bench.diff(&wanted).await;
    assert!(!diff.is_empty(), "{address}");
    let said = steps(&diff);
    assert!(said.contains(&format!("lost {address}")), "{address}: {said:?}");
    let outcome = bench.apply(&wanted).await;
    assert!(!outcome.is_complete(), "{address}");
    let held = outcome.report.held.values().any(|why| why.contains(&id));
    assert!(held, "{address}: {}", outcome.told());
    assert!(outcome.writes.is_empty(), "{address}: {:?}", outcome.writes);
    bench.truth().is_like(&before, address);
    outcome
}

/// Nothing in AWS speaks of a route table: only the record does.
#[tokio::test(start_paused = true)]
async fn a_route_table_that_lost_our_owner_tag_is_known_from_the_record() {
    let bench = Bench::standing(&Standing::Usual.wanted()).await;
    is_left_alone("route-table/private-a", &bench).await;
}

#[tokio::test(start_paused = true)]
async fn the_owner_tag_put_back_makes_an_object_ours_again() {
    let bench = Standing::Usual.bench().await;
    let uid = bench.truth().things().iter().find_map(|it| it.tags.get("clctl.dev/uid").cloned());
    is_left_alone("subnet/private-a", &bench).await;
    let resource = "ResourceId.1=@subnet/private-a&Tag.1.Key=clctl.dev/uid";
    let tag = format!("{resource}&Tag.1.Value={}", uid.unwrap());
    bench.meddle(&[("CreateTags", &tag)]).await;
    bench.is_settled(&Standing::Usual.wanted()).await;
}

/// Changes something that is declared, and says what.
fn change(bench: &Bench, seed: u64) -> Option<String> {
    bench.simulator.with(|world| {
        let mut deeds = world.deeds();
        deeds.retain(|deed| {
            let said = format!("{}: {}", deed.call(), deed.says());
            !NOT_COMPARED.iter().any(|(it, _)| said.starts_with(it.split(' ').next().unwrap()))
        });
        let start = usize::try_from(seed * 31).unwrap() % deeds.len();
        let deed = deeds.iter().cycle().skip(start).take(deeds.len()).find(|it| world.does(it));
        deed.map(|deed| deed.says().to_owned())
    })
}

#[tokio::test(start_paused = true)]
async fn any_drift_converges() {
    let wanted = Standing::Usual.wanted();
    for seed in 0..60 {
        let bench = Standing::Usual.bench().await;
        let before = bench.truth();
        let drifts: Vec<String> =
            (0..=seed % 3).filter_map(|n| change(&bench, seed * 7 + n)).collect();
        assert!(!drifts.is_empty());
        bench.somebody().wait(SETTLED).await;
        let when = format!("seed {seed}: {}", drifts.join("; "));
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "{when}: {}", outcome.told());
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&before, &when);
        assert!(bench.differences(&wanted).await.is_empty(), "{when}");
    }
}

/// As AWS changes: nobody waits until it has settled.
#[tokio::test(start_paused = true)]
async fn any_drift_converges_while_it_happens() {
    let wanted = Standing::Usual.wanted();
    for seed in 100..130 {
        let bench = Standing::Usual.bench().await;
        let before = bench.truth();
        let drift = change(&bench, seed).unwrap();
        let when = format!("seed {seed}: {drift}");
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "{when}: {}", outcome.told());
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&before, &when);
        assert!(bench.differences(&wanted).await.is_empty(), "{when}");
    }
}
