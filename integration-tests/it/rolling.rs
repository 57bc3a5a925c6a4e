//! Whatever breaks while nodes are launched or replaced: never are two active, none is ended by us as long as the
//! oracle needs it, and a replacement that nothing disturbs silences it no longer than a hand-over takes.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use clctl_fleet::{Broken, Hang, Patience};
use clctl_simulator::{Fate, Time, World};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    harness::{Bench, Outcome, SETTLED, Wanted, example, virtually},
    rng::Rng,
};

/// What breaks, or is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// The container of a node dies.
    Container,
    /// An instance loses its power.
    Power,
    /// An instance hangs, or something on it.
    Hang(Hang),
    /// A zone is lost.
    Zone(&'static str),
    /// The process of clctl is killed, and started again after so many seconds.
    Killed(u64),
    /// What hung, or was lost, is back.
    Mended,
}

/// For how long what broke before may be why nobody serves.
const AFTERMATH: Duration = Duration::from_mins(45);
/// How long it takes at most, after one thing broke, until it is noticed, another instance is launched and has booted.
const ONE_BOOT: Duration = Duration::from_mins(20);
/// How long a hand-over takes at most: the lease is given back, and the other one starts.
const HAND_OVER: Duration = Duration::from_secs(40);
/// A node that is told to end has ended by then.
const ENDED: Duration = Duration::from_mins(3);
/// For how long the word of a node is believed.
const WORD: Duration = Duration::from_mins(3);
/// Between two runs of which the first was not complete.
const RESTS: Duration = Duration::from_mins(2);
/// More runs than it takes.
const TRIES: u32 = 20;
/// Where the nodes are.
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

/// A node that no release has yet.
const NEWER: (&str, (u32, u32, u32)) =
    ("sha256:00000000000000000000000000000000000000000000000000000000000274ff", (2, 74, 0));

/// What is to become of an environment that stands; each makes another version of the nodes' template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Instances,
    Node,
    Password,
    Image,
}

const CHANGES: &[Change] = &[Change::Instances, Change::Node, Change::Password, Change::Image];

impl Change {
    async fn wanted(self, bench: &Bench) -> Wanted {
        let nodes =
            |more: &str| Wanted::with(&[("\n  nodes:\n", &format!("\n  nodes:\n    {more}\n"))]);
        match self {
            Self::Instances => nodes("instanceType: m6i.xlarge"),
            Self::Node => {
                let (digest, version) = NEWER;
                bench.fleet.know_release(digest, version);
                nodes(&format!("chainlink: {{version: 2.74.0, digest: \"{digest}\"}}"))
            }
            Self::Password => {
                let secret = bench.truth().id("secret/database-password");
                let value = serde_json::json!({ "SecretId": secret, "SecretString": "another-one-by-somebody", "ClientRequestToken": "0123456789abcdef0123456789abcdef" });
                bench.somebody().secrets("PutSecretValue", value).await.good();
                Wanted::usual()
            }
            Self::Image => {
                bench.simulator.with(World::publish_images);
                let newest = bench.simulator.with(|world| world.newest_image("us-east-1"));
                nodes(&format!("imageId: {}", newest.unwrap()))
            }
        }
    }
}

/// What is to happen, by the seconds after which it does.
fn events(rng: &mut Rng) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    for _ in 0..rng.below(4) {
        let at = rng.between(5, 45 * 60);
        let event = match rng.below(7) {
            0 => Event::Container,
            1 => Event::Power,
            2 => Event::Hang(Hang::Machine),
            3 => Event::Hang(Hang::Software),
            4 => Event::Hang(Hang::Publisher),
            5 => Event::Zone(rng.pick(&ZONES).unwrap()),
            _ => Event::Killed(rng.below(10 * 60)),
        };
        if matches!(event, Event::Hang(_) | Event::Zone(_)) {
            events.push((at + rng.between(60, 50 * 60), Event::Mended));
        }
        events.push((at, event));
    }
    events.sort_by_key(|it| it.0);
    events
}

/// Who breaks things, and what came of it.
struct Mischief {
    rng: Rng,
    /// When something broke, or was mended.
    broke: Vec<Time>,
    /// What hangs.
    ill: BTreeSet<String>,
    log: Vec<String>,
}

