//! What it looks at: stacks of `CloudFormation`, or what has a tag of one key.
//!
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_UpdateResourceCollection.html>,
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_UpdateTagCollectionFilter.html>: one tag key per
//! account and region, which begins with `devops-guru-` in any case, and up to 100 values in a call; one of the
//! two ways at a time (<https://docs.aws.amazon.com/devops-guru/latest/userguide/update-settings.html>).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, PRINCIPAL, conflict, cut, invalid, missing, page};
use crate::{
    fault::Fault,
    services::tag_rules,
    shelf::{Kind, Record, Tags},
};

/// How a key has to begin.
const PREFIX: &str = "devops-guru-";
/// How many values are on a page; AWS does not say.
const PAGE: usize = 100;
/// How many stacks or values there may be.
const MOST: usize = 500;

/// What the one collection is kept as.
pub(super) const ID: &str = "collection";

/// What it looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Collection {
    Stacks(BTreeSet<String>),
    Tags { key: String, values: BTreeSet<String> },
}

impl Kind for Collection {
    const TYPE: &'static str = "devops-guru-collection";
    const PREFIX: &'static str = "devops-guru-collection";
    const NOUN: &'static str = "resource collection";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "ValidationException";
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    cloud_formation: Option<Stacks>,
    tags: Option<Vec<TagFilter>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Stacks {
    #[serde(default)]
    stack_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagFilter {
    app_boundary_key: String,
    tag_values: Vec<String>,
}

impl Filter {
    /// What is asked for, as a collection of its own.
    fn read(self) -> Result<Collection, Fault> {
        match (self.cloud_formation, self.tags) {
            (Some(stacks), None) => {
                if stacks.stack_names.len() > 100 {
                    return Err(invalid("StackNames can have at most 100 items."));
                }
                Ok(Collection::Stacks(stacks.stack_names.into_iter().collect()))
            }
            (None, Some(mut tags)) => {
                let (Some(TagFilter { app_boundary_key: key, tag_values }), true) =
                    (tags.pop(), tags.is_empty())
                else {
                    return Err(invalid("Tags has to have one AppBoundaryKey."));
                };
                if !key.to_ascii_lowercase().starts_with(PREFIX) {
                    let text = format!("AppBoundaryKey {key} does not begin with {PREFIX}.");
                    return Err(invalid(text));
                }
                if tag_values.len() > 100 {
                    return Err(invalid("TagValues can have at most 100 items."));
                }
                if let Some(flaw) =
                    tag_values.iter().find_map(|it| tag_rules::flaw(&key, it.trim_matches('*')))
                {
                    return Err(invalid(flaw));
                }
                Ok(Collection::Tags { key, values: tag_values.into_iter().collect() })
            }
            _ => Err(invalid("ResourceCollection has to have either CloudFormation or Tags.")),
        }
    }
}

impl Collection {
    fn count(&self) -> usize {
        match self {
            Self::Stacks(all) | Self::Tags { values: all, .. } => all.len(),
        }
    }

    /// Whether two are of one way of telling, and of one key.
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stacks(_), Self::Stacks(_)) => true,
            (Self::Tags { key, .. }, Self::Tags { key: other, .. }) => key == other,
            (Self::Stacks(_), Self::Tags { .. }) | (Self::Tags { .. }, Self::Stacks(_)) => false,
        }
    }

    fn all(&self) -> &BTreeSet<String> {
        match self {
            Self::Stacks(all) | Self::Tags { values: all, .. } => all,
        }
    }

    fn all_mut(&mut self) -> &mut BTreeSet<String> {
        match self {
            Self::Stacks(all) | Self::Tags { values: all, .. } => all,
        }
    }
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let action: String = call.members.need("Action")?;
    let asked = call.members.need::<Filter>("ResourceCollection")?.read()?;
    let there = call.state.collections.get(ID).map(|it| it.body.clone());
    let foreign = there.as_ref().is_some_and(|it| !it.is_alike(&asked));
    let now = match (action.as_str(), there) {
        ("ADD", Some(_)) if foreign => {
            // Another key, or the other way, is refused or takes the place of what there is.
            if call.settings.disputed("second-devops-guru-boundary", 2) == 0 {
                return Err(conflict(
                    "The account has another resource collection already in this region.",
                ));
            }
            asked
        }
        ("ADD", Some(mut there)) => {
            there.all_mut().extend(asked.all().iter().cloned());
            there
        }
        ("ADD", None) => asked,
        ("REMOVE", Some(mut there)) if !foreign => {
            there.all_mut().retain(|it| !asked.all().contains(it));
            there
        }
        ("REMOVE", _) => return Err(missing("There is no such resource collection.")),
        (other, _) => return Err(invalid(format!("Action cannot be {other}."))),
    };
    if now.count() > MOST {
        return Err(invalid(format!("A resource collection can have at most {MOST} items.")));
    }
    call.state.collections.remove(call.stamp, ID);
    if now.count() > 0 {
        let record = Record { id: ID.to_owned(), tags: Tags::new(), body: now };
        call.state.collections.add(call.stamp, Some(call.now), record);
    }
    call.links = Some(PRINCIPAL);
    Ok(json!({}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let kind: String = call.members.need("ResourceCollectionType")?;
    let page = page(call, &kind)?;
    let size = call.settings.page.map_or(PAGE, |it| (it as usize).min(PAGE));
    let seen = call.state.collections.seen(ID, call.by_id()).map(|it| &it.body);
    let none = || missing("There is no resource collection of this type.");
    let shown =
        |all: &BTreeSet<String>| cut(&all.iter().cloned().collect::<Vec<_>>(), page, size, &kind);
    let (collection, next): (Value, _) = match (kind.as_str(), seen) {
        ("AWS_CLOUD_FORMATION", Some(Collection::Stacks(all))) => {
            let (names, next) = shown(all);
            (json!({ "CloudFormation": { "StackNames": names } }), next)
        }
        ("AWS_TAGS", Some(Collection::Tags { key, values })) => {
            let (values, next) = shown(values);
            let tags = json!([{ "AppBoundaryKey": key, "TagValues": values }]);
            (json!({ "Tags": tags }), next)
        }
        ("AWS_CLOUD_FORMATION" | "AWS_TAGS", _) => return Err(none()),
        ("AWS_SERVICE", _) => {
            return Err(Fault::unsupported("resource collections of the type AWS_SERVICE"));
        }
        (other, _) => return Err(invalid(format!("ResourceCollectionType cannot be {other}."))),
    };
    let mut answer = json!({ "ResourceCollection": collection });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}
