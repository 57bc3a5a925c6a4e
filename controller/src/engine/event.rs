//! What happens during a walk, as it happens.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Action, Cell, PhysicalId, plan::Step};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which step; `None` for the walk as a whole.
    pub step: Option<Step>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A step with something to do began.
    Started(Action),
    /// The removal of an object began.
    Removing,
    /// The object was asked for, and has this id.
    Created(PhysicalId),
    /// The object was out, and was taken back.
    Recovered(PhysicalId),
    /// These fields were set.
    Changed(Vec<&'static str>),
    /// It is not ready yet.
    Waiting {
        /// The object.
        id: PhysicalId,
        /// The cloud's word for its state.
        phase: String,
        /// What is in the way, if that is known.
        blockers: Vec<String>,
    },
    /// A call failed, and will be made again.
    Retrying {
        /// Why.
        error: String,
        /// When.
        after: Duration,
    },
    /// The same repair was made again and again: somebody sets it back.
    Contested {
        /// The field.
        field: &'static str,
        /// What somebody sets it to.
        from: Box<Cell>,
        /// What it is set to.
        to: Box<Cell>,
        /// How often within a day.
        times: u32,
    },
    /// It is as declared.
    Ready {
        /// The object.
        id: PhysicalId,
        /// Whether anything had to be done.
        changed: bool,
    },
    /// It is gone.
    Removed(PhysicalId),
    /// A gate holds it.
    Held(String),
    /// It failed.
    Failed(String),
    /// An absence is not believed yet.
    Doubting {
        /// Why.
        why: String,
        /// Until when.
        until: Timestamp,
    },
}

/// Who wants to know.
pub type Sink = Arc<dyn Fn(&Event) + Send + Sync>;