impl Mischief {
    /// Lets it happen, to some node.
    fn happens(&mut self, bench: &Bench, event: &Event) {
        let (fleet, simulator) = (&bench.fleet, &bench.simulator);
        let now = simulator.now();
        let nodes: Vec<String> = fleet.nodes().into_iter().map(|it| it.instance).collect();
        let node = self.rng.pick(&nodes).cloned();
        self.log.push(format!("{now} {event:?} {node:?}"));
        match (event, node) {
            (Event::Mended, _) => {
                for id in std::mem::take(&mut self.ill) {
                    fleet.recover(&id);
                }
                for zone in ZONES {
                    simulator.with(|world| world.regain_zone(zone));
                }
            }
            (Event::Zone(zone), _) => simulator.with(|world| world.lose_zone(zone)),
            (Event::Container, Some(node)) => {
                fleet.crash(&node);
            }
            (Event::Power, Some(node)) => {
                fleet.cut_power(&node);
            }
            (Event::Hang(how), Some(node)) => {
                fleet.hang(&node, *how);
                self.ill.insert(node);
            }
            // Nobody but our own process is hurt, or there is nobody yet.
            (Event::Killed(_), _) | (Event::Container | Event::Power | Event::Hang(_), None) => {
                return;
            }
        }
        self.broke.push(now);
    }

    /// Whether what broke not long before a span of time, or in it, may be why nobody served for so long: one thing
    /// takes one node, and another one comes up; where several broke, both may be gone, one after the other.
    fn may_be_why(&self, from: Time, until: Time) -> bool {
        let broke = self.broke.iter().filter(|broke| **broke < until && from < **broke + AFTERMATH);
        match broke.count() {
            0 => false,
            1 => until.since(from) < ONE_BOOT,
            _ => true,
        }
    }
}

/// Applies until all is as declared and nothing is left to happen.
async fn brought_about(
    bench: &Bench,
    wanted: &Wanted,
    events: Vec<(u64, Event)>,
    mischief: &mut Mischief,
) {
    let begin = Instant::now();
    let due = |it: &(u64, Event)| begin + Duration::from_secs(it.0);
    let mut events = events.into_iter().peekable();
    for _ in 0..TRIES {
        let mut run = std::pin::pin!(bench.apply(wanted));
        let mut rests = None;
        let outcome = loop {
            let next = events.peek().map(due);
            let comes = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                outcome = &mut run => break Some(outcome),
                () = comes => {
                    let Some((_, event)) = events.next() else { continue };
                    mischief.happens(bench, &event);
                    if let Event::Killed(seconds) = event {
                        rests = Some(seconds);
                        break None;
                    }
                }
            }
        };
        let complete = outcome.as_ref().is_some_and(Outcome::is_complete);
        if let Some(outcome) = outcome.filter(|it| !it.is_complete()) {
            mischief.log.push(format!("{} {}", bench.simulator.now(), outcome.told()));
        }
        match (complete, events.peek().map(due)) {
            (true, None) => return,
            // What is left happens to what is as declared.
            (true, Some(next)) => sleep_until(next).await,
            (false, _) => sleep(rests.map_or(RESTS, Duration::from_secs)).await,
        }
    }
    panic!("it does not come to an end: {:#?}", mischief.log);
}

/// What was so when clctl ended an instance.
struct Ended {
    at: Time,
    serving: Vec<String>,
    waiting: Vec<String>,
}

/// Takes note of whom the oracle has whenever an instance is ended.
fn watched(bench: &Bench) -> Arc<Mutex<Vec<Ended>>> {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let (noted, fleet, simulator) = (ended.clone(), bench.fleet.clone(), bench.simulator.clone());
    bench.simulator.set_hook(Arc::new(move |call| {
        if call.operation == "TerminateInstanceInAutoScalingGroup" {
            let (serving, waiting) = (fleet.serving(), fleet.waiting());
            noted.lock().unwrap().push(Ended { at: simulator.now(), serving, waiting });
        }
        Fate::Proceed
    }));
    ended
}

