//! A VPC endpoint: the way to a service of AWS's without the internet.
//!
//! A gateway endpoint puts routes into tables, which are its own and go with it; an interface endpoint puts
//! a network interface into each subnet
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html>).

use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType, VpcEndpointType};

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Declared, Delta, Found, Identity, Kind, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id, leaf,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        policy::Policy,
        tags::{Tags, owner},
    },
    refused::refused,
    route_table::RouteTableId,
    scope::{Asked, keep},
    security_group::SecurityGroupId,
    subnet::SubnetId,
    vpc::VpcId,
};

/// A VPC endpoint.
pub struct VpcEndpoint;

id!(
    /// The id of a [`VpcEndpoint`].
    VpcEndpointId
);

/// How a [`VpcEndpoint`] leads to its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Leads {
    /// By routes.
    Gateway,
    /// By network interfaces.
    Interface,
    /// In a way that we never declare.
    Otherwise,
}
leaf!(Leads);

/// The settable part of a [`VpcEndpoint`].
#[derive(Clone, Debug)]
pub struct VpcEndpointConfig<S: Stage = Resolved> {
    /// The VPC it leads out of.
    pub vpc: S::In<VpcId>,
    /// The service: `com.amazonaws.us-east-1.s3`.
    pub service: String,
    /// How it leads there.
    pub leads: Leads,
    /// The tables with its routes, if it is a gateway.
    pub route_tables: Vec<S::In<RouteTableId>>,
    /// The subnets with its interfaces, if it has any.
    pub subnets: Vec<S::In<SubnetId>>,
    /// The groups its interfaces are in.
    pub security_groups: Vec<S::In<SecurityGroupId>>,
    /// Whether the public names of the service lead to it.
    pub private_dns: bool,
    /// Who may do what through it.
    pub policy: Policy<S>,
    /// Its tags.
    pub tags: Tags,
}

config! { VpcEndpointConfig {
    vpc: Replace,
    service: Replace,
    leads: Replace,
    route_tables: InPlace,
    subnets: InPlace,
    security_groups: InPlace,
    private_dns: InPlace,
    policy: InPlace,
    tags: InPlace,
} }

/// What a [`VpcEndpoint`] has once it exists.
#[derive(Clone, Debug)]
pub struct VpcEndpointOutputs {
    /// Its id.
    pub id: VpcEndpointId,
}

/// What lists them.
const LIST: &str = "ec2:DescribeVpcEndpoints";

impl Resource for VpcEndpoint {
    type Cloud = Aws;
    type Config = VpcEndpointConfig;
    type Outputs = VpcEndpointOutputs;

