//! `clctl get`: the objects of an environment and their state.

use crate::{
    aws::Mode,
    engine::{Purpose, observe, plan},
    render::{EnvironmentView, StateView, rows, state, table},
};

use super::{
    args::{Form, Get},
    exit::Exit,
    files::{self, Named},
    session::{Command, Session},
    validate,
};

pub(super) async fn run(command: &Command, args: Get) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    if !read.invalid.is_empty() {
        validate::report(&read, &command.printer);
        return Ok(Exit::Invalid);
    }
    let mut states = Vec::new();
    let mut worst = Exit::Done;
    for named in read.documents {
        let (session, state, exit) = look(command, named, &args.objects).await?;
        session.show_calls(command);
        worst = worst.max(exit);
        states.push(state);
    }
    let printer = &command.printer;
    match args.output {
        Form::Json => match states.as_slice() {
            [only] => printer.json(only)?,
            all => printer.json(&all)?,
        },
        Form::Yaml => match states.as_slice() {
            [only] => printer.yaml(only)?,
            all => printer.yaml(&all)?,
        },
        Form::Name => {
            for resource in states.iter().flat_map(|state| &state.resources) {
                printer.data(&resource.address);
            }
        }
        Form::Table | Form::Wide => {
            for state in &states {
                printer.note(&head(state));
                printer.data(&table(&rows(state, args.output == Form::Wide)));
            }
        }
    }
    Ok(worst)
}

/// What a table is of.
pub(super) fn head(state: &StateView) -> String {
    let place = if state.sandbox { "SANDBOX " } else { "" };
    let EnvironmentView { name, region, account, .. } = &state.environment;
    let ready = if state.ready { "Ready" } else { "not Ready" };
    format!("{place}chainlinknode/{name} in {region}, account {account}: {ready}")
}

/// Looks at one environment.
pub(super) async fn look(
    command: &Command,
    named: Named,
    objects: &[String],
) -> anyhow::Result<(Session, StateView, Exit)> {
    let session = command.open(named, Mode::ReadOnly).await?;
    let environment = &session.aws.environment;
    let journal = session.store.journal(environment);
    let seen = observe(&session.kinds, &session.aws, &session.graph, &journal, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    let wanted = |address: &str| {
        objects.is_empty()
            || objects
                .iter()
                .any(|object| address == object || address.split('/').next() == Some(object.as_str()))
    };
    let sandbox = command.printer.is_sandbox();
    let state = state(&plan, EnvironmentView::of(environment), sandbox, session.not_built(), wanted);
    if !objects.is_empty() && state.resources.is_empty() {
        command.printer.note(&format!("nothing is called {}", objects.join(" or ")));
    }
    let exit = if plan.is_unknown() { Exit::Unknown } else { Exit::Done };
    Ok((session, state, exit))
}
