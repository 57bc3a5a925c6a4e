//! `clctl schema`: the shape of node.yaml for editors, and for Kubernetes.

use super::{
    args::{DataForm, Schema},
    exit::Exit,
    printer::Printer,
};

pub(super) fn run(args: &Schema, printer: &Printer) -> anyhow::Result<Exit> {
    let schema = if args.crd { clctl_spec::crd() } else { clctl_spec::schema() };
    match args.output {
        DataForm::Json => printer.json(&schema)?,
        DataForm::Yaml => printer.yaml(&schema)?,
    }
    Ok(Exit::Done)
}
