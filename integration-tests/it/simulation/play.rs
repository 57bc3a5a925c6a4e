//! One run, from its seed to its end.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use clctl::{
    aws::{
        Aws, Mode,
        secrets::{Secret, SecretValue},
    },
    engine::{
        Error, Found, InMemory, Journal, Owner, Phase, PhysicalId, Plan, Report, Resource as _,
        Scope, Seen,
    },
    render,
    store::Store,
};
use clctl_simulator::{Object, Seed, Settings, World};

use super::{
    draw::{Act, Beside, Cut, Draw, Record, Scene, Stands, Verb},
    faults::{Mortal, Stage},
    human::{ADDRESS, disown, drift, is_of, terminate},
    invariants::{links, object},
    report::{Counts, Played},
    secrets::{Canaries, Place},
    specs::{Keep, NAME, NEIGHBOUR, Spec, environment},
};
use crate::{
    harness::{Bench, NoPlan, Outcome, SETTLED, WINDOW, Wanted, steps, virtually},
    truth::{Thing, Truth},
};

/// How long after the faults have stopped the world has to be as declared, and everything gone after a
/// delete: twice the longest wait for one object, and the time in which the lists catch up.
const BOUND: Duration = Duration::from_hours(2);
/// How long after a change a read by id may still be answered by a replica that is behind, in seconds.
/// Until then a removal that was confirmed once may be shown once more, and no look can tell.
const REPLICAS: u64 = 15;
/// How long AWS shows what is gone and cannot be taken back, in seconds: NAT gateways.
const SHADOWS: u64 = 2 * 60 * 60;
/// What nobody declares, and what somebody who sets it has set for good: the values of a secret, and
/// whether a log group is protected from deletion.
const UNDECLARED: &[&str] = &["protected", "versions"];
/// Which node a database was made ready for: one that is made anew under nodes that run is told at their next change.
const LAST_IMAGE: &str = "clctl.dev/last-image";
/// Longer than any command takes that comes to an end.
const ENDLESS: Duration = Duration::from_hours(12);

/// Plays a seed.
pub(crate) fn play(seed: u64) -> Played {
    play_with(seed, &[])
}

/// Plays a seed in which these are secrets as well.
pub(super) fn play_with(seed: u64, planted: &[&str]) -> Played {
    let draw = Draw::of(seed);
    // Made before, in a time of their own: what is kept from run to run must not be part of one.
    let models: BTreeMap<String, Arc<Model>> =
        draw.specs().into_iter().map(|spec| (spec.name(), model(spec))).collect();
    let canaries = Canaries::planted(planted);
    let played = catch_unwind(AssertUnwindSafe(|| {
        let _traced = canaries.trace();
        virtually(async {
            let run = Run::new(draw, models, canaries.clone());
            Box::pin(run.play()).await
        })
    }));
    let mut played = played.unwrap_or_else(|panic| {
        let broken = vec![format!("it panicked: {}", said(panic.as_ref(), &canaries))];
        Played { seed, counts: Counts::default(), log: Vec::new(), broken, shown: Vec::new() }
    });
    played.shown = canaries.found();
    played.broken.extend(played.shown.iter().map(|place| format!("a secret is shown: {place:?}")));
    played
}

/// What a panic says, read for secrets.
pub(super) fn said(panic: &(dyn Any + Send), canaries: &Canaries) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
    let text = text.unwrap_or_default();
    canaries.read(Place::Panic, text.as_bytes());
    text
}

/// An account in which a spec was applied and nothing went wrong.
struct Model {
    world: World,
    /// What came to be by it.
    made: BTreeSet<Object>,
    truth: Truth,
}

/// The model of a spec, made once in a process: it depends on the spec alone.
fn model(of: &'static Spec) -> Arc<Model> {
    static MODELS: Mutex<BTreeMap<String, Arc<Model>>> = Mutex::new(BTreeMap::new());
    let models = || MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = models().get(&of.name()).cloned();
    known.unwrap_or_else(|| {
        let made = Arc::new(virtually(async {
            let bench = Bench::calm().named("model".to_owned());
            bench.somebody().ec2("DescribeVpcs", &[]).await.good();
            let before: BTreeSet<Object> = bench.world().objects().into_iter().collect();
            bench.apply(&of.wanted(Keep::AsWritten)).await.complete();
            bench.somebody().wait(SETTLED).await;
            let (world, truth) = (bench.world(), bench.truth());
            let made = world.objects().into_iter().filter(|it| !before.contains(it)).collect();
            Model { world, made, truth: truth.that(|it| !before.contains(&object(it))) }
        }));
        models().entry(of.name()).or_insert(made).clone()
    })
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
            Self::Apply(spec) | Self::Diff(spec) | Self::Delete(spec) | Self::Put(spec, _) => spec,
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
}

