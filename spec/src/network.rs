//! `spec.network` and `spec.availabilityZones`: the VPC, its subnets and their way out.

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::{At, Broken, NotBuilt, Optional, Required},
    cidr::{Cidr, LARGEST, SMALLEST, SMALLEST_FOR_FOUR, carve, overlap},
    log::Log,
    names::{AwsRegion, ZoneName},
    problem::{Code, Draft},
    tree::Span,
};

const DEFAULT_CIDR: &str = "10.0.0.0/16";

/// The network everything is in.
///
/// An enum although there is one way yet: with an existing VPC there are no ranges to choose and no
/// gateways to build, so nothing below can be shared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// A VPC of its own.
    Create(NewNetwork),
}

/// A VPC to be created, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNetwork {
    /// The range of the VPC.
    pub cidr: Ipv4Net,
    /// Whether the DNS server of AWS answers in the VPC.
    pub enable_dns_support: bool,
    /// Whether instances get DNS names. Never without `enable_dns_support`.
    pub enable_dns_hostnames: bool,
    /// The zones, each with its subnets, in the order written. Their letters differ.
    ///
    /// A subnet belongs to its zone by the letter, so that the order of zones in the file decides
    /// nothing but which range is whose.
    pub zones: [Zone; 2],
    /// How private subnets get out.
    pub nat_gateways: NatGateways,
}

/// An availability zone and the subnets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: ZoneName,
    /// The subnet with a route to the internet: load balancer, bastion, NAT gateway.
    pub public: Ipv4Net,
    /// The subnet without: nodes and database.
    pub private: Ipv4Net,
}

/// How many NAT gateways there are. Without one, nodes in private subnets reach no chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum NatGateways {
    /// One in each zone: the loss of a zone cuts off nobody else.
    #[default]
    OnePerZone,
    /// One in the first zone, for both: half the cost, and its zone is a single point of failure.
    Single,
    /// None.
    None,
}

/// The network everything is in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Network")]
pub(crate) struct NetworkFields {
    /// The VPC. A new one by default.
    #[serde(default)]
    vpc: Optional<VpcFields>,
    /// The ranges of the public subnets (load balancer, bastion, NAT gateways), one for each zone in
    /// the order of `availabilityZones`. By default the ninth and tenth sixteenth of the VPC, as
    /// in the AWS quickstart: 10.0.128.0/20 and 10.0.144.0/20 of 10.0.0.0/16. A /25 or /26 is
    /// quartered; they get its third and fourth quarter.
    #[serde(default)]
    #[schemars(extend("minItems" = 2, "maxItems" = 2))]
    public_subnets: Optional<Vec<Required<Cidr>>>,
    /// The ranges of the private subnets (nodes, database), one for each zone in the order of
    /// `availabilityZones`. By default the first and second eighth of the VPC, as in the AWS
    /// quickstart: 10.0.0.0/19 and 10.0.32.0/19 of 10.0.0.0/16. A /25 or /26 is quartered; they
    /// get its first and second quarter.
    #[serde(default)]
    #[schemars(extend("minItems" = 2, "maxItems" = 2))]
    private_subnets: Optional<Vec<Required<Cidr>>>,
    /// How private subnets get out.
    #[serde(default)]
    #[schemars(extend("default" = NatGateways::default()))]
    nat_gateways: Optional<NatGateways>,
}

/// The VPC: a new one.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Vpc")]
pub(crate) struct VpcFields {
    /// A new VPC. This is the default.
    #[serde(default)]
    create: Optional<NewVpcFields>,
    /// An existing VPC. Not built yet: refused, since clctl would have to create another instead.
    #[serde(default)]
    existing: NotBuilt,
}

/// A new VPC.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "NewVpc")]
pub(crate) struct NewVpcFields {
    /// The IPv4 range of the VPC, /16 to /26. Cannot be changed later.
    #[serde(default)]
    #[schemars(extend("default" = DEFAULT_CIDR))]
    cidr: Optional<Cidr>,
    /// Whether the DNS server of AWS answers in the VPC.
    #[serde(default)]
    #[schemars(extend("default" = true))]
    enable_dns_support: Optional<bool>,
    /// Whether instances get DNS names. Needs `enableDnsSupport`.
    #[serde(default)]
    #[schemars(extend("default" = true))]
    enable_dns_hostnames: Optional<bool>,
}

