//! What has a part in several zones: instances of a group, and the database.

use super::{
    model::{Band, Card, Head, Line, Model, short, told, worst},
    parts::Parts,
    places::{Place, Sign, place},
    scene::{PUBLIC_IP, Running, Scene, State, Thing},
    stands::Stands,
};

/// The name of the group of the Chainlink nodes.
const NODES: &str = "nodes";

/// Draws the instances of every group: in a band if they are private, and as cards if they are not.
pub(super) fn fleets(scene: &Scene, parts: &Parts<'_>, stands: &Stands<'_>, model: &mut Model) {
    for fleet in scene.things.iter().filter(|thing| place(thing) == Place::Fleet) {
        let of = parts.of_thing(fleet);
        let group = of.iter().find(|part| part.kind == "auto-scaling-group");
        let is_public = group.is_some_and(|group| stands.is_public(group));
        let desired = group.and_then(|group| group.number("desired_capacity"));
        let desired = desired.and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
        let cards = instances(fleet, &of, desired, is_public, stands);
        if is_public {
            for (zone, cards) in model.zones.iter_mut().zip(cards) {
                zone.cards.extend(cards);
            }
            continue;
        }
        let said = if fleet.name == NODES && desired == 2 {
            "one works, the other stands by".to_owned()
        } else {
            format!("{desired} in {} zones", stands.count())
        };
        model.bands.push(Band {
            id: format!("band/{}", fleet.name),
            head: Head {
                title: format!("Auto Scaling group {}", fleet.name),
                said,
                state: of.iter().map(|part| part.state).max(),
                told: of.iter().map(|part| part.told()).collect(),
            },
            cards,
        });
    }
}

/// The instances of a group, by zone: those there are, and those there are to be.
fn instances(
    fleet: &Thing,
    parts: &[&Thing],
    desired: usize,
    is_public: bool,
    stands: &Stands<'_>,
) -> Vec<Vec<Card>> {
    let mut zones: Vec<Vec<Card>> = vec![Vec::new(); stands.count()];
    let template = parts.iter().find(|part| part.kind == "launch-template");
    let size = template.and_then(|template| template.text("instance_type")).unwrap_or_default();
    let version = fleet.text("image").map(|image| image.split('@').next().unwrap_or(image));
    // Of what is in a band the band itself tells.
    let (state, said) = if is_public {
        (worst(fleet, parts), told(fleet, parts))
    } else {
        (fleet.state, vec![fleet.told()])
    };
    let is_node = fleet.name == NODES;
    let card = |number: usize, running: Option<&Running>| {
        let addresses: Vec<&str> = parts.iter().filter_map(|part| part.text(PUBLIC_IP)).collect();
        let address = addresses.get(number).map(|text| Line::Code((*text).to_owned()));
        let id = running.map(|running| Line::Code(running.id.clone()));
        let version = running.and_then(|running| running.version.as_deref()).or(version);
        let runs = version.map(|version| format!("Chainlink {version}"));
        let like: Vec<&str> = [runs.as_deref(), Some(size)]
            .into_iter()
            .flatten()
            .filter(|it| !it.is_empty())
            .collect();
        let like = Some(Line::Words(like.join(", "))).filter(|_| !like.is_empty());
        let says = running.filter(|running| running.role.is_none() && !running.says.is_empty());
        let says = says.filter(|_| is_node).map(|running| Line::Words(running.says.clone()));
        let first = if is_public { address.or(id) } else { id };
        let missing = running.is_none() && fleet.instances.is_some();
        let waits = missing.then(|| Line::Words("not there".to_owned()));
        Card {
            id: format!("{}~{}", fleet.address(), number + 1),
            sign: if is_node { Sign::Node } else { Sign::Terminal },
            title: if is_node { "Chainlink node".to_owned() } else { capital(&fleet.name) },
            lines: first.into_iter().chain(waits).chain(says).chain(like).collect(),
            role: running.and_then(|running| running.role.clone()),
            state: Some(match running.and_then(|running| running.role.as_deref()) {
                Some("failing") => state.max(State::Failed),
                Some("starting") => state.max(State::Moving),
                _ if missing => state.max(State::Moving),
                _ => state,
            }),
            told: said.clone(),
        }
    };
    let there = fleet.instances.as_deref().unwrap_or_default();
    for (number, running) in there.iter().enumerate() {
        let zone = running.zone.as_deref().and_then(|zone| stands.named(zone));
        let zone = zone.unwrap_or_else(|| emptiest(&zones));
        if let Some(zone) = zones.get_mut(zone) {
            zone.push(card(number, Some(running)));
        }
    }
    for number in there.len()..desired.max(there.len()) {
        let zone = emptiest(&zones);
        if let Some(zone) = zones.get_mut(zone) {
            zone.push(card(number, None));
        }
    }
    zones
}

