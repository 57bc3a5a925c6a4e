//! What befalls a command: decided call by call, in the order in which the calls come.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use clctl::engine::{Address, Intent, Journal, JournalError, PhysicalId, Repair, Stop};
use clctl_simulator::{CallInfo, Fate, Quotas, Simulator, World};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    draw::{Act, Cut, Ill, Rng, Scene, Sky, Spell},
    human::Human,
    invariants::Watch,
    report::Counts,
    secrets::Canaries,
};
use crate::truth::Truth;

/// The key that the sandbox signs with.
const KEY: &str = "AKIDSANDBOX";
/// More calls than any command makes that comes to an end.
const ENDLESS: u64 = 20_000;

/// Operations for which AWS documents a code that says that it has no capacity.
const CAPACITY: &[(&str, &str)] = &[
    ("AllocateAddress", "InsufficientAddressCapacity"),
    ("RunInstances", "InsufficientInstanceCapacity"),
];

/// What befalls the commands of a run, and what is seen of them.
pub(super) struct Stage {
    simulator: Simulator,
    state: Mutex<State>,
    /// Whether the process is to be dropped.
    killed: watch::Sender<bool>,
    stop: watch::Sender<Stop>,
}

struct State {
    rng: Rng,
    uid: String,
    sky: Sky,
    spells: Vec<Spell>,
    cut: Option<Cut>,
    acts: Vec<(u64, Act)>,
    /// Calls and entries of the record since the command began.
    calls: u64,
    entries: u64,
    /// Whether a write arrived since the world was looked at.
    written: bool,
    /// The process is gone: no call of it arrives, and no entry is written.
    dead: bool,
    watch: Watch,
    canaries: Canaries,
    human: Human,
    counts: Counts,
    log: Vec<String>,
}

