//! What has been sent to whom, as receivers find it.

use serde::{Deserialize, Serialize};

use crate::Time;

/// How many are kept.
const KEPT: usize = 1_000;

/// Something that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) at: Time,
    /// The end of the ARN of the subscription it came by.
    pub(crate) subscription: String,
    pub(crate) topic: String,
    pub(crate) endpoint: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// What confirms the subscription, where this asks for that.
    pub(crate) token: Option<String>,
}

/// What has been sent, the newest last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Letters(Vec<Letter>);

impl Letters {
    pub(super) fn send(&mut self, letter: Letter) {
        self.0.push(letter);
        let over = self.0.len().saturating_sub(KEPT);
        self.0.drain(..over);
    }

    pub(super) fn to<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a Letter> {
        self.0.iter().filter(move |it| it.endpoint == endpoint)
    }
}
