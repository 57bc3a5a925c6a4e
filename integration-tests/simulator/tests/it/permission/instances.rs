//! Instances, templates and groups, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>.

use clctl_simulator::Settings;
use serde_json::json;

use super::{
    ROLE, arn, both, calm,
    networks::{act, make, ours},
    takes, to, who_am_i,
};
use crate::client::Client;

/// A network and an image to launch from, by the administrator: the subnet, its default group, the image.
async fn place(admin: &Client) -> (String, String, String) {
    let vpc = admin.vpc().await;
    let subnet = admin.subnet(&vpc, "10.0.1.0/24").await;
    let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*vpc)];
    let group = admin.ec2("DescribeSecurityGroups", &of).await.good().text("groupId");
    (subnet, group, admin.image().await)
}

/// A role in a profile, by the administrator.
async fn profile(admin: &Client) -> String {
    let role = admin.role("node").await;
    let profile = ("InstanceProfileName", "node");
    admin.iam("CreateInstanceProfile", &[profile]).await.good();
    admin.iam("AddRoleToInstanceProfile", &[profile, ("RoleName", "node")]).await.good();
    role
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances>
#[tokio::test(start_paused = true)]
async fn a_launch_is_about_all_that_it_takes_and_hands_a_role_on() {
    let both = calm().await;
    let (subnet, group, image) = place(&both.0).await;
    let role = profile(&both.0).await;
    let run = "ec2:RunInstances";
    let params = [
        ("ImageId", &*image),
        ("InstanceType", "t3.micro"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("SubnetId", &*subnet),
        ("SecurityGroupId.1", &*group),
        ("IamInstanceProfile.Name", "node"),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "owner"),
        ("TagSpecification.1.Tag.1.Value", "us"),
    ];
    let new = arn("ec2", "instance/*");
    let made = to("ec2:CreateTags", &new).when("ec2:CreateAction", "RunInstances");
    let grants = [
        to(run, arn("ec2", &format!("subnet/{subnet}"))),
        to(run, arn("ec2", &format!("security-group/{group}"))),
        to(run, &new).when("aws:RequestTag/owner", "us"),
        made.when("aws:RequestTag/owner", "us"),
        to(run, format!("arn:aws:ec2:us-east-1::image/{image}")),
        to(run, arn("ec2", "network-interface/*")),
        to(run, arn("ec2", "volume/*")),
        to("iam:PassRole", role).when("iam:PassedToService", "ec2.amazonaws.com"),
    ];
    takes(&both, &grants, async |it| it.ec2("RunInstances", &params).await).await;
}

#[tokio::test(start_paused = true)]
async fn templates_and_instances_are_changed_by_their_tags() {
    let both = calm().await;
    let data = [("LaunchTemplateName", "nodes"), ("LaunchTemplateData.InstanceType", "t3.micro")];
    let made = make(&both, "ec2:CreateLaunchTemplate", "launch-template", vec![], &data).await;
    let id = made.text("launchTemplateId");
    let template = ("LaunchTemplateId", &*id);
    for (action, more) in [
        ("ec2:CreateLaunchTemplateVersion", ("LaunchTemplateData.InstanceType", "t3.small")),
        ("ec2:ModifyLaunchTemplate", ("SetDefaultVersion", "2")),
        ("ec2:DeleteLaunchTemplateVersions", ("LaunchTemplateVersion.1", "1")),
    ] {
        act(&both, &[ours(action, "launch-template", &id)], &[template, more]).await;
    }
    let (subnet, _, image) = place(&both.0).await;
    let run = [
        ("ImageId", &*image),
        ("InstanceType", "t3.micro"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("SubnetId", &*subnet),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "owner"),
        ("TagSpecification.1.Tag.1.Value", "us"),
    ];
    let instance = both.0.ec2("RunInstances", &run).await.good().text("instanceId");
    both.0.wait(60).await;
    let one = ("InstanceId", &*instance);
    for (action, more) in [
        ("ec2:ModifyInstanceAttribute", ("DisableApiStop.Value", "false")),
        ("ec2:ModifyInstanceMetadataOptions", ("HttpPutResponseHopLimit", "1")),
        ("ec2:DescribeInstanceAttribute", ("Attribute", "userData")),
    ] {
        act(&both, &[ours(action, "instance", &instance)], &[one, more]).await;
    }
    act(&both, &[ours("ec2:GetConsoleOutput", "instance", &instance)], &[one]).await;
    let listed = ("InstanceId.1", &*instance);
    for action in ["ec2:RebootInstances", "ec2:StopInstances", "ec2:TerminateInstances"] {
        act(&both, &[ours(action, "instance", &instance)], &[listed]).await;
    }
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html>
#[tokio::test(start_paused = true)]
async fn a_group_takes_what_its_launches_take() {
    let both = both(Settings::calm(), &json!([who_am_i()])).await;
    assert!(ROLE.ends_with("role/r"));
    let admin = &both.0;
    let (subnet, _, image) = place(admin).await;
    let role = profile(admin).await;
    let template = [
        ("LaunchTemplateName", "nodes"),
        ("LaunchTemplateData.ImageId", &*image),
        ("LaunchTemplateData.InstanceType", "t3.micro"),
        ("LaunchTemplateData.IamInstanceProfile.Name", "node"),
    ];
    let template =
        admin.ec2("CreateLaunchTemplate", &template).await.good().text("launchTemplateId");
    let params = [
        ("AutoScalingGroupName", "g"),
        ("MinSize", "0"),
        ("MaxSize", "1"),
        ("VPCZoneIdentifier", &*subnet),
        ("LaunchTemplate.LaunchTemplateId", &*template),
        ("LaunchTemplate.Version", "1"),
        ("Tags.member.1.Key", "owner"),
        ("Tags.member.1.Value", "us"),
    ];
    let new = arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/g");
    let linked = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
    let grants = [
        to("autoscaling:CreateAutoScalingGroup", &new).when("aws:RequestTag/owner", "us"),
        to("autoscaling:CreateOrUpdateTags", &new).when("aws:RequestTag/owner", "us"),
        to("ec2:RunInstances", arn("ec2", &format!("launch-template/{template}"))),
        to("iam:PassRole", role).when("iam:PassedToService", "ec2.amazonaws.com"),
        to("iam:CreateServiceLinkedRole", arn("iam", linked))
            .when("iam:AWSServiceName", "autoscaling.amazonaws.com"),
    ];
    let create = async |it: &Client| it.autoscaling("CreateAutoScalingGroup", &params).await;
    takes(&both, &grants, create).await;
    let one = [("AutoScalingGroupNames.member.1", "g")];
    let seen = both.0.autoscaling("DescribeAutoScalingGroups", &one).await.good();
    let group = seen.text("AutoScalingGroupARN");
    let desire = [("AutoScalingGroupName", "g"), ("DesiredCapacity", "1")];
    let grant = to("autoscaling:SetDesiredCapacity", &group);
    let grants = [grant.when("autoscaling:ResourceTag/owner", "us")];
    takes(&both, &grants, async |it| it.autoscaling("SetDesiredCapacity", &desire).await).await;
}
