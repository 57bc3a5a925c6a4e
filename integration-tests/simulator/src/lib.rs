//! AWS as documented, strict, at the wire.
//!
//! An independent reading of AWS's documents: no AWS SDK is used here, and nothing of clctl. A
//! [`World`] is pure state: it is told what time it is and which request came, and answers as AWS
//! would. A [`Simulator`] is a world with a clock, in this process, in memory or in a file;
//! [`serve()`] puts it on a loopback port for other clients.
//!
//! Whatever is not modelled fails loudly, with HTTP 501 and the code `ClctlSimulatorUnsupported`;
//! nothing is ever silently ignored. `docs/simulator.md` lists what is modelled, after which
//! document.

mod auth;
mod fault;
mod guests;
mod hidden;
mod random;
mod serve;
mod services;
mod settings;
mod shelf;
mod simulator;
mod store;
mod throttle;
mod time;
mod wire;
mod world;

pub use guests::Guests;
pub use serve::serve;
pub use services::{action, asked, from_cbor, operations, to_cbor};
pub use settings::{Durations, Lag, Quotas, Settings, Span, Weather};
pub use shelf::Life;
pub use simulator::{CallInfo, Dropped, Fate, Hook, Recorded, Simulator};
pub use store::WorldError;
pub use time::Time;
pub use world::{
    Answers, Checks, Database, Deed, Delivery, Glance, Login, Mail, MetricName, Moments, Object,
    Refused, Reply, Running, Seed, World,
};
