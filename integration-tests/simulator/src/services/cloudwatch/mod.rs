//! CloudWatch: metrics that somebody publishes, and their statistics.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>. Metrics of AWS's own services,
//! alarms and dashboards are not modelled, nor is resolution below a minute.

mod find;
mod metric;
mod put;
mod query;
mod statistics;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use self::metric::Metric;
use super::service::{self, Operation, Service};
use crate::{
    fault::Fault,
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct CloudWatch {
    /// By what tells metrics apart, written out.
    metrics: BTreeMap<String, Metric>,
}

type Call<'a> = service::Call<'a, CloudWatch>;

impl Service for CloudWatch {
    const NAME: &'static str = "monitoring";
    const TARGET: &'static str = "GraniteServiceVersion20100801";
    const THROTTLED: &'static str = "ThrottlingException";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("GetMetricData", false, query::get),
        ("GetMetricStatistics", false, statistics::get),
        ("ListMetrics", false, find::list),
        ("PutMetricData", true, put::put),
    ];

    fn of(region: &Region) -> &Self {
        &region.cloudwatch
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.cloudwatch
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>
    fn rate(operation: &str) -> Rate {
        match operation {
            "PutMetricData" => rate(500, 500),
            "GetMetricData" => rate(50, 50),
            "GetMetricStatistics" => rate(400, 400),
            _ => rate(25, 25),
        }
    }
}

/// Whether a member is a timestamp; protocols write them in ways of their own.
pub(crate) fn is_time(member: &str) -> bool {
    matches!(member, "Timestamp" | "Timestamps")
}

/// What the query protocol calls an error, which clients may be used to.
///
/// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait>
pub(crate) fn query_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "InvalidParameterValueException" => "InvalidParameterValue",
        "InvalidParameterCombinationException" => "InvalidParameterCombination",
        "MissingRequiredParameterException" => "MissingParameter",
        _ => return None,
    })
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterValueException", message)
}

fn combination(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterCombinationException", message)
}

fn missing(parameter: &str) -> Fault {
    let text = format!("The parameter {parameter} is required.");
    Fault::client("MissingRequiredParameterException", text)
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
