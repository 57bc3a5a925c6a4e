//! `clctl diff`: what apply would do. Reads only, and takes no lock.

use crate::{
    aws::Mode,
    engine::{Purpose, observe, plan},
    render::{Paint, Verdict, markdown, text, view},
};

use super::{
    args::{Diff, DiffForm},
    exit::Exit,
    files::{self, Named},
    session::Command,
    validate,
};

pub(super) async fn run(command: &Command, args: Diff) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    if !read.invalid.is_empty() {
        validate::report(&read, &command.printer);
        return Ok(Exit::Invalid);
    }
    let mut worst = Exit::Done;
    for named in read.documents {
        worst = worst.max(one(command, &args, named).await?);
    }
    Ok(worst)
}

async fn one(command: &Command, args: &Diff, named: Named) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let session = command.open(named, Mode::ReadOnly).await?;
    let environment = &session.aws.environment;
    let journal = session.store.journal(environment);
    let seen = observe(&session.kinds, &session.aws, &session.graph, &journal, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    let shown = view(&plan, environment, printer.is_sandbox(), session.not_built());
    match args.output {
        DiffForm::Text => {
            validate::announce(&session.named, printer);
            let paint = if printer.colour() { Paint::Colour } else { Paint::Plain };
            printer.data(&text(&shown, paint));
        }
        DiffForm::Markdown => printer.data(&markdown(&shown)),
        DiffForm::Json => printer.json(&shown)?,
        DiffForm::Yaml => printer.yaml(&shown)?,
        DiffForm::Name => {
            for step in &shown.steps {
                printer.data(&step.address);
            }
        }
    }
    session.show_calls(command);
    Ok(match shown.verdict {
        Verdict::NoChanges => Exit::Done,
        Verdict::Changes => Exit::Differences,
        Verdict::Unknown => Exit::Unknown,
        Verdict::Refused => Exit::Refused,
    })
}
