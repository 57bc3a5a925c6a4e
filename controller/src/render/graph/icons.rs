//! Signs, drawn with lines in a box of 20 by 20.

use super::{places::Sign, scene::State};

/// The paths of a sign.
pub(super) fn sign(of: Sign) -> &'static str {
    match of {
        Sign::Node => {
            "M10 1.8 17.2 6v8L10 18.2 2.8 14V6Z M10 6.3 13.3 8.2v3.7L10 13.8 6.7 11.9V8.2Z"
        }
        Sign::Database => {
            "M3.5 5c0-1.7 2.9-3 6.5-3s6.5 1.3 6.5 3-2.9 3-6.5 3S3.5 6.7 3.5 5Z M3.5 5v10c0 1.7 2.9 3 6.5 3s6.5-1.3 6.5-3V5 M3.5 10c0 1.7 2.9 3 6.5 3s6.5-1.3 6.5-3"
        }
        Sign::Terminal => "M2 3.500h16v13H2Z M5 7.5 8 10l-3 2.5 M10 13h4.5",
        Sign::Out => "M11 3H3v14h8 M8 10h9.5 M14 6.5 17.5 10 14 13.5",
        Sign::Gate => "M2.5 17.5V8a7.5 5.5 0 0 1 15 0v9.5 M7 17.5v-10 M13 17.5v-10 M2.5 11.500h15",
        Sign::Balance => {
            "M10 2v4 M10 6 4 11v3 M10 6l6 5v3 M10 6v8 M2 14h4v4H2Z M8 14h4v4H8Z M14 14h4v4h-4Z"
        }
        Sign::Person => {
            "M10 3a3.2 3.2 0 1 1 0 6.400A3.2 3.2 0 1 1 10 3Z M3.5 17.5c0-3.6 2.9-5.5 6.5-5.500s6.5 1.9 6.5 5.5"
        }
        Sign::Chain => {
            "M8.5 11.5 11.5 8.5 M9.5 6.5 12 4a2.8 2.8 0 0 1 4 4l-2.5 2.5 M10.5 13.5 8 16a2.8 2.8 0 0 1-4-4l2.5-2.5"
        }
        Sign::Peers => {
            "M10 3.500v0 M4 7.5 10 3l6 4.500v6L10 17l-6-3.500Z M10 3v5.5 M4 13.500l6-5 6 5"
        }
        Sign::Key => "M11 13a4 4 0 1 1-8 0 4 4 0 1 1 8 0Z M9.8 10.2 17 3 M14 6l2.5 2.5",
        Sign::Lines => "M4 2h8.500L16 5.500V18H4Z M7 8h6 M7 11h6 M7 14h4",
        Sign::Bell => {
            "M4 14.500c1.5-1.5 1.5-3 1.5-5.500a4.5 4.5 0 0 1 9 0c0 2.5 0 4 1.5 5.500Z M8.5 17.200h3 M10 2.5v2"
        }
        Sign::Archive => "M2.5 3.500h15v4h-15Z M4 7.5v9.500h12V7.5 M8 11h4",
        Sign::Globe => {
            "M10 2a8 8 0 1 1 0 16 8 8 0 1 1 0-16Z M2 10h16 M10 2c3 3 3 13 0 16 M10 2c-3 3-3 13 0 16"
        }
        Sign::Badge => {
            "M3 4.500h14v12H3Z M8 2.5h4v3H8Z M7.5 9a1.7 1.7 0 1 1 0 .100Z M5.3 14.500c.5-2 3.9-2 4.4 0 M12 9.500h3 M12 12.5h3"
        }
        Sign::Shield => {
            "M10 2 16.5 4.500v5c0 4-2.5 7-6.5 8.5-4-1.5-6.5-4.5-6.5-8.500v-5Z M7 10l2.2 2.200L13.2 8"
        }
        Sign::Routes => {
            "M3 10h5 M8 10 13 5h4 M8 10l5 5h4 M14.5 2.5 17 5l-2.5 2.5 M14.5 12.5 17 15l-2.5 2.5"
        }
        Sign::Eye => {
            "M1.5 10c4-7.5 13-7.5 17 0-4 7.5-13 7.5-17 0Z M12.5 10a2.5 2.5 0 1 1-5 0 2.5 2.5 0 1 1 5 0Z"
        }
        Sign::Box => "M10 2l7 3.800v8.400L10 18l-7-3.800V5.800Z M3 5.8 10 9.500l7-3.7 M10 9.500V18",
    }
}

/// The sign of a state, in a box of 16 by 16: a form beside the colour, for those who do not tell colours apart.
pub(super) fn state(of: State) -> &'static str {
    match of {
        State::Declared => "M8 7.5v1",
        State::Same => "M4.5 8.3 7 10.800l4.5-5.3",
        State::Kept => "M6 5v6 M10 5v6",
        State::Moving => "M4.3 8h.4 M7.8 8h.4 M11.3 8h.4",
        State::Create => "M8 4.200v7.6 M4.2 8h7.6",
        State::Change => "M4 9.200c1.3-2.8 2.8-2.8 4-1.200s2.7 1.6 4-1.2",
        State::Remove => "M4.2 8h7.6",
        State::Unknown => "M5.9 6.200C5.9 3.3 10.3 3.4 10.1 6.2 10 7.8 8 7.6 8 9.3 M8 11.800v.2",
        State::Failed => "M8 3.800v5 M8 11.600v.3",
    }
}
