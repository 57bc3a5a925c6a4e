//! What is done with alarms that are there.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html> and those beside them.

use serde_json::{Value, json};

use super::{
    Call,
    alarm::{Alarm, State, shown},
    history, refused,
};
use crate::{
    fault::Fault,
    services::{paging::Page, service::Answer},
    shelf::Record,
};

const MOST_NAMES: usize = 100;
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 100;

/// The name of an alarm.
pub(super) fn name(call: &Call<'_>, member: &str) -> Result<String, Fault> {
    let name: Option<String> = call.members.get(member)?;
    let name = name.unwrap_or_default();
    if (1..=255).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(refused(format!(
        "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must have \
         length between 1 and 255"
    )))
}

/// The names of alarms, up to a hundred.
fn names(call: &Call<'_>) -> Result<Option<Vec<String>>, Fault> {
    let names: Option<Vec<String>> = call.members.get("AlarmNames")?;
    if names.as_ref().is_some_and(|it| it.len() > MOST_NAMES) {
        return Err(refused(
            "1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have \
             length less than or equal to 100",
        ));
    }
    Ok(names)
}

fn some_names(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    let none = || refused("The parameter AlarmNames is required.");
    names(call)?.filter(|it| !it.is_empty()).ok_or_else(none)
}

/// A state by its name.
fn state(call: &Call<'_>) -> Result<Option<State>, Fault> {
    let Some(text) = call.members.get::<String>("StateValue")? else { return Ok(None) };
    let found = State::ALL.into_iter().find(|it| it.name() == text);
    found.map(Some).ok_or_else(|| {
        refused(format!(
            "1 validation error detected: Value '{text}' at 'stateValue' failed to satisfy constraint: Member must \
             satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
        ))
    })
}

/// Whether alarms on metrics are wanted among others.
pub(super) fn wants_metric_alarms(call: &Call<'_>) -> Result<bool, Fault> {
    let kinds: Option<Vec<String>> = call.members.get("AlarmTypes")?;
    let Some(kinds) = kinds.filter(|it| !it.is_empty()) else { return Ok(true) };
    let known = ["CompositeAlarm", "LogAlarm", "MetricAlarm"];
    match kinds.iter().find(|it| !known.contains(&it.as_str())) {
        Some(other) => {
            Err(refused(format!("The value {other} for parameter AlarmTypes is invalid.")))
        }
        None => Ok(kinds.iter().any(|it| it == "MetricAlarm")),
    }
}

/// Reads which page is wanted.
pub(super) fn page(call: &Call<'_>, usual: u32, of: &str) -> Result<Page, Fault> {
    let size: Option<u32> = call.members.get("MaxRecords")?;
    if size.is_some_and(|it| !(1..=LARGEST_PAGE).contains(&it)) {
        return Err(refused(
            "1 validation error detected: Value at 'maxRecords' failed to satisfy constraint: Member must have value \
             between 1 and 100",
        ));
    }
    let token: Option<String> = call.members.get("NextToken")?;
    Page::new(Some(size.unwrap_or(usual)), token.as_deref(), of)
        .ok_or_else(|| Fault::client("InvalidNextToken", "The next token specified is invalid."))
}

/// How large a page is at most.
pub(super) fn most(call: &Call<'_>) -> u32 {
    call.settings.page.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE)
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    for other in ["ChildrenOfAlarmName", "ParentsOfAlarmName"] {
        if call.members.get::<Value>(other)?.is_some() {
            return Err(Fault::unsupported("alarms on other alarms"));
        }
    }
    let named = names(call)?.filter(|it| !it.is_empty());
    let prefix: Option<String> = call.members.get("AlarmNamePrefix")?;
    let action: Option<String> = call.members.get("ActionPrefix")?;
    let state = state(call)?;
    let wanted = wants_metric_alarms(call)?;
    if named.is_some() && prefix.is_some() {
        return Err(refused("AlarmNames and AlarmNamePrefix are mutually exclusive."));
    }
    let print = format!("{named:?} {prefix:?} {action:?} {state:?} {wanted}");
    let page = page(call, PAGE, &print)?;
    let eyes = if named.is_some() { call.by_id() } else { call.in_lists() };
    let acts = |it: &Record<Alarm>, prefix: &str| {
        let all = State::ALL.into_iter().flat_map(|state| it.actions(state));
        all.into_iter().any(|it| it.starts_with(prefix))
    };
    let kept = call.state.alarms.all_seen(eyes).filter(|it| {
        wanted
            && named.as_ref().is_none_or(|names| names.contains(&it.id))
            && prefix.as_ref().is_none_or(|prefix| it.id.starts_with(prefix))
            && state.is_none_or(|state| it.state == state)
            && action.as_ref().is_none_or(|prefix| acts(it, prefix))
    });
    let rows = kept.map(|it| (it.id.clone(), shown(call.settings, call.region, it))).collect();
    let cut = page.cut(most(call), rows);
    let mut answer = json!({ "MetricAlarms": cut.items, "CompositeAlarms": [] });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

/// The names that are good are deleted, whatever the others are.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let names = some_names(call)?;
    let known: Vec<_> = names.iter().filter(|it| call.state.alarms.get(it).is_some()).collect();
    if known.is_empty() && call.settings.disputed("delete-unknown-alarms", 2) != 0 {
        return Err(Fault::new(404, "ResourceNotFound", "The alarms do not exist"));
    }
    for name in known {
        call.state.alarms.remove(call.stamp, name);
        history::configured(call, name, "deleted");
    }
    Ok(json!({}))
}

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    switch(call, true)
}

pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    switch(call, false)
}

/// Names that are none are passed over.
fn switch(call: &mut Call<'_>, acts: bool) -> Answer {
    let now = call.now;
    for name in some_names(call)? {
        let changed = call.state.alarms.change(call.stamp, &name, |it| {
            it.set.acts = acts;
            it.configured = now;
        });
        if changed.is_some() {
            history::configured(call, &name, "updated");
        }
    }
    Ok(json!({}))
}

pub(super) fn set(call: &mut Call<'_>) -> Answer {
    let name = name(call, "AlarmName")?;
    let state = state(call)?.ok_or_else(|| refused("The parameter StateValue is required."))?;
    let reason: Option<String> = call.members.get("StateReason")?;
    let reason = reason.ok_or_else(|| refused("The parameter StateReason is required."))?;
    let data: Option<String> = call.members.get("StateReasonData")?;
    if reason.chars().count() > 1_023 {
        return Err(refused("The parameter StateReason must be shorter than 1024 characters."));
    }
    if data.as_ref().is_some_and(|it| serde_json::from_str::<Value>(it).is_err()) {
        return Err(Fault::client("InvalidFormatFault", "StateReasonData is not valid JSON"));
    }
    if call.state.alarms.get(&name).is_none() {
        return Err(Fault::new(404, "ResourceNotFound", "The alarm does not exist"));
    }
    let stamp = call.stamp;
    call.state.turn(stamp, &name, (state, reason, data));
    Ok(json!({}))
}
