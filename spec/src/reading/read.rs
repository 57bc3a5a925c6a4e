//! Reads trees into types, and does not stop at the first error.
//!
//! An ordinary serde deserialiser in what it hands to visitors. It differs where something is
//! wrong: it writes a report with the place and, if the field is one of [`crate::at`], goes on
//! with the next. Fields that a struct knows and a mapping lacks are handed over as well (as
//! [`Node::Absent`]), so that `Required` says what is missing and where.

use std::{fmt, slice};

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{SeqDeserializer, StrDeserializer, UnitDeserializer},
    },
    forward_to_deserialize_any,
};

use crate::{
    at::{BLOCK, CAUTIOUS, FILLED, HIDDEN, OPTIONAL, REQUIRED},
    log::{Log, Quoted, is_delicate},
    problem::{Code, Draft},
    quickstart::successor,
    suggest::closest,
    tree::{Content, Guess, Scalar, Span, Tree, is_number},
};

/// Reads one node.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'de> {
    node: Node<'de>,
    /// The key it stands behind; the first one, for a document.
    key: Span,
    log: &'de Log,
}

#[derive(Clone, Copy)]
enum Node<'de> {
    Written(&'de Tree<'de>),
    /// A field the mapping at `Reader::key` lacks, or which is there without a value.
    Absent {
        name: &'static str,
        empty: Option<Span>,
    },
}

/// Why a visitor did not take a value.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The log has it.
    Reported,
    /// What the type says; a second line is help.
    Said(String),
    UnknownValue {
        given: String,
        known: &'static [&'static str],
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported => f.write_str("reported"),
            Self::Said(what) => f.write_str(what),
            Self::UnknownValue { given, .. } => write!(f, "{} is not known", Quoted(given)),
        }
    }
}

impl std::error::Error for Trouble {}

impl de::Error for Trouble {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Said(message.to_string())
    }

    fn unknown_variant(given: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownValue { given: given.to_owned(), known }
    }
}

impl<'de> Reader<'de> {
    /// Reads a whole document.
    pub(crate) fn new(tree: &'de Tree<'de>, log: &'de Log) -> Self {
        Self { node: Node::Written(tree), key: stand_in(tree), log }
    }

