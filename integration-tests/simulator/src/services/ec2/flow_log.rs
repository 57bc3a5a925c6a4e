//! Flow logs, delivered to CloudWatch Logs.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html> and its
//! sisters, <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html>. What is delivered,
//! and until when, is in a file of its own. Other destinations and formats are not modelled.

use std::{ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::one,
    flow_log_delivery::{self as delivery, Course},
    idempotency,
    network_interface::NetworkInterface,
    read,
    resource::{Drift, Resource, describe, tag_set, tagged, unsuccessful},
    scene::{Call, Scene},
    subnet::Subnet,
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateFlowLogs", create),
    read("DescribeFlowLogs", describe::<FlowLog>),
    write("DeleteFlowLogs", delete),
];

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html#flow-logs-default>
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} \
                              ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} \
                              ${end} ${action} ${log-status}";

const MOST_RESOURCES: usize = 300;
const LONGEST_GROUP: usize = 512;

/// A flow log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FlowLog {
    resource: String,
    traffic: Traffic,
    group: String,
    /// Whether the group was given by its ARN, not by its name.
    by_arn: bool,
    role: String,
    interval: Interval,
    created: Time,
    /// How the last delivery went; nothing, when there was none.
    outcome: Option<Outcome>,
}

/// What traffic is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Traffic {
    Accept,
    Reject,
    All,
}

impl Traffic {
    fn name(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
            Self::All => "ALL",
        }
    }
}

/// For how long traffic is taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Interval {
    Minute,
    TenMinutes,
}

impl Interval {
    fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::TenMinutes => 600,
        }
    }
}

/// How a delivery went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    Delivered,
    /// The role may not, or is not.
    AccessError,
}

impl Outcome {
    fn status(self) -> &'static str {
        match self {
            Self::Delivered => "SUCCESS",
            Self::AccessError => "FAILED",
        }
    }

    fn error(self) -> Option<&'static str> {
        match self {
            Self::Delivered => None,
            Self::AccessError => Some("Access error"),
        }
    }
}

impl Kind for FlowLog {
    const TYPE: &'static str = "vpc-flow-log";
    const PREFIX: &'static str = "fl";
    const NOUN: &'static str = "flow log ID";
    const NOT_FOUND: &'static str = "InvalidFlowLogId.NotFound";
    const MALFORMED: &'static str = "InvalidFlowLogId.Malformed";
}

impl Resource for FlowLog {
    const SET: &'static str = "flowLogSet";
    const IDS: &'static str = "FlowLogId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "deliver-log-status",
        "flow-log-id",
        "log-destination-type",
        "log-group-name",
        "resource-id",
        "traffic-type",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.flow_logs
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.flow_logs
    }

    fn values(log: &Record<Self>, _scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "deliver-log-status" => {
                log.outcome.map(|it| it.status().to_owned()).into_iter().collect()
            }
            "flow-log-id" => one(&log.id),
            "log-destination-type" => one("cloud-watch-logs"),
            "log-group-name" => one(&log.group),
            "resource-id" => one(&log.resource),
            "traffic-type" => one(log.traffic.name()),
            _ => Vec::new(),
        }
    }

    fn render(log: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let shown = log.by_arn || scene.settings.disputed("flow-log-destination-shown", 2) == 0;
        let destination = shown.then(|| group_arn(scene, &log.group));
        Xml::new()
            .text("creationTime", log.created)
            .maybe("deliverLogsErrorMessage", log.outcome.and_then(Outcome::error))
            .text("deliverLogsPermissionArn", &log.role)
            .maybe("deliverLogsStatus", log.outcome.map(Outcome::status))
            .text("flowLogId", &log.id)
            .text("flowLogStatus", "ACTIVE")
            .text("logGroupName", &log.group)
            .text("resourceId", &log.resource)
            .text("trafficType", log.traffic.name())
            .text("logDestinationType", "cloud-watch-logs")
            .maybe("logDestination", destination)
            .text("logFormat", DEFAULT_FORMAT)
            .text("maxAggregationInterval", log.interval.seconds())
            .nest("tagSet", tag_set(log))
    }
}

