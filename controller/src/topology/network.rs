//! The chapter `network`: a VPC of two zones, each with a public and a private subnet; a new one, or the user's own.

use std::collections::BTreeMap;

use clctl_spec::{
    DhcpOptions as DeclaredOptions, ExistingVpc, NatGateways, NewVpc, NodeSpec, SelectorKey,
    SubnetId as DeclaredSubnet, SubnetSelector, TagValue, Vpc as DeclaredVpc, VpcSelector, Zone,
    ZoneName,
};
use ipnet::Ipv4Net;

use crate::{
    aws::{
        Aws, Lookups, Tags,
        ec2::{
            AskedNetwork, AskedSubnets, AskedTags, AskedVpc, AttachedVpc, DefaultRules,
            DhcpOptions, DhcpOptionsConfig, Eip, EipConfig, InternetGateway, InternetGatewayConfig,
            NatGateway, NatGatewayConfig, RouteTable, RouteTableConfig, RouteTableId, Subnet,
            SubnetConfig, SubnetId, Target, Vpc, VpcConfig, VpcId,
        },
    },
    engine::{After, DeclaredTwice, Graph, Input, Loose, Ref, Resource},
};

use super::Label;

/// What other chapters build on: nodes of ours, or what was found of the user's own. What was not found stands for
/// what depends on it, which is then left alone.
pub(super) struct Built {
    pub(super) vpc: Input<VpcId>,
    /// The ranges of the VPC; or why nobody knows them.
    pub(super) ranges: Result<Vec<Ipv4Net>, String>,
    /// In the order of the zones; empty where none are named.
    pub(super) public_subnets: Vec<Input<SubnetId>>,
    /// In the order of the zones.
    pub(super) private_subnets: Vec<Input<SubnetId>>,
    /// The route tables of the private subnets.
    pub(super) private_tables: Vec<Input<RouteTableId>>,
    /// Those of ours: how others reach the internet is theirs to watch.
    pub(super) nat_gateways: Vec<Ref<NatGateway>>,
    /// What has to be there before anybody in a public subnet reaches the internet.
    pub(super) public_way: After,
    /// The same of private ones.
    pub(super) private_way: After,
}

struct Declaring<'a> {
    graph: &'a mut Graph<Aws>,
    label: &'a Label<'a>,
    vpc: Ref<Vpc>,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    lookups: &Lookups,
) -> Result<Built, DeclaredTwice> {
    match &spec.network.vpc {
        DeclaredVpc::Create(vpc) => new(graph, label, vpc, vpc.zones(&spec.availability_zones)),
        DeclaredVpc::Existing(vpc) => Ok(existing(vpc, lookups)),
    }
}

/// What has to be found of the network of the user's own, if everything is built in one.
pub(super) fn asked(spec: &NodeSpec) -> Option<AskedNetwork<'_>> {
    let DeclaredVpc::Existing(vpc) = &spec.network.vpc else { return None };
    Some(AskedNetwork {
        vpc: match &vpc.vpc {
            VpcSelector::Id(id) => AskedVpc::Id(id.as_str()),
            VpcSelector::Tags(tags) => AskedVpc::Tags(texts(tags)),
        },
        private_subnets: subnets(&vpc.private_subnets),
        public_subnets: vpc.public_subnets.as_ref().map(subnets),
        zones: spec.availability_zones.0.each_ref().map(ZoneName::as_str),
        route_tables: vpc.s3_endpoint,
    })
}

fn subnets(selector: &SubnetSelector) -> AskedSubnets<'_> {
    match selector {
        SubnetSelector::Ids(ids) => AskedSubnets::Ids(ids.0.each_ref().map(DeclaredSubnet::as_str)),
        SubnetSelector::Tags(tags) => AskedSubnets::Tags(texts(tags)),
    }
}

fn texts(tags: &BTreeMap<SelectorKey, TagValue>) -> AskedTags<'_> {
    tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// What was found of the network of the user's own. Nothing of it is declared: nothing of it is ever changed.
