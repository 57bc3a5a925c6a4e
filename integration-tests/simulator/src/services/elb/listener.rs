//! Listeners: on which port a load balancer takes what, and what it does with it.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html> and its sisters. TLS
//! and UDP of network load balancers and mutual authentication are not modelled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Elb, Operation,
    action::{self, Action},
    attributes,
    call::{Call, Named, check, invalid, missing},
    certificate,
    load_balancer::{Family, LoadBalancer},
    scene::{Scene, path_of},
    ssl_policy, tags,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf, Stamp},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateListener", true, create),
    ("DeleteListener", true, delete),
    ("DescribeListeners", false, describe),
    ("ModifyListener", true, modify),
];

const PROTOCOLS: &[&str] =
    &["GENEVE", "HTTP", "HTTPS", "QUIC", "TCP", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"];

/// What a listener takes.
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

    fn read(call: &Call<'_>, family: Family) -> Result<Option<Self>, Fault> {
        let Some(text) = call.among("Protocol", PROTOCOLS)? else { return Ok(None) };
        match (family, text.as_str()) {
            (Family::Application, "HTTP") => Ok(Some(Self::Http)),
            (Family::Application, "HTTPS") => Ok(Some(Self::Https)),
            (Family::Network, "TCP") => Ok(Some(Self::Tcp)),
            (Family::Network, "TLS" | "UDP" | "TCP_UDP" | "QUIC" | "TCP_QUIC") => {
                Err(Fault::unsupported(format!("listeners of {text}")))
            }
            (Family::Application, _) => {
                Err(invalid(format!("Listener protocol '{text}' must be one of 'HTTPS, HTTP'")))
            }
            (Family::Network, _) => Err(invalid(format!(
                "Listener protocol '{text}' must be one of 'UDP, TCP, TCP_UDP, TLS'"
            ))),
        }
    }
}

/// What makes the connections to a listener private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Secure {
    pub(super) policy: String,
    /// The certificate for whoever asks for no name.
    pub(super) certificate: String,
    /// Those for names, beside it.
    pub(super) others: Vec<String>,
}

/// A listener.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) balancer: String,
    pub(super) family: Family,
    pub(super) protocol: Protocol,
    pub(super) port: u32,
    pub(super) secure: Option<Secure>,
    pub(super) actions: Vec<Action>,
    /// The ARN of the rule that stands for its actions.
    pub(super) default_rule: String,
    pub(super) attributes: BTreeMap<String, String>,
}

impl Listener {
    /// The target groups that it sends something to.
    pub(super) fn targets(&self) -> impl Iterator<Item = &String> {
        self.actions.iter().flat_map(Action::targets)
    }

    /// Whether it shows a certificate to anybody.
    pub(super) fn uses_certificate(&self, arn: &str) -> bool {
        self.secure
            .as_ref()
            .is_some_and(|it| it.certificate == arn || it.others.iter().any(|other| other == arn))
    }
}

impl Kind for Listener {
    const TYPE: &'static str = "listener";
    const PREFIX: &'static str = "arn";
    const NOUN: &'static str = "listener";
    const NOT_FOUND: &'static str = "ListenerNotFound";
    const MALFORMED: &'static str = "ValidationError";

    fn path(record: &Record<Self>) -> String {
        path_of(&record.id).to_owned()
    }
}

impl Named for Listener {
    fn shelf(elb: &Elb) -> &Shelf<Self> {
        &elb.listeners
    }
}

fn render(scene: &Scene<'_>, it: &Record<Listener>) -> Xml {
    let certificate = it.secure.as_ref().map(|it| {
        let arn = Xml::new().text("CertificateArn", &it.certificate);
        Xml::new().members("Certificates", "member", [arn]).text("SslPolicy", &it.policy)
    });
    let xml = Xml::new()
        .text("ListenerArn", &it.id)
        .text("LoadBalancerArn", &it.balancer)
        .text("Port", it.port)
        .text("Protocol", it.protocol.name())
        .with(certificate.unwrap_or_default())
        .with(action::render(scene, "DefaultActions", it.family, &it.actions));
    match it.protocol {
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html>
        Protocol::Https => xml.nest("MutualAuthentication", Xml::new().text("Mode", "off")),
        Protocol::Http | Protocol::Tcp => xml,
    }
}

