//! Changes of records: all of a batch or none.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation, alias,
    call::{Call, invalid},
    name,
    record::{Leads, RecordSet},
    zone::{self, HostedZone},
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Record, Stamp, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] =
    &[("ChangeResourceRecordSets", true, change), ("GetChange", false, get)];

/// The code of a batch that cannot be made.
pub(super) const INVALID: &str = "InvalidChangeBatch";
/// What is between its messages, before they are written.
pub(super) const BETWEEN: &str = "\n";

/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-changeresourcerecordsets>
const MOST_RECORDS: usize = 1_000;
const MOST_CHARACTERS: usize = 32_000;
const LONGEST_COMMENT: usize = 256;

/// A change on its way to all name servers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Change {
    submitted: Time,
    everywhere: Time,
    comment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Create,
    Delete,
    Upsert,
}

/// Notes a change that was made; gives what is said of it.
pub(super) fn note(call: &mut Call<'_>, comment: Option<String>) -> Xml {
    let id = call.new_id('C');
    let everywhere = call.after(call.settings.durations.dns_change);
    let change = Change { submitted: call.now, everywhere, comment };
    let xml = render(&id, &change, call.now);
    call.route53.changes.insert(id, change);
    Xml::new().nest("ChangeInfo", xml)
}

fn render(id: &str, change: &Change, now: Time) -> Xml {
    let status = if now < change.everywhere { "PENDING" } else { "INSYNC" };
    Xml::new()
        .text("Id", format!("/change/{id}"))
        .text("Status", status)
        .text("SubmittedAt", change.submitted)
        .maybe("Comment", change.comment.as_ref())
}

fn get(call: &mut Call<'_>) -> Answer {
    let id = call.need("Id")?;
    let id = id.trim_start_matches("/change/");
    let Some(change) = call.route53.changes.get(id) else {
        let text = format!("Could not find resource with ID: {id}");
        return Err(Fault::new(404, "NoSuchChange", text));
    };
    Ok(Xml::new().nest("ChangeInfo", render(id, change, call.now)).into())
}

/// Puts a set of records there, as it is there for everybody who asks Route 53: its lists show what is not on
/// all name servers yet.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>
pub(super) fn put(call: &mut Call<'_>, record: RecordSet) {
    let stamp = Stamp { at: call.now, by_id: call.now, listed: call.now };
    let id = record.id();
    let records = &mut call.route53.records;
    if records.get(&id).is_some() {
        records.change(stamp, &id, |it| it.body = record);
    } else {
        let now = call.now;
        records.add(stamp, Some(now), Record { id, tags: Tags::new(), body: record });
    }
}

/// Takes a set of records away.
pub(super) fn take(call: &mut Call<'_>, record: &RecordSet) {
    let stamp = Stamp { at: call.now, by_id: call.now, listed: call.now };
    call.route53.records.remove(stamp, &record.id());
}

/// Refuses a change while the one before it is not written down.
pub(super) fn not_busy(call: &Call<'_>, zone: &Record<HostedZone>) -> Result<(), Fault> {
    if call.now < zone.busy_until {
        let text =
            "The request was rejected because Route 53 was still processing a prior request.";
        return Err(Fault::client("PriorRequestNotComplete", text));
    }
    Ok(())
}

fn read(call: &Call<'_>, zone: &str) -> Result<Vec<(Action, RecordSet)>, Fault> {
    let mut changes = Vec::new();
    call.params.text("ChangeBatch.Changes");
    for change in call.params.structs("ChangeBatch.Changes") {
        let given = change.text("Action").unwrap_or_default();
        let action = match given.as_str() {
            "CREATE" => Action::Create,
            "DELETE" => Action::Delete,
            "UPSERT" => Action::Upsert,
            other => {
                let text = format!(
                    "1 validation error detected: Value '{other}' at \
                     'changeBatch.changes.1.member.action' failed to satisfy constraint: Member \
                     must satisfy enum value set: [CREATE, DELETE, UPSERT]"
                );
                return Err(invalid(text));
            }
        };
        let set = change.below("ResourceRecordSet");
        changes.push((action, RecordSet::read(zone, &given, &set)?));
    }
    if changes.is_empty() {
        let text = "1 validation error detected: Value '[]' at 'changeBatch.changes' failed to satisfy \
                    constraint: Member must have length greater than or equal to 1";
        return Err(invalid(text));
    }
    Ok(changes)
}

fn change(call: &mut Call<'_>) -> Answer {
    let id = zone::asked(call, "HostedZoneId")?;
    let zone = zone::find(call, &id)?.clone();
    let comment = call.params.text("ChangeBatch.Comment");
    if comment.as_ref().is_some_and(|it| it.chars().count() > LONGEST_COMMENT) {
        return Err(invalid("The comment is longer than 256 characters"));
    }
    let changes = read(call, &id)?;
    not_busy(call, &zone)?;
    within_limits(&changes)?;
    let (after, gone) = outcome(call, &zone, changes)?;
    for record in gone {
        take(call, &record);
    }
    for record in after {
        put(call, record);
    }
    let busy_until = call.after(call.settings.durations.dns_request);
    let stamp = call.stamp;
    call.route53.zones.change(stamp, &id, |it| it.busy_until = busy_until);
    Ok(note(call, comment).into())
}

