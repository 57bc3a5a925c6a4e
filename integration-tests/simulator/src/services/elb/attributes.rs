//! Attributes of load balancers, target groups and listeners: what there is, what it is at first, what it may be.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html>

use std::collections::BTreeMap;

use super::{
    Answer, Operation,
    call::{Call, impossible, invalid, missing},
    listener::{Listener, Protocol as ListenerProtocol},
    load_balancer::{Family, LoadBalancer},
    target_group::TargetGroup,
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("DescribeListenerAttributes", false, describe_listener),
    ("DescribeLoadBalancerAttributes", false, describe_balancer),
    ("DescribeTargetGroupAttributes", false, describe_group),
    ("ModifyListenerAttributes", true, modify_listener),
    ("ModifyLoadBalancerAttributes", true, modify_balancer),
    ("ModifyTargetGroupAttributes", true, modify_group),
];

/// What protects a load balancer from its end.
pub(super) const PROTECTION: &str = "deletion_protection.enabled";
/// How long a target drains, in seconds.
pub(super) const DELAY: &str = "deregistration_delay.timeout_seconds";

/// What the value of an attribute may be.
#[derive(Clone, Copy)]
enum Rule {
    Flag,
    Range(u32, u32),
    /// Zero, or within a range.
    ZeroOr(u32, u32),
    /// A word, or a number within a range.
    WordOr(&'static str, u32, u32),
    Words(&'static [&'static str]),
    /// Whatever it is.
    Text,
    /// What would need a service that is not modelled, unless it is this.
    Only(&'static str),
}

type Table = &'static [(&'static str, &'static str, Rule)];

const OF_ALL: Table = &[
    (PROTECTION, "false", Rule::Flag),
    ("access_logs.s3.enabled", "false", Rule::Only("false")),
    ("access_logs.s3.bucket", "", Rule::Text),
    ("access_logs.s3.prefix", "", Rule::Text),
    ("ipv6.deny_all_igw_traffic", "false", Rule::Flag),
    ("zonal_shift.config.enabled", "false", Rule::Flag),
];

const OF_APPLICATION: Table = &[
    ("load_balancing.cross_zone.enabled", "true", Rule::Words(&["true"])),
    ("client_keep_alive.seconds", "3600", Rule::Range(60, 604_800)),
    ("connection_logs.s3.enabled", "false", Rule::Only("false")),
    ("connection_logs.s3.bucket", "", Rule::Text),
    ("connection_logs.s3.prefix", "", Rule::Text),
    ("idle_timeout.timeout_seconds", "60", Rule::Range(1, 4_000)),
    (
        "routing.http.desync_mitigation_mode",
        "defensive",
        Rule::Words(&["monitor", "defensive", "strictest"]),
    ),
    ("routing.http.drop_invalid_header_fields.enabled", "false", Rule::Flag),
    ("routing.http.preserve_host_header.enabled", "false", Rule::Flag),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", Rule::Flag),
    ("routing.http.xff_client_port.enabled", "false", Rule::Flag),
    (
        "routing.http.xff_header_processing.mode",
        "append",
        Rule::Words(&["append", "preserve", "remove"]),
    ),
    ("routing.http2.enabled", "true", Rule::Flag),
    ("waf.fail_open.enabled", "false", Rule::Flag),
];

/// Those that are not shown before they are set: the model has room for twenty, and there are twenty others.
const LATER: Table = &[
    ("health_check_logs.s3.enabled", "false", Rule::Only("false")),
    ("health_check_logs.s3.bucket", "", Rule::Text),
    ("health_check_logs.s3.prefix", "", Rule::Text),
    ("routing.http.x_amzn_tls_kx.enabled", "false", Rule::Flag),
];

const OF_NETWORK: Table = &[
    ("load_balancing.cross_zone.enabled", "false", Rule::Flag),
    (
        "dns_record.client_routing_policy",
        "any_availability_zone",
        Rule::Words(&[
            "any_availability_zone",
            "availability_zone_affinity",
            "partial_availability_zone_affinity",
        ]),
    ),
    ("secondary_ips.auto_assigned.per_subnet", "0", Rule::Only("0")),
];

const OF_GROUPS: Table = &[
    (DELAY, "300", Rule::Range(0, 3_600)),
    ("stickiness.enabled", "false", Rule::Flag),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        Rule::Words(&["true", "false", "use_load_balancer_configuration"]),
    ),
    (
        "target_group_health.dns_failover.minimum_healthy_targets.count",
        "1",
        Rule::WordOr("off", 1, 1_000),
    ),
    (
        "target_group_health.dns_failover.minimum_healthy_targets.percentage",
        "off",
        Rule::WordOr("off", 1, 100),
    ),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        "1",
        Rule::Range(1, 1_000),
    ),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        "off",
        Rule::WordOr("off", 1, 100),
    ),
];

