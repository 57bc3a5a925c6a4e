//! The chapter `logs`: a log group for everybody who writes.

use clctl_spec::{NodeSpec, Retention as Kept};

use crate::{
    aws::{
        Aws,
        kms::KeyArn,
        logs::{LogGroup, LogGroupConfig, Retention},
    },
    engine::{DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::Label;

/// Where the nodes write.
pub(super) const NODES: &str = "nodes";
/// Where the bastion writes.
pub(super) const BASTION: &str = "bastion";
/// Where the connections of the network are recorded.
pub(super) const NETWORK: &str = "network";

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
) -> Result<(), DeclaredTwice> {
    let logs = &spec.logs;
    let usual = logs.retention_in_days;
    group(graph, label, key, NODES, logs.nodes.unwrap_or(usual))?;
    if spec.access.bastion.is_some() {
        group(graph, label, key, BASTION, logs.bastion.unwrap_or(usual))?;
    }
    Ok(())
}

/// A log group of that name.
pub(super) fn group(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    key: &Input<KeyArn>,
    name: &str,
    kept: Kept,
) -> Result<Ref<LogGroup>, DeclaredTwice> {
    graph.add::<LogGroup>(
        name,
        LogGroupConfig {
            retention: Retention::Days(kept.get().cast_signed()),
            key: key.clone(),
            tags: label.tags(LogGroup::ABOUT.name, name),
        },
    )
}
