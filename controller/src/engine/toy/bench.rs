//! Runs of the engine on the toy's world, as `apply` and `delete` will do them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use crate::engine::{
    AnyKind, Approved, Event, Gate, Graph, InMemory, Journal, KindOf, Kinds, Observation, Plan,
    Purpose, Report, Sink, Step, Stop, StopSignal, Until, Walk, observe, observe_settled, plan,
    walk,
};

use super::{
    db::Db,
    eip::Eip,
    endpoint::Endpoint,
    gateway::Gateway,
    group::Group,
    nat::Nat,
    rules::Rules,
    spec::{Spec, actual},
    subnet::Subnet,
    table::Table,
    vpc::Vpc,
    world::{Kill, Toy, World},
};

/// A world, a record and the runs on them.
pub(super) struct Bench {
    pub(super) world: Arc<World>,
    pub(super) journal: Arc<InMemory>,
    pub(super) events: Arc<Mutex<Vec<Event>>>,
    pub(super) stop: watch::Sender<Stop>,
    pub(super) until: Until,
}

/// Runs have names of their own, on whatever machine they are.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// How a run ended.
pub(super) enum Came {
    /// It was killed.
    Killed,
    /// Its plan was refused.
    Refused(Plan<Toy>),
    /// It ended, with this plan and this report.
    Ended(Plan<Toy>, Report),
}

impl Came {
    pub(super) fn report(self) -> Report {
        match self {
            Self::Ended(_, report) => report,
            Self::Killed => panic!("it was killed"),
            Self::Refused(plan) => panic!("it was refused: {}", told(&plan)),
        }
    }

    /// The report of a run that left nothing to do.
    pub(super) fn complete(self) -> Report {
        let report = self.report();
        assert!(report.is_complete(), "{}", left(&report));
        report
    }
}

/// A report in words, without what is done.
pub(super) fn left(report: &Report) -> String {
    let failed = report.failed.iter().map(|(step, error)| format!("{}: {error}", name(step)));
    let held = report.held.iter().map(|(step, why)| format!("{}: held: {why}", name(step)));
    let underway = report.underway.iter().map(|(step, why)| format!("{}: {why}", name(step)));
    let blocked = report.blocked.iter().map(|(step, by)| {
        let by: Vec<String> = by.iter().map(name).collect();
        format!("{}: behind {}", name(step), by.join(", "))
    });
    let lines: Vec<String> = failed.chain(held).chain(underway).chain(blocked).collect();
    lines.join("\n")
}

fn name(step: &Step) -> String {
    match step {
        Step::Ensure(address) => address.to_string(),
        Step::Remove(key) => format!("remove {}", key.id),
    }
}

/// A plan in words.
pub(super) fn told(plan: &Plan<Toy>) -> String {
    let nodes = plan.nodes.iter().filter_map(|planned| {
        let keep = planned.change().is_some_and(|change| change.fields.is_empty());
        (!keep).then(|| format!("{}: {:?}", planned.node.address(), planned.verdict))
    });
    let removals = plan.removals.iter().map(|removal| {
        format!("remove {} {:?} {:?}", removal.seen.id(), removal.reason, removal.held)
    });
    let lines: Vec<String> = nodes.chain(removals).chain(plan.ring.clone()).collect();
    lines.join("\n")
}

pub(super) fn kinds() -> Kinds<Toy> {
    Arc::new(vec![
        Arc::new(KindOf::<Vpc>::default()) as Arc<dyn AnyKind<Toy>>,
        Arc::new(KindOf::<Subnet>::default()),
        Arc::new(KindOf::<Gateway>::default()),
        Arc::new(KindOf::<Eip>::default()),
        Arc::new(KindOf::<Nat>::default()),
        Arc::new(KindOf::<Table>::default()),
        Arc::new(KindOf::<Group>::default()),
        Arc::new(KindOf::<Rules>::default()),
        Arc::new(KindOf::<Endpoint>::default()),
        Arc::new(KindOf::<Db>::default()),
    ])
}

