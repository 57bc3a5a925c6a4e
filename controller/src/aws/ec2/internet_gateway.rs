//! An internet gateway and its attachment to a VPC.

use std::time::Duration;

use aws_sdk_ec2::types::{self, AttachmentStatus, ResourceType};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Kind, Outputs, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
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
    scope::{Asked, keep},
    vpc::VpcId,
};

/// An internet gateway.
pub struct InternetGateway;

id!(
    /// The id of an [`InternetGateway`].
    InternetGatewayId
);

/// The VPC a gateway is for. A gateway that is detached is for none, and may serve any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedVpc(pub Option<VpcId>);

impl Field for AttachedVpc {
    type Resolved = Self;

    fn cell(&self, outputs: &Outputs) -> Cell {
        self.0.as_ref().map_or(Cell::Any, |vpc| vpc.cell(outputs))
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        self.0.iter().for_each(|vpc| vpc.uses(visit));
    }

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of an [`InternetGateway`].
#[derive(Clone, Debug)]
pub struct InternetGatewayConfig<S: Stage = Resolved> {
    /// The VPC it is for.
    pub vpc: S::In<AttachedVpc>,
    /// Whether it is attached.
    pub attached: bool,
    /// Its tags.
    pub tags: Tags,
}

config! { InternetGatewayConfig {
    vpc: Replace,
    attached: InPlace,
    tags: InPlace,
} }

/// What an [`InternetGateway`] has once it exists.
#[derive(Clone, Debug)]
pub struct InternetGatewayOutputs {
    /// Its id.
    pub id: InternetGatewayId,
}

/// What lists them.
const LIST: &str = "ec2:DescribeInternetGateways";

impl Resource for InternetGateway {
    type Cloud = Aws;
    type Config = InternetGatewayConfig;
    type Outputs = InternetGatewayOutputs;

    const ABOUT: Kind = Kind {
        name: "internet-gateway",
        ids: "igw-*",
        summary: "The way between the network and the internet",
        cloudformation: "AWS::EC2::InternetGateway",
        // A VPC has one at most.
        replacement: Replacement::DeleteFirst,
        creation: Creation::Bare,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(20),
        outage: "nothing in the network reaches the internet, nor is reached from it, until it is back",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeInternetGateways", "ec2:DescribeNetworkInterfaces"],
            write: &[
                "ec2:CreateInternetGateway",
                "ec2:AttachInternetGateway",
                "ec2:DetachInternetGateway",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteInternetGateway",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let gateways = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_internet_gateways().set_filters(filters.clone());
                    let call = call.set_internet_gateway_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.internet_gateways, page.next_token),
            )
            .await?;
        let found: Result<Vec<_>, _> = gateways.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &InternetGatewayConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::InternetGateway, me);
        let call = || aws.ec2.create_internet_gateway().tag_specifications(tags.clone()).send();
        let operation = "ec2:CreateInternetGateway";
        let created = aws.write(operation, call).await?;
        let id = created.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
        Ok(PhysicalId(text(operation, "internetGatewayId", id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &InternetGatewayConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(InternetGatewayConfig.attached))
            && let AttachedVpc(Some(vpc)) = &want.vpc
        {
            let call = || {
                let call = aws.ec2.attach_internet_gateway().internet_gateway_id(&have.id.0);
                call.vpc_id(vpc.as_str()).send()
            };
            aws.write("ec2:AttachInternetGateway", call).await?;
        }
        if delta.take(field!(InternetGatewayConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&InternetGatewayConfig<Declared>>,
    ) -> Option<InternetGatewayConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(InternetGatewayConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        if let AttachedVpc(Some(vpc)) = &have.config.vpc {
            let call = || {
                let call = aws.ec2.detach_internet_gateway().internet_gateway_id(&have.id.0);
                call.vpc_id(vpc.as_str()).send()
            };
            match aws.write("ec2:DetachInternetGateway", call).await {
                Err(error) if error.class != Class::NotFound => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        let call = || aws.ec2.delete_internet_gateway().internet_gateway_id(&have.id.0).send();
        aws.write("ec2:DeleteInternetGateway", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        match &have.config.vpc.0 {
            Some(vpc) => blockers::interfaces(aws, "vpc-id", vpc.as_str()).await,
            None => Ok(Vec::new()),
        }
    }
}

fn read(aws: &Aws, from: &types::InternetGateway) -> Result<Found<InternetGateway>, CallError> {
    let id = text(LIST, "internetGatewayId", from.internet_gateway_id())?;
    let attachments = required(LIST, "attachmentSet", from.attachments.as_ref())?;
    let (mut vpc, mut state) = (None, None);
    if let Some(attachment) = attachments.first() {
        vpc = Some(VpcId::new(text(LIST, "vpcId", attachment.vpc_id())?));
        state = Some(required(LIST, "attachment's state", attachment.state())?);
    }
    // EC2 says `available` of a gateway, and documents `attached` as well.
    let attached = state.is_some_and(|state| matches!(state.as_str(), "available" | "attached"));
    let phase = match state {
        Some(state @ (AttachmentStatus::Attaching | AttachmentStatus::Detaching)) => {
            Phase::Pending(state.as_str().to_owned())
        }
        Some(_) | None => Phase::Ready,
    };
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, InternetGateway::ABOUT.name, from.tags()),
        config: InternetGatewayConfig {
            vpc: AttachedVpc(vpc),
            attached,
            tags: Tags::read(aws, from.tags()),
        },
        outputs: InternetGatewayOutputs { id: InternetGatewayId::new(id) },
        phase,
    })
}
