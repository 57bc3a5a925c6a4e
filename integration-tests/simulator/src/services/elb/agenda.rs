//! What Elastic Load Balancing does later, by itself: each thing at its own time, before any call that comes after.

use serde::{Deserialize, Serialize};

use super::{Elb, load_balancer, scene::Scene};
use crate::{
    Time,
    random::Rng,
    services::{Around, Ec2},
};

/// What the service works with in EC2 when the time has come.
#[derive(Debug)]
pub(crate) struct Hands<'a> {
    pub(crate) around: Around<'a>,
    pub(crate) ec2: &'a mut Ec2,
}

/// Something the service does later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Due {
    /// The interfaces of a load balancer become what they are to be.
    Adapt(String),
    /// A load balancer begins to work.
    Active(String),
    /// Interfaces of what is gone go, too.
    Interfaces(Vec<String>),
}

impl Elb {
    /// When something happens next.
    pub(crate) fn due(&self) -> Option<Time> {
        self.agenda.first()
    }

    /// Lets everything happen that is due.
    pub(crate) fn settle(&mut self, hands: &mut Hands<'_>, rng: &mut Rng, now: Time) {
        while let Some(entry) = self.agenda.next(now) {
            let Around { settings, region, .. } = hands.around;
            let mut scene = Scene::new(settings, region, self, rng.fork(), entry.at);
            match entry.due {
                Due::Adapt(arn) => load_balancer::adapt(&mut scene, hands, &arn),
                Due::Active(arn) => load_balancer::begin(&mut scene, &arn),
                Due::Interfaces(all) => {
                    for interface in all {
                        let place = (hands.around, scene.rng.fork(), scene.now);
                        hands.ec2.take_back(place, &interface);
                    }
                }
            }
        }
    }
}
