//! Tags of everything that RDS holds.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html>: 50 of each thing.

use super::{
    Answer, Operation,
    call::{Call, missing},
};
use crate::{fault::Fault, services::tag_rules, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("AddTagsToResource", true, add),
    ("ListTagsForResource", false, list),
    ("RemoveTagsFromResource", true, remove),
];

/// A list of tags, as answers show it.
pub(super) fn render(tags: &Tags) -> Xml {
    let one = |it: (&String, &String)| Xml::new().text("Key", it.0).text("Value", it.1);
    Xml::new().members("TagList", "Tag", tags.iter().map(one))
}

/// The tags that a request gives; none twice.
pub(super) fn given(call: &Call<'_>) -> Result<Option<Tags>, Fault> {
    call.lacks(&["TagSpecifications"])?;
    // An empty list, as SDKs write it.
    call.text("Tags");
    let mut all = call.params.structs("Tags.Tag");
    if all.is_empty() {
        all = call.params.structs("Tags.member");
    }
    let mut tags = Tags::new();
    let given = !all.is_empty();
    for tag in all {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        if let Some(flaw) = tag_rules::flaw(&key, &value) {
            return Err(Fault::invalid(flaw));
        }
        if tags.insert(key.clone(), value).is_some() {
            return Err(Fault::invalid(format!("Duplicate tag key found: {key}")));
        }
    }
    within_quota(call, &tags)?;
    Ok(given.then_some(tags))
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource as usize;
    if tags.len() > most {
        let text = format!("The number of tags exceeds the limit of {most}");
        return Err(Fault::client("TagQuotaPerResourceExceeded", text));
    }
    Ok(())
}

/// What is said of something that is not there, by its kind.
///
/// The model has one for each kind:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddTagsToResource.html>; for groups
/// it names none, and those of the operations on them were seen.
fn unknown(kind: &str, name: &str) -> Fault {
    let not = |code, noun: &str| Fault::new(404, code, format!("{noun} {name} not found."));
    match kind {
        "cluster" => not("DBClusterNotFoundFault", "DBCluster"),
        "cluster-pg" | "pg" => not("DBParameterGroupNotFound", "DBParameterGroup"),
        "cluster-snapshot" => not("DBClusterSnapshotNotFoundFault", "DBClusterSnapshot"),
        "es" => not("SubscriptionNotFound", "Event subscription"),
        "snapshot" => not("DBSnapshotNotFound", "DBSnapshot"),
        "subgrp" => not("DBSubnetGroupNotFoundFault", "DB subnet group"),
        _ => not("DBInstanceNotFound", "DBInstance"),
    }
}

/// What a request is about, kind and name, with the tags that it has or that a read sees.
fn named(call: &Call<'_>, read: bool) -> Result<(String, String, Tags), Fault> {
    let arn = call.need("ResourceName")?;
    let invalid = || {
        Fault::invalid(format!(
            "Invalid resource name: {arn}. It must be the ARN of an RDS resource"
        ))
    };
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let (kind, name) = path.split_once(':').ok_or_else(invalid)?;
    if call.arn(path) != arn {
        return Err(invalid());
    }
    if matches!(kind, "og" | "proxy" | "ri" | "secgrp") {
        return Err(Fault::unsupported(format!("tags of {arn}")));
    }
    let shelf = call.rds.shelves().into_iter().find(|it| it.kind() == kind).ok_or_else(invalid)?;
    let look = read || call.settings.lag.dependents;
    let tags = if look && !shelf.known(name, call.by_id()) { None } else { shelf.tags(name) };
    let tags = match (tags, read) {
        (Some(_), true) => {
            shelf.tags_seen(call.by_id()).into_iter().find(|it| it.0 == name).map(|it| it.1)
        }
        (other, _) => other,
    };
    let tags = tags.ok_or_else(|| unknown(kind, name))?;
    Ok((kind.to_owned(), name.to_owned(), tags))
}

fn put(call: &mut Call<'_>, kind: &str, name: &str, tags: &Tags) {
    let stamp = call.stamp;
    for shelf in call.rds.shelves_mut() {
        if shelf.kind() == kind {
            shelf.set_tags(stamp, name, tags.clone());
        }
    }
}

fn add(call: &mut Call<'_>) -> Answer {
    let (kind, name, mut tags) = named(call, false)?;
    let more = given(call)?.ok_or_else(|| missing("Tags"))?;
    tags.extend(more);
    within_quota(call, &tags)?;
    put(call, &kind, &name, &tags);
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let (_, _, tags) = named(call, true)?;
    Ok(render(&tags))
}

fn remove(call: &mut Call<'_>) -> Answer {
    let (kind, name, mut tags) = named(call, false)?;
    let gone = call.list("TagKeys", "member").ok_or_else(|| missing("TagKeys"))?;
    if let Some(flaw) = gone.iter().find_map(|it| tag_rules::flaw_of_key(it)) {
        return Err(Fault::invalid(flaw));
    }
    tags.retain(|key, _| !gone.contains(key));
    put(call, &kind, &name, &tags);
    Ok(Xml::new())
}