impl Stage {
    pub(super) fn new(
        simulator: Simulator,
        uid: String,
        rng: Rng,
        canaries: Canaries,
        stop: watch::Sender<Stop>,
    ) -> Arc<Self> {
        let state = State {
            rng,
            watch: Watch::of(uid.clone()),
            uid,
            canaries,
            sky: Sky::default(),
            spells: Vec::new(),
            cut: None,
            acts: Vec::new(),
            calls: 0,
            entries: 0,
            written: true,
            dead: false,
            human: Human::default(),
            counts: Counts::default(),
            log: Vec::new(),
        };
        Arc::new(Self {
            simulator,
            state: Mutex::new(state),
            killed: watch::Sender::new(false),
            stop,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets every call of the simulator pass here.
    pub(super) fn attend(self: &Arc<Self>) {
        let stage = self.clone();
        self.simulator.set_hook(Arc::new(move |call| stage.fate(call)));
    }

    /// A command begins, with what is to befall it.
    pub(super) fn begin(&self, scene: Option<&mut Scene>) {
        let mut state = self.state();
        (state.calls, state.entries, state.dead) = (0, 0, false);
        (state.sky, state.cut) =
            scene.as_ref().map_or((Sky::default(), None), |it| (it.sky, it.cut));
        (state.spells, state.acts) = scene.map_or_else(Default::default, |it| {
            (std::mem::take(&mut it.spells), std::mem::take(&mut it.acts))
        });
        self.stop.send_replace(Stop::No);
        self.killed.send_replace(false);
        self.simulator.forget_calls();
        self.simulator.with(|world| state.look(world));
    }

    /// The command has ended, or was killed: what held for it holds no more.
    pub(super) fn end(&self) {
        let mut state = self.state();
        self.simulator.with(|world| {
            state.lift(world, |_| true);
            state.look(world);
            let truth = Truth::of(world);
            state.watch.compare(&truth);
            state.canaries.listen(&truth);
        });
        state.dead = true;
    }

    /// Lets somebody do something.
    pub(super) fn act(&self, act: Act) {
        let mut state = self.state();
        if let Some(says) = self.simulator.with(|world| state.act(world, act)) {
            self.say(&mut state, &format!("somebody: {says}"));
        }
    }

    /// When the process is to die at a call or an entry, it does so here.
    pub(super) async fn death(&self) {
        // The sender lives as long as `self`.
        drop(self.killed.subscribe().wait_for(|killed| *killed).await);
    }

    /// The process is killed from outside.
    pub(super) fn kill(&self, how: &str) {
        let mut state = self.state();
        state.dead = true;
        *state.counts.kills.entry(how.to_owned()).or_default() += 1;
        self.say(&mut state, &format!("killed {how}"));
    }

    pub(super) fn note(&self, says: &str) {
        let mut state = self.state();
        self.say(&mut state, says);
    }

    fn say(&self, state: &mut State, says: &str) {
        let now = self.simulator.now();
        state.log.push(format!("{now} {says}"));
    }

    /// Works on what is seen and known of the run.
    pub(super) fn with<R>(
        &self,
        work: impl FnOnce(&mut Watch, &mut Human, &mut Counts, &mut World) -> R,
    ) -> R {
        let mut state = self.state();
        let State { watch, human, counts, .. } = &mut *state;
        self.simulator.with(|world| work(watch, human, counts, world))
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// Whether something did not hold.
    pub(super) fn is_broken(&self) -> bool {
        !self.state().watch.broken.is_empty()
    }

    /// Decides what becomes of a call.
    fn fate(&self, call: &CallInfo) -> Fate {
        let mut state = self.state();
        if state.dead {
            return Fate::HangBefore;
        }
        state.calls += 1;
        state.counts.calls += 1;
        let n = state.calls;
        self.simulator.with(|world| {
            // Nothing is done by anybody but by writes, and by somebody, who is looked after at once.
            if state.written {
                state.look(world);
            }
            state.written = call.mutating;
            state.lift(world, |spell| spell.to <= n);
            state.cast(world, n);
        });
        let due: Vec<Act> = state.acts.iter().filter(|(at, _)| *at == n).map(|it| it.1).collect();
        for act in due {
            if let Some(says) = self.simulator.with(|world| state.act(world, act)) {
                self.say(&mut state, &format!("somebody: {says}"));
            }
        }
        if n > ENDLESS {
            state.watch.broken.push(format!("a command makes more than {ENDLESS} calls"));
        }
        let broken = !state.watch.broken.is_empty();
        let action = format!("{}:{}", call.service, call.operation);
        let fate = match state.cut {
            _ if broken => Some(Fate::HangBefore),
            Some(Cut::Call { n: at, after }) if at == n => {
                let when = if after { "after a call" } else { "before a call" };
                *state.counts.kills.entry(when.to_owned()).or_default() += 1;
                state.counts.crashes.insert((action.clone(), when));
                Some(if after { Fate::HangAfter } else { Fate::HangBefore })
            }
            Some(Cut::Stop { n: at }) if at == n => {
                *state.counts.kills.entry("told to stop".to_owned()).or_default() += 1;
                self.stop.send_replace(Stop::Now);
                None
            }
            _ => None,
        };
        if let Some(fate) = fate {
            state.dead = true;
            self.killed.send_replace(true);
            self.say(&mut state, &format!("{n} {action} killed: {fate:?}"));
            return fate;
        }
        let (fate, fault) = state.draw(call, &action);
        if let Some(fault) = fault {
            state.counts.faults += 1;
            state.counts.pairs.insert((action.clone(), fault));
        }
        self.say(&mut state, &format!("{n} {action} {}", fault.unwrap_or("")));
        fate
    }

    /// An entry of the record is to be written: whether it may, and whether it is the last.
    fn entry(&self) -> (bool, bool) {
        let mut state = self.state();
        if state.dead {
            return (false, false);
        }
        state.entries += 1;
        match state.cut {
            Some(Cut::Entry { n, after }) if n == state.entries => {
                state.dead = true;
                let when = if after { "after an entry" } else { "before an entry" };
                *state.counts.kills.entry(when.to_owned()).or_default() += 1;
                self.say(&mut state, &format!("killed {when} of the record"));
                self.killed.send_replace(true);
                (after, true)
            }
            _ => (true, false),
        }
    }
}

impl State {
    fn look(&mut self, world: &World) {
        self.watch.look(world, &self.human);
    }

    /// Ends the spells that are over.
    fn lift(&mut self, world: &mut World, over: impl Fn(&Spell) -> bool) {
        let (ended, lasting) =
            std::mem::take(&mut self.spells).into_iter().partition::<Vec<_>, _>(|it| over(it));
        self.spells = lasting;
        let settings = world.settings_mut();
        for spell in ended {
            match spell.what {
                Ill::Denied(action) => settings.denied.retain(|it| *it != action),
                Ill::Expired => settings.expired_keys.clear(),
                Ill::Quota { .. } => settings.quotas = Quotas::default(),
                Ill::Capacity | Ill::Throttled(_) => {}
            }
        }
    }

    /// Begins the spells whose time has come.
    fn cast(&mut self, world: &mut World, n: u64) {
        let settings = world.settings_mut();
        for spell in self.spells.iter().filter(|it| it.from == n) {
            match &spell.what {
                Ill::Denied(action) => settings.denied.push(action.clone()),
                Ill::Expired => settings.expired_keys.push(KEY.to_owned()),
                Ill::Quota { nth, most } => settings.quotas = small(*nth, *most),
                Ill::Capacity | Ill::Throttled(_) => {}
            }
        }
    }

    fn act(&mut self, world: &mut World, act: Act) -> Option<String> {
        let before = world.tagged();
        let deed = self.human.act(act, world, &self.uid, &mut self.rng)?;
        self.human.acted = true;
        self.watch.concede(&before, world, deed.owns);
        self.look(world);
        *self.counts.acts.entry(format!("{act:?}")).or_default() += 1;
        Some(deed.says)
    }

    /// Draws the fate of a call, and says which fault it is.
    fn draw(&mut self, call: &CallInfo, action: &str) -> (Fate, Option<&'static str>) {
        let n = self.calls;
        let active: Vec<&Ill> =
            self.spells.iter().filter(|it| it.from <= n && n < it.to).map(|it| &it.what).collect();
        let mut under = None;
        for ill in active {
            match ill {
                Ill::Denied(denied) if denied == action => under = Some("denied"),
                Ill::Expired => under = Some("expired credentials"),
                Ill::Quota { .. } if call.mutating => under = under.or(Some("small quota")),
                Ill::Capacity => {
                    let code = CAPACITY.iter().find(|(operation, _)| *operation == call.operation);
                    if let Some((_, code)) = code {
                        let message = "There is not enough capacity at the moment.".to_owned();
                        let fate = Fate::Refuse { status: 500, code: (*code).to_owned(), message };
                        return (fate, Some("no capacity"));
                    }
                }
                Ill::Throttled(prefix) if call.operation.starts_with(prefix) => {
                    return (Fate::Throttled, Some("throttled for long"));
                }
                Ill::Denied(_) | Ill::Quota { .. } | Ill::Throttled(_) => {}
            }
        }
        let Sky { throttled, broken, broken_after, reset, lost, silent, silent_after } = self.sky;
        let mut drawn = self.rng.below(1000);
        for (chance, fate, fault) in [
            (throttled, Fate::Throttled, "throttled"),
            (broken, Fate::Broken, "server error"),
            (broken_after, Fate::BrokenAfter, "server error after its effect"),
            (reset, Fate::DropBefore, "reset"),
            (lost, Fate::DropAfter, "answer lost after its effect"),
            (silent, Fate::HangBefore, "no answer"),
            (silent_after, Fate::HangAfter, "no answer after its effect"),
        ] {
            if drawn < chance {
                return (fate, Some(fault));
            }
            drawn -= chance;
        }
        (Fate::Proceed, under)
    }
}

/// AWS's quotas, the nth of them this small.
fn small(nth: u64, most: u64) -> Quotas {
    let mut all = serde_json::to_value(Quotas::default()).unwrap();
    let members = all.as_object_mut().unwrap();
    let place = usize::try_from(nth).unwrap() % members.len();
    // A tag of ours is more than one.
    let least =
        if members.keys().nth(place).is_some_and(|it| it.contains("tags")) { 12 } else { 0 };
    if let Some(quota) = members.values_mut().nth(place) {
        *quota = (least + most).into();
    }
    serde_json::from_value(all).unwrap()
}

/// A record that may end at any entry, as its process may.
pub(super) struct Mortal {
    pub(super) stage: Arc<Stage>,
    pub(super) inner: Arc<dyn Journal>,
}

impl Mortal {
    fn write<R: Default>(
        &self,
        write: impl FnOnce() -> Result<R, JournalError>,
    ) -> Result<R, JournalError> {
        let (may, last) = self.stage.entry();
        let written = if may { write()? } else { R::default() };
        if may && !last {
            return Ok(written);
        }
        // Nobody is there any more to be told.
        Err(JournalError { verb: "written", source: "the process is dead".into() })
    }
}

impl Journal for Mortal {
    fn begin(&self, address: &Address, ordinal: u32, at: Timestamp) -> Result<(), JournalError> {
        self.write(|| self.inner.begin(address, ordinal, at))
    }

    fn resolve(&self, address: &Address, id: Option<&PhysicalId>) -> Result<(), JournalError> {
        self.write(|| self.inner.resolve(address, id))
    }

    fn intents(&self) -> Result<Vec<Intent>, JournalError> {
        self.inner.intents()
    }

    fn gone(&self, id: &PhysicalId) -> Result<(), JournalError> {
        self.write(|| self.inner.gone(id))
    }

    fn set_nonce(&self, nonce: &str) -> Result<(), JournalError> {
        self.write(|| self.inner.set_nonce(nonce))
    }

    fn knows_nonce(&self, nonce: &str) -> Result<bool, JournalError> {
        self.inner.knows_nonce(nonce)
    }

    fn repaired(
        &self,
        repair: &Repair<'_>,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<u32, JournalError> {
        self.write(|| self.inner.repaired(repair, at, since))
    }

    fn repairs(&self, repair: &Repair<'_>, since: Timestamp) -> Result<u32, JournalError> {
        self.inner.repairs(repair, since)
    }
}

/// What was met, for the report.
pub(super) type Pairs = BTreeSet<(String, &'static str)>;
/// What happened how often.
pub(super) type Tally = BTreeMap<String, u64>;
