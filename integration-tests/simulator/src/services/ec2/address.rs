//! Elastic IP addresses and what they are mapped to.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html> and its
//! sisters. The list has no pages. Own pools and address transfers are not modelled.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{Filters, one},
    instance::{Instance, State},
    nat_gateway,
    network_interface::{NetworkInterface, not_yours},
    read,
    resource::{Drift, Resource, describe, tag_set, tagged},
    scene::{Call, Scene},
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    fault::Fault,
    shelf::{AnyShelf as _, Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("AllocateAddress", allocate),
    read("DescribeAddresses", list),
    write("AssociateAddress", associate),
    write("DisassociateAddress", disassociate),
    write("ReleaseAddress", release),
];

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
    const FILTERS: &'static [&'static str] = &[
        "allocation-id",
        "association-id",
        "domain",
        "instance-id",
        "network-border-group",
        "network-interface-id",
        "network-interface-owner-id",
        "private-ip-address",
        "public-ip",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.addresses
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.addresses
    }

    fn values(address: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        let association = address.association.iter();
        match filter {
            "allocation-id" => one(&address.id),
            "association-id" => association.map(|it| it.id.clone()).collect(),
            "domain" => one("vpc"),
            "instance-id" => association
                .filter_map(|it| scene.ec2.network_interfaces.get(&it.interface)?.instance())
                .cloned()
                .collect(),
            "network-border-group" => one(scene.region),
            "network-interface-id" => association.map(|it| it.interface.clone()).collect(),
            "network-interface-owner-id" => {
                association.map(|_| scene.settings.account.clone()).collect()
            }
            "private-ip-address" => association.map(|it| it.private_ip.clone()).collect(),
            "public-ip" => one(&address.public_ip),
            _ => Vec::new(),
        }
    }

    fn render(address: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let mut xml = Xml::new()
            .text("publicIp", &address.public_ip)
            .text("allocationId", &address.id)
            .text("domain", "vpc")
            .text("publicIpv4Pool", "amazon")
            .text("networkBorderGroup", scene.region);
        if let Some(association) = &address.association {
            let eni = scene.ec2.network_interfaces.get(&association.interface);
            xml = xml
                .maybe("instanceId", eni.and_then(|it| it.instance()))
                .text("associationId", &association.id)
                .text("networkInterfaceId", &association.interface)
                .text("networkInterfaceOwnerId", &scene.settings.account)
                .text("privateIpAddress", &association.private_ip);
        }
        xml.nest("tagSet", tag_set(address))
    }
}

/// Maps an address to an interface and gives the id of that.
pub(super) fn map(
    scene: &mut Scene<'_>,
    allocation: &str,
    interface: &Record<NetworkInterface>,
) -> Option<String> {
    let public_ip = scene.ec2.addresses.get(allocation)?.public_ip.clone();
    let id = scene.rng.id("eipassoc");
    let association = Association {
        id: id.clone(),
        interface: interface.id.clone(),
        private_ip: interface.private_ip.to_string(),
    };
    let now = scene.now;
    scene.ec2.addresses.note(id.clone(), |it| it.ready = Some(now), now);
    scene.change::<Address>(allocation, |it| it.association = Some(association));
    scene.change::<NetworkInterface>(&interface.id, |it| it.public_ip = Some(public_ip));
    Some(id)
}

/// Takes an address away from whatever it is mapped to.
pub(super) fn unmap(scene: &mut Scene<'_>, allocation: &str) {
    let address = scene.ec2.addresses.get(allocation);
    let Some(association) = address.and_then(|it| it.association.clone()) else { return };
    let now = scene.now;
    scene.ec2.addresses.note(association.id, |it| it.deleted = Some(now), now);
    scene.change::<Address>(allocation, |it| it.association = None);
    // An instance that began with a public address gets another one in place of this.
    // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html>
    let eni = scene.ec2.network_interfaces.get(&association.interface);
    let other = eni.is_some_and(|it| it.is_public()).then(|| unused(scene));
    scene.change::<NetworkInterface>(&association.interface, |it| it.public_ip = other);
}

