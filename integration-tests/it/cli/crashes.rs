//! The real binary, killed at a call, before or after its effect, and run again: nothing is doubled
//! and nothing is left over. A sample; in the process every point is tried.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use clctl_simulator::{CallInfo, Fate, Seed, Settings};

use super::{
    exits::age,
    support::{Place, QUICK, Served, spec, start},
};

/// Nothing that takes minutes, but for what is in a chapter of its own.
const ONE_WAY_OUT: &str = "  network: {vpc: {create: {natGateways: Single}}}
  policies: {deletion: {keystorePassword: Delete, database: Delete}}
";

#[derive(Clone, Copy, Debug)]
enum When {
    /// At the call of this number, from 1.
    Call(u64),
    /// At the first call of this operation.
    Operation(&'static str),
}

#[derive(Clone, Copy, Debug)]
enum Effect {
    /// It is killed before the call has any.
    Before,
    /// The call has its effect, and nobody learns of it.
    After,
}

/// What becomes of the local record.
#[derive(Clone, Copy, Debug)]
enum Record {
    Kept,
    Lost,
}

#[derive(Clone, Copy, Debug)]
struct Crash {
    verb: &'static str,
    chapters: &'static str,
    when: When,
    effect: Effect,
    record: Record,
}

fn world() -> Served {
    let world = Served::new(Settings { speed: 4000.0, ..Settings::calm() });
    // Somebody else's network, to be left alone; it also begins the region.
    world.simulator.with(|world| world.seed(Seed::Network));
    world
}

/// How many calls a verb makes that is not killed.
fn calls(verb: &str) -> u64 {
    let world = world();
    let place = Place::served(&world);
    let file = place.write("node.yaml", &spec("crash", QUICK));
    if verb == "delete" {
        place.run(&["apply", "-f", &file]).ends(0);
    }
    world.simulator.forget_calls();
    place.run(&[verb, "--yes", "-f", &file]).ends(0);
    world.simulator.calls().len() as u64
}

fn crash(crash: Crash, converged: &str) {
    let world = world();
    let place = Place::served(&world);
    let file = place.write("node.yaml", &spec("crash", crash.chapters));
    let before = world.objects();
    if crash.verb == "delete" {
        place.run(&["apply", "-f", &file]).ends(0);
    }
    kill(&world, &place, &file, crash);
    match crash.record {
        Record::Kept => age(&place),
        Record::Lost => drop(std::fs::remove_dir_all(place.state())),
    }
    let ran = place.run(&[crash.verb, "--yes", "-f", &file, "--show-calls"]);
    assert_eq!(ran.code, 0, "{crash:?}: {ran}");
    if crash.verb == "apply" {
        if crash.chapters == QUICK {
            assert_eq!(world.census(), converged, "{crash:?}: doubled or missing");
        }
        let ran = place.run(&["diff", "-f", &file]);
        assert_eq!(ran.code, 0, "{crash:?}: {ran}");
        let ran = place.run(&["delete", "--yes", "-f", &file]);
        assert_eq!(ran.code, 0, "{crash:?}: {ran}");
    }
    assert_eq!(world.objects(), before, "{crash:?}: left over");
}

/// Runs the verb until the call comes, and kills it there.
fn kill(world: &Served, place: &Place, file: &str, crash: Crash) {
    let (reach, reached) = mpsc::channel();
    let reach = Mutex::new(Some(reach));
    world.simulator.set_hook(Arc::new(move |call: &CallInfo| {
        let is_it = match crash.when {
            When::Call(n) => call.n >= n,
            When::Operation(operation) => call.operation == operation,
        };
        let mut reach = reach.lock().unwrap();
        if !is_it && reach.is_some() {
            return Fate::Proceed;
        }
        // From the first of them on nothing is answered: the process is as good as dead.
        match reach.take() {
            Some(reach) => {
                reach.send(()).unwrap();
                match crash.effect {
                    Effect::Before => Fate::HangBefore,
                    Effect::After => Fate::HangAfter,
                }
            }
            None => Fate::HangBefore,
        }
    }));
    let mut child = start(&mut place.command(&[crash.verb, "--yes", "-f", file]));
    let came = reached.recv_timeout(Duration::from_secs(100));
    child.kill().unwrap();
    child.wait().unwrap();
    world.simulator.clear_hook();
    assert!(came.is_ok(), "{crash:?}: the call never came");
}

#[test]
fn killed_anywhere_and_run_again_nothing_is_doubled_and_nothing_left() {
    let converged = {
        let world = world();
        let place = Place::served(&world);
        let file = place.write("node.yaml", &spec("crash", QUICK));
        place.run(&["apply", "-f", &file]).ends(0);
        world.census()
    };
    let mut crashes = Vec::new();
    // The longest first.
    for (verb, operation, effect, record) in [
        ("delete", "DeleteNatGateway", Effect::After, Record::Kept),
        ("apply", "CreateNatGateway", Effect::After, Record::Lost),
        ("delete", "DeleteNatGateway", Effect::After, Record::Lost),
        ("apply", "CreateNatGateway", Effect::After, Record::Kept),
    ] {
        let when = When::Operation(operation);
        crashes.push(Crash { verb, chapters: ONE_WAY_OUT, when, effect, record });
    }
    for (verb, sample) in [("apply", 28), ("delete", 18)] {
        let most = calls(verb);
        for k in 0..sample {
            let when = When::Call(1 + k * (most - 1) / sample);
            let effect = if k % 2 == 0 { Effect::After } else { Effect::Before };
            let record = if k % 4 < 2 { Record::Kept } else { Record::Lost };
            crashes.push(Crash { verb, chapters: QUICK, when, effect, record });
        }
    }
    assert_eq!(crashes.len(), 50);
    crashes.reverse();
    let queue = Mutex::new(crashes);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some(next) = queue.lock().unwrap().pop() else { break };
                    crash(next, &converged);
                }
            });
        }
    });
}
