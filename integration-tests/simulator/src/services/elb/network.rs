//! Where a load balancer is in a VPC: its subnets, its addresses, its security groups.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#availability-zones>

use serde::{Deserialize, Serialize};

use super::{
    call::{Call, impossible, invalid},
    load_balancer::Family,
};
use crate::fault::Fault;

/// The smallest subnet of an application load balancer.
const LEAST_PREFIX: u8 = 27;
/// How many addresses are free in a subnet that a load balancer comes to: of an internal one for the network only where
/// AWS chooses its address.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html>
const LEAST_FREE: u32 = 8;

/// A subnet of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) subnet: String,
    pub(super) zone: String,
    /// The Elastic IP address it has there, and what that is.
    pub(super) address: Option<(String, String)>,
    /// The private address that is asked for.
    pub(super) private: Option<String>,
}

/// A subnet as a request names it.
struct Wanted {
    subnet: String,
    allocation: Option<String>,
    private: Option<String>,
}

fn wanted(call: &Call<'_>) -> Result<Option<Vec<Wanted>>, Fault> {
    let subnets = call.list("Subnets");
    let mappings = call.params.structs("SubnetMappings.member");
    if subnets.is_some() && !mappings.is_empty() {
        return Err(invalid("You must specify either subnets or subnet mappings, but not both"));
    }
    if let Some(subnets) = subnets {
        let plain = |subnet| Wanted { subnet, allocation: None, private: None };
        return Ok(Some(subnets.into_iter().map(plain).collect()));
    }
    // An empty list, as SDKs write it.
    call.text("SubnetMappings");
    let mut all = Vec::new();
    for mapping in mappings {
        for name in ["IPv6Address", "SourceNatIpv6Prefix"] {
            if mapping.given(name) {
                return Err(Fault::unsupported(format!("{name} of a subnet mapping")));
            }
        }
        all.push(Wanted {
            subnet: mapping.text("SubnetId").unwrap_or_default(),
            allocation: mapping.text("AllocationId"),
            private: mapping.text("PrivateIPv4Address"),
        });
    }
    Ok((!all.is_empty()).then_some(all))
}

/// The VPC and the places that a request asks for; `held` are those that the load balancer has already.
pub(super) fn places(
    call: &Call<'_>,
    (family, internal): (Family, bool),
    held: &[Place],
) -> Result<(String, Vec<Place>), Fault> {
    let least = match family {
        Family::Application => 2,
        Family::Network => 1,
    };
    let wanted = wanted(call)?.unwrap_or_default();
    if wanted.len() < least {
        return Err(invalid(match family {
            Family::Application => {
                "At least two subnets in two different Availability Zones must be specified"
            }
            Family::Network => "At least one subnet must be specified",
        }));
    }
    let ec2 = &call.neighbours.ec2;
    let mut home: Option<String> = None;
    let mut all: Vec<Place> = Vec::new();
    for Wanted { subnet, allocation, private } in wanted {
        let spot = ec2.spot(&subnet, call.dependent()).ok_or_else(|| {
            let text = format!("The subnet ID '{subnet}' is not valid");
            Fault::client("SubnetNotFound", text)
        })?;
        if home.as_ref().is_some_and(|it| *it != spot.vpc) {
            return Err(impossible("All subnets must belong to the same VPC"));
        }
        if all.iter().any(|it| it.zone == spot.zone) {
            return Err(impossible(
                "A load balancer cannot be attached to multiple subnets in the same Availability \
                 Zone",
            ));
        }
        let before = held.iter().find(|it| it.subnet == subnet);
        if before.is_none() {
            has_room(call, family, &subnet, private.is_some())?;
        }
        let address = match allocation {
            None => None,
            Some(_) if family == Family::Application => {
                return Err(impossible(
                    "Elastic IP addresses are not supported for load balancers with type \
                     'application'",
                ));
            }
            Some(_) if internal => {
                return Err(impossible(
                    "Elastic IP addresses are not supported for load balancers with scheme \
                     'internal'",
                ));
            }
            Some(id) => Some(address(call, id, before)?),
        };
        if private.is_some() && (family == Family::Application || !internal) {
            return Err(impossible(
                "A private IPv4 address can be specified only for internal network load balancers",
            ));
        }
        if let Some(text) =
            private.as_ref().filter(|_| before.is_none_or(|it| it.private != private))
        {
            ec2.offers_address(&subnet, text).map_err(|it| impossible(it.message))?;
        }
        home = Some(spot.vpc);
        all.push(Place { subnet, zone: spot.zone, address, private });
    }
    let vpc = home.unwrap_or_default();
    if !internal && !ec2.has_way_out(&vpc) {
        let text = format!("VPC {vpc} has no internet gateway");
        return Err(Fault::client("InvalidSubnet", text));
    }
    all.sort();
    Ok((vpc, all))
}

fn has_room(call: &Call<'_>, family: Family, subnet: &str, chosen: bool) -> Result<(), Fault> {
    let Some((prefix, free)) = call.neighbours.ec2.room(subnet) else { return Ok(()) };
    let least = if chosen { 1 } else { LEAST_FREE };
    if free < least || (family == Family::Application && prefix > LEAST_PREFIX) {
        return Err(Fault::client(
            "InvalidSubnet",
            format!(
                "Not enough IP space available in {subnet}. ELB requires at least {least} free IP \
                 addresses in each subnet."
            ),
        ));
    }
    Ok(())
}

/// An Elastic IP address that nothing else has.
fn address(call: &Call<'_>, id: String, before: Option<&Place>) -> Result<(String, String), Fault> {
    let own = before.and_then(|it| it.address.clone()).filter(|it| it.0 == id);
    if let Some(own) = own {
        return Ok(own);
    }
    let (ip, taken) = call.neighbours.ec2.address(&id, call.dependent()).ok_or_else(|| {
        let text = format!("The allocation ID '{id}' does not exist");
        Fault::client("AllocationIdNotFound", text)
    })?;
    let mut others = call.elb.load_balancers.all().flat_map(|it| &it.places);
    let promised = others.any(|it| it.address.as_ref().is_some_and(|it| it.0 == id));
    if taken || promised {
        let text = format!("The allocation IDs are not available for use: {id}");
        return Err(Fault::client("ResourceInUse", text));
    }
    Ok((id, ip))
}

/// The security groups that a request asks for, if it does.
pub(super) fn groups(call: &Call<'_>, vpc: &str) -> Result<Option<Vec<String>>, Fault> {
    let Some(wanted) = call.list("SecurityGroups") else { return Ok(None) };
    let ec2 = &call.neighbours.ec2;
    let mut kept: Vec<String> = Vec::new();
    for id in wanted {
        let home = ec2.vpc_of_group(&id, call.dependent()).ok_or_else(|| {
            let text = format!("The security group '{id}' does not exist");
            Fault::client("InvalidSecurityGroup", text)
        })?;
        if home != vpc {
            return Err(impossible(format!(
                "One or more security groups are invalid: '{id}' is not in the VPC '{vpc}'"
            )));
        }
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    let most = call.settings.quotas.groups_per_interface as usize;
    if kept.len() > most {
        return Err(invalid(format!("A load balancer can have at most {most} security groups")));
    }
    kept.sort();
    Ok(Some(kept))
}
