//! A VPC of the user's own: everything is built in it, by ids or by tags; nothing of it is ever tagged, changed or
//! deleted; and where it is not there, or not the only one, what depends on it is left alone and the plan says why.

use std::collections::{BTreeMap, BTreeSet};

use clctl::engine::{Blocked, Plan, Verdict};
use clctl_simulator::Seed;

use crate::{
    harness::{Bench, SETTLED, Wanted, example, steps},
    truth::Truth,
};

/// The ids of what the user has, by name.
pub(crate) type Theirs = BTreeMap<String, String>;

/// An account in which the user has a network.
pub(crate) async fn account() -> (Bench, Theirs) {
    let bench = Bench::calm();
    let made = bench.simulator.with(|world| world.seed(Seed::OpenNetwork));
    bench.somebody().wait(SETTLED).await;
    (bench, made.into_iter().collect())
}

/// How the file names the network.
pub(crate) fn by_ids(theirs: &Theirs) -> String {
    let pair = |side: &str| {
        format!(
            "ids: [{}, {}]",
            theirs[&format!("user-{side}-a")],
            theirs[&format!("user-{side}-b")]
        )
    };
    format!(
        "vpc: {{id: {}}}, privateSubnets: {{{}}}, publicSubnets: {{{}}}",
        theirs["user-vpc"],
        pair("private"),
        pair("public")
    )
}

const BY_TAGS: &str = "vpc: {tags: {Name: user-vpc}}, privateSubnets: {tags: {tier: private}}, \
                       publicSubnets: {tags: {tier: public, shared: \"yes\"}}";

/// The example in such a network.
pub(crate) fn wanted(network: &str) -> Wanted {
    wanted_with(network, "")
}

/// The same with more in the chapter of the network.
fn wanted_with(network: &str, more: &str) -> Wanted {
    Wanted::read(&text(network, more)).keeping_nothing()
}

/// The example in such a network, with more in the chapter of that, as it is written.
pub(crate) fn text(network: &str, more: &str) -> String {
    let (before, rest) = example("node").split_once("\n  network:\n").unwrap();
    let is_of_it = |line: &&str| line.is_empty() || line.starts_with("    ");
    let rest: Vec<&str> = rest.lines().skip_while(is_of_it).collect();
    format!(
        "{before}\n  network: {{vpc: {{existing: {{{network}}}}}{more}}}\n{}\n",
        rest.join("\n")
    )
}

/// What is the user's own, as it truly is.
fn of_them(bench: &Bench, before: &Truth) -> Truth {
    bench.truth().only(&before.ids())
}

/// Why nothing is done about a node.
fn why(plan: &Plan<clctl::aws::Aws>, address: &str) -> String {
    let found = plan.nodes.iter().find(|it| it.node.address().to_string() == address).unwrap();
    let Verdict::Blocked(Blocked::Unread(why)) = &found.verdict else {
        panic!("{address}: {:?}", found.verdict)
    };
    why.clone()
}

#[tokio::test(start_paused = true)]
async fn everything_is_built_in_it_and_it_stays_as_it_was() {
    let (bench, theirs) = account().await;
    let before = bench.truth();
    for network in [by_ids(&theirs), BY_TAGS.to_owned()] {
        let wanted = wanted(&network);
        bench.simulator.forget_calls();
        let outcome = bench.apply(&wanted).await.complete();
        let made = steps(&outcome.plan);
        for kind in [
            "vpc/",
            "subnet/",
            "internet-gateway/",
            "nat-gateway/",
            "route-table/",
            "vpc-endpoint/",
        ] {
            assert!(!made.iter().any(|it| it.contains(&format!(" {kind}"))), "{made:?}");
        }
        assert!(made.contains(&"create auto-scaling-group/nodes".to_owned()), "{made:?}");
        bench.is_settled(&wanted).await;
        assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
        of_them(&bench, &before).is_like(&before, "after apply");
        // Where the instances and the database are.
        let truth = bench.truth();
        let subnets = |kind: &str| -> BTreeSet<String> {
            let of_kind = truth.things().iter().filter(|it| it.kind == kind && it.is_launched());
            of_kind.filter_map(|it| it.body["subnet"].as_str().map(ToOwned::to_owned)).collect()
        };
        let named = ["user-private-a", "user-private-b", "user-public-a", "user-public-b"];
        let known: BTreeSet<String> = named.iter().map(|name| theirs[*name].clone()).collect();
        let used = subnets("network-interface");
        assert!(used.len() >= 2 && used.is_subset(&known), "{used:?} of {known:?}");
        bench.delete(&wanted).await.complete();
        bench.somebody().wait(SETTLED).await;
        of_them(&bench, &before).is_like(&before, "after delete");
        assert_eq!(bench.truth().ids(), before.ids());
        no_write_named_it_but_to_build_in(&bench, &theirs);
    }
}

