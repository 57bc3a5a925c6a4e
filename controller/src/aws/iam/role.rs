//! A role, with its policies: those of its own, and those of AWS that are attached to it.
//!
//! A role that is made again under the same name is another one: policies elsewhere that named it go on
//! naming the old one (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_iam::types::{AttachedPolicy, EntityType, RoleDetail};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Owner,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, once, required, text},
        clients::Aws,
        policy::Policy,
        tags::{Retagging, Tags, owner_of},
    },
    PAGE, arn, as_tag, as_tags, document, name_of, object_name, pairs,
};

/// A role.
pub struct Role;

id!(
    /// The ARN of a [`Role`].
    RoleArn
);

/// The settable part of a [`Role`].
#[derive(Clone, Debug)]
pub struct RoleConfig<S: Stage = Resolved> {
    /// What it is for.
    pub description: String,
    /// Who may take it on.
    pub trust: Policy<S>,
    /// For how long at most, in seconds.
    pub max_session_seconds: i32,
    /// What may be done with it: policies of its own, by name.
    pub policies: BTreeMap<String, Policy<S>>,
    /// Policies that are attached to it, by ARN.
    pub attached: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

config! { RoleConfig {
    description: InPlace,
    trust: InPlace,
    max_session_seconds: InPlace,
    policies: InPlace,
    attached: InPlace,
    tags: InPlace,
} }

/// What a [`Role`] has once it exists.
#[derive(Clone, Debug)]
pub struct RoleOutputs {
    /// Its ARN.
    pub arn: RoleArn,
    /// Its name.
    pub name: String,
}

/// What lists them.
pub(super) const LIST: &str = "iam:GetAccountAuthorizationDetails";

impl Resource for Role {
    type Cloud = Aws;
    type Config = RoleConfig;
    type Outputs = RoleOutputs;

    const ABOUT: Kind = Kind {
        name: "iam-role",
        ids: "arn:*:iam::*:role/*",
        summary: "What instances and services of the environment may do",
        cloudformation: "AWS::IAM::Role",
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "whoever acts in this role is refused until it is there again",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[
                "iam:GetAccountAuthorizationDetails",
                "iam:GetRole",
                "iam:ListRolePolicies",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListInstanceProfilesForRole",
            ],
            write: &[
                "iam:CreateRole",
                "iam:UpdateRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:PutRolePolicy",
                "iam:DeleteRolePolicy",
                "iam:AttachRolePolicy",
                "iam:DetachRolePolicy",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:DeleteRole",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut found = Vec::new();
        match scope {
            Scope::Owned => {
                for detail in listed(aws).await? {
                    let name = text(LIST, "RoleName", detail.role_name())?;
                    found.extend(look(aws, name, Some(&detail)).await?);
                }
                found.retain(|found| found.owner != Owner::Other);
                found = once(LIST, found)?;
            }
            Scope::Ids(ids) => {
                for arn in *ids {
                    found.extend(look(aws, name_of(arn), None).await?);
                }
            }
        }
        Ok(found)
    }

    async fn create(aws: &Aws, me: &Identity, want: &RoleConfig) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let call = || {
            aws.iam
                .create_role()
                .role_name(&name)
                .description(&want.description)
                .assume_role_policy_document(want.trust.text())
                .max_session_duration(want.max_session_seconds)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "iam:CreateRole";
        let made = required(operation, "Role", aws.write(operation, call).await?.role)?;
        let (id, _) = arn(aws, (operation, "role"), (&name, made.role_name()), made.arn())?;
        Ok(PhysicalId(id))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &RoleConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &object_name(aws, me), None).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &RoleConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id);
        let described = delta.take(field!(RoleConfig.description));
        let timed = delta.take(field!(RoleConfig.max_session_seconds));
        if described || timed {
            // What is left out is set to its default: both are said.
            let call = || {
                let call = aws.iam.update_role().role_name(name).description(&want.description);
                call.max_session_duration(want.max_session_seconds).send()
            };
            aws.write("iam:UpdateRole", call).await?;
        }
        if delta.take(field!(RoleConfig.trust)) {
            let text = want.trust.text();
            let call = || {
                let call = aws.iam.update_assume_role_policy().role_name(name);
                call.policy_document(&text).send()
            };
            aws.write("iam:UpdateAssumeRolePolicy", call).await?;
        }
        if delta.take(field!(RoleConfig.policies)) {
            set_policies(aws, name, &have.config.policies, &want.policies).await?;
        }
        if delta.take(field!(RoleConfig.attached)) {
            set_attached(aws, name, &have.config.attached, &want.attached).await?;
        }
        if delta.take(field!(RoleConfig.tags)) {
            let Retagging { put, drop } = want.tags.retagging(&have.config.tags, have.ordinal());
            if !put.is_empty() {
                let tags: Vec<_> =
                    put.into_iter().filter_map(|(key, value)| as_tag(&key, value)).collect();
                let call =
                    || aws.iam.tag_role().role_name(name).set_tags(Some(tags.clone())).send();
                aws.write("iam:TagRole", call).await?;
            }
            if !drop.is_empty() {
                let call =
                    || aws.iam.untag_role().role_name(name).set_tag_keys(Some(drop.clone())).send();
                aws.write("iam:UntagRole", call).await?;
            }
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&RoleConfig<Declared>>) -> Option<RoleConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(RoleConfig { tags, ..have.config.clone() })
    }

