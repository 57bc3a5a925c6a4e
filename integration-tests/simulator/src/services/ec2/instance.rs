//! Instances: what they are, and how they are shown.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>. How they begin, go on and
//! end is in the files beside this one.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{Filters, one, truth},
    image::ROOT_DEVICE,
    instance_type,
    metadata_options::Options,
    network_interface::{self, NetworkInterface},
    paging, read,
    resource::{Drift, Resource, tag_set, tagged},
    scene::{Call, Scene},
    volume,
};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[read("DescribeInstances", list)];

/// An instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Instance {
    pub(super) reservation: String,
    /// Its number among those of its launch.
    pub(super) index: u32,
    pub(super) token: Option<String>,
    pub(super) image: String,
    pub(super) kind: String,
    pub(super) key_name: Option<String>,
    pub(super) profile: Option<Profile>,
    pub(super) user_data: Option<Hidden>,
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) interface: String,
    pub(super) state: State,
    pub(super) reason: Option<Reason>,
    /// What it is said to be stopped or terminated for.
    pub(super) transition: String,
    pub(super) launched: Time,
    /// When it began to run, this time.
    pub(super) booted: Option<Time>,
    /// When its status checks have passed, this time.
    pub(super) checked: Time,
    pub(super) impaired: Option<Impairment>,
    pub(super) monitoring: bool,
    pub(super) metadata: Options,
    pub(super) protection: Protection,
    pub(super) shutdown: String,
    pub(super) ebs_optimized: bool,
    pub(super) credits: Option<String>,
    pub(super) recovery: String,
    pub(super) console: Option<Console>,
    /// Why it is to end right after its launch.
    pub(super) doom: Option<Reason>,
    /// When it is not shown any more.
    pub(super) forgotten: Option<Time>,
}

/// The instance profile it was launched with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) unique: String,
}

/// What it is protected from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Protection {
    pub(super) termination: bool,
    pub(super) stop: bool,
}

/// Why AWS ended it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) message: String,
}

impl Reason {
    pub(super) fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned() }
    }
}

/// Which of its status checks fail, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Impairment {
    pub(super) instance: bool,
    pub(super) system: bool,
    pub(super) since: Time,
}

/// What its console shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Console {
    pub(super) text: String,
    /// How much of it was there shortly after the start.
    #[serde(default)]
    pub(super) early: usize,
    pub(super) at: Time,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        }
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html>
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    pub(super) fn render(self) -> Xml {
        Xml::new().text("code", self.code()).text("name", self.name())
    }

    /// Whether it is on its way out or gone.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

/// What is said of an instance that is in the wrong state for something.
pub(super) fn wrong_state(id: &str, state: State, done: &str) -> Fault {
    let text = format!(
        "The instance '{id}' is not in a state from which it can be {done} (it is {}).",
        state.name()
    );
    Fault::client("IncorrectInstanceState", text)
}

impl Kind for Instance {
    const TYPE: &'static str = "instance";
    const PREFIX: &'static str = "i";
    const NOUN: &'static str = "instance ID";
    const NOT_FOUND: &'static str = "InvalidInstanceID.NotFound";
    const MALFORMED: &'static str = "InvalidInstanceID.Malformed";

    fn exists(&self) -> bool {
        self.state != State::Terminated
    }
}

