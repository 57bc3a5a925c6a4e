//! Policy documents: read strictly, so that what IAM refuses is refused here.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize,
    de::{self, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{condition::Condition, pattern};

/// What a document is attached to, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// To a principal: says what and not who.
    Identity,
    /// To a role: says who may assume it.
    Trust,
    /// To a resource: says who and what; a key's statements without action or resource are accepted.
    Resource,
}

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

fn malformed<T>(why: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(why.into()))
}

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 2008-10-17, also when nothing is said: without policy variables.
    Old,
    /// 2012-10-17.
    Current,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// What an element matches: what it lists, or everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Among<T> {
    These(Vec<T>),
    AllBut(Vec<T>),
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    Everybody,
    /// An ARN, a unique id, or an account.
    Aws(String),
    Service(String),
    /// One that is never a caller here: federated, canonical.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    pub(crate) who: Option<Among<Who>>,
    pub(crate) actions: Option<Among<String>>,
    pub(crate) resources: Option<Among<String>>,
    pub(crate) conditions: Vec<Condition>,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) version: Version,
    pub(crate) statements: Vec<Statement>,
}

const SYNTAX: &str = "Syntax errors in policy.";

impl Document {
    /// Reads a document as it is put.
    pub(crate) fn parse(text: &str, grammar: Grammar) -> Result<Self, Malformed> {
        Self::read(&json(text)?, grammar)
    }

    /// Reads a document that is JSON already: one that is kept, with its principals sealed.
    pub(crate) fn read(value: &Value, grammar: Grammar) -> Result<Self, Malformed> {
        let Value::Object(all) = value else { return malformed(SYNTAX) };
        only(all, &["Version", "Id", "Statement"])?;
        let version = match all.get("Version") {
            None => Version::Old,
            Some(Value::String(it)) if it == "2008-10-17" => Version::Old,
            Some(Value::String(it)) if it == "2012-10-17" => Version::Current,
            Some(_) => return malformed("The policy must contain a valid version string"),
        };
        if !matches!(all.get("Id"), None | Some(Value::String(_))) {
            return malformed(SYNTAX);
        }
        let statements = match all.get("Statement") {
            Some(Value::Array(all)) if !all.is_empty() => all.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            Some(_) | None => return malformed(SYNTAX),
        };
        let read = |it: &Value| statement(it, grammar);
        let statements = statements.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut sids = BTreeSet::new();
        for sid in statements.iter().filter_map(|it| it.sid.as_ref()) {
            if grammar != Grammar::Resource && !sids.insert(sid) {
                return malformed("Statement IDs (SID) in a single policy must be unique.");
            }
        }
        Ok(Self { version, statements })
    }

    /// The keys of a request's context that its conditions and variables look at.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for statement in &self.statements {
            for condition in &statement.conditions {
                keys.push(condition.key.clone());
                keys.extend(condition.values.iter().flat_map(|it| pattern::variables(it)));
            }
            if let Some(Among::These(all) | Among::AllBut(all)) = &statement.resources {
                keys.extend(all.iter().flat_map(|it| pattern::variables(it)));
            }
        }
        keys
    }
}

/// Reads JSON as IAM does: each name once in an object.
pub(crate) fn json(text: &str) -> Result<Value, Malformed> {
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict(value @ Value::Object(_))) => Ok(value),
        Ok(_) | Err(_) => malformed("This policy contains invalid Json"),
    }
}

/// JSON in which no object has a name twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, _>()? {
            if all.insert(name, value).is_some() {
                return Err(de::Error::custom("a name twice in an object"));
            }
        }
        Ok(Value::Object(all))
    }
}

fn only(all: &Map<String, Value>, names: &[&str]) -> Result<(), Malformed> {
    match all.keys().find(|it| !names.contains(&it.as_str())) {
        Some(_) => malformed(SYNTAX),
        None => Ok(()),
    }
}

/// One text or a list of texts.
fn texts(value: &Value) -> Result<Vec<String>, Malformed> {
    let text = |it: &Value| it.as_str().map(str::to_owned).ok_or_else(|| Malformed(SYNTAX.into()));
    match value.as_array() {
        Some(all) => all.iter().map(text).collect(),
        None => Ok(vec![text(value)?]),
    }
}

/// The element or its opposite; both at once are refused.
fn either<T>(
    all: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Result<Vec<T>, Malformed>,
) -> Result<Option<Among<T>>, Malformed> {
    match (all.get(name), all.get(&format!("Not{name}"))) {
        (None, None) => Ok(None),
        (Some(these), None) => Ok(Some(Among::These(read(these)?))),
        (None, Some(others)) => Ok(Some(Among::AllBut(read(others)?))),
        (Some(_), Some(_)) => malformed(SYNTAX),
    }
}

