//! How a key is found: by id, Amazon resource name or alias.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>. Reads look as their
//! replica does. Writes act on the truth; where dependents lag as well, a key made a moment ago is
//! unknown to them too, see
//! <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>.

use super::{Alias, Call, Key, Kms, Manager, State, managed, not_found, service, wrong_state};
use crate::{
    Settings, Time,
    fault::Fault,
    services::{Iam, Site},
    shelf::{Eyes, Record},
};

/// Where keys are looked for.
pub(super) struct Place<'a> {
    pub(super) kms: &'a Kms,
    pub(super) settings: &'a Settings,
    pub(super) region: &'a str,
    pub(super) now: Time,
    pub(super) iam: &'a Iam,
    pub(super) eyes: Eyes,
}

/// What a text names.
enum Named {
    Key(String),
    Alias(String),
}

impl<'a> Place<'a> {
    /// What a call of KMS itself sees.
    pub(super) fn of(call: &'a Call<'_>) -> Self {
        Self::over(call, call.state)
    }

    /// What a call of another service sees.
    pub(super) fn beside<S>(call: &'a service::Call<'_, S>) -> Self {
        Self::over(call, &call.neighbours.kms)
    }

    fn over<S>(call: &'a service::Call<'_, S>, kms: &'a Kms) -> Self {
        Self {
            kms,
            settings: call.settings,
            region: call.region,
            now: call.now,
            iam: call.iam,
            eyes: call.by_id(),
        }
    }

    /// What a permission that is asked for sees: the truth.
    pub(super) fn at(site: Site<'a>, kms: &'a Kms) -> Self {
        let Site { settings, iam, region, now } = site;
        let eyes = Eyes { now, behind: 0, list: false };
        Self { kms, settings, region, now, iam, eyes }
    }

