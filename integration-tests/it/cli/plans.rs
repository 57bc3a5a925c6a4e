//! Plans in every form, of every example.

use clctl_simulator::{Seed, Settings};
use serde_json::json;

use crate::{client::Client, harness::virtually};

use super::support::{Place, root, same};

fn examples() -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    all.sort();
    assert!(all.len() > 6, "{all:?}");
    all
}

/// What an example asks for that cannot be done yet, and cannot be left out.
fn refused(example: &str) -> Option<&'static str> {
    match example {
        "full" => Some("spec.aws.assumeRole"),
        _ => None,
    }
}

/// The example that is about what the user has already.
const EXISTING: &str = "existing-vpc";

/// The examples that need nothing but an account.
fn alone() -> impl Iterator<Item = String> {
    examples().into_iter().filter(|it| refused(it).is_none() && it != EXISTING)
}

#[test]
fn an_example_that_cannot_be_done_yet_is_refused_for_its_reason() {
    let place = Place::sandbox(Settings::calm());
    for (example, path) in examples().iter().filter_map(|name| Some((name, refused(name)?))) {
        let file = format!("examples/{example}.yaml");
        place.run(&["validate", "-f", &file]).ends(0);
        let ran = place.run(&["apply", "-f", &file]).ends(7);
        assert!(ran.err.contains(path), "{ran}");
    }
}

#[test]
fn every_example_is_planned_in_every_form() {
    for example in alone() {
        let place = Place::sandbox(Settings::calm());
        let file = format!("examples/{example}.yaml");
        for form in ["text", "markdown", "json", "yaml", "name"] {
            let ran = place.run(&["diff", "-f", &file, "-o", form]).ends(1).says_sandbox();
            same!(place, format!("plan_{example}_{form}"), ran);
        }
    }
}

#[test]
fn every_example_is_valid_applied_found_as_declared_and_removed() {
    for example in alone() {
        let place = Place::sandbox(Settings::calm());
        let file = place.unprotected(&example);
        place.run(&["validate", "-f", &file]).ends(0);
        place.run(&["apply", "-f", &file]).ends(0).says("is Ready");
        place.run(&["diff", "-f", &file]).ends(0).says("No changes");
        place.run(&["delete", "--yes", "-f", &file]).ends(0).says("deleted");
    }
}

#[test]
fn the_json_of_a_plan_has_what_its_schema_says() {
    let place = Place::sandbox(Settings::calm());
    let plan = place.run(&["diff", "-f", "examples/node.yaml", "-o", "json"]).json();
    let schema = std::fs::read_to_string(root().join("docs/schemas/diff.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let keys = |of: &serde_json::Value| -> Vec<String> {
        of.as_object().unwrap().keys().cloned().collect()
    };
    let mut required: Vec<String> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap().to_owned())
        .collect();
    required.sort();
    for (what, keys) in [("plan", keys(&plan)), ("schema", keys(&schema["properties"]))] {
        for key in &required {
            assert!(keys.contains(key), "{what} has no {key}");
        }
    }
    for key in keys(&plan) {
        assert!(schema["properties"][&key].is_object(), "the schema has no {key}");
    }
    let step = keys(&plan["steps"][0]);
    for key in step {
        let known = &schema["$defs"]["StepView"]["properties"][&key];
        assert!(known.is_object(), "the schema of a step has no {key}");
    }
    assert_eq!(plan["sandbox"], true);
}

/// What hinders a single node is said of it: its kind was read.
#[test]
fn what_depends_on_something_that_is_not_there_says_so() {
    let place = Place::sandbox(Settings::calm());
    let text = std::fs::read_to_string(root().join("examples/node.yaml")).unwrap();
    let file = place.write("node.yaml", &text.replace("{name: operations}", "{name: operation}"));
    place.run(&["diff", "-f", &file]).ends(5).says(
        "? launch-template/nodes\n      could not be read: the key pair operation is not in the region",
    );
}

/// Makes what that example names, and gives its text with the ids that this has.
fn belongings(place: &Place) -> String {
    let text = std::fs::read_to_string(root().join(format!("examples/{EXISTING}.yaml"))).unwrap();
    let simulator = place.world();
    let made = simulator.edit(|world| world.seed(Seed::OpenNetwork)).unwrap();
    let id = |name: &str| made.iter().find(|it| it.0 == name).unwrap().1.clone();
    let somebody =
        Client { simulator: simulator.clone(), region: "us-east-1", key: "AKIASOMEBODY" };
    let (key, secret) = virtually(async {
        // What the documents ask of whoever wants logs to be encrypted with it.
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
              "Action": "kms:*", "Resource": "*" },
            { "Effect": "Allow", "Principal": { "Service": "logs.us-east-1.amazonaws.com" },
              "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
              "Resource": "*" },
        ] });
        let key = json!({ "Policy": policy.to_string() });
        let key = somebody.kms("CreateKey", key).await.good();
        let key = key.value()["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        let secret = json!({
            "Name": "oracles/keystore", "SecretString": "correct-horse-battery-staple", "KmsKeyId": key,
            "ClientRequestToken": "11111111-1111-1111-1111-111111111111",
        });
        let secret = somebody.secrets("CreateSecret", secret).await.good();
        let secret = secret.value()["ARN"].as_str().unwrap().to_owned();
        somebody.wait(300).await;
        (key, secret)
    });
    [
        ("vpc-0123456789abcdef0", id("user-vpc")),
        ("subnet-0123456789abcdef0", id("user-private-a")),
        ("subnet-0123456789abcdef1", id("user-private-b")),
        ("arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012", key),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:oracles/keystore-AbCdEf", secret),
        ("{secret: amoy-http}", "{value: \"https://rpc.example.com\", public: true}".to_owned()),
        ("{secret: amoy-websocket}", "{value: \"wss://rpc.example.com\", public: true}".to_owned()),
        ("\n  nodes:\n", "\n  database: {deletionProtection: false}\n\n  nodes:\n".to_owned()),
    ]
    .iter()
    .fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

#[test]
fn what_is_built_in_an_existing_vpc_says_what_is_missing_there() {
    let place = Place::sandbox(Settings::calm());
    let file = format!("examples/{EXISTING}.yaml");
    let ran = place.run(&["diff", "-f", &file]).ends(5).says_sandbox();
    same!(place, "plan_existing-vpc_missing", ran);
}

#[test]
fn an_existing_vpc_is_built_in_and_left() {
    let place = Place::sandbox(Settings::calm());
    let file = place.write("existing-vpc.yaml", &belongings(&place));
    same!(place, "plan_existing-vpc_text", place.run(&["diff", "-f", &file]).ends(1));
    place.run(&["apply", "-f", &file]).ends(0).says("is Ready");
    place.run(&["diff", "-f", &file]).ends(0).says("No changes");
    place.run(&["delete", "--yes", "-f", &file]).ends(0).says("deleted");
}
