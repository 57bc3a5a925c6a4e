//! One run, and what has to hold of it whatever AWS answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use clctl::{
    aws::{Aws, Calls, Deletions, Environment, Lookups, Mode, kinds},
    engine::{Cloud as _, Graph, InMemory, Purpose, Stop, observe, plan},
    sandbox, topology,
};
use clctl_simulator::World;
use tokio::sync::watch;

use super::{Input, Scene, Verb, spoil::Harm, wire::Wire};
use crate::{
    harness::{Bench, Command, SETTLED, Wanted, example, steps, virtually},
    stand::one_of_each,
    truth::Truth,
};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nobody could say which account it was.
    Refused,
    /// Something could not be read, and so it was said.
    Unknown,
    /// This was shown, and done unless it was only to be shown; with what was left undone.
    Known { steps: Vec<String>, undone: usize },
}

/// The environment's name.
const NAME: &str = "hostile";
/// Longer than any run with everything it may wait for.
const LONG: Duration = Duration::from_hours(12);

/// Runs, and checks what has to hold.
pub(crate) fn run(input: &Input) -> Ending {
    let Scenery { world, truth, expected, .. } = prepared(input.scene);
    virtually(async {
        let bench = Bench::at(world);
        let ended = tokio::time::timeout(LONG, carry_out(&bench, input, &truth, &expected)).await;
        ended.unwrap_or_else(|_| panic!("it goes on for more than {} h", LONG.as_secs() / 3600))
    })
}

/// Every operation that a look at a scene asks for.
pub(crate) fn asked(scene: Scene) -> BTreeSet<String> {
    prepared(scene).asked
}

/// What there is in a scene, and what a run with true answers shows.
#[derive(Clone)]
struct Scenery {
    world: World,
    truth: Truth,
    expected: Vec<String>,
    asked: BTreeSet<String>,
}

fn prepared(scene: Scene) -> Scenery {
    static SCENES: LazyLock<Mutex<BTreeMap<Scene, Scenery>>> = LazyLock::new(Mutex::default);
    SCENES.lock().unwrap().entry(scene).or_insert_with(|| prepare(scene)).clone()
}

fn prepare(scene: Scene) -> Scenery {
    let world = virtually(async {
        let bench = Bench::calm();
        bench.simulator.with(|world| world.settings_mut().quotas.addresses = 20);
        // Somebody else's: another environment, and what was made by hand.
        bench.apply(&Wanted::graph("other", one_of_each)).await.complete();
        let somebody = bench.somebody();
        let vpc = somebody.vpc().await;
        let subnet = somebody.subnet(&vpc, "10.0.1.0/24").await;
        somebody.attached_gateway(&vpc).await;
        somebody.group(&vpc, "by-hand").await;
        somebody.interface(&subnet).await;
        somebody.ec2("AllocateAddress", &[("Domain", "vpc")]).await.good();
        match scene {
            Scene::Empty => {}
            Scene::Standing | Scene::Drifted => {
                bench.lose_record();
                bench.apply(&Wanted::graph(NAME, one_of_each)).await.complete();
            }
            Scene::Example => {
                bench.lose_record();
                let text = example("node").replace("name: demo", &format!("name: {NAME}"));
                bench.apply(&Wanted::read(&text)).await.complete();
            }
        }
        if scene == Scene::Drifted {
            drift(&bench).await;
        }
        somebody.wait(2 * SETTLED).await;
        bench.world()
    });
    let (expected, asked) = virtually(async {
        let bench = Bench::at(world.clone());
        let input = Input { verb: Verb::Diff, scene, attacks: Vec::new() };
        let (stop, _told) = watch::channel(Stop::No);
        let (aws, graph, wire) = connect(&bench, &input, stop).await.unwrap();
        let journal = InMemory::default();
        let seen = observe(&kinds::all(), &aws, &graph, &journal, Purpose::Show).await;
        let plan = plan(&graph, &seen.unwrap());
        assert!(!plan.is_unknown(), "{scene:?}: {:?}", plan.unread);
        (steps(&plan), wire.asked())
    });
    Scenery { truth: Truth::of(&world), world, expected, asked }
}