/// The two zones as written.
pub(crate) fn settle_zones(
    written: Required<Vec<Required<ZoneName>>>,
    region: Option<&At<AwsRegion>>,
    log: &Log,
) -> Option<[ZoneName; 2]> {
    let written = written.0?;
    if let Some(region) = region {
        for zone in written.value.iter().filter_map(|zone| zone.0.as_ref()) {
            if zone.value.region() != region.value.as_str() {
                let message = format!("{} is not in {}", zone.value, region.value);
                log.report(
                    Draft::new(Code::ZoneOutsideRegion, zone.span, message)
                        .label("a zone of another region")
                        .also(region.span, "the region")
                        .help(format!(
                            "write a zone of the region, for example `{}a`",
                            region.value
                        )),
                );
            }
        }
    }
    let [first, second] = two(written, "availability zones", log)?;
    if first.value == second.value {
        let message = format!("{} is there twice", first.value);
        log.report(
            Draft::new(Code::Repeated, second.span, message)
                .label("again")
                .also(first.span, "already here")
                .help("the second zone takes over when the first fails: write another"),
        );
        return None;
    }
    Some([first.value, second.value])
}

/// Exactly two readable items.
fn two<T>(written: At<Vec<Required<T>>>, what: &str, log: &Log) -> Option<[At<T>; 2]> {
    match <[Required<T>; 2]>::try_from(written.value) {
        Ok([Required(Some(first)), Required(Some(second))]) => Some([first, second]),
        Ok(_) => None,
        Err(items) => {
            let count = items.len();
            let message = format!("two {what} belong here, not {count}");
            // The third is one too many; where there is none, the list is too short.
            let third = items.into_iter().nth(2).and_then(|item| item.0);
            let draft = match third {
                Some(third) => Draft::new(Code::NotTwo, third.span, message).label("one too many"),
                None => Draft::new(Code::NotTwo, written.span, message).label("too few"),
            };
            log.report(draft.help(
                "a node stands in two availability zones, with one subnet of each kind in each",
            ));
            None
        }
    }
}

/// A subnet and where it is written; nowhere, if it was carved.
#[derive(Clone, Copy)]
struct Subnet {
    net: Ipv4Net,
    at: Option<Span>,
    field: &'static str,
}

const PUBLIC: &str = "publicSubnets";
const PRIVATE: &str = "privateSubnets";

impl NetworkFields {
    pub(crate) fn settle(self, zones: Option<[ZoneName; 2]>, log: &Log) -> Option<Network> {
        if let Some(At { value: NatGateways::None, span }) = self.nat_gateways.given() {
            log.report(
                Draft::new(Code::NoWayOut, *span, "without NAT gateways the nodes reach no chain")
                    .label("no way to the internet")
                    .help("fine if you route the private subnets out on your own"),
            );
        }
        let nat_gateways = self.nat_gateways.or(NatGateways::default);
        let vpc = self.vpc.or(VpcFields::default).and_then(|vpc| vpc.settle(log));
        let whole = vpc.as_ref().and_then(|vpc| vpc.cidr.as_ref());
        let carved = whole.and_then(|cidr| carve(cidr.net));
        let public = subnets(self.public_subnets, PUBLIC, carved.map(|carved| carved.public), log);
        let private =
            subnets(self.private_subnets, PRIVATE, carved.map(|carved| carved.private), log);
        let all: Vec<Subnet> = public.iter().chain(private.iter()).flatten().copied().collect();
        check_subnets(&all, whole, log);

        let vpc = vpc?;
        let ([a, b], [public_a, public_b], [private_a, private_b]) = (zones?, public?, private?);
        Some(Network::Create(NewNetwork {
            cidr: vpc.cidr?.net,
            enable_dns_support: vpc.enable_dns_support?,
            enable_dns_hostnames: vpc.enable_dns_hostnames?,
            zones: [
                Zone { name: a, public: public_a.net, private: private_a.net },
                Zone { name: b, public: public_b.net, private: private_b.net },
            ],
            nat_gateways: nat_gateways?,
        }))
    }
}

