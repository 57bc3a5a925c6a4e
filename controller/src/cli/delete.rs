//! `clctl delete`: everything of an environment removed, in order.

use std::sync::Arc;

use crate::{
    aws::{Aws, Mode},
    engine::{Cloud, Graph, Purpose, observe, plan},
    render::{Paint, PlanView, text, view},
};

use super::{
    args::Delete,
    carry_out::{self, Stopping},
    exit::Exit,
    files::{self, Named},
    progress::Progress,
    session::{Command, Session},
    validate,
};

pub(super) async fn run(command: &Command, args: Delete) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    if !read.invalid.is_empty() {
        validate::report(&read, &command.printer);
        return Ok(Exit::Invalid);
    }
    let stopping = Stopping::listen(&command.printer, args.waiting.timeout);
    let mut worst = Exit::Done;
    for named in read.documents {
        worst = worst.max(one(command, &args, named, &stopping).await?);
        if stopping.why().is_some() {
            break;
        }
    }
    Ok(worst)
}

async fn one(
    command: &Command,
    args: &Delete,
    named: Named,
    stopping: &Arc<Stopping>,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let mode = if args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let session = command.open(named, mode).await?;
    let environment = session.aws.environment.clone();
    let _lock = if args.dry_run { None } else { Some(session.store.take(&environment)?) };
    let start = session.aws.now();
    // Nothing is declared: everything that is ours is too much.
    let nothing = Graph::<Aws>::default();
    let seen = if args.dry_run {
        let journal = session.store.journal(&environment);
        observe(&session.kinds, &session.aws, &nothing, &journal, Purpose::Remove).await?
    } else {
        let waiting = Progress::new(printer, &session.store, environment.uid(), start, 0);
        let seen =
            carry_out::settled(&session, &nothing, Purpose::Remove, &waiting, &stopping.signal()).await?;
        waiting.end();
        seen
    };
    let planned = plan(&nothing, &seen);
    let shown = view(&planned, &environment, printer.is_sandbox(), Vec::new());
    let marked = session.aws.mark().await?.is_some();
    let paint = if printer.colour() { Paint::Colour } else { Paint::Plain };
    if planned.removals.is_empty() && planned.unread.is_empty() {
        printer.data(&format!("Nothing of {} is there.", environment.name));
    } else {
        printer.data(&text(&shown, paint));
        if marked {
            printer.data(&format!("  - {} (SSM parameter, the intent marker)", session.aws.marker_name()));
        }
        printer.data("Kept: nothing. AWS shows a deleted NAT gateway for about an hour; it costs nothing.");
    }
    if args.dry_run {
        session.show_calls(command);
        return Ok(if planned.is_unknown() { Exit::Unknown } else { Exit::Done });
    }
    if planned.is_unknown() {
        printer.note("nothing was removed: what could not be read may use what was");
        return Ok(Exit::Unknown);
    }
    carry_out::approve(&shown, args.yes, "delete")?;
    let exit = remove(command, args, &session, &planned, &shown, stopping).await?;
    session.show_calls(command);
    Ok(exit)
}

async fn remove(
    command: &Command,
    args: &Delete,
    session: &Session,
    planned: &crate::engine::Plan<Aws>,
    shown: &PlanView,
    stopping: &Arc<Stopping>,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let environment = &session.aws.environment;
    let start = session.aws.now();
    let steps = planned.removals.len().max(carry_out::steps(shown));
    let progress = Arc::new(Progress::new(printer, &session.store, environment.uid(), start, steps));
    let outcome = carry_out::carry_out(session, planned, &args.waiting, progress, stopping).await;
    carry_out::explain(&outcome.report, printer);
    let exit = carry_out::exit(&outcome.report, stopping);
    let removed = outcome.report.done.len();
    let place = if printer.is_sandbox() { "SANDBOX " } else { "" };
    let took = outcome.took.as_secs();
    if outcome.report.is_complete() {
        // Last of all: as long as it is there, a next run knows that something may be.
        session.aws.remove_mark().await?;
        session.store.forget(environment)?;
        printer.data(&format!(
            "{place}chainlinknode/{} deleted: {removed} objects removed in {}m{:02}s",
            environment.name,
            took / 60,
            took % 60
        ));
    } else {
        let left = outcome.report.failed.len() + outcome.report.blocked.len() + outcome.report.underway.len();
        printer.data(&format!(
            "{place}chainlinknode/{} is not gone: {removed} objects removed, {left} left; run the same command again to go on",
            environment.name
        ));
    }
    Ok(exit)
}