/// How a command ended.
enum Ended {
    Outcome(Box<Outcome>),
    /// A value was put, or there was nowhere to put it.
    Put(bool),
    NoPlan(NoPlan),
    Killed,
}

impl Run {
    fn new(mut draw: Draw, models: BTreeMap<String, Arc<Model>>, canaries: Canaries) -> Self {
        let world = match draw.start.stands {
            Stands::All { of, .. } => models[&of.name()].world.clone(),
            Stands::Empty | Stands::Half { .. } => World::new(Settings::calm()),
        };
        let bench = Bench::at(world).named(format!("run-{}", draw.seed));
        bench.simulator.with(|world| world.reseed(draw.seed));
        let uid = environment(NAME).uid();
        let (rng, simulator) = (draw.rng.fork(), bench.simulator.clone());
        let stage = Stage::new(simulator, uid, rng, canaries.clone(), bench.stopper());
        let folder = (draw.record == Record::File).then(|| tempfile::tempdir().unwrap());
        let record = fresh(folder.as_ref(), 0);
        Self { draw, models, bench, stage, record, records: 0, folder, canaries }
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
            counts.deleted = self.vanish(self.draw.keep, &mut counts).await;
            self.is_listed().await;
            if self.draw.keep != Keep::Nothing {
                self.draw.keep = Keep::Nothing;
                self.vanish(Keep::Nothing, &mut counts).await;
            }
            self.is_as_before().await;
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
        Played { seed: self.draw.seed, counts, log, broken, shown: Vec::new() }
    }

