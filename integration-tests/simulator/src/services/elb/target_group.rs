//! Target groups: what a load balancer sends requests to, and how it checks that they are well.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html> and its sisters.
//! Targets are instances; the protocols are HTTP, HTTPS and TCP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Elb, Operation, attributes,
    call::{Call, Named, check, impossible, invalid, missing},
    load_balancer::{self, Family, LoadBalancer},
    scene::{Scene, path_of},
    tags,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateTargetGroup", true, create),
    ("DeleteTargetGroup", true, delete),
    ("DescribeTargetGroups", false, describe),
    ("ModifyTargetGroup", true, modify),
];

const PROTOCOLS: &[&str] =
    &["GENEVE", "HTTP", "HTTPS", "QUIC", "TCP", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"];

/// How targets are talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Protocol {
    Http,
    Https,
    Tcp,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
        }
    }

    fn is_web(self) -> bool {
        match self {
            Self::Http | Self::Https => true,
            Self::Tcp => false,
        }
    }

    fn read(call: &Call<'_>, name: &str) -> Result<Option<Self>, Fault> {
        Ok(match call.among(name, PROTOCOLS)?.as_deref() {
            None => None,
            Some("HTTP") => Some(Self::Http),
            Some("HTTPS") => Some(Self::Https),
            Some("TCP") => Some(Self::Tcp),
            Some(other) => return Err(Fault::unsupported(format!("{other} as {name}"))),
        })
    }
}

/// How it is found out whether a target is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Check {
    pub(super) protocol: Protocol,
    /// Another port than that of the target.
    pub(super) port: Option<u32>,
    /// In seconds.
    pub(super) interval: u32,
    timeout: u32,
    pub(super) healthy: u32,
    pub(super) unhealthy: u32,
    path: Option<String>,
    pub(super) matcher: Option<String>,
}

impl Check {
    /// Whether a code says that the target is well.
    pub(super) fn accepts(&self, code: u16) -> bool {
        let matcher = self.matcher.as_deref().unwrap_or_default();
        ranges(matcher).is_some_and(|all| all.iter().any(|it| (it.0..=it.1).contains(&code)))
    }
}

/// A target group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TargetGroup {
    pub(super) name: String,
    pub(super) protocol: Protocol,
    pub(super) port: u32,
    pub(super) vpc: String,
    pub(super) check: Check,
    pub(super) attributes: BTreeMap<String, String>,
}

impl TargetGroup {
    /// The kind of load balancers that it can be for.
    pub(super) fn family(&self) -> Family {
        if self.protocol.is_web() { Family::Application } else { Family::Network }
    }

    /// How long a target drains, in seconds.
    pub(super) fn delay(&self) -> u64 {
        self.attributes.get(attributes::DELAY).and_then(|it| it.parse().ok()).unwrap_or_default()
    }
}

impl Kind for TargetGroup {
    const TYPE: &'static str = "targetgroup";
    const PREFIX: &'static str = "arn";
    const NOUN: &'static str = "target group";
    const NOT_FOUND: &'static str = "TargetGroupNotFound";
    const MALFORMED: &'static str = "ValidationError";

    fn path(record: &Record<Self>) -> String {
        path_of(&record.id).to_owned()
    }
}

impl Named for TargetGroup {
    fn shelf(elb: &Elb) -> &Shelf<Self> {
        &elb.target_groups
    }
}

/// The ranges of codes in a matcher: `200,202`, `200-299`.
fn ranges(text: &str) -> Option<Vec<(u16, u16)>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    };
    text.split(',').map(range).collect()
}

fn check_matcher(family: Family, text: &str) -> Result<(), Fault> {
    let most = match family {
        Family::Application => 499,
        Family::Network => 599,
    };
    let good = |it: &(u16, u16)| it.0 <= it.1 && it.0 >= 200 && it.1 <= most;
    if ranges(text).is_some_and(|all| all.iter().all(good)) {
        return Ok(());
    }
    Err(invalid(format!("Health check matcher HTTP code '{text}' must be within '200-{most}'")))
}

