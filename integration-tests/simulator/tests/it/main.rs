//! The simulator's behaviour, over `Simulator::call` with real HTTP requests.

mod client;
mod vpc;
