//! What is said of arrows: beside nothing that it could be taken for, and over nothing that is to be read.

use super::{
    geometry::{Point, Rect},
    measure::{Face, width},
    picture::{Picture, Text, Tone},
};

const SIZE: i32 = 11;
const HEIGHT: i32 = 18;
const SIDE: i32 = 6;
/// How far apart the places are that are tried.
const TRY: i32 = 6;
/// How much of an arrow is to be seen on both sides of what is said of it.
const TAIL: i32 = 12;

/// Finds a place on each arrow for what is said of it, if there is one.
pub(super) fn place(picture: &mut Picture) {
    let mut taken: Vec<Rect> = Vec::new();
    for drawn in &picture.boxes {
        if drawn.look.is_leaf() {
            taken.push(drawn.rect.wider(5));
        } else {
            taken.extend(drawn.texts.iter().map(|text| text.rect().wider(2)));
            taken.extend(drawn.marks.iter().map(|mark| Rect::around(mark.at, mark.at).wider(9)));
        }
    }
    let page = Rect::new(0, 0, picture.width, picture.height);
    for number in 0..picture.routes.len() {
        let Some(route) = picture.routes.get(number) else { continue };
        if route.label.is_empty() {
            continue;
        }
        let others: Vec<Rect> = picture
            .routes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .flat_map(|(_, route)| route.segments())
            .map(|(a, b)| Rect::around(a, b).wider(3))
            .collect();
        let wide = width(&route.label, SIZE, Face::Plain) + 2 * SIDE;
        let free = |rect: &Rect| page.contains(*rect) && !taken.iter().any(|it| it.overlaps(*rect));
        let alone = |rect: &Rect| free(rect) && !others.iter().any(|it| it.overlaps(*rect));
        let mut segments: Vec<(Point, Point)> = route.segments().collect();
        let long = |(a, b): &(Point, Point)| (a.x - b.x).abs() + (a.y - b.y).abs();
        segments.sort_by_key(|segment| -long(segment));
        let places = |fits: &dyn Fn(&Rect) -> bool| {
            segments
                .iter()
                .find_map(|segment| spots(*segment, wide).into_iter().find(|rect| fits(rect)))
        };
        let found = places(&alone).or_else(|| places(&free));
        if let Some(rect) = found {
            taken.push(rect.wider(3));
            let at = Point { x: rect.x + SIDE, y: rect.y + 13 };
            let label = &route.label;
            let text = Text::fit(label, at, SIZE, Face::Plain, Tone::Plain, wide);
            if let Some(route) = picture.routes.get_mut(number) {
                route.pill = Some((rect, text));
            }
        }
    }
}

/// The places on a straight part, from its middle outwards.
fn spots((a, b): (Point, Point), wide: i32) -> Vec<Rect> {
    let level = a.y == b.y;
    let (length, needs) =
        if level { ((a.x - b.x).abs(), wide) } else { ((a.y - b.y).abs(), HEIGHT) };
    let room = length - needs - TAIL;
    if room < 0 {
        return Vec::new();
    }
    let middle = Rect::around(a, b).middle();
    let mut all = Vec::new();
    for away in 0..=room / 2 / TRY {
        for side in [away, -away] {
            let (x, y) = if level { (side * TRY, 0) } else { (0, side * TRY) };
            all.push(Rect::new(middle.x + x - wide / 2, middle.y + y - HEIGHT / 2, wide, HEIGHT));
        }
    }
    all
}
