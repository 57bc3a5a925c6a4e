//! One node brought to its declaration: look, compare, ask the gate, act, look, compare.

use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    Action, Address, CallError, Cell, Change, Class, Cloud, Creation, Deed, Error, Identity,
    Outputs, Owner, Pass, Phase, PhysicalId, Scope, VISIBILITY, What,
    gate::CONTESTED,
    journal::Repair,
    node::{Node, Seen},
    plan::{PlannedNode, Step},
    wait::{Poll, pause},
    walk::{Context, Done, End, Until},
};

/// How old a look may be and still be acted on.
const FRESH: Duration = Duration::from_secs(30);
/// How long reads are given to agree before what they show is acted on again.
const SETTLING: Duration = Duration::from_secs(5);
/// Over which time equal repairs are counted.
const DAY: Duration = Duration::from_hours(24);
/// How many tokens in a row may be taken by other parameters.
const MISMATCHES: usize = 5;
/// How often a creation without name or token may be answered by nothing at all.
const IN_VAIN: u32 = 3;

/// What a step starts from: the part of a plan that is about its node.
pub(super) struct Start<C> {
    node: Arc<dyn Node<C>>,
    seen: Option<Arc<dyn Seen>>,
    ordinal: u32,
    predecessors: Vec<String>,
}

impl<C> Start<C> {
    pub(super) fn from(planned: &PlannedNode<C>) -> Self {
        let replaced = planned.change().is_some_and(|change| change.action == Action::Replace);
        Self {
            node: planned.node.clone(),
            // A replaced object has a step of its own.
            seen: planned.seen.clone().filter(|_| !replaced),
            ordinal: planned.ordinal,
            predecessors: planned.predecessors.clone(),
        }
    }
}

pub(super) async fn ensure<C: Cloud>(
    context: &Context<C>,
    step: &Step,
    start: Start<C>,
    outputs: &Outputs,
) -> Result<End, Error> {
    let Start { node, seen, ordinal, predecessors } = start;
    let task = Ensure { context, step, node: node.as_ref(), outputs, ordinal };
    if let Some(awaited) = task.awaited() {
        return Ok(End::Held(format!("it waits for {awaited}, which nobody has given yet")));
    }
    let present = task.look(seen).await?;
    task.run(present, predecessors).await
}

struct Ensure<'a, C> {
    context: &'a Context<C>,
    step: &'a Step,
    node: &'a dyn Node<C>,
    outputs: &'a Outputs,
    ordinal: u32,
}

/// A creation as it goes on: its identity, and what is not certain of it.
struct Making {
    me: Identity,
    /// Whether this very step has asked for it before.
    begun: bool,
    /// An answer was lost: something may have been made that is not visible yet.
    unclear: bool,
    /// How often an answer was lost and nothing had come of it.
    vain: u32,
    /// What this very step made: differences left on it finish the creation.
    made: Option<PhysicalId>,
    trouble: Trouble,
}

/// An update as it goes on.
#[derive(Default)]
struct Setting {
    trouble: Trouble,
    /// What was counted as a repair.
    counted: Option<Change>,
    /// What was set last, and how long ago.
    set: Option<(Change, Poll)>,
    /// How long ago it was asked to be taken back.
    recovering: Option<Poll>,
}

impl Setting {
    /// Whether the change was made already: the reads have to catch up, each part in its own
    /// time. What was not seen when it was set is set as well, once they have.
    fn lags(&self, change: &Change) -> bool {
        self.set
            .as_ref()
            .is_some_and(|(set, poll)| change.lags_behind(set) || poll.waited() < SETTLING)
    }
}

