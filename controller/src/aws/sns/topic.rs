//! A topic: what is published to it reaches everybody who has subscribed.
//!
//! `CreateTopic` answers with the topic of that name if there is one and it is the same, tags and all
//! (<https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>); another one it refuses.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sns::types::Tag;

use crate::{
    config,
    engine::{
        CallError, Calls, Creation, Declared, Delta, Found, Identity, Kind, Owner, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, found, required, text},
        clients::Aws,
        kms::KeyArn,
        policy::Policy,
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, tags_of,
};

/// A topic.
pub struct Topic;

id!(
    /// The ARN of a [`Topic`].
    TopicArn
);

/// What stands for the key of a [`Topic`] that has none.
const NO_KEY: &str = "";

/// The settable part of a [`Topic`].
#[derive(Clone, Debug)]
pub struct TopicConfig<S: Stage = Resolved> {
    /// What messages are encrypted with while SNS has them.
    pub key: S::In<KeyArn>,
    /// Who may publish. Its statements are about the topic, and do not name it.
    pub policy: Policy<S>,
    /// Its other attributes, as AWS calls them.
    pub attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

config! { TopicConfig {
    key: InPlace,
    policy: InPlace,
    attributes: InPlace,
    tags: InPlace,
} }

/// Attributes beside key and policy, with what they are where nobody has set them
/// (<https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>).
const OTHERS: [(&str, &str); 4] = [
    ("DeliveryPolicy", ""),
    ("DisplayName", ""),
    ("SignatureVersion", "1"),
    ("TracingConfig", "PassThrough"),
];

impl TopicConfig {
    /// Attributes as a topic is best off: messages are signed with SHA-256.
    pub fn usual() -> BTreeMap<String, String> {
        let mut all = as_given(&BTreeMap::new());
        all.insert("SignatureVersion".to_owned(), "2".to_owned());
        all
    }
}

/// Attributes as they are, where only some of them are told.
fn as_given(told: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |name: &str, usual: &str| told.get(name).map_or(usual, String::as_str).to_owned();
    OTHERS.iter().map(|(name, usual)| ((*name).to_owned(), value(name, usual))).collect()
}

/// What a [`Topic`] has once it exists.
#[derive(Clone, Debug)]
pub struct TopicOutputs {
    /// Its ARN.
    pub arn: TopicArn,
}

/// How DevOps Guru names what it adds to a policy.
const ADDED: &str = "DevOpsGuru-added-SNS-topic-permissions";

/// What describes one.
const DESCRIBE: &str = "sns:GetTopicAttributes";
/// What it calls the key, and the policy.
const KEY: &str = "KmsMasterKeyId";
const POLICY: &str = "Policy";

impl Resource for Topic {
    type Cloud = Aws;
    type Config = TopicConfig;
    type Outputs = TopicOutputs;

