//! Topics: creation, deletion, lists.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html>.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Answer, Operation, attributes,
    call::{Call, invalid},
    names, tags,
};
use crate::{
    fault::Fault,
    services::{
        iam::document::{Document, Grammar},
        permission::ResourcePolicy,
    },
    shelf::{Kind, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] =
    &[("CreateTopic", true, create), ("DeleteTopic", true, delete), ("ListTopics", false, list)];

/// A topic, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Topic {
    pub(super) display_name: String,
    /// The key as it was named: an id, an ARN or an alias.
    pub(super) key: Option<String>,
    /// With its principals as IAM keeps them; nothing while it is the one that a topic begins with.
    pub(super) policy: Option<Value>,
    pub(super) delivery_policy: Option<String>,
    pub(super) signature_version: Option<String>,
    pub(super) tracing: Option<String>,
    /// How many subscriptions there were that are not any more.
    pub(super) left: u32,
}

impl Kind for Topic {
    const TYPE: &'static str = "topic";
    const PREFIX: &'static str = "topic";
    const NOUN: &'static str = "topic";
    const NOT_FOUND: &'static str = "NotFound";
    const MALFORMED: &'static str = "InvalidParameter";

    fn path(record: &Record<Self>) -> String {
        record.id.clone()
    }
}

impl Topic {
    /// What its policy says to whoever calls; the one that a topic begins with says nothing of them.
    pub(super) fn resource_policy(&self) -> Option<ResourcePolicy> {
        let document = Document::read(self.policy.as_ref()?, Grammar::Resource).ok()?;
        Some(ResourcePolicy { document, sole: false })
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = call.need("Name")?;
    names::check(&name)?;
    if call.params.given("DataProtectionPolicy") {
        return Err(Fault::unsupported("data protection policies of topics"));
    }
    let given = call.map("Attributes");
    let tags = tags::given(call)?;
    let arn = call.arn(&name);
    let mut wanted = Topic::default();
    for (attribute, value) in &given {
        attributes::set(call, (&name, &mut wanted), attribute, value)?;
    }
    if let Some(topic) = call.state.topics.get(&name) {
        let mut same = topic.body.clone();
        for (attribute, value) in &given {
            attributes::set(call, (&name, &mut same), attribute, value)?;
        }
        if same != topic.body {
            let text = "Attributes Reason: Topic already exists with different attributes";
            return Err(invalid(text));
        }
        if tags.is_some_and(|it| it != topic.tags) {
            return Err(invalid("Tags Reason: Topic already exists with different tags"));
        }
        return Ok(Xml::new().text("TopicArn", arn));
    }
    if call.state.topics.all().count() >= call.settings.quotas.topics as usize {
        let text = "Account has reached its limit of topics";
        return Err(Fault::new(403, "TopicLimitExceeded", text));
    }
    let record = Record { id: name, tags: tags.unwrap_or_default(), body: wanted };
    call.state.topics.add(call.stamp, Some(call.now), record);
    Ok(Xml::new().text("TopicArn", arn))
}

/// Its subscriptions go with it; what is not there is no error.
fn delete(call: &mut Call<'_>) -> Answer {
    let name = names::of_topic(call, "TopicArn")?;
    call.state.topics.remove(call.stamp, &name);
    let of = call.state.subscriptions.all().filter(|it| it.topic == name);
    let ids: Vec<_> = of.map(|it| it.id.clone()).collect();
    for id in ids {
        call.state.subscriptions.remove(call.stamp, &id);
    }
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let all = call.state.topics.all_seen(call.in_lists());
    let row = |it: &Record<Topic>| (it.id.clone(), Xml::new().text("TopicArn", call.arn(&it.id)));
    let rows = all.map(row).collect();
    call.page("Topics", rows)
}
