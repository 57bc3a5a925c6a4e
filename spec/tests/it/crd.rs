//! The `CustomResourceDefinition` keeps the rules of the API server.
//!
//! <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>

use clctl_spec::crd;
use serde_json::Value;

use crate::common::visit;

/// What an `OpenAPI` v3 schema in a definition may have, of what there is in ours.
const KEYWORDS: [&str; 22] = [
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

fn version() -> Value {
    crd()["spec"]["versions"][0].clone()
}

fn root() -> Value {
    version()["schema"]["openAPIV3Schema"].clone()
}

#[test]
fn the_definition_is_named_as_it_must_be() {
    let crd = crd();
    assert_eq!(crd["apiVersion"], "apiextensions.k8s.io/v1");
    assert_eq!(crd["kind"], "CustomResourceDefinition");
    let spec = &crd["spec"];
    let names = &spec["names"];
    let name = format!(
        "{}.{}",
        names["plural"].as_str().unwrap_or_default(),
        spec["group"].as_str().unwrap_or_default()
    );
    assert_eq!(crd["metadata"]["name"], name);
    assert_eq!(
        clctl_spec::API_VERSION,
        format!("clctl.dev/{}", version()["name"].as_str().unwrap_or_default())
    );
    assert_eq!(names["kind"], clctl_spec::KIND);
    assert_eq!(
        (&version()["served"], &version()["storage"]),
        (&Value::from(true), &Value::from(true))
    );
}

/// Rule 1: every schema has a type, but where anything may stand. And no keyword but those the API
/// server takes.
#[test]
fn the_schema_is_structural() {
    visit(&root(), "", &mut |path, schema| {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            assert!(KEYWORDS.contains(&keyword.as_str()), "{path} has {keyword}: {value}");
        }
        let open = schema["x-kubernetes-preserve-unknown-fields"] == true;
        assert!(schema["type"].is_string() || (open && !path.is_empty()), "{path} has no type");
        let both = schema["properties"].is_object() && !schema["additionalProperties"].is_null();
        assert!(!both, "{path} has properties and additionalProperties");
        if schema["type"] == "array" {
            assert!(schema["items"].is_object(), "{path} has no items");
        }
    });
}

/// Rules 2 and 3: within `oneOf` there are only names of fields that are specified outside of it.
#[test]
fn choices_name_what_is_specified() {
    let mut count = 0;
    visit(&root(), "", &mut |path, schema| {
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            count += 1;
            let fields = choice.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
            assert_eq!(fields, Some(vec!["required".to_owned()]), "{path}");
            for name in choice["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                assert!(schema["properties"][name].is_object(), "{path}: {name}");
            }
        }
    });
    assert!(count > 3);
}

/// Rule 4: of metadata only the name may be specified.
#[test]
fn metadata_is_left_to_the_server() {
    let metadata = root()["properties"]["metadata"].clone();
    assert_eq!(metadata["type"], "object");
    let fields: Vec<_> = metadata["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    assert!(fields.iter().all(|name| name == "name" || name == "generateName"), "{fields:?}");
    let keywords: Vec<_> =
        metadata.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    assert!(
        keywords.iter().all(|it| it == "type" || it == "properties" || it == "description"),
        "{keywords:?}"
    );
}

/// Defaults are valid, and nothing of them would be pruned.
#[test]
fn defaults_are_valid() {
    let mut count = 0;
    visit(&root(), "", &mut |path, schema| {
        let Some(default) = schema.get("default") else { return };
        count += 1;
        let mut closed = schema.clone();
        close(&mut closed);
        let validator = jsonschema::validator_for(&closed);
        assert!(validator.is_ok_and(|it| it.is_valid(default)), "{path}: {default}");
        assert!(!default.is_null(), "{path}");
    });
    assert!(count > 80, "{count}");
}

/// Unknown fields are what a server prunes.
fn close(schema: &mut Value) {
    if schema["properties"].is_object() {
        schema["additionalProperties"] = Value::from(false);
    }
    for field in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        close(field.1);
    }
}

/// What is never changed is refused by the server as well; in lists there is nothing to compare with.
#[test]
fn what_is_never_changed_is_refused() {
    let mut paths = Vec::new();
    visit(&root(), "", &mut |path, schema| {
        for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
            assert_eq!(rule["rule"], "self == oldSelf", "{path}");
            assert!(
                rule["message"].as_str().is_some_and(|it| it.starts_with("cannot be changed")),
                "{path}"
            );
            assert!(!path.contains(".items") && !path.contains(".additionalProperties"), "{path}");
            // What a rule costs is estimated from what may be there at most.
            let bounded = schema["type"] != "string"
                || schema["maxLength"].is_u64()
                || schema["enum"].is_array();
            assert!(bounded, "{path} may be of any length");
            paths.push(path.to_owned());
        }
    });
    for path in [".spec.aws.region", ".spec.database.databaseName", ".spec.network.vpc.create.cidr"]
    {
        assert!(paths.iter().any(|it| it == path), "{path} is not in {paths:?}");
    }
}

#[test]
fn columns_read_what_is_there() {
    let root = root();
    for column in version()["additionalPrinterColumns"].as_array().into_iter().flatten() {
        let path = column["jsonPath"].as_str().unwrap_or_default();
        let Some(path) = path.strip_prefix(".spec.") else {
            assert!(path.starts_with(".status.") || path.starts_with(".metadata."), "{path}");
            continue;
        };
        let field = path
            .split('.')
            .fold(&root["properties"]["spec"], |here, name| &here["properties"][name]);
        assert_eq!(field["type"], column["type"], "{path}");
    }
}
