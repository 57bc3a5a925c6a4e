//! A backup vault: where AWS Backup keeps what it copies. What is in it is the user's, and a vault goes only empty
//! (<https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVault.html>).

use std::time::Duration;

use aws_sdk_backup::types::RecoveryPointByBackupVault;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Keeping, Kind, Owner,
        Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, not_understood, text},
        clients::Aws,
        kms::KeyArn,
        policy::Policy,
        secrets::ResourcePolicy,
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    BackupPlan, TAGS, as_tags, retag, tags,
};

/// A backup vault.
pub struct BackupVault;

id!(
    /// The ARN of a [`BackupVault`].
    BackupVaultArn
);

/// The settable part of a [`BackupVault`].
#[derive(Clone, Debug)]
pub struct BackupVaultConfig<S: Stage = Resolved> {
    /// What is copied into it is encrypted with; a database's own copies are encrypted as the database is.
    pub key: S::In<KeyArn>,
    /// Whom it lets in by itself.
    pub access_policy: ResourcePolicy,
    /// Its tags.
    pub tags: Tags,
}

config! { BackupVaultConfig {
    key: Refuse,
    access_policy: InPlace,
    tags: InPlace,
} }

/// What a [`BackupVault`] has once it exists.
#[derive(Clone, Debug)]
pub struct BackupVaultOutputs {
    /// Its ARN.
    pub arn: BackupVaultArn,
    /// Its name.
    pub name: String,
    /// How many recovery points are in it.
    pub recovery_points: i64,
}

const DESCRIBE: &str = "backup:DescribeBackupVault";
const LIST: &str = "backup:ListBackupVaults";
const POINTS: &str = "backup:ListRecoveryPointsByBackupVault";

impl Resource for BackupVault {
    type Cloud = Aws;
    type Config = BackupVaultConfig;
    type Outputs = BackupVaultOutputs;

    const ABOUT: Kind = Kind {
        name: "backup-vault",
        ids: "arn:*:backup:*:backup-vault:*",
        summary: "Where AWS Backup keeps its copies of the database",
        cloudformation: "AWS::Backup::BackupVault",
        // What is in it is in it alone.
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "no copies are made meanwhile",
        stands_on: &[],
        keeping: Some(Keeping {
            costs: "US$0.095 a month for each GB of a recovery point of RDS in it, US$0.021 of Aurora",
            ends: "aws backup delete-backup-vault --backup-vault-name {name}, once its recovery points are gone",
        }),
        calls: Calls {
            read: &[
                tagging::LISTS,
                DESCRIBE,
                LIST,
                POINTS,
                TAGS,
                "backup:GetBackupVaultAccessPolicy",
            ],
            write: &[
                "backup:CreateBackupVault",
                "backup:DeleteBackupVaultAccessPolicy",
                "backup:DeleteRecoveryPoint",
                "backup:TagResource",
                "backup:UntagResource",
                "backup:DeleteBackupVault",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, "backup:backup-vault").await?;
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
        want: &BackupVaultConfig,
    ) -> Result<PhysicalId, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let tags = as_tags(&want.tags, me.ordinal);
        let call = || {
            let call = aws.backup.create_backup_vault().backup_vault_name(&name);
            call.encryption_key_arn(want.key.as_str())
                .set_backup_vault_tags(Some(tags.clone()))
                .send()
        };
        let operation = "backup:CreateBackupVault";
        let made = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "BackupVaultArn", made.backup_vault_arn)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &BackupVaultConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        look(aws, &name, &Listed::default()).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &BackupVaultConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = have.outputs.name.as_str();
        if delta.take(field!(BackupVaultConfig.access_policy)) {
            let call =
                || aws.backup.delete_backup_vault_access_policy().backup_vault_name(name).send();
            aws.write("backup:DeleteBackupVaultAccessPolicy", call).await?;
        }
        if delta.take(field!(BackupVaultConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&BackupVaultConfig<Declared>>,
    ) -> Option<BackupVaultConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(BackupVaultConfig { tags, ..have.config.clone() })
    }

    fn is_vouched(aws: &Aws, have: &Found<Self>) -> bool {
        aws.environment.is_name_of(Self::ABOUT.name, &have.owner, &have.outputs.name)
    }

