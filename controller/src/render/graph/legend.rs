//! What stands above a drawing: of what it is, of when, and what the states look like.

use super::{
    geometry::Point,
    layout::MARGIN,
    measure::Face,
    model::Model,
    picture::{Mark, Picture, Text, Tone},
    scene::{Scene, State},
};

/// What a drawing is of.
pub(super) fn title(scene: &Scene) -> String {
    let place = if scene.sandbox { "SANDBOX " } else { "" };
    format!("{place}{}", scene.name)
}

/// Where and when.
pub(super) fn subtitle(scene: &Scene) -> String {
    let account = scene.account.as_ref().map(|account| format!("account {account}"));
    let read = match &scene.read_at {
        Some(at) => format!("as read at {at}"),
        None => "as declared; AWS was not asked".to_owned(),
    };
    let parts = [Some(scene.region.clone()), account, Some(read)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How many objects are how, in words.
pub(super) fn counts(scene: &Scene) -> String {
    let of = |state: &State| {
        let count = scene.count(*state);
        (count > 0).then(|| format!("{count} {}", state.words()))
    };
    State::ALL.iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// Writes what stands above a drawing, which is as wide at least as what the states look like.
pub(super) fn head(scene: &Scene, model: &Model, picture: &mut Picture) {
    let (mut x, y) = (MARGIN + 8, 84);
    for state in State::ALL.into_iter().filter(|state| has(scene, model, *state)) {
        let count = scene.count(state);
        let at = Point { x: x + 14, y: y + 4 };
        let said = format!("{count} {}", state.words());
        let text = Text::fit(&said, at, 11, Face::Plain, Tone::Plain, i32::MAX);
        let right = text.rect().right();
        picture.width = picture.width.max(right + MARGIN);
        let told = vec![format!("{count} objects {}", state.words())];
        picture.legend.push(Mark { at: Point { x, y }, state, text, told });
        x = right + 26;
    }
    let room = picture.width - 2 * MARGIN;
    let line = |text: &str, y: i32, size: i32, face: Face, tone: Tone| {
        Text::fit(text, Point { x: MARGIN, y }, size, face, tone, room)
    };
    picture.heading = vec![
        line(&title(scene), 42, 22, Face::Bold, Tone::Strong),
        line(&subtitle(scene), 62, 12, Face::Plain, Tone::Faint),
    ];
}

/// Whether a state is somewhere in the drawing.
fn has(scene: &Scene, model: &Model, state: State) -> bool {
    let cards = model.bands.iter().flat_map(|band| band.cards.iter().flatten());
    scene.count(state) > 0 || cards.into_iter().any(|card| card.state == Some(state))
}
