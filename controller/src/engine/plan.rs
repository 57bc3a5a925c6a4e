//! What has to happen, decided before anything does: the one value that is shown and walked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    Action, Address, Change, Creation, Graph, Observation, Outputs, Owner, Phase, PhysicalId,
    Replacement,
    node::{Node, Seen},
    order::{self, Held, Order, Step as OrderStep, Wanted},
};

/// One step of a plan.
pub type Step = OrderStep<Address, ObjectKey>;

/// An object: its kind and what the cloud calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The kind.
    pub kind: &'static str,
    /// What the cloud calls it.
    pub id: PhysicalId,
}

impl ObjectKey {
    /// The key of an object.
    pub fn of(seen: &dyn Seen) -> Self {
        Self { kind: seen.kind().name, id: seen.id().clone() }
    }
}

/// What has to happen.
pub struct Plan<C> {
    /// Every declared node, each after those it refers to.
    pub nodes: Vec<PlannedNode<C>>,
    /// Every object that has to go.
    pub removals: Vec<Removal>,
    /// Every object that nothing declared stands for, and that is kept all the same.
    pub kept: Vec<Kept>,
    /// Every object that is out, that nothing declared stands for, and that can be taken back.
    pub recoverable: Vec<Arc<dyn Seen>>,
    /// Kinds that could not be read, and why.
    pub unread: BTreeMap<&'static str, String>,
    /// Why there is no order, if there is none.
    pub ring: Option<String>,
    /// When the world was looked at, on the wall.
    pub time: Timestamp,
    /// When the world was looked at, on the process's clock.
    pub(super) at: Instant,
    pub(super) order: Order<Address, ObjectKey>,
}

/// What has to happen to one node.
pub struct PlannedNode<C> {
    /// The node.
    pub node: Arc<dyn Node<C>>,
    /// Its present object.
    pub seen: Option<Arc<dyn Seen>>,
    /// What has to happen.
    pub verdict: Verdict,
    /// Why it is replaced although what differs could be set, if it is.
    pub gives_way: Option<String>,
    /// Dead objects whose creation may answer to the same token.
    pub predecessors: Vec<String>,
    /// Which object of the node it is, or the one to be made will be.
    pub(super) ordinal: u32,
}

/// What has to happen to a node, or why that cannot be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This.
    Change(Change),
    /// Nothing can be said or done.
    Blocked(Blocked),
}

/// Why nothing can be said of a node, or done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Its kind could not be read.
    Unread(String),
    /// None is seen, and there may be one.
    Doubt(String),
    /// Several objects claim to be it.
    Duplicate(Vec<PhysicalId>),
    /// Its object has lost our owner tag.
    LostTag(PhysicalId),
    /// A node it refers to is blocked.
    Behind(Address),
}

/// An object that has to go.
pub struct Removal {
    /// The object.
    pub seen: Arc<dyn Seen>,
    /// Why.
    pub reason: RemovalReason,
    /// Why it has to stay for now, if it has.
    pub held: Option<String>,
    /// Whether it is protected: then nothing of the plan is carried out.
    pub protected: bool,
}

/// An object that stays although nothing declared stands for it.
pub struct Kept {
    /// The object.
    pub seen: Arc<dyn Seen>,
    /// Why.
    pub reason: KeepReason,
}

/// Why an object stays although nothing declared stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// Somebody wants to keep it; the text says where.
    Wanted(String),
    /// Nothing but its tags says that it is ours, and that is not enough to remove it.
    Unproven,
    /// The object of this name stays, and uses it.
    Used(String),
}

/// Why an object has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// Nothing declared stands for it.
    Undeclared,
    /// A new object takes its place.
    Replaced,
    /// A new object has taken its place.
    Superseded,
    /// It is on its way out already.
    Going,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Creations.
    pub create: usize,
    /// Objects that are taken back.
    pub recover: usize,
    /// Changes in place.
    pub update: usize,
    /// Replacements.
    pub replace: usize,
    /// Removals, those of replaced objects not counted.
    pub remove: usize,
    /// Nodes as declared.
    pub keep: usize,
    /// Nodes of which nothing can be said, or that are refused.
    pub blocked: usize,
}

