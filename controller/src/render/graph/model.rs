//! What is drawn where, without a measure: cards in subnets, bands over zones, lists, and arrows between them. SVG
//! and Mermaid are made from this.

use std::collections::BTreeSet;

use super::{
    parts::Parts,
    places::{Place, Shelf, Sign, place, words},
    scene::{Scene, State, Thing},
    stands::Stands,
    traffic::{self, Arrow},
};

/// Everything that is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Who is outside, from left to right.
    pub(super) actors: Vec<Card>,
    /// The network.
    pub(super) network: Head,
    /// What stands on its border.
    pub(super) border: Vec<Card>,
    /// The zones.
    pub(super) zones: Vec<Zone>,
    /// What stands before the zones, in their public subnets.
    pub(super) front: Vec<Card>,
    /// What has a part in several zones, in their private subnets.
    pub(super) bands: Vec<Band>,
    /// Lists within the network.
    pub(super) within: Vec<List>,
    /// Lists beside it.
    pub(super) beside: Vec<List>,
    /// What somebody has to see to; nothing if that is nothing, or everything.
    pub(super) news: Option<List>,
    /// Who speaks to whom.
    pub(super) arrows: Vec<Arrow>,
}

/// What stands above what is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    /// What it is.
    pub(super) title: String,
    /// What is said of it.
    pub(super) said: String,
    /// How it stands; nothing if it is no object.
    pub(super) state: Option<State>,
    /// Its objects in words.
    pub(super) told: Vec<String>,
}

/// A box with nothing in it.
#[derive(Clone, Debug)]
pub(super) struct Card {
    /// What arrows call it.
    pub(super) id: String,
    /// Its sign.
    pub(super) sign: Sign,
    /// What it is.
    pub(super) title: String,
    /// What is said of it.
    pub(super) lines: Vec<Line>,
    /// What it does, if it says so: `active`.
    pub(super) role: Option<String>,
    /// How it stands; nothing if it is no object.
    pub(super) state: Option<State>,
    /// Its objects in words.
    pub(super) told: Vec<String>,
}

/// A line that is said of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Words.
    Words(String),
    /// What is typed: an id, an address.
    Code(String),
}

impl Line {
    /// What it says.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::Code(text) => text,
        }
    }
}

/// An availability zone.
#[derive(Clone, Debug, Default)]
pub(super) struct Zone {
    /// Its name.
    pub(super) name: String,
    /// Its public subnet.
    pub(super) public: Head,
    /// What stands in that alone.
    pub(super) cards: Vec<Card>,
    /// Its private subnet.
    pub(super) private: Head,
}

/// What has a part in several zones.
#[derive(Clone, Debug)]
pub(super) struct Band {
    /// What arrows call it.
    pub(super) id: String,
    /// What stands above it.
    pub(super) head: Head,
    /// Its parts, by zone.
    pub(super) cards: Vec<Vec<Card>>,
}

/// A list.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// What arrows call it.
    pub(super) id: String,
    /// Which.
    pub(super) shelf: Shelf,
    /// What is in it.
    pub(super) rows: Vec<Row>,
}

/// A thing in a list.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What it is called there.
    pub(super) text: String,
    /// How it stands.
    pub(super) state: State,
    /// Its objects in words.
    pub(super) told: Vec<String>,
}

/// How many things a list shows, before the others are counted.
const MOST: usize = 9;

/// Lays out who is where.
pub(super) fn model(scene: &Scene) -> Model {
    let parts = Parts::of(scene);
    let stands = Stands::of(scene);
    let mut model = Model {
        network: network(scene),
        zones: stands.zones(),
        border: cards(scene, &parts, Place::Border),
        front: cards(scene, &parts, Place::Front),
        bands: Vec::new(),
        within: lists(scene, &parts, &Shelf::WITHIN),
        beside: lists(scene, &parts, &Shelf::BESIDE),
        news: news(scene),
        ..Model::default()
    };
    for thing in scene.things.iter().filter(|thing| place(thing) == Place::Public) {
        let at = stands.zone(thing).unwrap_or_default();
        if let Some(zone) = model.zones.get_mut(at) {
            zone.cards.push(card(thing, &parts));
        }
    }
    super::groups::fleets(scene, &parts, &stands, &mut model);
    super::groups::database(scene, &parts, &stands, &mut model);
    // The way in comes first, and then the way out.
    for zone in &mut model.zones {
        zone.cards.sort_by_key(|card| card.sign != Sign::Terminal);
    }
    unique(&mut model);
    traffic::draw(scene, &parts, &stands, &mut model);
    model
}

/// Gives those that share a name names of their own: of two objects for one address the declared one has it.
fn unique(model: &mut Model) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut name = |id: &mut String| {
        let (base, mut number) = (id.clone(), 1);
        while !taken.insert(id.clone()) {
            number += 1;
            *id = format!("{base}~{number}");
        }
    };
    let cards = model.border.iter_mut().chain(&mut model.front);
    let cards = cards.chain(model.zones.iter_mut().flat_map(|zone| &mut zone.cards));
    cards.for_each(|card| name(&mut card.id));
    for band in &mut model.bands {
        name(&mut band.id);
        band.cards.iter_mut().flatten().for_each(|card| name(&mut card.id));
    }
}

fn network(scene: &Scene) -> Head {
    let vpc = scene.things.iter().find(|thing| place(thing) == Place::Network);
    let Some(vpc) = vpc else {
        // It is somebody else's: only what stands in it is drawn with a state.
        return Head { title: "VPC".into(), said: "not clctl's".into(), ..Head::default() };
    };
    Head {
        title: format!("VPC {}", vpc.text("cidr").unwrap_or_default()).trim_end().to_owned(),
        said: vpc.id.clone().unwrap_or_default(),
        state: Some(vpc.state),
        told: vec![vpc.told()],
    }
}

