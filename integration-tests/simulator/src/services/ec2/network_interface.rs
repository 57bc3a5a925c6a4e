//! Network interfaces: those a user makes, and those AWS makes for its services.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html> and
//! its sisters. Attaching to instances that are there already, secondary addresses and IPv6 are not modelled.

use std::{collections::BTreeSet, net::Ipv4Addr, ops::RangeInclusive};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    address::{self, Address},
    filters::{one, truth},
    idempotency, read,
    resource::{Resource, describe, made, tag_set},
    scene::{Call, Scene},
    security_group::SecurityGroup,
    subnet::Subnet,
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    Span, Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateNetworkInterface", create),
    read("DescribeNetworkInterfaces", describe::<NetworkInterface>),
    write("ModifyNetworkInterfaceAttribute", modify),
    write("DeleteNetworkInterface", delete),
];

/// How long a new interface is `pending`, which the answer to its creation says and the model of
/// the API does not list.
const PENDING: Span = Span::millis(200, 2_000);

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
    user: User,
    mac: String,
    pub(super) source_dest_check: bool,
    ready: Time,
}

/// Who uses an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum User {
    /// Nobody: it is there to be attached.
    Nobody,
    /// A NAT gateway; AWS manages it.
    NatGateway {
        /// The attachment to AWS's own machine.
        attachment: String,
    },
    /// A VPC endpoint; AWS manages it.
    VpcEndpoint {
        /// The attachment to AWS's own machine.
        attachment: String,
    },
    /// A database of RDS; RDS manages it.
    Database {
        /// The attachment to a machine of RDS.
        attachment: String,
    },
    /// A load balancer; its service manages it.
    LoadBalancer {
        /// The attachment to a machine of the service.
        attachment: String,
        /// Whether it is a network load balancer.
        network: bool,
    },
    /// An instance.
    Instance {
        id: String,
        attachment: String,
        /// Whether it ends with the instance.
        goes: bool,
        /// Whether it has a public address whenever it has no Elastic IP address.
        public: bool,
    },
}

impl NetworkInterface {
    /// Whether AWS manages it for one of its services.
    pub(super) fn is_managed(&self) -> bool {
        match self.user {
            User::Nobody | User::Instance { .. } => false,
            User::NatGateway { .. }
            | User::VpcEndpoint { .. }
            | User::Database { .. }
            | User::LoadBalancer { .. } => true,
        }
    }

    /// Its attachment, to a machine of AWS or to an instance.
    fn attachment(&self) -> Option<&String> {
        match &self.user {
            User::Nobody => None,
            User::NatGateway { attachment }
            | User::VpcEndpoint { attachment }
            | User::Database { attachment }
            | User::LoadBalancer { attachment, .. }
            | User::Instance { attachment, .. } => Some(attachment),
        }
    }

    /// The instance that has it.
    pub(super) fn instance(&self) -> Option<&String> {
        match &self.user {
            User::Instance { id, .. } => Some(id),
            User::Nobody
            | User::NatGateway { .. }
            | User::VpcEndpoint { .. }
            | User::Database { .. }
            | User::LoadBalancer { .. } => None,
        }
    }

    /// Whether it ends with its instance.
    fn goes(&self) -> bool {
        match self.user {
            User::Instance { goes, .. } => goes,
            User::Nobody
            | User::NatGateway { .. }
            | User::VpcEndpoint { .. }
            | User::Database { .. }
            | User::LoadBalancer { .. } => false,
        }
    }

    /// Whether it has a public address whenever it has no Elastic IP address.
    pub(super) fn is_public(&self) -> bool {
        match self.user {
            User::Instance { public, .. } => public,
            User::Nobody
            | User::NatGateway { .. }
            | User::VpcEndpoint { .. }
            | User::Database { .. }
            | User::LoadBalancer { .. } => false,
        }
    }

    fn device_index(&self) -> u32 {
        u32::from(self.is_managed())
    }

