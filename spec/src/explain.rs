//! What is known of each field, for people who write a file: `clctl explain`.
//!
//! All of it is read from the schema, and that comes from the types that read the file.

use serde::Serialize;
use serde_json::Value;

use crate::{
    schema::{self, items, properties},
    suggest::closest,
};

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// Its path: `spec.database.port`. A list's items have the path of the list.
    pub path: String,
    /// Its type, as kubectl writes types: `string`, `[]string`, `map[string]string`.
    pub r#type: String,
    /// Whether it must be written.
    pub required: bool,
    /// What it means.
    pub description: String,
    /// What it is when it is left out, if that is one value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What it is when it is left out, if that depends on something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derived_default: Option<String>,
    /// What may be written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// What it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How it may be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// What a change of it costs: `in-place`, `interrupts`, `replaces` or `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// What a change of it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// The document behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The fields in it: those that must be written first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Self>,
}

/// A path that leads to no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no field {path}")]
pub struct UnknownField {
    /// The path as far as it leads, and the name that leads nowhere.
    pub path: String,
    /// What may be meant.
    pub near: Option<String>,
    /// The names that lead on from there.
    pub known: Vec<String>,
}

/// What is known of the field at `path`, and of those below it. The root for an empty path; what begins
/// with no field of the root is looked for below `spec`. Places in lists (`[0]` or `.0`) make no difference.
///
/// # Errors
/// If there is no such field.
pub fn explain(path: &str) -> Result<Explained, UnknownField> {
    let names: Vec<&str> = path
        .split('.')
        .map(|name| name.split('[').next().unwrap_or_default())
        .filter(|name| !name.is_empty() && !name.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    let root = schema::raw();
    let of_root = names.first().is_none_or(|first| properties(root).contains_key(*first));
    let names: Vec<&str> =
        if of_root { names } else { ["spec"].into_iter().chain(names).collect() };

    let mut here = Field { schema: root, required: true };
    let mut path = String::new();
    for name in names {
        let inner = items(here.schema);
        let Some(next) = field(inner, name) else {
            return Err(unknown(&path, name, inner));
        };
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        here = next;
    }
    Ok(explained(here, path))
}

#[derive(Clone, Copy)]
struct Field<'a> {
    schema: &'a Value,
    required: bool,
}

fn explained(Field { schema, required }: Field<'_>, path: String) -> Explained {
    let inner = items(schema);
    let about = |name: &str| {
        schema.get("x-clctl").and_then(|about| about.get(name)).and_then(Value::as_str)
    };
    let mut fields: Vec<Explained> = properties(inner)
        .keys()
        .filter_map(|name| {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            Some(explained(field(inner, name)?, below))
        })
        .collect();
    fields.sort_by_key(|field| !field.required);
    Explained {
        r#type: type_of(schema),
        required,
        description: schema["description"].as_str().unwrap_or_default().to_owned(),
        default: schema.get("default").cloned(),
        derived_default: about("default").map(ToOwned::to_owned),
        allowed: allowed(schema),
        unit: about("unit").map(ToOwned::to_owned),
        example: about("example").map(ToOwned::to_owned),
        change: about("change").map(ToOwned::to_owned),
        effect: about("effect").map(ToOwned::to_owned),
        source: about("source").map(ToOwned::to_owned),
        fields,
        path,
    }
}

fn field<'a>(schema: &'a Value, name: &str) -> Option<Field<'a>> {
    let Some(found) = properties(schema).get(name) else {
        // Names of the user's choice.
        let values = schema.get("additionalProperties").filter(|values| values.is_object())?;
        return Some(Field { schema: values, required: false });
    };
    let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
    Some(Field { schema: found, required })
}

fn unknown(path: &str, name: &str, schema: &Value) -> UnknownField {
    let known: Vec<String> = properties(schema).keys().cloned().collect();
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let near = closest(name, known.iter().map(String::as_str)).map(below);
    UnknownField { path: below(name), near: near.or_else(|| schema::nearest(name, path)), known }
}

fn type_of(schema: &Value) -> String {
    match schema["type"].as_str() {
        Some("array") => format!("[]{}", type_of(&schema["items"])),
        Some("object") if schema["additionalProperties"].is_object() => {
            format!("map[string]{}", type_of(&schema["additionalProperties"]))
        }
        Some(kind) => kind.to_owned(),
        None => "any".to_owned(),
    }
}

fn allowed(schema: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let number = |name: &str| schema.get(name).and_then(Value::as_u64);
    let inner = items(schema);
    if let Some(values) = inner["enum"].as_array() {
        let values: Vec<String> = values.iter().map(plain).collect();
        all.push(values.join(", "));
    }
    if let (Some(least), Some(most)) = (number("minimum"), number("maximum")) {
        all.push(format!("{least} to {most}"));
    }
    match (number("minItems"), number("maxItems")) {
        (Some(least), Some(most)) if least == most => all.push(format!("{least} entries")),
        (Some(least), Some(most)) => all.push(format!("{least} to {most} entries")),
        (None, Some(most)) => all.push(format!("up to {most} entries")),
        (_, None) => {}
    }
    match (number("minProperties"), number("maxProperties")) {
        (Some(1), Some(1)) => all.push("exactly one of the fields below".to_owned()),
        (Some(0), Some(1)) => all.push("one of the fields below".to_owned()),
        (_, Some(most)) => all.push(format!("up to {most} entries")),
        (_, None) => {}
    }
    if schema["oneOf"].is_array() || inner["oneOf"].is_array() {
        let choices = inner["oneOf"].as_array().into_iter().flatten();
        let names: Vec<String> = choices.map(|choice| plain(&choice["required"][0])).collect();
        all.push(format!("exactly one of {}", names.join(", ")));
    }
    if let Some(pattern) = inner["pattern"].as_str() {
        all.push(format!("text that matches {pattern}"));
    }
    if let Some(longest) = inner["maxLength"].as_u64() {
        all.push(format!("up to {longest} characters"));
    }
    all
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
