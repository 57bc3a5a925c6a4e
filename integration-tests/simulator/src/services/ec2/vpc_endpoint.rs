//! VPC endpoints: gateways, which are a route to a service, and interfaces, which are addresses in
//! subnets.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html> and its
//! sisters; <https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>,
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>. An
//! interface endpoint has its network interfaces at once and is available minutes later; its
//! deletion takes minutes, and only then are subnets and groups free. The route of a gateway
//! endpoint comes and goes seconds after the call.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    agenda::Due,
    endpoint_service::{self, Reach, Service},
    filters::one,
    idempotency,
    network_interface::{self, NetworkInterface},
    read,
    resource::{Drift, Resource, describe, made, tag_set, tagged, unsuccessful},
    route::{self, Target},
    route_table::RouteTable,
    scene::{Call, Scene},
    subnet::Subnet,
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    Time,
    fault::Fault,
    random,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateVpcEndpoint", create),
    read("DescribeVpcEndpoints", describe::<VpcEndpoint>),
    write("ModifyVpcEndpoint", modify),
    write("DeleteVpcEndpoints", delete),
];

/// What an endpoint allows unless it is told otherwise: everything.
const FULL_ACCESS: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// A VPC endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct VpcEndpoint {
    pub(super) vpc: String,
    service: String,
    way: Way,
    state: State,
    policy: String,
    created: Time,
    /// When it becomes available, or became.
    ready: Time,
}

/// How it leads to its service.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Way {
    Gateway {
        prefix_list: String,
        /// The tables that have, or are about to have, a route to it.
        tables: Vec<String>,
    },
    Interface {
        subnets: Vec<String>,
        groups: Vec<String>,
        /// The interface in each subnet; one of a subnet that was taken away stays for a while.
        interfaces: BTreeMap<String, String>,
        private_name: String,
        private_dns: bool,
        /// What makes its own names its own.
        label: String,
    },
}

impl Way {
    fn name(&self) -> &'static str {
        match self {
            Self::Gateway { .. } => "Gateway",
            Self::Interface { .. } => "Interface",
        }
    }
}

/// Where an endpoint is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Pending,
    Available,
    Deleting,
}

impl State {
    /// As filters name it.
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Deleting => "deleting",
        }
    }

    /// As answers name it: in small letters, or as the model of the API lists it.
    fn shown(self, scene: &Scene<'_>) -> &'static str {
        match (scene.settings.disputed("vpc-endpoint-state-case", 2), self) {
            (0, _) => self.name(),
            (_, Self::Pending) => "Pending",
            (_, Self::Available) => "Available",
            (_, Self::Deleting) => "Deleting",
        }
    }
}

/// A step that happens by itself; see `Agenda`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// The routes of a gateway are what they shall be.
    Routed,
    /// An interface endpoint is available.
    Ready,
    /// It is gone.
    Gone,
}

impl Kind for VpcEndpoint {
    const TYPE: &'static str = "vpc-endpoint";
    const PREFIX: &'static str = "vpce";
    const NOUN: &'static str = "Vpc Endpoint Id";
    const NOT_FOUND: &'static str = "InvalidVpcEndpointId.NotFound";
    const MALFORMED: &'static str = "InvalidVpcEndpointId.Malformed";
}

