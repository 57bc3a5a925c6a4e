//! What somebody else might do to topics and their subscriptions.

use super::{Sns, subscription::Protocol, topic::Topic};
use crate::{
    shelf::{Kind as _, Record},
    world::{Drift, HERE, Retag},
};

fn drift(says: String, action: &'static str, params: &[(&str, &str)]) -> Drift {
    Drift::form("sns", says, action, params)
}

/// Nothing of it is protected from its end.
pub(crate) fn unprotect(_: &str, _: &str) -> Vec<Drift> {
    Vec::new()
}

/// The calls by which somebody puts tags on a topic, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    if kind != Topic::TYPE {
        return Vec::new();
    }
    let arn = format!("{HERE}{id}");
    let call = |action, params: Vec<(String, &str)>| {
        let params = params.iter().map(|(name, value)| (name.as_str(), *value));
        let params: Vec<_> = std::iter::once(("ResourceArn", &*arn)).chain(params).collect();
        drift(format!("{id} has other tags"), action, &params)
    };
    let put = (1..).zip(change.put).flat_map(|(n, (key, value))| {
        let (name, text) = (format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value"));
        [(name, key.as_str()), (text, value.as_str())]
    });
    let gone = (1..).zip(change.gone).map(|(n, key)| (format!("TagKeys.member.{n}"), key.as_str()));
    let mut all = Vec::new();
    all.extend((!change.put.is_empty()).then(|| call("TagResource", put.collect())));
    all.extend((!change.gone.is_empty()).then(|| call("UntagResource", gone.collect())));
    all
}

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(state: &Sns, key: &str) -> Vec<Drift> {
    let owned = state.topics.all().filter(|it| it.tags.contains_key(key));
    owned.flat_map(|it| of_topic(state, it)).collect()
}

fn of_topic(state: &Sns, topic: &Record<Topic>) -> Vec<Drift> {
    let name = &topic.id;
    let arn = format!("{HERE}{name}");
    let named = ("TopicArn", arn.as_str());
    let set = |says: String, attribute: &str, value: &str| {
        let params = [named, ("AttributeName", attribute), ("AttributeValue", value)];
        drift(says, "SetTopicAttributes", &params)
    };
    let display = if topic.display_name == "by hand" { "by another hand" } else { "by hand" };
    let mut all = vec![set(
        format!("the display name of topic {name} is '{display}' now"),
        "DisplayName",
        display,
    )];
    all.push(if topic.key.is_some() {
        set(format!("topic {name} has no key any more"), "KmsMasterKeyId", "")
    } else {
        let says = format!("topic {name} is encrypted under the key of SNS now");
        set(says, "KmsMasterKeyId", "alias/aws/sns")
    });
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"by-hand","Effect":"Allow","Principal":{{"Service":"events.amazonaws.com"}},"Action":"sns:Publish","Resource":"{arn}"}}]}}"#
    );
    all.push(set(format!("the policy of topic {name} is another one"), "Policy", &policy));
    let version = if topic.signature_version.as_deref() == Some("2") { "1" } else { "2" };
    let says = format!("the signature version of topic {name} is {version} now");
    all.push(set(says, "SignatureVersion", version));
    let tracing = if topic.tracing.as_deref() == Some("Active") { "PassThrough" } else { "Active" };
    let says = format!("the tracing of topic {name} is {tracing} now");
    all.push(set(says, "TracingConfig", tracing));
    all.push(drift(format!("topic {name} is deleted"), "DeleteTopic", &[named]));
    for it in state.subscriptions.all().filter(|it| it.topic == *name && it.confirmed) {
        let says = format!("{} is not subscribed to topic {name} any more", it.endpoint);
        let id = format!("{HERE}{}", it.id);
        let named = ("SubscriptionArn", id.as_str());
        all.push(drift(says, "Unsubscribe", &[named]));
        if it.protocol != Protocol::Email && it.protocol != Protocol::EmailJson {
            let raw = if it.raw { "false" } else { "true" };
            let says = format!("what {} gets of topic {name} is raw: {raw}", it.endpoint);
            let params = [named, ("AttributeName", "RawMessageDelivery"), ("AttributeValue", raw)];
            all.push(drift(says, "SetSubscriptionAttributes", &params));
        }
    }
    let hand = [named, ("Protocol", "email"), ("Endpoint", "by-hand@example.com")];
    let says = format!("by-hand@example.com is to be subscribed to topic {name}");
    all.push(drift(says, "Subscribe", &hand));
    // Without its owner's mark an object would be a stranger, not a drifted one.
    for (key, value) in topic.tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let other = format!("{value}-changed");
        let named = ("ResourceArn", arn.as_str());
        all.push(drift(
            format!("the tag {key} of topic {name} is gone"),
            "UntagResource",
            &[named, ("TagKeys.member.1", key)],
        ));
        all.push(drift(
            format!("the tag {key} of topic {name} is '{other}' now"),
            "TagResource",
            &[named, ("Tags.member.1.Key", key), ("Tags.member.1.Value", &other)],
        ));
    }
    all
}
