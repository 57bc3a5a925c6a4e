//! KMS: what everything of the environment is encrypted with.

mod key;

pub(super) use self::key::usable_key;
pub use self::key::{Key, KeyArn, KeyConfig, KeyOutputs, Rotation};
