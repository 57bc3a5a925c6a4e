//! What can be wrong with an answer.

use std::fmt::Write as _;

use clctl::aws::kinds;

use super::{
    document::{Element, elements},
    documented::{Paging, name, paging, required},
    input::Bytes,
};

/// An answer on its way.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) operation: String,
    /// What the request said.
    pub(crate) asked: String,
    /// Which of the run's answers it is.
    pub(crate) nth: usize,
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    /// It says what it said.
    None,
    /// It cannot be taken for an answer.
    Broken,
    /// It is an answer, and what it says is not so. Whose an object is, it does not make up.
    Lie,
    /// Nothing that it says need be so.
    Forgery,
}

/// One way to spoil an answer.
#[derive(Clone, Debug)]
pub(crate) enum Spoil {
    /// Its end is missing.
    Truncate(u16),
    /// It is empty.
    Nothing,
    /// A byte is another one.
    Flip(u16, u8),
    /// A byte that no text has.
    NoText(u16),
    /// Without an element.
    Drop(u16),
    /// Without an element, wherever it is, that AWS documents to be always there.
    DropRequired(u8),
    /// With an element twice.
    Double(u16),
    /// Two elements have changed places.
    Swap(u16, u16),
    /// An element without content.
    Hollow(u16),
    /// An absurd value.
    Absurd(u16, u8),
    /// A value of the fuzzer's.
    Value(u16, Vec<u8>),
    /// The id of another object.
    OtherId(u16, u16),
    /// It names itself as the next page.
    SamePage,
    /// There is always another page.
    NoLastPage,
    /// Another content type.
    Kind(u8),
    /// Another status.
    Status(u8),
    /// A good status, and an error.
    ErrorAsGood(u8),
    /// An element so often that the answer is large.
    Huge(u16),
    /// Elements in elements in elements.
    Deep(u8),
    /// An answer to something else.
    Misplaced(u16),
    /// An older answer to the same.
    Stale(u16),
    /// Bytes of the fuzzer's.
    Raw(Vec<u8>),
    /// Entities that grow.
    Entities,
    /// No answer.
    Lost,
    /// About another object than the one asked for.
    OtherName,
}

const ABSURD: &[&str] = &[
    "",
    "-1",
    "0",
    "65536",
    "2147483648",
    "18446744073709551616",
    "1e400",
    "NaN",
    "0.0.0.0/0",
    "10.0.0.0/33",
    "::/0",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:60.999999999Z",
    "true",
    "unheard-of",
    "available",
    "deleted",
    "local",
    "&#0;",
    "&nothing;",
    "\u{202e}\u{fffd}",
];

/// How the tokens begin that no simulator gave out.
pub(super) const MADE_UP: &str = "page-";

/// As large as an answer gets.
const LARGE: usize = 1 << 20;

impl Spoil {
    pub(super) fn read(bytes: &mut Bytes<'_>) -> Self {
        match bytes.byte() % 25 {
            0 => Self::Truncate(bytes.number()),
            1 => Self::Nothing,
            2 => Self::Flip(bytes.number(), bytes.byte()),
            3 => Self::NoText(bytes.number()),
            4 => Self::Drop(bytes.number()),
            5 => Self::DropRequired(bytes.byte()),
            6 => Self::Double(bytes.number()),
            7 => Self::Swap(bytes.number(), bytes.number()),
            8 => Self::Hollow(bytes.number()),
            9 => Self::Absurd(bytes.number(), bytes.byte()),
            10 => Self::Value(bytes.number(), bytes.text()),
            11 => Self::OtherId(bytes.number(), bytes.number()),
            12 => Self::SamePage,
            13 => Self::NoLastPage,
            14 => Self::Kind(bytes.byte()),
            15 => Self::Status(bytes.byte()),
            16 => Self::ErrorAsGood(bytes.byte()),
            17 => Self::Huge(bytes.number()),
            18 => Self::Deep(bytes.byte()),
            19 => Self::Misplaced(bytes.number()),
            20 => Self::Stale(bytes.number()),
            21 => Self::Raw(bytes.text()),
            22 => Self::Entities,
            23 => Self::Lost,
            _ => Self::OtherName,
        }
    }

