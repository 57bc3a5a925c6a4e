//! A set of DHCP options, and its association with a VPC: what instances are told of DNS and time servers.
//!
//! A set is never changed: another one takes its place, and instances learn of it as they renew their lease
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html>). A set that a VPC has cannot be
//! deleted: before that the VPC is given AWS's own.

use std::time::Duration;

use aws_sdk_ec2::types::{self, NewDhcpConfiguration, ResourceType, Vpc};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Owner, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        tags::{Tags, filter, ours, owner},
    },
    internet_gateway::AttachedVpc,
    scope::{Asked, keep},
    vpc::VpcId,
};

/// A set of DHCP options.
pub struct DhcpOptions;

/// The settable part of a [`DhcpOptions`].
#[derive(Clone, Debug)]
pub struct DhcpOptionsConfig<S: Stage = Resolved> {
    /// The VPC it is for.
    pub vpc: S::In<AttachedVpc>,
    /// Whether the VPC has it.
    pub associated: bool,
    /// The domain that is appended to names without one.
    pub domain_name: String,
    /// The DNS servers.
    pub domain_name_servers: Vec<String>,
    /// The time servers.
    pub ntp_servers: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

config! { DhcpOptionsConfig {
    vpc: Replace,
    associated: InPlace,
    domain_name: Replace,
    domain_name_servers: Replace,
    ntp_servers: Replace,
    tags: InPlace,
} }

/// What a [`DhcpOptions`] has once it exists.
#[derive(Clone, Debug)]
pub struct DhcpOptionsOutputs {}

/// What lists them.
const LIST: &str = "ec2:DescribeDhcpOptions";
/// What says which VPC has which.
const VPCS: &str = "ec2:DescribeVpcs";
const ASSOCIATE: &str = "ec2:AssociateDhcpOptions";
/// Stands for AWS's own set.
const DEFAULT: &str = "default";
/// What the options are called.
const DOMAIN_NAME: &str = "domain-name";
const DNS_SERVERS: &str = "domain-name-servers";
const NTP_SERVERS: &str = "ntp-servers";

impl Resource for DhcpOptions {
    type Cloud = Aws;
    type Config = DhcpOptionsConfig;
    type Outputs = DhcpOptionsOutputs;

