//! What has to hold at every call and at the end, whatever happens.
//!
//! What is excused, and why:
//!
//! - Two objects may claim to be the same one of a node while somebody's copy of our tags is one of
//!   them: clctl has to leave both alone, and not to end the state.
//! - A copy may be changed or removed like an object of ours once that is what the tags make of it: when
//!   what it is a copy of is gone, or its node is not declared, or the environment is being deleted.
//!   Nothing tells it from ours then. From that moment on it is not somebody else's any more. What holds
//!   data is not removed even so.
//! - A snapshot may outlive its database: that is what it is made for.
//! - What links somebody else's object to ours may change: the association of our subnet in their
//!   route table. Everything else of theirs stays as it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use clctl::{
    aws::{Aws, backup::BackupVault, kinds},
    engine::{Address, Graph, Kind, Replacement, Resource as _},
};
use clctl_simulator::{Object, World};
use serde_json::Value;

use super::human::{ADDRESS, Human, ORDINAL, Tags, UID, is_of};
use crate::truth::{ACCIDENTAL, Thing, Truth};

/// What is said of each kind.
static KINDS: LazyLock<BTreeMap<&str, Kind>> =
    LazyLock::new(|| kinds::all().iter().map(|it| (it.about().name, *it.about())).collect());

/// The node that an address tag names.
pub(super) fn address(tag: &str) -> Option<Address> {
    let (kind, name) = tag.split_once('/')?;
    Some(Address::new(KINDS.get(kind)?.name, name))
}

/// Whether an object that stands for this node holds what cannot be made again. AWS deletes no backup vault that holds
/// anything: what goes is empty.
fn holds_data(address: &Address) -> bool {
    let kind = KINDS.get(address.kind).filter(|it| it.name != BackupVault::ABOUT.name);
    kind.is_some_and(|it| it.keeping.is_some() || it.replacement == Replacement::Never)
}

pub(super) fn object(thing: &Thing) -> Object {
    let Thing { region, kind, id, .. } = thing.clone();
    Object { region, kind, id }
}

/// The databases and groups of instances that are being deleted: that takes minutes, and cannot be taken back.
fn going(world: &World) -> BTreeSet<Object> {
    let is_going = |body: &Value| body["status"] == "Deleting" || body["deleting"].is_boolean();
    let whole = world.whole().into_iter();
    whole.filter(|(.., body)| is_going(body)).map(|(object, ..)| object).collect()
}

/// Looks at the world at every call.
#[derive(Default)]
pub(super) struct Watch {
    uid: String,
    /// Somebody else's objects, as they are to stay.
    foreign: BTreeMap<Object, (Tags, Value)>,
    /// What was somebody else's, got copies of our tags, and became ours by them.
    adopted: BTreeSet<Object>,
    /// Copies that nothing told from ours at some time, whosever they were.
    copied: BTreeSet<Object>,
    /// Copies onto what holds data: no tag is reason enough to remove that.
    data: BTreeSet<Object>,
    /// The ids of what ever was ours.
    ours: BTreeSet<String>,
    /// What is declared at the moment: nothing in a delete, but that some of it stays.
    declared: Option<Graph<Aws>>,
    /// Objects of ours that hold data, and the nodes they stand for.
    stateful: BTreeMap<Object, Address>,
    /// Those whose deletion began when nothing kept them, or was begun by somebody.
    condemned: BTreeSet<Object>,
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
    pub(super) fn begin(&mut self, world: &World, ours: &BTreeSet<Object>) {
        self.take(&Truth::of(world), |it| !ours.contains(it));
    }

    /// Says what is declared from now on.
    pub(super) fn declare(&mut self, graph: Graph<Aws>) {
        self.declared = Some(graph);
    }

    fn is_declared(&self, address: &Address) -> bool {
        self.declared.as_ref().is_some_and(|graph| graph.node(address).is_some())
    }

    /// Whether what stands for this node stays, though nothing declares it.
    fn is_retained(&self, address: &Address) -> bool {
        self.declared.as_ref().is_some_and(|graph| graph.retained(address).is_some())
    }

