//! Tags of topics.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html>: 50 of each; subscriptions have none.

use super::{
    Answer, Operation,
    call::{Call, invalid},
    names,
};
use crate::{fault::Fault, services::tag_rules, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("ListTagsForResource", false, list),
    ("TagResource", true, add),
    ("UntagResource", true, remove),
];

/// The tags that a request gives; none twice.
pub(super) fn given(call: &Call<'_>) -> Result<Option<Tags>, Fault> {
    // An empty list, as SDKs write it.
    call.params.text("Tags");
    let all = call.params.structs("Tags.member");
    let mut tags = Tags::new();
    let some = !all.is_empty();
    for tag in all {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        if let Some(flaw) = tag_rules::flaw(&key, &value) {
            return Err(invalid(format!("Tags Reason: {flaw}")));
        }
        if tags.insert(key.clone(), value).is_some() {
            return Err(invalid(format!("Tags Reason: Duplicate keys are not allowed: {key}")));
        }
    }
    within_quota(call, &tags)?;
    Ok(some.then_some(tags))
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    if tags.len() > call.settings.quotas.tags_per_resource as usize {
        let text = "Could not complete request: tag quota of per resource exceeded";
        return Err(Fault::client("TagLimitExceeded", text));
    }
    Ok(())
}

fn absent() -> Fault {
    Fault::new(404, "ResourceNotFound", "Resource does not exist")
}

/// The tag calls have their own word for a topic that is not there.
fn target(call: &Call<'_>) -> Result<String, Fault> {
    names::to_change(call, "ResourceArn")
        .map_err(|it| if it.code == "NotFound" { absent() } else { it })
}

fn add(call: &mut Call<'_>) -> Answer {
    let name = target(call)?;
    let more = given(call)?.ok_or_else(|| invalid("Tags Reason: no tags are given"))?;
    let mut tags = call.state.topics.get(&name).map(|it| it.tags.clone()).ok_or_else(absent)?;
    tags.extend(more);
    within_quota(call, &tags)?;
    call.state.topics.change(call.stamp, &name, |it| it.tags = tags);
    Ok(Xml::new())
}

fn remove(call: &mut Call<'_>) -> Answer {
    let name = target(call)?;
    call.params.text("TagKeys");
    let gone = call.params.list("TagKeys.member");
    if let Some(flaw) = gone.iter().find_map(|it| tag_rules::flaw_of_key(it)) {
        return Err(invalid(format!("TagKeys Reason: {flaw}")));
    }
    call.state.topics.change(call.stamp, &name, |it| it.tags.retain(|key, _| !gone.contains(key)));
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let name = names::of_topic(call, "ResourceArn")?;
    let topic = call.state.topics.seen(&name, call.by_id()).ok_or_else(absent)?;
    let one = |it: (&String, &String)| Xml::new().text("Key", it.0).text("Value", it.1);
    Ok(Xml::new().members("Tags", "member", topic.tags.iter().map(one)))
}
