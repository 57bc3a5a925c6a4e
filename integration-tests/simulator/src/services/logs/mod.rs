//! CloudWatch Logs: log groups.

use serde::{Deserialize, Serialize};

use super::service::{Operation, Service};
use crate::{
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Logs {}

impl Service for Logs {
    const NAME: &'static str = "logs";
    const TARGET: &'static str = "Logs_20140328";
    const OPERATIONS: &'static [Operation<Self>] = &[];

    fn of(region: &Region) -> &Self {
        &region.logs
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.logs
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    fn rate(_: &str) -> Rate {
        rate(10, 10)
    }
}
