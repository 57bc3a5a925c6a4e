//! VPCs.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html> and its sisters.
//! With a VPC come a main route table, a default security group and a default network ACL; they
//! go with it, too.

use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation, dhcp_options,
    filters::{one, truth},
    internet_gateway,
    network_acl::{self, NetworkAcl},
    read,
    resource::{Drift, Resource, describe, made, tag_set, tagged},
    route_table::{self, RouteTable},
    scene::{Call, Scene},
    security_group, subnet, tags, write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateVpc", create),
    read("DescribeVpcs", describe::<Vpc>),
    write("DeleteVpc", delete),
    write("ModifyVpcAttribute", modify),
    read("DescribeVpcAttribute", attribute),
];

/// A VPC.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "AWS's own attributes")]
pub(super) struct Vpc {
    pub(super) cidr: Ipv4Net,
    cidr_association: String,
    tenancy: String,
    pub(super) default: bool,
    pub(super) dhcp_options: String,
    pub(super) dns_support: bool,
    pub(super) dns_hostnames: bool,
    usage_metrics: bool,
    ready: Time,
}

impl Kind for Vpc {
    const TYPE: &'static str = "vpc";
    const PREFIX: &'static str = "vpc";
    const NOUN: &'static str = "vpc ID";
    const NOT_FOUND: &'static str = "InvalidVpcID.NotFound";
    const MALFORMED: &'static str = "InvalidVpcID.Malformed";
}

impl Resource for Vpc {
    const SET: &'static str = "vpcSet";
    const IDS: &'static str = "VpcId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "cidr",
        "cidr-block",
        "cidr-block-association.association-id",
        "cidr-block-association.cidr-block",
        "cidr-block-association.state",
        "dhcp-options-id",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.ipv6-pool",
        "ipv6-cidr-block-association.state",
        "is-default",
        "isDefault",
        "owner-id",
        "state",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.vpcs
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.vpcs
    }

    fn values(vpc: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "cidr" | "cidr-block" | "cidr-block-association.cidr-block" => one(vpc.cidr),
            "cidr-block-association.association-id" => one(&vpc.cidr_association),
            "cidr-block-association.state" => one("associated"),
            "dhcp-options-id" => one(&vpc.dhcp_options),
            "is-default" | "isDefault" => truth(vpc.default),
            "owner-id" => one(&scene.settings.account),
            "state" => one(vpc.state(scene.now)),
            "vpc-id" => one(&vpc.id),
            _ => Vec::new(),
        }
    }

    fn render(vpc: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let association = Xml::new()
            .text("associationId", &vpc.cidr_association)
            .text("cidrBlock", vpc.cidr)
            .nest("cidrBlockState", Xml::new().text("state", "associated"));
        Xml::new()
            .text("vpcId", &vpc.id)
            .text("ownerId", &scene.settings.account)
            .text("state", vpc.state(scene.now))
            .text("cidrBlock", vpc.cidr)
            .list("cidrBlockAssociationSet", [association])
            .nest("ipv6CidrBlockAssociationSet", Xml::new())
            .nest("blockPublicAccessStates", Xml::new().text("internetGatewayBlockMode", "off"))
            .text("dhcpOptionsId", &vpc.dhcp_options)
            .text("instanceTenancy", &vpc.tenancy)
            .text("isDefault", vpc.default)
            .nest("tagSet", tag_set(vpc))
    }
}

impl Vpc {
    fn state(&self, now: Time) -> &'static str {
        if now < self.ready { "pending" } else { "available" }
    }
}

