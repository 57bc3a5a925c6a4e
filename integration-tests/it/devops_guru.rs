//! DevOps Guru looks at the environment and tells its topic, in an account that others share: what they have told it
//! stays, and where that leaves no room, it is said.

use clctl::{
    aws::{Aws, Environment},
    engine::{Action, Graph, Plan, Verdict},
};
use clctl_simulator::Settings;
use serde_json::{Value, json};

use crate::{
    harness::{Bench, SETTLED, Wanted, example, steps},
    stand::{Stand, Variant},
};

const KEY: &str = "devops-guru-clctl";
const COLLECTION: &str = "devops-guru-collection/main";
const CHANNEL: &str = "devops-guru-channel/main";

/// `node.yaml` with this in the chapter.
fn node(chapter: &str) -> Wanted {
    let text = example("node");
    Wanted::read(&format!("{text}\n  monitoring:\n    devOpsGuru: {{enabled: {chapter}}}\n"))
        .keeping_nothing()
}

/// A topic that is told, and nothing else.
fn told(environment: &Environment) -> Graph<Aws> {
    let mut stand = Stand::new(environment, Variant::Usual);
    let key = stand.key("main");
    let topic = stand.topic("main", &key);
    stand.looked_at(&topic);
    stand.graph()
}

fn wanted() -> Wanted {
    Wanted::graph("demo", told)
}

/// Somebody who shares the account.
struct Others<'a>(&'a Bench);

impl Others<'_> {
    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        self.0.somebody().rest("devops-guru", method, path, body).await.good().value()
    }

    async fn change(&self, action: &str, what: Value) {
        let body = json!({ "Action": action, "ResourceCollection": what });
        self.ask("PUT", "/resource-collections", body).await;
    }

    async fn add(&self, topic: &str) -> String {
        let topic = format!("arn:aws:sns:us-east-1:123456789012:{topic}");
        let body = json!({ "Config": { "Sns": { "TopicArn": topic } } });
        self.ask("PUT", "/channels", body).await["Id"].as_str().unwrap().to_owned()
    }

    async fn remove(&self, channel: &str) {
        self.ask("DELETE", &format!("/channels/{channel}"), Value::Null).await;
    }

    /// The collection as it is; nothing if there is none.
    async fn collection(&self) -> Value {
        for kind in ["AWS_TAGS", "AWS_CLOUD_FORMATION"] {
            let path = format!("/resource-collections/{kind}");
            let answer = self.0.somebody().rest("devops-guru", "GET", &path, Value::Null).await;
            if answer.status == 200 {
                return answer.value()["ResourceCollection"].clone();
            }
        }
        Value::Null
    }

    /// What is told, by topic.
    async fn channels(&self) -> Vec<Value> {
        let listed = self.ask("POST", "/channels", json!({})).await;
        listed["Channels"].as_array().unwrap().iter().map(|it| it["Config"].clone()).collect()
    }

    async fn topics(&self) -> Vec<String> {
        let name = |it: &Value| {
            it["Sns"]["TopicArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
        };
        let mut topics: Vec<String> = self.channels().await.iter().map(name).collect();
        topics.sort();
        topics
    }
}

fn tags(key: &str, values: &[&str]) -> Value {
    json!({ "Tags": [{ "AppBoundaryKey": key, "TagValues": values }] })
}

fn stacks() -> Value {
    json!({ "CloudFormation": { "StackNames": ["theirs"] } })
}

/// What is to be known of an object that is as it is to be.
fn notice(plan: &Plan<Aws>, address: &str) -> Option<String> {
    let mut nodes = plan.nodes.iter();
    let planned = nodes.find(|it| it.node.address().to_string() == address).unwrap();
    let keeps = matches!(&planned.verdict, Verdict::Change(it) if it.action == Action::Keep);
    assert!(keeps, "{:?}", steps(plan));
    planned.seen.as_ref().unwrap().notice()
}

