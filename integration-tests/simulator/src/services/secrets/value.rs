//! A secret value, as requests bring it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Call, constraint, invalid};
use crate::{fault::Fault, hidden::Hidden, wire::json::Members};

/// How many bytes a value may have.
const LARGEST: usize = 65_536;

/// A secret value: text, or bytes as base64 carries them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Content {
    Text(Hidden),
    Bytes(Hidden),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(hidden)",
            Self::Bytes(_) => "Bytes(hidden)",
        })
    }
}

impl Content {
    /// The value of a request, if it has one.
    pub(super) fn read(members: &Members) -> Result<Option<Self>, Fault> {
        let text = members.get::<String>("SecretString")?;
        let bytes = members.get::<String>("SecretBinary")?;
        match (text, bytes) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(invalid(
                "You can't specify both a binary secret value and a string secret value in the \
                 same secret.",
            )),
            (Some(text), None) => {
                within(text.len(), "secretString")?;
                Ok(Some(Self::Text(Hidden::new(text))))
            }
            (None, Some(bytes)) => {
                let length = decoded(&bytes).ok_or_else(|| {
                    Fault::client("SerializationException", "SecretBinary: not base64")
                })?;
                within(length, "secretBinary")?;
                Ok(Some(Self::Bytes(Hidden::new(bytes))))
            }
        }
    }
}

fn within(length: usize, member: &str) -> Result<(), Fault> {
    if (1..=LARGEST).contains(&length) {
        Ok(())
    } else {
        Err(constraint(member, "have length between 1 and 65536"))
    }
}

/// How many bytes a base64 text stands for.
fn decoded(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/');
    let whole = text.len().is_multiple_of(4) && padding <= 2 && digits.bytes().all(good);
    whole.then(|| text.len() / 4 * 3 - padding)
}

/// The `ClientRequestToken`, which becomes the id of the version; SDKs always send one.
pub(super) fn token(call: &Call<'_>) -> Result<String, Fault> {
    given_token(call)?.ok_or_else(|| {
        invalid("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
    })
}

/// The same where there may be none, because there is no value.
pub(super) fn given_token(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let token: Option<String> = call.members.get("ClientRequestToken")?;
    if token.as_ref().is_some_and(|it| !(32..=64).contains(&it.chars().count())) {
        return Err(invalid("ClientRequestToken must be 32-64 characters long."));
    }
    Ok(token)
}
