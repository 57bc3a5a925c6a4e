//! AWS Backup: the database is copied on its schedule, and what was copied outlives it.

use clctl::engine::{Action, Plan};
use clctl_simulator::World;
use serde_json::{Value, json};

use crate::harness::{Bench, SETTLED, Wanted, example, steps};

const DAY: u64 = 24 * 60 * 60;

/// The example with its database on RDS or on Aurora, not protected; `more` is its chapter `backup`, and
/// `deletion` what becomes of backups.
fn wanted(on: &str, more: &str, deletion: &str) -> Wanted {
    let text = example(on);
    let text = text.replace("  database:\n", "  database:\n    deletionProtection: false\n");
    let text = text.replace("    deletionProtection: true\n", "");
    let chapter = format!("{text}\n  backup:\n{more}\n");
    Wanted::read(&format!("{chapter}  policies:\n    deletion: {{backups: {deletion}}}\n"))
}

fn usual() -> Wanted {
    wanted("aurora", "    enabled: true", "Retain")
}

/// Everything of that kind, by id, as the world keeps it.
fn of(world: &World, kind: &str) -> Vec<(String, Value)> {
    let all = world.whole().into_iter().filter(|(object, ..)| object.kind == kind);
    all.map(|(object, _, body)| (object.id, body)).collect()
}

fn points(bench: &Bench) -> Vec<(String, Value)> {
    of(&bench.world(), "recovery-point")
}

