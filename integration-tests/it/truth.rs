//! What truly is, read from the world itself rather than through clctl or AWS's answers, and without
//! what differs from world to world: ids, addresses, moments.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use clctl_simulator::{Object, World};
use serde_json::Value;

/// The certificate of the examples, which there is in every simulated account.
pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";

/// One that there is beside that.
pub(crate) const OTHER_CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/87654321-4321-4321-4321-210987654321";

/// What differs from world to world, or is no field of ours.
pub(crate) const ACCIDENTAL: &[&str] = &[
    // Whether static parameters wait for the next restart.
    "applied",
    "begun",
    "busy_until",
    "changed",
    "content",
    "created",
    // The rule that stands for what a listener does.
    "default_rule",
    "deleted",
    "first",
    "forgotten",
    // Whose data a database has that was restored.
    "heir",
    "known",
    // The beginning of an endpoint's names.
    "label",
    "mac",
    "modified",
    // The same of the parameters of a cluster, for its instances.
    "of_cluster",
    // Whether a flow log has delivered.
    "outcome",
    "password",
    "private_ip",
    "public_ip",
    "ready",
    "resource",
    "since",
    "storage_changed",
    "suffix",
    "unique",
    "updated",
    "usage_metrics",
    // It is compressed, and names ids and versions.
    "user_data",
    "values",
];

/// Everything there is.
#[derive(Clone, Debug)]
pub(crate) struct Truth(Vec<Thing>);

/// Something there is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub(crate) region: String,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Thing {
    pub(crate) fn address(&self) -> Option<&str> {
        self.tags.get("clctl.dev/address").map(String::as_str)
    }

    /// Whether it is part of something with one of these ids: a rule of a group, say.
    pub(crate) fn is_part_of(&self, ids: &[String]) -> bool {
        let body = self.body.to_string();
        ids.iter().any(|id| body.contains(&format!("\"{id}\"")))
    }

    /// Whether it is an instance that a group has launched, or a part of one.
    pub(crate) fn is_launched(&self) -> bool {
        ["instance", "volume", "network-interface"].contains(&self.kind.as_str())
            && self.tags.contains_key("clctl.dev/uid")
    }

    /// Whether it is a snapshot that is there to outlive its database.
    pub(crate) fn is_saved(&self) -> bool {
        ["snapshot", "cluster-snapshot"].contains(&self.kind.as_str())
    }

    fn label(&self) -> String {
        self.address().unwrap_or(&self.kind).to_owned()
    }
}

/// The key pair, the certificates and the hosted zone that everybody brings along.
fn is_brought(object: &Object, body: &Value) -> bool {
    let certificate = [CERTIFICATE, OTHER_CERTIFICATE].iter().any(|arn| {
        object.kind == "certificate" && object.id.rsplit('/').next() == arn.rsplit('/').next()
    });
    let zone = object.kind == "hostedzone" && object.id == "Z0123456789ABCDEFGHIJ"
        || object.kind == "resource-record-set"
            && ["NS", "SOA"].iter().any(|kind| body["kind"] == *kind);
    certificate || zone || object.kind == "key-pair" && body["name"] == "operations"
}

/// Which number a version of a launch template has is history.
fn forget_versions(body: &mut Value) {
    for number in ["default", "latest"] {
        body[number].take();
    }
    // So are the versions before the last.
    if let Some(versions) = body["versions"].as_object_mut() {
        let number = |key: &String| key.parse::<u64>().unwrap();
        let last = versions.keys().max_by_key(|key| number(key)).cloned();
        versions.retain(|key, _| Some(key) == last.as_ref());
    }
}

/// Which instances there are is for the group to say, and which version they have is history.
fn forget_instances(body: &mut Value) {
    for chosen in ["members", "trouble"] {
        body[chosen].take();
    }
    for history in ["version", "name"] {
        body["template"][history].take();
    }
    // So is when a target group was attached.
    if let Some(targets) = body["targets"].as_object_mut() {
        targets.values_mut().for_each(|it| drop(it["done"].take()));
    }
    // Since when something is suspended is history, and what is not said is no.
    if let Some(suspended) = body["suspended"].as_object_mut() {
        suspended.values_mut().for_each(|since| drop(since.take()));
    }
    if body["rebalances"] == false {
        body["rebalances"].take();
    }
}

/// The addresses that a load balancer has by its Elastic IPs.
fn forget_addresses(body: &mut Value) {
    let places = body.get_mut("places").and_then(Value::as_array_mut);
    let addresses = places.into_iter().flatten().filter_map(|it| it.pointer_mut("/address/1"));
    addresses.for_each(|it| drop(it.take()));
}

