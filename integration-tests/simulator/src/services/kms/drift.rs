//! What somebody else might do to a key or an alias.

use serde_json::{Value, json};

use super::{Key, Kms, State, rotation::YEAR};
use crate::{
    shelf::{Kind, Record},
    world::Drift,
};

fn drift(says: String, action: &'static str, members: Value) -> Drift {
    Drift::json("kms", says, action, members)
}

/// Changes to the keys that carry the tag `mark`, and to their aliases.
pub(super) fn all(kms: &Kms, mark: &str) -> Vec<Drift> {
    let alive: Vec<_> = kms.keys.all().filter(|it| it.exists()).collect();
    let mut all = Vec::new();
    for key in alive.iter().filter(|it| it.tags.contains_key(mark)) {
        all.extend(of_tags(key));
        all.extend(of_policy(key));
        all.extend(of_rotation(key));
        all.extend(of_itself(key));
        for alias in kms.aliases.all().filter(|it| it.key == key.id) {
            let name = &alias.id;
            let gone = json!({ "AliasName": name });
            all.push(drift(format!("{name} is gone"), "DeleteAlias", gone));
            for other in alive.iter().filter(|it| it.id != key.id) {
                let says = format!("{name} stands for {} now", other.id);
                let members = json!({ "AliasName": name, "TargetKeyId": other.id });
                all.push(drift(says, "UpdateAlias", members));
            }
        }
    }
    all
}

fn of_tags(key: &Record<Key>) -> Vec<Drift> {
    let id = &key.id;
    let mut all = Vec::new();
    // Without its owner's mark a key would be a stranger, not a drifted one.
    for (name, value) in key.tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let says = format!("the tag {name} of {id} is gone");
        all.push(drift(says, "UntagResource", json!({ "KeyId": id, "TagKeys": [name] })));
        let other = format!("{value}-changed");
        let says = format!("the tag {name} of {id} is '{other}' now");
        let tag = json!({ "TagKey": name, "TagValue": other });
        all.push(drift(says, "TagResource", json!({ "KeyId": id, "Tags": [tag] })));
    }
    all
}

fn of_policy(key: &Record<Key>) -> Vec<Drift> {
    let id = &key.id;
    let said = &key.policy["Statement"];
    let mut statements = said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
    let put = |says: String, statements: &[Value]| {
        let mut policy = key.policy.clone();
        policy["Statement"] = json!(statements);
        let members = json!({ "KeyId": id, "Policy": policy.to_string() });
        drift(says, "PutKeyPolicy", members)
    };
    let mut all = Vec::new();
    if let [kept @ .., _] = statements.as_slice()
        && !kept.is_empty()
    {
        all.push(put(format!("the last statement of the policy of {id} is gone"), kept));
    }
    statements.push(json!({
        "Sid": "By hand",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "kms:DescribeKey",
        "Resource": "*",
    }));
    all.push(put(format!("the policy of {id} lets everybody look at it now"), &statements));
    all
}

fn of_rotation(key: &Record<Key>) -> Vec<Drift> {
    let id = &key.id;
    let mut all = Vec::new();
    if !matches!(key.state, State::Enabled { .. }) {
        return all;
    }
    let days = if key.rotation.is_some_and(|it| it.days == YEAR) { 180 } else { YEAR };
    let members = json!({ "KeyId": id, "RotationPeriodInDays": days });
    all.push(drift(format!("{id} rotates every {days} days now"), "EnableKeyRotation", members));
    if key.rotation.is_some() {
        let says = format!("{id} does not rotate any more");
        all.push(drift(says, "DisableKeyRotation", json!({ "KeyId": id })));
    }
    all
}

fn of_itself(key: &Record<Key>) -> Vec<Drift> {
    let id = &key.id;
    let description = "by hand";
    let members = json!({ "KeyId": id, "Description": description });
    let says = format!("the description of {id} is '{description}' now");
    let mut all = vec![drift(says, "UpdateKeyDescription", members)];
    if matches!(key.state, State::Enabled { .. }) {
        all.push(drift(format!("{id} is disabled"), "DisableKey", json!({ "KeyId": id })));
    }
    let members = json!({ "KeyId": id, "PendingWindowInDays": 7 });
    all.push(drift(format!("{id} is to be deleted in a week"), "ScheduleKeyDeletion", members));
    all
}
