//! The ways to AWS's services that do not lead through the internet, in a new VPC.

use clctl_spec::NewVpc;

use crate::{
    aws::{
        Aws,
        ec2::{
            Direction, Leads, Peer, Rule, SecurityGroup, SecurityGroupConfig, SecurityGroupRules,
            SecurityGroupRulesConfig, VpcEndpoint, VpcEndpointConfig,
        },
        policy::Policy,
    },
    engine::{After, DeclaredTwice, Graph, Resource},
};

use super::{Label, network};

const HTTPS: u16 = 443;

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    vpc: &NewVpc,
    network: &network::Built,
) -> Result<After, DeclaredTwice> {
    let mut all = After::default();
    let service = |name: &str| format!("com.amazonaws.{}.{name}", label.environment.region);
    let endpoint = |name: &str, leads| VpcEndpointConfig {
        vpc: network.vpc.output("id", |vpc| vpc.id.clone()),
        service: service(name),
        leads,
        route_tables: Vec::new(),
        subnets: Vec::new(),
        security_groups: Vec::new(),
        private_dns: false,
        policy: Policy::open(),
        tags: label.tags(VpcEndpoint::ABOUT.name, &node_name(name)),
    };
    if vpc.s3_endpoint {
        let tables = network.private_tables.iter();
        let route_tables = tables.map(|table| table.output("id", |table| table.id.clone()));
        let declared = VpcEndpointConfig {
            route_tables: route_tables.collect(),
            ..endpoint("s3", Leads::Gateway)
        };
        all = all.and(After::node(&graph.add::<VpcEndpoint>("s3", declared)?));
    }
    if vpc.interface_endpoints.is_empty() {
        return Ok(all);
    }
    let group = group(graph, label, vpc, network)?;
    for name in &vpc.interface_endpoints {
        let subnets = network.private_subnets.iter();
        let declared = VpcEndpointConfig {
            subnets: subnets
                .map(|subnet| subnet.output("id", |subnet| subnet.id.clone()))
                .collect(),
            security_groups: vec![group.output("id", |group| group.id.clone())],
            private_dns: true,
            ..endpoint(name.as_str(), Leads::Interface)
        };
        let endpoint = graph.add::<VpcEndpoint>(&node_name(name.as_str()), declared)?;
        all = all.and(After::node(&endpoint));
    }
    Ok(all)
}

/// The name of an endpoint's node: names have no dots.
fn node_name(service: &str) -> String {
    service.replace('.', "-")
}

/// The group of the endpoints' interfaces: whoever is in the network may call.
fn group(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    vpc: &NewVpc,
    network: &network::Built,
) -> Result<crate::engine::Ref<SecurityGroup>, DeclaredTwice> {
    let name = "endpoints";
    let group = graph.add::<SecurityGroup>(
        name,
        SecurityGroupConfig {
            vpc: network.vpc.output("id", |vpc| vpc.id.clone()),
            description: "HTTPS to AWS services".to_owned(),
            tags: label.tags(SecurityGroup::ABOUT.name, name),
        },
    )?;
    let rule = Rule::tcp(Direction::Ingress, HTTPS, Peer::Cidr(vpc.cidr), "HTTPS from the network");
    let declared = SecurityGroupRulesConfig {
        group: group.output("id", |group| group.id.clone()),
        rules: vec![rule],
    };
    graph.add::<SecurityGroupRules>(name, declared)?;
    Ok(group)
}
