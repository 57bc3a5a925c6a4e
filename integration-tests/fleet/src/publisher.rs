//! What an instance tells of itself: its role in tags, as `node-role.sh` says it, metrics and logs.

use std::time::Duration;

use clctl_simulator::{Time, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    database::{Databases, Keys},
    machine::{Machine, stamp},
    node::Unit,
    told::Told,
};

/// For how long a node may be neither before it is failing.
const GRACE: Duration = Duration::from_mins(2);
/// After how long of that it is started again.
const RESTARTS: Duration = Duration::from_mins(10);
/// How often the role is said, whether it changed or not.
const SAYS: Duration = Duration::from_mins(1);
/// `OnUnitInactiveSec` of the timer.
const LOOKS: Duration = Duration::from_secs(15);
/// How often metrics are sent.
const MINUTE: Duration = Duration::from_mins(1);

/// What ails the nodes and what they run on, beside what comes of the world they live in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ill of its own")]
pub struct Ills {
    /// How many runs of jobs fail in a minute.
    pub errored_runs: f64,
    /// How old the oldest transaction is that no chain has confirmed, in seconds.
    pub unconfirmed: f64,
    /// Whether no chain has new blocks.
    pub chains_stall: bool,
    /// Whether no RPC endpoint is of use to the node.
    pub rpc_is_dead: bool,
    /// Whether it answers as one that migrates the database does, and its GUI does not.
    pub gui_is_deaf: bool,
    /// Whether the lock of the database is off, so that whoever waits works as well.
    pub lock_is_off: bool,
    /// How many RPC endpoints of each chain cannot be reached from the instances.
    pub unreachable: u32,
    /// Whether the CloudWatch agent scrapes nothing.
    pub agent_is_blind: bool,
    /// How full memory and disk are, in percent, if not as usual.
    pub memory: Option<f64>,
    /// How full the disk is, likewise.
    pub disk: Option<f64>,
}

/// `clctl-role.timer`, and what it keeps in `/run`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Publisher {
    /// When it looks next.
    pub(crate) looks: Option<Time>,
    /// Whether it hangs.
    pub(crate) mute: bool,
    /// When the node was last well.
    pub(crate) well: Option<Time>,
    /// When the node was last started again because it was not.
    pub(crate) restarted: Option<Time>,
    /// The role, and since when it is that.
    pub(crate) role: Option<(String, Time)>,
    /// The role that was said last, and when.
    pub(crate) said: Option<(String, Time)>,
}

impl Publisher {
    pub(crate) fn due(&self) -> Option<Time> {
        self.looks.filter(|_| !self.mute)
    }
}

/// Looks at the role and says it; whether the node is to be started again.
pub(crate) fn look(machine: &mut Machine, world: &mut World, databases: &Databases) -> bool {
    let now = world.now();
    let seen = seen(machine, databases, now);
    let well = *machine.publisher.well.get_or_insert(now);
    let mut restart = false;
    let role = match seen {
        Some(role) => {
            machine.publisher.well = Some(now);
            role
        }
        None if now.since(well) <= GRACE => "starting",
        None => {
            let last = machine.publisher.restarted.map_or(well, |restarted| restarted.max(well));
            restart = now.since(last) > RESTARTS;
            if restart {
                machine.publisher.restarted = Some(now);
                machine.note(world, "node: it has been failing for ten minutes: started again");
            }
            "failing"
        }
    };
    let since = match &machine.publisher.role {
        Some((last, since)) if last == role => *since,
        Some(_) | None => now,
    };
    machine.publisher.role = Some((role.to_owned(), since));
    let fresh = machine.publisher.said.as_ref();
    let fresh = fresh.is_some_and(|(last, at)| last == role && now.since(*at) < SAYS);
    let mut took = Duration::from_millis(500);
    if !fresh {
        took = Duration::from_secs(2);
        let value = format!("{role} since {}", stamp(since));
        let tags = [("clctl.dev/role", value.as_str()), ("clctl.dev/heartbeat", &stamp(now))];
        if machine.tag(world, &tags).is_ok() {
            machine.publisher.said = Some((role.to_owned(), now));
        }
    }
    machine.publisher.looks = Some(now + took + LOOKS);
    restart
}

