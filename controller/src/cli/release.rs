//! `clctl release`: an object is let go: it loses our tags, and nothing else.

use std::sync::Arc;

use anyhow::bail;

use crate::{
    aws::Mode,
    engine::{Journal, Purpose, Seen, plan},
};

use super::{
    args::Release,
    carry_out::{self, Question},
    exit::Exit,
    files::Reading,
    session::{Command, Ends},
    stopping::Stopping,
};

pub(super) async fn run(command: &Command, args: Release, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let stopping = Stopping::listen(printer)?;
    let named = read.single("release")?;
    let session = command.open(named, Mode::ReadWrite).await?;
    let environment = &session.aws.environment;
    let _lock = session.store.take(environment)?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let claims: Vec<Arc<dyn Seen>> = seen
        .objects()
        .filter(|seen| !seen.phase().is_out())
        .filter(|seen| seen.address().is_some_and(|it| it.to_string() == args.address))
        .cloned()
        .collect();
    let object = chosen(&claims, &args, &environment.name)?;
    let Some(kind) = session.kinds.iter().find(|kind| kind.about().name == object.kind().name)
    else {
        bail!("{} is of no kind that clctl knows", object.id());
    };
    let declared = plan(&session.graph, &seen)
        .nodes
        .iter()
        .any(|planned| planned.node.address().to_string() == args.address);
    if declared {
        printer.note(&format!(
            "the file declares {}: as long as it does, apply makes another one, or says that {} stands in its place",
            args.address,
            object.id()
        ));
    }
    let does = format!("takes our tags off {} ({})", object.id(), args.address);
    let question = Question { does, environment: &environment.name };
    carry_out::approve(question, args.yes, printer, &stopping).await?;
    if !kind.release(&session.aws, object.as_ref()).await? {
        bail!(Ends {
            exit: Exit::Refused,
            text: format!(
                "{} has no tags of its own: it is whose its parent is; nothing was done",
                args.address
            ),
        });
    }
    // It is nobody's now, whoever made it.
    session.journal().gone(object.id())?;
    printer.data(&format!(
        "{}{} is not {} of {} any more: nothing of it was changed but its tags",
        printer.place(),
        object.id(),
        args.address,
        environment.name
    ));
    Ok(Exit::Done)
}

/// The object that is meant.
fn chosen(
    claims: &[Arc<dyn Seen>],
    args: &Release,
    environment: &str,
) -> anyhow::Result<Arc<dyn Seen>> {
    let named = claims.iter().filter(|seen| args.id.as_ref().is_none_or(|id| *id == seen.id().0));
    let named: Vec<&Arc<dyn Seen>> = named.collect();
    match named.as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => bail!(Ends {
            exit: Exit::Usage,
            text: match &args.id {
                Some(id) =>
                    format!("{id} is not {} of {environment}: nothing was done", args.address),
                None => format!("{environment} has no {}: nothing was done", args.address),
            },
        }),
        several => {
            let ids: Vec<String> = several.iter().map(|seen| seen.id().to_string()).collect();
            bail!(Ends {
                exit: Exit::Usage,
                text: format!(
                    "{} objects claim to be {}: nothing was done; say which one to release: {}",
                    ids.len(),
                    args.address,
                    ids.join(", ")
                ),
            })
        }
    }
}