/// Reads how targets are to be checked, as changes of how they are checked already.
fn read_check(call: &Call<'_>, family: Family, old: Option<&Check>) -> Result<Check, Fault> {
    if call.flag("HealthCheckEnabled")? == Some(false) {
        return Err(impossible(
            "Health check enabled must be true for target groups with target type 'instance'",
        ));
    }
    let default = match family {
        Family::Application => Protocol::Http,
        Family::Network => Protocol::Tcp,
    };
    let asked = Protocol::read(call, "HealthCheckProtocol")?;
    let protocol = asked.or(old.map(|it| it.protocol)).unwrap_or(default);
    if family == Family::Application && !protocol.is_web() {
        return Err(impossible(
            "Health check protocol 'TCP' is not supported for target groups with the protocol HTTP \
             or HTTPS",
        ));
    }
    let port = match call.text("HealthCheckPort").as_deref() {
        None => old.and_then(|it| it.port),
        Some("traffic-port") => None,
        Some(text) => match text.parse::<u32>() {
            Ok(port @ 1..=65_535) => Some(port),
            Ok(_) | Err(_) => {
                return Err(invalid(format!(
                    "Health check port '{text}' must be '1-65535' or 'traffic-port'"
                )));
            }
        },
    };
    let number = |name: &str, least, most, before: Option<u32>, default| {
        Ok::<_, Fault>(call.between(name, least, most)?.or(before).unwrap_or(default))
    };
    let interval = number("HealthCheckIntervalSeconds", 5, 300, old.map(|it| it.interval), 30)?;
    // The reference says 6 seconds for HTTP and 10 for the others; the guide of application load balancers says 5:
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>.
    let usual = match (family, protocol) {
        (Family::Application, _) if call.settings.disputed("web-check-timeout", 2) == 0 => 5,
        (_, Protocol::Http) => 6,
        (_, Protocol::Https | Protocol::Tcp) => 10,
    };
    let timeout = number("HealthCheckTimeoutSeconds", 2, 120, old.map(|it| it.timeout), usual)?;
    let healthy = number("HealthyThresholdCount", 2, 10, old.map(|it| it.healthy), 5)?;
    let unhealthy = number("UnhealthyThresholdCount", 2, 10, old.map(|it| it.unhealthy), 2)?;
    if timeout >= interval {
        return Err(invalid(format!(
            "Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        )));
    }
    let (path, matcher) = (call.text("HealthCheckPath"), call.text("Matcher.HttpCode"));
    if call.params.given("Matcher.GrpcCode") {
        return Err(Fault::unsupported("gRPC in target groups"));
    }
    if !protocol.is_web() {
        if path.is_some() || matcher.is_some() {
            return Err(impossible(
                "A health check path and matcher cannot be specified for health checks with the \
                 protocol TCP",
            ));
        }
        return Ok(Check {
            protocol,
            port,
            interval,
            timeout,
            healthy,
            unhealthy,
            path: None,
            matcher: None,
        });
    }
    if let Some(path) = path.as_ref().filter(|it| !it.starts_with('/') || it.len() > 1_024) {
        return Err(invalid(format!(
            "Health check path '{path}' must begin with a '/' character, and can be at most 1024 \
             characters long"
        )));
    }
    if let Some(matcher) = &matcher {
        check_matcher(family, matcher)?;
    }
    let usual = match family {
        Family::Application => "200",
        Family::Network => "200-399",
    };
    let path = path.or_else(|| old?.path.clone()).unwrap_or_else(|| "/".to_owned());
    let matcher = matcher.or_else(|| old?.matcher.clone()).unwrap_or_else(|| usual.to_owned());
    Ok(Check {
        protocol,
        port,
        interval,
        timeout,
        healthy,
        unhealthy,
        path: Some(path),
        matcher: Some(matcher),
    })
}

fn render(scene: &Scene<'_>, group: &Record<TargetGroup>) -> Xml {
    let check = &group.check;
    let port = check.port.map_or_else(|| "traffic-port".to_owned(), |it| it.to_string());
    let users = scene.elb.users_of_group(&group.id);
    let xml = Xml::new()
        .text("TargetGroupArn", &group.id)
        .text("TargetGroupName", &group.name)
        .text("Protocol", group.protocol.name())
        .text("Port", group.port)
        .text("VpcId", &group.vpc)
        .text("HealthCheckProtocol", check.protocol.name())
        .text("HealthCheckPort", port)
        .text("HealthCheckEnabled", true)
        .text("HealthCheckIntervalSeconds", check.interval)
        .text("HealthCheckTimeoutSeconds", check.timeout)
        .text("HealthyThresholdCount", check.healthy)
        .text("UnhealthyThresholdCount", check.unhealthy)
        .maybe("HealthCheckPath", check.path.as_ref());
    let xml = match &check.matcher {
        Some(code) => xml.nest("Matcher", Xml::new().text("HttpCode", code)),
        None => xml,
    };
    xml.named_texts("LoadBalancerArns", "member", users)
        .text("TargetType", "instance")
        .maybe("ProtocolVersion", group.protocol.is_web().then_some("HTTP1"))
        .text("IpAddressType", "ipv4")
}

impl Elb {
    /// The load balancers that send something to a target group.
    pub(super) fn users_of_group(&self, group: &str) -> Vec<String> {
        let listeners = self.listeners.all().filter(|it| it.targets().any(|it| it == group));
        let mut all: Vec<_> = listeners.map(|it| it.balancer.clone()).collect();
        let rules = self.rules.all().filter(|it| it.targets().any(|it| it == group));
        let of = rules.filter_map(|it| self.listeners.get(&it.listener));
        all.extend(of.map(|it| it.balancer.clone()));
        all.sort();
        all.dedup();
        all
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = call.need("Name")?;
    load_balancer::name("Target group", &name)?;
    call.lacks(&["TargetControlPort"])?;
    match call.among("TargetType", &["instance", "ip", "lambda", "alb"])?.as_deref() {
        None | Some("instance") => {}
        Some(other) => return Err(Fault::unsupported(format!("targets of type {other}"))),
    }
    match call.among("IpAddressType", &["ipv4", "ipv6"])?.as_deref() {
        None | Some("ipv4") => {}
        Some(_) => return Err(Fault::unsupported("IPv6 in target groups")),
    }
    let protocol = Protocol::read(call, "Protocol")?;
    let protocol = protocol.ok_or_else(|| invalid("A protocol must be specified"))?;
    let port = call.between("Port", 1, 65_535)?;
    let port = port.ok_or_else(|| invalid("A port must be specified"))?;
    let vpc = call.text("VpcId").filter(|it| !it.is_empty());
    let vpc = vpc.ok_or_else(|| invalid("A VPC ID must be specified"))?;
    match call.among("ProtocolVersion", &["HTTP1", "HTTP2", "GRPC"])?.as_deref() {
        None => {}
        Some("HTTP1") if protocol.is_web() => {}
        Some(_) if !protocol.is_web() => {
            return Err(impossible("A protocol version cannot be specified for TCP target groups"));
        }
        Some(other) => return Err(Fault::unsupported(format!("target groups of {other}"))),
    }
    let family = if protocol.is_web() { Family::Application } else { Family::Network };
    let check = read_check(call, family, None)?;
    let tags = tags::given(call)?;
    if !call.neighbours.ec2.has_vpc(&vpc, call.dependent()) {
        return Err(invalid(format!("The VPC ID '{vpc}' is not found")));
    }
    if let Some(there) = call.elb.target_groups.all().find(|it| it.name == name) {
        let same = there.protocol == protocol
            && there.port == port
            && there.vpc == vpc
            && there.check == check;
        if !same {
            return Err(Fault::client(
                "DuplicateTargetGroupName",
                format!(
                    "A target group with the same name '{name}' exists, but with different settings"
                ),
            ));
        }
        return Ok(Xml::new().members("TargetGroups", "member", [render(call, there)]));
    }
    let most = call.settings.quotas.target_groups;
    if call.elb.target_groups.all().count() >= most as usize {
        return Err(Fault::client(
            "TooManyTargetGroups",
            format!("The maximum number of target groups has been reached: {most}"),
        ));
    }
    let id = call.id();
    let arn = call.arn(&format!("targetgroup/{name}/{id}"));
    let attributes = attributes::of_group(family);
    let body = TargetGroup { name, protocol, port, vpc, check, attributes };
    let record = Record { id: arn, tags, body };
    let shown = render(call, &record);
    let (stamp, now) = (call.stamp, call.now);
    call.elb.target_groups.add(stamp, Some(now), record);
    Ok(Xml::new().members("TargetGroups", "member", [shown]))
}

fn describe(call: &mut Call<'_>) -> Answer {
    let arns = call.list("TargetGroupArns").unwrap_or_default();
    let names = call.list("Names").unwrap_or_default();
    let balancer = call.text("LoadBalancerArn");
    let ways = [!arns.is_empty(), !names.is_empty(), balancer.is_some()];
    if ways.into_iter().filter(|it| *it).count() > 1 {
        return Err(invalid(
            "Target group ARNs, target group names and a load balancer ARN cannot be specified at \
             the same time",
        ));
    }
    if arns.len() > 20 || names.len() > 20 {
        return Err(invalid("At most 20 target groups can be specified"));
    }
    arns.iter().try_for_each(|it| check::<TargetGroup>(it))?;
    let unknown =
        |_: &String| Fault::client(TargetGroup::NOT_FOUND, "One or more target groups not found");
    let shelf = &call.elb.target_groups;
    let mut all = Vec::new();
    if let Some(balancer) = balancer {
        let it = call.see::<LoadBalancer>(&balancer)?;
        let seen = shelf.all_seen(call.in_lists());
        all.extend(seen.filter(|group| call.elb.users_of_group(&group.id).contains(&it.id)));
    } else if arns.is_empty() && names.is_empty() {
        all.extend(shelf.all_seen(call.in_lists()));
    }
    for arn in &arns {
        all.push(shelf.seen(arn, call.by_id()).ok_or_else(|| unknown(arn))?);
    }
    for name in &names {
        let mut seen = shelf.all_seen(call.by_id());
        all.push(seen.find(|it| it.name == *name).ok_or_else(|| unknown(name))?);
    }
    let rows = all.into_iter().map(|it| (it.id.clone(), render(call, it))).collect();
    call.page("TargetGroups", rows)
}

fn modify(call: &mut Call<'_>) -> Answer {
    let group = call.find::<TargetGroup>(&call.need("TargetGroupArn")?)?;
    let check = read_check(call, group.family(), Some(&group.check))?;
    let stamp = call.stamp;
    let changed = call.elb.target_groups.change(stamp, &group.id, |it| {
        it.check = check;
        it.clone()
    });
    let changed = changed.ok_or_else(|| TargetGroup::unknown(&group.id))?;
    Ok(Xml::new().members("TargetGroups", "member", [render(call, &changed)]))
}

/// The reference names no error for what is not there.
fn delete(call: &mut Call<'_>) -> Answer {
    let arn = call.text("TargetGroupArn").ok_or_else(|| missing("TargetGroupArn"))?;
    check::<TargetGroup>(&arn)?;
    if call.elb.target_groups.get(&arn).is_none() {
        return match call.settings.disputed("delete-target-group-not-there", 2) {
            0 => Ok(Xml::new()),
            _ => Err(TargetGroup::unknown(&arn)),
        };
    }
    if !call.elb.users_of_group(&arn).is_empty() {
        return Err(Fault::client(
            "ResourceInUse",
            format!("Target group '{arn}' is currently in use by a listener or a rule"),
        ));
    }
    let stamp = call.stamp;
    call.elb.target_groups.remove(stamp, &arn);
    call.elb.targets.remove(&arn);
    Ok(Xml::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_codes_and_ranges_of_codes() {
        for good in ["200", "200,202", "200-299", "200-299,404"] {
            assert!(check_matcher(Family::Application, good).is_ok(), "{good}");
        }
        for wrong in ["", "ok", "199", "299-200", "200-500", "200,"] {
            assert!(check_matcher(Family::Application, wrong).is_err(), "{wrong}");
        }
        assert!(check_matcher(Family::Network, "200-599").is_ok());
    }
}