fn within_limits(changes: &[(Action, RecordSet)]) -> Result<(), Fault> {
    let times = |action: Action| if action == Action::Upsert { 2 } else { 1 };
    let records: usize = changes.iter().map(|it| it.1.weight() * times(it.0)).sum();
    if records > MOST_RECORDS {
        let text = format!("Number of records limit of {MOST_RECORDS} exceeded.");
        return Err(Fault::client(INVALID, text));
    }
    let characters = |it: &(Action, RecordSet)| match &it.1.leads {
        Leads::Alias(_) => 0,
        Leads::Records { values, .. } => {
            values.iter().map(|it| it.chars().count()).sum::<usize>() * times(it.0)
        }
    };
    if changes.iter().map(characters).sum::<usize>() > MOST_CHARACTERS {
        let text = format!("Character limit of {MOST_CHARACTERS} exceeded.");
        return Err(Fault::client(INVALID, text));
    }
    Ok(())
}

/// The records of the zone once all changes are made, and those that are gone then.
fn outcome(
    call: &Call<'_>,
    zone: &Record<HostedZone>,
    changes: Vec<(Action, RecordSet)>,
) -> Result<(Vec<RecordSet>, Vec<RecordSet>), Fault> {
    let before: Vec<RecordSet> = call
        .route53
        .records
        .all()
        .filter(|it| it.zone == zone.id)
        .map(|it| it.body.clone())
        .collect();
    let mut after = before.clone();
    let mut messages = contradictions(&changes);
    for (action, record) in changes {
        if !name::lies_in(&record.name, &zone.name) {
            messages.push(format!(
                "RRSet with DNS name {} is not permitted in zone {}",
                record.name, zone.name
            ));
            continue;
        }
        let there = after.iter().position(|it| it.key() == record.key());
        match (action, there) {
            (Action::Create, Some(_)) => messages.push(format!(
                "Tried to create resource record set {} but it already exists",
                record.spoken()
            )),
            (Action::Delete, None) => messages.push(format!(
                "Tried to delete resource record set {} but it was not found",
                record.spoken()
            )),
            (Action::Delete, Some(at)) => {
                if after.get(at).is_some_and(|it| it.is_same(&record)) {
                    after.remove(at);
                } else {
                    messages.push(format!(
                        "Tried to delete resource record set {} but the values provided do not \
                         match the current values",
                        record.spoken()
                    ));
                }
            }
            (Action::Create | Action::Upsert, there) => {
                if let Leads::Alias(alias) = &record.leads {
                    messages.extend(alias::refusal(call, &after, &record, alias)?);
                }
                if let Some(at) = there {
                    after.remove(at);
                }
                messages.extend(conflict(zone, &after, &record));
                after.push(record);
            }
        }
    }
    messages.extend(essential(zone, &after));
    let most = call.settings.quotas.records_per_hosted_zone as usize;
    if after.len() > most.max(before.len()) {
        messages.push(format!("Number of records limit of {most} exceeded."));
    }
    if !messages.is_empty() {
        return Err(Fault::client(INVALID, messages.join(BETWEEN)));
    }
    let gone = before.into_iter().filter(|it| !after.iter().any(|set| set.key() == it.key()));
    let gone = gone.collect();
    after.retain(|it| call.route53.records.get(&it.id()).is_none_or(|kept| kept.body != *it));
    Ok((after, gone))
}

/// Sets that a batch changes twice, other than by a deletion before a creation.
fn contradictions(changes: &[(Action, RecordSet)]) -> Vec<String> {
    let mut all = Vec::new();
    for (at, (action, record)) in changes.iter().enumerate() {
        let earlier = changes.iter().take(at).filter(|it| it.1.key() == record.key());
        let earlier: Vec<_> = earlier.map(|it| it.0).collect();
        let renewed = *action == Action::Create && earlier == [Action::Delete];
        if !earlier.is_empty() && !renewed {
            all.push(format!(
                "The request contains an invalid set of changes for a resource record set '{} {}'",
                record.kind, record.name
            ));
        }
    }
    all
}

/// Why a set cannot be beside the others of its name.
fn conflict(zone: &HostedZone, others: &[RecordSet], record: &RecordSet) -> Option<String> {
    let RecordSet { name, kind, .. } = record;
    let begins = format!("RRSet of type {kind} with DNS name {name} is not permitted");
    if kind == "CNAME" && *name == zone.name {
        return Some(format!("{begins} at apex in zone {}", zone.name));
    }
    if kind == "SOA" && *name != zone.name {
        return Some(format!("{begins} in zone {}", zone.name));
    }
    let mut beside = others.iter().filter(|it| it.name == *name);
    let other = beside.clone().find(|it| (it.kind == "CNAME") != (kind == "CNAME"));
    if let Some(other) = other {
        return Some(if kind == "CNAME" {
            format!(
                "{begins} as it conflicts with other records with the same DNS name in zone {}",
                zone.name
            )
        } else {
            format!(
                "{begins} because a conflicting RRSet of type {} with the same DNS name already \
                 exists in zone {}",
                other.kind, zone.name
            )
        });
    }
    let simple_and_weighted =
        beside.any(|it| it.kind == *kind && (it.weighted.is_none() != record.weighted.is_none()));
    simple_and_weighted.then(|| {
        format!(
            "RRSet with DNS name {name}, type {kind} cannot be created as other RRSets exist with \
             the same name and type."
        )
    })
}

/// What a zone cannot be without.
fn essential(zone: &HostedZone, after: &[RecordSet]) -> Vec<String> {
    let count =
        |kind: &str| after.iter().filter(|it| it.kind == kind && it.name == zone.name).count();
    let mut all = Vec::new();
    if count("SOA") != 1 {
        all.push("A HostedZone must contain exactly one SOA record.".to_owned());
    }
    if count("NS") == 0 {
        all.push(
            "A HostedZone must contain at least one NS record for the zone itself.".to_owned(),
        );
    }
    all
}
