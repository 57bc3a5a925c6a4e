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
pub struct Picture {
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// What stands above it.
    pub heading: Vec<Text>,
    /// What the states look like, of those that there are.
    pub legend: Vec<Mark>,
    /// The boxes: what is in another one comes after it.
    pub boxes: Vec<Drawn>,
    /// The arrows.
    pub routes: Vec<Route>,
}

/// A box.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What arrows call it.
    pub id: String,
    /// What it looks like.
    pub look: Look,
    /// Where it is.
    pub rect: Rect,
    /// How it stands; nothing if it is no object.
    pub state: Option<State>,
    /// Its sign, and where.
    pub sign: Option<(Sign, Rect)>,
    /// What is written in it.
    pub texts: Vec<Text>,
    /// A role, and where.
    pub chip: Option<Chip>,
    /// What is listed in it.
    pub marks: Vec<Mark>,
    /// Its objects in words.
    pub told: Vec<String>,
}

/// What a box looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
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
    pub fn is_leaf(self) -> bool {
        matches!(self, Self::Card | Self::Actor | Self::List)
    }
}

/// A role in a box.
#[derive(Clone, Debug)]
pub struct Chip {
    /// Where.
    pub rect: Rect,
    /// Which.
    pub role: String,
    /// How it is written.
    pub text: Text,
}

/// A state with its name, or a thing in a list with its state.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The middle of the sign of the state.
    pub at: Point,
    /// The state.
    pub state: State,
    /// What stands beside it.
    pub text: Text,
    /// In words.
    pub told: Vec<String>,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What is read first.
    Strong,
    /// What is read then.
    Plain,
    /// What is there if it is looked for.
    Faint,
}

/// What of a text is where it is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it begins, ends, or has its middle, on its baseline.
    pub at: Point,
    /// Which of these.
    pub anchor: Anchor,
    /// Its size.
    pub size: i32,
    /// How it is set.
    pub face: Face,
    /// How it looks.
    pub tone: Tone,
    /// The text: as much as there is room for.
    pub text: String,
    /// What it is taken from, if something was left out.
    pub whole: Option<String>,
}

impl Text {
    /// As much of a text as fits.
    pub fn fit(text: &str, at: Point, size: i32, face: Face, tone: Tone, room: i32) -> Self {
        let shown = cut(text, size, face, room);
        let whole = (shown != text).then(|| text.to_owned());
        Self { at, anchor: Anchor::Start, size, face, tone, text: shown, whole }
    }

    /// The same, so that it ends there, or has its middle there.
    pub fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// What it takes at most.
    pub fn rect(&self) -> Rect {
        let descent = (self.size + 3) / 4;
        let width = width(&self.text, self.size, self.face);
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
pub struct Route {
    /// From which box.
    pub from: String,
    /// To which box.
    pub to: String,
    /// Its corners, with its ends.
    pub points: Vec<Point>,
    /// What is said of it.
    pub label: String,
    /// Where that stands, if there is room for it.
    pub pill: Option<(Rect, Text)>,
    /// What goes along it.
    pub flow: Flow,
}

impl Route {
    /// Its straight parts.
    pub fn segments(&self) -> impl Iterator<Item = (Point, Point)> {
        self.points.iter().zip(self.points.iter().skip(1)).map(|(a, b)| (*a, *b))
    }
}
