//! Tags: at creation, afterwards, and listed.
//!
//! Rules: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>.

use super::{
    Answer, Ec2, Operation,
    filters::{Filters, one},
    metadata_options, paging, read,
    resource::{Drift, Resource},
    scene::{Call, Scene},
    write,
};
use crate::{
    fault::Fault,
    shelf::{AnyShelf, Tags},
    wire::{query::Reader, xml::Xml},
    world::Retag,
};

pub(super) const OPERATIONS: &[Operation] =
    &[write("CreateTags", create), write("DeleteTags", delete), read("DescribeTags", describe)];

const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// The inside of a `tagSet`.
pub(super) fn render(tags: &Tags) -> Xml {
    let tag = |it: (&String, &String)| Xml::new().text("key", it.0).text("value", it.1);
    Xml::items(tags.iter().map(tag))
}

/// The tags a new object gets: those of the `TagSpecification` for its kind.
pub(super) fn at_creation<T: Resource>(call: &Call<'_>) -> Result<Tags, Fault> {
    specified(&call.scene, &call.params, T::TYPE)
}

/// The tags of the `TagSpecification` for `kind`, which is the only one allowed.
pub(super) fn specified(scene: &Scene<'_>, params: &Reader<'_>, kind: &str) -> Result<Tags, Fault> {
    let mut found: Option<Tags> = None;
    for specification in params.structs("TagSpecification") {
        let Some(resource) = specification.text("ResourceType") else {
            return Err(Fault::invalid("Tag specification resource type must have a value"));
        };
        if resource != kind {
            let text =
                format!("'{resource}' is not a valid taggable resource type for this operation.");
            return Err(Fault::invalid(text));
        }
        let tags = read_tags(scene, &specification)?;
        if tags.is_empty() {
            return Err(Fault::invalid("Tag specification must have at least one tag"));
        }
        if found.replace(tags).is_some() {
            return Err(Fault::invalid("Duplicate tag specification resource type"));
        }
    }
    let tags = found.unwrap_or_default();
    within_quota(scene, &tags)?;
    Ok(tags)
}

/// What `TagSpecification` of a launch may be for, beside what is not modelled.
const LAUNCHED: [&str; 3] = ["instance", "network-interface", "volume"];

/// The tags of every `TagSpecification` of a launch, by kind.
pub(super) fn by_kind(
    scene: &Scene<'_>,
    params: &Reader<'_>,
) -> Result<Vec<(String, Tags)>, Fault> {
    let mut all: Vec<(String, Tags)> = Vec::new();
    for specification in params.structs("TagSpecification") {
        let Some(kind) = specification.text("ResourceType") else {
            return Err(Fault::invalid("Tag specification resource type must have a value"));
        };
        if !LAUNCHED.contains(&kind.as_str()) {
            let text =
                format!("'{kind}' is not a valid taggable resource type for this operation.");
            return Err(Fault::invalid(text));
        }
        let tags = read_tags(scene, &specification)?;
        if tags.is_empty() {
            return Err(Fault::invalid("Tag specification must have at least one tag"));
        }
        within_quota(scene, &tags)?;
        if all.iter().any(|it| it.0 == kind) {
            return Err(Fault::invalid("Duplicate tag specification resource type"));
        }
        all.push((kind, tags));
    }
    Ok(all)
}

