//! Routes: parts of a route table, known by their destination.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>; what a route
//! may lead to: <https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html>.

use std::fmt;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    internet_gateway::{self, InternetGateway},
    nat_gateway::{NatGateway, State},
    network_interface::NetworkInterface,
    route_table::RouteTable,
    scene::{Call, Scene},
    vpc, write,
};
use crate::{Life, fault::Fault, shelf::Record, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[write("CreateRoute", create), write("ReplaceRoute", replace), write("DeleteRoute", delete)];

/// A route.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Route {
    pub(super) destination: Destination,
    pub(super) target: Target,
    pub(super) origin: Origin,
}

/// What a route is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Destination {
    /// A range of addresses.
    Ipv4(Ipv4Net),
    /// The addresses of a service, which AWS keeps in a list.
    PrefixList(String),
}

impl Destination {
    /// The range, if it is one.
    pub(super) fn cidr(&self) -> Option<Ipv4Net> {
        match self {
            Self::Ipv4(cidr) => Some(*cidr),
            Self::PrefixList(_) => None,
        }
    }

    /// What the API calls such a destination.
    fn kind(&self) -> &'static str {
        match self {
            Self::Ipv4(_) => "destination-cidr-block",
            Self::PrefixList(_) => "destination-prefix-list-id",
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(cidr) => cidr.fmt(f),
            Self::PrefixList(id) => f.write_str(id),
        }
    }
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    Local,
    InternetGateway(String),
    NatGateway(String),
    NetworkInterface(String),
    /// A gateway endpoint, whose routes are AWS's to make and to remove.
    VpcEndpoint(String),
}

/// How a route came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Origin {
    CreateRouteTable,
    CreateRoute,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateRouteTable => "CreateRouteTable",
            Self::CreateRoute => "CreateRoute",
        })
    }
}

impl Route {
    /// `blackhole` when the target is gone or, for a gateway, not attached.
    pub(super) fn state(&self, ec2: &Ec2, vpc: &str) -> &'static str {
        let leads = match &self.target {
            Target::Local => true,
            Target::InternetGateway(id) => internet_gateway::leads_out(ec2, id, vpc),
            Target::NatGateway(id) => ec2
                .nat_gateways
                .get(id)
                .is_some_and(|it| matches!(it.state, State::Pending | State::Available)),
            Target::NetworkInterface(id) => ec2.network_interfaces.get(id).is_some(),
            Target::VpcEndpoint(id) => ec2.vpc_endpoints.get(id).is_some(),
        };
        if leads { "active" } else { "blackhole" }
    }

    pub(super) fn render(&self, ec2: &Ec2, vpc: &str) -> Xml {
        let xml = match &self.destination {
            Destination::Ipv4(cidr) => Xml::new().text("destinationCidrBlock", cidr),
            Destination::PrefixList(id) => Xml::new().text("destinationPrefixListId", id),
        };
        let xml = match &self.target {
            Target::Local => xml.text("gatewayId", "local"),
            Target::InternetGateway(id) | Target::VpcEndpoint(id) => xml.text("gatewayId", id),
            Target::NatGateway(id) => xml.text("natGatewayId", id),
            Target::NetworkInterface(id) => xml.text("networkInterfaceId", id),
        };
        xml.text("state", self.state(ec2, vpc)).text("origin", self.origin)
    }
}

/// What this simulator knows no destination or target of.
const NOT_MODELLED: &[&str] = &[
    "CarrierGatewayId",
    "CoreNetworkArn",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
    "EgressOnlyInternetGatewayId",
    "InstanceId",
    "LocalGatewayId",
    "LocalTarget",
    "OdbNetworkArn",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
];

fn only_modelled(call: &Call<'_>) -> Result<(), Fault> {
    match NOT_MODELLED.iter().find(|it| call.params.given(it)) {
        Some(name) => Err(Fault::unsupported(format!("routes with {name}"))),
        None => Ok(()),
    }
}

