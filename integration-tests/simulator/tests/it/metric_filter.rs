//! Metric filters, after
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>.

use clctl_simulator::{Lag, Settings, Span};
use serde_json::{Value, json};

use crate::client::Client;

fn filter(change: &[(&str, Value)]) -> Value {
    let mut body = json!({
        "logGroupName": "/a", "filterName": "errors", "filterPattern": "ERROR",
        "metricTransformations": [
            { "metricName": "errors", "metricNamespace": "clctl", "metricValue": "1" },
        ],
    });
    for (name, value) in change {
        if let Some(inner) = name.strip_prefix("to.") {
            body["metricTransformations"][0][inner] = value.clone();
        } else {
            body[*name] = value.clone();
        }
    }
    body
}

async fn group(client: &Client) {
    client.logs("CreateLogGroup", json!({ "logGroupName": "/a" })).await.good();
    let stream = json!({ "logGroupName": "/a", "logStreamName": "s" });
    client.logs("CreateLogStream", stream).await.good();
}

async fn write(client: &Client, messages: &[&str]) {
    let now = client.simulator.now().as_millis();
    let events: Vec<_> =
        messages.iter().map(|it| json!({ "timestamp": now, "message": it })).collect();
    let body = json!({ "logGroupName": "/a", "logStreamName": "s", "logEvents": events });
    client.logs("PutLogEvents", body).await.good();
}

async fn sum(client: &Client, name: &str, dimensions: Value) -> Value {
    let now = client.simulator.now().as_millis() / 1000;
    let body = json!({
        "Namespace": "clctl", "MetricName": name, "Dimensions": dimensions, "Statistics": ["Sum"],
        "StartTime": now - 3_600, "EndTime": now + 60, "Period": 3_660,
    });
    let told = client.cloudwatch("GetMetricStatistics", body).await.good().value();
    told["Datapoints"][0]["Sum"].clone()
}

