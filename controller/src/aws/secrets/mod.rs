//! Secrets Manager: what nobody may read.

mod existing;
mod secret;
mod value;

pub(super) use self::{
    existing::current_version,
    value::{GET, PUT, no_text},
};
pub use self::{
    secret::{Origin, ResourcePolicy, Secret, SecretConfig, SecretOutputs},
    value::SecretValue,
};