/// The number in the names that metrics tell load balancers and target groups apart by, as alarms and dashboards have
/// them: `net/NAME/NUMBER`.
fn forget_numbers(things: &mut [Thing]) {
    let ids = things.iter().map(|it| it.id.split_once(":loadbalancer/").map_or(&*it.id, |it| it.1));
    let names: Vec<(String, String)> = ids
        .map(|id| id.rsplit_once(':').map_or(id, |it| it.1))
        .filter(|id| id.starts_with("net/") || id.starts_with("targetgroup/"))
        .filter_map(|id| Some((id.to_owned(), id.rsplit_once('/')?.0.to_owned())))
        .collect();
    for thing in things.iter_mut().filter(|it| ["alarm", "dashboard"].contains(&&*it.kind)) {
        let plain = |text: String, (name, plain): &(String, String)| text.replace(name, plain);
        let text = names.iter().fold(thing.body.to_string(), plain);
        thing.body = serde_json::from_str(&text).unwrap();
    }
}

/// Which values a secret had before is history.
fn forget_values(body: &mut Value) {
    if let Some(versions) = body["versions"].as_object_mut() {
        let is_current = |stage: &Value| stage == "AWSCURRENT";
        versions.retain(|_, version| {
            version["stages"].as_array().is_some_and(|it| it.iter().any(is_current))
        });
    }
}

/// The address of a selection, which has no tags, and says by its name which it is; the name goes.
fn take_address(kind: &str, body: &mut Value) -> Option<(String, String)> {
    let name = body["document"]["SelectionName"].take();
    let name = name.as_str().and_then(|it| it.strip_prefix("clctl-")).map(|name| {
        let numbered = name.rsplit_once('-');
        let is_number = |end: &str| end.bytes().all(|it| it.is_ascii_digit());
        numbered.filter(|(_, end)| is_number(end)).map_or(name, |it| it.0).to_owned()
    });
    name.map(|name| ("clctl.dev/address".to_owned(), format!("{kind}/{name}")))
}

impl Truth {
    pub(crate) fn of(world: &World) -> Self {
        let mut things = Vec::new();
        // A service makes its own role when it is used for the first time, and the account keeps it.
        // So it does with what RDS backs up by itself, under copies of the tags, until the database goes.
        let is_ours = |object: &Object| {
            !object.id.starts_with("AWSServiceRoleFor") && !object.id.starts_with("rds:")
        };
        let whole = world.whole().into_iter();
        let whole = whole.filter(|(object, _, body)| is_ours(object) && !is_brought(object, body));
        for (object, mut tags, mut body) in whole {
            if object.kind == "resource-record-set"
                && let Some(target) = body["leads"]["Alias"]["name"].as_str()
            {
                // The name of a load balancer has a number in it.
                let plain: String = target.chars().filter(|it| !it.is_ascii_digit()).collect();
                body["leads"]["Alias"]["name"] = plain.into();
            }
            if object.kind == "network-acl" {
                // One for each subnet, whoever made that.
                body["associations"].take();
            }
            // What an alarm has seen, what confirms a subscription, and since when events are told, is history.
            let history: &[&str] = match object.kind.as_str() {
                "alarm" => &["configured", "reason", "reason_data", "state", "transitioned"],
                "es" => &["phase", "until"],
                "subscription" => &["token"],
                "topic" => &["left"],
                _ => &[],
            };
            for field in history {
                body[*field].take();
            }
            // What DevOps Guru lets itself do beside what is declared.
            if object.kind == "topic"
                && let Some(statements) = body["policy"]["Statement"].as_array_mut()
            {
                statements.retain(|it| it["Sid"] != "DevOpsGuru-added-SNS-topic-permissions");
            }
            forget_addresses(&mut body);
            match object.kind.as_str() {
                "launch-template" => forget_versions(&mut body),
                "auto-scaling-group" => forget_instances(&mut body),
                "secret" => forget_values(&mut body),
                "backup-selection" => tags.extend(take_address(&object.kind, &mut body)),
                _ => {}
            }
            // What it backs up by itself comes and goes as well.
            if object.kind == "recovery-point" {
                continue;
            }
            if object.kind.starts_with("backup-") {
                // By which request it was made, which version it is and when it ran is history.
                for history in ["request", "version", "last", "rules"] {
                    body[history].take();
                }
            }
            // How far AWS has come in saving it is its affair.
            if body["status"] == "BackingUp" {
                body["status"] = "Available".into();
            }
            if object.kind == "db" {
                // In which of its zones the database writes is AWS's to say.
                let chosen: &[&str] = if body["cluster"].is_null() {
                    &["zone", "standby", "interfaces"]
                } else {
                    &["interfaces"]
                };
                for chosen in chosen {
                    body[chosen].take();
                }
            }
            // How AWS calls what it makes for a load balancer is its affair.
            if object.kind == "loadbalancer" {
                body["host"].take();
            }
            if let Some((of, _)) = body["description"].as_str().and_then(|it| it.rsplit_once('/'))
                && of.starts_with("ELB ")
            {
                body["description"] = of.into();
            }
            if object.kind == "cluster" {
                // So is which of its instances does.
                body["writer"].take();
            }
            // Which object of its node a group is, is history, and part of its name.
            let ordinal = tags.get("clctl.dev/replacement").map(|ordinal| format!("-{ordinal}"));
            if let (Some(ordinal), Some(name)) = (ordinal, body["name"].as_str()) {
                body["name"] = name.trim_end_matches(&ordinal).into();
            }
            things.push(Thing {
                tags,
                body,
                region: object.region,
                kind: object.kind,
                id: object.id,
            });
        }
        forget_numbers(&mut things);
        Self(things)
    }

