//! A toy cloud, and the promises of the engine stated as tests.

#![expect(unreachable_pub, reason = "`id!` makes public types")]

mod bench;
mod crashes;
mod db;
mod eip;
mod endpoint;
mod explore;
mod gateway;
mod group;
mod nat;
mod promises;
mod rules;
mod spec;
mod subnet;
mod table;
mod vpc;
mod world;