/// The ARN of a log group.
pub(super) fn group_arn(scene: &Scene<'_>, group: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{group}", scene.region, scene.settings.account)
}

/// Notes how a delivery went.
pub(super) fn note(scene: &mut Scene<'_>, id: &str, outcome: Outcome) {
    if scene.ec2.flow_logs.get(id).is_some_and(|it| it.outcome != Some(outcome)) {
        scene.change::<FlowLog>(id, |it| it.outcome = Some(outcome));
    }
}

fn wrong(text: impl Into<String>) -> Fault {
    Fault::client("InvalidParameter", text)
}

/// Reads the name of the group flow logs go to.
fn group(call: &Call<'_>) -> Result<String, Fault> {
    let name = match (call.params.text("LogGroupName"), call.params.text("LogDestination")) {
        (Some(name), None) => name,
        (None, Some(arn)) => {
            let bare = match call.settings.disputed("flow-log-destination-with-star", 2) {
                0 => arn.as_str(),
                _ => arn.strip_suffix(":*").unwrap_or(&arn),
            };
            let name = bare.strip_prefix(&group_arn(call, ""));
            name.ok_or_else(|| wrong(format!("LogDestination: {arn} is invalid")))?.to_owned()
        }
        (Some(_), Some(_)) => {
            return Err(wrong("Please only provide LogGroupName or only provide LogDestination."));
        }
        (None, None) => {
            return Err(wrong("LogDestination can't be empty if LogGroupName is not provided."));
        }
    };
    let good = |it: char| it.is_ascii_alphanumeric() || "_-/.#".contains(it);
    if name.is_empty() || name.len() > LONGEST_GROUP || !name.chars().all(good) {
        return Err(wrong(format!("The log group name {name} is invalid")));
    }
    Ok(name)
}

/// Reads the role that delivers; it has to be one the service can take on now.
fn role(call: &Call<'_>) -> Result<String, Fault> {
    let Some(role) = call.params.text("DeliverLogsPermissionArn").filter(|it| !it.is_empty())
    else {
        return Err(wrong(
            "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
        ));
    };
    if delivery::assumable(call, &role) {
        Ok(role)
    } else {
        Err(wrong("Unable to assume given IAM role"))
    }
}

fn traffic(call: &Call<'_>) -> Result<Traffic, Fault> {
    match call.params.need("TrafficType")?.as_str() {
        "ACCEPT" => Ok(Traffic::Accept),
        "REJECT" => Ok(Traffic::Reject),
        "ALL" => Ok(Traffic::All),
        other => {
            Err(Fault::invalid(format!("Value ({other}) for parameter trafficType is invalid.")))
        }
    }
}

fn interval(call: &Call<'_>) -> Result<Interval, Fault> {
    match call.params.number("MaxAggregationInterval")? {
        None | Some(600) => Ok(Interval::TenMinutes),
        Some(60) => Ok(Interval::Minute),
        Some(_) => Err(wrong("Invalid Flow Log Max Aggregation Interval")),
    }
}

/// Refuses destinations and formats that are not modelled.
fn only_modelled(call: &Call<'_>) -> Result<(), Fault> {
    match call.params.text("LogDestinationType").as_deref() {
        None | Some("cloud-watch-logs") => {}
        Some(other @ ("s3" | "kinesis-data-firehose")) => {
            return Err(Fault::unsupported(format!("flow logs to {other}")));
        }
        Some(other) => {
            let text = format!("Value ({other}) for parameter logDestinationType is invalid.");
            return Err(Fault::invalid(text));
        }
    }
    match call.params.text("LogFormat") {
        Some(other) if other != DEFAULT_FORMAT => {
            Err(Fault::unsupported(format!("flow logs of the format {other}")))
        }
        Some(_) | None => Ok(()),
    }
}