    pub(crate) fn things(&self) -> &[Thing] {
        &self.0
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|thing| thing.id.as_str()).collect()
    }

    /// What carries the owner tag of some environment.
    pub(crate) fn owned(&self) -> usize {
        self.0.iter().filter(|thing| thing.tags.contains_key("clctl.dev/uid")).count()
    }

    /// The thing of that address.
    #[track_caller]
    pub(crate) fn thing(&self, address: &str) -> &Thing {
        let found = self.0.iter().find(|thing| thing.address() == Some(address));
        found.unwrap_or_else(|| panic!("there is no {address}"))
    }

    /// Only what this holds of.
    pub(crate) fn that(self, holds: impl Fn(&Thing) -> bool) -> Self {
        Self(self.0.into_iter().filter(holds).collect())
    }

    /// Without what these members of things say.
    pub(crate) fn without_fields(mut self, names: &[&str]) -> Self {
        for members in self.0.iter_mut().filter_map(|thing| thing.body.as_object_mut()) {
            members.retain(|name, _| !names.contains(&name.as_str()));
        }
        self
    }

    /// Without what this tag says of things.
    pub(crate) fn without_tag(mut self, key: &str) -> Self {
        for thing in &mut self.0 {
            thing.tags.remove(key);
        }
        self
    }

    /// Without what has one of these ids.
    pub(crate) fn without(self, ids: &[&str]) -> Self {
        Self(self.0.into_iter().filter(|thing| !ids.contains(&thing.id.as_str())).collect())
    }

    /// Only what has one of these ids.
    pub(crate) fn only(self, ids: &[&str]) -> Self {
        Self(self.0.into_iter().filter(|thing| ids.contains(&thing.id.as_str())).collect())
    }

    /// Only what is in this region.
    pub(crate) fn of_region(self, region: &str) -> Self {
        self.of_regions(&BTreeSet::from([region]))
    }

    /// Only what is in one of these regions.
    pub(crate) fn of_regions(self, regions: &BTreeSet<&str>) -> Self {
        Self(self.0.into_iter().filter(|thing| regions.contains(thing.region.as_str())).collect())
    }

    /// The id of our object of that address, or of a part of one: `association/subnet/public-a`, the
    /// association of a subnet; `default-group`, the default security group of our VPC;
    /// `rule/<description>`, a rule of a security group.
    #[track_caller]
    pub(crate) fn id(&self, name: &str) -> String {
        let found = if let Some(subnet) = name.strip_prefix("association/") {
            let subnet = self.id(subnet);
            let tables = self.0.iter().filter(|it| it.kind == "route-table");
            let mut associations =
                tables.filter_map(|it| it.body["associations"].as_array()).flatten();
            let of = associations.find(|it| it["subnet"] == *subnet);
            of.and_then(|it| it["id"].as_str()).map(ToOwned::to_owned)
        } else if let Some(description) = name.strip_prefix("rule/") {
            self.find(|it| it.body["description"] == description)
        } else if name == "default-group" {
            let vpc = self.id("vpc/main");
            self.find(|it| it.body["name"] == "default" && it.body["vpc"] == *vpc)
        } else {
            self.find(|it| it.address() == Some(name))
        };
        found.unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn find(&self, is: impl Fn(&Thing) -> bool) -> Option<String> {
        self.0.iter().find(|thing| is(thing)).map(|thing| thing.id.clone())
    }

    /// What is there and was not, or was there and is not, or is another now.
    pub(crate) fn touched<'a>(&'a self, before: &'a Self) -> Vec<&'a Thing> {
        let key = |thing: &'a Thing| (&thing.region, &thing.kind, &thing.id);
        let all = |truth: &'a Self| -> BTreeMap<_, &'a Thing> {
            truth.0.iter().map(|thing| (key(thing), thing)).collect()
        };
        let (then, now) = (all(before), all(self));
        let same = |a: &Thing, b: &Thing| a.tags == b.tags && bare(&a.body) == bare(&b.body);
        let other = self
            .0
            .iter()
            .filter(|thing| then.get(&key(thing)).is_none_or(|before| !same(before, thing)));
        let gone = before.0.iter().filter(|thing| !now.contains_key(&key(thing)));
        other.chain(gone).collect()
    }

    /// A line for each thing, sorted.
    fn lines(&self) -> Vec<String> {
        // What is launched for a group comes and goes, and nobody declares it.
        let is_declared = |thing: &&Thing| !thing.is_launched();
        let ids = self.0.iter().map(|thing| (thing.id.as_str(), thing.label()));
        // What IAM calls its roles by among themselves.
        let unique = self.0.iter().filter_map(|it| Some((it.body["unique"].as_str()?, it.label())));
        let names: BTreeMap<&str, String> = ids.chain(unique).collect();
        let mut lines: Vec<String> = self
            .0
            .iter()
            .filter(is_declared)
            .map(|thing| {
                let mut line = format!("{} {}", thing.region, thing.label());
                for (key, value) in &thing.tags {
                    // Which object of its node it is, is history, and so is which version of a secret was set.
                    let history = ["clctl.dev/replacement", "clctl.dev/database-password-version"];
                    let value = if history.contains(&key.as_str()) { "n" } else { value };
                    write!(line, " {key}={value}").unwrap();
                }
                write!(line, " {}", plain(&thing.body, &names)).unwrap();
                line
            })
            .collect();
        lines.sort();
        lines
    }

    /// The two are the same but for what differs from world to world.
    #[track_caller]
    pub(crate) fn is_like(&self, other: &Self, when: &str) {
        if let Some(difference) = self.differs(other) {
            panic!("{when}: {difference}");
        }
    }

    /// What is different beside what differs from world to world, if anything is.
    pub(crate) fn differs(&self, other: &Self) -> Option<String> {
        let (here, there) = (self.lines(), other.lines());
        let more: Vec<&String> = here.iter().filter(|line| !there.contains(line)).collect();
        let less: Vec<&String> = there.iter().filter(|line| !here.contains(line)).collect();
        (here != there).then(|| {
            format!(
                "{} things rather than {}\nthere is {more:#?}\nrather than {less:#?}",
                here.len(),
                there.len()
            )
        })
    }
}

