//! `clctl describe`: everything known of an environment.

use std::fmt::Write;

use serde_json::Value;

use super::{
    args::Describe,
    exit::Exit,
    files,
    get::{head, look},
    session::Command,
    validate,
};

/// How many of the last events are shown.
const EVENTS: u32 = 20;

pub(super) async fn run(command: &Command, args: Describe) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    if !read.invalid.is_empty() {
        validate::report(&read, &command.printer);
        return Ok(Exit::Invalid);
    }
    let mut worst = Exit::Done;
    for named in read.documents {
        let (session, state, exit) = look(command, named, &args.objects).await?;
        worst = worst.max(exit);
        let mut out = format!("{}\n", head(&state));
        let environment = &state.environment;
        drop(writeln!(out, "UID:     {}", environment.uid));
        drop(writeln!(out, "File:    {}", session.named.file));
        drop(writeln!(out, "Read at: {}", state.read_at.strftime("%Y-%m-%d %H:%M:%S UTC")));
        for chapter in &state.not_built {
            drop(writeln!(out, "Not built yet: {chapter}"));
        }
        drop(writeln!(out, "Resources:"));
        for resource in &state.resources {
            let id = resource.id.as_deref().unwrap_or("<none>");
            let detail = if resource.detail.is_empty() { String::new() } else { format!(" ({})", resource.detail) };
            drop(writeln!(out, "  {}  {id}  {}{detail}", resource.address, resource.status));
            for (field, value) in &resource.fields {
                for line in lines(field, value) {
                    drop(writeln!(out, "    {line}"));
                }
            }
        }
        drop(writeln!(out, "Events:"));
        let events = session.store.events(&environment.uid, EVENTS)?;
        for event in &events {
            drop(writeln!(
                out,
                "  {}  {:<10} {:<32} {}",
                event.at.strftime("%Y-%m-%d %H:%M:%S"),
                event.reason,
                event.step,
                event.text
            ));
        }
        if events.is_empty() {
            drop(writeln!(out, "  <none>"));
        }
        command.printer.data(&out);
        session.show_calls(command);
    }
    Ok(worst)
}

/// A field, a line for each of its values.
fn lines(field: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let mut lines = vec![format!("{field}:")];
            lines.extend(map.iter().map(|(key, value)| format!("  {key}: {}", plain(value))));
            lines
        }
        Value::Array(all) if all.is_empty() => vec![format!("{field}: none")],
        Value::Array(all) => {
            let mut lines = vec![format!("{field}:")];
            lines.extend(all.iter().map(|value| format!("  - {}", plain(value))));
            lines
        }
        other => vec![format!("{field}: {}", plain(other))],
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
