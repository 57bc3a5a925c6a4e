//! The command line: one file per verb.

mod adopt;
mod advice;
mod apply;
mod args;
mod carry_out;
mod delete;
mod describe;
mod diff;
mod exit;
mod explain;
mod failover;
mod files;
mod funds;
mod get;
mod graph;
mod nodes;
mod printer;
mod progress;
mod reference;
mod release;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;
mod secret;
mod session;
mod stopping;
mod tunnel;
mod validate;
mod version;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

use self::{
    args::{Cli, Global, Verb},
    exit::Exit,
    files::Reading,
    printer::Printer,
    session::Command,
};

pub use self::reference::{Generated, generated};

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    let Cli { global, verb } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let printer = Printer::new(&global);
    log(&global, &printer);
    let exit = match run(global, verb, &printer) {
        Ok(exit) => exit,
        Err(error) => {
            printer.error(&error);
            Exit::of(&error)
        }
    };
    exit.into()
}

fn log(global: &Global, printer: &Printer) {
    // What the SDK logs of its requests has headers and bodies in it: never shown.
    let level = match global.verbose {
        0 => "error",
        1 => "warn,clctl=debug",
        _ => "info,clctl=trace",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(printer.err() == crate::render::Paint::Colour)
        .with_writer(std::io::stderr)
        .init();
}

fn run(global: Global, verb: Verb, printer: &Printer) -> anyhow::Result<Exit> {
    // These ask nobody and wait for nothing.
    let verb = match verb {
        Verb::Validate(args) => return validate::run(&args, printer),
        Verb::Explain(args) => return explain::run(&args, printer),
        Verb::Schema(args) => return schema::run(&args, printer),
        Verb::Version(args) => return version::run(&args, printer),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "clctl", &mut script);
            printer.data(&String::from_utf8_lossy(&script));
            return Ok(Exit::Done);
        }
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(verb) => return sandbox::run(&verb, &global, printer),
        Verb::Apply(args) => Asking::Apply(args),
        Verb::Diff(args) => Asking::Diff(args),
        Verb::Graph(args) if args.declared => return graph::run_declared(&args, printer),
        Verb::Graph(args) => Asking::Graph(args),
        Verb::Delete(args) => Asking::Delete(args),
        Verb::Get(args) => Asking::Get(args),
        Verb::Describe(args) => Asking::Describe(args),
        Verb::Failover(args) => Asking::Failover(args),
        Verb::Tunnel(args) => Asking::Tunnel(args),
        Verb::Secret(args::Secret::Put(args)) => Asking::SecretPut(args),
        Verb::Secret(args::Secret::List(args)) => Asking::SecretList(args),
        Verb::Adopt(args) => Asking::Adopt(args),
        Verb::Release(args) => Asking::Release(args),
    };
    // A file that cannot be used is found out before anything else is touched.
    let read = files::read(verb.files())?;
    if !read.is_sound() {
        // One broken document, and nothing is done for the others either.
        validate::report(&read, printer);
        return Ok(Exit::Invalid);
    }
    let runtime = runtime(&global)?;
    let exit = runtime.block_on(async {
        let command = Command::new(global, printer.clone())?;
        let exit = asking(&command, verb, read).await;
        command.show_calls();
        command.settle();
        exit
    });
    // Not to wait for somebody who was asked and has not answered.
    runtime.shutdown_background();
    exit
}

/// A verb that asks AWS.
enum Asking {
    Apply(args::Apply),
    Diff(args::Diff),
    Delete(args::Delete),
    Get(args::Get),
    Describe(args::Describe),
    Graph(args::Graph),
    Tunnel(args::Tunnel),
    Failover(args::Failover),
    SecretPut(args::SecretPut),
    SecretList(args::SecretList),
    Adopt(args::Adopt),
    Release(args::Release),
}

impl Asking {
    fn files(&self) -> &[String] {
        let files = match self {
            Self::Apply(args) => &args.files,
            Self::Diff(args) => &args.files,
            Self::Delete(args) => &args.files,
            Self::Get(args) => &args.files,
            Self::Describe(args) => &args.files,
            Self::Graph(args) => return args.file.as_slice(),
            Self::Failover(args) => return args.file.as_slice(),
            Self::Tunnel(args) => return args.file.as_slice(),
            Self::SecretPut(args) => return args.file.as_slice(),
            Self::SecretList(args) => return args.file.as_slice(),
            Self::Adopt(args) => return args.file.as_slice(),
            Self::Release(args) => return args.file.as_slice(),
        };
        &files.files
    }
}

async fn asking(command: &Command, verb: Asking, read: Reading) -> anyhow::Result<Exit> {
    match verb {
        Asking::Apply(args) => Box::pin(apply::run(command, args, read)).await,
        Asking::Diff(args) => diff::run(command, args, read).await,
        Asking::Delete(args) => Box::pin(delete::run(command, args, read)).await,
        Asking::Get(args) => get::run(command, args, read).await,
        Asking::Describe(args) => describe::run(command, args, read).await,
        Asking::Graph(args) => graph::run(command, args, read).await,
        Asking::Failover(args) => Box::pin(failover::run(command, args, read)).await,
        Asking::Tunnel(args) => Box::pin(tunnel::run(command, args, read)).await,
        Asking::SecretPut(args) => secret::put(command, args, read).await,
        Asking::SecretList(args) => secret::list(command, args, read).await,
        Asking::Adopt(args) => adopt::run(command, args, read).await,
        Asking::Release(args) => release::run(command, args, read).await,
    }
}

/// One thread; in the sandbox, time is the world's.
fn runtime(global: &Global) -> anyhow::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    builder.enable_all();
    #[cfg(feature = "sandbox")]
    builder.start_paused(global.sandbox);
    #[cfg(not(feature = "sandbox"))]
    anyhow::ensure!(!global.sandbox, "this clctl was built without the sandbox");
    Ok(builder.build()?)
}
