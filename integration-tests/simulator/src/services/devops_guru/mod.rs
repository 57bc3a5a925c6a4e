//! Amazon DevOps Guru: what it looks at, and whom it tells.
//!
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/Welcome.html>, version 2020-12-01. What it finds out
//! is not modelled: an account is in good health. All it holds there is one of per account and region.

mod channel;
mod collection;
mod drift;
mod health;
mod integration;

use serde::{Deserialize, Serialize};

use self::{channel::Channel, collection::Item, integration::Integrations};
use super::service::{self, Answer, Operation, Service};
use crate::{
    fault::Fault,
    random::{self, Rng},
    shelf::{AnyShelf, Shelf},
    throttle::{Rate, rate},
    wire::rest_json::{As, Route, route},
    world::{Drift, Region},
};

/// Whom its role trusts
/// (<https://docs.aws.amazon.com/devops-guru/latest/userguide/using-service-linked-roles.html>).
pub(crate) const PRINCIPAL: &str = "devops-guru.amazonaws.com";

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DevOpsGuru {
    /// What it looks at: there is one collection.
    collection: Shelf<Item>,
    channels: Shelf<Channel>,
    integrations: Integrations,
}

type Call<'a> = service::Call<'a, DevOpsGuru>;

impl Service for DevOpsGuru {
    const NAME: &'static str = "devops-guru";
    const BROKEN: &'static str = "InternalServerException";
    const ROUTES: &'static [Route] = &[
        route("PUT", "/resource-collections", "UpdateResourceCollection"),
        route("GET", "/resource-collections/{ResourceCollectionType}", "GetResourceCollection")
            .with(&[("NextToken", "NextToken", As::Text)]),
        route("PUT", "/channels", "AddNotificationChannel"),
        route("POST", "/channels", "ListNotificationChannels"),
        route("DELETE", "/channels/{Id}", "RemoveNotificationChannel"),
        route("GET", "/accounts/health", "DescribeAccountHealth"),
        route("GET", "/service-integrations", "DescribeServiceIntegration"),
        route("PUT", "/service-integrations", "UpdateServiceIntegration"),
    ];
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("AddNotificationChannel", true, channel::add),
        ("DescribeAccountHealth", false, health::describe),
        ("DescribeServiceIntegration", false, integration::describe),
        ("GetResourceCollection", false, collection::get),
        ("ListNotificationChannels", false, channel::list),
        ("RemoveNotificationChannel", true, channel::remove),
        ("UpdateResourceCollection", true, collection::update),
        ("UpdateServiceIntegration", true, integration::update),
    ];

    fn of(region: &Region) -> &Self {
        &region.devops_guru
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.devops_guru
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.collection, &self.channels]
    }

    /// <https://docs.aws.amazon.com/devops-guru/latest/userguide/quotas.html> names none.
    fn rate(_: &str) -> Rate {
        rate(20, 10)
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }
}

/// A value that no request may have.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

/// Reads which page is wanted of what `request` asks for: its token is written as a UUID is, and says from which
/// on.
fn page(call: &Call<'_>, request: &str) -> Result<usize, Fault> {
    let Some(token) = call.members.get::<String>("NextToken")? else { return Ok(0) };
    let pages = (1..PAGES).find(|page| token_of(request, *page) == token);
    pages.ok_or_else(|| invalid("The NextToken is not valid."))
}

/// How many pages there may be of anything.
const PAGES: usize = 1000;

fn token_of(request: &str, page: usize) -> String {
    Rng::new(random::fold(0, &format!("{request} {page}"))).uuid()
}

/// A page of what there is, and the token of the next.
fn cut<T: Clone>(all: &[T], page: usize, size: usize, request: &str) -> (Vec<T>, Option<String>) {
    let shown = all.iter().skip(page * size).take(size).cloned().collect();
    let more = all.len() > (page + 1) * size;
    (shown, more.then(|| token_of(request, page + 1)))
}

/// What is not there.
fn missing(message: impl Into<String>) -> Fault {
    Fault::new(404, "ResourceNotFoundException", message)
}

/// What does not fit what there is.
fn conflict(message: impl Into<String>) -> Fault {
    Fault::new(409, "ConflictException", message)
}
