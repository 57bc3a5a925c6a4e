//! IAM: roles, their policies, instance profiles; the same for all regions of an account.

use serde::{Deserialize, Serialize};

use crate::{World, fault::Fault, random::Rng, shelf::AnyShelf, wire::{query::Params, xml::Xml}};

pub(crate) const VERSION: &str = "2010-05-08";
pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// What IAM holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Iam {}

impl Iam {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }
}

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    Vec::new()
}

/// Whether an operation is a write.
pub(crate) fn mutates(_: &str) -> bool {
    false
}

/// Answers a request.
pub(crate) fn ask(_: &mut World, operation: &str, _: &Params, _: Rng) -> Result<Xml, Fault> {
    Err(Fault::unsupported(format!("the operation iam:{operation}")))
}
