//! Runs that end at any moment, and the next ones: nothing is doubled, and nothing is left over.
//!
//! The world and the record change at certain moments only: when a write reaches the world, and
//! when the record is written. Between two of them all crashes are the same, whatever call is
//! under way. So one run that keeps a copy of both before each change, and one after the last, has
//! every crash point there is, before and after the effect of every call.

use std::sync::{Arc, Mutex};

use clctl::engine::{Address, InMemory, Intent, Journal, JournalError, PhysicalId, Repair};
use clctl_simulator::{Fate, Settings, Simulator, World};
use jiff::Timestamp;

use crate::{
    harness::{Bench, Outcome, SETTLED, Wanted},
    stand::one_of_each,
    truth::Truth,
};

/// Something that was recorded, to be recorded again.
type Entry = Arc<dyn Fn(&InMemory) -> Result<(), JournalError> + Send + Sync>;

/// What a crash leaves: the world, and what the record holds.
#[derive(Clone)]
struct Wreck {
    world: World,
    entries: Vec<Entry>,
}

/// A record that says when it is about to change, and how it came to be.
struct Watched {
    journal: InMemory,
    entries: Mutex<Vec<Entry>>,
    wrecks: Mutex<Vec<Wreck>>,
    simulator: Simulator,
}

impl Watched {
    /// Keeps what a crash at this moment would leave.
    fn keep(&self) {
        let world = self.simulator.snapshot();
        let entries = self.entries.lock().unwrap().clone();
        self.wrecks.lock().unwrap().push(Wreck { world, entries });
    }

    fn write(
        &self,
        entry: impl Fn(&InMemory) -> Result<(), JournalError> + Send + Sync + 'static,
    ) -> Result<(), JournalError> {
        self.keep();
        entry(&self.journal)?;
        self.entries.lock().unwrap().push(Arc::new(entry));
        Ok(())
    }
}

impl Journal for Watched {
    fn begin(&self, address: &Address, ordinal: u32, at: Timestamp) -> Result<(), JournalError> {
        let address = address.clone();
        self.write(move |journal| journal.begin(&address, ordinal, at))
    }

    fn resolve(&self, address: &Address, id: Option<&PhysicalId>) -> Result<(), JournalError> {
        let (address, id) = (address.clone(), id.cloned());
        self.write(move |journal| journal.resolve(&address, id.as_ref()))
    }

    fn gone(&self, id: &PhysicalId) -> Result<(), JournalError> {
        let id = id.clone();
        self.write(move |journal| journal.gone(&id))
    }

    fn set_nonce(&self, nonce: &str) -> Result<(), JournalError> {
        let nonce = nonce.to_owned();
        self.write(move |journal| journal.set_nonce(&nonce))
    }

    fn intents(&self) -> Result<Vec<Intent>, JournalError> {
        self.journal.intents()
    }

    fn knows_nonce(&self, nonce: &str) -> Result<bool, JournalError> {
        self.journal.knows_nonce(nonce)
    }

    fn repaired(
        &self,
        repair: &Repair<'_>,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<u32, JournalError> {
        self.journal.repaired(repair, at, since)
    }

    fn repairs(&self, repair: &Repair<'_>, since: Timestamp) -> Result<u32, JournalError> {
        self.journal.repairs(repair, since)
    }
}

/// What becomes of the record in a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Kept,
    Lost,
}

impl Wreck {
    /// The account and the record as the crash left them.
    fn bench(&self, record: Record) -> Bench {
        let bench = Bench::at(self.world.clone());
        if record == Record::Kept {
            let journal = InMemory::default();
            self.entries.iter().for_each(|entry| entry(&journal).unwrap());
            bench.set_journal(Arc::new(journal));
        }
        bench
    }
}

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Apply,
    Delete,
}

impl Verb {
    async fn run(self, bench: &Bench, wanted: &Wanted) -> Outcome {
        match self {
            Self::Apply => bench.apply(wanted).await,
            Self::Delete => bench.delete(wanted).await,
        }
    }
}

/// Every crash point of a command, on a world in which `before` was applied.
async fn wrecks(
    settings: &Settings,
    before: Option<&Wanted>,
    verb: Verb,
    of: &Wanted,
) -> Vec<Wreck> {
    let bench = untouched(settings).await;
    if let Some(before) = before {
        bench.apply(before).await.complete();
        bench.somebody().wait(SETTLED).await;
    }
    let watched = Arc::new(Watched {
        journal: InMemory::default(),
        entries: Mutex::default(),
        wrecks: Mutex::default(),
        simulator: bench.simulator.clone(),
    });
    bench.set_journal(watched.clone());
    let told = watched.clone();
    bench.simulator.set_hook(Arc::new(move |call| {
        if call.mutating {
            told.keep();
        }
        Fate::Proceed
    }));
    verb.run(&bench, of).await.complete();
    bench.simulator.clear_hook();
    watched.keep();
    let wrecks = watched.wrecks.lock().unwrap();
    assert!(wrecks.len() > 15, "{}", wrecks.len());
    wrecks.clone()
}

