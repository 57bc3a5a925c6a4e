//! The real binary, as a user meets it: what it prints, how it ends, and what it leaves behind.

mod access;
mod adoption;
mod crashes;
mod exits;
mod files;
mod graph;
mod help;
mod interrupts;
mod permissions;
mod plans;
mod promises;
mod secrets;
mod support;
mod values;
mod walkthrough;
