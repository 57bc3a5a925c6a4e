//! Tags of log groups.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>: the ARN
//! is the one without `:*`.

use serde_json::json;

use super::{Answer, Call, constraint, invalid, names};
use crate::{fault::Fault, services::tag_rules, shelf::Tags};

/// Reads tags, if there are any.
pub(super) fn read(call: &Call<'_>, member: &str) -> Result<Option<Tags>, Fault> {
    let Some(tags) = call.members.get::<Tags>(member)? else { return Ok(None) };
    let most = call.settings.quotas.tags_per_resource;
    if !(1..=most as usize).contains(&tags.len()) {
        return Err(constraint(member, &format!("have length between 1 and {most}")));
    }
    match tags.iter().find_map(|it| tag_rules::flaw(it.0, it.1)) {
        Some(flaw) => Err(invalid(flaw)),
        None => Ok(Some(tags)),
    }
}

/// The name of the group that `resourceArn` means.
fn target(call: &Call<'_>) -> Result<String, Fault> {
    let arn: String = call.need("resourceArn")?;
    if arn.contains(":destination:") {
        return Err(Fault::unsupported("destinations of logs"));
    }
    names::in_arn(call, "resourceArn", &arn).map(str::to_owned)
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let name = target(call)?;
    let more = read(call, "tags")?.ok_or_else(|| constraint("tags", "not be null"))?;
    let mut tags = names::named(call, &name)?.tags.clone();
    tags.extend(more);
    if tags.len() > call.settings.quotas.tags_per_resource as usize {
        let text = "A resource can have no more than 50 tags.";
        return Err(Fault::client("TooManyTagsException", text));
    }
    call.change(&name, |it| it.tags = tags);
    Ok(json!({}))
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let name = target(call)?;
    let keys: Vec<String> = call.need("tagKeys")?;
    names::named(call, &name)?;
    call.change(&name, |it| it.tags.retain(|key, _| !keys.contains(key)));
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let name = target(call)?;
    let group = call.state.groups.seen(&name, call.by_id()).ok_or_else(names::not_found)?;
    Ok(json!({ "tags": group.tags }))
}
