//! From text to nodes, or to one report of everything that is wrong.

use std::{collections::BTreeMap, fmt::Write, marker::PhantomData, sync::Arc};

use crate::{
    log::{Log, MOST_PROBLEMS, Notes, Quoted},
    names::{AwsRegion, EnvironmentName},
    node::{ChainlinkNode, KIND, NodeFields},
    problem::{Code, Draft, Invalid, Problem, Severity},
    read::Reader,
    schema,
    source::{Place, Source},
    tree::{Content, Span, Tree},
    yaml::{self, Cut, Duplicate, MAX_BYTES, Yaml},
};

/// One document of a file with which nothing is wrong.
#[derive(Clone, Debug)]
pub struct Document {
    /// What is wanted, complete.
    pub node: ChainlinkNode,
    /// What somebody should look at.
    pub warnings: Vec<Problem>,
    places: BTreeMap<String, Place>,
}

impl Document {
    /// Where a field is written, by its path: `spec.network.publicSubnets[1]`.
    ///
    /// Nothing for what is not written, such as a default: ask for the field around it then.
    pub fn place(&self, path: &str) -> Option<&Place> {
        self.places.get(path)
    }
}

/// Reads a file, YAML or JSON, with one or more nodes. `name` is what reports call it.
///
/// # Errors
///
/// Everything that is wrong with any of the documents, in the order of the file.
pub fn parse(name: &str, text: &str) -> Result<Vec<Document>, Invalid> {
    if text.len() > MAX_BYTES {
        let message = format!("this file has more than {} KiB", MAX_BYTES / 1024);
        let draft = Draft::new(Code::TooLarge, Span::default(), message);
        return Err(alone(name, draft.help("no node needs as much: is this the right file?")));
    }
    let documents: Vec<Read<'_>> = yaml::documents(text).into_iter().filter_map(read).collect();
    if documents.is_empty() {
        let draft = Draft::new(Code::Empty, Span::default(), "there is no node in this file");
        return Err(alone(name, draft.help(format!("a node begins with `kind: {KIND}`"))));
    }
    let hidden: Vec<Span> = documents.iter().flat_map(|document| document.hidden(text)).collect();
    let source = Arc::new(Source::new(name, text, &hidden));
    let twins = twins(&documents);

    let mut sound = Vec::new();
    let mut broken = false;
    let mut everything = Vec::new();
    for (i, mut document) in documents.into_iter().enumerate() {
        document
            .notes
            .problems
            .extend(twins.iter().filter(|twin| twin.second == i).map(Twin::draft));
        let problems = document.seal(&source);
        everything.extend(problems.iter().cloned());
        let is_twin = twins.iter().any(|twin| twin.first == i || twin.second == i);
        let is_sound = problems.iter().all(|problem| problem.severity() == Severity::Warning);
        match document.node.take() {
            Some(node) if is_sound && !is_twin => {
                sound.push(Document { node, warnings: problems, places: document.places(&source) });
            }
            _ => broken = true,
        }
    }
    if broken { Err(Invalid::new(name, everything, sound)) } else { Ok(sound) }
}

/// Reads a file as [`parse`] does, from bytes that may not be text.
///
/// # Errors
///
/// Everything that is wrong, as [`parse`]; or that it is not UTF-8, and where.
pub fn parse_bytes(name: &str, bytes: &[u8]) -> Result<Vec<Document>, Invalid> {
    let at = match std::str::from_utf8(bytes) {
        Ok(text) => return parse(name, text),
        Err(error) => error.valid_up_to(),
    };
    let help = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is UTF-16: save the file as UTF-8",
        _ => "save the file as UTF-8",
    };
    let text = String::from_utf8_lossy(bytes.get(..at.min(MAX_BYTES)).unwrap_or_default());
    // What is no text has no known fields either: none of it is shown.
    let source = Arc::new(Source::new(name, &text, &[Span::new(0, text.len())]));
    let draft = Draft::new(Code::Encoding, Span::new(at, at), "this file is not UTF-8");
    let problem = draft.label("the first byte that is not").help(help).seal(&source, String::new());
    Err(Invalid::new(name, vec![problem], Vec::new()))
}

