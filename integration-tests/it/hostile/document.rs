//! The parts of an answer, and where in its text they are: elements of XML, members and items of JSON.

use std::ops::Range;

/// A part of a document.
#[derive(Debug)]
pub(super) struct Element {
    /// What it is called; an item of a list in JSON is called as the list is.
    pub(super) name: String,
    /// All of it, its name as well.
    pub(super) whole: Range<usize>,
    /// What it says: of a text in JSON what is between the quotes.
    said: Range<usize>,
    /// Whether no others are in it.
    pub(super) leaf: bool,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Xml,
    Text,
    Object,
    List,
    Other,
}

impl Element {
    pub(super) fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.said.clone()]
    }

    /// The document with another content of this element.
    pub(super) fn with(&self, text: &str, content: &str) -> String {
        let (before, after) = (&text[..self.said.start], &text[self.said.end..]);
        let content = match self.form {
            Form::Xml if self.said.start == self.whole.end => {
                let (name, start) = (&self.name, &text[..self.whole.start]);
                return format!("{start}<{name}>{content}</{name}>{after}");
            }
            Form::Xml => content.to_owned(),
            Form::Text => {
                let quoted = serde_json::Value::from(content).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Form::Object | Form::List | Form::Other => {
                let is_json = serde_json::from_str::<serde_json::Value>(content).is_ok();
                if is_json {
                    content.to_owned()
                } else {
                    serde_json::Value::from(content).to_string()
                }
            }
        };
        format!("{before}{content}{after}")
    }

    /// The document without this element.
    pub(super) fn without(&self, text: &str) -> String {
        let (before, after) = (&text[..self.whole.start], &text[self.whole.end..]);
        if self.form == Form::Xml {
            return format!("{before}{after}");
        }
        if let Some(after) = after.trim_start().strip_prefix(',') {
            format!("{before}{after}")
        } else {
            let before = before.trim_end();
            format!("{}{after}", before.strip_suffix(',').unwrap_or(before))
        }
    }

    /// The document with this element, without content.
    pub(super) fn hollow(&self, text: &str) -> String {
        let content = match self.form {
            Form::Xml => {
                let (before, after) = (&text[..self.whole.start], &text[self.whole.end..]);
                return format!("{before}<{}/>{after}", self.name);
            }
            Form::Text => "",
            Form::Object => "{}",
            Form::List => "[]",
            Form::Other => "null",
        };
        self.with(text, content)
    }

    /// The document with this element so many times more.
    pub(super) fn repeated(&self, text: &str, times: usize) -> String {
        let comma = if self.form == Form::Xml { "" } else { "," };
        let again = format!("{comma}{}", &text[self.whole.clone()]).repeat(times);
        format!("{}{again}{}", &text[..self.whole.end], &text[self.whole.end..])
    }
}

/// The parts of a document, each after those it is in; none if it is no document.
pub(super) fn elements(text: &str) -> Vec<Element> {
    if text.trim_start().starts_with('<') {
        return in_xml(text);
    }
    let mut all = Vec::new();
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        let start = blank(text, 0);
        value(text, start, ("", start), &mut all);
    }
    all
}

fn in_xml(text: &str) -> Vec<Element> {
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
                all[last].whole.end = to;
                all[last].said.end = from;
            }
        } else if !tag.starts_with(['?', '!']) {
            let name = tag.trim_end_matches('/').split_whitespace().next().unwrap_or_default();
            if let Some(parent) = open.last() {
                all[*parent].leaf = false;
            }
            if !tag.ends_with('/') {
                open.push(all.len());
            }
            let (name, form) = (name.to_owned(), Form::Xml);
            all.push(Element { name, whole: from..to, said: to..to, leaf: true, form });
        }
    }
    all
}

/// Where what is not blank goes on.
fn blank(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

/// Takes in the value that begins at `at`, which belongs to what is called so and begins there. Returns
/// where it ends. The text is known to be JSON.
fn value(text: &str, at: usize, (name, from): (&str, usize), all: &mut Vec<Element>) -> usize {
    let index = all.len();
    let form = match text.as_bytes()[at] {
        b'{' => Form::Object,
        b'[' => Form::List,
        b'"' => Form::Text,
        _ => Form::Other,
    };
    let said = at..at;
    all.push(Element { name: name.to_owned(), whole: from..from, said, leaf: true, form });
    let end = match form {
        Form::Object | Form::List => {
            let mut next = blank(text, at + 1);
            while !matches!(text.as_bytes()[next], b'}' | b']') {
                all[index].leaf = false;
                let start = next;
                let mut called = name;
                if form == Form::Object {
                    let end = string(text, start);
                    called = &text[start + 1..end - 1];
                    next = blank(text, blank(text, end) + 1);
                }
                next = blank(text, value(text, next, (called, start), all));
                if text.as_bytes()[next] == b',' {
                    next = blank(text, next + 1);
                }
            }
            next + 1
        }
        Form::Text => string(text, at),
        Form::Other | Form::Xml => {
            let rest = &text[at..];
            at + rest.find([',', '}', ']', ' ', '\n']).unwrap_or(rest.len())
        }
    };
    let element = &mut all[index];
    element.whole.end = end;
    element.said = if form == Form::Text { at + 1..end - 1 } else { at..end };
    end
}

/// Where the string ends that begins at `at`.
fn string(text: &str, at: usize) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(at + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}
