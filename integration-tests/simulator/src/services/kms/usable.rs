//! Whether another service can use a key.
//!
//! Secrets Manager uses a key in the name of the caller, CloudWatch Logs in its own; see
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html> for what a policy may
//! ask about either.

use super::{Kms, Place, State, document, service};
use crate::fault::Fault;

/// Who uses a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who<'a> {
    /// The caller; a service that does it in the caller's name says so in `kms:ViaService`.
    Caller,
    /// A service, by its principal: `logs.us-east-1.amazonaws.com`.
    Service(&'a str),
}

/// What a key is to be used for.
#[derive(Debug, Clone)]
pub(crate) struct Use<'a> {
    pub(crate) who: Who<'a>,
    /// What has to be allowed: `kms:GenerateDataKey`. No wildcards.
    pub(crate) actions: &'a [&'a str],
    /// What conditions find: `kms:ViaService`, `kms:EncryptionContext:aws:logs:arn`.
    pub(crate) context: Vec<(&'a str, String)>,
}

/// A key that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usable {
    pub(crate) id: String,
    pub(crate) arn: String,
}

/// Why a key cannot be used; each with what KMS says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// There is no such key or alias, or not yet, or what names it is no name of a key.
    NotFound(String),
    Disabled(String),
    PendingDeletion(String),
    /// The policy of the key does not allow it.
    Denied(String),
    /// This simulator does not know.
    Unsupported(Fault),
}

impl Kms {
    /// Finds the key that `key` names, by id, Amazon resource name or alias, and says whether it
    /// can be used so.
    pub(crate) fn usable<S>(
        call: &service::Call<'_, S>,
        key: &str,
        by: &Use<'_>,
    ) -> Result<Usable, Unusable> {
        let place = Place::beside(call);
        let key = place.to_use(key).map_err(|fault| match &*fault.code {
            crate::fault::UNSUPPORTED => Unusable::Unsupported(fault),
            _ => Unusable::NotFound(fault.message),
        })?;
        let arn = place.arn(&key.id);
        match key.state {
            State::PendingDeletion { .. } => {
                return Err(Unusable::PendingDeletion(format!("{arn} is pending deletion.")));
            }
            State::Enabled { .. } if place.enabled(&key).is_ok() => {}
            State::Enabled { .. } | State::Disabled => {
                return Err(Unusable::Disabled(format!("{arn} is disabled.")));
            }
        }
        for action in by.actions {
            let denied = by.who == Who::Caller && place.settings.denies(action);
            let policy = (key.id.as_str(), &key.policy);
            if denied || !document::allows(&place, policy, by.who, action, &by.context) {
                let who = match by.who {
                    Who::Caller => place.settings.caller_arn(),
                    Who::Service(name) => name.to_owned(),
                };
                return Err(Unusable::Denied(format!(
                    "User: {who} is not authorized to perform: {action} on resource: {arn} because \
                     no {} policy allows the {action} action",
                    if denied { "identity-based" } else { "resource-based" },
                )));
            }
        }
        Ok(Usable { id: key.id, arn })
    }
}
