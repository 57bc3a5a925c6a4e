//! Looking at the world: lists shared by all nodes of a kind, and a second, fresher look at
//! whatever the lists leave in doubt.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::{task::JoinSet, time::Instant};

use super::{
    Action, Address, CallError, Cell, Class, Cloud, Creation, Error, Event, Graph, Intent, Journal,
    Outputs, Owner, PhysicalId, Scope, Sink, StopSignal, What,
    ensure::find_by_id,
    journal::JournalError,
    node::{AnyKind, Seen},
    plan::{ObjectKey, present},
    wait::pause,
};

/// How long the cloud may take until its lists show what was made: AWS says up to five minutes
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
pub const VISIBILITY: Duration = Duration::from_mins(5);
/// How old the mark of a run may be before it is put anew.
pub const MARK_REFRESH: Duration = Duration::from_mins(1);

/// The kinds there are.
pub type Kinds<C> = Arc<Vec<Arc<dyn AnyKind<C>>>>;

/// The objects of one kind, or why they could not be read.
pub type Listed = Result<Vec<Arc<dyn Seen>>, Arc<CallError>>;

/// What was seen of the world.
pub struct Observation {
    /// Objects that are ours, by kind; or why they could not be read.
    pub kinds: BTreeMap<&'static str, Listed>,
    /// Objects that stand where ours would, and have lost our owner tag.
    pub lost: BTreeMap<Address, PhysicalId>,
    /// Objects the journal knows, and that are no more.
    pub dead: BTreeMap<String, PhysicalId>,
    /// Nodes of which an object may be there although none is seen.
    pub doubts: Vec<Doubt>,
    /// Objects of which more than their tags says that they are what those say: the record of who made
    /// them, or their names. Tags get copied.
    pub vouched: BTreeSet<ObjectKey>,
    /// When it was seen, on the process's clock.
    pub at: Instant,
    /// When it was seen, on the wall.
    pub time: Timestamp,
}

/// Why an absence is not to be believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The node; `None` for any.
    pub address: Option<String>,
    /// From when on it can be believed.
    pub until: Timestamp,
    /// What is known.
    pub why: String,
}

/// What the look is for: it decides which absences matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be shown: any absence matters.
    Show,
    /// To be made so: any absence of what is to be made. A name or a token is no excuse: they
    /// protect only as long as what they are made of is the same in the next run.
    Apply,
    /// To be removed: any absence, of nodes not declared as well.
    Remove,
}

