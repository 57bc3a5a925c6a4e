//! Progress: what the engine tells, shown as it happens. A consumer of events and nothing else.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use jiff::Timestamp;
use owo_colors::Style;

use crate::{
    aws::Aws,
    engine::{Action, Cloud, Error, Event, ObjectKey, PhysicalId, Plan, Step, What},
    render::Paint,
    store::{PastEvent, Store},
};

use super::printer::Printer;

/// What steps are called.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<ObjectKey, String>);

impl Names {
    /// The names of a plan's steps.
    pub(super) fn of(plan: &Plan<Aws>) -> Self {
        let named = plan.removals.iter().filter_map(|removal| {
            let seen = removal.seen.as_ref();
            Some((ObjectKey::of(seen), seen.address()?.to_string()))
        });
        Self(named.collect())
    }

    /// The address alone.
    pub(super) fn short(&self, step: &Step) -> String {
        match step {
            Step::Ensure(address) => address.to_string(),
            Step::Remove(key) => {
                self.0.get(key).cloned().unwrap_or_else(|| format!("{} {}", key.kind, key.id))
            }
        }
    }

    /// The address, and of a removal what AWS calls the object: there may be another one.
    pub(super) fn long(&self, step: &Step) -> String {
        match step {
            Step::Ensure(address) => address.to_string(),
            Step::Remove(key) => match self.0.get(key) {
                Some(address) => format!("{address} ({})", key.id),
                None => format!("{} {}", key.kind, key.id),
            },
        }
    }
}

/// Shows and records what happens. What it has drawn goes away with it.
pub(super) struct Progress {
    printer: Printer,
    store: Store,
    uid: String,
    names: Names,
    state: Mutex<State>,
}

struct State {
    start: Timestamp,
    drawn: Option<Drawn>,
    /// What was last said of a step that waits, and when.
    waits: BTreeMap<String, (Timestamp, String)>,
    ready: BTreeMap<String, PhysicalId>,
}

/// What is drawn on a terminal.
struct Drawn {
    bars: MultiProgress,
    total: ProgressBar,
    /// In the order of their beginning, which is the order they are drawn in.
    active: BTreeMap<String, Line>,
    colour: Paint,
}

struct Line {
    bar: ProgressBar,
    since: Timestamp,
    text: String,
}

/// How often a pipe is told that something is still waited for.
const REMINDER: Duration = Duration::from_secs(30);
/// How often a terminal is told how late it is.
const TICK: Duration = Duration::from_secs(1);

impl Progress {
    /// Starts showing, `steps` being how many have something to do.
    pub(super) fn new(
        printer: &Printer,
        store: &Store,
        uid: String,
        start: Timestamp,
        steps: usize,
        names: Names,
    ) -> Self {
        let drawn = (printer.is_lively() && steps > 0).then(|| Drawn::begin(steps, printer.err()));
        printer.draw(drawn.as_ref().map(|drawn| drawn.bars.clone()));
        let state = State { start, drawn, waits: BTreeMap::new(), ready: BTreeMap::new() };
        Self {
            printer: printer.clone(),
            store: store.clone(),
            uid,
            names,
            state: Mutex::new(state),
        }
    }

