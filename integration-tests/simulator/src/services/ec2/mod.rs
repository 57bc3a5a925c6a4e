//! EC2: networks, instances and what they are launched from.
//!
//! One file per kind of resource; the others hold what all share. A call works on a copy of the
//! region when it is a write, so that a refused call has no effect at all.

mod account;
mod address;
mod agenda;
mod availability_zone;
mod dhcp_options;
mod endpoint_service;
mod filters;
mod flow_log;
mod flow_log_delivery;
mod for_groups;
mod idempotency;
mod image;
mod instance;
mod instance_attribute;
mod instance_launch;
mod instance_life;
mod instance_status;
mod instance_type;
mod internet_gateway;
mod key_pair;
mod launch_data;
mod launch_template;
mod launch_template_version;
mod lent;
mod metadata_options;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod paging;
mod permission;
mod public_key;
mod resource;
mod route;
mod route_table;
mod route_table_association;
mod scene;
mod security_group;
mod security_group_rule;
mod seen_from_outside;
mod subnet;
mod tags;
mod volume;
mod vpc;
mod vpc_endpoint;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::{
    address::Address,
    agenda::Due,
    dhcp_options::DhcpOptions,
    flow_log::FlowLog,
    flow_log_delivery::Course,
    idempotency::Tokens,
    image::Releases,
    instance::Instance,
    internet_gateway::InternetGateway,
    key_pair::KeyPair,
    launch_template::LaunchTemplate,
    nat_gateway::NatGateway,
    network_acl::NetworkAcl,
    network_interface::NetworkInterface,
    route_table::RouteTable,
    scene::{Call, Scene},
    security_group::SecurityGroup,
    security_group_rule::SecurityGroupRule,
    subnet::Subnet,
    volume::Volume,
    vpc::Vpc,
    vpc_endpoint::VpcEndpoint,
};
pub(crate) use self::{
    for_groups::{GROUP_TAG, Launch, Look, Template},
    image::{
        PARAMETERS as IMAGE_PARAMETERS, parameter as image_parameter,
        parameters as image_parameters,
    },
    network_interface::Lending,
    scene::Around,
    seen_from_outside::key_of,
    tags::retag,
};
use super::agenda::Agenda;
use crate::{
    Time, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf},
    throttle,
    wire::{query::Params, xml::Xml},
    world::{Drift, Region},
};

/// The version of the API that every client of today speaks.
const VERSION: &str = "2016-11-15";

/// What EC2 answers, before it is written down.
pub(crate) type Answer = Result<Xml, Fault>;

/// What EC2 holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ec2 {
    dhcp_options: Shelf<DhcpOptions>,
    vpcs: Shelf<Vpc>,
    network_acls: Shelf<NetworkAcl>,
    subnets: Shelf<Subnet>,
    internet_gateways: Shelf<InternetGateway>,
    route_tables: Shelf<RouteTable>,
    addresses: Shelf<Address>,
    nat_gateways: Shelf<NatGateway>,
    network_interfaces: Shelf<NetworkInterface>,
    security_groups: Shelf<SecurityGroup>,
    security_group_rules: Shelf<SecurityGroupRule>,
    key_pairs: Shelf<KeyPair>,
    vpc_endpoints: Shelf<VpcEndpoint>,
    flow_logs: Shelf<FlowLog>,
    instances: Shelf<Instance>,
    volumes: Shelf<Volume>,
    launch_templates: Shelf<LaunchTemplate>,
    /// When newer images came out.
    releases: Releases,
    /// The instances that something has become of, until somebody has heard of it.
    stirred: Vec<(String, Time)>,
    /// The deliveries of flow logs, those that are deleted included, by their id.
    flow_log_courses: BTreeMap<String, Course>,
    tokens: Tokens,
    agenda: Agenda<Due>,
}

/// Something EC2 can be asked to do.
struct Operation {
    name: &'static str,
    mutating: bool,
    run: fn(&mut Call<'_>) -> Answer,
}

const fn read(name: &'static str, run: fn(&mut Call<'_>) -> Answer) -> Operation {
    Operation { name, mutating: false, run }
}