/// What a text names: itself, or the end of an ARN.
fn named(text: &str) -> &str {
    if text.starts_with("arn:") { text.rsplit('/').next().unwrap_or(text) } else { text }
}

/// A value without what differs from world to world.
fn bare(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(bare).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(key, _)| !ACCIDENTAL.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), bare(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// A value without what differs from world to world, ids replaced by what they name.
fn plain(value: &Value, names: &BTreeMap<&str, String>) -> Value {
    let name_of = |text: &str| names.get(text).or_else(|| names.get(named(text)));
    match value {
        // A document, in which there are ids.
        Value::String(text) if text.starts_with('{') => {
            let all = names.iter().filter(|(id, _)| id.len() > 16);
            let told = |text: String, (id, name): (&&str, &String)| text.replace(*id, name);
            all.fold(text.clone(), told).into()
        }
        Value::String(text) => name_of(text).map_or_else(
            || {
                // An account is its root, in either writing.
                if text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit()) {
                    return format!("arn:aws:iam::{text}:root").into();
                }
                let digits = text.rsplit('-').next().unwrap_or_default();
                let is_id = digits.len() == 17 && digits.bytes().all(|it| it.is_ascii_hexdigit());
                if is_id { text.trim_end_matches(digits).into() } else { value.clone() }
            },
            |name| format!("<{name}>").into(),
        ),
        Value::Array(values) => {
            let mut values: Vec<Value> = values.iter().map(|it| plain(it, names)).collect();
            values.sort_by_key(Value::to_string);
            values.into()
        }
        Value::Object(members) => members
            .iter()
            .filter(|(key, _)| !ACCIDENTAL.contains(&key.as_str()))
            .map(|(key, value)| {
                // Their ids are their own.
                if let ("versions", Value::Object(versions)) = (key.as_str(), value) {
                    let versions = versions.values().map(|it| plain(it, names));
                    return (key.clone(), versions.collect());
                }
                let name = name_of(key);
                let key = name.map_or_else(|| key.clone(), |name| format!("<{name}>"));
                (key, plain(value, names))
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
