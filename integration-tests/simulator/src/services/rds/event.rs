//! What happened, for fourteen days.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html>: of the last
//! hour, if nothing else is asked; texts after
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation, Rds,
    call::{Call, texts},
};
use crate::{Time, fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("DescribeEvents", false, describe)];

const KEPT: Duration = Duration::from_hours(14 * 24);
const LONGEST: u32 = 14 * 24 * 60;
const KINDS: &[&str] = &[
    "blue-green-deployment",
    "custom-engine-version",
    "db-cluster",
    "db-cluster-snapshot",
    "db-instance",
    "db-parameter-group",
    "db-proxy",
    "db-security-group",
    "db-shard-group",
    "db-snapshot",
    "zero-etl",
];

/// An event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) at: Time,
    /// What it is about: `db-instance`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) categories: Vec<String>,
    pub(super) message: String,
}

impl Rds {
    /// Forgets what is too old to be told.
    pub(crate) fn forget_events(&mut self, now: Time) {
        self.events.retain(|it| now.since(it.at) <= KEPT);
    }
}

fn moment(call: &Call<'_>, name: &str) -> Result<Option<Time>, Fault> {
    let Some(text) = call.text(name) else { return Ok(None) };
    let stamp: jiff::Timestamp = text
        .parse()
        .map_err(|_| Fault::client("MalformedInput", format!("{name} is no timestamp: {text}")))?;
    let millis = u64::try_from(stamp.as_millisecond()).unwrap_or_default();
    Ok(Some(Time::from_millis(millis)))
}

fn describe(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let (name, kind) = (call.text("SourceIdentifier"), call.text("SourceType"));
    let categories = call.list("EventCategories", "EventCategory").unwrap_or_default();
    let (start, end) = (moment(call, "StartTime")?, moment(call, "EndTime")?);
    let minutes = call.between("Duration", 1, LONGEST)?;
    if let Some(other) = kind.as_ref().filter(|it| !KINDS.contains(&it.as_str())) {
        return Err(Fault::invalid(format!("Invalid source type: {other}")));
    }
    if name.is_some() && kind.is_none() {
        return Err(Fault::combination(
            "If SourceIdentifier is supplied, SourceType must also be provided.",
        ));
    }
    if minutes.is_some() && (start.is_some() || end.is_some()) {
        return Err(Fault::combination("Duration cannot be combined with StartTime or EndTime."));
    }
    let now = call.now;
    if start.is_some_and(|it| now.since(it) > KEPT) {
        return Err(Fault::invalid("Start time must be within the last 14 days."));
    }
    let window = Duration::from_mins(u64::from(minutes.unwrap_or(60)));
    let end = end.unwrap_or(now);
    let all = call.rds.events.iter().enumerate().filter(|(_, it)| {
        let begun = match start {
            Some(start) => it.at >= start,
            None => end.since(it.at) <= window,
        };
        begun
            && it.at <= end
            && name.as_ref().is_none_or(|name| *name == it.name)
            && kind.as_ref().is_none_or(|kind| *kind == it.kind)
            && (categories.is_empty() || it.categories.iter().any(|it| categories.contains(it)))
    });
    let all = all.map(|(index, it)| {
        let xml = Xml::new()
            .text("SourceIdentifier", &it.name)
            .text("SourceType", &it.kind)
            .text("Message", &it.message)
            .with(texts("EventCategories", "EventCategory", it.categories.clone()))
            .text("Date", it.at)
            .text("SourceArn", &it.arn);
        (format!("{:020} {index:08}", it.at.as_millis()), xml)
    });
    let all = all.collect();
    call.page(("Events", "Event"), all)
}
