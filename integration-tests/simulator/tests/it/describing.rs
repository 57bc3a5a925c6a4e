//! What all Describe calls have in common: ids, filters, pages, dry runs.

use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn ids_are_malformed_or_unknown_and_one_fails_all() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    for (id, code) in [
        ("vpc-nonsense", "InvalidVpcID.Malformed"),
        ("subnet-0123456789abcdef0", "InvalidVpcID.Malformed"),
        ("vpc-0123456789abcdef0", "InvalidVpcID.NotFound"),
        ("vpc-01234567", "InvalidVpcID.NotFound"),
    ] {
        let both = [("VpcId.1", vpc.as_str()), ("VpcId.2", id)];
        assert_eq!(client.ec2("DescribeVpcs", &both).await.code(), code, "{id}");
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
#[tokio::test(start_paused = true)]
async fn filters_are_known_and_their_values_need_not_be() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let tags = [("ResourceId.1", vpc.as_str()), ("Tag.1.Key", "team"), ("Tag.1.Value", "one")];
    client.ec2("CreateTags", &tags).await.good();
    let found = async |name: &str, values: &[&str]| {
        let mut all = vec![("Filter.1.Name".to_owned(), name.to_owned())];
        for (value, number) in values.iter().zip(1..) {
            all.push((format!("Filter.1.Value.{number}"), (*value).to_owned()));
        }
        let all: Vec<_> = all.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        client.ec2("DescribeVpcs", &all).await
    };
    for (name, value, count) in [
        ("tag:team", "o?e", 1),
        ("tag:team", "*", 1),
        ("tag:team", "One", 0),
        ("tag-key", "te*", 1),
        ("tag-value", "one", 1),
        ("cidr", "10.0.0.0/16", 1),
        ("is-default", "true", 1),
        ("vpc-id", "vpc-0123456789abcdef0", 0),
        ("ipv6-cidr-block-association.state", "associated", 0),
    ] {
        let answer = found(name, &[value]).await.good();
        assert_eq!(answer.texts("vpcId").len(), count, "{name}={value}");
    }
    assert_eq!(found("cidr", &["10.0.0.0/16", "172.31.0.0/16"]).await.texts("vpcId").len(), 2);
    let unknown = found("nonsense", &["x"]).await;
    assert_eq!(unknown.code(), "InvalidParameterValue");
    assert_eq!(unknown.text("Message"), "The filter 'nonsense' is invalid");
    let many = vec!["x"; 201];
    assert_eq!(found("cidr", &many).await.code(), "FilterLimitExceeded");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>: 5 to 100.
#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_and_tokens_are_good_for_their_own_request() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    for _ in 0..11 {
        client.ec2("CreateRouteTable", &[("VpcId", &vpc)]).await.good();
    }
    let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let mut page = vec![of[0], of[1], ("MaxResults", "5")];
        if !token.is_empty() {
            page.push(("NextToken", &token));
        }
        let answer = client.ec2("DescribeRouteTables", &page).await.good();
        let seen: std::collections::BTreeSet<_> =
            answer.texts("routeTableId").into_iter().collect();
        assert!(seen.len() <= 5);
        all.extend(seen);
        let next = answer.text("nextToken");
        if next.is_empty() {
            break;
        }
        let elsewhere = client.ec2("DescribeRouteTables", &[("NextToken", &next)]).await;
        assert_eq!(elsewhere.code(), "InvalidNextToken");
        token = next;
    }
    assert_eq!(all.len(), 12);
    for (size, code) in [("4", "InvalidParameterValue"), ("101", "InvalidParameterValue")] {
        let refused = client.ec2("DescribeRouteTables", &[("MaxResults", size)]).await;
        assert_eq!(refused.code(), code);
    }
    client.ec2("DescribeVpcs", &[("MaxResults", "1000")]).await.good();
    let garbled = client.ec2("DescribeVpcs", &[("NextToken", "zz")]).await;
    assert_eq!(garbled.code(), "InvalidNextToken");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>
#[tokio::test(start_paused = true)]
async fn a_dry_run_changes_nothing_and_says_what_would_be() {
    let client = Client::calm();
    let dry = [("CidrBlock", "10.0.0.0/16"), ("DryRun", "true")];
    let answer = client.ec2("CreateVpc", &dry).await;
    assert_eq!((answer.status, answer.code().as_str()), (412, "DryRunOperation"));
    let broken = client.ec2("CreateVpc", &[("CidrBlock", "x"), ("DryRun", "true")]).await;
    assert_eq!(broken.code(), "InvalidParameterValue");
    let read = client.ec2("DescribeVpcs", &[("DryRun", "true")]).await;
    assert_eq!(read.code(), "DryRunOperation");
    assert_eq!(client.ec2("DescribeVpcs", &[]).await.texts("vpcId").len(), 1);
    client.simulator.with(|world| world.settings_mut().denied.push("ec2:CreateVpc".to_owned()));
    assert_eq!(client.ec2("CreateVpc", &dry).await.code(), "UnauthorizedOperation");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_modelled_is_a_loud_failure_without_effect() {
    let client = Client::calm();
    let operation = client.ec2("CreateVolume", &[]).await;
    assert_eq!((operation.status, operation.code().as_str()), (501, "ClctlSimulatorUnsupported"));
    assert!(operation.text("Message").contains("ec2:CreateVolume"));
    let params = [("CidrBlock", "10.0.0.0/16"), ("Ipv4IpamPoolId", "x")];
    let parameter = client.ec2("CreateVpc", &params).await;
    assert_eq!(parameter.code(), "ClctlSimulatorUnsupported");
    assert!(parameter.text("Message").contains("Ipv4IpamPoolId"));
    assert_eq!(client.ec2("DescribeVpcs", &[]).await.texts("vpcId").len(), 1);
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>
#[tokio::test(start_paused = true)]
async fn zones_have_their_real_names() {
    let client = Client { region: "ap-northeast-1", ..Client::calm() };
    let zones = client.ec2("DescribeAvailabilityZones", &[]).await.good();
    let names = ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"];
    assert_eq!(zones.texts("zoneName"), names);
    let unknown = [("ZoneName.1", "ap-northeast-1b")];
    let refused = client.ec2("DescribeAvailabilityZones", &unknown).await;
    assert_eq!(refused.code(), "InvalidParameterValue");
    let other = Client { region: "xx-north-9", ..client };
    let zones = other.ec2("DescribeAvailabilityZones", &[]).await.good();
    assert_eq!(zones.texts("zoneName").len(), 3);
}