impl Resource for Instance {
    const SET: &'static str = "instancesSet";
    const IDS: &'static str = "InstanceId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "affinity",
        "architecture",
        "availability-zone",
        "availability-zone-id",
        "block-device-mapping.attach-time",
        "block-device-mapping.delete-on-termination",
        "block-device-mapping.device-name",
        "block-device-mapping.status",
        "block-device-mapping.volume-id",
        "client-token",
        "dns-name",
        "hibernation-options.configured",
        "host-id",
        "hypervisor",
        "iam-instance-profile.arn",
        "iam-instance-profile.id",
        "iam-instance-profile.name",
        "image-id",
        "instance-id",
        "instance-lifecycle",
        "instance-state-code",
        "instance-state-name",
        "instance-type",
        "instance.group-id",
        "instance.group-name",
        "ip-address",
        "ipv6-address",
        "kernel-id",
        "key-name",
        "launch-index",
        "launch-time",
        "metadata-options.http-endpoint",
        "metadata-options.http-put-response-hop-limit",
        "metadata-options.http-tokens",
        "monitoring-state",
        "network-interface.addresses.private-ip-address",
        "network-interface.group-id",
        "network-interface.network-interface-id",
        "network-interface.subnet-id",
        "network-interface.vpc-id",
        "outpost-arn",
        "owner-id",
        "placement-group-name",
        "platform",
        "private-dns-name",
        "private-ip-address",
        "product-code",
        "ramdisk-id",
        "reason",
        "requester-id",
        "reservation-id",
        "root-device-name",
        "root-device-type",
        "source-dest-check",
        "spot-instance-request-id",
        "state-reason-code",
        "state-reason-message",
        "subnet-id",
        "tenancy",
        "virtualization-type",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.instances
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.instances
    }

    fn values(instance: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        let eni = scene.ec2.network_interfaces.get(&instance.interface);
        let some = |it: Option<String>| it.into_iter().collect();
        let of_eni = |of: &dyn Fn(&Record<NetworkInterface>) -> String| some(eni.map(of));
        let of_volumes = |of: &dyn Fn(&str, &volume::Attachment) -> String| {
            volume::of(scene.ec2, &instance.id).map(|it| of(&it.0.id, it.1)).collect()
        };
        let profile = instance.profile.as_ref();
        let reason = instance.reason.as_ref();
        match filter {
            "architecture" => some(instance.architecture().map(str::to_owned)),
            "availability-zone" => one(&instance.zone),
            "availability-zone-id" => one(&instance.zone_id),
            "block-device-mapping.delete-on-termination" => {
                of_volumes(&|_, it| it.delete_on_termination.to_string())
            }
            "block-device-mapping.status" => of_volumes(&|_, _| "attached".to_owned()),
            "block-device-mapping.volume-id" => of_volumes(&|id, _| id.to_owned()),
            "client-token" => some(instance.token.clone()),
            "dns-name" => some(eni.and_then(|it| network_interface::public_name(it, scene))),
            "hypervisor" => one("xen"),
            "iam-instance-profile.arn" => some(profile.map(|it| it.arn.clone())),
            "iam-instance-profile.id" => some(profile.map(|it| it.unique.clone())),
            "iam-instance-profile.name" => some(profile.map(|it| it.name.clone())),
            "image-id" => one(&instance.image),
            "instance-id" => one(&instance.id),
            "instance-state-code" => one(instance.state.code()),
            "instance-state-name" => one(instance.state.name()),
            "instance-type" => one(&instance.kind),
            "instance.group-id" | "network-interface.group-id" => {
                eni.map(|it| it.groups.clone()).unwrap_or_default()
            }
            "instance.group-name" => {
                let groups = eni.map(|it| it.groups.as_slice()).unwrap_or_default().iter();
                let known = groups.filter_map(|it| scene.ec2.security_groups.get(it));
                known.map(|it| it.name.clone()).collect()
            }
            "ip-address" => some(eni.and_then(|it| it.public_ip.clone())),
            "key-name" => some(instance.key_name.clone()),
            "launch-index" => one(instance.index),
            "launch-time" => one(instance.launched),
            "metadata-options.http-endpoint" => one(&instance.metadata.endpoint),
            "metadata-options.http-put-response-hop-limit" => one(instance.metadata.hops),
            "metadata-options.http-tokens" => one(&instance.metadata.tokens),
            "monitoring-state" => one(instance.monitoring_state()),
            "network-interface.addresses.private-ip-address" | "private-ip-address" => {
                of_eni(&|it| it.private_ip.to_string())
            }
            "network-interface.network-interface-id" => of_eni(&|it| it.id.clone()),
            "network-interface.subnet-id" => of_eni(&|it| it.subnet.clone()),
            "network-interface.vpc-id" => of_eni(&|it| it.vpc.clone()),
            "owner-id" => one(&scene.settings.account),
            "private-dns-name" => {
                some(eni.and_then(|it| network_interface::private_name(it, scene)))
            }
            "reason" => one(&instance.transition),
            "reservation-id" => one(&instance.reservation),
            "root-device-name" => one(ROOT_DEVICE),
            "root-device-type" => one("ebs"),
            "source-dest-check" => of_eni(&|it| it.source_dest_check.to_string()),
            "state-reason-code" => some(reason.map(|it| it.code.clone())),
            "state-reason-message" => some(reason.map(|it| it.message.clone())),
            "subnet-id" => some(eni.map(|_| instance.subnet.clone())),
            "tenancy" => one("default"),
            "hibernation-options.configured" => truth(false),
            "virtualization-type" => one("hvm"),
            "vpc-id" => some(eni.map(|_| instance.vpc.clone())),
            _ => Vec::new(),
        }
    }

    /// What is not there any more is not shown: the network of a terminated instance.
    fn render(instance: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let eni = scene.ec2.network_interfaces.get(&instance.interface);
        let kind = instance_type::find(&instance.kind).ok();
        let mut xml = Xml::new()
            .text("instanceId", &instance.id)
            .text("imageId", &instance.image)
            .nest("instanceState", instance.state.render())
            .text(
                "privateDnsName",
                eni.and_then(|it| network_interface::private_name(it, scene)).unwrap_or_default(),
            )
            .text(
                "dnsName",
                eni.and_then(|it| network_interface::public_name(it, scene)).unwrap_or_default(),
            )
            .text("reason", &instance.transition)
            .maybe("keyName", instance.key_name.as_ref())
            .text("amiLaunchIndex", instance.index)
            .nest("productCodes", Xml::new())
            .text("instanceType", &instance.kind)
            .text("launchTime", instance.launched)
            .nest(
                "placement",
                Xml::new()
                    .text("availabilityZone", &instance.zone)
                    .text("availabilityZoneId", &instance.zone_id)
                    .text("groupName", "")
                    .text("tenancy", "default"),
            )
            .nest("monitoring", Xml::new().text("state", instance.monitoring_state()));
        if let Some(eni) = eni {
            xml = xml
                .text("subnetId", &instance.subnet)
                .text("vpcId", &instance.vpc)
                .text("privateIpAddress", eni.private_ip)
                .maybe("ipAddress", eni.public_ip.as_ref())
                .text("sourceDestCheck", eni.source_dest_check)
                .list("groupSet", network_interface::group_set(eni, scene))
                .list("networkInterfaceSet", [network_interface::in_instance(eni, scene)]);
        } else {
            xml = xml.nest("groupSet", Xml::new()).nest("networkInterfaceSet", Xml::new());
        }
        if let Some(reason) = &instance.reason {
            let reason = Xml::new().text("code", &reason.code).text("message", &reason.message);
            xml = xml.nest("stateReason", reason);
        }
        if let Some(profile) = instance.profile.as_ref().filter(|_| eni.is_some()) {
            let profile = Xml::new().text("arn", &profile.arn).text("id", &profile.unique);
            xml = xml.nest("iamInstanceProfile", profile);
        }
        if let Some(kind) = kind {
            let cpu =
                Xml::new().text("coreCount", kind.cores()).text("threadsPerCore", kind.threads());
            xml = xml.text("architecture", kind.architecture()).nest("cpuOptions", cpu);
        }
        let names = Xml::new()
            .text("hostnameType", "ip-name")
            .text("enableResourceNameDnsARecord", false)
            .text("enableResourceNameDnsAAAARecord", false);
        let devices = volume::of(scene.ec2, &instance.id);
        xml.text("rootDeviceType", "ebs")
            .text("rootDeviceName", ROOT_DEVICE)
            .list("blockDeviceMapping", devices.map(|(volume, it)| it.render(&volume.id)))
            .text("virtualizationType", "hvm")
            .text("clientToken", instance.token.as_deref().unwrap_or_default())
            .text("hypervisor", "xen")
            .text("ebsOptimized", instance.ebs_optimized)
            .text("enaSupport", true)
            .nest(
                "capacityReservationSpecification",
                Xml::new().text("capacityReservationPreference", "open"),
            )
            .nest("hibernationOptions", Xml::new().text("configured", false))
            .nest("metadataOptions", instance.metadata.render())
            .nest("enclaveOptions", Xml::new().text("enabled", false))
            .text("platformDetails", "Linux/UNIX")
            .text("usageOperation", "RunInstances")
            .text("usageOperationUpdateTime", instance.launched)
            .nest("privateDnsNameOptions", names)
            .nest("maintenanceOptions", Xml::new().text("autoRecovery", &instance.recovery))
            .nest("operator", Xml::new().text("managed", false))
            .nest("tagSet", tag_set(instance))
    }
}

