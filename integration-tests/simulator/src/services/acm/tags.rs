//! Tags of certificates.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_AddTagsToCertificate.html> and its sisters.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, named};
use crate::{fault::Fault, services::tag_rules, shelf::Tags};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: Option<String>,
}

/// Reads tags, if there are any; none twice.
pub(super) fn read(call: &Call<'_>) -> Result<Option<Tags>, Fault> {
    let Some(list) = call.members.get::<Vec<Tag>>("Tags")? else { return Ok(None) };
    let mut tags = Tags::new();
    for Tag { key, value } in list {
        let value = value.unwrap_or_default();
        if let Some(flaw) = tag_rules::flaw(&key, &value) {
            return Err(Fault::client("InvalidTagException", flaw));
        }
        if tags.insert(key.clone(), value).is_some() {
            let text = format!("The tag key '{key}' is there twice");
            return Err(Fault::client("InvalidParameterException", text));
        }
    }
    Ok(Some(tags))
}

/// Refuses more tags than a certificate may have.
pub(super) fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        let text = format!("A certificate can have at most {most} tags");
        return Err(Fault::client("TooManyTagsException", text));
    }
    Ok(())
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let it = named(call, false)?;
    let more = match read(call)? {
        Some(more) => more,
        None => call.members.need("Tags")?,
    };
    let mut tags = it.tags;
    tags.extend(more);
    within_quota(call, &tags)?;
    call.state.certificates.change(call.stamp, &it.id, |it| it.tags = tags);
    Ok(json!({}))
}

/// One that is given with a value is taken away only if it has that value.
pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let it = named(call, false)?;
    let gone: Vec<Tag> = call.members.need("Tags")?;
    let mut tags = it.tags;
    tags.retain(|key, value| {
        !gone.iter().any(|it| it.key == *key && it.value.as_ref().is_none_or(|it| it == value))
    });
    call.state.certificates.change(call.stamp, &it.id, |it| it.tags = tags);
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let it = named(call, true)?;
    let tag = |(key, value): (String, String)| Tag { key, value: Some(value) };
    let tags: Vec<_> = it.tags.into_iter().map(tag).collect();
    Ok(json!({ "Tags": tags }))
}
