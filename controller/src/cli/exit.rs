//! Exit codes: a part of the interface, listed in the README.

use std::process::ExitCode;

/// How a command ended. The greatest of several wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done; for `diff`, no differences.
    #[default]
    Done = 0,
    /// `diff`: there are differences.
    Differences = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A file is wrong.
    Invalid = 3,
    /// AWS does not let us in, or the account is another one.
    Credentials = 4,
    /// Something could not be read: nothing can be said of it.
    Unknown = 5,
    /// Not everything was done.
    Incomplete = 6,
    /// It was refused, and nothing was changed: not approved, or not allowed.
    Refused = 7,
    /// Time was up.
    TimedOut = 8,
    /// Something on this machine does not work: the record, a file, a lock.
    Local = 9,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
