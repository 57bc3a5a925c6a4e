//! What the tests share.

use std::fmt::Debug;

use clctl_spec::{Invalid, parse};
use miette::{GraphicalReportHandler, GraphicalTheme};

/// A value a test is sure of.
pub(crate) fn sure<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => unreachable!("{error:?}"),
    }
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