/// The role that is seen, if the node is well.
fn seen(machine: &Machine, databases: &Databases, now: Time) -> Option<&'static str> {
    let Told::Node(node) = &machine.told else { return None };
    match &machine.unit {
        Unit::Holding(holding) if holding.listens() => Some("active"),
        Unit::Waiting(waiting) => {
            let content = databases.0.get(&waiting.process.resource)?;
            // By then nothing but errors is among its last lines.
            let lost = !content.serves && now.since(content.since) > Duration::from_secs(30);
            let quiet = node.settings.silent && now.since(waiting.process.started) <= GRACE;
            (!lost && !quiet && !waiting.locked_out).then_some("standby")
        }
        Unit::Off
        | Unit::Preparing(_)
        | Unit::Opening(..)
        | Unit::Holding(_)
        | Unit::Resting(_) => None,
    }
}

/// Sends the metrics of a minute: the machine's, and of the active node its own.
pub(crate) fn measure(
    machine: &mut Machine,
    world: &mut World,
    keys: Option<Keys>,
    balance: f64,
    ills: Ills,
) {
    let now = world.now();
    machine.agent = Some(now + MINUTE);
    let Told::Node(node) = &machine.told else { return };
    let at = json!(now.as_millis() / 1000);
    let by_id = json!([{ "Name": "InstanceId", "Value": machine.id }]);
    let mut data = Vec::new();
    let [memory, disk] = [(20.0, 35.0), (8.0, 12.0)].map(|(min, max)| {
        let step = u32::try_from(machine.chance.next() % 100).unwrap_or_default();
        min + (max - min) * f64::from(step) / 100.0
    });
    let (memory, disk) = (ills.memory.unwrap_or(memory), ills.disk.unwrap_or(disk));
    for (name, value) in [("mem_used_percent", memory), ("disk_used_percent", disk)] {
        for dimensions in [by_id.clone(), json!([])] {
            data.push(json!({
                "MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value,
                "Unit": "Percent",
            }));
        }
    }
    if let (Unit::Holding(holding), Some(keys)) = (&machine.unit, keys)
        && holding.serves()
        && !ills.agent_is_blind
    {
        let up = now.since(holding.process.started).as_secs_f64();
        let mut chains: Vec<_> =
            node.settings.endpoints.iter().map(|it| it.chain_id.as_str()).collect();
        chains.dedup();
        for chain in chains {
            let address = keys.address(chain);
            let blocks = u32::try_from(now.as_millis() / 12_000).unwrap_or(u32::MAX);
            let labels = [("account", address.as_str()), ("evmChainID", chain)];
            let head = if ills.chains_stall { 7.0 } else { f64::from(blocks) };
            let alive = [("chainId", chain), ("state", "Alive")];
            let living = if ills.rpc_is_dead { 0.0 } else { 1.0 };
            for (name, labels, value) in [
                ("eth_balance", labels, balance),
                ("head_tracker_current_head", labels, head),
                ("max_unconfirmed_tx_age", labels, ills.unconfirmed),
                ("multi_node_states", alive, living),
            ] {
                data.extend(declared(node, name, &labels, &at, value));
            }
        }
        let job = [("job", "chainlink")];
        data.extend(declared(node, "uptime_seconds", &job, &at, up));
        data.extend(declared(node, "pipeline_run_errors", &job, &at, ills.errored_runs));
    }
    let body = json!({ "Namespace": node.metrics.namespace, "MetricData": data });
    let target = ("monitoring", "GraniteServiceVersion20100801");
    // Who is not heard goes on.
    let _ = machine.caller().json(world, target, "PutMetricData", &body);
}

/// A metric of the node as the agent is told to send it, for each set of dimensions, if it is.
fn declared(
    node: &crate::told::Node,
    name: &str,
    labels: &[(&str, &str)],
    at: &Value,
    value: f64,
) -> Vec<Value> {
    let dimension = |it: &String| {
        let label = labels.iter().find(|label| label.0 == it)?;
        Some(json!({ "Name": it, "Value": label.1 }))
    };
    let datum = |set: &Vec<String>| {
        let dimensions: Option<Vec<_>> = set.iter().map(dimension).collect();
        Some(json!({
            "MetricName": name, "Dimensions": dimensions?, "Timestamp": at, "Value": value,
        }))
    };
    node.metrics.of_node.get(name).into_iter().flatten().filter_map(datum).collect()
}

