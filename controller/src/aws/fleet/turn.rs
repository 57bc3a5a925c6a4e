//! Whose turn it is: which of the instances of a group is replaced next, if one may be. Pure: it is decided anew
//! from what is seen, so that whoever carries on after a crash goes on where that was.

use std::time::Duration;

use jiff::Timestamp;

use super::{Role, Word};
use crate::aws::ec2::TemplateVersion;

/// How long an instance may be neither active nor waiting before another one takes its place. Longer than anybody
/// waits for a new one: what does not come up is not replaced again and again.
const TOO_LONG: Duration = Duration::from_mins(20);
/// The same for an instance that another one is to take the place of anyway: what it was launched with may be
/// what ails it.
const TOO_LONG_FOR_OLD: Duration = Duration::from_mins(5);

/// An instance of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// From which version of a template it was launched; nothing if from none that is known.
    pub version: Option<TemplateVersion>,
    /// Where it is in its life.
    pub life: Life,
    /// When it was launched.
    pub launched: Timestamp,
    /// In which zone it stands, if AWS says so.
    pub zone: Option<String>,
    /// At which address others in the VPC reach it, once it has one.
    pub address: Option<String>,
    /// What it says of itself.
    pub word: Word,
}

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Being launched.
    Coming,
    /// Running, and counted by its group.
    Running,
    /// Being terminated.
    Leaving,
    /// Running, and put on standby by somebody: its group has another one in its place, and it is theirs to look at.
    Aside,
}

/// What the instances of a group are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// One of them holds a lease, the others wait for it.
    Lease,
    /// Each serves for itself.
    Alone,
}

/// The instances of a group at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// What they are for.
    pub duty: Duty,
    /// How many there are to be.
    pub desired: usize,
    /// The version of the template that new ones are launched from.
    pub version: Option<TemplateVersion>,
    /// Those there are.
    pub all: Vec<Member>,
    /// When they were seen.
    pub now: Timestamp,
}

/// What can be done now to bring instances to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn<'a> {
    /// This one can go: nobody misses it.
    Spare(&'a Member),
    /// This one holds the lease, and another waits for it.
    HandOver {
        /// Who holds it.
        from: &'a Member,
        /// Who waits.
        to: &'a Member,
    },
    /// Nothing: the text says why.
    Wait(String),
    /// There is nothing left to do.
    Done,
}

impl Members {
    /// Whether it is known of an instance that it does what it is for.
    fn is_well(&self, member: &Member) -> bool {
        match self.duty {
            Duty::Lease => member.word.certain(self.now).is_some_and(Role::is_well),
            Duty::Alone => member.word.has_booted(),
        }
    }

    /// Who holds the lease, by its own account.
    pub fn active(&self) -> impl Iterator<Item = &Member> {
        let can = |member: &&Member| matches!(member.life, Life::Running | Life::Aside);
        let says = |member: &&Member| member.word.certain(self.now) == Some(Role::Active);
        self.all.iter().filter(can).filter(says)
    }

    /// Whether one of them is to hold the lease, and none says that it does.
    pub fn is_leaderless(&self) -> bool {
        self.duty == Duty::Lease && self.desired > 0 && self.active().next().is_none()
    }

    /// Whether it was launched from another version than new ones are.
    fn is_old(&self, member: &Member) -> bool {
        member.version != self.version
    }

    fn running(&self) -> impl Iterator<Item = &Member> {
        self.all.iter().filter(|member| member.life == Life::Running)
    }

    /// The instances of the right version that do not do what they are for, and have not for too long; never one
    /// that may be active on suspicion. Those of another version are replaced anyway.
    pub fn stuck(&self) -> Vec<&Member> {
        self.running().filter(|it| self.is_stuck(it) && !self.is_old(it)).collect()
    }

    fn is_stuck(&self, member: &Member) -> bool {
        // Nothing is lost by leaving a bastion to whoever looks at why it does not start.
        if self.duty == Duty::Alone {
            return false;
        }
        let another = self.active().any(|active| active.id != member.id);
        let age = self.now.duration_since(member.launched).try_into().unwrap_or(Duration::ZERO);
        // Since when it is as it is, or silent: since it was launched, if it has not said so.
        let silent = member.word.at.and_then(|at| self.now.duration_since(at).try_into().ok());
        let lasts = match member.word.certain(self.now) {
            Some(_) => member.word.lasts(self.now).unwrap_or(age),
            None => silent.unwrap_or(age),
        };
        // Of one that is silent nobody knows whether it serves, but where it never came as far as that.
        let is_safe = another
            || match member.word.certain(self.now) {
                Some(_) => true,
                None => !member.word.may_be_active(self.now) && member.word.is_booting(),
            };
        let limit = if self.is_old(member) { TOO_LONG_FOR_OLD } else { TOO_LONG };
        !self.is_well(member) && age.min(lasts) > limit && is_safe
    }

