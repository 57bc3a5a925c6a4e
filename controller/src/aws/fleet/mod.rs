//! The running instances of a group: what they are, what they say of themselves, and how they are replaced
//! without anybody missing them.

mod instances;
mod reboot;
mod turn;

pub use super::ec2::{BOOT_TAG, HEARTBEAT_TAG, ROLE_TAG, Role, Word};

pub(super) use self::reboot::REBOOT;
pub use self::{
    instances::{Instances, InstancesConfig, InstancesOutputs, NODES, Versions},
    turn::{Duty, Life, Member, Members, Turn},
};
