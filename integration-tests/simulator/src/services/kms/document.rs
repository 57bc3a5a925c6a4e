//! Policy documents of keys: what they may say, and what they allow.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>. KMS
//! takes statements without `Action` or `Resource`; they have no effect.

use serde_json::{Map, Value};

use super::{Place, Who};
use crate::fault::Fault;

/// A policy that is none.
pub(super) fn malformed(text: impl Into<String>) -> Fault {
    Fault::client("MalformedPolicyDocumentException", text)
}

/// Checks a policy, and keeps it with its principals resolved.
pub(super) fn seal(place: &Place<'_>, text: &str) -> Result<String, Fault> {
    let Ok(Value::Object(policy)) = serde_json::from_str(text) else {
        return Err(malformed("This policy contains invalid Json"));
    };
    check(place, &policy)?;
    Ok(text.to_owned())
}

/// The policy as it is shown.
pub(super) fn show(_: &Place<'_>, sealed: &str) -> String {
    sealed.to_owned()
}

/// The principal of this account that an Amazon resource name stands for.
pub(super) fn principal(place: &Place<'_>, arn: &str) -> Option<String> {
    let account = arn.strip_prefix("arn:aws:iam::")?.strip_prefix(&place.settings.account)?;
    account.strip_prefix(':').filter(|it| !it.is_empty()).map(|_| arn.to_owned())
}

/// A principal as it is shown.
pub(super) fn principal_shown(_: &Place<'_>, principal: &str) -> String {
    principal.to_owned()
}

fn check(place: &Place<'_>, policy: &Map<String, Value>) -> Result<(), Fault> {
    let syntax = || malformed("Syntax errors in policy.");
    for (name, value) in policy {
        let good = match name.as_str() {
            "Version" => matches!(value.as_str(), Some("2008-10-17" | "2012-10-17")),
            "Id" => value.is_string(),
            "Statement" => value.is_array() || value.is_object(),
            _ => false,
        };
        if !good {
            return Err(syntax());
        }
    }
    let statements = list(policy.get("Statement"));
    if statements.is_empty() {
        return Err(syntax());
    }
    for statement in statements {
        check_statement(place, statement.as_object().ok_or_else(syntax)?)?;
    }
    Ok(())
}

fn check_statement(place: &Place<'_>, statement: &Map<String, Value>) -> Result<(), Fault> {
    let texts = |value: &Value| {
        value.is_string()
            || value.as_array().is_some_and(|it| !it.is_empty() && it.iter().all(Value::is_string))
    };
    let principals = |value: &Value| {
        value.as_str() == Some("*")
            || value.as_object().is_some_and(|it| {
                let known = ["AWS", "Service", "Federated", "CanonicalUser"];
                !it.is_empty()
                    && it.iter().all(|(kind, value)| known.contains(&kind.as_str()) && texts(value))
            })
    };
    for (name, value) in statement {
        let good = match name.as_str() {
            "Sid" => value.is_string(),
            "Effect" => matches!(value.as_str(), Some("Allow" | "Deny")),
            "Principal" | "NotPrincipal" => principals(value),
            "Action" | "NotAction" | "Resource" | "NotResource" => texts(value),
            "Condition" => value.as_object().is_some_and(|it| it.values().all(Value::is_object)),
            _ => false,
        };
        if !good {
            return Err(malformed("Syntax errors in policy."));
        }
    }
    let who = statement.get("Principal").or_else(|| statement.get("NotPrincipal"));
    let Some(who) = who.filter(|_| statement.contains_key("Effect")) else {
        return Err(malformed("Syntax errors in policy."));
    };
    for name in list(who.get("AWS")).into_iter().filter_map(Value::as_str) {
        let account = name.len() == 12 && name.bytes().all(|it| it.is_ascii_digit());
        let foreign = name.starts_with("arn:aws:iam::") || name.starts_with("arn:aws:sts::");
        let own = name.contains(&format!("::{}:", place.settings.account));
        let good =
            name == "*" || account || if own { principal(place, name).is_some() } else { foreign };
        if !good {
            return Err(malformed(
                "Policy contains a statement with one or more invalid principals.",
            ));
        }
    }
    Ok(())
}