    /// A role goes only once nothing is attached to it.
    fn is_new(have: &Found<Self>) -> bool {
        have.config.policies.is_empty() && have.config.attached.is_empty()
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id);
        set_attached(aws, name, &have.config.attached, &[]).await?;
        set_policies(aws, name, &have.config.policies, &BTreeMap::new()).await?;
        let call = || aws.iam.delete_role().role_name(name).send();
        aws.write("iam:DeleteRole", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let name = name_of(&have.id);
        let profiles = aws
            .pages(
                "iam:ListInstanceProfilesForRole",
                |marker| {
                    let call = aws.iam.list_instance_profiles_for_role().role_name(name);
                    call.max_items(PAGE).set_marker(marker).send()
                },
                |page| (Some(page.instance_profiles), (page.is_truncated, page.marker)),
            )
            .await?;
        let says = |name: &str| format!("it is in the instance profile {name}");
        Ok(profiles.iter().map(|profile| says(profile.instance_profile_name())).collect())
    }
}

/// Makes the policies of a role's own these: what differs is put, what is too much taken away.
async fn set_policies(
    aws: &Aws,
    role: &str,
    have: &BTreeMap<String, Policy>,
    want: &BTreeMap<String, Policy>,
) -> Result<(), CallError> {
    for (name, policy) in want.iter().filter(|(name, policy)| have.get(*name) != Some(policy)) {
        let text = policy.text();
        let call = || {
            let call = aws.iam.put_role_policy().role_name(role).policy_name(name);
            call.policy_document(&text).send()
        };
        aws.write("iam:PutRolePolicy", call).await?;
    }
    for name in have.keys().filter(|name| !want.contains_key(*name)) {
        let call = || aws.iam.delete_role_policy().role_name(role).policy_name(name).send();
        gone(aws.write("iam:DeleteRolePolicy", call).await)?;
    }
    Ok(())
}

/// Makes the policies that are attached to a role these.
async fn set_attached(
    aws: &Aws,
    role: &str,
    have: &[String],
    want: &[String],
) -> Result<(), CallError> {
    for arn in want.iter().filter(|arn| !have.contains(arn)) {
        let call = || aws.iam.attach_role_policy().role_name(role).policy_arn(arn).send();
        aws.write("iam:AttachRolePolicy", call).await?;
    }
    for arn in have.iter().filter(|arn| !want.contains(arn)) {
        let call = || aws.iam.detach_role_policy().role_name(role).policy_arn(arn).send();
        gone(aws.write("iam:DetachRolePolicy", call).await)?;
    }
    Ok(())
}

