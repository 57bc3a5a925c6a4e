//! The key events are encrypted under.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>: CloudWatch
//! Logs uses it in its own name, which the policy of the key has to allow.

use serde_json::json;

use super::{Answer, Call, constraint, invalid, names};
use crate::{
    fault::Fault,
    services::kms::{Kms, Unusable, Use, Who},
};

/// What CloudWatch Logs does with a key.
const ACTIONS: &[&str] = &[
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:DescribeKey",
];

/// Refuses a key that CloudWatch Logs cannot use for a group, and gives the key's ARN.
pub(super) fn check(call: &Call<'_>, key: &str, group: &str) -> Result<String, Fault> {
    if key.chars().count() > 256 {
        return Err(constraint("kmsKeyId", "have length less than or equal to 256"));
    }
    let service = format!("logs.{}.amazonaws.com", call.region);
    let arn = call.arn(group);
    let context = vec![("kms:EncryptionContext:aws:logs:arn", arn.clone())];
    let by = Use { who: Who::Service(&service), actions: ACTIONS, context };
    let refused = || {
        invalid(format!(
            "The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        ))
    };
    if !(key.starts_with("arn:") && key.contains(":key/")) {
        return Err(refused());
    }
    match Kms::usable(call, key, &by) {
        Ok(usable) => Ok(usable.arn),
        Err(Unusable::Unsupported(fault)) => Err(fault),
        Err(
            Unusable::NotFound(_)
            | Unusable::Disabled(_)
            | Unusable::PendingDeletion(_)
            | Unusable::Denied(_),
        ) => Err(refused()),
    }
}

/// The name of the group whose key is meant.
fn target(call: &Call<'_>) -> Result<String, Fault> {
    let resource: Option<String> = call.members.get("resourceIdentifier")?;
    let name: Option<String> = call.members.get("logGroupName")?;
    match (name, resource) {
        (Some(_), None) => names::find(call),
        (None, Some(arn)) if arn.contains(":query-result:") => {
            Err(Fault::unsupported("keys of query results"))
        }
        (None, Some(arn)) => {
            let name = names::in_arn(call, "resourceIdentifier", &arn)?;
            names::named(call, name).map(|it| it.id.clone())
        }
        (Some(_), Some(_)) | (None, None) => Err(invalid(
            "Exactly one of the parameters logGroupName and resourceIdentifier has to be given.",
        )),
    }
}

pub(super) fn associate(call: &mut Call<'_>) -> Answer {
    let key: String = call.need("kmsKeyId")?;
    let name = target(call)?;
    let key = check(call, &key, &name)?;
    call.occupy(&name)?;
    call.change(&name, |it| it.key = Some(key));
    Ok(json!({}))
}

pub(super) fn disassociate(call: &mut Call<'_>) -> Answer {
    let name = target(call)?;
    call.occupy(&name)?;
    call.change(&name, |it| it.key = None);
    Ok(json!({}))
}
