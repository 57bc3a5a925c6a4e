//! The whole controller in a world in which everything goes wrong, under virtual time, from one seed.
//!
//! A run draws a spec, a world to begin with, commands, and what befalls them: faults at calls,
//! denials, quotas, expired credentials, lag, kills at any await, a record that is lost, specs that
//! change, and somebody who does things at the same time. Then the faults stop, and what has to
//! hold is looked at. See `docs/reliability.md`.
//!
//! Reconciler, SDK and record are the product's own; the simulator answers in the process. One thread, a
//! paused clock, and no draw from outside: the same seed is the same run.

mod draw;
mod faults;
mod human;
mod invariants;
mod play;
mod report;
mod secrets;
mod specs;

pub(crate) use self::{play::play, report::Counts};

/// What plays one seed again, with everything that happened.
pub(crate) const REPLAY: &str = "cargo run -p clctl --example simulate --";

/// A secret is found wherever it is shown: here it is something that every place shows.
#[test]
fn a_secret_that_is_shown_anywhere_is_found() {
    use self::secrets::Place;

    let shown = [
        ("sts:GetCallerIdentity", vec![Place::Log]),
        ("PhysicalId(", vec![Place::Event]),
        ("incomplete:", vec![Place::Error]),
        ("formatVersion", vec![Place::PlanAsJson]),
        ("account 123456789012", vec![Place::PlanAsText, Place::Removals]),
        ("123456789012", vec![Place::PlanAsMarkdown]),
        ("SQLite format 3", vec![Place::Record]),
    ];
    let planted = shown.each_ref().map(|it| it.0);
    let mut found = std::collections::BTreeSet::new();
    let with_files = (0..).filter(|seed| draw::Draw::of(*seed).record == draw::Record::File);
    for seed in with_files.take(5) {
        found.extend(play::play_with(seed, &planted).shown);
    }
    for (text, places) in shown {
        assert!(places.iter().all(|place| found.contains(place)), "{text}: {found:?}");
    }
    let canaries = secrets::Canaries::planted(&["a value that nobody is to see"]);
    let panic = std::panic::catch_unwind(|| panic!("with a value that nobody is to see"));
    play::said(panic.unwrap_err().as_ref(), &canaries);
    assert_eq!(canaries.found(), [Place::Panic]);
}

/// The same seed is the same run, call by call and event by event.
#[test]
fn a_seed_played_twice_is_the_same_run() {
    for seed in 0..2 {
        let (once, again) = (play(seed), play(seed));
        assert!(once.log.len() > 20, "{:#?}", once.log);
        assert!(once.broken.is_empty(), "{}", once.line());
        assert_eq!(once, again);
    }
}

#[test]
fn some_runs_in_which_everything_goes_wrong_end_well() {
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    for seed in 2..6 {
        let played = play(seed);
        counts.add(&played.counts);
        failed.extend((!played.broken.is_empty()).then(|| played.line()));
    }
    assert!(failed.is_empty(), "{counts}\n{}", failed.join("\n"));
}