const OF_HTTP_GROUPS: Table = &[
    ("stickiness.type", "lb_cookie", Rule::Words(&["lb_cookie", "app_cookie"])),
    (
        "load_balancing.algorithm.type",
        "round_robin",
        Rule::Words(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    ("load_balancing.algorithm.anomaly_mitigation", "off", Rule::Words(&["on", "off"])),
    ("slow_start.duration_seconds", "0", Rule::ZeroOr(30, 900)),
    ("stickiness.app_cookie.cookie_name", "", Rule::Text),
    ("stickiness.app_cookie.duration_seconds", "86400", Rule::Range(1, 604_800)),
    ("stickiness.lb_cookie.duration_seconds", "86400", Rule::Range(1, 604_800)),
];

const OF_TCP_GROUPS: Table = &[
    ("stickiness.type", "source_ip", Rule::Words(&["source_ip"])),
    ("deregistration_delay.connection_termination.enabled", "false", Rule::Flag),
    ("preserve_client_ip.enabled", "true", Rule::Flag),
    ("proxy_protocol_v2.enabled", "false", Rule::Flag),
    ("target_health_state.unhealthy.connection_termination.enabled", "true", Rule::Flag),
    ("target_health_state.unhealthy.draining_interval_seconds", "0", Rule::Range(0, 360_000)),
];

/// Names of headers that a listener can change, and headers that it can set: none at first.
const OF_HTTP_LISTENERS: Table = &[
    ("routing.http.response.server.enabled", "true", Rule::Flag),
    ("routing.http.response.strict_transport_security.header_value", "", Rule::Text),
    ("routing.http.response.access_control_allow_origin.header_value", "", Rule::Text),
    ("routing.http.response.access_control_allow_methods.header_value", "", Rule::Text),
    ("routing.http.response.access_control_allow_headers.header_value", "", Rule::Text),
    ("routing.http.response.access_control_allow_credentials.header_value", "", Rule::Text),
    ("routing.http.response.access_control_expose_headers.header_value", "", Rule::Text),
    ("routing.http.response.access_control_max_age.header_value", "", Rule::Text),
    ("routing.http.response.content_security_policy.header_value", "", Rule::Text),
    ("routing.http.response.x_content_type_options.header_value", "", Rule::Text),
    ("routing.http.response.x_frame_options.header_value", "", Rule::Text),
];

const OF_HTTPS_LISTENERS: Table = &[
    ("routing.http.request.x_amzn_tls_version.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_tls_cipher_suite.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_subject.header_name", "", Rule::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_validity.header_name", "", Rule::Text),
];

const OF_TCP_LISTENERS: Table = &[("tcp.idle_timeout.seconds", "350", Rule::Range(60, 6_000))];

fn balancer_tables(family: Family) -> [Table; 3] {
    match family {
        Family::Application => [OF_ALL, OF_APPLICATION, LATER],
        Family::Network => [OF_ALL, OF_NETWORK, &[]],
    }
}

fn group_tables(family: Family) -> [Table; 2] {
    match family {
        Family::Application => [OF_GROUPS, OF_HTTP_GROUPS],
        Family::Network => [OF_GROUPS, OF_TCP_GROUPS],
    }
}

fn listener_tables(protocol: ListenerProtocol) -> [Table; 2] {
    match protocol {
        ListenerProtocol::Http => [OF_HTTP_LISTENERS, &[]],
        ListenerProtocol::Https => [OF_HTTP_LISTENERS, OF_HTTPS_LISTENERS],
        ListenerProtocol::Tcp => [OF_TCP_LISTENERS, &[]],
    }
}

type Values = BTreeMap<String, String>;

fn defaults(tables: &[Table]) -> Values {
    let all = tables.iter().copied().flatten();
    all.map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The attributes of a new load balancer.
pub(super) fn of_balancer(family: Family, internal: bool) -> Values {
    let [shared, own, _] = balancer_tables(family);
    let mut all = defaults(&[shared, own]);
    all.insert("ipv6.deny_all_igw_traffic".to_owned(), internal.to_string());
    all
}

/// The attributes of a new target group.
pub(super) fn of_group(family: Family) -> Values {
    defaults(&group_tables(family))
}

/// The attributes of a new listener.
pub(super) fn of_listener(protocol: ListenerProtocol) -> Values {
    defaults(&listener_tables(protocol))
}

fn render(values: &Values) -> Xml {
    let one = |it: (&String, &String)| Xml::new().text("Key", it.0).text("Value", it.1);
    Xml::new().members("Attributes", "member", values.iter().map(one))
}

fn fits(rule: Rule, key: &str, value: &str) -> Result<(), Fault> {
    let within =
        |least: u32, most: u32| value.parse::<u32>().is_ok_and(|it| (least..=most).contains(&it));
    let good = match rule {
        Rule::Flag => matches!(value, "true" | "false"),
        Rule::Range(least, most) => within(least, most),
        Rule::ZeroOr(least, most) => value == "0" || within(least, most),
        Rule::WordOr(word, least, most) => value == word || within(least, most),
        Rule::Words(words) => words.contains(&value),
        Rule::Text => true,
        Rule::Only(only) if value == only => true,
        Rule::Only(_) => return Err(Fault::unsupported(format!("'{value}' as {key}"))),
    };
    if good {
        return Ok(());
    }
    let one_of = |words: &[&str]| format!("must be one of {}", words.join(", "));
    let wanted = match rule {
        Rule::Flag => one_of(&["true", "false"]),
        Rule::Range(least, most) | Rule::ZeroOr(least, most) | Rule::WordOr(_, least, most) => {
            format!("must be in the range [{least}-{most}]")
        }
        Rule::Words(words) => one_of(words),
        Rule::Text | Rule::Only(_) => String::new(),
    };
    Err(impossible(format!("Attribute value '{value}' of '{key}' {wanted}")))
}

/// The values that a request gives, each as its table allows it.
fn given(call: &Call<'_>, noun: &str, tables: &[Table]) -> Result<Values, Fault> {
    let all = call.params.structs("Attributes.member");
    if all.is_empty() {
        return Err(missing("Attributes"));
    }
    let mut values = Values::new();
    for attribute in all {
        let key = attribute.text("Key").unwrap_or_default();
        let value = attribute.text("Value").unwrap_or_default();
        let known = tables.iter().copied().flatten().find(|it| it.0 == key);
        let Some((_, _, rule)) = known else {
            return Err(impossible(format!("{noun} attribute key '{key}' is not recognized")));
        };
        fits(*rule, &key, &value)?;
        if values.insert(key.clone(), value).is_some() {
            return Err(invalid(format!("Attribute key '{key}' cannot be specified twice")));
        }
    }
    Ok(values)
}

fn describe_balancer(call: &mut Call<'_>) -> Answer {
    let it = call.see::<LoadBalancer>(&call.need("LoadBalancerArn")?)?;
    Ok(render(&it.attributes))
}

fn describe_group(call: &mut Call<'_>) -> Answer {
    let it = call.see::<TargetGroup>(&call.need("TargetGroupArn")?)?;
    Ok(render(&it.attributes))
}

fn describe_listener(call: &mut Call<'_>) -> Answer {
    let it = call.see::<Listener>(&call.need("ListenerArn")?)?;
    Ok(render(&it.attributes))
}

fn modify_balancer(call: &mut Call<'_>) -> Answer {
    let it = call.find::<LoadBalancer>(&call.need("LoadBalancerArn")?)?;
    let values = given(call, "Load balancer", &balancer_tables(it.family))?;
    let stamp = call.stamp;
    let changed = call.elb.load_balancers.change(stamp, &it.id, |it| {
        it.attributes.extend(values);
        it.attributes.clone()
    });
    Ok(render(&changed.unwrap_or_default()))
}

fn modify_group(call: &mut Call<'_>) -> Answer {
    let it = call.find::<TargetGroup>(&call.need("TargetGroupArn")?)?;
    let values = given(call, "Target group", &group_tables(it.family()))?;
    let mut all = it.attributes.clone();
    all.extend(values);
    let is = |key: &str, value: &str| all.get(key).is_some_and(|it| it == value);
    if is("stickiness.type", "app_cookie") && is("stickiness.app_cookie.cookie_name", "") {
        return Err(impossible("You must specify a cookie name for application-based stickiness"));
    }
    let terminates = "target_health_state.unhealthy.connection_termination.enabled";
    let interval = "target_health_state.unhealthy.draining_interval_seconds";
    if is(terminates, "true") && !is(interval, "0") {
        return Err(impossible(format!("{interval} can be set only when {terminates} is false")));
    }
    if is("load_balancing.algorithm.anomaly_mitigation", "on")
        && !is("load_balancing.algorithm.type", "weighted_random")
    {
        return Err(impossible(
            "load_balancing.algorithm.anomaly_mitigation needs the algorithm weighted_random",
        ));
    }
    let stamp = call.stamp;
    call.elb.target_groups.change(stamp, &it.id, |it| it.attributes.clone_from(&all));
    Ok(render(&all))
}

fn modify_listener(call: &mut Call<'_>) -> Answer {
    let it = call.find::<Listener>(&call.need("ListenerArn")?)?;
    let values = given(call, "Listener", &listener_tables(it.protocol))?;
    let stamp = call.stamp;
    let changed = call.elb.listeners.change(stamp, &it.id, |it| {
        it.attributes.extend(values);
        it.attributes.clone()
    });
    Ok(render(&changed.unwrap_or_default()))
}
