//! Amazon DevOps Guru, after
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_UpdateResourceCollection.html> and its sisters.

use clctl_simulator::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

async fn ask(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    client.rest("devops-guru", method, path, body).await
}

async fn change(client: &Client, action: &str, key: &str, values: &[&str]) -> Answer {
    let tags = json!([{ "AppBoundaryKey": key, "TagValues": values }]);
    let body = json!({ "Action": action, "ResourceCollection": { "Tags": tags } });
    ask(client, "PUT", "/resource-collections", body).await
}

async fn collection(client: &Client, kind: &str) -> Answer {
    ask(client, "GET", &format!("/resource-collections/{kind}"), Value::Null).await
}

async fn channel(client: &Client, topic: &str) -> Answer {
    let topic = format!("arn:aws:sns:us-east-1:123456789012:{topic}");
    let body = json!({ "Config": { "Sns": { "TopicArn": topic } } });
    ask(client, "PUT", "/channels", body).await
}

#[tokio::test(start_paused = true)]
async fn an_account_has_one_collection_to_which_all_add() {
    let client = Client::calm();
    let nothing = collection(&client, "AWS_TAGS").await;
    assert_eq!((nothing.status, nothing.kind().as_str()), (404, "ResourceNotFoundException"));
    let wrong = change(&client, "ADD", "clctl", &["a"]).await;
    assert_eq!(wrong.kind(), "ValidationException");
    change(&client, "ADD", "devops-guru-x", &["a"]).await.good();
    change(&client, "ADD", "devops-guru-x", &["b"]).await.good();
    let seen = collection(&client, "AWS_TAGS").await.good().value();
    let tags = json!([{ "AppBoundaryKey": "devops-guru-x", "TagValues": ["a", "b"] }]);
    assert_eq!(seen["ResourceCollection"]["Tags"], tags);
    assert_eq!(collection(&client, "AWS_CLOUD_FORMATION").await.status, 404);
    change(&client, "REMOVE", "devops-guru-x", &["a"]).await.good();
    change(&client, "REMOVE", "devops-guru-x", &["b"]).await.good();
    assert_eq!(collection(&client, "AWS_TAGS").await.status, 404);
    let role = [("RoleName", "AWSServiceRoleForDevOpsGuru")];
    client.iam("GetRole", &role).await.good();
}

#[tokio::test(start_paused = true)]
async fn another_boundary_is_refused_or_takes_the_place_of_the_first() {
    for (answer, status, key) in [(0, 409, "devops-guru-x"), (1, 200, "devops-guru-y")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("second-devops-guru-boundary".to_owned(), answer);
        let client = Client::new(settings);
        change(&client, "ADD", "devops-guru-x", &["a"]).await.good();
        assert_eq!(change(&client, "ADD", "devops-guru-y", &["b"]).await.status, status);
        let seen = collection(&client, "AWS_TAGS").await.good().value();
        assert_eq!(seen["ResourceCollection"]["Tags"][0]["AppBoundaryKey"], key);
    }
}

#[tokio::test(start_paused = true)]
async fn a_collection_comes_in_pages() {
    let client = Client::new(Settings { page: Some(2), ..Settings::calm() });
    change(&client, "ADD", "devops-guru-x", &["a", "b", "c"]).await.good();
    let first = collection(&client, "AWS_TAGS").await.good().value();
    assert_eq!(first["ResourceCollection"]["Tags"][0]["TagValues"], json!(["a", "b"]));
    let token = first["NextToken"].as_str().unwrap();
    assert_eq!(token.len(), 36);
    let path = format!("AWS_TAGS?NextToken={token}");
    let second = collection(&client, &path).await.good().value();
    assert_eq!(second["ResourceCollection"]["Tags"][0]["TagValues"], json!(["c"]));
    assert_eq!(second["NextToken"], Value::Null);
    assert_eq!(collection(&client, "AWS_TAGS?NextToken=x").await.kind(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn there_are_at_most_two_channels() {
    let client = Client::calm();
    let made = channel(&client, "one").await.good().value();
    assert_eq!(channel(&client, "one").await.kind(), "ConflictException");
    channel(&client, "two").await.good();
    assert_eq!(channel(&client, "three").await.kind(), "ServiceQuotaExceededException");
    assert_eq!(channel(&client, "queue.fifo").await.kind(), "ValidationException");
    let listed = ask(&client, "POST", "/channels", json!({})).await.good().value();
    assert_eq!(listed["Channels"].as_array().unwrap().len(), 2);
    let path = format!("/channels/{}", made["Id"].as_str().unwrap());
    ask(&client, "DELETE", &path, Value::Null).await.good();
    let again = ask(&client, "DELETE", &path, Value::Null).await;
    assert_eq!(again.kind(), "ResourceNotFoundException");
    channel(&client, "three").await.good();
}

#[tokio::test(start_paused = true)]
async fn it_says_how_the_account_is_and_what_it_works_with() {
    let client = Client::calm();
    let health = ask(&client, "GET", "/accounts/health", Value::Null).await.good().value();
    assert_eq!(health["OpenReactiveInsights"], 0);
    let on = json!({ "ServiceIntegration": { "OpsCenter": { "OptInStatus": "ENABLED" } } });
    ask(&client, "PUT", "/service-integrations", on).await.good();
    let seen = ask(&client, "GET", "/service-integrations", Value::Null).await.good().value();
    let seen = &seen["ServiceIntegration"];
    assert_eq!(seen["OpsCenter"]["OptInStatus"], "ENABLED");
    assert_eq!(seen["LogsAnomalyDetection"]["OptInStatus"], "DISABLED");
    change(&client, "ADD", "devops-guru-x", &["a"]).await.good();
    assert_eq!(ask(&client, "GET", "/accounts/health", Value::Null).await.status, 501);
}
