//! The chapter `gui`: a load balancer in front of the node that is active.
//!
//! The nodes need its target group and nothing else of it: without a load balancer, a certificate or a way to it, they
//! work all the same.

use clctl_spec::{LoadBalancer as Written, NodeSpec, Scheme};

use crate::{
    aws::{
        Aws, Lookups,
        ec2::{SecurityGroup, SecurityGroupRules},
        elb::{
            Action, Certificate, Condition, FixedResponse, HealthCheck, Listener, ListenerConfig,
            ListenerRule, ListenerRuleConfig, LoadBalancer, LoadBalancerConfig, Redirect,
            TargetGroup, TargetGroupConfig,
        },
    },
    engine::{After, Declared, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{
    Label,
    access::{HTTP, HTTPS, NODE},
    dns, network,
};

const GUI: &str = "gui";
/// How often a node is asked, in seconds: another one is found within three times that.
const INTERVAL: i32 = 10;
/// For how long a node that leaves may end what it has begun, in seconds. It stops working before anyway.
pub(super) const DELAY: i32 = 15;
/// What is not for the outside: measurements, and what tells how the program runs. Whoever may, asks a node
/// through a tunnel. A rule has three patterns at most.
const CLOSED: [(&str, i32, [&str; 3]); 2] = [
    ("metrics", 10, ["/discovery", "/metrics", "/plugins/*"]),
    ("debug", 20, ["/debug", "/debug/*", "/v2/debug/*"]),
];

/// What the load balancer stands on.
pub(super) struct Base<'a> {
    pub(super) network: &'a network::Built,
    pub(super) group: &'a Ref<SecurityGroup>,
    pub(super) rules: &'a Ref<SecurityGroupRules>,
    pub(super) lookups: &'a Lookups,
}

/// Declares the load balancer, if there is to be one: the target groups that the nodes are in.
pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    base: &Base<'_>,
) -> Result<Vec<Ref<TargetGroup>>, DeclaredTwice> {
    let Some(declared) = &spec.gui.load_balancer else { return Ok(Vec::new()) };
    let targets = targets(graph, label, base.network)?;
    let balancer = balancer(graph, label, declared, base)?;
    dns::declare(graph, spec, base.lookups, &balancer)?;
    let config = ListenerConfig {
        load_balancer: balancer.output("arn", |balancer| balancer.arn.clone()),
        port: i32::from(HTTP),
        protocol: "HTTP".to_owned(),
        certificate: Certificate(None).into(),
        ssl_policy: String::new(),
        mutual_authentication: "off".to_owned(),
        default_action: Action::Redirect(Redirect::to_https()),
        attributes: ListenerConfig::<Declared>::usual_attributes("HTTP"),
        tags: label.tags(Listener::ABOUT.name, "http"),
    };
    graph.add::<Listener>("http", config)?;
    let certificate = base.lookups.certificate().map(|()| declared.certificate_arn.to_string());
    let certificate = certificate.map(|arn| Certificate(Some(arn)));
    let config = ListenerConfig {
        load_balancer: balancer.output("arn", |balancer| balancer.arn.clone()),
        port: i32::from(HTTPS),
        protocol: "HTTPS".to_owned(),
        certificate: certificate.map_or_else(Input::Unlearned, Input::Known),
        ssl_policy: policy(declared),
        mutual_authentication: "off".to_owned(),
        default_action: Action::Forward(targets.output("arn", |group| group.arn.clone())),
        attributes: ListenerConfig::<Declared>::usual_attributes("HTTPS"),
        tags: label.tags(Listener::ABOUT.name, "https"),
    };
    let listener = graph.add::<Listener>("https", config)?;
    for (name, priority, patterns) in CLOSED {
        let config = ListenerRuleConfig {
            listener: listener.output("arn", |listener| listener.arn.clone()),
            priority,
            conditions: vec![Condition::path(patterns)],
            action: Action::FixedResponse(FixedResponse::not_found()),
            transforms: Vec::new(),
            tags: label.tags(ListenerRule::ABOUT.name, name),
        };
        graph.add::<ListenerRule>(name, config)?;
    }
    Ok(vec![targets])
}

/// What a policy is called.
fn policy(declared: &Written) -> String {
    let said = serde_json::to_value(declared.ssl_policy).ok();
    said.and_then(|said| said.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// Where the load balancer finds the node that is active.
fn targets(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    network: &network::Built,
) -> Result<Ref<TargetGroup>, DeclaredTwice> {
    let config = TargetGroupConfig {
        vpc: network.vpc.clone(),
        target_type: "instance".to_owned(),
        protocol: "HTTP".to_owned(),
        protocol_version: "HTTP1".to_owned(),
        port: i32::from(NODE),
        ip_address_type: "ipv4".to_owned(),
        health_check: is_active("traffic-port"),
        deregistration_delay: DELAY,
        attributes: TargetGroupConfig::<Declared>::usual_attributes("HTTP"),
        tags: label.tags(TargetGroup::ABOUT.name, GUI),
    };
    graph.add::<TargetGroup>(GUI, config)
}

/// Whether a node is the active one, asked at that port: whoever stands by does not answer.
pub(super) fn is_active(port: &str) -> HealthCheck {
    HealthCheck {
        enabled: true,
        protocol: "HTTP".to_owned(),
        port: port.to_owned(),
        path: "/health".to_owned(),
        // A node says 207 when some part of it fails, and 204 while it migrates its database: it is the one that
        // works all the same.
        matcher: "200-299".to_owned(),
        interval: INTERVAL,
        timeout: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
    }
}

fn balancer(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    declared: &Written,
    base: &Base<'_>,
) -> Result<Ref<LoadBalancer>, DeclaredTwice> {
    let network = base.network;
    let (scheme, subnets, ways) = match declared.scheme {
        Scheme::InternetFacing => {
            ("internet-facing", &network.public_subnets, network.public_way.clone())
        }
        Scheme::Internal => ("internal", &network.private_subnets, network.private_way.clone()),
    };
    let config = LoadBalancerConfig {
        vpc: network.vpc.clone(),
        scheme: scheme.to_owned(),
        subnets: subnets.clone(),
        security_groups: vec![base.group.output("id", |group| group.id.clone())],
        ip_address_type: "ipv4".to_owned(),
        idle_timeout: declared.idle_timeout.get().cast_signed(),
        deletion_protection: declared.deletion_protection,
        drop_invalid_header_fields: true,
        desync_mitigation_mode: "defensive".to_owned(),
        attributes: LoadBalancerConfig::<Declared>::usual_attributes(),
        needs: ways.and(After::node(base.rules)),
        tags: label.tags(LoadBalancer::ABOUT.name, GUI),
    };
    graph.add::<LoadBalancer>(GUI, config)
}
