//! SNS, after <https://docs.aws.amazon.com/sns/latest/api/welcome.html>.

use clctl_simulator::{Mail, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const ADDRESS: &str = "ops@example.com";

async fn subscribe(client: &Client, topic: &str, more: &[(&str, &str)]) -> Answer {
    let mail = [("TopicArn", topic), ("Protocol", "email"), ("Endpoint", ADDRESS)];
    let kept = mail.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
    let params: Vec<_> = kept.chain(more).copied().collect();
    client.sns("Subscribe", &params).await
}

fn mail(client: &Client) -> Vec<Mail> {
    client.simulator.edit(|world| world.mail(ADDRESS)).unwrap()
}

/// What is shown of a thing, by name.
fn attributes(answer: &Answer) -> Vec<(String, String)> {
    answer.texts("key").into_iter().zip(answer.texts("value")).collect()
}

fn attribute(answer: &Answer, name: &str) -> String {
    let mut all = attributes(answer).into_iter();
    all.find(|it| it.0 == name).map(|it| it.1.replace("&quot;", "\"")).unwrap_or_default()
}

async fn set(client: &Client, topic: &str, name: &str, value: &str) -> Answer {
    let params = [("TopicArn", topic), ("AttributeName", name), ("AttributeValue", value)];
    client.sns("SetTopicAttributes", &params).await
}

#[tokio::test(start_paused = true)]
async fn a_topic_of_the_same_name_is_the_same_as_long_as_nothing_else_is_wanted_of_it() {
    let client = Client::calm();
    let topic = client.topic("alarms").await;
    assert_eq!(topic, "arn:aws:sns:us-east-1:123456789012:alarms");
    assert_eq!(client.topic("alarms").await, topic);
    let named = ("Name", "alarms");
    let key =
        [named, ("Attributes.entry.1.key", "KmsMasterKeyId"), ("Attributes.entry.1.value", "k")];
    let other = client.sns("CreateTopic", &key).await;
    assert_eq!(other.code(), "InvalidParameter");
    assert!(other.text("Message").contains("already exists with different attributes"));
    let tags = [named, ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")];
    let other = client.sns("CreateTopic", &tags).await;
    assert!(other.text("Message").contains("already exists with different tags"), "{}", other.body);
    set(&client, &topic, "KmsMasterKeyId", "k").await.good();
    client.sns("CreateTopic", &key).await.good();
    for name in ["", "a b", &"x".repeat(257)] {
        assert_eq!(client.sns("CreateTopic", &[("Name", name)]).await.code(), "InvalidParameter");
    }
    let fifo = client.sns("CreateTopic", &[("Name", "a.fifo")]).await;
    assert_eq!(fifo.code(), "ClctlSimulatorUnsupported");
    let told = client.sns("GetTopicAttributes", &[("TopicArn", &topic)]).await.good();
    assert_eq!(attribute(&told, "KmsMasterKeyId"), "k");
    assert!(attribute(&told, "Policy").contains("__default_policy_ID"));
    client.sns("DeleteTopic", &[("TopicArn", &topic)]).await.good();
    client.sns("DeleteTopic", &[("TopicArn", &topic)]).await.good();
    let gone = client.sns("GetTopicAttributes", &[("TopicArn", &topic)]).await;
    assert_eq!((gone.status, gone.code().as_str()), (404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_can_be_set_of_a_topic_is_checked() {
    let client = Client::calm();
    let topic = client.topic("alarms").await;
    let policy = |change: &[(&str, Value)]| {
        let mut statement = json!({
            "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": "sns:Publish", "Resource": topic,
        });
        for (name, value) in change {
            statement[*name] = value.clone();
        }
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    for (name, value, code) in [
        ("DisplayName", "Alarms of a".to_owned(), ""),
        ("DisplayName", "x".repeat(101), "InvalidParameter"),
        ("Policy", policy(&[]), ""),
        ("Policy", policy(&[("Action", json!("sns:*"))]), "InvalidParameter"),
        ("Policy", policy(&[("Action", json!("sqs:SendMessage"))]), "InvalidParameter"),
        ("Policy", policy(&[("Resource", json!("*"))]), "InvalidParameter"),
        (
            "Policy",
            policy(&[("Principal", json!({ "AWS": "arn:aws:iam::123456789012:role/none" }))]),
            "InvalidParameter",
        ),
        ("Policy", "{".to_owned(), "InvalidParameter"),
        ("SignatureVersion", "2".to_owned(), ""),
        ("SignatureVersion", "3".to_owned(), "InvalidParameter"),
        ("TracingConfig", "Active".to_owned(), ""),
        ("Colour", "red".to_owned(), "InvalidParameter"),
        ("ArchivePolicy", "{}".to_owned(), "ClctlSimulatorUnsupported"),
    ] {
        let told = set(&client, &topic, name, &value).await;
        assert_eq!(told.code(), code, "{name} {value}: {}", told.body);
    }
    let told = client.sns("GetTopicAttributes", &[("TopicArn", &topic)]).await.good();
    assert_eq!(attribute(&told, "DisplayName"), "Alarms of a");
    assert!(attribute(&told, "Policy").contains("cloudwatch.amazonaws.com"));
}

#[tokio::test(start_paused = true)]
async fn an_address_is_subscribed_when_its_owner_says_so_within_two_days() {
    let client = Client::calm();
    let topic = client.topic("alarms").await;
    let told = subscribe(&client, &topic, &[]).await.good();
    assert_eq!(told.text("SubscriptionArn"), "pending confirmation");
    let known = subscribe(&client, &topic, &[("ReturnSubscriptionArn", "true")]).await.good();
    let arn = known.text("SubscriptionArn");
    assert!(arn.starts_with(&format!("{topic}:")), "{arn}");
    let list = async || {
        let told = client.sns("ListSubscriptionsByTopic", &[("TopicArn", &topic)]).await.good();
        told.texts("SubscriptionArn")
    };
    assert_eq!(list().await, ["PendingConfirmation"]);
    let publish = async |text: &str| {
        let params = [("TopicArn", &*topic), ("Message", text), ("Subject", "About")];
        client.sns("Publish", &params).await.good();
    };
    publish("too early").await;
    let pending = client.sns("Unsubscribe", &[("SubscriptionArn", &arn)]).await;
    assert_eq!(pending.code(), "InvalidParameter");
    assert!(pending.text("Message").contains("pending confirmation"));
    let short = client.sns("Unsubscribe", &[("SubscriptionArn", "PendingConfirmation")]).await;
    assert!(short.text("Message").contains("An ARN must have at least 6 elements, not 1"));
    // Each call asks the owner once more; only the last token is good.
    let asked = mail(&client);
    let tokens: Vec<_> = asked.iter().filter_map(|it| it.token.clone()).collect();
    let [early, late] = tokens.as_slice() else { panic!("{asked:?}") };
    let confirm = async |token: &str| {
        client.sns("ConfirmSubscription", &[("TopicArn", &topic), ("Token", token)]).await
    };
    assert_eq!(confirm(early).await.code(), "InvalidParameter");
    assert_eq!(confirm(late).await.good().text("SubscriptionArn"), arn);
    assert_eq!(list().await, std::slice::from_ref(&arn));
    publish("in time").await;
    let told = client.sns("GetSubscriptionAttributes", &[("SubscriptionArn", &arn)]).await.good();
    assert_eq!(attribute(&told, "PendingConfirmation"), "false");
    let newest = mail(&client).pop().unwrap();
    assert_eq!((newest.subject.as_str(), newest.body.as_str()), ("About", "in time"));
    assert_eq!(mail(&client).len(), 3);
    client.sns("Unsubscribe", &[("SubscriptionArn", &arn)]).await.good();
    assert!(list().await.is_empty());
    // Who does not answer is forgotten.
    subscribe(&client, &topic, &[]).await.good();
    client.wait(48 * 3_600 - 60).await;
    assert_eq!(list().await, ["PendingConfirmation"]);
    client.wait(60).await;
    assert!(list().await.is_empty());
    // The owner of an address follows links.
    subscribe(&client, &topic, &[]).await.good();
    let follow = |leave: bool| {
        let edit = client.simulator.edit(|world| {
            if leave {
                world.leave_topic(&topic, ADDRESS)
            } else {
                world.confirm_subscription(&topic, ADDRESS)
            }
        });
        edit.unwrap()
    };
    assert!(!follow(true) && follow(false) && !follow(false) && follow(true) && !follow(true));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_checked_and_goes_with_its_topic() {
    let client = Client::calm();
    let topic = client.topic("alarms").await;
    for (protocol, endpoint, code) in [
        ("email", "nobody", "InvalidParameter"),
        ("email", "a@b@c.org", "InvalidParameter"),
        ("https", "http://example.com", "InvalidParameter"),
        ("https", "https://example.com/hook", ""),
        ("sqs", "queue", "InvalidParameter"),
        ("pigeon", "x", "InvalidParameter"),
        ("lambda", "arn:aws:lambda:us-east-1:123456789012:function:f", "ClctlSimulatorUnsupported"),
        ("sqs", "arn:aws:sqs:us-east-1:123456789012:queue", ""),
    ] {
        let told =
            subscribe(&client, &topic, &[("Protocol", protocol), ("Endpoint", endpoint)]).await;
        assert_eq!(told.code(), code, "{protocol} {endpoint}: {}", told.body);
    }
    let none = format!("{topic}2");
    assert_eq!(subscribe(&client, &none, &[]).await.code(), "NotFound");
    let raw =
        [("Attributes.entry.1.key", "RawMessageDelivery"), ("Attributes.entry.1.value", "true")];
    assert_eq!(subscribe(&client, &topic, &raw).await.code(), "InvalidParameter");
    // A queue of the same account confirms itself.
    let queue = [("Protocol", "sqs"), ("Endpoint", "arn:aws:sqs:us-east-1:123456789012:queue")];
    let arn = subscribe(&client, &topic, &queue).await.good().text("SubscriptionArn");
    let params = [
        ("SubscriptionArn", &*arn),
        ("AttributeName", "RawMessageDelivery"),
        ("AttributeValue", "true"),
    ];
    client.sns("SetSubscriptionAttributes", &params).await.good();
    assert_eq!(client.sns("ListSubscriptions", &[]).await.texts("Endpoint").len(), 2);
    client.sns("DeleteTopic", &[("TopicArn", &topic)]).await.good();
    assert!(client.sns("ListSubscriptions", &[]).await.texts("Endpoint").is_empty());
}

#[tokio::test(start_paused = true)]
async fn topics_have_tags_pages_and_a_place_in_the_tagging_api() {
    let client = Client::new(Settings { page: Some(2), ..Settings::calm() });
    for name in ["a", "b", "c"] {
        client.topic(name).await;
    }
    let first = client.sns("ListTopics", &[]).await.good();
    assert_eq!(first.texts("TopicArn").len(), 2);
    let token = first.text("NextToken");
    let rest = client.sns("ListTopics", &[("NextToken", &token)]).await.good();
    assert_eq!((rest.texts("TopicArn").len(), rest.text("NextToken")), (1, String::new()));
    assert_eq!(client.sns("ListTopics", &[("NextToken", "x")]).await.code(), "InvalidParameter");
    let arn = "arn:aws:sns:us-east-1:123456789012:a";
    let tag = [("ResourceArn", arn), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    client.sns("TagResource", &tag).await.good();
    let told = client.sns("ListTagsForResource", &[("ResourceArn", arn)]).await.good();
    assert_eq!((told.texts("Key"), told.texts("Value")), (vec!["k".into()], vec!["v".into()]));
    let wanted = json!({ "ResourceTypeFilters": ["sns"], "TagFilters": [{ "Key": "k" }] });
    let found = client.tagging("GetResources", wanted).await.good().value();
    assert_eq!(found["ResourceTagMappingList"][0]["ResourceARN"], arn);
    client.sns("UntagResource", &[("ResourceArn", arn), ("TagKeys.member.1", "k")]).await.good();
    let none = [("ResourceArn", "arn:aws:sns:us-east-1:123456789012:none")];
    assert_eq!(client.sns("ListTagsForResource", &none).await.code(), "ResourceNotFound");
}
