//! Service Quotas: what an account may have.

use serde::{Deserialize, Serialize};

use super::service::{Operation, Service};
use crate::{
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ServiceQuotas {}

impl Service for ServiceQuotas {
    const NAME: &'static str = "servicequotas";
    const TARGET: &'static str = "ServiceQuotasV20190624";
    const OPERATIONS: &'static [Operation<Self>] = &[];

    fn of(region: &Region) -> &Self {
        &region.quotas
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.quotas
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    fn rate(_: &str) -> Rate {
        rate(10, 10)
    }
}