/// Reads a CIDR block; AWS takes away the bits behind the prefix.
pub(super) fn cidr(parameter: &str, text: &str) -> Result<Ipv4Net, Fault> {
    text.parse::<Ipv4Net>().map(|it| it.trunc()).map_err(|_| {
        Fault::invalid(format!(
            "Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        ))
    })
}

fn create(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<Vpc>(call)?;
    let Some(text) = call.params.text("CidrBlock") else {
        return Err(Fault::client(
            "MissingParameter",
            "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
        ));
    };
    let cidr = cidr("cidrBlock", &text)?;
    if !(16..=28).contains(&cidr.prefix_len()) || is_reserved(cidr) {
        let code = match call.settings.disputed("vpc-range-code", 2) {
            0 => "InvalidVpc.Range",
            _ => "InvalidVpcRange",
        };
        return Err(Fault::client(code, format!("The CIDR '{text}' is invalid.")));
    }
    let tenancy = call.params.text("InstanceTenancy").unwrap_or_else(|| "default".to_owned());
    if !matches!(tenancy.as_str(), "default" | "dedicated") {
        return Err(Fault::invalid(format!(
            "Value ({tenancy}) for parameter instanceTenancy is invalid."
        )));
    }
    if call.params.flag("AmazonProvidedIpv6CidrBlock")?.unwrap_or_default() {
        return Err(Fault::unsupported("IPv6 in a VPC"));
    }
    if call.ec2.vpcs.all().count() >= call.settings.quotas.vpcs as usize {
        let text = "The maximum number of VPCs has been reached.";
        return Err(Fault::client("VpcLimitExceeded", text));
    }
    let id = establish(call, cidr, tenancy, false, tags);
    Ok(Xml::new().nest("vpc", made::<Vpc>(call, &id)?))
}

/// Ranges no network can have.
fn is_reserved(cidr: Ipv4Net) -> bool {
    let first = cidr.network();
    first.is_loopback() || first.is_link_local() || first.is_multicast() || first.octets()[0] == 0
}

/// Makes a VPC and all that comes with one.
fn establish(
    scene: &mut Scene<'_>,
    cidr: Ipv4Net,
    tenancy: String,
    default: bool,
    tags: Tags,
) -> String {
    let dhcp_options = dhcp_options::default_set(scene);
    let ready = scene.after(scene.settings.durations.vpc);
    let body = Vpc {
        cidr,
        cidr_association: scene.rng.id("vpc-cidr-assoc"),
        tenancy,
        default,
        dhcp_options,
        dns_support: true,
        dns_hostnames: default,
        usage_metrics: false,
        ready,
    };
    let record = scene.make(tags, body);
    let id = scene.add(ready, record);
    route_table::make_main(scene, &id, cidr);
    network_acl::make_default(scene, &id);
    security_group::make_default(scene, &id);
    id
}

/// Makes the network a new account finds in each region.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html>
pub(super) fn make_default(scene: &mut Scene<'_>) {
    let Ok(cidr) = cidr("cidrBlock", "172.31.0.0/16") else { return };
    let id = establish(scene, cidr, "default".to_owned(), true, Tags::new());
    let gateway = internet_gateway::make_attached(scene, &id);
    route_table::route_main_to(scene, &id, &gateway);
    subnet::make_defaults(scene, &id, cidr);
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("VpcId")?;
    call.find::<Vpc>(&id)?;
    let ec2 = &call.ec2;
    let used = ec2.subnets.all().any(|it| it.vpc == id)
        || ec2.internet_gateways.all().any(|it| it.is_attached_to(&id))
        || ec2.route_tables.all().any(|it| it.vpc == id && !it.is_main())
        || ec2.network_interfaces.all().any(|it| it.vpc == id)
        || ec2.nat_gateways.all().any(|it| it.vpc == id && it.exists())
        || ec2.vpc_endpoints.all().any(|it| it.vpc == id)
        || ec2.network_acls.all().any(|it| it.vpc == id && !it.default)
        || ec2.security_groups.all().any(|it| it.vpc == id && !it.is_default());
    if used {
        let text = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", text));
    }
    call.remove_all::<RouteTable>(|it| it.vpc == id);
    call.remove_all::<NetworkAcl>(|it| it.vpc == id);
    security_group::remove_default(call, &id);
    call.remove::<Vpc>(&id);
    Ok(Xml::new().text("return", true))
}

fn modify(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("VpcId")?;
    let support = call.params.attribute("EnableDnsSupport")?;
    let hostnames = call.params.attribute("EnableDnsHostnames")?;
    let metrics = call.params.attribute("EnableNetworkAddressUsageMetrics")?;
    let vpc = call.find::<Vpc>(&id)?;
    match [support, hostnames, metrics].iter().flatten().count() {
        0 => return Err(Fault::combination("No attributes specified.")),
        1 => {}
        _ => return Err(Fault::combination("Fields for multiple attribute types specified")),
    }
    let broken = (hostnames == Some(true) && !vpc.dns_support)
        || (support == Some(false) && vpc.dns_hostnames);
    if broken {
        let text = "Enabling DNS hostnames requires DNS support to be enabled.";
        return Err(match call.settings.disputed("vpc-dns-hostnames-without-support", 2) {
            0 => Fault::combination(text),
            _ => Fault::invalid(text),
        });
    }
    call.change::<Vpc>(&id, |vpc| {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
        vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
    });
    Ok(Xml::new().text("return", true))
}

fn attribute(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("VpcId")?;
    let name = call.params.need("Attribute")?;
    Vpc::check(&id)?;
    let vpc = call.ec2.vpcs.seen(&id, call.by_id()).ok_or_else(|| Vpc::unknown(&id))?;
    let value = match name.as_str() {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => vpc.usage_metrics,
        other => {
            let text = format!("Value ({other}) for parameter attribute is invalid.");
            return Err(Fault::invalid(text));
        }
    };
    Ok(Xml::new().text("vpcId", &id).nest(&name, Xml::new().text("value", value)))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let flip = |vpc: &Record<Vpc>, name: &'static str, now: bool| {
        let value = (!now).to_string();
        let says = format!("{name} of {} is {value} now", vpc.id);
        let parameter = format!("{name}.Value");
        Drift::new(says, "ModifyVpcAttribute", &[("VpcId", &vpc.id), (&parameter, &value)])
    };
    tagged::<Vpc>(ec2, key)
        .flat_map(|vpc| {
            [
                flip(vpc, "EnableDnsHostnames", vpc.dns_hostnames),
                flip(vpc, "EnableDnsSupport", vpc.dns_support),
                flip(vpc, "EnableNetworkAddressUsageMetrics", vpc.usage_metrics),
            ]
        })
        .collect()
}
