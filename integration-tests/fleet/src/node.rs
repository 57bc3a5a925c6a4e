//! `clctl-node.service`: the node, as `node-prepare.sh`, `node-run.sh` and Chainlink itself go about it.
//!
//! <https://github.com/smartcontractkit/chainlink> `core/cmd/shell_local.go`: open the database, wait for the lease,
//! look at the version, migrate, unlock the keys, start; until then nobody listens.

use std::{collections::BTreeMap, time::Duration};

use clctl_simulator::{Answers, Login, Refused, Time, World};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    boot,
    chance::{Chance, digest},
    database::{Databases, Keys, LEASE, Lease, Version},
    machine::Machine,
    told::{self, Told},
    wire::element,
};

/// `RestartSec` of the unit, and what taking the container away takes.
const RESTARTS: Duration = Duration::from_secs(6);

/// The port of the GUI and the API.
const GUI: u32 = 6688;

/// The unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) enum Unit {
    #[default]
    Off,
    /// Its files are made until then.
    Preparing(Time),
    /// Its container starts, and opens the database then.
    Opening(Time, Process),
    /// It waits for the lease.
    Waiting(Waiting),
    /// It has the lease, as far as it knows.
    Holding(Holding),
    /// It has ended, and starts again then.
    Resting(Time),
}

/// A node that runs, with what it was started with.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Process {
    /// What tells it from every other, before and after.
    pub(crate) number: u64,
    pub(crate) started: Time,
    /// The database that it opened, by the id that stays.
    pub(crate) resource: String,
    pub(crate) version: Option<Version>,
    host: String,
    password: String,
    /// What stands for the password of the keys.
    lock: u64,
}

/// Without its passwords.
impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("number", &self.number).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) process: Process,
    /// When it finds out next who has the lease; nothing as long as that is known to be another.
    pub(crate) poll: Option<Time>,
    /// Whether the database does not let it in any more.
    pub(crate) locked_out: bool,
    said: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Holding {
    pub(crate) process: Process,
    stage: Stage,
    /// When the stage is through.
    until: Option<Time>,
    /// When it finds out whether it still has the lease; nothing as long as it has.
    pub(crate) check: Option<Time>,
    locked_out: bool,
}

/// How far a node with the lease is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Migrating,
    Unlocking,
    Starting,
    Serving,
}

impl Holding {
    /// Whether somebody answers at its port.
    pub(crate) fn listens(&self) -> bool {
        matches!(self.stage, Stage::Migrating | Stage::Serving) && !self.locked_out
    }

    pub(crate) fn serves(&self) -> bool {
        self.stage == Stage::Serving && !self.locked_out
    }
}

impl Unit {
    pub(crate) fn due(&self) -> Option<Time> {
        match self {
            Self::Off => None,
            Self::Preparing(at) | Self::Opening(at, _) | Self::Resting(at) => Some(*at),
            Self::Waiting(it) => it.poll,
            Self::Holding(it) => it.until.into_iter().chain(it.check).min(),
        }
    }

    /// Does later what was due before.
    pub(crate) fn delay(&mut self, to: Time) {
        match self {
            Self::Off => {}
            Self::Preparing(at) | Self::Opening(at, _) | Self::Resting(at) => *at = (*at).max(to),
            Self::Waiting(it) => it.poll = it.poll.map(|it| it.max(to)),
            Self::Holding(it) => {
                it.until = it.until.map(|it| it.max(to));
                // It may have lost the lease meanwhile.
                it.check = Some(to);
            }
        }
    }

    /// Its database begins to serve, and it finds out then who has the lease; or it ceases to.
    pub(crate) fn find_out(&mut self, at: Option<Time>) {
        match self {
            Self::Waiting(it) => it.poll = at,
            Self::Holding(it) => it.check = at,
            Self::Off | Self::Preparing(_) | Self::Opening(..) | Self::Resting(_) => {}
        }
    }

    /// The node that runs, if one does.
    pub(crate) fn process(&self) -> Option<&Process> {
        match self {
            Self::Off | Self::Preparing(_) | Self::Resting(_) => None,
            Self::Opening(_, process) => Some(process),
            Self::Waiting(it) => Some(&it.process),
            Self::Holding(it) => Some(&it.process),
        }
    }