    /// Spoils an answer, given those before it.
    pub(super) fn apply(&self, answer: &mut Answer, before: &[Answer]) -> Harm {
        let good = (200..300).contains(&answer.status);
        let broken_if = |is: bool| if is { Harm::Broken } else { Harm::Lie };
        match self {
            Self::Truncate(at) => {
                let whole = answer.body.trim_ascii_end().len();
                if whole == 0 {
                    return Harm::None;
                }
                answer.body.truncate(usize::from(*at) % whole);
                broken_if(good)
            }
            Self::Nothing => {
                answer.body.clear();
                broken_if(good)
            }
            Self::Flip(at, to) => {
                let at = usize::from(*at) % answer.body.len().max(1);
                if let Some(byte) = answer.body.get_mut(at) {
                    *byte ^= to | 1;
                }
                Harm::Forgery
            }
            Self::NoText(at) => {
                let at = usize::from(*at) % (answer.body.len() + 1);
                answer.body.insert(at, 0xff);
                broken_if(good)
            }
            Self::Status(which) => {
                let all = [204, 301, 400, 404, 413, 429, 500, 503];
                answer.status = all[usize::from(*which) % all.len()];
                broken_if(good && answer.status != 204)
            }
            Self::Kind(which) => {
                let all = ["", "text/html", "application/json", "application/x-amz-json-1.1", "💥"];
                all[usize::from(*which) % all.len()].clone_into(&mut answer.kind);
                Harm::Lie
            }
            Self::ErrorAsGood(which) => {
                let all = ["RequestLimitExceeded", "InvalidVpcID.NotFound", "AuthFailure", ""];
                let code = all[usize::from(*which) % all.len()];
                answer.status = 200;
                answer.body = if answer.is_xml() {
                    format!(
                        "<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>"
                    )
                } else {
                    format!("{{\"__type\":\"{code}\"}}")
                }
                .into_bytes();
                broken_if(answer.is_xml() || answer.is_read())
            }
            Self::Misplaced(which) => {
                let others: Vec<&Answer> =
                    before.iter().filter(|it| it.operation != answer.operation).collect();
                let Some(other) = pick(&others, *which) else { return Harm::None };
                answer.body.clone_from(&other.body);
                // A write's answer may be empty, and then any other of JSON will do.
                let told = answer.is_read() || other.is_xml();
                broken_if(good && told && (200..300).contains(&other.status))
            }
            Self::Stale(which) => {
                let same: Vec<&Answer> =
                    before.iter().filter(|it| it.operation == answer.operation).collect();
                let Some(other) = pick(&same, *which) else { return Harm::None };
                answer.body.clone_from(&other.body);
                answer.status = other.status;
                Harm::Forgery
            }
            Self::Raw(text) => {
                answer.body.clone_from(text);
                Harm::Forgery
            }
            Self::Entities => {
                answer.body = entities().into_bytes();
                broken_if(good)
            }
            Self::Deep(how) => {
                let depth = 1 + usize::from(*how) * 400;
                let open = "<item>".repeat(depth);
                let at = answer.body.iter().rposition(|byte| *byte == b'<').unwrap_or_default();
                answer.body.splice(at..at, open.into_bytes());
                broken_if(good)
            }
            // Said by the wire: there is nothing to change.
            Self::Lost => Harm::Broken,
            Self::Drop(_)
            | Self::DropRequired(_)
            | Self::Double(_)
            | Self::Swap(..)
            | Self::Hollow(_)
            | Self::Absurd(..)
            | Self::Value(..)
            | Self::OtherId(..)
            | Self::OtherName
            | Self::SamePage
            | Self::NoLastPage
            | Self::Huge(_) => self.restructure(answer, before).unwrap_or(Harm::None),
        }
    }

    /// What needs an answer with a structure; nothing if this has none.
    fn restructure(&self, answer: &mut Answer, before: &[Answer]) -> Option<Harm> {
        let text = answer.text()?;
        let good = (200..300).contains(&answer.status);
        let all = elements(&text);
        let leaves: Vec<&Element> = all.iter().filter(|it| it.leaf).collect();
        let (body, harm) = match self {
            Self::Drop(which) => {
                let it = pick(&all, *which)?;
                (it.without(&text), Harm::Lie)
            }
            Self::DropRequired(which) => {
                let names: Vec<&str> = required(&answer.operation)
                    .iter()
                    .copied()
                    .filter(|name| all.iter().any(|it| it.name == *name))
                    .collect();
                let name = pick(&names, u16::from(*which))?;
                // Wherever it is: the first may be of an object that nobody looks at.
                let mut text = text.clone();
                while let Some(it) = elements(&text).iter().find(|it| it.name == *name) {
                    text = it.without(&text);
                }
                (text, Harm::Broken)
            }
            Self::Double(which) => {
                let it = pick(all.get(1..)?, *which)?;
                (it.repeated(&text, 1), Harm::Lie)
            }
            Self::Swap(one, other) => {
                let (a, b) = (pick(&all, *one)?, pick(&all, *other)?);
                let (a, b) = (a.whole.clone(), b.whole.clone());
                let (a, b) = if a.start < b.start { (a, b) } else { (b, a) };
                if a.end > b.start {
                    return None;
                }
                let [first, second] = [&text[a.clone()], &text[b.clone()]];
                let (start, between, end) =
                    (&text[..a.start], &text[a.end..b.start], &text[b.end..]);
                (format!("{start}{second}{between}{first}{end}"), Harm::Forgery)
            }
            Self::Hollow(which) => {
                let it = pick(&all, *which)?;
                (it.hollow(&text), Harm::Lie)
            }
            Self::Absurd(which, value) => {
                let it = pick(&leaves, *which)?;
                let value = pick(ABSURD, u16::from(*value))?;
                (it.with(&text, value), Harm::Forgery)
            }
            Self::Value(which, value) => {
                let it = pick(&leaves, *which)?;
                (it.with(&text, &String::from_utf8_lossy(value)), Harm::Forgery)
            }
            Self::OtherId(which, other) => {
                let ids = ids_in(&text, &leaves);
                let it = pick(&ids, *which)?;
                let mut others: Vec<String> = Vec::new();
                for answer in before {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    let all = elements(&text);
                    let leaves: Vec<&Element> = all.iter().filter(|it| it.leaf).collect();
                    others.extend(ids_in(&text, &leaves).iter().map(|it| it.of(&text).to_owned()));
                }
                (it.with(&text, pick(&others, *other)?), Harm::Forgery)
            }
            Self::OtherName => {
                let name = name(&answer.operation)?;
                let it = all.iter().find(|it| it.name == name && it.leaf)?;
                // In a list it is another one, and nobody asked for it.
                answer.asked.contains(it.of(&text).rsplit(':').next()?).then_some(())?;
                let other = format!("{}-other", it.of(&text));
                (it.with(&text, &other), Harm::Broken)
            }
            Self::SamePage | Self::NoLastPage => {
                let n = if matches!(self, Self::SamePage) { 0 } else { answer.nth };
                let paging = paging(&answer.operation)?;
                (with_more(&text, &paging, &format!("{MADE_UP}{n}"))?, Harm::Broken)
            }
            Self::Huge(which) => {
                let it = pick(all.get(1..)?, *which)?;
                (it.repeated(&text, LARGE / it.whole.len().max(64)), Harm::Lie)
            }
            Self::Truncate(_)
            | Self::Nothing
            | Self::Flip(..)
            | Self::NoText(_)
            | Self::Status(_)
            | Self::Kind(_)
            | Self::ErrorAsGood(_)
            | Self::Deep(_)
            | Self::Misplaced(_)
            | Self::Stale(_)
            | Self::Raw(_)
            | Self::Entities
            | Self::Lost => return None,
        };
        answer.say(body);
        Some(if harm == Harm::Broken && !good { Harm::Lie } else { harm })
    }
}

