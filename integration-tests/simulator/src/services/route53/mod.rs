//! Route 53: hosted zones and their records; the same for all regions of an account.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html>. Health checks, delegation sets,
//! traffic policies and query logs are not modelled, nor is any routing but simple and weighted.

mod alias;
mod call;
mod change;
mod drift;
mod list;
mod name;
mod record;
mod tags;
mod zone;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    alias::Target,
    zone::{bring, retag},
};
use self::{call::Call, change::Change, record::RecordSet, zone::HostedZone};
use super::{
    alias_targets,
    operations::{self, Operations},
};
use crate::{
    Settings, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Shelf, Tags},
    throttle,
    wire::{
        query::Params,
        rest::{self, Api, Good, Route},
        xml::Xml,
    },
    world::Drift,
};

/// How it is asked.
pub(crate) const API: Api = Api {
    version: "2013-04-01",
    namespace: "https://route53.amazonaws.com/doc/2013-04-01/",
    routes: ROUTES,
    lists: &[
        ("Changes", "Change"),
        ("ResourceRecords", "ResourceRecord"),
        ("AddTags", "Tag"),
        ("RemoveTagKeys", "Key"),
        ("ResourceIds", "ResourceId"),
    ],
};

const fn route(operation: &'static str, method: &'static str, path: &'static str) -> Route {
    Route { operation, method, path, query: &[] }
}

const fn list(
    operation: &'static str,
    path: &'static str,
    query: &'static [(&'static str, &'static str)],
) -> Route {
    Route { operation, method: "GET", path, query }
}

const ROUTES: &[Route] = &[
    list(
        "ListHostedZones",
        "hostedzone",
        &[
            ("marker", "Marker"),
            ("maxitems", "MaxItems"),
            ("delegationsetid", "DelegationSetId"),
            ("hostedzonetype", "HostedZoneType"),
        ],
    ),
    list(
        "ListHostedZonesByName",
        "hostedzonesbyname",
        &[("dnsname", "DNSName"), ("hostedzoneid", "HostedZoneId"), ("maxitems", "MaxItems")],
    ),
    route("CreateHostedZone", "POST", "hostedzone"),
    route("GetHostedZone", "GET", "hostedzone/{Id}"),
    route("DeleteHostedZone", "DELETE", "hostedzone/{Id}"),
    list(
        "ListResourceRecordSets",
        "hostedzone/{HostedZoneId}/rrset",
        &[
            ("name", "StartRecordName"),
            ("type", "StartRecordType"),
            ("identifier", "StartRecordIdentifier"),
            ("maxitems", "MaxItems"),
        ],
    ),
    route("ChangeResourceRecordSets", "POST", "hostedzone/{HostedZoneId}/rrset"),
    route("GetChange", "GET", "change/{Id}"),
    route("ChangeTagsForResource", "POST", "tags/{ResourceType}/{ResourceId}"),
    route("ListTagsForResource", "GET", "tags/{ResourceType}/{ResourceId}"),
    route("ListTagsForResources", "POST", "tags/{ResourceType}"),
];

type Answer = Result<Good, Fault>;
type Operation = operations::Operation<Run>;
type Run = fn(&mut Call<'_>) -> Answer;

/// The operations of every file.
const OPERATIONS: Operations<Run> =
    Operations(&[change::OPERATIONS, list::OPERATIONS, tags::OPERATIONS, zone::OPERATIONS]);

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    OPERATIONS.mutates(name)
}

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.names()
}

/// What Route 53 holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Route53 {
    zones: Shelf<HostedZone>,
    records: Shelf<RecordSet>,
    changes: BTreeMap<String, Change>,
}

impl Route53 {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.zones, &self.records]
    }

    /// The tags of a hosted zone.
    pub(crate) fn tags_of_zone(&self, id: &str) -> Option<Tags> {
        self.zones.get(id).map(|it| it.tags.clone())
    }

    /// Changes that somebody might make to the aliases of these targets.
    pub(crate) fn drifts(&self, targets: &[Target], key: &str) -> Vec<Drift> {
        drift::all(self, targets, key)
    }
}

/// Does a thing as somebody else would, outside of any request of the client.
pub(crate) fn act(
    world: &mut World,
    rng: Rng,
    (name, params): (&str, Vec<(String, String)>),
) -> Result<(), Fault> {
    let params: Params = params.into_iter().collect();
    run(world, name, &params, rng).map(drop)
}

fn run(world: &mut World, name: &str, params: &Params, rng: Rng) -> Answer {
    let Some((_, writes, run)) = OPERATIONS.find(name) else {
        return Err(Fault::unsupported(format!("the operation route53:{name}")));
    };
    let targets = alias_targets(world);
    let World { settings, now, regions, route53, .. } = world;
    let mut copy = route53.clone();
    let reader = params.reader();
    let mut call = Call::new(settings, &mut copy, (regions, &targets), reader, (rng, *now));
    let answer = run(&mut call)?;
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    if *writes {
        *route53 = copy;
    }
    Ok(answer)
}

/// Answers a request.
pub(crate) fn ask(world: &mut World, name: &str, params: &Params, rng: Rng) -> Answer {
    let World { settings, now, buckets, .. } = world;
    if OPERATIONS.find(name).is_none() {
        return Err(Fault::unsupported(format!("the operation route53:{name}")));
    }
    if settings.throttling && !buckets.take("route53".to_owned(), throttle::route53(), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    run(world, name, params, rng)
}

/// Writes an answer. A batch that is refused is refused in either of two forms: the one of the reference,
/// and the one of all other refusals.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html#API_ChangeResourceRecordSets_Examples>
pub(crate) fn answer(
    settings: &Settings,
    operation: &str,
    request_id: &str,
    result: Answer,
) -> Response<Bytes> {
    let fault = match result {
        Err(fault) if fault.code == change::INVALID => fault,
        other => return rest::answer(&API, operation, request_id, other),
    };
    let messages: Vec<_> = fault.message.split(change::BETWEEN).collect();
    if settings.disputed("route53-invalid-change-batch", 2) == 0 {
        let message = format!("[{}]", messages.join(", "));
        let fault = Fault::new(fault.status, fault.code, message);
        return rest::answer(&API, operation, request_id, Err(fault));
    }
    let inside = Xml::new().named_texts("Messages", "Message", messages);
    rest::refusal(&API, fault.status, request_id, (change::INVALID, inside))
}
