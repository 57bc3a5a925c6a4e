//! A subnet: a block of a VPC's addresses in one availability zone.

use std::time::Duration;

use aws_sdk_ec2::types::{self, AttributeBooleanValue, ResourceType, SubnetState};
use ipnet::Ipv4Net;

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Declared, Delta, Found, Identity, Kind, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{parsed, required, text},
        clients::Aws,
        tags::{Tags, filter, owner},
    },
    blockers,
    scope::{Asked, keep},
    vpc::VpcId,
};

/// A subnet.
pub struct Subnet;

id!(
    /// The id of a [`Subnet`].
    SubnetId
);

/// The settable part of a [`Subnet`].
#[derive(Clone, Debug)]
pub struct SubnetConfig<S: Stage = Resolved> {
    /// The VPC it is a block of.
    pub vpc: S::In<VpcId>,
    /// The availability zone it is in.
    pub zone: String,
    /// Its range of addresses.
    pub cidr: Ipv4Net,
    /// Whether instances launched into it get a public address.
    pub map_public_ip: bool,
    /// Its tags.
    pub tags: Tags,
}

config! { SubnetConfig {
    vpc: Replace,
    zone: Replace,
    cidr: Replace,
    map_public_ip: InPlace,
    tags: InPlace,
} }

/// What a [`Subnet`] has once it exists.
#[derive(Clone, Debug)]
pub struct SubnetOutputs {
    /// Its id.
    pub id: SubnetId,
}

/// What lists them.
pub(super) const LIST: &str = "ec2:DescribeSubnets";

impl Resource for Subnet {
    type Cloud = Aws;
    type Config = SubnetConfig;
    type Outputs = SubnetOutputs;

    const ABOUT: Kind = Kind {
        name: "subnet",
        ids: "subnet-*",
        summary: "A block of the network's addresses in one availability zone",
        cloudformation: "AWS::EC2::Subnet",
        // Unless the two overlap.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(20),
        outage: "where the ranges of the two overlap, everything in the subnet stops until it is rebuilt",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"],
            write: &[
                "ec2:CreateSubnet",
                "ec2:ModifySubnetAttribute",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteSubnet",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let subnets = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_subnets().set_filters(filters.clone());
                    call.set_subnet_ids(ids.clone())
                        .set_max_results(page)
                        .set_next_token(token)
                        .send()
                },
                |page| (page.subnets, page.next_token),
            )
            .await?;
        let found: Result<Vec<_>, _> = subnets.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &SubnetConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::Subnet, me);
        let call = || {
            aws.ec2
                .create_subnet()
                .vpc_id(want.vpc.as_str())
                .availability_zone(&want.zone)
                .cidr_block(want.cidr.to_string())
                .tag_specifications(tags.clone())
                .send()
        };
        let operation = "ec2:CreateSubnet";
        let created = aws.write(operation, call).await?;
        let id = created.subnet.and_then(|subnet| subnet.subnet_id);
        Ok(PhysicalId(text(operation, "subnetId", id)?))
    }

    async fn holder(
        aws: &Aws,
        _: &Identity,
        want: &SubnetConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        // Whoever overlaps stands in the way, not only a block of the same size.
        let filters = vec![filter("vpc-id", [want.vpc.to_string()])];
        let subnets = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_subnets().set_filters(Some(filters.clone()));
                    call.max_results(1000).set_next_token(token).send()
                },
                |page| (page.subnets, page.next_token),
            )
            .await?;
        // One of IPv6 alone has no range that could overlap.
        let ranged = subnets.iter().filter(|subnet| subnet.ipv6_native() != Some(true));
        let read: Result<Vec<_>, _> = ranged.map(|subnet| read(aws, subnet)).collect();
        Ok(read?.into_iter().find(|found| Self::collides(want, found)))
    }

    fn collides(want: &SubnetConfig, have: &Found<Self>) -> bool {
        let had = &have.config;
        had.vpc == want.vpc && (had.cidr.contains(&want.cidr) || want.cidr.contains(&had.cidr))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &SubnetConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(SubnetConfig.map_public_ip)) {
            let value = AttributeBooleanValue::builder().value(want.map_public_ip).build();
            let call = || {
                let call = aws.ec2.modify_subnet_attribute().subnet_id(&have.id.0);
                call.map_public_ip_on_launch(value.clone()).send()
            };
            aws.write("ec2:ModifySubnetAttribute", call).await?;
        }
        if delta.take(field!(SubnetConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&SubnetConfig<Declared>>) -> Option<SubnetConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(SubnetConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_subnet().subnet_id(&have.id.0).send();
        aws.write("ec2:DeleteSubnet", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        blockers::interfaces(aws, "subnet-id", &have.id.0).await
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn read(aws: &Aws, from: &types::Subnet) -> Result<Found<Subnet>, CallError> {
    let id = text(LIST, "subnetId", from.subnet_id())?;
    let cidr = match from.ipv6_native() {
        // Somebody else's: ours have a range.
        Some(true) => Ipv4Net::default(),
        Some(false) | None => parsed(LIST, "cidrBlock", from.cidr_block())?,
    };
    let public = required(LIST, "mapPublicIpOnLaunch", from.map_public_ip_on_launch())?;
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, Subnet::ABOUT.name, from.tags()),
        config: SubnetConfig {
            vpc: VpcId::new(text(LIST, "vpcId", from.vpc_id())?),
            zone: text(LIST, "availabilityZone", from.availability_zone())?.to_owned(),
            cidr,
            map_public_ip: public,
            tags: Tags::read(aws, from.tags()),
        },
        outputs: SubnetOutputs { id: SubnetId::new(id) },
        phase: match required(LIST, "state", from.state())? {
            SubnetState::Available => Phase::Ready,
            SubnetState::FailedInsufficientCapacity => {
                Phase::Failed("insufficient capacity".into())
            }
            state => Phase::Pending(state.as_str().to_owned()),
        },
    })
}
