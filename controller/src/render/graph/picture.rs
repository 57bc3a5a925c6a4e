//! A drawing with all its measures: what the layout makes and SVG is printed from.

use super::{
    geometry::{Point, Rect},
    measure::{Face, cut, width},
    places::Sign,
    scene::State,
    traffic::Flow,
};

/// A drawing.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    /// Its width.
    pub(super) width: i32,
    /// Its height.
    pub(super) height: i32,
    /// What stands above it.
    pub(super) heading: Vec<Text>,
    /// What the states look like, of those that there are.
    pub(super) legend: Vec<Mark>,
    /// The boxes: what is in another one comes after it.
    pub(super) boxes: Vec<Drawn>,
    /// The arrows.
    pub(super) routes: Vec<Route>,
}

/// A box.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    /// What arrows call it.
    pub(super) id: String,
    /// What it looks like.
    pub(super) look: Look,
    /// Where it is.
    pub(super) rect: Rect,
    /// How it stands; nothing if it is no object.
    pub(super) state: Option<State>,
    /// Its sign, and where.
    pub(super) sign: Option<(Sign, Rect)>,
    /// What is written in it.
    pub(super) texts: Vec<Text>,
    /// A role, and where.
    pub(super) chip: Option<Chip>,
    /// What is listed in it.
    pub(super) marks: Vec<Mark>,
    /// Its objects in words.
    pub(super) told: Vec<String>,
}

/// What a box looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The network.
    Network,
    /// A zone.
    Zone,
    /// A public subnet.
    Public,
    /// A private subnet.
    Private,
    /// What has a part in several zones.
    Band,
    /// Something.
    Card,
    /// Somebody outside.
    Actor,
    /// A list.
    List,
}

impl Look {
    /// Whether no other box is in it.
    pub(super) fn is_leaf(self) -> bool {
        matches!(self, Self::Card | Self::Actor | Self::List)
    }
}

/// A role in a box.
#[derive(Clone, Debug)]
pub(super) struct Chip {
    /// Where.
    pub(super) rect: Rect,
    /// Which.
    pub(super) role: String,
    /// How it is written.
    pub(super) text: Text,
}

/// A state with its name, or a thing in a list with its state.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// The middle of the sign of the state.
    pub(super) at: Point,
    /// The state.
    pub(super) state: State,
    /// What stands beside it.
    pub(super) text: Text,
    /// In words.
    pub(super) told: Vec<String>,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// What is read first.
    Strong,
    /// What is read then.
    Plain,
    /// What is there if it is looked for.
    Faint,
}

/// What of a text is where it is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A line of text.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Where it begins, ends, or has its middle, on its baseline.
    pub(super) at: Point,
    /// Which of these.
    pub(super) anchor: Anchor,
    /// Its size.
    pub(super) size: i32,
    /// How it is set.
    pub(super) face: Face,
    /// How it looks.
    pub(super) tone: Tone,
    /// The text: as much as there is room for.
    pub(super) shown: String,
    /// What it is taken from, if something was left out.
    pub(super) whole: Option<String>,
}

impl Text {
    /// As much of a text as fits.
    pub(super) fn fit(text: &str, at: Point, size: i32, face: Face, tone: Tone, room: i32) -> Self {
        let shown = cut(text, size, face, room);
        let whole = (shown != text).then(|| text.to_owned());
        Self { at, anchor: Anchor::Start, size, face, tone, shown, whole }
    }

    /// The same, so that it ends there, or has its middle there.
    pub(super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// What it takes at most.
    pub(super) fn rect(&self) -> Rect {
        let descent = (self.size + 3) / 4;
        let width = width(&self.shown, self.size, self.face);
        let left = match self.anchor {
            Anchor::Start => self.at.x,
            Anchor::Middle => self.at.x - width / 2,
            Anchor::End => self.at.x - width,
        };
        Rect::new(left, self.at.y - self.size, width, self.size + descent)
    }
}

/// An arrow.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// From which box.
    pub(super) from: String,
    /// To which box.
    pub(super) to: String,
    /// Its corners, with its ends.
    pub(super) points: Vec<Point>,
    /// What is said of it.
    pub(super) label: String,
    /// Where that stands, if there is room for it.
    pub(super) pill: Option<(Rect, Text)>,
    /// What goes along it.
    pub(super) flow: Flow,
}

impl Route {
    /// Its straight parts.
    pub(super) fn segments(&self) -> impl Iterator<Item = (Point, Point)> {
        self.points.iter().zip(self.points.iter().skip(1)).map(|(a, b)| (*a, *b))
    }
}
