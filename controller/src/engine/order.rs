//! The order of everything: creations and changes along the references that are wanted, removals
//! against the references that are there. Pure, so that it can be proven against a model.

use std::collections::{BTreeMap, BTreeSet};

use super::Replacement;

/// What is wanted of one node, and what was found of it.
#[derive(Clone, Debug)]
pub(super) struct Wanted<N, I> {
    /// The nodes it refers to.
    pub(super) needs: BTreeSet<N>,
    /// Its present object.
    pub(super) object: Option<I>,
    /// Whether that object has to give way to a new one, and how.
    pub(super) replace: Option<Replacement>,
    /// Objects that have to be gone before a new one is made.
    pub(super) leaving: BTreeSet<I>,
    /// Former objects that stay until the node and its users have settled, if they can.
    pub(super) superseded: BTreeSet<I>,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step<N, I> {
    /// Bring a node to its declaration: create, change or keep.
    Ensure(N),
    /// Remove an object: an orphan, or one that was replaced.
    Remove(I),
}

/// Why there is no order: each of these waits for the next, and the last for the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held<N, I>(pub(super) Vec<Step<N, I>>);

/// For each step, the steps that come before it.
pub(super) type Order<N, I> = BTreeMap<Step<N, I>, BTreeSet<Step<N, I>>>;

/// Orders the steps.
///
/// `refs` has every object that is ours, with the objects it refers to.
///
/// A node that could be replaced new-first is replaced old-first when it stands on one that
/// cannot; so is a former object of it removed before the node has settled.
///
/// # Errors
/// If even that leaves a ring: something that stays holds something that has to go, and the ring
/// is the explanation.
pub(super) fn order<N: Ord + Clone, I: Ord + Clone>(
    wanted: &BTreeMap<N, Wanted<N, I>>,
    refs: &BTreeMap<I, BTreeSet<I>>,
) -> Result<Order<N, I>, Held<N, I>> {
    let mut old_first: BTreeSet<N> = wanted
        .iter()
        .filter(|(_, node)| node.replace == Some(Replacement::DeleteFirst))
        .map(|(name, _)| name.clone())
        .collect();
    let mut at_once: BTreeSet<I> = BTreeSet::new();
    loop {
        let order = constraints(wanted, refs, &old_first, &at_once);
        let Some(ring) = ring(&order) else {
            return Ok(order);
        };
        let former = ring.iter().find_map(|step| match step {
            Step::Remove(id) if !at_once.contains(id) => {
                wanted.values().any(|node| node.superseded.contains(id)).then(|| id.clone())
            }
            Step::Remove(_) | Step::Ensure(_) => None,
        });
        if let Some(id) = former {
            at_once.insert(id);
            continue;
        }
        // A node yields if its creation or the removal of its old object is on the ring.
        let yields = ring.iter().find_map(|step| {
            wanted.iter().find_map(|(name, node)| {
                let on_ring = match step {
                    Step::Ensure(ensured) => ensured == name,
                    Step::Remove(removed) => node.object.as_ref() == Some(removed),
                };
                (on_ring && node.replace.is_some() && !old_first.contains(name))
                    .then(|| name.clone())
            })
        });
        match yields {
            Some(name) => old_first.insert(name),
            None => return Err(Held(ring)),
        };
    }
}

fn constraints<N: Ord + Clone, I: Ord + Clone>(
    wanted: &BTreeMap<N, Wanted<N, I>>,
    refs: &BTreeMap<I, BTreeSet<I>>,
    old_first: &BTreeSet<N>,
    at_once: &BTreeSet<I>,
) -> Order<N, I> {
    let holder: BTreeMap<&I, &N> =
        wanted.iter().filter_map(|(name, node)| Some((node.object.as_ref()?, name))).collect();
    let stays = |id: &I| {
        holder
            .get(id)
            .copied()
            .filter(|name| wanted.get(*name).is_some_and(|node| node.replace.is_none()))
    };
    let mut users: BTreeMap<&I, Vec<&I>> = BTreeMap::new();
    for (user, used) in refs {
        for id in used.iter().filter(|id| *id != user) {
            users.entry(id).or_default().push(user);
        }
    }
    let mut order = Order::new();
    for (name, node) in wanted {
        let before: &mut BTreeSet<_> = order.entry(Step::Ensure(name.clone())).or_default();
        before.extend(node.needs.iter().cloned().map(Step::Ensure));
        if let (Some(old), true) = (&node.object, old_first.contains(name)) {
            before.insert(Step::Remove(old.clone()));
        }
        before.extend(node.leaving.iter().cloned().map(Step::Remove));
    }
    let settled = |name: &N| -> BTreeSet<Step<N, I>> {
        let users = wanted.iter().filter(|(_, node)| node.needs.contains(name));
        let users = users.map(|(user, _)| Step::Ensure(user.clone()));
        users.chain([Step::Ensure(name.clone())]).collect()
    };
    let mut former: BTreeMap<&I, &N> = BTreeMap::new();
    for (name, node) in wanted {
        former.extend(node.superseded.difference(at_once).map(|id| (id, name)));
    }
    for id in refs.keys().filter(|id| stays(id).is_none()) {
        let before = order.entry(Step::Remove(id.clone())).or_default();
        // Whoever uses it has to let go, or to go.
        for user in users.get(id).into_iter().flatten() {
            before.insert(
                stays(user).map_or_else(
                    || Step::Remove((*user).clone()),
                    |name| Step::Ensure(name.clone()),
                ),
            );
        }
        // Replaced new-first: whoever uses the node has to have moved on.
        if let Some(name) = holder.get(id).filter(|name| !old_first.contains(**name)) {
            before.extend(settled(name));
        }
        if let Some(name) = former.get(id) {
            before.extend(settled(name));
        }
    }
    order
}

/// Steps that wait for each other in a ring, if any do.
fn ring<N: Ord + Clone, I: Ord + Clone>(order: &Order<N, I>) -> Option<Vec<Step<N, I>>> {
    fn visit<'a, N: Ord + Clone, I: Ord + Clone>(
        step: &'a Step<N, I>,
        order: &'a Order<N, I>,
        done: &mut BTreeSet<&'a Step<N, I>>,
        path: &mut Vec<&'a Step<N, I>>,
    ) -> Option<Vec<Step<N, I>>> {
        if done.contains(step) {
            return None;
        }
        if let Some(start) = path.iter().position(|on_path| *on_path == step) {
            return Some(path.iter().skip(start).map(|step| (*step).clone()).collect());
        }
        path.push(step);
        let found = order.get(step)?.iter().find_map(|before| visit(before, order, done, path));
        path.pop();
        done.insert(step);
        found
    }
    let (mut done, mut path) = (BTreeSet::new(), Vec::new());
    order.keys().find_map(|step| visit(step, order, &mut done, &mut path))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Name = u32;
    type Id = u32;
    type Refs = BTreeMap<Id, BTreeSet<Id>>;
    type WantedNodes = BTreeMap<Name, Wanted<Name, Id>>;

