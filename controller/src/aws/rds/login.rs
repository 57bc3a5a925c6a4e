//! What the master user of a database logs in with: a version of a secret.

use std::fmt;

use aws_sdk_rds::types::Tag;
use serde::{Serialize, Serializer};

use crate::{
    engine::{CallError, Initially, PhysicalId, Resolved, Stage, Told},
    leaf, record,
};

use super::{
    super::{
        clients::Aws,
        identity::TAG_LOGIN,
        secrets::{self, SecretValue},
        tags::Retagging,
    },
    retag,
};

/// What the master user logs in with.
#[derive(Clone, Debug)]
pub struct Login<S: Stage = Resolved> {
    /// The secret it is read from, when it is set. The database does not tell.
    pub secret: Told<S::In<String>>,
    /// What of it was set last.
    pub version: Told<Initially<S::In<LoginVersion>>>,
}

record! { Login { secret, version } }

/// A version of a secret, and what of it is the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginVersion {
    /// The id of the version.
    pub id: String,
    /// The field that holds it, if the secret is a JSON object.
    pub field: Option<String>,
}

leaf!(LoginVersion);

impl LoginVersion {
    /// All of this version of a secret.
    pub fn all_of(id: &str) -> Self {
        Self { id: id.to_owned(), field: None }
    }

    /// As it is written in a tag: no name of a field has an `@`.
    fn read(text: &str) -> Self {
        let (field, id) = text.split_once('@').unwrap_or(("", text));
        Self { id: id.to_owned(), field: Some(field.to_owned()).filter(|it| !it.is_empty()) }
    }
}

impl fmt::Display for LoginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}@{}", self.id),
            None if self.id.contains('@') => write!(f, "@{}", self.id),
            None => f.write_str(&self.id),
        }
    }
}

impl Serialize for LoginVersion {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

fn version(login: &Login) -> Option<&LoginVersion> {
    login.version.0.as_ref()?.value()
}

/// The password of the master user.
pub(super) async fn password(aws: &Aws, login: &Login) -> Result<SecretValue, CallError> {
    let secret = login.secret.0.as_deref().unwrap_or_default();
    let version = version(login);
    let value = aws.secret_value(secret, version.map(|it| it.id.as_str())).await?;
    let field = version.and_then(|it| it.field.as_deref());
    value.text(field).ok_or_else(|| secrets::no_text(secret, field))
}

/// What says which version of the secret was set last.
pub(super) fn login_tag(login: &Login) -> Option<Tag> {
    let version = version(login)?;
    Some(Tag::builder().key(TAG_LOGIN).value(version.to_string()).build())
}

/// Says on a database which version of the secret was set.
pub(super) async fn say(aws: &Aws, id: &PhysicalId, login: &Login) -> Result<(), CallError> {
    let Some(version) = version(login) else { return Ok(()) };
    let put = vec![(TAG_LOGIN.to_owned(), version.to_string())];
    retag(aws, &id.0, Retagging { put, drop: Vec::new() }).await
}

/// The version that was set last, as the tags say.
pub(super) fn version_set(tags: &[(String, String)]) -> Told<Initially<LoginVersion>> {
    let set = tags.iter().find(|(key, _)| key == TAG_LOGIN).map(|(_, version)| version.as_str());
    Told(Some(Initially::Always(LoginVersion::read(set.unwrap_or_default()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tag_says_was_set_is_read_as_it_was_written() {
        let all = LoginVersion::all_of("6f1e");
        let field = LoginVersion { field: Some("a.b-c_D".into()), ..all.clone() };
        let odd = LoginVersion::all_of("a@b/c");
        for (version, text) in [(all, "6f1e"), (field, "a.b-c_D@6f1e"), (odd, "@a@b/c")] {
            assert_eq!(version.to_string(), text);
            assert_eq!(LoginVersion::read(text), version);
        }
    }
}
