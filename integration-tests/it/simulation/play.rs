//! One run, from its seed to its end.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use clctl::{
    engine::{InMemory, Journal, Report},
    render,
    store::Store,
};
use clctl_simulator::{Seed, Settings, World};

use super::{
    draw::{Cut, Draw, Record, Scene, Stands, Verb},
    faults::{Mortal, Stage},
    human::{ADDRESS, UID, drift},
    invariants::Canaries,
    report::{Counts, Played},
    specs::{NAME, Spec, environment},
};
use crate::{
    harness::{Bench, NoPlan, Outcome, SETTLED, Wanted, steps},
    truth::Truth,
};

/// How long after the faults have stopped the world has to be as declared, and everything gone after a
/// delete: twice the longest wait for one object, and the time in which the lists catch up.
const BOUND: Duration = Duration::from_hours(2);
/// How long after a change a read by id may still be answered by a replica that is behind, in seconds.
/// Until then a removal that was confirmed once may be shown once more, and no look can tell.
const REPLICAS: u64 = 15;
/// Longer than any command takes that comes to an end.
const ENDLESS: Duration = Duration::from_hours(12);

/// Plays a seed.
pub(crate) fn play(seed: u64) -> Played {
    let draw = Draw::of(seed);
    // Made before, in a time of their own: what is kept from run to run must not be part of one.
    let models: BTreeMap<String, Arc<Model>> =
        draw.specs().into_iter().map(|spec| (spec.name(), model(spec))).collect();
    let played = catch_unwind(AssertUnwindSafe(|| {
        virtually(async move {
            let run = Run::new(draw, models);
            Box::pin(run.play()).await
        })
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        let broken = vec![format!("it panicked: {}", text.unwrap_or_default())];
        Played { seed, counts: Counts::default(), log: Vec::new(), broken }
    })
}

/// Works under a paused clock, on this thread alone.
fn virtually<T>(work: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(work)
}

/// An account in which a spec was applied and nothing went wrong.
struct Model {
    world: World,
    /// What is there of it that was there before.
    before: BTreeSet<String>,
}

impl Model {
    /// What came to be by it.
    fn made(&self) -> BTreeSet<String> {
        let all = self.world.objects().into_iter().map(|it| it.id);
        all.filter(|id| !self.before.contains(id)).collect()
    }
}

/// The model of a spec, made once in a process: it depends on the spec alone.
fn model(of: &'static Spec) -> Arc<Model> {
    static MODELS: Mutex<BTreeMap<String, Arc<Model>>> = Mutex::new(BTreeMap::new());
    let mut models = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    let made = models.entry(of.name()).or_insert_with(|| {
        Arc::new(virtually(async {
            let bench = Bench::calm().named("model".to_owned());
            bench.somebody().ec2("DescribeVpcs", &[]).await.good();
            let before = bench.world().objects().into_iter().map(|it| it.id).collect();
            bench.apply(&of.wanted()).await.complete();
            bench.somebody().wait(SETTLED).await;
            Model { world: bench.world(), before }
        }))
    });
    made.clone()
}

impl Draw {
    /// Every spec of the run.
    fn specs(&self) -> Vec<&'static Spec> {
        let stands = match self.start.stands {
            Stands::Empty => None,
            Stands::All { of, .. } | Stands::Half { of, .. } => Some(of),
        };
        let end = self.end.iter().flatten();
        let scenes = self.storm.iter().chain(end).map(|scene| scene.verb.spec());
        scenes.chain(stands).chain([self.last]).collect()
    }
}

impl Verb {
    fn spec(self) -> &'static Spec {
        match self {
            Self::Apply(spec) | Self::Diff(spec) | Self::Delete(spec) => spec,
        }
    }
}

struct Run {
    draw: Draw,
    models: BTreeMap<String, Arc<Model>>,
    bench: Bench,
    stage: Arc<Stage>,
    record: Arc<dyn Journal>,
    /// How often it was begun anew.
    records: u32,
    folder: Option<tempfile::TempDir>,
    canaries: Canaries,
    /// The addresses that each spec declares.
    addresses: BTreeMap<String, Vec<String>>,
}

