//! The whole way in the sandbox: applied, looked at, changed behind our back, repaired, removed.

use clctl_simulator::Settings;

use super::support::{Place, census, same};

const FILE: &str = "examples/node.yaml";

#[test]
fn from_nothing_to_ready_and_back_to_nothing() {
    let place = Place::sandbox(Settings::calm());
    // A region begins when it is first asked about.
    place.run(&["get", "-f", FILE, "-o", "name"]).ends(0);
    let before = place.world().with(|world| world.objects());

    let dry = place.run(&["apply", "-f", FILE, "--dry-run"]).ends(0).says("dry run");
    dry.says("Plan: 34 to create");
    let applied = place.run(&["apply", "-f", FILE]).ends(0);
    same!(place, "progress", lines_in_order(&applied.err));
    let summary: Vec<&str> =
        applied.out.lines().skip_while(|line| !line.contains("is Ready")).collect();
    same!(place, "apply_summary", summary.join("\n"));

    place.run(&["diff", "-f", FILE]).ends(0).says("No changes: AWS is as declared (34 objects");
    let again = place.run(&["apply", "-f", FILE, "--show-calls"]).ends(0);
    same!(place, "apply_again", again.out);
    assert!(again.err.contains(", 0 of them writes"), "{again}");
    assert!(!again.err.contains("call write"), "{again}");

    for form in ["table", "wide", "json", "yaml", "name"] {
        let ran = place.run(&["get", "-f", FILE, "-o", form]).ends(0).says_sandbox();
        same!(place, format!("get_{form}"), ran);
    }
    let some = place.run(&["get", "-f", FILE, "nat-gateway/a", "subnets"]).ends(0);
    same!(place, "get_some", some);
    let described = place.run(&["describe", "-f", FILE, "vpc", "eip/nat-a"]).ends(0);
    let (shown, _) = described.out.split_once("Events").unwrap();
    same!(place, "describe", shown);
    let described = place.run(&["describe", "-f", FILE]).ends(0);
    assert!(described.out.contains("Ready      route-table/private-b"), "{described}");

    let drifted = place.run(&["sandbox", "drift", "--seed", "3"]).ends(0).says("SANDBOX drift: ");
    let diff = place.run(&["diff", "-f", FILE]).ends(1);
    // What was changed is named as the sandbox names it.
    let is_part = |letter: char| !letter.is_ascii_alphanumeric() && letter != '-';
    let mut ids = drifted.out.split(is_part).filter(|word| word.len() > 20);
    assert!(ids.any(|id| diff.out.contains(id)), "{drifted}\n{diff}");
    place.run(&["get", "-f", FILE]).ends(0).says("not Ready (");
    place.run(&["describe", "-f", FILE]).ends(0).says("Synced   False ");
    place.run(&["apply", "--yes", "-f", FILE]).ends(0).says("is Ready");
    place.run(&["diff", "-f", FILE]).ends(0);

    let dry = place.run(&["delete", "-f", FILE, "--dry-run"]).ends(0);
    same!(place, "delete_dry_run", dry);
    let refused = place.run(&["delete", "-f", FILE]).ends(7);
    same!(place, "delete_refused", refused.err);
    place.run(&["diff", "-f", FILE]).ends(0);
    let deleted = place.run(&["delete", "--yes", "-f", FILE]).ends(0);
    same!(place, "delete_progress", lines_in_order(&deleted.err));
    same!(place, "delete", deleted.without_progress());
    let after = place.world().with(|world| world.objects());
    // What opens the keystore is kept, and the key that it is encrypted with.
    let kept: Vec<_> = after.iter().filter(|it| !before.contains(it)).collect();
    let kinds: Vec<&str> = kept.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["key", "alias", "secret"], "{kept:?}");
    assert!(kept[2].id.ends_with("/keystore-password"), "{kept:?}");
    assert!(before.iter().all(|it| after.contains(it)), "{:?}", census(&after));
    place
        .run(&["diff", "-f", FILE])
        .ends(1)
        .says("Plan: 28 to create, 4 to take back, 1 to change, 1 unchanged");
    let again = place.run(&["delete", "-f", FILE]).ends(0);
    same!(place, "delete_again", again);
    let described = place.run(&["describe", "-f", FILE]).ends(0);
    assert!(described.out.contains("Removed    vpc/main"), "events outlive: {described}");
}

