//! Where objects of one kind are kept, with what reads may still see of their past.
//!
//! AWS is eventually consistent: a write is the truth at once for AWS itself and becomes visible
//! to reads later, sooner to reads by id than to lists. So every object is a short history of
//! versions, each with the moment at which the last replica shows it.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Lag, Span, Time, random::Rng};

/// The tags of an object.
pub(crate) type Tags = BTreeMap<String, String>;

/// A kind of object.
pub(crate) trait Kind: Clone + Serialize + 'static {
    /// What tag calls name it: `vpc`.
    const TYPE: &'static str;
    /// What its ids begin with: `vpc`.
    const PREFIX: &'static str;
    /// What error texts call it: `vpc ID`.
    const NOUN: &'static str;
    /// The code for an id that names nothing.
    const NOT_FOUND: &'static str;
    /// The code for something that is no id.
    const MALFORMED: &'static str;

    /// What its ARN ends with: `vpc/vpc-1`.
    fn path(record: &Record<Self>) -> String {
        format!("{}/{}", Self::TYPE, record.id)
    }

    /// Whether it is more than a shadow that reads still show (a deleted NAT gateway).
    fn exists(&self) -> bool {
        true
    }

    /// What it goes with: an alias with its key.
    fn goes_with(&self) -> Option<&str> {
        None
    }
}

/// An object: what all have, and in `body` what its kind has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record<T> {
    pub(crate) id: String,
    pub(crate) tags: Tags,
    pub(crate) body: T,
}

impl<T> Deref for Record<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T> DerefMut for Record<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.body
    }
}

/// When a write happened and until when replicas may not show it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) at: Time,
    pub(crate) by_id: Time,
    pub(crate) listed: Time,
}

impl Stamp {
    /// Draws how long a write stays unseen: mostly short, seldom as long as it can be.
    pub(crate) fn draw(lag: &Lag, rng: &mut Rng, now: Time) -> Self {
        let mut last = |span: Span| {
            let (first, second) = (rng.below(1001), rng.below(1001));
            let width = span.max_ms.saturating_sub(span.min_ms);
            now + Duration::from_millis(span.min_ms + width * first * second / 1_000_000)
        };
        let by_id = last(lag.by_id);
        Self { at: now, by_id, listed: last(lag.listed).max(by_id) }
    }
}

/// How a read looks: by id or as a list, at what time, on how old a replica.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eyes {
    pub(crate) now: Time,
    /// How far behind the answering replica is, from 0 (not at all) to 1000 (as far as can be).
    pub(crate) behind: u64,
    pub(crate) list: bool,
}

impl Eyes {
    fn see(self, stamp: Stamp) -> bool {
        let last = if self.list { stamp.listed } else { stamp.by_id };
        let window = last.as_millis().saturating_sub(stamp.at.as_millis());
        let due = stamp.at.as_millis() + window * self.behind / 1000;
        due <= self.now.as_millis()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version<T> {
    stamp: Stamp,
    /// Nothing, when this is its deletion.
    record: Option<Record<T>>,
    /// Whether it has or had a tag.
    #[serde(default)]
    tagged: bool,
}

/// What the tagging API shows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tagged {
    /// What its ARN ends with.
    pub(crate) path: String,
    pub(crate) tags: Tags,
}

/// The moments of an object's own transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// When the call that made it took effect.
    pub created: Time,
    /// When it was usable (`available`, `associated`); the time of creation if it was at once.
    pub ready: Option<Time>,
    /// When it was gone.
    pub deleted: Option<Time>,
}

/// All objects of a kind in a region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shelf<T> {
    kept: BTreeMap<String, Vec<Version<T>>>,
    lives: BTreeMap<String, Life>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { kept: BTreeMap::new(), lives: BTreeMap::new() }
    }
}

impl<T: Kind> Shelf<T> {
    /// Puts a new object here; it is ready at `ready`.
    pub(crate) fn add(&mut self, stamp: Stamp, ready: Option<Time>, record: Record<T>) {
        self.lives.insert(record.id.clone(), Life { created: stamp.at, ready, deleted: None });
        // What had the name before may be seen for a while yet.
        let tagged = !record.tags.is_empty();
        let versions = self.kept.entry(record.id.clone()).or_default();
        versions.push(Version { stamp, record: Some(record), tagged });
        forget(versions, stamp.at);
    }

    /// Notes the transitions of a part that has no record of its own (a route, an association).
    pub(crate) fn note(
        &mut self,
        part: impl Into<String>,
        change: impl FnOnce(&mut Life),
        now: Time,
    ) {
        let life = Life { created: now, ready: None, deleted: None };
        change(self.lives.entry(part.into()).or_insert(life));
    }

    /// The object as it truly is.
    pub(crate) fn get(&self, id: &str) -> Option<&Record<T>> {
        self.kept.get(id)?.last()?.record.as_ref()
    }