/// Changes that others made: a rule more, an attribute changed, a route gone.
async fn drift(bench: &Bench) {
    let truth = bench.truth();
    let rt = truth.things().iter().find(|it| {
        it.kind == "route-table"
            && it.tags.get("clctl.dev/environment").map(String::as_str) == Some(NAME)
    });
    let subnet = truth.things().iter().find(|it| {
        it.kind == "subnet"
            && it.tags.get("clctl.dev/environment").map(String::as_str) == Some(NAME)
    });
    let somebody = bench.somebody();
    let params =
        [("RouteTableId", rt.unwrap().id.as_str()), ("DestinationCidrBlock", "192.0.2.0/24")];
    somebody.ec2("DeleteRoute", &params).await.good();
    let params =
        [("SubnetId", subnet.unwrap().id.as_str()), ("MapPublicIpOnLaunch.Value", "false")];
    somebody.ec2("ModifySubnetAttribute", &params).await.good();
}

type Connected = (Arc<Aws>, Graph<Aws>, Wire);

/// Sets out; nothing if nobody says who we are.
async fn connect(bench: &Bench, input: &Input, stop: watch::Sender<Stop>) -> Option<Connected> {
    let mode = if input.verb == Verb::Diff { Mode::ReadOnly } else { Mode::ReadWrite };
    let calls = Calls::new(mode, kinds::reads());
    let mut connection = sandbox::connect(&bench.simulator, "us-east-1", calls);
    let wire = Wire::new(connection.http.clone(), &input.attacks, stop);
    connection.http = SharedHttpClient::new(wire.clone());
    let caller = connection.caller(None).await.ok()?;
    let environment = Environment {
        name: NAME.to_owned(),
        partition: caller.partition,
        account: caller.account,
        region: "us-east-1".to_owned(),
        ignored_tags: Vec::new(),
        boundary: "devops-guru-clctl".to_owned(),
        deletions: Deletions::default(),
    };
    let graph = match (input.verb, input.scene) {
        (Verb::Delete, _) => Graph::default(),
        (_, Scene::Example) => {
            let text = example("node").replace("name: demo", &format!("name: {NAME}"));
            let documents = clctl_spec::parse("node.yaml", &text).unwrap();
            let node = *documents.into_iter().next().unwrap().node;
            let aws = Aws::new(&connection, environment.clone());
            let lookups = Lookups::of(&aws, &topology::questions(&node.spec)).await;
            topology::declare(&environment, &lookups, &node.spec).unwrap()
        }
        (_, Scene::Standing | Scene::Drifted | Scene::Empty) => one_of_each(&environment),
    };
    Some((Arc::new(Aws::new(&connection, environment)), graph, wire))
}

async fn carry_out(bench: &Bench, input: &Input, before: &Truth, expected: &[String]) -> Ending {
    bench.simulator.forget_calls();
    let (stop, told) = watch::channel(Stop::No);
    let Some((aws, graph, wire)) = connect(bench, input, stop).await else {
        assert_eq!(writes(bench), Vec::<String>::new(), "nobody knew whose account it was");
        return Ending::Refused;
    };
    let journal = Arc::new(InMemory::default());
    let ending = if input.verb == Verb::Diff {
        let seen = observe(&kinds::all(), &aws, &graph, journal.as_ref(), Purpose::Show).await;
        let plan = plan(&graph, &seen.unwrap());
        let ending = if plan.is_unknown() {
            Ending::Unknown
        } else {
            Ending::Known { steps: steps(&plan), undone: 0 }
        };
        check_shown(&steps(&plan), &ending, expected, &wire);
        ending
    } else {
        let purpose = if input.verb == Verb::Apply { Purpose::Apply } else { Purpose::Remove };
        let command = Command {
            cloud: aws.clone(),
            journal,
            sink: Arc::new(|_| {}),
            stop: told,
            run: "hostile".to_owned(),
            guard: None,
        };
        match command.carry_out(&graph, purpose).await {
            // Somebody had enough.
            Err(_) => Ending::Unknown,
            Ok((plan, report)) => {
                let (shown, unknown) = (steps(&plan), plan.is_unknown());
                let said = format!("{report:?}");
                for password in wire.passwords() {
                    assert!(!said.contains(&password), "what failed says a password");
                }
                let undone = report.failed.len() + report.underway.len() + report.blocked.len();
                if purpose == Purpose::Remove && !unknown && undone == 0 {
                    let _ = aws.remove_mark().await;
                }
                if unknown { Ending::Unknown } else { Ending::Known { steps: shown, undone } }
            }
        }
    };
    check_world(bench, input, before, &wire);
    ending
}

