//! Subscriptions: who wants to hear of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html>: whoever owns an address has to confirm that it is
//! to be subscribed, within two days; until then nobody can end the subscription, and then it goes by itself:
//! <https://aws.amazon.com/about-aws/whats-new/2023/05/amazon-sns-automatic-deletion-unconfirmed-subscriptions/>.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Letter, Operation, Sns,
    call::{Call, invalid},
    names, subscription_attributes,
};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    services::iam::evaluate::Principal,
    shelf::{Kind, Record, Stamp, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("ConfirmSubscription", true, confirm),
    ("ListSubscriptions", false, list),
    ("ListSubscriptionsByTopic", false, list_by_topic),
    ("Subscribe", true, subscribe),
    ("Unsubscribe", true, unsubscribe),
];

/// How long a subscription waits to be confirmed, and how long its token is good.
const WAITS: Duration = Duration::from_hours(48);
/// How many may wait in an account: <https://docs.aws.amazon.com/general/latest/gr/sns.html>.
const MOST_PENDING: usize = 5_000;

/// A subscription, by the end of its ARN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subscription {
    /// The name of the topic.
    pub(super) topic: String,
    pub(super) protocol: Protocol,
    pub(super) endpoint: String,
    /// What confirms it, where it has to be confirmed.
    pub(super) token: Option<String>,
    pub(super) confirmed: bool,
    pub(super) since: Time,
    /// Whether only its owner or the topic's may end it.
    pub(super) authenticated: bool,
    /// The ARN of whoever subscribed.
    pub(super) principal: String,
    pub(super) raw: bool,
    pub(super) delivery_policy: Option<String>,
}

/// How something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Protocol {
    Email,
    EmailJson,
    Http,
    Https,
    Sqs,
}

impl Protocol {
    const ALL: [Self; 5] = [Self::Email, Self::EmailJson, Self::Http, Self::Https, Self::Sqs];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::EmailJson => "email-json",
            Self::Http => "http",
            Self::Https => "https",
            Self::Sqs => "sqs",
        }
    }

    fn read(text: &str) -> Result<Self, Fault> {
        if ["application", "firehose", "lambda", "sms"].contains(&text) {
            return Err(Fault::unsupported(format!("subscriptions by {text}")));
        }
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| {
            invalid(format!("Amazon SNS does not support this protocol string: {text}"))
        })
    }

    /// Refuses what can be no address.
    fn check(self, endpoint: &str) -> Result<(), Fault> {
        let (good, what) = match self {
            Self::Email | Self::EmailJson => (is_address(endpoint), "Email address"),
            Self::Http | Self::Https => {
                let rest = endpoint.strip_prefix(&format!("{}://", self.name()));
                let host = rest.and_then(|it| it.split(['/', ':', '?']).next());
                let good = host.is_some_and(|it| !it.is_empty());
                (good, "Endpoint must match the specified protocol")
            }
            Self::Sqs => (endpoint.starts_with("arn:aws:sqs:"), "SQS endpoint ARN"),
        };
        if good { Ok(()) } else { Err(invalid(what)) }
    }
}

fn is_address(text: &str) -> bool {
    let plain = |it: char| it.is_ascii_graphic() && !"()<>,;:\\\"[]@".contains(it);
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && name.chars().all(plain)
            && host.contains('.')
            && host.chars().all(|it| it.is_ascii_alphanumeric() || ".-".contains(it))
            && !host.starts_with('.')
            && !host.ends_with('.')
    })
}

impl Kind for Subscription {
    const TYPE: &'static str = "subscription";
    const PREFIX: &'static str = "subscription";
    const NOUN: &'static str = "subscription";
    const NOT_FOUND: &'static str = "NotFound";
    const MALFORMED: &'static str = "InvalidParameter";

    fn path(record: &Record<Self>) -> String {
        record.id.clone()
    }
}

impl Subscription {
    pub(super) const fn is_pending(&self) -> bool {
        !self.confirmed
    }

    /// Whether nobody has confirmed it in time.
    pub(super) fn is_overdue(&self, now: Time) -> bool {
        self.is_pending() && now.since(self.since) >= WAITS
    }
}

