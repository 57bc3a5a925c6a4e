//! SNS: who is told.
//!
//! Topics are found by the tagging API: their list has no tags
//! (<https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html>).

mod subscriptions;
mod topic;

use crate::engine::CallError;

use super::{
    answers::{found, required},
    clients::Aws,
    tagging::Pairs,
};

pub use self::{
    subscriptions::{Receivers, Subscriptions, SubscriptionsConfig, SubscriptionsOutputs},
    topic::{Topic, TopicArn, TopicConfig, TopicOutputs},
};

/// What lists the tags of a topic.
pub(super) const LISTS_TAGS: &str = "sns:ListTagsForResource";

/// The tags of a topic; nothing if it is not there.
pub(super) async fn tags_of(aws: &Aws, arn: &str) -> Result<Option<Pairs>, CallError> {
    let call = || aws.sns.list_tags_for_resource().resource_arn(arn).send();
    let Some(answer) = found(aws.read(LISTS_TAGS, call).await)? else { return Ok(None) };
    let tags = required(LISTS_TAGS, "Tags", answer.tags)?;
    Ok(Some(tags.into_iter().map(|tag| (tag.key, tag.value)).collect()))
}
