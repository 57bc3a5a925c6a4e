//! The access policies of vaults.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, invalid, missing, vault};
use crate::{
    fault::Fault,
    services::iam::document::{self, Document, Grammar, Malformed},
};

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

fn read(call: &Call<'_>, text: String) -> Result<Policy, Fault> {
    let wrong = |why: String| invalid(format!("The policy is not valid: {why}"));
    let value = document::json(&text).map_err(|_| wrong("it is no JSON".to_owned()))?;
    let document = Document::read(&value, Grammar::Resource);
    document.map_err(|Malformed(why)| wrong(why))?;
    let sealed = call.iam.seal(call.settings, &value, call.by_id()).map_err(|it| {
        it.fault("InvalidParameterValueException", "The policy names an unknown principal")
    })?;
    Ok(Policy { text, sealed })
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let name = vault::find(call)?.id.clone();
    let policy = read(call, call.members.need("Policy")?)?;
    call.state.vaults.change(call.stamp, &name, |it| it.policy = Some(policy));
    Ok(Value::Null)
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let vault = vault::seen(call)?;
    let Some(policy) = &vault.policy else {
        return Err(missing(format!("Backup vault {} has no access policy.", vault.id)));
    };
    let now = call.iam.unseal(call.settings, &policy.sealed, call.by_id());
    let same = serde_json::from_str::<Value>(&policy.text).is_ok_and(|it| it == now);
    Ok(json!({
        "BackupVaultName": vault.id,
        "BackupVaultArn": call.arn_of(vault),
        "Policy": if same { policy.text.clone() } else { now.to_string() },
    }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = vault::find(call)?.id.clone();
    call.state.vaults.change(call.stamp, &name, |it| it.policy = None);
    Ok(Value::Null)
}
