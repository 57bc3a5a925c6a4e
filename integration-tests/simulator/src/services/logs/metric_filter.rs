//! Metric filters: what log events say becomes data of metrics.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html>: only of events that come while
//! the filter is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Call, Logs, constraint, describe, invalid, names,
    pattern::{Pattern, Selector, Wrong, plain},
};
use crate::{
    Time,
    fault::Fault,
    services::UNITS,
    shelf::{Kind, Record, Tags},
};

const LONGEST_PATTERN: usize = 1_024;
const MOST_DIMENSIONS: usize = 3;
const MOST_MESSAGES: usize = 50;

/// What an event becomes, as requests have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Transformation {
    pub(super) metric_name: String,
    pub(super) metric_namespace: String,
    pub(super) metric_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_value: Option<f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) dimensions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<String>,
}

/// A filter, by its group and its name: `group:filter`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct MetricFilter {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) pattern: String,
    pub(super) transformation: Transformation,
    created: Time,
}

impl Kind for MetricFilter {
    const TYPE: &'static str = "metric-filter";
    const PREFIX: &'static str = "metric-filter";
    const NOUN: &'static str = "metric filter";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidParameterException";
}

/// Data that came out of log events of a minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) namespace: String,
    pub(crate) metric: String,
    pub(crate) dimensions: BTreeMap<String, String>,
    pub(crate) unit: String,
    pub(crate) at: Time,
    pub(crate) values: Vec<f64>,
}

fn key(group: &str, name: &str) -> String {
    format!("{group}:{name}")
}

fn filter_name(call: &Call<'_>, member: &str) -> Result<Option<String>, Fault> {
    let Some(name) = call.members.get::<String>(member)? else { return Ok(None) };
    if !(1..=512).contains(&name.chars().count()) {
        return Err(constraint(member, "have length between 1 and 512"));
    }
    if name.contains([':', '*']) {
        return Err(constraint(member, "satisfy regular expression pattern: [^:*]*"));
    }
    Ok(Some(name))
}

/// Reads a pattern as requests have it.
pub(super) fn pattern(text: &str) -> Result<Pattern, Fault> {
    if text.chars().count() > LONGEST_PATTERN {
        return Err(constraint("filterPattern", "have length less than or equal to 1024"));
    }
    Pattern::read(text).map_err(|it| match it {
        Wrong::Syntax => invalid("Invalid filter pattern"),
        Wrong::Unmodelled => Fault::unsupported(format!("the filter pattern {text}")),
    })
}

fn check(given: &Transformation, pattern: &Pattern) -> Result<(), Fault> {
    for (member, text) in
        [("metricName", &given.metric_name), ("metricNamespace", &given.metric_namespace)]
    {
        if !(1..=255).contains(&text.chars().count()) || text.contains([':', '*', '$']) {
            return Err(constraint(member, "satisfy regular expression pattern: [^:*$]*"));
        }
    }
    if given.metric_namespace.starts_with("AWS/") {
        return Err(invalid("The metric namespace must not begin with AWS/."));
    }
    let selects = |text: &str| pattern.is_json() && Selector::read(text).is_some();
    let value = &given.metric_value;
    if value.len() > 100 || (value.parse::<f64>().is_err() && !selects(value)) {
        return Err(invalid(format!("Invalid metric transformation: metricValue {value}")));
    }
    if !given.dimensions.is_empty() && given.default_value.is_some() {
        return Err(invalid(
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
        ));
    }
    if given.dimensions.len() > MOST_DIMENSIONS {
        return Err(invalid("Invalid metric transformation: there are more than 3 dimensions"));
    }
    if let Some((name, _)) = given.dimensions.iter().find(|it| !selects(it.1)) {
        return Err(invalid(format!(
            "Invalid metric transformation: the dimension {name} names no field of the pattern"
        )));
    }
    if given.unit.as_ref().is_some_and(|it| !UNITS.contains(&it.as_str())) {
        return Err(constraint("unit", "satisfy enum value set of the units"));
    }
    Ok(())
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let group = names::find(call)?;
    let name =
        filter_name(call, "filterName")?.ok_or_else(|| constraint("filterName", "not be null"))?;
    let text: String = call.need("filterPattern")?;
    let given: Vec<Transformation> = call.need("metricTransformations")?;
    for other in ["emitSystemFieldDimensions", "fieldSelectionCriteria"] {
        if call.members.get::<Value>(other)?.is_some() {
            return Err(Fault::unsupported(format!("the member {other} of metric filters")));
        }
    }
    if call.members.get("applyOnTransformedLogs")?.unwrap_or(false) {
        return Err(Fault::unsupported("transformed logs"));
    }
    let pattern = pattern(&text)?;
    let [transformation] = given.as_slice() else {
        return Err(constraint("metricTransformations", "have length equal to 1"));
    };
    check(transformation, &pattern)?;
    let of = call.state.filters.all().filter(|it| it.group == group && it.name != name);
    let most = call.settings.quotas.metric_filters_per_log_group as usize;
    if of.count() >= most {
        return Err(Fault::client("LimitExceededException", "Resource limit exceeded."));
    }
    call.occupy(&group)?;
    let (now, stamp, id) = (call.now, call.stamp, key(&group, &name));
    let transformation = transformation.clone();
    let changed = call.state.filters.change(stamp, &id, |it| {
        it.pattern.clone_from(&text);
        it.transformation = transformation.clone();
    });
    if changed.is_none() {
        let body = MetricFilter { group, name, pattern: text, transformation, created: now };
        call.state.filters.add(stamp, Some(now), Record { id, tags: Tags::new(), body });
    }
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let group = names::find(call)?;
    let name =
        filter_name(call, "filterName")?.ok_or_else(|| constraint("filterName", "not be null"))?;
    let id = key(&group, &name);
    if call.state.filters.get(&id).is_none() {
        let text = "The specified metric filter does not exist.";
        return Err(Fault::client("ResourceNotFoundException", text));
    }
    call.occupy(&group)?;
    call.state.filters.remove(call.stamp, &id);
    Ok(json!({}))
}

