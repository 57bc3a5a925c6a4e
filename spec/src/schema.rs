//! The JSON Schema of `node.yaml`, made from the types that read it.

use std::sync::{LazyLock, OnceLock};

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

use crate::{node::NodeFields, suggest::normal};

/// The JSON Schema (draft 2020-12) of `node.yaml`, for editors.
///
/// Everything is inline and structural in the sense of Kubernetes, so that a custom resource
/// definition is made from it by taking keywords away. What editors show of a field is its
/// description: hence what else is known of it stands there as well.
pub fn schema() -> Value {
    let mut schema = raw().clone();
    tell(&mut schema);
    schema
}

/// The schema as the types have it.
pub(crate) fn raw() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let generator = SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .with_transform(RecursiveTransform(one_of_to_enum as fn(&mut Schema)))
            .with_transform(RecursiveTransform(tidy as fn(&mut Schema)))
            .into_generator();
        generator.into_root_schema_for::<NodeFields>().to_value()
    })
}

/// Puts what is known of a field into its description.
fn tell(schema: &mut Value) {
    let about = |schema: &Value, name: &str| {
        schema["x-clctl"].get(name).and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let told: Vec<String> = [
        about(schema, "unit").map(|unit| format!("Unit: {unit}.")),
        about(schema, "default").map(|default| format!("Default: {default}.")),
        about(schema, "change").filter(|change| change != "in-place").map(|change| {
            match about(schema, "effect") {
                Some(effect) => format!("A change of it is {}: {effect}.", kind_of(&change)),
                None => format!("A change of it is {}.", kind_of(&change)),
            }
        }),
        about(schema, "source")
            .filter(|source| source.starts_with("https:"))
            .map(|source| format!("See {source}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let (Some(description), false) = (schema["description"].as_str(), told.is_empty()) {
        schema["description"] = json!(format!("{description}\n\n{}", told.join("\n\n")));
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner).filter(|inner| inner.is_object()) {
            tell(inner);
        }
    }
    for field in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        tell(field.1);
    }
}

fn kind_of(change: &str) -> &str {
    match change {
        "interrupts" => "made, and interrupts",
        "replaces" => "made by replacing",
        other => other,
    }
}

/// Several constants, each with its description, become one enum: structural schemas know no `const`.
fn one_of_to_enum(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let Some(values) =
        choices.iter().map(|choice| choice.get("const").cloned()).collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let described = choices.iter().filter_map(|choice| {
        let description = choice.get("description")?.as_str()?;
        Some(format!("`{}`: {description}", choice.get("const")?.as_str()?))
    });
    let own = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let description = own.into_iter().chain(described).collect::<Vec<_>>().join("\n\n");
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(values));
    schema.insert("description".to_owned(), json!(description));
}

/// The same for a single constant; and descriptions are paragraphs, not lines of source code.
fn tidy(schema: &mut Schema) {
    if let Some(value) = schema.remove("const") {
        schema.insert("enum".to_owned(), json!([value]));
    }
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs = description.split("\n\n").map(|lines| lines.replace('\n', " "));
        *description = paragraphs.collect::<Vec<_>>().join("\n\n");
    }
}

/// The fields of a mapping: none, of anything else.
pub(crate) fn properties(schema: &Value) -> &Map<String, Value> {
    static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    schema.get("properties").and_then(Value::as_object).unwrap_or(&NONE)
}

/// What is in a list; the schema itself, if it is none.
pub(crate) fn items(schema: &Value) -> &Value {
    schema.get("items").unwrap_or(schema)
}

/// The fields of the mapping at `path`.
pub(crate) fn fields(path: &str) -> Vec<&'static str> {
    at(path).map(properties).into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// What the field at `path` is for, in one sentence.
pub(crate) fn summary(path: &str) -> Option<&'static str> {
    let description = at(path)?.get("description")?.as_str()?;
    Some(description.split_once(". ").map_or(description, |(first, _)| first).trim_end_matches('.'))
}

/// How the field at `path` is written, if that has to be said.
pub(crate) fn example(path: &str) -> Option<&'static str> {
    at(path)?["x-clctl"]["example"].as_str().filter(|example| !example.contains('\n'))
}

/// The value of the field at `path`, if there is only one it can have.
pub(crate) fn only_value(path: &str) -> Option<&'static str> {
    match at(path)?.get("enum")?.as_array()?.as_slice() {
        [value] => value.as_str(),
        _ => None,
    }
}

fn at(path: &str) -> Option<&'static Value> {
    let mut names = path.split('.').filter(|name| !name.is_empty());
    names.try_fold(raw(), |schema, name| {
        // Places in lists make no difference.
        let (name, listed) = name.split_once('[').map_or((name, false), |(name, _)| (name, true));
        let field = properties(schema).get(name)?;
        if listed { field.get("items") } else { Some(field) }
    })
}

/// Whether there is a field of this name anywhere.
pub(crate) fn exists(name: &str) -> bool {
    !paths(name).is_empty()
}

/// The field of this name that is meant, if only one can be: the one nearest to `around`.
pub(crate) fn nearest(name: &str, around: &str) -> Option<String> {
    let around: Vec<&str> =
        around.split('.').map(|it| it.split('[').next().unwrap_or_default()).collect();
    let shared = |path: &String| path.split('.').zip(&around).take_while(|(a, b)| a == *b).count();
    let paths = paths(name);
    let most = paths.iter().map(shared).max()?;
    let mut nearest = paths.into_iter().filter(|path| shared(path) == most);
    let first = nearest.next()?;
    nearest.next().is_none().then_some(first)
}

/// Every field of this name.
fn paths(name: &str) -> Vec<String> {
    fn collect(schema: &Value, path: &str, name: &str, found: &mut Vec<String>) {
        for (field, inner) in properties(items(schema)) {
            let path = format!("{path}{field}");
            if normal(field) == normal(name) {
                found.push(path.clone());
            }
            collect(inner, &format!("{path}."), name, found);
        }
    }
    let mut found = Vec::new();
    collect(raw(), "", name, &mut found);
    found
}
