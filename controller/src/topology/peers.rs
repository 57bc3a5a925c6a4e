//! The chapter `nodes.peerToPeer`: where nodes of other operators reach the one that is active, if the file announces
//! no addresses of the user's own. They are told addresses and no names, so that these have to stay: a network load
//! balancer has one in each zone, and either leads to the node that is active, in whichever zone that is.
//!
//! The nodes need the addresses, which they announce, and the target group; without the load balancer they work, and
//! reach others all the same.

use clctl_spec::NodeSpec;

use crate::{
    aws::{
        Aws,
        ec2::{Eip, EipConfig},
        elb::{
            Action, Certificate, Listener, ListenerConfig, NetworkLoadBalancer,
            NetworkLoadBalancerConfig, Place, TargetGroup, TargetGroupConfig,
        },
    },
    engine::{After, Declared, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{
    Label,
    access::{Guard, NODE},
    gui, network,
};

/// What the load balancer is called, and what the names of its addresses begin with.
const PEERS: &str = "peers";
const TCP: &str = "TCP";
const NO_SUBNETS: &str = "no public subnets are named";

/// What others look at.
pub(super) struct Built {
    pub(super) balancer: Ref<NetworkLoadBalancer>,
    pub(super) target_group: Ref<TargetGroup>,
    /// In the order of the zones.
    pub(super) addresses: Vec<Ref<Eip>>,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    network: &network::Built,
    guard: &Guard,
) -> Result<Built, DeclaredTwice> {
    let port = i32::from(spec.nodes.peer_to_peer.port.port());
    let config = TargetGroupConfig {
        vpc: network.vpc.clone(),
        target_type: "instance".to_owned(),
        protocol: TCP.to_owned(),
        protocol_version: String::new(),
        port,
        ip_address_type: "ipv4".to_owned(),
        // Not at the port of the peers: a connection that ends before it has said who it is of is a warning in the
        // node's log each time.
        health_check: gui::is_active(&NODE.to_string()),
        deregistration_delay: gui::DELAY,
        attributes: TargetGroupConfig::<Declared>::usual_attributes(TCP),
        tags: label.tags(TargetGroup::ABOUT.name, PEERS),
    };
    let target_group = graph.add::<TargetGroup>(PEERS, config)?;
    let (mut addresses, mut zones) = (Vec::new(), Vec::new());
    for (at, zone) in spec.availability_zones.0.iter().enumerate() {
        // What was not found stands for all of them: the addresses are there all the same.
        let subnets = &network.public_subnets;
        let subnet = subnets.get(at).or(subnets.first()).cloned();
        let subnet = subnet.unwrap_or_else(|| Input::Unlearned(NO_SUBNETS.to_owned()));
        let name = format!("{PEERS}-{}", zone.letter());
        let tags = label.tags(Eip::ABOUT.name, &name);
        let eip = graph.add::<Eip>(&name, EipConfig { tags })?;
        let id = Some(eip.output("id", |eip| eip.id.clone()));
        zones.push((zone.to_string(), Place { subnet, eip: id }));
        addresses.push(eip);
    }
    let config = NetworkLoadBalancerConfig {
        vpc: network.vpc.clone(),
        scheme: "internet-facing".to_owned(),
        zones: zones.into_iter().collect(),
        security_groups: vec![guard.group.output("id", |group| group.id.clone())],
        ip_address_type: "ipv4".to_owned(),
        // Others have either address, and one node works.
        cross_zone: true,
        deletion_protection: false,
        attributes: NetworkLoadBalancerConfig::<Declared>::usual_attributes(),
        needs: network.public_way.clone().and(After::node(&guard.rules)),
        tags: label.tags(NetworkLoadBalancer::ABOUT.name, PEERS),
    };
    let balancer = graph.add::<NetworkLoadBalancer>(PEERS, config)?;
    let config = ListenerConfig {
        load_balancer: balancer.output("arn", |balancer| balancer.arn.clone()),
        port,
        protocol: TCP.to_owned(),
        certificate: Certificate(None).into(),
        ssl_policy: String::new(),
        mutual_authentication: "off".to_owned(),
        default_action: Action::Forward(target_group.output("arn", |group| group.arn.clone())),
        attributes: ListenerConfig::<Declared>::usual_attributes(TCP),
        tags: label.tags(Listener::ABOUT.name, PEERS),
    };
    graph.add::<Listener>(PEERS, config)?;
    Ok(Built { balancer, target_group, addresses })
}
