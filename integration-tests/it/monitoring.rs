//! Who is told when something is wrong: that everything stands as declared, that nobody is asked twice, and that each
//! alarm sees its cause and its end.

use std::collections::BTreeSet;

use clctl::{
    engine::{Action, Verdict},
    topology::ALARMS,
};
use clctl_fleet::{Hang, Ills};
use clctl_simulator::MetricName;

use crate::{
    harness::{Bench, SETTLED, Wanted, example, steps},
    truth::Thing,
};

/// Who reads what alarms say.
const ADMIN: &str = "oracles@example.com";
const ONCALL: &str = "oncall@example.com";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:clctl-demo-topic-alarms";

/// `node.yaml` with this of the chapter.
fn with(chapter: &str) -> Wanted {
    let text = format!("{}\n  monitoring:\n{chapter}", example("node"));
    Wanted::read(&text).keeping_nothing()
}

fn watched() -> Wanted {
    with(&format!("    emails: [{ONCALL}]\n"))
}

fn letters(bench: &Bench, to: &str) -> Vec<(String, String)> {
    let mail = bench.simulator.with(|world| world.mail(to));
    mail.into_iter().map(|it| (it.subject, it.body)).collect()
}

/// How often an address was asked whether it wants what is published.
fn asked(bench: &Bench, address: &str) -> usize {
    let mail = bench.simulator.with(|world| world.mail(address));
    mail.iter().filter(|it| it.token.is_some()).count()
}

/// What is to be known of the subscriptions.
async fn notice(bench: &Bench, wanted: &Wanted) -> Option<String> {
    let plan = bench.diff(wanted).await;
    let mut nodes = plan.nodes.iter();
    let planned = nodes.find(|it| it.node.address().to_string() == "subscriptions/alarms").unwrap();
    assert!(
        matches!(&planned.verdict, Verdict::Change(change) if change.action == Action::Keep),
        "{:?}",
        steps(&plan)
    );
    planned.seen.as_ref().unwrap().notice()
}

