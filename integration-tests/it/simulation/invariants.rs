//! What has to hold at every call and at the end, whatever happens.
//!
//! What is excused, and why:
//!
//! - Two objects may claim to be the same one of a node while somebody's copy of our tags is one of
//!   them: clctl has to leave both alone, and not to end the state.
//! - A copy may be changed or removed like an object of ours once that is what the tags make of it: when
//!   what it is a copy of is gone, or its node is not declared, or the environment is being deleted.
//!   Nothing tells it from ours then (and nothing stateful is removed on the strength of a tag). From
//!   that moment on it is not somebody else's any more.
//! - What links somebody else's object to ours may change: the association of our subnet in their
//!   route table. Everything else of theirs stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use clctl::{aws::kinds, engine::Replacement};
use clctl_simulator::{Object, World};
use serde_json::Value;

use super::human::{ADDRESS, Human, ORDINAL, Tags, UID, is_of};
use crate::truth::{ACCIDENTAL, Truth};

/// Looks at the world at every call.
#[derive(Debug, Default)]
pub(super) struct Watch {
    uid: String,
    /// Somebody else's objects, as they are to stay.
    foreign: BTreeMap<String, (Tags, Value)>,
    /// Copies that became ours.
    adopted: BTreeSet<String>,
    /// What ever was ours.
    ours: BTreeSet<String>,
    /// The addresses declared at the moment; nothing in a delete.
    declared: BTreeSet<String>,
    /// Objects of ours that are never replaced, and the addresses they stand for.
    stateful: BTreeMap<String, String>,
    /// What did not hold.
    pub(super) broken: Vec<String>,
    /// How often it looked.
    pub(super) looks: u64,
}

impl Watch {
    pub(super) fn of(uid: String) -> Self {
        Self { uid, ..Self::default() }
    }

    /// Takes everything but this, which is of the environment, for somebody else's.
    pub(super) fn begin(&mut self, world: &World, ours: &BTreeSet<String>) {
        self.take(world, |id| !ours.contains(id));
    }

    /// Says what is declared from now on: nothing where everything is to go.
    pub(super) fn declare(&mut self, addresses: impl IntoIterator<Item = String>) {
        self.declared = addresses.into_iter().collect();
    }

    /// Takes note of what somebody did: what is theirs is as it is now, and what came to be by it is
    /// theirs as well if the deed makes it so, or if it is a part of what is theirs.
    pub(super) fn concede(&mut self, before: &[(Object, Tags)], world: &World, owns: bool) {
        let things = world.tagged();
        let there: BTreeMap<&str, &Tags> =
            things.iter().map(|(it, tags)| (it.id.as_str(), tags)).collect();
        self.foreign.retain(|id, _| there.contains_key(id.as_str()));
        self.stateful.retain(|id, _| {
            let tags = there.get(id.as_str());
            tags.is_some_and(|tags| is_of(tags, &self.uid))
        });
        let known: BTreeSet<&str> = before.iter().map(|(it, _)| it.id.as_str()).collect();
        let theirs: BTreeSet<String> = self.foreign.keys().cloned().collect();
        let truth = Truth::of(world);
        let mut all = theirs.clone();
        for thing in truth.things().iter().filter(|it| !known.contains(it.id.as_str())) {
            let members = thing.body.as_object().into_iter().flat_map(|it| it.values());
            let mut links = members.filter_map(Value::as_str);
            if owns || links.any(|id| theirs.contains(id)) {
                all.insert(thing.id.clone());
            }
        }
        self.take(world, |id| all.contains(id));
    }

    fn take(&mut self, world: &World, which: impl Fn(&str) -> bool) {
        for thing in Truth::of(world).things() {
            if which(&thing.id) && !self.adopted.contains(&thing.id) {
                let body = self.apart(&thing.body);
                self.foreign.insert(thing.id.clone(), (thing.tags.clone(), body));
            }
        }
    }

    /// The ids of what is somebody else's.
    pub(super) fn foreign(&self) -> BTreeSet<String> {
        self.foreign.keys().cloned().collect()
    }

    /// The copies that became ours.
    pub(super) fn adopted(&self) -> &BTreeSet<String> {
        &self.adopted
    }

    fn breaks(&mut self, what: String) {
        if !self.broken.contains(&what) {
            self.broken.push(what);
        }
    }

