//! The Resource Groups Tagging API: what is ours among kinds whose own lists have no tags, and with what tags.
//!
//! It knows resources of all types
//! (<https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html>), and it is a list,
//! older than any look at the object itself
//! (<https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>). What it shows is for
//! [`Scope::Owned`](crate::engine::Scope::Owned) alone: whatever differs then from what is declared, and whatever is to
//! be changed or removed, the engine looks at by id, and that look asks the object.

use std::{collections::BTreeMap, future::Future};

use aws_sdk_resourcegroupstagging::types::TagFilter;

use crate::engine::{CallError, Scope};

use super::{
    answers::{required, text},
    clients::Aws,
    identity::TAG_UID,
};

/// The call that lists by tag.
pub(super) const LISTS: &str = "tag:GetResources";

/// The largest page there is.
const PAGE: i32 = 100;

/// Tags as keys and values.
pub(super) type Pairs = Vec<(String, String)>;

/// The objects that a look is about, by ARN: those that the list shows to be ours, with the tags that it shows, or those
/// that were named, of which the list was not asked.
#[derive(Debug, Default)]
pub(super) struct Listed(BTreeMap<String, Option<Pairs>>);

impl Listed {
    /// Their ARNs.
    pub(super) fn arns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The tags that the list shows an object to have, if it shows the object.
    pub(super) fn told(&self, arn: &str) -> Option<&Pairs> {
        self.0.get(arn)?.as_ref()
    }

    /// The tags of an object: as the list shows them, and where it does not show the object, as that says itself.
    pub(super) async fn tags<E>(
        &self,
        arn: &str,
        asked: impl Future<Output = Result<Option<Pairs>, E>>,
    ) -> Result<Option<Pairs>, E> {
        match self.told(arn) {
            Some(tags) => Ok(Some(tags.clone())),
            None => asked.await,
        }
    }
}

/// What is asked for: everything of a type, e.g. `kms:key`, that carries our owner tag, or these.
pub(super) async fn asked(
    aws: &Aws,
    scope: &Scope<'_>,
    resource_type: &str,
) -> Result<Listed, CallError> {
    match scope {
        Scope::Owned => owned(aws, resource_type).await,
        Scope::Ids(ids) => Ok(Listed(ids.iter().map(|id| (id.0.clone(), None)).collect())),
    }
}

/// Everything of a type that carries our owner tag.
pub(super) async fn owned(aws: &Aws, resource_type: &str) -> Result<Listed, CallError> {
    let uid = aws.environment.uid();
    let ours = TagFilter::builder().key(TAG_UID).values(&uid).build();
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
    let mut listed = BTreeMap::new();
    for mapping in all {
        let arn = text(LISTS, "ResourceARN", mapping.resource_arn)?;
        let tags = required(LISTS, "Tags", mapping.tags)?;
        let tags: Pairs = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        // What the filter lets through is looked at again.
        if tags.iter().any(|(key, value)| key == TAG_UID && *value == uid) {
            listed.insert(arn, Some(tags));
        }
    }
    Ok(Listed(listed))
}
