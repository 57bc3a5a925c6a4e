//! What has happened to alarms, and what is to be done about it.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>: for thirty days,
//! also of alarms that are gone.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Call, CloudWatch,
    alarm::{Alarm, State, Watched, arn},
    alarm_calls,
    metric::moment,
    refused,
};
use crate::{
    Settings, Time,
    services::{
        service::Answer,
        sns::{Lost, Note},
    },
    shelf::{Record, Stamp},
};

/// Who speaks to topics.
const PRINCIPAL: &str = "cloudwatch.amazonaws.com";
const KEPT: Duration = Duration::from_hours(30 * 24);
const PAGE: u32 = 100;
const KINDS: [&str; 3] = ["Action", "ConfigurationUpdate", "StateUpdate"];

/// Something that has happened to an alarm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Item {
    at: Time,
    alarm: String,
    kind: String,
    summary: String,
    data: String,
}

/// Something that is to be done because an alarm has another state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Action {
    pub(super) at: Time,
    /// The ARN of what is to be told.
    topic: String,
    /// The alarm as it was by then.
    alarm: Record<Alarm>,
    before: State,
}

impl CloudWatch {
    /// Gives an alarm a state and its reason; what belongs to a new state is to be done.
    pub(super) fn turn(
        &mut self,
        stamp: Stamp,
        name: &str,
        (state, reason, data): (State, String, Option<String>),
    ) {
        let at = stamp.at;
        let changed = self.alarms.change(stamp, name, |it| {
            let before = it.state;
            it.state = state;
            it.reason = reason;
            it.reason_data = data;
            it.updated = at;
            if before != state {
                it.transitioned = at;
            }
            (it.clone(), before)
        });
        let Some((alarm, before)) = changed.filter(|it| it.0.state != it.1) else { return };
        let data = json!({
            "version": "1.0",
            "oldState": { "stateValue": before.name() },
            "newState": { "stateValue": state.name(), "stateReason": alarm.reason },
        });
        let summary = format!("Alarm updated from {} to {}", before.name(), state.name());
        self.remember(at, name, "StateUpdate", (summary, data));
        if alarm.set.acts {
            let topics = alarm.actions(state).to_vec();
            let action = |topic| Action { at, topic, alarm: alarm.clone(), before };
            self.actions.extend(topics.into_iter().map(action));
        }
    }

    fn remember(&mut self, at: Time, alarm: &str, kind: &str, (summary, data): (String, Value)) {
        self.history.retain(|it| at.since(it.at) <= KEPT);
        let (alarm, kind, data) = (alarm.to_owned(), kind.to_owned(), data.to_string());
        self.history.push(Item { at, alarm, kind, summary, data });
    }

    /// What is to be done by now.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// Notes what came of an action.
    pub(crate) fn acted(&mut self, action: &Action, outcome: Result<(), Lost>) {
        let topic = &action.topic;
        let (summary, state) = match outcome {
            Ok(()) => (format!("Successfully executed action {topic}"), "Succeeded"),
            Err(why) => (format!("Failed to execute action {topic}. {}", why.says()), "Failed"),
        };
        let data = json!({ "actionState": state, "notificationResource": topic });
        self.remember(action.at, &action.alarm.id, "Action", (summary, data));
    }
}

impl Action {
    /// When it is done.
    pub(crate) const fn at(&self) -> Time {
        self.at
    }

