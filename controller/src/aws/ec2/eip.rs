//! An Elastic IP address. It is never replaced: others may have written it down.

use std::time::Duration;

use aws_sdk_ec2::types::{self, DomainType, ResourceType};

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Delta, Found, Identity, Kind, Phase, PhysicalId, Replacement,
        Resource, Scope,
    },
    field, id,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        tags::{Tags, owner},
    },
    scope::{Asked, keep},
};

/// An Elastic IP address.
pub struct Eip;

id!(
    /// The allocation id of an [`Eip`].
    EipId
);

/// The settable part of an [`Eip`].
#[derive(Clone, Debug)]
pub struct EipConfig {
    /// Its tags.
    pub tags: Tags,
}

config! { EipConfig, no references { tags: InPlace } }

/// What an [`Eip`] has once it exists.
#[derive(Clone, Debug)]
pub struct EipOutputs {
    /// Its allocation id.
    pub id: EipId,
    /// The address.
    pub public_ip: String,
    association: Option<String>,
}

/// What lists them.
const LIST: &str = "ec2:DescribeAddresses";

impl Resource for Eip {
    type Cloud = Aws;
    type Config = EipConfig;
    type Outputs = EipOutputs;

    const ABOUT: Kind = Kind {
        name: "eip",
        ids: "eipalloc-*",
        summary: "A public address that stays",
        cloudformation: "AWS::EC2::EIP",
        replacement: Replacement::Never,
        creation: Creation::Bare,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(20),
        outage: "the address is lost for good",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeAddresses"],
            write: &[
                "ec2:AllocateAddress",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:ReleaseAddress",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page: _ } = Asked::of(aws, scope);
        // This list has no pages.
        let call = || {
            let call = aws.ec2.describe_addresses().set_filters(filters.clone());
            call.set_allocation_ids(ids.clone()).send()
        };
        let answer = aws.read(LIST, call).await?;
        let addresses = required(LIST, "addressesSet", answer.addresses)?;
        let found: Result<Vec<_>, _> = addresses.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(aws: &Aws, me: &Identity, want: &EipConfig) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::ElasticIp, me);
        let call = || {
            aws.ec2
                .allocate_address()
                .domain(DomainType::Vpc)
                .tag_specifications(tags.clone())
                .send()
        };
        let operation = "ec2:AllocateAddress";
        let created = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "allocationId", created.allocation_id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &EipConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(EipConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&EipConfig>) -> Option<EipConfig> {
        Some(EipConfig { tags: have.config.tags.becoming(to.map(|it| &it.tags)) })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.release_address().allocation_id(&have.id.0).send();
        aws.write("ec2:ReleaseAddress", call).await.map(drop)
    }

    async fn blockers(_: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        Ok(have
            .outputs
            .association
            .iter()
            .map(|to| format!("it is associated with {to}"))
            .collect())
    }
}

fn read(aws: &Aws, from: &types::Address) -> Result<Found<Eip>, CallError> {
    let id = text(LIST, "allocationId", from.allocation_id())?;
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, Eip::ABOUT.name, from.tags()),
        config: EipConfig { tags: Tags::read(aws, from.tags()) },
        outputs: EipOutputs {
            id: EipId::new(id),
            public_ip: text(LIST, "publicIp", from.public_ip())?.to_owned(),
            association: from
                .instance_id()
                .filter(|id| !id.is_empty())
                .or(from.network_interface_id())
                .map(ToOwned::to_owned),
        },
        phase: Phase::Ready,
    })
}
