//! From who is where to a drawing: sizes and places of all boxes. Pure, and the same every time.

use std::collections::BTreeMap;

use super::{
    geometry::{Point, Rect},
    labels, legend,
    measure::{Face, width},
    model::{Band, Card, Head, Line, List, Model, Zone},
    picture::{Anchor, Chip, Drawn, Look, Mark, Picture, Text, Tone},
    route,
    scene::Scene,
};

/// What everything is a multiple of: arrows run on its lines.
pub(super) const GRID: i32 = 12;
/// Around everything.
pub(super) const MARGIN: i32 = 2 * GRID;
const CARD: (i32, i32) = (12 * GRID, 6 * GRID);
const ACTOR: i32 = 17 * GRID;
const BORDER: (i32, i32) = (16 * GRID, 4 * GRID);
const FRONT: i32 = 22 * GRID;
const LIST: i32 = 20 * GRID;
/// Between boxes that stand side by side.
const GAP: i32 = 2 * GRID;
/// Between boxes that stand one above the other, with room for arrows and what is said of them.
const STEP: i32 = 4 * GRID;
/// Between the side of a box and what is in it.
const PAD: i32 = GRID;
/// What the head of a box takes.
const HEAD: i32 = 3 * GRID;
/// What the head of a subnet takes.
const SUBNET: i32 = 4 * GRID;
/// Between two zones.
const GUTTER: i32 = 6 * GRID;
/// Between the network and what is beside it.
const ASIDE: i32 = 10 * GRID;
/// Where the actors stand.
const TOP: i32 = 9 * GRID;
/// What a row of a list takes.
const ROW: i32 = 20;
const SIGN: i32 = 20;
const LETTERS: i32 = 11;

/// The next multiple of the grid.
fn up(pixels: i32) -> i32 {
    (pixels + GRID - 1) / GRID * GRID
}

fn count(items: usize) -> i32 {
    i32::try_from(items).unwrap_or(i32::MAX / 1024)
}

/// Draws who is where.
pub(super) fn layout(scene: &Scene, model: &Model) -> Picture {
    let mut picture = Picture::default();
    let network = zones(model, &mut picture);
    let beside = aside(model, network, &mut picture);
    if let Some(news) = &model.news {
        let y = network.bottom() + GAP;
        picture.boxes.push(draw_list(news, Rect::new(network.x, y, network.w, list_height(news))));
    }
    actors(model, network, &mut picture);
    let lowest = picture.boxes.iter().map(|it| it.rect.bottom()).max().unwrap_or_default();
    picture.width = beside.max(network.right()) + MARGIN;
    picture.height = lowest + MARGIN;
    legend::head(scene, model, &mut picture);
    picture.routes = route::routes(&picture, &model.arrows);
    labels::place(&mut picture);
    picture
}

/// The measures that all zones share.
struct Measures {
    columns: i32,
    /// The height of the rows of cards in public subnets.
    public: i32,
    bands: Vec<i32>,
    inner: i32,
}

impl Measures {
    fn of(model: &Model) -> Self {
        let most = model.zones.iter().map(|zone| zone.cards.len()).max().unwrap_or_default();
        let columns = 2;
        let rows = count(most.div_ceil(2));
        let fronts = count(model.front.len());
        let public = (rows + fronts) * (CARD.1 + STEP) - GAP;
        let deepest = |band: &Band| band.cards.iter().map(Vec::len).max().unwrap_or_default();
        let height = |band: &Band| {
            let cards = count(deepest(band)).max(1);
            HEAD + cards * CARD.1 + (cards - 1) * GAP + PAD
        };
        Self {
            columns,
            public: public.max(2 * GRID),
            bands: model.bands.iter().map(height).collect(),
            inner: columns * CARD.0 + (columns - 1) * GAP + 2 * PAD,
        }
    }

    fn private(&self) -> i32 {
        let bands: i32 = self.bands.iter().sum();
        SUBNET + bands + (count(self.bands.len()).max(1) - 1) * STEP + GAP
    }
}

