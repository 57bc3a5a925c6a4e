//! What is promised, each in the words it was promised in.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clctl::{
    aws::{Mode, kinds},
    engine::{Class, Stop},
};
use clctl_simulator::{Fate, Lag, Settings, Span, action};

use crate::{
    harness::{Bench, SETTLED, WINDOW, Wanted, example},
    truth::Truth,
};

const EXAMPLES: &[&str] = &["minimal", "node", "full", "no-load-balancer"];

/// Everything in every region that a call of ours or of somebody reached.
async fn before(bench: &Bench, wanted: &Wanted) -> Truth {
    // The region comes to be when it is asked about.
    bench.diff(wanted).await;
    bench.truth()
}

/// > `apply`, then `diff` exits 0, then `apply` makes zero writes, then `delete` leaves ids before =
/// > ids after.
#[tokio::test(start_paused = true)]
async fn every_example_is_made_kept_and_unmade() {
    for name in EXAMPLES {
        let (bench, wanted) =
            (Bench::new(Settings::default()), Wanted::read(example(name)).keeping_nothing());
        let before = before(&bench, &wanted).await;
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "{name}: {}", outcome.told());
        bench.is_settled(&wanted).await;
        let outcome = bench.delete(&wanted).await;
        assert!(outcome.is_complete(), "{name}: {}", outcome.told());
        assert_eq!(bench.truth().ids(), before.ids(), "{name}");
        let lingering = bench.simulator.with(|world| world.lingering());
        let kinds: BTreeSet<&str> = lingering.iter().map(|it| it.kind.as_str()).collect();
        // What is terminated is shown for an hour.
        let expected = ["alias", "instance", "key", "natgateway", "secret"];
        assert!(kinds.iter().all(|kind| expected.contains(kind)), "{lingering:?}");
        bench.somebody().wait(WINDOW).await;
        let lingering = bench.simulator.with(|world| world.lingering());
        assert!(lingering.is_empty(), "{lingering:?}");
        assert_eq!(bench.truth().ids(), before.ids(), "{name}");
    }
}

/// > except exactly what […] AWS keeps for a time
#[tokio::test(start_paused = true)]
async fn an_environment_is_made_again_right_after_it_was_unmade() {
    let (bench, wanted) = (Bench::calm(), Wanted::usual());
    bench.apply(&wanted).await.complete();
    bench.somebody().wait(SETTLED).await;
    let first = bench.truth();
    bench.delete(&wanted).await.complete();
    bench.apply(&wanted).await.complete();
    bench.somebody().wait(SETTLED).await;
    bench.truth().is_like(&first, "made again");
    bench.is_settled(&wanted).await;
}

/// > Killed at any AWS call, before or after its effect, and run again, it ends in the same world,
/// > nothing doubled, nothing left over.
///
/// All crash points are in `crash`; here the process is really gone, its calls in flight with it.
#[tokio::test(start_paused = true)]
async fn a_process_that_is_killed_is_followed_by_one_that_ends_in_the_same_world() {
    let wanted = Wanted::usual();
    let intact = Bench::standing(&wanted).await;
    intact.somebody().wait(SETTLED).await;
    for (at, fate) in [(25, Fate::HangAfter), (60, Fate::HangBefore), (95, Fate::HangAfter)] {
        let bench = Bench::new(Settings::default());
        let killed = bench.killed(at, fate.clone(), bench.apply(&wanted)).await;
        assert!(killed.is_none(), "call {at} {fate:?}");
        bench.apply(&wanted).await.complete();
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&intact.truth(), &format!("call {at} {fate:?}"));
        bench.is_settled(&wanted).await;
    }
}

/// > Ctrl-C once: finish the calls in flight, record, say what is left.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_told_to_stop_loses_no_answer_and_the_next_goes_on_at_once() {
    let wanted = Wanted::usual();
    for at in (20..140).step_by(30) {
        let bench = Arc::new(Bench::calm());
        let stopper = bench.clone();
        bench.simulator.set_hook(Arc::new(move |call| {
            if call.n == at {
                stopper.tell(Stop::Now);
            }
            Fate::Proceed
        }));
        let outcome = bench.apply(&wanted).await;
        bench.simulator.clear_hook();
        assert!(!outcome.is_complete(), "call {at}");
        bench.tell(Stop::No);
        let start = bench.simulator.now();
        bench.apply(&wanted).await.complete();
        // Nothing was in doubt, so nothing was waited for but what AWS takes.
        let doubts = bench.events().into_iter().filter(|event| event.starts_with("Doubting"));
        assert_eq!(doubts.count(), 0, "call {at}");
        assert!(bench.simulator.now().since(start).as_secs() < 1800, "call {at}");
        bench.is_settled(&wanted).await;
    }
}

/// > Read-only by construction.
#[tokio::test(start_paused = true)]
async fn a_reader_cannot_write() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    let (world, session) = (bench.truth(), bench.connect(&wanted, Mode::ReadOnly).await.unwrap());
    let plan = bench.diff(&wanted).await;
    bench.simulator.forget_calls();
    let removable = plan.nodes.iter().filter(|it| !it.seen.as_ref().unwrap().is_vacant());
    for planned in removable {
        let seen = planned.seen.as_ref().unwrap();
        let kind = planned.node.kind();
        if let Err(error) = kind.delete(&session.aws, seen.as_ref()).await {
            assert_eq!(error.class, Class::ReadOnly, "{error}");
        } else {
            panic!("{} was deleted by a reader", planned.node.address());
        }
    }
    assert!(bench.simulator.calls().is_empty());
    bench.truth().is_like(&world, "a reader tried to delete everything");
}

