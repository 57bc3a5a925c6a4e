//! From text to nodes, or to one report of everything that is wrong.

use std::{collections::BTreeMap, fmt, fmt::Write, marker::PhantomData, sync::Arc};

use miette::Diagnostic;

use crate::{
    help::with_help,
    log::{Log, MOST_PROBLEMS, Notes, Quoted},
    names::{AccountId, AwsRegion, EnvironmentName},
    node::{ChainlinkNode, KIND, NodeFields},
    problem::{Code, Draft, Problem, Severity},
    read::Reader,
    schema,
    source::{Place, Source},
    suggest::closest,
    tree::{Content, Span, Tree},
    yaml::{self, Cut, Duplicate, MAX_BYTES, MAX_DOCUMENTS, Yaml},
};

/// One document of a file with which nothing is wrong.
#[derive(Clone, Debug)]
pub struct Document {
    /// What is wanted, complete.
    pub node: Box<ChainlinkNode>,
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

/// A file that cannot be used, with everything that is wrong with it.
#[derive(Debug)]
pub struct Invalid {
    file: String,
    problems: Vec<Problem>,
    sound: Vec<Document>,
}

impl Invalid {
    fn new(file: &str, problems: Vec<Problem>, sound: Vec<Document>) -> Self {
        Self { file: file.to_owned(), problems, sound }
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Everything that is wrong, and every warning, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The documents of the file with which nothing is wrong, for whoever must not let one broken
    /// environment stop the others.
    pub fn into_sound(self) -> Vec<Document> {
        self.sound
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.problems.iter().filter(|p| p.severity() == Severity::Error).count();
        let plural = if errors == 1 { "" } else { "s" };
        write!(f, "{} has {errors} problem{plural}", self.file)
    }
}

impl std::error::Error for Invalid {}

impl Diagnostic for Invalid {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("spec::invalid"))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// The most problems of one file that are told.
const MOST_OF_FILE: usize = 3 * MOST_PROBLEMS;

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
    let documents = yaml::documents(text);
    if documents.len() > MAX_DOCUMENTS {
        let message = format!("this file has more than {MAX_DOCUMENTS} documents");
        let draft = Draft::new(Code::TooLarge, Span::default(), message);
        return Err(alone(name, draft.help("divide it, and name the folder")));
    }
    let documents: Vec<Read<'_>> = documents.into_iter().filter_map(read).collect();
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
                sound.push(Document {
                    node: Box::new(node),
                    warnings: problems,
                    places: document.places(&source),
                });
            }
            _ => broken = true,
        }
    }
    if !broken {
        return Ok(sound);
    }
    let count = everything.len();
    if count > MOST_OF_FILE {
        let more = count - MOST_OF_FILE;
        everything.truncate(MOST_OF_FILE);
        let draft = Draft::new(
            Code::TooManyProblems,
            Span::default(),
            format!("{more} more problems are not told"),
        );
        everything.push(draft.help("mend these first").seal(&source, String::new()));
    }
    Err(Invalid::new(name, everything, sound))
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
    /// Any, if none is written.
    account: Option<AccountId>,
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
    }
    notes.problems.extend(problems);
    let more = notes.more + yaml.more;
    if more > 0 {
        let last = notes.problems.iter().map(|draft| draft.at).max().unwrap_or_default();
        let message = format!("{more} more problems are not told");
        let draft = Draft::new(Code::TooManyProblems, last, message).label("and so on");
        notes.problems.push(draft.help("mend these first"));
    }
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
    // A slip of the pen: the rest is a node all the same.
    if closest(&kind.text, [KIND]).is_some() {
        return false;
    }
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
    let aws = &fields.spec.0.as_ref()?.value.aws.0.as_ref()?.value;
    let region = aws.region.0.as_ref()?;
    let account = aws.account_id.given().map(|at| at.value.clone());
    Some(Identity {
        name: name.value.clone(),
        region: region.value.clone(),
        account,
        at: name.span,
    })
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
    let identities = documents.iter().enumerate();
    let identities = identities.filter_map(|(i, it)| Some((i, it.identity.as_ref()?)));
    let identities: Vec<(usize, &Identity)> = identities.collect();
    let mut twins = Vec::new();
    for (at, (second, identity)) in identities.iter().enumerate() {
        let mut before = identities.iter().take(at);
        if let Some((first, other)) = before.find(|(_, other)| identity.is_as(other)) {
            twins.push(Twin {
                first: *first,
                second: *second,
                first_at: other.at,
                second_at: identity.at,
                what: format!("environment `{}` in {}", identity.name, identity.region),
            });
        }
    }
    twins
}

impl Identity {
    fn is_as(&self, other: &Self) -> bool {
        let accounts = self.account.as_ref().zip(other.account.as_ref());
        self.name == other.name
            && self.region == other.region
            && accounts.is_none_or(|(ours, theirs)| ours == theirs)
    }
}

impl Read<'_> {
    fn is_shown(&self, span: Span) -> bool {
        self.notes.shown.binary_search(&span).is_ok()
    }

    /// What must not be shown: scalars that no known field has read and, between scalars, whatever is
    /// not structure: comments, tags and anchors may be about what is hidden.
    fn hidden(&self, text: &str) -> Vec<Span> {
        let mut hidden: Vec<Span> = Vec::new();
        let mut from = self.yaml.span.start;
        let end = self.yaml.cut.map_or(self.yaml.span.end, |cut| cut.from);
        for scalar in &self.yaml.scalars {
            between(text, from, scalar.start, &mut hidden);
            if !self.is_shown(*scalar) {
                hidden.push(*scalar);
            }
            from = scalar.end;
        }
        between(text, from, end, &mut hidden);
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
        let field = first
            .split_once(':')
            .filter(|(name, _)| at >= from && schema::exists(name.trim_matches([' ', '\t', '"'])));
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
                let is_named = self.is_shown(draft.at);
                let draft = with_help(draft, &path, is_named);
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

/// What between two scalars is no structure.
fn between(text: &str, from: usize, to: usize, hidden: &mut Vec<Span>) {
    let gap = text.get(from..to).unwrap_or_default();
    let mut start = None;
    for (at, c) in gap.char_indices() {
        let plain = c.is_whitespace() || "-:,?[]{}".contains(c);
        // A comment may have structure of its own.
        let ends = if c == '\n' || c == '\r' { true } else { plain && !in_comment(gap, start) };
        match start {
            None if !plain => start = Some(at),
            Some(begun) if ends => {
                hidden.push(Span::new(from + begun, from + at));
                start = None;
            }
            None | Some(_) => {}
        }
    }
    if let Some(begun) = start {
        hidden.push(Span::new(from + begun, to));
    }
}

fn in_comment(gap: &str, start: Option<usize>) -> bool {
    start.is_some_and(|start| gap.get(start..).is_some_and(|rest| rest.starts_with('#')))
}
