//! Groups of instances and what they do by themselves, after
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/what-is-amazon-ec2-auto-scaling.html>.

use clctl_simulator::{Checks, Settings};
use serde_json::json;

use crate::{
    client::{Answer, Client},
    instance::Network,
};

/// A group over two zones.
pub(crate) struct Stage {
    pub(crate) network: Network,
    pub(crate) subnets: String,
    pub(crate) template: String,
}

pub(crate) const GROUP: (&str, &str) = ("AutoScalingGroupName", "nodes");

impl Stage {
    pub(crate) async fn new(settings: Settings) -> Self {
        let network = Network::new(settings).await;
        let params = [
            ("VpcId", &*network.vpc),
            ("CidrBlock", "10.0.2.0/24"),
            ("AvailabilityZone", "us-east-1b"),
        ];
        let other = network.client.ec2("CreateSubnet", &params).await.good().text("subnetId");
        let subnets = format!("{},{other}", network.subnet);
        let template = [
            ("LaunchTemplateName", "nodes"),
            ("LaunchTemplateData.ImageId", &*network.image),
            ("LaunchTemplateData.InstanceType", "t3.micro"),
        ];
        let template = network.client.ec2("CreateLaunchTemplate", &template).await.good();
        let template = template.text("launchTemplateId");
        Self { network, subnets, template }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.network.client
    }

    pub(crate) async fn create(&self, more: &[(&str, &str)]) -> Answer {
        let mut params = vec![
            GROUP,
            ("MinSize", "2"),
            ("MaxSize", "3"),
            ("VPCZoneIdentifier", &*self.subnets),
            ("LaunchTemplate.LaunchTemplateId", &*self.template),
            ("LaunchTemplate.Version", "1"),
        ];
        params.retain(|it| !more.iter().any(|other| other.0 == it.0));
        params.extend(more);
        params.retain(|it| !it.1.is_empty());
        self.client().autoscaling("CreateAutoScalingGroup", &params).await
    }

    /// A group with its two instances in service.
    pub(crate) async fn with_two(settings: Settings) -> Self {
        let stage = Self::new(settings).await;
        stage.create(&[]).await.good();
        stage.client().wait(120).await;
        assert_eq!(stage.states().await, ["InService", "InService"]);
        stage
    }

    pub(crate) async fn call(&self, action: &str, more: &[(&str, &str)]) -> Answer {
        let mut params = vec![GROUP];
        params.extend(more);
        self.client().autoscaling(action, &params).await
    }

    pub(crate) async fn see(&self) -> Answer {
        let one = [("AutoScalingGroupNames.member.1", GROUP.1)];
        self.client().autoscaling("DescribeAutoScalingGroups", &one).await.good()
    }

    pub(crate) async fn states(&self) -> Vec<String> {
        self.see().await.texts("LifecycleState")
    }

    pub(crate) async fn ids(&self) -> Vec<String> {
        self.see().await.texts("InstanceId")
    }

    pub(crate) async fn activities(&self) -> Answer {
        self.call("DescribeScalingActivities", &[]).await.good()
    }

