//! Readers write nothing.

use clctl_simulator::Settings;

use super::support::Place;

#[test]
fn readers_make_no_write_call_and_leave_the_world_alone() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    place.run(&["apply", "-f", file]).ends(0);
    place.run(&["sandbox", "drift", "--seed", "5", "--count", "4"]).ends(0);
    let before = place.world().with(|world| world.objects());
    for args in [
        vec!["diff"],
        vec!["get"],
        vec!["describe"],
        vec!["apply", "--dry-run"],
        vec!["delete", "--dry-run"],
    ] {
        let mut args = args;
        args.extend(["-f", file, "--show-calls"]);
        let ran = place.run(&args);
        assert!(ran.err.contains("call read "), "{args:?}: {ran}");
        assert!(ran.err.contains(", 0 of them writes"), "{args:?}: {ran}");
        assert!(!ran.err.contains("call write"), "{args:?}: {ran}");
        let after = place.world().with(|world| world.objects());
        assert_eq!(before, after, "{args:?}");
    }
    let ran = place.run(&["validate", "-f", file, "--show-calls"]).ends(0);
    assert!(!ran.err.contains("call "), "{ran}");
}

#[test]
fn a_lost_record_changes_nothing() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("node");
    place.run(&["apply", "-f", file]).ends(0);
    for name in ["clctl.db", "clctl.db-wal", "clctl.db-shm"] {
        drop(std::fs::remove_file(place.state().join("sandbox").join(name)));
    }
    place.run(&["diff", "-f", file]).ends(0);
    let again = place.run(&["apply", "-f", file, "--show-calls"]).ends(0);
    again.says(", 0 of them writes");
}
