//! What another service of AWS sees of a VPC and has in it: the network interfaces of RDS's databases and of load
//! balancers.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>:
//! each has an address of its subnet; whoever wants to delete the subnet or a security
//! group waits until it is gone.

use super::{
    Ec2,
    instance::State,
    network_interface::{self, Lending, NetworkInterface},
    scene::{Around, Scene},
    subnet::{self, Subnet},
};
use crate::{Time, fault::Fault, random::Rng, shelf::Eyes};

/// Where a subnet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) vpc: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
}

impl Ec2 {
    /// Where a subnet is; with eyes only if a replica knows it already.
    pub(crate) fn spot(&self, subnet: &str, eyes: Option<Eyes>) -> Option<Spot> {
        let known = eyes.is_none_or(|it| self.subnets.seen(subnet, it).is_some());
        let subnet = self.subnets.get(subnet).filter(|_| known)?;
        let Subnet { vpc, zone, zone_id, .. } = &subnet.body;
        Some(Spot { vpc: vpc.clone(), zone: zone.clone(), zone_id: zone_id.clone() })
    }

    /// The VPC of a security group; with eyes only if a replica knows it already.
    pub(crate) fn vpc_of_group(&self, group: &str, eyes: Option<Eyes>) -> Option<String> {
        let known = eyes.is_none_or(|it| self.security_groups.seen(group, it).is_some());
        self.security_groups.get(group).filter(|_| known).map(|it| it.vpc.clone())
    }

    /// The length of a subnet's prefix, and how many of its addresses are free.
    pub(crate) fn room(&self, subnet: &str) -> Option<(u8, u32)> {
        let it = self.subnets.get(subnet)?;
        Some((it.cidr.prefix_len(), subnet::free(it, self)))
    }

    /// The subnets of a VPC, each with its zone.
    pub(crate) fn subnets_of(&self, vpc: &str) -> Vec<(String, String)> {
        let all = self.subnets.all().filter(|it| it.vpc == vpc);
        all.map(|it| (it.id.clone(), it.zone.clone())).collect()
    }

    /// Refuses a private address that an interface in a subnet cannot have.
    pub(crate) fn offers_address(&self, subnet: &str, text: &str) -> Result<(), Fault> {
        let subnet = self.subnets.get(subnet);
        let subnet = subnet.ok_or_else(|| Fault::invalid("The subnet does not exist"))?;
        network_interface::free_to_have(self, subnet, text).map(drop)
    }

    /// Whether there is a VPC; with eyes only if a replica knows it already.
    pub(crate) fn has_vpc(&self, vpc: &str, eyes: Option<Eyes>) -> bool {
        let known = eyes.is_none_or(|it| self.vpcs.seen(vpc, it).is_some());
        known && self.vpcs.get(vpc).is_some()
    }

    /// What an Elastic IP address is, and whether something has it; with eyes only if a replica knows it already.
    pub(crate) fn address(&self, allocation: &str, eyes: Option<Eyes>) -> Option<(String, bool)> {
        let known = eyes.is_none_or(|it| self.addresses.seen(allocation, it).is_some());
        let address = self.addresses.get(allocation).filter(|_| known)?;
        Some((address.public_ip.clone(), address.association.is_some()))
    }

    /// The VPC of an instance, and whether it runs.
    pub(crate) fn home_of(&self, instance: &str) -> Option<(String, bool)> {
        let instance = self.instances.get(instance)?;
        let vpc = self.subnets.get(&instance.subnet).map(|it| it.vpc.clone());
        Some((vpc.unwrap_or_default(), instance.state == State::Running))
    }

    /// The security group that a VPC has by itself.
    pub(crate) fn default_group(&self, vpc: &str) -> Option<String> {
        let mut all = self.security_groups.all();
        all.find(|it| it.vpc == vpc && it.is_default()).map(|it| it.id.clone())
    }

    /// The default VPC and its subnets, if there is one.
    pub(crate) fn default_network(&self) -> Option<(String, Vec<String>)> {
        let vpc = self.vpcs.all().find(|it| it.default)?.id.clone();
        let subnets = self.subnets.all().filter(|it| it.vpc == vpc).map(|it| it.id.clone());
        let subnets = subnets.collect();
        Some((vpc, subnets))
    }

    /// Whether an internet gateway is attached to a VPC.
    pub(crate) fn has_way_out(&self, vpc: &str) -> bool {
        self.internet_gateways.all().any(|it| it.is_attached_to(vpc))
    }

    /// Whether names are resolved in a VPC, and hosts in it have some.
    pub(crate) fn has_names(&self, vpc: &str) -> bool {
        self.vpcs.get(vpc).is_some_and(|it| it.dns_support && it.dns_hostnames)
    }

    /// Makes the interface of a database; nothing when the subnet or a group is gone, or the
    /// subnet is full.
    pub(crate) fn lend(
        &mut self,
        (around, rng, now): (Around<'_>, Rng, Time),
        subnet: &str,
        groups: &[String],
        public: bool,
    ) -> Option<String> {
        if groups.iter().any(|it| self.security_groups.get(it).is_none()) {
            return None;
        }
        let subnet = self.subnets.get(subnet)?.clone();
        let mut scene = Scene::new(around, rng, self, now);
        let made = network_interface::make_for_database(&mut scene, &subnet, groups, public);
        made.map(|it| it.id)
    }

    /// Makes an interface of a load balancer; nothing when what it needs is gone, or the subnet is full.
    pub(crate) fn lend_to_balancer(
        &mut self,
        (around, rng, now): (Around<'_>, Rng, Time),
        wanted: Lending<'_>,
    ) -> Option<String> {
        if wanted.groups.iter().any(|it| self.security_groups.get(it).is_none()) {
            return None;
        }
        let subnet = self.subnets.get(wanted.subnet)?.clone();
        let mut scene = Scene::new(around, rng, self, now);
        let made = network_interface::make_for_load_balancer(&mut scene, &subnet, wanted);
        made.map(|it| it.id)
    }

    /// Gives an interface of another service other security groups.
    pub(crate) fn regroup(
        &mut self,
        (around, rng, now): (Around<'_>, Rng, Time),
        interface: &str,
        groups: &[String],
    ) {
        let mut scene = Scene::new(around, rng, self, now);
        scene.change::<NetworkInterface>(interface, |it| it.groups = groups.to_vec());
    }

    /// Takes an interface of another service away.
    pub(crate) fn take_back(
        &mut self,
        (around, rng, now): (Around<'_>, Rng, Time),
        interface: &str,
    ) {
        network_interface::take_away(&mut Scene::new(around, rng, self, now), interface);
    }
}
