//! A log group. Whoever writes to one that is gone makes it again, without retention or key: it goes after
//! those who write to it.
//!
//! Its list has no tags, and its tags are read one by one, five a second
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>): what is ours is found by
//! the tagging API.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_cloudwatchlogs::types;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Creation, Declared, Delta, Field, Found, Identity,
        Keeping, Kind, Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope,
        Stage,
    },
    field,
};

use super::{
    super::{
        answers::text,
        clients::Aws,
        identity::TAG_UID,
        kms::KeyArn,
        rds,
        tagging::{self, Listed},
        tags::{Retagging, Tags, owner_of},
    },
    LISTS_TAGS, TYPE, tags_of,
};

/// A log group.
pub struct LogGroup;

/// How long a [`LogGroup`] keeps what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// So many days.
    Days(i32),
    /// For good.
    Forever,
}

impl Field for Retention {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        match self {
            Self::Days(days) => Cell::Known((*days).into()),
            Self::Forever => Cell::Known("forever".into()),
        }
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(*self)
    }
}

/// What a [`LogGroup`] is called. It is never compared: one that is adopted keeps its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Named {
    /// As its node is.
    #[default]
    ByAddress,
    /// So, because somebody else writes to it under that name.
    Exactly(String),
}

impl Field for Named {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Any
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// What stands for the key of a [`LogGroup`] that has none.
const NO_KEY: &str = "";

/// The settable part of a [`LogGroup`].
#[derive(Clone, Debug)]
pub struct LogGroupConfig<S: Stage = Resolved> {
    /// What it is called.
    pub name: Named,
    /// How long it keeps what is in it, in days.
    pub retention: Retention,
    /// What it is encrypted with: what comes from now on.
    pub key: S::In<KeyArn>,
    /// Its tags.
    pub tags: Tags,
}

config! { LogGroupConfig {
    name: Replace,
    retention: InPlace,
    key: InPlace,
    tags: InPlace,
} }

/// What a [`LogGroup`] has once it exists.
#[derive(Clone, Debug)]
pub struct LogGroupOutputs {
    /// Its ARN, without the `:*` that stands for its streams.
    pub arn: String,
    /// Its name.
    pub name: String,
}

impl Resource for LogGroup {
    type Cloud = Aws;
    type Config = LogGroupConfig;
    type Outputs = LogGroupOutputs;

