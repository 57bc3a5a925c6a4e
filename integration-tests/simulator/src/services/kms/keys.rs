//! Keys: made, looked at, listed, described otherwise, disabled and enabled.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html> and its sisters. No
//! token protects `CreateKey`: every call makes a key.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Answer, Call, Key, Manager, Place, State, constraint, digits, listing, managed, policies, tags,
};
use crate::{
    Time,
    fault::Fault,
    random::{Rng, fold},
    shelf::Record,
};

const LONGEST_DESCRIPTION: usize = 8192;

/// A member that is there for other kinds of keys; only what makes the usual kind is modelled.
fn only(call: &Call<'_>, name: &str, usual: &str) -> Result<(), Fault> {
    match call.members.get::<String>(name)? {
        Some(other) if other != usual => {
            Err(Fault::unsupported(format!("keys whose {name} is {other}")))
        }
        Some(_) | None => Ok(()),
    }
}

fn description(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let text: Option<String> = call.members.get("Description")?;
    if let Some(long) = text.as_ref().filter(|it| it.chars().count() > LONGEST_DESCRIPTION) {
        let rule = format!("have length less than or equal to {LONGEST_DESCRIPTION}");
        return Err(constraint(long, "description", &rule));
    }
    Ok(text)
}

/// Refuses grant tokens: what the caller may do does not come from grants here.
pub(super) fn no_grant_tokens(call: &Call<'_>) -> Result<(), Fault> {
    let tokens: Vec<String> = call.members.get("GrantTokens")?.unwrap_or_default();
    if tokens.is_empty() { Ok(()) } else { Err(Fault::unsupported("grant tokens")) }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    only(call, "KeySpec", "SYMMETRIC_DEFAULT")?;
    only(call, "KeyUsage", "ENCRYPT_DECRYPT")?;
    only(call, "Origin", "AWS_KMS")?;
    if call.members.get("MultiRegion")?.unwrap_or_default() {
        return Err(Fault::unsupported("multi-Region keys"));
    }
    let description = description(call)?.unwrap_or_default();
    let tags = tags::read(call)?.unwrap_or_default();
    tags::within_quota(call, &tags)?;
    let id = call.rng.uuid();
    let policy = policies::at_creation(call, &id)?;
    let most = call.settings.quotas.kms_keys;
    if call.state.keys.all().count() >= most as usize {
        let text = format!("You have reached the maximum number of keys ({most}).");
        return Err(Fault::client("LimitExceededException", text));
    }
    let now = call.now;
    let body = Key {
        manager: Manager::Customer,
        description,
        created: now,
        state: State::Enabled { known: now },
        rotation: None,
        policy,
        grants: BTreeMap::new(),
    };
    let record = Record { id, tags, body };
    let metadata = metadata(&Place::of(call), &record);
    call.state.keys.add(call.stamp, Some(now), record);
    Ok(json!({ "KeyMetadata": metadata }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    no_grant_tokens(call)?;
    let place = Place::of(call);
    let key = place.seen_by_any_name(&text)?;
    Ok(json!({ "KeyMetadata": metadata(&place, &key) }))
}

/// The name of a state on the wire.
fn state_name(state: State) -> &'static str {
    match state {
        State::Enabled { .. } => "Enabled",
        State::Disabled => "Disabled",
        State::PendingDeletion { .. } => "PendingDeletion",
    }
}

fn metadata(place: &Place<'_>, key: &Record<Key>) -> Value {
    let mut shown = json!({
        "AWSAccountId": place.settings.account,
        "KeyId": key.id,
        "Arn": place.arn(&key.id),
        "CreationDate": key.created.as_seconds(),
        "Enabled": matches!(key.state, State::Enabled { .. }),
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": state_name(key.state),
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
        "CurrentKeyMaterialId": material(key, place.now),
    });
    if let State::PendingDeletion { until } = key.state {
        shown["DeletionDate"] = json!(until.as_seconds());
    }
    shown
}

/// The id of the material a key encrypts with now: another one after each rotation.
fn material(key: &Record<Key>, now: Time) -> String {
    let turns = key.rotation.as_ref().map_or(0, |it| it.turns(now));
    let mut rng = Rng::new(fold(turns, &key.id));
    digits(&mut rng, 4)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let place = Place::of(call);
    let own = call.state.keys.all_seen(call.in_lists()).map(|it| it.id.clone());
    let ids = own.chain(managed::keys(&place).into_iter().map(|it| it.id));
    let row = |id: String| {
        let shown = json!({ "KeyId": id, "KeyArn": place.arn(&id) });
        (id, shown)
    };
    listing::answer(call, (100, 1000), "ListKeys", ("Keys", ids.map(row).collect()))
}

pub(super) fn describe_otherwise(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let description = match description(call)? {
        Some(description) => description,
        None => call.members.need("Description")?,
    };
    let place = Place::of(call);
    let key = place.own(&text, "UpdateKeyDescription")?;
    place.not_pending(&key)?;
    call.state.keys.change(call.stamp, &key.id, |it| it.description = description);
    Ok(json!({}))
}

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let place = Place::of(call);
    let key = place.own(&text, "EnableKey")?;
    place.not_pending(&key)?;
    if key.state == State::Disabled {
        let span = call.settings.durations.kms_cache;
        let known = call.now + call.lasting(span);
        call.state.keys.change(call.stamp, &key.id, |it| it.state = State::Enabled { known });
    }
    Ok(json!({}))
}

pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let place = Place::of(call);
    let key = place.own(&text, "DisableKey")?;
    place.not_pending(&key)?;
    call.state.keys.change(call.stamp, &key.id, |it| it.state = State::Disabled);
    Ok(json!({}))
}