/// How a command ended.
enum Ended {
    Outcome(Outcome),
    NoPlan(NoPlan),
    Killed,
}

impl Run {
    fn new(mut draw: Draw, models: BTreeMap<String, Arc<Model>>) -> Self {
        let world = match draw.start.stands {
            Stands::All { of, .. } => models[&of.name()].world.clone(),
            Stands::Empty | Stands::Half { .. } => World::new(Settings::calm()),
        };
        let bench = Bench::at(world).named(format!("run-{}", draw.seed));
        bench.simulator.with(|world| world.reseed(draw.seed));
        let uid = environment(NAME).uid();
        let rng = draw.rng.fork();
        let stage = Stage::new(bench.simulator.clone(), uid, rng, bench.stopper());
        let addresses = models
            .keys()
            .map(|name| {
                let objects = models[name].world.tagged();
                let uid = environment(NAME).uid();
                let ours = objects.iter().filter(|(_, tags)| tags.get(UID) == Some(&uid));
                let addresses = ours.filter_map(|(_, tags)| tags.get(ADDRESS).cloned());
                (name.clone(), addresses.collect())
            })
            .collect();
        let folder = (draw.record == Record::File).then(|| tempfile::tempdir().unwrap());
        let record = fresh(folder.as_ref(), 0);
        let canaries = Canaries::default();
        Self { draw, models, bench, stage, record, records: 0, folder, canaries, addresses }
    }

    async fn play(mut self) -> Played {
        let start = self.bench.simulator.now();
        self.set_up().await;
        let mut counts = Counts { runs: 1, ..Counts::default() };
        let mut scenes = std::mem::take(&mut self.draw.storm);
        let mut before: Option<String> = None;
        for scene in &mut scenes {
            let name = scene.verb.spec().name();
            let changed = before.as_ref().is_some_and(|it| *it != name);
            counts.spec_changes += u64::from(changed);
            before = Some(name);
            self.scene(scene, &mut counts).await;
        }
        counts.spec_changes += u64::from(before.is_some_and(|it| it != self.draw.last.name()));
        self.calm(false).await;
        counts.converged = self.converge(&mut counts).await;
        if let Some(mut scenes) = self.draw.end.take() {
            self.stir();
            for scene in &mut scenes {
                self.scene(scene, &mut counts).await;
            }
            self.calm(true).await;
            counts.deleted = self.vanish(&mut counts).await;
        }
        self.read_everything();
        counts.virtual_time = self.bench.simulator.now().since(start);
        let broken = self.stage.with(|watch, _, met, _| {
            counts.looks = watch.looks;
            counts.add(met);
            std::mem::take(&mut watch.broken)
        });
        let mut log = self.stage.log();
        log.extend(self.bench.told().iter().map(|event| {
            let step = event.step.as_ref().map(crate::harness::name).unwrap_or_default();
            format!("{:.3} - {step} {:?}", event.at, event.what)
        }));
        log.sort_by(|a, b| a.split(' ').next().cmp(&b.split(' ').next()));
        Played { seed: self.draw.seed, counts, log, broken }
    }

    /// Makes the world that the run begins with.
    async fn set_up(&mut self) {
        let world = &self.bench.simulator;
        self.bench.somebody().ec2("DescribeVpcs", &[]).await.good();
        if self.draw.start.foreign {
            world.with(|world| world.seed(Seed::Network));
        }
        if self.draw.start.neighbour {
            self.bench.apply(&self.draw.last.beside()).await.complete();
            self.bench.lose_record();
            self.bench.somebody().wait(SETTLED).await;
        }
        let ours = match self.draw.start.stands {
            Stands::All { of, .. } => self.models[&of.name()].made(),
            Stands::Empty | Stands::Half { .. } => BTreeSet::new(),
        };
        self.stage.with(|watch, _, _, world| watch.begin(world, &ours));
        if let Stands::Half { of, at } = self.draw.start.stands {
            let hang = clctl_simulator::Fate::HangAfter;
            let wanted = of.wanted();
            self.bench.killed(at, hang, self.bench.apply(&wanted)).await;
        }
        let mut settings = self.draw.settings.clone();
        world.with(|world| {
            settings.start = world.settings().start;
            *world.settings_mut() = settings;
        });
        if let Stands::All { drifts, .. } = self.draw.start.stands {
            for _ in 0..drifts {
                let rng = &mut self.draw.rng;
                let says = self.stage.with(|watch, _, _, world| {
                    let before = world.tagged();
                    let says = drift(world, &environment(NAME).uid(), rng);
                    watch.concede(&before, world, false);
                    says
                });
                self.stage.note(&format!("before: {}", says.unwrap_or_default()));
            }
        }
        self.stage.attend();
    }