    const ABOUT: Kind = Kind {
        name: "log-group",
        ids: "arn:*:logs:*:log-group:*",
        summary: "What instances, database and network say of themselves",
        cloudformation: "AWS::Logs::LogGroup",
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(5),
        outage: "what is written meanwhile is lost",
        stands_on: &[],
        keeping: Some(Keeping {
            costs: "US$0.03 a month for each GB that is in it",
            ends: "aws logs delete-log-group --log-group-name {name}",
        }),
        calls: Calls {
            read: &[tagging::LISTS, "logs:DescribeLogGroups", LISTS_TAGS],
            write: &[
                "logs:CreateLogGroup",
                "logs:PutRetentionPolicy",
                "logs:DeleteRetentionPolicy",
                "logs:AssociateKmsKey",
                "logs:TagResource",
                "logs:UntagResource",
                "logs:DeleteLogGroup",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, TYPE).await?;
        let mut names: BTreeSet<String> =
            listed.arns().map(|arn| name_of(arn).to_owned()).collect();
        if let Scope::Owned = scope {
            for (prefix, _) in of_databases(aws) {
                for group in list(aws, Which::Beginning(&prefix)).await? {
                    names.extend(group.log_group_name().map(ToOwned::to_owned));
                }
            }
        }
        let mut found = look(aws, names, &listed).await?;
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &LogGroupConfig,
    ) -> Result<PhysicalId, CallError> {
        let name = group_name(aws, me, want);
        let tags: std::collections::HashMap<String, String> =
            want.tags.to(me.ordinal).map(|(key, value)| (key.to_owned(), value)).collect();
        let key = Some(want.key.as_str()).filter(|key| *key != NO_KEY);
        let call = || {
            let call = aws.logs.create_log_group().log_group_name(&name);
            call.set_kms_key_id(key.map(ToOwned::to_owned)).set_tags(Some(tags.clone())).send()
        };
        aws.write("logs:CreateLogGroup", call).await?;
        // The answer is empty: its ARN follows from its name.
        Ok(PhysicalId(aws.environment.arn("logs", &format!("log-group:{name}"))))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        want: &LogGroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = BTreeSet::from([group_name(aws, me, want)]);
        Ok(look(aws, name, &Listed::default()).await?.into_iter().next())
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &LogGroupConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        if delta.take(field!(LogGroupConfig.key)) {
            let call = || {
                let call = aws.logs.associate_kms_key().log_group_name(name);
                call.kms_key_id(want.key.as_str()).send()
            };
            aws.write("logs:AssociateKmsKey", call).await?;
        }
        if delta.take(field!(LogGroupConfig.retention)) {
            match want.retention {
                Retention::Days(days) => {
                    let call = || {
                        let call = aws.logs.put_retention_policy().log_group_name(name);
                        call.retention_in_days(days).send()
                    };
                    aws.write("logs:PutRetentionPolicy", call).await?;
                }
                Retention::Forever => {
                    let call = || aws.logs.delete_retention_policy().log_group_name(name).send();
                    aws.write("logs:DeleteRetentionPolicy", call).await?;
                }
            }
        }
        if delta.take(field!(LogGroupConfig.tags)) {
            let Retagging { put, drop: gone } =
                want.tags.retagging(&have.config.tags, have.ordinal());
            let arn = have.id.0.as_str();
            if !put.is_empty() {
                let tags: std::collections::HashMap<String, String> = put.into_iter().collect();
                let call = || {
                    aws.logs.tag_resource().resource_arn(arn).set_tags(Some(tags.clone())).send()
                };
                aws.write("logs:TagResource", call).await?;
            }
            if !gone.is_empty() {
                let call = || {
                    let call = aws.logs.untag_resource().resource_arn(arn);
                    call.set_tag_keys(Some(gone.clone())).send()
                };
                aws.write("logs:UntagResource", call).await?;
            }
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&LogGroupConfig<Declared>>,
    ) -> Option<LogGroupConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(LogGroupConfig { tags, ..have.config.clone() })
    }

    fn is_vouched(aws: &Aws, have: &Found<Self>) -> bool {
        // A database writes where its own name leads to.
        of_databases(aws).iter().any(|(prefix, _)| have.outputs.name.starts_with(prefix))
            || aws.environment.is_path_of(&have.owner, &have.outputs.name)
    }

    fn is_new(have: &Found<Self>) -> bool {
        have.config.retention == Retention::Forever
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let call = || aws.logs.delete_log_group().log_group_name(name).send();
        aws.write("logs:DeleteLogGroup", call).await.map(drop)
    }
}

/// What a log group is called.
fn group_name(aws: &Aws, me: &Identity, want: &LogGroupConfig) -> String {
    if let Named::Exactly(name) = &want.name {
        return name.clone();
    }
    let base = aws.environment.path(&me.address.name);
    if me.ordinal > 1 { format!("{base}-{}", me.ordinal) } else { base }
}

/// The name in an ARN, with or without the `:*` that stands for its streams.
fn name_of(arn: &str) -> &str {
    let name = arn.split(":log-group:").nth(1).unwrap_or(arn);
    name.strip_suffix(":*").unwrap_or(name)
}

/// What the node of a group is called that a database writes a log to.
type NodeOf = fn(&str) -> String;

/// How the names of the groups begin that databases of ours write to, and what their nodes are called.
fn of_databases(aws: &Aws) -> [(String, NodeOf); 2] {
    let prefix = |logs, kind| format!("{logs}{}", aws.environment.object_prefix(kind));
    [
        (prefix(rds::LOGS, rds::Instance::ABOUT.name), of_database),
        (prefix(rds::CLUSTER_LOGS, rds::Cluster::ABOUT.name), of_cluster),
    ]
}

/// What the node of a group is called that a database on RDS writes this log to.
pub fn of_database(log: &str) -> String {
    format!("database-{log}")
}

/// What the node of a group is called that a database on Aurora writes this log to.
pub fn of_cluster(log: &str) -> String {
    format!("database-cluster-{log}")
}

/// Whose a group without our tags is: where somebody deletes one that a database of ours writes to, RDS
/// makes it again, and it is ours as that is
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html>).
fn by_parent(aws: &Aws, name: &str, tags: &[(String, String)]) -> Owner {
    let marked = tags.iter().any(|(key, _)| key == TAG_UID);
    let named = of_databases(aws).into_iter().find_map(|(prefix, named)| {
        let (_, log) = name.strip_prefix(&prefix)?.split_once('/')?;
        Some(named(log))
    });
    match named {
        Some(name) if !marked => Owner::Us { name, ordinal: 1, alias: None },
        Some(_) | None => Owner::Other,
    }
}

/// How many groups a call may name
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>).
const AT_ONCE: usize = 50;