    const ABOUT: Kind = Kind {
        name: "topic",
        ids: "arn:*:sns:*",
        summary: "Where alarms and events of AWS go, and from there to everybody who wants them",
        cloudformation: "AWS::SNS::Topic",
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "nobody is told what happens meanwhile",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, DESCRIBE, LISTS_TAGS],
            write: &[
                "sns:CreateTopic",
                "sns:SetTopicAttributes",
                "sns:TagResource",
                "sns:UntagResource",
                "sns:DeleteTopic",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, "sns").await?;
        let mut found = Vec::new();
        for arn in listed.arns() {
            found.extend(look(aws, arn, &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(aws: &Aws, me: &Identity, want: &TopicConfig) -> Result<PhysicalId, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let policy = of(&want.policy, &aws.environment.arn("sns", &name)).text();
        let tags: Vec<Tag> =
            want.tags.to(me.ordinal).filter_map(|(key, value)| as_tag(key, value)).collect();
        let attributes = want.attributes.iter().filter(|(_, value)| !value.is_empty());
        let mut attributes: std::collections::HashMap<String, String> =
            attributes.map(|(name, value)| (name.clone(), value.clone())).collect();
        attributes.insert(POLICY.to_owned(), policy);
        attributes.insert(KEY.to_owned(), want.key.to_string());
        let call = || {
            let call = aws.sns.create_topic().name(&name);
            call.set_attributes(Some(attributes.clone())).set_tags(Some(tags.clone())).send()
        };
        let operation = "sns:CreateTopic";
        let made = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "TopicArn", made.topic_arn)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &TopicConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        look(aws, &aws.environment.arn("sns", &name), &Listed::default()).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &TopicConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let arn = have.id.0.as_str();
        if delta.take(field!(TopicConfig.policy)) {
            set(aws, arn, POLICY, &of(&want.policy, arn).text()).await?;
        }
        if delta.take(field!(TopicConfig.key)) {
            set(aws, arn, KEY, want.key.as_str()).await?;
        }
        if delta.take(field!(TopicConfig.attributes)) {
            for (name, value) in &want.attributes {
                if have.config.attributes.get(name) != Some(value) {
                    set(aws, arn, name, value).await?;
                }
            }
        }
        if delta.take(field!(TopicConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, arn, &retagging.put, &retagging.drop).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&TopicConfig<Declared>>) -> Option<TopicConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(TopicConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.sns.delete_topic().topic_arn(&have.id.0).send();
        aws.write("sns:DeleteTopic", call).await.map(drop)
    }
}

/// A policy whose statements name the topic they are about.
fn of(policy: &Policy, arn: &str) -> Policy {
    let mut policy = policy.clone();
    for statement in &mut policy.statements {
        if statement.resources.is_empty() {
            statement.resources.push(arn.to_owned());
        }
    }
    policy
}

/// The same as it is declared.
///
/// DevOps Guru adds to the policy of a topic that it may publish, if it is told to
/// (<https://docs.aws.amazon.com/devops-guru/latest/userguide/sns-required-permissions.html>): what it adds for this
/// account is no more than what is declared.
fn without(aws: &Aws, mut policy: Policy, arn: &str) -> Policy {
    let guru = format!("{}.devops-guru.amazonaws.com", aws.environment.region);
    let account = Some(&vec![aws.environment.account.clone()]);
    policy.statements.retain(|statement| {
        let is_theirs = statement.principals.iter().all(|it| it.kind == "Service" && it.id == guru);
        let publishes = |action: &String| action.eq_ignore_ascii_case("sns:Publish");
        let equals = statement.conditions.get("StringEquals");
        let mut of = equals.into_iter().flatten();
        let ours = of.find(|(key, _)| key.eq_ignore_ascii_case("aws:SourceAccount"));
        !(is_theirs
            && statement.sid == ADDED
            && statement.actions.iter().all(publishes)
            && ours.map(|(_, values)| values) == account)
    });
    for statement in &mut policy.statements {
        if statement.resources == [arn] {
            statement.resources.clear();
        }
    }
    policy
}

async fn set(aws: &Aws, arn: &str, name: &str, value: &str) -> Result<(), CallError> {
    let call = || {
        let call = aws.sns.set_topic_attributes().topic_arn(arn);
        call.attribute_name(name).attribute_value(value).send()
    };
    aws.write("sns:SetTopicAttributes", call).await.map(drop)
}

fn as_tag(key: &str, value: String) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().ok()
}

/// Changes the tags of a topic.
pub(super) async fn retag(
    aws: &Aws,
    arn: &str,
    put: &[(String, String)],
    gone: &[String],
) -> Result<(), CallError> {
    if !put.is_empty() {
        let tags: Vec<Tag> =
            put.iter().filter_map(|(key, value)| as_tag(key, value.clone())).collect();
        let call = || aws.sns.tag_resource().resource_arn(arn).set_tags(Some(tags.clone())).send();
        aws.write("sns:TagResource", call).await?;
    }
    if !gone.is_empty() {
        let call = || {
            let call = aws.sns.untag_resource().resource_arn(arn);
            call.set_tag_keys(Some(gone.to_vec())).send()
        };
        aws.write("sns:UntagResource", call).await?;
    }
    Ok(())
}

/// Looks at one by its ARN. What is not there is `None`.
async fn look(aws: &Aws, arn: &str, listed: &Listed) -> Result<Option<Found<Topic>>, CallError> {
    let call = || aws.sns.get_topic_attributes().topic_arn(arn).send();
    let Some(answer) = found(aws.read(DESCRIBE, call).await)? else { return Ok(None) };
    let attributes: BTreeMap<String, String> =
        required(DESCRIBE, "Attributes", answer.attributes)?.into_iter().collect();
    let told = text(DESCRIBE, "TopicArn", attributes.get("TopicArn"))?;
    if told != arn {
        return Err(another(DESCRIBE, told, arn));
    }
    let policy = text(DESCRIBE, POLICY, attributes.get(POLICY))?;
    let Some(tags) = listed.tags(arn, tags_of(aws, arn)).await? else { return Ok(None) };
    Ok(Some(Found {
        id: PhysicalId(arn.to_owned()),
        owner: owner_of(aws, Topic::ABOUT.name, &tags),
        config: TopicConfig {
            key: KeyArn::new(attributes.get(KEY).map_or(NO_KEY, String::as_str)),
            policy: without(aws, Policy::read(policy), arn),
            attributes: as_given(&attributes),
            tags: Tags::of(aws, &tags),
        },
        outputs: TopicOutputs { arn: TopicArn::new(arn) },
        phase: Phase::Ready,
    }))
}
