//! What of an environment is used: its nodes and what they say of themselves, its endpoints, and the names that
//! scripts ask for.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    aws::{
        Aws,
        autoscaling::AutoScalingGroup,
        ec2::{Eip, Subnet, Vpc},
        elb::{Listener, LoadBalancer},
        fleet::{Duty, Instances, InstancesOutputs, Life, Role},
        image::version,
        kms::Key,
        logs::LogGroup,
        rds::{Cluster, Instance},
        secrets::Secret,
    },
    engine::{Found, Owner, Plan, Resource},
};

use super::{shell::single_quoted, view::EnvironmentView};

/// A running node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    /// What AWS calls its instance.
    pub id: String,
    /// Where it stands.
    pub zone: Option<String>,
    /// At which address others in the VPC reach it.
    pub address: Option<String>,
    /// What it certainly is: `active`, `standby`, `starting` or `failing`; nothing if its word is old or it has
    /// not said any.
    pub role: Option<&'static str>,
    /// Since when it is that, by its own account.
    pub since: Option<Timestamp>,
    /// What it says, or what becomes of it, in words.
    pub says: String,
    /// The version of Chainlink that it was launched with.
    pub version: Option<String>,
    /// The version of the launch template that it was launched from.
    pub template: Option<String>,
}

/// Where an environment is reached.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointsView {
    /// The GUI of the node, from outside; nothing without a load balancer: `clctl tunnel gui` needs none.
    pub gui: Option<String>,
    /// Where other nodes reach the active one, each an address and a port: those of its own, and none that the file
    /// announces.
    pub peers: Vec<String>,
    /// The addresses of the bastions.
    pub bastions: Vec<String>,
    /// Where the database listens, within the VPC: host and port.
    pub database: Option<String>,
}

/// The objects of a kind that are there, by the names of their nodes.
fn all<R: Resource>(plan: &Plan<Aws>) -> Vec<(&str, &Found<R>)> {
    let declared = plan.nodes.iter().filter_map(|planned| planned.seen.as_deref());
    let others = plan.removals.iter().map(|removal| removal.seen.as_ref());
    let kept = plan.kept.iter().map(|kept| kept.seen.as_ref());
    let found = declared.chain(others).chain(kept).filter_map(|seen| {
        let found = seen.as_any().downcast_ref::<Found<R>>()?;
        match seen.owner() {
            Owner::Us { name, .. } if !found.phase.is_out() => Some((name.as_str(), found)),
            Owner::Us { .. } | Owner::Other => None,
        }
    });
    let mut all: Vec<(&str, &Found<R>)> = Vec::new();
    for (name, found) in found {
        if !all.iter().any(|(_, it)| it.id == found.id) {
            all.push((name, found));
        }
    }
    all.sort_by_key(|(name, _)| *name);
    all
}

/// The one of that name.
fn one<'a, R: Resource>(plan: &'a Plan<Aws>, name: &str) -> Option<&'a Found<R>> {
    all(plan).into_iter().find(|(of, _)| *of == name).map(|(_, found)| found)
}

/// The nodes that run: who is active first, then who waits.
pub fn nodes(plan: &Plan<Aws>) -> Vec<NodeView> {
    let found = all::<Instances>(plan);
    let of = |(_, found): &(&str, &Found<Instances>)| found.outputs.members.duty == Duty::Lease;
    let mut nodes: Vec<NodeView> =
        found.iter().filter(|it| of(it)).flat_map(|(_, found)| running(&found.outputs)).collect();
    let rank = |node: &NodeView| match node.role {
        Some("active") => 0,
        Some("standby") => 1,
        Some(_) => 2,
        None => 3,
    };
    nodes.sort_by(|a, b| (rank(a), &a.id).cmp(&(rank(b), &b.id)));
    nodes
}

/// The instances of a group as they are.
pub(super) fn running(of: &InstancesOutputs) -> impl Iterator<Item = NodeView> {
    let now = of.members.now;
    of.members.all.iter().map(move |member| {
        let role =
            member.word.certain(now).filter(|_| matches!(member.life, Life::Running | Life::Aside));
        let image = of.images.get(&member.id).map(String::as_str);
        NodeView {
            id: member.id.clone(),
            zone: member.zone.clone(),
            address: member.address.clone(),
            role: role.map(Role::as_str),
            since: member.word.since.filter(|_| role.is_some()),
            says: match member.life {
                Life::Coming => "is being launched".to_owned(),
                Life::Leaving => "is being terminated".to_owned(),
                Life::Running => member.word.told(now),
                Life::Aside => format!("{}, put on standby by somebody", member.word.told(now)),
            },
            version: image.map(|image| version(image).to_owned()),
            template: member.version.as_ref().map(|version| version.version.clone()),
        }
    })
}

