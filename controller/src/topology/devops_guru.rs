//! The chapter `monitoring.devOpsGuru`: that DevOps Guru looks at the environment, and tells the topic of what it finds.
//!
//! Everything has the tag by which it knows what belongs together, whether it looks or not.

use clctl_spec::NodeSpec;

use crate::{
    aws::{
        Aws,
        devops_guru::{
            NotificationChannel, NotificationChannelConfig, ResourceCollection,
            ResourceCollectionConfig,
        },
        sns::Topic,
    },
    engine::{DeclaredTwice, Graph, Ref, Told},
};

use super::Label;

/// What there is one of.
const MAIN: &str = "main";

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    topic: &Ref<Topic>,
) -> Result<(), DeclaredTwice> {
    if !spec.monitoring.dev_ops_guru.enabled {
        return Ok(());
    }
    let environment = label.environment;
    graph.add::<ResourceCollection>(
        MAIN,
        ResourceCollectionConfig {
            app_boundary_key: Told::of(environment.boundary.clone()),
            tag_value: Told::of(environment.name.clone()),
        },
    )?;
    let declared = NotificationChannelConfig {
        topic: topic.output("arn", |topic| topic.arn.clone()),
        severities: NotificationChannelConfig::usual_severities(),
        message_types: NotificationChannelConfig::usual_message_types(),
    };
    // It is called as its topic is.
    graph.add::<NotificationChannel>(&topic.address().name, declared).map(drop)
}
