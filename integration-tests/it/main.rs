//! clctl against the simulator: in the process under virtual time, and the binary over loopback.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod answers;
mod architecture;
mod backup;
mod cli;
mod generated;
mod gui;

#[path = "../simulator/tests/it/client.rs"]
#[expect(dead_code, reason = "the simulator's own tests use the rest")]
mod client;
mod compute;
mod contested;
mod contract;
mod crash;
mod database;
mod devops_guru;
mod drift;
mod environments;
mod every_drift;
mod every_field;
mod existing;
mod existing_vpc;
mod fleet;
mod found;
mod harness;
mod hostile;
mod monitoring;
mod names;
mod peers;
mod preflight;
mod promises;
mod real;
mod rng;
mod rolling;
mod samples;
mod simulation;
mod stand;
mod truth;
mod weather;
