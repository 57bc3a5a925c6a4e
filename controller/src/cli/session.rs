//! One environment, ready to be worked on: who we are, where it is, what is known of it.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use clctl_spec::ChainlinkNode;

use crate::{
    aws::{Aws, Calls, ConnectError, Connection, Environment, Mode, Target, connect, kinds},
    engine::{Graph, Kinds},
    store::Store,
    topology,
};

use super::{args::Global, exit::Exit, files::Named, printer::Printer};

/// One environment, ready to be worked on.
pub struct Session {
    /// AWS as the environment sees it.
    pub aws: Arc<Aws>,
    /// What is declared.
    pub graph: Graph<Aws>,
    /// The kinds there are.
    pub kinds: Kinds<Aws>,
    /// The local record.
    pub store: Store,
    /// What was written.
    pub named: Named,
}

/// What all environments of a command share.
pub struct Command {
    /// The arguments that every verb takes.
    pub global: Global,
    /// Where to print.
    pub printer: Printer,
    #[cfg(feature = "sandbox")]
    sandbox: Option<clctl_simulator::Simulator>,
}

/// An error that ends a command with a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Ends {
    /// The code.
    pub exit: Exit,
    /// What to say.
    pub text: String,
}

impl Command {
    /// Prepares a command.
    pub fn new(global: Global, printer: Printer) -> anyhow::Result<Self> {
        #[cfg(feature = "sandbox")]
        let sandbox = if global.sandbox {
            let folder = sandbox_folder(&global)?;
            Some(crate::sandbox::open(&folder)?)
        } else {
            None
        };
        Ok(Self {
            global,
            printer,
            #[cfg(feature = "sandbox")]
            sandbox,
        })
    }

    /// Opens an environment for reading or for writing.
    pub async fn open(&self, named: Named, mode: Mode) -> anyhow::Result<Session> {
        let node = &named.document.node;
        let region = node.spec.aws.region.to_string();
        if let Some(asked) = self.global.region.as_ref().filter(|asked| **asked != region) {
            bail!(Ends {
                exit: Exit::Refused,
                text: format!(
                    "--region {asked} contradicts the spec of {}, which is for {region} ({}): nothing was done; an environment lives in one region, another one is another file",
                    node.metadata.name, named.file
                ),
            });
        }
        let calls = Calls::new(mode, kinds::reads());
        let connection = self.connection(&region, calls).await;
        let wanted = node.spec.aws.account_id.as_ref().map(ToString::to_string);
        let caller = connection.caller(wanted.as_deref()).await.map_err(credentials)?;
        let environment = environment(node, caller.account, caller.partition);
        let graph = topology::declare(&environment, &node.spec)
            .with_context(|| format!("{} cannot be laid out", node.metadata.name))?;
        let store = Store::open(&self.state_folder()?)?;
        let aws = Arc::new(Aws::new(&connection, environment));
        Ok(Session { aws, graph, kinds: kinds::all(), store, named })
    }

    #[cfg(feature = "sandbox")]
    async fn connection(&self, region: &str, calls: Arc<Calls>) -> Connection {
        match &self.sandbox {
            Some(simulator) => crate::sandbox::connect(simulator, region, calls),
            None => self.network(region, calls).await,
        }
    }

    #[cfg(not(feature = "sandbox"))]
    async fn connection(&self, region: &str, calls: Arc<Calls>) -> Connection {
        self.network(region, calls).await
    }

    async fn network(&self, region: &str, calls: Arc<Calls>) -> Connection {
        let target = Target {
            region: region.to_owned(),
            profile: self.global.profile.clone(),
            endpoint_url: self.global.endpoint_url.clone(),
        };
        connect(&target, calls).await
    }

    fn state_folder(&self) -> anyhow::Result<PathBuf> {
        if self.global.sandbox { sandbox_folder(&self.global) } else { state_folder(&self.global) }
    }
}

fn credentials(error: ConnectError) -> anyhow::Error {
    anyhow::Error::new(error)
}

fn environment(node: &ChainlinkNode, account: String, partition: String) -> Environment {
    Environment {
        name: node.metadata.name.to_string(),
        partition,
        account,
        region: node.spec.aws.region.to_string(),
        ignored_tags: node.spec.aws.ignore_tag_prefixes.iter().map(ToString::to_string).collect(),
    }
}

/// Where the record is kept.
pub fn state_folder(global: &Global) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &global.state {
        return Ok(folder.clone());
    }
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = from("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| from("HOME").map(|home| home.join(".local/state")));
    match base {
        Some(base) => Ok(base.join("clctl")),
        None => bail!(Ends {
            exit: Exit::Local,
            text: "neither HOME nor XDG_STATE_HOME is set: say with --state where the local record is to be kept".into(),
        }),
    }
}

/// Where the sandbox keeps its world and its record: apart from what is real.
pub fn sandbox_folder(global: &Global) -> anyhow::Result<PathBuf> {
    Ok(state_folder(global)?.join("sandbox"))
}

impl Session {
    /// The chapters that are written and not built.
    pub fn not_built(&self) -> Vec<String> {
        self.named.document.not_built.iter().map(|chapter| chapter.path.clone()).collect()
    }

    /// Remembers which environment the document describes.
    pub fn remember(&self) -> anyhow::Result<()> {
        if let Some(path) = &self.named.path {
            self.store.remember(&path.to_string_lossy(), self.named.index, &self.aws.environment)?;
        }
        Ok(())
    }

    /// Lists the calls made, if that is asked for.
    pub fn show_calls(&self, command: &Command) {
        if !command.global.show_calls {
            return;
        }
        let calls = self.aws.calls.made();
        for call in &calls {
            let kind = if call.writes { "write" } else { "read" };
            let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            command.printer.note(&format!(
                "call {kind:<5} {:<48} {status} {:>5} ms",
                call.operation,
                call.took.as_millis()
            ));
        }
        command.printer.note(&format!("{} calls, {} of them writes", calls.len(), self.aws.calls.writes()));
    }
}
