//! The engine's journal of one environment, in the store.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::engine::{Address, Intent, Journal, JournalError, PhysicalId, Repair};

use super::{Store, parsed, stamp};

/// The journal of one environment.
#[derive(Clone)]
pub struct EnvironmentJournal {
    store: Store,
    uid: String,
}

impl EnvironmentJournal {
    pub(super) fn new(store: Store, uid: String) -> Self {
        Self { store, uid }
    }

    fn with<T>(
        &self,
        verb: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        work(&self.store.lock()).map_err(|source| JournalError { verb, source: source.into() })
    }
}

impl Journal for EnvironmentJournal {
    fn begin(&self, address: &Address, ordinal: u32, at: Timestamp) -> Result<(), JournalError> {
        // Replacing a row gives it a new row id: the greatest is the creation begun last.
        self.with("written", |connection| {
            connection
                .execute(
                    "INSERT OR REPLACE INTO intents VALUES (?1, ?2, ?3, ?4, NULL)",
                    params![self.uid, address.to_string(), ordinal, stamp(at)],
                )
                .map(drop)
        })
    }

    fn resolve(&self, address: &Address, id: Option<&PhysicalId>) -> Result<(), JournalError> {
        const LAST: &str =
            "rowid = (SELECT max(rowid) FROM intents WHERE uid = ?1 AND address = ?2)";
        let address = address.to_string();
        self.with("written", |connection| match id {
            Some(id) => connection
                .execute(
                    &format!("UPDATE intents SET id = ?3 WHERE {LAST}"),
                    params![self.uid, address, id.0],
                )
                .map(drop),
            None => connection
                .execute(&format!("DELETE FROM intents WHERE {LAST}"), params![self.uid, address])
                .map(drop),
        })
    }

    fn intents(&self) -> Result<Vec<Intent>, JournalError> {
        self.with("read", |connection| {
            let mut query = connection.prepare(
                "SELECT address, ordinal, at, id FROM intents WHERE uid = ?1 ORDER BY rowid",
            )?;
            let rows = query.query_map(params![self.uid], |row| {
                Ok(Intent {
                    address: row.get(0)?,
                    ordinal: row.get(1)?,
                    at: parsed(&row.get::<_, String>(2)?),
                    id: row.get::<_, Option<String>>(3)?.map(PhysicalId),
                })
            })?;
            rows.collect()
        })
    }

    fn gone(&self, id: &PhysicalId) -> Result<(), JournalError> {
        self.with("written", |connection| {
            connection
                .execute("DELETE FROM intents WHERE uid = ?1 AND id = ?2", params![self.uid, id.0])
                .map(drop)
        })
    }

    fn set_nonce(&self, nonce: &str) -> Result<(), JournalError> {
        self.with("written", |connection| {
            connection
                .execute("INSERT OR IGNORE INTO nonces VALUES (?1, ?2)", params![self.uid, nonce])
                .map(drop)
        })
    }

    fn knows_nonce(&self, nonce: &str) -> Result<bool, JournalError> {
        self.with("read", |connection| {
            connection
                .query_row(
                    "SELECT 1 FROM nonces WHERE uid = ?1 AND nonce = ?2",
                    params![self.uid, nonce],
                    |_| Ok(()),
                )
                .optional()
                .map(|found| found.is_some())
        })
    }

    fn repaired(
        &self,
        repair: &Repair<'_>,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<u32, JournalError> {
        self.with("written", |connection| {
            let key = repair.key();
            connection.execute(
                "INSERT INTO repairs VALUES (?1, ?2, ?3)",
                params![self.uid, key, stamp(at)],
            )?;
            connection.execute(
                "DELETE FROM repairs WHERE uid = ?1 AND at < ?2",
                params![self.uid, stamp(since)],
            )?;
            count(connection, &self.uid, &key, since)
        })
    }

    fn repairs(&self, repair: &Repair<'_>, since: Timestamp) -> Result<u32, JournalError> {
        self.with("read", |connection| count(connection, &self.uid, &repair.key(), since))
    }
}

fn count(connection: &Connection, uid: &str, key: &str, since: Timestamp) -> rusqlite::Result<u32> {
    connection.query_row(
        "SELECT count(*) FROM repairs WHERE uid = ?1 AND repair = ?2 AND at >= ?3",
        params![uid, key, stamp(since)],
        |row| row.get(0),
    )
}

#[cfg(test)]
mod tests {
    use crate::{aws::Environment, engine::InMemory};

    use super::*;

    /// What a journal knows of two objects of one node, the second being made.
    fn told(journal: &dyn Journal) -> Vec<Vec<(u32, Option<PhysicalId>)>> {
        let (address, at) = (Address::new("vpc", "main"), Timestamp::UNIX_EPOCH);
        let id = |text: &str| PhysicalId(text.into());
        let known = || -> Vec<_> {
            journal.intents().unwrap().into_iter().map(|it| (it.ordinal, it.id)).collect()
        };
        let mut all = Vec::new();
        journal.begin(&address, 1, at).unwrap();
        journal.resolve(&address, Some(&id("vpc-1"))).unwrap();
        all.push(known());
        journal.begin(&address, 2, at).unwrap();
        all.push(known());
        journal.resolve(&address, None).unwrap();
        all.push(known());
        journal.begin(&address, 2, at).unwrap();
        journal.resolve(&address, Some(&id("vpc-2"))).unwrap();
        journal.begin(&address, 1, at).unwrap();
        journal.resolve(&address, Some(&id("vpc-3"))).unwrap();
        all.push(known());
        journal.gone(&id("vpc-2")).unwrap();
        all.push(known());
        all
    }

    #[test]
    fn the_record_on_disk_knows_what_the_one_in_memory_knows() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment {
            name: "demo".into(),
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".into(),
            deletions: crate::aws::Deletions::default(),
        };
        let on_disk = Store::open(folder.path()).unwrap().journal(&environment);
        let known = told(&on_disk);
        assert_eq!(known, told(&InMemory::default()));
        assert_eq!(known[2], [(1, Some(PhysicalId("vpc-1".into())))], "the former object stays");
    }
}
