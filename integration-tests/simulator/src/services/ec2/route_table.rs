//! Route tables; their routes and associations have files of their own.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>

use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{one, truth},
    idempotency, read,
    resource::{Drift, Resource, describe, made, tag_set, tagged},
    route::{Destination, Origin, Route, Target},
    route_table_association::Association,
    scene::{Call, Scene},
    tags,
    vpc::Vpc,
    vpc_endpoint, write,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateRouteTable", create),
    read("DescribeRouteTables", describe::<RouteTable>),
    write("DeleteRouteTable", delete),
];

/// A route table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RouteTable {
    pub(super) vpc: String,
    pub(super) routes: Vec<Route>,
    pub(super) associations: Vec<Association>,
}

impl RouteTable {
    fn new(vpc: &str, cidr: Ipv4Net) -> Self {
        let local = Route {
            destination: Destination::Ipv4(cidr),
            target: Target::Local,
            origin: Origin::CreateRouteTable,
        };
        Self { vpc: vpc.to_owned(), routes: vec![local], associations: Vec::new() }
    }

    pub(super) fn is_main(&self) -> bool {
        self.associations.iter().any(|it| it.subnet.is_none())
    }

    /// Whether it has as many routes as it may have, the local ones not counted.
    pub(super) fn is_full(&self, scene: &Scene<'_>) -> bool {
        let made = self.routes.iter().filter(|it| it.origin == Origin::CreateRoute).count();
        made >= scene.settings.quotas.routes_per_table as usize
    }
}

impl Kind for RouteTable {
    const TYPE: &'static str = "route-table";
    const PREFIX: &'static str = "rtb";
    const NOUN: &'static str = "routeTable ID";
    const NOT_FOUND: &'static str = "InvalidRouteTableID.NotFound";
    const MALFORMED: &'static str = "InvalidRouteTableId.Malformed";
}

impl Resource for RouteTable {
    const SET: &'static str = "routeTableSet";
    const IDS: &'static str = "RouteTableId";
    const PAGES: RangeInclusive<u32> = 5..=100;
    const FILTERS: &'static [&'static str] = &[
        "association.gateway-id",
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.destination-ipv6-cidr-block",
        "route.destination-prefix-list-id",
        "route.egress-only-internet-gateway-id",
        "route.gateway-id",
        "route.instance-id",
        "route.nat-gateway-id",
        "route.origin",
        "route.state",
        "route.transit-gateway-id",
        "route.vpc-peering-connection-id",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.route_tables
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.route_tables
    }

    fn values(table: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        let associations = table.associations.iter();
        let routes = table.routes.iter();
        match filter {
            "association.main" => associations.flat_map(|it| truth(it.subnet.is_none())).collect(),
            "association.route-table-association-id" => {
                associations.map(|it| it.id.clone()).collect()
            }
            "association.route-table-id" if table.associations.is_empty() => Vec::new(),
            "association.route-table-id" | "route-table-id" => one(&table.id),
            "association.subnet-id" => associations.filter_map(|it| it.subnet.clone()).collect(),
            "owner-id" => one(&scene.settings.account),
            "route.destination-cidr-block" => {
                routes.filter_map(|it| Some(it.destination.cidr()?.to_string())).collect()
            }
            "route.destination-prefix-list-id" => routes
                .filter(|it| it.destination.cidr().is_none())
                .map(|it| it.destination.to_string())
                .collect(),
            "route.gateway-id" => routes
                .filter_map(|it| match &it.target {
                    Target::Local => Some("local".to_owned()),
                    Target::InternetGateway(id) | Target::VpcEndpoint(id) => Some(id.clone()),
                    Target::NatGateway(_) | Target::NetworkInterface(_) => None,
                })
                .collect(),
            "route.nat-gateway-id" => routes
                .filter_map(|it| match &it.target {
                    Target::NatGateway(id) => Some(id.clone()),
                    Target::Local
                    | Target::InternetGateway(_)
                    | Target::NetworkInterface(_)
                    | Target::VpcEndpoint(_) => None,
                })
                .collect(),
            "route.origin" => routes.map(|it| it.origin.to_string()).collect(),
            "route.state" => routes.map(|it| it.state(scene.ec2, &table.vpc).to_owned()).collect(),
            "vpc-id" => one(&table.vpc),
            _ => Vec::new(),
        }
    }

    fn render(table: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let routes = table.routes.iter().map(|it| it.render(scene.ec2, &table.vpc));
        let associations = table.associations.iter().map(|it| it.render(&table.id, scene.now));
        Xml::new()
            .text("routeTableId", &table.id)
            .text("vpcId", &table.vpc)
            .text("ownerId", &scene.settings.account)
            .list("routeSet", routes)
            .list("associationSet", associations)
            .nest("propagatingVgwSet", Xml::new())
            .nest("tagSet", tag_set(table))
    }
}

