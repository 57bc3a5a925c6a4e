//! A network that somebody else has made: whether what is built in it works. Of one of our own there is nothing to check.

use clctl_spec::{NodeSpec, Scheme, Vpc};

use crate::aws::{
    Aws, Lookups,
    ec2::{Nat, SubnetId, Unfound, VpcId, Way, dns, free_addresses, ways},
};

use super::Check;

/// What AWS asks to be free where it puts the interfaces of a load balancer
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets>). A subnet
/// of nodes has room with as many: a node, the one that takes its place, the database and its standby.
const FREE: i32 = 8;

pub(super) async fn checks(aws: &Aws, lookups: &Lookups, spec: &NodeSpec) -> Vec<Check> {
    let Vpc::Existing(declared) = &spec.network.vpc else { return Vec::new() };
    let network = lookups.network();
    let vpc = match &network.vpc {
        Ok(vpc) => vpc,
        Err(why) => return vec![unfound("the VPC", why)],
    };
    let mut all = vec![Check::pass(format!("VPC {vpc}"), "is there")];
    let mut known: Vec<(Side, &SubnetId)> = Vec::new();
    match &network.private_subnets {
        Ok(subnets) => known.extend(subnets.iter().map(|subnet| (Side::Private, subnet))),
        Err(why) => all.push(unfound("private subnets", why)),
    }
    if needs_public(spec) || declared.public_subnets.is_some() {
        match &network.public_subnets {
            Ok(subnets) => known.extend(subnets.iter().map(|subnet| (Side::Public, subnet))),
            Err(why) => all.push(unfound("public subnets", why)),
        }
    }
    all.push(names(aws, vpc, !declared.interface_endpoints.is_empty()).await);
    all.extend(ways_out(aws, vpc, &known).await);
    all.extend(room(aws, &known).await);
    all
}

/// Whether anything stands in public subnets.
fn needs_public(spec: &NodeSpec) -> bool {
    let balancer = spec.gui.load_balancer.as_ref();
    let balancer = balancer.is_some_and(|balancer| balancer.scheme == Scheme::InternetFacing);
    balancer || spec.nodes.peer_to_peer.has_own_addresses() || spec.access.bastion.is_some()
}

/// Which way out a subnet has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Private,
    Public,
}

impl Side {
    fn name(self, subnet: &SubnetId) -> String {
        match self {
            Self::Private => format!("way out of the private subnet {subnet}"),
            Self::Public => format!("way out of the public subnet {subnet}"),
        }
    }
}

fn unfound(name: &str, why: &Unfound) -> Check {
    let text = why.to_string();
    let (message, advice) = text.rsplit_once(": ").unwrap_or((text.as_str(), "see the file"));
    match why {
        Unfound::OfNoUse(_) => Check::fail(name, message, advice),
        Unfound::Unread(_) => Check::not_checked(name, message, advice),
    }
}

async fn names(aws: &Aws, vpc: &VpcId, endpoints: bool) -> Check {
    let name = format!("DNS in {vpc}");
    let advice = |attribute: &str| {
        format!("turn it on: aws ec2 modify-vpc-attribute --vpc-id {vpc} --{attribute}")
    };
    match dns(aws, vpc).await {
        Ok((true, true)) => Check::pass(name, "names are answered, and instances have some"),
        Ok((false, _)) => Check::fail(
            name,
            "Amazon's resolver does not answer, so that neither the database nor any chain is found",
            advice("enable-dns-support"),
        ),
        Ok((true, false)) if endpoints => Check::fail(
            name,
            "instances have no DNS names, and without these interface endpoints are not found",
            advice("enable-dns-hostnames"),
        ),
        // Nothing of ours asks for names of instances.
        Ok((true, false)) => Check::pass(name, "names are answered; instances have none"),
        Err(error) => Check::unread(name, &error),
    }
}

async fn ways_out(aws: &Aws, vpc: &VpcId, known: &[(Side, &SubnetId)]) -> Vec<Check> {
    let ids: Vec<SubnetId> = known.iter().map(|(_, id)| (*id).clone()).collect();
    match ways(aws, vpc, &ids).await {
        Ok(ways) => {
            known.iter().filter_map(|(side, id)| Some(judged(*side, id, ways.get(id)?))).collect()
        }
        Err(error) => vec![Check::unread(format!("ways out of {vpc}"), &error)],
    }
}