    fn status(&self, now: Time) -> &'static str {
        match self.user {
            User::NatGateway { .. }
            | User::VpcEndpoint { .. }
            | User::Database { .. }
            | User::LoadBalancer { .. }
            | User::Instance { .. } => "in-use",
            User::Nobody if now < self.ready => "pending",
            User::Nobody => "available",
        }
    }

    /// The model lists `natGateway`, the filter's documentation and the service say `nat_gateway`.
    fn interface_type(&self, scene: &Scene<'_>) -> &'static str {
        match self.user {
            User::LoadBalancer { network: true, .. } => "network_load_balancer",
            User::Nobody
            | User::Database { .. }
            | User::LoadBalancer { network: false, .. }
            | User::Instance { .. } => "interface",
            User::NatGateway { .. } => match scene.settings.disputed("nat-interface-type", 2) {
                0 => "natGateway",
                _ => "nat_gateway",
            },
            User::VpcEndpoint { .. } => "vpc_endpoint",
        }
    }

    /// Who asked for it, and owns what it is attached to: the account, or the service that manages it.
    fn requester(&self, scene: &Scene<'_>) -> String {
        match self.user {
            User::Nobody | User::Instance { .. } => scene.settings.account.clone(),
            User::NatGateway { .. }
            | User::VpcEndpoint { .. }
            | User::LoadBalancer { network: true, .. } => "amazon-aws".to_owned(),
            User::LoadBalancer { network: false, .. } => "amazon-elb".to_owned(),
            User::Database { .. } => "amazon-rds".to_owned(),
        }
    }
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
    const FILTERS: &'static [&'static str] = &[
        "addresses.association.owner-id",
        "addresses.association.public-ip",
        "addresses.primary",
        "addresses.private-ip-address",
        "association.allocation-id",
        "association.association-id",
        "association.ip-owner-id",
        "association.public-dns-name",
        "association.public-ip",
        "attachment.attach-time",
        "attachment.attachment-id",
        "attachment.delete-on-termination",
        "attachment.device-index",
        "attachment.instance-id",
        "attachment.instance-owner-id",
        "attachment.status",
        "availability-zone",
        "availability-zone-id",
        "description",
        "group-id",
        "group-name",
        "interface-type",
        "ipv6-addresses.ipv6-address",
        "mac-address",
        "network-interface-id",
        "operator.managed",
        "operator.principal",
        "owner-id",
        "private-dns-name",
        "private-ip-address",
        "requester-id",
        "requester-managed",
        "source-dest-check",
        "status",
        "subnet-id",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.network_interfaces
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.network_interfaces
    }

    fn values(eni: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        let account = &scene.settings.account;
        let address = mapped(eni, scene.ec2);
        let association = address.and_then(|it| it.association.as_ref());
        let attachment = eni.attachment();
        let subnet = scene.ec2.subnets.get(&eni.subnet);
        match filter {
            "addresses.association.owner-id" | "association.ip-owner-id" => {
                let owner = if address.is_some() { account.clone() } else { "amazon".to_owned() };
                eni.public_ip.iter().map(|_| owner.clone()).collect()
            }
            "addresses.association.public-ip" | "association.public-ip" => {
                eni.public_ip.iter().cloned().collect()
            }
            "addresses.primary" => truth(true),
            "addresses.private-ip-address" | "private-ip-address" => one(eni.private_ip),
            "association.allocation-id" => address.map(|it| it.id.clone()).into_iter().collect(),
            "association.association-id" => {
                association.map(|it| it.id.clone()).into_iter().collect()
            }
            "association.public-dns-name" => public_name(eni, scene).into_iter().collect(),
            "attachment.attach-time" => attachment.map(|_| time(eni.ready)).into_iter().collect(),
            "attachment.attachment-id" => attachment.cloned().into_iter().collect(),
            "attachment.delete-on-termination" => {
                attachment.map(|_| eni.goes().to_string()).into_iter().collect()
            }
            "attachment.device-index" => {
                attachment.map(|_| eni.device_index().to_string()).into_iter().collect()
            }
            "attachment.instance-id" => eni.instance().cloned().into_iter().collect(),
            "attachment.instance-owner-id" => {
                attachment.map(|_| eni.requester(scene)).into_iter().collect()
            }
            "attachment.status" => attachment.map(|_| "attached".to_owned()).into_iter().collect(),
            "availability-zone" => subnet.map(|it| it.zone.clone()).into_iter().collect(),
            "availability-zone-id" => subnet.map(|it| it.zone_id.clone()).into_iter().collect(),
            "description" => one(&eni.description),
            "group-id" => eni.groups.clone(),
            "group-name" => {
                let groups = eni.groups.iter();
                let known = groups.filter_map(|it| scene.ec2.security_groups.get(it));
                known.map(|it| it.name.clone()).collect()
            }
            "interface-type" => one(eni.interface_type(scene)),
            "mac-address" => one(&eni.mac),
            "network-interface-id" => one(&eni.id),
            "operator.managed" => truth(false),
            "owner-id" => one(account),
            "private-dns-name" => private_name(eni, scene).into_iter().collect(),
            "requester-id" => one(eni.requester(scene)),
            "requester-managed" => truth(eni.is_managed()),
            "source-dest-check" => truth(eni.source_dest_check),
            "status" => one(eni.status(scene.now)),
            "subnet-id" => one(&eni.subnet),
            "vpc-id" => one(&eni.vpc),
            _ => Vec::new(),
        }
    }

    fn render(eni: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let association = association(eni, scene);
        let private_name = private_name(eni, scene);
        let mut address = Xml::new()
            .text("privateIpAddress", eni.private_ip)
            .maybe("privateDnsName", private_name.clone())
            .text("primary", true);
        let mut xml = Xml::new()
            .text("networkInterfaceId", &eni.id)
            .text("subnetId", &eni.subnet)
            .text("vpcId", &eni.vpc);
        if let Some(subnet) = scene.ec2.subnets.get(&eni.subnet) {
            xml = xml
                .text("availabilityZone", &subnet.zone)
                .text("availabilityZoneId", &subnet.zone_id);
        }
        xml = xml
            .text("description", &eni.description)
            .text("ownerId", &scene.settings.account)
            .text("requesterId", eni.requester(scene))
            .text("requesterManaged", eni.is_managed())
            .text("status", eni.status(scene.now))
            .text("macAddress", &eni.mac)
            .text("privateIpAddress", eni.private_ip)
            .maybe("privateDnsName", private_name)
            .text("sourceDestCheck", eni.source_dest_check)
            .list("groupSet", group_set(eni, scene));
        if let Some(attachment) = eni.attachment() {
            let attachment = Xml::new()
                .text("attachmentId", attachment)
                .maybe("instanceId", eni.instance())
                .text("instanceOwnerId", eni.requester(scene))
                .text("deviceIndex", eni.device_index())
                .text("networkCardIndex", 0)
                .text("status", "attached")
                .text("attachTime", time(eni.ready))
                .text("deleteOnTermination", eni.goes());
            xml = xml.nest("attachment", attachment);
        }
        if let Some(association) = association {
            xml = xml.nest("association", association.clone());
            address = address.nest("association", association);
        }
        xml.list("privateIpAddressesSet", [address])
            .nest("ipv6AddressesSet", Xml::new())
            .text("interfaceType", eni.interface_type(scene))
            .nest("operator", Xml::new().text("managed", false))
            .nest("tagSet", tag_set(eni))
    }
}

