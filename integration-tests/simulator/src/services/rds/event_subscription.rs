//! Event subscriptions: which events RDS tells a topic.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html> and its sisters,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.html>: RDS publishes in its own name,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html>.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Operation, Rds,
    agenda::Due,
    call::{Call, missing, texts},
    event::Event,
    names, tags,
};
use crate::{
    Time,
    fault::Fault,
    services::{
        Site,
        sns::{Lost, Note, is_fifo},
    },
    shelf::{AnyShelf, Kind, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("AddSourceIdentifierToSubscription", true, add_source),
    ("CreateEventSubscription", true, create),
    ("DeleteEventSubscription", true, delete),
    ("DescribeEventCategories", false, categories),
    ("DescribeEventSubscriptions", false, describe),
    ("ModifyEventSubscription", true, modify),
    ("RemoveSourceIdentifierFromSubscription", true, remove_source),
];

/// Who speaks to topics.
const PRINCIPAL: &str = "events.rds.amazonaws.com";

/// What there are events of, and of which categories:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html>.
const SOURCES: &[(&str, &[&str])] = &[
    ("blue-green-deployment", &["creation", "deletion", "failure", "notification"]),
    ("custom-engine-version", &["creation", "failure", "restoring"]),
    (
        "db-cluster",
        &[
            "configuration change",
            "creation",
            "deletion",
            "failover",
            "failure",
            "global-failover",
            "maintenance",
            "migration",
            "notification",
            "serverless",
        ],
    ),
    ("db-cluster-snapshot", &["backup", "notification"]),
    (
        "db-instance",
        &[
            "availability",
            "backtrack",
            "backup",
            "configuration change",
            "creation",
            "deletion",
            "failover",
            "failure",
            "low storage",
            "maintenance",
            "notification",
            "read replica",
            "recovery",
            "restoration",
            "security",
            "security patching",
        ],
    ),
    ("db-parameter-group", &["configuration change"]),
    ("db-proxy", &["configuration change", "creation", "deletion", "failure"]),
    ("db-security-group", &["configuration change", "failure"]),
    ("db-snapshot", &["creation", "deletion", "notification", "restoration"]),
    ("zero-etl", &["creation", "deletion", "failure", "notification"]),
];

/// A subscription, by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EventSubscription {
    /// The ARN of the topic.
    pub(super) topic: String,
    pub(super) kind: Option<String>,
    pub(super) sources: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) enabled: bool,
    created: Time,
    phase: Phase,
    /// Until when it is in that phase.
    until: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Creating,
    Modifying,
    Deleting,
}

impl Kind for EventSubscription {
    const TYPE: &'static str = "es";
    const PREFIX: &'static str = "es";
    const NOUN: &'static str = "event subscription";
    const NOT_FOUND: &'static str = "SubscriptionNotFound";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }

    fn exists(&self) -> bool {
        self.phase != Phase::Deleting
    }
}

impl EventSubscription {
    fn wants(&self, event: &Event, now: Time) -> bool {
        self.enabled
            && (self.phase == Phase::Modifying || self.until <= now)
            && self.phase != Phase::Deleting
            && self.kind.as_ref().is_none_or(|it| *it == event.kind)
            && (self.sources.is_empty() || self.sources.contains(&event.name))
            && (self.categories.is_empty()
                || event.categories.iter().any(|it| self.categories.contains(it)))
    }
}

/// Something that is to be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    topic: String,
    event: Event,
}

impl Told {
    /// When it is told.
    pub(crate) const fn at(&self) -> Time {
        self.event.at
    }

    /// What is said to the topic.
    pub(crate) fn note(&self) -> Note {
        let event = &self.event;
        let message = json!({
            "Event Source": event.kind,
            "Event Time": event.at.to_string(),
            "Source ID": event.name,
            "Source ARN": event.arn,
            "Event Message": event.message,
        });
        Note {
            topic: self.topic.clone(),
            principal: PRINCIPAL,
            source: event.arn.clone(),
            subject: "RDS Notification Message".to_owned(),
            message: message.to_string(),
        }
    }
}

