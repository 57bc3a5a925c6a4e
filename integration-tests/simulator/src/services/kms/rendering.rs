//! How KMS writes a policy: by its own hand, whatever the text was that was put.
//!
//! The form is that of the answers in
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>: two spaces, elements
//! in the order of the policy language. Statements keep their order.

use serde_json::Value;

/// The order of elements.
const ORDER: &[&str] = &[
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The policy with every list of one as that one alone, except for its statements.
pub(super) fn single(policy: &Value) -> Value {
    match policy {
        Value::Object(all) => {
            let part = |(name, value): (&String, &Value)| {
                let value = match value.as_array().filter(|_| name == "Statement") {
                    Some(all) => all.iter().map(single).collect(),
                    None => single(value),
                };
                (name.clone(), value)
            };
            Value::Object(all.iter().map(part).collect())
        }
        Value::Array(all) => match all.as_slice() {
            [one] => single(one),
            all => all.iter().map(single).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => policy.clone(),
    }
}

/// The policy as a text.
pub(super) fn text(policy: &Value) -> String {
    let mut policy = policy.clone();
    if let Some(statement) = policy.get_mut("Statement").filter(|it| it.is_object()) {
        *statement = Value::Array(vec![statement.take()]);
    }
    write(&policy, 0)
}

fn write(value: &Value, depth: usize) -> String {
    match value {
        Value::Object(all) if !all.is_empty() => {
            let mut names: Vec<_> = all.iter().collect();
            let rank = |name: &str| ORDER.iter().position(|it| *it == name);
            names.sort_by_key(|it| rank(it.0).unwrap_or(ORDER.len()));
            let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
            let line = |(name, value): (&String, &Value)| {
                let name = Value::from(name.as_str());
                format!("{inner}{name} : {}", write(value, depth + 1))
            };
            let lines: Vec<_> = names.into_iter().map(line).collect();
            format!("{{\n{}\n{outer}}}", lines.join(",\n"))
        }
        Value::Object(_) => "{ }".to_owned(),
        Value::Array(all) if !all.is_empty() => {
            let items: Vec<_> = all.iter().map(|it| write(it, depth)).collect();
            format!("[ {} ]", items.join(", "))
        }
        Value::Array(_) => "[ ]".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
