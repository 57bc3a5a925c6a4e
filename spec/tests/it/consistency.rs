//! The schema, `explain`, the examples and the parser say the same. They come from one declaration of
//! each field; these tests would notice if one of them did not.

use std::collections::{BTreeMap, BTreeSet};

use clctl_spec::{Code, parse, schema};
use serde_json::{Value, json};

use crate::common::{examples, sure};

/// Fields that an API server writes, or that only say what the file is.
fn is_ours(path: &str) -> bool {
    path.starts_with("spec.") || path == "metadata.name" || path == "metadata.labels"
}

/// Calls `check` with every field, its path and whether it is within a list or table.
fn fields(schema: &Value, path: &str, listed: bool, check: &mut dyn FnMut(&str, &Value, bool)) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if is_ours(&format!("{path}.")) || is_ours(&path) || path == "metadata" || path == "spec" {
            check(&path, field, listed);
            fields(field, &path, listed, check);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            fields(&schema[inner], path, true, check);
        }
    }
}

fn all_fields() -> BTreeMap<String, (Value, bool)> {
    let mut all = BTreeMap::new();
    fields(&schema(), "", false, &mut |path, field, listed| {
        if is_ours(path) {
            all.insert(path.to_owned(), (field.clone(), listed));
        }
    });
    assert!(all.len() > 150, "{}", all.len());
    all
}

fn example(name: &str) -> Value {
    let (_, text) = sure(examples().into_iter().find(|(file, _)| file == name).ok_or(name));
    let documents = sure(parse(name, &text));
    sure(serde_json::to_value(&documents[0].node))
}

/// What is at `path`; of a list its first item.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |here, name| {
        let here = if let Some(items) = here.as_array() { items.first()? } else { here };
        here.get(name)
    })
}

fn put(value: &mut Value, path: &str, new: &Value) {
    let mut here = value;
    for name in path.split('.') {
        if here.is_array() {
            here = &mut here[0];
        }
        if here.is_null() {
            *here = json!({});
        }
        here = &mut here[name];
    }
    here.clone_from(new);
}

#[test]
fn of_every_field_everything_is_known() {
    let mut sources = BTreeSet::new();
    for (path, (field, _)) in all_fields() {
        let about = &field["x-clctl"];
        let change = about["change"].as_str().unwrap_or_default();
        assert!(
            ["in-place", "interrupts", "replaces", "refused"].contains(&change),
            "{path}: {about}"
        );
        let has_effect = about["effect"].is_string();
        assert!(change == "in-place" || has_effect, "{path}: what does its change do?");
        let source = about["source"].as_str().unwrap_or_default();
        assert!(source == "clctl" || source.starts_with("https://"), "{path}: {source}");
        sources.insert(source.to_owned());
        let description = field["description"].as_str().unwrap_or_default();
        assert!(!description.is_empty(), "{path} is not described");
        let explained = sure(clctl_spec::explain(&path));
        assert_eq!(explained.change.as_deref(), Some(change), "{path}");
        assert!(description.starts_with(&explained.description), "{path}");
    }
    assert!(sources.len() > 40);
}

/// What the schema calls a default is what the parser fills in, and writing it changes nothing.
#[test]
fn defaults_of_the_schema_are_those_of_the_parser() {
    let minimal = example("minimal.yaml");
    let aurora = example("aurora.yaml");
    let mut count = 0;
    for (path, (field, listed)) in all_fields() {
        let default = &field["default"];
        // Below a choice or list there is nothing unless somebody writes it.
        let of = if at(&minimal, &path).is_some() { &minimal } else { &aurora };
        let Some(found) = at(of, &path).filter(|_| !listed && !default.is_null()) else { continue };
        if default == &json!({})
            && found.is_object()
            && !found.as_object().is_some_and(serde_json::Map::is_empty)
        {
            continue;
        }
        assert_eq!(found, default, "{path}");
        count += 1;
    }
    assert!(count > 60, "{count}");
}

