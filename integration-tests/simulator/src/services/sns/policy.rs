//! Policies of topics.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>: which actions
//! they may name, one by one and with no wildcard; a topic begins with a policy that lets its account, and AWS's
//! services in its name, do everything:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>.

use serde_json::{Value, json};

use super::{
    call::{Call, invalid},
    topic::Topic,
};
use crate::{
    Settings,
    fault::Fault,
    services::iam::{
        document::{Among, Document, Grammar, Malformed, json as strict},
        principals::Stranger,
    },
    shelf::Record,
};

const LONGEST: usize = 30_720;

/// What a topic's policy may be about.
const ACTIONS: &[&str] = &[
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "PutDataProtectionPolicy",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];

/// The policy that a topic begins with.
pub(super) fn usual(settings: &Settings, arn: &str) -> Value {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                "SNS:ListSubscriptionsByTopic", "SNS:Publish",
            ],
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": settings.account } },
        }],
    })
}

/// A policy with a statement in the place of one of the same name.
pub(super) fn with(mut policy: Value, statement: Value) -> Value {
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.retain(|it| it["Sid"] != statement["Sid"]);
        statements.push(statement);
    }
    policy
}

/// Reads a policy for a topic, and gives it as it is kept.
pub(super) fn read(call: &Call<'_>, name: &str, text: &str) -> Result<Value, Fault> {
    if text.is_empty() {
        return Err(invalid("Policy Error: null"));
    }
    if text.len() > LONGEST {
        return Err(invalid("Policy is too long: it has more than 30720 bytes"));
    }
    let malformed = |it: Malformed| invalid(format!("Policy Error: {}", it.0));
    let value = strict(text).map_err(malformed)?;
    let document = Document::read(&value, Grammar::Resource).map_err(malformed)?;
    let arn = call.arn(name);
    for statement in &document.statements {
        let Some(Among::These(actions)) = &statement.actions else {
            return Err(invalid("Policy statement must contain actions"));
        };
        let known = |it: &String| {
            let action = it.split_once(':').filter(|it| it.0.eq_ignore_ascii_case("sns"));
            action.is_some_and(|it| ACTIONS.iter().any(|one| one.eq_ignore_ascii_case(it.1)))
        };
        if !actions.iter().all(known) {
            return Err(invalid("Policy statement action out of service scope!"));
        }
        let Some(Among::These(resources)) = &statement.resources else {
            return Err(invalid("Policy statement must contain resources"));
        };
        // Only about the topic itself.
        if resources.iter().any(|it| *it != arn) {
            return Err(invalid(
                "Invalid policy: Policy statement must apply to a single resource",
            ));
        }
    }
    call.iam.seal(call.settings, &value, call.by_id()).map_err(|it| match it {
        Stranger::Unknown(_) => invalid("Policy Error: PrincipalNotFound"),
        Stranger::Unmodelled(who) => Fault::unsupported(format!("the principal {who}")),
    })
}

/// The policy of a topic as it is shown.
pub(super) fn shown(call: &Call<'_>, topic: &Record<Topic>) -> String {
    let arn = call.arn(&topic.id);
    let policy = match &topic.policy {
        Some(sealed) => call.iam.unseal(call.settings, sealed, call.by_id()),
        None => usual(call.settings, &arn),
    };
    policy.to_string()
}
