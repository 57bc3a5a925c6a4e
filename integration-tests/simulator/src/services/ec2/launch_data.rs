//! What an instance is to be like: what a launch template holds, and what `RunInstances` says.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html>. Both say the same with
//! nearly the same names. Nothing is filled in here: a template gives back what it was given.

use serde::{Deserialize, Serialize};

use super::{metadata_options::Wanted, scene::Scene, tags};
use crate::{
    fault::Fault,
    hidden::Hidden,
    shelf::Tags,
    wire::{query::Reader, xml::Xml},
};

/// What an instance is to be like, as far as it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LaunchData {
    pub(super) image: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) key_name: Option<String>,
    /// In base64, as it was sent.
    pub(super) user_data: Option<Hidden>,
    pub(super) groups: Vec<String>,
    pub(super) profile: Option<Profile>,
    pub(super) devices: Vec<Device>,
    pub(super) interfaces: Vec<Interface>,
    pub(super) monitoring: Option<bool>,
    pub(super) zone: Option<String>,
    pub(super) tenancy: Option<String>,
    pub(super) no_termination: Option<bool>,
    pub(super) no_stop: Option<bool>,
    pub(super) shutdown: Option<String>,
    pub(super) ebs_optimized: Option<bool>,
    pub(super) tags: Vec<(String, Tags)>,
    pub(super) metadata: Wanted,
    pub(super) credits: Option<String>,
    pub(super) recovery: Option<String>,
}

/// An instance profile, by one of its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) arn: Option<String>,
    pub(super) name: Option<String>,
}

/// A block device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Device {
    pub(super) name: String,
    /// Whether the device of that name is left out.
    pub(super) none: bool,
    pub(super) delete_on_termination: Option<bool>,
    pub(super) size: Option<i64>,
    pub(super) kind: Option<String>,
    pub(super) iops: Option<i64>,
    pub(super) throughput: Option<i64>,
    pub(super) encrypted: Option<bool>,
    pub(super) key: Option<String>,
    pub(super) snapshot: Option<String>,
}

/// A network interface that is made with the instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Interface {
    pub(super) index: Option<i64>,
    pub(super) public: Option<bool>,
    pub(super) delete_on_termination: Option<bool>,
    pub(super) description: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) subnet: Option<String>,
    pub(super) address: Option<String>,
}

impl LaunchData {
    /// Reads what a request says. What else it says is not modelled: nobody reads it.
    pub(super) fn read(scene: &Scene<'_>, params: &Reader<'_>) -> Result<Self, Fault> {
        if params.given("InstanceMarketOptions") {
            return Err(Fault::unsupported("spot instances and capacity blocks"));
        }
        let placement = params.structure("Placement");
        let in_placement = |name: &str| placement.as_ref().and_then(|it| it.text(name));
        let profile = params
            .structure("IamInstanceProfile")
            .map(|it| Profile { arn: it.text("Arn"), name: it.text("Name") });
        let monitoring = params.structure("Monitoring").map(|it| it.flag("Enabled")).transpose()?;
        let part =
            |structure: &str, name: &str| params.structure(structure).and_then(|it| it.text(name));
        Ok(Self {
            image: params.text("ImageId"),
            kind: params.text("InstanceType"),
            key_name: params.text("KeyName"),
            user_data: params.text("UserData").map(Hidden::new),
            groups: params.list("SecurityGroupId"),
            profile,
            devices: read_devices(params)?,
            interfaces: read_interfaces(params)?,
            monitoring: monitoring.flatten(),
            zone: in_placement("AvailabilityZone"),
            tenancy: in_placement("Tenancy"),
            no_termination: params.flag("DisableApiTermination")?,
            no_stop: params.flag("DisableApiStop")?,
            shutdown: params.text("InstanceInitiatedShutdownBehavior"),
            ebs_optimized: params.flag("EbsOptimized")?,
            tags: tags::by_kind(scene, params)?,
            metadata: Wanted::read(&params.below("MetadataOptions"))?,
            credits: part("CreditSpecification", "CpuCredits"),
            recovery: part("MaintenanceOptions", "AutoRecovery"),
        })
    }

    /// This, and where it says nothing, what another says.
    ///
    /// Tags are put together key by key:
    /// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/create-launch-template.html>.
    pub(super) fn over(self, base: &Self) -> Self {
        let list = |mine: Vec<String>, theirs: &[String]| {
            if mine.is_empty() { theirs.to_vec() } else { mine }
        };
        let mut tags = base.tags.clone();
        for (kind, more) in self.tags {
            match tags.iter_mut().find(|it| it.0 == kind) {
                Some((_, tags)) => tags.extend(more),
                None => tags.push((kind, more)),
            }
        }
        Self {
            image: self.image.or_else(|| base.image.clone()),
            kind: self.kind.or_else(|| base.kind.clone()),
            key_name: self.key_name.or_else(|| base.key_name.clone()),
            user_data: self.user_data.or_else(|| base.user_data.clone()),
            groups: list(self.groups, &base.groups),
            profile: self.profile.or_else(|| base.profile.clone()),
            devices: if self.devices.is_empty() { base.devices.clone() } else { self.devices },
            interfaces: if self.interfaces.is_empty() {
                base.interfaces.clone()
            } else {
                self.interfaces
            },
            monitoring: self.monitoring.or(base.monitoring),
            zone: self.zone.or_else(|| base.zone.clone()),
            tenancy: self.tenancy.or_else(|| base.tenancy.clone()),
            no_termination: self.no_termination.or(base.no_termination),
            no_stop: self.no_stop.or(base.no_stop),
            shutdown: self.shutdown.or_else(|| base.shutdown.clone()),
            ebs_optimized: self.ebs_optimized.or(base.ebs_optimized),
            tags,
            metadata: self.metadata.over(&base.metadata),
            credits: self.credits.or_else(|| base.credits.clone()),
            recovery: self.recovery.or_else(|| base.recovery.clone()),
        }
    }

