//! What an alias may target: load balancers, and other records of its own zone.
//!
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html>. Other targets are not
//! modelled.

use super::{
    call::Call,
    record::{Alias, RecordSet},
};
use crate::{fault::Fault, shelf::Tags};

/// A load balancer, as an alias may target it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its name in DNS.
    pub(crate) name: String,
    /// The hosted zone that its region's load balancers are in.
    pub(crate) zone: String,
    pub(crate) tags: Tags,
}

/// What comes before the name of a load balancer for addresses of both kinds; it is the same target:
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html>.
const DUALSTACK: &str = "dualstack.";

impl Target {
    /// Whether an alias leads to it.
    pub(super) fn is_of(&self, alias: &Alias) -> bool {
        let name = alias.name.strip_prefix(DUALSTACK).unwrap_or(&alias.name);
        self.zone == alias.zone && super::name::normal(&self.name).as_deref() == Some(name)
    }
}

/// Why an alias cannot be, if it cannot; `after` is the zone with the changes before this one.
pub(super) fn refusal(
    call: &Call<'_>,
    after: &[RecordSet],
    record: &RecordSet,
    alias: &Alias,
) -> Result<Option<String>, Fault> {
    let kind = &record.kind;
    let says = |why: &str| {
        let Alias { name, zone, .. } = alias;
        let text = format!(
            "Tried to create an alias that targets {name}, type {kind} in zone {zone}, but {why}"
        );
        Ok(Some(text))
    };
    if alias.zone == record.zone {
        let Some(zone) = call.route53.zones.get(&record.zone) else { return Ok(None) };
        if !super::name::lies_in(&alias.name, &zone.name) {
            return says("the alias target name does not lie within the target zone");
        }
        let is_target = |it: &&RecordSet| it.name == alias.name && it.kind == *kind;
        return match after.iter().find(is_target) {
            Some(_) => Ok(None),
            None => says("that target was not found"),
        };
    }
    if call.targets.iter().any(|it| it.is_of(alias)) {
        return if matches!(kind.as_str(), "A" | "AAAA") {
            Ok(None)
        } else {
            says("that target was not found")
        };
    }
    let in_elb = alias.name.ends_with(".elb.amazonaws.com.");
    let known = call.targets.iter().find(|it| it.zone == alias.zone);
    match known {
        _ if in_elb => says("that target was not found"),
        Some(_) => says("the alias target name does not lie within the target zone"),
        None => {
            Err(Fault::unsupported(format!("aliases of {} in the zone {}", alias.name, alias.zone)))
        }
    }
}
