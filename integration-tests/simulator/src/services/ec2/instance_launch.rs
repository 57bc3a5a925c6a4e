//! How instances begin: what a launch needs, and what it makes.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>; codes:
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>. Whether a volume's key can be
//! used shows only after the answer:
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html>.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Answer, Operation,
    agenda::Due,
    idempotency,
    image::{self, Image},
    instance::{self, Instance, Profile, Protection, Reason, State},
    instance_life::Step,
    instance_type::{self, InstanceType},
    launch_data::{Interface, LaunchData},
    launch_template, metadata_options,
    network_interface::{self, NetworkInterface},
    scene::{Call, Scene},
    subnet::{self, Subnet},
    volume::{self, Design, Volume},
    write,
};
use crate::{
    Span,
    fault::Fault,
    hidden::Hidden,
    services::kms::VolumeKey,
    shelf::{Kind as _, Record, Tags},
};

pub(super) const OPERATIONS: &[Operation] = &[write("RunInstances", run)];

/// How many bytes of user data there may be:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html>.
const MOST_USER_DATA: usize = 16_384;
/// How long it takes until a launch that cannot be is noticed.
const NOTICED: Span = Span::seconds(2, 8);

/// A launch that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) data: LaunchData,
    /// The subnet, where the interface does not say one.
    pub(super) subnet: Option<String>,
    pub(super) address: Option<String>,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) token: Option<String>,
    /// The template, and the number of its version.
    pub(super) template: Option<(String, u64)>,
    /// Whether Auto Scaling launches it, with its own role.
    pub(super) by_group: bool,
}

/// A launch in which nothing is left open.
pub(super) struct Plan {
    image: Image,
    pub(super) kind: InstanceType,
    subnet: Record<Subnet>,
    groups: Vec<String>,
    profile: Option<Profile>,
    designs: Vec<Design>,
    interface: Interface,
    metadata: metadata_options::Options,
    tags: Tags,
}

fn run(call: &mut Call<'_>) -> Answer {
    idempotency::once(call, "RunInstances", |call| {
        let mut data = LaunchData::read(call, &call.params)?;
        let template = call.params.structure("LaunchTemplate");
        let template = template.map(|it| launch_template::meant(call, &it)).transpose()?;
        if let Some(found) = &template {
            data = data.over(&found.data);
        }
        let count = |name: &str| -> Result<u32, Fault> {
            let asked = call.params.number(name)?.ok_or_else(|| Fault::missing(name))?;
            u32::try_from(asked).ok().filter(|it| *it > 0).ok_or_else(|| {
                Fault::invalid(format!("Value ({asked}) for parameter {name} is invalid."))
            })
        };
        let (least, most) = (count("MinCount")?, count("MaxCount")?);
        if least > most {
            return Err(Fault::invalid("maxCount must be equal to or greater than minCount"));
        }
        let order = Order {
            data,
            subnet: call.params.text("SubnetId"),
            address: call.params.text("PrivateIpAddress"),
            least,
            most,
            token: call.params.text("ClientToken"),
            template: template.map(|it| (it.id, it.version)),
            by_group: false,
        };
        let ids = launch(call, &order)?;
        let all: Vec<_> = ids.iter().filter_map(|it| call.ec2.instances.get(it)).collect();
        Ok(instance::reservation(call, &all))
    })
}