impl Instance {
    fn architecture(&self) -> Option<&'static str> {
        instance_type::find(&self.kind).ok().map(instance_type::InstanceType::architecture)
    }

    fn monitoring_state(&self) -> &'static str {
        if self.monitoring { "enabled" } else { "disabled" }
    }

    /// Whether a status check fails.
    pub(super) fn is_impaired(&self) -> bool {
        self.impaired.is_some_and(|it| it.instance || it.system)
    }
}

/// What an answer shows of instances of one launch.
pub(super) fn reservation(scene: &Scene<'_>, all: &[&Record<Instance>]) -> Xml {
    let id = all.first().map(|it| it.reservation.as_str()).unwrap_or_default();
    Xml::new()
        .text("reservationId", id)
        .text("ownerId", &scene.settings.account)
        .nest("groupSet", Xml::new())
        .list("instancesSet", all.iter().map(|it| Instance::render(it, scene)))
}

/// By launches: the instances of one are together.
fn list(call: &mut Call<'_>) -> Answer {
    call.params.flag("IncludeManagedResources")?;
    let scene = &call.scene;
    let ids = call.params.list(Instance::IDS);
    let filters = Filters::read::<Instance>(&call.params)?;
    if !ids.is_empty() && call.params.given("MaxResults") {
        return Err(Fault::combination(
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ));
    }
    let page = paging::read(call, Instance::PAGES)?;
    let found: Vec<&Record<Instance>> = if ids.is_empty() {
        scene.ec2.instances.all_seen(scene.in_lists()).collect()
    } else {
        seen(scene, &ids)?
    };
    let mut launches = BTreeMap::<String, Vec<&Record<Instance>>>::new();
    for it in found {
        if filters.keep(&it.tags, |name| Instance::values(it, scene, name)) {
            launches.entry(it.reservation.clone()).or_default().push(it);
        }
    }
    let cut = paging::cut(page, launches.into_iter().collect());
    let items = cut.items.iter().map(|it| reservation(scene, it));
    Ok(Xml::new().list("reservationSet", items).maybe("nextToken", cut.next))
}

