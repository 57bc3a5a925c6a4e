//! What the scripts know: one JSON file that they read with jq. No value is ever a part of a script.

use clctl_spec::{
    Engine, ExistingSecret, LogLevel, NodeSpec, Partition, Password, SecretKey, SecretName,
    UrlSource,
};
use serde::Serialize;

use super::{Error, NodeInputs, namespace, node_toml};

/// What the scripts on a node know.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings<'a> {
    environment: &'a str,
    uid: &'a str,
    /// Where its metrics go.
    namespace: String,
    image: String,
    log_group: &'a str,
    /// Whether a standby says in its log that it waits.
    silent: bool,
    /// Ports that others reach the node at.
    ports: Vec<u16>,
    admin_email: &'a str,
    database: Database<'a>,
    certificates: Certificates,
    /// The names or ARNs of all secrets, each once: others refer to them by their place.
    secrets: Vec<String>,
    passwords: Passwords<'a>,
    endpoints: Vec<Endpoint<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Database<'a> {
    /// Whether it is an instance or a cluster, as operations of RDS are called.
    kind: &'static str,
    identifier: &'a str,
    port: u16,
    name: &'a str,
    user: &'a str,
}

#[derive(Debug, Serialize)]
struct Certificates {
    url: &'static str,
    /// In the name of each certificate that those of databases here are issued by.
    issuer: String,
}

#[derive(Debug, Serialize)]
struct Passwords<'a> {
    keystore: Source<'a>,
    admin: Source<'a>,
    database: Source<'a>,
}

/// A URL of an RPC endpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    chain_id: String,
    name: String,
    #[serde(rename = "HTTPURL")]
    http: Source<'a>,
    #[serde(rename = "WSURL", skip_serializing_if = "Option::is_none")]
    socket: Option<Source<'a>>,
}

/// Where a text comes from.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Source<'a> {
    /// A secret, by its place, and a field of it.
    Secret {
        secret: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<&'a str>,
    },
    /// None: everybody may know it.
    Public { public: &'a str },
}

/// Gathers secrets, each once.
struct Gathered<'a> {
    path: &'a str,
    secrets: Vec<String>,
}

impl<'a> Gathered<'a> {
    fn place(&mut self, id: String) -> usize {
        self.secrets.iter().position(|it| *it == id).unwrap_or_else(|| {
            self.secrets.push(id);
            self.secrets.len() - 1
        })
    }

    fn ours(&mut self, name: &str) -> Source<'a> {
        let id = format!("{}{name}", self.path);
        Source::Secret { secret: self.place(id), key: None }
    }

    fn theirs(&mut self, existing: &'a ExistingSecret) -> Source<'a> {
        let secret = self.place(existing.id.to_string());
        Source::Secret { secret, key: existing.key.as_ref().map(SecretKey::as_str) }
    }

    fn password(&mut self, password: &'a Password, generated: &str) -> Source<'a> {
        match password {
            Password::Generate(_) => self.ours(generated),
            Password::Secret(name) => self.ours(name.as_str()),
            Password::Existing(existing) => self.theirs(existing),
        }
    }

    fn url(&mut self, source: &'a UrlSource) -> Source<'a> {
        match source {
            UrlSource::Secret(name) => self.ours(name.as_str()),
            UrlSource::Existing(existing) => self.theirs(existing),
            UrlSource::Public(url) => Source::Public { public: &url.value },
        }
    }
}

impl<'a> Settings<'a> {
    pub(super) fn of(inputs: &NodeInputs<'a>) -> Result<Self, Error> {
        let NodeInputs { environment, spec, .. } = *inputs;
        let mut gathered = Gathered { path: inputs.secrets_path, secrets: Vec::new() };
        let passwords = Passwords {
            keystore: gathered.password(&spec.secrets.keystore_password, SecretName::KEYSTORE),
            admin: gathered.password(&spec.secrets.admin_password, SecretName::ADMIN),
            database: gathered.password(&spec.secrets.database_password, SecretName::DATABASE),
        };
        let endpoints = spec.nodes.chains.iter();
        let endpoints = endpoints.flat_map(|chain| chain.rpc.iter().map(move |it| (chain, it)));
        let endpoints = endpoints.map(|(chain, endpoint)| Endpoint {
            chain_id: chain.chain.id().to_string(),
            name: node_toml::endpoint_name(chain, endpoint.name.as_str()),
            http: gathered.url(&endpoint.http_url.source),
            socket: endpoint.web_socket_url.as_ref().map(|url| gathered.url(&url.source)),
        });
        let endpoints = endpoints.collect();
        Ok(Self {
            environment,
            uid: inputs.uid,
            namespace: namespace(environment),
            image: image(spec),
            log_group: inputs.log_group,
            silent: matches!(spec.nodes.log_level, LogLevel::Warn | LogLevel::Error),
            ports: ports(spec),
            admin_email: spec.nodes.admin_email.as_str(),
            database: Database {
                kind: match &spec.database.engine {
                    Engine::Rds(_) => "instance",
                    Engine::Aurora(_) => "cluster",
                },
                identifier: inputs.database,
                port: spec.database.port.port(),
                name: spec.database.database_name.as_str(),
                user: spec.database.master_username.as_str(),
            },
            certificates: certificates(spec)?,
            secrets: gathered.secrets,
            passwords,
            endpoints,
        })
    }

    pub(super) fn to_json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }
}

/// What runs is exactly this, whatever its tag comes to mean.
fn image(spec: &NodeSpec) -> String {
    let chainlink = &spec.nodes.chainlink;
    format!("{}@{}", chainlink.repository, chainlink.digest)
}

fn ports(spec: &NodeSpec) -> Vec<u16> {
    let peers = &spec.nodes.peer_to_peer;
    let peers = peers.enabled.then(|| peers.port.port());
    std::iter::once(node_toml::PORT).chain(peers).collect()
}

/// What a database shows is issued by authorities of AWS's own, one set for each partition.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>,
/// <https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
fn certificates(spec: &NodeSpec) -> Result<Certificates, Error> {
    let region = &spec.aws.region;
    let url = match region.partition() {
        Partition::Aws => "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
        Partition::China => {
            "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem"
        }
        Partition::GovCloud => {
            "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem"
        }
        other @ (Partition::EuropeanSovereign
        | Partition::Iso
        | Partition::IsoB
        | Partition::IsoE
        | Partition::IsoF) => return Err(Error::NoCertificates(other.to_string())),
    };
    Ok(Certificates { url, issuer: format!("Amazon RDS {region} ") })
}