/// What there is of these kinds.
fn things<'a>(truth: &'a crate::truth::Truth, kinds: &[&str]) -> Vec<&'a Thing> {
    truth.things().iter().filter(|it| kinds.contains(&it.kind.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn everything_is_made_kept_and_unmade() {
    for name in ["node", "aurora", "full"] {
        let (bench, wanted) = (Bench::calm(), Wanted::read(example(name)).keeping_nothing());
        bench.diff(&wanted).await;
        let before = bench.truth();
        bench.apply(&wanted).await.complete();
        bench.is_settled(&wanted).await;
        let truth = bench.truth();
        assert!(things(&truth, &["alarm"]).len() > 15, "{name}");
        assert_eq!(things(&truth, &["topic", "dashboard"]).len(), 2, "{name}");
        bench.delete(&wanted).await.complete();
        assert_eq!(bench.truth().ids(), before.ids(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_threshold_changes_its_alarm_and_nothing_else() {
    let bench = Bench::standing(&watched()).await;
    for (chapter, changed) in [
        ("    alarms: {nodeCpuUtilization: 70}\n", vec!["update alarm/node-cpu threshold"]),
        (
            "    alarms: {databaseFreeStorage: 20}\n",
            vec!["update alarm/database-storage threshold"],
        ),
        (
            "    alarms: {oracleSilence: 600}\n",
            vec!["update alarm/no-active-node datapoints_to_alarm,evaluation_periods"],
        ),
    ] {
        let wanted = with(&format!("    emails: [{ONCALL}]\n{chapter}"));
        let alarms: Vec<String> = bench.differences(&wanted).await;
        // The picture has the threshold drawn in.
        let alarms: Vec<_> = alarms.iter().filter(|it| !it.contains("dashboard/")).collect();
        assert_eq!(alarms, changed.iter().collect::<Vec<_>>());
        let outcome = bench.apply(&wanted).await.complete();
        let kinds: BTreeSet<&str> = outcome.writes.iter().map(String::as_str).collect();
        let expected = ["cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm"];
        assert!(kinds.iter().all(|it| expected.contains(it)), "{kinds:?}");
        bench.is_settled(&wanted).await;
        bench.apply(&watched()).await.complete();
    }
    let silent =
        with("    notifyAdmin: false\n    dashboard: false\n    alarms: {enabled: false}\n");
    bench.apply(&silent).await.complete();
    bench.is_settled(&silent).await;
    let truth = bench.truth();
    assert!(things(&truth, &["alarm", "dashboard"]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_was_asked_is_not_asked_again() {
    let (bench, wanted) = (Bench::calm(), watched());
    bench.apply(&wanted).await.complete();
    let told = notice(&bench, &wanted).await.unwrap();
    assert!(told.contains(ADMIN) && told.contains(ONCALL), "{told}");
    for _ in 0..3 {
        bench.apply(&wanted).await.complete();
        bench.lose_record();
    }
    assert_eq!((asked(&bench, ADMIN), asked(&bench, ONCALL)), (1, 1));
    // One confirms; AWS forgets about the other after two days.
    assert!(bench.simulator.with(|world| world.confirm_subscription(TOPIC, ONCALL)));
    let told = notice(&bench, &wanted).await.unwrap();
    assert!(told.contains(ADMIN) && !told.contains(ONCALL), "{told}");
    bench.somebody().wait(3 * 24 * 3600).await;
    let told = notice(&bench, &wanted).await.unwrap();
    assert!(told.contains("not confirmed it within two days"), "{told}");
    bench.is_settled(&wanted).await;
    assert_eq!((asked(&bench, ADMIN), asked(&bench, ONCALL)), (1, 1));
    // The other one ends it.
    assert!(bench.simulator.with(|world| world.leave_topic(TOPIC, ONCALL)));
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted).await;
    assert_eq!((asked(&bench, ADMIN), asked(&bench, ONCALL)), (1, 1));
    // Who is taken out of the file and written again is asked again.
    let without = with("    notifyAdmin: true\n");
    bench.apply(&without).await.complete();
    bench.apply(&wanted).await.complete();
    assert_eq!((asked(&bench, ADMIN), asked(&bench, ONCALL)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn who_has_subscribed_without_us_stays() {
    let (bench, wanted) = (Bench::calm(), watched());
    bench.apply(&wanted).await.complete();
    let hand = [("TopicArn", TOPIC), ("Protocol", "email"), ("Endpoint", "hand@example.com")];
    bench.somebody().sns("Subscribe", &hand).await.good();
    assert!(bench.simulator.with(|world| world.confirm_subscription(TOPIC, "hand@example.com")));
    bench.is_settled(&wanted).await;
    let without = with("    notifyAdmin: true\n");
    bench.apply(&without).await.complete();
    let listed = bench.somebody().sns("ListSubscriptionsByTopic", &[("TopicArn", TOPIC)]).await;
    assert!(listed.good().body.contains("hand@example.com"));
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_of_the_same_name_is_left_alone() {
    let (bench, wanted) = (Bench::calm(), watched());
    bench.diff(&wanted).await;
    bench.somebody().sns("CreateTopic", &[("Name", "clctl-demo-topic-alarms")]).await.good();
    let outcome = bench.apply(&wanted).await;
    assert!(!outcome.is_complete());
    let error = outcome.error("topic/alarms").to_string();
    assert!(error.contains("owner tag"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn events_of_a_cluster_are_those_of_the_instances_that_it_has() {
    let bench = Bench::calm();
    let wanted = Wanted::read(example("aurora")).keeping_nothing();
    bench.apply(&wanted).await.complete();
    let one = Wanted::read(&example("aurora").replace("instances: 2", "instances: 1"));
    let one = one.keeping_nothing();
    let changed = bench.differences(&one).await;
    let expected = "update db-event-subscription/database-instances sources";
    assert!(changed.iter().any(|it| it == expected), "{changed:?}");
    let outcome = bench.apply(&one).await.complete();
    assert!(
        outcome.writes.contains(&"rds:RemoveSourceIdentifierFromSubscription".to_owned()),
        "{:?}",
        outcome.writes
    );
    bench.apply(&wanted).await.complete();
    bench.is_settled(&wanted).await;
}

/// A cause, and how it ends.
struct Cause {
    alarm: &'static str,
    begins: fn(&Bench),
    ends: fn(&Bench),
    /// How long it may take until the alarm is there, and until it is over, in minutes.
    within: u64,
}

/// What ails the nodes.
fn ails(bench: &Bench, ills: Ills) {
    bench.fleet.suffer(ills);
}

fn well(bench: &Bench) {
    bench.fleet.suffer(Ills::default());
}

fn ill(change: impl Fn(&mut Ills)) -> Ills {
    let mut ills = Ills::default();
    change(&mut ills);
    ills
}

/// What somebody else measures: AWS's own services.
fn measured(bench: &Bench, what: (&str, &str), of: (&str, &str), value: f64) {
    let (namespace, name) = what;
    let metric = MetricName { name, namespace, dimensions: &[of] };
    bench.simulator.with(|world| world.hold_metric("us-east-1", metric, Some(value)));
}

const DATABASE: (&str, &str) = ("DBInstanceIdentifier", "clctl-demo-db-instance-main");

fn of_database(bench: &Bench, metric: &str, value: f64) {
    measured(bench, ("AWS/RDS", metric), DATABASE, value);
}

fn of_nodes(bench: &Bench, metric: &str, value: f64) {
    let group = ("AutoScalingGroupName", "clctl-demo-auto-scaling-group-nodes");
    measured(bench, ("AWS/EC2", metric), group, value);
}

fn of_gateway(bench: &Bench, value: f64) {
    let truth = bench.truth();
    let gateway = truth.thing("nat-gateway/a").id.clone();
    let of = ("NatGatewayId", gateway.as_str());
    measured(bench, ("AWS/NATGateway", "ErrorPortAllocation"), of, value);
}

const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";

fn of_certificate(bench: &Bench, days: f64) {
    let of = ("CertificateArn", CERTIFICATE);
    measured(bench, ("AWS/CertificateManager", "DaysToExpiry"), of, days);
}

/// Both instances, whatever they are.
fn instances(bench: &Bench) -> Vec<String> {
    bench.fleet.nodes().into_iter().map(|it| it.instance).collect()
}

/// One for each alarm that is played here.
fn causes() -> Vec<Cause> {
    let mut causes = Vec::from(of_processes());
    causes.extend(of_machines());
    causes.extend(of_chains());
    causes.extend(of_services());
    causes
}

/// What nodes do, or do not.
fn of_processes() -> [Cause; 6] {
    [
        Cause {
            alarm: "no-active-node",
            begins: |bench| {
                for instance in instances(bench) {
                    bench.fleet.hang(&instance, Hang::Software);
                }
            },
            ends: |bench| {
                for instance in instances(bench) {
                    bench.fleet.recover(&instance);
                }
            },
            within: 10,
        },
        Cause {
            alarm: "two-active-nodes",
            begins: |bench| ails(bench, ill(|it| it.lock_is_off = true)),
            ends: well,
            within: 10,
        },
        Cause {
            alarm: "node-missing",
            begins: |bench| {
                let standby = bench.fleet.waiting().remove(0);
                bench.fleet.hang(&standby, Hang::Software);
            },
            ends: |bench| {
                for instance in instances(bench) {
                    bench.fleet.recover(&instance);
                }
            },
            within: 40,
        },
        Cause {
            alarm: "node-metrics-missing",
            begins: |bench| ails(bench, ill(|it| it.agent_is_blind = true)),
            ends: well,
            within: 40,
        },
        Cause {
            alarm: "gui-silent",
            begins: |bench| ails(bench, ill(|it| it.gui_is_deaf = true)),
            ends: well,
            within: 15,
        },
        Cause {
            alarm: "errored-runs",
            begins: |bench| ails(bench, ill(|it| it.errored_runs = 2.0)),
            ends: well,
            within: 20,
        },
    ]
}

/// What the machines of nodes lack.
fn of_machines() -> [Cause; 4] {
    [
        Cause {
            alarm: "node-cpu",
            begins: |bench| of_nodes(bench, "CPUUtilization", 97.0),
            ends: |bench| of_nodes(bench, "CPUUtilization", 20.0),
            within: 30,
        },
        Cause {
            alarm: "node-memory",
            begins: |bench| ails(bench, ill(|it| it.memory = Some(95.0))),
            ends: well,
            within: 30,
        },
        Cause {
            alarm: "node-disk",
            begins: |bench| ails(bench, ill(|it| it.disk = Some(92.0))),
            ends: well,
            within: 30,
        },
        Cause {
            alarm: "node-status",
            begins: |bench| of_nodes(bench, "StatusCheckFailed", 1.0),
            ends: |bench| of_nodes(bench, "StatusCheckFailed", 0.0),
            within: 30,
        },
    ]
}

/// What nodes have to do with chains.
fn of_chains() -> [Cause; 5] {
    [
        Cause {
            alarm: "balance",
            begins: |bench| bench.fleet.fund(0.01),
            ends: |bench| bench.fleet.fund(9.0),
            within: 15,
        },
        Cause {
            alarm: "transactions",
            begins: |bench| ails(bench, ill(|it| it.unconfirmed = 900.0)),
            ends: well,
            within: 15,
        },
        Cause {
            alarm: "heads",
            begins: |bench| ails(bench, ill(|it| it.chains_stall = true)),
            ends: well,
            within: 30,
        },
        Cause {
            alarm: "rpc",
            begins: |bench| ails(bench, ill(|it| it.rpc_is_dead = true)),
            ends: well,
            within: 15,
        },
        Cause {
            alarm: "endpoints",
            begins: |bench| ails(bench, ill(|it| it.unreachable = 1)),
            ends: well,
            within: 30,
        },
    ]
}

/// What AWS's own services measure.
fn of_services() -> [Cause; 7] {
    const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
    [
        Cause {
            alarm: "database-cpu",
            begins: |bench| of_database(bench, "CPUUtilization", 95.0),
            ends: |bench| of_database(bench, "CPUUtilization", 10.0),
            within: 30,
        },
        Cause {
            alarm: "database-memory",
            begins: |bench| of_database(bench, "FreeableMemory", 1e8),
            ends: |bench| of_database(bench, "FreeableMemory", 4.0 * GIB),
            within: 30,
        },
        Cause {
            alarm: "database-storage",
            begins: |bench| of_database(bench, "FreeStorageSpace", 3.0 * GIB),
            ends: |bench| of_database(bench, "FreeStorageSpace", 80.0 * GIB),
            within: 15,
        },
        Cause {
            alarm: "database-connections",
            begins: |bench| of_database(bench, "DatabaseConnections", 300.0),
            ends: |bench| of_database(bench, "DatabaseConnections", 40.0),
            within: 30,
        },
        Cause {
            alarm: "database-transaction-ids",
            begins: |bench| of_database(bench, "MaximumUsedTransactionIDs", 700_000_000.0),
            ends: |bench| of_database(bench, "MaximumUsedTransactionIDs", 50_000_000.0),
            within: 30,
        },
        Cause {
            alarm: "nat-ports",
            begins: |bench| of_gateway(bench, 5.0),
            ends: |bench| of_gateway(bench, 0.0),
            within: 15,
        },
        Cause {
            alarm: "certificate",
            begins: |bench| of_certificate(bench, 9.0),
            ends: |bench| of_certificate(bench, 300.0),
            within: 3 * 24 * 60,
        },
    ]
}

/// Alarms of which no cause is played here, and why.
const ELSEWHERE: [&str; 5] = [
    // What somebody did is mended by an apply, or by him: tests of their own.
    "backup-failed",
    "backup-expired",
    // Many lines of a log, each counted by the filter: a test of its own.
    "node-restarts",
    // Only Aurora has it: a test of its own.
    "database-replication",
    // Only who is reached by other nodes has it: a test of its own.
    "peers",
];

/// How many minutes an alarm of one hour may take to see that there is nothing any more: it looks back for what is
/// missing
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>).
const SPARSE: u64 = 4 * 60;

/// Waits until the newest letter of an alarm says this.
async fn says(bench: &Bench, alarm: &str, word: &str, within: u64) {
    let begins = format!("{word}: \"clctl-demo-alarm-{alarm}");
    for _ in 0..within {
        bench.somebody().wait(60).await;
        let of_it = |it: &&(String, String)| it.0.contains(&format!("clctl-demo-alarm-{alarm}"));
        let letters = letters(bench, ONCALL);
        if letters.iter().rev().find(of_it).is_some_and(|it| it.0.starts_with(&begins)) {
            return;
        }
    }
    let subjects: Vec<String> = letters(bench, ONCALL).into_iter().map(|it| it.0).collect();
    panic!("{alarm} does not say {word} within {within} minutes: {subjects:?}");
}

#[tokio::test(start_paused = true)]
async fn every_alarm_sees_its_cause_and_its_end() {
    let text = format!(
        "{}\n  monitoring:\n    emails: [{ONCALL}]\n",
        example("node")
            .replace("        rpc:\n", "        minimumBalance: \"0.5\"\n        rpc:\n")
    );
    assert!(text.contains("minimumBalance"));
    assert!(text.contains(CERTIFICATE));
    let wanted = Wanted::read(&text).keeping_nothing();
    let bench = Bench::standing(&wanted).await;
    bench.fleet.fund(9.0);
    assert!(bench.simulator.with(|world| world.confirm_subscription(TOPIC, ONCALL)));
    bench.somebody().wait(1_800).await;
    let played: BTreeSet<&str> = causes().iter().map(|it| it.alarm).chain(ELSEWHERE).collect();
    let all: BTreeSet<&str> = ALARMS.iter().map(|it| it.name).collect();
    assert_eq!(played, all);
    for cause in causes() {
        (cause.begins)(&bench);
        says(&bench, cause.alarm, "ALARM", cause.within).await;
        (cause.ends)(&bench);
        says(&bench, cause.alarm, "OK", cause.within + 15).await;
        bench.is_settled(&wanted).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_ends_again_and_again_is_told() {
    let wanted = watched();
    let bench = Bench::standing(&wanted).await;
    assert!(bench.simulator.with(|world| world.confirm_subscription(TOPIC, ONCALL)));
    bench.somebody().wait(1_800).await;
    // Whoever changes the password keeps both nodes out: each tries again and again, and says so.
    let named = [
        ("DBInstanceIdentifier", DATABASE.1),
        ("MasterUserPassword", "another-password-altogether"),
        ("ApplyImmediately", "true"),
    ];
    bench.somebody().rds("ModifyDBInstance", &named).await.good();
    bench.somebody().wait(120).await;
    for instance in instances(&bench) {
        bench.fleet.crash(&instance);
    }
    says(&bench, "node-restarts", "ALARM", 40).await;
}

const DAY: u64 = 24 * 60;

#[tokio::test(start_paused = true)]
async fn a_copy_that_fails_is_told() {
    let wanted = watched();
    let bench = Bench::standing(&wanted).await;
    assert!(bench.simulator.with(|world| world.confirm_subscription(TOPIC, ONCALL)));
    let role = bench.truth().id("iam-role/backup");
    let dropped = [("RoleName", role.as_str()), ("PolicyName", "database")];
    bench.somebody().iam("DeleteRolePolicy", &dropped).await.good();
    says(&bench, "backup-failed", "ALARM", DAY + 120).await;
    bench.apply(&wanted).await.complete();
    says(&bench, "backup-failed", "OK", SPARSE).await;
    // The next one is made, and no alarm says otherwise.
    bench.somebody().wait(DAY * 60).await;
    says(&bench, "backup-failed", "OK", 1).await;
    bench.is_settled(&wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_does_not_begin_is_told_whatever_its_metric_counts() {
    for (answer, alarm) in [(0, "backup-expired"), (1, "backup-failed")] {
        let wanted = watched();
        let bench = Bench::calm();
        let disputed = ("expired-backup-jobs".to_owned(), answer);
        bench.simulator.with(|world| world.settings_mut().disputes.extend([disputed]));
        bench.apply(&wanted).await.complete();
        assert!(bench.simulator.with(|world| world.confirm_subscription(TOPIC, ONCALL)));
        let named = [("DBInstanceIdentifier", DATABASE.1)];
        bench.somebody().rds("StopDBInstance", &named).await.good();
        says(&bench, alarm, "ALARM", DAY + 10 * 60).await;
        bench.somebody().rds("StartDBInstance", &named).await.good();
        says(&bench, alarm, "OK", SPARSE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_lags_is_told() {
    let text = format!("{}\n  monitoring:\n    emails: [{ONCALL}]\n", example("aurora"));
    let wanted = Wanted::read(&text).keeping_nothing();
    let bench = Bench::standing(&wanted).await;
    let topic = TOPIC.replace("-demo-", "-aurora-");
    assert!(bench.simulator.with(|world| world.confirm_subscription(&topic, ONCALL)));
    let lag = |milliseconds: f64| {
        let of = ("DBClusterIdentifier", "clctl-aurora-db-cluster-main");
        measured(&bench, ("AWS/RDS", "AuroraReplicaLagMaximum"), of, milliseconds);
    };
    let told = |word: &str| {
        let begins = format!("{word}: \"clctl-aurora-alarm-database-replication");
        letters(&bench, ONCALL).iter().any(|it| it.0.starts_with(&begins))
    };
    lag(30_000.0);
    bench.somebody().wait(1_800).await;
    assert!(told("ALARM"));
    lag(20.0);
    bench.somebody().wait(1_800).await;
    assert!(told("OK"));
}
