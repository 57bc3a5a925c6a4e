//! Where and when something happens in Elastic Load Balancing.

use std::time::Duration;

use super::{Elb, agenda::Due};
use crate::{
    Settings, Span, Time,
    random::Rng,
    shelf::{Eyes, Stamp},
};

/// A region at a moment, with what is needed to act in it.
pub(super) struct Scene<'a> {
    pub(super) settings: &'a Settings,
    pub(super) region: &'a str,
    pub(super) elb: &'a mut Elb,
    pub(super) rng: Rng,
    pub(super) now: Time,
    /// What every write is stamped with: they become visible together.
    pub(super) stamp: Stamp,
    /// How far behind the replica is that answers.
    behind: u64,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        region: &'a str,
        elb: &'a mut Elb,
        mut rng: Rng,
        now: Time,
    ) -> Self {
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { settings, region, elb, rng, now, stamp, behind }
    }

    /// How long something takes this time.
    pub(super) fn lasting(&mut self, span: Span) -> Duration {
        self.settings.lasting(&mut self.rng, span)
    }

    /// The moment at which something that takes `span` is done.
    pub(super) fn after(&mut self, span: Span) -> Time {
        self.now + self.lasting(span)
    }

    /// How reads of what is named look.
    pub(super) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How reads of lists look.
    pub(super) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }

    /// The Amazon resource name of something of the service: `targetgroup/name/id`.
    pub(super) fn arn(&self, path: &str) -> String {
        let (region, account) = (self.region, &self.settings.account);
        format!("arn:aws:elasticloadbalancing:{region}:{account}:{path}")
    }

    /// The id at the end of an ARN: sixteen hexadecimal digits.
    pub(super) fn id(&mut self) -> String {
        format!("{:016x}", self.rng.next())
    }

    /// Plans what the service does later.
    pub(super) fn plan(&mut self, at: Time, due: Due) {
        self.elb.agenda.plan(at, due);
    }
}

/// What an ARN ends with, behind the account: `loadbalancer/app/name/id`.
pub(super) fn path_of(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or_default()
}
