//! Subnets.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>.

use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    availability_zone::{Zone, zones},
    filters::{one, truth},
    network_acl, read,
    resource::{Drift, Resource, describe, made, tag_set, tagged},
    route_table_association,
    scene::{Call, Scene},
    tags,
    vpc::{self, Vpc},
    write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateSubnet", create),
    read("DescribeSubnets", describe::<Subnet>),
    write("ModifySubnetAttribute", modify),
    write("DeleteSubnet", delete),
];

/// The addresses AWS keeps for itself: the first four and the last.
const RESERVED: u32 = 5;

/// A subnet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "AWS's own attributes")]
pub(super) struct Subnet {
    pub(super) vpc: String,
    pub(super) cidr: Ipv4Net,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) default_for_zone: bool,
    pub(super) map_public_ip: bool,
    hostname_type: String,
    a_record: bool,
    aaaa_record: bool,
    ready: Time,
}

impl Kind for Subnet {
    const TYPE: &'static str = "subnet";
    const PREFIX: &'static str = "subnet";
    const NOUN: &'static str = "subnet ID";
    const NOT_FOUND: &'static str = "InvalidSubnetID.NotFound";
    const MALFORMED: &'static str = "InvalidSubnetID.Malformed";
}

impl Resource for Subnet {
    const SET: &'static str = "subnetSet";
    const IDS: &'static str = "SubnetId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "availability-zone",
        "availability-zone-id",
        "availabilityZone",
        "availabilityZoneId",
        "available-ip-address-count",
        "cidr",
        "cidr-block",
        "cidrBlock",
        "customer-owned-ipv4-pool",
        "default-for-az",
        "defaultForAz",
        "enable-dns64",
        "enable-lni-at-device-index",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.state",
        "ipv6-native",
        "map-customer-owned-ip-on-launch",
        "map-public-ip-on-launch",
        "outpost-arn",
        "owner-id",
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
        "private-dns-name-options-on-launch.hostname-type",
        "state",
        "subnet-arn",
        "subnet-id",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.subnets
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.subnets
    }

    fn values(subnet: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "availability-zone" | "availabilityZone" => one(&subnet.zone),
            "availability-zone-id" | "availabilityZoneId" => one(&subnet.zone_id),
            "available-ip-address-count" => one(free(subnet, scene.ec2)),
            "cidr" | "cidr-block" | "cidrBlock" => one(subnet.cidr),
            "default-for-az" | "defaultForAz" => truth(subnet.default_for_zone),
            "enable-dns64" | "ipv6-native" | "map-customer-owned-ip-on-launch" => truth(false),
            "map-public-ip-on-launch" => truth(subnet.map_public_ip),
            "owner-id" => one(&scene.settings.account),
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record" => {
                truth(subnet.a_record)
            }
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record" => {
                truth(subnet.aaaa_record)
            }
            "private-dns-name-options-on-launch.hostname-type" => one(&subnet.hostname_type),
            "state" => one(subnet.state(scene.now)),
            "subnet-arn" => one(scene.arn(&format!("subnet/{}", subnet.id))),
            "subnet-id" => one(&subnet.id),
            "vpc-id" => one(&subnet.vpc),
            _ => Vec::new(),
        }
    }

    fn render(subnet: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let names = Xml::new()
            .text("hostnameType", &subnet.hostname_type)
            .text("enableResourceNameDnsARecord", subnet.a_record)
            .text("enableResourceNameDnsAAAARecord", subnet.aaaa_record);
        Xml::new()
            .text("subnetId", &subnet.id)
            .text("subnetArn", scene.arn(&format!("subnet/{}", subnet.id)))
            .text("state", subnet.state(scene.now))
            .text("ownerId", &scene.settings.account)
            .text("vpcId", &subnet.vpc)
            .text("cidrBlock", subnet.cidr)
            .nest("ipv6CidrBlockAssociationSet", Xml::new())
            .nest("blockPublicAccessStates", Xml::new().text("internetGatewayBlockMode", "off"))
            .text("availableIpAddressCount", free(subnet, scene.ec2))
            .text("availabilityZone", &subnet.zone)
            .text("availabilityZoneId", &subnet.zone_id)
            .text("defaultForAz", subnet.default_for_zone)
            .text("mapPublicIpOnLaunch", subnet.map_public_ip)
            .text("mapCustomerOwnedIpOnLaunch", false)
            .text("assignIpv6AddressOnCreation", false)
            .text("enableDns64", false)
            .text("ipv6Native", false)
            .nest("privateDnsNameOptionsOnLaunch", names)
            .nest("tagSet", tag_set(subnet))
    }
}

