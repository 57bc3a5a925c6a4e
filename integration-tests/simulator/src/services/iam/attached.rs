//! Managed policies attached to roles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html> and its sisters.

use super::{
    Answer, Operation,
    call::{Call, exceeds, no_such, violates},
    managed,
    names::path_prefix,
    role,
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("AttachRolePolicy", true, attach),
    ("DetachRolePolicy", true, detach),
    ("ListAttachedRolePolicies", false, list),
];

fn arn(call: &Call<'_>) -> Result<String, Fault> {
    let arn = call.need("PolicyArn")?;
    if arn.len() < 20 || arn.len() > 2048 {
        let rule = "Member must have length between 20 and 2048";
        return Err(violates(&arn, "PolicyArn", rule));
    }
    if !arn.starts_with("arn:") {
        return Err(Fault::client("InvalidInput", format!("ARN {arn} is not valid.")));
    }
    Ok(arn)
}

/// One policy of a role, as answers show it.
pub(super) fn render(arn: &str) -> Xml {
    Xml::new().text("PolicyName", managed::name(arn)).text("PolicyArn", arn)
}

/// Attaching again what is attached changes nothing.
fn attach(call: &mut Call<'_>) -> Answer {
    let arn = arn(call)?;
    let role = role::find_own(call)?;
    if managed::find(&arn).is_none_or(managed::Managed::is_for_services_alone) {
        return Err(no_such(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let most = call.settings.quotas.policies_per_role;
    if !role.attached.contains(&arn) && role.attached.len() >= most as usize {
        return Err(exceeds("PoliciesPerRole", most));
    }
    let id = role.id.clone();
    call.iam.roles.change(call.stamp, &id, |it| it.attached.insert(arn));
    Ok(Xml::new())
}

fn detach(call: &mut Call<'_>) -> Answer {
    let arn = arn(call)?;
    let role = role::find_own(call)?;
    if !role.attached.contains(&arn) {
        return Err(no_such(format!("Policy {arn} was not found.")));
    }
    let id = role.id.clone();
    call.iam.roles.change(call.stamp, &id, |it| it.attached.remove(&arn));
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let prefix = path_prefix(call)?;
    let role = role::look(call)?;
    let kept = role.attached.iter().filter(|it| managed::path(it).starts_with(&prefix));
    let all = kept.map(|it| (managed::name(it).to_owned(), render(it))).collect();
    call.page(all, |page| Xml::new().members("AttachedPolicies", "member", page))
}
