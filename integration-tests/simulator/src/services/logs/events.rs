//! Log events, in simple form: they are kept as they come, and found by time and by words.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Call, constraint, describe, invalid, metric_filter, names,
    streams::{self, Event, OVERHEAD, Stream},
};
use crate::{fault::Fault, hidden::Hidden};

const LARGEST_BATCH: usize = 1_048_576;
const MOST: u32 = 10_000;
const DAY: u64 = 24 * 60 * 60 * 1000;
/// How far ahead of the clock an event may be.
const AHEAD: Duration = Duration::from_hours(2);
/// How many days old an event may be.
const OLDEST: u64 = 14;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    timestamp: u64,
    message: String,
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let stream = streams::name(call)?;
    let group = names::find(call)?;
    let given: Vec<Given> = call.need("logEvents")?;
    // No longer looked at.
    call.members.get::<String>("sequenceToken")?;
    if !(1..=MOST as usize).contains(&given.len()) {
        return Err(constraint("logEvents", "have length between 1 and 10000"));
    }
    if given.iter().any(|it| it.message.is_empty()) {
        return Err(constraint("logEvents.1.member.message", "have length of at least 1"));
    }
    let size: usize = given.iter().map(|it| it.message.len() + OVERHEAD).sum();
    if size > LARGEST_BATCH {
        return Err(invalid(format!("Upload too large: {size} bytes exceeds limit of 1048576")));
    }
    if !given.is_sorted_by_key(|it| it.timestamp) {
        return Err(invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let first = given.first().map_or(0, |it| it.timestamp);
    if given.last().is_some_and(|it| it.timestamp - first > DAY) {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 \
             hours.",
        ));
    }
    let days = names::named(call, &group)?.retention.map_or(u64::MAX, u64::from);
    let now = call.now.as_millis();
    let too_new = (call.now + AHEAD).as_millis();
    let too_old = now.saturating_sub(OLDEST * DAY);
    let expired = now.saturating_sub(days.saturating_mul(DAY));
    let before = |time: u64| given.iter().filter(|it| it.timestamp < time).count();
    let (old, gone, new) = (before(too_old), before(expired), before(too_new + 1));
    let mut rejected = serde_json::Map::new();
    if old > 0 {
        rejected.insert("tooOldLogEventEndIndex".to_owned(), json!(old));
    }
    if gone > old {
        rejected.insert("expiredLogEventEndIndex".to_owned(), json!(gone));
    }
    if new < given.len() {
        rejected.insert("tooNewLogEventStartIndex".to_owned(), json!(new));
    }
    let came = call.now;
    let token = call.rng.below(u64::MAX);
    let streams = call.state.streams.get_mut(&group);
    let stream = streams.and_then(|it| it.get_mut(&stream)).ok_or_else(streams::not_found)?;
    let first = old.max(gone);
    let good: Vec<_> = given.into_iter().take(new).skip(first).collect();
    let seen: Vec<_> = good.iter().map(|it| (it.timestamp, it.message.clone())).collect();
    stream.events.extend(good.into_iter().map(|it| Event {
        at: it.timestamp,
        came,
        message: Hidden::new(it.message),
    }));
    stream.events.sort_by_key(|it| it.at);
    call.state.count(&group, &seen);
    let mut answer = json!({ "nextSequenceToken": format!("{token:056}") });
    if !rejected.is_empty() {
        answer["rejectedLogEventsInfo"] = Value::Object(rejected);
    }
    Ok(answer)
}

/// The events of a time, each with its place in the stream.
fn within<'a>(
    call: &Call<'_>,
    stream: &'a Stream,
    end_included: bool,
) -> Result<Vec<(usize, &'a Event)>, Fault> {
    let start: Option<u64> = call.members.get("startTime")?;
    let end: Option<u64> = call.members.get("endTime")?;
    let begun = |it: &Event| start.is_none_or(|start| it.at >= start);
    let ended = |it: &Event| end.is_some_and(|end| it.at > end || (it.at == end && !end_included));
    let all = stream.events.iter().enumerate();
    Ok(all.filter(|it| begun(it.1) && !ended(it.1)).collect())
}