fn existing(declared: &ExistingVpc, lookups: &Lookups) -> Built {
    let network = lookups.network();
    let both = |found: &Result<[SubnetId; 2], String>| match found {
        Ok(subnets) => subnets.iter().cloned().map(Input::Known).collect(),
        Err(why) => vec![Input::Unlearned(why.clone())],
    };
    Built {
        vpc: network.vpc.clone().map_or_else(Input::Unlearned, Input::Known),
        ranges: network.ranges.clone(),
        public_subnets: match &declared.public_subnets {
            Some(_) => both(&network.public_subnets),
            None => Vec::new(),
        },
        private_subnets: both(&network.private_subnets),
        private_tables: match &network.private_tables {
            Ok(tables) => tables.iter().cloned().map(Input::Known).collect(),
            Err(why) => vec![Input::Unlearned(why.clone())],
        },
        nat_gateways: Vec::new(),
        public_way: After::default(),
        private_way: After::default(),
    }
}

fn new(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    network: &NewVpc,
    zones: [Zone<'_>; 2],
) -> Result<Built, DeclaredTwice> {
    let vpc = graph.add::<Vpc>(
        "main",
        VpcConfig {
            cidr: network.cidr,
            dns_support: network.enable_dns_support,
            dns_hostnames: network.enable_dns_hostnames,
            default_security_group_rules: DefaultRules::NONE,
            tags: label.tags(Vpc::ABOUT.name, "main"),
        },
    )?;
    let mut declaring = Declaring { graph, label, vpc: vpc.clone() };
    if let Some(options) = &network.dhcp_options {
        declaring.dhcp_options(options)?;
    }
    let gateway = declaring.gateway()?;
    let (mut public_subnets, mut private_subnets) = (Vec::new(), Vec::new());
    for zone in &zones {
        public_subnets.push(declaring.subnet("public", zone, zone.public)?);
        private_subnets.push(declaring.subnet("private", zone, zone.private)?);
    }
    let public_table = declaring.public_table(&gateway, &public_subnets)?;
    let (mut private_tables, mut nat_gateways) = (Vec::new(), Vec::new());
    let mut way_out = None;
    for ((zone, public), private) in zones.iter().zip(&public_subnets).zip(&private_subnets) {
        let nat = match (way_out, network.nat_gateways) {
            (Some(first), NatGateways::Single) => first,
            (_, NatGateways::Single | NatGateways::OnePerZone) => {
                let nat = declaring.nat_gateway(zone, public, &gateway)?;
                nat_gateways.push(nat.clone());
                nat
            }
        };
        private_tables.push(declaring.private_table(zone, private, &nat)?);
        way_out = Some(nat);
    }
    let id = |subnet: &Ref<Subnet>| subnet.output("id", |subnet| subnet.id.clone());
    let tables = private_tables.iter();
    Ok(Built {
        vpc: vpc.output("id", |vpc| vpc.id.clone()),
        ranges: Ok(vec![network.cidr]),
        public_subnets: public_subnets.iter().map(id).collect(),
        private_subnets: private_subnets.iter().map(id).collect(),
        private_tables: tables.map(|table| table.output("id", |table| table.id.clone())).collect(),
        public_way: After::node(&public_table),
        private_way: After::nodes(&private_tables),
        nat_gateways,
    })
}

/// Everywhere.
fn anywhere() -> String {
    Ipv4Net::default().to_string()
}

impl Declaring<'_> {
    fn tags(&self, kind: &'static str, name: &str) -> Tags {
        self.label.tags(kind, name)
    }

    fn gateway(&mut self) -> Result<Ref<InternetGateway>, DeclaredTwice> {
        let tags = self.tags(InternetGateway::ABOUT.name, "main");
        let vpc = self.vpc.output("id", |vpc| AttachedVpc(Some(vpc.id.clone())));
        self.graph
            .add::<InternetGateway>("main", InternetGatewayConfig { vpc, attached: true, tags })
    }

    /// What instances are told of DNS and time servers, if that is not what AWS tells them by itself.
    fn dhcp_options(&mut self, options: &DeclaredOptions) -> Result<(), DeclaredTwice> {
        let config = DhcpOptionsConfig {
            vpc: self.vpc.output("id", |vpc| AttachedVpc(Some(vpc.id.clone()))),
            associated: true,
            domain_name: match &options.domain_name {
                Some(name) => name.to_string(),
                None => self.label.environment.internal_domain(),
            },
            domain_name_servers: options
                .domain_name_servers
                .iter()
                .map(ToString::to_string)
                .collect(),
            ntp_servers: options.ntp_servers.iter().map(ToString::to_string).collect(),
            tags: self.tags(DhcpOptions::ABOUT.name, "main"),
        };
        self.graph.add::<DhcpOptions>("main", config).map(drop)
    }

    fn subnet(
        &mut self,
        side: &str,
        zone: &Zone<'_>,
        cidr: Ipv4Net,
    ) -> Result<Ref<Subnet>, DeclaredTwice> {
        let name = format!("{side}-{}", zone.name.letter());
        let config = SubnetConfig {
            vpc: self.vpc.output("id", |vpc| vpc.id.clone()),
            zone: zone.name.to_string(),
            cidr,
            // Addresses are given on purpose, to what is meant to have one.
            map_public_ip: side == "public",
            tags: self.tags(Subnet::ABOUT.name, &name),
        };
        self.graph.add::<Subnet>(&name, config)
    }

    /// A NAT gateway in a zone's public subnet.
    fn nat_gateway(
        &mut self,
        zone: &Zone<'_>,
        subnet: &Ref<Subnet>,
        gateway: &Ref<InternetGateway>,
    ) -> Result<Ref<NatGateway>, DeclaredTwice> {
        let name = zone.name.letter().to_string();
        let eip_name = format!("nat-{name}");
        let tags = self.tags(Eip::ABOUT.name, &eip_name);
        let eip = self.graph.add::<Eip>(&eip_name, EipConfig { tags })?;
        let config = NatGatewayConfig {
            subnet: subnet.output("id", |subnet| subnet.id.clone()),
            eip: eip.output("id", |eip| eip.id.clone()),
            internet_gateway: After::node(gateway),
            tags: self.tags(NatGateway::ABOUT.name, &name),
        };
        self.graph.add::<NatGateway>(&name, config)
    }

    fn public_table(
        &mut self,
        gateway: &Ref<InternetGateway>,
        subnets: &[Ref<Subnet>],
    ) -> Result<Ref<RouteTable>, DeclaredTwice> {
        let target = Target::InternetGateway(gateway.output("id", |gateway| gateway.id.clone()));
        let config = RouteTableConfig {
            vpc: self.vpc.output("id", |vpc| vpc.id.clone()),
            routes: BTreeMap::from([(anywhere(), target)]),
            subnets: subnets
                .iter()
                .map(|subnet| Loose(subnet.output("id", |subnet| subnet.id.clone())))
                .collect(),
            tags: self.tags(RouteTable::ABOUT.name, "public"),
        };
        self.graph.add::<RouteTable>("public", config)
    }

    fn private_table(
        &mut self,
        zone: &Zone<'_>,
        subnet: &Ref<Subnet>,
        way_out: &Ref<NatGateway>,
    ) -> Result<Ref<RouteTable>, DeclaredTwice> {
        let name = format!("private-{}", zone.name.letter());
        let target = Target::NatGateway(way_out.output("id", |gateway| gateway.id.clone()));
        let config = RouteTableConfig {
            vpc: self.vpc.output("id", |vpc| vpc.id.clone()),
            routes: BTreeMap::from([(anywhere(), target)]),
            subnets: vec![Loose(subnet.output("id", |subnet| subnet.id.clone()))],
            tags: self.tags(RouteTable::ABOUT.name, &name),
        };
        self.graph.add::<RouteTable>(&name, config)
    }
}
