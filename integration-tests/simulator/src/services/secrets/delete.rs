//! Deletion, the way back, and the end.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>: the name
//! is taken until the secret is really gone, which is some time after its window, and also some
//! time after a deletion without one.

use std::time::Duration;

use serde_json::json;

use super::{
    Answer, Call, Deletion, Secrets, create, invalid,
    names::{self, Named},
    refused,
};
use crate::{Settings, Time, shelf::Stamp};

const DAY: Duration = Duration::from_hours(24);
const DEFAULT_DAYS: u32 = 30;

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let days: Option<i64> = call.members.get("RecoveryWindowInDays")?;
    let forced = call.members.get("ForceDeleteWithoutRecovery")?.unwrap_or_default();
    if forced && days.is_some() {
        return Err(invalid(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = match days.map(u32::try_from) {
        None => DEFAULT_DAYS,
        Some(Ok(days)) if (7..=30).contains(&days) => days,
        Some(_) => {
            return Err(invalid(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ));
        }
    };
    let named = Named::read(call)?;
    let secret = match names::find(call) {
        Ok(secret) => secret,
        // Deleting by force what is not there is no mistake.
        Err(_) if forced => {
            let arn = match &named {
                Named::Arn { prefix, rest } => format!("{prefix}{rest}"),
                Named::Name(name) => {
                    let (region, account) = (call.region, &call.settings.account);
                    let suffix = create::suffix(&mut call.rng);
                    format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}")
                }
            };
            let date = call.now.as_seconds();
            return Ok(json!({ "ARN": arn, "Name": named.name(), "DeletionDate": date }));
        }
        Err(fault) => return Err(fault),
    };
    if secret.deletion.is_some() && !forced {
        return Err(refused(
            "You can't perform this operation on the secret because it was already scheduled for \
             deletion.",
        ));
    }
    let name = secret.id.clone();
    let mut answer = create::told(call, &name, secret, None);
    let asked = call.now;
    let date = if forced { asked } else { asked + DAY * days };
    let gone = date + call.lasting(call.settings.durations.secret_deletion);
    answer["DeletionDate"] = json!(date.as_seconds());
    call.change(&name, |it| it.deletion = Some(Deletion { asked, date, gone, forced }));
    call.state.secrets.note(name, |it| it.deleted = Some(asked), asked);
    Ok(answer)
}

pub(super) fn restore(call: &mut Call<'_>) -> Answer {
    let secret = names::find(call)?;
    match secret.deletion {
        Some(deletion) if deletion.forced => {
            names::living(secret)?;
        }
        None if call.settings.disputed("restore-living-secret", 2) != 0 => {
            return Err(refused("The secret is not scheduled for deletion."));
        }
        Some(_) | None => {}
    }
    let name = secret.id.clone();
    let answer = create::told(call, &name, secret, None);
    call.change(&name, |it| it.deletion = None);
    call.state.secrets.note(name, |it| it.deleted = None, call.now);
    Ok(answer)
}

/// What is due is gone.
pub(super) fn settle(secrets: &mut Secrets, settings: &Settings, now: Time) {
    let ends = secrets.secrets.all().filter_map(|it| Some((it.id.clone(), it.deletion?.gone)));
    for (name, at) in ends.filter(|it| it.1 <= now).collect::<Vec<_>>() {
        let stamp = Stamp { at, by_id: at, listed: at + settings.lag.listed.max() };
        secrets.secrets.remove(stamp, &name);
    }
}
