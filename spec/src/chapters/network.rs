//! `spec.network`: the VPC, its subnets and their way out.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::{At, Optional},
    bounded::{List, Pair, Paired, Table},
    chapter::{chapter, choice, in_place, refused, replaces},
    cidr::{Cidr, LARGEST, SMALLEST, SMALLEST_FOR_FOUR, carve, overlap},
    form::leaf,
    log::{Log, Quoted},
    logs::Retention,
    names::{Fixed, NameError, TagKey, TagValue, ZoneName, name, selector_key},
    problem::{Code, Draft},
    tree::Span,
};

const DEFAULT_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 16);

const VPC: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html";
const SUBNETS: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html";
const NAT: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html";
const DNS: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html";
const DHCP: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html";
const TENANCY: &str = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/dedicated-instance.html";
const GATEWAY: &str = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html";
const PRIVATE_LINK: &str =
    "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html";
const FLOW_LOGS: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html";
const DESCRIBE_VPCS: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html";
const DESCRIBE_SUBNETS: &str =
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html";

/// What becomes of an environment whose network is made anew.
const MOVES: &str = "everything stands in the VPC: another one is another environment";
const MOVED: &str = "what stands in a subnet does not move: other ones are another environment";
const SELECTED: &str = "private ones are refused: the database does not move; what is launched from then on stands in public ones";
const LEASE: &str = "the set is made anew: instances learn of it as they renew their lease";

chapter! {
    /// The network everything is in.
    pub struct Network, NetworkFields {
        chapters {
            /// The VPC: a new one, or one that exists. A new one by default.
            vpc: Vpc, refused(MOVES, VPC).by_default("a new one: {create: {}}").example("{create: {cidr: 10.0.0.0/16}}");
            /// A record of the connections in the network, in CloudWatch Logs.
            flow_logs: FlowLogs, in_place(FLOW_LOGS);
        }
    }
}

choice! {
    /// The VPC: a new one, or one that exists.
    pub enum Vpc, VpcFields, default Create(NewVpc) {
        /// A new VPC, with subnets, gateways and route tables of its own. This is the default.
        create: Create(NewVpc), refused(MOVES, VPC);
        /// A VPC that exists, with its subnets. clctl changes nothing in it but what it adds, and removes
        /// nothing it did not make.
        existing: Existing(ExistingVpc), refused(MOVES, VPC);
    }
}

chapter! {
    /// A new VPC.
    pub struct NewVpc, NewVpcFields, check check_new {
        optional {
            /// What instances are told of DNS and time servers. The DHCP options AWS gives to every VPC, if this
            /// is left out.
            dhcp_options: DhcpOptions, in_place(DHCP).effect("instances learn of it as they renew their lease");
        }
        default {
            /// The IPv4 range of the VPC, /16 to /26: four subnets need that much room. Take one that no network
            /// uses which you may ever peer with.
            cidr: Ipv4Net = DEFAULT_CIDR, refused(MOVES, VPC);
            /// How private subnets get out.
            nat_gateways: NatGateways = NatGateways::default(),
                in_place(NAT).effect("connections through a gateway that is removed are cut");
            /// Whether instances stand on hardware that no other account uses. Dedicated instances cost more,
            /// and not every instance type can be one.
            tenancy: Tenancy = Tenancy::Default, refused("AWS makes a shared VPC of a dedicated one, and never the other way round", TENANCY);
            /// Whether the DNS server of AWS answers in the VPC.
            enable_dns_support: bool = true, in_place(DNS);
            /// Whether instances get DNS names. Needs `enableDnsSupport`.
            enable_dns_hostnames: bool = true, in_place(DNS);
            /// Whether traffic to Amazon S3 stays within AWS, by a gateway endpoint in the private route
            /// tables. It costs nothing.
            s3_endpoint: bool = true, in_place(GATEWAY);
            /// AWS services that are reached without the internet, by an interface endpoint in both private
            /// subnets, for example `secretsmanager`. Each costs by the hour and zone.
            interface_endpoints: List<ServiceName, 0, 30> = List::default(), in_place(PRIVATE_LINK).example("[secretsmanager, logs]");
        }
        derived {
            /// The ranges of the public subnets (load balancer, bastion, NAT gateways), one for each zone in
            /// the order of `availabilityZones`, /16 to /28.
            public_subnets: Pair<Ipv4Net> = |vpc| carved(vpc).map(|carved| Pair(carved.public)),
                refused(MOVED, SUBNETS).by_default(
                    "the ninth and tenth sixteenth of the VPC, as in the AWS quickstart: 10.0.128.0/20 and \
                     10.0.144.0/20 of 10.0.0.0/16; of a /25 or /26 the third and fourth quarter"
                );
            /// The ranges of the private subnets (nodes, database), one for each zone in the order of
            /// `availabilityZones`, /16 to /28.
            private_subnets: Pair<Ipv4Net> = |vpc| carved(vpc).map(|carved| Pair(carved.private)),
                refused(MOVED, SUBNETS).by_default(
                    "the first and second eighth of the VPC, as in the AWS quickstart: 10.0.0.0/19 and \
                     10.0.32.0/19 of 10.0.0.0/16; of a /25 or /26 the first and second quarter"
                );
        }
    }
}

