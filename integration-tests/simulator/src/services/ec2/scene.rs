//! Where and when a call happens: what an operation works with.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use super::{Ec2, resource::Resource};
use crate::{
    Settings, Span, Time,
    fault::Fault,
    random::Rng,
    services::{Iam, Kms, Site},
    shelf::{Eyes, Record, Stamp, Tags},
    wire::query::Reader,
};

/// Where EC2 is, and what it may look at but never changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) region: &'a str,
    pub(crate) iam: &'a Iam,
    pub(crate) kms: &'a Kms,
}

/// A region at a moment, with what is needed to act in it.
pub(super) struct Scene<'a> {
    pub(super) settings: &'a Settings,
    pub(super) region: &'a str,
    pub(super) iam: &'a Iam,
    pub(super) kms: &'a Kms,
    pub(super) rng: Rng,
    pub(super) ec2: &'a mut Ec2,
    pub(super) now: Time,
    /// What every write of this call is stamped with: they become visible together.
    pub(super) stamp: Stamp,
    /// How far behind the replica is that answers this call.
    behind: u64,
    long_ago: bool,
}

/// A scene and a request.
pub(super) struct Call<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) params: Reader<'a>,
}

impl<'a> Deref for Call<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Self::Target {
        &self.scene
    }
}

impl DerefMut for Call<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.scene
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(around: Around<'a>, mut rng: Rng, ec2: &'a mut Ec2, now: Time) -> Self {
        let Around { settings, region, iam, kms } = around;
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { settings, region, iam, kms, rng, ec2, now, stamp, behind, long_ago: false }
    }

    /// A scene in which everything is visible and ready at once, as if it had been done long ago.
    pub(super) fn long_ago(around: Around<'a>, rng: Rng, ec2: &'a mut Ec2, now: Time) -> Self {
        let Around { settings, region, iam, kms } = around;
        let stamp = Stamp { at: now, by_id: now, listed: now };
        Self { settings, region, iam, kms, rng, ec2, now, stamp, behind: 0, long_ago: true }
    }

    /// Makes an object with an id of its own; it is not on its shelf yet.
    pub(super) fn make<T: Resource>(&mut self, tags: Tags, body: T) -> Record<T> {
        Record { id: self.rng.id(T::PREFIX), tags, body }
    }

    /// The moment at which something that takes `span` is done.
    pub(super) fn after(&mut self, span: Span) -> Time {
        self.now + self.lasting(span)
    }

    /// How long something takes this time.
    pub(super) fn lasting(&mut self, span: Span) -> Duration {
        if self.long_ago { Duration::ZERO } else { self.settings.lasting(&mut self.rng, span) }
    }

    /// How this call reads what is named by id.
    pub(super) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How this call reads lists.
    pub(super) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }

    /// The object a write builds on or changes: its true state.
    ///
    /// A malformed id, an id of nothing, and (where the world says so) an id that is too new
    /// are refused with the codes of its kind.
    pub(super) fn find<T: Resource>(&self, id: &str) -> Result<&Record<T>, Fault> {
        T::check(id)?;
        let all = T::shelf(self.ec2);
        let known = !self.settings.lag.dependents || all.seen(id, self.by_id()).is_some();
        all.get(id).filter(|_| known).ok_or_else(|| T::unknown(id))
    }

    /// Changes an object that exists.
    pub(super) fn change<T: Resource>(&mut self, id: &str, change: impl FnOnce(&mut Record<T>)) {
        let stamp = self.stamp;
        T::shelf_mut(self.ec2).change(stamp, id, change);
    }

    /// Puts a new object on its shelf and gives its id.
    pub(super) fn add<T: Resource>(&mut self, ready: Time, record: Record<T>) -> String {
        let id = record.id.clone();
        let stamp = self.stamp;
        T::shelf_mut(self.ec2).add(stamp, Some(ready), record);
        id
    }

    /// Takes an object away.
    pub(super) fn remove<T: Resource>(&mut self, id: &str) {
        let stamp = self.stamp;
        T::shelf_mut(self.ec2).remove(stamp, id);
    }

    /// Takes away everything of a kind that is like this.
    pub(super) fn remove_all<T: Resource>(&mut self, like: impl Fn(&Record<T>) -> bool) {
        let all = T::shelf(self.ec2).all().filter(|it| like(it));
        for id in all.map(|it| it.id.clone()).collect::<Vec<_>>() {
            self.remove::<T>(&id);
        }
    }

    /// Where and when it is.
    pub(super) fn site(&self) -> Site<'_> {
        Site { settings: self.settings, iam: self.iam, region: self.region, now: self.now }
    }

    /// The Amazon resource name of something in this region.
    pub(super) fn arn(&self, path: &str) -> String {
        format!("arn:aws:ec2:{}:{}:{path}", self.region, self.settings.account)
    }
}
