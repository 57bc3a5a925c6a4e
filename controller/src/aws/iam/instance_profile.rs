//! An instance profile: how an instance comes by its role.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_iam::types;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Kind, Outputs, Owner, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{once, required},
        clients::Aws,
        tags::{Retagging, Tags, owner_of},
    },
    PAGE, RoleArn, arn, as_tag, as_tags, name_of, name_prefix, object_name, pairs, role,
};

/// An instance profile.
pub struct InstanceProfile;

id!(
    /// The ARN of an [`InstanceProfile`].
    InstanceProfileArn
);

/// The role an [`InstanceProfile`] holds, if it holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole(pub Option<RoleArn>);

impl Field for HeldRole {
    type Resolved = Self;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match &self.0 {
            Some(role) => role.cell(outputs),
            None => Cell::Known(serde_json::Value::Null),
        }
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Some(role) = &self.0 {
            role.uses(visit);
        }
    }

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of an [`InstanceProfile`].
#[derive(Clone, Debug)]
pub struct InstanceProfileConfig<S: Stage = Resolved> {
    /// The role it holds.
    pub role: S::In<HeldRole>,
    /// Its tags.
    pub tags: Tags,
}

config! { InstanceProfileConfig { role: InPlace, tags: InPlace } }

/// What an [`InstanceProfile`] has once it exists.
#[derive(Clone, Debug)]
pub struct InstanceProfileOutputs {
    /// Its ARN.
    pub arn: InstanceProfileArn,
}

impl Resource for InstanceProfile {
    type Cloud = Aws;
    type Config = InstanceProfileConfig;
    type Outputs = InstanceProfileOutputs;

    const ABOUT: Kind = Kind {
        name: "instance-profile",
        ids: "arn:*:iam::*:instance-profile/*",
        summary: "How instances come by their role",
        cloudformation: "AWS::IAM::InstanceProfile",
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(4),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "instances lose their role until it is there again",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[
                role::LIST,
                "iam:ListInstanceProfiles",
                "iam:ListInstanceProfileTags",
                "iam:GetInstanceProfile",
            ],
            write: &[
                "iam:CreateInstanceProfile",
                "iam:AddRoleToInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:TagInstanceProfile",
                "iam:UntagInstanceProfile",
                "iam:DeleteInstanceProfile",
            ],
        },
    };

    /// The list has no tags: only those whose name is of our making, or that hold a role of ours, are asked
    /// for theirs. What was adopted has kept its name.
    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let ids = match scope {
            Scope::Ids(ids) => {
                let mut found = Vec::new();
                for id in *ids {
                    found.extend(look(aws, name_of(id)).await?);
                }
                return Ok(found);
            }
            Scope::Owned => {
                aws.pages(
                    "iam:ListInstanceProfiles",
                    |marker| {
                        let call = aws.iam.list_instance_profiles().max_items(PAGE);
                        call.set_marker(marker).send()
                    },
                    |page| (Some(page.instance_profiles), (page.is_truncated, page.marker)),
                )
                .await?
            }
        };
        let prefix = name_prefix(aws);
        let roles: BTreeSet<String> =
            role::listed(aws).await?.into_iter().filter_map(|it| it.role_name).collect();
        let is_ours = |role: &str| role.starts_with(&prefix) || roles.contains(role);
        let candidates = ids.into_iter().filter(|profile| {
            profile.instance_profile_name().starts_with(&prefix)
                || profile.roles().iter().any(|role| is_ours(role.role_name()))
        });
        let mut found = Vec::new();
        for profile in candidates {
            let name = profile.instance_profile_name();
            let tags = aws
                .pages(
                    "iam:ListInstanceProfileTags",
                    |marker| {
                        let call = aws.iam.list_instance_profile_tags().instance_profile_name(name);
                        call.set_marker(marker).send()
                    },
                    |page| (Some(page.tags), (page.is_truncated, page.marker)),
                )
                .await;
            match tags {
                Ok(tags) => {
                    let list = "iam:ListInstanceProfiles";
                    found.push(read(aws, (list, name), &profile, &pairs(&tags))?);
                }
                Err(error) if error.class == Class::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        found.retain(|found| found.owner != Owner::Other);
        once("iam:ListInstanceProfiles", found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &InstanceProfileConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let call = || {
            let call = aws.iam.create_instance_profile().instance_profile_name(&name);
            call.set_tags(Some(tags.clone())).send()
        };
        let operation = "iam:CreateInstanceProfile";
        let made = aws.write(operation, call).await?.instance_profile;
        let made = required(operation, "InstanceProfile", made)?;
        let (asked, told) = ((operation, "instance-profile"), made.instance_profile_name());
        let (id, _) = arn(aws, asked, (&name, told), made.arn())?;
        Ok(PhysicalId(id))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &InstanceProfileConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &object_name(aws, me)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &InstanceProfileConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id);
        if delta.take(field!(InstanceProfileConfig.role)) {
            // It holds one role at most.
            if let Some(role) = &have.config.role.0 {
                take_out(aws, name, role).await?;
            }
            if let Some(role) = &want.role.0 {
                let call = || {
                    let call = aws.iam.add_role_to_instance_profile().instance_profile_name(name);
                    call.role_name(name_of(&role.0)).send()
                };
                aws.write("iam:AddRoleToInstanceProfile", call).await?;
            }
        }
        if delta.take(field!(InstanceProfileConfig.tags)) {
            let Retagging { put, drop } = want.tags.retagging(&have.config.tags, have.ordinal());
            if !put.is_empty() {
                let tags: Vec<_> =
                    put.into_iter().filter_map(|(key, value)| as_tag(&key, value)).collect();
                let call = || {
                    let call = aws.iam.tag_instance_profile().instance_profile_name(name);
                    call.set_tags(Some(tags.clone())).send()
                };
                aws.write("iam:TagInstanceProfile", call).await?;
            }
            if !drop.is_empty() {
                let call = || {
                    let call = aws.iam.untag_instance_profile().instance_profile_name(name);
                    call.set_tag_keys(Some(drop.clone())).send()
                };
                aws.write("iam:UntagInstanceProfile", call).await?;
            }
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&InstanceProfileConfig<Declared>>,
    ) -> Option<InstanceProfileConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(InstanceProfileConfig { tags, ..have.config.clone() })
    }

    fn is_new(have: &Found<Self>) -> bool {
        have.config.role.0.is_none()
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id);
        if let Some(role) = &have.config.role.0 {
            take_out(aws, name, role).await?;
        }
        let call = || aws.iam.delete_instance_profile().instance_profile_name(name).send();
        aws.write("iam:DeleteInstanceProfile", call).await.map(drop)
    }
}

