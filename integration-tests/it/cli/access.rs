//! How an environment is used once it stands: what `get` tells of it, the way to its nodes, and a rehearsed failover.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Lines},
    os::unix::fs::PermissionsExt as _,
    process::{Child, ChildStderr, Command},
    time::Duration,
};

use clctl_fleet::Fleet;
use clctl_simulator::{Settings, Simulator, Time, World};

use super::support::{Place, Ran, Served, start};

/// Both ways in, and nothing that has to be put in before a node starts.
fn spec(access: &str) -> String {
    format!(
        "apiVersion: clctl.dev/v1alpha1
kind: ChainlinkNode
metadata:
  name: reached
spec:
  aws: {{region: us-east-1}}
  availabilityZones: [us-east-1a, us-east-1b]
  network: {{vpc: {{create: {{natGateways: Single}}}}}}
  access: {access}
  database: {{deletionProtection: false}}
  policies: {{deletion: {{keystorePassword: Delete, database: Delete}}}}
  nodes:
    adminEmail: oracles@example.com
    chains:
      - name: ethereum-sepolia-testnet
        rpc:
          - name: primary
            httpUrl: {{value: \"https://rpc.example.com\", public: true}}
            webSocketUrl: {{value: \"wss://rpc.example.com\", public: true}}
"
    )
}

const BOTH: &str = "{keyPair: {name: operations}, bastion: {}, allowedCidrs: [203.0.113.0/24]}";

/// A sandbox in which such an environment stands, and its file.
fn standing() -> (Place, String) {
    // A world that is served later is asked by somebody who knows what time it is.
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
    let start = Time::from_millis(now);
    let place = Place::sandbox(Settings { start, ..Settings::calm() });
    let file = place.write("node.yaml", &spec(BOTH));
    place.run(&["apply", "-f", &file]).ends(0).says("is Ready");
    (place, file)
}

/// Fails unless the snapshot of this name is the same, but for what is another one in each world.
#[track_caller]
fn same(place: &Place, name: &str, shown: &str) {
    let mut settings = place.filters();
    for (pattern, with) in [
        (r"\bi-[0-9a-f]{17}\b", "i-ID"),
        (r"\b10\.0\.\d{1,3}\.\d{1,3}\b", "[PRIVATE]"),
        (
            r"(@|the bastion |bastion   |BASTION_ADDRESSES='|bastionAddresses:?[ \n\x22-]+)\d{1,3}(?:\.\d{1,3}){3}\b",
            "$1[ADDRESS]",
        ),
        (r"\b[a-z0-9]{12}\.us-east-1\.rds", "[ENDPOINT].us-east-1.rds"),
        (r"\bsince \d{4}\S+ \S+ UTC", "since [TIME] UTC"),
        (r"age        \S+", "age        [AGE]"),
    ] {
        settings.add_filter(pattern, with);
    }
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

#[test]
fn get_tells_who_is_active_and_where_the_environment_is_reached() {
    let (place, file) = standing();
    let ran = place.run(&["get", "-f", &file]).ends(0).says_sandbox();
    let shown: Vec<&str> = ran.err.lines().filter(|line| !line.starts_with("news")).collect();
    same(&place, "access_summary", &shown.join("\n"));
    let told = place.run(&["get", "-f", &file, "-o", "json"]).ends(0).json();
    let nodes = told["nodes"].as_array().unwrap();
    let roles: Vec<&str> = nodes.iter().map(|node| node["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["active", "standby"]);
    assert_ne!(nodes[0]["zone"], nodes[1]["zone"]);
    for node in nodes {
        assert_eq!((&node["says"], &node["template"]), (&node["role"], &"1".into()), "{node}");
        assert!(node["since"].as_str().unwrap().ends_with('Z'), "{node}");
        assert!(node["version"].as_str().unwrap().starts_with("2."), "{node}");
        assert!(node["address"].as_str().unwrap().starts_with("10.0."), "{node}");
    }
    assert!(told["createdAt"].as_str().unwrap().ends_with('Z'), "{told}");
    assert!(told["endpoints"]["database"].as_str().unwrap().ends_with(":5432"), "{told}");
    assert_eq!(told["endpoints"]["bastions"].as_array().unwrap().len(), 1);
    assert!(told["endpoints"]["gui"].is_null());
    // Of a part only the part is told.
    let some = place.run(&["get", "-f", &file, "vpc"]).ends(0);
    assert!(!some.err.contains("endpoints"), "{some}");
    place.run(&["describe", "-f", &file]).ends(0).says("standby");
}

#[test]
fn scripts_get_names_in_every_form() {
    let (place, file) = standing();
    for form in ["table", "env", "yaml"] {
        let ran = place.run(&["get", "outputs", "-f", &file, "-o", form]).ends(0).says_sandbox();
        same(&place, &format!("outputs_{form}"), &ran.out);
    }
    let json = place.run(&["get", "outputs", "-f", &file, "-o", "json"]).ends(0).json();
    let told = place.run(&["get", "-f", &file, "-o", "json"]).ends(0).json();
    assert_eq!(json["outputs"]["activeInstanceId"], told["nodes"][0]["id"]);
    assert_eq!(json["outputs"]["standbyInstanceIds"][0], told["nodes"][1]["id"]);
    let variables = place.run(&["get", "outputs", "-f", &file, "-o", "env"]).ends(0).out;
    let script = format!(
        "set -eu\n{variables}\nprintf '%s\\n' \"$CLCTL_VPC_ID\" $CLCTL_PRIVATE_SUBNET_IDS \"$CLCTL_GUI_URL\" \"$CLCTL_DATABASE_SECRET\""
    );
    let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let said: Vec<&str> = said.lines().collect();
    let outputs = &json["outputs"];
    let subnets = &outputs["privateSubnetIds"];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let wanted = [
        text(&outputs["vpcId"]),
        text(&subnets[0]),
        text(&subnets[1]),
        String::new(),
        "/clctl/reached/database-password".to_owned(),
    ];
    assert_eq!(said, wanted);
    place.run(&["get", "outputs", "vpc", "-f", &file]).ends(2).says("on their own");
    place.run(&["get", "-f", &file, "-o", "env"]).ends(2).says("clctl get outputs");
    place.run(&["get", "outputs", "-f", &file, "-o", "name"]).ends(2).says("table, json, yaml");
}

#[test]
fn what_is_not_there_is_none_and_no_error() {
    let place = Place::sandbox(Settings::calm());
    let file = place.write("node.yaml", &spec(BOTH));
    let json = place.run(&["get", "outputs", "-f", &file, "-o", "json"]).ends(0).json();
    assert!(json["outputs"]["vpcId"].is_null() && json["outputs"]["activeInstanceId"].is_null());
    assert_eq!(json["outputs"]["bastionAddresses"], serde_json::json!([]));
    assert_eq!(json["outputs"]["databaseName"], "chainlink");
    place.run(&["get", "outputs", "-f", &file, "-o", "env"]).ends(0).says("CLCTL_VPC_ID=''");
    place.run(&["tunnel", "--print", "-f", &file]).ends(7).says("reached has no nodes");
    place.run(&["failover", "--yes", "-f", &file]).ends(7).says("nothing was restarted");
}

#[test]
fn every_way_is_printed_and_nothing_is_run() {
    let (place, file) = standing();
    // What would be run is not there: nobody asks for it.
    let place = place.with("PATH", "/nowhere").with("AWS_PROFILE", "it's mine");
    let mut all = String::new();
    for to in ["gui", "ssh", "db"] {
        for via in ["session-manager", "bastion"] {
            let mut args = vec!["tunnel", to, "--via", via, "--print", "-f", &file];
            if to != "ssh" {
                args.extend(["--local-port", "16688"]);
            }
            let ran = place.run(&args).ends(0).says_sandbox();
            writeln!(all, "{to} through {via}\n{}{}", ran.err, ran.out).unwrap();
        }
    }
    same(&place, "tunnel_print", &all);
    // Session Manager and the GUI, where nobody says otherwise; a free port.
    let usual = place.run(&["tunnel", "--print", "-f", &file]).ends(0);
    usual.says("AWS-StartPortForwardingSession --parameters");
    place.run(&["tunnel", "-f", &file]).ends(7).says("nothing to connect to in the sandbox");
}

#[test]
fn a_way_that_the_file_does_not_have_is_refused() {
    let place = Place::new();
    let run = |access: &str, args: &[&str]| {
        let file = place.write("node.yaml", &spec(access));
        let mut all = vec!["tunnel", "--print", "-f", &file];
        all.extend(args);
        place.run(&all).ends(7)
    };
    run("{}", &["--via", "bastion"]).says("the file has no bastion");
    run("{}", &["ssh"]).says("no key pair").says("aws ssm start-session --target");
    let off = "{keyPair: {name: operations}, bastion: {tcpForwarding: false}, allowedCidrs: [203.0.113.0/24], sessionManager: {enabled: false}}";
    run(off, &["--via", "session-manager"]).says("spec.access.sessionManager.enabled");
    run(off, &[]).says("spec.access.bastion.tcpForwarding");
    let file = place.write("node.yaml", &spec(BOTH));
    let shell = ["tunnel", "ssh", "--local-port", "7000", "--print", "-f", &file];
    place.run(&shell).ends(2).says("--local-port is for gui and db");
}

#[test]
fn a_program_that_is_missing_is_named_with_where_it_is_from() {
    let place = Place::new();
    let file = place.write("node.yaml", &spec(BOTH));
    let folder = place.path("bin");
    let place = place.with("PATH", folder.to_str().unwrap());
    let run = |args: &[&str]| {
        let mut all = vec!["tunnel", "-f", &file];
        all.extend(args);
        place.run(&all).ends(9)
    };
    run(&[]).says("there is no aws in PATH").says("getting-started-install");
    run(&["--via", "bastion"]).says("there is no ssh in PATH").says("OpenSSH");
    stand_in(&place, "aws", "");
    run(&[]).says("there is no session-manager-plugin in PATH");
    run(&["ssh"]).says("there is no ssh in PATH");
}

/// Puts a program in place of another one: what it is told goes to `calls`, then it does this.
fn stand_in(place: &Place, name: &str, does: &str) {
    let calls = place.path("calls");
    let text = format!(
        "#!/bin/sh\nfor arg in {name} \"$@\"; do printf '<%s> ' \"$arg\"; done >>{calls}\necho >>{calls}\n{does}\n",
        calls = calls.display()
    );
    let path = place.write(&format!("bin/{name}"), &text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// An environment that stands in a world that is served, with everything that a way needs.
struct Scene {
    world: Served,
    fleet: Fleet,
    place: Place,
    file: String,
}

impl Scene {
    fn set() -> Self {
        let (made, file) = standing();
        let path = made.world_file();
        let world = Served::of(move || Simulator::open(&path, Settings::calm()).unwrap());
        let fleet = Fleet::settle(&world.simulator, 7);
        world.simulator.with(|world| world.settings_mut().speed = 40.0);
        let folder = made.path("bin").to_str().unwrap().to_owned();
        let place = made
            .with("CLCTL_SANDBOX", "0")
            .with("AWS_ENDPOINT_URL", &world.url)
            .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .with("AWS_SECRET_ACCESS_KEY", "example-secret-key")
            .with("PATH", &format!("{folder}:/usr/bin:/bin"));
        stand_in(&place, "session-manager-plugin", "");
        Self { world, fleet, place, file }
    }

    fn start(&self, args: &[&str]) -> (Child, Lines<BufReader<ChildStderr>>) {
        let mut all = args.to_vec();
        all.extend(["-f", &self.file]);
        let mut child = start(&mut self.place.command(&all));
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        (child, said)
    }

    fn calls(&self) -> Vec<String> {
        let told = fs::read_to_string(self.place.path("calls")).unwrap_or_default();
        told.lines().map(ToOwned::to_owned).collect()
    }
}

/// Reads until a line says this, and gives it.
#[track_caller]
fn until(lines: &mut Lines<BufReader<ChildStderr>>, text: &str) -> String {
    let mut all = Vec::new();
    for line in lines {
        let line = line.unwrap();
        if line.contains(text) {
            return line;
        }
        all.push(line);
    }
    panic!("no {text:?} in {all:#?}");
}

fn kill(signal: &str, process: &str) {
    assert!(Command::new("kill").args([signal, process]).status().unwrap().success());
}

fn lives(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // What nobody has waited for yet is gone as well.
    !stat.is_empty() && !stat.contains(") Z ")
}

fn waits_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("not so for half a minute: {what}");
}

#[test]
fn a_way_lasts_over_lost_connections_and_failovers_until_ctrl_c() {
    let scene = Scene::set();
    let pids = scene.place.path("pids");
    // The AWS CLI starts its plugin, and leaves it behind when it is ended alone.
    let does = format!("sleep 1000 &\necho \"$$ $!\" >>{}\nwait", pids.display());
    stand_in(&scene.place, "aws", &does);
    let [active] = scene.fleet.serving().try_into().unwrap();
    let (child, mut said) = scene.start(&["tunnel", "--local-port", "16689"]);
    let first = until(&mut said, "the GUI of reached is http://127.0.0.1:16689");
    assert!(first.contains(&active), "{first}");
    let processes = || {
        let told = fs::read_to_string(&pids).unwrap_or_default();
        told.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    waits_until("started", || processes().len() == 2);
    // The connection is lost: anew, on the same port, and nothing is left of the old one.
    kill("-KILL", &processes()[0]);
    until(&mut said, "aws has ended");
    until(&mut said, "http://127.0.0.1:16689");
    waits_until("started again", || processes().len() == 4);
    assert!(!lives(&processes()[1]), "the plugin outlived it");
    // Another node is active.
    assert!(scene.fleet.crash(&active));
    let moved = until(&mut said, "is active now");
    assert!(!moved.contains(&active), "{moved}");
    until(&mut said, "http://127.0.0.1:16689");
    waits_until("started on the other", || processes().len() == 6);
    kill("-INT", &child.id().to_string());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{:#?}", said.map(Result::unwrap).collect::<Vec<_>>());
    assert!(ended.stdout.is_empty());
    for process in processes() {
        assert!(!lives(&process), "{process} outlived it");
    }
    let calls = scene.calls();
    let [one, two, three] = calls.as_slice() else { panic!("{calls:#?}") };
    assert_eq!(one, two);
    assert_eq!(two.replace(&active, moved.split(' ').next().unwrap()), *three);
    let wanted = format!(
        "<aws> <ssm> <start-session> <--target> <{active}> <--document-name> <AWS-StartPortForwardingSession> <--parameters> <{{\"localPortNumber\":[\"16689\"],\"portNumber\":[\"6688\"]}}> <--region> <us-east-1> <--endpoint-url> <{}> ",
        scene.world.url
    );
    assert_eq!(*one, wanted);
    assert!(!calls.concat().contains("example-secret-key"));
}

#[test]
fn a_shell_ends_with_whoever_works_in_it_and_a_broken_way_is_given_up() {
    let scene = Scene::set();
    stand_in(&scene.place, "aws", "exit 254");
    stand_in(&scene.place, "ssh", "exit 3");
    let args = ["tunnel", "ssh", "--via", "bastion"];
    let run = |args: &[&str]| {
        let (child, said) = scene.start(args);
        let err: Vec<String> = said.map(Result::unwrap).collect();
        let code = child.wait_with_output().unwrap().status.code().unwrap();
        Ran { code, out: String::new(), err: err.join("\n") }
    };
    run(&args).ends(0).says("through the bastion");
    let calls = scene.calls();
    assert!(calls[0].starts_with("<ssh> <-A> <-J> <ec2-user@"), "{calls:?}");
    assert!(calls[0].trim_end().contains("> <ec2-user@10.0."), "{calls:?}");
    stand_in(&scene.place, "ssh", "exit 255");
    run(&args).ends(6).says("ssh has ended at once");
    let ran = run(&["tunnel", "db", "--local-port", "16690"]).ends(6);
    ran.says("aws has ended at once 5 times").says("hostaddr=127.0.0.1 port=16690");
    assert_eq!(scene.calls().iter().filter(|call| call.starts_with("<aws>")).count(), 5);
    // Somebody listens there.
    let taken = std::net::TcpListener::bind("127.0.0.1:16691").unwrap();
    run(&["tunnel", "db", "--local-port", "16691"]).ends(7).says("choose another");
    drop(taken);
}

#[test]
fn a_failover_is_rehearsed_and_measured() {
    let (place, file) = standing();
    let told = || place.run(&["get", "-f", &file, "-o", "json"]).ends(0).json();
    let before = told();
    place.run(&["failover", "-f", &file]).ends(7).says("there is nobody to ask");
    let drill = place.run(&["failover", "--yes", "-f", &file, "-o", "json"]).ends(0).json();
    let after = told();
    assert_eq!(drill["restarted"], before["nodes"][0]["id"]);
    assert_eq!(drill["active"], before["nodes"][1]["id"]);
    assert_eq!(after["nodes"][0]["id"], drill["active"]);
    assert_eq!(after["nodes"][1]["id"], drill["restarted"]);
    assert_eq!(after["nodes"][1]["role"], "standby");
    let silent = drill["silence"]["atMostSeconds"].as_u64().unwrap();
    assert!((5..=60).contains(&silent), "{drill}");
    assert!(drill["standbyAfterSeconds"].as_u64().unwrap() > silent, "{drill}");
    place.run(&["diff", "-f", &file]).ends(0);
    place.run(&["describe", "-f", &file]).ends(0).says("as a drill");
    let ran = place.run(&["failover", "--yes", "-f", &file]).ends(0).says_sandbox();
    ran.says("s at most, and up to 20 s less").says("is restarting");
}

#[test]
fn a_deletion_says_what_the_wallets_hold() {
    let (place, file) = standing();
    let settle = |balance: f64| {
        let simulator = place.world();
        let fleet = Fleet::settle(&simulator, 7);
        fleet.fund(balance);
        // Whoever is busy starting does one thing in each command, and a metric is listed minutes after it was told.
        for _ in 0..4 {
            let later = |world: &mut World| world.advance(world.now() + Duration::from_mins(30));
            simulator.edit(later).unwrap();
            place.run(&["get", "-f", &file]).ends(0);
        }
    };
    settle(1.25);
    let dry = place.run(&["delete", "--dry-run", "-f", &file]).ends(0);
    dry.says("on chain 11155111 held 1.25 about 2");
    let asked = place.run(&["delete", "-f", &file]).ends(7);
    asked.says("although their wallets hold 1.25 on chain 11155111,");
    // A read that fails warns, and stops nobody.
    let denied = ["cloudwatch:ListMetrics", "cloudwatch:GetMetricData"].map(ToOwned::to_owned);
    place.world().edit(|world| world.settings_mut().denied = denied.to_vec()).unwrap();
    let gone = place.run(&["delete", "--yes", "-f", &file]).ends(0);
    gone.says("what the wallets of the nodes hold cannot be read");
}