    const ABOUT: Kind = Kind {
        name: "vpc-endpoint",
        ids: "vpce-*",
        summary: "The way to a service of AWS's without the internet",
        cloudformation: "AWS::EC2::VPCEndpoint",
        // Two cannot answer to the same names, nor route to the same service.
        replacement: Replacement::DeleteFirst,
        creation: Creation::Token,
        typical: Duration::from_secs(90),
        typical_removal: Duration::from_mins(2),
        patience: Duration::from_mins(20),
        outage: "the service is reached through the internet until the new one is there, where there is a way",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeVpcEndpoints"],
            write: &[
                "ec2:CreateVpcEndpoint",
                "ec2:ModifyVpcEndpoint",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteVpcEndpoints",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        let endpoints = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_vpc_endpoints().set_filters(filters.clone());
                    let call = call.set_vpc_endpoint_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.vpc_endpoints, page.next_token),
            )
            .await?;
        let found: Result<Vec<_>, _> = endpoints.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &VpcEndpointConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::VpcEndpoint, me);
        let (token, policy) = (aws.environment.token(me), want.policy.text());
        let call = || {
            let call = aws.ec2.create_vpc_endpoint().client_token(&token);
            let call = call.vpc_id(want.vpc.as_str()).service_name(&want.service);
            let call = match want.leads {
                // What is not said of an interface is true.
                Leads::Interface => call
                    .vpc_endpoint_type(VpcEndpointType::Interface)
                    .private_dns_enabled(want.private_dns),
                Leads::Gateway | Leads::Otherwise => {
                    call.vpc_endpoint_type(VpcEndpointType::Gateway)
                }
            };
            call.set_route_table_ids(some(texts(&want.route_tables, RouteTableId::as_str)))
                .set_subnet_ids(some(texts(&want.subnets, SubnetId::as_str)))
                .set_security_group_ids(some(texts(&want.security_groups, SecurityGroupId::as_str)))
                .policy_document(&policy)
                .tag_specifications(tags.clone())
                .send()
        };
        let operation = "ec2:CreateVpcEndpoint";
        let made = aws.write(operation, call).await?;
        let id = made.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id);
        Ok(PhysicalId(text(operation, "vpcEndpointId", id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &VpcEndpointConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let (had, id) = (&have.config, have.id.0.as_str());
        let sets = [
            delta.take(field!(VpcEndpointConfig.route_tables)),
            delta.take(field!(VpcEndpointConfig.subnets)),
            delta.take(field!(VpcEndpointConfig.security_groups)),
        ];
        let dns = delta.take(field!(VpcEndpointConfig.private_dns));
        let policy = delta.take(field!(VpcEndpointConfig.policy));
        if sets.contains(&true) || dns || policy {
            let tables = changed(&had.route_tables, &want.route_tables, RouteTableId::as_str);
            let subnets = changed(&had.subnets, &want.subnets, SubnetId::as_str);
            let groups =
                changed(&had.security_groups, &want.security_groups, SecurityGroupId::as_str);
            let text = policy.then(|| want.policy.text());
            // One call for all of it: it is counted by the handful.
            let call = || {
                aws.ec2
                    .modify_vpc_endpoint()
                    .vpc_endpoint_id(id)
                    .set_add_route_table_ids(some(tables.0.clone()))
                    .set_remove_route_table_ids(some(tables.1.clone()))
                    .set_add_subnet_ids(some(subnets.0.clone()))
                    .set_remove_subnet_ids(some(subnets.1.clone()))
                    .set_add_security_group_ids(some(groups.0.clone()))
                    .set_remove_security_group_ids(some(groups.1.clone()))
                    .set_private_dns_enabled(dns.then_some(want.private_dns))
                    .set_policy_document(text.clone())
                    .send()
            };
            aws.write("ec2:ModifyVpcEndpoint", call).await?;
        }
        if delta.take(field!(VpcEndpointConfig.tags)) {
            want.tags.set(aws, &have.id, &had.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&VpcEndpointConfig<Declared>>,
    ) -> Option<VpcEndpointConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(VpcEndpointConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(&have.id.0).send();
        let answer = aws.write("ec2:DeleteVpcEndpoints", call).await?;
        refused("ec2:DeleteVpcEndpoints", answer.unsuccessful())
    }
}

fn texts<T>(ids: &[T], text: impl Fn(&T) -> &str) -> Vec<String> {
    ids.iter().map(|id| text(id).to_owned()).collect()
}

/// Nothing rather than an empty list.
fn some(list: Vec<String>) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty())
}

/// What has to be added, and what to be taken away.
fn changed<T>(have: &[T], want: &[T], text: impl Fn(&T) -> &str) -> (Vec<String>, Vec<String>) {
    let (have, want) = (texts(have, &text), texts(want, &text));
    let add = want.iter().filter(|id| !have.contains(id)).cloned().collect();
    (add, have.into_iter().filter(|id| !want.contains(id)).collect())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn read(aws: &Aws, from: &types::VpcEndpoint) -> Result<Found<VpcEndpoint>, CallError> {
    let id = text(LIST, "vpcEndpointId", from.vpc_endpoint_id())?;
    let state = text(LIST, "state", from.state().map(types::State::as_str))?;
    let leads = match required(LIST, "vpcEndpointType", from.vpc_endpoint_type())? {
        VpcEndpointType::Interface => Leads::Interface,
        VpcEndpointType::Gateway => Leads::Gateway,
        _ => Leads::Otherwise,
    };
    let policy = match leads {
        Leads::Gateway | Leads::Interface => text(LIST, "policyDocument", from.policy_document())?,
        Leads::Otherwise => from.policy_document().unwrap_or_default(),
    };
    let groups = from.groups().iter().map(|group| text(LIST, "groupId", group.group_id()));
    let groups: Vec<&str> = groups.collect::<Result<_, _>>()?;
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, VpcEndpoint::ABOUT.name, from.tags()),
        config: VpcEndpointConfig {
            vpc: VpcId::new(text(LIST, "vpcId", from.vpc_id())?),
            service: text(LIST, "serviceName", from.service_name())?.to_owned(),
            leads,
            route_tables: from.route_table_ids().iter().map(RouteTableId::new).collect(),
            subnets: from.subnet_ids().iter().map(SubnetId::new).collect(),
            security_groups: groups.into_iter().map(SecurityGroupId::new).collect(),
            private_dns: from.private_dns_enabled().unwrap_or_default(),
            policy: Policy::read(policy),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: VpcEndpointOutputs { id: VpcEndpointId::new(id) },
        // AWS writes its states in more than one way.
        phase: match state.to_ascii_lowercase().as_str() {
            "available" => Phase::Ready,
            "failed" | "rejected" | "expired" => {
                let why = from.last_error().and_then(types::LastError::message);
                Phase::Failed(why.unwrap_or(state).to_owned())
            }
            "deleting" => Phase::Going,
            "deleted" => Phase::Gone,
            _ => Phase::Pending(state.to_owned()),
        },
    })
}
