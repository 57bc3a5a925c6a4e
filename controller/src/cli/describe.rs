//! `clctl describe`: everything known of an environment.

use crate::render::{ResourceView, StateView, line};

use super::{
    args::Describe,
    exit::Exit,
    files::{Named, Reading},
    get::{head, look, summary},
    session::Command,
};

/// How many of the last events are shown.
const EVENTS: u32 = 20;

pub(super) async fn run(command: &Command, args: Describe, read: Reading) -> anyhow::Result<Exit> {
    let work = async |named| one(command, &args, named).await;
    Ok(command.each(read.documents, None, work).await)
}

async fn one(command: &Command, args: &Describe, named: Named) -> anyhow::Result<Exit> {
    let (session, state, exit) = look(command, named, &args.objects).await?;
    let mut out = format!("{}\n", head(&state));
    if args.objects.is_empty() {
        out.push_str(&summary(&state));
    }
    let environment = &state.environment;
    line!(out, "UID:   {}", environment.uid);
    line!(out, "File:  {}", session.named.file);
    if !state.not_built.is_empty() {
        line!(out, "Not built yet: {}", state.not_built.join(", "));
    }
    conditions(&mut out, &state);
    let read_at = state.read_at.strftime("%Y-%m-%d %H:%M:%S");
    line!(out, "Resources (read {read_at} UTC):");
    for resource in &state.resources {
        show(&mut out, resource);
    }
    let events = session.store.events(&environment.uid, EVENTS)?;
    line!(out, "Events (the last {EVENTS} at most):");
    for event in &events {
        let line = format!(
            "  {}  {:<10} {:<34} {}",
            event.at.strftime("%Y-%m-%d %H:%M:%S"),
            event.reason,
            event.step,
            event.text
        );
        line!(out, "{}", line.trim_end());
    }
    if events.is_empty() {
        line!(out, "  <none>");
    }
    command.printer.data(&out);
    Ok(exit)
}

fn conditions(out: &mut String, state: &StateView) {
    line!(out, "Conditions:");
    line!(out, "  {:<8} {:<8} {:<12} MESSAGE", "TYPE", "STATUS", "REASON");
    for condition in &state.conditions {
        line!(
            out,
            "  {:<8} {:<8} {:<12} {}",
            condition.name,
            condition.status,
            condition.reason,
            condition.message
        );
    }
}

fn show(out: &mut String, resource: &ResourceView) {
    let id = resource.id.as_deref().unwrap_or("<none>");
    let detail = match resource.detail.as_str() {
        "" => String::new(),
        detail => format!(" ({detail})"),
    };
    line!(out, "  {}  {id}  {}{detail}", resource.address, resource.status);
    for part in resource.lines() {
        line!(out, "    {part}");
    }
}
