//! What a service does later, by itself: each thing at its own time, before any call that comes after.

use serde::{Deserialize, Serialize};

use crate::Time;

/// Something that is due, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry<D> {
    pub(super) at: Time,
    pub(super) due: D,
}

/// What is to happen in a region, in no order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Agenda<D>(Vec<Entry<D>>);

impl<D> Default for Agenda<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D> Agenda<D> {
    /// Plans something.
    pub(super) fn plan(&mut self, at: Time, due: D) {
        self.0.push(Entry { at, due });
    }

    /// Forgets whatever was planned of this sort.
    pub(super) fn forget(&mut self, which: impl Fn(&D) -> bool) {
        self.0.retain(|it| !which(&it.due));
    }

    /// When the earliest thing is due.
    pub(super) fn first(&self) -> Option<Time> {
        self.0.iter().map(|it| it.at).min()
    }

    /// Takes out the earliest thing that is due.
    pub(super) fn next(&mut self, now: Time) -> Option<Entry<D>> {
        let due = self.0.iter().enumerate().filter(|it| it.1.at <= now);
        let (index, _) = due.min_by_key(|it| it.1.at)?;
        Some(self.0.remove(index))
    }
}
