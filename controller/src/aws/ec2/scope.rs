//! A scope in EC2's words: a filter on our owner tag, or ids.

use aws_sdk_ec2::types::Filter;

use crate::engine::{CallError, Found, Owner, PhysicalId, Resource, Scope};

use super::super::{
    answers::{not_understood, once},
    clients::Aws,
    tags::ours,
};

/// How a list is asked for.
pub(super) struct Asked {
    /// Filters, if what is ours is asked for.
    pub(super) filters: Option<Vec<Filter>>,
    /// Ids, if these objects are asked for.
    pub(super) ids: Option<Vec<String>>,
    /// The page size: AWS accepts none beside ids.
    pub(super) page: Option<i32>,
}

/// The largest page most of EC2's lists have.
const PAGE: i32 = 1000;

impl Asked {
    pub(super) fn of(aws: &Aws, scope: &Scope<'_>) -> Self {
        match scope {
            Scope::Owned => Self { filters: Some(vec![ours(aws)]), ids: None, page: Some(PAGE) },
            Scope::Ids(ids) => {
                let ids = ids.iter().map(|id| id.0.clone()).collect();
                Self { filters: None, ids: Some(ids), page: None }
            }
        }
    }
}

/// Leaves out what the filter let through and is not ours: lists may be older than the tags. An
/// answer about another object than the one asked for is none: it would be taken for that one.
pub(super) fn keep<R: Resource>(
    operation: &'static str,
    scope: &Scope<'_>,
    mut found: Vec<Found<R>>,
) -> Result<Vec<Found<R>>, CallError> {
    match scope {
        Scope::Owned => found.retain(|found| found.owner != Owner::Other),
        Scope::Ids(ids) => {
            let asked =
                |id: &PhysicalId| ids.iter().any(|asked| *asked == *id || id.is_facet_of(asked));
            if let Some(other) = found.iter().find(|found| !asked(&found.id)) {
                let why = format!("the answer is about {}, which was not asked for", other.id);
                return Err(not_understood(operation, why));
            }
        }
    }
    once(operation, found)
}
