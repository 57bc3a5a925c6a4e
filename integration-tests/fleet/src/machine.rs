//! An instance: what is on its disk, what runs on it, and when something of that happens next.

use std::{collections::BTreeMap, time::Duration};

use clctl_simulator::{Answers, Running, Time, World};
use serde::{Deserialize, Serialize};

use crate::{chance::Chance, node::Unit, publisher::Publisher, told::Told, wire::Caller};

/// How something hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hang {
    /// The whole machine, so that status checks see it.
    Machine,
    /// All of its software, though it still answers whoever checks it.
    Software,
    /// Nothing but what publishes the role of the node.
    Publisher,
}

/// An instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) region: String,
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) told: Told,
    /// When it began to run, or was rebooted last.
    pub(crate) booted: Time,
    pub(crate) disk: Disk,
    pub(crate) boot: Boot,
    pub(crate) unit: Unit,
    pub(crate) publisher: Publisher,
    /// When the CloudWatch agent sends metrics next.
    pub(crate) agent: Option<Time>,
    /// When `clctl-metrics.timer` fires next.
    #[serde(default)]
    pub(crate) metrics: Option<Time>,
    /// When what runs on it is stopped, because it shuts down.
    pub(crate) stops: Option<Time>,
    /// Whether it starts again then.
    pub(crate) reboots: bool,
    /// Since when nothing moves on it, and why.
    pub(crate) still: Option<(Time, Still)>,
    pub(crate) chance: Chance,
}

/// Why nothing moves on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Still {
    /// It is off.
    Off,
    /// Nobody reaches it: its host, or its zone, is lost.
    Lost,
    /// It hangs.
    Hung,
}

/// What outlasts a reboot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Disk {
    pub(crate) packages: bool,
    pub(crate) certificates: bool,
    pub(crate) images: Vec<String>,
    /// The last address of the database.
    pub(crate) address: Option<String>,
    /// Log streams that are known to be there.
    pub(crate) streams: Vec<String>,
    /// What was noted, and not sent yet.
    pub(crate) notes: Vec<(Time, String)>,
}

/// Where `clctl-boot.service` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Boot {
    /// It begins then.
    Begins(Time),
    /// A step is being done until then, and was attempted so often.
    Does {
        step: usize,
        until: Time,
        attempts: usize,
    },
    /// It waits for the node's unit.
    Waits {
        step: usize,
    },
    /// It is through.
    Done,
    Off,
}

impl Machine {
    pub(crate) fn new(running: &Running, told: Told, mut chance: Chance) -> Self {
        let begins = running.booted + chance.seconds(10, 25);
        Self {
            region: running.region.clone(),
            id: running.id.clone(),
            key: running.access_key.clone(),
            told,
            booted: running.booted,
            disk: Disk::default(),
            boot: Boot::Begins(begins),
            unit: Unit::Off,
            publisher: Publisher::default(),
            agent: None,
            metrics: None,
            stops: None,
            reboots: false,
            still: None,
            chance,
        }
    }

    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller { region: &self.region, key: &self.key }
    }

    /// Whether it is on, as far as anybody can tell.
    pub(crate) fn runs(&self) -> bool {
        self.still.is_none_or(|it| it.1 != Still::Off)
    }

    /// What answers on its ports, as far as others can reach them.
    pub(crate) fn answers(&self) -> BTreeMap<u32, Answers> {
        match &self.told {
            Told::Node(node) if self.still.is_none() => self.unit.answers(&node.settings.ports),
            Told::Node(_) | Told::Bastion(_) => BTreeMap::new(),
        }
    }

    /// When something happens on it next.
    pub(crate) fn due(&self) -> Option<Time> {
        if self.still.is_some() {
            return None;
        }
        let boot = match self.boot {
            Boot::Begins(at) | Boot::Does { until: at, .. } => Some(at),
            Boot::Waits { .. } | Boot::Done | Boot::Off => None,
        };
        let told = [self.publisher.due(), self.agent, self.metrics];
        let all = [boot, self.unit.due(), self.stops].into_iter().chain(told);
        all.flatten().min()
    }

    /// Everything that runs on it is gone; how its node ended is for the caller to say.
    pub(crate) fn switch_off(&mut self) {
        self.boot = Boot::Off;
        self.unit = Unit::Off;
        self.publisher = Publisher { mute: self.publisher.mute, ..Publisher::default() };
        self.agent = None;
        self.metrics = None;
        self.stops = None;
    }

    /// Goes on after a standstill: what was due meanwhile is done now.
    pub(crate) fn go_on(&mut self, now: Time) {
        let Some((_, why)) = self.still.take() else { return };
        if why == Still::Off {
            return;
        }
        let soon = now + self.chance.millis(10, 900);
        let late = |at: &mut Time| *at = (*at).max(soon);
        match &mut self.boot {
            Boot::Begins(at) | Boot::Does { until: at, .. } => late(at),
            Boot::Waits { .. } | Boot::Done | Boot::Off => {}
        }
        self.unit.delay(soon);
        for at in [&mut self.publisher.looks, &mut self.agent, &mut self.metrics, &mut self.stops] {
            at.iter_mut().for_each(late);
        }
    }

    /// Notes something: on the console, and in the log group once the agent runs.
    pub(crate) fn note(&mut self, world: &mut World, text: &str) {
        let now = world.now();
        world.write_console(&self.id, &format!("{} {text}\n", stamp(now)));
        self.disk.notes.push((now, format!("{} {text}", stamp(now))));
        if self.agent.is_some() {
            self.send_notes(world);
        }
    }

    /// Sets tags of its own.
    pub(crate) fn tag(&self, world: &mut World, tags: &[(&str, &str)]) -> Result<(), String> {
        let mut params = vec![("ResourceId.1".to_owned(), self.id.clone())];
        for (place, (key, value)) in tags.iter().enumerate() {
            let place = place + 1;
            params.push((format!("Tag.{place}.Key"), (*key).to_owned()));
            params.push((format!("Tag.{place}.Value"), (*value).to_owned()));
        }
        let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        self.caller().ec2(world, "CreateTags", &params).map(drop)
    }
}

/// How long the first of some attempts is over before the next: see `attempt` in `lib.sh`.
pub(crate) fn pause(attempts: usize) -> Option<Duration> {
    let left = u64::try_from(9_usize.checked_sub(attempts)?).unwrap_or_default();
    (left > 0).then(|| Duration::from_secs(150 / (left + 1)))
}

/// A moment as the scripts write it.
pub(crate) fn stamp(at: Time) -> String {
    let text = at.to_string();
    let whole = text.split('.').next().unwrap_or(&text);
    format!("{}Z", whole.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_date_writes_them() {
        assert_eq!(stamp(Time::from_millis(1_767_225_600_999)), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn nine_attempts_are_made_and_the_last_ones_come_slowly() {
        let pauses: Vec<_> = (1..=9).map_while(pause).map(|it| it.as_secs()).collect();
        assert_eq!(pauses, [16, 18, 21, 25, 30, 37, 50, 75]);
    }
}