    /// Faults stop, somebody puts in order what only they can, and AWS is as it mostly is.
    ///
    /// What they give back is ours again once the lists show it: they wait for that.
    async fn calm(&self, all_goes: bool) {
        let (undone, waits) = self.stage.with(|watch, human, _, world| {
            let settings = world.settings_mut();
            let Settings { lag, latency, quotas, .. } = Settings::default();
            (settings.lag, settings.latency, settings.quotas) = (lag, latency, quotas);
            (settings.throttling, settings.page) = (false, None);
            settings.quotas.vpcs *= 4;
            settings.quotas.addresses *= 4;
            settings.quotas.internet_gateways *= 4;
            watch.look(world, human);
            let before = world.tagged();
            let waits = !human.lost.is_empty();
            let undone = human.put_in_order(world, &environment(NAME).uid(), all_goes);
            watch.concede(&before, world, false);
            world.settings_mut().throttling = true;
            (undone, waits)
        });
        self.breaks(undone);
        if waits {
            self.bench.somebody().wait(SETTLED).await;
        }
        self.stage.note("the faults stop");
    }

    /// Takes our tags from what clctl says it cannot do away with, although it carries them.
    fn let_go(&self, told: &str) {
        let done = self.stage.with(|watch, human, _, world| {
            let before = world.tagged();
            let done = human.let_go(world, |id| told.contains(id));
            watch.concede(&before, world, false);
            done
        });
        if done {
            self.stage.note("somebody takes our tags from what they had copied them onto");
        }
    }

    /// Faults set in again.
    fn stir(&self) {
        let settings = self.draw.settings.clone();
        self.stage.with(|_, _, _, world| {
            let start = world.settings().start;
            *world.settings_mut() = Settings { start, ..settings };
        });
        self.stage.note("the faults set in again");
    }

    fn breaks(&self, what: impl IntoIterator<Item = String>) {
        self.stage.with(|watch, _, _, _| watch.broken.extend(what));
    }

    /// A command, and what befalls it.
    async fn scene(&mut self, scene: &mut Scene, counts: &mut Counts) {
        if self.stage.is_broken() {
            return;
        }
        if scene.forgets {
            self.lose_record();
        }
        let verb = scene.verb;
        self.stage.note(&format!(
            "--- {verb:?}, {:?}, {:?}, cut {:?}, acts {:?}, forgets {}",
            scene.sky, scene.spells, scene.cut, scene.acts, scene.forgets
        ));
        let (cut, pause) = (scene.cut, scene.pause);
        self.command(verb, Some(scene), cut, counts).await;
        tokio::time::sleep(pause).await;
    }

    fn lose_record(&mut self) {
        self.stage.note("the record is lost");
        self.records += 1;
        self.record = fresh(self.folder.as_ref(), self.records);
    }

