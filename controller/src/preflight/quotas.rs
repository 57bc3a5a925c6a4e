//! What the account may have more of: what is still to be made, against what is left.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    aws::{
        Aws,
        autoscaling::AutoScalingGroup,
        ec2::{Eip, InternetGateway, NatGateway, SecurityGroup, Vpc, on_demand},
        quotas::{Counted, Quota, limit, nat_gateways, processors, used},
        rds::{ClusterInstance, Instance},
    },
    engine::{CallError, Cell, Outputs, Plan, PlannedNode, Resource},
};

use super::{Check, to_make};

/// The quotas that an environment comes up against, under the codes of
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html> and
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html>, what counts against them, and the kinds that do.
const QUOTAS: [(&str, Quota, Counted, &[&str]); 5] = [
    (
        "Elastic IP addresses",
        Quota { service: "ec2", code: "L-0263D0A3" },
        Counted::Addresses,
        &[Eip::ABOUT.name],
    ),
    ("VPCs", Quota { service: "vpc", code: "L-F678F1CE" }, Counted::Vpcs, &[Vpc::ABOUT.name]),
    (
        "internet gateways",
        Quota { service: "vpc", code: "L-A4707A72" },
        Counted::InternetGateways,
        &[InternetGateway::ABOUT.name],
    ),
    (
        "security groups",
        Quota { service: "vpc", code: "L-E79EC296" },
        Counted::SecurityGroups,
        // Each VPC comes with one.
        &[SecurityGroup::ABOUT.name, Vpc::ABOUT.name],
    ),
    (
        "database instances",
        Quota { service: "rds", code: "L-7B6409FD" },
        Counted::Databases,
        &[Instance::ABOUT.name, ClusterInstance::ABOUT.name],
    ),
];

/// How many NAT gateways a zone may have, under the code of
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>.
const NAT_GATEWAYS: Quota = Quota { service: "vpc", code: "L-FE5A380F" };

/// How many virtual processors the instances of most families may have together
/// (<https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>).
const PROCESSORS: Quota = Quota { service: "ec2", code: "L-1216C47A" };

/// These families. Others have quotas of their own.
const STANDARD: [&str; 11] = ["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"];

pub(super) async fn checks(aws: &Aws, plan: &Plan<Aws>) -> Vec<Check> {
    let mut all = Vec::new();
    for (what, quota, counted, kinds) in QUOTAS {
        // What the environment has already counts among what is used, and needs no more room.
        let needed: usize = kinds.iter().map(|kind| to_make(plan, kind).count()).sum();
        if needed == 0 {
            continue;
        }
        let name = format!("quota of {what}");
        all.push(match tokio::try_join!(limit(aws, quota), used(aws, counted)) {
            Ok((limit, used)) => judged(name, quota, needed, limit, used),
            Err(error) => Check::unread(name, &error),
        });
    }
    all.extend(of_gateways(aws, plan).await);
    all.extend(of_processors(aws, plan).await);
    all
}

/// NAT gateways, zone by zone.
async fn of_gateways(aws: &Aws, plan: &Plan<Aws>) -> Vec<Check> {
    let mut needed: BTreeMap<String, usize> = BTreeMap::new();
    for gateway in to_make(plan, NatGateway::ABOUT.name) {
        let subnet = named(plan, gateway, "subnet");
        let zone = subnet.and_then(|subnet| said(subnet, "zone"));
        if let Some(Value::String(zone)) = zone {
            *needed.entry(zone).or_default() += 1;
        }
    }
    if needed.is_empty() {
        return Vec::new();
    }
    match tokio::try_join!(limit(aws, NAT_GATEWAYS), nat_gateways(aws)) {
        Ok((limit, used)) => {
            let judged = |(zone, needed): (String, usize)| {
                let used = used.get(&zone).copied().unwrap_or_default();
                judged(
                    format!("quota of NAT gateways in {zone}"),
                    NAT_GATEWAYS,
                    needed,
                    limit,
                    used,
                )
            };
            needed.into_iter().map(judged).collect()
        }
        Err(error) => vec![Check::unread("quota of NAT gateways", &error)],
    }
}

