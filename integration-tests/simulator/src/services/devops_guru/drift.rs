//! What somebody else might do in DevOps Guru. Nothing there has tags: it is the account's, and one of each.

use serde_json::json;

use super::{DevOpsGuru, collection::Way};
use crate::world::Drift;

/// Changes that somebody might make to what is the controller's.
pub(super) fn all(guru: &DevOpsGuru, _: &str) -> Vec<Drift> {
    let values = guru.collection.all().filter_map(|it| match &it.way {
        Way::Tag(key) => Some((key, &it.name)),
        Way::Stacks => None,
    });
    let drifts = values.map(|(key, value)| {
        let says = format!("DevOps Guru does not look at {key}={value} any more");
        let tags = json!([{ "AppBoundaryKey": key, "TagValues": [value] }]);
        let members = json!({ "Action": "REMOVE", "ResourceCollection": { "Tags": tags } });
        Drift::json("devops-guru", says, "UpdateResourceCollection", members)
    });
    let channels = guru.channels.all().map(|it| {
        let says = format!("DevOps Guru's notification channel {} is gone", it.id);
        Drift::json("devops-guru", says, "RemoveNotificationChannel", json!({ "Id": it.id }))
    });
    drifts.chain(channels).collect()
}