#[tokio::test(start_paused = true)]
async fn events_that_come_become_data_of_metrics() {
    let client = Client::calm();
    group(&client).await;
    write(&client, &["ERROR before there was a filter"]).await;
    client.logs("PutMetricFilter", filter(&[])).await.good();
    let by_chain = filter(&[
        ("filterName", json!("latency")),
        ("filterPattern", json!(r#"{ $.level = "warn*" && $.ms > 10 }"#)),
        ("to.metricName", json!("latency")),
        ("to.metricValue", json!("$.ms")),
        ("to.dimensions", json!({ "chain": "$.chain" })),
    ]);
    client.logs("PutMetricFilter", by_chain).await.good();
    write(&client, &["ERROR one", "fine", "two ERROR"]).await;
    let event = |ms: u32| json!({ "level": "warning", "ms": ms, "chain": "1" }).to_string();
    write(&client, &[&event(20), &event(5), &event(30)]).await;
    client.wait(60).await;
    assert_eq!(sum(&client, "errors", json!([])).await, json!(2.0));
    let dimensions = json!([{ "Name": "chain", "Value": "1" }]);
    assert_eq!(sum(&client, "latency", dimensions).await, json!(50.0));
    let zero = filter(&[("to.defaultValue", json!(0.0)), ("to.metricName", json!("all"))]);
    client.logs("PutMetricFilter", zero).await.good();
    write(&client, &["fine"]).await;
    client.wait(60).await;
    assert_eq!(sum(&client, "all", json!([])).await, json!(0.0));
    let named = json!({ "logGroupNamePrefix": "/a" });
    let told = client.logs("DescribeLogGroups", named).await.good().value();
    assert_eq!(told["logGroups"][0]["metricFilterCount"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_filter_may_be_as_the_documents_say_and_not_otherwise() {
    let mut settings = Settings::calm();
    settings.quotas.metric_filters_per_log_group = 2;
    let client = Client::new(settings);
    group(&client).await;
    let (wrong, unsupported) = ("InvalidParameterException", "ClctlSimulatorUnsupported");
    let dimensions = json!({ "chain": "$.chain" });
    let json_pattern = ("filterPattern", json!("{ $.a = 1 }"));
    let transformation = json!({ "metricName": "m", "metricNamespace": "n", "metricValue": "1" });
    for (change, code) in [
        (vec![], ""),
        (vec![("filterPattern", json!("a:b"))], wrong),
        (vec![("filterPattern", json!("{ $.a }"))], wrong),
        (vec![("filterPattern", json!("[a, b]"))], unsupported),
        (vec![("filterPattern", json!("x".repeat(1_025)))], wrong),
        (vec![("filterName", json!("a:b"))], wrong),
        (vec![("metricTransformations", json!([]))], wrong),
        (vec![("metricTransformations", json!([transformation, transformation]))], wrong),
        (vec![("to.metricName", json!("a:b"))], wrong),
        (vec![("to.metricNamespace", json!("AWS/Logs"))], wrong),
        (vec![("to.metricValue", json!("$.a"))], wrong),
        (vec![("to.metricValue", json!("many"))], wrong),
        (vec![("to.dimensions", dimensions.clone())], wrong),
        (
            vec![
                json_pattern.clone(),
                ("to.dimensions", dimensions.clone()),
                ("to.defaultValue", json!(0.0)),
            ],
            wrong,
        ),
        (vec![json_pattern, ("to.dimensions", dimensions)], ""),
        (vec![("to.unit", json!("Ether"))], wrong),
        (vec![("applyOnTransformedLogs", json!(true))], unsupported),
        (vec![("logGroupName", json!("/none"))], "ResourceNotFoundException"),
        (vec![("filterName", json!("second"))], ""),
        (vec![("filterName", json!("third"))], "LimitExceededException"),
    ] {
        let told = client.logs("PutMetricFilter", filter(&change)).await;
        assert_eq!(told.kind(), code, "{change:?} {}", told.body);
    }
    let list = async |body: Value| {
        let told = client.logs("DescribeMetricFilters", body).await.good().value();
        told["metricFilters"].as_array().unwrap().len()
    };
    assert_eq!(list(json!({ "logGroupName": "/a" })).await, 2);
    assert_eq!(list(json!({ "logGroupName": "/a", "filterNamePrefix": "s" })).await, 1);
    assert_eq!(list(json!({ "metricName": "errors", "metricNamespace": "clctl" })).await, 2);
    assert_eq!(list(json!({ "metricName": "else", "metricNamespace": "clctl" })).await, 0);
    let lone = client.logs("DescribeMetricFilters", json!({ "metricName": "errors" })).await;
    assert_eq!(lone.kind(), wrong);
    let named = json!({ "logGroupName": "/a", "filterName": "second" });
    client.logs("DeleteMetricFilter", named.clone()).await.good();
    assert_eq!(client.logs("DeleteMetricFilter", named).await.kind(), "ResourceNotFoundException");
    client.logs("DeleteLogGroup", json!({ "logGroupName": "/a" })).await.good();
    assert_eq!(list(json!({})).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_pattern_is_tried_before_it_is_put() {
    let client = Client::calm();
    let body = json!({
        "filterPattern": "{ $.n > 1 }", "logEventMessages": [r#"{"n":1}"#, "n", r#"{"n":2}"#],
    });
    let told = client.logs("TestMetricFilter", body).await.good().value();
    let matches = json!([{
        "eventNumber": 3, "eventMessage": r#"{"n":2}"#, "extractedValues": { "$.n": "2" },
    }]);
    assert_eq!(told["matches"], matches);
}

/// Lag, after <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeMetricFilters.html>: those
/// of a group are asked for by its name.
#[tokio::test(start_paused = true)]
async fn a_filter_that_is_gone_is_seen_longer_in_the_list_of_all_than_in_that_of_its_group() {
    let lag = Lag { by_id: Span::fixed(10_000), listed: Span::fixed(200_000), dependents: false };
    let client = Client::new(Settings { lag, ..Settings::calm() });
    client.logs("CreateLogGroup", json!({ "logGroupName": "/a" })).await.good();
    client.wait(300).await;
    client.logs("PutMetricFilter", filter(&[])).await.good();
    client.wait(300).await;
    let one = json!({ "logGroupName": "/a", "filterName": "errors" });
    client.logs("DeleteMetricFilter", one).await.good();
    client.wait(10).await;
    let shown = async |body: &Value| {
        let mut shown = 0;
        for _ in 0..20 {
            let told = client.logs("DescribeMetricFilters", body.clone()).await.good().value();
            shown += told["metricFilters"].as_array().map_or(0, Vec::len);
        }
        shown
    };
    assert_eq!(shown(&json!({ "logGroupName": "/a" })).await, 0);
    assert!(shown(&json!({})).await > 0);
}
