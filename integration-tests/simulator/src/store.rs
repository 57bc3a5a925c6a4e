//! The file in which a world lasts from command to command.
//!
//! One JSON file, readable by its owner only, beside a lock file that is held for one call at a
//! time. It is written beside and renamed into place, so that it is whole at any moment.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::World;

/// The form of the file; another form is refused, never guessed at.
const FORMAT: u32 = 1;

/// Why a world in a file is out of reach.
#[derive(Debug, Error)]
pub enum WorldError {
    /// The file system refuses.
    #[error("{action} {}", path.display())]
    File {
        /// What was tried: `read`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is there and is no world.
    #[error("read the simulated world in {}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// The file was written by another release.
    #[error("the simulated world in {} has form {found}, not {FORMAT}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// Its form.
        found: u32,
    },
}

#[derive(Serialize)]
struct Writing<'a> {
    format: u32,
    world: &'a World,
}

#[derive(Deserialize)]
struct Header {
    format: u32,
}

#[derive(Deserialize)]
struct Reading {
    world: World,
}

/// How a version of the file is recognised without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

/// The right to read and write the file, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held for its lock alone")] File);

/// A world's file.
#[derive(Debug)]
pub(crate) struct WorldFile {
    path: PathBuf,
    seen: Option<Seen>,
}

impl WorldFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: None }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// Waits until nobody else works on the file.
    pub(crate) fn lock(&self) -> Result<Lock, WorldError> {
        let path = self.beside(".lock");
        let file = private(OpenOptions::new().create(true).truncate(false))
            .open(&path)
            .map_err(|source| WorldError::File { action: "open", path: path.clone(), source })?;
        file.lock().map_err(|source| WorldError::File { action: "lock", path, source })?;
        Ok(Lock(file))
    }

    /// Reads the world, if the file is not the one that was read or written last.
    pub(crate) fn reload(&mut self) -> Result<Option<World>, WorldError> {
        let seen = match fs::metadata(&self.path) {
            Ok(metadata) => look(&metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(WorldError::File { action: "read", path: self.path.clone(), source });
            }
        };
        if self.seen.as_ref() == Some(&seen) {
            return Ok(None);
        }
        let text = fs::read(&self.path).map_err(|source| WorldError::File {
            action: "read",
            path: self.path.clone(),
            source,
        })?;
        let content = |source| WorldError::Content { path: self.path.clone(), source };
        let header: Header = serde_json::from_slice(&text).map_err(content)?;
        if header.format != FORMAT {
            return Err(WorldError::Format { path: self.path.clone(), found: header.format });
        }
        let reading: Reading = serde_json::from_slice(&text).map_err(content)?;
        self.seen = Some(seen);
        Ok(Some(reading.world))
    }

    /// Writes the world; only who holds the lock may.
    pub(crate) fn save(&mut self, world: &World, _lock: &Lock) -> Result<(), WorldError> {
        let text = serde_json::to_vec(&Writing { format: FORMAT, world })
            .map_err(|source| WorldError::Content { path: self.path.clone(), source })?;
        let draft = self.beside(".new");
        let write = || -> io::Result<Seen> {
            let mut file = private(OpenOptions::new().create(true).truncate(true)).open(&draft)?;
            file.write_all(&text)?;
            fs::rename(&draft, &self.path)?;
            Ok(look(&file.metadata()?))
        };
        let seen = write().map_err(|source| WorldError::File {
            action: "write",
            path: self.path.clone(),
            source,
        })?;
        self.seen = Some(seen);
        Ok(())
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.write(true).mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true)
}

fn look(metadata: &fs::Metadata) -> Seen {
    Seen { modified: metadata.modified().ok(), length: metadata.len(), number: number(metadata) }
}

#[cfg(unix)]
fn number(metadata: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.ino()
}

#[cfg(not(unix))]
fn number(_metadata: &fs::Metadata) -> u64 {
    0
}
