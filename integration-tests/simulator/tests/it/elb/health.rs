//! How targets are.

use std::collections::BTreeMap;

use clctl_simulator::Answers;

use super::Stage;

/// A balancer, a target group behind it, and an instance that lets the balancer in.
struct Scene {
    stage: Stage,
    balancer: String,
    group: String,
    instance: String,
    instances: String,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::calm().await;
        let instances = stage.client.group(&stage.vpc, "instances").await;
        let image = stage.client.image().await;
        let launch = [
            ("ImageId", &*image),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("InstanceType", "t3.micro"),
            ("SubnetId", &*stage.subnets[0]),
            ("SecurityGroupId.1", &*instances),
        ];
        let instance = stage.client.ec2("RunInstances", &launch).await.good().text("instanceId");
        let balancer = stage.active(&[]).await;
        let group = stage.targets(&[]).await.good().text("TargetGroupArn");
        let scene = Self { stage, balancer, group, instance, instances };
        scene.let_in(true).await;
        scene
    }

    /// Lets the load balancer in, or no more.
    async fn let_in(&self, yes: bool) {
        let rule = [
            ("GroupId", &*self.instances),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "6688"),
            ("IpPermissions.1.ToPort", "6688"),
            ("IpPermissions.1.Groups.1.GroupId", &*self.stage.group),
        ];
        let action =
            if yes { "AuthorizeSecurityGroupIngress" } else { "RevokeSecurityGroupIngress" };
        self.stage.client.ec2(action, &rule).await.good();
    }

    fn answers(&self, port: Option<Answers>) {
        let ports: BTreeMap<_, _> = port.into_iter().map(|it| (6688, it)).collect();
        self.stage.client.simulator.with(|world| world.listen("us-east-1", &self.instance, &ports));
    }

    async fn register(&self) {
        let target = ("Targets.member.1.Id", &*self.instance);
        self.stage.elb("RegisterTargets", &[("TargetGroupArn", &*self.group), target]).await.good();
    }

    async fn state(&self) -> (String, String) {
        let seen =
            self.stage.elb("DescribeTargetHealth", &[("TargetGroupArn", &*self.group)]).await;
        let seen = seen.good();
        (seen.text("State"), seen.text("Reason"))
    }

    async fn is(&self, state: &str, reason: &str) {
        assert_eq!(self.state().await, (state.to_owned(), reason.to_owned()));
    }

    async fn wait(&self, seconds: u64) {
        self.stage.client.wait(seconds).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_becomes_healthy_unhealthy_and_healthy_again() {
    let scene = Scene::new().await;
    scene.answers(Some(Answers::Http(200)));
    scene.register().await;
    scene.is("unused", "Target.NotInUse").await;
    scene.stage.forward(&scene.balancer, &scene.group).await;
    scene.is("initial", "Elb.RegistrationInProgress").await;
    scene.wait(20).await;
    scene.is("initial", "Elb.InitialHealthChecking").await;
    scene.wait(40).await;
    scene.is("healthy", "").await;
    // Two checks have to fail, and five to pass.
    scene.answers(Some(Answers::Http(503)));
    scene.wait(50).await;
    scene.is("healthy", "").await;
    scene.wait(20).await;
    scene.is("unhealthy", "Target.ResponseCodeMismatch").await;
    scene.answers(None);
    scene.is("unhealthy", "Target.FailedHealthChecks").await;
    scene.answers(Some(Answers::Http(204)));
    scene.wait(130).await;
    assert_eq!(scene.state().await.0, "unhealthy");
    scene.wait(30).await;
    scene.is("healthy", "").await;
    scene.let_in(false).await;
    // Nobody looks meanwhile: since when it is so is known all the same.
    scene.wait(70).await;
    scene.is("unhealthy", "Target.Timeout").await;
    scene.let_in(true).await;
    scene.wait(200).await;
    scene.is("healthy", "").await;
    let stop = [("InstanceId.1", &*scene.instance)];
    scene.stage.client.ec2("StopInstances", &stop).await.good();
    scene.wait(100).await;
    scene.is("unused", "Target.InvalidState").await;
    let registered = scene.stage.client.simulator.with(|world| world.targets("us-east-1"));
    assert_eq!(registered, [(scene.group.clone(), scene.instance.clone(), "unused".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_on_is_unhealthy_from_the_start() {
    let scene = Scene::new().await;
    scene.stage.forward(&scene.balancer, &scene.group).await;
    scene.register().await;
    scene.wait(90).await;
    scene.is("unhealthy", "Target.FailedHealthChecks").await;
    scene.answers(Some(Answers::Tcp));
    scene.wait(200).await;
    scene.is("unhealthy", "Target.FailedHealthChecks").await;
    // Another health check finds what this one does not.
    let named = ("TargetGroupArn", &*scene.group);
    let refused =
        scene.stage.elb("ModifyTargetGroup", &[named, ("HealthCheckProtocol", "TCP")]).await;
    assert_eq!(refused.code(), "InvalidConfigurationRequest");
    let port = [named, ("HealthCheckPort", "22"), ("HealthyThresholdCount", "2")];
    scene.stage.elb("ModifyTargetGroup", &port).await.good();
    scene.wait(10).await;
    scene.is("unhealthy", "Target.Timeout").await;
}

#[tokio::test(start_paused = true)]
async fn a_target_drains_before_it_is_gone() {
    let scene = Scene::new().await;
    scene.answers(Some(Answers::Http(200)));
    scene.stage.forward(&scene.balancer, &scene.group).await;
    scene.register().await;
    scene.wait(60).await;
    let pair = [("TargetGroupArn", &*scene.group), ("Targets.member.1.Id", &*scene.instance)];
    scene.stage.elb("DeregisterTargets", &pair).await.good();
    scene.is("draining", "Target.DeregistrationInProgress").await;
    scene.wait(290).await;
    assert_eq!(scene.state().await.0, "draining");
    scene.wait(20).await;
    scene.is("", "").await;
    let seen = scene.stage.elb("DescribeTargetHealth", &pair).await.good();
    assert_eq!(
        (seen.text("State"), seen.text("Reason")),
        ("unused".into(), "Target.NotRegistered".into())
    );
    scene.stage.elb("DeregisterTargets", &pair).await.good();
    // One that drains is registered anew.
    scene.register().await;
    scene.wait(60).await;
    scene.stage.elb("DeregisterTargets", &pair).await.good();
    scene.register().await;
    scene.wait(60).await;
    scene.is("healthy", "").await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_registered_is_refused() {
    let scene = Scene::new().await;
    let named = ("TargetGroupArn", &*scene.group);
    let unknown = scene.group.replace("/nodes/", "/x/");
    let target = ("Targets.member.1.Id", &*scene.instance);
    for (params, code) in [
        (vec![named], "ValidationError"),
        (vec![named, ("Targets.member.1.Id", "i-0123456789abcdef0")], "InvalidTarget"),
        (vec![named, target, ("Targets.member.1.Port", "0")], "ValidationError"),
        (vec![named, target, ("Targets.member.1.AvailabilityZone", "all")], "ValidationError"),
        (vec![("TargetGroupArn", &*unknown), target], "TargetGroupNotFound"),
    ] {
        assert_eq!(scene.stage.elb("RegisterTargets", &params).await.code(), code, "{params:?}");
    }
    let other = scene.stage.client.vpc().await;
    let foreign = [("Name", "foreign"), ("VpcId", &*other)];
    let foreign = scene.stage.targets(&foreign).await.good().text("TargetGroupArn");
    let params = [("TargetGroupArn", &*foreign), target];
    assert_eq!(scene.stage.elb("RegisterTargets", &params).await.code(), "InvalidTarget");
    for action in ["DeregisterTargets", "DescribeTargetHealth"] {
        let params = [("TargetGroupArn", &*unknown), target];
        assert_eq!(scene.stage.elb(action, &params).await.code(), "TargetGroupNotFound");
    }
    let include = [named, ("Include.member.1", "AnomalyDetection")];
    let refused = scene.stage.elb("DescribeTargetHealth", &include).await;
    assert_eq!(refused.code(), "ClctlSimulatorUnsupported");
    let stop = [("InstanceId.1", &*scene.instance)];
    scene.stage.client.ec2("StopInstances", &stop).await.good();
    assert_eq!(scene.stage.elb("RegisterTargets", &[named, target]).await.code(), "InvalidTarget");
}
