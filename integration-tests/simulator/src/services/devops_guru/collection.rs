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

/// How it is told what to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    Stacks,
    /// By the values of the tag of this key.
    Tag(String),
}

/// One of what it looks at: a stack, or a value of the tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) way: Way,
    pub(super) name: String,
}

impl Item {
    fn id(&self) -> String {
        let name = &self.name;
        match &self.way {
            Way::Stacks => format!("AWS_CLOUD_FORMATION:{name}"),
            Way::Tag(key) => format!("AWS_TAGS:{key}={name}"),
        }
    }
}

impl Kind for Item {
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
    /// The way that is asked for, and what.
    fn read(self) -> Result<(Way, BTreeSet<String>), Fault> {
        match (self.cloud_formation, self.tags) {
            (Some(stacks), None) => {
                if stacks.stack_names.len() > 100 {
                    return Err(invalid("StackNames can have at most 100 items."));
                }
                Ok((Way::Stacks, stacks.stack_names.into_iter().collect()))
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
                Ok((Way::Tag(key), tag_values.into_iter().collect()))
            }
            _ => Err(invalid("ResourceCollection has to have either CloudFormation or Tags.")),
        }
    }
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let action: String = call.members.need("Action")?;
    let (way, names) = call.members.need::<Filter>("ResourceCollection")?.read()?;
    let there: Vec<Item> = call.state.collection.all().map(|it| it.body.clone()).collect();
    let foreign = there.first().is_some_and(|it| it.way != way);
    match action.as_str() {
        // Another key, or the other way, is refused or takes the place of what there is.
        "ADD" if foreign && call.settings.disputed("second-devops-guru-boundary", 2) == 0 => {
            return Err(conflict(
                "The account has another resource collection already in this region.",
            ));
        }
        "ADD" => {
            for old in there.iter().filter(|_| foreign) {
                call.state.collection.remove(call.stamp, &old.id());
            }
            for name in names {
                let body = Item { way: way.clone(), name };
                if !there.contains(&body) {
                    let record = Record { id: body.id(), tags: Tags::new(), body };
                    call.state.collection.add(call.stamp, Some(call.now), record);
                }
            }
        }
        "REMOVE" if foreign || there.is_empty() => {
            return Err(missing("There is no such resource collection."));
        }
        "REMOVE" => {
            for old in there.iter().filter(|it| names.contains(&it.name)) {
                call.state.collection.remove(call.stamp, &old.id());
            }
        }
        other => return Err(invalid(format!("Action cannot be {other}."))),
    }
    if call.state.collection.all().count() > MOST {
        return Err(invalid(format!("A resource collection can have at most {MOST} items.")));
    }
    call.links = Some(PRINCIPAL);
    Ok(json!({}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let kind: String = call.members.need("ResourceCollectionType")?;
    let page = page(call, &kind)?;
    let size = call.settings.page.map_or(PAGE, |it| (it as usize).min(PAGE));
    let seen: Vec<&Item> =
        call.state.collection.all_seen(call.by_id()).map(|it| &it.body).collect();
    // A replica that lags may show what was there before beside what has taken its place.
    let way = seen.first().map(|it| &it.way);
    let of_way = seen.iter().filter(|it| Some(&it.way) == way);
    let names: Vec<String> = of_way.map(|it| it.name.clone()).collect();
    let (names, next) = cut(&names, page, size, &kind);
    let collection: Value = match (kind.as_str(), way) {
        ("AWS_CLOUD_FORMATION", Some(Way::Stacks)) => {
            json!({ "CloudFormation": { "StackNames": names } })
        }
        ("AWS_TAGS", Some(Way::Tag(key))) => {
            json!({ "Tags": [{ "AppBoundaryKey": key, "TagValues": names }] })
        }
        ("AWS_CLOUD_FORMATION" | "AWS_TAGS", _) => {
            return Err(missing("There is no resource collection of this type."));
        }
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
