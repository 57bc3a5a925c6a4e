//! Tags of keys.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html>.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, Place, constraint, listing};
use crate::{fault::Fault, shelf::Tags};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    tag_key: String,
    tag_value: String,
}

const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// Reads tags, if there are any.
pub(super) fn read(call: &Call<'_>) -> Result<Option<Tags>, Fault> {
    let Some(list) = call.members.get::<Vec<Tag>>("Tags")? else { return Ok(None) };
    let mut tags = Tags::new();
    for (at, Tag { tag_key, tag_value }) in list.into_iter().enumerate() {
        if !(1..=LONGEST_KEY).contains(&tag_key.chars().count()) {
            let member = format!("tags.{}.member.tagKey", at + 1);
            let rule = format!("have length between 1 and {LONGEST_KEY}");
            return Err(constraint(tag_key, &member, &rule));
        }
        if tag_value.chars().count() > LONGEST_VALUE {
            let member = format!("tags.{}.member.tagValue", at + 1);
            let rule = format!("have length less than or equal to {LONGEST_VALUE}");
            return Err(constraint(tag_value, &member, &rule));
        }
        let allowed = |it: char| it.is_alphanumeric() || " _.:/=+-@".contains(it);
        if !tag_key.chars().chain(tag_value.chars()).all(allowed) {
            return Err(wrong("Tag keys and values contain characters that are not allowed"));
        }
        if tag_key.to_lowercase().starts_with("aws:") {
            return Err(wrong("Tags beginning with aws: are reserved"));
        }
        if tags.insert(tag_key, tag_value).is_some() {
            return Err(wrong("Duplicate tag keys"));
        }
    }
    Ok(Some(tags))
}

fn wrong(text: &str) -> Fault {
    Fault::client("TagException", text)
}

/// Refuses more tags than a key may have.
pub(super) fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        let text = format!("The key has more than {most} tags");
        return Err(match call.settings.disputed("kms-too-many-tags", 2) {
            0 => Fault::client("LimitExceededException", text),
            _ => wrong(&text),
        });
    }
    Ok(())
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let more = match read(call)? {
        Some(more) => more,
        None => call.members.need("Tags")?,
    };
    let place = Place::of(call);
    let key = place.own(&text, "TagResource")?;
    place.not_pending(&key)?;
    let mut tags = key.tags;
    tags.extend(more);
    within_quota(call, &tags)?;
    call.state.keys.change(call.stamp, &key.id, |it| it.tags = tags);
    Ok(json!({}))
}

/// A tag that is not there is no mistake.
pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let names: Vec<String> = call.members.need("TagKeys")?;
    let place = Place::of(call);
    let key = place.own(&text, "UntagResource")?;
    place.not_pending(&key)?;
    let mut tags = key.tags;
    tags.retain(|name, _| !names.contains(name));
    call.state.keys.change(call.stamp, &key.id, |it| it.tags = tags);
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let key = Place::of(call).seen(&text)?;
    let row = |(tag_key, tag_value): (String, String)| {
        (tag_key.clone(), json!(Tag { tag_key, tag_value }))
    };
    let rows = key.tags.into_iter().map(row).collect();
    listing::answer(call, (50, 50), &format!("ListResourceTags {}", key.id), ("Tags", rows))
}
