//! What the simulation found, each as a test of its own, see `docs/reliability.md`.

use clctl::aws::ec2::{Direction, Peer, Rule};
use clctl_simulator::{Lag, Settings, Span};

use crate::{
    harness::{Bench, Wanted},
    stand::{Stand, Variant, group_id, one_of_each},
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
    let wanted = Wanted::graph("found", one_of_each);
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
