//! The figures of `docs/benchmarks.md` that are taken in the process: `cargo bench -p clctl`.
//!
//! Virtual figures (makespan, writes, calls) depend on the seed alone and repeat exactly; those in
//! microseconds depend on the machine.

#![expect(clippy::print_stdout, reason = "this program's output is its result")]
#![expect(clippy::expect_used, reason = "a figure that cannot be taken is no figure")]
#![expect(clippy::disallowed_methods, reason = "what is measured here is the machine's own time")]

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use clctl::{
    aws::{
        Aws, Calls, Environment, Lookups, Mode, Tags,
        ec2::{
            DefaultRules, Rule, SecurityGroup, SecurityGroupConfig, SecurityGroupRules,
            SecurityGroupRulesConfig, Subnet, SubnetConfig, Vpc, VpcConfig,
        },
        kinds,
    },
    engine::{
        Address, Approved, Cloud, Event, Graph, InMemory, Observation, Purpose, Report, Resource,
        Step, Stop, Until, Walk, What, observe, plan, walk,
    },
    sandbox, topology,
};
use clctl_fleet::Fleet;
use clctl_simulator::{Settings, Simulator, World};
use tokio::{net::TcpListener, sync::watch};

fn main() {
    println!("# plan");
    plan_of_many();
    println!("\n# simulator");
    simulator_calls();
    println!("\n# apply of examples/node.yaml");
    for (name, settings) in [("calm", Settings::calm()), ("realistic", Settings::default())] {
        for seed in 1..=3 {
            applied(name, Settings { seed, ..settings.clone() });
        }
    }
    println!("\n# a converged diff of examples/node.yaml");
    converged_diff();
}

/// Runs in virtual time.
fn virtually<T>(work: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}

/// From what the fleet draws how long things take.
const FLEET: u64 = 7;

struct Bench {
    simulator: Simulator,
    aws: Arc<Aws>,
    journal: Arc<InMemory>,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let simulator = Simulator::in_memory(settings);
        // Nodes are ready when what runs on them says so.
        Fleet::settle(&simulator, FLEET);
        let calls = Calls::new(Mode::ReadWrite, kinds::reads());
        let connection = sandbox::connect(&simulator, "us-east-1", calls);
        let environment = Environment {
            name: "demo".into(),
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".into(),
            deletions: clctl::aws::Deletions::default(),
        };
        let aws = Arc::new(Aws::new(&connection, environment));
        Self { simulator, aws, journal: Arc::new(InMemory::default()) }
    }

    async fn observe(&self, graph: &Graph<Aws>) -> Observation {
        let seen =
            observe(&kinds::all(), &self.aws, graph, self.journal.as_ref(), Purpose::Show).await;
        seen.expect("the journal is in memory")
    }

    async fn apply(&self, graph: &Graph<Aws>) -> (Report, Vec<Event>) {
        let plan = plan(graph, &self.observe(graph).await);
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let told = events.clone();
        let (_stop, signal) = watch::channel(Stop::No);
        let report = walk(
            &plan,
            Walk {
                cloud: self.aws.clone(),
                kinds: kinds::all(),
                journal: self.journal.clone(),
                gate: Arc::new(Approved::of(&plan)),
                sink: Arc::new(move |event: &Event| {
                    told.lock().expect("no holder panics").push(event.clone());
                }),
                stop: signal,
                run: "bench".into(),
                until: Until::Ready,
            },
        )
        .await;
        let events = std::mem::take(&mut *events.lock().expect("no holder panics"));
        (report, events)
    }
}

/// A network of a thousand nodes: nothing clctl declares yet is as large.
fn large(environment: &Environment) -> Graph<Aws> {
    let mut graph = Graph::default();
    let none = BTreeMap::new();
    let tags = |kind, name: &str| Tags::declared(environment, kind, name, &none);
    let config = VpcConfig {
        cidr: "10.0.0.0/16".parse().expect("a range"),
        dns_support: true,
        dns_hostnames: true,
        default_security_group_rules: DefaultRules::NONE,
        tags: tags(Vpc::ABOUT.name, "main"),
    };
    let vpc = graph.add::<Vpc>("main", config).expect("one of a name");
    for n in 0..249_u32 {
        let name = format!("s{n}");
        let config = SubnetConfig {
            vpc: vpc.output("id", |vpc| vpc.id.clone()),
            zone: "us-east-1a".into(),
            cidr: format!("10.0.{n}.0/24").parse().expect("a range"),
            map_public_ip: n % 2 == 0,
            tags: tags(Subnet::ABOUT.name, &name),
        };
        graph.add::<Subnet>(&name, config).expect("one of a name");
    }
    for n in 0..375_u32 {
        let name = format!("g{n}");
        let config = SecurityGroupConfig {
            vpc: vpc.output("id", |vpc| vpc.id.clone()),
            description: name.clone(),
            tags: tags(SecurityGroup::ABOUT.name, &name),
        };
        let group = graph.add::<SecurityGroup>(&name, config).expect("one of a name");
        let group = group.output("id", |group| group.id.clone());
        let config = SecurityGroupRulesConfig { group, rules: vec![Rule::all_out()] };
        graph.add::<SecurityGroupRules>(&name, config).expect("one of a name");
    }
    graph
}