fn time(time: Time) -> String {
    time.to_string()
}

/// The Elastic IP address that is mapped to an interface.
fn mapped<'a>(eni: &Record<NetworkInterface>, ec2: &'a Ec2) -> Option<&'a Record<Address>> {
    ec2.addresses.all().find(|it| it.association.as_ref().is_some_and(|it| it.interface == eni.id))
}

fn association(eni: &Record<NetworkInterface>, scene: &Scene<'_>) -> Option<Xml> {
    let shown = Xml::new()
        .text("publicIp", eni.public_ip.as_ref()?)
        .maybe("publicDnsName", public_name(eni, scene));
    let Some(address) = mapped(eni, scene.ec2) else {
        return Some(shown.text("ipOwnerId", "amazon"));
    };
    let association = address.association.as_ref()?;
    Some(
        shown
            .text("ipOwnerId", &scene.settings.account)
            .text("allocationId", &address.id)
            .text("associationId", &association.id),
    )
}

/// The groups of an interface, as lists show them.
pub(super) fn group_set(eni: &NetworkInterface, scene: &Scene<'_>) -> Vec<Xml> {
    let group = |id: &String| {
        let name = scene.ec2.security_groups.get(id).map(|it| it.name.clone());
        Xml::new().text("groupId", id).maybe("groupName", name)
    };
    eni.groups.iter().map(group).collect()
}

