//! Gates: what decides, in the walk, whether a step may be carried out.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::{Action, Change, Plan, plan::Step};

/// What a gate says of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Go on.
    Yes,
    /// Not now; the text says why.
    Held(String),
    /// The step is not what was agreed to; the text says what is different.
    Stale(String),
}

/// What is about to be done.
#[derive(Clone, Copy, Debug)]
pub enum Deed<'a> {
    /// Bring a node to its declaration.
    Change(&'a Change),
    /// Remove an object.
    Removal,
}

/// Decides whether a step may be carried out.
pub trait Gate: Send + Sync {
    /// Decides.
    fn pass(&self, step: &Step, deed: Deed<'_>) -> Pass;
}

/// Lets nothing through: what it was asked about is the plan.
#[derive(Debug, Default)]
pub struct DryRun(Mutex<BTreeMap<Step, Option<Change>>>);

impl DryRun {
    /// What was asked: the change of each node, nothing for a removal.
    pub fn asked(&self) -> BTreeMap<Step, Option<Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gate for DryRun {
    fn pass(&self, step: &Step, deed: Deed<'_>) -> Pass {
        let change = match deed {
            Deed::Change(change) => Some(change.clone()),
            Deed::Removal => None,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone(), change);
        Pass::Held("dry run".into())
    }
}

/// Lets through what refines the plan someone has agreed to.
#[derive(Debug)]
pub struct Approved {
    changes: BTreeMap<Step, Option<Change>>,
}

impl Approved {
    /// Agrees to a plan.
    pub fn of<C: Send + Sync + 'static>(plan: &Plan<C>) -> Self {
        let changes =
            plan.nodes
                .iter()
                .filter_map(|planned| {
                    Some((
                        Step::Ensure(planned.node.address().clone()),
                        Some(planned.change()?.clone()),
                    ))
                })
                .chain(plan.removals.iter().map(|removal| {
                    (Step::Remove(super::ObjectKey::of(removal.seen.as_ref())), None)
                }))
                .collect();
        Self { changes }
    }
}

#[cfg(test)]
impl Approved {
    /// What was agreed to.
    pub(super) fn steps(&self) -> BTreeMap<Step, Option<Change>> {
        self.changes.clone()
    }
}

impl Gate for Approved {
    fn pass(&self, step: &Step, deed: Deed<'_>) -> Pass {
        match (self.changes.get(step), deed) {
            (Some(None), Deed::Removal) => Pass::Yes,
            (Some(Some(planned)), Deed::Change(change)) => {
                if change.refines(planned) || renews(change, planned) {
                    return Pass::Yes;
                }
                let fields: Vec<String> = change
                    .fields
                    .iter()
                    .map(|now| match &now.from {
                        Some(from) => format!("{}: {from} → {}", now.field, now.to),
                        None => format!("{}: {}", now.field, now.to),
                    })
                    .collect();
                Pass::Stale(format!("this was not in it: {}", fields.join("; ")))
            }
            _ => Pass::Stale("this step was not in it".into()),
        }
    }
}

/// Whether a creation is the second half of a planned replacement: a replaced node is created anew
/// by its step, and its old object has a step of its own.
fn renews(change: &Change, planned: &Change) -> bool {
    planned.action == Action::Replace
        && change.action == Action::Create
        && planned.fields.iter().all(|then| {
            let mut now = change.fields.iter().filter(|now| now.field == then.field);
            now.all(|now| now.to.refines(&then.to))
        })
}