impl Rds {
    /// Notes whom an event is to be told.
    pub(super) fn spread(&mut self, event: &Event) {
        let wanting = self.event_subscriptions.all().filter(|it| it.wants(event, event.at));
        let told = wanting.map(|it| Told { topic: it.topic.clone(), event: event.clone() });
        self.told.extend(told.collect::<Vec<_>>());
    }

    /// What is to be told by now.
    pub(crate) fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }
}

fn not_found(name: &str) -> Fault {
    let text = format!("Event notification subscription {name} not found.");
    Fault::new(404, EventSubscription::NOT_FOUND, text)
}

/// Whether RDS can publish to a topic.
fn admitted(call: &Call<'_>, topic: &str) -> Result<(), Lost> {
    let Site { settings, iam, region, now } = call.site();
    let site = Site { settings, iam, region, now };
    let source = call.arn("db:*");
    let from = (PRINCIPAL, source.as_str());
    call.neighbours.sns.admits(site, &call.neighbours.kms, topic, from).map(drop)
}

/// Refuses a topic that RDS cannot publish to. The key of a topic it does not try.
fn check_topic(call: &Call<'_>, topic: &str) -> Result<(), Fault> {
    if !topic.starts_with("arn:aws:sns:") || is_fifo(topic) {
        return Err(Fault::client("SNSInvalidTopic", format!("Invalid SNS topic: {topic}")));
    }
    match admitted(call, topic) {
        Ok(()) | Err(Lost::Key) => Ok(()),
        Err(Lost::NoTopic) => {
            let text = format!("SNS topic ARN {topic} does not exist.");
            Err(Fault::new(404, "SNSTopicArnNotFound", text))
        }
        Err(Lost::Denied) => Err(Fault::client(
            "SNSNoAuthorization",
            format!("RDS does not have permission to publish to the SNS topic {topic}."),
        )),
    }
}

/// The kind of source that a request names.
fn kind(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let kind = call.text("SourceType").filter(|it| !it.is_empty());
    match kind {
        Some(other) if !SOURCES.iter().any(|it| it.0 == other) => {
            Err(Fault::invalid(format!("Invalid source type: {other}")))
        }
        kind => Ok(kind),
    }
}

fn check_categories(kind: Option<&str>, categories: &[String]) -> Result<(), Fault> {
    let known = |category: &&String| {
        let mut of = SOURCES.iter().filter(|it| kind.is_none_or(|kind| kind == it.0));
        of.any(|it| it.1.contains(&category.as_str()))
    };
    match categories.iter().find(|it| !known(it)) {
        None => Ok(()),
        Some(other) => Err(Fault::new(
            404,
            "SubscriptionCategoryNotFound",
            format!("The event category {other} does not exist for the source type."),
        )),
    }
}

/// Refuses a source that is not there.
fn check_source(call: &Call<'_>, kind: &str, name: &str) -> Result<(), Fault> {
    let shelves: Vec<&dyn AnyShelf> = match kind {
        "db-instance" => vec![&call.rds.instances],
        "db-cluster" => vec![&call.rds.clusters],
        "db-snapshot" => vec![&call.rds.snapshots],
        "db-cluster-snapshot" => vec![&call.rds.cluster_snapshots],
        "db-parameter-group" => {
            vec![&call.rds.parameter_groups, &call.rds.cluster_parameter_groups]
        }
        other => return Err(Fault::unsupported(format!("sources of the type {other}"))),
    };
    let there = |it: &&dyn AnyShelf| it.tags(name).is_some();
    let known = |it: &&dyn AnyShelf| !call.settings.lag.dependents || it.known(name, call.by_id());
    if shelves.iter().any(|it| there(it) && known(it)) {
        return Ok(());
    }
    Err(Fault::new(404, "SourceNotFound", format!("Source {name} of type {kind} not found.")))
}

