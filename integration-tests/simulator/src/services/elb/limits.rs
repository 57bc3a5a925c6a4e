//! How much of each a region may hold.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeAccountLimits.html>

use super::{Answer, Operation, call::Call};
use crate::{Quotas, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("DescribeAccountLimits", false, describe)];

/// The limits that are modelled.
const LIMITS: &[(&str, fn(&Quotas) -> u32)] = &[
    ("application-load-balancers", |it| it.application_load_balancers),
    ("certificates-per-application-load-balancer", |it| it.certificates_per_load_balancer),
    ("certificates-per-network-load-balancer", |it| it.certificates_per_load_balancer),
    ("condition-values-per-alb-rule", |it| it.condition_values_per_rule),
    ("listeners-per-application-load-balancer", |it| it.listeners_per_load_balancer),
    ("listeners-per-network-load-balancer", |it| it.listeners_per_load_balancer),
    ("network-load-balancers", |it| it.network_load_balancers),
    ("rules-per-application-load-balancer", |it| it.rules_per_load_balancer),
    ("target-groups", |it| it.target_groups),
    ("targets-per-application-load-balancer", |it| it.targets_per_target_group),
];

fn describe(call: &mut Call<'_>) -> Answer {
    let limit = |it: &(&str, fn(&Quotas) -> u32)| {
        let most = (it.1)(&call.settings.quotas);
        (it.0.to_owned(), Xml::new().text("Name", it.0).text("Max", most))
    };
    let rows = LIMITS.iter().map(limit).collect();
    call.page("Limits", rows)
}
