//! `clctl get`: the objects of an environment and their state.

use std::collections::BTreeSet;

use crate::{
    aws::Mode,
    engine::{Purpose, plan},
    render::{EnvironmentView, ResourceView, StateView, rows, state, table},
};

use super::{
    advice,
    args::{Form, Get},
    carry_out,
    exit::Exit,
    files::{Named, Reading},
    session::{Command, Ends, Session},
};

pub(super) async fn run(command: &Command, args: Get, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let several = read.documents.len() > 1;
    let mut states: Vec<StateView> = Vec::new();
    let exit = command
        .each(read.documents, None, async |named| {
            let (_, state, exit) = look(command, named, &args.objects).await?;
            states.push(state);
            Ok(exit)
        })
        .await;
    match (args.output, states.as_slice()) {
        (Form::Json, [only]) if !several => printer.json(only)?,
        (Form::Json, all) => printer.json(&all)?,
        (Form::Yaml, [only]) if !several => printer.yaml(only)?,
        (Form::Yaml, all) => printer.yaml(&all)?,
        (Form::Name, all) => {
            let resources = all.iter().flat_map(|state| &state.resources);
            printer.names(resources.map(|resource| resource.address.as_str()));
        }
        (Form::Table | Form::Wide, all) => {
            for state in all {
                printer.note(&head(state));
                printer.data(&table(&rows(state, args.output == Form::Wide)));
            }
        }
    }
    Ok(exit)
}

/// What a table is of.
pub(super) fn head(state: &StateView) -> String {
    let place = if state.sandbox { "SANDBOX " } else { "" };
    let EnvironmentView { name, region, account, .. } = &state.environment;
    let ready = if state.ready {
        "Ready".to_owned()
    } else {
        let why: Vec<&str> = state
            .conditions
            .iter()
            .filter(|condition| condition.status != "True")
            .map(|condition| condition.message.as_str())
            .collect();
        format!("not Ready ({})", why.join("; "))
    };
    format!("{place}chainlinknode/{name} in {region}, account {account}: {ready}")
}

/// Whether an object is what the user asked for.
fn is_asked(resource: &ResourceView, asked: &str) -> bool {
    let kind = resource.address.split('/').next().unwrap_or_default();
    resource.address == asked
        || resource.id.as_deref() == Some(asked)
        || kind == asked
        // kubectl takes the plural as well.
        || asked.strip_suffix('s') == Some(kind)
}

/// Looks at one environment.
pub(super) async fn look(
    command: &Command,
    named: Named,
    objects: &[String],
) -> anyhow::Result<(Session, StateView, Exit)> {
    let session = command.open(named, Mode::ReadOnly).await?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    advice::unread(&seen, &command.printer);
    let environment = EnvironmentView::of(&session.aws.environment);
    let sandbox = command.printer.is_sandbox();
    let mut state = state(&plan, environment, sandbox, session.not_built());
    for asked in objects {
        if !state.resources.iter().any(|resource| is_asked(resource, asked)) {
            let kinds: BTreeSet<&str> = state
                .resources
                .iter()
                .filter_map(|resource| resource.address.split('/').next())
                .collect();
            let kinds: Vec<&str> = kinds.into_iter().collect();
            anyhow::bail!(Ends {
                exit: Exit::Usage,
                text: format!(
                    "nothing of {} is called {asked}; there are objects of the kinds {}",
                    state.environment.name,
                    kinds.join(", ")
                ),
            });
        }
    }
    if !objects.is_empty() {
        state.resources.retain(|resource| objects.iter().any(|asked| is_asked(resource, asked)));
    }
    let exit = if plan.is_unknown() { Exit::Unknown } else { Exit::Done };
    Ok((session, state, exit))
}
