//! What AWS's own services publish: what the world is told that they do.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html>

use std::collections::BTreeMap;

use super::{
    CloudWatch,
    metric::{Metric, Name, Sample, Set},
};
use crate::{Time, services::logs::Counted};

impl CloudWatch {
    /// The metric of that name, as a service makes it that publishes there: it is known at once.
    fn of_service(
        &mut self,
        (namespace, metric): (&str, &str),
        dimensions: &BTreeMap<String, String>,
        now: Time,
    ) -> &mut Metric {
        let name = Name {
            namespace: namespace.to_owned(),
            metric: metric.to_owned(),
            dimensions: dimensions.clone(),
        };
        self.metrics.entry(name.key()).or_insert_with(|| Metric::new(name, now, now))
    }

    /// Lets a service publish a value, for the minute it is.
    pub(crate) fn observe(
        &mut self,
        metric: (&str, &str),
        dimensions: &BTreeMap<String, String>,
        (at, value, unit): (Time, f64, &str),
        now: Time,
    ) {
        let set = Set { count: 1.0, sum: value, least: value, most: value };
        let at = super::evaluate::minute(at);
        let sample = Sample { at, unit: unit.to_owned(), set, seen: now };
        self.of_service(metric, dimensions, now).add(sample, now);
    }

    /// Takes data that came out of log events.
    pub(crate) fn extract(&mut self, counted: &Counted, now: Time) {
        let values =
            counted.values.iter().map(|it| Set { count: 1.0, sum: *it, least: *it, most: *it });
        let Counted { namespace, metric, dimensions, unit, at, .. } = counted;
        let metric = self.of_service((namespace, metric), dimensions, now);
        for set in values {
            metric.add(Sample { at: *at, unit: unit.clone(), set, seen: now }, now);
        }
    }

    /// Lets a service publish a value every minute from now on, or none any more.
    pub(crate) fn hold(
        &mut self,
        metric: (&str, &str),
        dimensions: &BTreeMap<String, String>,
        value: Option<f64>,
        now: Time,
    ) {
        self.of_service(metric, dimensions, now).hold(now, value);
    }
}
