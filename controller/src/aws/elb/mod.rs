//! Elastic Load Balancing: the ways to the node's GUI, and to the node as a peer of others, from outside.
//!
//! No list of it shows tags or is filtered by them: what is ours is found by the tagging API, and its tags are
//! read for up to twenty objects at a time
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>).

mod action;
mod attributes;
mod balancers;
mod listener;
mod listener_rule;
mod load_balancer;
mod network_load_balancer;
mod target_group;

use std::{collections::BTreeMap, future::Future};

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::engine::{CallError, Class, Identity, PhysicalId, Resource, Scope};

use super::{
    answers::{another, not_understood, required, text},
    clients::Aws,
    tagging,
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
/// How many objects a call may name.
const AT_ONCE: usize = 20;
/// How long the names of load balancers and target groups may be
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>).
const LONGEST: usize = 32;

/// What an object is called, where it has a name.
fn object_name(aws: &Aws, me: &Identity) -> String {
    aws.environment.short_name(&me.address.name, me.ordinal, LONGEST)
}

/// The ARNs of the objects that are asked for: ours, as the tagging API lists them, or these.
async fn asked<R: Resource>(
    aws: &Aws,
    scope: &Scope<'_>,
    resource_type: &str,
) -> Result<Vec<String>, CallError> {
    Ok(match scope {
        Scope::Owned => {
            let mut arns = tagging::owned(aws, resource_type).await?;
            // Load balancers of another type have the same beginning.
            arns.retain(|arn| R::ABOUT.is_id(&PhysicalId(arn.clone())));
            arns.sort_unstable();
            arns.dedup();
            arns
        }
        Scope::Ids(ids) => ids.iter().map(|id| id.0.clone()).collect(),
    })
}

/// Looks at these, together while all of them are there: where one is not, AWS tells of none.
async fn together<T, F>(
    arns: &[String],
    look: impl Fn(Vec<String>) -> F,
) -> Result<Vec<T>, CallError>
where
    F: Future<Output = Result<Vec<T>, CallError>>,
{
    let there = |answer: Result<Vec<T>, CallError>| match answer {
        Err(error) if error.class == Class::NotFound => Ok(Vec::new()),
        answer => answer,
    };
    let mut all = Vec::new();
    for some in arns.chunks(AT_ONCE) {
        match look(some.to_vec()).await {
            Err(error) if error.class == Class::NotFound && some.len() > 1 => {
                for arn in some {
                    all.extend(there(look(vec![arn.clone()]).await)?);
                }
            }
            answer => all.extend(there(answer)?),
        }
    }
    Ok(all)
}

/// An ARN that was asked for: an answer about another object would be taken for one about it.
fn arn_among<'a>(
    operation: &'static str,
    element: &str,
    arn: Option<&'a str>,
    asked: &[String],
) -> Result<&'a str, CallError> {
    let arn = text(operation, element, arn)?;
    if asked.iter().any(|it| it == arn) {
        return Ok(arn);
    }
    Err(another(operation, arn, asked.join(", ")))
}

/// That an answer tells of as many objects as were asked for: AWS refuses where one is not there, so that what is
/// left out is not gone.
fn told_of_all(operation: &'static str, told: usize, asked: usize) -> Result<(), CallError> {
    if told == asked {
        return Ok(());
    }
    let why = format!("the answer tells of {told} of the {asked} objects that were asked for");
    Err(not_understood(operation, why))
}

/// Tags as keys and values, by what they are on.
type TagsOf = BTreeMap<String, Vec<(String, String)>>;

/// The tags of these.
async fn tags_of(aws: &Aws, arns: &[String]) -> Result<TagsOf, CallError> {
    let mut all = TagsOf::new();
    for some in arns.chunks(AT_ONCE) {
        let call = || aws.elb.describe_tags().set_resource_arns(Some(some.to_vec())).send();
        let answer = aws.read(LISTS_TAGS, call).await?;
        for of in required(LISTS_TAGS, "TagDescriptions", answer.tag_descriptions)? {
            let arn = arn_among(LISTS_TAGS, "ResourceArn", of.resource_arn(), some)?;
            let tags = required(LISTS_TAGS, "Tags", of.tags.as_ref())?;
            let pair = |tag: &Tag| {
                let key = text(LISTS_TAGS, "Key", tag.key())?;
                Ok((key.to_owned(), tag.value().unwrap_or_default().to_owned()))
            };
            let tags: Result<Vec<_>, CallError> = tags.iter().map(pair).collect();
            all.insert(arn.to_owned(), tags?);
        }
    }
    told_of_all(LISTS_TAGS, all.len(), arns.len())?;
    Ok(all)
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
