//! What the caller may do, as far as IAM says so without anything being done.

use aws_sdk_iam::types::{self, ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};

use crate::engine::{CallError, Class};

use super::super::{
    answers::{required, text},
    clients::Aws,
};

/// What evaluates policies
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>).
const SIMULATE: &str = "iam:SimulatePrincipalPolicy";
const ROLE: &str = "iam:GetRole";
/// What is asked to find out what the caller may do.
pub(in crate::aws) const ALLOWED: &[&str] = &[SIMULATE, ROLE];

/// What the policies of a caller say of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The action.
    pub action: String,
    /// What they say.
    pub says: Says,
}

/// What policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Yes.
    Allowed,
    /// No, in so many words: some policy denies it, or the organisation does.
    Denied,
    /// Nothing, for the resource that was asked about.
    Nothing,
}

/// Whose policies count for a caller; nothing if nobody's can be looked at: `arn:aws:sts::…:assumed-role/NAME/SESSION`
/// has those of its role.
///
/// # Errors
/// If AWS does not say.
pub async fn principal(aws: &Aws, caller: &str) -> Result<Option<String>, CallError> {
    let Some(rest) = caller.splitn(6, ':').nth(5) else { return Ok(None) };
    if rest.starts_with("user/") {
        return Ok(Some(caller.to_owned()));
    }
    let Some(name) = rest.strip_prefix("assumed-role/").and_then(|it| it.split('/').next()) else {
        return Ok(None);
    };
    // Its path is known to IAM alone.
    let answer = aws.read(ROLE, || aws.iam.get_role().role_name(name).send()).await?;
    Ok(answer.role.map(|role| role.arn))
}

/// What the policies of a user or role say of these actions, on everything or on one resource; `service` is the one that a
/// role is for.
///
/// # Errors
/// If AWS does not say.
pub async fn rulings(
    aws: &Aws,
    principal: &str,
    actions: &[&str],
    resource: Option<(&str, &str)>,
) -> Result<Vec<Ruling>, CallError> {
    let names: Vec<String> = actions.iter().map(ToString::to_string).collect();
    let entry = resource.map(|(_, service)| {
        ContextEntry::builder()
            .context_key_name("iam:AWSServiceName")
            .context_key_type(ContextKeyTypeEnum::String)
            .context_key_values(service)
            .build()
    });
    let results = aws
        .pages(
            SIMULATE,
            |marker| {
                let call = aws.iam.simulate_principal_policy().policy_source_arn(principal);
                call.set_action_names(Some(names.clone()))
                    .set_resource_arns(resource.map(|(arn, _)| vec![arn.to_owned()]))
                    .set_context_entries(entry.clone().map(|entry| vec![entry]))
                    .set_marker(marker)
                    .send()
            },
            |page| (page.evaluation_results, (page.is_truncated, page.marker)),
        )
        .await?;
    results.iter().map(read).collect()
}

fn read(result: &types::EvaluationResult) -> Result<Ruling, CallError> {
    let action = text(SIMULATE, "EvalActionName", Some(result.eval_action_name()))?.to_owned();
    let decision = required(SIMULATE, "EvalDecision", Some(result.eval_decision()))?;
    let organisation = result.organizations_decision_detail();
    let says = if organisation.is_some_and(|it| !it.allowed_by_organizations())
        || *decision == PolicyEvaluationDecisionType::ExplicitDeny
    {
        Says::Denied
    } else if *decision == PolicyEvaluationDecisionType::Allowed {
        Says::Allowed
    } else {
        Says::Nothing
    };
    Ok(Ruling { action, says })
}

/// Whether a role is there.
///
/// # Errors
/// If AWS does not say.
pub async fn is_there(aws: &Aws, role: &str) -> Result<bool, CallError> {
    match aws.read(ROLE, || aws.iam.get_role().role_name(role).send()).await {
        Ok(_) => Ok(true),
        Err(error) if error.class == Class::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
