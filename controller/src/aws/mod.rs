//! AWS: how it is reached, whose objects are ours, and one file per kind of object.

mod answers;
pub mod autoscaling;
pub mod backup;
mod calls;
mod certificate;
mod clients;
pub mod cloudwatch;
mod connect;
pub mod devops_guru;
pub mod ec2;
pub mod elb;
mod errors;
pub mod fleet;
pub mod iam;
mod identity;
pub(crate) mod image;
pub mod kinds;
pub mod kms;
mod limits;
pub mod logs;
mod lookups;
mod marker;
pub mod policy;
pub mod quotas;
pub mod rds;
pub mod route53;
pub mod secrets;
pub mod sns;
mod tagging;
mod tags;
mod time;
mod wallets;

pub use self::{
    calls::{CallRecord, Calls, Mode},
    clients::{Aws, Connection},
    connect::{Caller, ConnectError, Target, connect},
    identity::{Deletions, Environment, TAG_ADDRESS, TAG_ENVIRONMENT, TAG_REPLACEMENT, TAG_UID},
    lookups::{
        AskedCertificate, Checked, Lookups, PARAMETERS, Questions, certificate, hosted_zone, key,
        key_pair, secret,
    },
    tags::Tags,
    time::Clock,
    wallets::Balance,
};
