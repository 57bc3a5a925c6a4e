//! Text of several lines.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess, Visitor},
};

use crate::{
    at::{At, BLOCK},
    form::Form,
    log::Log,
    problem::{Code, Draft},
    tree::Span,
};

/// Text that may have several lines, and where they stand in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) text: String,
    starts: Vec<usize>,
}

impl Lines {
    /// Where in the file a part of the text stands, if it stands there as it is.
    pub(crate) fn place(&self, from: usize, length: usize) -> Option<Span> {
        let before = self.text.get(..from)?;
        let line = before.matches('\n').count();
        let column = before.rfind('\n').map_or(from, |newline| from - newline - 1);
        let rest = self.text.get(from..)?.lines().next().unwrap_or_default();
        let start = self.starts.get(line)? + column;
        Some(Span::new(start, start + length.min(rest.len())))
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = Lines;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Lines, A::Error> {
                let text = parts.next_element()?;
                let starts = parts.next_element()?;
                let (Some(text), Some(starts)) = (text, starts) else {
                    return Err(de::Error::custom("text belongs here"));
                };
                Ok(Lines { text, starts })
            }
        }
        deserializer.deserialize_newtype_struct(BLOCK, Parts)
    }
}

/// Such text with a longest length.
pub(crate) fn text_schema(longest: usize) -> Schema {
    json_schema!({ "type": "string", "maxLength": longest })
}

/// What is read before logging in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Banner(String);

impl Banner {
    const LONGEST: usize = 2000;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A banner as written.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct WrittenBanner(Lines);

impl JsonSchema for WrittenBanner {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Banner".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text_schema(Banner::LONGEST)
    }
}

impl Form for Banner {
    type Written = WrittenBanner;

    fn settle(written: At<WrittenBanner>, log: &Log) -> Option<Self> {
        let At { value: WrittenBanner(lines), span } = written;
        let count = lines.text.chars().count();
        if count > Self::LONGEST {
            let message = format!("this banner has {count} characters");
            let draft = Draft::new(Code::InvalidValue, span, message).label("too long");
            log.report(draft.help(format!("write at most {}", Self::LONGEST)));
            return None;
        }
        if let Some(c) = lines.text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            let message = format!("a banner with the control character {}", c.escape_default());
            let draft = Draft::new(Code::InvalidValue, span, message).label("not fit to be shown");
            log.report(
                draft
                    .help("remove it: it would do something to the terminals of those who read it"),
            );
            return None;
        }
        Some(Self(lines.text))
    }
}