    pub(super) fn site(&self) -> Site<'_> {
        Site { settings: self.settings, iam: self.iam, region: self.region, now: self.now }
    }

    /// The Amazon resource name of a key.
    pub(super) fn arn(&self, id: &str) -> String {
        self.name_of(&format!("key/{id}"))
    }

    /// The Amazon resource name of an alias, whose name begins with `alias/`.
    pub(super) fn alias_arn(&self, name: &str) -> String {
        self.name_of(name)
    }

    fn name_of(&self, what: &str) -> String {
        format!("arn:aws:kms:{}:{}:{what}", self.region, self.settings.account)
    }

    fn parse(&self, text: &str) -> Result<Named, Fault> {
        let Some(rest) = text.strip_prefix("arn:") else {
            return if text.starts_with("alias/") {
                Ok(Named::Alias(text.to_owned()))
            } else if is_id(text) {
                Ok(Named::Key(text.to_owned()))
            } else {
                Err(not_found(format!("Invalid keyId '{text}'")))
            };
        };
        let parts: Vec<_> = rest.splitn(5, ':').collect();
        let malformed = || Fault::client("InvalidArnException", format!("Invalid arn {text}"));
        let [partition, "kms", region, account, resource] = parts.as_slice() else {
            return Err(malformed());
        };
        if *partition != "aws" || *region != self.region {
            return Err(not_found(format!("Invalid arn {region}")));
        }
        if *account != self.settings.account {
            return Err(Fault::unsupported(format!("keys of another account ({text})")));
        }
        match resource.strip_prefix("key/") {
            Some(id) => Ok(Named::Key(id.to_owned())),
            None if resource.starts_with("alias/") => Ok(Named::Alias((*resource).to_owned())),
            None => Err(malformed()),
        }
    }

    fn missing(&self, id: &str) -> Fault {
        not_found(format!("Key '{}' does not exist", self.arn(id)))
    }

    /// What is said of an alias that is not there.
    pub(super) fn no_alias(&self, name: &str) -> Fault {
        not_found(format!("Alias {} is not found.", self.alias_arn(name)))
    }

    /// The id of the key that a text names, which cannot be an alias.
    fn id(&self, text: &str) -> Result<String, Fault> {
        match self.parse(text)? {
            Named::Key(id) => Ok(id),
            Named::Alias(_) => Err(not_found(format!("Invalid keyId '{text}'"))),
        }
    }

    /// The key as a read sees it.
    pub(super) fn seen(&self, text: &str) -> Result<Record<Key>, Fault> {
        let id = self.id(text)?;
        self.look(&id)
    }

    /// The same, where an alias is good as well.
    pub(super) fn seen_by_any_name(&self, text: &str) -> Result<Record<Key>, Fault> {
        let id = match self.parse(text)? {
            Named::Key(id) => id,
            Named::Alias(name) => self.behind(&name)?,
        };
        self.look(&id)
    }

    /// The id of the key behind an alias, as a read sees it.
    fn behind(&self, name: &str) -> Result<String, Fault> {
        if let Some(theirs) = managed::alias(self, name) {
            return theirs.key.ok_or_else(|| {
                Fault::unsupported(format!("the making of the AWS managed key of {name}"))
            });
        }
        let alias = self.kms.aliases.seen(name, self.eyes);
        alias.map(|it| it.key.clone()).ok_or_else(|| self.no_alias(name))
    }

    fn look(&self, id: &str) -> Result<Record<Key>, Fault> {
        let own = self.kms.keys.seen(id, self.eyes).cloned();
        own.or_else(|| managed::key(self, id)).ok_or_else(|| self.missing(id))
    }

    /// The key that another service is to use, by any name, as it truly is.
    pub(super) fn to_use(&self, text: &str) -> Result<Record<Key>, Fault> {
        let id = match self.parse(text)? {
            Named::Key(id) => id,
            Named::Alias(name) if managed::alias(self, &name).is_some() => self.behind(&name)?,
            Named::Alias(name) => {
                let alias = self.kms.aliases.get(&name).filter(|_| self.knows_alias(&name));
                alias.map(|it| it.key.clone()).ok_or_else(|| self.no_alias(&name))?
            }
        };
        let own = self.kms.keys.get(&id).filter(|_| self.knows(&id)).cloned();
        own.or_else(|| managed::key(self, &id)).ok_or_else(|| self.missing(&id))
    }

    /// Whether calls that build on a key know it already.
    fn knows(&self, id: &str) -> bool {
        !self.settings.lag.dependents || self.kms.keys.seen(id, self.eyes).is_some()
    }

    fn knows_alias(&self, name: &str) -> bool {
        !self.settings.lag.dependents || self.kms.aliases.seen(name, self.eyes).is_some()
    }

    /// The customer's key that a write acts on, as it truly is.
    ///
    /// AWS managed keys are AWS's to change: their policies let nobody else do it.
    pub(super) fn own(&self, text: &str, operation: &str) -> Result<Record<Key>, Fault> {
        let id = self.id(text)?;
        if managed::key(self, &id).is_some() {
            return Err(Fault::client(
                "AccessDeniedException",
                format!(
                    "User: {} is not authorized to perform: kms:{operation} on resource: {} \
                     because no resource-based policy allows the kms:{operation} action",
                    self.settings.caller_arn(),
                    self.arn(&id),
                ),
            ));
        }
        let own = self.kms.keys.get(&id).filter(|_| self.knows(&id)).cloned();
        own.ok_or_else(|| self.missing(&id))
    }

    /// The customer's alias that a write acts on, as it truly is.
    pub(super) fn own_alias(&self, name: &str) -> Result<Record<Alias>, Fault> {
        let own = self.kms.aliases.get(name).filter(|_| self.knows_alias(name)).cloned();
        own.ok_or_else(|| self.no_alias(name))
    }

    /// Refuses a key that is to be deleted.
    pub(super) fn not_pending(&self, key: &Record<Key>) -> Result<(), Fault> {
        match key.state {
            State::PendingDeletion { .. } => {
                Err(wrong_state(format!("{} is pending deletion.", self.arn(&key.id))))
            }
            State::Enabled { .. } | State::Disabled => Ok(()),
        }
    }

    /// Refuses a key that is not enabled, or is not yet known to be where caches lag.
    pub(super) fn enabled(&self, key: &Record<Key>) -> Result<(), Fault> {
        self.not_pending(key)?;
        let known = match key.state {
            State::Enabled { known } => !self.settings.lag.dependents || known <= self.now,
            State::Disabled | State::PendingDeletion { .. } => false,
        };
        if known || key.manager == Manager::Aws {
            return Ok(());
        }
        Err(Fault::client("DisabledException", format!("{} is disabled.", self.arn(&key.id))))
    }
}

/// Whether a text has the form of a key's id.
fn is_id(text: &str) -> bool {
    let text = text.strip_prefix("mrk-").unwrap_or(text);
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<_> = text.split('-').collect();
    let hexadecimal = |it: &str| it.bytes().all(|byte| byte.is_ascii_hexdigit());
    let good = parts.len() == 5
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && hexadecimal(part));
    good || (text.len() == 32 && hexadecimal(text))
}