/// The instances that a read names, as it sees them; one that is not there fails it.
pub(super) fn seen<'a>(
    scene: &'a Scene<'_>,
    ids: &[String],
) -> Result<Vec<&'a Record<Instance>>, Fault> {
    for id in ids {
        Instance::check(id)?;
    }
    let eyes = scene.by_id();
    let wanted: std::collections::BTreeSet<_> = ids.iter().collect();
    let look =
        |id: &String| scene.ec2.instances.seen(id, eyes).ok_or_else(|| Instance::unknown(id));
    wanted.into_iter().map(look).collect()
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let living = tagged::<Instance>(ec2, key).filter(|it| !it.state.ends());
    living
        .flat_map(|it| {
            let id = it.id.as_str();
            let mut all = vec![
                Drift::new(
                    format!("{id} is terminated"),
                    "TerminateInstances",
                    &[("InstanceId.1", id)],
                ),
                Drift::new(format!("{id} is stopped"), "StopInstances", &[("InstanceId.1", id)]),
            ];
            let hops = if it.metadata.hops == 3 { "4" } else { "3" };
            let tokens = if it.metadata.tokens == "required" { "optional" } else { "required" };
            for (name, value) in [("HttpPutResponseHopLimit", hops), ("HttpTokens", tokens)] {
                all.push(Drift::new(
                    format!("{name} of {id} is {value} now"),
                    "ModifyInstanceMetadataOptions",
                    &[("InstanceId", id), (name, value)],
                ));
            }
            let stays = (!it.protection.termination).to_string();
            let keeps = (!it.protection.stop).to_string();
            let shutdown = if it.shutdown == "stop" { "terminate" } else { "stop" };
            for (name, value) in [
                ("DisableApiTermination", stays.as_str()),
                ("DisableApiStop", keeps.as_str()),
                ("InstanceInitiatedShutdownBehavior", shutdown),
            ] {
                let parameter = format!("{name}.Value");
                all.push(Drift::new(
                    format!("{name} of {id} is {value} now"),
                    "ModifyInstanceAttribute",
                    &[("InstanceId", id), (parameter.as_str(), value)],
                ));
            }
            all
        })
        .collect()
}
