//! The mark: what tells a run without a journal that objects may be under way.

use jiff::Timestamp;
use tokio::{sync::Mutex, time::Instant};

use super::{Class, Cloud, Error, Journal, MARK_REFRESH, VISIBILITY};

/// Puts the mark before the first creation, and anew before a later one if it has grown old.
///
/// Before those that have a name or a token as well: these protect only as long as what they are
/// made of, a configuration or an ordinal, is the same in the next run.
pub(super) struct Marker {
    run: String,
    put: Mutex<Option<Instant>>,
}

impl Marker {
    pub(super) fn new(run: String) -> Self {
        Self { run, put: Mutex::new(None) }
    }

    /// Sees to it that the mark is there, and ours, before an object is created.
    pub(super) async fn ensure<C: Cloud>(
        &self,
        cloud: &C,
        journal: &dyn Journal,
    ) -> Result<(), Error> {
        let mut put = self.put.lock().await;
        if put.is_some_and(|at| at.elapsed() < MARK_REFRESH) {
            return Ok(());
        }
        // Before the call: if its answer is lost, the mark is ours all the same.
        journal.set_nonce(&self.run)?;
        // Its age counts from before the call: that is how old it may be.
        let asked = Instant::now();
        let first = if put.is_none() { cloud.put_mark(&self.run, false).await } else { Ok(()) };
        let there = match first {
            Ok(()) => put.is_some(),
            Err(error) if error.class == Class::Exists => true,
            Err(error) => return Err(error.into()),
        };
        if there {
            if let Some(mark) = cloud.mark().await?
                && !journal.knows_nonce(&mark.nonce)?
                && fresh(mark.at, cloud.now())
            {
                return Err(Error::Stale {
                    why: "another run is creating objects in this environment at this moment"
                        .into(),
                });
            }
            cloud.put_mark(&self.run, true).await?;
        }
        *put = Some(asked);
        Ok(())
    }
}

fn fresh(at: Timestamp, now: Timestamp) -> bool {
    at.checked_add(VISIBILITY + MARK_REFRESH).is_ok_and(|until| until > now)
}
