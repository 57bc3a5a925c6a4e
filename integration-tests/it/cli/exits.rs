//! Every exit code, and what is said with it.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use clctl_simulator::{Settings, Span};

use super::support::{Place, QUICK, Served, same, spec, start};

const FILE: &str = "examples/node.yaml";

#[test]
fn code_2_the_command_line_or_a_file_it_names() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    for (name, args) in [
        ("usage_no_file", vec!["apply"]),
        ("usage_unknown_flag", vec!["apply", "-f", file, "--frce"]),
        ("usage_unknown_verb", vec!["aply"]),
        ("usage_form", vec!["diff", "-f", file, "-o", "xml"]),
        ("usage_timeout", vec!["apply", "-f", file, "--timeout", "soon"]),
        ("usage_missing_file", vec!["apply", "-f", "missing.yaml"]),
        ("usage_empty_folder", vec!["validate", "-f", empty.to_str().unwrap()]),
        ("usage_unknown_object", vec!["get", "-f", file, "subnet/nowhere"]),
    ] {
        same!(place, name, place.run(&args).ends(2).err);
    }
}

#[test]
fn code_4_no_credentials_expired_ones_and_another_account() {
    let place = Place::new();
    let ran = place.run(&["diff", "-f", FILE]).ends(4);
    same!(place, "no_credentials", ran.err);
    let expired = Settings { expired_keys: vec!["AKIDSANDBOX".into()], ..Settings::calm() };
    let place = Place::sandbox(expired);
    let file = &place.unprotected("node");
    let ran = place.run(&["apply", "-f", file]).ends(4);
    same!(place, "expired_credentials", ran.err);
    let place = Place::sandbox(Settings { account: "210987654321".into(), ..Settings::calm() });
    let ran = place.run(&["apply", "-f", file, "--show-calls"]).ends(4);
    same!(place, "another_account", error(&ran.err));
    assert!(ran.err.contains("1 calls, 0 of them writes"), "calls are shown on errors: {ran}");
}

#[test]
fn code_4_credentials_that_expire_in_the_middle() {
    let world = Served::new(Settings { speed: 2000.0, ..Settings::calm() });
    let place = Place::served(&world);
    let file = place.write("node.yaml", &spec("late", QUICK));
    let written = AtomicUsize::new(0);
    let hook = move |call: &clctl_simulator::CallInfo| {
        let written = written.fetch_add(call.mutating.into(), Ordering::SeqCst);
        if written < 10 {
            return clctl_simulator::Fate::Proceed;
        }
        clctl_simulator::Fate::Refuse {
            status: 400,
            code: "RequestExpired".into(),
            message: "Request has expired.".into(),
        }
    };
    world.simulator.set_hook(std::sync::Arc::new(hook));
    place
        .run(&["apply", "-f", &file])
        .ends(4)
        .says("next: the credentials have expired: refresh them (aws sso login")
        .says("goes on where this one stopped")
        .says("is not Ready");
    world.simulator.clear_hook();
    age(&place);
    place.run(&["apply", "-f", &file]).ends(0).says("is Ready");
}

#[test]
fn code_5_what_cannot_be_read_is_unknown_and_nothing_is_done_about_it() {
    let denied = Settings { denied: vec!["ec2:DescribeSubnets".into()], ..Settings::calm() };
    let place = Place::sandbox(denied);
    let ran = place.run(&["diff", "-f", FILE]).ends(5);
    same!(place, "unknown_diff", ran);
    place.run(&["get", "-f", FILE]).ends(5).says("Unknown");
    place.run(&["delete", "--yes", "-f", FILE]).ends(5).says("nothing was removed");
}

#[test]
fn code_6_not_everything_was_done() {
    let denied = Settings { denied: vec!["ec2:AllocateAddress".into()], ..Settings::calm() };
    let place = Place::sandbox(denied);
    let file = &place.unprotected("node");
    let ran = place.run(&["apply", "-f", file, "--skip-preflight"]).ends(6);
    same!(place, "incomplete", ran.without_progress().err);
    place.world().with(|world| world.settings_mut().denied.clear());
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
}

#[test]
fn code_6_a_quota() {
    let mut settings = Settings::calm();
    settings.quotas.addresses = 1;
    let place = Place::sandbox(settings);
    let file = &place.unprotected("node");
    let ran = place.run(&["apply", "-f", file, "--skip-preflight"]).ends(6);
    ran.says("next: a quota is used up (AddressLimitExceeded)");
}