    /// What answers on the ports of the node: its GUI and API, and what other nodes connect to. One that waits for
    /// the lease listens nowhere.
    ///
    /// <https://github.com/smartcontractkit/chainlink> `core/services/health.go`: while it migrates, `/health` says
    /// `204 No Content`.
    pub(crate) fn answers(&self, others: &[u32]) -> BTreeMap<u32, Answers> {
        let Self::Holding(holding) = self else { return BTreeMap::new() };
        if !holding.listens() {
            return BTreeMap::new();
        }
        if !holding.serves() {
            return BTreeMap::from([(GUI, Answers::Http(204))]);
        }
        let others = others.iter().map(|it| (*it, Answers::Tcp));
        others.chain([(GUI, Answers::Http(200))]).collect()
    }

    /// Whether systemd takes it for started.
    pub(crate) fn has_started(&self) -> bool {
        self.process().is_some()
    }
}

/// What becomes of the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    None,
    /// That of this database is free, or will be, from then on.
    Free(String, Time),
}

/// Goes on with the unit if its time has come.
pub(crate) fn go_on(
    machine: &mut Machine,
    world: &mut World,
    databases: &mut Databases,
    numbers: &mut Chance,
) -> News {
    let now = world.now();
    if machine.unit.due().is_none_or(|it| it > now) {
        return News::None;
    }
    match std::mem::take(&mut machine.unit) {
        Unit::Off => News::None,
        Unit::Resting(_) => {
            machine.unit = Unit::Preparing(now + machine.chance.seconds(4, 9));
            News::None
        }
        Unit::Preparing(_) => {
            match prepare(machine, world, numbers) {
                Ok(process) => {
                    let at = now + machine.chance.seconds(1, 3);
                    machine.note(world, "node: started");
                    machine.unit = Unit::Opening(at, process);
                    boot::unit_started(machine, world, now, true);
                }
                Err(why) => {
                    machine.note(world, &format!("node: {why}"));
                    machine.unit = Unit::Resting(now + RESTARTS);
                    boot::unit_started(machine, world, now, false);
                }
            }
            News::None
        }
        Unit::Opening(_, mut process) => {
            match connect(machine, world, &process) {
                Ok(resource) => {
                    machine.log(world, "info", "Starting Chainlink Node");
                    process.resource = resource;
                    let poll = Some(now);
                    let waiting = Waiting { process, poll, locked_out: false, said: false };
                    return poll_lease(machine, world, databases, waiting);
                }
                Err(why) => {
                    // Who gets no answer waits for one.
                    let patience = if why == Refused::Unreachable {
                        Duration::from_secs(10)
                    } else {
                        Duration::ZERO
                    };
                    machine.log(world, "fatal", spoken(why));
                    machine.unit = Unit::Resting(now + RESTARTS + patience);
                }
            }
            News::None
        }
        Unit::Waiting(waiting) => poll_lease(machine, world, databases, waiting),
        Unit::Holding(holding) => hold(machine, world, databases, holding),
    }
}

fn spoken(why: Refused) -> &'static str {
    match why {
        Refused::Unknown => "failed to connect to the database: no such host",
        Refused::Unreachable => "failed to connect to the database: i/o timeout",
        Refused::Down => "failed to connect to the database: connection refused",
        Refused::Login => "failed to connect to the database: password authentication failed",
    }
}

fn connect(machine: &Machine, world: &World, process: &Process) -> Result<String, Refused> {
    let Told::Node(node) = &machine.told else { return Err(Refused::Unknown) };
    let database = &node.settings.database;
    world.connect(&Login {
        instance: &machine.id,
        region: &machine.region,
        host: &process.host,
        port: database.port,
        user: &database.user,
        password: &process.password,
        database: &database.name,
    })
}