fn destination(call: &Call<'_>) -> Result<Destination, Fault> {
    only_modelled(call)?;
    let Some(text) = call.params.text("DestinationCidrBlock") else {
        return Err(Fault::client(
            "MissingParameter",
            "The request must contain exactly one of destinationCidrBlock, \
             destinationIpv6CidrBlock, destinationPrefixListId",
        ));
    };
    vpc::cidr("destinationCidrBlock", &text).map(Destination::Ipv4)
}

fn found<'a>(table: &'a RouteTable, destination: &Destination) -> Option<&'a Route> {
    table.routes.iter().find(|it| it.destination == *destination)
}

/// The route of a table to the addresses in a list.
pub(super) fn to_list<'a>(table: &'a RouteTable, list: &str) -> Option<&'a Route> {
    found(table, &Destination::PrefixList(list.to_owned()))
}

/// Gives a table a route to the addresses in a list.
pub(super) fn lead_list(scene: &mut Scene<'_>, table: &str, list: &str, target: Target) {
    let destination = Destination::PrefixList(list.to_owned());
    put(scene, table, Route { destination, target, origin: Origin::CreateRoute });
}

/// Takes from a table its route to the addresses in a list.
pub(super) fn drop_list(scene: &mut Scene<'_>, table: &str, list: &str) {
    take(scene, table, &Destination::PrefixList(list.to_owned()));
}

fn put(scene: &mut Scene<'_>, table: &str, route: Route) {
    let now = scene.now;
    let part = format!("{table}/{}", route.destination);
    scene.change::<RouteTable>(table, |it| it.routes.push(route));
    let life = Life { created: now, ready: Some(now), deleted: None };
    scene.ec2.route_tables.note(part, |it| *it = life, now);
}

fn take(scene: &mut Scene<'_>, table: &str, destination: &Destination) {
    let now = scene.now;
    scene.change::<RouteTable>(table, |it| it.routes.retain(|it| it.destination != *destination));
    let part = format!("{table}/{destination}");
    scene.ec2.route_tables.note(part, |it| it.deleted = Some(now), now);
}

/// Reads the one target of a route in a table of this VPC.
fn target(call: &Call<'_>, table: &Record<RouteTable>) -> Result<Target, Fault> {
    let names = ["GatewayId", "NatGatewayId", "NetworkInterfaceId"];
    let mut given = names.into_iter().filter_map(|it| Some((it, call.params.text(it)?)));
    let (name, id) = given.next().ok_or_else(|| {
        Fault::client(
            "MissingParameter",
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, \
             vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, instanceId",
        )
    })?;
    if given.next().is_some() {
        return Err(Fault::combination("The request must contain exactly one target of the route"));
    }
    let elsewhere = |what: &str| {
        let text = format!("route table {} and {what} {id} belong to different networks", table.id);
        Fault::invalid(text)
    };
    match name {
        "GatewayId" => {
            let unknown = || {
                let text = format!("The gateway ID '{id}' does not exist");
                Fault::client("InvalidGatewayID.NotFound", text)
            };
            if id.starts_with("vgw-") || id.starts_with("vpce-") {
                return Err(Fault::unsupported(format!("routes to {id}")));
            }
            call.find::<InternetGateway>(&id).map_err(|_| unknown())?;
            if !internet_gateway::leads_out(call.ec2, &id, &table.vpc) {
                return Err(elsewhere("network gateway"));
            }
            Ok(Target::InternetGateway(id))
        }
        "NatGatewayId" => {
            let unknown = || {
                let text = format!("The natGateway ID '{id}' does not exist");
                Fault::client("InvalidNatGatewayID.NotFound", text)
            };
            let nat = call.find::<NatGateway>(&id).map_err(|_| unknown())?;
            let usable = match nat.state {
                State::Available => true,
                State::Pending => call.settings.disputed("route-to-pending-nat-gateway", 2) == 0,
                State::Failed | State::Deleting | State::Deleted => false,
            };
            if !usable {
                return Err(unknown());
            }
            if nat.vpc != table.vpc {
                return Err(elsewhere("NAT gateway"));
            }
            Ok(Target::NatGateway(id))
        }
        _ => {
            if call.find::<NetworkInterface>(&id)?.vpc != table.vpc {
                return Err(elsewhere("interface"));
            }
            Ok(Target::NetworkInterface(id))
        }
    }
}

