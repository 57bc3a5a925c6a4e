//! An account that is not ours to break: what the contract and the sweeper do in it.
//!
//! `real_aws.rs` lets them loose on a real one; the tests here on a simulated one.

mod account;
mod contract;
mod run;
mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    account::Account,
    contract::live,
    run::Run,
    sweep::{Which, sweep},
};