/// Decides what has to happen.
pub fn plan<C: Send + Sync + 'static>(graph: &Graph<C>, seen: &Observation) -> Plan<C> {
    let mut yields = Yields::new();
    loop {
        let mut plan = lay_out(graph, seen, &yields);
        match plan.ordered() {
            Ok(order) => plan.order = order,
            Err(Held(ring)) => match plan.gives_way(&ring) {
                Some((address, why)) => {
                    drop(yields.insert(address, why));
                    continue;
                }
                None => plan.ring = Some(told(&ring)),
            },
        }
        return plan;
    }
}

/// The nodes that could be changed in place and are replaced all the same, and why.
type Yields = BTreeMap<Address, String>;

fn lay_out<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    seen: &Observation,
    yields: &Yields,
) -> Plan<C> {
    let mut objects = Objects::sort(graph, seen);
    let mut outputs = Outputs::default();
    let mut blocked: BTreeSet<Address> = BTreeSet::new();
    let mut nodes = Vec::new();
    for node in graph.in_order() {
        let address = node.address().clone();
        let current = objects.current.get(&address).cloned();
        let predecessors = objects.predecessors(&address, seen);
        let gives_way = yields.get(&address).cloned();
        let mut verdict =
            verdict(node.as_ref(), current.as_deref(), seen, &objects, &blocked, &outputs);
        if let (Verdict::Change(change), Some(_)) = (&mut verdict, &gives_way) {
            change.action = Action::Replace;
        }
        match (&verdict, &current) {
            (Verdict::Blocked(_), _) => drop(blocked.insert(address)),
            (Verdict::Change(change), Some(current))
                if matches!(change.action, Action::Keep | Action::Update | Action::Recover) =>
            {
                // What it is going to give to others nobody knows yet.
                if !node.kind().renews(change) {
                    outputs.insert(address, current.outputs());
                }
            }
            (Verdict::Change(change), _) if change.action == Action::Refuse => {
                blocked.insert(address);
            }
            (Verdict::Change(_), _) => {}
        }
        let ordinal = objects.ordinal(node.address(), current.as_deref(), &verdict);
        let node = node.clone();
        nodes.push(PlannedNode { node, seen: current, verdict, gives_way, predecessors, ordinal });
    }
    let kept = objects.kept(graph, seen);
    let removals = objects.removals(&nodes, &kept, seen);
    let recoverable = objects.recoverable;
    Plan {
        nodes,
        removals,
        kept,
        recoverable,
        unread: seen
            .kinds
            .iter()
            .filter_map(|(kind, found)| Some((*kind, found.as_ref().err()?.to_string())))
            .collect(),
        ring: None,
        time: seen.time,
        at: seen.at,
        order: Order::new(),
    }
}

/// The ring in words: who waits for whom.
fn told(ring: &[Step]) -> String {
    let steps: Vec<String> = ring
        .iter()
        .map(|step| match step {
            OrderStep::Ensure(address) => format!("{address} to be settled"),
            OrderStep::Remove(key) => format!("{} {} to be removed", key.kind, key.id),
        })
        .collect();
    format!(
        "there is no order: each of these waits for the next, and the last for the first: {}",
        steps.join(", ")
    )
}

fn verdict<C: Send + Sync + 'static>(
    node: &dyn Node<C>,
    current: Option<&dyn Seen>,
    seen: &Observation,
    objects: &Objects,
    blocked: &BTreeSet<Address>,
    outputs: &Outputs,
) -> Verdict {
    let address = node.address();
    let about = node.kind().about();
    if let Some(Err(error)) = seen.kinds.get(about.name) {
        return Verdict::Blocked(Blocked::Unread(error.to_string()));
    }
    let behind = node.refs().into_iter().find(|needed| blocked.contains(needed));
    // A facet is doubled with its parent, and settled with it.
    let alone = about.creation != Creation::Facet || behind.is_none();
    if let Some(claims) = objects.duplicates.get(address).filter(|_| alone) {
        let ids = claims.iter().map(|claim| claim.id().clone()).collect();
        return Verdict::Blocked(Blocked::Duplicate(ids));
    }
    if let Some(id) = seen.lost.get(address).filter(|_| current.is_none()) {
        return Verdict::Blocked(Blocked::LostTag(id.clone()));
    }
    if let Some(behind) = behind {
        return Verdict::Blocked(Blocked::Behind(behind));
    }
    let mut change = node.diff(current, outputs);
    if change.action == Action::Replace && about.replacement == Replacement::Never {
        change.action = Action::Refuse;
    }
    // What may be there already is not made: not the first one, and not the next one either.
    let makes = matches!(change.action, Action::Create | Action::Replace);
    if let Some(why) = node.want(outputs).iter().find_map(|row| row.cell.unlearned(makes)) {
        return Verdict::Blocked(Blocked::Unread(why.to_owned()));
    }
    if makes && about.creation != Creation::Facet {
        let name = address.to_string();
        let doubt = seen
            .doubts
            .iter()
            .find(|doubt| doubt.address.as_deref().is_none_or(|address| address == name));
        if let Some(doubt) = doubt {
            return Verdict::Blocked(Blocked::Doubt(format!(
                "{}; believed absent from {}",
                doubt.why, doubt.until
            )));
        }
    }
    Verdict::Change(change)
}

