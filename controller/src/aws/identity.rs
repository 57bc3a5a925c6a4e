//! Whose an object is: the environment's uid, and the tags and names that carry it.

use sha2::{Digest, Sha256};

use crate::engine::{Address, Identity, Owner, PhysicalId};

/// The environment's name.
pub const TAG_ENVIRONMENT: &str = "clctl.dev/environment";
/// The environment's uid: what makes an object ours.
pub const TAG_UID: &str = "clctl.dev/uid";
/// The node an object stands for.
pub const TAG_ADDRESS: &str = "clctl.dev/address";
/// Which object of its node it is.
pub const TAG_REPLACEMENT: &str = "clctl.dev/replacement";
/// The version of the secret that a database's master user logs in with, as it was set last.
pub(super) const TAG_LOGIN: &str = "clctl.dev/database-password-version";
/// Which node a database was made ready for last, and may have been migrated by.
pub(super) const TAG_LAST_IMAGE: &str = "clctl.dev/last-image";
/// Whom we have asked whether they want what is published to a topic.
pub(super) const TAG_ASKED: &str = "clctl.dev/asked";
/// What the console shows.
pub(super) const TAG_NAME: &str = "Name";

/// One environment: everything that is ours belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The partition, e.g. `aws`.
    pub partition: String,
    /// The account's twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// Prefixes of tag keys that others put on our objects and that are left alone.
    pub ignored_tags: Vec<String>,
    /// The key of the tag by which DevOps Guru knows what belongs together.
    pub boundary: String,
    /// How what is deleted is deleted.
    pub deletions: Deletions,
}

/// How what is deleted is deleted, and for how long it can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletions {
    /// A secret, in days.
    pub secret_in_days: u16,
    /// A KMS key, in days: no less than what is encrypted with it.
    pub key_in_days: i32,
    /// Whether a last snapshot of the database is made, which stays.
    pub final_snapshot: bool,
    /// Whether what our plans have put into a backup vault goes with it.
    pub backups: bool,
}

impl Default for Deletions {
    /// The longest that AWS allows, and nothing lost.
    fn default() -> Self {
        Self { secret_in_days: 30, key_in_days: 30, final_snapshot: true, backups: false }
    }
}

impl Environment {
    /// Identifies the environment: a hash of partition, account, region and name, so that it can
    /// neither be lost nor differ between machines.
    pub fn uid(&self) -> String {
        let Self { name, partition, account, region, .. } = self;
        hex(&[partition, account, region, name], 8)
    }

    /// The name of an object, within the length that all services accept for such names.
    pub fn object_name(&self, address: &Address, ordinal: u32) -> String {
        let base = self.display_name(address);
        if ordinal > 1 { format!("{base}-{ordinal}") } else { base }
    }

    /// The name of an object where a service takes so many characters at most: of what is longer, the beginning and a
    /// hash of all of it.
    pub(super) fn short_name(&self, name: &str, ordinal: u32, longest: usize) -> String {
        let mut whole = format!("clctl-{}-{name}", self.name);
        if ordinal > 1 {
            whole = format!("{whole}-{ordinal}");
        }
        if whole.len() <= longest {
            return whole;
        }
        let hash = hex(&[&whole], 4);
        let kept: String = whole.chars().take(longest.saturating_sub(hash.len() + 1)).collect();
        format!("{}-{hash}", kept.trim_end_matches('-'))
    }

    /// What the console shows for every object of a node.
    pub fn display_name(&self, address: &Address) -> String {
        self.display(address.kind, &address.name)
    }

    fn display(&self, kind: &str, name: &str) -> String {
        format!("{}{name}", self.object_prefix(kind))
    }

    /// How the names of our objects of a kind begin.
    pub(super) fn object_prefix(&self, kind: &str) -> String {
        format!("clctl-{}-{kind}-", self.name)
    }

    /// The client token of a creation: the same for the same object, on any machine, without any
    /// record; another one once the object it named is dead.
    pub fn token(&self, me: &Identity) -> String {
        let ordinal = me.ordinal.to_string();
        let address = me.address.to_string();
        let predecessors = me.predecessors.join(",");
        hex(&[&self.uid(), &address, &ordinal, &me.digest, &predecessors], 24)
    }

    /// A client token of a call that is told apart by these.
    pub(super) fn token_of(&self, parts: &[&str]) -> String {
        let uid = self.uid();
        let all: Vec<&str> = std::iter::once(uid.as_str()).chain(parts.iter().copied()).collect();
        hex(&all, 24)
    }

    /// What the environment calls grants of its making on keys that are not its own.
    pub(super) fn grant_name(&self) -> String {
        format!("clctl-{}", self.name)
    }

    /// The name of the version that a command puts into a secret.
    pub(super) fn version(&self, run: &str, secret: &PhysicalId) -> String {
        hex(&[&self.uid(), run, &secret.0], 24)
    }

