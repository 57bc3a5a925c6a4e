//! Text to trees: YAML, and with it JSON.
//!
//! The parser is the one of serde-saphyr, one level below its deserialiser: that one stops at the
//! first error and has decided what `0123` is before a field can say. This module is the only one
//! that names it, so that it can be replaced.

use std::{borrow::Cow, collections::HashMap, rc::Rc};

use serde_saphyr::granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as Mark, StructureStyle, Tag, options,
};

use crate::{
    log::MOST_PROBLEMS,
    problem::{Code, Draft},
    tree::{Content, STAND_IN, Scalar, Span, Tree},
};

/// The size of the largest file that is looked at.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// The most documents of one file that are looked at.
pub(crate) const MAX_DOCUMENTS: usize = 200;
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 100_000;
const MAX_ALIASES: usize = 1_000;

/// One document of a file.
pub(crate) struct Yaml<'t> {
    /// What is there; only the part before the problem if `cut` says where reading ended.
    pub(crate) tree: Option<Tree<'t>>,
    pub(crate) cut: Option<Cut>,
    pub(crate) span: Span,
    /// Every scalar and alias, keys included, in order.
    pub(crate) scalars: Vec<Span>,
    /// Keys written twice in one mapping.
    pub(crate) duplicates: Vec<Duplicate<'t>>,
    pub(crate) problems: Vec<Draft>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// A key written twice in one mapping.
pub(crate) struct Duplicate<'t> {
    pub(crate) name: Cow<'t, str>,
    pub(crate) first: Span,
    pub(crate) again: Span,
}

/// Where reading ended early.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    /// Nothing is known about what comes from here to the end of the document.
    pub(crate) from: usize,
    /// What could not be read.
    pub(crate) at: usize,
}

/// Splits `text` into documents, one more than there may be at most. A broken document does not take the
/// others with it.
pub(crate) fn documents(text: &str) -> Vec<Yaml<'_>> {
    let options = options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut found = Vec::new();
    let mut document = Builder::new(0);
    while let Some(event) = parser.next_event() {
        let failed = match event {
            Ok((Event::DocumentStart(..), mark)) => {
                document = Builder::new(mark_span(&mark).start);
                None
            }
            Ok((Event::DocumentEnd, mark)) => {
                let end = mark_span(&mark).end;
                found.push(std::mem::replace(&mut document, Builder::new(end)).finish(end));
                if found.len() > MAX_DOCUMENTS {
                    break;
                }
                None
            }
            Ok((event, mark)) => document.take(event, mark_span(&mark), text).err(),
            Err(error) => Some(Box::new(document.blame(syntax(&error, text)))),
        };
        if let Some(draft) = failed {
            document.cut = Some(Cut { from: document.last, at: draft.at.start });
            document.problems.push(*draft);
            if found.len() > MAX_DOCUMENTS {
                break;
            }
            // Skipping is forward only and ends: at the end of the text at the latest.
            let more = parser.proceed_next_document().unwrap_or(false);
            let broken = std::mem::replace(&mut document, Builder::new(text.len()));
            found.push(broken.finish(text.len()));
            if !more {
                break;
            }
        }
    }
    // A broken document ends where the next one begins.
    let starts: Vec<usize> = found.iter().skip(1).map(|next| next.span.start).collect();
    for (document, next) in found.iter_mut().zip(starts) {
        document.span.end = document.span.end.min(next).max(document.span.start);
    }
    found
}

/// What a collection is.
#[derive(Clone, Copy)]
enum Kind {
    Map,
    List { is_block: bool },
}

/// A collection that is still open.
struct Open<'t> {
    span: Span,
    anchor: usize,
    kind: Kind,
    /// In brackets.
    is_flow: bool,
    items: Vec<Tree<'t>>,
    /// Levels below, aliases expanded.
    height: usize,
    /// Nodes below, aliases expanded.
    size: usize,
}

/// What an alias repeats.
#[derive(Clone)]
struct Anchor<'t> {
    content: Rc<Content<'t>>,
    height: usize,
    /// How many nodes it is, aliases expanded.
    size: usize,
}

struct Builder<'t> {
    start: usize,
    last: usize,
    open: Vec<Open<'t>>,
    root: Option<Tree<'t>>,
    anchors: HashMap<usize, Anchor<'t>>,
    aliases: usize,
    cut: Option<Cut>,
    scalars: Vec<Span>,
    duplicates: Vec<Duplicate<'t>>,
    problems: Vec<Draft>,
    more: usize,
}

