//! What policies would allow.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html> and
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>: one result per
//! action, with the most restrictive decision of its resources.

use std::collections::BTreeSet;

use super::{
    Answer, Operation,
    call::{Call, no_such, texts, violates},
    condition::Context,
    document::{Document, Grammar},
    evaluate::{self, Decision, Request},
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("SimulateCustomPolicy", false, simulate_custom),
    ("SimulatePrincipalPolicy", false, simulate_principal),
];

fn simulate_custom(call: &mut Call<'_>) -> Answer {
    let documents = given(call)?;
    if documents.is_empty() {
        return Err(violates("[]", "PolicyInputList", "Member must not be empty"));
    }
    simulate(call, &documents, Context::default())
}

fn simulate_principal(call: &mut Call<'_>) -> Answer {
    let source = call.need("PolicySourceArn")?;
    if !source.starts_with("arn:") {
        return Err(Fault::client("InvalidInput", format!("Invalid ARN: {source}")));
    }
    if source == call.settings.caller_arn() {
        let mut documents = vec![administrator(call)?];
        documents.extend(given(call)?);
        return simulate(call, &documents, Context::default());
    }
    if !source.contains(":role/") {
        return Err(Fault::unsupported(format!("the policies of {source}")));
    }
    let name = source.rsplit_once('/').map_or(source.as_str(), |it| it.1);
    let seen = call.iam.roles.seen(name, call.by_id());
    let role = seen
        .filter(|it| it.arn(call.settings) == source)
        .ok_or_else(|| no_such(format!("The role with name {name} cannot be found.")))?;
    let mut documents = role.documents()?;
    let mut context = Context::default();
    role.describe(call.settings, &mut context);
    documents.extend(given(call)?);
    simulate(call, &documents, context)
}

/// What the account's administrator may do: everything but what the settings deny.
fn administrator(call: &Call<'_>) -> Result<Document, Fault> {
    let everything = |effect: &str, actions: &[String]| serde_json::json!({ "Effect": effect, "Action": actions, "Resource": "*" });
    let mut statements = vec![everything("Allow", &["*".to_owned()])];
    let denied = &call.settings.denied;
    if !denied.is_empty() {
        statements.push(everything("Deny", denied));
    }
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statements });
    Document::read(&document, Grammar::Identity).map_err(|it| Fault::client("InvalidInput", it.0))
}

/// The documents that the request brings along.
fn given(call: &Call<'_>) -> Result<Vec<Document>, Fault> {
    let all = call.params.list("PolicyInputList.member");
    let read = |it: &String| {
        Document::parse(it, Grammar::Identity).map_err(|it| Fault::client("InvalidInput", it.0))
    };
    all.iter().map(read).collect()
}

fn context(call: &Call<'_>, context: &mut Context) -> Result<(), Fault> {
    for entry in call.params.structs("ContextEntries.member") {
        let key = entry.text("ContextKeyName").unwrap_or_default();
        let kind = entry.text("ContextKeyType").unwrap_or_default();
        let values = entry.list("ContextKeyValues.member");
        let (kind, many) = match kind.strip_suffix("List") {
            Some(kind) => (kind, true),
            None => (kind.as_str(), false),
        };
        let known = matches!(kind, "string" | "numeric" | "boolean" | "ip" | "binary" | "date");
        if key.is_empty() || !known || (!many && values.len() != 1) {
            let text = format!("Invalid context entry: {key}");
            return Err(Fault::client("InvalidInput", text));
        }
        context.set_all(&key, values);
    }
    Ok(())
}

fn simulate(call: &Call<'_>, documents: &[Document], mut keys: Context) -> Answer {
    context(call, &mut keys)?;
    let actions = call.params.list("ActionNames.member");
    if actions.is_empty() {
        return Err(violates("[]", "ActionNames", "Member must not be empty"));
    }
    for action in &actions {
        let good = action.split_once(':').is_some_and(|it| !it.0.is_empty() && !it.1.is_empty());
        if !good || action.contains(['*', '?']) {
            let text = format!("Invalid Entity Action: {action}");
            return Err(Fault::client("InvalidInput", text));
        }
    }
    let resources = call.params.list("ResourceArns.member");
    if let Some(wrong) = resources.iter().find(|it| *it != "*" && !it.starts_with("arn:")) {
        return Err(Fault::client("InvalidInput", format!("Invalid ARN: {wrong}")));
    }
    let wanted: BTreeSet<_> = documents.iter().flat_map(Document::keys).collect();
    let missing: Vec<_> = wanted.into_iter().filter(|it| keys.get(it).is_none()).collect();
    let names = || texts(missing.iter().map(|it| Xml::new().text("member", it)));
    let everywhere = vec!["*".to_owned()];
    let mut all = Vec::new();
    for action in &actions {
        let judged: Vec<_> = if resources.is_empty() { &everywhere } else { &resources }
            .iter()
            .map(|resource| {
                let (action, resource) = (action.clone(), resource.clone());
                let request = Request { action, resource, context: keys.clone() };
                (evaluate::identity(documents, &request), request.resource)
            })
            .collect();
        let strictest = judged.iter().map(|it| it.0).max_by_key(|it| strictness(*it));
        let specific = judged.iter().filter(|_| !resources.is_empty()).map(|(decision, name)| {
            Xml::new()
                .text("EvalResourceName", name)
                .text("EvalResourceDecision", word(*decision))
                .nest("MissingContextValues", names())
        });
        let result = |name: &str| {
            Xml::new()
                .text("EvalActionName", action)
                .text("EvalResourceName", name)
                .text("EvalDecision", word(strictest.unwrap_or(Decision::ImplicitlyDenied)))
                .nest("MissingContextValues", names())
                .members("ResourceSpecificResults", "member", specific.clone())
        };
        match (judged.as_slice(), call.settings.disputed("simulated-results", 2)) {
            ([(_, only)], _) => all.push(result(only)),
            (_, 0) => all.push(result("*")),
            (several, _) => all.extend(several.iter().map(|it| result(&it.1))),
        }
    }
    let numbered = all.into_iter().enumerate().map(|(at, xml)| (format!("{at:08}"), xml));
    call.page(numbered.collect(), |page| Xml::new().members("EvaluationResults", "member", page))
}

fn strictness(decision: Decision) -> u8 {
    match decision {
        Decision::Allowed => 0,
        Decision::ImplicitlyDenied => 1,
        Decision::ExplicitlyDenied => 2,
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ImplicitlyDenied => "implicitDeny",
        Decision::ExplicitlyDenied => "explicitDeny",
    }
}
