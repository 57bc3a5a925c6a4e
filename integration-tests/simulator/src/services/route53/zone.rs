//! Hosted zones.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html> and its sisters.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, invalid},
    change,
    name::{normal, order},
    record::{Leads, RecordSet},
};
use crate::{
    Time, World,
    fault::Fault,
    random::Rng,
    shelf::{Kind, Record, Tags},
    wire::{query::Params, rest::Good, xml::Xml},
    world::{Drift, Retag},
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateHostedZone", true, create),
    ("DeleteHostedZone", true, delete),
    ("GetHostedZone", false, get),
    ("ListHostedZones", false, list),
    ("ListHostedZonesByName", false, list_by_name),
];

const LARGEST_PAGE: u32 = 100;
const LONGEST_COMMENT: usize = 256;
const LONGEST_REFERENCE: usize = 128;

/// A hosted zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct HostedZone {
    pub(super) name: String,
    reference: String,
    comment: Option<String>,
    /// The VPC it is for and its region, if it is private.
    vpc: Option<(String, String)>,
    name_servers: Vec<String>,
    /// Until when the change before is being written down.
    pub(super) busy_until: Time,
}

impl Kind for HostedZone {
    const TYPE: &'static str = "hostedzone";
    const PREFIX: &'static str = "Z";
    const NOUN: &'static str = "hosted zone";
    const NOT_FOUND: &'static str = "NoSuchHostedZone";
    const MALFORMED: &'static str = "InvalidInput";
}

/// The id of the zone that a request is about.
pub(super) fn asked(call: &Call<'_>, name: &str) -> Result<String, Fault> {
    let id = call.need(name)?;
    Ok(id.trim_start_matches("/hostedzone/").to_owned())
}

/// A zone that is there.
pub(super) fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Record<HostedZone>, Fault> {
    let missing =
        || Fault::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}"));
    call.route53.zones.get(id).ok_or_else(missing)
}

fn render(call: &Call<'_>, zone: &Record<HostedZone>) -> Xml {
    let count = call.route53.records.all().filter(|it| it.zone == zone.id).count();
    let config =
        Xml::new().maybe("Comment", zone.comment.as_ref()).text("PrivateZone", zone.vpc.is_some());
    Xml::new()
        .text("Id", format!("/hostedzone/{}", zone.id))
        .text("Name", &zone.name)
        .text("CallerReference", &zone.reference)
        .nest("Config", config)
        .text("ResourceRecordSetCount", count)
}

