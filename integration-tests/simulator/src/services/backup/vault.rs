//! Vaults.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html> and its sisters;
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault.html>: a vault keeps its key for life.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Call, exists, invalid, is_name, listed, missing, paging, refused, tags, too_many,
    vault_policy::Policy,
};
use crate::{
    Time,
    fault::Fault,
    services::kms::{Kms, Unusable, Use, Who},
    shelf::{Kind, Record},
};

/// A vault, by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Vault {
    /// The ARN of its key.
    key: String,
    created: Time,
    request: Option<String>,
    pub(super) policy: Option<Policy>,
}

impl Kind for Vault {
    const TYPE: &'static str = "backup-vault";
    const PREFIX: &'static str = "backup-vault";
    const NOUN: &'static str = "backup vault";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidParameterValueException";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

/// What is said of a vault that is not there: who has no permission is told the same.
///
/// <https://github.com/hashicorp/terraform-provider-aws/issues/20118>
fn unknown(call: &Call<'_>, name: &str) -> Fault {
    if call.settings.disputed("missing-backup-vault", 2) == 0 {
        Fault::new(403, "AccessDeniedException", "Insufficient privileges to perform this action.")
    } else {
        missing(format!("Backup vault {name} does not exist."))
    }
}

/// The vault a request names, as a read sees it.
pub(super) fn seen<'a>(call: &'a Call<'_>) -> Result<&'a Record<Vault>, Fault> {
    let name: String = call.members.need("BackupVaultName")?;
    let vault = call.state.vaults.seen(&name, call.by_id());
    vault.ok_or_else(|| unknown(call, &name))
}

/// The vault a request names, as it is.
pub(super) fn find<'a>(call: &'a Call<'_>) -> Result<&'a Record<Vault>, Fault> {
    let name: String = call.members.need("BackupVaultName")?;
    call.state.vaults.get(&name).ok_or_else(|| unknown(call, &name))
}

/// The key is used in the name of the caller.
///
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html#backup-api-permissions-ref>
fn key(call: &Call<'_>, named: &str) -> Result<String, Fault> {
    let actions = &[
        "kms:CreateGrant",
        "kms:GenerateDataKey",
        "kms:Decrypt",
        "kms:RetireGrant",
        "kms:DescribeKey",
    ];
    let context = vec![
        ("kms:ViaService", format!("backup.{}.amazonaws.com", call.region)),
        ("kms:GrantIsForAWSResource", "true".to_owned()),
    ];
    if !named.starts_with("arn:") {
        return Err(invalid(format!("EncryptionKeyArn: {named} is not an ARN.")));
    }
    match Kms::usable(call, named, &Use { who: Who::Caller, actions, context }) {
        Ok(key) => Ok(key.arn),
        Err(Unusable::Denied(why)) => Err(Fault::new(403, "AccessDeniedException", why)),
        Err(Unusable::NotFound(why) | Unusable::Disabled(why) | Unusable::PendingDeletion(why)) => {
            Err(invalid(format!("The encryption key cannot be used: {why}")))
        }
        Err(Unusable::Unsupported(fault)) => Err(fault),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name: String = call.members.need("BackupVaultName")?;
    if !is_name(&name, 2, "-_") {
        return Err(invalid(format!(
            "Backup vault name {name} does not have 2 to 50 letters, digits, hyphens or underscores."
        )));
    }
    let given = tags::read(call, "BackupVaultTags")?.unwrap_or_default();
    let request: Option<String> = call.members.get("CreatorRequestId")?;
    let Some(named) = call.members.get::<String>("EncryptionKeyArn")? else {
        return Err(Fault::unsupported("vaults that are encrypted with AWS Backup's own key"));
    };
    if let Some(vault) = call.state.vaults.get(&name) {
        if request.is_some() && request == vault.request {
            return Ok(told(call, vault));
        }
        return Err(exists("Backup vault with the same name already exists"));
    }
    let key = key(call, &named)?;
    if call.state.vaults.all().count() >= call.settings.quotas.backup_vaults as usize {
        return Err(too_many("The account has the most backup vaults it may have."));
    }
    let body = Vault { key, created: call.now, request, policy: None };
    let vault = Record { id: name, tags: given, body };
    let answer = told(call, &vault);
    call.state.vaults.add(call.stamp, Some(call.now), vault);
    Ok(answer)
}

fn told(call: &Call<'_>, vault: &Record<Vault>) -> Value {
    json!({
        "BackupVaultName": vault.id,
        "BackupVaultArn": call.arn_of(vault),
        "CreationDate": vault.created.as_seconds(),
    })
}

fn shown(call: &Call<'_>, vault: &Record<Vault>) -> Value {
    let held = call.state.points.all().filter(|it| it.vault == vault.id).count();
    let mut shown = told(call, vault);
    shown["VaultType"] = json!("BACKUP_VAULT");
    shown["VaultState"] = json!("AVAILABLE");
    shown["EncryptionKeyArn"] = json!(vault.key);
    shown["EncryptionKeyType"] = json!("CUSTOMER_MANAGED_KMS_KEY");
    shown["NumberOfRecoveryPoints"] = json!(held);
    shown["Locked"] = json!(false);
    if let Some(request) = &vault.request {
        shown["CreatorRequestId"] = json!(request);
    }
    shown
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(shown(call, seen(call)?))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let page = paging::wanted(call, "vaults")?;
    let all = call.state.vaults.all_seen(call.in_lists());
    Ok(listed("BackupVaultList", page, all.map(|it| (it.id.clone(), shown(call, it))).collect()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = find(call)?.id.clone();
    if call.state.points.all().any(|it| it.vault == name) {
        return Err(refused("Backup vault cannot be deleted because it contains recovery points"));
    }
    call.state.vaults.remove(call.stamp, &name);
    Ok(Value::Null)
}
