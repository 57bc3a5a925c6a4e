//! Rules of a listener: what is done with some of its requests.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html> and its sisters. The rule
//! for all others is the listener's own and is shown among them.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Elb, Operation,
    action::{self, Action},
    call::{Call, Named, between, check, invalid, missing},
    condition::{self, Condition},
    listener::Listener,
    load_balancer::{Family, LoadBalancer},
    scene::{Scene, path_of},
    tags,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateRule", true, create),
    ("DeleteRule", true, delete),
    ("DescribeRules", false, describe),
    ("ModifyRule", true, modify),
    ("SetRulePriorities", true, order),
];

const LAST: u32 = 50_000;

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) listener: String,
    pub(super) priority: u32,
    pub(super) conditions: Vec<Condition>,
    pub(super) actions: Vec<Action>,
}

impl Rule {
    /// The target groups that it sends something to.
    pub(super) fn targets(&self) -> impl Iterator<Item = &String> {
        self.actions.iter().flat_map(Action::targets)
    }
}

impl Kind for Rule {
    const TYPE: &'static str = "listener-rule";
    const PREFIX: &'static str = "arn";
    const NOUN: &'static str = "rule";
    const NOT_FOUND: &'static str = "RuleNotFound";
    const MALFORMED: &'static str = "ValidationError";

    fn path(record: &Record<Self>) -> String {
        path_of(&record.id).to_owned()
    }
}

impl Named for Rule {
    fn shelf(elb: &Elb) -> &Shelf<Self> {
        &elb.rules
    }
}

/// A rule with the key that lists have it by.
fn row(scene: &Scene<'_>, it: &Record<Rule>) -> (String, Xml) {
    let xml = Xml::new()
        .text("RuleArn", &it.id)
        .text("Priority", it.priority)
        .with(condition::render(&it.conditions))
        .with(action::render(scene, "Actions", Family::Application, &it.actions))
        .text("IsDefault", false);
    (format!("{:05} {}", it.priority, it.id), xml)
}

/// The rule that stands for the actions of a listener.
fn default(scene: &Scene<'_>, it: &Record<Listener>) -> (String, Xml) {
    let xml = Xml::new()
        .text("RuleArn", &it.default_rule)
        .text("Priority", "default")
        .with(condition::render(&[]))
        .with(action::render(scene, "Actions", it.family, &it.actions))
        .text("IsDefault", true);
    (format!("default {}", it.default_rule), xml)
}

