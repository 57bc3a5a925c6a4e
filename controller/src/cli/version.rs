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
    /// Whether the simulator is built in.
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
        Form::Name => printer.data(build.version),
        Form::Table | Form::Wide => {
            let with = if build.sandbox { "with" } else { "without" };
            let Build { version, api_version, sandbox: _ } = build;
            printer.data(&format!("clctl {version} ({api_version}, {with} sandbox)"));
        }
    }
    Ok(Exit::Done)
}
