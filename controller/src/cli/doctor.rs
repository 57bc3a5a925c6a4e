//! `clctl doctor`: what stands in the way, and how it is now. Reads only.

use serde::Serialize;

use crate::{
    aws::Mode,
    engine::{Purpose, plan},
    preflight::{Check, Outcome, preflight},
    render::{EnvironmentView, StateView, line, state},
};

use super::{
    advice,
    args::{Doctor, ExplainForm},
    carry_out,
    exit::Exit,
    files::{Named, Reading},
    session::Command,
    validate,
};

/// What `doctor -o json` prints of an environment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    format_version: &'static str,
    environment: EnvironmentView,
    sandbox: bool,
    /// What can be known before anything is made.
    preflight: Vec<Check>,
    /// How it is now.
    health: Vec<Check>,
}

pub(super) async fn run(command: &Command, args: Doctor, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let several = read.documents.len() > 1;
    let mut reports: Vec<Report> = Vec::new();
    let exit = command
        .each(read.documents, None, async |named| {
            let (report, exit) = one(command, named).await?;
            if args.output == ExplainForm::Text {
                printer.data(&text(command, &report));
            }
            reports.push(report);
            Ok(exit)
        })
        .await;
    match (args.output, reports.as_slice()) {
        (ExplainForm::Text, _) => {}
        (ExplainForm::Json, [only]) if !several => printer.json(only)?,
        (ExplainForm::Json, all) => printer.json(&all)?,
        (ExplainForm::Yaml, [only]) if !several => printer.yaml(only)?,
        (ExplainForm::Yaml, all) => printer.yaml(&all)?,
    }
    Ok(exit)
}

async fn one(command: &Command, named: Named) -> anyhow::Result<(Report, Exit)> {
    let printer = &command.printer;
    validate::announce(&named, printer);
    let session = command.open(named, Mode::ReadOnly).await?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let planned = plan(&session.graph, &seen);
    let spec = &session.named.document.node.spec;
    let preflight =
        preflight(&session.aws, &session.caller, &session.lookups, spec, &planned).await;
    let environment = || EnvironmentView::of(&session.aws.environment);
    let sandbox = printer.is_sandbox();
    let state = state(&planned, environment(), sandbox, session.not_built(), None);
    advice::unread(&seen, printer);
    let health = health(&state);
    let failed = |checks: &[Check]| checks.iter().any(|check| check.outcome == Outcome::Fail);
    let exit = if failed(&preflight) {
        Exit::Refused
    } else if failed(&health) {
        Exit::Incomplete
    } else if planned.is_unknown() {
        Exit::Unknown
    } else {
        Exit::Done
    };
    let report =
        Report { format_version: "1", environment: environment(), sandbox, preflight, health };
    Ok((report, exit))
}

/// How an environment is now.
fn health(state: &StateView) -> Vec<Check> {
    if state.resources.iter().all(|resource| resource.id.is_none()) {
        let advice = "make it: `clctl apply`";
        return vec![Check::not_checked("environment", "nothing of it is there", advice)];
    }
    let mut all = Vec::new();
    for condition in &state.conditions {
        let (name, message) = (condition.name, condition.message.as_str());
        all.push(match condition.status {
            "True" => Check::pass(name, message),
            "False" => Check::fail(name, message, "see `clctl describe`, and `clctl diff`"),
            _ => Check::not_checked(name, message, "see what could not be read, and run it again"),
        });
    }
    let wrong = ["Failed", "Missing", "Drifted", "Unknown", "Undeclared"];
    for resource in state.resources.iter().filter(|it| wrong.contains(&it.status)) {
        let message = match resource.detail.as_str() {
            "" => resource.status.to_lowercase(),
            detail => format!("{}: {detail}", resource.status.to_lowercase()),
        };
        let (name, advice) =
            (resource.address.as_str(), "`clctl diff` shows it, `clctl apply` repairs it");
        all.push(match resource.status {
            "Unknown" => Check::not_checked(name, message, "run it again"),
            _ => Check::fail(name, message, advice),
        });
    }
    let count = |role: &str| state.nodes.iter().filter(|node| node.role == Some(role)).count();
    all.push(match count("active") {
        1 => Check::pass("active node", "one works"),
        0 if state.nodes.iter().any(|node| node.role.is_none()) => Check::not_checked(
            "active node",
            "no node says that it works, and not all say what they do",
            "look at their logs, and run it again",
        ),
        0 => Check::fail(
            "active node",
            "none works: the oracle does not report",
            "look at the logs of the nodes, and at the database",
        ),
        several => Check::fail(
            "active node",
            format!("{several} say that they work: only one can hold the lease of the database"),
            "look at the logs of the nodes",
        ),
    });
    all.push(match count("standby") {
        0 => Check::fail(
            "standby",
            "no node waits to take over",
            "wait for the next one to start; if none does, look at its logs",
        ),
        waiting => Check::pass("standby", format!("{waiting} waits to take over")),
    });
    all
}

/// The report for people: what is wrong stands out, in the order in which one would look.
fn text(command: &Command, report: &Report) -> String {
    let EnvironmentView { name, region, account, .. } = &report.environment;
    let place = command.printer.place();
    let mut out = format!("{place}chainlinknode/{name} in {region}, account {account}\n");
    for (title, checks) in [("Before anything is made", &report.preflight), ("Now", &report.health)]
    {
        line!(out, "\n{title}");
        for check in checks {
            out.push_str(&told(check));
        }
    }
    let all = || report.preflight.iter().chain(&report.health);
    let count = |outcome| all().filter(|check| check.outcome == outcome).count();
    let (failed, unknown) = (count(Outcome::Fail), count(Outcome::NotChecked));
    let checks = all().count();
    let verdict = match (failed, unknown) {
        (0, 0) => format!("All {checks} checks passed."),
        (0, _) => format!("{} of {checks} checks passed, {unknown} not made.", checks - unknown),
        (_, 0) => format!("{failed} of {checks} checks failed."),
        (..) => format!("{failed} of {checks} checks failed, {unknown} not made."),
    };
    line!(out, "\n{verdict}");
    out
}

/// A check in a line, and in another one what to do.
pub(super) fn told(check: &Check) -> String {
    let mark = match check.outcome {
        Outcome::Pass => "ok  ",
        Outcome::Fail => "FAIL",
        Outcome::NotChecked => "?   ",
    };
    let mut text = String::new();
    line!(text, "  {mark}  {}: {}", check.name, check.message);
    if let Some(advice) = &check.advice {
        line!(text, "        {advice}");
    }
    text
}