    /// What steps are called.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// The objects that are ready, by the address of their nodes.
    pub(super) fn ready(&self) -> BTreeMap<String, PhysicalId> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ready.clone()
    }

    /// Takes an event.
    pub(super) fn tell(&self, event: &Event) {
        let step = event.step.as_ref().map(|step| self.names.short(step)).unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let What::Ready { id, .. } = &event.what {
            state.ready.insert(step.clone(), id.clone());
        }
        let Some(told) = told(&event.what) else { return };
        if !matches!(event.what, What::Waiting { .. }) {
            self.record(event.at, &step, told.reason, &told.text);
        }
        let clock = clock(state.start, event.at);
        let line = if let Some(drawn) = &mut state.drawn {
            drawn.show(&step, event, &clock, &told.text);
            told.keep == Keep::Always
        } else if let What::Waiting { .. } = event.what {
            state.reminds(&step, event.at, &told.text)
        } else {
            told.keep != Keep::Never
        };
        drop(state);
        if !line {
            return;
        }
        let styled = match event.what {
            What::Failed(_) => Style::new().red(),
            What::Contested { .. }
            | What::Retrying { .. }
            | What::Held(_)
            | What::Doubting { .. } => Style::new().yellow(),
            What::Ready { .. } | What::Removed(_) => Style::new().green(),
            What::Started(_)
            | What::Removing
            | What::Created(_)
            | What::Recovered(_)
            | What::Changed(_)
            | What::Waiting { .. } => Style::new(),
        };
        let step = if step.is_empty() { String::new() } else { format!("{step:<34} ") };
        self.printer.note(&format!(
            "{} {step}{}",
            self.printer.paint_err(&clock, Style::new().dimmed()),
            self.printer.paint_err(&told.text, styled)
        ));
    }

    /// A history is no reason to fail: what cannot be written is said in the log.
    fn record(&self, at: Timestamp, step: &str, reason: &str, text: &str) {
        let event = PastEvent { at, step: step.into(), reason: reason.into(), text: text.into() };
        if let Err(error) = self.store.record(&self.uid, &event) {
            tracing::warn!(%error, "an event was not recorded");
        }
    }

    /// Shows time passing. Does not end.
    pub(super) async fn tick(&self, aws: &Aws) -> Infallible {
        while self.draw(aws.now()) {
            tokio::time::sleep(TICK).await;
        }
        std::future::pending().await
    }

    /// Draws the present time, if anything is drawn.
    fn draw(&self, now: Timestamp) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(drawn) = &state.drawn {
            drawn.tick(now, &clock(state.start, now));
        }
        state.drawn.is_some()
    }

    /// Takes away what is drawn.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(drawn) = state.drawn.take() {
            drawn.end();
            self.printer.draw(None);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// How long it has taken, in a column.
fn clock(start: Timestamp, now: Timestamp) -> String {
    format!("{:>6}", short(now.duration_since(start)))
}

/// A duration as short as it can be read: `42s`, `3m07s`.
pub(super) fn short(took: jiff::SignedDuration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{:02}s", seconds / 60, seconds % 60)
    }
}

impl State {
    /// Whether a pipe is to hear that a step still waits: when something new is in its way, and now
    /// and then.
    fn reminds(&mut self, step: &str, at: Timestamp, text: &str) -> bool {
        let Some((last, said)) = self.waits.get(step) else {
            // Most waits are short: nothing is said of them.
            self.waits.insert(step.to_owned(), (at, String::new()));
            return false;
        };
        let new = text.contains(": ") && said != text;
        let due = at.duration_since(*last).unsigned_abs() >= REMINDER;
        if new || due {
            self.waits.insert(step.to_owned(), (at, text.to_owned()));
        }
        new || due
    }
}

impl Drawn {
    fn begin(steps: usize, colour: Paint) -> Self {
        let bars = MultiProgress::new();
        let total = bars.add(ProgressBar::new(steps as u64));
        let bar = if colour == Paint::Colour { "{bar:30.green/dim}" } else { "{bar:30}" };
        total.set_style(style(&format!("{bar} {{pos}}/{{len}}  {{msg}}")));
        total.tick();
        Self { bars, total, active: BTreeMap::new(), colour }
    }

    fn show(&mut self, step: &str, event: &Event, clock: &str, text: &str) {
        let what = &event.what;
        self.total.set_message(clock.trim().to_owned());
        if step.is_empty() {
            return;
        }
        let ends =
            matches!(what, What::Ready { .. } | What::Removed(_) | What::Failed(_) | What::Held(_));
        if !ends {
            if !self.active.contains_key(step) {
                let bar = self.bars.insert_before(&self.total, ProgressBar::new_spinner());
                let spinner =
                    if self.colour == Paint::Colour { "{spinner:.yellow}" } else { "{spinner}" };
                bar.set_style(style(&format!("  {spinner} {{prefix:<34}} {{wide_msg}}")));
                bar.set_prefix(step.to_owned());
                let line = Line { bar, since: event.at, text: String::new() };
                self.active.insert(step.to_owned(), line);
            }
            if let Some(line) = self.active.get_mut(step) {
                text.clone_into(&mut line.text);
                line.tick(event.at);
            }
            return;
        }
        if let Some(line) = self.active.remove(step) {
            line.bar.finish_and_clear();
            self.bars.remove(&line.bar);
        }
        if !matches!(what, What::Ready { changed: false, .. }) {
            self.total.inc(1);
        }
    }