/// Makes the table that comes with a VPC.
pub(super) fn make_main(scene: &mut Scene<'_>, vpc: &str, cidr: Ipv4Net) {
    let mut body = RouteTable::new(vpc, cidr);
    body.associations.push(Association::new(scene.rng.id("rtbassoc"), None, scene.now));
    let record = scene.make(Tags::new(), body);
    scene.add(scene.now, record);
}

/// Gives the main table of a default VPC its way out.
pub(super) fn route_main_to(scene: &mut Scene<'_>, vpc: &str, gateway: &str) {
    let found = scene.ec2.route_tables.all().find(|it| it.vpc == vpc && it.is_main());
    let Some(table) = found.map(|it| it.id.clone()) else { return };
    let route = Route {
        destination: Destination::Ipv4(Ipv4Net::default()),
        target: Target::InternetGateway(gateway.to_owned()),
        origin: Origin::CreateRoute,
    };
    scene.change::<RouteTable>(&table, |it| it.routes.push(route));
}

fn create(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "CreateRouteTable", |call| {
        let tags = tags::at_creation::<RouteTable>(call)?;
        let vpc = call.params.need("VpcId")?;
        let cidr = call.find::<Vpc>(&vpc)?.cidr;
        let most = call.settings.quotas.route_tables_per_vpc as usize;
        if call.ec2.route_tables.all().filter(|it| it.vpc == vpc).count() >= most {
            let text = "The maximum number of route tables has been reached.";
            return Err(Fault::client("RouteTableLimitExceeded", text));
        }
        let now = call.now;
        let record = call.make(tags, RouteTable::new(&vpc, cidr));
        let id = call.add(now, record);
        Ok(Xml::new()
            .nest("routeTable", made::<RouteTable>(call, &id)?)
            .maybe("clientToken", call.params.text("ClientToken")))
    })
}

/// A gateway endpoint's route goes with its table, or keeps it; the reference names only subnets.
fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let table = call.find::<RouteTable>(&id)?;
    let led = table.routes.iter().any(|it| matches!(it.target, Target::VpcEndpoint(_)))
        && call.settings.disputed("delete-route-table-of-endpoint", 2) == 1;
    if led || !table.associations.is_empty() {
        let text = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", text));
    }
    vpc_endpoint::drop_table(call, &id);
    call.remove::<RouteTable>(&id);
    Ok(Xml::new().text("return", true))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let mut all = Vec::new();
    for table in tagged::<RouteTable>(ec2, key) {
        let others = table.routes.iter().filter(|it| it.target != Target::Local);
        for cidr in others.filter_map(|it| it.destination.cidr()) {
            let destination = cidr.to_string();
            all.push(Drift::new(
                format!("the route to {destination} in {} is gone", table.id),
                "DeleteRoute",
                &[("RouteTableId", &table.id), ("DestinationCidrBlock", &destination)],
            ));
        }
        let other = ec2.route_tables.all().find(|it| it.vpc == table.vpc && it.id != table.id);
        for association in table.associations.iter().filter(|it| it.subnet.is_some()) {
            let subnet = association.subnet.as_deref().unwrap_or_default();
            all.push(Drift::new(
                format!("{subnet} is no longer associated with {}", table.id),
                "DisassociateRouteTable",
                &[("AssociationId", &association.id)],
            ));
            if let Some(other) = other {
                all.push(Drift::new(
                    format!("{subnet} is associated with {} instead of {}", other.id, table.id),
                    "ReplaceRouteTableAssociation",
                    &[("AssociationId", &association.id), ("RouteTableId", &other.id)],
                ));
            }
        }
    }
    all
}
