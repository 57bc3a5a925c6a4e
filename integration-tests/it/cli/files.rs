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
    let fine = place.write("fine.yaml", &spec("fine", "  access:\n    guiCidrs: [0.0.0.0/0]\n"));
    for form in ["table", "json", "yaml", "name"] {
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
        "spec": { "aws": { "region": "us-east-1" }, "availabilityZones": ["us-east-1a", "us-east-1b"] },
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
    let json = place.run(&["validate", "-f", &a, "-f", &b, "-o", "json"]).ends(3).json();
    assert_eq!(json["valid"], false);
    assert_eq!(json["conflicts"].as_array().unwrap().len(), 1);
}

#[test]
fn chapters_that_are_not_built_are_named() {
    let place = Place::sandbox(Settings::calm());
    let file = place.write("node.yaml", &spec("later", "  database:\n    engine: postgres\n"));
    let ran = place.run(&["diff", "-f", &file]);
    assert!(ran.code == 1 || ran.code == 3, "{ran}");
    ran.says("not built");
}
