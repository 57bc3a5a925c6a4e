//! What Auto Scaling does with target groups.

use std::collections::BTreeMap;

use clctl_simulator::{Answers, Settings};

use super::Stage;
use crate::client::Client;

const GROUP: (&str, &str) = ("AutoScalingGroupName", "nodes");

/// A load balancer whose target group an Auto Scaling group fills.
struct Scene {
    stage: Stage,
    target: String,
}

impl Scene {
    async fn new(settings: Settings, more: &[(&str, &str)]) -> Self {
        let stage = Stage::new(settings).await;
        let balancer = stage.active(&[]).await;
        let target = stage.targets(&[]).await.good().text("TargetGroupArn");
        stage.forward(&balancer, &target).await;
        let image = stage.client.image().await;
        let rule = [
            ("GroupId", &*stage.group),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "6688"),
            ("IpPermissions.1.ToPort", "6688"),
            ("IpPermissions.1.Groups.1.GroupId", &*stage.group),
        ];
        stage.client.ec2("AuthorizeSecurityGroupIngress", &rule).await.good();
        let template = [
            ("LaunchTemplateName", "nodes"),
            ("LaunchTemplateData.ImageId", &*image),
            ("LaunchTemplateData.InstanceType", "t3.micro"),
            ("LaunchTemplateData.SecurityGroupId.1", &*stage.group),
        ];
        stage.client.ec2("CreateLaunchTemplate", &template).await.good();
        let zones = stage.subnets.join(",");
        let mut params = vec![
            GROUP,
            ("MinSize", "1"),
            ("MaxSize", "2"),
            ("VPCZoneIdentifier", &*zones),
            ("LaunchTemplate.LaunchTemplateName", "nodes"),
            ("LaunchTemplate.Version", "1"),
            ("TargetGroupARNs.member.1", &*target),
        ];
        params.extend(more);
        stage.client.autoscaling("CreateAutoScalingGroup", &params).await.good();
        stage.client.wait(200).await;
        Self { stage, target }
    }

    fn client(&self) -> &Client {
        &self.stage.client
    }

    fn targets(&self) -> Vec<(String, String)> {
        let all = self.client().simulator.with(|world| world.targets("us-east-1"));
        all.into_iter()
            .map(|(group, instance, state)| {
                assert_eq!(group, self.target);
                (instance, state)
            })
            .collect()
    }

    fn answers(&self, instance: &str, with: Option<Answers>) {
        let ports: BTreeMap<_, _> = with.into_iter().map(|it| (6688, it)).collect();
        self.client().simulator.with(|world| world.listen("us-east-1", instance, &ports));
    }
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html>
#[tokio::test(start_paused = true)]
async fn instances_in_service_are_registered_and_drain_before_they_end() {
    let scene = Scene::new(Settings::calm(), &[]).await;
    let (instance, state) = scene.targets().remove(0);
    assert_eq!(state, "unhealthy");
    scene.answers(&instance, Some(Answers::Http(200)));
    scene.client().wait(300).await;
    assert_eq!(scene.targets(), [(instance.clone(), "healthy".to_owned())]);
    let end = [("InstanceId", &*instance), ("ShouldDecrementDesiredCapacity", "false")];
    scene.client().autoscaling("TerminateInstanceInAutoScalingGroup", &end).await.good();
    scene.client().wait(60).await;
    let own: Vec<_> = scene.targets().into_iter().filter(|it| it.0 == instance).collect();
    assert_eq!(own, [(instance.clone(), "draining".to_owned())]);
    let activities = scene.client().autoscaling("DescribeScalingActivities", &[GROUP]).await.good();
    let codes = activities.texts("StatusCode");
    assert!(codes.contains(&"WaitingForELBConnectionDraining".to_owned()), "{codes:?}");
    let see = async || {
        let of = [("InstanceId.1", instance.as_str())];
        scene.client().ec2("DescribeInstances", &of).await.good().text("name")
    };
    assert_eq!(see().await, "running");
    scene.client().wait(400).await;
    assert_ne!(see().await, "running");
    assert!(scene.targets().iter().all(|it| it.0 != instance));
    assert_eq!(scene.targets().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_target_group_that_is_detached_loses_its_instances() {
    let scene = Scene::new(Settings::calm(), &[]).await;
    let detach = [GROUP, ("TargetGroupARNs.member.1", &*scene.target)];
    scene.client().autoscaling("DetachLoadBalancerTargetGroups", &detach).await.good();
    scene.client().wait(60).await;
    assert_eq!(scene.targets().first().unwrap().1, "draining");
    scene.client().wait(300).await;
    assert!(scene.targets().is_empty());
    scene.client().autoscaling("AttachLoadBalancerTargetGroups", &detach).await.good();
    scene.client().wait(120).await;
    assert_eq!(scene.targets().len(), 1);
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-add-elb-healthcheck.html>
#[tokio::test(start_paused = true)]
async fn a_group_that_asks_the_load_balancer_replaces_what_it_finds_unhealthy() {
    let asks = [("HealthCheckType", "ELB"), ("HealthCheckGracePeriod", "600")];
    let scene = Scene::new(Settings::calm(), &asks).await;
    let (instance, _) = scene.targets().remove(0);
    scene.client().wait(300).await;
    assert_eq!(scene.targets().first().unwrap(), &(instance.clone(), "unhealthy".to_owned()));
    scene.client().wait(1_500).await;
    assert!(scene.targets().iter().all(|it| it.0 != instance), "{:?}", scene.targets());
    let activities = scene.client().autoscaling("DescribeScalingActivities", &[GROUP]).await.good();
    assert!(activities.body.contains("an ELB system health check failure"), "{}", activities.body);
}