    fn tick(&self, now: Timestamp, clock: &str) {
        for line in self.active.values() {
            line.tick(now);
        }
        self.total.set_message(clock.trim().to_owned());
        self.total.tick();
    }

    fn end(self) {
        for line in self.active.values() {
            line.bar.finish_and_clear();
        }
        self.total.finish_and_clear();
        drop(self.bars.clear());
    }
}

impl Line {
    fn tick(&self, now: Timestamp) {
        let took = short(now.duration_since(self.since));
        self.bar.set_message(format!("{took:>6}  {}", self.text));
        self.bar.tick();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// An event in words.
struct Told {
    reason: &'static str,
    text: String,
    keep: Keep,
}

/// Who is told by a line of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Everybody.
    Always,
    /// A pipe: a terminal shows it as long as it lasts.
    InPipe,
    /// Nobody: what follows says as much.
    Never,
}

/// An id as it is told in a line: of an ARN, what is behind all that every other one has too.
fn local(id: &PhysicalId) -> &str {
    match id.0.strip_prefix("arn:") {
        Some(rest) => rest.rsplit(':').next().unwrap_or(rest),
        None => &id.0,
    }
}

fn told(what: &What) -> Option<Told> {
    let say = |reason, text: String, keep| Some(Told { reason, text, keep });
    match what {
        What::Started(Action::Create | Action::Replace) => {
            say("Creating", "creating".into(), Keep::InPipe)
        }
        What::Started(Action::Recover) => say("Recovering", "taking back".into(), Keep::Never),
        What::Started(Action::Update) => say("Updating", "updating".into(), Keep::Never),
        What::Removing => say("Removing", "removing".into(), Keep::InPipe),
        What::Created(id) => say("Created", format!("created {}", local(id)), Keep::Never),
        What::Recovered(id) => say("Recovered", format!("took back {}", local(id)), Keep::InPipe),
        What::Changed(fields) => say("Changed", format!("set {}", fields.join(", ")), Keep::InPipe),
        What::Waiting { id, phase, blockers } if blockers.is_empty() => {
            say("Waiting", format!("{} is {phase}", local(id)), Keep::InPipe)
        }
        What::Waiting { id, phase, blockers } => say(
            "Waiting",
            format!("{} is {phase}: {}", local(id), blockers.join("; ")),
            Keep::InPipe,
        ),
        What::Retrying { error, after } => {
            say("Retrying", format!("{error}; again in {} s", after.as_secs()), Keep::InPipe)
        }
        What::Contested { field, from, to, times } => say(
            "Contested",
            format!(
                "{field} was set from {from} to {to} {times} times within a day: somebody sets it back; CloudTrail says who"
            ),
            Keep::Always,
        ),
        What::Ready { changed: false, .. } | What::Started(Action::Keep | Action::Refuse) => None,
        What::Ready { id, changed: true } => {
            say("Ready", format!("ready ({})", local(id)), Keep::Always)
        }
        What::Removed(id) => say("Removed", format!("removed ({})", local(id)), Keep::Always),
        What::Held(why) => say("Held", format!("held: {why}"), Keep::Always),
        What::Failed(error) if *error == Error::Stopped.to_string() => {
            say("Stopped", error.clone(), Keep::Never)
        }
        What::Failed(error) => say("Failed", format!("failed: {error}"), Keep::Always),
        What::Doubting { why, until } => {
            let until = until.strftime("%H:%M:%S");
            say("Doubting", format!("waiting until {until} UTC at the latest: {why}"), Keep::Always)
        }
    }
}
