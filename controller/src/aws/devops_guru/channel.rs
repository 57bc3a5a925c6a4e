//! The notification channel: that DevOps Guru tells a topic of what it finds. There are two at most in an account and
//! region (<https://docs.aws.amazon.com/devops-guru/latest/userguide/quotas.html>), and those of others stay. A channel
//! has no name and no tags: it is ours if its topic is.
//!
//! A channel is added and removed, never changed
//! (<https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_AddNotificationChannel.html>): another filter takes
//! another channel.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_devopsguru::types;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Delta, Found, Identity, Kind, Owner, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage, Told,
    },
    field,
};

use super::super::{
    answers::{required, text},
    clients::Aws,
    sns::{LISTS_TAGS, Topic, TopicArn, tags_of},
    tagging::{self, Listed},
    tags::owner_of,
};

/// That DevOps Guru tells a topic of what it finds.
pub struct NotificationChannel;

/// The settable part of a [`NotificationChannel`]. Where others have all there are, only the topic is told.
#[derive(Clone, Debug)]
pub struct NotificationChannelConfig<S: Stage = Resolved> {
    /// The topic.
    pub topic: S::In<TopicArn>,
    /// How severe what is told is; nothing where there is no channel.
    pub severities: Told<Vec<String>>,
    /// What is told of it.
    pub message_types: Told<Vec<String>>,
}

config! { NotificationChannelConfig {
    topic: Replace,
    severities: InPlace,
    message_types: InPlace,
} }

/// What is told where nobody has said what
/// (<https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_NotificationChannelConfig.html>).
const SEVERITIES: [&str; 2] = ["HIGH", "MEDIUM"];
const MESSAGE_TYPES: [&str; 5] =
    ["CLOSED_INSIGHT", "NEW_ASSOCIATION", "NEW_INSIGHT", "NEW_RECOMMENDATION", "SEVERITY_UPGRADED"];

impl NotificationChannelConfig {
    /// How severe something usually is that is told.
    pub fn usual_severities() -> Told<Vec<String>> {
        all(&SEVERITIES)
    }

    /// What usually is told.
    pub fn usual_message_types() -> Told<Vec<String>> {
        all(&MESSAGE_TYPES)
    }
}

fn all(texts: &[&str]) -> Told<Vec<String>> {
    Told(Some(texts.iter().map(|it| (*it).to_owned()).collect()))
}

/// What a [`NotificationChannel`] has once it exists.
#[derive(Clone, Debug)]
pub struct NotificationChannelOutputs {
    /// The ids of those that tell the topic.
    ids: Vec<String>,
    /// The topics of others that are told, if there is no room for ours.
    others: Option<Vec<String>>,
}

/// How many there may be.
const MOST: usize = 2;

const LIST: &str = "devops-guru:ListNotificationChannels";
const ADD: &str = "devops-guru:AddNotificationChannel";
const REMOVE: &str = "devops-guru:RemoveNotificationChannel";
/// What the id ends with: that of a channel is another one with each filter.
const SUFFIX: &str = "/devops-guru-channel";

impl Resource for NotificationChannel {
    type Cloud = Aws;
    type Config = NotificationChannelConfig;
    type Outputs = NotificationChannelOutputs;

