//! The local record: what was begun, what came of it, what happened. A cache and a history: losing
//! it costs a wait at most.

mod journal;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::aws::Environment;

pub use self::journal::EnvironmentJournal;

/// The record of a machine's user: one `SQLite` file, shared by commands and daemon.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    folder: PathBuf,
}

/// The record cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the local record {path} cannot be {verb}; choose another folder with --state, or make it writable", path = path.display())]
pub struct StoreError {
    verb: &'static str,
    path: PathBuf,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Another command works on the environment.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is being changed at this moment.
    #[error("another clctl command is changing {environment} at this moment; wait for it to end")]
    Taken {
        /// The environment.
        environment: String,
    },
    /// The lock's file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something that happened to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastEvent {
    /// When.
    pub at: Timestamp,
    /// To what; empty for the environment as a whole.
    pub step: String,
    /// One word.
    pub reason: String,
    /// In words.
    pub text: String,
}

/// What a file described when it was last applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The environment's uid.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
}

/// Nothing of this version's is ever changed in place: a new version adds a step.
const SCHEMA: &[&str] = &["
    CREATE TABLE intents (
        uid TEXT, address TEXT, ordinal INTEGER, at TEXT NOT NULL, id TEXT, PRIMARY KEY (uid, address, ordinal)
    );
    CREATE TABLE nonces (uid TEXT, nonce TEXT, PRIMARY KEY (uid, nonce));
    CREATE TABLE repairs (uid TEXT, repair TEXT NOT NULL, at TEXT NOT NULL);
    CREATE INDEX repairs_by_repair ON repairs (uid, repair, at);
    CREATE TABLE events (uid TEXT, at TEXT NOT NULL, step TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL);
    CREATE INDEX events_by_time ON events (uid, at);
    CREATE TABLE environments (
        file TEXT, document INTEGER, uid TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL,
        region TEXT NOT NULL, PRIMARY KEY (file, document)
    );
"];

impl Store {
    /// Opens the record in a folder, and makes it where there is none.
    ///
    /// # Errors
    /// If the folder or the file cannot be used.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("clctl.db");
        let fail = |verb| {
            let path = path.clone();
            move |source: Box<dyn std::error::Error + Send + Sync>| StoreError {
                verb,
                path,
                source,
            }
        };
        fs::create_dir_all(folder).map_err(|error| fail("made")(error.into()))?;
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(&path)?;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            migrate(&connection)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| fail("opened")(error.into()))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), folder: folder.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, verb: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
        let path = self.folder.join("clctl.db");
        move |source| StoreError { verb, path: path.clone(), source: source.into() }
    }

    /// The record of one environment, for the engine.
    pub fn journal(&self, environment: &Environment) -> EnvironmentJournal {
        EnvironmentJournal::new(self.clone(), environment.uid())
    }

    /// Takes the lock of an environment for as long as the value lives. Readers take none.
    ///
    /// # Errors
    /// If another command holds it.
    pub fn take(&self, environment: &Environment) -> Result<fs::File, LockError> {
        let path = self.folder.join(format!("{}.lock", environment.uid()));
        let fail = |source: std::io::Error| StoreError {
            verb: "locked",
            path: path.clone(),
            source: source.into(),
        };
        let file = fs::OpenOptions::new().create(true).append(true).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => {
                Err(LockError::Taken { environment: environment.name.clone() })
            }
            Err(fs::TryLockError::Error(error)) => Err(fail(error).into()),
        }
    }

    /// Records something that happened.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn record(&self, uid: &str, event: &PastEvent) -> Result<(), StoreError> {
        let PastEvent { at, step, reason, text } = event;
        self.lock()
            .execute(
                "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)",
                params![uid, stamp(*at), step, reason, text],
            )
            .map(drop)
            .map_err(self.failed("written"))
    }

    /// What happened last, the newest last.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn events(&self, uid: &str, most: u32) -> Result<Vec<PastEvent>, StoreError> {
        let read = || -> rusqlite::Result<Vec<PastEvent>> {
            let connection = self.lock();
            let mut query = connection.prepare(
                "SELECT at, step, reason, text FROM events WHERE uid = ?1 ORDER BY rowid DESC LIMIT ?2",
            )?;
            let rows = query.query_map(params![uid, most], |row| {
                Ok(PastEvent {
                    at: parsed(&row.get::<_, String>(0)?),
                    step: row.get(1)?,
                    reason: row.get(2)?,
                    text: row.get(3)?,
                })
            })?;
            let mut events: Vec<_> = rows.collect::<Result<_, _>>()?;
            events.reverse();
            Ok(events)
        };
        read().map_err(self.failed("read"))
    }

    /// When each object of an environment was made last, by the address of its node, as far as it was made from
    /// here.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn created(&self, uid: &str) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let read = || -> rusqlite::Result<BTreeMap<String, Timestamp>> {
            let connection = self.lock();
            let mut query = connection.prepare(
                "SELECT step, MAX(at) FROM events WHERE uid = ?1 AND reason = 'Created' GROUP BY step",
            )?;
            let rows = query.query_map(params![uid], |row| {
                Ok((row.get::<_, String>(0)?, parsed(&row.get::<_, String>(1)?)))
            })?;
            rows.collect()
        };
        read().map_err(self.failed("read"))
    }

    /// What a document of a file described when it was last applied.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn remembered(
        &self,
        file: &str,
        document: usize,
    ) -> Result<Option<Remembered>, StoreError> {
        let document = i64::try_from(document).unwrap_or(i64::MAX);
        self.lock()
            .query_row(
                "SELECT uid, name, account, region FROM environments WHERE file = ?1 AND document = ?2",
                params![file, document],
                |row| {
                    Ok(Remembered {
                        uid: row.get(0)?,
                        name: row.get(1)?,
                        account: row.get(2)?,
                        region: row.get(3)?,
                    })
                },
            )
            .optional()
            .map_err(self.failed("read"))
    }

    /// Remembers what a document of a file describes.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn remember(
        &self,
        file: &str,
        document: usize,
        environment: &Environment,
    ) -> Result<(), StoreError> {
        let document = i64::try_from(document).unwrap_or(i64::MAX);
        let Environment { name, account, region, .. } = environment;
        self.lock()
            .execute(
                "INSERT OR REPLACE INTO environments VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![file, document, environment.uid(), name, account, region],
            )
            .map(drop)
            .map_err(self.failed("written"))
    }

    /// Forgets an environment that is no more; its events are kept.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn forget(&self, environment: &Environment) -> Result<(), StoreError> {
        let uid = environment.uid();
        let connection = self.lock();
        for table in ["environments", "intents", "nonces", "repairs"] {
            connection
                .execute(&format!("DELETE FROM {table} WHERE uid = ?1"), params![uid])
                .map_err(self.failed("written"))?;
        }
        Ok(())
    }
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let newest = u32::try_from(SCHEMA.len()).unwrap_or(u32::MAX);
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version >= newest {
        return Ok(());
    }
    // Another command may be doing the same at this moment: look again under the lock.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in SCHEMA.iter().skip(version as usize) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", newest.max(version))?;
    connection.execute_batch("COMMIT")
}

