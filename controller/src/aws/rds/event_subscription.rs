//! An event subscription: what RDS tells of a database reaches a topic.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.html>

use std::time::Duration;

use aws_sdk_rds::types::EventSubscription as Described;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Owner, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{
        answers::{another, required, text, whole},
        clients::Aws,
        sns::TopicArn,
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, arn, as_tags, name_of, object_name, retag, tags_of,
};

/// An event subscription.
pub struct EventSubscription;

/// The settable part of an [`EventSubscription`].
#[derive(Clone, Debug)]
pub struct EventSubscriptionConfig<S: Stage = Resolved> {
    /// Where events go.
    pub topic: S::In<TopicArn>,
    /// What they are of: `db-instance`, `db-cluster` or `db-parameter-group`.
    pub source_type: String,
    /// The names of those whose events they are.
    pub sources: Vec<S::In<String>>,
    /// What they are about.
    pub categories: Vec<String>,
    /// Whether they are told.
    pub enabled: bool,
    /// Its tags.
    pub tags: Tags,
}

config! { EventSubscriptionConfig {
    topic: InPlace,
    source_type: Replace,
    sources: InPlace,
    categories: InPlace,
    enabled: InPlace,
    tags: InPlace,
} }

/// What an [`EventSubscription`] has once it exists.
#[derive(Clone, Debug)]
pub struct EventSubscriptionOutputs {
    /// Its ARN.
    pub arn: String,
}

/// What describes one.
const DESCRIBE: &str = "rds:DescribeEventSubscriptions";
/// What changes one.
const MODIFY: &str = "rds:ModifyEventSubscription";
/// How its ARN says what it is.
const TYPE: &str = "es";

impl Resource for EventSubscription {
    type Cloud = Aws;
    type Config = EventSubscriptionConfig;
    type Outputs = EventSubscriptionOutputs;

    const ABOUT: Kind = Kind {
        name: "db-event-subscription",
        ids: "arn:*:rds:*:es:*",
        summary: "What RDS tells of the database, and to which topic",
        cloudformation: "AWS::RDS::EventSubscription",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(30),
        typical_removal: Duration::from_secs(30),
        patience: Duration::from_mins(20),
        outage: "events of the database may be told twice for a moment",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, DESCRIBE, LISTS_TAGS],
            write: &[
                "rds:CreateEventSubscription",
                MODIFY,
                "rds:AddSourceIdentifierToSubscription",
                "rds:RemoveSourceIdentifierFromSubscription",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "rds:DeleteEventSubscription",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, "rds:es").await?;
        let mut found = Vec::new();
        for arn in listed.arns() {
            found.extend(look(aws, name_of(arn), &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &EventSubscriptionConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let call = || {
            aws.rds
                .create_event_subscription()
                .subscription_name(&name)
                .sns_topic_arn(want.topic.as_str())
                .source_type(&want.source_type)
                .set_source_ids(Some(want.sources.clone()))
                .set_event_categories(Some(want.categories.clone()))
                .enabled(want.enabled)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "rds:CreateEventSubscription";
        let made = aws.write(operation, call).await?.event_subscription;
        let id = made.and_then(|made| made.event_subscription_arn);
        Ok(PhysicalId(text(operation, "EventSubscriptionArn", id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &EventSubscriptionConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &object_name(aws, me), &Listed::default()).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &EventSubscriptionConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let topic = delta.take(field!(EventSubscriptionConfig.topic));
        let categories = delta.take(field!(EventSubscriptionConfig.categories));
        let enabled = delta.take(field!(EventSubscriptionConfig.enabled));
        if topic || categories || enabled {
            let call = || {
                let call = aws.rds.modify_event_subscription().subscription_name(name);
                let call = call.sns_topic_arn(want.topic.as_str()).enabled(want.enabled);
                // Categories are of a type: without it they are not looked at.
                let call = call.source_type(&want.source_type);
                call.set_event_categories(Some(want.categories.clone())).send()
            };
            aws.write(MODIFY, call).await?;
        }
        if delta.take(field!(EventSubscriptionConfig.sources)) {
            sources(aws, name, &have.config.sources, &want.sources).await?;
        }
        if delta.take(field!(EventSubscriptionConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&EventSubscriptionConfig<Declared>>,
    ) -> Option<EventSubscriptionConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(EventSubscriptionConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let call = || aws.rds.delete_event_subscription().subscription_name(name).send();
        match aws.write("rds:DeleteEventSubscription", call).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// Those that are new first: with none left it would be told of all there are.
async fn sources(aws: &Aws, name: &str, have: &[String], want: &[String]) -> Result<(), CallError> {
    for source in want.iter().filter(|source| !have.contains(source)) {
        let call = || {
            let call = aws.rds.add_source_identifier_to_subscription().subscription_name(name);
            call.source_identifier(source).send()
        };
        aws.write("rds:AddSourceIdentifierToSubscription", call).await?;
    }
    for source in have.iter().filter(|source| !want.contains(source)) {
        let call = || {
            let call = aws.rds.remove_source_identifier_from_subscription();
            call.subscription_name(name).source_identifier(source).send()
        };
        aws.write("rds:RemoveSourceIdentifierFromSubscription", call).await?;
    }
    Ok(())
}

/// Looks at one by its name. What is not there is `None`.
async fn look(
    aws: &Aws,
    name: &str,
    listed: &Listed,
) -> Result<Option<Found<EventSubscription>>, CallError> {
    let call = || aws.rds.describe_event_subscriptions().subscription_name(name).send();
    let answer = match aws.read(DESCRIBE, call).await {
        Ok(answer) => {
            whole(DESCRIBE, answer.marker)?;
            required(DESCRIBE, "EventSubscriptionsList", answer.event_subscriptions_list)?
        }
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(described) = answer.first() else { return Ok(None) };
    let told = text(DESCRIBE, "CustSubscriptionId", described.cust_subscription_id())?;
    if told != name {
        return Err(another(DESCRIBE, told, name));
    }
    let arn = arn(aws, TYPE, name);
    match listed.tags(&arn, tags_of(aws, &arn)).await? {
        Some(tags) => read(aws, described, &tags).map(Some),
        None => Ok(None),
    }
}

fn read(
    aws: &Aws,
    from: &Described,
    tags: &[(String, String)],
) -> Result<Found<EventSubscription>, CallError> {
    let id = text(DESCRIBE, "EventSubscriptionArn", from.event_subscription_arn())?;
    let status = text(DESCRIBE, "Status", from.status())?;
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner_of(aws, EventSubscription::ABOUT.name, tags),
        config: EventSubscriptionConfig {
            topic: TopicArn::new(text(DESCRIBE, "SnsTopicArn", from.sns_topic_arn())?),
            // One of all types has none.
            source_type: from.source_type().unwrap_or_default().to_owned(),
            sources: from.source_ids_list().to_vec(),
            categories: from.event_categories_list().to_vec(),
            enabled: required(DESCRIBE, "Enabled", from.enabled())?,
            tags: Tags::of(aws, tags),
        },
        outputs: EventSubscriptionOutputs { arn: id.to_owned() },
        phase: phase(status),
    })
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_EventSubscription.html>
fn phase(status: &str) -> Phase {
    match status {
        "active" => Phase::Ready,
        "deleting" => Phase::Going,
        "no-permission" => {
            Phase::Failed("RDS may not publish to the topic: see its policy, and its key's".into())
        }
        "topic-not-exist" => Phase::Failed("the topic is gone".into()),
        status => Phase::Pending(status.to_owned()),
    }
}