/// An interface, as its instance shows it.
pub(super) fn in_instance(eni: &Record<NetworkInterface>, scene: &Scene<'_>) -> Xml {
    let owner = match mapped(eni, scene.ec2) {
        Some(_) => scene.settings.account.as_str(),
        None => "amazon",
    };
    let association = eni.public_ip.as_ref().map(|it| {
        Xml::new()
            .text("publicIp", it)
            .text("publicDnsName", public_name(eni, scene).unwrap_or_default())
            .text("ipOwnerId", owner)
    });
    let with = |xml: Xml| match &association {
        Some(it) => xml.nest("association", it.clone()),
        None => xml,
    };
    let name = private_name(eni, scene);
    let address = Xml::new()
        .text("privateIpAddress", eni.private_ip)
        .maybe("privateDnsName", name.clone())
        .text("primary", true);
    let attachment = Xml::new()
        .maybe("attachmentId", eni.attachment())
        .text("deviceIndex", 0)
        .text("status", "attached")
        .text("attachTime", time(eni.ready))
        .text("deleteOnTermination", eni.goes())
        .text("networkCardIndex", 0);
    let xml = Xml::new()
        .text("networkInterfaceId", &eni.id)
        .text("subnetId", &eni.subnet)
        .text("vpcId", &eni.vpc)
        .text("description", &eni.description)
        .text("ownerId", &scene.settings.account)
        .text("status", "in-use")
        .text("macAddress", &eni.mac)
        .text("privateIpAddress", eni.private_ip)
        .maybe("privateDnsName", name)
        .text("sourceDestCheck", eni.source_dest_check)
        .list("groupSet", group_set(eni, scene))
        .nest("attachment", attachment);
    with(xml)
        .list("privateIpAddressesSet", [with(address)])
        .nest("ipv6AddressesSet", Xml::new())
        .text("interfaceType", "interface")
}

/// The public name of an interface; there is one where the VPC has DNS host names.
pub(super) fn public_name(eni: &Record<NetworkInterface>, scene: &Scene<'_>) -> Option<String> {
    let vpc: &Record<Vpc> = scene.ec2.vpcs.get(&eni.vpc).filter(|it| it.dns_hostnames)?;
    let digits = eni.public_ip.as_ref()?.replace('.', "-");
    let domain = match scene.region {
        "us-east-1" => "compute-1".to_owned(),
        region => format!("{region}.compute"),
    };
    vpc.dns_support.then(|| format!("ec2-{digits}.{domain}.amazonaws.com"))
}

/// The private name of an interface; there is one where the VPC has DNS host names.
pub(super) fn private_name(eni: &Record<NetworkInterface>, scene: &Scene<'_>) -> Option<String> {
    let vpc: &Record<Vpc> = scene.ec2.vpcs.get(&eni.vpc).filter(|it| it.dns_hostnames)?;
    let digits = eni.private_ip.to_string().replace('.', "-");
    let domain = match scene.region {
        "us-east-1" => "ec2".to_owned(),
        region => format!("{region}.compute"),
    };
    vpc.dns_support.then(|| format!("ip-{digits}.{domain}.internal"))
}

/// The addresses of a subnet that interfaces can have: all but the first four and the last.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
fn usable(cidr: Ipv4Net) -> RangeInclusive<u32> {
    u32::from(cidr.network()).saturating_add(4)..=u32::from(cidr.broadcast()).saturating_sub(1)
}

/// Draws an address of a subnet that nothing has.
fn free_address(scene: &mut Scene<'_>, subnet: &Record<Subnet>) -> Option<Ipv4Addr> {
    let all = scene.ec2.network_interfaces.all().filter(|it| it.subnet == subnet.id);
    let used: BTreeSet<u32> = all.map(|it| u32::from(it.private_ip)).collect();
    let range = usable(subnet.cidr);
    let (first, last) = (*range.start(), *range.end());
    let count = last.checked_sub(first)?.saturating_add(1);
    let begin = u32::try_from(scene.rng.below(u64::from(count))).ok()?;
    let ring = (0..count).map(|step| first + ((begin + step) % count));
    ring.into_iter().find(|it| !used.contains(it)).map(Ipv4Addr::from)
}

/// An address of a subnet that is asked for.
pub(super) fn wanted_address(
    scene: &Scene<'_>,
    subnet: &Record<Subnet>,
    text: &str,
) -> Result<Ipv4Addr, Fault> {
    free_to_have(scene.ec2, subnet, text)
}

