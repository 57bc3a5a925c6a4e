//! RDS: the database, and what it is made with.
//!
//! Every object has an ARN that follows from its name, and a name that only one can have. Only instances,
//! clusters and snapshots are listed with their tags; what is ours of the rest is found by the tagging API
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html>).

mod backup;
mod beginning;
mod cluster;
mod cluster_instance;
mod cluster_source;
mod event_subscription;
mod instance;
mod instance_source;
mod log_exports;
mod login;
mod offered;
mod origin;
mod parameter_group;
mod parameters;
mod saving;
mod subnet_group;
mod values;

use aws_sdk_rds::types::Tag;

use crate::engine::{CallError, Class, Identity, Told};

use super::{
    answers::required,
    clients::Aws,
    tagging::Pairs,
    tags::{Retagging, Tags},
};

pub use self::{
    beginning::{Beginning, BeginsWith},
    cluster::{Cluster, ClusterArn, ClusterConfig, ClusterOutputs},
    cluster_instance::{ClusterInstance, ClusterInstanceConfig, ClusterInstanceOutputs},
    event_subscription::{EventSubscription, EventSubscriptionConfig, EventSubscriptionOutputs},
    instance::{Instance, InstanceArn, InstanceConfig, InstanceOutputs},
    login::{Login, LoginVersion},
    offered::{Offer, offers},
    parameter_group::{
        ClusterParameterGroup, ClusterParameterGroupArn, ParameterGroup, ParameterGroupArn,
        ParameterGroupConfig, ParameterGroupOutputs,
    },
    parameters::{FORCE_SSL, Parameters},
    saving::{SavedBefore, saved_before},
    subnet_group::{SubnetGroup, SubnetGroupArn, SubnetGroupConfig, SubnetGroupOutputs},
    values::{EngineVersion, Storage},
};
pub(super) use self::{
    offered::OPTIONS,
    saving::{READS as SAVED, WRITES as SAVES, last_image, saved, say_last_image},
};

/// Where the instances write their logs, each under its name
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html>).
pub const LOGS: &str = "/aws/rds/instance/";

/// Where the clusters write theirs
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.CloudWatch.html>).
pub const CLUSTER_LOGS: &str = "/aws/rds/cluster/";

/// The largest page there is.
const PAGE: i32 = 100;

/// What lists the tags of an object.
pub(super) const LISTS_TAGS: &str = "rds:ListTagsForResource";

/// What an object is called.
fn object_name(aws: &Aws, me: &Identity) -> String {
    aws.environment.object_name(&me.address, me.ordinal)
}

/// The name at the end of an ARN.
fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// The ARN of an object of this type, e.g. `subgrp`.
fn arn(aws: &Aws, of: &str, name: &str) -> String {
    aws.environment.arn("rds", &format!("{of}:{name}"))
}

/// The tags of an object; nothing if it is not there.
async fn tags_of(aws: &Aws, arn: &str) -> Result<Option<Pairs>, CallError> {
    let call = || aws.rds.list_tags_for_resource().resource_name(arn).send();
    match aws.read(LISTS_TAGS, call).await {
        Ok(answer) => Ok(Some(pairs(&required(LISTS_TAGS, "TagList", answer.tag_list)?))),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A value, if it is to be set.
fn only<T: Clone>(set: bool, value: &Told<T>) -> Option<T> {
    value.0.clone().filter(|_| set)
}

/// Tags as keys and values.
fn pairs(tags: &[Tag]) -> Pairs {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()));
    tags.iter().filter_map(pair).collect()
}

/// Tags as they are at a creation.
fn as_tags(tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Changes the tags of an object.
async fn retag(aws: &Aws, arn: &str, retagging: Retagging) -> Result<(), CallError> {
    let Retagging { put, drop: gone } = retagging;
    if !put.is_empty() {
        let tags: Vec<Tag> = put
            .into_iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect();
        let call = || {
            let call = aws.rds.add_tags_to_resource().resource_name(arn);
            call.set_tags(Some(tags.clone())).send()
        };
        aws.write("rds:AddTagsToResource", call).await?;
    }
    if !gone.is_empty() {
        let call = || {
            let call = aws.rds.remove_tags_from_resource().resource_name(arn);
            call.set_tag_keys(Some(gone.clone())).send()
        };
        aws.write("rds:RemoveTagsFromResource", call).await?;
    }
    Ok(())
}
