//! Load balancers: made, looked at, deleted, and how their interfaces follow.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html> and its sisters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Elb, Operation,
    agenda::{Due, Hands},
    attributes,
    call::{Call, Named, check, impossible, invalid},
    network::{self, Place},
    scene::{Scene, path_of},
    tags,
};
use crate::{
    Time,
    fault::Fault,
    services::ec2::Lending,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateLoadBalancer", true, create),
    ("DeleteLoadBalancer", true, delete),
    ("DescribeLoadBalancers", false, describe),
];

/// What a load balancer works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Family {
    /// HTTP and HTTPS.
    Application,
    /// TCP.
    Network,
}

impl Family {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
        }
    }

    /// What ARNs call it.
    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Application => "app",
            Self::Network => "net",
        }
    }
}

/// How far a load balancer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Provisioning,
    Active,
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Failed => "failed",
        }
    }
}

/// A load balancer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LoadBalancer {
    pub(super) name: String,
    pub(super) family: Family,
    pub(super) internal: bool,
    pub(super) vpc: String,
    pub(super) places: Vec<Place>,
    pub(super) groups: Vec<String>,
    /// Whether groups hold for what comes over PrivateLink; of network load balancers with groups.
    pub(super) enforces: bool,
    pub(super) host: String,
    pub(super) created: Time,
    pub(super) state: State,
    pub(super) attributes: BTreeMap<String, String>,
    /// Its interfaces, each with its subnet.
    pub(super) interfaces: Vec<(String, String)>,
}

impl Kind for LoadBalancer {
    const TYPE: &'static str = "loadbalancer";
    const PREFIX: &'static str = "arn";
    const NOUN: &'static str = "load balancer";
    const NOT_FOUND: &'static str = "LoadBalancerNotFound";
    const MALFORMED: &'static str = "ValidationError";

    fn path(record: &Record<Self>) -> String {
        path_of(&record.id).to_owned()
    }
}

impl Named for LoadBalancer {
    fn shelf(elb: &Elb) -> &Shelf<Self> {
        &elb.load_balancers
    }
}

/// Where aliases to load balancers of a region are, for application and for network load balancers.
///
/// <https://docs.aws.amazon.com/general/latest/gr/elb.html>
const ZONES: &[(&str, &str, &str)] = &[
    ("ap-northeast-1", "Z14GRHDCWA56QT", "Z31USIVHYNEOWT"),
    ("ap-northeast-2", "ZWKZPGTI48KDX", "ZIBE1TIR4HY56"),
    ("ap-south-1", "ZP97RAFLXTNZK", "ZVDDRBQ08TROA"),
    ("ap-southeast-1", "Z1LMS91P8CMLE5", "ZKVM4W9LS7TM"),
    ("ap-southeast-2", "Z1GM3OXH4ZPM65", "ZCT6FZBF4DROD"),
    ("ca-central-1", "ZQSVJUPU6J1EY", "Z2EPGBW3API2WT"),
    ("eu-central-1", "Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"),
    ("eu-north-1", "Z23TAZ6LKFMNIO", "Z1UDT6IFJ4EJM"),
    ("eu-west-1", "Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"),
    ("eu-west-2", "ZHURV8PSTC4K8", "ZD4D7Y8KGAS4G"),
    ("eu-west-3", "Z3Q77PNBQS71R4", "Z1CMS0P5QUZ6D5"),
    ("sa-east-1", "Z2P70J7HTTTPLU", "ZTK26PT1VY4CU"),
    ("us-east-1", "Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"),
    ("us-east-2", "Z3AADJGX6KTTL2", "ZLMOA37VPKANP"),
    ("us-west-1", "Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"),
    ("us-west-2", "Z1H1FL5HABSF5", "Z18D5FSROUN65G"),
];

fn hosted_zone(region: &str, family: Family) -> Result<&'static str, Fault> {
    let found = ZONES.iter().find(|it| it.0 == region);
    let found = found
        .ok_or_else(|| Fault::unsupported(format!("the zone of load balancers in {region}")))?;
    Ok(match family {
        Family::Application => found.1,
        Family::Network => found.2,
    })
}

