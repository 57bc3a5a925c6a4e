//! What a seed stands for: everything that is drawn of a run before it begins.

use std::time::Duration;

use clctl::aws::kinds;
use clctl_simulator::{Lag, Settings, Span, Weather};

use super::specs::{Keep, SPECS, Spec};
pub(super) use crate::rng::Rng;

/// A run.
#[derive(Debug)]
pub(super) struct Draw {
    pub(super) seed: u64,
    /// What draws during the run: fates of calls, acts.
    pub(super) rng: Rng,
    pub(super) start: Start,
    /// What kind of world it is while things go wrong.
    pub(super) settings: Settings,
    pub(super) record: Record,
    /// What happens before the faults stop.
    pub(super) storm: Vec<Scene>,
    /// What is declared when the faults have stopped.
    pub(super) last: &'static Spec,
    /// The delete behind it, before the faults stop again; nothing if the environment stays.
    pub(super) end: Option<Vec<Scene>>,
    /// What stays of what nothing declares.
    pub(super) keep: Keep,
}

/// The world at first.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) stands: Stands,
    /// A VPC of the user's, in use.
    pub(super) foreign: bool,
    /// What stands in the same account and region.
    pub(super) beside: Beside,
    /// How many times our tags have been copied onto something of somebody else's.
    pub(super) copies: u64,
}

/// What stands beside the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Nothing,
    /// Another environment.
    Neighbour,
    /// Somebody's own objects: another environment without any tags.
    Strangers,
}

