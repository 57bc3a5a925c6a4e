//! One node brought to its declaration: look, compare, ask the gate, act, look, compare.

use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    Action, Address, CallError, Cell, Change, Class, Cloud, Creation, Deed, Error, Identity,
    Outputs, Owner, Pass, Phase, PhysicalId, Scope, VISIBILITY, What,
    journal::Repair,
    node::{Node, Seen},
    plan::Step,
    wait::{Poll, pause},
    walk::{Context, Done, End},
};

/// How old a look may be and still be acted on.
const FRESH: Duration = Duration::from_secs(30);
/// Over which time equal repairs are counted.
const DAY: Duration = Duration::from_hours(24);
/// How many equal repairs are one too many.
const CONTESTED: u32 = 3;

pub(super) async fn ensure<C: Cloud>(
    context: &Context<C>,
    step: &Step,
    node: Arc<dyn Node<C>>,
    seen: Option<Arc<dyn Seen>>,
    planned: Option<Change>,
    predecessors: Vec<String>,
    outputs: &Outputs,
) -> Result<End, Error> {
    let replaced = planned.as_ref().is_some_and(|change| change.action == Action::Replace);
    let ordinal = seen.as_ref().map_or(1, |seen| seen.ordinal() + u32::from(replaced));
    let task = Ensure { context, step, node: node.as_ref(), outputs, ordinal };
    let present = task.look(seen.filter(|_| !replaced)).await?;
    task.run(present, predecessors).await
}

struct Ensure<'a, C> {
    context: &'a Context<C>,
    step: &'a Step,
    node: &'a dyn Node<C>,
    outputs: &'a Outputs,
    ordinal: u32,
}

