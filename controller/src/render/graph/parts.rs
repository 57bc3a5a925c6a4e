//! What is part of what: a launch template of its group's instances, an address of its gateway.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    places::{Place, place},
    scene::{Scene, Thing, awaited},
};

/// What is part of what.
pub(super) struct Parts<'a> {
    by_address: BTreeMap<String, &'a Thing>,
    /// Whose part each is, by their addresses.
    owners: BTreeMap<String, String>,
}

impl<'a> Parts<'a> {
    /// Finds out of every part whose it is.
    pub(super) fn of(scene: &'a Scene) -> Self {
        let by_address = scene.by_address();
        let mut referrers: BTreeMap<&str, Vec<&'a Thing>> = BTreeMap::new();
        for thing in by_address.values() {
            for to in &thing.refs {
                referrers.entry(to.as_str()).or_default().push(*thing);
            }
        }
        let mut owners = BTreeMap::new();
        for (address, thing) in &by_address {
            if place(thing) == Place::Part
                && let Some(owner) = owner(thing, &by_address, &referrers)
            {
                owners.insert(address.clone(), owner);
            }
        }
        Self { by_address, owners }
    }

    /// The thing of that address.
    pub(super) fn thing(&self, address: &str) -> Option<&'a Thing> {
        self.by_address.get(address).copied()
    }

    /// Whether it is part of something.
    pub(super) fn has_owner(&self, part: &Thing) -> bool {
        self.owners.contains_key(&part.address())
    }

    /// What a thing is drawn with: itself, or what it is part of.
    pub(super) fn drawn_as(&self, thing: &'a Thing) -> Option<&'a Thing> {
        if place(thing) != Place::Part {
            return Some(thing);
        }
        self.thing(self.owners.get(&thing.address())?)
    }

    /// What is part of a thing.
    pub(super) fn of_thing(&self, thing: &Thing) -> Vec<&'a Thing> {
        let address = thing.address();
        // Of two objects of one address the declared one has the parts.
        if !self.by_address.get(&address).is_some_and(|it| std::ptr::eq(*it, thing)) {
            return Vec::new();
        }
        let of = self.owners.iter().filter(|(_, owner)| **owner == address);
        of.filter_map(|(part, _)| self.thing(part)).collect()
    }
}

/// Whose part it is.
fn owner<'a>(
    part: &'a Thing,
    all: &BTreeMap<String, &'a Thing>,
    referrers: &BTreeMap<&str, Vec<&'a Thing>>,
) -> Option<String> {
    if part.kind == "security-group-rules" {
        let group = part.facts.get("group").and_then(awaited)?;
        return all.contains_key(group).then(|| group.to_owned());
    }
    let up = |thing: &Thing| referrers.get(thing.address().as_str()).cloned().unwrap_or_default();
    let down = |thing: &Thing| -> Vec<&'a Thing> {
        thing.refs.iter().filter_map(|to| all.get(to).copied()).collect()
    };
    let is_front = |thing: &Thing| place(thing) == Place::Front;
    let is_card = |thing: &Thing| {
        matches!(
            place(thing),
            Place::Border | Place::Public | Place::Front | Place::Fleet | Place::Database
        )
    };
    // What leads from a load balancer to its targets is the load balancer's.
    let of_front = part.kind.starts_with("listener") || part.kind == "target-group";
    let both = |thing: &Thing| -> Vec<&'a Thing> {
        let all = up(thing).into_iter().chain(down(thing));
        let is_way = |it: &&Thing| it.kind.starts_with("listener") || is_front(it);
        all.filter(is_way).collect()
    };
    let front = of_front.then(|| nearest(part, &both, &is_front)).flatten();
    front.or_else(|| nearest(part, &up, &is_card)).or_else(|| nearest(part, &down, &is_card))
}

/// The nearest thing that is one of those, along such steps over parts alone.
fn nearest<'a>(
    from: &'a Thing,
    steps: &dyn Fn(&Thing) -> Vec<&'a Thing>,
    wanted: &dyn Fn(&Thing) -> bool,
) -> Option<String> {
    let mut known: BTreeSet<String> = BTreeSet::from([from.address()]);
    let mut around = vec![from];
    while !around.is_empty() {
        let mut next = Vec::new();
        for thing in around.iter().flat_map(|thing| steps(thing)) {
            if wanted(thing) {
                return Some(thing.address());
            }
            if place(thing) == Place::Part && known.insert(thing.address()) {
                next.push(thing);
            }
        }
        around = next;
    }
    None
}
