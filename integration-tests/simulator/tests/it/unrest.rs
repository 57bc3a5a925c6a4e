//! Groups in worlds that are not calm, and what somebody else may do to them.

use clctl_simulator::{Settings, Simulator, World};

use crate::{auto_scaling::Stage, client::Client};

/// Lists are far behind, zones run short, somebody terminates what he finds: when it is over there is what
/// is desired.
#[tokio::test(start_paused = true)]
async fn whatever_happens_a_group_comes_back_to_what_is_desired() {
    for seed in 0..12 {
        let stage = Stage::new(Settings::calm().seeded(seed)).await;
        let client = stage.client();
        client.simulator.with(|world| {
            let settings = world.settings_mut();
            settings.jitter = true;
            settings.lag = Settings::stormy(seed).lag;
            settings.lag.dependents = false;
            settings.weather.failing = 200;
        });
        stage.create(&[]).await.good();
        for round in 0..10 {
            client.wait(40 + seed * 7).await;
            client.simulator.with(|world| match round % 5 {
                0 => world.lose_zone("us-east-1a"),
                2 => world.regain_zone("us-east-1a"),
                _ => {
                    let running = world.running();
                    if let Some(one) = running.get(usize::try_from(seed).unwrap() % 2) {
                        world.power_off(&one.id);
                    }
                }
            });
        }
        client.simulator.with(|world| {
            world.regain_zone("us-east-1a");
            world.settings_mut().weather.failing = 0;
        });
        client.wait(7_200).await;
        assert_eq!(stage.states().await, ["InService", "InService"], "{seed}");
        assert_eq!(client.simulator.with(|world| world.running().len()), 2, "{seed}");
        // It can be written down and read back, also what is under way.
        let (text, again) = client.simulator.with(|world| {
            let text = serde_json::to_string(world).unwrap();
            let read: World = serde_json::from_str(&text).unwrap();
            (text, serde_json::to_string(&read).unwrap())
        });
        assert_eq!(text, again);
    }
}

/// A step at a time or all at once: the same happens, at the same moments.
#[tokio::test(start_paused = true)]
async fn what_a_group_does_does_not_depend_on_who_looks_when() {
    let mut told = Vec::new();
    for step in [1, 10, 1_000] {
        let stage = Stage::with_two(Settings::calm()).await;
        stage.client().simulator.with(|world| {
            let one = world.running().first().map(|it| it.id.clone()).unwrap();
            world.power_off(&one);
        });
        let mut left = 1_000;
        while left > 0 {
            stage.client().wait(step).await;
            stage.client().simulator.with(|_| ());
            left -= step;
        }
        let told_now = stage.activities().await;
        told.push((told_now.texts("StartTime"), told_now.texts("EndTime"), stage.states().await));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
}

/// Each in a world of its own, so that one does not keep another from happening.
#[tokio::test(start_paused = true)]
async fn whatever_somebody_may_do_to_groups_templates_and_instances_aws_allows() {
    let stage = Stage::new(Settings::calm()).await;
    let client = stage.client();
    let owned = [
        ("Tags.member.1.Key", "clctl.dev/uid"),
        ("Tags.member.1.Value", "u"),
        ("Tags.member.1.PropagateAtLaunch", "true"),
        ("Tags.member.2.Key", "Name"),
        ("Tags.member.2.Value", "node"),
        ("Tags.member.2.PropagateAtLaunch", "true"),
        ("LifecycleHookSpecificationList.member.1.LifecycleHookName", "down"),
        (
            "LifecycleHookSpecificationList.member.1.LifecycleTransition",
            "autoscaling:EC2_INSTANCE_TERMINATING",
        ),
    ];
    let version = [
        ("LaunchTemplateId", &*stage.template),
        ("SourceVersion", "1"),
        ("LaunchTemplateData.InstanceType", "t3.small"),
    ];
    client.ec2("CreateLaunchTemplateVersion", &version).await.good();
    let tag =
        [("ResourceId.1", &*stage.template), ("Tag.1.Key", "clctl.dev/uid"), ("Tag.1.Value", "u")];
    client.ec2("CreateTags", &tag).await.good();
    stage.create(&owned).await.good();
    client.wait(300).await;
    stage.call("EnableMetricsCollection", &[("Granularity", "1Minute")]).await.good();
    let standing = client.simulator.with(|world| world.clone());
    let deeds = standing.deeds();
    let calls: std::collections::BTreeSet<String> =
        deeds.iter().map(clctl_simulator::Deed::call).collect();
    for deed in &deeds {
        let mut world = standing.clone();
        assert!(world.does(deed), "{}: {}", deed.call(), deed.says());
    }
    for call in [
        "autoscaling:CreateOrUpdateTags",
        "autoscaling:DeleteAutoScalingGroup",
        "autoscaling:DeleteLifecycleHook",
        "autoscaling:DetachInstances",
        "autoscaling:DisableMetricsCollection",
        "autoscaling:EnterStandby",
        "autoscaling:SetInstanceProtection",
        "autoscaling:SuspendProcesses",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
        "ec2:CreateLaunchTemplateVersion",
        "ec2:DeleteLaunchTemplate",
        "ec2:DeleteTags",
        "ec2:ModifyInstanceMetadataOptions",
        "ec2:ModifyLaunchTemplate",
        "ec2:TerminateInstances",
    ] {
        assert!(calls.contains(call), "{call}");
    }
    // Whoever retags by hand does it by calls of the service that holds it.
    let group = standing.objects().into_iter().find(|it| it.kind == "auto-scaling-group").unwrap();
    let mut world = standing;
    let put = [("more".to_owned(), "1".to_owned())].into();
    assert!(world.retag(&group, &put, &["Name".to_owned()]));
    let tags = world.tagged().into_iter().find(|it| it.0 == group).unwrap().1;
    assert!(tags.contains_key("more") && !tags.contains_key("Name"));
}

/// A world in a file goes on where it was, groups under way included.
#[tokio::test(start_paused = true)]
async fn a_group_goes_on_in_another_process() {
    let stage = Stage::new(Settings::calm()).await;
    stage.create(&[]).await.good();
    stage.client().wait(20).await;
    let text = stage.client().simulator.with(|world| serde_json::to_string(world).unwrap());
    let simulator = Simulator::in_memory(Settings::calm());
    simulator.with(|world| *world = serde_json::from_str(&text).unwrap());
    let client = Client { simulator, region: "us-east-1", key: "AKIATEST" };
    client.wait(120).await;
    let seen = client.autoscaling("DescribeAutoScalingGroups", &[]).await.good();
    assert_eq!(seen.texts("LifecycleState"), ["InService", "InService"]);
}
