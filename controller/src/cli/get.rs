//! `clctl get`: the objects of an environment and their state.

use std::collections::BTreeSet;

use clctl_spec::{Password, SecretName};
use jiff::Timestamp;

use crate::{
    aws::{Aws, Mode},
    engine::{Plan, Purpose, plan},
    render::{
        EndpointsView, EnvironmentView, Given, NodeView, OutputsView, ResourceView, StateView, age,
        line, rows, state, table,
    },
};

use super::{
    advice,
    args::{Get, GetForm},
    carry_out,
    exit::Exit,
    files::{Named, Reading},
    session::{Command, Ends, Session},
};

/// What is asked for in place of objects by scripts.
const OUTPUTS: &str = "outputs";

pub(super) async fn run(command: &Command, args: Get, read: Reading) -> anyhow::Result<Exit> {
    if args.objects.iter().any(|asked| asked == OUTPUTS) {
        return outputs(command, &args, read).await;
    }
    let printer = &command.printer;
    let several = read.documents.len() > 1;
    let mut states: Vec<StateView> = Vec::new();
    if args.output == GetForm::Env {
        anyhow::bail!(usage("-o env is a form of `clctl get outputs`: objects are no variables"));
    }
    let exit = command
        .each(read.documents, None, async |named| {
            let (_, state, exit) = look(command, named, &args.objects).await?;
            states.push(state);
            Ok(exit)
        })
        .await;
    match (args.output, states.as_slice()) {
        (GetForm::Json, [only]) if !several => printer.json(only)?,
        (GetForm::Json, all) => printer.json(&all)?,
        (GetForm::Yaml, [only]) if !several => printer.yaml(only)?,
        (GetForm::Yaml, all) => printer.yaml(&all)?,
        (GetForm::Name, all) => {
            let resources = all.iter().flat_map(|state| &state.resources);
            printer.names(resources.map(|resource| resource.address.as_str()));
        }
        (GetForm::Table | GetForm::Wide | GetForm::Env, all) => {
            for state in all {
                printer.note(&head(state));
                if args.objects.is_empty() {
                    printer.note(summary(state).trim_end());
                }
                printer.data(&table(&rows(state, args.output == GetForm::Wide)));
            }
        }
    }
    Ok(exit)
}

/// `get outputs`: what scripts ask for.
async fn outputs(command: &Command, args: &Get, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let several = read.documents.len() > 1;
    if args.objects.len() > 1 {
        anyhow::bail!(usage(
            "`clctl get outputs` prints all of them: ask for objects on their own"
        ));
    }
    match args.output {
        GetForm::Name | GetForm::Wide => {
            anyhow::bail!(usage("outputs have the forms table, json, yaml and env"));
        }
        GetForm::Env if several => anyhow::bail!(usage(
            "the variables of several environments would have the same names: name a file with one (-f)"
        )),
        GetForm::Env | GetForm::Table | GetForm::Json | GetForm::Yaml => {}
    }
    let mut views: Vec<OutputsView> = Vec::new();
    let exit = command
        .each(read.documents, None, async |named| {
            let (session, plan, exit) = see(command, named).await?;
            let environment = EnvironmentView::of(&session.aws.environment);
            let given = given(&session);
            views.push(OutputsView::of(&plan, environment, printer.is_sandbox(), &given));
            Ok(exit)
        })
        .await;
    match (args.output, views.as_slice()) {
        (GetForm::Json, [only]) if !several => printer.json(only)?,
        (GetForm::Json, all) => printer.json(&all)?,
        (GetForm::Yaml, [only]) if !several => printer.yaml(only)?,
        (GetForm::Yaml, all) => printer.yaml(&all)?,
        (GetForm::Env, all) => {
            if printer.is_sandbox() {
                printer.note("SANDBOX");
            }
            for view in all {
                printer.data(&view.variables());
            }
        }
        (GetForm::Table | GetForm::Wide | GetForm::Name, all) => {
            for view in all {
                let EnvironmentView { name, region, account, .. } = &view.environment;
                let place = printer.place();
                printer
                    .note(&format!("{place}chainlinknode/{name} in {region}, account {account}"));
                printer.data(&table(&view.rows()));
            }
        }
    }
    Ok(exit)
}

fn usage(text: &str) -> Ends {
    Ends { exit: Exit::Usage, text: text.to_owned() }
}

/// What of the spec is among the outputs.
fn given(session: &Session) -> Given {
    let spec = &session.named.document.node.spec;
    let (password, secret) = match &spec.secrets.database_password {
        Password::Generate(_) => (Some(SecretName::DATABASE.to_owned()), None),
        Password::Secret(name) => (Some(name.to_string()), None),
        Password::Existing(existing) => (None, Some(existing.id.to_string())),
    };
    let by_name = |name: &String| session.aws.environment.path(name);
    let secret = secret.or_else(|| password.as_ref().map(by_name)).unwrap_or_default();
    let database_name = spec.database.database_name.to_string();
    Given { database_name, password, secret, gui: gui(session) }
}

