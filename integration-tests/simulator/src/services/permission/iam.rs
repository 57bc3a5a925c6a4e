//! What permissions a request of IAM needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use super::{Need, Subject, unknown};
use crate::{
    World,
    fault::Fault,
    services::{Asked, iam::service_linked_name},
    shelf::Tags,
    wire::query::{Params, Reader},
};

/// Operations on a role.
const ON_ROLES: &[&str] = &[
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListInstanceProfilesForRole",
    "ListRolePolicies",
    "ListRoleTags",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
];

/// Operations on an instance profile.
const ON_PROFILES: &[&str] = &[
    "AddRoleToInstanceProfile",
    "DeleteInstanceProfile",
    "GetInstanceProfile",
    "ListInstanceProfileTags",
    "RemoveRoleFromInstanceProfile",
    "TagInstanceProfile",
    "UntagInstanceProfile",
];

pub(super) fn needs(world: &World, asked: &Asked) -> Result<Vec<Need>, Fault> {
    let params = Params::parse(&asked.form);
    let request = Request { world, reader: params.reader() };
    let operation = asked.operation.as_str();
    let action = format!("iam:{operation}");
    let all = || Need::new(&action, "*");
    let needs = match operation {
        "GetAccountAuthorizationDetails" | "SimulateCustomPolicy" => vec![all()],
        "SimulatePrincipalPolicy" => {
            vec![request.text("PolicySourceArn").map_or_else(all, |it| Need::new(&action, it))]
        }
        "ListRoles" => vec![Need::new(&action, request.arn("role", "PathPrefix", ""))],
        "ListInstanceProfiles" => {
            vec![Need::new(&action, request.arn("instance-profile", "PathPrefix", ""))]
        }
        "CreateRole" => request.creation("role", "RoleName", ["iam:CreateRole", "iam:TagRole"]),
        "CreateInstanceProfile" => request.creation(
            "instance-profile",
            "InstanceProfileName",
            ["iam:CreateInstanceProfile", "iam:TagInstanceProfile"],
        ),
        "CreateServiceLinkedRole" => {
            let service = request.text("AWSServiceName").unwrap_or_default();
            let suffix = request.text("CustomSuffix");
            let known = service_linked_name(&service, suffix.as_deref());
            let role = known.map(|(name, path)| format!("role{path}{name}"));
            let need = role.map_or_else(all, |it| Need::new(&action, request.account(&it)));
            vec![need.with("iam:AWSServiceName", service)]
        }
        _ if ON_PROFILES.contains(&operation) => {
            let profile = request.profile().map_or_else(all, |it| Need::on(&action, it));
            let role = request.role().filter(|_| operation == "AddRoleToInstanceProfile");
            let pass = role.map(|it| {
                let need = Need::on("iam:PassRole", it);
                need.with("iam:PassedToService", "ec2.amazonaws.com")
            });
            [profile].into_iter().chain(pass).collect()
        }
        _ if ON_ROLES.contains(&operation) => {
            vec![request.role().map_or_else(all, |it| Need::on(&action, it))]
        }
        _ => return unknown(&action),
    };
    let policy = request.text("PolicyArn");
    let tags = request.tags();
    let gone = request.reader.list("TagKeys.member");
    let complete = |need: Need| match &policy {
        Some(arn) => need.tagging(&tags).untagging(&gone).with("iam:PolicyARN", arn),
        None => need.tagging(&tags).untagging(&gone),
    };
    Ok(needs.into_iter().map(complete).collect())
}

struct Request<'a> {
    world: &'a World,
    reader: Reader<'a>,
}

impl Request<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.reader.text(name)
    }

    fn account(&self, rest: &str) -> String {
        format!("arn:aws:iam::{}:{rest}", self.world.settings.account)
    }

    /// The ARN of something below the path that a parameter gives.
    fn arn(&self, kind: &str, path: &str, name: &str) -> String {
        let path = self.text(path).unwrap_or_else(|| "/".to_owned());
        self.account(&format!("{kind}{path}{name}"))
    }

    fn role(&self) -> Option<Subject> {
        let name = self.text("RoleName")?;
        let known = self.world.iam.role_named(&self.world.settings, &name);
        let (arn, tags) = known.unwrap_or_else(|| (self.arn("role", "Path", &name), Tags::new()));
        Some(Subject::new(arn, tags))
    }

    fn profile(&self) -> Option<Subject> {
        let name = self.text("InstanceProfileName")?;
        let known = self.world.iam.profile_named(&self.world.settings, &name);
        let new = || (self.arn("instance-profile", "Path", &name), Tags::new());
        let (arn, tags) = known.unwrap_or_else(new);
        Some(Subject::new(arn, tags))
    }

    /// The permissions to make something and to tag it.
    fn creation(&self, kind: &str, name: &str, [make, tag]: [&str; 2]) -> Vec<Need> {
        let arn = self.arn(kind, "Path", &self.text(name).unwrap_or_default());
        let tag = (!self.tags().is_empty()).then(|| Need::new(tag, &arn));
        [Need::new(make, &arn)].into_iter().chain(tag).collect()
    }

    fn tags(&self) -> Tags {
        let part = |tag: &Reader<'_>, name: &str| tag.text(name).unwrap_or_default();
        let all = self.reader.structs("Tags.member");
        all.iter().map(|it| (part(it, "Key"), part(it, "Value"))).collect()
    }
}
