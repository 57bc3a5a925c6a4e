//! New values, other details, and where the labels are.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    Answer, Call, constraint,
    create::{description, token_in_use, told},
    invalid, key, names, refused,
    value::{Content, given_token, token},
    versions::{CURRENT, Version},
};
use crate::fault::Fault;

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let token = token(call)?;
    let content = Content::read(call.members)?
        .ok_or_else(|| refused("You must provide either SecretString or SecretBinary."))?;
    let asked = stages(call)?;
    let secret = names::find_living(call)?;
    let (name, key) = (secret.id.clone(), secret.key.clone());
    if let Some(old) = secret.versions.get(&token) {
        if old.content != content {
            return Err(token_in_use(&token, &call.arn(&name, secret)));
        }
        let mut answer = told(call, &name, secret, Some(token));
        answer["VersionStages"] = json!(old.stages);
        return Ok(answer);
    }
    let mut stages = asked.unwrap_or_else(|| vec![CURRENT.to_owned()]);
    let too = call.settings.disputed("put-secret-value-with-stages", 2) != 0;
    if (secret.versions.is_empty() || too) && !stages.iter().any(|it| it == CURRENT) {
        stages.push(CURRENT.to_owned());
    }
    key::encrypts(call, &call.arn(&name, secret), key.as_deref())?;
    let mut versions = secret.versions.clone();
    let version = Version { content, stages: BTreeSet::new(), created: call.now, key };
    versions.add(call.settings, &token, version, &stages)?;
    let mut answer = told(call, &name, secret, Some(token.clone()));
    answer["VersionStages"] = json!(versions.get(&token).map(|it| &it.stages));
    call.change(&name, |it| it.versions = versions);
    Ok(answer)
}

/// The labels a request names.
fn stages(call: &Call<'_>) -> Result<Option<Vec<String>>, Fault> {
    let stages: Option<Vec<String>> = call.members.get("VersionStages")?;
    if let Some(stages) = &stages {
        if !(1..=20).contains(&stages.len()) {
            return Err(constraint("versionStages", "have length between 1 and 20"));
        }
        stages.iter().try_for_each(|it| check_stage(it))?;
    }
    Ok(stages)
}

fn check_stage(stage: &str) -> Result<(), Fault> {
    if (1..=256).contains(&stage.chars().count()) {
        Ok(())
    } else {
        Err(constraint("versionStage", "have length between 1 and 256"))
    }
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let description = description(call)?;
    let other_key = key::read(call)?;
    let content = Content::read(call.members)?;
    let token = if content.is_some() { Some(token(call)?) } else { given_token(call)? };
    let secret = names::find_living(call)?;
    let name = secret.id.clone();
    let mut versions = secret.versions.clone();
    let key = match other_key {
        Some(other) => other.kept(),
        None => secret.key.clone(),
    };
    if key != secret.key && !versions.is_empty() {
        key::encrypts(call, &call.arn(&name, secret), key.as_deref())?;
        versions.encrypt(key.as_ref());
    }
    let made = match content.zip(token) {
        Some((content, id)) => match versions.get(&id) {
            Some(old)
                if old.content == content
                    && call.settings.disputed("update-secret-token-again", 2) != 0 =>
            {
                Some(id)
            }
            Some(_) => return Err(token_in_use(&id, &call.arn(&name, secret))),
            None => {
                key::encrypts(call, &call.arn(&name, secret), key.as_deref())?;
                let (stages, created) = (BTreeSet::new(), call.now);
                let version = Version { content, stages, created, key: key.clone() };
                versions.add(call.settings, &id, version, &[CURRENT.to_owned()])?;
                Some(id)
            }
        },
        None => None,
    };
    let answer = told(call, &name, secret, made);
    call.change(&name, |it| {
        if let Some(text) = description {
            it.description = Some(text).filter(|it| !it.is_empty());
        }
        it.key = key;
        it.versions = versions;
    });
    Ok(answer)
}

pub(super) fn stage(call: &mut Call<'_>) -> Answer {
    let stage: String = call.members.need("VersionStage")?;
    check_stage(&stage)?;
    let from: Option<String> = call.members.get("RemoveFromVersionId")?;
    let to: Option<String> = call.members.get("MoveToVersionId")?;
    let secret = names::find_living(call)?;
    let name = secret.id.clone();
    let mut versions = secret.versions.clone();
    for id in [&from, &to].into_iter().flatten() {
        if versions.get(id).is_none() {
            let text = format!("Secrets Manager can't find the specified secret version: {id}.");
            return Err(Fault::client("ResourceNotFoundException", text));
        }
    }
    let at = versions.with(&stage).map(|it| it.0.clone());
    match (&at, &from) {
        (Some(at), None) if to.as_ref() != Some(at) => {
            return Err(invalid(format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is \
                 currently attached to version {at}, so you must explicitly reference that version \
                 in RemoveFromVersionId."
            )));
        }
        (at, Some(from)) if at.as_ref() != Some(from) => {
            return Err(invalid(format!(
                "Staging label {stage} is not attached to version {from}, which \
                 RemoveFromVersionId references."
            )));
        }
        _ => {}
    }
    match to {
        Some(to) => versions.label(&to, &stage)?,
        None if stage == CURRENT => {
            return Err(invalid(
                "You can only move staging label AWSCURRENT to a different secret version. It \
                 can't be completely removed.",
            ));
        }
        None if at.is_none() => {
            return Err(invalid(
                "You must specify MoveToVersionId, RemoveFromVersionId or both of them.",
            ));
        }
        None => {
            versions.unlabel(&stage);
        }
    }
    let answer = told(call, &name, secret, None);
    call.change(&name, |it| it.versions = versions);
    Ok(answer)
}
