//! Alarms on metrics: what they are.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>. Alarms on anomalies, on
//! queries and on other alarms are not modelled, nor is a period below a minute.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    math::{Formula, Query},
    metric::Name,
};
use crate::{
    Settings, Time,
    shelf::{Kind, Record},
};

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Ok, Self::Alarm, Self::InsufficientData];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// When a value breaches a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operator {
    #[serde(rename = "GreaterThanOrEqualToThreshold")]
    AtLeast,
    #[serde(rename = "GreaterThanThreshold")]
    Above,
    #[serde(rename = "LessThanThreshold")]
    Below,
    #[serde(rename = "LessThanOrEqualToThreshold")]
    AtMost,
}

impl Operator {
    pub(super) fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::Above => value > threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    /// As a reason has it.
    pub(super) const fn says(self) -> &'static str {
        match self {
            Self::AtLeast => "greater than or equal to",
            Self::Above => "greater than",
            Self::Below => "less than",
            Self::AtMost => "less than or equal to",
        }
    }
}

/// What a period without data is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Missing {
    Breaching,
    Ignore,
    #[serde(rename = "missing")]
    Unknown,
    NotBreaching,
}

/// What is made of the values of a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Statistic {
    Plain(String),
    /// As it was named, and of how many percent.
    Percentile(String, f64),
}

impl Statistic {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Plain(name) | Self::Percentile(name, _) => name,
        }
    }
}

/// A metric, and how it is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) name: Name,
    pub(super) statistic: Statistic,
    pub(super) period: Duration,
    pub(super) unit: Option<String>,
}

/// What an alarm watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Watched {
    One(Series),
    Math(Vec<Query>),
}

impl Watched {
    /// The metrics in it.
    pub(super) fn series(&self) -> Vec<&Series> {
        match self {
            Self::One(series) => vec![series],
            Self::Math(queries) => queries
                .iter()
                .filter_map(|it| match &it.formula {
                    Formula::Metric(series) => Some(series),
                    Formula::Expression { .. } => None,
                })
                .collect(),
        }
    }

    /// The period of what is compared with the threshold.
    pub(super) fn period(&self) -> Duration {
        self.series().iter().map(|it| it.period).max().unwrap_or(Duration::from_mins(1))
    }
}

/// What somebody has set of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Setting {
    pub(super) description: Option<String>,
    pub(super) acts: bool,
    pub(super) ok_actions: Vec<String>,
    pub(super) alarm_actions: Vec<String>,
    pub(super) insufficient_actions: Vec<String>,
    pub(super) watched: Watched,
    /// How many periods are looked at.
    pub(super) periods: u32,
    /// How many of them have to breach, if that was said.
    pub(super) datapoints: Option<u32>,
    pub(super) threshold: f64,
    pub(super) operator: Operator,
    pub(super) missing: Option<Missing>,
    pub(super) few_samples: Option<String>,
}

/// An alarm, by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alarm {
    pub(super) set: Setting,
    pub(super) configured: Time,
    pub(super) state: State,
    pub(super) reason: String,
    pub(super) reason_data: Option<String>,
    pub(super) updated: Time,
    pub(super) transitioned: Time,
}

impl Kind for Alarm {
    const TYPE: &'static str = "alarm";
    const PREFIX: &'static str = "alarm";
    const NOUN: &'static str = "alarm";
    const NOT_FOUND: &'static str = "ResourceNotFound";
    const MALFORMED: &'static str = "ValidationError";

    fn path(record: &Record<Self>) -> String {
        format!("alarm:{}", record.id)
    }
}

impl Alarm {
    /// What it does in a state.
    pub(super) fn actions(&self, state: State) -> &[String] {
        match state {
            State::Ok => &self.set.ok_actions,
            State::Alarm => &self.set.alarm_actions,
            State::InsufficientData => &self.set.insufficient_actions,
        }
    }
}

/// The ARN of an alarm.
pub(super) fn arn(settings: &Settings, region: &str, name: &str) -> String {
    format!("arn:aws:cloudwatch:{region}:{}:alarm:{name}", settings.account)
}

/// An alarm as it is shown.
pub(super) fn shown(settings: &Settings, region: &str, alarm: &Record<Alarm>) -> Value {
    let set = &alarm.set;
    let mut shown = json!({
        "AlarmName": alarm.id,
        "AlarmArn": arn(settings, region, &alarm.id),
        "AlarmConfigurationUpdatedTimestamp": alarm.configured.as_seconds(),
        "ActionsEnabled": set.acts,
        "OKActions": set.ok_actions,
        "AlarmActions": set.alarm_actions,
        "InsufficientDataActions": set.insufficient_actions,
        "StateValue": alarm.state.name(),
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated.as_seconds(),
        "StateTransitionedTimestamp": alarm.transitioned.as_seconds(),
        "EvaluationPeriods": set.periods,
        "Threshold": set.threshold,
        "ComparisonOperator": set.operator,
    });
    let mut more = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown[name] = value;
        }
    };
    more("AlarmDescription", set.description.as_ref().map(|it| json!(it)));
    more("StateReasonData", alarm.reason_data.as_ref().map(|it| json!(it)));
    more("DatapointsToAlarm", set.datapoints.map(|it| json!(it)));
    more("TreatMissingData", set.missing.map(|it| json!(it)));
    more("EvaluateLowSampleCountPercentile", set.few_samples.as_ref().map(|it| json!(it)));
    match &set.watched {
        Watched::One(series) => {
            let name = series.name.shown();
            for part in ["Namespace", "MetricName", "Dimensions"] {
                more(part, Some(name[part].clone()));
            }
            let statistic = match &series.statistic {
                Statistic::Plain(_) => "Statistic",
                Statistic::Percentile(..) => "ExtendedStatistic",
            };
            more(statistic, Some(json!(series.statistic.name())));
            more("Period", Some(json!(series.period.as_secs())));
            more("Unit", series.unit.as_ref().map(|it| json!(it)));
        }
        Watched::Math(queries) => {
            let queries: Vec<_> = queries.iter().map(Query::shown).collect();
            more("Metrics", Some(json!(queries)));
        }
    }
    shown
}
