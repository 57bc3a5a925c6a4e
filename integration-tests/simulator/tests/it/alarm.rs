//! Alarms, after <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>.

use clctl_simulator::{Mail, MetricName, Settings};
use serde_json::{Value, json};

use crate::client::Client;

const ADDRESS: &str = "ops@example.com";
const CPU: MetricName<'_> = MetricName {
    namespace: "AWS/RDS",
    name: "CPUUtilization",
    dimensions: &[("DBInstanceIdentifier", "db")],
};

fn alarm(change: &[(&str, Value)]) -> Value {
    let mut body = json!({
        "AlarmName": "cpu", "Namespace": "AWS/RDS", "MetricName": "CPUUtilization",
        "Dimensions": [{ "Name": "DBInstanceIdentifier", "Value": "db" }], "Statistic": "Average",
        "Period": 60, "EvaluationPeriods": 2, "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanThreshold",
    });
    for (name, value) in change {
        body[*name] = value.clone();
    }
    body
}

async fn put(client: &Client, change: &[(&str, Value)]) {
    client.cloudwatch("PutMetricAlarm", alarm(change)).await.good();
}

async fn shown(client: &Client) -> Value {
    let named = json!({ "AlarmNames": ["cpu"] });
    let told = client.cloudwatch("DescribeAlarms", named).await.good().value();
    told["MetricAlarms"][0].clone()
}

async fn state(client: &Client) -> String {
    shown(client).await["StateValue"].as_str().unwrap_or_default().to_owned()
}

fn hold(client: &Client, value: Option<f64>) {
    client.simulator.edit(|world| world.hold_metric("us-east-1", CPU, value)).unwrap();
}

fn mail(client: &Client) -> Vec<Mail> {
    let all = client.simulator.edit(|world| world.mail(ADDRESS)).unwrap();
    all.into_iter().filter(|it| it.token.is_none()).collect()
}

/// A topic with a subscriber.
async fn topic(client: &Client) -> String {
    let topic = client.topic("alarms").await;
    let params = [("TopicArn", &*topic), ("Protocol", "email"), ("Endpoint", ADDRESS)];
    client.sns("Subscribe", &params).await.good();
    let confirmed =
        client.simulator.edit(|world| world.confirm_subscription(&topic, ADDRESS)).unwrap();
    assert!(confirmed);
    topic
}