/// What a request says of certificates and policy, for a listener that had `old`.
fn secure(
    call: &Call<'_>,
    protocol: Protocol,
    old: Option<&Secure>,
) -> Result<Option<Secure>, Fault> {
    let policy = call.text("SslPolicy").filter(|it| !it.is_empty());
    let certificates = certificate::given(call)?;
    if protocol != Protocol::Https {
        if policy.is_some() || !certificates.is_empty() {
            return Err(invalid(format!(
                "Certificates and a security policy cannot be specified for {} listeners",
                protocol.name()
            )));
        }
        return Ok(None);
    }
    let certificate = match certificates.as_slice() {
        [] => old.map(|it| it.certificate.clone()),
        [only] => Some(only.clone()),
        _ => {
            return Err(Fault::client(
                "TooManyCertificates",
                "Exactly one certificate must be specified",
            ));
        }
    };
    let certificate = certificate
        .ok_or_else(|| invalid("A certificate must be specified for HTTPS listeners"))?;
    if old.is_none_or(|it| it.certificate != certificate) {
        certificate::usable(call, &certificate)?;
    }
    let policy = match policy {
        Some(policy) => policy,
        None => old.map_or_else(|| ssl_policy::DEFAULT.to_owned(), |it| it.policy.clone()),
    };
    ssl_policy::exists(&policy)?;
    let others = old.map(|it| it.others.clone()).unwrap_or_default();
    Ok(Some(Secure { policy, certificate, others }))
}

