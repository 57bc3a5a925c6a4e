//! Quotas, after
//! <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html>.

use clctl_simulator::{Quotas, Settings};
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn a_quota_is_what_the_world_says_and_its_default_what_aws_says() {
    let quotas = Quotas { addresses: 12, ..Quotas::default() };
    let client = Client::new(Settings { quotas, ..Settings::calm() });
    let which = json!({ "ServiceCode": "ec2", "QuotaCode": "L-0263D0A3" });
    for (operation, value) in [("GetServiceQuota", 12.0), ("GetAWSDefaultServiceQuota", 5.0)] {
        let quota = client.quotas(operation, which.clone()).await.good().value()["Quota"].clone();
        assert_eq!(quota["Value"], value, "{operation}");
        assert_eq!(quota["QuotaName"], "EC2-VPC Elastic IPs");
    }
    let nat = json!({ "ServiceCode": "vpc", "QuotaCode": "L-FE5A380F" });
    let nat = client.quotas("GetServiceQuota", nat).await.good().value();
    assert_eq!(nat["Quota"]["Value"], 5.0);
}

#[tokio::test(start_paused = true)]
async fn quotas_are_listed_in_pages() {
    let client = Client::calm();
    let mut body = json!({ "ServiceCode": "vpc", "MaxResults": 4 });
    let mut all: Vec<Value> = Vec::new();
    loop {
        let page = client.quotas("ListServiceQuotas", body.clone()).await.good().value();
        let quotas = page["Quotas"].as_array().unwrap();
        assert!((1..=4).contains(&quotas.len()));
        all.extend(quotas.clone());
        let Some(next) = page.get("NextToken") else { break };
        body["NextToken"] = next.clone();
    }
    // The default ones of this account are those it has.
    let whole = json!({ "ServiceCode": "vpc" });
    let whole = client.quotas("ListAWSDefaultServiceQuotas", whole).await.good().value();
    let arn = |quota: &Value| quota["QuotaArn"].as_str().unwrap().to_owned();
    let defaults = whole["Quotas"].as_array().unwrap();
    // Of no account.
    assert!(defaults.iter().all(|it| arn(it).starts_with("arn:aws:servicequotas:us-east-1::vpc/")));
    let codes =
        |all: &[Value]| all.iter().map(|it| it["QuotaCode"].to_string()).collect::<Vec<_>>();
    assert_eq!(codes(&all), codes(whole["Quotas"].as_array().unwrap()));
    // <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>
    for (code, value) in [("L-F678F1CE", 5.0), ("L-1B52E74A", 20.0), ("L-29B6F2EB", 50.0)] {
        let quota = all.iter().find(|it| it["QuotaCode"] == code).unwrap();
        let arn = format!("arn:aws:servicequotas:us-east-1:123456789012:vpc/{code}");
        assert_eq!((&quota["Value"], &quota["QuotaArn"]), (&json!(value), &json!(arn)));
    }
    let wrong = json!({ "ServiceCode": "vpc", "NextToken": "abc" });
    let wrong = client.quotas("ListServiceQuotas", wrong).await;
    assert_eq!(wrong.kind(), "InvalidPaginationTokenException");
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_quota_of_is_refused() {
    let client = Client::calm();
    for (service, code, kind) in [
        ("vpc", "L-00000000", "NoSuchResourceException"),
        ("nonsense", "L-0263D0A3", "NoSuchResourceException"),
        ("vpc", "1", "IllegalArgumentException"),
        ("lambda", "L-B99A9384", "ClctlSimulatorUnsupported"),
    ] {
        let body = json!({ "ServiceCode": service, "QuotaCode": code });
        assert_eq!(client.quotas("GetServiceQuota", body).await.kind(), kind, "{service} {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_of_all_regions_are_in_one_of_them() {
    let client = Client::calm();
    let roles = json!({ "ServiceCode": "iam", "QuotaCode": "L-FE177D64" });
    let quota = client.quotas("GetServiceQuota", roles.clone()).await.good().value();
    assert_eq!(quota["Quota"]["GlobalQuota"], true);
    let elsewhere = Client { region: "eu-north-1", ..client };
    let missing = elsewhere.quotas("GetServiceQuota", roles).await;
    assert_eq!(missing.kind(), "NoSuchResourceException");
}
