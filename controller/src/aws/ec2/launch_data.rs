//! What a version of a launch template says: as it is written, and as it is read.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html>. AWS gives back what
//! it was given and fills in nothing: what is not said there counts as what an instance gets then.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateBlockDeviceMapping, LaunchTemplateBlockDeviceMappingRequest,
    LaunchTemplateEbsBlockDevice, LaunchTemplateEbsBlockDeviceRequest,
    LaunchTemplateHttpTokensState, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataEndpointState, LaunchTemplateInstanceMetadataOptions as Options,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateInstanceMetadataTagsState,
    LaunchTemplateInstanceNetworkInterfaceSpecification,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest, LaunchTemplatePlacementRequest,
    LaunchTemplateTagSpecification, LaunchTemplateTagSpecificationRequest,
    LaunchTemplatesMonitoringRequest, RequestLaunchTemplateData, ResourceType,
    ResponseLaunchTemplateData, ShutdownBehavior, Tenancy, VolumeType,
};

use crate::{
    config,
    engine::{Address, Cell, Field, Outputs, Resolved, Stage},
    record,
};

use super::{
    super::{clients::Aws, kms::KeyArn, tags::Tags},
    launch_template::{ImageId, LaunchTemplateConfig},
};

/// The disk that Amazon Linux 2023 starts from: any other name would be a second disk.
/// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>
const ROOT: &str = "/dev/xvda";

/// How an instance learns about itself.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Whether it can.
    pub endpoint: String,
    /// Whether it has to ask with a token, which one that is tricked into asking does not have.
    pub tokens: String,
    /// Over how many hops the token goes: one does not reach into containers.
    pub hop_limit: i32,
    /// Whether it sees its tags: AWS refuses tags with a slash in their key then.
    pub tags: String,
}

config! {
    @field [] Metadata, Metadata, Metadata, endpoint, tokens, hop_limit, tags
}

impl Metadata {
    /// With a token alone, on the instance itself, and without tags.
    pub fn strict() -> Self {
        Self {
            endpoint: "enabled".to_owned(),
            tokens: "required".to_owned(),
            hop_limit: 1,
            tags: "disabled".to_owned(),
        }
    }

    pub(super) fn read(from: Option<&Options>) -> Self {
        // What the image or the account decides, nobody has said.
        let said = |text: Option<&str>| text.unwrap_or("not said").to_owned();
        let endpoint = from.and_then(|it| it.http_endpoint());
        let tokens = from.and_then(|it| it.http_tokens());
        let tags = from.and_then(|it| it.instance_metadata_tags());
        Self {
            endpoint: said(endpoint.map(LaunchTemplateInstanceMetadataEndpointState::as_str)),
            tokens: said(tokens.map(LaunchTemplateHttpTokensState::as_str)),
            hop_limit: from.and_then(Options::http_put_response_hop_limit).unwrap_or_default(),
            tags: said(tags.map(LaunchTemplateInstanceMetadataTagsState::as_str)),
        }
    }

    fn request(&self) -> LaunchTemplateInstanceMetadataOptionsRequest {
        let Self { endpoint, tokens, hop_limit, tags } = self;
        LaunchTemplateInstanceMetadataOptionsRequest::builder()
            .http_endpoint(LaunchTemplateInstanceMetadataEndpointState::from(endpoint.as_str()))
            .http_tokens(LaunchTemplateHttpTokensState::from(tokens.as_str()))
            .http_put_response_hop_limit(*hop_limit)
            .instance_metadata_tags(LaunchTemplateInstanceMetadataTagsState::from(tags.as_str()))
            .build()
    }
}

/// The disk of an instance, which goes with it.
#[derive(Clone, Debug)]
pub struct Volume<S: Stage = Resolved> {
    /// What kind of disk it is.
    pub volume_type: String,
    /// How large it is, in GiB.
    pub size: i32,
    /// Reads and writes a second.
    pub iops: i32,
    /// How much passes, in MiB a second.
    pub throughput: i32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// What it is encrypted with.
    pub key: S::In<KeyArn>,
    /// Whether it goes with the instance.
    pub delete_on_termination: bool,
}

