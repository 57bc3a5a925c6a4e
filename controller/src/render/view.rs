//! A plan as data: what `-o json` prints, and what text and Markdown are made from.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    aws::{Aws, Environment},
    engine::{
        Action, Address, Blocked, Cell, FieldChange, KeepReason, Keeping, Kept, OnChange, Plan,
        PlannedNode, Removal, RemovalReason, Verdict as Said, expected,
    },
};

use super::cell::{Difference, data, differences};

/// What `clctl diff -o json` prints.
///
/// Fields are only ever added within one format version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// The version of this form: `1`.
    pub format_version: &'static str,
    /// The environment.
    pub environment: EnvironmentView,
    /// Whether this is the built-in simulator rather than AWS.
    pub sandbox: bool,
    /// When AWS was read, in UTC.
    #[schemars(with = "String")]
    pub read_at: Timestamp,
    /// What it comes to.
    pub verdict: Verdict,
    /// How many of each there are.
    pub summary: Summary,
    /// How long applying it takes by typical durations, in seconds.
    pub expected_seconds: u64,
    /// What would be done, and what cannot be said; nothing of what is as declared.
    pub steps: Vec<StepView>,
    /// What stays although the spec does not declare it.
    pub kept: Vec<KeptView>,
    /// Why the plan as a whole cannot be carried out, if it cannot.
    pub refused: Option<String>,
    /// Chapters of the spec that are read and that nothing is done about yet.
    pub not_built: Vec<String>,
    /// What is no difference and worth knowing: a newer image than the one that is there.
    pub news: Vec<String>,
}

/// An environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentView {
    /// Its name.
    pub name: String,
    /// Its uid: a hash of partition, account, region and name.
    pub uid: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
}

impl EnvironmentView {
    /// Shows an environment.
    pub fn of(environment: &Environment) -> Self {
        let Environment { name, account, region, .. } = environment.clone();
        Self { name, uid: environment.uid(), account, region }
    }
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// AWS is as declared.
    NoChanges,
    /// There are differences.
    Changes,
    /// Something could not be read: nothing is said of it.
    Unknown,
    /// There are differences that cannot or must not be made.
    Refused,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Objects to create.
    pub create: usize,
    /// Deleted objects to take back.
    pub recover: usize,
    /// Objects to change in place.
    pub update: usize,
    /// Objects to replace.
    pub replace: usize,
    /// Objects to remove.
    pub remove: usize,
    /// Objects as declared.
    pub unchanged: usize,
    /// Objects of which nothing can be said, or that must not be changed.
    pub blocked: usize,
}

/// An object that stays although the spec does not declare it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptView {
    /// The object's address, e.g. `secret/keystore-password`.
    pub address: String,
    /// What AWS calls it.
    pub id: String,
    /// Why, and how it ends.
    pub reason: String,
}

impl KeptView {
    pub(super) fn of(kept: &Kept) -> Self {
        let (seen, id) = (kept.seen.as_ref(), kept.seen.id().to_string());
        let address = seen.address().map_or_else(String::new, |address| address.to_string());
        let keeping = seen.kind().keeping;
        let name = id.rsplit(':').next().unwrap_or(&id);
        let ends = keeping.map(|it| it.ends.replace("{id}", &id).replace("{name}", name));
        let why = match &kept.reason {
            KeepReason::Unproven => {
                let ends = ends.unwrap_or_else(|| "remove it yourself".to_owned());
                let reason = format!(
                    "nothing but its tags says that it is ours, and tags get copied, so it is left alone. If it is not: clctl release {address} {id}; if it is, and is to go: {ends}"
                );
                return Self { address, id, reason };
            }
            KeepReason::Wanted(why) => why.clone(),
            KeepReason::Used(by) => format!("{by} is kept and uses it"),
        };
        let reason = match keeping.zip(ends) {
            Some((Keeping { costs, .. }, ends)) => {
                format!("{why}; costs {costs}; to end it: {ends}")
            }
            None => why,
        };
        Self { address, id, reason }
    }
}