fn allocate(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<Address>(call)?;
    match call.params.text("Domain").as_deref() {
        None | Some("vpc") => {}
        Some("standard") => return Err(Fault::unsupported("EC2-Classic")),
        Some(other) => {
            return Err(Fault::invalid(format!(
                "Value ({other}) for parameter domain is invalid. Valid values are: vpc"
            )));
        }
    }
    if call.ec2.addresses.all().count() >= call.settings.quotas.addresses as usize {
        let text = "The maximum number of addresses has been reached.";
        return Err(Fault::client("AddressLimitExceeded", text));
    }
    let public_ip = unused(call);
    let now = call.now;
    let record = call.make(tags, Address { public_ip: public_ip.clone(), association: None });
    let id = call.add(now, record);
    Ok(Xml::new()
        .text("publicIp", public_ip)
        .text("domain", "vpc")
        .text("allocationId", id)
        .text("publicIpv4Pool", "amazon")
        .text("networkBorderGroup", call.region))
}

/// Draws a public address out of ranges that are Amazon's.
pub(super) fn unused(scene: &mut Scene<'_>) -> String {
    loop {
        let first = scene.rng.pick(&[3, 18, 34, 52, 54]).copied().unwrap_or(54);
        let mut part = || scene.rng.below(254) + 1;
        let drawn = format!("{first}.{}.{}.{}", part(), part(), part());
        if !scene.ec2.addresses.all().any(|it| it.public_ip == drawn) {
            return drawn;
        }
    }
}

fn list(call: &mut Call<'_>) -> Answer {
    let wanted = call.params.list("PublicIp");
    if wanted.is_empty() {
        return describe::<Address>(call);
    }
    let filters = Filters::read::<Address>(&call.params)?;
    let scene = &call.scene;
    let mut items = Vec::new();
    for public_ip in wanted {
        let mut all = scene.ec2.addresses.all_seen(scene.by_id());
        let address = all.find(|it| it.public_ip == public_ip).ok_or_else(|| {
            Fault::client("InvalidAddress.NotFound", format!("Address '{public_ip}' not found."))
        })?;
        if filters.keep(&address.tags, |name| Address::values(address, scene, name)) {
            items.push(Address::render(address, scene));
        }
    }
    Ok(Xml::new().list(Address::SET, items))
}

/// The interface of an instance that can be given an address, in whose state that can be; both codes were
/// seen: <https://github.com/hashicorp/terraform-provider-aws/pull/3072>.
fn interface_of(call: &Call<'_>, id: &str) -> Result<String, Fault> {
    let instance = call.find::<Instance>(id)?;
    match instance.state {
        State::Running | State::Stopped | State::Stopping => Ok(instance.interface.clone()),
        state @ (State::Pending | State::ShuttingDown | State::Terminated) => {
            let text = format!(
                "The {} instance '{id}' is not in a valid state for this operation.",
                state.name()
            );
            Err(Fault::client("InvalidInstanceID", text))
        }
    }
}

/// Refuses an interface whose instance is in no state for it:
/// <https://github.com/hashicorp/terraform-provider-aws/issues/6189>.
fn is_ready(call: &Call<'_>, eni: &Record<NetworkInterface>) -> Result<(), Fault> {
    let instance = eni.instance().and_then(|it| call.ec2.instances.get(it));
    match instance.map(|it| it.state) {
        Some(state @ (State::Pending | State::ShuttingDown)) => {
            let text = format!(
                "The {} instance to which '{}' is attached is not in a valid state for this \
                 operation",
                state.name(),
                eni.id
            );
            Err(Fault::client("IncorrectInstanceState", text))
        }
        Some(State::Running | State::Stopping | State::Stopped | State::Terminated) | None => {
            Ok(())
        }
    }
}

