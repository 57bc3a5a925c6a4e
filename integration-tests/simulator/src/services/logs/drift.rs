//! What somebody else might do to log groups.

use serde_json::{Value, json};

use super::{LogGroup, Logs};
use crate::{shelf::Record, world::Drift};

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(logs: &Logs, key: &str) -> Vec<Drift> {
    let owned = logs.groups.all().filter(|it| it.tags.contains_key(key));
    owned.flat_map(of_group).collect()
}

fn of_group(group: &Record<LogGroup>) -> Vec<Drift> {
    let name = &group.id;
    let drift = |says: String, action: &'static str, members: Value| {
        Drift::json("logs", says, action, members)
    };
    let days = if group.retention == Some(3) { 5 } else { 3 };
    let mut all = vec![drift(
        format!("log group {name} keeps events for {days} days now"),
        "PutRetentionPolicy",
        json!({ "logGroupName": name, "retentionInDays": days }),
    )];
    let named = json!({ "logGroupName": name });
    if group.retention.is_some() {
        let says = format!("log group {name} keeps events for good now");
        all.push(drift(says, "DeleteRetentionPolicy", named.clone()));
    }
    if group.key.is_some() {
        let says = format!("log group {name} has no key any more");
        all.push(drift(says, "DisassociateKmsKey", named.clone()));
    }
    if !group.protected {
        all.push(drift(format!("log group {name} is gone"), "DeleteLogGroup", named));
    }
    let (now, protected) = if group.protected { ("not ", false) } else { ("", true) };
    all.push(drift(
        format!("log group {name} is {now}protected from deletion now"),
        "PutLogGroupDeletionProtection",
        json!({ "logGroupIdentifier": name, "deletionProtectionEnabled": protected }),
    ));
    // Without its owner's mark an object would be a stranger, not a drifted one.
    for (key, value) in group.tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let says = format!("the tag {key} of log group {name} is gone");
        let members = json!({ "logGroupName": name, "tags": [key] });
        all.push(drift(says, "UntagLogGroup", members));
        let other = format!("{value}-changed");
        let says = format!("the tag {key} of log group {name} is '{other}' now");
        let members = json!({ "logGroupName": name, "tags": { key.as_str(): other } });
        all.push(drift(says, "TagLogGroup", members));
    }
    all
}
