//! What goes wrong on the way to AWS and back while clctl goes on: answers lost, calls refused for a
//! moment, and all of that at once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use clctl_simulator::{Fate, Settings};

use crate::{
    harness::{Bench, SETTLED, Wanted},
    stand::one_of_each,
};

fn small() -> Wanted {
    Wanted::graph("weather", one_of_each)
}

/// Lets the write that comes `at` this place meet its fate, and says afterwards whether it came.
fn strike(bench: &Bench, at: u64, fate: Fate) -> impl Fn() -> bool {
    let came = Arc::new(AtomicU64::new(0));
    let counted = came.clone();
    bench.simulator.set_hook(Arc::new(move |call| {
        let struck = call.mutating && counted.fetch_add(1, Ordering::Relaxed) + 1 == at;
        if struck { fate.clone() } else { Fate::Proceed }
    }));
    move || came.load(Ordering::Relaxed) >= at
}

fn broken() -> Fate {
    let (code, message) = ("InternalError".to_owned(), "An internal error has occurred".to_owned());
    Fate::Refuse { status: 500, code, message }
}

async fn apply_survives(fate: Fate) {
    let wanted = small();
    let intact = Bench::standing(&wanted).await;
    intact.somebody().wait(SETTLED).await;
    let intact = intact.truth();
    for at in 1.. {
        let bench = Bench::calm();
        let struck = strike(&bench, at, fate.clone());
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "write {at} {fate:?}: {}", outcome.told());
        if !struck() {
            assert!(at > 15, "{at}");
            return;
        }
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&intact, &format!("write {at} {fate:?}"));
    }
}

async fn delete_survives(fate: Fate) {
    let wanted = small();
    let bench = Bench::calm();
    bench.somebody().ec2("DescribeVpcs", &[]).await.good();
    let before = bench.truth();
    bench.apply(&wanted).await.complete();
    let standing = bench.world();
    for at in 1.. {
        let bench = Bench::at(standing.clone());
        let struck = strike(&bench, at, fate.clone());
        let outcome = bench.delete(&wanted).await;
        assert!(outcome.is_complete(), "write {at} {fate:?}: {}", outcome.told());
        assert_eq!(bench.truth().ids(), before.ids(), "write {at} {fate:?}");
        if !struck() {
            assert!(at > 8, "{at}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_after_any_write_of_an_apply_doubles_nothing() {
    apply_survives(Fate::DropAfter).await;
}

#[tokio::test(start_paused = true)]
async fn any_write_of_an_apply_that_does_not_arrive_is_made_again() {
    apply_survives(Fate::DropBefore).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_error_at_any_write_of_an_apply_is_outlived() {
    apply_survives(broken()).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_after_any_write_of_a_delete_is_no_matter() {
    delete_survives(Fate::DropAfter).await;
}

#[tokio::test(start_paused = true)]
async fn any_write_of_a_delete_that_does_not_arrive_is_made_again() {
    delete_survives(Fate::DropBefore).await;
}

/// Lets the first calls of every operation meet their fate.
fn strike_first(bench: &Bench, times: u32, fate: Fate) {
    let seen: Mutex<BTreeMap<String, u32>> = Mutex::default();
    bench.simulator.set_hook(Arc::new(move |call| {
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(call.operation.clone()).or_default();
        *count += 1;
        if *count <= times { fate.clone() } else { Fate::Proceed }
    }));
}

#[tokio::test(start_paused = true)]
async fn operations_that_are_throttled_at_first_are_waited_for() {
    let wanted = small();
    let bench = Bench::calm();
    let (code, message) = ("RequestLimitExceeded".to_owned(), "Request limit exceeded.".to_owned());
    strike_first(&bench, 3, Fate::Refuse { status: 503, code, message });
    bench.apply(&wanted).await.complete();
    bench.simulator.clear_hook();
    bench.is_settled(&wanted).await;
}

#[tokio::test(start_paused = true)]
async fn reads_without_an_answer_are_made_again() {
    let wanted = small();
    let bench = Bench::standing(&wanted).await;
    strike_first(&bench, 2, Fate::DropAfter);
    assert!(bench.differences(&wanted).await.is_empty());
}

/// In a storm a command may give up and say so; the same one, given again, gets there.
#[tokio::test(start_paused = true)]
async fn a_storm_is_weathered_and_leaves_no_trace() {
    const PATIENCE: usize = 4;
    let wanted = Wanted::usual();
    let intact = Bench::standing(&wanted).await;
    intact.somebody().wait(SETTLED).await;
    let intact = intact.truth();
    for seed in 1..=4 {
        let bench = Bench::new(Settings::stormy(seed));
        let when = format!("{}", Settings::stormy(seed));
        let mut told = Vec::new();
        while told.len() < PATIENCE {
            let outcome = bench.apply(&wanted).await;
            told.push(outcome.told());
            if outcome.is_complete() {
                break;
            }
        }
        assert!(told.last().unwrap().is_empty(), "{when}: {told:#?}");
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&intact, &when);
        let mut told = Vec::new();
        while told.len() < PATIENCE {
            let outcome = bench.delete(&wanted).await;
            told.push(outcome.told());
            if outcome.is_complete() {
                break;
            }
        }
        assert!(told.last().unwrap().is_empty(), "{when}: {told:#?}");
        assert_eq!(bench.truth().owned(), 0, "{when}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_aws_answers_to_what_is_disputed_an_environment_lives_and_goes() {
    let wanted = small();
    for seed in 1..=8 {
        let bench = Bench::new(Settings::default().seeded(seed));
        bench.somebody().ec2("DescribeVpcs", &[]).await.good();
        let (before, when) = (bench.truth(), format!("seed {seed}"));
        let outcome = bench.apply(&wanted).await;
        assert!(outcome.is_complete(), "{when}: {}", outcome.told());
        bench.somebody().wait(SETTLED).await;
        bench.is_settled(&wanted).await;
        let outcome = bench.delete(&wanted).await;
        assert!(outcome.is_complete(), "{when}: {}", outcome.told());
        assert_eq!(bench.truth().ids(), before.ids(), "{when}");
    }
}
