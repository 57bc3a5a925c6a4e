//! How long events are kept.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>

use serde_json::json;

use super::{Answer, Call, invalid, names};

/// The numbers of days there are.
const DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let days: i64 = call.need("retentionInDays")?;
    let Some(days) = DAYS.into_iter().find(|it| i64::from(*it) == days) else {
        let valid: Vec<_> = DAYS.iter().map(u32::to_string).collect();
        return Err(invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy \
             constraint: Member must satisfy enum value set: [{}]",
            valid.join(", ")
        )));
    };
    let name = names::find(call)?;
    call.occupy(&name)?;
    call.change(&name, |it| it.retention = Some(days));
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = names::find(call)?;
    call.occupy(&name)?;
    call.change(&name, |it| it.retention = None);
    Ok(json!({}))
}
