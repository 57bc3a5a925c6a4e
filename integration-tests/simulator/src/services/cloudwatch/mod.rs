//! CloudWatch: metrics that somebody publishes, their statistics, alarms on them, and dashboards.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>. What AWS's own services publish is
//! what the world is told that they do. Resolution below a minute is not modelled.

mod alarm;
mod alarm_calls;
mod alarm_put;
mod dashboard;
mod dashboard_body;
mod drift;
mod evaluate;
mod find;
mod history;
mod math;
mod metric;
mod observe;
mod put;
mod query;
mod statistics;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub(crate) use self::put::UNITS;
use self::{
    alarm::Alarm,
    dashboard::Dashboard,
    history::{Action, Item},
    metric::Metric,
};
use super::service::{self, Operation, Service};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf},
    throttle::{Rate, rate},
    wire::json::Members,
    world::{Drift, Region, Retag},
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CloudWatch {
    /// By what tells metrics apart, written out.
    metrics: BTreeMap<String, Metric>,
    alarms: Shelf<Alarm>,
    dashboards: Shelf<Dashboard>,
    history: Vec<Item>,
    /// What is to be done because alarms have other states.
    actions: Vec<Action>,
    /// The minute for which alarms have been evaluated last.
    evaluated: Time,
}

type Call<'a> = service::Call<'a, CloudWatch>;

impl Service for CloudWatch {
    const NAME: &'static str = "monitoring";
    const TARGET: &'static str = "GraniteServiceVersion20100801";
    const THROTTLED: &'static str = "ThrottlingException";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("DeleteAlarms", true, alarm_calls::delete),
        ("DeleteDashboards", true, dashboard::delete),
        ("DescribeAlarmHistory", false, history::describe),
        ("DescribeAlarms", false, alarm_calls::describe),
        ("DisableAlarmActions", true, alarm_calls::disable),
        ("EnableAlarmActions", true, alarm_calls::enable),
        ("GetDashboard", false, dashboard::get),
        ("GetMetricData", false, query::get),
        ("GetMetricStatistics", false, statistics::get),
        ("ListDashboards", false, dashboard::list),
        ("ListMetrics", false, find::list),
        ("ListTagsForResource", false, tags::list),
        ("PutDashboard", true, dashboard::put),
        ("PutMetricAlarm", true, alarm_put::put),
        ("PutMetricData", true, put::put),
        ("SetAlarmState", true, alarm_calls::set),
        ("TagResource", true, tags::add),
        ("UntagResource", true, tags::remove),
    ];

    fn of(region: &Region) -> &Self {
        &region.cloudwatch
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.cloudwatch
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.alarms, &self.dashboards]
    }

    /// Dashboards belong to no region.
    fn home<'a>(operation: &str, members: &Members, region: &'a str) -> &'a str {
        let about = || members.get::<String>("ResourceARN").ok().flatten();
        let everywhere = operation.contains("Dashboard")
            || about().is_some_and(|it| tags::is_about_a_dashboard(&it));
        if everywhere { dashboard::HOME } else { region }
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        drift::retag(kind, id, change)
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>
    fn rate(operation: &str) -> Rate {
        match operation {
            "PutMetricData" => rate(500, 500),
            "GetMetricData" => rate(50, 50),
            "GetMetricStatistics" => rate(400, 400),
            "DescribeAlarms" => rate(9, 9),
            "DescribeAlarmHistory" => rate(20, 20),
            "DeleteAlarms"
            | "DisableAlarmActions"
            | "EnableAlarmActions"
            | "PutMetricAlarm"
            | "SetAlarmState" => rate(3, 3),
            "DeleteDashboards"
            | "GetDashboard"
            | "ListDashboards"
            | "ListTagsForResource"
            | "PutDashboard"
            | "TagResource"
            | "UntagResource" => rate(10, 10),
            _ => rate(25, 25),
        }
    }
}

/// Whether a member is a timestamp; protocols write them in ways of their own.
pub(crate) fn is_time(member: &str) -> bool {
    matches!(
        member,
        "AlarmConfigurationUpdatedTimestamp"
            | "LastModified"
            | "StateTransitionedTimestamp"
            | "StateUpdatedTimestamp"
            | "Timestamp"
            | "Timestamps"
    )
}

/// What the query protocol calls an error, which clients may be used to.
///
/// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait>
pub(crate) fn query_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "InvalidParameterValueException" => "InvalidParameterValue",
        "InvalidParameterCombinationException" => "InvalidParameterCombination",
        "MissingRequiredParameterException" => "MissingParameter",
        "LimitExceededFault" => "LimitExceeded",
        "InvalidFormatFault" => "InvalidFormat",
        "DashboardInvalidInputError" => "InvalidParameterInput",
        "DashboardNotFoundError" => "ResourceNotFound",
        _ => return None,
    })
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterValueException", message)
}

/// The caller's mistake, as calls on alarms say nearly all of them.
fn refused(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

fn combination(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterCombinationException", message)
}

fn missing(parameter: &str) -> Fault {
    let text = format!("The parameter {parameter} is required.");
    Fault::client("MissingRequiredParameterException", text)
}

impl CloudWatch {
    /// Lets time pass: alarms are evaluated, every minute.
    pub(crate) fn look(&mut self, settings: &Settings, rng: &mut Rng, now: Time) {
        self.evaluate(settings, rng, now);
    }
}

impl Call<'_> {
    /// A member that has to be given.
    fn required<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        self.members.get(name)?.ok_or_else(|| missing(name))
    }
}

/// A length that a parameter may have.
fn length(parameter: &str, text: &str, most: usize) -> Result<(), Fault> {
    if text.is_empty() {
        return Err(missing(parameter));
    }
    if text.chars().count() > most {
        return Err(invalid(format!(
            "The parameter {parameter} must be shorter than {} characters.",
            most + 1
        )));
    }
    Ok(())
}
