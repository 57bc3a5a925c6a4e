//! The files a command names, read and checked.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clctl_spec::{Document, Invalid};

/// A document, and where it came from.
#[derive(Debug)]
pub struct Named {
    /// What reports call the file.
    pub file: String,
    /// The file's path in full, if it has one.
    pub path: Option<PathBuf>,
    /// Which document of the file it is, from 0.
    pub index: usize,
    /// The document.
    pub document: Document,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read_ {
    /// The sound documents.
    pub documents: Vec<Named>,
    /// What is wrong with the others.
    pub invalid: Vec<Invalid>,
}

/// Reads every file that is named: a file, a folder, or `-`.
pub fn read(names: &[String]) -> anyhow::Result<Read_> {
    let mut read = Read_::default();
    for name in names {
        if name == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
            read.take("<stdin>", None, &bytes);
            continue;
        }
        let path = Path::new(name);
        for path in expand(path)? {
            let shown = path.display().to_string();
            let bytes = fs::read(&path).with_context(|| format!("{shown} cannot be read"))?;
            let full = fs::canonicalize(&path).ok();
            read.take(&shown, full, &bytes);
        }
    }
    Ok(read)
}

impl Read_ {
    fn take(&mut self, name: &str, path: Option<PathBuf>, bytes: &[u8]) {
        match clctl_spec::parse_bytes(name, bytes) {
            Ok(documents) => {
                self.documents.extend(documents.into_iter().enumerate().map(|(index, document)| Named {
                    file: name.to_owned(),
                    path: path.clone(),
                    index,
                    document,
                }));
            }
            Err(invalid) => self.invalid.push(invalid),
        }
    }
}

/// A folder's specs in the order of their names, or the file itself.
fn expand(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let shown = path.display();
    for entry in fs::read_dir(path).with_context(|| format!("{shown} cannot be read"))? {
        let file = entry.with_context(|| format!("{shown} cannot be read"))?.path();
        let spec = file
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension));
        if spec && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    anyhow::ensure!(!files.is_empty(), "{shown} holds no .yaml, .yml or .json file");
    Ok(files)
}
