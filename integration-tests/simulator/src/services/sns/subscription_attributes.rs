//! What can be set of a subscription.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html>.

use serde_json::Value;

use super::{
    Answer, Operation,
    call::{Call, entries, invalid},
    names,
    subscription::{Protocol, Subscription},
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("GetSubscriptionAttributes", false, get), ("SetSubscriptionAttributes", true, put)];

/// Sets an attribute.
pub(super) fn set(
    subscription: &mut Subscription,
    attribute: &str,
    value: &str,
) -> Result<(), Fault> {
    let protocol = subscription.protocol;
    let web = matches!(protocol, Protocol::Http | Protocol::Https);
    match (attribute, value) {
        ("RawMessageDelivery", "true") if !web && protocol != Protocol::Sqs => {
            return Err(invalid(format!(
                "Attributes Reason: RawMessageDelivery: Invalid value [true] for protocol type [{}]",
                protocol.name()
            )));
        }
        ("RawMessageDelivery", "true" | "false") => subscription.raw = value == "true",
        ("RawMessageDelivery", other) => {
            return Err(invalid(format!(
                "Attributes Reason: RawMessageDelivery: Invalid value [{other}]. Must be true or false."
            )));
        }
        ("DeliveryPolicy", "") => subscription.delivery_policy = None,
        ("DeliveryPolicy", text) => {
            if !web || !serde_json::from_str::<Value>(text).is_ok_and(|it| it.is_object()) {
                return Err(invalid("DeliveryPolicy"));
            }
            subscription.delivery_policy = Some(text.to_owned());
        }
        (
            other @ ("FilterPolicy"
            | "FilterPolicyScope"
            | "RedrivePolicy"
            | "ReplayPolicy"
            | "SubscriptionRoleArn"),
            _,
        ) => {
            return Err(Fault::unsupported(format!("the attribute {other} of subscriptions")));
        }
        _ => return Err(invalid("AttributeName")),
    }
    Ok(())
}

fn put(call: &mut Call<'_>) -> Answer {
    let attribute = call.need("AttributeName")?;
    let value = call.params.text("AttributeValue").unwrap_or_default();
    let id = names::of_subscription(call)?;
    let there = call.state.subscriptions.get(&id).ok_or_else(names::no_subscription)?;
    let mut subscription = there.body.clone();
    set(&mut subscription, &attribute, &value)?;
    call.state.subscriptions.change(call.stamp, &id, |it| it.body = subscription);
    Ok(Xml::new())
}

fn get(call: &mut Call<'_>) -> Answer {
    let id = names::of_subscription(call)?;
    let seen = call.state.subscriptions.seen(&id, call.by_id());
    let it = seen.ok_or_else(names::no_subscription)?;
    let mut all = vec![
        ("SubscriptionArn", call.arn(&id)),
        ("TopicArn", call.arn(&it.topic)),
        ("Owner", call.settings.account.clone()),
        ("Protocol", it.protocol.name().to_owned()),
        ("Endpoint", it.endpoint.clone()),
        ("ConfirmationWasAuthenticated", it.authenticated.to_string()),
        ("PendingConfirmation", it.is_pending().to_string()),
        ("RawMessageDelivery", it.raw.to_string()),
        ("SubscriptionPrincipal", it.principal.clone()),
    ];
    all.extend(it.delivery_policy.clone().map(|it| ("DeliveryPolicy", it)));
    Ok(entries("Attributes", all))
}