impl Resource for VpcEndpoint {
    const SET: &'static str = "vpcEndpointSet";
    const IDS: &'static str = "VpcEndpointId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "ip-address-type",
        "service-name",
        "service-region",
        "vpc-endpoint-id",
        "vpc-endpoint-state",
        "vpc-endpoint-type",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.vpc_endpoints
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.vpc_endpoints
    }

    fn values(endpoint: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "ip-address-type" => one("ipv4"),
            "service-name" => one(&endpoint.service),
            "service-region" => one(scene.region),
            "vpc-endpoint-id" => one(&endpoint.id),
            "vpc-endpoint-state" => one(endpoint.state.name()),
            "vpc-endpoint-type" => one(endpoint.way.name()),
            "vpc-id" => one(&endpoint.vpc),
            _ => Vec::new(),
        }
    }

    fn render(endpoint: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let group = |id: &String| {
            let name = scene.ec2.security_groups.get(id).map(|it| it.name.clone());
            Xml::new().text("groupId", id).maybe("groupName", name)
        };
        let xml = Xml::new()
            .text("vpcEndpointId", &endpoint.id)
            .text("vpcEndpointType", endpoint.way.name())
            .text("vpcId", &endpoint.vpc)
            .text("serviceName", &endpoint.service)
            .text("serviceRegion", scene.region)
            .text("state", endpoint.state.shown(scene))
            .text("policyDocument", &endpoint.policy);
        let xml = match &endpoint.way {
            Way::Gateway { tables, .. } => xml
                .texts("routeTableIdSet", tables)
                .nest("subnetIdSet", Xml::new())
                .nest("groupSet", Xml::new())
                .text("privateDnsEnabled", false)
                .nest("networkInterfaceIdSet", Xml::new())
                .nest("dnsEntrySet", Xml::new()),
            Way::Interface { subnets, groups, interfaces, private_dns, .. } => xml
                .nest("routeTableIdSet", Xml::new())
                .texts("subnetIdSet", subnets)
                .list("groupSet", groups.iter().map(group))
                .text("ipAddressType", "ipv4")
                .nest("dnsOptions", Xml::new().text("dnsRecordIpType", "ipv4"))
                .text("privateDnsEnabled", private_dns)
                .texts("networkInterfaceIdSet", interfaces.values())
                .list("dnsEntrySet", dns_entries(endpoint, scene)),
        };
        xml.text("requesterManaged", false)
            .text("creationTimestamp", endpoint.created)
            .text("ownerId", &scene.settings.account)
            .nest("tagSet", tag_set(endpoint))
    }
}

/// The names of an interface endpoint: its own for the region and for each zone, and the
/// service's, whose zone is not known at first.
fn dns_entries(endpoint: &Record<VpcEndpoint>, scene: &Scene<'_>) -> Vec<Xml> {
    let Way::Interface { subnets, private_name, private_dns, label, .. } = &endpoint.way else {
        return Vec::new();
    };
    let zone = |name: &str| format!("Z{:013X}", random::fold(2, name) >> 12);
    let entry =
        |name: &str, zone: String| Xml::new().text("dnsName", name).text("hostedZoneId", zone);
    let domain = format!("{}.vpce.amazonaws.com", private_name.trim_end_matches(".amazonaws.com"));
    let own =
        |part: &str| format!("{}-{label}{part}.{}", endpoint.id, domain.trim_start_matches("*."));
    let zones = subnets.iter().filter_map(|it| scene.ec2.subnets.get(it));
    let names = std::iter::once(own("")).chain(zones.map(|it| own(&format!("-{}", it.zone))));
    let mut all: Vec<Xml> = names.map(|it| entry(&it, zone(scene.region))).collect();
    if *private_dns {
        let zone = match endpoint.state {
            State::Pending => "ZONEIDPENDING".to_owned(),
            State::Available | State::Deleting => zone(&endpoint.id),
        };
        all.push(entry(private_name, zone));
    }
    all
}

/// Whether an endpoint has this group, even if it has no interface yet.
pub(super) fn uses_group(ec2: &Ec2, group: &str) -> bool {
    ec2.vpc_endpoints.all().any(|it| match &it.way {
        Way::Gateway { .. } => false,
        Way::Interface { groups, .. } => groups.iter().any(|it| it == group),
    })
}

/// Takes a route table that is gone out of every endpoint.
pub(super) fn drop_table(scene: &mut Scene<'_>, table: &str) {
    let has = |it: &Record<VpcEndpoint>| match &it.way {
        Way::Gateway { tables, .. } => tables.iter().any(|it| it == table),
        Way::Interface { .. } => false,
    };
    let found = scene.ec2.vpc_endpoints.all().filter(|it| has(it)).map(|it| it.id.clone());
    for id in found.collect::<Vec<_>>() {
        scene.change::<VpcEndpoint>(&id, |it| {
            if let Way::Gateway { tables, .. } = &mut it.way {
                tables.retain(|it| it != table);
            }
        });
    }
}

fn wrong(text: impl Into<String>) -> Fault {
    Fault::client("InvalidParameter", text)
}