/// A file about which there is one thing to say, and nothing to show.
fn alone(name: &str, draft: Draft) -> Invalid {
    let source = Arc::new(Source::new(name, "", &[]));
    Invalid::new(name, vec![draft.seal(&source, String::new())], Vec::new())
}

/// A document, read.
struct Read<'t> {
    yaml: Yaml<'t>,
    notes: Notes,
    node: Option<ChainlinkNode>,
    identity: Option<Identity>,
}

/// What makes an environment the same as another, and where its name is written.
struct Identity {
    name: EnvironmentName,
    region: AwsRegion,
    at: Span,
}

/// Reads one document; nothing if there is none.
fn read(mut yaml: Yaml<'_>) -> Option<Read<'_>> {
    let problems = std::mem::take(&mut yaml.problems);
    if problems.is_empty() && yaml.tree.as_ref().is_none_or(Tree::is_null) {
        return None;
    }
    let log = Log::default();
    let mut node = None;
    let mut identity = None;
    if let Some(tree) = &yaml.tree {
        let fields = if is_foreign(tree, &log) {
            None
        } else {
            Reader::new(tree, &log).read(PhantomData::<NodeFields>)
        };
        if let Some(fields) = fields.filter(|_| yaml.cut.is_none()) {
            identity = identify(&fields);
            node = fields.settle(&log);
        }
    }
    let mut notes = log.into_notes();
    if let Some(cut) = yaml.cut {
        notes.problems.retain(|draft| holds_before(cut, draft));
    } else if notes.more > 0 {
        let last = notes.problems.iter().map(|draft| draft.at).max().unwrap_or_default();
        let message = format!("{} more problems follow", notes.more);
        let draft = Draft::new(Code::TooManyProblems, last, message).label("and so on");
        notes.problems.push(draft.help("mend these first"));
    }
    notes.problems.extend(problems);
    for Duplicate { name, first, again } in yaml.duplicates.iter().take(MOST_PROBLEMS) {
        let is_shown = notes.shown.binary_search(again).is_ok();
        let what = if is_shown { Quoted(name).to_string() } else { "a field".to_owned() };
        notes.problems.push(
            Draft::new(Code::DuplicateField, *again, format!("{what} is written twice"))
                .label("again")
                .also(*first, "already here")
                .help("remove one of them"),
        );
    }
    Some(Read { yaml, notes, node, identity })
}

/// Whether it is a problem although the end of the document could not be read: what is missing may
/// follow, and the last value may be more than it seems.
fn holds_before(cut: Cut, draft: &Draft) -> bool {
    let is_local = matches!(
        draft.code,
        Code::UnknownField
            | Code::MergeKey
            | Code::NeedsQuotes
            | Code::UnknownValue
            | Code::InvalidValue
    );
    is_local && draft.at.end < cut.from
}

/// Whether this is some other object: then there is no point in going through its fields.
fn is_foreign(tree: &Tree<'_>, log: &Log) -> bool {
    let Some((key, value)) = tree.get("kind") else { return false };
    let Some(kind) = value.scalar().filter(|kind| kind.text != KIND && !value.is_null()) else {
        return false;
    };
    for (key, value) in [Some((key, value)), tree.get("apiVersion")].into_iter().flatten() {
        log.show(key.span);
        if value.scalar().is_some() {
            log.show(value.span);
        }
    }
    let message = format!("{} is not a kind clctl knows", Quoted(&kind.text));
    let draft = Draft::new(Code::UnknownValue, value.span, message);
    log.report(draft.help(format!("write `{KIND}`, or move this object to a file of its own")));
    true
}

fn identify(fields: &NodeFields) -> Option<Identity> {
    let name = fields.metadata.0.as_ref()?.value.name.0.as_ref()?;
    let region = fields.spec.0.as_ref()?.value.aws.0.as_ref()?.value.region.0.as_ref()?;
    Some(Identity { name: name.value.clone(), region: region.value.clone(), at: name.span })
}

/// Two documents, by number, that declare the same environment.
struct Twin {
    first: usize,
    second: usize,
    first_at: Span,
    second_at: Span,
    what: String,
}

impl Twin {
    fn draft(&self) -> Draft {
        let message = format!("{} is declared twice", self.what);
        Draft::new(Code::DuplicateEnvironment, self.second_at, message)
            .label("again")
            .also(self.first_at, "already here")
            .help("an environment is its name in a region of an account: change one of the names")
    }
}

fn twins(documents: &[Read<'_>]) -> Vec<Twin> {
    let mut seen: BTreeMap<(&EnvironmentName, &AwsRegion), (usize, Span)> = BTreeMap::new();
    let mut twins = Vec::new();
    for (second, document) in documents.iter().enumerate() {
        let Some(Identity { name, region, at }) = &document.identity else { continue };
        match seen.get(&(name, region)) {
            Some((first, first_at)) => twins.push(Twin {
                first: *first,
                second,
                first_at: *first_at,
                second_at: *at,
                what: format!("environment `{name}` in {region}"),
            }),
            None => {
                seen.insert((name, region), (second, *at));
            }
        }
    }
    twins
}

impl Read<'_> {
    fn is_shown(&self, span: Span) -> bool {
        self.notes.shown.binary_search(&span).is_ok()
    }

    fn is_unknown(&self, key: Span) -> bool {
        let problems = self.notes.problems.iter();
        problems.filter(|draft| draft.code == Code::UnknownField).any(|draft| draft.at == key)
    }

    /// What must not be shown: everything between two scalars that may be, if there is one
    /// between them that may not. So comments beside a hidden value are hidden as well.
    fn hidden(&self, text: &str) -> Vec<Span> {
        let mut hidden: Vec<Span> = Vec::new();
        let mut from = self.yaml.span.start;
        let mut last = None;
        let end = self.yaml.cut.map_or(self.yaml.span.end, |cut| cut.from);
        for scalar in &self.yaml.scalars {
            if self.is_shown(*scalar) {
                // A comment above a field nobody knows may be about what is hidden in it.
                let last = last.take().or_else(|| self.is_unknown(*scalar).then_some(from));
                if let Some(last) = last {
                    hidden.push(Span::new(from, structure(text, last, scalar.start)));
                }
                // What closes a value or key belongs to it.
                let rest = text.get(scalar.end..).unwrap_or_default();
                from =
                    scalar.end + (rest.len() - rest.trim_start_matches([':', ']', '}', ',']).len());
            } else {
                last = Some(scalar.end);
            }
        }
        if last.is_some() {
            hidden.push(Span::new(from, end));
        }
        if let Some(cut) = self.yaml.cut {
            hidden.extend(self.after(cut, text));
        }
        hidden
    }

    /// Nothing is known about what follows a syntax error. Of its line, the name of a known
    /// field is shown: other text may be anything.
    fn after(&self, Cut { from, at }: Cut, text: &str) -> [Span; 2] {
        let end = self.yaml.span.end;
        let colon = text.get(from..).is_some_and(|rest| rest.starts_with(':'));
        let from = from + usize::from(colon);
        let before = text.get(from..at).unwrap_or_default();
        let line = before.rfind('\n').map_or(from, |newline| from + newline + 1);
        let first = text.get(line..end).unwrap_or_default().lines().next().unwrap_or_default();
        let field = first.split_once(':').filter(|(name, _)| {
            at >= from && schema::elsewhere(name.trim_matches([' ', '\t', '"'])).is_some()
        });
        let shown = field.map_or(line, |(name, _)| line + name.len() + 1);
        [Span::new(from, line), Span::new(shown, end)]
    }

    /// The problems in the order of the file. Their paths are known only now, and so is what
    /// the schema has to say about them.
    fn seal(&mut self, source: &Arc<Source>) -> Vec<Problem> {
        let mut drafts = std::mem::take(&mut self.notes.problems);
        drafts.sort_by_key(|draft| draft.at);
        drafts
            .into_iter()
            .map(|draft| {
                let mut path = self.path(draft.at.start);
                if let Some(name) = draft.missing_field() {
                    path = if self.is_root(draft.at) {
                        name.to_owned()
                    } else {
                        format!("{path}.{name}")
                    };
                }
                let draft = with_help(draft, &path);
                draft.seal(source, path)
            })
            .collect()
    }

    fn is_root(&self, key: Span) -> bool {
        self.yaml.tree.as_ref().is_some_and(|tree| match &*tree.content {
            Content::Map(entries) => entries.first().is_none_or(|(first, _)| first.span == key),
            Content::Scalar(_) | Content::List(..) => true,
        })
    }

    /// The path of what is written at `offset`, as far as it may be shown.
    fn path(&self, offset: usize) -> String {
        let mut path = String::new();
        let mut tree = self.yaml.tree.as_ref();
        while let Some(here) = tree {
            tree = None;
            match &*here.content {
                Content::Scalar(_) => {}
                Content::List(items, _) => {
                    let mut found = items.iter().enumerate();
                    if let Some((i, item)) = found.rfind(|(_, item)| item.span.start <= offset) {
                        let _ = write!(path, "[{i}]");
                        tree = Some(item);
                    }
                }
                Content::Map(entries) => {
                    let found = entries.iter().rfind(|(key, _)| key.span.start <= offset);
                    if let Some((key, value)) = found.filter(|(key, _)| self.is_shown(key.span)) {
                        push_key(&mut path, key);
                        tree = (!key.span.contains(offset)).then_some(value);
                    }
                }
            }
        }
        path
    }

    /// Where everything is written that was read.
    fn places(&self, source: &Source) -> BTreeMap<String, Place> {
        let mut places = BTreeMap::new();
        if let Some(tree) = &self.yaml.tree {
            self.collect(tree, "", source, &mut places);
        }
        places
    }

    fn collect(
        &self,
        tree: &Tree<'_>,
        path: &str,
        source: &Source,
        places: &mut BTreeMap<String, Place>,
    ) {
        match &*tree.content {
            Content::Scalar(_) => {}
            Content::List(items, _) => {
                for (i, item) in items.iter().enumerate() {
                    let path = format!("{path}[{i}]");
                    self.collect(item, &path, source, places);
                    places.insert(path, source.place(item.span.start));
                }
            }
            Content::Map(entries) => {
                for (key, value) in entries.iter().filter(|(key, _)| self.is_shown(key.span)) {
                    let mut path = path.to_owned();
                    push_key(&mut path, key);
                    let is_collection = value.scalar().is_none();
                    if is_collection {
                        self.collect(value, &path, source, places);
                    }
                    // A collection is best found by its name.
                    let at = if is_collection || value.is_null() { key.span } else { value.span };
                    places.insert(path, source.place(at.start));
                }
            }
        }
    }
}

fn push_key(path: &mut String, key: &Tree<'_>) {
    let name = key.scalar().map(|scalar| scalar.text.as_ref()).unwrap_or_default();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        let _ = write!(path, "[{name:?}]");
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// From where on, between a hidden scalar and the one that follows, there is nothing but structure.
fn structure(text: &str, from: usize, to: usize) -> usize {
    let between = text.get(from..to).unwrap_or_default();
    let is_plain = between.chars().all(|c| c.is_whitespace() || "-,:[]{}".contains(c));
    if is_plain { from } else { to }
}

/// Lets the schema help where nothing better is known.
fn with_help(draft: Draft, path: &str) -> Draft {
    if draft.has_help() {
        return draft;
    }
    let (around, name) = path.rsplit_once(['.', '[']).unwrap_or(("", path));
    if draft.code == Code::UnknownField {
        if let Some(other) = schema::elsewhere(name) {
            return draft.help(format!("did you mean `{other}`?"));
        }
        let known = schema::fields(around);
        if !known.is_empty() {
            return draft.help(format!("known here are {}", known.join(", ")));
        }
    }
    if draft.code == Code::WrongType
        && let Some(example) = schema::example(path)
    {
        return draft.help(format!("for example `{name}: {example}`"));
    }
    if draft.code == Code::MissingField {
        if let Some(value) = schema::only_value(path) {
            return draft.help(format!("write `{name}: {value}`"));
        }
        if let Some(summary) = schema::summary(path) {
            return draft.help(format!("`{name}`: {summary}"));
        }
    }
    draft
}
