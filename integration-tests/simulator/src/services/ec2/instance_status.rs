//! What EC2 observes of instances: their status checks and their console.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html>. What runs on an instance
//! is told from outside: see [`World::impair`](crate::World::impair) and what is beside it.

use std::ops::RangeInclusive;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Answer, Operation,
    filters::{Filters, one},
    instance::{self, Instance, State},
    paging, read,
    resource::Resource as _,
    scene::Call,
};
use crate::{Time, fault::Fault, shelf::Record, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[read("DescribeInstanceStatus", describe), read("GetConsoleOutput", console)];

const PAGES: RangeInclusive<u32> = 5..=1000;
/// How much of a console is kept:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-console.html>.
const KEPT: usize = 65_536;

const FILTERS: &[&str] = &[
    "attached-ebs-status.status",
    "availability-zone",
    "availability-zone-id",
    "event.code",
    "event.description",
    "event.instance-event-id",
    "event.not-after",
    "event.not-before",
    "event.not-before-deadline",
    "instance-state-code",
    "instance-state-name",
    "instance-status.reachability",
    "instance-status.status",
    "operator.managed",
    "operator.principal",
    "system-status.reachability",
    "system-status.status",
];

/// A check: what it says of the whole, and of reachability.
fn check(instance: &Instance, failed: bool, now: Time) -> (&'static str, &'static str) {
    match instance.state {
        State::Running if failed => ("impaired", "failed"),
        State::Running if now < instance.checked => ("initializing", "initializing"),
        State::Running => ("ok", "passed"),
        State::Pending
        | State::Stopping
        | State::Stopped
        | State::ShuttingDown
        | State::Terminated => ("not-applicable", ""),
    }
}

fn render(instance: &Record<Instance>, now: Time) -> Xml {
    let status = |failed: bool| {
        let (status, reachability) = check(instance, failed, now);
        let xml = Xml::new().text("status", status);
        if reachability.is_empty() {
            return xml;
        }
        let since = instance.impaired.map(|it| it.since).filter(|_| failed);
        let details = Xml::new()
            .text("name", "reachability")
            .text("status", reachability)
            .maybe("impairedSince", since);
        xml.list("details", [details])
    };
    let failed = instance.impaired.map(|it| (it.instance, it.system)).unwrap_or_default();
    Xml::new()
        .text("instanceId", &instance.id)
        .text("availabilityZone", &instance.zone)
        .text("availabilityZoneId", &instance.zone_id)
        .nest("operator", Xml::new().text("managed", false))
        .nest("instanceState", instance.state.render())
        .nest("systemStatus", status(failed.1))
        .nest("instanceStatus", status(failed.0))
        .nest("attachedEbsStatus", status(false))
}

/// Those that run, unless all are asked for.
fn describe(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("InstanceId");
    let all = call.params.flag("IncludeAllInstances")?.unwrap_or_default();
    call.params.flag("IncludeManagedResources")?;
    let filters = Filters::among(&call.params, FILTERS, false)?;
    if !ids.is_empty() && call.params.given("MaxResults") {
        return Err(Fault::combination(
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ));
    }
    let page = paging::read(call, PAGES)?;
    let (scene, now) = (&call.scene, call.now);
    let found: Vec<_> = if ids.is_empty() {
        scene.ec2.instances.all_seen(scene.in_lists()).collect()
    } else {
        instance::seen(scene, &ids)?
    };
    let kept = found.into_iter().filter(|it| all || it.state == State::Running).filter(|it| {
        let failed = it.impaired.map(|it| (it.instance, it.system)).unwrap_or_default();
        filters.keep(&it.tags, |name| match name {
            "attached-ebs-status.status" => one(check(it, false, now).0),
            "availability-zone" => one(&it.zone),
            "availability-zone-id" => one(&it.zone_id),
            "instance-state-code" => one(it.state.code()),
            "instance-state-name" => one(it.state.name()),
            "instance-status.reachability" => one(check(it, failed.0, now).1),
            "instance-status.status" => one(check(it, failed.0, now).0),
            "operator.managed" => one(false),
            "system-status.reachability" => one(check(it, failed.1, now).1),
            "system-status.status" => one(check(it, failed.1, now).0),
            _ => Vec::new(),
        })
    });
    let items = kept.map(|it| (it.id.clone(), render(it, now))).collect();
    let cut = paging::cut(page, items);
    Ok(Xml::new().list("instanceStatusSet", cut.items).maybe("nextToken", cut.next))
}

/// The last 64 KB, of all or of what was posted shortly after the start; nothing while nothing was written. All types
/// that there are here are Nitro's, of which the latest can be had.
fn console(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("InstanceId")?;
    let latest = call.params.flag("Latest")?.unwrap_or_default();
    Instance::check(&id)?;
    let instance = call.ec2.instances.seen(&id, call.by_id());
    let instance = instance.ok_or_else(|| Instance::unknown(&id))?;
    let xml = Xml::new().text("instanceId", id);
    let Some(console) = &instance.console else {
        return Ok(xml.text("timestamp", call.now));
    };
    let bytes = console.text.as_bytes();
    let bytes = if latest { bytes } else { bytes.get(..console.early).unwrap_or_default() };
    let tail = bytes.get(bytes.len().saturating_sub(KEPT)..).unwrap_or_default();
    Ok(xml.text("timestamp", console.at).text("output", STANDARD.encode(tail)))
}
