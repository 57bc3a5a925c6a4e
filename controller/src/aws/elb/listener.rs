//! A listener: what a load balancer does with what comes in at one port.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_elasticloadbalancingv2::types::{
    self, ListenerAttribute, MutualAuthenticationAttributes, ProtocolEnum, Tag,
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
        tagging,
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, TAGS, UNTAGS,
    action::Action,
    as_tags,
    attributes::{self, Attributes},
    load_balancer::LoadBalancerArn,
    look::{Shown, find, one},
    retag,
};

/// A listener.
pub struct Listener;

id!(
    /// The ARN of a [`Listener`].
    ListenerArn
);

/// The ARN of the certificate a [`Listener`] shows, if it shows one. It is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Certificate(pub Option<String>);
leaf!(Certificate);

/// The settable part of a [`Listener`].
#[derive(Clone, Debug)]
pub struct ListenerConfig<S: Stage = Resolved> {
    /// The load balancer it listens for.
    pub load_balancer: S::In<LoadBalancerArn>,
    /// The port.
    pub port: i32,
    /// What is spoken there.
    pub protocol: String,
    /// The certificate it shows, if it speaks HTTPS.
    pub certificate: S::In<Certificate>,
    /// Which versions of TLS and which ciphers it speaks, if it does.
    pub ssl_policy: String,
    /// Whether it asks for a certificate of who comes.
    pub mutual_authentication: String,
    /// What it does with what no rule is for.
    pub default_action: Action<S>,
    /// What it adds to answers, or how long it keeps connections.
    pub attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

config! { ListenerConfig {
    load_balancer: Replace,
    port: InPlace,
    protocol: InPlace,
    certificate: InPlace,
    ssl_policy: InPlace,
    mutual_authentication: InPlace,
    default_action: InPlace,
    attributes: InPlace,
    tags: InPlace,
} }

impl<S: Stage> ListenerConfig<S> {
    /// What a listener that speaks so adds to answers, or how long it keeps connections, where nobody says anything.
    pub fn usual_attributes(protocol: &str) -> BTreeMap<String, String> {
        attributes::usual(attributes_of(protocol))
    }
}

/// What it adds to answers or replaces in them, with what is usual: the node says for itself what browsers may do
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html>).
const OF_ANSWERS: &[(&str, &str)] = &[
    ("routing.http.response.access_control_allow_credentials.header_value", ""),
    ("routing.http.response.access_control_allow_headers.header_value", ""),
    ("routing.http.response.access_control_allow_methods.header_value", ""),
    ("routing.http.response.access_control_allow_origin.header_value", ""),
    ("routing.http.response.access_control_expose_headers.header_value", ""),
    ("routing.http.response.access_control_max_age.header_value", ""),
    ("routing.http.response.content_security_policy.header_value", ""),
    ("routing.http.response.server.enabled", "true"),
    ("routing.http.response.strict_transport_security.header_value", ""),
    ("routing.http.response.x_content_type_options.header_value", ""),
    ("routing.http.response.x_frame_options.header_value", ""),
];

/// For how many seconds a connection may be silent
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout>).
const OF_CONNECTIONS: &[(&str, &str)] = &[("tcp.idle_timeout.seconds", "350")];

/// Those of a listener that speaks so. What we never declare has none that matter.
fn attributes_of(protocol: &str) -> &'static [(&'static str, &'static str)] {
    match protocol {
        "HTTP" | "HTTPS" => OF_ANSWERS,
        "TCP" => OF_CONNECTIONS,
        _ => &[],
    }
}

/// The fields that one call sets, all of them.
const SETTINGS: [&str; 6] = [
    field!(ListenerConfig.port),
    field!(ListenerConfig.protocol),
    field!(ListenerConfig.certificate),
    field!(ListenerConfig.ssl_policy),
    field!(ListenerConfig.mutual_authentication),
    field!(ListenerConfig.default_action),
];

/// What a [`Listener`] has once it exists.
#[derive(Clone, Debug)]
pub struct ListenerOutputs {
    /// Its ARN.
    pub arn: ListenerArn,
}

/// What lists them.
const LIST: &str = "elasticloadbalancing:DescribeListeners";
/// What shows the attributes of one.
const SHOWS: &str = "elasticloadbalancing:DescribeListenerAttributes";
/// That nobody is asked for a certificate.
const OFF: &str = "off";

impl Resource for Listener {
    type Cloud = Aws;
    type Config = ListenerConfig;
    type Outputs = ListenerOutputs;

