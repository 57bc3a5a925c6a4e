//! Tags of groups. Instances get theirs from the launch template, so that none of a group's are handed on.

use aws_sdk_autoscaling::types::{Tag, TagDescription};

use crate::engine::CallError;

use super::{
    super::{
        clients::Aws,
        tags::{Retagging, Tags},
    },
    group::RESOURCE_TYPE,
};

/// Tags as keys and values.
pub(in crate::aws) fn pairs(tags: &[TagDescription]) -> Vec<(String, String)> {
    let pair =
        |tag: &TagDescription| Some((tag.key()?.to_owned(), tag.value().unwrap_or("").to_owned()));
    tags.iter().filter_map(pair).collect()
}

/// The keys of those that instances get.
pub(super) fn propagated(tags: &[TagDescription]) -> Vec<String> {
    let tags = tags.iter().filter(|tag| tag.propagate_at_launch() == Some(true));
    tags.filter_map(|tag| tag.key().map(ToOwned::to_owned)).collect()
}

fn tag(group: &str, key: &str, value: Option<String>) -> Tag {
    Tag::builder()
        .resource_id(group)
        .resource_type(RESOURCE_TYPE)
        .key(key)
        .set_value(value)
        .propagate_at_launch(false)
        .build()
}

/// Tags as they are at a creation.
pub(super) fn as_tags(group: &str, tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).map(|(key, value)| tag(group, key, Some(value))).collect()
}

/// Changes the tags of a group.
pub(super) async fn retag(aws: &Aws, group: &str, retagging: Retagging) -> Result<(), CallError> {
    let Retagging { put, drop: gone } = retagging;
    if !put.is_empty() {
        let tags: Vec<Tag> =
            put.into_iter().map(|(key, value)| tag(group, &key, Some(value))).collect();
        let call = || aws.autoscaling.create_or_update_tags().set_tags(Some(tags.clone())).send();
        aws.write("autoscaling:CreateOrUpdateTags", call).await?;
    }
    if !gone.is_empty() {
        let tags: Vec<Tag> = gone.iter().map(|key| tag(group, key, None)).collect();
        let call = || aws.autoscaling.delete_tags().set_tags(Some(tags.clone())).send();
        aws.write("autoscaling:DeleteTags", call).await?;
    }
    Ok(())
}