/// An availability zone and the subnets in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone<'a> {
    /// Its name.
    pub name: &'a ZoneName,
    /// The subnet with a route to the internet: load balancer, bastion, NAT gateway.
    pub public: Ipv4Net,
    /// The subnet without: nodes and database.
    pub private: Ipv4Net,
}

impl NewVpc {
    /// The zones, each with its subnets.
    ///
    /// A subnet belongs to its zone by the letter, so that the order of zones in the file decides
    /// nothing but which range is whose.
    pub fn zones<'a>(&self, names: &'a Pair<ZoneName>) -> [Zone<'a>; 2] {
        let Pair([a, b]) = names;
        let Pair([public_a, public_b]) = self.public_subnets;
        let Pair([private_a, private_b]) = self.private_subnets;
        [
            Zone { name: a, public: public_a, private: private_a },
            Zone { name: b, public: public_b, private: private_b },
        ]
    }
}

/// How many NAT gateways there are: only through one do nodes in private subnets reach images and chains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum NatGateways {
    /// One in each zone: the loss of a zone cuts off nobody else.
    #[default]
    OnePerZone,
    /// One in the first zone, for both: half the cost, and its zone is a single point of failure.
    Single,
}

/// Whether hardware is shared with other accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Tenancy {
    /// Shared.
    #[default]
    Default,
    /// Not shared.
    Dedicated,
}

/// Which connections a flow log records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TrafficType {
    /// All.
    All,
    /// Those that were let through.
    Accept,
    /// Those that were not.
    #[default]
    Reject,
}

leaf!(NatGateways, Tenancy, TrafficType);

chapter! {
    /// What instances are told of DNS and time servers.
    pub struct DhcpOptions, DhcpOptionsFields {
        optional {
            /// The domain that is appended to names without one. AWS's own, if this is left out:
            /// `ec2.internal` in us-east-1, `<region>.compute.internal` elsewhere.
            domain_name: DomainName, replaces(LEASE, DHCP);
        }
        default {
            /// The DNS servers: `AmazonProvidedDNS`, or the addresses of up to four of your own.
            domain_name_servers: List<DnsServer, 1, 4> = List::of(vec![DnsServer::fixed(AMAZON_DNS)]), replaces(LEASE, DHCP);
            /// The addresses of up to four time servers. Amazon's own is always there, at 169.254.169.123.
            ntp_servers: List<Ipv4Address, 0, 4> = List::default(), replaces(LEASE, DHCP);
        }
    }
}

chapter! {
    /// A VPC that exists, with its subnets.
    pub struct ExistingVpc, ExistingVpcFields, check check_existing {
        required {
            /// The VPC, by its id or by tags.
            vpc: VpcSelector, refused(MOVES, DESCRIBE_VPCS).example("{id: vpc-0123456789abcdef0}");
            /// Its private subnets (nodes, database), one in each zone. They need a route to the internet, for
            /// example through a NAT gateway.
            private_subnets: SubnetSelector, refused(MOVED, DESCRIBE_SUBNETS)
                .example("{ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]}");
        }
        optional {
            /// Its public subnets (load balancer, bastion), one in each zone. Not needed without a bastion and
            /// with an internal load balancer or none.
            public_subnets: SubnetSelector, in_place(DESCRIBE_SUBNETS).effect("what is launched from then on stands in them")
                .example("{ids: [subnet-0123456789abcdef2, subnet-0123456789abcdef3]}");
        }
        default {
            /// Whether clctl adds a gateway endpoint for Amazon S3. It changes the route tables of your private
            /// subnets: hence not unless you say so.
            s3_endpoint: bool = false, in_place(GATEWAY);
            /// AWS services for which clctl adds an interface endpoint to your private subnets. They change what
            /// the names of these services mean in the whole VPC: hence none unless you say so.
            interface_endpoints: List<ServiceName, 0, 30> = List::default(), in_place(PRIVATE_LINK);
        }
    }
}

