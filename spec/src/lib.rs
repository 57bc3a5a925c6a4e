//! The shape of `node.yaml`: what a user may write, and what clctl makes of it.
//!
//! A file goes through three steps, and each keeps what the next one needs:
//!
//! 1. `yaml` turns text into a tree that knows where every node is written. It resolves nothing:
//!    whether `0123` is a number is decided by the field that is being read.
//! 2. `read` reads the tree into the chapters as written. It is a serde deserialiser, so that the
//!    types, their documentation and the JSON Schema are one thing (`#[derive(Deserialize,
//!    JsonSchema)]`), but one that does not stop at the first error: what a field cannot read is
//!    reported and the field is left broken.
//! 3. Every chapter *settles*: fields are checked against each other, defaults are filled in, and
//!    out comes the complete form ([`ChainlinkNode`]) in which nothing is optional that has a default.
//!
//! So one report holds every problem of a file, whatever its kind, each at file, line and column.
//!
//! # Adding a chapter
//!
//! A chapter is one file in `chapters`, and each of its fields one declaration (`chapter!`): its name, type,
//! default, description, and what a change of it costs, from which document. From that come two types, `…Fields`
//! for what is written and the one without the suffix for the complete form, the way from one to the
//! other, and what the schema and `explain` say. What concerns several fields is checked beside them.
//!
//! # Secrets
//!
//! Only what a known field has read is ever shown. All other values (unknown fields, URLs, text of
//! several lines, comments, whatever follows a syntax error) are blotted out before a report keeps the
//! text, so that a password written in the wrong place does not end up in a CI log.

mod chapter;
mod chapters;
mod crd;
mod explain;
mod form;
mod help;
mod parse;
mod reading;
mod schema;
mod values;

// Rooms order the files; names stay short.
use chapters::{
    access, aws, backup, chain, chainlink, database, encryption, gui, logs, monitoring, network,
    node, nodes, policies, secrets,
};
use reading::{at, log, problem, quickstart, read, source, suggest, tree, yaml};
use values::{
    arn, bounded, chains, cidr, cidrs, cron, instance, names, text, toml, url, whole, window,
};

pub use access::{Access, Bastion, KeyPair, KeyPairName, SessionManager, SshPublicKey};
pub use arn::{CertificateArn, KmsKeyArn, RoleArn, TopicArn};
pub use aws::{AssumeRole, Aws, ExternalId, SessionName};
pub use backup::Backup;
pub use bounded::{List, Pair, Table};
pub use chain::{Amount, Chain, ChainRef, EndpointName, Http, KnownChain, RpcEndpoint, WebSocket};
pub use chainlink::{Chainlink, ChainlinkVersion, Digest, JobType, Repository};
pub use chains::ContractAddress;
pub use cidrs::Cidrs;
pub use crd::crd;
pub use cron::Cron;
pub use database::{
    Aurora, AuroraStorage, Database, DatabaseName, Engine, InstanceClass, ParameterName,
    ParameterValue, PostgresVersion, Rds, Restore, RestoreFrom, StorageType, Username,
};
pub use encryption::{Encryption, Key, NewKey};
pub use explain::{Explained, UnknownField, explain};
pub use gui::{Gui, HostedZoneId, LoadBalancer, Scheme, SslPolicy};
pub use instance::{ImageId, InstanceType};
pub use logs::{Logs, Retention};
pub use monitoring::{Alarms, DevOpsGuru, Monitoring};
pub use names::{
    AccountId, AwsRegion, DevOpsGuruTagKey, EnvironmentName, LabelKey, LabelValue, NameError,
    Partition, TagKey, TagPrefix, TagValue, ZoneName,
};
pub use network::{
    AggregationInterval, DhcpOptions, DnsServer, DomainName, ExistingVpc, FlowLogs, Ipv4Address,
    NatGateways, Network, NewVpc, SelectorKey, ServiceName, SubnetId, SubnetSelector, Tenancy,
    TrafficType, Vpc, VpcId, VpcSelector, Zone,
};
pub use node::{API_VERSION, ChainlinkNode, KIND, Labels, Metadata, NodeSpec};
pub use nodes::{AnnounceAddress, Email, LogLevel, Nodes, PeerToPeer, RootVolume};
pub use parse::{Document, Invalid, parse, parse_bytes};
pub use policies::{DatabaseDeletion, Deletion, Drift, Fate, OnDrift, Policies, ResourcePattern};
pub use problem::{Code, Problem, Severity};
pub use quickstart::quickstart_parameters;
pub use schema::schema;
pub use secrets::{
    ExistingSecret, Generate, Password, PublicUrl, SecretId, SecretKey, SecretName, SecretUrl,
    Secrets, UrlSource,
};
pub use source::Place;
pub use text::Banner;
pub use toml::ExtraToml;
pub use whole::Whole;
pub use window::{ChangeWindow, DailyWindow, WeeklyWindow};
