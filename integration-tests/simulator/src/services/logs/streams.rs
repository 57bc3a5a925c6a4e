//! Log streams.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, constraint, describe, invalid, length, names};
use crate::{Time, fault::Fault, hidden::Hidden};

/// What each event counts besides its text.
pub(super) const OVERHEAD: usize = 26;

/// A stream and its events, in the order of their times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stream {
    pub(super) created: Time,
    pub(super) events: Vec<Event>,
}

/// An event; its text may hold anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) at: u64,
    pub(super) came: Time,
    pub(super) message: Hidden,
}

impl Stream {
    pub(super) fn bytes(&self) -> usize {
        self.events.iter().map(|it| it.message.reveal().len() + OVERHEAD).sum()
    }
}

/// Reads the name of a stream.
pub(super) fn name(call: &Call<'_>) -> Result<String, Fault> {
    let name: String = call.need("logStreamName")?;
    length("logStreamName", &name, 512)?;
    if name.contains([':', '*']) {
        return Err(constraint("logStreamName", "satisfy regular expression pattern: [^:*]*"));
    }
    Ok(name)
}

pub(super) fn not_found() -> Fault {
    Fault::client("ResourceNotFoundException", "The specified log stream does not exist.")
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let stream = name(call)?;
    let group = names::find(call)?;
    let now = call.now;
    let streams = call.state.streams.entry(group).or_default();
    if streams.contains_key(&stream) {
        let text = "The specified log stream already exists";
        return Err(Fault::client("ResourceAlreadyExistsException", text));
    }
    streams.insert(stream, Stream { created: now, events: Vec::new() });
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let stream = name(call)?;
    let group = names::find(call)?;
    let streams = call.state.streams.get_mut(&group);
    streams.and_then(|it| it.remove(&stream)).ok_or_else(not_found)?;
    Ok(json!({}))
}

fn shown(call: &Call<'_>, group: &str, name: &str, stream: &Stream) -> Value {
    let mut shown = json!({
        "arn": format!("{}:log-stream:{name}", call.arn(group)),
        "creationTime": stream.created.as_millis(),
        "logStreamName": name,
        "storedBytes": 0,
    });
    if let (Some(first), Some(last)) = (stream.events.first(), stream.events.last()) {
        let came = stream.events.iter().map(|it| it.came).max();
        shown["firstEventTimestamp"] = json!(first.at);
        shown["lastEventTimestamp"] = json!(last.at);
        shown["lastIngestionTime"] = json!(came.map(Time::as_millis));
    }
    shown
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let members = call.members;
    let group = names::either(call)?;
    let prefix: Option<String> = members.get("logStreamNamePrefix")?;
    let order: Option<String> = members.get("orderBy")?;
    let falling = members.get("descending")?.unwrap_or(false);
    let by_time = match order.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if prefix.is_some() => {
            return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some("LastEventTime") => true,
        Some(_) => {
            return Err(constraint(
                "orderBy",
                "satisfy enum value set: [LogStreamName, LastEventTime]",
            ));
        }
    };
    if falling && !by_time {
        return Err(Fault::unsupported("log streams by name in falling order"));
    }
    let request = format!("{group} {prefix:?} {by_time} {falling}");
    let (page, most) = describe::page(call, 50, 50, &request)?;
    let streams = call.state.streams.get(&group).into_iter().flatten();
    let kept = streams.filter(|it| prefix.as_ref().is_none_or(|prefix| it.0.starts_with(prefix)));
    let key = |name: &str, stream: &Stream| {
        let last = stream.events.last().map_or(0, |it| it.at);
        match (by_time, falling) {
            (false, _) => name.to_owned(),
            (true, false) => format!("{last:020} {name}"),
            (true, true) => format!("{:020} {name}", u64::MAX - last),
        }
    };
    let all = kept.map(|(name, it)| (key(name, it), shown(call, &group, name, it))).collect();
    let cut = page.cut(most, all);
    let mut answer = json!({ "logStreams": cut.items });
    if let Some(next) = cut.next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}
