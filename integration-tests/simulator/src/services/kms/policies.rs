//! The policy of a key.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>,
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>. A key has one,
//! named `default`; without one of the caller's it gets the one that lets the account's own
//! policies decide.

use serde_json::{Value, json};

use super::{Answer, Call, Place, constraint, document, rendering};
use crate::fault::Fault;

const NAME: &str = "default";
/// The size of a policy document that KMS takes.
const LARGEST: usize = 32 * 1024;

fn named(call: &Call<'_>) -> Result<(), Fault> {
    match call.members.get::<String>("PolicyName")? {
        Some(name) if name != NAME => {
            Err(super::not_found(format!("Policy name {name} does not exist")))
        }
        Some(_) | None => Ok(()),
    }
}

/// The policy of a key that gets none from the caller.
fn usual(account: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}

/// Reads a policy and resolves its principals.
fn read(call: &Call<'_>, key: &str, text: &str) -> Result<Value, Fault> {
    if text.is_empty() {
        return Err(constraint(text, "policy", "have length greater than or equal to 1"));
    }
    let allowed = |it: char| matches!(it, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    if !text.chars().all(allowed) {
        let rule = r"satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+";
        return Err(constraint(text, "policy", rule));
    }
    if text.len() > LARGEST {
        let text = format!("The key policy is larger than {LARGEST} bytes.");
        return Err(Fault::client("LimitExceededException", text));
    }
    let place = Place::of(call);
    let sealed = document::seal(&place, text)?;
    let bypass: bool = call.members.get("BypassPolicyLockoutSafetyCheck")?.unwrap_or_default();
    let who = call.identity.caller().principal(call.site());
    let keys = [("kms:CallerAccount", call.settings.account.clone())];
    if !bypass && !document::allows(&place, (key, &sealed), &who, "kms:PutKeyPolicy", &keys) {
        return Err(document::malformed(
            "The new key policy will not allow you to update the key policy in the future.",
        ));
    }
    Ok(sealed)
}

/// The policy of a key that is being made.
pub(super) fn at_creation(call: &Call<'_>, key: &str) -> Result<Value, Fault> {
    let given: Option<String> = call.members.get("Policy")?;
    read(call, key, &given.unwrap_or_else(|| usual(&call.settings.account)))
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let key: String = call.members.need("KeyId")?;
    let text: String = call.members.need("Policy")?;
    named(call)?;
    let key = Place::of(call).own(&key, "PutKeyPolicy")?;
    let policy = read(call, &key.id, &text)?;
    call.state.keys.change(call.stamp, &key.id, |it| it.policy = policy);
    Ok(json!({}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    named(call)?;
    let place = Place::of(call);
    let key = place.seen(&text)?;
    let shown = document::show(&place, &key.policy);
    let shown = match call.settings.disputed("kms-policy-lists-of-one", 2) {
        0 => rendering::single(&shown),
        _ => shown,
    };
    Ok(json!({ "Policy": rendering::text(&shown), "PolicyName": NAME }))
}
