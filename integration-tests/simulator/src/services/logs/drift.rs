//! What somebody else might do to log groups.

use serde_json::{Value, json};

use super::{LogGroup, Logs, metric_filter::MetricFilter};
use crate::{shelf::Record, world::Drift};

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(logs: &Logs, key: &str) -> Vec<Drift> {
    let owned = logs.groups.all().filter(|it| it.tags.contains_key(key));
    let mut all: Vec<_> = owned.flat_map(of_group).collect();
    let of_owned = |it: &&Record<MetricFilter>| {
        logs.groups.get(&it.group).is_some_and(|it| it.tags.contains_key(key))
    };
    all.extend(logs.filters.all().filter(of_owned).flat_map(of_filter));
    all
}

fn of_filter(filter: &Record<MetricFilter>) -> Vec<Drift> {
    let MetricFilter { group, name, pattern, transformation, .. } = &filter.body;
    let put = |what: &str, pattern: &str, change: &[(&str, Value)]| {
        let mut to = json!(transformation);
        for (member, value) in change {
            to[*member] = value.clone();
        }
        let members = json!({
            "logGroupName": group, "filterName": name, "filterPattern": pattern,
            "metricTransformations": [to],
        });
        let says = format!("{what} metric filter {name} of {group}");
        Drift::json("logs", says, "PutMetricFilter", members)
    };
    let other = if pattern == "by_hand" { "by_other_hand" } else { "by_hand" };
    let value = if transformation.metric_value == "7" { "8" } else { "7" };
    let hand = format!("{}-by-hand", transformation.metric_name);
    let space = format!("{}-by-hand", transformation.metric_namespace);
    let unit = if transformation.unit.as_deref() == Some("Count") { "Bytes" } else { "Count" };
    let mut all = vec![
        put("the value is another one of", pattern, &[("metricValue", json!(value))]),
        put("the metric is another one of", pattern, &[("metricName", json!(hand))]),
        put("the namespace is another one of", pattern, &[("metricNamespace", json!(space))]),
        put("the unit is another one of", pattern, &[("unit", json!(unit))]),
    ];
    if transformation.dimensions.is_empty() {
        all.push(put("the pattern is another one of", other, &[("metricValue", json!("1"))]));
        let default = transformation.default_value.map_or(3.0, |it| it + 1.0);
        let change = [("defaultValue", json!(default))];
        all.push(put("the default is another one of", pattern, &change));
    }
    let members = json!({ "logGroupName": group, "filterName": name });
    let says = format!("metric filter {name} of {group} is gone");
    all.push(Drift::json("logs", says, "DeleteMetricFilter", members));
    all
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
