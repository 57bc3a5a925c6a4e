//! The files a command is given.

use clctl_simulator::Settings;

use super::support::{Place, QUICK, same, spec};

const BROKEN: &str = "apiVersion: clctl.dev/v1alpha1
kind: ChainlinkNode
metadata:
  name: Broken_Name
spec:
  aws:
    region: us-east-1
    acountId: 123
  availabilityZones: [us-east-1a]
";

#[test]
fn validate_reports_everything_in_every_form() {
    let place = Place::new();
    let broken = place.write("broken.yaml", BROKEN);
    let fine = place.write(
        "fine.yaml",
        &spec("fine", "  gui: {allowedCidrs: [0.0.0.0/0], allowFromAnywhere: true}\n"),
    );
    for form in ["text", "json", "yaml", "name", "report"] {
        let ran = place.run(&["validate", "-f", &broken, "-f", &fine, "-o", form]).ends(3);
        same!(place, format!("validate_{form}"), ran);
    }
    let ran = place.run(&["validate", "-f", &fine]).ends(0);
    same!(place, "validate_fine", ran);
    // A broken document, and nothing is done for the others.
    let place = Place::sandbox(Settings::calm());
    let broken = place.write("broken.yaml", BROKEN);
    let fine = place.write("fine.yaml", &spec("fine", QUICK));
    for verb in ["apply", "diff", "delete", "get", "describe"] {
        let ran = place.run(&[verb, "-f", &fine, "-f", &broken, "--show-calls"]).ends(3);
        assert!(ran.out.is_empty() && !ran.err.contains("call "), "{ran}");
    }
    let ran = place.run(&["--color", "always", "validate", "-f", &broken]).ends(3);
    assert!(ran.err.contains("\u{1b}["), "colour was asked for: {ran}");
}

#[test]
fn a_folder_and_standard_input_and_several_documents() {
    let place = Place::sandbox(Settings::calm());
    place.write("dir/a.yaml", &spec("one", QUICK));
    place.write("dir/b.yml", &format!("{}---\n{}", spec("two", QUICK), spec("three", QUICK)));
    place.write("dir/ignored.txt", "no spec");
    let folder = place.path("dir").to_str().unwrap().to_owned();
    let names = place.run(&["validate", "-f", &folder, "-o", "name"]).ends(0);
    assert_eq!(names.out, "chainlinknode/one\nchainlinknode/two\nchainlinknode/three\n");
    let names = place.run_with_input(&["validate", "-f", "-", "-o", "name"], &spec("in", QUICK));
    assert_eq!(names.ends(0).out, "chainlinknode/in\n");
    // A file that is named twice is read once.
    let file = place.path("dir/a.yaml").to_str().unwrap().to_owned();
    let names = place.run(&["validate", "-f", &folder, "-f", &file, "-o", "name"]).ends(0);
    assert_eq!(names.out.lines().count(), 3, "{names}");
    let json = serde_json::json!({
        "apiVersion": "clctl.dev/v1alpha1", "kind": "ChainlinkNode", "metadata": { "name": "json" },
        "spec": {
            "aws": { "region": "us-east-1" },
            "availabilityZones": ["us-east-1a", "us-east-1b"],
            "nodes": { "adminEmail": "oracles@example.com", "chains": [{
                "chainId": 11_155_111,
                "rpc": [{ "name": "a", "httpUrl": { "secret": "a" }, "webSocketUrl": { "secret": "b" } }],
            }] },
        },
    });
    let file = place.write("node.json", &json.to_string());
    place.run(&["validate", "-f", &file]).ends(0).says("chainlinknode/json is valid");
}

#[test]
fn one_environment_in_two_files_is_refused() {
    let place = Place::sandbox(Settings::calm());
    let a = place.write("a.yaml", &spec("twin", QUICK));
    let b = place.write("b.yaml", &spec("twin", ""));
    let ran = place.run(&["apply", "-f", &a, "-f", &b]).ends(3);
    same!(place, "twins", ran);
    let json = place.run(&["validate", "-f", &a, "-f", &b, "-o", "report"]).ends(3).json();
    assert_eq!(json["valid"], false);
    assert_eq!(json["conflicts"].as_array().unwrap().len(), 1);
}

#[test]
fn chapters_that_are_not_built_are_named() {
    let place = Place::sandbox(Settings::calm());
    let file = place.write(
        "node.yaml",
        &spec(
            "later",
            "  gui: {allowedCidrs: [203.0.113.77/32]}\n  backup: {copyToRegion: eu-west-1}\n",
        ),
    );
    let ran = place.run(&["diff", "-f", &file]).ends(1);
    let ran = ran.says("Not built yet, so not compared: ").says("spec.backup.");
    // What is built is.
    ran.says("203.0.113.77");
}

