//! A call the cloud refused, and what that means for whoever made it.

use std::{borrow::Cow, error::Error as StdError};

use serde::Serialize;

/// A call the cloud refused, or that got no answer.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed: {code}{}", message.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
pub struct CallError {
    /// The call, e.g. `ec2:CreateSubnet`.
    pub operation: &'static str,
    /// The cloud's code, or our word for what went wrong on the way.
    pub code: Cow<'static, str>,
    /// The cloud's explanation.
    pub message: Option<String>,
    /// The cloud's name for this very call.
    pub request_id: Option<String>,
    /// What follows from it.
    pub class: Class,
    /// The cause below, if there is one.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Error classes: each has one rule of retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Too many calls: nothing happened, later is better.
    Throttled,
    /// The cloud is ill: a write may have happened.
    Server,
    /// No answer, or none that can be understood: a write may have happened.
    NoAnswer,
    /// Something made a moment ago is not visible everywhere yet.
    NotYetVisible,
    /// Another change of the same thing is under way, or it is not in the right state.
    Busy,
    /// Something still uses it.
    InUse,
    /// It is not there.
    NotFound,
    /// One like it is there already.
    Exists,
    /// A client token was used before with other parameters.
    TokenMismatch,
    /// A quota is used up.
    Quota,
    /// There is no capacity at the moment.
    Capacity,
    /// The credentials have expired.
    Expired,
    /// The credentials do not allow it.
    Denied,
    /// Not allowed by clctl itself: a read-only run tried to write.
    ReadOnly,
    /// The request is wrong, and will be.
    Rejected,
}

impl CallError {
    /// What we say ourselves of a call: that its answer is of no use, or that it is better not made.
    pub fn new(
        operation: &'static str,
        class: Class,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let (code, message) = (Cow::Borrowed(code), Some(message.into()));
        Self { operation, code, message, request_id: None, class, source: None }
    }
}

impl Class {
    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Throttled
            | Self::Server
            | Self::NoAnswer
            | Self::NotYetVisible
            | Self::Busy
            | Self::InUse
            | Self::Capacity => true,
            Self::NotFound
            | Self::Exists
            | Self::TokenMismatch
            | Self::Quota
            | Self::Expired
            | Self::Denied
            | Self::ReadOnly
            | Self::Rejected => false,
        }
    }

    /// Whether the call may have taken effect all the same.
    pub fn is_ambiguous(self) -> bool {
        matches!(self, Self::Server | Self::NoAnswer)
    }
}
