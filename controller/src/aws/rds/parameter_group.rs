//! Parameter groups: what PostgreSQL is told. Those of instances, on RDS and of each instance of Aurora, and those
//! of whole clusters of Aurora differ in nothing but the calls, which are [`Level`]'s to make.

use std::{future::Future, marker::PhantomData, time::Duration};

use aws_sdk_rds::types::{DbClusterParameterGroup, DbParameterGroup, Parameter, Tag};

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Delta, Found, Identity, Kind, Owner, Phase, PhysicalId,
        Replacement, Resource, Scope,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, found, required, text, whole},
        clients::Aws,
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, PAGE, as_tags, name_of, object_name,
    parameters::{Parameters, is_set},
    retag, tags_of,
};

/// A parameter group of that level.
pub struct Group<L>(PhantomData<fn() -> L>);

/// A DB parameter group.
pub type ParameterGroup = Group<OfInstance>;
/// A DB cluster parameter group.
pub type ClusterParameterGroup = Group<OfCluster>;

id!(
    /// The ARN of a [`ParameterGroup`].
    ParameterGroupArn
);

id!(
    /// The ARN of a [`ClusterParameterGroup`].
    ClusterParameterGroupArn
);

impl ParameterGroupArn {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        name_of(self.as_str())
    }
}

impl ClusterParameterGroupArn {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        name_of(self.as_str())
    }
}

/// The settable part of a parameter group.
#[derive(Clone, Debug)]
pub struct ParameterGroupConfig {
    /// The family of versions it is for: `postgres17`.
    pub family: String,
    /// What it is for.
    pub description: String,
    /// The parameters that differ from AWS's defaults.
    pub parameters: Parameters,
    /// Its tags.
    pub tags: Tags,
}

config! { ParameterGroupConfig, no references {
    family: Replace,
    description: Replace,
    parameters: InPlace,
    tags: InPlace,
} }

/// What a parameter group has once it exists.
#[derive(Clone, Debug)]
pub struct ParameterGroupOutputs<A> {
    /// Its ARN.
    pub arn: A,
    /// Whether nobody has set any of its parameters.
    pub is_untouched: bool,
}