fn plan_of_many() {
    virtually(async {
        let mut settings = Settings::calm();
        settings.quotas.subnets_per_vpc = 1_000;
        let bench = Bench::new(settings);
        let graph = large(&bench.aws.environment);
        let nothing = bench.observe(&graph).await;
        timed("1,000 nodes, none there", || plan(&graph, &nothing).counts().create, 1_000);
        let (report, _) = bench.apply(&graph).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        let everything = bench.observe(&graph).await;
        timed("1,000 nodes, all as declared", || plan(&graph, &everything).counts().keep, 1_000);
        let empty = Graph::<Aws>::default();
        timed(
            "1,000 nodes, all to be removed",
            || plan(&empty, &everything).counts().remove,
            1_000,
        );
    });
}

fn timed(what: &str, work: impl Fn() -> usize, expected: usize) {
    assert_eq!(work(), expected);
    let mut took: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed()
        })
        .collect();
    took.sort();
    println!("plan, {what}: median {:?}, worst {:?} of 21", took[10], took[20]);
}

fn simulator_calls() {
    virtually(async {
        let simulator = Simulator::in_memory(Settings { throttling: false, ..Settings::calm() });
        let body = "Action=DescribeVpcs&Version=2016-11-15";
        let request = || {
            http::Request::builder()
                .method("POST")
                .uri("https://ec2.us-east-1.amazonaws.com/")
                .header("content-type", "application/x-www-form-urlencoded")
                .header(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
                )
                .body(bytes::Bytes::from_static(body.as_bytes()))
                .expect("a request")
        };
        let (start, count) = (Instant::now(), 5_000_u32);
        for _ in 0..count {
            let answer = simulator.call(request()).await.expect("an answer");
            assert!(answer.status().is_success(), "{:?}", answer.body());
        }
        let rate = f64::from(count) / start.elapsed().as_secs_f64();
        println!("DescribeVpcs in the process: {rate:.0} calls a second");
    });
}

/// The example, in which nobody is asked for a value.
fn example() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/node.yaml");
    let text = std::fs::read_to_string(path).expect("the example");
    let url = |scheme: &str| format!("{{value: \"{scheme}://rpc.example.com\", public: true}}");
    text.replace("{secret: sepolia-http}", &url("https"))
        .replace("{secret: sepolia-websocket}", &url("wss"))
}

/// What the example declares, and a bench on which that was applied.
struct Applied {
    bench: Bench,
    graph: Graph<Aws>,
    events: Vec<Event>,
    makespan: f64,
}

async fn apply_example(settings: Settings) -> Applied {
    let bench = Bench::new(settings);
    let mut documents = clctl_spec::parse("node.yaml", &example()).expect("a valid example");
    let spec = documents.remove(0).node.spec;
    let lookups = Lookups::of(&bench.aws, &topology::questions(&spec)).await;
    let graph = topology::declare(&bench.aws.environment, &lookups, &spec).expect("a graph");
    let start = bench.aws.now();
    let (report, events) = bench.apply(&graph).await;
    assert!(report.is_complete(), "{report:?}");
    let makespan = seconds(start, bench.aws.now());
    Applied { bench, graph, events, makespan }
}

fn applied(name: &str, settings: Settings) {
    virtually(async {
        let seed = settings.seed;
        let Applied { bench, graph, events, makespan } = apply_example(settings).await;
        let chain = chain(&bench, &graph, &events);
        let least = chain.transitions;
        println!(
            "{name}, seed {seed}: {} nodes, makespan {makespan:.1} s; longest chain of the world's own transitions {least:.1} s, ratio {:.2}; \
             along it: calls {:.1} s, polling grid and confirmations {:.1} s; writes {}; calls {}",
            graph.in_order().count(),
            makespan / least,
            chain.calls,
            chain.noticing,
            bench.aws.calls.writes(),
            bench.aws.calls.made().len(),
        );
        println!("  along {}", chain.path.join(", "));
    });
}

struct Chain {
    transitions: f64,
    calls: f64,
    noticing: f64,
    /// Each node of it that takes a second or more, and how long.
    path: Vec<String>,
}