/// What is one or a list of many.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
    }
}

/// Whether a policy lets somebody do something, all its statements taken together.
pub(super) fn allows(
    place: &Place<'_>,
    sealed: &str,
    who: Who<'_>,
    action: &str,
    context: &[(&str, String)],
) -> bool {
    let policy: Value = serde_json::from_str(sealed).unwrap_or_default();
    let statements = list(policy.get("Statement"));
    let has = |effect: &str| {
        let of = statements.iter().filter(|it| it["Effect"] == effect);
        of.filter(|it| is_about(place, it, who))
            .filter(|it| {
                covers(it, "Action", "NotAction", action)
                    && (it.get("Resource").is_some() || it.get("NotResource").is_some())
            })
            .any(|it| meets(place, it.get("Condition"), who, context, effect == "Deny"))
    };
    has("Allow") && !has("Deny")
}

fn covers(statement: &Value, name: &str, negated: &str, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let any = |value: &Value| {
        let patterns = list(Some(value));
        patterns.iter().filter_map(|it| it.as_str()).any(|it| glob(&it.to_lowercase(), &wanted))
    };
    match (statement.get(name), statement.get(negated)) {
        (Some(value), _) => any(value),
        (None, Some(value)) => !any(value),
        (None, None) => false,
    }
}

/// Whether a statement is about somebody. The account stands for everybody in it whose own
/// policies allow the action.
fn is_about(place: &Place<'_>, statement: &Value, who: Who<'_>) -> bool {
    let among = |value: &Value| {
        if value.as_str() == Some("*") {
            return true;
        }
        match who {
            Who::Service(name) => list(value.get("Service")).iter().any(|it| *it == name),
            Who::Caller => {
                let account = &place.settings.account;
                let caller = place.settings.caller_arn();
                let root = format!("arn:aws:iam::{account}:root");
                let all = list(value.get("AWS"));
                let mut names = all.iter().filter_map(|it| it.as_str());
                names.any(|it| it == "*" || it == *account || it == root || it == caller)
            }
        }
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(value), _) => among(value),
        (None, Some(value)) => !among(value),
        (None, None) => false,
    }
}

/// Whether the conditions of a statement are met. One that is not modelled is met where that
/// denies, and not where it allows.
fn meets(
    place: &Place<'_>,
    conditions: Option<&Value>,
    who: Who<'_>,
    context: &[(&str, String)],
    strict: bool,
) -> bool {
    let account = place.settings.account.clone();
    let mut known: Vec<(String, String)> =
        context.iter().map(|it| (it.0.to_lowercase(), it.1.clone())).collect();
    if who == Who::Caller {
        known.push(("kms:calleraccount".to_owned(), account));
    }
    let Some(conditions) = conditions.and_then(Value::as_object) else { return true };
    conditions.iter().all(|(operator, keys)| {
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator.as_str(), false),
        };
        let (wild, negated) = match operator {
            "StringEquals" => (false, false),
            "StringNotEquals" => (false, true),
            "StringLike" | "ArnLike" | "ArnEquals" => (true, false),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (true, true),
            _ => return strict,
        };
        keys.as_object().into_iter().flatten().all(|(key, wanted)| {
            let key = key.to_lowercase();
            let Some((_, value)) = known.iter().find(|it| it.0 == key) else {
                return if_exists || negated;
            };
            let patterns = list(Some(wanted));
            let mut patterns = patterns.iter().filter_map(|it| it.as_str());
            let equal = patterns.any(|it| if wild { glob(it, value) } else { it == value });
            equal != negated
        })
    })
}

/// Whether a pattern with `*` and `?` fits a text.
fn glob(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = rest.as_str();
            glob(rest, text)
                || text.char_indices().any(|(at, it)| glob(rest, &text[at + it.len_utf8()..]))
        }
        Some(wanted) => {
            let mut others = text.chars();
            others.next().is_some_and(|it| wanted == '?' || it == wanted)
                && glob(rest.as_str(), others.as_str())
        }
    }
}
