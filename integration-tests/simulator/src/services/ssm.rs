//! SSM: parameters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Life, World, fault::Fault, random::Rng, wire::json::Members};

/// The parameters of a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ssm {
    lives: BTreeMap<String, Life>,
}

impl Ssm {
    /// The names of all parameters.
    #[expect(clippy::unused_self, reason = "filled in by the next commit")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [].into_iter()
    }

    pub(crate) fn lives(&self) -> &BTreeMap<String, Life> {
        &self.lives
    }
}

pub(crate) fn mutates(_operation: &str) -> bool {
    false
}

pub(crate) fn ask(
    _world: &mut World,
    _region: &str,
    operation: &str,
    _members: &Members,
    _rng: Rng,
) -> Result<Value, Fault> {
    Err(Fault::unsupported(format!("the operation ssm:{operation}")))
}