choice! {
    /// Which VPC: by its id, or by its tags.
    pub enum VpcSelector, VpcSelectorFields {
        /// Its id.
        id: Id(VpcId), refused(MOVES, DESCRIBE_VPCS);
        /// Tags that it has, and no other VPC of the region.
        tags: Tags(Table<SelectorKey, TagValue, 10>), refused(MOVES, DESCRIBE_VPCS);
    }
}

choice! {
    /// Which two subnets: by their ids, or by tags.
    pub enum SubnetSelector, SubnetSelectorFields {
        /// Their ids, in the order of `availabilityZones`.
        ids: Ids(Pair<SubnetId>), in_place(DESCRIBE_SUBNETS).effect(SELECTED);
        /// Tags that one subnet of the VPC in each zone has, and no other.
        tags: Tags(Table<SelectorKey, TagValue, 10>), in_place(DESCRIBE_SUBNETS).effect(SELECTED);
    }
}

chapter! {
    /// A record of the connections in the network, in CloudWatch Logs.
    pub struct FlowLogs, FlowLogsFields {
        optional {
            /// How long it is kept. As long as other logs, if this is left out.
            retention_in_days: Retention, in_place(FLOW_LOGS).unit("days");
        }
        default {
            /// Whether there is one. It is paid for by volume.
            enabled: bool = false, in_place(FLOW_LOGS);
            /// What it records.
            traffic_type: TrafficType = TrafficType::default(),
                replaces("the flow log is made anew; what is recorded stays", FLOW_LOGS);
            /// How often what was seen is written down.
            max_aggregation_interval: AggregationInterval = AggregationInterval::default(),
                replaces("the flow log is made anew; what is recorded stays", FLOW_LOGS).unit("seconds");
        }
    }
}

crate::whole::one_of_numbers! {
    /// How often a flow log is written.
    AggregationInterval, default 600, [60, 600]
}

name! {
    /// The key of a tag by which something is found; of AWS's own as well.
    SelectorKey, pattern r"^[A-Za-z0-9¡-� _.:/=+@-]+$", longest TagKey::LONGEST, selector_key
}

fn id(text: &str, prefix: &str, what: &str) -> Result<(), NameError> {
    let is_hex = |rest: &str| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    if text.strip_prefix(prefix).is_some_and(is_hex) {
        return Ok(());
    }
    let message = format!("{} is not the id of a {what}", Quoted(text));
    Err(NameError::new(message, format!("it looks like `{prefix}0123456789abcdef0`")))
}

name! {
    /// The id of a VPC.
    VpcId, pattern "^vpc-([0-9a-f]{8}|[0-9a-f]{17})$", longest 21, |text| id(text, "vpc-", "VPC")
}

name! {
    /// The id of a subnet.
    SubnetId, pattern "^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", longest 24, |text| id(text, "subnet-", "subnet")
}

name! {
    /// What AWS calls a service in the names of its endpoints: `secretsmanager`, `ecr.dkr`.
    ServiceName, pattern "^[a-z][a-z0-9-]*([.][a-z0-9-]+)*$", longest 60, |text| {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_name = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('.').all(is_part);
        if let Some(rest) = text.strip_prefix("com.amazonaws.") {
            let short = rest.split_once('.').map_or(rest, |(_, service)| service);
            let message = format!("{} has the region in it", Quoted(text));
            return Err(NameError::new(message, format!("write `{short}`: the region is the environment's")));
        }
        if is_name && text != "s3" && text.len() <= 60 {
            return Ok(());
        }
        let message = format!("{} is no service with an interface endpoint here", Quoted(text));
        let help = if text == "s3" {
            "for Amazon S3 set `s3Endpoint`, which costs nothing"
        } else {
            "write it as AWS does after `com.amazonaws.<region>.`, for example `secretsmanager`"
        };
        Err(NameError::new(message, help))
    }
}