    const ABOUT: Kind = Kind {
        name: "devops-guru-channel",
        ids: "arn:*:sns:*",
        summary: "That DevOps Guru tells a topic of what it finds",
        cloudformation: "AWS::DevOpsGuru::NotificationChannel",
        // What tells a topic that is gone makes room first.
        replacement: Replacement::DeleteFirst,
        creation: Creation::Facet,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "nobody is told what DevOps Guru finds",
        stands_on: &[],
        keeping: None,
        calls: Calls { read: &[tagging::LISTS, LISTS_TAGS, LIST], write: &[ADD, REMOVE] },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        if !clctl_spec::DevOpsGuru::is_in(&aws.environment.region) {
            return Ok(Vec::new());
        }
        let channels = Channel::list(aws).await?;
        let listed = tagging::asked(aws, scope, "sns").await?;
        let of = |arn: &str| arn.trim_end_matches(SUFFIX).to_owned();
        let mut topics: BTreeSet<String> = listed.arns().map(of).collect();
        if let Scope::Owned = scope {
            let told = channels.iter().filter(|it| name_of(aws, &it.topic).is_some());
            topics.extend(told.map(|it| it.topic.clone()));
        }
        let mut found = Vec::new();
        for topic in topics {
            found.extend(look(aws, &topic, &channels, &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        _: &Aws,
        _: &Identity,
        want: &NotificationChannelConfig,
    ) -> Result<PhysicalId, CallError> {
        Ok(PhysicalId(format!("{}{SUFFIX}", want.topic)))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &NotificationChannelConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let severities = delta.take(field!(NotificationChannelConfig.severities));
        let message_types = delta.take(field!(NotificationChannelConfig.message_types));
        if severities || message_types {
            remove(aws, have).await?;
            add(aws, want).await?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        remove(aws, have).await
    }

    fn is_vacant(have: &Found<Self>) -> bool {
        have.outputs.ids.is_empty()
    }

    fn notice(have: &Found<Self>) -> Option<String> {
        let others = have.outputs.others.as_ref()?.join(" and ");
        Some(format!(
            "nobody is told what DevOps Guru finds: it tells {MOST} topics at most in an account and region, and somebody has told it to tell {others}. Have one of them removed (`aws devops-guru remove-notification-channel --id ID`), or subscribe to one of them"
        ))
    }
}

/// A channel of the account's.
struct Channel {
    id: String,
    topic: String,
    severities: Vec<String>,
    message_types: Vec<String>,
}

impl Channel {
    /// Those there are.
    async fn list(aws: &Aws) -> Result<Vec<Self>, CallError> {
        let listed = aws
            .pages(
                LIST,
                |token| aws.devops_guru.list_notification_channels().set_next_token(token).send(),
                |page| (page.channels, page.next_token),
            )
            .await?;
        listed.into_iter().map(Self::read).collect()
    }

    fn read(from: types::NotificationChannel) -> Result<Self, CallError> {
        let config = required(LIST, "Config", from.config)?;
        let topic = text(LIST, "TopicArn", config.sns.and_then(|sns| sns.topic_arn))?;
        let filters = config.filters.as_ref();
        let severities = filters.map(types::NotificationFilterConfig::severities);
        let severities = severities.unwrap_or_default().iter().map(types::InsightSeverity::as_str);
        let message_types = filters.map(types::NotificationFilterConfig::message_types);
        let message_types = message_types.unwrap_or_default().iter();
        let message_types = message_types.map(types::NotificationMessageType::as_str);
        Ok(Self {
            id: text(LIST, "Id", from.id)?,
            topic,
            severities: given_or(severities, &SEVERITIES),
            message_types: given_or(message_types, &MESSAGE_TYPES),
        })
    }
}

/// What is given or, if nothing is, what holds then.
fn given_or<'a>(given: impl Iterator<Item = &'a str>, usual: &[&'a str]) -> Vec<String> {
    let given: Vec<&str> = given.collect();
    let given = if given.is_empty() { usual } else { given.as_slice() };
    given.iter().map(|it| (*it).to_owned()).collect()
}

/// Which topic of ours has this ARN, if it is one that only we give.
fn name_of<'a>(aws: &Aws, topic: &'a str) -> Option<&'a str> {
    let prefix = aws.environment.object_prefix(Topic::ABOUT.name);
    topic.strip_prefix(&aws.environment.arn("sns", &prefix))
}

/// Looks at what tells one topic. Of a topic that is not there this is nothing, unless it is told all the same: a
/// channel outlives its topic.
async fn look(
    aws: &Aws,
    topic: &str,
    channels: &[Channel],
    listed: &Listed,
) -> Result<Option<Found<NotificationChannel>>, CallError> {
    let (ours, others): (Vec<&Channel>, Vec<&Channel>) =
        channels.iter().partition(|it| it.topic == topic);
    let mut others: Vec<String> = others.into_iter().map(|it| it.topic.clone()).collect();
    others.sort();
    let owner = match listed.tags(topic, tags_of(aws, topic)).await? {
        // Ours as the topic is: its tags speak of it, not of the channel.
        Some(tags) => owner_of(aws, Topic::ABOUT.name, &tags),
        None => match name_of(aws, topic).filter(|_| !ours.is_empty()) {
            Some(name) => Owner::Us { name: name.to_owned(), ordinal: 1, alias: None },
            None => return Ok(None),
        },
    };
    let no_room = ours.is_empty() && others.len() >= MOST;
    let told = |texts: fn(&Channel) -> &Vec<String>| {
        let first = ours.first().map(|it| texts(it).clone());
        Told((!no_room).then(|| first.unwrap_or_default()))
    };
    Ok(Some(Found {
        id: PhysicalId(format!("{topic}{SUFFIX}")),
        owner,
        config: NotificationChannelConfig {
            topic: TopicArn::new(topic),
            severities: told(|it| &it.severities),
            message_types: told(|it| &it.message_types),
        },
        outputs: NotificationChannelOutputs {
            ids: ours.iter().map(|it| it.id.clone()).collect(),
            others: no_room.then_some(others),
        },
        phase: Phase::Ready,
    }))
}

async fn add(aws: &Aws, want: &NotificationChannelConfig) -> Result<(), CallError> {
    let severities = want.severities.0.iter().flatten();
    let message_types = want.message_types.0.iter().flatten();
    let filters = types::NotificationFilterConfig::builder()
        .set_severities(Some(severities.map(|it| it.as_str().into()).collect()))
        .set_message_types(Some(message_types.map(|it| it.as_str().into()).collect()))
        .build();
    let topic = types::SnsChannelConfig::builder().topic_arn(want.topic.as_str()).build();
    let config = types::NotificationChannelConfig::builder().sns(topic).filters(filters).build();
    let call = || aws.devops_guru.add_notification_channel().config(config.clone()).send();
    match aws.write(ADD, call).await {
        // Somebody was faster: the next look says so.
        Err(error) if error.class == Class::Quota => Ok(()),
        answer => answer.map(drop),
    }
}

async fn remove(aws: &Aws, have: &Found<NotificationChannel>) -> Result<(), CallError> {
    for id in &have.outputs.ids {
        let call = || aws.devops_guru.remove_notification_channel().id(id).send();
        match aws.write(REMOVE, call).await {
            Err(error) if error.class == Class::NotFound => {}
            answer => drop(answer?),
        }
    }
    Ok(())
}
