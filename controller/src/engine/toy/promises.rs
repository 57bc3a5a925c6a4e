//! The promises, one behaviour each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use tokio::time::Instant;

use crate::engine::{
    Action, Address, Approved, Blocked, Change, Class, Cloud, Counts, DryRun, Error, Journal,
    KeepReason, Plan, Purpose, RemovalReason, Report, Step, Stop, Until, Verdict, What,
    observe_settled, plan,
};

use super::{
    bench::{Bench, Came, kinds, told},
    spec::{DbSpec, Spec, actual},
    world::{Fault, Kill, Toy},
};

/// A world in which the declaration is carried out.
async fn standing(spec: &Spec) -> Bench {
    let bench = Bench::new(1);
    bench.apply(spec).await.complete();
    bench
}

fn verdict<'a>(plan: &'a Plan<Toy>, address: &str) -> &'a Verdict {
    let planned = plan.nodes.iter().find(|planned| planned.node.address().to_string() == address);
    &planned.unwrap().verdict
}

fn change<'a>(plan: &'a Plan<Toy>, address: &str) -> &'a Change {
    match verdict(plan, address) {
        Verdict::Change(change) => change,
        Verdict::Blocked(blocked) => panic!("{address} is blocked: {blocked:?}"),
    }
}

fn error<'a>(report: &'a Report, address: &str) -> &'a Error {
    let failed = report.failed.iter().find(|(step, _)| match step {
        Step::Ensure(ensured) => ensured.to_string() == address,
        Step::Remove(key) => key.id.0 == address,
    });
    failed.unwrap_or_else(|| panic!("{address} did not fail: {report:?}")).1
}

fn script(bench: &Bench, operation: &'static str, faults: &[Fault]) {
    bench.world.settings(|settings| {
        settings.script.insert(operation, faults.iter().copied().collect());
    });
}

fn lagging(bench: &Bench) {
    bench.world.settings(|settings| settings.list_lag = Duration::from_mins(4));
}

/// The operations that had an effect since `from`.
fn wrote(bench: &Bench, from: usize) -> Vec<&'static str> {
    bench.world.state().writes.iter().skip(from).map(|(operation, _)| *operation).collect()
}

fn position(operations: &[&str], operation: &str) -> usize {
    let at = operations.iter().position(|done| *done == operation);
    at.unwrap_or_else(|| panic!("no {operation} in {operations:?}"))
}

#[tokio::test(start_paused = true)]
async fn a_second_plan_is_empty_and_a_second_apply_writes_nothing() {
    let (bench, spec) = (Bench::new(1), Spec::full());
    let counts = bench.plan(&spec).await.counts();
    assert_eq!(counts, Counts { create: 12, ..Counts::default() });
    bench.apply(&spec).await.complete();
    bench.check(&spec).await;
}

