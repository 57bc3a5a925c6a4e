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
        let address = address.to_string();
        self.with("written", |connection| match id {
            Some(id) => connection
                .execute(
                    "UPDATE intents SET id = ?3 WHERE uid = ?1 AND address = ?2",
                    params![self.uid, address, id.0],
                )
                .map(drop),
            None => connection
                .execute(
                    "DELETE FROM intents WHERE uid = ?1 AND address = ?2",
                    params![self.uid, address],
                )
                .map(drop),
        })
    }

    fn intents(&self) -> Result<Vec<Intent>, JournalError> {
        self.with("read", |connection| {
            let mut query = connection.prepare(
                "SELECT address, ordinal, at, id FROM intents WHERE uid = ?1 ORDER BY address",
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
            connection.query_row(
                "SELECT count(*) FROM repairs WHERE uid = ?1 AND repair = ?2",
                params![self.uid, key],
                |row| row.get(0),
            )
        })
    }
}
