//! Where and when something happens in RDS.

use std::time::Duration;

use super::{Rds, agenda::Due, event::Event};
use crate::{
    Settings, Span, Time,
    random::{self, Rng},
    shelf::{Eyes, Stamp},
};

/// A region at a moment, with what is needed to act in it.
pub(super) struct Scene<'a> {
    pub(super) settings: &'a Settings,
    pub(super) region: &'a str,
    pub(super) rds: &'a mut Rds,
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
        rds: &'a mut Rds,
        mut rng: Rng,
        now: Time,
    ) -> Self {
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { settings, region, rds, rng, now, stamp, behind }
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

    /// The Amazon resource name of something of RDS: `db:name`.
    pub(super) fn arn(&self, path: &str) -> String {
        format!("arn:aws:rds:{}:{}:{path}", self.region, self.settings.account)
    }

    /// The id that stays whatever a thing is called: `db-ABC…`.
    pub(super) fn resource_id(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut id = format!("{prefix}-");
        for _ in 0..26 {
            id.extend(self.rng.pick(LETTERS).map(|it| char::from(*it)));
        }
        id
    }

    /// The part of every endpoint's name that is the account's own in its region.
    pub(super) fn realm(&self) -> String {
        realm(&self.settings.account, self.region)
    }

    /// Plans what RDS does later.
    pub(super) fn plan(&mut self, at: Time, due: Due) {
        self.rds.agenda.plan(at, due);
    }

    /// Notes an event of an instance, a snapshot or a parameter group.
    pub(super) fn tell(
        &mut self,
        (kind, path): (&'static str, &str),
        categories: &[&str],
        message: impl Into<String>,
    ) {
        let name = path.split_once(':').map_or(path, |it| it.1).to_owned();
        let event = Event {
            at: self.now,
            kind: kind.to_owned(),
            name,
            arn: self.arn(path),
            categories: categories.iter().map(|it| (*it).to_owned()).collect(),
            message: message.into(),
        };
        self.rds.spread(&event);
        self.rds.events.push(event);
    }

    /// Notes an event of an instance.
    pub(super) fn tell_of_instance(&mut self, id: &str, categories: &[&str], message: &str) {
        self.tell(("db-instance", &format!("db:{id}")), categories, message);
    }
}

/// The part of every endpoint's name that is an account's own in a region.
pub(super) fn realm(account: &str, region: &str) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = Rng::new(random::fold(0, &format!("{account} {region}")));
    let letters = std::iter::once('c')
        .chain(std::iter::repeat_with(|| rng.pick(LETTERS).map_or('x', |it| char::from(*it))));
    letters.take(12).collect()
}