async fn is_kept_alive(seed: u64, standing: &World) {
    let mut rng = Rng::new(seed);
    let change = rng.pick(CHANGES).copied().filter(|_| !rng.clone().percent(20));
    let bench = if change.is_some() { Bench::at(standing.clone()) } else { Bench::calm() };
    let wanted = match change {
        Some(change) => change.wanted(&bench).await,
        None => Wanted::usual(),
    };
    let (begun, events) = (bench.simulator.now(), events(&mut rng));
    let log = vec![format!("seed {seed}, {change:?}: {events:?}")];
    let mut mischief = Mischief { rng, broke: Vec::new(), ill: BTreeSet::new(), log };
    let ended = watched(&bench);
    brought_about(&bench, &wanted, events, &mut mischief).await;
    bench.somebody().wait(SETTLED).await;
    bench.simulator.clear_hook();
    let told = |what: String| {
        let observed = bench.fleet.observations();
        format!("{what}\n{:#?}\n{observed:#?}", mischief.log)
    };
    bench.is_settled(&wanted).await;
    let (serving, waiting) = (bench.fleet.serving(), bench.fleet.waiting());
    assert_eq!((serving.len(), waiting.len()), (1, 1), "{}", told(String::new()));
    let observed = bench.fleet.observations();
    let two = bench.fleet.broken(Patience { silent: Duration::MAX, ..Patience::default() });
    let two: Vec<String> =
        two.iter().filter(|it| matches!(it, Broken::Two { .. })).map(ToString::to_string).collect();
    assert!(two.is_empty(), "{}", told(two.join("; ")));
    for silence in bench.fleet.silences().iter().filter(|it| it.from >= begun) {
        let lasts = silence.until.since(silence.from);
        assert!(
            lasts < HAND_OVER || mischief.may_be_why(silence.from, silence.until),
            "{}",
            told(format!("{silence:?} {lasts:?}"))
        );
    }
    let ended = ended.lock().unwrap();
    for (n, Ended { at, serving, waiting }) in ended.iter().enumerate() {
        // Whoever goes after that was ended by the next call.
        let until = ended.get(n + 1).map_or(*at + ENDED, |next| next.at.min(*at + ENDED));
        let gone = |node: &&String| {
            let mut soon = observed.iter().filter(|it| it.at > *at && it.at < until);
            soon.any(|it| !it.active.contains(node))
        };
        let needed = serving.iter().filter(|_| waiting.is_empty()).find(gone);
        // The word of one that hangs is believed until it would have been said anew.
        let hangs = |broke: &Time| *broke + WORD > *at && *broke < until;
        let broken = mischief.broke.iter().any(hangs);
        assert!(
            needed.is_none() || broken,
            "{}",
            told(format!("{needed:?} was ended at {at}, and nobody waited"))
        );
    }
    if change == Some(Change::Node) {
        assert_eq!(saved(&bench), 1, "{}", told("snapshots".to_owned()));
    }
}

/// How many snapshots were made on the way to another release.
fn saved(bench: &Bench) -> usize {
    let objects = bench.world().objects();
    objects.iter().filter(|it| it.id.contains("-before-lt-")).count()
}