fn render(call: &Call<'_>, it: &Record<EventSubscription>) -> Xml {
    let status = match it.phase {
        Phase::Deleting => "deleting",
        Phase::Creating if call.now < it.until => "creating",
        Phase::Modifying if call.now < it.until => "modifying",
        Phase::Creating | Phase::Modifying => match admitted(call, &it.topic) {
            Ok(()) | Err(Lost::Key) => "active",
            Err(Lost::NoTopic) => "topic-not-exist",
            Err(Lost::Denied) => "no-permission",
        },
    };
    let created = it.created.to_string().replace('T', " ");
    let mut shown = Xml::new()
        .text("CustomerAwsId", &call.settings.account)
        .text("CustSubscriptionId", &it.id)
        .text("SnsTopicArn", &it.topic)
        .text("Status", status)
        .text("SubscriptionCreationTime", created.trim_end_matches('Z'))
        .maybe("SourceType", it.kind.as_ref())
        .text("Enabled", it.enabled)
        .text("EventSubscriptionArn", call.arn(&EventSubscription::path(it)));
    if !it.sources.is_empty() {
        shown = shown.with(texts("SourceIdsList", "SourceId", it.sources.clone()));
    }
    if !it.categories.is_empty() {
        let all = it.categories.clone();
        shown = shown.with(texts("EventCategoriesList", "EventCategory", all));
    }
    shown
}

fn answer(call: &Call<'_>, it: &Record<EventSubscription>) -> Xml {
    Xml::new().nest("EventSubscription", render(call, it))
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = names::identifier("SubscriptionName", &call.need("SubscriptionName")?, 254)?;
    let topic = call.need("SnsTopicArn")?;
    let kind = kind(call)?;
    let mut categories = call.list("EventCategories", "EventCategory").unwrap_or_default();
    let mut sources = call.list("SourceIds", "SourceId").unwrap_or_default();
    let enabled = call.flag("Enabled")?.unwrap_or(true);
    let given = tags::given(call)?.unwrap_or_default();
    check_categories(kind.as_deref(), &categories)?;
    match &kind {
        None if !sources.is_empty() => {
            return Err(Fault::combination(
                "If SourceIds are supplied, SourceType must also be provided.",
            ));
        }
        None => {}
        Some(kind) => sources.iter().try_for_each(|it| check_source(call, kind, it))?,
    }
    if call.rds.event_subscriptions.get(&name).is_some() {
        let text = format!("Event subscription {name} already exists.");
        return Err(Fault::client("SubscriptionAlreadyExist", text));
    }
    let most = call.settings.quotas.db_event_subscriptions as usize;
    if call.rds.event_subscriptions.all().count() >= most {
        let text = format!("The account has the most event subscriptions it may have: {most}");
        return Err(Fault::client("EventSubscriptionQuotaExceeded", text));
    }
    check_topic(call, &topic)?;
    categories.sort();
    sources.sort();
    let span = call.settings.durations.db_event_subscription;
    let until = call.after(span);
    let (now, stamp) = (call.now, call.stamp);
    let phase = Phase::Creating;
    let body =
        EventSubscription { topic, kind, sources, categories, enabled, created: now, phase, until };
    let record = Record { id: name, tags: given, body };
    let shown = answer(call, &record);
    call.rds.event_subscriptions.add(stamp, Some(until), record);
    Ok(shown)
}

/// The subscription that a write is about, as it truly is.
fn to_change(call: &Call<'_>) -> Result<Record<EventSubscription>, Fault> {
    let name = call.need("SubscriptionName")?.to_ascii_lowercase();
    let all = &call.rds.event_subscriptions;
    let known = call.dependent().is_none_or(|it| all.seen(&name, it).is_some());
    let found = all.get(&name).filter(|it| known && it.exists());
    found.cloned().ok_or_else(|| not_found(&name))
}

