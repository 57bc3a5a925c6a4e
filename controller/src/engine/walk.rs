//! The walk: carries a plan out, each step as soon as its own needs are met, the longest way first.
//!
//! The walk task owns all state; steps are tasks that give back what they saw. A call in flight is
//! never dropped: only sleeps are given up when the walk is told to stop.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::task::JoinSet;

use super::{
    Cloud, Error, Event, Gate, Journal, Kinds, Outputs, Plan, Sink, Stop, StopSignal, What,
    ensure::{Start, ensure},
    mark::Marker,
    node::Seen,
    plan::{PlannedNode, Removal, Step},
    remove::remove,
};

/// What a walk waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Nothing: it ends when all that can be asked for is asked for.
    Asked,
    /// Every object, but not the programs that start on some of them.
    Created,
    /// Everything.
    Ready,
}

/// What a walk needs beside its plan.
pub struct Walk<C> {
    /// Where.
    pub cloud: Arc<C>,
    /// The kinds there are.
    pub kinds: Kinds<C>,
    /// What a next run may know.
    pub journal: Arc<dyn Journal>,
    /// What decides.
    pub gate: Arc<dyn Gate>,
    /// Who wants to know.
    pub sink: Sink,
    /// How it is told to stop.
    pub stop: StopSignal,
    /// The name of this run, for the mark.
    pub run: String,
    /// What it waits for.
    pub until: Until,
}

/// What came of a walk.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps after which the world is as declared.
    pub done: BTreeMap<Step, Done>,
    /// Steps that failed, and why.
    pub failed: BTreeMap<Step, Error>,
    /// Steps that a gate or the plan itself held, and why.
    pub held: BTreeMap<Step, String>,
    /// Steps that were asked for and not waited for, and the state they are in.
    pub underway: BTreeMap<Step, String>,
    /// Steps behind one of the above, and which.
    pub blocked: BTreeMap<Step, BTreeSet<Step>>,
}

impl Report {
    /// Whether the world is as declared.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
            && self.held.is_empty()
            && self.underway.is_empty()
            && self.blocked.is_empty()
    }
}

impl Report {
    /// Takes in how a step ended, and says whether what is behind it may begin.
    fn ends<C: Cloud>(
        &mut self,
        context: &Context<C>,
        step: &Step,
        end: Result<End, Error>,
    ) -> bool {
        let done = match end {
            Ok(End::Settled(seen, done)) => {
                let (id, changed) = (seen.id().clone(), done != Done::Kept);
                context.tell(step, What::Ready { id, changed });
                done
            }
            Ok(End::Removed) => Done::Removed,
            Ok(End::Held(why)) => {
                context.tell(step, What::Held(why.clone()));
                self.held.insert(step.clone(), why);
                return false;
            }
            Ok(End::Underway(phase)) => {
                self.underway.insert(step.clone(), phase);
                return false;
            }
            Err(error) => {
                context.tell(step, What::Failed(error.to_string()));
                self.failed.insert(step.clone(), error);
                return false;
            }
        };
        self.done.insert(step.clone(), done);
        true
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing.
    Kept,
    /// It made the object.
    Created,
    /// It took the object back.
    Recovered,
    /// It changed the object.
    Changed,
    /// It removed the object.
    Removed,
}

/// How a step ended, short of failing.
pub(super) enum End {
    /// The object is as declared.
    Settled(Arc<dyn Seen>, Done),
    /// The object is gone.
    Removed,
    /// A gate holds it.
    Held(String),
    /// It was asked for; the text is its state.
    Underway(String),
}

/// What steps share.
pub(super) struct Context<C> {
    pub(super) cloud: Arc<C>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) gate: Arc<dyn Gate>,
    pub(super) stop: StopSignal,
    pub(super) until: Until,
    pub(super) marker: Marker,
    pub(super) planned_at: tokio::time::Instant,
    pub(super) planned: jiff::Timestamp,
    sink: Sink,
}

impl<C: Cloud> Context<C> {
    pub(super) fn tell(&self, step: &Step, what: What) {
        (self.sink)(&Event { at: self.cloud.now(), step: Some(step.clone()), what });
    }
}