/// A date as text that sorts.
fn stamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn parsed(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment {
            name: "demo".into(),
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".into(),
            deletions: crate::aws::Deletions::default(),
        }
    }

    #[test]
    fn a_file_remembers_its_environment_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.remember("/a/node.yaml", 0, &environment()).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.remembered("/a/node.yaml", 0).unwrap().unwrap().name, "demo");
        store.forget(&environment()).unwrap();
        assert_eq!(store.remembered("/a/node.yaml", 0).unwrap(), None);
    }

    #[test]
    fn an_environment_is_changed_by_one_command_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let held = store.take(&environment()).unwrap();
        assert!(matches!(store.take(&environment()), Err(LockError::Taken { .. })));
        drop(held);
        assert!(store.take(&environment()).is_ok());
    }

    #[test]
    fn events_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for n in 0..3 {
            let event = PastEvent {
                at: Timestamp::UNIX_EPOCH,
                step: format!("vpc/{n}"),
                reason: "Created".into(),
                text: String::new(),
            };
            store.record("u", &event).unwrap();
        }
        let steps: Vec<_> =
            store.events("u", 2).unwrap().into_iter().map(|event| event.step).collect();
        assert_eq!(steps, ["vpc/1", "vpc/2"]);
    }

    #[test]
    fn an_object_is_as_old_as_its_last_creation() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for (at, step, reason) in
            [(1, "vpc/main", "Created"), (2, "vpc/main", "Created"), (3, "vpc/main", "Removed")]
        {
            let at = Timestamp::from_second(at).unwrap();
            let (step, reason) = (step.to_owned(), reason.to_owned());
            store.record("u", &PastEvent { at, step, reason, text: String::new() }).unwrap();
        }
        let created = store.created("u").unwrap();
        assert_eq!(created.get("vpc/main"), Some(&Timestamp::from_second(2).unwrap()));
        assert!(store.created("another").unwrap().is_empty());
    }
}
