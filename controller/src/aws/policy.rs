//! Policy documents, compared by what they mean.
//!
//! AWS gives back another text than it was given: a list of one becomes a value, an account's number its
//! root's ARN, statements get names, and a principal that was deleted becomes the bare id it had
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::engine::{Address, Cell, Declared, Field, Input, Outputs, Resolved, Stage};

/// The version of the policy language in which there are variables.
pub(super) const VERSION: &str = "2012-10-17";
/// The version of a document that names none.
const OLDEST: &str = "2008-10-17";

/// A policy document.
#[derive(Clone, Debug)]
pub struct Policy<S: Stage = Resolved> {
    /// The version of the language.
    pub version: String,
    /// The statements, whose order means nothing.
    pub statements: Vec<Statement<S>>,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement<S: Stage = Resolved> {
    /// What it is for. Two statements that differ in nothing else are one.
    pub sid: String,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Whom it is about, in a policy of a resource: kinds and ids.
    pub principals: Vec<Principal<S>>,
    /// What may be done.
    pub actions: Vec<String>,
    /// To what.
    pub resources: Vec<S::In<String>>,
    /// When: operators, keys, values.
    pub conditions: Conditions<S>,
    /// What else is written in it, and what we never declare: `NotAction` and the like.
    pub other: String,
}

/// Conditions: operators, keys, values.
pub type Conditions<S> = BTreeMap<String, BTreeMap<String, Vec<<S as Stage>::In<String>>>>;

/// Whom a statement is about.
#[derive(Clone, Debug)]
pub struct Principal<S: Stage = Resolved> {
    /// `AWS`, `Service` or `Federated`.
    pub kind: String,
    /// Its ARN, account number, name or id.
    pub id: S::In<String>,
}

impl Policy<Declared> {
    /// A policy of these statements.
    pub fn of(statements: impl Into<Vec<Statement<Declared>>>) -> Self {
        Self { version: VERSION.to_owned(), statements: statements.into() }
    }

    /// What an endpoint of a VPC allows unless it is told otherwise: everything.
    pub fn open() -> Self {
        let all = Statement::allow("", ["*"]).to(["*".to_owned()]).by("AWS", "*".to_owned());
        Self { version: OLDEST.to_owned(), statements: vec![all] }
    }

    /// Lets a service take on a role.
    pub fn assumed_by(service: &str) -> Self {
        Self::of([Statement::allow("Assume", ["sts:AssumeRole"]).by("Service", service.to_owned())])
    }
}

impl Statement<Declared> {
    /// Allows these actions.
    pub fn allow<const N: usize>(sid: &str, actions: [&str; N]) -> Self {
        Self {
            sid: sid.to_owned(),
            effect: "Allow".to_owned(),
            principals: Vec::new(),
            actions: actions.map(ToOwned::to_owned).into(),
            resources: Vec::new(),
            conditions: Conditions::<Declared>::new(),
            other: String::new(),
        }
    }

    /// Allows these actions as well.
    #[must_use]
    pub fn doing(mut self, actions: &[&str]) -> Self {
        self.actions.extend(actions.iter().map(|it| (*it).to_owned()));
        self
    }

    /// To these resources.
    #[must_use]
    pub fn to<V: Into<Input<String>>>(mut self, resources: impl IntoIterator<Item = V>) -> Self {
        self.resources.extend(resources.into_iter().map(Into::into));
        self
    }

    /// By this principal.
    #[must_use]
    pub fn by(mut self, kind: &str, id: impl Into<Input<String>>) -> Self {
        self.principals.push(Principal { kind: kind.to_owned(), id: id.into() });
        self
    }

    /// Only where the key has one of these values.
    #[must_use]
    pub fn only<V: Into<Input<String>>>(
        mut self,
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let keys = self.conditions.entry(operator.to_owned()).or_default();
        keys.entry(key.to_owned()).or_default().extend(values.into_iter().map(Into::into));
        self
    }
}

impl Policy {
    /// Reads a document; a text that is none is kept as it is.
    pub(super) fn read(text: &str) -> Self {
        let Ok(Value::Object(document)) = serde_json::from_str(text) else {
            let other = Statement { other: text.to_owned(), ..Statement::empty() };
            return Self { version: OLDEST.to_owned(), statements: vec![other] };
        };
        let version = document.get("Version").and_then(Value::as_str).unwrap_or(OLDEST).to_owned();
        let statements = match document.get("Statement") {
            Some(Value::Array(all)) => all.iter().map(Statement::read).collect(),
            Some(one) => vec![Statement::read(one)],
            None => Vec::new(),
        };
        Self { version, statements }
    }

