//! Tags of vaults and plans: selections and the recovery points of databases have none here.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_TagResource.html>

use serde_json::{Value, json};

use super::{Answer, Call, Kind as _, Plan, Vault, invalid, missing, paging, too_many};
use crate::{
    fault::Fault,
    services::tag_rules,
    shelf::{Record, Tags},
};

/// Reads tags from a member, if it is there.
pub(super) fn read(call: &Call<'_>, member: &str) -> Result<Option<Tags>, Fault> {
    let Some(tags) = call.members.get::<Tags>(member)? else { return Ok(None) };
    if let Some(flaw) = tags.iter().find_map(|(key, value)| tag_rules::flaw(key, value)) {
        return Err(invalid(flaw));
    }
    within_quota(call, &tags)?;
    Ok(Some(tags))
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        return Err(too_many(format!("A resource can have at most {most} tags.")));
    }
    Ok(())
}

/// What an ARN names.
enum Named {
    Vault(String),
    Plan(String),
}

fn named(call: &Call<'_>) -> Result<Named, Fault> {
    let arn: String = call.members.need("ResourceArn")?;
    let path = arn.strip_prefix(&call.arn("")).unwrap_or_default().to_owned();
    match path.split_once(':') {
        Some((Vault::TYPE, name)) => Ok(Named::Vault(name.to_owned())),
        Some((Plan::TYPE, id)) => Ok(Named::Plan(id.to_owned())),
        Some(_) | None if arn.contains(":snapshot:") || arn.contains(":cluster-snapshot:") => {
            Err(Fault::unsupported("the tags of recovery points"))
        }
        Some(_) | None => Err(invalid(format!("{arn} is not the ARN of a vault or a plan."))),
    }
}

fn unknown() -> Fault {
    missing("The resource does not exist.")
}

fn changed(call: &mut Call<'_>, change: impl FnOnce(&mut Tags)) -> Answer {
    let named = named(call)?;
    let tags = match &named {
        Named::Vault(name) => call.state.vaults.get(name).map(|it| it.tags.clone()),
        Named::Plan(id) => call.state.plans.get(id).map(|it| it.tags.clone()),
    };
    let mut tags = tags.ok_or_else(unknown)?;
    change(&mut tags);
    within_quota(call, &tags)?;
    match named {
        Named::Vault(name) => call.state.vaults.change(call.stamp, &name, |it| it.tags = tags),
        Named::Plan(id) => call.state.plans.change(call.stamp, &id, |it| it.tags = tags),
    };
    Ok(Value::Null)
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let Some(more) = read(call, "Tags")? else {
        return Err(Fault::client("MissingParameterValueException", "Tags are missing."));
    };
    changed(call, |tags| tags.extend(more))
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let keys: Vec<String> = call.members.need("TagKeyList")?;
    changed(call, |tags| tags.retain(|key, _| !keys.contains(key)))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    fn tags<T>(record: Option<&Record<T>>) -> Result<Tags, Fault> {
        record.map(|it| it.tags.clone()).ok_or_else(unknown)
    }
    let page = paging::wanted(call, "tags")?;
    let tags = match named(call)? {
        Named::Vault(name) => tags(call.state.vaults.seen(&name, call.by_id())),
        Named::Plan(id) => tags(call.state.plans.seen(&id, call.by_id())),
    }?;
    let cut = page.page.cut(page.most, tags.into_iter().map(|it| (it.0.clone(), it)).collect());
    let mut answer = json!({ "Tags": cut.items.into_iter().collect::<Tags>() });
    if let Some(next) = cut.next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}
