//! CloudWatch Logs: log groups, their streams and events.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>. Groups lag as
//! everything does; streams and events do not. Only the standard class of groups is modelled.

mod delivery;
mod describe;
mod drift;
mod events;
mod groups;
mod key;
mod metric_filter;
mod names;
mod pattern;
mod retention;
mod streams;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

pub(crate) use self::metric_filter::Counted;
use self::{metric_filter::MetricFilter, streams::Stream};
use super::service::{self, Answer, Operation, Service};
use crate::{
    Settings, Time,
    fault::Fault,
    shelf::{AnyShelf, Kind, Record, Shelf},
    throttle::{Rate, rate},
    world::{Drift, Region, Retag},
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Logs {
    groups: Shelf<LogGroup>,
    /// The streams of each group, by name.
    streams: BTreeMap<String, BTreeMap<String, Stream>>,
    /// Until when a group is still busy with the last change.
    busy: BTreeMap<String, Time>,
    #[serde(default)]
    filters: Shelf<MetricFilter>,
    /// Data of metrics that came out of events.
    #[serde(default)]
    counted: Vec<Counted>,
}

/// A log group, by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LogGroup {
    created: Time,
    /// In days; nothing when events never expire.
    retention: Option<u32>,
    /// The ARN of the key events are encrypted under.
    key: Option<String>,
    protected: bool,
}

impl Kind for LogGroup {
    const TYPE: &'static str = "log-group";
    const PREFIX: &'static str = "log-group";
    const NOUN: &'static str = "log group";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidParameterException";

    fn path(record: &Record<Self>) -> String {
        format!("log-group:{}", record.id)
    }
}

type Call<'a> = service::Call<'a, Logs>;

impl Call<'_> {
    /// The ARN of a group, without what follows for its streams.
    fn arn(&self, name: &str) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{name}", self.region, self.settings.account)
    }

    /// A member that has to be given.
    fn need<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        self.members.get(name)?.ok_or_else(|| constraint(name, "not be null"))
    }

    /// Begins a change of a group, which is refused while another one is under way.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>
    fn occupy(&mut self, name: &str) -> Result<(), Fault> {
        let now = self.now;
        self.state.busy.retain(|_, until| *until > now);
        if self.state.busy.contains_key(name) {
            return Err(Fault::client(
                "OperationAbortedException",
                "A conflicting operation is currently in progress against this resource. Please \
                 try again.",
            ));
        }
        let until = now + self.lasting(self.settings.durations.log_group_change);
        self.state.busy.insert(name.to_owned(), until);
        Ok(())
    }

    /// Changes a group that exists.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Record<LogGroup>)) {
        self.state.groups.change(self.stamp, name, change);
    }
}

impl Service for Logs {
    const NAME: &'static str = "logs";
    const TARGET: &'static str = "Logs_20140328";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("AssociateKmsKey", true, key::associate),
        ("CreateLogGroup", true, groups::create),
        ("CreateLogStream", true, streams::create),
        ("DeleteLogGroup", true, groups::delete),
        ("DeleteLogStream", true, streams::delete),
        ("DeleteMetricFilter", true, metric_filter::delete),
        ("DeleteRetentionPolicy", true, retention::delete),
        ("DescribeLogGroups", false, describe::groups),
        ("DescribeLogStreams", false, streams::describe),
        ("DescribeMetricFilters", false, metric_filter::describe),
        ("DisassociateKmsKey", true, key::disassociate),
        ("FilterLogEvents", false, events::filter),
        ("GetLogEvents", false, events::get),
        ("ListLogGroups", false, describe::list),
        ("ListTagsForResource", false, tags::list),
        ("ListTagsLogGroup", false, tags::list_group),
        ("PutLogEvents", true, events::put),
        ("PutLogGroupDeletionProtection", true, groups::protect),
        ("PutMetricFilter", true, metric_filter::put),
        ("PutRetentionPolicy", true, retention::put),
        ("TagLogGroup", true, tags::add_group),
        ("TagResource", true, tags::add),
        ("TestMetricFilter", false, metric_filter::test),
        ("UntagLogGroup", true, tags::remove_group),
        ("UntagResource", true, tags::remove),
    ];

    fn of(region: &Region) -> &Self {
        &region.logs
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.logs
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.groups, &self.filters]
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
    fn rate(operation: &str) -> Rate {
        match operation {
            "PutLogEvents" => rate(5_000, 5_000),
            "CreateLogStream" => rate(50, 50),
            "DescribeLogStreams" | "FilterLogEvents" | "GetLogEvents" => rate(25, 25),
            "CreateLogGroup" | "DeleteLogGroup" | "DescribeLogGroups" | "ListLogGroups" => {
                rate(10, 10)
            }
            _ => rate(5, 5),
        }
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        let call =
            |action, members| Drift::json(Self::NAME, "other tags".to_owned(), action, members);
        let put = json!({ "logGroupName": id, "tags": change.put });
        let gone = json!({ "logGroupName": id, "tags": change.gone });
        let mut all = Vec::new();
        if kind == LogGroup::TYPE {
            all.extend((!change.put.is_empty()).then(|| call("TagLogGroup", put)));
            all.extend((!change.gone.is_empty()).then(|| call("UntagLogGroup", gone)));
        }
        all
    }

    fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
        let members = json!({ "logGroupIdentifier": id, "deletionProtectionEnabled": false });
        let says = format!("log group {id} is not protected from deletion any more");
        let off = Drift::json(Self::NAME, says, "PutLogGroupDeletionProtection", members);
        if kind == LogGroup::TYPE { vec![off] } else { Vec::new() }
    }

    fn settle(&mut self, _: &Settings, now: Time) {
        self.busy.retain(|_, until| *until > now);
    }
}

/// A value that no request may have.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

/// A member that is missing, too short, too long or of the wrong form.
fn constraint(member: &str, what: &str) -> Fault {
    invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member \
         must {what}"
    ))
}

/// A length a member may have.
fn length(member: &str, text: &str, most: usize) -> Result<(), Fault> {
    if (1..=most).contains(&text.chars().count()) {
        Ok(())
    } else {
        Err(constraint(member, &format!("have length between 1 and {most}")))
    }
}