fn in_use(priority: u32) -> Fault {
    Fault::client("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

/// The load balancer of a listener.
fn balancer_of(call: &Call<'_>, listener: &Listener) -> Result<Record<LoadBalancer>, Fault> {
    let found = call.elb.load_balancers.get(&listener.balancer).cloned();
    found.ok_or_else(|| LoadBalancer::unknown(&listener.balancer))
}

fn create(call: &mut Call<'_>) -> Answer {
    let listener = call.find::<Listener>(&call.need("ListenerArn")?)?;
    call.lacks(&["Transforms"])?;
    if listener.family == Family::Network {
        return Err(Fault::client(
            "UnsupportedProtocol",
            "Rules are not supported for listeners of this protocol",
        ));
    }
    let priority = call.between("Priority", 1, LAST)?.ok_or_else(|| missing("Priority"))?;
    let conditions = condition::read(call)?.ok_or_else(|| missing("Conditions"))?;
    let balancer = balancer_of(call, &listener)?;
    let actions = action::read(call, "Actions", &balancer)?.ok_or_else(|| missing("Actions"))?;
    let tags = tags::given(call)?;
    let taken = |it: &Record<Rule>| it.listener == listener.id && it.priority == priority;
    if call.elb.rules.all().any(taken) {
        return Err(in_use(priority));
    }
    let most = call.settings.quotas.rules_per_load_balancer as usize;
    let prefix = listener.id.rsplit_once('/').map_or("", |it| it.0);
    let count = call.elb.rules.all().filter(|it| it.listener.starts_with(prefix)).count();
    if count >= most {
        return Err(Fault::client(
            "TooManyRules",
            format!("The load balancer has the most rules it may have: {most}"),
        ));
    }
    let within = path_of(&listener.id).trim_start_matches("listener/").to_owned();
    let id = call.id();
    let arn = call.arn(&format!("listener-rule/{within}/{id}"));
    let body = Rule { listener: listener.id, priority, conditions, actions };
    let record = Record { id: arn, tags, body };
    let (_, shown) = row(call, &record);
    let (stamp, now) = (call.stamp, call.now);
    call.elb.rules.add(stamp, Some(now), record);
    Ok(Xml::new().members("Rules", "member", [shown]))
}

fn describe(call: &mut Call<'_>) -> Answer {
    let arns = call.list("RuleArns").unwrap_or_default();
    let listener = call.text("ListenerArn");
    if arns.is_empty() == listener.is_none() {
        return Err(invalid("You must specify either rule ARNs or a listener ARN, and not both"));
    }
    arns.iter().try_for_each(|it| check::<Rule>(it))?;
    let mut rows = Vec::new();
    if let Some(listener) = listener {
        let listener = call.see::<Listener>(&listener)?;
        let seen = call.elb.rules.all_seen(call.in_lists());
        rows.extend(seen.filter(|it| it.listener == listener.id).map(|it| row(call, it)));
        rows.push(default(call, &listener));
    }
    for arn in &arns {
        let own = call.elb.rules.seen(arn, call.by_id()).map(|it| row(call, it));
        let mut listeners = call.elb.listeners.all_seen(call.by_id());
        let found = own
            .or_else(|| listeners.find(|it| it.default_rule == *arn).map(|it| default(call, it)));
        let text = "One or more rules not found";
        rows.push(found.ok_or_else(|| Fault::client(Rule::NOT_FOUND, text))?);
    }
    call.page("Rules", rows)
}

/// A rule that a write is about, which is not a listener's own.
fn own(call: &Call<'_>, arn: &str, what: &str) -> Result<Record<Rule>, Fault> {
    check::<Rule>(arn)?;
    if call.elb.listeners.all().any(|it| it.default_rule == arn) {
        return Err(Fault::client(
            "OperationNotPermitted",
            format!("Default rule '{arn}' cannot be {what}"),
        ));
    }
    call.find::<Rule>(arn)
}

fn modify(call: &mut Call<'_>) -> Answer {
    let rule = own(call, &call.need("RuleArn")?, "modified")?;
    call.lacks(&["Transforms", "ResetTransforms"])?;
    let conditions = condition::read(call)?;
    let listener = call.elb.listeners.get(&rule.listener).cloned();
    let listener = listener.ok_or_else(|| Listener::unknown(&rule.listener))?;
    let balancer = balancer_of(call, &listener)?;
    let actions = action::read(call, "Actions", &balancer)?;
    let stamp = call.stamp;
    let changed = call.elb.rules.change(stamp, &rule.id, |it| {
        if let Some(conditions) = conditions {
            it.conditions = conditions;
        }
        if let Some(actions) = actions {
            it.actions = actions;
        }
        it.clone()
    });
    let changed = changed.ok_or_else(|| Rule::unknown(&rule.id))?;
    Ok(Xml::new().members("Rules", "member", [row(call, &changed).1]))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let rule = own(call, &call.need("RuleArn")?, "deleted")?;
    let stamp = call.stamp;
    call.elb.rules.remove(stamp, &rule.id);
    Ok(Xml::new())
}

/// All at once; those that are not named keep theirs.
fn order(call: &mut Call<'_>) -> Answer {
    let mut wanted: Vec<(Record<Rule>, u32)> = Vec::new();
    for pair in call.params.structs("RulePriorities.member") {
        let arn = pair.text("RuleArn").unwrap_or_default();
        let priority = between(&pair, "Priority", 1, LAST)?.ok_or_else(|| missing("Priority"))?;
        wanted.push((own(call, &arn, "given a priority")?, priority));
    }
    let Some((first, _)) = wanted.first() else { return Err(missing("RulePriorities")) };
    let listener = first.listener.clone();
    if wanted.iter().any(|it| it.0.listener != listener) {
        return Err(invalid("All rules must belong to the same listener"));
    }
    let named: Vec<_> = wanted.iter().map(|it| it.0.id.clone()).collect();
    let others = call.elb.rules.all().filter(|it| it.listener == listener);
    let mut taken: Vec<_> =
        others.filter(|it| !named.contains(&it.id)).map(|it| it.priority).collect();
    for (_, priority) in &wanted {
        if taken.contains(priority) {
            return Err(in_use(*priority));
        }
        taken.push(*priority);
    }
    let stamp = call.stamp;
    let mut rows = Vec::new();
    for (rule, priority) in wanted {
        let changed = call.elb.rules.change(stamp, &rule.id, |it| {
            it.priority = priority;
            it.clone()
        });
        rows.extend(changed.map(|it| row(call, &it).1));
    }
    Ok(Xml::new().members("Rules", "member", rows))
}
