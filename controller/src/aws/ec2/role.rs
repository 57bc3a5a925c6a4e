//! What an instance says of itself, in tags that its role may set on it alone. It is believed for as long as it
//! is said anew: whoever hangs falls silent.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Its role, and since when: `standby since 2026-11-29T17:00:00Z`.
pub const ROLE_TAG: &str = "clctl.dev/role";
/// How far it has come in starting.
pub const BOOT_TAG: &str = "clctl.dev/boot";
/// When it has said its role last.
pub const HEARTBEAT_TAG: &str = "clctl.dev/heartbeat";

/// The steps in which a node may be running already, as `node-boot.sh` names them.
const RUNS: [&str; 3] = ["node", "agent", "done"];

/// The step in which a bastion waits for an address of the environment's that nobody has, as `bastion-boot.sh` names it.
const ADDRESS: &str = "address";

/// How long a word holds: it is said once a minute, and lists may be behind.
const HOLDS: SignedDuration = SignedDuration::from_secs(180);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It holds the lease of the database, and serves.
    Active,
    /// It waits for the lease.
    Standby,
    /// Neither, for less than two minutes since it was last well.
    Starting,
    /// Neither, for longer.
    Failing,
}

impl Role {
    fn read(word: &str) -> Option<Self> {
        match word {
            "active" => Some(Self::Active),
            "standby" => Some(Self::Standby),
            "starting" => Some(Self::Starting),
            "failing" => Some(Self::Failing),
            _ => None,
        }
    }

    /// Whether whoever has it does what it is for.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Active | Self::Standby)
    }

    /// As the tag has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Standby => "standby",
            Self::Starting => "starting",
            Self::Failing => "failing",
        }
    }
}

/// What an instance says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Its role, if it has said one.
    pub role: Option<Role>,
    /// Since when, if it has said that.
    pub since: Option<Timestamp>,
    /// When it has said so last.
    pub at: Option<Timestamp>,
    /// How far it has come in starting: a step, `done`, or `failed: ` and a step.
    pub boot: Option<String>,
}

impl Word {
    /// Reads the tags of an instance. What is no role is none: nobody is active on the strength of it.
    pub fn of<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Self {
        let (role, since) = match tag(ROLE_TAG) {
            None => (None, None),
            Some(said) => match said.split_once(" since ") {
                None => (Role::read(said), None),
                Some((role, since)) => (Role::read(role), since.parse().ok()),
            },
        };
        let at = tag(HEARTBEAT_TAG).and_then(|at| at.parse().ok());
        Self { role, since, at, boot: tag(BOOT_TAG).map(ToOwned::to_owned) }
    }

    /// The role that it certainly has: one that was said lately.
    pub fn certain(&self, now: Timestamp) -> Option<Role> {
        self.role.filter(|_| self.is_fresh(now))
    }

    /// Whether it may be active, although nobody can tell: it said so last.
    pub fn may_be_active(&self, now: Timestamp) -> bool {
        self.role == Some(Role::Active) && !self.is_fresh(now)
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        self.at.is_some_and(|at| now.duration_since(at) <= HOLDS)
    }

    /// How long it has been in its role.
    pub fn lasts(&self, now: Timestamp) -> Option<Duration> {
        now.duration_since(self.since?).try_into().ok()
    }

    /// Whether it is known not to have come as far as to start what it is for.
    pub fn is_booting(&self) -> bool {
        let step = self.boot.as_deref();
        let step = step.map(|step| step.strip_prefix("failed: ").unwrap_or(step));
        step.is_some_and(|step| !RUNS.contains(&step))
    }

    /// Whether it waits for an address, or has waited in vain.
    pub fn lacks_address(&self) -> bool {
        let step = self.boot.as_deref();
        step.is_some_and(|step| step.strip_prefix("failed: ").unwrap_or(step) == ADDRESS)
    }

    /// Whether what is done once, when an instance starts, is done.
    pub fn has_booted(&self) -> bool {
        self.boot.as_deref() == Some("done")
    }

    /// What it says, for the user.
    pub fn told(&self, now: Timestamp) -> String {
        let boot = self.boot.as_deref().filter(|_| !self.has_booted());
        match (self.role, boot, self.at) {
            (Some(role), _, Some(at)) if !self.is_fresh(now) => {
                format!("said {} last, and nothing since {at}", role.as_str())
            }
            (None | Some(Role::Starting | Role::Failing), Some(boot), _) => {
                match boot.strip_prefix("failed: ") {
                    Some(step) => format!("failed to start, at: {step}"),
                    None => format!("starting: {boot}"),
                }
            }
            (Some(role), ..) => role.as_str().to_owned(),
            (None, None, _) => "says nothing yet".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(role: &'static str, beat: &'static str, boot: &'static str) -> Word {
        Word::of(|key| {
            let value = match key {
                ROLE_TAG => role,
                HEARTBEAT_TAG => beat,
                BOOT_TAG => boot,
                _ => "",
            };
            Some(value).filter(|value| !value.is_empty())
        })
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_word_holds_for_three_minutes() {
        let said = word("active since 2026-11-29T10:00:00Z", "2026-11-29T12:00:00Z", "done");
        let (then, later) = (at("2026-11-29T12:03:00Z"), at("2026-11-29T12:03:01Z"));
        assert_eq!(said.certain(then), Some(Role::Active));
        assert_eq!(said.certain(later), None);
        assert!(said.may_be_active(later) && !said.may_be_active(then));
        assert_eq!(said.lasts(then), Some(Duration::from_mins(123)));
        assert_eq!(said.told(later), "said active last, and nothing since 2026-11-29T12:00:00Z");
    }

    #[test]
    fn what_is_no_role_or_no_time_is_none() {
        let now = at("2026-11-29T12:00:00Z");
        for (role, beat) in [
            ("Active", "2026-11-29T12:00:00Z"),
            ("active", "yesterday"),
            ("active", ""),
            ("", "2026-11-29T12:00:00Z"),
            ("active since ever", "noon"),
        ] {
            assert_eq!(word(role, beat, "").certain(now), None, "{role} {beat}");
        }
        let said = word("standby since ever", "2026-11-29T12:00:00Z", "done");
        assert_eq!((said.certain(now), said.lasts(now)), (Some(Role::Standby), None));
    }

    #[test]
    fn how_it_starts_is_told_until_it_is_well() {
        let now = at("2026-11-29T12:00:00Z");
        assert_eq!(word("", "", "").told(now), "says nothing yet");
        assert_eq!(word("", "", "image").told(now), "starting: image");
        assert_eq!(word("", "", "failed: image").told(now), "failed to start, at: image");
        assert_eq!(word("failing", "2026-11-29T12:00:00Z", "done").told(now), "failing");
        assert!(
            word("", "", "failed: image").is_booting() && word("", "", "packages").is_booting()
        );
        for may_run in ["", "node", "failed: node", "agent", "done"] {
            assert!(!word("", "", may_run).is_booting(), "{may_run}");
        }
        let failed = word("failing", "2026-11-29T12:00:00Z", "failed: node");
        assert_eq!(failed.told(now), "failed to start, at: node");
    }
}
