//! Tags of secrets.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, invalid, names};
use crate::{fault::Fault, services::tag_rules, shelf::Tags};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// Reads tags, if there are any.
pub(super) fn read(call: &Call<'_>) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for Tag { key, value } in call.members.get::<Vec<Tag>>("Tags")?.unwrap_or_default() {
        if let Some(flaw) = tag_rules::flaw(&key, &value) {
            return Err(invalid(flaw));
        }
        if tags.insert(key.clone(), value).is_some() {
            return Err(invalid(format!("The tag key '{key}' is given more than once.")));
        }
    }
    Ok(tags)
}

/// Refuses more tags than a secret may have.
pub(super) fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        return Err(invalid(format!("A secret can have at most {most} tags.")));
    }
    Ok(())
}

/// Tags as an answer shows them.
pub(super) fn shown(tags: &Tags) -> Value {
    let tag = |it: (&String, &String)| Tag { key: it.0.clone(), value: it.1.clone() };
    json!(tags.iter().map(tag).collect::<Vec<_>>())
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let secret = names::find_living(call)?;
    let (name, mut tags) = (secret.id.clone(), secret.tags.clone());
    call.members.need::<Value>("Tags")?;
    tags.extend(read(call)?);
    within_quota(call, &tags)?;
    call.state.secrets.change(call.stamp, &name, |it| it.tags = tags);
    Ok(json!({}))
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let secret = names::find_living(call)?;
    let (name, mut tags) = (secret.id.clone(), secret.tags.clone());
    let keys: Vec<String> = call.members.need("TagKeys")?;
    tags.retain(|key, _| !keys.contains(key));
    call.state.secrets.change(call.stamp, &name, |it| it.tags = tags);
    Ok(json!({}))
}
