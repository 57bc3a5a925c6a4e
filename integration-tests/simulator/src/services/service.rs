//! What the services that speak JSON have in common: how a request becomes a call, and a call an
//! answer.
//!
//! A call works on a copy of what its service holds, so that a refused call has no effect at all.
//! What the other services hold it may look at: a secret needs its key.

use std::time::Duration;

use serde_json::Value;

use super::Iam;
use crate::{
    Settings, Span, Time, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Eyes, Stamp, Tags},
    throttle::Rate,
    wire::json::Members,
    world::{Drift, Region, Retag},
};

pub(crate) type Answer = Result<Value, Fault>;

/// An operation: its name, whether it writes, what it does.
pub(crate) type Operation<S> = (&'static str, bool, fn(&mut Call<'_, S>) -> Answer);

/// A service of a region that speaks JSON.
pub(crate) trait Service: Clone + Sized + 'static {
    /// What credential scopes call it.
    const NAME: &'static str;
    /// What IAM's actions call it.
    const PREFIX: &'static str = Self::NAME;
    /// The code for too many calls.
    const THROTTLED: &'static str = "ThrottlingException";
    /// What `X-Amz-Target` says before the operation.
    const TARGET: &'static str;
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

    /// What a request is about, if the service knows it better than the request's own members say:
    /// an alias stands for its key, a secret has a policy.
    ///
    /// Reads of `members` here do not count as the operation's own.
    fn subject(
        &self,
        settings: &Settings,
        region: &str,
        operation: &str,
        members: &Members,
    ) -> Option<Subject> {
        let _ = (settings, region, operation, members);
        None
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

/// What a request is about, as far as its permission depends on it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) arn: String,
    pub(crate) tags: Tags,
    pub(crate) policy: Option<ResourcePolicy>,
}

/// The policy of a resource.
#[derive(Debug, Clone)]
pub(crate) struct ResourcePolicy {
    /// The document, its principals sealed.
    pub(crate) document: Value,
    /// Whether other policies count only if this one leaves the matter to the account, as a key's
    /// does: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>.
    pub(crate) sole: bool,
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
    pub(crate) now: Time,
    pub(crate) stamp: Stamp,
    pub(crate) rng: Rng,
    /// How far behind the replica is that answers this call.
    behind: u64,
    pub(crate) members: &'a Members,
}

impl<S> Call<'_, S> {
    /// How this call reads what is named.
    pub(crate) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How long something takes this time.
    pub(crate) fn lasting(&mut self, span: Span) -> Duration {
        if self.settings.jitter {
            self.rng.between(span.min(), span.max())
        } else {
            (span.min() + span.max()) / 2
        }
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
    let action = format!("{}:{name}", S::PREFIX);
    if settings.denies(&action) {
        let text = format!(
            "User: {} is not authorized to perform: {action} on resource: \
             arn:aws:{service}:{region}:{}:* because no identity-based policy allows the {action} action",
            settings.caller_arn(),
            settings.account,
        );
        return Err(Fault::client("AccessDeniedException", text));
    }
    act::<S>(world, region, name, members, rng)
}

/// Does what is asked, whoever asks.
pub(crate) fn act<S: Service>(
    world: &mut World,
    region: &str,
    name: &str,
    members: &Members,
    mut rng: Rng,
) -> Answer {
    let Some((_, writes, run)) = operation::<S>(name) else {
        return Err(Fault::unsupported(format!("the operation {}:{name}", S::NAME)));
    };
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(place) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let mut copy = S::of(place).clone();
    let stamp = Stamp::draw(&settings.lag, &mut rng, *now);
    let behind = rng.below(1000);
    let mut call = Call {
        settings,
        region,
        state: &mut copy,
        neighbours: place,
        iam,
        now: *now,
        stamp,
        rng,
        behind,
        members,
    };
    let answer = run(&mut call)?;
    if let Some(unread) = members.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    if *writes {
        *S::of_mut(place) = copy;
    }
    Ok(answer)
}