/// A write names what is the user's own only as the place where something of ours is made.
fn no_write_named_it_but_to_build_in(bench: &Bench, theirs: &Theirs) {
    let building = [
        ("ec2", "CreateSecurityGroup", "vpc-"),
        ("ec2", "CreateFlowLogs", "vpc-"),
        ("ec2", "CreateVpcEndpoint", "vpc-"),
        ("ec2", "CreateVpcEndpoint", "subnet-"),
        ("ec2", "CreateVpcEndpoint", "rtb-"),
        ("rds", "CreateDBSubnetGroup", "subnet-"),
        ("elasticloadbalancing", "CreateTargetGroup", "vpc-"),
        ("elasticloadbalancing", "CreateLoadBalancer", "subnet-"),
        ("autoscaling", "CreateAutoScalingGroup", "subnet-"),
        ("autoscaling", "UpdateAutoScalingGroup", "subnet-"),
    ];
    let mut seen = 0;
    for call in bench.simulator.calls().into_iter().filter(|call| call.mutating) {
        for id in call.names.iter().filter(|id| theirs.values().any(|theirs| theirs == *id)) {
            let fine = building.iter().any(|(service, operation, kind)| {
                (*service, *operation) == (&*call.service, &*call.operation) && id.starts_with(kind)
            });
            assert!(fine, "{}:{} names {id}", call.service, call.operation);
            seen += 1;
        }
    }
    assert!(seen > 3, "nothing was built in it");
}

