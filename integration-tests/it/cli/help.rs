//! Help, version and completions.

use super::support::{Place, root, same};

#[test]
fn help_of_every_verb() {
    let place = Place::new();
    for verb in [
        vec![],
        vec!["apply"],
        vec!["diff"],
        vec!["delete"],
        vec!["get"],
        vec!["describe"],
        vec!["graph"],
        vec!["validate"],
        vec!["sandbox"],
        vec!["sandbox", "status"],
        vec!["sandbox", "reset"],
        vec!["sandbox", "seed"],
        vec!["sandbox", "drift"],
        vec!["sandbox", "serve"],
        vec!["secret"],
        vec!["secret", "put"],
        vec!["secret", "list"],
        vec!["adopt"],
        vec!["release"],
        vec!["tunnel"],
        vec!["failover"],
        vec!["version"],
        vec!["completions"],
    ] {
        let mut args = verb.clone();
        args.push("--help");
        let name = format!("help_{}", verb.join("_"));
        same!(place, name.trim_end_matches('_'), place.run(&args).ends(0));
    }
}

#[test]
fn help_shows_no_values_of_the_environment() {
    let place =
        Place::new().with("AWS_ENDPOINT_URL", "http://canary").with("AWS_PROFILE", "canary");
    place.run(&["apply", "--help"]).ends(0).does_not_say("canary");
}

#[test]
fn the_version_in_every_form() {
    let place = Place::new();
    for form in ["table", "json", "yaml", "name"] {
        let ran = place.run(&["version", "-o", form]).ends(0);
        same!(place, format!("version_{form}"), ran);
    }
    place.run(&["--version"]).ends(0).says("clctl ");
}

#[test]
fn completions_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = place.run(&["completions", shell]).ends(0).says("describe");
        assert!(ran.out.len() > 2_000, "{shell}: {ran}");
    }
    place.run(&["completions", "tcsh"]).ends(2);
}

#[test]
fn the_readme_lists_the_exit_codes_as_the_reference_does() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let readme = read("README.md");
    let reference = read("docs/cli.md");
    let rows = reference.lines().skip_while(|line| *line != "## Exit codes");
    let rows: Vec<&str> =
        rows.filter(|line| line.starts_with("| ") && !line.starts_with("| code")).collect();
    assert_eq!(rows.len(), 11, "{rows:?}");
    for row in rows {
        assert!(readme.lines().any(|line| line == row), "the README lacks: {row}");
    }
}
