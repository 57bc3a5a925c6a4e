//! What permissions a request of AWS Backup needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html>,
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html#backup-api-permissions-ref>. A vault
//! may have a policy, which may allow or deny like those of the caller.

use super::{Need, Subject, request::Request, to_link, unknown};
use crate::{fault::Fault, services::backup::PRINCIPAL, shelf::Tags};

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let vault = || request.text("BackupVaultName").map(|it| format!("backup-vault:{it}"));
    let plan = || request.text("BackupPlanId").map(|it| format!("backup-plan:{it}"));
    let on = |path: Option<String>| -> Vec<Need> {
        path.map(|path| Need::on(&action, subject(request, &path))).into_iter().collect()
    };
    let needs = match request.operation() {
        "DescribeBackupJob" | "ListBackupJobs" | "ListBackupPlans" | "ListBackupVaults" => {
            Vec::new()
        }
        "CreateBackupPlan" => {
            let mut needs = on(Some("backup-plan:*".to_owned()));
            needs.extend(tagging(request, "BackupPlanTags", "backup-plan:*"));
            needs
        }
        "CreateBackupVault" => {
            let mut needs = on(vault());
            let path = vault().unwrap_or_default();
            needs.extend(tagging(request, "BackupVaultTags", &path));
            needs.push(Need::new("backup-storage:MountCapsule", "*"));
            needs
        }
        "DeleteBackupVault"
        | "DeleteBackupVaultAccessPolicy"
        | "DescribeBackupVault"
        | "GetBackupVaultAccessPolicy"
        | "ListRecoveryPointsByBackupVault"
        | "PutBackupVaultAccessPolicy" => on(vault()),
        "DeleteBackupPlan"
        | "DeleteBackupSelection"
        | "GetBackupPlan"
        | "GetBackupSelection"
        | "ListBackupSelections"
        | "UpdateBackupPlan" => on(plan()),
        "CreateBackupSelection" => {
            let mut needs = on(plan());
            if let Some(handed_on) = handed_on(request) {
                let site = request.site();
                needs.push(handed_on);
                needs.extend(to_link(site.settings, site.iam, PRINCIPAL));
            }
            needs
        }
        "DeleteRecoveryPoint" | "DescribeRecoveryPoint" => {
            let point = request.text("RecoveryPointArn").map(ToOwned::to_owned);
            // The policy of its vault counts for it.
            point.map(|arn| Need::on(&action, of_point(request, arn))).into_iter().collect()
        }
        "ListTags" | "TagResource" | "UntagResource" => {
            let arn = request.text("ResourceArn");
            let path = arn.map(|it| it.splitn(6, ':').nth(5).unwrap_or_default().to_owned());
            let needs = on(path);
            let gone: Vec<String> =
                request.list("TagKeyList").into_iter().map(ToOwned::to_owned).collect();
            needs.into_iter().map(|it| it.untagging(&gone)).collect()
        }
        _ => return unknown(&action),
    };
    Ok(request.complete(needs))
}

fn subject(request: &Request<'_>, path: &str) -> Subject {
    let arn = request.arn(path);
    let backup = request.region().map(|it| &it.backup);
    backup.map_or_else(|| Subject::new(&arn, Tags::new()), |it| it.judged(&arn, path))
}

fn of_point(request: &Request<'_>, arn: String) -> Subject {
    let backup = request.region().map(|it| &it.backup);
    let vault = backup.and_then(|it| it.vault_of(&arn)).map(|it| format!("backup-vault:{it}"));
    let policy = vault.and_then(|it| subject(request, &it).policy);
    Subject { policy, ..Subject::new(arn, Tags::new()) }
}

/// The permission to tag what is made, where it is made with tags.
fn tagging(request: &Request<'_>, member: &str, path: &str) -> Option<Need> {
    let tags = request.map(member);
    let need = Need::new("backup:TagResource", request.arn(path));
    (!tags.is_empty()).then(|| need.tagging(&tags))
}

/// The permission to hand on the role that is named.
fn handed_on(request: &Request<'_>) -> Option<Need> {
    let arn = request.within(&["BackupSelection", "IamRoleArn"])?;
    let site = request.site();
    let tags = site.iam.role_of(site.settings, arn).map(|it| it.tags.clone());
    let need = Need::on("iam:PassRole", Subject::new(arn, tags.unwrap_or_default()));
    Some(need.with("iam:PassedToService", PRINCIPAL))
}
