//! What is seen of the oracles from above, and whether it is as promised: never two active nodes on one database,
//! and never silent for long.

use std::{collections::BTreeMap, fmt, time::Duration};

use clctl_simulator::Time;
use serde::{Deserialize, Serialize};

/// What a database's nodes do, from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Since when.
    pub at: Time,
    /// The database, by the id that stays.
    pub database: String,
    /// The instances whose node takes itself for the active one, and is able to act.
    pub active: Vec<String>,
    /// Those of them that serve: they are through with migration, keys and start.
    pub serving: Vec<String>,
    /// The instances whose node waits for the lease.
    pub waiting: Vec<String>,
}

/// What is not tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For how long two nodes may take themselves for active: one that has lost the lease notices it when it next
    /// refreshes it, and ends at once.
    pub two: Duration,
    /// For how long an oracle that has served may be silent.
    pub silent: Duration,
}

impl Default for Patience {
    /// A second to notice; the lease, a poll, and a start without migration.
    fn default() -> Self {
        Self { two: Duration::from_millis(1_500), silent: Duration::from_secs(30) }
    }
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// Two nodes were active on one database.
    Two {
        /// Which database.
        database: String,
        /// Which instances.
        instances: Vec<String>,
        /// From when.
        from: Time,
        /// Until when.
        until: Time,
    },
    /// Nobody served.
    Silent {
        /// Which database.
        database: String,
        /// From when.
        from: Time,
        /// Until when.
        until: Time,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Two { database, instances, from, until } => write!(
                f,
                "{} are active on {database} at once for {:?}, from {from} until {until}",
                instances.join(" and "),
                until.since(*from)
            ),
            Self::Silent { database, from, until } => write!(
                f,
                "nobody serves for {database} for {:?}, from {from} until {until}",
                until.since(*from)
            ),
        }
    }
}

/// How many observations are kept between processes.
const KEPT: usize = 200;

/// Everything that was seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Watch(Vec<Observation>);

impl Watch {
    /// Takes note of how it is now, if that is something else.
    pub(crate) fn see(&mut self, seen: Observation) {
        let last = self.0.iter().rev().find(|it| it.database == seen.database);
        let same = |last: &Observation| {
            last.active == seen.active
                && last.serving == seen.serving
                && last.waiting == seen.waiting
        };
        let none = seen.active.is_empty() && seen.waiting.is_empty();
        if !last.map_or(none, same) {
            self.0.push(seen);
        }
    }

    pub(crate) fn all(&self) -> &[Observation] {
        &self.0
    }

    /// Without what is long past.
    pub(crate) fn newest(&self) -> Self {
        Self(self.0.iter().skip(self.0.len().saturating_sub(KEPT)).cloned().collect())
    }

    /// Every promise that was not kept until now.
    pub(crate) fn broken(&self, patience: Patience, now: Time) -> Vec<Broken> {
        let mut all = Vec::new();
        for (database, seen) in self.by_database() {
            let crowded = spans(&seen, now, |it| it.active.len() > 1);
            let crowded = crowded.into_iter().filter(|it| it.1.since(it.0) > patience.two);
            all.extend(crowded.map(|(from, until)| {
                let then = seen.iter().filter(|it| it.at >= from && it.at < until);
                let mut instances: Vec<_> = then.flat_map(|it| it.active.clone()).collect();
                instances.sort();
                instances.dedup();
                Broken::Two { database: database.clone(), instances, from, until }
            }));
        }
        let silent = self.silences(now).into_iter();
        let silent = silent.filter(|it| it.until.since(it.from) > patience.silent);
        all.extend(silent.map(|it| Broken::Silent {
            database: it.database,
            from: it.from,
            until: it.until,
        }));
        all
    }

    /// When nobody served for a database that was served for before.
    pub(crate) fn silences(&self, now: Time) -> Vec<Silence> {
        let mut all = Vec::new();
        for (database, seen) in self.by_database() {
            let begun = seen.iter().position(|it| !it.serving.is_empty());
            let seen = seen.get(begun.unwrap_or(seen.len())..).unwrap_or_default();
            let silent = spans(seen, now, |it| it.serving.is_empty()).into_iter();
            all.extend(silent.map(|(from, until)| Silence {
                database: database.clone(),
                from,
                until,
            }));
        }
        all
    }

    fn by_database(&self) -> BTreeMap<String, Vec<&Observation>> {
        let mut all: BTreeMap<String, Vec<&Observation>> = BTreeMap::new();
        for seen in &self.0 {
            all.entry(seen.database.clone()).or_default().push(seen);
        }
        all
    }
}

/// A time in which nobody served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// For which database, by the id that stays.
    pub database: String,
    /// From when.
    pub from: Time,
    /// Until when; until now if it lasts.
    pub until: Time,
}

/// The spans of time in which something was so.
fn spans(seen: &[&Observation], now: Time, so: impl Fn(&Observation) -> bool) -> Vec<(Time, Time)> {
    let mut all = Vec::new();
    let mut from = None;
    for one in seen {
        match (so(one), from) {
            (true, None) => from = Some(one.at),
            (false, Some(begun)) => {
                all.push((begun, one.at));
                from = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    all.extend(from.map(|it| (it, now)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: u64, active: &[&str], serving: &[&str]) -> Observation {
        let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        Observation {
            at: Time::from_millis(at),
            database: "db".to_owned(),
            active: owned(active),
            serving: owned(serving),
            waiting: Vec::new(),
        }
    }

    #[test]
    fn what_lasts_too_long_is_told() {
        let mut watch = Watch::default();
        for it in [
            seen(0, &[], &[]),
            seen(1_000, &["a"], &[]),
            // Nobody was served before.
            seen(90_000, &["a"], &["a"]),
            seen(90_000, &["a"], &["a"]),
            // A second is what it takes to notice.
            seen(100_000, &["a", "b"], &["a"]),
            seen(101_000, &["b"], &[]),
            seen(110_000, &["b"], &["b"]),
            seen(200_000, &["b", "c"], &["b"]),
            seen(202_000, &["c"], &[]),
        ] {
            watch.see(it);
        }
        assert_eq!(watch.all().len(), 7);
        let broken = watch.broken(Patience::default(), Time::from_millis(300_000));
        let told: Vec<_> = broken.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "b and c are active on db at once for 2s, from 1970-01-01T00:03:20.000Z until 1970-01-01T00:03:22.000Z",
                "nobody serves for db for 98s, from 1970-01-01T00:03:22.000Z until 1970-01-01T00:05:00.000Z",
            ]
        );
    }
}
