//! Nodes and bastion: what makes another version of their template, what does not, and what they may do.

use clctl_simulator::{Running, World};

use crate::{
    client::Client,
    harness::{Bench, SETTLED, Wanted, steps},
};

/// Everything of the example, and a bastion.
fn wanted() -> Wanted {
    Wanted::with(&[]).keeping_nothing()
}

async fn standing(wanted: &Wanted) -> Bench {
    let bench = Bench::standing(wanted).await;
    bench.somebody().wait(SETTLED).await;
    bench
}

#[tokio::test(start_paused = true)]
async fn nodes_are_launched_and_whether_they_work_is_not_waited_for() {
    let bench = standing(&wanted()).await;
    let running = bench.simulator.with(|world| world.running());
    let nodes: Vec<&Running> = running.iter().filter(|it| role(it).ends_with("-nodes")).collect();
    let [one, other] = nodes.as_slice() else { panic!("{running:?}") };
    assert_ne!(one.zone, other.zone);
    assert!(one.public_ip.is_none() && one.tags.is_none(), "{one:?}");
    // What they are told is compressed: it is not text.
    assert!(!one.user_data.is_empty());
    bench.is_settled(&wanted()).await;
}

fn role(running: &Running) -> &str {
    running.role.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_rotated_is_another_version_of_the_template() {
    let bench = standing(&wanted()).await;
    let secret = bench.truth().id("secret/database-password");
    let value = serde_json::json!({ "SecretId": secret, "SecretString": "rotated-by-somebody", "ClientRequestToken": "0123456789abcdef0123456789abcdef" });
    bench.somebody().secrets("PutSecretValue", value).await.good();
    bench.somebody().wait(SETTLED).await;
    let outcome = bench.apply(&wanted()).await.complete();
    let said = steps(&outcome.plan);
    assert!(said.contains(&"update launch-template/nodes user_data".to_owned()), "{said:?}");
    assert!(said.contains(&"update auto-scaling-group/nodes template".to_owned()), "{said:?}");
    let written = |call: &str| outcome.writes.iter().filter(|it| *it == call).count();
    assert_eq!(written("ec2:CreateLaunchTemplateVersion"), 1, "{:?}", outcome.writes);
    assert_eq!(written("autoscaling:UpdateAutoScalingGroup"), 1, "{:?}", outcome.writes);
    bench.is_settled(&wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn a_newer_image_is_no_difference_and_is_taken_when_it_is_written_down() {
    let bench = standing(&wanted()).await;
    let region = "us-east-1";
    let old = bench.simulator.with(|world| world.newest_image(region)).unwrap();
    bench.simulator.with(World::publish_images);
    let new = bench.simulator.with(|world| world.newest_image(region)).unwrap();
    assert_ne!(old, new);
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted()).await;
    let pins = format!("\n  nodes:\n    imageId: {new}\n");
    let pinned = Wanted::with(&[("\n  nodes:\n", &pins)]).keeping_nothing();
    let said = steps(&bench.apply(&pinned).await.complete().plan);
    assert!(said.contains(&"update launch-template/nodes image".to_owned()), "{said:?}");
    bench.is_settled(&pinned).await;
    // What is there is right again once nobody says which one it is to be.
    bench.is_settled(&wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_launched_from_an_image_that_nobody_knows_and_what_is_there_is_looked_at() {
    let bench = standing(&wanted()).await;
    let deny = |bench: &Bench, denied: Vec<String>| {
        bench.simulator.with(|world| world.settings_mut().denied = denied);
    };
    deny(&bench, vec!["ssm:GetParameter".to_owned()]);
    let plan = bench.diff(&wanted()).await;
    assert!(!plan.nodes.is_empty() && plan.is_empty() && !plan.is_unknown(), "{:?}", steps(&plan));
    let fresh = Bench::calm();
    deny(&fresh, vec!["ssm:GetParameter".to_owned()]);
    let plan = fresh.diff(&wanted()).await;
    let blocked = steps(&plan);
    let template = blocked.iter().find(|step| step.contains("launch-template/nodes"));
    assert!(
        plan.is_unknown() && template.is_some_and(|it| !it.starts_with("create")),
        "{blocked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_says_how_it_is_and_does_nothing_else() {
    let bench = standing(&wanted()).await;
    let running = bench.simulator.with(|world| world.running());
    let node = running.iter().find(|it| role(it).ends_with("-nodes")).unwrap();
    let key: &'static str = Box::leak(node.access_key.clone().into_boxed_str());
    let client = Client { simulator: bench.simulator.clone(), region: "us-east-1", key };
    let tag = async |id: &str, name: &str| {
        let params = [("ResourceId.1", id), ("Tag.1.Key", name), ("Tag.1.Value", "x")];
        client.ec2("CreateTags", &params).await
    };
    for allowed in ["clctl.dev/role", "clctl.dev/boot", "clctl.dev/heartbeat"] {
        tag(&node.id, allowed).await.good();
    }
    for refused in ["clctl.dev/uid", "Name", "clctl.dev/address"] {
        assert_eq!(tag(&node.id, refused).await.code(), "UnauthorizedOperation", "{refused}");
    }
    let vpc = bench.truth().id("vpc/main");
    assert_eq!(tag(&vpc, "clctl.dev/role").await.code(), "UnauthorizedOperation");
    // A request for no tags at all is about none that it may not set.
    let without_tags = client.ec2("CreateTags", &[("ResourceId.1", &node.id)]).await;
    assert_ne!(without_tags.status, 200);
    let secret = bench.truth().id("secret/database-password");
    let value = serde_json::json!({ "SecretId": secret });
    client.secrets("GetSecretValue", value.clone()).await.good();
    assert_ne!(client.secrets("DeleteSecret", value).await.status, 200);
    assert_ne!(client.ec2("DescribeInstances", &[]).await.status, 200);
    // What an instance says of itself is nobody's difference.
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted()).await;
}

/// Whose instance it is, its group says: without the tag it may not say how it is, and gets it back.
#[tokio::test(start_paused = true)]
async fn a_node_that_lost_its_mark_gets_it_back_and_is_not_ended_for_its_silence() {
    let bench = standing(&wanted()).await;
    let things = bench.truth();
    let node = things.things().iter().find(|it| it.kind == "instance").unwrap();
    bench.tag(node, "clctl.dev/uid", None);
    bench.somebody().wait(SETTLED).await;
    let plan = bench.diff(&wanted()).await;
    let steps = steps(&plan);
    assert!(matches!(&steps[..], [one] if one.contains("unmarked")), "{steps:?}");
    let outcome = bench.apply(&wanted()).await.complete();
    assert_eq!(outcome.writes, ["ec2:CreateTags"]);
    let after = bench.truth();
    let same = after.things().iter().find(|it| it.id == node.id).unwrap();
    assert_eq!(same.tags.get("clctl.dev/uid"), node.tags.get("clctl.dev/uid"));
    bench.is_settled(&wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn a_bastion_claims_its_own_address_and_no_other() {
    let wanted = wanted();
    let bench = standing(&wanted).await;
    let running = bench.simulator.with(|world| world.running());
    let bastion = running.iter().find(|it| role(it).ends_with("-bastion")).unwrap();
    assert!(bastion.public_ip.is_some());
    let key: &'static str = Box::leak(bastion.access_key.clone().into_boxed_str());
    let client = Client { simulator: bench.simulator.clone(), region: "us-east-1", key };
    let claim = async |address: &str| {
        let id = bench.truth().id(address);
        let params = [("AllocationId", id.as_str()), ("InstanceId", bastion.id.as_str())];
        client.ec2("AssociateAddress", &params).await
    };
    assert_eq!(claim("eip/nat-a").await.code(), "UnauthorizedOperation");
    claim("eip/bastion-1").await.good();
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted).await;
    bench.delete(&wanted).await.complete();
}

#[tokio::test(start_paused = true)]
async fn with_a_key_of_somebody_elses_instances_start_under_a_grant_of_its_own() {
    let bench = Bench::calm();
    let somebody = bench.somebody();
    // What the documents ask of whoever wants logs to be encrypted with it.
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "Service": "logs.us-east-1.amazonaws.com" }, "Resource": "*",
          "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"] },
    ] });
    let made = serde_json::json!({ "Policy": policy.to_string() });
    let made = somebody.kms("CreateKey", made).await.good();
    let key = made.value()["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let existing = format!("\n  encryption: {{key: {{existing: \"{key}\"}}}}\n\n  nodes:\n");
    let wanted = Wanted::with(&[("\n  nodes:\n", &existing)]);
    let outcome = bench.apply(&wanted).await.complete();
    assert!(outcome.writes.iter().any(|it| it == "kms:CreateGrant"), "{:?}", outcome.writes);
    bench.is_settled(&wanted).await;
    assert_eq!((bench.fleet.serving().len(), bench.fleet.waiting().len()), (1, 1));
    let grants = somebody.kms("ListGrants", serde_json::json!({ "KeyId": key })).await.good();
    let grants = grants.value()["Grants"].as_array().cloned().unwrap();
    let to_launch = |it: &&serde_json::Value| {
        let grantee = it["GranteePrincipal"].as_str().unwrap_or_default();
        grantee.contains("AWSServiceRoleForAutoScaling")
    };
    // Both groups ask for it, under one name.
    assert_eq!(grants.iter().filter(to_launch).count(), 1, "{grants:#?}");
}
