//! What permissions a request of Auto Scaling needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>. Whoever has a
//! group launch from a template needs what it takes to launch from it himself:
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html>; and
//! the first group of an account makes the service-linked role:
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>.

use super::{Need, Subject, to_link, unknown};
use crate::{
    World,
    auth::Scope,
    fault::Fault,
    services::{Asked, AutoScaling, autoscaling, form},
    shelf::Tags,
    wire::query::{Params, Reader},
    world::Region,
};

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Result<Vec<Need>, Fault> {
    let operation = asked.operation.as_str();
    let action = format!("autoscaling:{operation}");
    if !form::has::<AutoScaling>(operation) {
        return unknown(&action);
    }
    let params = Params::parse(&asked.form);
    let place = Place { world, scope, reader: params.reader() };
    // A look around has no resource.
    if operation.starts_with("Describe") {
        return Ok(vec![Need::new(action, "*")]);
    }
    let tags = place.tags();
    if matches!(operation, "CreateOrUpdateTags" | "DeleteTags") {
        let named = place.reader.structs("Tags.member").into_iter();
        let groups: Vec<_> = named.filter_map(|it| it.text("ResourceId")).collect();
        let on = |name: &String| Need::on(&action, place.subject(name));
        let mut needs: Vec<_> = groups.iter().map(on).collect();
        if needs.is_empty() {
            needs.push(Need::new(&action, "*"));
        }
        let keys: Vec<_> = tags.keys().cloned().collect();
        let with = |need: Need| {
            if operation == "DeleteTags" { need.untagging(&keys) } else { need.tagging(&tags) }
        };
        return Ok(needs.into_iter().map(with).collect());
    }
    let named = place.reader.text("AutoScalingGroupName");
    let instance = place.reader.text("InstanceId");
    let holder = instance.and_then(|it| place.region()?.autoscaling.group_of(&it));
    let Some(name) = named.or(holder) else { return Ok(vec![Need::new(action, "*")]) };
    let need = Need::on(&action, place.subject(&name));
    let mut needs = vec![need.tagging(&tags)];
    if operation == "CreateAutoScalingGroup" && !tags.is_empty() {
        let tagging = Need::on("autoscaling:CreateOrUpdateTags", place.subject(&name));
        needs.push(tagging.tagging(&tags));
    }
    if matches!(operation, "CreateAutoScalingGroup" | "UpdateAutoScalingGroup") {
        needs.extend(place.to_launch());
    }
    if operation == "CreateAutoScalingGroup" {
        needs.extend(to_link(&world.settings, &world.iam, autoscaling::PRINCIPAL));
    }
    Ok(needs)
}

/// A request, and where it came.
struct Place<'a> {
    world: &'a World,
    scope: &'a Scope,
    reader: Reader<'a>,
}

impl Place<'_> {
    fn region(&self) -> Option<&Region> {
        self.world.regions.get(&self.scope.region)
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        let account = &self.world.settings.account;
        format!("arn:aws:{service}:{}:{account}:{rest}", self.scope.region)
    }

    /// A group: the middle of its ARN is not known before it is there.
    fn subject(&self, name: &str) -> Subject {
        let known = self.region().and_then(|it| it.autoscaling.path_of(name));
        let path =
            known.unwrap_or_else(|| format!("autoScalingGroup:*:autoScalingGroupName/{name}"));
        let shelves = self.region().map(|it| it.autoscaling.shelves()).unwrap_or_default();
        let tags = shelves.iter().find_map(|it| it.tags(name)).unwrap_or_default();
        Subject::new(self.arn("autoscaling", &path), tags)
    }

    fn tags(&self) -> Tags {
        let pair = |it: Reader<'_>| (it.text("Key").unwrap_or_default(), it.text("Value"));
        let all = self.reader.structs("Tags.member").into_iter().map(pair);
        all.map(|it| (it.0, it.1.unwrap_or_default())).collect()
    }

    /// What it takes to launch from the template that is named.
    fn to_launch(&self) -> Vec<Need> {
        let Some(params) = self.reader.structure("LaunchTemplate") else { return Vec::new() };
        let Some(ec2) = self.region().map(|it| &it.ec2) else { return Vec::new() };
        let version = params.text("Version").unwrap_or_else(|| "$Default".to_owned());
        let (id, name) = (params.text("LaunchTemplateId"), params.text("LaunchTemplateName"));
        let Ok((id, _)) = ec2.template_called((id.as_deref(), name.as_deref()), &version) else {
            return Vec::new();
        };
        let shelves = ec2.shelves();
        let tags = shelves.iter().find_map(|it| it.tags(&id)).unwrap_or_default();
        let template = Subject::new(self.arn("ec2", &format!("launch-template/{id}")), tags);
        let run = Need::on("ec2:RunInstances", template);
        let mut needs = vec![run.with("ec2:Region", self.scope.region.as_str())];
        let profile = ec2.profile_of(&id, &version);
        let pass = profile.and_then(|it| pass_role(self.world, &it));
        needs.extend(pass);
        needs
    }
}

/// The permission to hand the role of an instance profile on to instances.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
pub(super) fn pass_role(world: &World, profile: &str) -> Option<Need> {
    let arn = world.iam.role_in(&world.settings, profile)?;
    let tags = world.iam.role_of(&world.settings, &arn).map(|it| it.tags.clone());
    let need = Need::on("iam:PassRole", Subject::new(arn, tags.unwrap_or_default()));
    Some(need.with("iam:PassedToService", "ec2.amazonaws.com"))
}
