//! What can be known before anything is made: whether what the user has brought along is there, whether the network leads
//! where it has to, whether AWS offers what is asked for, and whether the account may have it.
//!
//! All checks are made at once, and each has one of three outcomes. Only one that failed stands in the way: what could not
//! be checked is said, and left to whoever knows.

mod brought;
mod network;
mod offers;
mod permissions;
mod quotas;

use clctl_spec::NodeSpec;
use serde::Serialize;

use crate::{
    aws::{Aws, Lookups},
    engine::{Action, CallError, Class, Plan, PlannedNode, Verdict},
};

/// One check: what was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What was found, in words.
    pub message: String,
    /// What to do about it, unless it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It is as it has to be.
    Pass,
    /// It is not: what is to be made would not be, or would not work.
    Fail,
    /// Nobody knows.
    NotChecked,
}

impl Check {
    /// A check that passed.
    pub fn pass(name: impl Into<String>, message: impl Into<String>) -> Self {
        let (name, message) = (name.into(), message.into());
        Self { name, outcome: Outcome::Pass, message, advice: None }
    }

    /// A check that failed.
    pub fn fail(
        name: impl Into<String>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (name, message, advice) = (name.into(), message.into(), Some(advice.into()));
        Self { name, outcome: Outcome::Fail, message, advice }
    }

    /// A check that could not be made.
    pub fn not_checked(
        name: impl Into<String>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (name, message, advice) = (name.into(), message.into(), Some(advice.into()));
        Self { name, outcome: Outcome::NotChecked, message, advice }
    }

    /// A check that could not be made because AWS did not answer what was asked.
    fn unread(name: impl Into<String>, error: &CallError) -> Self {
        let advice = if error.class == Class::Denied {
            format!("allow {}", error.operation)
        } else {
            "run the same command again".to_owned()
        };
        Self::not_checked(name, error.to_string(), advice)
    }
}

/// Makes every check of what is to be made by this plan, in the order in which a person would look.
pub async fn preflight(
    aws: &Aws,
    caller: &str,
    lookups: &Lookups,
    spec: &NodeSpec,
    plan: &Plan<Aws>,
) -> Vec<Check> {
    let all = async {
        tokio::join!(
            brought::checks(aws, spec),
            network::checks(aws, lookups, spec),
            offers::checks(aws, spec),
            quotas::checks(aws, plan),
            permissions::checks(aws, caller, plan),
        )
    };
    let (brought, network, offers, quotas, permissions) = Box::pin(all).await;
    [brought, network, offers, quotas, permissions].concat()
}

/// The nodes of a kind of which an object is to be made.
fn to_make<'a>(plan: &'a Plan<Aws>, kind: &str) -> impl Iterator<Item = &'a PlannedNode<Aws>> {
    let makes = |verdict: &Verdict| match verdict {
        Verdict::Change(change) => matches!(change.action, Action::Create | Action::Replace),
        Verdict::Blocked(_) => false,
    };
    let of_kind = plan.nodes.iter().filter(move |planned| planned.node.address().kind == kind);
    of_kind.filter(move |planned| makes(&planned.verdict))
}
