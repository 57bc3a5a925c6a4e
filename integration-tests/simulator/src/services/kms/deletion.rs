//! How a key goes: scheduled, taken back, gone when its window has passed.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html>. Its aliases stay until
//! then and go with it.

use std::time::Duration;

use serde_json::json;

use super::{Answer, Call, Kms, Place, State, constraint, wrong_state};
use crate::{Time, shelf::Stamp};

const SHORTEST: u32 = 7;
const LONGEST: u32 = 30;

pub(super) fn schedule(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let days = call.members.get::<u32>("PendingWindowInDays")?.unwrap_or(LONGEST);
    if !(SHORTEST..=LONGEST).contains(&days) {
        let rule = format!("have value between {SHORTEST} and {LONGEST}");
        return Err(constraint(days, "pendingWindowInDays", &rule));
    }
    let place = Place::of(call);
    let key = place.own(&text, "ScheduleKeyDeletion")?;
    place.not_pending(&key)?;
    let until = call.now + Duration::from_hours(24) * days;
    let answer = json!({
        "KeyId": place.arn(&key.id),
        "DeletionDate": until.as_seconds(),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    });
    call.state.keys.change(call.stamp, &key.id, |it| it.state = State::PendingDeletion { until });
    Ok(answer)
}

pub(super) fn cancel(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let place = Place::of(call);
    let key = place.own(&text, "CancelKeyDeletion")?;
    let arn = place.arn(&key.id);
    if !matches!(key.state, State::PendingDeletion { .. }) {
        return Err(wrong_state(format!("{arn} is not pending deletion.")));
    }
    call.state.keys.change(call.stamp, &key.id, |it| it.state = State::Disabled);
    Ok(json!({ "KeyId": arn }))
}

/// Removes the keys whose window has passed, and their aliases.
pub(super) fn settle(kms: &mut Kms, now: Time) {
    let due = kms.keys.all().filter_map(|it| match it.state {
        State::PendingDeletion { until } if until <= now => Some((it.id.clone(), until)),
        State::PendingDeletion { .. } | State::Enabled { .. } | State::Disabled => None,
    });
    for (id, at) in due.collect::<Vec<_>>() {
        let stamp = Stamp { at, by_id: at, listed: at };
        let names = kms.aliases.all().filter(|it| it.key == id).map(|it| it.id.clone());
        for name in names.collect::<Vec<_>>() {
            kms.aliases.remove(stamp, &name);
        }
        kms.keys.remove(stamp, &id);
    }
}