const fn write(name: &'static str, run: fn(&mut Call<'_>) -> Answer) -> Operation {
    Operation { name, mutating: true, run }
}

/// The operations of every file.
const OPERATIONS: &[&[Operation]] = &[
    account::OPERATIONS,
    address::OPERATIONS,
    availability_zone::OPERATIONS,
    dhcp_options::OPERATIONS,
    endpoint_service::OPERATIONS,
    flow_log::OPERATIONS,
    image::OPERATIONS,
    instance::OPERATIONS,
    instance_attribute::OPERATIONS,
    instance_launch::OPERATIONS,
    instance_life::OPERATIONS,
    instance_status::OPERATIONS,
    instance_type::OPERATIONS,
    internet_gateway::OPERATIONS,
    key_pair::OPERATIONS,
    launch_template::OPERATIONS,
    launch_template_version::OPERATIONS,
    metadata_options::OPERATIONS,
    nat_gateway::OPERATIONS,
    network_acl::OPERATIONS,
    network_interface::OPERATIONS,
    route::OPERATIONS,
    route_table::OPERATIONS,
    route_table_association::OPERATIONS,
    security_group::OPERATIONS,
    security_group_rule::OPERATIONS,
    subnet::OPERATIONS,
    tags::OPERATIONS,
    volume::OPERATIONS,
    vpc::OPERATIONS,
    vpc_endpoint::OPERATIONS,
];

fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().flat_map(|it| it.iter()).find(|it| it.name == name)
}

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.iter().flat_map(|it| it.iter()).map(|it| it.name).collect()
}

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    operation(name).is_some_and(|it| it.mutating)
}

impl Ec2 {
    /// Everything, kind by kind.
    pub(crate) fn shelves(&self) -> [&dyn AnyShelf; 17] {
        [
            &self.dhcp_options,
            &self.vpcs,
            &self.network_acls,
            &self.subnets,
            &self.internet_gateways,
            &self.route_tables,
            &self.addresses,
            &self.nat_gateways,
            &self.network_interfaces,
            &self.security_groups,
            &self.security_group_rules,
            &self.key_pairs,
            &self.vpc_endpoints,
            &self.flow_logs,
            &self.instances,
            &self.volumes,
            &self.launch_templates,
        ]
    }

    fn shelves_mut(&mut self) -> [&mut dyn AnyShelf; 17] {
        [
            &mut self.dhcp_options,
            &mut self.vpcs,
            &mut self.network_acls,
            &mut self.subnets,
            &mut self.internet_gateways,
            &mut self.route_tables,
            &mut self.addresses,
            &mut self.nat_gateways,
            &mut self.network_interfaces,
            &mut self.security_groups,
            &mut self.security_group_rules,
            &mut self.key_pairs,
            &mut self.vpc_endpoints,
            &mut self.flow_logs,
            &mut self.instances,
            &mut self.volumes,
            &mut self.launch_templates,
        ]
    }

    /// What an association joins to something: the id of the route table or of the address.
    pub(crate) fn joined_by(&self, association: &str) -> Option<String> {
        let tables = self.route_tables.all();
        let mut tables = tables.filter(|it| it.associations.iter().any(|it| it.id == association));
        let addresses = self.addresses.all();
        let mut addresses =
            addresses.filter(|it| it.association.as_ref().is_some_and(|it| it.id == association));
        let table = tables.next().map(|it| it.id.clone());
        table.or_else(|| addresses.next().map(|it| it.id.clone()))
    }

    /// The id and the name of the key pair that is called so, by either.
    pub(crate) fn key_pair_called(&self, called: &str) -> Option<(String, String)> {
        let mut all = self.key_pairs.all();
        let pair = all.find(|it| it.id == called || it.name == called)?;
        Some((pair.id.clone(), pair.name.clone()))
    }

    /// A region as a new account finds it: with a default VPC.
    pub(crate) fn as_aws_makes_it(around: Around<'_>, rng: Rng) -> Self {
        let mut ec2 = Self::default();
        let mut scene = Scene::long_ago(around, rng, &mut ec2, around.settings.start);
        vpc::make_default(&mut scene);
        ec2
    }

