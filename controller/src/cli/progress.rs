//! Progress: what the engine tells, shown as it happens. A consumer of events and nothing else.

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use jiff::Timestamp;
use owo_colors::Style;

use crate::{
    engine::{Action, Event, Step, What},
    store::{PastEvent, Store},
};

use super::printer::Printer;

/// Shows and records what happens.
pub struct Progress {
    printer: Printer,
    store: Store,
    uid: String,
    state: Mutex<State>,
}

struct State {
    start: Timestamp,
    bars: Option<MultiProgress>,
    total: Option<ProgressBar>,
    active: BTreeMap<String, ProgressBar>,
    /// When a line was last printed that says that a step waits.
    waits: BTreeMap<String, Timestamp>,
}

/// How often a pipe is told that something is still waited for.
const REMINDER: Duration = Duration::from_secs(30);

impl Progress {
    /// Starts showing, `steps` being how many have something to do.
    pub fn new(printer: &Printer, store: &Store, uid: String, start: Timestamp, steps: usize) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        let bars = terminal.then(MultiProgress::new);
        let total = bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(steps as u64));
            bar.set_style(style("{wide_bar:.green/dim} {pos}/{len}  {msg}"));
            bar
        });
        let state = State { start, bars, total, active: BTreeMap::new(), waits: BTreeMap::new() };
        Self { printer: printer.clone(), store: store.clone(), uid, state: Mutex::new(state) }
    }

    /// Takes an event.
    pub fn tell(&self, event: &Event) {
        let step = event.step.as_ref().map(name).unwrap_or_default();
        let Some(Told { reason, text, lasting }) = told(&event.what) else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(event.what, What::Waiting { .. }) {
            self.record(event.at, &step, reason, &text);
        }
        let elapsed = event.at.duration_since(state.start);
        let clock = format!("{:>5}s", elapsed.as_secs());
        if state.bars.is_some() {
            state.show(&step, &event.what, &clock, &text);
            if !lasting {
                return;
            }
        } else if let What::Waiting { .. } = event.what {
            let last = *state.waits.entry(step.clone()).or_insert(event.at);
            if event.at.duration_since(last).unsigned_abs() < REMINDER {
                return;
            }
            state.waits.insert(step.clone(), event.at);
        }
        let styled = match event.what {
            What::Failed(_) => Style::new().red(),
            What::Contested { .. } | What::Retrying { .. } | What::Held(_) => Style::new().yellow(),
            What::Ready { .. } | What::Removed(_) => Style::new().green(),
            _ => Style::new(),
        };
        let step = if step.is_empty() { String::new() } else { format!("{step:<32} ") };
        let line = format!("{} {step}{}", self.printer.paint_err(&clock, Style::new().dimmed()), self.printer.paint_err(&text, styled));
        match &state.bars {
            Some(bars) => drop(bars.println(line)),
            None => self.printer.note(&line),
        }
    }

    /// A history is no reason to fail: what cannot be written is said in the log.
    fn record(&self, at: Timestamp, step: &str, reason: &str, text: &str) {
        let event = PastEvent { at, step: step.into(), reason: reason.into(), text: text.into() };
        if let Err(error) = self.store.record(&self.uid, &event) {
            tracing::warn!(%error, "an event was not recorded");
        }
    }

    /// Takes the bars away.
    pub fn end(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bars) = &state.bars {
            drop(bars.clear());
        }
    }
}

impl State {
    fn show(&mut self, step: &str, what: &What, clock: &str, text: &str) {
        let Some(bars) = &self.bars else { return };
        let ends = matches!(what, What::Ready { .. } | What::Removed(_) | What::Failed(_) | What::Held(_));
        if let Some(total) = &self.total {
            total.set_message(clock.trim().to_owned());
        }
        if ends {
            if let Some(bar) = self.active.remove(step) {
                bar.finish_and_clear();
                bars.remove(&bar);
            }
            if let Some(total) = self.total.as_ref().filter(|_| !matches!(what, What::Ready { changed: false, .. })) {
                total.inc(1);
            }
            return;
        }
        let bar = self.active.entry(step.to_owned()).or_insert_with(|| {
            let bar = bars.insert_from_back(1, ProgressBar::new_spinner());
            bar.set_style(style("  {spinner:.yellow} {prefix:<32} {msg}"));
            bar.set_prefix(step.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(text.to_owned());
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// What a step is called.
pub fn name(step: &Step) -> String {
    match step {
        Step::Ensure(address) => address.to_string(),
        Step::Remove(key) => format!("{} {}", key.kind, key.id),
    }
}

/// An event in words.
struct Told {
    reason: &'static str,
    text: String,
    /// Whether a terminal keeps it, too.
    lasting: bool,
}

fn told(what: &What) -> Option<Told> {
    let say = |reason, text: String, lasting| Some(Told { reason, text, lasting });
    match what {
        What::Started(Action::Create | Action::Replace) => say("Creating", "creating".into(), false),
        What::Started(Action::Update) => say("Updating", "updating".into(), false),
        What::Started(Action::Keep | Action::Refuse) => None,
        What::Removing => say("Removing", "removing".into(), false),
        What::Created(id) => say("Created", format!("created {id}"), false),
        What::Changed(fields) => say("Changed", format!("set {}", fields.join(", ")), false),
        What::Waiting { id, phase, blockers } if blockers.is_empty() => {
            say("Waiting", format!("{id} is {phase}"), false)
        }
        What::Waiting { id, phase, blockers } => {
            say("Waiting", format!("{id} is {phase}: {}", blockers.join("; ")), false)
        }
        What::Retrying { error, after } => {
            say("Retrying", format!("{error}; again in {} s", after.as_secs()), false)
        }
        What::Contested { field, from, to, times } => say(
            "Contested",
            format!(
                "{field} was set from {from} to {to} for the {times}. time within a day: somebody sets it back; CloudTrail says who"
            ),
            true,
        ),
        What::Ready { changed: false, .. } => None,
        What::Ready { id, changed: true } => say("Ready", format!("ready ({id})"), true),
        What::Removed(id) => say("Removed", format!("removed ({id})"), true),
        What::Held(why) => say("Held", format!("held: {why}"), true),
        What::Failed(error) => say("Failed", format!("failed: {error}"), true),
        What::Doubting { why, until } => {
            let until = until.strftime("%H:%M:%S");
            say("Doubting", format!("waiting until {until} UTC at the latest: {why}"), true)
        }
    }
}
