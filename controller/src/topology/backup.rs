//! The chapter `backup`: copies of the database in AWS Backup, which outlive it.
//!
//! The database is named by its ARN: whoever has our tags would be copied as well, the instances too.

use clctl_spec::{Engine, NodeSpec};

use crate::{
    aws::{
        Aws,
        backup::{
            BackupPlan, BackupPlanConfig, BackupRule, BackupSelection, BackupSelectionConfig,
            BackupVault, BackupVaultConfig,
        },
        iam::Role,
        kms::KeyArn,
        policy::{Policy, Statement},
        secrets::ResourcePolicy,
    },
    engine::{Address, Declared, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{Label, database, roles};

/// What there is one of.
const MAIN: &str = "main";
/// What is copied.
const DATABASE: &str = "database";
/// Within how many minutes a copy begins, and within how many it is done: AWS's own.
const STARTS: i32 = 480;
const ENDS: i32 = 10_080;

/// Whom the role trusts.
const SERVICE: &str = "backup.amazonaws.com";

/// Declares it, and says where the copies are, if there are any.
pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
    database: &Input<String>,
) -> Result<Option<Ref<BackupVault>>, DeclaredTwice> {
    let backup = &spec.backup;
    if !backup.enabled {
        return Ok(None);
    }
    let vault = graph.add::<BackupVault>(
        MAIN,
        BackupVaultConfig {
            key: key.clone(),
            access_policy: ResourcePolicy::None,
            tags: label.tags(BackupVault::ABOUT.name, MAIN),
        },
    )?;
    let rule = BackupRule {
        name: DATABASE.to_owned(),
        vault: vault.output("arn", |vault| vault.arn.clone()),
        schedule: backup.schedule.to_string(),
        retention_in_days: backup.retention_in_days.get().cast_signed(),
        start_window_minutes: STARTS,
        completion_window_minutes: ENDS,
        other: String::new(),
    };
    let address = Address::new(BackupPlan::ABOUT.name, MAIN);
    let plan = graph.add::<BackupPlan>(
        MAIN,
        BackupPlanConfig {
            name: label.environment.display_name(&address),
            rules: vec![rule],
            tags: label.tags(BackupPlan::ABOUT.name, MAIN),
        },
    )?;
    let taken_on = role(graph, label, spec)?;
    graph.add::<BackupSelection>(
        DATABASE,
        BackupSelectionConfig {
            plan: plan.output("arn", |plan| plan.arn.clone()),
            role: taken_on.output("arn", |role| role.arn.clone()),
            resources: vec![database.clone()],
            other: String::new(),
        },
    )?;
    Ok(Some(vault))
}

/// The role in which copies are made: of this one database, into snapshots of AWS Backup's alone, which it may
/// delete again. That is what AWS's own policy has of RDS
/// (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html>), without
/// what is about everything else in the account.
fn role(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
) -> Result<Ref<Role>, DeclaredTwice> {
    let environment = label.environment;
    let name = database::identifier(environment, spec);
    let (of, copy, looks, makes, drops) = match &spec.database.engine {
        Engine::Rds(_) => (
            "db",
            "snapshot",
            ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"],
            "rds:CreateDBSnapshot",
            "rds:DeleteDBSnapshot",
        ),
        Engine::Aurora(_) => (
            "cluster",
            "cluster-snapshot",
            ["rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots"],
            "rds:CreateDBClusterSnapshot",
            "rds:DeleteDBClusterSnapshot",
        ),
    };
    let database = environment.arn("rds", &format!("{of}:{name}"));
    let copies = environment.arn("rds", &format!("{copy}:awsbackup:*"));
    let allow = |sid: &str, actions: &[&str]| Statement::allow(sid, []).doing(actions);
    let policy: Policy<Declared> = Policy::of([
        allow("Look", &[looks[0], looks[1], "rds:ListTagsForResource"])
            .to([database.clone(), copies.clone()]),
        allow("Copy", &[makes, "rds:AddTagsToResource"]).to([database, copies.clone()]),
        allow("DeleteCopies", &[drops]).to([copies]),
    ]);
    roles::trusting(
        graph,
        label,
        "backup",
        "AWS Backup",
        roles::of_this_account(label, SERVICE),
        vec![("database", policy)],
    )
}