/// Reads a policy, if one is given.
fn policy(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let Some(text) = call.params.text("PolicyDocument").filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
    let statements = parsed.ok().and_then(|it| it.get("Statement").cloned());
    match statements {
        Some(serde_json::Value::Array(_) | serde_json::Value::Object(_)) => Ok(Some(text)),
        _ => Err(Fault::client("InvalidPolicyDocument", "Invalid Policy Document")),
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "CreateVpcEndpoint", establish)
}

fn establish(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<VpcEndpoint>(call)?;
    let vpc = call.params.need("VpcId")?;
    let name = call.params.need("ServiceName")?;
    let policy = policy(call)?.unwrap_or_else(|| FULL_ACCESS.to_owned());
    let kind = call.params.text("VpcEndpointType").unwrap_or_else(|| "Gateway".to_owned());
    if !matches!(kind.as_str(), "Gateway" | "Interface") {
        return Err(Fault::unsupported(format!("endpoints of the type {kind}")));
    }
    if let Some(other) = call.params.text("IpAddressType").filter(|it| it != "ipv4") {
        return Err(Fault::unsupported(format!("endpoints with addresses of the type {other}")));
    }
    if let Some(other) = call.params.text("ServiceRegion").filter(|it| it != call.region) {
        return Err(Fault::unsupported(format!("endpoints to services of {other}")));
    }
    call.find::<Vpc>(&vpc)?;
    let service = endpoint_service::named(call.region, &name)?;
    if kind != service.reach.name() {
        if matches!(service.reach, Reach::Gateway { .. }) {
            return Err(Fault::unsupported(format!("interface endpoints to {name}")));
        }
        return Err(wrong(format!(
            "Endpoint type ({kind}) does not match available service types ([{}]).",
            service.reach.name()
        )));
    }
    within_quota(call, &vpc, &service.reach)?;
    let id = call.rng.id(VpcEndpoint::PREFIX);
    let (way, state, ready) = match &service.reach {
        Reach::Gateway { prefix_list } => {
            (gateway(call, &vpc, prefix_list)?, State::Available, call.now)
        }
        Reach::Interface { private_name } => {
            let way = interface(call, &id, &vpc, &service, private_name)?;
            let span = call.settings.durations.interface_endpoint;
            (way, State::Pending, call.after(span))
        }
    };
    let created = call.now;
    let body = VpcEndpoint { vpc, service: name, way, state, policy, created, ready };
    let gateway = matches!(body.way, Way::Gateway { .. });
    call.add(ready, Record { id: id.clone(), tags, body });
    if gateway {
        route_later(call, &id);
    } else {
        plan(call, ready, &id, Step::Ready);
    }
    Ok(Xml::new()
        .nest("vpcEndpoint", made::<VpcEndpoint>(call, &id)?)
        .maybe("clientToken", call.params.text("ClientToken")))
}

/// Gateways are counted in the region, interfaces in their VPC.
///
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>
fn within_quota(call: &Call<'_>, vpc: &str, reach: &Reach) -> Result<(), Fault> {
    let alike = |it: &&Record<VpcEndpoint>| match (&it.way, reach) {
        (Way::Gateway { .. }, Reach::Gateway { .. }) => true,
        (Way::Interface { .. }, Reach::Interface { .. }) => it.vpc == vpc,
        (Way::Gateway { .. }, Reach::Interface { .. })
        | (Way::Interface { .. }, Reach::Gateway { .. }) => false,
    };
    let most = match reach {
        Reach::Gateway { .. } => call.settings.quotas.gateway_endpoints,
        Reach::Interface { .. } => call.settings.quotas.interface_endpoints_per_vpc,
    };
    if call.ec2.vpc_endpoints.all().filter(alike).count() >= most as usize {
        let text = "The maximum number of VPC endpoints has been reached.";
        return Err(Fault::client("VpcEndpointLimitExceeded", text));
    }
    Ok(())
}

