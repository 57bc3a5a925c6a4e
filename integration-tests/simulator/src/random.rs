//! Seeded chance: every draw of the world comes from here and is part of its state.
//!
//! A splitmix64 generator: one number of state, which the world file keeps, so that the same seed
//! and the same calls give the same world on every machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A source of draws that can be written down and read back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Splits off a generator whose draws do not disturb this one's.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `bound`; zero when the bound is zero.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// Is true `per_mille` times in a thousand.
    pub(crate) fn happens(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// Draws one of `among`, or nothing when there is none.
    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(among.len() as u64)).unwrap_or_default();
        among.get(index)
    }

    /// Draws a length of time in `min..=max`.
    pub(crate) fn between(&mut self, min: Duration, max: Duration) -> Duration {
        let (min, max) = (millis(min), millis(max));
        Duration::from_millis(min + self.below(max.saturating_sub(min) + 1))
    }

    /// Draws an id as EC2 makes them: the prefix and seventeen hexadecimal digits.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        let digits = format!("{:016x}{:016x}", self.next(), self.next());
        format!("{prefix}-0{}", &digits[..16])
    }

    /// Draws a request id.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Folds a text into a number that is the same on every machine and in every release.
pub(crate) fn fold(seed: u64, text: &str) -> u64 {
    let mut mixed = Rng::new(seed);
    let mut all = mixed.next();
    for byte in text.bytes() {
        all = Rng::new(all ^ u64::from(byte)).next();
    }
    all
}