/// Which groups are listed.
#[derive(Clone, Copy)]
enum Which<'a> {
    /// Those whose names begin so.
    Beginning(&'a str),
    /// Those of these names.
    Named(&'a [String]),
}

/// Lists groups.
async fn list(aws: &Aws, which: Which<'_>) -> Result<Vec<types::LogGroup>, CallError> {
    let groups = aws
        .pages(
            "logs:DescribeLogGroups",
            |token| {
                let call = aws.logs.describe_log_groups();
                let call = match which {
                    Which::Beginning(prefix) => call.log_group_name_prefix(prefix),
                    Which::Named(names) => call.set_log_group_identifiers(Some(names.to_vec())),
                };
                call.set_next_token(token).send()
            },
            |page| (page.log_groups, page.next_token),
        )
        .await?;
    for group in &groups {
        text("logs:DescribeLogGroups", "logGroupName", group.log_group_name())?;
    }
    Ok(groups)
}

/// Looks at groups by their names. What is not there is left out.
async fn look(
    aws: &Aws,
    names: BTreeSet<String>,
    listed: &Listed,
) -> Result<Vec<Found<LogGroup>>, CallError> {
    let mut found = Vec::new();
    let all: Vec<String> = names.iter().cloned().collect();
    for some in all.chunks(AT_ONCE) {
        for group in list(aws, Which::Named(some)).await? {
            let Some(name) = group.log_group_name().filter(|it| names.contains(*it)) else {
                continue;
            };
            let arn = aws.environment.arn("logs", &format!("log-group:{name}"));
            if let Some(tags) = listed.tags(&arn, tags_of(aws, &arn)).await? {
                found.push(read(aws, &group, arn, &tags));
            }
        }
    }
    Ok(found)
}

fn read(
    aws: &Aws,
    from: &types::LogGroup,
    arn: String,
    tags: &[(String, String)],
) -> Found<LogGroup> {
    Found {
        id: PhysicalId(arn.clone()),
        owner: match owner_of(aws, LogGroup::ABOUT.name, tags) {
            Owner::Other => by_parent(aws, name_of(&arn), tags),
            ours @ Owner::Us { .. } => ours,
        },
        config: LogGroupConfig {
            name: Named::ByAddress,
            retention: from.retention_in_days().map_or(Retention::Forever, Retention::Days),
            key: KeyArn::new(from.kms_key_id().unwrap_or(NO_KEY)),
            tags: Tags::of(aws, tags),
        },
        outputs: LogGroupOutputs { name: name_of(&arn).to_owned(), arn },
        phase: Phase::Ready,
    }
}
