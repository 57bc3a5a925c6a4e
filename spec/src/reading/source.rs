//! The text a report is about, fit to be shown.
//!
//! What must not be shown is gone from it: a blot takes as many bytes and characters as what it
//! covers, so that every position holds in both texts and nothing needs the original any more.

use std::fmt;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use serde::Serialize;

use crate::tree::Span;

/// Where something is written: `node.yaml:6:7`.
///
/// Lines and columns count from one, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The name the file was given to `parse` under.
    pub file: String,
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A named text without what must not be shown.
pub(crate) struct Source {
    name: String,
    text: String,
    lines: Vec<usize>,
    /// How many characters there are before every so many bytes, so that no column takes longer to
    /// count than another, however long its line.
    counted: Vec<usize>,
}

/// After how many bytes the characters are counted.
const STEP: usize = 256;

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

impl Source {
    /// Takes `text` without what `hidden` covers. The spans are in order.
    pub(crate) fn new(name: &str, text: &str, hidden: &[Span]) -> Self {
        let mut blotted = String::with_capacity(text.len());
        let mut lines = vec![0];
        let mut hidden = hidden.iter().copied().peekable();
        let mut counted = Vec::with_capacity(text.len() / STEP + 1);
        let mut count = 0;
        let mut characters = text.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            while counted.len() * STEP <= at {
                counted.push(count);
            }
            count += usize::from(c != BOM);
            while hidden.next_if(|span| span.end <= at).is_some() {}
            let covered = hidden.peek().is_some_and(|span| span.start <= at);
            blotted.push(if covered || steers(c) { blot(c) } else { c });
            let next_is_feed = characters.peek().is_some_and(|(_, next)| *next == '\n');
            if c == '\n' || (c == '\r' && !next_is_feed) {
                lines.push(at + 1);
            }
        }
        Self { name: name.to_owned(), text: blotted, lines, counted }
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = self.characters(offset).saturating_sub(self.characters(start)) + 1;
        Place { file: self.name.clone(), line, column }
    }

    /// Keeps `span` within its first line, where a report can show it.
    pub(crate) fn clamp(&self, span: Span) -> SourceSpan {
        let start = self.boundary(span.start.min(self.text.len()));
        let rest = self.text.get(start..span.end.clamp(start, self.text.len())).unwrap_or_default();
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = self.boundary(start + line.min(REACH));
        (start, end - start).into()
    }

    /// How many characters begin before `offset`.
    fn characters(&self, offset: usize) -> usize {
        let step = (offset / STEP).min(self.counted.len().saturating_sub(1));
        let mut from = step * STEP;
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let rest = self.text.get(from..).unwrap_or_default();
        let more = rest.char_indices().take_while(|(at, _)| from + at < offset);
        self.counted.get(step).copied().unwrap_or_default()
            + more.filter(|(_, c)| *c != BOM).count()
    }
}

/// Some editors put one in front of a file; it is no column.
const BOM: char = '\u{feff}';

/// Whether it would move the cursor, change colours or turn the direction of text on a terminal.
pub(crate) fn steers(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        // Or cannot be seen, or looks like a space that is none.
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}')
}

fn blot(c: char) -> char {
    match c.len_utf8() {
        _ if c.is_whitespace() && !steers(c) => c,
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '\u{10101}',
    }
}

/// How far to both sides of what a report points to its line is shown, in bytes.
const REACH: usize = 240;
/// Labels further apart than this are shown apart.
const WIDEST: usize = 4 * REACH;

impl Source {
    /// Which line `offset` is in, from zero.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn line_start(&self, line: usize) -> usize {
        self.lines.get(line).copied().unwrap_or(self.text.len())
    }

    /// The nearest beginning of a character from `offset` on.
    fn boundary(&self, mut offset: usize) -> usize {
        while offset < self.text.len() && !self.text.is_char_boundary(offset) {
            offset += 1;
        }
        offset.min(self.text.len())
    }
}

/// A report shows lines around what it points to: of long lines only a part, so that no file makes a
/// report that is longer than anybody reads.
impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let start = span.offset();
        let end = start.saturating_add(span.len());
        if end > self.text.len() || span.len() > WIDEST {
            return Err(MietteError::OutOfBounds);
        }
        let (first, last) = (self.line(start), self.line(end.saturating_sub(1).max(start)));
        let nearest = start.saturating_sub(REACH);
        let from = if before == 0 {
            start
        } else {
            (first.saturating_sub(before)..=first)
                .map(|line| self.line_start(line))
                .find(|start| *start >= nearest)
                .unwrap_or_else(|| self.boundary(nearest))
        };
        let furthest = end.saturating_add(REACH);
        let to = (last..=last.saturating_add(after))
            .rev()
            .map(|line| self.line_start(line + 1))
            .find(|end| *end <= furthest)
            .unwrap_or_else(|| self.boundary(furthest));
        let to = to.max(end);
        let data = self.text.as_bytes().get(from..to).unwrap_or_default();
        let column = if before == 0 { self.place(start).column.saturating_sub(1) } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            (from, to - from).into(),
            self.line(from),
            column,
            self.line(to.saturating_sub(1).max(from)) - self.line(from) + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let source = Source::new("n", "é: 1\r\nb: 2\rc: 3\n", &[]);
        assert_eq!(source.place(0).to_string(), "n:1:1");
        assert_eq!(source.place(4).to_string(), "n:1:4");
        assert_eq!(source.place(7).to_string(), "n:2:1");
        assert_eq!(source.place(12).to_string(), "n:3:1");
        assert_eq!(source.place(17).to_string(), "n:4:1");
    }

    #[test]
    fn a_blot_moves_nothing() {
        let text = "a: pä𝕏€ b\nc";
        let hidden = [Span::new(3, text.find(" b").unwrap_or_default())];
        let source = Source::new("n", text, &hidden);
        assert_eq!(source.text, "a: *·\u{10101}• b\nc");
        assert_eq!(source.text.len(), text.len());
    }
}