/// What is not there need not be taken away.
fn gone<T>(answer: Result<T, CallError>) -> Result<(), CallError> {
    match answer {
        Err(error) if error.class != Class::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The roles of the account that carry our owner tag.
///
/// `ListRoles` has no tags: this is the one list that has (and no descriptions, which roles tell themselves).
pub(super) async fn listed(aws: &Aws) -> Result<Vec<RoleDetail>, CallError> {
    let all = aws
        .pages(
            LIST,
            |marker| {
                let call = aws.iam.get_account_authorization_details().filter(EntityType::Role);
                call.max_items(PAGE).set_marker(marker).send()
            },
            |page| (page.role_detail_list, (page.is_truncated, page.marker)),
        )
        .await?;
    // Whosever they are: a list in which one is not whole may lack tags of others as well.
    for detail in &all {
        text(LIST, "RoleName", detail.role_name())?;
        required(LIST, "RolePolicyList", detail.role_policy_list.as_ref())?;
        required(LIST, "AttachedManagedPolicies", detail.attached_managed_policies.as_ref())?;
    }
    let ours = |detail: &RoleDetail| {
        owner_of(aws, Role::ABOUT.name, &pairs(detail.tags())) != Owner::Other
    };
    Ok(all.into_iter().filter(ours).collect())
}

/// Looks at one role, with the policies a list has of it, if there was one. What is not there is `None`.
async fn look(
    aws: &Aws,
    name: &str,
    detail: Option<&RoleDetail>,
) -> Result<Option<Found<Role>>, CallError> {
    let operation = "iam:GetRole";
    let role = match aws.read(operation, || aws.iam.get_role().role_name(name).send()).await {
        Ok(answer) => required(operation, "Role", answer.role)?,
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (arn, phase) = arn(aws, (operation, "role"), (name, role.role_name()), role.arn())?;
    let trust = text(operation, "AssumeRolePolicyDocument", role.assume_role_policy_document())?;
    let (policies, attached) = match detail {
        Some(detail) => held(detail)?,
        None => match policies(aws, name).await {
            Ok(held) => held,
            // It went between two calls.
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error),
        },
    };
    let tags = pairs(role.tags());
    Ok(Some(Found {
        id: PhysicalId(arn.clone()),
        owner: owner_of(aws, Role::ABOUT.name, &tags),
        config: RoleConfig {
            description: role.description().unwrap_or_default().to_owned(),
            trust: document(trust),
            max_session_seconds: required(
                operation,
                "MaxSessionDuration",
                role.max_session_duration(),
            )?,
            policies,
            attached,
            tags: Tags::of(aws, &tags),
        },
        outputs: RoleOutputs { arn: RoleArn::new(&arn), name: role.role_name().to_owned() },
        phase,
    }))
}

type Held = (BTreeMap<String, Policy>, Vec<String>);

fn held(detail: &RoleDetail) -> Result<Held, CallError> {
    let own = required(LIST, "RolePolicyList", detail.role_policy_list.as_ref())?.iter();
    let own = own.map(|policy| {
        let name = text(LIST, "PolicyName", policy.policy_name())?.to_owned();
        Ok((name, document(text(LIST, "PolicyDocument", policy.policy_document())?)))
    });
    let attached = detail.attached_managed_policies.as_ref();
    let attached = required(LIST, "AttachedManagedPolicies", attached)?.iter();
    let attached = attached.map(|it| Ok(text(LIST, "PolicyArn", it.policy_arn())?.to_owned()));
    Ok((own.collect::<Result<_, CallError>>()?, attached.collect::<Result<_, CallError>>()?))
}

async fn policies(aws: &Aws, role: &str) -> Result<Held, CallError> {
    let names = aws
        .pages(
            "iam:ListRolePolicies",
            |marker| aws.iam.list_role_policies().role_name(role).set_marker(marker).send(),
            |page| (Some(page.policy_names), (page.is_truncated, page.marker)),
        )
        .await?;
    let mut own = BTreeMap::new();
    for name in names {
        let call = || aws.iam.get_role_policy().role_name(role).policy_name(&name).send();
        let operation = "iam:GetRolePolicy";
        let answer = aws.read(operation, call).await?;
        let about = (answer.role_name(), answer.policy_name());
        if !about.0.eq_ignore_ascii_case(role) || !about.1.eq_ignore_ascii_case(&name) {
            return Err(another(operation, format!("{} of {}", about.1, about.0), name));
        }
        let document = document(text(operation, "PolicyDocument", Some(answer.policy_document()))?);
        own.insert(name, document);
    }
    let attached = aws
        .pages(
            "iam:ListAttachedRolePolicies",
            |marker| {
                aws.iam.list_attached_role_policies().role_name(role).set_marker(marker).send()
            },
            |page| (page.attached_policies, (page.is_truncated, page.marker)),
        )
        .await?;
    let arn = |policy: AttachedPolicy| {
        text("iam:ListAttachedRolePolicies", "PolicyArn", policy.policy_arn)
    };
    let attached = attached.into_iter().map(arn);
    Ok((own, attached.collect::<Result<_, _>>()?))
}