impl LoadBalancer {
    /// What aliases say to lead to it: its name, and the zone that is in.
    pub(super) fn alias(&self, region: &str) -> Option<(String, String)> {
        let zone = hosted_zone(region, self.family).ok()?;
        Some((self.host.clone(), zone.to_owned()))
    }
}

/// The places of a load balancer, as answers show them.
pub(super) fn zones(it: &LoadBalancer) -> Xml {
    let zone = |place: &Place| {
        let address = match (&place.address, &place.private) {
            (Some((id, ip)), _) => Some(Xml::new().text("IpAddress", ip).text("AllocationId", id)),
            (None, Some(ip)) => Some(Xml::new().text("PrivateIPv4Address", ip)),
            (None, None) => None,
        };
        Xml::new().text("ZoneName", &place.zone).text("SubnetId", &place.subnet).members(
            "LoadBalancerAddresses",
            "member",
            address,
        )
    };
    Xml::new().members("AvailabilityZones", "member", it.places.iter().map(zone))
}

fn render(scene: &Scene<'_>, it: &Record<LoadBalancer>) -> Answer {
    let reason = match it.state {
        State::Provisioning | State::Active => None,
        State::Failed => Some("The load balancer could not be set up"),
    };
    let state = Xml::new().text("Code", it.state.name()).maybe("Reason", reason);
    let xml = Xml::new()
        .text("LoadBalancerArn", &it.id)
        .text("DNSName", &it.host)
        .text("CanonicalHostedZoneId", hosted_zone(scene.region, it.family)?)
        .text("CreatedTime", it.created)
        .text("LoadBalancerName", &it.name)
        .text("Scheme", if it.internal { "internal" } else { "internet-facing" })
        .text("VpcId", &it.vpc)
        .nest("State", state)
        .text("Type", it.family.name())
        .with(zones(it));
    let network = it.family == Family::Network;
    let xml = if it.groups.is_empty() {
        xml
    } else {
        xml.named_texts("SecurityGroups", "member", &it.groups)
    };
    let enforces = (network && !it.groups.is_empty()).then_some(on_off(it.enforces));
    Ok(xml
        .text("IpAddressType", "ipv4")
        .maybe("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", enforces)
        .maybe("EnablePrefixForIpv6SourceNat", network.then_some("off")))
}

pub(super) fn on_off(it: bool) -> &'static str {
    if it { "on" } else { "off" }
}

/// Refuses what no load balancer and no target group may be called.
pub(super) fn name(noun: &str, text: &str) -> Result<(), Fault> {
    if text.chars().count() > 32 {
        return Err(invalid(format!("{noun} name '{text}' cannot be longer than '32' characters")));
    }
    if !text.chars().all(|it| it.is_ascii_alphanumeric() || it == '-') {
        return Err(invalid(format!(
            "{noun} name '{text}' can only contain characters that are alphanumeric characters and \
             hyphens(-)"
        )));
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Err(invalid(format!("{noun} name '{text}' cannot begin or end with a hyphen(-)")));
    }
    Ok(())
}