    /// Takes note of what somebody did: what is theirs is as it is now, and what came to be by it is
    /// theirs as well if the deed makes it so, or if it is a part of what is theirs.
    pub(super) fn concede(&mut self, before: &[(Object, Tags)], world: &World, owns: bool) {
        let truth = Truth::of(world);
        let there: BTreeMap<Object, &Tags> =
            truth.things().iter().map(|it| (object(it), &it.tags)).collect();
        self.foreign.retain(|it, _| there.contains_key(it));
        self.data.retain(|it| there.contains_key(it));
        self.stateful.retain(|it, _| there.get(it).is_some_and(|tags| is_of(tags, &self.uid)));
        // What is on its way by then may be of their doing.
        self.condemned.extend(going(world));
        let known: BTreeSet<&Object> = before.iter().map(|(it, _)| it).collect();
        let ids: BTreeSet<&str> = self.foreign.keys().map(|it| it.id.as_str()).collect();
        let mut all: BTreeSet<Object> = self.foreign.keys().cloned().collect();
        for thing in truth.things().iter().filter(|it| !known.contains(&object(it))) {
            if owns || links(thing).any(|id| ids.contains(id)) {
                all.insert(object(thing));
            }
        }
        self.take(&truth, |it| all.contains(it));
    }

    fn take(&mut self, truth: &Truth, which: impl Fn(&Object) -> bool) {
        // Instances come and go with their group, and say how they are in their tags.
        for thing in truth.things().iter().filter(|it| !it.is_launched()) {
            let object = object(thing);
            if which(&object) && !self.adopted.contains(&object) {
                let body = self.apart(&thing.body);
                // A selection has none: the truth tells it by its name.
                let named = thing.kind == "backup-selection";
                let tags = if named { Tags::new() } else { thing.tags.clone() };
                self.foreign.insert(object, (tags, body));
            }
        }
    }

    /// Whether an environment that is deleted may leave it: it is somebody else's, or a snapshot that outlives its
    /// database.
    pub(super) fn may_stay(&self, thing: &Thing) -> bool {
        let launched_by_others = thing.is_launched() && !is_of(&thing.tags, &self.uid);
        self.is_theirs(&object(thing)) || launched_by_others || thing.is_saved()
    }

    /// Whether it is somebody else's, or was until nothing told it from ours any more.
    pub(super) fn is_theirs(&self, object: &Object) -> bool {
        self.foreign.contains_key(object) || self.adopted.contains(object)
    }

    pub(super) fn is_foreign(&self, object: &Object) -> bool {
        self.foreign.contains_key(object)
    }

    pub(super) fn breaks(&mut self, what: String) {
        if !self.broken.contains(&what) {
            self.broken.push(what);
        }
    }

    fn all_break(&mut self, what: Vec<String>) {
        for it in what {
            self.breaks(it);
        }
    }

    /// Looks at who is there.
    pub(super) fn look(&mut self, world: &World, human: &Human) {
        self.looks += 1;
        let things = world.tagged();
        let there: BTreeMap<&Object, &Tags> = things.iter().map(|(it, tags)| (it, tags)).collect();
        for (object, tags) in &things {
            if is_of(tags, &self.uid) && !self.is_foreign(object) && !self.ours.contains(&object.id)
            {
                self.ours.insert(object.id.clone());
            }
        }
        for (object, (_, of)) in &human.copies {
            let node = there.get(object).and_then(|tags| address(tags.get(ADDRESS)?));
            if node.as_ref().is_some_and(holds_data) {
                self.data.insert(object.clone());
            }
            let declared = node.is_some_and(|it| self.is_declared(&it));
            let original = there.get(of).is_some_and(|tags| is_of(tags, &self.uid));
            if !(declared && original) {
                self.adopt(object);
            }
        }
        self.look_for_twins(&things, human);
        let mut broken = Vec::new();
        for (object, (tags, _)) in &self.foreign {
            let (kind, id) = (&object.kind, &object.id);
            match there.get(object) {
                // AWS forgets a question that nobody has answered for two days.
                None if kind == "subscription" => {}
                None => broken.push(format!("the {kind} {id} was somebody else's and is gone")),
                Some(now) if *now != tags => broken.push(format!(
                    "the {kind} {id} is somebody else's: its tags were {tags:?} and are {now:?}"
                )),
                Some(_) => {}
            }
        }
        for object in self.data.iter().filter(|it| !there.contains_key(it)) {
            broken
                .push(format!("{} holds data, was ours by its tags alone, and is gone", object.id));
        }
        self.all_break(broken);
        self.look_at_data(world, &things);
    }