impl<'t> Builder<'t> {
    fn new(start: usize) -> Self {
        Self {
            start,
            last: start,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            aliases: 0,
            cut: None,
            scalars: Vec::new(),
            duplicates: Vec::new(),
            problems: Vec::new(),
            more: 0,
        }
    }

    /// Takes the next event; an error ends the document.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the parser may emit more, none of it nodes"
    )]
    fn take(&mut self, event: Event<'t>, span: Span, text: &'t str) -> Result<(), Box<Draft>> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tagged = self.tag(tag.as_deref(), span, text);
                let plain = style == ScalarStyle::Plain && !tagged;
                self.scalars.push(span);
                let written = text.get(span.start..span.end).unwrap_or_default();
                let scalar = Scalar { text: value, plain, written };
                self.add(Rc::new(Content::Scalar(scalar)), 0, 1, span, anchor)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), span, text);
                let is_flow = style == StructureStyle::Flow;
                self.open(span, anchor, Kind::List { is_block: !is_flow }, is_flow)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), span, text);
                self.open(span, anchor, Kind::Map, style == StructureStyle::Flow)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end)?,
            Event::Alias(id) => {
                self.scalars.push(span);
                self.aliases += 1;
                if self.aliases > MAX_ALIASES {
                    return Err(too_much(span, &format!("more than {MAX_ALIASES} aliases")));
                }
                if let Some(Anchor { content, height, size }) = self.anchors.get(&id).cloned() {
                    self.add(content, height, size, span, 0)?;
                } else {
                    let draft = Draft::new(Code::Syntax, span, "an alias inside its own anchor")
                        .label("would contain itself");
                    self.problem(draft);
                    self.add(null(), 0, 1, span, 0)?;
                }
            }
            Event::UnresolvedAlias(_) => {
                // Or a password that begins with an asterisk.
                self.scalars.push(span);
                let draft = Draft::new(Code::Syntax, span, "an alias without an anchor")
                    .label("no anchor of this name comes before")
                    .help("`*name` repeats what `&name` marked earlier in the same document; put text that starts with `*` in quotes");
                self.problem(draft);
                self.add(null(), 0, 1, span, 0)?;
            }
            _ => {}
        }
        self.last = self.last.max(span.end);
        Ok(())
    }

    /// Names the bracket that is still open, where one is: what follows it is seldom to blame.
    fn blame(&self, draft: Draft) -> Draft {
        match self.open.iter().rfind(|open| open.is_flow) {
            Some(open) => {
                let at = Span::new(open.span.start, open.span.start + 1);
                draft.also(at, "this is open, and not closed before")
            }
            None => draft,
        }
    }

    /// Whether the tag says that this is text. Other tags are refused.
    fn tag(&mut self, tag: Option<&Tag>, span: Span, text: &str) -> bool {
        let Some(tag) = tag else { return false };
        if ["str", "map", "seq"].iter().any(|suffix| tag.is_yaml_core_schema_tag(suffix)) {
            return true;
        }
        // A tag stands before its node; where the node is empty, so is its span.
        let at = if span.start == span.end && span.end < text.len() {
            Span::new(span.start, span.start + 1)
        } else {
            span
        };
        let draft = Draft::new(Code::YamlTag, at, "YAML tags have no meaning in a node")
            .label("this value carries a tag")
            .help("remove the `!…` in front of it; to force text, use quotes");
        self.problem(draft);
        true
    }

    /// Reports a problem that does not end the document.
    fn problem(&mut self, draft: Draft) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(draft);
        } else {
            self.more += 1;
        }
    }

    fn open(
        &mut self,
        span: Span,
        anchor: usize,
        kind: Kind,
        is_flow: bool,
    ) -> Result<(), Box<Draft>> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_much(span, &format!("more than {MAX_DEPTH} levels")));
        }
        self.open.push(Open { span, anchor, kind, is_flow, items: Vec::new(), height: 0, size: 0 });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Box<Draft>> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let span = Span::new(open.span.start, end);
        let content = if let Kind::List { is_block } = open.kind {
            Content::List(open.items, is_block)
        } else {
            let mut entries: Vec<(Tree<'t>, Tree<'t>)> = Vec::with_capacity(open.items.len() / 2);
            let mut first: HashMap<Cow<'t, str>, Span> = HashMap::new();
            let mut items = open.items.into_iter();
            while let Some(key) = items.next() {
                // A key without its value: the document was cut here.
                let value =
                    items.next().unwrap_or_else(|| Tree { content: null(), span: key.span });
                if let Some(scalar) = key.scalar() {
                    match first.get(&scalar.text) {
                        Some(other) => self.duplicates.push(Duplicate {
                            name: scalar.text.clone(),
                            first: *other,
                            again: key.span,
                        }),
                        None => {
                            first.insert(scalar.text.clone(), key.span);
                        }
                    }
                }
                entries.push((key, value));
            }
            Content::Map(entries)
        };
        self.add(Rc::new(content), open.height + 1, open.size + 1, span, open.anchor)
    }

    fn add(
        &mut self,
        content: Rc<Content<'t>>,
        height: usize,
        size: usize,
        span: Span,
        anchor: usize,
    ) -> Result<(), Box<Draft>> {
        let above: usize = self.open.iter().map(|open| open.size).sum();
        if above + size > MAX_NODES {
            let what = format!("more than {MAX_NODES} values, aliases expanded");
            return Err(too_much(span, &what));
        }
        // Aliases could otherwise stack up to trees far deeper than the text.
        if self.open.len() + height > MAX_DEPTH {
            return Err(too_much(span, &format!("more than {MAX_DEPTH} levels")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { content: Rc::clone(&content), height, size });
        }
        let tree = Tree { content, span };
        match self.open.last_mut() {
            Some(open) => {
                open.height = open.height.max(height);
                open.size += size;
                open.items.push(tree);
            }
            None => self.root = Some(tree),
        }
        Ok(())
    }

    fn finish(mut self, end: usize) -> Yaml<'t> {
        while !self.open.is_empty() {
            // What is open was cut; it only serves to know which of its text may be shown.
            if self.close(self.last).is_err() {
                break;
            }
        }
        Yaml {
            tree: self.root,
            cut: self.cut,
            span: Span::new(self.start, end),
            scalars: self.scalars,
            duplicates: self.duplicates,
            problems: self.problems,
            more: self.more,
        }
    }
}

