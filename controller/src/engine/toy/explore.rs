//! Random stories: declarations that follow each other, faults, kills and drift in between; in the
//! end the world is as declared, and nobody else's object was touched.
//!
//! `TOY_SEEDS` says how many; a story that fails names its seed, and becomes a test of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::engine::{Owner, Phase};

use super::{
    bench::{Bench, Came, left, told},
    spec::{DbSpec, Spec, actual},
    world::{Kill, View},
};

/// Chance, apart from that of the world.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.roll(of) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = self.roll(u64::try_from(from.len()).unwrap());
        from[usize::try_from(at).unwrap()]
    }

    /// Each with a chance of two in three.
    fn some<T: Copy + Ord>(&mut self, from: &[T]) -> BTreeSet<T> {
        from.iter().filter(|_| self.roll(3) > 0).copied().collect()
    }
}

fn spec(dice: &mut Dice) -> Spec {
    let ranges = ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"];
    let mut free: Vec<&str> = ranges.to_vec();
    let mut subnets = BTreeMap::new();
    for name in dice.some(&["a", "b"]) {
        let at = usize::try_from(dice.roll(2)).unwrap();
        subnets.insert(name, (free.remove(at), dice.one_in(2)));
    }
    let gateway = !dice.one_in(4);
    let mut nats = BTreeMap::new();
    let places: Vec<&str> = subnets.keys().copied().collect();
    if gateway && !places.is_empty() {
        for name in dice.some(&["x"]) {
            nats.insert(name, (dice.pick(&places), dice.pick(&["amazon", "own"])));
        }
    }
    let endpoint = dice.some(&places);
    let ways: Vec<&str> = nats.keys().copied().chain(gateway.then_some("gateway")).collect();
    let mut tables = BTreeMap::new();
    for name in dice.some(&["t"]) {
        tables.insert(name, dice.some(&ways));
    }
    let mut groups = BTreeMap::new();
    for name in dice.some(&["g", "h"]) {
        groups.insert(name, dice.pick(&["one", "two"]));
    }
    let peers: Vec<&str> = groups.keys().copied().collect();
    let mut rules = BTreeMap::new();
    for name in dice.some(&peers) {
        let ports = dice.some(&[80, 443]);
        rules.insert(name, ports.into_iter().map(|port| (port, dice.pick(&peers))).collect());
    }
    let db = (dice.one_in(4) && !subnets.is_empty()).then(|| DbSpec {
        subnets: places.iter().copied().collect(),
        groups: dice.some(&peers),
        engine: "postgres",
        size: dice.pick(&[1, 2]),
        forgotten: false,
        protected: false,
    });
    Spec {
        cidr: if dice.one_in(6) { "10.9.0.0/16" } else { "10.0.0.0/16" },
        dns: dice.one_in(2),
        subnets,
        label: dice.pick(&["", "l", "m"]),
        gateway,
        nats,
        endpoint,
        tables,
        groups,
        rules,
        db,
    }
}

/// Somebody does something to one of our objects.
fn drift(bench: &Bench, dice: &mut Dice) {
    let truth = bench.world.truth();
    let ours: Vec<&(&str, View)> = truth
        .iter()
        .filter(|(_, view)| view.owner != Owner::Other && view.phase == Phase::Ready)
        .collect();
    if ours.is_empty() {
        return;
    }
    let (kind, view) = ours[usize::try_from(dice.roll(ours.len() as u64)).unwrap()];
    if dice.one_in(3) && bench.world.is_unused(&view.id) {
        return bench.world.vanish(&view.id);
    }
    match *kind {
        "vpc" => bench.world.drift(&view.id, "dns", json!(dice.one_in(2))),
        "subnet" => bench.world.drift(&view.id, "public_ip", json!(dice.one_in(2))),
        "eip" => bench.world.drift(&view.id, "label", json!("theirs")),
        "nat" => bench.world.spoil(&view.id),
        "endpoint" => bench.world.drift(&view.id, "subnets", json!([])),
        "table" => bench.world.drift(&view.id, "targets", json!({})),
        "group" => {
            let rules =
                if dice.one_in(2) { json!([]) } else { json!([{"port": 22, "peer": view.id}]) };
            bench.world.drift(&view.id, "ingress", rules);
        }
        "db" => bench.world.drift(&view.id, "size", json!(9)),
        _ => {}
    }
}

/// Nothing is there twice, at no time.
fn nothing_doubled(bench: &Bench) {
    let mut there: BTreeSet<(&str, String, u32)> = BTreeSet::new();
    for (kind, view) in bench.world.truth() {
        if let (Owner::Us { name, ordinal, .. }, true) = (view.owner, view.phase != Phase::Going) {
            // Where two cannot exist together, whatever the ordinal.
            let alone = matches!(kind, "vpc" | "gateway" | "nat" | "endpoint" | "db");
            let key = (kind, name, if alone { 0 } else { ordinal });
            assert!(there.insert(key.clone()), "{key:?} is there twice: {}", view.id);
        }
    }
}

