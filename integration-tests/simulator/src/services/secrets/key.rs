//! The key a value is encrypted under.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>: nothing
//! asks KMS before there is a value to encrypt.

use super::{Call, constraint, invalid};
use crate::{
    fault::Fault,
    services::kms::{Kms, Unusable, Use, Who},
};

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

/// Refuses a key that the value of a secret cannot be encrypted under.
pub(super) fn encrypts(call: &Call<'_>, arn: &str, key: Option<&str>) -> Result<(), Fault> {
    uses(call, arn, key, &["kms:GenerateDataKey", "kms:Decrypt"], "EncryptionFailure", "encrypt")
}

/// Refuses a key that the value of a secret cannot be decrypted with.
pub(super) fn decrypts(call: &Call<'_>, arn: &str, key: Option<&str>) -> Result<(), Fault> {
    uses(call, arn, key, &["kms:Decrypt"], "DecryptionFailure", "decrypt")
}

/// The key is used in the name of the caller.
fn uses(
    call: &Call<'_>,
    arn: &str,
    key: Option<&str>,
    actions: &[&str],
    code: &'static str,
    verb: &str,
) -> Result<(), Fault> {
    let Some(key) = key else { return Ok(()) };
    let context = vec![
        ("kms:ViaService", format!("secretsmanager.{}.amazonaws.com", call.region)),
        ("kms:EncryptionContext:SecretARN", arn.to_owned()),
    ];
    let by = Use { who: Who::Caller, actions, context };
    match Kms::usable(call, key, &by) {
        Ok(_) => Ok(()),
        Err(Unusable::NotFound(_)) if call.settings.disputed("secret-unknown-key", 2) != 0 => {
            Err(invalid("The operation failed because of an invalid KMS key: Invalid keyId"))
        }
        Err(Unusable::NotFound(why) | Unusable::Disabled(why) | Unusable::PendingDeletion(why)) => {
            Err(Fault::client(
                code,
                format!("Secrets Manager can't {verb} the secret value: {why} (Service: AWSKMS)"),
            ))
        }
        Err(Unusable::Denied(_)) => {
            Err(Fault::client("AccessDeniedException", "Access to KMS is not allowed"))
        }
        Err(Unusable::Unsupported(fault)) => Err(fault),
    }
}