fn exists(call: &Call<'_>, kind: &str, id: &str) -> Result<(), Fault> {
    match kind {
        "VPC" => call.find::<Vpc>(id).map(drop),
        "Subnet" => call.find::<Subnet>(id).map(drop),
        "NetworkInterface" => call.find::<NetworkInterface>(id).map(drop),
        "TransitGateway" | "TransitGatewayAttachment" | "RegionalNatGateway" => {
            Err(Fault::unsupported(format!("flow logs of the resource type {kind}")))
        }
        other => {
            Err(Fault::invalid(format!("Value ({other}) for parameter resourceType is invalid.")))
        }
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "CreateFlowLogs", establish)
}

/// What cannot be made is told in an answer that is good otherwise.
fn establish(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<FlowLog>(call)?;
    let kind = call.params.need("ResourceType")?;
    let resources = call.params.list("ResourceId");
    if resources.is_empty() {
        return Err(Fault::missing("ResourceId"));
    }
    if resources.len() > MOST_RESOURCES {
        return Err(wrong(format!("At most {MOST_RESOURCES} resources can be monitored at once")));
    }
    only_modelled(call)?;
    let traffic = traffic(call)?;
    let interval = interval(call)?;
    let group = group(call)?;
    let by_arn = call.params.given("LogDestination");
    let mut found = Vec::new();
    for id in &resources {
        let there = exists(call, &kind, id);
        match call.settings.disputed("flow-log-of-missing-resource", 2) {
            0 => there.clone()?,
            _ if there.as_ref().is_err_and(Fault::is_about_the_request) => there.clone()?,
            _ => {}
        }
        found.push(there);
    }
    let role = role(call)?;
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    for (resource, there) in resources.into_iter().zip(found) {
        let possible = there.and_then(|()| free(call, &resource, &group, traffic));
        if let Err(fault) = possible {
            failed.push(unsuccessful(&resource, &fault));
            continue;
        }
        let now = call.now;
        let body = FlowLog {
            resource: resource.clone(),
            traffic,
            group: group.clone(),
            by_arn,
            role: role.clone(),
            interval,
            created: now,
            outcome: None,
        };
        let record = call.make(tags.clone(), body);
        let id = call.add(now, record);
        let span = call.settings.durations.flow_log_delivery;
        let first = call.after(span);
        let every = Duration::from_secs(interval.seconds());
        let course = Course::new(resource, group.clone(), role.clone(), first, every);
        call.ec2.flow_log_courses.insert(id.clone(), course);
        made.push(id);
    }
    Ok(Xml::new()
        .maybe("clientToken", call.params.text("ClientToken"))
        .texts("flowLogIdSet", made)
        .list("unsuccessful", failed))
}

/// Refuses the same flow log again, and too many of a resource.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
fn free(scene: &Scene<'_>, resource: &str, group: &str, traffic: Traffic) -> Result<(), Fault> {
    let all = scene.ec2.flow_logs.all().filter(|it| it.resource == resource);
    let of_resource: Vec<_> = all.collect();
    if of_resource.iter().any(|it| it.group == group && it.traffic == traffic) {
        return Err(Fault::client(
            "FlowLogAlreadyExists",
            "Error. There is an existing Flow Log with the same configuration and log destination.",
        ));
    }
    if of_resource.len() >= scene.settings.quotas.flow_logs_per_resource as usize {
        let text = "The maximum number of flow logs for this resource has been reached.";
        return Err(Fault::client("FlowLogsLimitExceeded", text));
    }
    Ok(())
}

/// What cannot be deleted is told in an answer that is good otherwise. Delivery goes on for a
/// while.
fn delete(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("FlowLogId");
    if ids.is_empty() {
        return Err(Fault::missing("FlowLogId"));
    }
    for id in &ids {
        FlowLog::check(id)?;
    }
    let mut failed = Vec::new();
    for id in ids {
        if let Err(fault) = call.find::<FlowLog>(&id) {
            failed.push(unsuccessful(&id, &fault));
            continue;
        }
        delivery::end(call, &id);
        call.remove::<FlowLog>(&id);
    }
    Ok(Xml::new().list("unsuccessful", failed))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<FlowLog>(ec2, key)
        .map(|it| {
            let says = format!("{} is deleted", it.id);
            Drift::new(says, "DeleteFlowLogs", &[("FlowLogId.1", &it.id)])
        })
        .collect()
}