/// What cannot be left out without the rest meaning something else.
#[test]
fn what_cannot_be_left_out_is_refused() {
    let place = Place::sandbox(Settings::calm());
    let full = include_str!("../../../examples/full.yaml");
    for (name, text) in [
        ("assume_role", full.to_owned()),
        ("tenancy", spec("dedicated", "  network: {vpc: {create: {tenancy: dedicated}}}\n")),
        (
            "windows",
            spec("window", "  policies: {maintenanceWindows: [\"sun:02:00-sun:06:00\"]}\n"),
        ),
        ("drift", spec("drift", "  policies: {drift: {resources: {subnet: Warn}}}\n")),
    ] {
        let file = place.write("node.yaml", &text);
        for verb in ["apply", "diff", "get", "delete"] {
            let ran = place.run(&[verb, "-f", &file, "--show-calls"]).ends(7);
            assert!(ran.err.contains("nothing was done") && !ran.err.contains("call "), "{ran}");
            if verb == "apply" {
                same!(place, format!("refused_{name}"), ran);
            }
        }
        place.run(&["validate", "-f", &file]).ends(0).says("refuse it");
    }
}

#[test]
fn what_is_paused_is_looked_at_and_left() {
    let place = Place::sandbox(Settings::calm());
    let file = place.write("node.yaml", &spec("calm", QUICK));
    place.run(&["apply", "-f", &file]).ends(0);
    let paused = format!("{}  policies: {{pause: true}}\n", spec("calm", "  access: {}\n"));
    place.write("node.yaml", &paused);
    place.run(&["diff", "-f", &file]).ends(1);
    for verb in ["apply", "delete"] {
        let ran = place.run(&[verb, "-f", &file, "--yes", "--show-calls"]).ends(7);
        assert!(!ran.err.contains("call "), "{ran}");
    }
    same!(place, "paused", place.run(&["apply", "-f", &file, "--yes"]).ends(7));
    place.run(&["apply", "-f", &file, "--dry-run"]).says("to create");
}

#[test]
fn the_complete_object_is_a_file_again() {
    let place = Place::new();
    let file = place.write("node.yaml", &spec("whole", QUICK));
    for form in ["yaml", "json"] {
        let whole = place.run(&["validate", "-f", &file, "-o", form]).ends(0);
        let again = place.write(&format!("again.{form}"), &whole.out);
        let second = place.run(&["validate", "-f", &again, "-o", form]).ends(0);
        assert_eq!(second.out, whole.out);
    }
    let two = place.run(&["validate", "-f", &file, "-f", "examples/minimal.yaml", "-o", "yaml"]);
    let two = place.write("two.yaml", &two.ends(0).out);
    let names = place.run(&["validate", "-f", &two, "-o", "name"]).ends(0);
    assert_eq!(names.out, "chainlinknode/whole\nchainlinknode/minimal\n");
    let list = place.run(&["validate", "-f", &two, "-o", "json"]).ends(0).json();
    assert_eq!((&list["kind"], list["items"].as_array().map(Vec::len)), (&"List".into(), Some(2)));
}

#[test]
fn fields_are_explained() {
    let place = Place::new();
    for (name, words) in [
        ("root", &[][..]),
        ("chapter", &["database"]),
        ("field", &["spec.database.engine.rds.allocatedStorage"]),
        ("choice", &["network.vpc"]),
        ("in_a_list", &["nodes.chains.rpc.httpUrl"]),
        ("derived", &["network.vpc.create.publicSubnets"]),
        ("tree", &["gui", "--recursive"]),
        ("data", &["database.port", "-o", "json"]),
    ] {
        let words: Vec<&str> = ["explain"].iter().chain(words).copied().collect();
        same!(place, format!("explain_{name}"), place.run(&words).ends(0));
    }
    for (name, path) in
        [("near", "databse"), ("elsewhere", "database.region"), ("leaf", "database.port.x")]
    {
        same!(place, format!("explain_unknown_{name}"), place.run(&["explain", path]).ends(2));
    }
}

#[test]
fn the_schema_is_printed() {
    let place = Place::new();
    let schema = place.run(&["schema"]).ends(0);
    assert_eq!(schema.out, include_str!("../../../spec/node.schema.json"));
    let crd = place.run(&["schema", "--crd", "-o", "yaml"]).ends(0);
    assert!(
        crd.out
            .starts_with("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n")
    );
    assert_eq!(place.run(&["schema", "--crd"]).ends(0).json()["kind"], "CustomResourceDefinition");
}
