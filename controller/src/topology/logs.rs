//! The chapter `logs`: a log group for everybody who writes.

use clctl_spec::{NodeSpec, Retention as Kept};

use crate::{
    aws::{
        Aws,
        kms::KeyArn,
        logs::{LogGroup, LogGroupConfig, Named, Retention},
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

/// Groups that others refer to.
pub(super) struct Built {
    pub(super) nodes: Ref<LogGroup>,
    pub(super) bastion: Option<Ref<LogGroup>>,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
) -> Result<Built, DeclaredTwice> {
    let logs = &spec.logs;
    let usual = logs.retention_in_days;
    let nodes = group(graph, label, key, NODES, logs.nodes.unwrap_or(usual))?;
    let bastion = match &spec.access.bastion {
        Some(_) => Some(group(graph, label, key, BASTION, logs.bastion.unwrap_or(usual))?),
        None => None,
    };
    Ok(Built { nodes, bastion })
}

/// A log group of that name.
pub(super) fn group(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    key: &Input<KeyArn>,
    name: &str,
    kept: Kept,
) -> Result<Ref<LogGroup>, DeclaredTwice> {
    named_group(graph, label, key, name, Named::ByAddress, kept)
}

/// A log group that is called so.
pub(super) fn named_group(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    key: &Input<KeyArn>,
    name: &str,
    named: Named,
    kept: Kept,
) -> Result<Ref<LogGroup>, DeclaredTwice> {
    graph.add::<LogGroup>(
        name,
        LogGroupConfig {
            name: named,
            retention: Retention::Days(kept.get().cast_signed()),
            key: key.clone(),
            tags: label.tags(LogGroup::ABOUT.name, name),
        },
    )
}
