//! RDS: databases, their networks, parameters and snapshots.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/Welcome.html>: PostgreSQL on RDS and on
//! Aurora. A call works on a copy of what RDS holds, so that a refused call has no effect at all; what RDS does
//! to other services (interfaces, log groups) happens when the time of a step comes.

mod agenda;
mod automated_backup;
mod backed_up;
mod call;
mod certificate;
mod class;
mod cluster;
mod cluster_snapshot;
mod drift;
mod engine;
mod event;
mod event_subscription;
mod filters;
mod instance;
mod key;
mod maintenance;
mod names;
mod network;
mod parameter;
mod parameter_group;
mod scene;
mod seen_from_outside;
mod snapshot;
mod subnet_group;
mod tags;
mod windows;

use serde::{Deserialize, Serialize};

use self::{
    agenda::Due,
    automated_backup::Retained,
    call::Call,
    cluster::Cluster,
    cluster_snapshot::ClusterSnapshot,
    event::Event,
    event_subscription::{EventSubscription, Told},
    instance::Instance,
    parameter_group::{ClusterGroup, Group},
    scene::Scene,
    snapshot::Snapshot,
    subnet_group::SubnetGroup,
};
pub(crate) use self::{agenda::Hands, backed_up::Source};
use super::{
    agenda::Agenda,
    form::{self, Answer, Request, Served},
    operations::{self, Operations},
};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf, Tags},
    throttle::{self, Rate},
    world::{Drift, Region, Retag},
};

/// Whom the role of the service trusts.
pub(crate) const PRINCIPAL: &str = "rds.amazonaws.com";

/// What RDS holds in a region, by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rds {
    subnet_groups: Shelf<SubnetGroup>,
    parameter_groups: Shelf<Group>,
    cluster_parameter_groups: Shelf<ClusterGroup>,
    instances: Shelf<Instance>,
    snapshots: Shelf<Snapshot>,
    clusters: Shelf<Cluster>,
    cluster_snapshots: Shelf<ClusterSnapshot>,
    /// What the automated backups of databases know that are gone.
    retained: Vec<Retained<Instance>>,
    retained_clusters: Vec<Retained<Cluster>>,
    events: Vec<Event>,
    event_subscriptions: Shelf<EventSubscription>,
    /// What topics are to be told.
    told: Vec<Told>,
    agenda: Agenda<Due>,
}

type Operation = operations::Operation<Run>;
type Run = fn(&mut Call<'_>) -> Answer;

/// The operations of every file.
const OPERATIONS: Operations<Run> = Operations(&[
    automated_backup::OPERATIONS,
    certificate::OPERATIONS,
    class::OPERATIONS,
    cluster::OPERATIONS,
    cluster_snapshot::OPERATIONS,
    engine::OPERATIONS,
    event::OPERATIONS,
    event_subscription::OPERATIONS,
    instance::OPERATIONS,
    maintenance::OPERATIONS,
    parameter_group::OPERATIONS,
    snapshot::OPERATIONS,
    subnet_group::OPERATIONS,
    tags::OPERATIONS,
]);

impl Rds {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![
            &self.subnet_groups,
            &self.parameter_groups,
            &self.cluster_parameter_groups,
            &self.instances,
            &self.snapshots,
            &self.clusters,
            &self.cluster_snapshots,
            &self.event_subscriptions,
        ]
    }

    fn shelves_mut(&mut self) -> Vec<&mut dyn AnyShelf> {
        vec![
            &mut self.subnet_groups,
            &mut self.parameter_groups,
            &mut self.cluster_parameter_groups,
            &mut self.instances,
            &mut self.snapshots,
            &mut self.clusters,
            &mut self.cluster_snapshots,
            &mut self.event_subscriptions,
        ]
    }

    /// The tags of what ends an ARN: `db:name`.
    pub(crate) fn tags_of(&self, path: &str) -> Option<Tags> {
        let (kind, name) = path.split_once(':')?;
        self.shelves().into_iter().find(|it| it.kind() == kind)?.tags(name)
    }

    /// Lets the storage of an instance be full; says whether there is such a one that works.
    pub(crate) fn fill(
        &mut self,
        (settings, region): (&Settings, &str),
        rng: Rng,
        now: Time,
        id: &str,
    ) -> bool {
        instance::fill(&mut Scene::new(settings, region, self, rng, now), id)
    }
}

impl form::Service for Rds {
    const NAME: &'static str = "rds";
    const TITLE: &'static str = "RDS";
    const VERSION: &'static str = "2014-10-31";
    const NAMESPACE: &'static str = "http://rds.amazonaws.com/doc/2014-10-31/";

    fn of(region: &Region) -> &Self {
        &region.rds
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.rds
    }

    fn operations() -> Vec<&'static str> {
        OPERATIONS.names()
    }

    fn writes(operation: &str) -> Option<bool> {
        OPERATIONS.find(operation).map(|it| it.1)
    }

    fn rate(_: &str) -> Rate {
        throttle::rds()
    }

    fn bucket(_: &str) -> &'static str {
        "all"
    }

    fn serve(&mut self, neighbours: &Region, request: Request<'_>) -> Result<Served, Fault> {
        let Request { operation, params, settings, region, iam, identity, mut rng, now } = request;
        let Some((_, _, run)) = OPERATIONS.find(operation) else {
            return Err(form::unknown::<Self>(operation));
        };
        let linked = rng.fork();
        let scene = Scene::new(settings, region, self, rng, now);
        let mut call = Call { scene, neighbours, iam, identity, params, needs_role: false };
        let answer = run(&mut call)?;
        let links = call.needs_role.then_some((PRINCIPAL, linked));
        Ok(Served { answer, links })
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        drift::retag(kind, id, change)
    }

    fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
        drift::unprotect(kind, id)
    }
}
