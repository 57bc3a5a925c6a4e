//! From a plan, which is what `diff` shows, to what is drawn; or from what is declared alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{
    aws::{Aws, fleet::Instances},
    engine::{Action, Found, Graph, Node, Outputs, PhysicalId, Plan, RemovalReason, Row, Seen},
    render::{access, cell, state},
};

use super::scene::{FACTS, Running, Scene, State, Thing};

/// What is known of an environment beside its objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// Its name.
    pub(crate) name: String,
    /// Its region.
    pub(crate) region: String,
    /// Its account, if that is known.
    pub(crate) account: Option<String>,
    /// Whether this is the built-in simulator rather than AWS.
    pub(crate) sandbox: bool,
    /// The zones that it stands in.
    pub(crate) zones: Vec<String>,
    /// The chains that its nodes speak to, by their names.
    pub(crate) chains: Vec<String>,
}

impl Setting {
    fn scene(self) -> Scene {
        let Self { name, region, account, sandbox, zones, chains } = self;
        Scene { name, region, account, sandbox, zones, chains, ..Scene::default() }
    }
}

/// What is declared, without a look at AWS.
pub(crate) fn declared(graph: &Graph<Aws>, setting: Setting) -> Scene {
    let things = graph.in_order().map(|node| declaration(node.as_ref())).collect();
    Scene { things, ..setting.scene() }
}

/// What is declared and what is there: a plan.
pub(crate) fn observed(plan: &Plan<Aws>, setting: Setting) -> Scene {
    let mut names: BTreeMap<PhysicalId, String> = BTreeMap::new();
    for planned in &plan.nodes {
        if let Some(seen) = &planned.seen {
            names.insert(seen.id().clone(), planned.node.address().to_string());
        }
    }
    let mut things: Vec<Thing> = Vec::new();
    for planned in &plan.nodes {
        let mut thing = declaration(planned.node.as_ref());
        let (status, detail) = state::standing(planned);
        let refused = planned.change().is_some_and(|it| it.action == Action::Refuse);
        thing.state = match status {
            _ if refused => State::Failed,
            "Ready" => State::Same,
            "Missing" => State::Create,
            "Pending" => State::Moving,
            "Deleted" | "Drifted" => State::Change,
            "Unknown" => State::Unknown,
            _ => State::Failed,
        };
        thing.detail = detail;
        if let Some(seen) = planned.seen.as_deref() {
            look(&mut thing, seen);
        }
        things.push(thing);
    }
    let removals = plan.removals.iter().filter(|it| it.reason != RemovalReason::Replaced);
    for removal in removals {
        let going = removal.reason == RemovalReason::Going;
        let state = if going { State::Moving } else { State::Remove };
        let detail = removal.held.clone().map(|held| format!("not now: {held}"));
        things.push(other(removal.seen.as_ref(), state, detail.unwrap_or_default(), &names));
    }
    for kept in &plan.kept {
        things.push(other(kept.seen.as_ref(), State::Kept, String::new(), &names));
    }
    let read_at = plan.time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    Scene { things, read_at: Some(read_at), ..setting.scene() }
}

/// A node as it is declared: what it refers to goes by name, whatever is there.
fn declaration(node: &dyn Node<Aws>) -> Thing {
    let address = node.address();
    Thing {
        kind: address.kind.to_owned(),
        name: address.name.clone(),
        refs: node.refs().iter().map(ToString::to_string).collect(),
        facts: facts(&node.want(&Outputs::default())),
        ..Thing::default()
    }
}

/// An object that nothing declared stands for.
fn other(
    seen: &dyn Seen,
    state: State,
    detail: String,
    names: &BTreeMap<PhysicalId, String>,
) -> Thing {
    let name = seen.address().map_or_else(|| seen.id().to_string(), |address| address.name);
    let mentioned = seen.mentions();
    let refs: BTreeSet<String> = mentioned.iter().filter_map(|id| names.get(id).cloned()).collect();
    let kind = seen.kind().name.to_owned();
    let mut thing = Thing { kind, name, state, detail, refs, ..Thing::default() };
    look(&mut thing, seen);
    thing
}

/// Adds what is known of what is there.
fn look(thing: &mut Thing, seen: &dyn Seen) {
    thing.id = Some(seen.id().to_string());
    // What is declared says by name what it refers to; what is there says what nobody declared.
    for (fact, value) in facts(&seen.rows()) {
        thing.facts.entry(fact).or_insert(value);
    }
    thing.facts.extend(state::outputs(seen));
    if let Some(found) = seen.as_any().downcast_ref::<Found<Instances>>() {
        let running = access::running(&found.outputs).map(|node| Running {
            id: node.id,
            zone: node.zone,
            role: node.role.map(ToOwned::to_owned),
            says: node.says,
            version: node.version,
        });
        let mut running: Vec<Running> = running.collect();
        running.sort_by(|a, b| a.id.cmp(&b.id));
        thing.instances = Some(running);
    }
}

/// The few fields that are shown, as far as something is said in them.
fn facts(rows: &[Row]) -> Map<String, Value> {
    let known = rows.iter().filter(|row| FACTS.contains(&row.field));
    let known = known.map(|row| (row.field.to_owned(), cell::data(&row.cell)));
    known.filter(|(_, value)| !value.is_null()).collect()
}
