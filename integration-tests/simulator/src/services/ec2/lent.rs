//! What another service of AWS sees of a VPC and has in it: the network interfaces of RDS's databases.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html>:
//! each database has an address of its subnet; whoever wants to delete the subnet or a security
//! group waits until it is gone.

use super::{
    Ec2,
    network_interface::{self, NetworkInterface},
    scene::{Around, Scene},
    subnet::Subnet,
};
use crate::{Time, random::Rng, shelf::Eyes};

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

    /// Gives an interface of a database other security groups.
    pub(crate) fn regroup(
        &mut self,
        (around, rng, now): (Around<'_>, Rng, Time),
        interface: &str,
        groups: &[String],
    ) {
        let mut scene = Scene::new(around, rng, self, now);
        scene.change::<NetworkInterface>(interface, |it| it.groups = groups.to_vec());
    }

    /// Takes an interface of a database away.
    pub(crate) fn take_back(
        &mut self,
        (around, rng, now): (Around<'_>, Rng, Time),
        interface: &str,
    ) {
        Scene::new(around, rng, self, now).remove::<NetworkInterface>(interface);
    }
}