record!(Volume { volume_type, size, iops, throughput, encrypted, key, delete_on_termination });

impl Volume {
    pub(super) fn read(devices: &[LaunchTemplateBlockDeviceMapping]) -> Self {
        let root = devices.iter().find(|it| it.device_name() == Some(ROOT));
        let root = root.and_then(|it| it.ebs());
        let kind = root.and_then(|it| it.volume_type());
        let key = root.and_then(|it| it.kms_key_id()).unwrap_or_default();
        Self {
            volume_type: kind.map_or("", |it| it.as_str()).to_owned(),
            size: root.and_then(LaunchTemplateEbsBlockDevice::volume_size).unwrap_or_default(),
            iops: root.and_then(LaunchTemplateEbsBlockDevice::iops).unwrap_or_default(),
            throughput: root.and_then(LaunchTemplateEbsBlockDevice::throughput).unwrap_or_default(),
            encrypted: root.and_then(LaunchTemplateEbsBlockDevice::encrypted) == Some(true),
            key: KeyArn::new(key),
            delete_on_termination: root
                .and_then(LaunchTemplateEbsBlockDevice::delete_on_termination)
                == Some(true),
        }
    }

    fn request(&self) -> LaunchTemplateBlockDeviceMappingRequest {
        let disk = LaunchTemplateEbsBlockDeviceRequest::builder()
            .volume_type(VolumeType::from(self.volume_type.as_str()))
            .volume_size(self.size)
            .iops(self.iops)
            .throughput(self.throughput)
            .encrypted(self.encrypted)
            .kms_key_id(self.key.as_str())
            .delete_on_termination(self.delete_on_termination)
            .build();
        LaunchTemplateBlockDeviceMappingRequest::builder().device_name(ROOT).ebs(disk).build()
    }
}

/// The tags of what is launched, by the type of what that is.
#[derive(Clone, Debug)]
pub struct LaunchTags(pub(super) BTreeMap<String, Tags>);

impl LaunchTags {
    /// These, on everything that is launched.
    pub fn everywhere(tags: &Tags) -> Self {
        let types = [ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface];
        Self(types.iter().map(|it| (it.as_str().to_owned(), tags.clone())).collect())
    }

    pub(super) fn read(aws: &Aws, from: &[LaunchTemplateTagSpecification]) -> Self {
        let of = |it: &LaunchTemplateTagSpecification| {
            let of = it.resource_type().map_or("", |it| it.as_str());
            (of.to_owned(), Tags::read(aws, it.tags()))
        };
        Self(from.iter().map(of).collect())
    }
}

impl Field for LaunchTags {
    type Resolved = Self;

