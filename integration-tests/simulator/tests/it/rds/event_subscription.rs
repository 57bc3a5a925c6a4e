//! Event subscriptions, after
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html>.

use serde_json::json;

use super::{modify, running, until};
use crate::client::{Answer, Client};

const ADDRESS: &str = "ops@example.com";

async fn topic(client: &Client) -> String {
    let topic = client.topic("events").await;
    let params = [("TopicArn", &*topic), ("Protocol", "email"), ("Endpoint", ADDRESS)];
    client.sns("Subscribe", &params).await.good();
    client.simulator.edit(|world| world.confirm_subscription(&topic, ADDRESS)).unwrap();
    topic
}

async fn create(client: &Client, topic: &str, more: &[(&str, &str)]) -> Answer {
    let usual = [("SubscriptionName", "Events"), ("SnsTopicArn", topic)];
    let kept = usual.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
    let params: Vec<_> = kept.chain(more).copied().collect();
    client.rds("CreateEventSubscription", &params).await
}

async fn shown(client: &Client) -> Answer {
    client.rds("DescribeEventSubscriptions", &[("SubscriptionName", "events")]).await
}

fn told(client: &Client) -> Vec<String> {
    let all = client.simulator.edit(|world| world.mail(ADDRESS)).unwrap();
    let events = all.into_iter().filter(|it| it.token.is_none());
    let texts = events.map(|it| {
        let body: serde_json::Value = serde_json::from_str(&it.body).unwrap();
        body["Event Message"].as_str().unwrap().to_owned()
    });
    texts.collect()
}

#[tokio::test(start_paused = true)]
async fn a_topic_hears_of_what_is_subscribed_to() {
    let (client, _) = running(&[]).await;
    let topic = topic(&client).await;
    let params = [
        ("SourceType", "db-instance"),
        ("SourceIds.SourceId.1", "db"),
        ("EventCategories.EventCategory.1", "configuration change"),
        ("EventCategories.EventCategory.2", "availability"),
        ("Tags.Tag.1.Key", "k"),
        ("Tags.Tag.1.Value", "v"),
    ];
    let made = create(&client, &topic, &params).await.good();
    assert_eq!(made.text("CustSubscriptionId"), "events");
    assert_eq!(made.text("Status"), "creating");
    assert_eq!(made.texts("EventCategory"), ["availability", "configuration change"]);
    let arn = "arn:aws:rds:us-east-1:123456789012:es:events";
    assert_eq!(made.text("EventSubscriptionArn"), arn);
    client.wait(60).await;
    assert_eq!(shown(&client).await.good().text("Status"), "active");
    let tags = client.rds("ListTagsForResource", &[("ResourceName", arn)]).await.good();
    assert_eq!((tags.text("Key"), tags.text("Value")), ("k".to_owned(), "v".to_owned()));
    modify(&client, &[("BackupRetentionPeriod", "9"), ("ApplyImmediately", "true")]).await.good();
    client.wait(1_200).await;
    until(&client, "db", "available").await;
    client.wait(1).await;
    shown(&client).await.good();
    let before = told(&client);
    assert!(!before.is_empty());
    client.rds("RebootDBInstance", &[("DBInstanceIdentifier", "db")]).await.good();
    until(&client, "db", "available").await;
    let after = told(&client);
    assert!(after.len() > before.len(), "{after:?}");
    let off = [("SubscriptionName", "events"), ("Enabled", "false")];
    client.rds("ModifyEventSubscription", &off).await.good();
    client.rds("RebootDBInstance", &[("DBInstanceIdentifier", "db")]).await.good();
    until(&client, "db", "available").await;
    assert_eq!(told(&client).len(), after.len());
    let source = [("SubscriptionName", "events"), ("SourceIdentifier", "db")];
    let gone = client.rds("RemoveSourceIdentifierFromSubscription", &source).await.good();
    assert!(gone.texts("SourceId").is_empty());
    let again = client.rds("AddSourceIdentifierToSubscription", &source).await.good();
    assert_eq!(again.texts("SourceId"), ["db"]);
    let named = [("SubscriptionName", "EVENTS")];
    let deleted = client.rds("DeleteEventSubscription", &named).await.good();
    assert_eq!(deleted.text("Status"), "deleting");
    assert_eq!(client.rds("DeleteEventSubscription", &named).await.code(), "SubscriptionNotFound");
    client.wait(120).await;
    assert_eq!(shown(&client).await.code(), "SubscriptionNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_checked() {
    let (client, _) = running(&[]).await;
    let topic = topic(&client).await;
    let none = format!("{topic}-none");
    for (more, code) in [
        (&[("SnsTopicArn", &*none)][..], "SNSTopicArnNotFound"),
        (&[("SnsTopicArn", "arn:aws:sqs:us-east-1:123456789012:q")], "SNSInvalidTopic"),
        (&[("SourceType", "db-cloud")], "InvalidParameterValue"),
        (&[("SourceIds.SourceId.1", "db")], "InvalidParameterCombination"),
        (&[("SourceType", "db-instance"), ("SourceIds.SourceId.1", "other")], "SourceNotFound"),
        (
            &[("SourceType", "db-snapshot"), ("EventCategories.EventCategory.1", "failover")],
            "SubscriptionCategoryNotFound",
        ),
        (&[("SubscriptionName", "a--b")], "InvalidParameterValue"),
        (&[], ""),
        (&[], "SubscriptionAlreadyExist"),
    ] {
        let told = create(&client, &topic, more).await;
        assert_eq!(told.code(), code, "{more:?} {}", told.body);
    }
    client.wait(60).await;
    // Others may publish, RDS may not.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": "sns:Publish", "Resource": topic,
    }] })
    .to_string();
    let params = [("TopicArn", &*topic), ("AttributeName", "Policy"), ("AttributeValue", &*policy)];
    client.sns("SetTopicAttributes", &params).await.good();
    assert_eq!(shown(&client).await.text("Status"), "no-permission");
    let other = create(&client, &topic, &[("SubscriptionName", "b")]).await;
    assert_eq!(other.code(), "SNSNoAuthorization");
    client.sns("DeleteTopic", &[("TopicArn", &topic)]).await.good();
    assert_eq!(shown(&client).await.text("Status"), "topic-not-exist");
    let all = client.rds("DescribeEventCategories", &[]).await.good();
    assert!(all.texts("SourceType").len() > 5);
    let of = [("SourceType", "db-cluster-snapshot")];
    let some = client.rds("DescribeEventCategories", &of).await.good();
    assert_eq!(some.texts("EventCategory"), ["backup", "notification"]);
}
