//! What permissions a request of CloudWatch needs: none is about a resource.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html>

use super::{Need, request::Request};

pub(super) fn needs(request: &Request<'_>) -> Vec<Need> {
    let need = Need::new(format!("cloudwatch:{}", request.operation()), "*");
    let publishes = request.operation() == "PutMetricData";
    vec![match request.text("Namespace").filter(|_| publishes) {
        Some(namespace) => need.with("cloudwatch:namespace", namespace),
        None => need,
    }]
}
