//! Who gets what is published to a topic, by e-mail. They begin and end with their topic, and are ours because it is
//! and we have asked them.
//!
//! AWS asks each by e-mail whether they want it, and forgets about who has not confirmed after two days
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>). Whoever was asked is not asked again, confirmed or
//! not, nor is who has ended it: a tag of the topic keeps whom we have asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use sha2::{Digest, Sha256};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Delta, Field, Found, Identity, Kind,
        Outputs, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field,
};

use super::{
    super::{
        answers::text,
        clients::Aws,
        identity::TAG_ASKED,
        tagging::{self, Listed},
        tags::owner_of,
    },
    LISTS_TAGS, Topic, TopicArn, tags_of,
    topic::retag,
};

/// Who gets what is published to a topic.
pub struct Subscriptions;

/// E-mail addresses, by what stands for each in a tag. Of who was asked and is not listed any more nobody but the
/// file knows the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receivers(BTreeMap<String, Option<String>>);

impl Receivers {
    /// These.
    pub fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |address: &str| (mark(address), Some(address.to_lowercase()));
        Self(addresses.into_iter().map(known).collect())
    }
}

/// What stands for an address: of 21 there is room for in the value of a tag.
fn mark(address: &str) -> String {
    let digest = Sha256::digest(address.to_lowercase());
    digest.iter().take(5).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl Field for Receivers {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        let cell = |address: &Option<String>| {
            address.as_ref().map_or(Cell::Any, |it| Cell::Known(it.as_str().into()))
        };
        Cell::Map(self.0.iter().map(|(mark, address)| (mark.clone(), cell(address))).collect())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of [`Subscriptions`].
#[derive(Clone, Debug)]
pub struct SubscriptionsConfig<S: Stage = Resolved> {
    /// The topic they are of.
    pub topic: S::In<TopicArn>,
    /// Who gets it.
    pub receivers: Receivers,
}

config! { SubscriptionsConfig {
    topic: Replace,
    receivers: InPlace,
} }

/// What [`Subscriptions`] have once they exist.
#[derive(Clone, Debug)]
pub struct SubscriptionsOutputs {
    /// Whoever is listed, asked by us or not, in lower case.
    listed: BTreeMap<String, State>,
}

/// What has become of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It counts, and this is its ARN.
    Confirmed(String),
    /// Nobody has confirmed it yet.
    Pending,
}

/// What lists them.
const LIST: &str = "sns:ListSubscriptionsByTopic";
/// What their id ends with: they have none of their own.
const SUFFIX: &str = "/subscriptions";

impl Resource for Subscriptions {
    type Cloud = Aws;
    type Config = SubscriptionsConfig;
    type Outputs = SubscriptionsOutputs;

    const ABOUT: Kind = Kind {
        name: "subscriptions",
        ids: "arn:*:sns:*",
        summary: "Who gets what is published to a topic, by e-mail",
        cloudformation: "AWS::SNS::Subscription",
        replacement: Replacement::CreateFirst,
        creation: Creation::Facet,
        typical: Duration::from_secs(1),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(5),
        outage: "nobody is told what happens meanwhile",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, LISTS_TAGS, LIST],
            write: &["sns:Subscribe", "sns:Unsubscribe", "sns:TagResource", "sns:UntagResource"],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, "sns").await?;
        let mut found = Vec::new();
        for id in listed.arns() {
            found.extend(look(aws, id.trim_end_matches(SUFFIX), &listed).await?);
        }
        Ok(found)
    }

    async fn create(
        _: &Aws,
        _: &Identity,
        want: &SubscriptionsConfig,
    ) -> Result<PhysicalId, CallError> {
        Ok(PhysicalId(format!("{}{SUFFIX}", want.topic)))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &SubscriptionsConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(SubscriptionsConfig.receivers)) {
            let topic = want.topic.as_str();
            let mut asked: BTreeSet<String> = have.config.receivers.0.keys().cloned().collect();
            for (mark, address) in &want.receivers.0 {
                let Some(address) = address.as_ref().filter(|_| !asked.contains(mark)) else {
                    continue;
                };
                // Somebody may have asked them before us.
                if !have.outputs.listed.contains_key(address) {
                    let call = || {
                        let call = aws.sns.subscribe().topic_arn(topic).protocol(EMAIL);
                        call.endpoint(address).return_subscription_arn(true).send()
                    };
                    aws.write("sns:Subscribe", call).await?;
                }
                // At once: who was asked must not be asked again because of what comes next.
                asked.insert(mark.clone());
                remember(aws, topic, &asked).await?;
            }
            let gone = |mark: &String| !want.receivers.0.contains_key(mark);
            end(aws, have, gone).await?;
            if asked.iter().any(gone) {
                asked.retain(|mark| !gone(mark));
                remember(aws, topic, &asked).await?;
            }
        }
        Ok(())
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        end(aws, have, |_| true).await?;
        match remember(aws, have.config.topic.as_str(), &BTreeSet::new()).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            answer => answer,
        }
    }

    fn is_vacant(have: &Found<Self>) -> bool {
        have.config.receivers.0.is_empty()
    }

    fn notice(have: &Found<Self>) -> Option<String> {
        let said = |(_, address): (&String, &Option<String>)| {
            match address {
            Some(address) if have.outputs.listed.get(address) == Some(&State::Pending) => {
                Some(format!("{address} has to confirm by the link in the e-mail that AWS has sent"))
            }
            Some(_) => None,
            None => Some(
                "somebody who was asked gets nothing: they have ended it, or not confirmed it within two days. To ask them again, take the address out of the file, apply, and write it again"
                    .to_owned(),
            ),
        }
        };
        let said: Vec<String> = have.config.receivers.0.iter().filter_map(said).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// How they are told.
const EMAIL: &str = "email";

/// Keeps in a tag of the topic who was asked.
async fn remember(aws: &Aws, topic: &str, asked: &BTreeSet<String>) -> Result<(), CallError> {
    if asked.is_empty() {
        return retag(aws, topic, &[], &[TAG_ASKED.to_owned()]).await;
    }
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    retag(aws, topic, &[(TAG_ASKED.to_owned(), asked.join(" "))], &[]).await
}

/// Ends those of ours that count. Those that nobody has confirmed AWS does not end when it is asked to, but by itself.
async fn end(
    aws: &Aws,
    have: &Found<Subscriptions>,
    which: impl Fn(&String) -> bool,
) -> Result<(), CallError> {
    for (mark, address) in &have.config.receivers.0 {
        let state = address.as_ref().and_then(|address| have.outputs.listed.get(address));
        let (true, Some(State::Confirmed(arn))) = (which(mark), state) else { continue };
        let call = || aws.sns.unsubscribe().subscription_arn(arn).send();
        match aws.write("sns:Unsubscribe", call).await {
            Err(error) if error.class == Class::NotFound => {}
            answer => drop(answer?),
        }
    }
    Ok(())
}

/// Looks at those of one topic. What is not there is `None`.
async fn look(
    aws: &Aws,
    topic: &str,
    listed: &Listed,
) -> Result<Option<Found<Subscriptions>>, CallError> {
    let Some(tags) = listed.tags(topic, tags_of(aws, topic)).await? else { return Ok(None) };
    let listed = aws
        .pages(
            LIST,
            |token| {
                let call = aws.sns.list_subscriptions_by_topic().topic_arn(topic);
                call.set_next_token(token).send()
            },
            |page| (page.subscriptions, page.next_token),
        )
        .await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut states: BTreeMap<String, State> = BTreeMap::new();
    for one in &listed {
        if text(LIST, "Protocol", one.protocol())? != EMAIL {
            continue;
        }
        let address = text(LIST, "Endpoint", one.endpoint())?.to_lowercase();
        let state = match text(LIST, "SubscriptionArn", one.subscription_arn())? {
            "PendingConfirmation" => State::Pending,
            // What has ended is shown for a while.
            "Deleted" => continue,
            arn => State::Confirmed(arn.to_owned()),
        };
        states.insert(address, state);
    }
    let by_mark: BTreeMap<String, &String> =
        states.keys().map(|address| (mark(address), address)).collect();
    let asked = tags.iter().find(|(key, _)| key == TAG_ASKED);
    let asked = asked.map(|(_, asked)| asked.as_str()).unwrap_or_default();
    let receivers = asked
        .split_whitespace()
        .map(|mark| (mark.to_owned(), by_mark.get(mark).map(|address| (*address).clone())));
    let receivers = Receivers(receivers.collect());
    Ok(Some(Found {
        id: PhysicalId(format!("{topic}{SUFFIX}")),
        // Ours as the topic is: its tags speak of it, not of them.
        owner: owner_of(aws, Topic::ABOUT.name, &tags),
        config: SubscriptionsConfig { topic: TopicArn::new(topic), receivers },
        outputs: SubscriptionsOutputs { listed: states },
        phase: Phase::Ready,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_and_is_not_listed_is_no_difference() {
        let nothing = Outputs::default();
        let want = Receivers::of(["Ops@example.com", "oncall@example.com"]);
        let mut have = want.clone();
        have.0.insert(mark("ops@example.com"), None);
        assert!(want.cell(&nothing).met_by(&have.cell(&nothing)));
        have.0.remove(&mark("ops@example.com"));
        assert!(!want.cell(&nothing).met_by(&have.cell(&nothing)));
    }

    #[test]
    fn everybody_who_may_be_declared_has_room_in_one_tag() {
        assert!((mark("ops@example.com").len() + 1) * 21 - 1 <= 256);
    }
}
