//! Waiting: how long until the next look, and how to be called away.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use super::Error;

/// Whether a walk should go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Finish the calls in flight, record what came of them, and start nothing more.
    Now,
}

/// How a walk is told to stop.
pub type StopSignal = watch::Receiver<Stop>;

/// When to look next at something that takes its time.
///
/// A few looks at first: what fails, does so early, and what is quicker than usual is not waited for. Then
/// nothing is asked before half the typical time has passed; from then on the interval is a twentieth of
/// the time waited, within a second and fifteen: the delay it adds stays below a twentieth.
#[derive(Debug)]
pub(super) struct Poll {
    since: Instant,
    typical: Duration,
    looks: u32,
}

impl Poll {
    const SHORT: Duration = Duration::from_secs(10);
    /// How many looks there are at first, each after twice the time of the one before.
    const EARLY: u32 = 5;

    pub(super) fn new(typical: Duration) -> Self {
        Self { since: Instant::now(), typical, looks: 0 }
    }

    pub(super) fn waited(&self) -> Duration {
        self.since.elapsed()
    }

    pub(super) fn next(&mut self) -> Duration {
        let waited = self.waited();
        let rest = (self.typical / 2).saturating_sub(waited);
        if self.typical > Self::SHORT && !rest.is_zero() {
            let early = Duration::from_secs(1 << self.looks.min(Self::EARLY));
            self.looks += 1;
            return if self.looks > Self::EARLY { rest } else { early.min(rest) };
        }
        let (least, most) = if self.typical > Self::SHORT {
            (Duration::from_secs(1), Duration::from_secs(15))
        } else {
            (Duration::from_millis(500), Duration::from_secs(5))
        };
        (waited / 20).clamp(least, most)
    }
}

/// Sleeps, unless the walk is told to stop.
///
/// # Cancel safety
/// Only sleeps are given up: a call in flight is always finished.
pub(super) async fn pause(stop: &StopSignal, how_long: Duration) -> Result<(), Error> {
    let mut stop = stop.clone();
    tokio::select! {
        () = tokio::time::sleep(how_long) => Ok(()),
        () = told(&mut stop) => Err(Error::Stopped),
    }
}

/// Ends when the walk is told to stop: never, if there is nobody left to tell it.
async fn told(stop: &mut StopSignal) {
    if stop.wait_for(|stop| *stop != Stop::No).await.is_err() {
        std::future::pending::<()>().await;
    }
}
