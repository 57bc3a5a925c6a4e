//! The way to the GUI: a load balancer that leads to the node that is active, and to it alone.

use serde_json::{Value, json};

use crate::{
    harness::{Bench, SETTLED, Wanted, example, name, steps},
    truth::{CERTIFICATE, OTHER_CERTIFICATE, Thing},
};

const BALANCER: &str = "load-balancer/gui";
const TARGETS: &str = "target-group/gui";
const HTTPS: &str = "listener/https";

/// What the example says of the GUI.
const LINE: &str = "      certificateArn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012\n";

/// The same, and from where it may be reached.
const FROM: &str = "      certificateArn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012\n    allowedCidrs: [203.0.113.0/24]\n";

/// The example with more said of its load balancer.
fn with(more: &str) -> Wanted {
    Wanted::with(&[(LINE, &format!("{LINE}      {more}\n"))])
}

/// The example with another certificate.
fn showing(arn: &str) -> Wanted {
    Wanted::with(&[(CERTIFICATE, arn)])
}

fn open() -> Wanted {
    with("scheme: internet-facing")
}

/// The example without a load balancer.
fn closed() -> Wanted {
    let without = format!("    loadBalancer:\n{LINE}");
    Wanted::with(&[(&without, "")])
}

async fn standing(wanted: &Wanted) -> Bench {
    let bench = Bench::standing(wanted).await;
    bench.somebody().wait(SETTLED).await;
    bench
}

fn body(bench: &Bench, address: &str) -> Value {
    bench.truth().thing(address).body.clone()
}

/// The addresses of what Elastic Load Balancing has of ours.
fn balanced(bench: &Bench) -> Vec<String> {
    let kinds = ["load-balancer/", "target-group/", "listener/", "listener-rule/"];
    let is = |address: &&str| kinds.iter().any(|kind| address.starts_with(kind));
    let truth = bench.truth();
    let all = truth.things().iter().filter_map(Thing::address).filter(is);
    let mut all: Vec<String> = all.map(ToOwned::to_owned).collect();
    all.sort();
    all
}