fn seconds(from: jiff::Timestamp, to: jiff::Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The chain of nodes, each waiting for the one before, whose transitions in the world last longest.
fn chain(bench: &Bench, graph: &Graph<Aws>, events: &[Event]) -> Chain {
    let lives: BTreeMap<String, f64> = bench.simulator.with(|world| {
        let own = |moments: &clctl_simulator::Moments| {
            let life = moments.life;
            let lasts = life.ready.map_or(Duration::ZERO, |ready| ready.since(life.created));
            (moments.object.id.clone(), lasts.as_secs_f64())
        };
        world.timeline().iter().map(own).collect()
    });
    let mut started = BTreeMap::new();
    let mut created = BTreeMap::new();
    let mut ids = BTreeMap::new();
    let mut ended = BTreeMap::new();
    for event in events {
        let Some(Step::Ensure(address)) = &event.step else { continue };
        if let What::Started(_) = &event.what {
            started.insert(address.clone(), event.at);
        } else if let What::Created(id) = &event.what {
            created.insert(address.clone(), event.at);
            ids.insert(address.clone(), id.0.clone());
        } else if let What::Ready { .. } = &event.what {
            ended.insert(address.clone(), event.at);
        }
    }
    // The world calls some things by their names only.
    let life = |id: &String| lives.get(id).or_else(|| lives.get(id.rsplit([':', '/']).next()?));
    let own = |address: &Address| ids.get(address).and_then(life).copied().unwrap_or_default();
    let mut longest: BTreeMap<Address, (f64, Vec<Address>)> = BTreeMap::new();
    for node in graph.in_order() {
        let needs = node.refs();
        let before = needs.iter().filter_map(|need| longest.get(need)).cloned();
        let (sum, mut path) = before.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
        path.push(node.address().clone());
        longest.insert(node.address().clone(), (sum + own(node.address()), path));
    }
    let (transitions, path) =
        longest.into_values().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    let (mut calls, mut noticing, mut told) = (0.0, 0.0, Vec::new());
    for address in &path {
        let (Some(start), Some(end)) = (started.get(address), ended.get(address)) else { continue };
        let made = created.get(address).unwrap_or(start);
        let took = seconds(*start, *end);
        if took >= 1.0 {
            told.push(format!("{address} {took:.1} s ({:.1} s)", own(address)));
        }
        calls += seconds(*start, *made);
        noticing += (seconds(*made, *end) - own(address)).max(0.0);
    }
    Chain { transitions, calls, noticing, path: told }
}

fn converged_diff() {
    let world = virtually(async {
        let Applied { bench, graph, .. } = apply_example(Settings::calm()).await;
        let look = async || {
            let before = bench.aws.calls.made().len();
            let start = Instant::now();
            assert!(plan(&graph, &bench.observe(&graph).await).is_empty());
            (start.elapsed(), bench.aws.calls.made().split_off(before))
        };
        let (_, made) = look().await;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for call in made {
            *counts.entry(call.operation).or_default() += 1;
        }
        println!("{} calls of {} operations:", counts.values().sum::<usize>(), counts.len());
        for (operation, count) in counts {
            let kinds = kinds::all();
            let reads = kinds.iter().map(|kind| kind.about());
            let reads = reads.filter(|about| about.calls.read.contains(&operation.as_str()));
            let reads = reads.map(|about| {
                let nodes = graph.in_order().filter(|node| node.address().kind == about.name);
                format!("{} × {}", nodes.count(), about.name)
            });
            println!("{count} {operation}: {}", reads.collect::<Vec<_>>().join(", "));
        }
        let mut took = Vec::new();
        for _ in 0..RUNS {
            took.push(look().await.0);
        }
        told("look and plan in the process, the simulator included", took);
        bench.simulator.snapshot()
    });
    converged_binary(world);
}

/// How often a command is timed.
const RUNS: usize = 11;

fn told(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let (least, median) = (took.first().copied(), took.get(took.len() / 2).copied());
    println!("{what}: least {least:?}, median {median:?} of {}", took.len());
}

/// The same with the binary, over a loopback port.
fn converged_binary(world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("node.yaml");
    std::fs::write(&file, example()).expect("a file");
    let address = serve(world);
    let run = |verb: &str| {
        let start = Instant::now();
        let ran = clctl(folder.path(), address, &[verb, "-f", &file.to_string_lossy()]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        start.elapsed()
    };
    told("validate, the binary", (0..RUNS).map(|_| run("validate")).collect());
    told("diff over loopback, the binary", (0..RUNS).map(|_| run("diff")).collect());
    let ran =
        clctl(folder.path(), address, &["diff", "--show-calls", "-f", &file.to_string_lossy()]);
    let told = String::from_utf8_lossy(&ran.stderr);
    let took = |line: &&str| line.split_whitespace().rev().nth(1).and_then(|it| it.parse().ok());
    let mut calls: Vec<(u64, &str)> =
        told.lines().filter_map(|it| Some((took(&it)?, it))).collect();
    calls.sort_unstable();
    println!("its longest calls:");
    for (_, call) in calls.iter().rev().take(8) {
        println!("{call}");
    }
}

fn clctl(folder: &Path, address: SocketAddr, args: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clctl"));
    command
        .args(args)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.output().expect("the binary")
}

/// Serves a world on a loopback port for as long as the process lives.
fn serve(world: World) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let listener = TcpListener::bind(local).await.expect("a port");
            let settings = Settings { start: world.now(), ..world.settings().clone() };
            let simulator = Simulator::in_memory(settings);
            Fleet::settle(&simulator, FLEET);
            simulator.with(|now| *now = world);
            sender.send(listener.local_addr().expect("an address")).expect("a listener");
            clctl_simulator::serve(simulator, listener, std::future::pending()).await
        })
    });
    receiver.recv().expect("a server")
}
