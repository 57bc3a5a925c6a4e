//! `clctl apply`: make it so.

use std::sync::Arc;

use serde::Serialize;

use crate::{
    aws::Mode,
    engine::{Done, Purpose, Report, plan},
    render::{EnvironmentView, Paint, PlanView, Verdict, text, view},
};

use super::{
    args::{Apply, Form},
    carry_out::{self, Stopping},
    exit::Exit,
    files::{self, Named},
    progress::{Progress, name},
    session::{Command, Ends, Session},
    validate,
};

/// What `apply -o json` prints of an environment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result_ {
    format_version: &'static str,
    environment: EnvironmentView,
    sandbox: bool,
    complete: bool,
    seconds: i64,
    writes: usize,
    steps: Vec<Step>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    step: String,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) async fn run(command: &Command, args: Apply) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    if !read.invalid.is_empty() {
        // One broken document and nothing is done for the others either.
        validate::report(&read, &command.printer);
        return Ok(Exit::Invalid);
    }
    let stopping = Stopping::listen(&command.printer, args.waiting.timeout);
    let mut worst = Exit::Done;
    for named in read.documents {
        let exit = one(command, &args, named, &stopping).await?;
        worst = worst.max(exit);
        if stopping.why().is_some() {
            break;
        }
    }
    Ok(worst)
}

async fn one(
    command: &Command,
    args: &Apply,
    named: Named,
    stopping: &Arc<Stopping>,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    validate::announce(&named, printer);
    let mode = if args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let session = command.open(named, mode).await?;
    let environment = session.aws.environment.clone();
    same_environment(&session)?;
    let _lock = if args.dry_run { None } else { Some(session.store.take(&environment)?) };
    let start = crate::engine::Cloud::now(session.aws.as_ref());
    let waiting = Progress::new(printer, &session.store, environment.uid(), start, 0);
    let purpose = if args.dry_run { Purpose::Show } else { Purpose::Apply };
    let signal = stopping.signal();
    let seen = if args.dry_run {
        let journal = session.store.journal(&environment);
        crate::engine::observe(&session.kinds, &session.aws, &session.graph, &journal, purpose).await?
    } else {
        carry_out::settled(&session, &session.graph, purpose, &waiting, &signal).await?
    };
    waiting.end();
    let planned = plan(&session.graph, &seen);
    let not_built = session.not_built();
    let shown = view(&planned, &environment, printer.is_sandbox(), not_built);
    let readable = matches!(args.output, Form::Table | Form::Wide);
    let paint = if printer.colour() { Paint::Colour } else { Paint::Plain };
    if readable {
        printer.data(&text(&shown, paint));
    }
    if shown.verdict == Verdict::Unknown && steps_nothing(&shown) {
        session.show_calls(command);
        return Ok(Exit::Unknown);
    }
    if planned.is_refused() {
        anyhow::bail!(Ends {
            exit: Exit::Refused,
            text: "the plan cannot be carried out: nothing was done; see the lines marked !".into(),
        });
    }
    if args.dry_run {
        if !readable {
            print(printer, args.output, &shown)?;
        }
        session.show_calls(command);
        return Ok(Exit::Done);
    }
    carry_out::approve(&shown, args.yes, "this plan")?;
    session.remember()?;
    let progress =
        Arc::new(Progress::new(printer, &session.store, environment.uid(), start, carry_out::steps(&shown)));
    let outcome = carry_out::carry_out(&session, &planned, &args.waiting, progress, stopping).await;
    carry_out::explain(&outcome.report, printer);
    let mut exit = carry_out::exit(&outcome.report, stopping);
    if exit == Exit::Done {
        exit = match shown.verdict {
            Verdict::Unknown => Exit::Unknown,
            Verdict::Refused => Exit::Refused,
            Verdict::NoChanges | Verdict::Changes => Exit::Done,
        };
    }
    if readable {
        printer.data(&summary(&session, &outcome, exit, printer.is_sandbox()));
    } else {
        let result = result(&session, &outcome, printer.is_sandbox());
        print(printer, args.output, &result)?;
    }
    session.show_calls(command);
    Ok(exit)
}