    /// Hands the node to `seed`. What goes wrong is in the log.
    pub(crate) fn read<S: DeserializeSeed<'de>>(self, seed: S) -> Option<S::Value> {
        match seed.deserialize(self) {
            Ok(value) => Some(value),
            Err(trouble) => {
                self.report(trouble);
                None
            }
        }
    }

    fn span(self) -> Span {
        match self.node {
            Node::Written(tree) => tree.span,
            Node::Absent { .. } => self.key,
        }
    }

    /// Where it is best shown: a mapping may be as long as the file, its key is not.
    fn place(self) -> Span {
        match self.node {
            Node::Written(tree) => match &*tree.content {
                Content::Map(_) | Content::List(_, true) => self.key,
                Content::Scalar(_) | Content::List(_, false) => tree.span,
            },
            Node::Absent { .. } => self.key,
        }
    }

    fn report(self, trouble: Trouble) -> Trouble {
        let draft = match trouble {
            Trouble::Reported => return Trouble::Reported,
            Trouble::Said(what) => {
                let (message, help) = match what.split_once('\n') {
                    Some((message, help)) => (message, Some(help)),
                    None => (what.as_str(), None),
                };
                let draft = Draft::new(Code::InvalidValue, self.span(), message);
                match help {
                    Some(help) => draft.help(help),
                    None => draft,
                }
            }
            Trouble::UnknownValue { given, known } => {
                let message = format!("{} is not a value of this field", Quoted(&given));
                let draft = Draft::new(Code::UnknownValue, self.span(), message);
                match closest(&given, known.iter().copied()) {
                    Some(near) if known.len() == 1 => draft.help(format!("write `{near}`")),
                    Some(near) => {
                        draft.help(format!("did you mean `{near}`? Known are {}", one_of(known)))
                    }
                    None => draft.help(format!("write {}", one_of(known))),
                }
            }
        };
        self.log.report(draft);
        Trouble::Reported
    }

    /// Reports that there is something else than `expected`.
    fn wrong(self, expected: &str) -> Trouble {
        let draft = match self.node {
            Node::Absent { name, empty: Some(_) } => {
                Draft::new(Code::MissingField, self.key, format!("`{name}` has no value"))
                    .label(format!("{expected} belongs here"))
            }
            Node::Absent { name, empty: None } => {
                Draft::new(Code::MissingField, self.key, format!("`{name}` is missing"))
                    .label("missing here")
                    .field(name)
            }
            Node::Written(tree) => {
                let found = match &*tree.content {
                    Content::Map(_) => "a mapping",
                    Content::List(..) => "a list",
                    Content::Scalar(scalar) if !scalar.is_one_line() => "several lines of text",
                    Content::Scalar(scalar) => match scalar.guess() {
                        Guess::Null => "nothing",
                        Guess::Bool => "a truth value",
                        Guess::Number => "a number",
                        Guess::Text => "text",
                    },
                };
                // A collection may be as long as the file: its key shows the place better.
                let at = if tree.scalar().is_some() { tree.span } else { self.key };
                let draft =
                    Draft::new(Code::WrongType, at, format!("{found} where {expected} belongs"))
                        .label(format!("{expected} belongs here"));
                match tree.scalar() {
                    // What stands for a whole mapping may be anything, a key for example.
                    Some(scalar)
                        if scalar.is_one_line()
                            && (expected != MAPPING || scalar.is_plain_value())
                            && !is_delicate(&scalar.text) =>
                    {
                        self.log.show(tree.span);
                        let is_short = !scalar.text.is_empty() && scalar.text.len() < 40;
                        if expected == LIST && is_short && scalar.guess() == Guess::Text {
                            draft.help(format!("a list looks like [{}, …]", scalar.text))
                        } else {
                            draft
                        }
                    }
                    Some(_) | None => draft,
                }
            }
        };
        self.log.report(draft);
        Trouble::Reported
    }

    /// Reports a field that is written and left empty, and would mean something else left out.
    fn empty(self) {
        let name = match self.node {
            Node::Absent { name, .. } => name,
            Node::Written(_) => return,
        };
        let draft = Draft::new(Code::MissingField, self.key, format!("`{name}` has no value"));
        let help = format!(
            "write one, for example `{name}: {{}}` if it has fields with defaults, or remove the line"
        );
        self.log.report(draft.label("nothing follows").help(help));
    }

    /// A scalar that nothing is known of yet: neither that it may be shown, nor that it is one line.
    fn any_scalar(self, expected: &str) -> Result<&'de Scalar<'de>, Trouble> {
        let Node::Written(tree) = self.node else { return Err(self.wrong(expected)) };
        tree.scalar().ok_or_else(|| self.wrong(expected))
    }

    fn scalar(self, expected: &str) -> Result<&'de Scalar<'de>, Trouble> {
        let scalar = self.any_scalar(expected)?;
        if !scalar.is_one_line() {
            // Several lines are easily the rest of the file, swallowed by a quote or a `|`.
            return Err(self.wrong(&format!("{expected} in one line")));
        }
        if !is_delicate(&scalar.text) {
            self.log.show(self.span());
        }
        Ok(scalar)
    }

    /// Reports text that some YAML reader takes for something else.
    fn needs_quotes(self, text: &str, taken_for: &str) -> Trouble {
        let message = format!("{} is {taken_for} to YAML, and text belongs here", Quoted(text));
        let mut help = format!("put it in quotes: \"{text}\"");
        if text.starts_with('0') && text.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            help.push_str("; without them the leading zero is lost");
        }
        let draft = Draft::new(Code::NeedsQuotes, self.span(), message);
        self.log.report(draft.label("needs quotes").help(help));
        Trouble::Reported
    }

    /// A plain scalar, for types that are not text.
    fn plain(self, expected: &str) -> Result<&'de str, Trouble> {
        let scalar = self.scalar(expected)?;
        if scalar.plain {
            return Ok(&scalar.text);
        }
        let draft =
            Draft::new(Code::WrongType, self.span(), format!("text where {expected} belongs"));
        self.log.report(draft.label(format!("{expected} belongs here")).help("remove the quotes"));
        Err(Trouble::Reported)
    }

    /// A number, of which the visitor says what it takes.
    fn number<N: std::str::FromStr>(self, expected: &dyn Expected) -> Result<N, Trouble> {
        let expected = expected.to_string();
        let text = self.plain(&expected)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
        // What begins with zero is octal to some.
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        match text.parse() {
            Ok(number) if is_plain && !is_padded => Ok(number),
            Ok(_) | Err(_) if is_number(text) => {
                let message = format!("{} where {expected} belongs", Quoted(text));
                let draft = Draft::new(Code::WrongType, self.span(), message);
                let help = if is_plain && !is_padded {
                    "it is out of range"
                } else {
                    "write it in digits alone: without sign, leading zero, point, exponent or prefix"
                };
                self.log.report(draft.label(format!("{expected} belongs here")).help(help));
                Err(Trouble::Reported)
            }
            Ok(_) | Err(_) => Err(self.wrong(&expected)),
        }
    }

    /// Text that may go on for several lines and where each of them is written. Never shown: what is
    /// in it is for others to know.
    fn block(self) -> Result<Block<'de>, Trouble> {
        let scalar = self.any_scalar("text")?;
        Ok(Block { text: Some(&scalar.text), lines: scalar.lines(self.span()) })
    }

    /// Text that is not shown.
    fn hidden(self) -> Result<&'de str, Trouble> {
        let scalar = self.any_scalar("text")?;
        if scalar.is_one_line() { Ok(&scalar.text) } else { Err(self.wrong("text in one line")) }
    }

    fn items(self) -> Result<Items<'de>, Trouble> {
        match self.node {
            Node::Written(tree) => match &*tree.content {
                Content::List(items, _) => Ok(Items { items: items.iter(), of: self }),
                Content::Scalar(_) | Content::Map(_) => Err(self.wrong(LIST)),
            },
            Node::Absent { .. } => Err(self.wrong(LIST)),
        }
    }

    fn entries(self) -> Result<&'de [(Tree<'de>, Tree<'de>)], Trouble> {
        match self.node {
            Node::Written(tree) => match &*tree.content {
                Content::Map(entries) => Ok(entries),
                Content::Scalar(_) | Content::List(..) => Err(self.wrong(MAPPING)),
            },
            Node::Absent { .. } => Err(self.wrong(MAPPING)),
        }
    }

    /// An empty value hides nothing, so neither need what stands around it be hidden.
    fn show_nothing(self) {
        match self.node {
            Node::Written(tree) if tree.is_stand_in() => {}
            Node::Written(tree) => self.log.show(tree.span),
            Node::Absent { empty: Some(nothing), .. } => self.log.show(nothing),
            Node::Absent { empty: None, .. } => {}
        }
    }

    fn is_nothing(self) -> bool {
        match self.node {
            Node::Written(tree) => tree.is_null(),
            Node::Absent { .. } => true,
        }
    }
}

