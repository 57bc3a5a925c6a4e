//! NAT gateways.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>. Creation
//! is answered at once; some seconds later it turns out whether it can be done, and then either
//! the gateway has failed or its network interface is there and becomes available minutes later.
//! Regional gateways and secondary addresses are not modelled.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    address::{self, Address},
    agenda::Due,
    filters::one,
    idempotency,
    network_interface::{self, NetworkInterface},
    read,
    resource::{Drift, Resource, describe, made, tag_set, tagged},
    scene::{Call, Scene},
    subnet::Subnet,
    tags, write,
};
use crate::{
    Span, Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateNatGateway", create),
    read("DescribeNatGateways", describe::<NatGateway>),
    write("DeleteNatGateway", delete),
];

/// How long it takes until it is known whether a gateway can be made.
const EXAMINED: Span = Span::seconds(2, 12);

/// A NAT gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NatGateway {
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) state: State,
    /// The Elastic IP address of a public one.
    allocation: Option<String>,
    /// What it got in its subnet, as long as it is not examined: nothing.
    place: Option<Place>,
    failure: Option<Failure>,
    created: Time,
    ready: Time,
    deleted: Option<Time>,
    /// When it is not shown any more.
    forgotten: Option<Time>,
}

/// What a gateway has in its subnet.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    interface: String,
    private_ip: String,
    public_ip: Option<String>,
    association: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Failure {
    code: String,
    message: String,
}

impl Failure {
    fn new(code: &str, message: String) -> Self {
        Self { code: code.to_owned(), message }
    }
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

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }

    /// Whether it counts against the quota, and keeps its address from others.
    ///
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
    fn counts(self) -> bool {
        match self {
            Self::Pending | Self::Available | Self::Deleting => true,
            Self::Failed | Self::Deleted => false,
        }
    }
}

/// A step that happens by itself; see `Agenda`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// It gets its place in the subnet, or fails.
    Examined,
    /// It becomes available.
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
    const FILTERS: &'static [&'static str] = &["nat-gateway-id", "state", "subnet-id", "vpc-id"];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.nat_gateways
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.nat_gateways
    }

    fn values(nat: &Record<Self>, _scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "nat-gateway-id" => one(&nat.id),
            "state" => one(nat.state.name()),
            "subnet-id" => one(&nat.subnet),
            "vpc-id" => one(&nat.vpc),
            _ => Vec::new(),
        }
    }

    fn render(nat: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new()
            .text("natGatewayId", &nat.id)
            .text("subnetId", &nat.subnet)
            .text("vpcId", &nat.vpc)
            .text("state", nat.state.name())
            .text("createTime", nat.created)
            .maybe("deleteTime", nat.deleted)
            .maybe("failureCode", nat.failure.as_ref().map(|it| &it.code))
            .maybe("failureMessage", nat.failure.as_ref().map(|it| &it.message))
            .text("connectivityType", nat.connectivity())
            .text("availabilityMode", "zonal")
            .list("natGatewayAddressSet", nat.address())
            .nest("tagSet", tag_set(nat))
    }

    fn unknown(id: &str) -> Fault {
        Fault::client(Self::NOT_FOUND, format!("NatGateway {id} was not found"))
    }
}

impl NatGateway {
    fn connectivity(&self) -> &'static str {
        if self.allocation.is_some() { "public" } else { "private" }
    }

    fn address(&self) -> Option<Xml> {
        if self.allocation.is_none() && self.place.is_none() {
            return None;
        }
        let status = match (self.state, &self.failure) {
            (_, Some(_)) => "failed",
            (State::Pending, None) if self.allocation.is_none() => "assigning",
            (State::Pending, None) => "associating",
            (State::Available | State::Failed, None) => "succeeded",
            (State::Deleting | State::Deleted, None) if self.allocation.is_none() => "unassigning",
            (State::Deleting | State::Deleted, None) => "disassociating",
        };
        let place = self.place.as_ref();
        Some(
            Xml::new()
                .maybe("allocationId", self.allocation.as_ref())
                .maybe("networkInterfaceId", place.map(|it| &it.interface))
                .maybe("privateIp", place.map(|it| &it.private_ip))
                .maybe("publicIp", place.and_then(|it| it.public_ip.as_ref()))
                .maybe("associationId", place.and_then(|it| it.association.as_ref()))
                .text("isPrimary", true)
                .maybe("failureMessage", self.failure.as_ref().map(|it| &it.message))
                .text("status", status),
        )
    }
}