/// The node an object stands for: where its tags disagree, the name that is declared.
fn named<C: Send + Sync + 'static>(graph: &Graph<C>, object: &dyn Seen) -> Option<Address> {
    let address = object.address()?;
    if graph.node(&address).is_some() {
        return Some(address);
    }
    let alias = match object.owner() {
        Owner::Us { alias: Some(alias), .. } => Address::new(address.kind, alias.clone()),
        Owner::Us { alias: None, .. } | Owner::Other => return Some(address),
    };
    Some(if graph.node(&alias).is_some() { alias } else { address })
}

/// An object as its node, or its id, is called.
fn name_of(seen: &dyn Seen) -> String {
    seen.address().map_or_else(|| seen.id().to_string(), |address| address.to_string())
}

/// The present object of each declared node.
pub(super) fn present<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    seen: &Observation,
) -> BTreeMap<Address, Arc<dyn Seen>> {
    Objects::sort(graph, seen).current
}

/// The objects that were seen, sorted by what they are to the declaration.
struct Objects {
    /// The present object of each node, of declared and of other ones.
    current: BTreeMap<Address, Arc<dyn Seen>>,
    duplicates: BTreeMap<Address, Vec<Arc<dyn Seen>>>,
    /// The highest ordinal of each node, of whatever became of the object.
    ordinals: BTreeMap<Address, u32>,
    superseded: Vec<Arc<dyn Seen>>,
    going: Vec<Arc<dyn Seen>>,
    gone: Vec<Arc<dyn Seen>>,
    /// Out, and no present object of any declared node.
    recoverable: Vec<Arc<dyn Seen>>,
    undeclared: Vec<Arc<dyn Seen>>,
}

