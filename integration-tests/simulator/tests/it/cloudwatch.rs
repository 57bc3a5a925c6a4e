//! Metrics, after <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>.

use bytes::Bytes;
use clctl_simulator::Settings;
use http::Request;
use serde_json::{Value, json};

use crate::client::Client;

fn seconds(client: &Client) -> f64 {
    client.simulator.now().since(clctl_simulator::Time::default()).as_secs_f64()
}

fn datum(value: f64) -> Value {
    json!({ "MetricName": "balance", "Dimensions": [{ "Name": "chain", "Value": "1" }], "Value": value })
}

async fn put(client: &Client, data: &[Value]) {
    let body = json!({ "Namespace": "clctl/x", "MetricData": data });
    client.cloudwatch("PutMetricData", body).await.good();
}

/// What a query of the last hours finds: times and values.
async fn get(client: &Client, stat: &str, period: u64, hours: f64) -> (Vec<f64>, Vec<f64>) {
    let metric = json!({
        "Namespace": "clctl/x", "MetricName": "balance",
        "Dimensions": [{ "Name": "chain", "Value": "1" }],
    });
    let now = seconds(client);
    let query = json!({
        "Id": "m", "MetricStat": { "Metric": metric, "Period": period, "Stat": stat },
    });
    let body = json!({
        "MetricDataQueries": [query], "StartTime": now - hours * 3600.0, "EndTime": now + 60.0,
        "ScanBy": "TimestampAscending",
    });
    let told = client.cloudwatch("GetMetricData", body).await.good().value();
    let result = &told["MetricDataResults"][0];
    assert!(result["StatusCode"] == "Complete" && result["Label"] == "balance", "{told}");
    let numbers =
        |it: &Value| it.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    (numbers(&result["Timestamps"]), numbers(&result["Values"]))
}

