//! From the spec to the graph: one file per chapter, pure.

mod access;
mod alarms;
mod backup;
mod bastion;
mod dashboard;
mod database;
mod deletion;
mod devops_guru;
mod dns;
mod encryption;
mod endpoints;
mod flow_logs;
mod gui;
mod logs;
mod monitoring;
mod network;
mod nodes;
mod peers;
mod roles;
mod secrets;
mod unbuilt;

use std::collections::BTreeMap;

use clctl_spec::{DomainName, Key as DeclaredKey, KeyPair, NodeSpec, UrlSource};

pub use self::{
    alarms::{ALL as ALARMS, About as AboutAlarm},
    database::beginning,
    deletion::deletions,
    secrets::{AskedSecret, Holds, asked_secrets},
    unbuilt::{LeftOut, NotBuilt, check, left_out, status},
};

use crate::{
    aws::{
        AskedCertificate, Aws, Environment, Lookups, Questions, Tags,
        kms::Key,
        logs::LogGroup,
        rds::{Cluster, Instance},
        secrets::Secret,
    },
    bootstrap,
    engine::{Address, After, DeclaredTwice, Graph, Resource as _},
};

/// Why a spec is not laid out.
#[derive(Debug, thiserror::Error)]
pub enum NotDeclared {
    /// It asks for something that cannot be left out.
    #[error(transparent)]
    NotBuilt(#[from] NotBuilt),
    /// The instances cannot be told what it asks for.
    #[error(transparent)]
    NotRendered(#[from] bootstrap::Error),
    /// Two nodes have one name: a defect of ours.
    #[error(transparent)]
    DeclaredTwice(#[from] DeclaredTwice),
}

/// Declares everything that the spec asks for.
///
/// # Errors
/// If it asks for something that cannot be left out or that instances cannot be told, or of a defect of ours.
pub fn declare(
    environment: &Environment,
    lookups: &Lookups,
    spec: &NodeSpec,
) -> Result<Graph<Aws>, NotDeclared> {
    check(spec)?;
    let mut graph = Graph::default();
    let label = Label::new(environment, spec);
    let network = network::declare(&mut graph, &label, spec, lookups)?;
    let access = access::declare(&mut graph, &label, spec, &network)?;
    let endpoints = endpoints::declare(&mut graph, &label, &spec.network.vpc, &network)?;
    let addresses = bastion::addresses(&mut graph, &label, spec)?;
    let roles = roles::declare(&mut graph, &label, spec, &addresses)?;
    let key = encryption::declare(&mut graph, &label, spec, lookups, &roles)?;
    let secrets = secrets::declare(&mut graph, &label, spec, &key)?;
    let logs = logs::declare(&mut graph, &label, spec, &key)?;
    flow_logs::declare(&mut graph, &label, spec, &network.vpc, &key)?;
    let password = database::password(spec).and_then(|name| secrets.get(&name));
    let base = database::Base { network: &network, access: &access, key: &key, password, lookups };
    let database = database::declare(&mut graph, &label, spec, &base)?;
    let vault = backup::declare(&mut graph, &label, spec, &key, &database.arn)?;
    let base = gui::Base {
        network: &network,
        group: &access.balancer,
        rules: &access.balancer_rules,
        lookups,
    };
    let mut target_groups = gui::declare(&mut graph, &label, spec, &base)?;
    let peers = match &access.peers {
        Some(guard) => Some(peers::declare(&mut graph, &label, spec, &network, guard)?),
        None => None,
    };
    target_groups.extend(peers.iter().map(|peers| peers.target_group.clone()));
    let key_name = nodes::key_name(spec, lookups, access.key_pair.as_ref());
    let secrets_there: Vec<_> = secrets.values().cloned().collect();
    let ways = network.private_way.clone().and(endpoints);
    let base = nodes::Base {
        network: &network,
        group: &access.nodes,
        profile: &roles.nodes_profile,
        key_name: key_name.clone(),
        key: &key,
        secrets: &secrets,
        lookups,
        database: &database,
        target_groups: &target_groups,
        addresses: peers.as_ref().map(|it| it.addresses.as_slice()).unwrap_or_default(),
        needs: database
            .there
            .clone()
            .and(ways)
            .and(After::nodes(&secrets_there))
            .and(After::nodes(&access.rules))
            .and(After::node(&logs.nodes)),
    };
    let nodes = nodes::declare(&mut graph, &label, spec, base)?;
    let watched = monitoring::Base {
        network: &network,
        key: &key,
        log_group: &logs.nodes,
        database: &database,
        vault: vault.as_ref(),
        group: &nodes.group,
        instances: &nodes.instances,
        peers: peers.as_ref(),
    };
    monitoring::declare(&mut graph, &label, spec, &watched)?;
    if let (Some(declared), Some(profile), Some(log)) =
        (&spec.access.bastion, &roles.bastion_profile, &logs.bastion)
    {
        let base = bastion::Base {
            network: &network,
            addresses: &addresses,
            group: &access.bastion,
            profile,
            key_name,
            key: &key,
            lookups,
            needs: After::node(log)
                .and(After::nodes(&access.rules))
                .and(network.public_way.clone()),
        };
        bastion::declare(&mut graph, &label, spec, declared, base)?;
    }
    let (kept, stays) = (deletion::retention(&spec.policies.deletion), database::stays(spec));
    graph.retain(move |address| stays(address).or_else(|| kept(address)));
    Ok(graph)
}

/// Declares nothing: what is there goes, but for what the spec says to keep.
pub fn nothing(spec: &NodeSpec) -> Graph<Aws> {
    nothing_but(spec, None)
}

/// The same, but for the key of the environment, if there is a reason to keep it beside those of the spec.
pub fn nothing_but(spec: &NodeSpec, encrypted: Option<String>) -> Graph<Aws> {
    let mut graph = Graph::default();
    let (kept, runs_on) =
        (deletion::retention(&spec.policies.deletion), deletion::runs_on(&spec.policies.deletion));
    let opens =
        move |address: &Address| encrypted.clone().filter(|_| address.kind == Key::ABOUT.name);
    graph.retain(move |address| {
        kept(address).or_else(|| runs_on(address)).or_else(|| opens(address))
    });
    graph
}

/// By which name the instances find an object, if they do: one that has another name cannot stand for it.
pub fn known_as(environment: &Environment, spec: &NodeSpec, address: &Address) -> Option<String> {
    let name = address.name.as_str();
    match address.kind {
        kind if kind == Secret::ABOUT.name => Some(environment.path(name)),
        kind if kind == LogGroup::ABOUT.name && [logs::NODES, logs::BASTION].contains(&name) => {
            Some(environment.path(name))
        }
        kind if [Instance::ABOUT.name, Cluster::ABOUT.name].contains(&kind) => {
            Some(database::identifier(environment, spec))
        }
        _ => None,
    }
}

/// What has to be looked up before the spec is laid out.
pub fn questions(spec: &NodeSpec) -> Questions<'_> {
    Questions {
        secrets: existing_secrets(spec),
        key_pair: match &spec.access.key_pair {
            Some(KeyPair::Name(name)) => Some(name.as_str()),
            Some(KeyPair::PublicKey(_)) | None => None,
        },
        key: match &spec.encryption.key {
            DeclaredKey::Existing(arn) => Some(arn.as_str()),
            DeclaredKey::Create(_) => None,
        },
        hosted_zone: dns::asked(spec),
        certificate: spec.gui.load_balancer.as_ref().map(|balancer| AskedCertificate {
            arn: balancer.certificate_arn.as_str(),
            domain: spec.gui.domain_name.as_ref().map(DomainName::as_str),
        }),
        network: network::asked(spec),
    }
}

/// The secrets of the user's own that the spec names, each once.
pub fn existing_secrets(spec: &NodeSpec) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for existing in secrets::existing(spec) {
        if !all.contains(&existing.id.as_str()) {
            all.push(existing.id.as_str());
        }
    }
    all
}

/// Where each URL of an RPC endpoint comes from, and how it begins.
fn urls(spec: &NodeSpec) -> impl Iterator<Item = (&UrlSource, &'static [&'static str])> {
    const HTTP: &[&str] = &["https://", "http://"];
    const SOCKET: &[&str] = &["wss://", "ws://"];

    let endpoints = spec.nodes.chains.iter().flat_map(|chain| chain.rpc.iter());
    endpoints.flat_map(|endpoint| {
        let socket = endpoint.web_socket_url.iter().map(|url| (&url.source, SOCKET));
        std::iter::once((&endpoint.http_url.source, HTTP)).chain(socket)
    })
}

/// What every object of an environment is tagged with.
struct Label<'a> {
    environment: &'a Environment,
    user: BTreeMap<String, String>,
}

impl<'a> Label<'a> {
    fn new(environment: &'a Environment, spec: &NodeSpec) -> Self {
        let user =
            spec.aws.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Self { environment, user }
    }

    fn tags(&self, kind: &'static str, name: &str) -> Tags {
        Tags::declared(self.environment, kind, name, &self.user)
    }
}
