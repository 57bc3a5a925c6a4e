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
    letters::Letter,
    names::{in_arn, is_fifo},
};
use super::{
    form::{self, Answer, Request, Served},
    operations::{self, Operations},
    permission::ResourcePolicy,
};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf, Stamp, Tags},
    throttle::{self, Rate},
    world::{Drift, Region, Retag},
};

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

    /// Lets time pass: subscriptions that nobody confirmed go.
    pub(crate) fn settle(&mut self, settings: &Settings, rng: &mut Rng, now: Time) {
        if self.subscriptions.all().any(|it| it.is_overdue(now)) {
            subscription::forget_overdue(self, (settings, rng.fork()), now);
        }
    }
}

impl form::Service for Sns {
    const NAME: &'static str = "sns";
    const TITLE: &'static str = "SNS";
    const VERSION: &'static str = "2010-03-31";
    const NAMESPACE: &'static str = "http://sns.amazonaws.com/doc/2010-03-31/";

    fn of(region: &Region) -> &Self {
        &region.sns
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.sns
    }

    fn operations() -> Vec<&'static str> {
        OPERATIONS.names()
    }

    fn writes(operation: &str) -> Option<bool> {
        OPERATIONS.find(operation).map(|it| it.1)
    }

    fn rate(operation: &str) -> Rate {
        throttle::sns(operation)
    }

    fn serve(&mut self, neighbours: &Region, request: Request<'_>) -> Result<Served, Fault> {
        let Some((_, _, run)) = OPERATIONS.find(request.operation) else {
            return Err(form::unknown::<Self>(request.operation));
        };
        run(&mut Call::new(request, self, &neighbours.kms)).map(Served::from)
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
