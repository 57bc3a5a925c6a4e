//! What somebody else might do to load balancers and what belongs to them.

use super::{
    Elb, attributes,
    listener::{Listener, Protocol},
    load_balancer::{Family, LoadBalancer, State},
    rule::Rule,
    target_group::TargetGroup,
};
use crate::{
    services::Ec2,
    shelf::{Kind as _, Record},
    world::{Drift, Retag},
};

fn drift(says: String, action: &'static str, params: &[(&str, &str)]) -> Drift {
    Drift::form(super::NAME, says, action, params)
}

/// The calls by which somebody puts tags on an object of this kind, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    let kinds = [LoadBalancer::TYPE, TargetGroup::TYPE, Listener::TYPE, Rule::TYPE];
    if !kinds.contains(&kind) {
        return Vec::new();
    }
    let call = |action, params: Vec<(String, &str)>| {
        let params = params.iter().map(|(name, value)| (name.as_str(), *value));
        let named = std::iter::once(("ResourceArns.member.1", id));
        let params: Vec<_> = named.chain(params).collect();
        drift(format!("{id} has other tags"), action, &params)
    };
    let put = (1..).zip(change.put).flat_map(|(n, (key, value))| {
        let (name, text) = (format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value"));
        [(name, key.as_str()), (text, value.as_str())]
    });
    let gone = (1..).zip(change.gone).map(|(n, key)| (format!("TagKeys.member.{n}"), key.as_str()));
    let mut all = Vec::new();
    all.extend((!change.put.is_empty()).then(|| call("AddTags", put.collect())));
    all.extend((!change.gone.is_empty()).then(|| call("RemoveTags", gone.collect())));
    all
}

/// The calls by which somebody takes from an object of this kind what protects it from its end.
pub(crate) fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
    if kind != LoadBalancer::TYPE {
        return Vec::new();
    }
    let says = format!("{id} is not protected from deletion any more");
    vec![attribute("LoadBalancer", id, says, (attributes::PROTECTION, "false"))]
}

/// Sets an attribute of something.
fn attribute(noun: &str, arn: &str, says: String, (key, value): (&str, &str)) -> Drift {
    let (parameter, action) = match noun {
        "LoadBalancer" => ("LoadBalancerArn", "ModifyLoadBalancerAttributes"),
        "Listener" => ("ListenerArn", "ModifyListenerAttributes"),
        _ => ("TargetGroupArn", "ModifyTargetGroupAttributes"),
    };
    let (key, value) = (("Attributes.member.1.Key", key), ("Attributes.member.1.Value", value));
    drift(says, action, &[(parameter, arn), key, value])
}

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(elb: &Elb, key: &str) -> Vec<Drift> {
    let mut all = Vec::new();
    for shelf in elb.shelves() {
        for (arn, _) in shelf.ids() {
            let tags = shelf.tags(&arn).filter(|it| it.contains_key(key)).unwrap_or_default();
            for (name, value) in tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
                all.extend(of_tag(&arn, name, value));
            }
        }
    }
    let balancers = elb.load_balancers.all().filter(|it| it.tags.contains_key(key));
    all.extend(balancers.flat_map(of_balancer));
    let groups = elb.target_groups.all().filter(|it| it.tags.contains_key(key));
    all.extend(groups.flat_map(|it| of_group(elb, it)));
    let listeners = elb.listeners.all().filter(|it| it.tags.contains_key(key));
    all.extend(listeners.flat_map(of_listener));
    let rules = elb.rules.all().filter(|it| it.tags.contains_key(key));
    all.extend(rules.flat_map(of_rule));
    all
}

fn of_tag(arn: &str, name: &str, value: &str) -> [Drift; 2] {
    let named = ("ResourceArns.member.1", arn);
    let other = format!("{value}-changed");
    [
        drift(
            format!("the tag {name} of {arn} is gone"),
            "RemoveTags",
            &[named, ("TagKeys.member.1", name)],
        ),
        drift(
            format!("the tag {name} of {arn} is '{other}' now"),
            "AddTags",
            &[named, ("Tags.member.1.Key", name), ("Tags.member.1.Value", &other)],
        ),
    ]
}

