//! Listeners, their certificates and their policies.

use serde_json::json;

use super::{CERTIFICATE, Stage};

const FORWARD: (&str, &str) = ("DefaultActions.member.1.Type", "forward");

#[tokio::test(start_paused = true)]
async fn http_is_sent_on_to_https_and_https_to_the_targets() {
    let stage = Stage::calm().await;
    let balancer = stage.active(&[]).await;
    let group = stage.targets(&[]).await.good().text("TargetGroupArn");
    let named = ("LoadBalancerArn", &*balancer);
    let redirect = [
        named,
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "redirect"),
        ("DefaultActions.member.1.RedirectConfig.Protocol", "HTTPS"),
        ("DefaultActions.member.1.RedirectConfig.Port", "443"),
        ("DefaultActions.member.1.RedirectConfig.StatusCode", "HTTP_301"),
    ];
    let made = stage.elb("CreateListener", &redirect).await.good();
    assert_eq!(
        (made.text("Host"), made.text("Path"), made.text("Query")),
        ("#{host}".into(), "/#{path}".into(), "#{query}".into())
    );
    let again = stage.elb("CreateListener", &redirect).await.good();
    assert_eq!(again.text("ListenerArn"), made.text("ListenerArn"));
    let secure = [
        named,
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("SslPolicy", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"),
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        FORWARD,
        ("DefaultActions.member.1.TargetGroupArn", &*group),
    ];
    let made = stage.elb("CreateListener", &secure).await.good();
    let arn = made.text("ListenerArn");
    assert!(arn.contains(":listener/app/gui/"), "{arn}");
    assert_eq!(made.texts("TargetGroupArn"), [group.as_str(); 2]);
    assert_eq!(made.text("Weight"), "1");
    assert_eq!(made.text("CertificateArn"), CERTIFICATE);
    let seen = stage.elb("DescribeListeners", &[named]).await.good();
    assert_eq!(seen.texts("ListenerArn").len(), 2);
    let used =
        stage.client.acm("DescribeCertificate", json!({ "CertificateArn": CERTIFICATE })).await;
    assert_eq!(used.value()["Certificate"]["InUseBy"], json!([balancer]));
    // Without a policy, the oldest; without HTTPS, none.
    let listener = ("ListenerArn", &*arn);
    let changed = [listener, ("SslPolicy", "ELBSecurityPolicy-2016-08")];
    let changed = stage.elb("ModifyListener", &changed).await.good();
    assert_eq!(changed.text("SslPolicy"), "ELBSecurityPolicy-2016-08");
    assert_eq!(changed.text("CertificateArn"), CERTIFICATE);
    let plain = [listener, ("Protocol", "HTTP")];
    let plain = stage.elb("ModifyListener", &plain).await.good();
    assert_eq!(plain.texts("CertificateArn").len() + plain.texts("SslPolicy").len(), 0);
    assert_eq!(
        stage.elb("ModifyListener", &[listener, ("Port", "80")]).await.code(),
        "DuplicateListener"
    );
    stage.elb("DeleteListener", &[listener]).await.good();
    assert_eq!(stage.elb("DeleteListener", &[listener]).await.code(), "ListenerNotFound");
    let of = [("ListenerArns.member.1", &*arn)];
    assert_eq!(stage.elb("DescribeListeners", &of).await.code(), "ListenerNotFound");
    assert_eq!(stage.elb("DescribeListeners", &[]).await.code(), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let stage = Stage::calm().await;
    let balancer = stage.active(&[]).await;
    let group = stage.targets(&[]).await.good().text("TargetGroupArn");
    let tcp =
        [("Name", "tcp"), ("Protocol", "TCP"), ("HealthCheckPath", ""), ("Matcher.HttpCode", "")];
    let tcp = stage.targets(&tcp).await.good().text("TargetGroupArn");
    let gone = group.replace("/nodes/", "/none/");
    let pending = json!({ "DomainName": "a.example.com", "ValidationMethod": "DNS" });
    let pending = stage.client.acm("RequestCertificate", pending).await.good().value();
    let pending = pending["CertificateArn"].as_str().unwrap().to_owned();
    let unknown = CERTIFICATE.replace("1234-1234", "1234-4321");
    let params = [
        ("LoadBalancerArn", &*balancer),
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        FORWARD,
        ("DefaultActions.member.1.TargetGroupArn", &*group),
    ];
    let target = params[5].0;
    let certificate = params[3].0;
    for (name, value, code) in [
        ("LoadBalancerArn", &*balancer.replace("/gui/", "/other/"), "LoadBalancerNotFound"),
        ("Protocol", "TCP", "ValidationError"),
        ("Protocol", "HTTP", "ValidationError"),
        ("Port", "0", "ValidationError"),
        (certificate, "", "ValidationError"),
        (certificate, &*unknown, "CertificateNotFound"),
        (certificate, &*pending, "UnsupportedCertificate"),
        (certificate, "nonsense", "ValidationError"),
        ("SslPolicy", "nonsense", "SSLPolicyNotFound"),
        ("SslPolicy", "ELBSecurityPolicy-TLS-1-2-2017-01", "ClctlSimulatorUnsupported"),
        (target, &*gone, "TargetGroupNotFound"),
        (target, &*tcp, "IncompatibleProtocols"),
        (target, "", "ValidationError"),
        (FORWARD.0, "nonsense", "ValidationError"),
        (FORWARD.0, "", "ValidationError"),
        (FORWARD.0, "authenticate-oidc", "ClctlSimulatorUnsupported"),
        ("AlpnPolicy.member.1", "None", "ClctlSimulatorUnsupported"),
        ("MutualAuthentication.Mode", "verify", "ClctlSimulatorUnsupported"),
    ] {
        let kept = params.iter().filter(|it| it.0 != name);
        let all: Vec<_> =
            kept.chain(&[(name, value)]).filter(|it| !it.1.is_empty()).copied().collect();
        let refused = stage.elb("CreateListener", &all).await;
        assert_eq!(refused.code(), code, "{name} {value}: {}", refused.body);
    }
    stage.elb("CreateListener", &params).await.good();
    // A group is for one load balancer.
    let other = stage.active(&[("Name", "other")]).await;
    let mut all = params.to_vec();
    all[0].1 = &other;
    assert_eq!(stage.elb("CreateListener", &all).await.code(), "TargetGroupAssociationLimit");
    let action =
        |name: &str, value: &str| [(format!("DefaultActions.member.1.{name}"), value.to_owned())];
    let answer = async |config: &[(String, String)], kind: &str| {
        let mut all = vec![params[0], ("Protocol", "HTTP"), ("Port", "81"), (FORWARD.0, kind)];
        all.extend(config.iter().map(|it| (it.0.as_str(), it.1.as_str())));
        stage.elb("CreateListener", &all).await
    };
    let code = action("RedirectConfig.StatusCode", "HTTP_301");
    assert_eq!(answer(&code, "redirect").await.code(), "InvalidLoadBalancerAction");
    assert_eq!(answer(&[], "redirect").await.code(), "ValidationError");
    let wrong = action("FixedResponseConfig.StatusCode", "301");
    assert_eq!(answer(&wrong, "fixed-response").await.code(), "ValidationError");
    let good = action("FixedResponseConfig.StatusCode", "404");
    assert_eq!(answer(&good, "fixed-response").await.good().text("StatusCode"), "404");
}

#[tokio::test(start_paused = true)]
async fn one_for_the_network_forwards_and_nothing_else() {
    let stage = Stage::calm().await;
    let balancer = stage.active(&[("Type", "network")]).await;
    let tcp = [("Protocol", "TCP"), ("HealthCheckPath", ""), ("Matcher.HttpCode", "")];
    let group = stage.targets(&tcp).await.good().text("TargetGroupArn");
    let params = [
        ("LoadBalancerArn", &*balancer),
        ("Protocol", "TCP"),
        ("Port", "6690"),
        FORWARD,
        ("DefaultActions.member.1.TargetGroupArn", &*group),
    ];
    let arn = stage.elb("CreateListener", &params).await.good().text("ListenerArn");
    let named = ("ListenerArn", &*arn);
    let seen = stage.elb("DescribeListenerAttributes", &[named]).await.good();
    assert_eq!(
        (seen.text("Key"), seen.text("Value")),
        ("tcp.idle_timeout.seconds".into(), "350".into())
    );
    let set = async |value: &str| {
        let key = ("Attributes.member.1.Key", "tcp.idle_timeout.seconds");
        let pair = [named, key, ("Attributes.member.1.Value", value)];
        stage.elb("ModifyListenerAttributes", &pair).await
    };
    assert_eq!(set("600").await.good().text("Value"), "600");
    assert_eq!(set("59").await.code(), "InvalidConfigurationRequest");
    let answer = [
        named,
        ("DefaultActions.member.1.Type", "fixed-response"),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "404"),
    ];
    assert_eq!(stage.elb("ModifyListener", &answer).await.code(), "InvalidLoadBalancerAction");
    let unknown = [(
        "ListenerArn",
        &*arn.replace("/peers/", "/x/").replace("listener/net/gui", "listener/net/x"),
    )];
    assert_eq!(stage.elb("DescribeListenerAttributes", &unknown).await.code(), "ListenerNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_listener_has_more_certificates_than_one() {
    let stage = Stage::calm().await;
    let balancer = stage.active(&[]).await;
    let group = stage.targets(&[]).await.good().text("TargetGroupArn");
    let params = [
        ("LoadBalancerArn", &*balancer),
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", CERTIFICATE),
        FORWARD,
        ("DefaultActions.member.1.TargetGroupArn", &*group),
    ];
    let arn = stage.elb("CreateListener", &params).await.good().text("ListenerArn");
    let named = ("ListenerArn", &*arn);
    let other = CERTIFICATE.replace("1234-1234", "4321-1234");
    stage
        .client
        .simulator
        .with(|world| world.bring_certificate("us-east-1", &other, "b.example.com"));
    let more = [named, ("Certificates.member.1.CertificateArn", &*other)];
    for _ in 0..2 {
        let added = stage.elb("AddListenerCertificates", &more).await.good();
        assert_eq!(added.text("IsDefault"), "false");
    }
    let seen = stage.elb("DescribeListenerCertificates", &[named]).await.good();
    assert_eq!(seen.texts("IsDefault"), ["true", "false"]);
    let default = [named, ("Certificates.member.1.CertificateArn", CERTIFICATE)];
    let refused = stage.elb("RemoveListenerCertificates", &default).await;
    assert_eq!(refused.code(), "OperationNotPermitted");
    stage.elb("RemoveListenerCertificates", &more).await.good();
    let seen = stage.elb("DescribeListenerCertificates", &[named]).await.good();
    assert_eq!(seen.texts("IsDefault"), ["true"]);
    let unknown =
        [named, ("Certificates.member.1.CertificateArn", &*other.replace("4321", "9999"))];
    let refused = stage.elb("AddListenerCertificates", &unknown).await;
    assert_eq!(refused.code(), "CertificateNotFound");
    let plain = stage.forward(&balancer, &group).await;
    let plain = [("ListenerArn", &*plain), more[1]];
    assert_eq!(stage.elb("AddListenerCertificates", &plain).await.code(), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn policies_say_what_they_speak() {
    let stage = Stage::calm().await;
    let name = "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09";
    let seen = stage.elb("DescribeSSLPolicies", &[("Names.member.1", name)]).await.good();
    assert!(seen.body.contains("<SslProtocols><member>TLSv1.3</member></SslProtocols>"));
    assert!(seen.body.contains("TLS_AES_256_GCM_SHA384"));
    let all = stage.elb("DescribeSSLPolicies", &[]).await.good();
    assert!(all.body.contains("ELBSecurityPolicy-2016-08") && all.body.contains(name));
    let unknown = stage.elb("DescribeSSLPolicies", &[("Names.member.1", "x")]).await;
    assert_eq!(unknown.code(), "SSLPolicyNotFound");
}
