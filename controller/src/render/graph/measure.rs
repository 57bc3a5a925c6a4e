//! How wide text is. Nobody knows in which font it will be shown, so this is what the widest of the usual ones takes
//! (`DejaVu` Sans and its twin Verdana): in any other there is room to spare.

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// As running text.
    Plain,
    /// Bold.
    Bold,
    /// With letters of one width, as what is typed.
    Mono,
}

/// Thousandths of the size that the letters from U+0020 to U+007E take.
const PLAIN: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
const BOLD: [u16; 95] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
    696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683,
    683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771,
    724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665,
    343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];
const MONO: u16 = 602;
/// What a letter of other scripts takes, and what none exceeds.
const FULL: u16 = 1000;
/// What stands for what is left out.
const CUT: char = '…';

fn thousandths(letter: char, face: Face) -> i32 {
    let table = match face {
        Face::Plain => &PLAIN,
        Face::Bold => &BOLD,
        Face::Mono if letter.is_ascii() => return i32::from(MONO),
        Face::Mono => return i32::from(FULL),
    };
    let at = u32::from(letter).checked_sub(0x20).and_then(|at| usize::try_from(at).ok());
    i32::from(at.and_then(|at| table.get(at)).copied().unwrap_or(FULL))
}

/// How wide a text is at most, in pixels.
pub(super) fn width(text: &str, size: i32, face: Face) -> i32 {
    let all: i32 =
        text.chars().map(|letter| thousandths(letter, face)).fold(0, i32::saturating_add);
    all.saturating_mul(size).saturating_add(999) / 1000
}

/// As much of a text as fits, with a sign that something is left out if something is.
pub(super) fn cut(text: &str, size: i32, face: Face, room: i32) -> String {
    if width(text, size, face) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let shown: String =
            kept.iter().collect::<String>().trim_end().to_owned() + &CUT.to_string();
        if width(&shown, size, face) <= room {
            return shown;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_where_it_fits() {
        for room in [0, 12, 40, 90, 400] {
            for text in ["", "demo", "clctl-demo-auto-scaling-group", "長い名前の環境です"]
            {
                for face in [Face::Plain, Face::Bold, Face::Mono] {
                    assert!(width(&cut(text, 12, face, room), 12, face) <= room, "{text} {room}");
                }
            }
        }
        assert_eq!(cut("demo", 12, Face::Plain, 100), "demo");
        assert!(cut("sepolia-websocket", 12, Face::Plain, 60).ends_with(CUT));
    }
}
