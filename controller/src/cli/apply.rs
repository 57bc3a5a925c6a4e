//! `clctl apply`: make it so.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    aws::{Aws, Mode},
    engine::{Cloud, Done, Error, PhysicalId, Plan, Purpose, Report, Scope, Step, plan},
    preflight::{self, Check, preflight},
    render::{EnvironmentView, PlanView, StepView, Verdict, line, outputs, text, view},
};

use super::{
    advice,
    args::{Apply, Form},
    carry_out::{self, Outcome, Question},
    doctor,
    exit::Exit,
    files::{Named, Reading},
    printer::Printer,
    progress::{Names, Progress, short},
    secret,
    session::{Command, Ends, Session},
    stopping::Stopping,
    validate,
};

/// What `apply -o json` prints of an environment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Applied {
    format_version: &'static str,
    environment: EnvironmentView,
    sandbox: bool,
    complete: bool,
    seconds: i64,
    writes: usize,
    steps: Vec<StepResult>,
    outputs: Outputs,
    not_built: Vec<String>,
}

/// By address, what others may want to know of an object.
type Outputs = BTreeMap<String, Map<String, Value>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepResult {
    address: String,
    /// Of a removal, what AWS called the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What is printed at the end, of all environments.
#[derive(Default)]
struct Collected(Vec<Value>);

impl Apply {
    fn is_readable(&self) -> bool {
        matches!(self.output, Form::Table | Form::Wide)
    }
}

pub(super) async fn run(command: &Command, args: Apply, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let stopping = Stopping::listen(printer)?;
    stopping.within(args.waiting.timeout);
    let mut all = Collected::default();
    let several = read.documents.len() > 1;
    let exit = command
        .each(read.documents, Some(&stopping), async |named| {
            Box::pin(one(command, &args, named, &stopping, &mut all)).await
        })
        .await;
    match (args.output, all.0.as_slice()) {
        (Form::Table | Form::Wide, _) => {}
        (Form::Json, [only]) if !several => printer.json(only)?,
        (Form::Json, all) => printer.json(&all)?,
        (Form::Yaml, [only]) if !several => printer.yaml(only)?,
        (Form::Yaml, all) => printer.yaml(&all)?,
        (Form::Name, all) => {
            let steps = all.iter().filter_map(|one| one.get("steps")?.as_array()).flatten();
            printer.names(steps.filter_map(|step| step.get("address")?.as_str()));
        }
    }
    Ok(exit)
}

async fn one(
    command: &Command,
    args: &Apply,
    named: Named,
    stopping: &Stopping,
    all: &mut Collected,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    validate::announce(&named, printer);
    let mode = if args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let session = command.open(named, mode).await?;
    let environment = &session.aws.environment;
    same_environment(&session)?;
    let _lock = if args.dry_run { None } else { Some(session.store.take(environment)?) };
    let seen = if args.dry_run {
        carry_out::look(&session, &session.graph, Purpose::Show).await?
    } else {
        let graph = &session.graph;
        carry_out::settled(&session, graph, Purpose::Apply, printer, stopping).await?
    };
    let planned = plan(&session.graph, &seen);
    let shown = view(&planned, environment, printer.is_sandbox(), session.not_built());
    if args.is_readable() {
        printer.data(&text(&shown, printer.out()));
    }
    advice::unread(&seen, printer);
    if args.dry_run {
        if args.is_readable() {
            printer.data(&format!("{}dry run: nothing was done", printer.place()));
        } else {
            all.0.push(serde_json::to_value(&shown)?);
        }
        return Ok(verdict(&shown));
    }
    if planned.is_refused() {
        anyhow::bail!(Ends {
            exit: Exit::Refused,
            text: "the plan cannot be carried out: nothing was done; see the lines marked !".into(),
        });
    }
    if shown.verdict == Verdict::Unknown && shown.summary.changes() == 0 {
        printer.note("nothing was done: not everything could be read");
        return Ok(Exit::Unknown);
    }
    if !args.skip_preflight && shown.summary.changes() > 0 {
        checked(&session, &planned, printer).await?;
    }
    agree(&shown, args, command, stopping).await?;
    session.remember()?;
    let start = session.aws.now();
    let progress = Arc::new(Progress::new(
        printer,
        &session.store,
        environment.uid(),
        start,
        shown.summary.steps(),
        Names::of(&planned),
    ));
    let outcome =
        carry_out::carry_out(&session, &planned, args.until(), &progress, printer, stopping)
            .await?;
    let outputs = useful(&session, &planned, &progress.ready()).await;
    advice::explain(&outcome.report, progress.names(), printer);
    // What waits for a value is held.
    if outcome.report.is_complete() || !outcome.report.held.is_empty() {
        for name in secret::empty(&session).await? {
            let put =
                command.words(&format!("secret put {name} --from-stdin"), &session.named.file);
            printer.note(&format!("secret/{name} has no value yet: `{put}`"));
        }
    }
    let mut exit = advice::exit(&outcome.report, stopping);
    if exit == Exit::Done {
        exit = verdict(&shown);
    }
    if args.is_readable() {
        printer.data(&summary(command, &session, &outcome, &outputs, exit));
    } else {
        let result = result(&session, &outcome, progress.names(), outputs, printer.is_sandbox());
        all.0.push(serde_json::to_value(&result)?);
    }
    Ok(exit)
}

/// Checks what can be known before the first write. What failed ends the command.
async fn checked(session: &Session, planned: &Plan<Aws>, printer: &Printer) -> anyhow::Result<()> {
    let spec = &session.named.document.node.spec;
    let checks = preflight(&session.aws, &session.caller, &session.lookups, spec, planned).await;
    let of = |outcome: preflight::Outcome| -> Vec<&Check> {
        checks.iter().filter(|check| check.outcome == outcome).collect()
    };
    for check in of(preflight::Outcome::NotChecked) {
        let advice = check.advice.as_deref().unwrap_or_default();
        printer.note(&format!("not checked: {}: {}: {advice}", check.name, check.message));
    }
    let failed = of(preflight::Outcome::Fail);
    if failed.is_empty() {
        return Ok(());
    }
    for check in &failed {
        printer.note(doctor::told(check).trim_end());
    }
    let checks = if failed.len() == 1 { "a check" } else { "several checks" };
    anyhow::bail!(Ends {
        exit: Exit::Refused,
        text: format!(
            "{checks} of what can be known before anything is made failed: nothing was done; see above what to do, or go on with --skip-preflight"
        ),
    })
}

/// What a plan that was carried out, or shown, leaves to be said.
fn verdict(shown: &PlanView) -> Exit {
    match shown.verdict {
        Verdict::Unknown => Exit::Unknown,
        Verdict::Refused => Exit::Refused,
        Verdict::NoChanges | Verdict::Changes => Exit::Done,
    }
}

/// Refuses a document that described another environment before, as long as that may be there.
fn same_environment(session: &Session) -> anyhow::Result<()> {
    let Some(before) = session.former()? else { return Ok(()) };
    let environment = &session.aws.environment;
    anyhow::bail!(Ends {
        exit: Exit::Refused,
        text: format!(
            "{} described the environment {} in {} of account {} when it was last applied, and now describes {} in {} of account {}: nothing was done. Another name, region or account is another environment, and the old one was not deleted. Give the new one a file of its own; or, to move, run delete with the file as it was, and then apply it as it is now",
            session.named.file,
            before.name,
            before.region,
            before.account,
            environment.name,
            environment.region,
            environment.account
        ),
    })
}

/// Asks, if anything would be interrupted, replaced or removed.
async fn agree(
    shown: &PlanView,
    args: &Apply,
    command: &Command,
    stopping: &Stopping,
) -> anyhow::Result<()> {
    let printer = &command.printer;
    let dear: Vec<&StepView> = shown.steps.iter().filter(|step| step.is_dear()).collect();
    if dear.is_empty() {
        return Ok(());
    }
    if !args.is_readable() && !args.yes {
        // Whoever is asked has to see what about.
        printer.note(&text(shown, printer.err()));
    }
    let objects = if dear.len() == 1 { "object" } else { "objects" };
    let does = format!("interrupts, replaces or removes {} {objects}", dear.len());
    let question = Question { does, environment: &shown.environment.name };
    carry_out::approve(question, args.yes, printer, stopping).await
}

/// What is worth naming of what is there now.
async fn useful(
    session: &Session,
    planned: &Plan<Aws>,
    ready: &BTreeMap<String, PhysicalId>,
) -> Outputs {
    let mut all = Outputs::new();
    for planned in &planned.nodes {
        let kind = planned.node.kind();
        let address = planned.node.address().to_string();
        let Some(id) = ready.get(&address) else { continue };
        if !["vpc", "subnet", "eip"].contains(&kind.about().name) {
            continue;
        }
        let mut said = Map::from_iter([("id".to_owned(), Value::from(id.to_string()))]);
        let known = planned.seen.clone().filter(|seen| seen.id() == id);
        let seen = match known {
            Some(seen) => Some(seen),
            // Made a moment ago; not to know its outputs is no failure.
            None if kind.about().name == "eip" => kind
                .find(&session.aws, Scope::Ids(std::slice::from_ref(id)))
                .await
                .ok()
                .and_then(|found| found.into_iter().next()),
            None => None,
        };
        said.extend(seen.as_deref().map(outputs).unwrap_or_default());
        all.insert(address, said);
    }
    all
}

fn result(
    session: &Session,
    outcome: &Outcome,
    names: &Names,
    outputs: Outputs,
    sandbox: bool,
) -> Applied {
    let Report { done, failed, held, underway, blocked } = &outcome.report;
    let word = |done: &Done| match done {
        Done::Kept => "unchanged",
        Done::Created => "created",
        Done::Recovered => "recovered",
        Done::Changed => "configured",
        Done::Removed => "removed",
    };
    let step = |step: &Step, result, reason: Option<String>| StepResult {
        address: names.short(step),
        id: match step {
            Step::Ensure(_) => None,
            Step::Remove(key) => Some(key.id.to_string()),
        },
        result,
        reason,
    };
    let steps = done
        .iter()
        .map(|(of, done)| step(of, word(done), None))
        .chain(failed.iter().map(|(of, error)| {
            let begun = matches!(error, Error::Stopped);
            step(of, if begun { "underWay" } else { "failed" }, Some(error.to_string()))
        }))
        .chain(held.iter().map(|(of, why)| step(of, "held", Some(why.clone()))))
        .chain(underway.iter().map(|(of, phase)| step(of, "underWay", Some(phase.clone()))))
        .chain(blocked.keys().map(|of| step(of, "notDone", None)))
        .collect();
    Applied {
        format_version: "1",
        environment: EnvironmentView::of(&session.aws.environment),
        sandbox,
        complete: outcome.report.is_complete(),
        seconds: outcome.took.as_secs(),
        writes: session.aws.calls.writes(),
        steps,
        outputs,
        not_built: session.not_built(),
    }
}

/// How it ended, in a few lines: what there is now, and what to do next.
fn summary(
    command: &Command,
    session: &Session,
    outcome: &Outcome,
    outputs: &Outputs,
    exit: Exit,
) -> String {
    let environment = &session.aws.environment;
    let report = &outcome.report;
    let count = |what: Done| report.done.values().filter(|done| **done == what).count();
    let begun = report.failed.values().filter(|error| matches!(error, Error::Stopped)).count();
    let counts = [
        (count(Done::Created), "created"),
        (count(Done::Recovered), "recovered"),
        (count(Done::Changed), "configured"),
        (count(Done::Removed), "removed"),
        (count(Done::Kept), "unchanged"),
        (report.failed.len() - begun, "failed"),
        (report.underway.len() + begun, "under way"),
        (report.blocked.len() + report.held.len(), "not done"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    let complete = report.is_complete();
    let verdict = if exit != Exit::Done {
        "is not Ready"
    } else if complete {
        "is Ready"
    } else {
        "is under way"
    };
    let mut text = format!(
        "{}chainlinknode/{} in {} {verdict}: {} in {}, {} AWS calls, {} of them writes\n",
        command.printer.place(),
        environment.name,
        environment.region,
        counts.join(", "),
        short(outcome.took),
        session.aws.calls.made().len(),
        session.aws.calls.writes(),
    );
    for (address, said) in outputs {
        let values: Vec<&str> = said.values().filter_map(Value::as_str).collect();
        line!(text, "  {address:<20} {}", values.join("  "));
    }
    let file = &session.named.file;
    let next = if exit != Exit::Done {
        format!("Next: `{}` goes on where this one stopped", command.words("apply", file))
    } else if complete {
        format!(
            "Next: `{}` lists it, `{}` tells whether it stays so",
            command.words("get", file),
            command.words("diff", file)
        )
    } else {
        format!("Next: `{}` follows it to the end", command.words("apply", file))
    };
    text.push_str(&next);
    text
}
