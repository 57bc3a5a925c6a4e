//! SNS: topics, who is subscribed to them, and what reaches whom.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/welcome.html>: standard topics. What is published is kept as its
//! receivers get it, so that whoever plays a receiver can read it. Queues and web servers are not simulated: what is
//! sent to them is kept as well, and nobody answers. Lambda, Firehose, SMS and mobile push are not modelled.

mod attributes;
mod call;
mod delivery;
mod drift;
mod letters;
mod names;
mod policy;
mod publish;
mod subscription;
mod subscription_attributes;
mod tags;
mod topic;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::{call::Call, letters::Letters, subscription::Subscription, topic::Topic};
pub(crate) use self::{
    delivery::{Lost, Note},
    drift::{retag, unprotect},
    letters::Letter,
    names::{in_arn, is_fifo},
};
use super::{
    Identity,
    operations::{self, Operations},
    permission::ResourcePolicy,
};
use crate::{
    Settings, Time, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf, Stamp, Tags},
    throttle,
    wire::{query::Params, xml::Xml},
    world::Drift,
};

/// What credential scopes call it.
pub(crate) const NAME: &str = "sns";
pub(crate) const VERSION: &str = "2010-03-31";
pub(crate) const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

type Answer = Result<Xml, Fault>;

/// What SNS holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sns {
    /// By name.
    topics: Shelf<Topic>,
    /// By the end of their ARN: `topic:0a1b…`.
    subscriptions: Shelf<Subscription>,
    /// What has been sent.
    letters: Letters,
}

type Operation = operations::Operation<Run>;
type Run = fn(&mut Call<'_>) -> Answer;

/// The operations of every file.
const OPERATIONS: Operations<Run> = Operations(&[
    attributes::OPERATIONS,
    publish::OPERATIONS,
    subscription::OPERATIONS,
    subscription_attributes::OPERATIONS,
    tags::OPERATIONS,
    topic::OPERATIONS,
]);

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.names()
}

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    OPERATIONS.mutates(name)
}

impl Sns {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.topics, &self.subscriptions]
    }

    /// The tags and the policy of a topic, by its name.
    pub(crate) fn judged(&self, name: &str) -> Option<(Tags, Option<ResourcePolicy>)> {
        let topic = self.topics.get(name)?;
        Some((topic.tags.clone(), topic.resource_policy()))
    }

    /// A service lets itself publish to a topic.
    pub(crate) fn permit(
        &mut self,
        (settings, region): (&Settings, &str),
        stamp: Stamp,
        name: &str,
        statement: Value,
    ) {
        let arn = format!("arn:aws:sns:{region}:{}:{name}", settings.account);
        self.topics.change(stamp, name, |topic| {
            let policy = topic.policy.take().unwrap_or_else(|| policy::usual(settings, &arn));
            topic.policy = Some(policy::with(policy, statement));
        });
    }

    /// Changes that somebody might make to what carries the tag `key`.
    pub(crate) fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    /// Lets time pass: subscriptions that nobody confirmed go.
    pub(crate) fn settle(&mut self, settings: &Settings, rng: &mut Rng, now: Time) {
        if self.subscriptions.all().any(|it| it.is_overdue(now)) {
            subscription::forget_overdue(self, (settings, rng.fork()), now);
        }
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
    if OPERATIONS.find(name).is_none() {
        return Err(Fault::unsupported(format!("the operation sns:{name}")));
    }
    let World { settings, now, buckets, .. } = world;
    let bucket = format!("{region}/sns:{name}");
    if settings.throttling && !buckets.take(bucket, throttle::sns(name), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    if let Some(other) = params.reader().text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of SNS")));
    }
    act(world, identity, region, (name, params), rng)
}

/// Does what is asked, whoever asks.
pub(crate) fn act(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    rng: Rng,
) -> Answer {
    let Some((_, writes, run)) = OPERATIONS.find(name) else {
        return Err(Fault::unsupported(format!("the operation sns:{name}")));
    };
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(place) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let mut copy = place.sns.clone();
    let mut call =
        Call::new((settings, region), (&mut copy, &place.kms, iam), identity, params, rng, *now);
    for known in ["Action", "Version"] {
        call.params.text(known);
    }
    let answer = run(&mut call)?;
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    if *writes {
        place.sns = copy;
    }
    Ok(answer)
}
