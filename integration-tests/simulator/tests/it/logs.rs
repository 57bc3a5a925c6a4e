//! Log groups, after
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html> and
//! its sisters.

use clctl_simulator::{Durations, Lag, Quotas, Settings, Span};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const INVALID: &str = "InvalidParameterException";
const NOT_FOUND: &str = "ResourceNotFoundException";

async fn create(client: &Client, name: &str) -> Answer {
    client.logs("CreateLogGroup", json!({ "logGroupName": name })).await
}

/// The one group of that name, by prefix as clients look it up.
async fn group(client: &Client, name: &str) -> Value {
    let found = client.logs("DescribeLogGroups", json!({ "logGroupNamePrefix": name })).await;
    let all = found.good().value()["logGroups"].as_array().unwrap().clone();
    all.into_iter().find(|it| it["logGroupName"] == name).unwrap_or_default()
}

fn names(answer: &Answer) -> Vec<String> {
    let all = answer.value()["logGroups"].as_array().unwrap().clone();
    all.iter().map(|it| it["logGroupName"].as_str().unwrap().to_owned()).collect()
}

fn arn(name: &str) -> String {
    format!("arn:aws:logs:us-east-1:123456789012:log-group:{name}")
}

/// A key whose policy lets CloudWatch Logs use it for groups below `/clctl/`.
async fn key(client: &Client) -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
                "Action": "kms:*", "Resource": "*",
            },
            {
                "Effect": "Allow", "Principal": { "Service": "logs.us-east-1.amazonaws.com" },
                "Action": [
                    "kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                    "kms:Describe*",
                ],
                "Resource": "*",
                "Condition": {
                    "ArnLike": { "kms:EncryptionContext:aws:logs:arn": arn("/clctl/*") },
                },
            },
        ],
    });
    let made = client.kms("CreateKey", json!({ "Policy": policy.to_string() })).await.good();
    made.value()["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_group_is_made_once_and_shows_both_its_arns() {
    let client = Client::calm();
    create(&client, "/clctl/a").await.good();
    let again = create(&client, "/clctl/a").await;
    assert_eq!((again.status, again.kind().as_str()), (400, "ResourceAlreadyExistsException"));
    let shown = group(&client, "/clctl/a").await;
    assert_eq!(shown["arn"], format!("{}:*", arn("/clctl/a")));
    assert_eq!(shown["logGroupArn"], arn("/clctl/a"));
    assert_eq!(shown["logGroupClass"], "STANDARD");
    assert_eq!(shown["deletionProtectionEnabled"], false);
    assert_eq!((&shown["retentionInDays"], &shown["kmsKeyId"]), (&Value::Null, &Value::Null));
    for (name, kind) in
        [("", INVALID), ("a b", INVALID), ("aws/x", INVALID), (&"x".repeat(513), INVALID)]
    {
        assert_eq!(create(&client, name).await.kind(), kind, "{name}");
    }
    let rare = json!({ "logGroupName": "b", "logGroupClass": "INFREQUENT_ACCESS" });
    assert_eq!(client.logs("CreateLogGroup", rare).await.kind(), "ClctlSimulatorUnsupported");
    assert_eq!(client.logs("CreateLogGroup", json!({})).await.kind(), INVALID);
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
#[tokio::test(start_paused = true)]
async fn retention_has_its_numbers_of_days() {
    let client = Client::calm();
    create(&client, "a").await.good();
    let put = async |name: &str, days: i64| {
        let body = json!({ "logGroupName": name, "retentionInDays": days });
        client.logs("PutRetentionPolicy", body).await
    };
    for days in [0, 2, 31, 364, 3654, -1] {
        assert_eq!(put("a", days).await.kind(), INVALID, "{days}");
    }
    assert_eq!(put("b", 30).await.kind(), NOT_FOUND);
    for days in [1, 30, 3653] {
        put("a", days).await.good();
        assert_eq!(group(&client, "a").await["retentionInDays"], days);
    }
    for _ in 0..2 {
        client.logs("DeleteRetentionPolicy", json!({ "logGroupName": "a" })).await.good();
        assert_eq!(group(&client, "a").await["retentionInDays"], Value::Null);
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
#[tokio::test(start_paused = true)]
async fn a_key_has_to_be_there_enabled_and_open_to_the_service() {
    let client = Client::calm();
    let key = key(&client).await;
    let with = async |name: &str, key: &str| {
        let body = json!({ "logGroupName": name, "kmsKeyId": key });
        client.logs("CreateLogGroup", body).await
    };
    with("/clctl/a", &key).await.good();
    assert_eq!(group(&client, "/clctl/a").await["kmsKeyId"], key);
    let plain = client.kms("CreateKey", json!({})).await.good().value();
    let plain = plain["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let id = key.rsplit('/').next().unwrap();
    let missing = key.replace(id, "00000000-0000-4000-8000-000000000000");
    for (name, key) in
        [("/other", &key), ("/clctl/b", &plain), ("/clctl/b", &missing), ("/clctl/b", &id.into())]
    {
        let refused = with(name, key).await;
        assert_eq!(refused.kind(), INVALID, "{name} {key}");
        let text = format!(
            "The specified KMS key does not exist or is not allowed to be used with Arn '{}'",
            arn(name)
        );
        assert!(refused.body.contains(&text), "{}", refused.body);
    }
    create(&client, "/clctl/b").await.good();
    let by_name = json!({ "logGroupName": "/clctl/b", "kmsKeyId": key });
    client.logs("AssociateKmsKey", by_name.clone()).await.good();
    assert_eq!(group(&client, "/clctl/b").await["kmsKeyId"], key);
    let by_arn = json!({ "resourceIdentifier": arn("/clctl/b") });
    client.logs("DisassociateKmsKey", by_arn.clone()).await.good();
    assert_eq!(group(&client, "/clctl/b").await["kmsKeyId"], Value::Null);
    let mut both = by_name.clone();
    both["resourceIdentifier"] = json!(arn("/clctl/b"));
    assert_eq!(client.logs("AssociateKmsKey", both).await.kind(), INVALID);
    client.kms("DisableKey", json!({ "KeyId": key })).await.good();
    assert_eq!(client.logs("AssociateKmsKey", by_name).await.kind(), INVALID);
}

#[tokio::test(start_paused = true)]
async fn groups_are_found_by_prefix_part_and_name() {
    let client = Client::calm();
    for name in ["/clctl/b", "/clctl/a", "/clctl/a/x", "other"] {
        create(&client, name).await.good();
    }
    let describe = async |body: Value| client.logs("DescribeLogGroups", body).await;
    for (body, expected) in [
        (json!({}), vec!["/clctl/a", "/clctl/a/x", "/clctl/b", "other"]),
        (json!({ "logGroupNamePrefix": "/clctl/a" }), vec!["/clctl/a", "/clctl/a/x"]),
        (json!({ "logGroupNamePattern": "the" }), vec!["other"]),
        (
            json!({ "logGroupIdentifiers": ["other", "nope", "/clctl/a"] }),
            vec!["/clctl/a", "other"],
        ),
        (json!({ "logGroupNamePrefix": "nope" }), vec![]),
    ] {
        assert_eq!(names(&describe(body.clone()).await.good()), expected, "{body}");
    }
    let part = describe(json!({ "logGroupNamePattern": "the" })).await.value();
    let members: Vec<_> = part["logGroups"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["arn", "creationTime", "logGroupName"]);
    for wrong in [
        json!({ "logGroupNamePrefix": "a", "logGroupNamePattern": "b" }),
        json!({ "logGroupIdentifiers": ["a"], "limit": 1 }),
        json!({ "limit": 51 }),
        json!({ "limit": 0 }),
        json!({ "nextToken": "x" }),
    ] {
        assert_eq!(describe(wrong.clone()).await.kind(), INVALID, "{wrong}");
    }
    let page = describe(json!({ "limit": 3 })).await.good();
    let next = json!({ "limit": 3, "nextToken": page.value()["nextToken"] });
    let rest = describe(next).await.good();
    assert_eq!((names(&page).len(), names(&rest)), (3, vec!["other".to_owned()]));
    assert_eq!(rest.value()["nextToken"], Value::Null);
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html>
#[tokio::test(start_paused = true)]
async fn groups_are_listed_by_their_tags() {
    let client = Client::calm();
    for (name, env) in [("/clctl/a", "prod-one"), ("/clctl/b", "test"), ("other", "prod-two")] {
        let body = json!({ "logGroupName": name, "tags": { "env": env } });
        client.logs("CreateLogGroup", body).await.good();
    }
    for (body, expected) in [
        (json!({ "logGroupTags": [{ "key": "env" }] }), vec!["/clctl/a", "/clctl/b", "other"]),
        (
            json!({ "logGroupTags": [{ "key": "env", "values": ["PROD*"] }] }),
            vec!["/clctl/a", "other"],
        ),
        (
            json!({ "logGroupTags": [{ "key": "env", "values": ["!test"] }] }),
            vec!["/clctl/a", "other"],
        ),
        (json!({ "logGroupTags": [{ "key": "env", "values": ["Test"] }] }), vec![]),
        (json!({ "logGroupNamePattern": "^/clctl|the" }), vec!["/clctl/a", "/clctl/b", "other"]),
        (json!({ "logGroupNamePattern": "^the" }), vec![]),
    ] {
        let listed = client.logs("ListLogGroups", body.clone()).await.good();
        assert_eq!(names(&listed), expected, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn tags_are_kept_under_the_arn_without_the_star() {
    let client = Client::calm();
    let body = json!({ "logGroupName": "a", "tags": { "env": "one" } });
    client.logs("CreateLogGroup", body).await.good();
    let on = |arn: &str| json!({ "resourceArn": arn });
    let mut more = on(&arn("a"));
    more["tags"] = json!({ "k": "v" });
    client.logs("TagResource", more).await.good();
    let list = async |arn: &str| client.logs("ListTagsForResource", on(arn)).await;
    assert_eq!(list(&arn("a")).await.good().value()["tags"], json!({ "env": "one", "k": "v" }));
    let mut fewer = on(&arn("a"));
    fewer["tagKeys"] = json!(["env", "absent"]);
    client.logs("UntagResource", fewer).await.good();
    assert_eq!(list(&arn("a")).await.good().value()["tags"], json!({ "k": "v" }));
    assert_eq!(list(&format!("{}:*", arn("a"))).await.kind(), INVALID);
    assert_eq!(list("a").await.kind(), INVALID);
    assert_eq!(list(&arn("b")).await.kind(), NOT_FOUND);
    let fifty: serde_json::Map<_, _> = (0..50).map(|it| (format!("t{it}"), json!(""))).collect();
    let mut many = on(&arn("a"));
    many["tags"] = Value::Object(fifty);
    assert_eq!(client.logs("TagResource", many).await.kind(), "TooManyTagsException");
    let mut reserved = on(&arn("a"));
    reserved["tags"] = json!({ "aws:x": "1" });
    assert_eq!(client.logs("TagResource", reserved).await.kind(), INVALID);
}

#[tokio::test(start_paused = true)]
async fn a_protected_group_is_not_deleted() {
    let client = Client::calm();
    let body = json!({ "logGroupName": "a", "deletionProtectionEnabled": true });
    client.logs("CreateLogGroup", body).await.good();
    let named = json!({ "logGroupName": "a" });
    let refused = client.logs("DeleteLogGroup", named.clone()).await;
    assert_eq!(refused.kind(), "ValidationException");
    let off = json!({ "logGroupIdentifier": arn("a"), "deletionProtectionEnabled": false });
    client.logs("PutLogGroupDeletionProtection", off).await.good();
    client.logs("DeleteLogGroup", named.clone()).await.good();
    assert_eq!(client.logs("DeleteLogGroup", named).await.kind(), NOT_FOUND);
    assert_eq!(group(&client, "a").await, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn changes_of_one_group_come_one_after_the_other() {
    let durations = Durations { log_group_change: Span::fixed(3_000), ..Durations::default() };
    let client = Client::new(Settings { durations, ..Settings::calm() });
    create(&client, "a").await.good();
    create(&client, "b").await.good();
    let body = json!({ "logGroupName": "a", "retentionInDays": 30 });
    let early = client.logs("PutRetentionPolicy", body.clone()).await;
    assert_eq!((early.status, early.kind().as_str()), (400, "OperationAbortedException"));
    client.wait(3).await;
    client.logs("PutRetentionPolicy", body).await.good();
}

#[tokio::test(start_paused = true)]
async fn groups_lag_and_have_a_quota() {
    let lag = Lag { by_id: Span::fixed(0), listed: Span::seconds(100, 100), dependents: false };
    let quotas = Quotas { log_groups: 1, ..Quotas::default() };
    let client = Client::new(Settings { lag, quotas, ..Settings::calm() });
    create(&client, "a").await.good();
    let mut unseen = 0;
    for _ in 0..20 {
        unseen += u32::from(group(&client, "a").await == Value::Null);
    }
    assert!(unseen > 0);
    client.logs("ListTagsForResource", json!({ "resourceArn": arn("a") })).await.good();
    assert_eq!(create(&client, "b").await.kind(), "LimitExceededException");
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
#[tokio::test(start_paused = true)]
async fn events_are_put_and_found_again() {
    let client = Client::calm();
    create(&client, "a").await.good();
    for stream in ["s1", "s2"] {
        let body = json!({ "logGroupName": "a", "logStreamName": stream });
        client.logs("CreateLogStream", body.clone()).await.good();
        let again = client.logs("CreateLogStream", body).await;
        assert_eq!(again.kind(), "ResourceAlreadyExistsException");
    }
    let now = client.simulator.with(|world| world.now()).as_millis();
    let day = 24 * 3600 * 1000;
    let put = async |stream: &str, events: &[(u64, &str)]| {
        let events: Vec<_> =
            events.iter().map(|it| json!({ "timestamp": it.0, "message": it.1 })).collect();
        let body = json!({ "logGroupName": "a", "logStreamName": stream, "logEvents": events });
        client.logs("PutLogEvents", body).await
    };
    put("s1", &[(now - 20, "one"), (now - 10, "two ERROR"), (now, "three")]).await.good();
    put("s2", &[(now - 15, "four ERROR")]).await.good();
    assert_eq!(put("s1", &[(now, "x"), (now - 1, "y")]).await.kind(), INVALID);
    assert_eq!(put("s3", &[(now, "x")]).await.kind(), NOT_FOUND);
    let old = put("s2", &[(now - 15 * day, "old")]).await.good().value();
    assert_eq!(old["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let new = put("s2", &[(now + day, "new")]).await.good().value();
    assert_eq!(new["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 0 }));
    let messages = |answer: &Answer| -> Vec<String> {
        let all = answer.value()["events"].as_array().unwrap().clone();
        all.iter().map(|it| it["message"].as_str().unwrap().to_owned()).collect()
    };
    let mut body = json!({
        "logGroupName": "a", "logStreamName": "s1", "startFromHead": true, "limit": 2,
    });
    let first = client.logs("GetLogEvents", body.clone()).await.good();
    assert_eq!(messages(&first), ["one", "two ERROR"]);
    body["nextToken"] = first.value()["nextForwardToken"].clone();
    let second = client.logs("GetLogEvents", body.clone()).await.good();
    assert_eq!(messages(&second), ["three"]);
    body["nextToken"] = second.value()["nextForwardToken"].clone();
    let end = client.logs("GetLogEvents", body.clone()).await.good().value();
    assert_eq!(end["nextForwardToken"], body["nextToken"], "the end gives the same token");
    let last = json!({ "logGroupIdentifier": arn("a"), "logStreamName": "s1", "limit": 1 });
    assert_eq!(messages(&client.logs("GetLogEvents", last).await.good()), ["three"]);
    let errors = json!({ "logGroupName": "a", "filterPattern": "ERROR" });
    let errors = client.logs("FilterLogEvents", errors).await.good();
    assert_eq!(messages(&errors), ["four ERROR", "two ERROR"]);
    let unwanted = json!({ "logGroupName": "a", "filterPattern": "?two ?four" });
    let unwanted = client.logs("FilterLogEvents", unwanted).await.good();
    assert_eq!(messages(&unwanted), ["four ERROR", "two ERROR"]);
    let pattern = json!({ "logGroupName": "a", "filterPattern": "[a, b]" });
    let pattern = client.logs("FilterLogEvents", pattern).await;
    assert_eq!(pattern.kind(), "ClctlSimulatorUnsupported");
    let streams = json!({ "logGroupName": "a", "orderBy": "LastEventTime", "descending": true });
    let streams = client.logs("DescribeLogStreams", streams).await.good().value();
    assert_eq!(streams["logStreams"][0]["logStreamName"], "s1");
    assert_eq!(streams["logStreams"][0]["lastEventTimestamp"], now);
    assert!(group(&client, "a").await["storedBytes"].as_u64() > Some(100));
}

#[tokio::test(start_paused = true)]
async fn somebody_changes_what_is_ours() {
    let client = Client::calm();
    let body = json!({ "logGroupName": "a", "tags": { "clctl.dev/uid": "u", "x": "1" } });
    client.logs("CreateLogGroup", body).await.good();
    let named = json!({ "logGroupName": "a" });
    let tags = async |client: &Client| client.logs("ListTagsLogGroup", named.clone()).await;
    let untouched = (group(&client, "a").await, tags(&client).await.body);
    let mut said = std::collections::BTreeSet::new();
    for seed in 0..30 {
        let mut world = client.simulator.with(|world| world.clone());
        let says = world.drift(seed).unwrap();
        let other = Client::calm();
        other.simulator.with(|it| *it = world);
        assert_ne!((group(&other, "a").await, tags(&other).await.body), untouched, "{says}");
        said.insert(says);
    }
    assert_eq!(said.len(), 5, "{said:?}");
}