impl Subnet {
    fn state(&self, now: Time) -> &'static str {
        if now < self.ready { "pending" } else { "available" }
    }
}

/// How many addresses of a subnet are left.
pub(super) fn free(subnet: &Record<Subnet>, ec2: &Ec2) -> u32 {
    let size = 1_u32 << (32 - u32::from(subnet.cidr.prefix_len()));
    let used = ec2.network_interfaces.all().filter(|it| it.subnet == subnet.id).count();
    (size - RESERVED).saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
}

fn create(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<Subnet>(call)?;
    let vpc_id = call.params.need("VpcId")?;
    let text = call.params.need("CidrBlock")?;
    let zone_name = call.params.text("AvailabilityZone");
    let zone_id = call.params.text("AvailabilityZoneId");
    if call.params.flag("Ipv6Native")?.unwrap_or_default() {
        return Err(Fault::unsupported("IPv6 in a subnet"));
    }
    let cidr = vpc::cidr("cidrBlock", &text)?;
    let within = call.find::<Vpc>(&vpc_id)?.cidr;
    if !(16..=28).contains(&cidr.prefix_len()) || !within.contains(&cidr) {
        return Err(Fault::client("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let zone = zone(call, zone_name, zone_id)?;
    let others: Vec<_> = call.ec2.subnets.all().filter(|it| it.vpc == vpc_id).collect();
    if others.iter().any(|it| it.cidr.contains(&cidr) || cidr.contains(&it.cidr)) {
        let text = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(Fault::client("InvalidSubnet.Conflict", text));
    }
    if others.len() >= call.settings.quotas.subnets_per_vpc as usize {
        let text = "The maximum number of subnets has been reached.";
        return Err(Fault::client("SubnetLimitExceeded", text));
    }
    let id = establish(call, &vpc_id, cidr, zone, false, tags);
    Ok(Xml::new().nest("subnet", made::<Subnet>(call, &id)?))
}

/// The zone that is asked for; any, when none is.
fn zone(call: &mut Call<'_>, name: Option<String>, id: Option<String>) -> Result<Zone, Fault> {
    let all = zones(call.region);
    let names = || all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    let refuse = |value: &str, parameter: &str| {
        Fault::invalid(format!(
            "Value ({value}) for parameter {parameter} is invalid. Subnets can currently only be \
             created in the following availability zones: {}.",
            names()
        ))
    };
    match (name, id) {
        (Some(_), Some(_)) => Err(Fault::combination(
            "The parameters availabilityZone and availabilityZoneId may not be used together",
        )),
        (Some(name), None) => all
            .iter()
            .find(|it| it.name == name)
            .cloned()
            .ok_or_else(|| refuse(&name, "availabilityZone")),
        (None, Some(id)) => all
            .iter()
            .find(|it| it.id == id)
            .cloned()
            .ok_or_else(|| refuse(&id, "availabilityZoneId")),
        (None, None) => {
            call.rng.pick(&all).cloned().ok_or_else(|| Fault::unsupported("a region without zones"))
        }
    }
}

fn establish(
    scene: &mut Scene<'_>,
    vpc: &str,
    cidr: Ipv4Net,
    zone: Zone,
    default_for_zone: bool,
    tags: Tags,
) -> String {
    let ready = scene.after(scene.settings.durations.subnet);
    let body = Subnet {
        vpc: vpc.to_owned(),
        cidr,
        zone: zone.name,
        zone_id: zone.id,
        default_for_zone,
        map_public_ip: default_for_zone,
        hostname_type: "ip-name".to_owned(),
        a_record: false,
        aaaa_record: false,
        ready,
    };
    let record = scene.make(tags, body);
    let id = scene.add(ready, record);
    network_acl::cover(scene, vpc, &id);
    id
}

/// Makes the subnets of a default VPC: a /20 in each zone.
pub(super) fn make_defaults(scene: &mut Scene<'_>, vpc: &str, within: Ipv4Net) {
    let Ok(parts) = within.subnets(20) else { return };
    for (zone, cidr) in zones(scene.region).into_iter().zip(parts) {
        establish(scene, vpc, cidr, zone, true, Tags::new());
    }
}

fn modify(call: &mut Call<'_>) -> Answer {
    for name in [
        "CustomerOwnedIpv4Pool",
        "DisableLniAtDeviceIndex",
        "EnableLniAtDeviceIndex",
        "MapCustomerOwnedIpOnLaunch",
    ] {
        if call.params.given(name) {
            return Err(Fault::unsupported(format!("the attribute {name} of subnets")));
        }
    }
    let id = call.params.need("SubnetId")?;
    let public = call.params.attribute("MapPublicIpOnLaunch")?;
    let ipv6 = call.params.attribute("AssignIpv6AddressOnCreation")?;
    let dns64 = call.params.attribute("EnableDns64")?;
    let a_record = call.params.attribute("EnableResourceNameDnsARecordOnLaunch")?;
    let aaaa_record = call.params.attribute("EnableResourceNameDnsAAAARecordOnLaunch")?;
    let hostname_type = call.params.text("PrivateDnsHostnameTypeOnLaunch");
    call.find::<Subnet>(&id)?;
    let given = [public, ipv6, dns64, a_record, aaaa_record].iter().flatten().count()
        + usize::from(hostname_type.is_some());
    match given {
        0 => return Err(Fault::combination("No attributes specified.")),
        1 => {}
        _ => return Err(Fault::combination("Fields for multiple attribute types specified")),
    }
    for (name, value) in [
        ("assignIpv6AddressOnCreation", ipv6),
        ("enableDns64", dns64),
        ("enableResourceNameDnsAAAARecordOnLaunch", aaaa_record),
    ] {
        if value == Some(true) {
            return Err(Fault::invalid(format!(
                "Invalid value 'true' for {name}. Subnet {id} does not have any ipv6 CidrBlock \
                 associated with it."
            )));
        }
    }
    if let Some(other) =
        hostname_type.as_deref().filter(|it| !matches!(*it, "ip-name" | "resource-name"))
    {
        let text =
            format!("Value ({other}) for parameter privateDnsHostnameTypeOnLaunch is invalid.");
        return Err(Fault::invalid(text));
    }
    call.change::<Subnet>(&id, |it| {
        it.map_public_ip = public.unwrap_or(it.map_public_ip);
        it.a_record = a_record.unwrap_or(it.a_record);
        if let Some(kind) = hostname_type {
            it.hostname_type = kind;
        }
    });
    Ok(Xml::new().text("return", true))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("SubnetId")?;
    call.find::<Subnet>(&id)?;
    if call.ec2.network_interfaces.all().any(|it| it.subnet == id) {
        let text = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", text));
    }
    route_table_association::drop_subnet(call, &id);
    network_acl::uncover(call, &id);
    call.remove::<Subnet>(&id);
    Ok(Xml::new().text("return", true))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<Subnet>(ec2, key)
        .flat_map(|it| {
            let value = (!it.map_public_ip).to_string();
            [
                Drift::new(
                    format!("MapPublicIpOnLaunch of {} is {value} now", it.id),
                    "ModifySubnetAttribute",
                    &[("SubnetId", &it.id), ("MapPublicIpOnLaunch.Value", &value)],
                ),
                Drift::new(
                    format!("{} is deleted", it.id),
                    "DeleteSubnet",
                    &[("SubnetId", &it.id)],
                ),
            ]
        })
        .collect()
}
