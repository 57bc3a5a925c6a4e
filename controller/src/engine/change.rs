//! The difference between what is wanted and what is there. There is no other comparison.

use serde::Serialize;

use super::{Cell, OnChange, Phase, Row};

/// What has to happen to one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The kind of step.
    pub action: Action,
    /// The fields that differ, or at a creation all of them.
    pub fields: Vec<FieldChange>,
}

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Nothing to do.
    Keep,
    /// There is none yet.
    Create,
    /// It is out and can be taken back, and what differs then can be set.
    Recover,
    /// Some fields differ, and all of them can be set.
    Update,
    /// A field differs that can only be set at creation.
    Replace,
    /// A field differs that must not.
    Refuse,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Its name in the struct.
    pub field: &'static str,
    /// What it costs.
    pub on_change: OnChange,
    /// What is there; `None` if the object is not.
    pub from: Option<Cell>,
    /// What is wanted.
    pub to: Cell,
}

/// The name under which an object that will not become usable differs.
pub(super) const STATE: &str = "state";

impl Change {
    /// Everything of an object that is not there.
    pub fn creation(want: Vec<Row>) -> Self {
        let fields = want
            .into_iter()
            .filter(|row| row.cell != Cell::Any)
            .map(|Row { field, on_change, cell }| FieldChange {
                field,
                on_change,
                from: None,
                to: cell,
            })
            .collect();
        Self { action: Action::Create, fields }
    }

    /// What must not be brought about.
    pub(super) fn refused(why: &str) -> Self {
        let bar = FieldChange {
            field: STATE,
            on_change: OnChange::Refuse,
            from: Some(Cell::Known(why.into())),
            to: Cell::Known("usable".into()),
        };
        Self { action: Action::Refuse, fields: vec![bar] }
    }

    /// Why it must not be brought about, if there is more to say than which fields differ.
    pub fn refusal(&self) -> Option<&str> {
        let bar = self.fields.iter().find(|it| it.field == STATE)?;
        match &bar.from {
            Some(Cell::Known(why)) if bar.on_change == OnChange::Refuse => why.as_str(),
            _ => None,
        }
    }

    /// Compares what is wanted with what is there.
    pub fn between(want: Vec<Row>, have: Vec<Row>, phase: &Phase) -> Self {
        if let Phase::Barred(why) = phase {
            return Self::refused(why);
        }
        let mut fields: Vec<_> = want
            .into_iter()
            .zip(have)
            .filter(|(want, have)| !want.cell.met_by(&have.cell))
            .map(|(want, have)| FieldChange {
                field: want.field,
                on_change: want.on_change,
                from: Some(have.cell),
                to: want.cell,
            })
            .collect();
        // A failed object can only be made anew, whatever its fields say.
        if let Phase::Failed(why) = phase {
            fields.push(FieldChange {
                field: STATE,
                on_change: OnChange::Replace,
                from: Some(Cell::Known(why.as_str().into())),
                to: Cell::Known("usable".into()),
            });
        }
        let dearest = fields.iter().map(|change| change.on_change).max();
        if let Phase::Recoverable { .. } = phase
            && matches!(dearest, None | Some(OnChange::InPlace | OnChange::Interrupts))
        {
            return Self { action: Action::Recover, fields };
        }
        let action = match dearest {
            None => Action::Keep,
            Some(OnChange::InPlace | OnChange::Interrupts) => Action::Update,
            Some(OnChange::Replace) => Action::Replace,
            Some(OnChange::Refuse) => Action::Refuse,
        };
        Self { action, fields }
    }

    /// Whether doing `self` is doing no more than `planned` announced, its unknowns now known.
    ///
    /// Finishing what was begun is part of it: an update towards the very values that a creation or
    /// a recovery announced refines it, and so does a recovery where nobody knew that there was
    /// something to take back.
    pub fn refines(&self, planned: &Self) -> bool {
        if self.action == Action::Keep {
            return true;
        }
        let finishes = matches!(
            (planned.action, self.action),
            (Action::Create, Action::Update | Action::Recover) | (Action::Recover, Action::Update)
        );
        (self.action == planned.action || finishes)
            && self.fields.iter().all(|now| {
                planned.fields.iter().any(|then| {
                    now.field == then.field
                        && (finishes || is_left(now, then))
                        && now.to.refines(&then.to)
                })
            })
    }

    /// Whether all that differs was set by `done` already and is only not visible yet.
    ///
    /// What was there when it was set decides: a difference that was not seen then was not set.
    pub(super) fn lags_behind(&self, done: &Self) -> bool {
        self.fields.iter().all(|now| {
            done.fields.iter().filter(|then| then.field == now.field).any(|then| {
                let (Some(now_from), Some(then_from)) = (&now.from, &then.from) else {
                    return false;
                };
                now.to.refines(&then.to) && now.to.lags(then_from, now_from)
            })
        })
    }

    /// The dearest cost among the fields, if any differs.
    pub fn cost(&self) -> Option<OnChange> {
        self.fields.iter().map(|change| change.on_change).max()
    }
}

/// Whether what differs now is what differed then, or a part of it: other steps may have done the
/// rest, as a route table loses the subnets that are removed.
fn is_left(now: &FieldChange, then: &FieldChange) -> bool {
    match (&now.from, &then.from) {
        // It was not visible then.
        (Some(_), Some(Cell::Unknown { .. })) | (None, None) => true,
        (Some(is), Some(was)) => was.met_by(is) || now.to.left_by(was, is),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The fields an update has to set, to be claimed one by one.
#[derive(Debug)]
pub struct Delta(Vec<&'static str>);

impl Delta {
    pub(super) fn of(change: &Change) -> Self {
        Self(change.fields.iter().map(|change| change.field).collect())
    }

    /// Claims a field: `true` if it differs, and then setting it is the caller's job.
    pub fn take(&mut self, field: &'static str) -> bool {
        let before = self.0.len();
        self.0.retain(|left| *left != field);
        self.0.len() < before
    }

    pub(super) fn unclaimed(self) -> Option<&'static str> {
        self.0.into_iter().next()
    }
}