/// What is told beside a zone that is shown alone.
fn surroundings(zone: &HostedZone, wrapped: bool) -> Xml {
    let servers = || {
        let set = Xml::new().named_texts("NameServers", "NameServer", &zone.name_servers);
        Xml::new().nest("DelegationSet", set)
    };
    match &zone.vpc {
        None => servers(),
        Some((region, id)) => {
            let vpc = Xml::new().text("VPCRegion", region).text("VPCId", id);
            if wrapped {
                Xml::new().members("VPCs", "VPC", [vpc])
            } else {
                servers().nest("VPC", vpc)
            }
        }
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    establish(call, None)
}

/// Makes a zone, with an id of its own if there is one.
fn establish(call: &mut Call<'_>, id: Option<String>) -> Answer {
    let given = call.need("Name")?;
    let Some(name) = normal(&given) else {
        let text = format!("The domain name {given} is not valid.");
        return Err(Fault::client("InvalidDomainName", text));
    };
    let reference = call.need("CallerReference")?;
    if reference.chars().count() > LONGEST_REFERENCE {
        return Err(invalid("The CallerReference is longer than 128 characters"));
    }
    let comment = call.params.text("HostedZoneConfig.Comment").filter(|it| !it.is_empty());
    if comment.as_ref().is_some_and(|it| it.chars().count() > LONGEST_COMMENT) {
        return Err(invalid("The comment is longer than 256 characters"));
    }
    // It is told by the VPC: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZoneConfig.html>.
    let private = call.params.text("HostedZoneConfig.PrivateZone");
    let vpc = match (call.params.text("VPC.VPCRegion"), call.params.text("VPC.VPCId")) {
        (Some(region), Some(id)) => {
            if call.regions.get(&region).is_none_or(|it| !it.ec2.has_vpc(&id, None)) {
                let text =
                    format!("The VPC {id} in region {region} that you provided is not valid.");
                return Err(Fault::client("InvalidVPCId", text));
            }
            Some((region, id))
        }
        (None, None) => None,
        (..) => return Err(invalid("A VPC needs a region and an id")),
    };
    if private.as_deref() == Some("true") && vpc.is_none() {
        let text = "When you're creating a private hosted zone (when you specify true for PrivateZone), \
                    you must also specify values for VPCId and VPCRegion.";
        return Err(invalid(text));
    }
    if call.route53.zones.all().any(|it| it.reference == reference) {
        let text = format!(
            "A hosted zone has already been created with the specified caller reference {reference}."
        );
        return Err(Fault::new(409, "HostedZoneAlreadyExists", text));
    }
    let most = call.settings.quotas.hosted_zones;
    if call.route53.zones.all().count() >= most as usize {
        let text = format!("Account cannot create more than {most} hosted zones.");
        return Err(Fault::client("TooManyHostedZones", text));
    }
    let id = id.unwrap_or_else(|| call.new_id('Z'));
    let name_servers = name_servers(&mut call.rng, vpc.is_some());
    let busy_until = call.now;
    let body = HostedZone { name: name.clone(), reference, comment, vpc, name_servers, busy_until };
    for record in first_records(&id, &body) {
        change::put(call, record);
    }
    let record = Record { id: id.clone(), tags: Tags::new(), body };
    let told = Xml::new()
        .nest("HostedZone", render(call, &record))
        .with(change::note(call, None))
        .with(surroundings(&record, false));
    let (stamp, now) = (call.stamp, call.now);
    call.route53.zones.add(stamp, Some(now), record);
    let location = Some(format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{id}"));
    Ok(Good { status: 201, location, body: told })
}

/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html>
fn first_records(id: &str, zone: &HostedZone) -> [RecordSet; 2] {
    let set = |kind: &str, ttl, values| RecordSet {
        zone: id.to_owned(),
        name: zone.name.clone(),
        kind: kind.to_owned(),
        weighted: None,
        leads: Leads::Records { ttl, values },
    };
    let servers: Vec<_> = zone.name_servers.iter().map(|it| format!("{it}.")).collect();
    let first = servers.first().cloned().unwrap_or_default();
    let soa = format!("{first} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
    [set("NS", 172_800, servers), set("SOA", 900, vec![soa])]
}

fn name_servers(rng: &mut Rng, private: bool) -> Vec<String> {
    const BLOCKS: [(u64, &str); 4] = [(0, "com"), (512, "net"), (1024, "org"), (1536, "co.uk")];
    let mut server = |(first, ending): (u64, &str)| {
        let (number, pool) = if private { (0, 0) } else { (rng.below(512), rng.below(64)) };
        format!("ns-{}.awsdns-{pool:02}.{ending}", first + number)
    };
    BLOCKS.into_iter().map(&mut server).collect()
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = asked(call, "Id")?;
    let zone = find(call, &id)?.clone();
    change::not_busy(call, &zone)?;
    let records = call.route53.records.all().filter(|it| it.zone == id);
    let records: Vec<RecordSet> = records.map(|it| it.body.clone()).collect();
    let needed = |it: &RecordSet| it.name == zone.name && matches!(it.kind.as_str(), "NS" | "SOA");
    if !records.iter().all(needed) {
        let text = "The specified hosted zone contains non-required resource record sets  and so cannot \
                    be deleted.";
        return Err(Fault::client("HostedZoneNotEmpty", text));
    }
    for record in &records {
        change::take(call, record);
    }
    let stamp = call.stamp;
    call.route53.zones.remove(stamp, &id);
    Ok(change::note(call, None).into())
}

fn get(call: &mut Call<'_>) -> Answer {
    let id = asked(call, "Id")?;
    let zone = find(call, &id)?;
    let xml = Xml::new().nest("HostedZone", render(call, zone)).with(surroundings(zone, true));
    Ok(xml.into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let marker = call.params.text("Marker").filter(|it| !it.is_empty());
    let (size, shown) = call.page_size(LARGEST_PAGE)?;
    let only_private = match call.params.text("HostedZoneType").as_deref() {
        None => false,
        Some("PrivateHostedZone") => true,
        Some(other) => return Err(invalid(format!("The hosted zone type {other} is not valid"))),
    };
    let zones = call.route53.zones.all_seen(call.in_lists());
    let mut zones: Vec<_> = zones.filter(|it| !only_private || it.vpc.is_some()).collect();
    zones.retain(|it| marker.as_ref().is_none_or(|marker| it.id >= *marker));
    let next = zones.get(size).copied();
    let page = zones.iter().take(size).map(|it| render(call, it));
    let xml = Xml::new()
        .members("HostedZones", "HostedZone", page)
        .text("Marker", marker.as_deref().unwrap_or_default())
        .text("IsTruncated", next.is_some())
        .maybe("NextMarker", next.map(|it| &it.id))
        .text("MaxItems", shown);
    Ok(xml.into())
}

fn list_by_name(call: &mut Call<'_>) -> Answer {
    let name = call.params.text("DNSName").filter(|it| !it.is_empty());
    let id = call.params.text("HostedZoneId").filter(|it| !it.is_empty());
    let (size, shown) = call.page_size(LARGEST_PAGE)?;
    if id.is_some() && name.is_none() {
        return Err(invalid("A hosted zone id needs a DNS name beside it"));
    }
    let id = id.map(|it| it.trim_start_matches("/hostedzone/").to_owned());
    let start = match &name {
        None => None,
        Some(given) => {
            let normal = normal(given).ok_or_else(|| {
                let text = format!("The domain name {given} is not valid.");
                Fault::client("InvalidDomainName", text)
            })?;
            Some((order(&normal), id.clone().unwrap_or_default()))
        }
    };
    let mut zones: Vec<_> = call.route53.zones.all_seen(call.in_lists()).collect();
    let place = |it: &Record<HostedZone>| (order(&it.name), it.id.clone());
    zones.sort_by_key(|it| place(it));
    zones.retain(|it| start.as_ref().is_none_or(|start| place(it) >= *start));
    let next = zones.get(size).copied();
    let page = zones.iter().take(size).map(|it| render(call, it));
    let xml = Xml::new()
        .members("HostedZones", "HostedZone", page)
        .maybe("DNSName", name)
        .maybe("HostedZoneId", id)
        .text("IsTruncated", next.is_some())
        .maybe("NextDNSName", next.map(|it| &it.name))
        .maybe("NextHostedZoneId", next.map(|it| &it.id))
        .text("MaxItems", shown);
    Ok(xml.into())
}

/// Makes a zone that a person has, with an id that is known, unless one of that id is there.
pub(crate) fn bring(world: &mut World, id: &str, name: &str) {
    if world.route53.zones.get(id).is_some() {
        return;
    }
    let World { settings, now, regions, route53, .. } = world;
    let params = [("Name", name), ("CallerReference", id)];
    let params: Params = params.into_iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
    // What the world draws does not depend on it.
    let at = (Rng::new(1), *now);
    let mut copy = route53.clone();
    let mut call = Call::new(settings, &mut copy, (regions, &[]), params.reader(), at);
    call.stamp = crate::shelf::Stamp { at: *now, by_id: *now, listed: *now };
    if establish(&mut call, Some(id.to_owned())).is_ok() {
        *route53 = copy;
    }
}

/// The calls by which somebody puts tags on a hosted zone, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    if kind != HostedZone::TYPE {
        return Vec::new();
    }
    let mut params = vec![
        ("ResourceType".to_owned(), kind.to_owned()),
        ("ResourceId".to_owned(), id.to_owned()),
    ];
    for (n, (key, value)) in (1..).zip(change.put) {
        params.push((format!("AddTags.{n}.Key"), key.clone()));
        params.push((format!("AddTags.{n}.Value"), value.clone()));
    }
    for (n, key) in (1..).zip(change.gone) {
        params.push((format!("RemoveTagKeys.{n}"), key.clone()));
    }
    let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let says = format!("{id} has other tags");
    vec![Drift::form("route53", says, "ChangeTagsForResource", &params)]
}
