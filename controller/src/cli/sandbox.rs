//! `clctl sandbox`: looking after the built-in simulator's world.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, ErrorKind, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use clctl_simulator::{Object, Seed, Simulator, World};
use jiff::Timestamp;

use crate::sandbox::{WORLD, is_difference, open};

use crate::render::line;

use super::{
    args::{Global, Sandbox, SeedKind},
    exit::Exit,
    printer::Printer,
    session::{Ends, sandbox_folder},
    stopping::Stopping,
};

pub(super) fn run(verb: &Sandbox, global: &Global, printer: &Printer) -> anyhow::Result<Exit> {
    let folder = sandbox_folder(global)?;
    let serves = matches!(verb, Sandbox::Serve { .. });
    let mut builder = tokio::runtime::Builder::new_current_thread();
    // A world that is served runs on the wall's time.
    builder.enable_all().start_paused(!serves);
    builder.build()?.block_on(async {
        match verb {
            Sandbox::Reset { yes } => reset(*yes, &folder, printer)?,
            Sandbox::Status => status(&open(&folder)?, &folder, printer),
            Sandbox::Seed { what } => {
                let region = global.region.as_deref().unwrap_or("us-east-1");
                seed(&open(&folder)?, *what, region, printer)?;
            }
            Sandbox::Drift { seed, count } => drift(&open(&folder)?, *seed, *count, printer)?,
            Sandbox::Serve { port, speed } => {
                serve(&open(&folder)?, *port, *speed, printer).await?;
            }
        }
        Ok(Exit::Done)
    })
}

fn status(simulator: &Simulator, folder: &Path, printer: &Printer) {
    let now = i64::try_from(simulator.now().as_millis()).unwrap_or_default();
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let (settings, objects, lingering) =
        simulator.with(|world| (world.settings().to_string(), world.objects(), world.lingering()));
    let mut text = format!("SANDBOX world   {}\n", folder.join(WORLD).display());
    line!(text, "time            {}", now.strftime("%Y-%m-%d %H:%M:%S UTC"));
    line!(text, "settings        {settings}");
    list(&mut text, objects, "");
    list(&mut text, lingering, " (gone, still shown)");
    printer.data(&text);
}

fn list(text: &mut String, objects: Vec<Object>, what: &str) {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for Object { region, kind, id: _ } in objects {
        *counts.entry((region, kind)).or_default() += 1;
    }
    for ((region, kind), count) in counts {
        line!(text, "{region:<15} {count:>4} {kind}{what}");
    }
}

fn reset(yes: bool, folder: &Path, printer: &Printer) -> anyhow::Result<()> {
    if !yes {
        agree(folder, printer)?;
    }
    if let Ok(simulator) = open(folder) {
        // Whoever else has the world open sees the new one.
        simulator.edit(|world| {
            let settings = world.settings().clone();
            *world = World::new(settings);
        })?;
    } else {
        // A world that nobody can read is of use to nobody.
        remove(&folder.join(WORLD))?;
        open(folder)?;
    }
    // The record goes with the world it speaks of.
    for name in ["clctl.db", "clctl.db-wal", "clctl.db-shm"] {
        remove(&folder.join(name))?;
    }
    printer.data("SANDBOX reset: the account is as AWS hands it out");
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn agree(folder: &Path, printer: &Printer) -> anyhow::Result<()> {
    let refused = |text: &str| Ends { exit: Exit::Refused, text: text.to_owned() };
    if !std::io::stdin().is_terminal() {
        anyhow::bail!(refused(
            "this forgets the sandbox's world, and there is nobody to ask: nothing was done; add --yes"
        ));
    }
    printer.note(&format!(
        "SANDBOX This forgets the sandbox's world in {}. Type yes to go on:",
        folder.display()
    ));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        anyhow::bail!(refused("not approved: nothing was done"));
    }
    Ok(())
}

fn seed(
    simulator: &Simulator,
    what: SeedKind,
    region: &str,
    printer: &Printer,
) -> anyhow::Result<()> {
    let kind = match what {
        SeedKind::Vpc => Seed::OpenNetwork,
    };
    let made = simulator.edit(|world| {
        let home = std::mem::replace(&mut world.settings_mut().region, region.to_owned());
        let made = world.seed(kind);
        settle(world);
        world.settings_mut().region = home;
        made
    })?;
    let mut text = format!("SANDBOX seeded {region}:\n");
    for (name, id) in made {
        line!(text, "  {name:<20} {id}");
    }
    printer.data(&text);
    Ok(())
}

/// Lets the time pass that lists may take to show what was changed: between commands, time stands
/// still.
pub(super) fn settle(world: &mut World) {
    let lag = &world.settings().lag;
    let longest = lag.by_id.max_ms.max(lag.listed.max_ms);
    world.advance(world.now() + Duration::from_millis(longest));
}

fn drift(
    simulator: &Simulator,
    seed: Option<u64>,
    count: u32,
    printer: &Printer,
) -> anyhow::Result<()> {
    let seed = seed.unwrap_or_else(|| simulator.now().as_millis());
    for n in 0..u64::from(count) {
        let changed = simulator.edit(|world| {
            let changed = world.drift_among(seed.wrapping_add(n), is_difference);
            settle(world);
            changed
        })?;
        let Some(change) = changed else {
            printer.data("SANDBOX drift: nothing of clctl's is there to change");
            break;
        };
        printer.data(&format!("SANDBOX drift: {change}"));
    }
    Ok(())
}

async fn serve(
    simulator: &Simulator,
    port: u16,
    speed: f64,
    printer: &Printer,
) -> anyhow::Result<()> {
    if !(speed > 0.0 && speed.is_finite()) {
        anyhow::bail!(Ends { exit: Exit::Usage, text: "--speed takes a number above 0".into() });
    }
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .await
        .with_context(|| format!("port {port} cannot be served; choose another with --port"))?;
    let address = listener.local_addr()?;
    let before =
        simulator.edit(|world| std::mem::replace(&mut world.settings_mut().speed, speed))?;
    let stopping = Stopping::serving()?;
    printer
        .data(&format!("SANDBOX serving AWS on http://{address} (speed {speed}); Ctrl-C ends it"));
    printer.note(&format!(
        "  export AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_REGION=us-east-1"
    ));
    let served = clctl_simulator::serve(simulator.clone(), listener, stopping.asked()).await;
    simulator.edit(|world| world.settings_mut().speed = before)?;
    Ok(served?)
}