/// What others may rely on after a look that was not lied to.
fn check_shown(shown: &[String], ending: &Ending, expected: &[String], wire: &Wire) {
    let (harm, spoilt) = wire.harm();
    if harm > Harm::Broken {
        return;
    }
    if let Ending::Known { steps, .. } = ending {
        assert_eq!(steps, expected, "broken answers to {spoilt:?} were taken for the truth");
    }
    let says_nothing = ["unread", "behind", "doubtful"];
    let beyond: Vec<&String> = shown
        .iter()
        .filter(|step| !says_nothing.iter().any(|verb| step.starts_with(verb)))
        .filter(|step| !expected.contains(step))
        .collect();
    assert!(beyond.is_empty(), "broken answers to {spoilt:?} led to {beyond:?}");
}

fn writes(bench: &Bench) -> Vec<String> {
    let calls = bench.simulator.calls();
    calls.into_iter().filter(|call| call.mutating).map(|call| call.operation).collect()
}

/// What is so after any run.
fn check_world(bench: &Bench, input: &Input, before: &Truth, wire: &Wire) {
    let (harm, spoilt) = wire.harm();
    let writes = writes(bench);
    if input.verb == Verb::Diff {
        assert_eq!(writes, Vec::<String>::new(), "a look changed something");
        return;
    }
    if harm == Harm::Forgery || writes.is_empty() {
        return;
    }
    let after = bench.truth();
    let ours = |truth: &Truth| -> Vec<(String, String)> {
        let of = |key: &str, thing: &crate::truth::Thing| thing.tags.get(key).cloned();
        let ours = truth
            .things()
            .iter()
            .filter(|it| of("clctl.dev/environment", it).as_deref() == Some(NAME));
        ours.map(|it| (of("clctl.dev/address", it).unwrap_or_default(), it.id.clone())).collect()
    };
    // What is ours, and what is part of it.
    let mut known: Vec<String> =
        [before, &after].into_iter().flat_map(ours).map(|(_, id)| id).collect();
    // Records have no tags: ours are called as the environment is.
    let records = [before, &after].into_iter().flat_map(Truth::things);
    let records = records.filter(|it| it.kind == "resource-record-set");
    let named = |id: &str| ["/", "/_clctl."].iter().any(|at| id.contains(&format!("{at}{NAME}.")));
    known.extend(records.filter(|it| named(&it.id)).map(|it| it.id.clone()));
    // Nor has what DevOps Guru looks at, and whom it tells: ours is the environment's, and its topic's.
    let (value, topic) = (format!("={NAME}"), format!(":clctl-{NAME}-topic-"));
    let told = [before, &after].into_iter().flat_map(Truth::things).filter(|it| {
        it.id.ends_with(&value)
            || it.kind == "devops-guru-channel" && it.body.to_string().contains(&topic)
    });
    known.extend(told.map(|it| it.id.clone()));
    loop {
        let more: Vec<String> = before
            .things()
            .iter()
            .filter(|it| !known.contains(&it.id) && it.is_part_of(&known))
            .map(|it| it.id.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        known.extend(more);
    }
    let foreign: Vec<&str> = before
        .things()
        .iter()
        .map(|it| it.id.as_str())
        .filter(|id| !known.iter().any(|known| known == id))
        .collect();
    assert!(foreign.len() > 20, "there is little of somebody else's: {foreign:?}");
    let (then, now) = (before.clone().only(&foreign), after.clone().only(&foreign));
    assert_eq!(now.ids(), then.ids(), "{spoilt:?}: somebody else's");
    now.is_like(&then, &format!("{spoilt:?}: somebody else's"));
    if harm > Harm::Broken {
        return;
    }
    let (then, now) = (ours(before), ours(&after));
    if input.verb == Verb::Apply {
        let gone: Vec<_> = then.iter().filter(|it| !now.contains(it)).collect();
        assert!(gone.is_empty(), "broken answers to {spoilt:?} cost {gone:?}");
    }
    // What a group launches stands for no node.
    let addresses = now.iter().map(|(address, _)| address);
    let mut addresses: Vec<&String> = addresses.filter(|address| !address.is_empty()).collect();
    addresses.sort();
    let doubled = addresses.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(doubled.is_none(), "broken answers to {spoilt:?} doubled {doubled:?}");
}