/// Carries a plan out. Of a plan that is refused, nothing.
///
/// # Cancel safety
/// Not to be dropped: tell it to stop, and it ends when the calls in flight have ended.
pub async fn walk<C: Cloud>(plan: &Plan<C>, walk: Walk<C>) -> Report {
    let Walk { cloud, kinds, journal, gate, sink, stop, run, until } = walk;
    let context = Arc::new(Context {
        cloud,
        journal,
        gate,
        stop: stop.clone(),
        until,
        marker: Marker::new(run),
        planned_at: plan.at,
        planned: plan.time,
        sink,
    });
    let mut needs = plan.order.clone();
    let ranks = ranks(plan);
    let nodes: BTreeMap<_, &PlannedNode<C>> = plan
        .nodes
        .iter()
        .map(|planned| (Step::Ensure(planned.node.address().clone()), planned))
        .collect();
    let removals: BTreeMap<_, &Removal> = plan
        .removals
        .iter()
        .map(|removal| (Step::Remove(super::ObjectKey::of(removal.seen.as_ref())), removal))
        .collect();
    let mut outputs = Outputs::default();
    let mut report = Report { held: plan.holds(), ..Report::default() };
    for (step, why) in &report.held {
        context.tell(step, What::Held(why.clone()));
    }
    if plan.is_refused() {
        report.blocked = needs;
        return report;
    }
    let mut running: JoinSet<(Step, Result<End, Error>)> = JoinSet::new();
    loop {
        if *stop.borrow() == Stop::No {
            let mut ready: Vec<Step> = needs
                .iter()
                .filter(|(_, needs)| needs.is_empty())
                .map(|(step, _)| step.clone())
                .collect();
            ready.sort_by_key(|step| std::cmp::Reverse(ranks.get(step).copied()));
            for step in ready {
                needs.remove(&step);
                let context = context.clone();
                if let Some(planned) = nodes.get(&step) {
                    let (start, outputs) = (Start::from(planned), outputs.clone());
                    running.spawn(async move {
                        let end = ensure(&context, &step, start, &outputs).await;
                        (step, end)
                    });
                } else if let Some(removal) = removals.get(&step) {
                    let seen = removal.seen.clone();
                    let kind =
                        kinds.iter().find(|kind| kind.about().name == seen.kind().name).cloned();
                    running.spawn(async move {
                        let end = match kind {
                            Some(kind) => remove(&context, &step, kind.as_ref(), seen).await,
                            None => Err(Error::Stale { why: "its kind is not known".into() }),
                        };
                        (step, end)
                    });
                }
            }
        }
        let Some(finished) = running.join_next().await else {
            break;
        };
        let (step, end) = match finished {
            Ok(finished) => finished,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        };
        if let (Ok(End::Settled(seen, _)), Step::Ensure(address)) = (&end, &step) {
            outputs.insert(address.clone(), seen.outputs());
        }
        if report.ends(&context, &step, end) {
            for needs in needs.values_mut() {
                needs.remove(&step);
            }
        }
    }
    report.blocked = needs;
    report
}

/// For each step, the longest expected time from its start to the end of everything behind it.
fn ranks<C: Cloud>(plan: &Plan<C>) -> BTreeMap<Step, Duration> {
    let mut own: BTreeMap<Step, Duration> = BTreeMap::new();
    for planned in &plan.nodes {
        let idle = planned.change().is_none_or(|change| change.action == super::Action::Keep);
        let typical = if idle { Duration::ZERO } else { planned.node.kind().about().typical };
        own.insert(Step::Ensure(planned.node.address().clone()), typical);
    }
    for removal in &plan.removals {
        let key = super::ObjectKey::of(removal.seen.as_ref());
        own.insert(Step::Remove(key), removal.seen.kind().typical_removal);
    }
    let mut behind: BTreeMap<&Step, Vec<&Step>> = BTreeMap::new();
    for (step, needs) in &plan.order {
        for need in needs {
            behind.entry(need).or_default().push(step);
        }
    }
    // Backwards along the order: a step is ranked once everything behind it is.
    let mut waiting: BTreeMap<&Step, usize> =
        plan.order.keys().map(|step| (step, behind.get(step).map_or(0, Vec::len))).collect();
    let mut open: Vec<&Step> =
        waiting.iter().filter(|(_, left)| **left == 0).map(|(step, _)| *step).collect();
    let mut ranks: BTreeMap<Step, Duration> = BTreeMap::new();
    while let Some(step) = open.pop() {
        let longest = behind
            .get(step)
            .into_iter()
            .flatten()
            .filter_map(|later| ranks.get(*later))
            .max()
            .copied()
            .unwrap_or_default();
        ranks.insert(step.clone(), own.get(step).copied().unwrap_or_default() + longest);
        for need in plan.order.get(step).into_iter().flatten() {
            if let Some(left) = waiting.get_mut(need) {
                *left -= 1;
                if *left == 0 {
                    open.push(need);
                }
            }
        }
    }
    ranks
}

/// The longest chain of a plan, by typical durations: what the user has to wait for at least.
pub fn expected<C: Cloud>(plan: &Plan<C>) -> Duration {
    ranks(plan).into_values().max().unwrap_or_default()
}
