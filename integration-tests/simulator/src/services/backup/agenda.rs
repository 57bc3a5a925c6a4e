//! What AWS Backup does later, by itself.

use serde::{Deserialize, Serialize};

/// Something that it does later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Due {
    /// A rule of a plan runs, by the ids of both.
    Run { plan: String, rule: String },
    /// A job starts, by its id.
    Start(String),
    /// A job is done.
    Finish(String),
    /// The time of a recovery point is up, by its ARN.
    Expire(String),
}
