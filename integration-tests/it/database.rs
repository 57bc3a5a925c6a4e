//! The database for life: on Aurora as on RDS, and what it begins with.

use clctl::{
    aws::Aws,
    engine::{Action, Phase, Plan},
};
use serde_json::Value;

use crate::{
    harness::{Bench, Outcome, SETTLED, Wanted, example, steps},
    truth::Thing,
};

const AURORA: &str = "db-cluster/main";
const RDS: &str = "db-instance/main";

/// The example with its database on Aurora or on RDS, not protected, and with more in the chapter.
fn chapter(of: &str, more: &str) -> String {
    let text = example("aurora");
    let chapter = format!("  database:\n    deletionProtection: false\n{more}");
    let text = text.replace("  database:\n", &chapter);
    if of == AURORA {
        return text;
    }
    let (before, _) = text.split_once("    engine:\n").unwrap();
    before.replace("db.r6g.large", "db.m6g.large")
}

fn aurora(more: &str) -> Wanted {
    Wanted::read(&chapter(AURORA, more))
}

fn rds(more: &str) -> Wanted {
    Wanted::read(&chapter(RDS, more))
}

fn from(what: &str) -> String {
    format!("    restoreFrom: {what}\n")
}

fn body(bench: &Bench, address: &str) -> Value {
    bench.truth().thing(address).body.clone()
}

/// Which database it is: the id that RDS gives it.
fn resource(bench: &Bench, address: &str) -> String {
    body(bench, address)["resource"].as_str().unwrap().to_owned()
}

fn password(bench: &Bench, address: &str) -> String {
    body(bench, address)["password"].to_string()
}

/// The names of the snapshots that somebody, or we, made, the oldest first.
fn snapshots(bench: &Bench) -> Vec<String> {
    let truth = bench.truth();
    let kept = |it: &&Thing| it.kind.ends_with("snapshot");
    let mut all: Vec<String> = truth.things().iter().filter(kept).map(|it| it.id.clone()).collect();
    all.sort();
    all
}

/// What is going to become of the database, with what the plan says beside.
fn database(plan: &Plan<Aws>, address: &str) -> (Action, String) {
    let planned = plan.nodes.iter().find(|it| it.node.address().to_string() == address).unwrap();
    let said = match planned.seen.as_deref().map(|seen| seen.phase().clone()) {
        Some(Phase::Recoverable { how, .. }) => how,
        Some(Phase::Barred(why)) => why,
        _ => String::new(),
    };
    (planned.change().unwrap().action, said)
}

/// Refused before anything is written.
async fn is_refused(bench: &Bench, wanted: &Wanted, address: &str, why: &str) {
    bench.somebody().ec2("DescribeVpcs", &[]).await.good();
    let before = bench.truth();
    let plan = bench.diff(wanted).await;
    let (action, said) = database(&plan, address);
    assert_eq!(action, Action::Refuse);
    assert!(said.contains(why), "{said}");
    assert!(plan.is_refused());
    let outcome: Outcome = bench.apply(wanted).await;
    assert!(!outcome.is_complete() && outcome.writes.is_empty(), "{:?}", outcome.writes);
    bench.truth().is_like(&before, why);
}

