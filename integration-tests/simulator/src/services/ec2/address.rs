//! Elastic IP addresses.

use serde::{Deserialize, Serialize};

use super::{
    Ec2, Operation,
    resource::{Resource, tag_set},
    scene::Scene,
};
use crate::{
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[];

/// An Elastic IP address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) public_ip: String,
    pub(super) association: Option<Association>,
}

/// What an address is mapped to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Association {
    pub(super) id: String,
    pub(super) interface: String,
    pub(super) private_ip: String,
}

impl Kind for Address {
    const TYPE: &'static str = "elastic-ip";
    const PREFIX: &'static str = "eipalloc";
    const NOUN: &'static str = "allocation ID";
    const NOT_FOUND: &'static str = "InvalidAllocationID.NotFound";
    const MALFORMED: &'static str = "InvalidAllocationID.Malformed";
}

impl Resource for Address {
    const SET: &'static str = "addressesSet";
    const IDS: &'static str = "AllocationId";
    const FILTERS: &'static [&'static str] = &[];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.addresses
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.addresses
    }

    fn values(_address: &Record<Self>, _scene: &Scene<'_>, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    fn render(address: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new().text("allocationId", &address.id).nest("tagSet", tag_set(address))
    }
}
