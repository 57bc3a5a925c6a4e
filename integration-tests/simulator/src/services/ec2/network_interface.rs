//! Network interfaces.

use std::{net::Ipv4Addr, ops::RangeInclusive};

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

/// A network interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NetworkInterface {
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) private_ip: Ipv4Addr,
    /// The public address mapped to it, if any: an internet gateway cannot be detached then.
    pub(super) public_ip: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) description: String,
}

impl Kind for NetworkInterface {
    const TYPE: &'static str = "network-interface";
    const PREFIX: &'static str = "eni";
    const NOUN: &'static str = "networkInterface ID";
    const NOT_FOUND: &'static str = "InvalidNetworkInterfaceID.NotFound";
    const MALFORMED: &'static str = "InvalidNetworkInterfaceId.Malformed";
}

impl Resource for NetworkInterface {
    const SET: &'static str = "networkInterfaceSet";
    const IDS: &'static str = "NetworkInterfaceId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.network_interfaces
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.network_interfaces
    }

    fn values(_eni: &Record<Self>, _scene: &Scene<'_>, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    fn render(eni: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new().text("networkInterfaceId", &eni.id).nest("tagSet", tag_set(eni))
    }
}
