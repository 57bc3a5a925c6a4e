//! What somebody else might do in AWS Backup.

use serde_json::{Value, json};

use super::{Backup, Kind as _, Plan, Vault};
use crate::{
    shelf::{Record, Tags},
    world::{Drift, HERE, Retag},
};

fn drift(says: String, action: &'static str, members: Value) -> Drift {
    Drift::json("backup", says, action, members)
}

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(backup: &Backup, key: &str) -> Vec<Drift> {
    let vaults = backup.vaults.all().filter(|it| it.tags.contains_key(key));
    let plans: Vec<_> = backup.plans.all().filter(|it| it.tags.contains_key(key)).collect();
    let theirs = backup.selections.all().filter(|it| plans.iter().any(|plan| plan.id == it.plan));
    let selections = theirs.map(|it| {
        let members = json!({ "BackupPlanId": it.plan, "SelectionId": it.id });
        drift(format!("backup selection {} is gone", it.id), "DeleteBackupSelection", members)
    });
    let of_plans = plans.iter().flat_map(|it| of_plan(it));
    vaults.flat_map(of_vault).chain(of_plans).chain(selections).collect()
}

fn of_vault(vault: &Record<Vault>) -> Vec<Drift> {
    let name = &vault.id;
    let mut all = of_tags(&Vault::path(vault), &vault.tags);
    all.push(drift(
        format!("backup vault {name} is gone"),
        "DeleteBackupVault",
        json!({ "BackupVaultName": name }),
    ));
    if vault.policy.is_some() {
        let members = json!({ "BackupVaultName": name });
        let says = format!("the access policy of backup vault {name} is gone");
        all.push(drift(says, "DeleteBackupVaultAccessPolicy", members));
    } else {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::210987654321:root" },
                "Action": "backup:CopyIntoBackupVault",
                "Resource": "*",
            }],
        });
        let members = json!({ "BackupVaultName": name, "Policy": policy.to_string() });
        let says = format!("another account may copy into backup vault {name}");
        all.push(drift(says, "PutBackupVaultAccessPolicy", members));
    }
    all
}

fn of_plan(plan: &Record<Plan>) -> Vec<Drift> {
    let id = &plan.id;
    let mut all = of_tags(&Plan::path(plan), &plan.tags);
    let document = || json!(plan.document);
    let mut update = |says: String, document: Value| {
        let members = json!({ "BackupPlanId": id, "BackupPlan": document });
        all.push(drift(says, "UpdateBackupPlan", members));
    };
    let mut other = document();
    other["BackupPlanName"] = json!("by-hand");
    update(format!("backup plan {id} is called by-hand now"), other);
    let mut other = document();
    other["Rules"][0]["ScheduleExpression"] = json!("cron(30 23 ? * SUN *)");
    update(format!("backup plan {id} runs on Sundays only now"), other);
    let mut other = document();
    other["Rules"][0]["Lifecycle"] = json!({ "DeleteAfterDays": 1 });
    update(format!("backup plan {id} keeps what it makes for a day now"), other);
    let mut other = document();
    other["Rules"][0]["StartWindowMinutes"] = json!(61);
    update(format!("the jobs of backup plan {id} start within 61 minutes now"), other);
    let mut other = document();
    other["Rules"][0]["CompletionWindowMinutes"] = json!(10_000);
    update(format!("the jobs of backup plan {id} end within 10000 minutes now"), other);
    let mut other = document();
    let mut second = other["Rules"][0].clone();
    second["RuleName"] = json!("by-hand");
    if let Some(rules) = other["Rules"].as_array_mut() {
        rules.push(second);
    }
    update(format!("backup plan {id} has another rule now"), other);
    let members = json!({ "BackupPlanId": id });
    all.push(drift(format!("backup plan {id} is gone"), "DeleteBackupPlan", members));
    all
}

fn of_tags(path: &str, tags: &Tags) -> Vec<Drift> {
    let arn = format!("{HERE}{path}");
    // Without its owner's mark an object would be a stranger, not a drifted one.
    let theirs = tags.iter().filter(|it| !it.0.starts_with("clctl.dev/"));
    theirs
        .flat_map(|(key, value)| {
            let gone = json!({ "ResourceArn": arn, "TagKeyList": [key] });
            let other = format!("{value}-changed");
            let put = json!({ "ResourceArn": arn, "Tags": { key: other } });
            [
                drift(format!("the tag {key} of {path} is gone"), "UntagResource", gone),
                drift(format!("the tag {key} of {path} is '{other}' now"), "TagResource", put),
            ]
        })
        .collect()
}

/// The calls by which somebody puts tags on a vault or a plan, and takes some from it.
pub(super) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    if ![Vault::TYPE, Plan::TYPE].contains(&kind) {
        return Vec::new();
    }
    let arn = format!("{HERE}{kind}:{id}");
    let mut all = Vec::new();
    if !change.put.is_empty() {
        let members = json!({ "ResourceArn": arn, "Tags": change.put });
        all.push(drift("other tags".to_owned(), "TagResource", members));
    }
    if !change.gone.is_empty() {
        let members = json!({ "ResourceArn": arn, "TagKeyList": change.gone });
        all.push(drift("other tags".to_owned(), "UntagResource", members));
    }
    all
}
