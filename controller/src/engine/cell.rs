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
    /// A number that is this or more: what the cloud raises by itself.
    AtLeast(i64),
    /// Values whose order means nothing.
    Set(Vec<Self>),
    /// Values by name.
    Map(BTreeMap<String, Self>),
    /// This for each of values by name, whatever names there are: it is brought about one after the other.
    Each(Box<Self>),
    /// Whatever is there is right.
    Any,
    /// What is made gets this; whatever is there is right.
    Initially(Box<Self>),
    /// Something that could not be found out: nothing is compared with it, and nothing made of it.
    Unlearned {
        /// What, and why not.
        why: String,
    },
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
            (Self::Any | Self::Initially(_) | Self::Unlearned { .. }, _) | (_, Self::Any) => true,
            (Self::Map(want), Self::Map(have)) => {
                want.len() == have.len()
                    && want
                        .iter()
                        .all(|(key, want)| have.get(key).is_some_and(|have| want.met_by(have)))
            }
            (Self::Set(want), Self::Set(have)) => matches(want, have, Self::met_by),
            (Self::Each(want), Self::Map(have)) => have.values().all(|have| want.met_by(have)),
            (Self::AtLeast(least), Self::Known(have)) => {
                have.as_i64().is_some_and(|have| have >= *least)
            }
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
            (Self::Each(now), Self::Each(then)) => now.refines(then),
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
                    // What was wrong is gone, and what is right is to come.
                    (Some(want), Some(before), None) => !want.met_by(before),
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
            // What has come since is no part of it.
            (Self::Each(want), Self::Map(before), Self::Map(now)) => {
                let unmet = now.iter().filter(|(_, cell)| !want.met_by(cell));
                unmet
                    .map(|(key, _)| key)
                    .all(|key| before.get(key).is_some_and(|before| !want.met_by(before)))
            }
            _ => before == now,
        }
    }

    /// Whether `now` is what `before` looks like as long as what was set then is not visible: what is
    /// brought about one after the other is set again for the next one.
    pub(super) fn lags(&self, before: &Self, now: &Self) -> bool {
        if matches!(self, Self::Each(_)) { before == now } else { self.left_by(before, now) }
    }

    /// What some part of it waits for, if one does.
    pub(super) fn awaited(&self) -> Option<&str> {
        match self {
            Self::Unknown { from } => Some(from),
            Self::Set(cells) => cells.iter().find_map(Self::awaited),
            Self::Map(cells) => cells.values().find_map(Self::awaited),
            Self::Each(cell) | Self::Initially(cell) => cell.awaited(),
            Self::Known(_) | Self::AtLeast(_) | Self::Any | Self::Unlearned { .. } => None,
        }
    }

    /// Whether some part of it is not known yet.
    pub fn has_unknown(&self) -> bool {
        self.awaited().is_some()
    }

    /// What of it could not be found out and why, if there is something that matters: to an object that is made, or
    /// to one that is there.
    pub(super) fn unlearned(&self, makes: bool) -> Option<&str> {
        match self {
            Self::Unlearned { why } => Some(why),
            Self::Initially(cell) if makes => cell.unlearned(makes),
            Self::Each(cell) => cell.unlearned(makes),
            Self::Set(cells) => cells.iter().find_map(|cell| cell.unlearned(makes)),
            Self::Map(cells) => cells.values().find_map(|cell| cell.unlearned(makes)),
            Self::Known(_)
            | Self::AtLeast(_)
            | Self::Any
            | Self::Initially(_)
            | Self::Unknown { .. } => None,
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
            Self::AtLeast(least) => write!(f, "{least} or more"),
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
            Self::Each(cell) => write!(f, "each {cell}"),
            Self::Any => f.write_str("(any)"),
            Self::Initially(cell) => cell.fmt(f),
            Self::Unlearned { .. } => f.write_str("(not found out)"),
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
    fn what_the_cloud_raises_by_itself_is_met_by_more() {
        let want = Cell::AtLeast(100);
        assert!(want.met_by(&Cell::Known(100.into())) && want.met_by(&Cell::Known(500.into())));
        assert!(!want.met_by(&Cell::Known(99.into())) && !want.met_by(&known("500")));
        assert!(want.refines(&want) && !Cell::AtLeast(101).refines(&want));
    }

    #[test]
    fn what_takes_the_place_of_something_may_be_seen_between_the_two() {
        let map = |all: &[(&str, &str)]| {
            Cell::Map(all.iter().map(|(key, text)| ((*key).to_owned(), known(text))).collect())
        };
        let (want, before) = (map(&[("a", "x"), ("b", "new")]), map(&[("a", "x"), ("b", "old")]));
        assert!(want.left_by(&before, &map(&[("a", "x")])), "b is on its way");
        assert!(!want.left_by(&before, &map(&[("b", "old")])), "a was right, and somebody took it");
    }

    #[test]
    fn what_each_is_to_be_is_brought_about_one_after_the_other() {
        let map = |all: &[(&str, &str)]| {
            Cell::Map(all.iter().map(|(key, text)| ((*key).to_owned(), known(text))).collect())
        };
        let want = Cell::Each(Box::new(known("new")));
        let (before, half) =
            (map(&[("a", "old"), ("b", "old")]), map(&[("b", "old"), ("c", "new")]));
        assert!(!want.met_by(&before) && !want.met_by(&half));
        assert!(want.met_by(&map(&[("c", "new"), ("d", "new")])) && want.met_by(&map(&[])));
        assert!(want.left_by(&before, &half), "b is what was left of it");
        assert!(!want.left_by(&half, &before), "a was not there");
        assert!(want.lags(&before, &before) && !want.lags(&before, &half), "b is still to be set");
        let later = Cell::Each(Box::new(unknown()));
        assert!(want.refines(&later) && !later.refines(&want) && later.has_unknown());
    }

    #[test]
    fn what_counts_at_first_is_met_by_whatever_is_there() {
        let want = Cell::Initially(Box::new(known("new")));
        assert!(want.met_by(&known("old")) && want.refines(&want));
        assert!(!Cell::Initially(Box::new(known("newer"))).refines(&want));
        assert_eq!(want.to_string(), "new");
        let unlearned = Cell::Unlearned { why: "throttled".into() };
        assert!(unlearned.met_by(&known("old")) && !unlearned.has_unknown());
        let among = Cell::Set(vec![known("a"), unlearned.clone()]);
        assert_eq!([among.unlearned(false), among.unlearned(true)], [Some("throttled"); 2]);
        let at_first = Cell::Initially(Box::new(unlearned));
        assert_eq!(
            [at_first.unlearned(false), at_first.unlearned(true)],
            [None, Some("throttled")]
        );
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