    const ABOUT: Kind = Kind {
        name: "listener",
        ids: "arn:*:elasticloadbalancing:*:listener/*",
        summary: "What a load balancer does with what comes in at one port",
        cloudformation: "AWS::ElasticLoadBalancingV2::Listener",
        // A target group is for one load balancer: the listener of the old one lets it go first
        // (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html>).
        replacement: Replacement::DeleteFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(10),
        outage: "nobody comes in through it, to the GUI or as a peer, until the new load balancer is reached",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, LIST, SHOWS, LISTS_TAGS],
            write: &[
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                TAGS,
                UNTAGS,
                "elasticloadbalancing:DeleteListener",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(aws, scope).await
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &ListenerConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags: Vec<Tag> = as_tags(&want.tags, me.ordinal);
        let call = || {
            aws.elb
                .create_listener()
                .load_balancer_arn(want.load_balancer.as_str())
                .port(want.port)
                .protocol(ProtocolEnum::from(want.protocol.as_str()))
                .set_certificates(certificates(want))
                .set_ssl_policy(ssl_policy(want))
                .set_mutual_authentication(mutual_authentication(want))
                .set_default_actions(Some(want.default_action.said()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "elasticloadbalancing:CreateListener";
        let made = aws.write(operation, call).await?.listeners;
        let made = made.and_then(|made| made.into_iter().next());
        Ok(PhysicalId(text(operation, "ListenerArn", made.and_then(|it| it.listener_arn))?))
    }

    async fn holder(
        aws: &Aws,
        _: &Identity,
        want: &ListenerConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let balancer = want.load_balancer.as_str();
        let all = aws.pages(
            LIST,
            |marker| {
                let call = aws.elb.describe_listeners().load_balancer_arn(balancer);
                call.set_marker(marker).send()
            },
            |page| (page.listeners, page.next_marker),
        );
        let all = match all.await {
            Err(error) if error.class == Class::NotFound => return Ok(None),
            all => all?,
        };
        let there = all.iter().find(|it| it.port() == Some(want.port));
        one(aws, there.and_then(types::Listener::listener_arn)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &ListenerConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let mut changes = false;
        for field in SETTINGS {
            changes |= delta.take(field);
        }
        if changes {
            let call = || {
                aws.elb
                    .modify_listener()
                    .listener_arn(&have.id.0)
                    .port(want.port)
                    .protocol(ProtocolEnum::from(want.protocol.as_str()))
                    .set_certificates(certificates(want))
                    .set_ssl_policy(ssl_policy(want))
                    .set_mutual_authentication(mutual_authentication(want))
                    .set_default_actions(Some(want.default_action.said()))
                    .send()
            };
            aws.write("elasticloadbalancing:ModifyListener", call).await?;
        }
        if delta.take(field!(ListenerConfig.attributes)) {
            let set = attributes::missing(&want.attributes, &have.config.attributes).collect();
            let made = |key: &str, value: String| {
                ListenerAttribute::builder().key(key).value(value).build()
            };
            let call = |set| {
                let call = aws.elb.modify_listener_attributes().listener_arn(&have.id.0);
                call.set_attributes(Some(set)).send()
            };
            attributes::set(aws, "elasticloadbalancing:ModifyListenerAttributes", set, made, call)
                .await?;
        }
        if delta.take(field!(ListenerConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&ListenerConfig<Declared>>,
    ) -> Option<ListenerConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(ListenerConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.elb.delete_listener().listener_arn(&have.id.0).send();
        aws.write("elasticloadbalancing:DeleteListener", call).await.map(drop)
    }
}

fn certificates(want: &ListenerConfig) -> Option<Vec<types::Certificate>> {
    let arn = want.certificate.0.as_ref()?;
    Some(vec![types::Certificate::builder().certificate_arn(arn).build()])
}

/// Only what speaks TLS has one.
fn ssl_policy(want: &ListenerConfig) -> Option<String> {
    Some(want.ssl_policy.clone()).filter(|policy| !policy.is_empty())
}

fn mutual_authentication(want: &ListenerConfig) -> Option<MutualAuthenticationAttributes> {
    want.certificate.0.as_ref()?;
    Some(MutualAuthenticationAttributes::builder().mode(&want.mutual_authentication).build())
}

impl Shown for Listener {
    type Item = types::Listener;

    const TYPE: &'static str = "elasticloadbalancing:listener";
    const LIST: &'static str = LIST;
    const ARN: &'static str = "ListenerArn";

    async fn list(aws: &Aws, arns: &[String]) -> Result<Vec<Self::Item>, CallError> {
        let call = |marker| {
            let call = aws.elb.describe_listeners();
            call.set_listener_arns(Some(arns.to_vec())).set_marker(marker).send()
        };
        aws.pages(LIST, call, |page| (page.listeners, page.next_marker)).await
    }

    fn arn(from: &Self::Item) -> Option<&str> {
        from.listener_arn()
    }

    async fn attributes(aws: &Aws, arn: &str) -> Result<Attributes, CallError> {
        let call = || aws.elb.describe_listener_attributes().listener_arn(arn).send();
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
        let balancer = text(LIST, "LoadBalancerArn", from.load_balancer_arn())?;
        let protocol = required(LIST, "Protocol", from.protocol())?;
        let mut certificate = from.certificates().first().and_then(|it| it.certificate_arn());
        let mut policy = from.ssl_policy();
        if *protocol == ProtocolEnum::Https {
            certificate = Some(text(LIST, "CertificateArn", certificate)?);
            policy = Some(text(LIST, "SslPolicy", policy)?);
        }
        let asks = from.mutual_authentication().and_then(MutualAuthenticationAttributes::mode);
        let actions = required(LIST, "DefaultActions", from.default_actions.as_ref())?;
        Ok(Found {
            id: PhysicalId(arn.to_owned()),
            owner: owner_of(aws, Self::ABOUT.name, tags),
            config: ListenerConfig {
                load_balancer: LoadBalancerArn::new(balancer),
                port: required(LIST, "Port", from.port())?,
                protocol: protocol.as_str().to_owned(),
                certificate: Certificate(certificate.map(ToOwned::to_owned)),
                ssl_policy: policy.unwrap_or_default().to_owned(),
                mutual_authentication: asks.unwrap_or(OFF).to_owned(),
                default_action: Action::read(LIST, actions)?,
                attributes: told.of(attributes_of(protocol.as_str()))?,
                tags: Tags::of(aws, tags),
            },
            outputs: ListenerOutputs { arn: ListenerArn::new(arn) },
            phase: Phase::Ready,
        })
    }
}
