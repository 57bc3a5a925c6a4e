//! `clctl doctor`, and that `apply` makes its checks before the first write.

use clctl_simulator::Settings;

use super::support::{Place, same};

#[test]
fn what_stands_in_the_way_and_how_it_is_now() {
    let place = Place::sandbox(Settings::calm());
    let file = &place.unprotected("public-endpoints");
    let ran = place.run(&["doctor", "-f", file]).ends(0).says_sandbox();
    same!(place, "doctor_before", ran);
    place.run(&["apply", "-f", file]).ends(0).says("is Ready");
    same!(place, "doctor_after", place.run(&["doctor", "-f", file]).ends(0));
    let json = place.run(&["doctor", "-f", file, "-o", "json"]).ends(0).json();
    for part in ["preflight", "health"] {
        let checks = json[part].as_array().unwrap();
        assert!(!checks.is_empty() && checks.iter().all(|it| it["outcome"] == "pass"), "{json:#}");
    }
    // Somebody takes something away.
    place.run(&["sandbox", "drift", "--seed", "3"]).ends(0);
    place.run(&["doctor", "-f", file]).ends(6).says("FAIL");
}

#[test]
fn a_check_that_failed_stops_apply_before_its_first_write_unless_somebody_goes_on() {
    let mut settings = Settings::calm();
    settings.quotas.addresses = 1;
    let place = Place::sandbox(settings);
    let file = &place.unprotected("public-endpoints");
    same!(place, "doctor_refuses", place.run(&["doctor", "-f", file]).ends(7));
    let ran = place.run(&["apply", "-f", file, "--show-calls"]).ends(7);
    let ran = ran.says("nothing was done").says(" left of 1").says("0 of them writes");
    assert!(!ran.err.contains("call write"), "{ran}");
    place.run(&["apply", "-f", file, "--skip-preflight"]).ends(6).says("AddressLimitExceeded");
}

#[test]
fn what_is_missing_of_an_existing_vpc_is_named() {
    let place = Place::sandbox(Settings::calm());
    let ran = place.run(&["doctor", "-f", "examples/existing-vpc.yaml"]).ends(7);
    same!(place, "doctor_missing", ran);
}