#[tokio::test(start_paused = true)]
async fn what_is_published_is_found_by_and_by_and_added_up_in_periods() {
    let client = Client::calm();
    put(&client, &[datum(1.0), datum(3.0)]).await;
    assert!(get(&client, "Average", 60, 1.0).await.1.is_empty());
    client.wait(180).await;
    put(&client, &[datum(7.0)]).await;
    let (times, values) = get(&client, "Average", 60, 1.0).await;
    assert_eq!(values, [2.0, 7.0]);
    assert!(times.iter().all(|it| it.rem_euclid(60.0).abs() < f64::EPSILON), "{times:?}");
    for (stat, value) in [("Sum", 11.0), ("Minimum", 1.0), ("Maximum", 7.0), ("SampleCount", 3.0)] {
        assert_eq!(get(&client, stat, 3_600, 2.0).await.1, [value], "{stat}");
    }
    let now = seconds(&client);
    let body = json!({
        "Namespace": "clctl/x", "MetricName": "balance", "Statistics": ["Maximum", "Sum"],
        "Dimensions": [{ "Name": "chain", "Value": "1" }],
        "StartTime": now - 3600.0, "EndTime": now + 60.0, "Period": 7200,
    });
    let told = client.cloudwatch("GetMetricStatistics", body).await.good().value();
    let [point] = told["Datapoints"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!(
        (&point["Maximum"], &point["Sum"], &point["Unit"]),
        (&json!(7.0), &json!(11.0), &json!("None"))
    );
    // Another dimension is another metric.
    let other = json!({ "Id": "m", "MetricStat": {
        "Metric": { "Namespace": "clctl/x", "MetricName": "balance" }, "Period": 60, "Stat": "Sum",
    }});
    let body = json!({ "MetricDataQueries": [other], "StartTime": now - 3600.0, "EndTime": now });
    let told = client.cloudwatch("GetMetricData", body).await.good().value();
    assert_eq!(told["MetricDataResults"][0]["Values"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_new_metric_is_listed_within_fifteen_minutes_and_as_long_as_it_has_data() {
    let client = Client::calm();
    put(&client, &[datum(1.0)]).await;
    let list = async |more: Value| {
        let mut body = json!({ "Namespace": "clctl/x" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.cloudwatch("ListMetrics", body).await.good().value()["Metrics"].clone()
    };
    assert_eq!(list(json!({})).await, json!([]));
    client.wait(900).await;
    let metric = json!([{
        "Namespace": "clctl/x", "MetricName": "balance",
        "Dimensions": [{ "Name": "chain", "Value": "1" }],
    }]);
    assert_eq!(list(json!({})).await, metric);
    let by = |name: &str, value: Value| json!({ "Dimensions": [{ "Name": name, "Value": value }] });
    assert_eq!(list(by("chain", json!("1"))).await, metric);
    assert_eq!(list(by("chain", json!(null))).await, metric);
    assert_eq!(list(by("chain", json!("2"))).await, json!([]));
    assert_eq!(list(by("job", json!(null))).await, json!([]));
    client.wait(4 * 3_600).await;
    assert_eq!(list(json!({ "RecentlyActive": "PT3H" })).await, json!([]));
    client.wait(14 * 86_400).await;
    assert_eq!(list(json!({})).await, json!([]));
    assert_eq!(get(&client, "Sum", 60, 15.0 * 24.0).await.1, [1.0]);
    // Older than fifteen days it is there in steps of five minutes.
    client.wait(86_400).await;
    assert!(get(&client, "Sum", 60, 16.0 * 24.0).await.1.is_empty());
    assert_eq!(get(&client, "Sum", 300, 16.0 * 24.0).await.1, [1.0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_published_may_be_as_the_documents_say_and_not_otherwise() {
    let client = Client::calm();
    let now = seconds(&client);
    let with = |member: &str, value: Value| {
        let mut datum = datum(1.0);
        datum[member] = value;
        datum
    };
    let without_value = |member: &str, value: Value| {
        let mut datum = with(member, value);
        datum.as_object_mut().unwrap().remove("Value");
        datum
    };
    let set = json!({ "SampleCount": 2.0, "Sum": 3.0, "Minimum": 1.0, "Maximum": 2.0 });
    for good in [
        with("Timestamp", json!(now - 13.9 * 86_400.0)),
        with("Timestamp", json!(now + 7_100.0)),
        with("Unit", json!("Percent")),
        with("StorageResolution", json!(60)),
        without_value("StatisticValues", set.clone()),
        without_value("Values", json!([1.0, 2.0])),
    ] {
        put(&client, &[good]).await;
    }
    let many: Vec<_> =
        (0..31).map(|it| json!({ "Name": format!("d{it}"), "Value": "x" })).collect();
    let (value, missing, both) = (
        "InvalidParameterValueException",
        "MissingRequiredParameterException",
        "InvalidParameterCombinationException",
    );
    for (bad, code) in [
        (with("Timestamp", json!(now - 15.0 * 86_400.0)), value),
        (with("Timestamp", json!(now + 7_300.0)), value),
        (with("Unit", json!("Ether")), value),
        (with("StorageResolution", json!(30)), value),
        (with("StorageResolution", json!(1)), "ClctlSimulatorUnsupported"),
        (with("Dimensions", json!(many)), value),
        (with("Dimensions", json!([{ "Name": "chain" }])), missing),
        (with("Dimensions", json!([{ "Name": ":a", "Value": "b" }])), value),
        (with("MetricName", json!("x".repeat(256))), value),
        (with("MetricName", json!("")), missing),
        (with("StatisticValues", set), both),
        (with("Value", json!(1e200)), value),
        (without_value("Unit", json!("None")), missing),
        (without_value("Values", json!([])), missing),
        (with("Else", json!(1)), "SerializationException"),
    ] {
        let body = json!({ "Namespace": "clctl/x", "MetricData": [bad] });
        let told = client.cloudwatch("PutMetricData", body).await;
        assert_eq!(told.kind(), code, "{bad} {}", told.body);
    }
    for (namespace, code) in [("AWS/EC2", value), (":x", value), ("", missing), ("a\u{e9}", value)]
    {
        let body = json!({ "Namespace": namespace, "MetricData": [datum(1.0)] });
        assert_eq!(client.cloudwatch("PutMetricData", body).await.kind(), code, "{namespace}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_may_be_as_the_documents_say_and_what_is_not_modelled_is_refused() {
    let client = Client::calm();
    let now = seconds(&client);
    let stat = |period: u64, stat: &str| json!({ "Metric": { "Namespace": "n", "MetricName": "m" }, "Period": period, "Stat": stat });
    let ask = async |queries: Value| {
        let body = json!({ "MetricDataQueries": queries, "StartTime": now - 60.0, "EndTime": now });
        client.cloudwatch("GetMetricData", body).await
    };
    ask(json!([{ "Id": "a", "MetricStat": stat(60, "Sum") }])).await.good();
    let unsupported = "ClctlSimulatorUnsupported";
    for (queries, code) in [
        (json!([{ "Id": "A", "MetricStat": stat(60, "Sum") }]), "ValidationError"),
        (json!([{ "Id": "a" }]), "ValidationError"),
        (json!([]), "ValidationError"),
        (json!([{ "Id": "a", "Expression": "b + 1" }]), unsupported),
        (json!([{ "Id": "a", "MetricStat": stat(60, "p99") }]), unsupported),
        (json!([{ "Id": "a", "MetricStat": stat(10, "Sum") }]), unsupported),
        (json!([{ "Id": "a", "MetricStat": stat(90, "Sum") }]), "InvalidParameterValueException"),
    ] {
        assert_eq!(ask(queries.clone()).await.kind(), code, "{queries}");
    }
    let twice = json!({ "Id": "a", "MetricStat": stat(60, "Sum") });
    assert_eq!(ask(json!([twice, twice])).await.kind(), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn many_data_points_come_in_pages() {
    let client = Client::calm();
    for _ in 0..5 {
        put(&client, &[datum(1.0)]).await;
        client.wait(60).await;
    }
    client.wait(120).await;
    let now = seconds(&client);
    let metric = json!({
        "Namespace": "clctl/x", "MetricName": "balance",
        "Dimensions": [{ "Name": "chain", "Value": "1" }],
    });
    let query =
        json!({ "Id": "m", "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Sum" } });
    let mut body = json!({
        "MetricDataQueries": [query], "StartTime": now - 3600.0, "EndTime": now, "MaxDatapoints": 2,
    });
    let mut sizes = Vec::new();
    loop {
        let told = client.cloudwatch("GetMetricData", body.clone()).await.good().value();
        sizes.push(told["MetricDataResults"][0]["Values"].as_array().unwrap().len());
        match told.get("NextToken") {
            Some(token) => body["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    body["NextToken"] = json!("00");
    assert_eq!(client.cloudwatch("GetMetricData", body).await.kind(), "InvalidNextToken");
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html>
#[tokio::test(start_paused = true)]
async fn a_role_publishes_in_the_namespace_that_it_may() {
    let mut settings = Settings::calm();
    let role = "arn:aws:iam::123456789012:role/node".to_owned();
    settings.principals.insert("ASIANODE".to_owned(), role);
    let admin = Client::new(settings);
    admin.role("node").await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
        "Condition": { "StringEquals": { "cloudwatch:namespace": "clctl/x" } },
    }]})
    .to_string();
    let put = [("RoleName", "node"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    admin.iam("PutRolePolicy", &put).await.good();
    let node = Client { simulator: admin.simulator.clone(), region: "us-east-1", key: "ASIANODE" };
    for (namespace, status) in [("clctl/x", 200), ("clctl/y", 400)] {
        let body = json!({ "Namespace": namespace, "MetricData": [datum(1.0)] });
        let told = node.cloudwatch("PutMetricData", body).await;
        assert_eq!(told.status, status, "{namespace}: {}", told.body);
    }
    let denied = node.cloudwatch("ListMetrics", json!({})).await;
    assert_eq!(denied.kind(), "AccessDeniedException");
    assert!(denied.body.contains("not authorized to perform: cloudwatch:ListMetrics"));
}

/// As the SDKs ask: <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>.
#[tokio::test(start_paused = true)]
async fn who_asks_in_cbor_is_answered_in_cbor() {
    let client = Client::calm();
    let ask = async |operation: &str, body: &'static [u8]| {
        let path = format!(
            "http://monitoring.us-east-1.amazonaws.com/service/GraniteServiceVersion20100801/operation/{operation}"
        );
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/monitoring/aws4_request, \
                             SignedHeaders=host, Signature=0123abcd";
        let request = Request::post(path)
            .header("smithy-protocol", "rpc-v2-cbor")
            .header("content-type", "application/cbor")
            .header("authorization", authorization)
            .body(Bytes::from_static(body))
            .unwrap();
        client.simulator.call(request).await.unwrap()
    };
    // {"Metrics": []}
    let listed = ask("ListMetrics", b"\xa0").await;
    assert_eq!((listed.status().as_u16(), &listed.body()[..]), (200, &b"\xa1\x67Metrics\x80"[..]));
    assert_eq!(listed.headers()["smithy-protocol"], "rpc-v2-cbor");
    assert_eq!(listed.headers()["content-type"], "application/cbor");
    // {"Namespace": "AWS/x"}
    let refused = ask("PutMetricData", b"\xa1\x69Namespace\x65AWS/x").await;
    assert_eq!(refused.status().as_u16(), 400);
    assert_eq!(refused.headers()["x-amzn-query-error"], "InvalidParameterValue;Sender");
    let text = String::from_utf8_lossy(refused.body());
    assert!(text.contains("__type") && text.contains("InvalidParameterValueException"), "{text}");
    for nonsense in [&b"\x01"[..], b"\xff", b"{}"] {
        assert_eq!(ask("ListMetrics", nonsense).await.status().as_u16(), 400);
    }
    let unknown = ask("DescribeAnomalyDetectors", b"\xa0").await;
    assert_eq!(unknown.status().as_u16(), 501);
}
