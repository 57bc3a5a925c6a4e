//! Target groups.

use super::Stage;

#[tokio::test(start_paused = true)]
async fn one_is_made_changed_and_goes() {
    let stage = Stage::calm().await;
    let made = stage.targets(&[]).await.good();
    let arn = made.text("TargetGroupArn");
    assert!(arn.contains(":targetgroup/nodes/"), "{arn}");
    for (name, value) in [
        ("Protocol", "HTTP"),
        ("Port", "6688"),
        ("HealthCheckProtocol", "HTTP"),
        ("HealthCheckPort", "traffic-port"),
        ("HealthCheckEnabled", "true"),
        ("HealthCheckIntervalSeconds", "30"),
        ("HealthCheckTimeoutSeconds", "5"),
        ("HealthyThresholdCount", "5"),
        ("UnhealthyThresholdCount", "2"),
        ("HealthCheckPath", "/health"),
        ("HttpCode", "200-299"),
        ("TargetType", "instance"),
        ("ProtocolVersion", "HTTP1"),
    ] {
        assert_eq!(made.text(name), value, "{name}");
    }
    assert_eq!(stage.targets(&[]).await.good().text("TargetGroupArn"), arn);
    assert_eq!(stage.targets(&[("Port", "80")]).await.code(), "DuplicateTargetGroupName");
    let named = ("TargetGroupArn", &*arn);
    let change = [named, ("HealthyThresholdCount", "2"), ("HealthCheckPort", "8080")];
    let changed = stage.elb("ModifyTargetGroup", &change).await.good();
    assert_eq!(
        (changed.text("HealthyThresholdCount"), changed.text("HealthCheckPath")),
        ("2".into(), "/health".into())
    );
    let by_name = [("Names.member.1", "nodes")];
    let seen = stage.elb("DescribeTargetGroups", &by_name).await.good();
    assert_eq!(seen.text("HealthCheckPort"), "8080");
    let balancer = stage.active(&[]).await;
    let listener = stage.forward(&balancer, &arn).await;
    let of = [("LoadBalancerArn", &*balancer)];
    let seen = stage.elb("DescribeTargetGroups", &of).await.good();
    assert!(seen.body.contains(&balancer), "{}", seen.body);
    assert_eq!(stage.elb("DeleteTargetGroup", &[named]).await.code(), "ResourceInUse");
    stage.elb("DeleteListener", &[("ListenerArn", &*listener)]).await.good();
    stage.elb("DeleteTargetGroup", &[named]).await.good();
    stage.elb("DeleteTargetGroup", &[named]).await.good();
    assert_eq!(stage.elb("DescribeTargetGroups", &by_name).await.code(), "TargetGroupNotFound");
    assert_eq!(stage.elb("ModifyTargetGroup", &[named]).await.code(), "TargetGroupNotFound");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let stage = Stage::calm().await;
    for (name, value, code) in [
        ("Name", "", "ValidationError"),
        ("Name", "a_b", "ValidationError"),
        ("Protocol", "", "ValidationError"),
        ("Protocol", "SMTP", "ValidationError"),
        ("Protocol", "UDP", "ClctlSimulatorUnsupported"),
        ("Port", "", "ValidationError"),
        ("Port", "70000", "ValidationError"),
        ("VpcId", "", "ValidationError"),
        ("VpcId", "vpc-0123456789abcdef0", "ValidationError"),
        ("TargetType", "ip", "ClctlSimulatorUnsupported"),
        ("ProtocolVersion", "GRPC", "ClctlSimulatorUnsupported"),
        ("HealthCheckProtocol", "TCP", "InvalidConfigurationRequest"),
        ("HealthCheckPath", "health", "ValidationError"),
        ("HealthCheckPort", "0", "ValidationError"),
        ("HealthCheckIntervalSeconds", "4", "ValidationError"),
        ("HealthCheckIntervalSeconds", "5", "ValidationError"),
        ("HealthyThresholdCount", "1", "ValidationError"),
        ("HealthCheckEnabled", "false", "InvalidConfigurationRequest"),
        ("Matcher.HttpCode", "500", "ValidationError"),
        ("Matcher.GrpcCode", "0", "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(stage.targets(&[(name, value)]).await.code(), code, "{name} {value}");
    }
    let tcp = [("Protocol", "TCP")];
    assert_eq!(stage.targets(&tcp).await.code(), "InvalidConfigurationRequest");
    let tcp = [("Protocol", "TCP"), ("HealthCheckPath", ""), ("Matcher.HttpCode", "")];
    let made = stage.targets(&tcp).await.good();
    assert_eq!(
        (made.text("HealthCheckProtocol"), made.text("HealthCheckTimeoutSeconds")),
        ("TCP".into(), "10".into())
    );
}

#[tokio::test(start_paused = true)]
async fn attributes_are_what_they_may_be() {
    let stage = Stage::calm().await;
    let arn = stage.targets(&[]).await.good().text("TargetGroupArn");
    let named = ("TargetGroupArn", &*arn);
    let set = async |key: &str, value: &str| {
        let pair = [named, ("Attributes.member.1.Key", key), ("Attributes.member.1.Value", value)];
        stage.elb("ModifyTargetGroupAttributes", &pair).await
    };
    let delay = "deregistration_delay.timeout_seconds";
    set(delay, "15").await.good();
    let seen = stage.elb("DescribeTargetGroupAttributes", &[named]).await.good();
    let at = seen.texts("Key").iter().position(|it| it == delay).unwrap();
    assert_eq!(seen.texts("Value")[at], "15");
    assert!(seen.texts("Key").contains(&"stickiness.lb_cookie.duration_seconds".to_owned()));
    for (key, wrong) in [
        (delay, "3601"),
        ("stickiness.type", "source_ip"),
        ("stickiness.type", "app_cookie"),
        ("slow_start.duration_seconds", "29"),
        ("preserve_client_ip.enabled", "true"),
        ("load_balancing.algorithm.anomaly_mitigation", "on"),
    ] {
        assert_eq!(set(key, wrong).await.code(), "InvalidConfigurationRequest", "{key} {wrong}");
    }
    set("slow_start.duration_seconds", "30").await.good();
    let unknown = [("TargetGroupArn", &*arn.replace("/nodes/", "/other/"))];
    let unknown = stage.elb("DescribeTargetGroupAttributes", &unknown).await;
    assert_eq!(unknown.code(), "TargetGroupNotFound");
}
