//! The state of an environment: what `get` lists.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    aws::{Aws, ec2::Eip},
    engine::{Action, Blocked, Found, Phase, Plan, PlannedNode, RemovalReason, Seen, Verdict},
};

use super::{
    access::{EndpointsView, NodeView, endpoints, nodes},
    cell::{parts, words},
    view::{EnvironmentView, KeptView, as_data},
};

/// What `get -o json` prints of an environment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateView {
    /// The version of this form: `1`.
    pub format_version: &'static str,
    /// The environment.
    pub environment: EnvironmentView,
    /// Whether this is the built-in simulator rather than AWS.
    pub sandbox: bool,
    /// When AWS was read, in UTC.
    pub read_at: Timestamp,
    /// Whether everything is there, usable and as declared: whether all conditions are true.
    pub ready: bool,
    /// What holds of the environment as a whole.
    pub conditions: Vec<ConditionView>,
    /// The nodes that run, who is active first.
    pub nodes: Vec<NodeView>,
    /// Where it is reached.
    pub endpoints: EndpointsView,
    /// When the oldest of the objects was made, as far as the record on this machine tells.
    pub created_at: Option<Timestamp>,
    /// The objects.
    pub resources: Vec<ResourceView>,
    /// Chapters of the spec that are read and that nothing is done about yet.
    pub not_built: Vec<String>,
}

/// Something that holds of an environment, or does not.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionView {
    /// `Ready`: everything declared is there and usable. `Synced`: everything is as declared.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// `True`, `False`, or `Unknown`.
    pub status: &'static str,
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, in words.
    pub message: String,
}

/// One object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceView {
    /// Its address.
    pub address: String,
    /// What AWS calls it, if it is there.
    pub id: Option<String>,
    /// One word: Ready, Missing, Drifted, Pending, Failed, Deleting, Undeclared, Kept, Unknown.
    pub status: &'static str,
    /// What differs or is the matter.
    pub detail: String,
    /// Its fields, as AWS has them.
    pub fields: Map<String, Value>,
    /// What AWS gave it beyond its fields, and others may want to know.
    pub outputs: Map<String, Value>,
    /// When AWS was read, in UTC.
    pub read_at: Timestamp,
    /// Outputs and fields in words.
    #[serde(skip)]
    pub(super) words: Vec<FieldWords>,
}

/// A field in words.
#[derive(Clone, Debug)]
pub(super) struct FieldWords {
    name: String,
    /// In a line.
    whole: String,
    /// The lines of what has parts.
    parts: Vec<String>,
}

impl ResourceView {
    /// Outputs and fields in words, a line for each part.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for FieldWords { name, whole, parts } in &self.words {
            if parts.is_empty() {
                lines.push(format!("{name}: {whole}"));
            } else {
                lines.push(format!("{name}:"));
                lines.extend(parts.iter().map(|part| format!("  {part}")));
            }
        }
        lines
    }
}

/// Makes a plan a state; `gui` is the address of the GUI, if it has one.
pub fn state(
    plan: &Plan<Aws>,
    environment: EnvironmentView,
    sandbox: bool,
    not_built: Vec<String>,
    gui: Option<String>,
) -> StateView {
    let declared = plan.nodes.iter().map(|planned| {
        let (status, detail) = standing(planned);
        resource(
            plan.time,
            planned.node.address().to_string(),
            planned.seen.as_deref(),
            status,
            detail,
        )
    });
    let others =
        plan.removals.iter().filter(|removal| removal.reason != RemovalReason::Replaced).map(
            |removal| {
                let status =
                    if removal.reason == RemovalReason::Going { "Deleting" } else { "Undeclared" };
                let address =
                    removal.seen.address().map_or_else(String::new, |address| address.to_string());
                resource(plan.time, address, Some(removal.seen.as_ref()), status, String::new())
            },
        );
    let kept = plan.kept.iter().map(|kept| {
        let KeptView { address, reason, .. } = KeptView::of(kept);
        resource(plan.time, address, Some(kept.seen.as_ref()), "Kept", reason)
    });
    let mut others: Vec<ResourceView> = others.chain(kept).collect();
    others.sort_by(|a, b| (&a.address, &a.id).cmp(&(&b.address, &b.id)));
    let resources: Vec<ResourceView> = declared.chain(others).collect();
    let conditions = vec![is_ready(plan, &resources), is_synced(plan, &resources)];
    StateView {
        format_version: "1",
        environment,
        sandbox,
        read_at: plan.time,
        ready: conditions.iter().all(|condition| condition.status == "True"),
        conditions,
        nodes: nodes(plan),
        endpoints: endpoints(plan, gui),
        created_at: None,
        resources,
        not_built,
    }
}

/// How a declared object stands, in one word, and what differs or is the matter.
pub(super) fn standing(planned: &PlannedNode<Aws>) -> (&'static str, String) {
    let change = match &planned.verdict {
        Verdict::Blocked(blocked) => return ("Unknown", told(blocked)),
        Verdict::Change(change) => change,
    };
    match (change.action, planned.seen.as_deref().map(Seen::phase)) {
        (_, None) => ("Missing", String::new()),
        (_, Some(Phase::Pending(phase) | Phase::Settling(phase))) => ("Pending", phase.clone()),
        (_, Some(Phase::Recoverable { how, .. })) => {
            ("Deleted", format!("can be taken back {how}"))
        }
        (_, Some(Phase::Failed(why))) => ("Failed", why.clone()),
        (Action::Refuse, Some(_)) if change.refusal().is_some() => {
            ("Refused", change.refusal().unwrap_or_default().to_owned())
        }
        (Action::Keep, Some(_)) => {
            ("Ready", planned.seen.as_deref().and_then(Seen::notice).unwrap_or_default())
        }
        (_, Some(_)) => {
            let fields: Vec<_> = change.fields.iter().map(|change| change.field).collect();
            ("Drifted", fields.join(", "))
        }
    }
}

