//! A document as a tree of nodes that know where they are written.
//!
//! Scalars stay text: what a scalar means is for the field that reads it to say.

use std::{borrow::Cow, rc::Rc};

/// A range of bytes in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    pub(crate) fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end.max(self.start + 1)
    }
}

/// A node and where it is written.
///
/// An alias shares the content of its anchor and has a span of its own, so that a tree takes no
/// more room than its text, whatever its aliases expand to.
#[derive(Clone)]
pub(crate) struct Tree<'t> {
    pub(crate) content: Rc<Content<'t>>,
    pub(crate) span: Span,
}

/// What a node holds.
pub(crate) enum Content<'t> {
    Scalar(Scalar<'t>),
    /// Items, and whether each stands on lines of its own.
    List(Vec<Tree<'t>>, bool),
    Map(Vec<(Tree<'t>, Tree<'t>)>),
}

/// As what is written that nothing is known of, but that it must not be shown.
pub(crate) const STAND_IN: &str = "*";

/// A scalar, not yet interpreted.
pub(crate) struct Scalar<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Without quotes or tag, so that YAML readers guess its type.
    pub(crate) plain: bool,
    /// As it stands in the file, with quotes and indentation.
    pub(crate) written: &'t str,
}

/// What YAML readers take a plain scalar for.
///
/// The union of YAML 1.1 and 1.2: kubectl still reads `no` as false, so that text has to be
/// quoted whenever any reader would take it for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    Null,
    Bool,
    Number,
    Text,
}

impl Scalar<'_> {
    /// Whether it is written in one line.
    pub(crate) fn is_one_line(&self) -> bool {
        !self.written.contains(['\n', '\r'])
    }

    /// Where in the file each line of the text begins, as far as they stand there as they are.
    pub(crate) fn lines(&self, span: Span) -> Vec<usize> {
        let mut offset = span.start;
        let mut written = self.written.split_inclusive('\n').map(|line| {
            let start = offset;
            offset += line.len();
            (start, line.trim_end_matches(['\n', '\r']))
        });
        let mut starts = Vec::new();
        for line in self.text.lines() {
            let here = written.find(|(_, written)| {
                written.ends_with(line) && (!line.is_empty() || written.trim().is_empty())
            });
            let Some((start, written)) = here else { break };
            starts.push(start + written.len() - line.len());
        }
        starts
    }

    /// Whether it is a truth value or a short number: nothing that could be secret.
    pub(crate) fn is_plain_value(&self) -> bool {
        matches!(self.guess(), Guess::Bool | Guess::Number) && self.text.len() <= 6
    }

    pub(crate) fn guess(&self) -> Guess {
        if !self.plain {
            return Guess::Text;
        }
        match self.text.as_ref() {
            "" | "~" | "null" | "Null" | "NULL" => Guess::Null,
            text if is_bool(text) => Guess::Bool,
            text if is_number(text) => Guess::Number,
            _ => Guess::Text,
        }
    }
}

fn is_bool(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    // Mixed case such as `nO` is text to every reader.
    let first_upper = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && !letters.any(char::is_uppercase)
    };
    ["true", "false", "yes", "no", "on", "off", "y", "n"].contains(&lower.as_str())
        && (text == lower || text == text.to_ascii_uppercase() || first_upper(text))
}

/// Whether some YAML reader takes a plain scalar for a number.
pub(crate) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let all = |digits: &str, is: fn(char) -> bool| {
        !digits.is_empty() && digits.chars().all(|c| is(c) || c == '_')
    };
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return all(digits, |c| c.is_ascii_hexdigit());
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        return all(digits, |c| c.is_digit(8));
    }
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return all(digits, |c| c.is_digit(2));
    }
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&unsigned) {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_exponent = |exponent: &str| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    };
    let mut dots = 0;
    let mut digits = 0;
    for c in mantissa.chars() {
        match c {
            '0'..='9' => digits += 1,
            '_' if digits > 0 => {}
            '.' => dots += 1,
            _ => return false,
        }
    }
    digits > 0 && dots <= 1 && exponent.is_none_or(is_exponent)
}

impl<'t> Tree<'t> {
    pub(crate) fn scalar(&self) -> Option<&Scalar<'t>> {
        match &*self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(..) | Content::Map(_) => None,
        }
    }

    /// Whether it stands for something else that is written there.
    pub(crate) fn is_stand_in(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.plain && scalar.written == STAND_IN)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.guess() == Guess::Null)
    }

    pub(crate) fn get(&self, key: &str) -> Option<(&Self, &Self)> {
        let Content::Map(entries) = &*self.content else { return None };
        entries
            .iter()
            .find(|(name, _)| name.scalar().is_some_and(|scalar| scalar.text == key))
            .map(|(name, value)| (name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str) -> Guess {
        Scalar { text: text.into(), plain: true, written: text }.guess()
    }

    #[test]
    fn what_any_yaml_reader_takes_for_something_else_is_no_text() {
        for text in ["no", "No", "NO", "yes", "on", "Off", "y", "N", "true", "FALSE"] {
            assert_eq!(guess(text), Guess::Bool, "{text}");
        }
        for text in [
            "1",
            "-1",
            "+1",
            "0123",
            "1_000",
            "0x1F",
            "0o17",
            "0b1",
            "1.5",
            ".5",
            "1.",
            "1e3",
            "1.5e-3",
            ".inf",
            "-.inf",
            ".nan",
            "123456789012",
        ] {
            assert_eq!(guess(text), Guess::Number, "{text}");
        }
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(guess(text), Guess::Null, "{text}");
        }
        for text in [
            "nO",
            "nope",
            "us-east-1a",
            "10.0.0.0/16",
            "1.2.3",
            "e3",
            "1e",
            "-",
            ".",
            "_1",
            "0x",
            "None",
            "2026-11-22",
        ] {
            assert_eq!(guess(text), Guess::Text, "{text}");
        }
    }
}