    /// A world that minds references: the model the order is proven against.
    struct World {
        refs: Refs,
        current: BTreeMap<Name, Id>,
        next: Id,
    }

    impl World {
        fn run(
            &mut self,
            step: Step<Name, Id>,
            wanted: &WantedNodes,
            kinds: &BTreeMap<Name, Replacement>,
        ) {
            match step {
                Step::Ensure(name) => {
                    let node = &wanted[&name];
                    let now: BTreeSet<Id> =
                        node.needs.iter().map(|need| self.current[need]).collect();
                    let keeps = node.object.filter(|_| node.replace.is_none());
                    let id = keeps.unwrap_or_else(|| {
                        let both = node.object.is_some_and(|old| self.refs.contains_key(&old));
                        assert!(
                            !(both && kinds[&name] == Replacement::DeleteFirst),
                            "{name}: the old one is still there"
                        );
                        let way = node.leaving.iter().find(|id| self.refs.contains_key(id));
                        assert!(way.is_none(), "{name}: {way:?} is still in its way");
                        self.next += 1;
                        self.next
                    });
                    self.refs.insert(id, now);
                    self.current.insert(name, id);
                }
                Step::Remove(id) => {
                    let user =
                        self.refs.iter().find(|(user, used)| used.contains(&id) && **user != id);
                    assert!(user.is_none(), "{id} is in use by {user:?}");
                    self.refs.remove(&id);
                }
            }
        }
    }

