//! All machines and databases together: what happened since somebody looked last, and what happens next.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use clctl_simulator::{Checks, Guests, Time, World};
use serde::{Deserialize, Serialize};

use crate::{
    boot,
    chance::{Chance, digest},
    database::{Databases, Version},
    machine::{Boot, Hang, Machine, Still},
    node::{self, News, Unit},
    publisher::{self, Ills},
    told::{self, Told},
    watch::{Observation, Watch},
};

/// Everything that plays, and what it remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Crew {
    pub(crate) chance: Chance,
    pub(crate) machines: BTreeMap<String, Machine>,
    /// Instances that are somebody else's.
    pub(crate) strangers: BTreeSet<String>,
    pub(crate) databases: Databases,
    pub(crate) watch: Watch,
    /// The versions of images, by digest.
    pub(crate) versions: BTreeMap<String, Version>,
    /// What the wallets hold.
    pub(crate) balance: f64,
    /// What ails the nodes.
    pub(crate) ills: Ills,
}

impl Guests for Crew {
    fn live(&mut self, world: &mut World, until: Time) {
        self.look(world);
        self.answer(world);
        loop {
            let due = self.machines.values().filter_map(Machine::due).min();
            let Some(next) = [due, world.due()].into_iter().flatten().min() else { break };
            if next > until {
                break;
            }
            world.advance(next);
            self.look(world);
            self.act(world);
            self.answer(world);
        }
    }

    fn memory(&self) -> String {
        if self.machines.is_empty() && self.databases.0.is_empty() && self.strangers.is_empty() {
            return String::new();
        }
        let kept = Self { watch: self.watch.newest(), ..self.clone() };
        serde_json::to_string(&kept).unwrap_or_default()
    }

    fn remember(&mut self, memory: &str) {
        if memory.is_empty() {
            let (chance, versions) = (self.chance, std::mem::take(&mut self.versions));
            let (balance, ills) = (self.balance, self.ills);
            *self = Self { chance, versions, balance, ills, ..Self::default() };
        } else if let Ok(crew) = serde_json::from_str(memory) {
            *self = crew;
        }
    }
}

impl Crew {
    /// Takes note of what has become of instances and databases.
    fn look(&mut self, world: &mut World) {
        let now = world.now();
        let known = |id| self.machines.contains_key(id) || self.strangers.contains(id);
        if world.glance().iter().any(|it| !known(it.id)) {
            self.welcome(world);
        }
        let seen = world.glance().into_iter().filter(|it| self.machines.contains_key(it.id));
        let seen: Vec<_> =
            seen.map(|it| (it.id.to_owned(), it.booted, it.ends, it.checks)).collect();
        let gone: Vec<_> = self
            .machines
            .values()
            .filter(|it| !seen.iter().any(|seen| seen.0 == it.id))
            .filter(|it| it.still.is_none_or(|it| it.1 != Still::Off))
            .map(|it| it.id.clone())
            .collect();
        for id in gone {
            self.change(&id, |crew, machine| crew.cut(machine, now));
        }
        for (id, booted, ends, checks) in seen {
            self.change(&id, |crew, machine| {
                crew.follow(machine, now, booted.filter(|_| !ends), ends, checks);
            });
        }
        if !self.machines.is_empty() {
            for (resource, serves) in self.databases.notice(world.databases(), now) {
                self.served(&resource, serves, now);
            }
            self.observe(now);
        }
    }

    /// Tells what answers on the ports of the machines.
    fn answer(&self, world: &mut World) {
        for machine in self.machines.values() {
            world.listen(&machine.region, &machine.id, &machine.answers());
        }
    }

    /// Finds out what new instances are.
    fn welcome(&mut self, world: &World) {
        for running in world.running() {
            if self.machines.contains_key(&running.id) || self.strangers.contains(&running.id) {
                continue;
            }
            match told::read(&running.user_data) {
                Some(told) => {
                    let chance = Chance::new(self.chance.next() ^ digest(0, &running.id));
                    let machine = Machine::new(&running, told, chance);
                    self.machines.insert(running.id, machine);
                }
                None => drop(self.strangers.insert(running.id)),
            }
        }
    }

    /// Works on a machine, while the others are within reach.
    fn change<R>(
        &mut self,
        id: &str,
        work: impl FnOnce(&mut Self, &mut Machine) -> R,
    ) -> Option<R> {
        let mut machine = self.machines.remove(id)?;
        let result = work(self, &mut machine);
        self.machines.insert(id.to_owned(), machine);
        Some(result)
    }

