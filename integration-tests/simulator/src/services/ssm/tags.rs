//! Tags of parameters.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html>

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, invalid, names::wanted};
use crate::{fault::Fault, shelf::Tags, wire::json::Members};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

/// Reads tags, if there are any.
pub(super) fn read(members: &Members, name: &str) -> Result<Option<Tags>, Fault> {
    let Some(list) = members.get::<Vec<Tag>>(name)?.filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let mut tags = Tags::new();
    for Tag { key, value } in list {
        let lengths = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !lengths {
            return Err(invalid(format!("Tag key or value of '{key}' has a wrong length.")));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid("System tags (prefixed with aws:) can't be set or removed."));
        }
        if tags.insert(key.clone(), value).is_some() {
            return Err(invalid(format!("Duplicate tag key '{key}'.")));
        }
    }
    Ok(Some(tags))
}

/// Refuses more tags than a parameter may have.
pub(super) fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        let text = format!("The request failed because it exceeds the limit of {most} tags.");
        return Err(Fault::client("TooManyTagsError", text));
    }
    Ok(())
}

/// Reads which parameter is meant, and gives its true tags.
fn resource(call: &Call<'_>) -> Result<(String, Tags), Fault> {
    let kind: String = call.members.need("ResourceType")?;
    let id: String = call.members.need("ResourceId")?;
    if kind != "Parameter" {
        return Err(Fault::unsupported(format!("tags of the resource type {kind}")));
    }
    let name = wanted(&id)?.name;
    let found = call.state.parameters.get(&name).map(|it| it.tags.clone());
    let tags = found.ok_or_else(|| {
        let text = format!("The resource ID \"{id}\" is not valid. Verify the ID and try again.");
        Fault::client("InvalidResourceId", text)
    })?;
    Ok((name, tags))
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let (name, mut tags) = resource(call)?;
    let more = read(call.members, "Tags")?.ok_or_else(|| invalid("Tags must not be empty."))?;
    tags.extend(more);
    within_quota(call, &tags)?;
    call.state.parameters.change(call.stamp, &name, |it| it.tags = tags);
    Ok(json!({}))
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let (name, mut tags) = resource(call)?;
    let keys: Vec<String> = call.members.need("TagKeys")?;
    tags.retain(|key, _| !keys.contains(key));
    call.state.parameters.change(call.stamp, &name, |it| it.tags = tags);
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let (name, _) = resource(call)?;
    let seen = call.state.parameters.seen(&name, call.by_id());
    let tags = seen.map(|it| it.tags.clone()).unwrap_or_default();
    let list: Vec<_> = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    Ok(json!({ "TagList": list }))
}
