//! KMS: keys, their policies, rotation, tags and grants, and aliases.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html>. Only symmetric
//! encryption keys of one region that KMS made the material of; cryptography itself is not
//! modelled. Which state allows what:
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>.

mod aliases;
mod deletion;
mod document;
mod drift;
mod grants;
mod judged;
mod keys;
mod listing;
mod managed;
mod place;
mod policies;
mod rendering;
mod rotation;
mod tags;
mod usable;
mod volumes;

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::{grants::Grant, place::Place, rotation::Rotation};
pub(crate) use self::{
    judged::Judged,
    usable::{Unusable, Use, Who},
    volumes::VolumeKey,
};
use super::service::{self, Answer, Operation, Service};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Kind, Shelf},
    throttle::{self, Rate},
    world::{Drift, Region, Retag},
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kms {
    keys: Shelf<Key>,
    aliases: Shelf<Alias>,
}

/// A key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Key {
    manager: Manager,
    description: String,
    created: Time,
    state: State,
    rotation: Option<Rotation>,
    /// With its principals resolved.
    policy: Value,
    grants: BTreeMap<String, Grant>,
}

/// Who manages a key: the customer, or AWS for one of its services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Manager {
    #[serde(rename = "CUSTOMER")]
    Customer,
    #[serde(rename = "AWS")]
    Aws,
}

/// What may be done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Good for everything; every cache of KMS knows it from `known` on.
    Enabled {
        known: Time,
    },
    Disabled,
    /// Gone at `until`, unless somebody takes it back.
    PendingDeletion {
        until: Time,
    },
}

/// An alias; its id is its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Alias {
    key: String,
    created: Time,
    updated: Time,
}

impl Kind for Key {
    const TYPE: &'static str = "key";
    const PREFIX: &'static str = "";
    const NOUN: &'static str = "key";
    const NOT_FOUND: &'static str = "NotFoundException";
    const MALFORMED: &'static str = "NotFoundException";

    fn exists(&self) -> bool {
        !matches!(self.state, State::PendingDeletion { .. })
    }
}

impl Kind for Alias {
    const TYPE: &'static str = "alias";
    const PREFIX: &'static str = "alias/";
    const NOUN: &'static str = "alias";
    const NOT_FOUND: &'static str = "NotFoundException";
    const MALFORMED: &'static str = "ValidationException";

    fn goes_with(&self) -> Option<&str> {
        Some(&self.key)
    }
}

type Call<'a> = service::Call<'a, Kms>;

impl Service for Kms {
    const NAME: &'static str = "kms";
    const TARGET: &'static str = "TrentService";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("CancelKeyDeletion", true, deletion::cancel),
        ("CreateAlias", true, aliases::create),
        ("CreateGrant", true, grants::create),
        ("CreateKey", true, keys::create),
        ("DeleteAlias", true, aliases::delete),
        ("DescribeKey", false, keys::describe),
        ("DisableKey", true, keys::disable),
        ("DisableKeyRotation", true, rotation::disable),
        ("EnableKey", true, keys::enable),
        ("EnableKeyRotation", true, rotation::enable),
        ("GetKeyPolicy", false, policies::get),
        ("GetKeyRotationStatus", false, rotation::status),
        ("ListAliases", false, aliases::list),
        ("ListGrants", false, grants::list),
        ("ListKeys", false, keys::list),
        ("ListResourceTags", false, tags::list),
        ("PutKeyPolicy", true, policies::put),
        ("RetireGrant", true, grants::retire),
        ("RevokeGrant", true, grants::revoke),
        ("ScheduleKeyDeletion", true, deletion::schedule),
        ("TagResource", true, tags::add),
        ("UntagResource", true, tags::remove),
        ("UpdateAlias", true, aliases::update),
        ("UpdateKeyDescription", true, keys::describe_otherwise),
    ];

    fn of(region: &Region) -> &Self {
        &region.kms
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.kms
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.keys, &self.aliases]
    }

    fn rate(operation: &str) -> Rate {
        throttle::kms(operation)
    }

    fn drifts(&self, mark: &str) -> Vec<Drift> {
        drift::all(self, mark)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        if kind != Key::TYPE {
            return Vec::new();
        }
        let (actions, about) = (["TagResource", "UntagResource"], json!({ "KeyId": id }));
        change.json(Self::NAME, actions, &about, ["TagKey", "TagValue"])
    }

    fn settle(&mut self, _: &Settings, now: Time) {
        deletion::settle(self, now);
    }
}

/// The caller's mistake, as KMS says it when it has no word of its own for it.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

/// A value outside of what its member may be.
fn constraint(value: impl std::fmt::Display, member: &str, rule: &str) -> Fault {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         Member must {rule}"
    ))
}

/// So many times sixteen hexadecimal digits.
fn digits(rng: &mut Rng, times: usize) -> String {
    (0..times).fold(String::new(), |mut text, _| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{:016x}", rng.next());
        text
    })
}

fn not_found(message: String) -> Fault {
    Fault::client("NotFoundException", message)
}

/// A state that does not allow what is asked.
fn wrong_state(message: String) -> Fault {
    Fault::client("KMSInvalidStateException", message)
}
