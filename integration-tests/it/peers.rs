//! Where nodes of other operators reach the active one: a network load balancer under addresses that stay, which the
//! nodes announce.

use std::{collections::BTreeSet, io::Read as _};

use clctl::preflight::Outcome;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::{
    existing_vpc::{account, by_ids, text},
    harness::{Bench, SETTLED, Wanted, example, steps},
    truth::Thing,
};

const BALANCER: &str = "network-load-balancer/peers";
const TARGETS: &str = "target-group/peers";
const LISTENER: &str = "listener/peers";
const ADDRESSES: [&str; 2] = ["eip/peers-a", "eip/peers-b"];
const GROUP: &str = "security-group/network-load-balancer";
const OF_ELB: &str = "elasticloadbalancing:";

const NODES: &str = "\n  nodes:\n";

/// The example with this of the connections between nodes.
fn with(peers: &str) -> Wanted {
    Wanted::with(&[(NODES, &format!("{NODES}    peerToPeer: {{{peers}}}\n"))])
}

fn reached() -> Wanted {
    with("enabled: true")
}

async fn standing(wanted: &Wanted) -> Bench {
    let bench = Bench::standing(wanted).await;
    bench.somebody().wait(SETTLED).await;
    bench
}

fn body(bench: &Bench, address: &str) -> Value {
    bench.truth().thing(address).body.clone()
}

/// The addresses of ours that others may reach the nodes at.
async fn public(bench: &Bench) -> Vec<String> {
    let mut all = Vec::new();
    for address in ADDRESSES {
        let id = bench.truth().id(address);
        let asked = [("AllocationId.1", id.as_str())];
        all.push(bench.somebody().ec2("DescribeAddresses", &asked).await.good().text("publicIp"));
    }
    all
}

/// What of ours is there for other nodes.
fn there(bench: &Bench) -> BTreeSet<String> {
    let is =
        |address: &&str| address.contains("/peers") || address.ends_with("/network-load-balancer");
    let truth = bench.truth();
    truth.things().iter().filter_map(Thing::address).filter(is).map(ToOwned::to_owned).collect()
}

/// What each running node was told.
fn told(bench: &Bench) -> Vec<String> {
    let running = bench.simulator.with(|world| world.running());
    let nodes =
        running.iter().filter(|it| it.role.as_deref().is_some_and(|it| it.ends_with("-nodes")));
    let text = |data: &[u8]| {
        let mut text = String::new();
        GzDecoder::new(data).read_to_string(&mut text).unwrap();
        text
    };
    nodes.map(|it| text(&it.user_data)).collect()
}

/// How the targets are, each with its instance.
async fn health(bench: &Bench) -> BTreeSet<(String, String)> {
    let group = bench.truth().id(TARGETS);
    let asked = [("TargetGroupArn", group.as_str())];
    let answer = bench.somebody().elb("DescribeTargetHealth", &asked).await.good();
    answer.texts("Id").into_iter().zip(answer.texts("State")).collect()
}

/// That every node announces these, and the one that is active, and it alone, is found there.
async fn is_reached(bench: &Bench, announced: &[String]) {
    let nodes = told(bench);
    assert_eq!(nodes.len(), 2);
    for told in &nodes {
        for address in announced {
            assert!(told.contains(address), "{address} is not in {told}");
        }
    }
    let (serving, waiting) = (bench.fleet.serving(), bench.fleet.waiting());
    assert_eq!((serving.len(), waiting.len()), (1, 1));
    let active = format!("{serving:?}");
    let health = health(bench).await;
    assert_eq!(health.len(), 2, "{health:?}");
    for (instance, state) in &health {
        let expected = if active.contains(instance) { "healthy" } else { "unhealthy" };
        assert_eq!(state, expected, "{health:?}");
    }
}

