//! CloudWatch: what is measured, who is told when it is wrong, and the picture of it.

mod alarm;
mod dashboard;

use aws_sdk_cloudwatch::types::Tag;

use crate::engine::CallError;

use super::{
    answers::{found, required},
    clients::Aws,
    tagging::Pairs,
    tags::{Retagging, Tags},
};

pub use self::{
    alarm::{Alarm, AlarmConfig, AlarmOutputs, Query},
    dashboard::{Body, Dashboard, DashboardConfig, DashboardOutputs},
};

/// What lists the tags of an object.
const LISTS_TAGS: &str = "cloudwatch:ListTagsForResource";

/// The tags of an object; nothing if it is not there.
async fn tags_of(aws: &Aws, arn: &str) -> Result<Option<Pairs>, CallError> {
    let call = || aws.cloudwatch.list_tags_for_resource().resource_arn(arn).send();
    let Some(answer) = found(aws.read(LISTS_TAGS, call).await)? else { return Ok(None) };
    let mut tags = Vec::new();
    for tag in required(LISTS_TAGS, "Tags", answer.tags)? {
        tags.push((
            required(LISTS_TAGS, "Key", tag.key)?,
            required(LISTS_TAGS, "Value", tag.value)?,
        ));
    }
    Ok(Some(tags))
}

/// Tags as they are at a creation, the only time that a call which sets an object takes them.
fn as_tags(tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Changes the tags of an object.
async fn retag(aws: &Aws, arn: &str, retagging: Retagging) -> Result<(), CallError> {
    let Retagging { put, drop: gone } = retagging;
    if !put.is_empty() {
        let tag = |(key, value)| Tag::builder().key(key).value(value).build();
        let tags: Vec<Tag> = put.into_iter().map(tag).collect();
        let call = || {
            let call = aws.cloudwatch.tag_resource().resource_arn(arn);
            call.set_tags(Some(tags.clone())).send()
        };
        aws.write("cloudwatch:TagResource", call).await?;
    }
    if !gone.is_empty() {
        let call = || {
            let call = aws.cloudwatch.untag_resource().resource_arn(arn);
            call.set_tag_keys(Some(gone.clone())).send()
        };
        aws.write("cloudwatch:UntagResource", call).await?;
    }
    Ok(())
}
