//! The files a command names, read and checked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use clctl_spec::{Document, Invalid};

use super::{exit::Exit, session::Ends};

/// A document, and where it came from.
#[derive(Debug)]
pub(super) struct Named {
    /// What reports call the file.
    pub(super) file: String,
    /// The file's path in full, if it has one.
    pub(super) path: Option<PathBuf>,
    /// Which document of the file it is, from 0.
    pub(super) index: usize,
    /// The document.
    pub(super) document: Document,
}

impl Named {
    /// The environment's name.
    pub(super) fn name(&self) -> String {
        self.document.node.metadata.name.to_string()
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The sound documents.
    pub(super) documents: Vec<Named>,
    /// What is wrong with the others.
    pub(super) invalid: Vec<Invalid>,
    /// Environments that more than one file declares.
    pub(super) twins: Vec<String>,
}

/// A file that is named and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be read")]
pub(super) struct FileError {
    what: String,
    #[source]
    source: std::io::Error,
}

/// Makes an error of the file system one that names what was read.
fn of(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> FileError {
    move |source| FileError { what: what.to_string(), source }
}

/// Reads every file that is named: a file, a folder, or `-`. A file named twice is read once.
pub(super) fn read(names: &[String]) -> anyhow::Result<Reading> {
    let mut read = Reading::default();
    let mut known: BTreeSet<PathBuf> = BTreeSet::new();
    let mut standard_input = false;
    for name in names {
        if name == "-" {
            if std::mem::replace(&mut standard_input, true) {
                continue;
            }
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(of("standard input"))?;
            read.take("<stdin>", None, &bytes);
            continue;
        }
        for path in expand(Path::new(name))? {
            let bytes = fs::read(&path).map_err(of(path.display()))?;
            let full = fs::canonicalize(&path).ok();
            if full.as_ref().is_none_or(|full| known.insert(full.clone())) {
                read.take(&path.display().to_string(), full.as_deref(), &bytes);
            }
        }
    }
    read.compare();
    Ok(read)
}

impl Reading {
    /// Whether nothing is wrong.
    pub(super) fn is_sound(&self) -> bool {
        self.invalid.is_empty() && self.twins.is_empty()
    }

    /// The one document there is, for verbs that are about one environment.
    pub(super) fn single(self, verb: &str) -> anyhow::Result<Named> {
        let count = self.documents.len();
        match <[Named; 1]>::try_from(self.documents) {
            Ok([only]) => Ok(only),
            Err(_) => anyhow::bail!(Ends {
                exit: Exit::Usage,
                text: format!(
                    "{verb} is about one environment, and {count} are declared here: name a file with one (-f)"
                ),
            }),
        }
    }

    fn take(&mut self, name: &str, path: Option<&Path>, bytes: &[u8]) {
        match clctl_spec::parse_bytes(name, bytes) {
            Ok(documents) => {
                self.documents.extend(documents.into_iter().enumerate().map(
                    |(index, document)| Named {
                        file: name.to_owned(),
                        path: path.map(Path::to_owned),
                        index,
                        document,
                    },
                ));
            }
            Err(invalid) => self.invalid.push(invalid),
        }
    }

    /// Finds environments that two files declare: each would undo what the other does.
    fn compare(&mut self) {
        let mut files: BTreeMap<(String, String), &str> = BTreeMap::new();
        for named in &self.documents {
            let region = named.document.node.spec.aws.region.to_string();
            if let Some(first) = files.insert((named.name(), region.clone()), &named.file) {
                self.twins.push(format!(
                    "{} in {region} is declared by {first} and by {}: each would undo what the other does; keep one, or give the other another metadata.name",
                    named.name(),
                    named.file
                ));
            }
        }
    }
}

/// A folder's specs in the order of their names, or the file itself.
fn expand(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(of(path.display()))? {
        let file = entry.map_err(of(path.display()))?.path();
        let spec = file
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension));
        if spec && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        anyhow::bail!(Ends {
            exit: Exit::Usage,
            text: format!("{} holds no .yaml, .yml or .json file", path.display()),
        });
    }
    Ok(files)
}