/// Looks at everything that is ours.
///
/// # Errors
/// Only if the journal cannot be read; a kind that cannot be read is part of the answer.
pub async fn observe<C: Cloud>(
    kinds: &Kinds<C>,
    cloud: &Arc<C>,
    graph: &Graph<C>,
    journal: &dyn Journal,
    purpose: Purpose,
) -> Result<Observation, JournalError> {
    let mut lists = JoinSet::new();
    for kind in kinds.iter() {
        let (kind, cloud) = (kind.clone(), cloud.clone());
        lists.spawn(async move { (kind.about().name, kind.find(&cloud, Scope::Owned).await) });
    }
    let mut seen = Observation {
        kinds: BTreeMap::new(),
        lost: BTreeMap::new(),
        dead: BTreeMap::new(),
        doubts: Vec::new(),
        vouched: BTreeSet::new(),
        at: Instant::now(),
        time: cloud.now(),
    };
    while let Some(joined) = lists.join_next().await {
        match joined {
            Ok((name, found)) => drop(seen.kinds.insert(name, found.map_err(Arc::new))),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    let intents = journal.intents()?;
    let mut asked = BTreeSet::new();
    loop {
        let before = asked.len();
        for kind in kinds.iter() {
            seen.look_again(kind.as_ref(), cloud, graph, &intents, &mut asked).await;
        }
        // What is found so may name more.
        if asked.len() == before {
            break;
        }
    }
    for kind in kinds.iter().filter(|kind| kind.about().creation == Creation::Facet) {
        seen.look_for_facets(kind.as_ref(), cloud).await;
    }
    let makes = seen.confirm(kinds, cloud.as_ref(), graph, &intents, purpose).await;
    let asks = match purpose {
        Purpose::Show | Purpose::Apply => makes,
        Purpose::Remove => true,
    };
    seen.doubt(cloud.as_ref(), journal, &intents, asks).await?;
    seen.vouch(kinds, cloud.as_ref(), &intents);
    Ok(seen)
}

/// Looks until every absence can be believed, and tells what it waits for.
///
/// Doubts that outlast the time they gave themselves are part of the answer: a plan makes nothing
/// on their account.
///
/// # Errors
/// If the journal cannot be read, or the run is told to stop.
pub async fn observe_settled<C: Cloud>(
    kinds: &Kinds<C>,
    cloud: &Arc<C>,
    graph: &Graph<C>,
    journal: &dyn Journal,
    purpose: Purpose,
    sink: &Sink,
    stop: &StopSignal,
) -> Result<Observation, Error> {
    const LEAST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(15);
    let mut told: Vec<Doubt> = Vec::new();
    let mut deadline: Option<Timestamp> = None;
    loop {
        let seen = observe(kinds, cloud, graph, journal, purpose).await?;
        let last = seen.doubts.iter().map(|doubt| doubt.until).max();
        let (Some(first), Some(last)) = (seen.doubts.iter().map(|doubt| doubt.until).min(), last)
        else {
            return Ok(seen);
        };
        let now = cloud.now();
        if now > *deadline.get_or_insert(later(last, 2 * MOST)) {
            return Ok(seen);
        }
        for doubt in seen.doubts.iter().filter(|doubt| !told.contains(doubt)) {
            let what = What::Doubting { why: doubt.why.clone(), until: doubt.until };
            sink(&Event { at: now, step: None, what });
        }
        told = seen.doubts;
        let left = Duration::try_from(first.duration_since(now)).unwrap_or_default();
        pause(stop, left.clamp(LEAST, MOST)).await?;
    }
}

impl Observation {
    /// Every object of ours that was seen.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<dyn Seen>> {
        self.kinds.values().flatten().flatten()
    }

    /// Whether an object stands for this node.
    fn has(&self, address: &Address) -> bool {
        self.kinds.get(address.kind).is_some_and(|found| {
            found.as_ref().is_ok_and(|found| {
                found
                    .iter()
                    .any(|seen| !seen.phase().is_out() && seen.address().as_ref() == Some(address))
            })
        })
    }

    fn is_read(&self, kind: &str) -> bool {
        self.kinds.get(kind).is_some_and(Result::is_ok)
    }

    /// Asks by id for what the journal or another object of ours names and the list lacks.
    async fn look_again<C: Cloud>(
        &mut self,
        kind: &dyn AnyKind<C>,
        cloud: &C,
        graph: &Graph<C>,
        intents: &[Intent],
        asked: &mut BTreeSet<PhysicalId>,
    ) {
        let about = kind.about();
        if !self.is_read(about.name) || about.creation == Creation::Facet {
            return;
        }
        let known: Vec<(&Intent, &PhysicalId)> = intents
            .iter()
            .filter(|intent| intent.address.split('/').next() == Some(about.name))
            .filter_map(|intent| Some((intent, intent.id.as_ref()?)))
            .collect();
        let listed: BTreeSet<&PhysicalId> = self
            .objects()
            .filter(|seen| seen.kind().name == about.name)
            .map(|seen| seen.id())
            .collect();
        let mut named: BTreeSet<PhysicalId> = BTreeSet::new();
        for seen in self.objects() {
            let of_kind = |id: &PhysicalId| about.is_id(id);
            named.extend(seen.mentions().into_iter().filter(of_kind));
        }
        named.extend(known.iter().map(|(_, id)| (*id).clone()));
        let missing: Vec<PhysicalId> = named
            .into_iter()
            .filter(|id| !listed.contains(id) && asked.insert(id.clone()))
            .collect();
        if missing.is_empty() {
            return;
        }
        let mut fresh: Vec<Arc<dyn Seen>> = Vec::new();
        // One by one: a single unknown id makes the whole call fail.
        for id in &missing {
            match kind.find(cloud, Scope::Ids(std::slice::from_ref(id))).await {
                Ok(found) => fresh.extend(found),
                Err(error) if error.class == Class::NotFound => {}
                Err(error) => {
                    self.kinds.insert(about.name, Err(Arc::new(error)));
                    return;
                }
            }
        }
        let mut stands = self.stand_ins(graph);
        for (intent, id) in known.into_iter().filter(|(_, id)| missing.contains(id)) {
            let Intent { address, at, .. } = intent;
            let there = fresh.iter().find(|seen| seen.id() == id);
            let until = later(*at, VISIBILITY);
            if there.is_some_and(|seen| !seen.phase().is_out()) {
                let node = graph.in_order().find(|node| node.address().to_string() == *address);
                stands.extend(node.map(|node| (id.clone(), node.address().clone())));
            } else if there.is_none() && until > self.time {
                self.doubts.push(Doubt {
                    address: Some(address.clone()),
                    until,
                    why: format!("{id} was made at {at} and is not visible"),
                });
            } else {
                self.dead.insert(address.clone(), id.clone());
            }
        }
        for seen in fresh {
            match seen.owner() {
                Owner::Us { .. } => {
                    if let Some(Ok(found)) = self.kinds.get_mut(about.name) {
                        found.push(seen);
                    }
                }
                Owner::Other if !seen.phase().is_out() => {
                    // A value may lead to something of another kind than it is to.
                    let stood_for = stands.get(seen.id());
                    let stood_for = stood_for
                        .filter(|address| address.kind == about.name && !self.has(address));
                    if let Some(address) = stood_for {
                        self.lost.insert(address.clone(), seen.id().clone());
                    }
                }
                Owner::Other => {}
            }
        }
    }

    /// Asks for the facets of objects that are seen without: the lists of the two are not of the
    /// same moment.
    async fn look_for_facets<C: Cloud>(&mut self, kind: &dyn AnyKind<C>, cloud: &C) {
        let about = kind.about();
        if !self.is_read(about.name) || about.ids.is_empty() {
            return;
        }
        // What a facet uses is more than what it is a facet of.
        let covers = |id: &PhysicalId| {
            let mut facets = self.objects().filter(|seen| seen.kind().name == about.name);
            facets.any(|facet| facet.id().is_facet_of(id))
        };
        let bare: Vec<PhysicalId> = self
            .objects()
            .filter(|seen| seen.kind().creation != Creation::Facet && !seen.phase().is_out())
            .map(|seen| seen.id())
            .filter(|id| about.is_id(id) && !covers(id))
            .cloned()
            .collect();
        for id in bare {
            match find_by_id(kind, cloud, &id).await {
                Ok(Some(facet)) if *facet.owner() != Owner::Other => self.put(facet),
                Err(Error::Call(error)) => {
                    self.kinds.insert(about.name, Err(Arc::new(error)));
                    return;
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// For each id that our objects hold where a node is declared to be: that node.
    fn stand_ins<C: Cloud>(&self, graph: &Graph<C>) -> BTreeMap<PhysicalId, Address> {
        let names: BTreeMap<String, Address> = graph
            .in_order()
            .map(|node| (node.address().to_string(), node.address().clone()))
            .collect();
        let mut pairs = Vec::new();
        for seen in self.objects() {
            let Some(node) = seen.address().and_then(|address| graph.node(&address).cloned())
            else {
                continue;
            };
            for (want, have) in node.want(&Outputs::default()).iter().zip(seen.rows()) {
                pair(&want.cell, &have.cell, &mut pairs);
            }
        }
        pairs
            .into_iter()
            .filter_map(|(from, id)| {
                let (address, _) = from.rsplit_once('.')?;
                Some((id, names.get(address)?.clone()))
            })
            .collect()
    }

    /// Asks by id for what the lists show to differ, since lists lag behind changes as well; for
    /// an apply, for everything it builds on, since lists still show what is gone. Says whether
    /// anything is to be made, or made anew.
    async fn confirm<C: Cloud>(
        &mut self,
        kinds: &Kinds<C>,
        cloud: &C,
        graph: &Graph<C>,
        intents: &[Intent],
        purpose: Purpose,
    ) -> bool {
        let mut current = present(graph, self);
        if purpose == Purpose::Apply {
            for kind in kinds.iter() {
                let of_kind = |seen: &&Arc<dyn Seen>| seen.kind().name == kind.about().name;
                let listed: Vec<Arc<dyn Seen>> =
                    current.values().filter(of_kind).cloned().collect();
                self.freshen(kind.as_ref(), cloud, graph, intents, &listed).await;
            }
            current = present(graph, self);
        }
        let mut outputs = Outputs::default();
        let mut makes = false;
        for node in graph.in_order() {
            let (address, about) = (node.address(), node.kind().about());
            let facet = about.creation == Creation::Facet;
            if purpose != Purpose::Apply
                && let Some(listed) = current.get(address).cloned()
                && node.diff(Some(listed.as_ref()), &outputs).action != Action::Keep
                && let Some(kind) = kinds.iter().find(|kind| kind.about().name == about.name)
            {
                self.freshen(kind.as_ref(), cloud, graph, intents, &[listed]).await;
                current = present(graph, self);
            }
            if !self.is_read(about.name) || self.lost.contains_key(address) {
                continue;
            }
            match current.get(address) {
                None => makes |= !facet,
                Some(now) => {
                    let change = node.diff(Some(now.as_ref()), &outputs);
                    makes |= !facet && change.action == Action::Replace;
                    outputs.insert(address.clone(), now.outputs());
                }
            }
        }
        // What seems to have nothing to remove may have got it a moment ago, and what seems to be
        // left over may have gone; for a removal, each step looks again.
        let stays: BTreeSet<ObjectKey> =
            current.values().map(|seen| ObjectKey::of(seen.as_ref())).collect();
        for kind in kinds.iter() {
            let leaves = |seen: &&Arc<dyn Seen>| {
                seen.kind().name == kind.about().name
                    && !seen.phase().is_out()
                    && !stays.contains(&ObjectKey::of(seen.as_ref()))
                    && (purpose != Purpose::Remove || seen.is_vacant())
            };
            let leaving: Vec<Arc<dyn Seen>> = self.objects().filter(leaves).cloned().collect();
            self.freshen(kind.as_ref(), cloud, graph, intents, &leaving).await;
        }
        makes
    }

    /// Puts what is asked for by id in the place of what was listed.
    async fn freshen<C: Cloud>(
        &mut self,
        kind: &dyn AnyKind<C>,
        cloud: &C,
        graph: &Graph<C>,
        intents: &[Intent],
        listed: &[Arc<dyn Seen>],
    ) {
        let name = kind.about().name;
        if listed.is_empty() || !self.is_read(name) {
            return;
        }
        let ids: Vec<PhysicalId> = listed.iter().map(|seen| seen.id().clone()).collect();
        let fresh = match find_whole(kind, cloud, &ids).await {
            Ok(fresh) => fresh,
            Err(error) => {
                self.kinds.insert(name, Err(Arc::new(error)));
                return;
            }
        };
        for seen in listed {
            let (id, address) = (seen.id(), seen.address());
            let Some(now) = fresh.iter().find(|now| now.id() == id) else {
                self.is_missing(id, address, intents);
                continue;
            };
            if *now.owner() == Owner::Other
                && !now.phase().is_out()
                && let Some(address) = address.filter(|address| graph.node(address).is_some())
            {
                self.lost.insert(address, id.clone());
            }
            self.put(now.clone());
        }
    }

    /// What a list shows and looks by id do not: gone, unless it was made a moment ago.
    fn is_missing(&mut self, id: &PhysicalId, address: Option<Address>, intents: &[Intent]) {
        if let Some(address) = &address
            && let Some(Ok(found)) = self.kinds.get_mut(address.kind)
        {
            found.retain(|seen| seen.id() != id);
        }
        let made = intents.iter().find(|intent| intent.id.as_ref() == Some(id));
        match made.map(|intent| (intent, later(intent.at, VISIBILITY))) {
            Some((intent, until)) if until > self.time => self.doubts.push(Doubt {
                address: Some(intent.address.clone()),
                until,
                why: format!("{id} was made at {} and is not visible everywhere", intent.at),
            }),
            Some(_) | None => {
                self.dead.extend(address.map(|address| (address.to_string(), id.clone())));
            }
        }
    }

    /// Puts a fresher look in the place of an older one.
    fn put(&mut self, now: Arc<dyn Seen>) {
        if let Some(Ok(found)) = self.kinds.get_mut(now.kind().name) {
            found.retain(|seen| seen.id() != now.id());
            found.push(now);
        }
    }

    /// Says which absences are not to be believed yet.
    async fn doubt<C: Cloud>(
        &mut self,
        cloud: &C,
        journal: &dyn Journal,
        intents: &[Intent],
        asks: bool,
    ) -> Result<(), JournalError> {
        for intent in intents.iter().filter(|intent| intent.id.is_none()) {
            let until = later(intent.at, VISIBILITY);
            if until > self.time && !self.has_come_of(intent) {
                self.doubts.push(Doubt {
                    address: Some(intent.address.clone()),
                    until,
                    why: format!(
                        "its creation was begun at {} and nobody knows what came of it",
                        intent.at
                    ),
                });
            }
        }
        if !asks {
            return Ok(());
        }
        match cloud.mark().await {
            Ok(Some(mark)) if !journal.knows_nonce(&mark.nonce)? => {
                let until = later(mark.at, VISIBILITY + MARK_REFRESH);
                if until > self.time {
                    self.doubts.push(Doubt {
                        address: None,
                        until,
                        why: format!(
                            "a run that this record knows nothing of was creating objects at {}",
                            mark.at
                        ),
                    });
                }
            }
            Ok(_) => {}
            // What cannot be asked cannot be believed.
            Err(error) => self.doubts.push(Doubt {
                address: None,
                until: later(self.time, VISIBILITY),
                why: format!("the intent marker could not be read: {error}"),
            }),
        }
        Ok(())
    }

    /// Finds the objects of which more than their tags says what they are; a facet is what its parent is.
    fn vouch<C>(&mut self, kinds: &Kinds<C>, cloud: &C, intents: &[Intent]) {
        let recorded: BTreeSet<&PhysicalId> =
            intents.iter().filter_map(|intent| intent.id.as_ref()).collect();
        let is_recorded = |id: &PhysicalId| {
            recorded.contains(id) || recorded.iter().any(|parent| id.is_facet_of(parent))
        };
        for kind in kinds.iter() {
            let of_kind = self.kinds.get(kind.about().name).into_iter().flatten().flatten();
            let vouched = of_kind
                .filter(|seen| is_recorded(seen.id()) || kind.is_vouched(cloud, seen.as_ref()));
            self.vouched.extend(vouched.map(|seen| ObjectKey::of(seen.as_ref())));
        }
    }

    /// Whether the object that was begun is seen, whatever became of it.
    fn has_come_of(&self, intent: &Intent) -> bool {
        self.lost.keys().any(|address| address.to_string() == intent.address)
            || self.objects().any(|seen| {
                seen.ordinal() >= intent.ordinal
                    && seen.address().is_some_and(|known| known.to_string() == intent.address)
            })
    }
}

/// Looks at objects by id until all of each is told: of what was made a moment ago, a part may be known from
/// a list only, and that may not show it yet.
async fn find_whole<C: Cloud>(
    kind: &dyn AnyKind<C>,
    cloud: &C,
    ids: &[PhysicalId],
) -> Result<Vec<Arc<dyn Seen>>, CallError> {
    const BETWEEN: Duration = Duration::from_secs(3);
    let start = Instant::now();
    loop {
        let found = find_patiently(kind, cloud, ids).await?;
        let is_told = |seen: &Arc<dyn Seen>| seen.rows().iter().all(|row| !row.cell.has_unknown());
        if found.iter().all(is_told) || start.elapsed() > VISIBILITY {
            return Ok(found);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Looks at objects by id; what is missing, a few times: replicas differ for some seconds.
async fn find_patiently<C: Cloud>(
    kind: &dyn AnyKind<C>,
    cloud: &C,
    ids: &[PhysicalId],
) -> Result<Vec<Arc<dyn Seen>>, CallError> {
    const LOOKS: u32 = 4;
    const BETWEEN: Duration = Duration::from_secs(4);
    match kind.find(cloud, Scope::Ids(ids)).await {
        // A single one that is missing makes the whole call fail.
        Err(error) if error.class == Class::NotFound => {}
        answer => return answer,
    }
    let mut found = Vec::new();
    let mut missing: Vec<&PhysicalId> = ids.iter().collect();
    for look in 0..LOOKS {
        let mut still = Vec::new();
        for id in missing {
            match kind.find(cloud, Scope::Ids(std::slice::from_ref(id))).await {
                Ok(seen) => found.extend(seen),
                Err(error) if error.class == Class::NotFound => still.push(id),
                Err(error) => return Err(error),
            }
        }
        missing = still;
        if missing.is_empty() {
            break;
        }
        if look + 1 < LOOKS {
            tokio::time::sleep(BETWEEN).await;
        }
    }
    Ok(found)
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Collects which output of which node each value stands for.
fn pair(want: &Cell, have: &Cell, into: &mut Vec<(String, PhysicalId)>) {
    match (want, have) {
        (Cell::Unknown { from }, Cell::Known(Value::String(id))) => {
            into.push((from.clone(), PhysicalId(id.clone())));
        }
        (Cell::Map(want), Cell::Map(have)) => {
            for (key, want) in want {
                if let Some(have) = have.get(key) {
                    pair(want, have, into);
                }
            }
        }
        (Cell::Set(want), Cell::Set(have)) => {
            for want in want.iter().filter(|want| want.has_unknown()) {
                let mut fits = have.iter().filter(|have| have.refines(want));
                if let (Some(have), None) = (fits.next(), fits.next()) {
                    pair(want, have, into);
                }
            }
        }
        _ => {}
    }
}
