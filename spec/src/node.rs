//! The node as a whole: a Kubernetes object.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    access::{Access, AccessFields},
    at::{At, Entries, NotBuilt, Optional, Required, Tolerated},
    aws::{Aws, AwsFields},
    log::Log,
    names::{EnvironmentName, ZoneName},
    network::{NatGateways, Network, NetworkFields, settle_zones},
};

/// The `apiVersion` of a node.
pub const API_VERSION: &str = "clctl.dev/v1alpha1";
/// The `kind` of a node.
pub const KIND: &str = "ChainlinkNode";

/// A Chainlink node and everything it runs on: what is wanted, complete, defaults included.
///
/// Serialises to the form of `node.yaml` with every default written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainlinkNode {
    /// What it is called.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: NodeSpec,
}

/// What a node is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The name of the environment.
    pub name: EnvironmentName,
    /// Labels of the object. They select nodes in clctl; AWS gets `spec.aws.tags`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Account, region, tags.
    pub aws: Aws,
    /// The network, with its availability zones.
    pub network: Network,
    /// Who may reach what from outside.
    pub access: Access,
}

/// A Chainlink node and everything it runs on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ChainlinkNode")]
pub(crate) struct NodeFields {
    /// The version of this format.
    #[expect(dead_code, reason = "there is one, and reading it is checking it")]
    api_version: Required<ApiVersion>,
    /// What this is.
    #[expect(dead_code, reason = "there is one, and reading it is checking it")]
    kind: Required<Kind>,
    /// What the node is called.
    pub(crate) metadata: Required<MetadataFields>,
    /// What is wanted.
    pub(crate) spec: Required<SpecFields>,
    /// What is: written by clctl, ignored when read.
    #[expect(dead_code, reason = "never read")]
    #[serde(default)]
    #[schemars(extend("type" = "object"))]
    status: Tolerated,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum ApiVersion {
    #[serde(rename = "clctl.dev/v1alpha1")]
    V1Alpha1,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum Kind {
    ChainlinkNode,
}

/// What the node is called, and what an API server writes beside it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Metadata")]
#[expect(dead_code, reason = "what an API server writes is never read")]
pub(crate) struct MetadataFields {
    /// The name of the environment: a DNS label of at most 20 characters, unique in its account and
    /// region. It is part of the name of everything in it and cannot be changed.
    pub(crate) name: Required<EnvironmentName>,
    /// Labels of the object. They select nodes in clctl; tags in AWS are `spec.aws.tags`.
    #[serde(default)]
    #[schemars(extend("default" = {}))]
    labels: Optional<Entries<String, String>>,
    /// Annotations of the object, ignored.
    #[serde(default)]
    #[schemars(extend("type" = "object"))]
    annotations: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    namespace: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    generate_name: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    uid: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    generation: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    resource_version: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    creation_timestamp: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    deletion_timestamp: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    deletion_grace_period_seconds: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    managed_fields: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    finalizers: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    owner_references: Tolerated,
    /// Set by an API server, ignored.
    #[serde(default)]
    self_link: Tolerated,
}

/// What is wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "NodeSpec")]
#[expect(dead_code, reason = "chapters that are not built yet are taken note of and never read")]
pub(crate) struct SpecFields {
    /// The account and region everything is built in, and the tags it gets.
    pub(crate) aws: Required<AwsFields>,
    /// Two availability zones of the region, for example `[us-east-1a, us-east-1b]`. The second takes
    /// over when the first fails.
    #[schemars(extend("minItems" = 2, "maxItems" = 2))]
    availability_zones: Required<Vec<Required<ZoneName>>>,
    /// The network everything is in.
    #[serde(default)]
    network: Optional<NetworkFields>,
    /// Who may reach what from outside. Nobody, by default.
    #[serde(default)]
    access: Optional<AccessFields>,
    /// The bastion host. Not built yet.
    #[serde(default)]
    bastion: NotBuilt,
    /// The instances the nodes run on. Not built yet.
    #[serde(default)]
    nodes: NotBuilt,
    /// The Chainlink node itself. Not built yet.
    #[serde(default)]
    chainlink: NotBuilt,
    /// The chains and how they are reached. Not built yet.
    #[serde(default)]
    chains: NotBuilt,
    /// The database. Not built yet.
    #[serde(default)]
    database: NotBuilt,
    /// The encryption keys. Not built yet.
    #[serde(default)]
    keys: NotBuilt,
    /// The secrets, by reference: never write one here. Not built yet.
    #[serde(default)]
    secrets: NotBuilt,
    /// The load balancer in front of the GUI. Not built yet.
    #[serde(default)]
    load_balancer: NotBuilt,
    /// The DNS names. Not built yet.
    #[serde(default)]
    dns: NotBuilt,
    /// Logs, metrics and dashboards. Not built yet.
    #[serde(default)]
    observability: NotBuilt,
    /// The alarms. Not built yet.
    #[serde(default)]
    alarms: NotBuilt,
    /// Amazon DevOps Guru. Not built yet.
    #[serde(default)]
    dev_ops_guru: NotBuilt,
    /// The backups. Not built yet.
    #[serde(default)]
    backup: NotBuilt,
    /// What may happen to what, for example what `deletion` keeps. Not built yet.
    #[serde(default)]
    policies: NotBuilt,
    /// When changes that interrupt may be made. Not built yet.
    #[serde(default)]
    maintenance: NotBuilt,
}

impl NodeFields {
    pub(crate) fn settle(self, log: &Log) -> Option<ChainlinkNode> {
        let metadata = self.metadata.0.and_then(|at| at.value.settle());
        let spec = self.spec.0.and_then(|at| at.value.settle(log));
        Some(ChainlinkNode { metadata: metadata?, spec: spec? })
    }
}

impl MetadataFields {
    fn settle(self) -> Option<Metadata> {
        let labels = self.labels.or(|| Entries(Vec::new()))?;
        let labels =
            labels.0.into_iter().filter_map(|(key, value)| Some((key.0?.value, value.0?.value)));
        Some(Metadata { name: self.name.0?.value, labels: labels.collect() })
    }
}

impl SpecFields {
    fn settle(self, log: &Log) -> Option<NodeSpec> {
        let region = self.aws.0.as_ref().and_then(|At { value: aws, .. }| aws.region.0.clone());
        let aws = self.aws.0.and_then(|at| at.value.settle(log));
        let zones = settle_zones(self.availability_zones, region.as_ref(), log);
        let network = self.network.or(NetworkFields::default);
        let network = network.and_then(|network| network.settle(zones, log));
        let access = self.access.or(AccessFields::default);
        let access = access.and_then(|access| access.settle(log));
        Some(NodeSpec { aws: aws?, network: network?, access: access? })
    }
}

impl Serialize for ChainlinkNode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Object<'a> {
            api_version: &'a str,
            kind: &'a str,
            metadata: &'a Metadata,
            spec: &'a NodeSpec,
        }
        let Self { metadata, spec } = self;
        Object { api_version: API_VERSION, kind: KIND, metadata, spec }.serialize(serializer)
    }
}