#[tokio::test(start_paused = true)]
async fn it_looks_at_the_environment_and_tells_its_topic_and_switched_off_it_does_neither() {
    let bench = Bench::calm();
    let others = Others(&bench);
    bench.apply(&node("true")).await.complete();
    bench.is_settled(&node("true")).await;
    assert_eq!(others.collection().await, tags(KEY, &["demo"]));
    let channels = others.channels().await;
    assert_eq!(others.topics().await, ["clctl-demo-topic-alarms"]);
    assert_eq!(channels[0]["Filters"]["Severities"], json!(["HIGH", "MEDIUM"]));
    // Everything that takes tags has the one that it goes by.
    let truth = bench.truth();
    let ours = truth.things().iter().filter(|it| it.tags.contains_key("clctl.dev/uid"));
    // The marker is nothing that it could look at.
    let ours = ours.filter(|it| it.kind != "parameter");
    assert!(ours.clone().count() > 50);
    let unseen: Vec<&str> = ours
        .filter(|it| it.tags.get(KEY).map(String::as_str) != Some("demo"))
        .map(|it| it.kind.as_str())
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    let off = bench.apply(&node("false")).await.complete();
    let mut said = steps(&off.plan);
    said.sort();
    assert_eq!(said, ["remove devops-guru-channel/alarms", "remove devops-guru-collection/main"]);
    assert_eq!((others.collection().await, others.channels().await.len()), (Value::Null, 0));
    bench.is_settled(&node("false")).await;
}

#[tokio::test(start_paused = true)]
async fn what_others_have_told_it_stays_beside_ours_and_after_it() {
    let bench = Bench::calm();
    let others = Others(&bench);
    others.change("ADD", tags(KEY, &["another", "demo-2"])).await;
    others.add("theirs").await;
    bench.apply(&wanted()).await.complete();
    bench.is_settled(&wanted()).await;
    assert_eq!(others.collection().await, tags(KEY, &["another", "demo", "demo-2"]));
    assert_eq!(others.topics().await, ["clctl-demo-topic-main", "theirs"]);
    bench.delete(&wanted()).await.complete();
    assert_eq!(others.collection().await, tags(KEY, &["another", "demo-2"]));
    assert_eq!(others.topics().await, ["theirs"]);
}