/// The same, wherever it is asked for.
pub(super) fn free_to_have(
    ec2: &Ec2,
    subnet: &Record<Subnet>,
    text: &str,
) -> Result<Ipv4Addr, Fault> {
    let address: Ipv4Addr = text.parse().map_err(|_| {
        Fault::invalid(format!("Value ({text}) for parameter privateIpAddress is invalid."))
    })?;
    if !subnet.cidr.contains(&address) {
        let text = format!("Address {text} does not fall within the subnet's address range");
        return Err(Fault::invalid(text));
    }
    if !usable(subnet.cidr).contains(&u32::from(address)) {
        let text = format!("Address {text} is in subnet's reserved address range");
        return Err(Fault::invalid(text));
    }
    let mut others = ec2.network_interfaces.all();
    if others.any(|it| it.subnet == subnet.id && it.private_ip == address) {
        let text = format!("Address {text} is in use.");
        return Err(Fault::client("InvalidIPAddress.InUse", text));
    }
    Ok(address)
}

fn mac(scene: &mut Scene<'_>) -> String {
    let bytes: Vec<_> = (0..5).map(|_| format!("{:02x}", scene.rng.below(256))).collect();
    format!("0a:{}", bytes.join(":"))
}

/// Makes the interface of a NAT gateway; nothing when the subnet is full.
pub(super) fn make_for_nat_gateway(
    scene: &mut Scene<'_>,
    gateway: &str,
    subnet: &Record<Subnet>,
) -> Option<Record<NetworkInterface>> {
    let user = User::NatGateway { attachment: scene.rng.id("ela-attach") };
    make_managed(scene, subnet, user, format!("Interface for NAT Gateway {gateway}"), Vec::new())
}

/// Makes the interface of a VPC endpoint; nothing when the subnet is full.
pub(super) fn make_for_vpc_endpoint(
    scene: &mut Scene<'_>,
    endpoint: &str,
    subnet: &Record<Subnet>,
    groups: &[String],
) -> Option<Record<NetworkInterface>> {
    let user = User::VpcEndpoint { attachment: scene.rng.id("ela-attach") };
    let description = format!("VPC Endpoint Interface {endpoint}");
    make_managed(scene, subnet, user, description, groups.to_vec())
}

/// Makes the interface of a database; nothing when the subnet is full.
pub(super) fn make_for_database(
    scene: &mut Scene<'_>,
    subnet: &Record<Subnet>,
    groups: &[String],
    public: bool,
) -> Option<Record<NetworkInterface>> {
    let user = User::Database { attachment: scene.rng.id("ela-attach") };
    let made =
        make_managed(scene, subnet, user, "RDSNetworkInterface".to_owned(), groups.to_vec())?;
    if public {
        let public_ip = address::unused(scene);
        scene.change::<NetworkInterface>(&made.id, |it| it.public_ip = Some(public_ip));
    }
    Some(made)
}

/// What the interface of a load balancer is to be like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lending<'a> {
    pub(crate) subnet: &'a str,
    pub(crate) groups: &'a [String],
    pub(crate) description: &'a str,
    /// Whether it is of a network load balancer.
    pub(crate) network: bool,
    /// Whether it is reached from the internet.
    pub(crate) public: bool,
    /// The Elastic IP address that it gets; one of Amazon's, otherwise.
    pub(crate) allocation: Option<&'a str>,
    /// Its private address; any, otherwise.
    pub(crate) private: Option<&'a str>,
}

/// Makes the interface of a load balancer; nothing when the subnet is full, or an address that it is to have is not
/// free.
pub(super) fn make_for_load_balancer(
    scene: &mut Scene<'_>,
    subnet: &Record<Subnet>,
    wanted: Lending<'_>,
) -> Option<Record<NetworkInterface>> {
    if let Some(allocation) = wanted.allocation
        && scene.ec2.addresses.get(allocation).is_none_or(|it| it.association.is_some())
    {
        return None;
    }
    let private_ip = match wanted.private {
        Some(text) => Some(wanted_address(scene, subnet, text).ok()?),
        None => None,
    };
    let user =
        User::LoadBalancer { attachment: scene.rng.id("ela-attach"), network: wanted.network };
    let (description, groups) = (wanted.description.to_owned(), wanted.groups.to_vec());
    let made = make_managed(scene, subnet, user, description, groups)?;
    if let Some(private_ip) = private_ip {
        scene.change::<NetworkInterface>(&made.id, |it| it.private_ip = private_ip);
    }
    let made = scene.ec2.network_interfaces.get(&made.id)?.clone();
    if let Some(allocation) = wanted.allocation {
        address::map(scene, allocation, &made);
    } else if wanted.public {
        let public_ip = address::unused(scene);
        scene.change::<NetworkInterface>(&made.id, |it| it.public_ip = Some(public_ip));
    }
    Some(made)
}