impl Serialize for NodeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use ipnet::Ipv4Net;

        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Spec<'a> {
            aws: &'a Aws,
            availability_zones: [&'a ZoneName; 2],
            network: NetworkForm,
            access: &'a Access,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct NetworkForm {
            vpc: VpcForm,
            public_subnets: [Ipv4Net; 2],
            private_subnets: [Ipv4Net; 2],
            nat_gateways: NatGateways,
        }
        #[derive(Serialize)]
        struct VpcForm {
            create: NewVpcForm,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct NewVpcForm {
            cidr: Ipv4Net,
            enable_dns_support: bool,
            enable_dns_hostnames: bool,
        }
        let Self { aws, network: Network::Create(network), access } = self;
        let [a, b] = &network.zones;
        Spec {
            aws,
            availability_zones: [&a.name, &b.name],
            network: NetworkForm {
                vpc: VpcForm {
                    create: NewVpcForm {
                        cidr: network.cidr,
                        enable_dns_support: network.enable_dns_support,
                        enable_dns_hostnames: network.enable_dns_hostnames,
                    },
                },
                public_subnets: [a.public, b.public],
                private_subnets: [a.private, b.private],
                nat_gateways: network.nat_gateways,
            },
            access,
        }
        .serialize(serializer)
    }
}
