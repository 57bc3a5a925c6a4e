//! The binary, in a place of its own: its state, its world, its files.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::JoinHandle,
};

use clctl_fleet::Fleet;
use clctl_simulator::{Object, Settings, Simulator};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::client::Client;

/// The root of the repository: commands run there, so that reports name files as a reader does.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A place in which commands are run one after the other.
pub(crate) struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// A place without any way to AWS.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A place whose sandbox is such a world.
    pub(crate) fn sandbox(settings: Settings) -> Self {
        let place = Self::new().with("CLCTL_SANDBOX", "1");
        fs::create_dir_all(place.world_file().parent().unwrap()).unwrap();
        Simulator::open(&place.world_file(), settings).unwrap();
        place
    }

    /// A place whose AWS is a world served on a loopback port.
    pub(crate) fn served(world: &Served) -> Self {
        Self::new()
            .with("AWS_ENDPOINT_URL", &world.url)
            .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .with("AWS_SECRET_ACCESS_KEY", "example")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub(crate) fn world_file(&self) -> PathBuf {
        self.state().join("sandbox/world.json")
    }

    /// The sandbox's world between two commands.
    pub(crate) fn world(&self) -> Simulator {
        Simulator::open(&self.world_file(), Settings::default()).unwrap()
    }

    /// Writes a file, and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes an example whose database may be deleted, and that waits for nobody's values; gives its path.
    pub(crate) fn unprotected(&self, example: &str) -> String {
        const CHAPTER: &str = "\n  database:\n";
        let text = fs::read_to_string(root().join(format!("examples/{example}.yaml"))).unwrap();
        let text = without_secrets(&text);
        let lifted = "    deletionProtection: false\n";
        let text = if text.contains(CHAPTER) {
            text.replacen(CHAPTER, &format!("{CHAPTER}{lifted}"), 1)
        } else {
            format!("{text}{CHAPTER}{lifted}")
        };
        self.write(&format!("{example}.yaml"), &text)
    }

    /// The command, ready to be started: nothing of the environment reaches it.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clctl"));
        command.args(args).current_dir(root()).stdin(Stdio::null());
        self.surround(&mut command);
        command
    }

    /// Gives a command this place's environment and no other.
    pub(crate) fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("CLCTL_STATE", self.state())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// Runs a command that reads this from its standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Ran {
        let mut child = start(self.command(args).stdin(Stdio::piped()));
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// The filters that make a report the same in every place, and at every time.
    pub(crate) fn filters(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        let folder = self.folder.path().to_str().unwrap();
        settings.add_filter(folder, "[PLACE]");
        for (pattern, with) in [
            (
                r"\b(vpc|subnet|igw|eipalloc|nat|rtb|sgr|sg|eni|vpce|fl|key)-[0-9a-f]{8,17}\b",
                "$1-ID",
            ),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[REQUEST]"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[TIME]"),
            (r"(eipalloc-ID\s+)\d+\.\d+\.\d+\.\d+", "$1[ADDRESS]"),
            (r"(public(?:Ip|_ip)\W+)\d+\.\d+\.\d+\.\d+", "$1[ADDRESS]"),
            (r"(public addresses) [0-9., ]+ are", "$1 [ADDRESSES] are"),
            (r"\bin (\d+m\d\d|\d+)s\b", "in [SOME]s"),
            (r#"("seconds": )\d+"#, "$1[SOME]"),
            (r"(seconds: )\d+", "$1[SOME]"),
            (r"\d+ AWS calls", "[N] AWS calls"),
            (r"\b[1-9]\d* of them writes", "[N] of them writes"),
            (r#"("?writes"?: )[1-9]\d*"#, "$1[N]"),
            (r"(:secret:/clctl/[a-z0-9/-]+)-[A-Za-z0-9]{6}\b", "$1-SUFFIX"),
            (r"http://127\.0\.0\.1:\d+", "[WORLD]"),
        ] {
            settings.add_filter(pattern, with);
        }
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    }
}

/// Starts a command, and does not wait for it.
pub(crate) fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails unless it ended so.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "no {text:?} in:\n{self}");
        self
    }

    /// Fails unless it says that this is the sandbox.
    #[track_caller]
    pub(crate) fn says_sandbox(self) -> Self {
        let Self { out, err, .. } = &self;
        let said = out.contains("SANDBOX")
            || err.contains("SANDBOX")
            || out.contains("sandbox: true")
            || out.contains("\"sandbox\": true");
        assert!(said, "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        assert!(!self.out.contains(text) && !self.err.contains(text), "{text:?} in:\n{self}");
        self
    }

    /// What went to standard output, as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The same without the calls it made, which `--show-calls` and `-v` tell.
    pub(crate) fn without_calls(mut self) -> Self {
        let told = |line: &&str| {
            !["call ", " DEBUG ", " TRACE ", " INFO "].iter().any(|word| line.contains(word))
        };
        let lines: Vec<&str> = self.err.lines().filter(told).collect();
        self.err = lines.join("\n");
        self
    }

    /// The same without progress, whose order is the world's.
    pub(crate) fn without_progress(mut self) -> Self {
        let is_progress = |line: &&str| {
            let mut words = line.split_whitespace();
            words.next().is_some_and(|word| {
                word.ends_with('s') && word.starts_with(|first: char| first.is_ascii_digit())
            })
        };
        let lines: Vec<&str> = self.err.lines().filter(|line| !is_progress(line)).collect();
        self.err = lines.join("\n");
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, out, err } = self;
        write!(f, "exit: {code}\n--- stdout\n{}\n--- stderr\n{}", out.trim_end(), err.trim_end())
    }
}

