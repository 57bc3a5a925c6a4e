//! `clctl validate`: files checked, AWS not asked.

use clctl_spec::{Invalid, NotBuilt, Problem};
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;

use crate::render::{Paint, line};

use super::{
    args::{Form, Validate},
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
    not_built: &'a [NotBuilt],
}

pub(super) fn run(args: &Validate, printer: &Printer) -> anyhow::Result<Exit> {
    let read = files::read(&args.files.files)?;
    let Reading { documents, invalid, twins } = &read;
    match args.output {
        Form::Json | Form::Yaml => {
            let verdict = Verdict {
                valid: read.is_sound(),
                sandbox: printer.is_sandbox(),
                environments: documents.iter().map(valid).collect(),
                problems: invalid.iter().flat_map(Invalid::problems).collect(),
                conflicts: twins,
            };
            if args.output == Form::Json {
                printer.json(&verdict)?;
            } else {
                printer.yaml(&verdict)?;
            }
        }
        Form::Name => {
            let names: Vec<String> =
                documents.iter().map(|named| format!("chainlinknode/{}", named.name())).collect();
            printer.names(names.iter().map(String::as_str));
        }
        Form::Table | Form::Wide => {
            for named in documents {
                let (place, file) = (printer.place(), &named.file);
                printer.data(&format!("{place}{file}: chainlinknode/{} is valid", named.name()));
                announce(named, printer);
            }
        }
    }
    if read.is_sound() {
        return Ok(Exit::Done);
    }
    if !matches!(args.output, Form::Json | Form::Yaml) {
        report(&read, printer);
    }
    Ok(Exit::Invalid)
}

fn valid(named: &Named) -> Valid<'_> {
    Valid {
        name: named.name(),
        file: &named.file,
        warnings: &named.document.warnings,
        not_built: &named.document.not_built,
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

/// Says what is to be looked at, and what is written and does nothing yet.
pub(super) fn announce(named: &Named, printer: &Printer) {
    for warning in &named.document.warnings {
        let help = warning.help().map(|help| format!("; {help}")).unwrap_or_default();
        printer.warning(&format!("{}: {}{help}", warning.place(), warning.message()));
    }
    for chapter in &named.document.not_built {
        printer.warning(&format!("{chapter}: it is read, and nothing is done about it"));
    }
}
