//! The moment a thing happens, in the world's own time.
//!
//! The world never asks the machine for the time: whoever calls it says what time it is.

use std::{fmt, ops::Add, time::Duration};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since the Unix epoch, on the world's own clock.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// Takes milliseconds since the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// As headers of HTTP have it.
    pub(crate) fn as_http(self) -> Option<String> {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(self.0).ok()?).ok()?;
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
    }

    /// Gives milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Tells how long after `earlier` this moment is; zero when it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Gives seconds since the epoch with their fraction, as the JSON protocols carry a timestamp.
    pub(crate) fn as_seconds(self) -> serde_json::Number {
        let millis = u32::try_from(self.0 % 1000).unwrap_or_default();
        let seconds = u32::try_from(self.0 / 1000).unwrap_or(u32::MAX);
        serde_json::Number::from_f64(f64::from(seconds) + f64::from(millis) / 1000.0)
            .unwrap_or_else(|| seconds.into())
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp =
            i64::try_from(self.0).ok().and_then(|it| jiff::Timestamp::from_millisecond(it).ok());
        match stamp {
            Some(stamp) => write!(f, "{}", stamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")),
            None => write!(f, "{} ms", self.0),
        }
    }
}
