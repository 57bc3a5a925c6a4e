//! `PutMetricAlarm`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>: the whole of what is set
//! is replaced, the state stays, and tags are only looked at when the alarm is new.

use std::{collections::BTreeSet, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call,
    alarm::{Alarm, Missing, Operator, Series, Setting, State, Statistic, Watched},
    history,
    math::{self, Formula, Query, Wrong},
    metric::{self, Dimension, Name},
    put::UNITS,
    refused, tags,
};
use crate::{fault::Fault, services::service::Answer, shelf::Record};

const MOST_ACTIONS: usize = 5;
const MOST_QUERIES: usize = 20;
const DAY: u64 = 86_400;
const PLAIN: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GivenQuery {
    id: String,
    metric_stat: Option<GivenStat>,
    expression: Option<String>,
    label: Option<String>,
    return_data: Option<bool>,
    period: Option<u64>,
    account_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GivenStat {
    metric: GivenMetric,
    period: u64,
    stat: String,
    unit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GivenMetric {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

/// A refusal of another operation, as this one says it.
fn ours(fault: Fault) -> Fault {
    if fault.code == crate::fault::UNSUPPORTED { fault } else { refused(fault.message) }
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let name = super::alarm_calls::name(call, "AlarmName")?;
    let set = setting(call)?;
    let given = tags::given(call, "Tags")?;
    let now = call.now;
    if call.state.alarms.get(&name).is_some() {
        call.state.alarms.change(call.stamp, &name, |it| {
            it.set = set;
            it.configured = now;
        });
        history::configured(call, &name, "updated");
        return Ok(json!({}));
    }
    if call.state.alarms.all().count() >= call.settings.quotas.alarms as usize {
        let text = "The maximum limit of alarms for this account has been reached";
        return Err(Fault::client("LimitExceededFault", text));
    }
    let body = Alarm {
        set,
        configured: now,
        state: State::InsufficientData,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        reason_data: None,
        updated: now,
        transitioned: now,
    };
    let record = Record { id: name.clone(), tags: given.unwrap_or_default(), body };
    call.state.alarms.add(call.stamp, Some(now), record);
    history::configured(call, &name, "created");
    Ok(json!({}))
}

fn setting(call: &Call<'_>) -> Result<Setting, Fault> {
    let members = call.members;
    let description: Option<String> = members.get("AlarmDescription")?;
    if description.as_ref().is_some_and(|it| it.chars().count() > 1_024) {
        return Err(refused(
            "The parameter AlarmDescription must be shorter than 1025 characters.",
        ));
    }
    let periods = number(call, "EvaluationPeriods")?
        .ok_or_else(|| refused("The parameter EvaluationPeriods is required."))?;
    let datapoints = number(call, "DatapointsToAlarm")?;
    if datapoints.is_some_and(|it| it > periods) {
        return Err(refused(
            "The parameter DatapointsToAlarm must be less than or equal to EvaluationPeriods.",
        ));
    }
    let operator: Option<String> = members.get("ComparisonOperator")?;
    let operator = operator.unwrap_or_default();
    if members.get::<Value>("ThresholdMetricId")?.is_some()
        || [
            "LessThanLowerOrGreaterThanUpperThreshold",
            "LessThanLowerThreshold",
            "GreaterThanUpperThreshold",
        ]
        .contains(&operator.as_str())
    {
        return Err(Fault::unsupported("alarms on anomalies"));
    }
    let operator: Operator = serde_json::from_value(json!(operator)).map_err(|_| {
        refused(format!("The value {operator} for parameter ComparisonOperator is invalid."))
    })?;
    let threshold: Option<f64> = members.get("Threshold")?;
    let threshold = threshold.ok_or_else(|| refused("The parameter Threshold is required."))?;
    let missing: Option<String> = members.get("TreatMissingData")?;
    let missing: Option<Missing> = match missing {
        None => None,
        Some(text) => Some(serde_json::from_value(json!(text)).map_err(|_| {
            refused(format!("The value {text} for parameter TreatMissingData is not valid."))
        })?),
    };
    let watched = watched(call)?;
    let percentile =
        watched.series().iter().any(|it| matches!(it.statistic, Statistic::Percentile(..)));
    let few: Option<String> = members.get("EvaluateLowSampleCountPercentile")?;
    match few.as_deref() {
        None => {}
        Some("evaluate" | "ignore") if percentile => {}
        Some(_) => {
            return Err(refused(
                "Option EvaluateLowSampleCountPercentile is only valid for percentile metrics, as evaluate or ignore.",
            ));
        }
    }
    let span = watched.period().as_secs().saturating_mul(u64::from(periods));
    let most = if watched.period() >= Duration::from_hours(1) { 7 * DAY } else { DAY };
    if span > most {
        return Err(refused(format!(
            "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {most}).",
            if most == DAY { "a day" } else { "a week" }
        )));
    }
    Ok(Setting {
        description,
        acts: members.get("ActionsEnabled")?.unwrap_or(true),
        ok_actions: actions(call, "OKActions")?,
        alarm_actions: actions(call, "AlarmActions")?,
        insufficient_actions: actions(call, "InsufficientDataActions")?,
        watched,
        periods,
        datapoints,
        threshold,
        operator,
        missing,
        few_samples: few,
    })
}

fn number(call: &Call<'_>, name: &str) -> Result<Option<u32>, Fault> {
    let Some(given) = call.members.get::<i64>(name)? else { return Ok(None) };
    let good = u32::try_from(given).ok().filter(|it| *it > 0);
    good.map(Some).ok_or_else(|| {
        refused(format!(
            "1 validation error detected: Value '{given}' at '{name}' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
        ))
    })
}

/// What is to be done: only topics of the region are modelled.
fn actions(call: &Call<'_>, name: &str) -> Result<Vec<String>, Fault> {
    let all: Vec<String> = call.members.get(name)?.unwrap_or_default();
    if all.len() > MOST_ACTIONS {
        return Err(refused(format!(
            "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have length \
             less than or equal to {MOST_ACTIONS}"
        )));
    }
    let mut seen = BTreeSet::new();
    for arn in &all {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let ["arn", "aws", service, region, account, name] = parts.as_slice() else {
            return Err(refused(format!("Invalid arn syntax: {arn}")));
        };
        if *region != call.region {
            return Err(refused(format!(
                "Invalid region {region} specified. Only {} is supported.",
                call.region
            )));
        }
        if *service != "sns" || *account != call.settings.account {
            return Err(Fault::unsupported(format!("the action {arn} of alarms")));
        }
        if name.is_empty() || name.contains(':') {
            return Err(refused(format!("Invalid arn syntax: {arn}")));
        }
        if !seen.insert(arn) {
            return Err(refused("The list of actions has a duplicate"));
        }
    }
    Ok(all)
}

fn statistic(text: &str) -> Result<Statistic, Fault> {
    if PLAIN.contains(&text) {
        return Ok(Statistic::Plain(text.to_owned()));
    }
    let percent = text.strip_prefix('p').and_then(|it| it.parse::<f64>().ok());
    if let Some(percent) = percent.filter(|it| (0.0..=100.0).contains(it)) {
        return Ok(Statistic::Percentile(text.to_owned(), percent));
    }
    let other = text.trim_end_matches(|it: char| it.is_ascii_digit() || "().:%".contains(it));
    if ["IQM", "PR", "TC", "TM", "TS", "WM", "tc", "tm", "ts", "wm"].contains(&other) {
        return Err(Fault::unsupported(format!("the statistic {text}")));
    }
    Err(refused(format!("The value {text} for parameter Stat is not supported.")))
}

fn unit(given: Option<String>) -> Result<Option<String>, Fault> {
    match given {
        Some(unit) if !UNITS.contains(&unit.as_str()) => {
            Err(refused(format!("The value {unit} for parameter Unit is invalid.")))
        }
        other => Ok(other),
    }
}

fn watched(call: &Call<'_>) -> Result<Watched, Fault> {
    let members = call.members;
    let queries: Option<Vec<GivenQuery>> = members.get("Metrics")?;
    let plain: Option<String> = members.get("Statistic")?;
    let extended: Option<String> = members.get("ExtendedStatistic")?;
    let namespace: Option<String> = members.get("Namespace")?;
    let metric: Option<String> = members.get("MetricName")?;
    let dimensions: Option<Vec<Dimension>> = members.get("Dimensions")?;
    let period: Option<u64> = members.get("Period")?;
    let given_unit: Option<String> = members.get("Unit")?;
    let Some(queries) = queries else {
        let namespace = namespace.unwrap_or_default();
        metric::namespace(&namespace).map_err(ours)?;
        let name =
            Name::read("", namespace, metric, dimensions.unwrap_or_default()).map_err(ours)?;
        let statistic = match (plain, extended) {
            (Some(plain), None) if PLAIN.contains(&plain.as_str()) => Statistic::Plain(plain),
            (Some(plain), None) => {
                let text = format!("The value {plain} for parameter Statistic is invalid.");
                return Err(refused(text));
            }
            (None, Some(text)) if !PLAIN.contains(&text.as_str()) => statistic(&text)?,
            _ => {
                return Err(refused(
                    "Exactly one of Statistic and ExtendedStatistic must be specified",
                ));
            }
        };
        let period = period.ok_or_else(|| refused("The parameter Period is required."))?;
        let period = metric::period("Period", period).map_err(ours)?;
        return Ok(Watched::One(Series { name, statistic, period, unit: unit(given_unit)? }));
    };
    let others = [plain.is_some(), extended.is_some(), namespace.is_some(), metric.is_some()];
    let more =
        [dimensions.is_some_and(|it| !it.is_empty()), period.is_some(), given_unit.is_some()];
    if others.into_iter().chain(more).any(|it| it) {
        return Err(refused(
            "Metrics list and single metric parameters are mutually exclusive and you have specified both.",
        ));
    }
    if !(1..=MOST_QUERIES).contains(&queries.len()) {
        return Err(refused("Metrics list must have 1 to 20 members."));
    }
    let queries = queries.into_iter().map(|it| query(call, it)).collect::<Result<Vec<_>, _>>()?;
    whole(&queries)?;
    Ok(Watched::Math(queries))
}

fn query(call: &Call<'_>, given: GivenQuery) -> Result<Query, Fault> {
    let id = given.id;
    let begins = id.starts_with(|it: char| it.is_ascii_lowercase());
    if !begins || !id.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') || id.len() > 255 {
        return Err(refused(format!("Invalid metrics list: the id '{id}' is not valid.")));
    }
    if given.account_id.as_ref().is_some_and(|it| *it != call.settings.account) {
        return Err(Fault::unsupported("metrics of other accounts"));
    }
    let formula = match (given.metric_stat, given.expression) {
        (Some(stat), None) if given.period.is_none() => {
            let namespace = stat.metric.namespace.unwrap_or_default();
            metric::namespace(&namespace).map_err(ours)?;
            let (name, dimensions) = (stat.metric.metric_name, stat.metric.dimensions);
            let name = Name::read("Metric.", namespace, name, dimensions).map_err(ours)?;
            Formula::Metric(Series {
                name,
                statistic: statistic(&stat.stat)?,
                period: metric::period("Period", stat.period).map_err(ours)?,
                unit: unit(stat.unit)?,
            })
        }
        (None, Some(text)) if text.trim_start().to_uppercase().starts_with("SELECT") => {
            return Err(Fault::unsupported("alarms on queries"));
        }
        (None, Some(text)) => {
            let period = given.period.map(|it| metric::period("Period", it)).transpose();
            Formula::Expression { text, period: period.map_err(ours)? }
        }
        _ => {
            return Err(refused(format!(
                "Invalid metrics list: {id} must have either a MetricStat or an Expression."
            )));
        }
    };
    Ok(Query {
        id,
        label: given.label,
        returned: given.return_data,
        account: given.account_id,
        formula,
    })
}

/// Refuses queries that do not make one series together.
fn whole(queries: &[Query]) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    if let Some(twice) = queries.iter().find(|it| !ids.insert(it.id.as_str())) {
        return Err(refused(format!("Invalid metrics list: the id {} is there twice.", twice.id)));
    }
    if queries.iter().filter(|it| it.returned.unwrap_or(true)).count() != 1 {
        return Err(refused(
            "Invalid metrics list: Exactly one element of the metrics list should return data.",
        ));
    }
    let mut periods = BTreeSet::new();
    for query in queries {
        match &query.formula {
            Formula::Metric(series) => {
                periods.insert(series.period);
            }
            Formula::Expression { text, period } => {
                periods.extend(*period);
                let expr = math::parse(text).map_err(|it| match it {
                    Wrong::Syntax(why) => {
                        refused(format!("Error in expression '{}': {why}", query.id))
                    }
                    Wrong::Unmodelled(what) => Fault::unsupported(what),
                })?;
                let repeat = |it: &&str| *it != "REPEAT";
                let unknown = math::ids(&expr)
                    .into_iter()
                    .filter(repeat)
                    .find(|it| !ids.contains(it) || *it == query.id);
                if let Some(unknown) = unknown {
                    return Err(refused(format!(
                        "Error in expression '{}': {unknown} is no other id of the metrics list",
                        query.id
                    )));
                }
            }
        }
    }
    if periods.len() > 1 {
        return Err(refused("Invalid metrics list: all metrics must have the same period."));
    }
    if !queries.iter().any(|it| matches!(it.formula, Formula::Metric(_))) {
        return Err(Fault::unsupported("alarms on expressions without metrics"));
    }
    Ok(())
}