/// Host and port of the database, once it listens.
fn database(plan: &Plan<Aws>) -> Option<(String, i32)> {
    let instance = all::<Instance>(plan)
        .into_iter()
        .find_map(|(_, it)| it.outputs.address.clone().map(|address| (address, it.outputs.port)));
    instance.or_else(|| {
        all::<Cluster>(plan).into_iter().find_map(|(_, it)| {
            it.outputs.address.clone().map(|address| (address, it.outputs.port))
        })
    })
}

/// What the addresses of bastions are called.
const BASTION: &str = "bastion";

/// What the addresses for other nodes are called, and what listens there.
const PEERS: &str = "peers";

/// The public addresses with such names.
fn addresses(plan: &Plan<Aws>, called: &str) -> Vec<String> {
    let addresses = all::<Eip>(plan).into_iter();
    let of = addresses.filter(|(name, _)| name.starts_with(called));
    of.map(|(_, eip)| eip.outputs.public_ip.clone()).collect()
}

fn bastions(plan: &Plan<Aws>) -> Vec<String> {
    addresses(plan, BASTION)
}

/// Where other nodes come in, once something listens there.
fn peers(plan: &Plan<Aws>) -> Vec<String> {
    let Some(listener) = one::<Listener>(plan, PEERS) else { return Vec::new() };
    let port = listener.config.port;
    addresses(plan, PEERS).into_iter().map(|address| format!("{address}:{port}")).collect()
}

/// The name that AWS has given to the load balancer: a record of the user's own leads to it.
fn load_balancer(plan: &Plan<Aws>) -> Option<String> {
    all::<LoadBalancer>(plan).first().map(|(_, it)| it.outputs.dns_name.clone())
}

/// The address of the GUI: by the name it was given, or by that of the load balancer, for which no certificate is.
fn gui(plan: &Plan<Aws>, named: Option<String>) -> Option<String> {
    named.or_else(|| load_balancer(plan).map(|name| format!("https://{name}")))
}

/// Where an environment is reached; `named` is the address of the GUI by a name of its own, if it has one.
pub fn endpoints(plan: &Plan<Aws>, named: Option<String>) -> EndpointsView {
    let gui = gui(plan, named);
    let database = database(plan).map(|(host, port)| format!("{host}:{port}"));
    EndpointsView { gui, peers: peers(plan), bastions: bastions(plan), database }
}

/// What of the spec is among the outputs.
#[derive(Clone, Debug)]
pub struct Given {
    /// The name of the database on its server.
    pub database_name: String,
    /// The secret of the environment's own that holds its password, by the name the spec has for it.
    pub password: Option<String>,
    /// What that secret is called in AWS if it is not seen, or is the user's own.
    pub secret: String,
    /// The address of the GUI by a name of its own, if it has one.
    pub gui: Option<String>,
}

/// What `get outputs -o json` prints of an environment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputsView {
    /// The version of this form: `1`.
    pub format_version: &'static str,
    /// The environment.
    pub environment: EnvironmentView,
    /// Whether this is the built-in simulator rather than AWS.
    pub sandbox: bool,
    /// When AWS was read, in UTC.
    pub read_at: Timestamp,
    /// The outputs. Each name is always there; what there is none of is null, or an empty list.
    pub outputs: Map<String, Value>,
    /// The same in the order they are shown in, with the names that a shell has for them.
    #[serde(skip)]
    rows: Vec<(&'static str, Value)>,
}

/// What the variables begin with that a shell is given.
const PREFIX: &str = "CLCTL_";

