//! Who speaks to whom: what the rules of security groups let in, the ways out that route tables lead, what the
//! nodes read and write beside the network.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    model::{Card, Line, Model},
    parts::Parts,
    places::{Place, Shelf, Sign, place},
    scene::{Scene, State, Thing, awaited},
    stands::Stands,
};

/// An arrow between two boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrow {
    /// From which.
    pub(super) from: String,
    /// To which.
    pub(super) to: String,
    /// What is said of it.
    pub(super) label: String,
    /// What goes along it.
    pub(super) flow: Flow,
}

/// What goes along an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Connections to what listens.
    In,
    /// Connections of the nodes to what is outside.
    Out,
    /// What is read, written or copied.
    Data,
}

/// Who is outside and sends to a group, by the name of its security group.
const SENDERS: [(&str, &str, Sign); 4] = [
    ("bastion", "Operators", Sign::Person),
    ("load-balancer", "GUI users", Sign::Person),
    ("network-load-balancer", "Other nodes", Sign::Peers),
    ("nodes", "Other nodes", Sign::Peers),
];
/// How many lines an actor has.
const LINES: usize = 2;

/// Draws every arrow, and who is outside at their ends.
pub(super) fn draw(scene: &Scene, parts: &Parts<'_>, stands: &Stands<'_>, model: &mut Model) {
    let wearers = wearers(scene, parts, model);
    let mut into: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut senders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for thing in scene.things.iter().filter(|thing| thing.kind == "security-group-rules") {
        let Some(group) = thing.facts.get("group").and_then(awaited) else { continue };
        let Some(to) = wearers.get(group) else { continue };
        let rules = thing.facts.get("rules").and_then(Value::as_array);
        for rule in rules.into_iter().flatten().filter(|rule| rule["direction"] == "ingress") {
            let from = match (awaited(&rule["peer"]), rule["peer"].as_str()) {
                (Some(peer), _) => wearers.get(peer).cloned(),
                (None, Some(cidr)) if !is_own(scene, cidr) => {
                    let known = senders.entry(group.to_owned()).or_default();
                    if !known.iter().any(|it| it == cidr) {
                        known.push(cidr.to_owned());
                    }
                    Some(actor(group))
                }
                _ => None,
            };
            let Some(from) = from.filter(|from| from != to) else { continue };
            let labels = into.entry((from, to.clone())).or_default();
            let label = label(rule);
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
    for (group, cidrs) in &senders {
        model.actors.push(sender(group, cidrs));
    }
    // From the left to the right as they come in: to the bastion, to the load balancers, to the nodes.
    let rank = |card: &Card| {
        let known = SENDERS.iter().position(|(group, ..)| card.id == actor_of(group));
        known.unwrap_or(SENDERS.len())
    };
    model.actors.sort_by_key(|card| (rank(card), card.id.clone()));
    for ((from, to), labels) in into {
        model.arrows.push(Arrow { from, to, label: labels.join(", "), flow: Flow::In });
    }
    ways_out(scene, stands, model);
    replication(scene, model);
    beside(model);
}

fn actor(group: &str) -> String {
    actor_of(group.split_once('/').map_or(group, |(_, name)| name))
}

fn actor_of(name: &str) -> String {
    format!("outside/{name}")
}

/// Whether a range is the network's own: what comes from there is not outside.
fn is_own(scene: &Scene, cidr: &str) -> bool {
    scene.things.iter().any(|thing| {
        matches!(place(thing), Place::Network | Place::Subnet) && thing.text("cidr") == Some(cidr)
    })
}

/// The box of what wears a security group, by the address of the group.
fn wearers(scene: &Scene, parts: &Parts<'_>, model: &Model) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for thing in scene.things.iter().filter(|it| !matches!(it.state, State::Remove | State::Kept)) {
        if ["security-group", "security-group-rules"].contains(&thing.kind.as_str()) {
            continue;
        }
        let groups = thing.refs.iter().filter(|to| to.starts_with("security-group/"));
        for group in groups {
            let drawn = parts.drawn_as(thing).and_then(|drawn| face(drawn, model));
            if let Some(id) = drawn {
                all.entry(group.clone()).or_insert(id);
            }
        }
    }
    all
}

/// Which box arrows to a thing end at.
fn face(thing: &Thing, model: &Model) -> Option<String> {
    let address = thing.address();
    match place(thing) {
        Place::Fleet => {
            let band = format!("band/{}", thing.name);
            let first = format!("{address}~1");
            if model.bands.iter().any(|it| it.id == band) {
                return Some(band);
            }
            let mut cards = model.zones.iter().flat_map(|zone| &zone.cards);
            cards.find(|card| card.id == first).map(|card| card.id.clone())
        }
        Place::Database if thing.kind == "db-cluster-instance" => Some("band/database".to_owned()),
        Place::Border | Place::Public | Place::Front | Place::Database => Some(address),
        Place::Network | Place::Subnet | Place::Part | Place::Shelf(_) => None,
    }
}

/// What a rule lets in: `SSH 22`.
fn label(rule: &Value) -> String {
    let said = rule["description"].as_str().unwrap_or_default();
    let said = said.split(" from ").next().unwrap_or_default().trim();
    let (from, to) = (rule["from_port"].as_i64(), rule["to_port"].as_i64());
    let protocol = rule["protocol"].as_str().unwrap_or_default();
    let ports = match (from, to) {
        (Some(from), Some(to)) if from == to && from > 0 => from.to_string(),
        (Some(from), Some(to)) if from > 0 => format!("{from}–{to}"),
        _ => String::new(),
    };
    let what = match (said, protocol) {
        // Who they are says the box that it comes from.
        ("Nodes of other operators", _) => "P2P",
        ("", "-1") => "all",
        ("", protocol) => protocol,
        (said, _) => said,
    };
    format!("{what} {ports}").trim().to_owned()
}

fn sender(group: &str, cidrs: &[String]) -> Card {
    let name = group.split_once('/').map_or(group, |(_, name)| name);
    let known = SENDERS.iter().find(|(of, ..)| *of == name);
    let (title, sign) = known.map_or(("Outside", Sign::Globe), |(_, title, sign)| (*title, *sign));
    let said = |cidr: &String| match cidr.as_str() {
        "0.0.0.0/0" => Line::Words("from anywhere".to_owned()),
        cidr => Line::Code(cidr.to_owned()),
    };
    Card {
        id: actor(group),
        sign,
        title: title.to_owned(),
        lines: lines(cidrs.iter().map(said).collect()),
        role: None,
        state: None,
        told: vec![format!("{title}: {}", cidrs.join(", "))],
    }
}

/// As many lines as there is room for.
fn lines(mut all: Vec<Line>) -> Vec<Line> {
    if all.len() > LINES {
        let more = all.len() - (LINES - 1);
        all.truncate(LINES - 1);
        all.push(Line::Words(format!("and {more} more")));
    }
    all
}

/// How the nodes reach the chains.
fn ways_out(scene: &Scene, stands: &Stands<'_>, model: &mut Model) {
    if scene.chains.is_empty() {
        return;
    }
    let chains = actor_of("chains");
    model.actors.push(Card {
        id: chains.clone(),
        sign: Sign::Chain,
        title: "RPC endpoints".to_owned(),
        lines: lines(scene.chains.iter().cloned().map(Line::Words).collect()),
        role: None,
        state: None,
        told: vec![format!("RPC endpoints of {}", scene.chains.join(", "))],
    });
    let arrow = |from: &str, to: &str, label: &str| Arrow {
        from: from.to_owned(),
        to: to.to_owned(),
        label: label.to_owned(),
        flow: Flow::Out,
    };
    let mut arrows: Vec<Arrow> = Vec::new();
    let Some(band) = model.bands.iter().find(|band| band.id == "band/nodes") else { return };
    let gateways: Vec<&Card> = model.zones.iter().flat_map(|zone| &zone.cards).collect();
    let mut used: Vec<&str> = Vec::new();
    for table in scene.things.iter().filter(|thing| thing.kind == "route-table") {
        let routes = table.facts.get("routes").and_then(Value::as_object);
        let target = routes.and_then(|routes| awaited(routes.get("0.0.0.0/0")?));
        let gateway = gateways.iter().find(|card| Some(card.id.as_str()) == target);
        let Some(gateway) = gateway else { continue };
        if !used.contains(&gateway.id.as_str()) {
            used.push(&gateway.id);
        }
        let subnets = scene.things.iter().filter(|thing| place(thing) == Place::Subnet);
        for subnet in subnets.filter(|subnet| table.refs.contains(&subnet.address())) {
            let zone = stands.zone(subnet).and_then(|zone| band.cards.get(zone));
            let cards = zone.into_iter().flatten().take(1);
            arrows.extend(cards.map(|card| arrow(&card.id, &gateway.id, "")));
        }
    }
    let border = model.border.first().map(|card| card.id.clone());
    let out = border.as_deref().unwrap_or(&chains);
    if used.is_empty() {
        arrows.push(arrow(&band.id, out, "RPC"));
    }
    arrows.extend(used.iter().map(|gateway| arrow(gateway, out, "")));
    if let Some(border) = &border {
        arrows.push(arrow(border, &chains, "RPC"));
    }
    model.arrows.extend(arrows);
}

/// How the standby of the database knows what the primary knows.
fn replication(scene: &Scene, model: &mut Model) {
    let mut twins =
        scene.things.iter().filter(|thing| thing.kind == "db-instance" && thing.is("multi_az"));
    if let Some(twin) = twins.next() {
        let (from, to) = (twin.address(), format!("{}~standby", twin.address()));
        model.arrows.push(Arrow { from, to, label: "copies".to_owned(), flow: Flow::Data });
    }
}

/// What the nodes read and write beside the network.
fn beside(model: &mut Model) {
    let Some(band) = model.bands.iter().find(|band| band.id == "band/nodes") else { return };
    let from = band.id.clone();
    for (shelf, label) in [(Shelf::Secrets, "read at start"), (Shelf::Logs, "logs")] {
        if let Some(list) = model.beside.iter().find(|list| list.shelf == shelf) {
            let (from, to) = (from.clone(), list.id.clone());
            model.arrows.push(Arrow { from, to, label: label.to_owned(), flow: Flow::Data });
        }
    }
}