/// The zone with the fewest, and of several the first.
fn emptiest(zones: &[Vec<Card>]) -> usize {
    let counted = zones.iter().enumerate().min_by_key(|(at, cards)| (cards.len(), *at));
    counted.map_or(0, |(at, _)| at)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// Draws the database: with its standby, or the instances of its cluster.
pub(super) fn database(scene: &Scene, parts: &Parts<'_>, stands: &Stands<'_>, model: &mut Model) {
    let all: Vec<&Thing> =
        scene.things.iter().filter(|thing| place(thing) == Place::Database).collect();
    if all.is_empty() {
        return;
    }
    let mut zones: Vec<Vec<Card>> = vec![Vec::new(); stands.count()];
    let mut of: Vec<&Thing> = all.iter().flat_map(|thing| parts.of_thing(thing)).collect();
    let declared = all.iter().find(|thing| !matches!(thing.state, State::Remove | State::Kept));
    let cluster = of.iter().find(|part| part.kind == "db-cluster").copied();
    let engine = if cluster.is_some() { "Aurora PostgreSQL" } else { "RDS PostgreSQL" };
    for thing in &all {
        let class = thing.text("class").unwrap_or_default();
        let card = |suffix: &str, title: String, code: Option<String>| {
            let code = code.map(Line::Code);
            let class = Some(Line::Words(class.to_owned())).filter(|_| !class.is_empty());
            Card {
                id: format!("{}{suffix}", thing.address()),
                sign: Sign::Database,
                title,
                lines: code.into_iter().chain(class).collect(),
                role: None,
                state: Some(thing.state),
                told: vec![thing.told()],
            }
        };
        let id = thing.id.as_deref().map(short);
        let zone = stands.zone(thing).filter(|_| thing.text("zone").is_some());
        let first = zone.unwrap_or_else(|| emptiest(&zones));
        let (mut cards, twin) = (Vec::new(), thing.is("multi_az"));
        if thing.kind == "db-cluster-instance" {
            cards.push((first, card("", format!("Database instance {}", thing.name), id)));
        } else {
            let title = if twin { "Database, primary" } else { "Database" };
            cards.push((first, card("", title.to_owned(), id)));
            let other = (first + 1) % stands.count();
            if twin {
                cards.push((other, card("~standby", "Database, standby".to_owned(), None)));
            }
        }
        for (zone, card) in cards {
            if let Some(zone) = zones.get_mut(zone) {
                zone.push(card);
            }
        }
    }
    let version = cluster.or(declared.copied()).and_then(|of| of.facts.get("version"));
    let version = version.and_then(|version| {
        let of = |name: &str| version.get(name).and_then(|it| it.as_str());
        version.as_str().or_else(|| of("full")).or_else(|| of("major"))
    });
    let twin = declared.is_some_and(|thing| thing.is("multi_az"));
    let said = match (cluster.is_some(), twin, all.len()) {
        (true, _, 2..) => "one writes, the other takes over",
        (false, true, _) => "Multi-AZ: the standby takes over",
        _ => "",
    };
    of.sort_by_key(|part| part.address());
    model.bands.push(Band {
        id: "band/database".to_owned(),
        head: Head {
            title: format!("{engine} {}", version.unwrap_or_default()).trim_end().to_owned(),
            said: said.to_owned(),
            state: of.iter().map(|part| part.state).max(),
            told: of.iter().map(|part| part.told()).collect(),
        },
        cards: zones,
    });
}
