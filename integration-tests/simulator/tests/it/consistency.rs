//! Eventual consistency and throttling, after
//! <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html> and
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>.

use clctl_simulator::{Lag, Settings, Span};

use crate::client::Client;

fn lagging(by_id: u64, listed: u64, dependents: bool) -> Client {
    let lag =
        Lag { by_id: Span::fixed(by_id * 1000), listed: Span::fixed(listed * 1000), dependents };
    Client::new(Settings { lag, ..Settings::calm() })
}

#[tokio::test(start_paused = true)]
async fn a_new_thing_is_seen_by_id_first_and_in_lists_later() {
    let client = lagging(10, 200, false);
    client.ec2("DescribeVpcs", &[]).await.good();
    let vpc = client.vpc().await;
    let by_id = [("VpcId.1", vpc.as_str())];
    let listed = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
    let missing = async || {
        let mut unseen = (0, 0);
        for _ in 0..20 {
            let code = client.ec2("DescribeVpcs", &by_id).await.code();
            unseen.0 += u32::from(code == "InvalidVpcID.NotFound");
            let seen = client.ec2("DescribeVpcs", &listed).await.good().texts("vpcId").len();
            unseen.1 += u32::from(seen == 0);
        }
        unseen
    };
    let (ids, lists) = missing().await;
    assert!(ids > 0 && ids < 40 && lists > ids, "{ids} {lists}");
    client.wait(10).await;
    let (ids, lists) = missing().await;
    assert!(ids == 0 && lists > 0, "{ids} {lists}");
    client.wait(200).await;
    assert_eq!(missing().await, (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_thing_is_still_seen_for_a_while() {
    let client = lagging(10, 200, false);
    let vpc = client.vpc().await;
    client.wait(300).await;
    client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
    client.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await.good();
    let again = client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await;
    assert_eq!(again.code(), "InvalidVpcID.NotFound", "writes know the truth");
    client.wait(10).await;
    let seen = client.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await;
    assert_eq!(seen.code(), "InvalidVpcID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn dependents_may_not_know_a_new_thing_either() {
    let client = lagging(60, 60, true);
    let vpc = client.vpc().await;
    let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.0.0/24")];
    assert_eq!(client.ec2("CreateSubnet", &subnet).await.code(), "InvalidVpcID.NotFound");
    client.wait(60).await;
    client.ec2("CreateSubnet", &subnet).await.good();
}

#[tokio::test(start_paused = true)]
async fn tag_filters_lag_as_lists_do() {
    let client = lagging(0, 100, false);
    let vpc = client.vpc().await;
    client.wait(100).await;
    let tag = [("ResourceId.1", vpc.as_str()), ("Tag.1.Key", "a"), ("Tag.1.Value", "1")];
    client.ec2("CreateTags", &tag).await.good();
    let filter = [("Filter.1.Name", "tag:a"), ("Filter.1.Value.1", "1")];
    let mut empty = false;
    for _ in 0..5 {
        empty |= client.ec2("DescribeVpcs", &filter).await.good().texts("vpcId").is_empty();
    }
    assert!(empty);
    let by_id = client.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await.good();
    assert_eq!(by_id.text("key"), "a");
    client.wait(100).await;
    assert_eq!(client.ec2("DescribeVpcs", &filter).await.good().texts("vpcId"), [vpc]);
}

#[tokio::test(start_paused = true)]
async fn buckets_are_per_region_and_action_and_fill_again() {
    let settings = Settings { throttling: true, latency: Span::fixed(0), ..Settings::calm() };
    let client = Client::new(settings);
    let params = [("CidrBlock", "nonsense")];
    for _ in 0..50 {
        assert_eq!(client.ec2("CreateVpc", &params).await.code(), "InvalidParameterValue");
    }
    let refused = client.ec2("CreateVpc", &params).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "RequestLimitExceeded"));
    client.ec2("CreateInternetGateway", &[]).await.good();
    client.wait(1).await;
    for _ in 0..5 {
        assert_eq!(client.ec2("CreateVpc", &params).await.code(), "InvalidParameterValue");
    }
    assert_eq!(client.ec2("CreateVpc", &params).await.code(), "RequestLimitExceeded");
    let elsewhere = Client { region: "eu-north-1", ..client };
    assert_eq!(elsewhere.ec2("CreateVpc", &params).await.code(), "InvalidParameterValue");
}