/// Draws the network with its zones and what stands in them.
fn zones(model: &Model, picture: &mut Picture) -> Rect {
    let measures = Measures::of(model);
    let zone_width = measures.inner + 2 * PAD;
    let all = count(model.zones.len());
    let width = all * zone_width + (all - 1) * GUTTER + 2 * GAP;
    let (left, top) = (MARGIN, TOP + CARD.1 + 5 * GRID);
    let last = Rect::new(left + width - GAP - PAD - measures.inner, top, measures.inner, 0);
    let (_, row) = border_row(Rect::new(left, top, width, 0), last);
    let border = count(model.border.len().div_ceil(usize::try_from(row).unwrap_or(1)));
    let border = border * (BORDER.1 + GAP) - if border > 0 { GRID } else { 0 };
    let zones_top = top + SUBNET + border + 2 * GRID;
    let (public, private) = (SUBNET + measures.public, measures.private());
    let zone_height = HEAD + public + HEAD + private + PAD;
    let within = within(model, Point { x: left + GAP, y: zones_top + zone_height + GAP }, width);
    let bottom = within.iter().map(|it| it.rect.bottom()).max();
    let bottom = bottom.unwrap_or(zones_top + zone_height) + GAP;
    let network = Rect::new(left, top, width, bottom - top);
    picture.boxes.push(container("network", Look::Network, network, &model.network));
    let mut sides: Vec<(Rect, Rect)> = Vec::new();
    for (number, zone) in (0..).zip(&model.zones) {
        let x = left + GAP + number * (zone_width + GUTTER);
        let rect = Rect::new(x, zones_top, zone_width, zone_height);
        let upper = Rect::new(x + PAD, zones_top + HEAD, measures.inner, public);
        let lower = Rect::new(upper.x, upper.bottom() + HEAD, measures.inner, private);
        subnets(number, zone, (rect, upper, lower), picture);
        sides.push((upper, lower));
    }
    let Some((upper, lower)) = span(&sides) else { return network };
    border_cards(model, network, last, picture);
    for (number, zone) in (0..).zip(&model.zones) {
        let x = upper.x + number * (zone_width + GUTTER) + PAD;
        for (at, card) in (0..).zip(&zone.cards) {
            let (column, row) = (at % measures.columns, at / measures.columns);
            let x = x + column * (CARD.0 + GAP);
            let y = upper.y + SUBNET + row * (CARD.1 + STEP);
            picture.boxes.push(draw(card, Look::Card, Rect::new(x, y, CARD.0, CARD.1)));
        }
    }
    let fronts = count(model.front.len());
    for (number, card) in (0..).zip(&model.front) {
        let x = up(upper.middle().x - FRONT / 2);
        let y = upper.bottom() + GAP - (fronts - number) * (CARD.1 + STEP);
        picture.boxes.push(draw(card, Look::Card, Rect::new(x, y, FRONT, CARD.1)));
    }
    let mut y = lower.y + SUBNET;
    for (band, height) in model.bands.iter().zip(&measures.bands) {
        let rect = Rect::new(lower.x + PAD, y, lower.w - 2 * PAD, *height);
        bands(band, rect, zone_width + GUTTER, measures.inner, picture);
        y += height + STEP;
    }
    picture.boxes.extend(within);
    network
}

/// Zone and subnets as they are without what stands in them.
fn subnets(
    number: i32,
    zone: &Zone,
    (rect, upper, lower): (Rect, Rect, Rect),
    picture: &mut Picture,
) {
    let head = Head { title: zone.name.clone(), ..Head::default() };
    picture.boxes.push(container(&format!("zone/{number}"), Look::Zone, rect, &head));
    let (public, private) = (format!("public/{number}"), format!("private/{number}"));
    picture.boxes.push(container(&public, Look::Public, upper, &zone.public));
    picture.boxes.push(container(&private, Look::Private, lower, &zone.private));
}

/// From the first subnet to the last one, on both sides.
fn span(sides: &[(Rect, Rect)]) -> Option<(Rect, Rect)> {
    let ((first_upper, first_lower), (last_upper, last_lower)) = (sides.first()?, sides.last()?);
    let over = |first: &Rect, last: &Rect| Rect { w: last.right() - first.x, ..*first };
    Some((over(first_upper, last_upper), over(first_lower, last_lower)))
}

/// What stands on the border, over the last zone: the middle is for those who come in. Where they begin, and how many
/// there are in a row.
fn border_row(network: Rect, last: Rect) -> (i32, i32) {
    let x = last.middle().x / GRID * GRID - BORDER.0 / 2;
    (x, (x - network.x - GAP).max(0) / (BORDER.0 + GAP) + 1)
}