    /// The document as text.
    pub(super) fn text(&self) -> String {
        let statements: Vec<Value> = self.statements.iter().map(Statement::json).collect();
        json!({ "Version": self.version, "Statement": statements }).to_string()
    }
}

/// Two policies are one if they mean the same.
impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        let nothing = Outputs::default();
        self.cell(&nothing).met_by(&other.cell(&nothing))
    }
}

impl Statement {
    fn empty() -> Self {
        Self {
            sid: String::new(),
            effect: String::new(),
            principals: Vec::new(),
            actions: Vec::new(),
            resources: Vec::new(),
            conditions: Conditions::<Resolved>::new(),
            other: String::new(),
        }
    }

    fn read(from: &Value) -> Self {
        let mut read = Self::empty();
        let Value::Object(from) = from else {
            read.other = from.to_string();
            return read;
        };
        let mut rest = Map::new();
        for (element, value) in from {
            match element.as_str() {
                "Sid" => read.sid = texts(value).join(""),
                "Effect" => read.effect = texts(value).join(""),
                "Action" => read.actions = texts(value),
                "Resource" => read.resources = texts(value),
                "Principal" => read.principals = principals(value),
                "Condition" if value.is_object() => read.conditions = conditions(value),
                _ => drop(rest.insert(element.clone(), value.clone())),
            }
        }
        if !rest.is_empty() {
            read.other = Value::Object(rest).to_string();
        }
        read
    }

    fn json(&self) -> Value {
        let Self { sid, effect, principals, actions, resources, conditions, other: _ } = self;
        let mut all = Map::new();
        if !sid.is_empty() {
            all.insert("Sid".to_owned(), json!(sid));
        }
        all.insert("Effect".to_owned(), json!(effect));
        let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Principal { kind, id } in principals {
            by_kind.entry(kind).or_default().push(id);
        }
        let lists = [("Action", json!(actions)), ("Resource", json!(resources))];
        all.extend(lists.into_iter().filter(|(_, list)| *list != json!([])).map(named));
        if !by_kind.is_empty() {
            all.insert("Principal".to_owned(), json!(by_kind));
        }
        if !conditions.is_empty() {
            all.insert("Condition".to_owned(), json!(conditions));
        }
        Value::Object(all)
    }
}

fn named((name, value): (&str, Value)) -> (String, Value) {
    (name.to_owned(), value)
}

/// One text or several.
fn texts(value: &Value) -> Vec<String> {
    match (value, value.as_str()) {
        (Value::Array(all), _) => all.iter().flat_map(texts).collect(),
        (_, Some(text)) => vec![text.to_owned()],
        (other, None) => vec![other.to_string()],
    }
}

fn principals(value: &Value) -> Vec<Principal> {
    let of = |kind: &str, value: &Value| -> Vec<Principal> {
        let ids = texts(value).into_iter();
        ids.map(|id| Principal { kind: kind.to_owned(), id }).collect()
    };
    match value.as_object() {
        Some(kinds) => kinds.iter().flat_map(|(kind, ids)| of(kind, ids)).collect(),
        // `"*"` alone is anybody.
        None => of("AWS", value),
    }
}

fn conditions(value: &Value) -> Conditions<Resolved> {
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let keys =
        |value: &Value| object(value).iter().map(|(key, it)| (key.clone(), texts(it))).collect();
    object(value).iter().map(|(operator, it)| (operator.clone(), keys(it))).collect()
}

/// An account's number in place of the ARN of its root, which means the same.
fn plain(id: Cell) -> Cell {
    let Cell::Known(Value::String(text)) = &id else { return id };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] => Cell::Known((*account).into()),
        _ => id,
    }
}

impl<S: Stage> Field for Principal<S> {
    type Resolved = Principal;

    fn cell(&self, outputs: &Outputs) -> Cell {
        let kind = Cell::Known(self.kind.as_str().into());
        Cell::Map(
            [("id".to_owned(), plain(self.id.cell(outputs))), ("kind".to_owned(), kind)].into(),
        )
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        self.id.refs(visit);
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Principal, Address> {
        Ok(Principal { kind: self.kind.clone(), id: self.id.resolve(outputs)? })
    }
}

impl<S: Stage> Field for Statement<S> {
    type Resolved = Statement;

