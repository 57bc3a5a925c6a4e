//! What the tests share.

use std::fmt::Debug;

use clctl_spec::{Invalid, parse};
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde_json::Value;

/// A value a test is sure of.
pub(crate) fn sure<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => unreachable!("{error:?}"),
    }
}

/// The examples, by the names of their files.
pub(crate) fn examples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let mut all: Vec<_> = sure(std::fs::read_dir(folder))
        .map(|entry| sure(entry).path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, sure(std::fs::read_to_string(path)))
        })
        .collect();
    all.sort();
    assert!(all.len() > 5);
    all
}

/// The report on a file that is wrong.
pub(crate) fn refused(name: &str, text: &str) -> Invalid {
    match parse(name, text) {
        Ok(_) => unreachable!("{name} is taken:\n{text}"),
        Err(invalid) => invalid,
    }
}

/// A report as a user sees it, without colour.
pub(crate) fn shown(invalid: &Invalid) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    let mut out = String::new();
    assert!(handler.with_width(100).render_report(&mut out, invalid).is_ok());
    out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Calls `check` with every schema within one, and its path.
pub(crate) fn visit(schema: &Value, path: &str, check: &mut dyn FnMut(&str, &Value)) {
    check(path, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        visit(field, &format!("{path}.{name}"), check);
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            visit(&schema[inner], &format!("{path}.{inner}"), check);
        }
    }
}