fn border_cards(model: &Model, network: Rect, last: Rect, picture: &mut Picture) {
    let (first, row) = border_row(network, last);
    for (number, card) in (0..).zip(&model.border) {
        let x = first - number % row * (BORDER.0 + GAP);
        let y = network.y + SUBNET + number / row * (BORDER.1 + GAP);
        picture.boxes.push(draw(card, Look::Card, Rect::new(x, y, BORDER.0, BORDER.1)));
    }
}

fn bands(band: &Band, rect: Rect, step: i32, inner: i32, picture: &mut Picture) {
    picture.boxes.push(container(&band.id, Look::Band, rect, &band.head));
    for (number, cards) in (0..).zip(&band.cards) {
        let x = rect.x + PAD + number * step;
        for (at, card) in (0..).zip(cards) {
            let y = rect.y + HEAD + at * (CARD.1 + GAP);
            let place = Rect::new(x, y, inner - 4 * PAD, CARD.1);
            picture.boxes.push(draw(card, Look::Card, place));
        }
    }
}

/// The lists within the network, side by side.
fn within(model: &Model, at: Point, width: i32) -> Vec<Drawn> {
    let lists = count(model.within.len());
    let each = (width - 2 * GAP - (lists - 1).max(0) * GAP) / lists.max(1) / GRID * GRID;
    let height = model.within.iter().map(list_height).max().unwrap_or_default();
    let place = |number: i32| Rect::new(at.x + number * (each + GAP), at.y, each, height);
    (0..).zip(&model.within).map(|(number, list)| draw_list(list, place(number))).collect()
}

/// The lists beside it, one below the other; says how far they go to the right.
fn aside(model: &Model, network: Rect, picture: &mut Picture) -> i32 {
    let (x, mut y, mut right) = (network.right() + ASIDE, network.y, 0);
    for list in &model.beside {
        let rect = Rect::new(x, y, LIST, list_height(list));
        picture.boxes.push(draw_list(list, rect));
        y = rect.bottom() + GAP;
        right = rect.right();
    }
    right
}

fn list_height(list: &List) -> i32 {
    up(HEAD + count(list.rows.len()) * ROW + 8)
}

/// Those outside, each over what it speaks to.
fn actors(model: &Model, network: Rect, picture: &mut Picture) {
    let middles: BTreeMap<&str, i32> =
        picture.boxes.iter().map(|it| (it.id.as_str(), it.rect.middle().x)).collect();
    let wanted = |card: &Card| {
        let end = model.arrows.iter().find_map(|arrow| match card.id.as_str() {
            id if id == arrow.from => middles.get(arrow.to.as_str()),
            id if id == arrow.to => middles.get(arrow.from.as_str()),
            _ => None,
        });
        let middle = end.copied().unwrap_or(network.middle().x);
        up(middle - ACTOR / 2)
    };
    let mut places: Vec<i32> = Vec::new();
    for card in &model.actors {
        let least = places.last().map_or(network.x, |x| x + ACTOR + GAP);
        places.push(wanted(card).max(least));
    }
    // What went too far to the right pushes the others back.
    let mut most = network.right() - ACTOR;
    for x in places.iter_mut().rev() {
        *x = (*x).min(most);
        most = *x - ACTOR - GAP;
    }
    let first = places.first().copied().unwrap_or(network.x).min(network.x);
    for (card, x) in model.actors.iter().zip(places) {
        // More than fit over the network stand further to the right.
        let rect = Rect::new(x + network.x - first, TOP, ACTOR, CARD.1);
        picture.boxes.push(draw(card, Look::Actor, rect));
    }
}

