//! What the services that speak AWS's query protocol have in common: how a request becomes a call, and a call an
//! answer.
//!
//! A call works on a copy of what its service holds, so that a refused call has no effect at all.

use super::{Iam, Identity};
use crate::{
    Settings, Time, World,
    fault::Fault,
    random::Rng,
    throttle::Rate,
    wire::{
        query::{Params, Reader},
        xml::Xml,
    },
    world::{Drift, Region, Retag},
};

pub(crate) type Answer = Result<Xml, Fault>;

/// A service of a region that speaks AWS's query protocol.
pub(crate) trait Service: Clone + 'static {
    /// What credential scopes call it.
    const NAME: &'static str;
    /// What people call it.
    const TITLE: &'static str;
    /// The version of its API.
    const VERSION: &'static str;
    /// Where its answers belong.
    const NAMESPACE: &'static str;

    /// What it holds in a region.
    fn of(region: &Region) -> &Self;
    /// The same, to be changed.
    fn of_mut(region: &mut Region) -> &mut Self;
    /// The names of all operations.
    fn operations() -> Vec<&'static str>;
    /// Whether an operation is a write; nothing if there is none of that name.
    fn writes(operation: &str) -> Option<bool>;
    /// How often an operation may be called.
    fn rate(operation: &str) -> Rate;
    /// Does what is asked. The neighbours are as they were before the call, its own part among them.
    fn serve(&mut self, neighbours: &Region, request: Request<'_>) -> Result<Served, Fault>;
    /// Changes that somebody might make to what carries the tag `key`.
    fn drifts(&self, key: &str) -> Vec<Drift>;
    /// The calls by which somebody puts tags on an object of this kind, and takes some from it.
    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift>;

    /// What an operation counts as: those of one name are counted together.
    fn bucket(operation: &str) -> &str {
        operation
    }

    /// The calls by which somebody takes from an object of this kind what protects it from its end.
    fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
        let _ = (kind, id);
        Vec::new()
    }
}

/// A request, and where and when it is made.
pub(crate) struct Request<'a> {
    pub(crate) operation: &'a str,
    pub(crate) params: Reader<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) region: &'a str,
    pub(crate) iam: &'a Iam,
    /// In whose name.
    pub(crate) identity: &'a Identity,
    pub(crate) rng: Rng,
    pub(crate) now: Time,
}

/// A good answer, and what is to come of it besides.
pub(crate) struct Served {
    pub(crate) answer: Xml,
    /// The service whose role is made with it, if it is not there yet, and the chance that goes into that.
    pub(crate) links: Option<(&'static str, Rng)>,
}

impl From<Xml> for Served {
    fn from(answer: Xml) -> Self {
        Self { answer, links: None }
    }
}

/// Whether there is an operation of that name.
pub(crate) fn has<S: Service>(operation: &str) -> bool {
    S::writes(operation).is_some()
}

/// What a service says to an operation that it does not have.
pub(crate) fn unknown<S: Service>(operation: &str) -> Fault {
    Fault::unsupported(format!("the operation {}:{operation}", S::NAME))
}

/// Answers a request.
pub(crate) fn ask<S: Service>(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    rng: Rng,
) -> Answer {
    if name.is_empty() {
        return Err(Fault::client("MissingAction", "Missing Action"));
    }
    if !has::<S>(name) {
        return Err(unknown::<S>(name));
    }
    let World { settings, now, buckets, .. } = world;
    let bucket = format!("{region}/{}:{}", S::NAME, S::bucket(name));
    if settings.throttling && !buckets.take(bucket, S::rate(name), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    if let Some(other) = params.reader().text("Version").filter(|it| it != S::VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of {}", S::TITLE)));
    }
    act::<S>(world, identity, region, (name, params), rng)
}

/// Does what is asked, whoever asks.
pub(crate) fn act<S: Service>(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    rng: Rng,
) -> Answer {
    let writes = S::writes(name).ok_or_else(|| unknown::<S>(name))?;
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(place) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    for known in ["Action", "Version"] {
        params.reader().text(known);
    }
    let mut copy = S::of(place).clone();
    let request = Request {
        operation: name,
        params: params.reader(),
        settings,
        region,
        iam,
        identity,
        rng,
        now: *now,
    };
    let Served { answer, links } = copy.serve(place, request)?;
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    if writes {
        *S::of_mut(place) = copy;
    }
    if let Some((service, rng)) = links {
        iam.ensure_service_role(settings, rng, *now, service);
    }
    Ok(answer)
}