    /// Makes the world that the run begins with.
    async fn set_up(&mut self) {
        let world = &self.bench.simulator;
        self.bench.somebody().ec2("DescribeVpcs", &[]).await.good();
        if self.draw.start.foreign {
            world.with(|world| world.seed(Seed::Network));
        }
        if self.draw.start.beside != Beside::Nothing {
            // Two environments are more than there are addresses for.
            world.with(|world| world.settings_mut().quotas.addresses *= 4);
            self.bench.apply(&self.draw.last.beside()).await.complete();
            self.bench.lose_record();
            self.bench.somebody().wait(SETTLED).await;
        }
        if self.draw.start.beside == Beside::Strangers {
            world.with(|world| disown(world, &environment(NEIGHBOUR).uid()));
        }
        let ours = match self.draw.start.stands {
            Stands::All { of, .. } => self.models[&of.name()].made.clone(),
            Stands::Empty | Stands::Half { .. } => BTreeSet::new(),
        };
        self.stage.with(|watch, _, _, world| watch.begin(world, &ours));
        if let Stands::Half { of, at } = self.draw.start.stands {
            let hang = clctl_simulator::Fate::HangAfter;
            let wanted = of.wanted(self.draw.keep);
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
        self.stage.with(|watch, _, _, _| watch.declare(self.draw.last.graph(self.draw.keep)));
        for _ in 0..self.draw.start.copies {
            self.stage.act(Act::CopyTags);
        }
        self.stage.attend();
    }

    /// Faults stop, somebody puts in order what only they can, and AWS is as it mostly is.
    ///
    /// What they give back is ours again once the lists show it: they wait for that. What they did a
    /// moment ago is not shown by every replica yet, and no command can know of it then.
    async fn calm(&self, all_goes: bool) {
        let (undone, wait) = self.stage.with(|watch, human, _, world| {
            let settings = world.settings_mut();
            let Settings { lag, latency, quotas, weather, .. } = Settings::default();
            (settings.lag, settings.latency) = (lag, latency);
            (settings.quotas, settings.weather) = (quotas, weather);
            (settings.throttling, settings.page) = (false, None);
            settings.quotas.vpcs *= 4;
            settings.quotas.addresses *= 4;
            settings.quotas.internet_gateways *= 4;
            watch.look(world, human);
            let before = world.tagged();
            let wait = match (human.lost.is_empty(), human.acted) {
                (false, _) => SETTLED,
                (true, true) => REPLICAS,
                (true, false) => 0,
            };
            let undone = human.put_in_order(world, &environment(NAME).uid(), all_goes);
            watch.concede(&before, world, false);
            world.settings_mut().throttling = true;
            (undone, wait)
        });
        self.breaks(undone);
        self.bench.somebody().wait(wait).await;
        self.stage.note("the faults stop");
    }

    /// Somebody heeds what clctl says of what it cannot do away with: takes our tags from what they had
    /// copied them onto, takes off what protects something from its end, and ends what they took out of its group.
    fn heed(&self, told: &str) {
        let done = self.stage.with(|watch, human, _, world| {
            let before = world.tagged();
            // What is said to have lost our tag may be held by a copy alone: whoever looks sees that.
            let lost = told.contains("has lost our owner tag");
            let mut done = human.let_go(world, |id| lost || told.contains(id));
            for (object, _) in before.iter().filter(|(it, _)| told.contains(&it.id)) {
                done |= told.contains("protect") && world.unprotect(object);
                let holds = ["is active", "has an address of the bastion's"];
                let is_told =
                    |it: &str| told.contains(&format!("{} {it} and is of no group", object.id));
                done |= holds.into_iter().any(is_told) && terminate(world, &object.id);
            }
            watch.concede(&before, world, false);
            done
        });
        if done {
            self.stage.note("somebody heeds what they are told");
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
        self.stage.with(|watch, _, _, _| what.into_iter().for_each(|it| watch.breaks(it)));
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
        let (spec, keep) = (verb.spec(), self.draw.keep);
        let graph = match verb {
            Verb::Apply(_) | Verb::Diff(_) | Verb::Put(..) => spec.graph(keep),
            Verb::Delete(_) => spec.nothing(keep),
        };
        self.stage.with(|watch, _, _, _| watch.declare(graph));
        self.stage.begin(scene);
        let ended = self.killable(verb, &spec.wanted(keep), cut).await;
        self.stage.end();
        // What was in flight is dropped before anything else happens.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        if matches!(verb, Verb::Diff(_)) && self.has_written() {
            self.breaks(["a diff wrote".to_owned()]);
        }
        let says = match &ended {
            Ended::Outcome(outcome) => {
                self.show(verb, &outcome.plan);
                if outcome.is_complete() {
                    if matches!(verb, Verb::Delete(_)) {
                        // Nothing is left that it could speak of.
                        self.lose_record();
                    }
                    "complete".to_owned()
                } else {
                    format!("incomplete:\n{}", outcome.told())
                }
            }
            Ended::Put(done) => (if *done { "put" } else { "there is no such secret" }).to_owned(),
            Ended::NoPlan(why) => format!("no plan: {why}, {why:?}"),
            Ended::Killed => "killed".to_owned(),
        };
        self.canaries.read(Place::Error, says.as_bytes());
        self.canaries.read_log();
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
                Verb::Put(spec, drawn) => {
                    let put = self.put(wanted, &spec.put(), drawn).await;
                    return put.map_or_else(Ended::NoPlan, Ended::Put);
                }
            };
            outcome.map_or_else(Ended::NoPlan, |it| Ended::Outcome(Box::new(it)))
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

    /// Puts a value into one of these secrets, as `secret put` does; says whether there is such a one.
    async fn put(&self, wanted: &Wanted, names: &[String], drawn: u64) -> Result<bool, NoPlan> {
        let nth = usize::try_from(drawn).unwrap_or_default().checked_rem(names.len());
        let Some(name) = nth.and_then(|nth| names.get(nth)) else { return Ok(false) };
        let value = format!("https://rpc.invalid/{drawn:016x}");
        self.canaries.sing(&value);
        let connected = self.bench.connect(wanted, Mode::ReadWrite).await;
        let aws = connected.map_err(NoPlan::Connect)?.aws;
        let id = PhysicalId(aws.environment.path(name));
        let look = Secret::find(&aws, &Scope::Ids(std::slice::from_ref(&id))).await;
        let found = look.map_err(|error| NoPlan::Look(error.into()))?;
        let ours = |it: &Found<Secret>| it.owner != Owner::Other && it.phase == Phase::Ready;
        let Some(secret) = found.into_iter().find(ours) else { return Ok(false) };
        let (run, value) = (format!("put-{drawn}"), SecretValue::new(value));
        let put = aws.put_secret(&secret.id, &run, &value).await;
        put.map_err(|error| NoPlan::Look(Error::from(error)))?;
        Ok(true)
    }

    /// Gives a command again and again, as a daemon does, until it has nothing left to do, and says
    /// how long that took; nothing if it did not come to an end.
    async fn persist(&mut self, verb: Verb, counts: &mut Counts) -> Option<Duration> {
        let start = self.bench.simulator.now();
        let mut pause = Duration::from_secs(15);
        let mut told = String::new();
        loop {
            if self.stage.is_broken() {
                return None;
            }
            let since = self.bench.simulator.now().since(start);
            if since > BOUND {
                self.breaks([format!("{verb:?} is not done after {} s: {told}", since.as_secs())]);
                return None;
            }
            match self.command(verb, None, None, counts).await {
                Ended::Outcome(outcome) if outcome.is_complete() => break,
                Ended::Outcome(outcome) => told = outcome.told(),
                Ended::NoPlan(why) => told = why.to_string(),
                Ended::Killed | Ended::Put(_) => {}
            }
            self.heed(&told);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_mins(5));
        }
        Some(self.bench.simulator.now().since(start))
    }