/// A box with others in it. What is said of it stands at its right end: arrows come from above to what stands at
/// the left.
fn container(id: &str, look: Look, rect: Rect, head: &Head) -> Drawn {
    let baseline = rect.y + 2 * GRID - 4;
    let band = look == Look::Band;
    let room = rect.w - 30 - PAD;
    let (x, aside, anchor) = if band {
        (rect.middle().x, rect.x + 16, Anchor::Middle)
    } else {
        (rect.right() - 30, rect.right() - 16, Anchor::End)
    };
    let at = Point { x, y: baseline };
    let title = Text::fit(&head.title, at, 12, Face::Bold, Tone::Strong, room).anchored(anchor);
    let (at, left) = if band {
        let x = rect.right() - PAD;
        (Point { x, y: baseline }, x - title.rect().right() - GAP)
    } else {
        (Point { x, y: baseline + 15 }, room)
    };
    let said = Text::fit(&head.said, at, LETTERS, Face::Plain, Tone::Faint, left.max(0));
    let said = said.anchored(Anchor::End);
    let mark = head.state.map(|state| Mark {
        at: Point { x: aside, y: baseline - 4 },
        state,
        text: Text::fit("", Point::default(), LETTERS, Face::Plain, Tone::Plain, 0),
        told: head.told.clone(),
    });
    Drawn {
        id: id.to_owned(),
        look,
        rect,
        state: head.state,
        sign: None,
        texts: [title, said].into_iter().filter(|it| !it.shown.is_empty()).collect(),
        chip: None,
        marks: mark.into_iter().collect(),
        told: head.told.clone(),
    }
}

/// A card in its place.
fn draw(card: &Card, look: Look, rect: Rect) -> Drawn {
    let chip = card.role.as_deref().map(|role| chip(role, rect));
    let taken = chip.as_ref().map_or(0, |chip| chip.rect.w + 8);
    let x = rect.x + 10 + SIGN + 7;
    let room = rect.right() - 6 - x;
    let lines = usize::try_from((rect.h - 32) / 16).unwrap_or_default();
    // A card with little to say says it in its middle.
    let shown = card.lines.len().min(lines);
    let spare = rect.h - 18 - 16 * count(shown);
    let first = rect.y + spare / 2 + 13;
    let at = Point { x, y: first };
    let mut texts = vec![Text::fit(&card.title, at, 12, Face::Bold, Tone::Strong, room - taken)];
    for (number, line) in (1..).zip(card.lines.iter().take(lines)) {
        let at = Point { x, y: first + 16 * number };
        let face = match line {
            Line::Words(_) => Face::Plain,
            Line::Code(_) => Face::Mono,
        };
        texts.push(Text::fit(line.text(), at, LETTERS, face, Tone::Faint, room));
    }
    let sign = Rect::new(rect.x + 10, first - 15, SIGN, SIGN);
    Drawn {
        id: card.id.clone(),
        look,
        rect,
        state: card.state,
        sign: Some((card.sign, sign)),
        texts,
        chip,
        marks: Vec::new(),
        told: card.told.clone(),
    }
}

fn chip(role: &str, within: Rect) -> Chip {
    let size = 10;
    let most = within.w / 3;
    let shown = role.to_uppercase();
    let w = width(&shown, size, Face::Bold).min(most);
    let rect = Rect::new(within.right() - PAD - w - 14, within.y + PAD, w + 14, 18);
    let at = Point { x: rect.x + 7, y: rect.y + 13 };
    let text = Text::fit(&shown, at, size, Face::Bold, Tone::Strong, most);
    Chip { rect, role: role.to_owned(), text }
}

fn draw_list(list: &List, rect: Rect) -> Drawn {
    let baseline = rect.y + 2 * GRID - 1;
    let at = Point { x: rect.x + PAD + SIGN + 8, y: baseline };
    let room = rect.right() - PAD - at.x;
    let title = Text::fit(list.shelf.title(), at, 12, Face::Bold, Tone::Strong, room);
    let mark = |(number, row): (i32, &super::model::Row)| {
        let y = rect.y + HEAD + 14 + number * ROW;
        let at = Point { x: rect.x + PAD + SIGN + 8, y };
        let room = rect.right() - PAD - at.x;
        Mark {
            at: Point { x: rect.x + PAD + SIGN / 2 - 1, y: y - 4 },
            state: row.state,
            text: Text::fit(&row.text, at, LETTERS, Face::Plain, Tone::Plain, room),
            told: row.told.clone(),
        }
    };
    Drawn {
        id: list.id.clone(),
        look: Look::List,
        rect,
        state: None,
        sign: Some((list.shelf.sign(), Rect::new(rect.x + PAD - 1, baseline - 15, SIGN, SIGN))),
        texts: vec![title],
        chip: None,
        marks: (0..).zip(&list.rows).map(mark).collect(),
        told: Vec::new(),
    }
}
