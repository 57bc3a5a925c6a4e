//! The ways to AWS's services that do not lead through the internet. In a VPC of the user's own only those that are
//! asked for: they change what others in it see.

use clctl_spec::{ServiceName, Vpc};

use crate::{
    aws::{
        Aws,
        ec2::{
            Direction, Leads, Peer, Rule, SecurityGroup, SecurityGroupConfig, SecurityGroupRules,
            SecurityGroupRulesConfig, VpcEndpoint, VpcEndpointConfig,
        },
        policy::Policy,
    },
    engine::{After, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{Label, network};

const HTTPS: u16 = 443;

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    vpc: &Vpc,
    network: &network::Built,
) -> Result<After, DeclaredTwice> {
    let (s3, interfaces): (bool, &[ServiceName]) = match vpc {
        Vpc::Create(vpc) => (vpc.s3_endpoint, &vpc.interface_endpoints),
        Vpc::Existing(vpc) => (vpc.s3_endpoint, &vpc.interface_endpoints),
    };
    let mut all = After::default();
    let service = |name: &str| format!("com.amazonaws.{}.{name}", label.environment.region);
    let endpoint = |name: &str, leads| VpcEndpointConfig {
        vpc: network.vpc.clone(),
        service: service(name),
        leads,
        route_tables: Vec::new(),
        subnets: Vec::new(),
        security_groups: Vec::new(),
        private_dns: false,
        policy: Policy::open(),
        tags: label.tags(VpcEndpoint::ABOUT.name, &node_name(name)),
    };
    if s3 {
        let declared = VpcEndpointConfig {
            route_tables: network.private_tables.clone(),
            ..endpoint("s3", Leads::Gateway)
        };
        all = all.and(After::node(&graph.add::<VpcEndpoint>("s3", declared)?));
    }
    if interfaces.is_empty() {
        return Ok(all);
    }
    let group = group(graph, label, network)?;
    for name in interfaces {
        let declared = VpcEndpointConfig {
            subnets: network.private_subnets.clone(),
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
    network: &network::Built,
) -> Result<Ref<SecurityGroup>, DeclaredTwice> {
    let name = "endpoints";
    let group = graph.add::<SecurityGroup>(
        name,
        SecurityGroupConfig {
            vpc: network.vpc.clone(),
            description: "HTTPS to AWS services".to_owned(),
            tags: label.tags(SecurityGroup::ABOUT.name, name),
        },
    )?;
    let from =
        |range| Rule::tcp(Direction::Ingress, HTTPS, Peer::Cidr(range), "HTTPS from the network");
    let declared = match &network.ranges {
        Ok(ranges) => SecurityGroupRulesConfig {
            group: group.output("id", |group| group.id.clone()),
            rules: ranges.iter().copied().map(from).collect(),
        },
        // What they are to be nobody knows: they stay as they are.
        Err(why) => {
            SecurityGroupRulesConfig { group: Input::Unlearned(why.clone()), rules: Vec::new() }
        }
    };
    graph.add::<SecurityGroupRules>(name, declared)?;
    Ok(group)
}
