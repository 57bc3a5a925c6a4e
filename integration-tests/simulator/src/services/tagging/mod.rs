//! The Resource Groups Tagging API: what the other services of the region hold, by tag.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html>. It holds
//! nothing itself and lags as lists do. IAM is not in it, and it writes no tags.

mod pages;
mod resources;

use serde::{Deserialize, Serialize};

use super::service::{self, Answer, Operation, Service};
use crate::{
    fault::Fault,
    shelf::AnyShelf,
    throttle::{Rate, rate},
    world::Region,
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tagging {}

type Call<'a> = service::Call<'a, Tagging>;

impl Service for Tagging {
    const NAME: &'static str = "tagging";
    const THROTTLED: &'static str = "ThrottledException";
    const TARGET: &'static str = "ResourceGroupsTaggingAPI_20170126";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("GetResources", false, resources::get),
        ("GetTagKeys", false, resources::keys),
        ("GetTagValues", false, resources::values),
    ];

    fn of(region: &Region) -> &Self {
        &region.tagging
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.tagging
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        Vec::new()
    }

    /// <https://docs.aws.amazon.com/general/latest/gr/arg.html>
    fn rate(operation: &str) -> Rate {
        match operation {
            "GetResources" => rate(15, 15),
            _ => rate(5, 5),
        }
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}