/// Refuses kinds of addresses that no subnet here has.
pub(super) fn address_type(call: &Call<'_>) -> Result<(), Fault> {
    let words = ["ipv4", "dualstack", "dualstack-without-public-ipv4"];
    match call.among("IpAddressType", &words)?.as_deref() {
        None | Some("ipv4") => Ok(()),
        Some(_) => Err(impossible("You must specify subnets with an associated IPv6 CIDR block.")),
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let called = call.need("Name")?;
    name("Load balancer", &called)?;
    if called.starts_with("internal-") {
        return Err(invalid(format!(
            "Load balancer name '{called}' cannot begin with the prefix 'internal-'"
        )));
    }
    call.lacks(&["CustomerOwnedIpv4Pool", "IpamPools"])?;
    let family = match call.among("Type", &["application", "network", "gateway"])?.as_deref() {
        None | Some("application") => Family::Application,
        Some("network") => Family::Network,
        Some(other) => return Err(Fault::unsupported(format!("load balancers of type {other}"))),
    };
    if call.among("EnablePrefixForIpv6SourceNat", &["on", "off"])?.is_some_and(|it| it == "on") {
        return Err(Fault::unsupported("IPv6 of load balancers"));
    }
    let scheme = call.among("Scheme", &["internet-facing", "internal"])?;
    let internal = scheme.as_deref() == Some("internal");
    address_type(call)?;
    let tags = tags::given(call)?;
    let there = call.elb.load_balancers.all().find(|it| it.name == called).cloned();
    let held = there.as_ref().map(|it| it.places.clone()).unwrap_or_default();
    let (vpc, places) = network::places(call, (family, internal), &held)?;
    let groups = match (network::groups(call, &vpc)?.filter(|it| !it.is_empty()), family) {
        (Some(groups), _) => groups,
        (None, Family::Application) => {
            call.neighbours.ec2.default_group(&vpc).into_iter().collect()
        }
        (None, Family::Network) => Vec::new(),
    };
    if let Some(there) = there {
        let same = there.family == family
            && there.internal == internal
            && there.places == places
            && there.groups == groups;
        if !same {
            return Err(Fault::client(
                "DuplicateLoadBalancerName",
                format!(
                    "A load balancer with the same name '{called}' exists, but with different \
                     settings"
                ),
            ));
        }
        return Ok(Xml::new().members("LoadBalancers", "member", [render(call, &there)?]));
    }
    let quotas = &call.settings.quotas;
    let most = match family {
        Family::Application => quotas.application_load_balancers,
        Family::Network => quotas.network_load_balancers,
    };
    if call.elb.load_balancers.all().filter(|it| it.family == family).count() >= most as usize {
        return Err(Fault::client(
            "TooManyLoadBalancers",
            format!("The maximum number of load balancers has been reached: {most}"),
        ));
    }
    hosted_zone(call.region, family)?;
    let id = call.id();
    let arn = call.arn(&format!("loadbalancer/{}/{called}/{id}", family.short()));
    let number = call.rng.below(1_900_000_000) + 100_000_000;
    let region = call.region;
    let host = match (family, internal) {
        (Family::Network, _) => format!("{called}-{id}.elb.{region}.amazonaws.com"),
        (_, true) => format!("internal-{called}-{number}.{region}.elb.amazonaws.com"),
        (_, false) => format!("{called}-{number}.{region}.elb.amazonaws.com"),
    };
    let now = call.now;
    let body = LoadBalancer {
        name: called,
        family,
        internal,
        vpc,
        places,
        groups,
        enforces: true,
        host,
        created: now,
        state: State::Provisioning,
        attributes: attributes::of_balancer(family, internal),
        interfaces: Vec::new(),
    };
    let record = Record { id: arn.clone(), tags, body };
    let shown = render(call, &record)?;
    let durations = &call.settings.durations;
    let (whole, change) = (durations.load_balancer, durations.load_balancer_change);
    let ready = call.after(whole);
    let adapted = call.after(change).min(ready);
    let stamp = call.stamp;
    call.elb.load_balancers.add(stamp, Some(ready), record);
    call.plan(adapted, Due::Adapt(arn.clone()));
    call.plan(ready, Due::Active(arn));
    call.needs_role = true;
    Ok(Xml::new().members("LoadBalancers", "member", [shown]))
}

fn describe(call: &mut Call<'_>) -> Answer {
    let (arns, names) = (call.list("LoadBalancerArns"), call.list("Names"));
    let (arns, names) = (arns.unwrap_or_default(), names.unwrap_or_default());
    if !arns.is_empty() && !names.is_empty() {
        return Err(invalid("Load balancer names and ARNs cannot be specified at the same time"));
    }
    if arns.len() > 20 || names.len() > 20 {
        return Err(invalid("At most 20 load balancers can be specified"));
    }
    arns.iter().try_for_each(|it| check::<LoadBalancer>(it))?;
    let unknown = |what: &String| {
        let text = format!("One or more load balancers not found: '{what}'");
        Fault::client(LoadBalancer::NOT_FOUND, text)
    };
    let shelf = &call.elb.load_balancers;
    let mut all = Vec::new();
    if arns.is_empty() && names.is_empty() {
        all.extend(shelf.all_seen(call.in_lists()));
    }
    for arn in &arns {
        all.push(shelf.seen(arn, call.by_id()).ok_or_else(|| unknown(arn))?);
    }
    for name in &names {
        let mut seen = shelf.all_seen(call.by_id());
        all.push(seen.find(|it| it.name == *name).ok_or_else(|| unknown(name))?);
    }
    let rows = all.into_iter().map(|it| Ok((it.id.clone(), render(call, it)?)));
    let rows = rows.collect::<Result<_, Fault>>()?;
    call.page("LoadBalancers", rows)
}

/// What is not there is no mistake.
fn delete(call: &mut Call<'_>) -> Answer {
    let arn = call.need("LoadBalancerArn")?;
    check::<LoadBalancer>(&arn)?;
    let Some(it) = call.elb.load_balancers.get(&arn).cloned() else { return Ok(Xml::new()) };
    if it.attributes.get(attributes::PROTECTION).is_some_and(|it| it == "true") {
        return Err(Fault::client(
            "OperationNotPermitted",
            format!(
                "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            ),
        ));
    }
    let stamp = call.stamp;
    let elb = &mut *call.elb;
    let listeners: Vec<_> =
        elb.listeners.all().filter(|it| it.balancer == arn).map(|it| it.id.clone()).collect();
    for listener in listeners {
        super::listener::remove(elb, stamp, &listener);
    }
    elb.load_balancers.remove(stamp, &arn);
    elb.agenda.forget(|due| match due {
        Due::Adapt(other) | Due::Active(other) => *other == arn,
        Due::Interfaces(_) => false,
    });
    let lingers = call.settings.durations.load_balancer_interface_linger;
    let gone = call.after(lingers);
    let interfaces = it.interfaces.iter().map(|it| it.0.clone()).collect();
    call.plan(gone, Due::Interfaces(interfaces));
    Ok(Xml::new())
}

/// The interfaces become what they are to be: one in each subnet, with the groups.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>: the service
/// makes them, and what their descriptions say.
pub(super) fn adapt(scene: &mut Scene<'_>, hands: &mut Hands<'_>, arn: &str) {
    let Some(it) = scene.elb.load_balancers.get(arn).cloned() else { return };
    let description = format!("ELB {}", path_of(arn).trim_start_matches("loadbalancer/"));
    let (kept, gone): (Vec<_>, Vec<_>) = it
        .interfaces
        .iter()
        .cloned()
        .partition(|own| it.places.iter().any(|place| place.subnet == own.1));
    let mut interfaces = kept;
    for (interface, _) in &interfaces {
        let place = (hands.around, scene.rng.fork(), scene.now);
        hands.ec2.regroup(place, interface, &it.groups);
    }
    let mut failed = false;
    for place in &it.places {
        if interfaces.iter().any(|own| own.1 == place.subnet) {
            continue;
        }
        let lending = Lending {
            subnet: &place.subnet,
            groups: &it.groups,
            description: &description,
            network: it.family == Family::Network,
            public: !it.internal,
            allocation: place.address.as_ref().map(|it| it.0.as_str()),
            private: place.private.as_deref(),
        };
        let lent = (hands.around, scene.rng.fork(), scene.now);
        match hands.ec2.lend_to_balancer(lent, lending) {
            Some(interface) => interfaces.push((interface, place.subnet.clone())),
            None => failed = true,
        }
    }
    if !gone.is_empty() {
        let at = scene.after(scene.settings.durations.load_balancer_interface_linger);
        scene.plan(at, Due::Interfaces(gone.into_iter().map(|it| it.0).collect()));
    }
    let stamp = scene.stamp;
    scene.elb.load_balancers.change(stamp, arn, |it| {
        it.interfaces = interfaces;
        if failed && it.state == State::Provisioning {
            it.state = State::Failed;
        }
    });
}

/// A load balancer begins to work, unless it could not be set up.
pub(super) fn begin(scene: &mut Scene<'_>, arn: &str) {
    let stamp = scene.stamp;
    scene.elb.load_balancers.change(stamp, arn, |it| {
        if it.state == State::Provisioning {
            it.state = State::Active;
        }
    });
}