    /// Looks at who is there.
    pub(super) fn look(&mut self, world: &World, human: &Human) {
        self.looks += 1;
        let things = world.tagged();
        let there: BTreeMap<&str, &Tags> =
            things.iter().map(|(it, tags)| (it.id.as_str(), tags)).collect();
        for (id, tags) in &there {
            if is_of(tags, &self.uid) && !self.foreign.contains_key(*id) && !self.ours.contains(*id)
            {
                self.ours.insert((*id).to_owned());
            }
        }
        for (id, (_, of)) in &human.copies {
            let address = there.get(id.as_str()).and_then(|tags| tags.get(ADDRESS));
            let declared = address.is_some_and(|it| self.declared.contains(it));
            let original = there.get(of.as_str()).is_some_and(|tags| is_of(tags, &self.uid));
            if !(declared && original) {
                self.adopted.insert(id.clone());
                self.foreign.remove(id);
            }
        }
        let mut claims: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
        for (object, tags) in &things {
            let (Some(uid), Some(address)) = (tags.get(UID), tags.get(ADDRESS)) else { continue };
            if human.copies.contains_key(&object.id) || self.adopted.contains(&object.id) {
                continue;
            }
            let ordinal = tags.get(ORDINAL).map_or("1", String::as_str);
            claims.entry((uid, address, ordinal)).or_default().push(&object.id);
        }
        let doubled: Vec<String> = claims
            .iter()
            .filter(|(_, ids)| ids.len() > 1)
            .map(|((_, address, ordinal), ids)| {
                format!("{address} is there more than once as object {ordinal}: {}", ids.join(", "))
            })
            .collect();
        doubled.into_iter().for_each(|it| self.breaks(it));
        let mut broken = Vec::new();
        for (id, (tags, _)) in &self.foreign {
            match there.get(id.as_str()) {
                None => broken.push(format!("{id} was somebody else's and is gone")),
                Some(now) if *now != tags => {
                    broken.push(format!(
                        "{id} is somebody else's: its tags were {tags:?} and are {now:?}"
                    ));
                }
                Some(_) => {}
            }
        }
        broken.into_iter().for_each(|it| self.breaks(it));
        self.look_at_data(&things);
    }

    /// What is never replaced, because it holds what cannot be made again, stays as long as it is
    /// declared.
    fn look_at_data(&mut self, things: &[(Object, Tags)]) {
        let stateful: BTreeMap<String, String> = things
            .iter()
            .filter(|(_, tags)| is_of(tags, &self.uid) && is_never_replaced(tags))
            .filter_map(|(it, tags)| Some((it.id.clone(), tags.get(ADDRESS)?.clone())))
            .collect();
        let gone: Vec<String> = self
            .stateful
            .iter()
            .filter(|(id, address)| self.declared.contains(*address) && !stateful.contains_key(*id))
            .map(|(id, address)| {
                format!("{id} was {address}, is never to be replaced, and is gone")
            })
            .collect();
        gone.into_iter().for_each(|it| self.breaks(it));
        self.stateful = stateful;
    }

    /// Looks at every value of what is somebody else's.
    pub(super) fn compare(&mut self, world: &World) {
        let truth = Truth::of(world);
        let mut broken = Vec::new();
        for thing in truth.things() {
            if let Some((_, body)) = self.foreign.get(&thing.id) {
                let now = self.apart(&thing.body);
                let then = self.apart(body);
                if now != then {
                    broken.push(format!(
                        "{} is somebody else's: it was {then} and is {now}",
                        thing.id
                    ));
                }
            }
        }
        broken.into_iter().for_each(|it| self.breaks(it));
    }

    /// A value without its moments, and without what links it to ours.
    fn apart(&self, value: &Value) -> Value {
        let ours = |value: &Value| value.as_str().is_some_and(|it| self.ours.contains(it));
        match value {
            Value::Array(values) => {
                let links = |value: &Value| {
                    ours(value) || value.as_object().is_some_and(|it| it.values().any(ours))
                };
                let mut rest: Vec<Value> =
                    values.iter().filter(|it| !links(it)).map(|it| self.apart(it)).collect();
                rest.sort_by_key(Value::to_string);
                rest.into()
            }
            Value::Object(members) => members
                .iter()
                .filter(|(key, _)| !ACCIDENTAL.contains(&key.as_str()) && *key != "state")
                .map(|(key, value)| (key.clone(), self.apart(value)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
}

/// Whether an object of ours is of a kind that is never replaced.
fn is_never_replaced(tags: &Tags) -> bool {
    let kind = tags.get(ADDRESS).and_then(|it| it.split('/').next()).unwrap_or_default();
    kinds::all()
        .iter()
        .any(|it| it.about().name == kind && it.about().replacement == Replacement::Never)
}

/// Strings that must be found nowhere but where they were put: what stands for secrets.
#[derive(Clone, Debug, Default)]
pub(super) struct Canaries(Vec<String>);

impl Canaries {
    pub(super) fn sing(&mut self, canary: String) {
        self.0.push(canary);
    }

    /// Says where one was found that must not be there.
    pub(super) fn found(&self, place: &str, text: &[u8]) -> Option<String> {
        let is_in = |canary: &String| text.windows(canary.len()).any(|it| it == canary.as_bytes());
        self.0.iter().find(|it| is_in(it)).map(|it| format!("{place} shows {it}"))
    }
}
