//! AWS Backup, after
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html> and its sisters.

use clctl_simulator::{Quotas, Settings, Time};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    rds,
};

const DATABASE: &str = "arn:aws:rds:us-east-1:123456789012:db:db";
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

async fn ask(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    client.rest("backup", method, path, body).await
}

async fn look(client: &Client, path: &str) -> Answer {
    ask(client, "GET", path, Value::Null).await
}

/// A vault with a key of its own.
async fn vault(client: &Client, name: &str) -> Answer {
    let key = client.kms("CreateKey", json!({})).await.good().value();
    let body = json!({ "EncryptionKeyArn": key["KeyMetadata"]["Arn"] });
    ask(client, "PUT", &format!("/backup-vaults/{name}"), body).await
}

fn plan(days: u32) -> Value {
    json!({
        "BackupPlanName": "daily",
        "Rules": [{
            "RuleName": "daily",
            "TargetBackupVaultName": "vault",
            "ScheduleExpression": "cron(0 5 * * ? *)",
            "Lifecycle": { "DeleteAfterDays": days },
        }],
    })
}

async fn new_plan(client: &Client, days: u32) -> String {
    let made = ask(client, "PUT", "/backup/plans/", json!({ "BackupPlan": plan(days) })).await;
    made.good().value()["BackupPlanId"].as_str().unwrap().to_owned()
}

/// A role that AWS Backup takes on, and what it may do.
async fn role(client: &Client, actions: &[&str]) -> String {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "backup.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": "123456789012" } },
        }],
    });
    let params = [("RoleName", "copies"), ("AssumeRolePolicyDocument", &*trust.to_string())];
    let arn = client.iam("CreateRole", &params).await.good().text("Arn");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }],
    });
    let policy = policy.to_string();
    let put = [("RoleName", "copies"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    client.iam("PutRolePolicy", &put).await.good();
    arn
}

async fn select(client: &Client, plan: &str, selection: Value) -> Answer {
    let body = json!({ "BackupSelection": selection });
    ask(client, "PUT", &format!("/backup/plans/{plan}/selections/"), body).await
}

async fn points(client: &Client) -> Vec<Value> {
    let answer = look(client, "/backup-vaults/vault/recovery-points/").await.good().value();
    answer["RecoveryPoints"].as_array().unwrap().clone()
}

async fn jobs(client: &Client) -> Vec<Value> {
    let answer = look(client, "/backup-jobs/?backupVaultName=vault").await.good().value();
    answer["BackupJobs"].as_array().unwrap().clone()
}

/// A database that is selected by its ARN, kept for so many days.
async fn stage(days: u32, actions: &[&str]) -> (Client, String) {
    let (client, _) = rds::running(&[]).await;
    vault(&client, "vault").await.good();
    let plan = new_plan(&client, days).await;
    let role = role(&client, actions).await;
    let selection =
        json!({ "SelectionName": "database", "IamRoleArn": role, "Resources": [DATABASE] });
    select(&client, &plan, selection).await.good();
    (client, plan)
}

#[tokio::test(start_paused = true)]
async fn a_vault_has_a_name_of_its_own_and_a_key_for_life() {
    let client = Client::calm();
    assert_eq!(vault(&client, "v").await.kind(), "InvalidParameterValueException");
    let made = vault(&client, "vault").await.good().value();
    let arn = "arn:aws:backup:us-east-1:123456789012:backup-vault:vault";
    assert_eq!(made["BackupVaultArn"], arn);
    let again = vault(&client, "vault").await;
    assert_eq!((again.status, again.kind().as_str()), (400, "AlreadyExistsException"));
    let seen = look(&client, "/backup-vaults/vault").await.good().value();
    assert_eq!((&seen["NumberOfRecoveryPoints"], &seen["Locked"]), (&json!(0), &json!(false)));
    let listed = look(&client, "/backup-vaults/?maxResults=5").await.good().value();
    assert_eq!(listed["BackupVaultList"].as_array().unwrap().len(), 1);
    // Whoever asks for one that is not there is told what he is told who may not ask.
    let nothing = look(&client, "/backup-vaults/other").await;
    assert_eq!((nothing.status, nothing.kind().as_str()), (403, "AccessDeniedException"));
    ask(&client, "DELETE", "/backup-vaults/vault", Value::Null).await.good();
    let gone = look(&client, "/backup-vaults/").await.good().value();
    assert_eq!(gone["BackupVaultList"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_request_repeated_is_one_and_what_nobody_reads_is_refused() {
    let client = Client::calm();
    let key = client.kms("CreateKey", json!({})).await.good().value();
    let arn = &key["KeyMetadata"]["Arn"];
    let body = json!({ "EncryptionKeyArn": arn, "CreatorRequestId": "once" });
    let first = ask(&client, "PUT", "/backup-vaults/vault", body.clone()).await.good();
    assert_eq!(ask(&client, "PUT", "/backup-vaults/vault", body).await.good(), first);
    let body = json!({ "EncryptionKeyArn": arn, "Unheard": 1 });
    let unheard = ask(&client, "PUT", "/backup-vaults/other", body).await;
    assert_eq!(unheard.status, 501, "{}", unheard.body);
    assert_eq!(look(&client, "/backup-vaults/?shared=true").await.status, 501);
    assert_eq!(look(&client, "/backup-vaults/vault/nothing").await.status, 501);
}

#[tokio::test(start_paused = true)]
async fn a_vault_may_have_a_policy() {
    let client = Client::calm();
    vault(&client, "vault").await.good();
    let path = "/backup-vaults/vault/access-policy";
    assert_eq!(look(&client, path).await.kind(), "ResourceNotFoundException");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "backup:DeleteBackupVault",
            "Resource": "*",
        }],
    });
    let body = json!({ "Policy": policy.to_string() });
    ask(&client, "PUT", path, body).await.good();
    let shown = look(&client, path).await.good().value();
    assert_eq!(shown["Policy"], policy.to_string());
    // It counts for everybody.
    let denied = ask(&client, "DELETE", "/backup-vaults/vault", Value::Null).await;
    assert_eq!((denied.status, denied.kind().as_str()), (403, "AccessDeniedException"));
    ask(&client, "DELETE", path, Value::Null).await.good();
    ask(&client, "DELETE", "/backup-vaults/vault", Value::Null).await.good();
    let wrong = json!({ "Policy": "{" });
    assert_eq!(ask(&client, "PUT", path, wrong).await.kind(), "AccessDeniedException");
}

