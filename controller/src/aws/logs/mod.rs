//! CloudWatch Logs: what is kept of what happened.

mod log_group;

pub use self::log_group::{LogGroup, LogGroupConfig, LogGroupOutputs, Retention};