/// What stands for something that is written and cannot be resolved.
fn null<'t>() -> Rc<Content<'t>> {
    Rc::new(Content::Scalar(Scalar { text: Cow::Borrowed("~"), plain: true, written: STAND_IN }))
}

fn mark_span(mark: &Mark) -> Span {
    let offset = |byte: Option<usize>| byte.unwrap_or_default();
    Span::new(offset(mark.start.byte_offset()), offset(mark.end.byte_offset()))
}

fn too_much(span: Span, what: &str) -> Box<Draft> {
    let draft = Draft::new(Code::TooLarge, span, format!("this document has {what}"))
        .label("the limit is reached here")
        .help("no node needs as much: is this the right file?");
    Box::new(draft)
}

/// What the parser says, in words for people who do not write parsers.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser has words for the rest")]
fn syntax(error: &ScanError, text: &str) -> Draft {
    let at = error.marker().byte_offset().unwrap_or_default().min(text.len());
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let (message, help): (String, Option<&str>) = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            ("a tab where YAML wants spaces".into(), Some("indent with spaces, two per level"))
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("this quote is never closed".into(), None)
        }
        ErrorKind::InvalidQuotedScalarIndent => (
            "text in quotes goes on here without being indented".into(),
            Some("is the quote that opens it closed?"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("a `,` or `}` is missing before this".into(), None)
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("a `,` or `]` is missing before this".into(), None)
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("this `{open}` is never closed"), None)
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed by `{close}`"), None)
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("nothing is open to be closed here".into(), None),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "a `:` where no field can start".into(),
            Some("put text that contains `: ` in quotes, and each field on a line of its own"),
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed => (
            "this line does not fit the ones before".into(),
            Some("fields of one level start in the same column; every list item starts with `- `"),
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "a field without `:`".into(),
            Some("write `field: value`, with a space after the colon"),
        ),
        ErrorKind::RecursionLimitExceeded => {
            let draft = Draft::new(
                Code::TooLarge,
                Span::new(at, at + width),
                format!("this document has more than {MAX_DEPTH} levels"),
            );
            return draft
                .label("the limit is reached here")
                .help("no node needs as much: is this the right file?");
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let help =
                matches!(character, '@' | '`').then_some("put text that begins with it in quotes");
            (format!("`{}` cannot stand here", character.escape_default()), help)
        }
        other => (other.to_string(), None),
    };
    let draft = Draft::new(Code::Syntax, Span::new(at, at + width), message).label("here");
    match help {
        Some(help) => draft.help(help),
        None => draft,
    }
}