/// Whether a gateway has this address, or is about to get it, or has not yet given it back.
pub(super) fn holds(ec2: &Ec2, allocation: &str) -> bool {
    let holds =
        |it: &Record<NatGateway>| it.state.counts() && it.allocation.as_deref() == Some(allocation);
    // An address that is mapped elsewhere makes the gateway fail that asks for it.
    let address = ec2.addresses.get(allocation);
    let mapped = address.and_then(|it| it.association.as_ref()).map(|it| &it.interface);
    ec2.nat_gateways.all().any(|it| {
        holds(it)
            && match (&it.place, mapped) {
                (None, Some(_)) => false,
                (Some(place), Some(interface)) => place.interface == *interface,
                (_, None) => true,
            }
    })
}

/// A token that is used again is answered with the first answer, or with what became of the
/// gateway since; the reference leaves that open.
fn create(call: &mut Call<'_>) -> Answer {
    let answer = idempotency::once(call, "CreateNatGateway", establish)?;
    if call.settings.disputed("nat-gateway-token-again", 2) == 0 {
        return Ok(answer);
    }
    match answer.first_id().filter(|id| call.ec2.nat_gateways.get(id).is_some()) {
        Some(id) => answered(call, &id),
        None => Ok(answer),
    }
}

fn answered(call: &Call<'_>, id: &str) -> Answer {
    Ok(Xml::new()
        .nest("natGateway", made::<NatGateway>(call, id)?)
        .maybe("clientToken", call.params.text("ClientToken")))
}

fn establish(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<NatGateway>(call)?;
    let subnet_id = call.params.need("SubnetId")?;
    let allocation = call.params.text("AllocationId");
    match call.params.text("AvailabilityMode").as_deref() {
        None | Some("zonal") => {}
        Some("regional") => return Err(Fault::unsupported("regional NAT gateways")),
        Some(other) => {
            let text = format!("Value ({other}) for parameter availabilityMode is invalid.");
            return Err(Fault::invalid(text));
        }
    }
    match (call.params.text("ConnectivityType").as_deref(), &allocation) {
        (None | Some("public"), Some(_)) | (Some("private"), None) => {}
        (None | Some("public"), None) => return Err(Fault::missing("AllocationId")),
        (Some("private"), Some(_)) => {
            return Err(Fault::combination(
                "An allocation ID cannot be specified for a private NAT gateway.",
            ));
        }
        (Some(other), _) => {
            let text = format!("Value ({other}) for parameter connectivityType is invalid.");
            return Err(Fault::invalid(text));
        }
    }
    let subnet = call.find::<Subnet>(&subnet_id).map_err(|fault| {
        match call.settings.disputed("nat-gateway-unknown-subnet", 2) {
            1 if fault.code == Subnet::NOT_FOUND => Fault::client("InvalidSubnet", fault.message),
            _ => fault,
        }
    })?;
    let (vpc, zone) = (subnet.vpc.clone(), subnet.zone.clone());
    if let Some(id) = &allocation {
        let late = call.settings.disputed("nat-gateway-unknown-address", 2) == 1;
        match call.find::<Address>(id) {
            Err(fault) if late && fault.code == Address::NOT_FOUND => {}
            other => drop(other?),
        }
    }
    let here = call.ec2.nat_gateways.all().filter(|it| {
        it.state.counts() && call.ec2.subnets.get(&it.subnet).is_some_and(|it| it.zone == zone)
    });
    let most = call.settings.quotas.nat_gateways_per_zone;
    if here.count() >= most as usize {
        let text =
            format!("Performing this operation would exceed the limit of {most} NAT gateways");
        return Err(Fault::client("NatGatewayLimitExceeded", text));
    }
    let examined = call.after(EXAMINED);
    let span = call.settings.durations.nat_gateway;
    let ready = call.after(span).max(examined);
    let now = call.now;
    let body = NatGateway {
        vpc,
        subnet: subnet_id,
        state: State::Pending,
        allocation,
        place: None,
        failure: None,
        created: now,
        ready,
        deleted: None,
        forgotten: None,
    };
    let record = call.make(tags, body);
    let id = call.add(ready, record);
    call.ec2.nat_gateways.note(id.clone(), |it| it.ready = None, now);
    plan(call, examined, &id, Step::Examined);
    answered(call, &id)
}

fn plan(scene: &mut Scene<'_>, at: Time, id: &str, step: Step) {
    scene.ec2.agenda.plan(at, Due::NatGateway { id: id.to_owned(), step });
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("NatGatewayId")?;
    match call.find::<NatGateway>(&id)?.state {
        State::Pending | State::Available | State::Failed => {
            let span = call.settings.durations.nat_gateway_delete;
            let gone = call.after(span);
            call.change::<NatGateway>(&id, |it| {
                it.state = State::Deleting;
                it.forgotten = None;
            });
            plan(call, gone, &id, Step::Gone);
        }
        State::Deleting => {}
        State::Deleted => {
            if call.settings.disputed("delete-deleted-nat-gateway", 2) == 0 {
                return Err(NatGateway::unknown(&id));
            }
        }
    }
    Ok(Xml::new().text("natGatewayId", id))
}

