//! Environments for the tests: what an example declares, and everything that there may be.

use serde_json::{Map, Value, json};

use super::scene::{Running, Scene, State, Thing};

/// A thing with what it refers to and what is said of it.
pub(super) fn thing(address: &str, refs: &[&str], facts: Value) -> Thing {
    let (kind, name) = address.split_once('/').unwrap_or((address, ""));
    let facts = if let Value::Object(facts) = facts { facts } else { Map::new() };
    Thing {
        kind: kind.to_owned(),
        name: name.to_owned(),
        refs: refs.iter().map(|to| (*to).to_owned()).collect(),
        facts,
        ..Thing::default()
    }
}

fn after(address: &str) -> Value {
    json!({ "knownAfter": format!("{address}.id") })
}

fn rule(direction: &str, port: i64, peer: &Value, description: &str) -> Value {
    json!({ "direction": direction, "protocol": "tcp", "from_port": port, "to_port": port, "peer": peer, "description": description })
}

fn rules(group: &str, refs: &[&str], rules: &[Value]) -> Thing {
    let of = format!("security-group/{group}");
    let mut refs = refs.to_vec();
    refs.push(&of);
    let facts = json!({ "group": after(&of), "rules": rules });
    thing(&format!("security-group-rules/{group}"), &refs, facts)
}

const SUBNETS: [&str; 2] = ["subnet/private-a", "subnet/private-b"];

/// No facts.
fn none() -> Value {
    json!({})
}

/// Network, nodes, bastion and database.
pub(super) fn oracle() -> Scene {
    let mut things = network();
    things.extend(security());
    things.push(thing(
        "vpc-endpoint/s3",
        &["vpc/main"],
        json!({ "service": "com.amazonaws.us-east-1.s3" }),
    ));
    things.push(thing("eip/bastion-1", &[], none()));
    things.extend(roles_and_secrets());
    things.extend(database());
    things.extend(machines());
    Scene {
        name: "demo".into(),
        region: "us-east-1".into(),
        account: Some("123456789012".into()),
        zones: vec!["us-east-1a".into(), "us-east-1b".into()],
        chains: vec!["ethereum-sepolia-testnet".into()],
        things,
        ..Scene::default()
    }
}

fn network() -> Vec<Thing> {
    let subnet = |side: &str, zone: &str, cidr: &str| {
        let facts = json!({ "zone": format!("us-east-1{zone}"), "cidr": cidr, "map_public_ip": side == "public" });
        thing(&format!("subnet/{side}-{zone}"), &["vpc/main"], facts)
    };
    let mut things = vec![
        thing("vpc/main", &[], json!({ "cidr": "10.0.0.0/16" })),
        thing("internet-gateway/main", &["vpc/main"], none()),
        subnet("public", "a", "10.0.128.0/20"),
        subnet("private", "a", "10.0.0.0/19"),
        subnet("public", "b", "10.0.144.0/20"),
        subnet("private", "b", "10.0.32.0/19"),
        thing(
            "route-table/public",
            &["internet-gateway/main", "subnet/public-a", "subnet/public-b"],
            none(),
        ),
    ];
    for zone in ["a", "b"] {
        let (eip, nat) = (format!("eip/nat-{zone}"), format!("nat-gateway/{zone}"));
        let (public, private) = (format!("subnet/public-{zone}"), format!("subnet/private-{zone}"));
        things.push(thing(&eip, &[], none()));
        things.push(thing(&nat, &[&eip, &public, "internet-gateway/main"], none()));
        let routes = json!({ "routes": { "0.0.0.0/0": after(&nat) } });
        things.push(thing(
            &format!("route-table/private-{zone}"),
            &["vpc/main", &nat, &private],
            routes,
        ));
    }
    things
}

fn security() -> Vec<Thing> {
    const NODES: &str = "security-group/nodes";
    let mut things = Vec::new();
    for group in ["bastion", "load-balancer", "nodes", "database"] {
        things.push(thing(&format!("security-group/{group}"), &["vpc/main"], none()));
    }
    let office = Value::from("203.0.113.0/24");
    things.push(rules("bastion", &[], &[rule("ingress", 22, &office, "SSH from outside")]));
    things.push(rules(
        "load-balancer",
        &[NODES],
        &[rule("ingress", 443, &office, "Node GUI from outside")],
    ));
    things.push(rules(
        "nodes",
        &[],
        &[
            rule("ingress", 22, &after("security-group/bastion"), "SSH from the bastion"),
            rule(
                "ingress",
                6688,
                &after("security-group/load-balancer"),
                "Node GUI from the load balancer",
            ),
        ],
    ));
    things.push(rules(
        "database",
        &[NODES],
        &[rule("ingress", 5432, &after(NODES), "PostgreSQL from the nodes")],
    ));
    things
}

fn roles_and_secrets() -> Vec<Thing> {
    let mut things = Vec::new();
    for name in ["nodes", "bastion"] {
        let role = format!("iam-role/{name}");
        things.push(thing(&role, &[], none()));
        things.push(thing(&format!("instance-profile/{name}"), &[&role], none()));
    }
    things.push(thing("kms-key/main", &[], none()));
    for name in [
        "admin-password",
        "database-password",
        "keystore-password",
        "sepolia-http",
        "sepolia-websocket",
    ] {
        things.push(thing(&format!("secret/{name}"), &["kms-key/main"], none()));
    }
    for name in ["nodes", "bastion", "database-postgresql", "database-upgrade"] {
        things.push(thing(&format!("log-group/{name}"), &["kms-key/main"], none()));
    }
    things
}

