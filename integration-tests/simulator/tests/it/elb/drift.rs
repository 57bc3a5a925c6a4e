//! What somebody else might do to load balancers.

use super::{CERTIFICATE, Stage};

const MARK: [(&str, &str); 4] = [
    ("Tags.member.1.Key", "clctl.dev/uid"),
    ("Tags.member.1.Value", "u"),
    ("Tags.member.2.Key", "Name"),
    ("Tags.member.2.Value", "n"),
];

#[tokio::test(start_paused = true)]
async fn every_change_by_hand_is_one_that_aws_allows() {
    let stage = Stage::calm().await;
    let private =
        [("VpcId", &*stage.vpc), ("CidrBlock", "10.0.7.0/24"), ("AvailabilityZone", "us-east-1a")];
    stage.client.ec2("CreateSubnet", &private).await.good();
    let balancer = stage.active(&MARK).await;
    let group = stage.targets(&MARK).await.good().text("TargetGroupArn");
    let listener: Vec<_> = [
        ("LoadBalancerArn", &*balancer),
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", &*group),
    ]
    .into_iter()
    .chain(MARK)
    .collect();
    let listener = stage.elb("CreateListener", &listener).await.good().text("ListenerArn");
    let rule: Vec<_> = [
        ("ListenerArn", &*listener),
        ("Priority", "10"),
        ("Conditions.member.1.Field", "path-pattern"),
        ("Conditions.member.1.Values.member.1", "/metrics"),
        ("Actions.member.1.Type", "fixed-response"),
        ("Actions.member.1.FixedResponseConfig.StatusCode", "403"),
    ]
    .into_iter()
    .chain(MARK)
    .collect();
    stage.elb("CreateRule", &rule).await.good();
    let (said, refused) = stage.client.simulator.with(|world| {
        let deeds = world.deeds();
        let said: Vec<_> = deeds.iter().map(|it| it.says().to_owned()).collect();
        let refused: Vec<_> = deeds
            .iter()
            .filter(|deed| !world.clone().does(deed))
            .map(|it| it.says().to_owned())
            .collect();
        (said, refused)
    });
    for part in [
        "in other subnets",
        "only the security group",
        "security policy",
        "other paths",
        "the tag Name",
    ] {
        assert!(said.iter().any(|it| it.contains(part)), "{part}: {said:?}");
    }
    // It is in use.
    assert_eq!(refused, [format!("{group} is deleted")]);
}

#[tokio::test(start_paused = true)]
async fn protection_and_tags_are_taken_from_outside() {
    let stage = Stage::calm().await;
    let arn = stage.active(&[]).await;
    let protect = [
        ("LoadBalancerArn", &*arn),
        ("Attributes.member.1.Key", "deletion_protection.enabled"),
        ("Attributes.member.1.Value", "true"),
    ];
    stage.elb("ModifyLoadBalancerAttributes", &protect).await.good();
    stage.client.simulator.with(|world| {
        let object = world.objects().into_iter().find(|it| it.kind == "loadbalancer").unwrap();
        assert_eq!(object.id, arn);
        assert!(world.unprotect(&object));
        let put = std::collections::BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        assert!(world.retag(&object, &put, &["c".to_owned()]));
    });
    let tags = stage.elb("DescribeTags", &[("ResourceArns.member.1", &*arn)]).await.good();
    assert_eq!(tags.texts("Key"), ["a"]);
    stage.elb("DeleteLoadBalancer", &protect[..1]).await.good();
}
