//! What is tagged, after
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>.

use clctl_simulator::{Lag, Settings, Span};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

fn arns(answer: &Answer) -> Vec<String> {
    let all = answer.value()["ResourceTagMappingList"].as_array().unwrap().clone();
    all.iter().map(|it| it["ResourceARN"].as_str().unwrap().to_owned()).collect()
}

async fn secret(client: &Client, name: &str, key: &str) -> String {
    let body = json!({ "Name": name, "Tags": [{ "Key": key, "Value": name }] });
    let made = client.secrets("CreateSecret", body).await.good();
    made.value()["ARN"].as_str().unwrap().to_owned()
}

async fn tag_vpc(client: &Client, vpc: &str, key: &str) {
    let tag = [("ResourceId.1", vpc), ("Tag.1.Key", key), ("Tag.1.Value", "1")];
    client.ec2("CreateTags", &tag).await.good();
}

#[tokio::test(start_paused = true)]
async fn resources_of_every_service_are_found_by_tag_and_type() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    tag_vpc(&client, &vpc, "env").await;
    let one = secret(&client, "one", "env").await;
    let two = secret(&client, "two", "other").await;
    let put = json!({
        "Name": "/a/b", "Value": "1", "Type": "String", "Tags": [{ "Key": "env", "Value": "x" }],
    });
    client.ssm("PutParameter", put).await.good();
    let group = json!({ "logGroupName": "/a/b", "tags": { "group": "1" } });
    client.logs("CreateLogGroup", group).await.good();
    let key = json!({ "Tags": [{ "TagKey": "key", "TagValue": "1" }] });
    let key = client.kms("CreateKey", key).await.good().value()["KeyMetadata"]["Arn"].clone();
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:/a/b".to_owned();
    let key = key.as_str().unwrap().to_owned();
    let vpc = format!("arn:aws:ec2:us-east-1:123456789012:vpc/{vpc}");
    let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/a/b".to_owned();
    let found = async |body: Value| arns(&client.tagging("GetResources", body).await.good());
    let env = [vpc.clone(), one.clone(), parameter];
    assert_eq!(found(json!({ "TagFilters": [{ "Key": "env" }] })).await, env);
    for (body, expected) in [
        (json!({ "ResourceTypeFilters": ["secretsmanager:secret"] }), vec![&one, &two]),
        (json!({ "ResourceTypeFilters": ["secretsmanager"] }), vec![&one, &two]),
        (json!({ "ResourceTypeFilters": ["ec2:vpc"] }), vec![&vpc]),
        (json!({ "ResourceTypeFilters": ["logs:log-group", "kms:key"] }), vec![&key, &group]),
        (json!({ "ResourceTypeFilters": ["ec2:subnet"] }), vec![]),
        (json!({ "TagFilters": [{ "Key": "env", "Values": ["1", "2"] }] }), vec![&vpc]),
        (json!({ "TagFilters": [{ "Key": "env" }, { "Key": "other" }] }), vec![]),
        (json!({ "ResourceARNList": [&two, "arn:aws:sns:us-east-1:1:x"] }), vec![&two]),
    ] {
        assert_eq!(found(body.clone()).await.iter().collect::<Vec<_>>(), expected, "{body}");
    }
    let keys = client.tagging("GetTagKeys", json!({})).await.good().value();
    assert_eq!(keys["TagKeys"], json!(["env", "group", "key", "other"]));
    let values = client.tagging("GetTagValues", json!({ "Key": "env" })).await.good().value();
    assert_eq!(values["TagValues"], json!(["1", "one", "x"]));
}