    fn cell(&self, outputs: &Outputs) -> Cell {
        self.0.cell(outputs)
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// What a version that is as declared says.
pub(super) fn of(want: &LaunchTemplateConfig, image: &ImageId) -> RequestLaunchTemplateData {
    let groups = want.security_groups.iter().map(|group| group.as_str().to_owned());
    let interface = LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
        .device_index(0)
        .associate_public_ip_address(want.public_address)
        .delete_on_termination(true)
        .set_groups(Some(groups.collect()))
        .build();
    let profile = LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
        .arn(want.instance_profile.as_str())
        .build();
    let monitoring =
        LaunchTemplatesMonitoringRequest::builder().enabled(want.detailed_monitoring).build();
    let placement = LaunchTemplatePlacementRequest::builder()
        .tenancy(Tenancy::from(want.tenancy.as_str()))
        .build();
    let tags = want.launched().iter().map(|(of, tags)| {
        LaunchTemplateTagSpecificationRequest::builder()
            .resource_type(ResourceType::from(of.as_str()))
            .set_tags(Some(tags.as_ec2(1)))
            .build()
    });
    RequestLaunchTemplateData::builder()
        .image_id(image.as_str())
        .instance_type(InstanceType::from(want.instance_type.as_str()))
        .iam_instance_profile(profile)
        .set_key_name(want.key_name.0.clone())
        .user_data(want.user_data.encoded())
        .network_interfaces(interface)
        .metadata_options(want.metadata.request())
        .block_device_mappings(want.root_volume.request())
        .monitoring(monitoring)
        .placement(placement)
        .instance_initiated_shutdown_behavior(ShutdownBehavior::from(
            want.shutdown_behavior.as_str(),
        ))
        .set_tag_specifications(Some(tags.collect()))
        .build()
}

/// What a version says beyond what is ever declared, by name.
pub(super) fn others(data: &ResponseLaunchTemplateData) -> Vec<String> {
    let disks = data.block_device_mappings();
    let devices = data.network_interfaces();
    let placement = data.placement();
    let metadata = data.metadata_options();
    let root = disks.iter().find(|it| it.device_name() == Some(ROOT));
    let disk = root.and_then(|it| it.ebs());
    let is_second = |it: &&LaunchTemplateBlockDeviceMapping| it.device_name() != Some(ROOT);
    let named = |it: &&LaunchTemplateInstanceNetworkInterfaceSpecification| {
        it.subnet_id().is_some()
            || it.network_interface_id().is_some()
            || it.private_ip_address().is_some()
            || !it.private_ip_addresses().is_empty()
            || it.interface_type().is_some_and(|it| it != "interface")
            || it.device_index().is_some_and(|it| it != 0)
            || it.delete_on_termination() == Some(false)
    };
    let wide = |it: &&LaunchTemplateInstanceNetworkInterfaceSpecification| {
        it.ipv6_address_count().is_some() || !it.ipv6_addresses().is_empty()
    };
    let in_group = !devices.is_empty() && !data.security_group_ids().is_empty();
    let all = [
        ("KernelId", data.kernel_id().is_some()),
        ("RamDiskId", data.ram_disk_id().is_some()),
        ("EbsOptimized", data.ebs_optimized().is_some()),
        ("DisableApiTermination", data.disable_api_termination() == Some(true)),
        ("DisableApiStop", data.disable_api_stop() == Some(true)),
        ("SecurityGroupIds", in_group),
        ("SecurityGroups", !data.security_groups().is_empty()),
        ("InstanceMarketOptions", data.instance_market_options().is_some()),
        ("CreditSpecification", data.credit_specification().is_some()),
        ("CpuOptions", data.cpu_options().is_some()),
        ("CapacityReservationSpecification", data.capacity_reservation_specification().is_some()),
        ("LicenseSpecifications", !data.license_specifications().is_empty()),
        ("HibernationOptions", data.hibernation_options().is_some()),
        ("EnclaveOptions", data.enclave_options().is_some()),
        ("InstanceRequirements", data.instance_requirements().is_some()),
        ("PrivateDnsNameOptions", data.private_dns_name_options().is_some()),
        ("MaintenanceOptions", data.maintenance_options().is_some()),
        ("NetworkPerformanceOptions", data.network_performance_options().is_some()),
        ("SecondaryInterfaces", !data.secondary_interfaces().is_empty()),
        ("BlockDeviceMappings", disks.iter().any(|it| is_second(&it))),
        ("BlockDeviceMappings.Ebs.SnapshotId", disk.is_some_and(|it| it.snapshot_id().is_some())),
        ("NetworkInterfaces", devices.len() > 1 || devices.iter().any(|it| named(&it))),
        ("NetworkInterfaces.Ipv6", devices.iter().any(|it| wide(&it))),
        ("MetadataOptions.HttpProtocolIpv6", {
            let wide = metadata.and_then(|it| it.http_protocol_ipv6());
            wide.is_some_and(|it| it.as_str() != "disabled")
        }),
        (
            "Placement",
            placement.is_some_and(|it| {
                it.availability_zone().is_some()
                    || it.group_name().is_some()
                    || it.host_id().is_some()
                    || it.affinity().is_some()
            }),
        ),
    ];
    all.iter().filter(|(_, is_said)| *is_said).map(|(name, _)| (*name).to_owned()).collect()
}
