//! A route table: its routes and the subnets it routes for, both sets of which we say everything.
//!
//! AWS's own routes are not ours to say: the local ones, those of gateway endpoints, those a
//! virtual private gateway propagates.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_ec2::types::{self, ResourceType, RouteOrigin, RouteTableAssociationStateCode};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Kind, Loose, Outputs, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        tags::{Tags, filter, owner},
    },
    internet_gateway::InternetGatewayId,
    nat_gateway::NatGatewayId,
    scope::{Asked, keep},
    subnet::SubnetId,
    vpc::VpcId,
};

/// A route table.
pub struct RouteTable;

id!(
    /// The id of a [`RouteTable`].
    RouteTableId
);

/// Where a route leads.
#[derive(Clone, Debug)]
pub enum Target<S: Stage = Resolved> {
    /// To the internet.
    InternetGateway(S::In<InternetGatewayId>),
    /// To the internet, from a shared address.
    NatGateway(S::In<NatGatewayId>),
    /// Where we never lead one.
    Other(String),
}

/// A route uses nothing: its target may go, and the route then leads nowhere.
impl<S: Stage> Field for Target<S> {
    type Resolved = Target;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match self {
            Self::InternetGateway(gateway) => gateway.cell(outputs),
            Self::NatGateway(gateway) => gateway.cell(outputs),
            Self::Other(text) => Cell::Known(text.as_str().into()),
        }
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        match self {
            Self::InternetGateway(gateway) => gateway.refs(visit),
            Self::NatGateway(gateway) => gateway.refs(visit),
            Self::Other(_) => {}
        }
    }

    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        match self {
            Self::InternetGateway(gateway) => gateway.mentions(visit),
            Self::NatGateway(gateway) => gateway.mentions(visit),
            Self::Other(_) => {}
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Target, Address> {
        Ok(match self {
            Self::InternetGateway(gateway) => Target::InternetGateway(gateway.resolve(outputs)?),
            Self::NatGateway(gateway) => Target::NatGateway(gateway.resolve(outputs)?),
            Self::Other(text) => Target::Other(text.clone()),
        })
    }
}

/// The settable part of a [`RouteTable`].
#[derive(Clone, Debug)]
pub struct RouteTableConfig<S: Stage = Resolved> {
    /// The VPC it routes in.
    pub vpc: S::In<VpcId>,
    /// Where each destination leads.
    pub routes: BTreeMap<String, Target<S>>,
    /// The subnets it routes for.
    pub subnets: Vec<Loose<S::In<SubnetId>>>,
    /// Its tags.
    pub tags: Tags,
}

config! { RouteTableConfig {
    vpc: Replace,
    routes: InPlace,
    subnets: InPlace,
    tags: InPlace,
} }

/// What a [`RouteTable`] has once it exists.
#[derive(Clone, Debug)]
pub struct RouteTableOutputs {
    /// Its id.
    pub id: RouteTableId,
    /// The association of each subnet.
    associations: BTreeMap<SubnetId, String>,
}

/// What lists them.
pub(super) const LIST: &str = "ec2:DescribeRouteTables";
/// Where the id of an association is.
const ASSOCIATION: &str = "routeTableAssociationId";

impl Resource for RouteTable {
    type Cloud = Aws;
    type Config = RouteTableConfig;
    type Outputs = RouteTableOutputs;

