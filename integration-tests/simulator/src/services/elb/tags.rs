//! Tags of load balancers, target groups, listeners and rules.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>: of twenty at most.

use super::{
    Answer, Operation,
    call::{Call, Named as _, invalid, missing},
    listener::Listener,
    load_balancer::LoadBalancer,
    rule::Rule,
    scene::path_of,
    target_group::TargetGroup,
};
use crate::{fault::Fault, services::tag_rules, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("AddTags", true, add), ("DescribeTags", false, describe), ("RemoveTags", true, remove)];

const MOST_RESOURCES: usize = 20;

/// The tags that a request gives; none twice.
pub(super) fn given(call: &Call<'_>) -> Result<Tags, Fault> {
    // An empty list, as SDKs write it.
    call.text("Tags");
    let mut tags = Tags::new();
    for tag in call.params.structs("Tags.member") {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        if let Some(flaw) = tag_rules::flaw(&key, &value) {
            return Err(invalid(flaw));
        }
        if tags.insert(key.clone(), value).is_some() {
            let text = format!("Tag key '{key}' cannot be specified twice");
            return Err(Fault::client("DuplicateTagKeys", text));
        }
    }
    within_quota(call, &tags)?;
    Ok(tags)
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource as usize;
    if tags.len() > most {
        let text = format!("A resource can have at most {most} tags");
        return Err(Fault::client("TooManyTags", text));
    }
    Ok(())
}

/// What is said of something that is not there, by its kind.
fn unknown(arn: &str) -> Fault {
    match path_of(arn).split('/').next().unwrap_or_default() {
        "loadbalancer" => LoadBalancer::unknown(arn),
        "targetgroup" => TargetGroup::unknown(arn),
        "listener" => Listener::unknown(arn),
        "listener-rule" => Rule::unknown(arn),
        _ => invalid(format!("'{arn}' is not a valid resource ARN")),
    }
}

/// What a request is about, each with the tags that it has or that a read sees.
fn named(call: &Call<'_>, read: bool) -> Result<Vec<(String, Tags)>, Fault> {
    let arns = call.need_list("ResourceArns")?;
    if arns.len() > MOST_RESOURCES {
        return Err(invalid(format!("At most {MOST_RESOURCES} resources can be specified")));
    }
    let mut all = Vec::new();
    for arn in arns {
        let is_default = call.elb.listeners.all().any(|it| it.default_rule == arn);
        if is_default {
            return Err(Fault::unsupported("tags of default rules"));
        }
        let shelves = call.elb.shelves();
        let mut shelves = shelves.into_iter();
        let looks = read || call.settings.lag.dependents;
        let tags = shelves.find_map(|shelf| {
            if looks && !shelf.known(&arn, call.by_id()) {
                return None;
            }
            if !read {
                return shelf.tags(&arn);
            }
            let seen = shelf.tags_seen(call.by_id()).into_iter();
            seen.into_iter().find(|it| it.0 == arn).map(|it| it.1)
        });
        let tags = tags.ok_or_else(|| unknown(&arn))?;
        all.push((arn, tags));
    }
    Ok(all)
}

fn put(call: &mut Call<'_>, all: &[(String, Tags)]) {
    let stamp = call.stamp;
    for shelf in call.elb.shelves_mut() {
        for (arn, tags) in all {
            shelf.set_tags(stamp, arn, tags.clone());
        }
    }
}

fn add(call: &mut Call<'_>) -> Answer {
    let mut all = named(call, false)?;
    let more = given(call)?;
    if more.is_empty() {
        return Err(missing("Tags"));
    }
    for (_, tags) in &mut all {
        tags.extend(more.clone());
        within_quota(call, tags)?;
    }
    put(call, &all);
    Ok(Xml::new())
}

/// A tag that is not there is no mistake.
fn remove(call: &mut Call<'_>) -> Answer {
    let mut all = named(call, false)?;
    let gone = call.need_list("TagKeys")?;
    if let Some(flaw) = gone.iter().find_map(|it| tag_rules::flaw_of_key(it)) {
        return Err(invalid(flaw));
    }
    for (_, tags) in &mut all {
        tags.retain(|key, _| !gone.contains(key));
    }
    put(call, &all);
    Ok(Xml::new())
}

fn describe(call: &mut Call<'_>) -> Answer {
    let all = named(call, true)?;
    let shown = all.into_iter().map(|(arn, tags)| {
        let tag = |it: (String, String)| Xml::new().text("Key", it.0).text("Value", it.1);
        Xml::new().text("ResourceArn", arn).members("Tags", "member", tags.into_iter().map(tag))
    });
    Ok(Xml::new().members("TagDescriptions", "member", shown))
}
