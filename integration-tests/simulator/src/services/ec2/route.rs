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
    scene::Call,
    vpc, write,
};
use crate::{Life, fault::Fault, shelf::Record, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[write("CreateRoute", create), write("ReplaceRoute", replace), write("DeleteRoute", delete)];

/// A route.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Route {
    pub(super) destination: Ipv4Net,
    pub(super) target: Target,
    pub(super) origin: Origin,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    Local,
    InternetGateway(String),
    NatGateway(String),
    NetworkInterface(String),
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
        };
        if leads { "active" } else { "blackhole" }
    }

    pub(super) fn render(&self, ec2: &Ec2, vpc: &str) -> Xml {
        let xml = Xml::new().text("destinationCidrBlock", self.destination);
        let xml = match &self.target {
            Target::Local => xml.text("gatewayId", "local"),
            Target::InternetGateway(id) => xml.text("gatewayId", id),
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

fn destination(call: &Call<'_>) -> Result<Ipv4Net, Fault> {
    only_modelled(call)?;
    let Some(text) = call.params.text("DestinationCidrBlock") else {
        return Err(Fault::client(
            "MissingParameter",
            "The request must contain exactly one of destinationCidrBlock, \
             destinationIpv6CidrBlock, destinationPrefixListId",
        ));
    };
    vpc::cidr("destinationCidrBlock", &text)
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
    let locals = || table.routes.iter().filter(|it| it.target == Target::Local);
    let Some(local) = locals().find(|it| it.destination.contains(&route.destination)) else {
        return Ok(());
    };
    let a_subnet =
        call.ec2.subnets.all().any(|it| it.vpc == table.vpc && it.cidr == route.destination);
    let inside = matches!(route.target, Target::NatGateway(_) | Target::NetworkInterface(_));
    if a_subnet && inside {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "Cannot create a more specific route for {} than local route {} in route table {}",
        route.destination, local.destination, table.id
    )))
}

fn create(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let destination = destination(call)?;
    let table = call.find::<RouteTable>(&id)?;
    let target = target(call, table)?;
    if table.routes.iter().any(|it| it.destination == destination) {
        let text = format!("The route identified by {destination} already exists.");
        return Err(Fault::client("RouteAlreadyExists", text));
    }
    let route = Route { destination, target, origin: Origin::CreateRoute };
    within_network(call, table, &route)?;
    let made = table.routes.iter().filter(|it| it.origin == Origin::CreateRoute).count();
    if made >= call.settings.quotas.routes_per_table as usize {
        let text = "The maximum number of routes has been reached.";
        return Err(Fault::client("RouteLimitExceeded", text));
    }
    call.change::<RouteTable>(&id, |it| it.routes.push(route));
    let now = call.now;
    let life = Life { created: now, ready: Some(now), deleted: None };
    call.ec2.route_tables.note(format!("{id}/{destination}"), |it| *it = life, now);
    Ok(Xml::new().text("return", true))
}

fn no_route(destination: Ipv4Net, table: &str) -> Fault {
    let text = format!("no route with destination-cidr-block {destination} in route table {table}");
    Fault::client("InvalidRoute.NotFound", text)
}

fn replace(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let destination = destination(call)?;
    let table = call.find::<RouteTable>(&id)?;
    let target = target(call, table)?;
    let Some(old) = table.routes.iter().find(|it| it.destination == destination) else {
        return Err(match call.settings.disputed("replace-missing-route", 2) {
            0 => Fault::invalid(format!(
                "There is no route defined for '{destination}' in the route table. Use \
                 CreateRoute instead."
            )),
            _ => no_route(destination, &id),
        });
    };
    if old.target == Target::Local {
        return Err(Fault::unsupported("another target for the local route"));
    }
    let route = Route { destination, target, origin: Origin::CreateRoute };
    within_network(call, table, &route)?;
    call.change::<RouteTable>(&id, |it| {
        it.routes.retain(|it| it.destination != destination);
        it.routes.push(route);
    });
    Ok(Xml::new().text("return", true))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("RouteTableId")?;
    let destination = destination(call)?;
    let table = call.find::<RouteTable>(&id)?;
    let found = table.routes.iter().find(|it| it.destination == destination);
    match found.map(|it| &it.target) {
        None => return Err(no_route(destination, &id)),
        Some(Target::Local) => {
            let text = format!("cannot remove local route {destination} in route table {id}");
            return Err(Fault::invalid(text));
        }
        Some(_) => {}
    }
    call.change::<RouteTable>(&id, |it| it.routes.retain(|it| it.destination != destination));
    let now = call.now;
    let part = format!("{id}/{destination}");
    call.ec2.route_tables.note(part, |it| it.deleted = Some(now), now);
    Ok(Xml::new().text("return", true))
}