/// Reads what a new gateway endpoint shall be.
fn gateway(call: &Call<'_>, vpc: &str, prefix_list: &str) -> Result<Way, Fault> {
    for (name, what) in [("SubnetId", "Subnet IDs"), ("SecurityGroupId", "Security group IDs")] {
        if !call.params.list(name).is_empty() {
            return Err(wrong(format!(
                "{what} are only supported for Interface type VPC Endpoint."
            )));
        }
    }
    if call.params.flag("PrivateDnsEnabled")?.unwrap_or_default() {
        return Err(wrong("Private DNS is only supported for Interface type VPC Endpoint."));
    }
    let tables = tables(call, vpc, prefix_list, call.params.list("RouteTableId"))?;
    Ok(Way::Gateway { prefix_list: prefix_list.to_owned(), tables })
}

/// The tables of a VPC that get a route to a list: each can have only one.
fn tables(
    call: &Call<'_>,
    vpc: &str,
    prefix_list: &str,
    ids: Vec<String>,
) -> Result<Vec<String>, Fault> {
    let mut kept: Vec<String> = Vec::new();
    for id in ids {
        let table = call.find::<RouteTable>(&id)?;
        if table.vpc != vpc {
            return Err(wrong(format!("route table {id} does not belong to the VPC {vpc}")));
        }
        // The route of an endpoint that is being made or deleted is there, too.
        let taken = call.ec2.vpc_endpoints.all().any(|it| match &it.way {
            Way::Gateway { prefix_list: list, tables } => {
                list == prefix_list && tables.contains(&id)
            }
            Way::Interface { .. } => false,
        });
        if taken || route::to_list(table, prefix_list).is_some() {
            let text = format!(
                "route table {id} already has a route with destination-prefix-list-id {prefix_list}"
            );
            return Err(match call.settings.disputed("second-gateway-endpoint", 2) {
                0 => Fault::client("RouteAlreadyExists", text),
                _ => wrong(text),
            });
        }
        if table.is_full(call) {
            let text = "The maximum number of routes has been reached.";
            return Err(Fault::client("RouteLimitExceeded", text));
        }
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    Ok(kept)
}

/// Reads what a new interface endpoint shall be, and makes its network interfaces.
fn interface(
    call: &mut Call<'_>,
    id: &str,
    vpc: &str,
    service: &Service,
    private_name: &str,
) -> Result<Way, Fault> {
    if !call.params.list("RouteTableId").is_empty() {
        return Err(wrong("Route table IDs are only supported for Gateway type VPC Endpoint."));
    }
    let subnets = subnets(call, vpc, Vec::new(), call.params.list("SubnetId"))?;
    let groups = match call.params.list("SecurityGroupId") {
        none if none.is_empty() => call.ec2.default_group(vpc).into_iter().collect(),
        ids => network_interface::groups(call, vpc, ids)?,
    };
    let private_dns = call.params.flag("PrivateDnsEnabled")?.unwrap_or(true);
    if private_dns {
        free_name(call, vpc, &service.name, private_name)?;
    }
    let interfaces = connect(call, id, &subnets, &groups)?;
    let label = format!("{:08x}", call.rng.next() >> 32);
    let private_name = private_name.to_owned();
    Ok(Way::Interface { subnets, groups, interfaces, private_name, private_dns, label })
}

/// Adds subnets of a VPC to those there are; an endpoint has at most one in a zone.
fn subnets(
    call: &Call<'_>,
    vpc: &str,
    mut kept: Vec<String>,
    ids: Vec<String>,
) -> Result<Vec<String>, Fault> {
    for id in ids {
        let subnet = call.find::<Subnet>(&id)?;
        if subnet.vpc != vpc {
            return Err(wrong(format!("The subnet {id} does not belong to the VPC {vpc}")));
        }
        if kept.contains(&id) {
            continue;
        }
        let zone = |it: &String| call.ec2.subnets.get(it).map(|it| &it.zone);
        if let Some(other) = kept.iter().find(|it| zone(it) == Some(&subnet.zone)) {
            let text =
                format!("Found another VPC endpoint subnet in the availability zone of {other}");
            return Err(Fault::client("DuplicateSubnetsInSameZone", text));
        }
        kept.push(id);
    }
    Ok(kept)
}

/// Makes the network interface of an endpoint in each subnet.
fn connect(
    call: &mut Call<'_>,
    endpoint: &str,
    subnets: &[String],
    groups: &[String],
) -> Result<BTreeMap<String, String>, Fault> {
    let mut made = BTreeMap::new();
    for id in subnets {
        let subnet = call.find::<Subnet>(id)?.clone();
        let eni = network_interface::make_for_vpc_endpoint(call, endpoint, &subnet, groups);
        let eni = eni.ok_or_else(|| {
            Fault::client(
                "InsufficientFreeAddressesInSubnet",
                format!("There aren't sufficient free Ipv4 addresses in the subnet {id}"),
            )
        })?;
        made.insert(id.clone(), eni.id);
    }
    Ok(made)
}

/// Refuses a private name in a VPC that resolves none, or that has it already; an endpoint that is
/// being deleted has its name until it is gone.
fn free_name(call: &Call<'_>, vpc: &str, service: &str, name: &str) -> Result<(), Fault> {
    let resolves = call.find::<Vpc>(vpc).map(|it| it.dns_support && it.dns_hostnames)?;
    if !resolves {
        return Err(wrong(format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC \
             attributes set to true for {vpc}"
        )));
    }
    let taken = call.ec2.vpc_endpoints.all().any(|it| {
        let has_name = matches!(it.way, Way::Interface { private_dns: true, .. });
        it.vpc == vpc && it.service == service && has_name
    });
    if taken {
        return Err(wrong(format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain \
             for {name} in the VPC {vpc}"
        )));
    }
    Ok(())
}

