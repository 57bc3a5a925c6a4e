//! The contract in a real account, and the sweeper of what it leaves: see `docs/real-aws.md`.
//!
//! ```sh
//! cargo run -p clctl --features real-aws --example real-aws -- contract
//! cargo run -p clctl --features real-aws --example real-aws -- sweep
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a run that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "this program's output is its result")]

#[path = "../simulator/tests/it/client.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod client;
#[expect(dead_code, reason = "the tests use the rest")]
mod harness;
mod real;
#[expect(dead_code, reason = "the tests use the rest")]
mod samples;
#[expect(dead_code, reason = "the tests use the rest")]
mod stand;
#[expect(dead_code, reason = "the tests use the rest")]
mod truth;

use std::{env, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use clctl::aws::{Calls, Mode, Target, connect, kinds};
use real::{
    account::Account,
    contract::live,
    run::Run,
    sweep::{Which, sweep},
};
use samples::SAMPLES;

/// clctl's contract in a real account.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Lets a sample of each kind live and go.
    Contract {
        /// Only these kinds.
        #[arg(long)]
        kind: Vec<String>,
    },
    /// Prints what runs left, and removes it.
    Sweep {
        /// Of this run, however young.
        #[arg(long)]
        run: Option<String>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let what = Arguments::parse().what;
    let account = env::var("CLCTL_REAL_AWS_ACCOUNT")
        .context("CLCTL_REAL_AWS_ACCOUNT has to name the account: nothing was done")?;
    let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
    let region = region.context("AWS_REGION has to name the region: nothing was done")?;
    let target = Target { region: region.clone(), ..Target::default() };
    let calls = Calls::new(Mode::ReadWrite, kinds::reads());
    let connection = connect(&target, calls).await;
    let now = jiff::Timestamp::now();
    let account = Account::enter(connection, &region, &account).await?;
    let say = |line: &str| println!("{line}");
    let good = match what {
        What::Contract { kind } => contract(&account, Run::beginning(now), &kind).await?,
        What::Sweep { run } => {
            let which = match run {
                None => Which::OlderThan(Duration::from_hours(1)),
                Some(name) => match Run::of(&name) {
                    Some(run) => Which::Of(run),
                    None => bail!("{name} is no run"),
                },
            };
            sweep(&account, &which, now, &say).await?.is_empty()
        }
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn contract(account: &Account, run: Run, kinds: &[String]) -> Result<bool> {
    let costs = env::var("CLCTL_REAL_AWS_COSTS").is_ok_and(|it| it == "1");
    if let Some(other) = kinds.iter().find(|it| SAMPLES.iter().all(|sample| sample.kind != **it)) {
        bail!("there is no kind {other}");
    }
    println!("run {run}");
    let mut good = true;
    for (nth, sample) in SAMPLES.iter().enumerate() {
        let name = run.environment(nth);
        if !kinds.is_empty() && kinds.iter().all(|it| it != sample.kind) {
            continue;
        }
        if sample.costs && !costs {
            println!("{name} {}: left out, it costs (CLCTL_REAL_AWS_COSTS=1)", sample.kind);
            continue;
        }
        let say = |line: &str| println!("{name} {}: {line}", sample.kind);
        match live(&account.life(&name), sample, &say).await {
            Ok(()) => say("gone"),
            Err(error) => {
                good = false;
                say(&format!("FAILED {error:#}"));
            }
        }
    }
    Ok(good)
}