/// Finds out what a launch needs; what is missing or does not fit refuses it.
pub(super) fn plan(scene: &Scene<'_>, order: &Order) -> Result<Plan, Fault> {
    let data = &order.data;
    let wanted = data.image.as_deref().ok_or_else(|| Fault::missing("ImageId"))?;
    let image = image::find(scene.region, scene.settings.start, &scene.ec2.releases, wanted)?;
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>, `InstanceType`
    let kind = instance_type::find(data.kind.as_deref().unwrap_or("m1.small"))?;
    if kind.architecture() != image.architecture {
        return Err(Fault::invalid(format!(
            "The architecture '{}' of the specified instance type does not match the architecture \
             '{}' of the specified AMI. Specify an instance type and an AMI that have matching \
             architectures, and try again.",
            kind.architecture(),
            image.architecture
        )));
    }
    if let Some(other) = data.tenancy.as_deref().filter(|it| *it != "default") {
        return Err(Fault::unsupported(format!("instances with {other} tenancy")));
    }
    choices(data)?;
    user_data(data)?;
    let interface = interface(order)?;
    let subnet = place(scene, order, &interface)?;
    let ids = if interface.groups.is_empty() { &data.groups } else { &interface.groups };
    let groups = if ids.is_empty() {
        scene.ec2.default_group(&subnet.vpc).into_iter().collect()
    } else {
        network_interface::groups(scene, &subnet.vpc, ids.clone())?
    };
    if let Some(name) = &data.key_name
        && !scene.ec2.key_pairs.all().any(|it| it.name == *name)
    {
        let text = format!("The key pair '{name}' does not exist");
        return Err(Fault::client("InvalidKeyPair.NotFound", text));
    }
    if let Some(address) = interface.address.as_deref() {
        network_interface::wanted_address(scene, &subnet, address)?;
        if order.most > 1 {
            return Err(Fault::combination(
                "The parameter privateIpAddress cannot be used with more than one instance.",
            ));
        }
    }
    data.metadata.check()?;
    // Every image that is modelled says so of itself.
    let metadata = data.metadata.complete(true);
    let mut tags = data.tags_of("instance");
    super::tags::within_quota(scene, &tags)?;
    if metadata.show_tags() {
        metadata_options::readable(&tags)?;
    }
    if let Some((id, version)) = &order.template {
        tags.insert("aws:ec2launchtemplate:id".to_owned(), id.clone());
        tags.insert("aws:ec2launchtemplate:version".to_owned(), version.to_string());
    }
    let profile = profile(scene, data)?;
    let designs = volume::designs(&image, &data.devices)?;
    Ok(Plan { image, kind, subnet, groups, profile, designs, interface, metadata, tags })
}

/// Refuses values that are none of those to choose from.
fn choices(data: &LaunchData) -> Result<(), Fault> {
    for (name, value, good) in [
        ("instanceInitiatedShutdownBehavior", &data.shutdown, ["stop", "terminate"]),
        ("cpuCredits", &data.credits, ["standard", "unlimited"]),
        ("autoRecovery", &data.recovery, ["default", "disabled"]),
    ] {
        if let Some(other) = value.as_deref().filter(|it| !good.contains(it)) {
            let text = format!("Value ({other}) for parameter {name} is invalid.");
            return Err(Fault::invalid(text));
        }
    }
    Ok(())
}

/// Refuses user data that is no base64 or too long.
fn user_data(data: &LaunchData) -> Result<(), Fault> {
    let Some(text) = data.user_data.as_ref().map(Hidden::reveal) else { return Ok(()) };
    let plain = STANDARD.decode(text).map_err(|_| not_base64())?;
    if plain.len() > MOST_USER_DATA {
        let text = format!("User data is limited to {MOST_USER_DATA} bytes");
        return Err(Fault::invalid(text));
    }
    Ok(())
}