    async fn terminate(&self, id: &str) {
        self.client().ec2("TerminateInstances", &[("InstanceId.1", id)]).await.good();
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_launches_what_is_desired_evenly_and_as_its_template_says() {
    let stage = Stage::new(Settings::calm()).await;
    let tags = [
        ("Tags.member.1.Key", "Name"),
        ("Tags.member.1.Value", "node"),
        ("Tags.member.1.PropagateAtLaunch", "true"),
        ("Tags.member.2.Key", "only"),
        ("Tags.member.2.Value", "group"),
        ("Tags.member.2.PropagateAtLaunch", "false"),
    ];
    stage.create(&tags).await.good();
    let made = stage.see().await;
    assert!(made.texts("InstanceId").is_empty());
    for (name, value) in [
        ("DefaultCooldown", "300"),
        ("HealthCheckType", "EC2"),
        ("HealthCheckGracePeriod", "0"),
        ("DesiredCapacity", "2"),
        ("VPCZoneIdentifier", &*stage.subnets),
        ("NewInstancesProtectedFromScaleIn", "false"),
        (
            "ServiceLinkedRoleARN",
            "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        ),
        ("CapacityDistributionStrategy", "balanced-best-effort"),
    ] {
        assert_eq!(made.text(name), value, "{name}");
    }
    let role = [("RoleName", "AWSServiceRoleForAutoScaling")];
    stage.client().iam("GetRole", &role).await.good();
    stage.client().wait(15).await;
    assert_eq!(stage.states().await, ["Pending", "Pending"]);
    stage.client().wait(60).await;
    let seen = stage.see().await;
    assert_eq!(seen.texts("LifecycleState"), ["InService", "InService"]);
    assert_eq!(seen.texts("HealthStatus"), ["Healthy", "Healthy"]);
    let inside = seen.body.split("<Instances>").nth(1).unwrap();
    assert!(inside.contains("<Version>1</Version>"));
    let mut zones = seen.texts("AvailabilityZone");
    zones.sort();
    assert_eq!(zones, ["us-east-1a", "us-east-1b"]);
    let of_group =
        [("Filter.1.Name", "tag:aws:autoscaling:groupName"), ("Filter.1.Value.1", "nodes")];
    let instances = stage.client().ec2("DescribeInstances", &of_group).await.good();
    let mut keys = instances.texts("key");
    keys.sort();
    keys.dedup();
    assert_eq!(
        keys,
        [
            "Name",
            "aws:autoscaling:groupName",
            "aws:ec2launchtemplate:id",
            "aws:ec2launchtemplate:version"
        ]
    );
    let activities = stage.activities().await;
    assert_eq!(activities.texts("StatusCode"), ["Successful", "Successful"]);
    assert!(activities.text("Cause").contains("increasing the capacity from 0 to 2."));
    // Nothing more happens.
    stage.client().wait(86_400).await;
    assert_eq!(stage.ids().await.len(), 2);
    assert_eq!(stage.activities().await.texts("StatusCode").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_group_cannot_be_is_told_at_once() {
    let stage = Stage::new(Settings::calm()).await;
    for (more, text) in [
        (vec![("LaunchTemplate.LaunchTemplateId", "")], "Valid requests must contain either"),
        (
            vec![("LaunchTemplate.Version", "7")],
            "You must use a valid fully-formed launch template. Could not find",
        ),
        (
            vec![("LaunchTemplate.LaunchTemplateId", "lt-0123456789abcdef0")],
            "You must use a valid fully-formed launch template. The specified launch template",
        ),
        (
            vec![("VPCZoneIdentifier", "")],
            "At least one Availability Zone or VPC Subnet is required.",
        ),
        (vec![("VPCZoneIdentifier", "subnet-0123456789abcdef0")], "The subnet ID"),
        (vec![("MinSize", "4")], "Max bound, 3, must be greater than or equal to min bound, 4"),
        (vec![("DesiredCapacity", "1")], "Desired capacity:1 must be between"),
        (vec![("HealthCheckType", "XYZ")], "Invalid HealthCheckType XYZ"),
        (vec![("TerminationPolicies.member.1", "Best")], "Invalid termination policy Best"),
    ] {
        let answer = stage.create(&more).await;
        assert_eq!((answer.status, answer.code()), (400, "ValidationError".to_owned()), "{more:?}");
        assert!(answer.text("Message").starts_with(text), "{}", answer.body);
    }
    for more in [
        ("PlacementGroup", "p"),
        ("LaunchConfigurationName", "l"),
        ("MaxInstanceLifetime", "86400"),
    ] {
        assert_eq!(stage.create(&[more]).await.code(), "ClctlSimulatorUnsupported", "{more:?}");
    }
    stage.create(&[]).await.good();
    assert_eq!(stage.create(&[]).await.code(), "AlreadyExists");
    let missing = [("AutoScalingGroupName", "nobody")];
    let missing = stage.client().autoscaling("UpdateAutoScalingGroup", &missing).await;
    assert!(missing.text("Message").starts_with("AutoScalingGroup name not found"));
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>
#[tokio::test(start_paused = true)]
async fn an_instance_that_does_not_run_any_more_is_replaced() {
    let stage = Stage::with_two(Settings::calm()).await;
    let first = stage.ids().await[0].clone();
    stage.terminate(&first).await;
    stage.client().wait(300).await;
    let ids = stage.ids().await;
    assert!(ids.len() == 2 && !ids.contains(&first), "{ids:?}");
    assert_eq!(stage.states().await, ["InService", "InService"]);
    let stop = [("InstanceId.1", &*ids[0])];
    stage.client().ec2("StopInstances", &stop).await.good();
    stage.client().wait(400).await;
    assert!(!stage.ids().await.contains(&ids[0]));
    let told = stage.activities().await.body;
    assert!(told.contains("health check indicating it has been terminated or stopped"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_status_check_counts_when_the_grace_period_is_over() {
    let stage = Stage::new(Settings::calm()).await;
    stage.create(&[("HealthCheckGracePeriod", "600")]).await.good();
    stage.client().wait(120).await;
    let id = stage.ids().await[0].clone();
    assert!(stage.client().simulator.with(|world| world.impair(&id, Checks::InstanceFails)));
    stage.client().wait(200).await;
    assert_eq!(stage.see().await.texts("HealthStatus"), ["Healthy", "Healthy"]);
    stage.client().wait(700).await;
    assert!(!stage.ids().await.contains(&id));
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-suspend-resume-processes.html>
#[tokio::test(start_paused = true)]
async fn what_is_suspended_does_not_happen() {
    let stage = Stage::with_two(Settings::calm()).await;
    let launch = [("ScalingProcesses.member.1", "Launch")];
    stage.call("SuspendProcesses", &launch).await.good();
    assert!(stage.see().await.text("SuspensionReason").starts_with("User suspended at 2026-"));
    let first = stage.ids().await[0].clone();
    stage.terminate(&first).await;
    stage.client().wait(600).await;
    assert_eq!(stage.ids().await.len(), 1);
    stage.call("ResumeProcesses", &launch).await.good();
    stage.client().wait(120).await;
    assert_eq!(stage.states().await, ["InService", "InService"]);
    let check = [("ScalingProcesses.member.1", "HealthCheck")];
    stage.call("SuspendProcesses", &check).await.good();
    let ids = stage.ids().await;
    stage.terminate(&ids[0]).await;
    stage.client().wait(1_000).await;
    assert_eq!(stage.ids().await, ids);
    let wrong = [("ScalingProcesses.member.1", "Everything")];
    assert_eq!(stage.call("SuspendProcesses", &wrong).await.code(), "ValidationError");
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#AutoScalingBehavior.InstanceUsage>
#[tokio::test(start_paused = true)]
async fn zones_are_made_even_again_unless_that_is_suspended() {
    for suspended in [true, false] {
        let stage = Stage::new(Settings::calm()).await;
        stage.client().simulator.with(|world| world.lose_zone("us-east-1b"));
        stage.create(&[]).await.good();
        if suspended {
            let process = [("ScalingProcesses.member.1", "AZRebalance")];
            stage.call("SuspendProcesses", &process).await.good();
        }
        stage.client().wait(200).await;
        let zones = stage.see().await.texts("AvailabilityZone");
        assert_eq!(zones, ["us-east-1a", "us-east-1a"]);
        stage.client().simulator.with(|world| world.regain_zone("us-east-1b"));
        // AWS waits for nothing; here a look is due when the last failure has been waited for.
        stage.client().wait(2_000).await;
        stage.call("SetDesiredCapacity", &[("DesiredCapacity", "2")]).await.good();
        stage.client().wait(600).await;
        let mut zones = stage.see().await.texts("AvailabilityZone");
        zones.sort();
        let even = ["us-east-1a", if suspended { "us-east-1a" } else { "us-east-1b" }];
        assert_eq!(zones, even, "{suspended}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_is_an_activity_and_is_tried_again_later_and_later() {
    let stage = Stage::with_two(Settings::calm()).await;
    let gone = [("LaunchTemplateId", &*stage.template)];
    stage.client().ec2("DeleteLaunchTemplate", &gone).await.good();
    let first = stage.ids().await[0].clone();
    stage.terminate(&first).await;
    stage.client().wait(3_600).await;
    assert_eq!(stage.ids().await.len(), 1);
    let activities = stage.activities().await;
    let failed = activities.texts("StatusCode").into_iter().filter(|it| it == "Failed").count();
    assert!((5..15).contains(&failed), "{failed}");
    let message = activities.text("StatusMessage");
    assert!(
        message.starts_with("The specified launch template, with template ID lt-"),
        "{message}"
    );
    assert!(message.ends_with("Launching EC2 instance failed."), "{message}");
}

#[tokio::test(start_paused = true)]
async fn the_version_is_looked_up_at_launch_and_noted_on_each_instance() {
    let stage = Stage::new(Settings::calm()).await;
    stage.create(&[("LaunchTemplate.Version", "$Latest")]).await.good();
    stage.client().wait(120).await;
    let next = [
        ("LaunchTemplateId", &*stage.template),
        ("SourceVersion", "1"),
        ("LaunchTemplateData.InstanceType", "t3.small"),
    ];
    stage.client().ec2("CreateLaunchTemplateVersion", &next).await.good();
    stage.client().wait(3_600).await;
    let first = stage.ids().await[0].clone();
    let end = [("InstanceId", &*first), ("ShouldDecrementDesiredCapacity", "false")];
    stage.client().autoscaling("TerminateInstanceInAutoScalingGroup", &end).await.good();
    stage.client().wait(300).await;
    let seen = stage.see().await;
    let inside = seen.body.split("<Instances>").nth(1).unwrap().to_owned();
    let inside = Answer { status: 200, body: inside };
    let mut kinds: Vec<_> =
        inside.texts("InstanceType").into_iter().zip(inside.texts("Version")).collect();
    kinds.sort();
    let expected =
        [("t3.micro", "1"), ("t3.small", "2")].map(|it| (it.0.to_owned(), it.1.to_owned()));
    assert_eq!(kinds, expected);
    // What is outdated goes first.
    stage
        .call("UpdateAutoScalingGroup", &[("MinSize", "1"), ("DesiredCapacity", "1")])
        .await
        .good();
    stage.client().wait(300).await;
    let seen = stage.see().await;
    assert_eq!(seen.text("InstanceType"), "t3.small");
}

#[tokio::test(start_paused = true)]
async fn bounds_move_what_is_desired_and_protection_keeps_instances() {
    let stage = Stage::with_two(Settings::calm()).await;
    stage.call("UpdateAutoScalingGroup", &[("MinSize", "3")]).await.good();
    assert_eq!(stage.see().await.text("DesiredCapacity"), "3");
    stage.client().wait(120).await;
    let ids = stage.ids().await;
    let mut protect: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|it| (format!("InstanceIds.member.{}", it.0 + 1), it.1))
        .collect();
    let kept = protect.split_off(1);
    let mut params: Vec<_> = kept.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    params.push(("ProtectedFromScaleIn", "true"));
    stage.call("SetInstanceProtection", &params).await.good();
    stage.call("UpdateAutoScalingGroup", &[("MinSize", "0"), ("MaxSize", "0")]).await.good();
    stage.client().wait(600).await;
    let left = stage.ids().await;
    assert_eq!(left, ids[1..]);
    assert_eq!(stage.see().await.text("DesiredCapacity"), "0");
    for (value, text) in [("9", "New SetDesiredCapacity value 9 is above max value 0")] {
        let refused = stage.call("SetDesiredCapacity", &[("DesiredCapacity", value)]).await;
        assert!(refused.text("Message").starts_with(text), "{}", refused.body);
    }
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html>
#[tokio::test(start_paused = true)]
async fn a_group_is_deleted_empty_or_by_force() {
    let stage = Stage::with_two(Settings::calm()).await;
    assert_eq!(stage.call("DeleteAutoScalingGroup", &[]).await.code(), "ResourceInUse");
    let force = [("ForceDelete", "true")];
    let protection = [("DeletionProtection", "prevent-force-deletion")];
    stage.call("UpdateAutoScalingGroup", &protection).await.good();
    assert_eq!(stage.call("DeleteAutoScalingGroup", &force).await.code(), "ValidationError");
    let none = [("DeletionProtection", "none")];
    stage.call("UpdateAutoScalingGroup", &none).await.good();
    stage.call("DeleteAutoScalingGroup", &force).await.good();
    assert_eq!(stage.see().await.text("Status"), "Delete in progress");
    let change = stage.call("UpdateAutoScalingGroup", &[("MinSize", "0")]).await;
    assert_eq!(
        change.text("Message"),
        "The AutoScaling group may not be modified while it is pending delete"
    );
    let again = stage.create(&[]).await;
    assert!(
        again.text("Message").contains("already exists and is pending delete."),
        "{}",
        again.body
    );
    stage.client().wait(600).await;
    assert!(stage.see().await.texts("AutoScalingGroupName").is_empty());
    assert_eq!(stage.call("DescribeScalingActivities", &[]).await.code(), "ValidationError");
    let gone = stage.call("DescribeScalingActivities", &[("IncludeDeletedGroups", "true")]).await;
    assert_eq!(gone.good().texts("AutoScalingGroupState")[0], "Deleted");
    stage.create(&[("MinSize", "0")]).await.good();
    stage.call("DeleteAutoScalingGroup", &[]).await.good();
    stage.client().wait(30).await;
    assert!(stage.see().await.texts("AutoScalingGroupName").is_empty());
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html>
#[tokio::test(start_paused = true)]
async fn a_key_that_the_service_may_not_use_ends_every_instance() {
    for by_grant in [false, true] {
        encrypted(by_grant).await;
    }
}

/// What the service-linked role needs of a key.
fn policy_for(role: &str) -> serde_json::Value {
    let root = "arn:aws:iam::123456789012:root";
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": role }, "Resource": "*", "Action":
            ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"] },
        { "Effect": "Allow", "Principal": { "AWS": role }, "Resource": "*", "Action": "kms:CreateGrant",
            "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } } },
    ] })
}

/// A group whose volumes are encrypted, before and after the service may use the key.
async fn encrypted(by_grant: bool) {
    let stage = Stage::new(Settings::calm()).await;
    let client = stage.client();
    let service = [("AWSServiceName", "autoscaling.amazonaws.com")];
    let role = client.iam("CreateServiceLinkedRole", &service).await.good().text("Arn");
    let key = client.kms("CreateKey", json!({})).await.good().value();
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let version = [
        ("LaunchTemplateId", &*stage.template),
        ("SourceVersion", "1"),
        ("LaunchTemplateData.BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
        ("LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted", "true"),
        ("LaunchTemplateData.BlockDeviceMapping.1.Ebs.KmsKeyId", &*key),
    ];
    client.ec2("CreateLaunchTemplateVersion", &version).await.good();
    stage.create(&[("LaunchTemplate.Version", "2")]).await.good();
    client.wait(900).await;
    assert!(!stage.states().await.contains(&"InService".to_owned()));
    let activities = stage.activities().await;
    assert!(activities.texts("StatusCode").contains(&"Cancelled".to_owned()));
    assert!(activities.body.contains("Client.InternalError: Client error on launch"));
    if by_grant {
        let operations = [
            "CreateGrant",
            "Decrypt",
            "DescribeKey",
            "GenerateDataKeyWithoutPlaintext",
            "ReEncryptFrom",
            "ReEncryptTo",
        ];
        let grant = json!({ "KeyId": key, "GranteePrincipal": role, "Operations": operations });
        client.kms("CreateGrant", grant).await.good();
    } else {
        let put = json!({ "KeyId": key, "Policy": policy_for(&role).to_string() });
        client.kms("PutKeyPolicy", put).await.good();
    }
    client.wait(2_000).await;
    assert_eq!(stage.states().await, ["InService", "InService"]);
}

#[tokio::test(start_paused = true)]
async fn groups_instances_and_tags_are_listed_in_pages_and_by_filters() {
    let stage = Stage::new(Settings::calm()).await;
    let client = stage.client();
    for number in 0..4 {
        let name = format!("group-{number}");
        let tag = format!("{}", number % 2);
        let more = [
            ("AutoScalingGroupName", &*name),
            ("MinSize", "1"),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", &*tag),
        ];
        stage.create(&more).await.good();
    }
    client.wait(120).await;
    let page = client.autoscaling("DescribeAutoScalingGroups", &[("MaxRecords", "3")]).await.good();
    assert_eq!(page.texts("AutoScalingGroupARN").len(), 3);
    let token = page.text("NextToken");
    let rest = [("MaxRecords", "3"), ("NextToken", &*token)];
    let rest = client.autoscaling("DescribeAutoScalingGroups", &rest).await.good();
    assert_eq!(rest.texts("AutoScalingGroupARN").len(), 1);
    let wrong = [("NextToken", "nonsense")];
    assert_eq!(
        client.autoscaling("DescribeAutoScalingGroups", &wrong).await.code(),
        "InvalidNextToken"
    );
    for (name, value, count) in
        [("tag:team", "1", 2), ("tag-key", "team", 4), ("tag-value", "2", 0)]
    {
        let filter = [("Filters.member.1.Name", name), ("Filters.member.1.Values.member.1", value)];
        let found = client.autoscaling("DescribeAutoScalingGroups", &filter).await.good();
        assert_eq!(found.texts("AutoScalingGroupARN").len(), count, "{name}");
    }
    let instances = client.autoscaling("DescribeAutoScalingInstances", &[]).await.good();
    assert_eq!(instances.texts("InstanceId").len(), 4);
    let tags = [
        ("Tags.member.1.ResourceId", "group-0"),
        ("Tags.member.1.ResourceType", "auto-scaling-group"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "9"),
        ("Tags.member.1.PropagateAtLaunch", "true"),
    ];
    client.autoscaling("CreateOrUpdateTags", &tags).await.good();
    let of = [("Filters.member.1.Name", "value"), ("Filters.member.1.Values.member.1", "9")];
    let found = client.autoscaling("DescribeTags", &of).await.good();
    assert_eq!(
        (found.text("ResourceId"), found.text("PropagateAtLaunch")),
        ("group-0".into(), "true".into())
    );
    client.autoscaling("DeleteTags", &tags).await.good();
    assert!(client.autoscaling("DescribeTags", &of).await.good().texts("Key").is_empty());
}

#[tokio::test(start_paused = true)]
async fn metrics_target_groups_and_notifications_are_kept() {
    let stage = Stage::new(Settings::calm()).await;
    stage.create(&[("MinSize", "0")]).await.good();
    let metrics = [("Granularity", "1Minute"), ("Metrics.member.1", "GroupDesiredCapacity")];
    stage.call("EnableMetricsCollection", &metrics).await.good();
    assert_eq!(stage.see().await.text("Metric"), "GroupDesiredCapacity");
    stage.call("DisableMetricsCollection", &[]).await.good();
    assert!(stage.see().await.texts("Metric").is_empty());
    let vpc = stage.client().vpc().await;
    let group = [("Name", "t"), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", &*vpc)];
    let group = stage.client().elb("CreateTargetGroup", &group).await.good();
    let arn = group.text("TargetGroupArn");
    let target = [("TargetGroupARNs.member.1", &*arn)];
    stage.call("AttachLoadBalancerTargetGroups", &target).await.good();
    let shown =
        async || stage.call("DescribeLoadBalancerTargetGroups", &[]).await.good().text("State");
    assert_eq!(shown().await, "Adding");
    stage.client().wait(60).await;
    assert_eq!(shown().await, "Added");
    stage.call("DetachLoadBalancerTargetGroups", &target).await.good();
    assert_eq!(shown().await, "Removing");
    stage.client().wait(60).await;
    assert_eq!(shown().await, "");
    let unknown = arn.replace("/t/", "/u/");
    for wrong in ["nonsense", &*unknown] {
        let wrong = [("TargetGroupARNs.member.1", wrong)];
        let refused = stage.call("AttachLoadBalancerTargetGroups", &wrong).await;
        assert_eq!(refused.code(), "ValidationError");
    }
    let topic = ("TopicARN", "arn:aws:sns:us-east-1:123456789012:t");
    let kind = ("NotificationTypes.member.1", "autoscaling:EC2_INSTANCE_LAUNCH");
    stage.call("PutNotificationConfiguration", &[topic, kind]).await.good();
    let all = stage.client().autoscaling("DescribeNotificationConfigurations", &[]).await.good();
    assert_eq!(all.text("NotificationType"), kind.1);
    stage.call("DeleteNotificationConfiguration", &[topic]).await.good();
    assert_eq!(
        stage.call("DeleteNotificationConfiguration", &[topic]).await.code(),
        "ValidationError"
    );
}