    /// A machine follows what AWS does with its instance.
    fn follow(
        &mut self,
        machine: &mut Machine,
        now: Time,
        booted: Option<Time>,
        ends: bool,
        checks: Checks,
    ) {
        if let Some(booted) = booted.filter(|it| *it != machine.booted) {
            machine.booted = booted;
            let off = machine.still.take();
            if off.is_some() {
                // It was stopped, or hung, or lost: there is nothing to end.
                let news = node::end(machine, &mut self.databases, now, false);
                self.hear(news, now);
                machine.switch_off();
                machine.boot = Boot::Begins(booted + machine.chance.seconds(10, 25));
            } else {
                machine.stops = Some(now + machine.chance.seconds(1, 3));
                machine.reboots = true;
            }
            return;
        }
        let lost = checks == Checks::SystemFails;
        match machine.still {
            None if lost => self.stand_still(machine, now, Still::Lost),
            Some((_, Still::Lost)) if !lost => {
                machine.go_on(now);
            }
            None | Some(_) => {}
        }
        if ends && machine.stops.is_none() && machine.still.is_none() && machine.boot != Boot::Off {
            machine.stops = Some(now + machine.chance.seconds(1, 3));
        }
    }

    /// Nothing moves on a machine any more.
    fn stand_still(&mut self, machine: &mut Machine, now: Time, why: Still) {
        machine.still = Some((now, why));
        if let Unit::Holding(holding) = &machine.unit {
            let (chance, databases) = (&mut machine.chance, &mut self.databases);
            let news = node::leave(chance, &holding.process, databases, now, false);
            self.hear(news, now);
        }
    }

    /// A machine is off without having been stopped.
    fn cut(&mut self, machine: &mut Machine, now: Time) {
        let news = node::end(machine, &mut self.databases, now, false);
        machine.switch_off();
        machine.still = Some((now, Still::Off));
        self.hear(news, now);
    }

    /// A lease is free from a moment on: whoever waits for it finds that out.
    fn hear(&mut self, news: News, now: Time) {
        let News::Free(resource, at) = news else { return };
        for machine in self.machines.values_mut() {
            if let Unit::Waiting(waiting) = &mut machine.unit
                && waiting.process.resource == resource
            {
                waiting.poll = Some(at.max(now) + machine.chance.millis(0, 1_100));
            }
        }
    }

    /// A database begins to serve, or ceases to.
    fn served(&mut self, resource: &str, serves: bool, now: Time) {
        if !serves {
            let holder = self.databases.0.get(resource).and_then(|it| it.lease);
            let holder = holder.filter(|it| it.expires.is_none()).map(|it| it.holder);
            let chance = &mut self.chance;
            for machine in self.machines.values() {
                if let Some(process) = machine.unit.process()
                    && holder == Some(process.number)
                {
                    node::leave(chance, process, &mut self.databases, now, false);
                }
            }
        }
        for machine in self.machines.values_mut() {
            let soon = now + machine.chance.millis(0, 1_100);
            let Some(process) = machine.unit.process() else { continue };
            let theirs = process.resource == resource;
            // What serves now may have the name of what was opened before.
            let orphan = self.databases.0.get(&process.resource).is_some_and(|it| !it.serves);
            if theirs || (serves && orphan) {
                machine.unit.find_out(serves.then_some(soon));
            }
        }
    }

    /// Lets happen what is due.
    fn act(&mut self, world: &mut World) {
        let now = world.now();
        let due = self.machines.values().filter(|it| it.due().is_some_and(|it| it <= now));
        let due: Vec<_> = due.map(|it| it.id.clone()).collect();
        for id in &due {
            self.change(id, |crew, machine| crew.go_on(machine, world));
        }
        if !due.is_empty() {
            self.observe(now);
        }
    }