    /// What is said to the topic.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html>
    pub(crate) fn note(&self, settings: &Settings, region: &str) -> Note {
        let Self { at, topic, alarm, before } = self;
        let set = &alarm.set;
        let source = arn(settings, region, &alarm.id);
        let mut trigger = json!({
            "EvaluationPeriods": set.periods,
            "DatapointsToAlarm": set.datapoints.unwrap_or(set.periods),
            "ComparisonOperator": set.operator,
            "Threshold": set.threshold,
            "TreatMissingData": set.missing,
        });
        if let Watched::One(series) = &set.watched {
            trigger["MetricName"] = json!(series.name.metric);
            trigger["Namespace"] = json!(series.name.namespace);
            trigger["Period"] = json!(series.period.as_secs());
            let dimensions = series.name.dimensions.iter();
            let dimensions: Vec<_> =
                dimensions.map(|it| json!({ "name": it.0, "value": it.1 })).collect();
            trigger["Dimensions"] = json!(dimensions);
        }
        let message = json!({
            "AlarmName": alarm.id,
            "AlarmDescription": set.description,
            "AWSAccountId": settings.account,
            "AlarmConfigurationUpdatedTimestamp": alarm.configured.to_string(),
            "NewStateValue": alarm.state.name(),
            "NewStateReason": alarm.reason,
            "StateChangeTime": at.to_string(),
            "Region": region,
            "AlarmArn": source,
            "OldStateValue": before.name(),
            "OKActions": set.ok_actions,
            "AlarmActions": set.alarm_actions,
            "InsufficientDataActions": set.insufficient_actions,
            "Trigger": trigger,
        });
        Note {
            topic: topic.clone(),
            principal: PRINCIPAL,
            source,
            subject: format!("{}: \"{}\" in {region}", alarm.state.name(), alarm.id),
            message: message.to_string(),
        }
    }
}

/// Notes that somebody changed an alarm.
pub(super) fn configured(call: &mut Call<'_>, name: &str, what: &str) {
    let data = json!({ "version": "1.0", "type": what });
    let summary = format!("Alarm \"{name}\" {what}");
    let now = call.now;
    call.state.remember(now, name, "ConfigurationUpdate", (summary, data));
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let members = call.members;
    let alarm: Option<String> = members.get("AlarmName")?;
    let kind: Option<String> = members.get("HistoryItemType")?;
    let from: Option<f64> = members.get("StartDate")?;
    let to: Option<f64> = members.get("EndDate")?;
    let order: Option<String> = members.get("ScanBy")?;
    let wanted = alarm_calls::wants_metric_alarms(call)?;
    let rising = match order.as_deref() {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => {
            return Err(refused(format!("The value {other} for parameter ScanBy is invalid.")));
        }
    };
    if let Some(other) = kind.as_ref().filter(|it| !KINDS.contains(&it.as_str())) {
        return Err(refused(format!(
            "The value {other} for parameter HistoryItemType is invalid."
        )));
    }
    let print = format!("{alarm:?} {kind:?} {from:?} {to:?} {rising} {wanted}");
    let page = alarm_calls::page(call, PAGE, &print)?;
    let from = from.map(|it| moment("StartDate", it)).transpose()?;
    let to = to.map(|it| moment("EndDate", it)).transpose()?;
    let kept = call.state.history.iter().enumerate().filter(|(_, it)| {
        wanted
            && call.now.since(it.at) <= KEPT
            && alarm.as_ref().is_none_or(|name| *name == it.alarm)
            && kind.as_ref().is_none_or(|kind| *kind == it.kind)
            && from.is_none_or(|from| it.at >= from)
            && to.is_none_or(|to| it.at <= to)
    });
    let rows = kept.map(|(place, it)| {
        let place = u64::try_from(place).unwrap_or_default();
        let (at, place) = if rising {
            (it.at.as_millis(), place)
        } else {
            (u64::MAX - it.at.as_millis(), u64::MAX - place)
        };
        let row = json!({
            "AlarmName": it.alarm, "AlarmType": "MetricAlarm", "Timestamp": it.at.as_seconds(),
            "HistoryItemType": it.kind, "HistorySummary": it.summary, "HistoryData": it.data,
        });
        (format!("{at:020} {place:020}"), row)
    });
    let cut = page.cut(alarm_calls::most(call), rows.collect());
    let mut answer = json!({ "AlarmHistoryItems": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}
