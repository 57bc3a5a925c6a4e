//! Jobs: each makes a recovery point of one resource, or says why not.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupJob.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, listed, missing, paging, recovery_point::Creator, rule::Lifecycle};
use crate::Time;

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) state: State,
    pub(super) message: Option<String>,
    pub(super) vault: String,
    pub(super) creator: Creator,
    pub(super) lifecycle: Option<Lifecycle>,
    pub(super) role: String,
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) key: Option<String>,
    pub(super) bytes: u64,
    pub(super) created: Time,
    /// By when it has to begin.
    #[serde(default)]
    pub(super) begins_by: Time,
    /// When it began to copy.
    pub(super) begun: Option<Time>,
    pub(super) done: Option<Time>,
    /// The recovery point that comes of it.
    pub(super) point: Option<String>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum State {
    Created,
    Running,
    Completed,
    Failed,
    /// It did not begin in its window.
    Expired,
}

fn shown(call: &Call<'_>, job: &Job) -> Value {
    let mut shown = json!({
        "AccountId": call.settings.account,
        "BackupJobId": job.id,
        "BackupVaultName": job.vault,
        "BackupVaultArn": call.arn(&format!("backup-vault:{}", job.vault)),
        "VaultType": "BACKUP_VAULT",
        "ResourceArn": job.resource,
        "ResourceName": job.name,
        "ResourceType": job.kind,
        "CreationDate": job.created.as_seconds(),
        "State": job.state,
        "PercentDone": if job.state == State::Completed { "100.0" } else { "0.0" },
        "IamRoleArn": job.role,
        "CreatedBy": job.creator.shown(call),
        "IsParent": false,
    });
    if let Some(lifecycle) = &job.lifecycle {
        shown["RecoveryPointLifecycle"] = lifecycle.shown();
    }
    if let Some(point) = &job.point {
        shown["RecoveryPointArn"] = json!(point);
        shown["IsEncrypted"] = json!(job.key.is_some());
        shown["BackupSizeInBytes"] = json!(job.bytes);
    }
    if let Some(done) = job.done {
        shown["CompletionDate"] = json!(done.as_seconds());
    }
    if let Some(message) = &job.message {
        shown["StatusMessage"] = json!(message);
    }
    shown
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let id: String = call.members.need("BackupJobId")?;
    let job = call.state.jobs.iter().find(|it| it.id == id);
    let job = job.ok_or_else(|| missing(format!("Cannot find Backup job with ID {id}")))?;
    Ok(shown(call, job))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let text = |name| call.members.get::<String>(name);
    let (of, kind) = (text("ByResourceArn")?, text("ByResourceType")?);
    let (state, vault) = (text("ByState")?, text("ByBackupVaultName")?);
    let request = format!("jobs {of:?} {kind:?} {state:?} {vault:?}");
    let page = paging::wanted(call, &request)?;
    let all = call.state.jobs.iter().filter(|it| {
        of.as_ref().is_none_or(|of| it.resource == *of)
            && kind.as_ref().is_none_or(|kind| it.kind == *kind)
            && state.as_ref().is_none_or(|state| json!(it.state) == *state)
            && vault.as_ref().is_none_or(|vault| it.vault == *vault)
    });
    let all = all.map(|it| (format!("{:020} {}", it.created.as_millis(), it.id), shown(call, it)));
    Ok(listed("BackupJobs", page, all.collect()))
}
