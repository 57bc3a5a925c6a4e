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
    Address, CallError, Cell, Class, Cloud, Creation, Graph, Journal, Outputs, Owner, Phase,
    PhysicalId, Scope,
    journal::JournalError,
    node::{AnyKind, Seen},
};

/// How long the cloud may take until its lists show what was made: AWS says up to five minutes
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
pub const VISIBILITY: Duration = Duration::from_secs(300);
/// How old the mark of a run may be before it is put anew.
pub const MARK_REFRESH: Duration = Duration::from_secs(60);

/// The kinds there are.
pub type Kinds<C> = Arc<Vec<Arc<dyn AnyKind<C>>>>;

/// What was seen of the world.
pub struct Observation {
    /// Objects that are ours, by kind; or why they could not be read.
    pub kinds: BTreeMap<&'static str, Result<Vec<Arc<dyn Seen>>, Arc<CallError>>>,
    /// Objects that stand where ours would, and have lost our owner tag.
    pub lost: BTreeMap<Address, PhysicalId>,
    /// Objects the journal knows, and that are no more.
    pub dead: BTreeMap<String, PhysicalId>,
    /// Nodes of which an object may be there although none is seen.
    pub doubts: Vec<Doubt>,
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
    /// To be made so: only absences that a second creation would turn into duplicates.
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
    for kind in kinds.iter().cloned() {
        let cloud = cloud.clone();
        lists.spawn(async move { (kind.about().name, kind.find(&cloud, Scope::Owned).await) });
    }
    let mut seen = Observation {
        kinds: BTreeMap::new(),
        lost: BTreeMap::new(),
        dead: BTreeMap::new(),
        doubts: Vec::new(),
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
    for kind in kinds.iter() {
        let known: Vec<_> = intents
            .iter()
            .filter(|intent| intent.address.split('/').next() == Some(kind.about().name))
            .filter_map(|intent| Some((intent.address.clone(), intent.id.clone()?, intent.at)))
            .collect();
        seen.look_again(kind.as_ref(), cloud, graph, &known).await;
    }
    seen.doubt(cloud.as_ref(), graph, journal, &intents, purpose).await?;
    Ok(seen)
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
                found.iter().any(|seen| {
                    *seen.phase() != Phase::Gone && seen.address().as_ref() == Some(address)
                })
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
        known: &[(String, PhysicalId, Timestamp)],
    ) {
        let about = kind.about();
        if !self.is_read(about.name) || about.creation == Creation::Facet {
            return;
        }
        let listed: BTreeSet<&PhysicalId> = self
            .objects()
            .filter(|seen| seen.kind().name == about.name)
            .map(|seen| seen.id())
            .collect();
        let mut named: BTreeSet<PhysicalId> = BTreeSet::new();
        for seen in self.objects() {
            for row in seen.rows() {
                mentioned(&row.cell, about.id_prefix, &mut named);
            }
        }
        named.extend(known.iter().map(|(_, id, _)| id.clone()));
        let missing: Vec<PhysicalId> =
            named.into_iter().filter(|id| !listed.contains(id)).collect();
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
        for (address, id, made) in known.iter().filter(|(_, id, _)| missing.contains(id)) {
            let there = fresh.iter().any(|seen| seen.id() == id && *seen.phase() != Phase::Gone);
            if there {
                continue;
            }
            let until = later(*made, VISIBILITY);
            if until > self.time && !fresh.iter().any(|seen| seen.id() == id) {
                self.doubts.push(Doubt {
                    address: Some(address.clone()),
                    until,
                    why: format!("{id} was made at {made} and is not visible"),
                });
            } else {
                self.dead.insert(address.clone(), id.clone());
            }
        }
        let stands = self.stand_ins(graph);
        for seen in fresh {
            match seen.owner() {
                Owner::Us { .. } => {
                    if let Some(Ok(found)) = self.kinds.get_mut(about.name) {
                        found.push(seen);
                    }
                }
                Owner::Other if *seen.phase() != Phase::Gone => {
                    let stood_for = stands.get(seen.id()).filter(|address| !self.has(address));
                    if let Some(address) = stood_for {
                        self.lost.insert(address.clone(), seen.id().clone());
                    }
                }
                Owner::Other => {}
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
            .filter_map(|(from, id)| Some((id, names.get(from.split('.').next()?)?.clone())))
            .collect()
    }

    /// Says which absences are not to be believed yet.
    async fn doubt<C: Cloud>(
        &mut self,
        cloud: &C,
        graph: &Graph<C>,
        journal: &dyn Journal,
        intents: &[super::Intent],
        purpose: Purpose,
    ) -> Result<(), JournalError> {
        let absent: Vec<(String, Creation)> = graph
            .in_order()
            .filter(|node| !self.has(node.address()) && !self.lost.contains_key(node.address()))
            .map(|node| (node.address().to_string(), node.kind().about().creation))
            .collect();
        let matters = |address: &str| match purpose {
            Purpose::Show => absent.iter().any(|(name, _)| name == address),
            Purpose::Apply => {
                absent.iter().any(|(name, creation)| name == address && *creation == Creation::Bare)
            }
            Purpose::Remove => !self
                .objects()
                .any(|seen| seen.address().is_some_and(|known| known.to_string() == address)),
        };
        let mut doubts: Vec<Doubt> = self
            .doubts
            .iter()
            .filter(|doubt| doubt.address.as_deref().is_none_or(matters))
            .cloned()
            .collect();
        for intent in
            intents.iter().filter(|intent| intent.id.is_none() && matters(&intent.address))
        {
            let until = later(intent.at, VISIBILITY);
            if until > self.time {
                doubts.push(Doubt {
                    address: Some(intent.address.clone()),
                    until,
                    why: format!(
                        "its creation was begun at {} and nobody knows what came of it",
                        intent.at
                    ),
                });
            }
        }
        let asks = match purpose {
            Purpose::Show => absent.iter().any(|(_, creation)| *creation != Creation::Facet),
            Purpose::Apply => absent.iter().any(|(_, creation)| *creation == Creation::Bare),
            Purpose::Remove => true,
        };
        if asks {
            match cloud.mark().await {
                Ok(Some(mark)) if !journal.knows_nonce(&mark.nonce)? => {
                    let until = later(mark.at, VISIBILITY + MARK_REFRESH);
                    if until > self.time {
                        doubts.push(Doubt {
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
                Err(error) => doubts.push(Doubt {
                    address: None,
                    until: later(self.time, VISIBILITY),
                    why: format!("the intent marker could not be read: {error}"),
                }),
            }
        }
        self.doubts = doubts;
        Ok(())
    }
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

/// Collects the ids with this prefix that a value mentions.
fn mentioned(cell: &Cell, prefix: &str, into: &mut BTreeSet<PhysicalId>) {
    match cell {
        Cell::Known(Value::String(text)) if text.starts_with(prefix) && !prefix.is_empty() => {
            into.insert(PhysicalId(text.clone()));
        }
        Cell::Set(cells) => cells.iter().for_each(|cell| mentioned(cell, prefix, into)),
        Cell::Map(cells) => cells.values().for_each(|cell| mentioned(cell, prefix, into)),
        Cell::Known(_) | Cell::Any | Cell::Unknown { .. } => {}
    }
}