    /// The ARN of something in the environment's account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Self { partition, account, region, .. } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// The name of something that has a path: a secret, a log group.
    pub fn path(&self, name: &str) -> String {
        format!("/clctl/{}/{name}", self.name)
    }

    /// The domain in which AWS names instances
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html>).
    pub fn internal_domain(&self) -> String {
        match self.region.as_str() {
            "us-east-1" => "ec2.internal".to_owned(),
            region => format!("{region}.compute.internal"),
        }
    }

    /// A description that says whose the object is: unlike tags, it is not copied along.
    pub fn signed(&self, description: &str) -> String {
        format!("{description} (clctl {})", self.uid())
    }

    /// Whether a description says that the object is of this environment.
    pub(super) fn has_signed(&self, description: &str) -> bool {
        description.ends_with(&self.signed(""))
    }

    /// Whether a name is one that objects of this kind and owner get.
    pub(super) fn is_name_of(&self, kind: &str, owner: &Owner, name: &str) -> bool {
        is_of(owner, name, |of| self.display(kind, of))
    }

    /// Whether a path is one that objects of this owner get.
    pub(super) fn is_path_of(&self, owner: &Owner, path: &str) -> bool {
        is_of(owner, path, |of| self.path(of))
    }

    /// Whose an object of this kind is, as its tags say.
    ///
    /// The address tag decides; where it is gone, the console's name does. Where both are there and
    /// disagree, the other name is kept as an alias: somebody has changed one of them.
    pub fn owner<'a>(&self, kind: &str, tag: impl Fn(&str) -> Option<&'a str>) -> Owner {
        if tag(TAG_UID) != Some(self.uid().as_str()) {
            return Owner::Other;
        }
        let by_address = tag(TAG_ADDRESS)
            .and_then(|address| address.split_once('/'))
            .filter(|(of, _)| *of == kind)
            .map(|(_, name)| name.to_owned());
        let prefix = self.display(kind, "");
        let by_name =
            tag(TAG_NAME).and_then(|name| name.strip_prefix(&prefix)).map(ToOwned::to_owned);
        let ordinal = tag(TAG_REPLACEMENT).and_then(ordinal).unwrap_or(1);
        match (by_address, by_name) {
            (Some(name), alias) => {
                Owner::Us { alias: alias.filter(|alias| *alias != name), name, ordinal }
            }
            (None, Some(name)) => Owner::Us { name, ordinal, alias: None },
            // Ours, and nobody can say what for: not to be touched.
            (None, None) => Owner::Other,
        }
    }
}

/// Whether a text is what is made of a name of this owner, with or without an ordinal.
fn is_of(owner: &Owner, text: &str, made: impl Fn(&str) -> String) -> bool {
    let Owner::Us { name, alias, .. } = owner else { return false };
    std::iter::once(name).chain(alias).any(|name| {
        let rest = text.strip_prefix(&made(name));
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').and_then(ordinal).is_some()
        })
    })
}

/// An ordinal as its tag has it; nothing if that is none.
pub(super) fn ordinal(text: &str) -> Option<u32> {
    text.parse().ok().filter(|ordinal| *ordinal > 0)
}

fn hex(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest.iter().take(bytes).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Environment {
        Environment {
            name: name.into(),
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".into(),
            deletions: Deletions::default(),
        }
    }

    #[test]
    fn the_uid_depends_on_every_part_and_on_nothing_else() {
        assert_eq!(environment("a").uid(), environment("a").uid());
        assert_ne!(environment("a").uid(), environment("b").uid());
        let other = Environment { region: "eu-west-1".into(), ..environment("a") };
        assert_ne!(environment("a").uid(), other.uid());
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_and_still_one_of_its_own() {
        assert_eq!(environment("demo").short_name("gui", 1, 32), "clctl-demo-gui");
        assert_eq!(environment("demo").short_name("gui", 3, 32), "clctl-demo-gui-3");
        let long = environment("a-name-of-20-letters");
        assert_eq!(long.short_name("gui", 9, 32), "clctl-a-name-of-20-letters-gui-9");
        let names = [10, 11].map(|ordinal| long.short_name("gui", ordinal, 32));
        assert!(
            names.iter().all(|name| name.len() <= 32 && name.starts_with("clctl-a-name-of-20-le"))
        );
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn an_object_whose_address_tag_is_gone_is_known_by_its_name() {
        let ours = environment("demo");
        let uid = ours.uid();
        let owner = ours.owner("subnet", |key| match key {
            TAG_UID => Some(uid.as_str()),
            TAG_NAME => Some("clctl-demo-subnet-private-a"),
            _ => None,
        });
        assert_eq!(owner, Owner::Us { name: "private-a".into(), ordinal: 1, alias: None });
    }
}
