//! What comes up while a document is read, besides the document itself.

use std::{
    cell::{Cell, RefCell},
    fmt,
    fmt::Write,
};

use crate::{problem::Draft, source::steers, tree::Span};

/// Takes notes of one document. Shared by everything that reads or checks it.
#[derive(Default)]
pub(crate) struct Log {
    problems: RefCell<Vec<Draft>>,
    shown: RefCell<Vec<Span>>,
    /// Problems beyond those that anybody reads.
    more: Cell<usize>,
}

/// More problems of one document are counted, and not told.
pub(crate) const MOST_PROBLEMS: usize = 100;

/// The notes, once the document is read.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) problems: Vec<Draft>,
    /// Scalars that a known field has read, and names of fields beside them.
    pub(crate) shown: Vec<Span>,
    /// How many more problems there are.
    pub(crate) more: usize,
}

impl Log {
    pub(crate) fn report(&self, draft: Draft) {
        if self.is_full() {
            self.more.set(self.more.get() + 1);
        } else {
            self.problems.borrow_mut().push(draft);
        }
    }

    /// Reports what takes time to find words for: not if it would only be counted.
    pub(crate) fn report_with(&self, draft: impl FnOnce() -> Draft) {
        if self.is_full() {
            self.more.set(self.more.get() + 1);
        } else {
            self.report(draft());
        }
    }

    fn is_full(&self) -> bool {
        self.problems.borrow().len() >= MOST_PROBLEMS
    }

    /// Notes that the scalar here may appear in reports.
    pub(crate) fn show(&self, span: Span) {
        self.shown.borrow_mut().push(span);
    }

    pub(crate) fn into_notes(self) -> Notes {
        let mut shown = self.shown.into_inner();
        shown.sort_unstable();
        shown.dedup();
        Notes { problems: self.problems.into_inner(), shown, more: self.more.get() }
    }
}

/// Whether text is kept out of reports wherever it is written: URLs, which carry keys in their paths
/// and passwords before their hosts, and private keys.
pub(crate) fn is_delicate(text: &str) -> bool {
    // A password before a host, without a scheme.
    let credentials = text.split_once('@').is_some_and(|(before, _)| before.contains(':'));
    // A wallet's key; an image's digest has its algorithm before it.
    let bare = text.trim_start_matches("0x");
    let key = bare.len() == 64 && bare.bytes().all(|b| b.is_ascii_hexdigit());
    let path = ["/v1/", "/v2/", "/v3/"].iter().any(|version| text.contains(version));
    text.contains("://") || text.contains("PRIVATE KEY") || credentials || key || path
}

/// Text of the file in a message: in backticks, without control characters, not too long.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 60;
        if let Some((scheme, _)) = self.0.split_once("://").filter(|_| is_delicate(self.0)) {
            return write!(
                f,
                "`{}://…`",
                scheme.chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>()
            );
        }
        if is_delicate(self.0) {
            return f.write_str("`…`");
        }
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