/// What a plan says of what stays.
fn kept(plan: &Plan<clctl::aws::Aws>) -> Vec<String> {
    plan.kept.iter().filter_map(|it| it.seen.address()).map(|it| it.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_database_is_copied_every_day_and_nothing_else_is() {
    for (on, kind) in [("aurora", "Aurora"), ("node", "RDS")] {
        let (bench, wanted) = (Bench::calm(), wanted(on, "    retentionInDays: 2", "Retain"));
        bench.apply(&wanted).await.complete();
        bench.is_settled(&wanted).await;
        bench.somebody().wait(3 * DAY).await;
        let jobs = bench.somebody().rest("backup", "GET", "/backup-jobs/", Value::Null).await;
        let jobs = jobs.good().value()["BackupJobs"].as_array().unwrap().clone();
        assert_eq!(jobs.len(), 3, "{jobs:?}");
        assert!(jobs.iter().all(|it| it["State"] == "COMPLETED"), "{jobs:?}");
        assert!(jobs.iter().all(|it| it["ResourceType"] == kind), "{jobs:?}");
        // Those of the first days are gone.
        assert!((2..=3).contains(&points(&bench).len()));
        bench.is_settled(&wanted).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_declared_otherwise_is_set_in_the_plan_and_nothing_else_changes() {
    let bench = Bench::calm();
    bench.apply(&usual()).await.complete();
    for more in ["    schedule: \"cron(30 3 ? * SUN *)\"", "    retentionInDays: 7"] {
        let other = wanted("aurora", more, "Retain");
        let plan = bench.diff(&other).await;
        assert_eq!(steps(&plan), ["update backup-plan/main rules"]);
        let changed = bench.apply(&other).await.complete();
        assert_eq!(changed.writes, ["backup:UpdateBackupPlan"]);
        bench.is_settled(&other).await;
        bench.apply(&usual()).await.complete();
    }
}

#[tokio::test(start_paused = true)]
async fn switched_off_the_plan_goes_and_what_was_copied_stays() {
    let bench = Bench::calm();
    bench.apply(&usual()).await.complete();
    bench.somebody().wait(DAY).await;
    let before = points(&bench);
    assert_eq!(before.len(), 1);
    let off = wanted("aurora", "    enabled: false", "Retain");
    let outcome = bench.apply(&off).await.complete();
    let mut said = steps(&outcome.plan);
    said.sort();
    let expected = [
        "remove alarm/backup-expired",
        "remove alarm/backup-failed",
        "remove backup-plan/main",
        "remove backup-selection/database",
        "remove iam-role/backup",
        "update dashboard/main body",
    ];
    assert_eq!(said, expected);
    assert_eq!(kept(&outcome.plan), ["backup-vault/main"]);
    bench.somebody().wait(DAY).await;
    assert_eq!(points(&bench), before);
    bench.is_settled(&off).await;
    // Switched on again, it is the same vault.
    bench.apply(&usual()).await.complete();
    assert_eq!(points(&bench), before);
    bench.is_settled(&usual()).await;
}

#[tokio::test(start_paused = true)]
async fn a_vault_goes_if_it_is_empty_and_stays_with_its_key_if_it_is_not() {
    for (days, stays) in [(0, false), (1, true)] {
        let bench = Bench::calm();
        bench.apply(&usual()).await.complete();
        bench.somebody().wait(days * DAY).await;
        let before = points(&bench);
        let outcome = bench.delete(&usual()).await.complete();
        let kept = kept(&outcome.plan);
        assert_eq!(kept.contains(&"backup-vault/main".to_owned()), stays, "{kept:?}");
        assert!(!stays || kept.contains(&"kms-key/main".to_owned()), "{kept:?}");
        assert_eq!(points(&bench), before);
        assert_eq!(of(&bench.world(), "backup-vault").len(), usize::from(stays));
        assert!(of(&bench.world(), "backup-plan").is_empty());
        let again = bench.delete(&usual()).await.complete();
        assert!(again.writes.is_empty(), "{:?}", again.writes);
        // Its time is up although the role is gone.
        bench.somebody().wait(40 * DAY).await;
        assert!(points(&bench).is_empty());
        let last = bench.delete(&usual()).await.complete();
        assert_eq!(!last.writes.is_empty(), stays);
        assert!(of(&bench.world(), "backup-vault").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn backups_go_with_their_vault_where_the_spec_says_so_and_those_of_others_do_not() {
    let bench = Bench::calm();
    let wanted = wanted("aurora", "    enabled: true", "Delete");
    bench.apply(&wanted).await.complete();
    bench.somebody().wait(DAY).await;
    assert_eq!(points(&bench).len(), 1);
    // A plan of somebody else's puts copies into the same vault.
    let somebody = bench.somebody();
    let (vault, _) = of(&bench.world(), "backup-vault").remove(0);
    let document = json!({
        "BackupPlanName": "theirs",
        "Rules": [{ "RuleName": "theirs", "TargetBackupVaultName": vault }],
    });
    let plan = json!({ "BackupPlan": document });
    let plan = somebody.rest("backup", "PUT", "/backup/plans/", plan).await.good().value();
    let ours = of(&bench.world(), "backup-selection").remove(0).1;
    let mut selection = ours["document"].clone();
    selection["SelectionName"] = json!("theirs");
    let selection = json!({ "BackupSelection": { "SelectionName": "theirs",
        "IamRoleArn": selection["IamRoleArn"], "Resources": selection["Resources"] } });
    let path = format!("/backup/plans/{}/selections/", plan["BackupPlanId"].as_str().unwrap());
    somebody.rest("backup", "PUT", &path, selection).await.good();
    somebody.wait(DAY).await;
    let theirs = |bench: &Bench| -> Vec<String> {
        let all = points(bench).into_iter();
        all.filter(|it| it.1["creator"]["plan_name"] == "theirs").map(|it| it.0).collect()
    };
    let before = theirs(&bench);
    assert_eq!((points(&bench).len(), before.len()), (3, 1));
    let outcome = bench.delete(&wanted).await;
    assert!(!outcome.is_complete());
    assert!(outcome.told().contains("recovery point"), "{}", outcome.told());
    assert_eq!(theirs(&bench), before);
    assert_eq!(points(&bench).len(), 1);
    assert_eq!(of(&bench.world(), "backup-plan").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_selection_that_somebody_took_away_is_made_again_and_one_of_theirs_is_left_alone() {
    let bench = Bench::calm();
    bench.apply(&usual()).await.complete();
    let somebody = bench.somebody();
    let (id, ours) = of(&bench.world(), "backup-selection").remove(0);
    let path = format!("/backup/plans/{}/selections/", ours["plan"].as_str().unwrap());
    let theirs = json!({ "BackupSelection": { "SelectionName": "theirs",
        "IamRoleArn": ours["document"]["IamRoleArn"],
        "Resources": ["arn:aws:rds:us-east-1:123456789012:db:theirs"] } });
    somebody.rest("backup", "PUT", &path, theirs).await.good();
    bench.is_settled(&usual()).await;
    somebody.rest("backup", "DELETE", &format!("{path}{id}"), Value::Null).await.good();
    somebody.wait(SETTLED).await;
    let plan = bench.diff(&usual()).await;
    let is_made = |action: Action| action == Action::Create;
    let made = plan.nodes.iter().filter(|it| it.change().is_some_and(|it| is_made(it.action)));
    assert_eq!(made.count(), 1);
    bench.apply(&usual()).await.complete();
    bench.is_settled(&usual()).await;
    assert_eq!(of(&bench.world(), "backup-selection").len(), 2);
}

/// What copies are made in has to be there, and may do no more than that.
#[tokio::test(start_paused = true)]
async fn without_its_role_copies_fail_and_apply_mends_it() {
    let bench = Bench::calm();
    bench.apply(&usual()).await.complete();
    let somebody = bench.somebody();
    let role = bench.truth().id("iam-role/backup");
    let drop = [("RoleName", role.as_str()), ("PolicyName", "database")];
    somebody.iam("DeleteRolePolicy", &drop).await.good();
    somebody.wait(DAY).await;
    let failed = somebody.rest("backup", "GET", "/backup-jobs/?state=FAILED", Value::Null).await;
    assert_eq!(failed.good().value()["BackupJobs"].as_array().unwrap().len(), 1);
    assert_eq!(steps(&bench.diff(&usual()).await), ["update iam-role/backup policies"]);
    bench.apply(&usual()).await.complete();
    somebody.wait(DAY).await;
    assert_eq!(points(&bench).len(), 1);
}