/// `node-prepare`: where the database is, and every secret; what is wrong is told without what is secret.
fn prepare(
    machine: &mut Machine,
    world: &mut World,
    numbers: &mut Chance,
) -> Result<Process, String> {
    let Told::Node(node) = &machine.told else { return Err("no node".to_owned()) };
    let node: &told::Node = node;
    let database = &node.settings.database;
    let name = database.identifier.as_str();
    let (call, named, shown) = if database.kind == "instance" {
        ("DescribeDBInstances", "DBInstanceIdentifier", "Address")
    } else {
        ("DescribeDBClusters", "DBClusterIdentifier", "Endpoint")
    };
    let told = machine.caller().rds(world, call, &[(named, name)]);
    let found = told.ok().and_then(|it| element(&it, shown).map(ToOwned::to_owned));
    let host = found.or_else(|| machine.disk.address.clone());
    let host = host.ok_or_else(|| format!("RDS does not say where {name} is"))?;
    let ids = node.settings.secrets.clone();
    let mut values = Vec::new();
    for id in &ids {
        let target = ("secretsmanager", "secretsmanager");
        let told =
            machine.caller().json(world, target, "GetSecretValue", &json!({ "SecretId": id }));
        let value = told.ok().and_then(|it| {
            let value: serde_json::Value = serde_json::from_str(&it).ok()?;
            Some(value["SecretString"].as_str()?.to_owned())
        });
        values.push(value.ok_or_else(|| format!("the secret {id} cannot be read"))?);
    }
    let text = |source: &told::Source| source.text(&ids, &values);
    for endpoint in &node.settings.endpoints {
        text(&endpoint.http)?;
        endpoint.socket.as_ref().map(text).transpose()?;
    }
    text(&node.settings.passwords.admin)?;
    let process = Process {
        number: numbers.next(),
        started: world.now(),
        resource: String::new(),
        version: None,
        password: text(&node.settings.passwords.database)?,
        lock: digest(0, &text(&node.settings.passwords.keystore)?),
        host: host.clone(),
    };
    machine.disk.address = Some(host);
    Ok(process)
}

/// Takes the lease if it is free, or waits on.
fn poll_lease(
    machine: &mut Machine,
    world: &mut World,
    databases: &mut Databases,
    mut waiting: Waiting,
) -> News {
    let now = world.now();
    waiting.poll = None;
    let there = connect(machine, world, &waiting.process);
    waiting.locked_out = there == Err(Refused::Login);
    let reached = there.as_ref() == Ok(&waiting.process.resource);
    if there.is_ok() && !reached {
        // Another database has the name now.
        machine.log(world, "fatal", "lost connection to the database, exiting");
        machine.unit = Unit::Resting(now + RESTARTS);
        return News::None;
    }
    let Some(content) = databases.0.get_mut(&waiting.process.resource).filter(|_| reached) else {
        machine.unit = Unit::Waiting(waiting);
        return News::None;
    };
    if content.holder(now).is_some() {
        // It polls each second, give or take a tenth; nothing comes of it before the lease expires.
        let expires = content.lease.and_then(|it| it.expires);
        waiting.poll = expires.map(|it| it + machine.chance.millis(0, 1_100));
        if !waiting.said {
            waiting.said = true;
            let text = "Another application is currently holding the database lease (or a previous \
                        instance exited uncleanly), waiting for lease to expire...";
            machine.log(world, "info", text);
        }
        machine.unit = Unit::Waiting(waiting);
        return News::None;
    }
    let process = waiting.process;
    content.lease = Some(Lease { holder: process.number, expires: None });
    let facts = content.facts();
    let older = facts.version.zip(process.version).is_some_and(|(there, ours)| ours < there);
    if older {
        machine.log(world, "fatal", "Application version is older than database version");
        return exit(machine, content, now, process);
    }
    let migrates =
        !facts.migrated || facts.version.zip(process.version).is_some_and(|it| it.0 < it.1);
    let (stage, long) = match (migrates, facts.migrated) {
        (true, true) => (Stage::Migrating, machine.chance.seconds(5, 30)),
        (true, false) => (Stage::Migrating, machine.chance.seconds(15, 40)),
        (false, _) => (Stage::Unlocking, machine.chance.seconds(2, 4)),
    };
    let until = Some(now + long);
    machine.unit = Unit::Holding(Holding { process, stage, until, check: None, locked_out: false });
    News::None
}

