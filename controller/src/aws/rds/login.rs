//! What the master user of a database logs in with: a version of a secret.

use aws_sdk_rds::types::Tag;

use crate::{
    engine::{CallError, PhysicalId, Resolved, Stage, Told},
    record,
};

use super::super::{clients::Aws, identity::TAG_LOGIN, secrets::SecretValue};

/// What the master user logs in with.
#[derive(Clone, Debug)]
pub struct Login<S: Stage = Resolved> {
    /// The secret it is read from, when it is set. The database does not tell.
    pub secret: Told<S::In<String>>,
    /// The version of the secret that was set last; a secret of somebody else's has none that is known.
    pub version: Told<S::In<String>>,
}

record! { Login { secret, version } }

/// The password of the master user.
pub(super) async fn password(aws: &Aws, login: &Login) -> Result<SecretValue, CallError> {
    let secret = login.secret.0.as_deref().unwrap_or_default();
    aws.secret_value(secret, login.version.0.as_deref()).await
}

/// What says which version of the secret was set last.
pub(super) fn login_tag(login: &Login) -> Option<Tag> {
    let version = login.version.0.as_ref()?;
    Some(Tag::builder().key(TAG_LOGIN).value(version).build())
}

/// Says on a database which version of the secret was set.
pub(super) async fn say(aws: &Aws, id: &PhysicalId, login: &Login) -> Result<(), CallError> {
    let Some(tag) = login_tag(login) else { return Ok(()) };
    let call = || aws.rds.add_tags_to_resource().resource_name(&id.0).tags(tag.clone()).send();
    aws.write("rds:AddTagsToResource", call).await.map(drop)
}

/// The version that was set last, as the tags say.
pub(super) fn version_set(tags: &[(String, String)]) -> Told<String> {
    let set = tags.iter().find(|(key, _)| key == TAG_LOGIN).map(|(_, version)| version.clone());
    Told(Some(set.unwrap_or_default()))
}
