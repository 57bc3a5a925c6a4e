//! A plan agreed to and walked: what `apply` and `delete` share.

use std::{
    io::{BufRead, IsTerminal, Write},
    sync::Arc,
};

use anyhow::bail;
use jiff::{SignedDuration, Timestamp};

use crate::{
    aws::Aws,
    engine::{
        Approved, Cloud, Error, Graph, Journal, Observation, Plan, Purpose, Report, Sink, Until,
        Walk, observe, observe_settled, walk,
    },
};

use super::{
    exit::Exit,
    printer::Printer,
    progress::{Names, Progress},
    session::{Ends, Session},
    stopping::{Stopping, Why},
};

/// Looks at the world once, to show it.
pub(super) async fn look(
    session: &Session,
    graph: &Graph<Aws>,
    purpose: Purpose,
) -> anyhow::Result<Observation> {
    Ok(observe(&session.kinds, &session.aws, graph, &session.journal(), purpose).await?)
}

/// Looks at the world until no absence is in doubt.
pub(super) async fn settled(
    session: &Session,
    graph: &Graph<Aws>,
    purpose: Purpose,
    printer: &Printer,
    stopping: &Stopping,
) -> anyhow::Result<Observation> {
    let environment = &session.aws.environment;
    let now = session.aws.now();
    let progress = Arc::new(Progress::new(
        printer,
        &session.store,
        environment.uid(),
        now,
        0,
        Names::default(),
    ));
    let sink: Sink = Arc::new(move |event| progress.tell(event));
    let signal = stopping.signal();
    let journal = session.journal();
    let (kinds, aws) = (&session.kinds, &session.aws);
    let _pace = Pace::begin(printer);
    match observe_settled(kinds, aws, graph, &journal, purpose, &sink, &signal).await {
        Ok(seen) => Ok(seen),
        Err(Error::Stopped) => bail!(stopped(stopping)),
        Err(error) => Err(error.into()),
    }
}

/// The end of a command that was stopped before it changed anything.
fn stopped(stopping: &Stopping) -> Ends {
    let exit = match stopping.why() {
        Some(Why::Timeout) => Exit::TimedOut,
        Some(Why::Signal) | None => Exit::Interrupted,
    };
    Ends { exit, text: "stopped before anything was changed".into() }
}

/// What has to be agreed to.
pub(super) struct Question<'a> {
    /// What would be done: `removes 3 objects`.
    pub(super) does: String,
    /// Of which environment.
    pub(super) environment: &'a str,
}

/// Asks whether to go on; refuses where there is nobody to ask.
pub(super) async fn approve(
    question: Question<'_>,
    yes: bool,
    printer: &Printer,
    stopping: &Stopping,
) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let Question { does, environment } = question;
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        bail!(Ends {
            exit: Exit::Refused,
            text: format!(
                "this {does} of {environment}, and there is nobody to ask: nothing was done; read the plan, then add --yes"
            ),
        });
    }
    let asked = format!("{}This {does} of {environment}. Type yes to go on: ", printer.place());
    let answer = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
        let mut err = std::io::stderr().lock();
        write!(err, "{asked}")?;
        err.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer)
    });
    let answer = tokio::select! {
        answer = answer => answer??,
        () = stopping.asked() => bail!(stopped(stopping)),
    };
    if answer.trim() == "yes" {
        return Ok(());
    }
    bail!(Ends { exit: Exit::Refused, text: "not approved: nothing was done".into() })
}

/// What came of carrying a plan out.
pub(super) struct Outcome {
    /// Step by step.
    pub(super) report: Report,
    /// How long it took, on the world's clock.
    pub(super) took: SignedDuration,
}

/// Carries a plan out.
pub(super) async fn carry_out(
    session: &Session,
    plan: &Plan<Aws>,
    until: Until,
    progress: &Arc<Progress>,
    printer: &Printer,
    stopping: &Stopping,
) -> anyhow::Result<Outcome> {
    let start = session.aws.now();
    let told = progress.clone();
    let sink: Sink = Arc::new(move |event| told.tell(event));
    let walking = walk(
        plan,
        Walk {
            cloud: session.aws.clone(),
            kinds: session.kinds.clone(),
            journal: Arc::new(session.journal()) as Arc<dyn Journal>,
            gate: Arc::new(Approved::of(plan)),
            sink,
            stop: stopping.signal(),
            run: run_name(start),
            until,
        },
    );
    let _pace = Pace::begin(printer);
    let report = tokio::select! {
        report = Box::pin(walking) => report,
        never = progress.tick(&session.aws) => match never {},
        // Asked twice: whatever is in flight is given up, and found again by the next run.
        () = stopping.leave() => {
            progress.end();
            bail!(Ends {
                exit: Exit::Interrupted,
                text: "left with calls in flight: the next run finds out what became of them".into(),
            });
        }
    };
    progress.end();
    Ok(Outcome { report, took: session.aws.now().duration_since(start) })
}

/// A name no other run has: when, and by which process.
fn run_name(start: Timestamp) -> String {
    format!("{}-{}", start.as_millisecond(), std::process::id())
}

/// On a terminal, the sandbox's time passes so that it can be watched, as long as this lives.
pub(super) struct Pace(
    #[expect(dead_code, reason = "ends with its owner")] tokio::task::JoinSet<()>,
);

impl Pace {
    pub(super) fn begin(printer: &Printer) -> Self {
        let mut pace = tokio::task::JoinSet::new();
        #[cfg(feature = "sandbox")]
        if printer.is_sandbox() && printer.is_lively() {
            pace.spawn(crate::sandbox::pace());
        }
        #[cfg(not(feature = "sandbox"))]
        let _ = (&mut pace, printer);
        Self(pace)
    }
}
