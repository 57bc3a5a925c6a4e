//! What topics may be called, and how they and their subscriptions are named.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>

use super::call::{Call, invalid};
use crate::{Settings, fault::Fault};

/// The ARN of a topic, or of a subscription by `topic:id`.
pub(super) fn arn(settings: &Settings, region: &str, path: &str) -> String {
    format!("arn:aws:sns:{region}:{}:{path}", settings.account)
}

/// What ends an ARN of SNS in a region: a topic's name, or `topic:id`; nothing when it is none of the account there.
pub(crate) fn in_arn<'a>(settings: &Settings, region: &str, arn: &'a str) -> Option<&'a str> {
    let path = arn.strip_prefix(&format!("arn:aws:sns:{region}:{}:", settings.account))?;
    (!path.is_empty()).then_some(path)
}

/// Whether a topic of that name, or ARN, would keep the order of messages.
pub(crate) fn is_fifo(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|it| it.1 == "fifo")
}

/// Refuses what no topic can be called.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    if is_fifo(name) {
        return Err(Fault::unsupported("FIFO topics"));
    }
    let good = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if (1..=256).contains(&name.len()) && name.chars().all(good) {
        Ok(())
    } else {
        Err(invalid("Topic Name"))
    }
}

pub(super) fn no_topic() -> Fault {
    Fault::new(404, "NotFound", "Topic does not exist")
}

pub(super) fn no_subscription() -> Fault {
    Fault::new(404, "NotFound", "Subscription does not exist")
}

/// What ends the ARN in a parameter.
///
/// <https://repost.aws/knowledge-center/sns-invalid-parameter-error-api-call>
pub(super) fn path(call: &Call<'_>, parameter: &str) -> Result<String, Fault> {
    let arn = call.need(parameter)?;
    let parts = arn.split(':').count();
    if parts < 6 {
        return Err(invalid(format!(
            "{parameter} Reason: An ARN must have at least 6 elements, not {parts}"
        )));
    }
    let path = in_arn(call.settings, call.region, &arn);
    path.map(str::to_owned).ok_or_else(|| {
        invalid(format!("{parameter} Reason: {arn} is not of this account and region"))
    })
}

/// The name of the topic that a parameter means, which has no other parts.
pub(super) fn of_topic(call: &Call<'_>, parameter: &str) -> Result<String, Fault> {
    let path = path(call, parameter)?;
    if path.contains(':') { Err(invalid(parameter)) } else { Ok(path) }
}

/// The name of the topic that a write is about, which has to be there.
pub(super) fn to_change(call: &Call<'_>, parameter: &str) -> Result<String, Fault> {
    let name = of_topic(call, parameter)?;
    let known =
        !call.settings.lag.dependents || call.state.topics.seen(&name, call.by_id()).is_some();
    let there = call.state.topics.get(&name).is_some() && known;
    if there { Ok(name) } else { Err(no_topic()) }
}

/// The end of the ARN of the subscription that a write is about.
pub(super) fn of_subscription(call: &Call<'_>) -> Result<String, Fault> {
    let path = path(call, "SubscriptionArn")?;
    if path.contains(':') {
        Ok(path)
    } else {
        Err(invalid("SubscriptionArn Reason: it is the ARN of a topic"))
    }
}
