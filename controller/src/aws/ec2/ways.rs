//! Where subnets lead: the way out that each has by its route table, and what else is to be known of a network that
//! somebody else has made.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self, ConnectivityType, NatGatewayState, RouteState, VpcAttributeName};

use crate::engine::CallError;

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        tags::filter,
    },
    nat_gateway::LIST as NAT_GATEWAYS,
    route_table::LIST as TABLES,
    subnet::{LIST as SUBNETS, SubnetId},
    vpc::{VpcId, attribute},
};

/// Where the default route of a subnet leads
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// There is none.
    Nowhere,
    /// To something that is gone.
    Blackhole(String),
    /// To the internet, under addresses of one's own.
    InternetGateway(String),
    /// To the internet, under the address of this NAT gateway, which is so.
    NatGateway(String, Nat),
    /// To something that only its owner knows.
    Elsewhere(String),
}

/// How a NAT gateway is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat {
    /// It leads to the internet.
    Available,
    /// It is being made.
    Pending,
    /// It leads to other networks and not to the internet.
    Private,
    /// It leads nowhere: it failed, or goes, or is gone.
    Out,
}

/// The default routes of these subnets of a VPC.
///
/// # Errors
/// If AWS does not say.
pub async fn ways(
    aws: &Aws,
    vpc: &VpcId,
    subnets: &[SubnetId],
) -> Result<BTreeMap<SubnetId, Way>, CallError> {
    let filters = vec![filter("vpc-id", [vpc.to_string()])];
    let tables = aws.pages(
        TABLES,
        |token| {
            let call = aws.ec2.describe_route_tables().set_filters(Some(filters.clone()));
            call.max_results(100).set_next_token(token).send()
        },
        |page| (page.route_tables, page.next_token),
    );
    let gateways = aws.pages(
        NAT_GATEWAYS,
        |token| {
            let call = aws.ec2.describe_nat_gateways().set_filter(Some(filters.clone()));
            call.max_results(1000).set_next_token(token).send()
        },
        |page| (page.nat_gateways, page.next_token),
    );
    let (tables, gateways) = tokio::try_join!(tables, gateways)?;
    let mut nats = BTreeMap::new();
    for gateway in &gateways {
        let id = text(NAT_GATEWAYS, "natGatewayId", gateway.nat_gateway_id())?;
        let state = required(NAT_GATEWAYS, "state", gateway.state())?;
        nats.insert(id.to_owned(), nat(state, gateway.connectivity_type()));
    }
    let of = |subnet: &SubnetId| {
        let has = |table: &&types::RouteTable| {
            table.associations().iter().any(|it| it.subnet_id() == Some(subnet.as_str()))
        };
        let is_main = |table: &&types::RouteTable| {
            table.associations().iter().any(|it| it.main() == Some(true))
        };
        // Without a table of its own it has the main one.
        let table = tables.iter().find(has).or_else(|| tables.iter().find(is_main));
        table.map_or(Way::Nowhere, |table| way(table.routes(), &nats))
    };
    Ok(subnets.iter().map(|subnet| (subnet.clone(), of(subnet))).collect())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn nat(state: &NatGatewayState, connectivity: Option<&ConnectivityType>) -> Nat {
    match state {
        NatGatewayState::Available if connectivity == Some(&ConnectivityType::Private) => {
            Nat::Private
        }
        NatGatewayState::Available => Nat::Available,
        NatGatewayState::Pending => Nat::Pending,
        _ => Nat::Out,
    }
}

/// Where a table leads what no other route of it takes.
fn way(routes: &[types::Route], nats: &BTreeMap<String, Nat>) -> Way {
    let to = |cidr: &str| routes.iter().find(|it| it.destination_cidr_block() == Some(cidr));
    let Some(route) = to("0.0.0.0/0") else {
        // Whoever does not say it in one route may say it in others.
        let halves = to("0.0.0.0/1").is_some() && to("128.0.0.0/1").is_some();
        let listed = routes.iter().any(|route| {
            let endpoint = route.gateway_id().is_some_and(|id| id.starts_with("vpce-"));
            route.destination_prefix_list_id().is_some() && !endpoint
        });
        return match (halves, listed) {
            (true, _) => Way::Elsewhere("two routes of half the internet each".to_owned()),
            (_, true) => Way::Elsewhere("routes to prefix lists".to_owned()),
            (false, false) => Way::Nowhere,
        };
    };
    let target = [
        route.nat_gateway_id(),
        route.gateway_id(),
        route.transit_gateway_id(),
        route.network_interface_id(),
        route.instance_id(),
        route.vpc_peering_connection_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
        route.egress_only_internet_gateway_id(),
    ];
    let target = target.into_iter().flatten().next().unwrap_or("something unnamed").to_owned();
    if route.state() == Some(&RouteState::Blackhole) {
        return Way::Blackhole(target);
    }
    if route.nat_gateway_id().is_some() {
        let nat = nats.get(&target).copied().unwrap_or(Nat::Out);
        return Way::NatGateway(target, nat);
    }
    if target.starts_with("igw-") { Way::InternetGateway(target) } else { Way::Elsewhere(target) }
}

/// How many addresses of these subnets are free.
///
/// # Errors
/// If AWS does not say.
pub async fn free_addresses(
    aws: &Aws,
    subnets: &[SubnetId],
) -> Result<BTreeMap<SubnetId, i32>, CallError> {
    let ids: Vec<String> = subnets.iter().map(ToString::to_string).collect();
    let call = || aws.ec2.describe_subnets().set_subnet_ids(Some(ids.clone())).send();
    let found = required(SUBNETS, "subnetSet", aws.read(SUBNETS, call).await?.subnets)?;
    let read = |subnet: &types::Subnet| {
        let id = SubnetId::new(text(SUBNETS, "subnetId", subnet.subnet_id())?);
        let free = subnet.available_ip_address_count();
        Ok((id, required(SUBNETS, "availableIpAddressCount", free)?))
    };
    found.iter().map(read).collect()
}

/// Whether Amazon's resolver answers in a VPC, and whether instances get DNS names.
///
/// # Errors
/// If AWS does not say.
pub async fn dns(aws: &Aws, vpc: &VpcId) -> Result<(bool, bool), CallError> {
    let support = attribute(aws, vpc.as_str(), VpcAttributeName::EnableDnsSupport);
    let hostnames = attribute(aws, vpc.as_str(), VpcAttributeName::EnableDnsHostnames);
    tokio::try_join!(support, hostnames)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> types::builders::RouteBuilder {
        types::Route::builder().destination_cidr_block("0.0.0.0/0").state(RouteState::Active)
    }

    #[test]
    fn a_default_route_leads_where_it_says() {
        let nats = BTreeMap::from([
            ("nat-1".to_owned(), Nat::Available),
            ("nat-2".to_owned(), Nat::Pending),
            (
                "nat-3".to_owned(),
                nat(&NatGatewayState::Available, Some(&ConnectivityType::Private)),
            ),
        ]);
        let local = types::Route::builder().destination_cidr_block("10.0.0.0/16");
        let local = local.gateway_id("local").state(RouteState::Active).build();
        let leads = |route: types::Route| way(&[local.clone(), route], &nats);
        let nat = |id: &str, how| Way::NatGateway(id.to_owned(), how);
        assert_eq!(way(std::slice::from_ref(&local), &nats), Way::Nowhere);
        assert_eq!(leads(route().nat_gateway_id("nat-1").build()), nat("nat-1", Nat::Available));
        assert_eq!(leads(route().nat_gateway_id("nat-2").build()), nat("nat-2", Nat::Pending));
        assert_eq!(leads(route().nat_gateway_id("nat-3").build()), nat("nat-3", Nat::Private));
        assert_eq!(leads(route().nat_gateway_id("nat-4").build()), nat("nat-4", Nat::Out));
        let gone = route().nat_gateway_id("nat-1").state(RouteState::Blackhole).build();
        assert_eq!(leads(gone), Way::Blackhole("nat-1".to_owned()));
        let internet = leads(route().gateway_id("igw-1").build());
        assert_eq!(internet, Way::InternetGateway("igw-1".to_owned()));
        for elsewhere in [
            route().transit_gateway_id("tgw-1"),
            route().network_interface_id("eni-1"),
            route().gateway_id("vpce-1"),
            route().gateway_id("vgw-1"),
        ] {
            assert!(matches!(leads(elsewhere.build()), Way::Elsewhere(_)));
        }
    }

    #[test]
    fn whoever_says_the_default_route_in_other_words_is_not_said_to_have_none() {
        let to = |cidr: &str| {
            types::Route::builder().destination_cidr_block(cidr).transit_gateway_id("tgw-1").build()
        };
        let nats = BTreeMap::new();
        let halves = [to("0.0.0.0/1"), to("128.0.0.0/1")];
        assert!(matches!(way(&halves, &nats), Way::Elsewhere(_)));
        assert_eq!(way(&halves[..1], &nats), Way::Nowhere);
        let list = types::Route::builder().destination_prefix_list_id("pl-1");
        let endpoint = list.clone().gateway_id("vpce-1").build();
        assert_eq!(way(&[endpoint], &nats), Way::Nowhere);
        let listed = list.transit_gateway_id("tgw-1").build();
        assert!(matches!(way(&[listed], &nats), Way::Elsewhere(_)));
    }
}
