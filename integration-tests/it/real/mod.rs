//! An account that is not ours to break: what the contract and the sweeper do in it.
//!
//! `real_aws.rs` lets them loose on a real one; the tests here on a simulated one.

pub(crate) mod account;
pub(crate) mod contract;
pub(crate) mod run;
pub(crate) mod sweep;
#[cfg(test)]
mod tests;
