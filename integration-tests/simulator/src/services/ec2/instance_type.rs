//! Instance types, and where they are offered.
//!
//! <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html>. A list of
//! those that oracle nodes and bastions run on, each offered in every zone.

use super::{
    Answer, Operation,
    availability_zone::zones,
    filters::{Filters, one, truth},
    paging, read,
    scene::Call,
};
use crate::{fault::Fault, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[read("DescribeInstanceTypes", describe), read("DescribeInstanceTypeOfferings", offerings)];

/// A type of instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InstanceType {
    pub(super) name: &'static str,
    pub(super) vcpus: u32,
    memory_mib: u32,
    pub(super) arm: bool,
}

const fn x86(name: &'static str, vcpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, vcpus, memory_mib, arm: false }
}

const fn arm(name: &'static str, vcpus: u32, memory_mib: u32) -> InstanceType {
    InstanceType { name, vcpus, memory_mib, arm: true }
}

const TYPES: &[InstanceType] = &[
    x86("c5.large", 2, 4_096),
    x86("c5.xlarge", 4, 8_192),
    x86("c6i.large", 2, 4_096),
    x86("c6i.xlarge", 4, 8_192),
    arm("c7g.large", 2, 4_096),
    x86("m5.large", 2, 8_192),
    x86("m5.xlarge", 4, 16_384),
    x86("m5.2xlarge", 8, 32_768),
    x86("m6a.large", 2, 8_192),
    arm("m6g.large", 2, 8_192),
    x86("m6i.large", 2, 8_192),
    x86("m6i.xlarge", 4, 16_384),
    x86("m6i.2xlarge", 8, 32_768),
    arm("m7g.large", 2, 8_192),
    arm("m7g.xlarge", 4, 16_384),
    x86("m7i.large", 2, 8_192),
    x86("m7i.xlarge", 4, 16_384),
    x86("r6i.large", 2, 16_384),
    x86("t3.nano", 2, 512),
    x86("t3.micro", 2, 1_024),
    x86("t3.small", 2, 2_048),
    x86("t3.medium", 2, 4_096),
    x86("t3.large", 2, 8_192),
    x86("t3.xlarge", 4, 16_384),
    arm("t4g.nano", 2, 512),
    arm("t4g.micro", 2, 1_024),
    arm("t4g.small", 2, 2_048),
    arm("t4g.medium", 2, 4_096),
    arm("t4g.large", 2, 8_192),
];

impl InstanceType {
    pub(super) fn architecture(self) -> &'static str {
        if self.arm { "arm64" } else { "x86_64" }
    }

    /// Whether it earns CPU credits.
    pub(super) fn burstable(self) -> bool {
        self.name.starts_with('t')
    }

    fn values(self, filter: &str) -> Vec<String> {
        match filter {
            "bare-metal" | "dedicated-hosts-supported" | "instance-storage-supported" => {
                truth(false)
            }
            "burstable-performance-supported" => truth(self.burstable()),
            "current-generation" => truth(true),
            "free-tier-eligible" => truth(matches!(self.name, "t3.micro" | "t4g.micro")),
            "hypervisor" => one("nitro"),
            "instance-type" => one(self.name),
            "memory-info.size-in-mib" => one(self.memory_mib),
            "processor-info.supported-architecture" => one(self.architecture()),
            "supported-root-device-type" => one("ebs"),
            "supported-usage-class" => vec!["on-demand".to_owned(), "spot".to_owned()],
            "supported-virtualization-type" => one("hvm"),
            "vcpu-info.default-cores" => one(self.cores()),
            "vcpu-info.default-threads-per-core" => one(self.threads()),
            "vcpu-info.default-vcpus" => one(self.vcpus),
            _ => Vec::new(),
        }
    }

    pub(super) fn threads(self) -> u32 {
        if self.arm { 1 } else { 2 }
    }

    pub(super) fn cores(self) -> u32 {
        self.vcpus / self.threads()
    }

    fn render(self) -> Xml {
        let processor = Xml::new()
            .texts("supportedArchitectures", [self.architecture()])
            .text("manufacturer", if self.arm { "AWS" } else { "Intel" });
        let vcpu = Xml::new()
            .text("defaultVCpus", self.vcpus)
            .text("defaultCores", self.cores())
            .text("defaultThreadsPerCore", self.threads());
        let ebs = Xml::new()
            .text("ebsOptimizedSupport", "default")
            .text("encryptionSupport", "supported")
            .text("nvmeSupport", "required");
        let network = Xml::new()
            .text("maximumNetworkInterfaces", 3)
            .text("ipv4AddressesPerInterface", 10)
            .text("ipv6Supported", true)
            .text("enaSupport", "required");
        Xml::new()
            .text("instanceType", self.name)
            .text("currentGeneration", true)
            .text("freeTierEligible", matches!(self.name, "t3.micro" | "t4g.micro"))
            .texts("supportedUsageClasses", ["on-demand", "spot"])
            .texts("supportedRootDeviceTypes", ["ebs"])
            .texts("supportedVirtualizationTypes", ["hvm"])
            .text("bareMetal", false)
            .text("hypervisor", "nitro")
            .nest("processorInfo", processor)
            .nest("vCpuInfo", vcpu)
            .nest("memoryInfo", Xml::new().text("sizeInMiB", self.memory_mib))
            .text("instanceStorageSupported", false)
            .nest("ebsInfo", ebs)
            .nest("networkInfo", network)
            .text("hibernationSupported", false)
            .text("burstablePerformanceSupported", self.burstable())
            .text("dedicatedHostsSupported", false)
            .text("autoRecoverySupported", true)
    }
}

