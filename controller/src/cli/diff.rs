//! `clctl diff`: what apply would do. Reads only, and takes no lock.

use crate::{
    aws::Mode,
    engine::{Purpose, plan},
    render::{PlanView, Verdict, markdown, text, view},
};

use super::{
    advice,
    args::{Diff, DiffForm},
    carry_out,
    exit::Exit,
    files::{Named, Reading},
    session::Command,
    validate,
};

pub(super) async fn run(command: &Command, args: Diff, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let several = read.documents.len() > 1;
    let mut all: Vec<PlanView> = Vec::new();
    let exit = command
        .each(read.documents, None, async |named| {
            let (shown, exit) = one(command, named).await?;
            match args.output {
                DiffForm::Text => printer.data(&text(&shown, printer.out())),
                DiffForm::Markdown => printer.data(&markdown(&shown)),
                DiffForm::Json | DiffForm::Yaml | DiffForm::Name => {}
            }
            all.push(shown);
            Ok(exit)
        })
        .await;
    match (args.output, all.as_slice()) {
        (DiffForm::Text | DiffForm::Markdown, _) => {}
        (DiffForm::Json, [only]) if !several => printer.json(only)?,
        (DiffForm::Json, all) => printer.json(&all)?,
        (DiffForm::Yaml, [only]) if !several => printer.yaml(only)?,
        (DiffForm::Yaml, all) => printer.yaml(&all)?,
        (DiffForm::Name, all) => {
            let steps = all.iter().flat_map(|shown| &shown.steps);
            printer.names(steps.map(|step| step.address.as_str()));
        }
    }
    Ok(exit)
}

async fn one(command: &Command, named: Named) -> anyhow::Result<(PlanView, Exit)> {
    let printer = &command.printer;
    validate::announce(&named, printer);
    let session = command.open(named, Mode::ReadOnly).await?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    let environment = &session.aws.environment;
    let mut shown = view(&plan, environment, printer.is_sandbox(), session.not_built());
    shown.news = advice::news(&plan, &session.lookups);
    advice::unread(&seen, printer);
    for news in &shown.news {
        printer.note(news);
    }
    let exit = match shown.verdict {
        Verdict::NoChanges => Exit::Done,
        Verdict::Changes => Exit::Differences,
        Verdict::Unknown => Exit::Unknown,
        Verdict::Refused => Exit::Refused,
    };
    Ok((shown, exit))
}