fn plan(scene: &mut Scene<'_>, at: Time, id: &str, step: Step) {
    scene.ec2.agenda.plan(at, Due::VpcEndpoint { id: id.to_owned(), step });
}

fn route_later(scene: &mut Scene<'_>, id: &str) {
    let at = scene.after(scene.settings.durations.gateway_endpoint_route);
    plan(scene, at, id, Step::Routed);
}

/// The endpoint a call changes; one that is not there has another code here than in a list.
fn meant(call: &Call<'_>, id: &str) -> Result<Record<VpcEndpoint>, Fault> {
    call.find::<VpcEndpoint>(id).cloned().map_err(|fault| {
        match call.settings.disputed("missing-vpc-endpoint", 2) {
            0 if fault.code == VpcEndpoint::NOT_FOUND => {
                Fault::client("InvalidVpcEndpoint.NotFound", fault.message)
            }
            _ => fault,
        }
    })
}

fn modify(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("VpcEndpointId")?;
    let reset = call.params.flag("ResetPolicy")?.unwrap_or_default();
    let policy = policy(call)?;
    if reset && policy.is_some() {
        return Err(Fault::combination(
            "The parameters ResetPolicy and PolicyDocument may not be used together",
        ));
    }
    let endpoint = meant(call, &id)?;
    if endpoint.state == State::Deleting {
        let text = format!("The Vpc Endpoint {id} is not in a state in which it can be modified");
        return Err(Fault::client("IncorrectState", text));
    }
    let policy = if reset { Some(FULL_ACCESS.to_owned()) } else { policy };
    match endpoint.way.clone() {
        Way::Gateway { prefix_list, tables } => {
            modify_gateway(call, &endpoint, &prefix_list, tables)?;
        }
        way @ Way::Interface { .. } => modify_interface(call, &endpoint, way)?,
    }
    if let Some(policy) = policy {
        call.change::<VpcEndpoint>(&id, |it| it.policy = policy);
    }
    Ok(Xml::new().text("return", true))
}

fn modify_gateway(
    call: &mut Call<'_>,
    endpoint: &Record<VpcEndpoint>,
    list: &str,
    old: Vec<String>,
) -> Result<(), Fault> {
    for name in ["AddSubnetId", "RemoveSubnetId", "AddSecurityGroupId", "RemoveSecurityGroupId"] {
        if !call.params.list(name).is_empty() {
            return Err(wrong(format!(
                "{name} is only supported for Interface type VPC Endpoint."
            )));
        }
    }
    if call.params.flag("PrivateDnsEnabled")?.unwrap_or_default() {
        return Err(wrong("Private DNS is only supported for Interface type VPC Endpoint."));
    }
    let mut add = call.params.list("AddRouteTableId");
    let remove = call.params.list("RemoveRouteTableId");
    for id in &remove {
        call.find::<RouteTable>(id)?;
    }
    add.retain(|it| !old.contains(it));
    let mut kept = old;
    kept.retain(|it| !remove.contains(it));
    kept.extend(tables(call, &endpoint.vpc, list, add)?);
    call.change::<VpcEndpoint>(&endpoint.id, |it| {
        if let Way::Gateway { tables, .. } = &mut it.way {
            *tables = kept;
        }
    });
    route_later(call, &endpoint.id);
    Ok(())
}

