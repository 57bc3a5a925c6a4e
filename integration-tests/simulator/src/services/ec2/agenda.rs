//! What AWS does later, by itself: each thing at its own time, before any call that comes after.

use serde::{Deserialize, Serialize};

use super::{
    Ec2, instance_life, nat_gateway,
    scene::{Around, Scene},
    vpc_endpoint,
};
use crate::{Time, random::Rng};

/// Something AWS does later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Due {
    /// A step in the life of a NAT gateway.
    NatGateway {
        /// Which.
        id: String,
        /// What happens to it.
        step: nat_gateway::Step,
    },
    /// A step in the life of an instance.
    Instance {
        /// Which.
        id: String,
        /// What happens to it.
        step: instance_life::Step,
    },
    /// A step in the life of a VPC endpoint.
    VpcEndpoint {
        /// Which.
        id: String,
        /// What happens to it.
        step: vpc_endpoint::Step,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    at: Time,
    due: Due,
}

/// What is to happen in a region, in no order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Agenda(Vec<Entry>);

impl Agenda {
    /// Plans something.
    pub(super) fn plan(&mut self, at: Time, due: Due) {
        self.0.push(Entry { at, due });
    }

    /// When the earliest thing is due.
    fn first(&self) -> Option<Time> {
        self.0.iter().map(|it| it.at).min()
    }

    /// Takes out the earliest thing that is due.
    fn next(&mut self, now: Time) -> Option<Entry> {
        let due = self.0.iter().enumerate().filter(|it| it.1.at <= now);
        let (index, _) = due.min_by_key(|it| it.1.at)?;
        Some(self.0.remove(index))
    }
}

impl Ec2 {
    /// When something happens next.
    pub(crate) fn due(&self) -> Option<Time> {
        self.agenda.first()
    }

    /// Lets everything happen that is due.
    pub(crate) fn settle(&mut self, around: Around<'_>, rng: &mut Rng, now: Time) {
        while let Some(entry) = self.agenda.next(now) {
            let mut scene = Scene::new(around, rng.fork(), self, entry.at);
            match entry.due {
                Due::NatGateway { id, step } => nat_gateway::happen(&mut scene, &id, step),
                Due::Instance { id, step } => instance_life::happen(&mut scene, &id, step),
                Due::VpcEndpoint { id, step } => vpc_endpoint::happen(&mut scene, &id, step),
            }
        }
    }
}
