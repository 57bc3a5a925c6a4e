//! ACM, after <https://docs.aws.amazon.com/acm/latest/APIReference/API_Operations.html>.

use clctl_simulator::Settings;
use serde_json::{Value, json};

use crate::client::Client;

const ARN: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";

fn with_one() -> Client {
    let client = Client::calm();
    client.simulator.with(|world| {
        world.bring_certificate("us-east-1", ARN, "*.example.com");
        // Once is enough.
        world.bring_certificate("us-east-1", ARN, "other.example.com");
    });
    client
}

async fn seen(client: &Client, arn: &str) -> Value {
    let seen = client.acm("DescribeCertificate", json!({ "CertificateArn": arn })).await.good();
    seen.value()["Certificate"].clone()
}

#[tokio::test(start_paused = true)]
async fn the_certificate_of_a_user_is_issued_and_valid_for_a_year() {
    let client = with_one();
    let it = seen(&client, ARN).await;
    assert_eq!(it["DomainName"], "*.example.com");
    assert_eq!(it["SubjectAlternativeNames"], json!(["*.example.com"]));
    assert_eq!(it["Status"], "ISSUED");
    assert_eq!(it["InUseBy"], json!([]));
    assert_eq!(it["RenewalEligibility"], "INELIGIBLE");
    assert_eq!(it["KeyAlgorithm"], "RSA_2048");
    let (from, until) = (it["NotBefore"].as_f64().unwrap(), it["NotAfter"].as_f64().unwrap());
    assert!((until - from - 395.0 * 86_400.0).abs() < 1.0, "{from} {until}");
    client.wait(366 * 86_400).await;
    assert_eq!(seen(&client, ARN).await["Status"], "EXPIRED");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_asked_for_waits_for_a_proof() {
    let client = Client::calm();
    let asked = json!({
        "DomainName": "example.com",
        "SubjectAlternativeNames": ["*.example.com", "example.com"],
        "ValidationMethod": "DNS",
        "IdempotencyToken": "once",
        "Tags": [{ "Key": "team", "Value": "a" }],
    });
    let request = async || {
        let answer = client.acm("RequestCertificate", asked.clone()).await.good().value();
        answer["CertificateArn"].as_str().unwrap().to_owned()
    };
    let arn = request().await;
    assert_eq!(request().await, arn);
    let it = seen(&client, &arn).await;
    assert_eq!(it["Status"], "PENDING_VALIDATION");
    assert_eq!(it["DomainValidationOptions"][0]["ResourceRecord"], Value::Null);
    client.wait(10).await;
    let it = seen(&client, &arn).await;
    let proofs = it["DomainValidationOptions"].as_array().unwrap();
    assert_eq!(proofs.len(), 2);
    // A name and its wildcard are proved by the same record.
    assert_eq!(proofs[0]["ResourceRecord"], proofs[1]["ResourceRecord"]);
    assert_eq!(proofs[0]["ResourceRecord"]["Type"], "CNAME");
    client.wait(3_700).await;
    assert_ne!(request().await, arn);
    client.wait(73 * 3_600).await;
    assert_eq!(seen(&client, &arn).await["Status"], "VALIDATION_TIMED_OUT");
    client.acm("DeleteCertificate", json!({ "CertificateArn": arn })).await.good();
    let gone = client.acm("DescribeCertificate", json!({ "CertificateArn": arn })).await;
    assert_eq!(gone.kind(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let client = with_one();
    let names: Vec<_> = (0..11).map(|n| format!("a{n}.example.com")).collect();
    for (body, kind) in [
        (json!({}), "ValidationException"),
        (json!({ "DomainName": "nonsense" }), "ValidationException"),
        (json!({ "DomainName": "a.example.com", "ValidationMethod": "X" }), "ValidationException"),
        (json!({ "DomainName": "a.example.com", "KeyAlgorithm": "X" }), "ValidationException"),
        (
            json!({ "DomainName": "a.example.com", "IdempotencyToken": "a b" }),
            "ValidationException",
        ),
        (
            json!({ "DomainName": "a.example.com", "SubjectAlternativeNames": names }),
            "LimitExceededException",
        ),
        (
            json!({ "DomainName": "a.example.com", "ValidationMethod": "HTTP" }),
            "ClctlSimulatorUnsupported",
        ),
        (
            json!({ "DomainName": "a.example.com", "CertificateAuthorityArn": "x" }),
            "ClctlSimulatorUnsupported",
        ),
        (
            json!({ "DomainName": "a.example.com", "Tags": [{ "Key": "aws:x" }] }),
            "InvalidTagException",
        ),
    ] {
        assert_eq!(client.acm("RequestCertificate", body.clone()).await.kind(), kind, "{body}");
    }
    let unknown = ARN.replace("1234-1234", "4321-1234");
    let elsewhere = ARN.replace("us-east-1", "eu-central-1");
    for operation in ["DescribeCertificate", "DeleteCertificate", "ListTagsForCertificate"] {
        for (arn, kind) in [
            ("nonsense", "InvalidArnException"),
            (&*unknown, "ResourceNotFoundException"),
            (&*elsewhere, "ResourceNotFoundException"),
        ] {
            let body = json!({ "CertificateArn": arn });
            assert_eq!(client.acm(operation, body).await.kind(), kind, "{operation} {arn}");
        }
    }
    let quotas = clctl_simulator::Quotas { certificates: 0, ..Default::default() };
    let full = Client::new(Settings { quotas, ..Settings::calm() });
    let body = json!({ "DomainName": "a.example.com" });
    assert_eq!(full.acm("RequestCertificate", body).await.kind(), "LimitExceededException");
}

/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html>
#[tokio::test(start_paused = true)]
async fn without_filters_only_the_usual_keys_are_listed() {
    let client = with_one();
    let other = json!({ "DomainName": "ec.example.com", "KeyAlgorithm": "EC_prime256v1" });
    client.acm("RequestCertificate", other).await.good();
    let pending = json!({ "DomainName": "rsa.example.com" });
    client.acm("RequestCertificate", pending).await.good();
    let listed = async |body: Value| -> Vec<String> {
        let all = client.acm("ListCertificates", body).await.good().value();
        let all = all["CertificateSummaryList"].as_array().unwrap().clone();
        let mut names: Vec<_> =
            all.iter().map(|it| it["DomainName"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(listed(json!({})).await, ["*.example.com", "rsa.example.com"]);
    assert_eq!(listed(json!({ "CertificateStatuses": ["ISSUED"] })).await, ["*.example.com"]);
    let keys = json!({ "Includes": { "keyTypes": ["EC_prime256v1"] } });
    assert_eq!(listed(keys).await, ["ec.example.com"]);
    let page = client.acm("ListCertificates", json!({ "MaxItems": 1 })).await.good().value();
    let token = page["NextToken"].as_str().unwrap();
    let rest = json!({ "MaxItems": 1, "NextToken": token });
    let rest = client.acm("ListCertificates", rest).await.good().value();
    assert_eq!(rest["NextToken"], Value::Null);
    for (body, kind) in [
        (json!({ "MaxItems": 0 }), "ValidationException"),
        (json!({ "CertificateStatuses": ["X"] }), "ValidationException"),
        (json!({ "NextToken": "x" }), "InvalidArgsException"),
        (json!({ "SortBy": "CREATED_AT" }), "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(client.acm("ListCertificates", body.clone()).await.kind(), kind, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn certificates_have_tags() {
    let client = with_one();
    let add = |tags: Value| json!({ "CertificateArn": ARN, "Tags": tags });
    let more = add(json!([{ "Key": "team", "Value": "a" }, { "Key": "stage", "Value": "b" }]));
    client.acm("AddTagsToCertificate", more).await.good();
    let list = async || {
        let all = client.acm("ListTagsForCertificate", json!({ "CertificateArn": ARN })).await;
        all.good().value()["Tags"].clone()
    };
    assert_eq!(list().await.as_array().unwrap().len(), 2);
    // With another value it is another tag.
    let other = add(json!([{ "Key": "team", "Value": "x" }, { "Key": "stage" }]));
    client.acm("RemoveTagsFromCertificate", other).await.good();
    assert_eq!(list().await, json!([{ "Key": "team", "Value": "a" }]));
    let filter = json!({ "ResourceTypeFilters": ["acm:certificate"] });
    let found = client.tagging("GetResources", filter).await.good();
    assert!(found.body.contains(ARN), "{}", found.body);
    let twice = add(json!([{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }]));
    assert_eq!(client.acm("AddTagsToCertificate", twice).await.kind(), "InvalidParameterException");
    client.simulator.with(|world| {
        let object = world.objects().into_iter().find(|it| it.kind == "certificate").unwrap();
        let put = std::collections::BTreeMap::from([("clctl.dev/uid".to_owned(), "u".to_owned())]);
        assert!(world.retag(&object, &put, &[]));
        let deeds = world.deeds();
        assert!(deeds.iter().any(|it| it.call() == "acm:DeleteCertificate"), "{deeds:?}");
        assert!(deeds.iter().all(|it| world.clone().does(it)));
    });
    client.acm("DeleteCertificate", json!({ "CertificateArn": ARN })).await.good();
}

#[tokio::test(start_paused = true)]
async fn one_in_use_stays() {
    let stage = crate::elb::Stage::calm().await;
    let balancer = stage.active(&[]).await;
    let listener = [
        ("LoadBalancerArn", &*balancer),
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", crate::elb::CERTIFICATE),
        ("DefaultActions.member.1.Type", "fixed-response"),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "404"),
    ];
    stage.elb("CreateListener", &listener).await.good();
    let named = json!({ "CertificateArn": crate::elb::CERTIFICATE });
    let refused = stage.client.acm("DeleteCertificate", named.clone()).await;
    assert_eq!(refused.kind(), "ResourceInUseException");
    assert_eq!(
        seen(&stage.client, crate::elb::CERTIFICATE).await["RenewalEligibility"],
        "ELIGIBLE"
    );
    stage.elb("DeleteLoadBalancer", &[("LoadBalancerArn", &*balancer)]).await.good();
    stage.client.acm("DeleteCertificate", named).await.good();
}