/// The address of the GUI, if there is a load balancer and it has a name.
fn gui(session: &Session) -> Option<String> {
    let gui = &session.named.document.node.spec.gui;
    let not_built = session.not_built();
    let is_built = |path: &str| !not_built.iter().any(|it| it == path);
    let there = is_built("spec.gui.loadBalancer") && is_built("spec.gui.domainName");
    let name = gui.domain_name.as_ref().filter(|_| gui.load_balancer.is_some() && there)?;
    Some(format!("https://{name}"))
}

/// What stands above a table of all objects: age, drift, nodes, endpoints.
pub(super) fn summary(state: &StateView) -> String {
    let mut lines: Vec<[String; 2]> = Vec::new();
    let mut say = |what: &str, text: String| {
        let again = lines.iter().any(|[before, _]| before == what);
        lines.push([what.to_owned(), text]);
        if again && let Some(last) = lines.last_mut() {
            last[0].clear();
        }
    };
    if let Some(created) = state.created_at {
        let when = created.strftime("%Y-%m-%d %H:%M:%S");
        say("age", format!("{} (since {when} UTC)", age(created, state.read_at)));
    }
    let differs = |resource: &&ResourceView| matches!(resource.status, "Drifted" | "Undeclared");
    let drifted: Vec<String> = state
        .resources
        .iter()
        .filter(differs)
        .map(|it| match it.detail.as_str() {
            "" => format!("{} ({})", it.address, it.status.to_lowercase()),
            detail => format!("{} ({detail})", it.address),
        })
        .collect();
    let unread = state.conditions.iter().any(|it| it.name == "Synced" && it.status == "Unknown");
    let is_there = state.resources.iter().any(|resource| resource.id.is_some());
    match (drifted.as_slice(), unread) {
        ([], false) if is_there => say("drift", "none".to_owned()),
        ([], false) => {}
        ([], true) => say("drift", "unknown: not everything could be read".to_owned()),
        (some, _) => say("drift", some.join("; ")),
    }
    for node in &state.nodes {
        let NodeView { id, zone, role, since, says, version, .. } = node;
        let word = match (role, since) {
            (Some(_), Some(since)) => {
                format!("since {} UTC", since.strftime("%Y-%m-%d %H:%M:%S"))
            }
            _ => says.clone(),
        };
        let parts = [
            Some(format!("{:<8}", role.unwrap_or("unknown"))),
            Some(id.clone()),
            zone.clone(),
            version.clone(),
            Some(word).filter(|word| Some(word.as_str()) != *role),
        ];
        say("nodes", parts.into_iter().flatten().collect::<Vec<_>>().join("  "));
    }
    let EndpointsView { gui, peers, bastions, database } = &state.endpoints;
    let all = gui.iter().map(|gui| ("gui", gui));
    let all = all.chain(peers.iter().map(|it| ("peers", it)));
    let all = all.chain(bastions.iter().map(|it| ("bastion", it)));
    for (what, endpoint) in all.chain(database.iter().map(|it| ("database", it))) {
        say("endpoints", format!("{what:<8}  {endpoint}"));
    }
    let mut told = String::new();
    for [what, text] in &lines {
        line!(told, "  {what:<9}  {text}");
    }
    told
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
async fn see(command: &Command, named: Named) -> anyhow::Result<(Session, Plan<Aws>, Exit)> {
    let session = command.open(named, Mode::ReadOnly).await?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    advice::unread(&seen, &command.printer);
    let exit = if plan.is_unknown() { Exit::Unknown } else { Exit::Done };
    Ok((session, plan, exit))
}

/// Looks at objects of one environment, at all if none are named.
pub(super) async fn look(
    command: &Command,
    named: Named,
    objects: &[String],
) -> anyhow::Result<(Session, StateView, Exit)> {
    let (session, plan, exit) = see(command, named).await?;
    for news in advice::news(&plan, &session.lookups) {
        command.printer.note(&news);
    }
    let environment = EnvironmentView::of(&session.aws.environment);
    let sandbox = command.printer.is_sandbox();
    let mut state = state(&plan, environment, sandbox, session.not_built(), gui(&session));
    state.created_at = oldest(&session, &state)?;
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
    Ok((session, state, exit))
}

/// When the oldest object that is there was made, if the record tells of any.
fn oldest(session: &Session, state: &StateView) -> anyhow::Result<Option<Timestamp>> {
    let created = session.store.created(&session.aws.environment.uid())?;
    let there = state.resources.iter().filter(|resource| resource.id.is_some());
    Ok(there.filter_map(|resource| created.get(&resource.address)).min().copied())
}