/// How the targets are, each with its instance.
async fn targets(bench: &Bench) -> Vec<(String, String)> {
    let group = bench.truth().id(TARGETS);
    let asked = [("TargetGroupArn", group.as_str())];
    let answer = bench.somebody().elb("DescribeTargetHealth", &asked).await.good().body;
    let targets = answer.split("<TargetHealthDescription>").chain(answer.split("<member>"));
    let between = |text: &str, element: &str| {
        let (_, rest) = text.split_once(&format!("<{element}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let mut all: Vec<(String, String)> =
        targets.filter_map(|it| Some((between(it, "Id")?, between(it, "State")?))).collect();
    all.sort();
    all.dedup();
    all
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_leads_to_the_node_that_is_active_and_a_second_look_finds_nothing_to_do() {
    for (wanted, side) in [(Wanted::usual(), "private"), (open(), "public")] {
        let bench = standing(&wanted).await;
        bench.is_settled(&wanted).await;
        assert_eq!(
            balanced(&bench),
            [
                "listener-rule/debug",
                "listener-rule/metrics",
                "listener/http",
                "listener/https",
                "load-balancer/gui",
                "target-group/gui",
            ],
        );
        let truth = bench.truth();
        let places = body(&bench, BALANCER)["places"].to_string();
        for zone in ["a", "b"] {
            assert!(places.contains(&truth.id(&format!("subnet/{side}-{zone}"))), "{places}");
        }
        // Whoever stands by does not listen: that is no fault.
        let serving = bench.fleet.serving();
        let [active] = serving.as_slice() else { panic!("{serving:?}") };
        let targets = targets(&bench).await;
        assert_eq!(targets.len(), 2, "{targets:?}");
        for (instance, health) in &targets {
            let expected =
                if format!("{active:?}").contains(instance) { "healthy" } else { "unhealthy" };
            assert_eq!(health, expected, "{targets:?}");
        }
        assert_eq!(bench.fleet.waiting().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn each_change_of_what_is_declared_does_what_the_plan_says_and_nothing_else() {
    const OF: &str = "elasticloadbalancing:";
    let changes: [(Wanted, &[&str], &[&str]); 6] = [
        (
            with("idleTimeout: 120"),
            &["update load-balancer/gui idle_timeout"],
            &["ModifyLoadBalancerAttributes"],
        ),
        (
            with("deletionProtection: true"),
            &["update load-balancer/gui deletion_protection"],
            &["ModifyLoadBalancerAttributes"],
        ),
        (
            with("sslPolicy: ELBSecurityPolicy-TLS13-1-3-2021-06"),
            &["update listener/https ssl_policy"],
            &["ModifyListener"],
        ),
        (
            showing(OTHER_CERTIFICATE),
            // How long it is good for is watched, and drawn.
            &[
                "update alarm/certificate queries",
                "update dashboard/main body",
                "update listener/https certificate",
            ],
            &["ModifyListener"],
        ),
        (
            Wanted::with(&[(FROM, &FROM.replace("203.0.113.0", "198.51.100.0"))]),
            &["update security-group-rules/load-balancer rules"],
            &[],
        ),
        (
            open(),
            &[
                "replace listener-rule/debug listener",
                "replace listener-rule/metrics listener",
                "replace listener/http load_balancer",
                "replace listener/https load_balancer",
                "replace load-balancer/gui scheme,subnets",
            ],
            &[
                "CreateListener",
                "CreateListener",
                "CreateLoadBalancer",
                "CreateRule",
                "CreateRule",
                "DeleteListener",
                "DeleteListener",
                "DeleteLoadBalancer",
                "DeleteRule",
                "DeleteRule",
                "ModifyLoadBalancerAttributes",
            ],
        ),
    ];
    let usual = Wanted::usual();
    let stood = standing(&usual).await;
    // The last to be made are long visible to whoever knows nothing of their making.
    stood.somebody().wait(3_600).await;
    let world = stood.world();
    for (wanted, expected, writes) in changes {
        let bench = Bench::at(world.clone());
        let before = bench.truth().id(TARGETS);
        assert_eq!(steps(&bench.diff(&wanted).await), expected);
        let outcome = bench.apply(&wanted).await.complete();
        assert_eq!(steps(&outcome.plan), expected);
        let of_ours = outcome.writes.iter().filter_map(|it| it.strip_prefix(OF));
        assert_eq!(of_ours.collect::<Vec<_>>(), writes, "{expected:?}");
        bench.is_settled(&wanted).await;
        // Who looks for the active node goes on looking, whatever is in front of it.
        assert_eq!(bench.truth().id(TARGETS), before);
        assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_does_behind_our_back_is_repaired() {
    let wanted = Wanted::usual();
    let world = standing(&wanted).await.world();
    let truth = Bench::at(world.clone()).truth();
    let (https, targets) = (truth.id(HTTPS), truth.id(TARGETS));
    let group = truth.thing("auto-scaling-group/nodes").id.clone();
    // The listener goes, and its rules with it.
    let bench = Bench::at(world.clone());
    bench.somebody().elb("DeleteListener", &[("ListenerArn", &https)]).await.good();
    bench.somebody().wait(SETTLED).await;
    let said = steps(&bench.diff(&wanted).await);
    assert_eq!(
        said,
        ["create listener-rule/debug", "create listener-rule/metrics", "create listener/https"],
    );
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
    // The nodes are no targets any more.
    let bench = Bench::at(world);
    let detached =
        [("AutoScalingGroupName", group.as_str()), ("TargetGroupARNs.member.1", &targets)];
    bench.somebody().autoscaling("DetachLoadBalancerTargetGroups", &detached).await.good();
    bench.somebody().wait(SETTLED).await;
    let outcome = bench.apply(&wanted).await.complete();
    assert_eq!(steps(&outcome.plan), ["update auto-scaling-group/nodes target_groups"]);
    assert_eq!(outcome.writes, ["autoscaling:AttachLoadBalancerTargetGroups"]);
    bench.is_settled(&wanted).await;
}

/// Asks for a certificate that nobody has validated.
async fn requested(bench: &Bench, domain: &str) -> String {
    let members = json!({ "DomainName": domain, "ValidationMethod": "DNS" });
    let made = bench.somebody().acm("RequestCertificate", members).await.good();
    bench.somebody().wait(SETTLED).await;
    made.value()["CertificateArn"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn without_a_certificate_that_can_be_shown_there_is_no_https_and_all_else_works() {
    let bench = Bench::calm();
    let waits = requested(&bench, "node.example.com").await;
    let gone = CERTIFICATE.replace("12345678-", "00000000-");
    for (arn, why) in [(waits, "is not issued yet"), (gone, "is not there")] {
        let wanted = showing(&arn);
        let plan = bench.diff(&wanted).await;
        let said = steps(&plan);
        assert!(plan.is_unknown(), "{said:?}");
        assert!(said.contains(&format!("unread {HTTPS}")), "{said:?}");
        assert!(said.contains(&format!("create {BALANCER}")), "{said:?}");
        assert!(said.contains(&"create auto-scaling-group/nodes".to_owned()), "{said:?}");
        let told: Vec<String> = plan.nodes.iter().map(|it| format!("{:?}", it.verdict)).collect();
        let told = told.concat();
        assert!(told.contains(why) && told.contains(&arn), "{why}");
    }
    let wanted = showing(&CERTIFICATE.replace("12345678-", "00000000-"));
    let outcome = bench.apply(&wanted).await;
    assert!(!outcome.is_complete());
    bench.somebody().wait(SETTLED).await;
    assert_eq!(balanced(&bench), ["listener/http", BALANCER, TARGETS]);
    assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
    // Another one is named, and what was missing is made.
    let wanted = Wanted::usual();
    let outcome = bench.apply(&wanted).await.complete();
    let made: Vec<String> = outcome.report.done.keys().map(name).collect();
    assert!(made.contains(&HTTPS.to_owned()), "{made:?}");
    bench.is_settled(&wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_certificate_for_another_name_and_one_that_cannot_be_looked_at_are_told_of() {
    let named =
        |domain: &str| Wanted::with(&[(FROM, &format!("{FROM}    domainName: {domain}\n"))]);
    let bench = standing(&Wanted::usual()).await;
    let told = async |wanted: &Wanted| {
        let plan = bench.diff(wanted).await;
        let verdicts = plan.nodes.iter().filter(|it| it.node.address().to_string() == HTTPS);
        verdicts.map(|it| format!("{:?}", it.verdict)).collect::<Vec<_>>().concat()
    };
    let why = told(&named("gui.example.org")).await;
    assert!(why.contains("and not for gui.example.org"), "{why}");
    // The one of the sandbox has a star.
    let plan = bench.diff(&named("node.oracles.example.com")).await;
    let said = steps(&plan);
    assert!(!plan.is_unknown() && !said.iter().any(|it| it.contains("listener")), "{said:?}");
    let denied = vec!["acm:DescribeCertificate".to_owned()];
    bench.simulator.with(|world| world.settings_mut().denied = denied);
    let why = told(&Wanted::usual()).await;
    assert!(why.contains("allow acm:DescribeCertificate on it"), "{why}");
    // What is there stays as it is.
    let outcome = bench.apply(&Wanted::usual()).await;
    assert!(outcome.writes.is_empty(), "{:?}", outcome.writes);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_protected_stays_until_the_protection_is_lifted_on_purpose() {
    let protected = with("deletionProtection: true");
    let bench = standing(&protected).await;
    let outcome = bench.delete(&protected).await;
    assert!(!outcome.is_complete());
    let why = outcome.told();
    assert!(why.contains("set gui.loadBalancer.deletionProtection to false"), "{why}");
    assert!(balanced(&bench).contains(&BALANCER.to_owned()));
    // Nor may it go because another one is to take its place, or none.
    for wanted in [closed(), with("scheme: internet-facing\n      deletionProtection: true")] {
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.told().contains("deletionProtection to false"), "{}", outcome.told());
        assert!(balanced(&bench).contains(&BALANCER.to_owned()));
    }
    bench.apply(&Wanted::usual()).await.complete();
    bench.delete(&Wanted::usual()).await.complete();
    assert_eq!(balanced(&bench), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn it_is_taken_away_while_the_nodes_work_and_nothing_of_it_stays() {
    let bench = standing(&Wanted::usual()).await;
    let wanted = closed();
    let outcome = bench.apply(&wanted).await.complete();
    let said = steps(&outcome.plan);
    assert!(
        said.contains(&"update auto-scaling-group/nodes target_groups,template".to_owned()),
        "{said:?}"
    );
    assert!(said.contains(&format!("remove {BALANCER}")), "{said:?}");
    // From where a browser may come is a part of what nodes are told: they are made anew, one after the other.
    assert!(said.contains(&"update instances/nodes versions".to_owned()), "{said:?}");
    bench.is_settled(&wanted).await;
    assert_eq!(balanced(&bench), Vec::<String>::new());
    assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
    // And it comes back.
    bench.apply(&Wanted::usual()).await.complete();
    bench.is_settled(&Wanted::usual()).await;
}

#[test]
fn the_example_has_a_load_balancer() {
    assert!(example("node").contains(LINE));
}
