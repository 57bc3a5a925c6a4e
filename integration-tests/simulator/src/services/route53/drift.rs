//! What somebody else might do to the aliases of what is the owner's.

use super::{
    Route53,
    alias::Target,
    record::{Alias, Leads, RecordSet},
};
use crate::world::Drift;

/// Somebody's own address.
const ELSEWHERE: &str = "192.0.2.53";

/// Changes that somebody might make to the aliases of the targets that carry the tag `key`.
pub(super) fn all(route53: &Route53, targets: &[Target], key: &str) -> Vec<Drift> {
    let ours =
        |alias: &Alias| targets.iter().any(|it| it.tags.contains_key(key) && it.is_of(alias));
    let mut all = Vec::new();
    for record in route53.records.all() {
        let Leads::Alias(alias) = &record.leads else { continue };
        if !ours(alias) {
            continue;
        }
        let other = Alias { evaluate: !alias.evaluate, ..alias.clone() };
        let says = format!("EvaluateTargetHealth of {} is {} now", record.name, other.evaluate);
        let set = RecordSet { leads: Leads::Alias(other), ..record.body.clone() };
        all.push(drift(says, "UPSERT", &set));
        let says = format!("{} leads to {ELSEWHERE} now", record.name);
        let leads = Leads::Records { ttl: 60, values: vec![ELSEWHERE.to_owned()] };
        all.push(drift(says, "UPSERT", &RecordSet { leads, ..record.body.clone() }));
        let says = format!("the record {} is deleted", record.name);
        all.push(drift(says, "DELETE", record));
        let below = format!(".{}", record.name);
        let of_it = route53.records.all();
        let of_it = of_it.filter(|it| it.zone == record.zone && it.name.ends_with(&below));
        all.extend(
            of_it.map(|it| drift(format!("the record {} is deleted", it.name), "DELETE", it)),
        );
    }
    all
}

fn drift(says: String, action: &str, set: &RecordSet) -> Drift {
    let mut params = vec![("HostedZoneId".to_owned(), set.zone.clone())];
    let mut add = |name: &str, value: String| {
        params.push((format!("ChangeBatch.Changes.1.{name}"), value));
    };
    add("Action", action.to_owned());
    add("ResourceRecordSet.Name", set.name.clone());
    add("ResourceRecordSet.Type", set.kind.clone());
    if let Some((identifier, weight)) = &set.weighted {
        add("ResourceRecordSet.SetIdentifier", identifier.clone());
        add("ResourceRecordSet.Weight", weight.to_string());
    }
    match &set.leads {
        Leads::Alias(alias) => {
            add("ResourceRecordSet.AliasTarget.HostedZoneId", alias.zone.clone());
            add("ResourceRecordSet.AliasTarget.DNSName", alias.name.clone());
            add("ResourceRecordSet.AliasTarget.EvaluateTargetHealth", alias.evaluate.to_string());
        }
        Leads::Records { ttl, values } => {
            add("ResourceRecordSet.TTL", ttl.to_string());
            for (n, value) in (1..).zip(values) {
                add(&format!("ResourceRecordSet.ResourceRecords.{n}.Value"), value.clone());
            }
        }
    }
    let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    Drift::form("route53", says, "ChangeResourceRecordSets", &params)
}
