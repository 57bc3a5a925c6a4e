//! Secrets Manager: what nobody may read.

mod secret;
mod value;

pub(super) use self::value::{GET, PUT};
pub use self::{
    secret::{Origin, ResourcePolicy, Secret, SecretConfig, SecretOutputs},
    value::SecretValue,
};
