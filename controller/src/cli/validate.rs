//! `clctl validate`: files checked, AWS not asked.

use std::fmt::Write;

use clctl_spec::{NotBuilt, Problem};
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;

use super::{
    args::{Form, Validate},
    exit::Exit,
    files::{self, Named, Read_},
    printer::Printer,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict<'a> {
    valid: bool,
    environments: Vec<Valid<'a>>,
    problems: Vec<&'a Problem>,
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
    let Read_ { documents, invalid } = &read;
    match args.output {
        Form::Json | Form::Yaml => {
            let verdict = Verdict {
                valid: invalid.is_empty(),
                environments: documents
                    .iter()
                    .map(|named| Valid {
                        name: named.document.node.metadata.name.to_string(),
                        file: &named.file,
                        warnings: &named.document.warnings,
                        not_built: &named.document.not_built,
                    })
                    .collect(),
                problems: invalid.iter().flat_map(|invalid| invalid.problems()).collect(),
            };
            if args.output == Form::Json { printer.json(&verdict)? } else { printer.yaml(&verdict)? }
        }
        Form::Name => {
            for named in documents {
                printer.data(&format!("chainlinknode/{}", named.document.node.metadata.name));
            }
        }
        Form::Table | Form::Wide => {
            for named in documents {
                printer.data(&format!("{}: {} is valid", named.file, named.document.node.metadata.name));
                announce(named, printer);
            }
        }
    }
    if invalid.is_empty() {
        return Ok(Exit::Done);
    }
    if !matches!(args.output, Form::Json | Form::Yaml) {
        report(&read, printer);
    }
    Ok(Exit::Invalid)
}

/// Says what is wrong with files, where it is written.
pub(super) fn report(read: &Read_, printer: &Printer) {
    let theme =
        if printer.colour() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100);
    for invalid in &read.invalid {
        let mut text = String::new();
        if handler.render_report(&mut text, invalid).is_err() {
            text.clear();
            for problem in invalid.problems() {
                drop(writeln!(text, "{}:{}:{}: {}", problem.file(), problem.line(), problem.column(), problem.message()));
            }
        }
        printer.note(text.trim_end());
    }
}

/// Says what is to be looked at, and what is written and does nothing yet.
pub(super) fn announce(named: &Named, printer: &Printer) {
    for warning in &named.document.warnings {
        printer.warning(&format!(
            "{}:{}:{}: {}{}",
            warning.file(),
            warning.line(),
            warning.column(),
            warning.message(),
            warning.help().map(|help| format!("; {help}")).unwrap_or_default()
        ));
    }
    for chapter in &named.document.not_built {
        printer.warning(&format!("{chapter}: it is read, and nothing is done about it"));
    }
}
