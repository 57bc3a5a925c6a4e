//! A metric: what tells it from others, and its data points.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>: the same name with other
//! dimensions is another metric; data points are kept for fifteen months, and the older they are the coarser.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::{invalid, length};
use crate::{Time, fault::Fault};

const MOST_DIMENSIONS: usize = 30;
pub(super) const HOUR: u64 = 3_600_000;
const DAY: Duration = Duration::from_hours(24);
/// How long data points are kept at all.
pub(super) const KEPT: Duration = Duration::from_hours(24 * 455);

/// What tells a metric from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Name {
    pub(super) namespace: String,
    pub(super) metric: String,
    pub(super) dimensions: BTreeMap<String, String>,
}

/// A dimension as requests carry it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Dimension {
    name: Option<String>,
    value: Option<String>,
}

impl Name {
    /// Reads what tells a metric apart; `at` says where in the request it stands.
    pub(super) fn read(
        at: &str,
        namespace: String,
        name: Option<String>,
        given: Vec<Dimension>,
    ) -> Result<Self, Fault> {
        let name = name.unwrap_or_default();
        length(&format!("{at}MetricName"), &name, 255)?;
        if given.len() > MOST_DIMENSIONS {
            return Err(invalid(format!(
                "The collection {at}Dimensions must not have a size greater than {MOST_DIMENSIONS}."
            )));
        }
        let mut dimensions = BTreeMap::new();
        for (place, one) in given.into_iter().enumerate() {
            let at = format!("{at}Dimensions.member.{}.", place + 1);
            let (name, value) = (one.name.unwrap_or_default(), one.value.unwrap_or_default());
            length(&format!("{at}Name"), &name, 255)?;
            length(&format!("{at}Value"), &value, 1024)?;
            let plain = |it: &str| it.is_ascii() && !it.chars().any(char::is_control);
            if name.starts_with(':') || !plain(&name) || !plain(&value) || name.trim().is_empty() {
                return Err(invalid(format!(
                    "The value {name} for parameter {at}Name is invalid."
                )));
            }
            if dimensions.insert(name.clone(), value).is_some() {
                return Err(invalid(format!(
                    "No parameters should have the same name: {at}Name is {name} once more."
                )));
            }
        }
        Ok(Self { namespace, metric: name, dimensions })
    }

    /// The same, written out.
    pub(super) fn key(&self) -> String {
        json!([self.namespace, self.metric, self.dimensions]).to_string()
    }

    pub(super) fn shown(&self) -> Value {
        let dimensions = self.dimensions.iter();
        let dimensions: Vec<_> =
            dimensions.map(|it| json!({ "Name": it.0, "Value": it.1 })).collect();
        json!({
            "Namespace": self.namespace, "MetricName": self.metric, "Dimensions": dimensions,
        })
    }
}

/// Reads a namespace.
pub(super) fn namespace(text: &str) -> Result<(), Fault> {
    length("Namespace", text, 255)?;
    let good = |it: char| it.is_ascii_alphanumeric() || ".-_/#: ".contains(it);
    if text.starts_with(':') || !text.chars().all(good) || text.trim().is_empty() {
        return Err(invalid(format!("The value {text} for parameter Namespace is invalid.")));
    }
    Ok(())
}

/// Values of one moment, one by one or together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Set {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Set {
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// A statistic; nothing when it is none that is modelled.
    pub(super) fn statistic(&self, name: &str) -> Option<f64> {
        Some(match name {
            "SampleCount" => self.count,
            "Average" => self.sum / self.count,
            "Sum" => self.sum,
            "Minimum" => self.least,
            "Maximum" => self.most,
            _ => return None,
        })
    }
}

/// Values that were published together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sample {
    /// The minute that they belong to.
    pub(super) at: Time,
    pub(super) unit: String,
    pub(super) set: Set,
    /// From when on they are found.
    pub(super) seen: Time,
}