fn of_balancer(it: &Record<LoadBalancer>) -> Vec<Drift> {
    let arn = it.id.as_str();
    let has = |key: &str, value: &str| it.attributes.get(key).is_some_and(|it| it == value);
    let mut all = Vec::new();
    let mut set = |key: &str, value: &str| {
        let says = format!("{key} of {arn} is {value} now");
        all.push(attribute("LoadBalancer", arn, says, (key, value)));
    };
    let not = |key: &str| if has(key, "true") { "false" } else { "true" };
    set(attributes::PROTECTION, not(attributes::PROTECTION));
    match it.family {
        Family::Application => {
            let idle = "idle_timeout.timeout_seconds";
            set(idle, if has(idle, "90") { "120" } else { "90" });
            let invalid = "routing.http.drop_invalid_header_fields.enabled";
            set(invalid, not(invalid));
            let second = "routing.http2.enabled";
            set(second, not(second));
            let mode = "routing.http.desync_mitigation_mode";
            set(mode, if has(mode, "monitor") { "defensive" } else { "monitor" });
        }
        Family::Network => {
            let cross = "load_balancing.cross_zone.enabled";
            set(cross, not(cross));
            let routing = "dns_record.client_routing_policy";
            let any = "any_availability_zone";
            set(routing, if has(routing, any) { "availability_zone_affinity" } else { any });
        }
    }
    let says = format!("{arn} is deleted");
    all.push(drift(says, "DeleteLoadBalancer", &[("LoadBalancerArn", arn)]));
    all
}

fn of_group(elb: &Elb, it: &Record<TargetGroup>) -> Vec<Drift> {
    let arn = it.id.as_str();
    let named = ("TargetGroupArn", arn);
    let mut all = Vec::new();
    for (key, value, instead) in
        [(attributes::DELAY, "77", "88"), ("stickiness.enabled", "true", "false")]
    {
        let has = it.attributes.get(key).is_some_and(|it| it == value);
        let value = if has { instead } else { value };
        let says = format!("{key} of {arn} is {value} now");
        all.push(attribute("TargetGroup", arn, says, (key, value)));
    }
    if it.family() == Family::Network {
        let seen = "preserve_client_ip.enabled";
        let has = it.attributes.get(seen).is_some_and(|it| it == "true");
        let value = if has { "false" } else { "true" };
        let says = format!("{seen} of {arn} is {value} now");
        all.push(attribute("TargetGroup", arn, says, (seen, value)));
    }
    let other = |now: u32, value: u32| if now == value { value + 1 } else { value }.to_string();
    let mut checks = vec![
        ("HealthCheckIntervalSeconds", other(it.check.interval, 45)),
        ("HealthyThresholdCount", other(it.check.healthy, 7)),
        ("UnhealthyThresholdCount", other(it.check.unhealthy, 8)),
        ("HealthCheckPort", other(it.check.port.unwrap_or_default(), 8_080)),
    ];
    if it.check.matcher.is_some() {
        checks.push(("HealthCheckPath", "/by-hand".to_owned()));
        checks.push(("Matcher.HttpCode", "200-404".to_owned()));
    }
    for (name, value) in checks {
        let says = format!("{name} of {arn} is {value} now");
        all.push(drift(says, "ModifyTargetGroup", &[named, (name, &value)]));
    }
    for target in elb.targets.get(arn).into_iter().flatten().filter(|it| it.drains.is_none()) {
        let says = format!("{} is deregistered from {arn}", target.instance);
        let id = ("Targets.member.1.Id", target.instance.as_str());
        all.push(drift(says, "DeregisterTargets", &[named, id]));
    }
    all.push(drift(format!("{arn} is deleted"), "DeleteTargetGroup", &[named]));
    all
}

fn of_listener(it: &Record<Listener>) -> Vec<Drift> {
    let arn = it.id.as_str();
    let named = ("ListenerArn", arn);
    let port = if it.port == 8_443 { "9443" } else { "8443" };
    let says = format!("{arn} listens on port {port} now");
    let mut all = vec![drift(says, "ModifyListener", &[named, ("Port", port)])];
    if it.protocol != Protocol::Tcp {
        let says = format!("{arn} answers by itself now");
        all.push(drift(
            says,
            "ModifyListener",
            &[
                named,
                ("DefaultActions.member.1.Type", "fixed-response"),
                ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "503"),
            ],
        ));
    }
    if it.protocol == Protocol::Tcp {
        let idle = "tcp.idle_timeout.seconds";
        let said = it.attributes.get(idle).is_some_and(|it| it == "600");
        let value = if said { "700" } else { "600" };
        let says = format!("{idle} of {arn} is {value} now");
        all.push(attribute("Listener", arn, says, (idle, value)));
    }
    if it.protocol != Protocol::Tcp {
        let server = "routing.http.response.server.enabled";
        let said = it.attributes.get(server).is_some_and(|it| it == "false");
        let value = if said { "true" } else { "false" };
        let says = format!("{server} of {arn} is {value} now");
        all.push(attribute("Listener", arn, says, (server, value)));
    }
    if let Some(secure) = &it.secure {
        let says = format!("{arn} speaks HTTP now");
        all.push(drift(says, "ModifyListener", &[named, ("Protocol", "HTTP")]));
        let old = "ELBSecurityPolicy-2016-08";
        let policy = if secure.policy == old { "ELBSecurityPolicy-TLS13-1-3-2021-06" } else { old };
        let says = format!("the security policy of {arn} is {policy} now");
        all.push(drift(says, "ModifyListener", &[named, ("SslPolicy", policy)]));
        for other in &secure.others {
            let says = format!("{arn} does not show {other} any more");
            let gone = ("Certificates.member.1.CertificateArn", other.as_str());
            all.push(drift(says, "RemoveListenerCertificates", &[named, gone]));
            let says = format!("{arn} shows {other} to everybody now");
            all.push(drift(says, "ModifyListener", &[named, gone]));
        }
    }
    all.push(drift(format!("{arn} is deleted"), "DeleteListener", &[named]));
    all
}

