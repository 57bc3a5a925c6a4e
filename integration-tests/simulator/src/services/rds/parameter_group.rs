//! Parameter groups, of instances and of clusters.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterParameterGroup.html>
//! and their sisters. The default groups are in no shelf: which there are follows from the families.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation, Rds,
    call::{Call, missing},
    cluster,
    engine::Engine,
    instance,
    names::identifier,
    parameter::{self, Known},
    scene::Scene,
    tags,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateDBClusterParameterGroup", true, create::<ClusterGroup>),
    ("CreateDBParameterGroup", true, create::<Group>),
    ("DeleteDBClusterParameterGroup", true, delete::<ClusterGroup>),
    ("DeleteDBParameterGroup", true, delete::<Group>),
    ("DescribeDBClusterParameterGroups", false, describe::<ClusterGroup>),
    ("DescribeDBClusterParameters", false, parameters::<ClusterGroup>),
    ("DescribeDBParameterGroups", false, describe::<Group>),
    ("DescribeDBParameters", false, parameters::<Group>),
    ("ModifyDBClusterParameterGroup", true, modify::<ClusterGroup>),
    ("ModifyDBParameterGroup", true, modify::<Group>),
    ("ResetDBClusterParameterGroup", true, reset::<ClusterGroup>),
    ("ResetDBParameterGroup", true, reset::<Group>),
];

/// How many parameters one request may change.
const MOST: usize = 20;

/// What a group says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) family: String,
    description: String,
    /// What somebody set, each with when it is to be applied.
    pub(super) values: BTreeMap<String, (String, Method)>,
}

/// When a change is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Method {
    Immediate,
    PendingReboot,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::PendingReboot => "pending-reboot",
        }
    }
}

/// A group of parameters of instances.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Group(Content);

/// A group of parameters of clusters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ClusterGroup(Content);

