//! The Resource Groups Tagging API: what is ours among kinds whose own lists have no tags.
//!
//! It is a list, and older than any look at the object itself
//! (<https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>).

use aws_sdk_resourcegroupstagging::types::TagFilter;

use crate::engine::CallError;

use super::{answers::text, clients::Aws, identity::TAG_UID};

/// The call that lists by tag.
pub(super) const LISTS: &str = "tag:GetResources";

/// The largest page there is.
const PAGE: i32 = 100;

/// The ARNs of everything of a type, e.g. `kms:key`, that carries our owner tag.
pub(super) async fn owned(aws: &Aws, resource_type: &str) -> Result<Vec<String>, CallError> {
    let ours = TagFilter::builder().key(TAG_UID).values(aws.environment.uid()).build();
    let all = aws
        .pages(
            LISTS,
            |token| {
                let call = aws.tagging.get_resources().tag_filters(ours.clone());
                let call = call.resource_type_filters(resource_type).resources_per_page(PAGE);
                call.set_pagination_token(token).send()
            },
            |page| (page.resource_tag_mapping_list, page.pagination_token),
        )
        .await?;
    all.into_iter().map(|mapping| text(LISTS, "ResourceARN", mapping.resource_arn)).collect()
}