fn of_rule(it: &Record<Rule>) -> Vec<Drift> {
    let arn = it.id.as_str();
    let named = ("RuleArn", arn);
    let priority = if it.priority == 777 { "778" } else { "777" };
    vec![
        drift(
            format!("{arn} holds for other paths now"),
            "ModifyRule",
            &[
                named,
                ("Conditions.member.1.Field", "path-pattern"),
                ("Conditions.member.1.Values.member.1", "/by-hand"),
            ],
        ),
        drift(
            format!("{arn} answers otherwise now"),
            "ModifyRule",
            &[
                named,
                ("Actions.member.1.Type", "fixed-response"),
                ("Actions.member.1.FixedResponseConfig.StatusCode", "418"),
            ],
        ),
        drift(
            format!("the priority of {arn} is {priority} now"),
            "SetRulePriorities",
            &[
                ("RulePriorities.member.1.RuleArn", arn),
                ("RulePriorities.member.1.Priority", priority),
            ],
        ),
        drift(format!("{arn} is deleted"), "DeleteRule", &[named]),
    ]
}

/// A network load balancer leaves its last zone.
fn leaves(it: &Record<LoadBalancer>) -> Option<Drift> {
    let [first, .., last] = it.places.as_slice() else { return None };
    let (subnet, address) =
        ("SubnetMappings.member.1.SubnetId", "SubnetMappings.member.1.AllocationId");
    let mut params = vec![("LoadBalancerArn", it.id.as_str()), (subnet, first.subnet.as_str())];
    params.extend(first.address.iter().map(|it| (address, it.0.as_str())));
    Some(drift(format!("{} is not in {} any more", it.id, last.zone), "SetSubnets", &params))
}

impl Elb {
    /// Changes that somebody might make to where load balancers are that carry the tag `key`.
    pub(crate) fn moves(&self, ec2: &Ec2, key: &str) -> Vec<Drift> {
        let owned = self.load_balancers.all().filter(|it| it.tags.contains_key(key));
        let mut all = Vec::new();
        for it in owned.filter(|it| it.state == State::Active) {
            let arn = it.id.as_str();
            let named = ("LoadBalancerArn", arn);
            let default = ec2.default_group(&it.vpc);
            let default = default.filter(|group| it.groups != std::slice::from_ref(group));
            if let Some(group) = default.filter(|_| !it.groups.is_empty()) {
                let says = format!("{arn} has only the security group {group} now");
                let only = ("SecurityGroups.member.1", group.as_str());
                all.push(drift(says, "SetSecurityGroups", &[named, only]));
            }
            if it.family == Family::Network {
                all.extend(leaves(it));
                continue;
            }
            let here = ec2.subnets_of(&it.vpc);
            let mut moved: Vec<_> = it.places.iter().map(|it| it.subnet.clone()).collect();
            let mut changed = false;
            for (subnet, place) in moved.iter_mut().zip(&it.places) {
                let other = here.iter().find(|it| it.1 == place.zone && it.0 != place.subnet);
                if let Some((other, _)) = other {
                    subnet.clone_from(other);
                    changed = true;
                    break;
                }
            }
            if changed {
                let places: Vec<_> =
                    (1..=moved.len()).map(|n| format!("Subnets.member.{n}")).collect();
                let mut params = vec![named];
                params.extend(places.iter().zip(&moved).map(|it| (it.0.as_str(), it.1.as_str())));
                all.push(drift(format!("{arn} is in other subnets now"), "SetSubnets", &params));
            }
        }
        all
    }
}
