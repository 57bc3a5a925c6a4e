//! A metric: what tells it from others, and its data points.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>: the same name with other
//! dimensions is another metric; data points are kept for fifteen months, and the older they are the coarser.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

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
    /// Values that AWS's own services give it every minute, from when on, each until the next.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    steady: BTreeMap<Time, Option<f64>>,
}

impl Metric {
    pub(super) fn new(name: Name, listed: Time, counted: Time) -> Self {
        let (newest, hours, steady) = (Time::default(), BTreeMap::new(), BTreeMap::new());
        Self { name, listed, counted, newest, hours, steady }
    }

    /// Lets it have a value every minute from a moment on, or none any more.
    pub(super) fn hold(&mut self, from: Time, value: Option<f64>) {
        let from = Time::from_millis(from.as_millis() / 60_000 * 60_000);
        self.steady.insert(from, value);
        self.newest = self.newest.max(from);
    }

    /// Whether it has a value every minute.
    pub(super) fn is_held(&self) -> bool {
        self.steady.last_key_value().is_some_and(|it| it.1.is_some())
    }

    /// The first moment from another one on for which there is data.
    pub(super) fn first_since(&self, from: Time) -> Option<Time> {
        let hours = self.hours.range(from.as_millis() / HOUR..);
        let samples = hours.flat_map(|it| it.1.0.iter()).map(|it| it.at);
        let sample = samples.filter(|it| *it >= from).min();
        let holding = self.steady.range(..=from).next_back().filter(|it| it.1.is_some());
        let later = || self.steady.range(from..).find(|it| it.1.is_some()).map(|it| *it.0);
        let steady = holding.map(|_| from).or_else(later);
        sample.into_iter().chain(steady).min()
    }

    /// What it has every minute of a time.
    fn held(&self, from: u64, to: u64) -> impl Iterator<Item = (Time, f64)> {
        let all: Vec<_> = self.steady.iter().collect();
        let ends: Vec<_> =
            all.iter().skip(1).map(|it| it.0.as_millis()).chain([u64::MAX]).collect();
        let spans: Vec<_> = all
            .into_iter()
            .zip(ends)
            .filter_map(|((begins, value), ends)| {
                let first = begins.as_millis().max(from).div_ceil(60_000) * 60_000;
                Some((first, ends.min(to), (*value)?))
            })
            .collect();
        spans.into_iter().flat_map(|(first, end, value)| {
            let minutes = (first..end.max(first)).step_by(60_000);
            minutes.map(move |it| (Time::from_millis(it), value))
        })
    }

    /// The percentile of what was published in periods. Where values were published together, nobody knows it, and
    /// where `few` counts, nor does anybody of too few values.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Percentiles>,
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html>
    pub(super) fn percentiles(
        &self,
        wanted: &Wanted<'_>,
        now: Time,
        percent: f64,
        few: bool,
    ) -> BTreeMap<Time, f64> {
        let mut values: BTreeMap<Time, Vec<(f64, f64)>> = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        self.each(wanted, now, |begins, _, set| {
            if (set.most - set.least).abs() > f64::EPSILON {
                unknown.insert(begins);
            }
            values.entry(begins).or_default().push((set.least, set.count));
        });
        let share = percent / 100.0;
        let known = values.into_iter().filter_map(|(at, mut all)| {
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let whole: f64 = all.iter().map(|it| it.1).sum();
            let enough = if share < 0.5 { 10.0 / share.max(0.001) } else { 10.0 / (1.001 - share) };
            if unknown.contains(&at) || (few && whole < enough) {
                return None;
            }
            let mut passed = 0.0;
            let found = all.iter().find(|it| {
                passed += it.1;
                passed >= share * whole
            });
            Some((at, found.or(all.last())?.0))
        });
        known.collect()
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
        self.each(wanted, now, |begins, unit, set| {
            let unit = if wanted.apart { unit.to_owned() } else { String::new() };
            all.entry((begins, unit)).and_modify(|it| it.add(set)).or_insert(*set);
        });
        all
    }

    /// Goes through what was published in a time, each with the beginning of its period and its unit.
    fn each(&self, wanted: &Wanted<'_>, now: Time, mut take: impl FnMut(Time, &str, &Set)) {
        if now < self.counted {
            return;
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
                take(Time::from_millis(begins), &sample.unit, &sample.set);
            }
        }
        if self.steady.is_empty() || wanted.unit.is_some_and(|it| it != "None") {
            return;
        }
        for (at, value) in self.held(from, to.min(now.as_millis())) {
            let origin = wanted.origin.as_millis();
            let begins = origin + (at.as_millis() - origin) / period * period;
            let set = Set { count: 1.0, sum: value, least: value, most: value };
            take(Time::from_millis(begins), "None", &set);
        }
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
