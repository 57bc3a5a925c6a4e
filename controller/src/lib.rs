//! clctl keeps a Chainlink oracle-node environment on AWS as one YAML file declares it.

pub mod aws;
pub mod bootstrap;
pub mod cli;
pub mod engine;
mod gzip;
pub mod preflight;
pub mod render;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod store;
pub mod topology;
