//! The promises, one behaviour each.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use crate::engine::{Action, Counts};

use super::{
    bench::{Bench, told},
    spec::Spec,
};

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
    let (bench, spec) = (Bench::new(1), Spec::network());
    bench.apply(&spec).await.complete();
    let writes = bench.world.writes();
    let spec = Spec { dns: false, ..spec };
    let planned = bench.plan(&spec).await;
    let change = planned
        .nodes
        .iter()
        .find_map(|node| node.change().filter(|change| change.action != Action::Keep));
    let fields: Vec<_> = change.unwrap().fields.iter().map(|change| change.field).collect();
    assert_eq!((planned.counts().update, fields), (1, vec!["dns"]));
    bench.apply(&spec).await.complete();
    assert_eq!(bench.world.writes(), writes + 1);
}

#[tokio::test(start_paused = true)]
async fn a_delete_leaves_nothing() {
    let (bench, spec) = (Bench::new(1), Spec::full());
    bench.apply(&spec).await.complete();
    bench.delete().await.complete();
    assert!(bench.world.truth().is_empty());
    let _ = (BTreeSet::<u8>::new(), Duration::ZERO);
}