/// Forgets the subscriptions that nobody has confirmed in time.
pub(super) fn forget_overdue(state: &mut Sns, (settings, mut rng): (&Settings, Rng), now: Time) {
    let overdue = state.subscriptions.all().filter(|it| it.is_overdue(now));
    let overdue: Vec<_> = overdue.map(|it| (it.id.clone(), it.since + WAITS)).collect();
    for (id, at) in overdue {
        let stamp = Stamp::draw(&settings.lag, &mut rng, at);
        end(state, stamp, &id);
    }
}

/// Ends a subscription.
fn end(state: &mut Sns, stamp: Stamp, id: &str) {
    let topic = state.subscriptions.get(id).map(|it| it.topic.clone());
    state.subscriptions.remove(stamp, id);
    if let Some(topic) = topic {
        state.topics.change(stamp, &topic, |it| it.left = it.left.saturating_add(1));
    }
}

/// What is shown of a subscription that a request has made: its ARN, or that it waits.
fn answer(call: &Call<'_>, id: &str, waits: bool) -> Result<Xml, Fault> {
    let always = call.params.flag("ReturnSubscriptionArn").map_err(|it| invalid(it.message))?;
    let hidden = waits && !always.unwrap_or_default();
    let arn = if hidden { "pending confirmation".to_owned() } else { call.arn(id) };
    Ok(Xml::new().text("SubscriptionArn", arn))
}

fn subscribe(call: &mut Call<'_>) -> Answer {
    let protocol = Protocol::read(&call.need("Protocol")?)?;
    let endpoint = call.params.text("Endpoint").unwrap_or_default();
    let given = call.map("Attributes");
    let topic = names::to_change(call, "TopicArn")?;
    protocol.check(&endpoint)?;
    let principal = match call.identity.caller().principal(call.site()) {
        Principal::Aws { arn, .. } => arn,
        Principal::Service(name) => name,
    };
    let mut made = Subscription {
        topic: topic.clone(),
        protocol,
        endpoint: endpoint.clone(),
        token: None,
        confirmed: protocol == Protocol::Sqs,
        since: call.now,
        authenticated: protocol == Protocol::Sqs,
        principal,
        raw: false,
        delivery_policy: None,
    };
    for (name, value) in &given {
        subscription_attributes::set(&mut made, name, value)?;
    }
    let same = call
        .state
        .subscriptions
        .all()
        .find(|it| it.topic == topic && it.protocol == protocol && it.endpoint == endpoint);
    if let Some(there) = same.cloned() {
        let mut wanted = there.body.clone();
        for (name, value) in &given {
            subscription_attributes::set(&mut wanted, name, value)?;
        }
        if wanted != there.body {
            return Err(invalid(
                "Attributes Reason: Subscription already exists with different attributes",
            ));
        }
        if there.is_pending() {
            ask(call, &there.id);
        }
        return answer(call, &there.id, there.is_pending());
    }
    let pending = call.state.subscriptions.all().filter(|it| it.is_pending()).count();
    if made.is_pending() && pending >= MOST_PENDING {
        let text = "The account has reached its limit of pending subscriptions";
        return Err(Fault::new(403, "SubscriptionLimitExceeded", text));
    }
    let waits = made.is_pending();
    let id = format!("{topic}:{}", call.rng.uuid());
    let record = Record { id: id.clone(), tags: Tags::new(), body: made };
    let ready = (!waits).then_some(call.now);
    call.state.subscriptions.add(call.stamp, ready, record);
    if waits {
        ask(call, &id);
    }
    answer(call, &id, waits)
}

/// Asks the owner of an address to confirm that it is to be subscribed.
fn ask(call: &mut Call<'_>, id: &str) {
    let token = format!("{:016x}{:016x}", call.rng.next(), call.rng.next());
    call.state.subscriptions.change(call.stamp, id, |it| it.token = Some(token.clone()));
    let Some(subscription) = call.state.subscriptions.get(id) else { return };
    let arn = call.arn(&subscription.topic);
    let letter = Letter {
        at: call.now,
        subscription: id.to_owned(),
        topic: subscription.topic.clone(),
        endpoint: subscription.endpoint.clone(),
        subject: "AWS Notification - Subscription Confirmation".to_owned(),
        body: format!("You have chosen to subscribe to the topic: {arn}"),
        token: Some(token),
    };
    call.state.letters.send(letter);
}