fn modify_interface(
    call: &mut Call<'_>,
    endpoint: &Record<VpcEndpoint>,
    mut way: Way,
) -> Result<(), Fault> {
    let Way::Interface { subnets, groups, interfaces, private_name, private_dns, .. } = &mut way
    else {
        return Ok(());
    };
    for name in ["AddRouteTableId", "RemoveRouteTableId"] {
        if !call.params.list(name).is_empty() {
            return Err(wrong("Route table IDs are only supported for Gateway type VPC Endpoint."));
        }
    }
    let before = subnets.clone();
    let remove = call.params.list("RemoveSubnetId");
    let mut kept = before.clone();
    kept.retain(|it| !remove.contains(it));
    *subnets = self::subnets(call, &endpoint.vpc, kept, call.params.list("AddSubnetId"))?;
    if subnets.is_empty() && !before.is_empty() {
        return Err(wrong("An interface endpoint must have at least one subnet"));
    }

    let remove = call.params.list("RemoveSecurityGroupId");
    let add = call.params.list("AddSecurityGroupId");
    if !remove.is_empty() || !add.is_empty() {
        let mut wanted = groups.clone();
        wanted.retain(|it| !remove.contains(it));
        wanted.extend(add);
        if wanted.is_empty() {
            return Err(wrong("An interface endpoint must have at least one security group"));
        }
        *groups = network_interface::groups(call, &endpoint.vpc, wanted)?;
    }

    let wanted = call.params.flag("PrivateDnsEnabled")?.unwrap_or(*private_dns);
    if wanted && !*private_dns {
        free_name(call, &endpoint.vpc, &endpoint.service, private_name)?;
    }
    *private_dns = wanted;

    let new: Vec<_> = subnets.iter().filter(|it| !interfaces.contains_key(*it)).cloned().collect();
    interfaces.extend(connect(call, &endpoint.id, &new, groups)?);
    for eni in interfaces.values() {
        let groups = groups.clone();
        call.change::<NetworkInterface>(eni, |it| it.groups = groups);
    }
    let moved = *subnets != before;
    let ready = if moved {
        let span = call.settings.durations.interface_endpoint;
        call.after(span)
    } else {
        endpoint.ready
    };
    call.change::<VpcEndpoint>(&endpoint.id, |it| {
        it.way = way;
        it.ready = ready;
        if moved {
            it.state = State::Pending;
        }
    });
    if moved {
        plan(call, ready, &endpoint.id, Step::Ready);
    }
    Ok(())
}

/// What cannot be deleted is told in an answer that is good otherwise.
fn delete(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("VpcEndpointId");
    if ids.is_empty() {
        return Err(Fault::missing("VpcEndpointId"));
    }
    for id in &ids {
        VpcEndpoint::check(id)?;
    }
    let mut failed = Vec::new();
    for id in ids {
        match meant(call, &id) {
            Ok(endpoint) if endpoint.state == State::Deleting => {}
            Ok(endpoint) => {
                let span = match endpoint.way {
                    Way::Gateway { .. } => call.settings.durations.gateway_endpoint_route,
                    Way::Interface { .. } => call.settings.durations.interface_endpoint_delete,
                };
                let gone = call.after(span);
                call.change::<VpcEndpoint>(&id, |it| it.state = State::Deleting);
                plan(call, gone, &id, Step::Gone);
            }
            Err(fault) => failed.push(unsuccessful(&id, &fault)),
        }
    }
    Ok(Xml::new().list("unsuccessful", failed))
}

