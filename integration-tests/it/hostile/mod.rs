//! What AWS might answer and never should: runs of clctl's verbs against a simulated account whose
//! answers are spoilt on the way, and what has to hold of every such run.
//!
//! A run is told by bytes, so that a fuzzer can make them up: `controller/fuzz` does, and the
//! tests in `answers.rs` replay what is worth keeping. The same bytes are the same run.

mod document;
mod documented;
mod input;
mod run;
mod spoil;
mod wire;

pub(crate) use self::{
    documented::{name, paging, required},
    input::{Attack, Input, Scene, Verb},
    run::{Ending, asked, run},
    spoil::Spoil,
};
