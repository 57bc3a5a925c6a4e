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
pub(crate) use self::{
    agenda::Hands,
    backed_up::Source,
    drift::{retag, unprotect},
};
use super::{
    agenda::Agenda,
    operations::{self, Operations},
};
use crate::{
    Settings, Time, World,
    fault::Fault,
    random::Rng,
    services::Identity,
    shelf::{AnyShelf, Shelf, Tags},
    throttle,
    wire::{query::Params, xml::Xml},
    world::Drift,
};

/// What credential scopes call it.
pub(crate) const NAME: &str = "rds";
pub(crate) const VERSION: &str = "2014-10-31";
pub(crate) const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";
/// Whom the role of the service trusts.
pub(crate) const PRINCIPAL: &str = "rds.amazonaws.com";

type Answer = Result<Xml, Fault>;

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

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.names()
}

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    OPERATIONS.mutates(name)
}

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

    /// Changes that somebody might make to what carries the tag `key`.
    pub(crate) fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }
}

/// Answers a request.
pub(crate) fn ask(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    rng: Rng,
) -> Answer {
    if name.is_empty() {
        return Err(Fault::client("MissingAction", "Missing Action"));
    }
    if OPERATIONS.find(name).is_none() {
        return Err(Fault::unsupported(format!("the operation rds:{name}")));
    }
    let World { settings, now, buckets, .. } = world;
    let bucket = format!("{region}/rds");
    if settings.throttling && !buckets.take(bucket, throttle::rds(), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    if let Some(other) = params.reader().text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of RDS")));
    }
    act(world, identity, region, (name, params), rng)
}

/// Does what is asked, whoever asks.
pub(crate) fn act(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    mut rng: Rng,
) -> Answer {
    let Some((_, writes, run)) = OPERATIONS.find(name) else {
        return Err(Fault::unsupported(format!("the operation rds:{name}")));
    };
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(place) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let mut copy = place.rds.clone();
    let role_rng = rng.fork();
    let scene = Scene::new(settings, region, &mut copy, rng, *now);
    let mut call = Call {
        scene,
        neighbours: place,
        iam,
        identity,
        params: params.reader(),
        needs_role: false,
    };
    for known in ["Action", "Version"] {
        call.params.text(known);
    }
    let answer = run(&mut call)?;
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    let needs_role = call.needs_role;
    if *writes {
        place.rds = copy;
    }
    if needs_role {
        iam.ensure_service_role(settings, role_rng, *now, PRINCIPAL);
    }
    Ok(answer)
}
