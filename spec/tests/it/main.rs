//! The crate from outside: what users write, and what they see.

mod common;
mod invalid;
mod schema;
mod valid;