/// Virtual processors of what groups that are to be made launch.
async fn of_processors(aws: &Aws, plan: &Plan<Aws>) -> Option<Check> {
    const NAME: &str = "quota of virtual processors";
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for group in to_make(plan, AutoScalingGroup::ABOUT.name) {
        let template = named(plan, group, "template");
        let kind = template.and_then(|template| said(template, "instance_type"));
        let count = said(group, "desired_capacity").and_then(|count| count.as_u64());
        if let (Some(Value::String(kind)), Some(count)) = (kind, count)
            && is_standard(&kind)
        {
            *wanted.entry(kind).or_default() += usize::try_from(count).unwrap_or(usize::MAX);
        }
    }
    if wanted.is_empty() {
        return None;
    }
    Some(match tokio::try_join!(limit(aws, PROCESSORS), counted(aws, &wanted)) {
        Ok((limit, (needed, used))) => judged(NAME.to_owned(), PROCESSORS, needed, limit, used),
        Err(error) => Check::unread(NAME, &error),
    })
}

/// How many virtual processors so many instances of these types have, and how many what runs has.
async fn counted(aws: &Aws, wanted: &BTreeMap<String, usize>) -> Result<(usize, usize), CallError> {
    let mut running = on_demand(aws).await?;
    running.retain(|kind| is_standard(kind));
    let kinds: BTreeSet<String> = wanted.keys().chain(&running).cloned().collect();
    let each = processors(aws, &kinds).await?;
    let of = |kind: &String| each.get(kind).copied().unwrap_or_default();
    let needed = wanted.iter().map(|(kind, count)| of(kind) * count).sum();
    Ok((needed, running.iter().map(of).sum()))
}

/// Whether instances of a type count against the quota of most families.
fn is_standard(kind: &str) -> bool {
    let family = kind.split(|letter: char| !letter.is_ascii_lowercase()).next();
    family.is_some_and(|family| STANDARD.contains(&family))
}

/// What a node is declared to have in a field.
fn said(planned: &PlannedNode<Aws>, field: &str) -> Option<Value> {
    match cell(planned, field)? {
        Cell::Known(value) => Some(value),
        Cell::AtLeast(_)
        | Cell::Set(_)
        | Cell::Map(_)
        | Cell::Each(_)
        | Cell::Any
        | Cell::Initially(_)
        | Cell::Unlearned { .. }
        | Cell::Unknown { .. } => None,
    }
}

/// The node that another one names in a field.
fn named<'a>(
    plan: &'a Plan<Aws>,
    planned: &PlannedNode<Aws>,
    field: &str,
) -> Option<&'a PlannedNode<Aws>> {
    let Cell::Unknown { from } = cell(planned, field)? else { return None };
    let (address, _) = from.rsplit_once('.')?;
    plan.nodes.iter().find(|planned| planned.node.address().to_string() == address)
}

fn cell(planned: &PlannedNode<Aws>, field: &str) -> Option<Cell> {
    // Without outputs, what another node gives is told by that node.
    let rows = planned.node.want(&Outputs::default());
    rows.into_iter().find(|row| row.field == field).map(|row| row.cell)
}

fn judged(name: String, quota: Quota, needed: usize, limit: u64, used: usize) -> Check {
    let Quota { service, code } = quota;
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
        let (_, quota, ..) = QUOTAS[0];
        let check = |needed, limit, used| judged("quota".to_owned(), quota, needed, limit, used);
        assert_eq!(check(3, 5, 2).outcome, Outcome::Pass);
        let fails = check(3, 5, 3);
        assert_eq!((fails.outcome, &*fails.message), (Outcome::Fail, "3 needed, 2 left of 5"));
        assert!(fails.advice.unwrap().ends_with("--quota-code L-0263D0A3 --desired-value 6"));
        // A quota that was lowered below what there is.
        assert_eq!(check(1, 2, 4).message, "1 needed, 0 left of 2");
    }

    #[test]
    fn a_family_is_what_comes_before_the_generation() {
        for kind in ["t3a.large", "m6i.large", "c7gn.xlarge", "im4gn.large", "z1d.large"] {
            assert!(is_standard(kind), "{kind}");
        }
        for kind in ["trn1.2xlarge", "dl1.24xlarge", "inf2.xlarge", "mac2.metal", "x2idn.large"] {
            assert!(!is_standard(kind), "{kind}");
        }
    }
}
