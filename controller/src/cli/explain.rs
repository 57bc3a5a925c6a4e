//! `clctl explain`: what a field is.

use anyhow::bail;
use clctl_spec::UnknownField;

use crate::{render, topology};

use super::{
    args::{Explain, ExplainForm},
    exit::Exit,
    printer::Printer,
    session::Ends,
};

/// Where to begin, for somebody who asks about everything.
const START: &str =
    concat!("\nThe least a file needs:\n\n", include_str!("../../../examples/minimal.yaml"));

pub(super) fn run(args: &Explain, printer: &Printer) -> anyhow::Result<Exit> {
    let field = args.field.as_deref().unwrap_or_default();
    let mut explained = match clctl_spec::explain(field) {
        Ok(explained) => explained,
        Err(unknown) => bail!(Ends { exit: Exit::Usage, text: said(&unknown) }),
    };
    if !args.recursive && args.output != ExplainForm::Text {
        for field in &mut explained.fields {
            field.fields.clear();
        }
    }
    match args.output {
        ExplainForm::Text if args.recursive => {
            printer.data(&render::tree(&explained, printer.out()));
        }
        ExplainForm::Text => {
            let status = topology::status(&explained.path);
            let mut text = render::field(&explained, status, printer.out());
            if explained.path.is_empty() {
                text.push_str(START);
            }
            printer.data(&text);
        }
        ExplainForm::Json => printer.json(&explained)?,
        ExplainForm::Yaml => printer.yaml(&explained)?,
    }
    Ok(Exit::Done)
}

fn said(unknown: &UnknownField) -> String {
    let help = match &unknown.near {
        Some(near) => format!("did you mean {near}?"),
        None if unknown.known.is_empty() => "there are no fields in it".to_owned(),
        None => format!("known there are {}", unknown.known.join(", ")),
    };
    format!("{unknown}: {help}")
}