#[tokio::test(start_paused = true)]
async fn a_collection_without_room_is_told_and_left_alone_until_it_has() {
    for (theirs, says) in [
        (tags("devops-guru-theirs", &["a"]), "one tag only"),
        (tags("DevOps-Guru-clctl", &["demo"]), "TagValues=[demo]"),
        (tags(KEY, &["*"]), "at this environment as well"),
        (stacks(), "stacks of CloudFormation"),
    ] {
        // Whether AWS would refuse ours, or let it take the place of theirs.
        for answer in [0, 1] {
            let mut settings = Settings::calm();
            settings.disputes.insert("second-devops-guru-boundary".to_owned(), answer);
            let bench = Bench::new(settings);
            let others = Others(&bench);
            others.change("ADD", theirs.clone()).await;
            let applied = bench.apply(&wanted()).await.complete();
            let told = "devops-guru:UpdateResourceCollection".to_owned();
            assert!(!applied.writes.contains(&told), "{says}");
            let plan = bench.diff(&wanted()).await;
            assert!(plan.is_empty() && !plan.is_unknown(), "{says}: {:?}", steps(&plan));
            let notice = notice(&plan, COLLECTION).unwrap();
            assert!(notice.contains(says), "{notice}");
            bench.is_settled(&wanted()).await;
            assert_eq!(others.collection().await, theirs, "{says}");
            bench.delete(&wanted()).await.complete();
            assert_eq!(others.collection().await, theirs, "{says}");
            bench.apply(&wanted()).await.complete();
            others.change("REMOVE", theirs.clone()).await;
            bench.somebody().wait(SETTLED).await;
            let apply = bench.apply(&wanted()).await.complete();
            assert_eq!(steps(&apply.plan), [format!("create {COLLECTION}")], "{says}");
            assert_eq!(others.collection().await, tags(KEY, &["demo"]), "{says}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_channels_of_others_are_told_and_left_alone_until_one_is_gone() {
    let bench = Bench::calm();
    let others = Others(&bench);
    let first = others.add("one").await;
    others.add("two").await;
    bench.apply(&wanted()).await.complete();
    let plan = bench.diff(&wanted()).await;
    let notice = notice(&plan, CHANNEL).unwrap();
    assert!(notice.contains(":one and ") && notice.contains(":two"), "{notice}");
    bench.is_settled(&wanted()).await;
    bench.delete(&wanted()).await.complete();
    assert_eq!(others.topics().await, ["one", "two"]);
    bench.apply(&wanted()).await.complete();
    others.remove(&first).await;
    bench.somebody().wait(SETTLED).await;
    let applied = bench.apply(&wanted()).await.complete();
    assert_eq!(steps(&applied.plan), [format!("update {CHANNEL} message_types,severities")]);
    assert_eq!(others.topics().await, ["clctl-demo-topic-main", "two"]);
    bench.is_settled(&wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_faster_is_no_error() {
    for seed in 1..=6 {
        let bench = Bench::new(Settings { seed, ..Settings::default() });
        bench.apply(&Wanted::graph("demo", |it| Stand::new(it, Variant::Usual).graph())).await;
        // Reads that lag do not show what they have just told it.
        let others = Others(&bench);
        others.add("one").await;
        others.add("two").await;
        let applied = bench.apply(&wanted()).await;
        assert!(applied.is_complete(), "{seed}: {}", applied.told());
        bench.somebody().wait(SETTLED).await;
        assert_eq!(others.topics().await, ["one", "two"], "{seed}");
        bench.is_settled(&wanted()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_takes_away_or_narrows_is_put_back() {
    let bench = Bench::standing(&wanted()).await;
    let others = Others(&bench);
    let ours = async || others.ask("POST", "/channels", json!({})).await["Channels"][0].clone();
    others.change("REMOVE", tags(KEY, &["demo"])).await;
    let channel = ours().await;
    others.remove(channel["Id"].as_str().unwrap()).await;
    let mut config = channel["Config"].clone();
    config["Filters"]["Severities"] = json!(["HIGH"]);
    others.ask("PUT", "/channels", json!({ "Config": config })).await;
    bench.somebody().wait(SETTLED).await;
    let repaired = bench.apply(&wanted()).await.complete();
    let mut said = steps(&repaired.plan);
    said.sort();
    assert_eq!(said, [format!("create {COLLECTION}"), format!("update {CHANNEL} severities")]);
    assert_eq!(others.collection().await, tags(KEY, &["demo"]));
    assert_eq!(ours().await["Config"], channel["Config"]);
    bench.is_settled(&wanted()).await;
    // What usually holds need not be said.
    let id = ours().await["Id"].as_str().unwrap().to_owned();
    others.remove(&id).await;
    others.add("clctl-demo-topic-main").await;
    bench.somebody().wait(SETTLED).await;
    bench.is_settled(&wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_goes_with_the_environment_although_its_topic_was_gone_before() {
    let bench = Bench::standing(&wanted()).await;
    let others = Others(&bench);
    let topic = "arn:aws:sns:us-east-1:123456789012:clctl-demo-topic-main";
    bench.somebody().sns("DeleteTopic", &[("TopicArn", topic)]).await.good();
    bench.somebody().wait(SETTLED).await;
    assert_eq!(others.topics().await, ["clctl-demo-topic-main"]);
    bench.delete(&wanted()).await.complete();
    assert!(others.topics().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_statement_that_it_adds_to_the_policy_of_the_topic_is_no_difference() {
    let bench = Bench::standing(&wanted()).await;
    let topic = "arn:aws:sns:us-east-1:123456789012:clctl-demo-topic-main";
    let shown = bench.somebody().sns("GetTopicAttributes", &[("TopicArn", topic)]).await.good();
    assert!(shown.body.contains("DevOpsGuru-added-SNS-topic-permissions"), "{}", shown.body);
    assert!(shown.body.contains("us-east-1.devops-guru.amazonaws.com"), "{}", shown.body);
    bench.is_settled(&wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_devops_guru_nobody_is_asked_about_it() {
    let text = example("node").replace("us-east-1", "eu-central-2");
    let on = format!("{text}\n  monitoring:\n    devOpsGuru: {{enabled: true}}\n");
    let refused = clctl_spec::parse("node.yaml", &on).unwrap_err();
    let says = refused.problems().iter().any(|it| it.message().contains("DevOps Guru"));
    assert!(says, "{refused:?}");
    let bench = Bench::calm();
    bench.diff(&Wanted::read(&text)).await;
    let calls = bench.simulator.calls();
    assert!(!calls.is_empty() && calls.iter().all(|it| it.service != "devops-guru"));
}
