//! REST-XML: what is asked is in the method, the path, the query and an XML body.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html>. A request becomes the flat list of names
//! that the query protocols have (`ChangeBatch.Changes.1.Action`), so that here, too, a parameter nobody
//! reads is found.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::LOCATION};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use xmlparser::{ElementEnd, Token, Tokenizer};

use super::{respond, xml::Xml};
use crate::fault::Fault;

/// An operation, and how it is asked for.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    /// Below the version, with labels: `hostedzone/{Id}/rrset`.
    pub(crate) path: &'static str,
    /// What the query calls a member.
    pub(crate) query: &'static [(&'static str, &'static str)],
}

/// A service that speaks REST-XML.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) version: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) routes: &'static [Route],
    /// Lists and what their members are called: `("Changes", "Change")`.
    pub(crate) lists: &'static [(&'static str, &'static str)],
}

/// A request, read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) operation: &'static str,
    /// The parameters, as a form.
    pub(crate) form: String,
    /// What is wrong with the body.
    pub(crate) wrong: Option<Fault>,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Good {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Xml,
}

impl From<Xml> for Good {
    fn from(body: Xml) -> Self {
        Self { status: 200, location: None, body }
    }
}

impl Api {
    /// Reads a request; one of no operation that is known has none.
    pub(crate) fn read(&self, request: &Request<Bytes>, body: &[u8]) -> Read {
        let path = request.uri().path().trim_start_matches('/');
        let path = path.strip_prefix(self.version).unwrap_or_default().trim_matches('/');
        let found = self.routes.iter().find_map(|route| {
            let labels = labels(route.path, path)?;
            (route.method == request.method().as_str()).then_some((route, labels))
        });
        let Some((route, mut pairs)) = found else { return Read::default() };
        for (name, value) in query(request) {
            let known = route.query.iter().find(|it| it.0 == name).map_or(name, |it| it.1);
            pairs.push((known.to_owned(), decoded(&value.replace('+', " "))));
        }
        let wrong = match self.flatten(route.operation, body) {
            Ok(of_body) => {
                pairs.extend(of_body);
                None
            }
            Err(fault) => Some(fault),
        };
        let mut form = String::new();
        for (name, value) in pairs {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            write!(form, "{}={}&", encode(&name), encode(&value)).ok();
        }
        Read { operation: route.operation, form, wrong }
    }

    /// Every text of the body with the names that lead to it.
    fn flatten(&self, operation: &str, body: &[u8]) -> Result<Vec<(String, String)>, Fault> {
        let text = String::from_utf8_lossy(body);
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let expected = format!("{operation}Request");
        let malformed = |why: &dyn std::fmt::Display| {
            let text = format!("Could not parse XML: {why}");
            Fault::client("MalformedInput", text)
        };
        let mut pairs = Vec::new();
        let mut open: Vec<Element> = Vec::new();
        for token in Tokenizer::from(text.as_ref()) {
            match token.map_err(|it| malformed(&it))? {
                Token::ElementStart { local, .. } => {
                    let name = local.as_str();
                    if open.is_empty() && name != expected {
                        let text = format!("{name} is not valid, expected {expected}");
                        return Err(Fault::client("MalformedInput", text));
                    }
                    let path = self.path(&mut open, name);
                    open.push(Element { name: name.to_owned(), path, ..Element::default() });
                }
                Token::ElementEnd { end: ElementEnd::Close(..) | ElementEnd::Empty, .. } => {
                    let Some(done) = open.pop() else { return Err(malformed(&"no element ends")) };
                    if done.children == 0 && !open.is_empty() {
                        pairs.push((done.path, done.text));
                    }
                }
                Token::Text { text } | Token::Cdata { text, .. } => {
                    if let Some(last) = open.last_mut() {
                        last.text.push_str(&unescape(text.as_str()));
                    }
                }
                Token::ElementEnd { end: ElementEnd::Open, .. }
                | Token::Declaration { .. }
                | Token::ProcessingInstruction { .. }
                | Token::Comment { .. }
                | Token::DtdStart { .. }
                | Token::EmptyDtd { .. }
                | Token::EntityDeclaration { .. }
                | Token::DtdEnd { .. }
                | Token::Attribute { .. } => {}
            }
        }
        if open.is_empty() { Ok(pairs) } else { Err(malformed(&"an element does not end")) }
    }

    /// The name of an element in a form: that of a member of a list is its number.
    fn path(&self, open: &mut [Element], name: &str) -> String {
        let root = open.len() == 1;
        let Some(parent) = open.last_mut() else { return String::new() };
        parent.children += 1;
        let is_member = self.lists.contains(&(parent.name.as_str(), name));
        let last = if is_member { parent.children.to_string() } else { name.to_owned() };
        if root { last } else { format!("{}.{last}", parent.path) }
    }
}

/// An element that has not ended.
#[derive(Default)]
struct Element {
    name: String,
    path: String,
    text: String,
    children: usize,
}

/// The labels of a path, in braces in its form, if it is of that form. A slash at the end says nothing.
pub(super) fn labels(form: &str, path: &str) -> Option<Vec<(String, String)>> {
    fn parts(path: &str) -> impl Iterator<Item = &str> {
        path.split('/').filter(|it| !it.is_empty())
    }
    let mut given = parts(path);
    let mut labels = Vec::new();
    for part in parts(form) {
        let given = decoded(given.next()?);
        match part.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            Some(label) => labels.push((label.to_owned(), given)),
            None if part == given => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(labels)
}

/// The parameters of the query, as they are written.
pub(super) fn query(request: &Request<Bytes>) -> impl Iterator<Item = (&str, &str)> {
    let pairs = request.uri().query().unwrap_or_default().split('&').filter(|it| !it.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, behind) = after.split_once(';').unwrap_or((after, ""));
        let number = name.strip_prefix('#').and_then(|it| match it.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => it.parse().ok(),
        });
        let named = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => number.and_then(char::from_u32),
        };
        out.extend(named);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Writes an answer.
pub(crate) fn answer(
    api: &Api,
    operation: &str,
    request_id: &str,
    result: Result<Good, Fault>,
) -> Response<Bytes> {
    match result {
        Ok(Good { status, location, body }) => {
            let document = body.document(&format!("{operation}Response"), Some(api.namespace));
            let mut response = respond(status, "text/xml", request_id, document);
            if let Some(value) = location.and_then(|it| HeaderValue::from_str(&it).ok()) {
                response.headers_mut().insert(LOCATION, value);
            }
            response
        }
        Err(fault) => {
            let whose = if fault.status < 500 { "Sender" } else { "Receiver" };
            let error = Xml::new()
                .text("Type", whose)
                .text("Code", &fault.code)
                .text("Message", &fault.message);
            let document = Xml::new()
                .nest("Error", error)
                .text("RequestId", request_id)
                .document("ErrorResponse", Some(api.namespace));
            respond(fault.status, "text/xml", request_id, document)
        }
    }
}

/// Writes a refusal that has a form of its own.
pub(crate) fn refusal(
    api: &Api,
    status: u16,
    request_id: &str,
    (root, inside): (&str, Xml),
) -> Response<Bytes> {
    let document = inside.text("RequestId", request_id).document(root, Some(api.namespace));
    respond(status, "text/xml", request_id, document)
}
