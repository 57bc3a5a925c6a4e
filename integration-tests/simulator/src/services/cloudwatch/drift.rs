//! What somebody else might do to alarms and dashboards.

use serde_json::{Value, json};

use super::{
    CloudWatch,
    alarm::{Alarm, Watched, shown},
    dashboard::Dashboard,
};
use crate::{
    Settings,
    services::Service as _,
    shelf::{Kind as _, Record, Tags},
    world::{Drift, HERE, HERE_SNS, NOWHERE, Retag},
};

fn drift(says: String, action: &'static str, members: Value) -> Drift {
    Drift::json(CloudWatch::NAME, says, action, members)
}

/// The ARN of an alarm or a dashboard, as far as it can be known here.
fn arn(kind: &str, id: &str) -> String {
    if kind == Alarm::TYPE {
        format!("{HERE}{kind}:{id}")
    } else {
        // Without a region.
        format!("{NOWHERE}{kind}/{id}")
    }
}

/// The calls by which somebody puts tags on an object of this kind, and takes some from it.
pub(super) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    if ![Alarm::TYPE, Dashboard::TYPE].contains(&kind) {
        return Vec::new();
    }
    let about = json!({ "ResourceARN": arn(kind, id) });
    let actions = ["TagResource", "UntagResource"];
    change.json(CloudWatch::NAME, actions, &about, ["Key", "Value"])
}

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(state: &CloudWatch, key: &str) -> Vec<Drift> {
    let alarms = state.alarms.all().filter(|it| it.tags.contains_key(key));
    let dashboards = state.dashboards.all().filter(|it| it.tags.contains_key(key));
    alarms.flat_map(of_alarm).chain(dashboards.flat_map(of_dashboard)).collect()
}

fn of_tags(kind: &str, id: &str, tags: &Tags) -> Vec<Drift> {
    let mut all = Vec::new();
    // Without its owner's mark an object would be a stranger, not a drifted one.
    for (key, value) in tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let arn = arn(kind, id);
        all.push(drift(
            format!("the tag {key} of {kind} {id} is gone"),
            "UntagResource",
            json!({ "ResourceARN": arn, "TagKeys": [key] }),
        ));
        let other = format!("{value}-changed");
        all.push(drift(
            format!("the tag {key} of {kind} {id} is '{other}' now"),
            "TagResource",
            json!({ "ResourceARN": arn, "Tags": [{ "Key": key, "Value": other }] }),
        ));
    }
    all
}

/// What a call has to say that sets an alarm as it is.
fn as_it_is(alarm: &Record<Alarm>) -> Value {
    let mut members = shown(&Settings::default(), "", alarm);
    if let Value::Object(all) = &mut members {
        let told = ["AlarmArn", "AlarmConfigurationUpdatedTimestamp"];
        all.retain(|name, _| !name.starts_with("State") && !told.contains(&name.as_str()));
    }
    members
}

fn of_alarm(alarm: &Record<Alarm>) -> Vec<Drift> {
    let (name, set) = (&alarm.id, &alarm.set);
    let put = |what: &str, change: &[(&str, Value)]| {
        let mut members = as_it_is(alarm);
        for (member, value) in change {
            members[*member] = value.clone();
        }
        drift(format!("{what} alarm {name} by hand"), "PutMetricAlarm", members)
    };
    let other = if set.description.as_deref() == Some("by hand") { "again" } else { "by hand" };
    let operator = if json!(set.operator) == json!("GreaterThanThreshold") {
        "GreaterThanOrEqualToThreshold"
    } else {
        "GreaterThanThreshold"
    };
    let missing =
        if json!(set.missing) == json!("notBreaching") { "ignore" } else { "notBreaching" };
    let mut all = vec![
        put("the threshold is another one of", &[("Threshold", json!(set.threshold + 1.0))]),
        put("the operator is another one of", &[("ComparisonOperator", json!(operator))]),
        put("missing data is treated otherwise by", &[("TreatMissingData", json!(missing))]),
        put("the description is another one of", &[("AlarmDescription", json!(other))]),
        put(
            "the number of periods is another one of",
            &[
                ("EvaluationPeriods", json!(set.periods + 1)),
                ("DatapointsToAlarm", json!(set.datapoints.unwrap_or(set.periods))),
            ],
        ),
    ];
    let datapoints = set.datapoints.unwrap_or(set.periods);
    if datapoints > 1 {
        let fewer = [("DatapointsToAlarm", json!(datapoints - 1))];
        all.push(put("fewer datapoints are enough for", &fewer));
    }
    if let Watched::One(series) = &set.watched {
        let statistic = if series.statistic.name() == "Minimum" { "Maximum" } else { "Minimum" };
        let change = [("Statistic", json!(statistic)), ("ExtendedStatistic", Value::Null)];
        all.push(put("the statistic is another one of", &change));
        let period = if series.period.as_secs() == 60 { 120 } else { 60 };
        all.push(put("the period is another one of", &[("Period", json!(period))]));
    }
    for (member, actions) in [
        ("OKActions", &set.ok_actions),
        ("AlarmActions", &set.alarm_actions),
        ("InsufficientDataActions", &set.insufficient_actions),
    ] {
        if actions.is_empty() {
            let hand = json!([format!("{HERE_SNS}by-hand")]);
            all.push(put(&format!("{member} has one more for"), &[(member, hand)]));
        } else {
            all.push(put(&format!("{member} is empty for"), &[(member, json!([]))]));
        }
    }
    let (verb, says) = if set.acts {
        ("DisableAlarmActions", "does nothing any more")
    } else {
        ("EnableAlarmActions", "does something again")
    };
    let named = json!({ "AlarmNames": [name] });
    all.push(drift(format!("alarm {name} {says}"), verb, named.clone()));
    all.push(drift(format!("alarm {name} is deleted"), "DeleteAlarms", named));
    all.push(drift(
        format!("alarm {name} is said to be in alarm"),
        "SetAlarmState",
        json!({ "AlarmName": name, "StateValue": "ALARM", "StateReason": "by hand" }),
    ));
    all.extend(of_tags(Alarm::TYPE, name, &alarm.tags));
    all
}

fn of_dashboard(dashboard: &Record<Dashboard>) -> Vec<Drift> {
    let name = &dashboard.id;
    let text = r##"{"widgets":[{"type":"text","x":0,"y":0,"width":6,"height":2,"properties":{"markdown":"# by hand"}}]}"##;
    let mut all = vec![
        drift(
            format!("dashboard {name} shows something else"),
            "PutDashboard",
            json!({ "DashboardName": name, "DashboardBody": text }),
        ),
        drift(
            format!("dashboard {name} is deleted"),
            "DeleteDashboards",
            json!({ "DashboardNames": [name] }),
        ),
    ];
    all.extend(of_tags(Dashboard::TYPE, name, &dashboard.tags));
    all
}
