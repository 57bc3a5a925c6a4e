//! Resource policies of secrets.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>

use serde_json::{Value, json};

use super::{Answer, Call, constraint, create, names};
use crate::fault::Fault;

const LONGEST: usize = 20_480;

fn malformed(what: &str) -> Fault {
    Fault::client("MalformedPolicyDocumentException", format!("This resource policy {what}"))
}

/// The statements of a policy, each with what it needs.
fn statements(text: &str) -> Result<Vec<Value>, Fault> {
    let policy: Value =
        serde_json::from_str(text).map_err(|_| malformed("contains invalid Json"))?;
    let statements = match policy.get("Statement") {
        Some(Value::Array(all)) if !all.is_empty() => all.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => return Err(malformed("is missing a statement")),
    };
    for statement in &statements {
        let has = |name: &str| statement.get(name).is_some();
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            return Err(malformed("contains an invalid effect"));
        }
        if !(has("Action") || has("NotAction")) {
            return Err(malformed("is missing an action"));
        }
        if !(has("Principal") || has("NotPrincipal")) {
            return Err(malformed("is missing a principal"));
        }
        if !(has("Resource") || has("NotResource")) {
            return Err(malformed("is missing a resource"));
        }
    }
    Ok(statements)
}

/// Whether a statement lets everybody in.
fn is_public(statement: &Value) -> bool {
    let everybody = |it: &Value| match it {
        Value::String(text) => text == "*",
        Value::Array(all) => all.iter().any(|it| it == "*"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    let principal = statement.get("Principal");
    statement.get("Effect").is_some_and(|it| it == "Allow")
        && statement.get("Condition").is_none()
        && principal.is_some_and(|it| everybody(it) || it.get("AWS").is_some_and(everybody))
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let policy: String = call.members.need("ResourcePolicy")?;
    let block = call.members.get("BlockPublicPolicy")?.unwrap_or_default();
    if !(1..=LONGEST).contains(&policy.chars().count()) {
        return Err(constraint("resourcePolicy", "have length between 1 and 20480"));
    }
    let secret = names::find_living(call)?;
    if statements(&policy)?.iter().any(is_public) && block {
        return Err(Fault::client(
            "PublicPolicyException",
            "The BlockPublicPolicy parameter is set to true, and the resource policy did not \
             prevent broad access to the secret.",
        ));
    }
    let name = secret.id.clone();
    let answer = create::told(call, &name, secret, None);
    call.change(&name, |it| it.policy = Some(policy));
    Ok(answer)
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let secret = names::living(names::see(call)?)?;
    let mut answer = create::told(call, &secret.id, secret, None);
    if let Some(policy) = &secret.policy {
        answer["ResourcePolicy"] = json!(policy);
    }
    Ok(answer)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let secret = names::find_living(call)?;
    let name = secret.id.clone();
    let answer = create::told(call, &name, secret, None);
    call.change(&name, |it| it.policy = None);
    Ok(answer)
}
