//! The chapters of the spec, one file each, and the object they are chapters of.

pub(crate) mod access;
pub(crate) mod aws;
pub(crate) mod backup;
pub(crate) mod chain;
pub(crate) mod chainlink;
pub(crate) mod database;
pub(crate) mod encryption;
pub(crate) mod gui;
pub(crate) mod logs;
pub(crate) mod monitoring;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod nodes;
pub(crate) mod policies;
pub(crate) mod secrets;
