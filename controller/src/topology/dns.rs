//! The name of the GUI, in a hosted zone of the user's.

use clctl_spec::NodeSpec;

use crate::{
    aws::{
        Aws, Lookups,
        elb::LoadBalancer,
        route53::{AliasTarget, DnsName, DnsRecord, DnsRecordConfig, HostedZoneId},
    },
    engine::{DeclaredTwice, Graph, Input, Ref},
};

const GUI: &str = "gui";

/// The hosted zone that is looked up, and the name that is made in it.
pub(super) fn asked(spec: &NodeSpec) -> Option<(&str, &str)> {
    let gui = &spec.gui;
    gui.load_balancer.as_ref()?;
    Some((gui.hosted_zone_id.as_ref()?.as_str(), gui.domain_name.as_ref()?.as_str()))
}

/// Declares the record that leads to the load balancer, if a zone is named to make it in.
pub(super) fn declare(
    graph: &mut Graph<Aws>,
    spec: &NodeSpec,
    lookups: &Lookups,
    balancer: &Ref<LoadBalancer>,
) -> Result<(), DeclaredTwice> {
    let Some((zone, name)) = asked(spec) else { return Ok(()) };
    let zone = lookups.hosted_zone().map(|()| HostedZoneId::new(zone));
    let config = DnsRecordConfig {
        zone: zone.map_or_else(Input::Unlearned, Input::Known),
        name: DnsName::new(name),
        target: balancer.output("dnsName", |it| AliasTarget::new(&it.dns_name, &it.hosted_zone_id)),
        // While no node is healthy it is better to be told so by the load balancer than to find no name.
        evaluate_target_health: false,
        marked: true,
        noted: true,
    };
    graph.add::<DnsRecord>(GUI, config).map(drop)
}
