//! Publishing.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html>: up to two minutes until
//! a new metric has statistics, and up to fifteen until it is listed.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, combination, invalid,
    metric::{self, Dimension, Metric, Name, Sample, Set, moment},
    missing,
};
use crate::{Span, Time, fault::Fault, services::service::Answer};

const MOST_METRICS: usize = 1_000;
const MOST_VALUES: usize = 150;
const AHEAD: Duration = Duration::from_hours(2);
const TWO_WEEKS: Duration = Duration::from_hours(14 * 24);
const DAY: Duration = Duration::from_hours(24);

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
pub(crate) const UNITS: &[&str] = &[
    "Bits",
    "Bits/Second",
    "Bytes",
    "Bytes/Second",
    "Count",
    "Count/Second",
    "Gigabits",
    "Gigabits/Second",
    "Gigabytes",
    "Gigabytes/Second",
    "Kilobits",
    "Kilobits/Second",
    "Kilobytes",
    "Kilobytes/Second",
    "Megabits",
    "Megabits/Second",
    "Megabytes",
    "Megabytes/Second",
    "Microseconds",
    "Milliseconds",
    "None",
    "Percent",
    "Seconds",
    "Terabits",
    "Terabits/Second",
    "Terabytes",
    "Terabytes/Second",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Datum {
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<f64>,
    value: Option<Value>,
    statistic_values: Option<StatisticSet>,
    values: Option<Vec<Value>>,
    counts: Option<Vec<Value>>,
    unit: Option<String>,
    storage_resolution: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StatisticSet {
    sample_count: Value,
    sum: Value,
    minimum: Value,
    maximum: Value,
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let namespace: String = call.required("Namespace")?;
    metric::namespace(&namespace)?;
    // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>: `AWS/` is AWS's own.
    if namespace.starts_with("AWS/") {
        return Err(invalid(format!("The value {namespace} for parameter Namespace is invalid.")));
    }
    for member in ["EntityMetricData", "StrictEntityValidation"] {
        if call.members.get::<Value>(member)?.is_some() {
            return Err(Fault::unsupported("entities of metrics"));
        }
    }
    let data: Vec<Datum> = call.required("MetricData")?;
    if data.is_empty() {
        return Err(missing("MetricData"));
    }
    if data.len() > MOST_METRICS {
        return Err(invalid(format!(
            "The collection MetricData must not have a size greater than {MOST_METRICS}."
        )));
    }
    let mut good = Vec::new();
    for (place, datum) in data.into_iter().enumerate() {
        good.push(read(&namespace, &format!("MetricData.member.{}.", place + 1), datum, call.now)?);
    }
    for (name, sample) in good {
        add(call, name, sample);
    }
    Ok(json!({}))
}

fn read(namespace: &str, at: &str, datum: Datum, now: Time) -> Result<(Name, Sample), Fault> {
    let name = Name::read(at, namespace.to_owned(), datum.metric_name, datum.dimensions)?;
    let time = match datum.timestamp {
        Some(seconds) => moment(&format!("{at}Timestamp"), seconds)?,
        None => now,
    };
    if now.since(time) > TWO_WEEKS {
        return Err(invalid(format!(
            "The parameter {at}Timestamp must specify a time no more than two weeks in the past."
        )));
    }
    if time.since(now) > AHEAD {
        return Err(invalid(format!(
            "The parameter {at}Timestamp must specify a time within two hours of the current time."
        )));
    }
    match datum.storage_resolution {
        None | Some(60) => {}
        Some(1) => return Err(Fault::unsupported("metrics of high resolution")),
        Some(_) => {
            let text = format!("The parameter {at}StorageResolution must be 1 or 60.");
            return Err(invalid(text));
        }
    }
    let unit = datum.unit.unwrap_or_else(|| "None".to_owned());
    if !UNITS.contains(&unit.as_str()) {
        return Err(invalid(format!(
            "The parameter {at}Unit must be a value in the set of units."
        )));
    }
    let set = match (datum.value, datum.statistic_values, datum.values) {
        (Some(value), None, None) => {
            let value = number(&format!("{at}Value"), &value)?;
            Set { count: 1.0, sum: value, least: value, most: value }
        }
        (None, Some(given), None) => of_set(at, &given)?,
        (None, None, Some(values)) => of_values(at, &values, datum.counts)?,
        (None, None, None) => return Err(missing(&format!("{at}Value"))),
        _ => {
            return Err(combination(format!(
                "The parameters {at}Value, {at}StatisticValues and {at}Values are mutually exclusive and you \
                 have specified more than one."
            )));
        }
    };
    let minute = Time::from_millis(time.as_millis() / 60_000 * 60_000);
    Ok((name, Sample { at: minute, unit, set, seen: now }))
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>: from -2^360 to 2^360,
/// and always a number.
fn number(parameter: &str, value: &Value) -> Result<f64, Fault> {
    let most = 2_f64.powi(360);
    let number = value.as_f64().filter(|it| (-most..=most).contains(it));
    number
        .ok_or_else(|| invalid(format!("The value {value} for parameter {parameter} is invalid.")))
}

fn of_set(at: &str, given: &StatisticSet) -> Result<Set, Fault> {
    let part = |name: &str, value| number(&format!("{at}StatisticValues.{name}"), value);
    let set = Set {
        count: part("SampleCount", &given.sample_count)?,
        sum: part("Sum", &given.sum)?,
        least: part("Minimum", &given.minimum)?,
        most: part("Maximum", &given.maximum)?,
    };
    if set.count <= 0.0 {
        let text = format!("The parameter {at}StatisticValues.SampleCount must be greater than 0.");
        return Err(invalid(text));
    }
    if set.least > set.most {
        let text = format!(
            "The parameter {at}StatisticValues.Maximum must be greater than {at}StatisticValues.Minimum."
        );
        return Err(invalid(text));
    }
    Ok(set)
}

fn of_values(at: &str, values: &[Value], counts: Option<Vec<Value>>) -> Result<Set, Fault> {
    if values.is_empty() {
        return Err(missing(&format!("{at}Values")));
    }
    if values.len() > MOST_VALUES {
        let text =
            format!("The collection {at}Values must not have a size greater than {MOST_VALUES}.");
        return Err(invalid(text));
    }
    let counts = counts.unwrap_or_else(|| values.iter().map(|_| json!(1)).collect());
    if counts.len() != values.len() {
        return Err(invalid(format!(
            "The parameters {at}Values and {at}Counts must be of the same size."
        )));
    }
    let mut whole: Option<Set> = None;
    for (value, count) in values.iter().zip(&counts) {
        let value = number(&format!("{at}Values"), value)?;
        let count = number(&format!("{at}Counts"), count)?;
        if count <= 0.0 {
            return Err(invalid(format!("The parameter {at}Counts must be greater than 0.")));
        }
        let one = Set { count, sum: value * count, least: value, most: value };
        match &mut whole {
            Some(whole) => whole.add(&one),
            None => whole = Some(one),
        }
    }
    whole.ok_or_else(|| missing(&format!("{at}Values")))
}

fn add(call: &mut Call<'_>, name: Name, mut sample: Sample) {
    let (now, key) = (call.now, name.key());
    let later = match now.since(sample.at) {
        age if age >= DAY => DAY * 2,
        age if age >= DAY / 8 => call.lasting(Span::seconds(0, 7_200)),
        _ => call.lasting(call.settings.lag.by_id),
    };
    sample.seen = now + later;
    let listed = now + call.lasting(call.settings.durations.metric_listed);
    let counted = now + call.lasting(call.settings.durations.metric_counted);
    let metrics = &mut call.state.metrics;
    let metric = metrics.entry(key).or_insert_with(|| Metric::new(name, listed, counted));
    metric.add(sample, now);
}