fn shown(filter: &Record<MetricFilter>) -> Value {
    json!({
        "creationTime": filter.created.as_millis(),
        "filterName": filter.name,
        "filterPattern": filter.pattern,
        "logGroupName": filter.group,
        "metricTransformations": [filter.transformation],
        "applyOnTransformedLogs": false,
    })
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let members = call.members;
    let group: Option<String> = members.get("logGroupName")?;
    let prefix = filter_name(call, "filterNamePrefix")?;
    let metric: Option<String> = members.get("metricName")?;
    let namespace: Option<String> = members.get("metricNamespace")?;
    if metric.is_some() != namespace.is_some() {
        return Err(invalid("metricName and metricNamespace have to be given together."));
    }
    if let Some(group) = &group {
        names::check("logGroupName", group)?;
        if call.state.groups.seen(group, call.by_id()).is_none() {
            return Err(names::not_found());
        }
    }
    let request = format!("{group:?} {prefix:?} {metric:?} {namespace:?}");
    let (page, most) = describe::page(call, 50, 50, &request)?;
    // Those of a group are asked for by its name.
    let eyes = if group.is_some() { call.by_id() } else { call.in_lists() };
    let kept = call.state.filters.all_seen(eyes).filter(|it| {
        let transformation = &it.transformation;
        group.as_ref().is_none_or(|group| {
            *group == it.group
                // A prefix counts only with a group.
                && prefix.as_ref().is_none_or(|prefix| it.name.starts_with(prefix))
        }) && metric.as_ref().is_none_or(|it| *it == transformation.metric_name)
            && namespace.as_ref().is_none_or(|it| *it == transformation.metric_namespace)
    });
    let rows = kept.map(|it| (format!("{} {}", it.name, it.group), shown(it))).collect();
    let cut = page.cut(most, rows);
    let mut answer = json!({ "metricFilters": cut.items });
    if let Some(next) = cut.next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

pub(super) fn test(call: &mut Call<'_>) -> Answer {
    let text: String = call.need("filterPattern")?;
    let messages: Vec<String> = call.need("logEventMessages")?;
    if !(1..=MOST_MESSAGES).contains(&messages.len()) {
        return Err(constraint("logEventMessages", "have length between 1 and 50"));
    }
    let pattern = pattern(&text)?;
    let matches =
        (1_u32..).zip(&messages).filter(|it| pattern.matches(it.1)).map(|(n, message)| {
            let values: Tags = pattern.extracted(message).into_iter().collect();
            json!({ "eventNumber": n, "eventMessage": message, "extractedValues": values })
        });
    Ok(json!({ "matches": matches.collect::<Vec<_>>() }))
}

impl Logs {
    /// How many filters a group has.
    pub(super) fn filters_of(&self, group: &str) -> usize {
        self.filters.all().filter(|it| it.group == group).count()
    }

    /// Counts events that came to a group, each with its time.
    pub(super) fn count(&mut self, group: &str, events: &[(u64, String)]) {
        let of = self.filters.all().filter(|it| it.group == group);
        let counted: Vec<_> = of.flat_map(|it| extract(it, events)).collect();
        self.counted.extend(counted);
    }

    /// What has been counted by now.
    pub(crate) fn take_counted(&mut self) -> Vec<Counted> {
        std::mem::take(&mut self.counted)
    }
}

fn extract(filter: &MetricFilter, events: &[(u64, String)]) -> Vec<Counted> {
    let Ok(pattern) = Pattern::read(&filter.pattern) else { return Vec::new() };
    let set = &filter.transformation;
    let mut found: BTreeMap<(u64, BTreeMap<String, String>), Vec<f64>> = BTreeMap::new();
    for (at, message) in events {
        let minute = at / 60_000 * 60_000;
        let (value, dimensions) = if pattern.matches(message) {
            let event = || serde_json::from_str::<Value>(message).ok();
            let text = |path: &str| {
                let event = event()?;
                Some(plain(Selector::read(path)?.of(&event)?))
            };
            let number = set.metric_value.parse().ok();
            let number = number.or_else(|| text(&set.metric_value)?.parse::<f64>().ok());
            let dimensions = set.dimensions.iter();
            let dimensions: Option<BTreeMap<_, _>> =
                dimensions.map(|(name, path)| Some((name.clone(), text(path)?))).collect();
            // What lacks a dimension is published without any.
            (number, dimensions.unwrap_or_default())
        } else {
            (set.default_value, BTreeMap::new())
        };
        if let Some(value) = value {
            found.entry((minute, dimensions)).or_default().push(value);
        }
    }
    let one = |((at, dimensions), values)| Counted {
        namespace: set.metric_namespace.clone(),
        metric: set.metric_name.clone(),
        dimensions,
        unit: set.unit.clone().unwrap_or_else(|| "None".to_owned()),
        at: Time::from_millis(at),
        values,
    };
    found.into_iter().map(one).collect()
}
