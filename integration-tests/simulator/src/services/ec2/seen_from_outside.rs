//! What whoever plays the part of the instances sees of them, and does to them.
//!
//! The other side of [`World::running`](crate::World::running).

use std::{net::Ipv4Addr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Ec2,
    instance::{Console, Impairment, Instance, Reason, State},
    instance_life, nat_gateway,
    network_interface::NetworkInterface,
    permission::Peer,
    route::{Destination, Target},
    scene::{Around, Scene},
    security_group_rule::Way,
};
use crate::{
    Time,
    hidden::Hidden,
    random::{self, Rng},
    shelf::{Record, Tags},
};

/// What AWS calls shortly, and does not say how long it is: a guess.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html>
const SHORTLY: Duration = Duration::from_mins(3);

/// A running instance.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) private_ip: String,
    pub(crate) public_ip: Option<String>,
    pub(crate) booted: Time,
    pub(crate) user_data: Vec<u8>,
    pub(crate) profile: Option<String>,
    pub(crate) tags: Option<Tags>,
}

/// An instance at a glance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance<'a> {
    pub(crate) id: &'a str,
    pub(crate) booted: Option<Time>,
    /// Whether it is being shut down.
    pub(crate) ends: bool,
    /// Which checks fail: the instance's, the system's.
    pub(crate) failing: Option<(bool, bool)>,
}

/// A host on the internet.
const SOMEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

/// The access key that an instance's role has on it.
pub(crate) fn key_of(instance: &str) -> String {
    format!("ASIA{:016X}", random::fold(1, instance))
}

impl Ec2 {
    /// The instances that run, as they see themselves.
    pub(crate) fn running(&self) -> Vec<Seen> {
        let runs = self.instances.all().filter(|it| it.state == State::Running);
        runs.filter_map(|it| {
            let eni = self.network_interfaces.get(&it.interface)?;
            let data = it.user_data.as_ref().map(Hidden::reveal).unwrap_or_default();
            Some(Seen {
                id: it.id.clone(),
                zone: it.zone.clone(),
                private_ip: eni.private_ip.to_string(),
                public_ip: eni.public_ip.clone(),
                booted: it.booted?,
                user_data: STANDARD.decode(data).unwrap_or_default(),
                profile: it.profile.as_ref().map(|it| it.name.clone()),
                tags: it.metadata.show_tags().then(|| it.tags.clone()),
            })
        })
        .collect()
    }

