//! Route 53: the name of the GUI.

mod mark;
mod name;
mod note;
mod record;
mod zone;

pub use self::{
    name::DnsName,
    record::{AliasTarget, DnsRecord, DnsRecordConfig, DnsRecordOutputs, NOT_THERE},
    zone::HostedZoneId,
};
pub(super) use self::{
    name::refused_batch,
    zone::{LOOKUP, usable_zone},
};