/// Lets a step happen whose time has come.
pub(super) fn happen(scene: &mut Scene<'_>, id: &str, step: Step) {
    let Some(endpoint) = scene.ec2.vpc_endpoints.get(id).cloned() else { return };
    match (step, endpoint.state) {
        (Step::Routed, State::Pending | State::Available) => set_routes(scene, &endpoint),
        (Step::Ready, State::Pending) if endpoint.ready <= scene.now => {
            let Way::Interface { subnets, interfaces, .. } = &endpoint.way else { return };
            let left = |it: &(&String, &String)| !subnets.contains(it.0);
            for (_, eni) in interfaces.iter().filter(left) {
                scene.remove::<NetworkInterface>(eni);
            }
            scene.change::<VpcEndpoint>(id, |it| {
                it.state = State::Available;
                if let Way::Interface { subnets, interfaces, .. } = &mut it.way {
                    interfaces.retain(|it, _| subnets.contains(it));
                }
            });
        }
        (Step::Gone, State::Deleting) => {
            match &endpoint.way {
                Way::Gateway { .. } => set_routes(scene, &endpoint),
                Way::Interface { interfaces, .. } => {
                    for eni in interfaces.values() {
                        scene.remove::<NetworkInterface>(eni);
                    }
                }
            }
            scene.remove::<VpcEndpoint>(id);
        }
        (Step::Routed | Step::Ready | Step::Gone, _) => {}
    }
}

/// Gives every table of an endpoint its route, and takes it from every other.
fn set_routes(scene: &mut Scene<'_>, endpoint: &Record<VpcEndpoint>) {
    let Way::Gateway { prefix_list, tables } = &endpoint.way else { return };
    let target = Target::VpcEndpoint(endpoint.id.clone());
    let all = scene.ec2.route_tables.all().filter(|it| it.vpc == endpoint.vpc);
    let mut changes = Vec::new();
    for table in all {
        let has = route::to_list(table, prefix_list).is_some_and(|it| it.target == target);
        let wanted = endpoint.state != State::Deleting && tables.contains(&table.id);
        if has != wanted {
            changes.push((table.id.clone(), wanted));
        }
    }
    for (table, wanted) in changes {
        if wanted {
            route::lead_list(scene, &table, prefix_list, target.clone());
        } else {
            route::drop_list(scene, &table, prefix_list);
        }
    }
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let mut all = Vec::new();
    for it in tagged::<VpcEndpoint>(ec2, key).filter(|it| it.state == State::Available) {
        let id = ("VpcEndpointId", it.id.as_str());
        all.push(Drift::new(
            format!("{} is deleted", it.id),
            "DeleteVpcEndpoints",
            &[("VpcEndpointId.1", &it.id)],
        ));
        let nothing = r#"{"Version":"2012-10-17","Statement":[]}"#;
        all.push(Drift::new(
            format!("{} has another policy", it.id),
            "ModifyVpcEndpoint",
            &[id, ("PolicyDocument", nothing)],
        ));
        match &it.way {
            Way::Gateway { tables, .. } => all.extend(tables.iter().map(|table| {
                let says = format!("{} has no route in {table}", it.id);
                Drift::new(says, "ModifyVpcEndpoint", &[id, ("RemoveRouteTableId.1", table)])
            })),
            Way::Interface { private_dns, groups, subnets, .. } => {
                let others = ec2.subnets.all().filter(|subnet| subnet.vpc == it.vpc);
                let others = others.filter(|subnet| !subnets.contains(&subnet.id));
                all.extend(others.map(|subnet| {
                    let says = format!("{} is in {} too", it.id, subnet.id);
                    Drift::new(says, "ModifyVpcEndpoint", &[id, ("AddSubnetId.1", &subnet.id)])
                }));
                let others = ec2.security_groups.all().filter(|group| group.vpc == it.vpc);
                let others = others.filter(|group| !groups.contains(&group.id));
                all.extend(others.map(|group| {
                    let says = format!("{} is in the group {} too", it.id, group.id);
                    let change = [id, ("AddSecurityGroupId.1", group.id.as_str())];
                    Drift::new(says, "ModifyVpcEndpoint", &change)
                }));
                let value = (!private_dns).to_string();
                let says = format!("PrivateDnsEnabled of {} is {value} now", it.id);
                let change = [id, ("PrivateDnsEnabled", &*value)];
                all.push(Drift::new(says, "ModifyVpcEndpoint", &change));
            }
        }
    }
    all
}