/// When `clctl-metrics.timer` fires next: five seconds after a minute begins.
pub(crate) fn next_minute(now: Time) -> Time {
    let minute = 60_000;
    let begun = (now.as_millis() + minute - 5_000) / minute * minute;
    Time::from_millis(begun + 5_000)
}

/// Says what alarms have to know of a node whatever it is, as `node-metrics.sh` does.
pub(crate) fn say(machine: &mut Machine, world: &mut World, ills: Ills) {
    let now = world.now();
    machine.metrics = Some(next_minute(now));
    let Told::Node(node) = &machine.told else { return };
    let minute = now.as_millis() / 60_000 * 60;
    let (listens, serves) = match &machine.unit {
        Unit::Holding(holding) => (holding.listens(), holding.serves()),
        Unit::Waiting(_) => (ills.lock_is_off, ills.lock_is_off),
        Unit::Off | Unit::Preparing(_) | Unit::Opening(..) | Unit::Resting(_) => (false, false),
    };
    let whether = |it: bool| if it { 1.0 } else { 0.0 };
    let answers = serves && !ills.gui_is_deaf;
    let datum = |name: &str, dimensions: Value, value: f64| {
        json!({
            "MetricName": name, "Dimensions": dimensions, "Timestamp": minute, "Value": value,
            "Unit": "Count",
        })
    };
    let mut data = vec![
        datum("node_active", json!([]), whether(listens)),
        datum("gui_answers", json!([]), whether(answers)),
    ];
    if minute.is_multiple_of(300) && machine.unit.has_started() {
        let mut chains: Vec<_> =
            node.settings.endpoints.iter().map(|it| it.chain_id.as_str()).collect();
        chains.dedup();
        for chain in chains {
            let dimensions = json!([{ "Name": "chainId", "Value": chain }]);
            let value = f64::from(ills.unreachable);
            data.push(datum("rpc_endpoints_unreachable", dimensions, value));
        }
    }
    let body = json!({ "Namespace": node.settings.namespace, "MetricData": data });
    let target = ("monitoring", "GraniteServiceVersion20100801");
    // Who is not heard goes on.
    let _ = machine.caller().json(world, target, "PutMetricData", &body);
}

impl Machine {
    /// What the node logs: it goes to the stream of its container at once, and never holds it up.
    pub(crate) fn log(&mut self, world: &mut World, level: &str, text: &str) {
        let Told::Node(node) = &self.told else { return };
        if node.settings.silent && level == "info" {
            return;
        }
        let now = world.now();
        let line = json!({ "level": level, "ts": now.to_string(), "msg": text }).to_string();
        let (group, stream) = (node.settings.log_group.clone(), format!("node/{}", self.id));
        self.send(world, &group, &stream, &[(now, line)]);
    }

    /// What was noted goes to the log group.
    pub(crate) fn send_notes(&mut self, world: &mut World) {
        let group = match &self.told {
            Told::Node(node) => node.settings.log_group.clone(),
            Told::Bastion(bastion) => bastion.log_group.clone(),
        };
        let notes = std::mem::take(&mut self.disk.notes);
        let stream = format!("clctl/{}", self.id);
        self.send(world, &group, &stream, &notes);
    }

    fn send(&mut self, world: &mut World, group: &str, stream: &str, lines: &[(Time, String)]) {
        if lines.is_empty() {
            return;
        }
        let target = ("logs", "Logs_20140328");
        if !self.disk.streams.iter().any(|it| it == stream) {
            let body = json!({ "logGroupName": group, "logStreamName": stream });
            let made = self.caller().json(world, target, "CreateLogStream", &body);
            if made.is_err_and(|why| !why.contains("ResourceAlreadyExists")) {
                return;
            }
            self.disk.streams.push(stream.to_owned());
        }
        let events: Vec<_> = lines
            .iter()
            .map(|(at, text)| json!({ "timestamp": at.as_millis(), "message": text }))
            .collect();
        let body = json!({
            "logGroupName": group, "logStreamName": stream, "logEvents": events,
        });
        let _ = self.caller().json(world, target, "PutLogEvents", &body);
    }
}

impl Keys {
    /// The address of the key for a chain.
    pub(crate) fn address(self, chain: &str) -> String {
        let part = |seed| crate::chance::digest(seed ^ self.number, chain);
        format!("0x{:016x}{:016x}{:08x}", part(1), part(2), part(3) >> 32)
    }
}
