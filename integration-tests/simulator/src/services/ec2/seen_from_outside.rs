//! What whoever plays the part of the instances sees of them, and does to them.
//!
//! The other side of [`World::running`](crate::World::running).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Ec2,
    instance::{Console, Impairment, Instance, Reason, State},
    instance_life,
    scene::{Around, Scene},
};
use crate::{
    Time,
    hidden::Hidden,
    random::{self, Rng},
    shelf::{Record, Tags},
};

/// A running instance.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) private_ip: String,
    pub(crate) public_ip: Option<String>,
    pub(crate) booted: Time,
    pub(crate) user_data: String,
    pub(crate) profile: Option<String>,
    pub(crate) tags: Option<Tags>,
}

/// The access key that an instance's role has on it.
pub(crate) fn key_of(instance: &str) -> String {
    format!("ASIA{:016X}", random::fold(1, instance))
}

impl Ec2 {
    /// The instances that run, as they see themselves.
    pub(crate) fn running(&self) -> Vec<Seen> {
        let runs = self.instances.all().filter(|it| it.state == State::Running);
        runs.filter_map(|it| {
            let eni = self.network_interfaces.get(&it.interface)?;
            let data = it.user_data.as_ref().map(Hidden::reveal).unwrap_or_default();
            let data = STANDARD.decode(data).unwrap_or_default();
            Some(Seen {
                id: it.id.clone(),
                zone: it.zone.clone(),
                private_ip: eni.private_ip.to_string(),
                public_ip: eni.public_ip.clone(),
                booted: it.booted?,
                user_data: String::from_utf8_lossy(&data).into_owned(),
                profile: it.profile.as_ref().map(|it| it.name.clone()),
                tags: it.metadata.show_tags().then(|| it.tags.clone()),
            })
        })
        .collect()
    }

    /// The instance whose role has an access key: its id and the name of its profile.
    pub(crate) fn holder_of(&self, key: &str) -> Option<(String, String)> {
        let found = self.instances.all().find(|it| key_of(&it.id) == key)?;
        Some((found.id.clone(), found.profile.as_ref()?.name.clone()))
    }

    fn alter(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
        change: impl FnOnce(&mut Record<Instance>),
    ) -> bool {
        let runs = self.instances.get(id).is_some_and(|it| it.state == State::Running);
        if runs {
            let mut scene = Scene::new(around, rng, self, now);
            scene.change::<Instance>(id, change);
            instance_life::stir(self, id, now);
        }
        runs
    }

    /// Lets status checks of a running instance fail or pass.
    pub(crate) fn impair(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
        (instance, system): (bool, bool),
    ) -> bool {
        self.alter(around, rng, (now, id), |it| {
            it.impaired =
                (instance || system).then_some(Impairment { instance, system, since: now });
        })
    }

    /// Lets a running instance write on its console.
    pub(crate) fn write_console(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
        text: &str,
    ) -> bool {
        self.alter(around, rng, (now, id), |it| {
            let before = it.console.take().map(|it| it.text).unwrap_or_default();
            it.console = Some(Console { text: before + text, at: now });
        })
    }

    /// Lets a running instance shut itself down: it stops or ends, as it is told to.
    pub(crate) fn power_off(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        (now, id): (Time, &str),
    ) -> bool {
        let running = self.instances.get(id).filter(|it| it.state == State::Running).cloned();
        let Some(instance) = running else { return false };
        let mut scene = Scene::new(around, rng, self, now);
        let reason = Reason::new(
            "Client.InstanceInitiatedShutdown",
            "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        );
        if instance.shutdown == "terminate" {
            instance_life::shut_down(&mut scene, &instance, reason, String::new(), false);
        } else {
            instance_life::halt(&mut scene, id, reason, String::new());
        }
        true
    }

    /// The running instances of a zone.
    pub(crate) fn running_in(&self, zone: &str) -> Vec<String> {
        let here = self.instances.all().filter(|it| it.zone == zone && it.state == State::Running);
        here.map(|it| it.id.clone()).collect()
    }

    /// Brings out the next release of Amazon's images.
    pub(crate) fn publish_images(&mut self, now: Time) {
        self.releases.push(now);
    }

    /// When the images of a region came out.
    pub(crate) fn releases(&self) -> &Vec<Time> {
        &self.releases
    }
}
