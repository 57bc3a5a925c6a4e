//! The whole way in the sandbox: applied, looked at, changed behind our back, repaired, removed.

use clctl_simulator::Settings;

use super::support::{Place, census, same};

const FILE: &str = "examples/node.yaml";

#[test]
fn from_nothing_to_ready_and_back_to_nothing() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    // A region begins when it is first asked about.
    place.run(&["get", "-f", file, "-o", "name"]).ends(0);
    let before = place.world().with(|world| world.objects());

    let dry = place.run(&["apply", "-f", file, "--dry-run"]).ends(0).says("dry run");
    dry.says("Plan: 85 to create");
    let applied = place.run(&["apply", "-f", file]).ends(0);
    same!(place, "progress", lines_in_order(&applied.err));
    let summary: Vec<&str> =
        applied.out.lines().skip_while(|line| !line.contains("is Ready")).collect();
    same!(place, "apply_summary", summary.join("\n"));

    place.run(&["diff", "-f", file]).ends(0).says("No changes: AWS is as declared (85 objects");
    let again = place.run(&["apply", "-f", file, "--show-calls"]).ends(0);
    same!(place, "apply_again", again.out);
    assert!(again.err.contains(", 0 of them writes"), "{again}");
    assert!(!again.err.contains("call write"), "{again}");

    for form in ["table", "wide", "json", "yaml", "name"] {
        let ran = place.run(&["get", "-f", file, "-o", form]).ends(0).says_sandbox();
        same!(place, format!("get_{form}"), ran);
    }
    let some = place.run(&["get", "-f", file, "nat-gateway/a", "subnets"]).ends(0);
    same!(place, "get_some", some);
    let described = place.run(&["describe", "-f", file, "vpc", "eip/nat-a"]).ends(0);
    let (shown, _) = described.out.split_once("Events").unwrap();
    same!(place, "describe", shown);
    let described = place.run(&["describe", "-f", file]).ends(0);
    assert!(described.out.contains("Ready      instances/nodes"), "{described}");

    let drifted = place.run(&["sandbox", "drift", "--seed", "3"]).ends(0).says("SANDBOX drift: ");
    let diff = place.run(&["diff", "-f", file]).ends(1);
    // What was changed is named as the sandbox names it, what is gone by its address.
    let is_part = |letter: char| !letter.is_ascii_alphanumeric() && letter != '-';
    let mut ids = drifted.out.split(is_part).filter(|word| word.len() > 20);
    let address = |id: &str| id.trim_start_matches("clctl-demo-").replacen('-', "/", 1);
    let named = |id: &str| diff.out.contains(id) || diff.out.contains(&address(id));
    assert!(ids.any(named), "{drifted}\n{diff}");
    place.run(&["get", "-f", file]).ends(0).says("not Ready (");
    place.run(&["describe", "-f", file]).ends(0).says("Synced   False ");
    place.run(&["apply", "--yes", "-f", file]).ends(0).says("is Ready");
    place.run(&["diff", "-f", file]).ends(0);

    let text = std::fs::read_to_string(file).unwrap();
    let protected =
        place.write("protected.yaml", &text.replace("Protection: false", "Protection: true"));
    place.run(&["apply", "-f", &protected]).ends(0);
    let refused = place.run(&["delete", "--yes", "-f", &protected]).ends(7);
    same!(place, "delete_protected", refused.err);
    place.run(&["apply", "-f", file]).ends(0);
    let dry = place.run(&["delete", "-f", file, "--dry-run"]).ends(0);
    same!(place, "delete_dry_run", dry);
    let refused = place.run(&["delete", "-f", file]).ends(7);
    same!(place, "delete_refused", refused.err);
    place.run(&["diff", "-f", file]).ends(0);
    let deleted = place.run(&["delete", "--yes", "-f", file]).ends(0);
    same!(place, "delete_progress", lines_in_order(&deleted.err));
    same!(place, "delete", deleted.without_progress());
    let after = place.world().with(|world| world.objects());
    // The database is kept as it was last, what opens the keystore in it, and the key that both are encrypted with.
    let mut kept: Vec<_> = after.iter().filter(|it| !before.contains(it)).collect();
    // AWS makes its own roles for whoever first needs them, once for an account.
    kept.retain(|it| !it.id.starts_with("AWSServiceRole"));
    let kinds: Vec<&str> = kept.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["key", "alias", "snapshot", "secret"], "{kept:?}");
    assert!(kept[3].id.ends_with("/keystore-password"), "{kept:?}");
    assert!(before.iter().all(|it| after.contains(it)), "{:?}", census(&after));
    place
        .run(&["diff", "-f", file])
        .ends(1)
        .says("Plan: 80 to create, 3 to take back, 1 to change, 1 unchanged");
    let again = place.run(&["delete", "-f", file]).ends(0);
    same!(place, "delete_again", again);
    let described = place.run(&["describe", "-f", file]).ends(0);
    assert!(described.out.contains("Removed    vpc/main"), "events outlive: {described}");
}

/// Progress lines by what they are about: which of two equals comes first is the world's business.
fn lines_in_order(progress: &str) -> String {
    let mut lines: Vec<String> = progress
        .lines()
        .filter(|line| line.trim_start().starts_with(|first: char| first.is_ascii_digit()))
        .filter_map(|line| Some(line.split_once("s ")?.1.to_owned()))
        .collect();
    let steps = |line: &String| line.split_whitespace().next().unwrap_or_default().to_owned();
    lines.sort_by_key(steps);
    // How often a pipe is reminded depends on how long it takes.
    lines.dedup();
    lines.join("\n")
}

