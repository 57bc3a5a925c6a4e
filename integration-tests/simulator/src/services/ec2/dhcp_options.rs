//! DHCP option sets: the one every region begins with, and those of the account's own.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html> and its sisters,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html>. A set is never changed;
//! AWS documents no quota of them.

use std::{net::IpAddr, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::one,
    read,
    resource::{Drift, Resource, describe, made, tag_set, tagged},
    scene::{Call, Scene},
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateDhcpOptions", create),
    read("DescribeDhcpOptions", describe::<DhcpOptions>),
    write("AssociateDhcpOptions", associate),
    write("DeleteDhcpOptions", delete),
];

/// What stands for the region's own set.
const DEFAULT: &str = "default";
const AMAZON: &str = "AmazonProvidedDNS";
const MOST_SERVERS: usize = 4;

/// A set of DHCP options.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DhcpOptions {
    /// Each value with its key; those of one key are side by side.
    options: Vec<(String, String)>,
    /// Whether somebody made it, not AWS.
    #[serde(default)]
    custom: bool,
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
        let option = |of_key: &[(String, String)]| {
            let values = of_key.iter().map(|it| Xml::new().text("value", &it.1));
            Xml::new().maybe("key", of_key.first().map(|it| &it.0)).list("valueSet", values)
        };
        Xml::new()
            .text("dhcpOptionsId", &set.id)
            .text("ownerId", &scene.settings.account)
            .list("dhcpConfigurationSet", set.options.chunk_by(|a, b| a.0 == b.0).map(option))
            .nest("tagSet", tag_set(set))
    }
}

/// The id of the region's own set, which is made when it is first needed.
pub(super) fn default_set(scene: &mut Scene<'_>) -> String {
    if let Some(set) = scene.ec2.dhcp_options.all().find(|it| !it.custom) {
        return set.id.clone();
    }
    let domain = match scene.region {
        "us-east-1" => "ec2.internal".to_owned(),
        other => format!("{other}.compute.internal"),
    };
    let options = vec![
        ("domain-name".to_owned(), domain),
        ("domain-name-servers".to_owned(), AMAZON.to_owned()),
    ];
    let record = scene.make(Tags::new(), DhcpOptions { options, custom: false });
    scene.add(scene.now, record)
}

/// Reads the values of an option: several in one are divided by commas.
fn values(option: &Reader<'_>, key: &str) -> Result<Vec<String>, Fault> {
    let given = option.list("Value");
    let values: Vec<String> = match key {
        "domain-name" => given,
        _ => given.iter().flat_map(|it| it.split(',')).map(|it| it.trim().to_owned()).collect(),
    };
    let wrong = |value: &str| {
        Err(Fault::invalid(format!(
            "Value ({value}) for parameter value is invalid. The value is not valid for {key}."
        )))
    };
    if values.is_empty() {
        return Err(Fault::missing("dhcpConfiguration.value"));
    }
    let addresses = || values.iter().find(|it| it.parse::<IpAddr>().is_err());
    match key {
        "domain-name" => match values.iter().find(|it| it.is_empty()) {
            Some(empty) => return wrong(empty),
            None if values.len() > 1 => return wrong(&values.join(",")),
            None => {}
        },
        "domain-name-servers" => {
            let amazon = values.iter().any(|it| it.eq_ignore_ascii_case(AMAZON));
            if amazon && values.len() > 1 {
                return Err(Fault::unsupported("Amazon's DNS servers beside others"));
            }
            if !amazon && let Some(other) = addresses() {
                return wrong(other);
            }
            if amazon {
                return Ok(vec![AMAZON.to_owned()]);
            }
        }
        "ntp-servers" | "netbios-name-servers" => {
            if let Some(other) = addresses() {
                return wrong(other);
            }
        }
        "netbios-node-type" => {
            let known = |it: &String| ["1", "2", "4", "8"].contains(&it.as_str());
            if !matches!(values.as_slice(), [one] if known(one)) {
                return wrong(&values.join(","));
            }
        }
        "ipv6-address-preferred-lease-time" => {
            return Err(Fault::unsupported("IPv6 in DHCP options"));
        }
        other => {
            let text = format!("Value ({other}) for parameter key is invalid. Unknown DHCP option");
            return Err(Fault::invalid(text));
        }
    }
    if values.len() > MOST_SERVERS {
        return wrong(&values.join(","));
    }
    Ok(values)
}

fn create(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<DhcpOptions>(call)?;
    let mut options: Vec<(String, String)> = Vec::new();
    for option in call.params.structs("DhcpConfiguration") {
        let key = option.need("Key")?;
        if options.iter().any(|it| it.0 == key) {
            let text = format!("Value ({key}) for parameter key is invalid. Duplicate DHCP option");
            return Err(Fault::invalid(text));
        }
        options.extend(values(&option, &key)?.into_iter().map(|it| (key.clone(), it)));
    }
    if options.is_empty() {
        return Err(Fault::missing("dhcpConfiguration"));
    }
    let record = call.make(tags, DhcpOptions { options, custom: true });
    let now = call.now;
    let id = call.add(now, record);
    Ok(Xml::new().nest("dhcpOptions", made::<DhcpOptions>(call, &id)?))
}

fn associate(call: &mut Call<'_>) -> Answer {
    let vpc = call.params.need("VpcId")?;
    let asked = call.params.need("DhcpOptionsId")?;
    call.find::<Vpc>(&vpc)?;
    let set = if asked == DEFAULT {
        // What a VPC says that was told to have none.
        match call.settings.disputed("vpc-default-dhcp-options", 2) {
            0 => default_set(call),
            _ => DEFAULT.to_owned(),
        }
    } else {
        call.find::<DhcpOptions>(&asked)?.id.clone()
    };
    call.change::<Vpc>(&vpc, |it| it.dhcp_options = set);
    Ok(Xml::new().text("return", true))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("DhcpOptionsId")?;
    call.find::<DhcpOptions>(&id)?;
    if call.ec2.vpcs.all().any(|it| it.dhcp_options == id) {
        let text = format!("The dhcpOptions '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", text));
    }
    call.remove::<DhcpOptions>(&id);
    Ok(Xml::new().text("return", true))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let associated = |set: &str, vpc: &str| {
        let says = format!("{vpc} has the DHCP options {set} now");
        let params = [("VpcId", vpc), ("DhcpOptionsId", set)];
        Drift::new(says, "AssociateDhcpOptions", &params)
    };
    tagged::<DhcpOptions>(ec2, key)
        .flat_map(|set| {
            let used: Vec<_> = ec2.vpcs.all().filter(|it| it.dhcp_options == set.id).collect();
            let strange: Vec<_> =
                ec2.dhcp_options.all().filter(|it| !it.tags.contains_key(key)).collect();
            let mut all: Vec<Drift> = Vec::new();
            for vpc in &used {
                all.push(associated(DEFAULT, &vpc.id));
                all.extend(strange.iter().map(|it| associated(&it.id, &vpc.id)));
            }
            if used.is_empty() {
                let says = format!("{} is deleted", set.id);
                all.push(Drift::new(says, "DeleteDhcpOptions", &[("DhcpOptionsId", &set.id)]));
            }
            all
        })
        .collect()
}