/// The address is taken from where it was, unless the call says that it must not be.
fn associate(call: &mut Call<'_>) -> Answer {
    let allocation = call.params.need("AllocationId")?;
    let interface = match call.params.text("InstanceId") {
        Some(_) if call.params.given("NetworkInterfaceId") => {
            return Err(Fault::combination(
                "You may specify either an instance ID or a network interface ID, not both",
            ));
        }
        Some(id) => interface_of(call, &id)?,
        None => call.params.need("NetworkInterfaceId")?,
    };
    let wanted = call.params.text("PrivateIpAddress");
    let may_move = call.params.flag("AllowReassociation")?.unwrap_or(true);
    let present = call.find::<Address>(&allocation)?.association.clone();
    let eni = call.find::<NetworkInterface>(&interface)?.clone();
    is_ready(call, &eni)?;
    if let Some(other) = wanted.filter(|it| *it != eni.private_ip.to_string()) {
        let text = format!(
            "Value ({other}) for parameter privateIpAddress is not an address of {interface}."
        );
        return Err(Fault::invalid(text));
    }
    if eni.is_managed() || nat_gateway::holds(call.ec2, &allocation) {
        return Err(not_yours());
    }
    if !call.ec2.internet_gateways.all().any(|it| it.is_attached_to(&eni.vpc)) {
        let text = format!("Network {} is not attached to any internet gateway", eni.vpc);
        return Err(Fault::client("Gateway.NotAttached", text));
    }
    if let Some(association) = &present
        && association.interface == interface
    {
        return Ok(Xml::new().text("return", true).text("associationId", &association.id));
    }
    if let Some(association) = present.as_ref().filter(|_| !may_move) {
        let text = format!(
            "resource {allocation} is already associated with associate-id {}",
            association.id
        );
        return Err(Fault::client("Resource.AlreadyAssociated", text));
    }
    let is_there =
        |it: &&Record<Address>| it.association.as_ref().is_some_and(|it| it.interface == interface);
    let there = call.ec2.addresses.all().find(is_there).map(|it| it.id.clone());
    if let Some(other) = there {
        if !may_move {
            let text = format!("resource {interface} is already associated with {other}");
            return Err(Fault::client("Resource.AlreadyAssociated", text));
        }
        unmap(call, &other);
    }
    unmap(call, &allocation);
    let id = map(call, &allocation, &eni).ok_or_else(|| Address::unknown(&allocation))?;
    Ok(Xml::new().text("return", true).text("associationId", id))
}

/// The reference calls it idempotent; the service is known to refuse an association that is gone.
fn disassociate(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.params.text("AssociationId") else {
        return Err(match call.params.text("PublicIp") {
            Some(_) => Fault::invalid(
                "You must specify an association id when unmapping an address from a VPC instance",
            ),
            None => Fault::missing("associationId"),
        });
    };
    let is_it = |it: &&Record<Address>| it.association.as_ref().is_some_and(|it| it.id == id);
    let found = call.ec2.addresses.all().find(is_it).map(|it| it.id.clone());
    let Some(allocation) = found else {
        let known = call.ec2.addresses.lives().contains_key(&id);
        if known && call.settings.disputed("disassociate-address-again", 2) == 0 {
            return Ok(Xml::new().text("return", true));
        }
        let text = format!("The association ID '{id}' does not exist");
        return Err(Fault::client("InvalidAssociationID.NotFound", text));
    };
    if nat_gateway::holds(call.ec2, &allocation) {
        return Err(not_yours());
    }
    unmap(call, &allocation);
    Ok(Xml::new().text("return", true))
}

fn release(call: &mut Call<'_>) -> Answer {
    let Some(id) = call.params.text("AllocationId") else {
        return Err(match call.params.text("PublicIp") {
            Some(_) => Fault::invalid(
                "You must specify an allocation id when releasing a VPC elastic IP address",
            ),
            None => Fault::missing("allocationId"),
        });
    };
    if let Some(group) = call.params.text("NetworkBorderGroup").filter(|it| it != call.region) {
        let text = format!("The address with allocation id '{id}' does not belong to '{group}'.");
        return Err(Fault::client("InvalidAddress.NotFound", text));
    }
    Address::check(&id)?;
    let released = call.ec2.addresses.lives().contains_key(&id);
    if call.ec2.addresses.get(&id).is_none()
        && released
        && call.settings.disputed("release-address-again", 2) == 1
    {
        return Err(not_yours());
    }
    let address = call.find::<Address>(&id)?.clone();
    if nat_gateway::holds(call.ec2, &id) {
        return Err(match call.settings.disputed("release-nat-address", 2) {
            0 => in_use(&address),
            _ => not_yours(),
        });
    }
    if let Some(association) = &address.association {
        let interface = call.ec2.network_interfaces.get(&association.interface);
        let vpc: Option<&Record<Vpc>> = interface.and_then(|it| call.ec2.vpcs.get(&it.vpc));
        if !vpc.is_some_and(|it| it.default) {
            return Err(in_use(&address));
        }
        unmap(call, &id);
    }
    call.remove::<Address>(&id);
    Ok(Xml::new().text("return", true))
}

fn in_use(address: &Address) -> Fault {
    let text = format!("Address {} is in use.", address.public_ip);
    Fault::client("InvalidIPAddress.InUse", text)
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<Address>(ec2, key)
        .filter(|it| it.association.is_none())
        .map(|it| {
            let says = format!("{} ({}) is released", it.id, it.public_ip);
            Drift::new(says, "ReleaseAddress", &[("AllocationId", &it.id)])
        })
        .collect()
}
