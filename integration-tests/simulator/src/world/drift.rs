//! Changes behind the controller's back.
//!
//! Each is made by a call of somebody else, so that it is one that AWS would allow.

use crate::{World, random::Rng, services::Around};

/// What marks an object as the controller's.
const OWNED: &str = "clctl.dev/uid";

impl World {
    /// Makes one plausible change to something that carries the owner's tag, and says which; says
    /// nothing when there is nothing to change.
    pub fn drift(&mut self, seed: u64) -> Option<String> {
        let mut rng = Rng::new(seed);
        let regions = self.regions.iter();
        let mut all: Vec<_> = regions
            .flat_map(|(name, it)| it.ec2.drifts(OWNED).into_iter().map(|it| (name.clone(), it)))
            .collect();
        while !all.is_empty() {
            let chosen = usize::try_from(rng.below(all.len() as u64)).unwrap_or_default();
            let (name, drift) = all.swap_remove(chosen);
            let chance = self.rng.fork();
            let ec2 = &mut self.regions.get_mut(&name)?.ec2;
            let action = (drift.action, drift.params);
            let around = Around { settings: &self.settings, region: &name, iam: &self.iam };
            if ec2.act(around, chance, self.now, false, action).is_ok() {
                return Some(drift.says);
            }
        }
        None
    }
}
