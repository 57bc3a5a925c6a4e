//! The JSON Schema of `node.yaml`, made from the types that read it.

use std::sync::OnceLock;

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

use crate::node::NodeFields;

/// The JSON Schema (draft 2020-12) of `node.yaml`.
///
/// Everything is inline and structural in the sense of Kubernetes, so that a custom resource
/// definition can be made from it by taking keywords away.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(one_of_to_enum as fn(&mut Schema)))
        .with_transform(RecursiveTransform(tidy as fn(&mut Schema)))
        .into_generator();
    generator.into_root_schema_for::<NodeFields>().to_value()
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

fn cached() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(schema)
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The fields of the mapping at `path`.
pub(crate) fn fields(path: &str) -> Vec<&'static str> {
    at(path).and_then(properties).into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// What the field at `path` is for, in one sentence.
pub(crate) fn summary(path: &str) -> Option<&'static str> {
    let description = at(path)?.get("description")?.as_str()?;
    Some(description.split_once(". ").map_or(description, |(first, _)| first).trim_end_matches('.'))
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
    names.try_fold(cached(), |schema, name| properties(schema)?.get(name))
}

/// Where else there is a field of this name.
pub(crate) fn elsewhere(name: &str) -> Option<String> {
    fn find(schema: &Value, path: &str, name: &str) -> Option<String> {
        let fields = properties(schema)?;
        if fields.contains_key(name) {
            return Some(format!("{path}{name}"));
        }
        fields.iter().find_map(|(field, inner)| find(inner, &format!("{path}{field}."), name))
    }
    find(cached(), "", name)
}
