//! What a listener or a rule does with a request: forward it, send it elsewhere, answer it.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html>. Authentication and the
//! validation of tokens are not modelled.

use serde::{Deserialize, Serialize};

use super::{
    call::{Call, Named as _, among, between, check, impossible, invalid, missing},
    load_balancer::{Family, LoadBalancer},
    scene::Scene,
    target_group::TargetGroup,
};
use crate::{
    fault::Fault,
    shelf::Record,
    wire::{query::Reader, xml::Xml},
};

const MOST_GROUPS: usize = 5;

/// An action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Action {
    order: Option<u32>,
    deed: Deed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Deed {
    /// To these target groups, each with its weight.
    Forward {
        groups: Vec<(String, u32)>,
        /// For how many seconds a client stays with a group.
        sticks: Option<u32>,
    },
    Redirect {
        protocol: String,
        port: String,
        host: String,
        path: String,
        query: String,
        code: String,
    },
    Answer {
        code: String,
        kind: Option<String>,
        body: Option<String>,
    },
}

impl Action {
    /// The target groups that it sends something to.
    pub(super) fn targets(&self) -> impl Iterator<Item = &String> {
        let groups = match &self.deed {
            Deed::Forward { groups, .. } => groups.as_slice(),
            Deed::Redirect { .. } | Deed::Answer { .. } => &[],
        };
        groups.iter().map(|it| &it.0)
    }
}

/// Reads the actions that a request gives, if it does: for one load balancer.
pub(super) fn read(
    call: &Call<'_>,
    parameter: &str,
    balancer: &Record<LoadBalancer>,
) -> Result<Option<Vec<Action>>, Fault> {
    let given = call.params.structs(&format!("{parameter}.member"));
    if given.is_empty() {
        return if call.text(parameter).is_some() { Err(missing(parameter)) } else { Ok(None) };
    }
    if given.len() > 1 {
        // All others come after an authentication.
        return Err(Fault::client(
            "InvalidLoadBalancerAction",
            "Exactly one action of type forward, redirect or fixed-response is required, and it \
             must be the last action",
        ));
    }
    let all: Result<Vec<_>, Fault> = given.iter().map(|it| one(call, it, balancer)).collect();
    all.map(Some)
}

fn one(
    call: &Call<'_>,
    given: &Reader<'_>,
    balancer: &Record<LoadBalancer>,
) -> Result<Action, Fault> {
    const KINDS: &[&str] = &[
        "forward",
        "authenticate-oidc",
        "authenticate-cognito",
        "redirect",
        "fixed-response",
        "jwt-validation",
    ];
    let order = between(given, "Order", 1, 50_000)?;
    let kind = among(given, "Type", KINDS)?.ok_or_else(|| missing("Type"))?;
    if balancer.family == Family::Network && kind != "forward" {
        return Err(Fault::client(
            "InvalidLoadBalancerAction",
            format!("The action type '{kind}' is not valid for network load balancers"),
        ));
    }
    let deed = match kind.as_str() {
        "forward" => forward(call, given, balancer)?,
        "redirect" => redirect(given)?,
        "fixed-response" => answer(given)?,
        other => return Err(Fault::unsupported(format!("the action {other}"))),
    };
    Ok(Action { order, deed })
}

fn forward(
    call: &Call<'_>,
    given: &Reader<'_>,
    balancer: &Record<LoadBalancer>,
) -> Result<Deed, Fault> {
    let single = given.text("TargetGroupArn").filter(|it| !it.is_empty());
    let config = given.below("ForwardConfig");
    let mut groups = Vec::new();
    for group in config.structs("TargetGroups.member") {
        let arn = group.text("TargetGroupArn").unwrap_or_default();
        groups.push((arn, between(&group, "Weight", 0, 999)?.unwrap_or(1)));
    }
    let stickiness = config.below("TargetGroupStickinessConfig");
    let enabled = stickiness.flag("Enabled").map_err(|it| invalid(it.message))?;
    let seconds = between(&stickiness, "DurationSeconds", 1, 604_800)?;
    let sticks = match (enabled.unwrap_or_default(), seconds) {
        (false, _) => None,
        (true, Some(seconds)) => Some(seconds),
        (true, None) => {
            return Err(invalid("Target group stickiness duration must be specified"));
        }
    };
    match (single, groups.as_slice()) {
        (Some(arn), []) => groups.push((arn, 1)),
        (None, []) => return Err(invalid("A target group ARN must be specified")),
        (Some(arn), [(only, _)]) if arn == *only => {}
        (Some(_), _) => {
            return Err(invalid(
                "You cannot specify a target group ARN and other target groups at the same time",
            ));
        }
        (None, _) => {}
    }
    if balancer.family == Family::Network && groups.len() > 1 {
        return Err(Fault::unsupported("weighted target groups of network load balancers"));
    }
    if groups.len() > MOST_GROUPS {
        return Err(Fault::client(
            "TooManyTargetGroups",
            format!("An action can have at most {MOST_GROUPS} target groups"),
        ));
    }
    for (arn, _) in &groups {
        fits(call, arn, balancer)?;
    }
    Ok(Deed::Forward { groups, sticks })
}