    /// All objects as they truly are.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Record<T>> {
        self.kept.values().filter_map(|it| it.last()?.record.as_ref())
    }

    /// Changes an object; nothing when there is no such object.
    pub(crate) fn change<R>(
        &mut self,
        stamp: Stamp,
        id: &str,
        change: impl FnOnce(&mut Record<T>) -> R,
    ) -> Option<R> {
        let versions = self.kept.get_mut(id)?;
        let last = versions.last()?;
        let mut record = last.record.clone()?;
        let result = change(&mut record);
        let tagged = last.tagged || !record.tags.is_empty();
        versions.push(Version { stamp, record: Some(record), tagged });
        forget(versions, stamp.at);
        Some(result)
    }

    /// Removes an object; reads may show it for a while.
    pub(crate) fn remove(&mut self, stamp: Stamp, id: &str) {
        let Some(versions) = self.kept.get_mut(id) else { return };
        versions.push(Version { stamp, record: None, tagged: false });
        forget(versions, stamp.at);
        if let Some(life) = self.lives.get_mut(id) {
            life.deleted.get_or_insert(stamp.at);
        }
        self.kept.retain(|_, versions| {
            forget(versions, stamp.at);
            !(versions.len() == 1
                && versions.iter().all(|it| it.record.is_none() && settled(it.stamp, stamp.at)))
        });
    }

    /// The object as a read sees it.
    pub(crate) fn seen(&self, id: &str, eyes: Eyes) -> Option<&Record<T>> {
        visible(self.kept.get(id)?, eyes)?.record.as_ref()
    }

    /// All objects as a read sees them.
    pub(crate) fn all_seen(&self, eyes: Eyes) -> impl Iterator<Item = &Record<T>> {
        self.kept.values().filter_map(move |it| visible(it, eyes)?.record.as_ref())
    }
}

fn visible<T>(versions: &[Version<T>], eyes: Eyes) -> Option<&Version<T>> {
    versions.iter().rev().find(|it| eyes.see(it.stamp))
}

fn settled(stamp: Stamp, now: Time) -> bool {
    stamp.by_id <= now && stamp.listed <= now
}

/// Drops the versions that no read can see any more.
fn forget<T>(versions: &mut Vec<Version<T>>, now: Time) {
    if let Some(newest) = versions.iter().rposition(|it| settled(it.stamp, now)) {
        versions.drain(..newest);
    }
}

/// A shelf of whatever kind, for what is done to all kinds alike: tags, census, timeline.
pub(crate) trait AnyShelf {
    fn kind(&self) -> &'static str;
    fn prefix(&self) -> &'static str;
    fn noun(&self) -> &'static str;
    fn not_found(&self) -> &'static str;
    /// The ids of what exists, and whether it is more than a shadow.
    fn ids(&self) -> Vec<(String, bool)>;
    /// What the object of that id goes with.
    fn goes_with(&self, id: &str) -> Option<String>;
    fn tags(&self, id: &str) -> Option<Tags>;
    /// What its kind has, as it is kept.
    fn body(&self, id: &str) -> Value;
    fn known(&self, id: &str, eyes: Eyes) -> bool;
    fn set_tags(&mut self, stamp: Stamp, id: &str, tags: Tags);
    fn tags_seen(&self, eyes: Eyes) -> Vec<(String, Tags)>;
    /// What has or had a tag, as a read sees it.
    fn tagged_seen(&self, eyes: Eyes) -> Vec<Tagged>;
    fn lives(&self) -> &BTreeMap<String, Life>;
}

impl<T: Kind> AnyShelf for Shelf<T> {
    fn kind(&self) -> &'static str {
        T::TYPE
    }

    fn prefix(&self) -> &'static str {
        T::PREFIX
    }

    fn noun(&self) -> &'static str {
        T::NOUN
    }

    fn not_found(&self) -> &'static str {
        T::NOT_FOUND
    }

    fn ids(&self) -> Vec<(String, bool)> {
        self.all().map(|it| (it.id.clone(), it.exists())).collect()
    }

    fn goes_with(&self, id: &str) -> Option<String> {
        self.get(id)?.goes_with().map(ToOwned::to_owned)
    }

    fn body(&self, id: &str) -> Value {
        // What is kept can be written: the world is.
        self.get(id).and_then(|it| serde_json::to_value(&it.body).ok()).unwrap_or_default()
    }

    fn tags(&self, id: &str) -> Option<Tags> {
        self.get(id).map(|it| it.tags.clone())
    }

    fn known(&self, id: &str, eyes: Eyes) -> bool {
        self.seen(id, eyes).is_some()
    }

    fn set_tags(&mut self, stamp: Stamp, id: &str, tags: Tags) {
        self.change(stamp, id, |it| it.tags = tags);
    }

    fn tags_seen(&self, eyes: Eyes) -> Vec<(String, Tags)> {
        self.all_seen(eyes).map(|it| (it.id.clone(), it.tags.clone())).collect()
    }

    fn tagged_seen(&self, eyes: Eyes) -> Vec<Tagged> {
        let seen = self.kept.values().filter_map(|it| visible(it, eyes)).filter(|it| it.tagged);
        let records = seen.filter_map(|it| it.record.as_ref());
        records.map(|it| Tagged { path: T::path(it), tags: it.tags.clone() }).collect()
    }

    fn lives(&self) -> &BTreeMap<String, Life> {
        &self.lives
    }
}
