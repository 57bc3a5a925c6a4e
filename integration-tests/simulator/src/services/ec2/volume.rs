//! Volumes: those that instances are launched with.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>,
//! <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html>. Making, attaching and changing
//! them on their own is not modelled.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{one, truth},
    image::{Image, ROOT_DEVICE, ROOT_SIZE},
    launch_data::Device,
    read,
    resource::{Resource, describe, tag_set},
    scene::{Call, Scene},
    write,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] =
    &[read("DescribeVolumes", describe::<Volume>), write("DeleteVolume", delete)];

/// A volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Volume {
    zone: String,
    zone_id: String,
    design: Design,
    created: Time,
    pub(super) attachment: Option<Attachment>,
}

/// What a volume is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Design {
    pub(super) device: String,
    size: i64,
    kind: String,
    iops: Option<i64>,
    throughput: Option<i64>,
    encrypted: bool,
    /// What the request calls the key; nothing for the one of EBS.
    pub(super) key: Option<String>,
    snapshot: Option<String>,
    pub(super) delete_on_termination: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Attachment {
    pub(super) instance: String,
    device: String,
    pub(super) delete_on_termination: bool,
    since: Time,
}

impl Kind for Volume {
    const TYPE: &'static str = "volume";
    const PREFIX: &'static str = "vol";
    const NOUN: &'static str = "volume";
    const NOT_FOUND: &'static str = "InvalidVolume.NotFound";
    const MALFORMED: &'static str = "InvalidVolumeID.Malformed";
}

impl Resource for Volume {
    const SET: &'static str = "volumeSet";
    const IDS: &'static str = "VolumeId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "attachment.attach-time",
        "attachment.delete-on-termination",
        "attachment.device",
        "attachment.instance-id",
        "attachment.status",
        "availability-zone",
        "availability-zone-id",
        "create-time",
        "encrypted",
        "fast-restored",
        "multi-attach-enabled",
        "operator.managed",
        "operator.principal",
        "size",
        "snapshot-id",
        "status",
        "volume-id",
        "volume-type",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.volumes
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.volumes
    }

    fn values(volume: &Record<Self>, _scene: &Scene<'_>, filter: &str) -> Vec<String> {
        let attachment = volume.attachment.as_ref();
        match filter {
            "attachment.attach-time" => {
                attachment.map(|it| it.since.to_string()).into_iter().collect()
            }
            "attachment.delete-on-termination" => {
                attachment.map(|it| it.delete_on_termination.to_string()).into_iter().collect()
            }
            "attachment.device" => attachment.map(|it| it.device.clone()).into_iter().collect(),
            "attachment.instance-id" => {
                attachment.map(|it| it.instance.clone()).into_iter().collect()
            }
            "attachment.status" => attachment.map(|_| "attached".to_owned()).into_iter().collect(),
            "availability-zone" => one(&volume.zone),
            "availability-zone-id" => one(&volume.zone_id),
            "create-time" => one(volume.created),
            "encrypted" => truth(volume.design.encrypted),
            "fast-restored" | "multi-attach-enabled" | "operator.managed" => truth(false),
            "size" => one(volume.design.size),
            "snapshot-id" => volume.design.snapshot.iter().cloned().collect(),
            "status" => one(volume.status()),
            "volume-id" => one(&volume.id),
            "volume-type" => one(&volume.design.kind),
            _ => Vec::new(),
        }
    }

    fn render(volume: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let design = &volume.design;
        let attachment = volume.attachment.as_ref().map(|it| {
            Xml::new()
                .text("volumeId", &volume.id)
                .text("instanceId", &it.instance)
                .text("device", &it.device)
                .text("status", "attached")
                .text("attachTime", it.since)
                .text("deleteOnTermination", it.delete_on_termination)
        });
        let key = design.encrypted.then(|| {
            let named = design.key.as_deref().unwrap_or("alias/aws/ebs");
            scene.kms.arn_of(scene.site(), named).unwrap_or_else(|| named.to_owned())
        });
        Xml::new()
            .text("volumeId", &volume.id)
            .text("size", design.size)
            .text("snapshotId", design.snapshot.as_deref().unwrap_or_default())
            .text("availabilityZone", &volume.zone)
            .text("availabilityZoneId", &volume.zone_id)
            .text("status", volume.status())
            .text("createTime", volume.created)
            .list("attachmentSet", attachment)
            .text("encrypted", design.encrypted)
            .maybe("kmsKeyId", key)
            .text("volumeType", &design.kind)
            .maybe("iops", design.iops)
            .maybe("throughput", design.throughput)
            .text("multiAttachEnabled", false)
            .nest("operator", Xml::new().text("managed", false))
            .nest("tagSet", tag_set(volume))
    }

    fn unknown(id: &str) -> Fault {
        Fault::client(Self::NOT_FOUND, format!("The volume '{id}' does not exist."))
    }
}