#[test]
fn a_realistic_world_goes_the_same_way() {
    let place = Place::sandbox(Settings::default());
    let file = &place.unprotected("node");
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
    place.run(&["sandbox", "drift", "--seed", "1", "--count", "3"]).ends(0);
    place.run(&["diff", "-f", file]).ends(1);
    place.run(&["apply", "--yes", "-f", file]).ends(0);
    place.run(&["diff", "-f", file]).ends(0);
    place.run(&["delete", "--yes", "-f", file]).ends(0);
    place.run(&["delete", "--yes", "-f", file]).ends(0).says("Nothing of it is there");
    place
        .run(&["diff", "-f", file])
        .ends(1)
        .says("Plan: 80 to create, 3 to take back, 1 to change, 1 unchanged");
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
}

#[test]
fn without_waiting_apply_and_delete_end_when_all_is_asked_for() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    let first = place.run(&["apply", "--no-wait", "-f", file]).ends(0).says("is under way");
    same!(place, "apply_no_wait", first.without_progress().err);
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
    let first = place.run(&["delete", "--no-wait", "--yes", "-f", file]).ends(0);
    assert!(first.out.contains("is being deleted"), "{first}");
    place.run(&["delete", "--yes", "-f", file]).ends(0).says("deleted: ");
}

#[test]
fn a_change_of_the_nodes_says_for_how_long_the_oracle_is_silent() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
    let text = std::fs::read_to_string(file).unwrap();
    let larger = text.replace("\n  nodes:\n", "\n  nodes:\n    instanceType: m6i.xlarge\n");
    std::fs::write(file, larger).unwrap();
    let diff = place.run(&["diff", "-f", file]).ends(1);
    diff.says("the oracle is silent about 15 s, while the standby takes over the lease and starts");
}

#[test]
fn what_starts_on_instances_is_waited_for_unless_somebody_wants_what_is_created() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    let first = place.run(&["apply", "--until", "created", "-f", file]).ends(0);
    let first = first.says("under way: auto-scaling-group/nodes");
    let waits = |of: &str| first.err.lines().any(|line| line.contains(of));
    assert!(!waits("under way: db-instance") && !waits("left: launch-template"), "{first}");
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
    place.run(&["apply", "--until", "created", "--no-wait", "-f", file]).ends(2);
}

#[test]
fn what_apply_did_as_json() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    for form in ["json", "yaml", "name"] {
        let ran = place.run(&["apply", "-f", file, "-o", form]).ends(0);
        same!(place, format!("applied_{form}"), ran.out);
    }
    let plan = place.run(&["apply", "-f", file, "-o", "json", "--dry-run"]).ends(0).json();
    assert_eq!(plan["verdict"], "noChanges");
}

#[test]
fn the_sandbox_is_looked_after() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    let seeded = place.run(&["sandbox", "seed", "vpc"]).ends(0);
    same!(place, "sandbox_seed", seeded.out);
    let status = place.run(&["sandbox", "status"]).ends(0);
    same!(place, "sandbox_status", status.out);
    place.run(&["sandbox", "drift"]).ends(0).says("nothing of clctl's is there to change");
    let refused = place.run(&["sandbox", "reset"]).ends(7);
    same!(place, "sandbox_reset_refused", refused);
    place.run(&["apply", "-f", file]).ends(0);
    // Whoever has the world open goes on in the new one.
    let open = place.world();
    assert!(open.with(|world| world.objects().len()) > 20);
    place.run(&["sandbox", "reset", "--yes"]).ends(0).says("SANDBOX reset");
    assert_eq!(open.with(|world| world.objects().len()), 0);
    assert_eq!(open.with(|world| world.settings().name.clone()), "calm");
    place.run(&["diff", "-f", file]).ends(1).says("Plan: 85 to create");
    place.run(&["describe", "-f", file]).ends(0).says("<none>");
}

#[test]
fn a_world_that_cannot_be_read_is_said_and_reset() {
    let place = Place::sandbox(Settings::calm());
    std::fs::write(place.world_file(), "no world").unwrap();
    let ran = place.run(&["diff", "-f", FILE]).ends(9);
    same!(place, "world_unreadable", ran.err);
    place.run(&["sandbox", "reset", "--yes"]).ends(0);
    place.run(&["diff", "-f", FILE]).ends(1);
}

#[test]
fn two_environments_of_one_command_do_not_touch_each_other() {
    let place = Place::sandbox(Settings::calm());
    place.write("all/a.yaml", &super::support::spec("one", super::support::QUICK));
    place.write("all/b.yaml", &super::support::spec("two", super::support::QUICK));
    let folder = place.path("all").to_str().unwrap().to_owned();
    place
        .run(&["apply", "-f", &folder])
        .ends(0)
        .says("chainlinknode/one")
        .says("chainlinknode/two");
    let both = place.run(&["diff", "-f", &folder, "-o", "json"]).ends(0).json();
    assert_eq!(both.as_array().unwrap().len(), 2);
    let one = place.path("all/a.yaml").to_str().unwrap().to_owned();
    place.run(&["delete", "--yes", "-f", &one]).ends(0);
    let both = place.run(&["diff", "-f", &folder, "-o", "json"]).ends(1).json();
    assert_eq!(both[0]["verdict"], "changes");
    assert_eq!(both[1]["verdict"], "noChanges");
}
