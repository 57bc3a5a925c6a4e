//! Tags of groups, and which of them instances get.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html>

use std::collections::BTreeSet;

use super::{
    Answer, Operation,
    call::{Call, invalid},
    group::Group,
};
use crate::{
    fault::Fault,
    shelf::{Record, Tags},
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateOrUpdateTags", true, create),
    ("DeleteTags", true, delete),
    ("DescribeTags", false, list),
];

/// A tag of a group.
struct Tag {
    group: Option<String>,
    key: String,
    value: Option<String>,
    propagates: bool,
}

fn read(params: &Reader<'_>) -> Result<Tag, Fault> {
    let key = params.text("Key").filter(|it| !it.is_empty()).ok_or_else(|| {
        invalid("1 validation error detected: Value null at 'tags.member.key' failed to satisfy constraint: Member must not be null")
    })?;
    if key.chars().count() > 128 {
        return Err(invalid("Tag keys have at most 128 characters."));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(invalid(format!(
            "The tag key {key} is reserved: keys that begin with aws: are AWS's"
        )));
    }
    if let Some(other) = params.text("ResourceType").filter(|it| it != "auto-scaling-group") {
        return Err(invalid(format!("The resource type {other} is not auto-scaling-group")));
    }
    let value = params.text("Value");
    if value.as_ref().is_some_and(|it| it.chars().count() > 256) {
        return Err(invalid("Tag values have at most 256 characters."));
    }
    let propagates = params.flag("PropagateAtLaunch").map_err(|it| invalid(it.message))?;
    let propagates = propagates.unwrap_or_default();
    Ok(Tag { group: params.text("ResourceId"), key, value, propagates })
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        let text = format!("You've reached the limit of {most} tags for the group.");
        return Err(Fault::client("LimitExceeded", text));
    }
    Ok(())
}

/// The tags a group is made with, and which of them instances get. Where a tag says of which group it is,
/// that is this one.
pub(super) fn at_creation(call: &Call<'_>, name: &str) -> Result<(Tags, BTreeSet<String>), Fault> {
    let (mut tags, mut propagated) = (Tags::new(), BTreeSet::new());
    for params in call.params.structs("Tags.member") {
        let tag = read(&params)?;
        if tag.group.as_ref().is_some_and(|it| it != name) {
            return Err(invalid(format!("A tag of another group than {name} cannot be made here")));
        }
        if tag.propagates {
            propagated.insert(tag.key.clone());
        }
        if tags.insert(tag.key.clone(), tag.value.unwrap_or_default()).is_some() {
            return Err(invalid(format!("The tag key {} is there twice", tag.key)));
        }
    }
    within_quota(call, &tags)?;
    Ok((tags, propagated))
}

/// The tags of a request, each with the group it is about, which has to be there.
fn asked(call: &Call<'_>) -> Result<Vec<(String, Tag)>, Fault> {
    let all = call.params.structs("Tags.member");
    if all.is_empty() {
        return Err(invalid("A request has to name a tag."));
    }
    let with_group = |params: Reader<'_>| {
        let tag = read(&params)?;
        let group = tag.group.clone().ok_or_else(|| invalid("A tag has to name its resource."))?;
        call.find(&group)?;
        Ok((group, tag))
    };
    all.into_iter().map(with_group).collect()
}

/// Instances that are there keep the tags they have.
fn create(call: &mut Call<'_>) -> Answer {
    for (group, tag) in asked(call)? {
        let mut tags = call.find(&group)?.tags.clone();
        tags.insert(tag.key.clone(), tag.value.clone().unwrap_or_default());
        within_quota(call, &tags)?;
        call.change(&group, |it| {
            it.tags = tags;
            if tag.propagates {
                it.propagated.insert(tag.key);
            } else {
                it.propagated.remove(&tag.key);
            }
        });
    }
    Ok(Xml::new())
}

/// A tag that is not there is none to delete, and no error.
fn delete(call: &mut Call<'_>) -> Answer {
    for (group, tag) in asked(call)? {
        call.change(&group, |it| {
            it.tags.remove(&tag.key);
            it.propagated.remove(&tag.key);
        });
    }
    Ok(Xml::new())
}

fn render(group: &Record<Group>, key: &str, value: &str) -> Xml {
    Xml::new()
        .text("ResourceId", &group.id)
        .text("ResourceType", "auto-scaling-group")
        .text("Key", key)
        .text("Value", value)
        .text("PropagateAtLaunch", group.propagated.contains(key))
}

/// The tags of a group, as it shows them.
pub(super) fn of(group: &Record<Group>) -> Vec<Xml> {
    group.tags.iter().map(|(key, value)| render(group, key, value)).collect()
}

/// A filter.
pub(super) struct Filter {
    name: String,
    values: Vec<String>,
}

impl Filter {
    fn has(&self, value: &str) -> bool {
        self.values.iter().any(|it| it == value)
    }

    /// Whether a group with these tags passes.
    pub(super) fn keeps_group(&self, tags: &Tags) -> bool {
        match self.name.as_str() {
            "tag-key" => tags.keys().any(|it| self.has(it)),
            "tag-value" => tags.values().any(|it| self.has(it)),
            name => {
                let key = name.strip_prefix("tag:").unwrap_or_default();
                tags.get(key).is_some_and(|it| self.has(it))
            }
        }
    }
}

/// Reads the filters of a request; those of `known` exist, and where those are of tags, `tag:<key>`.
pub(super) fn filters(call: &Call<'_>, known: &[&str]) -> Result<Vec<Filter>, Fault> {
    let mut all = Vec::new();
    for params in call.params.structs("Filters.member") {
        let name = params.text("Name").unwrap_or_default();
        let of_tag = known.contains(&"tag-key") && name.starts_with("tag:");
        if !of_tag && !known.contains(&name.as_str()) {
            return Err(invalid(format!(
                "Filter type {name} is not correct. Allowed Filter types are: {}",
                known.join(" ")
            )));
        }
        all.push(Filter { name, values: params.list("Values.member") });
    }
    Ok(all)
}

fn list(call: &mut Call<'_>) -> Answer {
    let filters = filters(call, &["auto-scaling-group", "key", "value", "propagate-at-launch"])?;
    call.flag("IncludeManagedResources")?;
    let mut items = Vec::new();
    for group in call.state.groups.all_seen(call.in_lists()) {
        for (key, value) in &group.tags {
            let propagated = group.propagated.contains(key).to_string();
            let kept = filters.iter().all(|it| match it.name.as_str() {
                "auto-scaling-group" => it.has(&group.id),
                "key" => it.has(key),
                "value" => it.has(value),
                _ => it.has(&propagated),
            });
            if kept {
                items.push((format!("{}\n{key}", group.id), render(group, key, value)));
            }
        }
    }
    call.page(items, |page| Xml::new().members("Tags", "member", page))
}