/// Progress lines by what they are about: which of two equals comes first is the world's business.
fn lines_in_order(progress: &str) -> String {
    let mut lines: Vec<String> = progress
        .lines()
        .filter_map(|line| Some(line.trim_start().split_once("s ")?.1.to_owned()))
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
    place.run(&["apply", "-f", FILE]).ends(0).says("is Ready");
    place.run(&["sandbox", "drift", "--seed", "1", "--count", "3"]).ends(0);
    place.run(&["diff", "-f", FILE]).ends(1);
    place.run(&["apply", "--yes", "-f", FILE]).ends(0);
    place.run(&["diff", "-f", FILE]).ends(0);
    place.run(&["delete", "--yes", "-f", FILE]).ends(0);
    place.run(&["delete", "--yes", "-f", FILE]).ends(0).says("Nothing of it is there");
    place
        .run(&["diff", "-f", FILE])
        .ends(1)
        .says("Plan: 28 to create, 4 to take back, 1 to change, 1 unchanged");
    place.run(&["apply", "-f", FILE]).ends(0).says("is Ready");
}

#[test]
fn without_waiting_apply_and_delete_end_when_all_is_asked_for() {
    let place = Place::sandbox(Settings::calm());
    let first = place.run(&["apply", "--no-wait", "-f", FILE]).ends(0).says("is under way");
    same!(place, "apply_no_wait", first.without_progress().err);
    place.run(&["apply", "-f", FILE]).ends(0).says("is Ready");
    let first = place.run(&["delete", "--no-wait", "--yes", "-f", FILE]).ends(0);
    assert!(first.out.contains("is being deleted"), "{first}");
    place.run(&["delete", "--yes", "-f", FILE]).ends(0).says("deleted: ");
}

#[test]
fn what_apply_did_as_json() {
    let place = Place::sandbox(Settings::calm());
    for form in ["json", "yaml", "name"] {
        let ran = place.run(&["apply", "-f", FILE, "-o", form]).ends(0);
        same!(place, format!("applied_{form}"), ran.out);
    }
    let plan = place.run(&["apply", "-f", FILE, "-o", "json", "--dry-run"]).ends(0).json();
    assert_eq!(plan["verdict"], "noChanges");
}

#[test]
fn the_sandbox_is_looked_after() {
    let place = Place::sandbox(Settings::calm());
    let seeded = place.run(&["sandbox", "seed", "vpc"]).ends(0);
    same!(place, "sandbox_seed", seeded.out);
    let status = place.run(&["sandbox", "status"]).ends(0);
    same!(place, "sandbox_status", status.out);
    place.run(&["sandbox", "drift"]).ends(0).says("nothing of clctl's is there to change");
    let refused = place.run(&["sandbox", "reset"]).ends(7);
    same!(place, "sandbox_reset_refused", refused);
    place.run(&["apply", "-f", FILE]).ends(0);
    // Whoever has the world open goes on in the new one.
    let open = place.world();
    assert!(open.with(|world| world.objects().len()) > 20);
    place.run(&["sandbox", "reset", "--yes"]).ends(0).says("SANDBOX reset");
    assert_eq!(open.with(|world| world.objects().len()), 0);
    assert_eq!(open.with(|world| world.settings().name.clone()), "calm");
    place.run(&["diff", "-f", FILE]).ends(1).says("Plan: 34 to create");
    place.run(&["describe", "-f", FILE]).ends(0).says("<none>");
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