fn statement(value: &Value, grammar: Grammar) -> Result<Statement, Malformed> {
    let Value::Object(all) = value else { return malformed(SYNTAX) };
    only(
        all,
        &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    let sid = match all.get("Sid") {
        None => None,
        Some(Value::String(sid)) => Some(sid.clone()),
        Some(_) => return malformed(SYNTAX),
    };
    let plain = |sid: &String| sid.bytes().all(|it| it.is_ascii_alphanumeric());
    if grammar != Grammar::Resource && sid.as_ref().is_some_and(|it| !plain(it)) {
        return malformed("Statement IDs (SID) must be alpha-numeric.");
    }
    let effect = match all.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(_) | None => return malformed(SYNTAX),
    };
    let who = either(all, "Principal", principals)?;
    let actions = either(all, "Action", texts)?;
    let resources = either(all, "Resource", texts)?;
    let conditions = match all.get("Condition") {
        None => Vec::new(),
        Some(Value::Object(all)) => conditions(all)?,
        Some(_) => return malformed(SYNTAX),
    };
    let statement = Statement { sid, effect, who, actions, resources, conditions };
    match grammar {
        Grammar::Identity => identity(&statement)?,
        Grammar::Trust => trust(&statement)?,
        Grammar::Resource if statement.who.is_none() => {
            return malformed("Missing required field Principal");
        }
        Grammar::Resource => {}
    }
    Ok(statement)
}

fn principals(value: &Value) -> Result<Vec<Who>, Malformed> {
    if value.as_str() == Some("*") {
        return Ok(vec![Who::Everybody]);
    }
    let Some(kinds) = value.as_object().filter(|it| !it.is_empty()) else {
        return malformed("Invalid principal in policy.");
    };
    let mut all = Vec::new();
    for (kind, value) in kinds {
        for text in texts(value)? {
            all.push(match kind.as_str() {
                "AWS" if text == "*" => Who::Everybody,
                "AWS" => Who::Aws(text),
                "Service" => Who::Service(text),
                "Federated" | "CanonicalUser" => Who::Other,
                _ => return malformed("Invalid principal in policy."),
            });
        }
    }
    Ok(all)
}

fn conditions(all: &Map<String, Value>) -> Result<Vec<Condition>, Malformed> {
    let mut conditions = Vec::new();
    for (operator, keys) in all {
        let Value::Object(keys) = keys else { return malformed(SYNTAX) };
        for (key, values) in keys {
            let text = |it: &Value| match it {
                Value::String(text) => Ok(text.clone()),
                Value::Bool(it) => Ok(it.to_string()),
                Value::Number(it) => Ok(it.to_string()),
                Value::Null | Value::Array(_) | Value::Object(_) => malformed(SYNTAX),
            };
            let values = match values.as_array() {
                Some(all) => all.iter().map(text).collect::<Result<_, _>>()?,
                None => vec![text(values)?],
            };
            let condition = Condition::new(operator, key, values);
            let wrong = || Malformed(format!("Invalid Condition type : {operator}."));
            conditions.push(condition.ok_or_else(wrong)?);
        }
    }
    Ok(conditions)
}

/// Refuses what is no action: `*` or `service:pattern`.
fn check_actions(actions: Option<&Among<String>>) -> Result<&[String], Malformed> {
    let Some(Among::These(all) | Among::AllBut(all)) = actions else {
        return malformed("Policy statement must contain actions.");
    };
    if all.is_empty() {
        return malformed("Policy statement must contain actions.");
    }
    for action in all.iter().filter(|it| *it != "*") {
        let Some((vendor, name)) = action.split_once(':') else {
            return malformed(
                "Actions/Conditions must be prefaced with a vendor, e.g., iam, sdb, ec2, etc.",
            );
        };
        let word = |it: char| it.is_ascii_alphanumeric() || it == '-';
        if vendor.is_empty() || !vendor.chars().all(word) {
            return malformed(format!("Vendor {vendor} is not valid"));
        }
        let name_good = |it: char| word(it) || matches!(it, '*' | '?' | ':' | '_');
        if name.is_empty() || !name.chars().all(name_good) {
            return malformed(
                "Actions/Conditions can contain only characters A to Z, 0 to 9, and wildcards.",
            );
        }
    }
    Ok(all)
}