    /// Gives a command, and says how it ended.
    async fn command(
        &mut self,
        verb: Verb,
        scene: Option<&mut Scene>,
        cut: Option<Cut>,
        counts: &mut Counts,
    ) -> Ended {
        counts.commands += 1;
        let record = Mortal { stage: self.stage.clone(), inner: self.record.clone() };
        self.bench.set_journal(Arc::new(record));
        let addresses = match verb {
            Verb::Apply(spec) | Verb::Diff(spec) => self.addresses[&spec.name()].clone(),
            Verb::Delete(_) => Vec::new(),
        };
        self.stage.with(|watch, _, _, _| watch.declare(addresses));
        self.stage.begin(scene);
        let wanted = verb.spec().wanted();
        let ended = self.killable(verb, &wanted, cut).await;
        self.stage.end();
        // What was in flight is dropped before anything else happens.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        if matches!(verb, Verb::Diff(_)) && self.has_written() {
            self.breaks(["a diff wrote".to_owned()]);
        }
        let says = match &ended {
            Ended::Outcome(outcome) if outcome.is_complete() => {
                if matches!(verb, Verb::Delete(_)) {
                    // Nothing is left that it could speak of.
                    self.lose_record();
                }
                "complete".to_owned()
            }
            Ended::Outcome(outcome) => format!("incomplete:\n{}", outcome.told()),
            Ended::NoPlan(why) => format!("no plan: {why}"),
            Ended::Killed => "killed".to_owned(),
        };
        self.stage.note(&format!("... {says}"));
        ended
    }

    /// Whether a write of the command has arrived.
    fn has_written(&self) -> bool {
        self.bench.simulator.calls().iter().any(|call| call.mutating)
    }

    async fn killable(&self, verb: Verb, wanted: &Wanted, cut: Option<Cut>) -> Ended {
        let bench = &self.bench;
        let mut run: Pin<Box<dyn Future<Output = Ended> + '_>> = Box::pin(async move {
            let outcome = match verb {
                Verb::Apply(_) => bench.try_apply(wanted).await,
                Verb::Delete(_) => bench.try_delete(wanted).await,
                Verb::Diff(_) => match bench.try_diff(wanted).await {
                    Ok(plan) => Ok(Outcome { plan, report: Report::default(), writes: Vec::new() }),
                    Err(why) => Err(why),
                },
            };
            outcome.map_or_else(Ended::NoPlan, Ended::Outcome)
        });
        let (most, time) = match cut {
            Some(Cut::Poll { n }) => (n, ENDLESS),
            Some(Cut::Time { millis }) => (u64::MAX, Duration::from_millis(millis)),
            _ => (u64::MAX, ENDLESS),
        };
        let mut polls = 0;
        let polled = std::future::poll_fn(|context| {
            polls += 1;
            if polls > most {
                return Poll::Ready(None);
            }
            run.as_mut().poll(context).map(Some)
        });
        tokio::select! {
            biased;
            () = self.stage.death() => Ended::Killed,
            ended = polled => ended.unwrap_or_else(|| {
                self.stage.kill("at an await");
                Ended::Killed
            }),
            () = tokio::time::sleep(time) => {
                self.stage.kill("after a time");
                if time == ENDLESS {
                    self.breaks([format!("{verb:?} does not end")]);
                }
                Ended::Killed
            }
        }
    }

    /// Applies again and again, as a daemon does, until the world is as declared; then it has to stay so.
    async fn converge(&mut self, counts: &mut Counts) -> Duration {
        let (start, verb) = (self.bench.simulator.now(), Verb::Apply(self.draw.last));
        let mut pause = Duration::from_secs(15);
        let mut told = String::new();
        loop {
            if self.stage.is_broken() {
                return Duration::ZERO;
            }
            let since = self.bench.simulator.now().since(start);
            if since > BOUND {
                self.breaks([format!("not as declared after {} s: {told}", since.as_secs())]);
                return since;
            }
            match self.command(verb, None, None, counts).await {
                Ended::Outcome(outcome) if outcome.is_complete() => break,
                Ended::Outcome(outcome) => told = outcome.told(),
                Ended::NoPlan(why) => told = why.to_string(),
                Ended::Killed => {}
            }
            self.let_go(&told);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_mins(5));
        }
        let took = self.bench.simulator.now().since(start);
        let wanted = self.draw.last.wanted();
        // As soon as reads by id agree, while lists are still behind; and when everything is visible.
        for wait in [REPLICAS, SETTLED] {
            self.bench.somebody().wait(wait).await;
            if self.stage.is_broken() {
                return took;
            }
            self.stage.begin(None);
            match self.bench.try_diff(&wanted).await {
                Ok(plan) => {
                    if !plan.is_empty() || plan.is_unknown() {
                        self.breaks([format!("a second plan is not empty: {:?}", steps(&plan))]);
                    }
                    self.show(&plan);
                }
                Err(why) => self.breaks([format!("no second plan: {why}")]),
            }
            self.stage.end();
        }
        if let Ended::Outcome(outcome) = self.command(verb, None, None, counts).await {
            if !outcome.is_complete() {
                self.breaks([format!("a second apply leaves something: {}", outcome.told())]);
            }
            if !outcome.writes.is_empty() {
                self.breaks([format!("a second apply wrote {:?}", outcome.writes)]);
            }
        }
        self.is_the_model();
        took
    }

    /// The world is what it would be if nothing had ever gone wrong, beside what is somebody else's.
    fn is_the_model(&self) {
        let model = &self.models[&self.draw.last.name()];
        let theirs: Vec<&str> = model.before.iter().map(String::as_str).collect();
        let intact = Truth::of(&model.world).without(&theirs);
        let (foreign, adopted) =
            self.stage.with(|watch, _, _, _| (watch.foreign(), watch.adopted().clone()));
        let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
        let truth = self.bench.truth().without(&foreign);
        let strangers: Vec<&str> = adopted
            .iter()
            .map(String::as_str)
            .filter(|id| truth.things().iter().any(|it| it.id == *id && it.address().is_none()))
            .collect();
        if let Some(difference) = truth.clone().without(&strangers).differs(&intact) {
            self.breaks([format!("not what an undisturbed apply makes: {difference}")]);
        }
    }

    /// Deletes again and again until nothing is left; then the world has to be as before.
    async fn vanish(&mut self, counts: &mut Counts) -> Duration {
        let (start, verb) = (self.bench.simulator.now(), Verb::Delete(self.draw.last));
        let mut pause = Duration::from_secs(15);
        let mut told = String::new();
        loop {
            if self.stage.is_broken() {
                return Duration::ZERO;
            }
            let since = self.bench.simulator.now().since(start);
            if since > BOUND {
                self.breaks([format!("not gone after {} s: {told}", since.as_secs())]);
                return since;
            }
            match self.command(verb, None, None, counts).await {
                Ended::Outcome(outcome) if outcome.is_complete() => break,
                Ended::Outcome(outcome) => told = outcome.told(),
                Ended::NoPlan(why) => told = why.to_string(),
                Ended::Killed => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_mins(5));
        }
        let took = self.bench.simulator.now().since(start);
        let left = self.stage.with(|watch, _, _, world| {
            let foreign = watch.foreign();
            let left = world
                .objects()
                .into_iter()
                .filter(|it| !foreign.contains(&it.id) && !watch.adopted().contains(&it.id));
            left.map(|it| format!("{} {}", it.kind, it.id)).collect::<Vec<_>>()
        });
        if !left.is_empty() {
            self.breaks([format!("left after a delete: {}", left.join(", "))]);
        }
        took
    }

    /// Renders a plan in every form, and reads it for secrets.
    fn show(&self, plan: &clctl::engine::Plan<clctl::aws::Aws>) {
        let shown = render::view(plan, &environment(NAME), false, Vec::new());
        let json = serde_json::to_string(&shown).unwrap();
        let paint = render::Paint::Plain;
        let forms = [
            ("a plan as JSON", json),
            ("a plan as text", render::text(&shown, paint)),
            ("a plan as Markdown", render::markdown(&shown)),
        ];
        self.breaks(
            forms.iter().filter_map(|(place, it)| self.canaries.found(place, it.as_bytes())),
        );
    }

    /// Reads what is left of the run for secrets.
    fn read_everything(&self) {
        let events: String = self.bench.told().iter().map(|event| format!("{event:?}\n")).collect();
        self.breaks(self.canaries.found("an event", events.as_bytes()));
        let log = self.stage.log().join("\n");
        self.breaks(self.canaries.found("an error", log.as_bytes()));
    }
}

/// An empty record.
fn fresh(folder: Option<&tempfile::TempDir>, nth: u32) -> Arc<dyn Journal> {
    let Some(folder) = folder else { return Arc::new(InMemory::default()) };
    let place = folder.path().join(nth.to_string());
    Arc::new(Store::open(&place).unwrap().journal(&environment(NAME)))
}