name! {
    /// The name of a domain, without the last dot.
    DomainName,
    pattern "^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
    longest 253, |text| {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let last = text.rsplit('.').next().unwrap_or_default();
        let is_name = text.len() <= 253
            && text.contains('.')
            && text.split('.').all(is_label)
            && last.starts_with(|c: char| c.is_ascii_alphabetic());
        if is_name {
            return Ok(());
        }
        let message = format!("{} is not the name of a domain", Quoted(text));
        let help = match text {
            _ if text.contains("://") => "write the name alone, without `https://`",
            _ if text.ends_with('.') => "leave out the last dot",
            _ if text.contains('*') => "write one name: a wildcard stands in certificates only",
            _ => "it looks like `node.example.com`",
        };
        Err(NameError::new(message, help))
    }
}

const AMAZON_DNS: &str = "AmazonProvidedDNS";

fn address(text: &str) -> Result<(), NameError> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Ok(());
    }
    let message = format!("{} is not an IPv4 address", Quoted(text));
    Err(NameError::new(message, "it looks like `10.0.0.2`"))
}

const ADDRESS_PATTERN: &str = r"((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

name! {
    /// An IPv4 address.
    Ipv4Address, pattern format!("^{ADDRESS_PATTERN}$"), longest 15, address
}

name! {
    /// A DNS server: Amazon's, or an address.
    DnsServer, pattern format!("^({AMAZON_DNS}|{ADDRESS_PATTERN})$"), longest 17, |text| {
        if text == AMAZON_DNS { Ok(()) } else { address(text) }
    }
}

/// The range of the VPC, as far as it can be read.
fn range(vpc: &NewVpcFields) -> Option<Range> {
    match &vpc.cidr {
        Optional::Absent => Some(Range { net: DEFAULT_CIDR, at: None }),
        Optional::Broken => None,
        Optional::Given(at) => Some(Range { net: at.value.0, at: Some(at.span) }),
    }
}

/// The subnets of a VPC that has room for them.
fn carved(vpc: &NewVpcFields) -> Option<crate::cidr::Carved> {
    range(vpc).filter(|range| size_problem(range.net).is_none()).and_then(|range| carve(range.net))
}

/// A range and where it is written; nowhere, if it is the default.
#[derive(Clone, Copy)]
struct Range {
    net: Ipv4Net,
    at: Option<Span>,
}

/// A subnet and where it is written; nowhere, if it was carved.
#[derive(Clone, Copy)]
struct Subnet {
    net: Ipv4Net,
    at: Option<Span>,
    field: &'static str,
}

fn check_new(written: &At<NewVpcFields>, log: &Log) {
    let fields = &written.value;
    check_dns(&fields.enable_dns_support, &fields.enable_dns_hostnames, log);
    check_names(fields, log);
    let whole = range(fields);
    if let Some(Range { net, at: Some(at) }) = whole {
        check_range(net, at, log);
    }
    // Subnets within a range that is none would only be told again what is told of the range.
    let whole = whole.filter(|range| size_problem(range.net).is_none());
    let carved = carved(fields);
    let private = carved.map(|carved| carved.private);
    let public = carved.map(|carved| carved.public);
    let all: Vec<Subnet> = subnets(&fields.public_subnets, "publicSubnets", public)
        .chain(subnets(&fields.private_subnets, "privateSubnets", private))
        .collect();
    check_subnets(&all, whole, log);
}

/// Private DNS names of interface endpoints need DNS in the VPC.
fn check_names(fields: &NewVpcFields, log: &Log) {
    let Some(endpoints) = fields.interface_endpoints.given().filter(|it| it.value.count() > 0)
    else {
        return;
    };
    let off = [&fields.enable_dns_support, &fields.enable_dns_hostnames];
    let off = off.into_iter().filter_map(Optional::given).find(|at| !at.value);
    if let Some(off) = off {
        log.report(
            Draft::new(
                Code::Needs,
                endpoints.span,
                "interface endpoints are found by their DNS names",
            )
            .label("needs DNS in the VPC")
            .also(off.span, "which is off")
            .help("remove `enableDnsSupport: false` and `enableDnsHostnames: false`"),
        );
    }
}