/// Refuses what is not modelled of both ways to read.
fn masked(call: &Call<'_>) -> Result<(), Fault> {
    if call.members.get("unmask")?.unwrap_or(false) {
        return Err(Fault::unsupported("data protection of logs"));
    }
    Ok(())
}

/// A place between two events, and the way from there.
enum Place {
    Forward(usize),
    Backward(usize),
}

fn place(token: &str) -> Result<Place, Fault> {
    let wrong = || invalid("The specified nextToken is invalid.");
    let (way, at) = token.split_once('/').ok_or_else(wrong)?;
    let at: usize = at.parse().map_err(|_| wrong())?;
    match way {
        "f" => Ok(Place::Forward(at)),
        "b" => Ok(Place::Backward(at)),
        _ => Err(wrong()),
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    masked(call)?;
    let stream = streams::name(call)?;
    let group = names::either(call)?;
    let from_head = call.members.get("startFromHead")?.unwrap_or(false);
    let limit: Option<u32> = call.members.get("limit")?;
    let limit = limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(constraint("limit", "have value between 1 and 10000"));
    }
    let limit = call.settings.page.unwrap_or(limit).min(limit) as usize;
    let token: Option<String> = call.members.get("nextToken")?;
    let streams = call.state.streams.get(&group);
    let stream = streams.and_then(|it| it.get(&stream)).ok_or_else(streams::not_found)?;
    let all = within(call, stream, false)?;
    let from = match token.as_deref().map(place).transpose()? {
        Some(place) => place,
        None if from_head => Place::Forward(0),
        None => Place::Backward(all.len()),
    };
    let (start, end) = match from {
        Place::Forward(at) => (at.min(all.len()), at.saturating_add(limit).min(all.len())),
        Place::Backward(at) => (at.min(all.len()).saturating_sub(limit), at.min(all.len())),
    };
    let events = all.get(start..end).unwrap_or_default().iter().map(|(_, it)| {
        json!({
            "timestamp": it.at, "message": it.message.reveal(), "ingestionTime": it.came.as_millis(),
        })
    });
    Ok(json!({
        "events": events.collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{end:056}"),
        "nextBackwardToken": format!("b/{start:056}"),
    }))
}

pub(super) fn filter(call: &mut Call<'_>) -> Answer {
    masked(call)?;
    let group = names::either(call)?;
    let pattern: String = call.members.get("filterPattern")?.unwrap_or_default();
    let named: Option<Vec<String>> = call.members.get("logStreamNames")?;
    let prefix: Option<String> = call.members.get("logStreamNamePrefix")?;
    // No longer looked at.
    call.members.get::<bool>("interleaved")?;
    if named.is_some() && prefix.is_some() {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
        ));
    }
    let meaning = metric_filter::pattern(&pattern)?;
    let request = format!("{group} {pattern} {named:?} {prefix:?}");
    let (page, most) = describe::page(call, MOST, MOST, &request)?;
    let mut all = Vec::new();
    for (name, stream) in call.state.streams.get(&group).into_iter().flatten() {
        let meant = named.as_ref().is_none_or(|it| it.contains(name))
            && prefix.as_ref().is_none_or(|it| name.starts_with(it));
        for (index, it) in within(call, stream, true)? {
            let text = it.message.reveal();
            if meant && meaning.matches(text) {
                let key = format!("{:020} {name} {index:010}", it.at);
                let event = json!({
                    "logStreamName": name, "timestamp": it.at, "message": text,
                    "ingestionTime": it.came.as_millis(),
                    "eventId": format!("{:056}", u128::from(it.at) << 32 | index as u128),
                });
                all.push((key, event));
            }
        }
    }
    let cut = page.cut(most, all);
    let mut answer = json!({ "events": cut.items, "searchedLogStreams": [] });
    if let Some(next) = cut.next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}
