//! Metrics of groups.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html>

use super::{
    Answer, Operation,
    call::{Call, invalid},
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("EnableMetricsCollection", true, enable), ("DisableMetricsCollection", true, disable)];

const ALL: &[&str] = &[
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
    "GroupDesiredCapacity",
    "GroupInServiceCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingCapacity",
    "GroupPendingInstances",
    "GroupStandbyCapacity",
    "GroupStandbyInstances",
    "GroupTerminatingCapacity",
    "GroupTerminatingInstances",
    "GroupTotalCapacity",
    "GroupTotalInstances",
    "WarmPoolDesiredCapacity",
    "WarmPoolMinSize",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "WarmPoolWarmedCapacity",
];

/// The metrics that a call names; all, when it names none.
fn named(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let names = call.params.list("Metrics.member");
    if let Some(other) = names.iter().find(|it| !ALL.contains(&it.as_str())) {
        return Err(invalid(format!("Invalid metric {other}")));
    }
    Ok(if names.is_empty() { ALL.iter().map(|it| (*it).to_owned()).collect() } else { names })
}

fn enable(call: &mut Call<'_>) -> Answer {
    let names = named(call)?;
    if call.need("Granularity")? != "1Minute" {
        return Err(invalid("The only valid granularity is 1Minute"));
    }
    let group = call.group()?.id.clone();
    call.change(&group, |it| it.metrics.extend(names));
    Ok(Xml::new())
}

fn disable(call: &mut Call<'_>) -> Answer {
    let names = named(call)?;
    let group = call.group()?.id.clone();
    call.change(&group, |it| it.metrics.retain(|it| !names.contains(it)));
    Ok(Xml::new())
}