impl Kind for Group {
    const TYPE: &'static str = "pg";
    const PREFIX: &'static str = "pg";
    const NOUN: &'static str = "DBParameterGroup";
    const NOT_FOUND: &'static str = "DBParameterGroupNotFound";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

impl Kind for ClusterGroup {
    const TYPE: &'static str = "cluster-pg";
    const PREFIX: &'static str = "cluster-pg";
    const NOUN: &'static str = "DBClusterParameterGroup";
    const NOT_FOUND: &'static str = "DBParameterGroupNotFound";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

/// A kind of parameter group.
pub(super) trait Parameters: Kind {
    /// What answers call one, several, its name, its ARN.
    const WORDS: [&'static str; 4];
    const CLUSTER: bool;

    fn of(content: Content) -> Self;
    fn content(&self) -> &Content;
    fn content_mut(&mut self) -> &mut Content;
    fn shelf(rds: &Rds) -> &Shelf<Self>;
    fn shelf_mut(rds: &mut Rds) -> &mut Shelf<Self>;
    /// What uses a group.
    fn user(rds: &Rds, name: &str) -> Option<String>;
    /// Brings a change to whatever uses the group.
    fn spread(call: &mut Call<'_>, name: &str, restart: bool);
}

impl Parameters for Group {
    const WORDS: [&'static str; 4] =
        ["DBParameterGroup", "DBParameterGroups", "DBParameterGroupName", "DBParameterGroupArn"];
    const CLUSTER: bool = false;

    fn of(content: Content) -> Self {
        Self(content)
    }

    fn content(&self) -> &Content {
        &self.0
    }

    fn content_mut(&mut self) -> &mut Content {
        &mut self.0
    }

    fn shelf(rds: &Rds) -> &Shelf<Self> {
        &rds.parameter_groups
    }

    fn shelf_mut(rds: &mut Rds) -> &mut Shelf<Self> {
        &mut rds.parameter_groups
    }

    fn user(rds: &Rds, name: &str) -> Option<String> {
        let mut all = rds.instances.all();
        all.find(|it| it.parameter_group == name).map(|it| it.id.clone())
    }

    fn spread(call: &mut Call<'_>, name: &str, restart: bool) {
        instance::parameters_changed(call, name, restart);
    }
}

impl Parameters for ClusterGroup {
    const WORDS: [&'static str; 4] = [
        "DBClusterParameterGroup",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
        "DBClusterParameterGroupArn",
    ];
    const CLUSTER: bool = true;

    fn of(content: Content) -> Self {
        Self(content)
    }

    fn content(&self) -> &Content {
        &self.0
    }

    fn content_mut(&mut self) -> &mut Content {
        &mut self.0
    }

    fn shelf(rds: &Rds) -> &Shelf<Self> {
        &rds.cluster_parameter_groups
    }

    fn shelf_mut(rds: &mut Rds) -> &mut Shelf<Self> {
        &mut rds.cluster_parameter_groups
    }

    fn user(rds: &Rds, name: &str) -> Option<String> {
        let mut all = rds.clusters.all();
        all.find(|it| it.parameter_group == name).map(|it| it.id.clone())
    }

    fn spread(call: &mut Call<'_>, name: &str, restart: bool) {
        cluster::parameters_changed(call, name, restart);
    }
}

/// The families there are.
fn families() -> impl Iterator<Item = String> {
    let of = |engine: Engine| (14..=17).map(move |major| engine.family(major));
    of(Engine::Aurora).chain(of(Engine::Postgres))
}

/// The group that a family has by itself.
pub(super) fn default_of(family: &str) -> String {
    format!("default.{family}")
}

fn default_group<K: Parameters>(name: &str) -> Option<Record<K>> {
    let wanted = name.strip_prefix("default.")?;
    let family = families().find(|it| it == wanted)?;
    if K::CLUSTER && !family.starts_with("aurora") {
        return None;
    }
    let what = if K::CLUSTER { "cluster parameter group" } else { "parameter group" };
    let description = format!("Default {what} for {family}");
    let content = Content { family, description, values: BTreeMap::new() };
    Some(Record { id: name.to_owned(), tags: Tags::new(), body: K::of(content) })
}

fn defaults<K: Parameters>() -> Vec<Record<K>> {
    families().filter_map(|it| default_group::<K>(&default_of(&it))).collect()
}

fn unknown<K: Parameters>(name: &str) -> Fault {
    Fault::new(404, K::NOT_FOUND, format!("{} not found: {name}", K::NOUN))
}

/// A group that something builds on or changes: as it truly is.
pub(super) fn to_use<K: Parameters>(call: &Call<'_>, name: &str) -> Result<Record<K>, Fault> {
    if let Some(group) = default_group::<K>(name) {
        return Ok(group);
    }
    let groups = K::shelf(call.rds);
    let known = call.dependent().is_none_or(|it| groups.seen(name, it).is_some());
    groups.get(name).filter(|_| known).cloned().ok_or_else(|| unknown::<K>(name))
}

/// The name of the group for a family: the one that is named, which has to be of it, or its own.
pub(super) fn for_family<K: Parameters>(
    call: &Call<'_>,
    named: Option<String>,
    family: &str,
) -> Result<String, Fault> {
    let Some(name) = named else { return Ok(default_of(family)) };
    let name = name.to_ascii_lowercase();
    let group = to_use::<K>(call, &name)?;
    if group.content().family != family {
        return Err(Fault::combination(format!(
            "The Parameter Group {name} with DBParameterGroupFamily {} cannot be used for this \
             instance. Please use a Parameter Group with DBParameterGroupFamily {family}",
            group.content().family
        )));
    }
    Ok(name)
}

/// What somebody set a parameter to in a group of instances.
pub(super) fn value(rds: &Rds, group: &str, parameter: &str) -> Option<String> {
    let group = rds.parameter_groups.get(group)?;
    group.content().values.get(parameter).map(|it| it.0.clone())
}

fn render<K: Parameters>(scene: &Scene<'_>, group: &Record<K>) -> Xml {
    Xml::new()
        .text(K::WORDS[2], &group.id)
        .text("DBParameterGroupFamily", &group.content().family)
        .text("Description", &group.content().description)
        .text(K::WORDS[3], scene.arn(&K::path(group)))
}

fn create<K: Parameters>(call: &mut Call<'_>) -> Answer {
    let parameter = K::WORDS[2];
    let name = identifier(parameter, &call.need(parameter)?, 255)?;
    let family = call.need("DBParameterGroupFamily")?.to_ascii_lowercase();
    let description = call.need("Description")?;
    let tags = tags::given(call)?.unwrap_or_default();
    let aurora = family.starts_with("aurora");
    if !families().any(|it| it == family) || (K::CLUSTER && !aurora) {
        let others = ["aurora-mysql", "mariadb", "mysql", "oracle", "sqlserver", "db2"];
        if others.iter().any(|it| family.starts_with(it)) || family.starts_with("postgres1") {
            return Err(Fault::unsupported(format!("the family {family}")));
        }
        return Err(Fault::invalid(format!(
            "ParameterGroupFamily {family} is not a valid parameter group family"
        )));
    }
    if K::shelf(call.rds).get(&name).is_some() {
        let text = format!("Parameter group {name} already exists");
        return Err(Fault::client("DBParameterGroupAlreadyExists", text));
    }
    let quotas = &call.settings.quotas;
    let most =
        if K::CLUSTER { quotas.db_cluster_parameter_groups } else { quotas.db_parameter_groups };
    if K::shelf(call.rds).all().count() >= most as usize {
        let text = format!("The account has the most parameter groups it may have: {most}");
        return Err(Fault::client("DBParameterGroupQuotaExceeded", text));
    }
    let content = Content { family, description, values: BTreeMap::new() };
    let group = Record { id: name, tags, body: K::of(content) };
    let shown = render(&call.scene, &group);
    let (stamp, now) = (call.stamp, call.now);
    K::shelf_mut(call.rds).add(stamp, Some(now), group);
    Ok(Xml::new().nest(K::WORDS[0], shown))
}

fn describe<K: Parameters>(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let rows: Vec<Record<K>> = if let Some(name) = call.text(K::WORDS[2]) {
        vec![seen::<K>(call, &name)?]
    } else {
        let own = K::shelf(call.rds).all_seen(call.in_lists()).cloned();
        defaults::<K>().into_iter().chain(own).collect()
    };
    let rows = rows.iter().map(|it| (it.id.clone(), render(&call.scene, it))).collect();
    call.page((K::WORDS[1], K::WORDS[0]), rows)
}

/// A group as a read by its name sees it.
fn seen<K: Parameters>(call: &Call<'_>, name: &str) -> Result<Record<K>, Fault> {
    let name = name.to_ascii_lowercase();
    if let Some(group) = default_group::<K>(&name) {
        return Ok(group);
    }
    K::shelf(call.rds).seen(&name, call.by_id()).cloned().ok_or_else(|| unknown::<K>(&name))
}

/// How a change was to be applied is not told reliably:
/// <https://github.com/hashicorp/terraform-provider-aws/issues/18035>.
fn method(scene: &Scene<'_>, said: Option<Method>) -> &'static str {
    match said {
        Some(said) if scene.settings.disputed("parameter-apply-method", 2) == 0 => said.name(),
        Some(_) | None => Method::PendingReboot.name(),
    }
}

fn parameters<K: Parameters>(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(&["parameter-name"])?;
    let name = call.need(K::WORDS[2])?;
    let source = call.text("Source");
    if let Some(other) = &source
        && !["user", "system", "engine-default"].contains(&other.as_str())
    {
        return Err(Fault::invalid(format!("Invalid source: {other}")));
    }
    let group = seen::<K>(call, &name)?;
    let content = group.content();
    let mut rows = Vec::new();
    for known in parameter::of(&content.family, K::CLUSTER) {
        let set = content.values.get(known.name);
        let (value, from) = match (set, known.default_in(&content.family)) {
            (Some(it), _) => (Some(it.0.as_str()), "user"),
            (None, Some(value)) => (Some(value), "system"),
            (None, None) => (None, "engine-default"),
        };
        let named = filters.keep(|_| vec![known.name.to_owned()]);
        if !named || source.as_ref().is_some_and(|it| *it != from) {
            continue;
        }
        let mut xml = Xml::new()
            .text("ParameterName", known.name)
            .maybe("ParameterValue", value)
            .text("Description", format!("The parameter {} of PostgreSQL.", known.name))
            .text("Source", from)
            .text("ApplyType", if known.is_static { "static" } else { "dynamic" })
            .text("DataType", known.kind);
        if !known.allowed.is_empty() {
            xml = xml.text("AllowedValues", known.allowed);
        }
        xml = xml
            .text("IsModifiable", known.modifiable)
            .text("ApplyMethod", method(&call.scene, set.map(|it| it.1)));
        if K::CLUSTER {
            xml = xml.nest("SupportedEngineModes", Xml::new().text("member", "provisioned"));
        }
        rows.push((known.name.to_owned(), xml));
    }
    call.page(("Parameters", "Parameter"), rows)
}

/// A parameter that a request names.
struct Wanted {
    known: &'static Known,
    value: Option<String>,
    method: Method,
}

fn wanted<K: Parameters>(call: &Call<'_>, family: &str) -> Result<Vec<Wanted>, Fault> {
    call.text("Parameters");
    let mut all = call.params.structs("Parameters.Parameter");
    if all.is_empty() {
        all = call.params.structs("Parameters.member");
    }
    if all.len() > MOST {
        return Err(Fault::invalid(format!(
            "A maximum of {MOST} parameters can be modified in a single request."
        )));
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for one in all {
        let name = one.text("ParameterName").ok_or_else(|| missing("ParameterName"))?;
        let known = parameter::of(family, K::CLUSTER).find(|it| it.name == name);
        let Some(known) = known else {
            return Err(Fault::unsupported(format!("the parameter {name} of {family}")));
        };
        let method = match one.text("ApplyMethod").as_deref() {
            Some("immediate") => Method::Immediate,
            Some("pending-reboot") => Method::PendingReboot,
            Some(other) => return Err(Fault::invalid(format!("Invalid apply method: {other}"))),
            None => return Err(missing("ApplyMethod")),
        };
        if wanted.iter().any(|it| it.known.name == name) {
            return Err(Fault::invalid(format!("The parameter {name} is there twice.")));
        }
        wanted.push(Wanted { known, value: one.text("ParameterValue"), method });
    }
    if let Some(one) = wanted.iter().find(|it| it.known.is_static && it.method == Method::Immediate)
    {
        return Err(Fault::combination(format!(
            "cannot use immediate apply method for static parameter: {}",
            one.known.name
        )));
    }
    Ok(wanted)
}

/// The group of a request that changes one; the default ones nobody changes.
fn own<K: Parameters>(call: &Call<'_>, verb: &str) -> Result<Record<K>, Fault> {
    let name = call.need(K::WORDS[2])?.to_ascii_lowercase();
    if name.starts_with("default.") {
        let text = format!("Default {} cannot be {verb}: {name}", K::NOUN);
        return Err(match call.settings.disputed("default-parameter-group", 2) {
            0 => Fault::client("InvalidDBParameterGroupState", text),
            _ => Fault::invalid(text),
        });
    }
    to_use::<K>(call, &name)
}

fn change<K: Parameters>(
    call: &mut Call<'_>,
    group: &Record<K>,
    values: BTreeMap<String, (String, Method)>,
    restart: bool,
) -> Xml {
    let stamp = call.stamp;
    if group.content().values != values {
        K::shelf_mut(call.rds).change(stamp, &group.id, |it| it.content_mut().values = values);
        K::spread(call, &group.id, restart);
    }
    Xml::new().text(K::WORDS[2], &group.id)
}

fn modify<K: Parameters>(call: &mut Call<'_>) -> Answer {
    let group = own::<K>(call, "modified")?;
    let wanted = wanted::<K>(call, &group.content().family)?;
    if wanted.is_empty() {
        return Err(missing("Parameters"));
    }
    let mut values = group.content().values.clone();
    let mut restart = false;
    for one in wanted {
        let value = one.value.ok_or_else(|| missing("ParameterValue"))?;
        one.known.check(&value)?;
        restart |= one.method == Method::PendingReboot;
        values.insert(one.known.name.to_owned(), (value, one.method));
    }
    let path = K::path(&group);
    call.tell(
        ("db-parameter-group", &path),
        &["configuration change"],
        "Updated parameters of the group",
    );
    Ok(change(call, &group, values, restart))
}

fn reset<K: Parameters>(call: &mut Call<'_>) -> Answer {
    let group = own::<K>(call, "reset")?;
    let all = call.flag("ResetAllParameters")?.unwrap_or(false);
    let wanted = wanted::<K>(call, &group.content().family)?;
    let mut values = group.content().values.clone();
    let restart = if all {
        if !wanted.is_empty() {
            return Err(Fault::combination(
                "ResetAllParameters and Parameters can't be given together.",
            ));
        }
        let is_static = |name: &String| {
            let mut all = parameter::of(&group.content().family, K::CLUSTER);
            all.any(|it| it.name == name && it.is_static)
        };
        let restart = values.keys().any(is_static);
        values.clear();
        restart
    } else {
        if wanted.is_empty() {
            return Err(missing("Parameters"));
        }
        values.retain(|name, _| !wanted.iter().any(|it| it.known.name == name));
        wanted.iter().any(|it| it.method == Method::PendingReboot)
    };
    Ok(change(call, &group, values, restart))
}

fn delete<K: Parameters>(call: &mut Call<'_>) -> Answer {
    let group = own::<K>(call, "deleted")?;
    if let Some(user) = K::user(call.rds, &group.id) {
        let text = format!(
            "One or more database instances are still members of this parameter group {}, so the \
             group cannot be deleted: {user}",
            group.id
        );
        return Err(Fault::client("InvalidDBParameterGroupState", text));
    }
    let stamp = call.stamp;
    K::shelf_mut(call.rds).remove(stamp, &group.id);
    Ok(Xml::new())
}