const LIST: &str = "a list";
const MAPPING: &str = "a mapping";

pub(crate) fn one_of(known: &[&str]) -> String {
    match known {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|value| format!("`{value}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
            let number = self.number::<$type>(&visitor)?;
            visitor.$visit(number)
        }
    )+};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Trouble;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match self.node {
            Node::Written(tree) => match &*tree.content {
                Content::Map(_) => self.deserialize_map(visitor),
                Content::List(..) => self.deserialize_seq(visitor),
                Content::Scalar(_) => self.deserialize_str(visitor),
            },
            Node::Absent { .. } => visitor.visit_unit(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match self.plain("true or false")? {
            "true" | "True" | "TRUE" => visitor.visit_bool(true),
            "false" | "False" | "FALSE" => visitor.visit_bool(false),
            other => {
                let message = format!("{} is neither true nor false", Quoted(other));
                let draft = Draft::new(Code::WrongType, self.span(), message);
                self.log.report(draft.label("true or false belongs here"));
                Err(Trouble::Reported)
            }
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let scalar = self.scalar("text")?;
        let taken_for = match scalar.guess() {
            Guess::Text => return visitor.visit_borrowed_str(&scalar.text),
            Guess::Null => return Err(self.wrong("text")),
            Guess::Bool => "a truth value",
            Guess::Number => "a number",
        };
        // What would be wrong in quotes as well is told at once.
        visitor.visit_borrowed_str::<Trouble>(&scalar.text)?;
        Err(self.needs_quotes(&scalar.text, taken_for))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        if self.is_nothing() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        match name {
            OPTIONAL if self.is_nothing() => {
                self.show_nothing();
                visitor.visit_unit()
            }
            REQUIRED if self.is_nothing() => {
                self.show_nothing();
                self.wrong("a value");
                visitor.visit_unit()
            }
            FILLED if self.is_nothing() => {
                self.show_nothing();
                if let Node::Absent { empty: None, .. } = self.node {
                    return visitor.visit_unit();
                }
                self.empty();
                // Broken: neither a value nor its place.
                visitor.visit_seq(Lenient { value: None, span: None })
            }
            FILLED | OPTIONAL | REQUIRED => {
                visitor.visit_seq(Lenient { value: Some(self), span: None })
            }
            BLOCK => visitor.visit_seq(self.block()?),
            HIDDEN => visitor.visit_borrowed_str(self.hidden()?),
            CAUTIOUS => {
                let value = visitor.visit_borrowed_str(self.hidden()?)?;
                self.log.show(self.span());
                Ok(value)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_map(Pairs { entries: self.entries()?.iter(), value: None, log: self.log })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let entries = self.entries()?.iter();
        let value = None;
        visitor.visit_map(Fields {
            entries,
            known,
            seen: Vec::new(),
            absent: known.iter(),
            value,
            of: self,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let value: StrDeserializer<'_, Trouble> =
            self.scalar(&one_of(known))?.text.as_ref().into_deserializer();
        visitor.visit_enum(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// A value that may be broken, then its span.
struct Lenient<'de> {
    value: Option<Reader<'de>>,
    span: Option<Span>,
}

impl<'de> SeqAccess<'de> for Lenient<'de> {
    type Error = Trouble;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Trouble> {
        if let Some(reader) = self.value.take() {
            self.span = Some(reader.place());
            return Ok(reader.read(seed));
        }
        let Some(span) = self.span.take() else { return Ok(None) };
        let pair = [span.start, span.end];
        seed.deserialize(SeqDeserializer::new(pair.into_iter())).map(Some)
    }
}

/// Text of several lines: the text, then where its lines begin.
struct Block<'de> {
    text: Option<&'de str>,
    lines: Vec<usize>,
}

impl<'de> SeqAccess<'de> for Block<'de> {
    type Error = Trouble;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Trouble> {
        if let Some(text) = self.text.take() {
            let text: StrDeserializer<'_, Trouble> = text.into_deserializer();
            return seed.deserialize(text).map(Some);
        }
        let lines = std::mem::take(&mut self.lines);
        seed.deserialize(SeqDeserializer::new(lines.into_iter())).map(Some)
    }
}

/// What stands for the key where there is none: the first field of a mapping.
fn stand_in(tree: &Tree<'_>) -> Span {
    match &*tree.content {
        Content::Map(entries) => entries.first().map_or(tree.span, |(key, _)| key.span),
        Content::Scalar(_) | Content::List(..) => tree.span,
    }
}

/// The items of a list.
struct Items<'de> {
    items: slice::Iter<'de, Tree<'de>>,
    of: Reader<'de>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Trouble;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Trouble> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let node = Node::Written(item);
        let reader = Reader { node, key: stand_in(item), log: self.of.log };
        seed.deserialize(reader).map(Some).map_err(|trouble| reader.report(trouble))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The entries of a mapping with keys of the user's choice.
struct Pairs<'de> {
    entries: slice::Iter<'de, (Tree<'de>, Tree<'de>)>,
    value: Option<Reader<'de>>,
    log: &'de Log,
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = Trouble;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Trouble> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let reader = Reader { node: Node::Written(key), key: key.span, log: self.log };
        self.value = Some(Reader { node: Node::Written(value), ..reader });
        seed.deserialize(reader).map(Some).map_err(|trouble| reader.report(trouble))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Trouble> {
        let Some(reader) = self.value.take() else {
            return seed.deserialize(UnitDeserializer::new());
        };
        seed.deserialize(reader).map_err(|trouble| reader.report(trouble))
    }
}

/// The fields of a struct: those written, then those that are not.
struct Fields<'de> {
    entries: slice::Iter<'de, (Tree<'de>, Tree<'de>)>,
    known: &'static [&'static str],
    seen: Vec<&'static str>,
    absent: slice::Iter<'static, &'static str>,
    value: Option<Reader<'de>>,
    of: Reader<'de>,
}

/// Whether a key is meant as one, and not a line of something else that happens to have a colon.
fn is_name(key: &str) -> bool {
    let is_short = key.chars().count() <= 40;
    key == "<<"
        || (is_short
            && key.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '_' | '/')))
}

