//! An Application Load Balancer: it takes requests in two zones and hands them on as its listeners say.
//!
//! Its interfaces stay for some minutes after it is gone, and keep subnets and security groups from going
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-delete.html>).

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, LoadBalancerSchemeEnum, LoadBalancerTypeEnum,
};

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Declared, Delta, Found, Identity, Kind, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        ec2::{SecurityGroupId, SubnetId, VpcId},
        tagging,
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, TAGS, UNTAGS, as_tags,
    attributes::{self, Attributes},
    balancers::{
        self, Balancer, DELETES, DELETION_PROTECTION, LIST, MAKES, MAKES_ROLE, PATIENCE, SETS,
        SETS_ADDRESSES, SETS_GROUPS, SETS_SUBNETS, SHOWS, made, named, see_to_role, set_attributes,
    },
    dimension,
    look::find,
    object_name, retag, texts,
};

/// An Application Load Balancer.
pub struct LoadBalancer;

id!(
    /// The ARN of a [`LoadBalancer`].
    LoadBalancerArn
);

impl LoadBalancerArn {
    /// What its metrics are told apart by.
    pub fn dimension(&self) -> String {
        dimension(self.as_str())
    }
}

/// The settable part of a [`LoadBalancer`].
#[derive(Clone, Debug)]
pub struct LoadBalancerConfig<S: Stage = Resolved> {
    /// The VPC it is in, which follows from its subnets.
    pub vpc: S::In<VpcId>,
    /// Whether it is reached from the internet: `internal` or `internet-facing`.
    pub scheme: String,
    /// Its subnets, of two zones at least.
    pub subnets: Vec<S::In<SubnetId>>,
    /// The groups its interfaces are in.
    pub security_groups: Vec<S::In<SecurityGroupId>>,
    /// Which addresses it has.
    pub ip_address_type: String,
    /// For how many seconds a connection may be silent.
    pub idle_timeout: i32,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether headers with names that are none are taken off requests.
    pub drop_invalid_header_fields: bool,
    /// What it does with requests that others might read in another way.
    pub desync_mitigation_mode: String,
    /// The rest of how it treats requests.
    pub attributes: BTreeMap<String, String>,
    /// What has to be there before it can be reached.
    pub needs: S::After,
    /// Its tags.
    pub tags: Tags,
}

config! { LoadBalancerConfig {
    vpc: Replace,
    scheme: Replace,
    subnets: InPlace,
    security_groups: InPlace,
    ip_address_type: InPlace,
    idle_timeout: InPlace,
    deletion_protection: InPlace,
    drop_invalid_header_fields: InPlace,
    desync_mitigation_mode: InPlace,
    attributes: InPlace,
    needs: InPlace,
    tags: InPlace,
} }

impl<S: Stage> LoadBalancerConfig<S> {
    /// How a load balancer treats requests where nobody says anything.
    pub fn usual_attributes() -> BTreeMap<String, String> {
        attributes::usual(ATTRIBUTES)
    }
}

const IDLE_TIMEOUT: &str = "idle_timeout.timeout_seconds";
const DROP_INVALID: &str = "routing.http.drop_invalid_header_fields.enabled";
const DESYNC: &str = "routing.http.desync_mitigation_mode";
/// What else is about requests, with what is usual. Where it writes logs, shifts away from a zone or asks a firewall
/// is for others to set.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("client_keep_alive.seconds", "3600"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
];

/// What a [`LoadBalancer`] has once it exists.
#[derive(Clone, Debug)]
pub struct LoadBalancerOutputs {
    /// Its ARN.
    pub arn: LoadBalancerArn,
    /// Its name in the DNS.
    pub dns_name: String,
    /// The hosted zone that name is in: what an alias record has to say.
    pub hosted_zone_id: String,
}

impl Resource for LoadBalancer {
    type Cloud = Aws;
    type Config = LoadBalancerConfig;
    type Outputs = LoadBalancerOutputs;

