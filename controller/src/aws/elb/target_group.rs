//! A target group: where a load balancer finds the node that is active.
//!
//! Whoever works answers, and whoever stands by does not even listen: of the two there is one healthy target, and that
//! the other one is not is as it should be. What counts healthy targets asks for one, therefore.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_elasticloadbalancingv2::types::{
    self, Matcher, ProtocolEnum, TargetGroupAttribute, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};
use serde::Serialize;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id, leaf,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        ec2::VpcId,
        tagging,
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, TAGS, UNTAGS, as_tags,
    attributes::{self, Attributes},
    dimension,
    look::{Shown, find, one},
    object_name, retag,
};

/// A target group.
pub struct TargetGroup;

id!(
    /// The ARN of a [`TargetGroup`].
    TargetGroupArn
);

impl TargetGroupArn {
    /// What its metrics are told apart by.
    pub fn dimension(&self) -> String {
        dimension(self.as_str())
    }
}

/// How a load balancer finds out whether a target is healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    /// Whether it asks at all.
    pub enabled: bool,
    /// How it asks.
    pub protocol: String,
    /// At which port.
    pub port: String,
    /// For what.
    pub path: String,
    /// Which answers are healthy.
    pub matcher: String,
    /// How often, in seconds.
    pub interval: i32,
    /// How long an answer may take, in seconds.
    pub timeout: i32,
    /// After how many good answers in a row it is healthy.
    pub healthy_threshold: i32,
    /// After how many bad ones it is not.
    pub unhealthy_threshold: i32,
}
leaf!(HealthCheck);

/// The settable part of a [`TargetGroup`].
#[derive(Clone, Debug)]
pub struct TargetGroupConfig<S: Stage = Resolved> {
    /// The VPC its targets are in.
    pub vpc: S::In<VpcId>,
    /// What its targets are: instances.
    pub target_type: String,
    /// How they are spoken to.
    pub protocol: String,
    /// In which version of that, if that is HTTP.
    pub protocol_version: String,
    /// At which port.
    pub port: i32,
    /// At which kind of address.
    pub ip_address_type: String,
    /// How it is found out whether one is healthy.
    pub health_check: HealthCheck,
    /// For how many seconds one that leaves may end what it has begun.
    pub deregistration_delay: i32,
    /// The rest of how requests are handed to its targets.
    pub attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

config! { TargetGroupConfig {
    vpc: Replace,
    target_type: Replace,
    protocol: Replace,
    protocol_version: Replace,
    port: Replace,
    ip_address_type: Replace,
    health_check: InPlace,
    deregistration_delay: InPlace,
    attributes: InPlace,
    tags: InPlace,
} }

impl<S: Stage> TargetGroupConfig<S> {
    /// How what comes in is handed to targets that are spoken to so, where nobody says anything.
    pub fn usual_attributes(protocol: &str) -> BTreeMap<String, String> {
        attributes::usual(attributes_of(protocol))
    }
}

const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";
/// What else is about its targets, with what is usual. One healthy target is enough: there is never another one.
const OF_REQUESTS: &[(&str, &str)] = &[
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.enabled", "false"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
];

/// The same of connections. One that is not healthy any more loses them: whoever had them finds the node that has
/// taken over.
const OF_CONNECTIONS: &[(&str, &str)] = &[
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("preserve_client_ip.enabled", "true"),
    ("proxy_protocol_v2.enabled", "false"),
    ("stickiness.enabled", "false"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
];

/// Those of targets that are spoken to so
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>).
fn attributes_of(protocol: &str) -> &'static [(&'static str, &'static str)] {
    match protocol {
        "HTTP" | "HTTPS" => OF_REQUESTS,
        _ => OF_CONNECTIONS,
    }
}

/// What a [`TargetGroup`] has once it exists.
#[derive(Clone, Debug)]
pub struct TargetGroupOutputs {
    /// Its ARN.
    pub arn: TargetGroupArn,
}

/// What lists them.
const LIST: &str = "elasticloadbalancing:DescribeTargetGroups";
/// What shows the attributes of one.
const SHOWS: &str = "elasticloadbalancing:DescribeTargetGroupAttributes";