fn database() -> [Thing; 3] {
    let needs = [
        "db-subnet-group/main",
        "db-parameter-group/main",
        "security-group/database",
        "kms-key/main",
        "secret/database-password",
    ];
    let facts = json!({ "class": "db.m6g.large", "multi_az": true, "version": { "major": "17" } });
    [
        thing("db-subnet-group/main", &SUBNETS, none()),
        thing("db-parameter-group/main", &[], none()),
        thing("db-instance/main", &needs, facts),
    ]
}

/// The nodes and the bastion.
fn machines() -> Vec<Thing> {
    let mut things = Vec::new();
    for (name, size, public) in [("nodes", "m6i.large", false), ("bastion", "t3.micro", true)] {
        let (template, group) =
            (format!("launch-template/{name}"), format!("auto-scaling-group/{name}"));
        let (security, profile) =
            (format!("security-group/{name}"), format!("instance-profile/{name}"));
        let mut refs = vec![security.as_str(), profile.as_str(), "kms-key/main"];
        if public {
            refs.push("eip/bastion-1");
        }
        things.push(thing(&template, &refs, json!({ "instance_type": size })));
        let subnets = if public { ["subnet/public-a", "subnet/public-b"] } else { SUBNETS };
        let count = if public { 1 } else { 2 };
        things.push(thing(
            &group,
            &[&template, subnets[0], subnets[1]],
            json!({ "desired_capacity": count }),
        ));
        let image = if public { none() } else { json!({ "image": "2.73.0@sha256:99" }) };
        things.push(thing(&format!("instances/{name}"), &[&group, &template], image));
    }
    things
}

/// The same with everything around it, and in use.
pub(super) fn whole() -> Scene {
    let mut scene = oracle();
    let public = ["subnet/public-a", "subnet/public-b"];
    let mut more = vec![
        thing("dhcp-options/main", &["vpc/main"], none()),
        thing("flow-log/main", &["vpc/main"], none()),
        thing(
            "load-balancer/main",
            &[public[0], public[1], "security-group/load-balancer"],
            json!({ "scheme": "internet-facing" }),
        ),
        thing("target-group/main", &["vpc/main"], none()),
        thing("listener/https", &["load-balancer/main", "target-group/main"], none()),
        thing("listener/http", &["load-balancer/main"], none()),
        thing("listener-rule/closed", &["listener/https"], none()),
        thing("dns-record/gui", &["load-balancer/main"], none()),
        thing("topic/main", &["kms-key/main"], none()),
        thing("topic-subscription/admin", &["topic/main"], none()),
        thing("dashboard/main", &[], none()),
        thing("db-event-subscription/main", &["topic/main"], none()),
        thing("devops-guru-collection/main", &[], none()),
        thing("backup-vault/main", &["kms-key/main"], none()),
        thing("backup-plan/main", &["backup-vault/main"], none()),
        thing("backup-selection/main", &["backup-plan/main"], none()),
        thing("something-new/main", &[], none()),
    ];
    for name in [
        "no-active-node",
        "two-active-nodes",
        "wallet-balance",
        "errored-runs",
        "transaction-age",
        "chain-head",
        "rpc-nodes",
        "gui-port",
        "database-cpu",
        "database-storage",
        "node-disk",
        "node-memory",
        "certificate",
    ] {
        more.push(thing(&format!("alarm/{name}"), &["topic/main"], none()));
    }
    scene.things.extend(more);
    for item in &mut scene.things {
        item.state = State::Same;
        item.id = Some(format!("{}-0123456789abcdef0", item.kind));
        let address = match item.address().as_str() {
            "eip/nat-a" => Some("198.51.100.11"),
            "eip/nat-b" => Some("198.51.100.127"),
            "eip/bastion-1" => Some("198.51.100.220"),
            _ => None,
        };
        if let Some(address) = address {
            item.facts.insert("publicIp".into(), address.into());
        }
        let running = |id: &str, zone: &str, role: &str| Running {
            id: id.into(),
            zone: Some(format!("us-east-1{zone}")),
            role: Some(role.into()),
            says: role.into(),
            version: Some("2.73.0".into()),
        };
        match item.address().as_str() {
            "instances/nodes" => {
                item.instances = Some(vec![
                    running("i-0123456789abcdef0", "b", "active"),
                    running("i-0fedcba9876543210", "a", "standby"),
                ]);
            }
            "instances/bastion" => {
                let bastion = Running {
                    role: None,
                    version: None,
                    ..running("i-00112233445566778", "a", "")
                };
                item.instances = Some(vec![bastion]);
            }
            "secret/sepolia-websocket" => item.state = State::Create,
            "security-group-rules/nodes" => {
                item.state = State::Change;
                item.detail = "rules".into();
            }
            "alarm/certificate" => item.state = State::Unknown,
            "backup-plan/main" => item.state = State::Failed,
            _ => {}
        }
    }
    scene.read_at = Some("2026-11-29 17:04:05 UTC".into());
    scene.sandbox = true;
    scene
}

/// Every environment, by name.
pub(super) fn all() -> Vec<(&'static str, Scene)> {
    vec![("oracle", oracle()), ("whole", whole()), ("empty", Scene::default())]
}