impl Objects {
    fn sort<C: Send + Sync + 'static>(graph: &Graph<C>, seen: &Observation) -> Self {
        let mut sorted = Self {
            current: BTreeMap::new(),
            duplicates: BTreeMap::new(),
            ordinals: BTreeMap::new(),
            superseded: Vec::new(),
            going: Vec::new(),
            gone: Vec::new(),
            recoverable: Vec::new(),
            undeclared: Vec::new(),
        };
        let mut claims: BTreeMap<Address, Vec<Arc<dyn Seen>>> = BTreeMap::new();
        let mut out: BTreeMap<Address, Arc<dyn Seen>> = BTreeMap::new();
        for object in seen.objects() {
            let Some(address) = named(graph, object.as_ref()) else { continue };
            let highest = sorted.ordinals.entry(address.clone()).or_default();
            *highest = object.ordinal().max(*highest);
            match object.phase() {
                Phase::Gone => sorted.gone.push(object.clone()),
                Phase::Going => sorted.going.push(object.clone()),
                // The last one of a node is what there is to take back.
                Phase::Recoverable { .. } | Phase::Barred(_) if graph.node(&address).is_some() => {
                    let last = out.entry(address).or_insert_with(|| object.clone());
                    if last.ordinal() < object.ordinal() {
                        *last = object.clone();
                    }
                }
                Phase::Recoverable { .. } => sorted.recoverable.push(object.clone()),
                // Nobody wants it.
                Phase::Barred(_) => {}
                Phase::Ready | Phase::Pending(_) | Phase::Settling(_) | Phase::Failed(_) => {
                    if graph.node(&address).is_some() {
                        claims.entry(address).or_default().push(object.clone());
                    } else {
                        sorted.undeclared.push(object.clone());
                    }
                }
            }
        }
        for (address, mut claims) in claims {
            claims.sort_by_key(|object| (object.ordinal(), object.id().clone()));
            let newest = claims.last().map(|object| object.ordinal()).unwrap_or_default();
            let (mut newest, older): (Vec<_>, Vec<_>) =
                claims.into_iter().partition(|object| object.ordinal() == newest);
            sorted.superseded.extend(older);
            if newest.len() == 1 {
                sorted.current.extend(newest.pop().map(|object| (address, object)));
            } else {
                sorted.duplicates.insert(address, newest);
            }
        }
        for (address, object) in out {
            if !sorted.duplicates.contains_key(&address) {
                sorted.current.entry(address).or_insert(object);
            }
        }
        sorted
    }

    /// The ordinal of the present object, or of the one to be made: higher than any before.
    fn ordinal(&self, address: &Address, current: Option<&dyn Seen>, verdict: &Verdict) -> u32 {
        let replaced =
            matches!(verdict, Verdict::Change(change) if change.action == Action::Replace);
        match current.filter(|_| !replaced) {
            Some(current) => current.ordinal(),
            None => self.ordinals.get(address).copied().unwrap_or_default() + 1,
        }
    }

    fn predecessors(&self, address: &Address, seen: &Observation) -> Vec<String> {
        let name = address.to_string();
        let mut dead: Vec<String> = self
            .gone
            .iter()
            .chain(&self.going)
            .filter(|object| object.address().as_ref() == Some(address))
            .map(|object| object.id().0.clone())
            .chain(seen.dead.get(&name).map(|id| id.0.clone()))
            .collect();
        dead.sort();
        dead.dedup();
        dead
    }

    /// Takes out what is kept although nothing declared stands for it, and what that uses.
    ///
    /// Tags get copied: they are not reason enough to remove what holds data, nor to tell one of two
    /// that claim to be the same from the other.
    fn kept<C: Send + Sync + 'static>(
        &mut self,
        graph: &Graph<C>,
        look: &Observation,
    ) -> Vec<Kept> {
        let mut claims: BTreeMap<(Option<Address>, u32), u32> = BTreeMap::new();
        for seen in &self.undeclared {
            *claims.entry((seen.address(), seen.ordinal())).or_default() += 1;
        }
        let reason = |seen: &dyn Seen| {
            let wanted = seen.address().and_then(|address| graph.retained(&address));
            let doubled = claims.get(&(seen.address(), seen.ordinal())).is_some_and(|of| *of > 1);
            let proven = look.vouched.contains(&ObjectKey::of(seen));
            let unproven = (doubled || seen.kind().keeping.is_some()) && !proven;
            let wanted = wanted.filter(|_| !seen.holds_nothing());
            wanted.map(KeepReason::Wanted).or(unproven.then_some(KeepReason::Unproven))
        };
        let mut kept: Vec<Kept> = Vec::new();
        for all in [&mut self.undeclared, &mut self.superseded] {
            all.retain(|seen| {
                let reason = reason(seen.as_ref());
                let stays = reason.is_some();
                kept.extend(reason.map(|reason| Kept { seen: seen.clone(), reason }));
                !stays
            });
        }
        // What lasts until somebody ends it needs what it uses, as what is kept does.
        let lasts =
            |seen: &&Arc<dyn Seen>| matches!(seen.phase(), Phase::Recoverable { lasts: true, .. });
        let mut holders: Vec<Arc<dyn Seen>> = kept.iter().map(|kept| kept.seen.clone()).collect();
        holders.extend(self.recoverable.iter().filter(lasts).cloned());
        while let Some(holder) = holders.pop() {
            let (uses, name) = (holder.uses(), name_of(holder.as_ref()));
            let (held, rest) = self
                .undeclared
                .drain(..)
                .partition::<Vec<_>, _>(|seen: &Arc<dyn Seen>| uses.contains(seen.id()));
            self.undeclared = rest;
            holders.extend(held.iter().cloned());
            let held = held.into_iter();
            kept.extend(held.map(|seen| Kept { seen, reason: KeepReason::Used(name.clone()) }));
        }
        kept
    }

    fn removals<C>(
        &mut self,
        nodes: &[PlannedNode<C>],
        kept: &[Kept],
        seen: &Observation,
    ) -> Vec<Removal> {
        let replaced = nodes.iter().filter_map(|planned| match &planned.verdict {
            Verdict::Change(change) if change.action == Action::Replace => planned.seen.clone(),
            Verdict::Change(_) | Verdict::Blocked(_) => None,
        });
        let mut removals: Vec<Removal> = replaced
            .map(|seen| (seen, RemovalReason::Replaced))
            .chain(self.superseded.drain(..).map(|seen| (seen, RemovalReason::Superseded)))
            .chain(self.undeclared.drain(..).map(|seen| (seen, RemovalReason::Undeclared)))
            .chain(self.going.drain(..).map(|seen| (seen, RemovalReason::Going)))
            .filter(|(seen, _)| !seen.is_vacant())
            .map(|(seen, reason)| {
                let held = seen.protection();
                let protected = held.is_some();
                Removal { seen, reason, held, protected }
            })
            .collect();
        let unread: Vec<&str> =
            seen.kinds.iter().filter(|(_, found)| found.is_err()).map(|(kind, _)| *kind).collect();
        if !unread.is_empty() {
            let why = format!("{} could not be read, and may use it", unread.join(", "));
            for removal in &mut removals {
                removal.held = Some(why.clone());
            }
        }
        let blocked = nodes.iter().filter(|planned| !planned.is_walked());
        let protected = removals.iter().filter(|removal| removal.protected);
        let protected: Vec<Arc<dyn Seen>> = protected.map(|it| it.seen.clone()).collect();
        let mut stay: Vec<Arc<dyn Seen>> = blocked
            .filter_map(|planned| planned.seen.clone())
            .chain(protected)
            .chain(self.duplicates.values().flatten().cloned())
            .chain(kept.iter().map(|kept| kept.seen.clone()))
            .collect();
        // What a held object uses is held as well.
        while let Some(holder) = stay.pop() {
            let uses = holder.uses();
            for removal in removals.iter_mut().filter(|removal| removal.held.is_none()) {
                let stands = holder.kind().stands_on.contains(&removal.seen.kind().name);
                if stands || uses.contains(removal.seen.id()) {
                    removal.held = Some(format!("{} has to stay for now and uses it", holder.id()));
                    stay.push(removal.seen.clone());
                }
            }
        }
        removals
    }
}