    const ABOUT: Kind = Kind {
        name: "route-table",
        ids: "rtb-*",
        summary: "Routes, and the subnets they are for",
        cloudformation: "AWS::EC2::RouteTable",
        replacement: Replacement::CreateFirst,
        creation: Creation::Token,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(10),
        outage: "traffic of its subnets moves to the new table without a gap",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeRouteTables"],
            write: &[
                "ec2:CreateRouteTable",
                "ec2:CreateRoute",
                "ec2:ReplaceRoute",
                "ec2:DeleteRoute",
                "ec2:AssociateRouteTable",
                "ec2:ReplaceRouteTableAssociation",
                "ec2:DisassociateRouteTable",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteRouteTable",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page } = Asked::of(aws, scope);
        // This list has pages of a hundred at most.
        let page = page.map(|page| page.min(100));
        let tables = aws
            .pages(
                LIST,
                |token| {
                    let call = aws.ec2.describe_route_tables().set_filters(filters.clone());
                    let call = call.set_route_table_ids(ids.clone());
                    call.set_max_results(page).set_next_token(token).send()
                },
                |page| (page.route_tables, page.next_token),
            )
            .await?;
        let found: Result<Vec<_>, _> = tables.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &RouteTableConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::RouteTable, me);
        let token = aws.environment.token(me);
        let call = || {
            let call = aws.ec2.create_route_table().client_token(&token).vpc_id(want.vpc.as_str());
            call.tag_specifications(tags.clone()).send()
        };
        let operation = "ec2:CreateRouteTable";
        let created = aws.write(operation, call).await?;
        let id = created.route_table.and_then(|table| table.route_table_id);
        Ok(PhysicalId(text(operation, "routeTableId", id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &RouteTableConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(RouteTableConfig.routes)) {
            set_routes(aws, have, want).await?;
        }
        if delta.take(field!(RouteTableConfig.subnets)) {
            set_subnets(aws, have, want).await?;
        }
        if delta.take(field!(RouteTableConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&RouteTableConfig<Declared>>,
    ) -> Option<RouteTableConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(RouteTableConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        for association in have.outputs.associations.values() {
            disassociate(aws, association).await?;
        }
        let call = || aws.ec2.delete_route_table().route_table_id(&have.id.0).send();
        aws.write("ec2:DeleteRouteTable", call).await.map(drop)
    }
}

async fn set_routes(
    aws: &Aws,
    have: &Found<RouteTable>,
    want: &RouteTableConfig,
) -> Result<(), CallError> {
    let (table, nothing) = (have.id.0.as_str(), Outputs::default());
    for (destination, target) in &want.routes {
        let (gateway, nat) = match target {
            Target::InternetGateway(gateway) => (Some(gateway.to_string()), None),
            Target::NatGateway(gateway) => (None, Some(gateway.to_string())),
            Target::Other(_) => continue,
        };
        match have.config.routes.get(destination) {
            Some(there) if there.cell(&nothing) == target.cell(&nothing) => {}
            // One call moves a route: never without one in between.
            Some(_) => {
                let call = || {
                    let call = aws.ec2.replace_route().route_table_id(table);
                    let call = call.destination_cidr_block(destination);
                    call.set_gateway_id(gateway.clone()).set_nat_gateway_id(nat.clone()).send()
                };
                aws.write("ec2:ReplaceRoute", call).await?;
            }
            None => {
                let call = || {
                    let call = aws.ec2.create_route().route_table_id(table);
                    let call = call.destination_cidr_block(destination);
                    call.set_gateway_id(gateway.clone()).set_nat_gateway_id(nat.clone()).send()
                };
                aws.write("ec2:CreateRoute", call).await?;
            }
        }
    }
    for destination in have.config.routes.keys().filter(|key| !want.routes.contains_key(*key)) {
        let call = || {
            let call = aws.ec2.delete_route().route_table_id(table);
            if destination.contains(':') {
                call.destination_ipv6_cidr_block(destination).send()
            } else {
                call.destination_cidr_block(destination).send()
            }
        };
        tolerate_absence(aws.write("ec2:DeleteRoute", call).await)?;
    }
    Ok(())
}

async fn set_subnets(
    aws: &Aws,
    have: &Found<RouteTable>,
    want: &RouteTableConfig,
) -> Result<(), CallError> {
    let table = have.id.0.as_str();
    let wanted: Vec<&SubnetId> = want.subnets.iter().map(|Loose(subnet)| subnet).collect();
    for subnet in wanted.iter().filter(|subnet| !have.outputs.associations.contains_key(**subnet)) {
        // A subnet that another table routes for is moved in one call, never left without.
        if let Some(association) = association_of(aws, subnet).await? {
            let call = || {
                let call = aws.ec2.replace_route_table_association().route_table_id(table);
                call.association_id(&association).send()
            };
            aws.write("ec2:ReplaceRouteTableAssociation", call).await?;
        } else {
            let call = || {
                let call = aws.ec2.associate_route_table().route_table_id(table);
                call.subnet_id(subnet.as_str()).send()
            };
            aws.write("ec2:AssociateRouteTable", call).await?;
        }
    }
    for (_, association) in
        have.outputs.associations.iter().filter(|(subnet, _)| !wanted.contains(subnet))
    {
        disassociate(aws, association).await?;
    }
    Ok(())
}

/// The association of a subnet, with whatever table.
async fn association_of(aws: &Aws, subnet: &SubnetId) -> Result<Option<String>, CallError> {
    let filters = vec![filter("association.subnet-id", [subnet.to_string()])];
    let call = || {
        let call = aws.ec2.describe_route_tables().set_filters(Some(filters.clone()));
        call.max_results(100).send()
    };
    let answer = aws.read(LIST, call).await?;
    let tables = required(LIST, "routeTableSet", answer.route_tables)?;
    let mut associations = tables.iter().flat_map(types::RouteTable::associations);
    let of = associations.find(|association| association.subnet_id() == Some(subnet.as_str()));
    let id = |of: &types::RouteTableAssociation| {
        text(LIST, ASSOCIATION, of.route_table_association_id().map(ToOwned::to_owned))
    };
    of.map(id).transpose()
}

async fn disassociate(aws: &Aws, association: &str) -> Result<(), CallError> {
    let call = || aws.ec2.disassociate_route_table().association_id(association).send();
    tolerate_absence(aws.write("ec2:DisassociateRouteTable", call).await)
}

/// What is to be gone may be gone already.
fn tolerate_absence<T>(answer: Result<T, CallError>) -> Result<(), CallError> {
    match answer {
        Err(error) if error.class != Class::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn read(aws: &Aws, from: &types::RouteTable) -> Result<Found<RouteTable>, CallError> {
    let id = text(LIST, "routeTableId", from.route_table_id())?;
    let mut phase = Phase::Ready;
    let mut associations = BTreeMap::new();
    for association in required(LIST, "associationSet", from.associations.as_ref())? {
        // The one of the VPC's main table, or of a gateway.
        if association.main() == Some(true) || association.gateway_id().is_some() {
            continue;
        }
        let subnet = text(LIST, "association's subnetId", association.subnet_id())?;
        let name = text(LIST, ASSOCIATION, association.route_table_association_id())?;
        match association.association_state().and_then(|state| state.state()) {
            Some(
                RouteTableAssociationStateCode::Disassociated
                | RouteTableAssociationStateCode::Failed,
            ) => {
                continue;
            }
            Some(RouteTableAssociationStateCode::Disassociating) => {
                phase = Phase::Pending("disassociating a subnet".into());
                continue;
            }
            Some(RouteTableAssociationStateCode::Associating) => {
                phase = Phase::Pending("associating a subnet".into());
            }
            Some(_) | None => {}
        }
        associations.insert(SubnetId::new(subnet), name.to_owned());
    }
    let mut routes = BTreeMap::new();
    for route in required(LIST, "routeSet", from.routes.as_ref())? {
        routes.extend(read_route(route)?);
    }
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, RouteTable::ABOUT.name, from.tags()),
        config: RouteTableConfig {
            vpc: VpcId::new(text(LIST, "vpcId", from.vpc_id())?),
            routes,
            subnets: associations.keys().cloned().map(Loose).collect(),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: RouteTableOutputs { id: RouteTableId::new(id), associations },
        phase,
    })
}

/// A route that is ours to say.
fn read_route(from: &types::Route) -> Result<Option<(String, Target)>, CallError> {
    // A list of prefixes is no destination that we declare.
    if from.destination_prefix_list_id().is_some() {
        return Ok(None);
    }
    let destination = from.destination_cidr_block().or(from.destination_ipv6_cidr_block());
    let destination = text(LIST, "route's destination", destination)?;
    let gateway = from.gateway_id();
    if gateway == Some("local")
        || gateway.is_some_and(|gateway| gateway.starts_with("vpce-"))
        || from.origin() == Some(&RouteOrigin::EnableVgwRoutePropagation)
    {
        return Ok(None);
    }
    let leads = gateway
        .or(from.nat_gateway_id())
        .or(from.transit_gateway_id())
        .or(from.vpc_peering_connection_id())
        .or(from.egress_only_internet_gateway_id())
        .or(from.instance_id())
        .or(from.network_interface_id())
        .unwrap_or("(unknown)");
    // Whether it leads nowhere for now follows from its target, which is a node of its own.
    let target = if leads.starts_with("igw-") {
        Target::InternetGateway(InternetGatewayId::new(leads))
    } else if leads.starts_with("nat-") {
        Target::NatGateway(NatGatewayId::new(leads))
    } else {
        Target::Other(leads.to_owned())
    };
    Ok(Some((destination.to_owned(), target)))
}
