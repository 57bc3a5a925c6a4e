//! The contract as a real account gets it, and the sweeper, on a simulated one.

use std::time::Duration;

use clctl::{
    aws::{Calls, Mode, kinds},
    engine::Cloud as _,
    sandbox,
};
use clctl_simulator::{Settings, Simulator};
use jiff::{SignedDuration, Timestamp};

use crate::{
    harness::Bench,
    samples::SAMPLES,
    stand::{Variant, one_of_each},
    truth::Truth,
};

use super::{
    account::Account,
    contract::live,
    run::Run,
    sweep::{Which, left, sweep},
};

const ACCOUNT: &str = "123456789012";

async fn enter(simulator: &Simulator) -> Account {
    let calls = Calls::new(Mode::ReadWrite, kinds::reads());
    let connection = sandbox::connect(simulator, "us-east-1", calls);
    Account::enter(connection, "us-east-1", ACCOUNT).await.unwrap()
}

fn calm() -> Simulator {
    Simulator::in_memory(Settings::calm())
}

fn nothing(_: &str) {}

fn truth(simulator: &Simulator) -> Truth {
    simulator.with(|world| Truth::of(world))
}

#[test]
fn a_run_is_read_from_the_names_of_its_environments_and_from_no_other() {
    let run = Run::beginning("2026-11-29T03:00:00Z".parse().unwrap());
    assert_eq!(Run::of(&run.to_string()), Some(run));
    assert_eq!(Run::of(&run.environment(7)), Some(run));
    assert!(run.environment(99).len() <= 20);
    for other in
        ["production", "clctl-it-", "real-estate", "clctl-it-estate-1", "clctl-it-t5gk2p-1x"]
    {
        let read = Run::of(other);
        assert!(read.is_none(), "{other} is taken for {read:?}");
    }
}

#[test]
fn what_costs_is_left_out_by_name() {
    let mut costly: Vec<&str> = SAMPLES.iter().filter(|it| it.costs).map(|it| it.kind).collect();
    costly.dedup();
    let of_network = ["nat-gateway", "route-table", "vpc-endpoint"];
    let of_database = ["db-instance", "db-cluster", "db-cluster-instance"];
    let of_ways_in = ["load-balancer", "network-load-balancer", "listener", "listener-rule"];
    let others = ["auto-scaling-group", "dns-record", "db-event-subscription"];
    let all = [&of_network[..], &of_database, &of_ways_in, &others].concat();
    assert_eq!(costly, all);
}

#[tokio::test(start_paused = true)]
async fn another_account_than_the_one_that_was_named_is_refused() {
    let calls = Calls::new(Mode::ReadWrite, kinds::reads());
    let connection = sandbox::connect(&calm(), "us-east-1", calls);
    let refused = Account::enter(connection, "us-east-1", "210987654321").await.err().unwrap();
    assert!(refused.to_string().contains("nothing was done"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn every_sample_lives_as_it_should_and_leaves_nothing() {
    let run = Run::beginning("2026-11-29T03:00:00Z".parse().unwrap());
    for (nth, sample) in SAMPLES.iter().enumerate() {
        let bench = Bench::calm();
        bench.somebody().ec2("DescribeVpcs", &[]).await.good();
        let account = enter(&bench.simulator).await;
        let before = bench.truth();
        let life = account.life(&run.environment(nth));
        live(&life, sample, &nothing).await.unwrap();
        // What waits for its end is AWS's to keep.
        let waits = |it: &&crate::truth::Thing| {
            !["kms", "key", "alias", "secret"].iter().any(|kind| it.kind.contains(kind))
        };
        let after = bench.truth();
        let ids = |truth: &Truth| -> Vec<String> {
            truth.things().iter().filter(waits).map(|it| it.id.clone()).collect()
        };
        assert_eq!(ids(&after), ids(&before), "{}", sample.kind);
    }
}

/// Environments with one of each kind: of an old run, of a new one, and of somebody who is no run.
async fn littered(simulator: &Simulator, now: Timestamp) -> (Account, Run, Run) {
    let account = enter(simulator).await;
    let old = Run::beginning(now - SignedDuration::from_hours(2));
    let new = Run::beginning(now - SignedDuration::from_mins(10));
    for name in [&old.environment(3), &new.environment(0), "production"] {
        let life = account.life(name);
        let mut graph = one_of_each(life.environment());
        if name == "production" {
            graph = SAMPLES[0].graph(life.environment(), Variant::Usual);
        }
        let outcome = life.apply(&graph).await.unwrap();
        assert!(outcome.is_complete(), "{}", outcome.told());
    }
    (account, old, new)
}

fn of(truth: &Truth, environment: &str) -> usize {
    let named = |it: &&crate::truth::Thing| {
        it.tags.get("clctl.dev/environment").is_some_and(|it| it == environment)
    };
    truth.things().iter().filter(named).count()
}

#[tokio::test(start_paused = true)]
async fn what_old_runs_left_is_removed_and_nothing_else() {
    let (simulator, now) = (calm(), "2026-11-29T03:00:00Z".parse().unwrap());
    let (account, old, new) = littered(&simulator, now).await;
    let before = truth(&simulator);
    let hour = Which::OlderThan(Duration::from_hours(1));
    let names: Vec<String> = left(&account).await.unwrap().into_keys().collect();
    assert_eq!(names, [old.environment(3), new.environment(0)]);
    assert!(sweep(&account, &hour, now, &nothing).await.unwrap().is_empty());
    let after = truth(&simulator);
    assert_eq!(of(&after, &old.environment(3)), 0);
    for kept in [new.environment(0), "production".to_owned()] {
        assert!(of(&before, &kept) > 0);
        assert_eq!(of(&after, &kept), of(&before, &kept), "{kept}");
    }
    // A run that is named is removed however young it is.
    assert!(sweep(&account, &Which::Of(new), now, &nothing).await.unwrap().is_empty());
    let after = truth(&simulator);
    assert_eq!(of(&after, &new.environment(0)), 0);
    assert_eq!(of(&after, "production"), of(&before, "production"));
    assert_eq!(of(&before, "production"), 2, "the VPC and the mark");
}

#[tokio::test(start_paused = true)]
async fn a_role_without_a_mark_is_found_by_its_name() {
    let (bench, now) = (Bench::calm(), "2026-11-29T03:00:00Z".parse().unwrap());
    let account = enter(&bench.simulator).await;
    let run = Run::beginning(now);
    let life = account.life(&run.environment(0));
    let role = SAMPLES.iter().find(|sample| sample.kind == "iam-role").unwrap();
    let graph = role.graph(life.environment(), Variant::Usual);
    assert!(life.apply(&graph).await.unwrap().is_complete());
    life.aws.remove_mark().await.unwrap();
    assert_eq!(left(&account).await.unwrap().len(), 1);
    assert!(sweep(&account, &Which::Of(run), now, &nothing).await.unwrap().is_empty());
    assert_eq!(of(&bench.truth(), &run.environment(0)), 0);
    assert!(left(&account).await.unwrap().is_empty());
}
