//! Values in words and as data, and what differs between two of them.

use serde_json::{Map, Value, json};
use similar::{ChangeTag, TextDiff};

use crate::engine::Cell;

/// One thing that differs within a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// What within the field; empty for the field itself.
    pub(super) within: String,
    /// What is there.
    pub(super) from: Option<String>,
    /// What is wanted.
    pub(super) to: Option<String>,
}

/// What differs, as finely as it can be said: by key of a map, by element of a set.
pub(super) fn differences(from: Option<&Cell>, to: &Cell) -> Vec<Difference> {
    match (from, to) {
        (Some(Cell::Map(from)), Cell::Map(to)) => {
            let removed =
                from.iter().filter(|(key, _)| !to.contains_key(*key)).map(|(key, cell)| {
                    Difference { within: key.clone(), from: Some(words(cell)), to: None }
                });
            let set =
                to.iter().filter(|(key, to)| !from.get(*key).is_some_and(|from| to.met_by(from)));
            let set = set.map(|(key, to)| Difference {
                within: key.clone(),
                from: from.get(key).map(words),
                to: Some(words(to)),
            });
            removed.chain(set).collect()
        }
        (Some(Cell::Map(from)), Cell::Each(to)) => {
            let unmet = from.iter().filter(|(_, from)| !to.met_by(from));
            let each = unmet.map(|(key, from)| Difference {
                within: key.clone(),
                from: Some(words(from)),
                to: Some(words(to)),
            });
            each.collect()
        }
        (Some(Cell::Set(from)), Cell::Set(to)) => {
            let removed = from.iter().filter(|from| !to.iter().any(|to| to.met_by(from)));
            let added = to.iter().filter(|to| !from.iter().any(|from| to.met_by(from)));
            let gone = removed.map(|cell| (Some(words(cell)), None));
            gone.chain(added.map(|cell| (None, Some(words(cell)))))
                .map(|(from, to)| Difference { within: String::new(), from, to })
                .collect()
        }
        (None, Cell::Map(to)) => {
            let set = |(key, to): (&String, &Cell)| Difference {
                within: key.clone(),
                from: None,
                to: Some(words(to)),
            };
            to.iter().filter(|(_, to)| **to != Cell::Any).map(set).collect()
        }
        (None, Cell::Set(to)) if !to.is_empty() => {
            let mut all: Vec<String> = to.iter().map(words).collect();
            all.sort();
            let added = |to| Difference { within: String::new(), from: None, to: Some(to) };
            all.into_iter().map(added).collect()
        }
        (Some(Cell::Known(Value::String(from))), Cell::Known(Value::String(to)))
            if from.contains('\n') && to.contains('\n') =>
        {
            lines(from, to)
        }
        (from, to) => {
            vec![Difference { within: String::new(), from: from.map(words), to: Some(words(to)) }]
        }
    }
}

/// What differs between two texts, line by line.
fn lines(from: &str, to: &str) -> Vec<Difference> {
    let diff = TextDiff::from_lines(from, to);
    let changes = diff.iter_all_changes().filter_map(|change| {
        let line = change.value().trim_end_matches('\n').to_owned();
        let (from, to) = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => (Some(line), None),
            ChangeTag::Insert => (None, Some(line)),
        };
        Some(Difference { within: String::new(), from, to })
    });
    changes.collect()
}

/// A value in words.
pub(super) fn words(cell: &Cell) -> String {
    match cell {
        Cell::Map(cells) => rule(cells).unwrap_or_else(|| cell.to_string()),
        Cell::Set(cells) if cells.is_empty() => "none".into(),
        Cell::Set(cells) => {
            let mut all: Vec<String> = cells.iter().map(words).collect();
            all.sort();
            all.join("; ")
        }
        Cell::Each(cell) => format!("each {}", words(cell)),
        Cell::Known(Value::Null) => "none".into(),
        Cell::Known(Value::String(text)) if text.contains('\n') => {
            let first = text.lines().next().unwrap_or_default();
            format!("{first} … ({} lines)", text.lines().count())
        }
        Cell::Initially(cell) => words(cell),
        Cell::Known(_)
        | Cell::AtLeast(_)
        | Cell::Any
        | Cell::Unlearned { .. }
        | Cell::Unknown { .. } => cell.to_string(),
    }
}

/// A value in words, a line for each of its parts: a name and a value, or a value alone.
pub(super) fn parts(cell: &Cell) -> Vec<String> {
    match cell {
        Cell::Map(cells) => {
            let known = cells.iter().filter(|(_, cell)| **cell != Cell::Any);
            known.map(|(key, cell)| format!("{key}: {}", words(cell))).collect()
        }
        Cell::Set(cells) => {
            let mut all: Vec<String> =
                cells.iter().map(|cell| format!("- {}", words(cell))).collect();
            all.sort();
            all
        }
        Cell::Initially(cell) => parts(cell),
        Cell::Known(_)
        | Cell::Each(_)
        | Cell::AtLeast(_)
        | Cell::Any
        | Cell::Unlearned { .. }
        | Cell::Unknown { .. } => Vec::new(),
    }
}

/// A rule of a security group reads better as a sentence than as a record.
fn rule(cells: &std::collections::BTreeMap<String, Cell>) -> Option<String> {
    let get = |key: &str| cells.get(key).map(ToString::to_string);
    let (direction, protocol) = (get("direction")?, get("protocol")?);
    let (from, to, peer) = (get("from_port")?, get("to_port")?, get("peer")?);
    let ports = match (from.as_str(), to.as_str()) {
        ("-1", _) => String::new(),
        (from, to) if from == to => format!(" {from}"),
        (from, to) => format!(" {from}-{to}"),
    };
    let protocol = if protocol == "-1" { "all" } else { &protocol };
    let whom = if direction == "egress" { "to" } else { "from" };
    let said = match cells.get("description") {
        Some(Cell::Known(Value::String(text))) if !text.is_empty() => format!(" \"{text}\""),
        _ => String::new(),
    };
    Some(format!("{direction} {protocol}{ports} {whom} {peer}{said}"))
}

/// A value as data.
pub(super) fn data(cell: &Cell) -> Value {
    match cell {
        Cell::Known(value) => value.clone(),
        Cell::Set(cells) => {
            let mut cells: Vec<&Cell> = cells.iter().collect();
            cells.sort_by_key(ToString::to_string);
            Value::Array(cells.into_iter().map(data).collect())
        }
        Cell::Map(cells) => {
            let known = cells.iter().filter(|(_, cell)| **cell != Cell::Any);
            Value::Object(known.map(|(key, cell)| (key.clone(), data(cell))).collect::<Map<_, _>>())
        }
        Cell::Each(cell) => json!({ "each": data(cell) }),
        Cell::AtLeast(least) => json!({ "atLeast": least }),
        Cell::Initially(cell) => data(cell),
        Cell::Any => Value::Null,
        Cell::Unlearned { why } => json!({ "notFoundOut": why }),
        Cell::Unknown { from } => json!({ "knownAfter": from }),
    }
}