    const ABOUT: Kind = Kind {
        name: "dhcp-options",
        ids: "dopt-*",
        summary: "What instances are told of DNS and time servers",
        cloudformation: "AWS::EC2::DHCPOptions",
        replacement: Replacement::CreateFirst,
        creation: Creation::Bare,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "none: instances learn of another set as they renew their lease",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[LIST, VPCS],
            write: &[
                "ec2:CreateDhcpOptions",
                ASSOCIATE,
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteDhcpOptions",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let sets = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_dhcp_options().set_filters(filters.clone());
                    let call = call.set_dhcp_options_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.dhcp_options, page.next_token),
            )
            .await?;
        // Where there is none, nobody has it.
        let vpcs = if sets.is_empty() { Vec::new() } else { our_vpcs(aws, scope).await? };
        let found: Result<Vec<_>, _> = sets.iter().map(|it| read(aws, it, &vpcs)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &DhcpOptionsConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::DhcpOptions, me);
        let options = [
            (DOMAIN_NAME, vec![want.domain_name.clone()]),
            (DNS_SERVERS, want.domain_name_servers.clone()),
            (NTP_SERVERS, want.ntp_servers.clone()),
        ];
        let options: Vec<NewDhcpConfiguration> = options
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(key, values)| {
                NewDhcpConfiguration::builder().key(key).set_values(Some(values)).build()
            })
            .collect();
        let call = || {
            let call = aws.ec2.create_dhcp_options().tag_specifications(tags.clone());
            call.set_dhcp_configurations(Some(options.clone())).send()
        };
        let operation = "ec2:CreateDhcpOptions";
        let created = aws.write(operation, call).await?;
        let id = created.dhcp_options.and_then(|set| set.dhcp_options_id);
        Ok(PhysicalId(text(operation, "dhcpOptionsId", id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &DhcpOptionsConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(DhcpOptionsConfig.associated))
            && let AttachedVpc(Some(vpc)) = &want.vpc
        {
            associate(aws, vpc.as_str(), &have.id.0).await?;
        }
        if delta.take(field!(DhcpOptionsConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&DhcpOptionsConfig<Declared>>,
    ) -> Option<DhcpOptionsConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(DhcpOptionsConfig { tags, ..have.config.clone() })
    }

    /// A VPC of ours that has it is given AWS's own; one of somebody else's is left alone.
    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let refused = match delete(aws, &have.id).await {
            Err(error) if error.class == Class::InUse => error,
            answer => return answer,
        };
        let mut given = false;
        for vpc in our_vpcs(aws, &Scope::Ids(&[])).await? {
            if vpc.dhcp_options_id() == Some(have.id.0.as_str()) {
                associate(aws, text(VPCS, "vpcId", vpc.vpc_id())?, DEFAULT).await?;
                given = true;
            }
        }
        if given { delete(aws, &have.id).await } else { Err(refused) }
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let has = filter("dhcp-options-id", [have.id.0.clone()]);
        let vpcs = aws
            .pages(
                VPCS,
                |token| aws.ec2.describe_vpcs().filters(has.clone()).set_next_token(token).send(),
                |page| (page.vpcs, page.next_token),
            )
            .await?;
        let name = |vpc: &Vpc| vpc.vpc_id().map(|id| format!("the VPC {id} has it"));
        Ok(vpcs.iter().filter_map(name).collect())
    }
}

async fn associate(aws: &Aws, vpc: &str, set: &str) -> Result<(), CallError> {
    let call = || aws.ec2.associate_dhcp_options().vpc_id(vpc).dhcp_options_id(set).send();
    aws.write(ASSOCIATE, call).await.map(drop)
}

async fn delete(aws: &Aws, id: &PhysicalId) -> Result<(), CallError> {
    let call = || aws.ec2.delete_dhcp_options().dhcp_options_id(&id.0).send();
    aws.write("ec2:DeleteDhcpOptions", call).await.map(drop)
}

/// The VPCs of ours. Where single sets are looked at, by their ids: a list by filter may be minutes behind.
async fn our_vpcs(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Vpc>, CallError> {
    let listed = aws
        .pages(
            VPCS,
            |token| aws.ec2.describe_vpcs().filters(ours(aws)).set_next_token(token).send(),
            |page| (page.vpcs, page.next_token),
        )
        .await?;
    let is_ours = |vpc: &Vpc| owner(aws, super::Vpc::ABOUT.name, vpc.tags()) != Owner::Other;
    let mut vpcs: Vec<Vpc> = listed.into_iter().filter(is_ours).collect();
    if let Scope::Ids(_) = scope {
        for vpc in &mut vpcs {
            let id = text(VPCS, "vpcId", vpc.vpc_id())?.to_owned();
            match aws.read(VPCS, || aws.ec2.describe_vpcs().vpc_ids(&id).send()).await {
                Ok(answer) => {
                    let now = answer.vpcs.unwrap_or_default().into_iter();
                    let now = now.into_iter().find(|it| it.vpc_id() == Some(id.as_str()));
                    *vpc = required(VPCS, "VPC that was asked for", now)?;
                }
                // It is on its way out.
                Err(error) if error.class == Class::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(vpcs)
}

fn read(
    aws: &Aws,
    from: &types::DhcpOptions,
    vpcs: &[Vpc],
) -> Result<Found<DhcpOptions>, CallError> {
    let id = text(LIST, "dhcpOptionsId", from.dhcp_options_id())?;
    let options = required(LIST, "dhcpConfigurationSet", from.dhcp_configurations.as_ref())?;
    let values = |key: &str| -> Vec<String> {
        let option = options.iter().find(|option| option.key() == Some(key));
        let values = option.map(types::DhcpConfiguration::values).unwrap_or_default();
        values.iter().filter_map(|value| value.value.clone()).collect()
    };
    let vpc = vpcs.iter().find(|vpc| vpc.dhcp_options_id() == Some(id));
    let vpc = vpc.map(|vpc| text(VPCS, "vpcId", vpc.vpc_id()).map(VpcId::new)).transpose()?;
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, DhcpOptions::ABOUT.name, from.tags()),
        config: DhcpOptionsConfig {
            associated: vpc.is_some(),
            vpc: AttachedVpc(vpc),
            domain_name: values(DOMAIN_NAME).into_iter().next().unwrap_or_default(),
            domain_name_servers: values(DNS_SERVERS),
            ntp_servers: values(NTP_SERVERS),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: DhcpOptionsOutputs {},
        phase: Phase::Ready,
    })
}
