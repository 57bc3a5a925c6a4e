//! A public NAT gateway: the way out for what has no public address.

use std::time::Duration;

use aws_sdk_ec2::types::{self, ConnectivityType, NatGatewayState, ResourceType};

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
        answers::{required, text},
        clients::Aws,
        tags::{Tags, owner},
    },
    blockers,
    eip::EipId,
    scope::{Asked, keep},
    subnet::SubnetId,
};

/// A NAT gateway.
pub struct NatGateway;

id!(
    /// The id of a [`NatGateway`].
    NatGatewayId
);

/// The settable part of a [`NatGateway`].
#[derive(Clone, Debug)]
pub struct NatGatewayConfig<S: Stage = Resolved> {
    /// The public subnet it is in.
    pub subnet: S::In<SubnetId>,
    /// The address it speaks from.
    pub eip: S::In<EipId>,
    /// The gateway that has to be attached to the VPC: without it AWS says yes and fails later.
    pub internet_gateway: S::After,
    /// Its tags.
    pub tags: Tags,
}

config! { NatGatewayConfig {
    subnet: Replace,
    eip: Replace,
    internet_gateway: InPlace,
    tags: InPlace,
} }

/// What a [`NatGateway`] has once it exists.
#[derive(Clone, Debug)]
pub struct NatGatewayOutputs {
    /// Its id.
    pub id: NatGatewayId,
}

/// What lists them.
pub(super) const LIST: &str = "ec2:DescribeNatGateways";

impl Resource for NatGateway {
    type Cloud = Aws;
    type Config = NatGatewayConfig;
    type Outputs = NatGatewayOutputs;

    const ABOUT: Kind = Kind {
        name: "nat-gateway",
        ids: "nat-*",
        summary: "The way out to the internet for one zone's private subnet",
        cloudformation: "AWS::EC2::NatGateway",
        // Two cannot speak from one address.
        replacement: Replacement::DeleteFirst,
        creation: Creation::Token,
        typical: Duration::from_secs(110),
        typical_removal: Duration::from_mins(1),
        patience: Duration::from_mins(30),
        outage: "the private subnets behind it cannot reach the internet for about four minutes",
        // Its address is mapped through the internet gateway, which cannot be detached before.
        stands_on: &["internet-gateway"],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeNatGateways", "ec2:DescribeNetworkInterfaces"],
            write: &[
                "ec2:CreateNatGateway",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteNatGateway",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let gateways = aws
            .pages(
                LIST,
                |token| {
                    // Here the parameter's name is singular.
                    let call = aws.ec2.describe_nat_gateways().set_filter(filters.clone());
                    let call = call.set_nat_gateway_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.nat_gateways, page.next_token),
            )
            .await?;
        let found: Result<Vec<_>, _> = gateways.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &NatGatewayConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::Natgateway, me);
        let token = aws.environment.token(me);
        let call = || {
            aws.ec2
                .create_nat_gateway()
                .client_token(&token)
                .subnet_id(want.subnet.as_str())
                .allocation_id(want.eip.as_str())
                .connectivity_type(ConnectivityType::Public)
                .tag_specifications(tags.clone())
                .send()
        };
        let operation = "ec2:CreateNatGateway";
        let created = aws.write(operation, call).await?;
        let id = created.nat_gateway.and_then(|gateway| gateway.nat_gateway_id);
        Ok(PhysicalId(text(operation, "natGatewayId", id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &NatGatewayConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(NatGatewayConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&NatGatewayConfig<Declared>>,
    ) -> Option<NatGatewayConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(NatGatewayConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_nat_gateway().nat_gateway_id(&have.id.0).send();
        aws.write("ec2:DeleteNatGateway", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        blockers::interfaces(aws, "subnet-id", have.config.subnet.as_str()).await
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn read(aws: &Aws, from: &types::NatGateway) -> Result<Found<NatGateway>, CallError> {
    let id = text(LIST, "natGatewayId", from.nat_gateway_id())?;
    let state = required(LIST, "state", from.state())?;
    let addresses = from.nat_gateway_addresses();
    let primary = addresses.iter().find(|address| address.is_primary() == Some(true));
    let allocation = primary.or(addresses.first()).and_then(|address| address.allocation_id());
    let public = from.connectivity_type() != Some(&ConnectivityType::Private);
    let allocation = match state {
        // A private one has none, and what is of no use any more may have lost it.
        NatGatewayState::Available | NatGatewayState::Pending if public => {
            text(LIST, "allocationId", allocation)?
        }
        _ => allocation.unwrap_or_default(),
    };
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, NatGateway::ABOUT.name, from.tags()),
        config: NatGatewayConfig {
            subnet: SubnetId::new(text(LIST, "subnetId", from.subnet_id())?),
            eip: EipId::new(allocation),
            internet_gateway: (),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: NatGatewayOutputs { id: NatGatewayId::new(id) },
        phase: match state {
            NatGatewayState::Available => Phase::Ready,
            NatGatewayState::Failed => Phase::Failed(format!(
                "{}: {}",
                from.failure_code().unwrap_or("no code"),
                from.failure_message().unwrap_or("no message")
            )),
            NatGatewayState::Deleting => Phase::Going,
            NatGatewayState::Deleted => Phase::Gone,
            state => Phase::Pending(state.as_str().to_owned()),
        },
    })
}
