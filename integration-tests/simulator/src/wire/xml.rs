//! XML as AWS writes it: elements, lists of `item`, text; no attributes but the name space.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The inside of an element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Xml(Vec<Node>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Node {
    Text(String, String),
    Nest(String, Xml),
}

impl Xml {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an element with a text in it.
    #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
    pub(crate) fn text(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push(Node::Text(name.to_owned(), value.to_string()));
        self
    }

    /// Adds an element with a text in it, if there is one.
    pub(crate) fn maybe(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds an element with elements in it.
    pub(crate) fn nest(mut self, name: &str, inside: Self) -> Self {
        self.0.push(Node::Nest(name.to_owned(), inside));
        self
    }

    /// Adds a list: an element with one `item` for each.
    pub(crate) fn list(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.members(name, "item", items)
    }

    /// Adds a list, if there is anything in it.
    pub(crate) fn some(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() { self.list(name, items) } else { self }
    }

    /// Adds a list whose members have a name of their own.
    pub(crate) fn members(
        self,
        name: &str,
        member: &str,
        items: impl IntoIterator<Item = Self>,
    ) -> Self {
        let nodes = items.into_iter().map(|it| Node::Nest(member.to_owned(), it)).collect();
        self.nest(name, Self(nodes))
    }

    /// Adds a list of texts: an element with one `item` for each.
    pub(crate) fn texts(self, name: &str, all: impl IntoIterator<Item = impl ToString>) -> Self {
        self.named_texts(name, "item", all)
    }

    /// Adds a list of texts whose members have a name of their own.
    pub(crate) fn named_texts(
        self,
        name: &str,
        member: &str,
        all: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        let item = |it: String| Node::Text(member.to_owned(), it);
        let nodes = all.into_iter().map(|it| item(it.to_string())).collect();
        self.nest(name, Self(nodes))
    }

    /// The inside of a list: one `item` for each.
    pub(crate) fn items(items: impl IntoIterator<Item = Self>) -> Self {
        Self(items.into_iter().map(|it| Node::Nest("item".to_owned(), it)).collect())
    }

    /// Adds everything that is inside `other`.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first id in it: the text of the first element whose name ends in `Id`.
    pub(crate) fn first_id(&self) -> Option<String> {
        self.0.iter().find_map(|it| match it {
            Node::Text(name, text) => name.ends_with("Id").then(|| text.clone()),
            Node::Nest(_, inside) => inside.first_id(),
        })
    }

    /// Writes the document with `root` around it.
    pub(crate) fn document(&self, root: &str, namespace: Option<&str>) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        match namespace {
            Some(uri) => write!(out, "<{root} xmlns=\"{uri}\">"),
            None => write!(out, "<{root}>"),
        }
        .ok();
        self.write(&mut out);
        write!(out, "</{root}>").ok();
        out
    }

    fn write(&self, out: &mut String) {
        for node in &self.0 {
            match node {
                Node::Text(name, text) => {
                    write!(out, "<{name}>").ok();
                    escape(out, text);
                    write!(out, "</{name}>").ok();
                }
                Node::Nest(name, inside) if inside.0.is_empty() => {
                    write!(out, "<{name}/>").ok();
                }
                Node::Nest(name, inside) => {
                    write!(out, "<{name}>").ok();
                    inside.write(out);
                    write!(out, "</{name}>").ok();
                }
            }
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
}
