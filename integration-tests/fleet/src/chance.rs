//! Seeded chance: how long things take, and who comes first. A splitmix64 generator, which is written down with
//! the rest, so that the same seed gives the same lives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }

    /// A length of time between two, in milliseconds.
    pub(crate) fn millis(&mut self, min: u64, max: u64) -> Duration {
        Duration::from_millis(min + self.next() % (max.saturating_sub(min) + 1))
    }

    /// A length of time between two, in seconds.
    pub(crate) fn seconds(&mut self, min: u64, max: u64) -> Duration {
        self.millis(min * 1000, max * 1000)
    }
}

const fn mixed(state: u64) -> u64 {
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// A number that stands for a text, and from which nobody reads it.
pub(crate) fn digest(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mixed(seed ^ 0x5DEE_CE66), |all, byte| {
        mixed(all.wrapping_mul(0x0000_0100_0000_01B3) ^ u64::from(byte))
    })
}
