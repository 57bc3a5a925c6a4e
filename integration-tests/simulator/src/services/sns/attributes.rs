//! What can be set of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>.

use serde_json::{Value, json};

use super::{
    Answer, Operation,
    call::{Call, entries, invalid},
    names, policy,
    topic::Topic,
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("GetTopicAttributes", false, get), ("SetTopicAttributes", true, put)];

/// Attributes there are, of features that are not modelled.
const UNMODELLED: &[&str] = &[
    "ApplicationFailureFeedbackRoleArn",
    "ApplicationSuccessFeedbackRoleArn",
    "ApplicationSuccessFeedbackSampleRate",
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "FifoThroughputScope",
    "FifoTopic",
    "FirehoseFailureFeedbackRoleArn",
    "FirehoseSuccessFeedbackRoleArn",
    "FirehoseSuccessFeedbackSampleRate",
    "HTTPFailureFeedbackRoleArn",
    "HTTPSuccessFeedbackRoleArn",
    "HTTPSuccessFeedbackSampleRate",
    "LambdaFailureFeedbackRoleArn",
    "LambdaSuccessFeedbackRoleArn",
    "LambdaSuccessFeedbackSampleRate",
    "MaximumMessageSize",
    "SQSFailureFeedbackRoleArn",
    "SQSSuccessFeedbackRoleArn",
    "SQSSuccessFeedbackSampleRate",
];

/// How a topic sends again what could not be delivered, when nobody said otherwise:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>.
fn usual_delivery() -> Value {
    json!({
        "http": {
            "defaultHealthyRetryPolicy": {
                "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3,
                "numMaxDelayRetries": 0, "numNoDelayRetries": 0, "numMinDelayRetries": 0,
                "backoffFunction": "linear",
            },
            "disableSubscriptionOverrides": false,
            "defaultRequestPolicy": { "headerContentType": "text/plain; charset=UTF-8" },
        },
    })
}

/// Sets an attribute of a topic of that name; an empty text sets it back.
pub(super) fn set(
    call: &Call<'_>,
    (name, topic): (&str, &mut Topic),
    attribute: &str,
    value: &str,
) -> Result<(), Fault> {
    let given = Some(value.to_owned()).filter(|it| !it.is_empty());
    match attribute {
        "DisplayName" if value.chars().count() > 100 => {
            return Err(invalid("DisplayName Reason: it is longer than 100 characters"));
        }
        "DisplayName" => value.clone_into(&mut topic.display_name),
        "KmsMasterKeyId" => topic.key = given,
        "Policy" => topic.policy = Some(policy::read(call, name, value)?),
        "DeliveryPolicy" => {
            if given.is_some()
                && !serde_json::from_str::<Value>(value).is_ok_and(|it| it.is_object())
            {
                return Err(invalid("DeliveryPolicy: failed to parse JSON"));
            }
            topic.delivery_policy = given;
        }
        "SignatureVersion" if !["1", "2"].contains(&value) => {
            return Err(invalid("SignatureVersion"));
        }
        "SignatureVersion" => topic.signature_version = given,
        "TracingConfig" if !["Active", "PassThrough"].contains(&value) => {
            return Err(invalid("TracingConfig"));
        }
        "TracingConfig" => topic.tracing = given,
        other if UNMODELLED.contains(&other) => {
            return Err(Fault::unsupported(format!("the attribute {other} of topics")));
        }
        _ => return Err(invalid("AttributeName")),
    }
    Ok(())
}

fn put(call: &mut Call<'_>) -> Answer {
    let attribute = call.need("AttributeName")?;
    let value = call.params.text("AttributeValue").unwrap_or_default();
    let name = names::to_change(call, "TopicArn")?;
    let mut topic =
        call.state.topics.get(&name).map(|it| it.body.clone()).ok_or_else(names::no_topic)?;
    set(call, (&name, &mut topic), &attribute, &value)?;
    call.state.topics.change(call.stamp, &name, |it| it.body = topic);
    Ok(Xml::new())
}

fn get(call: &mut Call<'_>) -> Answer {
    let name = names::of_topic(call, "TopicArn")?;
    let topic = call.state.topics.seen(&name, call.by_id()).ok_or_else(names::no_topic)?;
    let of = |pending: bool| {
        let all = call.state.subscriptions.all_seen(call.by_id());
        all.filter(|it| it.topic == name && it.is_pending() == pending).count().to_string()
    };
    let effective = topic.delivery_policy.clone();
    let effective = effective.unwrap_or_else(|| usual_delivery().to_string());
    let mut all = vec![
        ("Policy", policy::shown(call, topic)),
        ("Owner", call.settings.account.clone()),
        ("SubscriptionsPending", of(true)),
        ("TopicArn", call.arn(&name)),
        ("EffectiveDeliveryPolicy", effective),
        ("SubscriptionsConfirmed", of(false)),
        ("DisplayName", topic.display_name.clone()),
        ("SubscriptionsDeleted", topic.left.to_string()),
    ];
    let more = [
        ("DeliveryPolicy", &topic.delivery_policy),
        ("KmsMasterKeyId", &topic.key),
        ("SignatureVersion", &topic.signature_version),
        ("TracingConfig", &topic.tracing),
    ];
    all.extend(more.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    Ok(entries("Attributes", all))
}