#[tokio::test(start_paused = true)]
async fn what_had_a_tag_is_listed_without_and_what_never_had_one_is_not() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    client.vpc().await;
    assert!(arns(&client.tagging("GetResources", json!({})).await.good()).is_empty());
    tag_vpc(&client, &vpc, "a").await;
    client.ec2("DeleteTags", &[("ResourceId.1", &vpc), ("Tag.1.Key", "a")]).await.good();
    let listed = client.tagging("GetResources", json!({})).await.good();
    assert!(matches!(arns(&listed).as_slice(), [one] if one.ends_with(&vpc)));
    assert_eq!(listed.value()["ResourceTagMappingList"][0]["Tags"], json!([]));
    client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
    assert!(arns(&client.tagging("GetResources", json!({})).await.good()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_for_a_quarter_of_an_hour() {
    let client = Client::calm();
    for name in ["a", "b", "c"] {
        secret(&client, name, "k").await;
    }
    let page = client.tagging("GetResources", json!({ "ResourcesPerPage": 2 })).await.good();
    assert_eq!(arns(&page).len(), 2);
    let next = json!({ "ResourcesPerPage": 2, "PaginationToken": page.value()["PaginationToken"] });
    let rest = client.tagging("GetResources", next.clone()).await.good();
    assert_eq!((arns(&rest).len(), &rest.value()["PaginationToken"]), (1, &json!("")));
    client.wait(16 * 60).await;
    let late = client.tagging("GetResources", next).await;
    assert_eq!(late.kind(), "PaginationTokenExpiredException");
    let other = json!({ "PaginationToken": "x" });
    let wrong = client.tagging("GetResources", other).await;
    assert_eq!(wrong.kind(), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn a_page_holds_only_so_many_tags() {
    let client = Client::calm();
    let tags: Vec<_> = (0..40).map(|it| json!({ "Key": format!("k{it}"), "Value": "" })).collect();
    for name in ["a", "b", "c"] {
        let body = json!({ "Name": name, "Tags": tags });
        client.secrets("CreateSecret", body).await.good();
    }
    let page = client.tagging("GetResources", json!({ "TagsPerPage": 100 })).await.good();
    assert_eq!(arns(&page).len(), 2);
    assert_ne!(page.value()["PaginationToken"], "");
}

#[tokio::test(start_paused = true)]
async fn a_list_of_arns_stands_alone() {
    let client = Client::calm();
    let arn = secret(&client, "a", "k").await;
    for (member, value) in [
        ("TagFilters", json!([{ "Key": "k" }])),
        ("ResourceTypeFilters", json!(["secretsmanager"])),
        ("ResourcesPerPage", json!(10)),
        ("ResourceARNList", json!(vec![&arn; 101])),
        ("ResourceARNList", json!(["nonsense"])),
    ] {
        let mut body = json!({ "ResourceARNList": [&arn] });
        body[member] = value;
        let refused = client.tagging("GetResources", body).await;
        assert_eq!(refused.kind(), "InvalidParameterException", "{member}");
    }
    let elsewhere = json!({ "ResourceTypeFilters": ["redshift:cluster"] });
    let unknown = client.tagging("GetResources", elsewhere).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (501, "ClctlSimulatorUnsupported"));
}

#[tokio::test(start_paused = true)]
async fn the_tagging_api_lags_as_lists_do() {
    let lag = Lag { by_id: Span::fixed(0), listed: Span::seconds(100, 100), dependents: false };
    let client = Client::new(Settings { lag, ..Settings::calm() });
    secret(&client, "a", "k").await;
    let mut seen = 0;
    for _ in 0..20 {
        seen += arns(&client.tagging("GetResources", json!({})).await.good()).len();
    }
    assert!(seen < 20, "{seen}");
    client.wait(100).await;
    assert_eq!(arns(&client.tagging("GetResources", json!({})).await.good()).len(), 1);
}

/// What is asked of an alarm itself is new, and what is listed of it may be old.
#[tokio::test(start_paused = true)]
async fn tags_of_an_alarm_are_listed_as_they_were() {
    let lag = Lag { by_id: Span::fixed(0), listed: Span::fixed(60_000), dependents: false };
    let client = Client::new(Settings { lag, ..Settings::calm() });
    let alarm = json!({
        "AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold",
        "Tags": [{ "Key": "k", "Value": "old" }],
    });
    client.cloudwatch("PutMetricAlarm", alarm).await.good();
    client.wait(60).await;
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a";
    let tag = json!({ "ResourceARN": arn, "Tags": [{ "Key": "k", "Value": "new" }] });
    client.cloudwatch("TagResource", tag).await.good();
    let listed = async || {
        let body = json!({ "ResourceTypeFilters": ["cloudwatch:alarm"] });
        let told = client.tagging("GetResources", body).await.good().value();
        let found = &told["ResourceTagMappingList"][0];
        assert_eq!(found["ResourceARN"], arn);
        found["Tags"][0]["Value"].as_str().unwrap().to_owned()
    };
    let body = json!({ "ResourceARN": arn });
    let told = client.cloudwatch("ListTagsForResource", body).await.good().value();
    assert_eq!(told["Tags"][0]["Value"], "new");
    let mut old = 0;
    for _ in 0..20 {
        old += u32::from(listed().await == "old");
    }
    assert!(old > 0, "some replica is behind");
    client.wait(60).await;
    assert_eq!(listed().await, "new");
}
