//! Recovery points: for databases, snapshots that AWS Backup has RDS make and looks after.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html> and its sisters. They
//! are encrypted as their database is, whatever the key of the vault
//! (<https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html>), and are not among what RDS lists
//! where nobody asks for `awsbackup`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, Plan, agenda::Due, listed, missing, paging, rule::Lifecycle, vault};
use crate::{
    Settings, Time,
    fault::Fault,
    services::Iam,
    shelf::{Kind, Record},
};

/// A recovery point, by its ARN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RecoveryPoint {
    pub(super) vault: String,
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) role: String,
    pub(super) creator: Creator,
    pub(super) key: Option<String>,
    pub(super) bytes: u64,
    pub(super) begun: Time,
    pub(super) done: Time,
    pub(super) lifecycle: Option<Lifecycle>,
    /// When its time is up.
    pub(super) until: Option<Time>,
    /// Why it is still there although it should not.
    pub(super) expired: Option<String>,
}

/// The rule that something was made by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Creator {
    pub(super) plan: String,
    pub(super) plan_name: String,
    pub(super) version: String,
    pub(super) rule: String,
    pub(super) rule_name: String,
    pub(super) cron: String,
}

impl Creator {
    pub(super) fn shown(&self, call: &Call<'_>) -> Value {
        json!({
            "BackupPlanId": self.plan,
            "BackupPlanArn": call.arn(&format!("{}:{}", Plan::TYPE, self.plan)),
            "BackupPlanName": self.plan_name,
            "BackupPlanVersion": self.version,
            "BackupRuleId": self.rule,
            "BackupRuleName": self.rule_name,
            "BackupRuleCron": self.cron,
            "BackupRuleTimezone": "Etc/UTC",
        })
    }
}

impl Kind for RecoveryPoint {
    const TYPE: &'static str = "recovery-point";
    const PREFIX: &'static str = "recovery-point";
    const NOUN: &'static str = "recovery point";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidParameterValueException";
}

fn shown(call: &Call<'_>, it: &Record<RecoveryPoint>) -> Value {
    let mut shown = json!({
        "RecoveryPointArn": it.id,
        "BackupVaultName": it.vault,
        "BackupVaultArn": call.arn(&format!("backup-vault:{}", it.vault)),
        "ResourceArn": it.resource,
        "ResourceName": it.name,
        "ResourceType": it.kind,
        "CreatedBy": it.creator.shown(call),
        "IamRoleArn": it.role,
        "Status": if it.expired.is_some() { "EXPIRED" } else { "COMPLETED" },
        "CreationDate": it.begun.as_seconds(),
        "InitiationDate": it.begun.as_seconds(),
        "CompletionDate": it.done.as_seconds(),
        "BackupSizeInBytes": it.bytes,
        "IsEncrypted": it.key.is_some(),
        "IsParent": false,
        "VaultType": "BACKUP_VAULT",
    });
    if let Some(key) = &it.key {
        shown["EncryptionKeyArn"] = json!(key);
    }
    if let Some(lifecycle) = &it.lifecycle {
        shown["Lifecycle"] = lifecycle.shown();
    }
    if let Some(until) = it.until {
        shown["CalculatedLifecycle"] = json!({ "DeleteAt": until.as_seconds() });
    }
    if let Some(why) = &it.expired {
        shown["StatusMessage"] = json!(why);
    }
    shown
}

fn unknown(arn: &str) -> Fault {
    missing(format!("Recovery point {arn} does not exist."))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let vault = vault::seen(call)?.id.clone();
    let arn: String = call.members.need("RecoveryPointArn")?;
    let point = call.state.points.seen(&arn, call.by_id()).filter(|it| it.vault == vault);
    let mut shown = shown(call, point.ok_or_else(|| unknown(&arn))?);
    // Lists do not say it: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html
    shown["StorageClass"] = json!("WARM");
    Ok(shown)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let vault = vault::seen(call)?.id.clone();
    let of: Option<String> = call.members.get("ByResourceArn")?;
    let kind: Option<String> = call.members.get("ByResourceType")?;
    let plan: Option<String> = call.members.get("ByBackupPlanId")?;
    let page = paging::wanted(call, &format!("points {vault} {of:?} {kind:?} {plan:?}"))?;
    let all = call.state.points.all_seen(call.in_lists()).filter(|it| {
        it.vault == vault
            && of.as_ref().is_none_or(|of| it.resource == *of)
            && kind.as_ref().is_none_or(|kind| it.kind == *kind)
            && plan.as_ref().is_none_or(|plan| it.creator.plan == *plan)
    });
    let all = all.map(|it| (it.id.clone(), shown(call, it)));
    Ok(listed("RecoveryPoints", page, all.collect()))
}

/// Why AWS Backup cannot take a recovery point away, if it cannot: it does so in the role that it was made in
/// or else, mostly, in its own.
///
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-iam.html>
pub(super) fn stays(settings: &Settings, iam: &Iam, it: &Record<RecoveryPoint>) -> Option<String> {
    let plan = it.creator.plan.as_str();
    if super::life::may(settings, iam, &it.role, plan, &[("rds", removal(it), it.id.as_str())]) {
        return None;
    }
    let linked = iam.service_role(settings, super::PRINCIPAL).is_some();
    let helps = settings.disputed("backup-role-gone", 2) == 0;
    (!linked || !helps).then(|| format!("IAM role {} has insufficient permissions", it.role))
}

fn removal(it: &RecoveryPoint) -> &'static str {
    if it.kind == "Aurora" { "DeleteDBClusterSnapshot" } else { "DeleteDBSnapshot" }
}

/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteRecoveryPoint.html>: without a permission the
/// answer is the same, and it is `EXPIRED` from then on.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let vault = vault::find(call)?.id.clone();
    let arn: String = call.members.need("RecoveryPointArn")?;
    let point = call.state.points.get(&arn).filter(|it| it.vault == vault);
    let point = point.ok_or_else(|| unknown(&arn))?;
    if let Some(why) = stays(call.settings, call.iam, point) {
        call.state.points.change(call.stamp, &arn, |it| it.expired = Some(why));
        return Ok(Value::Null);
    }
    call.state.agenda.forget(|due| *due == Due::Expire(arn.clone()));
    call.state.points.remove(call.stamp, &arn);
    Ok(Value::Null)
}
