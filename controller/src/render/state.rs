//! The state of an environment: what `get` lists.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    aws::Aws,
    engine::{Action, Blocked, Phase, Plan, RemovalReason, Seen, Verdict},
};

use super::view::{EnvironmentView, as_data};

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
    /// Whether everything is there, usable and as declared.
    pub ready: bool,
    /// The objects.
    pub resources: Vec<ResourceView>,
    /// Chapters of the spec that are read and that nothing is done about yet.
    pub not_built: Vec<String>,
}

/// One object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceView {
    /// Its address.
    pub address: String,
    /// What AWS calls it, if it is there.
    pub id: Option<String>,
    /// One word: Ready, Missing, Drifted, Pending, Failed, Deleting, Undeclared, Unknown.
    pub status: &'static str,
    /// What differs or is the matter.
    pub detail: String,
    /// Its fields, as AWS has them.
    pub fields: Map<String, Value>,
}

/// Makes a plan a state.
pub fn state(
    plan: &Plan<Aws>,
    environment: EnvironmentView,
    sandbox: bool,
    not_built: Vec<String>,
    only: impl Fn(&str) -> bool,
) -> StateView {
    let declared = plan.nodes.iter().map(|planned| {
        let (status, detail) = match &planned.verdict {
            Verdict::Blocked(blocked) => ("Unknown", told(blocked)),
            Verdict::Change(change) => match (change.action, planned.seen.as_deref().map(Seen::phase)) {
                (_, None) => ("Missing", String::new()),
                (_, Some(Phase::Pending(phase))) => ("Pending", phase.clone()),
                (_, Some(Phase::Failed(why))) => ("Failed", why.clone()),
                (Action::Keep, Some(_)) => ("Ready", String::new()),
                (_, Some(_)) => {
                    let fields: Vec<_> = change.fields.iter().map(|change| change.field).collect();
                    ("Drifted", fields.join(", "))
                }
            },
        };
        resource(planned.node.address().to_string(), planned.seen.as_deref(), status, detail)
    });
    let others = plan.removals.iter().filter(|removal| removal.reason != RemovalReason::Replaced).map(
        |removal| {
            let status = if removal.reason == RemovalReason::Going { "Deleting" } else { "Undeclared" };
            let address = removal.seen.address().map_or_else(String::new, |address| address.to_string());
            resource(address, Some(removal.seen.as_ref()), status, String::new())
        },
    );
    let ready = plan.is_empty() && !plan.is_unknown() && plan.counts().blocked == 0;
    StateView {
        format_version: "1",
        environment,
        sandbox,
        read_at: plan.time,
        ready,
        resources: declared.chain(others).filter(|resource| only(&resource.address)).collect(),
        not_built,
    }
}

fn resource(address: String, seen: Option<&dyn Seen>, status: &'static str, detail: String) -> ResourceView {
    let rows = seen.map(Seen::rows).unwrap_or_default();
    let fields = rows.iter().map(|row| (row.field.to_owned(), as_data(&row.cell)));
    ResourceView {
        address,
        id: seen.map(|seen| seen.id().to_string()),
        status,
        detail,
        fields: fields.filter(|(_, value)| !value.is_null()).collect(),
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
            let fields = resource.fields.iter().filter(|(field, _)| *field != "tags").map(
                |(field, value)| match value {
                    Value::String(text) => format!("{field}={text}"),
                    other => format!("{field}={other}"),
                },
            );
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