    /// Applies until the world is as declared; then it has to stay so.
    async fn converge(&mut self, counts: &mut Counts) -> Duration {
        let verb = Verb::Apply(self.draw.last);
        let Some(took) = self.persist(verb, counts).await else { return Duration::ZERO };
        let wanted = self.draw.last.wanted(self.draw.keep);
        let mut kept = BTreeSet::new();
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
                        let shown = render::view(&plan, &environment(NAME), false, Vec::new());
                        let shown = render::text(&shown, render::Paint::Plain);
                        let steps = steps(&plan);
                        self.breaks([format!("a second plan is not empty: {steps:?}\n{shown}")]);
                    }
                    kept = addresses(plan.kept.iter().map(|it| &it.seen));
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
        self.is_the_model(&kept);
        took
    }

    /// The world is what it would be if nothing had ever gone wrong, beside what is somebody else's
    /// and what is told to be kept.
    fn is_the_model(&self, kept: &BTreeSet<String>) {
        let model = &self.models[&self.draw.last.name()];
        let truth = self.bench.truth();
        let stays = Self::staying(&truth, kept);
        let ours = self.stage.with(|watch, _, _, _| {
            truth.that(|it| {
                let object = object(it);
                let copy = watch.is_theirs(&object) && it.address().is_none();
                !watch.is_foreign(&object) && !copy && !it.is_saved() && !stays.contains(&object)
            })
        });
        let declared = |truth: Truth| truth.without_fields(UNDECLARED).without_tag(LAST_IMAGE);
        if let Some(difference) = declared(ours).differs(&declared(model.truth.clone())) {
            self.breaks([format!("not what an undisturbed apply makes: {difference}")]);
        }
    }

    /// What stands for these nodes, which are not declared, and what is a part of that.
    fn staying(truth: &Truth, kept: &BTreeSet<String>) -> BTreeSet<Object> {
        let uid = environment(NAME).uid();
        let whole =
            |it: &&Thing| is_of(&it.tags, &uid) && it.address().is_some_and(|it| kept.contains(it));
        let stay: Vec<_> = truth.things().iter().filter(whole).collect();
        let ids: BTreeSet<&str> = stay.iter().map(|it| it.id.as_str()).collect();
        let is_part = |it: &&Thing| it.address().is_none() && links(it).any(|id| ids.contains(id));
        let parts = truth.things().iter().filter(is_part);
        parts.chain(stay.iter().copied()).map(object).collect()
    }

    /// Deletes until nothing is left but what is told to be kept.
    async fn vanish(&mut self, keep: Keep, counts: &mut Counts) -> Duration {
        let Some(took) = self.persist(Verb::Delete(self.draw.last), counts).await else {
            return Duration::ZERO;
        };
        let Some(plan) = self.look_for_what_is_left().await else { return took };
        let kept = addresses(plan.kept.iter().map(|it| &it.seen));
        let truth = self.bench.truth();
        // A snapshot that an earlier command was to leave opens with the key.
        let opens = truth.things().iter().any(Thing::is_saved);
        let needless = kept.iter().filter(|it| !(opens && *it == "kms-key/main"));
        let needless: Vec<&String> = needless.collect();
        if keep == Keep::Nothing && !needless.is_empty() {
            self.breaks([format!("kept, though nothing is to be: {needless:?}")]);
        }
        let stays = Self::staying(&truth, &kept);
        let left: Vec<String> = self.stage.with(|watch, _, _, _| {
            let left = truth.things().iter();
            let left = left.filter(|it| !watch.may_stay(it) && !stays.contains(&object(it)));
            left.map(|it| format!("{} {}", it.kind, it.id)).collect()
        });
        if !left.is_empty() {
            self.breaks([format!("left after a delete: {}", left.join(", "))]);
        }
        took
    }

    /// What a deletion that has ended says of what is left.
    async fn look_for_what_is_left(&self) -> Option<Plan<Aws>> {
        if self.stage.is_broken() {
            return None;
        }
        self.bench.somebody().wait(SETTLED).await;
        self.stage.begin(None);
        let plan = self.bench.try_removals(&self.draw.last.wanted(self.draw.keep)).await;
        self.stage.end();
        match plan {
            Ok(plan) => {
                if !plan.removals.is_empty() || plan.is_unknown() {
                    self.breaks([format!("a second delete has to do: {:?}", steps(&plan))]);
                }
                Some(plan)
            }
            Err(why) => {
                self.breaks([format!("nobody can say what is left: {why}")]);
                None
            }
        }
    }

    /// What AWS keeps for a time is listed, as long as it does.
    async fn is_listed(&self) {
        self.bench.somebody().wait(SHADOWS).await;
        let Some(plan) = self.look_for_what_is_left().await else { return };
        let listed = addresses(plan.recoverable.iter());
        let uid = environment(NAME).uid();
        let lingering = self.bench.simulator.with(|world| world.lingering_with_tags());
        let hidden: Vec<&str> = lingering
            .iter()
            .filter(|(_, tags)| is_of(tags, &uid))
            .filter_map(|(_, tags)| tags.get(ADDRESS))
            .map(String::as_str)
            .filter(|it| !listed.contains(*it))
            .collect();
        if !hidden.is_empty() {
            self.breaks([format!("AWS keeps what nobody is told of: {}", hidden.join(", "))]);
        }
    }

    /// When every window is over, nothing is left of it.
    async fn is_as_before(&self) {
        if self.stage.is_broken() {
            return;
        }
        // The neighbour's nodes have no part in what is left, and weeks of theirs take long.
        self.bench.simulator.dismiss();
        self.bench.somebody().wait(WINDOW).await;
        let left: Vec<String> = self.stage.with(|watch, human, _, world| {
            watch.look(world, human);
            let truth = Truth::of(world);
            // A snapshot opens with the key or not at all.
            let opens = truth.things().iter().any(Thing::is_saved);
            let is_key = |it: &Thing| ["key", "alias"].contains(&it.kind.as_str());
            let there = truth.things().iter().filter(|it| !watch.may_stay(it));
            let there = there.filter(|it| !(opens && is_key(it))).map(object);
            let lingers = world.lingering().into_iter().filter(|it| !watch.is_theirs(it));
            there.chain(lingers).map(|it| format!("{} {}", it.kind, it.id)).collect()
        });
        if !left.is_empty() {
            self.breaks([format!("left when every window is over: {}", left.join(", "))]);
        }
    }

    /// Shows a plan in every form, and reads it for secrets.
    fn show(&self, verb: Verb, plan: &Plan<Aws>) {
        let (environment, paint) = (environment(NAME), render::Paint::Plain);
        if matches!(verb, Verb::Delete(_)) {
            let shown = render::removals(plan, &environment, None, false).text(paint);
            self.canaries.read(Place::Removals, shown.as_bytes());
            return;
        }
        let shown = render::view(plan, &environment, false, Vec::new());
        let json = serde_json::to_string(&shown).unwrap();
        self.canaries.read(Place::PlanAsJson, json.as_bytes());
        self.canaries.read(Place::PlanAsText, render::text(&shown, paint).as_bytes());
        self.canaries.read(Place::PlanAsMarkdown, render::markdown(&shown).as_bytes());
    }

    /// Reads what is left of the run for secrets.
    fn read_everything(&self) {
        for event in self.bench.told() {
            self.canaries.read(Place::Event, format!("{event:?}").as_bytes());
        }
        if let Some(folder) = &self.folder {
            files(folder.path(), &mut |bytes| self.canaries.read(Place::Record, bytes));
        }
    }
}

/// The nodes that these objects stand for.
fn addresses<'a>(seen: impl Iterator<Item = &'a Arc<dyn Seen>>) -> BTreeSet<String> {
    seen.filter_map(|it| Some(it.address()?.to_string())).collect()
}

/// Every file in a folder.
fn files(folder: &Path, read: &mut dyn FnMut(&[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, read);
        } else {
            read(&std::fs::read(&path).unwrap());
        }
    }
}

/// An empty record.
fn fresh(folder: Option<&tempfile::TempDir>, nth: u32) -> Arc<dyn Journal> {
    let Some(folder) = folder else { return Arc::new(InMemory::default()) };
    let place = folder.path().join(nth.to_string());
    Arc::new(Store::open(&place).unwrap().journal(&environment(NAME)))
}
