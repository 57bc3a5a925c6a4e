//! Images: Amazon Linux 2023, as Amazon publishes it, and what its public parameters say.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>,
//! <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>. A region has each release in each flavour;
//! [`World::publish_images`](crate::World::publish_images) brings out the next. Images of the customer's own are
//! not modelled.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    Answer, Operation,
    filters::{Filters, one, truth},
    paging, read,
    scene::Call,
};
use crate::{Time, fault::Fault, random, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[read("DescribeImages", describe)];

const PAGES: RangeInclusive<u32> = 1..=1000;
/// Amazon's own account.
const AMAZON: &str = "137112412989";
/// How long before the world begins its first release came out.
const AGE: Duration = Duration::from_hours(24 * 9);
/// Where the public parameters of Amazon Linux are:
/// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-from-cloudformation>.
pub(crate) const PARAMETERS: &str = "/aws/service/ami-amazon-linux-latest/";
/// How large the root volume is, in GiB.
pub(super) const ROOT_SIZE: i64 = 8;
pub(super) const ROOT_DEVICE: &str = "/dev/xvda";

/// The flavours of a release: the end of the parameter, of which the last part is the architecture,
/// and what the name of the image has of it.
const FLAVOURS: &[(&str, &str, &str)] = &[
    ("al2023-ami-kernel-default", "al2023-ami-2023", "kernel-6.1"),
    ("al2023-ami-kernel-6.1", "al2023-ami-2023", "kernel-6.1"),
    ("al2023-ami-kernel-6.12", "al2023-ami-2023", "kernel-6.12"),
    ("al2023-ami-minimal-kernel-default", "al2023-ami-minimal-2023", "kernel-6.1"),
    ("al2023-ami-minimal-kernel-6.1", "al2023-ami-minimal-2023", "kernel-6.1"),
    ("al2023-ami-minimal-kernel-6.12", "al2023-ami-minimal-2023", "kernel-6.12"),
];
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) architecture: &'static str,
    pub(crate) snapshot: String,
    pub(crate) created: Time,
}

/// When each release came out, without the first.
pub(crate) type Releases = Vec<Time>;

/// The images of a region, those of the newest release last.
pub(crate) fn all(region: &str, start: Time, releases: &Releases) -> Vec<Image> {
    let first = Time::from_millis(
        start.as_millis().saturating_sub(u64::try_from(AGE.as_millis()).unwrap_or_default()),
    );
    let moments = std::iter::once(first).chain(releases.iter().copied());
    let mut images: Vec<Image> = Vec::new();
    for (number, created) in (0..).zip(moments) {
        for (_, base, kernel) in FLAVOURS {
            for architecture in ARCHITECTURES {
                let image = make(region, number, created, (base, kernel, architecture));
                if !images.contains(&image) {
                    images.push(image);
                }
            }
        }
    }
    images
}

