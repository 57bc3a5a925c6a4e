//! A drawing as SVG: one file that needs no other, light and dark, with its content in words for those who do not see it.

use std::fmt::Write as _;

use super::{
    geometry::{Point, Rect},
    icons,
    layout::layout,
    legend,
    measure::Face,
    model::model,
    picture::{Anchor, Drawn, Look, Mark, Picture, Route, Text, Tone},
    scene::{Scene, State},
    style::STYLE,
    traffic::Flow,
};

/// How round the corners of arrows are.
const ROUND: i32 = 6;

/// Draws an environment as SVG.
pub(crate) fn svg(scene: &Scene) -> String {
    print(scene, &layout(scene, &model(scene)))
}

/// Text as it may stand in XML: what no document may have is shown as what it is not.
/// <https://www.w3.org/TR/xml/#charsets>
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            '\n' | '\t' => escaped.push(letter),
            letter if letter.is_control() => escaped.push('\u{FFFD}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn print(scene: &Scene, picture: &Picture) -> String {
    let mut out = String::new();
    let Picture { width, height, .. } = picture;
    line!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"clctl\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"clctl-title clctl-desc\">"
    );
    line!(out, "<title id=\"clctl-title\">{}</title>", escape(&headline(scene)));
    line!(out, "<desc id=\"clctl-desc\">{}</desc>", escape(&description(scene, picture)));
    line!(out, "<style>{STYLE}</style>");
    out.push_str("<defs>\n");
    for flow in [Flow::In, Flow::Out, Flow::Data] {
        let name = class(flow);
        line!(
            out,
            "<marker id=\"clctl-{name}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"head {name}\" d=\"M0 1 9.5 5 0 9Z\"/></marker>"
        );
    }
    out.push_str("</defs>\n");
    line!(out, "<rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"12\"/>");
    for text in &picture.heading {
        write_text(&mut out, text);
    }
    for mark in &picture.legend {
        write_mark(&mut out, mark);
    }
    let (leaves, containers): (Vec<&Drawn>, Vec<&Drawn>) =
        picture.boxes.iter().partition(|drawn| drawn.look.is_leaf());
    for drawn in containers {
        write_box(&mut out, drawn);
    }
    for route in &picture.routes {
        write_route(&mut out, route);
    }
    for drawn in leaves {
        write_box(&mut out, drawn);
    }
    for route in &picture.routes {
        write_pill(&mut out, route);
    }
    out.push_str("</svg>\n");
    out
}

/// What it is, in a line.
pub(super) fn headline(scene: &Scene) -> String {
    format!("{} in {}", legend::title(scene), legend::subtitle(scene))
}

/// What is to be seen, in words.
fn description(scene: &Scene, picture: &Picture) -> String {
    let name = |id: &str| {
        let drawn = picture.boxes.iter().find(|drawn| drawn.id == id);
        let title = drawn
            .and_then(|drawn| drawn.texts.first())
            .map(|text| text.whole.clone().unwrap_or_else(|| text.shown.clone()));
        title.unwrap_or_else(|| id.strip_prefix("list/").unwrap_or(id).to_owned())
    };
    let mut words = format!(
        "A Chainlink oracle-node environment in {} availability zones; objects: {}.",
        scene.zones.len(),
        legend::counts(scene)
    );
    for thing in scene.things.iter().filter(|thing| !thing.state.is_quiet()) {
        // Whatever is to be created at first is most of it.
        if thing.state != State::Create {
            let _ = write!(words, " {}.", thing.told());
        }
    }
    let arrows: Vec<String> = picture
        .routes
        .iter()
        .map(|route| {
            let label =
                if route.label.is_empty() { String::new() } else { format!(" ({})", route.label) };
            format!("{} to {}{label}", name(&route.from), name(&route.to))
        })
        .collect();
    if !arrows.is_empty() {
        let _ = write!(words, " Traffic: {}.", arrows.join("; "));
    }
    words
}

fn look(of: Look) -> &'static str {
    match of {
        Look::Network => "network",
        Look::Zone => "zone",
        Look::Public => "public",
        Look::Private => "private",
        Look::Band => "band",
        Look::Card => "card",
        Look::Actor => "actor",
        Look::List => "list",
    }
}

fn class(of: Flow) -> &'static str {
    match of {
        Flow::In => "in",
        Flow::Out => "out",
        Flow::Data => "data",
    }
}

