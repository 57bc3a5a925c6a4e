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
        all.extend(page["Quotas"].as_array().unwrap().clone());
        let Some(next) = page.get("NextToken") else { break };
        body["NextToken"] = next.clone();
    }
    assert_eq!(all.len(), 12);
    let vpcs = all.iter().find(|it| it["QuotaCode"] == "L-F678F1CE").unwrap();
    let arn = "arn:aws:servicequotas:us-east-1:123456789012:vpc/L-F678F1CE";
    assert_eq!((&vpcs["Value"], &vpcs["QuotaArn"]), (&json!(5.0), &json!(arn)));
    let whole = json!({ "ServiceCode": "vpc" });
    let whole = client.quotas("ListAWSDefaultServiceQuotas", whole).await.good().value();
    let whole = whole["Quotas"].as_array().unwrap();
    assert_eq!(whole.len(), 12);
    let vpcs = whole.iter().find(|it| it["QuotaCode"] == "L-F678F1CE").unwrap();
    assert_eq!(vpcs["QuotaArn"], "arn:aws:servicequotas:us-east-1::vpc/L-F678F1CE");
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
        ("rds", "L-7B6409FD", "ClctlSimulatorUnsupported"),
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