impl<C: Cloud> Ensure<'_, C> {
    fn address(&self) -> &Address {
        self.node.address()
    }

    /// What is still to be given by somebody: all that it refers to is there.
    fn awaited(&self) -> Option<String> {
        let want = self.node.want(self.outputs);
        want.iter().find_map(|row| row.cell.awaited()).map(ToOwned::to_owned)
    }

    /// Whether it is waited for until it is ready: for programs that start only where there is more to change.
    fn waits(&self, change: &Change) -> bool {
        match self.context.until {
            Until::Asked => false,
            Until::Created => !self.node.kind().boots() || change.action != Action::Keep,
            Until::Ready => true,
        }
    }

    fn creation(&self) -> Creation {
        self.node.kind().about().creation
    }

    /// Looks again if the plan has grown old.
    async fn look(&self, seen: Option<Arc<dyn Seen>>) -> Result<Option<Arc<dyn Seen>>, Error> {
        if self.context.planned_at.elapsed() < FRESH {
            return Ok(seen);
        }
        let mut trouble = Trouble::default();
        let Some(seen) = seen else {
            // It is there as soon as its parent is, and which one that is, a list does not say.
            if self.creation() == Creation::Facet {
                return Ok(None);
            }
            loop {
                match self.listed().await {
                    Ok(found) => return Ok(found),
                    Err(error) => self.retry(error, &mut trouble).await?,
                }
            }
        };
        if self.node.diff(Some(seen.as_ref()), self.outputs).action == Action::Keep {
            return Ok(Some(seen));
        }
        loop {
            let error = match self.by_id(seen.id()).await {
                Ok(Some(now)) => return Ok(Some(now)),
                Ok(None) => absent(seen.as_ref()),
                Err(error) => error,
            };
            self.retry(error, &mut trouble).await?;
        }
    }

    async fn by_id(&self, id: &PhysicalId) -> Result<Option<Arc<dyn Seen>>, Error> {
        find_by_id(self.node.kind(), self.context.cloud.as_ref(), id).await
    }

    /// The object of this node and ordinal, if the lists show one and it is really there: a list
    /// may still show what is gone.
    async fn listed(&self) -> Result<Option<Arc<dyn Seen>>, Error> {
        let found = self.node.kind().find(self.context.cloud.as_ref(), Scope::Owned).await?;
        let claims = found.into_iter().filter(|seen| {
            seen.address().as_ref() == Some(self.address()) && seen.ordinal() == self.ordinal
        });
        for claim in claims {
            let now = self.by_id(claim.id()).await?;
            let there =
                |seen: &Arc<dyn Seen>| !(seen.phase().is_out() || *seen.phase() == Phase::Going);
            if let Some(now) = now.filter(there) {
                return Ok(Some(now));
            }
        }
        Ok(None)
    }

    /// Asks the gate, unless what is to be done is part of what it agreed to.
    fn agree(&self, change: &Change, agreed: &mut Option<Change>) -> Result<Option<End>, Error> {
        if agreed.as_ref().is_some_and(|agreed| change.refines(agreed)) {
            return Ok(None);
        }
        match self.context.gate.pass(self.step, Deed::Change(change)) {
            Pass::Yes => {}
            Pass::Held(why) => return Ok(Some(End::Held(why))),
            Pass::Stale(why) => return Err(Error::Stale { why }),
        }
        if agreed.is_none() {
            self.context.tell(self.step, What::Started(change.action));
        }
        *agreed = Some(change.clone());
        Ok(None)
    }

    async fn run(
        &self,
        mut present: Option<Arc<dyn Seen>>,
        predecessors: Vec<String>,
    ) -> Result<End, Error> {
        let mut done = Done::Kept;
        let mut making = self.making(predecessors);
        let (mut setting, mut looking) = (Setting::default(), Trouble::default());
        let mut agreed: Option<Change> = None;
        let mut poll = Poll::new(self.node.kind().about().typical);
        loop {
            let change = self.node.diff(present.as_deref(), self.outputs);
            if agreed.is_none()
                && change.action != Action::Keep
                && let Some(held) = self.agree(&change, &mut agreed)?
            {
                return Ok(held);
            }
            let Some(seen) = present else {
                present = self.create(&mut making).await?;
                if present.is_some() {
                    done = Done::Created;
                    poll = Poll::new(self.node.kind().about().typical);
                }
                continue;
            };
            if *seen.owner() == Owner::Other {
                return Err(Error::Stale { why: format!("{} has lost our owner tag", seen.id()) });
            }
            match (change.action, seen.phase()) {
                (_, Phase::Pending(phase)) | (Action::Keep, Phase::Settling(phase)) => {
                    if !self.waits(&change) {
                        return Ok(End::Underway(phase.clone()));
                    }
                    self.wait(&seen, phase, &mut poll).await?;
                }
                (_, Phase::Going | Phase::Gone) => {
                    return Err(Error::Stale {
                        why: format!("{} is being deleted by somebody", seen.id()),
                    });
                }
                (_, Phase::Barred(why)) => return Err(Error::Stale { why: why.clone() }),
                (_, Phase::Recoverable { .. }) => {
                    if let Some(held) = self.agree(&change, &mut agreed)? {
                        return Ok(held);
                    }
                    if self.recover(seen.as_ref(), &mut setting).await? {
                        done = Done::Recovered;
                    }
                }
                (_, Phase::Failed(why)) => {
                    return Err(Error::Failed { id: seen.id().clone(), why: why.clone() });
                }
                (Action::Keep, Phase::Ready) => return Ok(End::Settled(seen, done)),
                (
                    Action::Create | Action::Recover | Action::Replace | Action::Refuse,
                    Phase::Ready | Phase::Settling(_),
                ) => {
                    return Err(unsettable(&seen, &change));
                }
                (Action::Update, Phase::Ready | Phase::Settling(_)) => {
                    if !setting.lags(&change) {
                        // What is left to set of a new object is part of its creation.
                        let finishes =
                            making.made.as_ref() == Some(seen.id()) || done == Done::Recovered;
                        if !finishes {
                            if let Some(held) = self.agree(&change, &mut agreed)? {
                                return Ok(held);
                            }
                            self.count(&change, &mut setting)?;
                        }
                    }
                    if self.set(seen.as_ref(), change, &mut setting).await? {
                        // What comes of it takes its own time.
                        poll = Poll::new(self.node.kind().about().typical);
                        if done == Done::Kept {
                            done = Done::Changed;
                        }
                    }
                }
            }
            present = Some(self.look_again(seen, &mut looking).await?);
        }
    }

    /// How it is now, or how it was seen last where nothing is learned.
    async fn look_again(
        &self,
        seen: Arc<dyn Seen>,
        looking: &mut Trouble,
    ) -> Result<Arc<dyn Seen>, Error> {
        match self.by_id(seen.id()).await {
            Ok(Some(now)) => {
                *looking = Trouble::default();
                return Ok(now);
            }
            // Visible a moment ago: another replica answered.
            Ok(None) => self.retry(absent(seen.as_ref()), looking).await?,
            Err(error) => self.retry(error, looking).await?,
        }
        Ok(seen)
    }

    fn making(&self, predecessors: Vec<String>) -> Making {
        Making {
            me: Identity {
                address: self.address().clone(),
                ordinal: self.ordinal,
                digest: self.digest(),
                predecessors,
            },
            begun: false,
            unclear: false,
            vain: 0,
            made: None,
            trouble: Trouble::default(),
        }
    }

    /// Asks for the object, and waits until it is visible. `None` if that has to be done again.
    async fn create(&self, making: &mut Making) -> Result<Option<Arc<dyn Seen>>, Error> {
        let facet = self.creation() == Creation::Facet;
        if !facet {
            self.announce(making).await?;
        }
        match self.node.create(&self.context.cloud, &making.me, self.outputs).await {
            Ok(id) => {
                if !facet {
                    self.context.journal.resolve(self.address(), Some(&id))?;
                    self.context.tell(self.step, What::Created(id.clone()));
                }
                making.trouble = Trouble::default();
                making.made = Some(id.clone());
                self.appear(id, making).await
            }
            Err(error) => {
                let found = self.after_failed_creation(error, making).await?;
                // What an unclear answer of this step made is as good as made.
                making.made =
                    found.as_ref().filter(|_| making.unclear).map(|found| found.id().clone());
                Ok(found)
            }
        }
    }

    /// Tells the next run, with or without this record, what is about to be asked for.
    async fn announce(&self, making: &mut Making) -> Result<(), Error> {
        let Context { cloud, journal, marker, planned, .. } = self.context;
        let mut trouble = Trouble::default();
        while let Err(error) = marker.ensure(cloud.as_ref(), journal.as_ref()).await {
            if !is_transient(&error) {
                return Err(error);
            }
            self.retry(error, &mut trouble).await?;
        }
        let address = self.address().to_string();
        let begun = |intent: &super::Intent| intent.address == address && intent.at > *planned;
        if !making.begun && journal.intents()?.iter().any(begun) {
            return Err(Error::Stale { why: "another run has begun to create it".into() });
        }
        making.begun = true;
        Ok(journal.begin(self.address(), self.ordinal, cloud.now())?)
    }

    /// Waits until a new object is visible. What goes wrong from here on is not the creation.
    async fn appear(
        &self,
        id: PhysicalId,
        making: &mut Making,
    ) -> Result<Option<Arc<dyn Seen>>, Error> {
        let mut poll = Poll::new(Duration::ZERO);
        loop {
            match self.by_id(&id).await {
                Ok(Some(seen)) if matches!(seen.phase(), Phase::Going | Phase::Gone) => {
                    // The token named an object that is dead.
                    making.succeeds(id);
                    return Ok(None);
                }
                Ok(Some(seen)) if seen.is_new() || poll.waited() > VISIBILITY => {
                    return Ok(Some(seen));
                }
                Ok(None) if poll.waited() > VISIBILITY && self.creation() == Creation::Token => {
                    making.succeeds(id);
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
                // Or what had the name before, on a replica that lags.
                Ok(_) => {}
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
        making: &mut Making,
    ) -> Result<Option<Arc<dyn Seen>>, Error> {
        let Error::Call(call) = &error else {
            return Err(error);
        };
        match call.class {
            Class::TokenMismatch => {
                if !making.mismatched() {
                    return Err(error);
                }
                Ok(None)
            }
            Class::Exists => self.held_by(error, making).await,
            class if class.is_ambiguous() => {
                making.unclear = true;
                let since = Instant::now();
                self.retry(error, &mut making.trouble).await?;
                self.settle(since, making).await
            }
            Class::Throttled
            | Class::Server
            | Class::NoAnswer
            | Class::NotYetVisible
            | Class::Busy
            | Class::InUse
            | Class::NotFound
            | Class::Quota
            | Class::Capacity
            | Class::Expired
            | Class::Denied
            | Class::ReadOnly
            | Class::Rejected => {
                // Refused: nothing was made, unless an earlier answer was lost.
                if !making.unclear {
                    self.context.journal.resolve(self.address(), None)?;
                }
                self.retry(error, &mut making.trouble).await?;
                Ok(None)
            }
        }
    }

    /// Who holds the natural key: this very object, one that will give way, or somebody else.
    async fn held_by(
        &self,
        error: Error,
        making: &mut Making,
    ) -> Result<Option<Arc<dyn Seen>>, Error> {
        let holder = match self.node.holder(&self.context.cloud, &making.me, self.outputs).await {
            Ok(holder) => holder,
            Err(failed) => {
                self.retry(failed, &mut making.trouble).await?;
                return Ok(None);
            }
        };
        let leaves = |holder: &dyn Seen| {
            matches!(holder.phase(), Phase::Going | Phase::Gone)
                || holder.ordinal() < self.ordinal
                || holder.address().as_ref() != Some(self.address())
        };
        match holder {
            Some(holder) if *holder.owner() == Owner::Other => {
                self.context.journal.resolve(self.address(), None)?;
                Err(Error::Foreign { id: holder.id().clone() })
            }
            Some(holder) if !leaves(holder.as_ref()) => {
                self.context.journal.resolve(self.address(), Some(holder.id()))?;
                Ok(Some(holder))
            }
            // One of ours that is to go, or one that is not visible yet.
            Some(_) | None => {
                self.retry(error, &mut making.trouble).await?;
                Ok(None)
            }
        }
    }

    /// Finds out what came of a creation whose answer was lost.
    async fn settle(
        &self,
        since: Instant,
        making: &mut Making,
    ) -> Result<Option<Arc<dyn Seen>>, Error> {
        let bare = self.creation() == Creation::Bare;
        let mut poll = Poll::new(Duration::ZERO);
        loop {
            match self.listed().await {
                Ok(Some(seen)) => {
                    self.context.journal.resolve(self.address(), Some(seen.id()))?;
                    return Ok(Some(seen));
                }
                // A name or a token answers better than a list.
                Ok(None) if !bare => return Ok(None),
                // Absent in a list: believed once the lists have had their time.
                Ok(None) if since.elapsed() > VISIBILITY => {
                    making.unclear = false;
                    making.vain += 1;
                    // The wait was for the lists, not for the cloud to recover.
                    if making.vain < IN_VAIN {
                        making.trouble = Trouble::default();
                    }
                    return Ok(None);
                }
                Ok(None) => {}
                Err(error) if is_transient(&error) && since.elapsed() < 2 * VISIBILITY => {}
                Err(error) => return Err(error),
            }
            pause(&self.context.stop, poll.next()).await?;
        }
    }

    /// Counts a repair, and says so if somebody sets it back again and again.
    fn count(&self, change: &Change, setting: &mut Setting) -> Result<(), Error> {
        if setting.counted.as_ref().is_some_and(|before| change.refines(before)) {
            return Ok(());
        }
        setting.counted = Some(change.clone());
        let Context { cloud, journal, .. } = self.context;
        let now = cloud.now();
        for field in &change.fields {
            let Some(from) = &field.from else { continue };
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
        Ok(())
    }

    /// Sets what differs, or waits until what was set is visible. Says whether anything was set.
    async fn set(
        &self,
        seen: &dyn Seen,
        change: Change,
        setting: &mut Setting,
    ) -> Result<bool, Error> {
        if setting.lags(&change)
            && let Some((_, poll)) = &mut setting.set
        {
            if poll.waited() > VISIBILITY {
                return Err(not_converged(&change));
            }
            pause(&self.context.stop, poll.next()).await?;
            return Ok(false);
        }
        if let Err(error) = self.node.update(&self.context.cloud, seen, self.outputs, &change).await
        {
            self.retry(error, &mut setting.trouble).await?;
            return Ok(false);
        }
        setting.trouble = Trouble::default();
        let fields = change.fields.iter().map(|change| change.field).collect();
        self.context.tell(self.step, What::Changed(fields));
        setting.set = Some((change, Poll::new(Duration::ZERO)));
        Ok(true)
    }

    /// Takes the object back, or waits until that is visible. Says whether it was asked for.
    async fn recover(&self, seen: &dyn Seen, setting: &mut Setting) -> Result<bool, Error> {
        if let Some(poll) = &mut setting.recovering {
            if poll.waited() > VISIBILITY {
                return Err(Error::TimedOut {
                    id: seen.id().clone(),
                    phase: "out".into(),
                    waited: poll.waited(),
                    blockers: Vec::new(),
                });
            }
            pause(&self.context.stop, poll.next()).await?;
            return Ok(false);
        }
        let asked = self.node.recover(&self.context.cloud, seen, self.outputs).await;
        if let Err(error) = asked {
            self.retry(error, &mut setting.trouble).await?;
            return Ok(false);
        }
        setting.trouble = Trouble::default();
        setting.recovering = Some(Poll::new(Duration::ZERO));
        self.context.tell(self.step, What::Recovered(seen.id().clone()));
        Ok(true)
    }

    async fn wait(&self, seen: &Arc<dyn Seen>, phase: &str, poll: &mut Poll) -> Result<(), Error> {
        let patience = self.node.kind().about().patience;
        if poll.waited() > patience {
            let (kind, cloud) = (self.node.kind(), self.context.cloud.as_ref());
            return Err(Error::TimedOut {
                id: seen.id().clone(),
                phase: phase.to_owned(),
                waited: poll.waited(),
                // Naming them is a courtesy.
                blockers: kind.hindrances(cloud, seen.as_ref()).await.unwrap_or_default(),
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
            hash.update([0]);
            hash.update(canonical(&row.cell));
            hash.update([0]);
        }
        let digest = hash.finalize();
        let first = digest.first_chunk().copied().unwrap_or_default();
        format!("{:032x}", u128::from_be_bytes(first))
    }
}

impl Making {
    /// The token named this object, and it is dead: the next token counts it in.
    fn succeeds(&mut self, dead: PhysicalId) {
        self.made = None;
        self.me.predecessors.push(dead.0);
        self.me.predecessors.sort();
    }

    /// Moves on to the next token, unless that was done too often.
    fn mismatched(&mut self) -> bool {
        let before = self.me.predecessors.iter().filter(|id| id.starts_with("mismatch-")).count();
        self.me.predecessors.push(format!("mismatch-{before}"));
        self.me.predecessors.sort();
        before < MISMATCHES
    }
}

/// A value as text that is the same whatever the order of a set, and differs for what differs.
fn canonical(cell: &Cell) -> String {
    match cell {
        Cell::Known(value) => value.to_string(),
        Cell::Set(cells) => {
            let mut members: Vec<String> = cells.iter().map(canonical).collect();
            members.sort();
            format!("[{}]", members.join(","))
        }
        Cell::Map(cells) => {
            let members: Vec<String> =
                cells.iter().map(|(key, cell)| format!("{key:?}:{}", canonical(cell))).collect();
            format!("{{{}}}", members.join(","))
        }
        Cell::Each(cell) => format!("each {}", canonical(cell)),
        Cell::AtLeast(least) => format!(">={least}"),
        Cell::Any => "*".to_owned(),
        Cell::Initially(cell) => format!("at first {}", canonical(cell)),
        Cell::Unlearned { .. } => "not found out".to_owned(),
        Cell::Unknown { from } => format!("?{from:?}"),
    }
}

/// Failures in a row of one and the same thing, and how long they have lasted.
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
                Class::NotFound => Duration::from_mins(1),
                Class::Exists => VISIBILITY,
                Class::InUse | Class::Busy | Class::Capacity => Duration::from_mins(20),
                Class::Throttled | Class::Server | Class::NoAnswer | Class::NotYetVisible => {
                    VISIBILITY
                }
                Class::TokenMismatch
                | Class::Quota
                | Class::Expired
                | Class::Denied
                | Class::ReadOnly
                | Class::Rejected => return None,
            },
            Error::Stale { .. } => Duration::from_secs(30),
            Error::NotConverged { .. }
            | Error::Unclaimed { .. }
            | Error::Failed { .. }
            | Error::Foreign { .. }
            | Error::TimedOut { .. }
            | Error::Stopped
            | Error::Journal(_) => return None,
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

fn absent(seen: &dyn Seen) -> Error {
    Error::Stale { why: format!("{} is not there any more", seen.id()) }
}

fn unsettable(seen: &Arc<dyn Seen>, change: &Change) -> Error {
    if let Some(why) = change.refusal() {
        return Error::Stale { why: why.to_owned() };
    }
    let fields: Vec<_> = change.fields.iter().map(|change| change.field).collect();
    Error::Stale {
        why: format!("{} now differs in {}, which cannot be set", seen.id(), fields.join(", ")),
    }
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