/// The samples of an hour. Most hours are over and never change again, and a call works on a copy of all.
#[derive(Debug, Clone, Default)]
struct Hour(Arc<Vec<Sample>>);

impl Serialize for Hour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Hour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|it| Self(Arc::new(it)))
    }
}

/// A metric with its data points.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Metric {
    pub(super) name: Name,
    /// From when on it is in lists.
    pub(super) listed: Time,
    /// From when on it has statistics.
    pub(super) counted: Time,
    /// The moment of its newest data point.
    pub(super) newest: Time,
    hours: BTreeMap<u64, Hour>,
}

impl Metric {
    pub(super) fn new(name: Name, listed: Time, counted: Time) -> Self {
        Self { name, listed, counted, newest: Time::default(), hours: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, sample: Sample, now: Time) {
        self.newest = self.newest.max(sample.at);
        let hour = self.hours.entry(sample.at.as_millis() / HOUR).or_default();
        Arc::make_mut(&mut hour.0).push(sample);
        let oldest = now.as_millis().saturating_sub(millis(KEPT)) / HOUR;
        if self.hours.first_key_value().is_some_and(|it| *it.0 < oldest) {
            self.hours = self.hours.split_off(&oldest);
        }
    }

    /// What was published from one moment until before another, in periods that begin at multiples behind `origin`;
    /// by the unit if they are asked for apart.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>: what is older
    /// than fifteen days is there in steps of five minutes, and after 63 days in steps of an hour.
    pub(super) fn periods(&self, wanted: &Wanted<'_>, now: Time) -> BTreeMap<(Time, String), Set> {
        let mut all: BTreeMap<(Time, String), Set> = BTreeMap::new();
        if now < self.counted {
            return all;
        }
        let (from, to) = (wanted.from.as_millis(), wanted.to.as_millis());
        let period = millis(wanted.period);
        let hours = self.hours.range(from / HOUR..=to / HOUR);
        for sample in hours.flat_map(|it| it.1.0.iter()) {
            let at = sample.at.as_millis();
            let fits = (from..to).contains(&at)
                && sample.seen <= now
                && wanted.unit.is_none_or(|it| it == sample.unit)
                && period.is_multiple_of(step(now.since(sample.at)));
            if fits {
                let origin = wanted.origin.as_millis();
                let begins = origin + (at - origin) / period * period;
                let unit = if wanted.apart { sample.unit.clone() } else { String::new() };
                let begins = (Time::from_millis(begins), unit);
                all.entry(begins).and_modify(|it| it.add(&sample.set)).or_insert(sample.set);
            }
        }
        all
    }
}

/// What is wanted of a metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) origin: Time,
    pub(super) period: Duration,
    pub(super) unit: Option<&'a str>,
    pub(super) apart: bool,
}

/// In which steps data points of an age are there, in milliseconds.
fn step(age: Duration) -> u64 {
    if age > DAY * 63 {
        HOUR
    } else if age > DAY * 15 {
        300_000
    } else {
        60_000
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A moment as JSON carries it: seconds since the epoch.
pub(super) fn moment(parameter: &str, seconds: f64) -> Result<Time, Fault> {
    let span = Duration::try_from_secs_f64(seconds);
    let span = span.map_err(|_| {
        invalid(format!("The parameter {parameter} must be a timestamp in ISO 8601 format."))
    })?;
    Ok(Time::from_millis(millis(span)))
}

/// A period in seconds.
pub(super) fn period(parameter: &str, seconds: u64) -> Result<Duration, Fault> {
    match seconds {
        1 | 5 | 10 | 20 | 30 => Err(Fault::unsupported("periods of less than a minute")),
        0 => Err(invalid(format!(
            "The parameter {parameter} must be greater than or equal to 1, 5, 10, 20, 30, or a multiple of 60."
        ))),
        it if it.is_multiple_of(60) => Ok(Duration::from_secs(it)),
        _ => Err(invalid(format!(
            "The parameter {parameter} must be 1, 5, 10, 20, 30, or a multiple of 60."
        ))),
    }
}
