//! Gates: what decides, in the walk, whether a step may be carried out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use super::{Action, Change, Journal, Plan, Repair, plan::Step};

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

/// Lets through what all of several gates let through; the first that does not says why.
pub struct All(pub Vec<Arc<dyn Gate>>);

impl Gate for All {
    fn pass(&self, step: &Step, deed: Deed<'_>) -> Pass {
        let held = self.0.iter().map(|gate| gate.pass(step, deed)).find(|pass| *pass != Pass::Yes);
        held.unwrap_or(Pass::Yes)
    }
}

/// How many equal repairs within a day are one too many.
pub(super) const CONTESTED: u32 = 3;

/// Holds what was repaired again and again: somebody sets it back, and doing it once more helps
/// nobody. For runs that nobody watches; who runs an `apply` is told, and gets what was asked for.
pub struct Uncontested {
    journal: Arc<dyn Journal>,
    since: Timestamp,
}

impl Uncontested {
    /// Counts the repairs since then.
    pub fn since(journal: Arc<dyn Journal>, since: Timestamp) -> Self {
        Self { journal, since }
    }
}

impl Gate for Uncontested {
    fn pass(&self, step: &Step, deed: Deed<'_>) -> Pass {
        let (Step::Ensure(address), Deed::Change(change)) = (step, deed) else {
            return Pass::Yes;
        };
        if change.action != Action::Update {
            return Pass::Yes;
        }
        for change in &change.fields {
            let Some(from) = &change.from else { continue };
            let (field, to) = (change.field, &change.to);
            match self.journal.repairs(&Repair { address, field, from, to }, self.since) {
                Ok(times) if times >= CONTESTED => {
                    return Pass::Held(format!(
                        "{field} was set from {from} to {to} {times} times within a day, and somebody sets it back each time: it is left as it is; CloudTrail says who, and by which call"
                    ));
                }
                Ok(_) => {}
                Err(error) => return Pass::Held(error.to_string()),
            }
        }
        Pass::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Address, Cell, FieldChange, InMemory, OnChange};

    #[test]
    fn a_repair_made_three_times_in_vain_is_held_with_both_values() {
        let journal = Arc::new(InMemory::default());
        let (address, at) = (Address::new("subnet", "a"), Timestamp::UNIX_EPOCH);
        let (from, to) = (Cell::Known(true.into()), Cell::Known(false.into()));
        let field = FieldChange {
            field: "public",
            on_change: OnChange::InPlace,
            from: Some(from.clone()),
            to: to.clone(),
        };
        let change = Change { action: Action::Update, fields: vec![field] };
        let gate = All(vec![Arc::new(Uncontested::since(journal.clone(), at))]);
        let step = Step::Ensure(address.clone());
        for _ in 0..CONTESTED {
            assert_eq!(gate.pass(&step, Deed::Change(&change)), Pass::Yes);
            let repair = Repair { address: &address, field: "public", from: &from, to: &to };
            journal.repaired(&repair, at, at).unwrap();
        }
        let Pass::Held(why) = gate.pass(&step, Deed::Change(&change)) else { panic!("it passed") };
        assert!(why.contains("from true to false 3 times"), "{why}");
    }
}
