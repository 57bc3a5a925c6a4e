//! KMS: keys, their policies, aliases.

use serde::{Deserialize, Serialize};

use super::service::{Operation, Service};
use crate::{
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Kms {}

impl Service for Kms {
    const NAME: &'static str = "kms";
    const TARGET: &'static str = "TrentService";
    const OPERATIONS: &'static [Operation<Self>] = &[];

    fn of(region: &Region) -> &Self {
        &region.kms
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.kms
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    fn rate(_: &str) -> Rate {
        rate(100, 100)
    }
}
