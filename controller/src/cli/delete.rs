//! `clctl delete`: everything of an environment removed, in order.

use std::sync::Arc;

use crate::{
    aws::{
        Aws, Mode,
        rds::{self, SavedBefore},
    },
    engine::{Cloud, Error, Plan, Purpose, plan},
    render::{Removals, removals},
    topology,
};

use super::{
    advice,
    args::Delete,
    carry_out::{self, Question},
    exit::Exit,
    files::{Named, Reading},
    funds,
    printer::Printer,
    progress::{Names, Progress, short},
    session::{Command, Ends, Session},
    stopping::Stopping,
};

pub(super) async fn run(command: &Command, args: Delete, read: Reading) -> anyhow::Result<Exit> {
    let stopping = Stopping::listen(&command.printer)?;
    stopping.within(args.waiting.timeout);
    let work = async |named| Box::pin(one(command, &args, named, &stopping)).await;
    Ok(command.each(read.documents, Some(&stopping), work).await)
}

async fn one(
    command: &Command,
    args: &Delete,
    named: Named,
    stopping: &Stopping,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let mode = if args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let session = command.open(named, mode).await?;
    let environment = &session.aws.environment;
    let _lock = if args.dry_run { None } else { Some(session.store.take(environment)?) };
    // Nothing is declared: everything that is ours is too much, but for what the spec keeps.
    let spec = &session.named.document.node.spec;
    let snapshots = rds::saved_before(&session.aws).await?;
    let encrypted = snapshots
        .first()
        .map(|snapshot| format!("the snapshot {} is encrypted with it", snapshot.name));
    let nothing = topology::nothing_but(spec, encrypted);
    let seen = if args.dry_run {
        carry_out::look(&session, &nothing, Purpose::Remove).await?
    } else {
        carry_out::settled(&session, &nothing, Purpose::Remove, printer, stopping).await?
    };
    let planned = plan(&nothing, &seen);
    let marker = session.aws.mark().await?.map(|_| session.aws.marker_name());
    let listed = removals(&planned, environment, marker.as_deref(), printer.is_sandbox());
    printer.data(&listed.text(printer.out()));
    if let Some(before) = session.former()?.filter(|_| listed.is_empty()) {
        printer.warning(&format!(
            "{} described {} in {} of account {} when it was last applied, and that one was not deleted: it is another environment, and stays",
            session.named.file, before.name, before.region, before.account
        ));
    }
    advice::unread(&seen, printer);
    let doubted = !seen.doubts.is_empty();
    for doubt in &seen.doubts {
        printer.note(&format!("not certain before {}: {}", doubt.until, doubt.why));
    }
    if planned.is_unknown() || (doubted && !args.dry_run) {
        printer.note("nothing was removed: what could not be read may use what was");
        return Ok(Exit::Unknown);
    }
    if let Some(protected) = planned.removals.iter().find(|removal| removal.protected) {
        let address = protected.seen.address().map_or_else(String::new, |it| it.to_string());
        let why = protected.held.as_deref().unwrap_or_default();
        anyhow::bail!(Ends {
            exit: Exit::Refused,
            text: format!(
                "{address} stays, and so does everything else: {why}; nothing was removed"
            ),
        });
    }
    tell_of_snapshots(&snapshots, printer);
    let wallets = funds::warn(&session, &planned, printer).await;
    if args.dry_run {
        printer.data(&format!("{}dry run: nothing was done", printer.place()));
        return Ok(if doubted { Exit::Unknown } else { Exit::Done });
    }
    if !listed.is_empty() {
        let objects = if listed.len() == 1 { "object" } else { "objects" };
        let wallets = wallets.map_or_else(String::new, |wallets| format!(", {wallets},"));
        let does = format!("removes {} {objects}{wallets}", listed.len());
        let question = Question { does, environment: &environment.name };
        carry_out::approve(question, args.yes, printer, stopping).await?;
    }
    remove(command, args, &session, &planned, &listed, stopping).await
}

/// Says which snapshots stay beside a final one: they cost as long as they are there.
fn tell_of_snapshots(snapshots: &[SavedBefore], printer: &Printer) {
    for SavedBefore { name, deletes } in snapshots {
        printer.note(&format!(
            "the snapshot {name} was made before a release and stays, and so does the key that it opens with; to end what it costs: {deletes}"
        ));
    }
}

async fn remove(
    command: &Command,
    args: &Delete,
    session: &Session,
    planned: &Plan<Aws>,
    listed: &Removals,
    stopping: &Stopping,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let environment = &session.aws.environment;
    let progress = Arc::new(Progress::new(
        printer,
        &session.store,
        environment.uid(),
        session.aws.now(),
        planned.removals.len(),
        Names::of(planned),
    ));
    let outcome =
        carry_out::carry_out(session, planned, args.waiting.until(), &progress, printer, stopping)
            .await?;
    let report = &outcome.report;
    advice::explain(report, progress.names(), printer);
    let exit = advice::exit(report, stopping);
    let (place, name) = (printer.place(), &environment.name);
    let removed = report.done.len();
    if report.is_complete() {
        // Last of all: as long as it is there, a next run knows that something may be.
        session.aws.remove_mark().await?;
        session.store.forget(environment)?;
        if !listed.is_empty() {
            printer.data(&format!(
                "{place}chainlinknode/{name} deleted: {} removed in {}",
                listed.len(),
                short(outcome.took)
            ));
        }
        return Ok(exit);
    }
    let begun = report.failed.values().filter(|error| matches!(error, Error::Stopped)).count();
    let left = report.failed.len() - begun + report.held.len() + report.blocked.len();
    let underway = report.underway.len() + begun;
    let again = command.words("delete", &session.named.file);
    let state = if exit == Exit::Done { "is being deleted" } else { "is not gone" };
    printer.data(&format!(
        "{place}chainlinknode/{name} {state}: {removed} removed, {underway} under way, {left} left\nNext: `{again}` goes on where this one stopped"
    ));
    Ok(exit)
}