/// A new account, its region as AWS makes it.
async fn untouched(settings: &Settings) -> Bench {
    let bench = Bench::new(settings.clone());
    bench.somebody().ec2("DescribeVpcs", &[]).await.good();
    bench
}

/// The world after a command that nothing went wrong with.
async fn intact(verb: Verb, of: &Wanted) -> Truth {
    let bench = untouched(&Settings::calm()).await;
    if verb == Verb::Apply {
        bench.apply(of).await.complete();
        bench.somebody().wait(SETTLED).await;
    }
    bench.truth()
}

/// When the next command comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// At once: what is not visible may be there.
    AtOnce,
    /// When everything has become visible.
    Later,
}

/// The next command makes the world what it would have been without the crash.
async fn is_healed(wrecks: &[Wreck], record: Record, comes: Next, next: Verb, wanted: &Wanted) {
    let intact = intact(next, wanted).await;
    for (n, wreck) in wrecks.iter().enumerate() {
        let of = wrecks.len();
        let when = format!("crash {n} of {of}, record {record:?}, {comes:?} {next:?}");
        let bench = wreck.bench(record);
        if comes == Next::Later {
            bench.somebody().wait(2 * SETTLED).await;
        }
        let outcome = next.run(&bench, wanted).await;
        assert!(outcome.is_complete(), "{when}: {}", outcome.told());
        bench.somebody().wait(SETTLED).await;
        bench.truth().is_like(&intact, &when);
    }
}

/// One of each kind: every call there is, and as few of each as can be.
fn small() -> Wanted {
    Wanted::graph("crash", one_of_each)
}

/// Every so many of the crash points: all of them are tried with the record, which is what a user has, and every third
/// without.
fn every(nth: usize, wrecks: &[Wreck]) -> Vec<Wreck> {
    wrecks.iter().step_by(nth).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn an_apply_ended_at_any_moment_is_finished_by_the_next() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), None, Verb::Apply, &wanted).await;
    is_healed(&wrecks, Record::Kept, Next::AtOnce, Verb::Apply, &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_apply_ended_at_any_moment_is_finished_by_the_next_even_without_its_record() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), None, Verb::Apply, &wanted).await;
    is_healed(&every(3, &wrecks), Record::Lost, Next::Later, Verb::Apply, &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_apply_ended_at_any_moment_is_undone_by_a_delete() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), None, Verb::Apply, &wanted).await;
    is_healed(&wrecks, Record::Kept, Next::AtOnce, Verb::Delete, &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_apply_ended_at_any_moment_is_undone_by_a_delete_even_without_its_record() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), None, Verb::Apply, &wanted).await;
    is_healed(&every(3, &wrecks), Record::Lost, Next::Later, Verb::Delete, &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_ended_at_any_moment_is_finished_by_the_next() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), Some(&wanted), Verb::Delete, &wanted).await;
    is_healed(&wrecks, Record::Kept, Next::AtOnce, Verb::Delete, &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_ended_at_any_moment_is_finished_by_the_next_even_without_its_record() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), Some(&wanted), Verb::Delete, &wanted).await;
    is_healed(&every(3, &wrecks), Record::Lost, Next::Later, Verb::Delete, &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_ended_at_any_moment_is_undone_by_an_apply() {
    let wanted = small();
    let wrecks = wrecks(&Settings::calm(), Some(&wanted), Verb::Delete, &wanted).await;
    is_healed(&wrecks, Record::Kept, Next::AtOnce, Verb::Apply, &wanted).await;
}

/// Without the record the next run waits until it can believe what it does not see, which takes long
/// here as well: at some of the moments.
#[tokio::test(start_paused = true)]
async fn a_run_without_record_that_follows_at_once_waits_and_doubles_nothing() {
    let wanted = small();
    let made = wrecks(&Settings::calm(), None, Verb::Apply, &wanted).await;
    is_healed(&every(7, &made), Record::Lost, Next::AtOnce, Verb::Apply, &wanted).await;
    is_healed(&every(7, &made[3..]), Record::Lost, Next::AtOnce, Verb::Delete, &wanted).await;
}
/// The same for what a user has, under AWS's own lag, at moments that lie apart.
#[tokio::test(start_paused = true)]
async fn a_whole_environment_survives_crashes_under_lag() {
    let wanted = Wanted::usual();
    let made = wrecks(&Settings::default(), None, Verb::Apply, &wanted).await;
    is_healed(&every(9, &made), Record::Kept, Next::AtOnce, Verb::Apply, &wanted).await;
    is_healed(&every(25, &made), Record::Lost, Next::AtOnce, Verb::Apply, &wanted).await;
    is_healed(&every(25, &made[5..]), Record::Lost, Next::AtOnce, Verb::Delete, &wanted).await;
}
