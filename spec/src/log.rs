//! What comes up while a document is read, besides the document itself.

use std::{cell::RefCell, fmt, fmt::Write};

use crate::{problem::Draft, source::steers, tree::Span};

/// Takes notes of one document. Shared by everything that reads or checks it.
#[derive(Default)]
pub(crate) struct Log {
    problems: RefCell<Vec<Draft>>,
    shown: RefCell<Vec<Span>>,
    not_built: RefCell<Vec<Span>>,
}

/// The notes, once the document is read.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) problems: Vec<Draft>,
    /// Scalars that a known field has read, and names of fields beside them.
    pub(crate) shown: Vec<Span>,
    /// Keys of chapters that are not built yet.
    pub(crate) not_built: Vec<Span>,
}

impl Log {
    pub(crate) fn report(&self, draft: Draft) {
        self.problems.borrow_mut().push(draft);
    }

    /// Notes that the scalar here may appear in reports.
    pub(crate) fn show(&self, span: Span) {
        self.shown.borrow_mut().push(span);
    }

    pub(crate) fn not_built(&self, key: Span) {
        self.not_built.borrow_mut().push(key);
    }

    pub(crate) fn into_notes(self) -> Notes {
        let mut shown = self.shown.into_inner();
        shown.sort_unstable();
        shown.dedup();
        Notes {
            problems: self.problems.into_inner(),
            shown,
            not_built: self.not_built.into_inner(),
        }
    }
}

/// Text of the file in a message: in backticks, without control characters, not too long.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 60;
        f.write_str("`")?;
        for c in self.0.chars().take(LONGEST) {
            if c.is_control() || steers(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        if self.0.chars().nth(LONGEST).is_some() {
            f.write_str("…")?;
        }
        f.write_str("`")
    }
}