/// > Cheap to watch: a drift check asks AWS in lists.
///
/// Where a list does not say all, each object is asked once.
#[tokio::test(start_paused = true)]
async fn a_look_at_a_standing_environment_takes_lists_and_each_object_once_and_writes_nothing() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    bench.simulator.forget_calls();
    assert!(bench.differences(&wanted).await.is_empty());
    let calls = bench.simulator.calls();
    assert!(calls.iter().all(|call| !call.mutating), "{calls:?}");
    let plan = bench.diff(&wanted).await;
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for call in &calls {
        *made.entry(action(&call.service, &call.operation)).or_default() += 1;
    }
    for (operation, times) in made {
        let nodes = |kind: &str| {
            plan.nodes.iter().filter(|planned| planned.node.address().kind == kind).count()
        };
        let reads = kinds::all();
        let reading = reads.iter().map(|kind| kind.about());
        let reading = reading.filter(|about| about.calls.read.contains(&operation.as_str()));
        let most: usize = reading.map(|about| nodes(about.name) + 2).sum();
        // Whose account it is, and the marker, are asked once; a VPC has two attributes.
        assert!(times <= most.max(1), "{operation}: {times} times, {most} at the most");
    }
}

/// > Cheap to watch.
///
/// Tags are listed. Only what no list shows is asked for its own: the dashboard, and the two instance profiles, which
/// the tagging API lists in the partition's first region alone; and what is not declared, because it may have to go:
/// what DevOps Guru would tell the topic.
#[tokio::test(start_paused = true)]
async fn a_look_at_a_standing_environment_asks_next_to_nothing_for_its_tags() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    bench.simulator.forget_calls();
    assert!(bench.differences(&wanted).await.is_empty());
    let calls = bench.simulator.calls();
    let asked = calls.iter().map(|call| action(&call.service, &call.operation));
    let asked: Vec<String> = asked
        .filter(|call| call.contains("Tags") || call.ends_with("ListResourceTags"))
        .filter(|call| call != "tag:GetResources")
        .collect();
    let profile = "iam:ListInstanceProfileTags";
    let expected = [profile, "cloudwatch:ListTagsForResource", profile, "sns:ListTagsForResource"];
    assert_eq!(asked, expected, "of {} calls", calls.len());
}

/// > Unknown is not absent. […] A second plan is empty.
///
/// Where the list of tags lags behind, the object is asked: neither is something of ours missed, nor repaired in vain.
#[tokio::test(start_paused = true)]
async fn a_list_of_tags_that_lags_shows_no_difference() {
    let wanted = Wanted::usual();
    let lag = Lag { listed: Span::fixed(240_000), ..Settings::calm().lag };
    let bench = Bench::new(Settings { lag, ..Settings::calm() });
    bench.apply(&wanted).await.complete();
    let tagged = Wanted::with(&[("team: oracles", "team: nodes")]);
    let mut writes = Vec::new();
    loop {
        let outcome = bench.apply(&tagged).await;
        writes.extend(outcome.writes.iter().cloned());
        // What has to see a new version of a template waits for the lists.
        if outcome.is_complete() {
            break;
        }
        bench.somebody().wait(60).await;
    }
    assert!(writes.iter().any(|call| call.contains("TagResource")), "{writes:?}");
    assert!(bench.differences(&tagged).await.is_empty());
    let again = bench.apply(&tagged).await.complete();
    assert!(again.writes.is_empty(), "{:?}", again.writes);
}

/// > Tags at creation on everything that takes tags.
#[tokio::test(start_paused = true)]
async fn whatever_is_made_carries_our_tags_from_its_first_moment() {
    let wanted = Wanted::usual();
    let bench = Bench::calm();
    let (simulator, unmarked) =
        (bench.simulator.clone(), Arc::new(std::sync::Mutex::new(BTreeSet::new())));
    let found = unmarked.clone();
    bench.somebody().ec2("DescribeVpcs", &[]).await.good();
    let nothing: BTreeSet<String> =
        bench.truth().ids().into_iter().map(ToOwned::to_owned).collect();
    bench.simulator.set_hook(Arc::new(move |_| {
        let truth = simulator.with(|world| Truth::of(world));
        for thing in truth.things().iter().filter(|thing| !nothing.contains(&thing.id)) {
            let ours = thing.is_launched()
                || thing.tags.contains_key("clctl.dev/uid")
                    && thing.tags.contains_key("clctl.dev/address");
            if !ours {
                found.lock().unwrap().insert(thing.kind.clone());
            }
        }
        Fate::Proceed
    }));
    bench.apply(&wanted).await.complete();
    bench.simulator.clear_hook();
    // What AWS makes itself, inside of ours.
    let by_aws = [
        // It goes by its name, and takes no tags.
        "alias",
        // These take none either: the plan, the group and the topic that they are of have them.
        "backup-selection",
        "devops-guru-channel",
        "metric-filter",
        "subscription",
        // And this is the account's.
        "devops-guru-collection",
        "network-acl",
        "network-interface",
        "route-table",
        "security-group",
        "security-group-rule",
    ];
    let unmarked = unmarked.lock().unwrap();
    assert!(unmarked.iter().all(|kind| by_aws.contains(&kind.as_str())), "{unmarked:?}");
}

/// > A second plan is empty. […] Always.
#[tokio::test(start_paused = true)]
async fn a_second_plan_is_empty_at_once_under_any_lag() {
    let wanted = Wanted::usual();
    for seed in 1..=4 {
        let bench = Bench::new(Settings { seed, ..Settings::default() });
        bench.apply(&wanted).await.complete();
        let again = bench.apply(&wanted).await.complete();
        assert!(again.writes.is_empty(), "seed {seed}: {:?}", again.writes);
        assert!(bench.differences(&wanted).await.is_empty(), "seed {seed}");
    }
}
