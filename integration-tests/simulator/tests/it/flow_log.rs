//! Flow logs, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html> and its
//! sisters.

use std::fmt::Write as _;

use clctl_simulator::{Settings, Span};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const GROUP: &str = "/flows/one";
const SERVICE: &str = "vpc-flow-logs.amazonaws.com";

fn answering(fact: &str, answer: u64) -> Client {
    let mut settings = Settings::calm();
    settings.disputes.insert(fact.to_owned(), answer);
    Client::new(settings)
}

async fn iam(client: &Client, action: &str, params: &[(&str, &str)]) -> Answer {
    let mut form = format!("Action={action}&Version=2010-05-08");
    for (name, value) in params {
        let set = percent_encoding::NON_ALPHANUMERIC;
        write!(form, "&{name}={}", percent_encoding::utf8_percent_encode(value, set)).unwrap();
    }
    let kind = "application/x-www-form-urlencoded";
    client.send("iam", kind, None, form).await.unwrap().good()
}

async fn logs(client: &Client, operation: &str, body: Value) -> Value {
    let target = format!("Logs_20140328.{operation}");
    let kind = "application/x-amz-json-1.1";
    let answer = client.send("logs", kind, Some(&target), body.to_string()).await.unwrap().good();
    serde_json::from_str(&answer.body).unwrap_or_default()
}

/// The names of all log groups, and the retention of the first.
async fn groups(client: &Client) -> (Vec<String>, Option<i64>) {
    let all = logs(client, "DescribeLogGroups", json!({})).await;
    let all = all["logGroups"].as_array().unwrap();
    let names = all.iter().map(|it| it["logGroupName"].as_str().unwrap().to_owned()).collect();
    (names, all.first().and_then(|it| it["retentionInDays"].as_i64()))
}

/// A role that trusts a service and may do some things with logs.
async fn role(client: &Client, name: &str, service: &str, actions: &[&str]) -> String {
    role_when(client, name, service, json!({}), actions).await
}

/// A role that trusts a service under a condition.
async fn role_when(
    client: &Client,
    name: &str,
    service: &str,
    condition: Value,
    actions: &[&str],
) -> String {
    let mut allowed = json!({
        "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole",
    });
    if condition != json!({}) {
        allowed["Condition"] = condition;
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [allowed] });
    let params = [("RoleName", name), ("AssumeRolePolicyDocument", &*trust.to_string())];
    let arn = iam(client, "CreateRole", &params).await.text("Arn");
    if !actions.is_empty() {
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": actions, "Resource": "*" },
        ] });
        let policy = policy.to_string();
        let params = [("RoleName", name), ("PolicyName", "deliver"), ("PolicyDocument", &*policy)];
        iam(client, "PutRolePolicy", &params).await;
    }
    arn
}

const ALL_ACTIONS: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

async fn good_role(client: &Client) -> String {
    role(client, "flows", SERVICE, ALL_ACTIONS).await
}

/// A VPC with something in it that talks.
async fn busy_vpc(client: &Client) -> String {
    let vpc = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    client.interface(&subnet).await;
    vpc
}

async fn create(client: &Client, vpc: &str, role: &str, more: &[(&str, &str)]) -> Answer {
    let mut params = vec![
        ("ResourceType", "VPC"),
        ("ResourceId.1", vpc),
        ("TrafficType", "ALL"),
        ("LogGroupName", GROUP),
        ("DeliverLogsPermissionArn", role),
    ];
    for (name, value) in more {
        params.retain(|it| it.0 != *name);
        params.push((name, value));
    }
    params.retain(|it| !it.1.is_empty());
    client.ec2("CreateFlowLogs", &params).await
}