impl<C: Cloud> Ensure<'_, C> {
    fn address(&self) -> &Address {
        self.node.address()
    }

    /// Looks again if the plan has grown old.
    async fn look(&self, seen: Option<Arc<dyn Seen>>) -> Result<Option<Arc<dyn Seen>>, Error> {
        if self.context.planned_at.elapsed() < FRESH {
            return Ok(seen);
        }
        let Some(seen) = seen else {
            return self.listed().await;
        };
        if self.node.diff(Some(seen.as_ref()), self.outputs).action == Action::Keep {
            return Ok(Some(seen));
        }
        match self.by_id(seen.id()).await? {
            None => Err(Error::Stale { why: format!("{} is not there any more", seen.id()) }),
            Some(now) if *now.owner() == Owner::Other => {
                Err(Error::Stale { why: format!("{} has lost our owner tag", seen.id()) })
            }
            now => Ok(now),
        }
    }

    async fn by_id(&self, id: &PhysicalId) -> Result<Option<Arc<dyn Seen>>, Error> {
        find_by_id(self.node.kind(), self.context.cloud.as_ref(), id).await
    }

    /// The object of this node and ordinal, if the lists show one.
    async fn listed(&self) -> Result<Option<Arc<dyn Seen>>, Error> {
        let found = self.node.kind().find(self.context.cloud.as_ref(), Scope::Owned).await?;
        Ok(found.into_iter().find(|seen| {
            seen.address().as_ref() == Some(self.address())
                && seen.ordinal() == self.ordinal
                && !matches!(seen.phase(), Phase::Going | Phase::Gone)
        }))
    }

    async fn run(
        &self,
        mut present: Option<Arc<dyn Seen>>,
        predecessors: Vec<String>,
    ) -> Result<End, Error> {
        let mut done = Done::Kept;
        let mut creation = Identity {
            address: self.address().clone(),
            ordinal: self.ordinal,
            digest: self.digest(),
            predecessors,
        };
        let mut trouble = Trouble::default();
        let mut told = false;
        let mut set: Option<(Change, Poll)> = None;
        let mut poll = Poll::new(self.node.kind().about().typical);
        loop {
            let change = self.node.diff(present.as_deref(), self.outputs);
            if !told && change.action != Action::Keep {
                match self.context.gate.pass(self.step, Deed::Change(&change)) {
                    Pass::Yes => {}
                    Pass::Held(why) => return Ok(End::Held(why)),
                    Pass::Stale(why) => return Err(Error::Stale { why }),
                }
                self.context.tell(self.step, What::Started(change.action));
                told = true;
            }
            let Some(seen) = present else {
                match self.create(&mut creation).await {
                    Ok(created) => {
                        done = Done::Created;
                        poll = Poll::new(self.node.kind().about().typical);
                        present = created;
                    }
                    Err(error) => {
                        present =
                            self.after_failed_creation(error, &mut creation, &mut trouble).await?
                    }
                }
                continue;
            };
            match (change.action, seen.phase()) {
                (_, Phase::Pending(phase)) => {
                    if !self.context.wait {
                        return Ok(End::Underway(phase.clone()));
                    }
                    self.wait(&seen, phase, &mut poll).await?;
                }
                (_, Phase::Going | Phase::Gone) => {
                    return Err(Error::Stale {
                        why: format!("{} is being deleted by somebody", seen.id()),
                    });
                }
                (Action::Keep, Phase::Ready) => return Ok(End::Settled(seen, done)),
                (Action::Update, Phase::Ready) => {
                    match &mut set {
                        // Set already: the reads have to catch up.
                        Some((before, poll)) if before.fields == change.fields => {
                            if poll.waited() > VISIBILITY {
                                return Err(not_converged(&change));
                            }
                            pause(&self.context.stop, poll.next()).await?;
                        }
                        _ => match self.update(seen.as_ref(), &change).await {
                            Ok(()) => {
                                done = if done == Done::Created { done } else { Done::Changed };
                                set = Some((change, Poll::new(Duration::ZERO)));
                            }
                            Err(error) => self.retry(error, &mut trouble).await?,
                        },
                    }
                }
                (_, Phase::Failed(why)) => {
                    return Err(Error::Failed { id: seen.id().clone(), why: why.clone() });
                }
                (Action::Create | Action::Replace | Action::Refuse, Phase::Ready) => {
                    let fields: Vec<_> = change.fields.iter().map(|change| change.field).collect();
                    return Err(Error::Stale {
                        why: format!(
                            "{} now differs in {}, which cannot be set",
                            seen.id(),
                            fields.join(", ")
                        ),
                    });
                }
            }
            present = match self.by_id(seen.id()).await {
                Ok(Some(now)) => Some(now),
                // Visible a moment ago: another replica answered.
                Ok(None) => {
                    self.retry(
                        Error::Stale { why: format!("{} is not there any more", seen.id()) },
                        &mut trouble,
                    )
                    .await?;
                    Some(seen)
                }
                Err(error) => {
                    self.retry(error, &mut trouble).await?;
                    Some(seen)
                }
            };
        }
    }

    /// Asks for the object, and waits until it is visible.
    async fn create(&self, me: &mut Identity) -> Result<Option<Arc<dyn Seen>>, Error> {
        let Context { cloud, journal, .. } = self.context;
        let creation = self.node.kind().about().creation;
        if creation == Creation::Bare {
            self.context.marker.ensure(cloud.as_ref(), journal.as_ref()).await?;
        }
        if creation != Creation::Facet {
            journal.begin(self.address(), cloud.now())?;
        }
        let id = self.node.create(cloud, me, self.outputs).await?;
        if creation != Creation::Facet {
            journal.resolve(self.address(), Some(&id))?;
            self.context.tell(self.step, What::Created(id.clone()));
        }
        let mut poll = Poll::new(Duration::ZERO);
        loop {
            match self.by_id(&id).await {
                Ok(Some(seen)) if matches!(seen.phase(), Phase::Going | Phase::Gone) => {
                    // The token named an object that is dead.
                    me.predecessors.push(id.0.clone());
                    me.predecessors.sort();
                    return Ok(None);
                }
                Ok(Some(seen)) => return Ok(Some(seen)),
                Ok(None) if poll.waited() > VISIBILITY && creation == Creation::Token => {
                    me.predecessors.push(id.0.clone());
                    me.predecessors.sort();
                    return Ok(None);
                }
                Ok(None) if poll.waited() > VISIBILITY => {
                    return Err(Error::TimedOut {
                        id,
                        phase: "not visible".into(),
                        waited: poll.waited(),
                        blockers: Vec::new(),
                    });
                }
                Ok(None) => {}
                Err(error) => {
                    if poll.waited() > VISIBILITY || !is_transient(&error) {
                        return Err(error);
                    }
                }
            }
            pause(&self.context.stop, poll.next()).await?;
        }
    }

    /// What is there after a creation that did not go well; an error if there is nothing more to try.
    async fn after_failed_creation(
        &self,
        error: Error,
        me: &mut Identity,
        trouble: &mut Trouble,
    ) -> Result<Option<Arc<dyn Seen>>, Error> {
        let Error::Call(call) = &error else {
            return Err(error);
        };
        match call.class {
            Class::TokenMismatch => {
                me.predecessors.push(format!("mismatch-{}", me.predecessors.len()));
                Ok(None)
            }
            Class::Exists => match self.node.holder(&self.context.cloud, me, self.outputs).await? {
                Some(holder) if holder.address().as_ref() == Some(self.address()) => {
                    self.context.journal.resolve(self.address(), Some(holder.id()))?;
                    Ok(Some(holder))
                }
                Some(holder) => {
                    self.context.journal.resolve(self.address(), None)?;
                    Err(Error::Foreign { id: holder.id().clone() })
                }
                // Whoever holds it is not visible yet.
                None => {
                    self.retry(error, trouble).await?;
                    Ok(None)
                }
            },
            class if class.is_ambiguous() => {
                let bare = self.node.kind().about().creation == Creation::Bare;
                let since = Instant::now();
                self.retry(error, trouble).await?;
                let mut poll = Poll::new(Duration::ZERO);
                loop {
                    match self.listed().await {
                        Ok(Some(seen)) => {
                            self.context.journal.resolve(self.address(), Some(seen.id()))?;
                            return Ok(Some(seen));
                        }
                        // Absent in a list: believed once the lists have had their time.
                        Ok(None) if !bare || since.elapsed() > VISIBILITY => return Ok(None),
                        Ok(None) => {}
                        Err(error) if is_transient(&error) => {}
                        Err(error) => return Err(error),
                    }
                    pause(&self.context.stop, poll.next()).await?;
                }
            }
            _ => {
                // Refused: nothing was made.
                self.context.journal.resolve(self.address(), None)?;
                self.retry(error, trouble).await?;
                Ok(None)
            }
        }
    }

    async fn update(&self, seen: &dyn Seen, change: &Change) -> Result<(), Error> {
        let Context { cloud, journal, .. } = self.context;
        let now = cloud.now();
        for field in &change.fields {
            let (Some(from), true) = (&field.from, self.is_repair(change)) else { continue };
            let repair =
                Repair { address: self.address(), field: field.field, from, to: &field.to };
            let since = now.checked_sub(DAY).unwrap_or(now);
            let times = journal.repaired(&repair, now, since)?;
            if times >= CONTESTED {
                self.context.tell(
                    self.step,
                    What::Contested {
                        field: field.field,
                        from: Box::new(from.clone()),
                        to: Box::new(field.to.clone()),
                        times,
                    },
                );
            }
        }
        self.node.update(cloud, seen, self.outputs, change).await?;
        self.context.tell(
            self.step,
            What::Changed(change.fields.iter().map(|change| change.field).collect()),
        );
        Ok(())
    }

    /// Whether an update repairs an object, rather than finishing its creation.
    fn is_repair(&self, change: &Change) -> bool {
        change.action == Action::Update
    }

    async fn wait(&self, seen: &Arc<dyn Seen>, phase: &str, poll: &mut Poll) -> Result<(), Error> {
        let patience = self.node.kind().about().patience;
        if poll.waited() > patience {
            return Err(Error::TimedOut {
                id: seen.id().clone(),
                phase: phase.to_owned(),
                waited: poll.waited(),
                blockers: Vec::new(),
            });
        }
        self.context.tell(
            self.step,
            What::Waiting { id: seen.id().clone(), phase: phase.to_owned(), blockers: Vec::new() },
        );
        pause(&self.context.stop, poll.next()).await
    }

    /// Waits before the same is tried again, or gives up.
    async fn retry(&self, error: Error, trouble: &mut Trouble) -> Result<(), Error> {
        let after = trouble.next(&error).ok_or(error)?;
        let (after, error) = after;
        self.context.tell(self.step, What::Retrying { error, after });
        pause(&self.context.stop, after).await
    }

    /// Digest of what is wanted, for client tokens.
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for row in self.node.want(self.outputs) {
            hash.update(row.field);
            hash.update(canonical(&row.cell));
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A value as text that does not depend on the order of a set.
fn canonical(cell: &Cell) -> String {
    cell.to_string()
}

/// Failures in a row, and how long they have lasted.
#[derive(Default)]
pub(super) struct Trouble {
    since: Option<Instant>,
    times: u32,
}

impl Trouble {
    /// How long to wait before the next try, and what to say; `None` if there is to be none.
    pub(super) fn next(&mut self, error: &Error) -> Option<(Duration, String)> {
        let limit = match error {
            // Not found just after something was made is lag; later it is the truth.
            Error::Call(call) => match call.class {
                Class::NotFound => Duration::from_secs(60),
                Class::Exists => VISIBILITY,
                Class::InUse | Class::Capacity => Duration::from_mins(20),
                class if class.is_transient() => VISIBILITY,
                _ => return None,
            },
            Error::Stale { .. } => Duration::from_secs(30),
            _ => return None,
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() > limit {
            return None;
        }
        self.times += 1;
        let after = Duration::from_secs(1 << self.times.min(4));
        Some((after.min(Duration::from_secs(15)), error.to_string()))
    }
}

pub(super) fn is_transient(error: &Error) -> bool {
    matches!(error, Error::Call(CallError { class, .. }) if class.is_transient())
}

fn not_converged(change: &Change) -> Error {
    match change.fields.first() {
        Some(left) => Error::NotConverged {
            field: left.field,
            have: Box::new(left.from.clone().unwrap_or(Cell::Any)),
            want: Box::new(left.to.clone()),
        },
        None => Error::Stale { why: "the difference went away by itself".into() },
    }
}

/// Looks at one object by id. What is not found is `None`.
pub(super) async fn find_by_id<C: Cloud>(
    kind: &dyn super::node::AnyKind<C>,
    cloud: &C,
    id: &PhysicalId,
) -> Result<Option<Arc<dyn Seen>>, Error> {
    match kind.find(cloud, Scope::Ids(std::slice::from_ref(id))).await {
        Ok(found) => Ok(found.into_iter().next()),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
