//! `GetMetricData`: several metrics at once.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>. Expressions are not
//! modelled, nor are percentiles.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, metric,
    metric::{Dimension, Name, Wanted, moment},
    refused,
};
use crate::{
    Time,
    fault::Fault,
    services::{paging::Page, service::Answer},
};

const MOST_QUERIES: usize = 500;
const MOST_POINTS: u32 = 100_800;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Query {
    id: String,
    metric_stat: Option<MetricStat>,
    expression: Option<String>,
    label: Option<String>,
    return_data: Option<bool>,
    period: Option<u64>,
    account_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricStat {
    metric: Named,
    period: u64,
    stat: String,
    unit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let absent = |name: &str| refused(format!("The parameter {name} is required."));
    let queries: Vec<Query> =
        call.members.get("MetricDataQueries")?.ok_or_else(|| absent("MetricDataQueries"))?;
    let from: f64 = call.members.get("StartTime")?.ok_or_else(|| absent("StartTime"))?;
    let to: f64 = call.members.get("EndTime")?.ok_or_else(|| absent("EndTime"))?;
    let (from, to) = (moment("StartTime", from)?, moment("EndTime", to)?);
    if from >= to {
        return Err(refused("The parameter StartTime must be less than the parameter EndTime."));
    }
    let order: Option<String> = call.members.get("ScanBy")?;
    let ascending = match order.as_deref() {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => {
            return Err(refused(format!("The value {other} for parameter ScanBy is invalid.")));
        }
    };
    if call.members.get::<Value>("LabelOptions")?.is_some() {
        return Err(Fault::unsupported("label options of GetMetricData"));
    }
    let most: Option<u32> = call.members.get("MaxDatapoints")?;
    let token: Option<String> = call.members.get("NextToken")?;
    if queries.is_empty() {
        return Err(absent("MetricDataQueries"));
    }
    if queries.len() > MOST_QUERIES {
        return Err(refused(format!(
            "The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
        )));
    }
    let mut ids = BTreeSet::new();
    for (place, query) in queries.iter().enumerate() {
        check(query, place + 1)?;
        if !ids.insert(query.id.clone()) {
            return Err(refused(format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                query.id
            )));
        }
    }
    let print = format!("{queries:?} {from} {to} {ascending}");
    let size = most.unwrap_or(MOST_POINTS);
    if !(1..=MOST_POINTS).contains(&size) {
        return Err(refused(format!("The value {size} for parameter MaxDatapoints is invalid.")));
    }
    let page = Page::new(Some(size), token.as_deref(), &print)
        .ok_or_else(|| Fault::client("InvalidNextToken", "The next token specified is invalid."))?;
    let mut rows = Vec::new();
    let mut heads = Vec::new();
    for (place, query) in queries.into_iter().enumerate() {
        let shown = query.return_data.unwrap_or(true);
        let (head, points) = answer(call, query, (from, to), ascending)?;
        if shown {
            let points = points.into_iter().enumerate();
            rows.extend(points.map(|(at, it)| (format!("{place:03}/{at:06}"), (heads.len(), it))));
            heads.push(head);
        }
    }
    let cut = page.cut(call.settings.page.map_or(MOST_POINTS, |it| it.max(1)), rows);
    let results = heads.into_iter().enumerate().map(|(place, (id, label))| {
        let of: Vec<_> = cut.items.iter().filter(|it| it.0 == place).collect();
        let times: Vec<_> = of.iter().map(|it| it.1.0.as_seconds()).collect();
        let values: Vec<_> = of.iter().map(|it| it.1.1).collect();
        let status = if cut.next.is_some() { "PartialData" } else { "Complete" };
        json!({
            "Id": id, "Label": label, "Timestamps": times, "Values": values, "StatusCode": status,
        })
    });
    let mut answer = json!({ "MetricDataResults": results.collect::<Vec<_>>(), "Messages": [] });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

/// What every query has to be.
fn check(query: &Query, place: usize) -> Result<(), Fault> {
    let id = &query.id;
    let begins = id.starts_with(|it: char| it.is_ascii_lowercase());
    if !begins || !id.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') || id.len() > 255 {
        return Err(refused(format!(
            "The value {id} for parameter MetricDataQueries.member.{place}.Id is not matching the expected \
             pattern ^[a-z][a-zA-Z0-9_]*$."
        )));
    }
    match (&query.metric_stat, &query.expression) {
        (Some(_), None) if query.period.is_none() => Ok(()),
        (Some(_), None) => Err(refused(format!(
            "The parameters MetricDataQueries.member.{place}.Period and MetricDataQueries.member.{place}.MetricStat \
             are mutually exclusive."
        ))),
        (None, Some(_)) => Err(Fault::unsupported("expressions of GetMetricData")),
        (Some(_), Some(_)) | (None, None) => Err(refused(format!(
            "Exactly one of MetricStat and Expression has to be in MetricDataQueries.member.{place}."
        ))),
    }
}

type Points = Vec<(Time, f64)>;

fn answer(
    call: &Call<'_>,
    query: Query,
    (from, to): (Time, Time),
    ascending: bool,
) -> Result<((String, String), Points), Fault> {
    if query.account_id.is_some_and(|it| it != call.settings.account) {
        return Err(Fault::unsupported("metrics of other accounts"));
    }
    let Some(stat) = query.metric_stat else {
        return Err(Fault::unsupported("expressions of GetMetricData"));
    };
    let namespace = stat.metric.namespace.unwrap_or_default();
    metric::namespace(&namespace)?;
    let name = Name::read("Metric.", namespace, stat.metric.metric_name, stat.metric.dimensions)?;
    let period = metric::period("Period", stat.period)?;
    let known = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
    if !known.contains(&stat.stat.as_str()) {
        return Err(Fault::unsupported(format!("the statistic {}", stat.stat)));
    }
    let wanted = Wanted {
        from,
        to,
        origin: Time::default(),
        period,
        unit: stat.unit.as_deref(),
        apart: false,
    };
    let found = call.state.metrics.get(&name.key());
    let periods = found.map(|it| it.periods(&wanted, call.now)).unwrap_or_default();
    let points =
        periods.into_iter().filter_map(|((at, _), set)| Some((at, set.statistic(&stat.stat)?)));
    let mut points: Points = points.collect();
    if !ascending {
        points.reverse();
    }
    let label = query.label.unwrap_or(name.metric);
    Ok(((query.id, label), points))
}
