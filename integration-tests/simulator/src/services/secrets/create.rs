//! Creation.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>: a
//! creation that is repeated with the same token and value is one creation.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Answer, Call, Secret, constraint, key, names, refused, tags,
    value::{Content, given_token, token},
    versions::{CURRENT, Version, Versions},
};
use crate::{fault::Fault, random::Rng, shelf::Record};

const LONGEST_DESCRIPTION: usize = 2048;
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The random characters at the end of an ARN.
pub(super) fn suffix(rng: &mut Rng) -> String {
    let letters = std::iter::repeat_with(|| rng.pick(LETTERS).copied().map(char::from));
    letters.flatten().take(names::SUFFIX).collect()
}

/// Reads a description.
pub(super) fn description(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let text: Option<String> = call.members.get("Description")?;
    if text.as_ref().is_some_and(|it| it.chars().count() > LONGEST_DESCRIPTION) {
        return Err(constraint("description", "have length less than or equal to 2048"));
    }
    Ok(text)
}

/// What is said of a token that has another value already.
pub(super) fn token_in_use(token: &str, arn: &str) -> Fault {
    let text = format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a \
         version of secret {arn}."
    );
    Fault::client("ResourceExistsException", text)
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name: String = call.members.need("Name")?;
    names::check(&name)?;
    let content = Content::read(call.members)?;
    let token = if content.is_some() { Some(token(call)?) } else { given_token(call)? };
    let description = description(call)?.filter(|it| !it.is_empty());
    let key = key::read(call)?.and_then(key::Wanted::kept);
    let tags = tags::read(call)?;
    tags::within_quota(call, &tags)?;
    let version = content.zip(token);
    if let Some(old) = call.state.secrets.get(&name) {
        return again(call, old, version);
    }
    let most = call.settings.quotas.secrets as usize;
    if call.state.secrets.all().count() >= most {
        let text = format!("You've exceeded the maximum of {most} secrets.");
        return Err(Fault::client("LimitExceededException", text));
    }
    let (settings, now) = (call.settings, call.now);
    let mut body = Secret {
        suffix: suffix(&mut call.rng),
        description,
        key,
        versions: Versions::default(),
        policy: None,
        created: now,
        changed: now,
        deletion: None,
    };
    let id = match version {
        Some((content, id)) => {
            key::encrypts(call, &call.arn(&name, &body), body.key.as_deref())?;
            let stages = BTreeSet::new();
            let version = Version { content, stages, created: now, key: body.key.clone() };
            body.versions.add(settings, &id, version, &[CURRENT.to_owned()])?;
            Some(id)
        }
        None => None,
    };
    let answer = told(call, &name, &body, id);
    call.state.secrets.add(call.stamp, Some(now), Record { id: name, tags, body });
    Ok(answer)
}

/// What a creation gets whose name is taken.
fn again(call: &Call<'_>, old: &Record<Secret>, version: Option<(Content, String)>) -> Answer {
    if old.deletion.is_some() {
        return Err(refused(
            "You can't create this secret because a secret with this name is already scheduled \
             for deletion.",
        ));
    }
    let exists = || {
        let text = format!("The operation failed because the secret {} already exists.", old.id);
        Fault::client("ResourceExistsException", text)
    };
    let (content, token) = version.ok_or_else(exists)?;
    let known = old.versions.get(&token).ok_or_else(exists)?;
    if known.content == content {
        Ok(told(call, &old.id, old, Some(token)))
    } else {
        Err(token_in_use(&token, &call.arn(&old.id, old)))
    }
}

/// What a write tells of the secret.
pub(super) fn told(call: &Call<'_>, name: &str, secret: &Secret, version: Option<String>) -> Value {
    let mut answer = json!({ "ARN": call.arn(name, secret), "Name": name });
    if let Some(version) = version {
        answer["VersionId"] = json!(version);
    }
    answer
}