impl<C> PlannedNode<C> {
    /// Whether the walk has a step for it.
    pub fn is_walked(&self) -> bool {
        match &self.verdict {
            Verdict::Change(change) => change.action != Action::Refuse,
            Verdict::Blocked(_) => false,
        }
    }

    /// What has to happen, if that can be said.
    pub fn change(&self) -> Option<&Change> {
        match &self.verdict {
            Verdict::Change(change) => Some(change),
            Verdict::Blocked(_) => None,
        }
    }
}

impl<C: Send + Sync + 'static> Plan<C> {
    /// How many of each there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for planned in &self.nodes {
            let count = match planned.change().map(|change| change.action) {
                Some(Action::Keep) => &mut counts.keep,
                Some(Action::Create) => &mut counts.create,
                Some(Action::Recover) => &mut counts.recover,
                Some(Action::Update) => &mut counts.update,
                Some(Action::Replace) => &mut counts.replace,
                Some(Action::Refuse) | None => &mut counts.blocked,
            };
            *count += 1;
        }
        counts.remove = self
            .removals
            .iter()
            .filter(|removal| {
                matches!(removal.reason, RemovalReason::Undeclared | RemovalReason::Superseded)
            })
            .count();
        counts
    }

    /// What the objects that are there and stay give to others.
    pub fn outputs(&self) -> Outputs {
        let mut outputs = Outputs::default();
        let renewed = |planned: &PlannedNode<C>| {
            planned.change().is_some_and(|change| planned.node.kind().renews(change))
        };
        for planned in self.nodes.iter().filter(|planned| planned.keeps() && !renewed(planned)) {
            if let Some(seen) = &planned.seen {
                outputs.insert(planned.node.address().clone(), seen.outputs());
            }
        }
        outputs
    }

    /// Whether the world is as declared, as far as it was read.
    pub fn is_empty(&self) -> bool {
        let Counts { create, recover, update, replace, remove, keep: _, blocked: _ } =
            self.counts();
        let quarantined = self.nodes.iter().any(|planned| {
            matches!(planned.verdict, Verdict::Blocked(Blocked::Duplicate(_) | Blocked::LostTag(_)))
        });
        create + recover + update + replace + remove == 0 && !quarantined && !self.is_refused()
    }

    /// Whether something could not be read, so that nothing can be said of it.
    pub fn is_unknown(&self) -> bool {
        !self.unread.is_empty()
            || self.nodes.iter().any(|planned| {
                matches!(&planned.verdict, Verdict::Blocked(Blocked::Unread(_) | Blocked::Doubt(_)))
            })
    }

    /// Whether the plan may not be walked at all.
    pub fn is_refused(&self) -> bool {
        self.ring.is_some()
            || self.removals.iter().any(|removal| removal.protected)
            || self.nodes.iter().any(|planned| {
                planned.change().is_some_and(|change| change.action == Action::Refuse)
            })
    }

    /// The steps that the plan itself holds back, and why.
    pub(super) fn holds(&self) -> BTreeMap<Step, String> {
        let nodes = self.nodes.iter().filter_map(|planned| {
            let why = match &planned.verdict {
                Verdict::Blocked(blocked) => blocked.to_string(),
                Verdict::Change(change) if change.action == Action::Refuse => {
                    match (change.refusal(), planned.seen.as_deref().map(Seen::phase)) {
                        (Some(why), _) => why.to_owned(),
                        (None, Some(Phase::Failed(why))) => format!(
                            "it is {why}, and may hold data: it is not made anew; mend it as AWS says of that state, or delete it by hand, and run the same command again"
                        ),
                        (None, _) => {
                            let fields = change.fields.iter().map(|change| change.field);
                            format!("{} must not change", fields.collect::<Vec<_>>().join(", "))
                        }
                    }
                }
                Verdict::Change(change) if change.action != Action::Keep => self.ring.clone()?,
                Verdict::Change(_) => return None,
            };
            Some((OrderStep::Ensure(planned.node.address().clone()), why))
        });
        let removals = self.removals.iter().filter_map(|removal| {
            let why = removal.held.clone().or_else(|| self.ring.clone())?;
            Some((OrderStep::Remove(ObjectKey::of(removal.seen.as_ref())), why))
        });
        nodes.chain(removals).collect()
    }

    fn ordered(&self) -> Result<Order<Address, ObjectKey>, Held<Address, ObjectKey>> {
        let walked: BTreeSet<&Address> = self
            .nodes
            .iter()
            .filter(|planned| planned.is_walked())
            .map(|planned| planned.node.address())
            .collect();
        let outputs = self.outputs();
        let mut wanted: BTreeMap<Address, Wanted<Address, ObjectKey>> = BTreeMap::new();
        let mut present: Vec<&Arc<dyn Seen>> = Vec::new();
        for planned in self.nodes.iter().filter(|planned| planned.is_walked()) {
            let address = planned.node.address();
            let needs =
                planned.node.refs().into_iter().filter(|need| walked.contains(need)).collect();
            let replaced = planned.change().is_some_and(|change| change.action == Action::Replace);
            let collides = planned
                .seen
                .as_ref()
                .is_some_and(|seen| planned.node.collides(&outputs, seen.as_ref()));
            let usual = planned.node.kind().about().replacement;
            let replacement = if usual == Replacement::CreateFirst && collides {
                Replacement::DeleteFirst
            } else {
                usual
            };
            // Where the two cannot exist together, the last one has to be gone before the next.
            let makes = !planned.keeps();
            let alone = makes && replacement != Replacement::CreateFirst;
            let mut leaving =
                self.former(address, |reason| alone && reason == RemovalReason::Going);
            if makes {
                leaving.extend(self.in_the_way(planned.node.as_ref(), &outputs));
            }
            let node = Wanted {
                needs,
                object: planned.seen.as_ref().map(|seen| ObjectKey::of(seen.as_ref())),
                replace: replaced.then_some(replacement),
                leaving,
                superseded: self.former(address, |reason| reason == RemovalReason::Superseded),
            };
            wanted.insert(address.clone(), node);
            // A replaced object is among the removals.
            present.extend(planned.seen.as_ref().filter(|_| !replaced));
        }
        present.extend(self.leaving().map(|removal| &removal.seen));
        let mut keys: BTreeMap<&PhysicalId, Vec<ObjectKey>> = BTreeMap::new();
        // What is on its way out already waits for nobody.
        for seen in present.iter().filter(|seen| *seen.phase() != Phase::Going) {
            keys.entry(seen.id()).or_default().push(ObjectKey::of(seen.as_ref()));
        }
        let mut of_kind: BTreeMap<&str, Vec<&ObjectKey>> = BTreeMap::new();
        for key in keys.values().flatten() {
            of_kind.entry(key.kind).or_default().push(key);
        }
        let mut refs: BTreeMap<ObjectKey, BTreeSet<ObjectKey>> = BTreeMap::new();
        for seen in &present {
            let mut uses: BTreeSet<ObjectKey> =
                seen.uses().iter().filter_map(|id| keys.get(id)).flatten().cloned().collect();
            let stands_on = seen.kind().stands_on.iter().filter_map(|kind| of_kind.get(kind));
            uses.extend(stands_on.flatten().copied().cloned());
            refs.insert(ObjectKey::of(seen.as_ref()), uses);
        }
        order::order(&wanted, &refs)
    }

    /// The node on a ring that could be changed in place, and whose removal breaks the ring: what it
    /// uses has to go before there is what it is to use instead.
    fn gives_way(&self, ring: &[Step]) -> Option<(Address, String)> {
        // Each step of a ring waits for the next one.
        let waiting = ring.iter().cycle().skip(ring.len().checked_sub(1)?);
        waiting.zip(ring).find_map(|(waits, step)| {
            let (OrderStep::Remove(used), OrderStep::Ensure(address)) = (waits, step) else {
                return None;
            };
            let planned = self.nodes.iter().find(|it| it.node.address() == address)?;
            let about = planned.node.kind().about();
            let in_place = planned.change()?.action == Action::Update;
            let never = |planned: &PlannedNode<C>| {
                planned.node.kind().about().replacement == Replacement::Never
            };
            // What is never replaced keeps what it refers to.
            let held = || {
                let mut holders = self.nodes.iter().filter(|it| never(it));
                holders.any(|it| it.node.refs().contains(address))
            };
            let can = !never(planned) && about.creation != Creation::Facet && !held();
            (in_place && can).then(|| {
                let ObjectKey { kind, id } = used;
                let why = format!(
                    "replaced, not changed in place: it uses {kind} {id}, which has to go before there is another one"
                );
                (address.clone(), why)
            })
        })
    }

    /// The removals that have a step.
    fn leaving(&self) -> impl Iterator<Item = &Removal> {
        self.removals.iter().filter(|removal| removal.held.is_none())
    }

    /// What has to go before a node can be made, whatever node it stood for.
    fn in_the_way(&self, node: &dyn Node<C>, outputs: &Outputs) -> impl Iterator<Item = ObjectKey> {
        self.leaving()
            .filter(|removal| node.collides(outputs, removal.seen.as_ref()))
            .map(|removal| ObjectKey::of(removal.seen.as_ref()))
    }

    /// Former objects of a node that are to go for such a reason.
    fn former(
        &self,
        address: &Address,
        which: impl Fn(RemovalReason) -> bool,
    ) -> BTreeSet<ObjectKey> {
        self.leaving()
            .filter(|removal| which(removal.reason))
            .filter(|removal| removal.seen.address().as_ref() == Some(address))
            .map(|removal| ObjectKey::of(removal.seen.as_ref()))
            .collect()
    }
}

impl<C> PlannedNode<C> {
    /// Whether its present object stays.
    fn keeps(&self) -> bool {
        self.seen.is_some()
            && self.change().is_some_and(|change| {
                matches!(change.action, Action::Keep | Action::Update | Action::Recover)
            })
    }
}

impl std::fmt::Display for Blocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unread(why) => write!(f, "it could not be read: {why}"),
            Self::Doubt(why) => write!(f, "there may be one already: {why}"),
            Self::Duplicate(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                write!(f, "several objects claim to be it: {}", ids.join(", "))
            }
            Self::LostTag(id) => write!(f, "{id} has lost our owner tag"),
            Self::Behind(address) => write!(f, "it refers to {address}, which is blocked"),
        }
    }
}
