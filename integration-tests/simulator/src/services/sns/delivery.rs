//! What reaches the subscribers of a topic, and what services of AWS publish there.
//!
//! A service publishes in its own name. The topic's policy has to let it, which the one that a topic begins with does
//! for what the account itself has caused
//! (<https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>), and so has the policy of the key
//! that the topic is encrypted under
//! (<https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services>): the key of
//! SNS itself lets none. What is refused is lost.

use serde_json::json;

use super::{Letter, Sns, names, policy, subscription::Protocol, topic::Topic};
use crate::{
    Time,
    random::Rng,
    services::{
        Identity, Kms, Site,
        iam::{
            condition::Context,
            document::{Document, Grammar},
            evaluate::{self, Decision, Principal, Request},
        },
        kms::{Use, Who},
    },
    shelf::{Eyes, Record},
};

/// What whoever publishes does with the key of a topic.
pub(super) const KEY_ACTIONS: &[&str] = &["kms:GenerateDataKey", "kms:Decrypt"];

/// Something that a service of AWS has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// The ARN of the topic.
    pub(crate) topic: String,
    /// Who says it: `cloudwatch.amazonaws.com`.
    pub(crate) principal: &'static str,
    /// The ARN of what it is about.
    pub(crate) source: String,
    pub(crate) subject: String,
    pub(crate) message: String,
}

/// Why a service cannot publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There is no such topic.
    NoTopic,
    /// The policy of the topic does not let it.
    Denied,
    /// The key of the topic cannot be used, or its policy does not let it.
    Key,
}

impl Lost {
    /// In words, as an alarm's history has it.
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::NoTopic => "Resource does not exist",
            Self::Denied => "Received error: not authorized to perform: SNS:Publish on the topic",
            Self::Key => "Received error: KMS access to the key of the topic was denied",
        }
    }
}

/// Whether a key is the one that SNS has in every account.
pub(super) fn is_own_key(key: &str) -> bool {
    key.ends_with("alias/aws/sns")
}

impl Sns {
    /// Whether a service may publish to a topic, by its ARN.
    pub(crate) fn admits(
        &self,
        site: Site<'_>,
        kms: &Kms,
        topic: &str,
        (principal, source): (&str, &str),
    ) -> Result<String, Lost> {
        let name = names::in_arn(site.settings, site.region, topic).ok_or(Lost::NoTopic)?;
        let found = self.topics.get(name).ok_or(Lost::NoTopic)?;
        if !lets(site, found, topic, (principal, source)) {
            return Err(Lost::Denied);
        }
        if let Some(key) = &found.key
            && !uses_key(site, kms, (key, topic), (principal, source))
        {
            return Err(Lost::Key);
        }
        Ok(name.to_owned())
    }

    /// Publishes what a service has to say.
    pub(crate) fn notify(
        &mut self,
        site: Site<'_>,
        kms: &Kms,
        rng: &mut Rng,
        note: &Note,
    ) -> Result<(), Lost> {
        let name = self.admits(site, kms, &note.topic, (note.principal, &note.source))?;
        let id = rng.uuid();
        let what = (name.as_str(), note.topic.as_str(), id.as_str());
        deliver(self, what, site.now, Some(&note.subject), &note.message);
        Ok(())
    }
}

/// Whether the policy of a topic lets a service publish what is about a thing of the account.
fn lets(
    site: Site<'_>,
    topic: &Record<Topic>,
    arn: &str,
    (principal, source): (&str, &str),
) -> bool {
    let usual = || policy::usual(site.settings, arn);
    let value = topic.policy.clone().unwrap_or_else(usual);
    let Ok(document) = Document::read(&value, Grammar::Resource) else { return false };
    let mut context = Context::default();
    let account = site.settings.account.as_str();
    for (key, value) in [
        ("aws:SourceOwner", account),
        ("aws:SourceAccount", account),
        ("aws:SourceArn", source),
        ("aws:PrincipalIsAWSService", "true"),
        ("aws:SecureTransport", "true"),
    ] {
        context.set(key, value);
    }
    let (action, resource) = ("sns:Publish".to_owned(), arn.to_owned());
    let who = Principal::Service(principal.to_owned());
    let request = Request { action, resource, context };
    evaluate::resource(&document, &who, &request).decision == Decision::Allowed
}

/// Whether a service can use the key of a topic.
fn uses_key(
    site: Site<'_>,
    kms: &Kms,
    (key, topic): (&str, &str),
    (principal, source): (&str, &str),
) -> bool {
    if is_own_key(key) {
        return false;
    }
    let context = vec![
        ("kms:EncryptionContext:aws:sns:topicArn", topic.to_owned()),
        ("aws:SourceAccount", site.settings.account.clone()),
        ("aws:SourceArn", source.to_owned()),
    ];
    let by = Use { who: Who::Service(principal), actions: KEY_ACTIONS, context };
    let eyes = Eyes { now: site.now, behind: 0, list: false };
    let nobody = Identity::administrator(site.settings);
    kms.usable_from((site, eyes), &nobody, key, &by).is_ok()
}

/// Sends a message to everybody who is subscribed to a topic and has confirmed it.
pub(super) fn deliver(
    state: &mut Sns,
    (topic, arn, id): (&str, &str, &str),
    now: Time,
    subject: Option<&str>,
    message: &str,
) {
    let to = state.subscriptions.all().filter(|it| it.topic == topic && it.confirmed);
    let letters: Vec<_> = to
        .map(|it| {
            let whole = || {
                json!({
                    "Type": "Notification", "MessageId": id, "TopicArn": arn, "Subject": subject,
                    "Message": message, "Timestamp": now.to_string(),
                })
                .to_string()
            };
            let plain = it.raw || it.protocol == Protocol::Email;
            Letter {
                at: now,
                subscription: it.id.clone(),
                topic: topic.to_owned(),
                endpoint: it.endpoint.clone(),
                subject: subject.unwrap_or("AWS Notification Message").to_owned(),
                body: if plain { message.to_owned() } else { whole() },
                token: None,
            }
        })
        .collect();
    for letter in letters {
        state.letters.send(letter);
    }
}
