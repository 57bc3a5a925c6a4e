//! What permissions a request of IAM needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use super::Need;
use crate::{
    World,
    services::{Asked, iam::service_linked_name, service::Subject},
    shelf::Tags,
    wire::query::Params,
};

pub(super) fn needs(world: &World, asked: &Asked) -> Vec<Need> {
    let operation = asked.operation.as_str();
    let action = format!("iam:{operation}");
    let params = Params::parse(&asked.form);
    let reader = params.reader();
    let text = |name: &str| reader.text(name);
    let path = text("Path").unwrap_or_else(|| "/".to_owned());
    let prefix = text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    let arn = |kind: &str, path: &str, name: &str| {
        format!("arn:aws:iam::{}:{kind}{path}{name}", world.settings.account)
    };
    let role = |name: &str| {
        let known = world.iam.role_named(&world.settings, name);
        let (arn, tags) = known.unwrap_or_else(|| (arn("role", &path, name), Tags::new()));
        Subject { arn, tags, policy: None }
    };
    let profile = |name: &str| {
        let known = world.iam.profile_named(&world.settings, name);
        let new = || (arn("instance-profile", &path, name), Tags::new());
        let (arn, tags) = known.unwrap_or_else(new);
        Subject { arn, tags, policy: None }
    };
    let tags: Tags = reader
        .structs("Tags.member")
        .iter()
        .map(|it| (it.text("Key").unwrap_or_default(), it.text("Value").unwrap_or_default()))
        .collect();
    let mut needs = match (operation, text("RoleName"), text("InstanceProfileName")) {
        ("ListRoles", ..) => vec![Need::new(&action, arn("role", &prefix, ""))],
        ("ListInstanceProfiles", ..) => {
            vec![Need::new(&action, arn("instance-profile", &prefix, ""))]
        }
        ("AddRoleToInstanceProfile", Some(role_name), Some(name)) => {
            let pass = Need::on("iam:PassRole", role(&role_name));
            let pass = pass.with("iam:PassedToService", "ec2.amazonaws.com");
            vec![Need::on(&action, profile(&name)), pass]
        }
        ("CreateServiceLinkedRole", ..) => {
            let service = text("AWSServiceName").unwrap_or_default();
            let suffix = text("CustomSuffix");
            let (name, path) = service_linked_name(&service, suffix.as_deref()).unwrap_or_default();
            let need = Need::new(&action, arn("role", &path, &name));
            vec![need.with("iam:AWSServiceName", &service)]
        }
        ("SimulatePrincipalPolicy", ..) => {
            let source = text("PolicySourceArn").unwrap_or_default();
            vec![Need::new(&action, source)]
        }
        (_, _, Some(name)) => vec![Need::on(&action, profile(&name))],
        (_, Some(name), None) => vec![Need::on(&action, role(&name))],
        (_, None, None) => vec![Need::new(&action, "*")],
    };
    if let Some(tag) = match operation {
        "CreateRole" => Some("iam:TagRole"),
        "CreateInstanceProfile" => Some("iam:TagInstanceProfile"),
        _ => None,
    }
    .filter(|_| !tags.is_empty())
    {
        let resource = needs.first().map(|it| it.resource.clone()).unwrap_or_default();
        needs.push(Need::new(tag, resource));
    }
    let policy = text("PolicyArn");
    let keys = reader.list("TagKeys.member");
    let complete = |need: Need| {
        let need = match &policy {
            Some(arn) => need.with("iam:PolicyARN", arn),
            None => need,
        };
        need.tagging(&tags).untagging(keys.clone())
    };
    needs.into_iter().map(complete).collect()
}