#[tokio::test(start_paused = true)]
async fn the_walk_takes_as_long_as_its_longest_path() {
    let (bench, spec) = (Bench::new(1), Spec::full());
    let start = Instant::now();
    bench.apply(&spec).await.complete();
    // vpc 2 + subnet 1 + db 600, not + nat 120: looking adds less than a twentieth.
    assert!((603..635).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_yet_is_shown_as_such() {
    let shown = told(&Bench::new(1).plan(&Spec::full()).await);
    assert!(shown.contains("Unknown { from: \"subnet/a.id\" }"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_change_in_place_is_one_field_and_one_write() {
    let bench = standing(&Spec::network()).await;
    let writes = bench.world.writes();
    let spec = Spec { dns: false, ..Spec::network() };
    let planned = bench.plan(&spec).await;
    let fields: Vec<_> =
        change(&planned, "vpc/main").fields.iter().map(|change| change.field).collect();
    assert_eq!((planned.counts().update, fields), (1, vec!["dns"]));
    bench.apply(&spec).await.complete();
    assert_eq!(wrote(&bench, writes), ["toy:SetVpc"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_in_place_is_one_write_even_if_looks_lag_behind_it() {
    let spec = Spec { subnets: [("a", ("10.0.0.0/24", false))].into(), ..Spec::bare() };
    for seed in 0..30 {
        let bench = Bench::new(seed);
        bench.apply(&spec).await.complete();
        bench.quiet().await;
        lagging(&bench);
        bench.world.settings(|settings| settings.id_lag = Duration::from_secs(10));
        let writes = bench.world.writes();
        let spec = Spec {
            subnets: [("a", ("10.0.0.0/24", true))].into(),
            label: "both fields at once",
            ..spec.clone()
        };
        bench.apply(&spec).await.complete();
        assert_eq!(wrote(&bench, writes), ["toy:SetSubnet", "toy:LabelSubnet"], "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_lags_behind_a_change_is_no_difference() {
    for seed in 0..30 {
        let bench = Bench::new(seed);
        let spec = Spec::network();
        bench.apply(&spec).await.complete();
        bench.quiet().await;
        bench.apply(&Spec { dns: false, label: "new", ..spec.clone() }).await.complete();
        lagging(&bench);
        let planned = bench.plan(&Spec { dns: false, label: "new", ..spec }).await;
        assert!(planned.is_empty(), "{}", told(&planned));
    }
}

#[tokio::test(start_paused = true)]
async fn a_world_that_moved_makes_the_plan_stale_and_nothing_is_written() {
    let bench = standing(&Spec::network()).await;
    let planned = bench.plan(&Spec { dns: false, ..Spec::network() }).await;
    // Long enough that the step looks again.
    bench.quiet().await;
    bench.world.drift(&bench.world.id("vpc", "main"), "cidr", json!("10.7.0.0/16"));
    let writes = bench.world.writes();
    let report = bench.walk(&bench.toy(), &planned, Arc::new(Approved::of(&planned))).await;
    assert!(matches!(error(&report, "vpc/main"), Error::Stale { .. }), "{report:?}");
    assert_eq!(bench.world.writes(), writes);
    assert!(!report.is_complete() && report.blocked.len() > 5, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_gate_is_asked_again_when_a_step_has_more_to_do_than_it_agreed_to() {
    let bench = standing(&Spec::full()).await;
    let mut spec = Spec::full();
    spec.db.as_mut().unwrap().size = 2;
    let planned = bench.plan(&spec).await;
    let (toy, id) = (bench.toy(), bench.world.id("db", "main"));
    let gate = Arc::new(Approved::of(&planned));
    let meanwhile = async {
        // The change of the size takes a minute: somebody uses it.
        tokio::time::sleep(Duration::from_secs(20)).await;
        bench.world.drift(&id, "groups", json!([]));
    };
    let (report, ()) = tokio::join!(bench.walk(&toy, &planned, gate), meanwhile);
    assert!(matches!(error(&report, "db/main"), Error::Stale { .. }), "{report:?}");
    assert_eq!(wrote(&bench, 0).iter().filter(|write| **write == "toy:SetDb").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_duplicates_nothing() {
    for operation in [
        "toy:CreateVpc",
        "toy:CreateGateway",
        "toy:CreateEip",
        "toy:CreateNat",
        "toy:CreateTable",
        "toy:CreateSubnet",
        "toy:CreateGroup",
        "toy:CreateDb",
    ] {
        for fault in [Fault::Lost, Fault::Ill, Fault::Throttled] {
            let bench = Bench::new(3);
            lagging(&bench);
            script(&bench, operation, &[fault, fault]);
            bench.apply(&Spec::full()).await.complete();
            assert_eq!(actual(&bench.world), Spec::full().expected(), "{operation} {fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_that_lag_duplicate_nothing() {
    for seed in 0..20 {
        let mut bench = Bench::new(seed);
        lagging(&bench);
        for round in 0..4 {
            bench.apply(&Spec::network()).await.complete();
            assert_eq!(actual(&bench.world), Spec::network().expected(), "{seed} {round}");
            if round == 2 {
                bench.lose_journal();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_is_not_absent() {
    let bench = standing(&Spec::full()).await;
    bench.world.settings(|settings| {
        settings.denied.insert("toy:FindSubnets");
    });
    // Things to create, to replace and to remove, in front of the subnets and behind them.
    let mut spec = Spec { cidr: "10.9.0.0/16", ..Spec::network() };
    spec.groups.insert("new", "a new one");
    spec.nats.insert("b", ("b", "amazon"));
    let writes = bench.world.writes();
    let planned = bench.plan(&Spec { cidr: "10.0.0.0/16", ..spec.clone() }).await;
    assert!(planned.is_unknown() && planned.unread.contains_key("subnet"));
    for behind in ["subnet/a", "subnet/b"] {
        assert!(matches!(verdict(&planned, behind), Verdict::Blocked(Blocked::Unread(_))));
    }
    for behind in ["nat/a", "nat/b", "table/private"] {
        let verdict = verdict(&planned, behind);
        assert!(matches!(verdict, Verdict::Blocked(Blocked::Behind(_))), "{behind} {verdict:?}");
    }
    // The database is not declared any more, and may hold what could not be read.
    assert!(planned.removals.iter().all(|removal| removal.held.is_some()));
    bench.world.settings(|settings| {
        settings.denied.insert("toy:FindVpcs");
    });
    let report = bench.apply(&spec).await.report();
    assert!(!report.is_complete(), "{report:?}");
    // Only what does not stand on what could not be read.
    assert_eq!(wrote(&bench, writes), ["toy:CreateEip"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_removes_nothing() {
    let bench = standing(&Spec::network()).await;
    for operation in ["toy:FindVpcs", "toy:FindNats", "toy:FindRules"] {
        bench.world.settings(|settings| settings.denied = BTreeSet::from([operation]));
        let writes = bench.world.writes();
        let report = bench.delete().await.report();
        assert!(!report.is_complete() && !report.held.is_empty(), "{operation} {report:?}");
        assert_eq!(bench.world.writes(), writes, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_lost_our_tag_is_neither_touched_nor_made_again() {
    for kept in [true, false] {
        let mut bench = standing(&Spec::network()).await;
        let vpc = bench.world.id("vpc", "main");
        bench.world.untag(&vpc);
        bench.quiet().await;
        if !kept {
            bench.lose_journal();
        }
        let (writes, spec) = (bench.world.writes(), Spec { dns: false, ..Spec::network() });
        let planned = bench.plan(&spec).await;
        let Verdict::Blocked(Blocked::LostTag(id)) = verdict(&planned, "vpc/main") else {
            panic!("{}", told(&planned));
        };
        assert_eq!((id.0.as_str(), planned.is_empty()), (vpc.as_str(), false));
        let report = bench.apply(&spec).await.report();
        assert_eq!((report.is_complete(), bench.world.writes()), (false, writes));
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_only_the_record_knows_to_be_ours_is_not_made_again() {
    let bench = standing(&Spec::bare()).await;
    bench.world.untag(&bench.world.id("vpc", "main"));
    bench.quiet().await;
    let planned = bench.plan(&Spec::bare()).await;
    let verdict = verdict(&planned, "vpc/main");
    assert!(matches!(verdict, Verdict::Blocked(Blocked::LostTag(_))), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_loses_our_tag_during_a_walk_is_not_touched() {
    let bench = standing(&Spec::full()).await;
    let mut spec = Spec::full();
    spec.db.as_mut().unwrap().size = 2;
    let planned = bench.plan(&spec).await;
    bench.quiet().await;
    bench.world.untag(&bench.world.id("db", "main"));
    let writes = bench.world.writes();
    let report = bench.walk(&bench.toy(), &planned, Arc::new(Approved::of(&planned))).await;
    assert!(matches!(error(&report, "db/main"), Error::Stale { .. }), "{report:?}");
    assert_eq!(bench.world.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn duplicates_are_quarantined_and_so_is_what_they_use() {
    let bench = standing(&Spec::network()).await;
    let (eip, subnet) = (bench.world.id("eip", "a"), bench.world.id("subnet", "a"));
    bench.world.intrude("nat", Some(("a", 1)), &json!({"subnet": subnet, "eip": eip}));
    let mut spec = Spec { dns: false, ..Spec::network() };
    spec.tables.clear();
    spec.nats.insert("a", ("b", "amazon"));
    spec.subnets.remove("a");
    let planned = bench.plan(&spec).await;
    let Verdict::Blocked(Blocked::Duplicate(ids)) = verdict(&planned, "nat/a") else {
        panic!("{}", told(&planned));
    };
    assert_eq!((ids.len(), planned.is_empty()), (2, false));
    let held = planned.removals.iter().find(|removal| removal.seen.id().0 == subnet).unwrap();
    assert!(held.held.is_some(), "{}", told(&planned));
    let report = bench.apply(&spec).await.report();
    assert!(!report.is_complete() && report.failed.is_empty(), "{report:?}");
    assert_eq!(bench.world.truth().iter().filter(|(kind, _)| *kind == "nat").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_holds_is_left_to_them() {
    let bench = standing(&Spec::bare()).await;
    let vpc = bench.world.id("vpc", "main");
    let fields = json!({"vpc": vpc, "cidr": "10.0.0.0/24", "key": format!("{vpc} 10.0.0.0/24")});
    let theirs = bench.world.intrude("subnet", None, &fields);
    let report = bench.apply(&Spec::network()).await.report();
    let Error::Foreign { id } = error(&report, "subnet/a") else { panic!("{report:?}") };
    assert_eq!(id.0, theirs);
    assert!(bench.world.state().writes.iter().all(|(_, id)| *id != theirs));
    assert!(bench.journal.intents().unwrap().iter().all(|intent| intent.address != "subnet/a"));
}

#[tokio::test(start_paused = true)]
async fn a_natural_key_that_moves_to_another_node_is_waited_for() {
    let bench = standing(&Spec::network()).await;
    // The first two swap ranges, and a third takes over the name of neither.
    let mut spec = Spec::network();
    spec.subnets = [("a", ("10.0.1.0/24", true)), ("c", ("10.0.0.0/24", false))].into();
    bench.apply(&spec).await.complete();
    bench.check(&spec).await;
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_replaced_goes_before_the_new_one_comes() {
    let bench = standing(&Spec::network()).await;
    let (spec, writes) = (Spec { cidr: "10.9.0.0/16", ..Spec::network() }, bench.world.writes());
    let eip = bench.world.id("eip", "a");
    let planned = bench.plan(&spec).await;
    assert_eq!(planned.counts().replace, 10, "{}", told(&planned));
    bench.apply(&spec).await.complete();
    bench.check(&spec).await;
    let wrote = wrote(&bench, writes);
    for before in ["toy:DeleteNat", "toy:DeleteSubnet", "toy:DeleteGroup", "toy:DeleteTable"] {
        assert!(position(&wrote, before) < position(&wrote, "toy:DeleteVpc"), "{wrote:?}");
    }
    assert!(position(&wrote, "toy:DeleteVpc") < position(&wrote, "toy:CreateVpc"), "{wrote:?}");
    assert_eq!(bench.world.id("eip", "a"), eip);
}

#[tokio::test(start_paused = true)]
async fn what_holds_the_place_of_what_it_waits_for_is_replaced() {
    let both = BTreeSet::from(["a", "b"]);
    let bench = standing(&Spec { endpoint: both, ..Spec::network() }).await;
    let changes: [[(&str, (&str, bool)); 2]; 3] = [
        // The range of one that goes.
        [("a", ("10.0.0.0/24", true)), ("c", ("10.0.1.0/24", false))],
        // The ranges of each other.
        [("a", ("10.0.1.0/24", true)), ("c", ("10.0.0.0/24", false))],
        // A range of its own.
        [("a", ("10.0.1.0/24", true)), ("c", ("10.0.5.0/24", false))],
    ];
    let mut replaced = Vec::new();
    for subnets in changes {
        let subnets: BTreeMap<_, _> = subnets.into();
        let endpoint = subnets.keys().copied().collect();
        let spec = Spec { subnets, endpoint, ..Spec::network() };
        let planned = bench.plan(&spec).await;
        let change = change(&planned, "endpoint/main");
        let of_node = planned.nodes.iter().find(|it| it.node.address().kind == "endpoint");
        replaced.push((change.action, of_node.unwrap().gives_way.clone()));
        bench.apply(&spec).await.complete();
        bench.check(&spec).await;
    }
    insta::assert_debug_snapshot!(replaced);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_replaced_goes_after_its_users_have_moved() {
    let bench = standing(&Spec::full()).await;
    let (mut spec, writes) = (Spec::full(), bench.world.writes());
    spec.groups.insert("db", "another description");
    bench.apply(&spec).await.complete();
    bench.check(&spec).await;
    let wrote = wrote(&bench, writes);
    let order = ["toy:CreateGroup", "toy:SetDb", "toy:DeleteGroup"];
    let at: Vec<usize> = order.iter().map(|operation| position(&wrote, operation)).collect();
    assert!(at.is_sorted(), "{wrote:?}");
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_replaced_under_a_new_token() {
    let bench = Bench::new(1);
    bench.world.settings(|settings| {
        settings.linger = Duration::from_hours(1);
    });
    let spec = Spec::network();
    bench.apply(&spec).await.complete();
    let first = bench.world.id("nat", "a");
    bench.world.spoil(&first);
    let planned = bench.plan(&spec).await;
    assert_eq!(change(&planned, "nat/a").action, Action::Replace);
    bench.apply(&spec).await.complete();
    assert_ne!(bench.world.id("nat", "a"), first);
    bench.check(&spec).await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_it_is_made_is_reported_and_replaced_by_the_next_run() {
    let (bench, spec) = (Bench::new(1), Spec::network());
    script(&bench, "toy:CreateVpc", &[]);
    bench.apply(&Spec::bare()).await.complete();
    bench.world.settings(|settings| settings.failing = 3);
    let report = bench.apply(&spec).await.report();
    assert!(report.failed.values().all(|error| matches!(error, Error::Failed { .. })));
    bench.world.calm();
    bench.apply(&spec).await.complete();
    bench.check(&spec).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_names_a_dead_object_is_followed_by_another() {
    for linger in [Duration::ZERO, Duration::from_hours(1)] {
        for kept in [true, false] {
            let (mut bench, spec) = (standing(&Spec::network()).await, Spec::network());
            bench.world.settings(|settings| settings.linger = linger);
            bench.world.vanish(&bench.world.id("nat", "a"));
            bench.quiet().await;
            if !kept {
                bench.lose_journal();
            }
            bench.apply(&spec).await.complete();
            bench.check(&spec).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_taken_is_followed_by_another_and_not_for_ever() {
    let bench = Bench::new(1);
    bench.world.settings(|settings| settings.mismatches = 2);
    bench.apply(&Spec::network()).await.complete();
    bench.check(&Spec::network()).await;
    let bench = Bench::new(1);
    bench.world.settings(|settings| settings.mismatches = u32::MAX);
    let report = bench.apply(&Spec::network()).await.report();
    let Error::Call(error) = error(&report, "nat/a") else { panic!("{report:?}") };
    assert_eq!(error.class, Class::TokenMismatch);
}

#[tokio::test(start_paused = true)]
async fn rules_of_groups_that_refer_to_each_other_are_made_repaired_and_removed() {
    let bench = standing(&Spec::network()).await;
    let (node, db) = (bench.world.id("group", "node"), bench.world.id("group", "db"));
    bench.world.drift(&node, "ingress", json!([{"port": 22, "peer": db}]));
    let planned = bench.plan(&Spec::network()).await;
    assert_eq!(planned.counts().update, 1);
    bench.apply(&Spec::network()).await.complete();
    bench.check(&Spec::network()).await;
    let mut spec = Spec::network();
    spec.rules.remove("db");
    bench.apply(&spec).await.complete();
    bench.check(&spec).await;
    bench.delete().await.complete();
    assert_eq!(actual(&bench.world), Spec { ..Spec::bare() }.expected().split_off("~"));
}

#[tokio::test(start_paused = true)]
async fn a_repair_that_somebody_undoes_is_reported_with_both_values() {
    let bench = standing(&Spec::bare()).await;
    for _ in 0..3 {
        bench.world.drift(&bench.world.id("vpc", "main"), "dns", json!(false));
        // Trying the same repair again is not repairing it again.
        script(&bench, "toy:SetVpc", &[Fault::Throttled, Fault::Throttled, Fault::Throttled]);
        bench.apply(&Spec::bare()).await.complete();
    }
    let events = bench.events.lock().unwrap();
    let contested: Vec<String> = events
        .iter()
        .filter_map(|event| {
            let What::Contested { field, from, to, times } = &event.what else { return None };
            Some(format!("{field}: {from} {to} {times}"))
        })
        .collect();
    assert_eq!(contested, ["dns: false true 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_and_records_the_calls_in_flight_and_the_next_run_goes_on() {
    for after in [10, 500, 1500, 3000, 60_000] {
        let (bench, spec) = (Bench::new(1), Spec::full());
        let stop = async {
            tokio::time::sleep(Duration::from_millis(after)).await;
            bench.stop.send_replace(Stop::Now);
        };
        let start = Instant::now();
        let graph = spec.graph();
        let planned = plan(&graph, &bench.look(&graph, Purpose::Apply).await);
        let (toy, gate) = (bench.toy(), Arc::new(Approved::of(&planned)));
        let (report, ()) = tokio::join!(bench.walk(&toy, &planned, gate), stop);
        assert!(start.elapsed() < Duration::from_millis(after + 1000), "{:?}", start.elapsed());
        assert!(!report.is_complete());
        let stopped = |error: &Error| matches!(error, Error::Stopped);
        assert!(report.failed.values().all(stopped), "{report:?}");
        assert!(bench.journal.intents().unwrap().iter().all(|intent| intent.id.is_some()));
        bench.stop.send_replace(Stop::No);
        bench.apply(&spec).await.complete();
        bench.check(&spec).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_doubts() {
    let bench = Bench::new(1);
    lagging(&bench);
    let vpc = Address::new("vpc", "main");
    bench.journal.begin(&vpc, 1, bench.toy().now()).unwrap();
    bench.stop.send_replace(Stop::Now);
    let (toy, graph) = (bench.toy(), Spec::bare().graph());
    let sink: crate::engine::Sink = Arc::new(|_| {});
    let (journal, stop) = (bench.journal.as_ref(), bench.stop.subscribe());
    let seen = observe_settled(&kinds(), &toy, &graph, journal, Purpose::Apply, &sink, &stop).await;
    assert!(matches!(seen, Err(Error::Stopped)));
}

#[tokio::test(start_paused = true)]
async fn a_creation_nobody_knows_the_end_of_is_waited_for_and_told() {
    let bench = Bench::new(1);
    bench.journal.begin(&Address::new("vpc", "main"), 1, bench.toy().now()).unwrap();
    let planned = bench.plan(&Spec::bare()).await;
    assert!(planned.is_unknown(), "{}", told(&planned));
    let start = Instant::now();
    bench.apply(&Spec::bare()).await.complete();
    assert!((300..320).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    let events = bench.events.lock().unwrap();
    let doubts = events.iter().filter(|event| matches!(event.what, What::Doubting { .. }));
    assert_eq!(doubts.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_marker_that_cannot_be_read_ends_in_doubt_and_not_in_a_wait_for_ever() {
    let bench = Bench::new(1);
    bench.world.settings(|settings| {
        settings.denied.insert("toy:GetMark");
    });
    let report = bench.apply(&Spec::bare()).await.report();
    assert!(!report.is_complete(), "{report:?}");
    assert!(bench.world.truth().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_do_not_both_create() {
    for shared in [true, false] {
        let (one, mut two) = (Bench::new(1), Bench::new(1));
        two.world = one.world.clone();
        if shared {
            two.journal = one.journal.clone();
        }
        lagging(&one);
        let graph = Spec::bare().graph();
        let plans = [
            plan(&graph, &one.look(&graph, Purpose::Apply).await),
            plan(&graph, &two.look(&graph, Purpose::Apply).await),
        ];
        let first = one.walk(&one.toy(), &plans[0], Arc::new(Approved::of(&plans[0]))).await;
        assert!(first.is_complete());
        let second = two.walk(&two.toy(), &plans[1], Arc::new(Approved::of(&plans[1]))).await;
        assert!(matches!(error(&second, "vpc/main"), Error::Stale { .. }), "{second:?}");
        assert_eq!(one.world.truth().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_asks_for_exactly_what_the_plan_said() {
    for before in [None, Some(Spec::network())] {
        let bench = Bench::new(1);
        let mut spec = Spec::network();
        if let Some(before) = &before {
            bench.apply(before).await.complete();
            spec.dns = false;
            spec.rules.clear();
            spec.label = "other";
        }
        let planned = bench.plan(&spec).await;
        let mut expected = Approved::of(&planned).steps();
        expected.retain(|_, change| change.as_ref().is_none_or(|c| c.action != Action::Keep));
        // One at a time: what is held holds what is behind it.
        let writes = bench.world.writes();
        let gate = Arc::new(DryRun::default());
        bench.walk(&bench.toy(), &planned, gate.clone()).await;
        let asked = gate.asked();
        assert!(!asked.is_empty());
        for (step, change) in asked {
            assert_eq!(expected.get(&step), Some(&change), "{step:?}");
        }
        assert_eq!(bench.world.writes(), writes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_of_changes_in_place_asks_for_all_of_them() {
    let bench = standing(&Spec::network()).await;
    let mut spec = Spec { label: "other", ..Spec::network() };
    spec.tables.insert("private", BTreeSet::from(["gateway"]));
    let planned = bench.plan(&spec).await;
    let mut expected = Approved::of(&planned).steps();
    expected.retain(|_, change| change.as_ref().is_none_or(|c| c.action != Action::Keep));
    let gate = Arc::new(DryRun::default());
    let report = bench.walk(&bench.toy(), &planned, gate.clone()).await;
    let held: BTreeSet<Step> = report.held.into_keys().collect();
    let asked = gate.asked();
    assert_eq!(asked.keys().cloned().collect::<BTreeSet<_>>(), held);
    // What is behind a step that is held is asked for once that step is done.
    let mut left: BTreeSet<Step> = report.blocked.into_keys().collect();
    left.extend(held);
    assert!(expected.keys().all(|step| left.contains(step)), "{expected:?}");
    assert!(asked.iter().all(|(step, change)| expected.get(step) == Some(change)));
}

#[tokio::test(start_paused = true)]
async fn what_was_agreed_to_refuses_what_does_not_refine_it() {
    let bench = standing(&Spec::network()).await;
    let agreed = bench.plan(&Spec { label: "one", ..Spec::network() }).await;
    let other = bench.plan(&Spec { label: "two", dns: false, ..Spec::network() }).await;
    let writes = bench.world.writes();
    let report = bench.walk(&bench.toy(), &other, Arc::new(Approved::of(&agreed))).await;
    assert!(matches!(error(&report, "vpc/main"), Error::Stale { .. }), "{report:?}");
    assert_eq!(bench.world.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_agreed_to_is_of_that_value() {
    let bench = standing(&Spec::bare()).await;
    let agreed = bench.plan(&Spec { cidr: "10.1.0.0/16", ..Spec::bare() }).await;
    let other = bench.plan(&Spec { cidr: "10.2.0.0/16", ..Spec::bare() }).await;
    let report = bench.walk(&bench.toy(), &other, Arc::new(Approved::of(&agreed))).await;
    assert!(matches!(error(&report, "vpc/main"), Error::Stale { .. }), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_must_not_change_refuses_the_whole_plan() {
    let bench = standing(&Spec::full()).await;
    let db = Spec::full().db.unwrap();
    let fewer = DbSpec { subnets: BTreeSet::from(["a"]), ..db.clone() };
    let another = DbSpec { engine: "mysql", ..db };
    for db in [fewer, another] {
        let spec = Spec { db: Some(db), dns: false, ..Spec::network() };
        let Came::Refused(planned) = bench.apply(&spec).await else { panic!("it was walked") };
        assert_eq!(change(&planned, "db/main").action, Action::Refuse);
        let writes = bench.world.writes();
        let report = bench.walk(&bench.toy(), &planned, Arc::new(Approved::of(&planned))).await;
        assert!(!report.is_complete() && report.held.len() == 1, "{report:?}");
        assert_eq!(bench.world.writes(), writes, "even of a plan that is walked all the same");
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_nothing_sets_is_our_defect() {
    let bench = standing(&Spec::full()).await;
    let mut spec = Spec::full();
    spec.db.as_mut().unwrap().forgotten = true;
    let report = bench.apply(&spec).await.report();
    let error = error(&report, "db/main");
    assert!(matches!(error, Error::Unclaimed { field: "forgotten" }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_does_not_take_names_both_values() {
    let bench = standing(&Spec::bare()).await;
    bench.world.settings(|settings| {
        settings.deaf.insert("toy:SetVpc");
    });
    let report = bench.apply(&Spec { dns: false, ..Spec::bare() }).await.report();
    let error = error(&report, "vpc/main").to_string();
    assert_eq!(error, "`dns` is still true after it was set to false");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_wait_says_what_is_under_way() {
    let mut bench = standing(&Spec::network()).await;
    bench.until = Until::Asked;
    let start = Instant::now();
    let report = bench.apply(&Spec::full()).await.report();
    let underway: Vec<String> = report.underway.values().cloned().collect();
    assert_eq!((underway, report.is_complete()), (vec!["pending".to_owned()], false));
    assert!(start.elapsed() < Duration::from_secs(10));
    tokio::time::sleep(Duration::from_mins(10)).await;
    bench.apply(&Spec::full()).await.complete();
}

#[tokio::test(start_paused = true)]
async fn a_ring_is_refused_and_told_and_not_walked() {
    let db = DbSpec { subnets: BTreeSet::new(), ..Spec::full().db.unwrap() };
    let spec = Spec { db: Some(db), ..Spec::network() };
    let bench = standing(&spec).await;
    let writes = bench.world.writes();
    // The database stays, and holds a group of the network that has to go first.
    let Came::Refused(planned) = bench.apply(&Spec { cidr: "10.9.0.0/16", ..spec }).await else {
        panic!("it was walked")
    };
    let ring = planned.ring.clone().unwrap();
    for part in ["db/main to be settled", "vpc vpc-", "group group-"] {
        assert!(ring.contains(part), "{ring}");
    }
    let report = bench.walk(&bench.toy(), &planned, Arc::new(Approved::of(&planned))).await;
    assert!(!report.is_complete());
    assert_eq!(bench.world.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_keeps_everything_from_going_until_that_is_lifted() {
    let protected = |protected| {
        let db = DbSpec { protected, ..Spec::full().db.unwrap() };
        Spec { db: Some(db), ..Spec::full() }
    };
    let bench = standing(&protected(true)).await;
    let writes = bench.world.writes();
    let Came::Refused(planned) = bench.delete().await else { panic!("it was walked") };
    assert!(planned.removals.iter().any(|removal| removal.protected));
    assert_eq!(bench.world.writes(), writes);
    bench.apply(&protected(false)).await.complete();
    bench.delete().await.complete();
    assert_eq!(actual(&bench.world), [].into());
}

#[tokio::test(start_paused = true)]
async fn what_an_object_that_has_to_stay_uses_stays_as_well() {
    let mut bench = standing(&Spec::network()).await;
    bench.world.untag(&bench.world.id("vpc", "main"));
    bench.quiet().await;
    // Behind the network that lost its tag; what it stands on is not declared any more.
    let mut spec = Spec::network();
    spec.subnets.insert("a", ("10.0.7.0/24", true));
    spec.subnets.remove("b");
    let planned = bench.plan(&spec).await;
    let gateway = bench.world.id("gateway", "main");
    let without = Spec { gateway: false, nats: [].into(), tables: [].into(), ..spec.clone() };
    assert!(planned.removals.iter().all(|removal| removal.seen.id().0 != gateway));
    let nat = bench.world.id("nat", "a");
    let fields = json!({"subnet": bench.world.id("subnet", "a"), "eip": "eip-x"});
    bench.world.intrude("nat", Some(("a", 1)), &fields);
    let planned = bench.plan(&Spec { gateway: true, ..spec }).await;
    assert!(matches!(verdict(&planned, "nat/a"), Verdict::Blocked(Blocked::Duplicate(_))));
    // Of an undeclared node, the one that we made goes, and the other one stays.
    let planned = bench.plan(&without).await;
    let removal = planned.removals.iter().find(|removal| removal.seen.id().0 == nat).unwrap();
    assert_eq!((removal.reason, &removal.held), (RemovalReason::Undeclared, &None));
    let unproven = |plan: &Plan<Toy>| {
        let kept = plan.kept.iter().filter(|kept| kept.reason == KeepReason::Unproven);
        kept.map(|kept| kept.seen.id().0.clone()).collect::<Vec<_>>()
    };
    let copies = unproven(&planned);
    assert!(copies.len() == 1 && !copies.contains(&nat), "{copies:?}");
    // Whoever does not know which one that is leaves both alone.
    bench.lose_journal();
    let planned = bench.plan(&without).await;
    assert_eq!(unproven(&planned).len(), 2);
    assert!(planned.removals.iter().all(|removal| removal.seen.kind().name != "nat"));
}

#[tokio::test(start_paused = true)]
async fn the_next_one_waits_until_the_last_one_is_gone_where_both_cannot_be() {
    let bench = standing(&Spec::network()).await;
    let writes = bench.world.writes();
    let nat = bench.world.id("nat", "a");
    bench.world.leave(&nat, Duration::from_mins(1));
    bench.apply(&Spec::network()).await.complete();
    bench.check(&Spec::network()).await;
    assert_eq!(wrote(&bench, writes), ["toy:CreateNat", "toy:SetTable"]);
    let refused = bench.texts().iter().any(|text| text.contains("AlreadyAssociated"));
    assert!(!refused, "it was asked for too early");
}

#[tokio::test(start_paused = true)]
async fn a_former_object_stays_until_its_successor_is_ready() {
    let bench = standing(&Spec::full()).await;
    let mut spec = Spec::full();
    spec.groups.insert("db", "another description");
    // Killed when the new group is there and its user has not moved.
    let mut at = 1;
    let killed = loop {
        let (_, toy) = bench.apply_killed(&spec, Kill { at, after: true }).await;
        if toy.calls().last().is_some_and(|(operation, _)| *operation == "toy:CreateGroup") {
            break true;
        }
        at += 1;
    };
    assert!(killed);
    let writes = bench.world.writes();
    let planned = bench.plan(&spec).await;
    let reasons: Vec<_> = planned.removals.iter().map(|removal| removal.reason).collect();
    assert!(reasons.contains(&RemovalReason::Superseded), "{}", told(&planned));
    bench.apply(&spec).await.complete();
    let wrote = wrote(&bench, writes);
    assert!(position(&wrote, "toy:SetDb") < position(&wrote, "toy:DeleteGroup"), "{wrote:?}");
    bench.check(&spec).await;
}

#[tokio::test(start_paused = true)]
async fn a_former_object_stays_until_the_users_of_its_successor_are_ready() {
    let bench = standing(&Spec::network()).await;
    let mut spec = Spec::network();
    spec.nats.insert("a", ("a", "own"));
    let mut at = 1;
    while bench.world.truth().iter().filter(|(kind, _)| *kind == "eip").count() < 2 {
        bench.apply_killed(&spec, Kill { at, after: true }).await;
        at += 1;
    }
    let writes = bench.world.writes();
    bench.apply(&spec).await.complete();
    let wrote = wrote(&bench, writes);
    assert!(position(&wrote, "toy:CreateNat") < position(&wrote, "toy:DeleteEip"), "{wrote:?}");
    bench.check(&spec).await;
}

/// Seed 747 of the stories.
#[tokio::test(start_paused = true)]
async fn an_object_that_lists_still_show_is_not_taken_for_there() {
    for seed in 0..20 {
        let (bench, spec) = (Bench::new(seed), Spec { gateway: true, ..Spec::bare() });
        bench.apply(&spec).await.complete();
        bench.quiet().await;
        lagging(&bench);
        bench.world.vanish(&bench.world.id("gateway", "main"));
        bench.apply(&spec).await.complete();
        assert_eq!(actual(&bench.world), spec.expected(), "{seed}");
    }
}

/// Seed 7151 of the stories.
#[tokio::test(start_paused = true)]
async fn a_former_object_that_lists_do_not_show_yet_is_not_forgotten() {
    for seed in 0..20 {
        let bench = Bench::new(seed);
        lagging(&bench);
        let described = |text| Spec { groups: [("g", text)].into(), ..Spec::bare() };
        bench.apply(&described("one")).await.complete();
        let mut at = 1;
        while bench.world.truth().iter().filter(|(kind, _)| *kind == "group").count() < 2 {
            bench.apply_killed(&described("two"), Kill { at, after: true }).await;
            at += 1;
        }
        bench.apply(&described("two")).await.complete();
        assert_eq!(actual(&bench.world), described("two").expected(), "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_made_a_moment_ago_is_not_gone_because_a_look_missed_it() {
    for seed in 0..30 {
        let bench = Bench::new(seed);
        bench.world.settings(|settings| settings.id_lag = Duration::from_secs(10));
        bench.apply(&Spec { groups: [("g", "one")].into(), ..Spec::bare() }).await.complete();
        bench.delete().await.complete();
        assert!(bench.world.truth().is_empty(), "{seed} {:?}", bench.world.truth());
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_after_a_creation_does_not_undo_the_record_of_it() {
    for seed in 0..10 {
        let (bench, spec) = (Bench::new(seed), Spec::bare());
        lagging(&bench);
        let graph = spec.graph();
        let planned = plan(&graph, &bench.look(&graph, Purpose::Apply).await);
        bench.world.settings(|settings| {
            settings.denied.insert("toy:FindVpcs");
        });
        let report = bench.walk(&bench.toy(), &planned, Arc::new(Approved::of(&planned))).await;
        assert!(matches!(error(&report, "vpc/main"), Error::Call(_)));
        bench.world.calm();
        bench.apply(&spec).await.complete();
        assert_eq!(actual(&bench.world), spec.expected());
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_that_is_over_does_not_count_against_what_comes_later() {
    for seed in 0..10 {
        let bench = Bench::new(seed);
        bench.apply(&Spec::network()).await.complete();
        // A long wait, with a look that fails now and then.
        bench.world.settings(|settings| {
            settings.throttled = 150;
            settings.longer = Duration::from_secs(500);
        });
        let report = bench.apply(&Spec::full()).await.report();
        let failed: Vec<String> = report.failed.values().map(ToString::to_string).collect();
        assert!(failed.is_empty(), "{seed} {failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_marker_that_fails_does_not_pass_for_a_creation_that_failed() {
    let (bench, spec) = (Bench::new(1), Spec::bare());
    script(&bench, "toy:PutMark", &[Fault::Ill, Fault::Lost]);
    let start = Instant::now();
    bench.apply(&spec).await.complete();
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