    fn go_on(&mut self, machine: &mut Machine, world: &mut World) {
        let now = world.now();
        let is_due = |at: Option<Time>| at.is_some_and(|it| it <= now);
        if is_due(machine.stops) {
            let news = node::end(machine, &mut self.databases, now, true);
            machine.switch_off();
            self.hear(news, now);
            if std::mem::take(&mut machine.reboots) {
                machine.boot = Boot::Begins(now + machine.chance.seconds(20, 40));
            }
            return;
        }
        boot::go_on(machine, world, now);
        let news = node::go_on(machine, world, &mut self.databases, &mut self.chance);
        self.give_version(machine);
        self.hear(news, now);
        if is_due(machine.publisher.due()) && publisher::look(machine, world, &self.databases) {
            let news = node::end(machine, &mut self.databases, now, true);
            machine.unit = Unit::Preparing(now + machine.chance.seconds(6, 12));
            self.hear(news, now);
        }
        if is_due(machine.agent) {
            let process = machine.unit.process();
            let content = process.and_then(|it| self.databases.0.get(&it.resource));
            let keys = content.and_then(|it| it.facts().keys);
            publisher::measure(machine, world, keys, self.balance, self.ills);
        }
        if is_due(machine.metrics) {
            publisher::say(machine, world, self.ills);
        }
    }

    /// A node that begins is of the release that its image is.
    fn give_version(&self, machine: &mut Machine) {
        let Told::Node(node) = &machine.told else { return };
        let Unit::Opening(_, process) = &mut machine.unit else { return };
        let digest = node.settings.image.rsplit('@').next().unwrap_or_default();
        process.version = self.versions.get(digest).copied();
    }

    /// Takes note of who is active where.
    fn observe(&mut self, now: Time) {
        for (resource, content) in &self.databases.0 {
            let mut seen = Observation {
                at: now,
                database: resource.clone(),
                active: Vec::new(),
                serving: Vec::new(),
                waiting: Vec::new(),
            };
            for machine in self.machines.values().filter(|it| it.still.is_none()) {
                let of_this = machine.unit.process().is_some_and(|it| it.resource == *resource);
                match &machine.unit {
                    Unit::Holding(it) if of_this => {
                        seen.active.push(machine.id.clone());
                        if it.serves() && content.serves {
                            seen.serving.push(machine.id.clone());
                        }
                    }
                    Unit::Waiting(_) if of_this => seen.waiting.push(machine.id.clone()),
                    Unit::Off
                    | Unit::Preparing(_)
                    | Unit::Opening(..)
                    | Unit::Waiting(_)
                    | Unit::Holding(_)
                    | Unit::Resting(_) => {}
                }
            }
            self.watch.see(seen);
        }
    }

    /// The container of a node dies; systemd starts it again.
    pub(crate) fn crash(&mut self, world: &mut World, id: &str) -> bool {
        let now = world.now();
        let done = self.change(id, |crew, machine| {
            let runs = machine.still.is_none() && machine.unit.has_started();
            if runs {
                let news = node::end(machine, &mut crew.databases, now, false);
                machine.unit = Unit::Resting(now + Duration::from_secs(6));
                crew.hear(news, now);
            }
            runs
        });
        self.observe(now);
        self.answer(world);
        done.unwrap_or_default()
    }

    /// A machine loses its power, and its status checks fail.
    pub(crate) fn cut_power(&mut self, world: &mut World, id: &str) -> bool {
        let now = world.now();
        let known = self.change(id, |crew, machine| crew.cut(machine, now)).is_some();
        self.observe(now);
        self.answer(world);
        known && world.impair(id, Checks::InstanceFails)
    }

    /// Something hangs from now on.
    pub(crate) fn hang(&mut self, world: &mut World, id: &str, how: Hang) -> bool {
        let now = world.now();
        let done = self.change(id, |crew, machine| match how {
            Hang::Publisher => machine.publisher.mute = true,
            Hang::Machine | Hang::Software => crew.stand_still(machine, now, Still::Hung),
        });
        if done.is_some() && how == Hang::Machine {
            world.impair(id, Checks::InstanceFails);
        }
        self.observe(now);
        self.answer(world);
        done.is_some()
    }

    /// What hung goes on.
    pub(crate) fn recover(&mut self, world: &mut World, id: &str) -> bool {
        let now = world.now();
        let done = self.change(id, |_, machine| {
            machine.publisher.mute = false;
            machine.publisher.looks = machine.publisher.looks.map(|it| it.max(now));
            if machine.still.is_some_and(|it| it.1 == Still::Hung) {
                machine.go_on(now);
            }
        });
        world.impair(id, Checks::Pass);
        self.observe(now);
        self.answer(world);
        done.is_some()
    }
}
