//! NAT gateways.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Ec2, Operation,
    resource::{Drift, Resource, tag_set},
    scene::Scene,
};
use crate::{
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[];

/// A NAT gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NatGateway {
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) state: State,
}

/// Where a NAT gateway is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Pending,
    Available,
    Failed,
    Deleting,
    Deleted,
}

/// A step that happens by itself; see `Agenda`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// It becomes available, or fails.
    Ready,
    /// It is deleted.
    Gone,
    /// It is not shown any more.
    Forgotten,
}

impl Kind for NatGateway {
    const TYPE: &'static str = "natgateway";
    const PREFIX: &'static str = "nat";
    const NOUN: &'static str = "Nat Gateway";
    const NOT_FOUND: &'static str = "NatGatewayNotFound";
    const MALFORMED: &'static str = "NatGatewayMalformed";

    fn exists(&self) -> bool {
        self.state != State::Deleted
    }
}

impl Resource for NatGateway {
    const SET: &'static str = "natGatewaySet";
    const IDS: &'static str = "NatGatewayId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.nat_gateways
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.nat_gateways
    }

    fn values(_nat: &Record<Self>, _scene: &Scene<'_>, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    fn render(nat: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new().text("natGatewayId", &nat.id).nest("tagSet", tag_set(nat))
    }
}

/// Lets a step happen whose time has come.
pub(super) fn happen(_scene: &mut Scene<'_>, _id: &str, _step: Step) {}

pub(super) fn drifts(_ec2: &Ec2, _key: &str) -> Vec<Drift> {
    Vec::new()
}