    /// The instances that have not ended, with what can be told of them at a glance.
    pub(crate) fn glance(&self) -> impl Iterator<Item = Glance<'_>> {
        let there = self.instances.all().filter(|it| {
            matches!(it.state, State::Running | State::Stopping | State::ShuttingDown)
        });
        there.map(|it| Glance {
            id: &it.id,
            booted: it.booted,
            ends: it.state != State::Running,
            failing: it.impaired.map(|it| (it.instance, it.system)),
        })
    }

    /// Whether security groups let an instance open a connection to an interface.
    ///
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
    pub(crate) fn lets_connect(&self, instance: &str, to: &str, port: u32) -> bool {
        let from = self.instances.get(instance);
        let from = from.and_then(|it| self.network_interfaces.get(&it.interface));
        let (Some(from), Some(to)) = (from, self.network_interfaces.get(to)) else { return false };
        from.vpc == to.vpc
            && self.lets(from, Way::Out, (to.private_ip, &to.groups), port)
            && self.lets(to, Way::In, (from.private_ip, &from.groups), port)
    }

    /// Whether security groups let an interface of AWS open a connection to an instance.
    pub(crate) fn lets_reach(&self, from: &str, instance: &str, port: u32) -> bool {
        let to = self.instances.get(instance);
        let to = to.and_then(|it| self.network_interfaces.get(&it.interface));
        let (Some(from), Some(to)) = (self.network_interfaces.get(from), to) else { return false };
        // What has no groups is not held back by any.
        let out =
            from.groups.is_empty() || self.lets(from, Way::Out, (to.private_ip, &to.groups), port);
        from.vpc == to.vpc && out && self.lets(to, Way::In, (from.private_ip, &from.groups), port)
    }

    fn lets(
        &self,
        interface: &NetworkInterface,
        way: Way,
        (address, groups): (Ipv4Addr, &[String]),
        port: u32,
    ) -> bool {
        let port = i64::from(port);
        self.security_group_rules.all().any(|rule| {
            let traffic = &rule.permission.traffic;
            let fits = traffic.protocol == "-1"
                || (traffic.protocol == "tcp" && (traffic.from..=traffic.to).contains(&port));
            let peer = match &rule.permission.peer {
                Peer::Ipv4(cidr) => cidr.contains(&address),
                Peer::Group(group) => groups.contains(group),
                Peer::Ipv6(_) | Peer::PrefixList(_) => false,
            };
            interface.groups.contains(&rule.group) && rule.goes(way) && fits && peer
        })
    }

    /// Whether an instance reaches a port of hosts on the internet.
    pub(crate) fn leads_out(&self, instance: &str, port: u32) -> bool {
        let eni = self.instances.get(instance);
        let eni = eni.and_then(|it| self.network_interfaces.get(&it.interface));
        let Some(eni) = eni else { return false };
        let out = match self.way_out(&eni.vpc, &eni.subnet) {
            Some(Target::InternetGateway(_)) => eni.public_ip.is_some(),
            Some(Target::NatGateway(id)) => self.nat_gateways.get(id).is_some_and(|it| {
                let beyond = self.way_out(&it.vpc, &it.subnet);
                it.state == nat_gateway::State::Available
                    && matches!(beyond, Some(Target::InternetGateway(_)))
            }),
            _ => false,
        };
        out && self.lets(eni, Way::Out, (SOMEWHERE, &[]), port)
    }

    /// Where the table of a subnet leads what goes to the internet.
    fn way_out(&self, vpc: &str, subnet: &str) -> Option<&Target> {
        let of = |it: &&Record<super::route_table::RouteTable>| {
            it.associations.iter().any(|it| it.subnet.as_deref() == Some(subnet))
        };
        let main = |it: &&Record<super::route_table::RouteTable>| it.vpc == vpc && it.is_main();
        let mut all = self.route_tables.all();
        let table = all.find(of).or_else(|| self.route_tables.all().find(main))?;
        let routes = table.routes.iter().filter_map(|route| match &route.destination {
            Destination::Ipv4(cidr) if cidr.contains(&SOMEWHERE) => {
                Some((cidr.prefix_len(), route))
            }
            Destination::Ipv4(_) | Destination::PrefixList(_) => None,
        });
        let (_, route) = routes.max_by_key(|it| it.0)?;
        (route.state(self, vpc) == "active").then_some(&route.target)
    }

    /// The instance whose role has an access key: its id and the name of its profile.
    pub(crate) fn holder_of(&self, key: &str) -> Option<(String, String)> {
        let found = self.instances.all().find(|it| key_of(&it.id) == key)?;
        Some((found.id.clone(), found.profile.as_ref()?.name.clone()))
    }

    fn alter(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
        change: impl FnOnce(&mut Record<Instance>),
    ) -> bool {
        let runs = self.instances.get(id).is_some_and(|it| it.state == State::Running);
        if runs {
            let mut scene = Scene::new(around, rng, self, now);
            scene.change::<Instance>(id, change);
            instance_life::stir(self, id, now);
        }
        runs
    }

    /// Lets status checks of a running instance fail or pass.
    pub(crate) fn impair(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
        (instance, system): (bool, bool),
    ) -> bool {
        self.alter(around, rng, (now, id), |it| {
            it.impaired =
                (instance || system).then_some(Impairment { instance, system, since: now });
        })
    }

    /// Lets a running instance write on its console.
    pub(crate) fn write_console(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
        text: &str,
    ) -> bool {
        self.alter(around, rng, (now, id), |it| {
            let before = it.console.take();
            let early = before.as_ref().map_or(0, |before| before.early);
            let text = before.map(|before| before.text).unwrap_or_default() + text;
            let is_early = it.booted.is_none_or(|start| now.since(start) <= SHORTLY);
            let early = if is_early { text.len() } else { early };
            it.console = Some(Console { text, early, at: now });
        })
    }

    /// Lets a running instance shut itself down: it stops or ends, as it is told to.
    pub(crate) fn power_off(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
    ) -> bool {
        let running = self.instances.get(id).filter(|it| it.state == State::Running).cloned();
        let Some(instance) = running else { return false };
        let mut scene = Scene::new(around, rng, self, now);
        let reason = Reason::new(
            "Client.InstanceInitiatedShutdown",
            "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        );
        if instance.shutdown == "terminate" {
            instance_life::shut_down(&mut scene, &instance, reason, String::new(), false);
        } else {
            instance_life::halt(&mut scene, id, reason, String::new());
        }
        true
    }

    /// The running instances of a zone.
    pub(crate) fn running_in(&self, zone: &str) -> Vec<String> {
        let here = self.instances.all().filter(|it| it.zone == zone && it.state == State::Running);
        here.map(|it| it.id.clone()).collect()
    }

    /// Brings out the next release of Amazon's images.
    pub(crate) fn publish_images(&mut self, now: Time) {
        self.releases.push(now);
    }

    /// When the images of a region came out.
    pub(crate) fn releases(&self) -> &Vec<Time> {
        &self.releases
    }
}
