//! What AWS's own services publish as metrics: what the world is told that they do.
//!
//! CPU, free storage, failed allocations of ports, days until a certificate expires: a test, or whoever plays the
//! software on instances, says what they are, one value at a time or from now on.

use std::collections::BTreeMap;

use crate::World;

/// Which metric: its namespace (`AWS/RDS`), its name (`CPUUtilization`) and its dimensions.
#[derive(Debug, Clone, Copy)]
pub struct MetricName<'a> {
    /// What it is called within its namespace.
    pub name: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The dimensions: `("DBInstanceIdentifier", "x")`.
    pub dimensions: &'a [(&'a str, &'a str)],
}

impl MetricName<'_> {
    fn dimensions(&self) -> BTreeMap<String, String> {
        self.dimensions.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
    }
}

impl World {
    /// Lets a service of AWS publish one value now, in a region.
    pub fn observe_metric(&mut self, region: &str, metric: MetricName<'_>, value: f64, unit: &str) {
        let now = self.now;
        let name = (metric.namespace, metric.name);
        let place = &mut self.region(region).cloudwatch;
        place.observe(name, &metric.dimensions(), (now, value, unit), now);
    }

    /// Lets a service of AWS publish a value every minute from now on, in a region; or, without one, nothing any
    /// more.
    pub fn hold_metric(&mut self, region: &str, metric: MetricName<'_>, value: Option<f64>) {
        let now = self.now;
        let name = (metric.namespace, metric.name);
        self.region(region).cloudwatch.hold(name, &metric.dimensions(), value, now);
    }
}