fn strangers(bench: &Bench) -> Vec<(String, Value)> {
    let truth = bench.world.truth();
    let others = truth.into_iter().filter(|(_, view)| view.owner == Owner::Other);
    others.map(|(_, view)| (view.id, Value::Object(view.fields))).collect()
}

/// A run that may be killed, and whose successor may know nothing of it, or of what somebody did
/// since: says whether it does not.
async fn troubled(bench: &mut Bench, dice: &mut Dice, spec: Option<&Spec>) -> bool {
    let kill = Kill { at: 1 + u32::try_from(dice.roll(120)).unwrap(), after: dice.one_in(2) };
    let killed = dice.one_in(2);
    let came = match (spec, killed) {
        (Some(spec), true) => bench.apply_killed(spec, kill).await.0,
        (Some(spec), false) => bench.apply(spec).await,
        (None, true) => bench.delete_killed(kill).await.0,
        (None, false) => bench.delete().await,
    };
    drop(came);
    nothing_doubled(bench);
    let lost = dice.one_in(3);
    if lost {
        bench.lose_journal();
    }
    // Looks by id, too, need some seconds to catch up.
    let pause = dice.pick(&[0, 0, 11, 100, 1000]);
    tokio::time::sleep(Duration::from_secs(pause)).await;
    let drifted = dice.one_in(3);
    if drifted {
        drift(bench, dice);
    }
    lost || drifted || pause == 0
}

/// Runs until the world is as declared: a few times, since a list may still show what is gone.
async fn converge(bench: &Bench, spec: &mut Spec) {
    let mut last = String::new();
    for _ in 0..4 {
        match bench.apply(spec).await {
            Came::Ended(plan, report) if report.is_complete() && !plan.is_unknown() => {
                nothing_doubled(bench);
                return;
            }
            Came::Ended(_, report) => last = left(&report),
            Came::Refused(plan) => {
                assert!(spec.db.is_some() && plan.ring.is_none(), "{}", told(&plan));
                spec.db = None;
            }
            Came::Killed => unreachable!(),
        }
        nothing_doubled(bench);
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    panic!("it does not converge: {last}");
}

async fn story(seed: u64) {
    let mut dice = Dice(seed);
    let mut bench = Bench::new(seed);
    bench.world.settings(|settings| {
        settings.list_lag = Duration::from_secs(dice.pick(&[0, 20, 240]));
        settings.id_lag = Duration::from_secs(dice.pick(&[0, 0, 2, 10]));
        settings.linger = Duration::from_secs(dice.pick(&[0, 3600]));
        settings.throttled = dice.pick(&[0, 0, 30]);
        settings.ill = dice.pick(&[0, 0, 20]);
        settings.lost = dice.pick(&[0, 0, 30]);
        settings.failing = dice.pick(&[0, 0, 1]);
    });
    bench.world.intrude("vpc", None, &json!({"cidr": "10.0.0.0/16"}));
    bench.world.intrude("eip", None, &json!({"pool": "own"}));
    let before = strangers(&bench);
    let mut wanted = spec(&mut dice);
    let mut unknown = false;
    for _ in 0..=dice.roll(2) {
        unknown |= troubled(&mut bench, &mut dice, Some(&wanted)).await;
        if dice.one_in(2) {
            wanted = spec(&mut dice);
        }
    }
    bench.world.calm();
    converge(&bench, &mut wanted).await;
    bench.quiet().await;
    if unknown {
        // What became visible only now: nothing told of it.
        converge(&bench, &mut wanted).await;
        bench.quiet().await;
    }
    bench.is_as_declared(&wanted).await;
    if dice.one_in(2) {
        troubled(&mut bench, &mut dice, None).await;
        bench.quiet().await;
        bench.delete().await.complete();
        assert_eq!(actual(&bench.world), BTreeMap::new());
    }
    assert_eq!(strangers(&bench), before);
}

fn tell(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(story(seed));
}

#[test]
fn whatever_happens_the_world_ends_as_declared() {
    let seeds: u64 =
        std::env::var("TOY_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2_000);
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let told = catch_unwind(AssertUnwindSafe(|| tell(seed)));
                    assert!(told.is_ok(), "the story of seed {seed} failed");
                }
            });
        }
    });
}

fn one(seed: &str) {
    tell(seed.parse().unwrap());
}

/// For whoever looks into a failure: `TOY_SEED=7 cargo test the_story_of_one_seed`.
#[test]
fn the_story_of_one_seed() {
    if let Ok(seed) = std::env::var("TOY_SEED") {
        one(&seed);
    }
}