impl Volume {
    fn status(&self) -> &'static str {
        if self.attachment.is_some() { "in-use" } else { "available" }
    }
}

/// What the volumes of an instance are like: the image's own, and what is said otherwise.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html>
pub(super) fn designs(image: &Image, wanted: &[Device]) -> Result<Vec<Design>, Fault> {
    let root = Device {
        name: ROOT_DEVICE.to_owned(),
        kind: Some("gp3".to_owned()),
        delete_on_termination: Some(true),
        ..Device::default()
    };
    let mut all = vec![root];
    for device in wanted {
        if device.name.is_empty() {
            return Err(Fault::missing("deviceName"));
        }
        match all.iter_mut().find(|it| it.name == device.name) {
            Some(known) if device.name == ROOT_DEVICE => {
                let kind = device.kind.clone().or_else(|| known.kind.clone());
                *known = Device { kind, ..device.clone() };
            }
            Some(_) => {
                let text = format!("The device '{}' is used in more than one mapping", device.name);
                return Err(Fault::client("InvalidBlockDeviceMapping", text));
            }
            None => all.push(device.clone()),
        }
    }
    all.retain(|it| !it.none);
    all.iter().map(|it| design(image, it)).collect()
}

fn design(image: &Image, device: &Device) -> Result<Design, Fault> {
    let root = device.name == ROOT_DEVICE;
    if device.snapshot.as_ref().is_some_and(|it| *it != image.snapshot) {
        return Err(Fault::unsupported("snapshots"));
    }
    let snapshot = root.then(|| image.snapshot.clone());
    let size = match device.size {
        Some(size) if root && size < ROOT_SIZE => {
            let text = format!(
                "Volume of size {size}GB is smaller than snapshot '{}', expect size>= {ROOT_SIZE}GB",
                image.snapshot
            );
            return Err(Fault::client("InvalidBlockDeviceMapping", text));
        }
        Some(size) if !(1..=65_536).contains(&size) => {
            let text = format!("The volume size is invalid for gp3 volumes: {size} GiB.");
            return Err(Fault::invalid(text));
        }
        Some(size) => size,
        None if root => ROOT_SIZE,
        None => return Err(Fault::missing("size or snapshotId")),
    };
    let kind = device.kind.clone().unwrap_or_else(|| "gp2".to_owned());
    let range = |value: Option<i64>, name: &str, good: RangeInclusive<i64>| match value {
        Some(value) if !good.contains(&value) => Err(Fault::invalid(format!(
            "Volume {name} of {value} is not between {} and {} for {kind} volumes",
            good.start(),
            good.end()
        ))),
        other => Ok(other),
    };
    let (iops, throughput) = match kind.as_str() {
        "gp3" => (
            Some(range(device.iops, "iops", 3_000..=80_000)?.unwrap_or(3_000)),
            Some(range(device.throughput, "throughput", 125..=2_000)?.unwrap_or(125)),
        ),
        "gp2" if device.iops.is_some() => {
            return Err(Fault::combination("The parameter iops is not supported for gp2 volumes."));
        }
        "gp2" => (Some((size * 3).clamp(100, 16_000)), None),
        "io1" | "io2" | "st1" | "sc1" | "standard" => {
            return Err(Fault::unsupported(format!("volumes of the type {kind}")));
        }
        other => {
            let text = format!("Invalid value '{other}' for VolumeType.");
            return Err(Fault::invalid(text));
        }
    };
    if kind == "gp3" {
        ratios(size, iops.unwrap_or_default(), throughput.unwrap_or_default())?;
    }
    let encrypted = device.encrypted.unwrap_or_default();
    if device.key.is_some() && !encrypted {
        return Err(Fault::client(
            "InvalidParameterDependency",
            "The parameter KmsKeyId requires the parameter Encrypted to be set.",
        ));
    }
    Ok(Design {
        device: device.name.clone(),
        size,
        kind,
        iops,
        throughput,
        encrypted,
        key: device.key.clone(),
        snapshot,
        delete_on_termination: device.delete_on_termination.unwrap_or(root),
    })
}

