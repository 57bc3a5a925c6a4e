//! The Kubernetes `CustomResourceDefinition` of a node.

use serde_json::{Map, Value, json};

use crate::{node::KIND, schema};

const GROUP: &str = "clctl.dev";
const VERSION: &str = "v1alpha1";

/// The `CustomResourceDefinition` (`apiextensions.k8s.io/v1`) under which the very same file is a custom
/// resource.
pub fn crd() -> Value {
    let plural = format!("{}s", KIND.to_lowercase());
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{GROUP}") },
        "spec": {
            "group": GROUP,
            "names": {
                "kind": KIND,
                "listKind": format!("{KIND}List"),
                "plural": plural,
                "singular": KIND.to_lowercase(),
                "shortNames": ["cln"],
                "categories": ["all"],
            },
            "scope": "Namespaced",
            "versions": [{
                "name": VERSION,
                "served": true,
                "storage": true,
                "subresources": { "status": {} },
                "additionalPrinterColumns": columns(),
                "schema": { "openAPIV3Schema": structural(schema::raw(), &Place::root()) },
            }],
        },
    })
}

fn columns() -> Value {
    let condition = |kind: &str| format!(".status.conditions[?(@.type==\"{kind}\")].status");
    json!([
        { "name": "Ready", "type": "string", "jsonPath": condition("Ready"), "description": "Whether everything is as declared, and a node is active." },
        { "name": "Region", "type": "string", "jsonPath": ".spec.aws.region" },
        { "name": "Version", "type": "string", "jsonPath": ".spec.nodes.chainlink.version", "description": "The release of the Chainlink node." },
        { "name": "Database", "type": "string", "jsonPath": ".spec.database.version", "priority": 1, "description": "The version of PostgreSQL." },
        { "name": "Account", "type": "string", "jsonPath": ".spec.aws.accountId", "priority": 1 },
        { "name": "Paused", "type": "boolean", "jsonPath": ".spec.policies.pause", "priority": 1 },
        { "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp" },
    ])
}

/// Where in the schema something is.
struct Place {
    /// How many mappings around it.
    depth: usize,
    /// Whether a list is among them: what is in one cannot be compared with what it was.
    listed: bool,
}

impl Place {
    fn root() -> Self {
        Self { depth: 0, listed: false }
    }

    fn within(&self, listed: bool) -> Self {
        Self { depth: self.depth + 1, listed: self.listed || listed }
    }
}

/// What Kubernetes takes of a schema, and what it needs besides.
///
/// <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>
fn structural(schema: &Value, place: &Place) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    let mut out = Map::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            // Fields that are not known are pruned, or refused under strict validation: there is no need
            // to say so, and no way.
            "$schema" | "title" | "x-clctl" => continue,
            "additionalProperties" if !value.is_object() => continue,
            "properties" => properties(value, place),
            "items" | "additionalProperties" => structural(value, &place.within(true)),
            _ => value.clone(),
        };
        out.insert(name.clone(), value);
    }
    let is_scalar = matches!(
        fields.get("type").and_then(Value::as_str),
        Some("string" | "integer" | "boolean")
    );
    let is_refused = schema["x-clctl"]["change"] == "refused";
    if is_scalar && is_refused && !place.listed {
        let effect = schema["x-clctl"]["effect"].as_str().unwrap_or("it is never changed");
        let rule = json!([{ "rule": "self == oldSelf", "message": format!("cannot be changed: {effect}") }]);
        out.insert("x-kubernetes-validations".to_owned(), rule);
    }
    Value::Object(out)
}

fn properties(properties: &Value, place: &Place) -> Value {
    let fields = properties.as_object().into_iter().flatten();
    let fields = fields.map(|(name, schema)| {
        let schema = match (place.depth, name.as_str()) {
            // Of metadata a schema may say what a name is, and nothing else.
            (0, "metadata") => json!({
                "type": "object",
                "properties": { "name": structural(&schema["properties"]["name"], &Place { depth: 1, listed: true }) },
            }),
            (0, "status") => json!({
                "type": "object",
                "description": schema["description"],
                "x-kubernetes-preserve-unknown-fields": true,
            }),
            // An API server looks at these before anybody's schema.
            (0, "apiVersion" | "kind") => {
                json!({ "type": "string", "description": schema["description"] })
            }
            _ => structural(schema, &place.within(false)),
        };
        (name.clone(), schema)
    });
    Value::Object(fields.collect())
}
