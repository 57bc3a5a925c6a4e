//! What was left undone, why, and what to do about it.

use std::{collections::BTreeSet, error::Error as _};

use crate::{
    aws::{Aws, Lookups, ec2::LaunchTemplate},
    engine::{CallError, Cell, Class, Disposition, Error, Found, Observation, Plan, Report},
};

use super::{
    exit::Exit,
    printer::Printer,
    progress::Names,
    stopping::{Stopping, Why},
};

/// How many of the steps that one waits for are named.
const MOST: usize = 3;

/// Says that there is something newer than what is there: no difference, and how to take it.
pub(super) fn news(plan: &Plan<Aws>, lookups: &Lookups) -> Vec<String> {
    let Ok(newest) = &lookups.newest_image else { return Vec::new() };
    let news = plan.nodes.iter().filter_map(|planned| {
        let seen = planned.seen.as_ref()?.as_any().downcast_ref::<Found<LaunchTemplate>>()?;
        let rows = planned.node.want(&plan.outputs());
        // Whoever has written an image down knows which.
        rows.iter().find(|row| matches!(row.cell, Cell::Initially(_)))?;
        let (address, has) = (planned.node.address(), &seen.outputs.image);
        (has != newest).then(|| {
            let path = match address.name.as_str() {
                "bastion" => "spec.access.bastion.imageId",
                _ => "spec.nodes.imageId",
            };
            format!(
                "news: {address} starts from {has}, and {newest} is newer: write `{path}: {newest}` to take it"
            )
        })
    });
    news.collect()
}

/// Says what was left undone, and why; nothing if nothing was.
pub(super) fn explain(report: &Report, names: &Names, printer: &Printer) {
    let mut advice = BTreeSet::new();
    for (step, error) in &report.failed {
        let name = names.long(step);
        if matches!(error, Error::Stopped) {
            printer.note(&format!("left: {name}: it was begun; the next run goes on with it"));
            continue;
        }
        printer.error(&anyhow::anyhow!("{name}: {}", chain(error)));
        advice.insert(next(error));
    }
    for (step, why) in &report.held {
        printer.note(&format!("held: {}: {why}", names.long(step)));
    }
    for (step, phase) in &report.underway {
        printer.note(&format!("under way: {} is {phase}", names.long(step)));
    }
    for (step, needs) in &report.blocked {
        let more = needs.len().saturating_sub(MOST);
        let mut needs: Vec<String> =
            needs.iter().take(MOST).map(|need| names.short(need)).collect();
        if more > 0 {
            needs.push(format!("{more} more"));
        }
        let why = if needs.is_empty() {
            "not begun".to_owned()
        } else {
            format!("waits for {}", needs.join(", "))
        };
        printer.note(&format!("left: {}: {why}", names.long(step)));
    }
    for advice in advice {
        printer.note(&format!("next: {advice}"));
    }
}

/// Says what to do about what could not be read.
pub(super) fn unread(seen: &Observation, printer: &Printer) {
    let errors = seen.kinds.values().filter_map(|found| found.as_ref().err());
    let advice: BTreeSet<String> = errors.map(|error| about(error)).collect();
    for advice in advice {
        printer.note(&format!("next: {advice}"));
    }
}

/// The exit code of what was carried out.
pub(super) fn exit(report: &Report, stopping: &Stopping) -> Exit {
    let expired =
        |error: &Error| matches!(error, Error::Call(CallError { class: Class::Expired, .. }));
    let foreign = |error: &Error| matches!(error, Error::Foreign { .. });
    match stopping.why() {
        _ if report.is_complete() => Exit::Done,
        Some(Why::Signal) => Exit::Interrupted,
        Some(Why::Timeout) => Exit::TimedOut,
        None if report.failed.is_empty() && report.held.is_empty() => Exit::Done,
        None if report.failed.values().any(expired) => Exit::Credentials,
        None if report.failed.values().any(foreign) => Exit::Refused,
        None => Exit::Incomplete,
    }
}

/// An error with its causes, in one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        let said = below.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = below.source();
    }
    if let Error::Call(CallError { request_id: Some(id), .. }) = error {
        text = format!("{text} [request {id}]");
    }
    text
}

const AGAIN: &str = "run the same command again: it goes on where this one stopped";

/// What to do about an error of a step.
fn next(error: &Error) -> String {
    match error {
        Error::Call(call) => about(call),
        Error::Foreign { .. } => {
            format!("what is in the way is somebody else's: settle that (`clctl adopt ADDRESS ID` makes it ours, if that is right), then {AGAIN}")
        }
        Error::Failed { .. } => {
            format!("see what AWS says of it, then {AGAIN}; a failed object is made anew")
        }
        Error::TimedOut { .. } => {
            format!("see what is in its way, then {AGAIN}; what AWS has begun is not begun twice")
        }
        Error::Stale { .. } => {
            "the world changed since the plan was made: run the same command again, and look at the new plan".into()
        }
        Error::Journal(_) => {
            format!("make the local record writable, or choose another with --state, then {AGAIN}")
        }
        Error::Stopped => AGAIN.into(),
        Error::NotConverged { .. } | Error::Unclaimed { .. } => {
            debug_assert_eq!(error.disposition(), Disposition::Bug);
            "this should not happen: please report it, with the output of -vv".into()
        }
    }
}

/// Whether what was to be deleted is protected from that.
fn is_protected(call: &CallError) -> bool {
    let message = call.message.as_deref().unwrap_or_default();
    message.to_ascii_lowercase().contains("deletion protection")
}

/// What to do about a call that failed.
fn about(call: &CallError) -> String {
    let operation = call.operation;
    match call.class {
        Class::Expired => format!(
            "the credentials have expired: refresh them (aws sso login, or your tool's way) and {AGAIN}"
        ),
        Class::Denied => format!(
            "the credentials may not do {operation}: allow it (docs/iam-policy.json has all that clctl needs), then {AGAIN}"
        ),
        Class::Quota => format!(
            "a quota is used up ({}): remove something, or ask AWS for more in Service Quotas, then {AGAIN}",
            call.code
        ),
        Class::Capacity => format!("AWS has no capacity for it at the moment: {AGAIN}, later"),
        Class::Throttled
        | Class::Server
        | Class::NoAnswer
        | Class::NotYetVisible
        | Class::Busy
        | Class::InUse
        | Class::NotFound
        | Class::Exists
        | Class::TokenMismatch => AGAIN.into(),
        Class::Rejected if is_protected(call) => {
            format!(
                "somebody has protected it from deletion: lift that if it is to go, then {AGAIN}"
            )
        }
        // Our own: AWS names each call it refuses.
        Class::Rejected if call.request_id.is_none() => {
            format!("AWS was not asked: see to what is said above, then {AGAIN}")
        }
        Class::Rejected => format!(
            "AWS refuses {operation} as it was asked: if the spec asks for nothing unusual, please report it, with the output of -vv"
        ),
        Class::ReadOnly => format!(
            "{operation} is not on the list of reads: this is a defect of clctl, please report it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_refuse_ourselves_is_not_said_to_be_refused_by_aws() {
        let ours = || CallError::new("ec2:CreateVpc", Class::Rejected, "NotSo", "it is not so");
        assert!(about(&ours()).starts_with("AWS was not asked"), "{}", about(&ours()));
        let theirs = CallError { request_id: Some("7a62c49f".into()), ..ours() };
        assert!(about(&theirs).starts_with("AWS refuses ec2:CreateVpc"), "{}", about(&theirs));
    }
}
