//! What load balancers find on instances, told from outside, and what they would find.
//!
//! A test that plays the software on the instances tells what answers on their ports; whether a load balancer gets
//! there is up to the network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::World;

/// What answers on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answers {
    /// HTTP, with this status, whatever is asked.
    Http(u16),
    /// HTTPS, with this status, whatever is asked.
    Https(u16),
    /// Something else that takes connections.
    Tcp,
}

impl World {
    /// Lets software answer on ports of an instance from now on, and on no others; says whether that is anything new.
    pub fn listen(&mut self, region: &str, instance: &str, ports: &BTreeMap<u32, Answers>) -> bool {
        let Some(place) = self.regions.get_mut(region) else { return false };
        place.elb.listen(instance, ports)
    }

    /// The states of the targets that are registered somewhere in a region: of each its target group, its instance and
    /// its state.
    pub fn targets(&self, region: &str) -> Vec<(String, String, String)> {
        self.regions.get(region).map(|it| it.elb.states(self.now)).unwrap_or_default()
    }
}
