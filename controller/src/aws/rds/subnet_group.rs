//! A DB subnet group: where the interfaces of a database may be.

use std::time::Duration;

use aws_sdk_rds::types::DbSubnetGroup;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Input, Kind, Owner,
        Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, required, text, whole},
        clients::Aws,
        ec2::{SubnetId, VpcId},
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, arn, as_tags, name_of, object_name, retag, tags_of,
};

/// A DB subnet group.
pub struct SubnetGroup;

id!(
    /// The ARN of a [`SubnetGroup`].
    SubnetGroupArn
);

impl SubnetGroupArn {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        name_of(self.as_str())
    }
}

/// The settable part of a [`SubnetGroup`].
#[derive(Clone, Debug)]
pub struct SubnetGroupConfig<S: Stage = Resolved> {
    /// The VPC its subnets are in, which follows from them.
    pub vpc: S::In<VpcId>,
    /// What it is for.
    pub description: String,
    /// Its subnets, of two zones at least.
    pub subnets: Vec<S::In<SubnetId>>,
    /// Its tags.
    pub tags: Tags,
}

config! { SubnetGroupConfig {
    vpc: Replace,
    description: InPlace,
    subnets: InPlace,
    tags: InPlace,
} }

/// What a [`SubnetGroup`] has once it exists.
#[derive(Clone, Debug)]
pub struct SubnetGroupOutputs {
    /// Its ARN.
    pub arn: SubnetGroupArn,
}

/// What describes one.
const DESCRIBE: &str = "rds:DescribeDBSubnetGroups";
/// How its ARN says what it is.
const TYPE: &str = "subgrp";

impl Resource for SubnetGroup {
    type Cloud = Aws;
    type Config = SubnetGroupConfig;
    type Outputs = SubnetGroupOutputs;

    const ABOUT: Kind = Kind {
        name: "db-subnet-group",
        ids: "arn:*:rds:*:subgrp:*",
        summary: "The subnets in which a database may have its network interfaces",
        cloudformation: "AWS::RDS::DBSubnetGroup",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(20),
        outage: "nothing: it counts when a database is made or moves",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, DESCRIBE, LISTS_TAGS],
            write: &[
                "rds:CreateDBSubnetGroup",
                "rds:ModifyDBSubnetGroup",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "rds:DeleteDBSubnetGroup",
            ],
        },
    };

    // RDS takes none out of a group that a database has its interfaces in, and does not say which those are; what
    // somebody has added goes.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html>
    fn refusal(want: &SubnetGroupConfig<Declared>, have: &Found<Self>) -> Option<String> {
        let known = |subnet: &Input<SubnetId>| match subnet {
            Input::Known(id) => Some(id.clone()),
            Input::Output(_) | Input::Made(_) | Input::Unlearned(_) => None,
        };
        let wanted: Vec<SubnetId> = want.subnets.iter().map(known).collect::<Option<_>>()?;
        let has = &have.config.subnets;
        let goes = has.iter().find(|id| !wanted.contains(id))?;
        wanted.iter().any(|id| !has.contains(id)).then(|| {
            format!("the database may stand in {goes}, and it does not move: name that subnet again; a database in others is made in a new environment, with database.restoreFrom")
        })
    }

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, "rds:subgrp").await?;
        let mut found = Vec::new();
        for arn in listed.arns() {
            found.extend(look(aws, name_of(arn), &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &SubnetGroupConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let subnets = texts(&want.subnets);
        let call = || {
            aws.rds
                .create_db_subnet_group()
                .db_subnet_group_name(&name)
                .db_subnet_group_description(&want.description)
                .set_subnet_ids(Some(subnets.clone()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "rds:CreateDBSubnetGroup";
        let made = aws.write(operation, call).await?.db_subnet_group;
        let id = made.and_then(|group| group.db_subnet_group_arn);
        Ok(PhysicalId(text(operation, "DBSubnetGroupArn", id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &SubnetGroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &object_name(aws, me), &Listed::default()).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &SubnetGroupConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let described = delta.take(field!(SubnetGroupConfig.description));
        if delta.take(field!(SubnetGroupConfig.subnets)) || described {
            let (name, subnets) = (name_of(&have.id.0), texts(&want.subnets));
            // All of them each time: what is left out goes.
            let call = || {
                let call = aws.rds.modify_db_subnet_group().db_subnet_group_name(name);
                let call = call.db_subnet_group_description(&want.description);
                call.set_subnet_ids(Some(subnets.clone())).send()
            };
            aws.write("rds:ModifyDBSubnetGroup", call).await?;
        }
        if delta.take(field!(SubnetGroupConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&SubnetGroupConfig<Declared>>,
    ) -> Option<SubnetGroupConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(SubnetGroupConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let call = || aws.rds.delete_db_subnet_group().db_subnet_group_name(name).send();
        aws.write("rds:DeleteDBSubnetGroup", call).await.map(drop)
    }
}

fn texts(subnets: &[SubnetId]) -> Vec<String> {
    subnets.iter().map(|subnet| subnet.as_str().to_owned()).collect()
}

/// Looks at one by its name. What is not there is `None`.
async fn look(
    aws: &Aws,
    name: &str,
    listed: &Listed,
) -> Result<Option<Found<SubnetGroup>>, CallError> {
    let call = || aws.rds.describe_db_subnet_groups().db_subnet_group_name(name).send();
    let answer = match aws.read(DESCRIBE, call).await {
        Ok(answer) => {
            whole(DESCRIBE, answer.marker)?;
            required(DESCRIBE, "DBSubnetGroups", answer.db_subnet_groups)?
        }
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(group) = answer.first() else { return Ok(None) };
    let told = text(DESCRIBE, "DBSubnetGroupName", group.db_subnet_group_name())?;
    if told != name {
        return Err(another(DESCRIBE, told, name));
    }
    let arn = arn(aws, TYPE, name);
    match listed.tags(&arn, tags_of(aws, &arn)).await? {
        Some(tags) => read(aws, group, &tags).map(Some),
        None => Ok(None),
    }
}

fn read(
    aws: &Aws,
    from: &DbSubnetGroup,
    tags: &[(String, String)],
) -> Result<Found<SubnetGroup>, CallError> {
    let id = text(DESCRIBE, "DBSubnetGroupArn", from.db_subnet_group_arn())?;
    let subnets = required(DESCRIBE, "Subnets", from.subnets.as_ref())?.iter();
    let subnets = subnets.map(|subnet| {
        text(DESCRIBE, "SubnetIdentifier", subnet.subnet_identifier()).map(SubnetId::new)
    });
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner_of(aws, SubnetGroup::ABOUT.name, tags),
        config: SubnetGroupConfig {
            vpc: VpcId::new(text(DESCRIBE, "VpcId", from.vpc_id())?),
            description: from.db_subnet_group_description().unwrap_or_default().to_owned(),
            subnets: subnets.collect::<Result<_, _>>()?,
            tags: Tags::of(aws, tags),
        },
        outputs: SubnetGroupOutputs { arn: SubnetGroupArn::new(id) },
        // Its status is `Complete` and nothing else
        // (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSubnetGroup.html).
        phase: Phase::Ready,
    })
}