/// Takes an interface away, and from it what is mapped to it.
pub(super) fn take_away(scene: &mut Scene<'_>, id: &str) {
    let mapped = scene.ec2.network_interfaces.get(id).and_then(|it| mapped(it, scene.ec2));
    if let Some(allocation) = mapped.map(|it| it.id.clone()) {
        address::unmap(scene, &allocation);
    }
    scene.remove::<NetworkInterface>(id);
}

fn make_managed(
    scene: &mut Scene<'_>,
    subnet: &Record<Subnet>,
    user: User,
    description: String,
    groups: Vec<String>,
) -> Option<Record<NetworkInterface>> {
    let private_ip = free_address(scene, subnet)?;
    let source_dest_check = match user {
        User::Nobody
        | User::VpcEndpoint { .. }
        | User::Database { .. }
        | User::LoadBalancer { .. }
        | User::Instance { .. } => true,
        // It sends on what is not its own.
        User::NatGateway { .. } => false,
    };
    let body = NetworkInterface {
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        private_ip,
        public_ip: None,
        groups,
        description,
        user,
        mac: mac(scene),
        source_dest_check,
        ready: scene.now,
    };
    let record = scene.make(Tags::new(), body);
    scene.add(scene.now, record.clone());
    Some(record)
}

/// What the interface of a new instance is to be like.
pub(super) struct ForInstance<'a> {
    pub(super) instance: &'a str,
    pub(super) groups: Vec<String>,
    pub(super) address: Option<&'a str>,
    pub(super) public: bool,
    pub(super) description: String,
    /// Whether it ends with the instance.
    pub(super) goes: bool,
    pub(super) tags: Tags,
}

/// Makes the interface of an instance and gives its id.
pub(super) fn make_for_instance(
    scene: &mut Scene<'_>,
    subnet: &Record<Subnet>,
    wanted: ForInstance<'_>,
) -> Result<String, Fault> {
    let private_ip = match wanted.address {
        Some(text) => wanted_address(scene, subnet, text)?,
        None => free_address(scene, subnet).ok_or_else(|| {
            Fault::client(
                "InsufficientFreeAddressesInSubnet",
                "The specified subnet does not have enough free addresses to satisfy the request.",
            )
        })?,
    };
    let user = User::Instance {
        id: wanted.instance.to_owned(),
        attachment: scene.rng.id("eni-attach"),
        goes: wanted.goes,
        public: wanted.public,
    };
    let public_ip = wanted.public.then(|| address::unused(scene));
    let now = scene.now;
    let body = NetworkInterface {
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        private_ip,
        public_ip,
        groups: wanted.groups,
        description: wanted.description,
        user,
        mac: mac(scene),
        source_dest_check: true,
        ready: now,
    };
    let record = scene.make(wanted.tags, body);
    Ok(scene.add(now, record))
}

/// Whether the interface of an instance ends with it.
pub(super) fn goes_with_instance(ec2: &Ec2, id: &str) -> bool {
    ec2.network_interfaces.get(id).is_some_and(|it| it.goes())
}

/// Takes an interface from its instance.
pub(super) fn detach(scene: &mut Scene<'_>, id: &str) {
    scene.change::<NetworkInterface>(id, |it| {
        it.user = User::Nobody;
        it.public_ip = None;
    });
}

/// Takes from an interface the public address that is not the account's own, as a stopped instance
/// loses it.
pub(super) fn lose_public_address(scene: &mut Scene<'_>, id: &str) {
    let eni = scene.ec2.network_interfaces.get(id);
    if eni.is_some_and(|it| it.is_public() && mapped(it, scene.ec2).is_none()) {
        scene.change::<NetworkInterface>(id, |it| it.public_ip = None);
    }
}

/// Gives an interface a public address that has none and is to have one.
pub(super) fn regain_public_address(scene: &mut Scene<'_>, id: &str) {
    let eni = scene.ec2.network_interfaces.get(id);
    if eni.is_some_and(|it| it.is_public() && it.public_ip.is_none()) {
        let drawn = address::unused(scene);
        scene.change::<NetworkInterface>(id, |it| it.public_ip = Some(drawn));
    }
}