    fn random(seed: &mut u64, below: u32) -> u32 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        u32::try_from(*seed >> 33).unwrap() % below
    }

    /// A world in some state, and a declaration that differs from it in some way.
    fn case(seed: &mut u64) -> (WantedNodes, Refs, BTreeMap<Name, Replacement>) {
        let objects = random(seed, 9);
        let mut refs = Refs::new();
        for id in 0..objects {
            refs.insert(id, (0..id).filter(|_| random(seed, 3) == 0).collect());
        }
        let mut wanted = WantedNodes::new();
        let mut kinds = BTreeMap::new();
        for name in 0..random(seed, 9) {
            let kind = if random(seed, 2) == 0 {
                Replacement::CreateFirst
            } else {
                Replacement::DeleteFirst
            };
            kinds.insert(name, kind);
            let object = refs.contains_key(&name).then_some(name).filter(|_| random(seed, 5) > 0);
            let needs: BTreeSet<Name> = match object {
                // Mostly as it is.
                Some(id) if random(seed, 3) > 0 => {
                    refs[&id].iter().filter(|id| wanted.contains_key(id)).copied().collect()
                }
                _ => (0..name).filter(|_| random(seed, 3) == 0).collect(),
            };
            // A replacement upstream, or a whim, replaces it too; otherwise it changes in place.
            let upstream = needs
                .iter()
                .any(|need| wanted[need].replace.is_some() || wanted[need].object.is_none());
            let replace = object
                .and((upstream && random(seed, 4) > 0 || random(seed, 4) == 0).then_some(kind));
            let (leaving, superseded) = (BTreeSet::new(), BTreeSet::new());
            wanted.insert(name, Wanted { needs, object, replace, leaving, superseded });
        }
        // Something of another node may stand where a new one is to be.
        let stays: BTreeSet<Id> = wanted
            .values()
            .filter(|node| node.replace.is_none())
            .filter_map(|node| node.object)
            .collect();
        let goes: Vec<Id> = refs.keys().copied().filter(|id| !stays.contains(id)).collect();
        for node in wanted.values_mut().filter(|it| it.object.is_none() || it.replace.is_some()) {
            node.leaving.extend(goes.iter().filter(|_| random(seed, 8) == 0));
        }
        (wanted, refs, kinds)
    }

    #[test]
    fn every_order_works_in_a_world_that_minds_references() {
        let (mut seed, mut ordered, mut held) = (0x9e37_79b9_7f4a_7c15, 0, 0);
        for _ in 0..50_000 {
            let (wanted, refs, kinds) = case(&mut seed);
            let mut order = match order(&wanted, &refs) {
                Ok(order) => order,
                Err(Held(ring)) => {
                    // The explanation names something that stays and something that has to go.
                    assert!(ring.iter().any(
                        |step| matches!(step, Step::Ensure(name) if wanted[name].replace.is_none())
                    ));
                    assert!(ring.iter().any(|step| matches!(step, Step::Remove(_))));
                    held += 1;
                    continue;
                }
            };
            let mut world = World { refs: refs.clone(), current: BTreeMap::new(), next: 1000 };
            while !order.is_empty() {
                let ready: Vec<Step<Name, Id>> = order
                    .iter()
                    .filter(|(_, before)| before.is_empty())
                    .map(|(step, _)| *step)
                    .collect();
                assert!(
                    !ready.is_empty(),
                    "no order\nwanted {wanted:#?}\nrefs {refs:?}\nleft {order:?}"
                );
                let step = ready[random(&mut seed, u32::try_from(ready.len()).unwrap()) as usize];
                order.remove(&step);
                for before in order.values_mut() {
                    before.remove(&step);
                }
                world.run(step, &wanted, &kinds);
            }
            // What is wanted is there, and nothing else.
            assert_eq!(world.refs.len(), wanted.len());
            ordered += 1;
        }
        assert!(ordered > 25_000 && held > 250, "{ordered} ordered, {held} held");
    }
}