    fn cell(&self, outputs: &Outputs) -> Cell {
        let Self { sid: _, effect, principals, actions, resources, conditions, other } = self;
        // Names of actions are told apart without case, and so are those of condition keys.
        let actions = actions.iter().map(|it| Cell::Known(it.to_ascii_lowercase().into()));
        let conditions = conditions.iter().map(|(operator, keys)| {
            let keys = keys.iter().map(|(key, it)| (key.to_ascii_lowercase(), it.cell(outputs)));
            (operator.clone(), Cell::Map(keys.collect()))
        });
        let parts = [
            ("action", Cell::Set(actions.collect())),
            ("condition", Cell::Map(conditions.collect())),
            ("other", Cell::Known(other.as_str().into())),
            ("principal", principals.cell(outputs)),
            ("resource", resources.cell(outputs)),
        ];
        let nothing = [
            Cell::Set(Vec::new()),
            Cell::Map(BTreeMap::new()),
            Cell::Known(Value::String(String::new())),
        ];
        let mut cell: BTreeMap<String, Cell> = parts
            .into_iter()
            .filter(|(_, part)| !nothing.contains(part))
            .map(|(name, part)| (name.to_owned(), part))
            .collect();
        cell.insert("effect".to_owned(), Cell::Known(effect.as_str().into()));
        Cell::Map(cell)
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        self.principals.refs(visit);
        self.resources.refs(visit);
        self.conditions.refs(visit);
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Statement, Address> {
        Ok(Statement {
            sid: self.sid.clone(),
            effect: self.effect.clone(),
            principals: self.principals.resolve(outputs)?,
            actions: self.actions.clone(),
            resources: self.resources.resolve(outputs)?,
            conditions: self.conditions.resolve(outputs)?,
            other: self.other.clone(),
        })
    }
}

impl<S: Stage> Field for Policy<S> {
    type Resolved = Policy;

    fn cell(&self, outputs: &Outputs) -> Cell {
        let version = Cell::Known(self.version.as_str().into());
        let statements = self.statements.cell(outputs);
        Cell::Map([("statements".to_owned(), statements), ("version".to_owned(), version)].into())
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        self.statements.refs(visit);
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Policy, Address> {
        Ok(Policy { version: self.version.clone(), statements: self.statements.resolve(outputs)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Policy {
        Policy::of([
            Statement::allow("Root", ["kms:*"])
                .to(["*".to_owned()])
                .by("AWS", "123456789012".to_owned()),
            Statement::allow("Logs", ["kms:Encrypt*", "kms:Decrypt*"])
                .to(["*".to_owned()])
                .by("Service", "logs.us-east-1.amazonaws.com".to_owned())
                .only(
                    "ArnLike",
                    "kms:EncryptionContext:aws:logs:arn",
                    ["arn:aws:logs:*".to_owned()],
                ),
        ])
        .resolve(&Outputs::default())
        .unwrap()
    }

    #[test]
    fn what_aws_makes_of_the_text_is_no_difference() {
        let theirs = r#"{
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [
                {"Sid": "1", "Effect": "Allow", "Resource": "*",
                 "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
                 "Action": ["KMS:decrypt*", "kms:Encrypt*"],
                 "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*"}}},
                {"Effect": "Allow", "Action": "kms:*", "Resource": ["*"],
                 "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
            ]
        }"#;
        assert_eq!(declared(), Policy::read(theirs));
        assert_eq!(declared(), Policy::read(&declared().text()));
    }

    #[test]
    fn what_means_something_else_is_a_difference() {
        let text = declared().text();
        for (from, to) in [
            ("2012-10-17", "2008-10-17"),
            ("Allow", "Deny"),
            ("123456789012", "AROAEXAMPLEEXAMPLE"),
            ("\"Resource\"", "\"NotResource\""),
            ("kms:Encrypt*", "kms:*"),
            ("ArnLike", "ArnNotLike"),
        ] {
            assert!(text.contains(from), "{from}");
            assert_ne!(declared(), Policy::read(&text.replacen(from, to, 1)), "{from}");
        }
        assert_ne!(declared(), Policy::read("not a policy"));
    }

    #[test]
    fn anybody_is_written_in_two_ways() {
        let open = Policy::open().resolve(&Outputs::default()).unwrap();
        let theirs = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
        assert_eq!(open, Policy::read(theirs));
    }
}