/// Refuses a target group that a load balancer cannot send anything to.
fn fits(call: &Call<'_>, arn: &str, balancer: &Record<LoadBalancer>) -> Result<(), Fault> {
    check::<TargetGroup>(arn)?;
    let shelf = &call.elb.target_groups;
    let known = call.dependent().is_none_or(|it| shelf.seen(arn, it).is_some());
    let group = shelf.get(arn).filter(|_| known);
    let group = group.ok_or_else(|| TargetGroup::unknown(arn))?;
    if group.family() != balancer.family {
        return Err(Fault::client(
            "IncompatibleProtocols",
            format!(
                "The protocol of the target group '{arn}' is not supported by load balancers with \
                 type '{}'",
                balancer.family.name()
            ),
        ));
    }
    if group.vpc != balancer.vpc {
        return Err(impossible(format!(
            "The target group '{arn}' is in the VPC '{}', the load balancer is in '{}'",
            group.vpc, balancer.vpc
        )));
    }
    if call.elb.users_of_group(arn).iter().any(|it| *it != balancer.id) {
        return Err(Fault::client(
            "TargetGroupAssociationLimit",
            format!(
                "The following target groups cannot be associated with more than one load balancer: \
                 {arn}"
            ),
        ));
    }
    Ok(())
}

/// What is not said stays as it was asked for, and something has to change.
fn redirect(given: &Reader<'_>) -> Result<Deed, Fault> {
    let config = given.below("RedirectConfig");
    let code = among(&config, "StatusCode", &["HTTP_301", "HTTP_302"])?;
    let code = code.ok_or_else(|| missing("RedirectConfig.StatusCode"))?;
    let part = |name: &str, usual: &str| config.text(name).unwrap_or_else(|| usual.to_owned());
    let protocol = among(&config, "Protocol", &["HTTP", "HTTPS", "#{protocol}"])?;
    let protocol = protocol.unwrap_or_else(|| "#{protocol}".to_owned());
    let port = part("Port", "#{port}");
    let number = port.parse::<u32>().is_ok_and(|it| (1..=65_535).contains(&it));
    if !number && port != "#{port}" {
        return Err(invalid(format!("Port '{port}' must be '1-65535' or '#{{port}}'")));
    }
    let (host, path) = (part("Host", "#{host}"), part("Path", "/#{path}"));
    if !path.starts_with('/') {
        return Err(invalid(format!("Path '{path}' must begin with '/'")));
    }
    let loops =
        protocol == "#{protocol}" && port == "#{port}" && host == "#{host}" && path == "/#{path}";
    if loops {
        return Err(Fault::client(
            "InvalidLoadBalancerAction",
            "The redirect configuration is not valid because it creates a loop.",
        ));
    }
    Ok(Deed::Redirect { protocol, port, host, path, query: part("Query", "#{query}"), code })
}

fn answer(given: &Reader<'_>) -> Result<Deed, Fault> {
    const KINDS: &[&str] =
        &["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
    let config = given.below("FixedResponseConfig");
    let code = config.text("StatusCode");
    let code = code.ok_or_else(|| missing("FixedResponseConfig.StatusCode"))?;
    let digits = code.len() == 3 && code.chars().all(|it| it.is_ascii_digit());
    if !digits || !code.starts_with(['2', '4', '5']) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{code}' at 'statusCode' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: ^(2|4|5)\\d\\d$"
        )));
    }
    let body = config.text("MessageBody");
    if body.as_ref().is_some_and(|it| it.chars().count() > 1_024) {
        return Err(invalid("The message body can have at most 1024 characters"));
    }
    let kind = among(&config, "ContentType", KINDS)?;
    Ok(Deed::Answer { code, kind, body })
}

pub(super) fn render(scene: &Scene<'_>, parameter: &str, family: Family, all: &[Action]) -> Xml {
    let shown = all.iter().map(|it| {
        // The order of an action that is alone was seen where nobody had given it, too.
        let told = scene.settings.disputed("order-of-lone-action", 2) == 1;
        let order = it.order.or(told.then_some(1));
        let xml = match &it.deed {
            Deed::Forward { groups, sticks } => forwarded(family, groups, *sticks),
            Deed::Redirect { protocol, port, host, path, query, code } => {
                let config = Xml::new()
                    .text("Protocol", protocol)
                    .text("Port", port)
                    .text("Host", host)
                    .text("Path", path)
                    .text("Query", query)
                    .text("StatusCode", code);
                Xml::new().text("Type", "redirect").nest("RedirectConfig", config)
            }
            Deed::Answer { code, kind, body } => {
                let config = Xml::new()
                    .maybe("MessageBody", body.as_ref())
                    .text("StatusCode", code)
                    .maybe("ContentType", kind.as_ref());
                Xml::new().text("Type", "fixed-response").nest("FixedResponseConfig", config)
            }
        };
        xml.maybe("Order", order)
    });
    Xml::new().members(parameter, "member", shown)
}

/// Who forwards to one group is told it twice:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html>.
fn forwarded(family: Family, groups: &[(String, u32)], sticks: Option<u32>) -> Xml {
    let only = match groups {
        [(only, _)] => Some(only),
        _ => None,
    };
    let weights = groups
        .iter()
        .map(|(arn, weight)| Xml::new().text("TargetGroupArn", arn).text("Weight", weight));
    let stickiness = Xml::new().text("Enabled", sticks.is_some()).maybe("DurationSeconds", sticks);
    let config = Xml::new().members("TargetGroups", "member", weights);
    let config = match family {
        Family::Application => config.nest("TargetGroupStickinessConfig", stickiness),
        Family::Network => config,
    };
    Xml::new().text("Type", "forward").maybe("TargetGroupArn", only).nest("ForwardConfig", config)
}
