//! The crate from outside: what users write, and what they see.

mod common;
mod consistency;
mod crd;
mod explain;
mod invalid;
mod quickstart;
mod schema;
mod valid;