/// Refuses a document that described another environment before, as long as that may be there.
fn same_environment(session: &Session) -> anyhow::Result<()> {
    let environment = &session.aws.environment;
    let Some(path) = &session.named.path else { return Ok(()) };
    let before = session.store.remembered(&path.to_string_lossy(), session.named.index)?;
    let Some(before) = before.filter(|before| before.uid != environment.uid()) else { return Ok(()) };
    anyhow::bail!(Ends {
        exit: Exit::Refused,
        text: format!(
            "{} described the environment {} in {} of account {} when it was last applied, and that one was not deleted: nothing was done. Another name, region or account is another environment. Put it into a file of its own, or delete the old one first with the file as it was",
            session.named.file, before.name, before.region, before.account
        ),
    })
}

fn steps_nothing(plan: &PlanView) -> bool {
    carry_out::steps(plan) == 0
}

fn print(printer: &super::printer::Printer, form: Form, value: &impl Serialize) -> anyhow::Result<()> {
    match form {
        Form::Yaml => printer.yaml(value),
        Form::Json | Form::Table | Form::Wide | Form::Name => printer.json(value),
    }
}

fn result(session: &Session, outcome: &carry_out::Outcome, sandbox: bool) -> Result_ {
    let Report { done, failed, held, underway, blocked } = &outcome.report;
    let word = |done: &Done| match done {
        Done::Kept => "unchanged",
        Done::Created => "created",
        Done::Changed => "configured",
        Done::Removed => "removed",
    };
    let step = |step: &_, result, error: Option<String>| Step { step: name(step), result, error };
    let steps = done
        .iter()
        .map(|(of, done)| step(of, word(done), None))
        .chain(failed.iter().map(|(of, error)| step(of, "failed", Some(error.to_string()))))
        .chain(held.iter().map(|(of, why)| step(of, "held", Some(why.clone()))))
        .chain(underway.iter().map(|(of, phase)| step(of, "underWay", Some(phase.clone()))))
        .chain(blocked.keys().map(|of| step(of, "notDone", None)))
        .collect();
    Result_ {
        format_version: "1",
        environment: EnvironmentView::of(&session.aws.environment),
        sandbox,
        complete: outcome.report.is_complete(),
        seconds: outcome.took.as_secs(),
        writes: session.aws.calls.writes(),
        steps,
    }
}

/// How it ended, in a few lines.
fn summary(session: &Session, outcome: &carry_out::Outcome, exit: Exit, sandbox: bool) -> String {
    let environment = &session.aws.environment;
    let count = |what: Done| outcome.report.done.values().filter(|done| **done == what).count();
    let counts = [
        (count(Done::Created), "created"),
        (count(Done::Changed), "configured"),
        (count(Done::Removed), "removed"),
        (count(Done::Kept), "unchanged"),
        (outcome.report.failed.len(), "failed"),
        (outcome.report.underway.len(), "under way"),
        (outcome.report.blocked.len() + outcome.report.held.len(), "not done"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let place = if sandbox { "SANDBOX " } else { "" };
    let verdict = match exit {
        Exit::Done if outcome.report.underway.is_empty() && outcome.report.blocked.is_empty() => "is Ready",
        Exit::Done => "is under way: run the same command again to follow it",
        _ => "is not Ready: run the same command again to go on where this one stopped",
    };
    let took = outcome.took.as_secs();
    format!(
        "{place}chainlinknode/{} in {} {verdict}\n  {} in {}m{:02}s, {} AWS calls, {} of them writes",
        environment.name,
        environment.region,
        counts.join(", "),
        took / 60,
        took % 60,
        session.aws.calls.made().len(),
        session.aws.calls.writes(),
    )
}
