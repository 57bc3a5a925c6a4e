//! Ctrl-C: once, calls in flight are finished and recorded; twice, it leaves.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use clctl_simulator::{CallInfo, Fate, Settings};

use super::support::{Place, QUICK, Served, spec, start};

/// A call that does not get its answer before it is told to.
struct Stuck {
    reached: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

fn stick(world: &Served, operation: &'static str) -> Stuck {
    let (reach, reached) = mpsc::channel();
    let (go_on, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    world.simulator.set_hook(Arc::new(move |call: &CallInfo| {
        if call.operation == operation && reach.send(()).is_ok() {
            // That nobody tells it any more is an answer as well.
            wait.lock().unwrap().recv().ok();
        }
        Fate::Proceed
    }));
    Stuck { reached, go_on }
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Reads until a line says this, and gives what came before.
fn read_until(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) -> String {
    let mut all = String::new();
    for line in lines {
        let line = line.unwrap();
        all.push_str(&line);
        all.push('\n');
        if line.contains(text) {
            return all;
        }
    }
    panic!("no {text:?} in:\n{all}");
}

#[test]
fn once_finishes_what_is_in_flight_and_says_what_is_left() {
    let world = Served::new(Settings { speed: 2000.0, ..Settings::calm() });
    let place = Place::served(&world);
    let file = place.write("node.yaml", &spec("once", QUICK));
    let stuck = stick(&world, "CreateVpc");
    let mut child = start(&mut place.command(&["apply", "-f", &file]));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    stuck.reached.recv_timeout(Duration::from_mins(1)).unwrap();
    interrupt(&child);
    read_until(&mut lines, "stopping: calls in flight are finished and recorded");
    stuck.go_on.send(()).unwrap();
    drop(stuck);
    let said = read_until(&mut lines, "left: ");
    assert!(!said.contains("error"), "{said}");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{out}\n{rest:#?}");
    assert!(out.contains("is not Ready"), "{out}");
    // The call in flight had its effect, and it was recorded: nothing waits, nothing is doubled.
    world.simulator.clear_hook();
    assert!(world.census().contains("us-east-1 vpc 2"), "{}", world.census());
    place.run(&["apply", "-f", &file]).ends(0).says("is Ready");
    assert!(world.census().contains("us-east-1 vpc 2"), "{}", world.census());
}

#[test]
fn twice_leaves_at_once() {
    let world = Served::new(Settings { speed: 2000.0, ..Settings::calm() });
    let place = Place::served(&world);
    let file = place.write("node.yaml", &spec("twice", QUICK));
    let stuck = stick(&world, "CreateVpc");
    let mut child = start(&mut place.command(&["apply", "-f", &file]));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    stuck.reached.recv_timeout(Duration::from_mins(1)).unwrap();
    interrupt(&child);
    read_until(&mut lines, "stopping: ");
    interrupt(&child);
    read_until(&mut lines, "left with calls in flight");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    stuck.go_on.send(()).unwrap();
    drop(stuck);
    world.simulator.clear_hook();
    super::exits::age(&place);
    place.run(&["apply", "-f", &file]).ends(0).says("is Ready");
    assert!(world.census().contains("us-east-1 vpc 2"), "{}", world.census());
}

#[test]
fn the_sandbox_is_served_until_ctrl_c() {
    let place = Place::sandbox(Settings::calm());
    let mut command = place.command(&["sandbox", "serve", "--port", "0", "--speed", "1000"]);
    let mut child = start(&mut command);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = read_until(&mut lines, "SANDBOX serving AWS on ");
    let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let other = Place::new()
        .with("AWS_ENDPOINT_URL", url)
        .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "example");
    let file = other.write("node.yaml", &spec("served", QUICK));
    other.run(&["apply", "-f", &file]).ends(0).says("is Ready").does_not_say("SANDBOX");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // It is one world: what was made over the port is there for the next command.
    let here = place.write("node.yaml", &spec("served", QUICK));
    place.run(&["diff", "-f", &here]).ends(0);
}