fn subnets(
    written: Optional<Vec<Required<Cidr>>>,
    field: &'static str,
    carved: Option<[Ipv4Net; 2]>,
    log: &Log,
) -> Option<[Subnet; 2]> {
    match written.readable().ok()? {
        None => carved.map(|nets| nets.map(|net| Subnet { net, at: None, field })),
        Some(written) => {
            let what = if field == PUBLIC { "public subnets" } else { "private subnets" };
            two(written, what, log)
                .map(|two| two.map(|at| Subnet { net: at.value.0, at: Some(at.span), field }))
        }
    }
}

fn check_subnets(all: &[Subnet], vpc: Option<&VpcRange>, log: &Log) {
    for (i, subnet) in all.iter().enumerate() {
        if let Some(at) = subnet.at {
            check_subnet(subnet.net, at, vpc, log);
        }
        for first in all.iter().take(i) {
            if overlap(first.net, subnet.net) {
                report_overlap(*first, *subnet, log);
            }
        }
    }
}

fn check_subnet(net: Ipv4Net, at: Span, vpc: Option<&VpcRange>, log: &Log) {
    if !(LARGEST..=SMALLEST).contains(&net.prefix_len()) {
        log.report(
            Draft::new(Code::RangeSize, at, format!("{net} is no size for a subnet"))
                .label(format!("/{LARGEST} to /{SMALLEST} belongs here"))
                .help(format!("AWS makes subnets from /{LARGEST} to /{SMALLEST}")),
        );
    }
    let Some(vpc) = vpc.filter(|vpc| !vpc.net.contains(&net)) else { return };
    let draft = Draft::new(
        Code::SubnetOutsideVpc,
        at,
        format!("subnet {net} is not in the VPC, {}", vpc.net),
    )
    .label("this range");
    log.report(match vpc.at {
        Some(cidr) => draft
            .also(cidr, "is not in this one")
            .help(format!("choose a range within {}", vpc.net)),
        None => draft.help(format!(
            "choose a range within {DEFAULT_CIDR}, which is the default, or set `vpc.create.cidr`"
        )),
    });
}

fn report_overlap(first: Subnet, second: Subnet, log: &Log) {
    let message = |a: Ipv4Net, b: Ipv4Net| format!("subnets {a} and {b} overlap");
    let draft = match (first.at, second.at) {
        (Some(first_at), Some(second_at)) => {
            // Whichever list stands first in the file.
            let (early, late) =
                if first_at <= second_at { (first, second) } else { (second, first) };
            let (early_at, late_at) = (first_at.min(second_at), first_at.max(second_at));
            Draft::new(Code::SubnetsOverlap, late_at, message(early.net, late.net))
                .label("this range")
                .also(early_at, "shares addresses with this one")
                .help("every subnet has addresses of its own")
        }
        (Some(at), None) => carved_overlap(first, at, second),
        (None, Some(at)) => carved_overlap(second, at, first),
        (None, None) => return,
    };
    log.report(draft);
}

fn carved_overlap(written: Subnet, at: Span, carved: Subnet) -> Draft {
    let message = format!("subnet {} overlaps {}, a default subnet", written.net, carved.net);
    Draft::new(Code::SubnetsOverlap, at, message)
        .label(format!("shares addresses with {}", carved.net))
        .help(format!("choose another range, or set `{}` as well", carved.field))
}

/// The range of the VPC and where it is written; nowhere, if it is the default.
struct VpcRange {
    net: Ipv4Net,
    at: Option<Span>,
}

/// What of the VPC is readable.
struct Vpc {
    cidr: Option<VpcRange>,
    enable_dns_support: Option<bool>,
    enable_dns_hostnames: Option<bool>,
}