/// What of the environment is there at first.
#[derive(Debug)]
pub(super) enum Stands {
    /// Nothing.
    Empty,
    /// All that this spec asks for, after so many changes behind clctl's back. What the first scene
    /// asks for may be something else: then the rest are orphans.
    All { of: &'static Spec, drifts: u64 },
    /// What there is when an apply is killed at this call and its record lost.
    Half { of: &'static Spec, at: u64 },
}

/// Where the runs keep their record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Memory,
    File,
}

/// A command, and what befalls it.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) verb: Verb,
    pub(super) sky: Sky,
    pub(super) spells: Vec<Spell>,
    pub(super) cut: Option<Cut>,
    /// Whether the record is lost before the command.
    pub(super) forgets: bool,
    /// At which calls somebody does something.
    pub(super) acts: Vec<(u64, Act)>,
    /// How long after it the next one comes.
    pub(super) pause: Duration,
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verb {
    Apply(&'static Spec),
    Diff(&'static Spec),
    Delete(&'static Spec),
    /// Puts a value into one of the secrets: which, and what.
    Put(&'static Spec, u64),
}

/// How many calls in a thousand meet which fate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sky {
    pub(super) throttled: u64,
    pub(super) broken: u64,
    pub(super) broken_after: u64,
    pub(super) reset: u64,
    pub(super) lost: u64,
    /// No answer until the client gives up.
    pub(super) silent: u64,
    pub(super) silent_after: u64,
}

/// Something that holds for some calls of a scene, from one to another.
#[derive(Debug)]
pub(super) struct Spell {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) what: Ill,
}

/// What may hold for a while.
#[derive(Debug)]
pub(super) enum Ill {
    /// This action is denied.
    Denied(String),
    /// The credentials have expired.
    Expired,
    /// A quota, the nth there is, is this small.
    Quota { nth: u64, most: u64 },
    /// Where there is a code for it, AWS has no capacity.
    Capacity,
    /// Every call of operations that begin so is throttled.
    Throttled(&'static str),
}

/// How a command ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Killed when this call is made: before or after its effect, its answer and those in flight lost.
    Call { n: u64, after: bool },
    /// Killed at this entry of the record: before or after it is written.
    Entry { n: u64, after: bool },
    /// Killed when the command has been polled so often: at any await.
    Poll { n: u64 },
    /// Killed after this time.
    Time { millis: u64 },
    /// Told to stop at this call.
    Stop { n: u64 },
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// One of the changes that the simulator knows of.
    Drift,
    /// Our tags copied onto something of somebody else's.
    CopyTags,
    /// Our owner tag taken from something of ours.
    TakeTag,
    /// Something put into one of ours.
    Child,
}

impl Draw {
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let first = spec(&mut rng);
        let start = start(&mut rng, first);
        let settings = settings(&mut rng, seed);
        let record = if rng.percent(10) { Record::File } else { Record::Memory };
        let mut declared = if rng.percent(70) { first } else { changed(&mut rng, first) };
        let mut storm = Vec::new();
        for n in 0..rng.between(1, 4) {
            // A spec that changes in mid-flight: the one before may have been cut off.
            if n > 0 && rng.percent(30) {
                declared = changed(&mut rng, declared);
            }
            let verb = match rng.below(100) {
                0..74 => Verb::Apply(declared),
                74..82 => Verb::Diff(declared),
                82..92 if !declared.put().is_empty() => Verb::Put(declared, rng.next()),
                _ => Verb::Delete(declared),
            };
            storm.push(scene(&mut rng, verb));
        }
        let last = if rng.percent(85) { declared } else { changed(&mut rng, declared) };
        let end = rng
            .percent(80)
            .then(|| (0..rng.below(3)).map(|_| scene(&mut rng, Verb::Delete(last))).collect());
        let keep = match rng.below(10) {
            0..5 => Keep::AsWritten,
            5..7 => Keep::Everything,
            _ => Keep::Nothing,
        };
        Self { seed, rng: rng.fork(), start, settings, record, storm, last, end, keep }
    }
}

fn spec(rng: &mut Rng) -> &'static Spec {
    rng.pick(&SPECS).unwrap()
}

/// Another one that comes of the same example: others have another network or another engine, which is refused as long
/// as the database stands there.
fn changed(rng: &mut Rng, from: &'static Spec) -> &'static Spec {
    let same: Vec<&Spec> = SPECS.iter().filter(|it| it.example == from.example).collect();
    rng.pick(&same).copied().unwrap_or(from)
}

fn start(rng: &mut Rng, of: &'static Spec) -> Start {
    let stands = match rng.below(100) {
        0..35 => Stands::Empty,
        35..55 => Stands::All { of, drifts: 0 },
        55..75 => Stands::All { of, drifts: rng.between(1, 4) },
        75..85 => Stands::All { of: changed(rng, of), drifts: 0 },
        _ => Stands::Half { of, at: rng.between(4, 160) },
    };
    let beside = match rng.below(100) {
        0..10 => Beside::Neighbour,
        10..30 => Beside::Strangers,
        _ => Beside::Nothing,
    };
    let copies = if rng.percent(15) { rng.between(1, 2) } else { 0 };
    Start { stands, foreign: rng.percent(25), beside, copies }
}

fn settings(rng: &mut Rng, seed: u64) -> Settings {
    let (by_id, listed) = match rng.below(4) {
        0 => (0, 0),
        1 => (2_000, 20_000),
        2 => (5_000, 60_000),
        _ => (10_000, 290_000),
    };
    Settings {
        name: "drawn".to_owned(),
        seed,
        lag: Lag {
            by_id: Span::millis(0, by_id),
            listed: Span::millis(0, listed),
            dependents: by_id > 0 && rng.percent(50),
        },
        throttling: rng.percent(80),
        latency: if rng.percent(80) { Span::millis(20, 120) } else { Span::millis(20, 3_000) },
        page: rng.percent(30).then_some(5),
        guessing: rng.percent(50),
        weather: Weather { failing: if rng.percent(20) { 300 } else { 0 }, ..Weather::default() },
        ..Settings::default()
    }
}

fn scene(rng: &mut Rng, verb: Verb) -> Scene {
    let sky = match rng.below(10) {
        0..4 => Sky::default(),
        4..9 => Sky {
            throttled: rng.below(60),
            broken: rng.below(30),
            broken_after: rng.below(20),
            reset: rng.below(30),
            lost: rng.below(30),
            silent: rng.below(4),
            silent_after: rng.below(4),
        },
        _ => Sky { throttled: 300, broken: 100, lost: 100, ..Sky::default() },
    };
    let count = if rng.percent(30) { rng.between(1, 2) } else { 0 };
    let spells = (0..count).map(|_| spell(rng)).collect();
    let cut = rng.percent(55).then(|| cut(rng));
    let count = if rng.percent(40) { rng.between(1, 3) } else { 0 };
    let acts = (0..count)
        .map(|_| {
            let act = match rng.below(100) {
                0..70 => Act::Drift,
                70..80 => Act::CopyTags,
                80..90 => Act::TakeTag,
                _ => Act::Child,
            };
            (rng.between(1, 120), act)
        })
        .collect();
    let pause = Duration::from_secs(match rng.below(4) {
        0 | 1 => 0,
        2 => rng.below(60),
        _ => rng.below(900),
    });
    Scene { verb, sky, spells, cut, forgets: rng.percent(12), acts, pause }
}

fn spell(rng: &mut Rng) -> Spell {
    let what = match rng.below(10) {
        0..4 => {
            let mut actions = kinds::reads();
            actions.extend(kinds::writes());
            Ill::Denied((*rng.pick(&actions).unwrap()).to_owned())
        }
        4 | 5 => Ill::Expired,
        6 | 7 => Ill::Quota { nth: rng.below(1_000), most: rng.below(4) },
        8 => Ill::Capacity,
        _ => Ill::Throttled(rng.pick(&["Create", "Describe", "Delete", "Put", "A"]).unwrap()),
    };
    let from = rng.between(1, 120);
    Spell { from, to: from + rng.between(1, 80), what }
}

fn cut(rng: &mut Rng) -> Cut {
    match rng.below(10) {
        0..4 => Cut::Call { n: rng.between(1, 160), after: rng.percent(60) },
        4..6 => Cut::Entry { n: rng.between(1, 60), after: rng.percent(50) },
        6 => Cut::Poll { n: rng.between(1, 200) },
        7 | 8 => Cut::Time { millis: rng.between(1, 400_000) },
        _ => Cut::Stop { n: rng.between(1, 160) },
    }
}
