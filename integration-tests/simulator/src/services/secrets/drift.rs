//! What somebody else might do to secrets.

use serde_json::{Value, json};

use super::{Secret, Secrets};
use crate::{shelf::Record, world::Drift};

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(secrets: &Secrets, key: &str) -> Vec<Drift> {
    let owned = secrets.secrets.all().filter(|it| it.tags.contains_key(key));
    owned.filter(|it| it.deletion.is_none()).flat_map(of_secret).collect()
}

fn of_secret(secret: &Record<Secret>) -> Vec<Drift> {
    let name = &secret.id;
    let drift = |says: String, action: &'static str, more: Value| {
        let mut members = json!({ "SecretId": name });
        if let (Value::Object(all), Value::Object(more)) = (&mut members, more) {
            all.extend(more);
        }
        Drift::json("secretsmanager", says, action, members)
    };
    let mut all = vec![
        drift(
            format!("the description of secret {name} is 'by hand' now"),
            "UpdateSecret",
            json!({ "Description": "by hand" }),
        ),
        drift(
            format!("secret {name} is scheduled for deletion"),
            "DeleteSecret",
            json!({ "RecoveryWindowInDays": 7 }),
        ),
    ];
    // Without its owner's mark an object would be a stranger, not a drifted one.
    for (key, value) in secret.tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let says = format!("the tag {key} of secret {name} is gone");
        all.push(drift(says, "UntagResource", json!({ "TagKeys": [key] })));
        let other = format!("{value}-changed");
        let says = format!("the tag {key} of secret {name} is '{other}' now");
        let tags = json!({ "Tags": [{ "Key": key, "Value": other }] });
        all.push(drift(says, "TagResource", tags));
    }
    if secret.key.is_some() {
        let says = format!("secret {name} is encrypted under the key of the service now");
        all.push(drift(says, "UpdateSecret", json!({ "KmsKeyId": "" })));
    }
    if !secret.versions.is_empty() {
        let token = format!("by-hand-{:024}", secret.versions.all().count());
        let says = format!("secret {name} has the new version {token}");
        let value = json!({ "ClientRequestToken": token, "SecretString": "put-by-hand" });
        all.push(drift(says, "PutSecretValue", value));
    }
    if secret.policy.is_some() {
        let says = format!("the resource policy of secret {name} is gone");
        all.push(drift(says, "DeleteResourcePolicy", json!({})));
    } else {
        let says = format!("another account may read secret {name}");
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::210987654321:root" },
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }],
        });
        let policy = json!({ "ResourcePolicy": policy.to_string() });
        all.push(drift(says, "PutResourcePolicy", policy));
    }
    all
}
