//! The chapter `network.flowLogs`: a record of the connections in the VPC.

use clctl_spec::{NodeSpec, TrafficType};

use crate::{
    aws::{
        Aws,
        ec2::{FlowLog, FlowLogConfig, LogDestination, VpcId},
        kms::KeyArn,
        policy::{Policy, Statement},
    },
    engine::{Declared, DeclaredTwice, Graph, Input, Resource},
};

use super::{Label, logs, roles};

const SERVICE: &str = "vpc-flow-logs.amazonaws.com";

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    vpc: &Input<VpcId>,
    key: &Input<KeyArn>,
) -> Result<(), DeclaredTwice> {
    let flow_logs = &spec.network.flow_logs;
    if !flow_logs.enabled {
        return Ok(());
    }
    let kept = flow_logs.retention_in_days.unwrap_or(spec.logs.retention_in_days);
    let group = logs::group(graph, label, key, logs::NETWORK, kept)?;
    // It may not make the group: what is delivered after the end would make it again, without retention
    // and key.
    let groups = Statement::allow("FindLogs", ["logs:DescribeLogGroups"]).to(["*".to_owned()]);
    let streams = group.output("arn", |group| format!("{}:*", group.arn));
    let policy = Policy::of([roles::writes(streams), groups]);
    let role = roles::trusting(
        graph,
        label,
        "flow-logs",
        "The flow log",
        trust(label),
        vec![("logs", policy)],
    )?;
    let traffic = match flow_logs.traffic_type {
        TrafficType::All => "ALL",
        TrafficType::Accept => "ACCEPT",
        TrafficType::Reject => "REJECT",
    };
    let name = "vpc";
    graph
        .add::<FlowLog>(
            name,
            FlowLogConfig {
                vpc: vpc.clone(),
                traffic: traffic.to_owned(),
                destination: group.output("arn", |group| LogDestination::new(&group.arn)),
                role: role.output("arn", |role| role.arn.clone()),
                interval_seconds: flow_logs.max_aggregation_interval.get().cast_signed(),
                tags: label.tags(FlowLog::ABOUT.name, name),
            },
        )
        .map(drop)
}

/// Who takes on the role, and for whom: a flow log of this account and region. Which one it is nobody knows before the
/// role is there.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
fn trust(label: &Label<'_>) -> Policy<Declared> {
    let environment = label.environment;
    Policy::of([Statement::allow("Assume", ["sts:AssumeRole"])
        .by("Service", SERVICE.to_owned())
        .only("StringEquals", "aws:SourceAccount", [environment.account.clone()])
        .only("ArnLike", "aws:SourceArn", [environment.arn("ec2", "vpc-flow-log/*")])])
}