    fn holds_nothing(have: &Found<Self>) -> bool {
        have.outputs.recovery_points == 0
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = have.outputs.name.as_str();
        if aws.environment.deletions.backups && have.outputs.recovery_points > 0 {
            empty(aws, name).await?;
        }
        let call = || aws.backup.delete_backup_vault().backup_vault_name(name).send();
        aws.write("backup:DeleteBackupVault", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let points = points(aws, &have.outputs.name).await?;
        Ok(points.iter().map(says).collect())
    }
}

/// The name at the end of an ARN.
fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

async fn points(aws: &Aws, name: &str) -> Result<Vec<RecoveryPointByBackupVault>, CallError> {
    aws.pages(
        POINTS,
        |token| {
            let call = aws.backup.list_recovery_points_by_backup_vault().backup_vault_name(name);
            call.set_next_token(token).send()
        },
        |page| (page.recovery_points, page.next_token),
    )
    .await
}

fn says(point: &RecoveryPointByBackupVault) -> String {
    let (id, of) = (point.recovery_point_arn(), point.resource_arn());
    let until = point.calculated_lifecycle().and_then(|it| it.delete_at());
    let until = until.map_or_else(|| "no end".to_owned(), ToString::to_string);
    let unknown = "something";
    format!(
        "it holds the recovery point {} of {}, kept until {until}",
        id.unwrap_or(unknown),
        of.unwrap_or(unknown)
    )
}

/// Deletes what our plans have put into a vault; what somebody else has put there stays, and so does the vault.
async fn empty(aws: &Aws, name: &str) -> Result<(), CallError> {
    let ours = aws.environment.object_prefix(BackupPlan::ABOUT.name);
    for point in points(aws, name).await? {
        let by = point.created_by().and_then(|by| by.backup_plan_name()).unwrap_or_default();
        if !by.starts_with(&ours) {
            continue;
        }
        let arn = text(POINTS, "RecoveryPointArn", point.recovery_point_arn())?;
        let call = || {
            let call = aws.backup.delete_recovery_point().backup_vault_name(name);
            call.recovery_point_arn(arn).send()
        };
        match aws.write("backup:DeleteRecoveryPoint", call).await {
            Err(error) if error.class != Class::NotFound => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Looks at one vault by its name. What is not there is `None`.
///
/// Of a vault that is not there AWS says that it may not be looked at: what there is the list says, too.
async fn look(
    aws: &Aws,
    name: &str,
    listed: &Listed,
) -> Result<Option<Found<BackupVault>>, CallError> {
    let call = || aws.backup.describe_backup_vault().backup_vault_name(name).send();
    let vault = match aws.read(DESCRIBE, call).await {
        Ok(vault) => vault,
        Err(error) if error.class == Class::NotFound => {
            if is_listed(aws, name).await? {
                let why = format!("it is not told of the vault {name}, which the list shows");
                return Err(not_understood(DESCRIBE, why));
            }
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let told = text(DESCRIBE, "BackupVaultName", vault.backup_vault_name())?;
    if told != name {
        return Err(another(DESCRIBE, told, name));
    }
    let arn = text(DESCRIBE, "BackupVaultArn", vault.backup_vault_arn())?;
    let Some(tags) = listed.tags(arn, tags(aws, arn)).await? else { return Ok(None) };
    let owner = owner_of(aws, BackupVault::ABOUT.name, &tags);
    let key = match owner {
        Owner::Us { .. } => text(DESCRIBE, "EncryptionKeyArn", vault.encryption_key_arn())?,
        // Somebody else's may be encrypted with what is AWS's own.
        Owner::Other => vault.encryption_key_arn().unwrap_or_default(),
    };
    Ok(Some(Found {
        id: PhysicalId(arn.to_owned()),
        owner,
        config: BackupVaultConfig {
            key: KeyArn::new(key),
            access_policy: whom_it_lets_in(aws, name).await?,
            tags: Tags::of(aws, &tags),
        },
        outputs: BackupVaultOutputs {
            arn: BackupVaultArn::new(arn),
            name: name.to_owned(),
            recovery_points: vault.number_of_recovery_points(),
        },
        phase: Phase::Ready,
    }))
}

async fn is_listed(aws: &Aws, name: &str) -> Result<bool, CallError> {
    let all = aws
        .pages(
            LIST,
            |token| aws.backup.list_backup_vaults().set_next_token(token).send(),
            |page| (page.backup_vault_list, page.next_token),
        )
        .await?;
    Ok(all.iter().any(|vault| vault.backup_vault_name() == Some(name)))
}

/// Whom a vault lets in by itself: one without a policy says that it has none as if there were no vault.
async fn whom_it_lets_in(aws: &Aws, name: &str) -> Result<ResourcePolicy, CallError> {
    let operation = "backup:GetBackupVaultAccessPolicy";
    let call = || aws.backup.get_backup_vault_access_policy().backup_vault_name(name).send();
    match aws.read(operation, call).await {
        Ok(answer) => {
            let policy = text(operation, "Policy", answer.policy())?;
            Ok(ResourcePolicy::These(Policy::read(policy)))
        }
        Err(error) if error.class == Class::NotFound => Ok(ResourcePolicy::None),
        Err(error) => Err(error),
    }
}