#[tokio::test(start_paused = true)]
async fn after_delete_and_apply_the_nodes_find_their_old_keys() {
    for address in [RDS, AURORA] {
        let (bench, wanted) = (Bench::calm(), Wanted::read(&chapter(address, "")));
        let wallet = || bench.fleet.wallet(&resource(&bench, address), "11155111");
        bench.apply(&wanted).await.complete();
        bench.somebody().wait(SETTLED).await;
        let (before, first) = (wallet(), resource(&bench, address));
        assert!(before.is_some());
        bench.delete(&wanted).await.complete();
        assert!(bench.fleet.nodes().is_empty());
        bench.apply(&wanted).await.complete();
        bench.somebody().wait(SETTLED).await;
        assert_ne!(resource(&bench, address), first);
        assert_eq!(wallet(), before);
        assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_on_aurora_is_made_found_as_declared_and_taken_back_after_it_was_deleted() {
    let (bench, wanted) = (Bench::calm(), aurora(""));
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
    let (first, secret) = (resource(&bench, AURORA), password(&bench, AURORA));
    let zones: Vec<String> = ["1", "2"]
        .map(|name| body(&bench, &format!("db-cluster-instance/{name}"))["zone"].to_string())
        .into();
    assert_ne!(zones[0], zones[1]);
    bench.delete(&wanted).await.complete();
    let [snapshot] = snapshots(&bench).try_into().unwrap();
    let (action, how) = database(&bench.diff(&wanted).await, AURORA);
    assert_eq!(action, Action::Recover);
    assert!(how.contains(&snapshot), "{how}");
    let back = bench.apply(&wanted).await.complete();
    assert!(back.writes.contains(&"rds:RestoreDBClusterFromSnapshot".to_owned()));
    assert!(!back.writes.contains(&"rds:CreateDBCluster".to_owned()));
    bench.is_settled(&wanted).await;
    assert_ne!(resource(&bench, AURORA), first);
    // The password counts that is in the secret today, and that was kept.
    assert_eq!(password(&bench, AURORA), secret);
    assert_eq!(body(&bench, AURORA)["retention"], 7);
}

#[tokio::test(start_paused = true)]
async fn the_writer_of_a_cluster_fails_over_and_that_is_no_difference() {
    let (bench, wanted) = (Bench::calm(), aurora(""));
    bench.apply(&wanted).await.complete();
    let cluster = [("DBClusterIdentifier", "clctl-aurora-db-cluster-main")];
    let described = async || {
        let answer = bench.somebody().rds("DescribeDBClusters", &cluster).await.good().body;
        let (_, members) = answer.split_once("<DBClusterMembers>").unwrap();
        members.split_once("</DBClusterMembers>").unwrap().0.to_owned()
    };
    let before = described().await;
    bench.somebody().rds("FailoverDBCluster", &cluster).await.good();
    bench.somebody().wait(SETTLED).await;
    assert_ne!(described().await, before);
    bench.is_settled(&wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_of_a_cluster_is_made_anew_and_its_cluster_stays() {
    let (bench, wanted) = (Bench::calm(), aurora(""));
    bench.apply(&wanted).await.complete();
    let cluster = resource(&bench, AURORA);
    let named = [("DBInstanceIdentifier", "clctl-aurora-db-cluster-instance-1")];
    bench.somebody().rds("DeleteDBInstance", &named).await.good();
    bench.somebody().wait(1200).await;
    // Whose events are told follows.
    let events = "update db-event-subscription/database-instances sources";
    assert_eq!(bench.differences(&wanted).await, ["create db-cluster-instance/1", events]);
    bench.apply(&wanted).await.complete();
    assert_eq!(resource(&bench, AURORA), cluster);
    // Fewer are declared.
    let one = Wanted::read(&chapter(AURORA, "").replace("instances: 2", "instances: 1"));
    let outcome = bench.apply(&one).await.complete();
    let of_database = |it: &String| it.contains(" db-cluster");
    let said: Vec<_> = steps(&outcome.plan).into_iter().filter(of_database).collect();
    assert_eq!(said, ["remove db-cluster-instance/2"]);
    assert_eq!(resource(&bench, AURORA), cluster);
    bench.is_settled(&one).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_is_not_replaced_by_one_of_another_engine() {
    for (there, other, of) in [(rds(""), aurora(""), AURORA), (aurora(""), rds(""), RDS)] {
        let bench = Bench::calm();
        bench.apply(&there).await.complete();
        is_refused(&bench, &other, of, "never replaced").await;
        // Nor does it begin with nothing while it can be taken back.
        bench.delete(&there).await.complete();
        is_refused(&bench, &other, of, "would not begin with it").await;
        bench.apply(&there).await.complete();
        bench.is_settled(&there).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_begins_with_nothing_where_the_file_says_so() {
    for (wanted, none, address, restored) in [
        (rds(""), rds(&from("none")), RDS, "rds:RestoreDBInstanceFromDBSnapshot"),
        (aurora(""), aurora(&from("none")), AURORA, "rds:RestoreDBClusterFromSnapshot"),
    ] {
        let bench = Bench::calm();
        bench.apply(&wanted).await.complete();
        // Once it is there, that says nothing.
        bench.is_settled(&none).await;
        bench.delete(&wanted).await.complete();
        let (action, _) = database(&bench.diff(&none).await, address);
        assert_eq!(action, Action::Create);
        let made = bench.apply(&none).await.complete();
        assert!(!made.writes.contains(&restored.to_owned()), "{:?}", made.writes);
        assert_eq!(snapshots(&bench).len(), 1);
        bench.is_settled(&none).await;
        bench.is_settled(&wanted).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_begins_with_the_snapshot_that_the_file_names() {
    let arn = "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:";
    for (wanted, named, address, prefix) in [
        (rds(""), rds as fn(&str) -> Wanted, RDS, ""),
        (aurora(""), aurora as fn(&str) -> Wanted, AURORA, arn),
    ] {
        let bench = Bench::calm();
        is_refused(&bench, &named(&from("no-such-thing")), address, "no such snapshot").await;
        bench.apply(&wanted).await.complete();
        bench.delete(&wanted).await.complete();
        bench.apply(&wanted).await.complete();
        bench.delete(&wanted).await.complete();
        let [older, newer] = snapshots(&bench).try_into().unwrap();
        let older = format!("{prefix}{older}");
        let named = named(&from(&older));
        let (action, how) = database(&bench.diff(&named).await, address);
        assert_eq!(action, Action::Recover);
        assert!(how.contains(&older) && !how.contains(&newer), "{how}");
        bench.apply(&named).await.complete();
        bench.is_settled(&named).await;
        bench.is_settled(&wanted).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_can_be_made_of_what_an_instance_was() {
    let bench = Bench::calm();
    bench.apply(&rds("")).await.complete();
    bench.delete(&rds("")).await.complete();
    let [snapshot] = snapshots(&bench).try_into().unwrap();
    let arn = format!("arn:aws:rds:us-east-1:123456789012:snapshot:{snapshot}");
    let moved = aurora(&from(&arn));
    let (action, how) = database(&bench.diff(&moved).await, AURORA);
    assert_eq!(action, Action::Recover);
    assert!(how.contains(&arn), "{how}");
    bench.apply(&moved).await.complete();
    bench.is_settled(&moved).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_begins_with_what_it_was_at_a_time() {
    for (wanted, named, address, deletes) in [
        (rds(""), rds as fn(&str) -> Wanted, RDS, "DeleteDBInstance"),
        (aurora(""), aurora as fn(&str) -> Wanted, AURORA, "DeleteDBCluster"),
    ] {
        let bench = Bench::calm();
        bench.apply(&wanted).await.complete();
        let when = bench.simulator.with(|world| world.now().to_string());
        let when = format!("{}Z", when.split('.').next().unwrap().trim_end_matches('Z'));
        let then = named(&from(&format!("{when:?}")));
        bench.is_settled(&then).await;
        bench.somebody().wait(3600).await;
        // Its automated backups go with it, unless somebody retains them.
        let named_as = if address == RDS {
            ("DBInstanceIdentifier", "clctl-aurora-db-instance-main")
        } else {
            for n in ["1", "2"] {
                let id = format!("clctl-aurora-db-cluster-instance-{n}");
                let named = [("DBInstanceIdentifier", id.as_str())];
                bench.somebody().rds("DeleteDBInstance", &named).await.good();
            }
            ("DBClusterIdentifier", "clctl-aurora-db-cluster-main")
        };
        let retained =
            [named_as, ("SkipFinalSnapshot", "true"), ("DeleteAutomatedBackups", "false")];
        bench.somebody().rds(deletes, &retained).await.good();
        bench.somebody().wait(1800).await;
        let early = named(&from("2001-01-01T00:00:00Z"));
        is_refused(&bench, &early, address, "its automated backups reach from").await;
        let (action, how) = database(&bench.diff(&then).await, address);
        assert_eq!(action, Action::Recover);
        assert!(how.contains("automated backups"), "{how}");
        let back = bench.apply(&then).await.complete();
        assert!(back.writes.iter().any(|it| it.ends_with("ToPointInTime")), "{:?}", back.writes);
        bench.is_settled(&then).await;
        bench.is_settled(&wanted).await;
    }
    let bench = Bench::calm();
    let never = rds(&from("2026-01-01T00:00:00Z"));
    is_refused(&bench, &never, RDS, "there are no automated backups of it").await;
}