fn identity(statement: &Statement) -> Result<(), Malformed> {
    if statement.who.is_some() {
        return malformed("Policy document should not specify a principal.");
    }
    check_actions(statement.actions.as_ref())?;
    let Some(Among::These(all) | Among::AllBut(all)) = &statement.resources else {
        return malformed("Policy statement must contain resources.");
    };
    if all.is_empty() {
        return malformed("Policy statement must contain resources.");
    }
    for resource in all.iter().filter(|it| *it != "*") {
        let parts: Vec<_> = resource.splitn(6, ':').collect();
        let ["arn", partition, vendor, region, _account, path] = parts.as_slice() else {
            return malformed(format!("Resource {resource} must be in ARN format or \"*\"."));
        };
        if path.is_empty() {
            return malformed("The policy failed legacy parsing");
        }
        if !matches!(*partition, "*" | "aws") && !partition.starts_with("aws-") {
            return malformed(format!(
                "Partition \"{partition}\" is not valid for resource \"{resource}\"."
            ));
        }
        let word = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if vendor.is_empty() || (*vendor != "*" && !vendor.chars().all(word)) {
            return malformed(format!("Vendor {vendor} is not valid for resource \"{resource}\"."));
        }
        if *vendor == "iam" && !matches!(*region, "" | "*") {
            return malformed(format!(
                "IAM resource {resource} cannot contain region information."
            ));
        }
    }
    Ok(())
}

fn trust(statement: &Statement) -> Result<(), Malformed> {
    if statement.who.is_none() {
        return malformed("Missing required field Principal");
    }
    if statement.resources.is_some() {
        return malformed("Has prohibited field Resource");
    }
    let actions = check_actions(statement.actions.as_ref())?;
    if actions.iter().any(|it| it != "*" && !it.to_ascii_lowercase().starts_with("sts:")) {
        return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str, grammar: Grammar) -> String {
        Document::parse(text, grammar).err().map(|it| it.0).unwrap_or_default()
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
    #[test]
    fn what_the_grammar_does_not_know_is_refused() {
        let good = r#"{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
        assert_eq!(why(good, Grammar::Identity), "");
        for (from, to, part) in [
            ("{\"Version\"", "\"Version\"", "invalid Json"),
            ("2012-10-17", "2020-01-01", "valid version"),
            ("Allow", "allow", "Syntax"),
            ("\"Sid\":\"A\"", "\"Sid\":\"a-b\"", "alpha-numeric"),
            ("\"Sid\":\"A\"", "\"Sid\":\"A\",\"Sid\":\"A\"", "invalid Json"),
            ("\"Sid\":\"A\"", "\"Sod\":\"A\"", "Syntax"),
            ("\"Sid\":\"A\"", "\"Principal\":\"*\"", "should not specify a principal"),
            ("s3:*", "s3", "prefaced with a vendor"),
            ("s3:*", "s*:Get", "Vendor s*"),
            ("s3:*", "s3:a b", "characters"),
            ("\"Resource\":\"*\"", "\"Resource\":\"bucket\"", "must be in ARN format"),
            ("\"Resource\":\"*\"", "\"Resource\":\"arn:aws:s3\"", "must be in ARN format"),
            ("\"Resource\":\"*\"", "\"Resource\":\"arn:x:s3:::a\"", "Partition"),
            ("\"Resource\":\"*\"", "\"Resource\":\"arn:aws:iam:x::a\"", "region information"),
            ("\"Resource\":\"*\"", "\"Resource\":[]", "must contain resources"),
            ("\"Action\":\"s3:*\",", "", "must contain actions"),
            (",\"Resource\":\"*\"", "", "must contain resources"),
            ("\"Sid\":\"A\"", "\"Condition\":{\"Like\":{\"a:b\":\"c\"}}", "Condition type"),
            ("\"Sid\":\"A\"", "\"Condition\":{\"NullIfExists\":{\"a:b\":\"true\"}}", "type"),
            ("\"Sid\":\"A\"", "\"NotAction\":\"s3:*\"", "Syntax"),
        ] {
            assert!(good.contains(from), "{from}");
            let said = why(&good.replacen(from, to, 1), Grammar::Identity);
            assert!(said.contains(part), "{to}: {said}");
        }
        let twice = r#"{"Statement":[{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]}"#;
        assert!(why(twice, Grammar::Identity).contains("unique"));
        assert!(why(r#"{"Statement":[]}"#, Grammar::Identity).contains("Syntax"));
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-custom.html>
    #[test]
    fn a_trust_policy_says_who_and_nothing_but_assuming() {
        let good = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        assert_eq!(why(good, Grammar::Trust), "");
        for (from, to, part) in [
            (r#""Principal":{"Service":"ec2.amazonaws.com"},"#, "", "required field Principal"),
            (r#"{"Service":"ec2.amazonaws.com"}"#, "{}", "Invalid principal"),
            ("Service", "Nobody", "Invalid principal"),
            (r#""Action""#, r#""Resource":"*","Action""#, "prohibited field Resource"),
            ("sts:AssumeRole", "s3:GetObject", "only specify STS"),
        ] {
            let said = why(&good.replacen(from, to, 1), Grammar::Trust);
            assert!(said.contains(part), "{to}: {said}");
        }
    }
}
