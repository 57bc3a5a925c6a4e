//! Somebody who sets back what is repaired, each time: who runs `apply` is told, and a run that nobody
//! watches leaves it after the third time in a day, until a day has passed.

use std::collections::BTreeSet;

use clctl_simulator::Deed;

use crate::{
    harness::{Bench, SETTLED, Wanted, steps},
    stand::one_of_each,
};

const DAY: u64 = 24 * 60 * 60;

/// A change of one field in place for each kind of which there is such a one.
async fn quarrels(wanted: &Wanted, standing: &clctl_simulator::World) -> Vec<(String, Deed)> {
    let mut kinds = BTreeSet::new();
    let mut all = Vec::new();
    for deed in standing.deeds() {
        let bench = Bench::at(standing.clone());
        if !bench.simulator.with(|world| world.does(&deed)) {
            continue;
        }
        bench.somebody().wait(SETTLED).await;
        let said = bench.differences(wanted).await;
        let [step] = said.as_slice() else { continue };
        let kind = step.split(['/', ' ']).nth(1).unwrap_or_default().to_owned();
        // Each version of somebody's has a number of its own: no two are the same repair.
        let numbered = step.ends_with(" foreign_versions");
        if !step.starts_with("update ")
            || step.ends_with(" tags")
            || numbered
            || kinds.contains(&kind)
        {
            continue;
        }
        // The very same thing can be done once it is repaired: a rule has another id then.
        bench.apply(wanted).await.complete();
        bench.somebody().wait(SETTLED).await;
        if bench.simulator.with(|world| world.does(&deed)) {
            kinds.insert(kind);
            all.push((step.clone(), deed));
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_somebody_sets_back_each_time_is_told_and_left_by_a_run_that_nobody_watches() {
    let wanted = Wanted::graph("quarrel", one_of_each);
    let bench = Bench::standing(&wanted).await;
    bench.somebody().wait(SETTLED).await;
    let standing = bench.world();
    let quarrels = quarrels(&wanted, &standing).await;
    assert!(quarrels.len() > 8, "{:?}", quarrels.iter().map(|it| &it.0).collect::<Vec<_>>());
    for (step, deed) in quarrels {
        let bench = Bench::at(standing.clone());
        let quarrel = async || {
            assert!(bench.simulator.with(|world| world.does(&deed)), "{step}");
            bench.somebody().wait(SETTLED).await;
        };
        let told = || bench.events().iter().filter(|it| it.starts_with("Contested")).count();
        for _ in 0..3 {
            assert_eq!(told(), 0, "{step}");
            quarrel().await;
            let repaired = bench.unattended(&wanted).await.complete();
            assert_eq!(steps(&repaired.plan), [step.as_str()]);
            bench.somebody().wait(SETTLED).await;
        }
        assert_eq!(told(), 1, "{step}");
        quarrel().await;
        let held = bench.unattended(&wanted).await;
        let why: Vec<&String> = held.report.held.values().collect();
        assert!(
            matches!(why[..], [why] if why.contains("3 times within a day")),
            "{step}: {why:?}"
        );
        assert!(held.writes.is_empty(), "{step}: {:?}", held.writes);
        // Whoever asks for it gets it.
        bench.apply(&wanted).await.complete();
        quarrel().await;
        assert!(!bench.unattended(&wanted).await.is_complete(), "{step}");
        // Another day, another try.
        bench.somebody().wait(DAY).await;
        bench.unattended(&wanted).await.complete();
        bench.is_settled(&wanted).await;
    }
}
