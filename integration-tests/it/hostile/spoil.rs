//! What can be wrong with an answer.

use std::fmt::Write as _;

use super::input::Bytes;

/// An answer on its way.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) operation: String,
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
    /// Without an element that AWS documents to be always there.
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
        match bytes.byte() % 24 {
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
            _ => Self::Lost,
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
                broken_if(answer.is_xml() || answer.operation == "ssm:GetParameter")
            }
            Self::Misplaced(which) => {
                let others: Vec<&Answer> =
                    before.iter().filter(|it| it.operation != answer.operation).collect();
                let Some(other) = pick(&others, *which) else { return Harm::None };
                answer.body.clone_from(&other.body);
                broken_if(good && other.is_xml() && (200..300).contains(&other.status))
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
                let mut text = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY a \"a\">".to_owned();
                for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
                    let _ = write!(text, "<!ENTITY {to} \"&{from};&{from};&{from};&{from};\">");
                }
                text.push_str("]><a>&i;</a>");
                answer.body = text.into_bytes();
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
            | Self::SamePage
            | Self::NoLastPage
            | Self::Huge(_) => self.restructure(answer, before).unwrap_or(Harm::None),
        }
    }

    /// What needs an answer in XML; nothing if this is none.
    fn restructure(&self, answer: &mut Answer, before: &[Answer]) -> Option<Harm> {
        let text = String::from_utf8(answer.body.clone()).ok().filter(|_| answer.is_xml())?;
        let good = (200..300).contains(&answer.status);
        let all = elements(&text);
        let leaves: Vec<&Element> = all.iter().filter(|it| it.leaf).collect();
        let (body, harm) = match self {
            Self::Drop(which) => {
                let it = pick(&all, *which)?;
                (format!("{}{}", &text[..it.from], &text[it.to..]), Harm::Lie)
            }
            Self::DropRequired(which) => {
                let names: Vec<&str> = required(&answer.operation)
                    .iter()
                    .copied()
                    .filter(|name| all.iter().any(|it| it.name == *name))
                    .collect();
                let name = pick(&names, u16::from(*which))?;
                let it = all.iter().find(|it| it.name == *name)?;
                (format!("{}{}", &text[..it.from], &text[it.to..]), Harm::Broken)
            }
            Self::Double(which) => {
                let it = pick(&all[1..], *which)?;
                (format!("{}{}", &text[..it.to], &text[it.from..]), Harm::Lie)
            }
            Self::Swap(one, other) => {
                let (a, b) = (pick(&all, *one)?, pick(&all, *other)?);
                let (a, b) = if a.from < b.from { (a, b) } else { (b, a) };
                if a.to > b.from {
                    return None;
                }
                let [first, second] = [&text[a.from..a.to], &text[b.from..b.to]];
                let (start, between, end) = (&text[..a.from], &text[a.to..b.from], &text[b.to..]);
                (format!("{start}{second}{between}{first}{end}"), Harm::Forgery)
            }
            Self::Hollow(which) => {
                let it = pick(&all, *which)?;
                let empty = format!("<{}/>", it.name);
                (format!("{}{empty}{}", &text[..it.from], &text[it.to..]), Harm::Lie)
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
                for answer in before.iter().filter(|it| it.is_xml()) {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    let all = elements(&text);
                    let leaves: Vec<&Element> = all.iter().filter(|it| it.leaf).collect();
                    others.extend(ids_in(&text, &leaves).iter().map(|it| it.of(&text).to_owned()));
                }
                (it.with(&text, pick(&others, *other)?), Harm::Forgery)
            }
            Self::SamePage | Self::NoLastPage => {
                let n = if matches!(self, Self::SamePage) { 0 } else { answer.nth };
                let at = text.rfind("</")?;
                let token = format!("<nextToken>{MADE_UP}{n}</nextToken>");
                let listed = answer.operation.starts_with("ec2:Describe") && good;
                let paged =
                    !["Attribute", "Addresses"].iter().any(|part| answer.operation.ends_with(part));
                let harm = if listed && paged { Harm::Broken } else { Harm::None };
                (format!("{}{token}{}", &text[..at], &text[at..]), harm)
            }
            Self::Huge(which) => {
                let it = pick(&all[1..], *which)?;
                let part = &text[it.from..it.to];
                let many = part.repeat(LARGE / part.len().max(64));
                (format!("{}{many}{}", &text[..it.to], &text[it.to..]), Harm::Lie)
            }
            _ => return None,
        };
        answer.body = body.into_bytes();
        Some(if harm == Harm::Broken && !good { Harm::Lie } else { harm })
    }
}

