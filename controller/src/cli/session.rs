//! One environment, ready to be worked on: who we are, where it is, what is known of it.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, bail};
use clctl_spec::ChainlinkNode;

use crate::{
    aws::{Aws, Calls, Connection, Environment, Lookups, Mode, Target, connect, kinds},
    engine::{Graph, Kinds},
    store::{EnvironmentJournal, Remembered, Store},
    topology,
};

use super::{args::Global, exit::Exit, files::Named, printer::Printer, stopping::Stopping};

/// One environment, ready to be worked on.
pub(super) struct Session {
    /// AWS as the environment sees it.
    pub(super) aws: Arc<Aws>,
    /// Who calls, as STS says.
    pub(super) caller: String,
    /// What was looked up before that.
    pub(super) lookups: Lookups,
    /// What is declared.
    pub(super) graph: Graph<Aws>,
    /// The kinds there are.
    pub(super) kinds: Kinds<Aws>,
    /// The local record.
    pub(super) store: Store,
    /// What was written.
    pub(super) named: Named,
}

/// What all environments of a command share.
pub(super) struct Command {
    /// The arguments that every verb takes.
    pub(super) global: Global,
    /// Where to print.
    pub(super) printer: Printer,
    /// The calls of the environment that is being worked on.
    calls: Mutex<Option<Arc<Calls>>>,
    #[cfg(feature = "sandbox")]
    sandbox: Option<clctl_simulator::Simulator>,
}

/// An error that ends a command with a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Ends {
    /// The code.
    pub(super) exit: Exit,
    /// What to say.
    pub(super) text: String,
}

impl Command {
    /// Prepares a command.
    pub(super) fn new(global: Global, printer: Printer) -> anyhow::Result<Self> {
        #[cfg(feature = "sandbox")]
        let sandbox = if global.sandbox {
            let folder = sandbox_folder(&global)?;
            Some(crate::sandbox::open(&folder).context(
                "the sandbox cannot be opened; choose another folder with --state, or begin a new world with `clctl sandbox reset`",
            )?)
        } else {
            None
        };
        Ok(Self {
            global,
            printer,
            calls: Mutex::default(),
            #[cfg(feature = "sandbox")]
            sandbox,
        })
    }

    /// Does the same for each environment. What goes wrong with one is said, and the others are
    /// not kept waiting; the gravest exit code wins.
    pub(super) async fn each(
        &self,
        documents: Vec<Named>,
        stopping: Option<&Stopping>,
        mut work: impl AsyncFnMut(Named) -> anyhow::Result<Exit>,
    ) -> Exit {
        let several = documents.len() > 1;
        let mut worst = Exit::Done;
        for named in documents {
            let name = named.name();
            if stopping.is_some_and(|stopping| stopping.why().is_some()) {
                self.printer.note(&format!("not begun: chainlinknode/{name}"));
                continue;
            }
            let exit = match work(named).await {
                Ok(exit) => exit,
                Err(error) => {
                    let exit = Exit::of(&error);
                    let context = format!("chainlinknode/{name}");
                    self.printer.error(&if several { error.context(context) } else { error });
                    exit
                }
            };
            self.show_calls();
            worst = worst.max(exit);
        }
        worst
    }