impl Answer {
    fn is_cbor(&self) -> bool {
        self.kind == "application/cbor"
    }

    /// What it says, as XML or JSON; nothing if that is no text.
    fn text(&self) -> Option<String> {
        if self.is_cbor() {
            return clctl_simulator::from_cbor(&self.body).map(|it| it.to_string());
        }
        String::from_utf8(self.body.clone()).ok()
    }

    /// Says something else, in its own form.
    fn say(&mut self, text: String) {
        self.body = match serde_json::from_str(&text) {
            Ok(value) if self.is_cbor() => clctl_simulator::to_cbor(&value),
            Ok(_) | Err(_) => text.into_bytes(),
        };
    }

    pub(crate) fn is_xml(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    fn is_read(&self) -> bool {
        kinds::reads().contains(&self.operation.as_str())
    }
}

/// A short document that is a long one once it is read.
fn entities() -> String {
    let mut text = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY a \"a\">".to_owned();
    for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        let _ = write!(text, "<!ENTITY {to} \"&{from};&{from};&{from};&{from};\">");
    }
    text.push_str("]><a>&i;</a>");
    text
}

/// The answer, which says that another page follows, whatever it said.
fn with_more(text: &str, paging: &Paging, token: &str) -> Option<String> {
    let mut text = text.to_owned();
    for known in [paging.token, paging.more].into_iter().filter(|it| !it.is_empty()) {
        if let Some(it) = elements(&text).iter().find(|it| it.name == known) {
            text = it.without(&text);
        }
    }
    let all = elements(&text);
    // In EC2's answers and in JSON it stands at the end, in IAM's within the result.
    let list = all.iter().find(|it| it.name.ends_with("Result")).or(all.first())?;
    let is_xml = text.trim_start().starts_with('<');
    let at = text[..list.whole.end].rfind(if is_xml { "</" } else { "}" })?;
    let said = [(paging.token, token, "\""), (paging.more, "true", "")];
    let said = said.into_iter().filter(|(name, ..)| !name.is_empty());
    let more: String = if is_xml {
        said.flat_map(|(name, value, _)| ["<", name, ">", value, "</", name, ">"]).collect()
    } else {
        let said = said.map(|(name, value, quote)| format!("\"{name}\":{quote}{value}{quote}"));
        let first = (all.len() > 1).then(String::new);
        first.into_iter().chain(said).collect::<Vec<_>>().join(",")
    };
    Some(format!("{}{more}{}", &text[..at], &text[at..]))
}

/// The elements that hold the id of an object.
fn ids_in<'a>(text: &str, leaves: &[&'a Element]) -> Vec<&'a Element> {
    let is_id = |text: &str| {
        let is_arn = text.starts_with("arn:") && text.matches(':').count() > 4;
        is_arn
            || text.rsplit_once('-').is_some_and(|(_, digits)| {
                digits.len() == 17 && digits.bytes().all(|it| it.is_ascii_hexdigit())
            })
    };
    leaves.iter().copied().filter(|it| is_id(it.of(text))).collect()
}

fn pick<T>(all: &[T], which: u16) -> Option<&T> {
    if all.is_empty() { None } else { all.get(usize::from(which) % all.len()) }
}