#[tokio::test(start_paused = true)]
async fn an_alarm_follows_its_metric_and_tells_its_topics() {
    let client = Client::calm();
    let topic = topic(&client).await;
    put(&client, &[("AlarmActions", json!([topic])), ("OKActions", json!([topic]))]).await;
    let new = shown(&client).await;
    assert_eq!(new["StateValue"], "INSUFFICIENT_DATA");
    assert_eq!(new["StateReason"], "Unchecked: Initial alarm creation");
    client.wait(300).await;
    assert_eq!(state(&client).await, "INSUFFICIENT_DATA");
    hold(&client, Some(5.0));
    client.wait(180).await;
    assert_eq!(state(&client).await, "OK");
    hold(&client, Some(95.0));
    client.wait(60).await;
    assert_eq!(state(&client).await, "OK");
    client.wait(180).await;
    let high = shown(&client).await;
    assert_eq!(high["StateValue"], "ALARM");
    let reason = high["StateReason"].as_str().unwrap();
    assert!(reason.starts_with("Threshold Crossed: 2 datapoints [95.0 ("), "{reason}");
    assert!(reason.ends_with("were greater than the threshold (80.0)."), "{reason}");
    // Nothing is known any more.
    hold(&client, None);
    client.wait(600).await;
    assert_eq!(state(&client).await, "INSUFFICIENT_DATA");
    let told = mail(&client);
    let subjects: Vec<_> = told.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, ["OK: \"cpu\" in us-east-1", "ALARM: \"cpu\" in us-east-1"]);
    let body: Value = serde_json::from_str(&told[1].body).unwrap();
    assert_eq!((&body["OldStateValue"], &body["NewStateValue"]), (&json!("OK"), &json!("ALARM")));
    assert_eq!(body["Trigger"]["MetricName"], "CPUUtilization");
    let history = async |kind: &str| {
        let body = json!({ "AlarmName": "cpu", "HistoryItemType": kind });
        let told = client.cloudwatch("DescribeAlarmHistory", body).await.good().value();
        let all = told["AlarmHistoryItems"].as_array().unwrap().clone();
        all.into_iter()
            .map(|it| it["HistorySummary"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        history("StateUpdate").await,
        [
            "Alarm updated from ALARM to INSUFFICIENT_DATA",
            "Alarm updated from OK to ALARM",
            "Alarm updated from INSUFFICIENT_DATA to OK",
        ]
    );
    assert_eq!(history("Action").await.len(), 2);
    assert_eq!(history("ConfigurationUpdate").await, ["Alarm \"cpu\" created"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_topic_or_its_key_does_not_let_in_is_lost() {
    let client = Client::calm();
    let topic = topic(&client).await;
    put(&client, &[("AlarmActions", json!([topic]))]).await;
    let turn = async || {
        for (state, reason) in [("OK", "calm"), ("ALARM", "test")] {
            let body = json!({ "AlarmName": "cpu", "StateValue": state, "StateReason": reason });
            client.cloudwatch("SetAlarmState", body).await.good();
        }
        client.wait(1).await;
        client.topic("other").await;
        mail(&client).len()
    };
    let set = async |name: &str, value: &str| {
        let params = [("TopicArn", &*topic), ("AttributeName", name), ("AttributeValue", value)];
        client.sns("SetTopicAttributes", &params).await.good();
    };
    assert_eq!(turn().await, 1);
    // The key of SNS lets no service use it.
    set("KmsMasterKeyId", "alias/aws/sns").await;
    assert_eq!(turn().await, 1);
    let policy = |services: Value| {
        json!({ "Version": "2012-10-17", "Statement": [
            {
                "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
                "Action": "kms:*", "Resource": "*",
            },
            {
                "Effect": "Allow", "Principal": { "Service": services },
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*",
            },
        ] })
        .to_string()
    };
    let key = json!({ "Policy": policy(json!("logs.us-east-1.amazonaws.com")) });
    let key = client.kms("CreateKey", key).await.good().value();
    let key = key["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    set("KmsMasterKeyId", &key).await;
    assert_eq!(turn().await, 1);
    let services = policy(json!(["cloudwatch.amazonaws.com"]));
    let put = json!({ "KeyId": key, "PolicyName": "default", "Policy": services });
    client.kms("PutKeyPolicy", put).await.good();
    client.wait(120).await;
    assert_eq!(turn().await, 2);
    let topic_policy = |who: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": who }, "Action": "sns:Publish",
            "Resource": topic,
            "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*" } },
        }] })
        .to_string()
    };
    set("Policy", &topic_policy("events.rds.amazonaws.com")).await;
    assert_eq!(turn().await, 2);
    set("Policy", &topic_policy("cloudwatch.amazonaws.com")).await;
    assert_eq!(turn().await, 3);
    client.cloudwatch("DisableAlarmActions", json!({ "AlarmNames": ["cpu"] })).await.good();
    assert_eq!(turn().await, 3);
    client.cloudwatch("EnableAlarmActions", json!({ "AlarmNames": ["cpu"] })).await.good();
    client.sns("DeleteTopic", &[("TopicArn", &topic)]).await.good();
    assert_eq!(turn().await, 3);
    let body = json!({ "AlarmName": "cpu", "HistoryItemType": "Action", "MaxRecords": 1 });
    let told = client.cloudwatch("DescribeAlarmHistory", body).await.good().value();
    let last = told["AlarmHistoryItems"][0]["HistorySummary"].as_str().unwrap().to_owned();
    assert!(last.starts_with("Failed to execute action"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn metric_math_and_percentiles_are_watched() {
    let client = Client::calm();
    let stat = |id: &str, name: &str| {
        json!({ "Id": id, "ReturnData": false, "MetricStat": {
            "Metric": { "Namespace": "n", "MetricName": name }, "Period": 60, "Stat": "Sum",
        } })
    };
    let share =
        json!({ "Id": "share", "Expression": "100 * bad / (good + bad)", "ReturnData": true });
    let math = json!({
        "AlarmName": "cpu", "Metrics": [stat("bad", "bad"), stat("good", "good"), share],
        "EvaluationPeriods": 1, "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    });
    client.cloudwatch("PutMetricAlarm", math.clone()).await.good();
    client.wait(120).await;
    assert_eq!(state(&client).await, "OK");
    let publish = async |name: &str, value: f64| {
        let data = json!([{ "MetricName": name, "Value": value }]);
        let body = json!({ "Namespace": "n", "MetricData": data });
        client.cloudwatch("PutMetricData", body).await.good();
    };
    for _ in 0..4 {
        publish("good", 80.0).await;
        publish("bad", 20.0).await;
        client.wait(60).await;
    }
    assert_eq!(state(&client).await, "ALARM");
    let told = shown(&client).await;
    assert_eq!(told["Metrics"][2]["Expression"], "100 * bad / (good + bad)");
    assert!(told.get("MetricName").is_none(), "{told}");
    for (change, code) in [
        (json!([stat("bad", "bad")]), "ValidationError"),
        (json!([stat("bad", "bad"), { "Id": "e", "Expression": "bad +" }]), "ValidationError"),
        (json!([stat("bad", "bad"), { "Id": "e", "Expression": "worse" }]), "ValidationError"),
        (json!([stat("a", "bad"), stat("a", "bad")]), "ValidationError"),
        (
            json!([stat("bad", "bad"), { "Id": "e", "Expression": "ANOMALY_DETECTION_BAND(bad)" }]),
            "ClctlSimulatorUnsupported",
        ),
    ] {
        let mut body = math.clone();
        body["Metrics"] = change;
        let told = client.cloudwatch("PutMetricAlarm", body).await;
        assert_eq!(told.kind(), code, "{}", told.body);
    }
    let none = json!(null);
    let change =
        [("Statistic", none), ("ExtendedStatistic", json!("p50")), ("EvaluationPeriods", json!(1))];
    put(&client, &change).await;
    for value in [1.0, 99.0, 99.0] {
        client.simulator.edit(|it| it.observe_metric("us-east-1", CPU, value, "Percent")).unwrap();
    }
    client.wait(60).await;
    assert_eq!(state(&client).await, "ALARM");
    assert_eq!(shown(&client).await["ExtendedStatistic"], "p50");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_is_checked_replaced_as_a_whole_and_keeps_its_state_and_tags() {
    let client = Client::calm();
    let tag = |value: &str| json!([{ "Key": "k", "Value": value }]);
    put(&client, &[("Tags", tag("a")), ("AlarmDescription", json!("of the database"))]).await;
    hold(&client, Some(95.0));
    client.wait(240).await;
    put(&client, &[("Tags", tag("b")), ("Threshold", json!(90.0))]).await;
    let told = shown(&client).await;
    assert_eq!((&told["StateValue"], &told["Threshold"]), (&json!("ALARM"), &json!(90.0)));
    assert!(told.get("AlarmDescription").is_none(), "{told}");
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu";
    assert_eq!(told["AlarmArn"], arn);
    let tags = client.cloudwatch("ListTagsForResource", json!({ "ResourceARN": arn })).await;
    assert_eq!(tags.good().value()["Tags"], tag("a"));
    let (wrong, unsupported) = ("ValidationError", "ClctlSimulatorUnsupported");
    let topic = |region: &str| json!([format!("arn:aws:sns:{region}:123456789012:t")]);
    for (change, code) in [
        (("AlarmName", json!("")), wrong),
        (("Period", json!(90)), wrong),
        (("Period", json!(10)), unsupported),
        (("Period", json!(86_400)), ""),
        (("EvaluationPeriods", json!(0)), wrong),
        (("EvaluationPeriods", json!(1_441)), wrong),
        (("DatapointsToAlarm", json!(3)), wrong),
        (("Statistic", json!("Median")), wrong),
        (("Statistic", json!(null)), wrong),
        (("ExtendedStatistic", json!("p90")), wrong),
        (("Threshold", json!(null)), wrong),
        (("ComparisonOperator", json!("Above")), wrong),
        (("ComparisonOperator", json!("LessThanLowerThreshold")), unsupported),
        (("TreatMissingData", json!("fine")), wrong),
        (("EvaluateLowSampleCountPercentile", json!("ignore")), wrong),
        (("AlarmActions", json!(["x"])), wrong),
        (("AlarmActions", topic("eu-west-1")), wrong),
        (("AlarmActions", topic("us-east-1")), ""),
        (("AlarmActions", json!(["arn:aws:automate:us-east-1:ec2:reboot"])), unsupported),
        (("Unit", json!("Ether")), wrong),
        (("Metrics", json!([])), wrong),
        (("Colour", json!("red")), unsupported),
    ] {
        let told = client.cloudwatch("PutMetricAlarm", alarm(std::slice::from_ref(&change))).await;
        assert_eq!(told.kind(), code, "{change:?} {}", told.body);
    }
}

#[tokio::test(start_paused = true)]
async fn alarms_are_found_by_name_prefix_state_and_action_and_deleted_where_there_are_any() {
    let client = Client::new(Settings { page: Some(2), ..Settings::calm() });
    for name in ["a-1", "a-2", "b-1"] {
        put(&client, &[("AlarmName", json!(name))]).await;
    }
    let find = async |body: Value| {
        let told = client.cloudwatch("DescribeAlarms", body).await.good().value();
        let all = told["MetricAlarms"].as_array().unwrap();
        let names: Vec<_> =
            all.iter().map(|it| it["AlarmName"].as_str().unwrap().to_owned()).collect();
        (names, told["NextToken"].clone())
    };
    let (first, token) = find(json!({})).await;
    assert_eq!(first, ["a-1", "a-2"]);
    assert_eq!(find(json!({ "NextToken": token })).await.0, ["b-1"]);
    assert_eq!(find(json!({ "AlarmNamePrefix": "b" })).await.0, ["b-1"]);
    assert_eq!(find(json!({ "AlarmNames": ["a-2", "none"] })).await.0, ["a-2"]);
    assert!(find(json!({ "StateValue": "OK" })).await.0.is_empty());
    assert!(find(json!({ "AlarmTypes": ["CompositeAlarm"] })).await.0.is_empty());
    assert!(find(json!({ "ActionPrefix": "arn:aws:sns" })).await.0.is_empty());
    let both = json!({ "AlarmNames": ["a-1"], "AlarmNamePrefix": "a" });
    assert_eq!(client.cloudwatch("DescribeAlarms", both).await.kind(), "ValidationError");
    let names = json!({ "AlarmNames": ["a-1", "none"] });
    client.cloudwatch("DeleteAlarms", names).await.good();
    assert_eq!(find(json!({ "AlarmNamePrefix": "a" })).await.0, ["a-2"]);
    let none = json!({ "AlarmNames": ["none"] });
    client.cloudwatch("DeleteAlarms", none.clone()).await.good();
    let mut settings = Settings::calm();
    settings.disputes.insert("delete-unknown-alarms".to_owned(), 1);
    let other = Client::new(settings);
    assert_eq!(other.cloudwatch("DeleteAlarms", none).await.kind(), "ResourceNotFound");
    let unknown = json!({ "AlarmName": "none", "StateValue": "OK", "StateReason": "" });
    assert_eq!(other.cloudwatch("SetAlarmState", unknown).await.kind(), "ResourceNotFound");
}

#[tokio::test(start_paused = true)]
async fn somebody_changes_alarms_topics_and_dashboards() {
    let client = Client::calm();
    let topic = topic(&client).await;
    let owned = json!([{ "Key": "clctl.dev/uid", "Value": "u" }, { "Key": "k", "Value": "v" }]);
    put(&client, &[("Tags", owned.clone()), ("AlarmActions", json!([topic]))]).await;
    let body = json!({
        "DashboardName": "all", "DashboardBody": r#"{"widgets":[]}"#, "Tags": owned,
    });
    client.cloudwatch("PutDashboard", body).await.good();
    let tag = [
        ("ResourceArn", &*topic),
        ("Tags.member.1.Key", "clctl.dev/uid"),
        ("Tags.member.1.Value", "u"),
        ("Tags.member.2.Key", "k"),
        ("Tags.member.2.Value", "v"),
    ];
    client.sns("TagResource", &tag).await.good();
    let world = client.simulator.edit(|world| world.clone()).unwrap();
    let deeds = world.deeds();
    assert!(deeds.len() > 25, "{deeds:?}");
    for deed in &deeds {
        let mut copy = world.clone();
        let before = serde_json::to_value(&copy).unwrap();
        assert!(copy.does(deed), "{}", deed.says());
        let mut after = serde_json::to_value(&copy).unwrap();
        after["rng"] = before["rng"].clone();
        assert_ne!(before, after, "{}", deed.says());
    }
    // Everybody else's tags, too.
    let mut copy = world.clone();
    let objects: Vec<_> = copy.objects().into_iter().collect();
    for kind in ["alarm", "dashboard", "topic"] {
        let object = objects.iter().find(|it| it.kind == kind).unwrap();
        let put = [("new".to_owned(), "tag".to_owned())].into();
        assert!(copy.retag(object, &put, &["k".to_owned()]), "{kind}");
        let tags = copy.tagged().into_iter().find(|it| it.0 == *object).unwrap().1;
        assert!(tags.contains_key("new") && !tags.contains_key("k"), "{kind} {tags:?}");
    }
}