/// What would be done to one object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// What.
    pub action: StepAction,
    /// The object's address, e.g. `subnet/private-a`.
    pub address: String,
    /// What AWS calls it, if it is there.
    pub id: Option<String>,
    /// The fields that differ; at a creation all of them.
    pub fields: Vec<FieldView>,
    /// What stops meanwhile, if anything does.
    pub effect: Option<String>,
    /// Why, where it is not the fields.
    pub reason: Option<String>,
}

/// What would be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepAction {
    /// It is made.
    Create,
    /// It was deleted and can be taken back: it is, and what differs is changed.
    Recover,
    /// It is changed in place.
    Update,
    /// It is made anew, and the old one removed.
    Replace,
    /// It is removed.
    Remove,
    /// It has to be made anew, and must not.
    Refuse,
    /// Nothing can be said of it, or done to it.
    Blocked,
    /// It is on its way out already; that is waited for.
    Going,
}

/// One field that differs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// Its name.
    pub field: String,
    /// What its change costs: `inPlace`, `interrupts`, `replace` or `refuse`.
    pub cost: &'static str,
    /// What is there; absent if the object is not.
    pub from: Option<Value>,
    /// What is wanted; `{"knownAfter": …}` where another object has to exist first.
    pub to: Value,
    #[serde(skip)]
    pub(super) differences: Vec<Difference>,
}

/// Makes a plan data.
pub fn view(
    plan: &Plan<Aws>,
    environment: &Environment,
    sandbox: bool,
    not_built: Vec<String>,
) -> PlanView {
    let counts = plan.counts();
    let verdict = if plan.is_unknown() {
        Verdict::Unknown
    } else if plan.is_refused() || counts.blocked > 0 {
        Verdict::Refused
    } else if plan.is_empty() {
        Verdict::NoChanges
    } else {
        Verdict::Changes
    };
    let unread = plan.unread.iter().map(|(kind, why)| StepView {
        action: StepAction::Blocked,
        address: (*kind).to_owned(),
        id: None,
        fields: Vec::new(),
        effect: None,
        reason: Some(format!("could not be read: {why}")),
    });
    let steps = plan
        .nodes
        .iter()
        .filter_map(|planned| step(plan, planned))
        .chain(plan.removals.iter().filter_map(removal));
    PlanView {
        format_version: "1",
        environment: EnvironmentView::of(environment),
        sandbox,
        read_at: plan.time,
        verdict,
        summary: Summary {
            create: counts.create,
            recover: counts.recover,
            update: counts.update,
            replace: counts.replace,
            remove: counts.remove,
            unchanged: counts.keep,
            blocked: counts.blocked,
        },
        expected_seconds: expected(plan).as_secs(),
        steps: unread.chain(steps).collect(),
        kept: plan.kept.iter().map(KeptView::of).collect(),
        refused: plan.ring.clone(),
        not_built,
        news: Vec::new(),
    }
}

fn step(plan: &Plan<Aws>, planned: &PlannedNode<Aws>) -> Option<StepView> {
    let about = planned.node.kind().about();
    let id = planned.seen.as_ref().map(|seen| seen.id().to_string());
    let address = planned.node.address().to_string();
    let change = match &planned.verdict {
        // Said once of the whole kind.
        Said::Blocked(Blocked::Unread(_)) if plan.unread.contains_key(about.name) => return None,
        Said::Blocked(blocked) => {
            return Some(StepView {
                action: StepAction::Blocked,
                address,
                id,
                fields: Vec::new(),
                effect: None,
                reason: Some(why(blocked, planned.node.address())),
            });
        }
        Said::Change(change) => change,
    };
    if let Some(why) = change.refusal() {
        let (action, fields, reason) = (StepAction::Refuse, Vec::new(), Some(why.to_owned()));
        return Some(StepView { action, address, id: None, fields, effect: None, reason });
    }
    let action = match change.action {
        Action::Keep => return None,
        Action::Create => StepAction::Create,
        Action::Recover => StepAction::Recover,
        Action::Update => StepAction::Update,
        Action::Replace => StepAction::Replace,
        Action::Refuse => StepAction::Refuse,
    };
    let interrupts = action == StepAction::Update && change.cost() == Some(OnChange::Interrupts);
    let stops = matches!(action, StepAction::Replace | StepAction::Refuse) || interrupts;
    let fields = change.fields.iter().map(field).collect();
    let effect = stops.then(|| about.outage.to_owned());
    let until = planned.seen.as_deref().and_then(|seen| seen.phase().recoverable());
    let reason = until
        .map(|until| format!("it was deleted, and can be taken back {until}"))
        .or_else(|| planned.gives_way.clone());
    Some(StepView { action, address, id, fields, effect, reason })
}

