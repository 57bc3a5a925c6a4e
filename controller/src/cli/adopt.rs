//! `clctl adopt`: an object that is there becomes one of the environment's.

use std::sync::Arc;

use anyhow::bail;

use crate::{
    aws::{Aws, Mode, TAG_ENVIRONMENT, TAG_UID},
    engine::{
        Action, Blocked, Cell, Cloud, Creation, Journal, Owner, PlannedNode, Purpose, Scope, Seen,
        Verdict, plan,
    },
    render::comparison,
    topology,
};

use super::{
    advice,
    args::Adopt,
    carry_out::{self, Question},
    exit::Exit,
    files::Reading,
    session::{Command, Ends, Session},
    stopping::Stopping,
};

pub(super) async fn run(command: &Command, args: Adopt, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let stopping = Stopping::listen(printer)?;
    let named = read.single("adopt")?;
    let session = command.open(named, Mode::ReadWrite).await?;
    let environment = &session.aws.environment;
    let _lock = session.store.take(environment)?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    let Some(planned) =
        plan.nodes.iter().find(|planned| planned.node.address().to_string() == args.address)
    else {
        bail!(Ends {
            exit: Exit::Usage,
            text: format!(
                "the file declares no {}: `{}` lists what it declares",
                args.address,
                command.words("get", &session.named.file)
            ),
        });
    };
    advice::unread(&seen, printer);
    let object = find(&session, planned, &args.id).await?;
    if is_ours_already(planned, object.as_ref())? {
        printer.data(&format!("{} is {} already: nothing was done", args.id, args.address));
        return Ok(Exit::Done);
    }
    is_free(planned, object.as_ref())?;
    is_found(&session, planned, object.as_ref())?;
    let outputs = plan.outputs();
    let change = planned.node.diff(Some(object.as_ref()), &outputs);
    printer.data(&format!(
        "{}{} would be {} of {}:\n{}",
        printer.place(),
        object.id(),
        args.address,
        environment.name,
        comparison(&change)
    ));
    if matches!(change.action, Action::Replace | Action::Refuse) {
        printer.warning(
            "what can only be set at creation differs: the next apply would make it anew, or refuse to; change the file first, or choose another object",
        );
    }
    let does = format!("puts our tags on {}, for {}", object.id(), args.address);
    let question = Question { does, environment: &environment.name };
    carry_out::approve(question, args.yes, printer, &stopping).await?;
    planned.node.adopt(&session.aws, object.as_ref()).await?;
    // Its name is somebody else's choice: the record says that it is ours all the same.
    let (journal, address) = (session.journal(), planned.node.address());
    journal.begin(address, 1, session.aws.now())?;
    journal.resolve(address, Some(object.id()))?;
    printer.data(&format!(
        "{}{} is {} of {} now\nNext: `{}` shows what differs, `apply` changes it",
        printer.place(),
        object.id(),
        args.address,
        environment.name,
        command.words("diff", &session.named.file)
    ));
    Ok(Exit::Done)
}

fn refused(text: &str) -> Ends {
    Ends { exit: Exit::Refused, text: format!("{text}: nothing was done") }
}

/// Looks at the object.
async fn find(
    session: &Session,
    planned: &PlannedNode<Aws>,
    id: &str,
) -> anyhow::Result<Arc<dyn Seen>> {
    let kind = planned.node.kind();
    let about = kind.about();
    if about.creation == Creation::Facet {
        bail!(refused(&format!(
            "a {} has no tags of its own: it is whose its parent is",
            about.name
        )));
    }
    let id = crate::engine::PhysicalId(id.to_owned());
    let found = kind.find(&session.aws, Scope::Ids(std::slice::from_ref(&id))).await;
    let there = match found {
        Ok(found) => found.into_iter().next(),
        Err(error) if error.class == crate::engine::Class::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    match there.filter(|there| !there.phase().is_out()) {
        Some(there) => Ok(there),
        None => bail!(refused(&format!(
            "there is no {} {id} in {} of account {}",
            about.name, session.aws.environment.region, session.aws.environment.account
        ))),
    }
}

/// Whether the object is what it is to be already; an error if it is something else of ours, or somebody
/// else's.
fn is_ours_already(planned: &PlannedNode<Aws>, object: &dyn Seen) -> anyhow::Result<bool> {
    if let Owner::Us { .. } = object.owner() {
        let stands_for = object.address().map(|address| address.to_string()).unwrap_or_default();
        if object.address().as_ref() == Some(planned.node.address()) {
            return Ok(true);
        }
        bail!(refused(&format!(
            "{} is {stands_for} of this environment: release it first",
            object.id()
        )));
    }
    let tag = |key: &str| {
        let rows = object.rows();
        let row = rows.iter().find(|row| row.field == "tags")?;
        let Cell::Map(tags) = &row.cell else { return None };
        tags.get(key).map(ToString::to_string)
    };
    if tag(TAG_UID).is_some() {
        let other = tag(TAG_ENVIRONMENT).unwrap_or_else(|| "another environment".to_owned());
        bail!(refused(&format!(
            "{} belongs to another environment ({other}): release it there first",
            object.id()
        )));
    }
    Ok(false)
}

/// Whether the instances would find the object under the name that they know.
fn is_found(
    session: &Session,
    planned: &PlannedNode<Aws>,
    object: &dyn Seen,
) -> anyhow::Result<()> {
    let (environment, address) = (&session.aws.environment, planned.node.address());
    let spec = &session.named.document.node.spec;
    let Some(name) = topology::known_as(environment, spec, address) else { return Ok(()) };
    let called = object.id().0.rsplit(':').next().unwrap_or_default();
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html: six characters that are
    // AWS's follow the name of a secret.
    let of_secret = called.rsplit_once('-').map(|(name, _)| name);
    if called == name || of_secret == Some(name.as_str()) {
        return Ok(());
    }
    bail!(refused(&format!(
        "the instances find {address} under the name {name}, and {} has another one",
        object.id()
    )));
}

/// Whether nothing else stands for the node.
fn is_free(planned: &PlannedNode<Aws>, object: &dyn Seen) -> anyhow::Result<()> {
    let address = planned.node.address();
    let taken = match (&planned.verdict, &planned.seen) {
        (Verdict::Blocked(Blocked::Duplicate(ids)), _) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!(
                "{} claim to be {address}: release all but one of them first",
                ids.join(" and ")
            )
        }
        (Verdict::Blocked(Blocked::Unread(why)), _) => {
            format!("whether there is a {address} could not be read ({why})")
        }
        (_, Some(seen)) if !seen.phase().is_out() && seen.id() != object.id() => {
            format!("{} is {address}: release it first", seen.id())
        }
        _ => return Ok(()),
    };
    bail!(refused(&taken))
}
