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