    /// Why the instances are not all at work yet, if they are not and there is nothing to do but wait.
    pub fn unfinished(&self) -> Option<String> {
        let of = |life: Life| self.all.iter().filter(move |member| member.life == life);
        let told = |member: &Member| format!("{} {}", member.id, member.word.told(self.now));
        if let Some(leaving) = of(Life::Leaving).next() {
            return Some(format!("{} is being terminated", leaving.id));
        }
        if let Some(coming) = of(Life::Coming).next() {
            return Some(format!("{} is being launched", coming.id));
        }
        let running = self.running().count();
        if running != self.desired {
            return Some(format!("{running} of {} instances run", self.desired));
        }
        let mut ill = self.running().filter(|it| !self.is_well(it) && !self.is_stuck(it));
        if let Some(ill) = ill.next() {
            return Some(told(ill));
        }
        if self.duty == Duty::Alone || self.desired == 0 {
            return None;
        }
        match self.active().count() {
            // Those that are stuck are to be replaced.
            0 if !self.running().any(|it| self.is_stuck(it)) => {
                Some("no node is active".to_owned())
            }
            0 | 1 => None,
            _ => {
                let ids: Vec<_> = self.active().map(|member| member.id.as_str()).collect();
                Some(format!("{} each say that they are active", ids.join(" and ")))
            }
        }
    }

