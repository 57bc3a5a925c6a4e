//! The name of a run, which says when it began: what it leaves tells its age by itself.

use std::fmt;

use jiff::Timestamp;

/// What the names of all runs begin with, and no environment that somebody named.
const PREFIX: &str = "clctl-it-";
/// How many digits the seconds since 1970 have, to base 36, until 2038.
const DIGITS: usize = 6;

/// A run of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run(u32);

impl Run {
    pub(crate) fn beginning(at: Timestamp) -> Self {
        Self(u32::try_from(at.as_second()).unwrap())
    }

    pub(crate) fn began(self) -> Timestamp {
        Timestamp::from_second(self.0.into()).unwrap()
    }

    /// The environment in which its nth sample lives.
    pub(crate) fn environment(self, nth: usize) -> String {
        format!("{self}-{nth:02}")
    }

    /// The run that an environment, or the run itself, is named after.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(PREFIX)?;
        let (digits, nth) = rest.split_once('-').unwrap_or((rest, "00"));
        let good = digits.len() == DIGITS
            && digits.bytes().all(|it| it.is_ascii_digit() || it.is_ascii_lowercase())
            && nth.len() == 2
            && nth.bytes().all(|it| it.is_ascii_digit());
        good.then(|| u32::from_str_radix(digits, 36).ok().map(Self)).flatten()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; DIGITS];
        let mut rest = self.0;
        for digit in digits.iter_mut().rev() {
            *digit = rest % 36;
            rest /= 36;
        }
        f.write_str(PREFIX)?;
        digits.iter().try_for_each(|it| write!(f, "{}", char::from_digit(*it, 36).unwrap()))
    }
}