#[tokio::test(start_paused = true)]
async fn endpoints_and_a_flow_log_are_added_only_where_the_file_says_so_and_go_again() {
    let (bench, theirs) = account().await;
    let before = bench.truth();
    let asked =
        format!("{}, s3Endpoint: true, interfaceEndpoints: [secretsmanager]", by_ids(&theirs));
    // DNS names lead to an interface endpoint: the VPC has to give some.
    let meddle = [("VpcId", &*theirs["user-vpc"]), ("EnableDnsHostnames.Value", "true")];
    bench.somebody().ec2("ModifyVpcAttribute", &meddle).await.good();
    bench.somebody().wait(SETTLED).await;
    let before = before.without(&[&theirs["user-vpc"]]);
    bench.simulator.forget_calls();
    let wanted = wanted_with(&asked, ", flowLogs: {enabled: true}");
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
    let truth = bench.truth();
    let endpoint = truth.thing("vpc-endpoint/s3");
    assert!(endpoint.body.to_string().contains(&theirs["user-private"]), "{:?}", endpoint.body);
    let rule = truth.things().iter().find(|it| it.body["description"] == "HTTPS from the network");
    assert!(rule.unwrap().body.to_string().contains("10.42.0.0/16"));
    assert_eq!(truth.thing("flow-log/vpc").body["resource"], *theirs["user-vpc"]);
    // Nobody else's flow log is written with it, whoever names the role.
    let trusts = truth.thing("iam-role/flow-logs").body.to_string();
    assert!(trusts.contains(r#""aws:SourceAccount":["123456789012"]"#), "{trusts}");
    let logs = "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*";
    assert!(trusts.contains(&format!(r#""aws:SourceArn":["{logs}"]"#)), "{trusts}");
    bench.delete(&wanted).await.complete();
    bench.somebody().wait(SETTLED).await;
    of_them(&bench, &before).is_like(&before, "after delete");
    no_write_named_it_but_to_build_in(&bench, &theirs);
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_a_network_that_is_not_there_is_left_alone() {
    let (bench, theirs) = account().await;
    let good = by_ids(&theirs);
    let (vpc, private) = (&theirs["user-vpc"], &theirs["user-private-a"]);
    let public = &theirs["user-public-a"];
    let absent = |id: &str| format!("{}{}", &id[..id.len() - 17], "0123456789abcdef0");
    let swapped = format!("{}, {}", theirs["user-private-b"], private);
    let pair = format!("{}, {}", private, theirs["user-private-b"]);
    let of = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is not in {good}");
        good.replace(from, to)
    };
    // One more VPC that has a tag of the first, and a subnet that has those of another.
    bench
        .meddle(&[
            ("CreateVpc", "CidrBlock=10.43.0.0/16"),
            ("CreateTags", "ResourceId.1=@1&Tag.1.Key=Name&Tag.1.Value=user-vpc"),
        ])
        .await;
    let elsewhere = bench.truth();
    let elsewhere = elsewhere
        .things()
        .iter()
        .find(|it| it.kind == "subnet" && !theirs.values().any(|id| *id == it.id))
        .map(|it| it.id.clone());
    let elsewhere = elsewhere.expect("the default VPC has subnets");
    for (network, node, told) in [
        (of(vpc, &absent(vpc)), "security-group/nodes", "is not in us-east-1 of the account"),
        (BY_TAGS.to_owned(), "security-group/nodes", "name another tag, or write `id`"),
        (of(private, &absent(private)), "db-subnet-group/main", "is not in vpc-"),
        (of(private, &elsewhere), "db-subnet-group/main", "is not in vpc-"),
        (of(&pair, &swapped), "db-subnet-group/main", "in the order of `availabilityZones`"),
        (of(public, &absent(public)), "auto-scaling-group/bastion", "is not in vpc-"),
        (
            format!(
                "vpc: {{id: {vpc}}}, privateSubnets: {{tags: {{shared: \"yes\"}}}}, publicSubnets: {{tags: {{tier: public}}}}"
            ),
            "db-subnet-group/main",
            "all have the tags {shared: yes}",
        ),
    ] {
        let plan = bench.diff(&wanted(&network)).await;
        let said = steps(&plan);
        assert!(plan.is_unknown(), "{network}: {said:?}");
        let why = why(&plan, node);
        assert!(why.contains(told), "{network}: {why}");
        assert!(said.contains(&"create log-group/nodes".to_owned()), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_stays_when_the_network_cannot_be_looked_at() {
    let (bench, theirs) = account().await;
    let wanted = wanted(&by_ids(&theirs));
    bench.apply(&wanted).await.complete();
    for operation in ["ec2:DescribeVpcs", "ec2:DescribeSubnets"] {
        let denied = vec![operation.to_owned()];
        bench.simulator.with(|world| world.settings_mut().denied = denied);
        let plan = bench.diff(&wanted).await;
        let said = steps(&plan);
        assert!(plan.is_unknown() && plan.is_empty(), "{said:?}");
        let told = why(&plan, "db-subnet-group/main");
        assert!(told.contains(&format!("allow {operation}")), "{told}");
        assert!(bench.apply(&wanted).await.writes.is_empty());
    }
    bench.simulator.with(|world| world.settings_mut().denied = Vec::new());
    bench.is_settled(&wanted).await;
}

/// Everything stands in the network: another one is another environment.
#[tokio::test(start_paused = true)]
async fn an_environment_does_not_move_into_another_network() {
    let (bench, theirs) = account().await;
    bench.simulator.with(|world| world.settings_mut().quotas.addresses = 10);
    bench.apply(&Wanted::usual()).await.complete();
    let moved = wanted(&by_ids(&theirs));
    let said = bench.differences(&moved).await;
    assert!(said.iter().any(|it| it.starts_with("refuse ")), "{said:?}");
    let outcome = bench.apply(&moved).await;
    assert!(!outcome.is_complete() && outcome.writes.is_empty(), "{:?}", outcome.writes);
}
