//! `clctl validate`: files checked, AWS not asked.

use clctl_spec::{Invalid, Problem};
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;
use serde_json::json;

use crate::{
    render::{Paint, line},
    topology::{self, LeftOut},
};

use super::{
    args::{Validate, ValidateForm},
    exit::Exit,
    files::{self, Named, Reading},
    printer::Printer,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict<'a> {
    valid: bool,
    sandbox: bool,
    environments: Vec<Valid<'a>>,
    problems: Vec<&'a Problem>,
    conflicts: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Valid<'a> {
    name: String,
    file: &'a str,
    warnings: &'a [Problem],
    not_built: Vec<LeftOut>,
}

pub(super) fn run(args: &Validate, printer: &Printer) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    let Reading { documents, invalid, twins } = &read;
    match args.output {
        ValidateForm::Report => printer.json(&Verdict {
            valid: read.is_sound(),
            sandbox: printer.is_sandbox(),
            environments: documents.iter().map(valid).collect(),
            problems: invalid.iter().flat_map(Invalid::problems).collect(),
            conflicts: twins,
        })?,
        ValidateForm::Name => {
            let names: Vec<String> =
                documents.iter().map(|named| format!("chainlinknode/{}", named.name())).collect();
            printer.names(names.iter().map(String::as_str));
        }
        ValidateForm::Text => {
            for named in documents {
                let (place, file) = (printer.place(), &named.file);
                printer.data(&format!("{place}{file}: chainlinknode/{} is valid", named.name()));
            }
        }
        // A part of what was asked for would be taken for all of it.
        ValidateForm::Json | ValidateForm::Yaml if !read.is_sound() => {}
        ValidateForm::Json => objects(documents, printer)?,
        ValidateForm::Yaml => {
            for (i, named) in documents.iter().enumerate() {
                if i > 0 {
                    printer.data("---");
                }
                printer.yaml(&named.document.node)?;
            }
        }
    }
    if args.output != ValidateForm::Report {
        for named in documents {
            announce(named, printer);
            left_out(named, printer);
        }
        report(&read, printer);
    }
    Ok(if read.is_sound() { Exit::Done } else { Exit::Invalid })
}

/// One object as it is, several as a list.
fn objects(documents: &[Named], printer: &Printer) -> anyhow::Result<()> {
    let mut nodes = Vec::new();
    for named in documents {
        nodes.push(serde_json::to_value(&named.document.node)?);
    }
    match nodes.as_slice() {
        [only] => printer.json(only),
        several => printer.json(&json!({ "apiVersion": "v1", "kind": "List", "items": several })),
    }
}

fn valid(named: &Named) -> Valid<'_> {
    Valid {
        name: named.name(),
        file: &named.file,
        warnings: &named.document.warnings,
        not_built: topology::left_out(&named.document),
    }
}

/// Says what is wrong with files, where it is written.
pub(super) fn report(read: &Reading, printer: &Printer) {
    let theme = match printer.err() {
        Paint::Colour => GraphicalTheme::unicode(),
        Paint::Plain => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100);
    for invalid in &read.invalid {
        let mut text = String::new();
        if handler.render_report(&mut text, invalid).is_err() {
            text.clear();
            for problem in invalid.problems() {
                let place = problem.place();
                line!(text, "{place}: {}", problem.message());
            }
        }
        printer.note(text.trim_end());
    }
    for twin in &read.twins {
        printer.error(&anyhow::anyhow!("{twin}"));
    }
}

/// Says what is to be looked at.
pub(super) fn announce(named: &Named, printer: &Printer) {
    for warning in &named.document.warnings {
        let help = warning.help().map(|help| format!("; {help}")).unwrap_or_default();
        printer.warning(&format!("{}: {}{help}", warning.place(), warning.message()));
    }
}

/// Says what is written and does nothing yet.
fn left_out(named: &Named, printer: &Printer) {
    let left_out = topology::left_out(&named.document);
    let paths: Vec<&str> = left_out.iter().map(|it| it.path).collect();
    if !paths.is_empty() {
        let paths = paths.join(", ");
        printer.warning(&format!(
            "{}: read and checked, but not built yet, so nothing is done about it: {paths}",
            named.file
        ));
    }
    if let Err(error) = topology::check(&named.document.node.spec) {
        printer.warning(&format!("{}: {error}: apply and diff refuse it", named.file));
    }
}
