//! A plan agreed to and walked: what `apply` and `delete` share.

use std::{
    io::{BufRead, IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::{
    aws::Aws,
    engine::{
        Approved, Cloud, Disposition, Doubt, Event, Graph, Journal, Observation, Plan, Purpose, Report,
        Sink, Step, Stop, StopSignal, VISIBILITY, Walk, What, observe, walk,
    },
    render::{PlanView, StepView},
};

use super::{
    args::Waiting,
    exit::Exit,
    printer::Printer,
    progress::{Progress, name},
    session::{Ends, Session},
};

/// How a walk is told to stop, and why it was.
pub struct Stopping {
    sender: watch::Sender<Stop>,
    why: watch::Sender<Option<Why>>,
}

/// Why a walk was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody pressed Ctrl-C, or the system asked.
    Signal,
    /// Time was up.
    Timeout,
}

impl Stopping {
    /// Listens for signals, and for time to be up.
    pub fn listen(printer: &Printer, timeout: Duration) -> Arc<Self> {
        let stopping =
            Arc::new(Self { sender: watch::Sender::new(Stop::No), why: watch::Sender::new(None) });
        let (listening, printer) = (stopping.clone(), printer.clone());
        #[expect(clippy::disallowed_methods, reason = "it ends with the process")]
        tokio::spawn(async move {
            tokio::select! {
                () = signal() => {
                    printer.note("stopping: calls in flight are finished and recorded; once more to leave at once");
                    listening.stop(Why::Signal);
                }
                () = tokio::time::sleep(timeout) => {
                    printer.note("time is up: calls in flight are finished and recorded");
                    listening.stop(Why::Timeout);
                }
            }
            signal().await;
            #[expect(clippy::exit, reason = "the user asked twice")]
            std::process::exit(i32::from(Exit::Interrupted as u8));
        });
        stopping
    }

    fn stop(&self, why: Why) {
        self.why.send_replace(Some(why));
        self.sender.send_replace(Stop::Now);
    }

    /// What a walk listens to.
    pub fn signal(&self) -> StopSignal {
        self.sender.subscribe()
    }

    /// Why it was told to stop, if it was.
    pub fn why(&self) -> Option<Why> {
        *self.why.borrow()
    }
}

/// Ends when the process is asked to end.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}

/// Looks at the world until no absence is in doubt.
pub async fn settled(
    session: &Session,
    graph: &Graph<Aws>,
    purpose: Purpose,
    progress: &Progress,
    stop: &StopSignal,
) -> anyhow::Result<Observation> {
    let journal = session.store.journal(&session.aws.environment);
    loop {
        let seen = observe(&session.kinds, &session.aws, graph, &journal, purpose).await?;
        let Some(Doubt { why, until, .. }) = seen.doubts.first().cloned() else {
            return Ok(seen);
        };
        progress.tell(&Event { at: session.aws.now(), step: None, what: What::Doubting { why, until } });
        if *stop.borrow() != Stop::No {
            return Ok(seen);
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}

/// Asks whether to go on; refuses where there is nobody to ask.
pub fn approve(plan: &PlanView, yes: bool, what: &str) -> anyhow::Result<()> {
    let dear: Vec<&StepView> = plan.steps.iter().filter(|step| step.is_dear()).collect();
    if yes || dear.is_empty() {
        return Ok(());
    }
    let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !asks {
        anyhow::bail!(Ends {
            exit: Exit::Refused,
            text: format!(
                "{what} interrupts, replaces or removes {} of {}'s objects, and there is nobody to ask: nothing was done; read the plan and add --yes",
                dear.len(),
                plan.environment.name
            ),
        });
    }
    let mut err = std::io::stderr().lock();
    write!(
        err,
        "{what} interrupts, replaces or removes {} objects of {}. Type yes to go on: ",
        dear.len(),
        plan.environment.name
    )?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        return Ok(());
    }
    anyhow::bail!(Ends { exit: Exit::Refused, text: "not approved: nothing was done".into() })
}

/// What came of carrying a plan out.
pub struct Outcome {
    /// Step by step.
    pub report: Report,
    /// How long it took, on the world's clock.
    pub took: SignedDuration,
}

/// Carries a plan out.
pub async fn carry_out(
    session: &Session,
    plan: &Plan<Aws>,
    waiting: &Waiting,
    progress: Arc<Progress>,
    stopping: &Stopping,
) -> Outcome {
    let start = session.aws.now();
    let told = progress.clone();
    let sink: Sink = Arc::new(move |event| told.tell(event));
    let journal = session.store.journal(&session.aws.environment);
    let ticking = Ticking::start(&progress);
    let report = walk(
        plan,
        Walk {
            cloud: session.aws.clone(),
            kinds: session.kinds.clone(),
            journal: Arc::new(journal) as Arc<dyn Journal>,
            gate: Arc::new(Approved::of(plan)),
            sink,
            stop: stopping.signal(),
            run: run_name(start),
            wait: !waiting.no_wait,
        },
    )
    .await;
    drop(ticking);
    progress.end();
    Outcome { report, took: session.aws.now().duration_since(start) }
}

/// Ends what shows time passing when it goes out of scope.
struct Ticking;

impl Ticking {
    fn start(_: &Arc<Progress>) -> Self {
        Self
    }
}

/// A name no other run has: when, and by which process.
fn run_name(start: Timestamp) -> String {
    format!("{}-{}", start.as_millisecond(), std::process::id())
}

/// Says what was left undone, and why; nothing if nothing was.
pub fn explain(report: &Report, printer: &Printer) {
    for (step, error) in &report.failed {
        printer.error(&anyhow::anyhow!("{}: {}", name(step), chain(error)));
        if error.disposition() == Disposition::Bug {
            printer.note("  this should not happen: please report it with the output of -vv");
        }
    }
    for (step, why) in &report.held {
        printer.note(&format!("held: {}: {why}", name(step)));
    }
    for (step, phase) in &report.underway {
        printer.note(&format!("under way: {} is {phase}", name(step)));
    }
    for (step, needs) in &report.blocked {
        let needs: Vec<String> = needs.iter().map(name).collect();
        let why = if needs.is_empty() { "not begun".to_owned() } else { format!("waits for {}", needs.join(", ")) };
        printer.note(&format!("not done: {}: {why}", name(step)));
    }
}

/// An error with its causes, in one line.
fn chain(error: &crate::engine::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(below) = cause {
        let below_text = below.to_string();
        if !text.contains(&below_text) {
            text.push_str(": ");
            text.push_str(&below_text);
        }
        cause = below.source();
    }
    text
}

/// The exit code of what was carried out.
pub fn exit(report: &Report, stopping: &Stopping) -> Exit {
    match stopping.why() {
        _ if report.is_complete() => Exit::Done,
        Some(Why::Signal) => Exit::Interrupted,
        Some(Why::Timeout) => Exit::TimedOut,
        None if report.failed.is_empty() && report.held.is_empty() => Exit::Done,
        None => Exit::Incomplete,
    }
}

/// How long an absence may be in doubt at the most.
pub const DOUBT: Duration = VISIBILITY;

/// How many steps have something to do.
pub fn steps(plan: &PlanView) -> usize {
    let counts = &plan.summary;
    counts.create + counts.update + counts.replace * 2 + counts.remove
}

/// Whether the step was the removal of something.
pub fn is_removal(step: &Step) -> bool {
    matches!(step, Step::Remove(_))
}
