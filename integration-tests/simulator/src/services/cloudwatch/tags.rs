//! Tags of alarms and dashboards.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call,
    alarm::{self, Alarm},
    dashboard::{self, Dashboard},
    invalid, missing,
};
use crate::{
    fault::Fault,
    services::{service::Answer, tag_rules},
    shelf::{AnyShelf, Kind as _, Tags},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// Reads tags, if there are any; none twice.
pub(super) fn given(call: &Call<'_>, member: &str) -> Result<Option<Tags>, Fault> {
    let Some(all) = call.members.get::<Vec<Tag>>(member)? else { return Ok(None) };
    let mut tags = Tags::new();
    for tag in all {
        if let Some(flaw) = tag_rules::flaw(&tag.key, &tag.value) {
            return Err(invalid(flaw));
        }
        if tags.insert(tag.key.clone(), tag.value).is_some() {
            return Err(invalid(format!("The tag key {} is there twice.", tag.key)));
        }
    }
    within_quota(call, &tags)?;
    Ok(Some(tags))
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        return Err(invalid(format!("A resource can have no more than {most} tags.")));
    }
    Ok(())
}

/// Whether a request is about a dashboard, which belongs to no region.
pub(super) fn is_about_a_dashboard(arn: &str) -> bool {
    arn.splitn(6, ':').nth(5).is_some_and(|it| it.starts_with("dashboard/"))
}

/// What a request is about: its kind and its name.
fn target(call: &Call<'_>) -> Result<(&'static str, String), Fault> {
    let arn: String = call.required("ResourceARN")?;
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let found = if let Some(name) = path.strip_prefix("alarm:") {
        (alarm::arn(call.settings, call.region, name), Alarm::TYPE, name)
    } else if let Some(name) = path.strip_prefix("dashboard/") {
        (dashboard::arn(call.settings, name), Dashboard::TYPE, name)
    } else if path.contains([':', '/']) {
        return Err(Fault::unsupported(format!("tags of {arn}")));
    } else {
        return Err(invalid(format!("The value {arn} for parameter ResourceARN is invalid.")));
    };
    let (whole, kind, name) = found;
    if whole == arn {
        Ok((kind, name.to_owned()))
    } else {
        Err(invalid(format!("The value {arn} for parameter ResourceARN is invalid.")))
    }
}

fn absent() -> Fault {
    Fault::new(404, "ResourceNotFoundException", "The resource does not exist")
}

/// The tags of what a write is about.
fn truth(call: &Call<'_>, kind: &str, name: &str) -> Result<Tags, Fault> {
    let shelf: &dyn AnyShelf =
        if kind == Alarm::TYPE { &call.state.alarms } else { &call.state.dashboards };
    let known = !call.settings.lag.dependents || shelf.known(name, call.by_id());
    shelf.tags(name).filter(|_| known).ok_or_else(absent)
}

fn put(call: &mut Call<'_>, kind: &str, name: &str, tags: Tags) {
    let stamp = call.stamp;
    if kind == Alarm::TYPE {
        call.state.alarms.set_tags(stamp, name, tags);
    } else {
        call.state.dashboards.set_tags(stamp, name, tags);
    }
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let (kind, name) = target(call)?;
    let more = given(call, "Tags")?.ok_or_else(|| missing("Tags"))?;
    let mut tags = truth(call, kind, &name)?;
    tags.extend(more);
    within_quota(call, &tags)?;
    put(call, kind, &name, tags);
    Ok(json!({}))
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let (kind, name) = target(call)?;
    let gone: Vec<String> = call.required("TagKeys")?;
    let mut tags = truth(call, kind, &name)?;
    tags.retain(|key, _| !gone.contains(key));
    put(call, kind, &name, tags);
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let (kind, name) = target(call)?;
    let eyes = call.by_id();
    let seen = if kind == Alarm::TYPE {
        call.state.alarms.seen(&name, eyes).map(|it| &it.tags)
    } else {
        call.state.dashboards.seen(&name, eyes).map(|it| &it.tags)
    };
    let tags = seen.ok_or_else(absent)?;
    let all: Vec<Value> = tags.iter().map(|it| json!({ "Key": it.0, "Value": it.1 })).collect();
    Ok(json!({ "Tags": all }))
}
