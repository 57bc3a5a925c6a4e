//! What is in the databases: the lease, the release that migrated them last, and the keys.
//!
//! By the id of a database that stays, and with its history: what is restored from a snapshot, or as of a moment,
//! has what was in its source then. A lease is not worth a call each second: as long as its holder lives and the
//! database serves it is refreshed, and when that ends it is known when it expires.
//! <https://github.com/smartcontractkit/chainlink> `core/services/pg/lease_lock.go`

use std::{collections::BTreeMap, time::Duration};

use clctl_simulator::{Database, Time};
use serde::{Deserialize, Serialize};

/// For how long a lease is taken, and taken again each second.
pub(crate) const LEASE: Duration = Duration::from_secs(10);

/// The numbers of a release.
pub(crate) type Version = (u32, u32, u32);

/// What is in a database and stays there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The release that migrated it last; nothing when it is empty, or that release is not known.
    pub(crate) version: Option<Version>,
    /// Whether there is anything in it.
    pub(crate) migrated: bool,
    pub(crate) keys: Option<Keys>,
}

/// The keys of a node: its wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keys {
    /// What tells them from all others.
    pub(crate) number: u64,
    /// What stands for the password that opens them.
    pub(crate) lock: u64,
}

/// Who is active, as the one row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    /// The process that has it, or had it last.
    pub(crate) holder: u64,
    /// When it expires; never as long as it is refreshed.
    pub(crate) expires: Option<Time>,
}

/// What is in one database.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) name: String,
    pub(crate) lease: Option<Lease>,
    /// Whether it serves; since when that is so.
    pub(crate) serves: bool,
    pub(crate) since: Time,
    facts: Vec<(Time, Facts)>,
}

impl Content {
    /// What is in it.
    pub(crate) fn facts(&self) -> Facts {
        self.facts.last().map(|it| it.1.clone()).unwrap_or_default()
    }

    fn as_of(&self, at: Time) -> Facts {
        let then = self.facts.iter().rev().find(|it| it.0 <= at);
        then.map(|it| it.1.clone()).unwrap_or_default()
    }

    /// Writes into it.
    pub(crate) fn write(&mut self, now: Time, change: impl FnOnce(&mut Facts)) {
        let mut facts = self.facts();
        change(&mut facts);
        self.facts.push((now, facts));
    }

    /// Who holds the lease at a moment.
    pub(crate) fn holder(&self, now: Time) -> Option<u64> {
        let lease = self.lease?;
        lease.expires.is_none_or(|it| it > now).then_some(lease.holder)
    }
}

/// The contents of all databases, by the ids that stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Databases(pub(crate) BTreeMap<String, Content>);

impl Databases {
    /// Takes note of which databases there are and serve; gives those that begin or cease to.
    pub(crate) fn notice(&mut self, all: Vec<Database>, now: Time) -> Vec<(String, bool)> {
        let mut changed = Vec::new();
        let mut gone: Vec<String> =
            self.0.iter().filter(|it| it.1.serves).map(|it| it.0.clone()).collect();
        for database in all {
            gone.retain(|it| *it != database.resource);
            let known = self.0.contains_key(&database.resource);
            if !known {
                let inherited = database.heir.as_ref().and_then(|(source, at)| {
                    let facts = self.0.get(source)?.as_of(*at);
                    Some(vec![(now, facts)])
                });
                let facts = inherited.unwrap_or_default();
                let content = Content { facts, since: now, ..Content::default() };
                self.0.insert(database.resource.clone(), content);
            }
            let Some(content) = self.0.get_mut(&database.resource) else { continue };
            content.name = database.name;
            if content.serves != database.serves {
                (content.serves, content.since) = (database.serves, now);
                changed.push((database.resource, database.serves));
            }
        }
        for resource in gone {
            if let Some(content) = self.0.get_mut(&resource) {
                (content.serves, content.since) = (false, now);
                changed.push((resource, false));
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(resource: &str, heir: Option<(&str, u64)>) -> Database {
        Database {
            region: "us-east-1".to_owned(),
            name: resource.to_owned(),
            resource: resource.to_owned(),
            heir: heir.map(|it| (it.0.to_owned(), Time::from_millis(it.1))),
            serves: true,
        }
    }

    #[test]
    fn what_is_restored_has_what_was_in_its_source_then() {
        let mut all = Databases::default();
        let at = Time::from_millis;
        assert_eq!(all.notice(vec![database("a", None)], at(1)), [("a".to_owned(), true)]);
        let a = all.0.get_mut("a").unwrap();
        a.write(at(10), |it| it.keys = Some(Keys { number: 1, lock: 2 }));
        a.write(at(20), |it| it.version = Some((2, 73, 0)));
        // Before the keys, between the two, and after both, when the source is gone.
        for (name, when) in [("b", 9), ("c", 15), ("d", 25)] {
            all.notice(vec![database(name, Some(("a", when)))], at(30));
        }
        let facts = |name: &str| all.0[name].facts();
        assert_eq!(facts("b"), Facts::default());
        assert!(facts("c").keys.is_some() && facts("c").version.is_none());
        assert_eq!(facts("d"), facts("a"));
        assert!(!all.0["a"].serves);
    }

    #[test]
    fn a_lease_is_held_until_it_expires() {
        let mut content = Content::default();
        let at = Time::from_millis;
        assert_eq!(content.holder(at(0)), None);
        content.lease = Some(Lease { holder: 7, expires: None });
        assert_eq!(content.holder(at(1_000_000)), Some(7));
        content.lease = Some(Lease { holder: 7, expires: Some(at(10)) });
        assert_eq!((content.holder(at(9)), content.holder(at(10))), (Some(7), None));
    }
}