impl Bench {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            world: World::new(seed),
            journal: Arc::default(),
            events: Arc::default(),
            stop: watch::Sender::default(),
            until: Until::Ready,
        }
    }

    pub(super) fn toy(&self) -> Arc<Toy> {
        Toy::new(&self.world, None)
    }

    pub(super) fn lose_journal(&mut self) {
        self.journal = Arc::default();
    }

    fn sink(&self) -> Sink {
        let events = self.events.clone();
        Arc::new(move |event| events.lock().unwrap().push(event.clone()))
    }

    fn signal(&self) -> StopSignal {
        self.stop.subscribe()
    }

    pub(super) async fn look(&self, graph: &Graph<Toy>, purpose: Purpose) -> Observation {
        observe(&kinds(), &self.toy(), graph, self.journal.as_ref(), purpose).await.unwrap()
    }

    /// What `diff` shows.
    pub(super) async fn plan(&self, spec: &Spec) -> Plan<Toy> {
        let graph = spec.graph();
        plan(&graph, &self.look(&graph, Purpose::Show).await)
    }

    pub(super) async fn walk(
        &self,
        toy: &Arc<Toy>,
        plan: &Plan<Toy>,
        gate: Arc<dyn Gate>,
    ) -> Report {
        let walk_with = Walk {
            cloud: toy.clone(),
            kinds: kinds(),
            journal: self.journal.clone() as Arc<dyn Journal>,
            gate,
            sink: self.sink(),
            stop: self.signal(),
            run: format!("run-{}", RUNS.fetch_add(1, Ordering::Relaxed)),
            until: self.until,
        };
        walk(plan, walk_with).await
    }

    async fn run(&self, toy: &Arc<Toy>, graph: &Graph<Toy>, purpose: Purpose) -> Came {
        let whole = async {
            let seen = observe_settled(
                &kinds(),
                toy,
                graph,
                self.journal.as_ref(),
                purpose,
                &self.sink(),
                &self.signal(),
            )
            .await
            .unwrap();
            let plan = plan(graph, &seen);
            if plan.is_refused() {
                return Came::Refused(plan);
            }
            let report = self.walk(toy, &plan, Arc::new(Approved::of(&plan))).await;
            Came::Ended(plan, report)
        };
        tokio::select! {
            came = whole => came,
            () = toy.died.notified() => Came::Killed,
        }
    }

    pub(super) async fn apply(&self, spec: &Spec) -> Came {
        self.run(&self.toy(), &spec.graph(), Purpose::Apply).await
    }

    pub(super) async fn apply_killed(&self, spec: &Spec, kill: Kill) -> (Came, Arc<Toy>) {
        let toy = Toy::new(&self.world, Some(kill));
        (self.run(&toy, &spec.graph(), Purpose::Apply).await, toy)
    }

    pub(super) async fn delete(&self) -> Came {
        self.run(&self.toy(), &Graph::default(), Purpose::Remove).await
    }

    pub(super) async fn delete_killed(&self, kill: Kill) -> (Came, Arc<Toy>) {
        let toy = Toy::new(&self.world, Some(kill));
        (self.run(&toy, &Graph::default(), Purpose::Remove).await, toy)
    }

    /// Long enough for every look to show what is.
    pub(super) async fn quiet(&self) {
        tokio::time::sleep(Duration::from_mins(10)).await;
    }

    /// The world is as declared: no more, no less, and a second plan says so.
    pub(super) async fn is_as_declared(&self, spec: &Spec) {
        assert_eq!(actual(&self.world), spec.expected());
        let planned = self.plan(spec).await;
        assert!(planned.is_empty() && !planned.is_unknown(), "{}", told(&planned));
    }

    /// The world is as declared, and a second run has nothing to do.
    pub(super) async fn check(&self, spec: &Spec) {
        self.is_as_declared(spec).await;
        let writes = self.world.writes();
        self.apply(spec).await.complete();
        assert_eq!(self.world.writes(), writes, "a second apply wrote");
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.events.lock().unwrap().iter().map(|event| format!("{:?}", event.what)).collect()
    }
}
