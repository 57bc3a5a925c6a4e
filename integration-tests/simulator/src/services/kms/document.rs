//! Policy documents of keys: what they may say, and what they allow.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>. Principals have
//! to exist and are kept as IAM's unique ids; statements without `Action` or `Resource` are taken and
//! have no effect.

use serde_json::{Value, json};

use super::Place;
use crate::{
    fault::Fault,
    services::iam::{
        condition::Context,
        document::{Document, Grammar, Malformed, json as strict},
        evaluate::{self, Decision, Grant, Principal, Request},
        principals::Stranger,
    },
};

/// A policy that is none.
pub(super) fn malformed(text: impl Into<String>) -> Fault {
    Fault::client("MalformedPolicyDocumentException", text)
}

/// Checks a policy, and keeps it with its principals resolved.
pub(super) fn seal(place: &Place<'_>, text: &str) -> Result<Value, Fault> {
    let policy = strict(text).map_err(|it| malformed(it.0))?;
    Document::read(&policy, Grammar::Resource).map_err(|it| malformed(it.0))?;
    let sealed = place.iam.seal(place.settings, &policy, place.eyes);
    sealed.map_err(|it| {
        refused(it, || {
            malformed("Policy contains a statement with one or more invalid principals.")
        })
    })
}

/// KMS does not say whom it does not know.
fn refused(stranger: Stranger, unknown: impl FnOnce() -> Fault) -> Fault {
    match stranger {
        Stranger::Unknown(_) => unknown(),
        Stranger::Unmodelled(who) => Fault::unsupported(format!("the principal {who}")),
    }
}

/// The policy as it is shown.
pub(super) fn show(place: &Place<'_>, sealed: &Value) -> Value {
    place.iam.unseal(place.settings, sealed, place.eyes)
}

/// A document that names one principal.
fn about(principal: &str) -> Value {
    json!({ "Statement": { "Principal": { "AWS": principal } } })
}

fn named(document: &Value) -> String {
    document["Statement"]["Principal"]["AWS"].as_str().unwrap_or_default().to_owned()
}

/// The principal that an Amazon resource name stands for, resolved.
pub(super) fn principal(place: &Place<'_>, arn: &str) -> Result<String, Fault> {
    let unknown = || {
        let text = format!("ARN does not refer to a valid principal: {arn}");
        Fault::client("InvalidArnException", text)
    };
    if !arn.starts_with("arn:") {
        return Err(unknown());
    }
    let sealed = place.iam.seal(place.settings, &about(arn), place.eyes);
    sealed.map(|it| named(&it)).map_err(|it| refused(it, unknown))
}

/// A principal as it is shown.
pub(super) fn principal_shown(place: &Place<'_>, sealed: &str) -> String {
    named(&place.iam.unseal(place.settings, &about(sealed), place.eyes))
}

/// What a policy says, as far as it has an effect.
pub(super) fn read(sealed: &Value) -> Result<Document, Malformed> {
    let mut document = Document::read(sealed, Grammar::Resource)?;
    document.statements.retain(|it| it.resources.is_some());
    Ok(document)
}

/// Whether the policy of a key lets somebody do something with it, or leaves that to the policies of
/// whoever it is.
pub(super) fn allows(
    place: &Place<'_>,
    policy: (&str, &Value),
    who: &Principal,
    action: &str,
    keys: &[(&str, String)],
) -> bool {
    let grant = judge(place, policy, who, action, keys);
    match grant.decision {
        Decision::Allowed => true,
        Decision::ImplicitlyDenied => grant.delegated,
        Decision::ExplicitlyDenied => false,
    }
}

/// Whether a policy itself gives a permission to somebody who has none of his own.
pub(super) fn grants(
    place: &Place<'_>,
    policy: (&str, &Value),
    who: &Principal,
    action: &str,
    keys: &[(&str, String)],
) -> bool {
    judge(place, policy, who, action, keys).decision == Decision::Allowed
}

fn judge(
    place: &Place<'_>,
    (key, sealed): (&str, &Value),
    who: &Principal,
    action: &str,
    keys: &[(&str, String)],
) -> Grant {
    let Ok(document) = read(sealed) else {
        return Grant { decision: Decision::ImplicitlyDenied, delegated: false };
    };
    let mut context = Context::default();
    for (key, value) in keys {
        context.set(key, value.as_str());
    }
    let request = Request { action: action.to_owned(), resource: place.arn(key), context };
    evaluate::resource(&document, who, &request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Settings, Time,
        services::{Iam, Kms},
        shelf::Eyes,
    };

    /// The policy of
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>.
    #[test]
    fn a_service_uses_a_key_for_what_its_conditions_say_and_for_nothing_else() {
        let (kms, iam, settings) = (Kms::default(), Iam::default(), Settings::calm());
        let now = Time::from_millis(1);
        let eyes = Eyes { now, behind: 0, list: false };
        let place =
            Place { kms: &kms, settings: &settings, region: "us-east-1", iam: &iam, now, eyes };
        let logs = "logs.us-east-1.amazonaws.com";
        let group = "arn:aws:logs:us-east-1:123456789012:log-group:";
        let context = "kms:EncryptionContext:aws:logs:arn";
        let text = json!({
            "Statement": {
                "Effect": "Allow",
                "Principal": { "Service": logs },
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"],
                "Resource": "*",
                "Condition": { "ArnLike": { context: format!("{group}/node/*") } },
            },
        });
        let policy = seal(&place, &text.to_string());
        let can = |who: &str, action: &str, group_name: &str| {
            let who = Principal::Service(who.to_owned());
            let keys = [(context, format!("{group}{group_name}"))];
            policy.as_ref().is_ok_and(|it| allows(&place, ("id", it), &who, action, &keys))
        };
        assert!(can(logs, "kms:GenerateDataKey", "/node/a"));
        assert!(!can(logs, "kms:GenerateDataKey", "/other"));
        assert!(!can(logs, "kms:DescribeKey", "/node/a"));
        assert!(!can("logs.eu-west-1.amazonaws.com", "kms:GenerateDataKey", "/node/a"));
    }
}