/// Ends in order: the lease is given back.
fn exit(
    machine: &mut Machine,
    content: &mut crate::database::Content,
    now: Time,
    process: Process,
) -> News {
    machine.unit = Unit::Resting(now + RESTARTS);
    match &mut content.lease {
        Some(lease) if lease.holder == process.number => {
            lease.expires = Some(now);
            News::Free(process.resource, now)
        }
        Some(_) | None => News::None,
    }
}

/// Goes on with the start, and finds out whether the lease is still its own.
fn hold(
    machine: &mut Machine,
    world: &mut World,
    databases: &mut Databases,
    mut holding: Holding,
) -> News {
    let now = world.now();
    let resource = holding.process.resource.clone();
    let there = connect(machine, world, &holding.process);
    let Some(content) = databases.0.get_mut(&resource) else {
        machine.unit = Unit::Resting(now + RESTARTS);
        return News::None;
    };
    if holding.check.is_some_and(|it| it <= now) {
        holding.check = None;
        match &there {
            Ok(found) if *found == resource => {
                holding.locked_out = false;
                let ours = content.lease.is_some_and(|it| it.holder == holding.process.number);
                if !ours {
                    let text = "Another node has taken the lease, exiting immediately";
                    machine.log(world, "fatal", text);
                    machine.unit = Unit::Resting(now + RESTARTS);
                    return News::None;
                }
                content.lease = Some(Lease { holder: holding.process.number, expires: None });
            }
            Ok(_) => {
                machine.log(world, "fatal", "lost connection to the database, exiting");
                machine.unit = Unit::Resting(now + RESTARTS);
                return News::None;
            }
            Err(why) => holding.locked_out = *why == Refused::Login,
        }
    }
    if holding.until.is_some_and(|it| it <= now) {
        if there.is_err() {
            machine.log(world, "fatal", "failed to start: the database does not answer");
            return exit(machine, content, now, holding.process);
        }
        let next = match holding.stage {
            Stage::Migrating => {
                let version = holding.process.version;
                content.write(now, |it| {
                    it.migrated = true;
                    it.version = version.or(it.version);
                });
                Some((Stage::Unlocking, machine.chance.seconds(2, 4)))
            }
            Stage::Unlocking => {
                let lock = holding.process.lock;
                match content.facts().keys {
                    Some(keys) if keys.lock != lock => {
                        let text = "error authenticating keystore: could not decrypt key with given password";
                        machine.log(world, "fatal", text);
                        return exit(machine, content, now, holding.process);
                    }
                    Some(_) => {}
                    None => {
                        let number = machine.chance.next();
                        content.write(now, |it| it.keys = Some(Keys { number, lock }));
                    }
                }
                Some((Stage::Starting, machine.chance.seconds(3, 8)))
            }
            Stage::Starting => {
                machine.log(world, "info", "Chainlink booted");
                holding.stage = Stage::Serving;
                None
            }
            Stage::Serving => None,
        };
        holding.until = next.map(|it| now + it.1);
        if let Some((stage, _)) = next {
            holding.stage = stage;
        }
    }
    machine.unit = Unit::Holding(holding);
    News::None
}

/// The node of a machine is no more, with grace or without; when the lease is free then, if it had it.
pub(crate) fn end(
    machine: &mut Machine,
    databases: &mut Databases,
    now: Time,
    with_grace: bool,
) -> News {
    let unit = std::mem::take(&mut machine.unit);
    let Unit::Holding(holding) = &unit else { return News::None };
    leave(&mut machine.chance, &holding.process, databases, now, with_grace)
}

/// A node does not refresh its lease any more.
pub(crate) fn leave(
    chance: &mut Chance,
    process: &Process,
    databases: &mut Databases,
    now: Time,
    with_grace: bool,
) -> News {
    let content = databases.0.get_mut(&process.resource);
    let lease = content.and_then(|it| it.lease.as_mut());
    let Some(lease) = lease.filter(|it| it.holder == process.number && it.expires.is_none()) else {
        return News::None;
    };
    let expires = if with_grace {
        now
    } else {
        // It was refreshed within the last second.
        now + LEASE.saturating_sub(chance.millis(0, 999))
    };
    lease.expires = Some(expires);
    News::Free(process.resource.clone(), expires)
}
