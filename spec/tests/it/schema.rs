//! The schema that is checked in is the one of the types, and says what they say.

use clctl_spec::schema;
use serde_json::Value;

use crate::common::visit;

const REGENERATE: &str = "cargo run -p clctl-spec --example schema > spec/node.schema.json";

#[test]
fn the_schema_is_checked_in() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/node.schema.json");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let stored: Value = serde_json::from_str(&text).unwrap_or_default();
    assert!(
        stored == schema(),
        "spec/node.schema.json is not up to date; run\n\n    {REGENERATE}\n"
    );
    let pretty = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    assert!(
        text == pretty + "\n",
        "spec/node.schema.json is formatted otherwise; run\n\n    {REGENERATE}\n"
    );
}

#[test]
fn the_schema_is_structural() {
    visit(&schema(), "", &mut |path, schema| {
        for keyword in ["$ref", "$defs", "anyOf", "allOf", "const", "not"] {
            assert!(schema.get(keyword).is_none(), "{path} has {keyword}");
        }
        let open = schema["x-kubernetes-preserve-unknown-fields"] == true;
        assert!(schema["type"].is_string() || open, "{path} has no type");
        if schema["properties"].is_object() {
            assert_eq!(schema["additionalProperties"], false, "{path} takes unknown fields");
        }
    });
}

#[test]
fn every_field_is_described() {
    visit(&schema(), "", &mut |path, schema| {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let described = field["description"]
                .as_str()
                .and_then(|text| text.lines().next())
                .is_some_and(|text| text.ends_with(['.', ':']));
            assert!(described, "{path}.{name} is not described");
        }
    });
}

#[test]
fn what_is_required_and_what_defaults() {
    let schema = schema();
    let required = |pointer: &str| schema.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(
        required("/required"),
        serde_json::json!(["apiVersion", "kind", "metadata", "spec"])
    );
    let spec = &schema["properties"]["spec"];
    assert_eq!(spec["required"], serde_json::json!(["aws", "availabilityZones", "nodes"]));
    let network = &spec["properties"]["network"]["properties"];
    let vpc = &network["vpc"]["properties"]["create"]["properties"];
    assert_eq!(vpc["natGateways"]["enum"], serde_json::json!(["OnePerZone", "Single"]));
    assert_eq!(vpc["natGateways"]["default"], "OnePerZone");
    assert_eq!(vpc["cidr"]["default"], "10.0.0.0/16");
    assert_eq!(vpc["enableDnsSupport"]["default"], true);
}
