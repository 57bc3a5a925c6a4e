//! Whether another service can use a key.
//!
//! Secrets Manager uses a key in the name of the caller, CloudWatch Logs in its own; see
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html> for what a policy may
//! ask about either.

use super::{Key, Kms, Place, State, document, service};
use crate::{
    fault::Fault,
    services::{
        iam::evaluate::Principal,
        permission::{Identity, Need, Refusal, Site},
    },
    shelf::{Eyes, Record},
};

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
        Place::beside(call).usable(call.identity, key, by)
    }

    /// The same for a service that speaks no JSON.
    pub(crate) fn usable_from(
        &self,
        (site, eyes): (Site<'_>, Eyes),
        identity: &Identity,
        key: &str,
        by: &Use<'_>,
    ) -> Result<Usable, Unusable> {
        Place { eyes, ..Place::at(site, self) }.usable(identity, key, by)
    }

    /// Whether a key, by its Amazon resource name, is there and enabled.
    pub(crate) fn is_enabled(&self, site: Site<'_>, arn: &str) -> bool {
        let place = Place::at(site, self);
        place.to_use(arn).is_ok_and(|key| place.enabled(&key).is_ok())
    }
}

impl Place<'_> {
    fn usable(&self, identity: &Identity, key: &str, by: &Use<'_>) -> Result<Usable, Unusable> {
        let place = self;
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
            match by.who {
                Who::Caller => place.lets_caller(identity, &key, action, by)?,
                Who::Service(name) => {
                    let who = Principal::Service(name.to_owned());
                    let policy = (key.id.as_str(), &key.policy);
                    if !document::allows(place, policy, &who, action, &by.context) {
                        return Err(Unusable::Denied(denial(name, action, &arn, "resource-based")));
                    }
                }
            }
        }
        Ok(Usable { id: key.id, arn })
    }

    /// Refuses what the caller may not have done in its name.
    fn lets_caller(
        &self,
        identity: &Identity,
        key: &Record<Key>,
        action: &str,
        by: &Use<'_>,
    ) -> Result<(), Unusable> {
        if self.settings.denies(action) {
            let (who, arn) = (identity.caller().arn(), self.arn(&key.id));
            return Err(Unusable::Denied(denial(who, action, &arn, "identity-based")));
        }
        let subject = self.subject(key).map_err(Unusable::Unsupported)?;
        let need = Need::on(action, subject).with("aws:ViaAWSService", "true");
        let need = need.with("kms:CallerAccount", self.settings.account.as_str());
        let need = by.context.iter().fold(need, |it, (key, value)| it.with(key, value.as_str()));
        identity.judge(self.site(), &need).map_err(|it| match it {
            Refusal::Denied(text) => Unusable::Denied(text),
            Refusal::Unsupported(fault) => Unusable::Unsupported(fault),
        })
    }
}

fn denial(who: &str, action: &str, arn: &str, kind: &str) -> String {
    format!(
        "User: {who} is not authorized to perform: {action} on resource: {arn} because no {kind} \
         policy allows the {action} action"
    )
}
