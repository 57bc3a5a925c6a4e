//! How fast we ask: token buckets on tokio's clock, half of what AWS documents for an account, so
//! that somebody else's tools find the other half.
//!
//! EC2 counts by account, region and action
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>), and so do CloudWatch Logs
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>), KMS
//! (<https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>) and Secrets Manager
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>) and CloudWatch
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>). Elastic Load Balancing
//! has one bucket for everything that changes nothing, and says how large it is
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The buckets of one account and region.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<BTreeMap<String, Bucket>>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// Size of a bucket in calls, and calls a second that it gains.
fn rate(operation: &str) -> (f64, f64) {
    let action = operation.split(':').nth(1).unwrap_or(operation);
    match action {
        "CreateNatGateway" | "DeleteNatGateway" => (5.0, 0.5),
        "CreateTags" | "DeleteTags" => (50.0, 5.0),
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => (2.0, 0.15),
        "DescribeLogGroups" | "CreateLogGroup" => (5.0, 5.0),
        // AWS says of Auto Scaling that it counts, and not how.
        _ if operation.starts_with("autoscaling:") => (10.0, 1.0),
        _ if operation.starts_with("logs:") => (2.0, 2.5),
        // Five a second for the whole account, whatever is asked:
        // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests>.
        _ if operation.starts_with("route53:") => (2.0, 2.5),
        "PutMetricAlarm" | "DeleteAlarms" => (3.0, 1.5),
        _ if operation.starts_with("cloudwatch:") => (10.0, 4.5),
        _ if operation.starts_with("tag:") => (5.0, 5.0),
        // Eight operations look at one environment, some of them for each kind.
        _ if operation.starts_with("elasticloadbalancing:Describe") => (5.0, 1.5),
        _ if operation.starts_with("elasticloadbalancing:") => (5.0, 1.0),
        _ if operation.starts_with("acm:") => (5.0, 2.0),
        _ if operation.starts_with("ssm:") => (10.0, 1.5),
        _ if ["Describe", "Get", "List"].iter().any(|verb| action.starts_with(verb)) => {
            (50.0, 10.0)
        }
        _ => (25.0, 2.5),
    }
}

/// What an operation is counted with: most with nothing but themselves.
fn bucket(operation: &str) -> &str {
    if operation.starts_with("route53:") { "route53" } else { operation }
}

impl Limits {
    /// Waits for a permit. A permit is used up by one call; waiting for an answer holds none.
    pub(super) async fn permit(&self, operation: &str) {
        let wait = self.take(operation);
        if wait > Duration::ZERO {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a token, from the future if there is none, and says how far in the future it lies.
    fn take(&self, operation: &str) -> Duration {
        let (size, gain) = rate(operation);
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket =
            buckets.entry(bucket(operation).to_owned()).or_insert(Bucket { tokens: size, at: now });
        let gained = now.duration_since(bucket.at).as_secs_f64() * gain;
        bucket.tokens = (bucket.tokens + gained).min(size) - 1.0;
        bucket.at = now;
        Duration::from_secs_f64((-bucket.tokens / gain).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_holds() {
        let limits = Limits::default();
        let start = Instant::now();
        for _ in 0..5 {
            limits.permit("ec2:CreateNatGateway").await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..3 {
            limits.permit("ec2:CreateNatGateway").await;
        }
        assert_eq!(start.elapsed().as_secs(), 6);
    }
}
