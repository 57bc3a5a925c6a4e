//! The key a secret parameter is encrypted with.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html>:
//! Parameter Store asks KMS in the name of the caller.

use super::{Call, Parameter, Type};
use crate::{
    fault::Fault,
    services::kms::{Kms, Unusable, Use, Who},
};

/// The key that is used where none is named.
const OWN: &str = "alias/aws/ssm";

/// The key of a parameter, as it was named; nothing when its value is no secret.
pub(super) fn of(parameter: &Parameter) -> Option<&str> {
    let own = parameter.key.as_deref().or(Some(OWN));
    own.filter(|_| parameter.kind == Type::SecureString)
}

/// Refuses a key that nothing can be encrypted with.
pub(super) fn encrypts(call: &Call<'_>, key: Option<&str>) -> Result<(), Fault> {
    usable(call, key.unwrap_or(OWN), "kms:Encrypt")
}

/// Refuses a parameter whose value cannot be decrypted.
pub(super) fn decrypts(call: &Call<'_>, parameter: &Parameter) -> Result<(), Fault> {
    of(parameter).map_or(Ok(()), |key| usable(call, key, "kms:Decrypt"))
}

fn usable(call: &Call<'_>, key: &str, action: &str) -> Result<(), Fault> {
    let via = format!("ssm.{}.amazonaws.com", call.region);
    let by = Use { who: Who::Caller, actions: &[action], context: vec![("kms:ViaService", via)] };
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
