//! What says that a record is ours: records have no tags.
//!
//! Beside the record `node.example.com` there is a record `_clctl.node.example.com` of the type TXT that names
//! the environment. Both are made at once or neither, so that it is there only if the record was made by us: as
//! external-dns does it (<https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/>).

use std::collections::BTreeMap;

use crate::engine::{Address, Owner};

use super::super::{
    clients::Aws,
    identity::{TAG_ADDRESS, TAG_REPLACEMENT, TAG_UID},
};

const HERITAGE: (&str, &str) = ("heritage", "clctl");
/// Where the record led that was made last.
const TARGET: &str = "target";

/// Whose a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) owner: Owner,
    /// Where it leads, as far as the mark says so.
    pub(super) target: Option<String>,
}

/// The name of the record that says so.
pub(super) fn name_of(record: &str) -> String {
    format!("_clctl.{record}")
}

/// What is written of a record that stands for a node.
pub(super) fn write(aws: &Aws, address: &Address, ordinal: u32, target: Option<&str>) -> String {
    let (uid, address, ordinal) = (aws.environment.uid(), address.to_string(), ordinal.to_string());
    let parts = [
        HERITAGE,
        (TAG_UID, uid.as_str()),
        (TAG_ADDRESS, address.as_str()),
        (TAG_REPLACEMENT, ordinal.as_str()),
    ];
    let parts = parts.into_iter().chain(target.map(|it| (TARGET, it)));
    let parts: Vec<String> = parts.map(|(key, value)| format!("{key}={value}")).collect();
    parts.join(",")
}

/// Reads what was written, if it was.
pub(super) fn read(aws: &Aws, kind: &str, text: &str) -> Option<Mark> {
    let parts: BTreeMap<&str, &str> =
        text.trim_matches('"').split(',').filter_map(|part| part.split_once('=')).collect();
    if parts.get(HERITAGE.0) != Some(&HERITAGE.1) {
        return None;
    }
    let owner = aws.environment.owner(kind, |key| parts.get(key).copied());
    let target = parts.get(TARGET).map(|it| (*it).to_owned());
    Some(Mark { owner, target })
}
