//! Elastic Load Balancing: the ways to the node's GUI, and to the node as a peer of others, from outside.
//!
//! No list of it shows tags or is filtered by them: what is ours is found by the tagging API, and the tags of what that
//! does not show are read for up to twenty objects at a time
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>).

mod action;
mod attributes;
mod balancers;
mod listener;
mod listener_rule;
mod load_balancer;
mod look;
mod network_load_balancer;
mod target_group;

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::engine::{CallError, Identity, PhysicalId};

use super::{
    clients::Aws,
    tags::{Retagging, Tags},
};

pub use self::{
    action::{Action, FixedResponse, Redirect},
    listener::{Certificate, Listener, ListenerArn, ListenerConfig, ListenerOutputs},
    listener_rule::{
        Condition, ListenerRule, ListenerRuleArn, ListenerRuleConfig, ListenerRuleOutputs,
    },
    load_balancer::{LoadBalancer, LoadBalancerArn, LoadBalancerConfig, LoadBalancerOutputs},
    network_load_balancer::{NetworkLoadBalancer, NetworkLoadBalancerConfig, Place},
    target_group::{
        HealthCheck, TargetGroup, TargetGroupArn, TargetGroupConfig, TargetGroupOutputs,
    },
};

/// What lists the tags of objects.
const LISTS_TAGS: &str = "elasticloadbalancing:DescribeTags";
/// What puts tags on one.
const TAGS: &str = "elasticloadbalancing:AddTags";
/// What takes some away.
const UNTAGS: &str = "elasticloadbalancing:RemoveTags";
/// How long the names of load balancers and target groups may be
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>).
const LONGEST: usize = 32;

/// What an object is called, where it has a name.
fn object_name(aws: &Aws, me: &Identity) -> String {
    aws.environment.short_name(&me.address.name, me.ordinal, LONGEST)
}

/// Tags as they are at a creation.
fn as_tags(tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Changes the tags of an object.
async fn retag(aws: &Aws, arn: &PhysicalId, retagging: Retagging) -> Result<(), CallError> {
    let Retagging { put, drop: gone } = retagging;
    if !put.is_empty() {
        let tags: Vec<Tag> = put
            .into_iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect();
        let call = || aws.elb.add_tags().resource_arns(&arn.0).set_tags(Some(tags.clone())).send();
        aws.write(TAGS, call).await?;
    }
    if !gone.is_empty() {
        let call =
            || aws.elb.remove_tags().resource_arns(&arn.0).set_tag_keys(Some(gone.clone())).send();
        aws.write(UNTAGS, call).await?;
    }
    Ok(())
}

/// What metrics of a load balancer or a target group are told apart by: `net/NAME/ID`, `targetgroup/NAME/ID`
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html>).
fn dimension(arn: &str) -> String {
    let path = arn.rsplit_once(':').map_or(arn, |(_, path)| path);
    path.strip_prefix("loadbalancer/").unwrap_or(path).to_owned()
}

/// Ids as texts.
fn texts<T>(ids: &[T], text: impl Fn(&T) -> &str) -> Vec<String> {
    ids.iter().map(|id| text(id).to_owned()).collect()
}
