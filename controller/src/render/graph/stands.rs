//! Where things stand: in which zone, on which side of it.

use super::{
    model::{Head, Zone},
    places::{Place, place},
    scene::{Scene, Thing},
};

/// The zones and what is known of their subnets.
pub(super) struct Stands<'a> {
    zones: Vec<String>,
    subnets: Vec<&'a Thing>,
}

impl<'a> Stands<'a> {
    /// Learns where the subnets are.
    pub(super) fn of(scene: &'a Scene) -> Self {
        let subnets: Vec<&Thing> =
            scene.things.iter().filter(|thing| place(thing) == Place::Subnet).collect();
        let mut zones = scene.zones.clone();
        for zone in subnets.iter().filter_map(|subnet| subnet.text("zone")) {
            if !zones.iter().any(|known| known == zone) {
                zones.push(zone.to_owned());
            }
        }
        if zones.is_empty() {
            zones.push("availability zone".to_owned());
        }
        Self { zones, subnets }
    }

    /// How many zones there are.
    pub(super) fn count(&self) -> usize {
        self.zones.len()
    }

    /// Which zone has that name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.zones.iter().position(|zone| zone == name)
    }

    /// The zones, with nothing in them yet.
    pub(super) fn zones(&self) -> Vec<Zone> {
        let head = |at: usize, public: bool| {
            let side = if public { "Public subnet" } else { "Private subnet" };
            let of =
                |subnet: &&&Thing| is_public(subnet) == public && self.zone(subnet) == Some(at);
            let all: Vec<&&Thing> = self.subnets.iter().filter(of).collect();
            let cidrs: Vec<&str> = all.iter().filter_map(|subnet| subnet.text("cidr")).collect();
            Head {
                title: side.to_owned(),
                said: if all.is_empty() { "not clctl's".to_owned() } else { cidrs.join(", ") },
                state: all.iter().map(|subnet| subnet.state).max(),
                told: all.iter().map(|subnet| subnet.told()).collect(),
            }
        };
        let zone = |(at, name): (usize, &String)| Zone {
            name: name.clone(),
            public: head(at, true),
            private: head(at, false),
            cards: Vec::new(),
        };
        self.zones.iter().enumerate().map(zone).collect()
    }

    /// In which zone a thing stands, if it is one.
    pub(super) fn zone(&self, thing: &Thing) -> Option<usize> {
        let own = thing.text("zone").and_then(|zone| self.named(zone));
        own.or_else(|| {
            let subnet = self.subnets_of(thing).next()?;
            subnet.text("zone").and_then(|zone| self.named(zone))
        })
    }

    /// Whether it stands in public subnets.
    pub(super) fn is_public(&self, thing: &Thing) -> bool {
        self.subnets_of(thing).any(is_public)
    }

    fn subnets_of(&self, thing: &Thing) -> impl Iterator<Item = &'a Thing> {
        self.subnets.iter().copied().filter(|subnet| thing.refs.contains(&subnet.address()))
    }
}

fn is_public(subnet: &Thing) -> bool {
    subnet.is("map_public_ip") || subnet.name.starts_with("public")
}