pub(super) fn not_base64() -> Fault {
    Fault::client("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
}

/// The one interface an instance gets.
fn interface(order: &Order) -> Result<Interface, Fault> {
    let data = &order.data;
    let [one] = data.interfaces.as_slice() else {
        if data.interfaces.is_empty() {
            return Ok(Interface { address: order.address.clone(), ..Interface::default() });
        }
        return Err(Fault::unsupported("instances with more than one interface"));
    };
    if one.index.unwrap_or_default() != 0 {
        return Err(Fault::invalid("A network interface with device index 0 is needed."));
    }
    if !data.groups.is_empty() {
        return Err(Fault::combination(
            "Network interfaces and an instance-level security groups may not be specified on the \
             same request",
        ));
    }
    // A group says in which of its subnets it launches, whatever the template has.
    if order.subnet.is_some() && !order.by_group {
        return Err(Fault::combination(
            "Network interfaces and an instance-level subnet ID may not be specified on the same \
             request",
        ));
    }
    if order.address.is_some() {
        return Err(Fault::combination(
            "Network interfaces and an instance-level private address may not be specified on the \
             same request",
        ));
    }
    Ok(one.clone())
}

/// The subnet of a launch: the one that is said, or a default one.
fn place(scene: &Scene<'_>, order: &Order, interface: &Interface) -> Result<Record<Subnet>, Fault> {
    let zone = order.data.zone.as_ref();
    let said = order.subnet.as_ref().or(interface.subnet.as_ref());
    let Some(id) = said else {
        let mut defaults = scene.ec2.subnets.all().filter(|it| it.default_for_zone);
        let fits = |it: &&Record<Subnet>| zone.is_none_or(|zone| it.zone == *zone);
        return defaults
            .find(fits)
            .cloned()
            .ok_or_else(|| Fault::client("VPCIdNotSpecified", "No default VPC for this user"));
    };
    let subnet = scene.find::<Subnet>(id)?;
    match zone {
        Some(zone) if *zone != subnet.zone => Err(Fault::combination(format!(
            "The availability zone '{zone}' is not the one of the subnet '{id}'"
        ))),
        Some(_) | None => Ok(subnet.clone()),
    }
}

/// The profile of a launch, which EC2 may not know yet, and which needs a role.
fn profile(scene: &Scene<'_>, data: &LaunchData) -> Result<Option<Profile>, Fault> {
    let Some(wanted) = &data.profile else { return Ok(None) };
    let eyes = scene.settings.lag.dependents.then(|| scene.by_id());
    let (named, known) = match (&wanted.arn, &wanted.name) {
        (Some(_), Some(_)) => {
            return Err(Fault::combination(
                "The parameter 'iamInstanceProfile.name' may not be used in combination with \
                 'iamInstanceProfile.arn'",
            ));
        }
        (Some(arn), None) => {
            let name = arn.rsplit_once('/').map_or(arn.as_str(), |it| it.1);
            let known = scene.iam.profile_to_launch(scene.settings, name, eyes);
            (format!("arn ({arn})"), known.filter(|it| it.arn == *arn))
        }
        (None, Some(name)) => {
            let known = scene.iam.profile_to_launch(scene.settings, name, eyes);
            (format!("name ({name})"), known)
        }
        (None, None) => return Ok(None),
    };
    let known = known.ok_or_else(|| {
        let (kind, value) = named.split_once(' ').unwrap_or((&named, ""));
        Fault::invalid(format!(
            "Value {value} for parameter iamInstanceProfile.{kind} is invalid. Invalid IAM \
             Instance Profile {}",
            if kind == "arn" { "ARN" } else { "name" }
        ))
    })?;
    if !known.has_role {
        let text = format!("IAM Instance Profile \"{}\" has no associated IAM Roles", known.arn);
        return Err(Fault::invalid(text));
    }
    Ok(Some(Profile { name: known.name, arn: known.arn, unique: known.unique }))
}

/// How many instances of a plan can be launched; none that would not be enough.
fn room(scene: &Scene<'_>, order: &Order, plan: &Plan) -> Result<u32, Fault> {
    let zone = &plan.subnet.zone;
    if scene.settings.is_short_of(zone, plan.kind.name) {
        let kind = plan.kind.name;
        return Err(Fault::new(
            500,
            "InsufficientInstanceCapacity",
            format!(
                "We currently do not have sufficient {kind} capacity in the Availability Zone you \
                 requested ({zone}). Our system will be working on provisioning additional \
                 capacity. You can currently get {kind} capacity by not specifying an Availability \
                 Zone in your request or choosing another one."
            ),
        ));
    }
    let vcpus = |it: &Record<Instance>| {
        instance_type::find(&it.kind).map(|it| it.vcpus).unwrap_or_default()
    };
    let lives =
        scene.ec2.instances.all().filter(|it| matches!(it.state, State::Pending | State::Running));
    let used: u32 = lives.map(vcpus).sum();
    let most = scene.settings.quotas.instance_vcpus;
    let by_quota = most.saturating_sub(used) / plan.kind.vcpus.max(1);
    if by_quota < order.least {
        return Err(Fault::client(
            "VcpuLimitExceeded",
            format!(
                "You have requested more vCPU capacity than your current vCPU limit of {most} \
                 allows for the instance bucket that the specified instance type belongs to. \
                 Please visit http://aws.amazon.com/contact-us/ec2-request to request an \
                 adjustment to this limit."
            ),
        ));
    }
    let free = subnet::free(&plan.subnet, scene.ec2);
    if free < order.least {
        return Err(Fault::client(
            "InsufficientFreeAddressesInSubnet",
            format!(
                "There are not enough free addresses in subnet '{}' to satisfy the requested \
                 number of instances.",
                plan.subnet.id
            ),
        ));
    }
    Ok(order.most.min(by_quota).min(free))
}

/// Launches instances and gives their ids.
pub(super) fn launch(scene: &mut Scene<'_>, order: &Order) -> Result<Vec<String>, Fault> {
    let plan = plan(scene, order)?;
    let count = room(scene, order, &plan)?;
    let reservation = scene.rng.id("r");
    (0..count).map(|index| begin(scene, order, &plan, (&reservation, index))).collect()
}

/// Why a launch comes to nothing, if it does: a volume cannot be encrypted.
fn doom(scene: &Scene<'_>, order: &Order, plan: &Plan) -> Option<Reason> {
    let mut keys = plan.designs.iter().filter_map(Design::encrypts_under);
    keys.find_map(|key| match scene.kms.for_volumes(scene.site(), key, order.by_group) {
        VolumeKey::Usable => None,
        VolumeKey::WrongState => Some(Reason::new(
            "Client.InvalidKMSKey.InvalidState",
            "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
        )),
        VolumeKey::Refused => Some(Reason::new(
            "Client.InternalError",
            "Client.InternalError: Client error on launch",
        )),
    })
}

fn begin(
    scene: &mut Scene<'_>,
    order: &Order,
    plan: &Plan,
    (reservation, index): (&str, u32),
) -> Result<String, Fault> {
    // Drawn only where it may be: the other draws of a world stay what they are.
    let failing = scene.settings.weather.failing;
    let broken = failing > 0 && scene.rng.happens(failing);
    let broken = broken.then(|| {
        // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html>
        Reason::new("Server.InternalError", "Server.InternalError: Internal error on launch")
    });
    let doom = doom(scene, order, plan).or(broken);
    let data = &order.data;
    let id = scene.rng.id("i");
    let public = plan.interface.public.unwrap_or(plan.subnet.map_public_ip);
    let wanted = network_interface::ForInstance {
        instance: &id,
        groups: plan.groups.clone(),
        address: plan.interface.address.as_deref(),
        public,
        description: plan.interface.description.clone().unwrap_or_default(),
        goes: plan.interface.delete_on_termination.unwrap_or(true),
        tags: data.tags_of(NetworkInterface::TYPE),
    };
    let eni = network_interface::make_for_instance(scene, &plan.subnet, wanted)?;
    let zone = (plan.subnet.zone.as_str(), plan.subnet.zone_id.as_str());
    for design in &plan.designs {
        let tags = data.tags_of(Volume::TYPE);
        volume::make(scene, design, &id, zone, tags);
    }
    let span = scene.settings.durations.instance;
    let up = scene.after(span);
    let span = scene.settings.durations.instance_checks;
    let checked = up + scene.lasting(span);
    let burstable = plan.kind.burstable();
    let body = Instance {
        reservation: reservation.to_owned(),
        index,
        token: order.token.clone(),
        image: plan.image.id.clone(),
        kind: plan.kind.name.to_owned(),
        key_name: data.key_name.clone(),
        profile: plan.profile.clone(),
        user_data: data.user_data.clone(),
        vpc: plan.subnet.vpc.clone(),
        subnet: plan.subnet.id.clone(),
        zone: plan.subnet.zone.clone(),
        zone_id: plan.subnet.zone_id.clone(),
        interface: eni,
        state: State::Pending,
        reason: None,
        transition: String::new(),
        launched: scene.now,
        booted: None,
        checked,
        impaired: None,
        monitoring: data.monitoring.unwrap_or_default(),
        metadata: plan.metadata.clone(),
        protection: Protection {
            termination: data.no_termination.unwrap_or_default(),
            stop: data.no_stop.unwrap_or_default(),
        },
        shutdown: data.shutdown.clone().unwrap_or_else(|| "stop".to_owned()),
        ebs_optimized: data.ebs_optimized.unwrap_or_default(),
        credits: burstable.then(|| data.credits.clone().unwrap_or_else(|| "unlimited".to_owned())),
        recovery: data.recovery.clone().unwrap_or_else(|| "default".to_owned()),
        console: None,
        doom: doom.clone(),
        forgotten: None,
    };
    let record = Record { id: id.clone(), tags: plan.tags.clone(), body };
    scene.add(checked, record);
    let now = scene.now;
    scene.ec2.instances.note(id.clone(), |it| it.ready = None, now);
    let (at, step) = match doom {
        Some(_) => (scene.after(NOTICED), Step::Doomed),
        None => (up, Step::Running),
    };
    scene.ec2.agenda.plan(at, Due::Instance { id: id.clone(), step });
    Ok(id)
}