fn cards(scene: &Scene, parts: &Parts<'_>, of: Place) -> Vec<Card> {
    scene.things.iter().filter(|thing| place(thing) == of).map(|thing| card(thing, parts)).collect()
}

/// A thing as a card, with what is part of it.
pub(super) fn card(thing: &Thing, parts: &Parts<'_>) -> Card {
    let parts = parts.of_thing(thing);
    let lines = match thing.kind.as_str() {
        "nat-gateway" | "internet-gateway" => {
            let address = parts.iter().find_map(|part| part.text(super::scene::PUBLIC_IP));
            let line = address.or(thing.id.as_deref()).map(|text| Line::Code(text.to_owned()));
            line.into_iter().collect()
        }
        _ => {
            let scheme = thing.text("scheme").map(|text| Line::Words(text.to_owned()));
            let id = thing.id.as_deref().map(|id| Line::Code(short(id)));
            scheme.into_iter().chain(id).collect()
        }
    };
    let sign = match thing.kind.as_str() {
        "internet-gateway" => Sign::Gate,
        "nat-gateway" => Sign::Out,
        _ => Sign::Balance,
    };
    Card {
        id: thing.address(),
        sign,
        title: words(&thing.kind),
        lines,
        role: None,
        state: Some(worst(thing, &parts)),
        told: told(thing, &parts),
    }
}

/// An id without what stands before it in an ARN.
pub(super) fn short(id: &str) -> String {
    let last = id.rsplit(':').next().unwrap_or(id);
    match last.split('/').collect::<Vec<_>>().as_slice() {
        // As load balancers have it: loadbalancer/app/NAME/ID.
        [.., name, _] if last.starts_with("loadbalancer/") => (*name).to_owned(),
        _ => last.to_owned(),
    }
}

/// The gravest state of a thing and of what is part of it.
pub(super) fn worst(thing: &Thing, parts: &[&Thing]) -> State {
    parts.iter().map(|part| part.state).fold(thing.state, State::max)
}

/// A thing and what is part of it, in words.
pub(super) fn told(thing: &Thing, parts: &[&Thing]) -> Vec<String> {
    std::iter::once(thing.told()).chain(parts.iter().map(|part| part.told())).collect()
}

fn lists(scene: &Scene, parts: &Parts<'_>, shelves: &[Shelf]) -> Vec<List> {
    let list = |shelf: &Shelf| {
        let of = scene.things.iter().filter(|thing| is_on(thing, parts, *shelf));
        let rows: Vec<Row> = of.map(|thing| row(thing, parts)).collect();
        let id = format!("list/{}", shelf.title());
        (!rows.is_empty()).then(|| List { id, shelf: *shelf, rows: shown(rows) })
    };
    shelves.iter().filter_map(list).collect()
}

/// What differs, and how. Where nothing is there yet that is no news.
fn news(scene: &Scene) -> Option<List> {
    let loud: Vec<&Thing> = scene.things.iter().filter(|thing| !thing.state.is_quiet()).collect();
    if loud.iter().all(|thing| thing.state == State::Create) && loud.len() == scene.things.len() {
        return None;
    }
    let row =
        |thing: &&Thing| Row { text: thing.told(), state: thing.state, told: vec![thing.told()] };
    let rows: Vec<Row> = loud.iter().map(row).collect();
    let id = format!("list/{}", Shelf::News.title());
    (!rows.is_empty()).then(|| List { id, shelf: Shelf::News, rows: shown(rows) })
}

fn is_on(thing: &Thing, parts: &Parts<'_>, shelf: Shelf) -> bool {
    match place(thing) {
        Place::Shelf(on) => on == shelf,
        // What is part of nothing that is drawn.
        Place::Part => shelf == Shelf::Other && !parts.has_owner(thing),
        Place::Network
        | Place::Subnet
        | Place::Border
        | Place::Public
        | Place::Front
        | Place::Fleet
        | Place::Database => false,
    }
}

fn row(thing: &Thing, parts: &Parts<'_>) -> Row {
    let parts = parts.of_thing(thing);
    let name = match thing.kind.as_str() {
        // The list says what they are.
        "secret" | "security-group" | "log-group" | "route-table" | "alarm" | "metric-alarm" => {
            thing.name.clone()
        }
        kind if thing.name == "main" => words(kind),
        kind => format!("{} {}", words(kind), thing.name),
    };
    Row { text: name, state: worst(thing, &parts), told: told(thing, &parts) }
}

/// As many as a list has room for: those that somebody has to see to, and then the others in their order.
fn shown(rows: Vec<Row>) -> Vec<Row> {
    if rows.len() <= MOST {
        return rows;
    }
    let loud = rows.iter().filter(|row| !row.state.is_quiet()).count();
    // When all are alike there is nothing to pick.
    let picks = loud < rows.len();
    let (mut kept, mut rest): (Vec<Row>, Vec<Row>) = (Vec::new(), Vec::new());
    let mut quiet = (MOST - 1).saturating_sub(loud);
    for row in rows {
        let keep = if picks && row.state.is_quiet() {
            quiet > 0 && {
                quiet -= 1;
                true
            }
        } else {
            kept.len() < MOST - 1
        };
        if keep && kept.len() < MOST - 1 { kept.push(row) } else { rest.push(row) }
    }
    let state = rest.iter().map(|row| row.state).fold(State::Declared, State::max);
    kept.push(Row {
        text: format!("and {} more", rest.len()),
        state,
        told: rest.into_iter().flat_map(|row| row.told).collect(),
    });
    kept
}