/// Whose parameters a group has.
pub trait Level: Send + Sync + 'static {
    /// The ARN of such a group.
    type Arn: Clone + std::fmt::Debug + Send + Sync + 'static;

    /// What is said of the kind.
    const KIND: Kind;
    /// What the tagging API calls them.
    const TAGGED: &'static str;
    /// What lists their parameters.
    const PARAMETERS: &'static str;
    /// The calls there are.
    const CALLS: Calls;

    /// An ARN as AWS writes it.
    fn arn(text: &str) -> Self::Arn;

    /// Asks for a group; answers its ARN.
    fn create(
        aws: &Aws,
        name: &str,
        want: &ParameterGroupConfig,
        tags: Vec<Tag>,
    ) -> impl Future<Output = Result<String, CallError>> + Send;

    /// What is there of that name.
    fn describe(
        aws: &Aws,
        name: &str,
    ) -> impl Future<Output = Result<Option<Described>, CallError>> + Send;

    /// All its parameters, set or not.
    fn parameters(
        aws: &Aws,
        name: &str,
    ) -> impl Future<Output = Result<Vec<Parameter>, CallError>> + Send;

    /// Sets parameters.
    fn modify(
        aws: &Aws,
        name: &str,
        parameters: Vec<Parameter>,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Sets parameters back to what they are by default.
    fn reset(
        aws: &Aws,
        name: &str,
        parameters: Vec<Parameter>,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Asks for the group to be gone.
    fn delete(aws: &Aws, name: &str) -> impl Future<Output = Result<(), CallError>> + Send;
}

/// A group as it is described.
#[derive(Debug)]
pub struct Described {
    arn: String,
    family: String,
    description: String,
}

/// Of instances.
pub enum OfInstance {}

/// Of clusters.
pub enum OfCluster {}

/// What the kinds have in common.
const ANY: Kind = Kind {
    name: "db-parameter-group",
    ids: "arn:*:rds:*:pg:*",
    summary: "The parameters of PostgreSQL that differ from the defaults",
    cloudformation: "AWS::RDS::DBParameterGroup",
    // The new one has another name: the ordinal is part of it.
    replacement: Replacement::CreateFirst,
    creation: Creation::Key,
    typical: Duration::from_secs(2),
    typical_removal: Duration::from_secs(2),
    patience: Duration::from_mins(20),
    outage: "nothing: the database moves to the new one, and static parameters wait for its next restart",
    stands_on: &[],
    keeping: None,
    calls: Calls { read: &[], write: &[] },
};

impl<L: Level> Resource for Group<L> {
    type Cloud = Aws;
    type Config = ParameterGroupConfig;
    type Outputs = ParameterGroupOutputs<L::Arn>;

    const ABOUT: Kind = L::KIND;

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, L::TAGGED).await?;
        let mut found = Vec::new();
        for arn in listed.arns() {
            found.extend(look::<L>(aws, name_of(arn), &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found: &Found<Self>| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &ParameterGroupConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        L::create(aws, &name, want, tags).await.map(PhysicalId)
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &ParameterGroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look::<L>(aws, &object_name(aws, me), &Listed::default()).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &ParameterGroupConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(ParameterGroupConfig.parameters)) {
            let name = name_of(&have.id.0);
            let all = L::parameters(aws, name).await?;
            let (set, gone) = want.parameters.changes(&have.config.parameters, &all);
            for portion in gone {
                L::reset(aws, name, portion).await?;
            }
            for portion in set {
                L::modify(aws, name, portion).await?;
            }
        }
        if delta.take(field!(ParameterGroupConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&ParameterGroupConfig>,
    ) -> Option<ParameterGroupConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(ParameterGroupConfig { tags, ..have.config.clone() })
    }

    fn is_new(have: &Found<Self>) -> bool {
        have.outputs.is_untouched
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        L::delete(aws, name_of(&have.id.0)).await
    }
}

/// Looks at one by its name. What is not there is `None`.
async fn look<L: Level>(
    aws: &Aws,
    name: &str,
    listed: &Listed,
) -> Result<Option<Found<Group<L>>>, CallError> {
    let Some(group) = found(L::describe(aws, name).await)?.flatten() else {
        return Ok(None);
    };
    let Some(parameters) = found(L::parameters(aws, name).await)? else {
        return Ok(None);
    };
    let is_untouched = !parameters.iter().any(is_set);
    let parameters = Parameters::read(L::PARAMETERS, &parameters)?;
    let Described { arn, family, description } = group;
    let Some(tags) = listed.tags(&arn, tags_of(aws, &arn)).await? else { return Ok(None) };
    Ok(Some(Found {
        owner: owner_of(aws, L::KIND.name, &tags),
        config: ParameterGroupConfig {
            family,
            description,
            parameters,
            tags: Tags::of(aws, &tags),
        },
        outputs: ParameterGroupOutputs { arn: L::arn(&arn), is_untouched },
        id: PhysicalId(arn),
        phase: Phase::Ready,
    }))
}

/// The calls of a level, by what AWS calls its groups.
macro_rules! calls {
    ($op:literal, $all:literal, $tagged:literal, $arn:ident, $group:ident { $id:ident, $name:ident },
        $create:ident, $made:ident, $describe:ident, $described:ident, $list:ident, $modify:ident,
        $reset:ident, $delete:ident) => {
        type Arn = $arn;
        const TAGGED: &'static str = concat!("rds:", $tagged);

        fn arn(text: &str) -> $arn {
            $arn::new(text)
        }

        async fn create(
            aws: &Aws,
            name: &str,
            want: &ParameterGroupConfig,
            tags: Vec<Tag>,
        ) -> Result<String, CallError> {
            let call = || {
                let call = aws.rds.$create().$name(name);
                let call = call.db_parameter_group_family(&want.family);
                call.description(&want.description).set_tags(Some(tags.clone())).send()
            };
            let operation = concat!("rds:Create", $op);
            let made = aws.write(operation, call).await?.$made;
            text(operation, concat!($op, "Arn"), made.and_then(|group| group.$id))
        }

        async fn describe(aws: &Aws, name: &str) -> Result<Option<Described>, CallError> {
            const DESCRIBE: &str = concat!("rds:Describe", $op, "s");
            let answer = aws.read(DESCRIBE, || aws.rds.$describe().$name(name).send()).await?;
            whole(DESCRIBE, answer.marker)?;
            let groups: Vec<$group> = required(DESCRIBE, concat!($op, "s"), answer.$described)?;
            let Some(group) = groups.into_iter().next() else { return Ok(None) };
            let told = text(DESCRIBE, concat!($op, "Name"), group.$name())?;
            if told != name {
                return Err(another(DESCRIBE, told, name));
            }
            let family = group.db_parameter_group_family;
            Ok(Some(Described {
                arn: text(DESCRIBE, concat!($op, "Arn"), group.$id)?,
                family: text(DESCRIBE, "DBParameterGroupFamily", family)?,
                description: group.description.unwrap_or_default(),
            }))
        }

        async fn parameters(aws: &Aws, name: &str) -> Result<Vec<Parameter>, CallError> {
            aws.pages(
                Self::PARAMETERS,
                |marker| {
                    let call = aws.rds.$list().$name(name);
                    call.max_records(PAGE).set_marker(marker).send()
                },
                |page| (page.parameters, page.marker),
            )
            .await
        }

        async fn modify(aws: &Aws, name: &str, all: Vec<Parameter>) -> Result<(), CallError> {
            let call = || aws.rds.$modify().$name(name).set_parameters(Some(all.clone())).send();
            aws.write(concat!("rds:Modify", $op), call).await.map(drop)
        }

        async fn reset(aws: &Aws, name: &str, all: Vec<Parameter>) -> Result<(), CallError> {
            let call = || aws.rds.$reset().$name(name).set_parameters(Some(all.clone())).send();
            aws.write(concat!("rds:Reset", $op), call).await.map(drop)
        }

        async fn delete(aws: &Aws, name: &str) -> Result<(), CallError> {
            let call = || aws.rds.$delete().$name(name).send();
            aws.write(concat!("rds:Delete", $op), call).await.map(drop)
        }

        const PARAMETERS: &'static str = concat!("rds:Describe", $all);
        const CALLS: Calls = Calls {
            read: &[
                tagging::LISTS,
                concat!("rds:Describe", $op, "s"),
                Self::PARAMETERS,
                LISTS_TAGS,
            ],
            write: &[
                concat!("rds:Create", $op),
                concat!("rds:Modify", $op),
                concat!("rds:Reset", $op),
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                concat!("rds:Delete", $op),
            ],
        };
    };
}

impl Level for OfInstance {
    const KIND: Kind = Kind { calls: Self::CALLS, ..ANY };

    calls! {
        "DBParameterGroup", "DBParameters", "pg", ParameterGroupArn,
        DbParameterGroup { db_parameter_group_arn, db_parameter_group_name },
        create_db_parameter_group, db_parameter_group, describe_db_parameter_groups,
        db_parameter_groups, describe_db_parameters, modify_db_parameter_group,
        reset_db_parameter_group, delete_db_parameter_group
    }
}

impl Level for OfCluster {
    const KIND: Kind = Kind {
        name: "db-cluster-parameter-group",
        ids: "arn:*:rds:*:cluster-pg:*",
        summary: "The parameters of PostgreSQL that differ from the defaults, for a cluster of Aurora",
        cloudformation: "AWS::RDS::DBClusterParameterGroup",
        calls: Self::CALLS,
        ..ANY
    };

    calls! {
        "DBClusterParameterGroup", "DBClusterParameters", "cluster-pg", ClusterParameterGroupArn,
        DbClusterParameterGroup { db_cluster_parameter_group_arn, db_cluster_parameter_group_name },
        create_db_cluster_parameter_group, db_cluster_parameter_group,
        describe_db_cluster_parameter_groups, db_cluster_parameter_groups,
        describe_db_cluster_parameters, modify_db_cluster_parameter_group,
        reset_db_cluster_parameter_group, delete_db_cluster_parameter_group
    }
}
