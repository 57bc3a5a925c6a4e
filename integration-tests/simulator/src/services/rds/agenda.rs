//! What RDS does later, by itself: each thing at its own time, before any call that comes after.

use serde::{Deserialize, Serialize};

use super::{Rds, cluster, instance, scene::Scene};
use crate::{
    Time,
    random::Rng,
    services::{Around, Ec2, Logs, agenda::Agenda},
};

/// What RDS works with in other services when the time has come.
#[derive(Debug)]
pub(crate) struct Hands<'a> {
    pub(crate) around: Around<'a>,
    pub(crate) ec2: &'a mut Ec2,
    pub(crate) logs: &'a mut Logs,
}

/// Something RDS does later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Due {
    /// A step in the life of an instance, by the id that stays.
    Instance(String, instance::Step),
    /// A step in the life of a cluster, by the id that stays.
    Cluster(String, cluster::Step),
    /// Interfaces of what is gone go, too.
    Interfaces(Vec<String>),
    /// An event subscription is gone.
    EventSubscription(String),
}

impl Agenda<Due> {
    /// Forgets whatever was planned for an instance or a cluster.
    pub(super) fn clear(&mut self, resource: &str) {
        self.forget(|due| match due {
            Due::Instance(other, _) | Due::Cluster(other, _) => other == resource,
            Due::Interfaces(_) | Due::EventSubscription(_) => false,
        });
    }
}

impl Rds {
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
                Due::Instance(resource, step) => {
                    instance::happen(&mut scene, hands, &resource, step);
                }
                Due::Cluster(resource, step) => {
                    cluster::happen(&mut scene, hands, &resource, step);
                }
                Due::EventSubscription(name) => {
                    let stamp = scene.stamp;
                    scene.rds.event_subscriptions.remove(stamp, &name);
                }
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
