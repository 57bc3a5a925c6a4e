//! Log groups: creation, protection, deletion.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>.

use serde_json::json;

use super::{Answer, Call, LogGroup, constraint, invalid, key, names, tags};
use crate::{fault::Fault, shelf::Record};

/// Refuses a class of groups that is not modelled.
pub(super) fn check_class(class: Option<&str>) -> Result<(), Fault> {
    match class {
        None | Some("STANDARD") => Ok(()),
        Some(other @ ("INFREQUENT_ACCESS" | "DELIVERY")) => {
            Err(Fault::unsupported(format!("log groups of the class {other}")))
        }
        Some(_) => Err(constraint(
            "logGroupClass",
            "satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]",
        )),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name: String = call.need("logGroupName")?;
    names::check("logGroupName", &name)?;
    if name.to_lowercase().starts_with("aws/") {
        return Err(invalid("Log groups starting with AWS/ are reserved for AWS."));
    }
    check_class(call.members.get::<String>("logGroupClass")?.as_deref())?;
    let protected = call.members.get("deletionProtectionEnabled")?.unwrap_or_default();
    let key: Option<String> = call.members.get("kmsKeyId")?;
    let tags = tags::read(call, "tags")?.unwrap_or_default();
    if call.state.groups.get(&name).is_some() {
        let text = "The specified log group already exists";
        return Err(Fault::client("ResourceAlreadyExistsException", text));
    }
    let key = key.map(|it| key::check(call, &it, &name)).transpose()?;
    let most = call.settings.quotas.log_groups as usize;
    if call.state.groups.all().count() >= most {
        return Err(Fault::client("LimitExceededException", "Resource limit exceeded."));
    }
    call.occupy(&name)?;
    let now = call.now;
    let body = LogGroup { created: now, retention: None, key, protected };
    call.state.groups.add(call.stamp, Some(now), Record { id: name, tags, body });
    Ok(json!({}))
}

pub(super) fn protect(call: &mut Call<'_>) -> Answer {
    let identifier: String = call.need("logGroupIdentifier")?;
    let protected = call.need("deletionProtectionEnabled")?;
    let name = names::identified(call, &identifier)?;
    names::named(call, &name)?;
    call.occupy(&name)?;
    call.change(&name, |it| it.protected = protected);
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = names::find(call)?;
    if names::named(call, &name)?.protected {
        return Err(Fault::client(
            "ValidationException",
            "Deletion protection is enabled for this log group. Disable it before deleting the \
             log group.",
        ));
    }
    call.occupy(&name)?;
    call.state.groups.remove(call.stamp, &name);
    call.state.streams.remove(&name);
    let of = call.state.filters.all().filter(|it| it.group == name);
    let filters: Vec<_> = of.map(|it| it.id.clone()).collect();
    for filter in filters {
        call.state.filters.remove(call.stamp, &filter);
    }
    Ok(json!({}))
}
