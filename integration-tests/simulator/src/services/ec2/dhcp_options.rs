//! DHCP option sets: only the one every region begins with, to look at.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html>

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Ec2, Operation,
    filters::one,
    read,
    resource::{Resource, describe, tag_set},
    scene::Scene,
};
use crate::{
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[read("DescribeDhcpOptions", describe::<DhcpOptions>)];

/// A set of DHCP options.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DhcpOptions {
    options: Vec<(String, String)>,
}

impl Kind for DhcpOptions {
    const TYPE: &'static str = "dhcp-options";
    const PREFIX: &'static str = "dopt";
    const NOUN: &'static str = "dhcpOption ID";
    const NOT_FOUND: &'static str = "InvalidDhcpOptionID.NotFound";
    const MALFORMED: &'static str = "InvalidDhcpOptionsId.Malformed";
}

impl Resource for DhcpOptions {
    const SET: &'static str = "dhcpOptionsSet";
    const IDS: &'static str = "DhcpOptionsId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &["dhcp-options-id", "key", "owner-id", "value"];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.dhcp_options
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.dhcp_options
    }

    fn values(set: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "dhcp-options-id" => one(&set.id),
            "key" => set.options.iter().map(|it| it.0.clone()).collect(),
            "owner-id" => one(&scene.settings.account),
            "value" => set.options.iter().map(|it| it.1.clone()).collect(),
            _ => Vec::new(),
        }
    }

    fn render(set: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let option = |it: &(String, String)| {
            Xml::new().text("key", &it.0).list("valueSet", [Xml::new().text("value", &it.1)])
        };
        Xml::new()
            .text("dhcpOptionsId", &set.id)
            .text("ownerId", &scene.settings.account)
            .list("dhcpConfigurationSet", set.options.iter().map(option))
            .nest("tagSet", tag_set(set))
    }
}

/// The id of the region's own set, which is made when it is first needed.
pub(super) fn default_set(scene: &mut Scene<'_>) -> String {
    if let Some(set) = scene.ec2.dhcp_options.all().next() {
        return set.id.clone();
    }
    let domain = match scene.region {
        "us-east-1" => "ec2.internal".to_owned(),
        other => format!("{other}.compute.internal"),
    };
    let options = vec![
        ("domain-name".to_owned(), domain),
        ("domain-name-servers".to_owned(), "AmazonProvidedDNS".to_owned()),
    ];
    let record = scene.make(Tags::new(), DhcpOptions { options });
    scene.add(scene.now, record)
}
