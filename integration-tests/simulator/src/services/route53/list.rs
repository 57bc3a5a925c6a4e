//! The records of a hosted zone, page by page.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>

use super::{
    Answer, Operation,
    call::{Call, invalid},
    name::{normal, order},
    record::RecordSet,
    zone,
};
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: &[Operation] = &[("ListResourceRecordSets", false, list)];

/// No page is larger.
const LARGEST_PAGE: u32 = 300;

/// What sets are sorted by.
type Place = (Vec<String>, String, String);

fn place(set: &RecordSet) -> Place {
    let identifier = set.identifier().unwrap_or_default();
    (order(&set.name), set.kind.clone(), identifier.to_owned())
}

fn list(call: &mut Call<'_>) -> Answer {
    let id = zone::asked(call, "HostedZoneId")?;
    zone::find(call, &id)?;
    let name = call.params.text("StartRecordName").filter(|it| !it.is_empty());
    let kind = call.params.text("StartRecordType").filter(|it| !it.is_empty());
    let identifier = call.params.text("StartRecordIdentifier").filter(|it| !it.is_empty());
    let (size, shown) = call.page_size(LARGEST_PAGE)?;
    if kind.is_some() && name.is_none() {
        return Err(invalid("Cannot specify a record type without a record name"));
    }
    if identifier.is_some() && kind.is_none() {
        return Err(invalid("Cannot specify a record identifier without a name and a type"));
    }
    let start = match name {
        None => None,
        Some(given) => {
            let name = normal(&given).ok_or_else(|| {
                invalid(format!("FATAL problem: DomainLabelInvalid encountered with '{given}'"))
            })?;
            Some((order(&name), kind.unwrap_or_default(), identifier.unwrap_or_default()))
        }
    };
    let sets = call.route53.records.all().filter(|it| it.zone == id);
    let mut sets: Vec<&RecordSet> = sets.map(|it| &it.body).collect();
    sets.sort_by_key(|it| place(it));
    sets.retain(|it| start.as_ref().is_none_or(|start| place(it) >= *start));
    let next = sets.get(size).copied();
    let page = sets.iter().take(size).map(|it| it.render());
    let xml = Xml::new()
        .members("ResourceRecordSets", "ResourceRecordSet", page)
        .text("IsTruncated", next.is_some())
        .maybe("NextRecordName", next.map(|it| &it.name))
        .maybe("NextRecordType", next.map(|it| &it.kind))
        .maybe("NextRecordIdentifier", next.and_then(RecordSet::identifier))
        .text("MaxItems", shown);
    Ok(xml.into())
}
