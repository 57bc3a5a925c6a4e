//! All roles of the account at once.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use super::{
    Answer, Operation, attached,
    call::{Call, violates},
    instance_profile,
    names::encoded,
    role, tags,
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("GetAccountAuthorizationDetails", false, get_details)];

/// Users, groups and policies of the customer's are not modelled, so that there are none.
const EMPTY: &[(&str, &str)] =
    &[("User", "UserDetailList"), ("Group", "GroupDetailList"), ("LocalManagedPolicy", "Policies")];

fn get_details(call: &mut Call<'_>) -> Answer {
    let wanted = call.params.list("Filter.member");
    for filter in &wanted {
        match filter.as_str() {
            "Role" | "User" | "Group" | "LocalManagedPolicy" => {}
            "AWSManagedPolicy" => return Err(unmodelled()),
            other => {
                let rule = "Member must satisfy enum value set: [User, Role, Group, \
                            LocalManagedPolicy, AWSManagedPolicy]";
                return Err(violates(other, "Filter", rule));
            }
        }
    }
    if wanted.is_empty() {
        return Err(unmodelled());
    }
    let eyes = call.in_lists();
    let mut all = Vec::new();
    if wanted.iter().any(|it| it == "Role") {
        for role in call.iam.roles.all_seen(eyes) {
            let profiles = instance_profile::holding(call, &role.unique, eyes);
            let inline = role.inline.iter().map(|(name, text)| {
                Xml::new().text("PolicyName", name).text("PolicyDocument", encoded(text))
            });
            let managed = role.attached.iter().map(|it| attached::render(it));
            let shown = role::render(call, role, eyes)
                .members("InstanceProfileList", "member", profiles.into_iter().map(|it| it.1))
                .members("RolePolicyList", "member", inline)
                .members("AttachedManagedPolicies", "member", managed)
                .members("Tags", "member", tags::render(&role.tags))
                .nest("RoleLastUsed", Xml::new());
            all.push((role.id.clone(), shown));
        }
    }
    call.page(all, |page| {
        EMPTY.iter().fold(Xml::new().members("RoleDetailList", "member", page), |xml, it| {
            xml.members(it.1, "member", [])
        })
    })
}

fn unmodelled() -> Fault {
    Fault::unsupported("the list of all policies of AWS; ask with a Filter")
}
