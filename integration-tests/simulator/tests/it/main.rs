//! The simulator's behaviour, over `Simulator::call` with real HTTP requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod consistency;
mod describing;
mod documents;
mod faults;
mod internet_gateway;
mod route_table;
mod server;
mod ssm;
mod subnet;
mod tags;
mod vpc;
mod world;