/// What a way is worth to what stands in the subnet.
fn judged(side: Side, subnet: &SubnetId, way: &Way) -> Check {
    let name = side.name(subnet);
    let lead = match side {
        Side::Private => "lead its default route to a NAT gateway that is available",
        Side::Public => "lead its default route to the internet gateway of the VPC",
    };
    let unknown =
        "make sure that it leads to the internet: nodes reach AWS and their chains through it";
    match (side, way) {
        (_, Way::Nowhere) => Check::fail(name, "there is no default route", lead),
        (_, Way::Blackhole(to)) => {
            Check::fail(name, format!("the default route leads to {to}, which is gone"), lead)
        }
        (Side::Private, Way::InternetGateway(to)) => Check::fail(
            name,
            format!(
                "the default route leads to {to}, through which instances without a public address do not get"
            ),
            lead,
        ),
        (Side::Public, Way::InternetGateway(to)) => {
            Check::pass(name, format!("leads to the internet gateway {to}"))
        }
        (Side::Public, Way::NatGateway(to, _)) => Check::fail(
            name,
            format!("the default route leads to {to}, through which nobody gets in"),
            lead,
        ),
        (Side::Private, Way::NatGateway(to, Nat::Available)) => {
            Check::pass(name, format!("leads to the NAT gateway {to}, which is available"))
        }
        (Side::Private, Way::NatGateway(to, Nat::Pending)) => Check::not_checked(
            name,
            format!("leads to the NAT gateway {to}, which is still being made"),
            "look again in a few minutes",
        ),
        (Side::Private, Way::NatGateway(to, Nat::Private)) => Check::not_checked(
            name,
            format!("leads to the private NAT gateway {to}; where that leads is not looked at"),
            unknown,
        ),
        (Side::Private, Way::NatGateway(to, Nat::Out)) => Check::fail(
            name,
            format!("the default route leads to the NAT gateway {to}, which is not available"),
            lead,
        ),
        (_, Way::Elsewhere(to)) => Check::not_checked(
            name,
            format!("leads to {to}; where that leads is not looked at"),
            unknown,
        ),
    }
}

async fn room(aws: &Aws, known: &[(Side, &SubnetId)]) -> Vec<Check> {
    let ids: Vec<SubnetId> = known.iter().map(|(_, id)| (*id).clone()).collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let free = match free_addresses(aws, &ids).await {
        Ok(free) => free,
        Err(error) => return vec![Check::unread("free addresses", &error)],
    };
    let told = |id: &SubnetId, free: i32| {
        let (name, message) = (format!("free addresses of {id}"), format!("{free} are free"));
        if free >= FREE {
            Check::pass(name, message)
        } else {
            let advice = format!("free some, or name another subnet: {FREE} are needed");
            Check::fail(name, message, advice)
        }
    };
    ids.iter().filter_map(|id| Some(told(id, *free.get(id)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Outcome;

    #[test]
    fn a_way_is_worth_what_stands_behind_it() {
        let nat = |how| Way::NatGateway("nat-1".to_owned(), how);
        let to = |id: &str| id.to_owned();
        let (private, public) = (Side::Private, Side::Public);
        for (side, way, outcome) in [
            (private, nat(Nat::Available), Outcome::Pass),
            (private, nat(Nat::Pending), Outcome::NotChecked),
            (private, nat(Nat::Private), Outcome::NotChecked),
            (private, nat(Nat::Out), Outcome::Fail),
            (private, Way::InternetGateway(to("igw-1")), Outcome::Fail),
            (private, Way::Blackhole(to("nat-1")), Outcome::Fail),
            (private, Way::Nowhere, Outcome::Fail),
            (private, Way::Elsewhere(to("tgw-1")), Outcome::NotChecked),
            (public, Way::InternetGateway(to("igw-1")), Outcome::Pass),
            (public, nat(Nat::Available), Outcome::Fail),
            (public, Way::Blackhole(to("igw-1")), Outcome::Fail),
            (public, Way::Nowhere, Outcome::Fail),
            (public, Way::Elsewhere(to("vpce-1")), Outcome::NotChecked),
        ] {
            let check = judged(side, &SubnetId::new("subnet-1"), &way);
            assert_eq!(check.outcome, outcome, "{side:?} {way:?}");
            assert_eq!(check.advice.is_some(), outcome != Outcome::Pass, "{check:?}");
        }
    }
}