impl OutputsView {
    /// Gathers what scripts ask for. Never a value of a secret: its name.
    pub fn of(
        plan: &Plan<Aws>,
        environment: EnvironmentView,
        sandbox: bool,
        given: &Given,
    ) -> Self {
        let nodes = nodes(plan);
        let with = |role: &str| {
            let of = nodes.iter().filter(|node| node.role == Some(role));
            of.map(|node| node.id.clone()).collect::<Vec<String>>()
        };
        let subnets = |of: &str| {
            let all = all::<Subnet>(plan).into_iter().filter(|(name, _)| name.starts_with(of));
            all.map(|(_, subnet)| subnet.id.to_string()).collect::<Vec<String>>()
        };
        let address = database(plan);
        let arn = all::<Instance>(plan).first().map(|(_, it)| it.outputs.arn.to_string());
        let arn =
            arn.or_else(|| all::<Cluster>(plan).first().map(|(_, it)| it.outputs.arn.to_string()));
        let secret = given.password.as_deref().and_then(|name| one::<Secret>(plan, name));
        let secret =
            secret.map_or_else(|| given.secret.clone(), |secret| secret.outputs.name.clone());
        let group = one::<AutoScalingGroup>(plan, crate::aws::fleet::NODES);
        let logs = all::<LogGroup>(plan).into_iter();
        let key = all::<Key>(plan).first().map(|(_, key)| key.outputs.arn.to_string());
        // Who says that it is active last is: the one before it may not have seen yet that it is not.
        let active = nodes.iter().filter(|node| node.role == Some("active"));
        let active = active.max_by_key(|node| node.since).map(|node| node.id.clone());
        let rows: Vec<(&'static str, Value)> = vec![
            ("ENVIRONMENT", environment.name.clone().into()),
            ("UID", environment.uid.clone().into()),
            ("ACCOUNT", environment.account.clone().into()),
            ("REGION", environment.region.clone().into()),
            ("VPC_ID", all::<Vpc>(plan).first().map(|(_, vpc)| vpc.id.to_string()).into()),
            ("PUBLIC_SUBNET_IDS", subnets("public").into()),
            ("PRIVATE_SUBNET_IDS", subnets("private").into()),
            ("NODES_GROUP", group.map(|group| group.outputs.name.clone()).into()),
            ("ACTIVE_INSTANCE_ID", active.into()),
            ("STANDBY_INSTANCE_IDS", with("standby").into()),
            ("GUI_URL", gui(plan, given.gui.clone()).into()),
            ("LOAD_BALANCER_DNS_NAME", load_balancer(plan).into()),
            ("PEER_ADDRESSES", peers(plan).into()),
            ("BASTION_ADDRESSES", bastions(plan).into()),
            ("DATABASE_ARN", arn.into()),
            ("DATABASE_HOST", address.as_ref().map(|(host, _)| host.clone()).into()),
            ("DATABASE_PORT", address.as_ref().map(|(_, port)| *port).into()),
            ("DATABASE_NAME", given.database_name.clone().into()),
            ("DATABASE_SECRET", secret.into()),
            ("LOG_GROUPS", logs.map(|(_, it)| it.outputs.name.clone()).collect::<Vec<_>>().into()),
            ("KEY_ARN", key.into()),
        ];
        Self {
            format_version: "1",
            environment,
            sandbox,
            read_at: plan.time,
            outputs: rows.iter().map(|(name, value)| (camel(name), value.clone())).collect(),
            rows,
        }
    }

    /// As variables for a POSIX shell: one a line, lists with spaces between, what there is none of empty.
    pub fn variables(&self) -> String {
        let lines = self
            .rows
            .iter()
            .map(|(name, value)| format!("{PREFIX}{name}={}\n", single_quoted(&words(value, " "))));
        lines.collect()
    }

    /// The rows of the table, the head first.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let said = |value: &Value| match words(value, ", ") {
            none if none.is_empty() => "<none>".to_owned(),
            said => said,
        };
        let head = ["NAME", "VALUE"].map(ToOwned::to_owned).to_vec();
        let rows = self.rows.iter().map(|(name, value)| vec![camel(name), said(value)]);
        std::iter::once(head).chain(rows).collect()
    }
}

fn words(value: &Value, between: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            all.iter().map(|one| words(one, between)).collect::<Vec<_>>().join(between)
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// `VPC_ID` as JSON has it: `vpcId`.
fn camel(name: &str) -> String {
    let parts = name.split('_').enumerate().map(|(at, part)| {
        let lower = part.to_ascii_lowercase();
        let mut letters = lower.chars();
        match letters.next() {
            Some(first) if at > 0 => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
            _ => lower,
        }
    });
    parts.collect()
}

/// How long something has been there, in the two greatest units: `3d 4h`.
pub fn age(of: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(of).as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, ..) => format!("{hours}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        assert_eq!(camel("VPC_ID"), "vpcId");
        assert_eq!(camel("PRIVATE_SUBNET_IDS"), "privateSubnetIds");
        assert_eq!(camel("REGION"), "region");
    }

    #[test]
    fn an_age_is_told_as_coarsely_as_it_is_long() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        for (of, told) in [
            ("2026-11-29T11:59:18Z", "42s"),
            ("2026-11-29T11:15:00Z", "45m"),
            ("2026-11-29T08:55:00Z", "3h05m"),
            ("2026-11-25T06:00:00Z", "4d06h"),
            ("2026-11-29T12:00:01Z", "0s"),
        ] {
            assert_eq!(age(of.parse().unwrap(), now), told);
        }
    }

    #[test]
    fn what_a_shell_is_given_stays_as_it_is() {
        let value = serde_json::json!(["a b", "it's"]);
        assert_eq!(single_quoted(&words(&value, " ")), r"'a b it'\''s'");
        assert_eq!(words(&Value::Null, " "), "");
        assert_eq!(words(&5432.into(), " "), "5432");
    }
}
