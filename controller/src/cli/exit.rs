//! Exit codes: a part of the interface. `clctl --help`, `docs/cli.md` and the README list them from
//! here.

use std::process::ExitCode;

use crate::{
    aws::ConnectError,
    engine::{CallError, Class},
    render::line,
    store::LockError,
};

use super::{files::FileError, session::Ends};

/// How a command ended. The greatest of several wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
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
    /// It was refused: not approved, or not allowed.
    Refused = 7,
    /// Time was up.
    TimedOut = 8,
    /// Something on this machine does not work: the record, a file, a lock.
    Local = 9,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl Exit {
    /// All there are.
    pub(super) const ALL: [Self; 11] = [
        Self::Done,
        Self::Differences,
        Self::Usage,
        Self::Invalid,
        Self::Credentials,
        Self::Unknown,
        Self::Incomplete,
        Self::Refused,
        Self::TimedOut,
        Self::Local,
        Self::Interrupted,
    ];

    /// What it means, for the user.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done; for `diff`, no differences",
            Self::Differences => "`diff` only: there are differences",
            Self::Usage => "the command line is wrong, or a file it names cannot be read",
            Self::Invalid => {
                "a file is invalid (reported with file, line and column); nothing was done"
            }
            Self::Credentials => {
                "AWS does not let us in, or the credentials are of another account"
            }
            Self::Unknown => "something could not be read: nothing is said of it, or done about it",
            Self::Incomplete => "not everything was done: run the same command again",
            Self::Refused => {
                "refused: not approved, paused, not built yet, somebody else's object is in the way, or another command is at work"
            }
            Self::TimedOut => "time was up (`--timeout`)",
            Self::Local => "something on this machine does not work: the record, a file, a lock",
            Self::Interrupted => "interrupted",
        }
    }

    /// The number.
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    /// The code of an error.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        if let Some(ends) = error.downcast_ref::<Ends>() {
            return ends.exit;
        }
        if error.is::<ConnectError>() {
            return Self::Credentials;
        }
        if error.is::<FileError>() {
            return Self::Usage;
        }
        if let Some(LockError::Taken { .. }) = error.downcast_ref() {
            return Self::Refused;
        }
        // A call outside of a walk: before it nothing was done, and after it not everything.
        if let Some(call) = error.downcast_ref::<CallError>() {
            let credentials = matches!(call.class, Class::Expired | Class::Denied);
            return if credentials { Self::Credentials } else { Self::Incomplete };
        }
        Self::Local
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The end of `clctl --help`.
pub(super) fn help() -> String {
    let mut text = String::from("Exit codes (the greatest of several environments wins):\n");
    for exit in Exit::ALL {
        line!(text, "  {:>3}  {}", exit.code(), exit.meaning().replace('`', ""));
    }
    text.push_str(
        "\nEnvironment: CLCTL_SANDBOX, the variables of the AWS CLI, NO_COLOR, CLICOLOR_FORCE, and CI (plain progress).",
    );
    text
}
