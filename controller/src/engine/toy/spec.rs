//! What a user of the toy declares, as a graph, and as what has to be there in the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::engine::{After, Graph, Loose, Ref};

use super::{
    db::{Db, DbConfig},
    eip::{Eip, EipConfig},
    endpoint::{Endpoint, EndpointConfig},
    gateway::{AttachedVpc, Gateway, GatewayConfig},
    group::{Group, GroupConfig},
    nat::{Nat, NatConfig},
    rules::{Rule, Rules, RulesConfig},
    subnet::{Subnet, SubnetConfig},
    table::{Table, TableConfig},
    vpc::{Vpc, VpcConfig},
    world::{Toy, World},
};

/// A declaration. Everything lives in one network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spec {
    pub(super) cidr: &'static str,
    pub(super) dns: bool,
    /// Range and whether addresses are public, by name.
    pub(super) subnets: BTreeMap<&'static str, (&'static str, bool)>,
    pub(super) label: &'static str,
    pub(super) gateway: bool,
    /// Subnet and pool of its address, by name. Needs the gateway.
    pub(super) nats: BTreeMap<&'static str, (&'static str, &'static str)>,
    /// Subnets of the endpoint, if there is one.
    pub(super) endpoint: BTreeSet<&'static str>,
    /// Names of nats, or `gateway`, by the name of the table.
    pub(super) tables: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Descriptions by name.
    pub(super) groups: BTreeMap<&'static str, &'static str>,
    /// Port and peer, by the name of the group.
    pub(super) rules: BTreeMap<&'static str, BTreeSet<(u16, &'static str)>>,
    pub(super) db: Option<DbSpec>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct DbSpec {
    pub(super) subnets: BTreeSet<&'static str>,
    pub(super) groups: BTreeSet<&'static str>,
    pub(super) engine: &'static str,
    pub(super) size: u32,
    pub(super) forgotten: bool,
    pub(super) protected: bool,
}

impl Spec {
    /// A network and nothing else.
    pub(super) fn bare() -> Self {
        Self {
            cidr: "10.0.0.0/16",
            dns: true,
            subnets: BTreeMap::new(),
            label: "",
            gateway: false,
            nats: BTreeMap::new(),
            endpoint: BTreeSet::new(),
            tables: BTreeMap::new(),
            groups: BTreeMap::new(),
            rules: BTreeMap::new(),
            db: None,
        }
    }

    /// All kinds, but for the endpoint and the database.
    pub(super) fn network() -> Self {
        Self {
            subnets: BTreeMap::from([("a", ("10.0.0.0/24", true)), ("b", ("10.0.1.0/24", false))]),
            label: "toy",
            gateway: true,
            nats: BTreeMap::from([("a", ("a", "amazon"))]),
            tables: BTreeMap::from([("private", BTreeSet::from(["a", "gateway"]))]),
            groups: BTreeMap::from([("db", "a database"), ("node", "nodes")]),
            rules: BTreeMap::from([
                ("db", BTreeSet::from([(5432, "node")])),
                ("node", BTreeSet::from([(6688, "db"), (6690, "node")])),
            ]),
            ..Self::bare()
        }
    }

    /// With the database.
    pub(super) fn full() -> Self {
        let db = DbSpec {
            subnets: BTreeSet::from(["a", "b"]),
            groups: BTreeSet::from(["db"]),
            engine: "postgres",
            size: 1,
            forgotten: false,
            protected: false,
        };
        Self { db: Some(db), ..Self::network() }
    }