/// How many operations a gp3 volume takes for its size, and how many bytes for its operations; what
/// every one has of itself it takes whatever its size.
///
/// <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>
fn ratios(size: i64, iops: i64, throughput: i64) -> Result<(), Fault> {
    if iops > 3_000 && iops > size * 500 {
        return Err(Fault::combination(
            "Iops to volume size ratio is too high; maximum is 500 iops per GiB.",
        ));
    }
    if throughput * 4 > iops {
        return Err(Fault::combination(
            "Throughput (MiBps) to iops ratio is too high; maximum is 0.25 MiBps per iops.",
        ));
    }
    Ok(())
}

impl Design {
    /// The key that its volume is encrypted under; nothing when it is not.
    pub(super) fn encrypts_under(&self) -> Option<&str> {
        self.encrypted.then(|| self.key.as_deref().unwrap_or("alias/aws/ebs"))
    }
}

/// Makes a volume that is attached to an instance.
pub(super) fn make(
    scene: &mut Scene<'_>,
    design: &Design,
    instance: &str,
    (zone, zone_id): (&str, &str),
    tags: Tags,
) -> String {
    let now = scene.now;
    let attachment = Attachment {
        instance: instance.to_owned(),
        device: design.device.clone(),
        delete_on_termination: design.delete_on_termination,
        since: now,
    };
    let body = Volume {
        zone: zone.to_owned(),
        zone_id: zone_id.to_owned(),
        design: design.clone(),
        created: now,
        attachment: Some(attachment),
    };
    let record = scene.make(tags, body);
    scene.add(now, record)
}

/// The volumes of an instance, each with its device.
pub(super) fn of<'a>(
    ec2: &'a Ec2,
    instance: &'a str,
) -> impl Iterator<Item = (&'a Record<Volume>, &'a Attachment)> {
    let attached = ec2.volumes.all().filter_map(|it| Some((it, it.attachment.as_ref()?)));
    attached.filter(move |it| it.1.instance == instance)
}

/// Lets the volumes of an instance go: with it, or free.
pub(super) fn release(scene: &mut Scene<'_>, instance: &str) {
    let all: Vec<_> = of(scene.ec2, instance)
        .map(|(volume, attachment)| (volume.id.clone(), attachment.delete_on_termination))
        .collect();
    for (id, goes) in all {
        if goes {
            scene.remove::<Volume>(&id);
        } else {
            scene.change::<Volume>(&id, |it| it.attachment = None);
        }
    }
}

impl Attachment {
    /// How the instance shows it.
    pub(super) fn render(&self, volume: &str) -> Xml {
        let ebs = Xml::new()
            .text("volumeId", volume)
            .text("status", "attached")
            .text("attachTime", self.since)
            .text("deleteOnTermination", self.delete_on_termination);
        Xml::new().text("deviceName", &self.device).nest("ebs", ebs)
    }
}

fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.params.need("VolumeId")?;
    let volume = call.find::<Volume>(&id)?;
    if let Some(attachment) = &volume.attachment {
        let text = format!("Volume {id} is currently attached to {}", attachment.instance);
        return Err(Fault::client("VolumeInUse", text));
    }
    call.remove::<Volume>(&id);
    Ok(Xml::new().text("return", true))
}
