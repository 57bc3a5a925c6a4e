//! The key a value is encrypted under.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>: nothing
//! asks KMS before there is a value to encrypt.

use super::{Call, constraint, invalid};
use crate::fault::Fault;

/// The key that is used where none is named.
const OWN: &str = "alias/aws/secretsmanager";

/// The key of a secret, as a request names it.
pub(super) enum Wanted {
    /// The one of the service.
    Own,
    /// One of the account's.
    Named(String),
}

impl Wanted {
    /// What the secret keeps of it.
    pub(super) fn kept(self) -> Option<String> {
        match self {
            Self::Own => None,
            Self::Named(key) => Some(key),
        }
    }
}

/// The key a request names, if it names one.
pub(super) fn read(call: &Call<'_>) -> Result<Option<Wanted>, Fault> {
    let Some(key) = call.members.get::<String>("KmsKeyId")? else { return Ok(None) };
    if key.chars().count() > 2048 {
        return Err(constraint("kmsKeyId", "have length less than or equal to 2048"));
    }
    let shown = call.settings.disputed("describe-default-key", 2) != 0;
    let own = key.is_empty() || (key.ends_with(OWN) && !shown);
    Ok(Some(if own { Wanted::Own } else { Wanted::Named(key) }))
}

/// Refuses a key that nothing can be encrypted under.
pub(super) fn encrypts(call: &Call<'_>, key: Option<&str>) -> Result<(), Fault> {
    let Some(key) = key.filter(|it| !it.ends_with(OWN)) else { return Ok(()) };
    let _ = (call, invalid(""));
    Err(Fault::unsupported(format!("the key {key} of secrets")))
}

/// Refuses a key that nothing can be decrypted with.
pub(super) fn decrypts(call: &Call<'_>, key: Option<&str>) -> Result<(), Fault> {
    encrypts(call, key)
}
