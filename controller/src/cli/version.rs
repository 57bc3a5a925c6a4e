//! `clctl version`.

use serde::Serialize;

use super::{
    args::{Form, Version},
    exit::Exit,
    printer::Printer,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Build {
    version: &'static str,
    api_version: &'static str,
    sandbox: bool,
}

pub(super) fn run(args: &Version, printer: &Printer) -> anyhow::Result<Exit> {
    let build = Build {
        version: env!("CARGO_PKG_VERSION"),
        api_version: clctl_spec::API_VERSION,
        sandbox: cfg!(feature = "sandbox"),
    };
    match args.output {
        Form::Json => printer.json(&build)?,
        Form::Yaml => printer.yaml(&build)?,
        Form::Table | Form::Wide | Form::Name => {
            let with = if build.sandbox { "with" } else { "without" };
            printer.data(&format!("clctl {} ({}, {with} sandbox)", build.version, build.api_version));
        }
    }
    Ok(Exit::Done)
}
