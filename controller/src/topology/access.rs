//! The chapters `access` and `gui`: one security group per role, each open to exactly those it serves.

use clctl_spec::{KeyPair as DeclaredKeyPair, NodeSpec};

use crate::{
    aws::{
        Aws,
        ec2::{
            Direction, KeyPair, KeyPairConfig, Peer, PublicKey, Rule, SecurityGroup,
            SecurityGroupConfig, SecurityGroupRules, SecurityGroupRulesConfig,
        },
    },
    engine::{Declared, DeclaredTwice, Graph, Ref, Resource},
};

use super::{Label, network};

const SSH: u16 = 22;
pub(super) const HTTP: u16 = 80;
pub(super) const HTTPS: u16 = 443;
/// Where a node serves its GUI and API, in plain HTTP behind the load balancer.
pub(super) const NODE: u16 = 6688;
/// Who comes to the port that nodes reach each other at.
const OTHERS: &str = "Nodes of other operators";

/// Groups that others refer to.
pub(super) struct Built {
    pub(super) database: Ref<SecurityGroup>,
    pub(super) nodes: Ref<SecurityGroup>,
    pub(super) balancer: Ref<SecurityGroup>,
    pub(super) balancer_rules: Ref<SecurityGroupRules>,
    /// That of the load balancer for other nodes, if there is to be one.
    pub(super) peers: Option<Guard>,
    pub(super) bastion: Ref<SecurityGroup>,
    pub(super) rules: Vec<Ref<SecurityGroupRules>>,
    pub(super) key_pair: Option<Ref<KeyPair>>,
}

/// A group, and what it lets in and out.
pub(super) struct Guard {
    pub(super) group: Ref<SecurityGroup>,
    pub(super) rules: Ref<SecurityGroupRules>,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    network: &network::Built,
) -> Result<Built, DeclaredTwice> {
    let mut key_pair = None;
    if let Some(DeclaredKeyPair::PublicKey(key)) = &spec.access.key_pair {
        let name = "main";
        let public_key = PublicKey(key.to_string());
        let tags = label.tags(KeyPair::ABOUT.name, name);
        key_pair = Some(graph.add::<KeyPair>(name, KeyPairConfig { public_key, tags })?);
    }
    let mut group = |name: &str, description: &str| {
        graph.add::<SecurityGroup>(
            name,
            SecurityGroupConfig {
                vpc: network.vpc.clone(),
                description: description.to_owned(),
                tags: label.tags(SecurityGroup::ABOUT.name, name),
            },
        )
    };
    let bastion = group("bastion", "SSH to the bastion")?;
    let balancer = group("load-balancer", "HTTPS to the node GUI")?;
    let nodes = group("nodes", "Chainlink nodes")?;
    let database = group("database", "PostgreSQL of the nodes")?;
    let peers = &spec.nodes.peer_to_peer;
    let entrance = peers
        .has_own_addresses()
        .then(|| group("network-load-balancer", "Connections of other nodes"))
        .transpose()?;

    let mut rules = |group: &Ref<SecurityGroup>, rules: Vec<Rule<Declared>>| {
        let name = group.address().name.clone();
        let group = group.output("id", |group| group.id.clone());
        graph.add::<SecurityGroupRules>(&name, SecurityGroupRulesConfig { group, rules })
    };
    let member =
        |group: &Ref<SecurityGroup>| Peer::Group(group.output("id", |group| group.id.clone()));
    let admitted = |cidrs: &[ipnet::Ipv4Net], port, what| {
        cidrs
            .iter()
            .map(|cidr| Rule::tcp(Direction::Ingress, port, Peer::Cidr(*cidr), what))
            .collect::<Vec<_>>()
    };
    let mut bastion_rules = admitted(&spec.access.admitted(), SSH, "SSH from outside");
    bastion_rules.push(Rule::all_out());
    let mut all = vec![rules(&bastion, bastion_rules)?];
    let mut balancer_rules = admitted(&spec.gui.admitted(), HTTPS, "Node GUI from outside");
    if spec.gui.load_balancer.is_some() {
        // It sends them on to HTTPS.
        balancer_rules.extend(admitted(&spec.gui.admitted(), HTTP, "Redirect to HTTPS"));
    }
    balancer_rules.push(Rule::tcp(Direction::Egress, NODE, member(&nodes), "Node GUI"));
    let balancer_rules = rules(&balancer, balancer_rules)?;
    let others = admitted(&peers.admitted(), peers.port.port(), OTHERS);
    let mut node_rules = vec![
        Rule::tcp(Direction::Ingress, SSH, member(&bastion), "SSH from the bastion"),
        Rule::tcp(Direction::Ingress, NODE, member(&balancer), "Node GUI from the load balancer"),
        Rule::all_out(),
    ];
    let guard = if let Some(group) = entrance {
        let (port, to) = (peers.port.port(), || member(&nodes));
        let mut own = others;
        own.push(Rule::tcp(Direction::Egress, port, to(), "P2P"));
        own.push(Rule::tcp(Direction::Egress, NODE, to(), "Health of the nodes"));
        // What comes through it is told by its group, although the nodes see who sends it.
        let from = || member(&group);
        node_rules.extend([
            Rule::tcp(Direction::Ingress, port, from(), "P2P from the load balancer"),
            Rule::tcp(Direction::Ingress, NODE, from(), "Health from the load balancer"),
        ]);
        let rules = rules(&group, own)?;
        Some(Guard { group, rules })
    } else {
        node_rules.extend(others.into_iter().filter(|_| peers.enabled));
        None
    };
    all.push(rules(&nodes, node_rules)?);
    let port = spec.database.port.port();
    all.push(rules(
        &database,
        vec![Rule::tcp(Direction::Ingress, port, member(&nodes), "PostgreSQL from the nodes")],
    )?);
    let (peers, rules) = (guard, all);
    Ok(Built { database, nodes, balancer, balancer_rules, peers, bastion, rules, key_pair })
}