fn make(
    region: &str,
    release: u32,
    created: Time,
    (base, kernel, architecture): (&str, &str, &'static str),
) -> Image {
    let date: String = created.to_string().chars().filter(char::is_ascii_digit).take(8).collect();
    let name = format!("{base}.{}.{date}.0-{kernel}-{architecture}", 9 + release);
    let digits = |prefix: &str| {
        let drawn = random::fold(0, &format!("{prefix} {region} {name}"));
        format!("{prefix}-0{drawn:016x}")
    };
    Image { id: digits("ami"), snapshot: digits("snap"), name: name.clone(), architecture, created }
}

/// What a public parameter says, and how often it has changed: the id of the newest image of its
/// flavour.
pub(crate) fn parameter(
    region: &str,
    start: Time,
    releases: &Releases,
    path: &str,
) -> Option<(String, u64, Time)> {
    let rest = path.strip_prefix(PARAMETERS)?;
    let architecture = ARCHITECTURES.into_iter().find(|it| rest.ends_with(&format!("-{it}")))?;
    let flavour = rest.strip_suffix(&format!("-{architecture}"))?;
    let (_, base, kernel) = FLAVOURS.iter().find(|it| it.0 == flavour)?;
    let images = all(region, start, releases);
    let like = images.into_iter().filter(|it| {
        it.architecture == architecture
            && it.name.starts_with(&format!("{base}."))
            && it.name.contains(&format!("-{kernel}-"))
    });
    let versions: Vec<_> = like.collect();
    let newest = versions.last()?;
    Some((newest.id.clone(), versions.len() as u64, newest.created))
}

/// The names of all public parameters of Amazon Linux.
pub(crate) fn parameters() -> Vec<String> {
    let names = FLAVOURS.iter().flat_map(|it| {
        ARCHITECTURES.iter().map(move |architecture| format!("{PARAMETERS}{}-{architecture}", it.0))
    });
    names.collect()
}

/// Finds the image that an instance is to be made from.
pub(super) fn find(
    region: &str,
    start: Time,
    releases: &Releases,
    id: &str,
) -> Result<Image, Fault> {
    if id.starts_with("resolve:ssm:") {
        return Err(Fault::unsupported("images that a parameter names"));
    }
    let digits = id.strip_prefix("ami-").unwrap_or_default();
    if !matches!(digits.len(), 8 | 17) || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        let text = format!("Invalid id: \"{id}\" (expecting \"ami-...\")");
        return Err(Fault::client("InvalidAMIID.Malformed", text));
    }
    all(region, start, releases).into_iter().find(|it| it.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Fault {
    Fault::client("InvalidAMIID.NotFound", format!("The image id '[{id}]' does not exist"))
}

const FILTERS: &[&str] = &[
    "architecture",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.encrypted",
    "block-device-mapping.snapshot-id",
    "block-device-mapping.volume-size",
    "block-device-mapping.volume-type",
    "creation-date",
    "description",
    "ena-support",
    "hypervisor",
    "image-allowed",
    "image-id",
    "image-type",
    "is-public",
    "kernel-id",
    "manifest-location",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "root-device-name",
    "root-device-type",
    "source-image-id",
    "source-image-region",
    "source-instance-id",
    "state",
    "state-reason-code",
    "state-reason-message",
    "sriov-net-support",
    "virtualization-type",
];

impl Image {
    fn description(&self) -> String {
        let version = self.name.split('-').nth(2).unwrap_or_default();
        format!("Amazon Linux 2023 AMI {version} {} HVM", self.architecture)
    }

    fn values(&self, filter: &str) -> Vec<String> {
        match filter {
            "architecture" => one(self.architecture),
            "block-device-mapping.delete-on-termination"
            | "ena-support"
            | "image-allowed"
            | "is-public" => truth(true),
            "block-device-mapping.device-name" | "root-device-name" => one(ROOT_DEVICE),
            "block-device-mapping.encrypted" => truth(false),
            "block-device-mapping.snapshot-id" => one(&self.snapshot),
            "block-device-mapping.volume-size" => one(ROOT_SIZE),
            "block-device-mapping.volume-type" => one("gp3"),
            "creation-date" => one(self.created),
            "description" => one(self.description()),
            "hypervisor" => one("xen"),
            "image-id" => one(&self.id),
            "image-type" => one("machine"),
            "manifest-location" => one(format!("amazon/{}", self.name)),
            "name" => one(&self.name),
            "owner-alias" => one("amazon"),
            "owner-id" => one(AMAZON),
            "root-device-type" => one("ebs"),
            "sriov-net-support" => one("simple"),
            "state" => one("available"),
            "virtualization-type" => one("hvm"),
            _ => Vec::new(),
        }
    }

    fn render(&self) -> Xml {
        let ebs = Xml::new()
            .text("deleteOnTermination", true)
            .text("iops", 3000)
            .text("snapshotId", &self.snapshot)
            .text("volumeSize", ROOT_SIZE)
            .text("volumeType", "gp3")
            .text("throughput", 125)
            .text("encrypted", false);
        let root = Xml::new().text("deviceName", ROOT_DEVICE).nest("ebs", ebs);
        Xml::new()
            .text("imageId", &self.id)
            .text("imageLocation", format!("amazon/{}", self.name))
            .text("imageState", "available")
            .text("imageOwnerId", AMAZON)
            .text("creationDate", self.created)
            .text("isPublic", true)
            .text("architecture", self.architecture)
            .text("imageType", "machine")
            .text("platformDetails", "Linux/UNIX")
            .text("usageOperation", "RunInstances")
            .text("sriovNetSupport", "simple")
            .text("imageOwnerAlias", "amazon")
            .text("name", &self.name)
            .text("description", self.description())
            .text("rootDeviceType", "ebs")
            .text("rootDeviceName", ROOT_DEVICE)
            .list("blockDeviceMapping", [root])
            .text("virtualizationType", "hvm")
            .text("hypervisor", "xen")
            .text("enaSupport", true)
            .text("bootMode", if self.architecture == "arm64" { "uefi" } else { "uefi-preferred" })
            .text("imdsSupport", "v2.0")
    }
}

fn describe(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("ImageId");
    let owners = call.params.list("Owner");
    let executable = call.params.list("ExecutableBy");
    call.params.flag("IncludeDeprecated")?;
    call.params.flag("IncludeDisabled")?;
    let filters = Filters::among(&call.params, FILTERS, true)?;
    let page = paging::read(call, PAGES)?;
    let all = all(call.region, call.settings.start, &call.ec2.releases);
    for id in &ids {
        find(call.region, call.settings.start, &call.ec2.releases, id)?;
    }
    let account = &call.settings.account;
    let known = |it: &String| it == AMAZON || it == "amazon" || it == "self" || it == account;
    if let Some(other) = owners.iter().find(|it| !known(it)) {
        return Err(Fault::unsupported(format!("the images of the owner {other}")));
    }
    let theirs = owners.is_empty() || owners.iter().any(|it| it == AMAZON || it == "amazon");
    let everybody = executable.is_empty() || executable.iter().any(|it| it == "all");
    let wanted = all.into_iter().filter(|it| {
        theirs
            && everybody
            && (ids.is_empty() || ids.contains(&it.id))
            && filters.keep(&Tags::new(), |name| it.values(name))
    });
    let cut = paging::cut(page, wanted.map(|it| (it.id.clone(), it)).collect());
    let items = cut.items.iter().map(Image::render);
    Ok(Xml::new().list("imagesSet", items).maybe("nextToken", cut.next))
}
