//! What can be changed of where a load balancer is: subnets, security groups, kinds of addresses.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html>

use super::{
    Answer, Operation,
    agenda::Due,
    call::{Call, impossible, missing},
    load_balancer::{self, Family, LoadBalancer, on_off},
    network,
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("SetIpAddressType", true, set_address_type),
    ("SetSecurityGroups", true, set_groups),
    ("SetSubnets", true, set_subnets),
];

/// Lets the interfaces follow.
fn follow(call: &mut Call<'_>, arn: &str) {
    let change = call.settings.durations.load_balancer_change;
    let at = call.after(change);
    call.plan(at, Due::Adapt(arn.to_owned()));
}

/// The places replace those that were there; network load balancers keep theirs in the zones that stay.
fn set_subnets(call: &mut Call<'_>) -> Answer {
    let arn = call.need("LoadBalancerArn")?;
    let it = call.find::<LoadBalancer>(&arn)?;
    load_balancer::address_type(call)?;
    if call.among("EnablePrefixForIpv6SourceNat", &["on", "off"])?.is_some_and(|it| it == "on") {
        return Err(Fault::unsupported("IPv6 of load balancers"));
    }
    let (vpc, places) = network::places(call, (it.family, it.internal), &it.places)?;
    if vpc != it.vpc {
        return Err(impossible(format!("The subnets must be in the VPC '{}'", it.vpc)));
    }
    if it.family == Family::Network {
        let moved = it
            .places
            .iter()
            .find(|before| places.iter().any(|it| it.zone == before.zone && it != *before));
        if let Some(moved) = moved {
            return Err(impossible(format!(
                "The subnet and the addresses of a network load balancer cannot be changed in the \
                 Availability Zone '{}'",
                moved.zone
            )));
        }
    }
    let stamp = call.stamp;
    let changed = call.elb.load_balancers.change(stamp, &arn, |it| {
        it.places = places;
        it.body.clone()
    });
    follow(call, &arn);
    let zones = changed.as_ref().map(load_balancer::zones).unwrap_or_default();
    Ok(zones.text("IpAddressType", "ipv4"))
}

fn set_groups(call: &mut Call<'_>) -> Answer {
    let arn = call.need("LoadBalancerArn")?;
    let it = call.find::<LoadBalancer>(&arn)?;
    let parameter = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
    let enforces = call.among(parameter, &["on", "off"])?.map(|it| it == "on");
    let groups = network::groups(call, &it.vpc)?.filter(|it| !it.is_empty());
    let groups = groups.ok_or_else(|| missing("SecurityGroups"))?;
    if it.family == Family::Network && it.groups.is_empty() {
        return Err(impossible(
            "You cannot set security groups on a network load balancer that was created without \
             security groups",
        ));
    }
    if it.family == Family::Application && enforces.is_some() {
        return Err(impossible(format!(
            "{parameter} is not supported for load balancers with type 'application'"
        )));
    }
    let stamp = call.stamp;
    call.elb.load_balancers.change(stamp, &arn, |it| {
        it.groups.clone_from(&groups);
        it.enforces = enforces.unwrap_or(it.enforces);
    });
    follow(call, &arn);
    let shown = (it.family == Family::Network).then(|| on_off(enforces.unwrap_or(it.enforces)));
    Ok(Xml::new().named_texts("SecurityGroupIds", "member", groups).maybe(parameter, shown))
}

/// There is no subnet here that has IPv6.
fn set_address_type(call: &mut Call<'_>) -> Answer {
    let arn = call.need("LoadBalancerArn")?;
    call.find::<LoadBalancer>(&arn)?;
    call.need("IpAddressType")?;
    load_balancer::address_type(call)?;
    Ok(Xml::new().text("IpAddressType", "ipv4"))
}
