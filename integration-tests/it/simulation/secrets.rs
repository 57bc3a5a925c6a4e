//! What must be shown nowhere: the values of secrets, each a canary that sings where it is not to be.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::truth::Truth;

/// What is read for secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// What `-vv` shows on the terminal.
    Log,
    Event,
    /// What a command says of its end: errors, what is left and why.
    Error,
    PlanAsJson,
    PlanAsText,
    PlanAsMarkdown,
    /// What a deletion shows before it begins.
    Removals,
    /// The files of the record.
    Record,
    Panic,
}

/// The secrets of a run, and what it traces. Clones share both.
#[derive(Clone, Debug, Default)]
pub(super) struct Canaries(Arc<Mutex<Cage>>);

#[derive(Debug, Default)]
struct Cage {
    canaries: Vec<String>,
    found: Vec<(Place, usize)>,
    traced: Vec<u8>,
    /// How much of what was traced has been read, and how many canaries there were then.
    read: (usize, usize),
}

/// Shorter ones are found in everything.
const SHORTEST: usize = 10;

impl Canaries {
    /// A run in which these are secrets as well.
    pub(super) fn planted(canaries: &[&str]) -> Self {
        let all = Self::default();
        for canary in canaries {
            all.sing(canary);
        }
        all
    }

    fn cage(&self) -> MutexGuard<'_, Cage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sing(&self, canary: &str) {
        let mut cage = self.cage();
        if canary.len() >= SHORTEST && !cage.canaries.iter().any(|it| it == canary) {
            cage.canaries.push(canary.to_owned());
        }
    }

    /// Takes every value of every secret there is.
    pub(super) fn listen(&self, truth: &Truth) {
        truth.things().iter().for_each(|thing| self.values(&thing.body, false));
    }

    fn values(&self, of: &Value, hidden: bool) {
        match of {
            Value::String(text) if hidden => self.sing(text),
            Value::Array(all) => all.iter().for_each(|it| self.values(it, hidden)),
            Value::Object(all) => {
                all.iter().for_each(|(key, it)| self.values(it, hidden || key == "content"));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Notes the secrets that are shown there.
    pub(super) fn read(&self, place: Place, shown: &[u8]) {
        let mut cage = self.cage();
        let text = String::from_utf8_lossy(shown);
        let found: Vec<(Place, usize)> = (0..)
            .zip(&cage.canaries)
            .filter(|(_, it)| text.contains(it.as_str()))
            .map(|(nth, _)| (place, nth))
            .collect();
        for it in found {
            if !cage.found.contains(&it) {
                cage.found.push(it);
            }
        }
    }

    /// Reads what has been traced.
    pub(super) fn read_log(&self) {
        let (traced, all) = {
            let mut cage = self.cage();
            let (read, known) = cage.read;
            // A secret that was not known yet may be in all of it.
            let from = if known == cage.canaries.len() { read } else { 0 };
            cage.read = (cage.traced.len(), cage.canaries.len());
            (cage.traced.get(from..).unwrap_or_default().to_vec(), cage.canaries.len())
        };
        if all > 0 {
            self.read(Place::Log, &traced);
        }
    }

    /// Where a secret was found, without saying which.
    pub(super) fn found(&self) -> Vec<Place> {
        let mut found: Vec<Place> = self.cage().found.iter().map(|it| it.0).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Traces, on this thread and as long as it is held, what a user sees who asks for everything.
    pub(super) fn trace(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("info,clctl=trace"))
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Canaries {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.cage().traced.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Canaries {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
