//! What Auto Scaling asks of EC2.
//!
//! It launches and terminates instances as its service-linked role, from a launch template:
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>.

use super::{
    Ec2,
    instance::{Instance, Reason, State},
    instance_launch::{self, Order},
    instance_life,
    launch_template::{self, Named},
    scene::{Around, Scene},
    subnet::Subnet,
};
use crate::{
    Time,
    fault::Fault,
    random::Rng,
    shelf::{Record, Tags},
};

/// The tag by which an instance knows its group:
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html>.
pub(crate) const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// A launch template, as a group names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template<'a> {
    pub(crate) id: &'a str,
    pub(crate) version: &'a str,
}

/// A launch of one instance for a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) template: Template<'a>,
    pub(crate) subnet: &'a str,
    /// The tags that it gets from the group.
    pub(crate) tags: &'a Tags,
}

/// An instance, as a group looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) kind: String,
    pub(crate) image: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) subnet: String,
    pub(crate) state: &'static str,
    /// Since when a status check fails.
    pub(crate) impaired: Option<Time>,
    pub(crate) launched: Time,
    /// The template and the version it was launched from.
    pub(crate) template: Option<(String, String)>,
    /// The group whose name it carries.
    pub(crate) group: Option<String>,
    /// Why AWS ended it.
    pub(crate) reason: Option<String>,
}

impl Look {
    pub(crate) fn runs(&self) -> bool {
        self.state == State::Running.name()
    }

    pub(crate) fn pends(&self) -> bool {
        self.state == State::Pending.name()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state == State::Terminated.name()
    }
}

impl Ec2 {
    /// The instances that something has become of since this was asked last, and when.
    pub(crate) fn take_stirred(&mut self) -> Vec<(String, Time)> {
        std::mem::take(&mut self.stirred)
    }

    /// An instance, as it truly is.
    pub(crate) fn look(&self, id: &str) -> Option<Look> {
        let instance = self.instances.get(id)?;
        let tag = |key: &str| instance.tags.get(&format!("aws:ec2launchtemplate:{key}")).cloned();
        Some(Look {
            kind: instance.kind.clone(),
            image: instance.image.clone(),
            zone: instance.zone.clone(),
            zone_id: instance.zone_id.clone(),
            subnet: instance.subnet.clone(),
            state: instance.state.name(),
            impaired: instance.impaired.filter(|_| instance.is_impaired()).map(|it| it.since),
            launched: instance.launched,
            template: tag("id").zip(tag("version")),
            group: instance.tags.get(GROUP_TAG).cloned(),
            reason: instance.reason.as_ref().map(|it| it.message.clone()),
        })
    }

    /// The default subnet of a zone.
    pub(crate) fn default_subnet(&self, zone: &str) -> Option<String> {
        let mut all = self.subnets.all();
        all.find(|it| it.default_for_zone && it.zone == zone).map(|it| it.id.clone())
    }

    /// The id and the name of the template that a group names by either, and whether the version
    /// is there.
    pub(crate) fn template_called(
        &self,
        (id, name): (Option<&str>, Option<&str>),
        version: &str,
    ) -> Result<(String, String), Fault> {
        let all = || self.launch_templates.all();
        let found = match (id, name) {
            (Some(id), _) => all().find(|it| it.id == id).ok_or_else(|| {
                <launch_template::LaunchTemplate as super::resource::Resource>::unknown(id)
            })?,
            (None, name) => {
                let name = name.unwrap_or_default();
                all()
                    .find(|it| it.name == name)
                    .ok_or_else(|| launch_template::unknown_name(name))?
            }
        };
        super::launch_template_version::number(found, version)?;
        Ok((found.id.clone(), found.name.clone()))
    }

    /// The name of the instance profile that a template's version has.
    pub(crate) fn profile_of(&self, template: &str, version: &str) -> Option<String> {
        let found =
            self.launch_templates.all().find(|it| it.id == template || it.name == template)?;
        let number = super::launch_template_version::number(found, version).ok()?;
        let profile = found.versions.get(&number)?.data.profile.as_ref()?;
        let from_arn = profile.arn.as_ref().and_then(|it| it.rsplit('/').next());
        profile.name.as_deref().or(from_arn).map(str::to_owned)
    }

    /// Whether an instance could be launched so, as far as can be said without launching it.
    pub(crate) fn rehearse(
        &self,
        around: Around<'_>,
        rng: Rng,
        now: Time,
        launch: Launch<'_>,
    ) -> Result<(), Fault> {
        let mut copy = self.clone();
        let scene = Scene::new(around, rng, &mut copy, now);
        let order = order(&scene, launch)?;
        instance_launch::plan(&scene, &order).map(drop)
    }

    /// Launches an instance for a group; gives its id and the number of the template's version.
    pub(crate) fn launch_for_group(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        now: Time,
        launch: Launch<'_>,
    ) -> Result<(String, u64), Fault> {
        let mut scene = Scene::new(around, rng, self, now);
        let order = order(&scene, launch)?;
        let version = order.template.as_ref().map(|it| it.1).unwrap_or_default();
        let ids = instance_launch::launch(&mut scene, &order)?;
        let id = ids
            .into_iter()
            .next()
            .ok_or_else(|| Fault::new(500, "InternalError", "An internal error has occurred"))?;
        scene.change::<Instance>(&id, |it| {
            // What is the group's name is said by the tag; a template's tag of that key is not.
            it.tags.extend(launch.tags.clone());
        });
        Ok((id, version))
    }

    /// Terminates an instance for a group, whatever protects it from its users.
    pub(crate) fn terminate_for_group(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        now: Time,
        id: &str,
    ) {
        let mut scene = Scene::new(around, rng, self, now);
        let Some(instance) = scene.ec2.instances.get(id).cloned() else { return };
        if instance.state.ends() {
            return;
        }
        let (reason, transition): (Reason, String) = instance_life::by_user(now, "shutdown");
        instance_life::shut_down(&mut scene, &instance, reason, transition, false);
    }

    /// Puts tags on an instance that joins a group, and takes the group's name from one that leaves.
    pub(crate) fn tag_for_group(
        &mut self,
        around: Around<'_>,
        rng: Rng,
        now: Time,
        (id, put, gone): (&str, &Tags, &str),
    ) {
        let mut scene = Scene::new(around, rng, self, now);
        scene.change::<Instance>(id, |it| {
            it.tags.remove(gone);
            it.tags.extend(put.clone());
        });
    }
}

fn order(scene: &Scene<'_>, launch: Launch<'_>) -> Result<Order, Fault> {
    let named = Named::Id(launch.template.id.to_owned());
    let meant = launch_template::resolve(scene, &named, Some(launch.template.version))?;
    let mut data = meant.data;
    // The group's subnets decide, not the template's zone.
    let subnet: &Record<Subnet> = scene.find(launch.subnet)?;
    data.zone = None;
    for interface in &mut data.interfaces {
        interface.subnet = Some(subnet.id.clone());
    }
    let own: Tags = launch.tags.iter().filter(|it| !it.0.starts_with("aws:")).map(pair).collect();
    match data.tags.iter_mut().find(|it| it.0 == "instance") {
        Some((_, tags)) => tags.extend(own),
        None => data.tags.push(("instance".to_owned(), own)),
    }
    Ok(Order {
        data,
        subnet: Some(subnet.id.clone()),
        address: None,
        least: 1,
        most: 1,
        token: None,
        template: Some((meant.id, meant.version)),
        by_group: true,
    })
}

fn pair((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}
