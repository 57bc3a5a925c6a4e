//! The Resource Groups Tagging API: tags of everything in a region.

use serde::{Deserialize, Serialize};

use super::service::{Operation, Service};
use crate::{
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tagging {}

impl Service for Tagging {
    const NAME: &'static str = "tagging";
    const TARGET: &'static str = "ResourceGroupsTaggingAPI_20170126";
    const OPERATIONS: &'static [Operation<Self>] = &[];

    fn of(region: &Region) -> &Self {
        &region.tagging
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.tagging
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    fn rate(_: &str) -> Rate {
        rate(15, 15)
    }
}
