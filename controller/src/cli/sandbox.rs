//! `clctl sandbox`: looking after the built-in simulator's world.

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
};

use clctl_simulator::{Seed, Simulator};
use jiff::Timestamp;

use crate::sandbox::{WORLD, open};

use super::{
    args::{Global, Sandbox, SeedKind},
    carry_out::Stopping,
    exit::Exit,
    printer::Printer,
    session::{Ends, sandbox_folder},
};

pub(super) fn run(verb: &Sandbox, global: &Global, printer: &Printer) -> anyhow::Result<Exit> {
    let folder = sandbox_folder(global)?;
    if let Sandbox::Reset { yes } = verb {
        return reset(*yes, &folder, printer);
    }
    let serves = matches!(verb, Sandbox::Serve { .. });
    let mut builder = tokio::runtime::Builder::new_current_thread();
    // A world that is served runs on the wall's time.
    builder.enable_all().start_paused(!serves);
    builder.build()?.block_on(async {
        let simulator = open(&folder)?;
        match verb {
            Sandbox::Status | Sandbox::Reset { .. } => status(&simulator, &folder, printer),
            Sandbox::Seed { what, region } => seed(&simulator, *what, region, printer)?,
            Sandbox::Drift { seed, count } => drift(&simulator, *seed, *count, printer)?,
            Sandbox::Serve { port, speed } => serve(&simulator, *port, *speed, printer).await?,
        }
        Ok(Exit::Done)
    })
}

fn status(simulator: &Simulator, folder: &std::path::Path, printer: &Printer) {
    let now = i64::try_from(simulator.now().as_millis()).unwrap_or_default();
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut text = format!("SANDBOX world  {}\n", folder.join(WORLD).display());
    text.push_str(&format!("time           {}\n", now.strftime("%Y-%m-%d %H:%M:%S UTC")));
    let (settings, objects) =
        simulator.with(|world| (world.settings().to_string(), world.objects()));
    text.push_str(&format!("settings       {settings}\n"));
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for object in objects {
        *counts.entry((object.region.clone(), object.kind.to_string())).or_default() += 1;
    }
    for ((region, kind), count) in counts {
        text.push_str(&format!("{region:<14} {count:>4} {kind}\n"));
    }
    printer.data(&text);
}

fn reset(yes: bool, folder: &std::path::Path, printer: &Printer) -> anyhow::Result<Exit> {
    if !yes && std::io::stdin().is_terminal() {
        printer.note(&format!("This forgets the sandbox's world in {}. Type yes to go on:", folder.display()));
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            anyhow::bail!(Ends { exit: Exit::Refused, text: "not approved: nothing was done".into() });
        }
    }
    // The record goes with the world it speaks of.
    for name in [WORLD, "clctl.db", "clctl.db-wal", "clctl.db-shm"] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    printer.data("SANDBOX reset: the account is as new");
    Ok(Exit::Done)
}

fn seed(simulator: &Simulator, what: SeedKind, region: &str, printer: &Printer) -> anyhow::Result<()> {
    let kind = match what {
        SeedKind::Vpc => Seed::Network,
    };
    let made = simulator.edit(|world| {
        world.settings_mut().region = region.to_owned();
        world.seed(kind)
    })?;
    printer.data(&format!("SANDBOX seeded {region}:"));
    for (name, id) in made {
        printer.data(&format!("  {name:<24} {id}"));
    }
    Ok(())
}

fn drift(simulator: &Simulator, seed: Option<u64>, count: u32, printer: &Printer) -> anyhow::Result<()> {
    let seed = seed.unwrap_or_else(|| simulator.now().as_millis());
    for n in 0..u64::from(count) {
        match simulator.edit(|world| world.drift(seed + n))? {
            Some(change) => printer.data(&format!("SANDBOX drift: {change}")),
            None => {
                printer.data("SANDBOX drift: nothing of clctl's is there to change");
                break;
            }
        }
    }
    Ok(())
}

async fn serve(simulator: &Simulator, port: u16, speed: f64, printer: &Printer) -> anyhow::Result<()> {
    anyhow::ensure!(speed > 0.0 && speed.is_finite(), "--speed takes a number above 0");
    simulator.edit(|world| world.settings_mut().speed = speed)?;
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let address = listener.local_addr()?;
    printer.data(&format!("SANDBOX serving AWS on http://{address} (speed {speed}); Ctrl-C ends it"));
    printer.note(&format!(
        "  export AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_REGION=us-east-1"
    ));
    let stopping = Stopping::listen(printer, std::time::Duration::from_secs(u64::from(u32::MAX)));
    let mut signal = stopping.signal();
    let ended = async move {
        drop(signal.wait_for(|stop| *stop != crate::engine::Stop::No).await);
    };
    clctl_simulator::serve(simulator.clone(), listener, ended).await?;
    simulator.edit(|world| world.settings_mut().speed = 1.0)?;
    Ok(())
}