    /// What can be done now to bring all of them to the version that new ones are launched from.
    ///
    /// Never is one replaced while another one is missing, coming, or not at work, but who has not been for too
    /// long itself; and who holds the lease goes last, and only to one of the right version that waits for it.
    pub fn turn(&self) -> Turn<'_> {
        let is_old = |member: &&Member| self.is_old(member);
        if !self.running().any(|member| is_old(&member)) {
            return Turn::Done;
        }
        if let Some(why) = self.unfinished() {
            return Turn::Wait(why);
        }
        if let Some(stuck) = self.running().find(|it| self.is_stuck(it) && self.is_old(it)) {
            return Turn::Spare(stuck);
        }
        if let Some(stuck) = self.stuck().first() {
            return Turn::Wait(format!("{} {}", stuck.id, stuck.word.told(self.now)));
        }
        let mut old = self.running().filter(is_old);
        match self.duty {
            Duty::Alone => old.next().map_or(Turn::Done, Turn::Spare),
            Duty::Lease => {
                let holds = |member: &&Member| member.word.certain(self.now) == Some(Role::Active);
                if let Some(spare) = self.running().filter(is_old).find(|member| !holds(member)) {
                    return Turn::Spare(spare);
                }
                let waits = self.running().find(|member| !holds(member));
                match (old.next(), waits) {
                    (Some(from), Some(to)) => Turn::HandOver { from, to },
                    (Some(only), None) => {
                        Turn::Wait(format!("{} is active, and nobody waits", only.id))
                    }
                    (None, _) => Turn::Done,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aws::ec2::LaunchTemplateId;

    const NOW: &str = "2026-11-29T12:00:00Z";

    fn of(version: &str) -> TemplateVersion {
        let template = LaunchTemplateId::new("lt-0123456789abcdef0");
        TemplateVersion { template, version: version.to_owned() }
    }

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn ago(minutes: i64) -> Timestamp {
        now() - jiff::SignedDuration::from_mins(minutes)
    }

    fn member(id: &str, version: &str, role: Option<Role>, said: i64, age: i64) -> Member {
        let word = Word { role, since: None, at: role.map(|_| ago(said)), boot: None };
        let version = Some(of(version));
        let (zone, address) = (None, None);
        let (life, launched) = (Life::Running, ago(age));
        Member { id: id.into(), version, life, launched, zone, address, word }
    }

    fn two(all: [Member; 2]) -> Members {
        let version = Some(of("2"));
        Members { duty: Duty::Lease, desired: 2, version, all: all.into(), now: now() }
    }

    #[test]
    fn the_one_that_waits_goes_first() {
        let before = two([
            member("a", "1", Some(Role::Active), 0, 90),
            member("b", "1", Some(Role::Standby), 0, 90),
        ]);
        let Turn::Spare(spare) = before.turn() else { panic!("{:?}", before.turn()) };
        assert_eq!(spare.id, "b");
        assert_eq!(Members { version: Some(of("1")), ..before }.turn(), Turn::Done);
    }

    #[test]
    fn the_active_one_goes_only_to_one_that_waits() {
        let mut after = two([
            member("a", "1", Some(Role::Active), 0, 90),
            member("c", "2", Some(Role::Standby), 0, 5),
        ]);
        let Turn::HandOver { from, to } = after.turn() else { panic!() };
        assert_eq!((from.id.as_str(), to.id.as_str()), ("a", "c"));
        for role in [None, Some(Role::Starting), Some(Role::Failing)] {
            after.all[1].word.role = role;
            assert!(matches!(after.turn(), Turn::Wait(_)), "{role:?}");
        }
        after.all[1].word.role = Some(Role::Standby);
        after.all[1].word.at = Some(ago(4));
        assert!(matches!(after.turn(), Turn::Wait(_)), "its word is old");
        after.all.pop();
        assert_eq!(after.turn(), Turn::Wait("1 of 2 instances run".into()));
    }

    #[test]
    fn who_is_neither_for_too_long_is_stuck_and_who_may_be_active_is_not() {
        let mut nodes = two([
            member("a", "2", Some(Role::Active), 30, 90),
            member("b", "2", Some(Role::Failing), 0, 90),
        ]);
        let stuck = |nodes: &Members| -> Vec<String> {
            nodes.stuck().iter().map(|member| member.id.clone()).collect()
        };
        assert_eq!(stuck(&nodes), ["b"], "a may be active");
        nodes.all[1].word.role = Some(Role::Active);
        assert_eq!(stuck(&nodes), ["a"], "b is");
        nodes.all[0].word.at = Some(ago(19));
        assert_eq!(stuck(&nodes), [""; 0], "a has not been silent for long");
        nodes.all[0] = member("a", "2", Some(Role::Failing), 0, 90);
        nodes.all[0].word.since = Some(ago(3));
        assert_eq!(stuck(&nodes), [""; 0], "it has not been failing for long");
        nodes.all[0] = member("a", "2", None, 0, 21);
        assert_eq!(stuck(&nodes), ["a"], "it has never said anything");
        nodes.all[0] = member("a", "2", None, 0, 6);
        assert_eq!(stuck(&nodes), [""; 0], "it has only just been launched");
        nodes.all[0] = member("a", "1", None, 0, 6);
        assert_eq!(stuck(&nodes), [""; 0], "it is replaced anyway");
        let Turn::Spare(spare) = nodes.turn() else { panic!("{:?}", nodes.turn()) };
        assert_eq!(spare.id, "a", "what it was launched with may be what ails it");
    }

    #[test]
    fn nobody_is_active_although_both_are_well() {
        let nodes = two([
            member("a", "1", Some(Role::Standby), 0, 90),
            member("b", "1", Some(Role::Standby), 0, 90),
        ]);
        assert_eq!(nodes.unfinished().as_deref(), Some("no node is active"));
        assert!(matches!(nodes.turn(), Turn::Wait(_)));
    }

    fn any_member() -> impl Strategy<Value = Member> {
        let role = prop_oneof![
            Just(None),
            Just(Some(Role::Active)),
            Just(Some(Role::Standby)),
            Just(Some(Role::Starting)),
            Just(Some(Role::Failing)),
        ];
        let life = prop_oneof![
            4 => Just(Life::Running),
            1 => Just(Life::Coming),
            1 => Just(Life::Leaving),
            1 => Just(Life::Aside),
        ];
        ("[a-f]", "[12]", role, life, 0..40_i64, 0..90_i64, prop::option::of(0..90_i64)).prop_map(
            |(id, version, role, life, said, age, since)| {
                let mut member = member(&id, &version, role, said, age);
                member.life = life;
                member.word.since = since.map(ago);
                member
            },
        )
    }

    proptest! {
        #[test]
        fn nobody_goes_while_the_oracle_needs_it(
            all in prop::collection::vec(any_member(), 0..4),
            desired in 0..4_usize,
        ) {
            let mut all = all;
            for (at, member) in all.iter_mut().enumerate() {
                member.id = format!("i-{at}");
            }
            let version = Some(of("2"));
            let nodes = Members { duty: Duty::Lease, desired, version, all, now: now() };
            let active: Vec<&Member> = nodes.active().collect();
            let counted = || nodes.all.iter().filter(|it| it.life != Life::Aside);
            let all_at_work = counted().count() == desired
                && counted().all(|it| it.life == Life::Running && nodes.is_well(it))
                && active.len() == 1;
            match nodes.turn() {
                Turn::Spare(member) => {
                    let is_missed = nodes.is_well(member) || member.word.may_be_active(now());
                    prop_assert!(all_at_work || !is_missed || !active.is_empty());
                    prop_assert!(nodes.is_well(member) <= all_at_work);
                    prop_assert!(active.iter().all(|it| it.id != member.id));
                    prop_assert_eq!(member.life, Life::Running);
                    prop_assert_eq!(&member.version, &Some(of("1")));
                }
                Turn::HandOver { from, to } => {
                    prop_assert!(all_at_work && active[0].id == from.id && from.id != to.id);
                    let standby = Some(Role::Standby);
                    prop_assert_eq!(to.word.certain(now()), standby);
                    prop_assert_eq!(&to.version, &Some(of("2")));
                }
                Turn::Wait(why) => prop_assert!(!why.is_empty()),
                Turn::Done => {
                    let running = nodes.all.iter().filter(|it| it.life == Life::Running);
                    prop_assert!(running.into_iter().all(|it| it.version == Some(of("2"))));
                }
            }
            for stuck in nodes.stuck() {
                prop_assert!(!nodes.is_well(stuck));
                let silent = stuck.word.certain(now()).is_none() && !stuck.word.is_booting();
                prop_assert!(!silent || active.iter().any(|it| it.id != stuck.id));
            }
        }
    }
}
