//! What is drawn, as data: objects with their states and what they refer to. Nothing here knows where it comes from
//! or how it is drawn.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// An environment as it is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scene {
    /// The environment's name.
    pub(crate) name: String,
    /// Its region.
    pub(crate) region: String,
    /// Its account, if that is known.
    pub(crate) account: Option<String>,
    /// Whether this is the built-in simulator rather than AWS.
    pub(crate) sandbox: bool,
    /// When AWS was read, in UTC; nothing if it was not.
    pub(crate) read_at: Option<String>,
    /// The zones that it stands in.
    pub(crate) zones: Vec<String>,
    /// The chains that its nodes speak to, by their names.
    pub(crate) chains: Vec<String>,
    /// Its objects.
    pub(crate) things: Vec<Thing>,
}

/// One object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thing {
    /// Its kind, e.g. `subnet`.
    pub(crate) kind: String,
    /// Its name within the kind, e.g. `private-a`.
    pub(crate) name: String,
    /// What AWS calls it, if it is there.
    pub(crate) id: Option<String>,
    /// How it stands.
    pub(crate) state: State,
    /// What differs or is the matter, in words.
    pub(crate) detail: String,
    /// The addresses of the objects it refers to.
    pub(crate) refs: BTreeSet<String>,
    /// What is said of it beside its name: a few fields, see [`FACTS`].
    pub(crate) facts: Map<String, Value>,
    /// What runs, if it stands for instances; nothing if nobody has looked.
    pub(crate) instances: Option<Vec<Running>>,
}

/// The fields that are looked at: a drawing has no place for others, and shows nothing that it does not know.
pub(crate) const FACTS: [&str; 22] = [
    "cidr",
    "class",
    "default_action",
    "desired_capacity",
    "domain_name",
    "engine",
    "group",
    "image",
    "instance_type",
    "load_balancer_type",
    "map_public_ip",
    "multi_az",
    "port",
    "promotion_tier",
    "retention",
    "routes",
    "rules",
    "scheme",
    "service",
    "subnets",
    "version",
    "zone",
];

/// The name of the fact that no field is: the public address of an object.
pub(crate) const PUBLIC_IP: &str = "publicIp";

/// An instance that runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running {
    /// What AWS calls it.
    pub(crate) id: String,
    /// Where it stands.
    pub(crate) zone: Option<String>,
    /// What it certainly is: `active`, `standby`, `starting` or `failing`.
    pub(crate) role: Option<String>,
    /// What it says of itself, in words.
    pub(crate) says: String,
    /// What it runs, if it says so.
    pub(crate) version: Option<String>,
}

/// How an object stands. The greater is the graver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Declared; nobody has looked whether it is there.
    #[default]
    Declared,
    /// As declared.
    Same,
    /// Not declared, and kept.
    Kept,
    /// On its way, or on its way out.
    Moving,
    /// To be created.
    Create,
    /// To be changed, replaced, or taken back.
    Change,
    /// To be removed.
    Remove,
    /// Nothing can be said of it.
    Unknown,
    /// It has failed, or must not become what is declared.
    Failed,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 9] = [
        Self::Declared,
        Self::Same,
        Self::Kept,
        Self::Moving,
        Self::Create,
        Self::Change,
        Self::Remove,
        Self::Unknown,
        Self::Failed,
    ];

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Same => "as declared",
            Self::Kept => "kept",
            Self::Moving => "on its way",
            Self::Create => "to be created",
            Self::Change => "to be changed",
            Self::Remove => "to be removed",
            Self::Unknown => "unknown",
            Self::Failed => "failed or refused",
        }
    }

    /// In one word, for what names it to programs.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Same => "same",
            Self::Kept => "kept",
            Self::Moving => "moving",
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// Whether there is nothing to do or to see to.
    pub(crate) fn is_quiet(self) -> bool {
        matches!(self, Self::Declared | Self::Same)
    }
}

impl Thing {
    /// Its kind and its name.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// A fact that is text.
    pub(crate) fn text(&self, fact: &str) -> Option<&str> {
        self.facts.get(fact)?.as_str()
    }

    /// A fact that is a number.
    pub(crate) fn number(&self, fact: &str) -> Option<i64> {
        self.facts.get(fact)?.as_i64()
    }

    /// A fact that is true or false.
    pub(crate) fn is(&self, fact: &str) -> bool {
        self.facts.get(fact).and_then(Value::as_bool) == Some(true)
    }

    /// How it is told of in one line: `secret/sepolia-http: to be created`.
    pub(crate) fn told(&self) -> String {
        let (address, words) = (self.address(), self.state.words());
        match self.detail.as_str() {
            "" => format!("{address}: {words}"),
            detail => format!("{address}: {words} ({detail})"),
        }
    }
}

/// The address that a value waits for: `vpc/main` of `{"knownAfter": "vpc/main.id"}`.
pub(crate) fn awaited(value: &Value) -> Option<&str> {
    let from = value.get("knownAfter")?.as_str()?;
    Some(from.rsplit_once('.').map_or(from, |(address, _)| address))
}

impl Scene {
    /// The objects by address; of several with one address the declared one, which comes first.
    pub(crate) fn by_address(&self) -> BTreeMap<String, &Thing> {
        let mut all = BTreeMap::new();
        for thing in &self.things {
            all.entry(thing.address()).or_insert(thing);
        }
        all
    }

    /// How many objects are in a state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.things.iter().filter(|thing| thing.state == state).count()
    }
}