/// A world on a loopback port, in a thread of this process.
pub(crate) struct Served {
    pub(crate) simulator: Simulator,
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::of(move || {
            let simulator = Simulator::in_memory(settings);
            Fleet::settle(&simulator, 7);
            simulator
        })
    }

    /// A world that is there.
    pub(crate) fn of(world: impl FnOnce() -> Simulator + Send + 'static) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.enable_all().build().unwrap().block_on(async move {
                let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let listener = tokio::net::TcpListener::bind(local).await.unwrap();
                let simulator = world();
                sender.send((simulator.clone(), listener.local_addr().unwrap())).unwrap();
                let ended = async move { drop(stopped.await) };
                clctl_simulator::serve(simulator, listener, ended).await.unwrap();
            });
        });
        let (simulator, address) = receiver.recv().unwrap();
        let url = format!("http://{address}");
        Self { simulator, url, stop: Some(stop), thread: Some(thread) }
    }

    /// Everything there is, but for the roles that services make for themselves, once in an account.
    pub(crate) fn objects(&self) -> Vec<Object> {
        let mut objects = self.simulator.with(|world| world.objects());
        objects.retain(|it| it.kind != "role" || !it.id.starts_with("AWSServiceRoleFor"));
        objects.sort();
        objects
    }

    /// How many there are of each kind.
    pub(crate) fn census(&self) -> String {
        census(&self.objects())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Somebody else with access to the account does something.
pub(crate) fn somebody<T>(world: &Served, does: impl AsyncFnOnce(&Client) -> T) -> T {
    let simulator = world.simulator.clone();
    let client = Client { simulator, region: "us-east-1", key: "AKIASOMEBODY" };
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(does(&client))
}

/// How many there are of each kind.
pub(crate) fn census(objects: &[Object]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for object in objects {
        // AWS makes backups by itself, as time goes by.
        if !object.id.starts_with("rds:") {
            *counts.entry((&object.region, &object.kind)).or_insert(0) += 1;
        }
    }
    let mut text = String::new();
    for ((region, kind), count) in counts {
        writeln!(text, "{region} {kind} {count}").unwrap();
    }
    text
}

/// A quick world, a place that reaches it, and the file of a small environment.
pub(crate) struct Stage {
    pub(crate) world: Served,
    pub(crate) place: Place,
    pub(crate) file: String,
}

impl Stage {
    pub(crate) fn of(environment: &str) -> Self {
        let world = Served::new(Settings { speed: 4000.0, ..Settings::calm() });
        let place = Place::served(&world);
        let file = place.write("node.yaml", &spec(environment, QUICK));
        Self { world, place, file }
    }

    /// The same, with URLs that are secrets of the environment.
    pub(crate) fn with_secrets(environment: &str) -> Self {
        let stage = Self::of(environment);
        let text = fs::read_to_string(&stage.file).unwrap();
        let text = text
            .replace("{value: \"https://rpc.example.com\", public: true}", "{secret: http}")
            .replace("{value: \"wss://rpc.example.com\", public: true}", "{secret: websocket}");
        fs::write(&stage.file, text).unwrap();
        stage
    }

    /// Runs a command about that file.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut args = args.to_vec();
        args.extend(["-f", &self.file]);
        self.place.run(&args)
    }
}

/// The same with URLs that everybody may know.
fn without_secrets(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let url = [("httpUrl", "https"), ("webSocketUrl", "wss")].into_iter().find_map(
            |(key, scheme)| {
                let (before, secret) = line.split_once(&format!("{key}: {{secret:"))?;
                let name = secret.trim_matches([' ', '}']);
                Some(format!(
                    "{before}{key}: {{value: \"{scheme}://{name}.example.com\", public: true}}"
                ))
            },
        );
        lines.push(url.unwrap_or_else(|| line.to_owned()));
    }
    lines.join("\n") + "\n"
}

/// A small environment; what is under `spec` is added to.
pub(crate) fn spec(name: &str, chapters: &str) -> String {
    format!(
        "apiVersion: clctl.dev/v1alpha1
kind: ChainlinkNode
metadata:
  name: {name}
spec:
  aws:
    region: us-east-1
  availabilityZones: [us-east-1a, us-east-1b]
{NODES}{chapters}"
    )
}

/// The chapters that no environment is without.
const NODES: &str = "  database: {deletionProtection: false}
  nodes:
    adminEmail: oracles@example.com
    chains:
      - name: ethereum-sepolia-testnet
        rpc:
          - name: primary
            httpUrl: {value: \"https://rpc.example.com\", public: true}
            webSocketUrl: {value: \"wss://rpc.example.com\", public: true}
";

/// Chapters: one way out, without which no node starts.
pub(crate) const QUICK: &str = "  network: {vpc: {create: {natGateways: Single}}}
  access: {allowedCidrs: [203.0.113.0/24]}
  gui: {allowedCidrs: [203.0.113.0/24]}
  policies: {deletion: {keystorePassword: Delete, database: Delete}}
";

/// Fails with the whole report unless the snapshot of this name is the same.
macro_rules! same {
    ($place:expr, $name:expr, $shown:expr) => {
        $place.filters().bind(|| insta::assert_snapshot!($name, $shown.to_string()))
    };
}
pub(crate) use same;