/// The groups an interface in `vpc` shall have.
///
/// For a group that does not exist the reference names a code of its own.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
pub(super) fn groups(scene: &Scene<'_>, vpc: &str, ids: Vec<String>) -> Result<Vec<String>, Fault> {
    let most = scene.settings.quotas.groups_per_interface as usize;
    let mut kept: Vec<String> = Vec::new();
    for id in ids {
        let group = scene.find::<SecurityGroup>(&id).map_err(|fault| {
            match scene.settings.disputed("interface-in-unknown-group", 2) {
                0 if fault.code == SecurityGroup::NOT_FOUND => {
                    Fault::client("InvalidSecurityGroupID.NotFound", fault.message)
                }
                _ => fault,
            }
        })?;
        if group.vpc != vpc {
            return Err(Fault::client(
                "InvalidParameter",
                "You have specified two resources that belong to different networks.",
            ));
        }
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    if kept.len() > most {
        return Err(Fault::client(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        ));
    }
    Ok(kept)
}

fn create(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "CreateNetworkInterface", |call| {
        let tags = tags::at_creation::<NetworkInterface>(call)?;
        let subnet_id = call.params.need("SubnetId")?;
        let description = call.params.text("Description").unwrap_or_default();
        let wanted = call.params.text("PrivateIpAddress");
        let ids = call.params.list("SecurityGroupId");
        let subnet = call.find::<Subnet>(&subnet_id)?.clone();
        let groups = if ids.is_empty() {
            call.ec2.default_group(&subnet.vpc).into_iter().collect()
        } else {
            groups(call, &subnet.vpc, ids)?
        };
        if call.ec2.network_interfaces.all().count() >= call.settings.quotas.interfaces as usize {
            let text = "The maximum number of network interfaces has been reached.";
            return Err(Fault::client("NetworkInterfaceLimitExceeded", text));
        }
        let private_ip = match wanted {
            Some(text) => wanted_address(call, &subnet, &text)?,
            None => free_address(call, &subnet).ok_or_else(|| {
                Fault::client(
                    "InsufficientFreeAddressesInSubnet",
                    "The specified subnet does not have enough free addresses to satisfy the \
                     request.",
                )
            })?,
        };
        let ready = call.after(PENDING);
        let body = NetworkInterface {
            vpc: subnet.vpc.clone(),
            subnet: subnet_id,
            private_ip,
            public_ip: None,
            groups,
            description,
            user: User::Nobody,
            mac: mac(call),
            source_dest_check: true,
            ready,
        };
        let record = call.make(tags, body);
        let id = call.add(ready, record);
        Ok(Xml::new()
            .nest("networkInterface", made::<NetworkInterface>(call, &id)?)
            .maybe("clientToken", call.params.text("ClientToken")))
    })
}

fn modify(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("NetworkInterfaceId")?;
    let ids = call.params.list("SecurityGroupId");
    let description = call.params.text("Description.Value");
    let check = call.params.attribute("SourceDestCheck")?;
    let eni = call.find::<NetworkInterface>(&id)?;
    if eni.is_managed() {
        return Err(not_yours());
    }
    let given =
        usize::from(!ids.is_empty()) + usize::from(description.is_some()) + check.iter().count();
    match given {
        0 => return Err(Fault::combination("No attributes specified.")),
        1 => {}
        _ => return Err(Fault::combination("Fields for multiple attribute types specified")),
    }
    let groups = groups(call, &eni.vpc.clone(), ids)?;
    call.change::<NetworkInterface>(&id, |it| {
        if !groups.is_empty() {
            it.groups = groups;
        }
        if let Some(description) = description {
            it.description = description;
        }
        it.source_dest_check = check.unwrap_or(it.source_dest_check);
    });
    Ok(Xml::new().text("return", true))
}

/// What AWS says of things it manages itself.
pub(super) fn not_yours() -> Fault {
    Fault::client("AuthFailure", "You do not have permission to access the specified resource.")
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("NetworkInterfaceId")?;
    let eni = call.find::<NetworkInterface>(&id)?;
    if eni.attachment().is_some() {
        return Err(match call.settings.disputed("delete-interface-in-use", 2) {
            0 => Fault::client(
                "InvalidNetworkInterface.InUse",
                format!("Interface: [{id}] is currently in use."),
            ),
            _ => Fault::invalid(format!("Network interface '{id}' is currently in use.")),
        });
    }
    if let Some(allocation) = mapped(eni, call.ec2).map(|it| it.id.clone()) {
        address::unmap(call, &allocation);
    }
    call.remove::<NetworkInterface>(&id);
    Ok(Xml::new().text("return", true))
}
