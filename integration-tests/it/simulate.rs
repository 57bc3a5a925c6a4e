//! Plays seeds of the simulation on all cores, for as long as is asked for, and says what came of it.
//!
//! ```sh
//! cargo run -p clctl --example simulate -- --seconds 300
//! cargo run -p clctl --example simulate -- --seconds 3600 --from-seed 1000000
//! cargo run -p clctl --example simulate -- --seed 42        # one, with everything that happens
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a run that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "this program's output is its result")]
#![expect(
    clippy::disallowed_methods,
    reason = "how long to go on is told in the machine's own time"
)]

#[path = "../simulator/tests/it/client.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod client;
#[expect(dead_code, reason = "the tests use the rest")]
mod harness;
mod rng;
mod simulation;
#[expect(dead_code, reason = "the tests use the rest")]
mod truth;

use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use simulation::{Counts, play};

/// Plays seeds of the simulation.
#[derive(Parser)]
struct Arguments {
    /// How long to go on.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from_seed: u64,
    /// How many seeds at the most.
    #[arg(long, default_value_t = u64::MAX)]
    runs: u64,
    /// How many at a time: as many as there are cores, if nothing is said.
    #[arg(long)]
    jobs: Option<usize>,
    /// Plays this one alone, and prints everything that happens.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        return one(seed);
    }
    let start = Instant::now();
    let (next, end) = (AtomicU64::new(0), Duration::from_secs(arguments.seconds));
    let met: Mutex<(Counts, u64)> = Mutex::default();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.jobs.unwrap_or(cores).max(1);
    std::panic::set_hook(Box::new(|_| {}));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while start.elapsed() < end {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= arguments.runs {
                        return;
                    }
                    let played = play(arguments.from_seed + nth);
                    let mut met = met.lock().unwrap();
                    met.0.add(&played.counts);
                    if !played.broken.is_empty() {
                        met.1 += 1;
                        println!("{}", played.line());
                    }
                }
            });
        }
    });
    let (counts, failed) = met.into_inner().unwrap();
    let took = start.elapsed();
    println!("{counts}");
    println!("seconds                 {}, {workers} at a time", took.as_secs());
    println!("full runs an hour       {:.0}", 3600.0 * runs_a_second(counts.runs, took));
    println!("violations              {failed}");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runs_a_second(runs: u64, took: Duration) -> f64 {
    f64::from(u32::try_from(runs).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

fn one(seed: u64) -> ExitCode {
    let played = play(seed);
    for line in &played.log {
        println!("{line}");
    }
    println!("{}", played.counts);
    for broken in &played.broken {
        println!("broken: {broken}");
    }
    if played.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
