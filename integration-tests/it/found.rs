//! What the simulation found, each as a test of its own, see `docs/reliability.md`.

use std::collections::BTreeSet;

use clctl::aws::{
    ec2::{Direction, Peer, Rule},
    iam::{InstanceProfile, InstanceProfileConfig, Role, RoleConfig},
    policy::{Policy, Statement},
    rds::{ParameterGroup, ParameterGroupConfig},
};
use clctl::engine::Done;
use clctl_simulator::{Lag, Settings, Span};

use crate::{
    harness::{Bench, Wanted, name},
    stand::{Stand, Variant, encrypted, group_id, held},
};

/// A group, and another one whose rules speak of it.
fn two_groups() -> Wanted {
    Wanted::graph("found", |environment| {
        let mut stand = Stand::new(environment, Variant::Usual);
        let vpc = stand.vpc("main");
        let one = stand.closed_group("one", &vpc);
        let other = stand.group("other", &vpc, "lets one in");
        let rule = Rule::tcp(Direction::Ingress, 22, Peer::Group(group_id(&one)), "from one");
        stand.rules(&other, vec![rule]);
        stand.graph()
    })
}

/// The rules of a group are asked for by its id where the lists show the group and not its rules, also
/// if the rules of another group speak of it.
#[tokio::test(start_paused = true)]
async fn rules_that_no_list_shows_yet_are_not_taken_for_missing() {
    let wanted = two_groups();
    let lag = Lag { listed: Span::seconds(0, 290), ..Settings::calm().lag };
    for seed in 0..4 {
        let bench = Bench::new(Settings { lag: lag.clone(), seed, ..Settings::calm() });
        bench.apply(&wanted).await.complete();
        for look in 0..12 {
            let differences = bench.differences(&wanted).await;
            assert!(differences.is_empty(), "seed {seed}, look {look}: {differences:?}");
            bench.somebody().wait(5).await;
        }
    }
}

/// A way of ours that leads to something of another kind, and somebody else's, says nothing of the
/// node it is to lead to.
#[tokio::test(start_paused = true)]
async fn what_stands_where_our_gateway_would_is_one_only_if_it_is_of_its_kind() {
    let wanted = Wanted::graph("found", |environment| {
        let mut stand = Stand::new(environment, Variant::Usual);
        let vpc = stand.vpc("main");
        stand.ways_out(&vpc);
        stand.graph()
    });
    let bench = Bench::standing(&wanted).await;
    bench
        .meddle(&[
            ("DeleteNatGateway", "NatGatewayId=@nat-gateway/main"),
            ("DetachInternetGateway", "InternetGatewayId=@internet-gateway/main&VpcId=@vpc/main"),
            ("CreateInternetGateway", "DryRun=false"),
            ("AttachInternetGateway", "InternetGatewayId=@3&VpcId=@vpc/main"),
            (
                "ReplaceRoute",
                "RouteTableId=@route-table/main&DestinationCidrBlock=192.0.2.0/24&GatewayId=@3",
            ),
        ])
        .await;
    let differences = bench.differences(&wanted).await;
    assert!(differences.contains(&"create nat-gateway/main".to_owned()), "{differences:?}");
}

/// What has names, and is not complete as it is created.
fn names_with_parts() -> Wanted {
    Wanted::graph("found", |environment| {
        let mut stand = Stand::new(environment, Variant::Usual);
        let key = stand.key("main");
        stand.log_group("main", &key);
        let says = Statement::allow("Says", ["cloudwatch:PutMetricData"]).to(["*".to_owned()]);
        let role = RoleConfig {
            description: "says how it is".to_owned(),
            trust: Policy::assumed_by("ec2.amazonaws.com"),
            max_session_seconds: 3600,
            policies: [("says".to_owned(), Policy::of([says]))].into(),
            attached: Vec::new(),
            tags: stand.tags::<Role>("main"),
        };
        let role = stand.add::<Role>("main", role);
        let tags = stand.tags::<InstanceProfile>("main");
        stand.add::<InstanceProfile>("main", InstanceProfileConfig { role: held(&role), tags });
        let parameters = ParameterGroupConfig {
            family: "postgres17".to_owned(),
            description: "of the database".to_owned(),
            parameters: encrypted([("work_mem", "8192")]),
            tags: stand.tags::<ParameterGroup>("main"),
        };
        stand.add::<ParameterGroup>("main", parameters);
        stand.graph()
    })
}

/// What had the name before is complete, and a replica that lags shows it for a while: it is not taken for what
/// was just made. (For what stands still it may be taken: a plan may be of what is gone already, and the next one is not.)
#[tokio::test(start_paused = true)]
async fn what_had_the_name_before_is_not_taken_for_what_is_made() {
    let wanted = names_with_parts();
    let (late, mut again) = (Span::seconds(0, 100), 0);
    let lag = Lag { by_id: late, listed: late, ..Settings::calm().lag };
    for seed in 0..20 {
        let bench = Bench::new(Settings { lag: lag.clone(), seed, ..Settings::calm() });
        while !bench.apply(&wanted).await.is_complete() {}
        while !bench.delete(&wanted).await.is_complete() {}
        let mut made = BTreeSet::new();
        loop {
            let outcome = bench.apply(&wanted).await;
            let done = outcome.report.done.iter().filter(|(_, done)| **done == Done::Created);
            made.extend(done.map(|(step, _)| name(step)));
            if outcome.is_complete() {
                break;
            }
        }
        bench.somebody().wait(600).await;
        let mut left = bench.differences(&wanted).await;
        left.retain(|it| it.split(' ').nth(1).is_some_and(|address| made.contains(address)));
        assert!(left.is_empty(), "seed {seed}: {left:?} of {made:?}");
        again += made.len();
        bench.apply(&wanted).await.complete();
        bench.somebody().wait(600).await;
        bench.is_settled(&wanted).await;
    }
    assert!(again > 50, "{again} were made again");
}
