//! The key a secret parameter is encrypted with.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html>:
//! Parameter Store asks KMS in the name of the caller.

use super::{Call, Parameter, Tier, Type};
use crate::{
    fault::Fault,
    services::kms::{Kms, Unusable, Use, Who},
    shelf::Record,
};

/// The key that is used where none is named.
const OWN: &str = "alias/aws/ssm";

/// The key of a parameter, as it was named; nothing when its value is no secret.
pub(super) fn of(parameter: &Parameter) -> Option<&str> {
    let own = parameter.key.as_deref().or(Some(OWN));
    own.filter(|_| parameter.kind == Type::SecureString)
}

/// Refuses a key that the value of a parameter cannot be encrypted with: a standard one with the key
/// itself, an advanced one with a data key.
pub(super) fn encrypts(
    call: &Call<'_>,
    name: &str,
    tier: Tier,
    key: Option<&str>,
) -> Result<(), Fault> {
    let action = match tier {
        Tier::Standard => "kms:Encrypt",
        Tier::Advanced => "kms:GenerateDataKey",
    };
    usable(call, name, key.unwrap_or(OWN), action)
}

/// Refuses a parameter whose value cannot be decrypted.
pub(super) fn decrypts(call: &Call<'_>, parameter: &Record<Parameter>) -> Result<(), Fault> {
    of(parameter).map_or(Ok(()), |key| usable(call, &parameter.id, key, "kms:Decrypt"))
}

fn usable(call: &Call<'_>, name: &str, key: &str, action: &str) -> Result<(), Fault> {
    let context = vec![
        ("kms:ViaService", format!("ssm.{}.amazonaws.com", call.region)),
        ("kms:EncryptionContext:PARAMETER_ARN", call.arn(name)),
    ];
    let by = Use { who: Who::Caller, actions: &[action], context };
    let Err(why) = Kms::usable(call, key, &by) else { return Ok(()) };
    let (code, text) = match why {
        Unusable::NotFound(text) | Unusable::Disabled(text) | Unusable::PendingDeletion(text) => {
            ("InvalidKeyId", text)
        }
        Unusable::Denied(text) => ("AccessDeniedException", text),
        Unusable::Unsupported(fault) => return Err(fault),
    };
    Err(Fault::client(code, text))
}
