//! A run killed at any call, before or after its effect, and the next one.

use std::time::Duration;

use crate::engine::Purpose;

use super::{
    bench::{Bench, Came, left},
    spec::{Spec, actual},
    world::Kill,
};

/// A world whose looks are as old as the cloud admits.
fn lagging(bench: &Bench) {
    bench.world.settings(|settings| {
        settings.list_lag = Duration::from_mins(4);
        settings.id_lag = Duration::from_secs(10);
        settings.linger = Duration::from_hours(1);
    });
}

/// How long until the next run: looks by id have caught up, lists have not.
const RESTART: Duration = Duration::from_secs(11);

#[derive(Clone, Copy, Debug)]
enum Record {
    Kept,
    Lost,
}

/// Each call of a run, and whether to kill after its effect as well.
async fn every_kill(run: impl AsyncFn(Kill) -> (Came, std::sync::Arc<super::world::Toy>)) -> u32 {
    let mut at = 1;
    loop {
        let (came, toy) = run(Kill { at, after: false }).await;
        let call = toy.calls().get(at as usize - 1).copied();
        let Some((_, write)) = call else {
            assert!(matches!(came, Came::Ended(..)), "nothing was killed");
            return at - 1;
        };
        if write {
            run(Kill { at, after: true }).await;
        }
        at += 1;
    }
}

async fn killed_apply(spec: &Spec, record: Record) {
    let calls = every_kill(async |kill| {
        let mut bench = Bench::new(u64::from(kill.at));
        lagging(&bench);
        let (came, toy) = bench.apply_killed(spec, kill).await;
        if let Record::Lost = record {
            bench.lose_journal();
        }
        tokio::time::sleep(RESTART).await;
        let report = bench.apply(spec).await.report();
        let last = toy.calls().last().copied();
        assert!(report.is_complete(), "{kill:?} {record:?} {last:?} {}", left(&report));
        assert_eq!(actual(&bench.world), spec.expected(), "{kill:?} {record:?}");
        bench.quiet().await;
        bench.is_as_declared(spec).await;
        (came, toy)
    })
    .await;
    assert!(calls > 50, "{calls}");
}

async fn killed_delete(spec: &Spec, record: Record) {
    let calls = every_kill(async |kill| {
        let mut bench = Bench::new(u64::from(kill.at));
        lagging(&bench);
        bench.apply(spec).await.complete();
        tokio::time::sleep(RESTART).await;
        let (came, toy) = bench.delete_killed(kill).await;
        if let Record::Lost = record {
            bench.lose_journal();
        }
        tokio::time::sleep(RESTART).await;
        let report = bench.delete().await.report();
        assert!(report.is_complete(), "{kill:?} {record:?} {}", left(&report));
        assert!(bench.world.truth().is_empty(), "{kill:?} {record:?} {:?}", bench.world.truth());
        (came, toy)
    })
    .await;
    assert!(calls > 30, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_of_an_apply_is_healed_without_duplicates() {
    killed_apply(&Spec::network(), Record::Kept).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_of_an_apply_is_healed_even_if_the_record_is_lost() {
    killed_apply(&Spec::network(), Record::Lost).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_of_a_delete_leaves_no_orphan() {
    killed_delete(&Spec::network(), Record::Kept).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_of_a_delete_leaves_no_orphan_even_if_the_record_is_lost() {
    killed_delete(&Spec::network(), Record::Lost).await;
}

/// A delete right after a killed apply finds what the apply made, seen or unseen.
async fn deleted_after_a_killed_apply(record: Record) {
    let spec = Spec::network();
    every_kill(async |kill| {
        let mut bench = Bench::new(u64::from(kill.at));
        lagging(&bench);
        let (came, toy) = bench.apply_killed(&spec, kill).await;
        if let Record::Lost = record {
            bench.lose_journal();
        }
        tokio::time::sleep(RESTART).await;
        let report = bench.delete().await.report();
        assert!(report.is_complete(), "{kill:?} {record:?} {}", left(&report));
        assert!(bench.world.truth().is_empty(), "{kill:?} {record:?} {:?}", bench.world.truth());
        (came, toy)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_after_a_killed_apply_leaves_nothing() {
    deleted_after_a_killed_apply(Record::Kept).await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_after_a_killed_apply_leaves_nothing_even_if_the_record_is_lost() {
    deleted_after_a_killed_apply(Record::Lost).await;
}

/// Everything is replaced, the network first.
async fn killed_replacement(record: Record) {
    let before = Spec::network();
    let mut after = Spec { cidr: "10.9.0.0/16", ..Spec::network() };
    after.nats.insert("a", ("b", "own"));
    let calls = every_kill(async |kill| {
        let mut bench = Bench::new(u64::from(kill.at));
        lagging(&bench);
        bench.apply(&before).await.complete();
        bench.quiet().await;
        let (came, toy) = bench.apply_killed(&after, kill).await;
        if let Record::Lost = record {
            bench.lose_journal();
        }
        tokio::time::sleep(RESTART).await;
        let report = bench.apply(&after).await.report();
        let last = toy.calls().last().copied();
        assert!(report.is_complete(), "{kill:?} {record:?} {last:?} {}", left(&report));
        assert_eq!(actual(&bench.world), after.expected(), "{kill:?} {record:?}");
        bench.quiet().await;
        bench.is_as_declared(&after).await;
        let seen = bench.look(&after.graph(), Purpose::Apply).await;
        assert!(seen.doubts.is_empty(), "{:?}", seen.doubts);
        (came, toy)
    })
    .await;
    assert!(calls > 50, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_of_a_replacement_is_healed_without_duplicates() {
    killed_replacement(Record::Kept).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_of_a_replacement_is_healed_even_if_the_record_is_lost() {
    killed_replacement(Record::Lost).await;
}