async fn take_out(aws: &Aws, profile: &str, role: &RoleArn) -> Result<(), CallError> {
    let call = || {
        let call = aws.iam.remove_role_from_instance_profile().instance_profile_name(profile);
        call.role_name(name_of(&role.0)).send()
    };
    match aws.write("iam:RemoveRoleFromInstanceProfile", call).await {
        Err(error) if error.class != Class::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

async fn look(aws: &Aws, name: &str) -> Result<Option<Found<InstanceProfile>>, CallError> {
    let call = || aws.iam.get_instance_profile().instance_profile_name(name).send();
    let operation = "iam:GetInstanceProfile";
    match aws.read(operation, call).await {
        Ok(answer) => {
            let profile = required(operation, "InstanceProfile", answer.instance_profile)?;
            read(aws, (operation, name), &profile, &pairs(profile.tags())).map(Some)
        }
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(
    aws: &Aws,
    (operation, asked): (&'static str, &str),
    from: &types::InstanceProfile,
    tags: &[(String, String)],
) -> Result<Found<InstanceProfile>, CallError> {
    let names = (asked, from.instance_profile_name());
    let (arn, phase) = arn(aws, (operation, "instance-profile"), names, from.arn())?;
    Ok(Found {
        id: PhysicalId(arn.clone()),
        owner: owner_of(aws, InstanceProfile::ABOUT.name, tags),
        config: InstanceProfileConfig {
            role: HeldRole(from.roles().first().map(|role| RoleArn::new(role.arn()))),
            tags: Tags::of(aws, tags),
        },
        outputs: InstanceProfileOutputs { arn: InstanceProfileArn::new(arn) },
        phase,
    })
}
