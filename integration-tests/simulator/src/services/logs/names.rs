//! What a log group may be called, and how it is named.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>

use super::{Call, LogGroup, constraint, invalid, length};
use crate::{fault::Fault, shelf::Record};

/// Refuses what no log group's name can be or begin with.
pub(super) fn check(member: &str, name: &str) -> Result<(), Fault> {
    length(member, name, 512)?;
    characters(member, name)
}

/// The same for what may be empty.
pub(super) fn characters(member: &str, name: &str) -> Result<(), Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || ".-_/#".contains(it);
    if name.chars().all(good) {
        Ok(())
    } else {
        Err(constraint(member, r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"))
    }
}

pub(super) fn not_found() -> Fault {
    Fault::client("ResourceNotFoundException", "The specified log group does not exist.")
}

/// The group that a write means, as it truly is.
pub(super) fn named<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a Record<LogGroup>, Fault> {
    let known =
        !call.settings.lag.dependents || call.state.groups.seen(name, call.by_id()).is_some();
    call.state.groups.get(name).filter(|_| known).ok_or_else(not_found)
}

/// The name in `logGroupName`, which has to be that of a group there is.
pub(super) fn find(call: &Call<'_>) -> Result<String, Fault> {
    let name: String = call.need("logGroupName")?;
    check("logGroupName", &name)?;
    named(call, &name).map(|it| it.id.clone())
}

/// The name in an ARN of a log group, as the tagging calls want it: without anything behind it.
pub(super) fn in_arn<'a>(call: &Call<'_>, member: &str, arn: &'a str) -> Result<&'a str, Fault> {
    if !arn.starts_with("arn:") || arn.splitn(7, ':').count() < 7 {
        return Err(invalid(format!("{member}: '{arn}' is not the ARN of a log group")));
    }
    let name = arn.splitn(7, ':').nth(6).unwrap_or_default();
    check(member, name)?;
    if call.arn(name) == arn { Ok(name) } else { Err(not_found()) }
}

/// The name of the group that `logGroupName` or else `logGroupIdentifier` means, as reads take it.
pub(super) fn either(call: &Call<'_>) -> Result<String, Fault> {
    let name: Option<String> = call.members.get("logGroupName")?;
    let identifier: Option<String> = call.members.get("logGroupIdentifier")?;
    let name = match (name, identifier) {
        (Some(name), None) => {
            check("logGroupName", &name)?;
            name
        }
        (None, Some(identifier)) => identified(call, &identifier)?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(invalid(
                "Exactly one of the parameters logGroupName and logGroupIdentifier has to be given.",
            ));
        }
    };
    let seen = call.state.groups.seen(&name, call.by_id());
    seen.map(|it| it.id.clone()).ok_or_else(not_found)
}

/// The name that an identifier means: a name or an ARN.
pub(super) fn identified(call: &Call<'_>, identifier: &str) -> Result<String, Fault> {
    if identifier.starts_with("arn:") {
        in_arn(call, "logGroupIdentifier", identifier).map(str::to_owned)
    } else {
        check("logGroupIdentifier", identifier)?;
        Ok(identifier.to_owned())
    }
}