#[test]
fn code_7_refusals() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    let ran = place.run(&["apply", "-f", file, "--region", "eu-west-1", "--show-calls"]).ends(7);
    same!(place, "refused_region", ran.err);
    // A file that describes another environment than before.
    let file = place.write("node.yaml", &spec("first", QUICK));
    place.run(&["apply", "-f", &file]).ends(0);
    place.write("node.yaml", &spec("second", QUICK));
    let ran = place.run(&["apply", "-f", &file]).ends(7);
    same!(place, "refused_renamed", error(&ran.err));
    place.run(&["delete", "-f", &file]).ends(0).says("it is another environment, and stays");
    place.write("node.yaml", &spec("first", QUICK));
    // Another command at work.
    let locks: Vec<_> = fs::read_dir(place.state().join("sandbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lock"))
        .filter(|path| !path.ends_with("world.json.lock"))
        .collect();
    let held: Vec<_> = locks.iter().map(|path| fs::File::open(path).unwrap()).collect();
    for file in &held {
        file.lock().unwrap();
    }
    let ran = place.run(&["apply", "-f", &file]).ends(7);
    same!(place, "refused_locked", error(&ran.err));
    place.run(&["diff", "-f", &file]).ends(0);
    drop(held);
    // A removal that nobody agreed to; the spec wants no NAT gateways any more.
    let with = spec("pipe", "  access:\n    allowedCidrs: [203.0.113.0/24]\n");
    let file = place.write("pipe.yaml", &with);
    place.run(&["apply", "-f", &file]).ends(0);
    place.write("pipe.yaml", &spec("pipe", QUICK));
    let ran = place.run(&["apply", "-f", &file, "--show-calls"]).ends(7);
    same!(place, "refused_in_pipe", error(&ran.err));
    assert!(ran.err.contains(", 0 of them writes"), "{ran}");
    place.run(&["apply", "--yes", "-f", &file]).ends(0);
}

#[test]
fn code_8_time_is_up() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    let ran = place.run(&["apply", "-f", file, "--timeout", "30s"]).ends(8);
    let ran = ran.says("time is up: calls in flight are finished and recorded");
    same!(place, "timed_out", ran.without_progress());
    place.run(&["apply", "--yes", "-f", file]).ends(0).says("is Ready");
    place.run(&["delete", "--yes", "-f", file, "--timeout", "10s"]).ends(8).says("is not gone");
    place.run(&["delete", "--yes", "-f", file]).ends(0);
}

#[test]
fn code_9_this_machine() {
    let place = Place::sandbox(Settings::calm());
    let file = place.write("file", "no folder");
    let ran = place.run(&["diff", "-f", FILE, "--state", &file]).ends(9);
    same!(place, "state_is_a_file", ran.err);
    let ran = place.run(&["sandbox", "serve", "--port", "1", "--speed", "0"]).ends(2);
    same!(place, "speed", ran.err);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    place.run(&["sandbox", "serve", "--port", &port]).ends(9).says("choose another with --port");
}

#[test]
fn no_answer_from_aws_is_said_as_such() {
    let place = Place::new()
        .with("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "example");
    let ran = place.run(&["diff", "-f", FILE]).ends(4);
    ran.says("no answer came back; check the network, the proxy and --endpoint-url");
}

#[test]
fn somebody_who_stops_reading_is_no_error() {
    let place = Place::sandbox(Settings::calm());
    let mut command = place.command(&["diff", "-f", FILE]);
    let mut child = start(&mut command);
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{err}");
    assert_eq!(err, "");
}

#[test]
fn a_terminal_is_asked_and_the_answer_counts() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    place.run(&["apply", "-f", file]).ends(0);
    let ask = |answer: &str| {
        let line = format!("{} delete -f {file}", env!("CARGO_BIN_EXE_clctl"));
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(super::support::root());
        place.surround(&mut script);
        script.env("TERM", "xterm").stdin(Stdio::piped());
        let Ok(mut child) = script.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
            // There is no such program here.
            return None;
        };
        let mut input = child.stdin.take().unwrap();
        input.write_all(format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(input);
        Some(super::support::Ran::of(output))
    };
    let Some(no) = ask("no") else { return };
    no.ends(7).says("Type yes to go on").says("not approved: nothing was done");
    place.run(&["diff", "-f", file]).ends(0);
    let yes = ask("yes").unwrap().ends(0).says("deleted: ");
    let last = yes.out.rsplit('\n').find(|line| !line.trim().is_empty()).unwrap_or_default();
    assert!(last.contains("deleted: "), "nothing is drawn after the summary: {yes}");
    place.run(&["diff", "-f", file]).ends(1);
}

#[test]
fn of_several_environments_the_gravest_counts_and_none_waits_for_another() {
    let place = Place::sandbox(Settings::calm());
    let other =
        spec("other", QUICK).replace("us-east-1\n", "us-east-1\n    accountId: \"210987654321\"\n");
    place.write("dir/a.yaml", &other);
    place.write("dir/b.yaml", &spec("fine", QUICK));
    let folder = place.path("dir").to_str().unwrap().to_owned();
    place
        .run(&["diff", "-f", &folder])
        .ends(4)
        .says("chainlinknode/other")
        .says("SANDBOX fine in us-east-1");
}

#[test]
fn a_pipe_is_reminded_of_what_it_waits_for() {
    let settings = Settings { latency: Span::fixed(10), ..Settings::calm() };
    let place = Place::sandbox(settings);
    let file = &place.unprotected("node");
    let ran = place.run(&["apply", "-f", file]).ends(0);
    let waits = ran.err.lines().filter(|line| line.contains("is pending")).count();
    assert!((1..=10).contains(&waits), "{waits}: {ran}");
}

/// The first error that is said.
fn error(said: &str) -> &str {
    said.lines().find(|line| line.contains("error:")).unwrap_or_default()
}

/// Lets the record be as old as the window in which a creation may not be visible.
pub(super) fn age(place: &Place) {
    for name in ["clctl.db", "sandbox/clctl.db"] {
        let path = place.state().join(name);
        if path.exists() {
            let record = rusqlite::Connection::open(path).unwrap();
            record.busy_timeout(Duration::from_secs(5)).unwrap();
            record.execute("UPDATE intents SET at = '2026-01-01T00:00:00.000Z'", []).unwrap();
        }
    }
}