fn subnets(
    written: &Optional<Paired<Cidr>>,
    field: &'static str,
    carved: Option<[Ipv4Net; 2]>,
) -> impl Iterator<Item = Subnet> {
    let carved = carved.filter(|_| !written.is_given());
    let written = written.given().into_iter().flat_map(|at| at.value.readable());
    let written: Vec<Subnet> =
        written.map(|at| Subnet { net: at.value.0, at: Some(at.span), field }).collect();
    let carved = carved.into_iter().flatten();
    written.into_iter().chain(carved.map(move |net| Subnet { net, at: None, field }))
}

fn check_existing(written: &At<ExistingVpcFields>, log: &Log) {
    let fields = &written.value;
    let private = fields.private_subnets.0.as_ref().map(|at| &at.value);
    let public = fields.public_subnets.given().map(|at| &at.value);
    let ids = |of: Option<&SubnetSelectorFields>| -> Vec<At<SubnetId>> {
        let ids = of.and_then(|selector| selector.ids.given());
        ids.into_iter().flat_map(|at| at.value.readable()).cloned().collect()
    };
    let privates = ids(private);
    for id in ids(public) {
        if let Some(first) = privates.iter().find(|first| first.value == id.value) {
            let message = format!("{} is to be public and private", id.value);
            log.report(
                Draft::new(Code::Repeated, id.span, message)
                    .label("again")
                    .also(first.span, "already here")
                    .help(
                        "an environment has four subnets: one public and one private in each zone",
                    ),
            );
        }
    }
    let vpc = fields.vpc.0.as_ref().and_then(|at| at.value.tags.given());
    let private = private.and_then(|selector| selector.tags.given());
    let public = public.and_then(|selector| selector.tags.given());
    for tags in [vpc, private, public].into_iter().flatten() {
        if tags.value.count() == 0 {
            let draft = Draft::new(Code::Count, tags.span, "without a tag, everything would do");
            let help = "write at least one, for example `{Name: oracles}`";
            log.report(draft.label("no tags").help(help));
        }
    }
    if let (Some(private), Some(public)) = (private, public)
        && private.value.count() > 0
        && private.value.is_like(&public.value)
    {
        let message = "the same tags are to find public and private subnets";
        log.report(
            Draft::new(Code::Conflict, public.span, message)
                .label("these tags")
                .also(private.span, "are those as well")
                .help("name a tag that only the public ones have, or write `ids`"),
        );
    }
}

fn check_subnets(all: &[Subnet], vpc: Option<Range>, log: &Log) {
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

fn check_subnet(net: Ipv4Net, at: Span, vpc: Option<Range>, log: &Log) {
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

/// Why the range has no room for four subnets, if it has none: what is wrong, and what to do.
fn size_problem(net: Ipv4Net) -> Option<(String, String)> {
    let length = net.prefix_len();
    if !(LARGEST..=SMALLEST).contains(&length) {
        let help = format!(
            "AWS makes VPCs from /{LARGEST} to /{SMALLEST}, and four subnets need a /{SMALLEST_FOR_FOUR}"
        );
        return Some((format!("{net} is no size for a VPC"), help));
    }
    (length > SMALLEST_FOR_FOUR).then(|| {
        let help = format!("the smallest subnet AWS makes is a /{SMALLEST}");
        (format!("{net} has no room for four subnets"), help)
    })
}

/// Checks whether the range can be that of a VPC.
fn check_range(net: Ipv4Net, at: Span, log: &Log) {
    let is_in = |range: &str| range.parse::<Ipv4Net>().is_ok_and(|range| range.contains(&net));
    let touches = |range: &str| range.parse::<Ipv4Net>().is_ok_and(|range| overlap(range, net));
    if let Some((message, help)) = size_problem(net) {
        let draft = Draft::new(Code::RangeSize, at, message);
        let label = format!("/{LARGEST} to /{SMALLEST_FOR_FOUR} belongs here");
        log.report(draft.label(label).help(help));
        return;
    }
    if let Some((range, what)) = RESERVED.into_iter().find(|(range, _)| touches(range)) {
        log.report(
            Draft::new(Code::ReservedRange, at, format!("AWS makes no VPC in {range}"))
                .label(format!("{range} {what}"))
                .help("choose a range within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"),
        );
        return;
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
}
