//! Dashboards, after <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html>.

use serde_json::{Value, json};

use crate::client::{Answer, Client};

async fn put(client: &Client, name: &str, body: &Value) -> Answer {
    let body = json!({ "DashboardName": name, "DashboardBody": body.to_string() });
    client.cloudwatch("PutDashboard", body).await
}

fn text() -> Value {
    json!({ "widgets": [{ "type": "text", "width": 6, "height": 2, "properties": { "markdown": "# a" } }] })
}

#[tokio::test(start_paused = true)]
async fn a_dashboard_is_the_same_in_all_regions() {
    let client = Client::calm();
    let told = put(&client, "all", &text()).await.good().value();
    assert_eq!(told["DashboardValidationMessages"], json!([]));
    let simulator = client.simulator.clone();
    let elsewhere = Client { simulator, region: "eu-west-1", key: "AKIATEST" };
    let named = json!({ "DashboardName": "all" });
    let shown = elsewhere.cloudwatch("GetDashboard", named.clone()).await.good().value();
    assert_eq!(shown["DashboardArn"], "arn:aws:cloudwatch::123456789012:dashboard/all");
    assert_eq!(shown["DashboardBody"], text().to_string());
    put(&elsewhere, "all", &json!({ "widgets": [] })).await.good();
    let list = client.cloudwatch("ListDashboards", json!({ "DashboardNamePrefix": "a" })).await;
    let list = list.good().value();
    assert_eq!(list["DashboardEntries"][0]["Size"], 14);
    assert_eq!(list["DashboardEntries"].as_array().unwrap().len(), 1);
    let both = json!({ "DashboardNames": ["all", "none"] });
    let refused = client.cloudwatch("DeleteDashboards", both).await;
    assert_eq!((refused.status, refused.kind().as_str()), (404, "DashboardNotFoundError"));
    let one = json!({ "DashboardNames": ["all"] });
    client.cloudwatch("DeleteDashboards", one).await.good();
    let gone = client.cloudwatch("GetDashboard", named).await;
    assert_eq!(gone.kind(), "DashboardNotFoundError");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_cannot_be_shown_is_refused_and_what_is_in_vain_is_said() {
    let client = Client::calm();
    let widget = |kind: &str, properties: Value| json!({ "widgets": [{ "type": kind, "properties": properties }] });
    let metrics = json!([["AWS/EC2", "CPUUtilization"]]);
    for (body, good) in [
        (json!([]), false),
        (json!({}), false),
        (json!({ "widgets": {} }), false),
        (widget("film", json!({})), false),
        (widget("text", json!({})), false),
        (widget("metric", json!({ "region": "us-east-1" })), false),
        (widget("metric", json!({ "metrics": "x", "region": "us-east-1" })), false),
        (widget("metric", json!({ "metrics": metrics, "region": "us-east-1" })), true),
        (widget("alarm", json!({ "alarms": [] })), true),
    ] {
        let told = put(&client, "all", &body).await;
        let code = if good { 200 } else { 400 };
        assert_eq!(told.status, code, "{body}: {}", told.body);
        assert!(good || told.kind() == "DashboardInvalidInputError", "{}", told.body);
    }
    let bare = put(&client, "all", &widget("metric", json!({ "metrics": metrics }))).await.good();
    let messages = bare.value()["DashboardValidationMessages"].clone();
    assert_eq!(messages[0]["DataPath"], "/widgets/0/properties");
    for name in ["", "a b", "a.b"] {
        assert_eq!(
            put(&client, name, &text()).await.kind(),
            "DashboardInvalidInputError",
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tags_of_a_dashboard_are_looked_at_when_it_is_new() {
    let client = Client::calm();
    let tagged = |value: &str| {
        json!({
            "DashboardName": "all", "DashboardBody": text().to_string(),
            "Tags": [{ "Key": "k", "Value": value }],
        })
    };
    client.cloudwatch("PutDashboard", tagged("a")).await.good();
    client.cloudwatch("PutDashboard", tagged("b")).await.good();
    let arn = "arn:aws:cloudwatch::123456789012:dashboard/all";
    let tags = async || {
        let about = json!({ "ResourceARN": arn });
        client.cloudwatch("ListTagsForResource", about).await.good().value()["Tags"].clone()
    };
    assert_eq!(tags().await, json!([{ "Key": "k", "Value": "a" }]));
    let more = json!({ "ResourceARN": arn, "Tags": [{ "Key": "l", "Value": "c" }] });
    client.cloudwatch("TagResource", more).await.good();
    let less = json!({ "ResourceARN": arn, "TagKeys": ["k"] });
    client.cloudwatch("UntagResource", less).await.good();
    assert_eq!(tags().await, json!([{ "Key": "l", "Value": "c" }]));
    let wanted = json!({ "TagFilters": [{ "Key": "l" }] });
    let found = client.tagging("GetResources", wanted).await.good().value();
    assert_eq!(found["ResourceTagMappingList"][0]["ResourceARN"], arn);
}
