//! Resource policies of secrets.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>: each
//! statement says who may do what; who is kept as IAM keeps it and shown by name while that very
//! principal exists.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, constraint, create, names};
use crate::{
    fault::Fault,
    services::iam::document::{self, Among, Document, Effect, Grammar, Malformed, Statement, Who},
};

const LONGEST: usize = 20_480;
const MALFORMED: &str = "MalformedPolicyDocumentException";

/// A policy: the text that was put, and the same with its principals as IAM keeps them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Policy {
    text: String,
    sealed: Value,
}

impl Policy {
    /// What it says; it was read when it was put.
    pub(super) fn document(&self) -> Option<Document> {
        Document::read(&self.sealed, Grammar::Resource).ok()
    }
}

fn malformed(why: impl Into<String>) -> Fault {
    Fault::client(MALFORMED, why)
}

fn read(call: &Call<'_>, text: String, block: bool) -> Result<Policy, Fault> {
    let value = document::json(&text)
        .map_err(|_| malformed("This resource policy contains invalid Json"))?;
    let document = Document::read(&value, Grammar::Resource)
        .map_err(|Malformed(why)| malformed(format!("This resource policy is not valid: {why}")))?;
    let whole = |it: &Statement| it.who.is_some() && it.actions.is_some() && it.resources.is_some();
    if !document.statements.iter().all(whole) {
        return Err(malformed(
            "This resource policy has a statement without a principal, an action or a resource",
        ));
    }
    let sealed = call.iam.seal(call.settings, &value, call.by_id()).map_err(|it| {
        it.fault(MALFORMED, "This resource policy contains an unsupported principal")
    })?;
    if block && document.statements.iter().any(is_public) {
        return Err(Fault::client(
            "PublicPolicyException",
            "The BlockPublicPolicy parameter is set to true, and the resource policy did not \
             prevent broad access to the secret.",
        ));
    }
    Ok(Policy { text, sealed })
}

/// Whether a statement lets everybody in.
fn is_public(statement: &Statement) -> bool {
    let everybody = match &statement.who {
        Some(Among::These(all)) => all.contains(&Who::Everybody),
        Some(Among::AllBut(_)) => true,
        None => false,
    };
    everybody && statement.effect == Effect::Allow && statement.conditions.is_empty()
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("ResourcePolicy")?;
    let block = call.members.get("BlockPublicPolicy")?.unwrap_or_default();
    if !(1..=LONGEST).contains(&text.chars().count()) {
        return Err(constraint("resourcePolicy", "have length between 1 and 20480"));
    }
    let secret = names::find_living(call)?;
    let policy = read(call, text, block)?;
    let name = secret.id.clone();
    let answer = create::told(call, &name, secret, None);
    call.change(&name, |it| it.policy = Some(policy));
    Ok(answer)
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let secret = names::living(names::see(call)?)?;
    let mut answer = create::told(call, &secret.id, secret, None);
    if let Some(policy) = &secret.policy {
        let now = call.iam.unseal(call.settings, &policy.sealed, call.by_id());
        let verbatim = call.settings.disputed("secret-policy-text", 2) == 0;
        let same = serde_json::from_str::<Value>(&policy.text).is_ok_and(|it| it == now);
        let text = if verbatim && same { policy.text.clone() } else { now.to_string() };
        answer["ResourcePolicy"] = json!(text);
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