fn confirm(call: &mut Call<'_>) -> Answer {
    let token = call.need("Token")?;
    let authenticated = match call.params.text("AuthenticateOnUnsubscribe").as_deref() {
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(invalid("AuthenticateOnUnsubscribe")),
    };
    let topic = names::to_change(call, "TopicArn")?;
    let meant = |it: &&Record<Subscription>| it.topic == topic && it.token.as_ref() == Some(&token);
    let found = call.state.subscriptions.all().find(meant);
    let id = found.map(|it| it.id.clone()).ok_or_else(|| invalid("Token"))?;
    let now = call.now;
    call.state.subscriptions.change(call.stamp, &id, |it| {
        it.authenticated |= authenticated && !it.confirmed;
        it.confirmed = true;
    });
    call.state.subscriptions.note(id.as_str(), |it| it.ready = it.ready.or(Some(now)), now);
    Ok(Xml::new().text("SubscriptionArn", call.arn(&id)))
}

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html>
fn unsubscribe(call: &mut Call<'_>) -> Answer {
    let id = names::of_subscription(call)?;
    let Some(subscription) = call.state.subscriptions.get(&id) else {
        return match call.settings.disputed("unsubscribe-again", 2) {
            0 => Ok(Xml::new()),
            _ => Err(names::no_subscription()),
        };
    };
    if subscription.is_pending() {
        return Err(invalid("Cannot unsubscribe a subscription that is pending confirmation"));
    }
    let stamp = call.stamp;
    end(call.state, stamp, &id);
    Ok(Xml::new())
}

fn render(call: &Call<'_>, it: &Record<Subscription>) -> Xml {
    let arn = if it.is_pending() { "PendingConfirmation".to_owned() } else { call.arn(&it.id) };
    Xml::new()
        .text("SubscriptionArn", arn)
        .text("Owner", &call.settings.account)
        .text("Protocol", it.protocol.name())
        .text("Endpoint", &it.endpoint)
        .text("TopicArn", call.arn(&it.topic))
}

fn list(call: &mut Call<'_>) -> Answer {
    let all = call.state.subscriptions.all_seen(call.in_lists());
    let rows = all.map(|it| (it.id.clone(), render(call, it))).collect();
    call.page("Subscriptions", rows)
}

fn list_by_topic(call: &mut Call<'_>) -> Answer {
    let topic = names::of_topic(call, "TopicArn")?;
    if call.state.topics.seen(&topic, call.by_id()).is_none() {
        return Err(names::no_topic());
    }
    let all = call.state.subscriptions.all_seen(call.in_lists()).filter(|it| it.topic == topic);
    let rows = all.map(|it| (it.id.clone(), render(call, it))).collect();
    call.page("Subscriptions", rows)
}

impl Sns {
    /// The subscription of an address to a topic, by their names.
    fn of_address(&self, topic: &str, endpoint: &str) -> Option<&Record<Subscription>> {
        self.subscriptions.all().find(|it| it.topic == topic && it.endpoint == endpoint)
    }

    /// Lets the owner of an address follow the link that confirms its subscription; says whether there was one to
    /// confirm.
    pub(crate) fn confirm(
        &mut self,
        (settings, mut rng): (&Settings, Rng),
        now: Time,
        topic: &str,
        endpoint: &str,
    ) -> bool {
        let waiting = self.of_address(topic, endpoint).filter(|it| it.is_pending());
        let Some(id) = waiting.map(|it| it.id.clone()) else { return false };
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        self.subscriptions.change(stamp, &id, |it| it.confirmed = true);
        self.subscriptions.note(id, |it| it.ready = Some(now), now);
        true
    }

    /// Lets the owner of an address follow the link that ends its subscription; says whether that ended one.
    pub(crate) fn leave(
        &mut self,
        (settings, mut rng): (&Settings, Rng),
        now: Time,
        topic: &str,
        endpoint: &str,
    ) -> bool {
        let there = self.of_address(topic, endpoint);
        let there = there.filter(|it| it.confirmed && !it.authenticated);
        let Some(id) = there.map(|it| it.id.clone()) else { return false };
        end(self, Stamp::draw(&settings.lag, &mut rng, now), &id);
        true
    }

    /// What has been sent to an address.
    pub(crate) fn sent_to<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a Letter> {
        self.letters.to(endpoint)
    }
}
