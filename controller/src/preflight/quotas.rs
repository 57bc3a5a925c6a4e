//! What the account may have more of: what is still to be made, against what is left.

use crate::{
    aws::{
        Aws,
        ec2::{Eip, InternetGateway, Vpc},
        quotas::{Counted, Quota, limit, used},
        rds::{ClusterInstance, Instance},
    },
    engine::{Plan, Resource},
};

use super::{Check, to_make};

/// The quotas that an environment comes up against, under the codes of
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html> and
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html>, and the kinds that count.
const QUOTAS: [(&str, Quota, &[&str]); 4] = [
    (
        "Elastic IP addresses",
        Quota { service: "ec2", code: "L-0263D0A3", counts: Counted::Addresses },
        &[Eip::ABOUT.name],
    ),
    (
        "VPCs",
        Quota { service: "vpc", code: "L-F678F1CE", counts: Counted::Vpcs },
        &[Vpc::ABOUT.name],
    ),
    (
        "internet gateways",
        Quota { service: "vpc", code: "L-A4707A72", counts: Counted::InternetGateways },
        &[InternetGateway::ABOUT.name],
    ),
    (
        "database instances",
        Quota { service: "rds", code: "L-7B6409FD", counts: Counted::Databases },
        &[Instance::ABOUT.name, ClusterInstance::ABOUT.name],
    ),
];

pub(super) async fn checks(aws: &Aws, plan: &Plan<Aws>) -> Vec<Check> {
    let mut all = Vec::new();
    for (what, quota, kinds) in QUOTAS {
        // What the environment has already counts among what is used, and needs no more room.
        let needed: usize = kinds.iter().map(|kind| to_make(plan, kind)).sum();
        if needed == 0 {
            continue;
        }
        let name = format!("quota of {what}");
        all.push(match tokio::try_join!(limit(aws, quota), used(aws, quota.counts)) {
            Ok((limit, used)) => judged(name, quota, needed, limit, used),
            Err(error) => Check::unread(name, &error),
        });
    }
    all
}

fn judged(name: String, quota: Quota, needed: usize, limit: u64, used: usize) -> Check {
    let Quota { service, code, .. } = quota;
    let left = limit.saturating_sub(u64::try_from(used).unwrap_or(u64::MAX));
    let message = format!("{needed} needed, {left} left of {limit}");
    if u64::try_from(needed).unwrap_or(u64::MAX) <= left {
        return Check::pass(name, message);
    }
    let more = needed + used;
    let advice = format!(
        "remove what nobody needs, or ask for more: aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} --desired-value {more}"
    );
    Check::fail(name, message, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Outcome;

    #[test]
    fn what_is_needed_has_to_be_left() {
        let (_, quota, _) = QUOTAS[0];
        let check = |needed, limit, used| judged("quota".to_owned(), quota, needed, limit, used);
        assert_eq!(check(3, 5, 2).outcome, Outcome::Pass);
        let fails = check(3, 5, 3);
        assert_eq!((fails.outcome, &*fails.message), (Outcome::Fail, "3 needed, 2 left of 5"));
        assert!(fails.advice.unwrap().ends_with("--quota-code L-0263D0A3 --desired-value 6"));
        // A quota that was lowered below what there is.
        assert_eq!(check(1, 2, 4).message, "1 needed, 0 left of 2");
    }
}
