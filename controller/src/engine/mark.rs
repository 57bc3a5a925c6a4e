//! The mark: what tells a run without a journal that objects may be under way.

use jiff::Timestamp;
use tokio::{sync::Mutex, time::Instant};

use super::{Class, Cloud, Error, Journal, MARK_REFRESH, VISIBILITY};

/// Puts the mark before the first creation that has neither name nor token, and anew before a
/// later one if it has grown old.
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
        match cloud.put_mark(&self.run, put.is_some()).await {
            Ok(()) => {}
            Err(error) if error.class == Class::Exists => {
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
            Err(error) => return Err(error.into()),
        }
        *put = Some(Instant::now());
        Ok(())
    }
}

fn fresh(at: Timestamp, now: Timestamp) -> bool {
    at.checked_add(VISIBILITY + MARK_REFRESH).is_ok_and(|until| until > now)
}