/// Lets a step happen whose time has come.
pub(super) fn happen(scene: &mut Scene<'_>, id: &str, step: Step) {
    let Some(nat) = scene.ec2.nat_gateways.get(id).cloned() else { return };
    let now = scene.now;
    match (step, nat.state) {
        (Step::Examined, State::Pending) => match settle_in(scene, &nat) {
            Ok(place) => {
                scene.change::<NatGateway>(id, |it| it.place = Some(place));
                plan(scene, nat.ready, id, Step::Ready);
            }
            Err(failure) => {
                let until = forget_later(scene, id);
                scene.change::<NatGateway>(id, |it| {
                    it.state = State::Failed;
                    it.failure = Some(failure);
                    it.forgotten = Some(until);
                });
            }
        },
        (Step::Ready, State::Pending) => {
            scene.ec2.nat_gateways.note(id, |it| it.ready = Some(now), now);
            scene.change::<NatGateway>(id, |it| it.state = State::Available);
        }
        (Step::Gone, State::Deleting) => {
            if let Some(place) = &nat.place {
                if let Some(allocation) = &nat.allocation {
                    address::unmap(scene, allocation);
                }
                scene.remove::<NetworkInterface>(&place.interface);
            }
            let until = forget_later(scene, id);
            scene.ec2.nat_gateways.note(id, |it| it.deleted = Some(now), now);
            scene.change::<NatGateway>(id, |it| {
                it.state = State::Deleted;
                it.deleted = Some(now);
                it.forgotten = Some(until);
            });
        }
        (Step::Forgotten, State::Failed | State::Deleted)
            if nat.forgotten.is_some_and(|it| it <= now) =>
        {
            scene.remove::<NatGateway>(id);
        }
        (Step::Examined | Step::Ready | Step::Gone | Step::Forgotten, _) => {}
    }
}

fn forget_later(scene: &mut Scene<'_>, id: &str) -> Time {
    let until = scene.after(scene.settings.durations.nat_gateway_linger);
    plan(scene, until, id, Step::Forgotten);
    until
}

/// Gives a gateway its place in the subnet, if everything it needs is there by now.
fn settle_in(scene: &mut Scene<'_>, nat: &Record<NatGateway>) -> Result<Place, Failure> {
    let Some(subnet) = scene.ec2.subnets.get(&nat.subnet).cloned() else {
        return Err(Failure::new(
            "InvalidSubnetID.NotFound",
            format!("The specified subnet {} does not exist or could not be found.", nat.subnet),
        ));
    };
    // Drawn only where it may be: the other draws of a world stay what they are.
    let failing = scene.settings.weather.failing;
    if failing > 0 && scene.rng.happens(failing) {
        // <https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>
        return Err(Failure::new(
            "InternalError",
            "Network interface, created and used internally by this NAT gateway is in an invalid \
             state. Please try again."
                .to_owned(),
        ));
    }
    let mut public_ip = None;
    if let Some(id) = &nat.allocation {
        let Some(address) = scene.ec2.addresses.get(id) else {
            return Err(Failure::new(
                "InvalidAllocationID.NotFound",
                format!("Elastic IP address {id} could not be associated with this NAT gateway"),
            ));
        };
        if !scene.ec2.internet_gateways.all().any(|it| it.is_attached_to(&nat.vpc)) {
            return Err(Failure::new(
                "Gateway.NotAttached",
                format!("Network {} has no Internet gateway attached", nat.vpc),
            ));
        }
        if address.association.is_some() {
            return Err(Failure::new(
                "Resource.AlreadyAssociated",
                format!("Elastic IP address {id} is already associated"),
            ));
        }
        public_ip = Some(address.public_ip.clone());
    }
    let Some(eni) = network_interface::make_for_nat_gateway(scene, &nat.id, &subnet) else {
        return Err(Failure::new(
            "InsufficientFreeAddressesInSubnet",
            "Subnet has insufficient free addresses to create this NAT gateway".to_owned(),
        ));
    };
    let association = nat.allocation.as_ref().and_then(|it| address::map(scene, it, &eni));
    Ok(Place { private_ip: eni.private_ip.to_string(), interface: eni.id, public_ip, association })
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<NatGateway>(ec2, key)
        .filter(|it| it.state == State::Available)
        .map(|it| {
            let says = format!("{} is deleted", it.id);
            Drift::new(says, "DeleteNatGateway", &[("NatGatewayId", &it.id)])
        })
        .collect()
}
