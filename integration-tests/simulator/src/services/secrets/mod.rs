//! Secrets Manager: secrets and their versions.

use serde::{Deserialize, Serialize};

use super::service::{Operation, Service};
use crate::{
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Secrets {}

impl Service for Secrets {
    const NAME: &'static str = "secretsmanager";
    const TARGET: &'static str = "secretsmanager";
    const OPERATIONS: &'static [Operation<Self>] = &[];

    fn of(region: &Region) -> &Self {
        &region.secrets
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.secrets
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    fn rate(_: &str) -> Rate {
        rate(50, 50)
    }
}
