//! clctl's verbs against answers that a fuzzer makes up: `controller/fuzz/run SECONDS`.
//!
//! What a run is and what has to hold of it is written in `integration-tests/it/hostile`.

#![no_main]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a run that cannot go on has failed")]
#![allow(dead_code, unused_imports, unreachable_pub, reason = "the tests use the rest")]

#[path = "../../integration-tests/simulator/tests/it/client.rs"]
mod client;
#[path = "../../integration-tests/it/harness.rs"]
mod harness;
#[path = "../../integration-tests/it/hostile/mod.rs"]
mod hostile;
#[path = "../../integration-tests/it/stand.rs"]
mod stand;
#[path = "../../integration-tests/it/truth.rs"]
mod truth;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostile::run(&hostile::Input::read(bytes));
});
