//! `clctl graph`: an environment as a picture. Reads only, and takes no lock.

use anyhow::Context;
use clctl_spec::ChainRef;

use crate::{
    aws::{Lookups, Mode},
    engine::{Purpose, plan},
    render::{Scene, Setting, declared, mermaid, observed, svg},
    topology,
};

use super::{
    advice,
    args::{Graph, GraphForm},
    carry_out,
    exit::Exit,
    files::{self, Named, Reading},
    printer::Printer,
    session::{Command, environment},
    validate,
};

/// Draws what is declared and what is there.
pub(super) async fn run(command: &Command, args: Graph, read: Reading) -> anyhow::Result<Exit> {
    let printer = &command.printer;
    let named = read.single("graph")?;
    let mut setting = setting(&named, printer);
    let session = command.open(named, Mode::ReadOnly).await?;
    let seen = carry_out::look(&session, &session.graph, Purpose::Show).await?;
    let plan = plan(&session.graph, &seen);
    advice::unread(&seen, printer);
    setting.account = Some(session.aws.environment.account.clone());
    draw(&observed(&plan, setting), args.output, printer);
    Ok(if plan.is_unknown() { Exit::Unknown } else { Exit::Done })
}

/// Draws what is declared, and asks nobody.
pub(super) fn run_declared(args: &Graph, printer: &Printer) -> anyhow::Result<Exit> {
    let read = files::read(args.file.as_slice())?;
    if !read.is_sound() {
        validate::report(&read, printer);
        return Ok(Exit::Invalid);
    }
    let named = read.single("graph")?;
    let node = &named.document.node;
    // Names of objects have them in them; none of these is drawn.
    let account = node.spec.aws.account_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let environment = environment(node, account, node.spec.aws.partition.to_string());
    let graph = topology::declare(&environment, &Lookups::unasked(), &node.spec)
        .with_context(|| format!("{} cannot be laid out", node.metadata.name))?;
    draw(&declared(&graph, setting(&named, printer)), args.output, printer);
    Ok(Exit::Done)
}

/// What the file says of the environment as a whole.
fn setting(named: &Named, printer: &Printer) -> Setting {
    let spec = &named.document.node.spec;
    Setting {
        name: named.name(),
        region: spec.aws.region.to_string(),
        account: spec.aws.account_id.as_ref().map(ToString::to_string),
        sandbox: printer.is_sandbox(),
        zones: spec.availability_zones.0.iter().map(ToString::to_string).collect(),
        chains: spec.nodes.chains.iter().map(|chain| called(chain.chain)).collect(),
    }
}

/// What a chain is called where nothing else says that it is one.
fn called(chain: ChainRef) -> String {
    match chain {
        ChainRef::Name(_) => chain.label(),
        ChainRef::ChainId(id) => format!("chain {id}"),
    }
}

fn draw(scene: &Scene, form: GraphForm, printer: &Printer) {
    printer.data(&match form {
        GraphForm::Svg => svg(scene),
        GraphForm::Mermaid => mermaid(scene),
    });
}