/// Whether everything declared is there and usable.
fn is_ready(plan: &Plan<Aws>, resources: &[ResourceView]) -> ConditionView {
    let condition =
        |status, reason, message| ConditionView { name: "Ready", status, reason, message };
    for (status, reason, what) in [
        ("Failed", "Failed", "failed"),
        ("Missing", "Missing", "missing"),
        ("Pending", "Pending", "on the way"),
    ] {
        let of = named(resources, status);
        if !of.is_empty() {
            return condition("False", reason, format!("{what}: {}", of.join(", ")));
        }
    }
    let unknown = named(resources, "Unknown");
    if plan.is_unknown() || !unknown.is_empty() {
        return condition("Unknown", "NotRead", format!("not certain: {}", unknown.join(", ")));
    }
    condition("True", "AllUsable", format!("{} objects are there and usable", plan.nodes.len()))
}

/// Whether everything is as declared.
fn is_synced(plan: &Plan<Aws>, resources: &[ResourceView]) -> ConditionView {
    let condition =
        |status, reason, message| ConditionView { name: "Synced", status, reason, message };
    for (status, reason, what) in [
        ("Drifted", "Differs", "differ"),
        ("Missing", "Missing", "missing"),
        ("Failed", "Failed", "failed"),
        ("Undeclared", "Undeclared", "not declared"),
    ] {
        let of = named(resources, status);
        if !of.is_empty() {
            return condition("False", reason, format!("{what}: {}", of.join(", ")));
        }
    }
    let unknown = named(resources, "Unknown");
    if plan.is_unknown() || !unknown.is_empty() {
        return condition("Unknown", "NotRead", format!("not compared: {}", unknown.join(", ")));
    }
    condition("True", "AsDeclared", format!("{} objects are as declared", plan.nodes.len()))
}

/// The objects in a state; of many, the first.
fn named(resources: &[ResourceView], status: &str) -> Vec<String> {
    const MOST: usize = 3;
    let all: Vec<&str> = resources
        .iter()
        .filter(|resource| resource.status == status)
        .map(|resource| resource.address.as_str())
        .collect();
    let mut named: Vec<String> = all.iter().take(MOST).map(|name| (*name).to_owned()).collect();
    if all.len() > MOST {
        named.push(format!("and {} more", all.len() - MOST));
    }
    named
}

/// What AWS gave an object beyond its fields, and others may want to know.
pub fn outputs(seen: &dyn Seen) -> Map<String, Value> {
    let mut outputs = Map::new();
    if let Some(eip) = seen.as_any().downcast_ref::<Found<Eip>>() {
        outputs.insert("publicIp".into(), eip.outputs.public_ip.as_str().into());
    }
    outputs
}

fn resource(
    read_at: Timestamp,
    address: String,
    seen: Option<&dyn Seen>,
    status: &'static str,
    detail: String,
) -> ResourceView {
    let rows = seen.map(Seen::rows).unwrap_or_default();
    let rows: Vec<_> = rows.iter().map(|row| (row, as_data(&row.cell))).collect();
    let known = rows.iter().filter(|(_, value)| !value.is_null());
    let outputs = seen.map(outputs).unwrap_or_default();
    let given = outputs.iter().map(|(name, value)| FieldWords {
        name: name.clone(),
        whole: value.as_str().unwrap_or_default().to_owned(),
        parts: Vec::new(),
    });
    let said = known.clone().map(|(row, _)| FieldWords {
        name: row.field.to_owned(),
        whole: words(&row.cell),
        parts: parts(&row.cell),
    });
    ResourceView {
        address,
        id: seen.map(|seen| seen.id().to_string()),
        status,
        detail,
        words: given.chain(said).collect(),
        fields: known.map(|(row, value)| (row.field.to_owned(), value.clone())).collect(),
        outputs,
        read_at,
    }
}

fn told(blocked: &Blocked) -> String {
    match blocked {
        Blocked::Unread(_) => "could not be read".into(),
        Blocked::Doubt(_) => "none is seen, and there may be one".into(),
        Blocked::Duplicate(ids) => format!("{} objects claim to be it", ids.len()),
        Blocked::LostTag(id) => format!("{id} has lost our owner tag"),
        Blocked::Behind(address) => format!("not compared, because of {address}"),
    }
}

/// The rows of the table, the head first.
pub fn rows(state: &StateView, wide: bool) -> Vec<Vec<String>> {
    let mut head = vec!["ADDRESS", "ID", "STATUS", "DETAIL"];
    if wide {
        head.push("FIELDS");
    }
    let mut rows = vec![head.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>()];
    for resource in &state.resources {
        let mut row = vec![
            resource.address.clone(),
            resource.id.clone().unwrap_or_else(|| "<none>".into()),
            resource.status.to_owned(),
            resource.detail.clone(),
        ];
        if wide {
            let fields = resource.words.iter().filter(|field| field.name != "tags");
            let fields = fields.map(|field| match field.parts.len() {
                0 | 1 => format!("{}={}", field.name, field.whole),
                _ => format!("{}=[{}]", field.name, field.whole),
            });
            row.push(fields.collect::<Vec<_>>().join(" "));
        }
        rows.push(row);
    }
    rows
}

/// A table as kubectl prints one.
pub fn table(rows: &[Vec<String>]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    for row in rows {
        table.add_row(row.clone());
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
