//! Publishing, by whoever calls.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>. The key of a topic is used in the caller's name:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>.

use super::{
    Answer, Operation,
    call::{Call, invalid},
    delivery, names,
};
use crate::{
    fault::Fault,
    services::kms::{Unusable, Use, Who},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[("Publish", true, publish)];

const LONGEST: usize = 262_144;
const LONGEST_SUBJECT: usize = 100;

fn publish(call: &mut Call<'_>) -> Answer {
    for other in [
        "MessageAttributes",
        "MessageDeduplicationId",
        "MessageGroupId",
        "MessageStructure",
        "PhoneNumber",
        "TargetArn",
    ] {
        if call.params.given(other) {
            return Err(Fault::unsupported(format!("the parameter {other} of Publish")));
        }
    }
    let message = call.params.text("Message").unwrap_or_default();
    let subject = call.params.text("Subject");
    if message.is_empty() {
        return Err(invalid("Empty message"));
    }
    if message.len() > LONGEST {
        return Err(invalid("Message too long"));
    }
    let plain = |it: &String| {
        (1..=LONGEST_SUBJECT).contains(&it.len())
            && it.chars().all(|it| it.is_ascii() && !it.is_ascii_control())
            && !it.starts_with(' ')
    };
    if subject.as_ref().is_some_and(|it| !plain(it)) {
        return Err(invalid("Subject"));
    }
    let topic = names::to_change(call, "TopicArn")?;
    encrypts(call, &topic)?;
    let id = call.rng.uuid();
    let now = call.now;
    let arn = call.arn(&topic);
    delivery::deliver(call.state, (&topic, &arn, &id), now, subject.as_deref(), &message);
    Ok(Xml::new().text("MessageId", id))
}

/// Refuses to publish where the key of the topic cannot be used.
fn encrypts(call: &Call<'_>, name: &str) -> Result<(), Fault> {
    let topic = call.state.topics.get(name).ok_or_else(names::no_topic)?;
    // The key of the service lets everybody who may publish use it.
    let Some(key) = topic.key.as_ref().filter(|it| !delivery::is_own_key(it)) else {
        return Ok(());
    };
    let context = vec![
        ("kms:ViaService", format!("sns.{}.amazonaws.com", call.region)),
        ("kms:EncryptionContext:aws:sns:topicArn", call.arn(name)),
    ];
    let by = Use { who: Who::Caller, actions: delivery::KEY_ACTIONS, context };
    match call.kms.usable_from((call.site(), call.by_id()), call.identity, key, &by) {
        Ok(_) => Ok(()),
        Err(Unusable::NotFound(why)) => Err(Fault::client("KMSNotFound", why)),
        Err(Unusable::Disabled(why)) => Err(Fault::client("KMSDisabled", why)),
        Err(Unusable::PendingDeletion(why)) => Err(Fault::client("KMSInvalidState", why)),
        Err(Unusable::Denied(why)) => Err(Fault::client("KMSAccessDenied", why)),
        Err(Unusable::Unsupported(fault)) => Err(fault),
    }
}