/// Finds a type. AWS has many more than are listed here: those are not modelled.
pub(super) fn find(name: &str) -> Result<InstanceType, Fault> {
    if let Some(known) = TYPES.iter().find(|it| it.name == name) {
        return Ok(*known);
    }
    let plain = |it: &str| {
        !it.is_empty() && it.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    let (family, size) = name.split_once('.').unwrap_or((name, ""));
    let sized = ["nano", "micro", "small", "medium", "large", "metal"];
    if plain(family) && sized.iter().any(|it| size.ends_with(it)) {
        return Err(Fault::unsupported(format!("the instance type {name}")));
    }
    Err(Fault::invalid(format!("Invalid value '{name}' for InstanceType.")))
}

const FILTERS: &[&str] = &[
    "auto-recovery-supported",
    "bare-metal",
    "burstable-performance-supported",
    "current-generation",
    "dedicated-hosts-supported",
    "free-tier-eligible",
    "hibernation-supported",
    "hypervisor",
    "instance-storage-supported",
    "instance-type",
    "memory-info.size-in-mib",
    "processor-info.supported-architecture",
    "supported-root-device-type",
    "supported-usage-class",
    "supported-virtualization-type",
    "vcpu-info.default-cores",
    "vcpu-info.default-threads-per-core",
    "vcpu-info.default-vcpus",
];

fn describe(call: &mut Call<'_>) -> Answer {
    let names = call.params.list("InstanceType");
    let filters = Filters::among(&call.params, FILTERS, false)?;
    let page = paging::read(call, 5..=100)?;
    let mut all = TYPES.to_vec();
    if !names.is_empty() {
        all.clear();
        for name in &names {
            let kind = find(name).map_err(|fault| match &*fault.code {
                "InvalidParameterValue" => Fault::client(
                    "InvalidInstanceType",
                    format!("The following supplied instance types do not exist: [{name}]"),
                ),
                _ => fault,
            })?;
            all.push(kind);
        }
    }
    all.retain(|it| filters.keep(&Tags::new(), |name| it.values(name)));
    let cut = paging::cut(page, all.into_iter().map(|it| (it.name.to_owned(), it)).collect());
    let items = cut.items.into_iter().map(InstanceType::render);
    Ok(Xml::new().list("instanceTypeSet", items).maybe("nextToken", cut.next))
}

fn offerings(call: &mut Call<'_>) -> Answer {
    let filters = Filters::among(&call.params, &["instance-type", "location"], false)?;
    let kind = call.params.text("LocationType").unwrap_or_else(|| "region".to_owned());
    let page = paging::read(call, 5..=1000)?;
    let places: Vec<String> = match kind.as_str() {
        "region" => vec![call.region.to_owned()],
        "availability-zone" => zones(call.region).into_iter().map(|it| it.name).collect(),
        "availability-zone-id" => zones(call.region).into_iter().map(|it| it.id).collect(),
        "outpost" => return Err(Fault::unsupported("Outposts")),
        other => {
            let text = format!("Value ({other}) for parameter locationType is invalid.");
            return Err(Fault::invalid(text));
        }
    };
    let pairs = places.iter().flat_map(|place| TYPES.iter().map(move |it| (place, it.name)));
    let kept = pairs.filter(|(place, name)| {
        filters.keep(&Tags::new(), |filter| match filter {
            "instance-type" => one(name),
            "location" => one(place),
            _ => Vec::new(),
        })
    });
    let offering = |(place, name): (&String, &str)| {
        let xml = Xml::new()
            .text("instanceType", name)
            .text("locationType", &kind)
            .text("location", place);
        (format!("{name} {place}"), xml)
    };
    let cut = paging::cut(page, kept.map(offering).collect());
    Ok(Xml::new().list("instanceTypeOfferingSet", cut.items).maybe("nextToken", cut.next))
}