pub(super) fn field(change: &FieldChange) -> FieldView {
    FieldView {
        field: change.field.to_owned(),
        cost: cost(change.on_change),
        from: change.from.as_ref().map(data),
        to: data(&change.to),
        differences: differences(change.from.as_ref(), &change.to),
    }
}

fn cost(of: OnChange) -> &'static str {
    match of {
        OnChange::InPlace => "inPlace",
        OnChange::Interrupts => "interrupts",
        OnChange::Replace => "replace",
        OnChange::Refuse => "refuse",
    }
}

fn removal(removal: &Removal) -> Option<StepView> {
    let (action, reason) = match removal.reason {
        // Shown with the node that replaces it.
        RemovalReason::Replaced => return None,
        RemovalReason::Undeclared => (StepAction::Remove, "the spec does not declare it"),
        RemovalReason::Superseded => (StepAction::Remove, "a newer object has taken its place"),
        RemovalReason::Going => (StepAction::Going, "AWS is removing it; that is waited for"),
    };
    let reason = match &removal.held {
        Some(held) => format!("{reason}; not now: {held}"),
        None => reason.to_owned(),
    };
    let address = removal.seen.address().map_or_else(String::new, |address| address.to_string());
    let id = Some(removal.seen.id().to_string());
    Some(StepView { action, address, id, fields: Vec::new(), effect: None, reason: Some(reason) })
}

/// Why nothing can be said of a node, and what to do.
fn why(blocked: &Blocked, address: &Address) -> String {
    match blocked {
        Blocked::Unread(why) => format!("could not be read: {why}"),
        Blocked::Doubt(why) => format!(
            "none is seen, and that is not to be believed yet: {why}; look again then, or run apply, which waits"
        ),
        Blocked::Duplicate(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!(
                "{} objects claim to be it: {}; none of them is touched. Find out which is in use, and let go of the others: clctl release {address} ID",
                ids.len(),
                ids.join(", ")
            )
        }
        Blocked::LostTag(id) => format!(
            "{id} stands where it is declared and does not carry our owner tag (clctl.dev/uid), so it is not touched. If it is ours, say so: clctl adopt {address} {id}"
        ),
        Blocked::Behind(first) => format!("not compared: {first} comes first, see there"),
    }
}

impl StepView {
    /// Whether it interrupts, replaces or removes: what has to be agreed to.
    pub fn is_dear(&self) -> bool {
        let interrupts = || self.fields.iter().any(|field| field.cost == "interrupts");
        match self.action {
            StepAction::Replace | StepAction::Remove => true,
            StepAction::Update => interrupts(),
            // What is not there is not interrupted.
            StepAction::Create
            | StepAction::Recover
            | StepAction::Refuse
            | StepAction::Blocked
            | StepAction::Going => false,
        }
    }
}

impl Summary {
    /// How many objects something would be done to.
    pub fn changes(&self) -> usize {
        self.create + self.recover + self.update + self.replace + self.remove
    }

    /// How many steps have something to do: a replacement takes two.
    pub fn steps(&self) -> usize {
        self.changes() + self.replace
    }
}

/// A value as data, for those that show objects rather than plans.
pub(super) fn as_data(cell: &Cell) -> Value {
    data(cell)
}
