//! `clctl secret`: values into the secrets of an environment, and which have one.

use std::io::{IsTerminal, Read};

use anyhow::{Context, bail};
use clctl_spec::NodeSpec;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    aws::{
        Mode,
        secrets::{Origin, Secret, SecretValue},
    },
    engine::{Cloud, Found, Owner, Phase, PhysicalId, Resource, Scope},
    render::table,
    topology::{self, AskedSecret, Holds},
};

use super::{
    args::{Form, SecretList, SecretPut},
    exit::Exit,
    files::Reading,
    session::{Command, Ends, Session},
};

/// The most that a secret holds.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const MOST_BYTES: u64 = 65_536;

pub(super) async fn put(command: &Command, args: SecretPut, read: Reading) -> anyhow::Result<Exit> {
    let named = read.single("secret put")?;
    let asked = is_ours(&named.document.node.spec, &args.name)?;
    if args.file.file == "-" {
        bail!(usage("standard input cannot be both the file and the value: name the file with -f"));
    }
    let value = from_stdin(asked.holds)?;
    let session = command.open(named, Mode::ReadWrite).await?;
    let there = of_node(&session, &args.name).await?;
    let environment = &session.aws.environment.name;
    let apply = command.words("apply", &session.named.file);
    let refused = |text: String| Ends { exit: Exit::Refused, text };
    let Some(there) = there else {
        bail!(refused(format!(
            "{environment} has no secret {} yet: nothing was put; `{apply}` makes it, encrypted with the key of the environment",
            args.name
        )));
    };
    if !matches!(&there.owner, Owner::Us { name, .. } if *name == args.name) {
        bail!(refused(format!(
            "{} carries no owner tag of this environment: nothing was put; it is somebody else's, and stays as it is",
            there.outputs.name
        )));
    }
    if let Phase::Recoverable { how: until, .. } = &there.phase {
        bail!(refused(format!(
            "{} was deleted, and can be taken back {until}: nothing was put; `{apply}` takes it back",
            there.outputs.name
        )));
    }
    let start = session.aws.now();
    let run = format!("{}-{}", start.as_millisecond(), std::process::id());
    session.aws.put_secret(&there.id, &run, &value).await?;
    command.printer.data(&format!(
        "{}secret/{} of {environment}: a new value is in ({} bytes); nodes read it when they start",
        command.printer.place(),
        args.name,
        value.len()
    ));
    Ok(Exit::Done)
}

/// The secret of that name, if it is one that somebody has to put a value into.
fn is_ours(spec: &NodeSpec, name: &str) -> anyhow::Result<AskedSecret> {
    let mut asked = topology::asked_secrets(spec);
    match asked.remove(name) {
        Some(secret) if secret.origin == Origin::Put => Ok(secret),
        Some(_) => bail!(Ends {
            exit: Exit::Refused,
            text: format!(
                "{name} is generated, and nobody puts it: nothing was put; to bring a value of your own, name a secret in the file: `{{secret: NAME}}`"
            ),
        }),
        None => {
            asked.retain(|_, secret| secret.origin == Origin::Put);
            let names: Vec<String> = asked.into_keys().collect();
            let names = match names.as_slice() {
                [] => "it names none that a value is put into".to_owned(),
                names => format!("it names {}", names.join(", ")),
            };
            bail!(usage(&format!("the file names no secret {name}: {names}")))
        }
    }
}

fn usage(text: &str) -> Ends {
    Ends { exit: Exit::Usage, text: text.to_owned() }
}

/// Reads the value. What is wrong with it is said without showing it.
fn from_stdin(holds: Holds) -> anyhow::Result<SecretValue> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        bail!(usage(
            "a value that is typed is seen by whoever looks on: pipe it in, for example `pass show NAME | clctl secret put …`, or `clctl secret put … < file`"
        ));
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(MOST_BYTES + 3)
        .read_to_end(&mut bytes)
        .context("standard input cannot be read: nothing was put")?;
    let invalid = |what: &str| Ends {
        exit: Exit::Invalid,
        text: format!("this value cannot be right: {what}; nothing was put"),
    };
    // The error would quote the text.
    let Ok(text) = String::from_utf8(bytes) else { bail!(invalid("it is not UTF-8")) };
    let text = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        bail!(invalid("it is empty"));
    }
    if text.len() as u64 > MOST_BYTES {
        bail!(invalid(&format!("it has more than {MOST_BYTES} bytes, the most a secret holds")));
    }
    if let Some(objection) = holds.objection(text) {
        bail!(invalid(&objection));
    }
    Ok(SecretValue::new(text.to_owned()))
}

