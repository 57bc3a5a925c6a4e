//! Availability Zones and regions.
//!
//! <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>.
//! Which zone id a zone name means differs from account to account; here the order is the same.

use super::{
    Answer, Operation,
    filters::{Filters, one},
    read,
    scene::Call,
};
use crate::{fault::Fault, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[read("DescribeAvailabilityZones", describe), read("DescribeRegions", describe_regions)];

/// A zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) id: String,
}

/// A region: its name, the beginning of its zone ids, the letters and numbers of its zones.
type Known = (&'static str, &'static str, &'static [(char, u8)]);

const REGIONS: &[Known] = &[
    ("ap-northeast-1", "apne1", &[('a', 4), ('c', 1), ('d', 2)]),
    ("ap-northeast-2", "apne2", &[('a', 1), ('b', 2), ('c', 3), ('d', 4)]),
    ("ap-northeast-3", "apne3", &[('a', 3), ('b', 1), ('c', 2)]),
    ("ap-south-1", "aps1", &[('a', 1), ('b', 3), ('c', 2)]),
    ("ap-southeast-1", "apse1", &[('a', 1), ('b', 2), ('c', 3)]),
    ("ap-southeast-2", "apse2", &[('a', 1), ('b', 3), ('c', 2)]),
    ("ca-central-1", "cac1", &[('a', 1), ('b', 2), ('d', 4)]),
    ("eu-central-1", "euc1", &[('a', 2), ('b', 3), ('c', 1)]),
    ("eu-north-1", "eun1", &[('a', 1), ('b', 2), ('c', 3)]),
    ("eu-west-1", "euw1", &[('a', 1), ('b', 2), ('c', 3)]),
    ("eu-west-2", "euw2", &[('a', 2), ('b', 3), ('c', 1)]),
    ("eu-west-3", "euw3", &[('a', 1), ('b', 2), ('c', 3)]),
    ("sa-east-1", "sae1", &[('a', 1), ('b', 2), ('c', 3)]),
    ("us-east-1", "use1", &[('a', 1), ('b', 2), ('c', 4), ('d', 6), ('e', 3), ('f', 5)]),
    ("us-east-2", "use2", &[('a', 1), ('b', 2), ('c', 3)]),
    ("us-west-1", "usw1", &[('a', 1), ('c', 3)]),
    ("us-west-2", "usw2", &[('a', 2), ('b', 1), ('c', 3), ('d', 4)]),
];

/// The zones of a region; a region not known here has three.
pub(super) fn zones(region: &str) -> Vec<Zone> {
    let zone = |prefix: &str, letter: char, number: u8| Zone {
        name: format!("{region}{letter}"),
        id: format!("{prefix}-az{number}"),
    };
    if let Some((_, prefix, all)) = REGIONS.iter().find(|it| it.0 == region) {
        return all.iter().map(|it| zone(prefix, it.0, it.1)).collect();
    }
    let prefix: String = region.split('-').flat_map(|it| it.chars().take(1)).collect();
    [('a', 1), ('b', 2), ('c', 3)].map(|it| zone(&prefix, it.0, it.1)).to_vec()
}

const FILTERS: &[&str] = &[
    "group-long-name",
    "group-name",
    "message",
    "opt-in-status",
    "parent-zone-id",
    "parent-zone-name",
    "region-name",
    "state",
    "zone-id",
    "zone-name",
    "zone-type",
];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = Filters::among(&call.params, FILTERS, false)?;
    call.params.flag("AllAvailabilityZones")?;
    let (names, ids) = (call.params.list("ZoneName"), call.params.list("ZoneId"));
    let region = call.region;
    let all = zones(region);
    if let Some(name) = names.iter().find(|it| !all.iter().any(|zone| zone.name == **it)) {
        return Err(Fault::invalid(format!("Invalid availability zone: [{name}]")));
    }
    if let Some(id) = ids.iter().find(|it| !all.iter().any(|zone| zone.id == **it)) {
        return Err(Fault::invalid(format!("Invalid availability zone-id: [{id}]")));
    }
    let group = format!("{region}-zg-1");
    let wanted = all.into_iter().filter(|it| {
        (names.is_empty() || names.contains(&it.name)) && (ids.is_empty() || ids.contains(&it.id))
    });
    let kept = wanted.filter(|it| {
        filters.keep(&Tags::new(), |name| match name {
            "group-name" => one(&group),
            "opt-in-status" => one("opt-in-not-required"),
            "region-name" => one(region),
            "state" => one("available"),
            "zone-id" => one(&it.id),
            "zone-name" => one(&it.name),
            "zone-type" => one("availability-zone"),
            _ => Vec::new(),
        })
    });
    let zone = |it: Zone| {
        Xml::new()
            .text("optInStatus", "opt-in-not-required")
            .nest("messageSet", Xml::new())
            .text("regionName", region)
            .text("zoneName", it.name)
            .text("zoneId", it.id)
            .text("groupName", &group)
            .text("networkBorderGroup", region)
            .text("zoneType", "availability-zone")
            .text("zoneState", "available")
    };
    Ok(Xml::new().list("availabilityZoneInfo", kept.map(zone)))
}

fn describe_regions(call: &mut Call<'_>) -> Answer {
    let known = &["endpoint", "opt-in-status", "region-name"];
    let filters = Filters::among(&call.params, known, false)?;
    call.params.flag("AllRegions")?;
    let names = call.params.list("RegionName");
    let mut all: Vec<&str> = REGIONS.iter().map(|it| it.0).collect();
    if !all.contains(&call.region) {
        all.push(call.region);
    }
    if let Some(name) = names.iter().find(|it| !all.contains(&it.as_str())) {
        return Err(Fault::invalid(format!("Invalid value '{name}' for regionName.")));
    }
    let endpoint = |region: &str| format!("ec2.{region}.amazonaws.com");
    let kept = all.into_iter().filter(|it| {
        let wanted = names.is_empty() || names.iter().any(|name| name == it);
        wanted
            && filters.keep(&Tags::new(), |name| match name {
                "endpoint" => one(endpoint(it)),
                "opt-in-status" => one("opt-in-not-required"),
                "region-name" => one(it),
                _ => Vec::new(),
            })
    });
    let region = |it: &str| {
        Xml::new()
            .text("regionName", it)
            .text("regionEndpoint", endpoint(it))
            .text("optInStatus", "opt-in-not-required")
    };
    Ok(Xml::new().list("regionInfo", kept.map(region)))
}
