//! What a fleet that plays the instances sees and does.

use clctl_simulator::{Checks, Settings};
use serde_json::json;

use crate::{auto_scaling::Stage, client::Client};

/// A group whose instances have a role with this policy.
async fn with_role(statements: serde_json::Value) -> Stage {
    let stage = Stage::new(Settings::calm()).await;
    let client = stage.client();
    client.role("node").await;
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let put = [("RoleName", "node"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    client.iam("PutRolePolicy", &put).await.good();
    let profile = ("InstanceProfileName", "node");
    client.iam("CreateInstanceProfile", &[profile]).await.good();
    client.iam("AddRoleToInstanceProfile", &[profile, ("RoleName", "node")]).await.good();
    let version = [
        ("LaunchTemplateId", &*stage.template),
        ("SourceVersion", "1"),
        ("LaunchTemplateData.IamInstanceProfile.Name", "node"),
        ("LaunchTemplateData.UserData", "IyEvYmluL3NoCg=="),
    ];
    client.ec2("CreateLaunchTemplateVersion", &version).await.good();
    stage.create(&[("LaunchTemplate.Version", "2")]).await.good();
    client.wait(120).await;
    stage
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>: an instance tags
/// itself and no other.
#[tokio::test(start_paused = true)]
async fn an_instance_acts_as_its_role_and_only_on_itself() {
    let myself = json!([{
        "Effect": "Allow",
        "Action": "ec2:CreateTags",
        "Resource": "arn:aws:ec2:us-east-1:123456789012:instance/*",
        "Condition": {
            "StringEquals": { "aws:ResourceTag/aws:autoscaling:groupName": "nodes" },
            "ArnEquals": { "ec2:SourceInstanceARN": "${ec2:SourceInstanceARN}" },
            "ForAllValues:StringEquals": { "aws:TagKeys": ["phase"] },
        },
    }]);
    let stage = with_role(myself).await;
    let running = stage.client().simulator.with(|world| world.running());
    let [one, other] = running.as_slice() else { panic!("{running:?}") };
    assert_eq!(one.user_data, b"#!/bin/sh\n");
    assert_eq!(one.role.as_deref(), Some("arn:aws:iam::123456789012:role/node"));
    assert!(one.booted <= stage.client().simulator.now() && one.tags.is_none());
    let key: &'static str = Box::leak(one.access_key.clone().into_boxed_str());
    let simulator = stage.client().simulator.clone();
    let node = Client { simulator, region: "us-east-1", key };
    let who = node.sts().await.good().text("Arn");
    assert_eq!(who, format!("arn:aws:sts::123456789012:assumed-role/node/{}", one.id));
    let tag = async |id: &str, name: &str| {
        let params = [("ResourceId.1", id), ("Tag.1.Key", name), ("Tag.1.Value", "up")];
        node.ec2("CreateTags", &params).await
    };
    tag(&one.id, "phase").await.good();
    assert_eq!(tag(&one.id, "other").await.code(), "UnauthorizedOperation");
    assert_eq!(node.ec2("DescribeInstances", &[]).await.code(), "UnauthorizedOperation");
    assert_ne!(one.access_key, other.access_key);
    let seen = stage.network.see(&one.id).await.good();
    assert!(seen.body.contains("<key>phase</key><value>up</value>"), "{}", seen.body);
}

#[tokio::test(start_paused = true)]
async fn what_runs_on_an_instance_shows_on_its_console_and_in_its_checks() {
    let stage = Stage::with_two(Settings::calm()).await;
    let client = stage.client();
    client.wait(300).await;
    let id = stage.ids().await[0].clone();
    let one = [("InstanceId", id.as_str())];
    assert!(client.ec2("GetConsoleOutput", &one).await.good().texts("output").is_empty());
    for text in ["one\n", "two\n"] {
        assert!(client.simulator.with(|world| world.write_console(&id, text)));
    }
    // What comes later than shortly after the start shows only where the latest is asked for.
    assert!(client.ec2("GetConsoleOutput", &one).await.good().texts("output").concat().is_empty());
    let latest = [("InstanceId", id.as_str()), ("Latest", "true")];
    // `one\ntwo\n`
    assert_eq!(client.ec2("GetConsoleOutput", &latest).await.good().text("output"), "b25lCnR3bwo=");
    let process = [("ScalingProcesses.member.1", "ReplaceUnhealthy")];
    stage.call("SuspendProcesses", &process).await.good();
    let checks = async || {
        let status = client.ec2("DescribeInstanceStatus", &[("InstanceId.1", &*id)]).await.good();
        let of = |name: &str| {
            let part = status.body.split(&format!("<{name}><status>")).nth(1).unwrap();
            part.split('<').next().unwrap().to_owned()
        };
        (of("systemStatus"), of("instanceStatus"))
    };
    for (told, expected) in [
        (Checks::Pass, ("ok", "ok")),
        (Checks::InstanceFails, ("ok", "impaired")),
        (Checks::SystemFails, ("impaired", "impaired")),
        (Checks::Pass, ("ok", "ok")),
    ] {
        assert!(client.simulator.with(|world| world.impair(&id, told)));
        assert_eq!(checks().await, (expected.0.to_owned(), expected.1.to_owned()), "{told:?}");
    }
    assert!(!client.simulator.with(|world| world.impair("i-0123456789abcdef0", Checks::Pass)));
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingInstanceInitiatedShutdownBehavior.html>
#[tokio::test(start_paused = true)]
async fn an_instance_that_shuts_itself_down_is_replaced_by_its_group() {
    let stage = Stage::with_two(Settings::calm()).await;
    let id = stage.ids().await[0].clone();
    assert!(stage.client().simulator.with(|world| world.power_off(&id)));
    assert_eq!(stage.network.see(&id).await.good().text("name"), "stopping");
    stage.client().wait(600).await;
    let now = stage.ids().await;
    assert!(now.len() == 2 && !now.contains(&id));
}

#[tokio::test(start_paused = true)]
async fn a_lost_zone_is_left_until_it_comes_back() {
    let stage = Stage::with_two(Settings::calm()).await;
    stage.client().wait(300).await;
    stage.client().simulator.with(|world| world.lose_zone("us-east-1a"));
    stage.client().wait(900).await;
    let zones = stage.see().await.texts("AvailabilityZone");
    assert_eq!(zones, ["us-east-1b", "us-east-1b"]);
    stage.client().simulator.with(|world| world.regain_zone("us-east-1a"));
    stage.client().wait(3_600).await;
    let mut zones = stage.see().await.texts("AvailabilityZone");
    zones.sort();
    assert_eq!(zones, ["us-east-1a", "us-east-1b"]);
}
