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

/// The same seed is the same run, call by call and event by event.
#[test]
fn a_seed_played_twice_is_the_same_run() {
    for seed in 0..6 {
        let (once, again) = (play(seed), play(seed));
        assert!(once.log.len() > 20, "{:#?}", once.log);
        assert_eq!(once, again);
    }
}

#[test]
fn some_runs_in_which_everything_goes_wrong_end_well() {
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    for seed in 0..20 {
        let played = play(seed);
        counts.add(&played.counts);
        failed.extend((!played.broken.is_empty()).then(|| played.line()));
    }
    assert!(failed.is_empty(), "{counts}\n{}", failed.join("\n"));
}
