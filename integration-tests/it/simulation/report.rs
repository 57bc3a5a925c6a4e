//! What the runs came to, in numbers; and how a run that failed is seen again.

use std::{fmt, time::Duration};

use super::{
    faults::{Pairs, Tally},
    secrets::Place,
};

/// What was met in some runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) runs: u64,
    pub(crate) commands: u64,
    pub(crate) calls: u64,
    pub(crate) faults: u64,
    pub(crate) pairs: Pairs,
    pub(crate) kills: Tally,
    /// Calls at which a run was killed, before or after their effect.
    pub(crate) crashes: Pairs,
    pub(crate) acts: Tally,
    pub(crate) spec_changes: u64,
    /// How often the world was looked at.
    pub(crate) looks: u64,
    /// Time in the world.
    pub(crate) virtual_time: Duration,
    /// The longest time from the end of the faults to a world as declared.
    pub(crate) converged: Duration,
    /// The longest time from the end of the faults to a world as before.
    pub(crate) deleted: Duration,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.commands += other.commands;
        self.calls += other.calls;
        self.faults += other.faults;
        self.pairs.extend(other.pairs.iter().cloned());
        self.crashes.extend(other.crashes.iter().cloned());
        for (into, from) in [(&mut self.kills, &other.kills), (&mut self.acts, &other.acts)] {
            for (what, times) in from {
                *into.entry(what.clone()).or_default() += times;
            }
        }
        self.spec_changes += other.spec_changes;
        self.looks += other.looks;
        self.virtual_time += other.virtual_time;
        self.converged = self.converged.max(other.converged);
        self.deleted = self.deleted.max(other.deleted);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |span: Duration| span.as_secs().div_ceil(60);
        let sum = |tally: &Tally| tally.values().sum::<u64>();
        let told = |tally: &Tally| {
            let all: Vec<String> = tally.iter().map(|(what, n)| format!("{n} {what}")).collect();
            all.join(", ")
        };
        writeln!(f, "runs                    {}", self.runs)?;
        writeln!(f, "virtual hours           {}", self.virtual_time.as_secs() / 3600)?;
        writeln!(f, "commands                {}", self.commands)?;
        writeln!(f, "calls                   {}", self.calls)?;
        writeln!(f, "looks at the invariants {}", self.looks)?;
        writeln!(f, "faults injected         {}", self.faults)?;
        writeln!(f, "(operation, fault)      {} pairs", self.pairs.len())?;
        writeln!(f, "kills                   {} ({})", sum(&self.kills), told(&self.kills))?;
        writeln!(f, "(operation, kill)       {} pairs", self.crashes.len())?;
        writeln!(f, "somebody's acts         {} ({})", sum(&self.acts), told(&self.acts))?;
        writeln!(f, "specs changed           {}", self.spec_changes)?;
        writeln!(f, "converged within        {} virtual minutes", minutes(self.converged))?;
        write!(f, "deleted within          {} virtual minutes", minutes(self.deleted))
    }
}

/// What came of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Played {
    pub(crate) seed: u64,
    pub(crate) counts: Counts,
    /// Everything that happened, in order.
    pub(crate) log: Vec<String>,
    /// What did not hold.
    pub(crate) broken: Vec<String>,
    /// Where secrets were shown.
    pub(crate) shown: Vec<Place>,
}

impl Played {
    /// One line that says what did not hold, and how to see it again.
    pub(crate) fn line(&self) -> String {
        let first = self.broken.first().map(String::as_str).unwrap_or_default();
        let short: String =
            first.split('\n').next().unwrap_or_default().chars().take(300).collect();
        format!(
            "seed {} failed: {short} | replay: {} --seed {}",
            self.seed,
            super::REPLAY,
            self.seed
        )
    }
}
