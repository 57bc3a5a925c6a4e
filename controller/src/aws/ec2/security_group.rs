//! A security group, without its rules: those are a node of their own, so that groups may refer to
//! each other.

use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType};

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Declared, Delta, Found, Identity, Kind, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        tags::{Tags, filter, owner},
    },
    blockers,
    scope::{Asked, keep},
    vpc::VpcId,
};

/// A security group.
pub struct SecurityGroup;

id!(
    /// The id of a [`SecurityGroup`].
    SecurityGroupId
);

/// The settable part of a [`SecurityGroup`].
#[derive(Clone, Debug)]
pub struct SecurityGroupConfig<S: Stage = Resolved> {
    /// The VPC it is in.
    pub vpc: S::In<VpcId>,
    /// What it is for.
    pub description: String,
    /// Its tags.
    pub tags: Tags,
}

config! { SecurityGroupConfig {
    vpc: Replace,
    description: Replace,
    tags: InPlace,
} }

/// What a [`SecurityGroup`] has once it exists.
#[derive(Clone, Debug)]
pub struct SecurityGroupOutputs {
    /// Its id.
    pub id: SecurityGroupId,
}

/// What lists them.
pub(super) const LIST: &str = "ec2:DescribeSecurityGroups";

impl Resource for SecurityGroup {
    type Cloud = Aws;
    type Config = SecurityGroupConfig;
    type Outputs = SecurityGroupOutputs;

    const ABOUT: Kind = Kind {
        name: "security-group",
        ids: "sg-*",
        summary: "A group of network interfaces that rules speak of",
        cloudformation: "AWS::EC2::SecurityGroup",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(20),
        outage: "its members move to the new group without a gap",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSecurityGroupRules",
                "ec2:DescribeNetworkInterfaces",
            ],
            write: &[
                "ec2:CreateSecurityGroup",
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteSecurityGroup",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let groups = describe(aws, scope).await?;
        let found: Result<Vec<_>, _> = groups.iter().map(|it| read(aws, it)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &SecurityGroupConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::SecurityGroup, me);
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let call = || {
            aws.ec2
                .create_security_group()
                .group_name(&name)
                .description(&want.description)
                .vpc_id(want.vpc.as_str())
                .tag_specifications(tags.clone())
                .send()
        };
        let operation = "ec2:CreateSecurityGroup";
        let created = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "groupId", created.group_id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        want: &SecurityGroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let filters = vec![filter("vpc-id", [want.vpc.to_string()]), filter("group-name", [name])];
        let call = || aws.ec2.describe_security_groups().set_filters(Some(filters.clone())).send();
        let answer = aws.read(LIST, call).await?;
        let groups = required(LIST, "securityGroupInfo", answer.security_groups)?;
        groups.first().map(|group| read(aws, group)).transpose()
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &SecurityGroupConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(SecurityGroupConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&SecurityGroupConfig<Declared>>,
    ) -> Option<SecurityGroupConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(SecurityGroupConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_security_group().group_id(&have.id.0).send();
        aws.write("ec2:DeleteSecurityGroup", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let mut all = blockers::interfaces(aws, "group-id", &have.id.0).await?;
        all.extend(blockers::referring_groups(aws, &have.id.0, have.config.vpc.as_str()).await?);
        Ok(all)
    }
}

/// Lists groups; the rules' kind reads the same list.
pub(super) async fn describe(
    aws: &Aws,
    scope: &Scope<'_>,
) -> Result<Vec<types::SecurityGroup>, CallError> {
    let Asked { filters, ids, page } = Asked::of(aws, scope);
    aws.pages(
        LIST,
        |token| {
            let call = aws.ec2.describe_security_groups().set_filters(filters.clone());
            call.set_group_ids(ids.clone()).set_max_results(page).set_next_token(token).send()
        },
        |page| (page.security_groups, page.next_token),
    )
    .await
}

fn read(aws: &Aws, from: &types::SecurityGroup) -> Result<Found<SecurityGroup>, CallError> {
    let id = text(LIST, "groupId", from.group_id())?;
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner(aws, SecurityGroup::ABOUT.name, from.tags()),
        config: SecurityGroupConfig {
            vpc: VpcId::new(text(LIST, "vpcId", from.vpc_id())?),
            description: text(LIST, "groupDescription", from.description())?.to_owned(),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: SecurityGroupOutputs { id: SecurityGroupId::new(id) },
        phase: Phase::Ready,
    })
}
