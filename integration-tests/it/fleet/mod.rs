//! The fleet by itself: what nodes do when nobody looks after them, and that it is what the documents say.

mod stage;

use std::time::Duration;

use clctl_fleet::{Fleet, Hang, Patience};
use clctl_simulator::{Settings, Simulator, Weather, World};
use serde_json::json;

use self::stage::{AURORA, DATABASE, LOG_GROUP, OLDER, PASSWORD, Stage, USUAL};

/// Ends a test: the promises were kept.
#[track_caller]
fn assert_kept(stage: &Stage, silent: u64) {
    let patience = Patience { silent: Duration::from_secs(silent), ..Patience::default() };
    let broken = stage.fleet.broken(patience);
    let told: Vec<_> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{told:#?}\n{:#?}", stage.fleet.observations());
}

#[tokio::test(start_paused = true)]
async fn of_two_that_boot_one_serves_and_the_other_waits_and_both_say_so() {
    let stage = Stage::with_nodes(1).await;
    stage.client.wait(120).await;
    let (active, standby) = stage.pair();
    for (instance, role) in [(&active, "active"), (&standby, "standby")] {
        let told = stage.tag(instance, "clctl.dev/role").await;
        let (first, since) = told.split_once(" since ").unwrap();
        assert!(first == role && since.len() == "2026-01-01T00:00:00Z".len(), "{told}");
        assert_eq!(stage.tag(instance, "clctl.dev/boot").await, "done");
        let beat: jiff::Timestamp =
            stage.tag(instance, "clctl.dev/heartbeat").await.parse().unwrap();
        let now = stage.simulator().now().as_millis();
        let age = now - u64::try_from(beat.as_millisecond()).unwrap();
        assert!(age < 80_000, "{age}");
        let console = stage.console(instance).await;
        for step in ["packages", "certificates", "image", "node", "agent", "done"] {
            assert!(console.contains(&format!("Z boot: {step}\n")), "{console}");
        }
    }
    let filter = json!({ "logGroupName": LOG_GROUP, "filterPattern": "waiting for lease" });
    let waits = stage.client.logs("FilterLogEvents", filter).await.good().value();
    assert!(
        waits["events"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["logStreamName"] == format!("node/{standby}"))
    );
    assert!(!waits["events"].as_array().unwrap().is_empty());
    assert_kept(&stage, 0);
}

#[tokio::test(start_paused = true)]
async fn when_the_active_node_crashes_the_standby_takes_over_and_the_other_comes_back_to_wait() {
    for seed in 1..4 {
        let stage = Stage::with_nodes(seed).await;
        let (active, standby) = stage.pair();
        assert!(stage.fleet.crash(&active));
        // The lease, a poll, and a start.
        let took = stage.until_served_by(&standby, 40).await;
        assert!((14.0..=26.0).contains(&took), "{took}");
        let (serves, waits) = stage.settled(120).await;
        assert_eq!((serves, waits), (standby, active));
        assert_kept(&stage, 26);
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_active_instance_is_terminated_the_lease_moves_at_once() {
    for seed in 1..4 {
        let stage = Stage::with_nodes(seed).await;
        let (active, standby) = stage.pair();
        let end = [("InstanceId", &*active), ("ShouldDecrementDesiredCapacity", "false")];
        stage.client.autoscaling("TerminateInstanceInAutoScalingGroup", &end).await.good();
        // Ten seconds of lease are not waited for.
        let took = stage.until_served_by(&standby, 60).await;
        assert!(took < 32.0, "{took}");
        assert_kept(&stage, 14);
        let (serves, waits) = stage.settled(900).await;
        assert!(serves == standby && waits != active);
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_hangs_loses_the_lease_and_is_replaced_if_checks_see_it() {
    let stage = Stage::with_nodes(5).await;
    let (active, standby) = stage.pair();
    assert!(stage.fleet.hang(&active, Hang::Machine));
    stage.until_served_by(&standby, 40).await;
    let (serves, waits) = stage.settled(1_800).await;
    assert!(serves == standby && waits != active && waits != standby);
    // The same, and nobody sees it: its claim grows old, and when it goes on it finds the lease taken.
    let (active, standby) = (serves, waits);
    stage.client.wait(120).await;
    assert!(stage.fleet.hang(&active, Hang::Software));
    stage.until_served_by(&standby, 40).await;
    let claim = stage.tag(&active, "clctl.dev/heartbeat").await;
    stage.client.wait(600).await;
    assert_eq!(stage.tag(&active, "clctl.dev/heartbeat").await, claim);
    assert!(stage.tag(&active, "clctl.dev/role").await.starts_with("active since "));
    assert!(stage.fleet.recover(&active));
    let (serves, waits) = stage.settled(120).await;
    assert_eq!((&serves, &waits), (&standby, &active));
    stage.client.wait(120).await;
    assert!(stage.tag(&active, "clctl.dev/role").await.starts_with("standby since "));
    assert_kept(&stage, 26);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_in_telling_its_role_alone_goes_on_to_serve() {
    let stage = Stage::with_nodes(6).await;
    let (active, standby) = stage.pair();
    stage.client.wait(120).await;
    assert!(stage.fleet.hang(&active, Hang::Publisher));
    let claim = stage.tag(&active, "clctl.dev/heartbeat").await;
    stage.client.wait(600).await;
    assert_eq!(stage.tag(&active, "clctl.dev/heartbeat").await, claim);
    assert_eq!(stage.pair(), (active, standby));
    assert_kept(&stage, 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_zone_takes_a_node_and_a_database_and_neither_for_long() {
    for seed in 7..10 {
        let stage = Stage::with_nodes(seed).await;
        stage.simulator().with(|world| world.lose_zone("us-east-1a"));
        let (serves, _) = stage.settled(1_800).await;
        let lost = [("InstanceId.1", &*serves)];
        let seen = stage.client.ec2("DescribeInstances", &lost).await.good();
        assert_eq!(seen.text("availabilityZone"), "us-east-1b");
        // A failover of the database takes up to two minutes.
        assert_kept(&stage, 150);
        stage.simulator().with(|world| world.regain_zone("us-east-1a"));
        stage.client.wait(3_600).await;
        stage.pair();
        assert_kept(&stage, 150);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failover_of_the_database_ends_with_one_active_node() {
    for seed in 20..26 {
        let stage = Stage::with_nodes(seed).await;
        stage.database("RebootDBInstance", &[("ForceFailover", "true")]).await.good();
        stage.until_database("available").await;
        stage.settled(120).await;
        assert_kept(&stage, 150);
    }
}

#[tokio::test(start_paused = true)]
async fn rebooted_instances_boot_again_and_the_lease_moves_meanwhile() {
    let stage = Stage::with_nodes(10).await;
    let (active, standby) = stage.pair();
    stage.client.ec2("RebootInstances", &[("InstanceId.1", &*active)]).await.good();
    stage.until_served_by(&standby, 40).await;
    assert_eq!(stage.settled(300).await, (standby, active));
    assert_kept(&stage, 14);
}

#[tokio::test(start_paused = true)]
async fn with_the_wrong_password_of_the_database_no_node_starts_and_it_is_told() {
    let mut stage = Stage::with_database(11).await;
    stage.put("database-password", "not-the-one-that-counts").await;
    stage.launch(USUAL).await;
    stage.client.wait(900).await;
    assert!(stage.fleet.serving().is_empty() && stage.fleet.waiting().is_empty());
    for node in stage.fleet.nodes() {
        let told = stage.tag(&node.instance, "clctl.dev/role").await;
        assert!(told.starts_with("failing since "), "{told}");
    }
    // Once it is right, they come up by themselves.
    stage.put("database-password", PASSWORD).await;
    stage.settled(300).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_read_keeps_a_node_from_starting_and_is_named() {
    let mut stage = Stage::with_database(12).await;
    let gone = json!({ "SecretId": "/clctl/minimal/sepolia-http", "RecoveryWindowInDays": 7 });
    stage.client.secrets("DeleteSecret", gone).await.good();
    stage.launch(USUAL).await;
    stage.client.wait(600).await;
    let node = stage.fleet.nodes().remove(0).instance;
    assert_eq!(stage.tag(&node, "clctl.dev/boot").await, "failed: node");
    let console = stage.console(&node).await;
    assert!(
        console.contains("node: the secret /clctl/minimal/sepolia-http cannot be read"),
        "{console}"
    );
    assert!(!console.contains("a-keystore-password") && !console.contains(PASSWORD));
}

#[tokio::test(start_paused = true)]
async fn without_a_way_out_a_boot_fails_and_says_where() {
    let mut stage = Stage::with_database(13).await;
    stage.close_internet().await;
    stage.launch(USUAL).await;
    stage.client.wait(600).await;
    let node = stage.fleet.nodes().remove(0).instance;
    let console = stage.console(&node).await;
    assert!(console.contains("Z boot: packages failed (1)."), "{console}");
    assert_eq!(stage.tag(&node, "clctl.dev/boot").await, "packages");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_connect_to_the_database_fails() {
    let mut stage = Stage::with_database(14).await;
    stage.close_database().await;
    stage.launch(USUAL).await;
    stage.client.wait(900).await;
    assert!(stage.fleet.serving().is_empty());
    let node = stage.fleet.nodes().remove(0).instance;
    assert!(stage.tag(&node, "clctl.dev/role").await.starts_with("failing since "));
}

#[tokio::test(start_paused = true)]
async fn after_deletion_and_restoration_of_the_database_the_keys_are_found_again() {
    let stage = Stage::with_nodes(15).await;
    let (before, chain) = (stage.fleet.database(DATABASE).unwrap(), "11155111");
    let wallet = stage.fleet.wallet(&before, chain).unwrap();
    stage.database("DeleteDBInstance", &[("FinalDBSnapshotIdentifier", "last")]).await.good();
    stage.until_database("gone").await;
    stage.restore("last").await;
    let after = stage.fleet.database(DATABASE).unwrap();
    assert_ne!(after, before);
    stage.settled(1_800).await;
    assert_eq!(stage.fleet.wallet(&after, chain), Some(wallet.clone()));
    // With another password nobody opens them.
    stage.put("keystore-password", "another-keystore-password").await;
    for node in stage.fleet.nodes() {
        assert!(stage.fleet.crash(&node.instance));
    }
    stage.client.wait(900).await;
    assert!(stage.fleet.serving().is_empty());
    stage.put("keystore-password", "a-keystore-password").await;
    stage.settled(300).await;
    assert_eq!(stage.fleet.wallet(&after, chain), Some(wallet));
}

#[tokio::test(start_paused = true)]
async fn an_older_release_does_not_come_back_to_a_database_that_a_newer_one_has_migrated() {
    let mut stage = Stage::with_database(16).await;
    stage.launch(OLDER).await;
    let (active, standby) = stage.settled(900).await;
    stage.launch(USUAL).await;
    stage.client.ec2("TerminateInstances", &[("InstanceId.1", &*standby)]).await.good();
    let (still, newer) = stage.settled(900).await;
    assert!(still == active && newer != standby);
    assert!(stage.fleet.crash(&active));
    stage.until_served_by(&newer, 90).await;
    stage.client.wait(60).await;
    // The old one waits: it finds out that it is too old when it gets the lease.
    assert_eq!(stage.pair(), (newer.clone(), active.clone()));
    assert!(stage.fleet.crash(&newer));
    stage.client.wait(60).await;
    stage.until_served_by(&newer, 60).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_no_two_nodes_are_active_on_one_database() {
    for seed in 100..106 {
        let stage = Stage::with_nodes(seed).await;
        let mut draw = seed;
        for _ in 0..8 {
            draw = draw
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let (active, standby) = stage.settled(3_600).await;
            let one = if draw >> 62 == 0 { standby } else { active };
            match (draw >> 40) % 6 {
                0 => drop(stage.fleet.crash(&one)),
                1 => drop(stage.fleet.cut_power(&one)),
                2 => drop(stage.fleet.hang(&one, Hang::Machine)),
                3 => {
                    stage.fleet.hang(&one, Hang::Software);
                    stage.client.wait((draw >> 50) % 40).await;
                    stage.fleet.recover(&one);
                }
                4 => drop(stage.database("RebootDBInstance", &[]).await),
                _ => drop(stage.client.ec2("TerminateInstances", &[("InstanceId.1", &*one)]).await),
            }
            stage.client.wait((draw >> 32) % 120).await;
        }
        assert_kept(&stage, 180);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_lives() {
    let mut all = Vec::new();
    for _ in 0..2 {
        let stage = Stage::with_nodes(30).await;
        let (active, _) = stage.pair();
        stage.fleet.crash(&active);
        stage.client.wait(600).await;
        all.push(stage.fleet.observations());
    }
    assert_eq!(all[0], all[1]);
}

/// Calls that come to nothing, are refused or whose answers are lost, for hours.
#[tokio::test(start_paused = true)]
async fn who_is_not_always_answered_goes_on_all_the_same() {
    let stage = Stage::with_nodes(31).await;
    stage.simulator().with(|world| {
        let settings = world.settings_mut();
        settings.throttling = true;
        settings.weather =
            Weather { throttled: 40, server_error: 20, answer_lost: 10, ..Weather::default() };
    });
    stage.client.wait(6 * 3_600).await;
    stage.pair();
    assert_kept(&stage, 0);
}

/// What the CloudWatch agent sends, asked for with the SDK that clctl has.
#[tokio::test(start_paused = true)]
async fn the_active_node_tells_what_its_wallet_holds() {
    use aws_sdk_cloudwatch::{
        config::{BehaviorVersion, Credentials, Region},
        primitives::DateTime,
        types::{Dimension, DimensionFilter, Metric, MetricDataQuery, MetricStat, ScanBy},
    };

    let stage = Stage::with_nodes(40).await;
    let (active, _) = stage.pair();
    stage.fleet.fund(1.25);
    stage.client.wait(1_800).await;
    let client = aws_sdk_cloudwatch::Client::from_conf(
        aws_sdk_cloudwatch::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("AKIDTEST", "test", None, None, "test"))
            .http_client(clctl::sandbox::http(stage.simulator()))
            .build(),
    );
    let chain = DimensionFilter::builder().name("evmChainID").value("11155111").build();
    let listed = client
        .list_metrics()
        .namespace("clctl/minimal")
        .metric_name("eth_balance")
        .dimensions(chain)
        // By chain alone it is told as well, for alarms.
        .dimensions(DimensionFilter::builder().name("account").build())
        .send()
        .await
        .unwrap();
    let [metric] = listed.metrics() else { panic!("{listed:?}") };
    let account = metric.dimensions().iter().find(|it| it.name() == Some("account")).unwrap();
    let database = stage.fleet.database(DATABASE).unwrap();
    assert_eq!(account.value().map(ToOwned::to_owned), stage.fleet.wallet(&database, "11155111"));
    let query = |id: &str, metric: Metric| {
        let stat = MetricStat::builder().metric(metric).period(300).stat("Minimum").build();
        MetricDataQuery::builder().id(id).metric_stat(stat).build()
    };
    let of_instance = Metric::builder()
        .namespace("clctl/minimal")
        .metric_name("mem_used_percent")
        .dimensions(Dimension::builder().name("InstanceId").value(&active).build())
        .build();
    let now = i64::try_from(stage.simulator().now().as_millis() / 1000).unwrap();
    let told = client
        .get_metric_data()
        .metric_data_queries(query("balance", metric.clone()))
        .metric_data_queries(query("memory", of_instance))
        .start_time(DateTime::from_secs(now - 900))
        .end_time(DateTime::from_secs(now))
        .scan_by(ScanBy::TimestampDescending)
        .send()
        .await
        .unwrap();
    let [balance, memory] = told.metric_data_results() else { panic!("{told:?}") };
    assert!((balance.values()[0] - 1.25).abs() < 1e-9);
    assert!(balance.timestamps()[0].secs() > now - 600);
    assert!((20.0..=35.0).contains(&memory.values()[0]));
    let refused = client.put_metric_data().namespace("AWS/EC2").send().await.unwrap_err();
    let refused = refused.into_service_error();
    assert!(refused.is_invalid_parameter_value_exception(), "{refused:?}");
}

/// What fails over is the writer; the endpoint of the cluster leads to the other one then.
#[tokio::test(start_paused = true)]
async fn nodes_find_the_writer_of_a_cluster_and_its_keys_when_it_is_restored() {
    let mut stage = Stage::empty(50).await;
    stage.create_cluster().await;
    stage.launch(AURORA).await;
    stage.settled(900).await;
    let cluster = ("DBClusterIdentifier", DATABASE);
    stage.client.rds("FailoverDBCluster", &[cluster]).await.good();
    stage.client.wait(300).await;
    stage.settled(120).await;
    assert_kept(&stage, 150);
    let before = stage.fleet.database(DATABASE).unwrap();
    let wallet = stage.fleet.wallet(&before, "11155111");
    assert!(wallet.is_some());
    let taken = [cluster, ("DBClusterSnapshotIdentifier", "last")];
    stage.client.rds("CreateDBClusterSnapshot", &taken).await.good();
    stage.client.wait(900).await;
    let params = [
        ("DBClusterIdentifier", "restored"),
        ("SnapshotIdentifier", "last"),
        ("Engine", "aurora-postgresql"),
        ("DBSubnetGroupName", "net"),
    ];
    stage.client.rds("RestoreDBClusterFromSnapshot", &params).await.good();
    stage.client.wait(60).await;
    let restored = stage.fleet.database("restored").unwrap();
    assert_eq!(stage.fleet.wallet(&restored, "11155111"), wallet);
}

#[tokio::test(start_paused = true)]
async fn a_bastion_claims_the_address_until_it_goes() {
    let stage = Stage::empty(51).await;
    let made = stage.client.ec2("AllocateAddress", &[("Domain", "vpc")]).await.good();
    let address = made.text("allocationId");
    let holder = async || {
        let one = [("AllocationId.1", &*address)];
        stage.client.ec2("DescribeAddresses", &one).await.good().text("instanceId")
    };
    let bastion = stage.launch_bastion(std::slice::from_ref(&address)).await;
    stage.client.wait(240).await;
    assert_eq!(holder().await, bastion);
    assert_eq!(stage.tag(&bastion, "clctl.dev/boot").await, "done");
    // A second one finds none, and comes by it when the first is gone.
    let second = stage.launch_bastion(std::slice::from_ref(&address)).await;
    stage.client.wait(240).await;
    assert_eq!(stage.tag(&second, "clctl.dev/boot").await, "address");
    stage.client.ec2("TerminateInstances", &[("InstanceId.1", &*bastion)]).await.good();
    stage.client.wait(600).await;
    assert_eq!(holder().await, second);
    assert!(stage.fleet.nodes().is_empty());
}

/// The sandbox's world lasts from command to command, and with it who lives in it.
#[tokio::test(start_paused = true)]
async fn in_a_file_a_fleet_lives_on_from_process_to_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    let mut stage = Stage::on(Simulator::open(&path, Settings::calm()).unwrap(), 60).await;
    stage.create_database().await;
    stage.launch(USUAL).await;
    let (active, standby) = stage.settled(900).await;
    let database = stage.fleet.database(DATABASE).unwrap();
    let wallet = stage.fleet.wallet(&database, "11155111");
    drop(stage);
    let simulator = Simulator::open(&path, Settings::calm()).unwrap();
    let fleet = Fleet::settle(&simulator, 60);
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(fleet.serving(), [active.as_str()]);
    assert_eq!(fleet.waiting(), [standby.as_str()]);
    assert_eq!(fleet.wallet(&database, "11155111"), wallet);
    assert_eq!(fleet.silences(), []);
    assert!(fleet.crash(&active));
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(fleet.serving(), [standby.as_str()]);
    // Another process sees the same, and a world that begins anew has nobody in it.
    let other = Simulator::open(&path, Settings::calm()).unwrap();
    let same = Fleet::settle(&other, 60);
    assert_eq!(same.serving(), [standby.as_str()]);
    other.edit(|world| *world = World::new(Settings::calm())).unwrap();
    assert!(same.nodes().is_empty() && fleet.nodes().is_empty());
    assert!(same.observations().is_empty());
}
