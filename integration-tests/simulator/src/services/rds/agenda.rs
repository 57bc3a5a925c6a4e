//! What RDS does later, by itself: each thing at its own time, before any call that comes after.

use serde::{Deserialize, Serialize};

use super::{Rds, cluster, instance, scene::Scene};
use crate::{
    Time,
    random::Rng,
    services::{Around, Ec2, Logs},
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

    /// Forgets whatever was planned for an instance or a cluster.
    pub(super) fn clear(&mut self, resource: &str) {
        self.0.retain(|it| match &it.due {
            Due::Instance(other, _) | Due::Cluster(other, _) => other != resource,
            Due::Interfaces(_) => true,
        });
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
