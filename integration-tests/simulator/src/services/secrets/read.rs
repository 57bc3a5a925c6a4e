//! What a secret is, and what it says.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html>.
//! When something was looked at last is not kept.

use serde_json::{Value, json};

use super::{Answer, Call, Secret, key, list, names, refused, tags, value::Content, versions};
use crate::{fault::Fault, shelf::Record};

/// What is told of a secret; `stages` is what the labels are called there.
pub(super) fn shown(call: &Call<'_>, secret: &Record<Secret>, stages: &str) -> Value {
    let mut shown = json!({
        "ARN": call.arn(&secret.id, secret),
        "Name": secret.id,
        "CreatedDate": secret.created.as_seconds(),
        "LastChangedDate": secret.changed.as_seconds(),
    });
    if let Some(description) = &secret.description {
        shown["Description"] = json!(description);
    }
    if let Some(key) = &secret.key {
        shown["KmsKeyId"] = json!(key);
    }
    if !secret.tags.is_empty() {
        shown["Tags"] = tags::shown(&secret.tags);
    }
    if !secret.versions.is_empty() {
        shown[stages] = secret.versions.stages();
    }
    if let Some(deletion) = secret.deletion {
        let date = match call.settings.disputed("secret-deleted-date", 2) {
            0 => deletion.date,
            _ => deletion.asked,
        };
        shown["DeletedDate"] = json!(date.as_seconds());
    }
    shown
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let secret = names::see(call)?;
    Ok(shown(call, secret, "VersionIdsToStages"))
}

pub(super) fn value(call: &mut Call<'_>) -> Answer {
    let id: Option<String> = call.members.get("VersionId")?;
    let stage: Option<String> = call.members.get("VersionStage")?;
    let secret = names::living(names::see(call)?)?;
    let missing = |what: String| {
        let text = format!("Secrets Manager can't find the specified secret value for {what}");
        Fault::client("ResourceNotFoundException", text)
    };
    let (id, version) = if let Some(id) = id {
        let version = secret.versions.get(&id);
        let version = version.ok_or_else(|| missing(format!("VersionId: {id}")))?;
        if stage.is_some_and(|it| !version.stages.contains(&it)) {
            return Err(refused(
                "You provided a VersionStage that is not associated to the provided VersionId.",
            ));
        }
        (id, version)
    } else {
        let stage = stage.unwrap_or_else(|| versions::CURRENT.to_owned());
        let found = secret.versions.with(&stage);
        let (id, version) = found.ok_or_else(|| missing(format!("staging label: {stage}")))?;
        (id.clone(), version)
    };
    key::decrypts(call, &call.arn(&secret.id, secret), version.key.as_deref())?;
    let mut answer = json!({
        "ARN": call.arn(&secret.id, secret),
        "Name": secret.id,
        "VersionId": id,
        "VersionStages": version.stages,
        "CreatedDate": version.created.as_seconds(),
    });
    match &version.content {
        Content::Text(text) => answer["SecretString"] = json!(text.reveal()),
        Content::Bytes(bytes) => answer["SecretBinary"] = json!(bytes.reveal()),
    }
    Ok(answer)
}

pub(super) fn versions(call: &mut Call<'_>) -> Answer {
    let all = call.members.get("IncludeDeprecated")?.unwrap_or_default();
    let secret = names::see(call)?;
    let (page, most) = list::page(call, &format!("{} {all}", secret.id))?;
    let kept = secret.versions.all().filter(|it| all || !it.1.stages.is_empty());
    let cut = page.cut(most, kept.map(|it| (it.0.clone(), it)).collect());
    let version = |(id, it): (&String, &versions::Version)| {
        let mut shown = json!({
            "VersionId": id,
            "CreatedDate": it.created.as_seconds(),
            "KmsKeyIds": [it.key.as_deref().unwrap_or("DefaultEncryptionKey")],
        });
        if !it.stages.is_empty() {
            shown["VersionStages"] = json!(it.stages);
        }
        shown
    };
    let versions: Vec<_> = cut.items.into_iter().map(version).collect();
    let mut answer = json!({
        "ARN": call.arn(&secret.id, secret), "Name": secret.id, "Versions": versions,
    });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}