    pub(super) fn graph(&self) -> Graph<Toy> {
        let mut graph = Graph::default();
        let vpc =
            graph.add::<Vpc>("main", VpcConfig { cidr: self.cidr.into(), dns: self.dns }).unwrap();
        let in_vpc = || vpc.output("id", |vpc| vpc.id.clone());
        let config = GatewayConfig {
            vpc: vpc.output("id", |vpc| AttachedVpc(Some(vpc.id.clone()))),
            attached: true,
        };
        let gateway = self.gateway.then(|| graph.add::<Gateway>("main", config).unwrap());
        let mut subnets: BTreeMap<&str, Ref<Subnet>> = BTreeMap::new();
        for (name, (cidr, public_ip)) in &self.subnets {
            let config = SubnetConfig {
                vpc: in_vpc(),
                cidr: (*cidr).into(),
                public_ip: *public_ip,
                label: self.label.into(),
            };
            subnets.insert(name, graph.add(name, config).unwrap());
        }
        let mut nats: BTreeMap<&str, Ref<Nat>> = BTreeMap::new();
        for (name, (subnet, pool)) in &self.nats {
            let config = EipConfig { pool: (*pool).into(), label: self.label.into() };
            let eip = graph.add::<Eip>(name, config).unwrap();
            let config = NatConfig {
                subnet: subnets[subnet].output("id", |subnet| subnet.id.clone()),
                eip: eip.output("id", |eip| eip.id.clone()),
                gateway: After::node(gateway.as_ref().unwrap()),
            };
            nats.insert(name, graph.add(name, config).unwrap());
        }
        let subnet = |name: &&str| subnets[*name].output("id", |subnet| subnet.id.clone());
        if !self.endpoint.is_empty() {
            let subnets = self.endpoint.iter().map(subnet).collect();
            graph.add::<Endpoint>("main", EndpointConfig { subnets }).unwrap();
        }
        for (name, targets) in &self.tables {
            let target = |target: &&'static str| match *target {
                "gateway" => {
                    gateway.as_ref().unwrap().output("target", |gateway| gateway.target.clone())
                }
                nat => nats[nat].output("target", |nat| nat.target.clone()),
            };
            let targets =
                targets.iter().map(|way| ((*way).to_owned(), Loose(target(way)))).collect();
            graph.add::<Table>(name, TableConfig { vpc: in_vpc(), targets }).unwrap();
        }
        let mut groups: BTreeMap<&str, Ref<Group>> = BTreeMap::new();
        for (name, description) in &self.groups {
            let config = GroupConfig { vpc: in_vpc(), description: (*description).into() };
            groups.insert(name, graph.add(name, config).unwrap());
        }
        let group = |name: &&str| groups[*name].output("id", |group| group.id.clone());
        for (name, rules) in &self.rules {
            let ingress =
                rules.iter().map(|(port, peer)| Rule { port: *port, peer: group(peer) }).collect();
            graph.add::<Rules>(name, RulesConfig { group: group(name), ingress }).unwrap();
        }
        if let Some(db) = &self.db {
            let config = DbConfig {
                subnets: db.subnets.iter().map(subnet).collect(),
                groups: db.groups.iter().map(group).collect(),
                engine: db.engine.into(),
                size: db.size,
                forgotten: db.forgotten,
                protected: db.protected,
            };
            graph.add::<Db>("main", config).unwrap();
        }
        graph
    }

    /// What has to be there, ids written as the names of what they stand for.
    pub(super) fn expected(&self) -> BTreeMap<String, Value> {
        let mut there = BTreeMap::new();
        let mut put = |kind: &str, name: &str, fields: Value| {
            there.insert(format!("{kind}/{name}"), tidy(fields));
        };
        put("vpc", "main", json!({"cidr": self.cidr, "dns": self.dns}));
        if self.gateway {
            put("gateway", "main", json!({"vpc": "vpc/main"}));
        }
        for (name, (cidr, public_ip)) in &self.subnets {
            let label = self.label;
            let fields =
                json!({"vpc": "vpc/main", "cidr": cidr, "public_ip": public_ip, "label": label});
            put("subnet", name, fields);
        }
        for (name, (subnet, pool)) in &self.nats {
            put("eip", name, json!({"pool": pool, "label": self.label}));
            let (subnet, eip) = (format!("subnet/{subnet}"), format!("eip/{name}"));
            put("nat", name, json!({"subnet": subnet, "eip": eip}));
        }
        let named = |kind: &str, names: &BTreeSet<&str>| -> Vec<String> {
            names.iter().map(|name| format!("{kind}/{name}")).collect()
        };
        if !self.endpoint.is_empty() {
            put("endpoint", "main", json!({"subnets": named("subnet", &self.endpoint)}));
        }
        for (name, ways) in &self.tables {
            let target = |way: &&str| match *way {
                "gateway" => "gateway/main".to_owned(),
                nat => format!("nat/{nat}"),
            };
            let targets: BTreeMap<_, _> = ways.iter().map(|way| (way, target(way))).collect();
            put("table", name, json!({"vpc": "vpc/main", "targets": targets}));
        }
        for (name, description) in &self.groups {
            let rules = self.rules.get(name).into_iter().flatten();
            let ingress: Vec<Value> = rules
                .map(|(port, peer)| json!({"port": port, "peer": format!("group/{peer}")}))
                .collect();
            let fields = json!({"vpc": "vpc/main", "description": description, "ingress": ingress});
            put("group", name, fields);
        }
        if let Some(db) = &self.db {
            let fields = json!({
                "subnets": named("subnet", &db.subnets),
                "groups": named("group", &db.groups),
                "engine": db.engine,
                "size": db.size,
                "protected": db.protected,
            });
            put("db", "main", fields);
        }
        there
    }
}

/// What is there of ours, ids written as the names of what they stand for.
///
/// # Panics
/// If two objects stand for one node, or one is on its way out.
pub(super) fn actual(world: &World) -> BTreeMap<String, Value> {
    use crate::engine::{Owner, Phase};
    let truth = world.truth();
    let ours = truth.iter().filter_map(|(kind, view)| match &view.owner {
        Owner::Us { name, .. } => Some((view, format!("{kind}/{name}"))),
        Owner::Other => None,
    });
    let names: BTreeMap<String, String> =
        ours.clone().map(|(view, name)| (view.id.clone(), name)).collect();
    let mut there = BTreeMap::new();
    for (view, name) in ours {
        assert_eq!(view.phase, Phase::Ready, "{name} {}", view.id);
        let mut fields = view.fields.clone();
        fields.remove("key");
        let fields = tidy(renamed(&Value::Object(fields), &names));
        assert!(there.insert(name.clone(), fields).is_none(), "{name} is there twice: {names:?}");
    }
    there
}

fn renamed(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => json!(names.get(text).unwrap_or(text)),
        Value::Array(values) => values.iter().map(|value| renamed(value, names)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), renamed(value, names))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Without what says nothing, and lists in order.
fn tidy(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, tidy(value)))
            .filter(|(_, value)| {
                let empty = value.as_str() == Some("") || value.as_bool() == Some(false);
                let none = value.as_array().is_some_and(Vec::is_empty)
                    || value.as_object().is_some_and(serde_json::Map::is_empty);
                !empty && !none
            })
            .collect(),
        Value::Array(mut values) => {
            values.sort_by_key(ToString::to_string);
            Value::Array(values)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
