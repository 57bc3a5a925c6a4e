//! AWS: how it is reached, whose objects are ours, and one file per kind of object.

mod answers;
mod calls;
mod clients;
mod connect;
pub mod ec2;
mod errors;
mod identity;
pub mod kinds;
mod limits;
mod marker;
mod tags;
mod time;

pub use self::{
    calls::{CallRecord, Calls, Mode},
    clients::{Aws, Connection},
    connect::{Caller, ConnectError, Target, connect},
    identity::{Environment, TAG_ADDRESS, TAG_ENVIRONMENT, TAG_REPLACEMENT, TAG_UID},
    tags::Tags,
    time::Clock,
};