/// The id of the one flow log an answer made.
fn made(answer: &Answer) -> String {
    let ids = answer.body.split("<flowLogIdSet>").nth(1).unwrap();
    ids.split("<item>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn seen(client: &Client, id: &str) -> Answer {
    client.ec2("DescribeFlowLogs", &[("FlowLogId.1", id)]).await
}

#[tokio::test(start_paused = true)]
async fn a_flow_log_delivers_after_a_while_and_makes_its_group() {
    let client = Client::calm();
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let tags = [
        ("TagSpecification.1.ResourceType", "vpc-flow-log"),
        ("TagSpecification.1.Tag.1.Key", "team"),
        ("TagSpecification.1.Tag.1.Value", "nodes"),
    ];
    let id = made(&create(&client, &vpc, &role, &tags).await.good());
    assert!(id.starts_with("fl-0"), "{id}");
    let fresh = seen(&client, &id).await.good();
    for (name, value) in [
        ("flowLogStatus", "ACTIVE"),
        ("deliverLogsStatus", ""),
        ("trafficType", "ALL"),
        ("logGroupName", GROUP),
        ("logDestinationType", "cloud-watch-logs"),
        ("logDestination", "arn:aws:logs:us-east-1:123456789012:log-group:/flows/one"),
        ("maxAggregationInterval", "600"),
        ("deliverLogsPermissionArn", &role),
        ("resourceId", &vpc),
        ("value", "nodes"),
    ] {
        assert_eq!(fresh.text(name), value, "{name}");
    }
    assert!(fresh.text("logFormat").starts_with("${version} ${account-id}"));
    assert!(groups(&client).await.0.is_empty());
    client.wait(900).await;
    assert_eq!(seen(&client, &id).await.text("deliverLogsStatus"), "SUCCESS");
    assert_eq!(groups(&client).await.0, [GROUP]);
    let of = [("Filter.1.Name", "deliver-log-status"), ("Filter.1.Value.1", "SUCCESS")];
    let found = client.ec2("DescribeFlowLogs", &of).await.good();
    assert_eq!(found.texts("flowLogId"), [&*id]);
}

/// <https://github.com/hashicorp/terraform/issues/14750>
#[tokio::test(start_paused = true)]
async fn a_group_that_is_deleted_too_early_comes_back_bare() {
    let client = Client::calm();
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    logs(&client, "CreateLogGroup", json!({ "logGroupName": GROUP })).await;
    let keep = json!({ "logGroupName": GROUP, "retentionInDays": 30 });
    logs(&client, "PutRetentionPolicy", keep).await;
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    client.wait(900).await;
    assert_eq!(groups(&client).await, (vec![GROUP.to_owned()], Some(30)));
    client.ec2("DeleteFlowLogs", &[("FlowLogId.1", &id)]).await.good();
    assert_eq!(seen(&client, &id).await.code(), "InvalidFlowLogId.NotFound");
    client.wait(60).await;
    logs(&client, "DeleteLogGroup", json!({ "logGroupName": GROUP })).await;
    client.wait(600).await;
    assert_eq!(groups(&client).await, (vec![GROUP.to_owned()], None));
    // Once it has ended nothing comes back any more.
    logs(&client, "DeleteLogGroup", json!({ "logGroupName": GROUP })).await;
    client.wait(100_000).await;
    assert!(groups(&client).await.0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_make_groups_brings_none_back() {
    let client = Client::calm();
    let vpc = busy_vpc(&client).await;
    let narrow = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let role = role(&client, "narrow", SERVICE, &narrow).await;
    logs(&client, "CreateLogGroup", json!({ "logGroupName": GROUP })).await;
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    client.wait(900).await;
    assert_eq!(seen(&client, &id).await.text("deliverLogsStatus"), "SUCCESS");
    logs(&client, "DeleteLogGroup", json!({ "logGroupName": GROUP })).await;
    client.wait(900).await;
    let failed = seen(&client, &id).await;
    assert_eq!(failed.text("deliverLogsStatus"), "FAILED");
    assert_eq!(failed.text("deliverLogsErrorMessage"), "Access error");
    client.ec2("DeleteFlowLogs", &[("FlowLogId.1", &id)]).await.good();
    client.wait(900).await;
    assert!(groups(&client).await.0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_nothing_talks_nothing_is_delivered() {
    let client = Client::calm();
    let (vpc, role) = (client.vpc().await, good_role(&client).await);
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    client.wait(5_000).await;
    assert_eq!(seen(&client, &id).await.text("deliverLogsStatus"), "");
    client.ec2("DeleteFlowLogs", &[("FlowLogId.1", &id)]).await.good();
    client.wait(5_000).await;
    assert!(groups(&client).await.0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_role_has_to_be_there_and_to_trust_the_service() {
    let client = Client::calm();
    let vpc = busy_vpc(&client).await;
    let stranger = role(&client, "stranger", "ec2.amazonaws.com", ALL_ACTIONS).await;
    for arn in ["arn:aws:iam::123456789012:role/missing", &*stranger, "nonsense"] {
        let refused = create(&client, &vpc, arn, &[]).await;
        assert_eq!(refused.code(), "InvalidParameter", "{arn}");
        assert!(refused.text("Message").contains("Unable to assume given IAM role"));
    }
    // It may do nothing, which turns out later.
    let poor = role(&client, "poor", SERVICE, &[]).await;
    let id = made(&create(&client, &vpc, &poor, &[]).await.good());
    client.wait(900).await;
    assert_eq!(seen(&client, &id).await.text("deliverLogsErrorMessage"), "Access error");
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
#[tokio::test(start_paused = true)]
async fn a_role_may_trust_the_service_for_flow_logs_of_one_account_and_region_only() {
    let client = Client::calm();
    let vpc = busy_vpc(&client).await;
    let condition = |account: &str, region: &str| {
        let logs = format!("arn:aws:ec2:{region}:{account}:vpc-flow-log/*");
        json!({
            "StringEquals": { "aws:SourceAccount": account },
            "ArnLike": { "aws:SourceArn": logs },
        })
    };
    for (name, account, region) in
        [("of-another", "999999999999", "us-east-1"), ("elsewhere", "123456789012", "eu-west-1")]
    {
        let when = condition(account, region);
        let role = role_when(&client, name, SERVICE, when, ALL_ACTIONS).await;
        let refused = create(&client, &vpc, &role, &[]).await;
        assert_eq!(refused.text("Message"), "Unable to assume given IAM role", "{name}");
    }
    let when = condition("123456789012", "us-east-1");
    let role = role_when(&client, "ours", SERVICE, when, ALL_ACTIONS).await;
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    client.wait(900).await;
    assert_eq!(seen(&client, &id).await.text("deliverLogsStatus"), "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused() {
    let client = Client::calm();
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:x";
    let elsewhere = "arn:aws:logs:eu-west-1:123456789012:log-group:x";
    for (name, value, code) in [
        ("ResourceType", "", "MissingParameter"),
        ("ResourceType", "Vpc", "InvalidParameterValue"),
        ("ResourceType", "TransitGateway", "ClctlSimulatorUnsupported"),
        ("ResourceType", "Subnet", "InvalidSubnetID.Malformed"),
        ("ResourceId.1", "", "MissingParameter"),
        ("ResourceId.1", "vpc-0123456789abcdef0", "InvalidVpcID.NotFound"),
        ("TrafficType", "", "MissingParameter"),
        ("TrafficType", "SOME", "InvalidParameterValue"),
        ("LogGroupName", "", "InvalidParameter"),
        ("LogGroupName", "with space", "InvalidParameter"),
        ("LogDestination", arn, "InvalidParameter"),
        ("DeliverLogsPermissionArn", "", "InvalidParameter"),
        ("LogDestinationType", "s3", "ClctlSimulatorUnsupported"),
        ("LogDestinationType", "nowhere", "InvalidParameterValue"),
        ("LogFormat", "${version}", "ClctlSimulatorUnsupported"),
        ("MaxAggregationInterval", "300", "InvalidParameter"),
        ("DestinationOptions.FileFormat", "parquet", "ClctlSimulatorUnsupported"),
    ] {
        let refused = create(&client, &vpc, &role, &[(name, value)]).await;
        assert_eq!(refused.code(), code, "{name} {value}");
    }
    for (destination, code) in
        [(elsewhere, "InvalidParameter"), (&*format!("{arn}:*"), "InvalidParameter")]
    {
        let named = [("LogGroupName", ""), ("LogDestination", destination)];
        assert_eq!(create(&client, &vpc, &role, &named).await.code(), code, "{destination}");
    }
    assert!(client.ec2("DescribeFlowLogs", &[]).await.good().texts("flowLogId").is_empty());
    let named = [("LogGroupName", ""), ("LogDestination", arn), ("MaxAggregationInterval", "60")];
    let id = made(&create(&client, &vpc, &role, &named).await.good());
    let seen = seen(&client, &id).await;
    assert_eq!((seen.text("logGroupName"), seen.text("logDestination")), ("x".into(), arn.into()));
}

#[tokio::test(start_paused = true)]
async fn disputed_answers_are_given_when_told() {
    let starred = "arn:aws:logs:us-east-1:123456789012:log-group:x:*";
    let client = answering("flow-log-destination-with-star", 1);
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let named = [("LogGroupName", ""), ("LogDestination", starred)];
    let id = made(&create(&client, &vpc, &role, &named).await.good());
    assert_eq!(seen(&client, &id).await.text("logGroupName"), "x");

    let client = answering("flow-log-destination-shown", 1);
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    assert!(!seen(&client, &id).await.body.contains("<logDestination>"));
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:x";
    let named = [("LogGroupName", ""), ("LogDestination", arn)];
    let id = made(&create(&client, &vpc, &role, &named).await.good());
    assert_eq!(seen(&client, &id).await.text("logDestination"), arn);

    let client = answering("flow-log-of-missing-resource", 1);
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let missing = [("ResourceId.2", "vpc-0123456789abcdef0")];
    let answer = create(&client, &vpc, &role, &missing).await.good();
    assert_eq!(answer.text("code"), "InvalidVpcID.NotFound");
    assert_eq!(seen(&client, &made(&answer)).await.text("resourceId"), vpc);
}

#[tokio::test(start_paused = true)]
async fn the_same_again_is_told_in_a_good_answer() {
    let client = Client::calm();
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    let again = create(&client, &vpc, &role, &[("MaxAggregationInterval", "60")]).await.good();
    assert_eq!(
        (again.text("code"), again.text("resourceId")),
        ("FlowLogAlreadyExists".into(), vpc.clone())
    );
    create(&client, &vpc, &role, &[("TrafficType", "REJECT")]).await.good();
    let third = create(&client, &vpc, &role, &[("LogGroupName", "other")]).await.good();
    assert_eq!(third.text("code"), "FlowLogsLimitExceeded");
    client.ec2("DeleteFlowLogs", &[("FlowLogId.1", &id)]).await.good();
    let anew = create(&client, &vpc, &role, &[]).await.good();
    assert!(anew.texts("code").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_makes_one_flow_log() {
    let client = Client::calm();
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let token = ("ClientToken", "one");
    let one = create(&client, &vpc, &role, &[token]).await.good();
    let again = create(&client, &vpc, &role, &[token]).await.good();
    assert_eq!((made(&one), again.text("clientToken")), (made(&again), "one".into()));
    let other = create(&client, &vpc, &role, &[token, ("TrafficType", "REJECT")]).await;
    assert_eq!(other.code(), "IdempotentParameterMismatch");
}

#[tokio::test(start_paused = true)]
async fn subnets_and_interfaces_have_flow_logs_and_lists_have_pages() {
    let client = Client::calm();
    let (vpc, role) = (client.vpc().await, good_role(&client).await);
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let eni = client.interface(&subnet).await;
    for (kind, id) in [("Subnet", &*subnet), ("NetworkInterface", &*eni)] {
        let params = [("ResourceType", kind), ("ResourceId.1", id)];
        create(&client, &vpc, &role, &params).await.good();
        let of = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", id)];
        let found = client.ec2("DescribeFlowLogs", &of).await.good();
        assert_eq!(found.texts("resourceId"), [id]);
    }
    client.simulator.with(|world| world.settings_mut().page = Some(1));
    let first = client.ec2("DescribeFlowLogs", &[]).await.good();
    let next = first.text("nextToken");
    let second = client.ec2("DescribeFlowLogs", &[("NextToken", &next)]).await.good();
    assert_eq!([first.texts("flowLogId"), second.texts("flowLogId")].concat().len(), 2);
    let tag =
        [("ResourceId.1", &*first.text("flowLogId")), ("Tag.1.Key", "a"), ("Tag.1.Value", "b")];
    client.ec2("CreateTags", &tag).await.good();
    let of = [("Filter.1.Name", "tag:a"), ("Filter.1.Value.1", "b")];
    let found = client.ec2("DescribeFlowLogs", &of).await.good();
    assert_eq!(found.text("flowLogId"), first.text("flowLogId"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deleted_is_told_in_a_good_answer() {
    let client = Client::calm();
    let (vpc, role) = (busy_vpc(&client).await, good_role(&client).await);
    let id = made(&create(&client, &vpc, &role, &[]).await.good());
    let missing = "fl-0123456789abcdef0";
    let both = [("FlowLogId.1", missing), ("FlowLogId.2", &*id)];
    let told = client.ec2("DeleteFlowLogs", &both).await.good();
    assert_eq!(
        (told.texts("code"), told.texts("resourceId")),
        (vec!["InvalidFlowLogId.NotFound".into()], vec![missing.into()])
    );
    assert!(client.ec2("DescribeFlowLogs", &[]).await.texts("flowLogId").is_empty());
    let malformed = client.ec2("DeleteFlowLogs", &[("FlowLogId.1", "nonsense")]).await;
    assert_eq!(malformed.code(), "InvalidFlowLogId.Malformed");
    assert_eq!(client.ec2("DeleteFlowLogs", &[]).await.code(), "MissingParameter");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
#[tokio::test(start_paused = true)]
async fn a_role_may_be_too_new_for_the_service() {
    let mut settings = Settings::calm();
    settings.lag.by_id = Span::fixed(60_000);
    settings.lag.dependents = true;
    let client = Client::new(settings);
    let vpc = client.vpc().await;
    client.wait(100).await;
    let role = role(&client, "flows", SERVICE, &[]).await;
    let refused = create(&client, &vpc, &role, &[]).await;
    assert_eq!(refused.text("Message"), "Unable to assume given IAM role");
    client.wait(100).await;
    create(&client, &vpc, &role, &[]).await.good();
}