impl VpcFields {
    fn settle(self, log: &Log) -> Option<Vpc> {
        if let Some(key) = self.existing.0 {
            let message = "an existing VPC cannot be used yet";
            let draft = Draft::new(Code::NotBuilt, key, message).label("not built yet");
            log.report(draft.help("remove this to let clctl create a VPC, with `create`"));
            return None;
        }
        let new = self.create.or(NewVpcFields::default)?;
        check_dns(&new.enable_dns_support, &new.enable_dns_hostnames, log);
        let cidr = match new.cidr.readable() {
            Err(Broken) => None,
            Ok(None) => DEFAULT_CIDR.parse().ok().map(|net| VpcRange { net, at: None }),
            Ok(Some(at)) => check_vpc(at.value.0, at.span, log)
                .then_some(VpcRange { net: at.value.0, at: Some(at.span) }),
        };
        Some(Vpc {
            cidr,
            enable_dns_support: new.enable_dns_support.or(|| true),
            enable_dns_hostnames: new.enable_dns_hostnames.or(|| true),
        })
    }
}

fn check_dns(support: &Optional<bool>, hostnames: &Optional<bool>, log: &Log) {
    let Some(At { value: false, span }) = support.given() else { return };
    let draft = Draft::new(
        Code::DnsHostnamesWithoutSupport,
        *span,
        "DNS names for instances without DNS in the VPC",
    )
    .label("no DNS");
    match hostnames {
        Optional::Given(At { value: true, span }) => {
            log.report(draft.also(*span, "but DNS names").help("set both, or neither"));
        }
        Optional::Absent => {
            log.report(draft.help("set `enableDnsHostnames: false` as well; its default is true"));
        }
        Optional::Given(_) | Optional::Broken => {}
    }
}

/// Ranges AWS does not give to a VPC.
const RESERVED: [(&str, &str); 5] = [
    ("0.0.0.0/8", "means \"this network\""),
    ("127.0.0.0/8", "is every machine's own"),
    ("169.254.0.0/16", "is link-local"),
    ("224.0.0.0/4", "is for multicast"),
    ("255.255.255.255/32", "is for broadcast"),
];
/// Ranges that belong to nobody on the internet: RFC 1918 and RFC 6598.
const PRIVATE_RANGES: [&str; 4] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
const DOCKER: &str = "172.17.0.0/16";

/// Whether the range can be that of a VPC, as far as subnets are concerned.
fn check_vpc(net: Ipv4Net, at: Span, log: &Log) -> bool {
    let is_in = |range: &str| range.parse::<Ipv4Net>().is_ok_and(|range| range.contains(&net));
    let touches = |range: &str| range.parse::<Ipv4Net>().is_ok_and(|range| overlap(range, net));
    let length = net.prefix_len();
    if !(LARGEST..=SMALLEST).contains(&length) {
        log.report(
            Draft::new(Code::RangeSize, at, format!("{net} is no size for a VPC"))
                .label(format!("/{LARGEST} to /{SMALLEST_FOR_FOUR} belongs here"))
                .help(format!("AWS makes VPCs from /{LARGEST} to /{SMALLEST}, and four subnets need a /{SMALLEST_FOR_FOUR}")),
        );
        return false;
    }
    if length > SMALLEST_FOR_FOUR {
        log.report(
            Draft::new(Code::RangeSize, at, format!("{net} has no room for four subnets"))
                .label(format!("/{LARGEST} to /{SMALLEST_FOR_FOUR} belongs here"))
                .help(format!("the smallest subnet AWS makes is a /{SMALLEST}")),
        );
        return false;
    }
    if let Some((range, what)) = RESERVED.into_iter().find(|(range, _)| touches(range)) {
        log.report(
            Draft::new(Code::ReservedRange, at, format!("AWS makes no VPC in {range}"))
                .label(format!("{range} {what}"))
                .help("choose a range within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"),
        );
        return true;
    }
    if touches(DOCKER) {
        log.report(
            Draft::new(Code::DockerRange, at, format!("{net} is also the range Docker uses"))
                .label(format!("shares addresses with {DOCKER}"))
                .help("AWS advises against it; choose another range"),
        );
    }
    if !PRIVATE_RANGES.into_iter().any(is_in) {
        log.report(
            Draft::new(Code::PublicRange, at, format!("{net} belongs to somebody on the internet"))
                .label("not a private range")
                .help("fine if that is you; the nodes cannot reach anybody else in it"),
        );
    }
    true
}