fn at(addresses: &[String], port: u32) -> Vec<String> {
    addresses.iter().map(|address| format!("{address}:{port}")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_active_node_is_reached_at_addresses_that_the_nodes_announce() {
    let wanted = reached();
    let bench = standing(&wanted).await;
    bench.is_settled(&wanted).await;
    let all = [BALANCER, TARGETS, LISTENER, ADDRESSES[0], ADDRESSES[1], GROUP];
    let mut expected: BTreeSet<String> = all.iter().map(|it| (*it).to_owned()).collect();
    expected.insert("alarm/peers".to_owned());
    assert_eq!(there(&bench), expected);
    is_reached(&bench, &at(&public(&bench).await, 6690)).await;
    // One address in each zone, in the subnets that lead to the internet, and each leads to both zones.
    let (truth, balancer) = (bench.truth(), body(&bench, BALANCER));
    let places = balancer["places"].to_string();
    for zone in ["a", "b"] {
        assert!(places.contains(&truth.id(&format!("subnet/public-{zone}"))), "{places}");
        assert!(places.contains(&truth.id(&format!("eip/peers-{zone}"))), "{places}");
    }
    assert_eq!(balancer["attributes"]["load_balancing.cross_zone.enabled"], "true");
    // What comes is let in by the load balancer alone: nobody comes to the nodes around it.
    let group = truth.id("security-group/nodes");
    let rules = truth.things().iter().filter(|it| it.kind == "security-group-rule");
    let into: Vec<&Thing> = rules
        .filter(|it| it.body["group"] == group.as_str() && it.body["egress"] == false)
        .collect();
    assert_eq!(into.len(), 4, "SSH, the GUI, other nodes, their health: {into:?}");
    for rule in into {
        let said = rule.body.to_string();
        assert!(!said.contains("0.0.0.0/0"), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_does_what_the_plan_says_and_rolls_the_nodes_where_they_have_to_know() {
    let stood = standing(&reached()).await;
    // The last to be made are long visible to whoever knows nothing of their making.
    stood.somebody().wait(3_600).await;
    let (world, before) = (stood.world(), public(&stood).await);
    let rolls = [
        "update auto-scaling-group/nodes template",
        "update instances/nodes versions",
        "update launch-template/nodes user_data",
    ];
    let others = "update security-group-rules/network-load-balancer rules";
    let changes: [(Wanted, Vec<&str>, &[&str], u32); 2] = [
        (with("enabled: true, allowedCidrs: [203.0.113.0/24]"), vec![others], &[], 6690),
        (
            with("enabled: true, port: 7000"),
            vec![
                "replace target-group/peers port",
                "update listener/peers default_action,port",
                "update security-group-rules/network-load-balancer rules",
                "update security-group-rules/nodes rules",
                "update auto-scaling-group/nodes target_groups,template",
                "update instances/nodes versions",
                "update launch-template/nodes user_data",
            ],
            &[
                "CreateTargetGroup",
                "DeleteTargetGroup",
                "ModifyListener",
                "ModifyTargetGroupAttributes",
            ],
            7000,
        ),
    ];
    for (wanted, expected, writes, port) in changes {
        let bench = Bench::at(world.clone());
        let said: BTreeSet<String> = steps(&bench.diff(&wanted).await).into_iter().collect();
        for step in &expected {
            assert!(said.contains(*step), "{step} is not in {said:?}");
        }
        let rolled = rolls.iter().any(|it| said.contains(*it));
        assert_eq!(rolled, port != 6690, "{said:?}");
        let outcome = bench.apply(&wanted).await.complete();
        let mut of_ours: Vec<&str> =
            outcome.writes.iter().filter_map(|it| it.strip_prefix(OF_ELB)).collect();
        of_ours.sort_unstable();
        assert_eq!(of_ours, writes, "{said:?}");
        bench.is_settled(&wanted).await;
        bench.somebody().wait(SETTLED).await;
        // Whoever has written the addresses down finds the node there.
        assert_eq!(public(&bench).await, before);
        is_reached(&bench, &at(&before, port)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_comes_and_goes_while_a_node_works_and_the_nodes_are_rolled() {
    let closed = Wanted::usual();
    let bench = standing(&closed).await;
    assert!(there(&bench).is_empty());
    let wanted = reached();
    let outcome = bench.apply(&wanted).await.complete();
    let said = steps(&outcome.plan);
    for step in [
        &*format!("create {BALANCER}"),
        "create eip/peers-a",
        "create eip/peers-b",
        "update auto-scaling-group/nodes target_groups,template",
        "update instances/nodes versions",
        "update launch-template/nodes user_data",
    ] {
        assert!(said.contains(&step.to_owned()), "{step}: {said:?}");
    }
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted).await;
    is_reached(&bench, &at(&public(&bench).await, 6690)).await;
    // At addresses of the user's own: nothing of ours leads to the nodes any more.
    let own = with("enabled: true, announceAddresses: [\"198.51.100.7:6690\"]");
    for wanted in [own, closed] {
        bench.apply(&reached()).await.complete();
        let outcome = bench.apply(&wanted).await.complete();
        let said = steps(&outcome.plan);
        for gone in [BALANCER, TARGETS, LISTENER, ADDRESSES[0], ADDRESSES[1], GROUP] {
            assert!(said.contains(&format!("remove {gone}")), "{gone}: {said:?}");
        }
        assert!(said.contains(&"update instances/nodes versions".to_owned()), "{said:?}");
        bench.is_settled(&wanted).await;
        assert!(there(&bench).is_empty(), "{:?}", there(&bench));
        assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_environment_leaves_nothing_of_it() {
    let (bench, wanted) = (Bench::calm(), reached().keeping_nothing());
    bench.diff(&wanted).await;
    let before = bench.truth();
    bench.apply(&wanted).await.complete();
    bench.delete(&wanted).await.complete();
    assert_eq!(bench.truth().ids(), before.ids());
}

/// A call, with what it is given, and what is repaired then.
type Deed<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[tokio::test(start_paused = true)]
async fn what_somebody_does_behind_our_back_is_repaired_under_the_same_addresses() {
    let wanted = reached();
    let world = standing(&wanted).await.world();
    let before = Bench::at(world.clone());
    let (truth, addresses) = (before.truth(), public(&before).await);
    let (balancer, listener) = (truth.id(BALANCER), truth.id(LISTENER));
    let cross_zone = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Attributes.member.1.Key", "load_balancing.cross_zone.enabled"),
        ("Attributes.member.1.Value", "false"),
    ];
    let (subnet, eip) = (truth.id("subnet/public-a"), truth.id("eip/peers-a"));
    let only = [
        ("LoadBalancerArn", balancer.as_str()),
        ("SubnetMappings.member.1.SubnetId", subnet.as_str()),
        ("SubnetMappings.member.1.AllocationId", eip.as_str()),
    ];
    let deeds: [Deed<'_>; 4] = [
        (
            "ModifyLoadBalancerAttributes",
            &cross_zone,
            &["update network-load-balancer/peers cross_zone"],
        ),
        ("SetSubnets", &only, &["update network-load-balancer/peers zones"]),
        ("DeleteListener", &[("ListenerArn", listener.as_str())], &["create listener/peers"]),
        (
            "DeleteLoadBalancer",
            &[("LoadBalancerArn", balancer.as_str())],
            &["create listener/peers", "create network-load-balancer/peers"],
        ),
    ];
    for (call, params, expected) in deeds {
        let bench = Bench::at(world.clone());
        bench.somebody().elb(call, params).await.good();
        bench.somebody().wait(SETTLED).await;
        let outcome = bench.apply(&wanted).await.complete();
        let said: Vec<String> =
            steps(&outcome.plan).into_iter().filter(|it| it.contains("/peers")).collect();
        assert!(expected.iter().all(|it| said.contains(&(*it).to_owned())), "{call}: {said:?}");
        bench.somebody().wait(SETTLED).await;
        bench.is_settled(&wanted).await;
        assert_eq!(public(&bench).await, addresses, "{call}");
        is_reached(&bench, &at(&addresses, 6690)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_no_node_there_is_told_of() {
    let wanted = reached();
    let bench = standing(&wanted).await;
    let state = async |bench: &Bench| {
        let asked = json!({ "AlarmNames": ["clctl-demo-alarm-peers"] });
        let told = bench.somebody().cloudwatch("DescribeAlarms", asked).await.good().value();
        told["MetricAlarms"][0]["StateValue"].as_str().unwrap().to_owned()
    };
    bench.somebody().wait(1_800).await;
    assert_eq!(state(&bench).await, "OK");
    // The way from the load balancer to the nodes.
    let group = bench.truth().id(GROUP);
    let all = bench.somebody();
    let of = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", group.as_str())];
    let rules = all.ec2("DescribeSecurityGroupRules", &of).await.good();
    let ways = rules.texts("isEgress").into_iter().zip(rules.texts("securityGroupRuleId"));
    for (_, rule) in ways.filter(|it| it.0 == "true") {
        let gone = [("GroupId", group.as_str()), ("SecurityGroupRuleId.1", rule.as_str())];
        all.ec2("RevokeSecurityGroupEgress", &gone).await.good();
    }
    bench.somebody().wait(3_600).await;
    assert_eq!(state(&bench).await, "ALARM");
    let outcome = bench.apply(&wanted).await.complete();
    assert_eq!(steps(&outcome.plan), ["update security-group-rules/network-load-balancer rules"]);
    bench.somebody().wait(1_800).await;
    assert_eq!(state(&bench).await, "OK");
}

#[tokio::test(start_paused = true)]
async fn addresses_that_an_account_has_none_left_of_are_told_of_before_anything_is_made() {
    let bench = Bench::calm();
    let told = async |bench: &Bench| {
        let checks = bench.preflight(&reached()).await;
        let found = checks.into_iter().find(|it| it.name.starts_with("quota of Elastic IP"));
        let found = found.unwrap();
        (found.outcome, found.message)
    };
    // Two for the way out, one for the bastion, and two for other nodes.
    assert_eq!(told(&bench).await, (Outcome::Pass, "5 needed, 5 left of 5".to_owned()));
    bench.meddle(&[("AllocateAddress", "Domain=vpc")]).await;
    assert_eq!(told(&bench).await, (Outcome::Fail, "5 needed, 4 left of 5".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn in_a_network_of_the_users_own_it_stands_in_the_public_subnets_that_are_named() {
    let (bench, theirs) = account().await;
    let before = bench.truth();
    let reached = format!("{NODES}    peerToPeer: {{enabled: true}}\n");
    let wanted = Wanted::read(&text(&by_ids(&theirs), "").replace(NODES, &reached));
    let wanted = wanted.keeping_nothing();
    bench.apply(&wanted).await.complete();
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted).await;
    let places = body(&bench, BALANCER)["places"].to_string();
    for zone in ["a", "b"] {
        assert!(places.contains(&theirs[&format!("user-public-{zone}")]), "{places}");
    }
    is_reached(&bench, &at(&public(&bench).await, 6690)).await;
    // Whoever cannot look at the subnets takes nothing away.
    let deny = |denied: &[&str]| {
        let denied = denied.iter().map(|it| (*it).to_owned()).collect();
        bench.simulator.with(|world| world.settings_mut().denied = denied);
    };
    deny(&["ec2:DescribeSubnets"]);
    let outcome = bench.apply(&wanted).await;
    let said = steps(&outcome.plan);
    assert!(said.contains(&format!("unread {BALANCER}")), "{said:?}");
    assert!(!said.iter().any(|it| it.starts_with("remove")), "{said:?}");
    assert!(outcome.writes.is_empty(), "{:?}", outcome.writes);
    deny(&[]);
    bench.delete(&wanted).await.complete();
    bench.somebody().wait(SETTLED).await;
    assert_eq!(bench.truth().ids(), before.ids());
}

/// It comes in by a load balancer as well, whether or not the GUI has one.
#[tokio::test(start_paused = true)]
async fn the_role_of_load_balancers_is_looked_at_where_only_peers_have_one() {
    let text = example("no-load-balancer");
    let peers = text.replace(NODES, &format!("{NODES}    peerToPeer: {{enabled: true}}\n"));
    let role = "service-linked role AWSServiceRoleForElasticLoadBalancing";
    for (text, is_needed) in [(text, false), (&peers, true)] {
        let checks = Bench::calm().preflight(&Wanted::read(text)).await;
        assert_eq!(checks.iter().any(|check| check.name == role), is_needed, "{checks:#?}");
    }
}