#[tokio::test(start_paused = true)]
async fn a_plan_has_rules_and_versions() {
    let client = Client::calm();
    let body = json!({ "BackupPlan": plan(35), "CreatorRequestId": "once" });
    let early = ask(&client, "PUT", "/backup/plans/", body.clone()).await;
    assert_eq!(early.kind(), "ResourceNotFoundException");
    vault(&client, "vault").await.good();
    let made = ask(&client, "PUT", "/backup/plans/", body.clone()).await.good().value();
    assert_eq!(ask(&client, "PUT", "/backup/plans/", body).await.good().value(), made);
    let same = ask(&client, "PUT", "/backup/plans/", json!({ "BackupPlan": plan(35) })).await;
    assert_eq!(same.kind(), "AlreadyExistsException");
    let id = made["BackupPlanId"].as_str().unwrap();
    let path = format!("/backup/plans/{id}/");
    let seen = look(&client, &path).await.good().value();
    let rule = &seen["BackupPlan"]["Rules"][0];
    assert_eq!(rule["StartWindowMinutes"], 480);
    assert_eq!(rule["CompletionWindowMinutes"], 10_080);
    assert_eq!(rule["Lifecycle"], json!({ "DeleteAfterDays": 35 }));
    let changed = ask(&client, "POST", &path, json!({ "BackupPlan": plan(7) })).await.good();
    assert_ne!(changed.value()["VersionId"], made["VersionId"]);
    let now = look(&client, &path).await.good().value();
    assert_eq!(now["BackupPlan"]["Rules"][0]["RuleId"], rule["RuleId"]);
    assert_eq!(now["BackupPlan"]["Rules"][0]["Lifecycle"], json!({ "DeleteAfterDays": 7 }));
    for (member, wrong) in [
        ("ScheduleExpression", json!("rate(1 day)")),
        ("StartWindowMinutes", json!(59)),
        ("CompletionWindowMinutes", json!(500)),
        ("RuleName", json!("a b")),
        ("Lifecycle", json!({ "DeleteAfterDays": 0 })),
    ] {
        let mut document = plan(7);
        document["Rules"][0][member] = wrong;
        let refused = ask(&client, "POST", &path, json!({ "BackupPlan": document })).await;
        assert_eq!(refused.kind(), "InvalidParameterValueException", "{member}");
    }
    ask(&client, "DELETE", &path, Value::Null).await.good();
    assert_eq!(look(&client, &path).await.kind(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_plan_stays_while_it_selects_something() {
    let (client, plan) = stage(7, &["rds:*"]).await;
    let path = format!("/backup/plans/{plan}");
    let refused = ask(&client, "DELETE", &path, Value::Null).await;
    assert_eq!(refused.kind(), "InvalidRequestException");
    let listed = look(&client, &format!("{path}/selections/")).await.good().value();
    let id = listed["BackupSelectionsList"][0]["SelectionId"].as_str().unwrap().to_owned();
    let one = format!("{path}/selections/{id}");
    let seen = look(&client, &one).await.good().value();
    assert_eq!(seen["BackupSelection"]["Resources"], json!([DATABASE]));
    assert_eq!(seen["BackupSelection"]["ListOfTags"], json!([]));
    ask(&client, "DELETE", &one, Value::Null).await.good();
    ask(&client, "DELETE", &path, Value::Null).await.good();
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_taken_on_is_refused() {
    let client = Client::calm();
    vault(&client, "vault").await.good();
    let plan = new_plan(&client, 7).await;
    let role = client.role("for-instances").await;
    let selection = json!({ "SelectionName": "a", "IamRoleArn": role, "Resources": [DATABASE] });
    let refused = select(&client, &plan, selection).await;
    assert_eq!(refused.kind(), "InvalidParameterValueException");
    assert!(refused.body.contains("cannot be assumed by AWS Backup"), "{}", refused.body);
}

#[tokio::test(start_paused = true)]
async fn the_schedule_makes_recovery_points_and_their_time_is_up() {
    let (client, plan) = stage(3, &["rds:*"]).await;
    assert!(points(&client).await.is_empty());
    client.wait(DAY).await;
    let made = points(&client).await;
    assert_eq!(made.len(), 1, "{made:?}");
    let point = &made[0];
    assert_eq!((&point["Status"], &point["ResourceType"]), (&json!("COMPLETED"), &json!("RDS")));
    assert_eq!(point["CreatedBy"]["BackupPlanId"], plan);
    let arn = point["RecoveryPointArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-"), "{arn}");
    let path = arn.replace(':', "%3A");
    let one = format!("/backup-vaults/vault/recovery-points/{path}");
    assert_eq!(look(&client, &one).await.good().value()["ResourceArn"], DATABASE);
    // Seen from RDS it is not among the snapshots there are.
    let listed = client.rds("DescribeDBSnapshots", &[]).await.good();
    assert!(!listed.body.contains("awsbackup"), "{}", listed.body);
    let held = ask(&client, "DELETE", "/backup-vaults/vault", Value::Null).await;
    assert_eq!(held.kind(), "InvalidRequestException");
    client.wait(2 * DAY).await;
    assert_eq!(points(&client).await.len(), 3);
    client.wait(8 * HOUR + 2 * DAY).await;
    let later = points(&client).await;
    assert!((3..=4).contains(&later.len()), "{}", later.len());
    assert!(later.iter().all(|it| it["RecoveryPointArn"] != json!(arn)));
    for point in later {
        let arn = point["RecoveryPointArn"].as_str().unwrap().replace(':', "%3A");
        let one = format!("/backup-vaults/vault/recovery-points/{arn}");
        ask(&client, "DELETE", &one, Value::Null).await.good();
    }
    ask(&client, "DELETE", "/backup-vaults/vault", Value::Null).await.good();
}

#[tokio::test(start_paused = true)]
async fn a_job_fails_where_its_role_may_not_or_is_not_there() {
    let (client, _) = stage(2, &["rds:DescribeDBInstances"]).await;
    client.wait(DAY).await;
    let failed = jobs(&client).await;
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["State"], "FAILED");
    let why = failed[0]["StatusMessage"].as_str().unwrap();
    assert!(why.contains("does not have sufficient permissions"), "{why}");
    let drop = [("RoleName", "copies"), ("PolicyName", "p")];
    client.iam("DeleteRolePolicy", &drop).await.good();
    client.iam("DeleteRole", &[("RoleName", "copies")]).await.good();
    client.wait(DAY).await;
    let failed = look(&client, "/backup-jobs/?state=FAILED").await.good().value();
    assert_eq!(failed["BackupJobs"].as_array().unwrap().len(), 2);
    assert!(points(&client).await.is_empty());
    let id = failed["BackupJobs"][0]["BackupJobId"].as_str().unwrap();
    let one = look(&client, &format!("/backup-jobs/{id}")).await.good().value();
    assert_eq!(one["ResourceArn"], DATABASE);
}

/// How many jobs of the vault a metric has counted.
async fn counted(client: &Client, metric: &str) -> f64 {
    let now = client.simulator.now().since(Time::default()).as_secs_f64();
    let body = json!({
        "Namespace": "AWS/Backup", "MetricName": metric, "Statistics": ["Sum"],
        "Dimensions": [{ "Name": "BackupVaultName", "Value": "vault" }],
        "StartTime": now - 864_000.0, "EndTime": now + 60.0, "Period": 86_400,
    });
    let told = client.cloudwatch("GetMetricStatistics", body).await.good().value();
    let points = told["Datapoints"].as_array().unwrap().iter();
    points.map(|it| it["Sum"].as_f64().unwrap()).sum()
}

/// A world that answers what is disputed so.
fn with_answer(client: &Client, dispute: &str, answer: u64) {
    let mut settings = Settings::calm();
    settings.disputes.insert(dispute.to_owned(), answer);
    client.simulator.edit(|world| *world.settings_mut() = settings).unwrap();
}

/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html>
#[tokio::test(start_paused = true)]
async fn jobs_are_counted_by_what_becomes_of_them() {
    let (client, _) = stage(2, &["rds:*"]).await;
    client.wait(DAY).await;
    for (state, count) in [("Created", 1.0), ("Running", 1.0), ("Completed", 1.0), ("Failed", 0.0)]
    {
        let counted = counted(&client, &format!("NumberOfBackupJobs{state}")).await;
        assert!((counted - count).abs() < f64::EPSILON, "{state}: {counted}");
    }
    let drop = [("RoleName", "copies"), ("PolicyName", "p")];
    client.iam("DeleteRolePolicy", &drop).await.good();
    client.wait(DAY).await;
    assert!((counted(&client, "NumberOfBackupJobsFailed").await - 1.0).abs() < f64::EPSILON);
}

/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html>
#[tokio::test(start_paused = true)]
async fn a_job_waits_for_its_database_until_its_window_is_over() {
    for (answer, metric) in [(0, "NumberOfBackupJobsExpired"), (1, "NumberOfBackupJobsFailed")] {
        let (client, _) = stage(2, &["rds:*"]).await;
        with_answer(&client, "expired-backup-jobs", answer);
        let named = [("DBInstanceIdentifier", "db")];
        client.rds("StopDBInstance", &named).await.good();
        client.wait(DAY + 8 * HOUR).await;
        let expired = look(&client, "/backup-jobs/?state=EXPIRED").await.good().value();
        let [job] = expired["BackupJobs"].as_array().unwrap().as_slice() else {
            panic!("{expired}")
        };
        assert!(job["StatusMessage"].as_str().unwrap().contains("available"), "{job}");
        assert!((counted(&client, metric).await - 1.0).abs() < f64::EPSILON, "{metric}");
    }
}

/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-iam.html>
#[tokio::test(start_paused = true)]
async fn without_its_role_a_recovery_point_goes_in_the_role_of_the_service_or_is_expired() {
    for (answer, left) in [(0, 0), (1, 1)] {
        let mut settings = Settings::calm();
        settings.disputes.insert("backup-role-gone".to_owned(), answer);
        let (client, plan) = stage(1, &["rds:*"]).await;
        client.simulator.edit(|world| *world.settings_mut() = settings).unwrap();
        client.wait(DAY).await;
        assert_eq!(points(&client).await.len(), 1);
        let path = format!("/backup/plans/{plan}");
        let listed = look(&client, &format!("{path}/selections/")).await.good().value();
        let id = listed["BackupSelectionsList"][0]["SelectionId"].as_str().unwrap().to_owned();
        let one = format!("{path}/selections/{id}");
        ask(&client, "DELETE", &one, Value::Null).await.good();
        let drop = [("RoleName", "copies"), ("PolicyName", "p")];
        client.iam("DeleteRolePolicy", &drop).await.good();
        client.iam("DeleteRole", &[("RoleName", "copies")]).await.good();
        client.wait(2 * DAY).await;
        let now = points(&client).await;
        assert_eq!(now.len(), left);
        assert!(now.iter().all(|it| it["Status"] == "EXPIRED"), "{now:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn resources_are_selected_by_tags_and_conditions_too() {
    let (client, _) = rds::running(&[("Tags.Tag.1.Key", "team"), ("Tags.Tag.1.Value", "a")]).await;
    vault(&client, "vault").await.good();
    let plan = new_plan(&client, 7).await;
    let role = role(&client, &["rds:*"]).await;
    let tag = |value: &str| {
        json!([{
            "ConditionType": "STRINGEQUALS",
            "ConditionKey": "team",
            "ConditionValue": value,
        }])
    };
    let by = |name: &str, tags: Value| json!({ "SelectionName": name, "IamRoleArn": role, "ListOfTags": tags });
    select(&client, &plan, by("b", tag("b"))).await.good();
    client.wait(DAY).await;
    assert!(jobs(&client).await.is_empty());
    let mut other = by("a", tag("a"));
    let unlike = json!([{ "ConditionKey": "aws:ResourceTag/team", "ConditionValue": "a*" }]);
    other["Conditions"] = json!({ "StringNotLike": unlike });
    select(&client, &plan, other).await.good();
    client.wait(DAY).await;
    assert!(jobs(&client).await.is_empty());
    select(&client, &plan, by("c", tag("a"))).await.good();
    client.wait(DAY).await;
    assert_eq!(jobs(&client).await.len(), 1);
    let same = select(&client, &plan, by("c", tag("a"))).await;
    assert_eq!(same.kind(), "AlreadyExistsException");
}

#[tokio::test(start_paused = true)]
async fn vaults_and_plans_have_tags() {
    let client = Client::calm();
    let made = vault(&client, "vault").await.good().value();
    let arn = made["BackupVaultArn"].as_str().unwrap().replace(':', "%3A");
    let tags = json!({ "Tags": { "a": "1", "b": "2" } });
    ask(&client, "POST", &format!("/tags/{arn}"), tags).await.good();
    let gone = json!({ "TagKeyList": ["a"] });
    ask(&client, "POST", &format!("/untag/{arn}"), gone).await.good();
    let seen = look(&client, &format!("/tags/{arn}/")).await.good().value();
    assert_eq!(seen["Tags"], json!({ "b": "2" }));
    let found = client.tagging("GetResources", json!({ "ResourceTypeFilters": ["backup"] })).await;
    let found = found.good().value();
    assert_eq!(found["ResourceTagMappingList"][0]["ResourceARN"], made["BackupVaultArn"]);
    let wrong = json!({ "Tags": { "aws:a": "1" } });
    let wrong = ask(&client, "POST", &format!("/tags/{arn}"), wrong).await;
    assert_eq!(wrong.kind(), "InvalidParameterValueException");
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_so_many() {
    let settings = Settings::calm();
    let quotas = Quotas { backup_vaults: 1, backup_plans: 1, ..settings.quotas.clone() };
    let client = Client::new(Settings { quotas, ..settings });
    vault(&client, "vault").await.good();
    assert_eq!(vault(&client, "other").await.kind(), "LimitExceededException");
    new_plan(&client, 7).await;
    let second = ask(&client, "PUT", "/backup/plans/", json!({ "BackupPlan": plan(8) })).await;
    assert_eq!(second.kind(), "LimitExceededException");
}