fn read_tags(scene: &Scene<'_>, params: &Reader<'_>) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for tag in params.structs("Tag") {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        check(scene, &key, &value)?;
        if tags.insert(key.clone(), value).is_some() {
            return Err(Fault::invalid(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    Ok(tags)
}

fn check(scene: &Scene<'_>, key: &str, value: &str) -> Result<(), Fault> {
    if key.is_empty() {
        return Err(Fault::invalid("Tag key must have a value"));
    }
    if key.chars().count() > LONGEST_KEY {
        let text = format!("Tag key exceeds the maximum length of {LONGEST_KEY} characters");
        return Err(Fault::invalid(text));
    }
    if value.chars().count() > LONGEST_VALUE {
        let text = format!("Tag value exceeds the maximum length of {LONGEST_VALUE} characters");
        return Err(Fault::invalid(text));
    }
    if key.to_lowercase().starts_with("aws:") {
        let text = "Tag keys starting with 'aws:' are reserved for internal use";
        return Err(match scene.settings.disputed("reserved-tag-key", 2) {
            0 => Fault::invalid(text),
            _ => Fault::client("InvalidTagKey.Malformed", text),
        });
    }
    Ok(())
}

pub(super) fn within_quota(scene: &Scene<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = scene.settings.quotas.tags_per_resource;
    let own = tags.keys().filter(|it| !it.starts_with("aws:")).count();
    if own > most as usize {
        let text = format!("More than {most} tags specified");
        return Err(Fault::client("TagLimitExceeded", text));
    }
    Ok(())
}

/// The shelf an id belongs on.
fn shelf_of<'a>(ec2: &'a Ec2, id: &str) -> Result<&'a dyn AnyShelf, Fault> {
    let (prefix, digits) = id.rsplit_once('-').unwrap_or((id, ""));
    let good = matches!(digits.len(), 8 | 17) && digits.bytes().all(|it| it.is_ascii_hexdigit());
    let shelf = ec2.shelves().into_iter().find(|it| it.prefix() == prefix);
    match shelf {
        Some(shelf) if good => Ok(shelf),
        None if good => Err(Fault::unsupported(format!("tags of resources like '{id}'"))),
        Some(_) | None => Err(Fault::client("InvalidID", format!("The ID '{id}' is not valid"))),
    }
}

/// The resources a call names, each with the tags it has.
fn named(call: &Call<'_>) -> Result<Vec<(String, Tags)>, Fault> {
    let ids = call.params.list("ResourceId");
    if ids.is_empty() {
        return Err(Fault::missing("resourceIdSet"));
    }
    if ids.len() > 1000 {
        return Err(Fault::invalid("At most 1000 resources can be tagged in one request"));
    }
    let dependents = call.settings.lag.dependents;
    let mut all = Vec::new();
    for id in ids {
        let shelf = shelf_of(call.ec2, &id)?;
        let known = !dependents || shelf.known(&id, call.by_id());
        let tags = shelf.tags(&id).filter(|_| known).ok_or_else(|| {
            Fault::client(shelf.not_found(), format!("The {} '{id}' does not exist", shelf.noun()))
        })?;
        all.push((id, tags));
    }
    Ok(all)
}

fn put(call: &mut Call<'_>, all: Vec<(String, Tags)>) {
    let stamp = call.stamp;
    for (id, tags) in all {
        for shelf in call.ec2.shelves_mut() {
            if shelf.tags(&id).is_some_and(|it| it != tags) {
                shelf.set_tags(stamp, &id, tags.clone());
            }
        }
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let tags = read_tags(&call.scene, &call.params)?;
    if tags.is_empty() {
        return Err(Fault::missing("tagSet"));
    }
    let mut all = named(call)?;
    for (_, old) in &mut all {
        old.extend(tags.clone());
        within_quota(&call.scene, old)?;
    }
    for (id, tags) in &all {
        let instance = call.ec2.instances.get(id);
        if instance.is_some_and(|it| it.metadata.show_tags()) {
            metadata_options::readable(tags)?;
        }
    }
    put(call, all);
    Ok(Xml::new().text("return", true))
}

/// Without tags all user-made tags go; a tag with a value goes only if it has that value; a tag
/// with an empty value only if its value is empty.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>
fn delete(call: &mut Call<'_>) -> Answer {
    let mut wanted = Vec::new();
    for tag in call.params.structs("Tag") {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value");
        check(&call.scene, &key, value.as_deref().unwrap_or_default())?;
        wanted.push((key, value));
    }
    let mut all = named(call)?;
    for (_, old) in &mut all {
        old.retain(|key, value| {
            let goes = wanted.is_empty()
                || wanted
                    .iter()
                    .any(|(name, only)| name == key && only.as_ref().is_none_or(|it| it == value));
            key.starts_with("aws:") || !goes
        });
    }
    put(call, all);
    Ok(Xml::new().text("return", true))
}

const FILTERS: &[&str] = &["key", "resource-id", "resource-type", "value"];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = Filters::among(&call.params, FILTERS, false)?;
    let page = paging::read(call, 5..=1000)?;
    let eyes = call.in_lists();
    let mut all = Vec::new();
    for shelf in call.ec2.shelves() {
        for (id, tags) in shelf.tags_seen(eyes) {
            for (key, value) in tags {
                let look = |name: &str| match name {
                    "key" => one(&key),
                    "resource-id" => one(&id),
                    "resource-type" => one(shelf.kind()),
                    "value" => one(&value),
                    _ => Vec::new(),
                };
                let only = Tags::from([(key.clone(), value.clone())]);
                if filters.keep(&only, look) {
                    let xml = Xml::new()
                        .text("resourceId", &id)
                        .text("resourceType", shelf.kind())
                        .text("key", &key)
                        .text("value", &value);
                    all.push((format!("{id}\n{key}"), xml));
                }
            }
        }
    }
    let cut = paging::cut(page, all);
    Ok(Xml::new().list("tagSet", cut.items).maybe("nextToken", cut.next))
}

/// The calls by which somebody puts tags on an object, and takes some from it.
pub(crate) fn retag(id: &str, change: &Retag<'_>) -> Vec<Drift> {
    let call = |action, params: &[(String, &str)]| {
        let params = params.iter().map(|(name, value)| (name.as_str(), *value));
        let params: Vec<_> = std::iter::once(("ResourceId.1", id)).chain(params).collect();
        Drift::new(format!("{id} has other tags"), action, &params)
    };
    let put: Vec<_> = (1..)
        .zip(change.put)
        .flat_map(|(n, (key, value))| {
            let (name, text) = (format!("Tag.{n}.Key"), format!("Tag.{n}.Value"));
            [(name, key.as_str()), (text, value.as_str())]
        })
        .collect();
    let gone: Vec<_> =
        (1..).zip(change.gone).map(|(n, key)| (format!("Tag.{n}.Key"), key.as_str())).collect();
    let mut all = Vec::new();
    all.extend((!put.is_empty()).then(|| call("CreateTags", &put)));
    all.extend((!gone.is_empty()).then(|| call("DeleteTags", &gone)));
    all
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let mut all = Vec::new();
    for shelf in ec2.shelves() {
        for (id, living) in shelf.ids() {
            let tags = shelf.tags(&id).filter(|it| living && it.contains_key(key));
            for (name, value) in tags.unwrap_or_default() {
                // Without its owner's mark an object would be a stranger, not a drifted one.
                // Those of AWS are nobody's to change.
                if name.starts_with("clctl.dev/") || name.starts_with("aws:") {
                    continue;
                }
                all.push(Drift::new(
                    format!("the tag {name} of {id} is gone"),
                    "DeleteTags",
                    &[("ResourceId.1", &id), ("Tag.1.Key", &name)],
                ));
                let other = format!("{value}-changed");
                all.push(Drift::new(
                    format!("the tag {name} of {id} is '{other}' now"),
                    "CreateTags",
                    &[("ResourceId.1", &id), ("Tag.1.Key", &name), ("Tag.1.Value", &other)],
                ));
            }
        }
    }
    all
}
