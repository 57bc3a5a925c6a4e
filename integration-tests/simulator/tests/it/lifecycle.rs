//! Instances on their way into groups and out of them: hooks, standby, detached and attached ones, after
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>.

use clctl_simulator::Settings;

use crate::auto_scaling::Stage;

const KEEP: (&str, &str) = ("ShouldDecrementDesiredCapacity", "false");
const FEWER: (&str, &str) = ("ShouldDecrementDesiredCapacity", "true");

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html>
#[tokio::test(start_paused = true)]
async fn a_hook_holds_new_instances_until_somebody_speaks_or_its_time_is_over() {
    let stage = Stage::new(Settings::calm()).await;
    let hook = [
        ("LifecycleHookSpecificationList.member.1.LifecycleHookName", "up"),
        (
            "LifecycleHookSpecificationList.member.1.LifecycleTransition",
            "autoscaling:EC2_INSTANCE_LAUNCHING",
        ),
        ("LifecycleHookSpecificationList.member.1.HeartbeatTimeout", "600"),
    ];
    stage.create(&hook).await.good();
    stage.client().wait(120).await;
    assert_eq!(stage.states().await, ["Pending:Wait", "Pending:Wait"]);
    let told = stage.activities().await;
    assert_eq!(told.texts("StatusCode"), ["MidLifecycleAction", "MidLifecycleAction"]);
    let ids = stage.ids().await;
    let say = async |id: &str, result: &str| {
        let what =
            [("LifecycleHookName", "up"), ("InstanceId", id), ("LifecycleActionResult", result)];
        stage.call("CompleteLifecycleAction", &what).await
    };
    say(&ids[0], "CONTINUE").await.good();
    assert_eq!(say(&ids[0], "CONTINUE").await.code(), "ValidationError");
    stage.client().wait(30).await;
    assert_eq!(stage.states().await, ["InService", "Pending:Wait"]);
    let more = [("LifecycleHookName", "up"), ("InstanceId", &*ids[1])];
    stage.client().wait(400).await;
    stage.call("RecordLifecycleActionHeartbeat", &more).await.good();
    stage.client().wait(300).await;
    assert_eq!(stage.states().await, ["InService", "Pending:Wait"]);
    // ABANDON is the default: another instance takes its place, and waits as well.
    stage.client().wait(500).await;
    let now = stage.ids().await;
    assert!(now.len() == 2 && !now.contains(&ids[1]), "{now:?}");
    stage.call("DeleteLifecycleHook", &[("LifecycleHookName", "up")]).await.good();
    let again = stage.call("DeleteLifecycleHook", &[("LifecycleHookName", "up")]).await;
    assert!(again.text("Message").starts_with("No Lifecycle Hook found"));
}

