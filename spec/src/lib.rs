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
//! A chapter is one file with two types. `…Fields` is what is written: its fields are
//! `Required<T>`, or `Optional<T>` with `#[serde(default)]`, and its doc comments are the descriptions
//! users see. The type without the suffix is the complete form. `settle` leads from one to the other.
//! What has a default states it once, as a constant used by both `settle` and the schema.
//!
//! # Secrets
//!
//! Only what a known field has read is ever shown. All other values (unknown fields, chapters
//! that are not built yet, whatever follows a syntax error) are blotted out before a report
//! keeps the text, so that a password written in the wrong place does not end up in a CI log.

mod access;
mod at;
mod aws;
mod cidr;
mod log;
mod names;
mod network;
mod node;
mod parse;
mod problem;
mod read;
mod schema;
mod source;
mod suggest;
mod tree;
mod yaml;

pub use access::Access;
pub use aws::Aws;
pub use names::{
    AccountId, AwsRegion, DevOpsGuruTagKey, EnvironmentName, NameError, Partition, TagKey,
    TagPrefix, TagValue, ZoneName,
};
pub use network::{NatGateways, Network, NewNetwork, Zone};
pub use node::{API_VERSION, ChainlinkNode, KIND, Metadata, NodeSpec};
pub use parse::{Document, NotBuilt, parse, parse_bytes};
pub use problem::{Code, Invalid, Problem, Severity};
pub use schema::schema;
pub use source::Place;
