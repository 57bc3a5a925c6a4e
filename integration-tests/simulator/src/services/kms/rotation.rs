//! Rotation of a key's material.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>. A key must be
//! enabled for its rotation to be switched, and KMS's own caches may say for a minute that it is not.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, Place, State, constraint, wrong_state};
use crate::Time;

/// The days between two rotations when nobody says otherwise.
pub(super) const YEAR: u32 = 365;
const SHORTEST: u32 = 90;
const LONGEST: u32 = 2560;

const DAY: Duration = Duration::from_hours(24);

/// When the material of a key is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rotation {
    pub(super) days: u32,
    pub(super) since: Time,
}

impl Rotation {
    fn period(self) -> Duration {
        DAY * self.days
    }

    /// How often the material has been made anew until `now`.
    pub(super) fn turns(self, now: Time) -> u64 {
        now.since(self.since).as_secs() / self.period().as_secs().max(1)
    }

    /// When it is made anew next.
    fn next(self, now: Time) -> Time {
        let turns = u32::try_from(self.turns(now)).unwrap_or(u32::MAX).saturating_add(1);
        self.since + self.period().saturating_mul(turns)
    }
}

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let days: Option<u32> = call.members.get("RotationPeriodInDays")?;
    if let Some(days) = days.filter(|it| !(SHORTEST..=LONGEST).contains(it)) {
        let rule = if days > LONGEST {
            format!("have value less than or equal to {LONGEST}")
        } else {
            format!("have value greater than or equal to {SHORTEST}")
        };
        return Err(constraint(days, "rotationPeriodInDays", &rule));
    }
    let place = Place::of(call);
    let key = place.own(&text, "EnableKeyRotation")?;
    place.enabled(&key)?;
    let kept = key.rotation.filter(|_| {
        days.is_none() && call.settings.disputed("kms-rotation-again-without-period", 2) == 1
    });
    let fresh = Rotation { days: days.unwrap_or(YEAR), since: call.now };
    let same = key.rotation.filter(|it| it.days == fresh.days);
    let rotation = kept.or(same).unwrap_or(fresh);
    call.state.keys.change(call.stamp, &key.id, |it| it.rotation = Some(rotation));
    Ok(json!({}))
}

pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let place = Place::of(call);
    let key = place.own(&text, "DisableKeyRotation")?;
    place.enabled(&key)?;
    call.state.keys.change(call.stamp, &key.id, |it| it.rotation = None);
    Ok(json!({}))
}

pub(super) fn status(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let place = Place::of(call);
    let key = place.seen(&text)?;
    let arn = place.arn(&key.id);
    let pending = matches!(key.state, State::PendingDeletion { .. });
    if pending && call.settings.disputed("kms-rotation-of-pending-key", 2) == 1 {
        return Err(wrong_state(format!("{arn} is pending deletion.")));
    }
    Ok(match key.rotation.filter(|_| !pending) {
        Some(rotation) => json!({
            "KeyId": arn,
            "KeyRotationEnabled": true,
            "RotationPeriodInDays": rotation.days,
            "NextRotationDate": rotation.next(call.now).as_seconds(),
        }),
        None => json!({ "KeyId": arn, "KeyRotationEnabled": false }),
    })
}