/// Looks at one secret, by its name or ARN.
async fn look(session: &Session, id: &str) -> anyhow::Result<Option<Found<Secret>>> {
    let id = PhysicalId(id.to_owned());
    let found = Secret::find(&session.aws, &Scope::Ids(std::slice::from_ref(&id))).await?;
    Ok(found.into_iter().next())
}

/// The secret that stands for a node: it has the name that clctl gives it, or our tags where it was adopted and
/// has kept a name of its own. If none does: whatever has that name.
async fn of_node(session: &Session, name: &str) -> anyhow::Result<Option<Found<Secret>>> {
    let is_it = |it: &Found<Secret>| {
        let stands_for = matches!(&it.owner, Owner::Us { name: of, .. } if of == name);
        stands_for && !it.phase.is_out()
    };
    let named = look(session, &session.aws.environment.path(name)).await?;
    if named.as_ref().is_some_and(is_it) {
        return Ok(named);
    }
    let mut tagged = Secret::find(&session.aws, &Scope::Owned).await?;
    tagged.retain(is_it);
    Ok(if tagged.len() == 1 { tagged.pop() } else { named })
}

/// A secret, as it is listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    /// `generated`, `put` or `existing`.
    from: &'static str,
    holds: String,
    /// Its name or ARN in AWS.
    secret: String,
    status: String,
}

/// What `secret list -o json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    format_version: &'static str,
    environment: String,
    read_at: Timestamp,
    secrets: Vec<Row>,
}

pub(super) async fn list(
    command: &Command,
    args: SecretList,
    read: Reading,
) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let named = read.single("secret list")?;
    let session = command.open(named, Mode::ReadOnly).await?;
    let spec = &session.named.document.node.spec;
    let mut rows = Vec::new();
    for (name, AskedSecret { origin, holds }) in topology::asked_secrets(spec) {
        let from = match origin {
            Origin::Generated(_) => "generated",
            Origin::Put => "put",
        };
        let there = of_node(&session, &name).await?;
        let secret = match &there {
            Some(there) => there.outputs.name.clone(),
            None => session.aws.environment.path(&name),
        };
        let status = match there {
            None => "Missing: apply makes it".to_owned(),
            Some(there) if there.owner == Owner::Other => {
                "Foreign: no owner tag of ours".to_owned()
            }
            Some(there) => told(&there),
        };
        rows.push(Row { name, from, holds: said(holds).to_owned(), secret, status });
    }
    for id in topology::existing_secrets(spec) {
        rows.push(existing(&session, id).await?);
    }
    let listed = Listed {
        format_version: "1",
        environment: session.aws.environment.name.clone(),
        read_at: session.aws.now(),
        secrets: rows,
    };
    match args.output {
        Form::Json => printer.json(&listed)?,
        Form::Yaml => printer.yaml(&listed)?,
        Form::Name => printer.names(listed.secrets.iter().map(|row| row.name.as_str())),
        Form::Table | Form::Wide => {
            let head = ["NAME", "FROM", "HOLDS", "STATUS", "SECRET"];
            let cells = listed.secrets.iter().map(|row| {
                let Row { name, from, holds, secret, status } = row;
                [name, *from, holds, status, secret].map(ToOwned::to_owned).to_vec()
            });
            let all: Vec<Vec<String>> =
                std::iter::once(head.map(ToOwned::to_owned).to_vec()).chain(cells).collect();
            printer.data(&table(&all));
        }
    }
    Ok(Exit::Done)
}

async fn existing(session: &Session, id: &str) -> anyhow::Result<Row> {
    let status = match look(session, id).await? {
        None => "Missing: you said that it is there".to_owned(),
        Some(there) => told(&there),
    };
    Ok(Row {
        name: id.to_string(),
        from: "existing",
        holds: "what the file says".to_owned(),
        secret: id.to_string(),
        status,
    })
}

fn told(there: &Found<Secret>) -> String {
    match (&there.phase, &there.outputs.version) {
        (Phase::Recoverable { how, .. }, _) => format!("Deleted: can be taken back {how}"),
        (_, Some(_)) => "Set".to_owned(),
        (_, None) => "Empty: put a value in".to_owned(),
    }
}

fn said(holds: Holds) -> &'static str {
    match holds {
        Holds::KeystorePassword => "keystore password",
        Holds::AdminPassword => "admin password",
        Holds::DatabasePassword => "database password",
        Holds::Url(_) => "RPC URL",
    }
}

/// The secrets that somebody has to put a value into, and that have none.
pub(super) async fn empty(session: &Session) -> anyhow::Result<Vec<String>> {
    let mut empty = Vec::new();
    for (name, asked) in topology::asked_secrets(&session.named.document.node.spec) {
        if asked.origin != Origin::Put {
            continue;
        }
        if of_node(session, &name).await?.is_some_and(|there| there.outputs.version.is_none()) {
            empty.push(name);
        }
    }
    Ok(empty)
}