    const ABOUT: Kind = Kind {
        name: "load-balancer",
        ids: "arn:*:elasticloadbalancing:*:loadbalancer/app/*",
        summary: "Takes HTTPS for the GUI of the node, from those who may",
        cloudformation: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_mins(3),
        typical_removal: Duration::from_secs(5),
        patience: PATIENCE,
        outage: "the GUI is not reached for some minutes, and then under another DNS name; the oracle goes on",
        // What comes from the internet goes back by the routes.
        stands_on: &["route-table"],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, LIST, SHOWS, LISTS_TAGS],
            write: &[
                MAKES_ROLE,
                MAKES,
                SETS,
                SETS_ADDRESSES,
                SETS_GROUPS,
                SETS_SUBNETS,
                TAGS,
                UNTAGS,
                DELETES,
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(aws, scope).await
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &LoadBalancerConfig,
    ) -> Result<PhysicalId, CallError> {
        see_to_role(aws).await?;
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let call = || {
            aws.elb
                .create_load_balancer()
                .name(&name)
                .r#type(LoadBalancerTypeEnum::Application)
                .scheme(LoadBalancerSchemeEnum::from(want.scheme.as_str()))
                .ip_address_type(IpAddressType::from(want.ip_address_type.as_str()))
                .set_subnets(Some(texts(&want.subnets, SubnetId::as_str)))
                .set_security_groups(Some(texts(&want.security_groups, SecurityGroupId::as_str)))
                .set_tags(Some(tags.clone()))
                .send()
        };
        made(aws.write(MAKES, call).await?.load_balancers)
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &LoadBalancerConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        named(aws, me).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &LoadBalancerConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let arn = have.id.0.as_str();
        if delta.take(field!(LoadBalancerConfig.ip_address_type)) {
            balancers::set_addresses(aws, arn, &want.ip_address_type).await?;
        }
        if delta.take(field!(LoadBalancerConfig.security_groups)) {
            balancers::set_groups(aws, arn, &want.security_groups).await?;
        }
        // All of them each time: what is left out goes.
        if delta.take(field!(LoadBalancerConfig.subnets)) {
            let subnets = texts(&want.subnets, SubnetId::as_str);
            let call = || {
                let call = aws.elb.set_subnets().load_balancer_arn(arn);
                call.set_subnets(Some(subnets.clone())).send()
            };
            aws.write(SETS_SUBNETS, call).await?;
        }
        set_attributes(aws, arn, attributes_of(have, want, delta)).await?;
        if delta.take(field!(LoadBalancerConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&LoadBalancerConfig<Declared>>,
    ) -> Option<LoadBalancerConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(LoadBalancerConfig { tags, ..have.config.clone() })
    }

    fn protection(have: &Found<Self>) -> Option<String> {
        have.config.deletion_protection.then(|| {
            "it is protected from deletion: set gui.loadBalancer.deletionProtection to false, apply that, and delete then".to_owned()
        })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        balancers::delete(aws, &have.id).await
    }
}

/// What only attributes set, of what is to change.
fn attributes_of<'a>(
    have: &Found<LoadBalancer>,
    want: &'a LoadBalancerConfig,
    delta: &mut Delta,
) -> Vec<(&'a str, String)> {
    let mut set: Vec<(&str, String)> = Vec::new();
    if delta.take(field!(LoadBalancerConfig.idle_timeout)) {
        set.push((IDLE_TIMEOUT, want.idle_timeout.to_string()));
    }
    if delta.take(field!(LoadBalancerConfig.deletion_protection)) {
        set.push((DELETION_PROTECTION, want.deletion_protection.to_string()));
    }
    if delta.take(field!(LoadBalancerConfig.drop_invalid_header_fields)) {
        set.push((DROP_INVALID, want.drop_invalid_header_fields.to_string()));
    }
    if delta.take(field!(LoadBalancerConfig.desync_mitigation_mode)) {
        set.push((DESYNC, want.desync_mitigation_mode.clone()));
    }
    if delta.take(field!(LoadBalancerConfig.attributes)) {
        set.extend(attributes::missing(&want.attributes, &have.config.attributes));
    }
    set
}

impl Balancer for LoadBalancer {
    const TYPE: LoadBalancerTypeEnum = LoadBalancerTypeEnum::Application;

    fn read(
        aws: &Aws,
        from: &types::LoadBalancer,
        arn: &str,
        told: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError> {
        let zones = required(LIST, "AvailabilityZones", from.availability_zones.as_ref())?.iter();
        let subnets = zones.map(|zone| text(LIST, "SubnetId", zone.subnet_id()).map(SubnetId::new));
        let scheme = required(LIST, "Scheme", from.scheme())?;
        Ok(Found {
            id: PhysicalId(arn.to_owned()),
            owner: owner_of(aws, Self::ABOUT.name, tags),
            config: LoadBalancerConfig {
                vpc: VpcId::new(text(LIST, "VpcId", from.vpc_id())?),
                scheme: scheme.as_str().to_owned(),
                subnets: subnets.collect::<Result<_, _>>()?,
                security_groups: balancers::groups(from),
                ip_address_type: balancers::addresses(from),
                idle_timeout: told.value(IDLE_TIMEOUT)?,
                deletion_protection: told.value(DELETION_PROTECTION)?,
                drop_invalid_header_fields: told.value(DROP_INVALID)?,
                desync_mitigation_mode: told.value(DESYNC)?,
                attributes: told.of(ATTRIBUTES)?,
                needs: (),
                tags: Tags::of(aws, tags),
            },
            outputs: balancers::outputs(from, arn)?,
            phase: balancers::phase(from)?,
        })
    }
}
