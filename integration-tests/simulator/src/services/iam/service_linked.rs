//! Roles that belong to a service of AWS.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html>. Their
//! deletion, which AWS does in its own time, is not modelled.

use super::{
    Answer, Iam, Operation,
    call::{Call, violates},
    role::{self, Role},
};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    shelf::{Kind as _, Record, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[("CreateServiceLinkedRole", true, create)];

/// The services, each with the end of its role's name, its policy, and whether a suffix may follow.
const SERVICES: &[(&str, &str, &str, bool)] = &[
    ("autoscaling", "AutoScaling", "AutoScalingServiceRolePolicy", true),
    ("backup", "Backup", "AWSBackupServiceLinkedRolePolicyForBackup", false),
    ("devops-guru", "DevOpsGuru", "AmazonDevOpsGuruServiceRolePolicy", false),
    (
        "elasticloadbalancing",
        "ElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
        false,
    ),
    ("rds", "RDS", "AmazonRDSServiceRolePolicy", false),
    ("spot", "EC2Spot", "AWSEC2SpotServiceRolePolicy", false),
    ("ssm", "AmazonSSM", "AmazonSSMServiceRolePolicy", false),
];

/// The role's name and path, for a service that has one.
pub(crate) fn name_of(service: &str, suffix: Option<&str>) -> Option<(String, String)> {
    let short = service.strip_suffix(".amazonaws.com")?;
    let (_, name, ..) = SERVICES.iter().find(|it| it.0 == short)?;
    let suffix = suffix.map(|it| format!("_{it}")).unwrap_or_default();
    Some((format!("AWSServiceRoleFor{name}{suffix}"), format!("/aws-service-role/{service}/")))
}

impl Iam {
    /// The ARN and the unique id of a service's role, if it is there: of `rds.amazonaws.com`.
    pub(crate) fn service_role(
        &self,
        settings: &Settings,
        service: &str,
    ) -> Option<(String, String)> {
        let (name, _) = name_of(service, None)?;
        let role = self.roles.get(&name)?;
        Some((role.arn(settings), role.unique.clone()))
    }

    /// Makes the role of a service that has none yet, as the service does when it is first used.
    pub(crate) fn ensure_service_role(
        &mut self,
        settings: &Settings,
        rng: Rng,
        now: Time,
        service: &str,
    ) {
        if self.service_role(settings, service).is_none() {
            let params = vec![("AWSServiceName".to_owned(), service.to_owned())];
            // Only a quota can be in the way, and then there is no role.
            self.act(settings, rng, now, ("CreateServiceLinkedRole", params)).ok();
        }
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let service = call.need("AWSServiceName")?;
    let description = role::description(call)?;
    let suffix = call.params.text("CustomSuffix");
    let good = |it: char| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it);
    if let Some(suffix) = &suffix
        && (suffix.is_empty() || suffix.len() > 64 || !suffix.chars().all(good))
    {
        let rule = "Member must satisfy regular expression pattern: [\\w+=,.@-]+";
        return Err(violates(suffix, "CustomSuffix", rule));
    }
    let short = service.strip_suffix(".amazonaws.com");
    let known = SERVICES.iter().find(|it| Some(it.0) == short);
    let (Some((_, _, policy, suffixes)), Some((name, path))) =
        (known, name_of(&service, suffix.as_deref()))
    else {
        return Err(Fault::unsupported(format!("the service-linked role of {service}")));
    };
    if suffix.is_some() && !suffixes {
        let text = format!("Custom suffix is not allowed for {service}");
        return Err(Fault::client("InvalidInput", text));
    }
    if role::room_for(call, &name).is_err_and(|it| it.code == "EntityAlreadyExists") {
        let text = format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        );
        return Err(Fault::client("InvalidInput", text));
    }
    role::room_for(call, &name)?;
    let unique = call.unique_id(Role::PREFIX);
    let mut body = Role::of_service(unique, &service, path, call.now);
    body.description = description;
    body.attached.insert(format!("arn:aws:iam::aws:policy/aws-service-role/{policy}"));
    let role = Record { id: name, tags: Tags::new(), body };
    let shown = role::render(call, &role, call.by_id());
    call.iam.roles.add(call.stamp, Some(call.now), role);
    Ok(Xml::new().nest("Role", shown))
}