    /// Opens an environment for reading or for writing.
    pub(super) async fn open(&self, named: Named, mode: Mode) -> anyhow::Result<Session> {
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
        allows(&named, mode)?;
        let calls = Calls::new(mode, kinds::reads());
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).replace(calls.clone());
        let connection = self.connection(&region, calls).await;
        let wanted = node.spec.aws.account_id.as_ref().map(ToString::to_string);
        let caller = connection.caller(wanted.as_deref()).await?;
        let environment = environment(node, caller.account, caller.partition);
        let caller = caller.arn;
        let beginning = topology::beginning(&node.spec);
        let aws = Arc::new(Aws::new(&connection, environment).beginning(Some(beginning)));
        let lookups = Lookups::of(&aws, &topology::questions(&node.spec)).await;
        let graph = topology::declare(&aws.environment, &lookups, &node.spec)
            .with_context(|| format!("{} cannot be laid out", node.metadata.name))?;
        let store = Store::open(&self.state_folder()?)?;
        Ok(Session { aws, caller, lookups, graph, kinds: kinds::all(), store, named })
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
        // A variable that is set to nothing is not set.
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let target = Target {
            region: region.to_owned(),
            profile: given(&self.global.profile),
            endpoint_url: given(&self.global.endpoint_url),
        };
        connect(&target, calls).await
    }

    fn state_folder(&self) -> anyhow::Result<PathBuf> {
        if self.global.sandbox { sandbox_folder(&self.global) } else { state_folder(&self.global) }
    }

    /// Lets the sandbox's time pass until its lists show what was done: between two commands it
    /// stands still, and nobody looks in the very same instant.
    pub(super) fn settle(&self) {
        #[cfg(feature = "sandbox")]
        if let Some(simulator) = &self.sandbox
            && let Err(error) = simulator.edit(super::sandbox::settle)
        {
            tracing::warn!(%error, "the sandbox's time could not be put forward");
        }
    }

    /// Lists the calls made for one environment and not listed yet, if that is asked for, however it ended.
    pub(super) fn show_calls(&self) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(calls) = calls.filter(|_| self.global.show_calls) else { return };
        let made = calls.made();
        for call in &made {
            let kind = if call.writes { "write" } else { "read" };
            let status =
                call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            self.printer.note(&format!(
                "call {kind:<5} {:<48} {status} {:>5} ms",
                call.operation,
                call.took.as_millis()
            ));
        }
        self.printer.note(&format!("{} calls, {} of them writes", made.len(), calls.writes()));
    }

    /// The words a user types to run another verb on the same file.
    pub(super) fn words(&self, verb: &str, file: &str) -> String {
        let sandbox = if self.printer.is_sandbox() { " --sandbox" } else { "" };
        let file = if file == "<stdin>" { "-" } else { file };
        let file = if file.contains(' ') { format!("'{file}'") } else { file.to_owned() };
        format!("clctl{sandbox} {verb} -f {file}")
    }
}

/// Refuses what the file asks for and is not built, and what it asks not to do.
fn allows(named: &Named, mode: Mode) -> anyhow::Result<()> {
    let spec = &named.document.node.spec;
    let place = |path: &str| {
        named.document.place(path).map_or_else(|| named.file.clone(), ToString::to_string)
    };
    let refuse = |text: String| bail!(Ends { exit: Exit::Refused, text });
    if let Err(error) = topology::check(spec) {
        return refuse(format!(
            "{}: {error}: nothing was done; remove it, or wait for a clctl that can",
            place(error.path)
        ));
    }
    let path = "spec.policies.pause";
    if spec.policies.pause && mode == Mode::ReadWrite {
        return refuse(format!(
            "{}: {} is paused: nothing was done; remove {path} to go on",
            place(path),
            named.name()
        ));
    }
    Ok(())
}

/// The environment that a document describes, in such an account.
pub(super) fn environment(node: &ChainlinkNode, account: String, partition: String) -> Environment {
    Environment {
        name: node.metadata.name.to_string(),
        partition,
        account,
        region: node.spec.aws.region.to_string(),
        ignored_tags: node.spec.aws.ignore_tag_prefixes.iter().map(ToString::to_string).collect(),
        boundary: node.spec.aws.dev_ops_guru_tag_key.to_string(),
        deletions: topology::deletions(&node.spec),
    }
}

/// Where the record is kept.
pub(super) fn state_folder(global: &Global) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &global.state {
        return Ok(folder.clone());
    }
    let from =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
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
pub(super) fn sandbox_folder(global: &Global) -> anyhow::Result<PathBuf> {
    Ok(state_folder(global)?.join("sandbox"))
}

impl Session {
    /// The engine's record of the environment.
    pub(super) fn journal(&self) -> EnvironmentJournal {
        self.store.journal(&self.aws.environment)
    }

    /// The chapters that are written and not built.
    pub(super) fn not_built(&self) -> Vec<String> {
        let left_out = topology::left_out(&self.named.document);
        left_out.into_iter().map(|chapter| chapter.path.to_owned()).collect()
    }

    /// Remembers which environment the document describes.
    pub(super) fn remember(&self) -> anyhow::Result<()> {
        if let Some(path) = &self.named.path {
            let path = path.to_string_lossy();
            self.store.remember(&path, self.named.index, &self.aws.environment)?;
        }
        Ok(())
    }

    /// The environment that the document described when it was last applied, if it was another one
    /// and was not deleted since.
    pub(super) fn former(&self) -> anyhow::Result<Option<Remembered>> {
        let Some(path) = &self.named.path else { return Ok(None) };
        let before = self.store.remembered(&path.to_string_lossy(), self.named.index)?;
        let uid = self.aws.environment.uid();
        Ok(before.filter(|before| before.uid != uid))
    }
}
