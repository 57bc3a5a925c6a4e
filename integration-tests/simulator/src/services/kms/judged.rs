//! What a permission on a key depends on.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>: the policy of the key
//! has the say, also over whether other policies count;
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>: conditions may be on
//! its aliases.

use super::{Key, Kms, Place, document};
use crate::{
    fault::Fault,
    services::{
        Site,
        permission::{ResourcePolicy, Subject},
    },
    shelf::Record,
};

/// A key, as far as permissions on it depend on it.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) subject: Subject,
    pub(crate) aliases: Vec<String>,
}

impl Kms {
    /// The key that a request names in whatever way; nothing when there is none.
    pub(crate) fn judged(&self, site: Site<'_>, name: &str) -> Option<Judged> {
        let place = Place::at(site, self);
        let key = place.to_use(name).ok()?;
        let aliases = self.aliases.all().filter(|it| it.key == key.id);
        let aliases = aliases.map(|it| it.id.clone()).collect();
        Some(Judged { subject: place.subject(&key).ok()?, aliases })
    }
}

impl Place<'_> {
    /// A key with its tags and its policy.
    pub(super) fn subject(&self, key: &Record<Key>) -> Result<Subject, Fault> {
        let document = document::read(&key.policy)
            .map_err(|it| Fault::unsupported(format!("what a key's policy says: {}", it.0)))?;
        let policy = Some(ResourcePolicy { document, sole: true });
        Ok(Subject { arn: self.arn(&key.id), tags: key.tags.clone(), policy })
    }
}