/// A route inside the VPC has to be for a whole subnet, and to lead to something in the VPC.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html#subnet-route-tables-local>
fn within_network(call: &Call<'_>, table: &Record<RouteTable>, route: &Route) -> Result<(), Fault> {
    let Some(cidr) = route.destination.cidr() else { return Ok(()) };
    let locals = table.routes.iter().filter(|it| it.target == Target::Local);
    let mut locals = locals.filter_map(|it| it.destination.cidr());
    let Some(local) = locals.find(|it| it.contains(&cidr)) else { return Ok(()) };
    let a_subnet = call.ec2.subnets.all().any(|it| it.vpc == table.vpc && it.cidr == cidr);
    let inside = matches!(route.target, Target::NatGateway(_) | Target::NetworkInterface(_));
    if a_subnet && inside {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "Cannot create a more specific route for {cidr} than local route {local} in route table {}",
        table.id
    )))
}

fn create(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let destination = destination(call)?;
    let table = call.find::<RouteTable>(&id)?;
    let target = target(call, table)?;
    if found(table, &destination).is_some() {
        let text = format!("The route identified by {destination} already exists.");
        return Err(Fault::client("RouteAlreadyExists", text));
    }
    let route = Route { destination, target, origin: Origin::CreateRoute };
    within_network(call, table, &route)?;
    if table.is_full(call) {
        let text = "The maximum number of routes has been reached.";
        return Err(Fault::client("RouteLimitExceeded", text));
    }
    put(call, &id, route);
    Ok(Xml::new().text("return", true))
}

fn no_route(destination: &Destination, table: &str) -> Fault {
    let kind = destination.kind();
    let text = format!("no route with {kind} {destination} in route table {table}");
    Fault::client("InvalidRoute.NotFound", text)
}

fn replace(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let destination = destination(call)?;
    let table = call.find::<RouteTable>(&id)?;
    let target = target(call, table)?;
    let Some(old) = found(table, &destination) else {
        return Err(match call.settings.disputed("replace-missing-route", 2) {
            0 => Fault::invalid(format!(
                "There is no route defined for '{destination}' in the route table. Use \
                 CreateRoute instead."
            )),
            _ => no_route(&destination, &id),
        });
    };
    if old.target == Target::Local {
        return Err(Fault::unsupported("another target for the local route"));
    }
    let route = Route { destination, target, origin: Origin::CreateRoute };
    within_network(call, table, &route)?;
    call.change::<RouteTable>(&id, |it| {
        it.routes.retain(|it| it.destination != route.destination);
        it.routes.push(route);
    });
    Ok(Xml::new().text("return", true))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let destination = match call.params.text("DestinationPrefixListId") {
        Some(list) => Destination::PrefixList(list),
        None => destination(call)?,
    };
    let table = call.find::<RouteTable>(&id)?;
    match found(table, &destination).map(|it| &it.target) {
        None => return Err(no_route(&destination, &id)),
        Some(Target::VpcEndpoint(_)) => {
            let text =
                format!("cannot remove VPC endpoint route {destination} in route table {id}");
            return Err(Fault::invalid(text));
        }
        Some(Target::Local) => {
            let text = format!("cannot remove local route {destination} in route table {id}");
            return Err(Fault::invalid(text));
        }
        Some(_) => {}
    }
    take(call, &id, &destination);
    Ok(Xml::new().text("return", true))
}