impl Answer {
    pub(crate) fn is_xml(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }
}

/// What AWS documents to be in every answer that shows such an object, and every answer.
fn required(operation: &str) -> &'static [&'static str] {
    match operation {
        "ec2:DescribeVpcs" => &["vpcSet", "vpcId", "state", "cidrBlock"],
        "ec2:DescribeVpcAttribute" => &["enableDnsSupport", "enableDnsHostnames", "value"],
        "ec2:DescribeSubnets" => &[
            "subnetSet",
            "subnetId",
            "state",
            "vpcId",
            "cidrBlock",
            "availabilityZone",
            "mapPublicIpOnLaunch",
        ],
        "ec2:DescribeInternetGateways" => {
            &["internetGatewaySet", "internetGatewayId", "attachmentSet", "vpcId"]
        }
        "ec2:DescribeNatGateways" => &["natGatewaySet", "natGatewayId", "state", "subnetId"],
        "ec2:DescribeAddresses" => &["addressesSet", "allocationId", "publicIp"],
        "ec2:DescribeRouteTables" => &[
            "routeTableSet",
            "routeTableId",
            "vpcId",
            "routeSet",
            "associationSet",
            "destinationCidrBlock",
        ],
        "ec2:DescribeSecurityGroups" => &[
            "securityGroupInfo",
            "groupId",
            "groupDescription",
            "ipPermissions",
            "ipPermissionsEgress",
            "ipProtocol",
        ],
        "ec2:DescribeSecurityGroupRules" => {
            &["securityGroupRuleSet", "securityGroupRuleId", "groupId", "isEgress", "ipProtocol"]
        }
        "sts:GetCallerIdentity" => &["Account", "Arn"],
        _ => &[],
    }
}

/// An element of a document.
#[derive(Debug)]
struct Element {
    name: String,
    from: usize,
    to: usize,
    leaf: bool,
}

impl Element {
    fn of<'a>(&self, text: &'a str) -> &'a str {
        let whole = &text[self.from..self.to];
        let Some(start) = whole.find('>') else { return "" };
        let end = whole.rfind("</").unwrap_or(whole.len());
        whole.get(start + 1..end).unwrap_or_default()
    }

    /// The document with another content of this element.
    fn with(&self, text: &str, content: &str) -> String {
        let name = &self.name;
        let (before, after) = (&text[..self.from], &text[self.to..]);
        format!("{before}<{name}>{content}</{name}>{after}")
    }
}

/// The elements of a document, each after those it is in.
fn elements(text: &str) -> Vec<Element> {
    let mut all: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let from = at + found;
        let Some(length) = text[from..].find('>') else { break };
        let to = from + length + 1;
        let tag = &text[from + 1..to - 1];
        at = to;
        if let Some(name) = tag.strip_prefix('/') {
            if let Some(last) = open.pop().filter(|last| all[*last].name == name) {
                all[last].to = to;
            }
        } else if !tag.starts_with(['?', '!']) {
            let name = tag.trim_end_matches('/').split_whitespace().next().unwrap_or_default();
            if let Some(parent) = open.last() {
                all[*parent].leaf = false;
            }
            if !tag.ends_with('/') {
                open.push(all.len());
            }
            all.push(Element { name: name.to_owned(), from, to, leaf: true });
        }
    }
    all
}

/// The elements that hold the id of an object.
fn ids_in<'a>(text: &str, leaves: &[&'a Element]) -> Vec<&'a Element> {
    let is_id = |text: &str| {
        text.rsplit_once('-').is_some_and(|(_, digits)| {
            digits.len() == 17 && digits.bytes().all(|it| it.is_ascii_hexdigit())
        })
    };
    leaves.iter().copied().filter(|it| is_id(it.of(text))).collect()
}

fn pick<T>(all: &[T], which: u16) -> Option<&T> {
    if all.is_empty() { None } else { all.get(usize::from(which) % all.len()) }
}
