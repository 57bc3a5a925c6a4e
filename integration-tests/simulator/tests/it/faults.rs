//! What goes wrong: by the test's will, by the weather, and for want of rights.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use clctl_simulator::{Dropped, Fate, Settings, Weather};
use http::Request;
use serde_json::json;

use crate::client::Client;

const VPC: &[(&str, &str)] = &[("CidrBlock", "10.0.0.0/16")];

async fn vpcs(client: &Client) -> usize {
    client.simulator.clear_hook();
    client.ec2("DescribeVpcs", &[]).await.good().texts("vpcId").len()
}

#[tokio::test(start_paused = true)]
async fn the_hook_decides_what_becomes_of_a_call() {
    let refusal =
        Fate::Refuse { status: 500, code: "InternalError".to_owned(), message: "no".to_owned() };
    for (fate, made, expected) in [
        (Fate::Proceed, 2, "answered"),
        (refusal, 1, "refused"),
        (Fate::DropBefore, 1, "reset"),
        (Fate::DropAfter, 2, "lost"),
        (Fate::HangBefore, 1, "hangs"),
        (Fate::HangAfter, 2, "hangs"),
    ] {
        let client = Client::calm();
        let chosen = fate.clone();
        client.simulator.set_hook(Arc::new(move |call| {
            assert_eq!((call.n, call.service.as_str()), (1, "ec2"));
            assert!(call.mutating && call.operation == "CreateVpc");
            chosen.clone()
        }));
        let call = client.try_ec2("CreateVpc", VPC);
        let answer = tokio::time::timeout(Duration::from_hours(1), call).await;
        let told = match &answer {
            Err(_) => "hangs",
            Ok(Err(Dropped::Reset)) => "reset",
            Ok(Err(_)) => "lost",
            Ok(Ok(answer)) if answer.code() == "InternalError" => "refused",
            Ok(Ok(_)) => "answered",
        };
        assert_eq!(told, expected, "{fate:?}");
        assert_eq!(vpcs(&client).await, made, "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_recorded_with_what_they_are() {
    let client = Client::calm();
    client.vpc().await;
    client.ec2("DescribeVpcs", &[]).await.good();
    let calls = client.simulator.calls();
    let told: Vec<_> = calls.iter().map(|it| (it.operation.as_str(), it.mutating)).collect();
    assert_eq!(told, [("CreateVpc", true), ("DescribeVpcs", false)]);
    assert!(calls[0].at < calls[1].at);
}

#[tokio::test(start_paused = true)]
async fn the_weather_throttles_breaks_and_loses() {
    let of = |weather| Client::new(Settings { weather, ..Settings::calm() });
    let client = of(Weather { throttled: 1000, ..Weather::default() });
    assert_eq!(client.ec2("CreateVpc", VPC).await.status, 503);
    let client = of(Weather { server_error: 1000, ..Weather::default() });
    assert_eq!(client.ec2("CreateVpc", VPC).await.code(), "InternalError");
    let client = of(Weather { reset: 1000, ..Weather::default() });
    assert!(matches!(client.try_ec2("CreateVpc", VPC).await, Err(Dropped::Reset)));
    assert!(client.simulator.with(|world| world.objects()).is_empty());
    let client = of(Weather { answer_lost: 1000, ..Weather::default() });
    assert!(matches!(client.try_ec2("CreateVpc", VPC).await, Err(Dropped::Lost)));
    client.simulator.with(|world| world.settings_mut().weather = Weather::default());
    assert_eq!(vpcs(&client).await, 2);
    let client = of(Weather { server_error_after: 1000, ..Weather::default() });
    assert_eq!(client.ec2("CreateVpc", VPC).await.status, 500);
    client.simulator.with(|world| world.settings_mut().weather = Weather::default());
    assert_eq!(vpcs(&client).await, 2);
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>: no permission
/// is needed to ask who one is.
#[tokio::test(start_paused = true)]
async fn what_is_denied_is_refused_in_the_words_of_the_service() {
    let denied = vec!["ec2:Create*".to_owned(), "ssm:*".to_owned(), "sts:*".to_owned()];
    let client = Client::new(Settings { denied, ..Settings::calm() });
    let refused = client.ec2("CreateVpc", VPC).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "UnauthorizedOperation"));
    client.ec2("DescribeVpcs", &[]).await.good();
    let refused = client.ssm("GetParameter", json!({ "Name": "/x" })).await;
    assert!(refused.body.contains("AccessDeniedException"), "{}", refused.body);
    let who = client.sts().await.good();
    assert_eq!(who.text("Arn"), "arn:aws:iam::123456789012:user/clctl");
}

#[tokio::test(start_paused = true)]
async fn keys_expire_and_unknown_ones_are_refused() {
    let old = Client { key: "AKIAOLD", ..Client::calm() };
    old.simulator.with(|world| {
        world.settings_mut().expired_keys.push("AKIAOLD".to_owned());
        world.settings_mut().valid_keys.push("AKIATEST".to_owned());
    });
    assert_eq!(old.ec2("DescribeVpcs", &[]).await.code(), "RequestExpired");
    assert_eq!(old.sts().await.code(), "ExpiredToken");
    let answer = old.ssm("GetParameter", json!({ "Name": "/x" })).await;
    assert!(answer.body.contains("ExpiredTokenException"));
    let stranger = Client { key: "AKIAWHO", ..old };
    let refused = stranger.ec2("DescribeVpcs", &[]).await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "AuthFailure"));
    assert_eq!(stranger.sts().await.code(), "InvalidClientTokenId");
    let good = Client { key: "AKIATEST", ..stranger };
    good.ec2("DescribeVpcs", &[]).await.good();
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
#[tokio::test(start_paused = true)]
async fn a_request_has_to_be_signed() {
    let client = Client::calm();
    let body = Bytes::from("Action=DescribeVpcs&Version=2016-11-15");
    let request = Request::post("http://localhost/").body(body.clone()).unwrap();
    assert_eq!(client.raw(request).await.unwrap().code(), "MissingAuthenticationToken");
    for header in [
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ec2/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKIA/us-east-1, SignedHeaders=host, Signature=0",
        "Basic abc",
    ] {
        let request = Request::post("http://localhost/").header("authorization", header);
        let answer = client.raw(request.body(body.clone()).unwrap()).await.unwrap();
        assert_eq!(answer.code(), "IncompleteSignature", "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_modelled_says_so_in_either_protocol() {
    let client = Client::calm();
    let form = "Action=DescribeClusters&Version=2012-12-01".to_owned();
    let kind = "application/x-www-form-urlencoded";
    let answer = client.send("redshift", kind, None, form).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (501, "ClctlSimulatorUnsupported"));
    let kind = "application/x-amz-json-1.0";
    let target = Some("DynamoDB_20120810.ListTables");
    let answer = client.send("dynamodb", kind, target, "{}".to_owned()).await.unwrap();
    assert_eq!(answer.status, 501);
    assert!(answer.body.contains("ClctlSimulatorUnsupported"));
}