fn unmodelled(call: &Call<'_>) -> Result<(), Fault> {
    call.lacks(&["AlpnPolicy"])?;
    if let Some(mutual) = call.params.structure("MutualAuthentication")
        && mutual.text("Mode").is_some_and(|it| it != "off")
    {
        return Err(Fault::unsupported("mutual authentication"));
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Answer {
    let balancer = call.find::<LoadBalancer>(&call.need("LoadBalancerArn")?)?;
    unmodelled(call)?;
    let protocol = Protocol::read(call, balancer.family)?;
    let protocol = protocol.ok_or_else(|| invalid("A listener protocol must be specified"))?;
    let port = call.between("Port", 1, 65_535)?;
    let port = port.ok_or_else(|| invalid("A listener port must be specified"))?;
    let secure = secure(call, protocol, None)?;
    let actions = action::read(call, "DefaultActions", &balancer)?;
    let actions = actions.ok_or_else(|| missing("DefaultActions"))?;
    let tags = tags::given(call)?;
    let taken = |it: &&Record<Listener>| it.balancer == balancer.id && it.port == port;
    if let Some(there) = call.elb.listeners.all().find(taken) {
        let same = there.protocol == protocol && there.actions == actions && there.secure == secure;
        if !same {
            return Err(duplicate(&balancer.id));
        }
        return Ok(Xml::new().members("Listeners", "member", [render(call, there)]));
    }
    let most = call.settings.quotas.listeners_per_load_balancer as usize;
    if call.elb.listeners.all().filter(|it| it.balancer == balancer.id).count() >= most {
        return Err(Fault::client(
            "TooManyListeners",
            format!("The load balancer has the most listeners it may have: {most}"),
        ));
    }
    let within = path_of(&balancer.id).trim_start_matches("loadbalancer/").to_owned();
    let (id, rule) = (call.id(), call.id());
    let body = Listener {
        balancer: balancer.id.clone(),
        family: balancer.family,
        protocol,
        port,
        secure,
        actions,
        default_rule: call.arn(&format!("listener-rule/{within}/{id}/{rule}")),
        attributes: attributes::of_listener(protocol),
    };
    let record = Record { id: call.arn(&format!("listener/{within}/{id}")), tags, body };
    let shown = render(call, &record);
    let (stamp, now) = (call.stamp, call.now);
    call.elb.listeners.add(stamp, Some(now), record);
    Ok(Xml::new().members("Listeners", "member", [shown]))
}

fn duplicate(balancer: &str) -> Fault {
    Fault::client(
        "DuplicateListener",
        format!("A listener already exists on this port for this load balancer '{balancer}'"),
    )
}

fn describe(call: &mut Call<'_>) -> Answer {
    let arns = call.list("ListenerArns").unwrap_or_default();
    let balancer = call.text("LoadBalancerArn");
    if arns.is_empty() == balancer.is_none() {
        return Err(invalid(
            "You must specify either listener ARNs or a load balancer ARN, and not both",
        ));
    }
    arns.iter().try_for_each(|it| check::<Listener>(it))?;
    let shelf = &call.elb.listeners;
    let mut all = Vec::new();
    if let Some(balancer) = balancer {
        let balancer = call.see::<LoadBalancer>(&balancer)?;
        all.extend(shelf.all_seen(call.in_lists()).filter(|it| it.balancer == balancer.id));
    }
    for arn in &arns {
        let seen = shelf.seen(arn, call.by_id());
        let text = "One or more listeners not found";
        all.push(seen.ok_or_else(|| Fault::client(Listener::NOT_FOUND, text))?);
    }
    let rows = all.into_iter().map(|it| (it.id.clone(), render(call, it))).collect();
    call.page("Listeners", rows)
}

/// What is not said stays; without HTTPS there are neither certificate nor policy any more.
fn modify(call: &mut Call<'_>) -> Answer {
    let it = call.find::<Listener>(&call.need("ListenerArn")?)?;
    unmodelled(call)?;
    let balancer = call.elb.load_balancers.get(&it.balancer).cloned();
    let balancer = balancer.ok_or_else(|| LoadBalancer::unknown(&it.balancer))?;
    let protocol = Protocol::read(call, it.family)?.unwrap_or(it.protocol);
    let port = call.between("Port", 1, 65_535)?.unwrap_or(it.port);
    let secure = secure(call, protocol, it.secure.as_ref())?;
    let actions = action::read(call, "DefaultActions", &balancer)?;
    let taken = |other: &Record<Listener>| {
        other.balancer == it.balancer && other.id != it.id && other.port == port
    };
    if call.elb.listeners.all().any(taken) {
        return Err(duplicate(&it.balancer));
    }
    let stamp = call.stamp;
    let changed = call.elb.listeners.change(stamp, &it.id, |it| {
        if it.protocol != protocol {
            let mut attributes = attributes::of_listener(protocol);
            for (key, value) in &mut attributes {
                if let Some(before) = it.attributes.get(key) {
                    value.clone_from(before);
                }
            }
            it.attributes = attributes;
        }
        it.protocol = protocol;
        it.port = port;
        it.secure = secure;
        if let Some(actions) = actions {
            it.actions = actions;
        }
        it.clone()
    });
    let changed = changed.ok_or_else(|| Listener::unknown(&it.id))?;
    Ok(Xml::new().members("Listeners", "member", [render(call, &changed)]))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let arn = call.need("ListenerArn")?;
    check::<Listener>(&arn)?;
    if call.elb.listeners.get(&arn).is_none() {
        return Err(Listener::unknown(&arn));
    }
    let stamp = call.stamp;
    remove(call.elb, stamp, &arn);
    Ok(Xml::new())
}

/// A listener goes, and its rules with it.
pub(super) fn remove(elb: &mut Elb, stamp: Stamp, arn: &str) {
    let rules: Vec<_> =
        elb.rules.all().filter(|it| it.listener == arn).map(|it| it.id.clone()).collect();
    for rule in rules {
        elb.rules.remove(stamp, &rule);
    }
    elb.listeners.remove(stamp, arn);
}
