//! From the spec to the graph: one file per chapter, pure.

mod access;
mod deletion;
mod encryption;
mod endpoints;
mod flow_logs;
mod logs;
mod network;
mod roles;
mod secrets;
mod unbuilt;

use std::collections::BTreeMap;

use clctl_spec::{NodeSpec, SecretId, UrlSource, Vpc};

pub use self::{
    deletion::windows,
    secrets::{AskedSecret, Holds, asked_secrets},
    unbuilt::{LeftOut, NotBuilt, check, left_out, status},
};

use crate::{
    aws::{Aws, Environment, Tags},
    engine::{DeclaredTwice, Graph},
};

/// Why a spec is not laid out.
#[derive(Debug, thiserror::Error)]
pub enum NotDeclared {
    /// It asks for something that cannot be left out.
    #[error(transparent)]
    NotBuilt(#[from] NotBuilt),
    /// Two nodes have one name: a defect of ours.
    #[error(transparent)]
    DeclaredTwice(#[from] DeclaredTwice),
}

/// Declares everything that the spec asks for.
///
/// # Errors
/// If it asks for something that cannot be left out, or of a defect of ours.
pub fn declare(environment: &Environment, spec: &NodeSpec) -> Result<Graph<Aws>, NotDeclared> {
    check(spec)?;
    let mut graph = Graph::default();
    let label = Label::new(environment, spec);
    let network = network::declare(&mut graph, &label, spec)?;
    access::declare(&mut graph, &label, spec, &network)?;
    if let Vpc::Create(vpc) = &spec.network.vpc {
        endpoints::declare(&mut graph, &label, vpc, &network)?;
    }
    let roles = roles::declare(&mut graph, &label, spec)?;
    let key = encryption::declare(&mut graph, &label, spec, &roles)?;
    secrets::declare(&mut graph, &label, spec, &key)?;
    logs::declare(&mut graph, &label, spec, &key)?;
    flow_logs::declare(&mut graph, &label, spec, &network.vpc, &key)?;
    graph.retain(deletion::retention(&spec.policies.deletion));
    Ok(graph)
}

/// Declares nothing: what is there goes, but for what the spec says to keep.
pub fn nothing(spec: &NodeSpec) -> Graph<Aws> {
    let mut graph = Graph::default();
    graph.retain(deletion::retention(&spec.policies.deletion));
    graph
}

/// The secrets of the user's own that the spec names, each once.
pub fn existing_secrets(spec: &NodeSpec) -> Vec<&SecretId> {
    let mut all: Vec<&SecretId> = Vec::new();
    for existing in roles::existing(spec) {
        if !all.contains(&&existing.id) {
            all.push(&existing.id);
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
    boundary: String,
    user: BTreeMap<String, String>,
}

impl<'a> Label<'a> {
    fn new(environment: &'a Environment, spec: &NodeSpec) -> Self {
        let user =
            spec.aws.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Self { environment, boundary: spec.aws.dev_ops_guru_tag_key.to_string(), user }
    }

    fn tags(&self, kind: &'static str, name: &str) -> Tags {
        Tags::declared(self.environment, kind, name, &self.boundary, &self.user)
    }
}