    /// The tags that what is made of a kind gets.
    pub(super) fn tags_of(&self, kind: &str) -> Tags {
        let all = self.tags.iter().filter(|it| it.0 == kind).flat_map(|it| it.1.clone());
        all.collect()
    }

    /// What a template shows of it: what it was given, nothing else.
    pub(super) fn render(&self) -> Xml {
        let mut xml = Xml::new();
        if let Some(profile) = &self.profile {
            let profile =
                Xml::new().maybe("arn", profile.arn.as_ref()).maybe("name", profile.name.as_ref());
            xml = xml.nest("iamInstanceProfile", profile);
        }
        xml = xml
            .maybe("ebsOptimized", self.ebs_optimized)
            .some("blockDeviceMappingSet", self.devices.iter().map(Device::render))
            .some("networkInterfaceSet", self.interfaces.iter().map(Interface::render))
            .maybe("imageId", self.image.as_ref())
            .maybe("instanceType", self.kind.as_ref())
            .maybe("keyName", self.key_name.as_ref());
        if let Some(enabled) = self.monitoring {
            xml = xml.nest("monitoring", Xml::new().text("enabled", enabled));
        }
        if self.zone.is_some() || self.tenancy.is_some() {
            let placement = Xml::new()
                .maybe("availabilityZone", self.zone.as_ref())
                .maybe("tenancy", self.tenancy.as_ref());
            xml = xml.nest("placement", placement);
        }
        let specification = |(kind, tags): &(String, Tags)| {
            Xml::new().text("resourceType", kind).nest("tagSet", tags::render(tags))
        };
        xml = xml
            .maybe("disableApiTermination", self.no_termination)
            .maybe("instanceInitiatedShutdownBehavior", self.shutdown.as_ref())
            .maybe("userData", self.user_data.as_ref().map(Hidden::reveal))
            .some("tagSpecificationSet", self.tags.iter().map(specification));
        if !self.groups.is_empty() {
            xml = xml.texts("securityGroupIdSet", &self.groups);
        }
        if let Some(credits) = &self.credits {
            xml = xml.nest("creditSpecification", Xml::new().text("cpuCredits", credits));
        }
        if self.metadata != Wanted::default() {
            xml = xml.nest("metadataOptions", self.metadata.render());
        }
        if let Some(recovery) = &self.recovery {
            xml = xml.nest("maintenanceOptions", Xml::new().text("autoRecovery", recovery));
        }
        xml.maybe("disableApiStop", self.no_stop)
    }
}

fn read_devices(params: &Reader<'_>) -> Result<Vec<Device>, Fault> {
    let mut all = Vec::new();
    for each in params.structs("BlockDeviceMapping") {
        if each.given("VirtualName") {
            return Err(Fault::unsupported("instance store volumes"));
        }
        let name = each.text("DeviceName").unwrap_or_default();
        let none = each.given("NoDevice");
        each.text("NoDevice");
        let mut device = Device { name, none, ..Device::default() };
        if let Some(ebs) = each.structure("Ebs") {
            device.delete_on_termination = ebs.flag("DeleteOnTermination")?;
            device.size = ebs.number("VolumeSize")?;
            device.kind = ebs.text("VolumeType");
            device.iops = ebs.number("Iops")?;
            device.throughput = ebs.number("Throughput")?;
            device.encrypted = ebs.flag("Encrypted")?;
            device.key = ebs.text("KmsKeyId");
            device.snapshot = ebs.text("SnapshotId");
        }
        all.push(device);
    }
    Ok(all)
}

fn read_interfaces(params: &Reader<'_>) -> Result<Vec<Interface>, Fault> {
    let mut all = Vec::new();
    for each in params.structs("NetworkInterface") {
        if each.given("NetworkInterfaceId") {
            return Err(Fault::unsupported("instances with an interface that is there already"));
        }
        all.push(Interface {
            index: each.number("DeviceIndex")?,
            public: each.flag("AssociatePublicIpAddress")?,
            delete_on_termination: each.flag("DeleteOnTermination")?,
            description: each.text("Description"),
            groups: each.list("SecurityGroupId"),
            subnet: each.text("SubnetId"),
            address: each.text("PrivateIpAddress"),
        });
    }
    Ok(all)
}

impl Device {
    fn render(&self) -> Xml {
        let xml = Xml::new().text("deviceName", &self.name);
        if self.none {
            return xml.text("noDevice", "");
        }
        let ebs = Xml::new()
            .maybe("encrypted", self.encrypted)
            .maybe("deleteOnTermination", self.delete_on_termination)
            .maybe("iops", self.iops)
            .maybe("kmsKeyId", self.key.as_ref())
            .maybe("snapshotId", self.snapshot.as_ref())
            .maybe("volumeSize", self.size)
            .maybe("volumeType", self.kind.as_ref())
            .maybe("throughput", self.throughput);
        xml.nest("ebs", ebs)
    }
}

impl Interface {
    fn render(&self) -> Xml {
        let xml = Xml::new()
            .maybe("associatePublicIpAddress", self.public)
            .maybe("deleteOnTermination", self.delete_on_termination)
            .maybe("description", self.description.as_ref())
            .maybe("deviceIndex", self.index);
        let xml = if self.groups.is_empty() {
            xml
        } else {
            xml.named_texts("groupSet", "groupId", &self.groups)
        };
        xml.maybe("privateIpAddress", self.address.as_ref()).maybe("subnetId", self.subnet.as_ref())
    }
}
