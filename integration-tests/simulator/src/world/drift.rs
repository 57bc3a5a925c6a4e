//! Changes behind the controller's back.
//!
//! Each is made by a call of somebody else, so that it is one that AWS would allow. A service says
//! what somebody might do to it: EC2 and IAM in `drifts`, the others in `Service::drifts`.

use serde_json::Value;

use crate::{World, random::Rng, services};

/// Stands for the beginning of an ARN in a call of a service that speaks a query protocol; whoever acts in a
/// region knows it: the calls are made in the region of what they are about.
pub(crate) const HERE: &str = "here:";

/// The same, of a topic, in a call of another service.
pub(crate) const HERE_SNS: &str = "here-sns:";

/// The same, without a region.
pub(crate) const NOWHERE: &str = "nowhere:";

/// What marks an object as the controller's.
const OWNED: &str = "clctl.dev/uid";

/// A change that somebody else might make: what it is, and the call that makes it.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    pub(crate) service: &'static str,
    pub(crate) says: String,
    pub(crate) action: &'static str,
    pub(crate) input: Input,
}

/// What a call is given, in the form of its service.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    Form(Vec<(String, String)>),
    Json(Value),
}

impl Drift {
    /// A call of a service that speaks a query protocol.
    pub(crate) fn form(
        service: &'static str,
        says: String,
        action: &'static str,
        params: &[(&str, &str)],
    ) -> Self {
        let params = params.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        Self { service, says, action, input: Input::Form(params) }
    }

    /// A call of a service that speaks JSON.
    pub(crate) fn json(
        service: &'static str,
        says: String,
        action: &'static str,
        members: Value,
    ) -> Self {
        Self { service, says, action, input: Input::Json(members) }
    }
}

/// Something that somebody else might do now.
#[derive(Debug, Clone)]
pub struct Deed {
    region: String,
    drift: Drift,
}

impl Deed {
    /// What it is, in words.
    pub fn says(&self) -> &str {
        &self.drift.says
    }

    /// The call that does it: `ec2:DeleteRoute`.
    pub fn call(&self) -> String {
        services::action(self.drift.service, self.drift.action)
    }
}

impl World {
    /// Every plausible change to something that carries the owner's tag.
    pub fn deeds(&self) -> Vec<Deed> {
        let all = services::drifts(self, OWNED).into_iter();
        all.map(|(region, drift)| Deed { region, drift }).collect()
    }

    /// Does a thing as somebody else would, and says whether AWS allowed it.
    pub fn does(&mut self, deed: &Deed) -> bool {
        let chance = self.rng.fork();
        services::act(self, &deed.region, deed.drift.clone(), chance).is_ok()
    }

    /// Makes one plausible change to something that carries the owner's tag, and says which; says
    /// nothing when there is nothing to change.
    pub fn drift(&mut self, seed: u64) -> Option<String> {
        self.drift_among(seed, |_| true)
    }

    /// The same, of those changes only.
    pub fn drift_among(&mut self, seed: u64, which: impl Fn(&Deed) -> bool) -> Option<String> {
        let mut rng = Rng::new(seed);
        let mut all = self.deeds();
        all.retain(which);
        while !all.is_empty() {
            let chosen = usize::try_from(rng.below(all.len() as u64)).unwrap_or_default();
            let deed = all.swap_remove(chosen);
            if self.does(&deed) {
                return Some(deed.says().to_owned());
            }
        }
        None
    }
}