#[tokio::test(start_paused = true)]
async fn another_release_can_be_taken_back_until_it_has_had_the_database() {
    let bench = Bench::standing(&Wanted::usual()).await;
    let (digest, version) = NEWER;
    let newer = format!("chainlink: {{version: 2.74.0, digest: \"{digest}\"}}");
    let newer = Wanted::with(&[("\n  nodes:\n", &format!("\n  nodes:\n    {newer}\n"))]);
    let active = bench.fleet.serving();
    bench.fleet.know_release(digest, version);
    let nodes = || bench.fleet.nodes().into_iter().map(|it| it.instance);
    let standing: BTreeSet<String> = nodes().collect();
    let mut run = std::pin::pin!(bench.apply(&newer));
    let aborted = loop {
        tokio::select! {
            biased;
            outcome = &mut run => break outcome,
            () = sleep(Duration::from_secs(5)) => {
                for node in nodes().filter(|it| !standing.contains(it)) {
                    bench.fleet.hang(&node, Hang::Software);
                }
            }
        }
    };
    assert!(!aborted.is_complete());
    assert_eq!(bench.fleet.serving(), active);
    bench.apply(&Wanted::usual()).await.complete();
    bench.is_settled(&Wanted::usual()).await;
    assert_eq!(saved(&bench), 1, "saved once, on the way there");
    bench.apply(&newer).await.complete();
    assert_eq!(saved(&bench), 2);
    let plan = bench.diff(&Wanted::usual()).await;
    assert!(plan.is_refused());
    let refused = bench.apply(&Wanted::usual()).await;
    assert!(!refused.is_complete() && refused.writes.is_empty(), "{:?}", refused.writes);
    let told = refused.told();
    assert!(told.contains("Chainlink 2.74.0 runs and may have migrated the database"), "{told}");
    bench.is_settled(&newer).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_come_up_is_told_of_with_what_its_console_says() {
    let bench = Bench::standing(&Wanted::usual()).await;
    let active = bench.fleet.serving();
    let larger = Wanted::with(&[("\n  nodes:\n", "\n  nodes:\n    instanceType: m6i.xlarge\n")]);
    let mut run = std::pin::pin!(bench.apply(&larger));
    let outcome = tokio::select! {
        biased;
        outcome = &mut run => outcome,
        () = sleep(Duration::from_secs(20)) => {
            // Whoever starts from now on gets no packages.
            for table in ["route-table/private-a", "route-table/private-b"] {
                let table = bench.truth().id(table);
                let route = [("RouteTableId", &*table), ("DestinationCidrBlock", "0.0.0.0/0")];
                bench.somebody().ec2("DeleteRoute", &route).await.good();
            }
            run.await
        }
    };
    let why = outcome.error("instances/nodes").to_string();
    // It tries again and again.
    assert!(why.contains("starting: packages") || why.contains("at: packages"), "{why}");
    assert!(why.contains("its console: ") && why.contains("boot: packages failed"), "{why}");
    assert_eq!(bench.fleet.serving(), active);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_stayed_is_saved_before_another_release_and_takes_no_older_one() {
    let (digest, version) = NEWER;
    let with = |node: &str| {
        let more = format!(
            "\n  policies: {{deletion: {{database: Retain, logs: Retain}}}}\n\n  nodes:\n{node}"
        );
        Wanted::read(&example("node").replace("\n  nodes:\n", &more))
    };
    let usual = with("");
    let newer = with(&format!("    chainlink: {{version: 2.74.0, digest: \"{digest}\"}}\n"));
    let bench = Bench::standing(&usual).await;
    bench.fleet.know_release(digest, version);
    bench.delete(&usual).await.complete();
    bench.apply(&usual).await.complete();
    assert_eq!(saved(&bench), 0, "the same node had it before");
    bench.delete(&usual).await.complete();
    bench.apply(&newer).await.complete();
    assert_eq!(saved(&bench), 1);
    bench.is_settled(&newer).await;
    bench.delete(&newer).await.complete();
    let refused = bench.apply(&usual).await;
    let why = refused.error("auto-scaling-group/nodes").to_string();
    assert!(why.contains("Chainlink 2.74.0 may have migrated the database"), "{why}");
    assert!(bench.fleet.nodes().is_empty());
}

/// How many environments are brought through; the rest of the seeds is for whoever has the time.
const SEEDS: std::ops::Range<u64> = 0..200;

#[test]
fn never_two_are_active_and_nobody_is_ended_whom_the_oracle_needs() {
    let standing = virtually(async {
        let bench = Bench::standing(&Wanted::usual()).await;
        bench.somebody().wait(SETTLED).await;
        bench.world()
    });
    std::thread::scope(|scope| {
        for half in 0..2 {
            let standing = &standing;
            scope.spawn(move || {
                for seed in SEEDS.filter(|seed| seed % 2 == half) {
                    virtually(is_kept_alive(seed, standing));
                }
            });
        }
    });
}

/// It goes on to serve, and the others wait for it: nobody ends it on suspicion, and whoever reads knows what to do.
#[tokio::test(start_paused = true)]
async fn a_node_that_somebody_took_out_of_its_group_and_that_serves_is_named() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    let active = bench.fleet.serving();
    let [id] = active.as_slice() else { panic!("{active:?}") };
    let group = [
        ("AutoScalingGroupName", "clctl-demo-auto-scaling-group-nodes"),
        ("InstanceIds.member.1", id),
        ("ShouldDecrementDesiredCapacity", "false"),
    ];
    bench.somebody().autoscaling("DetachInstances", &group).await.good();
    let outcome = bench.apply(&wanted).await;
    let why = outcome.error("instances/nodes").to_string();
    assert!(why.contains(&format!("{id} is active and of no group")), "{why}");
    assert_eq!(bench.fleet.serving(), active);
    bench.somebody().ec2("TerminateInstances", &[("InstanceId.1", id)]).await.good();
    bench.apply(&wanted).await.complete();
}

/// The next one waits for the address that it keeps.
#[tokio::test(start_paused = true)]
async fn a_bastion_that_somebody_took_out_of_its_group_and_that_keeps_its_address_is_named() {
    let wanted = Wanted::usual();
    let bench = Bench::standing(&wanted).await;
    bench.somebody().wait(SETTLED).await;
    let running = bench.simulator.with(|world| world.running());
    let is_bastion = |role: &String| role.ends_with("-bastion");
    let id = &running.iter().find(|it| it.role.as_ref().is_some_and(is_bastion)).unwrap().id;
    let group = [
        ("AutoScalingGroupName", "clctl-demo-auto-scaling-group-bastion"),
        ("InstanceIds.member.1", id),
        ("ShouldDecrementDesiredCapacity", "false"),
    ];
    bench.somebody().autoscaling("DetachInstances", &group).await.good();
    let outcome = bench.apply(&wanted).await;
    let why = outcome.error("instances/bastion").to_string();
    let named = format!("{id} has an address of the bastion's and is of no group");
    assert!(why.contains(&named), "{why}");
    bench.somebody().ec2("TerminateInstances", &[("InstanceId.1", id)]).await.good();
    bench.apply(&wanted).await.complete();
}