impl<'de> Fields<'de> {
    /// What to say of a key that is no field's. It is shown if it is meant as one.
    fn unknown(known: &[&str], key: &Tree<'de>, name: &str, log: &Log) -> Draft {
        let near = closest(name, known.iter().copied());
        let is_name = is_name(name) || near.is_some() || successor(name).is_some();
        if is_name {
            log.show(key.span);
        }
        if name == "<<" {
            return Draft::new(Code::MergeKey, key.span, "merge keys have no meaning in a node")
                .label("neither JSON nor Kubernetes knows `<<`")
                .help("write the fields out; an alias (`*name`) as a value is fine");
        }
        let what = if is_name { Quoted(name).to_string() } else { "like this".to_owned() };
        let message = format!("there is no field {what}");
        let draft = Draft::new(Code::UnknownField, key.span, message).label("not known here");
        match near {
            Some(near) => draft.help(format!("did you mean `{near}`?")),
            None => draft,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Trouble;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Trouble> {
        for (key, value) in self.entries.by_ref() {
            let reader = Reader { node: Node::Written(value), key: key.span, log: self.of.log };
            let Some(scalar) = key.scalar() else {
                Reader { node: Node::Written(key), ..reader }.wrong("the name of a field");
                continue;
            };
            let name = scalar.text.as_ref();
            let found = self.known.iter().copied().find(|known| *known == name);
            if found.is_some() {
                self.of.log.show(key.span);
            }
            let Some(known) = found else {
                let log = self.of.log;
                log.report_with(|| Self::unknown(self.known, key, name, log));
                continue;
            };
            if self.seen.contains(&known) {
                // The tree has noted it as a duplicate.
                continue;
            }
            self.seen.push(known);
            self.value = Some(if value.is_null() && !value.is_stand_in() {
                Reader { node: Node::Absent { name: known, empty: Some(value.span) }, ..reader }
            } else {
                reader
            });
            let name: StrDeserializer<'_, Trouble> = known.into_deserializer();
            return seed.deserialize(name).map(Some);
        }
        let written = &self.seen;
        let Some(name) = self.absent.by_ref().copied().find(|name| !written.contains(name)) else {
            return Ok(None);
        };
        self.value = Some(Reader { node: Node::Absent { name, empty: None }, ..self.of });
        let name: StrDeserializer<'_, Trouble> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Trouble> {
        let Some(reader) = self.value.take() else {
            return seed.deserialize(UnitDeserializer::new());
        };
        seed.deserialize(reader).map_err(|trouble| reader.report(trouble))
    }
}