fn write_box(out: &mut String, drawn: &Drawn) {
    let Drawn { id, rect, state, told, .. } = drawn;
    let state_class = state.map_or("none", State::class);
    line!(out, "<g class=\"{} s-{state_class}\" data-id=\"{}\">", look(drawn.look), escape(id));
    if !told.is_empty() {
        line!(out, "<title>{}</title>", escape(&told.join("\n")));
    }
    let Rect { x, y, w, h } = rect;
    let round = if drawn.look.is_leaf() { 8 } else { 10 };
    line!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\"/>");
    if let Some((sign, at)) = &drawn.sign {
        let (x, y) = (at.x, at.y);
        line!(
            out,
            "<path class=\"sign\" transform=\"translate({x} {y})\" d=\"{}\"/>",
            icons::sign(*sign)
        );
    }
    for text in &drawn.texts {
        write_text(out, text);
    }
    if let Some(chip) = &drawn.chip {
        let Rect { x, y, w, h } = chip.rect;
        let role = if chip.role == "active" { "active" } else { "waiting" };
        line!(
            out,
            "<g class=\"chip {role}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"9\"/>"
        );
        write_text(out, &chip.text);
        out.push_str("</g>\n");
    }
    // Where nobody has looked there is nothing to tell apart.
    let has_sign = *state != Some(State::Declared);
    for mark in drawn.marks.iter().filter(|_| has_sign) {
        write_mark(out, mark);
    }
    if let Some(state) = state.filter(|_| drawn.look == Look::Card && has_sign) {
        write_state(out, state, Point { x: rect.right() - 3, y: rect.y + 3 });
    }
    out.push_str("</g>\n");
}

fn write_mark(out: &mut String, mark: &Mark) {
    line!(out, "<g class=\"mark s-{}\">", mark.state.class());
    if !mark.told.is_empty() {
        line!(out, "<title>{}</title>", escape(&mark.told.join("\n")));
    }
    write_state(out, mark.state, mark.at);
    write_text(out, &mark.text);
    out.push_str("</g>\n");
}

/// The sign of a state, with its middle there.
fn write_state(out: &mut String, state: State, at: Point) {
    let (x, y) = (at.x - 8, at.y - 8);
    if state == State::Declared {
        line!(out, "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", at.x, at.y);
        return;
    }
    line!(
        out,
        "<g class=\"state s-{}\" transform=\"translate({x} {y})\"><circle cx=\"8\" cy=\"8\" r=\"7\"/><path d=\"{}\"/></g>",
        state.class(),
        icons::state(state)
    );
}

fn write_text(out: &mut String, text: &Text) {
    if text.shown.is_empty() {
        return;
    }
    let tone = match text.tone {
        Tone::Strong => "strong",
        Tone::Plain => "plain",
        Tone::Faint => "faint",
    };
    let face = match text.face {
        Face::Plain => "",
        Face::Bold => " bold",
        Face::Mono => " mono",
    };
    let Point { x, y } = text.at;
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let _ = write!(
        out,
        "<text class=\"{tone}{face}\" x=\"{x}\" y=\"{y}\" font-size=\"{}\"{anchor}>",
        text.size
    );
    if let Some(whole) = &text.whole {
        let _ = write!(out, "<title>{}</title>", escape(whole));
    }
    line!(out, "{}</text>", escape(&text.shown));
}

fn write_route(out: &mut String, route: &Route) {
    let name = class(route.flow);
    let _ = write!(
        out,
        "<path class=\"way {name}\" marker-end=\"url(#clctl-{name})\" d=\"{}\"",
        path(&route.points)
    );
    if route.label.is_empty() {
        out.push_str("/>\n");
    } else {
        line!(out, "><title>{}</title></path>", escape(&route.label));
    }
}

/// A way with round corners.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    let toward = |from: Point, to: Point| {
        let step = |from: i32, to: i32| (to - from).signum() * ((to - from).abs() / 2).min(ROUND);
        Point { x: from.x + step(from.x, to.x), y: from.y + step(from.y, to.y) }
    };
    for (number, point) in points.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|at| points.get(at));
        match (before, points.get(number + 1)) {
            (None, _) => {
                let _ = write!(path, "M{} {}", point.x, point.y);
            }
            (Some(_), None) => {
                let _ = write!(path, "L{} {}", point.x, point.y);
            }
            (Some(before), Some(after)) => {
                let (a, b) = (toward(*point, *before), toward(*point, *after));
                let _ = write!(path, "L{} {}Q{} {} {} {}", a.x, a.y, point.x, point.y, b.x, b.y);
            }
        }
    }
    path
}

fn write_pill(out: &mut String, route: &Route) {
    let Some((rect, text)) = &route.pill else { return };
    let Rect { x, y, w, h } = rect;
    line!(
        out,
        "<g class=\"pill {}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"9\"/>",
        class(route.flow)
    );
    write_text(out, text);
    out.push_str("</g>\n");
}
