//! The command line: one file per verb.

mod apply;
mod args;
mod carry_out;
mod delete;
mod describe;
mod diff;
mod exit;
mod files;
mod get;
mod printer;
mod progress;
#[cfg(feature = "sandbox")]
mod sandbox;
mod session;
mod validate;
mod version;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

use crate::{aws::ConnectError, engine::JournalError, store};

use self::{
    args::{Cli, Global, Verb},
    exit::Exit,
    printer::Printer,
    session::{Command, Ends},
};

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    let Cli { global, verb } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    log(global.verbose);
    let printer = Printer::new(global.color, global.sandbox);
    let exit = match run(global, verb, &printer) {
        Ok(exit) => exit,
        Err(error) => {
            printer.error(&error);
            code(&error)
        }
    };
    exit.into()
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "clctl=debug,warn",
        _ => "clctl=trace,aws_smithy_runtime=debug,info",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .init();
}

fn run(global: Global, verb: Verb, printer: &Printer) -> anyhow::Result<Exit> {
    // These ask nobody and wait for nothing.
    match verb {
        Verb::Validate(args) => return validate::run(&args, printer),
        Verb::Version(args) => return version::run(&args, printer),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "clctl", &mut script);
            printer.data(&String::from_utf8_lossy(&script));
            return Ok(Exit::Done);
        }
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(verb) => return sandbox::run(&verb, &global, printer),
        Verb::Apply(_) | Verb::Diff(_) | Verb::Delete(_) | Verb::Get(_) | Verb::Describe(_) => {}
    }
    let runtime = runtime(&global)?;
    runtime.block_on(async move {
        let command = Command::new(global, printer.clone())?;
        #[cfg(feature = "sandbox")]
        let _pacing = pacing(&command);
        match verb {
            Verb::Apply(args) => apply::run(&command, args).await,
            Verb::Diff(args) => diff::run(&command, args).await,
            Verb::Delete(args) => delete::run(&command, args).await,
            Verb::Get(args) => get::run(&command, args).await,
            Verb::Describe(args) => describe::run(&command, args).await,
            Verb::Validate(_) | Verb::Version(_) | Verb::Completions { .. } => Ok(Exit::Done),
            #[cfg(feature = "sandbox")]
            Verb::Sandbox(_) => Ok(Exit::Done),
        }
    })
}

/// One thread; in the sandbox, time is the world's.
fn runtime(global: &Global) -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    #[cfg(feature = "sandbox")]
    builder.start_paused(global.sandbox);
    #[cfg(not(feature = "sandbox"))]
    anyhow::ensure!(!global.sandbox, "this clctl was built without the sandbox");
    Ok(builder.build()?)
}

/// On a terminal, the sandbox's time passes so that it can be watched.
#[cfg(feature = "sandbox")]
fn pacing(command: &Command) -> Option<tokio_util_abort::Abort> {
    use std::io::IsTerminal;
    let watched = command.global.sandbox && std::io::stderr().is_terminal();
    watched.then(|| tokio_util_abort::Abort(tokio::task::spawn(crate::sandbox::pace())))
}

/// Ends a task when it goes out of scope.
#[cfg(feature = "sandbox")]
mod tokio_util_abort {
    pub(super) struct Abort(pub(super) tokio::task::JoinHandle<()>);

    impl Drop for Abort {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
}

/// The exit code of an error.
fn code(error: &anyhow::Error) -> Exit {
    if let Some(ends) = error.downcast_ref::<Ends>() {
        return ends.exit;
    }
    if error.is::<ConnectError>() {
        return Exit::Credentials;
    }
    if error.is::<store::LockError>() {
        return Exit::Refused;
    }
    if error.is::<JournalError>() || error.is::<store::StoreError>() {
        return Exit::Local;
    }
    if error.chain().any(|cause| cause.is::<std::io::Error>()) { Exit::Usage } else { Exit::Local }
}
