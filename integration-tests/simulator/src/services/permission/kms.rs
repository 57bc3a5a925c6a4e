//! What permissions a request of KMS needs.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>. A key
//! is judged by its own policy before any other; an alias has none and stands for its key:
//! <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>.

use super::{Need, Subject, request::Request, unknown};
use crate::{fault::Fault, services::kms::Judged, shelf::Tags};

/// Operations on a key.
const ON_KEYS: &[&str] = &[
    "CancelKeyDeletion",
    "CreateGrant",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListGrants",
    "ListResourceTags",
    "PutKeyPolicy",
    "RetireGrant",
    "RevokeGrant",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
];

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let needs = match request.operation() {
        "ListAliases" | "ListKeys" => Vec::new(),
        "CreateKey" => {
            let mut needs = vec![Need::new(action, "*")];
            if !request.tags().is_empty() {
                needs.push(Need::new("kms:TagResource", request.arn("key/*")));
            }
            needs
        }
        // Both the alias and the key that it stands or stood for.
        "CreateAlias" | "UpdateAlias" | "DeleteAlias" => {
            let alias = request.text("AliasName");
            let before = alias.filter(|_| request.operation() != "CreateAlias");
            let itself = alias.map(|it| Need::new(&action, request.arn(it)));
            let keys = [before, request.text("TargetKeyId")].into_iter().flatten();
            itself.into_iter().chain(keys.filter_map(|it| on_key(request, it))).collect()
        }
        operation if ON_KEYS.contains(&operation) => match request.text("KeyId") {
            None => Vec::new(),
            Some(key) => match on_key(request, key) {
                Some(need) => vec![need],
                // What no alias stands for is not found, whoever asks.
                None => return Ok(Vec::new()),
            },
        },
        _ => return unknown(&action),
    };
    Ok(request.complete(needs))
}

/// The permission on a key, by any of its names; nothing for an alias that stands for none.
fn on_key(request: &Request<'_>, name: &str) -> Option<Need> {
    let action = request.action();
    let kms = request.region().map(|it| &it.kms);
    let need = match kms.and_then(|it| it.judged(request.site(), name)) {
        Some(Judged { subject, aliases }) => {
            let need = Need::on(action, subject);
            if aliases.is_empty() { need } else { need.with_all("kms:ResourceAliases", aliases) }
        }
        None if name.contains("alias/") => return None,
        None if name.starts_with("arn:") => Need::new(action, name),
        None => Need::on(action, Subject::new(request.arn(&format!("key/{name}")), Tags::new())),
    };
    let alias = name.split_once("alias/").map(|it| format!("alias/{}", it.1));
    let need = need.with("kms:CallerAccount", request.site().settings.account.as_str());
    // Only AWS makes grants for its own resources.
    let need = match request.operation() {
        "CreateGrant" => need.with("kms:GrantIsForAWSResource", "false"),
        _ => need,
    };
    Some(match alias {
        Some(alias) if request.operation() == "DescribeKey" => need.with("kms:RequestAlias", alias),
        Some(_) | None => need,
    })
}