    /// Nothing tells this from ours any more, nor what is a part of it.
    fn adopt(&mut self, object: &Object) {
        let is_part = |body: &Value| {
            let members = body.as_object().into_iter().flat_map(|it| it.values());
            members.filter_map(Value::as_str).any(|id| id == object.id)
        };
        let parts =
            self.foreign.iter().filter(|(_, (tags, body))| tags.is_empty() && is_part(body));
        let all: Vec<Object> = parts.map(|(it, _)| it.clone()).chain([object.clone()]).collect();
        for it in all {
            if self.foreign.remove(&it).is_some() {
                self.adopted.insert(it);
            }
        }
        self.copied.insert(object.clone());
    }

    /// There is one object at the most that is the nth of its node.
    fn look_for_twins(&mut self, things: &[(Object, Tags)], human: &Human) {
        let mut claims: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
        for (object, tags) in things {
            let (Some(uid), Some(address)) = (tags.get(UID), tags.get(ADDRESS)) else { continue };
            if human.copies.contains_key(object) || self.copied.contains(object) {
                continue;
            }
            // The tags of a database are on its snapshots too.
            if ["snapshot", "cluster-snapshot"].contains(&object.kind.as_str()) {
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
        self.all_break(doubled);
    }

    /// What holds data stays as long as it is declared, and longer if the spec says so.
    fn look_at_data(&mut self, world: &World, things: &[(Object, Tags)]) {
        let stateful: BTreeMap<Object, Address> = things
            .iter()
            .filter(|(_, tags)| is_of(tags, &self.uid))
            .filter_map(|(it, tags)| Some((it.clone(), address(tags.get(ADDRESS)?)?)))
            .filter(|(_, address)| holds_data(address))
            .collect();
        let gone: Vec<String> = self
            .stateful
            .iter()
            .filter(|(it, address)| {
                (self.is_declared(address) || self.is_retained(address))
                    && !stateful.contains_key(*it)
                    && !self.condemned.contains(*it)
            })
            .map(|(it, address)| {
                format!("{} was {address}, which nobody agreed to lose, and is gone", it.id)
            })
            .collect();
        self.all_break(gone);
        self.stateful = stateful;
        // What goes once it has been let go of goes to its end, whatever is declared then.
        let is_free = |address: &Address| !self.is_declared(address) && !self.is_retained(address);
        if self.stateful.values().any(is_free) {
            let of_us = |it: &Object| self.stateful.get(it).is_some_and(is_free);
            let lost: Vec<Object> = going(world).into_iter().filter(of_us).collect();
            self.condemned.extend(lost);
        }
    }

    /// Looks at every value of what is somebody else's.
    pub(super) fn compare(&mut self, truth: &Truth) {
        let mut broken = Vec::new();
        for thing in truth.things() {
            if let Some((_, body)) = self.foreign.get(&object(thing)) {
                let now = self.apart(&thing.body);
                let then = self.apart(body);
                if now != then {
                    broken.push(format!(
                        "the {} {} is somebody else's: it was {then} and is {now}",
                        thing.kind, thing.id
                    ));
                }
            }
        }
        self.all_break(broken);
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

/// The texts that something consists of, ids of other things among them.
pub(super) fn links(thing: &Thing) -> impl Iterator<Item = &str> {
    thing.body.as_object().into_iter().flat_map(|it| it.values()).filter_map(Value::as_str)
}