    /// Does a thing as AWS or somebody else would, outside of any request of the client.
    ///
    /// With `long_ago` it is visible everywhere at once and ready.
    pub(crate) fn act(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        now: Time,
        long_ago: bool,
        action: (&str, Vec<(String, String)>),
    ) -> Answer {
        let params: Params = action.1.into_iter().collect();
        let mut copy = self.clone();
        let scene = if long_ago {
            Scene::long_ago(around, rng, &mut copy, now)
        } else {
            Scene::new(around, rng, &mut copy, now)
        };
        let answer = run(Call { scene, params: params.reader() }, action.0, &params)?;
        *self = copy;
        Ok(answer)
    }

    /// Changes that somebody might make to what carries the tag `key`.
    pub(crate) fn drifts(&self, key: &str) -> Vec<Drift> {
        [
            vpc::drifts(self, key),
            subnet::drifts(self, key),
            internet_gateway::drifts(self, key),
            route_table::drifts(self, key),
            address::drifts(self, key),
            nat_gateway::drifts(self, key),
            security_group::drifts(self, key),
            security_group_rule::drifts(self, key),
            key_pair::drifts(self, key),
            vpc_endpoint::drifts(self, key),
            flow_log::drifts(self, key),
            dhcp_options::drifts(self, key),
            instance::drifts(self, key),
            launch_template::drifts(self, key),
            tags::drifts(self, key),
        ]
        .concat()
    }
}

/// The zones of a region, by name.
pub(crate) fn zone_names(region: &str) -> Vec<String> {
    availability_zone::zones(region).into_iter().map(|it| it.name).collect()
}

/// The zones of a region: name and id.
pub(crate) fn zones_of(region: &str) -> Vec<(String, String)> {
    availability_zone::zones(region).into_iter().map(|it| (it.name, it.id)).collect()
}

/// Answers a request.
pub(crate) fn ask(
    world: &mut World,
    region: &str,
    name: &str,
    params: &Params,
    rng: Rng,
) -> Answer {
    world.region(region);
    let World { settings, now, buckets, iam, regions, .. } = world;
    let Some(Region { ec2, kms, .. }) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let around = Around { settings, region, iam, kms };
    let reader = params.reader();
    let operation = match operation(name) {
        Some(operation) => operation,
        None if name.is_empty() => {
            return Err(Fault::client("MissingAction", "The request is missing an action"));
        }
        None => return Err(Fault::unsupported(format!("the operation ec2:{name}"))),
    };
    if settings.throttling {
        let narrow = params.has_any(&["Filter.", "MaxResults"]) || params.has_list("Id.");
        let rate = throttle::ec2(name, narrow);
        if !buckets.take(format!("{region}/ec2:{name}"), rate, *now) {
            return Err(Fault::new(503, "RequestLimitExceeded", "Request limit exceeded."));
        }
    }
    if let Some(other) = reader.text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of EC2")));
    }
    let dry = reader.flag("DryRun")?.unwrap_or_default();
    if operation.mutating || dry {
        let mut copy = ec2.clone();
        let scene = Scene::new(around, rng, &mut copy, *now);
        let answer = run(Call { scene, params: reader }, name, params);
        if dry {
            return Err(answer.err().filter(Fault::is_about_the_request).unwrap_or_else(|| {
                Fault::new(
                    412,
                    "DryRunOperation",
                    "Request would have succeeded, but DryRun flag is set.",
                )
            }));
        }
        let answer = answer?;
        *ec2 = copy;
        Ok(answer)
    } else {
        let scene = Scene::new(around, rng, ec2, *now);
        run(Call { scene, params: reader }, name, params)
    }
}

/// Runs an operation; a parameter that it did not read is one that is not modelled.
fn run(mut call: Call<'_>, name: &str, params: &Params) -> Answer {
    let Some(operation) = operation(name) else {
        return Err(Fault::unsupported(format!("the operation ec2:{name}")));
    };
    for known in ["Action", "Version", "DryRun"] {
        call.params.text(known);
    }
    let answer = (operation.run)(&mut call)?;
    match params.unread() {
        Some(unread) => Err(Fault::unsupported(format!("the parameter {unread} of {name}"))),
        None => Ok(answer),
    }
}