/// Everything the schema says of one value: a value just outside is refused, one just inside is not
/// refused for its own sake.
#[test]
fn bounds_of_the_schema_are_those_of_the_parser() {
    let mut count = 0;
    for (path, (field, _)) in all_fields() {
        let Some((file, whole)) =
            ["full.yaml", "existing-vpc.yaml", "aurora.yaml", "private-chain.yaml"]
                .into_iter()
                .map(|file| (file, example(file)))
                .find(|(_, whole)| at(whole, &path).is_some())
        else {
            continue;
        };
        let of_field = |value: &Value| {
            let mut changed = whole.clone();
            put(&mut changed, &path, value);
            match parse(file, &changed.to_string()) {
                Ok(_) => false,
                Err(invalid) => invalid.problems().iter().any(|problem| {
                    let own = matches!(
                        problem.code(),
                        Code::InvalidValue
                            | Code::UnknownValue
                            | Code::WrongType
                            | Code::Count
                            | Code::NeedsQuotes
                    );
                    let place = problem.path().replace("[0]", "").replace("[1]", "");
                    // Of so many of the same thing, other problems are told first.
                    let crowded = problem.code() == Code::TooManyProblems;
                    crowded || own && (place == path || place.starts_with(&format!("{path}[")))
                }),
            }
        };
        for (bound, outside) in [("minimum", -1_i64), ("maximum", 1)] {
            if let Some(bound) = field[bound].as_i64() {
                assert!(of_field(&json!(bound + outside)), "{path} takes {}", bound + outside);
                assert!(!of_field(&json!(bound)), "{path} does not take {bound}");
                count += 1;
            }
        }
        for value in field["enum"].as_array().into_iter().flatten() {
            assert!(!of_field(value), "{path} does not take {value}");
            count += 1;
        }
        if field["enum"].is_array() {
            assert!(of_field(&json!("something else")), "{path} takes anything");
        }
        let wrong = if field["type"] == "string" { json!({}) } else { json!("x y") };
        assert!(of_field(&wrong), "{path} takes {wrong}");
        if field["type"] == "string" && field["enum"].is_null() {
            let longest = usize::try_from(field["maxLength"].as_u64().unwrap_or_default())
                .unwrap_or_default();
            assert!(longest > 0, "{path} may be of any length");
            let long = of_field(&json!("a".repeat(longest + 1)));
            let is_toml = path.ends_with("extraToml");
            assert!(
                long || is_toml || path.ends_with("value"),
                "{path} takes {} characters",
                longest + 1
            );
            count += 1;
        }
        if let Some(most) = field["maxItems"].as_u64() {
            let item =
                at(&whole, &path).and_then(|list| list.get(0)).cloned().unwrap_or(json!("a"));
            let items = vec![item; usize::try_from(most).unwrap_or_default() + 1];
            assert!(of_field(&json!(items)), "{path} takes more than {most} items");
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

/// Whatever the parser takes and completes, the schema takes as well: so no editor marks what is right.
#[test]
fn the_schema_takes_what_the_parser_takes() {
    let schema = schema();
    let validator = sure(jsonschema::validator_for(&schema));
    for (name, text) in examples() {
        for document in sure(parse(&name, &text)) {
            let complete = sure(serde_json::to_value(&document.node));
            let errors: Vec<String> = validator
                .iter_errors(&complete)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        }
    }
}

/// Together the examples write every field there is: nobody has to guess how one is written.
#[test]
fn the_examples_write_every_field() {
    let mut missing: BTreeSet<String> = all_fields().into_keys().collect();
    for (name, text) in examples() {
        let document = &sure(parse(&name, &text))[0];
        missing.retain(|path| {
            let mut paths = vec![String::new()];
            for name in path.split('.') {
                // A field may stand in any item of any list.
                paths = paths
                    .into_iter()
                    .flat_map(|before| {
                        let plain = if before.is_empty() {
                            name.to_owned()
                        } else {
                            format!("{before}.{name}")
                        };
                        let items = (0..4).map(|i| format!("{plain}[{i}]")).collect::<Vec<_>>();
                        std::iter::once(plain).chain(items)
                    })
                    .filter(|path| document.place(path).is_some())
                    .collect();
            }
            paths.is_empty()
        });
    }
    // A choice the examples make otherwise, and what is written as a whole.
    let others = [
        "spec.network.vpc.existing.vpc.tags",
        "spec.network.vpc.existing.publicSubnets.ids",
        "spec.network.vpc.existing.privateSubnets.tags",
    ];
    missing.retain(|path| !others.contains(&path.as_str()) && !path.starts_with("spec.secrets."));
    assert!(missing.is_empty(), "{missing:#?}");
}
