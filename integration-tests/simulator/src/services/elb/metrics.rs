//! What load balancers publish: how many of their targets are healthy, and how many are not.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html>: every minute,
//! of each target group of a load balancer, as long as it has targets.

use std::collections::BTreeMap;

use super::{Elb, health::Health, load_balancer::Family, scene::path_of};
use crate::{Time, services::CloudWatch};

/// How many targets of each group are healthy and how many unhealthy, and behind which load balancer.
pub(super) type Counts = BTreeMap<String, (String, u32, u32)>;

impl Elb {
    fn counts(&self, now: Time) -> Counts {
        let mut all = Counts::new();
        for (arn, targets) in &self.targets {
            let Some(group) = self.target_groups.get(arn) else { continue };
            let Some(balancer) = self.users_of_group(arn).into_iter().next() else { continue };
            if targets.iter().all(|it| it.drains.is_some()) {
                continue;
            }
            let mut count = (balancer, 0, 0);
            for target in targets {
                match self.health(group, target, now) {
                    Health::Healthy => count.1 += 1,
                    Health::Unhealthy(_) => count.2 += 1,
                    Health::Registering
                    | Health::Checking
                    | Health::Draining
                    | Health::Idle(_)
                    | Health::Elsewhere
                    | Health::Off(_) => {}
                }
            }
            all.insert(arn.clone(), count);
        }
        all
    }

    /// Publishes what has changed.
    pub(crate) fn publish(&mut self, cloudwatch: &mut CloudWatch, now: Time) {
        let counts = self.counts(now);
        if counts == self.published {
            return;
        }
        let before = std::mem::replace(&mut self.published, counts.clone());
        for (group, (balancer, ..)) in &before {
            if counts.get(group).is_none_or(|it| it.0 != *balancer) {
                say(cloudwatch, (balancer, group), None, now);
            }
        }
        for (group, count) in &counts {
            if before.get(group) != Some(count) {
                say(cloudwatch, (&count.0, group), Some((count.1, count.2)), now);
            }
        }
    }
}

fn say(
    cloudwatch: &mut CloudWatch,
    (balancer, group): (&str, &str),
    count: Option<(u32, u32)>,
    now: Time,
) {
    let balancer = path_of(balancer).trim_start_matches("loadbalancer/");
    let namespace = if balancer.starts_with(Family::Network.short()) {
        "AWS/NetworkELB"
    } else {
        "AWS/ApplicationELB"
    };
    let dimensions = BTreeMap::from([
        ("LoadBalancer".to_owned(), balancer.to_owned()),
        ("TargetGroup".to_owned(), path_of(group).to_owned()),
    ]);
    let values = [
        ("HealthyHostCount", count.map(|it| f64::from(it.0))),
        ("UnHealthyHostCount", count.map(|it| f64::from(it.1))),
    ];
    for (name, value) in values {
        cloudwatch.hold((namespace, name), &dimensions, value, now);
    }
}
