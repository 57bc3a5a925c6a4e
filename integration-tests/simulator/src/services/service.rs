//! What the services that speak JSON have in common: how a request becomes a call, and a call an
//! answer.
//!
//! A call works on a copy of what its service holds, so that a refused call has no effect at all.
//! What the other services hold it may look at: a secret needs its key.

use std::time::Duration;

use serde_json::Value;

use super::{Iam, Identity, Site};
use crate::{
    Settings, Span, Time, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Eyes, Stamp},
    throttle::Rate,
    wire::{json::Members, rest_json::Route},
    world::{Drift, Region, Retag},
};

pub(crate) type Answer = Result<Value, Fault>;

/// An operation: its name, whether it writes, what it does.
pub(crate) type Operation<S> = (&'static str, bool, fn(&mut Call<'_, S>) -> Answer);

/// A service of a region that speaks JSON.
pub(crate) trait Service: Clone + Sized + 'static {
    /// What credential scopes call it.
    const NAME: &'static str;
    /// The code for too many calls.
    const THROTTLED: &'static str = "ThrottlingException";
    /// The code for what breaks for a moment.
    const BROKEN: &'static str = "InternalServerError";
    /// What `X-Amz-Target` says before the operation; nothing where it is asked in REST.
    const TARGET: &'static str = "";
    /// How its operations are asked for, where it is asked in REST.
    const ROUTES: &'static [Route] = &[];
    /// What it can be asked to do.
    const OPERATIONS: &'static [Operation<Self>];

    /// What it holds in a region.
    fn of(region: &Region) -> &Self;
    /// The same, to be changed.
    fn of_mut(region: &mut Region) -> &mut Self;
    /// Everything it holds, kind by kind.
    fn shelves(&self) -> Vec<&dyn AnyShelf>;
    /// How often an operation may be called.
    fn rate(operation: &str) -> Rate;

    /// The region in which an operation happens that is asked for in one: what belongs to no region has its own.
    fn home<'a>(operation: &str, members: &Members, region: &'a str) -> &'a str {
        let _ = (operation, members);
        region
    }

    /// Changes that somebody might make to what carries the tag `key`.
    fn drifts(&self, key: &str) -> Vec<Drift> {
        let _ = key;
        Vec::new()
    }

    /// The calls by which somebody puts tags on an object of this kind, and takes some from it.
    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        let _ = (kind, id, change);
        Vec::new()
    }

    /// The calls by which somebody takes from an object of this kind what protects it from its end.
    fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
        let _ = (kind, id);
        Vec::new()
    }

    /// Lets time pass: everything that is due until `now` happens.
    fn settle(&mut self, settings: &Settings, now: Time) {
        let _ = (settings, now);
    }
}

/// What an operation works with.
pub(crate) struct Call<'a, S> {
    pub(crate) settings: &'a Settings,
    pub(crate) region: &'a str,
    /// What the service holds: a copy, kept if the call succeeds.
    pub(crate) state: &'a mut S,
    /// What the other services of the region hold; its own part of it is as it was before the call.
    pub(crate) neighbours: &'a Region,
    pub(crate) iam: &'a Iam,
    /// In whose name it happens.
    pub(crate) identity: &'a Identity,
    pub(crate) now: Time,
    pub(crate) stamp: Stamp,
    pub(crate) rng: Rng,
    /// How far behind the replica is that answers this call.
    behind: u64,
    pub(crate) members: &'a Members,
    /// The service whose role is made with it, if it is not there yet: `backup.amazonaws.com`.
    pub(crate) links: Option<&'static str>,
    /// The topic, by its name, whose policy gets this statement.
    pub(crate) permits: Option<(String, Value)>,
}

impl<S> Call<'_, S> {
    /// Where and when it happens.
    pub(crate) fn site(&self) -> Site<'_> {
        Site { settings: self.settings, iam: self.iam, region: self.region, now: self.now }
    }

    /// How this call reads what is named.
    pub(crate) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How long something takes this time.
    pub(crate) fn lasting(&mut self, span: Span) -> Duration {
        self.settings.lasting(&mut self.rng, span)
    }

    /// How this call reads lists.
    pub(crate) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }
}

fn operation<S: Service>(name: &str) -> Option<&'static Operation<S>> {
    S::OPERATIONS.iter().find(|it| it.0 == name)
}

/// The names of all operations.
pub(crate) fn operations<S: Service>() -> Vec<&'static str> {
    S::OPERATIONS.iter().map(|it| it.0).collect()
}

/// Whether an operation is a write.
pub(crate) fn mutates<S: Service>(name: &str) -> bool {
    operation::<S>(name).is_some_and(|it| it.1)
}

/// Answers a request.
pub(crate) fn ask<S: Service>(
    world: &mut World,
    identity: &Identity,
    region: &str,
    name: &str,
    members: &Members,
    rng: Rng,
) -> Answer {
    let service = S::NAME;
    if operation::<S>(name).is_none() {
        return Err(Fault::unsupported(format!("the operation {service}:{name}")));
    }
    let World { settings, now, buckets, .. } = world;
    let bucket = format!("{region}/{service}:{name}");
    if settings.throttling && !buckets.take(bucket, S::rate(name), *now) {
        return Err(Fault::client(S::THROTTLED, "Rate exceeded"));
    }
    act::<S>(world, identity, region, name, members, rng)
}

/// Does what is asked, whoever asks.
pub(crate) fn act<S: Service>(
    world: &mut World,
    identity: &Identity,
    region: &str,
    name: &str,
    members: &Members,
    mut rng: Rng,
) -> Answer {
    let Some((_, writes, run)) = operation::<S>(name) else {
        return Err(Fault::unsupported(format!("the operation {}:{name}", S::NAME)));
    };
    let region = S::home(name, members, region);
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(place) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let mut copy = S::of(place).clone();
    let stamp = Stamp::draw(&settings.lag, &mut rng, *now);
    let behind = rng.below(1000);
    let for_role = rng.clone();
    let mut call = Call {
        settings,
        region,
        state: &mut copy,
        neighbours: place,
        iam,
        identity,
        now: *now,
        stamp,
        rng,
        behind,
        members,
        links: None,
        permits: None,
    };
    let answer = run(&mut call)?;
    let (links, permits) = (call.links, call.permits.take());
    if let Some(unread) = members.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    if *writes {
        *S::of_mut(place) = copy;
    }
    if let Some((topic, statement)) = permits {
        place.sns.permit((settings, region), stamp, &topic, statement);
    }
    if let Some(service) = links {
        iam.ensure_service_role(settings, for_role, *now, service);
    }
    Ok(answer)
}