#[tokio::test(start_paused = true)]
async fn a_hook_holds_instances_that_are_to_end_and_force_does_not_wait() {
    let stage = Stage::with_two(Settings::calm()).await;
    let hook = [
        ("LifecycleHookName", "down"),
        ("LifecycleTransition", "autoscaling:EC2_INSTANCE_TERMINATING"),
    ];
    stage.call("PutLifecycleHook", &hook).await.good();
    let hooks = stage.call("DescribeLifecycleHooks", &[]).await.good();
    for (name, value) in
        [("HeartbeatTimeout", "3600"), ("GlobalTimeout", "172800"), ("DefaultResult", "ABANDON")]
    {
        assert_eq!(hooks.text(name), value);
    }
    let id = stage.ids().await[0].clone();
    let end = [("InstanceId", &*id), KEEP];
    let begun =
        stage.client().autoscaling("TerminateInstanceInAutoScalingGroup", &end).await.good();
    assert_eq!(begun.text("StatusCode"), "InProgress");
    let again = stage.client().autoscaling("TerminateInstanceInAutoScalingGroup", &end).await;
    assert_eq!(again.code(), "ScalingActivityInProgress");
    stage.client().wait(120).await;
    // Meanwhile another one is there.
    let mut states = stage.states().await;
    states.sort();
    assert_eq!(states, ["InService", "InService", "Terminating:Wait"]);
    assert_eq!(stage.network.see(&id).await.good().text("name"), "running");
    stage.call("DeleteAutoScalingGroup", &[("ForceDelete", "true")]).await.good();
    stage.client().wait(600).await;
    assert!(stage.see().await.texts("AutoScalingGroupName").is_empty());
    assert_eq!(stage.network.see(&id).await.good().text("name"), "terminated");
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>
#[tokio::test(start_paused = true)]
async fn an_instance_on_standby_stays_and_is_not_looked_after() {
    let stage = Stage::with_two(Settings::calm()).await;
    let ids = stage.ids().await;
    let one = ("InstanceIds.member.1", ids[0].as_str());
    let refused = stage.call("EnterStandby", &[one, FEWER]).await;
    assert!(refused.text("Message").contains("desiredSize equals minSize (2)"), "{}", refused.body);
    stage.call("UpdateAutoScalingGroup", &[("MinSize", "0")]).await.good();
    let begun = stage.call("EnterStandby", &[one, FEWER]).await.good();
    assert_eq!(begun.text("Description"), format!("Moving EC2 instance to Standby: {}", ids[0]));
    stage.client().wait(60).await;
    assert_eq!(stage.states().await, ["Standby", "InService"]);
    assert_eq!(stage.see().await.text("DesiredCapacity"), "1");
    let stop = [("InstanceId.1", ids[0].as_str())];
    stage.client().ec2("StopInstances", &stop).await.good();
    stage.client().wait(600).await;
    assert_eq!(stage.ids().await, ids);
    stage.client().ec2("StartInstances", &stop).await.good();
    stage.client().wait(120).await;
    let wrong = stage.call("ExitStandby", &[("InstanceIds.member.1", &*ids[1])]).await;
    assert_eq!(wrong.code(), "ValidationError");
    stage.call("ExitStandby", &[one]).await.good();
    stage.client().wait(60).await;
    assert_eq!(stage.states().await, ["InService", "InService"]);
    assert_eq!(stage.see().await.text("DesiredCapacity"), "2");
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html>
#[tokio::test(start_paused = true)]
async fn instances_leave_a_group_alive_and_join_it() {
    let stage = Stage::with_two(Settings::calm()).await;
    let ids = stage.ids().await;
    let one = ("InstanceIds.member.1", ids[0].as_str());
    let begun = stage.call("DetachInstances", &[one, KEEP]).await.good();
    assert_eq!(begun.text("Description"), format!("Detaching EC2 instance: {}", ids[0]));
    stage.client().wait(120).await;
    let now = stage.ids().await;
    assert!(now.len() == 2 && !now.contains(&ids[0]), "{now:?}");
    let alone = stage.network.see(&ids[0]).await.good();
    assert_eq!(alone.text("name"), "running");
    assert!(!alone.body.contains("aws:autoscaling:groupName"), "{}", alone.body);
    let again = stage.call("DetachInstances", &[one, KEEP]).await;
    assert_eq!(
        again.text("Message"),
        format!("The instance {} is not part of Auto Scaling group nodes.", ids[0])
    );
    stage.call("AttachInstances", &[one]).await.good();
    stage.client().wait(60).await;
    assert_eq!(stage.states().await.len(), 3);
    assert_eq!(stage.see().await.text("DesiredCapacity"), "3");
    let joined = stage.network.see(&ids[0]).await.good();
    assert!(joined.body.contains("<key>aws:autoscaling:groupName</key>"), "{}", joined.body);
    let other = [("InstanceIds.member.1", ids[1].as_str())];
    assert_eq!(stage.call("AttachInstances", &other).await.code(), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_an_instance_unhealthy_can_say_so() {
    let stage = Stage::new(Settings::calm()).await;
    stage.create(&[("HealthCheckGracePeriod", "600")]).await.good();
    stage.client().wait(120).await;
    let id = stage.ids().await[0].clone();
    let say = async |more: &[(&str, &str)]| {
        let mut params = vec![("InstanceId", &*id), ("HealthStatus", "Unhealthy")];
        params.extend(more);
        stage.client().autoscaling("SetInstanceHealth", &params).await.good();
        stage.client().wait(60).await;
    };
    say(&[]).await;
    assert!(stage.states().await.iter().all(|it| it == "InService"));
    say(&[("ShouldRespectGracePeriod", "false")]).await;
    stage.client().wait(300).await;
    assert!(!stage.ids().await.contains(&id));
    assert!(stage.activities().await.body.contains("in response to a user health-check."));
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_terminated_in_its_group_is_replaced_or_not() {
    let stage = Stage::with_two(Settings::calm()).await;
    let ids = stage.ids().await;
    let end = async |id: &str, how: (&str, &str)| {
        let params = [("InstanceId", id), how];
        stage.client().autoscaling("TerminateInstanceInAutoScalingGroup", &params).await
    };
    let unknown = end("i-0123456789abcdef0", KEEP).await;
    assert_eq!(
        unknown.text("Message"),
        "Instance Id not found - No managed instance found for instance ID: i-0123456789abcdef0"
    );
    assert_eq!(end(&ids[0], FEWER).await.code(), "ValidationError");
    end(&ids[0], KEEP).await.good();
    stage.client().wait(400).await;
    let now = stage.ids().await;
    assert!(now.len() == 2 && !now.contains(&ids[0]));
    stage.call("UpdateAutoScalingGroup", &[("MinSize", "1")]).await.good();
    end(&now[0], FEWER).await.good();
    stage.client().wait(400).await;
    assert_eq!(stage.ids().await, now[1..]);
    assert_eq!(stage.see().await.text("DesiredCapacity"), "1");
}
