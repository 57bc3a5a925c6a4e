//! What can go wrong with one step.

use super::{CallError, Cell, Class, PhysicalId, journal::JournalError};

/// What can go wrong with one step. Causes are in the chain, not in the text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cloud refused a call.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The world is not as it was when the plan was made.
    #[error("the plan no longer holds: {why}")]
    Stale {
        /// What is different.
        why: String,
    },
    /// The step succeeded and the difference is still there: our bug, or somebody sets it back.
    #[error("`{field}` is still {have} after it was set to {want}")]
    NotConverged {
        /// The first field that differs.
        field: &'static str,
        /// What is there.
        have: Box<Cell>,
        /// What is wanted.
        want: Box<Cell>,
    },
    /// `update` left a field unclaimed: our bug.
    #[error("`{field}` differs and nothing sets it: this is a defect of clctl, please report it")]
    Unclaimed {
        /// The field.
        field: &'static str,
    },
    /// The object will not become usable.
    #[error("{id} failed: {why}")]
    Failed {
        /// The object.
        id: PhysicalId,
        /// The cloud's reason.
        why: String,
    },
    /// What is wanted is there, and it is somebody else's.
    #[error(
        "{id} is in the way and carries no owner tag of this environment: it is left alone; rename or remove it, or choose another value in the spec"
    )]
    Foreign {
        /// The object.
        id: PhysicalId,
    },
    /// It took too long.
    #[error("{id} is still {phase} after {} s{}", waited.as_secs(), in_the_way(blockers))]
    TimedOut {
        /// The object.
        id: PhysicalId,
        /// What it was last seen to be.
        phase: String,
        /// How long was waited.
        waited: std::time::Duration,
        /// What is in the way.
        blockers: Vec<String>,
    },
    /// The run was asked to stop.
    #[error("stopped before it was finished")]
    Stopped,
    /// What is about to be done could not be recorded, so it was not done.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

fn in_the_way(blockers: &[String]) -> String {
    if blockers.is_empty() {
        String::new()
    } else {
        format!("; in the way: {}", blockers.join("; "))
    }
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The same again, later.
    Retry,
    /// Look at the world again and plan anew.
    Replan,
    /// Someone has to act.
    NeedsUser,
    /// Someone has to fix this program.
    Bug,
}

impl Error {
    /// What to do about it. The match is exhaustive on purpose.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Call(call) if call.class.is_transient() => Disposition::Retry,
            Self::Call(call) if call.class == Class::NotFound => Disposition::Replan,
            Self::TimedOut { .. } | Self::Stopped => Disposition::Retry,
            Self::Stale { .. } => Disposition::Replan,
            Self::Call(_) | Self::Failed { .. } | Self::Foreign { .. } | Self::Journal(_) => {
                Disposition::NeedsUser
            }
            Self::NotConverged { .. } | Self::Unclaimed { .. } => Disposition::Bug,
        }
    }
}