impl Resource for TargetGroup {
    type Cloud = Aws;
    type Config = TargetGroupConfig;
    type Outputs = TargetGroupOutputs;

    const ABOUT: Kind = Kind {
        name: "target-group",
        ids: "arn:*:elasticloadbalancing:*:targetgroup/*",
        summary: "Finds the node that is active, for a load balancer",
        cloudformation: "AWS::ElasticLoadBalancingV2::TargetGroup",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(5),
        patience: Duration::from_mins(15),
        outage: "whoever comes through the load balancer, to the GUI or as a peer, does not reach the node until the new one knows which is active",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, LIST, SHOWS, LISTS_TAGS],
            write: &[
                "elasticloadbalancing:CreateTargetGroup",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                TAGS,
                UNTAGS,
                "elasticloadbalancing:DeleteTargetGroup",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(aws, scope).await
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &TargetGroupConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let check = &want.health_check;
        let call = || {
            aws.elb
                .create_target_group()
                .name(&name)
                .vpc_id(want.vpc.as_str())
                .target_type(TargetTypeEnum::from(want.target_type.as_str()))
                .protocol(ProtocolEnum::from(want.protocol.as_str()))
                .set_protocol_version(protocol_version(want))
                .port(want.port)
                .ip_address_type(TargetGroupIpAddressTypeEnum::from(want.ip_address_type.as_str()))
                .health_check_enabled(check.enabled)
                .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
                .health_check_port(&check.port)
                .health_check_path(&check.path)
                .matcher(Matcher::builder().http_code(&check.matcher).build())
                .health_check_interval_seconds(check.interval)
                .health_check_timeout_seconds(check.timeout)
                .healthy_threshold_count(check.healthy_threshold)
                .unhealthy_threshold_count(check.unhealthy_threshold)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "elasticloadbalancing:CreateTargetGroup";
        let made = aws.write(operation, call).await?.target_groups;
        let made = made.and_then(|made| made.into_iter().next());
        Ok(PhysicalId(text(operation, "TargetGroupArn", made.and_then(|it| it.target_group_arn))?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &TargetGroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = object_name(aws, me);
        let call = || aws.elb.describe_target_groups().names(&name).send();
        let answer = match aws.read(LIST, call).await {
            Err(error) if error.class == Class::NotFound => return Ok(None),
            answer => required(LIST, "TargetGroups", answer?.target_groups)?,
        };
        one(aws, answer.first().and_then(types::TargetGroup::target_group_arn)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &TargetGroupConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(TargetGroupConfig.health_check)) {
            let check = &want.health_check;
            let call = || {
                aws.elb
                    .modify_target_group()
                    .target_group_arn(&have.id.0)
                    .health_check_enabled(check.enabled)
                    .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
                    .health_check_port(&check.port)
                    .health_check_path(&check.path)
                    .matcher(Matcher::builder().http_code(&check.matcher).build())
                    .health_check_interval_seconds(check.interval)
                    .health_check_timeout_seconds(check.timeout)
                    .healthy_threshold_count(check.healthy_threshold)
                    .unhealthy_threshold_count(check.unhealthy_threshold)
                    .send()
            };
            aws.write("elasticloadbalancing:ModifyTargetGroup", call).await?;
        }
        set_attributes(aws, have, want, delta).await?;
        if delta.take(field!(TargetGroupConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&TargetGroupConfig<Declared>>,
    ) -> Option<TargetGroupConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(TargetGroupConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.elb.delete_target_group().target_group_arn(&have.id.0).send();
        aws.write("elasticloadbalancing:DeleteTargetGroup", call).await.map(drop)
    }
}

/// Only HTTP has one.
fn protocol_version(want: &TargetGroupConfig) -> Option<String> {
    Some(want.protocol_version.clone()).filter(|version| !version.is_empty())
}

/// Sets what only attributes set, in one call.
async fn set_attributes(
    aws: &Aws,
    have: &Found<TargetGroup>,
    want: &TargetGroupConfig,
    delta: &mut Delta,
) -> Result<(), CallError> {
    let mut set: Vec<(&str, String)> = Vec::new();
    if delta.take(field!(TargetGroupConfig.deregistration_delay)) {
        set.push((DEREGISTRATION_DELAY, want.deregistration_delay.to_string()));
    }
    if delta.take(field!(TargetGroupConfig.attributes)) {
        set.extend(attributes::missing(&want.attributes, &have.config.attributes));
    }
    let made =
        |key: &str, value: String| TargetGroupAttribute::builder().key(key).value(value).build();
    let call = |set| {
        let call = aws.elb.modify_target_group_attributes().target_group_arn(&have.id.0);
        call.set_attributes(Some(set)).send()
    };
    attributes::set(aws, "elasticloadbalancing:ModifyTargetGroupAttributes", set, made, call).await
}

impl Shown for TargetGroup {
    type Item = types::TargetGroup;

    const TYPE: &'static str = "elasticloadbalancing:targetgroup";
    const LIST: &'static str = LIST;
    const ARN: &'static str = "TargetGroupArn";

    async fn list(aws: &Aws, arns: &[String]) -> Result<Vec<Self::Item>, CallError> {
        let call = |marker| {
            let call = aws.elb.describe_target_groups();
            call.set_target_group_arns(Some(arns.to_vec())).set_marker(marker).send()
        };
        aws.pages(LIST, call, |page| (page.target_groups, page.next_marker)).await
    }

    fn arn(from: &Self::Item) -> Option<&str> {
        from.target_group_arn()
    }

    async fn attributes(aws: &Aws, arn: &str) -> Result<Attributes, CallError> {
        let call = || aws.elb.describe_target_group_attributes().target_group_arn(arn).send();
        let answer = aws.read(SHOWS, call).await?;
        let told = required(SHOWS, "Attributes", answer.attributes)?;
        Attributes::told(SHOWS, told.iter().map(|it| (it.key(), it.value())))
    }

    fn read(
        aws: &Aws,
        from: &Self::Item,
        arn: &str,
        told: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError> {
        let protocol = required(LIST, "HealthCheckProtocol", from.health_check_protocol())?;
        let or_none = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let number = |element, value: Option<i32>| required(LIST, element, value);
        let health_check = HealthCheck {
            enabled: required(LIST, "HealthCheckEnabled", from.health_check_enabled())?,
            protocol: protocol.as_str().to_owned(),
            port: text(LIST, "HealthCheckPort", from.health_check_port())?.to_owned(),
            // Somebody else's may be asked in another way.
            path: or_none(from.health_check_path()),
            matcher: or_none(from.matcher().and_then(Matcher::http_code)),
            interval: number("HealthCheckIntervalSeconds", from.health_check_interval_seconds())?,
            timeout: number("HealthCheckTimeoutSeconds", from.health_check_timeout_seconds())?,
            healthy_threshold: number("HealthyThresholdCount", from.healthy_threshold_count())?,
            unhealthy_threshold: number(
                "UnhealthyThresholdCount",
                from.unhealthy_threshold_count(),
            )?,
        };
        let target_type = required(LIST, "TargetType", from.target_type())?;
        let protocol = required(LIST, "Protocol", from.protocol())?;
        Ok(Found {
            id: PhysicalId(arn.to_owned()),
            owner: owner_of(aws, Self::ABOUT.name, tags),
            config: TargetGroupConfig {
                vpc: VpcId::new(text(LIST, "VpcId", from.vpc_id())?),
                target_type: target_type.as_str().to_owned(),
                protocol: protocol.as_str().to_owned(),
                protocol_version: or_none(from.protocol_version()),
                port: number("Port", from.port())?,
                ip_address_type: from
                    .ip_address_type()
                    .map_or("ipv4", TargetGroupIpAddressTypeEnum::as_str)
                    .to_owned(),
                health_check,
                deregistration_delay: told.value(DEREGISTRATION_DELAY)?,
                attributes: told.of(attributes_of(protocol.as_str()))?,
                tags: Tags::of(aws, tags),
            },
            outputs: TargetGroupOutputs { arn: TargetGroupArn::new(arn) },
            phase: Phase::Ready,
        })
    }
}
