//! The picture of an environment.

use clctl_simulator::Settings;

use super::support::{Place, root, same};

/// The picture in the documentation.
const PICTURE: &str = "docs/graph.svg";

/// The picture in the documentation is what the example declares; made anew with
/// `CLCTL_REGENERATE=1 cargo test -p clctl --test it cli::graph`.
#[test]
fn what_an_example_declares_is_drawn_without_asking_anybody() {
    // Nothing of AWS can be reached from here.
    let place = Place::new().with("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let draw = |form: &str| {
        let args = ["graph", "--declared", "-f", "examples/node.yaml", "-o", form, "--show-calls"];
        place.run(&args).ends(0)
    };
    let drawn = draw("svg");
    assert_eq!(drawn.err, "");
    let path = root().join(PICTURE);
    if std::env::var_os("CLCTL_REGENERATE").is_some() {
        std::fs::write(&path, &drawn.out).unwrap();
    }
    let is_current = std::fs::read_to_string(&path).unwrap() == drawn.out;
    assert!(is_current, "{PICTURE} is not what examples/node.yaml declares: make it anew");
    same!(place, "graph_declared_mermaid", draw("mermaid"));
}

#[test]
fn every_example_is_drawn_as_it_is_declared() {
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.to_str().unwrap();
        // What cannot be done yet is not drawn either.
        if ["existing-vpc", "full"].iter().any(|name| file.contains(name))
            || !file.ends_with("yaml")
        {
            continue;
        }
        let place = Place::new();
        for form in ["svg", "mermaid"] {
            let args = ["graph", "--declared", "-f", file, "-o", form];
            place.run(&args).ends(0).says("us-east-1a").says("PostgreSQL").says("RPC endpoints");
        }
    }
}

#[test]
fn what_is_to_be_made_is_drawn_as_such() {
    let place = Place::sandbox(Settings::calm());
    for form in ["svg", "mermaid"] {
        let ran = place.run(&["graph", "-f", "examples/node.yaml", "-o", form]).ends(0);
        assert!(ran.out.contains("SANDBOX demo") && ran.out.contains("to be created"), "{form}");
        assert!(!ran.out.contains("as declared;"), "{form}");
    }
    let ran = place.run(&["graph", "-f", "examples/node.yaml", "--show-calls"]).ends(0);
    assert!(ran.err.contains("0 of them writes"), "{}", ran.err);
}

#[test]
fn who_is_active_and_what_has_drifted_is_seen() {
    let place = Place::sandbox(Settings::calm());
    let file = place.unprotected("public-endpoints");
    place.run(&["apply", "-f", &file]).ends(0);
    let drawn = place.run(&["graph", "-f", &file]).ends(0).out;
    for said in [">ACTIVE<", ">STANDBY<", "s-same", "PostgreSQL 5432", "RPC endpoints"] {
        assert!(drawn.contains(said), "{said}");
    }
    for said in ["s-create\"", "s-change\"", "s-unknown\"", "s-failed\"", "What is not as declared"]
    {
        assert!(!drawn.contains(said), "{said}");
    }
    // Nothing but what the nodes say and the time may differ from one look to the next.
    let flow = place.run(&["graph", "-f", &file, "-o", "mermaid"]).ends(0).out;
    assert!(flow.contains("(active)") && flow.contains("(standby)"), "{flow}");
    place.run(&["sandbox", "drift", "--seed", "3"]).ends(0);
    let drawn = place.run(&["graph", "-f", &file]).ends(0).out;
    assert!(drawn.contains("What is not as declared"));
}

#[test]
fn a_picture_is_of_one_environment_and_of_a_sound_file() {
    let place = Place::sandbox(Settings::calm());
    let text = std::fs::read_to_string(root().join("examples/minimal.yaml")).unwrap();
    let other = text.replace("name: minimal", "name: another");
    let file = place.write("two.yaml", &format!("{text}\n---\n{other}"));
    for more in [&[][..], &["--declared"]] {
        let mut args = vec!["graph", "-f", &file];
        args.extend(more);
        place.run(&args).ends(2).says("graph is about one environment");
        let broken = place.write("broken.yaml", "kind: ChainlinkNode");
        let mut args = vec!["graph", "-f", &broken];
        args.extend(more);
        place.run(&args).ends(3);
    }
}