/// Keeps what became of a subscription, which is being modified for a while.
fn keep(call: &mut Call<'_>, mut changed: Record<EventSubscription>) -> Xml {
    let span = call.settings.durations.db_event_subscription;
    changed.until = call.after(span).max(changed.until);
    if changed.until <= call.now || changed.phase != Phase::Creating {
        changed.phase = Phase::Modifying;
    }
    let (stamp, body) = (call.stamp, changed.body.clone());
    call.rds.event_subscriptions.change(stamp, &changed.id, |it| it.body = body);
    answer(call, &changed)
}

fn modify(call: &mut Call<'_>) -> Answer {
    let mut it = to_change(call)?;
    if let Some(topic) = call.text("SnsTopicArn").filter(|it| !it.is_empty()) {
        check_topic(call, &topic)?;
        it.topic = topic;
    }
    if let Some(kind) = kind(call)? {
        if it.kind.as_ref() != Some(&kind) && !it.sources.is_empty() {
            return Err(Fault::combination(
                "The source type of a subscription with sources cannot be modified.",
            ));
        }
        it.kind = Some(kind);
    }
    if let Some(mut categories) = call.list("EventCategories", "EventCategory") {
        categories.sort();
        it.categories = categories;
    }
    check_categories(it.kind.as_deref(), &it.categories)?;
    if let Some(enabled) = call.flag("Enabled")? {
        it.enabled = enabled;
    }
    Ok(keep(call, it))
}

fn add_source(call: &mut Call<'_>) -> Answer {
    let source = call.need("SourceIdentifier")?;
    let mut it = to_change(call)?;
    let Some(kind) = it.kind.clone() else {
        return Err(Fault::combination("The subscription has no source type."));
    };
    check_source(call, &kind, &source)?;
    if !it.sources.contains(&source) {
        it.sources.push(source);
        it.sources.sort();
    }
    Ok(keep(call, it))
}

fn remove_source(call: &mut Call<'_>) -> Answer {
    let source = call.need("SourceIdentifier")?;
    let mut it = to_change(call)?;
    if !it.sources.contains(&source) {
        let text = format!("Source {source} is not in the subscription.");
        return Err(Fault::new(404, "SourceNotFound", text));
    }
    it.sources.retain(|it| *it != source);
    Ok(keep(call, it))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let mut it = to_change(call)?;
    it.phase = Phase::Deleting;
    let span = call.settings.durations.db_event_subscription;
    it.until = call.after(span);
    let (stamp, body) = (call.stamp, it.body.clone());
    call.rds.event_subscriptions.change(stamp, &it.id, |it| it.body = body);
    call.plan(it.until, Due::EventSubscription(it.id.clone()));
    Ok(answer(call, &it))
}

fn describe(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let named = call.text("SubscriptionName").filter(|it| !it.is_empty());
    let all: Vec<_> = match named.map(|it| it.to_ascii_lowercase()) {
        Some(name) => {
            let found = call.rds.event_subscriptions.seen(&name, call.by_id());
            vec![found.ok_or_else(|| not_found(&name))?]
        }
        None => call.rds.event_subscriptions.all_seen(call.in_lists()).collect(),
    };
    let rows = all.into_iter().map(|it| (it.id.clone(), render(call, it))).collect();
    call.page(("EventSubscriptionsList", "EventSubscription"), rows)
}

fn categories(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let kind = kind(call)?;
    if call.text("SourceType").is_some_and(|it| it.is_empty()) {
        return Err(missing("SourceType"));
    }
    let wanted = SOURCES.iter().filter(|it| kind.as_ref().is_none_or(|kind| kind == it.0));
    let one = |it: &(&str, &[&str])| {
        let all = it.1.iter().map(|it| (*it).to_owned());
        Xml::new().text("SourceType", it.0).with(texts("EventCategories", "EventCategory", all))
    };
    Ok(Xml::new().members("EventCategoriesMapList", "EventCategoriesMap", wanted.map(one)))
}
