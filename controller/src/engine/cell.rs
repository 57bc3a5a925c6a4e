//! A field as the engine sees it: the only thing it ever compares, shows or stores.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;

/// What a change of a field costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OnChange {
    /// It is set, and nobody notices.
    InPlace,
    /// It is set, with an interruption.
    Interrupts,
    /// The object has to be made anew.
    Replace,
    /// Never: the object holds data. The plan is refused.
    Refuse,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cell {
    /// A value that may be shown.
    Known(Value),
    /// Values whose order means nothing.
    Set(Vec<Self>),
    /// Values by name.
    Map(BTreeMap<String, Self>),
    /// Whatever is there is right.
    Any,
    /// A value another node has yet to produce.
    Unknown {
        /// The node, and which of its outputs.
        from: String,
    },
}

impl Cell {
    /// Whether what is there is what is wanted.
    pub fn met_by(&self, have: &Self) -> bool {
        match (self, have) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Map(want), Self::Map(have)) => {
                want.len() == have.len()
                    && want
                        .iter()
                        .all(|(key, want)| have.get(key).is_some_and(|have| want.met_by(have)))
            }
            (Self::Set(want), Self::Set(have)) => matches(want, have, Self::met_by),
            (Self::Unknown { .. }, _) => false,
            _ => self == have,
        }
    }

    /// Whether `self` is what `planned` promised: equal, or the value of something then unknown.
    pub fn refines(&self, planned: &Self) -> bool {
        match (self, planned) {
            (_, Self::Unknown { .. }) => true,
            (Self::Set(now), Self::Set(then)) => matches(then, now, |then, now| now.refines(then)),
            (Self::Map(now), Self::Map(then)) => {
                now.len() == then.len()
                    && now
                        .iter()
                        .all(|(key, now)| then.get(key).is_some_and(|then| now.refines(then)))
            }
            _ => self == planned,
        }
    }

    /// Whether what is missing of `self` in `now` was missing in `before` as well, and what is too
    /// much in `now` was too much in `before`: what a write between the two looks like as long as
    /// it is not visible, or only in part.
    pub(super) fn left_by(&self, before: &Self, now: &Self) -> bool {
        match (self, before, now) {
            (Self::Map(want), Self::Map(before), Self::Map(now)) => {
                let same = |key: &String| match (want.get(key), before.get(key), now.get(key)) {
                    (Some(want), Some(before), Some(now)) => {
                        want.met_by(now) || want.left_by(before, now)
                    }
                    (_, before, now) => before.is_some() == now.is_some(),
                };
                want.keys().chain(now.keys()).all(same)
            }
            (Self::Set(want), Self::Set(before), Self::Set(now)) => {
                let has = |set: &[Self], cell: &Self| set.iter().any(|other| cell.met_by(other));
                let wanted = |cell: &Self| want.iter().any(|want| want.met_by(cell));
                now.iter().filter(|cell| !wanted(cell)).all(|cell| has(before, cell))
                    && want.iter().filter(|cell| !has(now, cell)).all(|cell| !has(before, cell))
            }
            _ => before == now,
        }
    }

    /// Whether some part of it is not known yet.
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown { .. } => true,
            Self::Set(cells) => cells.iter().any(Self::has_unknown),
            Self::Map(cells) => cells.values().any(Self::has_unknown),
            Self::Known(_) | Self::Any => false,
        }
    }
}

/// Whether each of `left` has a partner of its own in `right`, and none is left over.
///
/// Exact partners are paired first, so that a value that accepts anything cannot take the only
/// partner of one that does not.
fn matches(left: &[Cell], right: &[Cell], pair: impl Fn(&Cell, &Cell) -> bool) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut free: Vec<&Cell> = right.iter().collect();
    let mut open: Vec<&Cell> = Vec::new();
    for cell in left {
        match free.iter().position(|candidate| *candidate == cell) {
            Some(at) => drop(free.swap_remove(at)),
            None => open.push(cell),
        }
    }
    open.into_iter().all(|cell| {
        free.iter()
            .position(|candidate| pair(cell, candidate))
            .map(|at| free.swap_remove(at))
            .is_some()
    })
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(Value::String(text)) if !text.is_empty() => f.write_str(text),
            Self::Known(value) => write!(f, "{value}"),
            Self::Set(cells) => {
                let mut shown: Vec<String> = cells.iter().map(ToString::to_string).collect();
                shown.sort();
                write!(f, "[{}]", shown.join(", "))
            }
            Self::Map(cells) => {
                let shown: Vec<String> =
                    cells.iter().map(|(key, cell)| format!("{key}={cell}")).collect();
                write!(f, "{{{}}}", shown.join(", "))
            }
            Self::Any => f.write_str("(any)"),
            Self::Unknown { from } => write!(f, "(known after {from})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Cell {
        Cell::Known(text.into())
    }

    fn unknown() -> Cell {
        Cell::Unknown { from: "vpc/main.id".into() }
    }

    #[test]
    fn the_order_of_a_set_is_no_difference() {
        let want = Cell::Set(vec![known("a"), known("b")]);
        assert!(want.met_by(&Cell::Set(vec![known("b"), known("a")])));
        assert!(!want.met_by(&Cell::Set(vec![known("a"), known("a")])));
    }

    #[test]
    fn a_write_that_is_visible_in_part_is_told_from_one_that_is_still_to_be_made() {
        let set = |all: &[&str]| Cell::Set(all.iter().map(|text| known(text)).collect());
        let (want, before) = (set(&["a", "b"]), set(&["x"]));
        assert!(want.left_by(&before, &set(&["x"])), "nothing is visible yet");
        assert!(want.left_by(&before, &set(&["a", "x"])), "a part is");
        assert!(!want.left_by(&before, &set(&["a", "b", "y"])), "nobody has taken y away");
        assert!(!want.left_by(&set(&["a"]), &set(&["b"])), "a was there, and was not made again");
    }

    #[test]
    fn an_unknown_takes_only_the_partner_nobody_else_needs() {
        let then = Cell::Set(vec![unknown(), known("a")]);
        assert!(Cell::Set(vec![known("a"), known("b")]).refines(&then));
        assert!(!Cell::Set(vec![known("b"), known("c")]).refines(&then));
    }

    #[test]
    fn any_value_meets_any_but_an_absent_one_does_not() {
        let want = Cell::Map(BTreeMap::from([("k".into(), Cell::Any)]));
        assert!(want.met_by(&Cell::Map(BTreeMap::from([("k".into(), known("7"))]))));
        assert!(!want.met_by(&Cell::Map(BTreeMap::new())));
    }
}
