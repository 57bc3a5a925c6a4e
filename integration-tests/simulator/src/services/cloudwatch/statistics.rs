//! `GetMetricStatistics`: one metric.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Call, combination, invalid, metric,
    metric::{Name, Wanted, moment},
    missing,
};
use crate::{fault::Fault, services::service::Answer};

const MOST_POINTS: u128 = 1_440;
const KNOWN: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let namespace: String = call.required("Namespace")?;
    metric::namespace(&namespace)?;
    let name = call.members.get("MetricName")?;
    let dimensions = call.members.get("Dimensions")?.unwrap_or_default();
    let name = Name::read("", namespace, name, dimensions)?;
    let (from, to): (f64, f64) = (call.required("StartTime")?, call.required("EndTime")?);
    let (from, to) = (moment("StartTime", from)?, moment("EndTime", to)?);
    let period = metric::period("Period", call.required("Period")?)?;
    if from >= to {
        let text = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(combination(text));
    }
    let statistics: Option<Vec<String>> = call.members.get("Statistics")?;
    if call.members.get::<Value>("ExtendedStatistics")?.is_some() {
        return Err(Fault::unsupported("percentiles of metrics"));
    }
    let statistics = statistics.ok_or_else(|| missing("Statistics"))?;
    if let Some(other) = statistics.iter().find(|it| !KNOWN.contains(&it.as_str())) {
        return Err(invalid(format!("The value {other} for parameter Statistics is invalid.")));
    }
    let points = to.since(from).as_millis() / period.as_millis().max(1);
    if points > MOST_POINTS {
        return Err(combination(format!(
            "You have requested up to {points} datapoints, which exceeds the limit of {MOST_POINTS}. You may reduce \
             the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let unit: Option<String> = call.members.get("Unit")?;
    // Moments are rounded down to the minute.
    let minute = Duration::from_mins(1).as_millis();
    let origin = u128::from(from.as_millis()) / minute * minute;
    let origin = crate::Time::from_millis(u64::try_from(origin).unwrap_or_default());
    let wanted = Wanted { from: origin, to, origin, period, unit: unit.as_deref(), apart: true };
    let found = call.state.metrics.get(&name.key());
    let periods = found.map(|it| it.periods(&wanted, call.now)).unwrap_or_default();
    let points = periods.into_iter().map(|((at, unit), set)| {
        let mut point = json!({ "Timestamp": at.as_seconds(), "Unit": unit });
        for name in &statistics {
            point[name] = json!(set.statistic(name));
        }
        point
    });
    Ok(json!({ "Label": name.metric, "Datapoints": points.collect::<Vec<_>>() }))
}
